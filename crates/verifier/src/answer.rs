//! Judges what an issuer says about a token ([RFC 7662](https://www.rfc-editor.org/rfc/rfc7662)).

use crate::cache::{Entry, NativeMark, SignedBy};
use crate::checks::{self, Facts, Moments};
use crate::identity::Identity;
use crate::limits::{MAX_ANSWER_BYTES, MAX_ASKS};
use crate::step::{OfJwt, Question};
use crate::verifier::token_keys;
use crate::{Caller, Freshness, Level, Principal, Reason, Reject, Source, Step, Verifier};
use counterfoil_feed::{Epoch, History, Now, Position, Revision, Stamp, TokenKeys};
use counterfoil_jose::json::{JsonError, JsonLimits};
use counterfoil_jose::{ClaimError, Claims};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// An introspection answer that cannot be used. It says nothing about the token: 503, never 401,
/// and nothing is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerFault {
    /// Not a strict JSON object.
    NotJson(JsonError),
    /// A member is missing or has the wrong type. `active` as a string is one of these.
    Member(ClaimError),
    /// `iss` is another issuer.
    OtherIssuer,
    /// `aud` does not name this API.
    OtherAudience,
    /// `sub`, `client_id` or `jti` is not the token's: the answer is about another token.
    OtherToken,
    /// `token_type` is none that this API takes.
    TokenType,
    /// `cf_keys` is not in its form.
    Keys,
    /// `principal` contradicts `sub` and `client_id`, or is missing.
    Principal,
}

impl From<ClaimError> for AnswerFault {
    fn from(error: ClaimError) -> Self {
        Self::Member(error)
    }
}

impl fmt::Display for AnswerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(error) => write!(f, "the introspection answer: {error}"),
            Self::Member(error) => write!(f, "the introspection answer: {error}"),
            Self::OtherIssuer => f.write_str("the introspection answer names another `iss`"),
            Self::OtherAudience => f.write_str("the introspection answer names another `aud`"),
            Self::OtherToken => f.write_str("the introspection answer is about another token"),
            Self::TokenType => f.write_str("the introspection answer has an unknown `token_type`"),
            Self::Keys => f.write_str("the introspection answer's `cf_keys` is malformed"),
            Self::Principal => f.write_str("the introspection answer's `principal` contradicts"),
        }
    }
}

impl std::error::Error for AnswerFault {}

/// What an answer has come to.
enum Judged<'c> {
    Active(Facts<'c>, Option<Native>),
    Inactive,
    Refused(Reject),
}

/// The revision an answer holds at, and by what the feed can name its token.
#[derive(Clone, Copy)]
struct Native {
    at: Position,
    issued: Revision,
    keys: TokenKeys,
}

impl Verifier {
    /// Judges the body of an answer with status 200 and a JSON media type; for everything else
    /// there is [`Verifier::unanswered`].
    ///
    /// An active answer is kept and accepted only if no newer watermark names its token; else the
    /// question comes back, a few times.
    pub fn answered(&self, question: Question, body: &[u8], now: Now) -> Step {
        if let Some(gate) = self.gate.as_ref().filter(|_| self.native == Some(question.issuer)) {
            gate.ask_succeeded();
        }
        let limits = JsonLimits { bytes: MAX_ANSWER_BYTES, ..JsonLimits::DEFAULT };
        let claims = match Claims::parse(body, limits) {
            Ok(claims) => claims,
            Err(error) => return Step::Faulty(AnswerFault::NotJson(error)),
        };
        match self.judge(&claims, &question, now) {
            Ok(Judged::Active(facts, native)) => {
                let identity = self.identity(question.issuer, &facts, body.to_vec());
                self.install_answer(question, identity, native, now)
            }
            Ok(Judged::Inactive) => {
                self.negatives.insert(question.key, now.boot_ms);
                Step::Rejected(Reason::Inactive.into())
            }
            Ok(Judged::Refused(reject)) => Step::Rejected(reject),
            Err(fault) => Step::Faulty(fault),
        }
    }

    /// Notes that the issuer did not answer, or not with an answer. Nothing is remembered about
    /// the token.
    pub fn unanswered(&self, question: &Question, now: Now) -> Step {
        if let Some(gate) = self.gate.as_ref().filter(|_| self.native == Some(question.issuer)) {
            gate.ask_failed(now);
        }
        Step::NotFresh { retry_after_secs: 1 }
    }

    fn judge<'c>(
        &self,
        claims: &'c Claims<'_>,
        question: &Question,
        now: Now,
    ) -> Result<Judged<'c>, AnswerFault> {
        let active = claims.boolean("active")?.ok_or_else(|| missing("active"))?;
        if !active {
            return Ok(Judged::Inactive);
        }
        let native = self.native == Some(question.issuer);
        self.about_us(claims, question, native)?;
        if let Err(reject) = checks::unbound(claims) {
            return Ok(Judged::Refused(reject));
        }
        let moments = Moments {
            expires_at: claims.require_numeric_date("exp")?,
            issued_at: claims.numeric_date("iat")?,
        };
        if let Err(reject) = checks::alive(moments.expires_at, now.unix()) {
            return Ok(Judged::Refused(reject));
        }
        let subject = claims.require_string("sub")?;
        let client_id = claims.require_string("client_id")?;
        let token_id = claims.string("jti")?.unwrap_or_default();
        if let Some(jwt) = &question.of_jwt
            && !jwt.is(subject, client_id, token_id)
        {
            return Err(AnswerFault::OtherToken);
        }
        let facts = Facts {
            subject,
            principal: principal(claims, native, subject == client_id)?,
            client_id,
            scope: claims.string("scope")?.unwrap_or_default(),
            token_id,
            moments,
        };
        let native = if native { Some(freshness(claims, question)?) } else { None };
        Ok(Judged::Active(facts, native))
    }

    /// RFC 7662 §4: the answer must be this issuer's, about a token for this API.
    fn about_us(
        &self,
        claims: &Claims<'_>,
        question: &Question,
        native: bool,
    ) -> Result<(), AnswerFault> {
        match claims.string("iss")? {
            Some(iss) if iss != self.issuer_url(question.issuer) => {
                return Err(AnswerFault::OtherIssuer);
            }
            None if native => return Err(missing("iss").into()),
            Some(_) | None => {}
        }
        if !claims.require_audience()?.contains(&self.config.resource) {
            return Err(AnswerFault::OtherAudience);
        }
        match claims.string("token_type")? {
            Some(kind) if !kind.eq_ignore_ascii_case("Bearer") => Err(AnswerFault::TokenType),
            Some(_) | None => Ok(()),
        }
    }

    fn install_answer(
        &self,
        question: Question,
        identity: Identity,
        native: Option<Native>,
        now: Now,
    ) -> Step {
        let mark = match (native, &self.gate, question.history) {
            (Some(native), Some(gate), Some(history)) => {
                let Some(learned) = gate.install(history, native.at, &native.keys) else {
                    return again(question, gate.history());
                };
                let stamp = Stamp { issued: native.issued, learned };
                Some(NativeMark { history, keys: native.keys, stamp })
            }
            _ => None,
        };
        let issuer = question.issuer;
        let mut entry = Entry::new(question.key, identity, issuer);
        entry.native = mark;
        entry.signed_by = question
            .of_jwt
            .map(|jwt| SignedBy { key: jwt.signer, seen_in: AtomicU64::new(jwt.seen_in) });
        let freshness = match native {
            Some(native) => Freshness {
                level: Level::L2,
                source: Source::Origin,
                bound_ms: 0,
                revision: Some(native.at.seq.get()),
            },
            None => {
                entry.good_until_ms = now.boot_ms.saturating_add(self.answer_ttl_ms(issuer));
                self.foreign_freshness(&entry, Source::Origin, now)
            }
        };
        let entry = Arc::new(entry);
        self.cache.insert(Arc::clone(&entry));
        Step::Accepted(Caller { entry, freshness })
    }
}

impl OfJwt {
    /// Whether an answer is about this token. An issuer may leave `jti` out.
    fn is(&self, subject: &str, client_id: &str, token_id: &str) -> bool {
        let same_id = token_id.is_empty() || token_id == self.words.token_id();
        subject == self.words.subject() && client_id == self.words.client_id() && same_id
    }
}

/// The answer left before a change that has arrived already.
fn again(mut question: Question, history: History) -> Step {
    if question.asks >= MAX_ASKS {
        return Step::NotFresh { retry_after_secs: 1 };
    }
    question.asks += 1;
    question.history = Some(history);
    Step::Introspect(question)
}

fn principal(claims: &Claims<'_>, native: bool, same: bool) -> Result<Principal, AnswerFault> {
    match claims.get("principal").map(|stated| stated.as_str()) {
        Some(Some("user")) if !same => Ok(Principal::User),
        Some(Some("service")) if same => Ok(Principal::Service),
        Some(Some("user" | "service")) => Err(AnswerFault::Principal),
        _ if native => Err(AnswerFault::Principal),
        _ => Ok(Principal::Unstated),
    }
}

fn freshness(claims: &Claims<'_>, question: &Question) -> Result<Native, AnswerFault> {
    let epoch = Epoch::new(claims.require_unsigned("cf_epoch")?);
    let seq = Revision::new(claims.require_unsigned("cf_rev")?);
    let issued = Revision::new(claims.require_unsigned("cf_token_rev")?);
    let keys = token_keys(claims).map_err(|_| AnswerFault::Keys)?;
    let key = question.of_jwt.as_ref().map(|jwt| jwt.signer.id);
    Ok(Native { at: Position::new(epoch, seq), issued, keys: TokenKeys { key, ..keys } })
}

fn missing(name: &str) -> ClaimError {
    ClaimError::Missing { name: name.to_owned() }
}
