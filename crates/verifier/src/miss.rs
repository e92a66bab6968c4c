use crate::cache::{CacheKey, Entry, NativeMark, SignedBy};
use crate::hit::Hit;
use crate::local::{Local, Stop};
use crate::token::Form;
use crate::{Caller, ClaimsFrom, IssuerIndex, Question, Reason, Reject, Source, Step, Verifier};
use counterfoil_feed::{Answer, Gate, History, Now, Position, Route, Stamp, TokenKeys, Verdict};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

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
                self.native_unseen(key, issuer, local, route, clock)
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
        issuer: usize,
        local: Option<Local>,
        route: Route,
        clock: impl Fn() -> Now,
    ) -> Step {
        let Some(gate) = &self.gate else { return Step::Rejected(Reason::IssUnknown.into()) };
        let from_cache = match gate.decide(route, clock()) {
            Answer::FromCache | Answer::FromCacheStale => true,
            Answer::AskIssuer => false,
            Answer::Unavailable { retry_after_secs } => return Step::NotFresh { retry_after_secs },
        };
        let Some(local) = local else { return self.ask(key, issuer, None) };
        if !from_cache || self.claims_from(issuer) == ClaimsFrom::Introspection {
            return self.ask(key, issuer, Some(&local));
        }
        let history = gate.history();
        match alive(gate, local.decided) {
            Some(Verdict::Alive) => self.install_local(key, local, history, route, clock),
            Some(Verdict::Dead(_)) => Step::Rejected(Reason::Revoked.into()),
            // Changed since, or ahead of this verifier: the issuer knows.
            Some(Verdict::Refetch) | None => self.ask(key, issuer, Some(&local)),
        }
    }

    fn install_local(
        &self,
        key: CacheKey,
        local: Local,
        history: History,
        route: Route,
        clock: impl Fn() -> Now,
    ) -> Step {
        let mark = local.decided.map(|(at, keys)| NativeMark {
            history,
            keys,
            stamp: Stamp { issued: at.seq, learned: at.seq },
        });
        let (issuer, seen_in) = (local.issuer, local.seen_in);
        let mut entry = Entry::new(key, local.identity, issuer);
        entry.native = mark;
        entry.signed_by = Some(SignedBy {
            kid: local.signer.kid().to_owned(),
            thumbprint: local.signer.thumbprint().to_owned(),
            seen_in: AtomicU64::new(seen_in),
        });
        let entry = Arc::new(entry);
        self.cache.insert(Arc::clone(&entry));
        match self.answer_from(&entry, route, clock) {
            Hit::Answers(step) => step,
            Hit::Useless | Hit::Again => Step::NotFresh { retry_after_secs: RETRY_AFTER_SECS },
        }
    }

    fn foreign_unseen(&self, key: CacheKey, issuer: usize, local: Local, now: Now) -> Step {
        if self.claims_from(issuer) == ClaimsFrom::Introspection {
            return self.ask(key, issuer, Some(&local));
        }
        let mut entry = Entry::new(key, local.identity, issuer);
        entry.signed_by = Some(SignedBy {
            kid: local.signer.kid().to_owned(),
            thumbprint: local.signer.thumbprint().to_owned(),
            seen_in: AtomicU64::new(local.seen_in),
        });
        let entry = Arc::new(entry);
        self.cache.insert(Arc::clone(&entry));
        let freshness = self.foreign_freshness(&entry, Source::Cache, now);
        Step::Accepted(Caller { identity: Arc::clone(&entry.identity), freshness })
    }

    fn ask(&self, key: CacheKey, issuer: usize, local: Option<&Local>) -> Step {
        let gate = self.gate.as_ref().filter(|_| self.native == Some(issuer));
        Step::Introspect(Question {
            key,
            issuer,
            history: gate.map(|gate| gate.history()),
            of_jwt: local.map(Local::of_jwt),
            asks: 1,
        })
    }
}

/// What the table says about a JWT. `None` where it says nothing, because the token was decided
/// beyond what has been applied, or in another history.
fn alive(gate: &Gate, decided: Option<(Position, TokenKeys)>) -> Option<Verdict> {
    let (at, keys) = decided?;
    let applied = gate.applied();
    if at.epoch != applied.epoch || at.seq > applied.seq {
        return None;
    }
    Some(gate.verdict(&keys, Stamp { issued: at.seq, learned: at.seq }))
}
