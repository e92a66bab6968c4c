//! Trees of one level, in the shape of OpenFGA's `UsersetTree`.

use std::collections::BTreeSet;

use super::{linked, named};
use crate::check::Node;
use crate::compile::{Op, OpId};
use crate::question::Question;

/// What a relation of an object is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsersetTree {
    /// The relation itself.
    pub root: TreeNode,
}

/// A part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeNode {
    /// The relation that is expanded, the same in every node: `document:budget#viewer`.
    pub name: String,
    /// How users come by it.
    pub value: TreeValue,
}

/// How users come by a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeValue {
    /// By tuples or another relation.
    Leaf(Leaf),
    /// By any of these.
    Union(Vec<TreeNode>),
    /// By all of these.
    Intersection(Vec<TreeNode>),
    /// By one, unless by the other as well.
    Difference {
        /// The one.
        base: Box<TreeNode>,
        /// The other.
        subtract: Box<TreeNode>,
    },
}

/// A part that is not made of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// The users that tuples name: `user:alice`, `user:*`, `group:eng#member`.
    Users(Vec<String>),
    /// Another relation of the same object.
    Computed(String),
    /// A relation of every object that some tuples name.
    TupleToUserset {
        /// The relation that has those tuples.
        tupleset: String,
        /// The relations.
        computed: Vec<String>,
    },
}

pub(super) struct Builder<'q, 'a> {
    question: &'q Question<'a>,
    left: usize,
}

impl<'q, 'a> Builder<'q, 'a> {
    pub(super) fn new(question: &'q Question<'a>, max: usize) -> Self {
        Self { question, left: max }
    }

    /// The tree of a relation, if it has few enough users.
    pub(super) fn node(&mut self, node: Node) -> Option<TreeNode> {
        self.op(self.question.model().root(node.relation), node)
    }

    /// Depth is bounded by lowering.
    fn op(&mut self, op: OpId, node: Node) -> Option<TreeNode> {
        let (question, model) = (self.question, self.question.model());
        let value = match model.op(op)? {
            Op::This => TreeValue::Leaf(Leaf::Users(
                self.sorted(named(question, node).map(|(user, _)| user))?,
            )),
            Op::Computed(relation) => {
                let other = Node { relation: *relation, object: node.object };
                TreeValue::Leaf(Leaf::Computed(question.node_text(other)))
            }
            Op::TupleToUserset(range) => {
                let target = model.targets(range).first()?;
                let relation = question.relation_of(target.tupleset)?;
                let computed = question.relation_name(target.computed);
                let linked = linked(question, node.object, (relation, computed));
                TreeValue::Leaf(Leaf::TupleToUserset {
                    tupleset: question.node_text(Node { relation, object: node.object }),
                    computed: self.sorted(linked.map(|(name, _)| name))?,
                })
            }
            Op::Union(range) => TreeValue::Union(self.all(model.operands(range), node)?),
            Op::Intersection(range) => {
                TreeValue::Intersection(self.all(model.operands(range), node)?)
            }
            Op::Exclusion(base, subtract) => TreeValue::Difference {
                base: Box::new(self.op(*base, node)?),
                subtract: Box::new(self.op(*subtract, node)?),
            },
        };
        Some(TreeNode { name: question.node_text(node), value })
    }

    fn all(&mut self, ops: &[OpId], node: Node) -> Option<Vec<TreeNode>> {
        ops.iter().map(|op| self.op(*op, node)).collect()
    }

    fn sorted(&mut self, names: impl Iterator<Item = String>) -> Option<Vec<String>> {
        let mut distinct = BTreeSet::new();
        for name in names {
            if distinct.insert(name) {
                self.left = self.left.checked_sub(1)?;
            }
        }
        Some(distinct.into_iter().collect())
    }
}
