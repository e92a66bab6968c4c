//! One issuer, one API and its verifier, with the feed carried by hand and time by argument.

use crate::draft::Draft;
use counterfoil_feed::{
    Action, ApiFacts, Change, Epoch, FeedName, Follower, FollowerConfig, LeaseTerms, Leases,
    MacKey, Mode, Now, Position, PseudonymKey, Publisher, Reason as Why, Resume, Revision,
    Revisions, Route, SnapshotTerms, Verified, WatermarkKind,
};
use counterfoil_jose::crypto::{HmacKey, SealKey, Secret32};
use counterfoil_jose::{JwkSet, JwsAlgorithm, SigningKey, UnixTime, b64};
use counterfoil_oauth::model::{ApiId, GrantId};
use counterfoil_oauth::token::opaque::{self, OpaqueToken, SealingKeys};
use counterfoil_verifier::{Caller, ClaimsFrom, Config, Issuer, Question, Step, Verifier};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};
use std::sync::OnceLock;

pub(crate) const ISS: &str = "https://id.example";
pub(crate) const AUD: &str = "https://orders.example";
pub(crate) const START: i64 = 1_800_000_000;

/// The internal ids of the one token that most tests are about.
pub(crate) const ALICE: &[u8] = b"alice";
pub(crate) const CLIENT: &[u8] = b"web-app";
pub(crate) const GRANT: &[u8] = b"grant-1";
pub(crate) const TOKEN: &[u8] = b"token-1";

pub(crate) fn es256() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let seed = Secret32::from([1; 32]);
        SigningKey::from_seed(JwsAlgorithm::Es256, &seed).unwrap().with_kid("es")
    })
}

pub(crate) fn ed25519() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let seed = Secret32::from([2; 32]);
        SigningKey::from_seed(JwsAlgorithm::EdDsa, &seed).unwrap().with_kid("ed")
    })
}

pub(crate) fn rs256() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(JwsAlgorithm::Rs256).unwrap().with_kid("rs"))
}

pub(crate) fn jwks() -> String {
    let keys = [es256(), ed25519(), rs256()].map(SigningKey::public_jwk);
    JwkSet::from_keys(keys.to_vec()).to_json().to_string()
}

pub(crate) fn pseudonyms() -> PseudonymKey {
    PseudonymKey::new(&Secret32::from([9; 32]))
}

fn mac() -> Secret32 {
    Secret32::from([3; 32])
}

/// `cf_keys` of the usual token.
pub(crate) fn keys() -> String {
    let id = |kind, id: &[u8]| *pseudonyms().id(kind, id).as_bytes();
    let ids = [
        id(WatermarkKind::User, ALICE),
        id(WatermarkKind::Client, CLIENT),
        [0; 16],
        id(WatermarkKind::Grant, GRANT),
        id(WatermarkKind::Token, TOKEN),
    ];
    b64::encode(&ids.concat())
}

/// An opaque token of this issuer for this API.
pub(crate) fn opaque(grant: i64) -> String {
    opaque_under(&mac(), grant)
}

pub(crate) fn opaque_under(mac: &Secret32, grant: i64) -> String {
    let token = OpaqueToken {
        grant: GrantId::new(grant),
        api: Some(ApiId::new(1)),
        scopes: 1,
        revision: counterfoil_oauth::model::Revision::new(100),
        issued_at: UnixTime::from_secs(START),
        lifetime_secs: 600,
        id: opaque::token_id([4; 12]),
        confirmation: None,
    };
    let seal = SealKey::new(&Secret32::from([5; 32]));
    let mac = HmacKey::new(mac.expose());
    opaque::mint(&token, [4; 12], &SealingKeys { issuer: ISS, kid: [1; 4], seal: &seal, mac: &mac })
}

pub(crate) fn answer_at(revision: u64) -> Value {
    json!({
        "active": true, "iss": ISS, "sub": "248289761001", "aud": AUD, "client_id": "web-app",
        "token_type": "Bearer", "exp": START + 600, "iat": START, "jti": "j-1",
        "scope": "orders:read orders:write", "auth_time": START - 5, "amr": ["pwd"],
        "principal": "user", "cf_epoch": 1, "cf_rev": revision, "cf_token_rev": 100,
        "cf_keys": keys(), "email": "alice@example.com",
    })
}

/// Everything at once.
pub(crate) struct World {
    pub(crate) verifier: Verifier,
    pub(crate) publisher: Publisher,
    pub(crate) follower: Follower,
    leases: Leases,
    rng: ChaCha8Rng,
    pub(crate) now: Now,
    pub(crate) route: Route,
    pub(crate) typ: Option<&'static str>,
    /// Whether messages between server and guard arrive.
    pub(crate) connected: bool,
}

impl World {
    /// JWTs of a Counterfoil issuer, with all claims in the token.
    pub(crate) fn jwt() -> Self {
        Self::with(|config| config.issuer(Issuer::counterfoil(ISS).claims(ClaimsFrom::Token)))
    }

    /// Opaque tokens, and JWTs whose claims come by introspection.
    pub(crate) fn thin() -> Self {
        Self::with(|config| config.issuer(Issuer::counterfoil(ISS)))
    }

    pub(crate) fn with(configure: impl FnOnce(Config) -> Config) -> Self {
        Self::cold(configure).fresh()
    }

    /// Without an issuer that has a feed.
    pub(crate) fn foreign(configure: impl FnOnce(Config) -> Config) -> Self {
        let mut world = Self::cold(|config| config.issuer(Issuer::counterfoil(ISS)));
        world.verifier = Verifier::new(configure(Config::new(AUD)), None).unwrap();
        world.publish_keys(&jwks());
        world
    }

    pub(crate) fn cold(configure: impl FnOnce(Config) -> Config) -> Self {
        let feed = FeedName { iss: ISS.to_owned(), aud: AUD.to_owned() };
        let start = Now { boot_ms: 1_000, wall_ms: START.unsigned_abs() * 1_000 };
        let config = FollowerConfig { feed: feed.clone(), high_water: None, longest_grace_ms: 0 };
        let follower = Follower::new(config, start);
        let head = Position::new(Epoch::new(1), Revision::new(100));
        let publisher = Publisher::open(feed, pseudonyms(), head, []).unwrap();
        let verifier = Verifier::new(configure(Config::new(AUD)), Some(follower.gate())).unwrap();
        Self {
            verifier,
            publisher,
            follower,
            leases: Leases::restart(LeaseTerms::default(), Epoch::new(1), 0),
            rng: ChaCha8Rng::seed_from_u64(1),
            now: start,
            route: Route::Strict,
            typ: Some("at+jwt"),
            connected: true,
        }
    }

    fn fresh(mut self) -> Self {
        self.pass(0);
        self.publish_keys(&jwks());
        self
    }

    /// Lets the verifier fetch this key set of every issuer.
    pub(crate) fn publish_keys(&self, jwks: &str) {
        let issuers: Vec<_> = self.verifier.issuers().map(|(issuer, _)| issuer).collect();
        for issuer in issuers {
            let fetch = self.verifier.begin_key_fetch(issuer, self.now).unwrap();
            let _ = self.verifier.keys_fetched(fetch, Some(jwks.as_bytes()), self.now);
        }
    }

    /// Lets time pass, in steps short enough for leases and heartbeats.
    pub(crate) fn pass(&mut self, millis: u64) {
        let mut left = millis;
        loop {
            self.flush();
            self.settle();
            let step = left.min(200);
            if step == 0 {
                return;
            }
            self.now.boot_ms += step;
            self.now.wall_ms += step;
            left -= step;
        }
    }

    /// Carries out what the guard asks for until it asks for nothing.
    fn settle(&mut self) {
        loop {
            self.follower.tick(self.now, &mut self.rng);
            while let Some(action) = self.follower.next_action() {
                self.act(action);
            }
            if self.follower.wake_at_ms(self.now) > self.now.boot_ms {
                return;
            }
        }
    }

    fn act(&mut self, action: Action) {
        if matches!(action, Action::DropIdentities) {
            self.verifier.drop_identities();
        }
        if !self.connected {
            if let Some(call) = action.call() {
                self.follower.failed(call, self.now, &mut self.rng);
            }
            return;
        }
        let (now, iat) = (self.now, self.now.unix());
        match action {
            Action::FetchSnapshot { attempt, request } => {
                let instance = request
                    .instance
                    .clone()
                    .unwrap_or_else(|| self.leases.register(now.boot_ms, &mut self.rng).unwrap());
                let snapshot = self.publisher.snapshot(&request, instance, self.terms(), iat);
                self.verifier.use_snapshot(&snapshot);
                let snapshot = Verified::from_this_process(snapshot);
                self.follower.snapshot(attempt, &snapshot, now, &mut self.rng).unwrap();
            }
            Action::OpenStream { after, .. } => match self.publisher.resume(&after) {
                Resume::Resync(_) => self.follower.resync(now, &mut self.rng),
                Resume::Frames(frames) => {
                    for sealed in frames {
                        let frame = Verified::from_this_process(sealed.frame.clone());
                        _ = self.follower.frame(&frame, now, &mut self.rng);
                    }
                }
            },
            Action::SendLease(request) => {
                match self.leases.renew(&request, &self.publisher, now.boot_ms, iat) {
                    Ok(grant) => {
                        let grant = Verified::from_this_process(grant);
                        self.follower.grant(&grant, now, &mut self.rng).unwrap();
                    }
                    Err(refusal) => self.follower.lease_refused(refusal, now, &mut self.rng),
                }
            }
            Action::Moved(_) => self.verifier.keys_moved(),
            Action::Ready | Action::NotReady(_) | Action::DropIdentities => {}
        }
    }

    fn terms(&self) -> SnapshotTerms {
        SnapshotTerms {
            lease_ms: 5_000,
            rho_ppm: 500,
            facts: ApiFacts {
                format: "jwt".to_owned(),
                alg: Some("ES256".to_owned()),
                typ: self.typ.map(str::to_owned),
                max_lifetime_secs: 3_600,
            },
            mac_keys: vec![
                MacKey { id: 1, key: mac() },
                MacKey { id: 2, key: Secret32::from([33; 32]) },
            ],
        }
    }

    fn flush(&mut self) {
        let (now, iat) = (self.now.boot_ms, self.now.unix());
        loop {
            let sealed = self.publisher.flush(now, iat, |_| String::new());
            let Some(sealed) = sealed else { return };
            if self.connected {
                let frame = Verified::from_this_process(sealed.frame.clone());
                _ = self.follower.frame(&frame, self.now, &mut self.rng);
            }
        }
    }

    /// Commits a change and carries its frame to the guard.
    pub(crate) fn change(&mut self, kind: WatermarkKind, id: &[u8], mode: Mode) -> u64 {
        let revision = self.publisher.head().seq.next();
        let change = Change {
            kind,
            id: id.to_vec(),
            revision,
            mode,
            reason: Why::AdminRevoked,
            expires_at: self.now.unix().plus_secs(3_600),
        };
        self.publisher.commit(&change).unwrap();
        self.pass(40);
        revision.get()
    }

    /// Commits something that bears no watermark, and carries the frame that says so.
    pub(crate) fn advance(&mut self, by: u64) -> u64 {
        let head = Revision::new(self.publisher.head().seq.get() + by);
        self.publisher.advance(head).unwrap();
        self.pass(600);
        head.get()
    }

    pub(crate) fn announce_keys(&mut self, revision: u64) {
        let keys = Revision::new(revision);
        self.publisher.announce(Revisions { keys, ..Revisions::default() });
        self.pass(40);
    }

    pub(crate) fn step(&self, token: &str) -> Step {
        self.verifier.check(token, self.route, || self.now)
    }

    /// The outcome in a word: a reason's code, or what must be done first.
    pub(crate) fn check(&self, token: &str) -> String {
        word(self.step(token))
    }

    pub(crate) fn caller(&self, token: &str) -> Caller {
        match self.step(token) {
            Step::Accepted(caller) => caller,
            other => panic!("not accepted: {other:?}"),
        }
    }

    pub(crate) fn question(&self, token: &str) -> Question {
        match self.step(token) {
            Step::Introspect(question) => question,
            other => panic!("not asked: {other:?}"),
        }
    }

    /// Asks about a token and has it answered.
    pub(crate) fn answered(&self, token: &str, answer: &Value) -> Step {
        let body = answer.to_string();
        self.verifier.answered(self.question(token), body.as_bytes(), self.now)
    }
}

pub(crate) fn word(step: Step) -> String {
    match step {
        Step::Accepted(_) => "accepted".to_owned(),
        Step::Rejected(reject) => reject.reason().code().to_owned(),
        Step::Introspect(_) => "introspect".to_owned(),
        Step::FetchKeys(_) => "fetch_keys".to_owned(),
        Step::NotFresh { .. } => "not_fresh".to_owned(),
        Step::Faulty(fault) => format!("faulty: {fault}"),
    }
}

/// Starts from an accepted token, changes one thing, signs again, and names the outcome.
pub(crate) fn changed(change: impl FnOnce(&mut Draft)) -> String {
    let world = World::jwt();
    let mut draft = Draft::accepted();
    assert_eq!(world.check(&draft.sign()), "accepted", "before the change");
    change(&mut draft);
    word(world.step(&draft.sign()))
}

/// As [`changed`], with the sentence that the client reads.
pub(crate) fn described(change: impl FnOnce(&mut Draft)) -> String {
    let world = World::jwt();
    let mut draft = Draft::accepted();
    change(&mut draft);
    match world.step(&draft.sign()) {
        Step::Rejected(reject) => reject.to_string(),
        other => format!("{other:?}"),
    }
}
