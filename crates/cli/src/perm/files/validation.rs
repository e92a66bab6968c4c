//! What `zed validate` reads: a schema, relationships and assertions in one file.

use std::{collections::BTreeMap, path::Path};

use counterfoil_permission::{import::zed, tuple::Context};
use serde::Deserialize;

use super::{StoreFile, TEXT_LIMIT, store::Place, store::Test, wrong, yaml, zed as spicedb};
use crate::{failure::Failure, perm::files::Check};

#[derive(Deserialize)]
struct Validation {
    schema: Option<String>,
    #[serde(rename = "schemaFile")]
    schema_file: Option<std::path::PathBuf>,
    relationships: Option<String>,
    assertions: Option<Assertions>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assertions {
    #[serde(rename = "assertTrue")]
    assert_true: Option<Vec<String>>,
    #[serde(rename = "assertFalse")]
    assert_false: Option<Vec<String>>,
    /// What is undecided for want of context, which is no answer here.
    #[serde(rename = "assertCaveated")]
    assert_caveated: Option<Vec<String>>,
}

/// Whether a file is such a one.
pub(super) fn is_validation(text: &str) -> bool {
    let begins = |line: &str| line.starts_with("schema:") || line.starts_with("schemaFile:");
    text.lines().any(begins)
}

/// Reads such a file. What it expects of whole relations (`validation`) is left out.
pub(super) fn read(path: &Path, text: &str, anywhere: bool) -> Result<StoreFile, Failure> {
    let file: Validation = yaml::parse(text).map_err(|error| wrong(path, &error))?;
    let model = match (&file.schema, &file.schema_file) {
        (Some(schema), _) => spicedb::model(path, schema)?,
        (None, Some(named)) => {
            let named = Place { path, anywhere }.find(named)?;
            spicedb::model(&named, &super::read(&named, TEXT_LIMIT)?)?
        }
        (None, None) => return Err(wrong(path, "it has neither `schema` nor `schemaFile`")),
    };
    let tuples = spicedb::tuples(file.relationships.as_deref().unwrap_or_default())
        .map_err(|error| wrong(path, &format!("relationships: {error}")))?;
    let asked = file.assertions.map(|asked| checks(asked).map_err(|error| wrong(path, &error)));
    let check = asked.transpose()?.unwrap_or_default();
    let test = Test {
        name: "assertions".to_owned(),
        tuples: vec![],
        check,
        list_objects: vec![],
        list_users: vec![],
    };
    Ok(StoreFile { name: None, model, tuples, tests: vec![test] })
}

fn checks(asked: Assertions) -> Result<Vec<Check>, String> {
    if asked.assert_caveated.is_some_and(|caveated| !caveated.is_empty()) {
        return Err("`assertCaveated` can't be run: give the context and assert an answer".into());
    }
    let lines = |lines: Option<Vec<String>>, expected| {
        lines.unwrap_or_default().into_iter().map(move |line| check(&line, expected))
    };
    lines(asked.assert_true, true).chain(lines(asked.assert_false, false)).collect()
}

/// `document:plan#view@user:anne with {"day": "monday"}`
fn check(line: &str, expected: bool) -> Result<Check, String> {
    let (relationship, context) = match line.split_once(" with ") {
        None => (line, Context::new()),
        Some((relationship, context)) => {
            let context = serde_json::from_str(context.trim());
            (relationship, context.map_err(|error| format!("`{line}`: {error}"))?)
        }
    };
    let tuple =
        zed::parse_relationship(relationship).map_err(|error| format!("`{line}`: {error}"))?;
    Ok(Check {
        users: vec![tuple.user().to_string()],
        objects: vec![tuple.object().to_string()],
        context,
        assertions: BTreeMap::from([(tuple.relation().to_string(), expected)]),
    })
}
