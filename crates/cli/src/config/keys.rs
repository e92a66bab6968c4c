//! Every key there is: what reading, suggesting and documenting start from.

use super::suggest;

/// A key of the configuration.
pub(crate) struct Key {
    /// Sections and name, joined by dots.
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
    /// As it would be written in the environment.
    pub(crate) default: Option<&'static str>,
    /// For the reference.
    pub(crate) about: &'static str,
}

/// What a key's value is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Path,
    /// Text that is never shown; also read from the file that `<key>_file` names.
    Secret,
    Whole {
        least: i64,
        most: i64,
    },
    Boolean,
    /// In the environment separated by commas.
    List,
    OneOf(&'static [&'static str]),
}

const fn key(path: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { path, kind, default: None, about }
}

impl Key {
    const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// The variable that overrides it.
    pub(crate) fn variable(&self) -> String {
        variable(self.path)
    }
}

/// The log levels, from quiet to loud.
pub(crate) const LEVELS: &[&str] = &["error", "warn", "info", "debug"];

/// Every key there is, in the order of the reference.
pub(crate) const KEYS: &[Key] = &[
    key(
        "issuer.url",
        Kind::Text,
        "The issuer: an `https` URL without a slash at its end. Clients compare it byte for byte \
         with the `iss` of what they get, so it can't be changed later. `http` is for loopback \
         names alone. Required.",
    ),
    key(
        "listen.address",
        Kind::Text,
        "Address and port of the public listener, such as `0.0.0.0:8443` or `[::]:8443`.",
    )
    .or("127.0.0.1:8080"),
    key(
        "listen.management_address",
        Kind::Text,
        "Address and port of `/livez`, `/readyz` and `/metrics`. They speak plain http and ask \
         for no credential, so keep them off the public network.",
    )
    .or("127.0.0.1:9090"),
    key(
        "listen.tls.certificate_file",
        Kind::Path,
        "Certificate chain in PEM, the server's own first. Without it a proxy must end TLS.",
    ),
    key(
        "listen.tls.key_file",
        Kind::Path,
        "The certificate's private key in PEM: PKCS #8, PKCS #1 or SEC 1.",
    ),
    key(
        "proxy.trusted",
        Kind::List,
        "Addresses or networks of proxies whose `X-Forwarded-For` is believed, such as \
         `[\"10.0.0.0/8\"]`. Sign-in is throttled by the address that this finds.",
    ),
    key(
        "storage.sqlite.path",
        Kind::Path,
        "The database file, made if it is missing. Either this or `storage.postgres.url` is \
         required.",
    ),
    key(
        "storage.postgres.url",
        Kind::Secret,
        "`postgresql://user:password@host/database`, PostgreSQL 15 or newer. Several hosts may be \
         named; add `target_session_attrs=read-write` then.",
    ),
    key(
        "storage.postgres.ca_file",
        Kind::Path,
        "Authorities in PEM that may have signed the database server's certificate. Without it \
         only socket directories, loopback addresses and an explicit `sslmode=disable` are \
         accepted.",
    ),
    key(
        "storage.readers",
        Kind::Whole { least: 1, most: 64 },
        "Connections that read. One more writes, on PostgreSQL another listens.",
    )
    .or("4"),
    key(
        "storage.migrate",
        Kind::Boolean,
        "Bring the schema up to date at start. Where this is off, `counterfoil migrate` does it \
         and `serve` refuses an old schema.",
    )
    .or("true"),
    key(
        "keys.encryption_key",
        Kind::Secret,
        "Seals keys and secrets at rest: 32 random bytes in base64url, as `counterfoil init` draws \
         them. Keep a copy apart from the database's backups; without it the issuer's keys are \
         lost. Required.",
    ),
    key(
        "bootstrap.admin_client_id",
        Kind::Text,
        "A client that may administer, made at start if there is none of this `client_id`; an \
         existing one is left as it is. It asks by `client_credentials` for a token with \
         `resource` `<issuer>/admin/v1` and scope `admin`.",
    ),
    key(
        "bootstrap.admin_client_secret",
        Kind::Secret,
        "That client's secret: at least 24 characters, of letters, digits and `-._~`.",
    ),
    key(
        "permissions.preshared_key",
        Kind::Secret,
        "A key whose bearers may do everything at the permission API, at least 32 random \
         characters. Without it only tokens of this issuer are accepted, with `resource` \
         `<issuer>/stores`.",
    ),
    key(
        "permissions.default_store",
        Kind::Text,
        "The id of the permission store that AuthZEN's paths at the root answer from. Without it \
         that is the only store, if there is one.",
    ),
    key(
        "permissions.memory_mib",
        Kind::Whole { least: 1, most: 1_048_576 },
        "What the graphs of all permission stores together may take, in MiB. A store beyond it is \
         answered from the database, with the same answers, slower; those that nobody asks about \
         make room for others.",
    )
    .or("2048"),
    key(
        "permissions.snapshots",
        Kind::Path,
        "A folder for snapshots of permission stores, so that a restart need not read every row \
         of the database. It may be emptied at any time. Without it none are kept.",
    ),
    key(
        "log.level",
        Kind::OneOf(LEVELS),
        "The least that is logged. No level shows a token or a secret.",
    )
    .or("info"),
];

/// Which of a key's forms a path is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Value,
    /// Names the file that holds it.
    File,
}

/// Finds a key by its path as written.
pub(crate) fn find(path: &str) -> Option<(&'static Key, Form)> {
    let by = |path: &str| KEYS.iter().find(|key| key.path == path);
    if let Some(key) = by(path) {
        return Some((key, Form::Value));
    }
    let key = by(path.strip_suffix("_file")?).filter(|key| key.kind == Kind::Secret)?;
    Some((key, Form::File))
}

/// Whether keys lie below this path.
pub(crate) fn is_section(path: &str) -> bool {
    KEYS.iter().any(|key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

/// The variable that a path is overridden by.
pub(crate) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "__").to_uppercase())
}

/// What our variables begin with.
pub(crate) const PREFIX: &str = "COUNTERFOIL_";

/// The key or section that was probably meant.
pub(crate) fn nearest(path: &str) -> Option<String> {
    let mut known: Vec<String> = KEYS.iter().map(|key| key.path.to_owned()).collect();
    let secrets = KEYS.iter().filter(|key| key.kind == Kind::Secret);
    known.extend(secrets.map(|key| format!("{}_file", key.path)));
    for key in KEYS {
        let sections = key.path.match_indices('.').filter_map(|(end, _)| key.path.get(..end));
        known.extend(sections.map(str::to_owned));
    }
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    // The right name in the wrong section first: no misspelling is that near.
    let moved = known.iter().find(|known| last(known) == last(path) && *known != path);
    moved.cloned().or_else(|| suggest::nearest(path, known.iter().map(String::as_str)))
}
