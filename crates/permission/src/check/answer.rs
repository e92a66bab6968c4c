//! What is known about a sub-question, and how it combines.

use std::collections::BTreeSet;

use super::{ConditionFailure, MissingParameter};

/// Depends on no node of the path.
pub(super) const FREE: u32 = u32::MAX;

/// The answer to a sub-question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Allow,
    Deny,
    /// False, but a cycle was met: whatever subtracts or intersects it is false as well.
    Cyclic,
    /// Depends on parameters that were not given.
    Missing(SetId),
    /// A condition could not be evaluated.
    Failed(FailureId),
    TooComplex,
}

/// A set of missing parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SetId(u32);

/// A condition that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FailureId(u32);

/// What answers of a check name: sets of missing parameters, and failures.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    missing: Vec<BTreeSet<MissingParameter>>,
    failures: Vec<(String, ConditionFailure)>,
}

/// A value, and what it rests on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) value: Value,
    /// The first node of the path that cut a cycle below, or [`FREE`].
    pub(super) low: u32,
    /// The greatest depth that was visited.
    pub(super) deepest: u32,
}

impl Answer {
    pub(super) fn new(value: Value, depth: u32) -> Self {
        Self { value, low: FREE, deepest: depth }
    }

    fn with(self, other: Self, value: Value) -> Self {
        Self { value, low: self.low.min(other.low), deepest: self.deepest.max(other.deepest) }
    }

    /// Any of both: who is allowed anywhere is allowed, whatever went wrong elsewhere.
    pub(super) fn or(self, other: Self, sets: &mut Reasons) -> Self {
        use Value::{Allow, Cyclic, Deny, Failed, Missing, TooComplex};
        let value = match (self.value, other.value) {
            (Allow, _) | (_, Allow) => Allow,
            (TooComplex, _) | (_, TooComplex) => TooComplex,
            (Failed(failure), _) | (_, Failed(failure)) => Failed(failure),
            (Missing(one), Missing(two)) => Missing(sets.join(one, two)),
            (Missing(set), _) | (_, Missing(set)) => Missing(set),
            (Cyclic, _) | (_, Cyclic) => Cyclic,
            (Deny, Deny) => Deny,
        };
        self.with(other, value)
    }

    /// Both: who is denied anywhere is denied, whatever went wrong elsewhere.
    pub(super) fn and(self, other: Self, sets: &mut Reasons) -> Self {
        use Value::{Allow, Cyclic, Deny, Failed, Missing, TooComplex};
        let value = match (self.value, other.value) {
            (Deny, _) | (_, Deny) => Deny,
            (Cyclic, _) | (_, Cyclic) => Cyclic,
            (TooComplex, _) | (_, TooComplex) => TooComplex,
            (Failed(failure), _) | (_, Failed(failure)) => Failed(failure),
            (Missing(one), Missing(two)) => Missing(sets.join(one, two)),
            (Missing(set), _) | (_, Missing(set)) => Missing(set),
            (Allow, Allow) => Allow,
        };
        self.with(other, value)
    }

    /// The first without the second.
    pub(super) fn but_not(self, other: Self, sets: &mut Reasons) -> Self {
        let inverse = match other.value {
            Value::Allow => Value::Deny,
            Value::Deny => Value::Allow,
            unsure => unsure,
        };
        self.and(Self { value: inverse, ..other }, sets)
    }

    /// Whether no further operand of an intersection matters.
    pub(super) fn denies(self) -> bool {
        self.value == Value::Deny
    }

    pub(super) fn allows(self) -> bool {
        self.value == Value::Allow
    }
}

impl Reasons {
    pub(super) fn add(&mut self, condition: &str, parameters: Vec<String>) -> SetId {
        let set = parameters
            .into_iter()
            .map(|parameter| MissingParameter { condition: condition.to_owned(), parameter });
        self.missing.push(set.collect());
        SetId(last(self.missing.len()))
    }

    pub(super) fn fail(&mut self, condition: &str, why: ConditionFailure) -> FailureId {
        self.failures.push((condition.to_owned(), why));
        FailureId(last(self.failures.len()))
    }

    pub(super) fn failure(&self, id: FailureId) -> Option<(String, ConditionFailure)> {
        self.failures.get(id.0 as usize).cloned()
    }

    pub(super) fn get(&self, id: SetId) -> Vec<MissingParameter> {
        self.missing.get(id.0 as usize).into_iter().flatten().cloned().collect()
    }

    fn join(&mut self, one: SetId, two: SetId) -> SetId {
        let (Some(first), Some(second)) =
            (self.missing.get(one.0 as usize), self.missing.get(two.0 as usize))
        else {
            return one;
        };
        if second.is_subset(first) {
            return one;
        }
        if first.is_subset(second) {
            return two;
        }
        self.missing.push(first.union(second).cloned().collect());
        SetId(last(self.missing.len()))
    }
}

/// The place of the last of a list that steps keep short.
fn last(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX).saturating_sub(1)
}
