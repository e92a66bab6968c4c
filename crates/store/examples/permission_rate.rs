//! Measures durable writes of tuples and an import: `cargo run --release -p counterfoil-store
//! --example permission_rate -- [sqlite PATH | postgres URL] [TUPLES] [WRITERS] [WRITES]`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a measuring tool"
)]

use std::path::Path;
use std::time::Instant;

use counterfoil_permission::tuple::Tuple;
use counterfoil_store::permission::{
    MAX_STORE_LOG_PAGE, MAX_TUPLE_PAGE, NewStore, PermissionDb, PermissionStoreId, StoreRevision,
    TupleFilter, WriteTuples,
};
use counterfoil_store::{PostgresOptions, SqliteOptions, Store};

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let store = match args[1].as_str() {
        "sqlite" => Store::open_sqlite(Path::new(&args[2]), SqliteOptions::default()).await,
        _ => Store::open_postgres(PostgresOptions::new(&args[2])).await,
    }
    .unwrap();
    let number =
        |at: usize, default: u64| args.get(at).map_or(default, |text| text.parse().unwrap());
    let (tuples, writers, writes) = (number(3, 1_000_000), number(4, 64), number(5, 1_000));
    let iss = store.ensure_issuer("https://id.example").await.unwrap().id;
    let db = store.permissions(iss);
    let id = PermissionStoreId::new(u64::from(std::process::id()), [7; 10]);
    db.create_store(NewStore::named(id, "rate")).await.unwrap();
    import(&db, id, tuples).await;
    single(&db, id, tuples, writers, writes).await;
    load(&db, id).await;
}

async fn import(db: &PermissionDb, id: PermissionStoreId, tuples: u64) {
    let start = Instant::now();
    let mut importer = db.importer(id).await.unwrap();
    let mut slowest = 0.0f64;
    let mut last = start;
    for turn in 0..tuples {
        if importer.push(tuple(turn)).await.unwrap() {
            slowest = slowest.max(last.elapsed().as_secs_f64());
            last = Instant::now();
        }
    }
    let done = importer.finish().await.unwrap();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "import: {} tuples in {seconds:.1} s: {:.0}/s, slowest chunk {:.0} ms",
        done.tuples,
        tuples as f64 / seconds,
        slowest * 1e3
    );
}

async fn single(db: &PermissionDb, id: PermissionStoreId, from: u64, writers: u64, writes: u64) {
    let start = Instant::now();
    let mut tasks = Vec::new();
    for writer in 0..writers {
        let db = db.clone();
        tasks.push(tokio::spawn(async move {
            let mut slowest = 0.0f64;
            for turn in 0..writes {
                let one = Instant::now();
                let tuple = tuple(from + turn * writers + writer);
                let write = WriteTuples { writes: vec![tuple], ..WriteTuples::default() };
                db.write_tuples(id, write).await.unwrap();
                slowest = slowest.max(one.elapsed().as_secs_f64());
            }
            slowest
        }));
    }
    let mut slowest = 0.0f64;
    for task in tasks {
        slowest = slowest.max(task.await.unwrap());
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = (writers * writes) as f64 / seconds;
    println!("{writers} writers: {rate:.0} writes/s, slowest {:.0} ms", slowest * 1e3);
}

async fn load(db: &PermissionDb, id: PermissionStoreId) {
    let start = Instant::now();
    let (mut after, mut count) = (None, 0);
    loop {
        let filter = TupleFilter::default();
        let page = db.read_tuples(id, &filter, after.as_ref(), MAX_TUPLE_PAGE).await.unwrap();
        count += page.tuples.len();
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    println!("read: {:.0} tuples/s", count as f64 / start.elapsed().as_secs_f64());
    let start = Instant::now();
    let (mut after, mut count) = (StoreRevision::ZERO, 0);
    loop {
        let log = db.log_after(id, after, MAX_STORE_LOG_PAGE).await.unwrap();
        let Some(last) = log.last() else { break };
        after = last.revision;
        count += log.iter().map(|row| row.ops.len()).sum::<usize>();
    }
    println!("log: {:.0} changes/s", count as f64 / start.elapsed().as_secs_f64());
}

/// A document of some three tuples with a 36-byte id, for users and groups with such ids.
fn tuple(turn: u64) -> Tuple {
    let document = uuid(turn / 3);
    let owner = uuid(1_000_000_000 + mix(turn) % 50_000);
    let group = 2_000_000_000 + mix(turn) % 5_000;
    let (relation, user) = match turn % 3 {
        0 => ("owner", format!("user:{owner}")),
        1 => ("viewer", format!("user:{owner}")),
        _ => ("viewer", format!("group:{}#member", uuid(group))),
    };
    Tuple::parse(&format!("document:{document}"), relation, &user).unwrap()
}

fn mix(number: u64) -> u64 {
    let mixed = (number ^ (number >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 8
}

/// The form of a random UUID, another for each number.
fn uuid(number: u64) -> String {
    let (a, b) = (mix(number), mix(number ^ 0x5555_5555));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a & 0xffff_ffff,
        (a >> 32) & 0xffff,
        (a >> 44) & 0xfff,
        b & 0xfff,
        (b >> 12) & 0xffff_ffff_ffff ^ number
    )
}
