//! Applies each fault of the list to a copy of this crate, runs the simulation against the copy,
//! and demands that it turns red: `cargo run -p counterfoil-feed --example mutants`.
//!
//! A name, or a part of one, as argument runs those alone.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a development tool"
)]

mod list;

use list::{MUTANTS, Mutant};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let bench = Bench::lay();
    let mut green = 0;
    println!("{:<8} {:<4} fault", "seed", "rule");
    for mutant in MUTANTS.iter().filter(|mutant| mutant.name.contains(&wanted)) {
        match bench.try_mutant(mutant) {
            Verdict::Red { seed, rule } => println!("{seed:<8} {rule:<4} {}", mutant.name),
            Verdict::Green => {
                green += 1;
                println!("{:<8} {:<4} {}", "GREEN", "-", mutant.name);
            }
        }
    }
    if green == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

enum Verdict {
    Red { seed: String, rule: String },
    Green,
}

/// A workspace of its own beside the real one's build, so that compiled dependencies are shared.
struct Bench {
    root: PathBuf,
    package: PathBuf,
    workspace: PathBuf,
}

impl Bench {
    fn lay() -> Self {
        let feed = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let root = feed.join("../..").canonicalize().unwrap();
        let workspace = target_dir(&root).join("mutants");
        let package = workspace.join("feed");
        _ = std::fs::remove_dir_all(&workspace);
        copy_dir(&feed.join("src"), &package.join("src"));
        copy_dir(&feed.join("tests/it/sim"), &package.join("tests/it/sim"));
        let harness = "#![allow(warnings, clippy::all, reason = \"a copy\")]\nmod sim;\n";
        std::fs::write(package.join("tests/it/main.rs"), harness).unwrap();
        let manifest = std::fs::read_to_string(feed.join("Cargo.toml")).unwrap();
        let manifest = manifest.replace("[lints]\nworkspace = true\n", "");
        std::fs::write(package.join("Cargo.toml"), manifest).unwrap();
        std::fs::write(workspace.join("Cargo.toml"), workspace_manifest(&root)).unwrap();
        std::fs::copy(root.join("Cargo.lock"), workspace.join("Cargo.lock")).unwrap();
        Self { root, package, workspace }
    }

    fn try_mutant(&self, mutant: &Mutant) -> Verdict {
        let mut originals = Vec::new();
        for edit in mutant.edits {
            let path = self.package.join("src").join(edit.file);
            let source = std::fs::read_to_string(&path).unwrap();
            let found = source.matches(edit.from).count();
            assert_eq!(
                found, 1,
                "`{}`: {} has `{}` {found} times",
                mutant.name, edit.file, edit.from
            );
            std::fs::write(&path, source.replace(edit.from, edit.to)).unwrap();
            originals.push((path, source));
        }
        let verdict = self.run(mutant);
        // The first version of each file last: two edits may share one.
        for (path, source) in originals.into_iter().rev() {
            std::fs::write(path, source).unwrap();
        }
        verdict
    }

    fn run(&self, mutant: &Mutant) -> Verdict {
        let run = |arguments: &[&str]| {
            Command::new(env!("CARGO"))
                .args(arguments)
                .current_dir(&self.workspace)
                .env("CARGO_TARGET_DIR", target_dir(&self.root))
                .env("RUST_BACKTRACE", "0")
                .output()
                .unwrap()
        };
        let built = run(&["test", "--offline", "--quiet", "--no-run"]);
        let errors = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "`{}` does not compile:\n{errors}", mutant.name);
        let tested = run(&["test", "--offline", "--quiet", "--test", "it", "the_properties_hold"]);
        let report = String::from_utf8_lossy(&tested.stdout).into_owned();
        let broken = report.lines().find_map(|line| line.strip_prefix("seed "));
        match broken.and_then(|line| line.split_once(": ")) {
            Some((seed, rule)) if !tested.status.success() => {
                Verdict::Red { seed: seed.to_owned(), rule: rule.chars().take(2).collect() }
            }
            _ => {
                assert!(tested.status.success(), "`{}` fails otherwise:\n{report}", mutant.name);
                Verdict::Green
            }
        }
    }
}

fn target_dir(root: &Path) -> PathBuf {
    // target/debug/examples/mutants
    let exe = std::env::current_exe().unwrap();
    exe.ancestors().nth(3).map_or_else(|| root.join("target"), Path::to_path_buf)
}

/// The real workspace's manifest, with this crate as its only member and real paths to the others.
fn workspace_manifest(root: &Path) -> String {
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let crates = format!("path = \"{}/crates/", root.display());
    manifest
        .lines()
        .filter(|line| !line.starts_with("default-members"))
        .map(|line| match line.starts_with("members") {
            true => "members = [\"feed\"]".to_owned(),
            false => line.replace("path = \"crates/", &crates),
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
