-- Every row begins with its issuer. Times are seconds since 1970; ids are positive and grow with
-- time. WITHOUT ROWID is for narrow rows found by their key; rows with documents go without it.

CREATE TABLE issuers (
    iss INTEGER NOT NULL PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    epoch INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    iss INTEGER NOT NULL REFERENCES issuers (iss),
    id INTEGER NOT NULL CHECK (id > 0),
    sub TEXT NOT NULL,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    password TEXT,
    status INTEGER NOT NULL,
    claims TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (iss, id),
    UNIQUE (iss, sub),
    UNIQUE (iss, username_key)
) STRICT;

CREATE TABLE clients (
    iss INTEGER NOT NULL REFERENCES issuers (iss),
    id INTEGER NOT NULL CHECK (id > 0),
    client_id TEXT NOT NULL,
    secret BLOB,
    owner_api INTEGER,
    settings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (iss, id),
    UNIQUE (iss, client_id)
) STRICT;

CREATE TABLE apis (
    iss INTEGER NOT NULL REFERENCES issuers (iss),
    id INTEGER NOT NULL CHECK (id > 0),
    resource TEXT NOT NULL,
    client INTEGER NOT NULL,
    profile TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (iss, id),
    UNIQUE (iss, resource)
) STRICT;
CREATE INDEX apis_client ON apis (iss, client, id);

CREATE TABLE sessions (
    iss INTEGER NOT NULL,
    id INTEGER NOT NULL CHECK (id > 0),
    cookie BLOB NOT NULL,
    user_id INTEGER NOT NULL,
    auth_time INTEGER NOT NULL,
    amr TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    PRIMARY KEY (iss, id),
    UNIQUE (iss, cookie),
    FOREIGN KEY (iss, user_id) REFERENCES users (iss, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (iss, user_id, id);

-- api_id 0 is the issuer itself.
CREATE TABLE consents (
    iss INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    api_id INTEGER NOT NULL,
    scopes TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (iss, user_id, client_id, api_id),
    FOREIGN KEY (iss, user_id) REFERENCES users (iss, id),
    FOREIGN KEY (iss, client_id) REFERENCES clients (iss, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_client ON consents (iss, client_id, api_id);

-- kind 1 is a redeemed code, 2 the standing right of a client at the one API in standing_api.
CREATE TABLE grants (
    iss INTEGER NOT NULL,
    id INTEGER NOT NULL CHECK (id > 0),
    kind INTEGER NOT NULL,
    code BLOB,
    user_id INTEGER,
    client_id INTEGER NOT NULL,
    apis TEXT NOT NULL,
    standing_api INTEGER,
    session_id INTEGER,
    scopes TEXT NOT NULL,
    offline INTEGER NOT NULL,
    auth_time INTEGER,
    amr TEXT NOT NULL,
    nonce TEXT,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    generation INTEGER,
    recent TEXT,
    idle_expires_at INTEGER,
    expires_at INTEGER,
    PRIMARY KEY (iss, id),
    FOREIGN KEY (iss, user_id) REFERENCES users (iss, id),
    FOREIGN KEY (iss, client_id) REFERENCES clients (iss, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX grants_code ON grants (iss, code) WHERE code IS NOT NULL;
CREATE UNIQUE INDEX grants_standing ON grants (iss, client_id, standing_api)
    WHERE standing_api IS NOT NULL AND revoked_at IS NULL;
CREATE INDEX grants_user ON grants (iss, user_id, id);
CREATE INDEX grants_client ON grants (iss, client_id, id);

CREATE TABLE assertions (
    iss INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    jti BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (iss, client_id, jti)
) STRICT, WITHOUT ROWID;
CREATE INDEX assertions_expires ON assertions (iss, expires_at);

CREATE TABLE keys (
    iss INTEGER NOT NULL REFERENCES issuers (iss),
    kid TEXT NOT NULL,
    purpose INTEGER NOT NULL,
    alg TEXT,
    state INTEGER NOT NULL,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    state_since INTEGER NOT NULL,
    PRIMARY KEY (iss, kid)
) STRICT;

-- The log: one row per revision, dense.
CREATE TABLE changes (
    iss INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    target BLOB NOT NULL,
    mode INTEGER NOT NULL,
    reason TEXT NOT NULL,
    expires_at INTEGER,
    at INTEGER NOT NULL,
    PRIMARY KEY (iss, revision)
) STRICT, WITHOUT ROWID;

-- The newest watermark of each target and mode. A soft one doesn't make a hard one harder, so
-- each mode has its row.
CREATE TABLE watermarks (
    iss INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    target BLOB NOT NULL,
    mode INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    reason TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (iss, kind, target, mode)
) STRICT, WITHOUT ROWID;
CREATE INDEX watermarks_expires ON watermarks (iss, expires_at);

-- Server nodes as readers of the log.
CREATE TABLE nodes (
    iss INTEGER NOT NULL,
    node INTEGER NOT NULL,
    applied INTEGER NOT NULL,
    effective INTEGER NOT NULL,
    lease_until_ms INTEGER NOT NULL,
    PRIMARY KEY (iss, node)
) STRICT, WITHOUT ROWID;

-- Jobs that one node at a time may run.
CREATE TABLE leases (
    iss INTEGER NOT NULL,
    name TEXT NOT NULL,
    holder INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (iss, name)
) STRICT, WITHOUT ROWID;
