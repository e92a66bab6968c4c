//! A database of either engine, its permission stores as one node has them, and a small model.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use counterfoil_jose::UnixTime;
use counterfoil_oauth::model::IssuerId;
use counterfoil_permission::{
    check::{CheckRequest, Decision, NoConditions},
    language,
    tuple::Tuple,
};
use counterfoil_store::{
    Engine, PostgresOptions, SqliteOptions, Store,
    permission::{ModelId, NewStore, PermissionStoreId, StoreRevision, WriteTuples},
};
use counterfoil_testing::{postgres, scratch};

use crate::{
    clock::Clock,
    permissions::live::{
        About, Consistency, LiveMetrics, LiveModel, PermissionError, PermissionOptions,
        Permissions, Resolver, What, World,
    },
};

pub(super) const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

pub(super) const MODEL: &str = "
model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member]
type order
  relations
    define owner: [user]
    define reader: [user, user:*, group#member] or owner
";

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
pub(super) struct Hand(AtomicU64);

impl Hand {
    pub(super) fn forward(&self, by_ms: u64) {
        self.0.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now_ms(&self) -> i64 {
        1_800_000_000_000
    }

    fn boot_ms(&self) -> u64 {
        // Long after the machine booted.
        1_000_000 + self.0.load(Ordering::SeqCst)
    }

    fn ticks(&self) -> u64 {
        self.boot_ms() * 1_000_000
    }
}

#[derive(Clone)]
pub(super) struct Ground {
    pub(super) store: Store,
    pub(super) iss: IssuerId,
    pub(super) dir: Arc<scratch::Dir>,
    url: Option<String>,
    pub(super) hand: Arc<Hand>,
}

/// Runs a test on both engines.
pub(super) fn on_both(test: impl AsyncFn(Ground)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        on(engine, &test);
    }
}

pub(super) fn on(engine: Engine, test: &impl AsyncFn(Ground)) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = Arc::new(scratch::Dir::new("live").unwrap());
        let url = (engine == Engine::Postgres).then(|| postgres::shared().fresh_database());
        let store = open(&dir, url.as_deref()).await;
        let iss = store.ensure_issuer("https://id.example").await.unwrap().id;
        test(Ground { store, iss, dir, url, hand: Arc::default() }).await;
    });
}

async fn open(dir: &scratch::Dir, url: Option<&str>) -> Store {
    match url {
        None => Store::open_sqlite(&dir.join("store.db"), SqliteOptions::default()).await.unwrap(),
        Some(url) => Store::open_postgres(PostgresOptions::new(url)).await.unwrap(),
    }
}

impl Ground {
    pub(super) fn options(&self) -> PermissionOptions {
        PermissionOptions { snapshots: Some(self.folder()), ..PermissionOptions::default() }
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.dir.join("snapshots")
    }

    /// The permission stores as a node has them.
    pub(super) fn node(&self, options: PermissionOptions) -> Node {
        self.node_of(&self.store, options)
    }

    /// A node with a connection of its own to the same database.
    pub(super) async fn other_node(&self) -> Node {
        let store = open(&self.dir, self.url.as_deref()).await;
        self.node_of(&store, self.options())
    }

    fn node_of(&self, store: &Store, options: PermissionOptions) -> Node {
        let metrics = LiveMetrics::default();
        let db = store.permissions(self.iss);
        let clock = Arc::clone(&self.hand) as Arc<dyn Clock>;
        Node { live: Permissions::new(db, options, metrics.clone(), clock), metrics }
    }

    /// Makes a store with a model.
    pub(super) async fn shop(&self, number: u8, model: &str) -> PermissionStoreId {
        let db = self.store.permissions(self.iss);
        let id = PermissionStoreId::new(1, [number; 10]);
        db.create_store(NewStore::named(id, "shop")).await.unwrap();
        let model = language::to_json(&language::parse(model).unwrap());
        db.write_model(id, ModelId::new(1, [number; 10]), &model, NOW).await.unwrap();
        id
    }
}

pub(super) struct Node {
    pub(super) live: Permissions,
    pub(super) metrics: LiveMetrics,
}

impl Node {
    /// Asks until the store is in memory.
    pub(super) async fn loaded(&self, store: PermissionStoreId) -> World {
        loop {
            let world = self.world(store).await;
            if world.is_loaded() {
                return world;
            }
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn world(&self, store: PermissionStoreId) -> World {
        self.live.world(store, Consistency::MinimizeLatency).await.unwrap()
    }

    pub(super) async fn write(
        &self,
        store: PermissionStoreId,
        add: &[&str],
        del: &[&str],
    ) -> StoreRevision {
        self.live.write(store, request(add, del)).await.unwrap()
    }

    pub(super) async fn model(&self, store: PermissionStoreId) -> Arc<LiveModel> {
        self.live.model(store, (None, Resolver::Released)).await.unwrap().unwrap()
    }

    /// Whether a tuple would be answered with yes, at what is newest here.
    pub(super) async fn allows(&self, store: PermissionStoreId, asked: &str) -> bool {
        self.allows_at(store, Consistency::MinimizeLatency, asked).await.unwrap()
    }

    pub(super) async fn allows_at(
        &self,
        store: PermissionStoreId,
        consistency: Consistency,
        asked: &str,
    ) -> Result<bool, PermissionError> {
        let world = self.live.world(store, consistency).await?;
        Ok(self.decision(&world, store, asked).await == Decision::Allow)
    }

    pub(super) async fn decision(
        &self,
        world: &World,
        store: PermissionStoreId,
        asked: &str,
    ) -> Decision {
        let model = self.model(store).await;
        let asked = tuple(asked);
        let relations = [asked.relation().as_str()];
        let about = About {
            what: What::Object(asked.object()),
            relations: &relations,
            user: Some(asked.user()),
            contextual: &[],
        };
        let snapshot = world.snapshot(&model, about).await.unwrap();
        let request = CheckRequest::new(asked.object(), asked.relation(), asked.user());
        snapshot.check(&request, &NoConditions).unwrap()
    }
}

pub(super) fn request(add: &[&str], del: &[&str]) -> WriteTuples {
    WriteTuples {
        writes: add.iter().map(|text| tuple(text)).collect(),
        deletes: del
            .iter()
            .map(|text| counterfoil_store::permission::TupleKey::of(&tuple(text)))
            .collect(),
        ..WriteTuples::default()
    }
}

/// A tuple in the form `order:1#reader@user:a`.
pub(super) fn tuple(text: &str) -> Tuple {
    let (object, rest) = text.split_once('#').unwrap();
    let (relation, user) = rest.split_once('@').unwrap();
    Tuple::parse(object, relation, user).unwrap()
}
