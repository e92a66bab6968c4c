//! The guard's machine under faults: what it gives up, and when it tries again.

use crate::common::{Pair, change, feed, ms};
use counterfoil_feed::{
    ASK_PAUSE_MS, Action, Answer, BACKOFF_MAX_MS, BEHIND_MS, CALL_TIMEOUT_MS, Call, Follower,
    FollowerConfig, IDENTITY_KEEP_MS, LeaseRefusal, Mode, Now, Route, SILENCE_MS, State,
    WatermarkKind,
};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

fn follower(longest_grace_ms: u64) -> (Follower, ChaCha8Rng) {
    let config = FollowerConfig { feed: feed(), high_water: None, longest_grace_ms };
    (Follower::new(config, ms(0)), ChaCha8Rng::seed_from_u64(1))
}

fn actions(follower: &mut Follower) -> Vec<Action> {
    std::iter::from_fn(|| follower.next_action()).collect()
}

fn fresh() -> Pair {
    let mut pair = Pair::new();
    pair.pass(0);
    pair.log.clear();
    pair
}

#[test]
fn failed_calls_are_made_again_with_growing_pauses() {
    let (mut follower, mut rng) = follower(0);
    let (mut now, mut failed_ms) = (ms(0), None);
    let mut pauses = Vec::new();
    while pauses.len() < 12 {
        follower.tick(now, &mut rng);
        if let Some(call) = actions(&mut follower).iter().find_map(Action::call) {
            pauses.extend(failed_ms.map(|failed_ms| now.boot_ms - failed_ms));
            follower.failed(call, now, &mut rng);
            failed_ms = Some(now.boot_ms);
        }
        now = ms(follower.wake_at_ms(now) - 1_000);
    }
    let bound_ms = |failures: u32| (50 << failures).min(BACKOFF_MAX_MS);
    for (failures, pause_ms) in (0_u32..).zip(&pauses) {
        let range = bound_ms(failures) / 2..=bound_ms(failures);
        assert!(range.contains(pause_ms), "{failures} failures, {pause_ms} ms");
    }
}

#[test]
fn a_call_that_never_ends_is_given_up() {
    let (mut follower, mut rng) = follower(0);
    follower.tick(ms(0), &mut rng);
    let first = actions(&mut follower);
    assert!(matches!(first[..], [Action::FetchSnapshot { attempt: 1, .. }]));
    follower.tick(ms(CALL_TIMEOUT_MS - 1), &mut rng);
    assert_eq!(actions(&mut follower), []);
    follower.tick(ms(CALL_TIMEOUT_MS), &mut rng);
    follower.tick(ms(CALL_TIMEOUT_MS + 50), &mut rng);
    assert!(matches!(actions(&mut follower)[..], [Action::FetchSnapshot { attempt: 2, .. }]));
    // The first attempt's failure comes late and means nothing.
    follower.failed(Call::Snapshot(1), ms(CALL_TIMEOUT_MS + 60), &mut rng);
    follower.tick(ms(CALL_TIMEOUT_MS + 200), &mut rng);
    assert_eq!(actions(&mut follower), []);
}

#[test]
fn a_silent_stream_is_opened_again() {
    let mut pair = fresh();
    for _ in 0..SILENCE_MS / 100 {
        pair.pass(100);
    }
    assert!(!pair.log.contains(&"stream"), "{:?}", pair.log);
    pair.pass(100);
    assert!(pair.log.contains(&"stream"), "{:?}", pair.log);
    assert_eq!(pair.follower.gate().state(Route::Strict, pair.now), State::Fresh);
}

#[test]
fn heartbeats_keep_a_stream() {
    let mut pair = fresh();
    for _ in 0..SILENCE_MS / 100 + 10 {
        pair.publish();
        pair.pass(100);
    }
    assert!(!pair.log.contains(&"stream"), "{:?}", pair.log);
}

#[test]
fn a_stream_that_leaves_its_guard_behind_is_opened_again() {
    let mut pair = fresh();
    pair.publisher.commit(&change(101, WatermarkKind::User, b"alice", Mode::Hard)).unwrap();
    _ = pair.frames();
    // The next grant names 101, and the frame never comes; the stream opened again brings it.
    pair.pass(1_700);
    assert_eq!(pair.log, ["lease"]);
    pair.pass(BEHIND_MS - 1);
    assert_eq!(pair.log, ["lease"]);
    pair.pass(1);
    pair.pass(100);
    assert!(pair.log.contains(&"stream"), "{:?}", pair.log);
    assert_eq!(pair.follower.status(pair.now).applied.seq.get(), 101);
}

#[test]
fn an_answer_from_ahead_makes_a_guard_look_at_its_stream() {
    let mut pair = fresh();
    pair.publisher.commit(&change(101, WatermarkKind::User, b"alice", Mode::Hard)).unwrap();
    _ = pair.frames();
    pair.follower.hint(crate::common::at(1, 101), pair.now, &mut pair.rng);
    pair.pass(BEHIND_MS);
    pair.pass(100);
    assert_eq!(pair.follower.status(pair.now).applied.seq.get(), 101);
    pair.follower.hint(crate::common::at(2, 1), pair.now, &mut pair.rng);
    assert_eq!(pair.follower.gate().state(Route::Strict, pair.now), State::Syncing);
}

#[test]
fn gaps_without_end_lead_to_a_snapshot() {
    let mut pair = fresh();
    for revision in 101..=102 {
        pair.publisher.commit(&change(revision, WatermarkKind::User, b"a", Mode::Hard)).unwrap();
        pair.now = Now { boot_ms: pair.now.boot_ms + 20, ..pair.now };
        let frames = pair.frames();
        if revision == 102 {
            let beyond = crate::common::keys().frame(&frames[0]).unwrap();
            for _ in 0..4 {
                _ = pair.follower.frame(&beyond, pair.now, &mut pair.rng);
            }
        }
    }
    pair.pass(500);
    assert!(pair.log.contains(&"snapshot"), "{:?}", pair.log);
    assert_eq!(pair.follower.gate().state(Route::Strict, pair.now), State::Fresh);
}

#[test]
fn a_refused_lease_leads_to_a_snapshot() {
    for refusal in [
        LeaseRefusal::UnknownInstance,
        LeaseRefusal::EpochChanged,
        LeaseRefusal::TooOld,
        LeaseRefusal::HistoryLost,
    ] {
        let mut pair = fresh();
        pair.follower.lease_refused(refusal, pair.now, &mut pair.rng);
        assert_eq!(pair.follower.gate().state(Route::Strict, pair.now), State::Syncing);
        pair.pass(500);
        assert_eq!(pair.log[..2], ["not ready", "snapshot"], "{refusal}");
    }
    let mut pair = fresh();
    pair.follower.lease_refused(LeaseRefusal::ServerBehind, pair.now, &mut pair.rng);
    assert_eq!(pair.follower.gate().state(Route::Strict, pair.now), State::Fresh);
}

#[test]
fn a_suspended_process_wakes_up_lapsed() {
    let pair = fresh();
    let gate = pair.follower.gate();
    // Suspend: both clocks went on. A paused machine: only the wall clock did. A wall clock that
    // was set back: only the boot clock did.
    let (boot_ms, wall_ms) = (pair.now.boot_ms, pair.now.wall_ms);
    let state = |boot_ms, wall_ms| gate.state(Route::Strict, Now { boot_ms, wall_ms });
    assert_eq!(state(boot_ms + 60_000, wall_ms + 60_000), State::Lapsed);
    assert_eq!(state(boot_ms + 1, wall_ms + 60_000), State::Lapsed);
    assert_eq!(state(boot_ms + 60_000, wall_ms + 1), State::Lapsed);
    assert_eq!(state(boot_ms + 1, wall_ms - 1), State::Lapsed);
    assert_eq!(state(boot_ms + 1, wall_ms + 1), State::Fresh);
}

#[test]
fn a_lapse_is_noticed_and_a_lease_asked_for_at_once() {
    let mut pair = fresh();
    let wake_ms = pair.follower.wake_at_ms(pair.now);
    assert!(wake_ms <= pair.now.boot_ms + 1_666);
    pair.now = ms(60_000);
    pair.follower.tick(pair.now, &mut pair.rng);
    let woken = actions(&mut pair.follower);
    assert!(woken.iter().any(|action| matches!(action, Action::SendLease(_))), "{woken:?}");
    assert!(woken.contains(&Action::NotReady(State::Lapsed)), "{woken:?}");
}

#[test]
fn identities_are_dropped_long_after_the_last_lease() {
    let mut pair = fresh();
    let count = |pair: &mut Pair, millis| {
        pair.now = ms(millis);
        pair.follower.tick(pair.now, &mut pair.rng);
        actions(&mut pair.follower).iter().filter(|a| **a == Action::DropIdentities).count()
    };
    assert_eq!(count(&mut pair, IDENTITY_KEEP_MS), 0);
    assert_eq!(count(&mut pair, IDENTITY_KEEP_MS + 1), 1);
    assert_eq!(count(&mut pair, 2 * IDENTITY_KEEP_MS), 0);
}

#[test]
fn an_issuer_that_fails_is_left_alone_for_a_while() {
    let pair = fresh();
    let gate = pair.follower.gate();
    let late = ms(10_000);
    assert_eq!(gate.decide(Route::Strict, late), Answer::AskIssuer);
    gate.ask_failed(late);
    let at = |millis| gate.decide(Route::Strict, ms(10_000 + millis));
    assert_eq!(at(ASK_PAUSE_MS - 1), Answer::Unavailable { retry_after_secs: 1 });
    assert_eq!(at(ASK_PAUSE_MS), Answer::AskIssuer);
    gate.ask_failed(late);
    gate.ask_succeeded();
    assert_eq!(at(1), Answer::AskIssuer);
}

#[test]
fn confirmation_fails_once_the_table_has_moved() {
    let mut pair = fresh();
    let gate = pair.follower.gate();
    let before = gate.generation();
    assert!(gate.confirm(before, Route::Strict, pair.now));
    pair.publisher.commit(&change(101, WatermarkKind::User, b"alice", Mode::Hard)).unwrap();
    pair.publish();
    assert!(!gate.confirm(before, Route::Strict, pair.now));
    assert!(gate.confirm(gate.generation(), Route::Strict, pair.now));
    assert!(!gate.confirm(gate.generation(), Route::Strict, ms(60_000)));
}
