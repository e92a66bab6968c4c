//! Assertions: what the author of a model expects of it, kept with it.

use std::sync::Arc;

use counterfoil_permission::compile::CheckedModel;
use counterfoil_store::permission::PermissionStoreId;
use serde_json::Value;

use super::{Answer, Asker, of_store, tuples::shown, view::Question};
use crate::permissions::{
    auth::Need,
    error::{ApiError, REQUIRED},
    limits::{ASSERTION_BYTES, ASSERTION_TUPLES, ASSERTIONS},
    live::LiveModel,
    names, schema,
    wire::{
        AnsweredAssertion, Assertion, AssertionKey, AssertionsAnswer, Consistency, WriteAssertions,
    },
};

impl Asker<'_> {
    /// Replaces the assertions of a model.
    pub(crate) async fn write_assertions(
        &self,
        store: &str,
        model: &str,
        request: &WriteAssertions<'_>,
    ) -> Result<Answer<()>, ApiError> {
        const MESSAGE: schema::Message = "WriteAssertionsRequest";
        let store = self.store(MESSAGE, Need::Write, store)?;
        let assertions = request.assertions.as_deref().unwrap_or_default();
        if assertions.len() > ASSERTIONS {
            let reason = format!("value must contain no more than {ASSERTIONS} item(s)");
            return Err(ApiError::schema(MESSAGE, "Assertions", &reason));
        }
        assertions.iter().try_for_each(check_schema)?;
        let live = self.named_model(MESSAGE, store, model).await?;
        let (id, checked) = (live.id, &live.checked);
        let kept: Result<Vec<_>, _> =
            assertions.iter().map(|assertion| kept(checked, assertion)).collect();
        let text = serde_json::to_string(&kept?).map_err(|_| ApiError::internal())?;
        if text.len() > ASSERTION_BYTES {
            return Err(ApiError::exceeded("bytes", ASSERTION_BYTES));
        }
        let db = self.state.permissions.db();
        db.put_assertions(store, id, &text).await.map_err(of_store)?;
        Ok(Answer::plain(()).with_model(id))
    }

    /// Reads the assertions of a model.
    pub(crate) async fn read_assertions(
        &self,
        store: &str,
        model: &str,
    ) -> Result<Answer<AssertionsAnswer<Value>>, ApiError> {
        const MESSAGE: schema::Message = "ReadAssertionsRequest";
        let store = self.store(MESSAGE, Need::Read, store)?;
        let id = self.named_model(MESSAGE, store, model).await?.id;
        let found = self.state.permissions.db().assertions(store, id).await.map_err(of_store)?;
        let assertions = match found {
            None => Vec::new(),
            Some(text) => serde_json::from_str(&text).map_err(|error| {
                tracing::error!(%error, "stored assertions can't be read");
                ApiError::internal()
            })?,
        };
        let authorization_model_id = id.to_string();
        Ok(Answer::plain(AssertionsAnswer { authorization_model_id, assertions }).with_model(id))
    }

    async fn named_model(
        &self,
        message: schema::Message,
        store: PermissionStoreId,
        model: &str,
    ) -> Result<Arc<LiveModel>, ApiError> {
        if !schema::is_ulid(model) {
            return Err(ApiError::schema(message, "AuthorizationModelId", schema::ULID));
        }
        let consistency = Consistency::Unspecified;
        let model = model.into();
        self.model(store, &Question { message, model: &model, consistency: &consistency }).await
    }
}

fn check_schema(assertion: &Assertion<'_>) -> Result<(), ApiError> {
    let key = assertion.tuple_key.as_ref();
    if key.is_none() {
        return Err(ApiError::schema("Assertion", "TupleKey", REQUIRED));
    }
    schema::question("Assertion", "AssertionTupleKey", key)?;
    let tuples = assertion.contextual_tuples.as_deref().unwrap_or_default();
    schema::contextual_of("Assertion", "ContextualTuples", ASSERTION_TUPLES, tuples).map(drop)
}

/// An assertion as it is kept, if the model knows what it is about.
fn kept(model: &CheckedModel, assertion: &Assertion<'_>) -> Result<AnsweredAssertion, ApiError> {
    let key = assertion.tuple_key.clone().unwrap_or_default();
    let user = names::user(&key.user).map_err(ApiError::validation)?;
    let object = names::object(&key.object).map_err(ApiError::validation)?;
    let known = |of: &str| {
        let missing = || ApiError::validation(format!("type '{of}' not found"));
        if model.has_type(of) { Ok(()) } else { Err(missing()) }
    };
    known(user.type_name())?;
    known(object.type_name())?;
    if !model.has_relation(object.type_name(), &key.relation) {
        let (of, relation) = (object.type_name(), key.relation.as_str());
        return Err(ApiError::validation(format!("relation '{of}#{relation}' not found")));
    }
    let tuples = assertion.contextual_tuples.as_deref().unwrap_or_default();
    let tuples = names::contextual(model, tuples).map_err(|bad| bad.in_write())?;
    Ok(AnsweredAssertion {
        tuple_key: AssertionKey {
            object: key.object.to_string(),
            relation: key.relation.to_string(),
            user: key.user.to_string(),
        },
        expectation: assertion.expectation,
        contextual_tuples: tuples.iter().map(shown).collect(),
        context: assertion.context.clone(),
    })
}
