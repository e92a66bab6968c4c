//! From values to settings: what each must be, and what must go together.

use std::{net::SocketAddr, path::Path, sync::Arc};

use counterfoil_jose::{
    b64,
    crypto::{Secret32, SecretString, ct_eq},
};
use counterfoil_server::{
    Network, PermissionAccess, PermissionOptions, PresharedKey, check_issuer,
};
use counterfoil_store::{PostgresOptions, SqliteOptions};
use tracing::level_filters::LevelFilter;

use super::reader::Reader;
use crate::{dev::world::development_key, tls};

/// Least length of the first administrator's secret: 128 bits in the base64url that people draw.
const ADMIN_SECRET_CHARS_MIN: usize = 24;

/// What a development secret begins with.
const DEVELOPMENT_SECRET: &str = "dev-only-";

/// A configuration without problems.
pub(crate) struct Settings {
    pub(crate) issuer: String,
    pub(crate) address: SocketAddr,
    pub(crate) management_address: SocketAddr,
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) storage: Storage,
    pub(crate) encryption_key: Secret32,
    pub(crate) admin: Option<Admin>,
    pub(crate) permission_access: PermissionAccess,
    pub(crate) permissions: PermissionOptions,
    pub(crate) level: LevelFilter,
}

/// Where everything is kept.
pub(crate) enum Storage {
    Sqlite(std::path::PathBuf, SqliteOptions),
    Postgres(PostgresOptions),
}

/// The first client that may administer.
pub(crate) struct Admin {
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretString,
}

/// Reads everything, so that every problem is found; `None` if something required is missing.
pub(super) fn settings(reader: &mut Reader) -> Option<Settings> {
    let issuer = issuer(reader);
    let address = address(reader, "listen.address");
    let management_address = address_apart(reader, address);
    plain_http_stays_here(reader, issuer.as_deref(), address);
    let tls = tls(reader);
    let trusted_proxies = networks(reader);
    let storage = storage(reader);
    let encryption_key = encryption_key(reader);
    let admin = admin(reader);
    let permission_access = permission_access(reader);
    let permissions = permissions(reader);
    let level = level(reader);
    Some(Settings {
        issuer: issuer?,
        address: address?,
        management_address: management_address?,
        tls,
        trusted_proxies,
        storage: storage?,
        encryption_key: encryption_key?,
        admin,
        permission_access,
        permissions,
        level: level?,
    })
}

fn issuer(reader: &mut Reader) -> Option<String> {
    let Some(issuer) = reader.text("issuer.url") else {
        if !reader.has("issuer.url") {
            let message = "`issuer.url` is missing: the https URL that clients know the server by";
            reader.refuse("issuer.url", message);
        }
        return None;
    };
    match check_issuer(&issuer) {
        Ok(()) => Some(issuer),
        Err(why) => {
            reader.refuse("issuer.url", why);
            None
        }
    }
}

fn address(reader: &mut Reader, path: &str) -> Option<SocketAddr> {
    let text = reader.text(path)?;
    let address = text.parse().ok();
    if address.is_none() {
        let example = "such as `127.0.0.1:8080` or `[::]:8443`";
        reader
            .refuse(path, format!("`{path}` is `{text}`, but must be address and port, {example}"));
    }
    address
}

fn address_apart(reader: &mut Reader, public: Option<SocketAddr>) -> Option<SocketAddr> {
    const PATH: &str = "listen.management_address";
    let address = address(reader, PATH)?;
    if Some(address) == public && address.port() != 0 {
        reader.refuse(PATH, format!("`{PATH}` must not be the public listener's {address}"));
    }
    Some(address)
}

/// An issuer without TLS is for this machine alone: whoever reaches the listener must be on it.
fn plain_http_stays_here(reader: &mut Reader, issuer: Option<&str>, address: Option<SocketAddr>) {
    let plain = issuer.is_some_and(|issuer| issuer.starts_with("http://"));
    if let Some(address) = address.filter(|address| plain && !address.ip().is_loopback()) {
        let message = format!(
            "`listen.address` is {address}, but an issuer with http may listen on a loopback \
             address alone"
        );
        reader.refuse("listen.address", message);
    }
}

fn tls(reader: &mut Reader) -> Option<Arc<rustls::ServerConfig>> {
    const CERTIFICATE: &str = "listen.tls.certificate_file";
    const KEY: &str = "listen.tls.key_file";
    let (certificate, key) = (reader.path(CERTIFICATE), reader.path(KEY));
    let (certificate, key) = match (certificate, key) {
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(_), None) if !reader.has(KEY) => {
            reader.refuse(CERTIFICATE, format!("`{CERTIFICATE}` needs `{KEY}` beside it"));
            return None;
        }
        (None, Some(_)) if !reader.has(CERTIFICATE) => {
            reader.refuse(KEY, format!("`{KEY}` needs `{CERTIFICATE}` beside it"));
            return None;
        }
        _ => return None,
    };
    let chain = tls::certificates(&certificate);
    let own = tls::private_key(&key);
    match (chain, own) {
        (Ok(chain), Ok(own)) => match tls::server_config(chain, own) {
            Ok(config) => return Some(Arc::new(config)),
            Err(why) => reader.refuse(CERTIFICATE, why.to_string()),
        },
        (chain, own) => {
            chain.err().into_iter().for_each(|why| reader.refuse(CERTIFICATE, why));
            own.err().into_iter().for_each(|why| reader.refuse(KEY, why));
        }
    }
    None
}

fn networks(reader: &mut Reader) -> Vec<Network> {
    let mut networks = Vec::new();
    for text in reader.list("proxy.trusted") {
        match Network::parse(&text) {
            Some(network) => networks.push(network),
            None => {
                let example = "must be an address or a network such as `10.0.0.0/8`";
                reader.refuse("proxy.trusted", format!("`{text}` {example}"));
            }
        }
    }
    networks
}

fn storage(reader: &mut Reader) -> Option<Storage> {
    const SQLITE: &str = "storage.sqlite.path";
    const POSTGRES: &str = "storage.postgres.url";
    let migrate = reader.boolean("storage.migrate").unwrap_or(true);
    let readers = reader.whole("storage.readers").and_then(|readers| usize::try_from(readers).ok());
    match (reader.has(SQLITE), reader.has(POSTGRES)) {
        (true, true) => {
            reader.refuse(POSTGRES, format!("`{SQLITE}` and `{POSTGRES}` are both set: keep one"));
            None
        }
        (false, false) => {
            reader.refuse(SQLITE, format!("`{SQLITE}` or `{POSTGRES}` is missing"));
            None
        }
        (true, false) => {
            let path = reader.path(SQLITE)?;
            let options = SqliteOptions { migrate, readers: readers?, ..SqliteOptions::default() };
            Some(Storage::Sqlite(path, options))
        }
        (false, true) => {
            let url = reader.secret(POSTGRES)?;
            let authority = reader.path("storage.postgres.ca_file");
            let tls = match authority.as_deref().map(database_tls) {
                None => None,
                Some(Ok(tls)) => Some(tls),
                Some(Err(why)) => {
                    reader.refuse("storage.postgres.ca_file", why);
                    return None;
                }
            };
            let defaults = PostgresOptions::new(url.expose());
            Some(Storage::Postgres(PostgresOptions { tls, migrate, readers: readers?, ..defaults }))
        }
    }
}

fn database_tls(authority: &Path) -> Result<Arc<rustls::ClientConfig>, String> {
    let authorities = tls::certificates(authority)?;
    tls::client_config(authorities).map(Arc::new).map_err(|why| why.to_string())
}

fn encryption_key(reader: &mut Reader) -> Option<Secret32> {
    const PATH: &str = "keys.encryption_key";
    const MAKE: &str = "draw one with `counterfoil init`";
    if !reader.has(PATH) {
        reader.refuse(PATH, format!("`{PATH}` is missing: {MAKE}"));
        return None;
    }
    let text = reader.secret(PATH)?;
    let key = b64::decode(text.expose()).ok().and_then(|bytes| Secret32::from_slice(&bytes));
    let Some(key) = key else {
        reader.refuse(PATH, format!("`{PATH}` must be 32 bytes in base64url, unpadded: {MAKE}"));
        return None;
    };
    if ct_eq(key.expose(), development_key().expose()) {
        reader
            .refuse(PATH, format!("`{PATH}` is the development key, which everyone knows: {MAKE}"));
        return None;
    }
    let [first, ..] = key.expose();
    if key.expose().iter().all(|byte| byte == first) {
        reader.refuse(PATH, format!("`{PATH}` is one byte over and over, not random: {MAKE}"));
        return None;
    }
    Some(key)
}

fn admin(reader: &mut Reader) -> Option<Admin> {
    const ID: &str = "bootstrap.admin_client_id";
    const SECRET: &str = "bootstrap.admin_client_secret";
    match (reader.has(ID), reader.has(SECRET)) {
        (false, false) => return None,
        (true, false) => {
            reader.refuse(ID, format!("`{ID}` needs `{SECRET}` beside it"));
            return None;
        }
        (false, true) => {
            reader.refuse(SECRET, format!("`{SECRET}` needs `{ID}` beside it"));
            return None;
        }
        (true, true) => {}
    }
    let (client_id, client_secret) = (reader.text(ID)?, reader.secret(SECRET)?);
    if client_id.is_empty() || client_id.len() > 128 || !unreserved(&client_id) {
        let form = "1 to 128 letters, digits and `-._~`";
        reader.refuse(ID, format!("`{ID}` must be {form}"));
    }
    let secret = client_secret.expose();
    if secret.len() < ADMIN_SECRET_CHARS_MIN || !unreserved(secret) {
        let form = format!("at least {ADMIN_SECRET_CHARS_MIN} letters, digits and `-._~`");
        reader
            .refuse(SECRET, format!("`{SECRET}` must be {form}: draw one with `counterfoil init`"));
    } else if secret.starts_with(DEVELOPMENT_SECRET) {
        reader.refuse(SECRET, format!("`{SECRET}` is a development secret, which everyone knows"));
    }
    Some(Admin { client_id, client_secret })
}

fn permission_access(reader: &mut Reader) -> PermissionAccess {
    const KEY: &str = "permissions.preshared_key";
    const STORE: &str = "permissions.default_store";
    let mut access = PermissionAccess::default();
    if reader.has(KEY)
        && let Some(key) = reader.secret(KEY)
    {
        match PresharedKey::new(key.expose()) {
            Some(_) if key.expose().starts_with(DEVELOPMENT_SECRET) => {
                reader.refuse(KEY, format!("`{KEY}` is a development secret, which everyone knows"))
            }
            Some(key) => access.keys.push(key),
            None => {
                reader.refuse(KEY, format!("`{KEY}` must have at least 32 random characters"));
            }
        }
    }
    if let Some(store) = reader.has(STORE).then(|| reader.text(STORE)).flatten() {
        let is_id = store.len() == 26
            && store.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        if !is_id {
            reader.refuse(STORE, format!("`{STORE}` must be a store's id, of 26 characters"));
        }
        access.default_store = Some(store);
    }
    access
}

fn permissions(reader: &mut Reader) -> PermissionOptions {
    const MEMORY: &str = "permissions.memory_mib";
    const SNAPSHOTS: &str = "permissions.snapshots";
    let mut options = PermissionOptions::default();
    if let Some(mib) = reader.whole(MEMORY).and_then(|mib| u64::try_from(mib).ok()) {
        options.memory_bytes = mib << 20;
    }
    if reader.has(SNAPSHOTS) {
        options.snapshots = reader.path(SNAPSHOTS);
    }
    options
}

/// RFC 3986 §2.3: what needs no encoding in HTTP Basic as RFC 6749 §2.3.1 has it.
fn unreserved(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn level(reader: &mut Reader) -> Option<LevelFilter> {
    Some(match reader.one_of("log.level")?.as_str() {
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "debug" => LevelFilter::DEBUG,
        _ => LevelFilter::INFO,
    })
}
