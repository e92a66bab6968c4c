//! Measures durable commits and reads: `cargo run --release -p counterfoil-store --example
//! commit_rate -- [sqlite PATH | postgres URL] [WRITERS] [BATCHES]`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a measuring tool"
)]

use std::path::Path;
use std::time::Instant;

use counterfoil_jose::UnixTime;
use counterfoil_oauth::model::{
    Api, ApiId, ApiProfile, Batch, Change, ClaimMap, Client, ClientId, Digest, Effect, Fact, Grant,
    GrantId, GrantKind, Guard, IssuerId, Mode, Reason, Revision, Target, User, UserId, UserStatus,
};
use counterfoil_store::{PostgresOptions, SqliteOptions, Store};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let store = match args[1].as_str() {
        "sqlite" => Store::open_sqlite(Path::new(&args[2]), SqliteOptions::default()).await,
        _ => Store::open_postgres(PostgresOptions::new(&args[2])).await,
    }
    .unwrap();
    let writers: i64 = args.get(3).map_or(16, |text| text.parse().unwrap());
    let batches: i64 = args.get(4).map_or(2_000, |text| text.parse().unwrap());
    let iss = store.ensure_issuer("https://id.example").await.unwrap().id;
    people(&store, iss).await;
    for (name, revoke) in [("grant", false), ("grant + change", true)] {
        let base = store.head(iss).await.unwrap().revision.get();
        let start = Instant::now();
        let mut tasks = Vec::new();
        for writer in 0..writers {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                for batch in 0..batches {
                    let id = (i64::from(revoke) << 60) + batch * 1_000 + writer + 1;
                    store.commit(iss, one_grant(id, revoke)).await.unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let seconds = start.elapsed().as_secs_f64();
        let head = store.head(iss).await.unwrap().revision.get();
        println!(
            "{}: {name}, {writers} writers: {:.0} batches/s ({} changes)",
            store.engine(),
            (writers * batches) as f64 / seconds,
            head - base
        );
    }
    reads(&store, iss, batches).await;
    if args[1] == "sqlite" {
        limit(Path::new(&args[2]));
    }
}

/// What the disk allows at this moment: one page appended and made durable, over and over.
fn limit(path: &Path) {
    use std::io::Write as _;
    let path = path.with_extension("limit");
    let mut file = std::fs::File::create(&path).unwrap();
    let start = Instant::now();
    let count = 500;
    for _ in 0..count {
        file.write_all(&[7; 4_096]).unwrap();
        file.sync_data().unwrap();
    }
    println!("append + fdatasync: {:.0}/s", f64::from(count) / start.elapsed().as_secs_f64());
    std::fs::remove_file(path).unwrap();
}

async fn reads(store: &Store, iss: IssuerId, batches: i64) {
    let count = 20_000;
    let start = Instant::now();
    for turn in 0..count {
        let id = GrantId::new((turn % batches) * 1_000 + 1);
        assert!(store.grant(iss, id).await.unwrap().value.is_some());
    }
    let each = start.elapsed().as_secs_f64() / count as f64 * 1e6;
    println!("{}: a grant by id, one reader: {each:.1} us", store.engine());
}

async fn people(store: &Store, iss: IssuerId) {
    let settings = serde_json::from_str(
        r#"{"client_name":"Shop","token_endpoint_auth_method":"none","grant_types":[]}"#,
    );
    let effects = vec![
        Effect::InsertUser(User {
            id: UserId::new(1),
            sub: "alice".to_owned(),
            username: "alice".to_owned(),
            password: None,
            status: UserStatus::Active,
            claims: ClaimMap::new(),
            created_at: NOW,
            updated_at: NOW,
            version: Revision::ZERO,
        }),
        Effect::InsertClient(Client {
            id: ClientId::new(1),
            client_id: "shop".to_owned(),
            secret: Some(Digest([1; 32])),
            owner_api: None,
            settings: settings.unwrap(),
            created_at: NOW,
            updated_at: NOW,
            version: Revision::ZERO,
        }),
        Effect::InsertApi(Api {
            id: ApiId::new(1),
            resource: "https://orders.example".to_owned(),
            client: ClientId::new(1),
            profile: ApiProfile::default(),
            created_at: NOW,
            updated_at: NOW,
            version: Revision::ZERO,
        }),
    ];
    store.commit(iss, Batch { effects, ..Batch::default() }).await.unwrap();
}

fn one_grant(id: i64, revoke: bool) -> Batch {
    // A spread code, as real ones are random.
    let code = (u128::from(id.unsigned_abs())
        .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
    .to_be_bytes();
    let grant = Grant {
        id: GrantId::new(id),
        kind: GrantKind::AuthorizationCode { code },
        user: Some(UserId::new(1)),
        client: ClientId::new(1),
        apis: vec![ApiId::new(1)],
        session: None,
        scopes: vec!["openid".to_owned(), "orders:read".to_owned()],
        auth_time: Some(NOW),
        amr: vec!["pwd".to_owned()],
        nonce: None,
        created_at: NOW,
        revoked_at: None,
        refresh: None,
    };
    let change = Change {
        target: Target::Grant(grant.id),
        mode: Mode::Hard,
        reason: Reason::Revoked,
        expires_at: Some(NOW.plus_secs(600)),
    };
    Batch {
        guards: vec![
            Guard::UserActive(UserId::new(1)),
            Guard::Unchanged(Fact::Client(ClientId::new(1)), Revision::new(u64::MAX >> 1)),
            Guard::Unchanged(Fact::Api(ApiId::new(1)), Revision::new(u64::MAX >> 1)),
        ],
        effects: vec![Effect::InsertGrant(grant)],
        changes: if revoke { vec![change] } else { Vec::new() },
    }
}
