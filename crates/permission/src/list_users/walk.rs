//! Walks from the object to whoever its tuples lead to.

use std::collections::{HashMap, VecDeque};

use super::Wanted;
use crate::check::{Asked, Decision, Node, Truth};
use crate::compile::{Op, OpId, RelationId, RestrictionId, Subject};
use crate::question::{ListStop, Marks, Question};

/// The users that have a relation to an object, as they are found: without order, without
/// duplicates.
///
/// As with objects, users come by unions alone, which is certain, or else are asked about one by
/// one.
pub struct ListUsers<'a> {
    question: Question<'a>,
    root: Node,
    wanted: Wanted,
    wildcard: Wildcard,
    /// In which ways a relation of an object was reached.
    reached: HashMap<Node, u8>,
    certain: Marks,
    handed: Marks,
    ready: VecDeque<u32>,
    /// Whom tuples name where something is subtracted.
    subtracted: Vec<u32>,
    /// Whether those come now.
    ending: bool,
    current: Vec<Visit>,
    next: Vec<Visit>,
    level: u32,
    steps: u64,
    paused: bool,
}

/// A user that is listed. Its type, and the relation of a userset, are those of the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListedUser<'a> {
    /// Every object of the type, `user:*`, but for those that are excluded.
    Wildcard,
    /// This object, by id.
    Object(&'a str),
    /// The userset of the object of this id.
    Userset(&'a str),
    /// This object does not have the relation, although the wildcard does, or may.
    Excluded(&'a str),
}

/// What is known about the wildcard of the wanted type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wildcard {
    NotAsked,
    Listed,
    NotListed,
    /// It can't be decided: who is excluded from it and who isn't matters all the same.
    Undecided,
}

/// In which way something was reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By unions alone.
    Certain,
    /// Where it may add to the list.
    Adding,
    /// Where it can only take away.
    Subtracting,
}

#[derive(Clone, Copy)]
struct Visit {
    node: Node,
    way: Way,
}

impl Way {
    fn bit(self) -> u8 {
        match self {
            Self::Certain => 1,
            Self::Adding => 2,
            Self::Subtracting => 4,
        }
    }

    fn guarded(self) -> Self {
        if self == Self::Certain { Self::Adding } else { self }
    }

    fn inverse(self) -> Self {
        match self {
            Self::Certain | Self::Adding => Self::Subtracting,
            Self::Subtracting => Self::Adding,
        }
    }
}

impl<'a> ListUsers<'a> {
    pub(super) fn new(question: Question<'a>, root: Node, wanted: Wanted, steps: u64) -> Self {
        let marks = || Marks::new(question.bound(wanted.of()));
        Self {
            certain: marks(),
            handed: marks(),
            root,
            wanted,
            wildcard: Wildcard::NotAsked,
            reached: HashMap::new(),
            ready: VecDeque::new(),
            subtracted: vec![],
            ending: false,
            current: vec![],
            next: vec![],
            level: 0,
            steps,
            paused: false,
            question,
        }
    }

    /// Goes on after [`ListStop::Steps`], with this many more steps.
    pub fn resume(&mut self, steps: u64) {
        self.steps = self.steps.saturating_add(steps);
        self.paused = false;
    }

    /// Whether the list stopped for want of steps.
    pub(super) fn paused(&self) -> bool {
        self.paused
    }

    pub(super) fn id(&self, object: u32) -> &'a str {
        self.question.id(self.wanted.of(), object)
    }

    /// Whether the wildcard belongs to the list. To be asked first.
    pub(super) fn wildcard(&mut self) -> Result<bool, ListStop> {
        self.wildcard = Wildcard::NotListed;
        let Wanted::Objects(of) = self.wanted else { return Ok(false) };
        match self.decide(Asked::Wildcard { of }, || "*".to_owned()) {
            Ok(false) => Ok(false),
            Ok(true) => {
                self.wildcard = Wildcard::Listed;
                Ok(true)
            }
            Err(stop) => {
                self.wildcard = Wildcard::Undecided;
                Err(stop)
            }
        }
    }

    /// The next object that may be listed, or excluded from the wildcard; none at the end, or when
    /// the list pauses.
    pub(super) fn candidate(&mut self) -> Option<u32> {
        loop {
            if self.steps == 0 {
                self.paused = true;
                return None;
            }
            if let Some(object) = self.ready.pop_front() {
                self.spend(1);
                return Some(object);
            }
            if let Some(visit) = self.current.pop() {
                self.spend(1);
                let root = self.question.model().root(visit.node.relation);
                self.leave(root, visit.node, visit.way);
            } else if self.level == 0 {
                self.level = 1;
                self.arrive(self.root, Way::Certain, true);
            } else if !self.next.is_empty() {
                self.level = self.level.saturating_add(1);
                std::mem::swap(&mut self.current, &mut self.next);
            } else {
                return self.named_to_subtract();
            }
        }
    }

    /// Those who were found only where something is subtracted, if there is a wildcard to be
    /// excluded from.
    fn named_to_subtract(&mut self) -> Option<u32> {
        if matches!(self.wildcard, Wildcard::NotAsked | Wildcard::NotListed) {
            return None;
        }
        self.ending = true;
        while let Some(object) = self.subtracted.pop() {
            self.spend(1);
            if self.handed.insert(object) {
                return Some(object);
            }
        }
        None
    }

    /// What becomes of a candidate, if anything.
    pub(super) fn listed(&mut self, object: u32) -> Result<Option<ListedUser<'a>>, ListStop> {
        let id = self.id(object);
        let has = self.certain.has(object) || {
            let asked = self.wanted.asked(object);
            self.decide(asked, || id.to_owned())?
        };
        let listed = match self.wanted {
            // The wildcard stands for it, and nothing names it.
            _ if has && self.ending && self.wildcard == Wildcard::Listed => return Ok(None),
            Wanted::Objects(_) if has => ListedUser::Object(id),
            Wanted::Usersets(..) if has => ListedUser::Userset(id),
            _ if self.wildcard == Wildcard::NotListed => return Ok(None),
            _ => ListedUser::Excluded(id),
        };
        Ok(Some(listed))
    }

    fn decide(&mut self, asked: Asked, id: impl FnOnce() -> String) -> Result<bool, ListStop> {
        let decided = self.question.decide(asked, self.root);
        self.spend(decided.steps.into());
        match decided.decision {
            Decision::Allow => Ok(true),
            Decision::Deny => Ok(false),
            why => Err(ListStop::Undecided { id: id(), why }),
        }
    }

    fn spend(&mut self, steps: u64) {
        self.steps = self.steps.saturating_sub(steps);
    }

    /// Follows an operator of a relation. Depth is bounded by lowering.
    fn leave(&mut self, op: OpId, node: Node, way: Way) {
        let model = self.question.model();
        match model.op(op) {
            None => {}
            Some(Op::This) => {
                for (id, restriction) in model.restrictions(node.relation) {
                    match (restriction.subject, self.wanted) {
                        (Subject::Object, Wanted::Objects(of)) if of == restriction.of => {
                            self.name(id, node.object, way);
                        }
                        (Subject::Userset(relation), _) => {
                            self.follow(id, node.object, relation, way);
                        }
                        _ => {}
                    }
                }
            }
            Some(Op::Computed(relation)) => {
                self.arrive(Node { relation: *relation, object: node.object }, way, true);
            }
            Some(Op::TupleToUserset(range)) => {
                for target in model.targets(range) {
                    self.follow(target.tupleset, node.object, target.computed, way);
                }
            }
            Some(Op::Union(range)) => {
                for child in model.operands(range) {
                    self.leave(*child, node, way);
                }
            }
            Some(Op::Intersection(range)) => {
                for child in model.operands(range) {
                    self.leave(*child, node, way.guarded());
                }
            }
            Some(Op::Exclusion(base, subtract)) => {
                self.leave(*base, node, way.guarded());
                self.leave(*subtract, node, way.inverse());
            }
        }
    }

    /// Finds the users that tuples name themselves.
    fn name(&mut self, id: RestrictionId, object: u32, way: Way) {
        let added = self.question.added_users(id, object).iter();
        let added: Vec<_> = added.map(|added| (added.user, added.condition)).collect();
        for (user, condition) in self.question.stored_users(id, object).chain(added) {
            self.spend(1);
            if let Some(way) = self.through(condition, way) {
                self.find(user, way);
            }
        }
    }

    /// Goes on to the objects that tuples name.
    fn follow(&mut self, id: RestrictionId, object: u32, relation: RelationId, way: Way) {
        let added = self.question.added_users(id, object).iter();
        let added: Vec<_> = added.map(|added| (added.user, added.condition)).collect();
        for (user, condition) in self.question.stored_users(id, object).chain(added) {
            self.spend(1);
            if let Some(way) = self.through(condition, way) {
                self.arrive(Node { relation, object: user }, way, false);
            }
        }
    }

    /// In which way a tuple leads on, if it counts.
    fn through(&self, condition: crate::question::Attached<'_>, way: Way) -> Option<Way> {
        match self.question.holds(condition) {
            Truth::True => Some(way),
            Truth::False => None,
            Truth::Missing(_) | Truth::Failed(_) => Some(way.guarded()),
        }
    }

    /// Comes to a relation of an object, on this level or on the next.
    fn arrive(&mut self, node: Node, way: Way, here: bool) {
        let fits = self.level.saturating_add(u32::from(!here)) <= self.question.limits().depth;
        let way = if fits { way } else { way.guarded() };
        let ways = self.reached.entry(node).or_default();
        // What is certain adds as well.
        let known = *ways & way.bit() != 0 || (way == Way::Adding && *ways & 1 != 0);
        if known {
            return;
        }
        *ways |= way.bit();
        if matches!(self.wanted, Wanted::Usersets(relation, _) if relation == node.relation) {
            self.find(node.object, way);
        }
        let list = if here { &mut self.current } else { &mut self.next };
        list.push(Visit { node, way });
    }

    fn find(&mut self, object: u32, way: Way) {
        match way {
            Way::Subtracting => self.subtracted.push(object),
            Way::Certain | Way::Adding => {
                let named = matches!(self.wanted, Wanted::Objects(_));
                if way == Way::Certain && (named || !self.question.model().is_strict()) {
                    self.certain.insert(object);
                }
                if self.handed.insert(object) {
                    self.ready.push_back(object);
                }
            }
        }
    }
}

impl<'a> Iterator for ListUsers<'a> {
    type Item = Result<ListedUser<'a>, ListStop>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.paused {
            return None;
        }
        if self.wildcard == Wildcard::NotAsked {
            match self.wildcard() {
                Ok(true) => return Some(Ok(ListedUser::Wildcard)),
                Ok(false) => {}
                Err(stop) => return Some(Err(stop)),
            }
        }
        loop {
            let Some(object) = self.candidate() else {
                return self.paused.then_some(Err(ListStop::Steps));
            };
            match self.listed(object) {
                Ok(Some(listed)) => return Some(Ok(listed)),
                Ok(None) => {}
                Err(stop) => return Some(Err(stop)),
            }
        }
    }
}
