-- Permission stores. Each has a head of its own, so what is written here never moves the issuer's.
CREATE TABLE permission_stores (
    iss INTEGER NOT NULL REFERENCES issuers (iss),
    store INTEGER NOT NULL CHECK (store > 0),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    revision INTEGER NOT NULL,
    PRIMARY KEY (iss, store),
    UNIQUE (iss, id)
) STRICT;
CREATE INDEX permission_stores_name ON permission_stores (iss, name, store);
CREATE INDEX permission_stores_deleted ON permission_stores (iss, deleted_at)
    WHERE deleted_at IS NOT NULL;

-- Models never change. A model takes a revision of its store, which is its place among all.
CREATE TABLE permission_models (
    iss INTEGER NOT NULL,
    store INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (iss, store, revision),
    UNIQUE (iss, store, id)
) STRICT;

-- Every name that a tuple of the store ever bore, numbered in the order of coming: `document:`,
-- `document:budget`, `#viewer`. Numbers make rows small and new rows neighbours; a name is found by
-- the first 16 bytes of its SHA-256, so that the index is small too.
CREATE TABLE permission_names (
    iss INTEGER NOT NULL,
    store INTEGER NOT NULL,
    num INTEGER NOT NULL,
    hash BLOB NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (iss, store, num)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX permission_names_hash ON permission_names (iss, store, hash);

-- Every column up to `subject` is a number of `permission_names`; `subject_relation` is 0 for an
-- object or a wildcard. `revision` is that of the row's last write.
CREATE TABLE permission_tuples (
    iss INTEGER NOT NULL,
    store INTEGER NOT NULL,
    object INTEGER NOT NULL,
    relation INTEGER NOT NULL,
    subject_relation INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    object_type INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    condition TEXT,
    context TEXT,
    expires_at INTEGER,
    PRIMARY KEY (iss, store, object, relation, subject_relation, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX permission_tuples_subject ON permission_tuples
    (iss, store, subject, subject_relation, object_type, relation, object);
CREATE INDEX permission_tuples_expires ON permission_tuples (iss, store, expires_at)
    WHERE expires_at IS NOT NULL;

-- The log: one row per revision, dense. `ops` is what changed; `size` is its length.
CREATE TABLE permission_log (
    iss INTEGER NOT NULL,
    store INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    ops BLOB NOT NULL,
    PRIMARY KEY (iss, store, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE permission_assertions (
    iss INTEGER NOT NULL,
    store INTEGER NOT NULL,
    model TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (iss, store, model)
) STRICT;
