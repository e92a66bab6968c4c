//! Finds relations that are computed from themselves.

use super::checked::CheckedModel;
use super::edges::{Edge, reversed, targets};
use super::{Cause, Findings};

/// Reports the relations on a cycle of computed relations of one object, or between two such
/// cycles. OpenFGA refuses these models, whatever else could give somebody the relation.
pub(super) fn cycles(checked: &CheckedModel, edges: &[Vec<Edge>], findings: &mut Findings) {
    let computed = targets(edges, |edge| edge.computed);
    let needed_by = reversed(&computed);
    let leads_to_one = leading_to_a_cycle(&computed, &needed_by);
    let comes_from_one = leading_to_a_cycle(&needed_by, &computed);
    let both = leads_to_one.into_iter().zip(comes_from_one);
    for ((id, of), (leads, comes)) in checked.relations().zip(both) {
        if leads && comes {
            let owner = checked.type_name(of);
            findings.push(Some(owner), Some(checked.relation_name(id)), Cause::ComputedCycle);
        }
    }
}

/// Which nodes lead to a cycle: those that are left when whatever leads nowhere is taken away,
/// again and again.
fn leading_to_a_cycle(edges: &[Vec<usize>], reversed: &[Vec<usize>]) -> Vec<bool> {
    let mut ways: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut taken: Vec<usize> = (0..edges.len()).filter(|at| ways.get(*at) == Some(&0)).collect();
    while let Some(node) = taken.pop() {
        for source in reversed.get(node).into_iter().flatten() {
            if let Some(left) = ways.get_mut(*source) {
                *left -= 1;
                if *left == 0 {
                    taken.push(*source);
                }
            }
        }
    }
    ways.into_iter().map(|left| left > 0).collect()
}
