//! Models.

use std::collections::BTreeMap;

/// A model.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AuthorizationModel {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) schema_version: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) type_definitions: Vec<TypeDefinition>,
    #[prost(btree_map = "string, message", tag = "4")]
    pub(crate) conditions: BTreeMap<String, Condition>,
}

/// A type.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TypeDefinition {
    #[prost(string, tag = "1")]
    pub(crate) r#type: String,
    #[prost(btree_map = "string, message", tag = "2")]
    pub(crate) relations: BTreeMap<String, Userset>,
    #[prost(message, optional, tag = "3")]
    pub(crate) metadata: Option<Metadata>,
}

/// What is known of a type beyond its rewrites.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Metadata {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(crate) relations: BTreeMap<String, RelationMetadata>,
    #[prost(string, tag = "2")]
    pub(crate) module: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) source_info: Option<SourceInfo>,
}

/// Where something was written.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SourceInfo {
    #[prost(string, tag = "1")]
    pub(crate) file: String,
}

/// Whom the tuples of a relation may name.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RelationMetadata {
    #[prost(message, repeated, tag = "1")]
    pub(crate) directly_related_user_types: Vec<RelationReference>,
    #[prost(string, tag = "2")]
    pub(crate) module: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) source_info: Option<SourceInfo>,
}

/// A type restriction.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RelationReference {
    #[prost(string, tag = "1")]
    pub(crate) r#type: String,
    #[prost(oneof = "What", tags = "2, 3")]
    pub(crate) what: Option<What>,
    #[prost(string, tag = "4")]
    pub(crate) condition: String,
}

/// What of a type.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum What {
    #[prost(string, tag = "2")]
    Relation(String),
    #[prost(message, tag = "3")]
    Wildcard(Empty),
}

/// Something that says enough by being there.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Empty {}

/// A rewrite.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Userset {
    #[prost(oneof = "Rewrite", tags = "1, 2, 3, 4, 5, 6")]
    pub(crate) userset: Option<Rewrite>,
}

/// What a rewrite is.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Rewrite {
    #[prost(message, tag = "1")]
    This(Empty),
    #[prost(message, tag = "2")]
    ComputedUserset(ObjectRelation),
    #[prost(message, tag = "3")]
    TupleToUserset(TupleToUserset),
    #[prost(message, tag = "4")]
    Union(Usersets),
    #[prost(message, tag = "5")]
    Intersection(Usersets),
    #[prost(message, boxed, tag = "6")]
    Difference(Box<Difference>),
}

/// A relation of an object; the object is empty in a model.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ObjectRelation {
    #[prost(string, tag = "1")]
    pub(crate) object: String,
    #[prost(string, tag = "2")]
    pub(crate) relation: String,
}

/// A relation of the objects that a tupleset names.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TupleToUserset {
    #[prost(message, optional, tag = "1")]
    pub(crate) tupleset: Option<ObjectRelation>,
    #[prost(message, optional, tag = "2")]
    pub(crate) computed_userset: Option<ObjectRelation>,
}

/// Several rewrites.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Usersets {
    #[prost(message, repeated, tag = "1")]
    pub(crate) child: Vec<Userset>,
}

/// One without the other.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Difference {
    #[prost(message, optional, boxed, tag = "1")]
    pub(crate) base: Option<Box<Userset>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub(crate) subtract: Option<Box<Userset>>,
}

/// A condition.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Condition {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) expression: String,
    #[prost(btree_map = "string, message", tag = "3")]
    pub(crate) parameters: BTreeMap<String, ParameterType>,
    #[prost(message, optional, tag = "4")]
    pub(crate) metadata: Option<ConditionMetadata>,
}

/// Where a condition was written.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ConditionMetadata {
    #[prost(string, tag = "1")]
    pub(crate) module: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) source_info: Option<SourceInfo>,
}

/// The type of a parameter.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ParameterType {
    #[prost(int32, tag = "1")]
    pub(crate) type_name: i32,
    #[prost(message, repeated, tag = "2")]
    pub(crate) generic_types: Vec<ParameterType>,
}
