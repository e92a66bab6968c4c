//! The server's machines: batching, resuming, and when a change is effective.

use crate::common::{at, change, feed, keys, ms, pseudonyms, publisher, signer};
use counterfoil_feed::{
    BATCH_MS, CHAIN_BLOCK, ChainHash, Change, Effective, Epoch, Frame, HEARTBEAT_MS, Head,
    HeadCheck, InstanceState, LeaseRefusal, LeaseRequest, LeaseTerms, Leases, MAX_FRAME_WATERMARKS,
    Mode, Nonce, OutOfOrder, Publisher, QUIET_BATCH_MS, Resume, ResyncReason, Revision, Revisions,
    SealedFrame, WatermarkKind,
};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::sync::Arc;

fn user(revision: u64) -> Change {
    change(revision, WatermarkKind::User, &revision.to_be_bytes(), Mode::Hard)
}

fn flush(publisher: &mut Publisher, now_ms: u64) -> Vec<Arc<SealedFrame>> {
    let seal = |_: &Frame| String::new();
    std::iter::from_fn(|| publisher.flush(now_ms, ms(0).unix(), seal)).collect()
}

fn ranges(frames: &[Arc<SealedFrame>]) -> Vec<(u64, u64, usize)> {
    let range = |sealed: &Arc<SealedFrame>| {
        let frame = &sealed.frame;
        (frame.from_seq.get(), frame.to_seq.get(), frame.watermarks.len())
    };
    frames.iter().map(range).collect()
}

fn head(publisher: &Publisher, hash: ChainHash) -> Head {
    Head { at: publisher.head(), hash }
}

#[test]
fn a_change_leaves_at_once_and_a_burst_is_batched() {
    let mut publisher = publisher(1, 100);
    assert_eq!(ranges(&flush(&mut publisher, 0)), [(101, 100, 0)], "the first heartbeat");
    publisher.commit(&user(101)).unwrap();
    assert_eq!(ranges(&flush(&mut publisher, 1)), [(101, 101, 1)], "idle: at once");
    publisher.commit(&user(102)).unwrap();
    publisher.commit(&user(103)).unwrap();
    assert_eq!(publisher.due_ms(2), 1 + BATCH_MS);
    assert_eq!(ranges(&flush(&mut publisher, 20)), []);
    assert_eq!(ranges(&flush(&mut publisher, 21)), [(102, 103, 2)]);
    publisher.advance(Revision::new(110)).unwrap();
    assert_eq!(publisher.due_ms(22), 21 + QUIET_BATCH_MS);
    assert_eq!(ranges(&flush(&mut publisher, 271)), [(104, 110, 0)]);
    assert_eq!(publisher.due_ms(300), 271 + HEARTBEAT_MS);
    publisher.announce(Revisions { keys: Revision::new(2), ..Revisions::default() });
    let frames = flush(&mut publisher, 300);
    assert_eq!(ranges(&frames), [(111, 110, 0)]);
    assert_eq!(frames[0].frame.revisions.keys, Revision::new(2));
}

#[test]
fn frames_are_bounded_and_respect_blocks() {
    let mut publisher = publisher(1, CHAIN_BLOCK - 2);
    let many = MAX_FRAME_WATERMARKS as u64 + 10;
    for revision in (CHAIN_BLOCK - 1)..(CHAIN_BLOCK - 1 + many) {
        publisher.commit(&user(revision)).unwrap();
    }
    let first = CHAIN_BLOCK + 1;
    let cut = CHAIN_BLOCK + MAX_FRAME_WATERMARKS as u64;
    let last = CHAIN_BLOCK - 2 + many;
    assert_eq!(
        ranges(&flush(&mut publisher, 0)),
        [(CHAIN_BLOCK - 1, CHAIN_BLOCK, 2), (first, cut, MAX_FRAME_WATERMARKS), (cut + 1, last, 8)]
    );
}

#[test]
fn the_log_must_be_read_in_order() {
    let mut publisher = publisher(1, 100);
    let got = |revision| OutOfOrder { head: Revision::new(100), got: Revision::new(revision) };
    assert_eq!(publisher.commit(&user(100)), Err(got(100)));
    assert_eq!(publisher.advance(Revision::new(99)), Err(got(99)));
}

/// Two servers cut the same log differently, and one starts in the middle: their chains agree.
#[test]
fn servers_are_interchangeable() {
    for start in [0, 100, CHAIN_BLOCK - 3, CHAIN_BLOCK, 3 * CHAIN_BLOCK - 1] {
        let log: Vec<Change> = (start + 1..start + 9).map(user).collect();
        let mut one = publisher(1, start);
        let mut hashes = Vec::new();
        for (step, change) in log.iter().enumerate() {
            one.commit(change).unwrap();
            hashes.extend(flush(&mut one, 20 * step as u64).last().map(|sealed| sealed.head()));
        }
        let mut whole = publisher(1, start);
        log.iter().for_each(|change| whole.commit(change).unwrap());
        let at_once = flush(&mut whole, 0);
        assert_eq!(at_once.last().unwrap().head(), *hashes.last().unwrap(), "from {start}");
        let late = at(1, start + 8);
        let late = Publisher::open(feed(), pseudonyms(), late, log.clone()).unwrap();
        for head in hashes.iter().filter(|head| head.at.seq.get() >= start + 8) {
            assert_eq!(late.check_head(head), HeadCheck::Same, "from {start}");
        }
        for head in &hashes {
            assert_eq!(whole.check_head(head), HeadCheck::Same, "from {start}");
        }
    }
}

#[test]
fn a_guard_that_comes_back_gets_what_it_missed() {
    let mut publisher = publisher(1, 100);
    flush(&mut publisher, 0);
    let mut heads = Vec::new();
    for revision in 101..=105 {
        publisher.commit(&user(revision)).unwrap();
        heads.extend(flush(&mut publisher, 20 * revision).iter().map(|sealed| sealed.head()));
    }
    let missed = |after: &Head| match publisher.resume(after) {
        Resume::Frames(frames) => Ok(ranges(&frames).iter().map(|range| range.0).collect()),
        Resume::Resync(reason) => Err(reason),
    };
    assert_eq!(missed(&heads[4]), Ok(vec![]));
    assert_eq!(missed(&heads[1]), Ok(vec![103, 104, 105]));
    let odd = |seq, hash| Head { at: at(1, seq), hash };
    let stranger = ChainHash::from_bytes([1; 32]);
    assert_eq!(missed(&odd(103, stranger)), Err(ResyncReason::HistoryLost));
    assert_eq!(missed(&odd(106, heads[4].hash)), Err(ResyncReason::HistoryLost));
    assert_eq!(missed(&Head { at: at(0, 103), ..heads[2] }), Err(ResyncReason::EpochChanged));
    // Before the frames that this server has made.
    let start = ChainHash::anchor(&feed(), Epoch::new(1), Revision::ZERO);
    assert_eq!(missed(&odd(90, start)), Err(ResyncReason::TooOld));
    let diff = publisher.diff(&heads[2]);
    assert_eq!((diff.diff_set.len(), diff.cursor, diff.more), (2, Some(heads[4]), false));
    let gone = publisher.diff(&odd(90, start));
    assert_eq!((gone.diff_set.len(), gone.cursor, gone.more), (0, None, true));
}

#[test]
fn a_long_diff_is_cut() {
    let mut publisher = publisher(1, 0);
    let start = ChainHash::anchor(&feed(), Epoch::new(1), Revision::ZERO);
    let first = head(&publisher, start);
    for revision in 1..=70 {
        publisher.commit(&user(revision)).unwrap();
        flush(&mut publisher, 20 * revision);
    }
    let diff = publisher.diff(&first);
    assert_eq!((diff.diff_set.len(), diff.more), (counterfoil_feed::DIFF_FRAMES, true));
    let rest = publisher.diff(&diff.cursor.unwrap());
    assert_eq!((rest.diff_set.len(), rest.more), (6, false));
}

struct Desk {
    publisher: Publisher,
    leases: Leases,
    rng: ChaCha8Rng,
}

impl Desk {
    fn new() -> Self {
        Self {
            publisher: publisher(1, 100),
            leases: Leases::restart(LeaseTerms::default(), Epoch::new(1), 0),
            rng: ChaCha8Rng::seed_from_u64(1),
        }
    }

    fn guard(&mut self) -> LeaseRequest {
        let instance = self.leases.register(0, &mut self.rng).unwrap();
        let hash = ChainHash::anchor(&feed(), Epoch::new(1), Revision::ZERO);
        LeaseRequest {
            instance,
            nonce: Nonce::draw(&mut self.rng),
            epoch: Epoch::new(1),
            applied_seq: Revision::new(100),
            head_hash: hash,
        }
    }

    fn renew(&mut self, request: &LeaseRequest, now_ms: u64) -> Result<Revision, LeaseRefusal> {
        let renewed = self.leases.renew(request, &self.publisher, now_ms, ms(0).unix());
        renewed.map(|grant| grant.committed_seq)
    }

    /// Commits and says what a guard that has applied everything would send.
    fn commit(&mut self, revision: u64, request: &mut LeaseRequest) {
        self.publisher.commit(&user(revision)).unwrap();
        let frames = flush(&mut self.publisher, revision * 1_000);
        let head = frames.last().unwrap().head();
        request.applied_seq = head.at.seq;
        request.head_hash = head.hash;
    }

    fn effective(&self, seq: u64, now_ms: u64) -> Effective {
        self.leases.effective(Revision::new(seq), now_ms)
    }
}

#[test]
fn effective_waits_for_acknowledgement_or_the_end_of_the_lease() {
    let mut desk = Desk::new();
    let mut quick = desk.guard();
    let silent = desk.guard();
    desk.renew(&quick, 10_000).unwrap();
    desk.renew(&silent, 10_500).unwrap();
    desk.commit(101, &mut quick);
    let until = 10_500 + 5_004;
    assert_eq!(
        desk.effective(101, 11_000),
        Effective::Pending { waiting_for: 2, wait_until_ms: until }
    );
    desk.renew(&quick, 11_001).unwrap();
    assert_eq!(
        desk.effective(101, until - 1),
        Effective::Pending { waiting_for: 1, wait_until_ms: until }
    );
    assert_eq!(desk.effective(101, until), Effective::Effective { acknowledged: 1, lapsed: 1 });
}

#[test]
fn a_guard_that_renews_without_applying_does_not_hold_up_receipts() {
    let mut desk = Desk::new();
    let stuck = desk.guard();
    desk.renew(&stuck, 10_000).unwrap();
    let mut ignored = stuck.clone();
    desk.commit(101, &mut ignored);
    for now_ms in (11_000..15_000).step_by(100) {
        // Grants go on, but each names 101 and cannot be used without it.
        assert_eq!(desk.renew(&stuck, now_ms), Ok(Revision::new(101)));
    }
    assert_eq!(
        desk.effective(101, 15_003),
        Effective::Pending { waiting_for: 1, wait_until_ms: 15_004 }
    );
    assert_eq!(desk.effective(101, 15_004), Effective::Effective { acknowledged: 0, lapsed: 1 });
}

/// However often a guard renews, a receipt waits for a lease and a part of one.
#[test]
fn a_guard_cannot_hold_up_receipts_by_renewing() {
    let mut desk = Desk::new();
    let stuck = desk.guard();
    let mut other = stuck.clone();
    for (step, now_ms) in (10_000..12_000).step_by(10).enumerate() {
        desk.renew(&stuck, now_ms).unwrap();
        desk.commit(101 + step as u64, &mut other);
    }
    let last = |seq| match desk.effective(seq, 12_000) {
        Effective::Pending { wait_until_ms, .. } => wait_until_ms,
        Effective::Effective { .. } => 0,
    };
    // 201 was committed at 11 000.
    assert!((16_004..16_004 + 5_004 / 8).contains(&last(201)), "{}", last(201));
}

#[test]
fn leases_are_refused_with_a_reason() {
    let mut desk = Desk::new();
    let request = desk.guard();
    let refused = |desk: &mut Desk, change: fn(&mut LeaseRequest)| {
        let mut request = request.clone();
        change(&mut request);
        desk.renew(&request, 10).unwrap_err().as_str()
    };
    let instance = |request: &mut LeaseRequest| {
        request.instance = counterfoil_feed::Instance::parse("nobody").unwrap();
    };
    assert_eq!(refused(&mut desk, instance), "unknown_instance");
    assert_eq!(refused(&mut desk, |r| r.epoch = Epoch::new(0)), "epoch_changed");
    assert_eq!(refused(&mut desk, |r| r.epoch = Epoch::new(2)), "server_behind");
    assert_eq!(refused(&mut desk, |r| r.applied_seq = Revision::new(101)), "history_lost");
    let fork = |request: &mut LeaseRequest| request.head_hash = ChainHash::from_bytes([1; 32]);
    assert_eq!(refused(&mut desk, fork), "history_lost");
    desk.publisher = publisher(1, CHAIN_BLOCK);
    assert_eq!(refused(&mut desk, |_| ()), "too_old");
    desk.publisher = publisher(2, Revision::new(100).next_epoch_base().get());
    assert_eq!(refused(&mut desk, |_| ()), "epoch_changed");
    for word in ["unknown_instance", "epoch_changed", "server_behind", "too_old", "history_lost"] {
        assert_eq!(LeaseRefusal::parse(word).unwrap().as_str(), word);
    }
}

#[test]
fn a_new_epoch_waits_for_the_old_leases() {
    let mut desk = Desk::new();
    let request = desk.guard();
    desk.renew(&request, 10_000).unwrap();
    desk.leases.raise_epoch(Epoch::new(2), 12_000);
    assert_eq!(
        desk.effective(101, 17_003),
        Effective::Pending { waiting_for: 0, wait_until_ms: 17_004 }
    );
    assert_eq!(desk.effective(101, 17_004), Effective::Effective { acknowledged: 0, lapsed: 1 });
}

#[test]
fn instances_are_listed_and_forgotten() {
    let mut desk = Desk::new();
    let mut request = desk.guard();
    let idle = desk.guard();
    desk.renew(&request, 1_000).unwrap();
    let before = request.clone();
    desk.commit(101, &mut request);
    let view = |desk: &Desk, now_ms| {
        let all = desk.leases.view(desk.publisher.committed(), now_ms);
        let of = |request: &LeaseRequest| {
            all.iter().find(|view| view.instance == request.instance).cloned()
        };
        (of(&before), of(&idle))
    };
    let (first, second) = view(&desk, 2_000);
    let first = first.unwrap();
    assert_eq!((first.state, first.lag, first.lease_left_ms), (InstanceState::Leased, 1, 4_004));
    assert_eq!(second.unwrap().state, InstanceState::Syncing);
    assert_eq!(view(&desk, 7_000).0.unwrap().state, InstanceState::Lapsed);
    desk.leases.forget(counterfoil_feed::FORGET_AFTER_MS);
    let (first, second) = view(&desk, 7_000);
    assert!(first.is_some() && second.is_none());
}

#[test]
fn answers_of_several_apis_are_joined() {
    let done = |acknowledged, lapsed| Effective::Effective { acknowledged, lapsed };
    let wait = |waiting_for, wait_until_ms| Effective::Pending { waiting_for, wait_until_ms };
    assert_eq!(done(1, 2).and(done(3, 4)), done(4, 6));
    assert_eq!(done(1, 2).and(wait(1, 7)), wait(1, 7));
    assert_eq!(wait(1, 9).and(wait(2, 7)), wait(3, 9));
}

#[test]
fn a_frame_at_its_limits_fits_the_wire() {
    let mut publisher = publisher(1, 0);
    for revision in 1..=MAX_FRAME_WATERMARKS as u64 {
        let mut change = user(revision);
        change.kind = WatermarkKind::Session;
        change.reason = counterfoil_feed::Reason::RefreshReused;
        publisher.commit(&change).unwrap();
    }
    let signer = signer();
    let sealed = publisher.flush(0, ms(0).unix(), |frame| signer.frame(frame)).unwrap();
    assert_eq!(keys().frame(&sealed.compact).unwrap().watermarks.len(), MAX_FRAME_WATERMARKS);
}
