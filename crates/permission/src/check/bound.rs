//! A model's numbers as a graph's.

use super::program::{FlatPlan, Program, Shape};
use crate::compile::{CheckedModel, RelationId, RestrictionId, Subject, TypeId};
use crate::graph::{Graph, KindId, KindName, PartId, UserKindName};

/// Where a graph keeps what a model names.
#[derive(Clone, Debug, Default)]
pub(super) struct Bound {
    types: Vec<Option<u32>>,
    restrictions: Vec<BoundRestriction>,
    /// By relation: which parts give it, if any of them alone does.
    roles: Vec<Vec<(PartId, Role)>>,
}

/// How the tuples of a part give a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// To the objects of a type that they name.
    Object(TypeId, RestrictionId),
    /// To all objects of a type.
    Wildcard(TypeId, RestrictionId),
    /// To whoever has this relation to the objects that they name.
    Lent(RelationId, RestrictionId),
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
    pub(super) fn new(model: &CheckedModel, program: &Program, graph: &Graph) -> Self {
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
        let mut bound = Self { types, restrictions, roles: vec![] };
        bound.roles = program
            .plans()
            .map(|plan| match &plan.shape {
                Shape::Flat(flat) => bound.roles_of(flat, graph),
                _ => vec![],
            })
            .collect();
        bound
    }

    /// Sorted by part; parts without tuples are left out.
    fn roles_of(&self, flat: &FlatPlan, graph: &Graph) -> Vec<(PartId, Role)> {
        let direct = flat.direct.iter().map(|known| match known.subject {
            Subject::Wildcard => (known.id, Role::Wildcard(known.of, known.id)),
            Subject::Object | Subject::Userset(_) => (known.id, Role::Object(known.of, known.id)),
        });
        let lent = flat.lent.iter().map(|(id, relation)| (*id, Role::Lent(*relation, *id)));
        let mut roles: Vec<(PartId, Role)> = direct
            .chain(lent)
            .flat_map(|(id, role)| {
                let bound = self.restriction(id);
                let plain = bound.kind.filter(|_| !bound.conditional).map(KindId::plain);
                let termed = bound.kind.map(KindId::termed);
                [plain, termed].into_iter().flatten().map(move |part| (part, role))
            })
            .filter(|(part, _)| graph.count(*part) > 0)
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    #[inline]
    pub(super) fn roles(&self, id: RelationId) -> &[(PartId, Role)] {
        self.roles.get(usize::from(id.number())).map_or(&[], Vec::as_slice)
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
