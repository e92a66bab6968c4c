//! Races that may be won once.

use counterfoil_oauth::model::{
    Batch, Effect, GrantId, Guard, Revision, SessionId, UserId, UserStatus,
};
use counterfoil_store::{CommitError, Committed, Engine, Store};

use crate::ground::{Ground, NOW, family, grant, kill_issuer, on_both, runtime, session};

const RACERS: i64 = 64;

/// Lets racers commit their batches at once over these nodes; how many won.
async fn race(ground: &Ground, nodes: &[Store], batch: impl Fn(i64) -> Batch) -> usize {
    let mut racers = Vec::new();
    for racer in 1..=RACERS {
        let store = nodes[racer as usize % nodes.len()].clone();
        let (iss, batch) = (ground.iss, batch(racer));
        racers.push(tokio::spawn(async move { store.commit(iss, batch).await }));
    }
    let mut winners = 0;
    for racer in racers {
        match racer.await.unwrap() {
            Ok(Committed { .. }) => winners += 1,
            Err(CommitError::Conflict(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    winners
}

/// The batch that redeems one code, for a grant of the racer's own.
fn redeem(racer: i64) -> Batch {
    let mut mine = grant(racer);
    mine.kind = grant(1_000).kind;
    Batch {
        guards: vec![Guard::UserActive(UserId::new(1))],
        effects: vec![Effect::InsertGrant(mine)],
        changes: vec![kill_issuer()],
    }
}

fn rotate(_: i64) -> Batch {
    let to = family(1);
    let effects = vec![Effect::RotateRefresh { grant: GrantId::new(1), from: 0, to }];
    Batch { effects, ..Batch::default() }
}

async fn with_family(ground: &Ground) {
    let mut first = grant(1);
    first.refresh = Some(family(0));
    ground.apply(vec![Effect::InsertGrant(first)]).await;
}

#[test]
fn a_code_is_redeemed_once() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let nodes = [ground.store.clone()];
        assert_eq!(race(&ground, &nodes, redeem).await, 1);
        assert_eq!(ground.grant_ids().await.len(), 1);
        let head = ground.store.head(ground.iss).await.unwrap().revision;
        assert_eq!(head, Revision::new(1), "losers take no revision");
    });
}

#[test]
fn a_refresh_token_is_rotated_once() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        with_family(&ground).await;
        let nodes = [ground.store.clone()];
        assert_eq!(race(&ground, &nodes, rotate).await, 1);
    });
}

/// The same with two nodes on one database: two processes on PostgreSQL, and two stores on one
/// SQLite file, which take turns by its lock.
#[test]
fn two_nodes_win_no_race_twice() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        runtime().block_on(async {
            let ground = Ground::new(engine).await.peopled().await;
            with_family(&ground).await;
            let nodes = [ground.store.clone(), ground.place.open().await];
            assert_eq!(race(&ground, &nodes, redeem).await, 1);
            assert_eq!(race(&ground, &nodes, rotate).await, 1);
        });
    }
}

/// A sign-in that races a suspension either comes first or conflicts: no third way.
#[test]
fn no_guard_is_raced() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let nodes = [ground.store.clone()];
        let winners = race(&ground, &nodes, |racer| {
            let user = UserId::new(1);
            if racer == RACERS / 2 {
                let effects = vec![
                    Effect::SetUserStatus(user, UserStatus::Suspended, NOW),
                    Effect::EndSessionsOf(user, NOW),
                ];
                return Batch { effects, ..Batch::default() };
            }
            Batch {
                guards: vec![Guard::UserActive(user)],
                effects: vec![Effect::InsertSession(session(racer, 1))],
                ..Batch::default()
            }
        })
        .await;
        let mut made = 0;
        for racer in 1..=RACERS {
            let id = SessionId::new(racer);
            if let Some(found) = ground.store.session(ground.iss, id).await.unwrap().value {
                assert!(found.ended_at.is_some(), "nobody is signed in after the suspension");
                made += 1;
            }
        }
        assert_eq!(winners, made + 1);
    });
}
