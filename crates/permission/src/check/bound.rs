//! A model's numbers as a graph's.

use crate::compile::{CheckedModel, RestrictionId, Subject, TypeId};
use crate::graph::{Graph, KindId, KindName, UserKindName};

/// Where a graph keeps what a model names.
#[derive(Clone, Debug, Default)]
pub(super) struct Bound {
    types: Vec<Option<u32>>,
    restrictions: Vec<BoundRestriction>,
}

/// Where a graph keeps the tuples of a restriction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BoundRestriction {
    /// None if there are no such tuples.
    pub(super) kind: Option<KindId>,
    pub(super) object_type: u32,
    pub(super) user_type: u32,
    pub(super) wildcard: bool,
    pub(super) conditional: bool,
    /// Whether any of its tuples has terms.
    pub(super) termed: bool,
}

impl Bound {
    pub(super) fn new(model: &CheckedModel, graph: &Graph) -> Self {
        let types = model.types().map(|(_, name)| graph.type_number(name)).collect();
        let mut restrictions = Vec::new();
        for (relation, of) in model.relations() {
            for (id, restriction) in model.restrictions(relation) {
                let user = match restriction.subject {
                    Subject::Object => UserKindName::Object,
                    Subject::Userset(known) => UserKindName::Userset(model.relation_name(known)),
                    Subject::Wildcard => UserKindName::Wildcard,
                };
                let kind = graph.find_kind(KindName {
                    object_type: model.type_name(of),
                    relation: model.relation_name(relation),
                    user_type: model.type_name(restriction.of),
                    user,
                    condition: restriction.condition.as_deref(),
                });
                let number = |of| graph.type_number(model.type_name(of)).unwrap_or(u32::MAX);
                restrictions
                    .resize(restrictions.len().max(id.index()), BoundRestriction::default());
                restrictions.push(BoundRestriction {
                    kind,
                    object_type: number(of),
                    user_type: number(restriction.of),
                    wildcard: restriction.subject == Subject::Wildcard,
                    conditional: restriction.condition.is_some(),
                    termed: kind.is_some_and(|kind| graph.count(kind.termed()) > 0),
                });
            }
        }
        Self { types, restrictions }
    }

    #[inline]
    pub(super) fn restriction(&self, id: RestrictionId) -> BoundRestriction {
        self.restrictions.get(id.index()).copied().unwrap_or_default()
    }

    #[inline]
    pub(super) fn type_of(&self, of: TypeId) -> Option<u32> {
        *self.types.get(of.index())?
    }
}
