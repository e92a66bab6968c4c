//! The tasks.

use crate::{
    needs,
    run::{cargo, root, run, run_in},
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
    mutants()?;
    let end_to_end = root().join("e2e");
    if end_to_end.exists() {
        run(&cargo, &["build", "--locked", "--package", "counterfoil"])?;
        run_in(&end_to_end, "node", &["--test", "--test-concurrency=1", "tests/"])?;
    }
    Ok(())
}

/// Breaks the shipping code of the freshness protocol in each known way and makes sure that the
/// simulation turns red, with its seed.
///
/// # Errors
/// Names a mutant that stayed green.
pub fn mutants() -> Result<(), String> {
    run(&cargo(), &["run", "--locked", "--package", "counterfoil-feed", "--example", "mutants"])
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
