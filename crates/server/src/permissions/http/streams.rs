//! Answers that come bit by bit: objects as they are found, changes as they are made.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, Response, header},
};
use futures_util::{StreamExt, stream};
use serde::Serialize;

use super::{
    call::Call,
    reply::{finish, render},
};
use crate::permissions::{
    error::{ApiError, Band},
    service::{
        Answer,
        handover::Batch,
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
        let first = answer.value.take().await.transpose()?;
        Ok((first, answer))
    }
    .await;
    let (first, answer) = match result {
        Ok(found) => found,
        Err(error) => return render::<()>(&call, 200, Err(error)),
    };
    let Answer { value: taker, model, revision } = answer;
    let described = Answer { value: (), model, revision };
    let mut response = finish(&call, 200, Bytes::new(), &described);
    let chunks = stream::iter(first.map(Ok)).chain(taker.batches());
    let chunks = chunks.map(|taken| match taken {
        Ok(batch) => Bytes::from(lines(&batch)),
        Err(error) => Bytes::from(last_line(&error)),
    });
    *response.body_mut() = Body::from_stream(chunks.map(Ok::<_, Infallible>));
    response
}

/// Results as OpenFGA's gateway writes them, one a line.
fn lines(batch: &Batch) -> Vec<u8> {
    const BEFORE: &[u8] = br#"{"result":{"object":"#;
    const AFTER: &[u8] = b"}}\n";
    // With the quotes; what has to be escaped besides finds room by itself.
    let frame = BEFORE.len() + AFTER.len() + 2;
    let mut text = Vec::with_capacity(batch.bytes() + batch.len() * frame);
    for name in batch.names() {
        text.extend_from_slice(BEFORE);
        // Writing text to memory doesn't fail.
        let _written = serde_json::to_writer(&mut text, name);
        text.extend_from_slice(AFTER);
    }
    text
}

/// An error as OpenFGA's gateway writes it, with gRPC's code.
fn last_line(error: &ApiError) -> Vec<u8> {
    #[derive(Serialize)]
    struct Line<'a> {
        error: Status<'a>,
    }
    #[derive(Serialize)]
    struct Status<'a> {
        code: u8,
        message: &'a str,
        details: [u8; 0],
    }
    let code = grpc_number(error.code.band());
    let line = Line { error: Status { code, message: &error.message, details: [] } };
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
