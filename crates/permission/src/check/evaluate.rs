//! Walks the graph by a relation's operators.

use super::answer::{Answer, FailureId, Reasons, SetId, Value};
use super::known::Known;
use super::overlay::Overlay;
use super::{ConditionFailure, Conditions, Limits, MissingParameter, Node, Snapshot, Truth};
use crate::compile::{CheckedRestriction, Op, OpId, RelationId, RestrictionId, Subject, TypeId};
use crate::tuple::Context;

/// The most frames at once, so that no data overflows the stack: computed relations and nested
/// operators add some without adding to the depth. It leaves 16 for each of 25 objects.
const FRAMES_MAX: u32 = 400;

/// Whom the question is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    Object { of: TypeId, object: u32 },
    Userset(Node),
    Wildcard { of: TypeId },
}

/// One check.
pub(super) struct Evaluation<'a> {
    snapshot: &'a Snapshot,
    overlay: &'a Overlay<'a>,
    conditions: &'a dyn Conditions,
    asked: Asked,
    limits: Limits,
    now: u64,
    known: Known,
    reasons: Reasons,
    steps: u32,
    frames: u32,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        overlay: &'a Overlay<'a>,
        conditions: &'a dyn Conditions,
        asked: Asked,
        limits: Limits,
        now: u64,
    ) -> Self {
        Self {
            snapshot,
            overlay,
            conditions,
            asked,
            limits,
            now,
            known: Known::default(),
            reasons: Reasons::default(),
            steps: 0,
            frames: 0,
        }
    }

    /// How many relations of objects were looked at.
    pub(super) fn steps(&self) -> u32 {
        self.steps
    }

    pub(super) fn missing(&self, set: SetId) -> Vec<MissingParameter> {
        self.reasons.get(set)
    }

    pub(super) fn failure(&self, id: FailureId) -> Option<(String, ConditionFailure)> {
        self.reasons.failure(id)
    }

    /// Whether the asked user has a relation to an object, `depth` objects below the asked one.
    pub(super) fn node(&mut self, node: Node, depth: u32) -> Answer {
        self.steps = self.steps.saturating_add(1);
        if depth >= self.limits.depth || self.steps > self.limits.steps {
            return Answer::new(Value::TooComplex, depth);
        }
        if let Some(answer) = self.known.get(node, depth, self.limits.depth) {
            return answer;
        }
        if matches!(self.asked, Asked::Userset(asked) if asked == node) {
            return Answer::new(Value::Allow, depth);
        }
        let root = self.snapshot.model.root(node.relation);
        let open = self.known.open(node);
        let answer = self.op(root, node, depth);
        self.known.close(node, &open, depth, answer)
    }

    fn op(&mut self, op: OpId, node: Node, depth: u32) -> Answer {
        if self.frames >= FRAMES_MAX {
            return Answer::new(Value::TooComplex, depth);
        }
        self.frames += 1;
        let snapshot = self.snapshot;
        let answer = match snapshot.model.op(op) {
            None => Answer::new(Value::Deny, depth),
            Some(Op::This) => self.this(node, depth),
            Some(Op::Computed(relation)) => {
                self.node(Node { relation: *relation, object: node.object }, depth)
            }
            Some(Op::TupleToUserset(range)) => {
                let mut answer = Answer::new(Value::Deny, depth);
                for target in snapshot.model.targets(range) {
                    if answer.allows() {
                        break;
                    }
                    let below = self.below(target.tupleset, node.object, target.computed, depth);
                    answer = answer.or(below, &mut self.reasons);
                }
                answer
            }
            Some(Op::Union(range)) => {
                let mut answer = Answer::new(Value::Deny, depth);
                for child in snapshot.model.operands(range) {
                    if answer.allows() {
                        break;
                    }
                    let next = self.op(*child, node, depth);
                    answer = answer.or(next, &mut self.reasons);
                }
                answer
            }
            Some(Op::Intersection(range)) => {
                let mut answer = Answer::new(Value::Allow, depth);
                for child in snapshot.model.operands(range) {
                    if answer.denies() {
                        break;
                    }
                    let next = self.op(*child, node, depth);
                    answer = answer.and(next, &mut self.reasons);
                }
                answer
            }
            Some(Op::Exclusion(base, subtract)) => {
                let answer = self.op(*base, node, depth);
                if answer.denies() {
                    answer
                } else {
                    let subtract = self.op(*subtract, node, depth);
                    answer.but_not(subtract, &mut self.reasons)
                }
            }
        };
        self.frames -= 1;
        answer
    }

    /// The relation's own tuples: those that name the asked user first, then those of usersets.
    fn this(&mut self, node: Node, depth: u32) -> Answer {
        let snapshot = self.snapshot;
        let mut answer = Answer::new(Value::Deny, depth);
        for (id, restriction) in snapshot.model.restrictions(node.relation) {
            if answer.allows() {
                return answer;
            }
            if let Some(user) = self.names_asked(restriction) {
                let named = self.named(id, restriction, node.object, user);
                answer = answer.or(Answer::new(named, depth), &mut self.reasons);
            }
        }
        for (id, restriction) in snapshot.model.restrictions(node.relation) {
            if answer.allows() {
                return answer;
            }
            if let Subject::Userset(relation) = restriction.subject {
                let below = self.below(id, node.object, relation, depth);
                answer = answer.or(below, &mut self.reasons);
            }
        }
        answer
    }

    /// The user in those tuples of a restriction that name the asked one, if they can.
    fn names_asked(&self, restriction: &CheckedRestriction) -> Option<u32> {
        match (self.asked, restriction.subject) {
            (Asked::Object { of, object }, Subject::Object) if of == restriction.of => Some(object),
            (Asked::Userset(asked), Subject::Userset(relation)) if asked.relation == relation => {
                Some(asked.object)
            }
            (Asked::Object { of, .. } | Asked::Wildcard { of }, Subject::Wildcard)
                if of == restriction.of =>
            {
                Some(0)
            }
            _ => None,
        }
    }

    /// Whether a tuple of a restriction names this user.
    fn named(
        &mut self,
        id: RestrictionId,
        restriction: &CheckedRestriction,
        object: u32,
        user: u32,
    ) -> Value {
        let mut answer = Answer::new(Value::Deny, 0);
        let snapshot = self.snapshot;
        if let Some(context) = snapshot.find_tuple(id, object, user, self.now) {
            let value = self.counts(restriction.condition.as_deref().zip(context));
            answer = answer.or(Answer::new(value, 0), &mut self.reasons);
        }
        let overlay = self.overlay;
        for added in overlay.row(id, object).iter().filter(|added| added.user == user) {
            let value = self.counts(added.condition);
            answer = answer.or(Answer::new(value, 0), &mut self.reasons);
        }
        answer.value
    }

    /// Whether the asked user has `relation` to any object that the tuples of a restriction name.
    fn below(
        &mut self,
        id: RestrictionId,
        object: u32,
        relation: RelationId,
        depth: u32,
    ) -> Answer {
        let mut answer = Answer::new(Value::Deny, depth);
        let snapshot = self.snapshot;
        let condition = snapshot.model.condition_of(id);
        for (user, context) in snapshot.users(id, object, self.now) {
            let next = Node { relation, object: user };
            let next = self.through(condition.zip(context), next, depth);
            answer = answer.or(next, &mut self.reasons);
            if answer.allows() {
                return answer;
            }
        }
        let overlay = self.overlay;
        for added in overlay.row(id, object) {
            let next = Node { relation, object: added.user };
            let next = self.through(added.condition, next, depth);
            answer = answer.or(next, &mut self.reasons);
            if answer.allows() {
                return answer;
            }
        }
        answer
    }

    /// One step down, through a tuple that must count.
    fn through(&mut self, condition: Option<(&str, &Context)>, node: Node, depth: u32) -> Answer {
        let counts = Answer::new(self.counts(condition), depth);
        if counts.denies() {
            return counts;
        }
        let below = self.node(node, depth + 1);
        below.and(counts, &mut self.reasons)
    }

    fn counts(&mut self, condition: Option<(&str, &Context)>) -> Value {
        let Some((name, context)) = condition else { return Value::Allow };
        match self.conditions.holds(name, context) {
            Truth::True => Value::Allow,
            Truth::False => Value::Deny,
            Truth::Missing(parameters) => Value::Missing(self.reasons.add(name, parameters)),
            Truth::Failed(why) => Value::Failed(self.reasons.fail(name, why)),
        }
    }
}
