//! One part after another, each in a process of its own.

use super::{restart, serving};
use crate::{
    failure::Failure, process, report::Settings, rows::Row, samples::Samples, say, servers::Places,
};

/// Tuples of the world, and of a smoke run's.
const TUPLES: (u32, u32) = (1_000_000, 20_000);

/// Tuples of the world that is loaded, imported and opened again.
const LARGE: (u32, u32) = (10_000_000, 50_000);

/// Questions about it.
const QUESTIONS: (usize, usize) = (100_000, 2_000);

/// Measures what the rows need. A part that fails takes its own rows with it and no others: what
/// is not measured is missed.
pub(crate) async fn measure(
    places: &Places,
    settings: &Settings,
    rows: &[&Row],
    samples: &mut Samples,
) {
    let wanted = |ids: &[&str]| rows.iter().any(|row| ids.contains(&row.id));
    let part = Part { places, settings };
    if wanted(&["permission-check", "permission-conditions"]) {
        attempt("check", part.check().map(|said| samples.merge(said)));
    }
    if wanted(&["permission-check"]) {
        attempt("recursive query", part.cte().map(|said| samples.merge(said)));
    }
    if wanted(&["permission-writes"]) {
        attempt("writes", part.writes().map(|said| samples.merge(said)));
    }
    if wanted(&["permission-memory", "permission-load"]) {
        let tuples = if settings.quick { LARGE.1 } else { LARGE.0 };
        attempt("restart", restart::measure(places, settings, tuples, samples).await);
    }
    if wanted(&["permission-http", "permission-list", "permission-visible"]) {
        let tuples = part.tuples();
        attempt("serving", serving::measure(places, settings, tuples, samples).await);
    }
}

fn attempt(what: &str, ended: Result<(), Failure>) {
    if let Err(failure) = ended {
        say::note(&format!("NOT MEASURED, {what}: {failure}"));
    }
}

struct Part<'a> {
    places: &'a Places,
    settings: &'a Settings,
}

impl Part<'_> {
    fn check(&self) -> Result<Samples, Failure> {
        let mut args = self.asking("check");
        if self.settings.quick {
            args.push("--quick".to_owned());
        }
        self.child(&self.places.server_cpu, &args)
    }

    /// The database may have every core that there is.
    fn cte(&self) -> Result<Samples, Failure> {
        let args = [self.asking("cte"), self.lasting()].concat();
        self.child(&self.all_cpus(), &args)
    }

    fn writes(&self) -> Result<Samples, Failure> {
        let runs = ["--runs".to_owned(), self.settings.runs.to_string()];
        let command = ["zanzibar".to_owned(), "writes".to_owned()];
        let args = [&command[..], &runs, &self.lasting()].concat();
        self.child(&self.all_cpus(), &args)
    }

    /// How long, and where there is room.
    fn lasting(&self) -> Vec<String> {
        let (secs, scratch) = (self.settings.secs.to_string(), self.places.scratch.display());
        vec!["--secs".to_owned(), secs, "--scratch".to_owned(), scratch.to_string()]
    }

    fn all_cpus(&self) -> String {
        format!("{},{}", self.places.server_cpu, self.places.load_cpu)
    }

    fn tuples(&self) -> u32 {
        if self.settings.quick { TUPLES.1 } else { TUPLES.0 }
    }

    /// A command that asks all questions of the world.
    fn asking(&self, command: &str) -> Vec<String> {
        let questions = if self.settings.quick { QUESTIONS.1 } else { QUESTIONS.0 };
        let args = [
            ("--tuples", self.tuples().to_string()),
            ("--questions", questions.to_string()),
            ("--runs", self.settings.runs.to_string()),
        ];
        let args = args.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
        ["zanzibar".to_owned(), command.to_owned()].into_iter().chain(args).collect()
    }

    fn child(&self, cpus: &str, args: &[String]) -> Result<Samples, Failure> {
        let said = process::output(cpus, &self.places.bench, args)?;
        Ok(serde_json::from_str(&said)?)
    }
}
