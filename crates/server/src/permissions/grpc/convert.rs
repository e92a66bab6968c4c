//! Between the messages of gRPC and what the service takes and gives.

use counterfoil_permission::tuple::Context;
use serde_json::{Map, Number, Value as Json};

use super::messages::{known, service, tuple};
use crate::permissions::{
    error::ApiError,
    moment,
    wire::{self, Consistency, PageSize, Text, TreeValue},
};

pub(super) fn text(text: &str) -> Text<'_> {
    text.into()
}

pub(super) fn consistency(number: i32) -> Consistency<'static> {
    Consistency::of_number(i64::from(number))
}

pub(super) fn page_size(size: Option<&known::Int32Value>) -> PageSize {
    PageSize(size.map(|size| size.value))
}

pub(super) fn plain_key(key: &tuple::PlainTupleKey) -> wire::TupleKey<'_> {
    wire::TupleKey {
        user: text(&key.user),
        relation: text(&key.relation),
        object: text(&key.object),
        ..wire::TupleKey::default()
    }
}

pub(super) fn key(key: &tuple::TupleKey) -> wire::TupleKey<'_> {
    wire::TupleKey {
        user: text(&key.user),
        relation: text(&key.relation),
        object: text(&key.object),
        condition: key.condition.as_ref().map(|condition| wire::Condition {
            name: text(&condition.name),
            context: condition.context.as_ref().map(object),
        }),
        expires_at: Text::default(),
    }
}

pub(super) fn contextual(
    tuples: Option<&tuple::ContextualTupleKeys>,
) -> Option<wire::ContextualTuples<'_>> {
    tuples.map(|tuples| wire::ContextualTuples {
        tuple_keys: Some(tuples.tuple_keys.iter().map(key).collect()),
    })
}

pub(super) fn context(given: Option<&known::Struct>) -> Option<Context> {
    given.map(object)
}

fn object(given: &known::Struct) -> Context {
    given.fields.iter().map(|(name, value)| (name.clone(), json(value))).collect()
}

fn json(value: &known::Value) -> Json {
    match &value.kind {
        None | Some(known::Kind::Null(_)) => Json::Null,
        Some(known::Kind::Bool(bool)) => Json::Bool(*bool),
        Some(known::Kind::Text(text)) => Json::String(text.clone()),
        Some(known::Kind::Number(number)) => self::number(*number),
        Some(known::Kind::Object(members)) => Json::Object(object(members)),
        Some(known::Kind::List(list)) => Json::Array(list.values.iter().map(json).collect()),
    }
}

/// Protobuf's numbers are doubles; what is whole is meant to be.
fn number(number: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
        return Json::Number(Number::from(number as i64));
    }
    Number::from_f64(number).map_or(Json::Null, Json::Number)
}

pub(super) fn shown_object(given: &Context) -> known::Struct {
    let fields = given.iter().map(|(name, value)| (name.clone(), shown_json(value)));
    known::Struct { fields: fields.collect() }
}

fn shown_json(value: &Json) -> known::Value {
    let kind = match value {
        Json::Null => known::Kind::Null(0),
        Json::Bool(bool) => known::Kind::Bool(*bool),
        Json::Number(number) => known::Kind::Number(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => known::Kind::Text(text.clone()),
        Json::Array(items) => {
            known::Kind::List(known::ListValue { values: items.iter().map(shown_json).collect() })
        }
        Json::Object(members) => known::Kind::Object(shown_object(members)),
    };
    known::Value { kind: Some(kind) }
}

pub(super) fn shown_moment(text: &str) -> Option<known::Timestamp> {
    let ms = moment::parse(text)?;
    let nanos = i32::try_from(ms.rem_euclid(1_000)).unwrap_or(0) * 1_000_000;
    Some(known::Timestamp { seconds: ms.div_euclid(1_000), nanos })
}

/// A moment in milliseconds since 1970.
pub(super) fn moment_ms(moment: &known::Timestamp) -> Result<i64, ApiError> {
    let ms = moment.seconds.checked_mul(1_000);
    let ms = ms.and_then(|ms| ms.checked_add(i64::from(moment.nanos) / 1_000_000));
    ms.ok_or_else(|| {
        ApiError::schema("ReadChangesRequest", "StartTime", "value is not a valid timestamp")
    })
}

pub(super) fn shown_key(key: wire::AnsweredKey) -> tuple::TupleKey {
    tuple::TupleKey {
        user: key.user,
        relation: key.relation,
        object: key.object,
        condition: key.condition.map(|condition| tuple::RelationshipCondition {
            name: condition.name,
            context: Some(shown_object(&condition.context)),
        }),
    }
}

pub(super) fn shown_change(change: wire::TupleChange) -> tuple::TupleChange {
    tuple::TupleChange {
        operation: i32::from(change.operation == "TUPLE_OPERATION_DELETE"),
        timestamp: shown_moment(&change.timestamp),
        tuple_key: Some(shown_key(change.tuple_key)),
    }
}

pub(super) fn shown_store(store: wire::StoreAnswer) -> service::StoreResponse {
    service::StoreResponse {
        created_at: shown_moment(&store.created_at),
        updated_at: shown_moment(&store.updated_at),
        id: store.id,
        name: store.name,
        deleted_at: None,
    }
}

pub(super) fn shown_result(result: wire::SingleResult) -> service::BatchCheckSingleResult {
    let result = match result {
        wire::SingleResult::Allowed(allowed) => service::CheckResult::Allowed(allowed),
        wire::SingleResult::Error(error) => {
            let number = i32::from(error.number);
            let code = if error.input_error.is_some() {
                service::ErrorKind::Input(number)
            } else {
                service::ErrorKind::Internal(number)
            };
            let message = error.message;
            service::CheckResult::Error(service::CheckError { code: Some(code), message })
        }
    };
    service::BatchCheckSingleResult { check_result: Some(result) }
}

pub(super) fn shown_user(user: wire::AnsweredUser) -> tuple::User {
    use tuple::user::User;
    let user = match user {
        wire::AnsweredUser::Object { r#type, id } => User::Object(tuple::Object { r#type, id }),
        wire::AnsweredUser::Userset { r#type, id, relation } => {
            User::Userset(tuple::UsersetUser { r#type, id, relation })
        }
        wire::AnsweredUser::Wildcard { r#type } => User::Wildcard(tuple::TypedWildcard { r#type }),
    };
    tuple::User { user: Some(user) }
}

pub(super) fn shown_node(node: wire::TreeNode) -> tuple::Node {
    use tuple::node::Value;
    let nodes = |nodes: Vec<wire::TreeNode>| tuple::Nodes {
        nodes: nodes.into_iter().map(shown_node).collect(),
    };
    let value = match node.value {
        TreeValue::Leaf(leaf) => Value::Leaf(shown_leaf(leaf)),
        TreeValue::Union { nodes: children } => Value::Union(nodes(children)),
        TreeValue::Intersection { nodes: children } => Value::Intersection(nodes(children)),
        TreeValue::Difference { base, subtract } => Value::Difference(tuple::TreeDifference {
            base: Some(Box::new(shown_node(*base))),
            subtract: Some(Box::new(shown_node(*subtract))),
        }),
    };
    tuple::Node { name: node.name, value: Some(value) }
}

fn shown_leaf(leaf: wire::Leaf) -> tuple::Leaf {
    use tuple::leaf::Value;
    let value = match leaf {
        wire::Leaf::Users { users } => Value::Users(tuple::Users { users }),
        wire::Leaf::Computed { userset } => Value::Computed(tuple::Computed { userset }),
        wire::Leaf::TupleToUserset { tupleset, computed } => {
            let computed = computed.into_iter();
            Value::TupleToUserset(tuple::TreeTupleToUserset {
                tupleset,
                computed: computed
                    .map(|computed| tuple::Computed { userset: computed.userset })
                    .collect(),
            })
        }
    };
    tuple::Leaf { value: Some(value) }
}

pub(super) fn assertion(assertion: &tuple::Assertion) -> wire::Assertion<'_> {
    wire::Assertion {
        tuple_key: assertion.tuple_key.as_ref().map(|key| wire::TupleKey {
            user: text(&key.user),
            relation: text(&key.relation),
            object: text(&key.object),
            ..wire::TupleKey::default()
        }),
        expectation: assertion.expectation,
        contextual_tuples: Some(assertion.contextual_tuples.iter().map(key).collect()),
        context: context(assertion.context.as_ref()),
    }
}

/// A kept assertion. It is read from the JSON that the service gives.
pub(super) fn shown_assertion(kept: &Json) -> tuple::Assertion {
    let key = |key: &Json| tuple::TupleKey {
        user: member(key, "user"),
        relation: member(key, "relation"),
        object: member(key, "object"),
        condition: key.get("condition").filter(|condition| condition.is_object()).map(
            |condition| tuple::RelationshipCondition {
                name: member(condition, "name"),
                context: condition.get("context").and_then(Json::as_object).map(shown_object),
            },
        ),
    };
    let question = kept.get("tuple_key").unwrap_or(&Json::Null);
    let tuples = kept.get("contextual_tuples").and_then(Json::as_array);
    tuple::Assertion {
        tuple_key: Some(tuple::AssertionTupleKey {
            object: member(question, "object"),
            relation: member(question, "relation"),
            user: member(question, "user"),
        }),
        expectation: kept.get("expectation").and_then(Json::as_bool).unwrap_or(false),
        contextual_tuples: tuples.into_iter().flatten().map(key).collect(),
        context: kept.get("context").and_then(Json::as_object).map(shown_object),
    }
}

pub(super) fn member(object: &Json, name: &str) -> String {
    object.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}

pub(super) type Members = Map<String, Json>;
