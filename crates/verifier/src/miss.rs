use crate::cache::{CacheKey, NativeMark};
use crate::hit::Hit;
use crate::local::{Local, Stop};
use crate::step::OfJwt;
use crate::token::Form;
use crate::{Caller, ClaimsFrom, IssuerIndex, Question, Reason, Reject, Source, Step, Verifier};
use counterfoil_feed::{Answer, Gate, Now, Position, Route, Stamp, TokenKeys};
use std::sync::Arc;

/// For `Retry-After` where nothing better is known.
const RETRY_AFTER_SECS: u64 = 1;

impl Verifier {
    /// Judges a token that memory says nothing about. Junk ends here without a call.
    pub(crate) fn unseen(
        &self,
        key: CacheKey,
        token: &str,
        route: Route,
        clock: impl Fn() -> Now,
    ) -> Step {
        let now = clock();
        if self.negatives.contains(&key, now.boot_ms) {
            return Step::Rejected(Reason::Inactive.into());
        }
        let found = match Form::of(token) {
            Form::Opaque => self.made_for_us(token).map(|issuer| (issuer, None)),
            Form::Signed => self.signed(token, now).map(|local| (local.issuer, Some(local))),
            Form::Encrypted => self.encrypted(token, now).map(|local| (local.issuer, Some(local))),
            Form::Foreign => self.opaque_issuer().map(|issuer| (issuer, None)),
            Form::NotAnAccessToken(what) => {
                let text = format!("this is {what}, not an access token");
                Err(Reject::explained(Reason::NotAnAccessToken, &text).into())
            }
            Form::Unknown => Err(Reason::Parts.into()),
        };
        match found {
            Ok((issuer, local)) if self.native == Some(issuer) => {
                self.native_unseen(key, local, route, now, clock)
            }
            Ok((issuer, Some(local))) => self.foreign_unseen(key, issuer, local, now),
            Ok((issuer, None)) => self.ask(key, issuer, None),
            Err(Stop::Reject(reject)) => Step::Rejected(reject),
            Err(Stop::FetchKeys(issuer)) => Step::FetchKeys(IssuerIndex(issuer)),
            Err(Stop::Unavailable) => Step::NotFresh { retry_after_secs: RETRY_AFTER_SECS },
        }
    }

    fn opaque_issuer(&self) -> Result<usize, Stop> {
        let issuers = self.config.issuers.iter();
        issuers
            .enumerate()
            .find(|(_, issuer)| issuer.asks_about_opaque())
            .map(|(at, _)| at)
            .ok_or_else(|| Stop::Reject(self.opaque_not_expected()))
    }

    fn native_unseen(
        &self,
        key: CacheKey,
        local: Option<Local>,
        route: Route,
        now: Now,
        clock: impl Fn() -> Now,
    ) -> Step {
        let Some(issuer) = self.native else { return Step::Rejected(Reason::IssUnknown.into()) };
        let Some(gate) = &self.gate else { return Step::Rejected(Reason::IssUnknown.into()) };
        let from_cache = match gate.decide(route, now) {
            Answer::FromCache | Answer::FromCacheStale => true,
            Answer::AskIssuer => false,
            Answer::Unavailable { retry_after_secs } => return Step::NotFresh { retry_after_secs },
        };
        let Some(local) = local else { return self.ask(key, issuer, None) };
        if !from_cache || self.claims_from(issuer) == ClaimsFrom::Introspection {
            return self.ask(key, issuer, Some(local.of_jwt()));
        }
        match known_here(gate, local.decided) {
            Some(mark) => self.install_local(key, local, mark, route, clock),
            // From ahead of this verifier, or of another history: the issuer knows.
            None => self.ask(key, issuer, Some(local.of_jwt())),
        }
    }

    fn install_local(
        &self,
        key: CacheKey,
        local: Local,
        mark: NativeMark,
        route: Route,
        clock: impl Fn() -> Now,
    ) -> Step {
        let issuer = local.issuer;
        let entry = Arc::new(local.into_entry(key, Some(mark)));
        self.cache.insert(Arc::clone(&entry));
        match self.answer_from(&entry, route, clock) {
            Hit::Answers(step) => step,
            // Changed since it was issued.
            Hit::Useless | Hit::Again => self.ask(key, issuer, entry.of_jwt()),
        }
    }

    fn foreign_unseen(&self, key: CacheKey, issuer: usize, local: Local, now: Now) -> Step {
        if self.claims_from(issuer) == ClaimsFrom::Introspection {
            return self.ask(key, issuer, Some(local.of_jwt()));
        }
        let entry = Arc::new(local.into_entry(key, None));
        self.cache.insert(Arc::clone(&entry));
        let freshness = self.foreign_freshness(&entry, Source::Cache, now);
        Step::Accepted(Caller { entry, freshness })
    }

    fn ask(&self, key: CacheKey, issuer: usize, of_jwt: Option<OfJwt>) -> Step {
        let gate = self.gate.as_ref().filter(|_| self.native == Some(issuer));
        let history = gate.map(|gate| gate.history());
        Step::Introspect(Question { key, issuer, history, of_jwt, asks: 1 })
    }
}

/// By what the table knows a JWT. `None` where it cannot know it, because the token was decided
/// beyond what has been applied, or in another history.
fn known_here(gate: &Gate, decided: Option<(Position, TokenKeys)>) -> Option<NativeMark> {
    let (at, keys) = decided?;
    let history = gate.history();
    let applied = gate.applied();
    let stamp = Stamp { issued: at.seq, learned: at.seq };
    (at.epoch == applied.epoch && at.seq <= applied.seq).then_some(NativeMark {
        history,
        keys,
        stamp,
    })
}
