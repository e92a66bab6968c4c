use std::fmt;

use super::error::quote;
use super::expression;
use super::limits::NESTING_LIMIT;
use super::module::Module;
use super::name::{Named, is_hidden_condition};
use crate::model::{
    Condition, Model, ParameterType, Relation, Restricted, Rewrite, TypeRestriction,
};

/// Why the language cannot say a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrintError {
    /// The letters of a name are not those of the language, or it is one of its words.
    Name {
        /// What it names.
        named: Named,
        /// The name.
        name: String,
    },
    /// The shape of a relation has no text.
    Relation {
        /// The type.
        type_name: String,
        /// The relation.
        relation: String,
        /// Why.
        reason: Unsayable,
    },
    /// The expression of a condition would not end where its text ends.
    Expression {
        /// The condition.
        condition: String,
    },
}

/// What of a relation has no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsayable {
    /// An operator without operands.
    NoOperands,
    /// The relation's own tuples take part twice, or are what is taken away.
    Direct,
    /// It has tuples of its own that may name nobody, or types for tuples that it has not.
    Restrictions,
    /// Operators nest deeper than [`NESTING_LIMIT`].
    TooDeep,
}

/// Writes a model in OpenFGA's modelling language.
///
/// Reading the text again gives the same model, except that the language
/// - names a relation's own types first: operands of `or` and `and` are moved, as `fga` does;
/// - has no operator with one operand: the operand stands alone;
/// - says nothing about modules and files, which only the JSON form keeps;
/// - does not keep blanks around an expression.
///
/// Printing what was read gives the same text again.
///
/// ```
/// use counterfoil_permission::language::{parse, print};
///
/// let model = parse("model\nschema 1.1\ntype user # a comment\ntype a\nrelations\ndefine b:[user]")?;
/// assert_eq!(
///     print(&model)?,
///     "model\n  schema 1.1\n\ntype user\n\ntype a\n  relations\n    define b: [user]\n",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// JSON can say more than the language: names with other letters, a relation's own types on the
/// right of `but not` or twice, expressions that do not end.
pub fn print(model: &Model) -> Result<String, PrintError> {
    let mut text = format!("model\n  schema {}\n", model.schema.as_str());
    for definition in &model.types {
        push_type_definition(&mut text, "\ntype ", &definition.name, &definition.relations)?;
    }
    for condition in &model.conditions {
        push_condition(&mut text, condition)?;
    }
    Ok(text)
}

/// Writes a file of a module: its types, then what it adds to others, then its conditions.
///
/// Reading the text again, under the same path, gives the same module; otherwise as [`print`].
///
/// ```
/// use counterfoil_permission::language::{parse_module, print_module};
///
/// let module = parse_module("module shop\nextend type user\ntype order", "shop.fga")?;
/// assert_eq!(print_module(&module)?, "module shop\n\ntype order\n\nextend type user\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`print`].
pub fn print_module(module: &Module) -> Result<String, PrintError> {
    let mut text = "module ".to_owned();
    push_name(&mut text, Named::Module, &module.name)?;
    text.push('\n');
    for found in &module.types {
        push_type_definition(&mut text, "\ntype ", &found.name, &found.relations)?;
    }
    for found in &module.extensions {
        push_type_definition(&mut text, "\nextend type ", &found.type_name, &found.relations)?;
    }
    for condition in &module.conditions {
        push_condition(&mut text, condition)?;
    }
    Ok(text)
}

fn push_type_definition(
    text: &mut String,
    keyword: &str,
    name: &str,
    relations: &[Relation],
) -> Result<(), PrintError> {
    text.push_str(keyword);
    push_name(text, Named::Type, name)?;
    text.push('\n');
    if !relations.is_empty() {
        text.push_str("  relations\n");
    }
    relations.iter().try_for_each(|relation| push_relation(text, name, relation))
}

fn push_name(text: &mut String, named: Named, name: &str) -> Result<(), PrintError> {
    if !named.is_sayable(name) {
        return Err(PrintError::Name { named, name: quote(name) });
    }
    text.push_str(name);
    Ok(())
}

fn push_relation(
    text: &mut String,
    type_name: &str,
    relation: &Relation,
) -> Result<(), PrintError> {
    let fail = |reason| PrintError::Relation {
        type_name: quote(type_name),
        relation: quote(&relation.name),
        reason,
    };
    if relation.rewrite.is_direct() == relation.restrictions.is_empty() {
        return Err(fail(Unsayable::Restrictions));
    }
    text.push_str("    define ");
    push_name(text, Named::Relation, &relation.name)?;
    text.push_str(": ");
    let mut writer = RewriteWriter { text, restrictions: &relation.restrictions, fail: &fail };
    writer.push(&relation.rewrite, true, 1, false)?;
    text.push('\n');
    Ok(())
}

struct RewriteWriter<'a> {
    text: &'a mut String,
    restrictions: &'a [TypeRestriction],
    fail: &'a dyn Fn(Unsayable) -> PrintError,
}

impl RewriteWriter<'_> {
    /// `first`: whether nothing stands before it. `inner`: whether an operator needs parentheses.
    fn push(
        &mut self,
        rewrite: &Rewrite,
        first: bool,
        level: usize,
        inner: bool,
    ) -> Result<(), PrintError> {
        if level > NESTING_LIMIT.saturating_add(1) {
            return Err((self.fail)(Unsayable::TooDeep));
        }
        match rewrite {
            Rewrite::This if first => self.push_restrictions(),
            Rewrite::This => Err((self.fail)(Unsayable::Direct)),
            Rewrite::Computed { relation } => push_name(self.text, Named::Relation, relation),
            Rewrite::TupleToUserset { tupleset, computed } => {
                push_name(self.text, Named::Relation, computed)?;
                self.text.push_str(" from ");
                push_name(self.text, Named::Relation, tupleset)
            }
            Rewrite::Union(operands) | Rewrite::Intersection(operands) => {
                let sign = if matches!(rewrite, Rewrite::Union(_)) { " or " } else { " and " };
                let direct = operands.iter().position(Rewrite::is_direct);
                let ordered = direct.and_then(|place| operands.get(place)).into_iter().chain(
                    operands
                        .iter()
                        .enumerate()
                        .filter(|(place, _)| Some(*place) != direct)
                        .map(|(_, operand)| operand),
                );
                self.push_operands(ordered.collect(), sign, first, level, inner)
            }
            Rewrite::Exclusion { base, subtract } => {
                self.push_operands(vec![base, subtract], " but not ", first, level, inner)
            }
        }
    }

    fn push_operands(
        &mut self,
        operands: Vec<&Rewrite>,
        sign: &str,
        first: bool,
        level: usize,
        inner: bool,
    ) -> Result<(), PrintError> {
        if let [operand] = operands.as_slice() {
            return self.push(operand, first, level.saturating_add(1), inner);
        }
        if operands.is_empty() {
            return Err((self.fail)(Unsayable::NoOperands));
        }
        if level > NESTING_LIMIT {
            return Err((self.fail)(Unsayable::TooDeep));
        }
        if inner {
            self.text.push('(');
        }
        for (place, operand) in operands.into_iter().enumerate() {
            if place > 0 {
                self.text.push_str(sign);
            }
            self.push(operand, first && place == 0, level.saturating_add(1), true)?;
        }
        if inner {
            self.text.push(')');
        }
        Ok(())
    }

    fn push_restrictions(&mut self) -> Result<(), PrintError> {
        self.text.push('[');
        for (place, restriction) in self.restrictions.iter().enumerate() {
            if place > 0 {
                self.text.push_str(", ");
            }
            push_name(self.text, Named::Type, &restriction.type_name)?;
            match &restriction.what {
                Restricted::Object => {}
                Restricted::Wildcard => self.text.push_str(":*"),
                Restricted::Userset(relation) => {
                    self.text.push('#');
                    push_name(self.text, Named::Relation, relation)?;
                }
            }
            if let Some(condition) = &restriction.condition {
                if is_hidden_condition(condition) {
                    let (named, name) = (Named::Condition, condition.clone());
                    return Err(PrintError::Name { named, name });
                }
                self.text.push_str(" with ");
                push_name(self.text, Named::Condition, condition)?;
            }
        }
        self.text.push(']');
        Ok(())
    }
}

fn push_condition(text: &mut String, condition: &Condition) -> Result<(), PrintError> {
    text.push_str("\ncondition ");
    push_name(text, Named::Condition, &condition.name)?;
    text.push('(');
    for (place, (name, parameter)) in condition.parameters.iter().enumerate() {
        if place > 0 {
            text.push_str(", ");
        }
        push_name(text, Named::Parameter, name)?;
        text.push_str(": ");
        push_type(text, parameter);
    }
    let expression = condition.expression.trim();
    if !expression::is_sayable(expression) {
        return Err(PrintError::Expression { condition: quote(&condition.name) });
    }
    text.push_str(") {\n  ");
    text.push_str(expression);
    text.push_str("\n}\n");
    Ok(())
}

fn push_type(text: &mut String, parameter: &ParameterType) {
    let mut open = 0_usize;
    let mut parameter = parameter;
    loop {
        let (name, inner) = parameter.parts();
        text.push_str(name);
        let Some(inner) = inner else { break };
        text.push('<');
        open = open.saturating_add(1);
        parameter = inner;
    }
    text.extend(std::iter::repeat_n('>', open));
}

impl fmt::Display for PrintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { named, name } => {
                write!(
                    f,
                    "the {named} name `{name}` cannot be said in the language: use the JSON form"
                )
            }
            Self::Relation { type_name, relation, reason } => {
                write!(f, "the relation `{relation}` of the type `{type_name}` ")?;
                match reason {
                    Unsayable::NoOperands => f.write_str("has an operator without operands"),
                    Unsayable::Direct => f.write_str(
                        "takes its own tuples twice or away, which the language cannot say: \
                         use the JSON form",
                    ),
                    Unsayable::Restrictions => f.write_str(
                        "has tuples that may name nobody, or types but no tuples of its own",
                    ),
                    Unsayable::TooDeep => {
                        write!(f, "nests operators deeper than {NESTING_LIMIT} levels")
                    }
                }
            }
            Self::Expression { condition } => write!(
                f,
                "the expression of the condition `{condition}` has open braces or strings, or `#`"
            ),
        }
    }
}

impl std::error::Error for PrintError {}
