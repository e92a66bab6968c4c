//! Each effect: what it does, and what makes it a conflict.

use counterfoil_jose::UnixTime;
use counterfoil_oauth::model::{
    ApiId, ClientId, Consent, Effect, GrantId, GrantKind, KeyPurpose, KeyState, PasswordHash,
    Revision, Rotation, SealedSecret, SessionId, StoredKey, UserId, UserStatus,
};
use counterfoil_store::{CommitError, ConflictAt, StoreError};

use crate::ground::{
    NOW, api, client, digest, family, grant, kill_issuer, on_both, session, standing, user,
};

/// Runs effects, the last of which must conflict.
fn conflicts(effects: impl Fn() -> Vec<Effect>) {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let effects = effects();
        let last = effects.len() - 1;
        let before = ground.dump().await;
        assert_eq!(ground.conflict(vec![], effects).await, Some(ConflictAt::Effect(last)));
        assert_eq!(ground.dump().await, before, "a conflict leaves no trace");
    });
}

#[test]
fn what_is_taken_conflicts() {
    let cases: Vec<Box<dyn Fn() -> Vec<Effect>>> = vec![
        Box::new(|| vec![Effect::InsertUser(user(1))]),
        Box::new(|| {
            let mut twin = user(2);
            twin.username = "uSeR1".to_owned();
            vec![Effect::InsertUser(twin)]
        }),
        Box::new(|| {
            let mut twin = user(2);
            twin.sub = "sub-1".to_owned();
            vec![Effect::InsertUser(twin)]
        }),
        Box::new(|| {
            let mut renamed = user(2);
            renamed.username = "user1".to_owned();
            vec![Effect::InsertUser(user(2)), Effect::UpdateUser(renamed)]
        }),
        Box::new(|| vec![Effect::InsertClient(client(1))]),
        Box::new(|| {
            let mut twin = client(2);
            twin.client_id = "client-1".to_owned();
            vec![Effect::InsertClient(twin)]
        }),
        Box::new(|| vec![Effect::InsertApi(api(1))]),
        Box::new(|| {
            let mut twin = api(2);
            twin.resource = "https://api1.example".to_owned();
            vec![Effect::InsertApi(twin)]
        }),
        Box::new(|| {
            let mut twin = session(2, 1);
            twin.cookie = digest(1);
            vec![Effect::InsertSession(session(1, 1)), Effect::InsertSession(twin)]
        }),
        Box::new(|| {
            let mut twin = grant(2);
            twin.kind = grant(1).kind;
            vec![Effect::InsertGrant(grant(1)), Effect::InsertGrant(twin)]
        }),
        Box::new(|| vec![Effect::InsertGrant(grant(1)), Effect::InsertGrant(grant(1))]),
        Box::new(|| vec![Effect::InsertGrant(standing(1)), Effect::InsertGrant(standing(2))]),
        Box::new(|| vec![use_assertion(1), use_assertion(1)]),
        Box::new(|| vec![Effect::InsertKey(key("k1")), Effect::InsertKey(key("k1"))]),
    ];
    for case in cases {
        conflicts(case);
    }
}

#[test]
fn what_is_missing_conflicts() {
    let cases: Vec<Box<dyn Fn() -> Vec<Effect>>> = vec![
        Box::new(|| vec![Effect::UpdateUser(user(9))]),
        Box::new(|| vec![Effect::SetUserStatus(UserId::new(9), UserStatus::Suspended, NOW)]),
        Box::new(|| vec![Effect::SetPassword(UserId::new(9), PasswordHash::new("x".to_owned()))]),
        Box::new(|| vec![Effect::DeleteUser(UserId::new(9))]),
        Box::new(|| vec![Effect::UpdateClient(client(9))]),
        Box::new(|| vec![Effect::DeleteClient(ClientId::new(9))]),
        Box::new(|| vec![Effect::UpdateApi(api(9))]),
        Box::new(|| vec![Effect::DeleteApi(ApiId::new(9))]),
        Box::new(|| vec![renew(9)]),
        Box::new(|| {
            vec![
                Effect::InsertSession(session(1, 1)),
                Effect::EndSession(SessionId::new(1), NOW),
                renew(1),
            ]
        }),
        Box::new(|| vec![Effect::InsertSession(session(1, 9))]),
        Box::new(|| {
            let mut orphan = grant(1);
            orphan.user = Some(UserId::new(9));
            vec![Effect::InsertGrant(orphan)]
        }),
        Box::new(|| {
            let mut orphan = grant(1);
            orphan.client = ClientId::new(9);
            vec![Effect::InsertGrant(orphan)]
        }),
        Box::new(|| vec![rotate(9, 0)]),
        Box::new(|| vec![refreshing(1, 3), rotate(1, 2)]),
        Box::new(|| vec![Effect::InsertGrant(grant(1)), rotate(1, 0)]),
        Box::new(|| {
            vec![refreshing(1, 3), Effect::RevokeGrant(GrantId::new(1), NOW), rotate(1, 3)]
        }),
        Box::new(|| vec![move_key("k9", KeyState::Published)]),
        Box::new(|| vec![Effect::InsertKey(key("k1")), move_key("k1", KeyState::Active)]),
    ];
    for case in cases {
        conflicts(case);
    }
}

/// What ends nothing is no conflict.
#[test]
fn ending_what_has_ended_is_fine() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        ground
            .apply(vec![
                Effect::EndSession(SessionId::new(9), NOW),
                Effect::EndSessionsOf(UserId::new(9), NOW),
                Effect::DeleteConsents(UserId::new(9), ClientId::new(9), None),
                Effect::RevokeGrant(GrantId::new(9), NOW),
                Effect::RevokeGrantsOf(UserId::new(9), NOW),
                Effect::RevokeGrantsOfSession(SessionId::new(9), NOW),
            ])
            .await;
    });
}

#[test]
fn users_change_as_told() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let mut changed = user(1);
        changed.username = "Älice".to_owned();
        changed.sub = "ignored".to_owned();
        changed.password = None;
        changed.claims.insert("nul".to_owned(), "a\0b".into());
        changed.updated_at = later(5);
        ground.apply(vec![Effect::UpdateUser(changed)]).await;
        let (store, iss) = (&ground.store, ground.iss);
        assert!(store.user_by_username(iss, "user1").await.unwrap().value.is_none());
        let found = store.user_by_username(iss, "äLICE").await.unwrap().value.unwrap();
        assert_eq!(found.sub, "sub-1");
        assert_eq!(found.username, "Älice");
        assert!(found.password.is_none());
        assert_eq!(found.claims["nul"], "a\0b");
        assert_eq!((found.created_at, found.updated_at), (NOW, later(5)));

        let status = Effect::SetUserStatus(UserId::new(1), UserStatus::Suspended, later(6));
        let hash = PasswordHash::new("$argon2id$new".to_owned());
        ground.change(vec![status, Effect::SetPassword(UserId::new(1), hash)]).await;
        let found = store.user_by_sub(iss, "sub-1").await.unwrap();
        let user = found.value.unwrap();
        assert_eq!(user.status, UserStatus::Suspended);
        assert_eq!(user.password.unwrap().expose(), "$argon2id$new");
        assert_eq!((user.updated_at, user.version), (later(6), Revision::new(1)));
        assert_eq!(found.revision, Revision::new(1));
    });
}

#[test]
fn clients_and_apis_change_as_told() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let mut changed = client(1);
        changed.secret = None;
        changed.client_id = "ignored".to_owned();
        changed.settings.client_name = "Other".to_owned();
        let mut profile = api(1);
        profile.resource = "ignored".to_owned();
        profile.profile.lifetime_secs = 77;
        ground.change(vec![Effect::UpdateClient(changed), Effect::UpdateApi(profile)]).await;
        let (store, iss) = (&ground.store, ground.iss);
        let client = store.client_by_client_id(iss, "client-1").await.unwrap().value.unwrap();
        assert!(client.secret.is_none());
        assert_eq!(client.settings.client_name, "Other");
        assert_eq!(client.version, Revision::new(1));
        let api = store.api_by_resource(iss, "https://api1.example").await.unwrap().value.unwrap();
        assert_eq!((api.profile.lifetime_secs, api.version), (77, Revision::new(1)));
        let own = store.api_by_client(iss, ClientId::new(1)).await.unwrap().value.unwrap();
        assert_eq!(own.id, ApiId::new(1));
    });
}

#[test]
fn deleting_takes_along_what_hangs_on_it() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        ground.apply(hangers_on()).await;
        ground.apply(vec![Effect::DeleteUser(UserId::new(1))]).await;
        let (store, iss) = (&ground.store, ground.iss);
        assert_eq!(ground.grant_ids().await, [3]);
        assert!(store.session(iss, SessionId::new(1)).await.unwrap().value.is_none());
        let consents = store.consents(iss, UserId::new(1), ClientId::new(1)).await.unwrap();
        assert!(consents.value.is_empty());
        ground.apply(vec![Effect::DeleteClient(ClientId::new(1))]).await;
        assert!(ground.grant_ids().await.is_empty());
    });
    on_both(async |ground| {
        let ground = ground.peopled().await;
        ground.apply(hangers_on()).await;
        // A grant for another API too outlives the deletion of one.
        let mut both = grant(4);
        both.apis.push(ApiId::new(2));
        ground.apply(vec![Effect::InsertApi(api(2)), Effect::InsertGrant(both)]).await;
        ground.apply(vec![Effect::DeleteApi(ApiId::new(1))]).await;
        assert_eq!(ground.grant_ids().await, [2, 4]);
        let (store, iss) = (&ground.store, ground.iss);
        let consents = store.consents(iss, UserId::new(1), ClientId::new(1)).await.unwrap().value;
        assert_eq!(consents.iter().map(|consent| consent.api).collect::<Vec<_>>(), [None]);
    });
}

#[test]
fn a_session_comes_with_what_its_user_allows() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        ground.apply(hangers_on()).await;
        ground.apply(vec![Effect::InsertClient(client(2))]).await;
        let (store, iss) = (&ground.store, ground.iss);
        let found = async |cookie, client| {
            let client = ClientId::new(client);
            let found = store.session_and_consents(iss, &digest(cookie), client).await.unwrap();
            let session = store.session_by_cookie(iss, &digest(cookie)).await.unwrap();
            let consents = store.consents(iss, UserId::new(1), client).await.unwrap();
            let apart = session.value.map(|session| (session, consents.value));
            assert_eq!(format!("{:?}", found.value), format!("{apart:?}"));
            found.value.map(|(_, consents)| consents.len())
        };
        assert_eq!(found(1, 1).await, Some(2));
        assert_eq!(found(1, 2).await, Some(0));
        assert_eq!(found(9, 1).await, None);
    });
}

/// A session, two consents, and the grants 1 (of the API), 2 (of the issuer) and 3 (standing).
fn hangers_on() -> Vec<Effect> {
    let mut userinfo = grant(2);
    userinfo.apis.clear();
    vec![
        Effect::InsertSession(session(1, 1)),
        consent(None, &["openid"]),
        consent(Some(1), &["orders:read"]),
        Effect::InsertGrant(grant(1)),
        Effect::InsertGrant(userinfo),
        Effect::InsertGrant(standing(3)),
    ]
}

#[test]
fn sessions_are_renewed_and_ended() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let sessions = [1, 2, 3].map(|id| Effect::InsertSession(session(id, 1)));
        ground.apply(sessions.to_vec()).await;
        ground.apply(vec![renew(1), Effect::EndSession(SessionId::new(2), later(3))]).await;
        let (store, iss) = (&ground.store, ground.iss);
        assert!(store.session_by_cookie(iss, &digest(1)).await.unwrap().value.is_none());
        let renewed = store.session_by_cookie(iss, &digest(101)).await.unwrap().value.unwrap();
        assert_eq!(renewed.id, SessionId::new(1));
        assert_eq!((renewed.auth_time, renewed.expires_at), (later(2), later(9_000)));
        assert_eq!(renewed.amr, ["pwd", "otp"]);
        ground.apply(vec![Effect::EndSessionsOf(UserId::new(1), later(4))]).await;
        let ends = [1, 2, 3].map(async |id| {
            store.session(iss, SessionId::new(id)).await.unwrap().value.unwrap().ended_at
        });
        let [one, two, three] = ends;
        assert_eq!(
            (one.await, two.await, three.await),
            (Some(later(4)), Some(later(3)), Some(later(4)))
        );
    });
}

#[test]
fn consents_are_replaced_and_forgotten() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let scopes = async || {
            let (user, client) = (UserId::new(1), ClientId::new(1));
            let found = ground.store.consents(ground.iss, user, client).await.unwrap().value;
            let all: Vec<String> = found
                .iter()
                .map(|c| format!("{:?} {}", c.api.map(ApiId::get), c.scopes.join("+")))
                .collect();
            all.join(", ")
        };
        ground.apply(vec![consent(Some(1), &["a"]), consent(None, &["openid", "odd scope"])]).await;
        assert_eq!(scopes().await, "None openid+odd scope, Some(1) a");
        ground.apply(vec![consent(Some(1), &["a", "b"]), consent(Some(2), &["c"])]).await;
        assert_eq!(scopes().await, "None openid+odd scope, Some(1) a+b, Some(2) c");
        let (user, client) = (UserId::new(1), ClientId::new(1));
        ground.apply(vec![Effect::DeleteConsents(user, client, Some(ApiId::new(1)))]).await;
        assert_eq!(scopes().await, "None openid+odd scope, Some(2) c");
        ground.apply(vec![Effect::DeleteConsents(user, client, None)]).await;
        assert_eq!(scopes().await, "");
    });
}

#[test]
fn grants_rotate_and_are_revoked() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let mut offline = grant(2);
        offline.session = Some(SessionId::new(1));
        offline.scopes.push("offline_access".to_owned());
        let mut online = grant(3);
        online.session = Some(SessionId::new(1));
        ground
            .apply(vec![
                Effect::InsertSession(session(1, 1)),
                refreshing(1, 3),
                Effect::InsertGrant(offline),
                Effect::InsertGrant(online),
                Effect::InsertGrant(standing(4)),
            ])
            .await;
        let (store, iss) = (&ground.store, ground.iss);
        let get = async |id| store.grant(iss, GrantId::new(id)).await.unwrap().value.unwrap();

        ground.apply(vec![rotate(1, 3)]).await;
        let rotated = get(1).await;
        let refresh = rotated.refresh.unwrap();
        assert_eq!(refresh.generation, 4);
        assert_eq!(refresh.recent, [Rotation { generation: 3, at: NOW }]);

        ground.apply(vec![Effect::RevokeGrantsOfSession(SessionId::new(1), later(1))]).await;
        assert_eq!(get(3).await.revoked_at, Some(later(1)));
        assert_eq!(get(2).await.revoked_at, None, "offline_access outlives the session");
        ground.apply(vec![Effect::RevokeGrant(GrantId::new(3), later(2))]).await;
        assert_eq!(get(3).await.revoked_at, Some(later(1)), "revoked once");
        ground.apply(vec![Effect::RevokeGrantsOf(UserId::new(1), later(3))]).await;
        assert_eq!(get(2).await.revoked_at, Some(later(3)));
        assert_eq!(get(4).await.revoked_at, None, "a standing grant is nobody's");

        // A revoked standing grant makes room for a new one.
        let find = async || {
            let found = store.standing_grant(iss, ClientId::new(1), ApiId::new(1)).await.unwrap();
            found.value.map(|grant| grant.id.get())
        };
        assert_eq!(find().await, Some(4));
        ground.apply(vec![Effect::RevokeGrant(GrantId::new(4), NOW)]).await;
        assert_eq!(find().await, None);
        ground.apply(vec![Effect::InsertGrant(standing(5))]).await;
        assert_eq!(find().await, Some(5));
    });
}

#[test]
fn a_grant_is_found_by_its_code_with_all_it_holds() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let whole = grant(1);
        let GrantKind::AuthorizationCode { code } = whole.kind else { panic!("a code") };
        ground.apply(vec![Effect::InsertGrant(whole.clone())]).await;
        let (store, iss) = (&ground.store, ground.iss);
        let found = store.grant_by_code(iss, &code).await.unwrap().value.unwrap();
        assert_eq!(format!("{found:?}"), format!("{whole:?}"));
        assert!(store.grant_by_code(iss, &[0; 16]).await.unwrap().value.is_none());
    });
}

#[test]
fn keys_move_on() {
    on_both(async |ground| {
        let mut signing = key("k1");
        signing.purpose = KeyPurpose::Sign("ES256".to_owned());
        let effects = vec![Effect::InsertKey(signing), Effect::InsertKey(key("k2"))];
        ground.apply(effects).await;
        ground.apply(vec![move_key("k1", KeyState::Published)]).await;
        let keys = ground.store.keys(ground.iss).await.unwrap().value;
        assert_eq!(keys.len(), 2);
        assert_eq!(keys[0].purpose, KeyPurpose::Sign("ES256".to_owned()));
        assert_eq!((keys[0].state, keys[0].state_since), (KeyState::Active, later(1)));
        assert_eq!(keys[1].state, KeyState::Published);
        assert_eq!(keys[1].secret.0, [1, 2, 3]);
    });
}

#[test]
fn what_the_schema_cannot_hold_is_refused() {
    on_both(async |ground| {
        let refused = async |effects: Vec<Effect>| {
            let batch = counterfoil_oauth::model::Batch { effects, ..Default::default() };
            match ground.commit(batch).await {
                Err(CommitError::Store(StoreError::Unstorable(why))) => why,
                other => panic!("{other:?}"),
            }
        };
        let named = |username: String| {
            let mut user = user(1);
            user.username = username;
            vec![Effect::InsertUser(user)]
        };
        refused(named("a\0b".to_owned())).await;
        refused(named(String::new())).await;
        refused(named("a".repeat(1_025))).await;
        refused(vec![Effect::InsertUser(user(0))]).await;
        refused(vec![Effect::InsertUser(user(-1))]).await;
        let mut homeless = standing(1);
        homeless.apis.clear();
        refused(vec![Effect::InsertGrant(homeless)]).await;
        refused(vec![use_assertion(1); 257]).await;
        // The committer goes on.
        ground.apply(named("a".repeat(1_024))).await;
    });
}

#[test]
fn an_effect_that_fails_late_undoes_those_before_it() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let before = ground.dump().await;
        let effects =
            vec![Effect::InsertUser(user(2)), Effect::InsertUser(user(3)), use_assertion(1)];
        let batch = |effects| counterfoil_oauth::model::Batch {
            effects,
            changes: vec![kill_issuer()],
            ..Default::default()
        };
        let mut failing = effects.clone();
        failing.push(use_assertion(1));
        assert!(matches!(
            ground.commit(batch(failing)).await,
            Err(CommitError::Conflict(ConflictAt::Effect(3)))
        ));
        assert_eq!(ground.dump().await, before);
        assert_eq!(ground.commit(batch(effects)).await.unwrap().revision, Revision::new(1));
    });
}

pub fn later(secs: i64) -> UnixTime {
    NOW.plus_secs(secs)
}

fn key(kid: &str) -> StoredKey {
    StoredKey {
        kid: kid.to_owned(),
        purpose: KeyPurpose::Seal,
        state: KeyState::Published,
        secret: SealedSecret(vec![1, 2, 3]),
        created_at: NOW,
        state_since: NOW,
    }
}

fn move_key(kid: &str, from: KeyState) -> Effect {
    Effect::MoveKey { kid: kid.to_owned(), from, to: KeyState::Active, at: later(1) }
}

fn renew(id: i64) -> Effect {
    Effect::RenewSession {
        session: SessionId::new(id),
        cookie: digest(id + 100),
        auth_time: later(2),
        amr: vec!["pwd".to_owned(), "otp".to_owned()],
        expires_at: later(9_000),
    }
}

fn consent(api: Option<i64>, scopes: &[&str]) -> Effect {
    Effect::PutConsent(Consent {
        user: UserId::new(1),
        client: ClientId::new(1),
        api: api.map(ApiId::new),
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        granted_at: NOW,
    })
}

fn refreshing(id: i64, generation: u32) -> Effect {
    let mut grant = grant(id);
    grant.refresh = Some(family(generation));
    Effect::InsertGrant(grant)
}

fn rotate(id: i64, from: u32) -> Effect {
    let mut to = family(from + 1);
    to.recent.push(Rotation { generation: from, at: NOW });
    Effect::RotateRefresh { grant: GrantId::new(id), from, to }
}

fn use_assertion(jti: i64) -> Effect {
    Effect::UseAssertion { client: ClientId::new(1), jti: digest(jti), expires_at: later(60) }
}
