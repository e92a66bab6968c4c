//! The bookkeeping of one transaction over many requests, the same for both engines.

use std::collections::BTreeMap;

use counterfoil_oauth::model::Revision;
use tokio::sync::oneshot;

use crate::head::Head;
use crate::plan::Plan;
use crate::value::{Expect, Outcome, Row, Step, Value};
use crate::wake::Wakes;
use crate::{CommitError, Committed, ConflictAt, StoreError};

/// The most requests in one transaction. PostgreSQL keeps 64 subtransactions of a session where
/// others find them cheaply; more would slow every reader.
pub(crate) const MAX_GROUP: usize = 60;

/// How many requests may wait for the committer before more are refused.
pub(crate) const MAX_QUEUE: usize = 4_096;

/// One request to the committer.
#[derive(Debug)]
pub(crate) enum Job {
    /// A guarded batch. One of a bulk is one of many that nobody waits for one by one: others may
    /// overtake it.
    Batch { plan: Plan, reply: oneshot::Sender<Result<Committed, CommitError>>, is_bulk: bool },
    /// Statements of the store's own, which take no revision.
    Plain { steps: Vec<Step>, reply: oneshot::Sender<Result<Vec<Outcome>, StoreError>> },
}

impl Job {
    pub(crate) const fn is_bulk(&self) -> bool {
        matches!(self, Self::Batch { is_bulk: true, .. })
    }
}

/// What became of one request.
#[derive(Debug)]
enum Verdict {
    Batch(Result<Committed, CommitError>),
    Plain(Result<Vec<Outcome>, StoreError>),
}

/// Why a statement failed.
#[derive(Debug)]
pub(crate) enum StepError {
    /// A unique or foreign key was violated: another request was faster.
    Violation(String),
    /// Anything else.
    Store(StoreError),
}

/// The requests of one transaction with their heads and verdicts.
#[derive(Debug)]
pub(crate) struct Group {
    jobs: Vec<Job>,
    verdicts: Vec<Option<Verdict>>,
    /// The head found under the lock, and the head after the requests judged so far.
    heads: BTreeMap<Head, Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    found: i64,
    now: i64,
}

impl Group {
    pub(crate) fn new(jobs: Vec<Job>) -> Self {
        let verdicts = jobs.iter().map(|_| None).collect();
        Self { jobs, verdicts, heads: BTreeMap::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// The heads that must be taken, in the one order in which all nodes take them.
    pub(crate) fn needed(&self) -> Vec<Head> {
        let head = |job: &Job| match job {
            Job::Batch { plan, .. } => Some(plan.head),
            Job::Plain { .. } => None,
        };
        let mut heads: Vec<Head> = self.jobs.iter().filter_map(head).collect();
        heads.sort_unstable();
        heads.dedup();
        heads
    }

    /// Remembers a head as it was found under its lock.
    pub(crate) fn found_head(&mut self, head: Head, rows: &[Row]) {
        if let Some([Value::Int(found)]) = rows.first().map(Vec::as_slice) {
            self.heads.insert(head, Place { found: *found, now: *found });
        }
    }

    /// Makes a request's statements ready for the head that it will find. False when it need not
    /// be run: it is judged already, or what it belongs to doesn't exist.
    pub(crate) fn ready(&mut self, index: usize, heads: &Heads, now: i64) -> bool {
        if self.verdicts.get(index).is_none_or(Option::is_some) {
            return false;
        }
        let Some(Job::Batch { plan, .. }) = self.jobs.get_mut(index) else { return true };
        let Some(head) = heads.0.get(&plan.head) else {
            let unknown = CommitError::Store(plan.head.unknown());
            if let Some(slot) = self.verdicts.get_mut(index) {
                *slot = Some(Verdict::Batch(Err(unknown)));
            }
            return false;
        };
        plan.settle(*head, now);
        true
    }

    /// A request's statements.
    pub(crate) fn steps(&self, index: usize) -> &[Step] {
        match self.jobs.get(index) {
            Some(Job::Plain { steps, .. }) => steps,
            Some(Job::Batch { plan, .. }) => &plan.steps,
            None => &[],
        }
    }

    /// Takes the requests from one on back, none of which was judged or all of whose judgements are
    /// void.
    pub(crate) fn split_off(&mut self, index: usize) -> Vec<Job> {
        self.verdicts.truncate(index);
        self.jobs.split_off(index.min(self.jobs.len()))
    }

    /// Forgets every verdict and head, to run the whole group once more.
    pub(crate) fn reset(&mut self) {
        self.heads.clear();
        self.verdicts.fill_with(|| None);
    }

    /// The heads after the requests judged so far.
    pub(crate) fn heads(&self) -> Heads {
        Heads(self.heads.iter().map(|(head, place)| (*head, place.now)).collect())
    }

    /// How far a request moves its head if it succeeds.
    pub(crate) fn advance(&self, index: usize, heads: &mut Heads) {
        if let Some(Job::Batch { plan, .. }) = self.jobs.get(index)
            && let Some(head) = heads.0.get_mut(&plan.head)
        {
            *head = head.saturating_add(plan.changes);
        }
    }

    /// Records what a request's statements came to.
    pub(crate) fn judge(&mut self, index: usize, result: Result<Vec<Outcome>, CommitError>) {
        let Some(job) = self.jobs.get(index) else { return };
        let verdict = match job {
            Job::Plain { .. } => Verdict::Plain(result.map_err(|error| match error {
                CommitError::Store(error) => error,
                CommitError::Overloaded => StoreError::Overloaded,
                CommitError::Conflict(at) => StoreError::Engine(at.to_string()),
            })),
            Job::Batch { plan, .. } => Verdict::Batch(result.map(|_| {
                let first = self.heads.get(&plan.head).map_or(0, |place| place.now);
                let last = first.saturating_add(plan.changes);
                if let Some(place) = self.heads.get_mut(&plan.head) {
                    place.now = last;
                }
                Committed {
                    revision: revision(last),
                    changes: revision(first.saturating_add(1))..revision(last.saturating_add(1)),
                }
            })),
        };
        if let Some(slot) = self.verdicts.get_mut(index) {
            *slot = Some(verdict);
        }
    }

    /// The heads that the group moves, and by how much: an epoch raised in the same transaction
    /// moves them too.
    pub(crate) fn moved(&self, heads: &Heads) -> Vec<(Head, i64)> {
        let moved = |(head, now): (&Head, &i64)| {
            let by = now.saturating_sub(self.heads.get(head)?.found);
            (by != 0).then_some((*head, by))
        };
        heads.0.iter().filter_map(moved).collect()
    }

    /// Answers everyone after the durable commit. True when a head moved.
    pub(crate) fn succeed(self, wakes: &Wakes) -> bool {
        let mut moved = false;
        for (head, place) in &self.heads {
            if place.now != place.found {
                wakes.publish(*head, revision(place.now));
                moved = true;
            }
        }
        let lost = || StoreError::Engine("a request was not judged".to_owned());
        for (job, verdict) in self.jobs.into_iter().zip(self.verdicts) {
            // A requester who has gone away needs no answer.
            match (job, verdict) {
                (Job::Batch { reply, .. }, Some(Verdict::Batch(result))) => {
                    drop(reply.send(result));
                }
                (Job::Plain { reply, .. }, Some(Verdict::Plain(result))) => {
                    drop(reply.send(result));
                }
                (Job::Batch { reply, .. }, _) => drop(reply.send(Err(lost().into()))),
                (Job::Plain { reply, .. }, _) => drop(reply.send(Err(lost()))),
            }
        }
        moved
    }

    /// Answers everyone when the transaction as a whole failed.
    pub(crate) fn fail(self, error: &StoreError) {
        for job in self.jobs {
            match job {
                Job::Batch { reply, .. } => drop(reply.send(Err(error.clone().into()))),
                Job::Plain { reply, .. } => drop(reply.send(Err(error.clone()))),
            }
        }
    }
}

/// Heads, real or assumed.
#[derive(Clone, Debug)]
pub(crate) struct Heads(BTreeMap<Head, i64>);

/// Holds a statement's outcome against what was expected of it.
pub(crate) fn expected(
    step: &Step,
    result: Result<Outcome, StepError>,
) -> Result<Outcome, CommitError> {
    let conflict = |at: ConflictAt| Err(CommitError::Conflict(at));
    match (result, step.at) {
        (Err(StepError::Store(error)), _) => Err(CommitError::Store(error)),
        (Err(StepError::Violation(_)), Some(at)) => conflict(at),
        (Err(StepError::Violation(why)), None) => Err(CommitError::Store(StoreError::Engine(why))),
        (Ok(outcome), Some(at)) if step.expect == Expect::One && outcome.affected != 1 => {
            conflict(at)
        }
        (Ok(outcome), Some(at)) if step.expect == Expect::AllTrue => {
            let truths = outcome.rows.first().map(Vec::as_slice).unwrap_or_default();
            match truths.iter().position(|truth| *truth != Value::Int(1)) {
                None if !truths.is_empty() => Ok(outcome),
                offset => conflict(match at {
                    ConflictAt::Guard(base) => ConflictAt::Guard(base + offset.unwrap_or(0)),
                    ConflictAt::Effect(_) => at,
                }),
            }
        }
        (Ok(outcome), _) => Ok(outcome),
    }
}

fn revision(number: i64) -> Revision {
    Revision::new(u64::try_from(number).unwrap_or(0))
}
