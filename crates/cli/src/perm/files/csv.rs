//! Tuples in CSV, with the columns of OpenFGA's tools.

use serde::Deserialize;

use super::tuples::{Written, WrittenCondition};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    user_type: String,
    user_id: String,
    #[serde(default)]
    user_relation: String,
    relation: String,
    object_type: String,
    object_id: String,
    #[serde(default)]
    condition_name: String,
    #[serde(default)]
    condition_context: String,
}

/// Reads tuples below a row that names the columns.
pub(super) fn parse(text: &str) -> Result<Vec<Written>, String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut found = Vec::new();
    for row in reader.deserialize() {
        let row: Row = row.map_err(|error| error.to_string())?;
        found.push(row.written()?);
    }
    Ok(found)
}

impl Row {
    fn written(self) -> Result<Written, String> {
        let mut user = format!("{}:{}", self.user_type, self.user_id);
        if !self.user_relation.is_empty() {
            user = format!("{user}#{}", self.user_relation);
        }
        let object = format!("{}:{}", self.object_type, self.object_id);
        let context = match self.condition_context.trim() {
            "" => serde_json::Map::new(),
            text => serde_json::from_str(text)
                .map_err(|error| format!("the condition_context of {object}: {error}"))?,
        };
        let condition = match self.condition_name.is_empty() {
            true if context.is_empty() => None,
            true => return Err(format!("{object}: condition_context without condition_name")),
            false => Some(WrittenCondition { name: self.condition_name, context: Some(context) }),
        };
        Ok(Written { user, relation: self.relation, object, condition, expires_at: None })
    }
}
