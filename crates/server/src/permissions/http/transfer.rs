//! Export and import as lines of JSON.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::{Body, BodyDataStream, Bytes},
    http::Response,
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{
    call::OpenCall,
    reply::{finish, render},
};
use crate::permissions::{
    error::ApiError,
    service::{
        Answer,
        transfer::{Export, Import, LINE_BYTES_MAX},
        tuples::shown,
    },
};

/// How long a reader of an export may take for a page: while it lasts the database keeps what the
/// export was begun with. And how long the rest of an import that was refused is read.
const PATIENCE: Duration = Duration::from_secs(30);

/// Lines of progress that nobody has read yet; more are left out.
const PROGRESS_AHEAD: usize = 16;

/// `GET /stores/{id}/export`: the store and its model, then each tuple, then how many they were.
pub(super) async fn export(OpenCall { call, .. }: OpenCall) -> Response<Body> {
    let Ok(place) = call.state.permission_api.exports.clone().try_acquire_owned() else {
        let error = ApiError::new(
            crate::permissions::error::Code::Unavailable,
            "another export is under way at this node; try again",
        );
        return render::<()>(&call, 200, Err(error));
    };
    let begun = async { call.asker()?.export(call.store()).await }.await;
    let export = match begun {
        Ok(export) => export,
        Err(error) => return render::<()>(&call, 200, Err(error)),
    };
    let answer = Answer::plain(()).at(export.revision.clone());
    let mut response = finish(&call, 200, Bytes::new(), &answer);
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let _place = place;
        write(export, &sender).await;
    });
    *response.body_mut() = body(receiver);
    response
}

async fn write(mut export: Export, sender: &mpsc::Sender<Bytes>) {
    let model = export.model.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let head = json!({
        "store": {"id": export.store.id.to_string(), "name": export.store.name},
        "revision": export.revision,
        "authorization_model": model.unwrap_or(Value::Null),
    });
    let mut lines = line(&head);
    let mut count = 0usize;
    loop {
        let last = match export.next().await {
            Ok(Some(tuples)) => {
                count += tuples.len();
                for tuple in &tuples {
                    lines.extend(serde_json::to_vec(&shown(tuple)).unwrap_or_default());
                    lines.push(b'\n');
                }
                false
            }
            Ok(None) => {
                lines.extend(line(&json!({"end": {"tuples": count}})));
                true
            }
            Err(error) => {
                lines.extend(line(&refusal(&error)));
                true
            }
        };
        let bytes = Bytes::from(std::mem::take(&mut lines));
        if sender.send_timeout(bytes, PATIENCE).await.is_err() || last {
            return;
        }
    }
}

/// `POST /stores/{id}/import`: takes a tuple a line, and tells of progress a line.
pub(super) async fn import(OpenCall { call, incoming }: OpenCall) -> Response<Body> {
    let begun = async { call.asker()?.import(call.store()).await }.await;
    let import = match begun {
        Ok(import) => import,
        Err(error) => return render::<()>(&call, 200, Err(error)),
    };
    let mut response = finish(&call, 200, Bytes::new(), &Answer::plain(()));
    let (sender, receiver) = mpsc::channel(PROGRESS_AHEAD);
    tokio::spawn(read(import, incoming, sender));
    *response.body_mut() = body(receiver);
    response
}

async fn read(mut import: Import, incoming: Body, sender: mpsc::Sender<Bytes>) {
    let mut incoming = incoming.into_data_stream();
    let mut number = 0u64;
    let last = match take(&mut import, &mut incoming, &sender, &mut number).await {
        Ok(()) => match import.finish().await {
            Ok((imported, revision)) => {
                json!({"imported": imported, "revision": revision, "done": true})
            }
            Err(error) => refusal(&error),
        },
        Err(error) => {
            let (imported, revision) = import.imported();
            let mut told = refusal(&error);
            if let Some(members) = told.as_object_mut() {
                members.insert("line".to_owned(), json!(number));
                members.insert("imported".to_owned(), json!(imported));
                members.insert("revision".to_owned(), json!(revision));
            }
            told
        }
    };
    // Whoever is gone needs no answer.
    let _gone = sender.send(Bytes::from(line(&last))).await;
    // To close a connection that has sent more than was read would take the answer along.
    let rest = async { while let Some(Ok(_)) = incoming.next().await {} };
    let _late = tokio::time::timeout(PATIENCE, rest).await;
}

async fn take(
    import: &mut Import,
    incoming: &mut BodyDataStream,
    sender: &mpsc::Sender<Bytes>,
    number: &mut u64,
) -> Result<(), ApiError> {
    let mut rest = Vec::new();
    while let Some(chunk) = incoming.next().await {
        let chunk = chunk.map_err(|_| ApiError::validation("the body ended too early"))?;
        let mut lines = chunk.split(|byte| *byte == b'\n');
        // The first ends the line that the last chunk began; the last begins one.
        rest.extend_from_slice(lines.next().unwrap_or_default());
        for next in lines {
            one(import, &rest, sender, number).await?;
            rest.clear();
            rest.extend_from_slice(next);
        }
        if rest.len() > LINE_BYTES_MAX {
            *number += 1;
            import.line(&rest).await?;
        }
    }
    one(import, &rest, sender, number).await
}

async fn one(
    import: &mut Import,
    text: &[u8],
    sender: &mpsc::Sender<Bytes>,
    number: &mut u64,
) -> Result<(), ApiError> {
    *number += 1;
    if import.line(text).await? {
        let (imported, revision) = import.imported();
        // A client that sends before it reads must not stop the import: it misses some progress.
        let told = line(&json!({"imported": imported, "revision": revision}));
        let _missed = sender.try_send(Bytes::from(told));
    }
    Ok(())
}

fn refusal(error: &ApiError) -> Value {
    json!({"error": {"code": error.code.name(), "message": error.message}})
}

fn line(value: &Value) -> Vec<u8> {
    let mut text = value.to_string().into_bytes();
    text.push(b'\n');
    text
}

fn body(receiver: mpsc::Receiver<Bytes>) -> Body {
    Body::from_stream(stream::unfold(receiver, |mut receiver| async move {
        let bytes = receiver.recv().await?;
        Some((Ok::<_, Infallible>(bytes), receiver))
    }))
}
