use counterfoil_jose::UnixTime;

use super::{
    Api, ApiId, Change, Client, ClientId, Consent, Digest, Grant, GrantId, KeyState, PasswordHash,
    RefreshFamily, Revision, Session, SessionId, StoredKey, User, UserId, UserStatus,
};

/// One atomic request to the store: all guards hold and all effects happen with their changes in
/// the log, or nothing does.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// What must be true at the commit. A fact the decision relied on and that isn't guarded here
    /// is a race.
    pub guards: Vec<Guard>,
    /// What to write, in this order.
    pub effects: Vec<Effect>,
    /// What the log and the watermarks learn, one revision each, in this order.
    pub changes: Vec<Change>,
}

/// Something that must be true at the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// This row exists and hasn't changed since this revision.
    Unchanged(Fact, Revision),
    /// The user exists and may act.
    UserActive(UserId),
    /// The client exists.
    ClientExists(ClientId),
    /// The API exists.
    ApiExists(ApiId),
    /// The session exists, belongs to this user and hasn't ended or expired.
    SessionLive {
        /// Which.
        session: SessionId,
        /// Whose.
        user: UserId,
        /// At which moment.
        now: UnixTime,
    },
    /// The grant exists and isn't revoked.
    GrantLive(GrantId),
}

/// A versioned row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A user.
    User(UserId),
    /// A client.
    Client(ClientId),
    /// An API.
    Api(ApiId),
}

/// One write. Each says what makes it a conflict.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Conflict when the id, username or `sub` is taken.
    InsertUser(User),
    /// Replaces username, claims, password and status. Conflict when missing or the name is taken.
    UpdateUser(User),
    /// Sets the status alone. Conflict when missing.
    SetUserStatus(UserId, UserStatus, UnixTime),
    /// Replaces the password hash alone, for example after a rehash. Conflict when missing.
    SetPassword(UserId, PasswordHash),
    /// Deletes a user with their sessions, consents and grants. Conflict when missing.
    DeleteUser(UserId),

    /// Conflict when the id or `client_id` is taken.
    InsertClient(Client),
    /// Replaces secret and settings. Conflict when missing.
    UpdateClient(Client),
    /// Deletes a client with its consents and grants. Conflict when missing.
    DeleteClient(ClientId),

    /// Conflict when the id or `resource` is taken.
    InsertApi(Api),
    /// Replaces the profile. Conflict when missing.
    UpdateApi(Api),
    /// Deletes an API with its consents and grants. Conflict when missing.
    DeleteApi(ApiId),

    /// Conflict when the id or the cookie is taken.
    InsertSession(Session),
    /// A fresh sign-in in a living session: moves `auth_time`, replaces `amr` and the cookie.
    /// Conflict when missing or ended.
    RenewSession {
        /// Which.
        session: SessionId,
        /// The new cookie's hash.
        cookie: Digest,
        /// The new moment.
        auth_time: UnixTime,
        /// How.
        amr: Vec<String>,
        /// The new end.
        expires_at: UnixTime,
    },
    /// Ends a session if it lives; never a conflict.
    EndSession(SessionId, UnixTime),
    /// Ends every living session of a user; never a conflict.
    EndSessionsOf(UserId, UnixTime),

    /// Inserts or replaces what a user allows; never a conflict.
    PutConsent(Consent),
    /// Forgets what a user allows this client (at one API, or anywhere); never a conflict.
    DeleteConsents(UserId, ClientId, Option<ApiId>),

    /// Conflict when the id or the code is taken: that is how a code is redeemed once. A standing
    /// client-credentials grant conflicts when a living one for (client, API) exists.
    InsertGrant(Grant),
    /// Moves a refresh family from one generation to the next. Conflict when the stored
    /// generation is another, or the grant is revoked.
    RotateRefresh {
        /// Which grant.
        grant: GrantId,
        /// The generation the decision saw.
        from: u32,
        /// The family after it.
        to: RefreshFamily,
    },
    /// Revokes a grant if it lives; never a conflict.
    RevokeGrant(GrantId, UnixTime),
    /// Revokes every living grant of a user; never a conflict.
    RevokeGrantsOf(UserId, UnixTime),
    /// Revokes every living grant that hangs on a session and isn't `offline_access`; never a
    /// conflict.
    RevokeGrantsOfSession(SessionId, UnixTime),

    /// Remembers a used assertion id until it expires. Conflict when it was used before.
    UseAssertion {
        /// By which client.
        client: ClientId,
        /// Hash of the `jti`.
        jti: Digest,
        /// When it may be forgotten.
        expires_at: UnixTime,
    },

    /// Conflict when the kid is taken.
    InsertKey(StoredKey),
    /// Moves a key on. Conflict when the stored state is another.
    MoveKey {
        /// Which.
        kid: String,
        /// The state the decision saw.
        from: KeyState,
        /// The next one.
        to: KeyState,
        /// When.
        at: UnixTime,
    },
}
