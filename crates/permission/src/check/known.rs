//! Sub-questions already answered within one check.
//!
//! An answer that a cycle was cut for holds only under the assumption that the node at which it was
//! cut is false. Such answers are provisional: they serve while that node is still being evaluated,
//! become final if it turns out false by that cycle, and are forgotten if it turns out otherwise.

use std::collections::HashMap;

use super::Node;
use super::answer::{Answer, FREE, Value};

#[derive(Debug, Default)]
pub(super) struct Known {
    entries: HashMap<Node, Entry>,
    /// Nodes with provisional answers, in the order of their answers.
    provisional: Vec<Node>,
    path: u32,
}

#[derive(Clone, Copy, Debug)]
enum Entry {
    /// Being evaluated, at this place of the path.
    OnPath(u32),
    Done {
        value: Value,
        low: u32,
        depth: u32,
        height: u32,
    },
}

/// A node that is being evaluated.
pub(super) struct Open {
    place: u32,
    provisional: usize,
}

impl Known {
    /// The answer to a node at a depth, if it is known: false if it is just being evaluated.
    pub(super) fn get(&self, node: Node, depth: u32, depth_max: u32) -> Option<Answer> {
        match *self.entries.get(&node)? {
            Entry::OnPath(place) => {
                Some(Answer { value: Value::Cyclic, low: place, deepest: depth })
            }
            Entry::Done { value, low, depth: then, height } => {
                // Less depth is left further down: what was too complex stays so, and what was
                // answered is answered alike only if all of it still fits.
                let fits = match value {
                    Value::TooComplex => depth >= then,
                    _ => depth.saturating_add(height) < depth_max,
                };
                fits.then_some(Answer { value, low, deepest: depth.saturating_add(height) })
            }
        }
    }

    pub(super) fn open(&mut self, node: Node) -> Open {
        let open = Open { place: self.path, provisional: self.provisional.len() };
        self.entries.insert(node, Entry::OnPath(self.path));
        self.path += 1;
        open
    }

    pub(super) fn close(&mut self, node: Node, open: &Open, depth: u32, answer: Answer) -> Answer {
        self.path = open.place;
        // Neither of these can rest on a cut: a cut is never plainly denied, nor allowed.
        let plain = matches!(answer.value, Value::Allow | Value::Deny);
        let low = if plain || answer.low >= open.place { FREE } else { answer.low };
        self.settle(open, answer.value, low);
        let height = answer.deepest.saturating_sub(depth);
        self.entries.insert(node, Entry::Done { value: answer.value, low, depth, height });
        if low != FREE {
            self.provisional.push(node);
        }
        Answer { low, ..answer }
    }

    /// Decides about the provisional answers found below a node.
    fn settle(&mut self, open: &Open, value: Value, low: u32) {
        let mut kept = open.provisional;
        for place in open.provisional..self.provisional.len() {
            let Some(node) = self.provisional.get(place).copied() else { break };
            let Some(Entry::Done { value: found, low: rests, .. }) = self.entries.get_mut(&node)
            else {
                continue;
            };
            // What assumed a node false that is not, is void; except that what was too complex with
            // that node false is no simpler with it too complex.
            let sound = match value {
                Value::Cyclic => true,
                Value::TooComplex => *found == Value::TooComplex,
                _ => false,
            };
            if !sound {
                self.entries.remove(&node);
                continue;
            }
            *rests = if low == FREE { FREE } else { low.min(*rests) };
            if *rests != FREE
                && let Some(slot) = self.provisional.get_mut(kept)
            {
                *slot = node;
                kept += 1;
            }
        }
        self.provisional.truncate(kept);
    }
}
