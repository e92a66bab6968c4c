//! What stands in the way.

use super::{Decision, Known, Reason, Teller, What, decision};
use crate::check::Node;
use crate::compile::{Op, OpId, RelationId, RestrictionId, Subject};
use crate::list_objects::Sorted;

impl Teller<'_, '_> {
    /// What each way to a relation lacks, if the user does not have it; of an undecided one, the ways
    /// that are undecided.
    pub(super) fn walled(&mut self, node: Node, left: u32, decision: &Decision) -> Vec<Reason> {
        let root = self.question.model().root(node.relation);
        self.ways(root, node, left, decision)
    }

    /// The ways that an operator offers.
    fn ways(&mut self, op: OpId, node: Node, left: u32, decision: &Decision) -> Vec<Reason> {
        if self.frames >= crate::question::FRAMES_MAX {
            return vec![self.more(decision.clone())];
        }
        let model = self.question.model();
        self.frames += 1;
        let ways = match model.op(op) {
            None => vec![],
            Some(Op::This) => self.own_ways(node, left, decision),
            Some(Op::Computed(relation)) => {
                let other = Node { relation: *relation, object: node.object };
                vec![self.node(other, left)]
            }
            Some(Op::TupleToUserset(range)) => {
                let mut ways = vec![];
                for target in model.targets(range) {
                    let over = (target.tupleset, target.computed);
                    ways.extend(self.ways_over(node, over, left, decision));
                }
                if ways.is_empty() {
                    let tupleset = model.targets(range).first();
                    let tupleset = tupleset.and_then(|t| self.question.relation_of(t.tupleset));
                    ways.extend(tupleset.map(|relation| {
                        let name = self.question.node_text(Node { relation, ..node });
                        Reason::leaf(What::NoLink(name), Decision::Deny)
                    }));
                }
                ways
            }
            Some(Op::Union(range)) => {
                let mut ways = vec![];
                for child in model.operands(range) {
                    ways.extend(self.ways(*child, node, left, decision));
                }
                ways
            }
            Some(Op::Intersection(range)) => {
                vec![self.combined(What::AllOf, model.operands(range), node, left)]
            }
            Some(Op::Exclusion(base, subtract)) => {
                vec![self.combined(What::ButNot, &[*base, *subtract], node, left)]
            }
        };
        self.frames -= 1;
        relevant(ways, decision)
    }

    /// An intersection or an exclusion: of a denial, the operands up to the one that decides.
    fn combined(&mut self, what: What, ops: &[OpId], node: Node, left: u32) -> Reason {
        let known: Vec<Known> = ops.iter().map(|op| self.known(*op, node, left)).collect();
        let subtracts = what == What::ButNot;
        let all = combine(&known, subtracts);
        let denies = |(place, known): (usize, &Known)| {
            let wanted = if subtracts && place == 1 { Decision::Allow } else { Decision::Deny };
            known.decision == wanted
        };
        let decisive = known.iter().enumerate().position(denies);
        let mut below = vec![];
        for (place, (op, known)) in ops.iter().zip(&known).enumerate() {
            if all.decision != Decision::Deny || decisive.is_none_or(|decisive| decisive == place) {
                below.push(self.operand(*op, node, left, &known.decision));
            }
        }
        let excluded = subtracts && all.decision == Decision::Deny && decisive == Some(1);
        let what = if excluded { What::Excluded } else { what };
        Reason { what, decision: all.decision, below }
    }

    /// An operand as one reason.
    pub(super) fn operand(
        &mut self,
        op: OpId,
        node: Node,
        left: u32,
        decision: &Decision,
    ) -> Reason {
        let mut ways = if *decision == Decision::Allow {
            self.allowed_operand(op, node, left)
        } else {
            self.ways(op, node, left, decision)
        };
        match ways.pop() {
            Some(only) if ways.is_empty() => only,
            last => {
                ways.extend(last);
                Reason { what: What::AnyOf, decision: decision.clone(), below: ways }
            }
        }
    }

    /// The relation's own tuples, and those of usersets.
    fn own_ways(&mut self, node: Node, left: u32, decision: &Decision) -> Vec<Reason> {
        let mut ways = vec![];
        for (id, held) in self.own_tuples(node) {
            ways.push(self.own_reason(node, id, held));
        }
        let name = self.question.node_text(node);
        if ways.is_empty() && *decision == Decision::Deny {
            let what = if self.given.contains(&name) {
                What::NotAllowed(format!("{name}@{}", self.user))
            } else {
                What::NoTuple(name)
            };
            ways.push(Reason::leaf(what, Decision::Deny));
        }
        let restrictions = self.question.model().restrictions(node.relation);
        let usersets = restrictions.filter_map(|(id, restriction)| match restriction.subject {
            Subject::Userset(relation) => Some((id, relation)),
            Subject::Object | Subject::Wildcard => None,
        });
        let usersets: Vec<_> = usersets.collect();
        for over in usersets {
            ways.extend(self.ways_over(node, over, left, decision));
        }
        ways
    }

    /// The ways over the tuples of a restriction, by the names of what they lead to.
    fn ways_over(
        &mut self,
        node: Node,
        (id, relation): (RestrictionId, RelationId),
        left: u32,
        wanted: &Decision,
    ) -> Vec<Reason> {
        let of = self.question.model().type_of(relation);
        let mut sorted = Sorted::new(self.nodes);
        for (place, (user, condition)) in self.question.users(id, node.object).enumerate() {
            // A stored tuple and a contextual one may name the same.
            let key = (self.question.id(of, user), place);
            if !sorted.is_beyond(&key) {
                sorted.add(key, (user, condition));
            }
        }
        let (users, more) = sorted.end();
        let mut cut = more.is_some();
        let mut ways = vec![];
        for (object, condition) in users.into_values() {
            if !self.room() {
                cut = true;
                break;
            }
            let held = self.held(condition);
            let tuple = self.link_text(node, id, object);
            let counts = decision(held.as_ref());
            let what = What::Through { tuple, condition: held };
            if counts == Decision::Deny {
                ways.push(Reason::leaf(what, counts));
                continue;
            }
            let below = self.node(Node { relation, object }, left.saturating_sub(1));
            let both = [counts, below.decision.clone()];
            let both = both.map(|decision| Known { decision, cyclic: false });
            ways.push(Reason {
                what,
                decision: combine(&both, false).decision,
                below: vec![below],
            });
        }
        if cut {
            ways.push(self.more(wanted.clone()));
        }
        ways
    }

    /// The text of a tuple that leads on: of the relation itself, or of a tupleset.
    pub(super) fn link_text(&self, node: Node, id: RestrictionId, user: u32) -> String {
        let relation = self.question.relation_of(id).unwrap_or(node.relation);
        self.tuple_text(Node { relation, ..node }, id, user)
    }

    fn allowed_operand(&mut self, op: OpId, node: Node, left: u32) -> Vec<Reason> {
        let reasons = self.allowed_by(op, node, left);
        reasons.unwrap_or_else(|| vec![self.more(Decision::Allow)])
    }

    /// What an operator says.
    pub(super) fn known(&mut self, op: OpId, node: Node, left: u32) -> Known {
        let model = self.question.model();
        let deny = || Known { decision: Decision::Deny, cyclic: false };
        match model.op(op) {
            None => deny(),
            Some(Op::This) => {
                let own = self.own_tuples(node).into_iter();
                let own =
                    own.map(|(_, held)| Known { decision: decision(held.as_ref()), cyclic: false });
                let mut known = own.fold(deny(), any);
                let restrictions: Vec<_> = model.restrictions(node.relation).collect();
                for (id, restriction) in restrictions {
                    if let Subject::Userset(relation) = restriction.subject {
                        known = self.known_over(known, node, (id, relation), left);
                    }
                }
                known
            }
            Some(Op::Computed(relation)) => {
                self.decide(Node { relation: *relation, object: node.object }, left)
            }
            Some(Op::TupleToUserset(range)) => {
                let mut known = deny();
                for target in model.targets(range) {
                    let over = (target.tupleset, target.computed);
                    known = self.known_over(known, node, over, left);
                }
                known
            }
            Some(Op::Union(range)) => {
                let mut known = deny();
                for child in model.operands(range) {
                    let next = self.known(*child, node, left);
                    known = any(known, next);
                }
                known
            }
            Some(Op::Intersection(range)) => {
                let operands = model.operands(range).iter();
                let operands: Vec<_> =
                    operands.map(|child| self.known(*child, node, left)).collect();
                combine(&operands, false)
            }
            Some(Op::Exclusion(base, subtract)) => {
                let operands = [*base, *subtract].map(|child| self.known(child, node, left));
                combine(&operands, true)
            }
        }
    }

    fn known_over(
        &mut self,
        mut known: Known,
        node: Node,
        (id, relation): (RestrictionId, RelationId),
        left: u32,
    ) -> Known {
        let users: Vec<_> = self.question.users(id, node.object).collect();
        for (object, condition) in users {
            if known.decision == Decision::Allow {
                break;
            }
            let counts = decision(self.held(condition).as_ref());
            let counts = Known { decision: counts, cyclic: false };
            let below = match left.saturating_sub(1) {
                0 => Known { decision: Decision::TooComplex, cyclic: false },
                left => self.decide(Node { relation, object }, left),
            };
            known = any(known, combine(&[counts, below], false));
        }
        known
    }
}

/// Only what has to do with a decision: of a denial everything.
fn relevant(ways: Vec<Reason>, decision: &Decision) -> Vec<Reason> {
    if *decision == Decision::Deny {
        return ways;
    }
    ways.into_iter().filter(|way| way.decision != Decision::Deny).collect()
}

/// How much a decision outweighs another in a union.
fn weight(decision: &Decision) -> u8 {
    match decision {
        Decision::Deny => 0,
        Decision::Missing(_) => 1,
        Decision::Failed { .. } => 2,
        Decision::TooComplex => 3,
        Decision::Allow => 4,
    }
}

fn any(one: Known, other: Known) -> Known {
    let cyclic = one.cyclic || other.cyclic;
    let decision = match (one.decision, other.decision) {
        (Decision::Missing(mut one), Decision::Missing(other)) => {
            one.extend(other);
            one.sort();
            one.dedup();
            Decision::Missing(one)
        }
        (one, other) if weight(&one) >= weight(&other) => one,
        (_, other) => other,
    };
    Known { cyclic: cyclic && decision == Decision::Deny, decision }
}

/// All of them, or the first without the second.
fn combine(known: &[Known], subtracts: bool) -> Known {
    let mut all = Known { decision: Decision::Allow, cyclic: false };
    for (place, next) in known.iter().enumerate() {
        let inverse = match &next.decision {
            Decision::Allow => Decision::Deny,
            Decision::Deny if !next.cyclic => Decision::Allow,
            other => other.clone(),
        };
        let taken = subtracts && place == 1;
        let next = Known {
            decision: if taken { inverse } else { next.decision.clone() },
            cyclic: next.cyclic && next.decision == Decision::Deny,
        };
        all = both(all, next);
    }
    all
}

fn both(one: Known, other: Known) -> Known {
    let plain = |known: &Known| known.decision == Decision::Deny && !known.cyclic;
    match (&one.decision, &other.decision) {
        _ if plain(&one) => one,
        _ if plain(&other) => other,
        (Decision::Deny, _) => one,
        (_, Decision::Deny) | (Decision::Allow, _) => other,
        (_, Decision::Allow) => one,
        _ => any(one, other),
    }
}
