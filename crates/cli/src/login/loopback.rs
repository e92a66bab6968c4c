//! A listener for one answer: `http://127.0.0.1:PORT/callback`.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use counterfoil_jose::crypto::ct_eq;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
};
use url::form_urlencoded;

use crate::failure::Failure;

/// How long a person may take to sign in.
const PATIENCE: Duration = Duration::from_secs(600);

/// How long a connection may take to send its request. Browsers open some that they never use.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest request read: a code and a few parameters.
const REQUEST_BYTES_MAX: usize = 16 * 1024;

/// Connections at once; a browser opens a handful.
const CONNECTIONS_MAX: usize = 32;

const DONE: &str = "Signed in. You can close this page and go back to the terminal.";
const REFUSED: &str = "Not signed in. The terminal says why; you can close this page.";
const FOREIGN: &str = "This is not the answer that was waited for.";

pub(super) struct Loopback {
    listener: TcpListener,
    port: u16,
}

type Params = Vec<(String, String)>;

impl Loopback {
    pub(super) async fn bind() -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener =
            listener.map_err(|error| Failure::failed(format!("can't listen: {error}")))?;
        let port = listener.local_addr().map_err(Failure::from_display)?.port();
        Ok(Self { listener, port })
    }

    pub(super) fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}/callback", self.port)
    }

    /// Waits for the answer that bears this `state`. Anything else is turned away and waited past,
    /// so that a page elsewhere can't end a sign-in by sending junk.
    pub(super) async fn wait(self, state: &str) -> Result<Params, Failure> {
        let (found, mut answer) = mpsc::channel(1);
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let state: Arc<str> = Arc::from(state);
        let accept = async {
            loop {
                let Ok((socket, _)) = self.listener.accept().await else { continue };
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { continue };
                let (found, state) = (found.clone(), Arc::clone(&state));
                tokio::spawn(async move {
                    let _place = place;
                    let served = tokio::time::timeout(REQUEST_TIMEOUT, serve(socket, &state)).await;
                    if let Ok(Some(params)) = served {
                        // A second answer finds nobody waiting.
                        let _sent = found.try_send(params);
                    }
                });
            }
        };
        tokio::select! {
            params = answer.recv() => params.ok_or_else(|| Failure::failed("no answer came")),
            () = tokio::time::sleep(PATIENCE) => {
                Err(Failure::failed("nobody signed in; try again"))
            }
            () = accept => Err(Failure::failed("no answer came")),
        }
    }
}

async fn serve(mut socket: TcpStream, state: &str) -> Option<Params> {
    let mut request = Vec::new();
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        if socket.read_buf(&mut request).await.ok()? == 0 || request.len() > REQUEST_BYTES_MAX {
            return None;
        }
    }
    let params = std::str::from_utf8(&request).ok().and_then(callback);
    let params = params.filter(|params| {
        let found = params.iter().find(|(name, _)| name == "state");
        found.is_some_and(|(_, found)| ct_eq(found.as_bytes(), state.as_bytes()))
    });
    let (status, text) = match &params {
        Some(params) if params.iter().any(|(name, _)| name == "code") => ("200 OK", DONE),
        Some(_) => ("200 OK", REFUSED),
        None => ("400 Bad Request", FOREIGN),
    };
    let length = text.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {length}\
         \r\ncache-control: no-store\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n\
         {text}"
    );
    // The answer counts even where the browser has gone away.
    let _written = socket.write_all(answer.as_bytes()).await;
    let _closed = socket.shutdown().await;
    params
}

/// The parameters of a `GET /callback?…`.
fn callback(request: &str) -> Option<Params> {
    let mut line = request.lines().next()?.split(' ');
    let (method, target) = (line.next()?, line.next()?);
    let (path, query) = target.split_once('?')?;
    let params = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    (method == "GET" && path == "/callback").then_some(params)
}
