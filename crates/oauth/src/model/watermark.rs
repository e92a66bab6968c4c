use counterfoil_jose::UnixTime;

use super::{ApiId, ClientId, GrantId, SessionId, TokenId, UserId};

/// One fact for the change log. Its revision is given by the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it is about.
    pub target: Target,
    /// Whether what was issued before is dead, or must be asked for again.
    pub mode: Mode,
    /// Why, for receipts and logs.
    pub reason: Reason,
    /// From when on nothing issued before can still be alive, so the watermark may be forgotten.
    /// `None`: the change bears no watermark (configuration, a new key), only a log row.
    pub expires_at: Option<UnixTime>,
}

/// The kinds of target, as they are stored and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// Everything of this issuer.
    Issuer,
    /// A client.
    Client,
    /// A user.
    User,
    /// A session.
    Session,
    /// A grant.
    Grant,
    /// One access token.
    Token,
    /// The claims of a user.
    Claims,
    /// An API: its tokens and its profile.
    Api,
    /// A key of the issuer.
    Key,
}

impl ChangeKind {
    /// Every kind, in the order of its code.
    pub const ALL: [Self; 9] = [
        Self::Issuer,
        Self::Client,
        Self::User,
        Self::Session,
        Self::Grant,
        Self::Token,
        Self::Claims,
        Self::Api,
        Self::Key,
    ];

    /// The stored code; append-only.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::Issuer => 1,
            Self::Client => 2,
            Self::User => 3,
            Self::Session => 4,
            Self::Grant => 5,
            Self::Token => 6,
            Self::Claims => 7,
            Self::Api => 8,
            Self::Key => 9,
        }
    }

    /// The kind with this stored code.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What a change is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Everything of this issuer.
    Issuer,
    /// A client.
    Client(ClientId),
    /// A user.
    User(UserId),
    /// A session.
    Session(SessionId),
    /// A grant.
    Grant(GrantId),
    /// One access token.
    Token(TokenId),
    /// The claims of a user.
    Claims(UserId),
    /// An API.
    Api(ApiId),
    /// A key, by `kid`.
    Key(String),
}

impl Target {
    /// The kind of target.
    #[must_use]
    pub const fn kind(&self) -> ChangeKind {
        match self {
            Self::Issuer => ChangeKind::Issuer,
            Self::Client(_) => ChangeKind::Client,
            Self::User(_) => ChangeKind::User,
            Self::Session(_) => ChangeKind::Session,
            Self::Grant(_) => ChangeKind::Grant,
            Self::Token(_) => ChangeKind::Token,
            Self::Claims(_) => ChangeKind::Claims,
            Self::Api(_) => ChangeKind::Api,
            Self::Key(_) => ChangeKind::Key,
        }
    }

    /// The bytes by which the target is stored, and keyed for an API: big-endian ids, so that
    /// stored order is time order.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Issuer => Vec::new(),
            Self::Client(id) => id.get().to_be_bytes().to_vec(),
            Self::User(id) | Self::Claims(id) => id.get().to_be_bytes().to_vec(),
            Self::Session(id) => id.get().to_be_bytes().to_vec(),
            Self::Grant(id) => id.get().to_be_bytes().to_vec(),
            Self::Token(TokenId(id)) => id.to_vec(),
            Self::Api(id) => id.get().to_be_bytes().to_vec(),
            Self::Key(kid) => kid.as_bytes().to_vec(),
        }
    }

    /// The target with this kind and these bytes, if they fit each other.
    #[must_use]
    pub fn from_parts(kind: ChangeKind, bytes: &[u8]) -> Option<Self> {
        let id = || <[u8; 8]>::try_from(bytes).ok().map(i64::from_be_bytes);
        Some(match kind {
            ChangeKind::Issuer => Self::Issuer,
            ChangeKind::Client => Self::Client(ClientId::new(id()?)),
            ChangeKind::User => Self::User(UserId::new(id()?)),
            ChangeKind::Session => Self::Session(SessionId::new(id()?)),
            ChangeKind::Grant => Self::Grant(GrantId::new(id()?)),
            ChangeKind::Token => Self::Token(TokenId(bytes.try_into().ok()?)),
            ChangeKind::Claims => Self::Claims(UserId::new(id()?)),
            ChangeKind::Api => Self::Api(ApiId::new(id()?)),
            ChangeKind::Key => Self::Key(String::from_utf8(bytes.to_vec()).ok()?),
        })
    }
}

/// What a watermark does to what was issued before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Ask again before the next answer; the old identity is never answered again.
    Soft,
    /// Dead.
    Hard,
}

/// Why a change was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A client revoked it (RFC 7009).
    Revoked,
    /// An administrator revoked it.
    AdminRevoked,
    /// The user signed out.
    LoggedOut,
    /// The user was suspended.
    Suspended,
    /// The row was deleted.
    Deleted,
    /// A code was redeemed twice.
    CodeReplayed,
    /// A refresh token was used again after its grace window.
    RefreshReused,
    /// A claim or a setting changed.
    Updated,
    /// A key was made, used, retired or withdrawn.
    KeyRotated,
    /// Made anew.
    Created,
    /// A suspended user may act again; revives nothing.
    Resumed,
}

impl Reason {
    /// The stored and sent word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::AdminRevoked => "admin_revoked",
            Self::LoggedOut => "logged_out",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
            Self::CodeReplayed => "code_replayed",
            Self::RefreshReused => "refresh_reused",
            Self::Updated => "updated",
            Self::KeyRotated => "key_rotated",
            Self::Created => "created",
            Self::Resumed => "resumed",
        }
    }

    /// The reason with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Revoked,
            Self::AdminRevoked,
            Self::LoggedOut,
            Self::Suspended,
            Self::Deleted,
            Self::CodeReplayed,
            Self::RefreshReused,
            Self::Updated,
            Self::KeyRotated,
            Self::Created,
            Self::Resumed,
        ]
        .into_iter()
        .find(|reason| reason.as_str() == word)
    }
}
