//! Explanations as data.

use crate::check::{Decision, MissingParameter, Truth};

/// Why an answer is what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What a check says.
    pub decision: Decision,
    /// Why.
    pub root: Reason,
    /// Whether nothing was left out for the bound: else [`What::More`] marks where.
    pub complete: bool,
}

/// One thing that was looked at, what it says, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What was looked at.
    pub what: What,
    /// What it says.
    pub decision: Decision,
    /// Why. Of an allow only what suffices; of anything else all that stands in its way.
    pub below: Vec<Reason>,
}

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A relation of an object, `document:budget#viewer`: by any of the reasons below.
    Relation(String),
    /// A tuple that names the user, or everybody of its type.
    Tuple {
        /// `document:budget#viewer@user:alice`.
        tuple: String,
        /// Its condition.
        condition: Option<Held>,
    },
    /// A tuple that leads to another object, about which the reason below is.
    Through {
        /// `document:budget#viewer@group:eng#member`.
        tuple: String,
        /// Its condition.
        condition: Option<Held>,
    },
    /// No tuple of this relation names the user.
    NoTuple(String),
    /// A tuple of this relation that names the user is stored, but the model no longer allows it.
    NotAllowed(String),
    /// No tuple of this relation leads to another object.
    NoLink(String),
    /// Any of the reasons below.
    AnyOf,
    /// All of the reasons below.
    AllOf,
    /// The first reason below without the second.
    ButNot,
    /// The reason below, which takes away whatever else there is.
    Excluded,
    /// The userset that is asked about is this very one.
    Itself(String),
    /// This relation is just being looked at: a cycle leads nowhere.
    Cycle(String),
    /// Why is told elsewhere in this explanation.
    Told(String),
    /// The path is as long as it may be.
    TooDeep(String),
    /// Something more that is not shown for the bound; its name, where it is one thing.
    More(Option<String>),
}

/// A condition, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its name.
    pub name: String,
    /// What it says.
    pub truth: Truth,
}

impl Reason {
    pub(super) fn leaf(what: What, decision: Decision) -> Self {
        Self { what, decision, below: vec![] }
    }
}

impl Held {
    pub(super) fn missing(&self) -> Vec<MissingParameter> {
        let Truth::Missing(parameters) = &self.truth else { return vec![] };
        let parameter = |parameter: &String| MissingParameter {
            condition: self.name.clone(),
            parameter: parameter.clone(),
        };
        parameters.iter().map(parameter).collect()
    }
}
