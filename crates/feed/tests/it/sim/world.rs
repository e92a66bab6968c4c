//! The event loop: true time, faults, and everybody's messages.

use super::chance::Chance;
use super::clock::Clock;
use super::guard::{Guard, Out, Token};
use super::issuer::Issuer;
use super::net::{Link, ToGuard, ToIssuer};
use super::rules::{Accept, Fact, judge};
use counterfoil_feed::{BACKOFF_MAX_MS, LeaseTerms, Mode, Revision, State, TokenKeys};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

const GUARDS: usize = 2;
const USERS: usize = 3;
/// Faults happen until here.
const FAULTS_US: u64 = 4_000_000;
/// Then everybody has this long to become fresh: a call that times out, a longest backoff, and a
/// few round trips.
const HEAL_US: u64 = (BACKOFF_MAX_MS + 1_500) * 1_000;
/// The last commit is so long before the end.
const QUIET_US: u64 = 700_000;
/// After this long a driver gives a call up.
const CALL_TIMEOUT_US: u64 = 300_000;
/// A bound on the loop itself.
const MAX_EVENTS: usize = 200_000;

#[derive(Debug)]
enum Event {
    Commit,
    Requests(usize),
    /// A request with a token from before a change, aimed at the end of some lease.
    Aimed {
        guard: usize,
        token: usize,
    },
    Resume {
        guard: usize,
        incarnation: u64,
        request: u64,
    },
    Wake {
        guard: usize,
        incarnation: u64,
    },
    Work,
    Arrive {
        guard: usize,
        incarnation: u64,
        message: ToGuard,
    },
    ArriveAtIssuer {
        guard: usize,
        message: ToIssuer,
    },
    Timeout {
        guard: usize,
        incarnation: u64,
        message: ToIssuer,
    },
    Fault(Fault),
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Cut { guard: usize, up: bool, down: bool },
    Mend(usize),
    Relink(usize),
    Suspend { guard: usize, us: u64 },
    Freeze { guard: usize, us: u64 },
    StepWall { guard: usize, us: i64 },
    Kill { guard: usize, us: u64, old_disk: bool },
    Start(usize),
    Replay(usize),
    Crash { us: u64, then: Then },
    Recover(Then),
    Heal,
}

/// What comes after a crash of the issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Restart,
    /// A fail-over that lost so many commits, and raised the epoch.
    Noticed(usize),
    /// One that nobody noticed.
    Unnoticed(usize),
}

/// How often things happened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    cached: u64,
    asked: u64,
    unleased: u64,
    refused: u64,
    unavailable: u64,
    receipts: u64,
    lapsed: u64,
    resyncs: u64,
    history_losses: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.cached += other.cached;
        self.asked += other.asked;
        self.unleased += other.unleased;
        self.refused += other.refused;
        self.unavailable += other.unavailable;
        self.receipts += other.receipts;
        self.lapsed += other.lapsed;
        self.resyncs += other.resyncs;
        self.history_losses += other.history_losses;
    }

    pub(super) fn list(&self) -> [(&'static str, u64); 9] {
        [
            ("an answer from the cache", self.cached),
            ("a question to the issuer", self.asked),
            ("an answer without a lease", self.unleased),
            ("a refusal", self.refused),
            ("a 503", self.unavailable),
            ("a receipt", self.receipts),
            ("a receipt that waited for a lease to end", self.lapsed),
            ("a snapshot beyond the first", self.resyncs),
            ("a lost history found by a guard", self.history_losses),
        ]
    }
}

/// How a seed went.
pub(super) struct Outcome {
    pub(super) broken: Option<String>,
    pub(super) counts: Counts,
}

pub(super) struct World {
    chance: Chance,
    us: u64,
    order: u64,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, Event>,
    issuer: Issuer,
    guards: Vec<Guard>,
    wakes: Vec<u64>,
    work_at_us: u64,
    links: Vec<Link>,
    facts: Vec<Fact>,
    tokens: Vec<Token>,
    keys: Vec<TokenKeys>,
    /// Tokens whose revisions come again, and which nobody shows any more.
    retired: BTreeSet<usize>,
    /// The true position of each introspection answer.
    answers: Vec<Revision>,
    /// Messages that an attacker has kept.
    kept: Vec<(usize, ToGuard)>,
    healed: bool,
    calls_since_heal: Vec<u64>,
    last_arrival_us: Vec<u64>,
    lease_us: u64,
    bound_us: u64,
    counts: Counts,
    broken: Option<String>,
    verbose: bool,
}

impl World {
    pub(super) fn new(seed: u64, verbose: bool) -> Self {
        let mut chance = Chance::new(seed);
        let lease_ms = [150, 300, 600, 1_000][usize::try_from(chance.below(4)).unwrap()];
        let rho_ppm = if chance.percent(50) { 50_000 } else { 500 };
        let terms = LeaseTerms::new(lease_ms, rho_ppm);
        let mut clock = || {
            let extreme = chance.percent(60);
            let rho = i64::from(rho_ppm);
            let drift = match chance.below(2) {
                0 if extreme => rho,
                _ if extreme => -rho,
                _ => chance.signed(u64::from(rho_ppm)),
            };
            Clock::new(1_000_000 + chance.signed(900_000), drift)
        };
        let issuer = Issuer::new(clock(), terms);
        let guard = |_| Guard {
            clock: clock(),
            suspended_until_us: 0,
            incarnation: 0,
            process: None,
            disk: None,
        };
        let guards: Vec<Guard> = (0..GUARDS).map(guard).collect();
        let links = (0..GUARDS).map(|_| Link::random(&mut chance)).collect();
        let mut world = Self {
            us: 0,
            order: 0,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            issuer,
            guards,
            wakes: vec![0; GUARDS],
            work_at_us: u64::MAX,
            links,
            facts: Vec::new(),
            tokens: Vec::new(),
            keys: (0..USERS).map(Token::keys_of).collect(),
            retired: BTreeSet::new(),
            answers: Vec::new(),
            kept: Vec::new(),
            healed: false,
            calls_since_heal: vec![0; GUARDS],
            last_arrival_us: vec![0; GUARDS],
            lease_us: lease_ms * 1_000,
            bound_us: lease_ms * (1_000_000 + u64::from(rho_ppm)) / 1_000,
            counts: Counts::default(),
            broken: None,
            verbose,
            chance,
        };
        world.begin();
        world
    }

    /// Makes every guard's clock slower than both ends reckon with.
    pub(super) fn with_broken_clocks(mut self) -> Self {
        for guard in &mut self.guards {
            guard.clock = Clock::new(1_000_000, -200_000);
        }
        self
    }

    fn begin(&mut self) {
        for user in 0..USERS {
            self.mint(user);
        }
        self.mint(0);
        self.tokens[USERS].junk = true;
        for guard in 0..GUARDS {
            self.guards[guard].start(0);
            self.schedule(0, Event::Wake { guard, incarnation: 1 });
            self.schedule(1_000, Event::Requests(guard));
        }
        self.work_at_us = 0;
        self.schedule(0, Event::Work);
        self.schedule(30_000, Event::Commit);
        for _ in 0..self.chance.below(8) {
            let fault = self.random_fault();
            let at_us = self.chance.below(FAULTS_US);
            self.schedule(at_us, Event::Fault(fault));
        }
        self.schedule(FAULTS_US, Event::Fault(Fault::Heal));
    }

    fn random_fault(&mut self) -> Fault {
        let guard = usize::try_from(self.chance.below(GUARDS as u64)).unwrap();
        let lease_us = self.lease_us;
        match self.chance.below(10) {
            0 | 1 => {
                let way = self.chance.below(3);
                Fault::Cut { guard, up: way != 0, down: way != 1 }
            }
            2 => Fault::Relink(guard),
            3 => Fault::Suspend { guard, us: self.chance.below(3 * lease_us) },
            4 => Fault::Freeze { guard, us: self.chance.below(3 * lease_us) },
            5 => Fault::StepWall { guard, us: self.chance.signed(2 * lease_us) },
            6 => {
                let us = self.chance.below(500_000);
                Fault::Kill { guard, us, old_disk: self.chance.percent(50) }
            }
            7 => Fault::Replay(guard),
            _ => {
                let lost = usize::try_from(self.chance.below(4)).unwrap();
                let then = match self.chance.below(3) {
                    0 => Then::Restart,
                    1 => Then::Noticed(lost),
                    _ => Then::Unnoticed(lost),
                };
                Fault::Crash { us: self.chance.below(800_000), then }
            }
        }
    }

    pub(super) fn run(mut self) -> Outcome {
        for _ in 0..MAX_EVENTS {
            let Some(Reverse((at_us, order))) = self.queue.pop() else { break };
            if at_us > FAULTS_US + HEAL_US || self.broken.is_some() {
                break;
            }
            self.us = at_us;
            let event = self.events.remove(&order).unwrap();
            self.handle(event);
        }
        if self.broken.is_none() {
            self.check_healed();
        }
        self.counts.history_losses = self.issuer.history_losses;
        self.counts.lapsed = self.issuer.lapsed;
        self.counts.receipts =
            self.facts.iter().filter(|fact| fact.effective_us.is_some()).count() as u64;
        Outcome { broken: self.broken, counts: self.counts }
    }

    fn check_healed(&mut self) {
        let budget = 20 + 2 * 3 * HEAL_US / self.lease_us;
        for guard in 0..GUARDS {
            let state = self.guards[guard].state(self.us);
            if state != State::Fresh {
                self.broken = Some(format!("P3: guard {guard} is {state:?} long after the faults"));
            }
            let calls = self.calls_since_heal[guard];
            if calls > budget {
                self.broken = Some(format!("P3: guard {guard} made {calls} calls of {budget}"));
            }
        }
    }

    fn schedule(&mut self, at_us: u64, event: Event) {
        self.order += 1;
        self.queue.push(Reverse((at_us, self.order)));
        self.events.insert(self.order, event);
    }

    #[expect(clippy::print_stdout, reason = "the story of one seed, for whoever debugs it")]
    fn story(&self, text: impl FnOnce() -> String) {
        if self.verbose {
            println!("{:>9} {}", self.us, text());
        }
    }

    fn handle(&mut self, event: Event) {
        if let Some((guard, incarnation)) = event.for_guard() {
            let host = &self.guards[guard];
            if incarnation.is_some_and(|its| its != host.incarnation) {
                return;
            }
            if host.suspended_until_us > self.us {
                let until_us = host.suspended_until_us;
                self.schedule(until_us, event);
                return;
            }
        }
        match event {
            Event::Commit => self.commit(),
            Event::Requests(guard) => {
                let token = self.any_token();
                self.request(guard, token);
                let pause_us =
                    if self.healed { 200_000 } else { self.chance.between(3_000, 60_000) };
                self.schedule(self.us + pause_us, Event::Requests(guard));
            }
            Event::Aimed { guard, token } => self.request(guard, token),
            Event::Resume { guard, request, .. } => {
                let out = self.guards[guard].resume(request, self.us);
                self.act(guard, out);
            }
            // One that was overtaken by an earlier one has been replaced.
            Event::Wake { guard, .. } if self.wakes[guard] > self.us => {}
            Event::Wake { guard, .. } => {
                self.wakes[guard] = u64::MAX;
                let out = self.guards[guard].tick(self.us, &mut self.chance.0);
                self.act(guard, out);
            }
            Event::Work if self.work_at_us > self.us => {}
            Event::Work => {
                self.work_at_us = u64::MAX;
                self.work();
            }
            Event::Arrive { guard, message, .. } => {
                let (us, rng) = (self.us, &mut self.chance.0);
                let out = self.guards[guard].receive(message, &mut self.answers, us, rng);
                self.act(guard, out);
            }
            Event::ArriveAtIssuer { guard, message, .. } => self.serve(guard, message),
            Event::Timeout { guard, message, .. } => {
                let out = self.guards[guard].failed(&message, self.us, &mut self.chance.0);
                self.act(guard, out);
            }
            Event::Fault(fault) => self.fault(fault),
        }
    }

    fn mint(&mut self, user: usize) {
        let token = Token {
            id: self.tokens.len(),
            user,
            issued: self.issuer.head.seq,
            minted_us: self.us,
            keys: self.keys[user],
            junk: false,
        };
        self.tokens.push(token);
    }

    /// One of the newer tokens, or junk.
    fn any_token(&mut self) -> usize {
        if self.chance.percent(5) {
            return USERS;
        }
        let newest = self.tokens.len() as u64;
        usize::try_from(newest - 1 - self.chance.below(newest.min(10))).unwrap()
    }

    fn commit(&mut self) {
        let slow = if self.healed { 400_000 } else { 1 };
        let pause_us = self.chance.between(5_000, 250_000).max(slow);
        self.schedule(self.us + pause_us, Event::Commit);
        if !self.issuer.up || self.us > FAULTS_US + HEAL_US - QUIET_US {
            return;
        }
        let user = usize::try_from(self.chance.below(USERS as u64)).unwrap();
        let mode = if self.chance.percent(50) { Mode::Hard } else { Mode::Soft };
        let change = self.chance.percent(70).then_some((user, mode));
        let older = self.tokens.len();
        let revision = self.issuer.commit(change, self.us);
        self.mint(user);
        if change.is_some() {
            self.story(|| format!("commit {revision} {mode:?} user {user}"));
            let fact = Fact {
                revision,
                user,
                mode,
                committed_us: self.us,
                effective_us: None,
                lost: false,
            };
            self.facts.push(fact);
            if self.chance.percent(80) {
                self.issuer.await_receipt(self.facts.len() - 1);
            }
            self.aim(user, older);
        }
        self.work();
    }

    /// Sends tokens that the change concerns when leases from before it end.
    fn aim(&mut self, user: usize, older: usize) {
        let Some(token) =
            (0..older).rev().find(|&id| self.tokens[id].user == user && !self.tokens[id].junk)
        else {
            return;
        };
        for guard in 0..GUARDS {
            for _ in 0..3 {
                let after_us =
                    self.chance.between(self.lease_us * 85 / 100, self.lease_us * 125 / 100);
                self.schedule(self.us + after_us, Event::Aimed { guard, token });
            }
        }
    }

    fn request(&mut self, guard: usize, token: usize) {
        if self.retired.contains(&token) {
            return;
        }
        let out = self.guards[guard].request(self.tokens[token], self.us);
        self.act(guard, out);
    }

    /// Carries out what a guard does, then looks when it wants to be woken.
    fn act(&mut self, guard: usize, outs: Vec<Out>) {
        for out in outs {
            match out {
                Out::Send(message) => self.send(guard, message),
                Out::Accept { token, answer, started_us, leased } => {
                    self.accept(token, answer, started_us, leased);
                }
                Out::Reject { token, stage } => self.reject(token, stage),
                Out::Unavailable => self.counts.unavailable += 1,
                Out::Busy { request } => {
                    let pause_us = match self.chance.below(10) {
                        0 => self.chance.below(2 * self.lease_us),
                        1 => self.chance.below(3_000),
                        _ => 0,
                    };
                    let incarnation = self.guards[guard].incarnation;
                    self.schedule(
                        self.us + pause_us,
                        Event::Resume { guard, incarnation, request },
                    );
                }
                Out::Did(action) => self.story(|| format!("guard {guard}: {action:?}")),
                Out::Refused(refused) => self.story(|| format!("guard {guard}: {refused}")),
            }
        }
        let wake_us = self.guards[guard].wake_us(self.us);
        if wake_us < self.wakes[guard] {
            self.wakes[guard] = wake_us;
            let incarnation = self.guards[guard].incarnation;
            self.schedule(wake_us, Event::Wake { guard, incarnation });
        }
    }

    fn accept(&mut self, token: Token, answer: usize, started_us: u64, leased: bool) {
        if leased {
            self.counts.cached += 1
        } else {
            self.counts.unleased += 1
        }
        let accept = Accept {
            user: token.user,
            minted_us: token.minted_us,
            learned: self.answers[answer],
            at_us: self.us,
            started_us,
            leased,
        };
        if self.retired.contains(&token.id) {
            return;
        }
        if let Err(broken) = judge(&self.facts, &accept, self.bound_us) {
            self.story(|| broken.clone());
            self.broken.get_or_insert(broken);
        }
    }

    fn reject(&mut self, token: Token, stage: &str) {
        self.counts.refused += 1;
        let ends = |fact: &Fact| {
            fact.user == token.user
                && fact.mode == Mode::Hard
                && token.minted_us <= fact.committed_us
        };
        let good = !token.junk && !self.retired.contains(&token.id);
        if good && !self.facts.iter().any(ends) {
            self.broken.get_or_insert(format!("P5: {token:?} was refused by {stage}"));
        }
    }

    fn send(&mut self, guard: usize, message: ToIssuer) {
        let incarnation = self.guards[guard].incarnation;
        if self.healed {
            self.calls_since_heal[guard] += u64::from(!matches!(message, ToIssuer::Ask { .. }));
        }
        if let ToIssuer::Ask { token, .. } = &message {
            self.counts.asked += 1;
            if self.tokens[*token].junk {
                self.broken.get_or_insert("P4: the issuer was asked about junk".to_owned());
            }
        }
        if let ToIssuer::Snapshot { .. } = &message {
            self.counts.resyncs += 1;
        }
        for delay_us in self.links[guard].delays_us(self.links[guard].cut_up, &mut self.chance) {
            let message = message.clone();
            self.schedule(self.us + delay_us, Event::ArriveAtIssuer { guard, message });
        }
        let at_us = self.us + CALL_TIMEOUT_US;
        self.schedule(at_us, Event::Timeout { guard, incarnation, message });
    }

    fn serve(&mut self, guard: usize, message: ToIssuer) {
        if !self.issuer.up {
            return;
        }
        let tokens = &self.tokens;
        let token = |id: usize| (tokens[id].user, tokens[id].issued);
        let losses = self.issuer.history_losses;
        let answers = self.issuer.receive(guard, message, token, self.us, &mut self.chance.0);
        if self.issuer.history_losses > losses {
            self.story(|| {
                format!("the issuer found out that it lost history: {}", self.issuer.head)
            });
        }
        self.reply(answers);
        self.work();
    }

    fn reply(&mut self, messages: Vec<(usize, ToGuard)>) {
        for (guard, message) in messages {
            // Signed messages can be kept and sent again; answers come over a connection.
            let keepable = !matches!(message, ToGuard::Answered { .. });
            if keepable && self.chance.percent(10) {
                self.kept.push((guard, message.clone()));
            }
            let cut = self.links[guard].cut_down;
            for delay_us in self.links[guard].delays_us(cut, &mut self.chance) {
                self.arrive(guard, self.us + delay_us, message.clone());
            }
        }
    }

    fn arrive(&mut self, guard: usize, at_us: u64, message: ToGuard) {
        // A sound connection keeps the order.
        let at_us = if self.healed { at_us.max(self.last_arrival_us[guard] + 1) } else { at_us };
        if self.healed {
            self.last_arrival_us[guard] = at_us;
        }
        let incarnation = self.guards[guard].incarnation;
        self.schedule(at_us, Event::Arrive { guard, incarnation, message });
    }

    fn work(&mut self) {
        if !self.issuer.up {
            return;
        }
        let messages = self.issuer.work(self.us, &mut self.facts);
        self.reply(messages);
        let due_us = self.issuer.due_us(self.us, &self.facts);
        if due_us < self.work_at_us {
            self.work_at_us = due_us;
            self.schedule(due_us, Event::Work);
        }
    }

    fn fault(&mut self, fault: Fault) {
        if self.healed {
            if let Fault::Start(guard) = fault {
                self.start_guard(guard);
            }
            return;
        }
        self.story(|| format!("{fault:?}"));
        match fault {
            Fault::Cut { guard, up, down } => {
                self.links[guard].cut_up |= up;
                self.links[guard].cut_down |= down;
                if self.chance.percent(40) {
                    let back = i64::try_from(self.chance.below(self.lease_us)).unwrap();
                    let at_us = self.us + self.chance.below(self.lease_us);
                    self.schedule(at_us, Event::Fault(Fault::StepWall { guard, us: -back }));
                }
                let after_us = self.chance.below(4 * self.lease_us);
                self.schedule(self.us + after_us, Event::Fault(Fault::Mend(guard)));
            }
            Fault::Mend(guard) => {
                self.links[guard].cut_up = false;
                self.links[guard].cut_down = false;
            }
            Fault::Relink(guard) => self.links[guard] = Link::random(&mut self.chance),
            Fault::Suspend { guard, us } => {
                self.guards[guard].suspended_until_us = (self.us + us).min(FAULTS_US);
            }
            Fault::Freeze { guard, us } => {
                let us = us.min(FAULTS_US - self.us);
                // The machine stands still: its process and its boot clock.
                let host = &self.guards[guard];
                if host.suspended_until_us <= self.us && !host.clock.was_stepped() {
                    self.guards[guard].suspended_until_us = self.us + us;
                    self.guards[guard].clock.freeze(us);
                }
            }
            // Two clocks that are wrong at once, the same way, are beyond any protocol.
            Fault::StepWall { guard, us } if !self.guards[guard].clock.was_frozen() => {
                self.guards[guard].clock.step_wall(us);
            }
            Fault::StepWall { .. } => {}
            Fault::Kill { guard, us, old_disk } => {
                let host = &mut self.guards[guard];
                let followed = host.process.take().map(|process| process.follower.high_water());
                if !old_disk {
                    host.disk = followed.or(host.disk);
                }
                host.incarnation += 1;
                self.schedule(self.us + us, Event::Fault(Fault::Start(guard)));
            }
            Fault::Start(guard) => self.start_guard(guard),
            Fault::Replay(guard) => {
                let mine: Vec<_> = self.kept.iter().map(|(_, message)| message.clone()).collect();
                for message in mine {
                    let delay_us = self.chance.below(2 * self.lease_us);
                    self.arrive(guard, self.us + delay_us, message);
                }
            }
            Fault::Crash { us, then } => self.crash(us, then),
            Fault::Recover(then) => self.recover(then),
            Fault::Heal => self.heal(),
        }
    }

    fn start_guard(&mut self, guard: usize) {
        if self.guards[guard].process.is_none() {
            self.guards[guard].start(self.us);
            self.wakes[guard] = u64::MAX;
            self.act(guard, Vec::new());
        }
    }

    fn crash(&mut self, down_us: u64, then: Then) {
        if !self.issuer.up {
            return;
        }
        let closed = self.issuer.crash();
        self.reply(closed);
        self.schedule(self.us + down_us, Event::Fault(Fault::Recover(then)));
    }

    fn recover(&mut self, then: Then) {
        if self.issuer.up {
            return;
        }
        if let Then::Noticed(lost) | Then::Unnoticed(lost) = then {
            let first_lost = self.issuer.lose_tail(lost);
            self.forget_from(first_lost, then);
        }
        if let Then::Noticed(_) = then {
            self.issuer.raise_epoch();
        }
        self.issuer.start(self.us);
        self.work();
    }

    /// What a fail-over lost never happened, and answers knew only what was left.
    fn forget_from(&mut self, first_lost: Revision, then: Then) {
        for fact in &mut self.facts {
            fact.lost |= fact.revision >= first_lost;
        }
        let last_left = Revision::new(first_lost.get() - 1);
        for answer in &mut self.answers {
            *answer = (*answer).min(last_left);
        }
        if let Then::Unnoticed(_) = then {
            // Tokens from the lost tail carry revisions that come again. Only an epoch that is
            // raised at the fail-over tells them apart; here their grants are gone with the tail.
            for id in 0..self.tokens.len() {
                if self.tokens[id].issued >= first_lost {
                    self.retired.insert(id);
                }
            }
        }
    }

    fn heal(&mut self) {
        for link in &mut self.links {
            *link = Link::default();
        }
        if !self.issuer.up {
            self.recover(Then::Restart);
        }
        for guard in 0..GUARDS {
            self.start_guard(guard);
        }
        self.healed = true;
    }
}

impl Event {
    /// Whose process must run, and in which incarnation, for the event to happen.
    fn for_guard(&self) -> Option<(usize, Option<u64>)> {
        match self {
            Self::Requests(guard) | Self::Aimed { guard, .. } => Some((*guard, None)),
            Self::Resume { guard, incarnation, .. }
            | Self::Wake { guard, incarnation }
            | Self::Arrive { guard, incarnation, .. }
            | Self::Timeout { guard, incarnation, .. } => Some((*guard, Some(*incarnation))),
            Self::ArriveAtIssuer { .. } | Self::Commit | Self::Work | Self::Fault(_) => None,
        }
    }
}
