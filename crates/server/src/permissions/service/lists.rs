//! Lists of objects: whole, in pages, or as they are found; and what lists have in common.

use std::sync::Arc;

use counterfoil_permission::{
    ListLimits, ListStop, PAGE_MAX,
    check::{CheckError, Snapshot},
    condition::Evaluator,
    list_objects::{ListObjectsRequest, ListRefused},
    tuple::{Context, RelationName, Tuple, TypeName, UserName},
};
use counterfoil_store::permission::ModelId;

use super::{
    Answer, Asker,
    check::why_undecided,
    handover::{Giver, Taker, handover},
    view::{Question, View},
};
use crate::permissions::{
    auth::Need,
    continuation::Listed,
    error::{ApiError, Code},
    limits::RESULTS_MAX,
    live::{About, What},
    names,
    schema::{self, Message},
    wire::{ListObjects, ObjectsAnswer, PageSize},
};

/// Steps after which a search that finds nothing looks whether it is still wanted: tenths of a
/// second, and far more than a single check may take, which is counted as a whole.
const STEPS_UNHEARD: u64 = 10_000_000;

/// A question for objects, ready to be put to the engine on another thread.
pub(crate) struct ObjectsPlan {
    snapshot: Arc<Snapshot>,
    model_id: ModelId,
    revision: String,
    type_name: TypeName,
    relation: RelationName,
    user: UserName,
    tuples: Vec<Tuple>,
    context: Context,
    now: u64,
    limits: ListLimits,
}

impl Asker<'_> {
    /// The objects of a type to which a user has a relation: all of them, or a page.
    pub(crate) async fn list_objects(
        &self,
        store: &str,
        request: &ListObjects<'_>,
    ) -> Result<Answer<ObjectsAnswer>, ApiError> {
        let plan = self.objects_plan("ListObjectsRequest", store, request).await?;
        let (model, revision) = (plan.model_id, plan.revision.clone());
        let question =
            [store, request.r#type.as_str(), request.relation.as_str(), request.user.as_str()];
        let asked = (request.page_size, request.continuation_token.as_str());
        let page = self.list_page(Listed::Objects, &question, asked)?;
        let (objects, next) = work(move || plan.objects(page.as_ref())).await?;
        let continuation_token = self.next_page(Listed::Objects, &question, next);
        let value = ObjectsAnswer { objects, continuation_token, revision: revision.clone() };
        Ok(Answer::plain(value).with_model(model).at(revision))
    }

    /// The same as they are found. What goes wrong before the first comes at once, what goes wrong
    /// later as the stream's last item.
    pub(crate) async fn stream_objects(
        &self,
        store: &str,
        request: &ListObjects<'_>,
    ) -> Result<Answer<Taker>, ApiError> {
        let plan = self.objects_plan("StreamedListObjectsRequest", store, request).await?;
        let (revision, model) = (plan.revision.clone(), plan.model_id);
        let (giver, taker) = handover();
        tokio::task::spawn_blocking(move || {
            let end = plan.stream(&giver);
            giver.end(end);
        });
        Ok(Answer::plain(taker).with_model(model).at(revision))
    }

    pub(crate) async fn objects_plan(
        &self,
        message: Message,
        store: &str,
        request: &ListObjects<'_>,
    ) -> Result<ObjectsPlan, ApiError> {
        let store = self.store(message, Need::Read, store)?;
        if !schema::is_type(&request.r#type) {
            return Err(ApiError::schema(message, "Type", schema::TYPE));
        }
        if !schema::is_relation(&request.relation) {
            return Err(ApiError::schema(message, "Relation", schema::RELATION));
        }
        if request.user.is_empty() || request.user.len() > 512 {
            let reason = "value length must be between 1 and 512 bytes, inclusive";
            return Err(ApiError::schema(message, "User", reason));
        }
        let tuples = schema::contextual(request.contextual_tuples.as_ref())?;
        let question = Question {
            message,
            model: &request.authorization_model_id,
            consistency: &request.consistency,
        };
        let view = self.view(store, question).await?;
        let tuples = names::contextual(&view.model, tuples).map_err(|bad| bad.in_list())?;
        let (of, relation) = (request.r#type.as_str(), request.relation.as_str());
        known_relation(&view, of, relation)?;
        let invalid =
            |reason: &str| ApiError::validation(format!("invalid 'user' value: {reason}"));
        let user = names::user(&request.user).map_err(invalid)?;
        if !view.model.has_type(user.type_name()) {
            return Err(invalid(&format!("type '{}' not found", user.type_name())));
        }
        let about = About {
            what: What::Type(of),
            relations: &[relation],
            user: Some(&user),
            contextual: &tuples,
        };
        let snapshot = view.snapshot(about).await?;
        let malformed = |_| ApiError::validation("a name is malformed");
        Ok(ObjectsPlan {
            type_name: TypeName::parse(of).map_err(malformed)?,
            relation: RelationName::parse(relation).map_err(malformed)?,
            user,
            tuples,
            context: context(request.context.as_ref())?,
            now: self.now(),
            limits: list_limits(&view),
            snapshot,
            model_id: view.model_id,
            revision: view.revision,
        })
    }

    /// The token of the next page, if pages are asked for; empty after the last.
    pub(super) fn next_page(
        &self,
        listed: Listed,
        question: &[&str],
        next: Next,
    ) -> Option<String> {
        let tokens = &self.state.permission_api.tokens;
        let token = |id: String| tokens.make(listed, question, id.as_bytes());
        next.map(|next| next.map(token).unwrap_or_default())
    }

    /// Which page of a list is asked for, if a page is.
    pub(super) fn list_page(
        &self,
        listed: Listed,
        question: &[&str],
        (size, token): (PageSize, &str),
    ) -> Result<Option<Page>, ApiError> {
        const MESSAGE: Message = "ListRequest";
        schema::continuation_token(MESSAGE, token)?;
        let after = self.state.permission_api.tokens.read(listed, question, token)?;
        let size = match size.0.map(usize::try_from) {
            None if after.is_none() => return Ok(None),
            None => PAGE_MAX,
            Some(Ok(size)) if (1..=PAGE_MAX).contains(&size) => size,
            Some(_) => {
                let reason = format!("value must be inside range [1, {PAGE_MAX}]");
                return Err(ApiError::schema(MESSAGE, "PageSize", &reason));
            }
        };
        let after = after.map(String::from_utf8).transpose();
        Ok(Some(Page { size, after: after.map_err(|_| ApiError::continuation_token())? }))
    }
}

/// Part of a list.
pub(super) struct Page {
    pub(super) size: usize,
    pub(super) after: Option<String>,
}

/// Where a page's list goes on; `None` where no page was asked for.
pub(super) type Next = Option<Option<String>>;

impl ObjectsPlan {
    fn request(&self) -> ListObjectsRequest<'_> {
        ListObjectsRequest::new(&self.type_name, &self.relation, &self.user)
            .contextual(&self.tuples)
            .limits(self.limits)
            .now(self.now)
    }

    fn name(&self, id: &str) -> String {
        format!("{}:{id}", self.type_name.as_str())
    }

    fn objects(&self, page: Option<&Page>) -> Result<(Vec<String>, Next), ApiError> {
        let evaluator = Evaluator::new(self.snapshot.model(), &self.context);
        let list = self.snapshot.list_objects(&self.request(), &evaluator);
        let list = list.map_err(|error| not_listed(&error))?;
        match page {
            None => {
                let ids = list.all(RESULTS_MAX).map_err(|refused| not_whole(&refused))?;
                Ok((ids.into_iter().map(|id| self.name(id)).collect(), None))
            }
            Some(page) => {
                let found = list.page(page.after.as_deref(), page.size);
                let found = found.map_err(|refused| not_whole(&refused))?;
                found.undecided.first().map_or(Ok(()), |stop| Err(stopped(stop)))?;
                let next = found.next.map(str::to_owned);
                Ok((found.ids.into_iter().map(|id| self.name(id)).collect(), Some(next)))
            }
        }
    }

    /// Hands on what is found, until the end or until nobody is there for it.
    fn stream(&self, giver: &Giver) -> Result<(), ApiError> {
        let evaluator = Evaluator::new(self.snapshot.model(), &self.context);
        let mut left = self.limits.steps;
        let request = self.request().limits(ListLimits { steps: 0, ..self.limits });
        let list = self.snapshot.list_objects(&request, &evaluator);
        let mut list = list.map_err(|error| not_listed(&error))?;
        let type_name = self.type_name.as_str();
        while let Some(found) = list.next() {
            match found {
                Ok(id) if giver.give(type_name, id) => {}
                Ok(_) => return Ok(()),
                Err(ListStop::Steps) if left > 0 && !giver.is_alone() => {
                    let more = left.min(STEPS_UNHEARD);
                    left -= more;
                    list.resume(more);
                }
                Err(stop) => return Err(stopped(&stop)),
            }
        }
        Ok(())
    }
}

pub(crate) fn known_relation(view: &View, of: &str, relation: &str) -> Result<(), ApiError> {
    if !view.model.has_type(of) {
        return Err(ApiError::type_not_found(of));
    }
    if !view.model.has_relation(of, relation) {
        return Err(ApiError::relation_not_found(of, relation));
    }
    Ok(())
}

/// How far a list may go.
pub(super) fn list_limits(view: &View) -> ListLimits {
    ListLimits { check: view.settings.limits(), ..ListLimits::default() }
}

pub(crate) fn context(given: Option<&Context>) -> Result<Context, ApiError> {
    let context = given.cloned().unwrap_or_default();
    names::context(&context)
        .map_err(|reason| ApiError::validation(format!("invalid context: {reason}")))?;
    Ok(context)
}

/// Runs what may take long where it holds up nobody.
pub(crate) async fn work<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(job).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a list ended badly");
        Err(ApiError::internal())
    })
}

pub(crate) fn not_listed(error: &CheckError) -> ApiError {
    match error {
        CheckError::UnknownType(name) => ApiError::type_not_found(name),
        CheckError::UnknownRelation { type_name, relation } => {
            ApiError::relation_not_found(type_name, relation)
        }
        other => ApiError::validation(other.to_string()),
    }
}

/// A limit that was reached is said, never a list cut short.
pub(super) fn not_whole(refused: &ListRefused) -> ApiError {
    match refused {
        ListRefused::LimitReached { max } => ApiError::new(
            Code::ExceededEntityLimit,
            format!(
                "there are more than {max} results: ask for pages with `page_size`, or for a stream"
            ),
        ),
        ListRefused::Undecided { first, .. } => stopped(first),
        ListRefused::Steps => stopped(&ListStop::Steps),
    }
}

pub(super) fn stopped(stop: &ListStop) -> ApiError {
    match stop {
        ListStop::Undecided { why, .. } => why_undecided(why),
        ListStop::Steps => ApiError::too_complex(),
    }
}
