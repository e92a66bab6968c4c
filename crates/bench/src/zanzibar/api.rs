//! A client of OpenFGA's HTTP API, which the product speaks too: the same requests go to both.

use std::time::Duration;

use counterfoil_permission::language;
use serde_json::{Value, json};

use super::{
    check::agree,
    emit::{Ids, Variant},
    questions::Question,
    world::{Edge, LISTER},
};
use crate::{failure::Failure, http::Connection};

/// OpenFGA's limit for one write.
const WRITE_MAX: usize = 100;

/// Connections that a world is written over.
const WRITERS: usize = 8;

/// One store of a server.
pub(super) struct Api {
    connection: Connection,
    pub(super) port: u16,
    pub(super) store: String,
    pub(super) model: String,
    pub(super) authorization: Option<String>,
}

/// What a streamed list took.
pub(super) struct Listed {
    pub(super) first: Duration,
    pub(super) all: Duration,
    pub(super) count: usize,
}

impl Api {
    /// Makes a store with the world's model.
    pub(super) async fn new(port: u16, variant: Variant) -> Result<Self, Failure> {
        let mut api = Self::open(port, None, ("", "")).await?;
        let made = api.post("/stores", &json!({ "name": "zb1" })).await?;
        api.store = text(&made, "id")?;
        let path = api.path("authorization-models");
        let made = api.post(&path, &model_json(variant)?).await?;
        api.model = text(&made, "authorization_model_id")?;
        Ok(api)
    }

    /// A store that is there already.
    pub(super) async fn open(
        port: u16,
        authorization: Option<String>,
        (store, model): (&str, &str),
    ) -> Result<Self, Failure> {
        let connection = Connection::open(port).await?;
        let (store, model) = (store.to_owned(), model.to_owned());
        Ok(Self { connection, port, store, model, authorization })
    }

    /// The path of one of the store's endpoints.
    pub(super) fn path(&self, endpoint: &str) -> String {
        format!("/stores/{}/{endpoint}", self.store)
    }

    /// Writes tuples over several connections, each time as many as OpenFGA takes.
    pub(super) async fn write(&mut self, edges: &[Edge]) -> Result<(), Failure> {
        let path = self.path("write");
        let mut writers = Vec::new();
        for share in edges.chunks(edges.len().div_ceil(WRITERS).max(1)) {
            let writes = share.chunks(WRITE_MAX).map(|edges| {
                let keys: Vec<Value> =
                    edges.iter().map(|edge| Ids::Short.tuple_key(edge)).collect();
                let write = json!({
                    "writes": { "tuple_keys": keys },
                    "authorization_model_id": self.model,
                });
                write.to_string()
            });
            let writes: Vec<String> = writes.collect();
            let (path, authorization) = (path.clone(), self.authorization.clone());
            let mut connection = Connection::open(self.port).await?;
            writers.push(tokio::spawn(async move {
                for write in writes {
                    let sent = connection.post_json(&path, authorization.as_deref(), write);
                    sent.await?.answer.json()?;
                }
                Ok::<(), Failure>(())
            }));
        }
        for writer in writers {
            writer.await.map_err(|error| Failure::new(error.to_string()))??;
        }
        Ok(())
    }

    /// The body of a question.
    pub(super) fn question(&self, question: &Question) -> Value {
        json!({
            "tuple_key": {
                "object": Ids::Short.document(question.document),
                "relation": "view",
                "user": Ids::Short.user(question.user),
            },
            "authorization_model_id": self.model,
        })
    }

    /// Asks questions one by one; the digest of the answers, which must be right.
    pub(super) async fn ask(
        &mut self,
        who: &str,
        questions: &[Question],
    ) -> Result<String, Failure> {
        let path = self.path("check");
        self.connect().await?;
        let mut decisions = Vec::with_capacity(questions.len());
        for question in questions {
            let answer = self.post(&path, &self.question(question)).await?;
            let allowed = answer.get("allowed").and_then(Value::as_bool).unwrap_or(false);
            decisions.push(allowed);
        }
        agree(who, questions, &decisions)
    }

    /// Lists what the lister may view, as a stream; it must be the whole list.
    pub(super) async fn list(&mut self, who: &str, right: &[u32]) -> Result<Listed, Failure> {
        let ask = json!({
            "type": "document",
            "relation": "view",
            "user": Ids::Short.user(LISTER),
            "authorization_model_id": self.model,
        });
        let path = self.path("streamed-list-objects");
        self.connect().await?;
        let authorization = self.authorization.as_deref();
        let timed = self.connection.post_json(&path, authorization, ask.to_string()).await?;
        let text = String::from_utf8_lossy(&timed.answer.body);
        let mut said = Vec::with_capacity(right.len());
        for line in text.lines().filter(|line| !line.is_empty()) {
            let line: Value = serde_json::from_str(line)?;
            let object = line.pointer("/result/object").and_then(Value::as_str);
            let object = object.ok_or_else(|| Failure::new(format!("{who} lists {line}")))?;
            said.push(object.to_owned());
        }
        said.sort_unstable();
        let mut expected: Vec<String> =
            right.iter().map(|number| Ids::Short.document(*number)).collect();
        expected.sort_unstable();
        if said != expected {
            let (said, expected) = (said.len(), expected.len());
            return Err(Failure::new(format!("{who} lists {said} objects, not the {expected}")));
        }
        Ok(Listed { first: timed.first, all: timed.last, count: said.len() })
    }

    /// Anew: a server closes what is idle while others have their turn.
    async fn connect(&mut self) -> Result<(), Failure> {
        self.connection = Connection::open(self.port).await?;
        Ok(())
    }

    pub(super) async fn post(&mut self, path: &str, body: &Value) -> Result<Value, Failure> {
        let authorization = self.authorization.as_deref();
        let timed = self.connection.post_json(path, authorization, body.to_string()).await?;
        timed.answer.json()
    }
}

/// The world's model as JSON.
pub(super) fn model_json(variant: Variant) -> Result<Value, Failure> {
    let model = language::parse(&variant.model());
    let model = model.map_err(|errors| Failure::new(format!("{errors:?}")))?;
    Ok(serde_json::from_str(&language::to_json(&model))?)
}

fn text(answer: &Value, member: &str) -> Result<String, Failure> {
    let found = answer.get(member).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| Failure::new(format!("no `{member}` in {answer}")))
}
