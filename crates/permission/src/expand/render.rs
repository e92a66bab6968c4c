//! Trees as text, indented.

use std::fmt;

use super::{DeepNode, DeepValue, Leaf, TreeNode, TreeValue, UsersetTree};

impl fmt::Display for UsersetTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.root.name)?;
        tree(f, &self.root, 1)
    }
}

impl fmt::Display for DeepNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.name)?;
        deep(f, self, 1)
    }
}

fn line(f: &mut fmt::Formatter<'_>, depth: usize, text: impl fmt::Display) -> fmt::Result {
    writeln!(f, "{:indent$}{text}", "", indent = depth * 2)
}

fn tree(f: &mut fmt::Formatter<'_>, node: &TreeNode, depth: usize) -> fmt::Result {
    let all = |f: &mut fmt::Formatter<'_>, nodes: &[TreeNode]| {
        nodes.iter().try_for_each(|node| tree(f, node, depth + 1))
    };
    match &node.value {
        TreeValue::Leaf(Leaf::Users(users)) if users.is_empty() => line(f, depth, "no users"),
        TreeValue::Leaf(Leaf::Users(users)) => {
            users.iter().try_for_each(|user| line(f, depth, user))
        }
        TreeValue::Leaf(Leaf::Computed(other)) => line(f, depth, other),
        TreeValue::Leaf(Leaf::TupleToUserset { tupleset, computed }) => {
            line(f, depth, format_args!("from {tupleset}"))?;
            computed.iter().try_for_each(|other| line(f, depth + 1, other))
        }
        TreeValue::Union(nodes) => {
            line(f, depth, "any of")?;
            all(f, nodes)
        }
        TreeValue::Intersection(nodes) => {
            line(f, depth, "all of")?;
            all(f, nodes)
        }
        TreeValue::Difference { base, subtract } => {
            line(f, depth, "those of")?;
            tree(f, base, depth + 1)?;
            line(f, depth, "but not of")?;
            tree(f, subtract, depth + 1)
        }
    }
}

/// The depth of a tree is bounded where it is built.
fn deep(f: &mut fmt::Formatter<'_>, node: &DeepNode, depth: usize) -> fmt::Result {
    let all = |f: &mut fmt::Formatter<'_>, nodes: &[DeepNode]| {
        nodes.iter().try_for_each(|node| deep(f, node, depth + 1))
    };
    match &node.value {
        DeepValue::Users { users, more } => {
            if users.is_empty() {
                line(f, depth, "no users")?;
            }
            for user in users {
                match &user.below {
                    Some(below) => named(f, below, depth)?,
                    None => line(f, depth, &user.user)?,
                }
            }
            rest(f, more.as_ref(), depth)
        }
        DeepValue::Computed(below) => named(f, below, depth),
        DeepValue::TupleToUserset { tupleset, nodes, more } => {
            line(f, depth, format_args!("from {tupleset}"))?;
            nodes.iter().try_for_each(|node| named(f, node, depth + 1))?;
            rest(f, more.as_ref(), depth + 1)
        }
        DeepValue::Union(nodes) => {
            line(f, depth, "any of")?;
            all(f, nodes)
        }
        DeepValue::Intersection(nodes) => {
            line(f, depth, "all of")?;
            all(f, nodes)
        }
        DeepValue::Difference { base, subtract } => {
            line(f, depth, "those of")?;
            deep(f, base, depth + 1)?;
            line(f, depth, "but not of")?;
            deep(f, subtract, depth + 1)
        }
        DeepValue::NoRelation | DeepValue::Seen | DeepValue::More => Ok(()),
    }
}

fn named(f: &mut fmt::Formatter<'_>, node: &DeepNode, depth: usize) -> fmt::Result {
    let name = &node.name;
    match node.value {
        DeepValue::NoRelation => line(f, depth, format_args!("{name}, which is no relation")),
        DeepValue::Seen => line(f, depth, format_args!("{name}, as shown elsewhere")),
        DeepValue::More => line(f, depth, format_args!("{name}, not shown further")),
        _ => {
            line(f, depth, name)?;
            deep(f, node, depth + 1)
        }
    }
}

fn rest(f: &mut fmt::Formatter<'_>, more: Option<&String>, depth: usize) -> fmt::Result {
    more.map_or(Ok(()), |last| line(f, depth, format_args!("more after {last}")))
}
