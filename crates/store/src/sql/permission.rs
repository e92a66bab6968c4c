//! The texts about permission stores. Every one begins with the issuer and the store's number, and
//! a read joins its rows to the store's head as the others do to the issuer's.

use super::StatementText;

/// The head and the columns of a joined table.
macro_rules! with_store {
    ($columns:expr, $table:literal, $on:literal) => {
        concat!(
            "SELECT s.revision, ",
            $columns,
            " FROM permission_stores s LEFT JOIN ",
            $table,
            " t ON t.iss = s.iss AND t.store = s.store AND ",
            $on,
            " WHERE s.iss = $1 AND s.store = $2 AND s.deleted_at IS NULL"
        )
    };
}

/// The same for a page of rows.
macro_rules! store_page {
    ($columns:expr, $table:literal, $on:literal, $order:literal, $limit:literal, $outer:literal) => {
        concat!(
            "SELECT s.revision, page.* FROM permission_stores s LEFT JOIN (SELECT ",
            $columns,
            " FROM ",
            $table,
            " t WHERE t.iss = $1 AND t.store = $2 AND ",
            $on,
            " ORDER BY ",
            $order,
            " LIMIT ",
            $limit,
            ") page ON TRUE WHERE s.iss = $1 AND s.store = $2 AND s.deleted_at IS NULL ORDER BY ",
            $outer
        )
    };
}

macro_rules! store {
    () => {
        "store, id, name, settings, created_at, updated_at, revision"
    };
}
macro_rules! model {
    () => {
        "t.revision, t.id, t.body, t.created_at"
    };
}

/// What a filter's name stands for, where a number must be: nothing if it was never seen.
pub(crate) const NUMBER_OF: &str =
    "(SELECT n.num FROM permission_names n WHERE n.iss = $1 AND n.store = $2 AND n.hash = {a})";

/// Reads the numbers of names; the list follows.
pub(crate) const NUMBERS_HEAD: &str =
    "SELECT hash, num FROM permission_names WHERE iss = $1 AND store = $2 AND hash IN (";

/// Reads rows by their keys; the list of keys follows.
pub(crate) const TUPLES_BY_KEY_HEAD: &str = "SELECT object, relation, subject_relation, subject, \
     revision, condition, context, expires_at FROM permission_tuples \
     WHERE iss = $1 AND store = $2 AND (";

/// The columns of tuples with their names, out of a sub-select named `page`.
pub(crate) const NAMED_HEAD: &str = "SELECT s.revision, page.object, page.relation, page.subject_relation, page.subject, \
     page.object_type, o.name, r.name, u.name, ur.name, page.condition, page.context, \
     page.expires_at, page.written_at, page.revision FROM permission_stores s LEFT JOIN \
     (SELECT t.* FROM permission_tuples t WHERE ";

/// What follows the sub-select.
pub(crate) const NAMED_TAIL: &str = ") page ON TRUE \
     LEFT JOIN permission_names o ON o.iss = $1 AND o.store = $2 AND o.num = page.object \
     LEFT JOIN permission_names r ON r.iss = $1 AND r.store = $2 AND r.num = page.relation \
     LEFT JOIN permission_names u ON u.iss = $1 AND u.store = $2 AND u.num = page.subject \
     LEFT JOIN permission_names ur ON ur.iss = $1 AND ur.store = $2 \
         AND ur.num = page.subject_relation \
     WHERE s.iss = $1 AND s.store = $2 AND s.deleted_at IS NULL ORDER BY ";

texts! {
    // Heads, as the issuers' are.
    hot HEAD_TAKE = "UPDATE permission_stores SET revision = revision \
         WHERE iss = $1 AND store = $2 AND deleted_at IS NULL RETURNING revision";
    hot HEAD_PUT = "UPDATE permission_stores SET revision = revision + $3 \
         WHERE iss = $1 AND store = $2";
    hot HEAD_REVISION = "SELECT revision FROM permission_stores \
         WHERE iss = $1 AND store = $2 AND deleted_at IS NULL";

    // Stores. Inserted under the issuer's head, so that numbers don't collide.
    cold INSERT_STORE = "INSERT INTO permission_stores (iss, store, id, name, settings, \
         created_at, updated_at, deleted_at, revision) \
         SELECT $1, COALESCE(MAX(store), 0) + 1, $2, $3, $4, $5, $5, NULL, 0 \
         FROM permission_stores WHERE iss = $1";
    cold UPDATE_STORE = "UPDATE permission_stores SET name = $3, settings = $4, updated_at = $5 \
         WHERE iss = $1 AND store = $2 AND deleted_at IS NULL";
    cold DELETE_STORE = "UPDATE permission_stores SET deleted_at = $3 \
         WHERE iss = $1 AND store = $2 AND deleted_at IS NULL";
    hot STORE = concat!("SELECT ", store!(), " FROM permission_stores \
         WHERE iss = $1 AND id = $2 AND deleted_at IS NULL");
    hot STORES = concat!("SELECT ", store!(), " FROM permission_stores \
         WHERE iss = $1 AND store > $2 AND deleted_at IS NULL ORDER BY store LIMIT $3");
    hot STORES_NAMED = concat!("SELECT ", store!(), " FROM permission_stores \
         WHERE iss = $1 AND name = $4 AND store > $2 AND deleted_at IS NULL \
         ORDER BY store LIMIT $3");
    cold DELETED_STORES = "SELECT store FROM permission_stores \
         WHERE iss = $1 AND deleted_at IS NOT NULL ORDER BY deleted_at LIMIT $2";

    // Models and assertions.
    cold INSERT_MODEL = "INSERT INTO permission_models (iss, store, revision, id, body, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6)";
    hot MODEL = with_store!(model!(), "permission_models", "t.id = $3");
    hot MODELS = store_page!(model!(), "permission_models", "t.revision < $3",
        "t.revision DESC", "$4", "2 DESC");
    hot LATEST_MODEL_ID = "SELECT s.revision, (SELECT t.id FROM permission_models t \
         WHERE t.iss = $1 AND t.store = $2 ORDER BY t.revision DESC LIMIT 1) \
         FROM permission_stores s WHERE s.iss = $1 AND s.store = $2 AND s.deleted_at IS NULL";
    cold PUT_ASSERTIONS = "INSERT INTO permission_assertions (iss, store, model, body) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (iss, store, model) DO UPDATE SET body = excluded.body";
    hot ASSERTIONS = with_store!("t.model, t.body", "permission_assertions", "t.model = $3");

    // Names.
    hot INSERT_NAME = "INSERT INTO permission_names (iss, store, num, hash, name) \
         SELECT $1, $2, COALESCE(MAX(num), 0) + 1, $3, $4 FROM permission_names \
         WHERE iss = $1 AND store = $2 ON CONFLICT DO NOTHING";

    // Tuples: by the hashes of names that the same batch makes, and by numbers.
    hot INSERT_TUPLE_HASHED = "INSERT INTO permission_tuples (iss, store, object, relation, \
         subject_relation, subject, object_type, revision, written_at, condition, context, \
         expires_at) VALUES ($1, $2, \
         (SELECT num FROM permission_names WHERE iss = $1 AND store = $2 AND hash = $3), \
         (SELECT num FROM permission_names WHERE iss = $1 AND store = $2 AND hash = $4), \
         COALESCE((SELECT num FROM permission_names WHERE iss = $1 AND store = $2 AND hash = $5), 0), \
         (SELECT num FROM permission_names WHERE iss = $1 AND store = $2 AND hash = $6), \
         (SELECT num FROM permission_names WHERE iss = $1 AND store = $2 AND hash = $7), \
         $8, $9, $10, $11, $12)";
    hot INSERT_TUPLE = "INSERT INTO permission_tuples (iss, store, object, relation, \
         subject_relation, subject, object_type, revision, written_at, condition, context, \
         expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    hot PUT_TUPLE = "INSERT INTO permission_tuples (iss, store, object, relation, \
         subject_relation, subject, object_type, revision, written_at, condition, context, \
         expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (iss, store, object, relation, subject_relation, subject) DO UPDATE SET \
         revision = excluded.revision, written_at = excluded.written_at, \
         condition = excluded.condition, context = excluded.context, \
         expires_at = excluded.expires_at";
    hot REPLACE_TUPLE = "UPDATE permission_tuples SET revision = $8, written_at = $9, \
         condition = $10, context = $11, expires_at = $12 WHERE iss = $1 AND store = $2 AND \
         object = $3 AND relation = $4 AND subject_relation = $5 AND subject = $6 AND revision = $7";
    hot DELETE_TUPLE = "DELETE FROM permission_tuples WHERE iss = $1 AND store = $2 AND \
         object = $3 AND relation = $4 AND subject_relation = $5 AND subject = $6 AND revision = $7";

    // The log.
    hot INSERT_LOG = "INSERT INTO permission_log (iss, store, revision, at, size, ops) \
         VALUES ($1, $2, $3, $4, $5, $6)";
    hot LOG_SIZES = store_page!("t.revision, t.size", "permission_log", "t.revision > $3",
        "t.revision", "$4", "2");
    hot LOG_ROWS = "SELECT revision, at, ops FROM permission_log WHERE iss = $1 AND store = $2 \
         AND revision > $3 AND revision <= $4 ORDER BY revision";
    hot LOG_AT = "SELECT at FROM permission_log WHERE iss = $1 AND store = $2 AND revision >= $3 \
         ORDER BY revision LIMIT 1";

    // What a deleted store leaves: a bounded number of rows at a time.
    hot PURGE_TUPLES = "DELETE FROM permission_tuples WHERE iss = $1 AND store = $2 AND \
         (object, relation, subject_relation, subject) IN (SELECT t.object, t.relation, \
         t.subject_relation, t.subject FROM permission_tuples t WHERE t.iss = $1 AND t.store = $2 \
         ORDER BY t.object, t.relation, t.subject_relation, t.subject LIMIT $3)";
    hot PURGE_LOG = "DELETE FROM permission_log WHERE iss = $1 AND store = $2 AND revision IN \
         (SELECT t.revision FROM permission_log t WHERE t.iss = $1 AND t.store = $2 \
         ORDER BY t.revision LIMIT $3)";
    hot PURGE_NAMES = "DELETE FROM permission_names WHERE iss = $1 AND store = $2 AND num IN \
         (SELECT t.num FROM permission_names t WHERE t.iss = $1 AND t.store = $2 \
         ORDER BY t.num LIMIT $3)";
    cold PURGE_MODELS = "DELETE FROM permission_models WHERE iss = $1 AND store = $2";
    cold PURGE_ASSERTIONS = "DELETE FROM permission_assertions WHERE iss = $1 AND store = $2";
    cold PURGE_STORE = "DELETE FROM permission_stores WHERE iss = $1 AND store = $2 \
         AND deleted_at IS NOT NULL";
}
