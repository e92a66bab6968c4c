//! The world in the forms that the engines eat.

use counterfoil_permission::{
    compile::{CheckedModel, compile},
    language,
    tuple::{Context, NameError, Tuple},
};
use serde_json::{Value, json};

use super::{
    random::mix,
    world::{Edge, Kind, MODEL, Object, Relation, Subject},
};
use crate::failure::Failure;

/// What the ids look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ids {
    /// `d123`.
    Short,
    /// 36 characters, as of a UUID.
    Uuid,
}

/// Whether the world's conditions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variant {
    Plain,
    Conditional,
}

/// When the conditional variant is asked: nothing has expired.
pub(super) const CURRENT_TIME: &str = "2026-11-22T12:00:00Z";

/// The condition of the conditional variant.
const CONDITION: &str = "
condition unexpired(current_time: timestamp, expires_at: timestamp) {
  current_time < expires_at
}
";
pub(super) const CONDITION_NAME: &str = "unexpired";

impl Variant {
    /// The model's text.
    pub(super) fn model(self) -> String {
        match self {
            Self::Plain => MODEL.to_owned(),
            Self::Conditional => {
                let viewer = "define viewer: [user, user with unexpired,";
                MODEL.replace("define viewer: [user,", viewer) + CONDITION
            }
        }
    }

    /// The model as the engine wants it.
    pub(super) fn checked(self) -> Result<CheckedModel, Failure> {
        let model = language::parse(&self.model());
        let model = model.map_err(|errors| Failure::new(format!("{errors:?}")))?;
        compile(&model).map_err(|findings| Failure::new(format!("{findings:?}")))
    }
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Folder => "folder",
            Self::Document => "document",
        }
    }
}

impl Relation {
    const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Parent => "parent",
            Self::Owner => "owner",
            Self::Viewer => "viewer",
            Self::Banned => "banned",
        }
    }
}

impl Ids {
    /// `document:d123`.
    pub(super) fn object(self, object: Object) -> String {
        let (kind, number) = (object.kind.name(), object.number);
        match self {
            Self::Short => format!("{kind}:{}{number}", kind.get(..1).unwrap_or_default()),
            Self::Uuid => {
                let seed = (object.kind as u64) << 32 | u64::from(number);
                let (high, low) = (mix(seed), mix(!seed));
                format!(
                    "{kind}:{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                    high >> 32,
                    (high >> 16) & 0xFFFF,
                    high & 0xFFFF,
                    low >> 48,
                    low & 0xFFFF_FFFF_FFFF
                )
            }
        }
    }

    pub(super) fn user(self, number: u32) -> String {
        self.object(Object::user(number))
    }

    pub(super) fn document(self, number: u32) -> String {
        self.object(Object::document(number))
    }

    /// `group:g1#member`.
    pub(super) fn subject(self, subject: Subject) -> String {
        match subject {
            Subject::User(number) => self.user(number),
            Subject::Folder(number) => self.object(Object::folder(number)),
            Subject::Everyone => "user:*".to_owned(),
            Subject::Members(number) => self.object(Object::group(number)) + "#member",
        }
    }

    /// A tuple of ours.
    pub(super) fn tuple(self, edge: &Edge, variant: Variant) -> Result<Tuple, Failure> {
        let named = |error: NameError| Failure::new(error.to_string());
        let (object, subject) = (self.object(edge.object), self.subject(edge.subject));
        let tuple = Tuple::parse(&object, edge.relation.name(), &subject).map_err(named)?;
        if variant == Variant::Plain || !edge.is_conditional {
            return Ok(tuple);
        }
        let conditional = tuple.with_condition(CONDITION_NAME, context(edge));
        conditional.map_err(|error| Failure::new(error.to_string()))
    }

    /// A tuple of the wire.
    pub(super) fn tuple_key(self, edge: &Edge) -> Value {
        json!({
            "object": self.object(edge.object),
            "relation": edge.relation.name(),
            "user": self.subject(edge.subject),
        })
    }

    /// Object, relation and subject.
    pub(super) fn row(self, edge: &Edge) -> (String, &'static str, String) {
        (self.object(edge.object), edge.relation.name(), self.subject(edge.subject))
    }
}

/// A moment some years ahead, one of a thousand.
fn context(edge: &Edge) -> Context {
    let year = 2030 + mix(u64::from(edge.object.number)) % 1_000;
    let mut context = Context::new();
    context.insert("expires_at".to_owned(), Value::String(format!("{year}-01-01T00:00:00Z")));
    context
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_36_bytes() {
        let id = Ids::Uuid.document(7);
        assert_eq!(id.split_once(':').unwrap().1.len(), 36);
        assert_ne!(id, Ids::Uuid.document(8));
        assert_eq!(Ids::Short.subject(Subject::Members(3)), "group:g3#member");
    }

    #[test]
    fn both_models_are_valid() {
        for variant in [Variant::Plain, Variant::Conditional] {
            variant.checked().unwrap();
        }
    }
}
