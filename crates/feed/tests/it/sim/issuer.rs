//! The model issuer: a log, and the shipping server machines over it.

use super::clock::Clock;
use super::net::{ToGuard, ToIssuer};
use super::rules::Fact;
use counterfoil_feed::{
    ApiFacts, Change, EPOCH_STRIDE, Effective, Epoch, FeedName, Head, HeadCheck, LeaseRefusal,
    LeaseTerms, Leases, Mode, Position, PseudonymKey, Publisher, Reason, Resume, ResyncReason,
    Revision, SealedFrame, SnapshotTerms, WatermarkKind,
};
use counterfoil_jose::UnixTime;
use counterfoil_jose::crypto::Secret32;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Watermarks outlive every simulation. Each ends at its own moment, as its commit was at its own.
const EXPIRES: UnixTime = UnixTime::from_secs(1_800_000_000);

pub(super) fn feed() -> FeedName {
    FeedName { iss: "http://localhost:7070".to_owned(), aud: "https://orders.example".to_owned() }
}

pub(super) fn pseudonyms() -> PseudonymKey {
    PseudonymKey::new(&Secret32::from([9; 32]))
}

#[derive(Clone, Debug)]
struct Entry {
    revision: Revision,
    change: Option<(usize, Mode)>,
    expires_at: UnixTime,
}

pub(super) struct Issuer {
    pub(super) clock: Clock,
    pub(super) up: bool,
    pub(super) head: Position,
    terms: LeaseTerms,
    log: Vec<Entry>,
    publisher: Publisher,
    leases: Leases,
    /// The open stream of each guard, by attempt.
    streams: BTreeMap<usize, u64>,
    /// Facts that somebody waits for a receipt of.
    awaited: Vec<usize>,
    pub(super) history_losses: u64,
    pub(super) lapsed: u64,
}

impl Issuer {
    pub(super) fn new(clock: Clock, terms: LeaseTerms) -> Self {
        let head = Position::new(Epoch::new(1), Revision::ZERO);
        let now_ms = clock.read(0).boot_ms;
        Self {
            publisher: Publisher::open(feed(), pseudonyms(), head, []).unwrap(),
            leases: Leases::restart(terms, head.epoch, now_ms),
            clock,
            up: true,
            head,
            terms,
            log: Vec::new(),
            streams: BTreeMap::new(),
            awaited: Vec::new(),
            history_losses: 0,
            lapsed: 0,
        }
    }

    /// Commits a change, or something that no guard needs to know.
    pub(super) fn commit(&mut self, change: Option<(usize, Mode)>, true_us: u64) -> Revision {
        let revision = self.head.seq.next();
        self.head.seq = revision;
        let expires_at = EXPIRES.plus_secs(i64::try_from(true_us).unwrap());
        let entry = Entry { revision, change, expires_at };
        match as_change(&entry) {
            Some(change) => self.publisher.commit(&change).unwrap(),
            None => self.publisher.advance(revision).unwrap(),
        }
        self.log.push(entry);
        revision
    }

    pub(super) fn await_receipt(&mut self, fact: usize) {
        self.awaited.push(fact);
    }

    /// Is the token alive, by the log?
    pub(super) fn alive(&self, user: usize, issued: Revision) -> bool {
        let kills =
            |entry: &Entry| entry.change == Some((user, Mode::Hard)) && issued < entry.revision;
        !self.log.iter().any(kills)
    }

    /// The process ends; whoever waited for a receipt never gets one.
    pub(super) fn crash(&mut self) -> Vec<(usize, ToGuard)> {
        self.up = false;
        self.awaited.clear();
        let closed = |(guard, attempt)| (guard, ToGuard::StreamClosed { attempt });
        std::mem::take(&mut self.streams).into_iter().map(closed).collect()
    }

    /// A process starts on the log as it is, in this epoch.
    pub(super) fn start(&mut self, true_us: u64) {
        let now_ms = self.clock.read(true_us).boot_ms;
        self.up = true;
        self.reopen();
        self.leases = Leases::restart(self.terms, self.head.epoch, now_ms);
    }

    fn reopen(&mut self) {
        let history: Vec<Change> = self.log.iter().filter_map(as_change).collect();
        self.publisher = Publisher::open(feed(), pseudonyms(), self.head, history).unwrap();
        self.streams.clear();
    }

    /// The log loses its last entries, of this epoch at most. Returns the first revision that is
    /// gone.
    pub(super) fn lose_tail(&mut self, entries: usize) -> Revision {
        let base = Revision::new(self.head.seq.get() / EPOCH_STRIDE * EPOCH_STRIDE);
        let settled = self.log.partition_point(|entry| entry.revision <= base);
        self.log.truncate(self.log.len().saturating_sub(entries).max(settled));
        self.head.seq = self.log.last().map_or(base, |entry| entry.revision.max(base));
        self.head.seq.next()
    }

    /// Raises the epoch, as a fail-over that was noticed does before the process starts.
    pub(super) fn raise_epoch(&mut self) {
        self.head = Position::new(self.head.epoch.next(), self.head.seq.next_epoch_base());
    }

    /// Answers a message.
    pub(super) fn receive(
        &mut self,
        from: usize,
        message: ToIssuer,
        token: impl Fn(usize) -> (usize, Revision),
        true_us: u64,
        rng: &mut ChaCha8Rng,
    ) -> Vec<(usize, ToGuard)> {
        let now = self.clock.read(true_us);
        let answers = match message {
            ToIssuer::Snapshot { attempt, request } => {
                if let Some(have) = request.have {
                    self.compare(&have, now.boot_ms);
                }
                let instance = match request.instance.clone() {
                    Some(known) if self.leases.knows(&known) => known,
                    _ => self.leases.register(now.boot_ms, rng).unwrap(),
                };
                let iat = now.unix();
                let snapshot = self.publisher.snapshot(&request, instance, self.terms(), iat);
                vec![ToGuard::Snapshot { attempt, snapshot: Box::new(snapshot) }]
            }
            ToIssuer::Stream { attempt, after } => match self.publisher.resume(&after) {
                Resume::Resync(reason) => {
                    if reason == ResyncReason::HistoryLost {
                        self.history_lost(now.boot_ms);
                    }
                    vec![ToGuard::Resync { attempt }]
                }
                Resume::Frames(frames) => {
                    self.streams.insert(from, attempt);
                    let frame = |sealed: &Arc<SealedFrame>| ToGuard::Frame {
                        attempt,
                        frame: Box::new(sealed.frame.clone()),
                    };
                    let opened = std::iter::once(ToGuard::StreamOpen { attempt });
                    opened.chain(frames.iter().map(frame)).collect()
                }
            },
            ToIssuer::Lease(request) => {
                let renewed = self.leases.renew(&request, &self.publisher, now.boot_ms, now.unix());
                let answer = ToGuard::Lease { nonce: request.nonce, outcome: renewed.clone() };
                if renewed == Err(LeaseRefusal::HistoryLost) {
                    self.history_lost(now.boot_ms);
                }
                vec![answer]
            }
            ToIssuer::Ask { ask, token: id } => {
                let (user, issued) = token(id);
                let active = self.alive(user, issued).then_some(self.head);
                vec![ToGuard::Answered { ask, active }]
            }
        };
        answers.into_iter().map(|answer| (from, answer)).collect()
    }

    fn compare(&mut self, have: &Head, now_ms: u64) {
        if let HeadCheck::Forked | HeadCheck::Beyond = self.publisher.check_head(have) {
            self.history_lost(now_ms);
        }
    }

    /// A guard has shown that a fail-over went unnoticed.
    fn history_lost(&mut self, now_ms: u64) {
        self.history_losses += 1;
        self.raise_epoch();
        self.reopen();
        self.leases.raise_epoch(self.head.epoch, now_ms);
    }

    /// Makes the frames and receipts that are due.
    pub(super) fn work(&mut self, true_us: u64, facts: &mut [Fact]) -> Vec<(usize, ToGuard)> {
        let now = self.clock.read(true_us);
        let mut out = Vec::new();
        while let Some(sealed) = self.publisher.flush(now.boot_ms, now.unix(), |_| String::new()) {
            for (&guard, &attempt) in &self.streams {
                let frame = Box::new(sealed.frame.clone());
                out.push((guard, ToGuard::Frame { attempt, frame }));
            }
        }
        let leases = &self.leases;
        let mut lapsed_guards = 0;
        self.awaited.retain(|&fact| match leases.effective(facts[fact].revision, now.boot_ms) {
            Effective::Pending { .. } => true,
            Effective::Effective { lapsed, .. } => {
                facts[fact].effective_us = Some(true_us);
                lapsed_guards += lapsed;
                false
            }
        });
        self.lapsed += lapsed_guards;
        out
    }

    /// When [`Issuer::work`] is next due.
    pub(super) fn due_us(&self, true_us: u64, facts: &[Fact]) -> u64 {
        let now_ms = self.clock.read(true_us).boot_ms;
        let receipts = self.awaited.iter().map(|&fact| {
            match self.leases.effective(facts[fact].revision, now_ms) {
                Effective::Pending { wait_until_ms, .. } => wait_until_ms,
                Effective::Effective { .. } => now_ms,
            }
        });
        let due_ms = receipts.fold(self.publisher.due_ms(now_ms), u64::min);
        self.clock.when_boot(due_ms, true_us)
    }

    fn terms(&self) -> SnapshotTerms {
        SnapshotTerms {
            lease_ms: self.terms.lease_ms(),
            rho_ppm: self.terms.rho_ppm(),
            facts: ApiFacts {
                format: "opaque".to_owned(),
                alg: None,
                typ: None,
                max_lifetime_secs: 600,
            },
            mac_keys: Vec::new(),
        }
    }
}

fn as_change(entry: &Entry) -> Option<Change> {
    let (user, mode) = entry.change?;
    Some(Change {
        kind: if mode == Mode::Hard { WatermarkKind::User } else { WatermarkKind::Claims },
        id: user.to_be_bytes().to_vec(),
        revision: entry.revision,
        mode,
        reason: Reason::Updated,
        expires_at: entry.expires_at,
    })
}
