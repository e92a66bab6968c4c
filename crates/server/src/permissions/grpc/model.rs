//! Models between messages and OpenFGA's JSON, which is what is stored.

use serde_json::{Value as Json, json};

use super::{
    convert::{Members, member},
    messages::model::{
        AuthorizationModel, Condition, ConditionMetadata, Difference, Empty, Metadata,
        ObjectRelation, ParameterType, RelationMetadata, RelationReference, Rewrite, SourceInfo,
        TupleToUserset, TypeDefinition, Userset, Usersets, What,
    },
};

/// The names of the types of parameters, by their numbers.
const PARAMETER_TYPES: [&str; 12] = [
    "TYPE_NAME_UNSPECIFIED",
    "TYPE_NAME_ANY",
    "TYPE_NAME_BOOL",
    "TYPE_NAME_STRING",
    "TYPE_NAME_INT",
    "TYPE_NAME_UINT",
    "TYPE_NAME_DOUBLE",
    "TYPE_NAME_DURATION",
    "TYPE_NAME_TIMESTAMP",
    "TYPE_NAME_MAP",
    "TYPE_NAME_LIST",
    "TYPE_NAME_IPADDRESS",
];

/// A model's JSON.
pub(super) fn to_json(model: &AuthorizationModel) -> Json {
    let conditions =
        model.conditions.iter().map(|(name, condition)| (name.clone(), condition_json(condition)));
    json!({
        "schema_version": model.schema_version,
        "type_definitions": model.type_definitions.iter().map(type_json).collect::<Vec<_>>(),
        "conditions": conditions.collect::<Members>(),
    })
}

fn type_json(definition: &TypeDefinition) -> Json {
    let relations = definition.relations.iter();
    let relations: Members =
        relations.map(|(name, rewrite)| (name.clone(), rewrite_json(rewrite))).collect();
    let mut object = json!({"type": definition.r#type, "relations": relations});
    if let (Some(metadata), Some(members)) = (&definition.metadata, object.as_object_mut()) {
        members.insert("metadata".to_owned(), metadata_json(metadata));
    }
    object
}

fn metadata_json(metadata: &Metadata) -> Json {
    let relations = metadata.relations.iter().map(|(name, about)| {
        let types: Vec<Json> =
            about.directly_related_user_types.iter().map(reference_json).collect();
        let object = json!({"directly_related_user_types": types});
        (name.clone(), with_origin(object, &about.module, about.source_info.as_ref()))
    });
    let object = json!({"relations": relations.collect::<Members>()});
    with_origin(object, &metadata.module, metadata.source_info.as_ref())
}

fn with_origin(mut object: Json, module: &str, source: Option<&SourceInfo>) -> Json {
    if let Some(members) = object.as_object_mut() {
        if !module.is_empty() {
            members.insert("module".to_owned(), json!(module));
        }
        if let Some(source) = source {
            members.insert("source_info".to_owned(), json!({"file": source.file}));
        }
    }
    object
}

fn reference_json(reference: &RelationReference) -> Json {
    let mut object = json!({"type": reference.r#type});
    if let Some(members) = object.as_object_mut() {
        match &reference.what {
            Some(What::Relation(relation)) => {
                members.insert("relation".to_owned(), json!(relation));
            }
            Some(What::Wildcard(Empty {})) => {
                members.insert("wildcard".to_owned(), json!({}));
            }
            None => {}
        }
        if !reference.condition.is_empty() {
            members.insert("condition".to_owned(), json!(reference.condition));
        }
    }
    object
}

fn rewrite_json(userset: &Userset) -> Json {
    let relation = |of: &ObjectRelation| json!({"object": of.object, "relation": of.relation});
    let children =
        |of: &Usersets| json!({"child": of.child.iter().map(rewrite_json).collect::<Vec<_>>()});
    let side = |side: Option<&Userset>| side.map_or(Json::Null, rewrite_json);
    match &userset.userset {
        None => json!({}),
        Some(Rewrite::This(Empty {})) => json!({"this": {}}),
        Some(Rewrite::ComputedUserset(of)) => json!({"computedUserset": relation(of)}),
        Some(Rewrite::TupleToUserset(of)) => json!({"tupleToUserset": {
            "tupleset": of.tupleset.as_ref().map(relation),
            "computedUserset": of.computed_userset.as_ref().map(relation),
        }}),
        Some(Rewrite::Union(of)) => json!({"union": children(of)}),
        Some(Rewrite::Intersection(of)) => json!({"intersection": children(of)}),
        Some(Rewrite::Difference(of)) => json!({"difference": {
            "base": side(of.base.as_deref()),
            "subtract": side(of.subtract.as_deref()),
        }}),
    }
}

fn condition_json(condition: &Condition) -> Json {
    let parameters = condition.parameters.iter();
    let parameters: Members =
        parameters.map(|(name, kind)| (name.clone(), parameter_json(kind))).collect();
    let mut object = json!({
        "name": condition.name,
        "expression": condition.expression,
        "parameters": parameters,
    });
    if let (Some(metadata), Some(members)) = (&condition.metadata, object.as_object_mut()) {
        let origin = with_origin(json!({}), &metadata.module, metadata.source_info.as_ref());
        members.insert("metadata".to_owned(), origin);
    }
    object
}

fn parameter_json(kind: &ParameterType) -> Json {
    let name = usize::try_from(kind.type_name).ok().and_then(|at| PARAMETER_TYPES.get(at));
    let generic: Vec<Json> = kind.generic_types.iter().map(parameter_json).collect();
    let name = name.copied().unwrap_or("TYPE_NAME_UNSPECIFIED");
    json!({"type_name": name, "generic_types": generic})
}

/// A model's messages, from the JSON that was stored.
pub(super) fn of_json(json: &Json) -> AuthorizationModel {
    AuthorizationModel {
        id: member(json, "id"),
        schema_version: member(json, "schema_version"),
        type_definitions: items(json, "type_definitions").map(type_of).collect(),
        conditions: entries(json, "conditions")
            .map(|(name, condition)| (name.clone(), condition_of(condition)))
            .collect(),
    }
}

fn items<'a>(json: &'a Json, name: &str) -> impl Iterator<Item = &'a Json> + use<'a> {
    json.get(name).and_then(Json::as_array).into_iter().flatten()
}

fn entries<'a>(
    json: &'a Json,
    name: &str,
) -> impl Iterator<Item = (&'a String, &'a Json)> + use<'a> {
    json.get(name).and_then(Json::as_object).into_iter().flatten()
}

fn type_of(json: &Json) -> TypeDefinition {
    TypeDefinition {
        r#type: member(json, "type"),
        relations: entries(json, "relations")
            .map(|(name, rewrite)| (name.clone(), rewrite_of(rewrite)))
            .collect(),
        metadata: json.get("metadata").map(|metadata| Metadata {
            relations: entries(metadata, "relations")
                .map(|(name, about)| (name.clone(), about_of(about)))
                .collect(),
            module: member(metadata, "module"),
            source_info: source_of(metadata),
        }),
    }
}

fn about_of(json: &Json) -> RelationMetadata {
    RelationMetadata {
        directly_related_user_types: items(json, "directly_related_user_types")
            .map(reference_of)
            .collect(),
        module: member(json, "module"),
        source_info: source_of(json),
    }
}

fn source_of(json: &Json) -> Option<SourceInfo> {
    json.get("source_info").map(|source| SourceInfo { file: member(source, "file") })
}

fn reference_of(json: &Json) -> RelationReference {
    let wildcard = json.get("wildcard").map(|_| What::Wildcard(Empty {}));
    let relation = json.get("relation").and_then(Json::as_str).filter(|text| !text.is_empty());
    RelationReference {
        r#type: member(json, "type"),
        what: relation.map(|relation| What::Relation(relation.to_owned())).or(wildcard),
        condition: member(json, "condition"),
    }
}

fn rewrite_of(json: &Json) -> Userset {
    let relation = |of: &Json| ObjectRelation {
        object: member(of, "object"),
        relation: member(of, "relation"),
    };
    let children = |of: &Json| Usersets { child: items(of, "child").map(rewrite_of).collect() };
    let side = |of: &Json, name: &str| of.get(name).map(|side| Box::new(rewrite_of(side)));
    let rewrite = json.as_object().and_then(|members| members.iter().next());
    let rewrite = rewrite.and_then(|(name, of)| match name.as_str() {
        "this" => Some(Rewrite::This(Empty {})),
        "computedUserset" => Some(Rewrite::ComputedUserset(relation(of))),
        "tupleToUserset" => Some(Rewrite::TupleToUserset(TupleToUserset {
            tupleset: of.get("tupleset").map(relation),
            computed_userset: of.get("computedUserset").map(relation),
        })),
        "union" => Some(Rewrite::Union(children(of))),
        "intersection" => Some(Rewrite::Intersection(children(of))),
        "difference" => Some(Rewrite::Difference(Box::new(Difference {
            base: side(of, "base"),
            subtract: side(of, "subtract"),
        }))),
        _ => None,
    });
    Userset { userset: rewrite }
}

fn condition_of(json: &Json) -> Condition {
    Condition {
        name: member(json, "name"),
        expression: member(json, "expression"),
        parameters: entries(json, "parameters")
            .map(|(name, kind)| (name.clone(), parameter_of(kind)))
            .collect(),
        metadata: json.get("metadata").map(|metadata| ConditionMetadata {
            module: member(metadata, "module"),
            source_info: source_of(metadata),
        }),
    }
}

fn parameter_of(json: &Json) -> ParameterType {
    let name = member(json, "type_name");
    let number = PARAMETER_TYPES.iter().position(|known| *known == name).unwrap_or(0);
    ParameterType {
        type_name: i32::try_from(number).unwrap_or(0),
        generic_types: items(json, "generic_types").map(parameter_of).collect(),
    }
}
