//! From a model as it was written to one that is known to be valid.

mod allows;
mod checked;
mod cycle;
mod divergence;
mod edges;
mod entry;
mod finding;
mod lower;
mod names;
mod nearest;
mod recursion;

pub use allows::NotAllowed;
pub use checked::CheckedModel;
pub(crate) use checked::{
    CheckedRestriction, Op, OpId, RelationId, RestrictionId, Subject, TypeId,
};
pub(crate) use divergence::AskedShape;
pub use divergence::{DIVERGENCES_MAX, Divergence, DivergentQuestion};
pub use finding::{Cause, Finding};

use crate::language::Positions;
use crate::model::Model;

/// The most types of a model: OpenFGA's limit.
pub const TYPES_MAX: usize = 100;
/// The most relations of a model: hardly a model of 256 KiB has more, and ids are 16 bits wide.
pub const RELATIONS_MAX: usize = 10_000;
/// The deepest nesting of operators in one relation: nobody reads more, and recursion stays small.
pub const REWRITE_DEPTH_MAX: usize = 32;
/// The most findings reported: past this the author has enough to do.
pub const FINDINGS_MAX: usize = 100;

/// Validates a model.
///
/// # Errors
/// What is wrong with it, warnings included: at most [`FINDINGS_MAX`], at least one of them an error.
///
/// ```
/// use counterfoil_permission::{compile::compile, model::*};
///
/// let mut viewer = Relation {
///     name: "viewer".to_owned(),
///     rewrite: Rewrite::This,
///     restrictions: vec![TypeRestriction {
///         type_name: "usr".to_owned(),
///         what: Restricted::Object,
///         condition: None,
///     }],
///     origin: Origin::default(),
/// };
/// let model = |viewer: &Relation| Model {
///     schema: SchemaVersion::V1_1,
///     types: vec![
///         TypeDefinition { name: "user".to_owned(), relations: vec![], origin: Origin::default() },
///         TypeDefinition {
///             name: "document".to_owned(),
///             relations: vec![viewer.clone()],
///             origin: Origin::default(),
///         },
///     ],
///     conditions: vec![],
/// };
/// let findings = compile(&model(&viewer)).unwrap_err();
/// assert_eq!(
///     findings[0].to_string(),
///     "`document#viewer`: there is no type `usr`; did you mean `user`?"
/// );
///
/// viewer.restrictions[0].type_name = "user".to_owned();
/// assert!(compile(&model(&viewer)).is_ok());
/// ```
pub fn compile(model: &Model) -> Result<CheckedModel, Vec<Finding>> {
    let mut findings = Findings::default();
    let mut checked = names::names(model, &mut findings).ok_or_else(|| findings.list.clone())?;
    lower::lower(model, &mut checked, &mut findings);
    if !findings.has_error() {
        let edges = edges::edges(&checked);
        cycle::cycles(&checked, &edges, &mut findings);
        if !findings.has_error() {
            entry::entry_points(&checked, &edges, &mut findings);
        }
        if !findings.has_error() {
            recursion::guarded(&checked, &edges, &mut findings);
        }
    }
    if findings.has_error() {
        return Err(findings.list);
    }
    checked.warnings = findings.list;
    Ok(checked)
}

/// [`compile`] for a model from a text: findings say where.
///
/// # Errors
/// As [`compile`].
///
/// ```
/// use counterfoil_permission::{compile::compile_at, language::parse_located};
///
/// let text = "model\n  schema 1.1\ntype user\ntype order\n  relations\n    define owner: [usr]\n";
/// let (model, positions) = parse_located(text)?;
/// assert_eq!(
///     compile_at(&model, &positions).unwrap_err()[0].to_string(),
///     "line 6, column 12: `order#owner`: there is no type `usr`; did you mean `user`?",
/// );
/// # Ok::<(), counterfoil_permission::language::SyntaxErrors>(())
/// ```
pub fn compile_at(model: &Model, positions: &Positions) -> Result<CheckedModel, Vec<Finding>> {
    let locate = |findings: &mut [Finding]| {
        findings.iter_mut().for_each(|finding| finding.locate(positions));
    };
    match compile(model) {
        Ok(mut checked) => {
            locate(&mut checked.warnings);
            Ok(checked)
        }
        Err(mut findings) => {
            locate(&mut findings);
            Err(findings)
        }
    }
}

/// [`compile`] for those who want to be ready for OpenFGA's coming resolver ("v2"): what it will
/// refuse is refused, and questions get its answers, or an error where it will refuse them.
///
/// # Errors
/// As [`compile`], and every warning.
///
/// ```
/// use counterfoil_permission::{compile::{compile, compile_strict}, language::{Positions, parse}};
///
/// let text = "model
///   schema 1.1
/// type user
/// type group
///   relations
///     define member: [user]
/// type document
///   relations
///     define parent: [user, group]
///     define viewer: member from parent
/// ";
/// let model = parse(text)?;
/// assert_eq!(compile(&model).unwrap().warnings().len(), 1);
/// assert!(compile_strict(&model, &Positions::default()).unwrap_err()[0].is_error());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn compile_strict(model: &Model, positions: &Positions) -> Result<CheckedModel, Vec<Finding>> {
    let mut checked = compile_at(model, positions)?;
    if !checked.warnings.is_empty() {
        checked.warnings.iter_mut().for_each(|finding| finding.strict = true);
        return Err(checked.warnings);
    }
    checked.strict = true;
    Ok(checked)
}

/// Findings so far.
#[derive(Default)]
struct Findings {
    list: Vec<Finding>,
    failed: bool,
}

impl Findings {
    fn has_error(&self) -> bool {
        self.failed
    }

    fn push(&mut self, type_name: Option<&str>, relation: Option<&str>, cause: Cause) {
        self.suggest(type_name, relation, cause, || None);
    }

    /// Adds one, with a suggestion that is only worked out if there is still room.
    fn suggest(
        &mut self,
        type_name: Option<&str>,
        relation: Option<&str>,
        cause: Cause,
        suggestion: impl FnOnce() -> Option<String>,
    ) {
        let mut finding = Finding {
            type_name: type_name.map(str::to_owned),
            relation: relation.map(str::to_owned),
            cause,
            suggestion: None,
            place: None,
            strict: false,
        };
        let first_error = finding.is_error() && !self.failed;
        self.failed |= finding.is_error();
        if self.list.len() < FINDINGS_MAX {
            finding.suggestion = suggestion();
            self.list.push(finding);
        } else if first_error {
            // Warnings filled the list: the error that refuses the model must be seen.
            self.list.pop();
            self.list.push(finding);
        }
    }
}
