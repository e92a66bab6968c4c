//! Checks and lists over HTTP: one core for each server, the same questions for all of them.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use counterfoil_testing::postgres;
use serde_json::{Value, json};

use super::{
    api::Api,
    cte,
    emit::Ids,
    import::import,
    openfga,
    openfga::Datastore,
    probe::Probe,
    product,
    questions::{self, Question},
    world::World,
};
use crate::{
    failure::Failure,
    load::{self, Bodies, Load},
    process,
    report::Settings,
    samples::Samples,
    say,
    servers::{self, Places, Server},
};

/// Tuples of the world that OpenFGA's memory store has: it looks for a tuple by looking at all of
/// them, so that more would only make it slower.
const SMALL: u32 = 10_000;

/// Questions that are sent, and those whose answers are compared first.
const SENT: usize = 20_000;
const COMPARED: usize = 300;

/// The product with the large world.
const LARGE: &str = "permission-http";

/// Lists that are asked for in one run.
const LISTS: u32 = 3;

/// How long the checks have been running when the writes begin.
const LEAD: Duration = Duration::from_millis(500);

/// A world, and everything that is known about it.
pub(super) struct Ground {
    world: World,
    questions: Vec<Question>,
}

impl Ground {
    fn new(tuples: u32) -> Self {
        let world = World::new(tuples);
        let questions = questions::ask(&world, &Probe::new(&world), SENT);
        Self { world, questions }
    }
}

/// A store of some server that holds a world.
struct Party<'a> {
    metric: &'static str,
    /// Of the server.
    pid: u32,
    api: Api,
    ground: &'a Ground,
    bodies: PathBuf,
    digest: String,
}

/// Everybody who is measured.
struct Parties<'a> {
    servers: Vec<Server>,
    parties: Vec<Party<'a>>,
    /// Of the peers.
    database: Option<postgres::Server>,
}

/// Measures every server; `tuples` is the size of the large world.
pub(super) async fn measure(
    places: &Places,
    settings: &Settings,
    tuples: u32,
    samples: &mut Samples,
) -> Result<(), Failure> {
    let (small, large) = (Ground::new(SMALL), Ground::new(tuples));
    let hello = servers::hello(places).await?;
    let mut all = Parties { servers: Vec::new(), parties: Vec::new(), database: None };
    all.product(places, (&small, &large)).await?;
    all.peers(places, (&small, &large)).await?;
    for run in 0..settings.runs {
        let rate = greet(places, settings.secs, &hello)?;
        samples.add("permission-hello", run, rate);
        for party in &mut all.parties {
            party.checks(places, settings.secs, run, samples)?;
            party.lists(run, samples).await?;
        }
        if let Some(party) = all.parties.iter().find(|party| party.metric == LARGE) {
            party.writes(places, settings.secs, run, samples)?;
        }
    }
    for server in all.servers {
        server.running.stop();
    }
    hello.running.stop();
    Ok(())
}

impl<'a> Parties<'a> {
    async fn product(
        &mut self,
        places: &Places,
        (small, large): (&'a Ground, &'a Ground),
    ) -> Result<(), Failure> {
        let product = product::Ground::new(places, "permissions")?;
        let mut stores = Vec::new();
        for (metric, ground) in [("permission-http-small", small), (LARGE, large)] {
            stores.push((
                metric,
                ground,
                import(&product.database(), &product.issuer(), (&ground.world, Ids::Short)).await?,
            ));
        }
        let server = product.start().await?;
        for (metric, ground, imported) in stores {
            let api = product.open((imported.store.as_str(), imported.model.as_str())).await?;
            self.parties.push(Party::new(places, metric, (&server, api), ground).await?);
        }
        self.servers.push(server);
        Ok(())
    }

    /// Those that can be had here.
    async fn peers(
        &mut self,
        places: &Places,
        (small, large): (&'a Ground, &'a Ground),
    ) -> Result<(), Failure> {
        let Some(program) = openfga::program(places) else {
            say::note("there is no OpenFGA server (it is built with Go): it is not compared with");
            return Ok(());
        };
        let database = &*self.database.insert(cte::database());
        let peers = [
            ("permission-openfga-memory", Datastore::Memory, small),
            ("permission-openfga-postgres", Datastore::Postgres(database), large),
        ];
        for (metric, datastore, ground) in peers {
            let (server, api) = openfga::start(places, &program, datastore, &ground.world).await?;
            self.parties.push(Party::new(places, metric, (&server, api), ground).await?);
            self.servers.push(server);
        }
        Ok(())
    }
}

/// What axum does that does nothing, asked as the others are.
fn greet(places: &Places, secs: u32, hello: &Server) -> Result<f64, Failure> {
    let script = places.root.join("bench/wrk/request.lua");
    let request =
        load::Request { port: hello.port, path: "/".to_owned(), authorization: None, form: None };
    Ok(load::run(&places.load_cpu, &script, secs, &request)?.rate())
}

impl<'a> Party<'a> {
    async fn new(
        places: &Places,
        metric: &'static str,
        (server, mut api): (&Server, Api),
        ground: &'a Ground,
    ) -> Result<Self, Failure> {
        let compared = ground.questions.get(..COMPARED).unwrap_or(&ground.questions);
        let digest = api.ask(metric, compared).await?;
        let bodies = places.scratch.join(format!("{metric}.jsonl"));
        let mut file = std::io::BufWriter::new(std::fs::File::create(&bodies)?);
        for question in &ground.questions {
            writeln!(file, "{}", api.question(question))?;
        }
        file.flush()?;
        Ok(Self { metric, pid: server.running.pid(), api, ground, bodies, digest })
    }

    fn checks(
        &self,
        places: &Places,
        secs: u32,
        run: u32,
        samples: &mut Samples,
    ) -> Result<(), Failure> {
        let cpu_before = process::cpu_ns(self.pid)?;
        let load = self.load(places, secs, false)?;
        let cpu_us = (process::cpu_ns(self.pid)? - cpu_before) / load.requests.max(1) / 1_000;
        let detail = json!({
            "decisions": self.digest, "p50_us": load.p50_us, "p99_us": load.p99_us,
            "cpu_us": cpu_us, "tuples": self.ground.world.edges.len(),
        });
        say::note(&format!("run {run}: {} {:.0}/s {detail}", self.metric, load.rate()));
        samples.detailed(self.metric, run, load.rate(), detail);
        Ok(())
    }

    /// All the checks that the server can take.
    fn load(&self, places: &Places, secs: u32, gives_way: bool) -> Result<Load, Failure> {
        let script = places.root.join("bench/wrk/bodies.lua");
        let path = self.api.path("check");
        let bodies = Bodies {
            port: self.api.port,
            path: &path,
            authorization: self.api.authorization.as_deref(),
            file: &self.bodies,
            gives_way,
        };
        load::run_bodies(&places.load_cpu, &script, secs, &bodies)
    }

    /// Writes beside the checks: when a check knows of each.
    fn writes(
        &self,
        places: &Places,
        secs: u32,
        run: u32,
        samples: &mut Samples,
    ) -> Result<(), Failure> {
        let args = [
            ("--port", self.api.port.to_string()),
            ("--store", self.api.store.clone()),
            ("--authorization", self.api.authorization.clone().unwrap_or_default()),
            ("--secs", secs.to_string()),
            ("--run", run.to_string()),
        ];
        let args = args.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
        // A commit would wait at the disk behind what others have left to be written.
        let _said = process::output(&places.load_cpu, Path::new("sync"), &[])?;
        let command = ["zanzibar", "visible"].map(str::to_owned);
        let args: Vec<String> = command.into_iter().chain(args).collect();
        let (said, load) = std::thread::scope(|scope| {
            // A second more, so that there is load from the first write to the last.
            let load = scope.spawn(|| self.load(places, secs + 1, true));
            std::thread::sleep(LEAD);
            let said = process::output(&places.load_cpu, &places.bench, &args);
            (said, load.join())
        });
        let load = load.map_err(|_| Failure::new("the load stopped"))??;
        let said: Value = serde_json::from_str(&said?)?;
        let p99 = said.get("p99_us").and_then(Value::as_f64).unwrap_or(f64::NAN) / 1e3;
        let detail = json!({ "writes": said, "checks_each_sec": load.rate() });
        say::note(&format!("run {run}: visible {detail}"));
        samples.detailed("permission-visible", run, p99, detail);
        Ok(())
    }

    /// The same list several times: the first result of each, and results per second.
    async fn lists(&mut self, run: u32, samples: &mut Samples) -> Result<(), Failure> {
        let mut rates = Vec::new();
        let mut firsts = Vec::new();
        for _ in 0..LISTS {
            let listed = self.api.list(self.metric, &self.ground.world.listed).await?;
            let count = u32::try_from(listed.count).unwrap_or(u32::MAX);
            rates.push(f64::from(count) / listed.all.as_secs_f64());
            firsts.push(listed.first.as_secs_f64() * 1e3);
        }
        let results = self.ground.world.listed.len();
        let (rate, first) = (middle(rates), middle(firsts));
        say::note(&format!(
            "run {run}: {} lists {results} at {rate:.0}/s, the first after {first:.2} ms",
            self.metric
        ));
        samples.detailed(&format!("{}-list", self.metric), run, rate, json!({ "of": results }));
        samples.add(&format!("{}-first", self.metric), run, first);
        Ok(())
    }
}

fn middle(values: Vec<f64>) -> f64 {
    crate::samples::median(values).unwrap_or(f64::NAN)
}
