//! What the tests need beyond a Rust toolchain and gcc. Installed where that is possible (root on
//! Debian); otherwise the exact command is printed and the task fails. Nothing is skipped.

use std::path::Path;

use crate::{
    peers,
    run::{output, run},
    say,
};

/// A Debian package and a file by which it is known to be there.
struct Package {
    name: &'static str,
    file: &'static str,
    why: &'static str,
}

const PACKAGES: [Package; 2] = [
    Package {
        name: "postgresql-15",
        file: "/usr/lib/postgresql/15/bin/initdb",
        why: "the second storage engine",
    },
    Package { name: "chromium", file: "/usr/bin/chromium", why: "the pages and the lab" },
];

/// Oldest Node.js that the end-to-end tests run on.
const NODE_MAJOR_MIN: u32 = 20;

/// Installs what is missing.
///
/// # Errors
/// Says what is missing and how to get it.
pub fn ensure() -> Result<(), String> {
    ensure_packages()?;
    ensure_node()?;
    peers::ensure()
}

fn ensure_packages() -> Result<(), String> {
    let missing: Vec<&Package> =
        PACKAGES.iter().filter(|package| !Path::new(package.file).exists()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    for package in &missing {
        say::note(&format!("{} is missing: {}", package.name, package.why));
    }
    install("the tests", &names)
}

/// Installs Debian packages where that may be done; otherwise says how to.
///
/// # Errors
/// Says what to run, or what failed.
pub(crate) fn install(what: &str, names: &[&str]) -> Result<(), String> {
    let command = format!("apt-get install -y --no-install-recommends {}", names.join(" "));
    let is_root = output("id", &["-u"]).is_some_and(|id| id.trim() == "0");
    if !is_root || !Path::new("/usr/bin/apt-get").exists() {
        return Err(format!("{what} need more than is here; run: sudo {command}"));
    }
    run("apt-get", &["update", "-q"])?;
    // Nothing is asked: there may be nobody to answer.
    run("sh", &["-c", &format!("DEBIAN_FRONTEND=noninteractive {command}")])
}

fn ensure_node() -> Result<(), String> {
    let version = output("node", &["--version"]).unwrap_or_default();
    let major: Option<u32> =
        version.trim().trim_start_matches('v').split('.').next().and_then(|v| v.parse().ok());
    match major {
        Some(major) if major >= NODE_MAJOR_MIN => Ok(()),
        _ => Err(format!(
            "the end-to-end tests need Node.js {NODE_MAJOR_MIN} or newer; found `{}`",
            version.trim()
        )),
    }
}
