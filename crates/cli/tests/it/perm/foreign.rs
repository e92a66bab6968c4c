//! A server before ours that hides what OpenFGA's does not have.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{
        HeaderMap, Method, StatusCode, Uri,
        header::{CONTENT_TYPE, HOST},
    },
    response::Response,
};
use serde_json::Value;

/// Starts it; answers its URL.
pub(super) async fn before(ours: String) -> String {
    let ours = Arc::new(ours);
    let client = reqwest::Client::new();
    let pass = move |method: Method, uri: Uri, mut headers: HeaderMap, body: Bytes| {
        let (ours, client) = (Arc::clone(&ours), client.clone());
        headers.remove(HOST);
        async move {
            if uri.path().ends_with("/import") || uri.path().ends_with("/export") {
                return answer(404, r#"{"code": "undefined_endpoint"}"#.to_owned());
            }
            let asked = client.request(method, format!("{ours}{uri}")).headers(headers).body(body);
            let found = asked.send().await.unwrap();
            let (status, text) = (found.status().as_u16(), found.text().await.unwrap());
            let Ok(mut json) = serde_json::from_str::<Value>(&text) else {
                return answer(status, text);
            };
            json.as_object_mut().unwrap().remove("revision");
            answer(status, json.to_string())
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(pass);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn answer(status: u16, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert(CONTENT_TYPE, "application/json".parse().unwrap());
    response
}
