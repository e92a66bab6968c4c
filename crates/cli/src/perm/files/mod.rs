//! Models, tuples and tests in files.

mod csv;
mod store;
mod tuples;
mod validation;
mod yaml;
mod zed;

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use counterfoil_permission::{
    language::{self, Positions, TEXT_LIMIT},
    model::{Model, SchemaVersion},
    tuple::Tuple,
};

use crate::failure::Failure;
pub(super) use store::{Check, ListObjects, ListUsers, StoreFile, Test, UserFilter};
pub(super) use tuples::{Written, WrittenCondition, parsed, tuples, written};

/// Longest file read that is no model: some hundred thousand tuples. More belongs into a store.
const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Reads a model: one file of the language, of JSON (`.json`), of SpiceDB's language (`.zed`), one
/// that holds tuples and tests besides (`.yaml`), the files of its modules, or
/// the manifest (`fga.mod`) that names them.
pub(super) fn model(paths: &[PathBuf]) -> Result<Model, Failure> {
    Ok(model_and_tuples(paths)?.0)
}

/// Reads a model, and the tuples that the same file holds.
pub(super) fn model_and_tuples(paths: &[PathBuf]) -> Result<(Model, Vec<Tuple>), Failure> {
    let (_, model, tuples) = named_model_and_tuples(paths)?;
    Ok((model, tuples))
}

/// The same with the name that the file gives them.
pub(super) fn named_model_and_tuples(
    paths: &[PathBuf],
) -> Result<(Option<String>, Model, Vec<Tuple>), Failure> {
    if let [path] = paths
        && is_yaml(path)
    {
        let file = StoreFile::read(path, false)?;
        return Ok((file.name, file.model, file.tuples));
    }
    Ok((None, plain_model(paths)?, vec![]))
}

/// The text of a file.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    read(path, FILE_BYTES_MAX)
}

fn plain_model(paths: &[PathBuf]) -> Result<Model, Failure> {
    Ok(located(paths)?.0)
}

/// Reads a model with the places of its names, as far as its files are of the language.
pub(super) fn located(paths: &[PathBuf]) -> Result<(Model, Positions), Failure> {
    match paths {
        [path] if is_yaml(path) => Ok((model(paths)?, Positions::default())),
        [path] if extension(path) == "mod" => project(path),
        [path] => {
            let text = read(path, TEXT_LIMIT)?;
            match extension(path) {
                "zed" => Ok((zed::model(path, &text)?, Positions::default())),
                "json" => Ok((
                    model_text(&text, true).map_err(|error| wrong(path, &error))?,
                    Positions::default(),
                )),
                _ if is_module(&text) => modules(paths),
                _ => language::parse_located(&text)
                    .map_err(|errors| wrong(path, &errors.to_string())),
            }
        }
        _ => modules(paths),
    }
}

/// The model of a manifest (`fga.mod`), whose files lie beside it.
fn project(path: &Path) -> Result<(Model, Positions), Failure> {
    let beside = path.parent().unwrap_or(Path::new(""));
    let manifest = read(path, TEXT_LIMIT)?;
    let file = |name: &str| read(&beside.join(name), TEXT_LIMIT).ok();
    language::load_project(&manifest, file).map_err(|error| wrong(path, &error.to_string()))
}

fn modules(paths: &[PathBuf]) -> Result<(Model, Positions), Failure> {
    let mut modules = Vec::with_capacity(paths.len());
    let mut positions = Positions::default();
    for path in paths {
        let name = path.display().to_string();
        let module = language::parse_module_located(&read(path, TEXT_LIMIT)?, &name);
        let (module, places) = module.map_err(|errors| wrong(path, &errors.to_string()))?;
        modules.push(module);
        positions.add(places);
    }
    let model = language::combine(SchemaVersion::V1_2, modules).map_err(Failure::from_display)?;
    Ok((model, positions))
}

/// A model from its text.
fn model_text(text: &str, json: bool) -> Result<Model, String> {
    match json {
        true => language::from_json(text).map_err(|error| error.to_string()),
        false => language::parse(text).map_err(|errors| errors.to_string()),
    }
}

/// Whether the first word of a text says that it is a module.
fn is_module(text: &str) -> bool {
    let lines = text.lines().map(str::trim);
    let first = lines.into_iter().find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.split_whitespace().next() == Some("module"))
}

fn is_yaml(path: &Path) -> bool {
    matches!(extension(path), "yaml" | "yml")
}

/// The ending of a file's name; empty without one.
fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn read(path: &Path, bytes_max: usize) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::not_found(format!("{}: {error}", path.display()));
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limit.saturating_add(1)).read_to_string(&mut text).map_err(failed)?;
    if text.len() > bytes_max {
        return Err(wrong(path, &format!("longer than {bytes_max} bytes")));
    }
    Ok(text)
}

/// What is wrong with a file.
fn wrong(path: &Path, text: &str) -> Failure {
    Failure::config(text).about(path)
}
