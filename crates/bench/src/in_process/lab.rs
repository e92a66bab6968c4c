//! A verifier under a lease, with the server's end of its feed in the same process.

use counterfoil_feed::{
    Action, ApiFacts, Epoch, FeedName, Follower, FollowerConfig, LeaseTerms, Leases, MacKey, Now,
    Position, PseudonymKey, Publisher, Revision, Route, SnapshotTerms, Verified,
};
use counterfoil_jose::{
    JwkSet, SigningKey, UnixTime,
    crypto::{HmacKey, SealKey, Secret32, SystemRng},
};
use counterfoil_oauth::{
    model::{ApiId, GrantId, Revision as ModelRevision},
    token::opaque::{self, OpaqueToken, SealingKeys},
};
use counterfoil_verifier::{ClaimsFrom, Config, Issuer, Step, Verifier};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

use crate::failure::Failure;

pub(super) const ISSUER: &str = "https://id.bench.example";
pub(super) const RESOURCE: &str = "https://bench.example/orders";

/// Longer than a run, so that renewing is not what is measured.
const LEASE_MS: u64 = 60_000;

/// Where the history of this issuer begins.
const HEAD: u64 = 100;

/// A verifier that holds a lease.
pub(super) struct Lab {
    pub(super) verifier: Verifier,
    follower: Follower,
    publisher: Publisher,
    leases: Leases,
}

impl Lab {
    pub(super) fn new(claims: ClaimsFrom, keys: &[&SigningKey]) -> Result<Self, Failure> {
        let feed = FeedName { iss: ISSUER.to_owned(), aud: RESOURCE.to_owned() };
        let config = FollowerConfig { feed: feed.clone(), high_water: None, longest_grace_ms: 0 };
        let follower = Follower::new(config, now());
        let config = Config::new(RESOURCE).issuer(Issuer::counterfoil(ISSUER).claims(claims));
        let verifier = Verifier::new(config, Some(follower.gate())).map_err(told)?;
        let head = Position::new(Epoch::new(1), Revision::new(HEAD));
        let pseudonyms = PseudonymKey::new(&Secret32::from([9; 32]));
        let publisher = Publisher::open(feed, pseudonyms, head, []);
        let publisher = publisher.map_err(|error| Failure::new(format!("{error:?}")))?;
        let leases = Leases::restart(LeaseTerms::new(LEASE_MS, 500), Epoch::new(1), 0);
        let mut lab = Self { verifier, follower, publisher, leases };
        lab.keep_fresh()?;
        let set = JwkSet::from_keys(keys.iter().map(|key| key.public_jwk()).collect());
        let issuer = lab.verifier.issuers().next().map(|(issuer, _)| issuer);
        let fetch = issuer.and_then(|issuer| lab.verifier.begin_key_fetch(issuer, now()));
        let fetch = fetch.ok_or_else(|| Failure::new("the verifier wants no keys"))?;
        let body = set.to_json().to_string();
        let _outcome = lab.verifier.keys_fetched(fetch, Some(body.as_bytes()), now());
        Ok(lab)
    }

    pub(super) fn accepts(&self, token: &str) -> bool {
        matches!(self.verifier.check(token, Route::Strict, now), Step::Accepted(_))
    }

    /// Lets the verifier learn an opaque token as it would from the issuer.
    pub(super) fn learn(&self, token: &str) -> Result<(), Failure> {
        let Step::Introspect(question) = self.verifier.check(token, Route::Strict, now) else {
            return Err(Failure::new("the verifier does not ask about an opaque token"));
        };
        let iat = now().unix().as_secs();
        let answer = json!({
            "active": true, "iss": ISSUER, "sub": "usr_0123456789abcdefghijk", "aud": RESOURCE,
            "client_id": "web-application", "token_type": "Bearer", "exp": iat + 600, "iat": iat,
            "jti": "j", "scope": "orders:read", "principal": "user", "cf_epoch": 1,
            "cf_rev": HEAD, "cf_token_rev": HEAD,
            "cf_keys": counterfoil_jose::b64::encode(&[7; 80]), "email": "user@example.com",
        });
        match self.verifier.answered(question, answer.to_string().as_bytes(), now()) {
            Step::Accepted(_) => Ok(()),
            other => Err(Failure::new(format!("the answer was not taken: {other:?}"))),
        }
    }

    /// Carries between the two ends what they ask for.
    pub(super) fn keep_fresh(&mut self) -> Result<(), Failure> {
        let at = now();
        loop {
            self.follower.tick(at, &mut SystemRng);
            while let Some(action) = self.follower.next_action() {
                self.act(action, at)?;
            }
            if self.follower.wake_at_ms(at) > at.boot_ms {
                return Ok(());
            }
        }
    }

    fn act(&mut self, action: Action, at: Now) -> Result<(), Failure> {
        let told = |error: &dyn std::fmt::Debug| Failure::new(format!("the feed: {error:?}"));
        let (rng, iat) = (&mut SystemRng, at.unix());
        match action {
            Action::FetchSnapshot { attempt, request } => {
                let instance = self.leases.register(at.boot_ms, rng);
                let instance = instance.map_err(|error| told(&error))?;
                let snapshot = self.publisher.snapshot(&request, instance, terms(), iat);
                self.verifier.use_snapshot(&snapshot);
                let snapshot = Verified::from_this_process(snapshot);
                let taken = self.follower.snapshot(attempt, &snapshot, at, rng);
                taken.map_err(|error| told(&error))?;
            }
            Action::SendLease(request) => {
                let grant = self.leases.renew(&request, &self.publisher, at.boot_ms, iat);
                let grant = grant.map_err(|error| told(&error))?;
                let grant = Verified::from_this_process(grant);
                self.follower.grant(&grant, at, rng).map_err(|error| told(&error))?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn told(error: impl std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}

/// Both clocks, as a guard reads them.
pub(super) fn now() -> Now {
    Now { boot_ms: millis(ClockId::Boottime), wall_ms: millis(ClockId::Realtime) }
}

fn millis(id: ClockId) -> u64 {
    let at = clock_gettime(id);
    at.tv_sec.unsigned_abs() * 1_000 + at.tv_nsec.unsigned_abs() / 1_000_000
}

fn mac() -> Secret32 {
    Secret32::from([3; 32])
}

fn terms() -> SnapshotTerms {
    SnapshotTerms {
        lease_ms: LEASE_MS,
        rho_ppm: 500,
        facts: ApiFacts {
            format: "opaque".to_owned(),
            alg: None,
            typ: None,
            max_lifetime_secs: 3_600,
        },
        mac_keys: vec![MacKey { id: 1, key: mac() }],
    }
}

/// An opaque token of this issuer.
pub(super) fn opaque_token() -> String {
    let token = OpaqueToken {
        grant: GrantId::new(1),
        api: Some(ApiId::new(1)),
        scopes: 1,
        revision: ModelRevision::new(HEAD),
        issued_at: UnixTime::from_secs(now().unix().as_secs()),
        lifetime_secs: 600,
        id: opaque::token_id([4; 12]),
        confirmation: None,
    };
    let seal = SealKey::new(&Secret32::from([5; 32]));
    let mac = HmacKey::new(mac().expose());
    let keys = SealingKeys { issuer: ISSUER, kid: [1; 4], seal: &seal, mac: &mac };
    opaque::mint(&token, [4; 12], &keys)
}
