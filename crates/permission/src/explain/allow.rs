//! The shortest path that allows.

use super::{Decision, Reason, Teller, What, decision};
use crate::check::Node;
use crate::compile::{Op, OpId, RelationId, RestrictionId, Subject};
use crate::question::Attached;

impl Teller<'_, '_> {
    /// What suffices for a relation that the user has.
    ///
    /// With the least depth that allows, every object below allows with one less: so the path cannot
    /// turn back on itself.
    pub(super) fn allowed(&mut self, node: Node, left: u32) -> Vec<Reason> {
        let (mut denied, mut allowed) = (0, left);
        while allowed - denied > 1 {
            let middle = denied + (allowed - denied) / 2;
            match self.decide(node, middle).decision {
                Decision::Allow => allowed = middle,
                _ => denied = middle,
            }
        }
        let root = self.question.model().root(node.relation);
        let reasons = self.allowed_by(root, node, allowed);
        reasons.unwrap_or_else(|| vec![self.more(Decision::Allow)])
    }

    pub(super) fn allowed_by(&mut self, op: OpId, node: Node, left: u32) -> Option<Vec<Reason>> {
        let model = self.question.model();
        let op = model.op(op)?;
        self.frames += 1;
        let reasons = match op {
            Op::This => self.allowed_by_tuple(node, left),
            Op::Computed(relation) => {
                let other = Node { relation: *relation, object: node.object };
                self.allows(other, left).then(|| vec![self.node(other, left)])
            }
            Op::TupleToUserset(range) => model.targets(range).iter().find_map(|target| {
                self.allowed_over(node, (target.tupleset, target.computed), left)
            }),
            Op::Union(range) => {
                let mut operands = model.operands(range).iter();
                operands.find_map(|child| self.allowed_by(*child, node, left))
            }
            Op::Intersection(range) => {
                let operands = model.operands(range).iter();
                let each: Option<Vec<_>> =
                    operands.map(|child| self.allowed_by(*child, node, left)).collect();
                each.map(|each| {
                    let below = each.into_iter().flatten().collect();
                    vec![Reason { what: What::AllOf, decision: Decision::Allow, below }]
                })
            }
            Op::Exclusion(base, subtract) => {
                let taken = self.known(*subtract, node, left);
                let free = taken.decision == Decision::Deny && !taken.cyclic;
                let below = if free { self.allowed_by(*base, node, left) } else { None };
                below.map(|mut below| {
                    below.push(self.operand(*subtract, node, left, &Decision::Deny));
                    vec![Reason { what: What::ButNot, decision: Decision::Allow, below }]
                })
            }
        };
        self.frames -= 1;
        reasons
    }

    fn allows(&mut self, node: Node, left: u32) -> bool {
        self.decide(node, left).decision == Decision::Allow
    }

    fn allowed_by_tuple(&mut self, node: Node, left: u32) -> Option<Vec<Reason>> {
        for (id, held) in self.own_tuples(node) {
            if decision(held.as_ref()) == Decision::Allow {
                return self.room().then(|| vec![self.own_reason(node, id, held)]);
            }
        }
        let restrictions = self.question.model().restrictions(node.relation);
        let usersets = restrictions.filter_map(|(id, restriction)| match restriction.subject {
            Subject::Userset(relation) => Some((id, relation)),
            Subject::Object | Subject::Wildcard => None,
        });
        let usersets: Vec<_> = usersets.collect();
        usersets.into_iter().find_map(|over| self.allowed_over(node, over, left))
    }

    /// Over the first tuple, by the name of what it leads to, that leads to an allow.
    fn allowed_over(
        &mut self,
        node: Node,
        (id, relation): (RestrictionId, RelationId),
        left: u32,
    ) -> Option<Vec<Reason>> {
        let of = self.question.model().type_of(relation);
        let mut users: Vec<(u32, Attached<'_>)> = self.question.users(id, node.object).collect();
        users.sort_by_key(|(user, _)| self.question.id(of, *user));
        for (object, condition) in users {
            let held = self.held(condition);
            let below = Node { relation, object };
            let left = left.saturating_sub(1);
            if decision(held.as_ref()) == Decision::Allow && self.allows(below, left) {
                let tuple = self.link_text(node, id, object);
                let below = vec![self.node(below, left)];
                let what = What::Through { tuple, condition: held };
                return Some(vec![Reason { what, decision: Decision::Allow, below }]);
            }
        }
        None
    }
}
