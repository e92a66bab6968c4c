use counterfoil_jose::UnixTime;
use serde::{Deserialize, Serialize};

use super::{PasswordHash, Revision, UserId};

/// Claims by name, as JSON. Standard OpenID claims and namespaced custom attributes alike.
pub type ClaimMap = serde_json::Map<String, serde_json::Value>;

/// A resource owner.
#[derive(Clone, Debug)]
pub struct User {
    /// Internal id.
    pub id: UserId,
    /// The public subject identifier: at most 255 ASCII characters, never reassigned.
    pub sub: String,
    /// What the user types to sign in; unique, compared in lower case.
    pub username: String,
    /// Absent for a user who can't sign in by password.
    pub password: Option<PasswordHash>,
    /// Whether the user may act.
    pub status: UserStatus,
    /// Everything known about the user, released only as API profiles and scopes allow.
    pub claims: ClaimMap,
    /// When the user was made.
    pub created_at: UnixTime,
    /// When the row last changed.
    pub updated_at: UnixTime,
    /// The revision of the row's last change; 0 before it is stored. Guards name it.
    pub version: Revision,
}

/// Whether a user may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserStatus {
    /// May sign in, and tokens may be issued.
    Active,
    /// Nothing is issued, and everything issued before is dead. Resuming revives nothing.
    Suspended,
}
