//! Walks from the user to whatever it reaches.

use std::collections::VecDeque;

use super::plan::{Edge, Grade, Plan};
use crate::check::{Asked, Decision, Node, Truth};
use crate::compile::{Op, RelationId, Subject, TypeId};
use crate::question::{Attached, ListStop, Marks, Question};

/// How much of a row is gone through at a time: the first result must not wait for a long one.
const AT_ONCE: usize = 256;

/// Of so many tuples at most it is looked up ahead what they may take away from the user: few are
/// named by more, and the first result must not wait for those.
const TAKEN_MAX: usize = 4_096;

/// The objects of a type to which a user has a relation, as they are found: without order, without
/// duplicates.
///
/// Objects come by unions alone, which is certain, or else are asked about one by one. The walk goes
/// level by level, so that every certain path is the shortest one and fits the depth of a check if
/// any does.
pub struct ListObjects<'a> {
    question: Question<'a>,
    plan: Plan,
    asked: Asked,
    target: RelationId,
    of: TypeId,
    /// By slot of the plan: which objects were reached, and which for certain.
    reached: Vec<Marks>,
    certain: Vec<Marks>,
    /// Which listed objects were reached for certain but for what may take them away.
    based: Marks,
    /// To which objects tuples of [`Plan::subtract`] name the user, whether they count or not. None
    /// where these are many, or it may follow in other ways.
    taken: Option<Marks>,
    /// Which objects were handed on.
    handed: Marks,
    ready: VecDeque<u32>,
    /// Rows that are not gone through yet.
    rows: Vec<Row<'a>>,
    current: Vec<Visit>,
    next: Vec<Visit>,
    /// How many objects long the paths of `current` are; 0 before the walk.
    level: u32,
    steps: u64,
    paused: bool,
}

/// The rest of a row, and where it leads.
struct Row<'a> {
    found: Box<dyn Iterator<Item = (u32, Attached<'a>)> + 'a>,
    leads: Leads,
}

/// Where a row leads.
#[derive(Clone, Copy)]
struct Leads {
    edge: Edge,
    /// Whether what is at its other end was reached for certain, and near enough.
    certain: bool,
    /// To this level or to the next.
    here: bool,
}

#[derive(Clone, Copy)]
struct Visit {
    slot: usize,
    object: u32,
    certain: bool,
}

impl<'a> ListObjects<'a> {
    pub(super) fn new(
        question: Question<'a>,
        asked: Asked,
        target: RelationId,
        steps: u64,
    ) -> Self {
        let model = question.model();
        let plan = Plan::new(model, target);
        let marks = |relation| Marks::new(question.bound(model.type_of(relation)));
        let of = model.type_of(target);
        let taken = plan.subtract.and_then(|from| taken(&question, asked, from));
        Self {
            taken,
            reached: plan.relations().map(marks).collect(),
            certain: plan.relations().map(marks).collect(),
            based: marks(target),
            handed: marks(target),
            ready: VecDeque::new(),
            rows: vec![],
            current: vec![],
            next: vec![],
            level: 0,
            steps,
            paused: false,
            question,
            plan,
            asked,
            target,
            of,
        }
    }

    /// Goes on after [`ListStop::Steps`], with this many more steps.
    pub fn resume(&mut self, steps: u64) {
        self.steps = self.steps.saturating_add(steps);
        self.paused = false;
    }

    pub(super) fn id(&self, object: u32) -> &'a str {
        self.question.id(self.of, object)
    }

    /// The next object that may belong to the list; none at the end, or when it pauses.
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
            // What was reached leads to results, the rest of a row only to more of the kind.
            if let Some(visit) = self.current.pop() {
                self.leave(visit);
            } else if let Some(mut row) = self.rows.pop() {
                if !self.go_through(&mut *row.found, row.leads) {
                    self.rows.push(row);
                }
            } else if self.level == 0 {
                self.level = 1;
                self.seed();
            } else if self.next.is_empty() {
                return None;
            } else {
                self.level = self.level.saturating_add(1);
                std::mem::swap(&mut self.current, &mut self.next);
            }
        }
    }

    /// Whether the list stopped for want of steps.
    pub(super) fn paused(&self) -> bool {
        self.paused
    }

    /// Whether a candidate belongs to the list.
    pub(super) fn belongs(&mut self, object: u32) -> Result<bool, ListStop> {
        if self.certain.first().is_some_and(|certain| certain.has(object)) {
            return Ok(true);
        }
        let subtract = self.plan.subtract.filter(|_| self.based.has(object));
        if subtract.is_some() && self.taken.as_ref().is_some_and(|taken| !taken.has(object)) {
            return Ok(true);
        }
        let relation = subtract.unwrap_or(self.target);
        let decided = self.question.decide(self.asked, Node { relation, object });
        self.spend(decided.steps.into());
        match (decided.decision, subtract) {
            (Decision::Allow, taken) => Ok(taken.is_none()),
            // A cycle in what is subtracted makes all of it false.
            (Decision::Deny, taken) => Ok(taken.is_some() && !decided.cyclic),
            (why, _) => Err(ListStop::Undecided { id: self.id(object).to_owned(), why }),
        }
    }

    fn spend(&mut self, steps: u64) {
        self.steps = self.steps.saturating_sub(steps);
    }

    /// Starts from the tuples that name the user, and from the userset itself.
    fn seed(&mut self) {
        if let Asked::Userset(node) = self.asked
            && let Some(slot) = self.plan.find(node.relation)
        {
            let certain = !self.question.model().is_strict();
            self.arrive(Visit { slot, object: node.object, certain }, false, true);
        }
        for place in 0..self.plan.seeds.len() {
            let Some(seed) = self.plan.seeds.get(place) else { return };
            let user = match (self.asked, seed.subject) {
                (Asked::Object { of, object }, Subject::Object) if of == seed.of => object,
                (Asked::Userset(node), Subject::Userset(relation)) if node.relation == relation => {
                    node.object
                }
                (Asked::Object { of, .. } | Asked::Wildcard { of }, Subject::Wildcard)
                    if of == seed.of =>
                {
                    0
                }
                _ => continue,
            };
            let edge = seed.edge;
            self.follow(edge, user, true, true);
        }
    }

    /// Follows everything that having the relation of a visit leads to.
    fn leave(&mut self, visit: Visit) {
        for place in 0..self.plan.edges(visit.slot).len() {
            let Some(edge) = self.plan.edges(visit.slot).get(place).copied() else { return };
            self.follow(edge, visit.object, visit.certain, edge.over.is_none());
        }
    }

    /// Follows an edge from an object (or user), on this level or to the next.
    fn follow(&mut self, edge: Edge, from: u32, certain: bool, here: bool) {
        self.spend(1);
        let level = self.level.saturating_add(u32::from(!here));
        let certain = certain && level <= self.question.limits().depth;
        let leads = Leads { edge, certain, here };
        let Some(over) = edge.over else {
            self.lead(leads, from, certain);
            return;
        };
        let mut found = self.question.stored_naming(over, from);
        if !self.go_through(&mut found, leads) {
            self.rows.push(Row { found: Box::new(found), leads });
        }
        let added = self.question.added_naming(over, from).iter();
        let added: Vec<_> = added.map(|added| (added.node.object, added.condition)).collect();
        self.go_through(&mut added.into_iter(), leads);
    }

    /// Goes on with a row, for a while. Returns whether it is at its end.
    fn go_through(
        &mut self,
        found: &mut dyn Iterator<Item = (u32, Attached<'a>)>,
        leads: Leads,
    ) -> bool {
        for _ in 0..AT_ONCE {
            let Some((object, condition)) = found.next() else { return true };
            self.spend(1);
            match self.question.holds(condition) {
                Truth::True => self.lead(leads, object, leads.certain),
                Truth::False => {}
                Truth::Missing(_) | Truth::Failed(_) => self.lead(leads, object, false),
            }
        }
        false
    }

    fn lead(&mut self, leads: Leads, object: u32, certain: bool) {
        let Leads { edge, here, .. } = leads;
        let based = certain && edge.grade == Grade::Base;
        let certain = certain && edge.grade == Grade::Alone;
        self.arrive(Visit { slot: edge.to, object, certain }, based, here);
    }

    fn arrive(&mut self, visit: Visit, based: bool, here: bool) {
        let Visit { slot, object, certain } = visit;
        if based {
            self.based.insert(object);
        }
        let mut fresh = self.reached.get_mut(slot).is_some_and(|marks| marks.insert(object));
        if certain {
            fresh = self.certain.get_mut(slot).is_some_and(|marks| marks.insert(object));
        }
        if !fresh {
            return;
        }
        if slot == 0 && self.handed.insert(object) {
            self.ready.push_back(object);
        }
        if !self.plan.edges(slot).is_empty() {
            let list = if here { &mut self.current } else { &mut self.next };
            list.push(visit);
        }
    }
}

/// The objects whose tuples of a relation name a user, if nothing else could give it that relation.
fn taken(question: &Question<'_>, asked: Asked, relation: RelationId) -> Option<Marks> {
    let model = question.model();
    let Asked::Object { of: asked_of, object: user } = asked else { return None };
    let Some(Op::This) = model.op(model.root(relation)) else { return None };
    let mut taken = Marks::new(question.bound(model.type_of(relation)));
    let mut left = TAKEN_MAX;
    for (id, restriction) in model.restrictions(relation) {
        let user = match restriction.subject {
            Subject::Userset(_) => return None,
            Subject::Object | Subject::Wildcard if restriction.of != asked_of => continue,
            Subject::Object => user,
            Subject::Wildcard => 0,
        };
        let added = question.added_naming(id, user).iter().map(|added| added.node.object);
        let stored = question.stored_naming(id, user).map(|(object, _)| object);
        for object in added.chain(stored) {
            left = left.checked_sub(1)?;
            taken.insert(object);
        }
    }
    Some(taken)
}

impl<'a> Iterator for ListObjects<'a> {
    type Item = Result<&'a str, ListStop>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.paused {
            return None;
        }
        loop {
            let Some(object) = self.candidate() else {
                return self.paused.then_some(Err(ListStop::Steps));
            };
            match self.belongs(object) {
                Ok(true) => return Some(Ok(self.id(object))),
                Ok(false) => {}
                Err(stop) => return Some(Err(stop)),
            }
        }
    }
}
