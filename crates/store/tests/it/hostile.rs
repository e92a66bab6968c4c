//! Rows that fit no state, as a hand, a bug or an attacker may leave them.

use counterfoil_oauth::model::{
    Batch, ClientId, Effect, GrantId, KeyPurpose, KeyState, Revision, SealedSecret, SessionId,
    StoredKey, Target, UserId,
};
use counterfoil_store::{Stamped, StoreError};

use crate::ground::{Ground, NOW, family, grant, kill, on_both, session, standing};

/// Reads every table by its point reads, and says what is inconsistent.
async fn complaints(ground: &Ground) -> Vec<String> {
    fn note<T>(found: &mut Vec<String>, result: Result<T, StoreError>) {
        match result {
            Ok(_) => {}
            Err(StoreError::Inconsistent(at)) => found.push(at.to_string()),
            Err(other) => panic!("{other}"),
        }
    }
    let (store, iss) = (&ground.store, ground.iss);
    let mut found = Vec::new();
    note(&mut found, store.user(iss, UserId::new(1)).await);
    note(&mut found, store.client(iss, ClientId::new(1)).await);
    note(&mut found, store.api_by_client(iss, ClientId::new(1)).await);
    note(&mut found, store.session(iss, SessionId::new(1)).await);
    note(&mut found, store.consents(iss, UserId::new(1), ClientId::new(1)).await);
    note(&mut found, store.grant(iss, GrantId::new(1)).await);
    note(&mut found, store.grant(iss, GrantId::new(2)).await);
    note(&mut found, store.keys(iss).await);
    note(&mut found, store.log_after(iss, Revision::ZERO, 9).await);
    note(&mut found, store.live_watermarks(iss, NOW, None, 9).await);
    note(&mut found, store.head(iss).await);
    found
}

/// How a row is spoilt, and what must be said of it.
const SPOILT: &[(&str, &str)] = &[
    (
        "UPDATE users SET claims = '[1]'",
        "inconsistent row `1` in `users`: `claims` is not the expected JSON",
    ),
    (
        "UPDATE users SET claims = '{\"a\":'",
        "inconsistent row `1` in `users`: `claims` is not the expected JSON",
    ),
    ("UPDATE users SET status = 7", "inconsistent row `1` in `users`: `status` is an unknown code"),
    ("UPDATE users SET version = -1", "inconsistent row `1` in `users`: `version` is negative"),
    (
        "UPDATE clients SET settings = '{\"surprise\":1}'",
        "inconsistent row `1` in `clients`: `settings` is not the expected JSON",
    ),
    (
        "UPDATE clients SET owner_api = -4",
        "inconsistent row `1` in `clients`: `owner_api` is not positive",
    ),
    (
        "UPDATE apis SET profile = 'null'",
        "inconsistent row `1` in `apis`: `profile` is not the expected JSON",
    ),
    (
        "UPDATE sessions SET amr = '\"pwd\"'",
        "inconsistent row `1` in `sessions`: `amr` is not the expected JSON",
    ),
    ("UPDATE consents SET api_id = -1", "inconsistent row `1` in `consents`: `api_id` is negative"),
    (
        "UPDATE grants SET kind = 9 WHERE id = 1",
        "inconsistent row `1` in `grants`: `kind` is an unknown code",
    ),
    (
        "UPDATE grants SET code = NULL WHERE id = 1",
        "inconsistent row `1` in `grants`: `code` is null, but the grant is of a code",
    ),
    (
        "UPDATE grants SET apis = '[1,2]' WHERE id = 2",
        "inconsistent row `2` in `grants`: `standing_api` doesn't fit the grant's APIs",
    ),
    (
        "UPDATE grants SET recent = NULL WHERE id = 1",
        "inconsistent row `1` in `grants`: `generation` and the family's other columns are not all set or null",
    ),
    (
        "UPDATE grants SET generation = 4294967296 WHERE id = 1",
        "inconsistent row `1` in `grants`: `generation` is out of range",
    ),
    (
        "UPDATE keys SET alg = NULL",
        "inconsistent row `k1` in `keys`: `alg` is null on a signing key",
    ),
    ("UPDATE keys SET state = 0", "inconsistent row `k1` in `keys`: `state` is an unknown code"),
    (
        "UPDATE changes SET kind = 99",
        "inconsistent row `1` in `changes`: `kind` is an unknown code",
    ),
    (
        "UPDATE changes SET reason = 'because'",
        "inconsistent row `1` in `changes`: `reason` is an unknown word",
    ),
    (
        "UPDATE watermarks SET mode = 0",
        "inconsistent row `3` in `watermarks`: `mode` is an unknown code",
    ),
    ("UPDATE issuers SET epoch = -1", "inconsistent row `1` in `issuers`: `epoch` is negative"),
];

#[test]
fn odd_rows_are_named() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        fill(&ground).await;
        assert_eq!(complaints(&ground).await, [""; 0]);
        for (spoil, expected) in SPOILT {
            let table = spoil.split(' ').nth(1).unwrap();
            let keep = format!("CREATE TABLE kept AS SELECT * FROM {table}");
            ground.place.sql(&keep).await;
            ground.place.sql(spoil).await;
            assert_eq!(complaints(&ground).await, [*expected], "{spoil}");
            restore(&ground, table).await;
        }
        // Bytes of another length: only the engines' literals differ.
        for (column, table, row) in [("cookie", "sessions", 1), ("secret", "clients", 1)] {
            let literal = match ground.store.engine() {
                counterfoil_store::Engine::Sqlite => "x'0102'",
                counterfoil_store::Engine::Postgres => "'\\x0102'",
            };
            ground.place.sql(&format!("UPDATE {table} SET {column} = {literal}")).await;
            let expected =
                format!("inconsistent row `{row}` in `{table}`: `{column}` has another length");
            assert!(complaints(&ground).await.contains(&expected));
        }
    });
}

/// Puts the spoiled columns back, which are all but the keys.
async fn restore(ground: &Ground, table: &str) {
    let columns: &[&str] = match table {
        "users" => &["claims", "status", "version"],
        "clients" => &["settings", "owner_api"],
        "apis" => &["profile"],
        "sessions" => &["amr"],
        "consents" => &["api_id"],
        "grants" => &["kind", "code", "apis", "recent", "generation"],
        "keys" => &["alg", "state"],
        "changes" => &["kind", "reason"],
        "watermarks" => &["mode"],
        _ => &["epoch"],
    };
    let key = if table == "grants" { " WHERE kept.id = grants.id" } else { "" };
    let set: Vec<String> = columns
        .iter()
        .map(|column| format!("{column} = (SELECT {column} FROM kept{key})"))
        .collect();
    ground.place.sql(&format!("UPDATE {table} SET {}; DROP TABLE kept", set.join(", "))).await;
}

async fn fill(ground: &Ground) {
    let mut refreshing = grant(1);
    refreshing.refresh = Some(family(1));
    let key = StoredKey {
        kid: "k1".to_owned(),
        purpose: KeyPurpose::Sign("ES256".to_owned()),
        state: KeyState::Active,
        secret: SealedSecret(vec![1]),
        created_at: NOW,
        state_since: NOW,
    };
    let consent = counterfoil_oauth::model::Consent {
        user: UserId::new(1),
        client: ClientId::new(1),
        api: None,
        scopes: vec![],
        granted_at: NOW,
    };
    let batch = Batch {
        effects: vec![
            Effect::InsertSession(session(1, 1)),
            Effect::PutConsent(consent),
            Effect::InsertGrant(refreshing),
            Effect::InsertGrant(standing(2)),
            Effect::InsertKey(key),
        ],
        changes: vec![kill(Target::User(UserId::new(1)))],
        ..Batch::default()
    };
    ground.commit(batch).await.unwrap();
}

/// A page with one odd row is an error, not a shorter page.
#[test]
fn a_list_with_an_odd_row_is_refused() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        ground.apply(vec![Effect::InsertUser(crate::ground::user(2))]).await;
        ground.place.sql("UPDATE users SET claims = 'x' WHERE id = 2").await;
        let page: Result<Stamped<_>, _> =
            ground.store.users(ground.iss, &Default::default(), None, 9).await;
        assert!(matches!(page, Err(StoreError::Inconsistent(at)) if at.row == "`2`"));
    });
}
