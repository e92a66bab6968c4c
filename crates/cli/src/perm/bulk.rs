//! All tuples of a store, out of it and into it: by our server's streams, or request by request where
//! a server has none, as OpenFGA's has not.

use std::convert::Infallible;

use futures_util::stream;
use reqwest::{Body, Method, Response};
use serde_json::Value;
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    api::{self, Store},
    files::Written,
    lines::Lines,
    progress::Progress,
    tuple::{self, Odd, Pages},
};
use crate::failure::Failure;

/// How many tuples of a stream are handed on together.
const AT_ONCE: usize = 10_000;

/// Pieces of a body that wait to be sent.
const AHEAD: usize = 2;

/// The tuples of a store, some at a time: they need not fit into memory.
pub(super) struct Outgoing {
    way: Out,
    model: Option<Value>,
}

enum Out {
    Stream(Lines),
    Pages(Pages),
    Ended,
}

impl Outgoing {
    pub(super) async fn open(store: &Store) -> Result<Self, Failure> {
        if !store.is_ours().await? {
            return Ok(Self { way: Out::Pages(Pages::new(store.clone(), None)), model: None });
        }
        let response = store.server.stream(Method::GET, &store.path("/export"), None).await?;
        let mut lines = Lines::new(response);
        let head = lines.next().await?.ok_or_else(ended_early)?;
        let mut head: Value = serde_json::from_str(&head).map_err(Failure::from_display)?;
        let model = head.get_mut("authorization_model").map(Value::take);
        Ok(Self { way: Out::Stream(lines), model: model.filter(Value::is_object) })
    }

    /// The latest model at the revision that all the tuples are of, where the server says it.
    pub(super) fn take_model(&mut self) -> Option<Value> {
        self.model.take()
    }

    /// The next tuples; `None` behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Written>>, Failure> {
        let mut found = Vec::new();
        while found.len() < AT_ONCE {
            match &mut self.way {
                Out::Ended => break,
                Out::Pages(pages) => match pages.next().await? {
                    Some(page) => found.extend(written(&page)?),
                    None => self.way = Out::Ended,
                },
                Out::Stream(lines) => {
                    let line = lines.next().await?.ok_or_else(ended_early)?;
                    match exported(&line)? {
                        Some(tuple) => found.push(tuple),
                        None => self.way = Out::Ended,
                    }
                }
            }
        }
        Ok((!found.is_empty()).then_some(found))
    }
}

/// The tuple of a line of an export; none on its last.
fn exported(line: &str) -> Result<Option<Written>, Failure> {
    if let Ok(tuple) = serde_json::from_str(line) {
        return Ok(Some(tuple));
    }
    let told: Value = serde_json::from_str(line).map_err(Failure::from_display)?;
    match told.get("end") {
        Some(_) => Ok(None),
        None => Err(api::refused(line)),
    }
}

/// Tuples as a server tells them.
fn written(page: &[Value]) -> Result<Vec<Written>, Failure> {
    let tuple = |tuple: &Value| {
        let key = tuple.get("key").cloned().unwrap_or_default();
        serde_json::from_value(key)
            .map_err(|error| Failure::failed(format!("the server tells of `{tuple}`: {error}")))
    };
    page.iter().map(tuple).collect()
}

fn ended_early() -> Failure {
    Failure::unreachable("the server ended the stream too early")
}

/// Tuples on their way into a store. What is there already stays, or gets the new condition.
pub(super) struct Incoming {
    way: In,
    count: usize,
}

enum In {
    Stream { lines: mpsc::Sender<Vec<u8>>, answer: JoinHandle<Result<(), Failure>> },
    Requests { store: Store, progress: Progress },
}

impl Incoming {
    /// Begins to write so many tuples, if that is known.
    pub(super) async fn open(store: &Store, all: Option<usize>) -> Result<Self, Failure> {
        let progress = Progress::of(all);
        if !store.is_ours().await? {
            return Ok(Self { way: In::Requests { store: store.clone(), progress }, count: 0 });
        }
        let (lines, receiver) = mpsc::channel::<Vec<u8>>(AHEAD);
        let body = Body::wrap_stream(stream::unfold(receiver, |mut receiver| async move {
            let bytes = receiver.recv().await?;
            Some((Ok::<_, Infallible>(bytes), receiver))
        }));
        let (store, path) = (store.clone(), store.path("/import"));
        let answer = tokio::spawn(async move {
            let response = store.server.upload(&path, body).await?;
            answered(response, progress).await
        });
        Ok(Self { way: In::Stream { lines, answer }, count: 0 })
    }

    pub(super) async fn push(&mut self, tuples: &[Written]) -> Result<(), Failure> {
        match &mut self.way {
            In::Requests { store, progress } => {
                let before = |failure: Failure| match self.count {
                    0 => failure,
                    count => failure.with(&format!("{count} were imported before those")),
                };
                let mut done = |count| progress.add(count);
                tuple::write(store, tuples, Odd::Ignore, &mut done).await.map_err(before)?;
            }
            In::Stream { lines, answer } => {
                for tuples in tuples.chunks(AT_ONCE) {
                    let mut piece = Vec::new();
                    for tuple in tuples {
                        serde_json::to_writer(&mut piece, tuple).map_err(Failure::from_display)?;
                        piece.push(b'\n');
                    }
                    if lines.send(piece).await.is_err() {
                        // Nobody takes more, so there is an answer already.
                        answer.await.map_err(Failure::from_display)??;
                        return Err(ended_early());
                    }
                }
            }
        }
        self.count = self.count.saturating_add(tuples.len());
        Ok(())
    }

    /// Waits until everything is written. Answers how many tuples came.
    pub(super) async fn finish(self) -> Result<usize, Failure> {
        match self.way {
            In::Requests { mut progress, .. } => progress.end(),
            In::Stream { lines, answer } => {
                drop(lines);
                answer.await.map_err(Failure::from_display)??;
            }
        }
        Ok(self.count)
    }
}

/// Reads how far an import is, until it is done.
async fn answered(response: Response, mut progress: Progress) -> Result<(), Failure> {
    let mut lines = Lines::new(response);
    while let Some(line) = lines.next().await? {
        let told: Value = serde_json::from_str(&line).map_err(Failure::from_display)?;
        let number = |name: &str| told.get(name).and_then(Value::as_u64).unwrap_or_default();
        if told.get("error").is_some() {
            let done = tuple::counted(usize::try_from(number("imported")).unwrap_or(usize::MAX));
            let fault = format!("{done} imported before; the fault is in tuple {}", number("line"));
            return Err(api::refused(&line).with(&fault));
        }
        progress.reach(usize::try_from(number("imported")).unwrap_or(usize::MAX));
        if told.get("done").is_some() {
            progress.end();
            return Ok(());
        }
    }
    Err(ended_early())
}
