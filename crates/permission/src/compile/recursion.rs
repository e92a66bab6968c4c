//! Finds what OpenFGA's coming resolver will refuse: recursion through `and` or `but not`.

use super::checked::CheckedModel;
use super::edges::{Edge, reversed, targets};
use super::{Cause, Findings};

/// Warns of every relation that leads back to itself through an operand of an intersection or an
/// exclusion.
pub(super) fn guarded(checked: &CheckedModel, edges: &[Vec<Edge>], findings: &mut Findings) {
    let component = components(&targets(edges, |_| true));
    let same = |from: usize, to: usize| component.get(from) == component.get(to);
    for (id, of) in checked.relations() {
        let from = usize::from(id.0);
        let own = edges.get(from).map(Vec::as_slice).unwrap_or_default();
        // An edge within a component is an edge of a cycle.
        if own.iter().any(|edge| edge.guarded && same(from, edge.to)) {
            let owner = checked.type_name(of);
            let name = checked.relation_name(id);
            findings.push(Some(owner), Some(name), Cause::GuardedRecursion);
        }
    }
}

/// The strongly connected component of each node, by Kosaraju's two passes, without recursion.
fn components(edges: &[Vec<usize>]) -> Vec<usize> {
    let backward = reversed(edges);
    let mut order = Vec::with_capacity(edges.len());
    let mut seen = vec![false; edges.len()];
    for start in 0..edges.len() {
        finish(start, edges, &mut seen, &mut order);
    }
    let mut component = vec![0; edges.len()];
    let mut seen = vec![false; edges.len()];
    for start in order.into_iter().rev() {
        let mut members = Vec::new();
        finish(start, &backward, &mut seen, &mut members);
        for member in members {
            if let Some(slot) = component.get_mut(member) {
                *slot = start;
            }
        }
    }
    component
}

/// Appends what is newly reached from a node, each after all that it leads to.
fn finish(start: usize, edges: &[Vec<usize>], seen: &mut [bool], order: &mut Vec<usize>) {
    let mut path: Vec<(usize, usize)> = Vec::new();
    let mut enter = |node: usize, path: &mut Vec<(usize, usize)>| {
        if let Some(seen) = seen.get_mut(node).filter(|seen| !**seen) {
            *seen = true;
            path.push((node, 0));
        }
    };
    enter(start, &mut path);
    while let Some((node, next)) = path.last_mut() {
        let (node, at) = (*node, *next);
        *next += 1;
        match edges.get(node).and_then(|targets| targets.get(at)) {
            Some(target) => enter(*target, &mut path),
            None => {
                order.push(node);
                path.pop();
            }
        }
    }
}
