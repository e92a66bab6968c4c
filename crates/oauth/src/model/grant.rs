use counterfoil_jose::UnixTime;
use serde::{Deserialize, Serialize};

use super::{ApiId, ClientId, GrantId, SessionId, UserId};

/// One authorization that was acted on. Tokens hang on a grant, never the other way round.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Internal id.
    pub id: GrantId,
    /// What kind of authorization it was.
    pub kind: GrantKind,
    /// Whose; `None` for a client acting for itself.
    pub user: Option<UserId>,
    /// To whom.
    pub client: ClientId,
    /// For which APIs, at most [`Grant::APIS_MAX`]; none is the issuer itself (UserInfo). A token is
    /// for one of them. A standing grant names exactly one.
    pub apis: Vec<ApiId>,
    /// The sign-in behind it.
    pub session: Option<SessionId>,
    /// Granted scopes, OpenID and API ones together, at most [`Grant::SCOPES_MAX`]. The order never
    /// changes: opaque tokens name scopes by position.
    pub scopes: Vec<String>,
    /// When the user last gave a credential.
    pub auth_time: Option<UnixTime>,
    /// How: RFC 8176 names.
    pub amr: Vec<String>,
    /// The `nonce` of the request, for the ID token.
    pub nonce: Option<String>,
    /// When it was made.
    pub created_at: UnixTime,
    /// When it was revoked.
    pub revoked_at: Option<UnixTime>,
    /// The refresh family, where one was issued.
    pub refresh: Option<RefreshFamily>,
}

impl Grant {
    /// A grant's scopes fit the 64-bit mask of an opaque token.
    pub const SCOPES_MAX: usize = 64;
    /// More APIs than this in one authorization is a mistake; each costs a consent row.
    pub const APIS_MAX: usize = 8;
}

/// What kind of authorization a grant records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantKind {
    /// A redeemed authorization code, named by the code's random id. The id is unique in the
    /// store, so two redemptions can't both win.
    AuthorizationCode {
        /// The code's id.
        code: [u8; 16],
    },
    /// The standing right of a client at an API: one row for the pair, none per token.
    ClientCredentials,
}

/// The state of a grant's refresh tokens. A token is derived from the grant and its generation, so
/// no token is ever stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshFamily {
    /// The generation of the newest token.
    pub generation: u32,
    /// Recent uses, newest last: which generation was rotated away when. Pruned to the grace
    /// window and bounded.
    pub recent: Vec<Rotation>,
    /// When the family ends for lack of use.
    pub idle_expires_at: UnixTime,
    /// When it ends, whatever happens.
    pub expires_at: UnixTime,
}

/// One use of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// The generation that was presented.
    pub generation: u32,
    /// When it was first presented.
    pub at: UnixTime,
}
