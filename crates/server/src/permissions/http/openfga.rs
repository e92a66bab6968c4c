//! OpenFGA's routes: read the body, ask the service, render.

use axum::{body::Body, http::Response};
use bytes::Bytes;

use super::{
    call::Call,
    reply::{NO_CONTENT, finish, render},
};
use crate::permissions::{
    error::{ApiError, Code},
    moment,
    service::Answer,
    wire::{self, PageSize},
};

pub(super) async fn check(call: Call) -> Response<Body> {
    let result = async { call.asker()?.check(call.store(), &wire::read(&call.body)?).await }.await;
    render(&call, 200, result)
}

pub(super) async fn batch_check(call: Call) -> Response<Body> {
    let result =
        async { call.asker()?.batch_check(call.store(), &wire::read(&call.body)?).await }.await;
    render(&call, 200, result)
}

pub(super) async fn expand(call: Call) -> Response<Body> {
    let result = async { call.asker()?.expand(call.store(), &wire::read(&call.body)?).await }.await;
    render(&call, 200, result)
}

pub(super) async fn list_objects(call: Call) -> Response<Body> {
    let result =
        async { call.asker()?.list_objects(call.store(), &wire::read(&call.body)?).await }.await;
    render(&call, 200, result)
}

pub(super) async fn list_users(call: Call) -> Response<Body> {
    let result =
        async { call.asker()?.list_users(call.store(), &wire::read(&call.body)?).await }.await;
    render(&call, 200, result)
}

pub(super) async fn list_permissions(call: Call) -> Response<Body> {
    let result =
        async { call.asker()?.list_permissions(call.store(), &wire::read(&call.body)?).await }
            .await;
    render(&call, 200, result)
}

pub(super) async fn explain(call: Call) -> Response<Body> {
    let result =
        async { call.asker()?.explain(call.store(), &wire::read(&call.body)?).await }.await;
    render(&call, 200, result)
}

pub(super) async fn read(call: Call) -> Response<Body> {
    let result = async { call.asker()?.read(call.store(), &wire::read(&call.body)?).await }.await;
    render(&call, 200, result)
}

pub(super) async fn write(call: Call) -> Response<Body> {
    let result = async { call.asker()?.write(call.store(), &wire::read(&call.body)?).await }.await;
    render(&call, 200, result)
}

pub(super) async fn delete_by_filter(call: Call) -> Response<Body> {
    let result =
        async { call.asker()?.delete_by_filter(call.store(), &wire::read(&call.body)?).await }
            .await;
    render(&call, 200, result)
}

pub(super) async fn changes(call: Call) -> Response<Body> {
    let result = async {
        let query = call.query()?;
        let start = match query.get("start_time").filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => {
                let invalid = || ApiError::new(Code::InvalidStartTime, "Invalid start time");
                Some(moment::parse(text).ok_or_else(invalid)?)
            }
        };
        let token = query.get("continuation_token").unwrap_or_default();
        let of_type = query.get("type").unwrap_or_default();
        let page = (page_size(query.get("page_size"))?, token);
        call.asker()?.changes(call.store(), of_type, page, start).await
    }
    .await;
    render(&call, 200, result)
}

pub(super) async fn create_store(call: Call) -> Response<Body> {
    let result = async { call.asker()?.create_store(&wire::read(&call.body)?).await }.await;
    render(&call, 201, result)
}

pub(super) async fn update_store(call: Call) -> Response<Body> {
    let result =
        async { call.asker()?.update_store(call.store(), &wire::read(&call.body)?).await }.await;
    render(&call, 200, result)
}

pub(super) async fn get_store(call: Call) -> Response<Body> {
    let result = async { call.asker()?.get_store(call.store()).await }.await;
    render(&call, 200, result)
}

pub(super) async fn delete_store(call: Call) -> Response<Body> {
    let result = async { call.asker()?.delete_store(call.store()).await }.await;
    render(&call, NO_CONTENT, result)
}

pub(super) async fn list_stores(call: Call) -> Response<Body> {
    let result = async {
        let query = call.query()?;
        let size = page_size(query.get("page_size"))?;
        let token = query.get("continuation_token").unwrap_or_default();
        call.asker()?.list_stores(size, token, query.get("name").unwrap_or_default()).await
    }
    .await;
    render(&call, 200, result)
}

pub(super) async fn write_model(call: Call) -> Response<Body> {
    let result = async { call.asker()?.write_model(call.store(), &call.body).await }.await;
    render(&call, 201, result)
}

pub(super) async fn read_model(call: Call) -> Response<Body> {
    let result = async { call.asker()?.read_model(call.store(), call.part(3)).await }.await;
    match result {
        Ok(answer) => {
            let body = format!("{{\"authorization_model\":{}}}", answer.value);
            finish(&call, 200, Bytes::from(body), &answer)
        }
        Err(error) => render::<()>(&call, 200, Err(error)),
    }
}

pub(super) async fn read_models(call: Call) -> Response<Body> {
    let result = async {
        let query = call.query()?;
        let size = page_size(query.get("page_size"))?;
        let token = query.get("continuation_token").unwrap_or_default();
        call.asker()?.read_models(call.store(), size, token).await
    }
    .await;
    match result {
        Ok(answer) => {
            // A token has no letter that JSON would write otherwise.
            let body = format!(
                "{{\"authorization_models\":[{}],\"continuation_token\":\"{}\"}}",
                answer.value.models.join(","),
                answer.value.continuation_token
            );
            finish(&call, 200, Bytes::from(body), &answer)
        }
        Err(error) => render::<()>(&call, 200, Err(error)),
    }
}

pub(super) async fn read_assertions(call: Call) -> Response<Body> {
    let result = async { call.asker()?.read_assertions(call.store(), call.part(3)).await }.await;
    render(&call, 200, result)
}

pub(super) async fn write_assertions(call: Call) -> Response<Body> {
    let result: Result<Answer<()>, ApiError> = async {
        let body = wire::read(&call.body)?;
        call.asker()?.write_assertions(call.store(), call.part(3), &body).await
    }
    .await;
    render(&call, NO_CONTENT, result)
}

/// A page's size out of a query.
fn page_size(text: Option<&str>) -> Result<PageSize, ApiError> {
    match text.filter(|text| !text.is_empty()) {
        None => Ok(PageSize(None)),
        Some(text) => text
            .parse()
            .map(|size| PageSize(Some(size)))
            .map_err(|_| ApiError::validation("`page_size` is no whole number of 32 bits")),
    }
}
