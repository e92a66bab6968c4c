-- Permission stores. Each has a head of its own, so what is written here never moves the issuer's.
CREATE TABLE permission_stores (
    iss BIGINT NOT NULL REFERENCES issuers (iss),
    store BIGINT NOT NULL CHECK (store > 0),
    id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    settings TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    revision BIGINT NOT NULL,
    PRIMARY KEY (iss, store),
    UNIQUE (iss, id)
) WITH (fillfactor = 50);
CREATE INDEX permission_stores_name ON permission_stores (iss, name, store);
CREATE INDEX permission_stores_deleted ON permission_stores (iss, deleted_at)
    WHERE deleted_at IS NOT NULL;

-- Models never change. A model takes a revision of its store, which is its place among all.
CREATE TABLE permission_models (
    iss BIGINT NOT NULL,
    store BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (iss, store, revision),
    UNIQUE (iss, store, id)
);

-- Every name that a tuple of the store ever bore, numbered in the order of coming: `document:`,
-- `document:budget`, `#viewer`. Numbers make rows small and new rows neighbours; a name is found by
-- the first 16 bytes of its SHA-256, so that the index is small too.
CREATE TABLE permission_names (
    iss BIGINT NOT NULL,
    store BIGINT NOT NULL,
    num BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (iss, store, num)
);
CREATE UNIQUE INDEX permission_names_hash ON permission_names (iss, store, hash);

-- Every column up to `subject` is a number of `permission_names`; `subject_relation` is 0 for an
-- object or a wildcard. `revision` is that of the row's last write.
CREATE TABLE permission_tuples (
    iss BIGINT NOT NULL,
    store BIGINT NOT NULL,
    object BIGINT NOT NULL,
    relation BIGINT NOT NULL,
    subject_relation BIGINT NOT NULL,
    subject BIGINT NOT NULL,
    object_type BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    written_at BIGINT NOT NULL,
    condition TEXT COLLATE "C",
    context TEXT COLLATE "C",
    expires_at BIGINT,
    PRIMARY KEY (iss, store, object, relation, subject_relation, subject)
);
CREATE INDEX permission_tuples_subject ON permission_tuples
    (iss, store, subject, subject_relation, object_type, relation, object);
CREATE INDEX permission_tuples_expires ON permission_tuples (iss, store, expires_at)
    WHERE expires_at IS NOT NULL;

-- The log: one row per revision, dense. `ops` is what changed; `size` is its length.
CREATE TABLE permission_log (
    iss BIGINT NOT NULL,
    store BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    at BIGINT NOT NULL,
    size BIGINT NOT NULL,
    ops BYTEA NOT NULL,
    PRIMARY KEY (iss, store, revision)
);

CREATE TABLE permission_assertions (
    iss BIGINT NOT NULL,
    store BIGINT NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (iss, store, model)
);
