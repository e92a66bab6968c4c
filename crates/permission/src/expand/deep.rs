//! Trees as deep as they go.

use std::collections::HashSet;

use super::{Named, linked, named};
use crate::check::Node;
use crate::compile::{Op, OpId};
use crate::list_objects::Sorted;
use crate::question::{FRAMES_MAX, Question};

/// The most nodes of a deep tree, if nothing else is asked for: more than a reader takes in.
pub const EXPAND_NODES_MAX: usize = 1_000;

/// A part of a deep tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeepNode {
    /// The relation that is expanded: `document:budget#viewer`.
    pub name: String,
    /// How users come by it.
    pub value: DeepValue,
}

/// How users come by a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeepValue {
    /// By tuples, which name these.
    Users {
        /// Users, and what the usersets among them are made of.
        users: Vec<DeepUser>,
        /// The last one shown, if there are more. At the root the next page comes after it; below,
        /// ask for this node itself.
        more: Option<String>,
    },
    /// By another relation of the same object.
    Computed(Box<DeepNode>),
    /// By a relation of every object that some tuples name.
    TupleToUserset {
        /// The relation that has those tuples.
        tupleset: String,
        /// The relations.
        nodes: Vec<DeepNode>,
        /// The last one shown, if there are more.
        more: Option<String>,
    },
    /// By any of these.
    Union(Vec<DeepNode>),
    /// By all of these.
    Intersection(Vec<DeepNode>),
    /// By one, unless by the other as well.
    Difference {
        /// The one.
        base: Box<DeepNode>,
        /// The other.
        subtract: Box<DeepNode>,
    },
    /// Its type has no such relation: nobody.
    NoRelation,
    /// It was expanded elsewhere in this tree, or is being expanded above.
    Seen,
    /// It is cut by the bound of nodes: ask for it by its name.
    More,
}

/// A user of a deep tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeepUser {
    /// `user:alice`, `user:*`, `group:eng#member`.
    pub user: String,
    /// What a userset is made of.
    pub below: Option<DeepNode>,
}

pub(super) struct Builder<'q, 'a> {
    question: &'q Question<'a>,
    left: usize,
    frames: u32,
    /// The root, and what of its own tuples was on the pages before.
    after: Option<(Node, &'q str)>,
    seen: HashSet<Node>,
}

impl<'q, 'a> Builder<'q, 'a> {
    pub(super) fn new(
        question: &'q Question<'a>,
        max: usize,
        after: Option<(Node, &'q str)>,
    ) -> Self {
        Self { question, left: max, frames: 0, after, seen: HashSet::new() }
    }

    /// Expands a relation of an object.
    pub(super) fn node(&mut self, node: Node) -> DeepNode {
        let cut = |value| DeepNode { name: self.question.node_text(node), value };
        if self.left == 0 || self.frames >= FRAMES_MAX {
            return cut(DeepValue::More);
        }
        if !self.seen.insert(node) {
            return cut(DeepValue::Seen);
        }
        self.op(self.question.model().root(node.relation), node)
    }

    fn op(&mut self, op: OpId, node: Node) -> DeepNode {
        let (question, model) = (self.question, self.question.model());
        self.left = self.left.saturating_sub(1);
        self.frames += 1;
        let value = match model.op(op) {
            None => DeepValue::NoRelation,
            Some(Op::This) => self.users(node),
            Some(Op::Computed(relation)) => {
                let other = Node { relation: *relation, object: node.object };
                DeepValue::Computed(Box::new(self.node(other)))
            }
            Some(Op::TupleToUserset(range)) => {
                let target = model.targets(range).first();
                let tupleset = target.and_then(|target| question.relation_of(target.tupleset));
                match target.zip(tupleset) {
                    None => DeepValue::NoRelation,
                    Some((target, relation)) => {
                        let computed = question.relation_name(target.computed);
                        self.linked(Node { relation, object: node.object }, computed)
                    }
                }
            }
            Some(Op::Union(range)) => DeepValue::Union(self.all(model.operands(range), node)),
            Some(Op::Intersection(range)) => {
                DeepValue::Intersection(self.all(model.operands(range), node))
            }
            Some(Op::Exclusion(base, subtract)) => DeepValue::Difference {
                base: Box::new(self.op(*base, node)),
                subtract: Box::new(self.op(*subtract, node)),
            },
        };
        self.frames -= 1;
        DeepNode { name: question.node_text(node), value }
    }

    fn all(&mut self, ops: &[OpId], node: Node) -> Vec<DeepNode> {
        ops.iter().map(|op| self.op(*op, node)).collect()
    }

    fn users(&mut self, node: Node) -> DeepValue {
        let after = self.after.filter(|(root, _)| *root == node).map(|(_, after)| after);
        let wanted = named(self.question, node);
        let wanted = wanted.filter(|(user, _)| after.is_none_or(|after| user.as_str() > after));
        let (found, more) = self.first(wanted);
        let mut users = vec![];
        for (user, below) in found {
            let below = below.map(|below| self.node(below));
            users.push(DeepUser { user, below });
        }
        DeepValue::Users { users, more }
    }

    fn linked(&mut self, tupleset: Node, computed: &str) -> DeepValue {
        let (found, more) =
            self.first(linked(self.question, tupleset.object, (tupleset.relation, computed)));
        let mut nodes = vec![];
        for (name, below) in found {
            nodes.push(match below {
                Some(below) => self.node(below),
                None => DeepNode { name, value: DeepValue::NoRelation },
            });
        }
        DeepValue::TupleToUserset { tupleset: self.question.node_text(tupleset), nodes, more }
    }

    /// As many of the first ones as there is room for.
    fn first(&mut self, all: impl Iterator<Item = Named>) -> (Vec<Named>, Option<String>) {
        let mut sorted = Sorted::new(self.left);
        for (name, below) in all {
            if !sorted.is_beyond(&name) {
                sorted.add(name, below);
            }
        }
        let (found, more) = sorted.end();
        self.left = self.left.saturating_sub(found.len());
        (found.into_iter().collect(), more)
    }
}
