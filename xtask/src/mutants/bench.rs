//! A copy of a crate to break.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, io};

use super::{Mutant, Subject};
use crate::run::{cargo, root};

/// How much of the first difference is shown.
const SHOWN_CHARS: usize = 44;

pub(super) enum Verdict {
    Red { seed: String, what: String },
    Green,
}

/// A workspace of its own beside the real one's build, so that compiled dependencies are shared.
pub(super) struct Bench<'a> {
    subject: &'a Subject,
    workspace: PathBuf,
    package: PathBuf,
}

impl<'a> Bench<'a> {
    pub(super) fn lay(subject: &'a Subject) -> Result<Self, String> {
        let workspace = target_dir().join("mutants").join(subject.krate);
        let bench = Self { subject, package: workspace.join(subject.krate), workspace };
        bench.copy().map_err(|error| format!("no copy of `{}`: {error}", subject.krate))?;
        let built = bench.cargo(&["test", "--offline", "--quiet", "--no-run"])?;
        if built.status.success() {
            return Ok(bench);
        }
        Err(format!("the copy of `{}` does not compile:\n{}", subject.krate, text(&built.stderr)))
    }

    fn copy(&self) -> io::Result<()> {
        let root = root();
        let original = root.join("crates").join(self.subject.krate);
        if self.workspace.exists() {
            fs::remove_dir_all(&self.workspace)?;
        }
        copy_dir(&original.join("src"), &self.package.join("src"))?;
        let tests = self.package.join("tests/it");
        let mut harness = "#![allow(warnings, clippy::all, reason = \"a copy\")]\n".to_owned();
        for module in self.subject.modules {
            harness.push_str(&format!("mod {module};\n"));
            let folder = original.join("tests/it").join(module);
            if folder.is_dir() {
                copy_dir(&folder, &tests.join(module))?;
            } else {
                fs::create_dir_all(&tests)?;
                let file = format!("{module}.rs");
                fs::copy(original.join("tests/it").join(&file), tests.join(file))?;
            }
        }
        fs::write(tests.join("main.rs"), harness)?;
        let manifest = fs::read_to_string(original.join("Cargo.toml"))?;
        let manifest = manifest.replace("[lints]\nworkspace = true\n", "");
        fs::write(self.package.join("Cargo.toml"), manifest)?;
        let manifest = workspace_manifest(&root, self.subject.krate)?;
        fs::write(self.workspace.join("Cargo.toml"), manifest)?;
        fs::copy(root.join("Cargo.lock"), self.workspace.join("Cargo.lock"))?;
        Ok(())
    }

    pub(super) fn try_mutant(&self, mutant: &Mutant) -> Result<Verdict, String> {
        let mut originals = Vec::new();
        for edit in mutant.edits {
            let path = self.package.join("src").join(edit.file);
            let lost = |error| format!("`{}`: {}: {error}", mutant.name, edit.file);
            let source = fs::read_to_string(&path).map_err(lost)?;
            let found = source.matches(edit.from).count();
            if found != 1 {
                let Mutant { name, .. } = mutant;
                return Err(format!("`{name}`: {} has `{}` {found} times", edit.file, edit.from));
            }
            fs::write(&path, source.replace(edit.from, edit.to)).map_err(lost)?;
            originals.push((path, source));
        }
        let verdict = self.run(mutant);
        // The first version of each file last: two edits may share one.
        for (path, source) in originals.into_iter().rev() {
            fs::write(path, source).map_err(|error| error.to_string())?;
        }
        verdict
    }

    fn run(&self, mutant: &Mutant) -> Result<Verdict, String> {
        let built = self.cargo(&["test", "--offline", "--quiet", "--no-run"])?;
        if !built.status.success() {
            let errors = text(&built.stderr);
            return Err(format!("`{}` does not compile:\n{errors}", mutant.name));
        }
        let test = ["test", "--offline", "--quiet", "--test", "it", self.subject.test];
        let tested = self.cargo(&test)?;
        if tested.status.success() {
            return Ok(Verdict::Green);
        }
        let report = text(&tested.stdout);
        report
            .lines()
            .find_map(difference)
            .ok_or_else(|| format!("`{}` fails otherwise:\n{report}", mutant.name))
    }

    fn cargo(&self, arguments: &[&str]) -> Result<Output, String> {
        Command::new(cargo())
            .args(arguments)
            .current_dir(&self.workspace)
            .env("CARGO_TARGET_DIR", target_dir())
            .env("RUST_BACKTRACE", "0")
            .output()
            .map_err(|error| format!("cargo can't be started: {error}"))
    }
}

/// `seed 7: check document:1#viewer@user:alice` anywhere in a line.
fn difference(line: &str) -> Option<Verdict> {
    let (before, told) = line.split_once("seed ")?;
    let seed: String = told.chars().take_while(char::is_ascii_digit).collect();
    let what = told.strip_prefix(seed.as_str())?.trim_start_matches([':', ' ']);
    let what = if what.is_empty() { before } else { what };
    let what = what.chars().take(SHOWN_CHARS).collect();
    (!seed.is_empty()).then_some(Verdict::Red { seed, what })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn target_dir() -> PathBuf {
    // target/debug/xtask
    let built = std::env::current_exe().ok();
    let target = built.as_deref().and_then(|exe| exe.ancestors().nth(2)).map(Path::to_owned);
    target.unwrap_or_else(|| root().join("target"))
}

/// The real workspace's manifest, with one crate as its only member and real paths to the others.
fn workspace_manifest(root: &Path, krate: &str) -> io::Result<String> {
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    let crates = format!("path = \"{}/crates/", root.display());
    let lines =
        manifest.lines().filter(|line| !line.starts_with("default-members")).map(|line| match line
            .starts_with("members")
        {
            true => format!("members = [\"{krate}\"]"),
            false => line.replace("path = \"crates/", &crates),
        });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn copy_dir(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
