//! Where having a relation leads: a model's rules, turned around.

use std::collections::{HashMap, HashSet};

use crate::check::needs;
use crate::compile::{CheckedModel, Op, OpId, RelationId, RestrictionId, Subject, TypeId};

/// The relations that lead to the listed one, which is the first.
pub(super) struct Plan {
    slots: Vec<Slot>,
    places: HashMap<RelationId, usize>,
    pub(super) seeds: Vec<Seed>,
    /// If the listed relation is some base but not another relation: that one. To whatever is
    /// reached by the base for certain only this is left to ask.
    pub(super) subtract: Option<RelationId>,
}

struct Slot {
    relation: RelationId,
    edges: Vec<Edge>,
}

/// Whoever has the relation of one slot on an object has another, on the same object or on those
/// that name it.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    /// By the tuples of this restriction, or of the same object.
    pub(super) over: Option<RestrictionId>,
    pub(super) to: usize,
    pub(super) grade: Grade,
}

/// What else is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Grade {
    /// Nothing.
    Alone,
    /// That [`Plan::subtract`] does not take it away.
    Base,
    /// An intersection or an exclusion stands above.
    Guarded,
}

/// Tuples that name users themselves.
pub(super) struct Seed {
    pub(super) of: TypeId,
    pub(super) subject: Subject,
    pub(super) edge: Edge,
}

impl Plan {
    pub(super) fn new(model: &CheckedModel, target: RelationId) -> Self {
        let subtract = subtracted(model, target);
        let mut plan = Self { slots: vec![], places: HashMap::new(), seeds: vec![], subtract };
        plan.place(target);
        let mut at = 0;
        while let Some(slot) = plan.slots.get(at) {
            let relation = slot.relation;
            let root = model.root(relation);
            match (at, plan.subtract, model.op(root)) {
                (0, Some(_), Some(Op::Exclusion(base, _))) => {
                    plan.turn(model, *base, (relation, at), Grade::Base);
                }
                _ => plan.turn(model, root, (relation, at), Grade::Alone),
            }
            at += 1;
        }
        plan
    }

    /// Where a relation is, if it leads to the listed one.
    pub(super) fn find(&self, relation: RelationId) -> Option<usize> {
        self.places.get(&relation).copied()
    }

    pub(super) fn relations(&self) -> impl Iterator<Item = RelationId> {
        self.slots.iter().map(|slot| slot.relation)
    }

    pub(super) fn edges(&self, slot: usize) -> &[Edge] {
        self.slots.get(slot).map(|slot| slot.edges.as_slice()).unwrap_or_default()
    }

    fn place(&mut self, relation: RelationId) -> usize {
        let next = self.slots.len();
        let place = *self.places.entry(relation).or_insert(next);
        if place == next {
            self.slots.push(Slot { relation, edges: vec![] });
        }
        place
    }

    /// Turns around the operators of a relation. Depth is bounded by lowering.
    fn turn(&mut self, model: &CheckedModel, op: OpId, to: (RelationId, usize), grade: Grade) {
        let edge = |over| Edge { over, to: to.1, grade };
        match model.op(op) {
            None => {}
            Some(Op::This) => {
                for (id, restriction) in model.restrictions(to.0) {
                    let (of, subject) = (restriction.of, restriction.subject);
                    self.seeds.push(Seed { of, subject, edge: edge(Some(id)) });
                    if let Subject::Userset(relation) = subject {
                        self.connect(relation, edge(Some(id)));
                    }
                }
            }
            Some(Op::Computed(relation)) => self.connect(*relation, edge(None)),
            Some(Op::TupleToUserset(range)) => {
                for target in model.targets(range) {
                    self.connect(target.computed, edge(Some(target.tupleset)));
                }
            }
            Some(Op::Union(range)) => {
                for child in model.operands(range) {
                    self.turn(model, *child, to, grade);
                }
            }
            // Whoever is in all operands is in each: the plainest one finds them all.
            Some(Op::Intersection(range)) => {
                let operands = model.operands(range).iter();
                if let Some(child) = operands.min_by_key(|child| breadth(model, **child, to.0)) {
                    self.turn(model, *child, to, Grade::Guarded);
                }
            }
            Some(Op::Exclusion(base, _)) => self.turn(model, *base, to, Grade::Guarded),
        }
    }

    fn connect(&mut self, from: RelationId, edge: Edge) {
        let from = self.place(from);
        if let Some(slot) = self.slots.get_mut(from) {
            slot.edges.push(edge);
        }
    }
}

/// The relation that the listed one subtracts, if that does not depend on the listed one itself.
fn subtracted(model: &CheckedModel, target: RelationId) -> Option<RelationId> {
    let Some(Op::Exclusion(_, subtract)) = model.op(model.root(target)) else { return None };
    let Some(Op::Computed(subtract)) = model.op(*subtract) else { return None };
    let mut needed = HashSet::from([*subtract]);
    let mut waiting = vec![*subtract];
    while let Some(relation) = waiting.pop() {
        needs(model, relation, model.root(relation), &mut |other| {
            if needed.insert(other) {
                waiting.push(other);
            }
        });
    }
    (!needed.contains(&target)).then_some(*subtract)
}

/// How many objects an operand may find, as a rough guess: own tuples find few, wildcards many.
fn breadth(model: &CheckedModel, op: OpId, of: RelationId) -> usize {
    match model.op(op) {
        None => 0,
        Some(Op::This) => {
            let subjects = model.restrictions(of).map(|(_, restriction)| restriction.subject);
            subjects
                .map(|subject| match subject {
                    Subject::Object => 1,
                    Subject::Userset(_) => 4,
                    Subject::Wildcard => 64,
                })
                .sum()
        }
        Some(Op::Computed(_)) => 8,
        Some(Op::TupleToUserset(_)) => 16,
        Some(Op::Union(range)) => {
            model.operands(range).iter().map(|child| breadth(model, *child, of)).sum()
        }
        Some(Op::Intersection(range)) => {
            let operands = model.operands(range).iter();
            operands.map(|child| breadth(model, *child, of)).min().unwrap_or(0)
        }
        Some(Op::Exclusion(base, _)) => breadth(model, *base, of),
    }
}
