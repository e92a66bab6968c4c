//! The methods of the service, each a translation.

use axum::{body::Body, extract::Request, http::Response};
use futures_util::{StreamExt, stream};
use tonic::Status;

use super::{
    Asked, Rendered,
    convert::{
        assertion, consistency, context, contextual, key, moment_ms, page_size, plain_key,
        shown_assertion, shown_change, shown_key, shown_moment, shown_node, shown_result,
        shown_store, shown_user, text,
    },
    messages::{
        model::AuthorizationModel,
        service as wire,
        tuple::{Tuple, UsersetTree},
    },
    model, status, streaming, unary, watch,
};
use crate::permissions::{error::ApiError, service::Answer, wire as asked};

type Said<A> = Result<Rendered<A>, ApiError>;

/// Finds a method by its name.
pub(super) async fn dispatch(method: &str, with: Asked, request: Request) -> Response<Body> {
    macro_rules! one {
        ($method:path) => {
            unary(request, move |message| {
                let with = with.clone();
                async move { $method(&with, message).await }
            })
            .await
        };
    }
    match method {
        "Check" => one!(check),
        "BatchCheck" => one!(batch_check),
        "Expand" => one!(expand),
        "ListObjects" => one!(list_objects),
        "ListUsers" => one!(list_users),
        "Read" => one!(read),
        "Write" => one!(write),
        "ReadChanges" => one!(changes),
        "ReadAuthorizationModel" => one!(read_model),
        "ReadAuthorizationModels" => one!(read_models),
        "WriteAuthorizationModel" => one!(write_model),
        "ReadAssertions" => one!(read_assertions),
        "WriteAssertions" => one!(write_assertions),
        "CreateStore" => one!(create_store),
        "UpdateStore" => one!(update_store),
        "GetStore" => one!(get_store),
        "DeleteStore" => one!(delete_store),
        "ListStores" => one!(list_stores),
        "StreamedListObjects" => {
            streaming(request, move |message: wire::ListObjectsRequest| {
                let with = with.clone();
                async move { stream_objects(&with, message).await }
            })
            .await
        }
        "Watch" => {
            streaming(request, move |message: wire::WatchRequest| {
                let with = with.clone();
                async move { watch::watch(&with, message).await }
            })
            .await
        }
        _ => Status::unimplemented("there is no such method").into_http(),
    }
}

fn rendered<T, A>(store: &str, answer: Answer<T>, show: impl FnOnce(T) -> A) -> Rendered<A> {
    let mut headers = Vec::new();
    if !store.is_empty() {
        headers.push(("openfga-store-id", store.to_owned()));
    }
    if let Some(model) = answer.model {
        headers.push(("openfga-authorization-model-id", model.to_string()));
    }
    if let Some(revision) = answer.revision {
        headers.push(("counterfoil-revision", revision));
    }
    Rendered { value: show(answer.value), headers }
}

async fn check(with: &Asked, message: wire::CheckRequest) -> Said<wire::CheckResponse> {
    let request = asked::Check {
        tuple_key: message.tuple_key.as_ref().map(plain_key),
        contextual_tuples: contextual(message.contextual_tuples.as_ref()),
        authorization_model_id: text(&message.authorization_model_id),
        context: context(message.context.as_ref()),
        consistency: consistency(message.consistency),
    };
    let answer = with.asker()?.check(&message.store_id, &request).await?;
    Ok(rendered(&message.store_id, answer, |value| wire::CheckResponse {
        allowed: value.allowed,
        resolution: String::new(),
    }))
}

async fn batch_check(
    with: &Asked,
    message: wire::BatchCheckRequest,
) -> Said<wire::BatchCheckResponse> {
    let checks = message.checks.iter().map(|check| asked::BatchCheckItem {
        tuple_key: check.tuple_key.as_ref().map(plain_key),
        contextual_tuples: contextual(check.contextual_tuples.as_ref()),
        context: context(check.context.as_ref()),
        correlation_id: text(&check.correlation_id),
    });
    let request = asked::BatchCheck {
        checks: Some(checks.collect()),
        authorization_model_id: text(&message.authorization_model_id),
        consistency: consistency(message.consistency),
    };
    let answer = with.asker()?.batch_check(&message.store_id, &request).await?;
    Ok(rendered(&message.store_id, answer, |value| wire::BatchCheckResponse {
        result: value.result.into_iter().map(|(id, result)| (id, shown_result(result))).collect(),
    }))
}

async fn expand(with: &Asked, message: wire::ExpandRequest) -> Said<wire::ExpandResponse> {
    let request = asked::Expand {
        tuple_key: message.tuple_key.as_ref().map(|key| asked::TupleKey {
            relation: text(&key.relation),
            object: text(&key.object),
            ..asked::TupleKey::default()
        }),
        contextual_tuples: contextual(message.contextual_tuples.as_ref()),
        authorization_model_id: text(&message.authorization_model_id),
        consistency: consistency(message.consistency),
    };
    let answer = with.asker()?.expand(&message.store_id, &request).await?;
    Ok(rendered(&message.store_id, answer, |value| wire::ExpandResponse {
        tree: Some(UsersetTree { root: Some(shown_node(value.tree.root)) }),
    }))
}

fn objects(message: &wire::ListObjectsRequest) -> asked::ListObjects<'_> {
    asked::ListObjects {
        r#type: text(&message.r#type),
        relation: text(&message.relation),
        user: text(&message.user),
        contextual_tuples: contextual(message.contextual_tuples.as_ref()),
        authorization_model_id: text(&message.authorization_model_id),
        context: context(message.context.as_ref()),
        consistency: consistency(message.consistency),
        ..asked::ListObjects::default()
    }
}

async fn list_objects(
    with: &Asked,
    message: wire::ListObjectsRequest,
) -> Said<wire::ListObjectsResponse> {
    let answer = with.asker()?.list_objects(&message.store_id, &objects(&message)).await?;
    Ok(rendered(&message.store_id, answer, |value| wire::ListObjectsResponse {
        objects: value.objects,
    }))
}

async fn stream_objects(
    with: &Asked,
    message: wire::ListObjectsRequest,
) -> Result<
    impl stream::Stream<Item = Result<wire::StreamedListObjectsResponse, Status>> + use<>,
    ApiError,
> {
    let answer = with.asker()?.stream_objects(&message.store_id, &objects(&message)).await?;
    Ok(answer.value.batches().flat_map(|taken| {
        let messages = match taken {
            Ok(batch) => batch.names().map(found).collect(),
            Err(error) => vec![Err(status(&error))],
        };
        stream::iter(messages)
    }))
}

fn found(name: &str) -> Result<wire::StreamedListObjectsResponse, Status> {
    Ok(wire::StreamedListObjectsResponse { object: name.to_owned() })
}

async fn list_users(
    with: &Asked,
    message: wire::ListUsersRequest,
) -> Said<wire::ListUsersResponse> {
    let filters = message.user_filters.iter().map(|filter| asked::UserFilter {
        r#type: text(&filter.r#type),
        relation: text(&filter.relation),
    });
    let request = asked::ListUsers {
        object: message
            .object
            .as_ref()
            .map(|object| asked::Object { r#type: text(&object.r#type), id: text(&object.id) }),
        relation: text(&message.relation),
        user_filters: Some(filters.collect()),
        contextual_tuples: Some(message.contextual_tuples.iter().map(key).collect()),
        authorization_model_id: text(&message.authorization_model_id),
        context: context(message.context.as_ref()),
        consistency: consistency(message.consistency),
        ..asked::ListUsers::default()
    };
    let answer = with.asker()?.list_users(&message.store_id, &request).await?;
    Ok(rendered(&message.store_id, answer, |value| wire::ListUsersResponse {
        users: value.users.into_iter().map(shown_user).collect(),
    }))
}

async fn read(with: &Asked, message: wire::ReadRequest) -> Said<wire::ReadResponse> {
    let request = asked::Read {
        tuple_key: message.tuple_key.as_ref().map(plain_key),
        page_size: page_size(message.page_size.as_ref()),
        continuation_token: text(&message.continuation_token),
        consistency: consistency(message.consistency),
    };
    let answer = with.asker()?.read(&message.store_id, &request).await?;
    Ok(rendered(&message.store_id, answer, |value| wire::ReadResponse {
        tuples: value
            .tuples
            .into_iter()
            .map(|tuple| Tuple {
                timestamp: shown_moment(&tuple.timestamp),
                key: Some(shown_key(tuple.key)),
            })
            .collect(),
        continuation_token: value.continuation_token,
    }))
}

async fn write(with: &Asked, message: wire::WriteRequest) -> Said<wire::EmptyResponse> {
    let request = asked::Write {
        writes: message.writes.as_ref().map(|writes| asked::Writes {
            tuple_keys: Some(writes.tuple_keys.iter().map(key).collect()),
            on_duplicate: text(&writes.on_duplicate),
        }),
        deletes: message.deletes.as_ref().map(|deletes| asked::Deletes {
            tuple_keys: Some(deletes.tuple_keys.iter().map(plain_key).collect()),
            on_missing: text(&deletes.on_missing),
        }),
        authorization_model_id: text(&message.authorization_model_id),
        preconditions: None,
    };
    let answer = with.asker()?.write(&message.store_id, &request).await?;
    Ok(rendered(&message.store_id, answer, |_| wire::EmptyResponse {}))
}

async fn changes(with: &Asked, message: wire::ChangesRequest) -> Said<wire::ChangesResponse> {
    let start = message.start_time.as_ref().map(moment_ms).transpose()?;
    let page = (page_size(message.page_size.as_ref()), message.continuation_token.as_str());
    let answer = with.asker()?.changes(&message.store_id, &message.r#type, page, start).await?;
    Ok(rendered(&message.store_id, answer, |value| wire::ChangesResponse {
        changes: value.changes.into_iter().map(shown_change).collect(),
        continuation_token: value.continuation_token,
    }))
}

fn model_of(text: &str) -> AuthorizationModel {
    serde_json::from_str(text).map(|json| model::of_json(&json)).unwrap_or_default()
}

async fn read_model(with: &Asked, message: wire::ModelRequest) -> Said<wire::ModelResponse> {
    let answer = with.asker()?.read_model(&message.store_id, &message.id).await?;
    Ok(rendered(&message.store_id, answer, |text| wire::ModelResponse {
        authorization_model: Some(model_of(&text)),
    }))
}

async fn read_models(with: &Asked, message: wire::ModelsRequest) -> Said<wire::ModelsResponse> {
    let size = page_size(message.page_size.as_ref());
    let asker = with.asker()?;
    let answer = asker.read_models(&message.store_id, size, &message.continuation_token).await?;
    Ok(rendered(&message.store_id, answer, |value| wire::ModelsResponse {
        authorization_models: value.models.iter().map(|text| model_of(text)).collect(),
        continuation_token: value.continuation_token,
    }))
}

async fn write_model(
    with: &Asked,
    message: wire::WriteModelRequest,
) -> Said<wire::WriteModelResponse> {
    let json = model::to_json(&AuthorizationModel {
        id: String::new(),
        schema_version: message.schema_version,
        type_definitions: message.type_definitions,
        conditions: message.conditions,
    });
    let answer = with.asker()?.write_model(&message.store_id, json.to_string().as_bytes()).await?;
    Ok(rendered(&message.store_id, answer, |value| wire::WriteModelResponse {
        authorization_model_id: value.authorization_model_id,
    }))
}

async fn read_assertions(
    with: &Asked,
    message: wire::AssertionsRequest,
) -> Said<wire::AssertionsResponse> {
    let model = &message.authorization_model_id;
    let answer = with.asker()?.read_assertions(&message.store_id, model).await?;
    Ok(rendered(&message.store_id, answer, |value| wire::AssertionsResponse {
        authorization_model_id: value.authorization_model_id,
        assertions: value.assertions.iter().map(shown_assertion).collect(),
    }))
}

async fn write_assertions(
    with: &Asked,
    message: wire::WriteAssertionsRequest,
) -> Said<wire::EmptyResponse> {
    let request = asked::WriteAssertions {
        assertions: Some(message.assertions.iter().map(assertion).collect()),
    };
    let model = &message.authorization_model_id;
    let answer = with.asker()?.write_assertions(&message.store_id, model, &request).await?;
    Ok(rendered(&message.store_id, answer, |()| wire::EmptyResponse {}))
}

async fn create_store(
    with: &Asked,
    message: wire::CreateStoreRequest,
) -> Said<wire::StoreResponse> {
    let request = asked::CreateStore { name: text(&message.name), settings: None };
    let answer = with.asker()?.create_store(&request).await?;
    Ok(rendered("", answer, shown_store))
}

async fn update_store(
    with: &Asked,
    message: wire::UpdateStoreRequest,
) -> Said<wire::StoreResponse> {
    let request = asked::CreateStore { name: text(&message.name), settings: None };
    let answer = with.asker()?.update_store(&message.store_id, &request).await?;
    Ok(rendered(&message.store_id, answer, shown_store))
}

async fn get_store(with: &Asked, message: wire::StoreRequest) -> Said<wire::StoreResponse> {
    let answer = with.asker()?.get_store(&message.store_id).await?;
    Ok(rendered(&message.store_id, answer, shown_store))
}

async fn delete_store(with: &Asked, message: wire::StoreRequest) -> Said<wire::EmptyResponse> {
    let answer = with.asker()?.delete_store(&message.store_id).await?;
    Ok(rendered(&message.store_id, answer, |()| wire::EmptyResponse {}))
}

async fn list_stores(
    with: &Asked,
    message: wire::ListStoresRequest,
) -> Said<wire::ListStoresResponse> {
    let size = page_size(message.page_size.as_ref());
    let answer =
        with.asker()?.list_stores(size, &message.continuation_token, &message.name).await?;
    Ok(rendered("", answer, |value| wire::ListStoresResponse {
        stores: value.stores.into_iter().map(shown_store).collect(),
        continuation_token: value.continuation_token,
    }))
}
