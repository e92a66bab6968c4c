//! SQLite ≡ PostgreSQL ≡ the model, over random batches of few names, so that they collide.

use counterfoil_oauth::model::{
    ApiId, Batch, Change, ClientId, Consent, Effect, Fact, GrantId, Guard, KeyPurpose, KeyState,
    Mode, PasswordHash, Reason, Revision, SealedSecret, SessionId, StoredKey, UserId, UserStatus,
};
use counterfoil_store::{CommitError, Engine};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::effects::later;
use crate::ground::{
    Ground, NOW, api, client, digest, family, grant, runtime, session, standing, user,
};
use crate::model::{self, Model};

/// The choices behind one guard, effect or change: what, about whom, and two more.
type Choice = (u8, u8, u8, u8);

fn batches() -> impl Strategy<Value = Vec<(Vec<Choice>, Vec<Choice>, Vec<Choice>)>> {
    let some = |most| prop::collection::vec(any::<Choice>(), 0..=most);
    prop::collection::vec((some(1), some(3), some(2)), 1..40)
}

#[test]
fn both_engines_agree_with_the_model() {
    let runtime = runtime();
    let grounds = runtime.block_on(async {
        [Ground::new(Engine::Sqlite).await, Ground::new(Engine::Postgres).await]
    });
    let mut cases = 0;
    // The same cases each time: a red run is red again.
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let mut outcomes = (0, 0);
    let cell = std::cell::RefCell::new((&mut cases, &mut outcomes));
    let result = runner.run(&batches(), |batches| {
        let mut cell = cell.borrow_mut();
        *cell.0 += 1;
        let url = format!("https://case-{}.example", cell.0);
        runtime.block_on(async {
            // An issuer of its own is a store of its own.
            let mut cases = Vec::new();
            for ground in &grounds {
                let iss = ground.store.ensure_issuer(&url).await.unwrap().id;
                cases.push(Ground { iss, ..ground.clone() });
            }
            let mut model = Model::default();
            // Some to begin with, or most cases are about nobody.
            let effects = (1..=2).flat_map(|id| {
                let (user, client, api) = (user(id), client(id), api(id));
                [Effect::InsertUser(user), Effect::InsertClient(client), Effect::InsertApi(api)]
            });
            let first = Batch { effects: effects.collect(), ..Batch::default() };
            model.commit(&first).unwrap();
            for case in &cases {
                case.commit(first.clone()).await.unwrap();
            }
            for (guards, effects, changes) in &batches {
                let batch = Batch {
                    guards: guards.iter().map(guard).collect(),
                    effects: effects.iter().map(effect).collect(),
                    changes: changes.iter().map(change).collect(),
                };
                let expected = model.commit(&batch);
                for case in &cases {
                    let found = match case.commit(batch.clone()).await {
                        Ok(done) => Ok(done.revision.get()),
                        Err(CommitError::Conflict(at)) => Err(at),
                        Err(other) => panic!("{other}"),
                    };
                    prop_assert_eq!(&found, &expected, "{:?} on {}", batch, case.store.engine());
                }
                match expected {
                    Ok(_) => cell.1.0 += 1,
                    Err(_) => cell.1.1 += 1,
                }
            }
            for case in &cases {
                prop_assert_eq!(case.dump().await, model.dump(), "on {}", case.store.engine());
            }
            Ok(())
        })
    });
    result.unwrap();
    let (committed, conflicted) = outcomes;
    assert!(committed > 200 && conflicted > 200, "{committed} commits, {conflicted} conflicts");
}

/// One of three names.
fn name(choice: u8) -> i64 {
    i64::from(choice % 3) + 1
}

fn guard(&(what, who, more, _): &Choice) -> Guard {
    let seen = Revision::new(u64::from(more % 32));
    match what % 8 {
        0 => Guard::Unchanged(Fact::User(UserId::new(name(who))), seen),
        1 => Guard::Unchanged(Fact::Client(ClientId::new(name(who))), seen),
        2 => Guard::Unchanged(Fact::Api(ApiId::new(name(who))), seen),
        3 => Guard::UserActive(UserId::new(name(who))),
        4 => Guard::ClientExists(ClientId::new(name(who))),
        5 => Guard::ApiExists(ApiId::new(name(who))),
        6 => Guard::SessionLive {
            session: SessionId::new(name(who)),
            user: UserId::new(name(more)),
            now: later(i64::from(more) * 30),
        },
        _ => Guard::GrantLive(GrantId::new(name(who))),
    }
}

fn change(&(what, who, more, last): &Choice) -> Change {
    Change {
        target: model::target(what, name(who)),
        mode: if more % 2 == 0 { Mode::Hard } else { Mode::Soft },
        reason: if more % 3 == 0 { Reason::Revoked } else { Reason::Updated },
        expires_at: (last % 4 != 0).then(|| later(i64::from(last))),
    }
}

fn effect(choice: &Choice) -> Effect {
    // Making is likelier than each other thing, or nothing would ever be there.
    match choice.0 % 32 {
        0..10 => make(choice),
        10..20 => change_people(choice),
        _ => change_rights(choice),
    }
}

fn make(&(what, who, more, last): &Choice) -> Effect {
    let (id, other) = (name(who), name(more));
    match what % 32 {
        0 => {
            let mut user = user(id);
            // Now and then another's name in another case.
            user.username = format!("USER{}", if last % 4 == 0 { other } else { id });
            Effect::InsertUser(user)
        }
        1 => {
            let mut client = client(id);
            client.client_id = format!("client-{}", if last % 4 == 0 { other } else { id });
            Effect::InsertClient(client)
        }
        2 => Effect::InsertApi(api(id)),
        3 | 4 => {
            let mut session = session(id, other);
            session.cookie = digest(i64::from(last % 5));
            Effect::InsertSession(session)
        }
        5..8 => {
            let mut grant = grant(id);
            grant.kind = crate::ground::grant(i64::from(last % 4)).kind;
            grant.user = Some(UserId::new(other));
            grant.client = ClientId::new(name(last));
            grant.apis = (1..=i64::from(more % 3)).map(ApiId::new).collect();
            grant.session = (last % 2 == 0).then(|| SessionId::new(other));
            grant.refresh = (more % 2 == 0).then(|| family(u32::from(last % 2)));
            if last % 3 == 0 {
                grant.scopes.push("offline_access".to_owned());
            }
            Effect::InsertGrant(grant)
        }
        8 => {
            let mut grant = standing(id);
            grant.client = ClientId::new(other);
            grant.apis = vec![ApiId::new(name(last))];
            Effect::InsertGrant(grant)
        }
        _ => Effect::InsertKey(StoredKey {
            kid: format!("k{id}"),
            purpose: if more % 2 == 0 {
                KeyPurpose::Feed
            } else {
                KeyPurpose::Sign("RS256".into())
            },
            state: KeyState::Published,
            secret: SealedSecret(vec![more; 3]),
            created_at: NOW,
            state_since: NOW,
        }),
    }
}

fn change_people(&(what, who, more, last): &Choice) -> Effect {
    let (id, other) = (name(who), name(more));
    match what % 10 {
        0 | 1 => {
            let mut user = user(id);
            user.username = format!("user{other}");
            user.claims.insert("age".to_owned(), last.into());
            Effect::UpdateUser(user)
        }
        2 => {
            let suspend = last % 2 == 0;
            let status = if suspend { UserStatus::Suspended } else { UserStatus::Active };
            Effect::SetUserStatus(UserId::new(id), status, later(i64::from(more)))
        }
        3 => Effect::SetPassword(UserId::new(id), PasswordHash::new(format!("$x${more}"))),
        4 => Effect::DeleteUser(UserId::new(id)),
        5 => {
            let mut client = client(id);
            client.secret = (more % 2 == 0).then(|| digest(i64::from(more)));
            client.settings.strict = last % 2 == 0;
            Effect::UpdateClient(client)
        }
        6 if last % 2 == 0 => Effect::DeleteClient(ClientId::new(id)),
        7 if last % 2 == 0 => Effect::DeleteApi(ApiId::new(id)),
        _ => {
            let mut api = api(id);
            api.profile.lifetime_secs = u32::from(more);
            Effect::UpdateApi(api)
        }
    }
}

fn change_rights(&(what, who, more, last): &Choice) -> Effect {
    let (id, other, at) = (name(who), name(more), later(i64::from(last)));
    let (user, client) = (UserId::new(id), ClientId::new(other));
    let api = (last % 3 != 0).then(|| ApiId::new(name(last)));
    match what % 12 {
        0 => Effect::RenewSession {
            session: SessionId::new(id),
            cookie: digest(i64::from(more % 5)),
            auth_time: at,
            amr: vec!["otp".to_owned()],
            expires_at: later(i64::from(last) * 60),
        },
        1 => Effect::EndSession(SessionId::new(id), at),
        2 => Effect::EndSessionsOf(user, at),
        3 | 4 => Effect::PutConsent(Consent {
            user,
            client,
            api,
            scopes: vec![format!("s{more}")],
            granted_at: at,
        }),
        5 => Effect::DeleteConsents(user, client, api),
        6 => {
            let from = u32::from(more % 3);
            Effect::RotateRefresh { grant: GrantId::new(id), from, to: family(from + 1) }
        }
        7 => Effect::RevokeGrant(GrantId::new(id), at),
        8 => Effect::RevokeGrantsOf(user, at),
        9 => Effect::RevokeGrantsOfSession(SessionId::new(id), at),
        10 => Effect::UseAssertion { client, jti: digest(id), expires_at: at },
        _ => Effect::MoveKey {
            kid: format!("k{id}"),
            from: if more % 2 == 0 { KeyState::Published } else { KeyState::Active },
            to: KeyState::Active,
            at,
        },
    }
}
