//! OpenFGA's server, the permission engine's peer: built from its Go module.

use std::path::Path;

use crate::{
    run::{output, root, run},
    say,
};

/// Where Go's own archive puts it, for those who have not said so in their `PATH`.
const GO: [&str; 2] = ["go", "/usr/local/go/bin/go"];

/// Builds the server once. Where there is no Go, the bench goes on without it and its rows are not
/// measured.
///
/// # Errors
/// Says why it could not be built.
pub(super) fn ensure() -> Result<(), String> {
    let module = root().join("bench/peers/openfga/module.txt");
    let module = std::fs::read_to_string(&module)
        .map_err(|error| format!("{}: {error}", module.display()))?;
    let (place, built) =
        (root().join("target/bench/go"), root().join("target/bench/go/module.txt"));
    let is_there = std::fs::read_to_string(&built).is_ok_and(|text| text == module);
    if is_there && place.join("openfga").exists() {
        return Ok(());
    }
    let Some(go) = GO.iter().find(|go| output(go, &["version"]).is_some()) else {
        say::note("Go is not here: OpenFGA's server can't be built, and is not compared with");
        return Ok(());
    };
    say::note("building OpenFGA's server: this takes some minutes, once");
    install(go, &place, module.trim())?;
    std::fs::write(&built, &module).map_err(|error| format!("{}: {error}", built.display()))
}

fn install(go: &str, place: &Path, module: &str) -> Result<(), String> {
    let bin = format!("GOBIN={}", place.display());
    run("env", &[&bin, go, "install", "-trimpath", module])
}
