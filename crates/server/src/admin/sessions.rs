//! Sessions: browser sign-ins.

use axum::extract::{self, Path};
use counterfoil_oauth::model::{Batch, Effect, Reason, Session, SessionId, Target, UserId};
use counterfoil_store::SessionFilter;
use serde_json::{Value, json};

use super::{
    Answer, Shared,
    change::{ATTEMPTS, Changing, Done, commit, ended, gave_up},
    guard::AdminCaller,
    id,
    page::Page,
    problem::Problem,
    query::Query,
};

pub(super) async fn list(_: AdminCaller, extract::State(state): Shared, query: Query) -> Answer {
    let parameters = query.only(&["limit", "cursor", "user"])?;
    let page = Page::read(&parameters)?;
    let filter = SessionFilter { user: parameters.id("user")?.map(UserId::new) };
    let after = page.after.map(SessionId::new);
    let sessions = state.store.sessions(state.iss, &filter, after, page.rows()).await?.value;
    Ok(page.answer(sessions.iter().map(|session| (session.id.get(), view(session))).collect()))
}

/// Ends a session as signing out does, with every grant that hangs on it, `offline_access` apart.
/// Ending one twice is no error.
pub(super) async fn end(
    changing: Changing,
    extract::State(state): Shared,
    Path(session): Path<String>,
) -> Answer {
    let session = SessionId::new(id(&session)?);
    for _ in 0..ATTEMPTS {
        Problem::found("session", state.store.session(state.iss, session).await?.value)?;
        let now = state.now();
        let batch = Batch {
            guards: Vec::new(),
            effects: vec![
                Effect::EndSession(session, now),
                Effect::RevokeGrantsOfSession(session, now),
            ],
            changes: vec![ended(Target::Session(session), Reason::AdminRevoked, now)],
        };
        if let Some(seq) = commit(&state, batch).await? {
            return Ok(changing.answer(&state, Done { seq, ..Done::default() }).await);
        }
    }
    Err(gave_up())
}

fn view(session: &Session) -> Value {
    let mut view = json!({
        "id": session.id.get().to_string(),
        "user": session.user.get().to_string(),
        "auth_time": session.auth_time,
        "amr": session.amr,
        "created_at": session.created_at,
        "expires_at": session.expires_at,
    });
    if let (Some(at), Some(view)) = (session.ended_at, view.as_object_mut()) {
        view.insert("ended_at".to_owned(), json!(at));
    }
    view
}
