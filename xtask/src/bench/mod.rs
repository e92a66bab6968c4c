//! `cargo xtask bench`: builds the product and the bench in the release profile, brings what the
//! bench needs, and hands over to it.

mod openfga;

use crate::{
    needs,
    run::{cargo, output, root, run, run_in},
    say,
};

/// What the bench needs of the system: a program and its Debian package.
const PROGRAMS: [(&str, &str); 3] = [
    ("wrk", "wrk"),
    ("taskset", "util-linux"),
    ("/usr/lib/postgresql/15/bin/initdb", "postgresql-15"),
];

/// Measures, prints the table, and fails where a target is missed. `args` are the bench's own:
/// `--rows a,b`, `--only permissions`, `--quick`, `--write`.
///
/// # Errors
/// What is missing, what failed, or how many targets were missed.
pub fn bench(args: &[String]) -> Result<(), String> {
    ensure_programs()?;
    let peer = root().join("bench/peers/oidc-provider");
    if !peer.join("node_modules/oidc-provider").exists() {
        run_in(&peer, "npm", &["ci", "--no-audit", "--no-fund", "--ignore-scripts"])?;
    }
    openfga::ensure()?;
    let packages = ["--package", "counterfoil", "--package", "counterfoil-bench"];
    let build = ["build", "--release", "--locked"];
    run(&cargo(), &[&build[..], &packages[..]].concat())?;
    let program = root().join("target/release/counterfoil-bench");
    let mut rest = vec!["run"];
    rest.extend(args.iter().map(String::as_str));
    run(&program.display().to_string(), &rest)
}

fn ensure_programs() -> Result<(), String> {
    let is_there = |program: &str| output("which", &[program]).is_some();
    let missing = PROGRAMS.iter().filter(|(program, _)| !is_there(program));
    let missing: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    say::note(&format!("missing: {}", missing.join(", ")));
    needs::install("the benchmarks", &missing)
}
