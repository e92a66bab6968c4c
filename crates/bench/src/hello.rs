//! The limit: what an axum server does that does nothing.

use std::net::{Ipv4Addr, SocketAddr};

use axum::{
    Json, Router,
    routing::get,
    serve::{Listener, ListenerExt},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::failure::Failure;

pub(crate) async fn serve(port: u16) -> Result<(), Failure> {
    listen(port, Router::new().route("/", get(hello))).await
}

/// Serves as `axum::serve` does by itself.
pub(crate) async fn listen(port: u16, router: Router) -> Result<(), Failure> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    axum::serve(no_delay(listener), router).await?;
    Ok(())
}

async fn hello() -> Json<Value> {
    Json(json!({ "hello": "world" }))
}

/// Small answers must not wait for the acknowledgement of the last one, here as in the product.
fn no_delay(listener: TcpListener) -> impl Listener<Addr = SocketAddr> {
    listener.tap_io(|socket| {
        let _set = socket.set_nodelay(true);
    })
}
