-- Every row begins with its issuer. Times are seconds since 1970; ids are positive and grow with
-- time. Texts are compared bytewise, as SQLite does.

CREATE TABLE issuers (
    iss BIGINT NOT NULL PRIMARY KEY,
    url TEXT COLLATE "C" NOT NULL UNIQUE,
    epoch BIGINT NOT NULL,
    revision BIGINT NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE users (
    iss BIGINT NOT NULL REFERENCES issuers (iss),
    id BIGINT NOT NULL CHECK (id > 0),
    sub TEXT COLLATE "C" NOT NULL,
    username TEXT COLLATE "C" NOT NULL,
    username_key TEXT COLLATE "C" NOT NULL,
    password TEXT COLLATE "C",
    status BIGINT NOT NULL,
    claims TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (iss, id),
    UNIQUE (iss, sub),
    UNIQUE (iss, username_key)
);

CREATE TABLE clients (
    iss BIGINT NOT NULL REFERENCES issuers (iss),
    id BIGINT NOT NULL CHECK (id > 0),
    client_id TEXT COLLATE "C" NOT NULL,
    secret BYTEA,
    owner_api BIGINT,
    settings TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (iss, id),
    UNIQUE (iss, client_id)
);

CREATE TABLE apis (
    iss BIGINT NOT NULL REFERENCES issuers (iss),
    id BIGINT NOT NULL CHECK (id > 0),
    resource TEXT COLLATE "C" NOT NULL,
    client BIGINT NOT NULL,
    profile TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (iss, id),
    UNIQUE (iss, resource)
);
CREATE INDEX apis_client ON apis (iss, client, id);

CREATE TABLE sessions (
    iss BIGINT NOT NULL,
    id BIGINT NOT NULL CHECK (id > 0),
    cookie BYTEA NOT NULL,
    user_id BIGINT NOT NULL,
    auth_time BIGINT NOT NULL,
    amr TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (iss, id),
    UNIQUE (iss, cookie),
    FOREIGN KEY (iss, user_id) REFERENCES users (iss, id)
);
CREATE INDEX sessions_user ON sessions (iss, user_id, id);

-- api_id 0 is the issuer itself.
CREATE TABLE consents (
    iss BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    client_id BIGINT NOT NULL,
    api_id BIGINT NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (iss, user_id, client_id, api_id),
    FOREIGN KEY (iss, user_id) REFERENCES users (iss, id),
    FOREIGN KEY (iss, client_id) REFERENCES clients (iss, id)
);
CREATE INDEX consents_client ON consents (iss, client_id, api_id);

-- kind 1 is a redeemed code, 2 the standing right of a client at the one API in standing_api.
CREATE TABLE grants (
    iss BIGINT NOT NULL,
    id BIGINT NOT NULL CHECK (id > 0),
    kind BIGINT NOT NULL,
    code BYTEA,
    user_id BIGINT,
    client_id BIGINT NOT NULL,
    apis TEXT COLLATE "C" NOT NULL,
    standing_api BIGINT,
    session_id BIGINT,
    scopes TEXT COLLATE "C" NOT NULL,
    offline BIGINT NOT NULL,
    auth_time BIGINT,
    amr TEXT COLLATE "C" NOT NULL,
    nonce TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    generation BIGINT,
    recent TEXT COLLATE "C",
    idle_expires_at BIGINT,
    expires_at BIGINT,
    PRIMARY KEY (iss, id),
    FOREIGN KEY (iss, user_id) REFERENCES users (iss, id),
    FOREIGN KEY (iss, client_id) REFERENCES clients (iss, id)
);
CREATE UNIQUE INDEX grants_code ON grants (iss, code) WHERE code IS NOT NULL;
CREATE UNIQUE INDEX grants_standing ON grants (iss, client_id, standing_api)
    WHERE standing_api IS NOT NULL AND revoked_at IS NULL;
CREATE INDEX grants_user ON grants (iss, user_id, id);
CREATE INDEX grants_client ON grants (iss, client_id, id);

CREATE TABLE assertions (
    iss BIGINT NOT NULL,
    client_id BIGINT NOT NULL,
    jti BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (iss, client_id, jti)
);
CREATE INDEX assertions_expires ON assertions (iss, expires_at);

CREATE TABLE keys (
    iss BIGINT NOT NULL REFERENCES issuers (iss),
    kid TEXT COLLATE "C" NOT NULL,
    purpose BIGINT NOT NULL,
    alg TEXT COLLATE "C",
    state BIGINT NOT NULL,
    secret BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    state_since BIGINT NOT NULL,
    PRIMARY KEY (iss, kid)
);

-- The log: one row per revision, dense.
CREATE TABLE changes (
    iss BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    target BYTEA NOT NULL,
    mode BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT,
    at BIGINT NOT NULL,
    PRIMARY KEY (iss, revision)
);

-- The newest watermark of each target and mode. A soft one doesn't make a hard one harder, so
-- each mode has its row.
CREATE TABLE watermarks (
    iss BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    target BYTEA NOT NULL,
    mode BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (iss, kind, target, mode)
);
CREATE INDEX watermarks_expires ON watermarks (iss, expires_at);

-- Server nodes as readers of the log.
CREATE TABLE nodes (
    iss BIGINT NOT NULL,
    node BIGINT NOT NULL,
    applied BIGINT NOT NULL,
    effective BIGINT NOT NULL,
    lease_until_ms BIGINT NOT NULL,
    PRIMARY KEY (iss, node)
);

-- Jobs that one node at a time may run.
CREATE TABLE leases (
    iss BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    holder BIGINT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (iss, name)
);

-- The last group that each committer wrote: how a commit of unknown outcome is looked up.
CREATE TABLE committers (
    committer BIGINT NOT NULL PRIMARY KEY,
    last_group BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
) WITH (fillfactor = 50);
