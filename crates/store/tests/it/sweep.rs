//! What the sweep deletes, and what it leaves.

use counterfoil_oauth::model::{
    Batch, ClientId, Effect, GrantId, Mode, Reason, Revision, SessionId, Target, UserId,
};
use counterfoil_store::{KEEP_SECS, SweepReport};

use crate::effects::later;
use crate::ground::{Ground, NOW, digest, family, grant, on_both, session, standing};

/// Sweeps with small pages until there is no more; the sums.
async fn sweep_all(ground: &Ground, after: i64, limit: usize) -> SweepReport {
    let mut sum = SweepReport { more: true, ..SweepReport::default() };
    while sum.more {
        let one = ground.store.sweep(ground.iss, later(after), limit).await.unwrap();
        let most = u64::try_from(limit).unwrap();
        for swept in [one.assertions, one.sessions, one.grants, one.watermarks, one.changes] {
            assert!(swept <= most, "a sweep is bounded");
        }
        sum.assertions += one.assertions;
        sum.sessions += one.sessions;
        sum.grants += one.grants;
        sum.watermarks += one.watermarks;
        sum.changes += one.changes;
        sum.more = one.more;
    }
    sum
}

async fn world(ground: Ground) -> Ground {
    let ground = ground.peopled().await;
    let mut effects = Vec::new();
    for id in 1..=5 {
        effects.push(Effect::UseAssertion {
            client: ClientId::new(1),
            jti: digest(id),
            expires_at: later(10 * id),
        });
        // Session 5 lives for ever, session 4 was ended at once.
        let mut session = session(id, 1);
        session.expires_at = if id == 5 { later(10 * KEEP_SECS) } else { later(10 * id) };
        session.ended_at = (id == 4).then_some(NOW);
        effects.push(Effect::InsertSession(session));
    }
    // 1 without a family, 2 idle soon, 3 at its absolute end soon, 4 living, 5 revoked, 6 standing
    // and revoked, 7 standing.
    let refreshing = |id, idle, end| {
        let mut grant = grant(id);
        let mut family = family(1);
        family.idle_expires_at = later(idle);
        family.expires_at = later(end);
        grant.refresh = Some(family);
        Effect::InsertGrant(grant)
    };
    let far = 10 * KEEP_SECS;
    effects.extend([
        Effect::InsertGrant(grant(1)),
        refreshing(2, 10, far),
        refreshing(3, far, 10),
        refreshing(4, far, far),
        refreshing(5, far, far),
        Effect::InsertGrant(standing(6)),
        Effect::RevokeGrant(GrantId::new(5), NOW),
        Effect::RevokeGrant(GrantId::new(6), NOW),
        Effect::InsertGrant(standing(7)),
    ]);
    ground.apply(effects).await;
    let changes = (1..=5)
        .map(|id| counterfoil_oauth::model::Change {
            target: Target::User(UserId::new(id)),
            mode: Mode::Hard,
            reason: Reason::Suspended,
            expires_at: Some(later(100 * id)),
        })
        .collect();
    ground.commit(Batch { changes, ..Batch::default() }).await.unwrap();
    ground
}

#[test]
fn the_dead_are_swept_and_the_living_stay() {
    on_both(async |ground| {
        let ground = world(ground).await;
        let before = ground.dump().await;
        assert_eq!(sweep_all(&ground, 0, 2).await, SweepReport::default());
        assert_eq!(ground.dump().await, before, "nothing is dead yet");

        let early = sweep_all(&ground, 300, 2).await;
        let expected = SweepReport { assertions: 5, watermarks: 3, ..SweepReport::default() };
        assert_eq!(early, expected);

        let late = sweep_all(&ground, KEEP_SECS + 3_600, 2).await;
        let expected =
            SweepReport { sessions: 4, grants: 5, watermarks: 2, ..SweepReport::default() };
        assert_eq!(late, expected, "the present block of the log stays");
        assert_eq!(ground.grant_ids().await, [4, 7]);
        let living = ground.store.session(ground.iss, SessionId::new(5)).await.unwrap();
        assert!(living.value.is_some());
        let head = ground.store.head(ground.iss).await.unwrap().revision;
        assert_eq!(head, Revision::new(5), "a sweep is no change");
        assert_eq!(sweep_all(&ground, KEEP_SECS + 3_600, 2).await, SweepReport::default());

        ground.store.raise_epoch(ground.iss).await.unwrap();
        let blocks_ago = sweep_all(&ground, KEEP_SECS + 3_600, 2).await;
        assert_eq!(blocks_ago, SweepReport { changes: 5, ..SweepReport::default() });
    });
}

#[test]
fn an_assertion_swept_may_be_used_again() {
    on_both(async |ground| {
        let ground = world(ground).await;
        let again = Effect::UseAssertion {
            client: ClientId::new(1),
            jti: digest(1),
            expires_at: later(500),
        };
        assert!(ground.conflict(vec![], vec![again.clone()]).await.is_some());
        sweep_all(&ground, 300, 500).await;
        assert!(ground.conflict(vec![], vec![again]).await.is_none());
    });
}
