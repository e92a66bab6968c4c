//! Starting, listening, stopping.

use std::{fmt, future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract, http::Response, routing::get};
use counterfoil_feed::FeedSigner;
use counterfoil_oauth::model::Revision;
use counterfoil_store::{Store, StoreError};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower::ServiceExt;

use crate::{
    applier,
    config::Config,
    door::{self, Peer},
    keys::{self, FirstKeys, KeyError, OpenError},
    nodes, routes,
    state::{Parts, State},
    world::{self, World, WorldError},
};

/// Connections at once; each costs some ten kilobytes.
const CONNECTIONS_MAX: usize = 10_000;

/// How long a client may take for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a client may take for the TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long running requests may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// A server that is ready to listen.
pub struct Server {
    state: Arc<State>,
    jobs: Vec<tokio::task::JoinHandle<()>>,
}

/// Where to listen, and how.
pub struct Listening {
    /// The bound socket.
    pub listener: TcpListener,
    /// TLS, where the server speaks it itself.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

/// Why a server can't start.
#[derive(Debug)]
pub enum ServeError {
    /// The database.
    Store(StoreError),
    /// The keys.
    Keys(OpenError),
    /// The first users, clients and APIs.
    World(WorldError),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Keys(error) => error.fmt(f),
            Self::World(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ServeError {}

impl Server {
    /// Opens an issuer: finds or makes its row, its keys and its first world, and starts the jobs.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn start(
        config: Config,
        store: Store,
        world: &World,
        first_keys: impl FnOnce() -> Result<FirstKeys, KeyError>,
    ) -> Result<Self, ServeError> {
        let head = store.ensure_issuer(&config.issuer).await.map_err(ServeError::Store)?;
        let keyring = keys::open(&config, &store, head.id, first_keys).await;
        let keyring = keyring.map_err(ServeError::Keys)?;
        let feed_signer = FeedSigner::new(Arc::clone(keyring.feed()))
            .map_err(|_| ServeError::Keys(OpenError::Key(KeyError::Missing("feed"))))?;
        // An issuer without a single change has never granted a lease, so its first receipt needs
        // to wait for none.
        let leases_since_ms =
            if head.revision == Revision::ZERO { 0 } else { config.clock.boot_ms() };
        let state = State::new(Parts {
            config,
            store,
            iss: head.id,
            epoch: head.epoch,
            head: head.revision,
            keyring,
            feed_signer,
            leases_since_ms,
        });
        let jobs = vec![
            tokio::spawn(applier::run(Arc::clone(&state))),
            tokio::spawn(keys::run(Arc::clone(&state))),
            tokio::spawn(nodes::run(Arc::clone(&state))),
            tokio::spawn(crate::sweep::run(Arc::clone(&state))),
            tokio::spawn({
                let permissions = state.permissions.clone();
                async move { permissions.warm().await }
            }),
        ];
        let server = Self { state, jobs };
        world::apply(&server.state, world).await.map_err(ServeError::World)?;
        if server.state.config.dev.is_none() {
            let own = routes::permissions::world(server.state.issuer());
            world::apply(&server.state, &own).await.map_err(ServeError::World)?;
        }
        Ok(server)
    }

    /// The public routes.
    pub fn router(&self) -> Router {
        routes::router(Arc::clone(&self.state))
    }

    /// The routes of the management listener: `/livez`, `/readyz`, `/metrics`.
    pub fn management(&self) -> Router {
        Router::new()
            .route("/livez", get(|| async { door::text(200, "ok\n") }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(Arc::clone(&self.state))
    }

    /// Serves the public routes until `stop` resolves, then lets running requests finish.
    pub async fn serve(&self, listening: Listening, stop: impl Future<Output = ()> + Send) {
        let stop = async {
            stop.await;
            let _previous = self.state.stopping.send_replace(true);
        };
        serve(listening, self.router(), stop).await;
    }

    /// Serves the management routes until `stop` resolves.
    pub async fn serve_management(
        &self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) {
        serve(Listening { listener, tls: None }, self.management(), stop).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for job in &self.jobs {
            job.abort();
        }
    }
}

async fn ready(extract::State(state): extract::State<Arc<State>>) -> Response<Body> {
    let reachable = tokio::time::timeout(Duration::from_secs(2), state.store.head(state.iss)).await;
    match reachable {
        Ok(Ok(_)) if state.nodes.is_fresh(state.config.clock.boot_ms()) => door::text(200, "ok\n"),
        _ => door::text(503, "the database can't be reached\n"),
    }
}

async fn metrics(extract::State(state): extract::State<Arc<State>>) -> Response<Body> {
    door::text(200, &state.metrics.text())
}

async fn serve(listening: Listening, router: Router, stop: impl Future<Output = ()> + Send) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listening.listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: accepting again at once would spin.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!("a connection was refused: too many");
            continue;
        };
        let connection = Connection { router: router.clone(), peer, watcher: graceful.watcher() };
        let tls = listening.tls.clone();
        tokio::spawn(async move {
            let _place = place;
            connection.run(socket, tls).await;
        });
    }
    drop(listening);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still running at the end");
    }
}

struct Connection {
    router: Router,
    peer: SocketAddr,
    watcher: hyper_util::server::graceful::Watcher,
}

impl Connection {
    async fn run(self, socket: TcpStream, tls: Option<Arc<rustls::ServerConfig>>) {
        // Small answers must not wait for the acknowledgement of the last one.
        let _set = socket.set_nodelay(true);
        let Some(tls) = tls else { return self.speak(socket).await };
        let acceptor = tokio_rustls::TlsAcceptor::from(tls);
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(socket)).await {
            Ok(Ok(stream)) => self.speak(stream).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn speak(self, io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let peer = Peer(self.peer);
        let service = self.router.map_request(move |request: hyper::Request<_>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            request
        });
        let mut builder = auto::Builder::new(TokioExecutor::new());
        // Answers are short: copying a body behind its head costs less than a vectored write.
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).writev(false);
        builder.http2().timer(TokioTimer::new());
        let connection =
            builder.serve_connection(TokioIo::new(io), TowerToHyperService::new(service));
        if let Err(error) = self.watcher.watch(connection.into_owned()).await {
            tracing::debug!(%error, "a connection ended badly");
        }
    }
}
