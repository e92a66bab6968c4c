//! Relations that follow from tuples of an object and of objects above it: a walk upwards, each row
//! looked at once.
//!
//! It answers what is plain: nobody is in two places, no contextual tuple is in the way, no condition
//! lacks a parameter. In any other case it says nothing, and the operators are followed one by one.

use super::Node;
use super::answer::{Answer, Value};
use super::bound::{Lends, Role, RoleAt};
use super::evaluate::{Asked, Evaluation};
use crate::compile::{RelationId, RestrictionId};
use crate::graph::{PartId, Row, Slot, has_terms};

/// How many objects a walk looks at: more than the depth of nearly all folders, and few enough to
/// find again by comparing each.
const OBJECTS_MAX: usize = 64;

/// An object that a walk came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    node: Node,
    depth: u32,
}

/// What a row tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// The user has the relation.
    Given,
    /// Nothing so far.
    Nothing,
    /// The user does not have it by this object, whatever lies above.
    Taken,
    /// It cannot be said by a walk.
    Unclear,
}

impl From<Value> for Told {
    fn from(value: Value) -> Self {
        match value {
            Value::Allow => Self::Given,
            Value::Deny => Self::Nothing,
            Value::Cyclic | Value::Missing(_) | Value::Failed(_) | Value::TooComplex => {
                Self::Unclear
            }
        }
    }
}

impl<'a> Evaluation<'a> {
    /// Whether the asked user has a relation to an object, if a walk can tell.
    pub(super) fn walk(&mut self, node: Node, row: Row<'a>, depth: u32) -> Option<Answer> {
        self.checker.walked.clear();
        self.checker.walked.push(Step { node, depth });
        let (mut next, mut deepest) = (0, depth);
        while let Some(step) = self.checker.walked.get(next).copied() {
            let row = if next == 0 { row } else { self.climb_to(step)? };
            next += 1;
            if !self.overlay.leaves(step.node.object) {
                return None;
            }
            deepest = deepest.max(step.depth);
            match self.look(step, row, &mut deepest) {
                Told::Given => return Some(Answer::new(Value::Allow, deepest)),
                Told::Nothing | Told::Taken => {}
                Told::Unclear => return None,
            }
        }
        Some(Answer::new(Value::Deny, deepest))
    }

    /// The row of an object, unless it is too far or one too many.
    fn climb_to(&mut self, step: Step) -> Option<Row<'a>> {
        self.steps = self.steps.saturating_add(1);
        if step.depth >= self.limits.depth || self.steps > self.limits.steps {
            return None;
        }
        Some(self.row(self.plan(step.node.relation)?.of, step.node.object))
    }

    /// What an object's own tuples tell; the objects that they lead to are put at the end.
    fn look(&mut self, step: Step, row: Row<'a>, deepest: &mut u32) -> Told {
        let bound = &self.snapshot.bound;
        for role in bound.takes(step.node.relation) {
            match self.role(step, role, row.slot(role.part), deepest) {
                Told::Given => return Told::Taken,
                Told::Nothing | Told::Taken => {}
                Told::Unclear => return Told::Unclear,
            }
        }
        let mut roles = bound.roles(step.node.relation);
        let Some(slots) = row.unchanged() else {
            for role in roles {
                let slot = row.slot(role.part);
                match self.role(step, role, slot, deepest) {
                    Told::Nothing => {}
                    told => return told,
                }
            }
            return Told::Nothing;
        };
        for (part, values, terms) in slots {
            while let Some((role, rest)) = roles.split_first() {
                if role.part > part {
                    break;
                }
                roles = rest;
                if role.part < part {
                    continue;
                }
                match self.role(step, role, Slot::new(values, terms), deepest) {
                    Told::Nothing => {}
                    told => return told,
                }
            }
        }
        Told::Nothing
    }

    /// What the tuples of one part tell.
    #[inline]
    fn role(&mut self, step: Step, role: &RoleAt, slot: Slot<'a>, deepest: &mut u32) -> Told {
        match role.role {
            Role::Object(of, id) => match self.asked {
                Asked::Object { of: asked, object } if asked == of => {
                    self.names(object, id, (role.part, slot), step.node.object)
                }
                _ => Told::Nothing,
            },
            // The user of every tuple that names a wildcard is 0.
            Role::Wildcard(of, id) => match self.asked {
                Asked::Object { of: asked, .. } | Asked::Wildcard { of: asked } if asked == of => {
                    self.names(0, id, (role.part, slot), step.node.object)
                }
                _ => Told::Nothing,
            },
            Role::Lent(relation, lends, id) => {
                let plan = self.plan(relation);
                if slot.len_at_most() == 0 || !plan.is_some_and(|plan| self.may_reach(plan)) {
                    return Told::Nothing;
                }
                if has_terms(role.part) {
                    return self.lent_under_terms((relation, lends, id), slot, step, deepest);
                }
                match lends {
                    Lends::Members => {
                        let found = self.in_any_group(slot, relation, step.depth);
                        told(found, deepest)
                    }
                    Lends::Rows => {
                        let mut objects = slot.iter().map(|(object, _)| object);
                        let fits = objects.all(|object| self.visit(step, relation, object));
                        if fits { Told::Nothing } else { Told::Unclear }
                    }
                    Lends::Otherwise => Told::Unclear,
                }
            }
        }
    }

    /// The same of tuples with conditions or an expiry.
    fn lent_under_terms(
        &mut self,
        (relation, lends, id): (RelationId, Lends, RestrictionId),
        slot: Slot<'a>,
        step: Step,
        deepest: &mut u32,
    ) -> Told {
        let snapshot = self.snapshot;
        let conditional = snapshot.bound.restriction(id).conditional;
        let condition = snapshot.model.condition_of(id);
        for (object, terms) in slot.iter() {
            let Some(context) = snapshot.context_of(terms, conditional, self.now) else { continue };
            match self.counts(condition.zip(context)) {
                Value::Allow => {}
                Value::Deny => continue,
                _ => return Told::Unclear,
            }
            let found = match lends {
                Lends::Members if step.depth + 1 < self.limits.depth => {
                    told(self.in_group(Node { relation, object }, step.depth + 1), deepest)
                }
                Lends::Rows if self.visit(step, relation, object) => Told::Nothing,
                _ => Told::Unclear,
            };
            if found != Told::Nothing {
                return found;
            }
        }
        Told::Nothing
    }

    /// Puts an object at the end of the walk, unless the walk was there or is too long.
    fn visit(&mut self, from: Step, relation: RelationId, object: u32) -> bool {
        let node = Node { relation, object };
        let walked = &mut self.checker.walked;
        let fits = walked.len() < OBJECTS_MAX && !walked.iter().any(|known| known.node == node);
        if fits {
            walked.push(Step { node, depth: from.depth + 1 });
        }
        fits
    }

    /// Whether a slot names a user.
    #[inline]
    fn names(
        &mut self,
        user: u32,
        id: RestrictionId,
        (part, slot): (PartId, Slot<'a>),
        object: u32,
    ) -> Told {
        if has_terms(part) {
            return self.names_under_terms(user, id, slot);
        }
        if self.in_slot(slot, part, id, (object, user)) { Told::Given } else { Told::Nothing }
    }

    /// The same of tuples with conditions or an expiry.
    fn names_under_terms(&mut self, user: u32, id: RestrictionId, slot: Slot<'a>) -> Told {
        let snapshot = self.snapshot;
        let Some(terms) = slot.find(user) else { return Told::Nothing };
        let conditional = snapshot.bound.restriction(id).conditional;
        match snapshot.context_of(terms, conditional, self.now) {
            Some(context) => self.counts(snapshot.model.condition_of(id).zip(context)).into(),
            None => Told::Nothing,
        }
    }
}

/// What the groups tell.
#[inline]
fn told(found: Option<Answer>, deepest: &mut u32) -> Told {
    found.map_or(Told::Unclear, |found| {
        *deepest = found.deepest.max(*deepest);
        found.value.into()
    })
}
