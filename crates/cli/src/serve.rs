//! `counterfoil serve`, and what belongs to running it: `init`, `check-config`, `migrate`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::Args;
use counterfoil_jose::{
    b64,
    crypto::{Secret32, random},
};
use counterfoil_server::{Config, FirstKeys, Listening, ServeError, Server, World};
use counterfoil_store::{Store, StoreError};
use serde_json::json;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    config::{self, Admin, Storage},
    dev::world::permission_profile,
    failure::Failure,
    log, say,
    signals::Stop,
};

/// The admin API's own client. It exists because every API has one; nobody uses it, since the
/// server guards its admin API itself, so its secret is drawn and forgotten.
const ADMIN_API_CLIENT: &str = "api-admin";

/// The same of the permission API.
const PERMISSION_API_CLIENT: &str = "api-permissions";

/// Where the configuration is.
#[derive(Args, Debug)]
pub(crate) struct ConfigArgs {
    /// The TOML file; without it the environment must say everything.
    #[arg(long, value_name = "FILE", env = "COUNTERFOIL_CONFIG")]
    config: Option<PathBuf>,
}

impl ConfigArgs {
    fn file(&self) -> Option<&Path> {
        self.config.as_deref()
    }
}

/// `counterfoil check-config`.
#[derive(Args, Debug)]
pub(crate) struct CheckConfigArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Show each value and where it comes from; secrets stay hidden.
    #[arg(long)]
    show: bool,
    /// Print the reference of every key instead of checking.
    #[arg(long)]
    reference: bool,
}

/// `counterfoil migrate`.
#[derive(Args, Debug)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// List the steps that are missing and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// `counterfoil init`.
#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// The issuer's URL.
    #[arg(long, value_name = "URL", default_value = "https://id.example")]
    issuer: String,
}

/// Prints a configuration to begin with; its key and secret are drawn for it.
pub(crate) fn init(args: &InitArgs) -> Result<(), Failure> {
    counterfoil_server::check_issuer(&args.issuer).map_err(Failure::usage)?;
    let key = b64::encode(Secret32::random().expose());
    let secret = b64::encode(&random::<24>());
    let issuer = &args.issuer;
    say::line(&format!(
        r#"# Every key: docs/configuration.md. Keep this file as secret as the keys in it.
[issuer]
url = "{issuer}"  # clients compare it byte for byte
[listen]
address = "127.0.0.1:8080"  # behind a proxy that ends TLS, or set tls.certificate_file and tls.key_file
management_address = "127.0.0.1:9090"  # /livez, /readyz, /metrics
[storage]
sqlite.path = "counterfoil.db"  # or postgres.url = "postgresql://..."
[keys]
encryption_key = "{key}"  # seals keys at rest: keep a copy apart
[bootstrap]
admin_client_id = "admin"  # the first client that may administer
admin_client_secret = "{secret}""#
    ));
    Ok(())
}

/// Names every problem of a configuration.
pub(crate) fn check_config(args: &CheckConfigArgs) -> Result<(), Failure> {
    if args.reference {
        say::text(&config::reference());
        return Ok(());
    }
    if args.show {
        config::show(args.config.file()).iter().for_each(|line| say::line(line));
    }
    config::load(args.config.file())?;
    say::note("the configuration is valid");
    Ok(())
}

/// Brings the schema up to date.
pub(crate) async fn migrate(args: &MigrateArgs) -> Result<(), Failure> {
    let settings = config::load(args.config.file())?;
    let steps = match (settings.storage, args.dry_run) {
        (Storage::Sqlite(path, options), true) => Store::pending_sqlite(&path, &options).await,
        (Storage::Sqlite(path, options), false) => Store::migrate_sqlite(&path, options).await,
        (Storage::Postgres(options), true) => Store::pending_postgres(&options).await,
        (Storage::Postgres(options), false) => Store::migrate_postgres(options).await,
    };
    let steps = steps.map_err(store_failure)?;
    steps.iter().for_each(|step| say::line(step));
    say::note(match (steps.is_empty(), args.dry_run) {
        (true, _) => "the schema is up to date",
        (false, true) => "these steps are missing",
        (false, false) => "these steps were applied",
    });
    Ok(())
}

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn serve(args: &ConfigArgs) -> Result<(), Failure> {
    let signals = Stop::listen();
    let settings = config::load(args.file())?;
    log::json(settings.level);
    let public = bind(settings.address, "listen.address").await?;
    let management = bind(settings.management_address, "listen.management_address").await?;
    let world = world(&settings.issuer, settings.admin.as_ref())?;
    let mut config =
        Config::new(&settings.issuer, settings.encryption_key).map_err(Failure::config)?;
    config.trusted_proxies = settings.trusted_proxies;
    config.permission_access = settings.permission_access;
    config.permissions = settings.permissions;
    let store = open(settings.storage).await?;
    announce(&config, &store, &public, &management);
    let server =
        Server::start(config, store, &world, FirstKeys::generate).await.map_err(serve_failure)?;

    let stop = watch::Sender::new(false);
    let stopped = || {
        let mut stop = stop.subscribe();
        async move {
            // A dropped sender means the same.
            let _stopped = stop.wait_for(|stop| *stop).await;
        }
    };
    let listening = Listening { listener: public, tls: settings.tls };
    let serving = server.serve(listening, stopped());
    let managing = server.serve_management(management, stopped());
    let stopping = async {
        signals.wait().await;
        tracing::info!("stopping: running requests may finish");
        let _previous = stop.send_replace(true);
    };
    let ((), (), ()) = tokio::join!(serving, managing, stopping);
    tracing::info!("stopped");
    Ok(())
}

async fn bind(address: SocketAddr, key: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Failure::failed(format!("`{key}`: can't listen on {address}: {error}")))
}

async fn open(storage: Storage) -> Result<Store, Failure> {
    let opened = match storage {
        Storage::Sqlite(path, options) => Store::open_sqlite(&path, options).await,
        Storage::Postgres(options) => Store::open_postgres(options).await,
    };
    opened.map_err(store_failure)
}

fn announce(config: &Config, store: &Store, public: &TcpListener, management: &TcpListener) {
    let address = |listener: &TcpListener| {
        listener.local_addr().map(|address| address.to_string()).unwrap_or_default()
    };
    let durability: Vec<String> =
        store.settings().iter().map(|(name, value)| format!("{name}={value}")).collect();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        issuer = config.issuer,
        address = address(public),
        management_address = address(management),
        storage = %store.engine(),
        durability = durability.join(" "),
        "starting"
    );
}

/// What a server begins with: its admin API, and who may use it.
fn world(issuer: &str, admin: Option<&Admin>) -> Result<World, Failure> {
    let resource = format!("{issuer}/admin/v1");
    let clients = admin.map(|admin| {
        json!({
            "client_id": admin.client_id,
            "client_secret": admin.client_secret.expose(),
            "settings": {
                "client_name": "Administrator",
                "token_endpoint_auth_method": "client_secret_basic",
                "grant_types": ["client_credentials"],
                "apis": [{"resource": resource, "scopes": ["admin"]}],
            },
        })
    });
    let document = json!({
        "apis": [{
            "resource": format!("{issuer}/stores"),
            "client_id": PERMISSION_API_CLIENT,
            "client_secret": b64::encode(&random::<32>()),
            "profile": permission_profile(),
        }, {
            "resource": resource,
            "client_id": ADMIN_API_CLIENT,
            "client_secret": b64::encode(&random::<32>()),
            "profile": {
                "name": "Counterfoil administration",
                "scopes": [{"name": "admin", "description": "Administer this issuer"}],
            },
        }],
        "clients": clients.into_iter().collect::<Vec<_>>(),
    });
    serde_json::from_value(document).map_err(Failure::from_display)
}

fn serve_failure(error: ServeError) -> Failure {
    match error {
        ServeError::Store(error) => store_failure(error),
        ServeError::Keys(error) => Failure::failed(format!("the issuer's keys: {error}")),
        ServeError::World(error) => Failure::failed(format!("the first objects: {error}")),
    }
}

fn store_failure(error: StoreError) -> Failure {
    let text = error.to_string();
    match error {
        StoreError::Unavailable(_) => Failure::unreachable(text),
        StoreError::Options(_) | StoreError::UnsafeSetting { .. } => Failure::config(text),
        StoreError::MigrationsPending(_) => {
            Failure::failed(format!("{text}: `counterfoil migrate --config FILE`"))
        }
        _ => Failure::failed(text),
    }
}
