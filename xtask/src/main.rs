//! Development tasks: `cargo xtask test|ci|tidy`.

use std::process::ExitCode;

use xtask::{say, tasks};

const USAGE: &str = "usage: cargo xtask <task>

  test [FILTER]   install what the tests need, then run all of them
  ci              what the gate runs: formatting, lints, test
  tidy            the rules of the house, with a report of file and function lengths";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let task = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let done = match task.as_str() {
        "test" => tasks::test(&rest),
        "ci" => tasks::ci(),
        "tidy" => tasks::tidy(),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say::note(&message);
            ExitCode::FAILURE
        }
    }
}
