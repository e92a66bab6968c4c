//! Sub-questions already answered within one check.
//!
//! An answer that a cycle was cut for holds only under the assumption that the node at which it was
//! cut is false. Such answers are provisional: they serve while that node is still being evaluated,
//! become final if it turns out false by that cycle, and are forgotten if it turns out otherwise.

use super::Node;
use super::answer::{Answer, FREE, Value};

/// How many nodes are kept in a list: a common question looks at no more.
const FEW: usize = 12;
/// How many places a table has at first.
const PLACES: usize = 64;
/// A table that a hostile question made larger than this is given back.
const PLACES_KEPT: usize = 1 << 16;

/// A short list, and once that is full a hash table, which is emptied by forgetting which check its
/// places belong to.
#[derive(Debug, Default)]
pub(super) struct Known {
    few: [Place; FEW],
    /// How many of the list are used; all later ones are in the table.
    used_few: usize,
    places: Vec<Place>,
    used: usize,
    check: u32,
    /// Nodes with provisional answers, in the order of their answers.
    provisional: Vec<Node>,
    path: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    check: u32,
    node: Node,
    entry: Entry,
}

#[derive(Clone, Copy, Debug, Default)]
enum Entry {
    /// Being evaluated, at this place of the path.
    OnPath(u32),
    Done {
        value: Value,
        low: u32,
        depth: u32,
        height: u32,
    },
    #[default]
    Forgotten,
}

/// A node that is being evaluated.
pub(super) struct Open {
    place: u32,
    provisional: usize,
    /// Where it is in the list, if it is there: it does not move.
    few: Option<usize>,
}

impl Known {
    /// Forgets everything, for the next check.
    pub(super) fn reset(&mut self) {
        if self.places.len() > PLACES_KEPT {
            self.places = Vec::new();
        }
        self.used_few = 0;
        self.used = 0;
        self.path = 0;
        self.provisional.clear();
        self.check = self.check.checked_add(1).unwrap_or_else(|| {
            self.places.clear();
            1
        });
    }

    /// The answer to a node at a depth, if it is known: false if it is just being evaluated.
    pub(super) fn get(&self, node: Node, depth: u32, depth_max: u32) -> Option<Answer> {
        match self.find(node)?.entry {
            Entry::Forgotten => None,
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
        let few = self.set(node, Entry::OnPath(self.path));
        let open = Open { place: self.path, provisional: self.provisional.len(), few };
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
        let entry = Entry::Done { value: answer.value, low, depth, height };
        match open.few.and_then(|at| self.few.get_mut(at)) {
            Some(place) => place.entry = entry,
            None => {
                self.set(node, entry);
            }
        }
        if low != FREE {
            self.provisional.push(node);
        }
        Answer { low, ..answer }
    }

    /// Decides about the provisional answers found below a node.
    fn settle(&mut self, open: &Open, value: Value, low: u32) {
        let mut kept = open.provisional;
        for at in open.provisional..self.provisional.len() {
            let Some(node) = self.provisional.get(at).copied() else { break };
            let Some(entry) = self.find_mut(node) else { continue };
            let Entry::Done { value: found, low: rests, .. } = entry else { continue };
            // What assumed a node false that is not, is void; except that what was too complex with
            // that node false is no simpler with it too complex.
            let sound = match value {
                Value::Cyclic => true,
                Value::TooComplex => *found == Value::TooComplex,
                _ => false,
            };
            if !sound {
                *entry = Entry::Forgotten;
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

    fn find(&self, node: Node) -> Option<&Place> {
        if let Some(at) = self.in_few(node) {
            return self.few.get(at);
        }
        self.places.get(self.in_table(node)?)
    }

    fn find_mut(&mut self, node: Node) -> Option<&mut Entry> {
        let place = match self.in_few(node) {
            Some(at) => self.few.get_mut(at),
            None => self.in_table(node).and_then(|at| self.places.get_mut(at)),
        };
        place.map(|place| &mut place.entry)
    }

    #[inline]
    fn in_few(&self, node: Node) -> Option<usize> {
        self.few.iter().take(self.used_few).position(|place| place.node == node)
    }

    fn in_table(&self, node: Node) -> Option<usize> {
        let mut at = self.start(node);
        loop {
            let place = self.places.get(at).filter(|place| place.check == self.check)?;
            if place.node == node {
                return Some(at);
            }
            at = self.after(at);
        }
    }

    /// Returns where it is in the list, if it is there.
    fn set(&mut self, node: Node, entry: Entry) -> Option<usize> {
        if let Some(at) = self.in_few(node) {
            if let Some(place) = self.few.get_mut(at) {
                place.entry = entry;
            }
            return Some(at);
        }
        let new = Place { check: self.check, node, entry };
        let at = self.used_few;
        if let Some(free) = self.few.get_mut(at) {
            *free = new;
            self.used_few += 1;
            return Some(at);
        }
        if let Some(place) = self.in_table(node).and_then(|at| self.places.get_mut(at)) {
            place.entry = entry;
            return None;
        }
        if self.used * 2 >= self.places.len() {
            self.grow();
        }
        self.insert(new);
        None
    }

    /// Puts a node that is not there into the table, which has room.
    fn insert(&mut self, new: Place) {
        let mut at = self.start(new.node);
        while let Some(place) = self.places.get_mut(at) {
            if place.check != self.check {
                *place = new;
                self.used += 1;
                return;
            }
            at = self.after(at);
        }
    }

    fn grow(&mut self) {
        let size = (self.places.len() * 2).max(PLACES);
        let old = std::mem::replace(&mut self.places, vec![Place::default(); size]);
        self.used = 0;
        let check = self.check;
        for place in old.into_iter().filter(|place| place.check == check) {
            self.insert(place);
        }
    }

    /// The length is a power of two.
    fn start(&self, node: Node) -> usize {
        let key = u64::from(node.relation.number()) << 32 | u64::from(node.object);
        let mixed = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        usize::try_from(mixed).unwrap_or(0) & self.places.len().wrapping_sub(1)
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & self.places.len().wrapping_sub(1)
    }
}
