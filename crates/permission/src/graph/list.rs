//! The tuples of a graph, spelled out.

use super::rows::PartId;
use super::vocabulary::UserKind;
use super::{Graph, KindId};
use crate::tuple::{Tuple, UserName};

/// What a tuple gives its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Given<'a> {
    /// The type of the object.
    pub object_type: &'a str,
    /// The id of the object.
    pub id: &'a str,
    /// The relation to it.
    pub relation: &'a str,
}

impl Graph {
    /// The tuples that name a user themselves, in no order: what it was given, not what follows.
    ///
    /// It costs as much as there are results, whatever the graph's size.
    ///
    /// ```
    /// use counterfoil_permission::{graph::Graph, tuple::{Tuple, UserName}};
    ///
    /// let graph = Graph::new(&[Tuple::parse("document:budget", "viewer", "user:alice")?])?;
    /// let alice = UserName::parse("user:alice")?;
    /// let given = graph.naming(&alice).next().unwrap();
    /// assert_eq!((given.object_type, given.id, given.relation), ("document", "budget", "viewer"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn naming<'a>(&'a self, user: &UserName) -> impl Iterator<Item = Given<'a>> {
        self.row_of(user).into_iter().flat_map(move |(wanted, row)| {
            let mut parts: Vec<PartId> = row.parts().collect();
            parts.sort_unstable();
            parts.dedup();
            parts.into_iter().flat_map(move |part| {
                let kind = self.vocabulary.kind_of(part).filter(|kind| kind.user == wanted);
                let slot = kind.map(|kind| row.slot(part).iter().map(move |(at, _)| (kind, at)));
                slot.into_iter().flatten().filter_map(|(kind, object)| {
                    Some(Given {
                        object_type: self.vocabulary.types.name(kind.object_type)?,
                        id: self.name(kind.object_type, object)?,
                        relation: self.vocabulary.relations.name(kind.relation)?,
                    })
                })
            })
        })
    }

    /// All tuples, in no order, as names.
    #[must_use]
    pub fn list(&self) -> Vec<Tuple> {
        self.iter().collect()
    }

    /// The tuples one by one, in no order, as names.
    pub fn iter(&self) -> impl Iterator<Item = Tuple> {
        let types = u32::try_from(self.vocabulary.types.len()).unwrap_or(u32::MAX);
        (0..types)
            .flat_map(|of| (0..self.objects_of(of)).map(move |object| (of, object)))
            .flat_map(|(of, object)| {
                let row = self.forward(of, object);
                let mut parts: Vec<PartId> = row.parts().collect();
                parts.sort_unstable();
                parts.dedup();
                parts.into_iter().flat_map(move |part| {
                    row.slot(part).iter().map(move |(user, terms)| (part, object, user, terms))
                })
            })
            .filter_map(|(part, object, user, terms)| self.spell(part, object, user, terms))
    }

    fn row_of(&self, user: &UserName) -> Option<(UserKind, super::Row<'_>)> {
        let of = self.vocabulary.types.find(user.type_name())?;
        Some(match user {
            UserName::Object(object) => {
                (UserKind::Object, self.reverse(of, self.number(of, object.id())?))
            }
            UserName::Userset(object, relation) => {
                let relation = self.vocabulary.relations.find(relation.as_str())?;
                (UserKind::Userset(relation), self.reverse(of, self.number(of, object.id())?))
            }
            UserName::Wildcard(_) => (UserKind::Wildcard, self.wild(of)),
        })
    }

    fn spell(&self, part: PartId, object: u32, user: u32, terms: u32) -> Option<Tuple> {
        let kind = self.vocabulary.kind(KindId(part / 2))?;
        let words = &self.vocabulary;
        let user_type = words.types.name(kind.user_type)?;
        let user = match kind.user {
            UserKind::Object => format!("{user_type}:{}", self.name(kind.user_type, user)?),
            UserKind::Wildcard => format!("{user_type}:*"),
            UserKind::Userset(relation) => {
                let relation = words.relations.name(relation)?;
                format!("{user_type}:{}#{relation}", self.name(kind.user_type, user)?)
            }
        };
        let object_type = words.types.name(kind.object_type)?;
        let object = format!("{object_type}:{}", self.name(kind.object_type, object)?);
        let relation = words.relations.name(kind.relation)?;
        let mut tuple = Tuple::parse(&object, relation, &user).ok()?;
        if let Some(terms) = self.terms(terms) {
            if let Some(condition) = kind.condition {
                let name = words.conditions.name(condition)?;
                tuple = tuple.with_condition(name, (*terms.context).clone()).ok()?;
            }
            if let Some(end) = terms.expires_at {
                tuple = tuple.with_expiry(end);
            }
        }
        Some(tuple)
    }
}
