//! Relations that follow from an object's own tuples: one look at its row tells.

use super::Node;
use super::answer::{Answer, Value};
use super::bound::Role;
use super::evaluate::{Asked, Evaluation, FRAMES_MAX};
use super::program::Shape;
use crate::compile::{RelationId, RestrictionId, TypeId};
use crate::graph::{PartId, Slot, Slots, has_terms};

/// How often a row is gone through: for what the row itself tells, then for what is further away.
const ROUNDS: [Round; 2] = [Round::Here, Round::Beyond];

/// How many frames it counts as: as many as the operators that it stands for.
const FRAMES: u32 = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    Here,
    Beyond,
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

    fn rounds(&mut self, node: Node, slots: Slots<'a>, depth: u32) -> Answer {
        let snapshot = self.snapshot;
        let mut answer = Answer::new(Value::Deny, depth);
        for round in ROUNDS {
            let mut roles = snapshot.bound.roles(node.relation);
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
                    let found = self.role(*role, round, (part, slot), (node.object, depth));
                    answer = answer.or(found, &mut self.reasons);
                    if answer.allows() {
                        return answer;
                    }
                }
            }
        }
        answer
    }

    fn role(
        &mut self,
        role: Role,
        round: Round,
        (part, slot): (PartId, Slot<'a>),
        (object, depth): (u32, u32),
    ) -> Answer {
        match role {
            Role::Object(of, id) | Role::Wildcard(of, id) if round == Round::Here => {
                let user = match (self.asked, role) {
                    (Asked::Object { of: asked, object }, Role::Object(..)) if asked == of => {
                        object
                    }
                    (
                        Asked::Object { of: asked, .. } | Asked::Wildcard { of: asked },
                        Role::Wildcard(..),
                    ) if asked == of => 0,
                    _ => return Answer::new(Value::Deny, depth),
                };
                Answer::new(self.names((of, id), (part, slot), (object, user)), depth)
            }
            Role::Lent(relation, id) => {
                let plan = self.plan(relation);
                let Some(plan) = plan.filter(|plan| self.may_reach(plan)) else {
                    return Answer::new(Value::Deny, depth);
                };
                let at_once = matches!(plan.shape, Shape::Groups(_)) && !has_terms(part);
                match round {
                    Round::Here if at_once => self
                        .in_any_group(slot, relation, depth)
                        .unwrap_or(Answer::new(Value::Deny, depth)),
                    Round::Beyond
                        if at_once && self.in_any_group(slot, relation, depth).is_some() =>
                    {
                        Answer::new(Value::Deny, depth)
                    }
                    Round::Beyond => self.lent((relation, id), part, slot, depth),
                    Round::Here => Answer::new(Value::Deny, depth),
                }
            }
            _ => Answer::new(Value::Deny, depth),
        }
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
    fn lent(
        &mut self,
        (relation, id): (RelationId, RestrictionId),
        part: PartId,
        slot: Slot<'a>,
        depth: u32,
    ) -> Answer {
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
