//! `counterfoil demo-api`: an order desk that learns its caller in six ways, and asks what one
//! may do. A plain user of the
//! guard library; nothing in here is known to the issuer.

mod lanes;
mod orders;
mod shared;
mod who;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use clap::Args;
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::{failure::Failure, log};

/// `counterfoil demo-api`.
#[derive(Args, Debug)]
pub(crate) struct DemoApiArgs {
    /// The issuer that the lanes trust.
    #[arg(long, value_name = "URL")]
    issuer: String,
    /// Port to listen on, on the loopback addresses.
    #[arg(long, default_value_t = 7071)]
    port: u16,
}

/// The credentials of the lanes, as JSON in `COUNTERFOIL_DEMO_API`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    lanes: Vec<LaneCredential>,
    shared: shared::SharedCredential,
}

/// One lane's own credential at the issuer.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LaneCredential {
    name: String,
    resource: String,
    client_id: String,
    client_secret: String,
    #[serde(default)]
    decryption_jwk: Option<serde_json::Value>,
}

pub(crate) async fn run(args: DemoApiArgs) -> Result<(), Failure> {
    log::for_people();
    let credentials = credentials()?;
    let router = router(&args.issuer, credentials)?;
    let listeners = listen(args.port).await?;
    let stop = tokio::sync::watch::Sender::new(false);
    let serving: Vec<_> = listeners
        .into_iter()
        .map(|listener| {
            let mut stopped = stop.subscribe();
            let service =
                axum::serve(listener, router.clone()).with_graceful_shutdown(async move {
                    let _stopped = stopped.wait_for(|stop| *stop).await;
                });
            tokio::spawn(service.into_future())
        })
        .collect();
    crate::signals::stop().await;
    let _previous = stop.send_replace(true);
    for task in serving {
        task.abort();
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the credentials come by the environment")]
fn credentials() -> Result<Credentials, Failure> {
    let text = std::env::var("COUNTERFOIL_DEMO_API").map_err(|_| {
        Failure::config(
            "environment variable `COUNTERFOIL_DEMO_API` is not set; `counterfoil dev` starts the \
             demo API with it",
        )
    })?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::config(format!("`COUNTERFOIL_DEMO_API` can't be read: {error}")))
}

async fn listen(port: u16) -> Result<Vec<TcpListener>, Failure> {
    let v4 = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await;
    let v4 =
        v4.map_err(|error| Failure::failed(format!("can't listen on port {port}: {error}")))?;
    // A machine without IPv6 does without.
    let v6 = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await;
    Ok([Some(v4), v6.ok()].into_iter().flatten().collect())
}

fn router(issuer: &str, credentials: Credentials) -> Result<Router, Failure> {
    let mut router = Router::new();
    for lane in credentials.lanes {
        router = router.merge(lanes::routes(issuer, &lane)?);
    }
    router = router.merge(shared::routes(issuer, &credentials.shared)?);
    let origin = HeaderValue::from_str(issuer).map_err(Failure::from_display)?;
    Ok(router.layer(middleware::from_fn(move |request: axum::extract::Request, next: Next| {
        let origin = origin.clone();
        async move {
            // A preflight carries no token; the request that follows does.
            let mut response = match request.method() {
                &Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
                _ => next.run(request).await,
            };
            allow(&mut response, origin);
            response
        }
    })))
}

/// CORS for the lab's page, on errors too: a page must be able to read why it was refused.
fn allow(response: &mut Response, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let fixed: [(HeaderName, &'static str); 5] = [
        (header::VARY, "Origin"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization"),
        (header::ACCESS_CONTROL_MAX_AGE, "7200"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "www-authenticate, retry-after"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
