use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use counterfoil_permission::tuple::Tuple;

use super::names::{KeyNames, KeyNumbers, Name, Numbers};
use super::plan::{Act, Decided, Relied};
use super::{PermissionDb, PermissionStoreId, StoreRevision, TupleFilter, TupleKey};
use crate::head::Head;
use crate::row::Fields;
use crate::value::Value;
use crate::{CommitError, StoreError, sql};

/// The most tuples that one write may name, deletes and preconditions included. OpenFGA's limit of
/// 100 is the API's; this one keeps a write from holding up the others for long.
pub const MAX_TUPLES_PER_WRITE: usize = 1_000;

/// How often a write is decided anew when others changed what it relied on.
const ATTEMPTS: usize = 16;

/// Tuples that are looked up in one statement.
const TUPLES_PER_LOOKUP: usize = 64;

/// What to do with a write of a tuple that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDuplicate {
    /// Refuse the request.
    #[default]
    Error,
    /// Leave it as it is, if its condition and expiry are the same; else refuse the request.
    Ignore,
    /// Give it the written condition and expiry.
    Replace,
}

/// What to do with a delete of a tuple that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMissing {
    /// Refuse the request.
    #[default]
    Error,
    /// Go on.
    Ignore,
}

/// What must hold for a write to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// At least one tuple fits the filter.
    Exists(TupleFilter),
    /// No tuple fits the filter.
    Absent(TupleFilter),
}

/// Tuples to write and delete, all or nothing: deletes first.
#[derive(Clone, Debug, Default)]
pub struct WriteTuples {
    /// What to insert or replace.
    pub writes: Vec<Tuple>,
    /// What to delete.
    pub deletes: Vec<TupleKey>,
    /// What to do with a write of a tuple that is there already.
    pub on_duplicate: OnDuplicate,
    /// What to do with a delete of one that is not.
    pub on_missing: OnMissing,
    /// What must hold before. An expired tuple exists until it is swept.
    pub preconditions: Vec<Precondition>,
}

/// Why tuples were not written. Nothing of the request was.
#[derive(Clone, Debug)]
pub enum WriteTuplesError {
    /// More than [`MAX_TUPLES_PER_WRITE`].
    TooMany(usize),
    /// The request names this tuple more than once.
    Repeated(TupleKey),
    /// The tuple is there already.
    AlreadyExists(TupleKey),
    /// The tuple is there already, with another condition or expiry than the write to be ignored.
    DifferentCondition(TupleKey),
    /// The tuple to be deleted is not there.
    Missing(TupleKey),
    /// The precondition at this place doesn't hold.
    Precondition(usize),
    /// Others changed the same tuples again and again while this was tried.
    Conflict,
    /// The store failed.
    Store(StoreError),
}

impl fmt::Display for WriteTuplesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany(found) => {
                write!(f, "{found} tuples in one write, at most {MAX_TUPLES_PER_WRITE}")
            }
            Self::Repeated(key) => write!(f, "`{key}` is named more than once"),
            Self::AlreadyExists(key) => write!(f, "`{key}` exists already"),
            Self::DifferentCondition(key) => {
                write!(f, "`{key}` exists already with another condition or expiry")
            }
            Self::Missing(key) => write!(f, "`{key}` does not exist"),
            Self::Precondition(place) => write!(f, "precondition {place} does not hold"),
            Self::Conflict => f.write_str("others were changing the same tuples; try again"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WriteTuplesError {}

impl From<StoreError> for WriteTuplesError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A row as it was read: its revision and what it says beyond its key.
#[derive(Debug)]
struct Seen {
    revision: StoreRevision,
    condition: Option<String>,
    context: Option<serde_json::Value>,
    expires_at: Option<i64>,
}

impl PermissionDb {
    /// Writes and deletes tuples durably, or nothing of it, and returns the revision that it took;
    /// or the head, if there was nothing to change.
    ///
    /// # Errors
    /// See [`WriteTuplesError`].
    pub async fn write_tuples(
        &self,
        id: PermissionStoreId,
        request: WriteTuples,
    ) -> Result<StoreRevision, WriteTuplesError> {
        let asked = Asked::new(request)?;
        let store = self.number(id).await?;
        for _ in 0..ATTEMPTS {
            let decided = asked.decide(self, store).await?;
            let plan = decided.plan(Head::Permissions(self.iss, store))?;
            match self.store.commit_plan(plan).await {
                Ok(done) => return Ok(StoreRevision::new(done.revision.get())),
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Overloaded) => return Err(StoreError::Overloaded.into()),
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(WriteTuplesError::Conflict)
    }

    /// The rows of these keys.
    async fn seen(
        &self,
        store: i64,
        keys: &[KeyNumbers],
    ) -> Result<HashMap<KeyNumbers, Seen>, StoreError> {
        let mut seen = HashMap::new();
        for chunk in keys.chunks(TUPLES_PER_LOOKUP) {
            let shape = chunk.len().next_power_of_two();
            let mut params = vec![Value::Int(self.iss.get()), Value::Int(store)];
            params.extend(chunk.iter().cycle().take(shape).flat_map(|key| key.values()));
            for row in self.store.query(&lookup(shape), &params).await? {
                let mut row = Fields::plain("permission_tuples", row);
                let key = KeyNumbers {
                    object: row.int("object")?,
                    relation: row.int("relation")?,
                    subject_relation: row.int("subject_relation")?,
                    subject: row.int("subject")?,
                };
                let found = Seen {
                    revision: StoreRevision::new(row.revision("revision")?.get()),
                    condition: row.maybe_text("condition")?,
                    context: row.maybe_json("context")?,
                    expires_at: row.maybe_int("expires_at")?,
                };
                seen.insert(key, found);
            }
        }
        Ok(seen)
    }
}

/// A request whose names are made ready, and in which no tuple is named twice.
struct Asked {
    writes: Vec<(KeyNames, TupleKey, Tuple)>,
    deletes: Vec<(KeyNames, TupleKey)>,
    request: WriteTuples,
}

impl Asked {
    fn new(mut request: WriteTuples) -> Result<Self, WriteTuplesError> {
        let count = request.writes.len() + request.deletes.len() + request.preconditions.len();
        if count > MAX_TUPLES_PER_WRITE {
            return Err(WriteTuplesError::TooMany(count));
        }
        if request.writes.iter().filter_map(Tuple::expires_at).any(|at| i64::try_from(at).is_err())
        {
            return Err(StoreError::Unstorable("an expiry beyond all times".to_owned()).into());
        }
        let mut keys = BTreeSet::new();
        for key in request.writes.iter().map(TupleKey::of).chain(request.deletes.clone()) {
            if let Some(twice) = keys.replace(key) {
                return Err(WriteTuplesError::Repeated(twice));
            }
        }
        let writes = std::mem::take(&mut request.writes).into_iter().map(|tuple| {
            let key = TupleKey::of(&tuple);
            (KeyNames::new(&key), key, tuple)
        });
        let writes = writes.collect();
        let deletes = std::mem::take(&mut request.deletes).into_iter();
        let deletes = deletes.map(|key| (KeyNames::new(&key), key)).collect();
        Ok(Self { writes, deletes, request })
    }

    /// Loads what the request is about and decides what to do.
    async fn decide(&self, db: &PermissionDb, store: i64) -> Result<Decided, WriteTuplesError> {
        let names = self.writes.iter().map(|(names, ..)| names);
        let names = names.chain(self.deletes.iter().map(|(names, _)| names));
        let numbers = db.numbers(store, &names.clone().flat_map(KeyNames::each).collect()).await?;
        let keys: Vec<KeyNumbers> = names.filter_map(|names| numbers.key(names)).collect();
        let seen = db.seen(store, &keys).await?;
        let mut decided = Decided::default();
        self.preconditions(db, store, &mut decided).await?;
        self.decide_deletes(&numbers, &seen, &mut decided)?;
        self.decide_writes(db, &numbers, &seen, &mut decided)?;
        Ok(decided)
    }

    async fn preconditions(
        &self,
        db: &PermissionDb,
        store: i64,
        decided: &mut Decided,
    ) -> Result<(), WriteTuplesError> {
        for (place, precondition) in self.request.preconditions.iter().enumerate() {
            let (filter, wanted) = match precondition {
                Precondition::Exists(filter) => (filter, true),
                Precondition::Absent(filter) => (filter, false),
            };
            let found = db.numbered_page(store, filter, None, 1).await?;
            if found.rows.is_empty() == wanted {
                return Err(WriteTuplesError::Precondition(place));
            }
            let names = filter.names();
            decided.relied.push(if wanted { Relied::Some(names) } else { Relied::None(names) });
        }
        Ok(())
    }

    fn decide_deletes(
        &self,
        numbers: &Numbers,
        seen: &HashMap<KeyNumbers, Seen>,
        decided: &mut Decided,
    ) -> Result<(), WriteTuplesError> {
        for (names, key) in &self.deletes {
            let found = numbers.key(names).and_then(|key| Some((key, seen.get(&key)?)));
            match (found, self.request.on_missing) {
                (Some((numbers, row)), _) => {
                    decided.acts.push(Act::Delete(numbers, row.revision, key.clone()));
                }
                (None, OnMissing::Error) => return Err(WriteTuplesError::Missing(key.clone())),
                (None, OnMissing::Ignore) => {
                    decided.relied.push(Relied::None(TupleFilter::key(key).names()));
                }
            }
        }
        Ok(())
    }

    fn decide_writes(
        &self,
        db: &PermissionDb,
        numbers: &Numbers,
        seen: &HashMap<KeyNumbers, Seen>,
        decided: &mut Decided,
    ) -> Result<(), WriteTuplesError> {
        let now = db.store.now();
        let mut new_names: BTreeMap<&Name, ()> = BTreeMap::new();
        for (names, key, tuple) in &self.writes {
            let numbered = numbers.key(names);
            let found = numbered.and_then(|key| Some((key, seen.get(&key)?)));
            let Some((place, row)) = found else {
                let unknown = names.each().filter(|name| numbers.get(name).is_none());
                new_names.extend(unknown.map(|name| (name, ())));
                let numbered = numbered.zip(numbers.get(&names.object_type));
                decided.acts.push(Act::Insert(names.clone(), numbered, tuple.clone()));
                continue;
            };
            // What has expired is as good as deleted; it only wasn't swept yet.
            let expired = row.expires_at.is_some_and(|at| at <= now.as_secs());
            match self.request.on_duplicate {
                OnDuplicate::Error if !expired => {
                    return Err(WriteTuplesError::AlreadyExists(key.clone()));
                }
                OnDuplicate::Ignore if !expired && row.says(tuple) => {
                    decided.relied.push(Relied::Unchanged(place, row.revision));
                }
                OnDuplicate::Ignore if !expired => {
                    return Err(WriteTuplesError::DifferentCondition(key.clone()));
                }
                OnDuplicate::Replace if row.says(tuple) => {
                    decided.relied.push(Relied::Unchanged(place, row.revision));
                }
                OnDuplicate::Error | OnDuplicate::Ignore | OnDuplicate::Replace => {
                    decided.acts.push(Act::Replace(place, row.revision, tuple.clone()));
                }
            }
        }
        decided.new_names = new_names.into_keys().cloned().collect();
        Ok(())
    }
}

impl Seen {
    /// Whether the row says what the write would.
    fn says(&self, tuple: &Tuple) -> bool {
        let condition = tuple.condition();
        let context = match (&self.context, condition) {
            (None, None) => true,
            (Some(serde_json::Value::Object(found)), Some(new)) => found == new.context(),
            _ => false,
        };
        self.condition.as_deref() == condition.map(|condition| condition.name())
            && context
            && self.expires_at == tuple.expires_at().and_then(|at| i64::try_from(at).ok())
    }
}

pub(crate) fn lookup(count: usize) -> String {
    let mut text = String::from(sql::permission::TUPLES_BY_KEY_HEAD);
    for place in 0..count {
        let first = 3 + 4 * place;
        text.push_str(&format!(
            "{}(object = ${first} AND relation = ${} AND subject_relation = ${} AND subject = ${})",
            if place > 0 { " OR " } else { "" },
            first + 1,
            first + 2,
            first + 3,
        ));
    }
    text.push(')');
    text
}
