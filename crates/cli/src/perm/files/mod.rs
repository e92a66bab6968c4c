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
    language::{self, TEXT_LIMIT},
    model::{Model, SchemaVersion},
    tuple::Tuple,
};

use crate::failure::Failure;
pub(super) use store::{Check, ListObjects, ListUsers, StoreFile, Test, UserFilter};
pub(super) use tuples::{Written, WrittenCondition, parsed, tuples, written};

/// Longest file read that is no model: some hundred thousand tuples. More belongs into a store.
const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Reads a model: one file of the language, of JSON (`.json`), of SpiceDB's language (`.zed`), one
/// that holds tuples and tests besides (`.yaml`), or the files of its modules.
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
    if let [path] = paths {
        let text = read(path, TEXT_LIMIT)?;
        if extension(path) == "zed" {
            return zed::model(path, &text);
        }
        if is_json(path) || !is_module(&text) {
            return model_text(&text, is_json(path)).map_err(|error| wrong(path, &error));
        }
    }
    let mut modules = Vec::with_capacity(paths.len());
    for path in paths {
        let name = path.display().to_string();
        let module = language::parse_module(&read(path, TEXT_LIMIT)?, &name);
        modules.push(module.map_err(|errors| wrong(path, &errors.to_string()))?);
    }
    language::combine(SchemaVersion::V1_2, modules).map_err(Failure::from_display)
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

fn is_json(path: &Path) -> bool {
    extension(path) == "json"
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
