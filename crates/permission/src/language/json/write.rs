use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use crate::model::{
    Condition, Model, Origin, ParameterType, Relation, Restricted, Rewrite, TypeDefinition,
    TypeRestriction,
};

/// Writes a model in OpenFGA's JSON form, without blanks, in the order of the model.
///
/// Nothing is lost: reading the text with [`from_json`](super::from_json) gives the same model,
/// order, modules and files included. A reader that sorts the names of objects keeps everything
/// but the order of relations, conditions and parameters, which has no meaning.
///
/// Operators may nest as deep as [`NESTING_LIMIT`](crate::language::NESTING_LIMIT), which every
/// model that was read keeps.
///
/// ```
/// use counterfoil_permission::language::{parse, to_json};
///
/// let model = parse("model\nschema 1.1\ntype user\ntype a\nrelations\ndefine b: [user]")?;
/// assert_eq!(
///     to_json(&model),
///     concat!(
///         r#"{"schema_version":"1.1","type_definitions":[{"type":"user"},"#,
///         r#"{"type":"a","relations":{"b":{"this":{}}},"metadata":{"relations":{"b":"#,
///         r#"{"directly_related_user_types":[{"type":"user"}]}}}}]}"#,
///     ),
/// );
/// # Ok::<(), counterfoil_permission::language::SyntaxErrors>(())
/// ```
#[must_use]
pub fn to_json(model: &Model) -> String {
    // The values below are strings, lists and objects with string keys: writing them to memory
    // has no way to fail.
    serde_json::to_string(&Form(model)).unwrap_or_default()
}

/// Something in its JSON form.
struct Form<'a, T: ?Sized>(&'a T);

struct Empty;

impl Serialize for Empty {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_map(Some(0))?.end()
    }
}

impl Serialize for Form<'_, Model> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema_version", self.0.schema.as_str())?;
        map.serialize_entry("type_definitions", &Form(self.0.types.as_slice()))?;
        if !self.0.conditions.is_empty() {
            let entries = self.0.conditions.iter().map(|found| (found.name.as_str(), Form(found)));
            let conditions = Entries(entries.collect());
            map.serialize_entry("conditions", &conditions)?;
        }
        map.end()
    }
}

impl<T> Serialize for Form<'_, [T]>
where
    for<'b> Form<'b, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for item in self.0 {
            list.serialize_element(&Form(item))?;
        }
        list.end()
    }
}

/// An object with these entries, in order.
struct Entries<'a, V>(Vec<(&'a str, V)>);

impl<V: Serialize> Serialize for Entries<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Serialize for Form<'_, TypeDefinition> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let definition = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &definition.name)?;
        if !definition.relations.is_empty() {
            let entries = definition
                .relations
                .iter()
                .map(|found| (found.name.as_str(), Form(&found.rewrite)));
            let relations = Entries(entries.collect());
            map.serialize_entry("relations", &relations)?;
        }
        if !definition.relations.is_empty() || definition.origin != Origin::default() {
            map.serialize_entry("metadata", &TypeMetadata(definition))?;
        }
        map.end()
    }
}

struct TypeMetadata<'a>(&'a TypeDefinition);

impl Serialize for TypeMetadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.0.relations.is_empty() {
            let entries = self.0.relations.iter().map(|found| (found.name.as_str(), Form(found)));
            let relations = Entries(entries.collect());
            map.serialize_entry("relations", &relations)?;
        }
        write_origin(&mut map, &self.0.origin)?;
        map.end()
    }
}

impl Serialize for Form<'_, Relation> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.0.restrictions.is_empty() {
            let restrictions = Form(self.0.restrictions.as_slice());
            map.serialize_entry("directly_related_user_types", &restrictions)?;
        }
        write_origin(&mut map, &self.0.origin)?;
        map.end()
    }
}

impl Serialize for Form<'_, TypeRestriction> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.0.type_name)?;
        match &self.0.what {
            Restricted::Object => {}
            Restricted::Userset(relation) => map.serialize_entry("relation", relation)?,
            Restricted::Wildcard => map.serialize_entry("wildcard", &Empty)?,
        }
        if let Some(condition) = &self.0.condition {
            map.serialize_entry("condition", condition)?;
        }
        map.end()
    }
}

/// An object with one entry.
struct Only<'a, V>(&'a str, V);

impl<V: Serialize> Serialize for Only<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, &self.1)])
    }
}

impl Serialize for Form<'_, Rewrite> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self.0 {
            Rewrite::This => map.serialize_entry("this", &Empty)?,
            Rewrite::Computed { relation } => {
                map.serialize_entry("computedUserset", &Only("relation", relation))?;
            }
            Rewrite::TupleToUserset { .. } => {
                map.serialize_entry("tupleToUserset", &Inner(self.0))?;
            }
            Rewrite::Union(children) => {
                map.serialize_entry("union", &Only("child", Form(children.as_slice())))?;
            }
            Rewrite::Intersection(children) => {
                map.serialize_entry("intersection", &Only("child", Form(children.as_slice())))?;
            }
            Rewrite::Exclusion { .. } => map.serialize_entry("difference", &Inner(self.0))?,
        }
        map.end()
    }
}

/// The two parts of a rewrite that has two.
struct Inner<'a>(&'a Rewrite);

impl Serialize for Inner<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        match self.0 {
            Rewrite::TupleToUserset { tupleset, computed } => {
                map.serialize_entry("tupleset", &Only("relation", tupleset))?;
                map.serialize_entry("computedUserset", &Only("relation", computed))?;
            }
            Rewrite::Exclusion { base, subtract } => {
                map.serialize_entry("base", &Form(base.as_ref()))?;
                map.serialize_entry("subtract", &Form(subtract.as_ref()))?;
            }
            _ => {}
        }
        map.end()
    }
}

impl Serialize for Form<'_, Condition> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let condition = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &condition.name)?;
        map.serialize_entry("expression", &condition.expression)?;
        if !condition.parameters.is_empty() {
            let entries =
                condition.parameters.iter().map(|(name, kind)| (name.as_str(), Form(kind)));
            let parameters = Entries(entries.collect());
            map.serialize_entry("parameters", &parameters)?;
        }
        if condition.origin != Origin::default() {
            map.serialize_entry("metadata", &Form(&condition.origin))?;
        }
        map.end()
    }
}

impl Serialize for Form<'_, Origin> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        write_origin(&mut map, self.0)?;
        map.end()
    }
}

fn write_origin<M: SerializeMap>(map: &mut M, origin: &Origin) -> Result<(), M::Error> {
    if let Some(module) = &origin.module {
        map.serialize_entry("module", module)?;
    }
    if let Some(file) = &origin.file {
        map.serialize_entry("source_info", &Only("file", file))?;
    }
    Ok(())
}

impl Serialize for Form<'_, ParameterType> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, inner) = self.0.parts();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type_name", &format!("TYPE_NAME_{}", name.to_ascii_uppercase()))?;
        if let Some(inner) = inner {
            map.serialize_entry("generic_types", &[Form(inner)])?;
        }
        map.end()
    }
}
