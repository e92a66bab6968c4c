use std::collections::{BTreeMap, BTreeSet};

use super::super::error::quote;
use super::super::limits::{NESTING_LIMIT, TEXT_LIMIT};
use super::super::name::Named;
use super::error::{JsonError, JsonErrorKind};
use super::node::{Node, Read};
use super::rewrite::rewrite;
use super::tree::Tree;
use crate::model::{
    Condition, Model, Origin, ParameterType, Relation, Restricted, SchemaVersion, TypeDefinition,
    TypeRestriction,
};

/// Reads a model from OpenFGA's JSON form.
///
/// Relations, conditions and parameters keep the order of the text. Fields without a meaning for a
/// model (`id`, say) are ignored, as OpenFGA does. What the names in it refer to is the
/// validator's question. The text may have [`TEXT_LIMIT`] bytes and operators nest
/// [`NESTING_LIMIT`] levels deep. Blanks around an expression are not kept.
///
/// ```
/// use counterfoil_permission::language::{from_json, print};
///
/// let model = from_json(
///     r#"{"schema_version": "1.1", "type_definitions": [
///         {"type": "user"},
///         {"type": "order",
///          "relations": {"owner": {"this": {}}, "viewer": {"computedUserset": {"relation": "owner"}}},
///          "metadata": {"relations": {"owner": {"directly_related_user_types": [{"type": "user"}]}}}}
///     ]}"#,
/// )?;
/// assert!(print(&model)?.ends_with("define owner: [user]\n    define viewer: owner\n"));
///
/// let error = from_json(r#"{"schema_version": "1.1", "type_definitions": [{"type": 1}]}"#);
/// assert_eq!(
///     error.unwrap_err().to_string(),
///     "/type_definitions/0/type: found a number or boolean, expected a string",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The first thing wrong: no JSON, a missing field, a name given twice, an unknown shape, version
/// or parameter type, or a limit passed.
pub fn from_json(text: &str) -> Result<Model, JsonError> {
    let fail = |kind| JsonError { path: String::new(), kind };
    if text.len() > TEXT_LIMIT {
        return Err(fail(JsonErrorKind::TextTooLong));
    }
    let tree: Tree = serde_json::from_str(text)
        .map_err(|error| fail(JsonErrorKind::NotJson { reason: error.to_string() }))?;
    let root = Node::root(&tree);
    let version = root.required("schema_version")?;
    let schema = SchemaVersion::parse(version.text()?).ok_or_else(|| {
        let found = version.text().map(quote).unwrap_or_default();
        version.fail(JsonErrorKind::UnknownSchema { found })
    })?;
    let mut names = BTreeSet::new();
    let mut types = Vec::new();
    for node in root.field_items("type_definitions")? {
        let definition = type_definition(&node)?;
        if !names.insert(definition.name.clone()) {
            let name = quote(&definition.name);
            return Err(node.fail(JsonErrorKind::Duplicate { name }));
        }
        types.push(definition);
    }
    let conditions = root.field_entries("conditions")?;
    let conditions = conditions.iter().map(|(name, node)| condition(name, node));
    Ok(Model { schema, types, conditions: conditions.collect::<Read<_>>()? })
}

fn type_definition(node: &Node<'_>) -> Read<TypeDefinition> {
    let name = node.required("type")?.name(Named::Type)?;
    let metadata = node.field("metadata")?;
    let mut about: BTreeMap<_, _> = match &metadata {
        Some(metadata) => metadata.field_entries("relations")?.into_iter().collect(),
        None => BTreeMap::new(),
    };
    let mut relations = Vec::new();
    for (name, node) in node.field_entries("relations")? {
        relations.push(relation(name, &node, about.remove(name).as_ref())?);
    }
    if let Some(stray) = about.values().next() {
        return Err(stray.fail(JsonErrorKind::StrayRestrictions));
    }
    Ok(TypeDefinition { name, relations, origin: origin(metadata.as_ref())? })
}

fn relation(name: &str, node: &Node<'_>, about: Option<&Node<'_>>) -> Read<Relation> {
    let name = node.checked(name, Named::Relation)?;
    let rewrite = rewrite(node, 1)?;
    let mut restrictions = Vec::new();
    if let Some(about) = about {
        for node in about.field_items("directly_related_user_types")? {
            restrictions.push(restriction(&node)?);
        }
        if !restrictions.is_empty() && !rewrite.is_direct() {
            return Err(about.fail(JsonErrorKind::StrayRestrictions));
        }
    }
    Ok(Relation { name, rewrite, restrictions, origin: origin(about)? })
}

fn restriction(node: &Node<'_>) -> Read<TypeRestriction> {
    let type_name = node.required("type")?.name(Named::Type)?;
    let relation = node.optional_text("relation")?;
    let wildcard = node.field("wildcard")?;
    if let Some(wildcard) = &wildcard {
        wildcard.entries()?;
    }
    let what = match (relation, wildcard) {
        (Some(_), Some(_)) => return Err(node.fail(JsonErrorKind::UsersetAndWildcard)),
        (Some(relation), None) => Restricted::Userset(relation.name(Named::Relation)?),
        (None, Some(_)) => Restricted::Wildcard,
        (None, None) => Restricted::Object,
    };
    let condition = node.optional_text("condition")?;
    let condition = condition.map(|condition| condition.name(Named::Condition)).transpose()?;
    Ok(TypeRestriction { type_name, what, condition })
}

fn origin(metadata: Option<&Node<'_>>) -> Read<Origin> {
    let Some(metadata) = metadata else { return Ok(Origin::default()) };
    let text = |node: Node<'_>| node.text().map(str::to_owned);
    let module = metadata.optional_text("module")?.map(text).transpose()?;
    let file = match metadata.field("source_info")? {
        Some(source) => source.optional_text("file")?.map(text).transpose()?,
        None => None,
    };
    Ok(Origin { module, file })
}

fn condition(entry: &str, node: &Node<'_>) -> Read<Condition> {
    let name = node.checked(entry, Named::Condition)?;
    let inner = node.required("name")?;
    if inner.text()? != name {
        return Err(inner.fail(JsonErrorKind::ConditionName));
    }
    let expression = node.required("expression")?.text()?.trim().to_owned();
    let mut parameters = Vec::new();
    for (name, node) in node.field_entries("parameters")? {
        parameters.push((node.checked(name, Named::Parameter)?, parameter_type(&node, 1)?));
    }
    let origin = origin(node.field("metadata")?.as_ref())?;
    Ok(Condition { name, parameters, expression, origin })
}

fn parameter_type(node: &Node<'_>, level: usize) -> Read<ParameterType> {
    if level > NESTING_LIMIT {
        return Err(node.fail(JsonErrorKind::TooDeep));
    }
    let type_name = node.required("type_name")?;
    let upper = type_name.text()?;
    let unknown = || type_name.fail(JsonErrorKind::UnknownParameterType { found: quote(upper) });
    let lower = upper.strip_prefix("TYPE_NAME_").map(str::to_ascii_lowercase);
    let lower = lower.filter(|_| !upper.contains(|letter: char| letter.is_ascii_lowercase()));
    let Some(lower) = lower else { return Err(unknown()) };
    let generic = node.field_items("generic_types")?;
    let container: fn(Box<ParameterType>) -> ParameterType = match (lower.as_str(), generic.len()) {
        ("list", 1) => ParameterType::List,
        ("map", 1) => ParameterType::Map,
        ("list" | "map", _) => return Err(node.fail(JsonErrorKind::GenericTypes)),
        (scalar, held) => {
            let scalar = ParameterType::scalar(scalar).ok_or_else(unknown)?;
            if held > 0 {
                return Err(node.fail(JsonErrorKind::GenericTypes));
            }
            return Ok(scalar);
        }
    };
    let Some(inner) = generic.first() else {
        return Err(node.fail(JsonErrorKind::GenericTypes));
    };
    Ok(container(Box::new(parameter_type(inner, level.saturating_add(1))?)))
}
