//! The tasks.

use crate::{
    mutants, needs,
    run::{cargo, root, run, run_in, run_with},
    say, tidy,
};

/// Installs what the tests need, then runs all of them.
///
/// # Errors
/// The first thing that fails.
pub fn test(filter: &[String]) -> Result<(), String> {
    needs::ensure()?;
    let cargo = cargo();
    let mut args = vec!["test", "--workspace", "--locked"];
    args.extend(filter.iter().map(String::as_str));
    run(&cargo, &args)?;
    if !filter.is_empty() {
        return Ok(());
    }
    mutants::mutants(&[])?;
    let end_to_end = root().join("e2e");
    if end_to_end.exists() {
        run(&cargo, &["build", "--locked", "--package", "counterfoil"])?;
        run_in(&end_to_end, "node", &["--test", "--test-concurrency=1", "tests/"])?;
    }
    Ok(())
}

/// Asks the permission engine about many generated worlds, in release, and prints which. The second
/// opinion is the naive evaluator's, or that of another engine.
///
/// # Errors
/// The first world about which two answers differ, by its seed.
pub fn worlds(args: &[String]) -> Result<(), String> {
    let usage = "usage: cargo xtask worlds [--count N] [--from SEED] [--oracle fga|spicedb]";
    let (mut count, mut from, mut opinion) = (10_000u64, 0u64, "agreement");
    let mut args = args.iter();
    while let Some(name) = args.next() {
        let value = args.next().ok_or(usage)?;
        match (name.as_str(), value.as_str()) {
            ("--count", _) => count = value.parse().map_err(|_| usage)?,
            ("--from", _) => from = value.parse().map_err(|_| usage)?,
            ("--oracle", "fga") => opinion = "oracle::compare",
            ("--oracle", "spicedb") => opinion = "oracle::spicedb",
            _ => return Err(usage.to_owned()),
        }
    }
    if opinion != "agreement" {
        needs::ensure()?;
    }
    let seeds = format!("{from}..{}", from.saturating_add(count));
    let package = ["test", "--release", "--locked", "--package", "counterfoil-permission"];
    let test = ["--test", "it", opinion, "--", "--nocapture"];
    run_with(&cargo(), &[&package[..], &test].concat(), &[("COUNTERFOIL_WORLDS", &seeds)])
}

/// What the gate runs.
///
/// # Errors
/// The first thing that fails.
pub fn ci() -> Result<(), String> {
    let cargo = cargo();
    run(&cargo, &["fmt", "--all", "--check"])?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    run(&cargo, &clippy)?;
    test(&[])
}

/// The rules of the house, with a report.
///
/// # Errors
/// Every broken rule, one on a line.
pub fn tidy() -> Result<(), String> {
    for line in tidy::lengths::report(&root()) {
        say::note(&line);
    }
    let broken = tidy::check(&root());
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}
