//! Checks, one by one and in batches.

use std::collections::{BTreeMap, HashSet};

use counterfoil_permission::{
    check::{CheckError, CheckRequest, Decision, MissingParameter},
    tuple::Context,
};

use super::{
    Answer, Asker,
    view::{self, Question, View},
};
use crate::permissions::{
    auth::Need,
    error::{ApiError, Band, REQUIRED},
    limits::CHECKS_PER_BATCH,
    live::{About, What},
    names, schema,
    wire::{
        BatchCheck, BatchCheckAnswer, BatchCheckItem, Check, CheckAnswer, ContextualTuples,
        SingleError, SingleResult, TupleKey,
    },
};

/// From how long on a part of a batch is long.
const LONG_NANOS: u64 = 1_000_000;

impl Asker<'_> {
    /// Whether a user has a relation to an object.
    pub(crate) async fn check(
        &self,
        store: &str,
        request: &Check<'_>,
    ) -> Result<Answer<CheckAnswer>, ApiError> {
        const MESSAGE: schema::Message = "CheckRequest";
        let store = self.store(MESSAGE, Need::Read, store)?;
        let key = schema::question(MESSAGE, "CheckRequestTupleKey", request.tuple_key.as_ref())?;
        schema::contextual(request.contextual_tuples.as_ref())?;
        let question = Question {
            message: MESSAGE,
            model: &request.authorization_model_id,
            consistency: &request.consistency,
        };
        let view = self.view(store, question).await?;
        let asked = Asked {
            key,
            contextual: request.contextual_tuples.as_ref(),
            context: request.context.as_ref(),
        };
        let allowed = self.decide(&view, &asked).await.and_then(|decided| allowed(&decided))?;
        let revision = view.revision.clone();
        let value = CheckAnswer { allowed, resolution: "", revision: revision.clone() };
        Ok(Answer::plain(value).with_model(view.model_id).at(revision))
    }

    /// Several checks at one revision, each with its own answer or error.
    pub(crate) async fn batch_check(
        &self,
        store: &str,
        request: &BatchCheck<'_>,
    ) -> Result<Answer<BatchCheckAnswer>, ApiError> {
        const MESSAGE: schema::Message = "BatchCheckRequest";
        let store = self.store(MESSAGE, Need::Read, store)?;
        let checks = request.checks.as_deref().unwrap_or_default();
        if checks.is_empty() {
            let reason = "value must contain at least 1 item(s)";
            return Err(ApiError::schema(MESSAGE, "Checks", reason));
        }
        checks.iter().try_for_each(item)?;
        let question = Question {
            message: MESSAGE,
            model: &request.authorization_model_id,
            consistency: &request.consistency,
        };
        let view = self.view(store, question).await?;
        if checks.len() > CHECKS_PER_BATCH {
            return Err(ApiError::validation(format!(
                "batchCheck received {} checks, the maximum allowed is {CHECKS_PER_BATCH}",
                checks.len()
            )));
        }
        distinct(checks)?;
        let mut result = BTreeMap::new();
        for check in checks {
            let started = self.state.config.clock.ticks();
            let Some(key) = check.tuple_key.as_ref() else { continue };
            let asked = Asked {
                key,
                contextual: check.contextual_tuples.as_ref(),
                context: check.context.as_ref(),
            };
            let decided = self.decide(&view, &asked).await;
            let single = match decided.and_then(|decided| allowed(&decided)) {
                Ok(allowed) => SingleResult::Allowed(allowed),
                Err(error) => SingleResult::Error(single_error(&error)),
            };
            result.insert(check.correlation_id.as_str().to_owned(), single);
            self.let_others(started).await;
        }
        let revision = view.revision.clone();
        let value = BatchCheckAnswer { result, revision: revision.clone() };
        Ok(Answer::plain(value).with_model(view.model_id).at(revision))
    }

    /// Lets others have their turn if this one was long: the parts of a batch run one after another
    /// on a thread that many share.
    pub(crate) async fn let_others(&self, started: u64) {
        if self.state.config.clock.ticks().saturating_sub(started) > LONG_NANOS {
            tokio::task::yield_now().await;
        }
    }

    /// Puts one question to the engine.
    pub(crate) async fn decide(
        &self,
        view: &View,
        asked: &Asked<'_, '_>,
    ) -> Result<Decision, ApiError> {
        let bad = |reason: &str| ApiError::validation(format!("invalid relation: {reason}"));
        let user = names::user(&asked.key.user).map_err(bad)?;
        let object = names::object(&asked.key.object).map_err(bad)?;
        let relation = names::relation(&asked.key.relation).map_err(bad)?;
        let empty = Context::new();
        let context = asked.context.unwrap_or(&empty);
        names::context(context)
            .map_err(|reason| ApiError::validation(format!("invalid context: {reason}")))?;
        let tuples = asked.contextual.and_then(|tuples| tuples.tuple_keys.as_deref());
        let tuples = names::contextual(&view.model, tuples.unwrap_or_default())
            .map_err(|bad| bad.in_check())?;
        let about = About {
            what: What::Object(&object),
            relations: &[relation.as_str()],
            user: Some(&user),
            contextual: &tuples,
        };
        let snapshot = view.snapshot(about).await?;
        let request = CheckRequest::new(&object, &relation, &user)
            .contextual(&tuples)
            .limits(view.settings.limits())
            .now(self.now());
        view::check(&snapshot, &request, context).map_err(|error| refused(&error))
    }
}

/// One question.
pub(crate) struct Asked<'r, 'a> {
    pub(crate) key: &'r TupleKey<'a>,
    pub(crate) contextual: Option<&'r ContextualTuples<'a>>,
    pub(crate) context: Option<&'r Context>,
}

fn item(item: &BatchCheckItem<'_>) -> Result<(), ApiError> {
    const MESSAGE: schema::Message = "BatchCheckItem";
    if item.tuple_key.is_none() {
        return Err(ApiError::schema(MESSAGE, "TupleKey", REQUIRED));
    }
    schema::question(MESSAGE, "CheckRequestTupleKey", item.tuple_key.as_ref())?;
    schema::contextual(item.contextual_tuples.as_ref())?;
    if !schema::is_correlation_id(&item.correlation_id) {
        return Err(ApiError::schema(MESSAGE, "CorrelationId", schema::CORRELATION_ID));
    }
    Ok(())
}

fn distinct(checks: &[BatchCheckItem<'_>]) -> Result<(), ApiError> {
    let mut seen = HashSet::new();
    match checks.iter().find(|check| !seen.insert(check.correlation_id.as_str())) {
        None => Ok(()),
        Some(twice) => Err(ApiError::validation(format!(
            "received duplicate correlation id: {}",
            twice.correlation_id.as_str()
        ))),
    }
}

fn single_error(error: &ApiError) -> SingleError {
    let input = error.code.band() == Band::InvalidArgument;
    let name = Some(error.code.name());
    SingleError {
        input_error: name.filter(|_| input),
        internal_error: name.filter(|_| !input),
        message: error.message.to_string(),
        number: error.code.number(),
    }
}

/// Yes, no, or why it can't be said.
pub(crate) fn allowed(decision: &Decision) -> Result<bool, ApiError> {
    match decision {
        Decision::Allow => Ok(true),
        Decision::Deny => Ok(false),
        undecided => Err(why_undecided(undecided)),
    }
}

/// What an answer that is none comes to.
pub(crate) fn why_undecided(decision: &Decision) -> ApiError {
    match decision {
        Decision::Missing(missing) => ApiError::validation(needs(missing)),
        Decision::Failed { condition, why } => ApiError::validation(format!(
            "failed to evaluate relationship condition: '{condition}' - {why}"
        )),
        Decision::TooComplex | Decision::Allow | Decision::Deny => ApiError::too_complex(),
    }
}

/// Says which parameters of which conditions were not given.
pub(crate) fn needs(missing: &[MissingParameter]) -> String {
    let mut text = String::from("failed to evaluate relationship condition: ");
    let mut condition = None;
    for MissingParameter { condition: of, parameter } in missing {
        if condition == Some(of) {
            text.push_str(&format!(", '{parameter}'"));
        } else {
            let separator = if condition.is_some() { "; " } else { "" };
            text.push_str(&format!(
                "{separator}'{of}' - the context is missing parameters '{parameter}'"
            ));
            condition = Some(of);
        }
    }
    text
}

pub(crate) fn refused(error: &CheckError) -> ApiError {
    match error {
        CheckError::UnknownType(name) => {
            ApiError::validation(format!("invalid relation: type '{name}' not found"))
        }
        CheckError::UnknownRelation { type_name, relation } => ApiError::validation(format!(
            "invalid relation: relation '{type_name}#{relation}' not found"
        )),
        other => ApiError::validation(other.to_string()),
    }
}
