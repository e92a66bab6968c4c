//! Walks the graph by a relation's operators.

use super::answer::{Answer, FailureId, Reasons, SetId, Value};
use super::groups::GroupSets;
use super::overlay::Overlay;
use super::program::{Plan, Restriction, Shape};
use super::{
    Checker, ConditionFailure, Conditions, Limits, MissingParameter, Node, Snapshot, Truth,
};
use crate::compile::{Op, OpId, RelationId, RestrictionId, Subject, TypeId};
use crate::graph::{PartId, Row, Slot};
use crate::tuple::Context;

/// The most frames at once, so that no data overflows the stack: computed relations and nested
/// operators add some without adding to the depth. It leaves 16 for each of 25 objects.
const FRAMES_MAX: u32 = 400;
/// A slot of more tuples than this is not looked into if the user has fewer of its part.
const SLOT_LARGE: usize = 32;

/// Whom the question is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    Object { of: TypeId, object: u32 },
    Userset(Node),
    Wildcard { of: TypeId },
}

/// One check.
pub(super) struct Evaluation<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) checker: &'a mut Checker,
    pub(super) overlay: &'a Overlay<'a>,
    pub(super) conditions: &'a dyn Conditions,
    pub(super) asked: Asked,
    pub(super) limits: Limits,
    pub(super) now: u64,
    pub(super) group_sets: GroupSets<'a>,
    pub(super) reasons: Reasons,
    pub(super) steps: u32,
    frames: u32,
    /// Whether walks answer so far.
    walks: bool,
    /// The tuples that name the asked user, once they were looked for.
    user_row: Option<Row<'a>>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        checker: &'a mut Checker,
        (overlay, conditions): (&'a Overlay<'a>, &'a dyn Conditions),
        asked: Asked,
        (limits, now): (Limits, u64),
    ) -> Self {
        checker.reset();
        Self {
            snapshot,
            checker,
            overlay,
            conditions,
            asked,
            limits,
            now,
            group_sets: GroupSets::default(),
            reasons: Reasons::default(),
            steps: 0,
            frames: 0,
            walks: true,
            user_row: None,
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
        match self.plan(node.relation) {
            Some(plan) if self.may_reach(plan) => {
                let row = self.row(plan.of, node.object);
                self.inner(node, plan, row, depth)
            }
            _ => Answer::new(Value::Deny, depth),
        }
    }

    /// The same of another relation of the same object.
    fn computed(&mut self, node: Node, row: Row<'a>, depth: u32) -> Answer {
        self.steps = self.steps.saturating_add(1);
        if self.steps > self.limits.steps {
            return Answer::new(Value::TooComplex, depth);
        }
        match self.plan(node.relation) {
            Some(plan) if self.may_reach(plan) => self.inner(node, plan, row, depth),
            _ => Answer::new(Value::Deny, depth),
        }
    }

    fn inner(&mut self, node: Node, plan: &'a Plan, row: Row<'a>, depth: u32) -> Answer {
        if matches!(self.asked, Asked::Userset(asked) if asked == node)
            && !self.snapshot.model.is_strict()
        {
            return Answer::new(Value::Allow, depth);
        }
        match &plan.shape {
            Shape::Leaf => return self.direct(plan, node.object, row, depth),
            Shape::Alias(other) if self.frames < FRAMES_MAX => {
                self.frames += 1;
                let node = Node { relation: *other, object: node.object };
                let answer = self.computed(node, row, depth);
                self.frames -= 1;
                return answer;
            }
            Shape::Groups(_) => {
                if let Some(answer) = self.in_group(node, depth) {
                    return answer;
                }
            }
            Shape::Flat(_) if self.walks && !self.asks_userset() => {
                if let Some(answer) = self.walk(node, row, depth) {
                    return answer;
                }
                // Whatever was in the way is likely in the way of others too.
                self.walks = false;
            }
            Shape::Alias(_) | Shape::Flat(_) | Shape::Other => {}
        }
        if let Some(answer) = self.checker.known.get(node, depth, self.limits.depth) {
            return answer;
        }
        let open = self.checker.known.open(node);
        let answer = self.op(plan.root, node, row, depth);
        self.checker.known.close(node, &open, depth, answer)
    }

    fn op(&mut self, op: OpId, node: Node, row: Row<'a>, depth: u32) -> Answer {
        if self.frames >= FRAMES_MAX {
            return Answer::new(Value::TooComplex, depth);
        }
        self.frames += 1;
        let snapshot = self.snapshot;
        let answer = match snapshot.model.op(op) {
            None => Answer::new(Value::Deny, depth),
            Some(Op::This) => self.this(node, row, depth),
            Some(Op::Computed(relation)) => {
                self.computed(Node { relation: *relation, object: node.object }, row, depth)
            }
            Some(Op::TupleToUserset(range)) => {
                let mut answer = Answer::new(Value::Deny, depth);
                for target in snapshot.model.targets(range) {
                    if answer.allows() {
                        break;
                    }
                    if self.plan(target.computed).is_some_and(|plan| self.may_reach(plan)) {
                        let id = target.tupleset;
                        let below = self.below(id, (node.object, row), target.computed, depth);
                        answer = answer.or(below, &mut self.reasons);
                    }
                }
                answer
            }
            Some(Op::Union(range)) => {
                let mut answer = Answer::new(Value::Deny, depth);
                for child in snapshot.model.operands(range) {
                    if answer.allows() {
                        break;
                    }
                    let next = self.op(*child, node, row, depth);
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
                    let next = self.op(*child, node, row, depth);
                    answer = answer.and(next, &mut self.reasons);
                }
                answer
            }
            Some(Op::Exclusion(base, subtract)) => {
                let answer = self.op(*base, node, row, depth);
                if answer.denies() {
                    answer
                } else {
                    let subtract = self.op(*subtract, node, row, depth);
                    answer.but_not(subtract, &mut self.reasons)
                }
            }
        };
        self.frames -= 1;
        answer
    }

    /// The relation's own tuples: those that name the asked user first, then those of usersets.
    fn this(&mut self, node: Node, row: Row<'a>, depth: u32) -> Answer {
        let snapshot = self.snapshot;
        let Some(plan) = self.plan(node.relation) else {
            return Answer::new(Value::Deny, depth);
        };
        let mut answer = self.direct(plan, node.object, row, depth);
        for known in snapshot.program.usersets(plan) {
            if answer.allows() {
                return answer;
            }
            let Subject::Userset(relation) = known.subject else { continue };
            if let Some(user) = self.names_asked(known) {
                let named = self.named(known, (node.object, row), user);
                answer = answer.or(Answer::new(named, depth), &mut self.reasons);
            }
            if !answer.allows() && self.plan(relation).is_some_and(|plan| self.may_reach(plan)) {
                let below = self.below(known.id, (node.object, row), relation, depth);
                answer = answer.or(below, &mut self.reasons);
            }
        }
        answer
    }

    /// The tuples of a relation that name objects and wildcards.
    fn direct(&mut self, plan: &Plan, object: u32, row: Row<'a>, depth: u32) -> Answer {
        let mut answer = Answer::new(Value::Deny, depth);
        let snapshot = self.snapshot;
        for known in snapshot.program.direct(plan) {
            if let Some(user) = self.names_asked(known) {
                let named = self.named(known, (object, row), user);
                answer = answer.or(Answer::new(named, depth), &mut self.reasons);
                if answer.allows() {
                    break;
                }
            }
        }
        answer
    }

    /// The user in those tuples of a restriction that name the asked one, if they can.
    #[inline]
    pub(super) fn names_asked(&self, restriction: &Restriction) -> Option<u32> {
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
    fn named(&mut self, known: &Restriction, (object, row): (u32, Row<'a>), user: u32) -> Value {
        let snapshot = self.snapshot;
        let bound = snapshot.bound.restriction(known.id);
        if let Some(kind) = bound.kind
            && !bound.conditional
            && self.in_slot(row.slot(kind.plain()), kind.plain(), known.id, (object, user))
        {
            return Value::Allow;
        }
        let mut answer = Answer::new(Value::Deny, 0);
        if let Some(kind) = bound.kind.filter(|_| bound.termed)
            && let Some(terms) = row.slot(kind.termed()).find(user)
            && let Some(context) = snapshot.context_of(terms, bound.conditional, self.now)
        {
            let value = self.counts(snapshot.model.condition_of(known.id).zip(context));
            answer = answer.or(Answer::new(value, 0), &mut self.reasons);
        }
        let overlay = self.overlay;
        for added in overlay.row(known.id, object).iter().filter(|added| added.user == user) {
            let value = self.counts(added.condition);
            answer = answer.or(Answer::new(value, 0), &mut self.reasons);
        }
        answer.value
    }

    /// Whether a user is in a slot: looked for where there is less to look through.
    #[inline]
    pub(super) fn in_slot(
        &mut self,
        slot: Slot<'a>,
        part: PartId,
        id: RestrictionId,
        (object, user): (u32, u32),
    ) -> bool {
        if slot.len_at_most() > SLOT_LARGE && matches!(self.asked, Asked::Object { .. }) {
            let of = self.snapshot.bound.restriction(id).user_type;
            let other = self.user_row(of, user).slot(part);
            if other.len_at_most() < slot.len_at_most() {
                return other.find(object).is_some();
            }
        }
        slot.find(user).is_some()
    }

    /// Whether the asked user has `relation` to any object that the tuples of a restriction name.
    fn below(
        &mut self,
        id: RestrictionId,
        (object, row): (u32, Row<'a>),
        relation: RelationId,
        depth: u32,
    ) -> Answer {
        let mut answer = Answer::new(Value::Deny, depth);
        let snapshot = self.snapshot;
        let bound = snapshot.bound.restriction(id);
        if let Some(kind) = bound.kind.filter(|_| !bound.conditional) {
            let slot = row.slot(kind.plain());
            match self.in_any_group(slot, relation, depth) {
                Some(found) => answer = found,
                None => {
                    for (user, _) in slot.iter() {
                        let next = self.node(Node { relation, object: user }, depth + 1);
                        answer = answer.or(next, &mut self.reasons);
                        if answer.allows() {
                            break;
                        }
                    }
                }
            }
            if answer.allows() {
                return answer;
            }
        }
        if let Some(kind) = bound.kind.filter(|_| bound.termed) {
            let condition = snapshot.model.condition_of(id);
            for (user, terms) in row.slot(kind.termed()).iter() {
                let Some(context) = snapshot.context_of(terms, bound.conditional, self.now) else {
                    continue;
                };
                let next = Node { relation, object: user };
                let next = self.through(condition.zip(context), next, depth);
                answer = answer.or(next, &mut self.reasons);
                if answer.allows() {
                    return answer;
                }
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
    pub(super) fn through(
        &mut self,
        condition: Option<(&str, &Context)>,
        node: Node,
        depth: u32,
    ) -> Answer {
        let counts = Answer::new(self.counts(condition), depth);
        if counts.denies() {
            return counts;
        }
        let below = self.node(node, depth + 1);
        below.and(counts, &mut self.reasons)
    }

    pub(super) fn counts(&mut self, condition: Option<(&str, &Context)>) -> Value {
        let Some((name, context)) = condition else { return Value::Allow };
        match self.conditions.holds(name, context) {
            Truth::True => Value::Allow,
            Truth::False => Value::Deny,
            Truth::Missing(parameters) => Value::Missing(self.reasons.add(name, parameters)),
            Truth::Failed(why) => Value::Failed(self.reasons.fail(name, why)),
        }
    }

    #[inline]
    pub(super) fn plan(&self, relation: RelationId) -> Option<&'a Plan> {
        self.snapshot.program.plan(relation)
    }

    #[inline]
    fn asks_userset(&self) -> bool {
        matches!(self.asked, Asked::Userset(_))
    }

    /// Whether any tuples at all could give a relation to the asked user.
    #[inline]
    pub(super) fn may_reach(&self, plan: &Plan) -> bool {
        match self.asked {
            Asked::Object { of, .. } | Asked::Wildcard { of } => plan.reaches(of),
            Asked::Userset(_) => true,
        }
    }

    #[inline]
    pub(super) fn row(&self, of: TypeId, object: u32) -> Row<'a> {
        let of = self.snapshot.bound.type_of(of);
        of.map_or(Row::default(), |of| self.snapshot.graph.forward(of, object))
    }

    /// The tuples that name the asked user.
    #[inline]
    pub(super) fn user_row(&mut self, of: u32, user: u32) -> Row<'a> {
        *self.user_row.get_or_insert_with(|| self.snapshot.graph.reverse(of, user))
    }
}
