//! `counterfoil perm tuple write` and `delete`.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{CHUNK, WhichArgs, counted};
use crate::{
    failure::Failure,
    perm::{
        api::{Store, StoreArgs},
        files::{self, Written},
    },
    say,
};

/// How many requests write at once: a server commits what comes together in one go.
const IN_FLIGHT: usize = 16;

#[derive(Args, Debug)]
pub(in crate::perm) struct WriteArgs {
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
pub(in crate::perm) struct DeleteArgs {
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
pub(in crate::perm) enum Odd {
    /// Refuse the request.
    #[default]
    Error,
    /// Pass over it.
    Ignore,
}

pub(super) async fn run(args: &WriteArgs) -> Result<(), Failure> {
    let tuples = args.tuples()?;
    let store = args.store.open().await?;
    write(&store, &tuples, args.on_duplicate, &mut |_| {}).await?;
    say::note(&match args.on_duplicate {
        Odd::Error => format!("wrote {}", counted(tuples.len())),
        Odd::Ignore => format!("{}: written, or there already", counted(tuples.len())),
    });
    Ok(())
}

pub(super) async fn run_delete(args: &DeleteArgs) -> Result<(), Failure> {
    let tuples = args.which.tuples()?;
    let store = args.store.open().await?;
    delete(&store, &tuples, args.on_missing).await?;
    say::note(&match args.on_missing {
        Odd::Error => format!("deleted {}", counted(tuples.len())),
        Odd::Ignore => format!("{}: deleted, or not there", counted(tuples.len())),
    });
    Ok(())
}

impl Odd {
    const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Ignore => "ignore",
        }
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

/// Writes tuples, [`CHUNK`] a request, and tells how many each wrote. Each request is written as a
/// whole or not at all.
pub(in crate::perm) async fn write(
    store: &Store,
    tuples: &[Written],
    on_duplicate: Odd,
    told: &mut (dyn FnMut(usize) + Send),
) -> Result<(), Failure> {
    // OpenFGA's server would pass over the end of a tuple, and so keep it for good.
    if tuples.iter().any(|tuple| tuple.expires_at.is_some()) && !store.is_ours().await? {
        return Err(Failure::failed(
            "some of these tuples expire, and this server would keep them for good: none was \
             written",
        ));
    }
    let mut chunks = tuples.chunks(CHUNK).enumerate();
    let mut open = JoinSet::new();
    let mut done = 0_usize;
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
            Ok(_) => {
                done = done.saturating_add(count);
                told(count);
            }
            Err(failure) => failed = failed.or(Some((number, failure))),
        }
    }
    match failed {
        None => Ok(()),
        Some((number, failure)) => {
            let begin = number.saturating_mul(CHUNK);
            Err(so_far(failure, begin, (done, tuples.len()), "written"))
        }
    }
}

async fn delete(store: &Store, tuples: &[Written], on_missing: Odd) -> Result<(), Failure> {
    let mut done = 0_usize;
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
        deleted.map_err(|failure| so_far(failure, done, (done, tuples.len()), "deleted"))?;
        done = done.saturating_add(chunk.len());
    }
    Ok(())
}

/// What was done before a request failed, where one tuple was not all. The request began at a place.
fn so_far(failure: Failure, begin: usize, (done, all): (usize, usize), what: &str) -> Failure {
    if all <= 1 {
        return failure;
    }
    let (first, last) = (begin.saturating_add(1), begin.saturating_add(CHUNK).min(all));
    failure.with(&format!("{done} of {all} tuples were {what}; the fault is in {first} to {last}"))
}
