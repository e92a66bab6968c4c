//! Load by `wrk`: one thread, sixteen connections, one fixed request.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{failure::Failure, process};

/// Connections at once.
const CONNECTIONS: u32 = 16;

/// One fixed request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) port: u16,
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) form: Option<String>,
}

/// What a load did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) requests: u64,
    pub(crate) duration_us: u64,
    pub(crate) bytes: u64,
    /// Answers with a status over 399.
    pub(crate) refused: u64,
    /// Connections that failed, and timeouts.
    pub(crate) broken: u64,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
}

impl Load {
    /// Requests per second.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 * 1e6 / (self.duration_us.max(1) as f64)
    }
}

/// Sends the request for so many seconds. A load with a single error is no measurement.
pub(crate) fn run(cpu: &str, script: &Path, secs: u32, request: &Request) -> Result<Load, Failure> {
    let method = if request.form.is_some() { "POST" } else { "GET" };
    let none = || "-".to_owned();
    let args = [
        "-t1".to_owned(),
        format!("-c{CONNECTIONS}"),
        format!("-d{secs}s"),
        "-s".to_owned(),
        script.display().to_string(),
        format!("http://localhost:{}{}", request.port, request.path),
        "--".to_owned(),
        method.to_owned(),
        request.authorization.clone().unwrap_or_else(none),
        request.form.clone().unwrap_or_else(none),
    ];
    let output = process::output(cpu, Path::new("wrk"), &args)?;
    let line = output.lines().rev().find(|line| line.starts_with('{'));
    let load: Load = serde_json::from_str(line.unwrap_or_default())
        .map_err(|error| Failure::new(format!("wrk said something else: {error}: {output}")))?;
    if load.refused + load.broken > 0 || load.requests == 0 {
        return Err(Failure::new(format!(
            "{} at port {}: {} refused, {} broken of {}",
            request.path, request.port, load.refused, load.broken, load.requests
        )));
    }
    Ok(load)
}
