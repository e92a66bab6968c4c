//! Models: written once, read by id.

use counterfoil_permission::{
    compile::Finding,
    language::{self, JsonErrorKind, Named},
    model::Model,
};
use counterfoil_store::permission::{ModelId, StoreRevision, StoredModel};

use super::{Answer, Asker, of_store, view::of_permission};
use crate::permissions::{
    auth::Need,
    continuation::Listed,
    error::{ApiError, Code},
    limits::{CONDITIONS, MODEL_BYTES},
    live::WriteModelError,
    schema,
    wire::{ModelWritten, PageSize},
};

/// A page of models, each as the JSON text of an OpenFGA model with its id.
#[derive(Debug)]
pub(crate) struct Models {
    pub(crate) models: Vec<String>,
    pub(crate) continuation_token: String,
}

impl Asker<'_> {
    /// Writes a model that comes as the JSON text of OpenFGA's API.
    pub(crate) async fn write_model(
        &self,
        store: &str,
        body: &[u8],
    ) -> Result<Answer<ModelWritten>, ApiError> {
        let store = self.store("WriteAuthorizationModelRequest", Need::Admin, store)?;
        let model = read_model(body)?;
        let resolver = self.settings(store).await?.resolver();
        let now_ms = u64::try_from(self.state.now_ms()).unwrap_or(0);
        let id = ModelId::new(now_ms, self.state.random());
        let permissions = &self.state.permissions;
        let written =
            permissions.write_model((store, id, resolver), &model, self.state.now()).await;
        let revision = written.map_err(|error| match error {
            WriteModelError::Invalid(findings) => invalid(&findings),
            WriteModelError::Store(error) => of_store(error),
        })?;
        let live = permissions.model(store, (Some(id), resolver)).await.map_err(of_permission)?;
        let warnings = live.map_or(Vec::new(), |live| {
            live.checked.warnings().iter().map(ToString::to_string).collect()
        });
        let value = ModelWritten { authorization_model_id: id.to_string(), warnings };
        Ok(Answer::plain(value).with_model(id).at(super::view::revision_token(store, revision)))
    }

    /// One model, as JSON text.
    pub(crate) async fn read_model(
        &self,
        store: &str,
        id: &str,
    ) -> Result<Answer<String>, ApiError> {
        const MESSAGE: schema::Message = "ReadAuthorizationModelRequest";
        let store = self.store(MESSAGE, Need::Read, store)?;
        if !schema::is_ulid(id) {
            return Err(ApiError::schema(MESSAGE, "Id", schema::ULID));
        }
        let not_found = || ApiError::model_not_found(id);
        let parsed = ModelId::parse(id).ok_or_else(not_found)?;
        let db = self.state.permissions.db();
        let found = db.model(store, parsed).await.map_err(of_store)?;
        let found = found.ok_or_else(not_found)?;
        Ok(Answer::plain(with_id(&found)).with_model(parsed))
    }

    /// Models from the latest to the first.
    pub(crate) async fn read_models(
        &self,
        store: &str,
        size: PageSize,
        token: &str,
    ) -> Result<Answer<Models>, ApiError> {
        const MESSAGE: schema::Message = "ReadAuthorizationModelsRequest";
        let id = self.store(MESSAGE, Need::Read, store)?;
        let size = schema::page_size(MESSAGE, size)?;
        schema::continuation_token(MESSAGE, token)?;
        let tokens = &self.state.permission_api.tokens;
        let before = tokens.read(Listed::Models, &[store], token)?;
        let before = match before.as_deref().map(<[u8; 8]>::try_from) {
            None => None,
            Some(Ok(revision)) => Some(StoreRevision::new(u64::from_be_bytes(revision))),
            Some(Err(_)) => return Err(ApiError::continuation_token()),
        };
        let rows = usize::try_from(size).unwrap_or(usize::MAX);
        let found = self.state.permissions.db().models(id, before, rows).await;
        let found = found.map_err(of_store)?;
        // A full page may be the last: then the next one is empty.
        let next = found
            .last()
            .filter(|_| found.len() == rows)
            .map(|last| tokens.make(Listed::Models, &[store], &last.revision.get().to_be_bytes()));
        Ok(Answer::plain(Models {
            models: found.iter().map(with_id).collect(),
            continuation_token: next.unwrap_or_default(),
        }))
    }
}

/// A stored model's text with its id as the first member.
pub(crate) fn with_id(stored: &StoredModel) -> String {
    match stored.body.strip_prefix('{') {
        Some(rest) => format!("{{\"id\":\"{}\",{rest}", stored.id),
        None => "{}".to_owned(),
    }
}

fn read_model(body: &[u8]) -> Result<Model, ApiError> {
    const MESSAGE: schema::Message = "WriteAuthorizationModelRequest";
    if body.len() > MODEL_BYTES {
        let message =
            format!("model exceeds size limit: {} bytes vs {MODEL_BYTES} bytes", body.len());
        return Err(ApiError::new(Code::ExceededEntityLimit, message));
    }
    let text = std::str::from_utf8(body)
        .map_err(|_| ApiError::validation("malformed JSON: the text is not UTF-8"))?;
    let model = language::from_json(text).map_err(|error| match &error.kind {
        JsonErrorKind::TextTooLong => ApiError::new(Code::ExceededEntityLimit, error.to_string()),
        JsonErrorKind::UnknownSchema { found } if found == "1.0" => {
            ApiError::new(Code::InvalidModel, "invalid schema version")
        }
        JsonErrorKind::UnknownSchema { .. }
        | JsonErrorKind::Missing { field: "schema_version" } => {
            ApiError::schema(MESSAGE, "SchemaVersion", "value must be in list [1.0 1.1 1.2]")
        }
        JsonErrorKind::NotJson { .. } => ApiError::validation(format!("malformed JSON: {error}")),
        JsonErrorKind::Name { named: Named::Type } if error.path.ends_with("/type") => {
            let reason = r#"value does not match regex pattern "^[^:#@\\s]{1,254}$""#;
            ApiError::schema("TypeDefinition", "Type", reason)
        }
        JsonErrorKind::Duplicate { .. } | JsonErrorKind::ConditionName => {
            ApiError::new(Code::InvalidModel, error.to_string())
        }
        _ => ApiError::validation(error.to_string()),
    })?;
    if model.types.is_empty() {
        let reason = "value must contain at least 1 item(s)";
        return Err(ApiError::schema(MESSAGE, "TypeDefinitions", reason));
    }
    if model.types.len() > counterfoil_permission::compile::TYPES_MAX {
        let limit = counterfoil_permission::compile::TYPES_MAX;
        return Err(ApiError::exceeded("type definitions in an authorization model", limit));
    }
    if model.conditions.len() > CONDITIONS {
        let reason = format!("value must contain no more than {CONDITIONS} pair(s)");
        return Err(ApiError::schema(MESSAGE, "Conditions", &reason));
    }
    Ok(model)
}

/// Why a model is refused: every finding, one a line, so that its author sees all at once.
fn invalid(findings: &[Finding]) -> ApiError {
    let errors = findings.iter().filter(|finding| finding.is_error()).map(ToString::to_string);
    ApiError::new(Code::InvalidModel, errors.collect::<Vec<_>>().join("\n"))
}
