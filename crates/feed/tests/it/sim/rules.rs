//! What was changed, what was promised about it, and whether a guard's answer keeps the promise.

use counterfoil_feed::{Mode, Revision};

/// A change as the simulation remembers it, whatever becomes of the issuer's log.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) revision: Revision,
    pub(super) user: usize,
    pub(super) mode: Mode,
    pub(super) committed_us: u64,
    /// When a receipt for it was given out.
    pub(super) effective_us: Option<u64>,
    /// Whether a fail-over lost it: then it never happened.
    pub(super) lost: bool,
}

/// A guard says yes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accept {
    pub(super) user: usize,
    pub(super) minted_us: u64,
    /// The true position of the answer behind it.
    pub(super) learned: Revision,
    pub(super) at_us: u64,
    pub(super) started_us: u64,
    /// Whether it held a lease, or asked the issuer for this one request.
    pub(super) leased: bool,
}

impl Fact {
    /// Whether this change forbids such an answer.
    fn ends(&self, accept: &Accept) -> bool {
        let older = match self.mode {
            Mode::Hard => accept.minted_us < self.committed_us,
            Mode::Soft => accept.learned < self.revision,
        };
        !self.lost && older && self.user == accept.user
    }
}

/// Checks P1 and P2 for one answer. `bound_us` is `L·(1 + ρ)`.
pub(super) fn judge(facts: &[Fact], accept: &Accept, bound_us: u64) -> Result<(), String> {
    for fact in facts.iter().filter(|fact| fact.ends(accept)) {
        // A guard without a lease promises nothing about a request that was under way.
        let since_us = if accept.leased { accept.at_us } else { accept.started_us };
        if fact.effective_us.is_some_and(|effective_us| effective_us < since_us) {
            return Err(format!("P1: {accept:?} although {fact:?} was effective"));
        }
        if accept.leased && accept.at_us > fact.committed_us + bound_us {
            return Err(format!("P2: {accept:?} although {fact:?} is older than {bound_us} us"));
        }
    }
    Ok(())
}
