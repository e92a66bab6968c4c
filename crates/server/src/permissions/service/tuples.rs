//! Tuples: read as they are stored, written and deleted all or nothing.

use std::collections::HashSet;

use counterfoil_permission::{
    compile::CheckedModel,
    tuple::{RelationName, Tuple, TypeName, UserName},
};
use counterfoil_store::permission::{
    Cursor, OnDuplicate, OnMissing, Precondition, TupleFilter, TupleKey, WriteTuples,
    WriteTuplesError,
};

use super::{
    Answer, Asker, of_store,
    view::{Question, revision_token},
};
use crate::permissions::{
    auth::Need,
    continuation::Listed,
    error::{ApiError, Code, REQUIRED},
    limits::TUPLES_PER_WRITE,
    moment, names, schema,
    wire::{
        self, AnsweredCondition, AnsweredKey, Consistency, DeleteByFilter, Read, ReadAnswer,
        StoredTuple, Write, WriteAnswer,
    },
};

impl Asker<'_> {
    /// Reads stored tuples, without asking what follows from them.
    pub(crate) async fn read(
        &self,
        store: &str,
        request: &Read<'_>,
    ) -> Result<Answer<ReadAnswer>, ApiError> {
        const MESSAGE: schema::Message = "ReadRequest";
        let id = self.store(MESSAGE, Need::Read, store)?;
        let filter = match &request.tuple_key {
            None => TupleFilter::default(),
            Some(key) => {
                schema::filter(key)?;
                filter(key)?
            }
        };
        let size = schema::page_size(MESSAGE, request.page_size)?;
        schema::continuation_token(MESSAGE, &request.continuation_token)?;
        schema::consistency(MESSAGE, &request.consistency)?;
        let key = request.tuple_key.as_ref();
        let part = |part: fn(&'_ wire::TupleKey<'_>) -> String| key.map(part).unwrap_or_default();
        let parts = [
            part(|key| key.user.as_str().to_owned()),
            part(|key| key.relation.as_str().to_owned()),
            part(|key| key.object.as_str().to_owned()),
        ];
        let [user, relation, object] = &parts;
        let question = [store, user.as_str(), relation.as_str(), object.as_str()];
        let tokens = &self.state.permission_api.tokens;
        let after = tokens.read(Listed::Tuples, &question, &request.continuation_token)?;
        let after = match after {
            None => None,
            Some(bytes) => {
                Some(Cursor::from_bytes(&bytes).ok_or_else(ApiError::continuation_token)?)
            }
        };
        let rows = usize::try_from(size).unwrap_or(usize::MAX);
        let db = self.state.permissions.db();
        let page = db.read_tuples(id, &filter, after.as_ref(), rows).await.map_err(of_store)?;
        let next = page.next.map(|next| tokens.make(Listed::Tuples, &question, &next.to_bytes()));
        let revision = revision_token(id, page.revision);
        let now = self.now();
        let living = page.tuples.iter().filter(|stored| !is_over(&stored.tuple, now));
        let tuples = living.map(|stored| StoredTuple {
            key: shown(&stored.tuple),
            timestamp: moment::format(stored.written_at.as_secs() * 1_000),
        });
        Ok(Answer::plain(ReadAnswer {
            tuples: tuples.collect(),
            continuation_token: next.unwrap_or_default(),
            revision: revision.clone(),
        })
        .at(revision))
    }

    /// Writes and deletes tuples, all or nothing; answers once this node sees it.
    pub(crate) async fn write(
        &self,
        store: &str,
        request: &Write<'_>,
    ) -> Result<Answer<WriteAnswer>, ApiError> {
        const MESSAGE: schema::Message = "WriteRequest";
        let id = self.store(MESSAGE, Need::Write, store)?;
        check_schema(request)?;
        let unspecified = Consistency::Unspecified;
        let model = &request.authorization_model_id;
        let question = Question { message: MESSAGE, model, consistency: &unspecified };
        let live = self.model(id, &question).await?;
        let model_id = live.id;
        let write = prepare(&live.checked, request, self.now())?;
        let revision = self.state.permissions.write(id, write).await.map_err(not_written)?;
        let revision = revision_token(id, revision);
        let value = WriteAnswer { revision: revision.clone(), deleted: None };
        Ok(Answer::plain(value).with_model(model_id).at(revision))
    }

    /// Deletes the tuples that fit a filter.
    pub(crate) async fn delete_by_filter(
        &self,
        store: &str,
        request: &DeleteByFilter<'_>,
    ) -> Result<Answer<WriteAnswer>, ApiError> {
        const MESSAGE: schema::Message = "DeleteByFilterRequest";
        let id = self.store(MESSAGE, Need::Write, store)?;
        let key = request.tuple_key.as_ref();
        let key = key.ok_or_else(|| ApiError::schema(MESSAGE, "TupleKey", REQUIRED))?;
        schema::filter(key)?;
        let filter = filter(key)?;
        let done = self.state.permissions.delete_by_filter(id, filter).await;
        let (deleted, revision) = done.map_err(of_store)?;
        let revision = revision_token(id, revision);
        let value = WriteAnswer { revision: revision.clone(), deleted: Some(deleted) };
        Ok(Answer::plain(value).at(revision))
    }
}

/// Whether a tuple has stopped counting.
pub(crate) fn is_over(tuple: &Tuple, now: u64) -> bool {
    tuple.expires_at().is_some_and(|end| end <= now)
}

/// A tuple as an answer has it.
pub(crate) fn shown(tuple: &Tuple) -> AnsweredKey {
    AnsweredKey {
        user: tuple.user().to_string(),
        relation: tuple.relation().to_string(),
        object: tuple.object().to_string(),
        condition: tuple.condition().map(|condition| AnsweredCondition {
            name: condition.name().to_owned(),
            context: condition.context().clone(),
        }),
        expires_at: tuple.expires_at().map(|end| {
            moment::format(i64::try_from(end).unwrap_or(i64::MAX).saturating_mul(1_000))
        }),
    }
}

/// The same of a key alone.
pub(crate) fn shown_key(key: &TupleKey) -> AnsweredKey {
    AnsweredKey {
        user: key.user.to_string(),
        relation: key.relation.to_string(),
        object: key.object.to_string(),
        condition: None,
        expires_at: None,
    }
}

fn filter(key: &wire::TupleKey<'_>) -> Result<TupleFilter, ApiError> {
    let (of, object_id) = key.object.split_once(':').unwrap_or((&key.object, ""));
    if of.is_empty() || (object_id.is_empty() && key.user.is_empty()) {
        return Err(ApiError::validation(
            "the 'tuple_key' field was provided but the object type field is required and both \
             the object id and user cannot be empty",
        ));
    }
    let malformed = |what: &str| ApiError::validation(format!("the '{what}' field is malformed"));
    if !object_id.is_empty() {
        names::object(&key.object).map_err(ApiError::validation)?;
    }
    let relation = key.relation.given().map(RelationName::parse).transpose();
    let user = key.user.given().map(UserName::parse).transpose();
    Ok(TupleFilter {
        object_type: Some(TypeName::parse(of).map_err(|_| malformed("object"))?),
        object_id: Some(object_id.to_owned()).filter(|id| !id.is_empty()),
        relation: relation.map_err(|_| malformed("relation"))?,
        user: user.map_err(|_| malformed("user"))?,
    })
}

fn check_schema(request: &Write<'_>) -> Result<(), ApiError> {
    let few =
        |message| ApiError::schema(message, "TupleKeys", "value must contain at least 1 item(s)");
    if let Some(writes) = &request.writes {
        let keys = writes.tuple_keys.as_deref().unwrap_or_default();
        if keys.is_empty() {
            return Err(few("WriteRequestWrites"));
        }
        keys.iter().try_for_each(schema::tuple_key)?;
    }
    if let Some(deletes) = &request.deletes {
        let keys = deletes.tuple_keys.as_deref().unwrap_or_default();
        if keys.is_empty() {
            return Err(few("WriteRequestDeletes"));
        }
        keys.iter().try_for_each(|key| schema::tuple_key_of("TupleKeyWithoutCondition", key))?;
    }
    Ok(())
}

fn prepare(model: &CheckedModel, request: &Write<'_>, now: u64) -> Result<WriteTuples, ApiError> {
    let writes = request.writes.as_ref().and_then(|writes| writes.tuple_keys.as_deref());
    let deletes = request.deletes.as_ref().and_then(|deletes| deletes.tuple_keys.as_deref());
    let (writes, deletes) = (writes.unwrap_or_default(), deletes.unwrap_or_default());
    if writes.is_empty() && deletes.is_empty() {
        return Err(ApiError::new(
            Code::InvalidWriteInput,
            "Invalid input. Make sure you provide at least one write, or at least one delete",
        ));
    }
    let written = writes.iter().map(|key| tuple_write(model, key, now));
    let deleted = deletes.iter().map(tuple_key);
    let prepared = WriteTuples {
        writes: written.collect::<Result<_, _>>()?,
        deletes: deleted.collect::<Result<_, _>>()?,
        on_duplicate: on_duplicate(request)?,
        on_missing: on_missing(request)?,
        preconditions: preconditions(request)?,
    };
    let mut seen = HashSet::new();
    for key in deletes.iter().chain(writes) {
        if !seen.insert((key.object.as_str(), key.relation.as_str(), key.user.as_str())) {
            return Err(ApiError::new(
                Code::DuplicateTuples,
                format!(
                    "duplicate tuple in write: {}",
                    named(&key.user, &key.relation, &key.object)
                ),
            ));
        }
    }
    if seen.len() > TUPLES_PER_WRITE {
        return Err(ApiError::exceeded("write operations", TUPLES_PER_WRITE));
    }
    Ok(prepared)
}

fn tuple_write(
    model: &CheckedModel,
    key: &wire::TupleKey<'_>,
    now: u64,
) -> Result<Tuple, ApiError> {
    let tuple = names::tuple(model, key).map_err(|bad| bad.in_write())?;
    if is_over(&tuple, now) {
        return Err(names::BadTuple::new(key, "'expires_at' is in the past").in_write());
    }
    Ok(tuple)
}

fn tuple_key(key: &wire::TupleKey<'_>) -> Result<TupleKey, ApiError> {
    let bad = |reason: &str| names::BadTuple::new(key, reason).in_write();
    Ok(TupleKey {
        user: names::user(&key.user).map_err(bad)?,
        object: names::object(&key.object).map_err(bad)?,
        relation: names::relation(&key.relation).map_err(bad)?,
    })
}

fn on_duplicate(request: &Write<'_>) -> Result<OnDuplicate, ApiError> {
    match request.writes.as_ref().map_or("", |writes| writes.on_duplicate.as_str()) {
        "" | "error" => Ok(OnDuplicate::Error),
        "ignore" => Ok(OnDuplicate::Ignore),
        "replace" => Ok(OnDuplicate::Replace),
        other => Err(ApiError::validation(format!("invalid on_duplicate option: {other}"))),
    }
}

fn on_missing(request: &Write<'_>) -> Result<OnMissing, ApiError> {
    match request.deletes.as_ref().map_or("", |deletes| deletes.on_missing.as_str()) {
        "" | "error" => Ok(OnMissing::Error),
        "ignore" => Ok(OnMissing::Ignore),
        other => Err(ApiError::validation(format!("invalid on_missing option: {other}"))),
    }
}

fn preconditions(request: &Write<'_>) -> Result<Vec<Precondition>, ApiError> {
    let given = request.preconditions.as_deref().unwrap_or_default();
    if given.len() > TUPLES_PER_WRITE {
        return Err(ApiError::exceeded("preconditions", TUPLES_PER_WRITE));
    }
    let read = given.iter().map(|precondition| {
        let key = precondition
            .tuple_key
            .as_ref()
            .ok_or_else(|| ApiError::schema("Precondition", "TupleKey", REQUIRED))?;
        schema::filter(key)?;
        let filter = filter(key)?;
        Ok(if precondition.exists {
            Precondition::Exists(filter)
        } else {
            Precondition::Absent(filter)
        })
    });
    read.collect()
}

fn named(user: &str, relation: &str, object: &str) -> String {
    format!("user: '{user}', relation: '{relation}', object: '{object}'")
}

/// Why a write did not take place, in OpenFGA's words.
fn not_written(error: WriteTuplesError) -> ApiError {
    const CONFLICT: &str = "transactional write failed due to conflict";
    const INVALID: &str =
        "tuple to be written already existed or the tuple to be deleted did not exist";
    let names = |key: &TupleKey| {
        named(&key.user.to_string(), key.relation.as_str(), &key.object.to_string())
    };
    match &error {
        WriteTuplesError::AlreadyExists(key) => ApiError::new(
            Code::WriteFailed,
            format!("cannot write a tuple which already exists: {}: {INVALID}", names(key)),
        ),
        WriteTuplesError::Missing(key) => ApiError::new(
            Code::WriteFailed,
            format!("cannot delete a tuple which does not exist: {}: {INVALID}", names(key)),
        ),
        WriteTuplesError::DifferentCondition(key) => ApiError::new(
            Code::Aborted,
            format!(
                "{CONFLICT}: attempted to write a tuple which already exists with a different \
                 condition: {}",
                names(key)
            ),
        ),
        WriteTuplesError::Repeated(key) => ApiError::new(
            Code::DuplicateTuples,
            format!("duplicate tuple in write: {}", names(key)),
        ),
        WriteTuplesError::TooMany(_) => ApiError::exceeded("write operations", TUPLES_PER_WRITE),
        WriteTuplesError::Precondition(place) => {
            ApiError::new(Code::Aborted, format!("precondition {place} does not hold"))
        }
        WriteTuplesError::Conflict => ApiError::new(
            Code::Aborted,
            format!("{CONFLICT}: one or more tuples were changed by another transaction"),
        ),
        WriteTuplesError::Store(error) => of_store(error.clone()),
    }
}
