//! The configuration of `serve`: a TOML file, overridden by the environment.

mod check;
mod keys;
mod problem;
mod reader;
mod reference;
mod sources;
mod suggest;

use std::{ffi::OsString, path::Path};

use crate::failure::Failure;
use problem::Problem;
use reader::Reader;
use sources::Sources;

pub(crate) use check::{Admin, Settings, Storage};
pub(crate) use reference::reference;

/// Reads and checks a configuration.
///
/// # Errors
/// Every problem on a line of its own.
pub(crate) fn load(file: Option<&Path>) -> Result<Settings, Failure> {
    read(file, std::env::vars_os()).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::config(lines.join("\n"))
    })
}

/// Shows each key with its value, secrets apart, and where the value comes from.
pub(crate) fn show(file: Option<&Path>) -> Vec<String> {
    match reader(file, std::env::vars_os()) {
        Ok(mut reader) => reference::show(&mut reader),
        Err(_) => Vec::new(),
    }
}

fn read(
    file: Option<&Path>,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Settings, Vec<Problem>> {
    let mut reader = reader(file, variables).map_err(|problem| vec![problem])?;
    match (check::settings(&mut reader), reader.into_problems()) {
        (Some(settings), problems) if problems.is_empty() => Ok(settings),
        (_, problems) => Err(problems),
    }
}

fn reader(
    file: Option<&Path>,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Reader, Problem> {
    let mut sources = Sources::default();
    let mut problems = Vec::new();
    if let Some(file) = file {
        sources.read_file(file, &mut problems)?;
    }
    sources.read_environment(variables, &mut problems);
    Ok(Reader::new(sources, problems))
}
