//! A store's relationships at one revision, seen through one model: what questions are put to.

use std::sync::Arc;

use counterfoil_permission::{
    check::{CheckError, CheckRequest, Decision, Snapshot},
    compile::CheckedModel,
    condition::Evaluator,
    tuple::Context,
};
use counterfoil_store::permission::{ModelId, PermissionStoreId, StoreRevision};

use super::{Asker, of_store};
use crate::permissions::{
    error::ApiError,
    live::{self, About, LiveModel, PermissionError, Resolver, World},
    schema::{self, Message},
    wire::{Consistency, StoreSettings, Text},
};

/// How a question wants its store to be seen.
pub(crate) struct Question<'a> {
    pub(crate) message: Message,
    /// The model's id, or nothing for the latest.
    pub(crate) model: &'a Text<'a>,
    pub(crate) consistency: &'a Consistency<'a>,
}

/// A store at one revision, and a model.
#[derive(Clone)]
pub(crate) struct View {
    world: World,
    live: Arc<LiveModel>,
    pub(crate) model: Arc<CheckedModel>,
    pub(crate) model_id: ModelId,
    pub(crate) settings: StoreSettings,
    /// What callers know the revision by.
    pub(crate) revision: String,
}

impl Asker<'_> {
    /// The model that a question names, or the latest.
    pub(crate) async fn model(
        &self,
        store: PermissionStoreId,
        question: &Question<'_>,
    ) -> Result<Arc<LiveModel>, ApiError> {
        let settings = self.settings(store).await?;
        self.model_for(store, question, settings.resolver()).await
    }

    async fn model_for(
        &self,
        store: PermissionStoreId,
        question: &Question<'_>,
        resolver: Resolver,
    ) -> Result<Arc<LiveModel>, ApiError> {
        let named = schema::model_id(question.message, question.model)?;
        let id = match named {
            None => None,
            Some(text) => {
                Some(ModelId::parse(text).ok_or_else(|| ApiError::model_not_found(text))?)
            }
        };
        let found = self.state.permissions.model(store, (id, resolver)).await;
        let found = found.map_err(of_permission)?;
        found.ok_or_else(|| match named {
            Some(text) => ApiError::model_not_found(text),
            None => ApiError::no_model(store.as_str()),
        })
    }

    /// A store as a question wants to see it.
    pub(crate) async fn view(
        &self,
        store: PermissionStoreId,
        question: Question<'_>,
    ) -> Result<View, ApiError> {
        schema::consistency(question.message, question.consistency)?;
        let settings = self.settings(store).await?;
        let live = self.model_for(store, &question, settings.resolver()).await?;
        let asked = match question.consistency {
            Consistency::Unspecified => &self.consistency,
            said => said,
        };
        let consistency = consistency(store, asked)?;
        let world = self.state.permissions.world(store, consistency).await;
        let world = world.map_err(of_permission)?;
        Ok(View {
            settings,
            model: Arc::clone(&live.checked),
            model_id: live.id,
            revision: revision_token(store, world.revision()),
            world,
            live,
        })
    }
}

impl View {
    /// As much of the store as can matter to a question.
    pub(crate) async fn snapshot(&self, about: About<'_>) -> Result<Arc<Snapshot>, ApiError> {
        self.world.snapshot(&self.live, about).await.map_err(of_permission)
    }

    /// The relations of a type.
    pub(crate) fn relations(&self, of: &str) -> Vec<&str> {
        let relations = self.live.source.find(of).map(|found| &found.relations);
        relations.into_iter().flatten().map(|relation| relation.name.as_str()).collect()
    }
}

fn consistency(
    store: PermissionStoreId,
    asked: &Consistency<'_>,
) -> Result<live::Consistency, ApiError> {
    Ok(match asked {
        Consistency::Unspecified | Consistency::MinimizeLatency | Consistency::Undefined => {
            live::Consistency::MinimizeLatency
        }
        Consistency::Full => live::Consistency::Full,
        Consistency::AtLeastAsFresh(token) => {
            live::Consistency::AtLeastAsFresh(read_revision(store, token)?)
        }
        Consistency::Exact(token) => live::Consistency::Exact(read_revision(store, token)?),
    })
}

/// How a token of a revision ends: with this many characters of its store's id.
const STORE_MARK: usize = 6;

/// What callers know a revision by. It says which store it is of, so that one of another store is
/// not mistaken for it; it is no secret and gives no right.
pub(crate) fn revision_token(store: PermissionStoreId, revision: StoreRevision) -> String {
    format!("{revision}.{}", mark(&store))
}

/// Reads a revision back.
pub(crate) fn read_revision(
    store: PermissionStoreId,
    token: &str,
) -> Result<StoreRevision, ApiError> {
    let found = token.split_once('.').filter(|(_, of)| *of == mark(&store));
    let plain = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = found.map(|(number, _)| number).filter(plain);
    number
        .and_then(|number| number.parse().ok())
        .map(StoreRevision::new)
        .ok_or_else(|| ApiError::validation("the revision is none that this store has given"))
}

fn mark(store: &PermissionStoreId) -> &str {
    let text = store.as_str();
    text.split_at_checked(text.len().saturating_sub(STORE_MARK)).map_or("", |(_, mark)| mark)
}

/// Why there is nothing to answer from.
pub(crate) fn of_permission(error: PermissionError) -> ApiError {
    match error {
        PermissionError::UnknownStore => ApiError::store_not_found(),
        PermissionError::NotFresh { .. } => {
            tracing::warn!(%error, "a question waited in vain");
            ApiError::unavailable()
        }
        PermissionError::NotKept { .. } => ApiError::validation(
            "the exact revision asked for is not kept; ask with `at_least_as_fresh`",
        ),
        PermissionError::NotTaken { .. } => ApiError::validation(error.to_string()),
        PermissionError::UnreadableModel(_) => ApiError::internal(),
        PermissionError::TooLarge => ApiError::too_complex(),
        PermissionError::Store(error) => of_store(error),
    }
}

/// Puts a check to the engine.
pub(crate) fn check(
    snapshot: &Snapshot,
    request: &CheckRequest<'_>,
    context: &Context,
) -> Result<Decision, CheckError> {
    snapshot.check(request, &Evaluator::new(snapshot.model(), context))
}
