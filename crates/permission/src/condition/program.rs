//! A condition, ready to be evaluated.

use std::collections::BTreeSet;
use std::sync::Arc;

use regex::Regex;

use super::functions::Function;
use super::syntax::FoldKind;
use super::value::Value;
use crate::model::ParameterType;

/// A condition whose expression is known to be sound.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Its place among the conditions of the model.
    pub(super) place: usize,
    pub(super) parameters: Vec<(String, ParameterType)>,
    pub(super) root: Node,
}

/// For a model that is refused: it always holds.
impl Default for Program {
    fn default() -> Self {
        Self { place: 0, parameters: Vec::new(), root: Node::Constant(Value::Bool(true)) }
    }
}

/// A part of an expression, everything looked up.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Constant(Value<'static>),
    /// A parameter, by its place.
    Parameter(usize),
    /// A variable of a macro, by how many macros are around it.
    Variable(usize),
    Select(Box<Node>, Box<str>),
    Has(Box<Node>, Box<str>),
    All(Box<[Node]>),
    Any(Box<[Node]>),
    Choose(Box<[Node; 3]>),
    List(Box<[Node]>),
    Map(Box<[(Node, Node)]>),
    Call(Function, Box<[Node]>),
    /// `x in ["a", "b"]`
    InNames(Box<Node>, Arc<BTreeSet<Box<str>>>),
    /// `x in [1, 2]`
    InNumbers(Box<Node>, Arc<BTreeSet<i64>>),
    /// `matches` with a constant pattern
    Matches(Box<Node>, Arc<Regex>, usize),
    Fold(Box<Fold>),
}

#[derive(Clone, Debug)]
pub(super) struct Fold {
    pub(super) kind: FoldKind,
    pub(super) range: Node,
    pub(super) filter: Option<Node>,
    pub(super) body: Node,
}

impl Node {
    /// Whether it names a value or a part of one, without working anything out.
    pub(super) fn is_name(&self) -> bool {
        match self {
            Self::Parameter(_) | Self::Variable(_) => true,
            Self::Select(operand, _) => operand.is_name(),
            Self::Call(Function::Index, operands) => operands
                .iter()
                .all(|operand| matches!(operand, Self::Constant(_)) || operand.is_name()),
            _ => false,
        }
    }
}
