use std::path::Path;

use counterfoil_permission::{import::moment, tuple::Tuple};
use serde::{Deserialize, Serialize};

use super::{FILE_BYTES_MAX, csv, extension, read, wrong, yaml, zed};
use crate::failure::Failure;

/// A tuple as files and OpenFGA's API write it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    pub(crate) user: String,
    pub(crate) relation: String,
    pub(crate) object: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) condition: Option<WrittenCondition>,
    /// When it ends: `2030-01-31T12:00:00Z`. OpenFGA has no such thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<String>,
}

/// Its condition.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenCondition {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Reads a file of tuples: JSON, a tuple a line (`.jsonl`), YAML, CSV, or relationships of SpiceDB.
pub(crate) fn written(path: &Path) -> Result<Vec<Written>, Failure> {
    let text = read(path, FILE_BYTES_MAX)?;
    let found = match extension(path) {
        "json" => serde_json::from_str(&text).map_err(|error| error.to_string()),
        "jsonl" | "ndjson" => lines(&text),
        "yaml" | "yml" => yaml::parse(&text),
        "csv" => csv::parse(&text),
        "txt" => zed::tuples(&text).map(|tuples| tuples.iter().map(Written::of).collect()),
        other => Err(format!(
            "tuples come in files that end in .json, .jsonl, .yaml, .csv or .txt, not `{other}`"
        )),
    };
    found.map_err(|error| wrong(path, &error))
}

/// Reads a file of tuples and parses their names.
pub(crate) fn tuples(path: &Path) -> Result<Vec<Tuple>, Failure> {
    parsed(&written(path)?).map_err(|error| wrong(path, &error))
}

/// Parses the names of tuples.
pub(crate) fn parsed(written: &[Written]) -> Result<Vec<Tuple>, String> {
    let tuples = written.iter().enumerate();
    tuples
        .map(|(at, written)| {
            written.tuple().map_err(|error| format!("tuple {}: {error}", at.saturating_add(1)))
        })
        .collect()
}

impl Written {
    /// A tuple without a condition.
    pub(crate) fn new(user: &str, relation: &str, object: &str) -> Self {
        let (user, relation, object) = (user.to_owned(), relation.to_owned(), object.to_owned());
        Self { user, relation, object, condition: None, expires_at: None }
    }

    /// A tuple as it is written.
    pub(crate) fn of(tuple: &Tuple) -> Self {
        let condition = tuple.condition().map(|condition| WrittenCondition {
            name: condition.name().to_owned(),
            context: Some(condition.context().clone()),
        });
        Self {
            user: tuple.user().to_string(),
            relation: tuple.relation().to_string(),
            object: tuple.object().to_string(),
            condition,
            expires_at: tuple.expires_at().and_then(moment::print),
        }
    }

    fn tuple(&self) -> Result<Tuple, String> {
        let mut tuple = Tuple::parse(&self.object, &self.relation, &self.user)
            .map_err(|error| error.to_string())?;
        if let Some(text) = &self.expires_at {
            let moment = moment::parse(text);
            tuple = tuple.with_expiry(moment.ok_or_else(|| {
                format!("`{text}` is no moment: expected one such as `2030-01-31T12:00:00Z`")
            })?);
        }
        let Some(condition) = &self.condition else { return Ok(tuple) };
        let context = condition.context.clone().unwrap_or_default();
        tuple.with_condition(&condition.name, context).map_err(|error| error.to_string())
    }
}

fn lines(text: &str) -> Result<Vec<Written>, String> {
    let filled = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    filled
        .map(|(at, line)| {
            serde_json::from_str(line)
                .map_err(|error| format!("line {}: {error}", at.saturating_add(1)))
        })
        .collect()
}
