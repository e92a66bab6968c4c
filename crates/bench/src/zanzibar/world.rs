//! The world of ZB-1, model A ("Drive"): people, nested groups, folders in folders, documents.
//!
//! One list of edges stands for it. Everybody who is measured gets it from that list, in whatever
//! form it eats: see [`super::emit`].

use std::collections::HashSet;

use super::random::{Random, Zipf};

/// The model.
pub(super) const MODEL: &str = include_str!("drive.fga");

/// The seed of every world of the bench.
pub(super) const SEED: u64 = 0x0C0F_FEE0;

/// Groups in groups, and folders in folders.
const GROUP_DEPTH_MAX: u8 = 6;
const FOLDER_DEPTH_MAX: u8 = 12;

/// Tuples for each group of a world: what the ratios below add up to.
const TUPLES_PER_GROUP: u32 = 370;

/// Users, folders and documents for each group.
const USERS: u32 = 10;
const FOLDERS: u32 = 10;
const DOCUMENTS: u32 = 100;

/// The user whose list is asked for, and how long it is in a large world.
pub(super) const LISTER: u32 = 0;
const LISTED: u32 = 50_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    User,
    Group,
    Folder,
    Document,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Relation {
    Member,
    Parent,
    Owner,
    Viewer,
    Banned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Object {
    pub(super) kind: Kind,
    pub(super) number: u32,
}

impl Object {
    pub(super) fn user(number: u32) -> Self {
        Self { kind: Kind::User, number }
    }

    pub(super) fn group(number: u32) -> Self {
        Self { kind: Kind::Group, number }
    }

    pub(super) fn folder(number: u32) -> Self {
        Self { kind: Kind::Folder, number }
    }

    pub(super) fn document(number: u32) -> Self {
        Self { kind: Kind::Document, number }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Subject {
    User(u32),
    /// The members of a group.
    Members(u32),
    /// Every user.
    Everyone,
    /// As a parent.
    Folder(u32),
}

/// A relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Edge {
    pub(super) object: Object,
    pub(super) relation: Relation,
    pub(super) subject: Subject,
    /// Whether it has a condition in the variant of the world that has conditions.
    pub(super) is_conditional: bool,
}

/// All of it.
#[derive(Debug)]
pub(super) struct World {
    pub(super) users: u32,
    pub(super) documents: u32,
    pub(super) edges: Vec<Edge>,
    /// The documents that [`LISTER`] may view.
    pub(super) listed: Vec<u32>,
}

impl World {
    /// Makes the world of so many tuples.
    pub(super) fn new(tuples: u32) -> Self {
        let groups = (tuples / TUPLES_PER_GROUP).max(4);
        let mut making = Making {
            random: Random::new(SEED ^ u64::from(tuples)),
            groups,
            users: groups * USERS,
            folders: groups * FOLDERS,
            documents: groups * DOCUMENTS,
            seen: HashSet::new(),
            edges: Vec::with_capacity(tuples as usize),
        };
        making.groups();
        let parents = making.folders();
        let places = making.documents();
        let listed = making.list(&parents, &places);
        making.fill(tuples as usize);
        making.conditions();
        // Nobody gets the world in the order in which it was thought of.
        making.random.shuffle(&mut making.edges);
        Self { users: making.users, documents: making.documents, edges: making.edges, listed }
    }
}

struct Making {
    random: Random,
    groups: u32,
    users: u32,
    folders: u32,
    documents: u32,
    seen: HashSet<(Object, Relation, Subject)>,
    edges: Vec<Edge>,
}

impl Making {
    /// Whether it is new.
    fn add(&mut self, object: Object, relation: Relation, subject: Subject) -> bool {
        let is_new = self.seen.insert((object, relation, subject));
        if is_new {
            self.edges.push(Edge { object, relation, subject, is_conditional: false });
        }
        is_new
    }

    /// Two memberships for each user, by Zipf; half of the groups are in a larger one.
    fn groups(&mut self) {
        let zipf = Zipf::new(self.groups, 1.1);
        for _ in 0..self.users * 2 {
            let group = zipf.rank(&mut self.random);
            let user = self.someone();
            self.add(Object::group(group), Relation::Member, Subject::User(user));
        }
        let mut depths: Vec<u8> = vec![1];
        for group in 1..self.groups {
            let outer = zipf.rank(&mut self.random) % group;
            let depth = depths.get(outer as usize).copied().unwrap_or(1) + 1;
            let is_nested = depth <= GROUP_DEPTH_MAX && self.random.once_in(2);
            depths.push(if is_nested { depth } else { 1 });
            if is_nested {
                self.add(Object::group(outer), Relation::Member, Subject::Members(group));
            }
        }
    }

    /// Folders of geometric depth, each with an owner, and viewers by Pareto. Returns the parents.
    fn folders(&mut self) -> Vec<Option<u32>> {
        let mut levels: Vec<Vec<u32>> = vec![Vec::new(); usize::from(FOLDER_DEPTH_MAX)];
        let mut parents = Vec::with_capacity(self.folders as usize);
        for number in 0..self.folders {
            let mut depth = 0;
            while depth + 1 < usize::from(FOLDER_DEPTH_MAX) && self.random.percent(75) {
                depth += 1;
            }
            // As deep as there is a folder to be in.
            while depth > 0 && levels.get(depth - 1).is_none_or(Vec::is_empty) {
                depth -= 1;
            }
            let above = depth.checked_sub(1).and_then(|above| levels.get(above));
            let parent = above.and_then(|folders| self.random.pick(folders)).copied();
            if let Some(level) = levels.get_mut(depth) {
                level.push(number);
            }
            if let Some(parent) = parent {
                self.add(Object::folder(number), Relation::Parent, Subject::Folder(parent));
            }
            parents.push(parent);
            let owner = self.someone();
            self.add(Object::folder(number), Relation::Owner, Subject::User(owner));
        }
        for _ in 0..self.folders * 3 {
            let number = self.random.pareto(self.folders);
            let subject = self.grantee();
            self.add(Object::folder(number), Relation::Viewer, subject);
        }
        parents
    }

    /// Documents in folders, each with an owner; 1 % for everybody; from 0.5 % somebody is banned,
    /// in every second case its owner. Returns their folders.
    fn documents(&mut self) -> Vec<u32> {
        let mut places = Vec::with_capacity(self.documents as usize);
        for number in 0..self.documents {
            let place = self.random.below(self.folders);
            places.push(place);
            self.add(Object::document(number), Relation::Parent, Subject::Folder(place));
            let owner = self.someone();
            self.add(Object::document(number), Relation::Owner, Subject::User(owner));
            if self.random.once_in(200) {
                let banned = if self.random.once_in(2) { owner } else { self.someone() };
                self.add(Object::document(number), Relation::Banned, Subject::User(banned));
            }
            if self.random.once_in(100) {
                self.add(Object::document(number), Relation::Viewer, Subject::Everyone);
            }
        }
        places
    }

    /// Gives [`LISTER`] enough to see: folders through a group in a group, the rest one by one.
    /// Returns all that it may view.
    fn list(&mut self, parents: &[Option<u32>], places: &[u32]) -> Vec<u32> {
        let target = LISTED.min(self.documents / 4) as usize;
        let (inner, outer) = (self.groups, self.groups + 1);
        self.add(Object::group(inner), Relation::Member, Subject::User(LISTER));
        self.add(Object::group(outer), Relation::Member, Subject::Members(inner));
        // What everybody may view; nothing else has named the lister so far.
        let public = self.edges.iter().filter(|edge| edge.subject == Subject::Everyone);
        let mut seen: HashSet<u32> = public.map(|edge| edge.object.number).collect();
        let mut roots: Vec<Vec<u32>> = vec![Vec::new(); self.folders as usize];
        for (place, number) in places.iter().zip(0..) {
            let mut root = *place;
            while let Some(Some(parent)) = parents.get(root as usize) {
                root = *parent;
            }
            if let Some(documents) = roots.get_mut(root as usize) {
                documents.push(number);
            }
        }
        for (documents, root) in roots.iter().zip(0..) {
            let new = documents.iter().filter(|number| !seen.contains(*number)).count();
            if new > 0 && seen.len() + new <= target * 9 / 10 {
                seen.extend(documents);
                self.add(Object::folder(root), Relation::Viewer, Subject::Members(outer));
            }
        }
        for number in 0..self.documents {
            if seen.len() < target && seen.insert(number) {
                self.add(Object::document(number), Relation::Viewer, Subject::User(LISTER));
            }
        }
        let mut listed: Vec<u32> = seen.into_iter().collect();
        listed.sort_unstable();
        listed
    }

    /// Viewers of documents, by Pareto, until there are enough tuples.
    fn fill(&mut self, tuples: usize) {
        while self.edges.len() < tuples {
            let number = self.random.pareto(self.documents);
            let subject = self.grantee();
            self.add(Object::document(number), Relation::Viewer, subject);
        }
    }

    /// A user, or for three grants in ten a group.
    fn grantee(&mut self) -> Subject {
        if self.random.percent(30) {
            return Subject::Members(self.random.below(self.groups));
        }
        Subject::User(self.someone())
    }

    /// Any user but the lister, whose list is counted.
    fn someone(&mut self) -> u32 {
        1 + self.random.below(self.users - 1)
    }

    /// 5 % of all tuples, taken evenly from the viewers that are users.
    fn conditions(&mut self) {
        let can = |edge: &Edge| {
            edge.relation == Relation::Viewer && matches!(edge.subject, Subject::User(_))
        };
        let wanted = self.edges.len() / 20;
        let able = self.edges.iter().filter(|edge| can(edge)).count().max(1);
        let mut owed = 0;
        for edge in self.edges.iter_mut().filter(|edge| can(edge)) {
            owed += wanted;
            if owed >= able {
                owed -= able;
                edge.is_conditional = true;
            }
        }
    }
}
