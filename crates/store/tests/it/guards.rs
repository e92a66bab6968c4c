//! Each guard: when it holds, and when it doesn't.

use counterfoil_oauth::model::{
    ApiId, ClientId, Effect, Fact, GrantId, Guard, Revision, SessionId, UserId, UserStatus,
};
use counterfoil_store::ConflictAt;

use crate::effects::later;
use crate::ground::{Ground, NOW, client, grant, on_both, session, user};

async fn world(ground: Ground) -> Ground {
    let ground = ground.peopled().await;
    // Revision 1 touches user 1 and nothing else; user 2 is suspended; session 2 has ended and
    // session 3 expires now; grant 2 is revoked.
    ground.change(vec![Effect::UpdateUser(user(1))]).await;
    let mut expiring = session(3, 1);
    expiring.expires_at = NOW;
    ground
        .apply(vec![
            Effect::InsertUser(user(2)),
            Effect::SetUserStatus(UserId::new(2), UserStatus::Suspended, NOW),
            Effect::InsertSession(session(1, 1)),
            Effect::InsertSession(session(2, 1)),
            Effect::EndSession(SessionId::new(2), NOW),
            Effect::InsertSession(expiring),
            Effect::InsertGrant(grant(1)),
            Effect::InsertGrant(grant(2)),
            Effect::RevokeGrant(GrantId::new(2), NOW),
        ])
        .await;
    ground
}

fn live(session: i64, user: i64, after: i64) -> Guard {
    Guard::SessionLive {
        session: SessionId::new(session),
        user: UserId::new(user),
        now: later(after),
    }
}

fn unchanged(fact: Fact, revision: u64) -> Guard {
    Guard::Unchanged(fact, Revision::new(revision))
}

#[test]
fn guards_hold_or_name_themselves() {
    let (user, client, api) = (UserId::new, ClientId::new, ApiId::new);
    let cases = [
        (unchanged(Fact::User(user(1)), 1), true),
        (unchanged(Fact::User(user(1)), 9), true),
        (unchanged(Fact::User(user(1)), 0), false),
        (unchanged(Fact::User(user(9)), 9), false),
        (unchanged(Fact::Client(client(1)), 0), true),
        (unchanged(Fact::Client(client(9)), 0), false),
        (unchanged(Fact::Api(api(1)), 0), true),
        (unchanged(Fact::Api(api(9)), 9), false),
        (Guard::UserActive(user(1)), true),
        (Guard::UserActive(user(2)), false),
        (Guard::UserActive(user(9)), false),
        (Guard::ClientExists(client(1)), true),
        (Guard::ClientExists(client(9)), false),
        (Guard::ApiExists(api(1)), true),
        (Guard::ApiExists(api(9)), false),
        (live(1, 1, 0), true),
        (live(1, 1, 3_599), true),
        (live(1, 1, 3_600), false),
        (live(1, 2, 0), false),
        (live(2, 1, 0), false),
        (live(3, 1, 0), false),
        (live(9, 1, 0), false),
        (Guard::GrantLive(GrantId::new(1)), true),
        (Guard::GrantLive(GrantId::new(2)), false),
        (Guard::GrantLive(GrantId::new(9)), false),
    ];
    on_both(async |ground| {
        let ground = world(ground).await;
        for (guard, holds) in &cases {
            let seen = ground.conflict(vec![guard.clone()], vec![]).await;
            assert_eq!(seen, (!holds).then_some(ConflictAt::Guard(0)), "{guard:?}");
            // Among others, beyond the first statement's worth, it names its own place.
            let mut many = vec![Guard::UserActive(UserId::new(1)); 11];
            many.push(guard.clone());
            many.push(Guard::ClientExists(ClientId::new(1)));
            let seen = ground.conflict(many, vec![]).await;
            assert_eq!(seen, (!holds).then_some(ConflictAt::Guard(11)), "{guard:?}");
        }
    });
}

/// Guards are about the state before the batch, and stop all of it.
#[test]
fn a_guard_that_fails_stops_the_effects() {
    on_both(async |ground| {
        let ground = world(ground).await;
        let before = ground.dump().await;
        let guards = vec![Guard::ClientExists(ClientId::new(2))];
        let effects = vec![Effect::InsertClient(client(2))];
        assert_eq!(ground.conflict(guards, effects).await, Some(ConflictAt::Guard(0)));
        assert_eq!(ground.dump().await, before);
    });
}
