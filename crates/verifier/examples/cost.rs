//! Measures what a check costs, as ratios to the bare signature operation of aws-lc-rs.
//!
//! Absolute figures do not carry from one machine to another; ratios of alternating runs in one
//! process do. Times are this thread's CPU time, the least of many batches.
//!
//! ```text
//! cargo run --release -p counterfoil-verifier --example cost
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measurement for people, not a part of the product"
)]

use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use counterfoil_feed::{
    Action, ApiFacts, Epoch, FeedName, Follower, FollowerConfig, LeaseTerms, Leases, MacKey, Now,
    Position, PseudonymKey, Publisher, Revision, Route, SnapshotTerms, Verified,
};
use counterfoil_jose::crypto::{HmacKey, SealKey, Secret32, SystemRng};
use counterfoil_jose::{JwkSet, JwsAlgorithm, SigningKey, UnixTime, b64};
use counterfoil_oauth::model::{ApiId, GrantId, Revision as OauthRevision};
use counterfoil_oauth::token::opaque::{self, OpaqueToken, SealingKeys};
use counterfoil_verifier::{ClaimsFrom, Config, Issuer, Step, Verifier};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use std::hint::black_box;

const ISS: &str = "https://id.example";
const AUD: &str = "https://orders.example";
const ROUNDS: usize = 60;
const UNKNOWN_PER_ROUND: usize = 40;
const KNOWN_PER_ROUND: usize = 20_000;

fn main() {
    let keys = [JwsAlgorithm::EdDsa, JwsAlgorithm::Es256, JwsAlgorithm::Rs256]
        .map(|alg| SigningKey::generate(alg).unwrap().with_kid("2026-11-a"));
    let mut lab = Lab::new(ClaimsFrom::Token, &keys);
    if let Some(only) = std::env::args().nth(1) {
        return alone(&only, &mut lab, &keys);
    }
    println!("{:<44}{:>10}{:>10}{:>9}  target", "", "ns", "bare ns", "ratio");
    for (key, target) in keys.iter().zip([1.10, 1.10, 1.30]) {
        unknown(&mut lab, key, target);
    }
    let ed25519 = bare_ed25519(&keys[0]);
    let token = jwt(&keys[1], 0);
    println!("a JWT of {} bytes, an opaque token of {}", token.len(), opaque_token().len());
    let jwt_ns = known(&mut lab, &token);
    faster("known JWT, every check repeated", jwt_ns, ed25519, 60.0);
    let tokens: Vec<String> = (0..5_000).map(|number| jwt(&keys[0], number)).collect();
    let many_ns = many(&mut lab, &tokens);
    compared("the same, 5000 tokens in turn", many_ns, ed25519);
    let mut lab = Lab::new(ClaimsFrom::Introspection, &keys);
    let token = opaque_token();
    lab.learn(&token);
    let opaque_ns = known(&mut lab, &token);
    faster("known opaque token, every check repeated", opaque_ns, ed25519, 120.0);
    lab.bear_watermarks(5_000);
    let opaque_ns = known(&mut lab, &token);
    faster("the same with 5000 watermarks in the table", opaque_ns, ed25519, 120.0);
    let junk = damaged(&token);
    let junk_ns = least(ROUNDS, || batch(2_000, || drop(black_box(lab.check(&junk)))));
    compared("a damaged opaque token, refused", junk_ns, ed25519);
    let clock_ns = least(ROUNDS, || batch(KNOWN_PER_ROUND, || _ = black_box(clock())));
    println!("reading both clocks: {clock_ns:.0} ns of each check");
}

/// Runs one path for long, for a profiler.
fn alone(what: &str, lab: &mut Lab, keys: &[SigningKey]) {
    let times = 400_000;
    match what {
        "known" => {
            let token = jwt(&keys[1], 0);
            (0..times * 10).for_each(|_| drop(black_box(lab.check(&token))));
        }
        _ => {
            let key = keys.iter().find(|key| key.algorithm().as_str() == what).unwrap();
            let tokens: Vec<String> = (0..4_000).map(|number| jwt(key, number)).collect();
            for token in tokens.iter().cycle().take(times) {
                drop(black_box(lab.check(token)));
                lab.verifier.drop_identities();
            }
        }
    }
}

/// Checks tokens that were never seen, in turn with the bare operation over the same bytes.
fn unknown(lab: &mut Lab, key: &SigningKey, target: f64) {
    let bare = Bare::of(key);
    let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
    let mut number = 0;
    for _ in 0..ROUNDS {
        let tokens: Vec<String> = (0..UNKNOWN_PER_ROUND)
            .map(|_| {
                number += 1;
                jwt(key, number)
            })
            .collect();
        let parts: Vec<(&str, Vec<u8>)> = tokens.iter().map(|token| split(token)).collect();
        let mut at = 0;
        theirs = theirs.min(batch(UNKNOWN_PER_ROUND, || {
            let (input, signature) = &parts[at];
            assert!(bare.verify(input, signature));
            at += 1;
        }));
        lab.keep_fresh();
        let mut at = 0;
        ours = ours.min(batch(UNKNOWN_PER_ROUND, || {
            assert!(matches!(lab.check(&tokens[at]), Step::Accepted(_)));
            at += 1;
        }));
    }
    let ratio = ours / theirs;
    let verdict = if ratio <= target { "reached" } else { "MISSED" };
    let what = format!("unknown JWT, {}", key.algorithm());
    println!("{what:<44}{ours:>10.0}{theirs:>10.0}{ratio:>9.2}  at most {target:.2}: {verdict}");
}

fn known(lab: &mut Lab, token: &str) -> f64 {
    assert!(matches!(lab.check(token), Step::Accepted(_)));
    least(ROUNDS, || {
        lab.keep_fresh();
        batch(KNOWN_PER_ROUND, || {
            let step = black_box(lab.check(black_box(token)));
            assert!(matches!(step, Step::Accepted(_)));
        })
    })
}

/// As [`known`], where no thread sees a token again soon.
fn many(lab: &mut Lab, tokens: &[String]) -> f64 {
    least(8, || {
        lab.keep_fresh();
        let mut tokens = tokens.iter();
        batch(tokens.len(), || {
            assert!(matches!(lab.check(tokens.next().unwrap()), Step::Accepted(_)))
        })
    })
}

fn compared(what: &str, ns: f64, bare: f64) {
    println!("{what:<44}{ns:>10.0}{bare:>10.0}{:>8.0}x", bare / ns);
}

fn faster(what: &str, ns: f64, bare: f64, target: f64) {
    let ratio = bare / ns;
    let verdict = if ratio >= target { "reached" } else { "MISSED" };
    println!("{what:<44}{ns:>10.0}{bare:>10.0}{ratio:>8.0}x  at least {target:.0}x: {verdict}");
}

fn bare_ed25519(key: &SigningKey) -> f64 {
    let bare = Bare::of(key);
    let token = jwt(key, 0);
    let (input, signature) = split(&token);
    least(ROUNDS, || batch(200, || assert!(bare.verify(input, &signature))))
}

fn split(token: &str) -> (&str, Vec<u8>) {
    let (input, signature) = token.rsplit_once('.').unwrap();
    (input, b64::decode(signature).unwrap())
}

/// The operation alone, with a parsed key and a decoded signature.
struct Bare(ParsedPublicKey);

impl Bare {
    fn of(key: &SigningKey) -> Self {
        let jwk = key.public_jwk().to_json();
        let part = |name: &str| b64::decode(jwk[name].as_str().unwrap()).unwrap();
        let parse = |alg: &'static dyn VerificationAlgorithm, bytes: &[u8]| {
            Self(ParsedPublicKey::new(alg, bytes).unwrap())
        };
        match key.algorithm() {
            JwsAlgorithm::EdDsa => parse(&signature::ED25519, &part("x")),
            JwsAlgorithm::Es256 => {
                let point = [&[4][..], &part("x"), &part("y")].concat();
                parse(&signature::ECDSA_P256_SHA256_FIXED, &point)
            }
            _ => {
                let key = signature::RsaPublicKeyComponents { n: part("n"), e: part("e") };
                let parameters = &signature::RSA_PKCS1_2048_8192_SHA256;
                Self(key.to_parsed_public_key(parameters).unwrap())
            }
        }
    }

    fn verify(&self, input: &str, signature: &[u8]) -> bool {
        self.0.verify_sig(black_box(input.as_bytes()), signature).is_ok()
    }
}

fn least(rounds: usize, mut round: impl FnMut() -> f64) -> f64 {
    (0..rounds).map(|_| round()).fold(f64::MAX, f64::min)
}

/// Nanoseconds of CPU time for each of `times` runs.
fn batch(times: usize, mut run: impl FnMut()) -> f64 {
    let start = cpu_ns();
    for _ in 0..times {
        run();
    }
    (cpu_ns() - start) / f64::from(u32::try_from(times).unwrap())
}

fn cpu_ns() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

fn clock() -> Now {
    Now { boot_ms: millis(ClockId::Boottime), wall_ms: millis(ClockId::RealtimeCoarse) }
}

fn millis(id: ClockId) -> u64 {
    let time = clock_gettime(id);
    time.tv_sec.unsigned_abs() * 1_000 + time.tv_nsec.unsigned_abs() / 1_000_000
}

fn now_secs() -> i64 {
    clock().unix().as_secs()
}

/// A JWT of about 600 bytes with eleven claims and those of the feed.
fn jwt(key: &SigningKey, number: usize) -> String {
    let payload = json!({
        "iss": ISS, "sub": "248289761001", "aud": AUD, "client_id": "web-app",
        "exp": now_secs() + 600, "iat": now_secs(), "jti": format!("{number:011}"),
        "scope": "orders:read", "principal": "user", "cf_epoch": 1, "cf_rev": 100,
        "cf_keys": b64::encode(&[7; 80]),
    });
    let header = counterfoil_jose::jws::JwsHeader::typ("at+jwt");
    counterfoil_jose::jws::sign(key, &header, payload.to_string().as_bytes())
}

fn opaque_token() -> String {
    let token = OpaqueToken {
        grant: GrantId::new(1),
        api: Some(ApiId::new(1)),
        scopes: 1,
        revision: OauthRevision::new(100),
        issued_at: UnixTime::from_secs(now_secs()),
        lifetime_secs: 600,
        id: opaque::token_id([4; 12]),
        confirmation: None,
    };
    let seal = SealKey::new(&Secret32::from([5; 32]));
    let mac = HmacKey::new(&[3; 32]);
    opaque::mint(&token, [4; 12], &SealingKeys { issuer: ISS, kid: [1; 4], seal: &seal, mac: &mac })
}

fn damaged(token: &str) -> String {
    let (head, last) = token.split_at(token.len() - 1);
    format!("{head}{}", if last == "A" { "B" } else { "A" })
}

/// A verifier under a lease, and the server's end of its feed.
struct Lab {
    verifier: Verifier,
    follower: Follower,
    publisher: Publisher,
    leases: Leases,
}

impl Lab {
    fn new(claims: ClaimsFrom, keys: &[SigningKey]) -> Self {
        let feed = FeedName { iss: ISS.to_owned(), aud: AUD.to_owned() };
        let config = FollowerConfig { feed: feed.clone(), high_water: None, longest_grace_ms: 0 };
        let follower = Follower::new(config, clock());
        let issuer = Issuer::counterfoil(ISS).claims(claims);
        let verifier =
            Verifier::new(Config::new(AUD).issuer(issuer), Some(follower.gate())).unwrap();
        let pseudonyms = PseudonymKey::new(&Secret32::from([9; 32]));
        let head = Position::new(Epoch::new(1), Revision::new(100));
        let publisher = Publisher::open(feed, pseudonyms, head, []).unwrap();
        let leases = Leases::restart(LeaseTerms::new(60_000, 500), Epoch::new(1), 0);
        let mut lab = Self { verifier, follower, publisher, leases };
        lab.keep_fresh();
        let (issuer, _) = lab.verifier.issuers().next().unwrap();
        let set = JwkSet::from_keys(keys.iter().map(SigningKey::public_jwk).collect());
        let fetch = lab.verifier.begin_key_fetch(issuer, clock()).unwrap();
        let body = set.to_json().to_string();
        let _ = lab.verifier.keys_fetched(fetch, Some(body.as_bytes()), clock());
        lab
    }

    fn check(&self, token: &str) -> Step {
        self.verifier.check(token, Route::Strict, clock)
    }

    fn learn(&mut self, token: &str) {
        let Step::Introspect(question) = self.check(token) else { panic!("not asked") };
        let answer = json!({
            "active": true, "iss": ISS, "sub": "248289761001", "aud": AUD, "client_id": "web-app",
            "token_type": "Bearer", "exp": now_secs() + 600, "iat": now_secs(), "jti": "j",
            "scope": "orders:read", "principal": "user", "cf_epoch": 1, "cf_rev": 100,
            "cf_token_rev": 100, "cf_keys": b64::encode(&[7; 80]), "email": "alice@example.com",
        });
        let step = self.verifier.answered(question, answer.to_string().as_bytes(), clock());
        assert!(matches!(step, Step::Accepted(_)));
    }

    /// Revokes others, so that the table is as full as that of a busy issuer.
    fn bear_watermarks(&mut self, count: u64) {
        for number in 1..=count {
            let change = counterfoil_feed::Change {
                kind: counterfoil_feed::WatermarkKind::Grant,
                id: number.to_be_bytes().to_vec(),
                revision: Revision::new(100 + number),
                mode: counterfoil_feed::Mode::Hard,
                reason: counterfoil_feed::Reason::Revoked,
                expires_at: UnixTime::from_secs(now_secs() + 600),
            };
            self.publisher.commit(&change).unwrap();
        }
        self.keep_fresh();
    }

    fn keep_fresh(&mut self) {
        let now = clock();
        while let Some(sealed) = self.publisher.flush(now.boot_ms, now.unix(), |_| String::new()) {
            let frame = Verified::from_this_process(sealed.frame.clone());
            let _ = self.follower.frame(&frame, now, &mut SystemRng);
        }
        loop {
            self.follower.tick(now, &mut SystemRng);
            while let Some(action) = self.follower.next_action() {
                self.act(action, now);
            }
            if self.follower.wake_at_ms(now) > now.boot_ms {
                return;
            }
        }
    }

    fn act(&mut self, action: Action, now: Now) {
        match action {
            Action::FetchSnapshot { attempt, request } => {
                let instance = self.leases.register(now.boot_ms, &mut SystemRng).unwrap();
                let snapshot = self.publisher.snapshot(&request, instance, terms(), now.unix());
                self.verifier.use_snapshot(&snapshot);
                let snapshot = Verified::from_this_process(snapshot);
                self.follower.snapshot(attempt, &snapshot, now, &mut SystemRng).unwrap();
            }
            Action::SendLease(request) => {
                let now_ms = now.boot_ms;
                let grant = self.leases.renew(&request, &self.publisher, now_ms, now.unix());
                let grant = Verified::from_this_process(grant.unwrap());
                self.follower.grant(&grant, now, &mut SystemRng).unwrap();
            }
            _ => {}
        }
    }
}

fn terms() -> SnapshotTerms {
    SnapshotTerms {
        lease_ms: 60_000,
        rho_ppm: 500,
        facts: ApiFacts {
            format: "opaque".to_owned(),
            alg: None,
            typ: None,
            max_lifetime_secs: 600,
        },
        mac_keys: vec![MacKey { id: 1, key: Secret32::from([3; 32]) }],
    }
}
