//! Bulk import: thousands of tuples in one transaction, with two writes to the disk for each.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use counterfoil_permission::tuple::Tuple;
use tokio::task::JoinHandle;

use super::names::{KeyNames, KeyNumbers, Name};
use super::ops::{Encoder, Op};
use super::plan::{attributes, log_step, name_step};
use super::{PermissionDb, PermissionStoreId, StoreRevision, TupleKey};
use crate::head::Head;
use crate::plan::{Plan, storable};
use crate::value::{Step, Value};
use crate::{CommitError, StoreError, sql};

/// Tuples of one transaction. Other writes wait for it, a revocation among them, so it is done in
/// well under a tenth of a second.
pub const IMPORT_CHUNK: usize = 2_500;

/// Tuples of one revision of an import, so that a reader of the log gets it in small pieces.
const TUPLES_PER_REVISION: usize = 500;

/// Names whose numbers an import remembers. The rest is looked up again.
const NAMES_MAX: usize = 1 << 20;

/// What was imported so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many tuples are on disk, from the first that was pushed.
    pub tuples: u64,
    /// The revision that the last of them took.
    pub revision: StoreRevision,
}

/// Takes tuples one after the other and writes them in chunks.
///
/// A tuple that is there already gets the pushed condition and expiry. So an import that was cut
/// short can be repeated from its beginning, or from the first tuple that was not yet
/// [on disk](Importer::imported).
#[derive(Debug)]
pub struct Importer {
    db: PermissionDb,
    head: Head,
    store: i64,
    waiting: Vec<Tuple>,
    known: HashMap<Name, i64>,
    imported: Imported,
    /// The chunk that is on its way to the disk while the next one is made ready.
    pending: Option<Pending>,
}

/// How many tuples are on their way, and the revision that they will have taken.
#[derive(Debug)]
struct Pending {
    tuples: u64,
    done: JoinHandle<Result<StoreRevision, StoreError>>,
}

impl PermissionDb {
    /// Begins an import.
    ///
    /// # Errors
    /// [`StoreError::UnknownPermissionStore`]; see [`StoreError`].
    pub async fn importer(&self, id: PermissionStoreId) -> Result<Importer, StoreError> {
        let store = self.number(id).await?;
        Ok(Importer {
            db: self.clone(),
            head: Head::Permissions(self.iss, store),
            store,
            waiting: Vec::with_capacity(IMPORT_CHUNK),
            known: HashMap::new(),
            imported: Imported::default(),
            pending: None,
        })
    }
}

impl Importer {
    /// Takes a tuple. True when a chunk came to the disk meanwhile, which is when to tell of
    /// progress.
    ///
    /// # Errors
    /// See [`StoreError`]. What was on disk before stays there.
    pub async fn push(&mut self, tuple: Tuple) -> Result<bool, StoreError> {
        self.waiting.push(tuple);
        if self.waiting.len() < IMPORT_CHUNK {
            return Ok(false);
        }
        let before = self.imported.tuples;
        self.flush().await?;
        Ok(self.imported.tuples > before)
    }

    /// What is on disk by now.
    #[must_use]
    pub const fn imported(&self) -> Imported {
        self.imported
    }

    /// Writes what is still waiting.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn finish(mut self) -> Result<Imported, StoreError> {
        self.flush().await?;
        self.settle().await?;
        Ok(self.imported)
    }

    /// Waits for the chunk that is on its way.
    async fn settle(&mut self) -> Result<(), StoreError> {
        let Some(pending) = self.pending.take() else { return Ok(()) };
        let done = pending.done.await;
        self.imported.revision = done.map_err(|error| StoreError::Engine(error.to_string()))??;
        self.imported.tuples += pending.tuples;
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::take(&mut self.waiting);
        let count = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if chunk.iter().filter_map(Tuple::expires_at).any(|at| i64::try_from(at).is_err()) {
            return Err(StoreError::Unstorable("an expiry beyond all times".to_owned()));
        }
        let names: Vec<KeyNames> =
            chunk.iter().map(|tuple| KeyNames::new(&TupleKey::of(tuple))).collect();
        self.learn(&names).await?;
        // In the order of the index; of tuples with the same key the last counts.
        let mut rows: BTreeMap<KeyNumbers, (i64, Tuple)> = BTreeMap::new();
        for (names, tuple) in names.iter().zip(chunk) {
            let lost = || StoreError::Engine("a name got no number".to_owned());
            let key = self.key(names).ok_or_else(lost)?;
            let object_type = *self.known.get(&names.object_type).ok_or_else(lost)?;
            rows.insert(key, (object_type, tuple));
        }
        let plan = self.plan(rows)?;
        self.settle().await?;
        let db = self.db.clone();
        let done = tokio::spawn(async move { submit(&db, plan).await });
        self.pending = Some(Pending { tuples: count, done });
        self.waiting.reserve(IMPORT_CHUNK);
        Ok(())
    }

    /// Sees to it that all names have numbers and that these are known.
    async fn learn(&mut self, names: &[KeyNames]) -> Result<(), StoreError> {
        if self.known.len() > NAMES_MAX {
            self.known.clear();
        }
        let all = names.iter().flat_map(KeyNames::each);
        let mut unknown: BTreeSet<&Name> =
            all.filter(|name| !self.known.contains_key(*name)).collect();
        // Once to find those that have a number, and once more for those that get one.
        for made in [false, true] {
            if unknown.is_empty() {
                return Ok(());
            }
            if made {
                let steps: Vec<Step> =
                    unknown.iter().map(|name| name_step(self.head, name)).collect();
                storable(&steps)?;
                submit(&self.db, Plan { head: self.head, steps, changes: 0 }).await?;
            }
            let numbers = self.db.numbers(self.store, &unknown).await?;
            let known = &mut self.known;
            unknown.retain(|name| match numbers.get(name) {
                Some(number) => known.insert((*name).clone(), number).is_some(),
                None => true,
            });
        }
        Ok(())
    }

    fn key(&self, names: &KeyNames) -> Option<KeyNumbers> {
        let number = |name: &Name| self.known.get(name).copied();
        Some(KeyNumbers {
            object: number(&names.object)?,
            relation: number(&names.relation)?,
            subject_relation: match &names.subject_relation {
                Some(relation) => number(relation)?,
                None => 0,
            },
            subject: number(&names.subject)?,
        })
    }

    fn plan(&self, rows: BTreeMap<KeyNumbers, (i64, Tuple)>) -> Result<Plan, StoreError> {
        let mut steps = Vec::with_capacity(rows.len() + 1);
        let (mut log, mut ahead, mut logged) = (Encoder::new(), 1, 0);
        for (key, (object_type, tuple)) in rows {
            if logged == TUPLES_PER_REVISION {
                let full = std::mem::replace(&mut log, Encoder::new());
                steps.push(log_step(self.head, ahead, full.finish()));
                (ahead, logged) = (ahead + 1, 0);
            }
            let mut params = self.head.params();
            params.extend(key.values());
            params.push(Value::Int(object_type));
            params.extend(attributes(&tuple, ahead));
            steps.push(Step::plain(sql::permission::PUT_TUPLE, params));
            log.push(&Op::Write(tuple));
            logged += 1;
        }
        steps.push(log_step(self.head, ahead, log.finish()));
        storable(&steps)?;
        Ok(Plan { head: self.head, steps, changes: ahead })
    }
}

async fn submit(db: &PermissionDb, plan: Plan) -> Result<StoreRevision, StoreError> {
    match db.store.commit_plan(plan).await {
        Ok(done) => Ok(StoreRevision::new(done.revision.get())),
        Err(CommitError::Conflict(at)) => Err(StoreError::Engine(at.to_string())),
        Err(CommitError::Overloaded) => Err(StoreError::Overloaded),
        Err(CommitError::Store(error)) => Err(error),
    }
}
