//! A model's numbers as a graph's.

use super::program::{FlatPlan, Program, Shape, Ways};
use crate::compile::{CheckedModel, RelationId, RestrictionId, Subject, TypeId};
use crate::graph::{Graph, KindId, KindName, PartId, UserKindName};

/// Where a graph keeps what a model names.
#[derive(Clone, Debug, Default)]
pub(super) struct Bound {
    types: Vec<Option<u32>>,
    restrictions: Vec<BoundRestriction>,
    /// By relation: which parts give it and take it, if a walk can tell.
    flat: Vec<Flat>,
}

/// The parts, with tuples, that a walk looks at. Sorted.
#[derive(Clone, Debug, Default)]
struct Flat {
    roles: Vec<RoleAt>,
    takes: Vec<RoleAt>,
}

/// What the tuples of a part do for a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RoleAt {
    pub(super) part: PartId,
    pub(super) role: Role,
}

/// How the tuples of a part give a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// To the objects of a type that they name.
    Object(TypeId, RestrictionId),
    /// To all objects of a type.
    Wildcard(TypeId, RestrictionId),
    /// To whoever has this relation to the objects that they name.
    Lent(RelationId, Lends, RestrictionId),
}

/// How it is told who has a lent relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lends {
    /// By the groups of the asked user.
    Members,
    /// By the rows of the objects.
    Rows,
    Otherwise,
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
        let mut bound = Self { types, restrictions, flat: vec![] };
        bound.flat = program
            .plans()
            .map(|plan| match &plan.shape {
                Shape::Flat(flat) => bound.flat_of(flat, program, graph),
                Shape::Leaf => {
                    let direct = program.direct(plan).to_vec();
                    let gives = Ways { direct, ..Ways::default() };
                    bound.flat_of(&FlatPlan { gives, ..FlatPlan::default() }, program, graph)
                }
                _ => Flat::default(),
            })
            .collect();
        bound
    }

    fn flat_of(&self, flat: &FlatPlan, program: &Program, graph: &Graph) -> Flat {
        let given = self.roles_of(&flat.gives, program, graph);
        let mut taken = self.roles_of(&flat.takes, program, graph);
        for RoleAt { role, .. } in &mut taken {
            // A walk that goes on from whoever lends what is taken would take it from nobody.
            if let Role::Lent(_, lends @ Lends::Rows, _) = role {
                *lends = Lends::Otherwise;
            }
        }
        Flat { roles: given, takes: taken }
    }

    /// Sorted by part; parts without tuples are left out.
    fn roles_of(&self, ways: &Ways, program: &Program, graph: &Graph) -> Vec<RoleAt> {
        let direct = ways.direct.iter().map(|known| match known.subject {
            Subject::Wildcard => (known.id, Role::Wildcard(known.of, known.id)),
            Subject::Object | Subject::Userset(_) => (known.id, Role::Object(known.of, known.id)),
        });
        let lent = ways.lent.iter().map(|(id, relation)| {
            let (relation, lends) = program.lends(*relation);
            (*id, Role::Lent(relation, lends, *id))
        });
        let mut roles: Vec<RoleAt> = direct
            .chain(lent)
            .flat_map(|(id, role)| self.parts(id, graph).map(move |part| RoleAt { part, role }))
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// The parts that have tuples of a restriction.
    fn parts(&self, id: RestrictionId, graph: &Graph) -> impl Iterator<Item = PartId> + use<'_> {
        let bound = self.restriction(id);
        let plain = bound.kind.filter(|_| !bound.conditional).map(KindId::plain);
        let termed = bound.kind.map(KindId::termed);
        let found = [plain, termed].map(|part| part.filter(|part| graph.count(*part) > 0));
        found.into_iter().flatten()
    }

    /// What the parts do that give a relation.
    #[inline]
    pub(super) fn roles(&self, id: RelationId) -> &[RoleAt] {
        self.flat.get(usize::from(id.number())).map_or(&[], |flat| &flat.roles)
    }

    /// What the parts do that take a relation.
    #[inline]
    pub(super) fn takes(&self, id: RelationId) -> &[RoleAt] {
        self.flat.get(usize::from(id.number())).map_or(&[], |flat| &flat.takes)
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
