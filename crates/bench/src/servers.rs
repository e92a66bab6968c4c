//! The servers of a run: the product, its limit and its peer, each on the server's core.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use counterfoil_jose::{
    b64,
    crypto::{Secret32, sha256},
};

use crate::{
    clock::Since,
    failure::Failure,
    http::{Ask, Connection},
    process::{self, Running},
    world::{self, REDIRECT_URI, RESOURCE, SECRET},
};

/// How long a server may take to answer its first request.
const READY: Duration = Duration::from_secs(30);

/// Where everything is.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The workspace.
    pub(crate) root: PathBuf,
    /// The product's release binary.
    pub(crate) product: PathBuf,
    /// This program.
    pub(crate) bench: PathBuf,
    /// The peer's runtime.
    pub(crate) node: PathBuf,
    /// What this run leaves behind: `target/bench/MOMENT`.
    pub(crate) results: PathBuf,
    /// Databases, removed at the end.
    pub(crate) scratch: PathBuf,
    /// The core of the servers.
    pub(crate) server_cpu: String,
    /// The core of the load.
    pub(crate) load_cpu: String,
}

/// A server that answers.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) running: Running,
}

/// Starts axum "hello".
pub(crate) async fn hello(places: &Places) -> Result<Server, Failure> {
    let port = free_port()?;
    let args = ["hello".to_owned(), "--port".to_owned(), port.to_string()];
    let program = (places.bench.as_path(), args.as_slice());
    let running = process::start("hello", &places.server_cpu, &places.results, program)?;
    ready(Server { port, running }, "/").await
}

/// Starts the product on a database with the bench's own world.
pub(crate) async fn product(places: &Places, name: &str) -> Result<Server, Failure> {
    let port = free_port()?;
    configure(places, name, port, "")?;
    world::lay(&database(places, name), &issuer(port), key_encryption_key()).await?;
    start_product(places, name, port).await
}

/// Starts the product on the database that it had before.
pub(crate) async fn start_product(
    places: &Places,
    name: &str,
    port: u16,
) -> Result<Server, Failure> {
    let file = places.scratch.join(name).join("counterfoil.toml");
    let args = ["serve".to_owned(), "--config".to_owned(), file.display().to_string()];
    let program = (places.product.as_path(), args.as_slice());
    let running = process::start(name, &places.server_cpu, &places.results, program)?;
    ready(Server { port, running }, "/.well-known/openid-configuration").await
}

/// Writes the configuration of a product server, `more` at its end, into a directory of its own.
pub(crate) fn configure(places: &Places, name: &str, port: u16, more: &str) -> Result<(), Failure> {
    let data = places.scratch.join(name);
    std::fs::create_dir_all(&data)?;
    std::fs::write(data.join("counterfoil.toml"), configuration(port) + more)?;
    Ok(())
}

/// As an operator would write it: nothing is turned off.
fn configuration(port: u16) -> String {
    let management = port.saturating_add(1);
    let key = b64::encode(key_encryption_key().expose());
    format!(
        "[issuer]\nurl = \"{}\"\n\
         [listen]\naddress = \"127.0.0.1:{port}\"\n\
         management_address = \"127.0.0.1:{management}\"\n\
         [storage]\nsqlite.path = \"counterfoil.db\"\n\
         [keys]\nencryption_key = \"{key}\"\n",
        issuer(port)
    )
}

/// Starts axum "hello" behind a guard of the product that listens at `issuer_port`.
pub(crate) async fn guarded(places: &Places, issuer_port: u16) -> Result<Server, Failure> {
    let port = free_port()?;
    let args = ["guarded".to_owned(), "--port".to_owned(), port.to_string()].into_iter();
    let args: Vec<String> = args.chain(["--issuer".to_owned(), issuer(issuer_port)]).collect();
    let program = (places.bench.as_path(), args.as_slice());
    let running = process::start("guarded", &places.server_cpu, &places.results, program)?;
    ready(Server { port, running }, "/ready").await
}

/// Starts `counterfoil dev` on both cores and on nothing; how long until it answers, in
/// milliseconds.
pub(crate) async fn newcomer(places: &Places) -> Result<(Server, f64), Failure> {
    let port = free_port()?;
    let args = ["dev", "--no-open", "--port"].map(str::to_owned).into_iter();
    let args: Vec<String> = args.chain([port.to_string()]).collect();
    let cpus = format!("{},{}", places.server_cpu, places.load_cpu);
    let started = Since::now();
    let program = (places.product.as_path(), args.as_slice());
    let running = process::start("dev", &cpus, &places.results, program)?;
    let server = ready(Server { port, running }, "/.well-known/openid-configuration").await?;
    Ok((server, started.secs() * 1e3))
}

/// Starts the peer.
pub(crate) async fn peer(places: &Places) -> Result<Server, Failure> {
    let port = free_port()?;
    let script = peer_directory(&places.root).join("server.js");
    let args = [
        script.display().to_string(),
        port.to_string(),
        RESOURCE.to_owned(),
        SECRET.to_owned(),
        REDIRECT_URI.to_owned(),
    ];
    let program = (places.node.as_path(), args.as_slice());
    let running = process::start("peer", &places.server_cpu, &places.results, program)?;
    ready(Server { port, running }, "/.well-known/openid-configuration").await
}

/// Where the peer's configuration is.
pub(crate) fn peer_directory(root: &Path) -> PathBuf {
    root.join("bench/peers/oidc-provider")
}

/// The database of a product server.
pub(crate) fn database(places: &Places, name: &str) -> PathBuf {
    places.scratch.join(name).join("counterfoil.db")
}

pub(crate) fn issuer(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// Seals the keys of the bench's issuers, which live for minutes.
fn key_encryption_key() -> Secret32 {
    Secret32::from(sha256(b"the bench's issuers"))
}

pub(crate) async fn ready(mut server: Server, path: &str) -> Result<Server, Failure> {
    let started = Since::now();
    loop {
        server.running.check()?;
        if let Ok(mut connection) = Connection::open(server.port).await
            && let Ok(answer) = connection.send(Ask::get(path)).await
            && answer.status == 200
        {
            return Ok(server);
        }
        if started.elapsed() > READY {
            return Err(Failure::new("a server did not become ready"));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A port that is free, as is the one after it, on both loopback addresses.
pub(crate) fn free_port() -> Result<u16, Failure> {
    for _ in 0..100 {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let next = port.saturating_add(1);
        let free = |port: u16| {
            let v4 = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
            let v6 = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port)));
            v4.is_ok() && v6.err().is_none_or(|error| error.kind() != std::io::ErrorKind::AddrInUse)
        };
        if free(port) && free(next) {
            return Ok(port);
        }
    }
    Err(Failure::new("no two neighbouring ports are free"))
}
