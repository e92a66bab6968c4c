//! Lists of users.

use std::sync::Arc;

use counterfoil_permission::{
    ListLimits,
    check::Snapshot,
    condition::Evaluator,
    list_users::{ListUsersRequest, ListedUser, UserFilter},
    tuple::{Context, ObjectName, RelationName, Tuple, TypeName},
};
use counterfoil_store::permission::ModelId;

use super::{
    Answer, Asker,
    lists::{
        Next, Page, context, known_relation, list_limits, not_listed, not_whole, stopped, work,
    },
    view::Question,
};
use crate::permissions::{
    auth::Need,
    continuation::Listed,
    error::{ApiError, REQUIRED},
    limits::{CONTEXTUAL_TUPLES, RESULTS_MAX},
    live::{About, What},
    names,
    schema::{self, Message},
    wire::{self, AnsweredUser, ListUsers, UsersAnswer},
};

impl Asker<'_> {
    /// Who has a relation to an object: all of them, or a page.
    pub(crate) async fn list_users(
        &self,
        store: &str,
        request: &ListUsers<'_>,
    ) -> Result<Answer<UsersAnswer>, ApiError> {
        let plan = self.users_plan(store, request).await?;
        let (model, revision) = (plan.model_id, plan.revision.clone());
        let object = plan.object.to_string();
        let relation = plan.relation.to_string();
        let filter = plan.filter_text();
        let question = [store, object.as_str(), relation.as_str(), filter.as_str()];
        let asked = (request.page_size, request.continuation_token.as_str());
        let page = self.list_page(Listed::Users, &question, asked)?;
        let (users, excluded_users, next) = work(move || plan.users(page.as_ref())).await?;
        let continuation_token = self.next_page(Listed::Users, &question, next);
        let value =
            UsersAnswer { users, excluded_users, continuation_token, revision: revision.clone() };
        Ok(Answer::plain(value).with_model(model).at(revision))
    }

    async fn users_plan(
        &self,
        store: &str,
        request: &ListUsers<'_>,
    ) -> Result<UsersPlan, ApiError> {
        const MESSAGE: Message = "ListUsersRequest";
        let store = self.store(MESSAGE, Need::Read, store)?;
        let (object, filter) = users_schema(MESSAGE, request)?;
        let keys = request.contextual_tuples.as_deref().unwrap_or_default();
        let keys = schema::contextual_of(MESSAGE, "ContextualTuples", CONTEXTUAL_TUPLES, keys)?;
        let question = Question {
            message: MESSAGE,
            model: &request.authorization_model_id,
            consistency: &request.consistency,
        };
        let view = self.view(store, question).await?;
        let tuples = names::contextual(&view.model, keys).map_err(|bad| bad.in_list())?;
        if !view.model.has_type(&filter.r#type) {
            return Err(ApiError::type_not_found(&filter.r#type));
        }
        if let Some(relation) = filter.relation.given() {
            known_relation(&view, &filter.r#type, relation)?;
        }
        known_relation(&view, &object.r#type, &request.relation)?;
        let name = format!("{}:{}", object.r#type.as_str(), object.id.as_str());
        let malformed = |_| ApiError::validation("a name is malformed");
        let filter_relation = filter.relation.given().map(RelationName::parse).transpose();
        let object = names::object(&name).map_err(ApiError::validation)?;
        let about = About {
            what: What::Object(&object),
            relations: &[request.relation.as_str()],
            user: None,
            contextual: &tuples,
        };
        let snapshot = view.snapshot(about).await?;
        Ok(UsersPlan {
            object,
            relation: RelationName::parse(&request.relation).map_err(malformed)?,
            filter_type: TypeName::parse(&filter.r#type).map_err(malformed)?,
            filter_relation: filter_relation.map_err(malformed)?,
            tuples,
            context: context(request.context.as_ref())?,
            now: self.now(),
            limits: list_limits(&view),
            snapshot,
            model_id: view.model_id,
            revision: view.revision,
        })
    }
}

/// A question for users, ready to be put to the engine on another thread.
struct UsersPlan {
    snapshot: Arc<Snapshot>,
    model_id: ModelId,
    revision: String,
    object: ObjectName,
    relation: RelationName,
    filter_type: TypeName,
    filter_relation: Option<RelationName>,
    tuples: Vec<Tuple>,
    context: Context,
    now: u64,
    limits: ListLimits,
}

type FoundUsers = (Vec<AnsweredUser>, Vec<AnsweredUser>, Next);

impl UsersPlan {
    fn filter_text(&self) -> String {
        match &self.filter_relation {
            None => self.filter_type.to_string(),
            Some(relation) => format!("{}#{relation}", self.filter_type),
        }
    }

    fn users(&self, page: Option<&Page>) -> Result<FoundUsers, ApiError> {
        let filter = match &self.filter_relation {
            None => UserFilter::Objects(&self.filter_type),
            Some(relation) => UserFilter::Usersets(&self.filter_type, relation),
        };
        let request = ListUsersRequest::new(&self.object, &self.relation, filter)
            .contextual(&self.tuples)
            .limits(self.limits)
            .now(self.now);
        let evaluator = Evaluator::new(self.snapshot.model(), &self.context);
        let list = self.snapshot.list_users(&request, &evaluator);
        let list = list.map_err(|error| not_listed(&error))?;
        let (users, excluded, next) = match page {
            None => {
                let found = list.all(RESULTS_MAX).map_err(|refused| not_whole(&refused))?;
                (found.users, found.excluded, None)
            }
            Some(page) => {
                let found = list.page(page.after.as_deref(), page.size);
                let found = found.map_err(|refused| not_whole(&refused))?;
                found.undecided.first().map_or(Ok(()), |stop| Err(stopped(stop)))?;
                (found.users, found.excluded, Some(found.next.map(str::to_owned)))
            }
        };
        let users = users.into_iter().map(|user| self.shown(user)).collect();
        let excluded = excluded.into_iter().map(|id| self.shown(ListedUser::Object(id))).collect();
        Ok((users, excluded, next))
    }

    fn shown(&self, user: ListedUser<'_>) -> AnsweredUser {
        let r#type = self.filter_type.to_string();
        match (user, &self.filter_relation) {
            (ListedUser::Wildcard, _) => AnsweredUser::Wildcard { r#type },
            (ListedUser::Userset(id), Some(relation)) => {
                AnsweredUser::Userset { r#type, id: id.to_owned(), relation: relation.to_string() }
            }
            (ListedUser::Object(id) | ListedUser::Userset(id) | ListedUser::Excluded(id), _) => {
                AnsweredUser::Object { r#type, id: id.to_owned() }
            }
        }
    }
}

fn users_schema<'r, 'a>(
    message: Message,
    request: &'r ListUsers<'a>,
) -> Result<(&'r wire::Object<'a>, &'r wire::UserFilter<'a>), ApiError> {
    let object = request.object.as_ref();
    let object = object.ok_or_else(|| ApiError::schema(message, "Object", REQUIRED))?;
    if !schema::is_type(&object.r#type) {
        return Err(ApiError::schema("Object", "Type", schema::TYPE));
    }
    if object.id.is_empty() || names::object(&format!("x:{}", object.id.as_str())).is_err() {
        let reason = r#"value does not match regex pattern "[^#:\\s]+$""#;
        return Err(ApiError::schema("Object", "Id", reason));
    }
    if !schema::is_relation(&request.relation) {
        return Err(ApiError::schema(message, "Relation", schema::RELATION));
    }
    let [filter] = request.user_filters.as_deref().unwrap_or_default() else {
        let reason = "value must contain exactly 1 item(s)";
        return Err(ApiError::schema(message, "UserFilters", reason));
    };
    if !schema::is_type(&filter.r#type) {
        return Err(ApiError::schema("UserTypeFilter", "Type", schema::TYPE));
    }
    if filter.relation.given().is_some_and(|relation| !schema::is_relation(relation)) {
        return Err(ApiError::schema("UserTypeFilter", "Relation", schema::RELATION));
    }
    Ok((object, filter))
}
