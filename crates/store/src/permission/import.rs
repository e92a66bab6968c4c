//! Bulk import: blocks of many tuples, sorted as the rows are, in transactions as large as nobody
//! else minds.

use std::collections::HashMap;

use counterfoil_permission::tuple::Tuple;
use tokio::task::JoinHandle;

use super::names::{Hash, KeyHashes, KeyNames, KeyNumbers, Name};
use super::ops::{Encoder, Op};
use super::plan::{attributes, log_step, name_step};
use super::{PermissionDb, PermissionStoreId, StoreRevision, TupleKey};
use crate::head::Head;
use crate::plan::{Plan, storable};
use crate::value::{Step, Value};
use crate::{CommitError, StoreError, sql};

/// Tuples of one plan, and of the first block: the others wait for a plan, a revocation among them,
/// so it is done in well under a tenth of a second.
pub const IMPORT_CHUNK: usize = 2_500;

/// Each block has twice as many tuples as the one before, up to this many: in a large one, sorted,
/// each page of the index takes several. A block is some hundred megabytes in memory.
const BLOCK_MAX: usize = 100 * IMPORT_CHUNK;

/// Tuples of one revision of an import, so that a reader of the log gets it in small pieces.
const TUPLES_PER_REVISION: usize = 500;

/// Names whose numbers an import remembers, in some hundred megabytes. The rest is looked up again.
const NAMES_MAX: usize = 1 << 22;

/// What was imported so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many tuples are on disk, from the first that was pushed.
    pub tuples: u64,
    /// The revision that the last of them took.
    pub revision: StoreRevision,
}

/// Takes tuples one after the other and writes them in blocks.
///
/// A tuple that is there already gets the pushed condition and expiry. So an import that was cut
/// short can be repeated from its beginning, or from the first tuple that was not yet
/// [on disk](Importer::imported).
#[derive(Debug)]
pub struct Importer {
    db: PermissionDb,
    head: Head,
    store: i64,
    waiting: Vec<(Tuple, KeyHashes)>,
    /// Tuples of the block that is being filled.
    block: usize,
    known: HashMap<Hash, i64>,
    /// Names of the block whose numbers are not known.
    unknown: HashMap<Hash, Name>,
    imported: Imported,
    /// The block that is on its way to the disk while the next one is made ready.
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
            block: IMPORT_CHUNK,
            known: HashMap::new(),
            unknown: HashMap::new(),
            imported: Imported::default(),
            pending: None,
        })
    }
}

impl Importer {
    /// Takes a tuple. True when a block came to the disk meanwhile, which is when to tell of
    /// progress.
    ///
    /// # Errors
    /// See [`StoreError`]. What was on disk before stays there.
    pub async fn push(&mut self, tuple: Tuple) -> Result<bool, StoreError> {
        if tuple.expires_at().is_some_and(|at| i64::try_from(at).is_err()) {
            return Err(StoreError::Unstorable("an expiry beyond all times".to_owned()));
        }
        let names = KeyNames::new(&TupleKey::of(&tuple));
        let hashes = names.to_hashes();
        for (hash, name) in hashes.each().zip(names.each()) {
            if !self.known.contains_key(&hash) {
                self.unknown.entry(hash).or_insert_with(|| name.clone());
            }
        }
        self.waiting.push((tuple, hashes));
        if self.waiting.len() < self.block {
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

    /// Waits for the block that is on its way.
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
        let block = std::mem::take(&mut self.waiting);
        let count = u64::try_from(block.len()).unwrap_or(u64::MAX);
        self.learn().await?;
        let mut rows = Vec::with_capacity(block.len());
        for (tuple, hashes) in block {
            let lost = || StoreError::Engine("a name got no number".to_owned());
            rows.push(self.row(tuple, &hashes).ok_or_else(lost)?);
        }
        // In the order of the index; of tuples with the same key the last counts.
        rows.sort_by_key(|row| row.key);
        rows.reverse();
        rows.dedup_by_key(|row| row.key);
        rows.reverse();
        let plans = self.plans(rows)?;
        if self.known.len() > NAMES_MAX {
            self.known.clear();
        }
        self.settle().await?;
        let db = self.db.clone();
        let done = tokio::spawn(async move { submit(&db, plans).await });
        self.pending = Some(Pending { tuples: count, done });
        if self.db.store.takes_bulk() {
            self.block = (self.block * 2).min(BLOCK_MAX);
        }
        Ok(())
    }

    /// Sees to it that all names have numbers and that these are known.
    async fn learn(&mut self) -> Result<(), StoreError> {
        if self.unknown.is_empty() {
            return Ok(());
        }
        let mut unknown: Vec<(Hash, Name)> = self.unknown.drain().collect();
        unknown.sort_unstable();
        let steps = |names: &[(Hash, Name)]| -> Vec<Step> {
            names.iter().map(|(_, name)| name_step(self.head, name)).collect()
        };
        let mut plans = Vec::new();
        for names in unknown.chunks(IMPORT_CHUNK) {
            let steps = steps(names);
            storable(&steps)?;
            plans.push(Plan { head: self.head, steps, changes: 0 });
        }
        submit(&self.db, plans).await?;
        let hashes: Vec<Hash> = unknown.iter().map(|(hash, _)| *hash).collect();
        self.db.numbers_of(self.store, &hashes, &mut self.known).await
    }

    fn row(&self, tuple: Tuple, hashes: &KeyHashes) -> Option<Row> {
        let number = |hash: &Hash| self.known.get(hash).copied();
        let key = KeyNumbers {
            object: number(&hashes.object)?,
            relation: number(&hashes.relation)?,
            subject_relation: match &hashes.subject_relation {
                Some(relation) => number(relation)?,
                None => 0,
            },
            subject: number(&hashes.subject)?,
        };
        Some(Row { key, object_type: number(&hashes.object_type)?, tuple })
    }

    fn plans(&self, rows: Vec<Row>) -> Result<Vec<Plan>, StoreError> {
        let mut plans = Vec::with_capacity(rows.len().div_ceil(IMPORT_CHUNK));
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            plans.push(self.plan(rows.by_ref().take(IMPORT_CHUNK))?);
        }
        Ok(plans)
    }

    fn plan(&self, rows: impl Iterator<Item = Row>) -> Result<Plan, StoreError> {
        let mut steps = Vec::with_capacity(IMPORT_CHUNK + IMPORT_CHUNK / TUPLES_PER_REVISION);
        let (mut log, mut ahead, mut logged) = (Encoder::new(), 1, 0);
        for Row { key, object_type, tuple } in rows {
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

/// A tuple with the numbers of its names.
struct Row {
    key: KeyNumbers,
    object_type: i64,
    tuple: Tuple,
}

/// Writes plans one after the other. Answers the revision of the last.
async fn submit(db: &PermissionDb, plans: Vec<Plan>) -> Result<StoreRevision, StoreError> {
    match db.store.commit_bulk(plans).await {
        Ok(revision) => Ok(StoreRevision::new(revision.get())),
        Err(CommitError::Conflict(at)) => Err(StoreError::Engine(at.to_string())),
        Err(CommitError::Overloaded) => Err(StoreError::Overloaded),
        Err(CommitError::Store(error)) => Err(error),
    }
}
