//! Rows 70 to 79: what is kept, and what keeps it true.

use crate::draft::Draft;
use crate::world::{
    ALICE, AUD, GRANT, ISS, START, TOKEN, World, answer_at, ed25519, es256, jwks, opaque,
    opaque_under, rs256, word,
};
use counterfoil_feed::{Mode, Position, Revision, Route, WatermarkKind};
use counterfoil_jose::SigningKey;
use counterfoil_jose::crypto::Secret32;
use counterfoil_verifier::{ClaimsFrom, Config, Issuer, Level, Source, Step, Verifier};
use rand_core::SeedableRng;
use serde_json::{Value, json};

#[test]
fn row_70_nothing_is_answered_after_exp() {
    let mut world = World::jwt();
    let token = Draft::accepted().sign();
    assert_eq!(world.check(&token), "accepted");
    world.pass(599_900);
    assert_eq!(world.check(&token), "accepted");
    world.pass(200);
    assert_eq!(world.check(&token), "expired");
    // The same for an identity that came by introspection.
    let mut world = World::thin();
    assert_eq!(word(world.answered(&opaque(1), &answer_at(100))), "accepted");
    assert_eq!(world.check(&opaque(1)), "accepted");
    world.pass(600_000);
    assert_eq!(world.check(&opaque(1)), "expired");
}

#[test]
fn rows_71_72_nothing_is_shared_between_audiences_issuers_or_configurations() {
    let world = World::foreign(|config| config.issuer(Issuer::foreign(ISS)));
    let token = Draft::accepted().sign();
    assert_eq!(world.check(&token), "accepted");
    let other = |config: Config| {
        let mut other = World::foreign(|_| config);
        other.now = world.now;
        other.check(&token)
    };
    let elsewhere = Config::new("https://other.example").issuer(Issuer::foreign(ISS));
    assert_eq!(other(elsewhere), "aud_mismatch");
    let other_issuer = Config::new(AUD).issuer(Issuer::foreign("https://id2.example"));
    assert_eq!(other(other_issuer), "iss_unknown");
    // Same API, same issuer, same text: still not the same name.
    let asked = |config: Config| {
        let issuer = Issuer::foreign(ISS).claims(ClaimsFrom::Introspection);
        let world = World::foreign(|_| config.issuer(issuer));
        world.question(&token).key()
    };
    assert_eq!(asked(Config::new(AUD)), asked(Config::new(AUD)));
    assert_ne!(asked(Config::new(AUD)), asked(Config::new(AUD).id("b")));
}

#[test]
fn row_73_a_key_that_left_takes_its_tokens_along() {
    let world = World::jwt();
    let token = Draft::accepted().sign();
    let other = Draft::accepted().signed_with(rs256()).sign();
    assert_eq!(world.check(&token), "accepted");
    assert_eq!(world.check(&other), "accepted");
    let keys = [ed25519(), rs256()].map(|key| key.public_jwk().to_json());
    world.publish_keys(&json!({"keys": keys}).to_string());
    assert_eq!(world.check(&token), "kid_unknown");
    assert_eq!(world.check(&other), "accepted", "tokens of keys that stayed live on");
}

/// Another key under the old name is another key.
#[test]
fn row_73_a_replaced_key_takes_its_tokens_along() {
    let world = World::jwt();
    let token = Draft::accepted().sign();
    assert_eq!(world.check(&token), "accepted");
    let new = SigningKey::generate(counterfoil_jose::JwsAlgorithm::Es256).unwrap().with_kid("es");
    world.publish_keys(&json!({"keys": [new.public_jwk().to_json()]}).to_string());
    assert_eq!(world.check(&token), "bad_signature");
}

#[test]
fn row_73_the_last_good_set_is_not_dropped_for_an_empty_one() {
    let world = World::jwt();
    let token = Draft::accepted().sign();
    for bad in [r#"{"keys":[]}"#, "{}", "<html>", r#"{"keys":[{"kty":"oct","k":"AA"}]}"#] {
        world.publish_keys(bad);
        assert_eq!(world.check(&token), "accepted", "{bad}");
        assert_eq!(world.check(&Draft::accepted().sign()), "accepted", "{bad}");
    }
}

#[test]
fn row_74_answers_that_are_none() {
    let faulty = |change: &dyn Fn(&mut Value)| {
        let world = World::thin();
        let mut answer = answer_at(100);
        assert_eq!(word(world.answered(&opaque(2), &answer)), "accepted", "before the change");
        change(&mut answer);
        let outcome = word(world.answered(&opaque(1), &answer));
        // Nothing is remembered: the question is asked again.
        assert!(matches!(world.step(&opaque(1)), Step::Introspect(_)));
        outcome
    };
    let remove = |name: &'static str| faulty(&move |a| _ = a.as_object_mut().unwrap().remove(name));
    let set = |name: &'static str, value: Value| faulty(&move |a| a[name] = value.clone());
    for (outcome, says) in [
        (remove("active"), "claim `active` is missing"),
        (set("active", json!("true")), "claim `active` must be a boolean"),
        (set("active", json!(1)), "claim `active` must be a boolean"),
        (set("iss", json!("https://other.example")), "names another `iss`"),
        (remove("iss"), "claim `iss` is missing"),
        (set("aud", json!("https://other.example")), "names another `aud`"),
        (remove("aud"), "claim `aud` is missing"),
        (remove("exp"), "claim `exp` is missing"),
        (set("exp", json!("1")), "claim `exp` must be an integer"),
        (remove("sub"), "claim `sub` is missing"),
        (remove("client_id"), "claim `client_id` is missing"),
        (set("token_type", json!("DPoP")), "unknown `token_type`"),
        (remove("principal"), "`principal` contradicts"),
        (remove("cf_keys"), "`cf_keys` is malformed"),
        (remove("cf_rev"), "claim `cf_rev` is missing"),
    ] {
        assert!(outcome.starts_with("faulty: ") && outcome.contains(says), "{outcome} / {says}");
    }
    let world = World::thin();
    for body in ["", "<html>", "[]", r#"{"active":true,"active":false}"#] {
        let step = world.verifier.answered(world.question(&opaque(1)), body.as_bytes(), world.now);
        assert!(matches!(step, Step::Faulty(_)), "{body}");
    }
    assert_eq!(set("cnf", json!({"jkt": "x"})), "cnf_not_yet");
    assert_eq!(set("exp", json!(START)), "expired");
}

/// The answer is about another token than the one that was asked about.
#[test]
fn row_74_an_answer_for_another_token() {
    let world = World::thin();
    let token = Draft::accepted().sign();
    assert_eq!(word(world.answered(&token, &answer_at(100))), "accepted");
    for (name, value) in [("sub", "mallory"), ("client_id", "other"), ("jti", "j-2")] {
        let mut answer = answer_at(100);
        answer[name] = json!(value);
        let outcome = word(world.answered(&Draft::accepted().sign(), &answer));
        assert_eq!(outcome, "faulty: the introspection answer is about another token", "{name}");
    }
}

#[test]
fn row_75_token_text_is_never_a_key() {
    let world = World::jwt();
    for text in ["\r\nFLUSHALL\r\n", "a\0b.c.d", "set x 0 0 1", "%n%n.%s.%x", "{{7*7}}"] {
        let outcome = world.check(text);
        assert!(!["accepted", "introspect", "fetch_keys"].contains(&outcome.as_str()), "{outcome}");
    }
}

#[test]
fn row_76_negatives_do_not_drive_out_positives() {
    let world = World::thin();
    assert_eq!(word(world.answered(&opaque(1), &answer_at(100))), "accepted");
    let inactive = json!({"active": false});
    for grant in 2..3_000 {
        assert_eq!(word(world.answered(&opaque(grant), &inactive)), "inactive");
    }
    assert_eq!(world.check(&opaque(1)), "accepted");
    assert_eq!(world.check(&opaque(2_999)), "inactive", "remembered");
    assert_eq!(world.check(&opaque(2)), "introspect", "forgotten, and asked about again");
    assert_eq!(world.verifier.cached(), 1);
}

#[test]
fn row_76_a_failing_issuer_is_never_taken_for_inactive() {
    let mut world = World::thin();
    let question = world.question(&opaque(1));
    assert_eq!(word(world.verifier.unanswered(&question, world.now)), "not_fresh");
    assert_eq!(world.check(&opaque(1)), "introspect");
    // Without a lease nobody asks for a second, so that an outage costs no timeouts.
    world.connected = false;
    world.pass(6_000);
    let question = world.question(&opaque(1));
    assert_eq!(word(world.verifier.unanswered(&question, world.now)), "not_fresh");
    assert_eq!(world.check(&opaque(1)), "not_fresh");
    world.pass(1_000);
    assert_eq!(world.check(&opaque(1)), "introspect");
}

#[test]
fn row_77_event_tokens_are_no_access_tokens() {
    let mut draft = Draft::accepted();
    draft.header("typ", "secevent+jwt");
    draft.claim("events", json!({"urn:x": {}}));
    assert_eq!(World::jwt().check(&draft.sign()), "other_kind");
}

/// A gap: nothing is answered from memory before the feed is whole again.
#[test]
fn row_78_a_gap_stops_answers_from_memory() {
    let mut world = World::jwt();
    let token = Draft::accepted().sign();
    assert_eq!(world.check(&token), "accepted");
    world.connected = false;
    world.change(WatermarkKind::User, ALICE, Mode::Hard);
    assert_eq!(world.check(&token), "accepted", "within the lease nobody can know");
    let mut rng = rand_chacha::ChaCha8Rng::from_seed([0; 32]);
    let iat = world.now.unix();
    world.publisher.advance(Revision::new(105)).unwrap();
    world.now.boot_ms += 1_000;
    world.now.wall_ms += 1_000;
    let sealed = world.publisher.flush(world.now.boot_ms, iat, |_| String::new()).unwrap();
    let frame = counterfoil_feed::Verified::from_this_process(sealed.frame.clone());
    assert!(world.follower.frame(&frame, world.now, &mut rng).is_err());
    assert_eq!(world.check(&token), "introspect");
    world.connected = true;
    world.pass(3_000);
    assert_eq!(world.check(&token), "revoked");
}
#[test]
fn without_a_lease_nothing_comes_from_memory() {
    let mut world = World::jwt();
    let token = Draft::accepted().sign();
    assert_eq!(world.check(&token), "accepted");
    world.connected = false;
    world.pass(3_000);
    assert_eq!(world.check(&token), "accepted");
    world.pass(3_000);
    assert_eq!(world.check(&token), "introspect");
    world.route = Route::StaleOk { grace_ms: 60_000 };
    let caller = world.caller(&token);
    assert_eq!(caller.freshness().source, Source::Cache);
    assert_eq!(caller.freshness().bound_ms, 65_000);
    world.pass(70_000);
    assert_eq!(world.check(&token), "introspect");
    world.connected = true;
    world.route = Route::Strict;
    world.pass(10_000);
    assert_eq!(world.check(&token), "accepted");
}

#[test]
fn hard_watermarks_kill_and_soft_ones_ask_again() {
    for (kind, id) in [
        (WatermarkKind::User, ALICE),
        (WatermarkKind::Client, crate::world::CLIENT),
        (WatermarkKind::Grant, GRANT),
        (WatermarkKind::Token, TOKEN),
        (WatermarkKind::Issuer, b"1".as_slice()),
        (WatermarkKind::Api, b"1"),
        (WatermarkKind::Key, b"es"),
    ] {
        let mut world = World::jwt();
        let token = Draft::accepted().sign();
        let opaque = opaque(1);
        assert_eq!(word(world.answered(&opaque, &answer_at(100))), "accepted");
        assert_eq!(world.check(&token), "accepted");
        world.change(kind, id, Mode::Hard);
        assert_eq!(world.check(&token), "revoked", "{kind:?}");
        assert_eq!(world.check(&Draft::accepted().sign()), "revoked", "one never seen: {kind:?}");
        let unsigned = if kind == WatermarkKind::Key { "accepted" } else { "revoked" };
        assert_eq!(world.check(&opaque), unsigned, "{kind:?}");
    }
    let mut world = World::jwt();
    let token = Draft::accepted().sign();
    assert_eq!(world.check(&token), "accepted");
    let changed = world.change(WatermarkKind::Claims, ALICE, Mode::Soft);
    assert_eq!(world.check(&token), "introspect");
    let mut answer = answer_at(changed);
    answer["email"] = json!("alice@new.example");
    assert_eq!(word(world.answered(&token, &answer)), "accepted");
    let caller = world.caller(&token);
    assert_eq!(caller.email(), Some("alice@new.example"));
    assert_eq!(caller.freshness().source, Source::Push);
    assert_eq!(caller.freshness().revision, Some(changed));
    world.change(WatermarkKind::User, b"bob", Mode::Hard);
    assert_eq!(world.check(&token), "accepted", "other users are not touched");
}

/// The fetch races with the change: the answer left before it and arrived after it.
#[test]
fn an_overtaken_answer_is_not_installed() {
    let mut world = World::thin();
    let question = world.question(&opaque(1));
    let revision = world.change(WatermarkKind::Claims, ALICE, Mode::Soft);
    let old = answer_at(100).to_string();
    let step = world.verifier.answered(question, old.as_bytes(), world.now);
    let Step::Introspect(again) = step else { panic!("{step:?}") };
    let step = world.verifier.answered(again, old.as_bytes(), world.now);
    let Step::Introspect(again) = step else { panic!("{step:?}") };
    let step = world.verifier.answered(again, old.as_bytes(), world.now);
    assert_eq!(word(step), "not_fresh", "three times is enough");
    let new = answer_at(revision);
    assert_eq!(word(world.answered(&opaque(1), &new)), "accepted");
}

/// A JWT from ahead of the feed waits for nothing: the issuer knows.
#[test]
fn a_token_from_ahead_is_asked_about() {
    let mut world = World::jwt();
    let mut draft = Draft::accepted();
    draft.claim("cf_rev", 101);
    let token = draft.sign();
    assert_eq!(world.check(&token), "introspect");
    world.advance(1);
    assert_eq!(world.check(&token), "accepted");
    draft.claim("cf_epoch", 2);
    assert_eq!(world.check(&draft.sign()), "introspect", "of another history");
}

/// P4: junk costs no call, in any state.
#[test]
fn junk_dies_here() {
    let mut world = World::thin();
    let damaged = {
        let mut text = opaque(1);
        let last = text.pop().unwrap();
        text.push(if last == 'A' { 'B' } else { 'A' });
        text
    };
    let foreign_mac = opaque_under(&Secret32::from([44; 32]), 1);
    let junk = |world: &World| {
        assert_eq!(world.check(&damaged), "opaque_not_ours");
        assert_eq!(world.check(&foreign_mac), "opaque_not_ours");
        assert_eq!(world.check("cf_at_"), "opaque_malformed");
        assert_eq!(world.check("cf_at_!!!"), "opaque_malformed");
        assert_eq!(world.check("abc"), "opaque_not_expected");
        assert_eq!(world.check(&Draft::accepted().signed_as(&[1; 64])), "bad_signature");
    };
    junk(&world);
    assert_eq!(world.check(&opaque_under(&Secret32::from([33; 32]), 1)), "introspect", "older key");
    world.connected = false;
    world.pass(10_000);
    junk(&world);
}

#[test]
fn cold_is_not_ready() {
    let world = World::cold(|config| config.issuer(Issuer::counterfoil(ISS)));
    assert_eq!(world.check(&opaque(1)), "not_fresh");
}

/// A thin JWT: its identity comes by one introspection and is then kept.
#[test]
fn a_thin_jwt_is_asked_about_once() {
    let mut world = World::thin();
    let token = Draft::accepted().sign();
    let step = world.answered(&token, &answer_at(100));
    let Step::Accepted(caller) = step else { panic!("{step:?}") };
    assert_eq!(caller.freshness().source, Source::Origin);
    assert_eq!(caller.freshness().bound_ms, 0);
    let caller = world.caller(&token);
    assert_eq!(caller.email(), Some("alice@example.com"));
    let freshness = caller.freshness();
    assert_eq!((freshness.level, freshness.source), (Level::L2, Source::Push));
    assert_eq!(freshness.bound_ms, 5_000);
    world.change(WatermarkKind::Session, b"s-1", Mode::Hard);
    assert_eq!(world.check(&token), "accepted");
    // Its key leaves: so does the identity behind it.
    let keys = [ed25519(), rs256()].map(|key| key.public_jwk().to_json());
    world.publish_keys(&json!({"keys": keys}).to_string());
    assert_eq!(world.check(&token), "kid_unknown");
}

#[test]
fn another_history_empties_memory() {
    let mut world = World::thin();
    assert_eq!(word(world.answered(&opaque(1), &answer_at(100))), "accepted");
    let question = world.question(&opaque(2));
    let base = Revision::new(100).next_epoch_base();
    let head = Position::new(counterfoil_feed::Epoch::new(2), base);
    let feed = world.publisher.feed().clone();
    world.publisher =
        counterfoil_feed::Publisher::open(feed, crate::world::pseudonyms(), head, []).unwrap();
    world.pass(10_000);
    assert_eq!(world.check(&opaque(1)), "introspect");
    let old = answer_at(100).to_string();
    let step = world.verifier.answered(question, old.as_bytes(), world.now);
    assert!(matches!(step, Step::Introspect(_)), "an answer of the old epoch");
}

/// The feed tells of a new key; until the set is here, its tokens wait instead of failing.
#[test]
fn a_new_key_is_pushed() {
    let mut world = World::jwt();
    let new = SigningKey::generate(counterfoil_jose::JwsAlgorithm::Es256).unwrap().with_kid("new");
    let token = {
        let mut draft = Draft::accepted();
        draft.header("kid", "new");
        let input = draft.signing_input();
        draft.signed_as(&new.sign(input.as_bytes()))
    };
    assert_eq!(world.check(&token), "kid_unknown");
    world.announce_keys(7);
    assert_eq!(world.check(&token), "fetch_keys");
    let keys = [es256().public_jwk().to_json(), new.public_jwk().to_json()];
    world.publish_keys(&json!({"keys": keys}).to_string());
    assert_eq!(world.check(&token), "accepted");
}

mod keys_of_an_issuer_without_a_feed {
    use super::*;

    fn world() -> World {
        World::foreign(|config| config.issuer(Issuer::foreign(ISS)))
    }

    fn fetch(world: &World, body: Option<&str>) -> bool {
        let (issuer, _) = world.verifier.issuers().next().unwrap();
        let Some(fetch) = world.verifier.begin_key_fetch(issuer, world.now) else { return false };
        let _ = world.verifier.keys_fetched(fetch, body.map(str::as_bytes), world.now);
        true
    }

    fn wait(world: &mut World, secs: u64) {
        world.now.boot_ms += secs * 1_000;
    }

    fn with_kid(kid: &str) -> String {
        let mut draft = Draft::accepted();
        draft.header("kid", kid);
        draft.sign()
    }

    #[test]
    fn the_old_set_serves_while_a_new_one_comes_but_not_for_ever() {
        let mut world = world();
        let (issuer, _) = world.verifier.issuers().next().unwrap();
        let token = Draft::accepted().sign();
        assert_eq!(world.check(&token), "accepted");
        assert!(!world.verifier.keys_due(issuer, world.now));
        wait(&mut world, 300);
        assert!(world.verifier.keys_due(issuer, world.now));
        assert_eq!(world.check(&token), "accepted");
        assert_eq!(world.check(&Draft::accepted().sign()), "accepted");
        for _ in 0..200 {
            wait(&mut world, 16);
            if world.verifier.keys_due(issuer, world.now) {
                assert!(fetch(&world, None));
            }
        }
        wait(&mut world, 100);
        // Nothing of an hour ago is believed: neither known tokens nor new ones.
        for token in [token, Draft::accepted().sign()] {
            let outcome = world.check(&token);
            assert!(["fetch_keys", "not_fresh"].contains(&outcome.as_str()), "{outcome}");
        }
        wait(&mut world, 60);
        assert!(fetch(&world, Some(&jwks())));
        assert_eq!(world.check(&Draft::accepted().sign()), "accepted");
    }

    #[test]
    fn a_new_key_is_fetched_when_its_first_token_comes() {
        let mut world = world();
        let new =
            SigningKey::generate(counterfoil_jose::JwsAlgorithm::Es256).unwrap().with_kid("new");
        let token = {
            let mut draft = Draft::accepted();
            draft.header("kid", "new");
            let input = draft.signing_input();
            draft.signed_as(&new.sign(input.as_bytes()))
        };
        assert_eq!(world.check(&token), "kid_unknown", "the set came a moment ago");
        wait(&mut world, 11);
        assert_eq!(world.check(&token), "fetch_keys");
        let keys = [es256().public_jwk().to_json(), new.public_jwk().to_json()];
        assert!(fetch(&world, Some(&json!({"keys": keys}).to_string())));
        assert_eq!(world.check(&token), "accepted");
    }

    #[test]
    fn an_absent_kid_is_asked_about_once() {
        let mut world = world();
        wait(&mut world, 11);
        assert_eq!(world.check(&with_kid("a")), "fetch_keys");
        assert!(fetch(&world, Some(&jwks())));
        assert_eq!(world.check(&with_kid("a")), "kid_unknown");
        wait(&mut world, 60);
        assert_eq!(world.check(&with_kid("a")), "kid_unknown");
        assert_eq!(world.check(&with_kid("b")), "fetch_keys");
    }

    /// P5: no 401 for what cannot be known because the issuer does not answer.
    #[test]
    fn an_unknown_kid_during_an_outage_is_not_a_bad_token() {
        let mut world = world();
        wait(&mut world, 11);
        assert_eq!(world.check(&with_kid("a")), "fetch_keys");
        assert!(fetch(&world, None));
        assert_eq!(world.check(&with_kid("a")), "not_fresh");
        assert_eq!(world.check(&Draft::accepted().sign()), "accepted");
        wait(&mut world, 2);
        assert_eq!(world.check(&with_kid("a")), "fetch_keys");
    }

    #[test]
    fn only_one_fetch_runs() {
        let mut world = world();
        wait(&mut world, 11);
        let (issuer, _) = world.verifier.issuers().next().unwrap();
        let running = world.verifier.begin_key_fetch(issuer, world.now).unwrap();
        assert!(world.verifier.begin_key_fetch(issuer, world.now).is_none());
        assert_eq!(world.check(&with_kid("a")), "fetch_keys", "waits for the one that runs");
        let _ = world.verifier.keys_fetched(running, Some(jwks().as_bytes()), world.now);
        assert_eq!(world.check(&with_kid("a")), "kid_unknown");
    }

    #[test]
    fn a_kept_answer_holds_for_its_time_and_never_past_exp() {
        let issuer = Issuer::foreign(ISS).claims(ClaimsFrom::Introspection).answer_ttl_ms(30_000);
        let mut world = World::foreign(|config| config.issuer(issuer));
        let answer = json!({
            "active": true, "sub": "u", "client_id": "c", "aud": AUD, "exp": START + 45,
            "scope": "a",
        });
        let step = world.answered("some-opaque-token", &answer);
        let Step::Accepted(caller) = step else { panic!("{step:?}") };
        assert_eq!(caller.freshness().level, Level::L0);
        assert_eq!(caller.freshness().source, Source::Origin);
        let caller = world.caller("some-opaque-token");
        assert_eq!(
            (caller.freshness().source, caller.freshness().bound_ms),
            (Source::Cache, 30_000)
        );
        world.now.boot_ms += 30_000;
        world.now.wall_ms += 30_000;
        assert_eq!(world.check("some-opaque-token"), "introspect");
        assert_eq!(word(world.answered("some-opaque-token", &answer)), "accepted");
        assert_eq!(world.caller("some-opaque-token").freshness().bound_ms, 15_000);
        world.now.boot_ms += 15_000;
        world.now.wall_ms += 15_000;
        assert_eq!(world.check("some-opaque-token"), "expired");
    }
}

#[test]
fn configurations_that_do_not_start() {
    let refused = |config: Config| Verifier::new(config, None).unwrap_err().to_string();
    let issuer = || Issuer::foreign(ISS);
    for (message, says) in [
        (refused(Config::new("").issuer(issuer())), "no resource"),
        (refused(Config::new("orders").issuer(issuer())), "not an absolute URI"),
        (refused(Config::new(AUD)), "no issuer"),
        (refused(Config::new(AUD).issuer(Issuer::foreign(""))), "no issuer"),
        (refused(Config::new(AUD).issuer(Issuer::foreign("http://id.example"))), "use https"),
        (refused(Config::new(AUD).issuer(issuer()).issuer(issuer())), "there twice"),
        (refused(Config::new(AUD).issuer(issuer().typs(Vec::<String>::new()))), "nothing of"),
        (refused(Config::new(AUD).issuer(Issuer::counterfoil(ISS))), "a gate goes with"),
        (refused(Config::new(AUD).issuer(issuer()).skew_secs(301)), "clock skew"),
        (refused(Config::new(AUD).issuer(issuer()).cache_entries(0)), "cache"),
    ] {
        assert!(message.contains(says), "{message}");
    }
}
