use crate::cache::{Entry, NativeMark};
use crate::{Caller, Freshness, Level, Reason, Source, Step, Verifier, checks};
use counterfoil_feed::{Answer, Gate, Generation, Now, Route, Verdict};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What an entry is good for at this moment.
pub(crate) enum Hit {
    /// It answers the request.
    Answers(Step),
    /// It is of no use: go the way of a token that was never seen.
    Useless,
    /// A change came in between: look again.
    Again,
}

impl Verifier {
    /// Answers out of memory. Everything that can have changed is checked again, in the order
    /// that [`Gate`] demands: watermarks, key, then both clocks, `exp`, lease.
    pub(crate) fn answer_from(
        &self,
        entry: &Arc<Entry>,
        route: Route,
        clock: impl FnOnce() -> Now,
    ) -> Hit {
        let Some(mark) = &entry.native else { return self.answer_from_foreign(entry, clock()) };
        let Some(gate) = &self.gate else { return Hit::Useless };
        let generation = gate.generation();
        if let Some(hit) = against_watermarks(gate, entry, mark, generation) {
            return hit;
        }
        let now = clock();
        if !self.key_still_good(entry, now) {
            return Hit::Useless;
        }
        if checks::alive(entry.identity.expires_at, now.unix()).is_err() {
            return Hit::Answers(Step::Rejected(Reason::Expired.into()));
        }
        let source = match gate.decide(route, now) {
            Answer::FromCache => Source::Push,
            Answer::FromCacheStale => Source::Cache,
            Answer::AskIssuer => return Hit::Useless,
            Answer::Unavailable { retry_after_secs } => {
                return Hit::Answers(Step::NotFresh { retry_after_secs });
            }
        };
        if !gate.confirm(generation, route, now) {
            return Hit::Again;
        }
        let freshness = Freshness {
            level: Level::L2,
            source,
            bound_ms: self.bound_ms(source, route),
            revision: Some(mark.stamp.learned.get()),
        };
        Hit::Answers(accept(entry, freshness))
    }

    fn answer_from_foreign(&self, entry: &Arc<Entry>, now: Now) -> Hit {
        if now.boot_ms >= entry.good_until_ms || !self.key_still_good(entry, now) {
            return Hit::Useless;
        }
        if checks::alive(entry.identity.expires_at, now.unix()).is_err() {
            return Hit::Answers(Step::Rejected(Reason::Expired.into()));
        }
        Hit::Answers(accept(entry, self.foreign_freshness(entry, Source::Cache, now)))
    }

    /// Nobody tells of changes at such an issuer: its word holds until the answer or the token
    /// runs out.
    pub(crate) fn foreign_freshness(&self, entry: &Entry, source: Source, now: Now) -> Freshness {
        let left_secs = entry.identity.expires_at.since(now.unix());
        let left_ms = u64::try_from(left_secs).unwrap_or(0).saturating_mul(1_000);
        let ttl_ms = self.answer_ttl_ms(entry.issuer);
        let kept_ms = if entry.good_until_ms == u64::MAX { left_ms } else { ttl_ms.min(left_ms) };
        let bound_ms = if source == Source::Origin { 0 } else { kept_ms };
        Freshness { level: Level::L0, source, bound_ms, revision: None }
    }

    /// The lease, and on a route marked so its grace too.
    fn bound_ms(&self, source: Source, route: Route) -> u64 {
        let lease_ms = self.lease_ms.load(Ordering::Relaxed);
        match route {
            Route::StaleOk { grace_ms } if source == Source::Cache => {
                lease_ms.saturating_add(grace_ms)
            }
            Route::StaleOk { .. } | Route::Strict => lease_ms,
        }
    }

    /// A token whose key has left the issuer's set is not answered any more, and neither is one
    /// whose set is too old to know.
    fn key_still_good(&self, entry: &Entry, now: Now) -> bool {
        let Some(signed_by) = &entry.signed_by else { return true };
        let Some(jwks) = self.jwks.get(entry.issuer) else { return false };
        if !jwks.is_good(now.boot_ms) {
            return false;
        }
        let generation = jwks.generation();
        if signed_by.seen_in.load(Ordering::Relaxed) == generation {
            return true;
        }
        let held = jwks.holds(&signed_by.key);
        if held {
            signed_by.seen_in.store(generation, Ordering::Relaxed);
        }
        held
    }
}

/// `None`: nothing newer is known about the token.
fn against_watermarks(
    gate: &Gate,
    entry: &Entry,
    mark: &NativeMark,
    generation: Generation,
) -> Option<Hit> {
    if mark.history != gate.history() {
        return Some(Hit::Useless);
    }
    if entry.was_alive_at(generation) {
        return None;
    }
    match gate.verdict(&mark.keys, mark.stamp) {
        Verdict::Alive => {
            entry.alive_at(generation);
            None
        }
        Verdict::Refetch => Some(Hit::Useless),
        Verdict::Dead(_) => Some(Hit::Answers(Step::Rejected(Reason::Revoked.into()))),
    }
}

fn accept(entry: &Arc<Entry>, freshness: Freshness) -> Step {
    entry.use_it();
    Step::Accepted(Caller { entry: Arc::clone(entry), freshness })
}
