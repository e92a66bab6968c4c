//! What ends a user's access: suspending, revoking; and resuming, which revives nothing.

use std::sync::Arc;

use axum::extract::{self, Path};
use counterfoil_oauth::model::{Batch, Effect, Fact, Guard, Reason, Target, UserId, UserStatus};
use serde_json::{Map, Value};

use super::{load, view};
use crate::{
    admin::{
        Answer, Shared,
        body::OptionalBody,
        change::{ATTEMPTS, Changing, Done, commit, ended, gave_up, noted},
        id,
        problem::Problem,
        schema,
    },
    state::State,
};

/// The user may not act, their sessions and grants end, and everything issued before is dead: one
/// batch, so that nothing slips between.
pub(crate) async fn suspend(
    changing: Changing,
    extract::State(state): Shared,
    Path(user): Path<String>,
    OptionalBody(body): OptionalBody,
) -> Answer {
    let user = target(&body, &user)?;
    act(changing, &state, user, |user| {
        let now = state.now();
        let mut batch = end_everything(&state, user, Reason::Suspended);
        batch.effects.push(Effect::SetUserStatus(user, UserStatus::Suspended, now));
        batch
    })
    .await
}

/// The user may act again. What was ended stays ended: they sign in anew.
pub(crate) async fn resume(
    changing: Changing,
    extract::State(state): Shared,
    Path(user): Path<String>,
    OptionalBody(body): OptionalBody,
) -> Answer {
    let user = target(&body, &user)?;
    act(changing, &state, user, |user| Batch {
        guards: Vec::new(),
        effects: vec![Effect::SetUserStatus(user, UserStatus::Active, state.now())],
        changes: vec![noted(Target::User(user), Reason::Resumed)],
    })
    .await
}

/// Signs the user out everywhere and ends every grant; they may sign in again at once.
pub(crate) async fn revoke(
    changing: Changing,
    extract::State(state): Shared,
    Path(user): Path<String>,
    OptionalBody(body): OptionalBody,
) -> Answer {
    let user = target(&body, &user)?;
    act(changing, &state, user, |user| end_everything(&state, user, Reason::AdminRevoked)).await
}

fn target(body: &Map<String, Value>, user: &str) -> Result<UserId, Problem> {
    schema::check("Nothing", body)?;
    Ok(UserId::new(id(user)?))
}

fn end_everything(state: &State, user: UserId, reason: Reason) -> Batch {
    let now = state.now();
    Batch {
        guards: Vec::new(),
        effects: vec![Effect::EndSessionsOf(user, now), Effect::RevokeGrantsOf(user, now)],
        changes: vec![ended(Target::User(user), reason, now)],
    }
}

async fn act(
    changing: Changing,
    state: &Arc<State>,
    user: UserId,
    batch: impl Fn(UserId) -> Batch,
) -> Answer {
    for _ in 0..ATTEMPTS {
        let current = load(state, user).await?;
        changing.if_match.check(current.version)?;
        let mut batch = batch(user);
        // Also what finds out that the user was deleted meanwhile.
        batch.guards.push(Guard::Unchanged(Fact::User(user), current.version));
        if let Some(seq) = commit(state, batch).await? {
            let now = load(state, user).await?;
            let done = Done { seq, body: view(&now), version: Some(now.version), made: None };
            return Ok(changing.answer(state, done).await);
        }
    }
    Err(gave_up())
}
