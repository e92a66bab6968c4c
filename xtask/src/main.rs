//! Development tasks: `cargo xtask test|needs|ci|bench|mutants|worlds|tidy`.

use std::process::ExitCode;

use xtask::{bench, mutants, needs, say, tasks};

const USAGE: &str = "usage: cargo xtask <task>

  test [FILTER]   install what the tests need, then run all of them
  needs           only installs what the tests need
  ci              what the gate runs: formatting, lints, test
  bench [ARGS]    measure the product beside its peers; --rows a,b  --only permissions
                  --quick  --write
  mutants [PART]  break the freshness protocol and the permission engine in each known way; every
                  fault must turn the tests red
  worlds [ARGS]   ask the permission engine about many generated worlds; --count N  --from SEED
                  --oracle fga|spicedb
  tidy            the rules of the house, with a report of file and function lengths";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let task = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let done = match task.as_str() {
        "test" => tasks::test(&rest),
        "needs" => needs::ensure(),
        "ci" => tasks::ci(),
        "bench" => bench::bench(&rest),
        "mutants" => mutants::mutants(&rest),
        "worlds" => tasks::worlds(&rest),
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
