//! The demo API, as a process of its own: what an API is to an issuer in real life.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::{
    tls::Tls,
    world::{Demo, LANES, Lane, SHARED},
};
use crate::{failure::Failure, say};

pub(super) struct DemoApi(Child);

/// Starts `counterfoil demo-api` with its credentials in the environment.
pub(super) fn start(demo: &Demo, port: u16, tls: Option<&Tls>) -> Result<DemoApi, Failure> {
    let exe = std::env::current_exe()
        .map_err(|error| Failure::failed(format!("can't find this program: {error}")))?;
    let mut command = Command::new(exe);
    command
        .args(["demo-api", "--issuer", &demo.issuer, "--port", &port.to_string()])
        .env("COUNTERFOIL_DEMO_API", credentials(demo).to_string())
        .stdin(Stdio::null());
    if let Some(tls) = tls {
        command.env("SSL_CERT_FILE", &tls.authority);
    }
    let child = command
        .spawn()
        .map_err(|error| Failure::failed(format!("can't start the demo API: {error}")))?;
    Ok(DemoApi(child))
}

fn credentials(demo: &Demo) -> Value {
    let own = |lane: &Lane| {
        let client_id = Demo::lane_client(lane.name);
        json!({
            "name": lane.name,
            "resource": demo.resource(lane.name),
            "client_id": client_id,
            "client_secret": demo.secret(&client_id),
        })
    };
    let lanes = LANES.iter().map(|lane| {
        let mut credential = own(lane);
        if let (true, Some(members)) = (lane.format == "jwe", credential.as_object_mut()) {
            members.insert("decryption_jwk".to_owned(), demo.decryption_jwk());
        }
        credential
    });
    let shared = json!({"own": own(&SHARED), "store": demo.permission_store_url()});
    json!({"lanes": lanes.collect::<Vec<_>>(), "shared": shared})
}

impl DemoApi {
    /// Ends the child and waits for it.
    pub(super) async fn stop(mut self) {
        if let Err(error) = self.0.kill().await {
            say::note(&format!("the demo API could not be stopped: {error}"));
        }
    }
}
