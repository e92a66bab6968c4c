//! Running other programs.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::say;

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Runs a program at the root, shown before it starts.
///
/// # Errors
/// Says which program failed.
pub fn run(program: &str, args: &[&str]) -> Result<(), String> {
    run_in(&root(), program, args)
}

/// Runs a program in a directory.
///
/// # Errors
/// Says which program failed.
pub fn run_in(directory: &Path, program: &str, args: &[&str]) -> Result<(), String> {
    run_command(Command::new(program).args(args).current_dir(directory), program, args)
}

/// Runs a program at the root with more in its environment.
///
/// # Errors
/// Says which program failed.
pub fn run_with(program: &str, args: &[&str], environment: &[(&str, &str)]) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(args).current_dir(root()).envs(environment.iter().copied());
    run_command(&mut command, program, args)
}

fn run_command(command: &mut Command, program: &str, args: &[&str]) -> Result<(), String> {
    let shown = format!("{program} {}", args.join(" "));
    say::note(&format!("$ {shown}"));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` failed: {status}")),
        Err(error) => Err(format!("`{shown}` can't be started: {error}")),
    }
}

/// What a program prints, if it succeeds.
#[must_use]
pub fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).current_dir(root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The cargo that runs this task.
#[must_use]
pub fn cargo() -> String {
    option_env!("CARGO").map_or_else(|| "cargo".to_owned(), str::to_owned)
}
