//! What is known about a sub-question, and how it combines.

use std::collections::BTreeSet;

use super::MissingParameter;

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
    TooComplex,
}

/// A set of missing parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SetId(usize);

/// The missing parameters of a check, as sets that answers name.
#[derive(Debug, Default)]
pub(super) struct MissingSets(Vec<BTreeSet<MissingParameter>>);

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
    pub(super) fn or(self, other: Self, sets: &mut MissingSets) -> Self {
        use Value::{Allow, Cyclic, Deny, Missing, TooComplex};
        let value = match (self.value, other.value) {
            (Allow, _) | (_, Allow) => Allow,
            (TooComplex, _) | (_, TooComplex) => TooComplex,
            (Missing(one), Missing(two)) => Missing(sets.join(one, two)),
            (Missing(set), _) | (_, Missing(set)) => Missing(set),
            (Cyclic, _) | (_, Cyclic) => Cyclic,
            (Deny, Deny) => Deny,
        };
        self.with(other, value)
    }

    /// Both: who is denied anywhere is denied, whatever went wrong elsewhere.
    pub(super) fn and(self, other: Self, sets: &mut MissingSets) -> Self {
        use Value::{Allow, Cyclic, Deny, Missing, TooComplex};
        let value = match (self.value, other.value) {
            (Deny, _) | (_, Deny) => Deny,
            (Cyclic, _) | (_, Cyclic) => Cyclic,
            (TooComplex, _) | (_, TooComplex) => TooComplex,
            (Missing(one), Missing(two)) => Missing(sets.join(one, two)),
            (Missing(set), _) | (_, Missing(set)) => Missing(set),
            (Allow, Allow) => Allow,
        };
        self.with(other, value)
    }

    /// The first without the second.
    pub(super) fn but_not(self, other: Self, sets: &mut MissingSets) -> Self {
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

impl MissingSets {
    pub(super) fn add(&mut self, condition: &str, parameters: Vec<String>) -> SetId {
        let set = parameters
            .into_iter()
            .map(|parameter| MissingParameter { condition: condition.to_owned(), parameter });
        self.0.push(set.collect());
        SetId(self.0.len() - 1)
    }

    pub(super) fn get(&self, id: SetId) -> Vec<MissingParameter> {
        self.0.get(id.0).into_iter().flatten().cloned().collect()
    }

    fn join(&mut self, one: SetId, two: SetId) -> SetId {
        let (Some(first), Some(second)) = (self.0.get(one.0), self.0.get(two.0)) else {
            return one;
        };
        if second.is_subset(first) {
            return one;
        }
        if first.is_subset(second) {
            return two;
        }
        self.0.push(first.union(second).cloned().collect());
        SetId(self.0.len() - 1)
    }
}
