//! The rows of the table: what is compared with what, and what must be reached.

use crate::zanzibar;

/// A row.
pub(crate) struct Row {
    /// Its name for `--rows`.
    pub(crate) id: &'static str,
    /// The work, for readers.
    pub(crate) title: &'static str,
    /// The servers' loads that it needs, by subject.
    pub(crate) subjects: &'static [Subject],
    /// What is judged.
    pub(crate) checks: &'static [Check],
}

/// One thing under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// axum, one route, one small JSON answer.
    Hello,
    /// The same behind a guard that knows the token.
    Guarded,
    /// `client_credentials`, opaque token.
    TokenOpaque,
    TokenOpaquePeer,
    /// `client_credentials`, ES256 JWT.
    TokenEs256,
    TokenEs256Peer,
    /// Introspection of a live opaque token.
    Introspection,
    IntrospectionPeer,
    /// Metadata.
    Discovery,
    /// Keys.
    Jwks,
    /// Authorize and token with a session.
    FlowSession,
    FlowSessionPeer,
    /// Sign-in page, consent page, token.
    FlowFull,
    FlowFullPeer,
}

impl Subject {
    /// The metric that a load of it yields.
    pub(crate) const fn metric(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Guarded => "guarded",
            Self::TokenOpaque => "token-opaque",
            Self::TokenOpaquePeer => "token-opaque-peer",
            Self::TokenEs256 => "token-es256",
            Self::TokenEs256Peer => "token-es256-peer",
            Self::Introspection => "introspection",
            Self::IntrospectionPeer => "introspection-peer",
            Self::Discovery => "discovery",
            Self::Jwks => "jwks",
            Self::FlowSession => "flow-session",
            Self::FlowSessionPeer => "flow-session-peer",
            Self::FlowFull => "flow-full",
            Self::FlowFullPeer => "flow-full-peer",
        }
    }
}

/// Something judged: `ours` as it is, or `ours / against`.
pub(crate) struct Check {
    pub(crate) what: &'static str,
    pub(crate) ours: &'static str,
    pub(crate) against: Option<Against>,
    pub(crate) unit: Unit,
    pub(crate) target: Target,
}

/// What a metric is divided by.
#[derive(Clone, Copy)]
pub(crate) struct Against {
    pub(crate) metric: &'static str,
    pub(crate) name: &'static str,
}

/// What a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    PerSecond,
    Micros,
    Millis,
    Mebibytes,
    Bytes,
}

/// What must be reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    pub(crate) fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

const HELLO: Against = Against { metric: "hello", name: "axum hello" };
const ED25519: Against = Against { metric: "ed25519-verify", name: "Ed25519 verification" };

const fn peer(metric: &'static str) -> Against {
    Against { metric, name: "node-oidc-provider" }
}

const fn bare(metric: &'static str) -> Against {
    Against { metric, name: "bare aws-lc-rs" }
}

pub(crate) const fn rate(
    what: &'static str,
    ours: &'static str,
    against: Against,
    at_least: f64,
) -> Check {
    let target = Target::AtLeast(at_least);
    Check { what, ours, against: Some(against), unit: Unit::PerSecond, target }
}

pub(crate) const fn cost(
    what: &'static str,
    ours: &'static str,
    against: Against,
    at_most: f64,
) -> Check {
    let target = Target::AtMost(at_most);
    Check { what, ours, against: Some(against), unit: Unit::Micros, target }
}

pub(crate) const fn bound(
    what: &'static str,
    ours: &'static str,
    unit: Unit,
    at_most: f64,
) -> Check {
    Check { what, ours, against: None, unit, target: Target::AtMost(at_most) }
}

/// Every row, in the order of the table.
pub(crate) fn all() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(&zanzibar::ROWS)
}

/// The rows of tokens and guards.
pub(crate) const ROWS: [Row; 12] = [
    Row {
        id: "known-token",
        title: "verify a known token in process, every check repeated",
        subjects: &[],
        checks: &[
            rate("opaque", "known-opaque", ED25519, 120.0),
            rate("600-byte JWT", "known-jwt", ED25519, 60.0),
        ],
    },
    Row {
        id: "unknown-token",
        title: "verify an unknown JWT; sign one",
        subjects: &[],
        checks: &[
            cost("verify EdDSA", "verify-eddsa", bare("verify-eddsa-bare"), 1.10),
            cost("verify ES256", "verify-es256", bare("verify-es256-bare"), 1.10),
            cost("verify RS256", "verify-rs256", bare("verify-rs256-bare"), 1.3),
            cost("sign EdDSA", "sign-eddsa", bare("sign-eddsa-bare"), 1.15),
            cost("sign ES256", "sign-es256", bare("sign-es256-bare"), 1.15),
            cost("sign RS256", "sign-rs256", bare("sign-rs256-bare"), 1.15),
        ],
    },
    Row {
        id: "guarded",
        title: "a guarded request with a known token, in an axum API, one core",
        subjects: &[Subject::Hello, Subject::Guarded],
        checks: &[rate("requests", "guarded", HELLO, 0.6)],
    },
    Row {
        id: "token-opaque",
        title: "`client_credentials`, opaque token, one core",
        subjects: &[Subject::Hello, Subject::TokenOpaque, Subject::TokenOpaquePeer],
        checks: &[
            rate("tokens", "token-opaque", HELLO, 0.35),
            rate("tokens", "token-opaque", peer("token-opaque-peer"), 7.0),
        ],
    },
    Row {
        id: "token-es256",
        title: "`client_credentials`, ES256 JWT, one core",
        subjects: &[Subject::TokenEs256, Subject::TokenEs256Peer],
        checks: &[rate("tokens", "token-es256", peer("token-es256-peer"), 5.0)],
    },
    Row {
        id: "introspection",
        title: "introspection of a live opaque token, one core",
        subjects: &[Subject::Hello, Subject::Introspection, Subject::IntrospectionPeer],
        checks: &[
            rate("answers", "introspection", HELLO, 0.35),
            rate("answers", "introspection", peer("introspection-peer"), 7.0),
        ],
    },
    Row {
        id: "flow-session",
        title: "code + PKCE with a session (authorize + token), durable SQLite, 16 flows at once",
        subjects: &[Subject::FlowSession, Subject::FlowSessionPeer],
        checks: &[rate("flows", "flow-session", peer("flow-session-peer"), 5.0)],
    },
    Row {
        id: "flow-full",
        title: "code + PKCE with sign-in and consent pages, without the password hash",
        subjects: &[Subject::FlowFull, Subject::FlowFullPeer],
        checks: &[rate("flows", "flow-full", peer("flow-full-peer"), 5.0)],
    },
    Row {
        id: "documents",
        title: "discovery and JWKS, one core",
        subjects: &[Subject::Hello, Subject::Discovery, Subject::Jwks],
        checks: &[rate("discovery", "discovery", HELLO, 0.75), rate("JWKS", "jwks", HELLO, 0.75)],
    },
    Row {
        id: "revocation",
        title: "revoke → first 401 at a guard, from sending the request",
        subjects: &[],
        checks: &[
            bound("median, 1 guard", "revocation-1-p50", Unit::Millis, 10.0),
            bound("p99, 1 guard", "revocation-1-p99", Unit::Millis, 50.0),
            bound("median, 100 guards", "revocation-100-p50", Unit::Millis, 10.0),
            bound("p99, 100 guards", "revocation-100-p99", Unit::Millis, 50.0),
        ],
    },
    Row {
        id: "dev",
        title: "`counterfoil dev`",
        subjects: &[],
        checks: &[
            bound("cold start to discovery 200", "dev-start", Unit::Millis, 300.0),
            bound("resident memory, idle, issuer", "dev-resident", Unit::Mebibytes, 40.0),
        ],
    },
    Row {
        id: "growth",
        title: "store size after a million opaque client_credentials tokens, checkpointed",
        subjects: &[],
        checks: &[Check {
            what: "bytes",
            ours: "store-after",
            against: Some(Against { metric: "store-before", name: "before" }),
            unit: Unit::Bytes,
            target: Target::AtMost(1.0),
        }],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_load_that_is_judged_is_run() {
        for row in &ROWS {
            let metrics: Vec<_> = row.subjects.iter().map(|subject| subject.metric()).collect();
            for check in row.checks.iter().filter(|_| !row.subjects.is_empty()) {
                assert!(metrics.contains(&check.ours), "{}: {}", row.id, check.ours);
                let against = check.against.unwrap();
                assert!(metrics.contains(&against.metric), "{}: {}", row.id, against.metric);
            }
        }
    }

    #[test]
    fn targets() {
        assert!(Target::AtLeast(0.6).is_met(0.6) && !Target::AtLeast(0.6).is_met(0.59));
        assert!(Target::AtMost(1.1).is_met(1.1) && !Target::AtMost(1.1).is_met(1.11));
    }
}
