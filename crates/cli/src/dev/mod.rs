//! `counterfoil dev`: everything on this machine, in one command, thrown away afterwards.

mod child;
mod ports;
mod tls;
pub(crate) mod world;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use counterfoil_server::{Config, DevMode, Listening, Server};
use counterfoil_store::{SqliteOptions, Store};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{failure::Failure, log, say};
use world::Demo;

/// `counterfoil dev`.
#[derive(Args, Debug)]
pub(crate) struct DevArgs {
    /// Port of the issuer; the demo API takes the next one.
    #[arg(long, default_value_t = 7070)]
    port: u16,
    /// Don't open a browser.
    #[arg(long)]
    no_open: bool,
    /// Serve https with a certificate of a local authority made for this run.
    #[arg(long)]
    tls: bool,
    /// Keep the data here instead of in a temporary directory that is removed at the end.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Don't start the demo API: one of an earlier run is still there.
    #[arg(long)]
    no_demo_api: bool,
    /// Draw ids, secrets and keys anew instead of using the fixed ones.
    #[arg(long)]
    fresh: bool,
}

/// The directory of one run, removed at the end unless it was named.
struct DataDir {
    path: PathBuf,
    temporary: bool,
}

impl DataDir {
    fn make(named: Option<&Path>) -> Result<Self, Failure> {
        let temporary = named.is_none();
        let path = match named {
            Some(path) => path.to_owned(),
            None => std::env::temp_dir().join(format!("counterfoil-{}", world::random_name())),
        };
        std::fs::create_dir_all(&path).map_err(|error| {
            Failure::failed(format!("can't make directory {}: {error}", path.display()))
        })?;
        Ok(Self { path, temporary })
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        if self.temporary {
            // Nothing can be done about what can't be removed.
            let _removed = std::fs::remove_dir_all(&self.path);
        }
    }
}

pub(crate) async fn run(args: DevArgs) -> Result<(), Failure> {
    log::for_people();
    let taken = ports::take(args.port, !args.no_demo_api).await?;
    if taken.port != args.port {
        say::note(&format!("port {} is taken; using {} instead", args.port, taken.port));
    }
    let data = DataDir::make(args.data.as_deref())?;
    let scheme = if args.tls { "https" } else { "http" };
    let issuer = format!("{scheme}://localhost:{}", taken.port);
    let api_port = taken.port.saturating_add(1);
    let demo = Demo::new(issuer.clone(), format!("http://localhost:{api_port}"), args.fresh);
    let tls = if args.tls { Some(tls::make(&data.path)?) } else { None };
    let server = start(&demo, &data.path).await?;
    let stop = tokio::sync::watch::Sender::new(false);
    // The demo API's port was held so that nobody takes it meanwhile; the child binds it now.
    drop(taken.api);
    let child = match args.no_demo_api {
        true => None,
        false => Some(child::start(&demo, api_port, tls.as_ref())?),
    };
    announce(&demo, &data, tls.as_ref().map(|tls| tls.authority.as_path()));
    if !args.no_open {
        let opened = crate::opener::open(&format!("{issuer}/lab"));
        if !opened {
            say::note("no browser could be opened; follow the lab's link yourself");
        }
    }
    let server = Arc::new(server);
    let serving = taken.issuer.into_iter().map(|listener| {
        let listening =
            Listening { listener, tls: tls.as_ref().map(|tls| Arc::clone(&tls.server)) };
        let (server, mut stopped) = (Arc::clone(&server), stop.subscribe());
        tokio::spawn(async move {
            let stopped = async move {
                // A dropped sender means the same.
                let _stopped = stopped.wait_for(|stop| *stop).await;
            };
            server.serve(listening, stopped).await;
        })
    });
    let serving: Vec<_> = serving.collect();
    crate::signals::stop().await;
    say::note("stopping");
    let _previous = stop.send_replace(true);
    if let Some(child) = child {
        child.stop().await;
    }
    for task in serving {
        // Draining is bounded; a task that panicked has nothing left to drain.
        let _ended = task.await;
    }
    Ok(())
}

async fn start(demo: &Demo, data: &Path) -> Result<Server, Failure> {
    let file = data.join("counterfoil.db");
    let store = Store::open_sqlite(&file, SqliteOptions::default()).await;
    let store = store.map_err(Failure::from_display)?;
    let mut config =
        Config::new(&demo.issuer, demo.key_encryption_key()).map_err(Failure::failed)?;
    config.dev = Some(DevMode { setup: demo.setup(), demo_api_origin: demo.api_origin.clone() });
    config.permission_access.open = true;
    let world = demo.world().map_err(Failure::from_display)?;
    let server = Server::start(config, store, &world, || demo.first_keys()).await;
    server.map_err(Failure::from_display)
}

fn announce(demo: &Demo, data: &DataDir, authority: Option<&Path>) {
    let setup = demo.setup();
    let text = |pointer: &str| setup.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let kept = if data.temporary { "data is thrown away" } else { "data is kept" };
    let admin = format!("{} secret {}", text("/admin/client_id"), text("/admin/client_secret"));
    let web =
        format!("{} secret {}", text("/clients/0/client_id"), text("/clients/0/client_secret"));
    let lane = demo.resource("fresh");
    say::line(&format!(
        "counterfoil {}   development mode: {kept}, never use it in production",
        text("/version")
    ));
    say::line("");
    for (name, value) in [
        ("lab", format!("{}          <- open me", text("/lab"))),
        ("issuer", text("/issuer").to_owned()),
        ("demo API", format!("{lane}/orders/1")),
        ("users", "alice, bob, carol (suspended); password = the name".to_owned()),
        ("client", format!("{web}, redirect {}", text("/clients/0/redirect_uris/0"))),
        ("admin", format!("{admin}, resource {}", text("/admin/resource"))),
        (
            "permissions",
            format!(
                "OpenFGA API at {}, store {}, open to everybody here",
                text("/permissions/api_url"),
                text("/permissions/store_id")
            ),
        ),
        ("as JSON", format!("{}/dev/setup.json", demo.issuer)),
        (
            "try",
            format!(
                "counterfoil login --issuer {} && counterfoil call GET {lane}/orders/1 --explain",
                demo.issuer
            ),
        ),
    ] {
        say::line(&format!("  {name:<10} {value}"));
    }
    if let Some(authority) = authority {
        say::line(&format!("  {:<10} trust {} to silence browsers", "TLS", authority.display()));
    }
    say::line("");
    say::line("  Ctrl-C stops everything and leaves nothing behind.");
}

/// Binds one address.
pub(crate) async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}
