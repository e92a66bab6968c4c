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
use serde::Deserialize;

use crate::failure::Failure;

/// Longest file of tuples read: some hundred thousand tuples. More belongs into a store.
const TUPLES_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Reads a model: one file of the language, one of JSON (`.json`), or the files of its modules.
pub(super) fn model(paths: &[PathBuf]) -> Result<Model, Failure> {
    if let [path] = paths {
        let text = read(path, TEXT_LIMIT)?;
        if path.extension().is_some_and(|extension| extension == "json") {
            return language::from_json(&text).map_err(|error| wrong(path, &error.to_string()));
        }
        if !is_module(&text) {
            return language::parse(&text).map_err(|errors| wrong(path, &errors.to_string()));
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

/// Reads tuples: a JSON array as OpenFGA's tools write it.
pub(super) fn tuples(path: &Path) -> Result<Vec<Tuple>, Failure> {
    let text = read(path, TUPLES_BYTES_MAX)?;
    let written: Vec<Written> =
        serde_json::from_str(&text).map_err(|error| wrong(path, &error.to_string()))?;
    let number = |at: usize, text: String| wrong(path, &format!("tuple {}: {text}", at + 1));
    let mut tuples = Vec::with_capacity(written.len());
    for (at, written) in written.into_iter().enumerate() {
        let mut tuple = Tuple::parse(&written.object, &written.relation, &written.user)
            .map_err(|error| number(at, error.to_string()))?;
        if let Some(condition) = written.condition {
            tuple = tuple
                .with_condition(&condition.name, condition.context)
                .map_err(|error| number(at, error.to_string()))?;
        }
        tuples.push(tuple);
    }
    Ok(tuples)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    user: String,
    relation: String,
    object: String,
    condition: Option<WrittenCondition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCondition {
    name: String,
    #[serde(default)]
    context: serde_json::Map<String, serde_json::Value>,
}

/// Whether the first word of a text says that it is a module.
fn is_module(text: &str) -> bool {
    let lines = text.lines().map(str::trim);
    let first = lines.into_iter().find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.split_whitespace().next() == Some("module"))
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

/// Each line of what is wrong, behind the name of the file.
fn wrong(path: &Path, text: &str) -> Failure {
    let lines = text.lines().map(|line| format!("{}: {line}", path.display()));
    Failure::config(lines.collect::<Vec<_>>().join("\n"))
}
