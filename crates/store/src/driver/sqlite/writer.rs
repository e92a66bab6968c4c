//! The thread that writes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::checkpoint::Checkpoints;
use super::run;
use crate::group::{Group, Job, MAX_GROUP, StepError, expected};
use crate::options::Clock;
use crate::value::{Outcome, Step, Value};
use crate::wake::Wakes;
use crate::{CommitError, ConflictAt, StoreError};

/// The writer's pages in memory, negative as SQLite counts KiB.
pub(super) const CACHE_KIB: i64 = -32 * 1024;

/// The same while bulk is written: a transaction of it changes pages all over the indexes, and those
/// that don't fit are written more than once.
const BULK_CACHE_KIB: i64 = -256 * 1024;

/// Seconds after the last bulk until its cache is given back, at the next write.
const BULK_CACHE_SECS: i64 = 30;

/// The most plans of a bulk in one transaction: of 2,500 tuples each they are a quarter of a million,
/// so that each page of the indexes takes several of them.
const BULK_PLANS_MAX: usize = 100;

/// So many plans of a bulk are committed rather than given up when somebody else wants to write:
/// either takes less than a tenth of a second.
const BULK_PLANS_FEW: usize = 2;

/// The log's size is looked at after so many small groups, and after each of a bulk: together they
/// fill a small part of it.
const GROUPS_UNSEEN_MAX: u32 = 16;

/// The one committer.
pub(super) struct Writer {
    connection: Connection,
    checkpoints: Checkpoints,
    clock: Clock,
    wakes: Arc<Wakes>,
    jobs: mpsc::Receiver<Job>,
    /// Whether there is something to do: set by whoever asks, and taken back here.
    is_busy: Arc<AtomicBool>,
    /// What somebody waits for.
    waiting: VecDeque<Job>,
    /// What gives way to that.
    bulk: VecDeque<Job>,
    /// How many plans of a bulk are tried in one transaction.
    bulk_plans: usize,
    /// When bulk was last written, while its cache is kept.
    bulk_at: Option<i64>,
    /// Groups since the log's size was looked at.
    groups_unseen: u32,
}

/// How far a transaction came.
enum Ended {
    /// All of its requests were judged.
    Whole,
    /// So many of its requests were, and it was committed because others wait.
    After(usize),
    /// It was rolled back because others wait.
    GaveWay,
}

impl Writer {
    pub(super) fn new(
        (connection, checkpoints): (Connection, Checkpoints),
        clock: Clock,
        wakes: Arc<Wakes>,
        (jobs, is_busy): (mpsc::Receiver<Job>, Arc<AtomicBool>),
    ) -> Self {
        Self {
            connection,
            checkpoints,
            clock,
            wakes,
            jobs,
            is_busy,
            waiting: VecDeque::new(),
            bulk: VecDeque::new(),
            bulk_plans: BULK_PLANS_FEW,
            bulk_at: None,
            groups_unseen: 0,
        }
    }

    /// Commits whatever queued while the previous commit ran. Nothing waits for a group to fill;
    /// but those whom the previous group answered, and who share this core, may go on first: what
    /// they ask for next then shares a write to the disk.
    pub(super) fn run(mut self) {
        while self.wait() {
            self.groups_unseen += 1;
            let is_bulk = self.waiting.is_empty();
            if is_bulk {
                self.write_bulk();
            } else {
                std::thread::yield_now();
                self.sort();
                self.write_waiting();
            }
            let is_due = is_bulk || self.groups_unseen >= GROUPS_UNSEEN_MAX;
            if is_due {
                self.groups_unseen = 0;
            }
            self.checkpoints.look(&self.connection, is_due);
        }
    }

    /// Waits for something to do; false when nobody can ask any more.
    fn wait(&mut self) -> bool {
        if self.waiting.is_empty() && self.bulk.is_empty() {
            self.is_busy.store(!self.jobs.is_empty(), Ordering::Relaxed);
            let job = self.jobs.blocking_recv();
            self.is_busy.store(true, Ordering::Relaxed);
            match job {
                Some(job) => self.queue(job),
                None => return false,
            }
        }
        self.sort();
        true
    }

    /// Takes from the queue what fits the next group. What is beyond stays there, where its limit is.
    fn sort(&mut self) {
        while self.waiting.len() < MAX_GROUP
            && let Ok(job) = self.jobs.try_recv()
        {
            self.queue(job);
        }
    }

    fn queue(&mut self, job: Job) {
        let list = if job.is_bulk() { &mut self.bulk } else { &mut self.waiting };
        list.push_back(job);
    }

    fn write_waiting(&mut self) {
        self.shrink();
        let count = self.waiting.len().min(MAX_GROUP);
        let mut group = Group::new(self.waiting.drain(..count).collect());
        let ended = self.transact(&mut group, false);
        self.answer(group, ended.map(drop));
    }

    /// Writes as much bulk as it may before somebody else wants to write.
    fn write_bulk(&mut self) {
        self.grow();
        let count = self.bulk.len().min(self.bulk_plans);
        let mut group = Group::new(self.bulk.drain(..count).collect());
        match self.transact(&mut group, true) {
            Ok(Ended::Whole) => {
                self.bulk_plans = (self.bulk_plans * 2).min(BULK_PLANS_MAX);
                self.answer(group, Ok(()));
            }
            Ok(Ended::After(done)) => {
                self.give_back(group.split_off(done));
                self.answer(group, Ok(()));
            }
            Ok(Ended::GaveWay) => self.give_back(group.split_off(0)),
            Err(error) => self.answer(group, Err(error)),
        }
    }

    fn give_back(&mut self, jobs: Vec<Job>) {
        self.bulk_plans = BULK_PLANS_FEW;
        for job in jobs.into_iter().rev() {
            self.bulk.push_front(job);
        }
    }

    fn answer(&self, group: Group, result: Result<(), StoreError>) {
        match result {
            Ok(()) => drop(group.succeed(&self.wakes)),
            Err(error) => {
                tracing::error!(%error, "a group of writes failed");
                self.abandon();
                group.fail(&error);
            }
        }
    }

    fn transact(&mut self, group: &mut Group, gives_way: bool) -> Result<Ended, StoreError> {
        self.control("BEGIN IMMEDIATE")?;
        for head in group.needed() {
            let outcome = self.own(head.take(), &head.params())?;
            group.found_head(head, &outcome.rows);
        }
        let now = self.clock.now().as_secs();
        let mut ended = Ended::Whole;
        for index in 0..group.len() {
            if gives_way && index > 0 {
                self.sort();
                if !self.waiting.is_empty() && index > BULK_PLANS_FEW {
                    self.control("ROLLBACK")?;
                    return Ok(Ended::GaveWay);
                }
                if !self.waiting.is_empty() {
                    ended = Ended::After(index);
                    break;
                }
            }
            let heads = group.heads();
            if group.ready(index, &heads, now) {
                let result = self.request(group.steps(index))?;
                group.judge(index, result);
            }
        }
        for (head, by) in group.moved(&group.heads()) {
            self.own(head.put(), &head.params_to_put(by))?;
        }
        self.control("COMMIT")?;
        Ok(ended)
    }

    fn grow(&mut self) {
        if self.bulk_at.is_none() {
            self.cache(BULK_CACHE_KIB);
        }
        self.bulk_at = Some(self.clock.now().as_secs());
    }

    fn shrink(&mut self) {
        if let Some(at) = self.bulk_at
            && self.clock.now().as_secs().saturating_sub(at) > BULK_CACHE_SECS
        {
            self.bulk_at = None;
            self.cache(CACHE_KIB);
        }
    }

    fn cache(&self, kib: i64) {
        if let Err(error) = self.connection.pragma_update(None, "cache_size", kib) {
            tracing::warn!(%error, "the writer's cache keeps its size");
        }
    }

    /// Runs one request. The outer error means that the whole transaction is lost.
    fn request(&self, steps: &[Step]) -> Result<Result<Vec<Outcome>, CommitError>, StoreError> {
        // One failing statement undoes itself, and guards write nothing and come first. So a
        // savepoint is only needed where one effect can fail after another was done.
        let effects = steps.iter().filter(|step| matches!(step.at, Some(ConflictAt::Effect(_))));
        let nested = effects.count() > 1;
        if nested {
            self.control("SAVEPOINT request")?;
        }
        let mut outcomes = Vec::with_capacity(steps.len());
        for step in steps {
            match expected(step, run(&self.connection, &step.sql, &step.params)) {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) => {
                    // Some failures (disk full, input and output) end the transaction by
                    // themselves, and the store's own rows may not fail after others were written.
                    let halfway = step.at.is_none() && !outcomes.is_empty();
                    if halfway || self.connection.is_autocommit() {
                        return Err(match error {
                            CommitError::Store(error) => error,
                            other => StoreError::Engine(other.to_string()),
                        });
                    }
                    if nested {
                        self.control("ROLLBACK TO request")?;
                        self.control("RELEASE request")?;
                    }
                    return Ok(Err(error));
                }
            }
        }
        if nested {
            self.control("RELEASE request")?;
        }
        Ok(Ok(outcomes))
    }

    fn own(&self, sql: &str, params: &[Value]) -> Result<Outcome, StoreError> {
        run(&self.connection, sql, params).map_err(|error| match error {
            StepError::Store(error) => error,
            StepError::Violation(why) => StoreError::Engine(why),
        })
    }

    fn control(&self, sql: &str) -> Result<(), StoreError> {
        self.own(sql, &[]).map(drop)
    }

    /// Leaves a failed transaction, if it hasn't ended by itself.
    fn abandon(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.control("ROLLBACK")
        {
            tracing::error!(%error, "a failed group could not be rolled back");
        }
    }
}
