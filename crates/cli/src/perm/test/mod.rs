//! `counterfoil perm test`: the tests of `.fga.yaml` files.

mod outcome;
mod report;
mod run;

use std::path::PathBuf;

use clap::Args;

use super::{files::StoreFile, model, output::OutputArgs};
use crate::{client::Output, failure::Failure};
use outcome::TestOutcome;

/// `counterfoil perm test`.
#[derive(Args, Debug)]
pub(super) struct TestArgs {
    /// Files in OpenFGA's format: a model, tuples and tests.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Read files that a test file names although they lie outside its directory.
    #[arg(long)]
    allow_external_files: bool,
    /// Tell of the tests that pass, too.
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// The tests of a file, as they went.
struct FileOutcome {
    file: PathBuf,
    tests: Vec<TestOutcome>,
}

pub(super) fn run(args: &TestArgs) -> Result<(), Failure> {
    let mut outcomes = Vec::with_capacity(args.files.len());
    for path in &args.files {
        let file = StoreFile::read(path, args.allow_external_files)?;
        let model = model::valid(&file.model).map_err(|failure| failure.about(path))?;
        let tests = run::tests(model, &file).map_err(|why| Failure::config(why).about(path))?;
        outcomes.push(FileOutcome { file: path.clone(), tests });
    }
    match args.output.chosen() {
        Output::Human => report::human(&outcomes, args.verbose),
        Output::Json => report::json(&outcomes),
    }
    let tests = outcomes.iter().flat_map(|outcome| &outcome.tests);
    match tests.filter(|test| !test.passed()).count() {
        0 => Ok(()),
        1 => Err(Failure::failed("1 test failed")),
        failed => Err(Failure::failed(format!("{failed} tests failed"))),
    }
}
