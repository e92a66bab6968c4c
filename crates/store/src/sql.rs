//! Every SQL text, once for both engines: `$n` placeholders, integers for time, ordered keys.
//!
//! A read joins its rows to the issuer's head, so that one statement (one snapshot) gives both.

/// A named text, for the plan check and for operators who want to know what is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementText {
    /// The name in this crate.
    pub name: &'static str,
    /// The text, with `$n` placeholders.
    pub sql: &'static str,
    /// Whether it runs on the way of a request, so that it may never scan a table.
    pub hot: bool,
}

/// Declares texts and the list of them.
macro_rules! texts {
    ($($heat:ident $name:ident = $sql:expr;)*) => {
        $(pub(crate) const $name: &str = $sql;)*
        /// Every fixed text of this file.
        pub(crate) const ALL: &[StatementText] = &[
            $(StatementText {
                name: stringify!($name),
                sql: $name,
                hot: texts!(@hot $heat),
            },)*
        ];
    };
    (@hot hot) => { true };
    (@hot cold) => { false };
}

/// The head and the columns of a joined table: `SELECT revision, columns FROM head LEFT JOIN table`.
macro_rules! with_head {
    ($columns:expr, $table:literal, $on:literal $(, $tail:literal)?) => {
        concat!(
            "SELECT i.revision, ", $columns, " FROM issuers i LEFT JOIN ", $table,
            " t ON t.iss = i.iss AND ", $on, " WHERE i.iss = $1" $(, " ", $tail)?
        )
    };
}

/// The same for a page of rows: the limit stands inside, where the table's index gives the order.
macro_rules! page {
    ($columns:expr, $table:literal, $on:literal, $order:literal, $outer:literal) => {
        concat!(
            "SELECT i.revision, page.* FROM issuers i LEFT JOIN (SELECT ",
            $columns,
            " FROM ",
            $table,
            " t WHERE t.iss = $1 AND ",
            $on,
            " ORDER BY ",
            $order,
            " LIMIT $3) page ON TRUE WHERE i.iss = $1 ORDER BY ",
            $outer
        )
    };
}

pub(crate) mod permission;

/// The texts of this file and of those below it.
pub(crate) fn all() -> impl Iterator<Item = &'static StatementText> {
    ALL.iter().chain(permission::ALL)
}

macro_rules! user { () => {
    "t.id, t.sub, t.username, t.password, t.status, t.claims, t.created_at, t.updated_at, t.version"
} }
macro_rules! client { () => {
    "t.id, t.client_id, t.secret, t.owner_api, t.settings, t.created_at, t.updated_at, t.version"
} }
macro_rules! api {
    () => {
        "t.id, t.resource, t.client, t.profile, t.created_at, t.updated_at, t.version"
    };
}
macro_rules! session {
    () => {
        "t.id, t.cookie, t.user_id, t.auth_time, t.amr, t.created_at, t.expires_at, t.ended_at"
    };
}
/// The same columns of a table of either name.
macro_rules! consent {
    () => {
        "t.user_id, t.client_id, t.api_id, t.scopes, t.granted_at"
    };
    (c) => {
        "c.user_id, c.client_id, c.api_id, c.scopes, c.granted_at"
    };
}
macro_rules! grant { () => { concat!(
    "t.id, t.kind, t.code, t.user_id, t.client_id, t.apis, t.standing_api, t.session_id, t.scopes, t.auth_time, ",
    "t.amr, t.nonce, t.created_at, t.revoked_at, t.generation, t.recent, t.idle_expires_at, ",
    "t.expires_at"
) } }
macro_rules! key {
    () => {
        "t.kid, t.purpose, t.alg, t.state, t.secret, t.created_at, t.state_since"
    };
}
macro_rules! watermark {
    () => {
        "t.kind, t.target, t.mode, t.not_before, t.reason, t.expires_at"
    };
}

pub(crate) const WATERMARKS_FOR_HEAD: &str = concat!(
    "SELECT i.revision, ",
    watermark!(),
    " FROM issuers i LEFT JOIN watermarks t ON t.iss = i.iss AND ("
);
pub(crate) const WATERMARKS_FOR_TAIL: &str = ") WHERE i.iss = $1";

// Fragments of guards: `{a}` and `{b}`, `{c}` become the guard's own placeholders.
pub(crate) const GUARD_USER_UNCHANGED: &str =
    "EXISTS (SELECT 1 FROM users WHERE iss = $1 AND id = {a} AND version <= {b})";
pub(crate) const GUARD_CLIENT_UNCHANGED: &str =
    "EXISTS (SELECT 1 FROM clients WHERE iss = $1 AND id = {a} AND version <= {b})";
pub(crate) const GUARD_API_UNCHANGED: &str =
    "EXISTS (SELECT 1 FROM apis WHERE iss = $1 AND id = {a} AND version <= {b})";
pub(crate) const GUARD_USER_ACTIVE: &str =
    "EXISTS (SELECT 1 FROM users WHERE iss = $1 AND id = {a} AND status = 1)";
pub(crate) const GUARD_CLIENT_EXISTS: &str =
    "EXISTS (SELECT 1 FROM clients WHERE iss = $1 AND id = {a})";
pub(crate) const GUARD_API_EXISTS: &str = "EXISTS (SELECT 1 FROM apis WHERE iss = $1 AND id = {a})";
pub(crate) const GUARD_SESSION_LIVE: &str = "EXISTS (SELECT 1 FROM sessions WHERE iss = $1 AND \
     id = {a} AND user_id = {b} AND ended_at IS NULL AND expires_at > {c})";
pub(crate) const GUARD_GRANT_LIVE: &str =
    "EXISTS (SELECT 1 FROM grants WHERE iss = $1 AND id = {a} AND revoked_at IS NULL)";

texts! {
    // Heads. Taking the head writes its row, which makes the batches of an issuer serial.
    hot HEAD_TAKE = "UPDATE issuers SET revision = revision WHERE iss = $1 RETURNING revision";
    hot HEAD_PUT = "UPDATE issuers SET revision = revision + $2 WHERE iss = $1";
    hot HEAD = "SELECT iss, url, epoch, revision FROM issuers WHERE iss = $1";
    cold HEADS = "SELECT iss, url, epoch, revision FROM issuers ORDER BY iss";
    hot HEAD_BY_URL = "SELECT iss, url, epoch, revision FROM issuers WHERE url = $1";
    cold INSERT_ISSUER = "INSERT INTO issuers (iss, url, epoch, revision) \
         SELECT COALESCE(MAX(iss), 0) + 1, $1, 1, 0 FROM issuers WHERE $1 <> '' \
         ON CONFLICT DO NOTHING";
    cold RAISE_EPOCH = "UPDATE issuers SET epoch = epoch + 1, revision = \
         ((revision + 2147483648) / 4294967296 + 1) * 4294967296 WHERE iss = $1 RETURNING epoch";

    // Users.
    cold INSERT_USER = "INSERT INTO users (iss, id, sub, username, username_key, password, status, \
         claims, created_at, updated_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    cold UPDATE_USER = "UPDATE users SET username = $3, username_key = $4, password = $5, \
         status = $6, claims = $7, updated_at = $8, version = $9 WHERE iss = $1 AND id = $2";
    cold SET_USER_STATUS =
        "UPDATE users SET status = $3, updated_at = $4, version = $5 WHERE iss = $1 AND id = $2";
    hot SET_PASSWORD = "UPDATE users SET password = $3, version = $4 WHERE iss = $1 AND id = $2";
    cold DELETE_USER_GRANTS = "DELETE FROM grants WHERE iss = $1 AND user_id = $2";
    cold DELETE_USER_CONSENTS = "DELETE FROM consents WHERE iss = $1 AND user_id = $2";
    cold DELETE_USER_SESSIONS = "DELETE FROM sessions WHERE iss = $1 AND user_id = $2";
    cold DELETE_USER = "DELETE FROM users WHERE iss = $1 AND id = $2";
    hot USER = with_head!(user!(), "users", "t.id = $2");
    hot USER_BY_USERNAME = with_head!(user!(), "users", "t.username_key = $2");
    hot USER_BY_SUB = with_head!(user!(), "users", "t.sub = $2");
    hot USERS = page!(user!(), "users", "t.id > $2", "t.id", "2");
    hot USERS_NAMED = page!(user!(), "users", "t.id > $2 AND t.username_key = $4",
        "t.id", "2");

    // Clients.
    cold INSERT_CLIENT = "INSERT INTO clients (iss, id, client_id, secret, owner_api, settings, \
         created_at, updated_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    cold UPDATE_CLIENT = "UPDATE clients SET secret = $3, settings = $4, updated_at = $5, \
         version = $6 WHERE iss = $1 AND id = $2";
    cold DELETE_CLIENT_GRANTS = "DELETE FROM grants WHERE iss = $1 AND client_id = $2";
    cold DELETE_CLIENT_CONSENTS = "DELETE FROM consents WHERE iss = $1 AND client_id = $2";
    cold DELETE_CLIENT = "DELETE FROM clients WHERE iss = $1 AND id = $2";
    hot CLIENT = with_head!(client!(), "clients", "t.id = $2");
    hot CLIENT_BY_CLIENT_ID = with_head!(client!(), "clients", "t.client_id = $2");
    hot CLIENTS = page!(client!(), "clients", "t.id > $2", "t.id", "2");
    hot CLIENTS_NAMED = page!(client!(), "clients", "t.id > $2 AND t.client_id = $4",
        "t.id", "2");

    // APIs.
    cold INSERT_API = "INSERT INTO apis (iss, id, resource, client, profile, created_at, \
         updated_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    cold UPDATE_API = "UPDATE apis SET profile = $3, updated_at = $4, version = $5 \
         WHERE iss = $1 AND id = $2";
    cold DELETE_API_GRANTS = "DELETE FROM grants WHERE iss = $1 AND apis = $2";
    cold DELETE_API_CONSENTS = "DELETE FROM consents WHERE iss = $1 AND api_id = $2";
    cold DELETE_API = "DELETE FROM apis WHERE iss = $1 AND id = $2";
    hot API = with_head!(api!(), "apis", "t.id = $2");
    hot API_BY_RESOURCE = with_head!(api!(), "apis", "t.resource = $2");
    hot API_BY_CLIENT = with_head!(api!(), "apis", "t.client = $2", "ORDER BY t.id LIMIT 1");
    hot APIS = page!(api!(), "apis", "t.id > $2", "t.id", "2");
    hot APIS_NAMED = page!(api!(), "apis", "t.id > $2 AND t.resource = $4",
        "t.id", "2");

    // Sessions.
    hot INSERT_SESSION = "INSERT INTO sessions (iss, id, cookie, user_id, auth_time, amr, \
         created_at, expires_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    hot RENEW_SESSION = "UPDATE sessions SET cookie = $3, auth_time = $4, amr = $5, \
         expires_at = $6 WHERE iss = $1 AND id = $2 AND ended_at IS NULL";
    hot END_SESSION = "UPDATE sessions SET ended_at = $3 \
         WHERE iss = $1 AND id = $2 AND ended_at IS NULL";
    hot END_SESSIONS_OF = "UPDATE sessions SET ended_at = $3 \
         WHERE iss = $1 AND user_id = $2 AND ended_at IS NULL";
    hot SESSION = with_head!(session!(), "sessions", "t.id = $2");
    hot SESSION_BY_COOKIE = with_head!(session!(), "sessions", "t.cookie = $2");
    hot SESSIONS = page!(session!(), "sessions", "t.id > $2", "t.id", "2");
    hot SESSIONS_OF_USER = page!(session!(), "sessions", "t.id > $2 AND t.user_id = $4",
        "t.id", "2");

    // Consents.
    hot PUT_CONSENT = "INSERT INTO consents (iss, user_id, client_id, api_id, scopes, granted_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (iss, user_id, client_id, api_id) \
         DO UPDATE SET scopes = excluded.scopes, granted_at = excluded.granted_at";
    hot DELETE_CONSENT = "DELETE FROM consents \
         WHERE iss = $1 AND user_id = $2 AND client_id = $3 AND api_id = $4";
    hot DELETE_CONSENTS =
        "DELETE FROM consents WHERE iss = $1 AND user_id = $2 AND client_id = $3";
    // A session, and beside it what its user allows a client.
    hot SESSION_AND_CONSENTS = with_head!(concat!(session!(), ", ", consent!(c)), "sessions",
        "t.cookie = $2 LEFT JOIN consents c ON c.iss = t.iss AND c.user_id = t.user_id \
         AND c.client_id = $3",
        "ORDER BY c.api_id");
    hot CONSENTS = with_head!(consent!(), "consents", "t.user_id = $2 AND t.client_id = $3",
        "ORDER BY t.api_id");

    // Grants.
    hot INSERT_GRANT = "INSERT INTO grants (iss, id, kind, code, user_id, client_id, apis, \
         standing_api, session_id, scopes, offline, auth_time, amr, nonce, created_at, revoked_at, \
         generation, recent, idle_expires_at, expires_at) VALUES \
         ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
    hot ROTATE_REFRESH = "UPDATE grants SET generation = $4, recent = $5, idle_expires_at = $6, \
         expires_at = $7 WHERE iss = $1 AND id = $2 AND generation = $3 AND revoked_at IS NULL";
    hot REVOKE_GRANT = "UPDATE grants SET revoked_at = $3 \
         WHERE iss = $1 AND id = $2 AND revoked_at IS NULL";
    hot REVOKE_GRANTS_OF = "UPDATE grants SET revoked_at = $3 \
         WHERE iss = $1 AND user_id = $2 AND revoked_at IS NULL";
    // By way of the user, so that grants need no index on sessions.
    hot REVOKE_GRANTS_OF_SESSION = "UPDATE grants SET revoked_at = $3 WHERE iss = $1 AND \
         user_id = (SELECT s.user_id FROM sessions s WHERE s.iss = $1 AND s.id = $2) AND \
         session_id = $2 AND offline = 0 AND revoked_at IS NULL";
    hot GRANT = with_head!(grant!(), "grants", "t.id = $2");
    hot GRANT_BY_CODE = with_head!(grant!(), "grants", "t.code = $2");
    hot STANDING_GRANT = with_head!(grant!(), "grants",
        "t.client_id = $2 AND t.standing_api = $3 AND t.revoked_at IS NULL");
    hot GRANTS = page!(grant!(), "grants", "t.id > $2", "t.id", "2");
    hot GRANTS_OF_USER = page!(grant!(), "grants", "t.id > $2 AND t.user_id = $4",
        "t.id", "2");
    hot GRANTS_OF_CLIENT = page!(grant!(), "grants", "t.id > $2 AND t.client_id = $4",
        "t.id", "2");
    hot GRANTS_OF_BOTH = page!(grant!(), "grants",
        "t.id > $2 AND t.user_id = $4 AND t.client_id = $5", "t.id", "2");

    // Used assertions.
    hot USE_ASSERTION = "INSERT INTO assertions (iss, client_id, jti, expires_at) \
         VALUES ($1, $2, $3, $4)";

    // Keys.
    cold INSERT_KEY = "INSERT INTO keys (iss, kid, purpose, alg, state, secret, created_at, \
         state_since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    cold MOVE_KEY = "UPDATE keys SET state = $4, state_since = $5 \
         WHERE iss = $1 AND kid = $2 AND state = $3";
    hot KEYS = with_head!(key!(), "keys", "TRUE", "ORDER BY t.created_at, t.kid");

    // The log and the watermarks.
    hot INSERT_CHANGE = "INSERT INTO changes (iss, revision, kind, target, mode, reason, \
         expires_at, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    hot PUT_WATERMARK = "INSERT INTO watermarks \
         (iss, kind, target, mode, not_before, reason, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (iss, kind, target, mode) DO UPDATE SET \
         not_before = CASE WHEN excluded.not_before > watermarks.not_before \
             THEN excluded.not_before ELSE watermarks.not_before END, \
         reason = CASE WHEN excluded.not_before > watermarks.not_before \
             THEN excluded.reason ELSE watermarks.reason END, \
         expires_at = CASE WHEN excluded.expires_at > watermarks.expires_at \
             THEN excluded.expires_at ELSE watermarks.expires_at END";
    hot LOG_AFTER = page!(
        "t.revision, t.kind, t.target, t.mode, t.reason, t.expires_at, t.at",
        "changes", "t.revision > $2", "t.revision", "2");
    hot LIVE_WATERMARKS = page!(watermark!(), "watermarks", "t.expires_at > $2",
        "t.kind, t.target, t.mode", "2, 3, 4");
    hot LIVE_WATERMARKS_AFTER = page!(watermark!(), "watermarks",
        "t.expires_at > $2 AND (t.kind, t.target, t.mode) > ($4, $5, $6)",
        "t.kind, t.target, t.mode", "2, 3, 4");

    // Nodes and leases.
    hot PUT_NODE = "INSERT INTO nodes (iss, node, applied, effective, lease_until_ms) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (iss, node) DO UPDATE SET \
         applied = excluded.applied, effective = excluded.effective, \
         lease_until_ms = excluded.lease_until_ms";
    hot NODES = with_head!("t.node, t.applied, t.effective, t.lease_until_ms", "nodes",
        "TRUE", "ORDER BY t.node");
    cold DELETE_NODE = "DELETE FROM nodes WHERE iss = $1 AND node = $2 AND lease_until_ms <= $3";
    hot TRY_LEASE = "INSERT INTO leases (iss, name, holder, until) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (iss, name) DO UPDATE SET holder = excluded.holder, until = excluded.until \
         WHERE leases.holder = excluded.holder OR leases.until <= $5";

    // The sweep: each deletes at most a page.
    hot SWEEP_ASSERTIONS = "DELETE FROM assertions WHERE iss = $1 AND (client_id, jti) IN \
         (SELECT a.client_id, a.jti FROM assertions a WHERE a.iss = $1 AND a.expires_at <= $2 \
          ORDER BY a.expires_at LIMIT $3)";
    hot SWEEP_WATERMARKS = "DELETE FROM watermarks WHERE iss = $1 AND (kind, target, mode) IN \
         (SELECT w.kind, w.target, w.mode FROM watermarks w WHERE w.iss = $1 \
          AND w.expires_at <= $2 ORDER BY w.expires_at LIMIT $3) AND expires_at <= $2";
    hot SWEEP_CHANGES = "DELETE FROM changes WHERE iss = $1 AND revision <= $2 AND at < $3";
    hot SESSION_WINDOW = "SELECT s.id FROM sessions s WHERE s.iss = $1 AND s.id > $2 \
         ORDER BY s.id LIMIT $3";
    hot SWEEP_SESSIONS = "DELETE FROM sessions WHERE iss = $1 AND id > $2 AND id <= $3 AND \
         (expires_at < $4 OR ended_at < $4)";
    hot GRANT_WINDOW = "SELECT g.id FROM grants g WHERE g.iss = $1 AND g.id > $2 \
         ORDER BY g.id LIMIT $3";
    hot SWEEP_GRANTS = "DELETE FROM grants WHERE iss = $1 AND id > $2 AND id <= $3 AND \
         (revoked_at < $4 OR idle_expires_at < $4 OR expires_at < $4 OR \
          (kind = 1 AND generation IS NULL AND created_at < $4))";
}
