//! The same server as [`crate::hello`], behind a guard.

use axum::{Json, Router, routing::get};
use clap::Args;
use counterfoil_guard::{ApiCredential, Caller, Guard};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    hello,
    world::{RESOURCE, SECRET},
};

/// `counterfoil-bench guarded`.
#[derive(Args, Debug)]
pub(crate) struct GuardedArgs {
    /// Where to listen.
    #[arg(long)]
    port: u16,
    /// The issuer's URL.
    #[arg(long)]
    issuer: String,
}

pub(crate) async fn serve(args: &GuardedArgs) -> Result<(), Failure> {
    let guard = connect(&args.issuer).await?;
    let guarded = Router::new().route("/", get(greet)).layer(guard.layer());
    // Says that the guard is connected, to whoever has no token.
    let router = guarded.route("/ready", get(|| async { "ready" }));
    hello::listen(args.port, router).await
}

/// A guard of the bench's opaque API.
pub(crate) async fn connect(issuer: &str) -> Result<Guard, Failure> {
    let credential = ApiCredential::new("api-opaque", SECRET);
    let guard = Guard::connect(issuer, &format!("{RESOURCE}/opaque"), credential).await;
    guard.map_err(|error| Failure::new(error.to_string()))
}

async fn greet(caller: Caller) -> Json<Value> {
    Json(json!({ "hello": caller.subject() }))
}
