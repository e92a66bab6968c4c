//! `counterfoil perm tuple`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    api::{Store, StoreArgs, list, query, text},
    files::{self, Written},
    output::OutputArgs,
    table,
};
use crate::{client::Output, failure::Failure, say};

/// How many tuples a request writes, and a page holds: the most that OpenFGA takes.
pub(super) const CHUNK: usize = 100;
/// How many requests write at once: a server commits what comes together in one go.
const IN_FLIGHT: usize = 16;
/// After how many tuples progress is told again.
const TELL_EVERY: usize = 10_000;

/// `counterfoil perm tuple`.
#[derive(Subcommand, Debug)]
pub(super) enum TupleCommand {
    /// Write a tuple, or those of a file.
    Write(WriteArgs),
    /// Delete a tuple, or those of a file.
    Delete(DeleteArgs),
    /// Read what is stored. Nothing is worked out from it.
    Read(ReadArgs),
    /// Tell what was written and deleted, the oldest first.
    Changes(ChangesArgs),
}

#[derive(Args, Debug)]
struct WhichArgs {
    /// The user: `user:anne`, `group:eng#member` or `user:*`.
    #[arg(required_unless_present = "file")]
    user: Option<String>,
    /// The relation.
    #[arg(required_unless_present = "file")]
    relation: Option<String>,
    /// The object: `document:budget`.
    #[arg(required_unless_present = "file")]
    object: Option<String>,
    /// A file of tuples: `.json`, `.jsonl`, `.yaml`, `.csv`, or SpiceDB's relationships in `.txt`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["user", "relation", "object"])]
    file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct WriteArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// The condition under which the tuple counts.
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    condition: Option<String>,
    /// Values that the tuple fixes for the condition: a JSON object.
    #[arg(long, value_name = "JSON", requires = "condition")]
    context: Option<String>,
    /// When the tuple ends: `2030-01-31T12:00:00Z`. OpenFGA's own server has no such thing.
    #[arg(long, value_name = "MOMENT", conflicts_with = "file")]
    expires_at: Option<String>,
    /// What becomes of a tuple that is there already.
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    on_duplicate: Odd,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Args, Debug)]
pub(super) struct DeleteArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// What becomes of a tuple that isn't there.
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    on_missing: Odd,
    #[command(flatten)]
    store: StoreArgs,
}

/// What becomes of a tuple that can't be written, or deleted, again.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Odd {
    /// Refuse the request.
    #[default]
    Error,
    /// Pass over it.
    Ignore,
}

#[derive(Args, Debug)]
pub(super) struct ReadArgs {
    /// Tuples that name this user. It needs an object, or at least a type of objects.
    #[arg(long)]
    user: Option<String>,
    /// Tuples of this relation.
    #[arg(long, requires = "object")]
    relation: Option<String>,
    /// Tuples of this object, or of a type of objects: `document:`.
    #[arg(long)]
    object: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Args, Debug)]
pub(super) struct ChangesArgs {
    /// Changes of objects of this type.
    #[arg(long = "type", value_name = "TYPE")]
    type_name: Option<String>,
    /// Changes from this moment on: `2030-01-31T12:00:00Z`.
    #[arg(long, value_name = "MOMENT")]
    start_time: Option<String>,
    /// Changes behind where an earlier call ended, as its JSON tells.
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    continuation_token: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(command: &TupleCommand) -> Result<(), Failure> {
    match command {
        TupleCommand::Write(args) => {
            let tuples = args.tuples()?;
            let store = args.store.open().await?;
            write(&store, &tuples, args.on_duplicate, None).await?;
            say::note(&match args.on_duplicate {
                Odd::Error => format!("wrote {}", counted(tuples.len())),
                Odd::Ignore => format!("{}: written, or there already", counted(tuples.len())),
            });
            Ok(())
        }
        TupleCommand::Delete(args) => {
            let tuples = args.which.tuples()?;
            let store = args.store.open().await?;
            delete(&store, &tuples, args.on_missing).await?;
            say::note(&match args.on_missing {
                Odd::Error => format!("deleted {}", counted(tuples.len())),
                Odd::Ignore => format!("{}: deleted, or not there", counted(tuples.len())),
            });
            Ok(())
        }
        TupleCommand::Read(args) => read(args).await,
        TupleCommand::Changes(args) => changes(args).await,
    }
}

impl Odd {
    const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Ignore => "ignore",
        }
    }
}

impl WhichArgs {
    fn tuples(&self) -> Result<Vec<Written>, Failure> {
        if let Some(path) = &self.file {
            return files::written(path);
        }
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let tuple = Written::new(&text(&self.user), &text(&self.relation), &text(&self.object));
        Ok(vec![tuple])
    }
}

impl WriteArgs {
    fn tuples(&self) -> Result<Vec<Written>, Failure> {
        let mut tuples = self.which.tuples()?;
        if let (Some(name), Some(tuple)) = (&self.condition, tuples.first_mut()) {
            let context = match &self.context {
                None => None,
                Some(text) => Some(serde_json::from_str(text).map_err(|error| {
                    Failure::usage(format!("--context is no JSON object: {error}"))
                })?),
            };
            tuple.condition = Some(files::WrittenCondition { name: name.clone(), context });
        }
        if let (Some(moment), Some(tuple)) = (&self.expires_at, tuples.first_mut()) {
            tuple.expires_at = Some(moment.clone());
        }
        files::parsed(&tuples).map_err(Failure::usage)?;
        Ok(tuples)
    }
}

/// Writes tuples, [`CHUNK`] a request. Each request is written as a whole or not at all.
pub(super) async fn write(
    store: &Store,
    tuples: &[Written],
    on_duplicate: Odd,
    progress: Option<&str>,
) -> Result<(), Failure> {
    if tuples.iter().any(|tuple| tuple.expires_at.is_some()) {
        knows_expiry(store).await?;
    }
    let mut chunks = tuples.chunks(CHUNK).enumerate();
    let mut open = JoinSet::new();
    let mut done = Progress { of: progress, all: tuples.len(), done: 0, told: 0 };
    let mut failed: Option<(usize, Failure)> = None;
    loop {
        while open.len() < IN_FLIGHT && failed.is_none() {
            let Some((number, chunk)) = chunks.next() else { break };
            let mut writes = json!({ "tuple_keys": chunk });
            if let (Odd::Ignore, Some(members)) = (on_duplicate, writes.as_object_mut()) {
                members.insert("on_duplicate".to_owned(), on_duplicate.name().into());
            }
            let (store, request, count) = (store.clone(), json!({ "writes": writes }), chunk.len());
            open.spawn(async move { (number, count, store.post("/write", &request).await) });
        }
        let Some(ended) = open.join_next().await else { break };
        let (number, count, written) = ended.map_err(Failure::from_display)?;
        match written {
            Ok(_) => done.add(count),
            Err(failure) => failed = failed.or(Some((number, failure))),
        }
    }
    match failed {
        None => Ok(()),
        Some((number, failure)) => {
            Err(so_far(failure, number.saturating_mul(CHUNK), &done, "written"))
        }
    }
}

/// How far writing came.
struct Progress<'a> {
    /// What is told, if it is.
    of: Option<&'a str>,
    all: usize,
    done: usize,
    told: usize,
}

impl Progress<'_> {
    fn add(&mut self, count: usize) {
        self.done = self.done.saturating_add(count);
        let due = self.done.saturating_sub(self.told) >= TELL_EVERY || self.done == self.all;
        if let Some(what) = self.of.filter(|_| due) {
            self.told = self.done;
            say::note(&format!("{what}: {} of {}", self.done, counted(self.all)));
        }
    }
}

/// Refuses a server that would pass over the end of a tuple, and so keep it for good: OpenFGA's.
async fn knows_expiry(store: &Store) -> Result<(), Failure> {
    let page = store.post("/read", &json!({ "page_size": 1 })).await?;
    match text(&page, "revision") {
        "" => Err(Failure::failed(
            "some of these tuples expire, and this server would keep them for good: nothing was \
             written",
        )),
        _ => Ok(()),
    }
}

async fn delete(store: &Store, tuples: &[Written], on_missing: Odd) -> Result<(), Failure> {
    let mut done = Progress { of: None, all: tuples.len(), done: 0, told: 0 };
    for chunk in tuples.chunks(CHUNK) {
        let keys: Vec<Value> = chunk
            .iter()
            .map(|tuple| {
                json!({ "user": tuple.user, "relation": tuple.relation, "object": tuple.object })
            })
            .collect();
        let mut deletes = json!({ "tuple_keys": keys });
        if let (Odd::Ignore, Some(members)) = (on_missing, deletes.as_object_mut()) {
            members.insert("on_missing".to_owned(), on_missing.name().into());
        }
        let deleted = store.post("/write", &json!({ "deletes": deletes })).await;
        deleted.map_err(|failure| so_far(failure, done.done, &done, "deleted"))?;
        done.add(chunk.len());
    }
    Ok(())
}

/// What was done before a request failed, where one tuple was not all. The request began at a place.
fn so_far(failure: Failure, begin: usize, done: &Progress<'_>, what: &str) -> Failure {
    if done.all <= 1 {
        return failure;
    }
    let (first, last) = (begin.saturating_add(1), begin.saturating_add(CHUNK).min(done.all));
    let (done, all) = (done.done, done.all);
    failure.with(&format!("{done} of {all} tuples were {what}; the fault is in {first} to {last}"))
}

/// A number of tuples in words.
pub(super) fn counted(tuples: usize) -> String {
    if tuples == 1 { "1 tuple".to_owned() } else { format!("{tuples} tuples") }
}

/// What is stored, page by page.
pub(super) struct Pages<'a> {
    store: &'a Store,
    request: serde_json::Map<String, Value>,
    ended: bool,
}

impl<'a> Pages<'a> {
    /// The tuples of a store, or those that fit a key.
    pub(super) fn new(store: &'a Store, key: Option<Value>) -> Self {
        let mut request = serde_json::Map::new();
        request.insert("page_size".to_owned(), CHUNK.into());
        request.extend(key.map(|key| ("tuple_key".to_owned(), key)));
        Self { store, request, ended: false }
    }

    /// The next page, `None` behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Value>>, Failure> {
        if self.ended {
            return Ok(None);
        }
        let page = self.store.post("/read", &Value::from(self.request.clone())).await?;
        let next = text(&page, "continuation_token");
        self.ended = next.is_empty();
        self.request.insert("continuation_token".to_owned(), next.into());
        Ok(Some(list(&page, "tuples").to_vec()))
    }
}

async fn read(args: &ReadArgs) -> Result<(), Failure> {
    let mut key = serde_json::Map::new();
    for (name, value) in
        [("user", &args.user), ("relation", &args.relation), ("object", &args.object)]
    {
        key.extend(value.clone().map(|value| (name.to_owned(), value.into())));
    }
    let key = (!key.is_empty()).then(|| key.into());
    let store = args.store.open().await?;
    let mut pages = Pages::new(&store, key);
    let mut tuples = Vec::new();
    while let Some(page) = pages.next().await? {
        tuples.extend(page);
    }
    if args.output.chosen() == Output::Json {
        say::line(&json!({ "tuples": tuples }).to_string());
        return Ok(());
    }
    let none = Value::Null;
    let rows = tuples.iter().map(|tuple| {
        let key = tuple.get("key").unwrap_or(&none);
        let mut row = names(key);
        row.push(condition(key));
        row
    });
    table::tell(&["USER", "RELATION", "OBJECT", "CONDITION"], &rows.collect::<Vec<_>>());
    Ok(())
}

async fn changes(args: &ChangesArgs) -> Result<(), Failure> {
    let store = args.store.open().await?;
    let mut next = args.continuation_token.clone().unwrap_or_default();
    let mut found = Vec::new();
    loop {
        let size = CHUNK.to_string();
        let fields = [
            ("page_size", size.as_str()),
            ("type", args.type_name.as_deref().unwrap_or_default()),
            ("start_time", args.start_time.as_deref().unwrap_or_default()),
            ("continuation_token", next.as_str()),
        ];
        let page = store.get(&format!("/changes{}", query(&fields))).await?;
        let changes = list(&page, "changes");
        found.extend_from_slice(changes);
        let token = text(&page, "continuation_token");
        // The last page repeats the token, so that asking again tells what is new.
        if !token.is_empty() {
            token.clone_into(&mut next);
        }
        if changes.is_empty() || token.is_empty() {
            break;
        }
    }
    match args.output.chosen() {
        Output::Json => {
            say::line(&json!({ "changes": found, "continuation_token": next }).to_string());
        }
        Output::Human => {
            let rows = found.iter().map(change).collect::<Vec<_>>();
            table::tell(&["TIME", "WHAT", "USER", "RELATION", "OBJECT", "CONDITION"], &rows);
        }
    }
    Ok(())
}

/// A change, cell by cell.
pub(super) fn change(change: &Value) -> Vec<String> {
    let none = Value::Null;
    let key = change.get("tuple_key").unwrap_or(&none);
    let what = match text(change, "operation") {
        "TUPLE_OPERATION_DELETE" => "delete",
        "TUPLE_OPERATION_WRITE" => "write",
        other => other,
    };
    let mut row = vec![text(change, "timestamp").to_owned(), what.to_owned()];
    row.extend(names(key));
    row.push(condition(key));
    row
}

fn names(key: &Value) -> Vec<String> {
    ["user", "relation", "object"].map(|name| text(key, name).to_owned()).to_vec()
}

/// The condition of a tuple, and when it ends.
fn condition(key: &Value) -> String {
    let condition = key.get("condition").filter(|condition| !condition.is_null());
    let mut told = condition.map_or_else(String::new, |condition| {
        let context = condition.get("context").filter(|context| context.is_object());
        let context = context.filter(|context| context.as_object().is_some_and(|c| !c.is_empty()));
        match context {
            Some(context) => format!("{} {context}", text(condition, "name")),
            None => text(condition, "name").to_owned(),
        }
    });
    let expires_at = text(key, "expires_at");
    if !expires_at.is_empty() {
        let space = if told.is_empty() { "" } else { " " };
        told = format!("{told}{space}until {expires_at}");
    }
    told
}
