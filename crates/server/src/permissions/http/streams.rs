//! Answers that come bit by bit: objects as they are found, changes as they are made.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, Response, header},
};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio::sync::mpsc;

use super::{
    call::Call,
    reply::{finish, render},
};
use crate::permissions::{
    error::{ApiError, Band},
    service::{
        Answer,
        watch::{Watched, Watching},
    },
    wire,
};

/// `POST /stores/{id}/streamed-list-objects`: one JSON value a line.
pub(super) async fn list_objects(call: Call) -> Response<Body> {
    let result = async {
        let request = wire::read(&call.body)?;
        let mut answer = call.asker()?.stream_objects(call.store(), &request).await?;
        // What is wrong with the question is known by now, and can still be the status.
        let first = answer.value.recv().await.transpose()?;
        Ok((first, answer))
    }
    .await;
    let (first, answer) = match result {
        Ok(found) => found,
        Err(error) => return render::<()>(&call, 200, Err(error)),
    };
    let Answer { value: receiver, model, revision } = answer;
    let described = Answer { value: (), model, revision };
    let mut response = finish(&call, 200, Bytes::new(), &described);
    let lines = stream::iter(first.map(Ok))
        .chain(received(receiver))
        .map(|found| Ok::<_, Infallible>(Bytes::from(line(found))));
    *response.body_mut() = Body::from_stream(lines);
    response
}

fn received(
    receiver: mpsc::Receiver<Result<String, ApiError>>,
) -> impl stream::Stream<Item = Result<String, ApiError>> {
    stream::unfold(receiver, |mut receiver| async move {
        let found = receiver.recv().await?;
        Some((found, receiver))
    })
}

/// A line as OpenFGA's gateway writes it: a result, or at last an error with gRPC's code.
fn line(found: Result<String, ApiError>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Object<'a> {
        object: &'a str,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Line<'a> {
        Result(Object<'a>),
        Error { code: u8, message: &'a str, details: [u8; 0] },
    }
    let line = match &found {
        Ok(object) => Line::Result(Object { object }),
        Err(error) => Line::Error {
            code: grpc_number(error.code.band()),
            message: &error.message,
            details: [],
        },
    };
    let mut text = serde_json::to_vec(&line).unwrap_or_default();
    text.push(b'\n');
    text
}

const fn grpc_number(band: Band) -> u8 {
    match band {
        Band::InvalidArgument => 3,
        Band::NotFound => 5,
        Band::Aborted => 10,
        Band::Internal => 13,
        Band::Unavailable => 14,
        Band::Unauthenticated => 16,
    }
}

/// `GET /stores/{id}/watch`: server-sent events, each revision once.
pub(super) async fn watch(call: Call) -> Response<Body> {
    let result = async {
        let query = call.query()?;
        // A browser that comes back names what it heard last.
        let last = call.headers.get("last-event-id").and_then(|value| value.to_str().ok());
        let after = last.or(query.get("after")).unwrap_or_default();
        call.asker()?.watch(call.store(), after).await
    }
    .await;
    let watching = match result {
        Ok(watching) => watching,
        Err(error) => return render::<()>(&call, 200, Err(error)),
    };
    let mut response = finish(&call, 200, Bytes::new(), &Answer::plain(()));
    let events = stream::unfold(Some(watching), |watching| async move {
        let mut watching: Watching = watching?;
        match watching.next().await? {
            Ok(watched) => Some((event(&watched), Some(watching))),
            Err(error) => Some((refused(&error), None)),
        }
    });
    *response.body_mut() = Body::from_stream(events.map(Ok::<_, Infallible>));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // Proxies that buffer would turn a stream into a lump.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn event(watched: &Watched) -> Bytes {
    let text = match watched {
        Watched::Heartbeat(revision) => {
            format!("event: heartbeat\nid: {revision}\ndata: {{\"revision\":\"{revision}\"}}\n\n")
        }
        Watched::Revision(told) => {
            let data = serde_json::to_string(told).unwrap_or_default();
            format!("event: changes\nid: {}\ndata: {data}\n\n", told.revision)
        }
    };
    Bytes::from(text)
}

fn refused(error: &ApiError) -> Bytes {
    let data = serde_json::json!({"code": error.code.name(), "message": error.message});
    Bytes::from(format!("event: error\ndata: {data}\n\n"))
}
