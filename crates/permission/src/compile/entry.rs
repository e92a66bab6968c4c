//! Finds relations that nobody can ever have.

use super::checked::{CheckedModel, Op, OpId, RelationId, Subject};
use super::{Cause, Findings};

/// Reports every relation that only leads to itself: a least fix-point from those that tuples reach.
pub(super) fn entry_points(checked: &CheckedModel, findings: &mut Findings) {
    let mut reached = vec![false; checked.relations.len()];
    // Every round but the last reaches a relation, so there are at most as many as relations.
    loop {
        let mut changed = false;
        for (id, _) in checked.relations() {
            let known = reached.get(usize::from(id.0)).copied().unwrap_or(true);
            if !known && enters(checked, &reached, id, checked.root(id)) {
                if let Some(slot) = reached.get_mut(usize::from(id.0)) {
                    *slot = true;
                }
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for (id, of) in checked.relations() {
        if !reached.get(usize::from(id.0)).copied().unwrap_or(true) {
            let owner = checked.type_name(of);
            findings.push(Some(owner), Some(checked.relation_name(id)), Cause::NoEntryPoint);
        }
    }
}

/// Whether somebody can come in here. Depth is bounded by lowering.
fn enters(checked: &CheckedModel, reached: &[bool], of: RelationId, op: OpId) -> bool {
    let known = |id: RelationId| reached.get(usize::from(id.0)).copied().unwrap_or(false);
    match checked.op(op) {
        None => false,
        Some(Op::This) => {
            checked.restrictions(of).any(|(_, restriction)| match restriction.subject {
                Subject::Object | Subject::Wildcard => true,
                Subject::Userset(id) => known(id),
            })
        }
        Some(Op::Computed(id)) => known(*id),
        Some(Op::TupleToUserset(range)) => {
            checked.targets(range).iter().any(|target| known(target.computed))
        }
        Some(Op::Union(range)) => {
            checked.operands(range).iter().any(|child| enters(checked, reached, of, *child))
        }
        Some(Op::Intersection(range)) => {
            checked.operands(range).iter().all(|child| enters(checked, reached, of, *child))
        }
        Some(Op::Exclusion(base, subtract)) => {
            enters(checked, reached, of, *base) && enters(checked, reached, of, *subtract)
        }
    }
}
