//! OpenFGA's server, built from its Go module, with its memory store or on PostgreSQL.
//!
//! Its settings are those it comes with, but for what it is asked here: lists that are not cut
//! short, time for them, and a quiet log, which only helps it.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use counterfoil_testing::postgres;

use super::{
    api::Api,
    emit::{Ids, Variant},
    world::{Subject, World},
};
use crate::{
    clock::Since,
    failure::Failure,
    process, say,
    servers::{self, Places, Server},
};

/// What tuples are kept in.
pub(super) enum Datastore<'a> {
    Memory,
    Postgres(&'a postgres::Server),
}

/// The database of [`Datastore::Postgres`].
const DATABASE: &str = "openfga";

/// Where `cargo xtask bench` puts the server. None where there is no Go.
pub(super) fn program(places: &Places) -> Option<PathBuf> {
    let program = places.root.join("target/bench/go/openfga");
    program.exists().then_some(program)
}

/// Starts the server and writes the world.
pub(super) async fn start(
    places: &Places,
    program: &Path,
    datastore: Datastore<'_>,
    world: &World,
) -> Result<(Server, Api), Failure> {
    let since = Since::now();
    let (name, uri) = match datastore {
        Datastore::Memory => ("openfga-memory", None),
        Datastore::Postgres(server) => ("openfga-postgres", Some(uri(server))),
    };
    if let (Datastore::Postgres(server), Some(uri)) = (&datastore, &uri) {
        server.sql("postgres", &format!("CREATE DATABASE {DATABASE}"));
        let args = ["migrate", "--datastore-engine", "postgres", "--datastore-uri", uri];
        let args = args.map(str::to_owned);
        let _said = process::output(&places.load_cpu, program, &args)?;
    }
    let port = servers::free_port()?;
    let args = arguments(port, uri.as_deref());
    let running =
        process::start(name, &places.server_cpu, &places.results, (program, args.as_slice()))?;
    let server = servers::ready(Server { port, running }, "/healthz").await?;
    let mut api = Api::new(port, Variant::Plain).await?;
    match datastore {
        Datastore::Memory => api.write(&world.edges).await?,
        Datastore::Postgres(server) => copy(server, world, &api.store, &places.scratch)?,
    }
    say::note(&format!("{name} has {} tuples: {:.1} s", world.edges.len(), since.secs()));
    Ok((server, api))
}

fn arguments(port: u16, uri: Option<&str>) -> Vec<String> {
    let mut args = vec![
        "run".to_owned(),
        format!("--http-addr=127.0.0.1:{port}"),
        format!("--grpc-addr=127.0.0.1:{}", port.saturating_add(1)),
        "--metrics-enabled=false".to_owned(),
        "--playground-enabled=false".to_owned(),
        "--log-level=error".to_owned(),
        "--listObjects-max-results=0".to_owned(),
        "--listObjects-deadline=10m".to_owned(),
        "--request-timeout=10m".to_owned(),
    ];
    if let Some(uri) = uri {
        args.push("--datastore-engine=postgres".to_owned());
        args.push(format!("--datastore-uri={uri}"));
    }
    args
}

/// By the server's socket, in the spelling of Go's driver.
fn uri(server: &postgres::Server) -> String {
    let url = server.url(DATABASE);
    let authority = url.split('@').nth(1).unwrap_or_default();
    let (socket, rest) = authority.split_once(':').unwrap_or_default();
    let port = rest.split('/').next().unwrap_or_default();
    format!("postgres://postgres@/{DATABASE}?host={}&port={port}", socket.replace("%2F", "/"))
}

/// A million tuples by hundreds would take longer than the bench: they go where it would put them.
fn copy(
    server: &postgres::Server,
    world: &World,
    store: &str,
    scratch: &Path,
) -> Result<(), Failure> {
    let ids = Ids::Short;
    let mut rows = String::new();
    for (edge, number) in world.edges.iter().zip(0_u32..) {
        let (object, relation, subject) = ids.row(edge);
        let (kind, id) = object.split_once(':').unwrap_or_default();
        let user_type = match edge.subject {
            Subject::User(_) | Subject::Folder(_) => "user",
            Subject::Members(_) | Subject::Everyone => "userset",
        };
        // Any distinct ULIDs do. Writing to a string can't fail.
        let _written = writeln!(
            rows,
            "{store}\t{kind}\t{id}\t{relation}\t{subject}\t{user_type}\t01K{number:023}\tnow"
        );
    }
    let file = scratch.join("openfga.copy");
    std::fs::write(&file, rows)?;
    let columns = "store, object_type, object_id, relation, _user, user_type, ulid, inserted_at";
    server.sql(DATABASE, &format!("\\copy tuple ({columns}) from '{}'", file.display()));
    server.sql(DATABASE, "VACUUM ANALYZE tuple");
    // What it still had to write would be written while others are measured.
    server.sql(DATABASE, "CHECKPOINT");
    std::fs::remove_file(&file)?;
    Ok(())
}
