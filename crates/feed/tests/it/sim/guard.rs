//! A model guard: the shipping follower and gate, a cache, and requests that take their time.

use super::clock::Clock;
use super::issuer::{feed, pseudonyms};
use super::net::{ToGuard, ToIssuer};
use counterfoil_feed::{
    Action, Answer, Call, FollowError, Follower, FollowerConfig, Gate, Generation, History,
    LeaseGrant, LeaseRefusal, Nonce, Now, Position, Revision, Route, Stamp, State, TokenKeys,
    Verdict, Verified, WatermarkKind,
};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How often a request starts over before it is answered 503.
const MAX_TRIES: u32 = 4;

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) id: usize,
    pub(super) user: usize,
    pub(super) issued: Revision,
    pub(super) minted_us: u64,
    pub(super) keys: TokenKeys,
    pub(super) junk: bool,
}

impl Token {
    pub(super) fn keys_of(user: usize) -> TokenKeys {
        let user = pseudonyms().id(WatermarkKind::User, &user.to_be_bytes());
        TokenKeys { user: Some(user), ..TokenKeys::default() }
    }
}

/// What a guard does to the world.
#[derive(Debug)]
pub(super) enum Out {
    Send(ToIssuer),
    /// `answer` names the introspection answer behind the identity.
    Accept {
        token: Token,
        answer: usize,
        started_us: u64,
        leased: bool,
    },
    Reject {
        token: Token,
        stage: &'static str,
    },
    Unavailable,
    /// The request is in the middle of its work.
    Busy {
        request: u64,
    },
    /// For the story.
    Did(Action),
    Refused(FollowError),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    learned: Revision,
    answer: usize,
    history: History,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    token: Token,
    started_us: u64,
    tries: u32,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Begun,
    Asking { ask: u64, history: History },
    Confirming { at: Generation, answer: usize },
}

pub(super) struct Guard {
    pub(super) clock: Clock,
    pub(super) suspended_until_us: u64,
    /// Counts starts of the process; what was meant for an earlier one is dropped.
    pub(super) incarnation: u64,
    pub(super) process: Option<Process>,
    pub(super) disk: Option<Position>,
}

pub(super) struct Process {
    pub(super) follower: Follower,
    pub(super) gate: Arc<Gate>,
    cache: BTreeMap<usize, Entry>,
    requests: BTreeMap<u64, Request>,
    next_id: u64,
    open_stream: Option<u64>,
    opened: Option<u64>,
    unanswered: Vec<Nonce>,
}

impl Guard {
    pub(super) fn start(&mut self, true_us: u64) {
        let config = FollowerConfig { feed: feed(), high_water: self.disk, longest_grace_ms: 0 };
        let follower = Follower::new(config, self.clock.read(true_us));
        self.incarnation += 1;
        self.process = Some(Process {
            gate: follower.gate(),
            follower,
            cache: BTreeMap::new(),
            requests: BTreeMap::new(),
            // An answer to an earlier process is not taken for this one's.
            next_id: self.incarnation * 1_000_000,
            open_stream: None,
            opened: None,
            unanswered: Vec::new(),
        });
    }

    pub(super) fn state(&self, true_us: u64) -> State {
        let now = self.clock.read(true_us);
        self.process.as_ref().map_or(State::Cold, |process| process.gate.state(Route::Strict, now))
    }

    pub(super) fn tick(&mut self, true_us: u64, rng: &mut ChaCha8Rng) -> Vec<Out> {
        let now = self.clock.read(true_us);
        let Some(process) = &mut self.process else { return Vec::new() };
        process.follower.tick(now, rng);
        process.actions()
    }

    pub(super) fn wake_us(&self, true_us: u64) -> u64 {
        let now = self.clock.read(true_us);
        let due =
            self.process.as_ref().map_or(u64::MAX, |process| process.follower.wake_at_ms(now));
        self.clock.when_boot(due.min(now.boot_ms + 10_000), true_us)
    }

    pub(super) fn receive(
        &mut self,
        message: ToGuard,
        answers: &mut Vec<Revision>,
        true_us: u64,
        rng: &mut ChaCha8Rng,
    ) -> Vec<Out> {
        let now = self.clock.read(true_us);
        let Some(process) = &mut self.process else { return Vec::new() };
        let refused = match message {
            ToGuard::Snapshot { attempt, snapshot } => {
                let snapshot = Verified::from_this_process(*snapshot);
                process.follower.snapshot(attempt, &snapshot, now, rng).err()
            }
            ToGuard::Frame { attempt, frame } if process.open_stream == Some(attempt) => {
                process.follower.frame(&Verified::from_this_process(*frame), now, rng).err()
            }
            ToGuard::Resync { attempt } if process.open_stream == Some(attempt) => {
                process.follower.resync(now, rng);
                None
            }
            ToGuard::StreamClosed { attempt } => {
                process.follower.failed(Call::Stream(attempt), now, rng);
                None
            }
            ToGuard::Lease { nonce, outcome } => process.leased(nonce, outcome, now, rng),
            ToGuard::Answered { ask, active } => {
                let mut out = process.answered(ask, active, answers, now);
                out.extend(process.actions());
                return out;
            }
            ToGuard::StreamOpen { attempt } => {
                process.opened = Some(attempt);
                None
            }
            ToGuard::Frame { .. } | ToGuard::Resync { .. } => None,
        };
        let mut out = process.actions();
        out.extend(refused.map(Out::Refused));
        out
    }

    pub(super) fn failed(
        &mut self,
        message: &ToIssuer,
        true_us: u64,
        rng: &mut ChaCha8Rng,
    ) -> Vec<Out> {
        let now = self.clock.read(true_us);
        let Some(process) = &mut self.process else { return Vec::new() };
        let mut out = Vec::new();
        match message {
            ToIssuer::Snapshot { attempt, .. } => {
                process.follower.failed(Call::Snapshot(*attempt), now, rng);
            }
            ToIssuer::Stream { attempt, .. } if process.opened == Some(*attempt) => {}
            ToIssuer::Stream { attempt, .. } => {
                process.follower.failed(Call::Stream(*attempt), now, rng);
            }
            ToIssuer::Lease(request) if process.unanswered.contains(&request.nonce) => {
                process.follower.failed(Call::Lease, now, rng);
            }
            ToIssuer::Lease(_) => {}
            ToIssuer::Ask { ask, .. } => {
                if let Some(id) = process.asking(*ask) {
                    process.gate.ask_failed(now);
                    process.requests.remove(&id);
                    out.push(Out::Unavailable);
                }
            }
        }
        out.extend(process.actions());
        out
    }

    pub(super) fn request(&mut self, token: Token, true_us: u64) -> Vec<Out> {
        let Some(process) = &mut self.process else { return Vec::new() };
        process.next_id += 1;
        let id = process.next_id;
        let request = Request { token, started_us: true_us, tries: 0, stage: Stage::Begun };
        process.requests.insert(id, request);
        process.go_on(id, self.clock.read(true_us))
    }

    /// Goes on with a request after its pause.
    pub(super) fn resume(&mut self, request: u64, true_us: u64) -> Vec<Out> {
        let now = self.clock.read(true_us);
        self.process.as_mut().map(|process| process.go_on(request, now)).unwrap_or_default()
    }
}

impl Process {
    fn actions(&mut self) -> Vec<Out> {
        let mut out = Vec::new();
        while let Some(action) = self.follower.next_action() {
            out.push(Out::Did(action.clone()));
            match action {
                Action::FetchSnapshot { attempt, request } => {
                    out.push(Out::Send(ToIssuer::Snapshot { attempt, request }));
                }
                Action::OpenStream { attempt, after } => {
                    self.open_stream = Some(attempt);
                    out.push(Out::Send(ToIssuer::Stream { attempt, after }));
                }
                Action::SendLease(request) => {
                    self.unanswered.push(request.nonce);
                    out.push(Out::Send(ToIssuer::Lease(request)));
                }
                Action::DropIdentities => self.cache.clear(),
                Action::Ready | Action::NotReady(_) | Action::Moved(_) => {}
            }
        }
        out
    }

    fn leased(
        &mut self,
        nonce: Nonce,
        outcome: Result<LeaseGrant, LeaseRefusal>,
        now: Now,
        rng: &mut ChaCha8Rng,
    ) -> Option<FollowError> {
        self.unanswered.retain(|unanswered| *unanswered != nonce);
        match outcome {
            Ok(grant) => self.follower.grant(&Verified::from_this_process(grant), now, rng).err(),
            Err(refusal) => {
                self.follower.lease_refused(refusal, now, rng);
                None
            }
        }
    }

    fn asking(&self, ask: u64) -> Option<u64> {
        let asks = |request: &Request| matches!(request.stage, Stage::Asking { ask: its, .. } if its == ask);
        self.requests.iter().find(|(_, request)| asks(request)).map(|(id, _)| *id)
    }

    fn go_on(&mut self, id: u64, now: Now) -> Vec<Out> {
        let Some(request) = self.requests.get(&id).copied() else { return Vec::new() };
        match request.stage {
            Stage::Begun => self.begin(id, request, now),
            Stage::Asking { .. } => Vec::new(),
            Stage::Confirming { at, answer } => {
                if self.gate.confirm(at, Route::Strict, now) {
                    self.requests.remove(&id);
                    let Request { token, started_us, .. } = request;
                    return vec![Out::Accept { token, answer, started_us, leased: true }];
                }
                self.start_over(id, now)
            }
        }
    }

    fn begin(&mut self, id: u64, request: Request, now: Now) -> Vec<Out> {
        let answer = self.gate.decide(Route::Strict, now);
        if let Answer::Unavailable { .. } = answer {
            self.requests.remove(&id);
            return vec![Out::Unavailable];
        }
        if request.token.junk {
            self.requests.remove(&id);
            return vec![Out::Reject { token: request.token, stage: "junk" }];
        }
        let entry = self.cache.get(&request.token.id).copied();
        let entry = entry.filter(|entry| entry.history == self.gate.history());
        let (Some(entry), true) = (entry, answer.is_from_cache()) else {
            return self.ask(id, request);
        };
        let at = self.gate.generation();
        let stamp = Stamp { issued: request.token.issued, learned: entry.learned };
        match self.gate.verdict(&request.token.keys, stamp) {
            Verdict::Alive => self.busy(id, Stage::Confirming { at, answer: entry.answer }),
            Verdict::Refetch => self.ask(id, request),
            Verdict::Dead(_) => {
                self.requests.remove(&id);
                vec![Out::Reject { token: request.token, stage: "watermark" }]
            }
        }
    }

    fn ask(&mut self, id: u64, request: Request) -> Vec<Out> {
        self.next_id += 1;
        let ask = self.next_id;
        let stage = Stage::Asking { ask, history: self.gate.history() };
        self.requests.insert(id, Request { stage, ..request });
        vec![Out::Send(ToIssuer::Ask { ask, token: request.token.id })]
    }

    fn answered(
        &mut self,
        ask: u64,
        active: Option<Position>,
        answers: &mut Vec<Revision>,
        now: Now,
    ) -> Vec<Out> {
        self.gate.ask_succeeded();
        let Some(id) = self.asking(ask) else { return Vec::new() };
        let Some(request) = self.requests.get(&id).copied() else { return Vec::new() };
        let Stage::Asking { history, .. } = request.stage else { return Vec::new() };
        let Request { token, started_us, .. } = request;
        let Some(position) = active else {
            self.requests.remove(&id);
            return vec![Out::Reject { token, stage: "issuer" }];
        };
        answers.push(position.seq);
        let answer = answers.len() - 1;
        if !self.gate.decide(Route::Strict, now).is_from_cache() {
            self.requests.remove(&id);
            return vec![Out::Accept { token, answer, started_us, leased: false }];
        }
        let at = self.gate.generation();
        let Some(learned) = self.gate.install(history, position, &token.keys) else {
            return self.start_over(id, now);
        };
        self.cache.insert(token.id, Entry { learned, answer, history });
        self.busy(id, Stage::Confirming { at, answer })
    }

    fn busy(&mut self, id: u64, stage: Stage) -> Vec<Out> {
        if let Some(request) = self.requests.get_mut(&id) {
            request.stage = stage;
        }
        vec![Out::Busy { request: id }]
    }

    fn start_over(&mut self, id: u64, now: Now) -> Vec<Out> {
        let Some(request) = self.requests.get_mut(&id) else { return Vec::new() };
        request.tries += 1;
        request.stage = Stage::Begun;
        if request.tries >= MAX_TRIES {
            self.requests.remove(&id);
            return vec![Out::Unavailable];
        }
        self.go_on(id, now)
    }
}
