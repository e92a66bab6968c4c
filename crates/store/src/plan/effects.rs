use std::borrow::Cow;

use counterfoil_oauth::model::{
    Api, Client, Consent, Effect, Grant, GrantKind, IssuerId, RefreshFamily, Session, StoredKey,
    User,
};

use super::{json, key_text, username_key};
use crate::row::{api_code, key_state_code, purpose_codes, user_status_code};
use crate::value::{Expect, Step, Value};
use crate::{ConflictAt, StoreError, sql};

/// The scope that lets a grant outlive its session (OpenID Connect Core §11).
const OFFLINE_ACCESS: &str = "offline_access";

/// Where the statements of one effect go, and what they have in common.
struct Out<'a> {
    steps: &'a mut Vec<Step>,
    iss: IssuerId,
    at: ConflictAt,
}

impl Out<'_> {
    /// A statement that must change exactly one row.
    fn one(&mut self, sql: &'static str, params: Vec<Value>) {
        self.push(sql, params, Expect::One);
    }

    /// A statement that may change any number of rows.
    fn any(&mut self, sql: &'static str, params: Vec<Value>) {
        self.push(sql, params, Expect::Any);
    }

    fn push(&mut self, sql: &'static str, mut params: Vec<Value>, expect: Expect) {
        params.insert(0, Value::Int(self.iss.get()));
        self.steps.push(Step { sql: Cow::Borrowed(sql), params, expect, at: Some(self.at) });
    }
}

/// The statements of one effect, in an order that foreign keys allow.
#[expect(clippy::too_many_lines, reason = "one exhaustive match, a line or two for each effect")]
pub(super) fn push(
    steps: &mut Vec<Step>,
    iss: IssuerId,
    index: usize,
    effect: &Effect,
    version: Value,
) -> Result<(), StoreError> {
    let mut out = Out { steps, iss, at: ConflictAt::Effect(index) };
    let int = Value::Int;
    match effect {
        Effect::InsertUser(user) => out.one(sql::INSERT_USER, insert_user(user, version)?),
        Effect::UpdateUser(user) => out.one(sql::UPDATE_USER, update_user(user, version)?),
        Effect::SetUserStatus(id, status, at) => {
            let status = int(user_status_code(*status));
            let params = vec![int(id.get()), status, int(at.as_secs()), version];
            out.one(sql::SET_USER_STATUS, params);
        }
        Effect::SetPassword(id, hash) => {
            let params = vec![int(id.get()), Value::text(hash.expose()), version];
            out.one(sql::SET_PASSWORD, params);
        }
        Effect::DeleteUser(id) => {
            let id = vec![int(id.get())];
            out.any(sql::DELETE_USER_GRANTS, id.clone());
            out.any(sql::DELETE_USER_CONSENTS, id.clone());
            out.any(sql::DELETE_USER_SESSIONS, id.clone());
            out.one(sql::DELETE_USER, id);
        }
        Effect::InsertClient(client) => {
            out.one(sql::INSERT_CLIENT, insert_client(client, version)?);
        }
        Effect::UpdateClient(client) => {
            let params = vec![
                int(client.id.get()),
                client.secret.as_ref().map_or(Value::Null, |digest| Value::blob(&digest.0)),
                json("settings", &client.settings)?,
                int(client.updated_at.as_secs()),
                version,
            ];
            out.one(sql::UPDATE_CLIENT, params);
        }
        Effect::DeleteClient(id) => {
            let id = vec![int(id.get())];
            out.any(sql::DELETE_CLIENT_GRANTS, id.clone());
            out.any(sql::DELETE_CLIENT_CONSENTS, id.clone());
            out.one(sql::DELETE_CLIENT, id);
        }
        Effect::InsertApi(api) => out.one(sql::INSERT_API, insert_api(api, version)?),
        Effect::UpdateApi(api) => {
            let profile = json("profile", &api.profile)?;
            let params = vec![int(api.id.get()), profile, int(api.updated_at.as_secs()), version];
            out.one(sql::UPDATE_API, params);
        }
        Effect::DeleteApi(id) => {
            // A grant for other APIs too stays: without the row no token for this one is issued.
            let only = json("apis", &[id])?;
            let id = vec![int(id.get())];
            out.any(sql::DELETE_API_GRANTS, vec![only]);
            out.any(sql::DELETE_API_CONSENTS, id.clone());
            out.one(sql::DELETE_API, id);
        }
        Effect::InsertSession(session) => out.one(sql::INSERT_SESSION, insert_session(session)?),
        Effect::RenewSession { session, cookie, auth_time, amr, expires_at } => {
            let params = vec![
                int(session.get()),
                Value::blob(&cookie.0),
                int(auth_time.as_secs()),
                json("amr", amr)?,
                int(expires_at.as_secs()),
            ];
            out.one(sql::RENEW_SESSION, params);
        }
        Effect::EndSession(id, at) => {
            out.any(sql::END_SESSION, vec![int(id.get()), int(at.as_secs())]);
        }
        Effect::EndSessionsOf(id, at) => {
            out.any(sql::END_SESSIONS_OF, vec![int(id.get()), int(at.as_secs())]);
        }
        Effect::PutConsent(consent) => out.one(sql::PUT_CONSENT, put_consent(consent)?),
        Effect::DeleteConsents(user, client, Some(api)) => {
            let params = vec![int(user.get()), int(client.get()), int(api.get())];
            out.any(sql::DELETE_CONSENT, params);
        }
        Effect::DeleteConsents(user, client, None) => {
            out.any(sql::DELETE_CONSENTS, vec![int(user.get()), int(client.get())]);
        }
        Effect::InsertGrant(grant) => out.one(sql::INSERT_GRANT, insert_grant(grant)?),
        Effect::RotateRefresh { grant, from, to } => {
            let mut params = vec![int(grant.get()), int(i64::from(*from))];
            params.extend(family(Some(to))?);
            out.one(sql::ROTATE_REFRESH, params);
        }
        Effect::RevokeGrant(id, at) => {
            out.any(sql::REVOKE_GRANT, vec![int(id.get()), int(at.as_secs())]);
        }
        Effect::RevokeGrantsOf(id, at) => {
            out.any(sql::REVOKE_GRANTS_OF, vec![int(id.get()), int(at.as_secs())]);
        }
        Effect::RevokeGrantsOfSession(id, at) => {
            out.any(sql::REVOKE_GRANTS_OF_SESSION, vec![int(id.get()), int(at.as_secs())]);
        }
        Effect::UseAssertion { client, jti, expires_at } => {
            let params = vec![int(client.get()), Value::blob(&jti.0), int(expires_at.as_secs())];
            out.one(sql::USE_ASSERTION, params);
        }
        Effect::InsertKey(key) => out.one(sql::INSERT_KEY, insert_key(key)?),
        Effect::MoveKey { kid, from, to, at } => {
            let params = vec![
                Value::text(kid),
                int(key_state_code(*from)),
                int(key_state_code(*to)),
                int(at.as_secs()),
            ];
            out.one(sql::MOVE_KEY, params);
        }
    }
    Ok(())
}

fn insert_user(user: &User, version: Value) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        Value::Int(user.id.get()),
        key_text("sub", &user.sub)?,
        Value::text(&user.username),
        key_text("username", &username_key(&user.username))?,
        user.password.as_ref().map_or(Value::Null, |hash| Value::text(hash.expose())),
        Value::Int(user_status_code(user.status)),
        json("claims", &user.claims)?,
        Value::Int(user.created_at.as_secs()),
        Value::Int(user.updated_at.as_secs()),
        version,
    ])
}

fn update_user(user: &User, version: Value) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        Value::Int(user.id.get()),
        Value::text(&user.username),
        key_text("username", &username_key(&user.username))?,
        user.password.as_ref().map_or(Value::Null, |hash| Value::text(hash.expose())),
        Value::Int(user_status_code(user.status)),
        json("claims", &user.claims)?,
        Value::Int(user.updated_at.as_secs()),
        version,
    ])
}

fn insert_client(client: &Client, version: Value) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        Value::Int(client.id.get()),
        key_text("client_id", &client.client_id)?,
        client.secret.as_ref().map_or(Value::Null, |digest| Value::blob(&digest.0)),
        Value::int(client.owner_api.map(|api| api.get())),
        json("settings", &client.settings)?,
        Value::Int(client.created_at.as_secs()),
        Value::Int(client.updated_at.as_secs()),
        version,
    ])
}

fn insert_api(api: &Api, version: Value) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        Value::Int(api.id.get()),
        key_text("resource", &api.resource)?,
        Value::Int(api.client.get()),
        json("profile", &api.profile)?,
        Value::Int(api.created_at.as_secs()),
        Value::Int(api.updated_at.as_secs()),
        version,
    ])
}

fn insert_session(session: &Session) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        Value::Int(session.id.get()),
        Value::blob(&session.cookie.0),
        Value::Int(session.user.get()),
        Value::Int(session.auth_time.as_secs()),
        json("amr", &session.amr)?,
        Value::Int(session.created_at.as_secs()),
        Value::Int(session.expires_at.as_secs()),
        Value::int(session.ended_at.map(|at| at.as_secs())),
    ])
}

fn put_consent(consent: &Consent) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        Value::Int(consent.user.get()),
        Value::Int(consent.client.get()),
        Value::Int(api_code(consent.api)),
        json("scopes", &consent.scopes)?,
        Value::Int(consent.granted_at.as_secs()),
    ])
}

fn insert_grant(grant: &Grant) -> Result<Vec<Value>, StoreError> {
    let (kind, code, standing_api) = match (&grant.kind, grant.apis.as_slice()) {
        (GrantKind::AuthorizationCode { code }, _) => (1, Value::blob(code), Value::Null),
        (GrantKind::ClientCredentials, [api]) => (2, Value::Null, Value::Int(api.get())),
        (GrantKind::ClientCredentials, _) => {
            let why = "a standing grant that doesn't name exactly one API";
            return Err(StoreError::Unstorable(why.to_owned()));
        }
    };
    let offline = grant.scopes.iter().any(|scope| scope == OFFLINE_ACCESS);
    let mut params = vec![
        Value::Int(grant.id.get()),
        Value::Int(kind),
        code,
        Value::int(grant.user.map(|id| id.get())),
        Value::Int(grant.client.get()),
        json("apis", &grant.apis)?,
        standing_api,
        Value::int(grant.session.map(|id| id.get())),
        json("scopes", &grant.scopes)?,
        Value::Int(i64::from(offline)),
        Value::int(grant.auth_time.map(|at| at.as_secs())),
        json("amr", &grant.amr)?,
        grant.nonce.as_deref().map_or(Value::Null, Value::text),
        Value::Int(grant.created_at.as_secs()),
        Value::int(grant.revoked_at.map(|at| at.as_secs())),
    ];
    params.extend(family(grant.refresh.as_ref())?);
    Ok(params)
}

/// The four columns of a refresh family: all or none.
fn family(family: Option<&RefreshFamily>) -> Result<[Value; 4], StoreError> {
    let Some(family) = family else {
        return Ok([const { Value::Null }; 4]);
    };
    Ok([
        Value::Int(i64::from(family.generation)),
        json("recent", &family.recent)?,
        Value::Int(family.idle_expires_at.as_secs()),
        Value::Int(family.expires_at.as_secs()),
    ])
}

fn insert_key(key: &StoredKey) -> Result<Vec<Value>, StoreError> {
    let (purpose, alg) = purpose_codes(&key.purpose);
    Ok(vec![
        key_text("kid", &key.kid)?,
        Value::Int(purpose),
        alg.map_or(Value::Null, Value::text),
        Value::Int(key_state_code(key.state)),
        Value::blob(&key.secret.0),
        Value::Int(key.created_at.as_secs()),
        Value::Int(key.state_since.as_secs()),
    ])
}
