use crate::{KeyedId, Revision};
use counterfoil_jose::UnixTime;
use std::fmt;

/// What a watermark is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WatermarkKind {
    /// Everything of this issuer at this API.
    Issuer,
    /// A client.
    Client,
    /// A user.
    User,
    /// A browser session.
    Session,
    /// A grant.
    Grant,
    /// One access token.
    Token,
    /// The claims of a user; shares the user's keyed id.
    Claims,
    /// This API: its tokens and its profile.
    Api,
    /// A signing key of the issuer, by `kid`.
    Key,
}

impl WatermarkKind {
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

    /// The code that separates kinds under the HMAC; append-only, equal to the stored code.
    #[must_use]
    pub const fn code(self) -> u8 {
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

    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Client => "client",
            Self::User => "user",
            Self::Session => "session",
            Self::Grant => "grant",
            Self::Token => "token",
            Self::Claims => "claims",
            Self::Api => "api",
            Self::Key => "key",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a watermark does to what is older than it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Ask again before the next answer; the old identity is never answered again.
    Soft,
    /// Dead.
    Hard,
}

impl Mode {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Soft => "soft",
            Self::Hard => "hard",
        }
    }

    /// The mode with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Soft, Self::Hard].into_iter().find(|mode| mode.as_str() == word)
    }
}

/// Why something is dead or must be asked for again. For logs and error codes, never for deciding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A word that this version doesn't know: a newer server's.
    Other,
    /// A client revoked it (RFC 7009).
    Revoked,
    /// An administrator revoked it.
    AdminRevoked,
    /// The user signed out.
    LoggedOut,
    /// The user was suspended.
    Suspended,
    /// It was deleted.
    Deleted,
    /// A code was redeemed twice.
    CodeReplayed,
    /// A refresh token was used again after its grace window.
    RefreshReused,
    /// A claim or a setting changed.
    Updated,
    /// A key was withdrawn.
    KeyRotated,
    /// Made anew.
    Created,
    /// A suspended user may act again; revives nothing.
    Resumed,
}

impl Reason {
    /// Every reason that has a word of its own.
    pub const ALL: [Self; 12] = [
        Self::Other,
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
    ];

    /// The word on the wire and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Other => "other",
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

    /// The reason with this word, [`Reason::Other`] for a word of a newer server.
    ///
    /// Unknown kinds and modes are refused instead, because those decide.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word).unwrap_or(Self::Other)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a watermark names: a kind and an id keyed for one API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WatermarkKey {
    /// Which kind of thing.
    pub kind: WatermarkKind,
    /// Which thing, readable by the issuer alone.
    pub id: KeyedId,
}

/// "Everything about this key from before revision `not_before` is dead, or must be asked for
/// again."
///
/// Applying one twice, late or out of order changes nothing: the greatest `not_before` wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Watermark {
    /// About what.
    pub key: WatermarkKey,
    /// The revision of the change. Hard: a token issued at a smaller revision is dead. Soft: an
    /// identity learned at a smaller revision is not answered again.
    pub not_before: Revision,
    /// Dead, or ask again.
    pub mode: Mode,
    /// Why.
    pub reason: Reason,
    /// When every token from before the change has expired, so that the watermark may be
    /// forgotten: the change's moment plus the API's longest token lifetime, or later.
    pub expires_at: UnixTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_codes_are_read_back() {
        for kind in WatermarkKind::ALL {
            assert_eq!(WatermarkKind::parse(kind.as_str()), Some(kind));
            assert_eq!(WatermarkKind::from_code(kind.code()), Some(kind));
        }
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.as_str()), reason);
        }
        assert_eq!(Mode::parse("Hard"), None);
        assert_eq!(Reason::parse("eclipse"), Reason::Other);
    }
}
