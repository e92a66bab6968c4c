use std::sync::Arc;

use counterfoil_feed::{
    Head, LeaseRefusal, LeaseRequest, MAX_SMALL_BYTES, MAX_SNAPSHOT_BYTES, SnapshotRequest,
    sse::{SseDecoder, StreamEvent},
};
use counterfoil_jose::JwkSet;
use futures_util::StreamExt;
use tokio::{sync::mpsc::Sender, task::JoinHandle};

use super::Event;
use crate::{
    ask::Inner,
    http::{CallError, DOCUMENT_BYTES_MAX},
};

/// Fetches the feed's keys and a snapshot.
pub(super) fn snapshot(
    inner: &Arc<Inner>,
    sender: Sender<Event>,
    attempt: u64,
    request: SnapshotRequest,
) {
    let inner = Arc::clone(inner);
    tokio::spawn(async move {
        let outcome = fetch(&inner, &request).await.map_err(|error| error.to_string());
        drop(inner);
        // A driver that is gone needs no answer.
        let _sent = sender.send(Event::Snapshot { attempt, outcome }).await;
    });
}

async fn fetch(inner: &Inner, request: &SnapshotRequest) -> Result<(JwkSet, String), CallError> {
    let issuer = &inner.feed_name().iss;
    let keys = format!("{issuer}/feed/v1/keys");
    let keys = inner.http.document(&keys, DOCUMENT_BYTES_MAX).await?;
    let keys = JwkSet::parse(&keys).map_err(|_| CallError::Unexpected("a JWK set"))?;
    let url = format!("{issuer}/feed/v1/snapshot?{}", query(request));
    let body = inner.http.feed_document(issuer, &url, MAX_SNAPSHOT_BYTES).await?;
    let compact = String::from_utf8(body).map_err(|_| CallError::Unexpected("a snapshot"))?;
    Ok((keys, compact))
}

fn query(request: &SnapshotRequest) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("nonce", &request.nonce.to_string());
    if let Some(instance) = &request.instance {
        query.append_pair("instance", instance.as_str());
    }
    if let Some(have) = &request.have {
        query.append_pair("have", &have.to_string());
    }
    query.finish()
}

/// Opens a stream and passes on what comes.
pub(super) fn stream(
    inner: &Arc<Inner>,
    sender: Sender<Event>,
    attempt: u64,
    after: Head,
) -> JoinHandle<()> {
    let inner = Arc::clone(inner);
    tokio::spawn(async move {
        let issuer = inner.feed_name().iss.clone();
        let url = format!("{issuer}/feed/v1/stream?after={after}");
        let opened = inner.http.stream(&issuer, &url).await;
        // Only the driver keeps the guard's state alive while the stream is open.
        drop(inner);
        let why = match opened {
            Ok(response) => pass_on(response, &sender, attempt).await,
            Err(error) => error.to_string(),
        };
        let _sent = sender.send(Event::StreamEnded { attempt, why }).await;
    })
}

async fn pass_on(response: reqwest::Response, sender: &Sender<Event>, attempt: u64) -> String {
    let mut chunks = response.bytes_stream();
    let mut decoder = SseDecoder::new();
    let mut events = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => return CallError::from(error).to_string(),
        };
        let decoded = decoder.push(&chunk, &mut events);
        for event in events.drain(..) {
            let event = match StreamEvent::from(event) {
                StreamEvent::Frame(compact) => Event::Frame { attempt, compact },
                StreamEvent::Resync => Event::Resync { attempt },
                StreamEvent::Other => continue,
            };
            if sender.send(event).await.is_err() {
                return "the guard is gone".to_owned();
            }
        }
        if let Err(error) = decoded {
            return error.to_string();
        }
    }
    "the issuer closed the stream".to_owned()
}

/// Renews the lease.
pub(super) fn lease(inner: &Arc<Inner>, sender: Sender<Event>, request: &LeaseRequest) {
    let inner = Arc::clone(inner);
    let body = request.to_json();
    tokio::spawn(async move {
        let issuer = &inner.feed_name().iss;
        let url = format!("{issuer}/feed/v1/lease");
        let answer = inner.http.lease(issuer, &url, body, MAX_SMALL_BYTES).await;
        let event = match answer {
            Ok((200, body)) => match String::from_utf8(body) {
                Ok(compact) => Event::Granted(compact),
                Err(_) => Event::LeaseFailed("the grant is not text".to_owned()),
            },
            Ok((409, body)) => refusal(&body).map_or_else(
                || Event::LeaseFailed("refused for an unknown reason".to_owned()),
                Event::LeaseRefused,
            ),
            Ok((status, _)) => Event::LeaseFailed(CallError::Status(status).to_string()),
            Err(error) => Event::LeaseFailed(error.to_string()),
        };
        drop(inner);
        let _sent = sender.send(event).await;
    });
}

fn refusal(body: &[u8]) -> Option<LeaseRefusal> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    LeaseRefusal::parse(body.get("error")?.as_str()?)
}
