//! Answers for tuples' conditions, within one question.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::convert;
use super::error::ConditionFailure;
use super::evaluate::{Evaluation, Stop};
use super::program::Program;
use super::value::Value;
use crate::check::{Conditions, Truth};
use crate::compile::CheckedModel;
use crate::model::ParameterType;
use crate::tuple::Context;

/// How many parameters fit without an allocation: most conditions have fewer.
const INLINE: usize = 4;

/// Decides the conditions of a model, knowing the context of a question.
///
/// The question's values are converted once for each condition, when it is first met.
///
/// ```
/// use counterfoil_permission::check::{Conditions, Truth};
/// use counterfoil_permission::compile::compile;
/// use counterfoil_permission::condition::Evaluator;
/// use counterfoil_permission::language::parse;
///
/// let model = parse(
///     "model
///   schema 1.1
/// type user
/// type document
///   relations
///     define viewer: [user with in_time]
/// condition in_time(now: timestamp, until: timestamp) {
///   now < until
/// }
/// ",
/// )?;
/// let checked = compile(&model).unwrap();
/// let context = |json| serde_json::from_str(json).unwrap();
/// let (tuple, question) = (context(r#"{"until": "2030-01-01T00:00:00Z"}"#), context("{}"));
///
/// let evaluator = Evaluator::new(&checked, &question);
/// assert_eq!(evaluator.holds("in_time", &tuple), Truth::Missing(vec!["now".to_owned()]));
///
/// let question = context(r#"{"now": "2029-12-31T23:59:59Z"}"#);
/// let evaluator = Evaluator::new(&checked, &question);
/// assert_eq!(evaluator.holds("in_time", &tuple), Truth::True);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Evaluator<'a> {
    programs: &'a HashMap<String, Program>,
    question: &'a Context,
    /// The question's values for the parameters of each condition that was met.
    given: OnceCell<Box<[OnceCell<Given<'a>>]>>,
}

/// The question's values for a condition's parameters, where there are any.
type Given<'a> = Box<[Option<Result<Value<'a>, ConditionFailure>>]>;

impl<'a> Evaluator<'a> {
    /// An evaluator for one question.
    #[must_use]
    pub fn new(model: &'a CheckedModel, question: &'a Context) -> Self {
        Self { programs: model.programs(), question, given: OnceCell::new() }
    }

    fn given(&self, program: &'a Program) -> Option<&Given<'a>> {
        let all =
            self.given.get_or_init(|| self.programs.iter().map(|_| OnceCell::new()).collect());
        let question = self.question;
        Some(all.get(program.place)?.get_or_init(|| {
            program.parameters.iter().map(|(name, of)| converted(name, of, question)).collect()
        }))
    }
}

impl Conditions for Evaluator<'_> {
    fn holds(&self, condition: &str, context: &Context) -> Truth {
        let Some(program) = self.programs.get(condition) else {
            return Truth::Failed(ConditionFailure::UnknownCondition);
        };
        let Some(given) = self.given(program) else {
            return Truth::Failed(ConditionFailure::UnknownCondition);
        };
        let mut few = [const { None }; INLINE];
        let mut many = Vec::new();
        let values: &mut [Option<Value<'_>>] = match few.get_mut(..program.parameters.len()) {
            Some(few) => few,
            None => {
                many.resize(program.parameters.len(), None);
                &mut many
            }
        };
        for ((slot, (name, of)), given) in values.iter_mut().zip(&program.parameters).zip(given) {
            let value = match converted(name, of, context) {
                None => given.clone(),
                of_tuple => of_tuple,
            };
            match value {
                Some(Err(failure)) => return Truth::Failed(failure),
                Some(Ok(value)) => *slot = Some(value),
                None => {}
            }
        }
        program.holds(values)
    }
}

/// The value of a parameter in a context, if it has one.
fn converted<'a>(
    name: &str,
    of: &'a ParameterType,
    context: &'a Context,
) -> Option<Result<Value<'a>, ConditionFailure>> {
    let json = context.get(name)?;
    Some(convert::parameter(json, of).map_err(|expected| ConditionFailure::WrongType {
        parameter: name.to_owned(),
        expected: expected.to_owned(),
    }))
}

impl Program {
    /// Whether each value of a tuple's context is one that its parameter can take.
    ///
    /// # Errors
    /// [`ConditionFailure`] for the first that is none.
    pub(crate) fn accepts(&self, context: &Context) -> Result<(), ConditionFailure> {
        for name in context.keys() {
            let known = self.parameters.iter().find(|(known, _)| known == name);
            let (_, of) = known.ok_or_else(|| ConditionFailure::UnknownParameter(name.clone()))?;
            converted(name, of, context).transpose()?;
        }
        Ok(())
    }

    fn holds<'a>(&'a self, values: &[Option<Value<'a>>]) -> Truth {
        match Evaluation::new(values).truth(&self.root) {
            Ok(true) => Truth::True,
            Ok(false) => Truth::False,
            Err(Stop::Failed(failure)) => Truth::Failed(failure),
            Err(Stop::Exceeded) => Truth::Failed(ConditionFailure::CostExceeded),
            Err(Stop::Unknown(bits)) => {
                let names = self.parameters.iter().enumerate().filter(|(place, _)| {
                    u32::try_from(*place)
                        .is_ok_and(|place| bits.checked_shr(place).unwrap_or(0) & 1 == 1)
                });
                Truth::Missing(names.map(|(_, (name, _))| name.clone()).collect())
            }
        }
    }
}
