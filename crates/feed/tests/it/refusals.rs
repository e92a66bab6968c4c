//! Bad inputs 77, 78 and 79 of the verifier's list: each starts from an accepted message, changes
//! one thing, signs it again where it was signed, and is refused for its own reason.

use crate::common::{AUD, ISS, Pair, change, feed, keys, ms, signer};
use crate::wire::{forge, frame_json, grant_json, snapshot_json};
use counterfoil_feed::{
    Action, Epoch, FRAME_TYP, FollowError, Follower, FollowerConfig, Frame, Instance, LEASE_TYP,
    LeaseGrant, LeaseRequest, Mode, Revision, Route, SNAPSHOT_TYP, State, Verified, WatermarkKind,
    WireError,
};
use serde_json::json;

const SET_TYP: &str = "secevent+jwt";

#[test]
fn row_77_a_security_event_is_no_frame() {
    let set = json!({
        "iss": ISS, "aud": AUD, "iat": 1_700_000_000, "jti": "756e69717565206964656e746966696572",
        "sub_id": {"format": "opaque", "id": "1"},
        "events": {"https://schemas.openid.net/secevent/caep/event-type/session-revoked": {}},
    });
    let expected = WireError::Typ { expected: FRAME_TYP };
    assert_eq!(keys().frame(&forge(SET_TYP, &set)), Err(expected.clone()));
    assert_eq!(keys().frame(&forge(SET_TYP, &frame_json())), Err(expected));
    keys().frame(&forge(FRAME_TYP, &set)).expect_err("an event is no frame by another name");
}

#[test]
fn row_77_a_message_is_no_token_and_a_token_is_no_message() {
    for typ in ["at+jwt", "JWT", SET_TYP, "cf-feed", LEASE_TYP, SNAPSHOT_TYP] {
        let refused = keys().frame(&forge(typ, &frame_json()));
        assert_eq!(refused, Err(WireError::Typ { expected: FRAME_TYP }), "{typ}");
    }
    for (name, value) in [("exp", 1_900_000_000), ("sub", 1), ("nbf", 0)] {
        let mut frame = frame_json();
        frame[name] = json!(value);
        assert_eq!(
            keys().frame(&forge(FRAME_TYP, &frame)),
            Err(WireError::TokenClaim { name }),
            "a frame that could pass for a token"
        );
    }
}

#[test]
fn row_77_messages_of_other_feeds_are_refused() {
    for (typ, message) in
        [(FRAME_TYP, frame_json()), (LEASE_TYP, grant_json()), (SNAPSHOT_TYP, snapshot_json())]
    {
        let read = |message: &serde_json::Value| {
            let wire = forge(typ, message);
            match typ {
                FRAME_TYP => keys().frame(&wire).map(|_| ()),
                LEASE_TYP => keys().grant(&wire).map(|_| ()),
                _ => keys().snapshot(&wire).map(|_| ()),
            }
        };
        assert_eq!(read(&message), Ok(()));
        let mut foreign = message.clone();
        foreign["iss"] = json!("http://localhost:7071");
        assert_eq!(read(&foreign), Err(WireError::Issuer), "{typ}");
        let mut foreign = message;
        foreign["aud"] = json!("https://billing.example");
        assert_eq!(read(&foreign), Err(WireError::Audience), "{typ}");
    }
}

fn fresh() -> Pair {
    let mut pair = Pair::new();
    pair.pass(0);
    assert_eq!(state(&pair), State::Fresh);
    pair
}

fn state(pair: &Pair) -> State {
    pair.follower.gate().state(Route::Strict, pair.now)
}

fn commit(pair: &mut Pair, revision: u64) {
    pair.publisher.commit(&change(revision, WatermarkKind::User, b"alice", Mode::Hard)).unwrap();
}

/// Frames of one change each, not delivered.
fn frames(pair: &mut Pair, revisions: std::ops::RangeInclusive<u64>) -> Vec<Verified<Frame>> {
    let mut all = Vec::new();
    for revision in revisions {
        commit(pair, revision);
        pair.now = ms(pair.now.boot_ms - 1_000 + 20);
        all.extend(pair.frames().iter().map(|compact| keys().frame(compact).unwrap()));
    }
    all
}

#[test]
fn row_78_a_gap_ends_freshness_and_is_closed() {
    let mut pair = fresh();
    let all = frames(&mut pair, 101..=103);
    let refused = pair.follower.frame(&all[2], pair.now, &mut pair.rng).unwrap_err();
    insta::assert_snapshot!(refused, @"the frame begins at 1.103, but only 1.100 was applied");
    assert_eq!(state(&pair), State::Syncing);
    // A grant from before the gap is of no use, and one from after it waits for the frames.
    pair.carry();
    pair.pass(0);
    assert_eq!(state(&pair), State::Fresh);
    assert_eq!(pair.follower.status(pair.now).applied.seq, Revision::new(103));
}

#[test]
fn row_78_reordered_and_repeated_frames_do_no_harm() {
    let mut pair = fresh();
    let all = frames(&mut pair, 101..=102);
    for frame in [&all[0], &all[0], &all[1], &all[0], &all[1]] {
        pair.follower.frame(frame, pair.now, &mut pair.rng).unwrap();
    }
    assert_eq!(pair.follower.status(pair.now).applied.seq, Revision::new(102));
    assert_eq!(state(&pair), State::Fresh);
}

#[test]
fn row_78_a_frame_of_another_history_is_refused() {
    let mut pair = fresh();
    let mut frame = frames(&mut pair, 101..=101).remove(0).into_inner();
    frame.prev_hash = counterfoil_feed::ChainHash::from_bytes([1; 32]);
    let forked = keys().frame(&signer().frame(&frame)).unwrap();
    let refused = pair.follower.frame(&forked, pair.now, &mut pair.rng);
    assert_eq!(refused, Err(FollowError::ChainBroken));
    assert_eq!(state(&pair), State::Syncing);
}

#[test]
fn row_78_an_epoch_never_goes_back() {
    let mut pair = fresh();
    let mut frame = frames(&mut pair, 101..=101).remove(0).into_inner();
    frame.epoch = Epoch::new(0);
    let old = keys().frame(&signer().frame(&frame)).unwrap();
    let refused = pair.follower.frame(&old, pair.now, &mut pair.rng);
    assert_eq!(refused, Err(FollowError::OldEpoch));
    assert_eq!(state(&pair), State::Fresh);
    frame.epoch = Epoch::new(2);
    let new = keys().frame(&signer().frame(&frame)).unwrap();
    let refused = pair.follower.frame(&new, pair.now, &mut pair.rng);
    assert_eq!(refused, Err(FollowError::EpochChanged));
    assert_eq!(state(&pair), State::Syncing);
}

/// Starts a guard that remembers `high_water` and answers its request with a snapshot at
/// `offered`.
fn restart_with(high_water: (u64, u64), offered: (u64, u64)) -> Result<(), FollowError> {
    let mut pair = Pair::new();
    let high_water = Some(crate::common::at(high_water.0, high_water.1));
    let config = FollowerConfig { feed: feed(), high_water, longest_grace_ms: 0 };
    let mut follower = Follower::new(config, pair.now);
    follower.tick(pair.now, &mut pair.rng);
    let Some(Action::FetchSnapshot { attempt, request }) = follower.next_action() else {
        panic!("a guard starts with a snapshot")
    };
    let publisher = crate::common::publisher(offered.0, offered.1);
    let instance = Instance::parse("guard-1").unwrap();
    let snapshot = publisher.snapshot(&request, instance, crate::common::terms(), pair.iat());
    let snapshot = keys().snapshot(&signer().snapshot(&snapshot)).unwrap();
    follower.snapshot(attempt, &snapshot, pair.now, &mut pair.rng)
}

#[test]
fn row_78_an_old_snapshot_is_refused_after_a_restart() {
    assert_eq!(restart_with((2, 100), (2, 100)), Ok(()));
    let refused = |offered| restart_with((2, 100), offered).unwrap_err().to_string();
    insta::assert_snapshot!(refused((2, 99)), @"the snapshot is of 2.99, but 2.100 was followed already");
    insta::assert_snapshot!(refused((1, 900)), @"the snapshot is of 1.900, but 2.100 was followed already");
    insta::assert_snapshot!(refused((3, 99)), @"the epoch begins at 3.99, below 2.100 of the one before");
}

#[test]
fn row_78_a_snapshot_is_good_for_one_request() {
    let mut pair = Pair::new();
    pair.follower.tick(pair.now, &mut pair.rng);
    let Some(Action::FetchSnapshot { attempt, mut request }) = pair.follower.next_action() else {
        panic!("a guard starts with a snapshot")
    };
    request.nonce = counterfoil_feed::Nonce::from_bytes([1; 16]);
    let instance = Instance::parse("guard-1").unwrap();
    let replayed = pair.publisher.snapshot(&request, instance, crate::common::terms(), pair.iat());
    let replayed = keys().snapshot(&signer().snapshot(&replayed)).unwrap();
    let refused = pair.follower.snapshot(attempt, &replayed, pair.now, &mut pair.rng);
    assert_eq!(refused, Err(FollowError::UnknownNonce));
    assert_eq!(state(&pair), State::Cold);
}

/// Lets a guard ask for a lease and hands it the grant that `change` makes of the right one.
fn granted(change: impl FnOnce(&mut LeaseGrant, &mut Pair)) -> (Pair, Result<(), FollowError>) {
    let mut pair = fresh();
    pair.now = ms(6_000);
    pair.follower.tick(pair.now, &mut pair.rng);
    let asked =
        std::iter::from_fn(|| pair.follower.next_action()).find_map(|action| match action {
            Action::SendLease(request) => Some(request),
            _ => None,
        });
    let request: LeaseRequest = asked.expect("a lease is due");
    let (now_ms, iat) = (pair.now.boot_ms, pair.iat());
    let mut grant = pair.leases.renew(&request, &pair.publisher, now_ms, iat).unwrap();
    change(&mut grant, &mut pair);
    let wire = keys().grant(&signer().grant(&grant)).unwrap();
    let outcome = pair.follower.grant(&wire, pair.now, &mut pair.rng);
    (pair, outcome)
}

#[test]
fn row_79_the_right_grant_is_taken() {
    let (pair, outcome) = granted(|_, _| ());
    assert_eq!(outcome, Ok(()));
    assert_eq!(state(&pair), State::Fresh);
}

#[test]
fn row_79_grants_that_are_not_this_guards_are_refused() {
    let (pair, outcome) = granted(|grant, _| grant.instance = Instance::parse("guard-2").unwrap());
    assert_eq!((outcome, state(&pair)), (Err(FollowError::OtherInstance), State::Lapsed));
    let (pair, outcome) =
        granted(|grant, _| grant.nonce = counterfoil_feed::Nonce::from_bytes([1; 16]));
    assert_eq!((outcome, state(&pair)), (Err(FollowError::UnknownNonce), State::Lapsed));
}

#[test]
fn row_79_a_grant_is_good_once() {
    let (mut pair, outcome) = granted(|grant, pair| {
        let wire = keys().grant(&signer().grant(grant)).unwrap();
        pair.follower.grant(&wire, pair.now, &mut pair.rng).unwrap();
    });
    assert_eq!(outcome, Err(FollowError::UnknownNonce));
    // The replay changed nothing: the lease ends when it would have.
    pair.now = ms(6_000 + 4_996);
    assert_eq!(state(&pair), State::Lapsed);
}

#[test]
fn row_79_a_grant_from_the_future_is_refused() {
    let shifted = |secs| granted(move |grant, _| grant.iat = grant.iat.plus_secs(secs)).1;
    assert_eq!(shifted(60), Ok(()));
    assert_eq!(shifted(61), Err(FollowError::FutureIat));
    assert_eq!(shifted(-3_600), Ok(()), "an old one is bounded by its nonce");
}

#[test]
fn row_79_a_late_grant_counts_from_its_request() {
    let (pair, outcome) = granted(|_, pair| pair.now = ms(6_000 + 4_000));
    assert_eq!(outcome, Ok(()));
    assert_eq!(pair.follower.status(pair.now).lease_left_ms, 996);
    let (pair, outcome) = granted(|_, pair| pair.now = ms(6_000 + 4_996));
    assert_eq!((outcome, state(&pair)), (Ok(()), State::Lapsed));
}

#[test]
fn row_79_a_grant_waits_for_what_it_names() {
    let (mut pair, outcome) = granted(|grant, _| grant.committed_seq = Revision::new(101));
    assert_eq!((outcome, state(&pair)), (Ok(()), State::Lapsed));
    commit(&mut pair, 101);
    let compact = pair.frames().remove(0);
    pair.deliver(&compact);
    assert_eq!(state(&pair), State::Fresh);
}
