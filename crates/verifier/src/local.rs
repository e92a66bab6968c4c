//! What can be said about a JWT without asking anybody: form, key, signature, claims.

use crate::cache::{CacheKey, Entry, NativeMark, SignedBy};
use crate::checks::{self, Facts, Terms, Typ};
use crate::identity::{Identity, Words};
use crate::jwks::{Absence, IssuerKey, Lookup};
use crate::reject::cut;
use crate::step::OfJwt;
use crate::verifier::token_keys;
use crate::{Reason, Reject, Verifier};
use counterfoil_feed::{Epoch, Now, Position, Revision, Route, State, TokenKeys};
use counterfoil_jose::jwe;
use counterfoil_jose::jwt::Nested;
use counterfoil_jose::{Claims, DecryptionKey, jws};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

/// A JWT that is good as far as it can be known here.
pub(crate) struct Local {
    pub(crate) issuer: usize,
    pub(crate) identity: Identity,
    pub(crate) signer: Arc<IssuerKey>,
    pub(crate) seen_in: u64,
    /// Where in the issuer's log it was decided, and by what it can be named there.
    pub(crate) decided: Option<(Position, TokenKeys)>,
}

/// Why a look at the token alone came to an end.
pub(crate) enum Stop {
    Reject(Reject),
    FetchKeys(usize),
    Unavailable,
}

impl From<Reject> for Stop {
    fn from(reject: Reject) -> Self {
        Self::Reject(reject)
    }
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Reject(reason.into())
    }
}

impl Local {
    pub(crate) fn of_jwt(&self) -> OfJwt {
        OfJwt {
            words: self.identity.words.clone(),
            signer: Arc::clone(&self.signer),
            seen_in: self.seen_in,
        }
    }

    pub(crate) fn into_entry(self, key: CacheKey, mark: Option<NativeMark>) -> Entry {
        let mut entry = Entry::new(key, self.identity, self.issuer);
        entry.native = mark;
        entry.signed_by =
            Some(SignedBy { key: self.signer, seen_in: AtomicU64::new(self.seen_in) });
        entry
    }
}

impl Verifier {
    /// Checks a signed token.
    pub(crate) fn signed(&self, token: &str, now: Now) -> Result<Local, Stop> {
        let unverified = self
            .reader
            .parse(token)
            .map_err(|error| Reject::explained(Reason::from(&error), &error.to_string()))?;
        let issuer = match self.config.issuers.as_slice() {
            [_] => 0,
            _ => self.issuer_of(&unverified)?,
        };
        let typ = self.typ(&unverified, issuer)?;
        let (signer, seen_in) = self.key_for(&unverified, issuer, now)?;
        let verified = self
            .reader
            .verify(unverified, &signer.verifying)
            .map_err(|error| Reject::explained(Reason::from(&error), &error.to_string()))?;
        let (mut identity, decided) = {
            let claims = verified.claims().map_err(|error| {
                Reject::explained(Reason::PayloadJson, &format!("the payload: {error}"))
            })?;
            self.claims(&claims, issuer, typ, &signer, now)?
        };
        identity.document = verified.into_payload();
        Ok(Local { issuer, identity, signer, seen_in, decided })
    }

    /// Decrypts a token, then checks what is inside like any signed one.
    pub(crate) fn encrypted(&self, token: &str, now: Now) -> Result<Local, Stop> {
        if self.config.decryption.is_empty() {
            let text = format!(
                "this is an encrypted token, but this API has no key for any: give the guard \
                 its private key, or set the format of {} at the issuer to opaque or jwt",
                cut(&self.config.resource)
            );
            return Err(Reject::explained(Reason::JweNotExpected, &text).into());
        }
        let explained =
            |error: &jwe::JweError| Reject::explained(Reason::from(error), &error.to_string());
        let outer =
            jwe::Unverified::parse(token, &self.config.limits).map_err(|e| explained(&e))?;
        let key = self.decryption_key(outer.header()).ok_or(Reason::JweKeyUnknown)?;
        let decrypted = outer.decrypt(key).map_err(|error| explained(&error))?;
        let nested = Nested::from_decrypted(decrypted, &self.config.limits)
            .map_err(|error| Reject::explained(Reason::from(&error), &error.to_string()))?;
        self.signed(nested.jws(), now)
    }

    fn decryption_key(&self, header: &jwe::Header) -> Option<&DecryptionKey> {
        let keys = self.config.decryption.iter().map(AsRef::as_ref);
        match header.kid() {
            Some(kid) => keys.into_iter().find(|key| key.kid() == kid),
            None => keys.into_iter().find(|key| key.algorithm() == header.algorithm()),
        }
    }

    /// Finds the issuer by what the token says. Nothing but its configuration follows from it,
    /// and an unknown name is never looked up anywhere.
    fn issuer_of(&self, token: &jws::Unverified<'_>) -> Result<usize, Reject> {
        let iss = checks::unverified_issuer(token, self.config.limits.json)?;
        let urls = || self.config.issuers.iter().map(|issuer| issuer.url.as_str());
        urls()
            .position(|url| url == iss)
            .ok_or_else(|| checks::unknown_issuer(&iss, &urls().collect::<Vec<_>>()))
    }

    fn typ(&self, token: &jws::Unverified<'_>, issuer: usize) -> Result<Typ, Reject> {
        let terms = self.feed_terms.load();
        let profile = terms.as_ref().and_then(|terms| terms.typ.as_deref());
        let profile = profile.filter(|_| self.native == Some(issuer));
        let configured = self.config.issuers.get(issuer).map(|issuer| issuer.typs.as_slice());
        let accepted = configured.unwrap_or_default().iter().map(String::as_str).chain(profile);
        checks::check_typ(token.header(), accepted).map_err(|reject| {
            let payload = Claims::parse(token.unverified_payload(), self.config.limits.json).ok();
            let untold = matches!(reject.reason(), Reason::TypMissing | Reason::TypMismatch);
            payload
                .filter(|_| untold)
                .and_then(|claims| checks::explain_id_token(&claims, &self.config.resource))
                .unwrap_or(reject)
        })
    }

    fn key_for(
        &self,
        token: &jws::Unverified<'_>,
        issuer: usize,
        now: Now,
    ) -> Result<(Arc<IssuerKey>, u64), Stop> {
        let header = token.header();
        let jwks = self.jwks.get(issuer).ok_or(Reason::IssUnknown)?;
        let absence = self.absence(issuer, now);
        let stop = match jwks.find(header.kid(), header.algorithm(), absence, now.boot_ms) {
            Lookup::Found(key, generation) => return Ok((key, generation)),
            Lookup::Refused(reason) => Stop::Reject(reason.into()),
            Lookup::Fetch => Stop::FetchKeys(issuer),
            Lookup::Unavailable => Stop::Unavailable,
        };
        // Before a key is fetched for it, or missed, the token must at least claim to be ours.
        if self.issuer_of(token)? != issuer {
            return Err(Reason::IssUnknown.into());
        }
        Err(stop)
    }

    /// A feed that is up to date has told of every key, so an unknown one need not be asked for.
    fn absence(&self, issuer: usize, now: Now) -> Absence {
        let gate = self.gate.as_ref().filter(|_| self.native == Some(issuer));
        match gate.map(|gate| gate.state(Route::Strict, now)) {
            Some(State::Fresh) => Absence::Told,
            _ => Absence::Ask,
        }
    }

    fn claims(
        &self,
        claims: &Claims<'_>,
        issuer: usize,
        typ: Typ,
        signer: &IssuerKey,
        now: Now,
    ) -> Result<(Identity, Option<(Position, TokenKeys)>), Stop> {
        let configured = self.config.issuers.get(issuer).ok_or(Reason::IssUnknown)?;
        let terms = Terms {
            issuer: &configured.url,
            resource: &self.config.resource,
            native: configured.is_native(),
            own_typ: typ.own,
            max_lifetime_secs: configured.max_lifetime_secs,
            skew_secs: self.config.skew_secs,
            now: now.unix(),
        };
        let facts = checks::access_token(claims, &terms)?;
        let decided = if configured.is_native() { Some(decided(claims, signer)?) } else { None };
        Ok((self.identity(issuer, &facts, Vec::new()), decided))
    }

    pub(crate) fn identity(&self, issuer: usize, facts: &Facts<'_>, document: Vec<u8>) -> Identity {
        Identity {
            issuer: self.issuer_name(issuer),
            audience: Arc::clone(&self.audience),
            principal: facts.principal,
            words: Words::new([facts.subject, facts.client_id, facts.scope, facts.token_id]),
            expires_at: facts.moments.expires_at,
            issued_at: facts.moments.issued_at,
            document,
            read: OnceLock::new(),
        }
    }
}

/// The claims by which the feed can name the token.
fn decided(claims: &Claims<'_>, signer: &IssuerKey) -> Result<(Position, TokenKeys), Reject> {
    let epoch = Epoch::new(claims.require_unsigned("cf_epoch")?);
    let revision = Revision::new(claims.require_unsigned("cf_rev")?);
    let keys = token_keys(claims)?;
    let key = Some(signer.id);
    Ok((Position::new(epoch, revision), TokenKeys { key, ..keys }))
}
