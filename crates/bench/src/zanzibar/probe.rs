//! The plain way to answer without an engine: hash maps of numbers, depth first, the model's
//! rewrites written out by hand.
//!
//! It is what somebody writes in an afternoon who knows this one model: names are numbers already,
//! direct tuples are in one set, and nothing is stored twice. It also says what is true in a world.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::BuildHasher,
};

use super::world::{Edge, Object, Relation, Subject, World};

/// As deep as OpenFGA goes.
const DEPTH_MAX: u32 = 25;

/// A relation of an object, packed: kind, relation, number.
type Node = u64;

/// With the maps' own hash, or one that is only good for numbers and that nobody tries to break.
#[derive(Debug, Default)]
pub(super) struct Probe<S = RandomState> {
    /// Users named by a relation of an object.
    direct: HashSet<(Node, u32), S>,
    /// Groups named by a relation of an object.
    groups: HashMap<Node, Vec<u32>, S>,
    /// Folders that something is in.
    parents: HashMap<Node, Vec<u32>, S>,
    /// What everybody was given.
    public: HashSet<Node, S>,
}

impl<S: BuildHasher + Default> Probe<S> {
    pub(super) fn new(world: &World) -> Self {
        let mut probe = Self::default();
        for Edge { object, relation, subject, .. } in &world.edges {
            let node = node(*object, *relation);
            match subject {
                Subject::User(user) => {
                    probe.direct.insert((node, *user));
                }
                Subject::Members(group) => probe.groups.entry(node).or_default().push(*group),
                Subject::Folder(folder) => probe.parents.entry(node).or_default().push(*folder),
                Subject::Everyone => {
                    probe.public.insert(node);
                }
            }
        }
        probe
    }

    /// Whether a user may view a document.
    pub(super) fn may_view(&self, document: u32, user: u32) -> bool {
        let document = Object::document(document);
        self.views(document, user, 1)
            && !self.direct.contains(&(node(document, Relation::Banned), user))
    }

    /// `viewer or owner or view from parent`.
    fn views(&self, object: Object, user: u32, depth: u32) -> bool {
        if depth > DEPTH_MAX {
            return false;
        }
        if self.has(object, Relation::Viewer, user, depth)
            || self.has(object, Relation::Owner, user, depth)
        {
            return true;
        }
        let above = self.parents.get(&node(object, Relation::Parent));
        above
            .into_iter()
            .flatten()
            .any(|folder| self.views(Object::folder(*folder), user, depth + 1))
    }

    /// Whether an object names the user, everybody, or a group that the user is in.
    fn has(&self, object: Object, relation: Relation, user: u32, depth: u32) -> bool {
        let node = node(object, relation);
        if self.direct.contains(&(node, user)) || self.public.contains(&node) {
            return true;
        }
        let groups = self.groups.get(&node);
        groups.into_iter().flatten().any(|group| self.is_member(*group, user, depth + 1))
    }

    fn is_member(&self, group: u32, user: u32, depth: u32) -> bool {
        if depth > DEPTH_MAX {
            return false;
        }
        let node = node(Object::group(group), Relation::Member);
        if self.direct.contains(&(node, user)) {
            return true;
        }
        let inner = self.groups.get(&node);
        inner.into_iter().flatten().any(|inner| self.is_member(*inner, user, depth + 1))
    }
}

fn node(object: Object, relation: Relation) -> Node {
    ((object.kind as u64) << 40) | ((relation as u64) << 32) | u64::from(object.number)
}
