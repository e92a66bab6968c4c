//! Finds relations that are computed from themselves.

use std::collections::HashSet;

use super::checked::{CheckedModel, Op, OpId, RelationId};
use super::{Cause, Findings};

/// Reports the relations on a cycle of computed relations of one object, or between two such
/// cycles. OpenFGA refuses these models, whatever else could give somebody the relation.
pub(super) fn cycles(checked: &CheckedModel, findings: &mut Findings) {
    let mut edges = Vec::new();
    for (id, _) in checked.relations() {
        computed(checked, checked.root(id), &mut |from| edges.push((id, from)));
    }
    // Leads to a cycle, and comes from one.
    trim(checked, &mut edges, |(to, from)| (to, from));
    trim(checked, &mut edges, |(to, from)| (from, to));
    let cyclic: HashSet<RelationId> = edges.into_iter().map(|(to, _)| to).collect();
    for (id, of) in checked.relations() {
        if cyclic.contains(&id) {
            let owner = checked.type_name(of);
            findings.push(Some(owner), Some(checked.relation_name(id)), Cause::ComputedCycle);
        }
    }
}

/// Takes edges away until every one's second end is the first end of another.
fn trim(
    checked: &CheckedModel,
    edges: &mut Vec<(RelationId, RelationId)>,
    ends: fn((RelationId, RelationId)) -> (RelationId, RelationId),
) {
    loop {
        let mut starts = vec![false; checked.relations.len()];
        for edge in edges.iter() {
            if let Some(slot) = starts.get_mut(usize::from(ends(*edge).0.0)) {
                *slot = true;
            }
        }
        let before = edges.len();
        edges.retain(|edge| starts.get(usize::from(ends(*edge).1.0)).copied().unwrap_or(false));
        if edges.len() == before {
            return;
        }
    }
}

fn computed(checked: &CheckedModel, op: OpId, visit: &mut dyn FnMut(RelationId)) {
    match checked.op(op) {
        None | Some(Op::This | Op::TupleToUserset(_)) => {}
        Some(Op::Computed(from)) => visit(*from),
        Some(Op::Union(range) | Op::Intersection(range)) => {
            checked.operands(range).iter().for_each(|child| computed(checked, *child, visit));
        }
        Some(Op::Exclusion(base, subtract)) => {
            computed(checked, *base, visit);
            computed(checked, *subtract, visit);
        }
    }
}
