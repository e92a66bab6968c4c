//! The laws of the table.

use counterfoil_feed::{
    KeyedId, Mode, Reason, Revision, Stamp, TokenKeys, Verdict, Watermark, WatermarkKey,
    WatermarkKind, Watermarks,
};
use counterfoil_jose::UnixTime;
use proptest::prelude::*;

fn id(byte: u8) -> KeyedId {
    KeyedId::from_bytes([byte; 16])
}

fn watermark() -> impl Strategy<Value = Watermark> {
    let kind = prop::sample::select(WatermarkKind::ALL.to_vec());
    let mode = prop::sample::select(vec![Mode::Soft, Mode::Hard]);
    let reason = prop::sample::select(Reason::ALL.to_vec());
    (kind, 0..3_u8, 1..40_u64, mode, reason, 100..120_i64).prop_map(
        |(kind, thing, not_before, mode, reason, expires)| Watermark {
            key: WatermarkKey { kind, id: id(thing) },
            not_before: Revision::new(not_before),
            mode,
            reason,
            expires_at: UnixTime::from_secs(expires),
        },
    )
}

fn token() -> impl Strategy<Value = (TokenKeys, Stamp)> {
    let some = || prop::option::of((0..3_u8).prop_map(id));
    (some(), some(), some(), some(), some(), some(), 0..40_u64, 0..40_u64).prop_map(
        |(client, user, session, grant, token, key, issued, later)| {
            let keys = TokenKeys { client, user, session, grant, token, key };
            let learned = Revision::new(issued + later);
            (keys, Stamp { issued: Revision::new(issued), learned })
        },
    )
}

fn table(watermarks: &[Watermark]) -> Watermarks {
    let mut table = Watermarks::default();
    watermarks.iter().for_each(|each| _ = table.apply(each));
    table
}

/// How much a verdict forbids.
fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Alive => 0,
        Verdict::Refetch => 1,
        Verdict::Dead(_) => 2,
    }
}

proptest! {
    #[test]
    fn order_and_repetition_do_not_matter(
        watermarks in prop::collection::vec(watermark(), 0..30),
        shuffle in prop::collection::vec(0..30_usize, 0..30),
        (keys, stamp) in token(),
    ) {
        let straight = table(&watermarks);
        let mut other: Vec<Watermark> = watermarks.iter().rev().copied().collect();
        other.extend(shuffle.iter().filter_map(|&at| watermarks.get(at)));
        let mixed = table(&other);
        prop_assert_eq!(straight.live(id(9)), mixed.live(id(9)));
        prop_assert_eq!(straight.verdict(&keys, stamp), mixed.verdict(&keys, stamp));
    }

    #[test]
    fn the_verdict_is_what_the_words_say(
        watermarks in prop::collection::vec(watermark(), 0..30),
        (keys, stamp) in token(),
    ) {
        let names = |w: &&Watermark| {
            let own = match w.key.kind {
                WatermarkKind::Issuer | WatermarkKind::Api => return true,
                WatermarkKind::Client => keys.client,
                WatermarkKind::User | WatermarkKind::Claims => keys.user,
                WatermarkKind::Session => keys.session,
                WatermarkKind::Grant => keys.grant,
                WatermarkKind::Token => keys.token,
                WatermarkKind::Key => keys.key,
            };
            own == Some(w.key.id)
        };
        let about: Vec<&Watermark> = watermarks.iter().filter(names).collect();
        let dead = about.iter().any(|w| w.mode == Mode::Hard && stamp.issued < w.not_before);
        let old = about.iter().any(|w| w.mode == Mode::Soft && stamp.learned < w.not_before);
        let expected = if dead { 2 } else { u8::from(old) };
        prop_assert_eq!(severity(table(&watermarks).verdict(&keys, stamp)), expected);
    }

    #[test]
    fn nothing_revives(
        watermarks in prop::collection::vec(watermark(), 1..40),
        now in 90..130_i64,
        (keys, stamp) in token(),
    ) {
        // Nobody learns that a token is alive after it has died.
        let stamp = Stamp { learned: stamp.issued, ..stamp };
        let mut table = table(&watermarks);
        let before = severity(table.verdict(&keys, stamp));
        table.prune(UnixTime::from_secs(now));
        prop_assert!(severity(table.verdict(&keys, stamp)) >= before.min(1));
    }

    #[test]
    fn a_full_table_asks_rather_than_forgets(
        watermarks in prop::collection::vec((any::<u8>(), 1..500_u64), 1..200),
        thing in any::<u8>(),
        issued in 0..500_u64,
    ) {
        let mark = |&(thing, not_before): &(u8, u64)| Watermark {
            key: WatermarkKey { kind: WatermarkKind::Grant, id: id(thing) },
            not_before: Revision::new(not_before),
            mode: Mode::Hard,
            reason: Reason::Revoked,
            expires_at: UnixTime::from_secs(100),
        };
        let marks: Vec<Watermark> = watermarks.iter().map(mark).collect();
        let mut small = Watermarks::with_capacity(16);
        marks.iter().for_each(|each| _ = small.apply(each));
        prop_assert!(small.len() <= 16);
        let keys = TokenKeys { grant: Some(id(thing)), ..TokenKeys::default() };
        let stamp = Stamp { issued: Revision::new(issued), learned: Revision::new(issued) };
        let full = severity(table(&marks).verdict(&keys, stamp));
        prop_assert!(severity(small.verdict(&keys, stamp)) >= full.min(1));
    }

    #[test]
    fn a_snapshot_says_what_the_table_says(
        watermarks in prop::collection::vec(watermark(), 0..30),
        (keys, stamp) in token(),
    ) {
        let before = table(&watermarks);
        let after = table(&before.live(id(9)));
        prop_assert_eq!(
            severity(before.verdict(&keys, stamp)),
            severity(after.verdict(&keys, stamp))
        );
    }
}

#[test]
fn the_newest_reason_is_given() {
    let mark = |not_before, reason| Watermark {
        key: WatermarkKey { kind: WatermarkKind::User, id: id(1) },
        not_before: Revision::new(not_before),
        mode: Mode::Hard,
        reason,
        expires_at: UnixTime::from_secs(100),
    };
    let table = table(&[mark(7, Reason::Deleted), mark(5, Reason::Suspended)]);
    let keys = TokenKeys { user: Some(id(1)), ..TokenKeys::default() };
    let stamp = Stamp { issued: Revision::new(3), learned: Revision::new(3) };
    assert_eq!(table.verdict(&keys, stamp), Verdict::Dead(Reason::Deleted));
}
