//! What an evaluation may cost.
//!
//! The unit and the rules are those of cel-go, which OpenFGA bounds with: a name or a field costs 1,
//! a function 1 or a share of the size of what it reads, a list 10, a map 30, a constant nothing.
//! Where releases of cel-go differ the cheapest counts. What is free or cheap there although it is
//! work, such as comparing what lists hold, is bounded by [`WORK_MAX`].

use super::COST_MAX;
use super::evaluate::Stop;
use super::value::Value;

/// How many items of lists and maps may be looked at, and pieces of 64 bytes of texts.
///
/// A context of 512 KiB holds fewer, so that only expressions which look at it again and again
/// within their cost can reach it.
const WORK_MAX: u64 = 200_000;

pub(super) const NAME: u64 = 1;
pub(super) const FIELD: u64 = 1;
pub(super) const CALL: u64 = 1;
pub(super) const LIST: u64 = 10;
pub(super) const MAP: u64 = 30;

/// What one evaluation has cost so far.
#[derive(Debug, Default)]
pub(super) struct Budget {
    cost: u64,
    work: u64,
}

impl Budget {
    pub(super) fn spend(&mut self, cost: u64) -> Result<(), Stop> {
        self.cost = self.cost.saturating_add(cost);
        if self.cost > COST_MAX { Err(Stop::Exceeded) } else { Ok(()) }
    }

    pub(super) fn cost(&self) -> u64 {
        self.cost
    }

    pub(super) fn back_to(&mut self, cost: u64) {
        self.cost = cost;
    }

    pub(super) fn work(&mut self, items: usize) -> Result<(), Stop> {
        self.work = self.work.saturating_add(items as u64);
        if self.work > WORK_MAX { Err(Stop::Exceeded) } else { Ok(()) }
    }

    /// The work of reading a text.
    pub(super) fn read(&mut self, text: &str) -> Result<(), Stop> {
        self.work(text.len() / 64)
    }
}

/// The size of a value where a cost depends on it: characters, bytes or items, else 1.
pub(super) fn size(value: &Value<'_>) -> u64 {
    let size = match value {
        Value::String(text) => text.as_str().chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => 1,
    };
    size as u64
}

/// A tenth, rounded up: what reading a text costs for each character.
pub(super) fn tenth(size: u64) -> u64 {
    size.div_ceil(10)
}

/// What matching a pattern costs.
pub(super) fn matching(text: u64, pattern: usize) -> u64 {
    tenth(text.saturating_add(1)).saturating_mul((pattern as u64).div_ceil(4))
}
