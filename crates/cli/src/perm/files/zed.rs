//! What SpiceDB's tools write.

use std::path::Path;

use counterfoil_permission::{
    import::zed::{self, Finding},
    model::Model,
    tuple::Tuple,
};

use super::wrong;
use crate::{failure::Failure, say};

/// Reads a schema, and says what it says a little differently as a model.
pub(super) fn model(path: &Path, text: &str) -> Result<Model, Failure> {
    let imported = zed::parse(text).map_err(|findings| wrong(path, &lines(&findings)))?;
    for note in &imported.notes {
        say::note(&format!("{}: note: {note}", path.display()));
    }
    Ok(imported.model)
}

/// Reads relationships.
pub(super) fn tuples(text: &str) -> Result<Vec<Tuple>, String> {
    zed::parse_relationships(text).map_err(|errors| {
        let lines = errors.iter().map(|(line, error)| format!("line {line}: {error}"));
        lines.collect::<Vec<_>>().join("\n")
    })
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
