//! Relations that follow from an object's own tuples: one look at its row tells.

use super::Node;
use super::answer::{Answer, Value};
use super::bound::Role;
use super::evaluate::{Asked, Evaluation, FRAMES_MAX};
use super::program::Shape;
use crate::compile::{RelationId, RestrictionId, TypeId};
use crate::graph::{PartId, Slot, Slots, has_terms};

/// How many slots that lead to other objects are put off without looking for them again: a row
/// rarely has more.
const PUT_OFF: usize = 4;
/// How many frames it counts as: as many as the operators that it stands for.
const FRAMES: u32 = 3;

/// A slot whose objects lend a relation.
#[derive(Clone, Copy, Default)]
struct Lent<'a> {
    relation: RelationId,
    id: RestrictionId,
    part: PartId,
    slot: Slot<'a>,
}

impl<'a> Evaluation<'a> {
    /// Whether any tuple of an object gives the asked user a relation. The object's row was not
    /// changed, and no contextual tuple is about it.
    pub(super) fn flat(&mut self, node: Node, slots: Slots<'a>, depth: u32) -> Answer {
        if self.frames >= FRAMES_MAX {
            return Answer::new(Value::TooComplex, depth);
        }
        self.frames += FRAMES;
        let answer = self.rounds(node, slots, depth);
        self.frames -= FRAMES;
        answer
    }

    /// What the row itself tells comes first, then groups, then other objects.
    fn rounds(&mut self, node: Node, slots: Slots<'a>, depth: u32) -> Answer {
        let mut put_off = [Lent::default(); PUT_OFF];
        let mut waiting = 0;
        let mut answer = Answer::new(Value::Deny, depth);
        let mut roles = self.snapshot.bound.roles(node.relation);
        for (part, values, terms) in slots {
            while let Some(((known, role), rest)) = roles.split_first() {
                if *known > part {
                    break;
                }
                roles = rest;
                if *known < part {
                    continue;
                }
                let slot = Slot::new(values, terms);
                let found = match *role {
                    Role::Object(of, id) => {
                        let user = self.named_object(of);
                        user.map(|user| self.names((of, id), (part, slot), (node.object, user)))
                    }
                    Role::Wildcard(of, id) => {
                        let user = self.named_wildcard(of);
                        user.map(|user| self.names((of, id), (part, slot), (node.object, user)))
                    }
                    Role::Lent(relation, id) => {
                        let lent = Lent { relation, id, part, slot };
                        let found = match self.lent_by_groups(lent, depth) {
                            Some(found) => found,
                            None if waiting < PUT_OFF => {
                                if let Some(place) = put_off.get_mut(waiting) {
                                    *place = lent;
                                }
                                waiting += 1;
                                Answer::new(Value::Deny, depth)
                            }
                            // No more can be put off: it is answered now.
                            None => self.lent(lent, depth),
                        };
                        answer = answer.or(found, &mut self.reasons);
                        None
                    }
                };
                if let Some(found) = found {
                    answer = answer.or(Answer::new(found, depth), &mut self.reasons);
                }
                if answer.allows() {
                    return answer;
                }
            }
        }
        for lent in put_off.iter().take(waiting) {
            let found = self.lent(*lent, depth);
            answer = answer.or(found, &mut self.reasons);
            if answer.allows() {
                break;
            }
        }
        answer
    }

    #[inline]
    fn named_object(&self, of: TypeId) -> Option<u32> {
        match self.asked {
            Asked::Object { of: asked, object } if asked == of => Some(object),
            _ => None,
        }
    }

    /// The user of every tuple that names a wildcard is 0.
    #[inline]
    fn named_wildcard(&self, of: TypeId) -> Option<u32> {
        match self.asked {
            Asked::Object { of: asked, .. } | Asked::Wildcard { of: asked } if asked == of => {
                Some(0)
            }
            _ => None,
        }
    }

    /// The answer of a slot, if it needs no look at other objects.
    #[inline]
    fn lent_by_groups(&mut self, lent: Lent<'a>, depth: u32) -> Option<Answer> {
        let plan = self.plan(lent.relation);
        let Some(plan) = plan.filter(|plan| self.may_reach(plan)) else {
            return Some(Answer::new(Value::Deny, depth));
        };
        if has_terms(lent.part) || !matches!(plan.shape, Shape::Groups(_)) {
            return None;
        }
        self.in_any_group(lent.slot, lent.relation, depth)
    }

    /// Whether a slot names a user.
    fn names(
        &mut self,
        (of, id): (TypeId, RestrictionId),
        (part, slot): (PartId, Slot<'a>),
        (object, user): (u32, u32),
    ) -> Value {
        let snapshot = self.snapshot;
        if !has_terms(part) {
            let user_type = snapshot.bound.type_of(of).unwrap_or(u32::MAX);
            let named = self.in_slot(slot, part, user_type, (object, user));
            return if named { Value::Allow } else { Value::Deny };
        }
        let conditional = snapshot.bound.restriction(id).conditional;
        let context =
            slot.find(user).and_then(|terms| snapshot.context_of(terms, conditional, self.now));
        match context {
            Some(context) => self.counts(snapshot.model.condition_of(id).zip(context)),
            None => Value::Deny,
        }
    }

    /// Whether the asked user has a relation to any object that a slot names.
    fn lent(&mut self, lent: Lent<'a>, depth: u32) -> Answer {
        let Lent { relation, id, part, slot } = lent;
        let snapshot = self.snapshot;
        let mut answer = Answer::new(Value::Deny, depth);
        let conditional = snapshot.bound.restriction(id).conditional;
        let condition = snapshot.model.condition_of(id);
        for (object, terms) in slot.iter() {
            let next = Node { relation, object };
            let found = if has_terms(part) {
                let Some(context) = snapshot.context_of(terms, conditional, self.now) else {
                    continue;
                };
                self.through(condition.zip(context), next, depth)
            } else {
                self.node(next, depth + 1)
            };
            answer = answer.or(found, &mut self.reasons);
            if answer.allows() {
                break;
            }
        }
        answer
    }
}
