//! Load by `wrk`: one thread, sixteen connections, one fixed request or many of a kind.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{failure::Failure, process};

/// Connections at once.
const CONNECTIONS: u32 = 16;

/// How long an answer may take: slow is no error.
const TIMEOUT_SECS: u32 = 10;

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

/// Many requests to one path, one after another: JSON bodies, one on each line of a file.
#[derive(Clone, Debug)]
pub(crate) struct Bodies<'a> {
    pub(crate) port: u16,
    pub(crate) path: &'a str,
    pub(crate) authorization: Option<&'a str>,
    pub(crate) file: &'a Path,
    /// Whether whoever else has work for the load's core goes first.
    pub(crate) gives_way: bool,
}

/// Sends the request for so many seconds. A load with a single error is no measurement.
pub(crate) fn run(cpu: &str, script: &Path, secs: u32, request: &Request) -> Result<Load, Failure> {
    let method = if request.form.is_some() { "POST" } else { "GET" };
    let url = format!("http://localhost:{}{}", request.port, request.path);
    let none = || "-".to_owned();
    let args = [
        method.to_owned(),
        request.authorization.clone().unwrap_or_else(none),
        request.form.clone().unwrap_or_else(none),
    ];
    wrk(cpu, script, secs, (&url, &args, false))
}

/// Sends the bodies again and again for so many seconds.
pub(crate) fn run_bodies(
    cpu: &str,
    script: &Path,
    secs: u32,
    bodies: &Bodies<'_>,
) -> Result<Load, Failure> {
    let url = format!("http://localhost:{}{}", bodies.port, bodies.path);
    let args = [bodies.authorization.unwrap_or("-").to_owned(), bodies.file.display().to_string()];
    wrk(cpu, script, secs, (&url, &args, bodies.gives_way))
}

fn wrk(
    cpu: &str,
    script: &Path,
    secs: u32,
    (url, rest, gives_way): (&str, &[String], bool),
) -> Result<Load, Failure> {
    let nice = if gives_way { "19" } else { "0" };
    let args = [
        "-n".to_owned(),
        nice.to_owned(),
        "wrk".to_owned(),
        "-t1".to_owned(),
        format!("-c{CONNECTIONS}"),
        format!("-d{secs}s"),
        format!("--timeout={TIMEOUT_SECS}s"),
        "-s".to_owned(),
        script.display().to_string(),
        url.to_owned(),
        "--".to_owned(),
    ];
    let args = [&args[..], rest].concat();
    let output = process::output(cpu, Path::new("nice"), &args)?;
    let line = output.lines().rev().find(|line| line.starts_with('{'));
    let load: Load = serde_json::from_str(line.unwrap_or_default())
        .map_err(|error| Failure::new(format!("wrk said something else: {error}: {output}")))?;
    if load.refused + load.broken > 0 || load.requests == 0 {
        return Err(Failure::new(format!(
            "{url}: {} refused, {} broken of {}",
            load.refused, load.broken, load.requests
        )));
    }
    Ok(load)
}
