use counterfoil_jose::UnixTime;

use super::{ApiId, ClientId, Digest, SessionId, UserId};

/// One browser sign-in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Internal id; keyed per audience before it leaves the issuer as `sid`.
    pub id: SessionId,
    /// Hash of the cookie.
    pub cookie: Digest,
    /// Who signed in.
    pub user: UserId,
    /// When the password (or passkey) was last given.
    pub auth_time: UnixTime,
    /// How: RFC 8176 names.
    pub amr: Vec<String>,
    /// When the session began.
    pub created_at: UnixTime,
    /// When it ends by itself.
    pub expires_at: UnixTime,
    /// Set when it was ended before.
    pub ended_at: Option<UnixTime>,
}

impl Session {
    /// Whether it has not ended, neither before its time nor by itself.
    #[must_use]
    pub fn is_live(&self, now: UnixTime) -> bool {
        self.ended_at.is_none() && self.expires_at > now
    }
}

/// What a user allows one client at one API; remembered.
#[derive(Clone, Debug)]
pub struct Consent {
    /// The user.
    pub user: UserId,
    /// The client.
    pub client: ClientId,
    /// The API; `None` is the issuer itself (UserInfo and the ID token).
    pub api: Option<ApiId>,
    /// Everything allowed so far.
    pub scopes: Vec<String>,
    /// When it was last given.
    pub granted_at: UnixTime,
}
