//! Models in few words.

use std::sync::Arc;

use counterfoil_permission::check::{
    CheckError, CheckRequest, Conditions, Decision, Limits, Snapshot, Truth,
};
use counterfoil_permission::compile::compile;
use counterfoil_permission::graph::Graph;
use counterfoil_permission::model::{
    Condition, Model, Origin, Relation, Restricted, Rewrite, SchemaVersion, TypeDefinition,
    TypeRestriction,
};
use counterfoil_permission::tuple::{Context, ObjectName, RelationName, Tuple, UserName};

pub(crate) fn model(types: Vec<TypeDefinition>) -> Model {
    let conditions = ["open", "closed", "later"].map(|name| Condition {
        name: name.to_owned(),
        parameters: vec![],
        expression: "true".to_owned(),
        origin: Origin::default(),
    });
    Model { schema: SchemaVersion::V1_1, types, conditions: conditions.into() }
}

pub(crate) fn ty(name: &str, relations: Vec<Relation>) -> TypeDefinition {
    TypeDefinition { name: name.to_owned(), relations, origin: Origin::default() }
}

/// A relation with restrictions as the language spells them: `user`, `group#member with open`.
pub(crate) fn rel(name: &str, restrictions: &[&str], rewrite: Rewrite) -> Relation {
    let restrictions = restrictions.iter().map(|text| restriction(text)).collect();
    Relation { name: name.to_owned(), rewrite, restrictions, origin: Origin::default() }
}

pub(crate) fn direct(name: &str, restrictions: &[&str]) -> Relation {
    rel(name, restrictions, Rewrite::This)
}

pub(crate) fn of(relation: &str) -> Rewrite {
    Rewrite::Computed { relation: relation.to_owned() }
}

pub(crate) fn from(computed: &str, tupleset: &str) -> Rewrite {
    Rewrite::TupleToUserset { tupleset: tupleset.to_owned(), computed: computed.to_owned() }
}

pub(crate) fn any(children: impl Into<Vec<Rewrite>>) -> Rewrite {
    Rewrite::Union(children.into())
}

pub(crate) fn all(children: impl Into<Vec<Rewrite>>) -> Rewrite {
    Rewrite::Intersection(children.into())
}

pub(crate) fn but_not(base: Rewrite, subtract: Rewrite) -> Rewrite {
    Rewrite::Exclusion { base: Box::new(base), subtract: Box::new(subtract) }
}

fn restriction(text: &str) -> TypeRestriction {
    let (text, condition) = match text.split_once(" with ") {
        Some((text, condition)) => (text, Some(condition.to_owned())),
        None => (text, None),
    };
    let (type_name, what) = match (text.split_once('#'), text.strip_suffix(":*")) {
        (Some((type_name, relation)), _) => (type_name, Restricted::Userset(relation.to_owned())),
        (None, Some(type_name)) => (type_name, Restricted::Wildcard),
        (None, None) => (text, Restricted::Object),
    };
    TypeRestriction { type_name: type_name.to_owned(), what, condition }
}

/// A tuple from `document:1#viewer@user:alice with open`.
pub(crate) fn tuple(text: &str) -> Tuple {
    let (text, condition) = match text.split_once(" with ") {
        Some((text, condition)) => (text, Some(condition)),
        None => (text, None),
    };
    let (object, rest) = text.split_once('#').unwrap();
    let (relation, user) = rest.split_once('@').unwrap();
    let tuple = Tuple::parse(object, relation, user).unwrap();
    match condition {
        Some(condition) => tuple.with_condition(condition, Context::new()).unwrap(),
        None => tuple,
    }
}

pub(crate) fn snapshot(model: &Model, tuples: &[&str]) -> Snapshot {
    let tuples: Vec<Tuple> = tuples.iter().map(|text| tuple(text)).collect();
    let checked = compile(model).unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(|f| format!("{f}\n")).collect::<String>())
    });
    Snapshot::new(Arc::new(checked), Arc::new(Graph::new(&tuples).unwrap()))
}

/// `open` holds, `closed` does not, `later` lacks a parameter.
pub(crate) struct Named;

impl Conditions for Named {
    fn holds(&self, condition: &str, _context: &Context) -> Truth {
        match condition {
            "open" => Truth::True,
            "closed" => Truth::False,
            _ => Truth::Missing(vec!["now".to_owned()]),
        }
    }
}

/// The answer to `document:1#viewer@user:alice`.
pub(crate) fn ask(snapshot: &Snapshot, question: &str) -> Decision {
    ask_with(snapshot, question, &[], Limits::default()).unwrap()
}

pub(crate) fn ask_with(
    snapshot: &Snapshot,
    question: &str,
    contextual: &[&str],
    limits: Limits,
) -> Result<Decision, CheckError> {
    let (object, rest) = question.split_once('#').unwrap();
    let (relation, user) = rest.split_once('@').unwrap();
    let contextual: Vec<Tuple> = contextual.iter().map(|text| tuple(text)).collect();
    let (object, relation) =
        (ObjectName::parse(object).unwrap(), RelationName::parse(relation).unwrap());
    let user = UserName::parse(user).unwrap();
    let request =
        CheckRequest::new(&object, &relation, &user).contextual(&contextual).limits(limits);
    snapshot.check(&request, &Named)
}
