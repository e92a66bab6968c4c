//! Both engines, and small worlds to put into them.

use std::sync::Arc;

use counterfoil_jose::UnixTime;
use counterfoil_oauth::model::{
    Api, ApiId, ApiProfile, Batch, Change, ClaimMap, Client, ClientId, ClientSettings, Digest,
    Effect, Grant, GrantId, GrantKind, Guard, IssuerId, Mode, PasswordHash, Reason, RefreshFamily,
    Revision, Session, SessionId, Target, User, UserId, UserStatus,
};
use counterfoil_store::{
    ApiFilter, ClientFilter, Clock, CommitError, Committed, ConflictAt, Engine, GrantFilter,
    PostgresOptions, SessionFilter, SqliteOptions, Store, UserFilter,
};
use counterfoil_testing::{postgres, scratch};

/// The moment of every test.
pub const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

/// A store of one engine with an issuer, and what keeps it alive.
#[derive(Clone)]
pub struct Ground {
    pub store: Store,
    pub iss: IssuerId,
    pub place: Place,
}

/// Where the rows are, for looking at them past the store.
#[derive(Clone)]
pub enum Place {
    Sqlite(Arc<scratch::Dir>),
    Postgres(String),
}

impl Place {
    pub async fn open(&self) -> Store {
        let clock = Clock::new(|| NOW);
        match self {
            Self::Sqlite(dir) => {
                let options = SqliteOptions { clock, ..SqliteOptions::default() };
                Store::open_sqlite(&dir.join("store.db"), options).await.unwrap()
            }
            Self::Postgres(url) => {
                let options = PostgresOptions { clock, ..PostgresOptions::new(url) };
                Store::open_postgres(options).await.unwrap()
            }
        }
    }

    /// Runs SQL past the store.
    pub async fn sql(&self, sql: &str) {
        match self {
            Self::Sqlite(dir) => {
                let connection = rusqlite::Connection::open(dir.join("store.db")).unwrap();
                connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
                connection.execute_batch(sql).unwrap();
            }
            Self::Postgres(url) => {
                let database = url.rsplit('/').next().unwrap();
                postgres::shared().sql(database, sql);
            }
        }
    }
}

impl Ground {
    pub async fn new(engine: Engine) -> Self {
        let place = match engine {
            Engine::Sqlite => Place::Sqlite(Arc::new(scratch::Dir::new("store").unwrap())),
            Engine::Postgres => Place::Postgres(postgres::shared().fresh_database()),
        };
        let store = place.open().await;
        let iss = store.ensure_issuer("https://id.example").await.unwrap().id;
        Self { store, iss, place }
    }

    pub async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        self.store.commit(self.iss, batch).await
    }

    /// Commits effects without guards or changes.
    pub async fn apply(&self, effects: Vec<Effect>) {
        self.commit(Batch { effects, ..Batch::default() }).await.unwrap();
    }

    /// Commits effects and says what conflicted.
    pub async fn conflict(&self, guards: Vec<Guard>, effects: Vec<Effect>) -> Option<ConflictAt> {
        match self.commit(Batch { guards, effects, ..Batch::default() }).await {
            Ok(_) => None,
            Err(CommitError::Conflict(at)) => Some(at),
            Err(other) => panic!("{other}"),
        }
    }

    /// Commits effects with one change, so that they take a revision.
    pub async fn change(&self, effects: Vec<Effect>) -> Committed {
        let changes = vec![kill_issuer()];
        self.commit(Batch { effects, changes, ..Batch::default() }).await.unwrap()
    }

    /// The ids of all grants.
    pub async fn grant_ids(&self) -> Vec<i64> {
        let all = self.store.grants(self.iss, &GrantFilter::default(), None, 200).await.unwrap();
        all.value.iter().map(|grant| grant.id.get()).collect()
    }

    /// Everything that the store's reads can see, secrets included, a line for each row.
    pub async fn dump(&self) -> Vec<String> {
        let (store, iss) = (&self.store, self.iss);
        let mut lines = vec![format!("head {}", store.head(iss).await.unwrap().revision.get())];
        let users = store.users(iss, &UserFilter::default(), None, 200).await.unwrap().value;
        let clients = store.clients(iss, &ClientFilter::default(), None, 200).await.unwrap().value;
        for user in &users {
            for client in &clients {
                let consents = store.consents(iss, user.id, client.id).await.unwrap().value;
                lines.extend(consents.iter().map(|consent| format!("{consent:?}")));
            }
        }
        lines.extend(users.iter().map(show_user));
        lines.extend(clients.iter().map(show_client));
        let apis = store.apis(iss, &ApiFilter::default(), None, 200).await.unwrap().value;
        lines.extend(apis.iter().map(|api| format!("{api:?}")));
        let sessions = store.sessions(iss, &SessionFilter::default(), None, 200).await.unwrap();
        lines.extend(sessions.value.iter().map(show_session));
        let grants = store.grants(iss, &GrantFilter::default(), None, 200).await.unwrap().value;
        lines.extend(grants.iter().map(|grant| format!("{grant:?}")));
        let keys = store.keys(iss).await.unwrap().value;
        lines.extend(keys.iter().map(|key| format!("{key:?} {:?}", key.secret.0)));
        let log = store.log_after(iss, Revision::ZERO, 1_000).await.unwrap();
        lines
            .extend(log.iter().map(|entry| format!("{} {:?}", entry.revision.get(), entry.change)));
        let marks = store.live_watermarks(iss, UnixTime::from_secs(0), None, 1_000).await.unwrap();
        lines.extend(marks.value.iter().map(|mark| format!("{mark:?}")));
        lines.sort();
        lines
    }

    /// A user 1, a client 1 and an API 1 to hang things on.
    pub async fn peopled(self) -> Self {
        let effects = vec![
            Effect::InsertUser(user(1)),
            Effect::InsertClient(client(1)),
            Effect::InsertApi(api(1)),
        ];
        self.apply(effects).await;
        self
    }
}

/// Runs a test on both engines, one after the other.
pub fn on_sqlite(test: impl AsyncFn(Ground)) {
    runtime().block_on(async { test(Ground::new(Engine::Sqlite).await).await });
}

pub fn on_both(test: impl AsyncFn(Ground)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        runtime().block_on(async {
            eprintln!("on {engine}");
            test(Ground::new(engine).await).await;
        });
    }
}

pub fn show_user(user: &User) -> String {
    format!("{user:?} {:?}", user.password.as_ref().map(PasswordHash::expose))
}

pub fn show_client(client: &Client) -> String {
    format!("{client:?} {:?}", client.secret.as_ref().map(|digest| digest.0))
}

pub fn show_session(session: &Session) -> String {
    format!("{session:?} {:?}", session.cookie.0)
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub fn user(id: i64) -> User {
    let mut claims = ClaimMap::new();
    claims.insert("email".to_owned(), format!("user{id}@example.com").into());
    User {
        id: UserId::new(id),
        sub: format!("sub-{id}"),
        username: format!("User{id}"),
        password: Some(PasswordHash::new(format!("$argon2id${id}"))),
        status: UserStatus::Active,
        claims,
        created_at: NOW,
        updated_at: NOW,
        version: Revision::ZERO,
    }
}

pub fn client(id: i64) -> Client {
    let settings: ClientSettings = serde_json::from_str(
        r#"{"client_name":"Shop","token_endpoint_auth_method":"client_secret_basic",
            "grant_types":["authorization_code"]}"#,
    )
    .unwrap();
    Client {
        id: ClientId::new(id),
        client_id: format!("client-{id}"),
        secret: Some(digest(id)),
        owner_api: None,
        settings,
        created_at: NOW,
        updated_at: NOW,
        version: Revision::ZERO,
    }
}

pub fn api(id: i64) -> Api {
    Api {
        id: ApiId::new(id),
        resource: format!("https://api{id}.example"),
        client: ClientId::new(id),
        profile: ApiProfile::default(),
        created_at: NOW,
        updated_at: NOW,
        version: Revision::ZERO,
    }
}

pub fn session(id: i64, user: i64) -> Session {
    Session {
        id: SessionId::new(id),
        cookie: digest(id),
        user: UserId::new(user),
        auth_time: NOW,
        amr: vec!["pwd".to_owned()],
        created_at: NOW,
        expires_at: NOW.plus_secs(3_600),
        ended_at: None,
    }
}

/// A grant of user 1 to client 1 at API 1 by a code of its own.
pub fn grant(id: i64) -> Grant {
    let mut code = [7; 16];
    code[..8].copy_from_slice(&id.to_be_bytes());
    Grant {
        id: GrantId::new(id),
        kind: GrantKind::AuthorizationCode { code },
        user: Some(UserId::new(1)),
        client: ClientId::new(1),
        apis: vec![ApiId::new(1)],
        session: None,
        scopes: vec!["openid".to_owned(), "orders:read".to_owned()],
        auth_time: Some(NOW),
        amr: vec!["pwd".to_owned()],
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        created_at: NOW,
        revoked_at: None,
        refresh: None,
    }
}

/// The standing right of client 1 at API 1.
pub fn standing(id: i64) -> Grant {
    Grant {
        kind: GrantKind::ClientCredentials,
        user: None,
        auth_time: None,
        amr: Vec::new(),
        nonce: None,
        ..grant(id)
    }
}

pub fn family(generation: u32) -> RefreshFamily {
    RefreshFamily {
        generation,
        recent: Vec::new(),
        idle_expires_at: NOW.plus_secs(3_600),
        expires_at: NOW.plus_secs(86_400),
    }
}

pub fn digest(seed: i64) -> Digest {
    let mut bytes = [3; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    Digest(bytes)
}

/// A hard watermark on a target.
pub fn kill(target: Target) -> Change {
    Change {
        target,
        mode: Mode::Hard,
        reason: Reason::Revoked,
        expires_at: Some(NOW.plus_secs(600)),
    }
}

pub fn kill_issuer() -> Change {
    kill(Target::Issuer)
}
