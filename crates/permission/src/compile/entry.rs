//! Finds relations that nobody can ever have.

use super::checked::{CheckedModel, Op, OpId, RelationId, Subject};
use super::edges::{Edge, reversed, targets};
use super::{Cause, Findings};

/// Reports every relation that only leads to itself: a least fix-point from those that tuples reach.
pub(super) fn entry_points(checked: &CheckedModel, edges: &[Vec<Edge>], findings: &mut Findings) {
    let mut reached = vec![false; checked.relations.len()];
    let needed_by = reversed(&targets(edges, |_| true));
    // A relation is looked at once, and again whenever one that it needs has been reached.
    let relations: Vec<RelationId> = checked.relations().map(|(id, _)| id).collect();
    let mut waiting: Vec<usize> = (0..relations.len()).collect();
    while let Some(place) = waiting.pop() {
        let Some(&id) = relations.get(place) else { continue };
        let known = reached.get(place).copied().unwrap_or(true);
        if known || !enters(checked, &reached, id, checked.root(id)) {
            continue;
        }
        if let Some(slot) = reached.get_mut(place) {
            *slot = true;
        }
        waiting.extend(needed_by.get(place).into_iter().flatten());
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
