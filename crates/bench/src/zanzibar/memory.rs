//! What a graph takes in memory, and how fast it comes back from a snapshot file.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use counterfoil_permission::graph::{Graph, GraphBuilder};
use serde_json::json;

use super::{
    emit::{Ids, Variant},
    world::{Object, Subject, World},
};
use crate::{clock::Since, failure::Failure, process, samples::Samples, say};

/// Bytes that are read or written at once.
const BUFFER: usize = 1 << 20;

/// Bytes of an id.
const ID_BYTES: u32 = 36;

/// `counterfoil-bench zanzibar load`.
#[derive(Args, Debug)]
pub(crate) struct LoadArgs {
    /// The snapshot.
    #[arg(long)]
    file: PathBuf,
    /// How many ids it has, which are not counted.
    #[arg(long)]
    ids: u32,
    /// Which run it is: each has a process of its own.
    #[arg(long)]
    run: u32,
}

pub(super) fn load(args: &LoadArgs) -> Result<(), Failure> {
    let before = process::resident_bytes(std::process::id());
    let since = Since::now();
    let mut file = BufReader::with_capacity(BUFFER, File::open(&args.file)?);
    let graph = Graph::from_bytes(&mut |room| file.read(room));
    let graph = graph.map_err(|error| Failure::new(error.to_string()))?;
    let secs = since.secs();
    drop(file);
    let resident = process::resident_bytes(std::process::id()).saturating_sub(before);
    let tuples = count(graph.tuples());
    let bytes = f64::from(u32::try_from(resident >> 10).unwrap_or(u32::MAX)) * 1024.0;
    let beyond = (bytes - f64::from(args.ids) * f64::from(ID_BYTES)) / tuples;
    let mut samples = Samples::default();
    let detail = json!({ "tuples": tuples, "secs": secs, "resident_bytes": resident });
    say::note(&format!("run {}: {beyond:.1} bytes a tuple, {:.0}/s", args.run, tuples / secs));
    samples.detailed("permission-memory", args.run, beyond, detail);
    samples.add("permission-load", args.run, tuples / secs);
    say::line(&serde_json::to_string(&samples)?);
    // Up to here all of it counts.
    drop(graph);
    Ok(())
}

/// Writes a world's snapshot.
pub(super) fn write(world: &World, file: &Path) -> Result<(), Failure> {
    let since = Since::now();
    let failed = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
    let mut builder = GraphBuilder::default();
    for edge in &world.edges {
        let tuple = Ids::Uuid.tuple(edge, Variant::Plain)?;
        builder.push(&tuple).map_err(|error| failed(&error))?;
    }
    let graph = builder.finish().map_err(|error| failed(&error))?;
    let mut file = BufWriter::with_capacity(BUFFER, File::create(file)?);
    graph.to_bytes(&mut |bytes| file.write_all(bytes))?;
    file.flush()?;
    say::note(&format!("a snapshot of {} tuples: {:.1} s", graph.tuples(), since.secs()));
    Ok(())
}

/// How many different ids a world has.
pub(super) fn ids(world: &World) -> usize {
    let mut seen: std::collections::HashSet<Object> = std::collections::HashSet::new();
    for edge in &world.edges {
        seen.insert(edge.object);
        let named = match edge.subject {
            Subject::User(number) => Object::user(number),
            Subject::Members(number) => Object::group(number),
            Subject::Folder(number) => Object::folder(number),
            Subject::Everyone => continue,
        };
        seen.insert(named);
    }
    seen.len()
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
