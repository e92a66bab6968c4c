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
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let router = Router::new().route("/", get(hello));
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
