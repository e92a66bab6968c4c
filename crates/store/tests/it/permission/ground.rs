//! A permission store of one engine, and short ways to say what happens to it.

use counterfoil_permission::tuple::Tuple;
use counterfoil_store::permission::{
    NewStore, OnDuplicate, Op, PermissionDb, PermissionStoreId, StoredTuple, TupleFilter, TupleKey,
    WriteTuples, WriteTuplesError,
};

use crate::ground::{Ground, NOW};

/// One store.
#[derive(Clone)]
pub struct Shop {
    pub ground: Ground,
    pub db: PermissionDb,
    pub id: PermissionStoreId,
}

impl Shop {
    pub async fn new(ground: Ground) -> Self {
        Self::numbered(ground, 1).await
    }

    pub async fn numbered(ground: Ground, number: u8) -> Self {
        let db = ground.store.permissions(ground.iss);
        let id = PermissionStoreId::new(1_800_000_000_000, [number; 10]);
        let new = NewStore { created_at: NOW, ..NewStore::named(id, "shop") };
        db.create_store(new).await.unwrap();
        Self { ground, db, id }
    }

    /// Writes and deletes tuples in the form `object#relation@user`, with ` if condition` and
    /// ` until seconds` after it. Says the revision or what is wrong.
    pub async fn write(&self, writes: &[&str], deletes: &[&str]) -> Result<u64, String> {
        self.ask(request(writes, deletes)).await
    }

    pub async fn replace(&self, writes: &[&str]) -> Result<u64, String> {
        self.ask(WriteTuples { on_duplicate: OnDuplicate::Replace, ..request(writes, &[]) }).await
    }

    pub async fn ask(&self, request: WriteTuples) -> Result<u64, String> {
        match self.db.write_tuples(self.id, request).await {
            Ok(revision) => Ok(revision.get()),
            Err(WriteTuplesError::Store(error)) => panic!("{error}"),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Every tuple that fits, a line for each, sorted.
    pub async fn found(&self, filter: &TupleFilter) -> Vec<String> {
        let mut lines = Vec::new();
        let mut after = None;
        loop {
            let page = self.db.read_tuples(self.id, filter, after.as_ref(), 3).await.unwrap();
            lines.extend(page.tuples.iter().map(show));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        lines.sort();
        lines
    }

    pub async fn all(&self) -> Vec<String> {
        self.found(&TupleFilter::default()).await
    }

    /// The log, a line for each change.
    pub async fn log(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut after = counterfoil_store::permission::StoreRevision::ZERO;
        loop {
            let rows = self.db.log_after(self.id, after, 7).await.unwrap();
            let Some(last) = rows.last() else { return lines };
            after = last.revision;
            for row in rows {
                lines.extend(row.ops.iter().map(|op| format!("{} {}", row.revision, show_op(op))));
            }
        }
    }
}

pub fn request(writes: &[&str], deletes: &[&str]) -> WriteTuples {
    WriteTuples {
        writes: writes.iter().map(|text| tuple(text)).collect(),
        deletes: deletes.iter().map(|text| key(text)).collect(),
        ..WriteTuples::default()
    }
}

pub fn tuple(text: &str) -> Tuple {
    let (text, until) = match text.split_once(" until ") {
        Some((text, until)) => (text, Some(until.parse().unwrap())),
        None => (text, None),
    };
    let (text, condition) = match text.split_once(" if ") {
        Some((text, condition)) => (text, Some(condition)),
        None => (text, None),
    };
    let (object, rest) = text.split_once('#').unwrap();
    let (relation, user) = rest.split_once('@').unwrap();
    let mut tuple = Tuple::parse(object, relation, user).unwrap();
    if let Some(condition) = condition {
        let (name, context) = condition.split_once(' ').unwrap_or((condition, "{}"));
        tuple = tuple.with_condition(name, serde_json::from_str(context).unwrap()).unwrap();
    }
    match until {
        Some(until) => tuple.with_expiry(until),
        None => tuple,
    }
}

pub fn show(stored: &StoredTuple) -> String {
    show_tuple(&stored.tuple)
}

pub fn show_tuple(tuple: &Tuple) -> String {
    let mut line = tuple.to_string();
    if let Some(condition) = tuple.condition() {
        let context = serde_json::to_string(condition.context()).unwrap();
        line.push_str(&format!(" if {} {context}", condition.name()));
    }
    if let Some(at) = tuple.expires_at() {
        line.push_str(&format!(" until {at}"));
    }
    line
}

pub fn show_op(op: &Op) -> String {
    match op {
        Op::Write(tuple) => format!("+ {}", show_tuple(tuple)),
        Op::Delete(key) => format!("- {key}"),
        Op::Model(id) => format!("model {id}"),
    }
}

/// A filter out of the four parts, each empty for any.
pub fn filter(object_type: &str, object: &str, relation: &str, user: &str) -> TupleFilter {
    use counterfoil_permission::tuple::{RelationName, TypeName, UserName};
    TupleFilter {
        object_type: TypeName::parse(object_type).ok(),
        object_id: Some(object.to_owned()).filter(|id| !id.is_empty()),
        relation: RelationName::parse(relation).ok(),
        user: UserName::parse(user).ok(),
    }
}

pub fn key(text: &str) -> TupleKey {
    TupleKey::of(&tuple(text))
}
