//! The two ends together, on the happy path and just off it.

use crate::common::{Pair, at, change, ms, pseudonyms, publisher};
use counterfoil_feed::{
    Answer, Effective, Mode, Reason, Revision, Route, Stamp, State, TokenKeys, Verdict,
    WatermarkKind,
};

fn alice() -> TokenKeys {
    TokenKeys { user: Some(pseudonyms().id(WatermarkKind::User, b"alice")), ..TokenKeys::default() }
}

fn stamp(issued: u64, learned: u64) -> Stamp {
    Stamp { issued: Revision::new(issued), learned: Revision::new(learned) }
}

fn fresh() -> Pair {
    let mut pair = Pair::new();
    pair.pass(0);
    pair
}

#[test]
fn a_guard_becomes_fresh_in_two_round_trips() {
    let mut pair = Pair::new();
    assert_eq!(
        pair.follower.gate().decide(Route::Strict, pair.now),
        Answer::Unavailable { retry_after_secs: 1 }
    );
    pair.pass(0);
    assert_eq!(pair.log, ["snapshot", "stream", "lease", "ready"]);
    assert_eq!(pair.follower.gate().decide(Route::Strict, pair.now), Answer::FromCache);
    assert_eq!(pair.follower.status(pair.now).applied, at(1, 100));
}

#[test]
fn a_suspension_kills_at_once_and_is_acknowledged() {
    let mut pair = fresh();
    pair.pass(6_000);
    pair.publisher.commit(&change(101, WatermarkKind::User, b"alice", Mode::Hard)).unwrap();
    let gate = pair.follower.gate();
    assert_eq!(gate.verdict(&alice(), stamp(50, 60)), Verdict::Alive);
    assert!(matches!(
        pair.leases.effective(Revision::new(101), pair.now.boot_ms),
        Effective::Pending { waiting_for: 1, .. }
    ));
    pair.publish();
    assert_eq!(gate.verdict(&alice(), stamp(50, 60)), Verdict::Dead(Reason::Suspended));
    assert_eq!(gate.verdict(&alice(), stamp(101, 101)), Verdict::Alive);
    pair.pass(20);
    assert_eq!(
        pair.leases.effective(Revision::new(101), pair.now.boot_ms),
        Effective::Effective { acknowledged: 1, lapsed: 0 }
    );
}

#[test]
fn a_changed_claim_is_asked_for_again() {
    let mut pair = fresh();
    pair.publisher.commit(&change(101, WatermarkKind::Claims, b"alice", Mode::Soft)).unwrap();
    pair.publish();
    let gate = pair.follower.gate();
    assert_eq!(gate.verdict(&alice(), stamp(50, 60)), Verdict::Refetch);
    assert_eq!(gate.verdict(&alice(), stamp(50, 101)), Verdict::Alive);
    let install = |answer| gate.install(gate.history(), answer, &alice()).map(Revision::get);
    assert_eq!(install(at(1, 100)), None);
    assert_eq!(install(at(1, 101)), Some(101));
    assert_eq!(install(at(1, 140)), Some(101));
    assert_eq!(install(at(2, 101)), None);
}

#[test]
fn without_renewal_the_lease_ends() {
    let mut pair = fresh();
    let gate = pair.follower.gate();
    let state = |millis| gate.state(Route::Strict, ms(millis));
    assert_eq!([state(4_995), state(4_996)], [State::Fresh, State::Lapsed]);
    assert_eq!(gate.decide(Route::Strict, ms(4_996)), Answer::AskIssuer);
    gate.ask_failed(ms(4_996));
    let unavailable = Answer::Unavailable { retry_after_secs: 1 };
    assert_eq!(gate.decide(Route::Strict, ms(4_997)), unavailable);
    let grace = Route::StaleOk { grace_ms: 1_000 };
    assert_eq!(gate.decide(grace, ms(5_995)), Answer::FromCacheStale);
    assert_eq!(gate.state(grace, ms(5_996)), State::Closed);
    pair.pass(2_000);
    assert_eq!(gate.state(Route::Strict, ms(6_995)), State::Fresh);
}

#[test]
fn a_server_that_restarts_waits_out_a_lease() {
    let pair = Pair::new();
    let effective = |now_ms| pair.leases.effective(Revision::new(1), now_ms);
    assert_eq!(effective(5_003), Effective::Pending { waiting_for: 0, wait_until_ms: 5_004 });
    assert_eq!(effective(5_004), Effective::Effective { acknowledged: 0, lapsed: 0 });
}

#[test]
fn a_raised_epoch_makes_everybody_start_over() {
    let mut pair = fresh();
    let base = Revision::new(100).next_epoch_base();
    pair.publisher = publisher(2, base.get());
    pair.log.clear();
    pair.publish();
    assert_eq!(pair.follower.gate().state(Route::Strict, pair.now), State::Syncing);
    pair.pass(500);
    assert_eq!(pair.log, ["not ready", "snapshot", "drop", "stream", "lease", "ready"]);
    assert_eq!(pair.follower.status(pair.now).applied, at(2, base.get()));
}

#[test]
fn a_changed_profile_is_fetched_without_a_pause() {
    let mut pair = fresh();
    pair.log.clear();
    pair.announce(1, 1);
    pair.publish();
    assert_eq!(pair.log, ["moved", "snapshot"]);
    assert_eq!(pair.follower.gate().state(Route::Strict, pair.now), State::Fresh);
}
