//! Making, changing and deleting users.

use std::fmt;

use axum::extract::{self, Path};
use counterfoil_jose::b64;
use counterfoil_oauth::model::{
    Batch, ClaimMap, Effect, Fact, Guard, PasswordHash, Reason, Revision, Target, User, UserId,
    UserStatus,
};
use serde_json::{Map, Value};

use super::{claims, load, view};
use crate::{
    admin::{
        Answer, Shared,
        body::JsonBody,
        change::{ATTEMPTS, Changing, Done, commit, ended, gave_up, noted, refetch},
        id,
        problem::{Code, Problem},
        schema,
    },
    password::PASSWORD_BYTES_MAX,
    routes::sign_in::USERNAME_BYTES_MAX,
    state::State,
};

/// Every `sub` begins so; no `client_id` may.
pub(crate) const SUB_PREFIX: &str = "usr_";

/// What an administrator sets on a user, checked.
struct Settable {
    username: String,
    password: Option<NewPassword>,
    claims: ClaimMap,
}

/// A password on its way to its hash.
struct NewPassword(String);

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

pub(crate) async fn create(
    changing: Changing,
    extract::State(state): Shared,
    JsonBody(body): JsonBody,
) -> Answer {
    schema::check("User", &body)?;
    let settable = Settable::read(body)?;
    free(&state, &settable.username, None).await?;
    let password = match settable.password {
        Some(password) => Some(hash(&state, password).await?),
        None => None,
    };
    for _ in 0..ATTEMPTS {
        let now = state.now();
        let user = User {
            id: UserId::mint(state.now_ms(), &mut counterfoil_jose::crypto::SystemRng),
            sub: format!("{SUB_PREFIX}{}", b64::encode(&state.random::<16>())),
            username: settable.username.clone(),
            password: password.clone(),
            status: UserStatus::Active,
            claims: settable.claims.clone(),
            created_at: now,
            updated_at: now,
            version: Revision::ZERO,
        };
        let batch = Batch {
            guards: Vec::new(),
            effects: vec![Effect::InsertUser(user.clone())],
            changes: vec![noted(Target::User(user.id), Reason::Created)],
        };
        if let Some(seq) = commit(&state, batch).await? {
            let made = Some(format!("/admin/v1/users/{}", user.id.get()));
            return Ok(changing.answer(&state, Done { made, ..stored(user, seq) }).await);
        }
        free(&state, &settable.username, None).await?;
    }
    Err(gave_up())
}

pub(crate) async fn update(
    changing: Changing,
    extract::State(state): Shared,
    Path(user): Path<String>,
    JsonBody(body): JsonBody,
) -> Answer {
    let user = UserId::new(id(&user)?);
    let removes_password = body.get("password").is_some_and(Value::is_null);
    let mut hashed: Option<PasswordHash> = None;
    for _ in 0..ATTEMPTS {
        let current = load(&state, user).await?;
        changing.if_match.check(current.version)?;
        let mut settable = Settable::read(schema::patch("User", view(&current), body.clone())?)?;
        free(&state, &settable.username, Some(user)).await?;
        if let Some(password) = settable.password.take().filter(|_| hashed.is_none()) {
            hashed = Some(hash(&state, password).await?);
        }
        let mut changed = User {
            username: settable.username,
            claims: settable.claims,
            updated_at: state.now(),
            ..current.clone()
        };
        if hashed.is_some() || removes_password {
            changed.password = hashed.clone();
        }
        let Some(batch) = difference(&current, &changed) else {
            // Nothing to change: in force as far as this node knows.
            let done = Done { seq: state.revision(), ..shown(&current) };
            return Ok(changing.answer(&state, done).await);
        };
        if let Some(seq) = commit(&state, batch).await? {
            return Ok(changing.answer(&state, stored(changed, seq)).await);
        }
    }
    Err(gave_up())
}

/// What changing one into the other takes; `None` when they are the same.
fn difference(current: &User, changed: &User) -> Option<Batch> {
    let hash = |user: &User| user.password.as_ref().map(|hash| hash.expose().to_owned());
    let now = changed.updated_at;
    let mut changes = Vec::new();
    if current.claims != changed.claims {
        // Guards ask again; nobody is signed out.
        changes.push(refetch(Target::Claims(current.id), now));
    }
    if current.username != changed.username || hash(current) != hash(changed) {
        changes.push(noted(Target::User(current.id), Reason::Updated));
    }
    (!changes.is_empty()).then(|| Batch {
        guards: vec![Guard::Unchanged(Fact::User(current.id), current.version)],
        effects: vec![Effect::UpdateUser(changed.clone())],
        changes,
    })
}

pub(crate) async fn remove(
    changing: Changing,
    extract::State(state): Shared,
    Path(user): Path<String>,
) -> Answer {
    let user = UserId::new(id(&user)?);
    for _ in 0..ATTEMPTS {
        let current = load(&state, user).await?;
        changing.if_match.check(current.version)?;
        let batch = Batch {
            guards: vec![Guard::Unchanged(Fact::User(user), current.version)],
            effects: vec![Effect::DeleteUser(user)],
            changes: vec![ended(Target::User(user), Reason::Deleted, state.now())],
        };
        if let Some(seq) = commit(&state, batch).await? {
            return Ok(changing.answer(&state, Done { seq, ..Done::default() }).await);
        }
    }
    Err(gave_up())
}

impl Settable {
    /// Takes over what the schema has passed, and checks what a schema can't say.
    fn read(mut document: Map<String, Value>) -> Result<Self, Problem> {
        let Some(Value::String(username)) = document.remove("username") else {
            return Err(Problem::member("/username", "member `username` is required"));
        };
        check_username(&username)?;
        let password = match document.remove("password") {
            Some(Value::String(password)) => Some(check_password(password, &username)?),
            _ => None,
        };
        let claims = match document.remove("claims") {
            Some(Value::Object(claims)) => claims,
            _ => ClaimMap::new(),
        };
        claims::check(&claims)?;
        Ok(Self { username, password, claims })
    }
}

fn check_username(username: &str) -> Result<(), Problem> {
    if username.len() > USERNAME_BYTES_MAX {
        let detail = format!("must have at most {USERNAME_BYTES_MAX} bytes in UTF-8");
        return Err(Problem::member("/username", detail));
    }
    if username.trim() != username || username.chars().any(char::is_control) {
        let detail = "must not begin or end with a space or hold control characters";
        return Err(Problem::member("/username", detail));
    }
    Ok(())
}

fn check_password(password: String, username: &str) -> Result<NewPassword, Problem> {
    if password.len() > PASSWORD_BYTES_MAX {
        let detail = format!("must have at most {PASSWORD_BYTES_MAX} bytes in UTF-8");
        return Err(Problem::member("/password", detail));
    }
    if password.to_lowercase() == username.to_lowercase() {
        return Err(Problem::member("/password", "must not be the username"));
    }
    Ok(NewPassword(password))
}

async fn hash(state: &State, password: NewPassword) -> Result<PasswordHash, Problem> {
    let hashed = state.passwords.hash(password.0, state.random()).await;
    hashed.ok_or_else(|| Problem::new(Code::ServerError, "the password can't be hashed"))
}

/// Refuses a name that another user has, in any case. The insertion is what can't be raced; this
/// tells which name it was.
async fn free(state: &State, username: &str, own: Option<UserId>) -> Result<(), Problem> {
    let other = state.store.user_by_username(state.iss, username).await?.value;
    if other.is_some_and(|other| Some(other.id) != own) {
        let detail = format!("another user is called `{username}`");
        return Err(Problem::at(Code::Taken, "/username", detail));
    }
    Ok(())
}

/// The answer that shows a user as it was just stored.
fn stored(mut user: User, seq: Revision) -> Done {
    user.version = seq;
    Done { seq, ..shown(&user) }
}

fn shown(user: &User) -> Done {
    Done { body: view(user), version: Some(user.version), ..Done::default() }
}
