//! One part after another, each in a process of its own.

use super::serving;
use crate::{
    failure::Failure, process, report::Settings, rows::Row, samples::Samples, servers::Places,
};

/// Tuples of the world, and of a smoke run's.
const TUPLES: (u32, u32) = (1_000_000, 20_000);

/// Questions about it.
const QUESTIONS: (usize, usize) = (100_000, 2_000);

/// Measures what the rows need.
pub(crate) async fn measure(
    places: &Places,
    settings: &Settings,
    rows: &[&Row],
    samples: &mut Samples,
) -> Result<(), Failure> {
    let wanted = |id: &str| rows.iter().any(|row| row.id == id);
    let part = Part { places, settings };
    if wanted("permission-check") || wanted("permission-conditions") {
        samples.merge(part.check()?);
    }
    if wanted("permission-check") {
        samples.merge(part.cte()?);
    }
    if wanted("permission-writes") {
        samples.merge(part.writes()?);
    }
    if wanted("permission-http") || wanted("permission-list") {
        serving::measure(places, settings, part.tuples(), samples).await?;
    }
    Ok(())
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
