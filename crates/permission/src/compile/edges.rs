//! Which relations need which.

use super::checked::{CheckedModel, Op, OpId, RelationId, Subject};

/// One relation needs another.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    /// The other, by its place among all relations of the model.
    pub(super) to: usize,
    /// Whether an intersection or an exclusion stands in between.
    pub(super) guarded: bool,
    /// Whether it is needed of the very same object.
    pub(super) computed: bool,
}

/// What each relation needs.
pub(super) fn edges(checked: &CheckedModel) -> Vec<Vec<Edge>> {
    let of = |id: RelationId| {
        let mut edges = Vec::new();
        collect(checked, id, checked.root(id), false, &mut edges);
        edges
    };
    checked.relations().map(|(id, _)| of(id)).collect()
}

/// The same the other way around: who needs each.
pub(super) fn reversed(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut reversed = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for to in targets {
            if let Some(sources) = reversed.get_mut(*to) {
                sources.push(from);
            }
        }
    }
    reversed
}

/// The other ends of those edges that are wanted.
pub(super) fn targets(edges: &[Vec<Edge>], wanted: impl Fn(&Edge) -> bool) -> Vec<Vec<usize>> {
    let of = |own: &Vec<Edge>| own.iter().filter(|edge| wanted(edge)).map(|edge| edge.to).collect();
    edges.iter().map(of).collect()
}

/// Depth is bounded by lowering.
fn collect(checked: &CheckedModel, of: RelationId, op: OpId, guarded: bool, edges: &mut Vec<Edge>) {
    let edge = |to: RelationId| Edge { to: usize::from(to.0), guarded, computed: false };
    match checked.op(op) {
        None => {}
        Some(Op::This) => {
            let subjects = checked.restrictions(of).map(|(_, restriction)| restriction.subject);
            edges.extend(subjects.filter_map(|subject| match subject {
                Subject::Userset(id) => Some(edge(id)),
                Subject::Object | Subject::Wildcard => None,
            }));
        }
        Some(Op::Computed(id)) => edges.push(Edge { computed: true, ..edge(*id) }),
        Some(Op::TupleToUserset(range)) => {
            edges.extend(checked.targets(range).iter().map(|target| edge(target.computed)));
        }
        Some(Op::Union(range)) => {
            for child in checked.operands(range) {
                collect(checked, of, *child, guarded, edges);
            }
        }
        Some(Op::Intersection(range)) => {
            for child in checked.operands(range) {
                collect(checked, of, *child, true, edges);
            }
        }
        Some(Op::Exclusion(base, subtract)) => {
            collect(checked, of, *base, true, edges);
            collect(checked, of, *subtract, true, edges);
        }
    }
}
