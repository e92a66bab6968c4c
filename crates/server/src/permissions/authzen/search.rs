//! Searches: which subjects, which resources, which actions.

use axum::{body::Body, http::Response};

use super::{
    answers::{Found, FoundAction, FoundEntity, Page},
    evaluate::view_of,
    messages::{Asked, merged, present},
    render, store_of,
};
use crate::permissions::{
    auth::Need,
    continuation::Listed,
    error::ApiError,
    http::Call,
    names, schema,
    service::{Answer, Asker},
    wire::{
        self, AnsweredUser, ListObjects, ListUsers, Object, PageSize, Text, TupleKey, UserFilter,
    },
};

/// Results of a page that nobody asked the size of.
const PAGE_DEFAULT: u32 = 1_000;

/// `POST …/access/v1/search/subject`
pub(super) async fn subject(call: Call) -> Response<Body> {
    let (store, result) = match store_of(&call).await {
        Err(error) => (String::new(), Err(error)),
        Ok(store) => {
            let result = subjects(&call, &store).await;
            (store, result)
        }
    };
    render(&call, &store, result)
}

async fn subjects(call: &Call, store: &str) -> Result<Answer<Found<FoundEntity>>, ApiError> {
    let asked: Asked<'_> = wire::read(&call.body)?;
    let subject = present(asked.subject.as_ref(), "subject")?;
    let resource = present(asked.resource.as_ref(), "resource")?;
    let action = present(asked.action.as_ref(), "action")?;
    let of = subject.of("subject")?;
    let (_, id) = (resource.name("resource")?, resource.id.as_deref().unwrap_or_default());
    let tuples = asked.contextual_tuples.clone();
    let request = ListUsers {
        object: Some(Object { r#type: resource.of("resource")?.into(), id: id.into() }),
        relation: action.name()?.into(),
        user_filters: Some(vec![UserFilter { r#type: of.into(), relation: Text::default() }]),
        contextual_tuples: tuples.and_then(|tuples| tuples.tuple_keys),
        authorization_model_id: model(call),
        context: Some(merged(Some(subject), Some(action), Some(resource), asked.context.as_ref())),
        consistency: asked.consistency.clone(),
        page_size: size(&asked),
        continuation_token: token(&asked).into(),
    };
    let answer = call.asker()?.list_users(store, &request).await?;
    let Answer { value, model, revision } = answer;
    let results = value.users.into_iter().map(|user| match user {
        AnsweredUser::Object { r#type, id } => FoundEntity { r#type, id },
        AnsweredUser::Wildcard { r#type } => FoundEntity { r#type, id: "*".to_owned() },
        AnsweredUser::Userset { r#type, id, relation } => {
            FoundEntity { r#type, id: format!("{id}#{relation}") }
        }
    });
    let value = page(results.collect(), value.continuation_token);
    Ok(Answer { value, model, revision })
}

/// `POST …/access/v1/search/resource`
pub(super) async fn resource(call: Call) -> Response<Body> {
    let (store, result) = match store_of(&call).await {
        Err(error) => (String::new(), Err(error)),
        Ok(store) => {
            let result = resources(&call, &store).await;
            (store, result)
        }
    };
    render(&call, &store, result)
}

async fn resources(call: &Call, store: &str) -> Result<Answer<Found<FoundEntity>>, ApiError> {
    let asked: Asked<'_> = wire::read(&call.body)?;
    let subject = present(asked.subject.as_ref(), "subject")?;
    let resource = present(asked.resource.as_ref(), "resource")?;
    let action = present(asked.action.as_ref(), "action")?;
    let of = resource.of("resource")?;
    let request = ListObjects {
        r#type: of.into(),
        relation: action.name()?.into(),
        user: subject.name("subject")?.into(),
        contextual_tuples: asked.contextual_tuples.clone(),
        authorization_model_id: model(call),
        context: Some(merged(Some(subject), Some(action), Some(resource), asked.context.as_ref())),
        consistency: asked.consistency.clone(),
        page_size: size(&asked),
        continuation_token: token(&asked).into(),
    };
    let answer = call.asker()?.list_objects(store, &request).await?;
    let Answer { value, model, revision } = answer;
    let results = value.objects.into_iter().map(|name| {
        let id = name.split_once(':').map_or(name.as_str(), |(_, id)| id).to_owned();
        FoundEntity { r#type: of.to_owned(), id }
    });
    let value = page(results.collect(), value.continuation_token);
    Ok(Answer { value, model, revision })
}

/// `POST …/access/v1/search/action`
pub(super) async fn action(call: Call) -> Response<Body> {
    let (store, result) = match store_of(&call).await {
        Err(error) => (String::new(), Err(error)),
        Ok(store) => {
            let result = actions(&call, &store).await;
            (store, result)
        }
    };
    render(&call, &store, result)
}

async fn actions(call: &Call, store: &str) -> Result<Answer<Found<FoundAction>>, ApiError> {
    let asked: Asked<'_> = wire::read(&call.body)?;
    let subject = present(asked.subject.as_ref(), "subject")?;
    let resource = present(asked.resource.as_ref(), "resource")?;
    let (user, object) = (subject.name("subject")?, resource.name("resource")?);
    let asker: Asker<'_> = call.asker()?;
    let id = asker.store("ActionSearchRequest", Need::Read, store)?;
    let view = view_of(&asker, call, id, &asked).await?;
    let tuples = schema::contextual(asked.contextual_tuples.as_ref())?;
    let tuples = names::contextual(&view.model, tuples).map_err(|bad| bad.in_check())?;
    let context = merged(Some(subject), None, Some(resource), asked.context.as_ref());
    names::context(&context).map_err(ApiError::validation)?;
    let key = TupleKey {
        user: user.as_str().into(),
        object: object.as_str().into(),
        ..TupleKey::default()
    };
    let all = asker.permissions(&view, &key, tuples, context).await?;
    let tokens = &asker.state.permission_api.tokens;
    let question = [store, user.as_str(), object.as_str()];
    let after = tokens.read(Listed::Search, &question, token(&asked))?;
    let after = after.map(String::from_utf8).transpose();
    let after = after.map_err(|_| ApiError::continuation_token())?;
    let mut found: Vec<FoundAction> = all
        .into_iter()
        .filter(|permission| permission.allowed)
        .map(|permission| FoundAction { name: permission.relation })
        .filter(|action| after.as_ref().is_none_or(|after| action.name > *after))
        .collect();
    let limit = asked.page.as_ref().and_then(|page| page.limit).unwrap_or(PAGE_DEFAULT).max(1);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| tokens.make(Listed::Search, &question, last.name.as_bytes()));
    let (model, revision) = (view.model_id, view.revision.clone());
    Ok(Answer::plain(page(found, next)).with_model(model).at(revision))
}

fn page<T>(results: Vec<T>, next: Option<String>) -> Found<T> {
    let page = Page { next_token: next.unwrap_or_default(), count: results.len() };
    Found { results, page }
}

fn size(asked: &Asked<'_>) -> PageSize {
    let limit = asked.page.as_ref().and_then(|page| page.limit).unwrap_or(PAGE_DEFAULT);
    PageSize(Some(i32::try_from(limit).unwrap_or(i32::MAX)))
}

fn token<'a>(asked: &'a Asked<'_>) -> &'a str {
    asked.page.as_ref().and_then(|page| page.token.as_deref()).unwrap_or_default()
}

fn model(call: &Call) -> Text<'_> {
    let header = call.headers.get("openfga-authorization-model-id");
    header.and_then(|value| value.to_str().ok()).unwrap_or_default().into()
}
