use counterfoil_oauth::model::{
    Api, ApiId, Change, ChangeKind, Client, ClientId, Consent, Digest, Grant, GrantId, GrantKind,
    KeyPurpose, KeyState, Mode, PasswordHash, Reason, RefreshFamily, SealedSecret, Session,
    SessionId, StoredKey, Target, User, UserId, UserStatus,
};

use super::Fields;
use crate::{LogEntry, NodeRow, StoreError, StoredWatermark};

pub(crate) fn user(mut row: Fields) -> Result<User, StoreError> {
    Ok(User {
        id: UserId::new(row.id("id")?),
        sub: row.text("sub")?,
        username: row.text("username")?,
        password: row.maybe_text("password")?.map(PasswordHash::new),
        status: match row.int("status")? {
            1 => UserStatus::Active,
            2 => UserStatus::Suspended,
            _ => return Err(row.bad("status", "is an unknown code")),
        },
        claims: row.json("claims")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        version: row.revision("version")?,
    })
}

pub(crate) fn client(mut row: Fields) -> Result<Client, StoreError> {
    Ok(Client {
        id: ClientId::new(row.id("id")?),
        client_id: row.text("client_id")?,
        secret: row.maybe_bytes("secret")?.map(Digest),
        owner_api: row.maybe_id("owner_api")?.map(ApiId::new),
        settings: row.json("settings")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        version: row.revision("version")?,
    })
}

pub(crate) fn api(mut row: Fields) -> Result<Api, StoreError> {
    Ok(Api {
        id: ApiId::new(row.id("id")?),
        resource: row.text("resource")?,
        client: ClientId::new(row.id("client")?),
        profile: row.json("profile")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        version: row.revision("version")?,
    })
}

pub(crate) fn session(mut row: Fields) -> Result<Session, StoreError> {
    next_session(&mut row)
}

pub(crate) fn session_and_consent(
    mut row: Fields,
) -> Result<(Session, Option<Consent>), StoreError> {
    let session = next_session(&mut row)?;
    Ok((session, row.then("consents").map(consent).transpose()?))
}

fn next_session(row: &mut Fields) -> Result<Session, StoreError> {
    Ok(Session {
        id: SessionId::new(row.id("id")?),
        cookie: Digest(row.bytes("cookie")?),
        user: UserId::new(row.id("user_id")?),
        auth_time: row.time("auth_time")?,
        amr: row.json("amr")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        ended_at: row.maybe_time("ended_at")?,
    })
}

pub(crate) fn consent(mut row: Fields) -> Result<Consent, StoreError> {
    Ok(Consent {
        user: UserId::new(row.id("user_id")?),
        client: ClientId::new(row.id("client_id")?),
        api: row.api("api_id")?,
        scopes: row.json("scopes")?,
        granted_at: row.time("granted_at")?,
    })
}

pub(crate) fn grant(mut row: Fields) -> Result<Grant, StoreError> {
    let id = GrantId::new(row.id("id")?);
    let code_kind = row.int("kind")?;
    let code = row.maybe_bytes("code")?;
    let user = row.maybe_id("user_id")?.map(UserId::new);
    let client = ClientId::new(row.id("client_id")?);
    let apis: Vec<ApiId> = row.json("apis")?;
    let standing = row.maybe_id("standing_api")?.map(ApiId::new);
    let kind = match (code_kind, code, standing) {
        (1, Some(code), None) => GrantKind::AuthorizationCode { code },
        (2, None, Some(api)) if apis == [api] => GrantKind::ClientCredentials,
        (1, None, _) => return Err(row.bad("code", "is null, but the grant is of a code")),
        (2, Some(_), _) => return Err(row.bad("code", "is set on a standing grant")),
        (1 | 2, ..) => return Err(row.bad("standing_api", "doesn't fit the grant's APIs")),
        _ => return Err(row.bad("kind", "is an unknown code")),
    };
    Ok(Grant {
        id,
        kind,
        user,
        client,
        apis,
        session: row.maybe_id("session_id")?.map(SessionId::new),
        scopes: row.json("scopes")?,
        auth_time: row.maybe_time("auth_time")?,
        amr: row.json("amr")?,
        nonce: row.maybe_text("nonce")?,
        created_at: row.time("created_at")?,
        revoked_at: row.maybe_time("revoked_at")?,
        refresh: family(&mut row)?,
    })
}

/// The refresh family: four columns, all or none.
fn family(row: &mut Fields) -> Result<Option<RefreshFamily>, StoreError> {
    let generation = row.maybe_int("generation")?;
    let recent = row.maybe_json("recent")?;
    let idle_expires_at = row.maybe_time("idle_expires_at")?;
    let expires_at = row.maybe_time("expires_at")?;
    match (generation, recent, idle_expires_at, expires_at) {
        (None, None, None, None) => Ok(None),
        (Some(generation), Some(recent), Some(idle_expires_at), Some(expires_at)) => {
            let generation =
                u32::try_from(generation).map_err(|_| row.bad("generation", "is out of range"))?;
            Ok(Some(RefreshFamily { generation, recent, idle_expires_at, expires_at }))
        }
        _ => Err(row.bad("generation", "and the family's other columns are not all set or null")),
    }
}

pub(crate) fn key(mut row: Fields) -> Result<StoredKey, StoreError> {
    let kid = row.text("kid")?;
    let purpose = row.int("purpose")?;
    let purpose = match (purpose, row.maybe_text("alg")?) {
        (1, Some(alg)) => KeyPurpose::Sign(alg),
        (1, None) => return Err(row.bad("alg", "is null on a signing key")),
        (2, None) => KeyPurpose::Feed,
        (3, None) => KeyPurpose::Seal,
        (4, None) => KeyPurpose::Derive,
        (2..=4, Some(_)) => return Err(row.bad("alg", "is set on a key that doesn't sign")),
        _ => return Err(row.bad("purpose", "is an unknown code")),
    };
    Ok(StoredKey {
        kid,
        purpose,
        state: match row.int("state")? {
            1 => KeyState::Published,
            2 => KeyState::Active,
            3 => KeyState::Retiring,
            4 => KeyState::Retired,
            _ => return Err(row.bad("state", "is an unknown code")),
        },
        secret: SealedSecret(row.blob("secret")?),
        created_at: row.time("created_at")?,
        state_since: row.time("state_since")?,
    })
}

pub(crate) fn watermark(mut row: Fields) -> Result<StoredWatermark, StoreError> {
    let target = target(&mut row)?;
    let mode = mode(&mut row)?;
    Ok(StoredWatermark {
        target,
        mode,
        not_before: row.revision("not_before")?,
        reason: reason(&mut row)?,
        expires_at: row.time("expires_at")?,
    })
}

pub(crate) fn log_entry(mut row: Fields) -> Result<LogEntry, StoreError> {
    let revision = row.revision("revision")?;
    let target = target(&mut row)?;
    let mode = mode(&mut row)?;
    let reason = reason(&mut row)?;
    let expires_at = row.maybe_time("expires_at")?;
    let change = Change { target, mode, reason, expires_at };
    Ok(LogEntry { revision, change, at: row.time("at")? })
}

pub(crate) fn node(mut row: Fields) -> Result<NodeRow, StoreError> {
    Ok(NodeRow {
        node: row.int("node")?,
        applied: row.revision("applied")?,
        effective: row.revision("effective")?,
        lease_until_ms: row.int("lease_until_ms")?,
    })
}

fn target(row: &mut Fields) -> Result<Target, StoreError> {
    let code = row.int("kind")?;
    let kind = ChangeKind::from_code(code).ok_or_else(|| row.bad("kind", "is an unknown code"))?;
    let bytes = row.blob("target")?;
    Target::from_parts(kind, &bytes).ok_or_else(|| row.bad("target", "doesn't fit its kind"))
}

fn mode(row: &mut Fields) -> Result<Mode, StoreError> {
    match row.int("mode")? {
        1 => Ok(Mode::Soft),
        2 => Ok(Mode::Hard),
        _ => Err(row.bad("mode", "is an unknown code")),
    }
}

fn reason(row: &mut Fields) -> Result<Reason, StoreError> {
    let word = row.text("reason")?;
    Reason::parse(&word).ok_or_else(|| row.bad("reason", "is an unknown word"))
}
