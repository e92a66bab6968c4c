//! Signing in by password.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract,
    http::{Extensions, HeaderMap, Response},
};
use counterfoil_jose::b64;
use counterfoil_oauth::{
    authorization::{Interaction, SignedIn},
    model::{Batch, ClientId, Effect, Guard, Session, SessionId, User, UserStatus},
    params::Params,
};

use crate::{
    browser::{self, Browser, Kind, Posted, proof, session_digest},
    door::{self, Refused},
    pages::{ErrorKind, SignInError},
    password::Checked,
    routes::authorize::Turn,
    state::State,
    throttle::Attempt,
};

/// Seconds a session lives without a new sign-in.
const SESSION_SECS: i64 = 12 * 3_600;

/// Longest username looked up, in bytes.
pub(crate) const USERNAME_BYTES_MAX: usize = 256;

pub(crate) async fn sign_in(
    extract::State(state): extract::State<Arc<State>>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let posted = Posted::read(&state, &headers, &body, Kind::SignIn);
    let Posted { form, cookies, carried } = match posted {
        Ok(posted) => posted,
        Err(refusal) => return refusal,
    };
    let params = carried.params();
    let started_at = carried.started_at();
    let turn = Turn { state: &state, headers: &headers, params: &params, started_at };
    let username = form.get("username").unwrap_or_default();
    let address = door::client_address(&extensions, &headers, &state.config.trusted_proxies);
    let attempt = Attempt::new(address, username, cookies.knows(&state, username));
    match check(&state, &attempt, username, &form).await {
        Ok(user) => admit(&turn, &cookies, user, username).await,
        Err(Failure::Shown(error)) => match turn.request().await {
            Some(request) => turn.sign_in_page(&request, &cookies, Some((error, username))),
            None => turn.run(Interaction::default(), None).await,
        },
        Err(Failure::Refused(refused)) => {
            let error = refused.into_oauth();
            browser::show_error(&state, &headers, ErrorKind::Unavailable, &error)
        }
    }
}

enum Failure {
    /// Told on the sign-in page.
    Shown(SignInError),
    Refused(Refused),
}

async fn check(
    state: &State,
    attempt: &Attempt,
    username: &str,
    form: &Params,
) -> Result<Arc<User>, Failure> {
    let throttled = |secs| Failure::Shown(SignInError::Throttled { retry_after_secs: secs });
    if let Some(secs) = state.throttle.wait_secs(attempt, state.now_ms()) {
        state.metrics.signed_in("throttled");
        return Err(throttled(secs));
    }
    let known = username.len() <= USERNAME_BYTES_MAX;
    let user = match known {
        true => {
            state
                .store
                .user_by_username(state.iss, username)
                .await
                .map_err(|error| Failure::Refused(error.into()))?
                .value
        }
        false => None,
    };
    let password = form.get("password").unwrap_or_default().to_owned();
    let stored = user.as_ref().and_then(|user| user.password.clone());
    let checked = state.passwords.check(password, stored).await;
    match (checked, user) {
        (Checked::Correct, Some(user)) if user.status == UserStatus::Active => {
            state.throttle.succeeded(attempt);
            state.metrics.signed_in("success");
            Ok(Arc::new(user))
        }
        (Checked::Overloaded, _) => Err(throttled(5)),
        // A suspended user is told no more than a stranger.
        _ => {
            state.throttle.failed(attempt, state.now_ms());
            state.metrics.signed_in("failure");
            Err(Failure::Shown(SignInError::WrongCredentials))
        }
    }
}

/// Starts a session and goes on with the request.
async fn admit(
    turn: &Turn<'_>,
    cookies: &Browser,
    user: Arc<User>,
    username: &str,
) -> Response<Body> {
    let state = turn.state;
    match start_session(state, cookies, &user).await {
        Ok((session, cookie)) => {
            let signed_in = match with_consents(turn, session, &user).await {
                Ok(signed_in) => signed_in,
                Err(refused) => return unavailable(turn, refused),
            };
            let mut response = turn.run(Interaction::default(), Some(signed_in)).await;
            let names = &state.cookies;
            names.set_session(response.headers_mut(), &cookie);
            if let Some(name) = cookies.name() {
                names.set_known(response.headers_mut(), &proof(state, name, username));
            }
            response
        }
        Err(refused) => unavailable(turn, refused),
    }
}

fn unavailable(turn: &Turn<'_>, refused: Refused) -> Response<Body> {
    let error = refused.into_oauth();
    browser::show_error(turn.state, turn.headers, ErrorKind::Unavailable, &error)
}

/// A sign-in of the same user renews their session, so that `sid` stays; its cookie is new either
/// way, which is what session fixation can't survive.
async fn start_session(
    state: &State,
    cookies: &Browser,
    user: &User,
) -> Result<(Session, String), Refused> {
    let now = state.now();
    let cookie = b64::encode(&state.random::<32>());
    let digest = session_digest(&cookie);
    let expires_at = now.plus_secs(SESSION_SECS);
    let amr = vec!["pwd".to_owned()];
    let current = match cookies.session() {
        Some(current) => {
            state.store.session_by_cookie(state.iss, &session_digest(current)).await?.value
        }
        None => None,
    };
    let current = current.filter(|session| session.user == user.id && session.is_live(now));
    let (session, effect) = match current {
        Some(session) => {
            let effect = Effect::RenewSession {
                session: session.id,
                cookie: digest.clone(),
                auth_time: now,
                amr: amr.clone(),
                expires_at,
            };
            (Session { cookie: digest, auth_time: now, amr, expires_at, ..session }, effect)
        }
        None => {
            let id = SessionId::mint(state.now_ms(), &mut counterfoil_jose::crypto::SystemRng);
            let session = Session {
                id,
                cookie: digest,
                user: user.id,
                auth_time: now,
                amr,
                created_at: now,
                expires_at,
                ended_at: None,
            };
            (session.clone(), Effect::InsertSession(session))
        }
    };
    let guards = vec![Guard::UserActive(user.id)];
    state.commit(Batch { guards, effects: vec![effect], changes: Vec::new() }).await?;
    Ok((session, cookie))
}

async fn with_consents(
    turn: &Turn<'_>,
    session: Session,
    user: &Arc<User>,
) -> Result<SignedIn, Refused> {
    let state = turn.state;
    let revision = state.revision();
    let client = turn.params.get("client_id").unwrap_or_default();
    let client: Option<ClientId> =
        state.facts.client_by_client_id(client).await?.map(|client| client.id);
    let consents = match client {
        Some(client) => state.store.consents(state.iss, user.id, client).await?.value,
        None => Vec::new(),
    };
    Ok(SignedIn { session, user: Arc::clone(user), consents, revision })
}
