//! A model made ready for checks: what can be said of each relation whatever the tuples are.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use super::bound::Lends;
use crate::compile::{CheckedModel, Op, OpId, RelationId, RestrictionId, Subject, TypeId};

/// Among so few names comparing each is faster than hashing.
const SCAN_MAX: usize = 16;
/// A relation of more operators than these, those of relations that it is made of included, is not
/// laid flat: a union of unions of one another could have any number.
const FLAT_OPERATORS_MAX: usize = 64;
/// How many aliases of aliases are looked through.
const ALIASES_MAX: usize = 8;

/// The number of the next program.
static PROGRAMS: AtomicU64 = AtomicU64::new(1);

/// What is known of a model's relations.
#[derive(Debug, Default)]
pub(super) struct Program {
    number: u64,
    relations: Vec<Plan>,
    restrictions: Vec<Restriction>,
    types: Vec<TypeNames>,
}

/// A type and its relations, by name.
type TypeNames = (Box<str>, Vec<(Box<str>, RelationId)>);

/// What is known of a relation.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) of: TypeId,
    pub(super) root: OpId,
    pub(super) shape: Shape,
    /// The types whose objects may have it, by bit: no tuples help others.
    reach: u128,
    /// Restrictions to objects and wildcards.
    direct: (usize, usize),
    /// Restrictions to usersets.
    usersets: (usize, usize),
}

/// How a relation follows.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// From its own tuples, which name objects and wildcards.
    Leaf,
    /// From tuples that name objects and wildcards, and from the same relation of other objects that
    /// its own tuples name.
    Groups(Box<GroupPlan>),
    /// From this other relation of the same object.
    Alias(RelationId),
    /// From tuples of the object, without intersection, and but for those whom other tuples of it
    /// name: all of them are known, so that one look at the object's row tells.
    Flat(Box<FlatPlan>),
    /// In any other way.
    Other,
}

/// A relation that some tuples of an object give, and others take.
#[derive(Clone, Debug, Default)]
pub(super) struct FlatPlan {
    pub(super) gives: Ways,
    /// Of these what is lent is so by groups.
    pub(super) takes: Ways,
}

/// Tuples of an object, any of which will do.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    /// Those that name objects and wildcards.
    pub(super) direct: Vec<Restriction>,
    /// Those that name objects which lend one of their relations: usersets, and `from`.
    pub(super) lent: Vec<(RestrictionId, RelationId)>,
    /// How many operators they were found in.
    pub(super) operators: usize,
}

/// A group-like relation.
#[derive(Clone, Debug)]
pub(super) struct GroupPlan {
    /// Its tuples that name the same relation of other objects.
    pub(super) inner: RestrictionId,
    /// The tuples that name members, of this relation and of those that it adds.
    pub(super) seeds: Vec<Seed>,
    /// What must have no tuples for it to be group-like indeed.
    pub(super) others: Vec<RestrictionId>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Seed {
    pub(super) restriction: Restriction,
    /// Whether it is of the relation itself.
    pub(super) own: bool,
}

/// A type restriction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Restriction {
    pub(super) id: RestrictionId,
    pub(super) of: TypeId,
    pub(super) subject: Subject,
}

impl Program {
    pub(super) fn new(model: &CheckedModel) -> Self {
        let number = PROGRAMS.fetch_add(1, Ordering::Relaxed);
        let mut program = Self { number, ..Self::default() };
        for (_, name) in model.types() {
            program.types.push((name.into(), vec![]));
        }
        for (id, of) in model.relations() {
            if let Some((_, relations)) = program.types.get_mut(of.index()) {
                relations.push((model.relation_name(id).into(), id));
            }
            let direct = program.add(model, id, |subject| !matches!(subject, Subject::Userset(_)));
            let usersets = program.add(model, id, |subject| matches!(subject, Subject::Userset(_)));
            let root = model.root(id);
            let plan = Plan { of, root, shape: Shape::Other, reach: 0, direct, usersets };
            program.relations.push(plan);
        }
        program.shapes(model);
        program.reaches(model);
        program
    }

    /// What tells it from those of other models.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    #[inline]
    pub(super) fn plan(&self, id: RelationId) -> Option<&Plan> {
        self.relations.get(usize::from(id.number()))
    }

    #[inline]
    pub(super) fn direct(&self, plan: &Plan) -> &[Restriction] {
        self.restrictions.get(plan.direct.0..plan.direct.1).unwrap_or_default()
    }

    #[inline]
    pub(super) fn usersets(&self, plan: &Plan) -> &[Restriction] {
        self.restrictions.get(plan.usersets.0..plan.usersets.1).unwrap_or_default()
    }

    /// The type with a name.
    #[inline]
    pub(super) fn type_id(&self, model: &CheckedModel, name: &str) -> Option<TypeId> {
        if self.types.len() > SCAN_MAX {
            return model.type_id(name);
        }
        let at = self.types.iter().position(|(known, _)| **known == *name)?;
        u16::try_from(at).ok().map(TypeId::new)
    }

    /// The relation of a type with a name.
    #[inline]
    pub(super) fn relation(
        &self,
        model: &CheckedModel,
        of: TypeId,
        name: &str,
    ) -> Option<RelationId> {
        let (type_name, relations) = self.types.get(of.index())?;
        if relations.len() > SCAN_MAX {
            return model.relation(type_name, name);
        }
        relations.iter().find(|(known, _)| **known == *name).map(|(_, id)| *id)
    }

    fn add(
        &mut self,
        model: &CheckedModel,
        id: RelationId,
        wanted: impl Fn(Subject) -> bool,
    ) -> (usize, usize) {
        let start = self.restrictions.len();
        for (id, known) in model.restrictions(id).filter(|(_, known)| wanted(known.subject)) {
            self.restrictions.push(Restriction { id, of: known.of, subject: known.subject });
        }
        (start, self.restrictions.len())
    }

    fn shapes(&mut self, model: &CheckedModel) {
        let shapes: Vec<Shape> = model
            .relations()
            .map(|(id, _)| match model.op(model.root(id)) {
                _ if self.leaf(model, id) => Shape::Leaf,
                Some(Op::Computed(other)) => Shape::Alias(*other),
                _ => {
                    if let Some(plan) = self.group_plan(model, id) {
                        return Shape::Groups(Box::new(plan));
                    }
                    let mut flat = FlatPlan::default();
                    match self.flatten_root(model, id, model.root(id), &mut flat) {
                        true => Shape::Flat(Box::new(flat)),
                        false => Shape::Other,
                    }
                }
            })
            .collect();
        for (plan, shape) in self.relations.iter_mut().zip(shapes) {
            plan.shape = shape;
        }
    }

    /// Whether a relation follows from its own tuples, which name objects and wildcards.
    fn leaf(&self, model: &CheckedModel, id: RelationId) -> bool {
        self.plan(id).is_some_and(|plan| {
            matches!(model.op(plan.root), Some(Op::This)) && self.usersets(plan).is_empty()
        })
    }

    fn group_plan(&self, model: &CheckedModel, id: RelationId) -> Option<GroupPlan> {
        let plan = self.plan(id)?;
        let own = |known: &&Restriction| {
            known.subject == Subject::Userset(id) && model.condition_of(known.id).is_none()
        };
        let inner = self.usersets(plan).iter().find(own)?.id;
        let others = self.usersets(plan).iter().map(|known| known.id).filter(|id| *id != inner);
        let mut group = GroupPlan { inner, seeds: vec![], others: others.collect() };
        self.seeds(model, id, plan.root, &mut group).then_some(group)
    }

    /// Whether a relation is a union of tuples of its object, but for whom others name.
    fn flatten_root(
        &self,
        model: &CheckedModel,
        id: RelationId,
        op: OpId,
        flat: &mut FlatPlan,
    ) -> bool {
        let Some(Op::Exclusion(base, subtract)) = model.op(op) else {
            return self.flatten(model, id, op, &mut flat.gives);
        };
        let takes = &mut flat.takes;
        self.flatten(model, id, *subtract, takes)
            && takes.lent.iter().all(|(_, lent)| self.group_plan(model, *lent).is_some())
            && self.flatten_root(model, id, *base, flat)
    }

    /// Whether an operator is a union of tuples of the object, those of its other relations
    /// included.
    fn flatten(&self, model: &CheckedModel, id: RelationId, op: OpId, ways: &mut Ways) -> bool {
        ways.operators += 1;
        if ways.operators > FLAT_OPERATORS_MAX {
            return false;
        }
        match model.op(op) {
            Some(Op::This) => {
                let Some(plan) = self.plan(id) else { return false };
                ways.direct.extend(self.direct(plan));
                for known in self.usersets(plan) {
                    if let Subject::Userset(relation) = known.subject {
                        ways.lent.push((known.id, relation));
                    }
                }
                true
            }
            Some(Op::Computed(other)) => {
                let Some(plan) = self.plan(*other) else { return false };
                self.flatten(model, *other, plan.root, ways)
            }
            Some(Op::TupleToUserset(range)) => {
                let targets = model.targets(range).iter();
                ways.lent.extend(targets.map(|target| (target.tupleset, target.computed)));
                true
            }
            Some(Op::Union(range)) => {
                let operands = model.operands(range).iter();
                operands.into_iter().all(|child| self.flatten(model, id, *child, ways))
            }
            _ => false,
        }
    }

    /// The relation that an alias stands for in the end, and how it is told who has it.
    pub(super) fn lends(&self, mut id: RelationId) -> (RelationId, Lends) {
        for _ in 0..ALIASES_MAX {
            match self.plan(id).map(|plan| &plan.shape) {
                Some(Shape::Alias(other)) => id = *other,
                Some(Shape::Groups(_)) => return (id, Lends::Members),
                Some(Shape::Flat(_) | Shape::Leaf) => return (id, Lends::Rows),
                Some(Shape::Other) | None => break,
            }
        }
        (id, Lends::Otherwise)
    }

    /// The relations of the model.
    pub(super) fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.relations.iter()
    }

    /// Whether an operator adds nothing but members that tuples name.
    fn seeds(&self, model: &CheckedModel, id: RelationId, op: OpId, group: &mut GroupPlan) -> bool {
        let mut add = |of: RelationId| {
            let known = self.plan(of).map(|plan| self.direct(plan)).unwrap_or_default();
            let seeds = known.iter().map(|known| Seed { restriction: *known, own: of == id });
            group.seeds.extend(seeds);
            true
        };
        match model.op(op) {
            Some(Op::This) => add(id),
            Some(Op::Computed(other)) => self.leaf(model, *other) && add(*other),
            Some(Op::Union(range)) => {
                model.operands(range).iter().all(|child| self.seeds(model, id, *child, group))
            }
            _ => false,
        }
    }

    /// To a fix-point, because relations may follow from each other: whenever more types are found
    /// to have one, those that need it are looked at again.
    fn reaches(&mut self, model: &CheckedModel) {
        let mut needed_by: Vec<Vec<RelationId>> = vec![vec![]; self.relations.len()];
        for (id, _) in model.relations() {
            needs(model, id, model.root(id), &mut |other| {
                if let Some(list) = needed_by.get_mut(usize::from(other.number())) {
                    list.push(id);
                }
            });
        }
        let mut waiting: VecDeque<RelationId> = model.relations().map(|(id, _)| id).collect();
        while let Some(id) = waiting.pop_front() {
            let found = self.op_reach(model, id, model.root(id));
            let at = usize::from(id.number());
            if let Some(plan) = self.relations.get_mut(at).filter(|plan| plan.reach != found) {
                plan.reach = found;
                waiting.extend(needed_by.get(at).into_iter().flatten());
            }
        }
    }

    fn op_reach(&self, model: &CheckedModel, id: RelationId, op: OpId) -> u128 {
        let of = |id: RelationId| self.plan(id).map_or(0, |plan| plan.reach);
        match model.op(op) {
            None => 0,
            Some(Op::This) => model.restrictions(id).fold(0, |reach, (_, known)| {
                reach
                    | match known.subject {
                        Subject::Object | Subject::Wildcard => bit(known.of),
                        Subject::Userset(other) => of(other),
                    }
            }),
            Some(Op::Computed(other)) => of(*other),
            Some(Op::TupleToUserset(range)) => {
                model.targets(range).iter().fold(0, |reach, target| reach | of(target.computed))
            }
            Some(Op::Union(range)) => {
                let operands = model.operands(range).iter();
                operands.fold(0, |reach, child| reach | self.op_reach(model, id, *child))
            }
            Some(Op::Intersection(range)) => {
                let operands = model.operands(range).iter();
                operands.fold(u128::MAX, |reach, child| reach & self.op_reach(model, id, *child))
            }
            Some(Op::Exclusion(base, _)) => self.op_reach(model, id, *base),
        }
    }
}

/// Visits the relations that an operator looks at.
pub(crate) fn needs(
    model: &CheckedModel,
    id: RelationId,
    op: OpId,
    visit: &mut dyn FnMut(RelationId),
) {
    match model.op(op) {
        None => {}
        Some(Op::This) => {
            for (_, known) in model.restrictions(id) {
                if let Subject::Userset(other) = known.subject {
                    visit(other);
                }
            }
        }
        Some(Op::Computed(other)) => visit(*other),
        Some(Op::TupleToUserset(range)) => {
            model.targets(range).iter().for_each(|target| visit(target.computed));
        }
        Some(Op::Union(range) | Op::Intersection(range)) => {
            for child in model.operands(range) {
                needs(model, id, *child, visit);
            }
        }
        Some(Op::Exclusion(base, subtract)) => {
            needs(model, id, *base, visit);
            needs(model, id, *subtract, visit);
        }
    }
}

impl Plan {
    /// Whether any tuples at all could give the relation to objects of a type.
    #[inline]
    pub(super) fn reaches(&self, of: TypeId) -> bool {
        self.reach & bit(of) != 0
    }
}

/// A model has at most 100 types.
#[inline]
fn bit(of: TypeId) -> u128 {
    u32::try_from(of.index()).ok().and_then(|at| 1u128.checked_shl(at)).unwrap_or(u128::MAX)
}
