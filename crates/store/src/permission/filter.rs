use counterfoil_permission::tuple::{RelationName, TypeName, UserName};

use super::TupleKey;
use super::names::Name;
use crate::sql;
use crate::value::Value;

/// Which tuples: those that fit every part that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TupleFilter {
    /// Of this type of object.
    pub object_type: Option<TypeName>,
    /// About the object of this id; means nothing without a type.
    pub object_id: Option<String>,
    /// With this relation.
    pub relation: Option<RelationName>,
    /// Naming exactly this user: an object, a userset or a wildcard.
    pub user: Option<UserName>,
}

impl TupleFilter {
    /// The one tuple with this key.
    #[must_use]
    pub fn key(key: &TupleKey) -> Self {
        Self {
            object_type: TypeName::parse(key.object.type_name()).ok(),
            object_id: Some(key.object.id().to_owned()),
            relation: Some(key.relation.clone()),
            user: Some(key.user.clone()),
        }
    }

    pub(super) fn names(&self) -> FilterNames {
        let (subject, subject_relation) = match &self.user {
            None => (None, None),
            Some(UserName::Userset(object, relation)) => {
                (Some(Name::object(object)), Some(Name::relation(relation.as_str())))
            }
            Some(user) => (Some(Name::object(user)), None),
        };
        let type_name = self.object_type.as_ref().map(TypeName::as_str);
        let object = type_name.zip(self.object_id.as_deref());
        FilterNames {
            object: object.map(|(of, id)| Name::object(format_args!("{of}:{id}"))),
            // An object's name says its type.
            object_type: type_name.filter(|_| object.is_none()).map(Name::of_type),
            relation: self.relation.as_ref().map(|relation| Name::relation(relation.as_str())),
            subject,
            subject_relation,
        }
    }
}

/// A filter's names.
#[derive(Clone, Debug)]
pub(super) struct FilterNames {
    object: Option<Name>,
    object_type: Option<Name>,
    relation: Option<Name>,
    subject: Option<Name>,
    subject_relation: Option<Name>,
}

/// The two orders in which tuples are indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// By object, relation and user.
    Object,
    /// By user, type of object, relation and object.
    Subject,
}

impl Order {
    /// The columns after issuer and store.
    pub(super) const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Object => &["object", "relation", "subject_relation", "subject"],
            Self::Subject => &["subject", "subject_relation", "object_type", "relation", "object"],
        }
    }
}

impl FilterNames {
    /// The order whose index finds the fewest rows.
    pub(super) const fn order(&self) -> Order {
        if self.object.is_none() && self.subject.is_some() { Order::Subject } else { Order::Object }
    }

    /// The columns that must have a value, each with the name of it; `None` for "an object".
    pub(super) fn columns(&self) -> Vec<(&'static str, Option<&Name>)> {
        let mut columns = Vec::new();
        let mut push = |column, name: &'_ Option<Name>| {
            if name.is_some() {
                columns.push(column);
            }
        };
        push("object", &self.object);
        push("relation", &self.relation);
        push("subject", &self.subject);
        push("object_type", &self.object_type);
        if self.subject.is_some() {
            columns.push("subject_relation");
        }
        let name = |column: &str| match column {
            "object" => self.object.as_ref(),
            "relation" => self.relation.as_ref(),
            "subject" => self.subject.as_ref(),
            "object_type" => self.object_type.as_ref(),
            _ => self.subject_relation.as_ref(),
        };
        columns.into_iter().map(|column| (column, name(column))).collect()
    }

    /// A condition of SQL over the hashes of names, its placeholders after the first `taken`, and
    /// the parameters.
    pub(super) fn hashed(&self, taken: usize) -> (String, Vec<Value>) {
        let mut text = String::from("t.iss = $1 AND t.store = $2");
        let mut params = Vec::new();
        for (column, name) in self.columns() {
            let Some(name) = name else {
                text.push_str(&format!(" AND t.{column} = 0"));
                continue;
            };
            params.push(name.hash().value());
            let place = format!("${}", taken + params.len());
            let number = sql::permission::NUMBER_OF.replace("{a}", &place);
            text.push_str(&format!(" AND t.{column} = {number}"));
        }
        (text, params)
    }
}
