//! What lists, expand and explain read: the tuples and names of a snapshot and of the question
//! itself, as one.

mod marks;
mod stop;

use std::cell::RefCell;
use std::collections::HashMap;

pub(crate) use marks::Marks;
pub use stop::{ListLimits, ListStop, PAGE_MAX};

use crate::check::{
    Added, Asked, CONTEXTUAL_TUPLES_MAX, CheckError, Checker, Conditions, Decided, Limits, Node,
    Overlay, Snapshot, Truth, asked, decide_with, relation,
};
use crate::compile::{CheckedModel, RelationId, RestrictionId, TypeId};
use crate::tuple::{Context, ObjectName, RelationName, Tuple, UserName};

/// The most nested steps of a tree, so that no data overflows the stack: as in a check.
pub(crate) const FRAMES_MAX: u32 = 400;

/// The condition of a tuple: its name and the context that the tuple fixes.
pub(crate) type Attached<'a> = Option<(&'a str, &'a Context)>;

/// A snapshot, what a question adds to it, and how conditions are decided.
pub(crate) struct Question<'a> {
    pub(crate) snapshot: &'a Snapshot,
    overlay: Overlay<'a>,
    /// The contextual tuples by restriction and user.
    reverse: Vec<Added<'a>>,
    names: HashMap<(TypeId, u32), &'a str>,
    conditions: &'a dyn Conditions,
    limits: Limits,
    now: u64,
    /// The memory of all checks on the way.
    checker: RefCell<Checker>,
}

impl<'a> Question<'a> {
    pub(crate) fn new(
        snapshot: &'a Snapshot,
        contextual: &'a [Tuple],
        conditions: &'a dyn Conditions,
        (limits, now): (Limits, u64),
    ) -> Result<Self, CheckError> {
        if contextual.len() > CONTEXTUAL_TUPLES_MAX {
            return Err(CheckError::TooManyContextualTuples);
        }
        let mut overlay = Overlay::default();
        for tuple in contextual {
            overlay.add(snapshot, tuple, now)?;
        }
        overlay.sort();
        let mut reverse = overlay.tuples().to_vec();
        reverse.sort_by_key(|added| (added.restriction, added.user, added.node.object));
        let names = HashMap::new();
        let checker = RefCell::default();
        let mut question =
            Self { snapshot, overlay, reverse, names, conditions, limits, now, checker };
        question.learn();
        Ok(question)
    }

    pub(crate) fn model(&self) -> &'a CheckedModel {
        self.snapshot.model()
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// The relation of an object that is asked about.
    pub(crate) fn node(
        &mut self,
        object: &'a ObjectName,
        name: &RelationName,
    ) -> Result<Node, CheckError> {
        let relation = relation(self.snapshot, object, name.as_str())?;
        Ok(self.node_of(relation, object))
    }

    /// A relation of an object, which must be of the relation's type.
    pub(crate) fn node_of(&mut self, relation: RelationId, object: &'a ObjectName) -> Node {
        let of = self.model().type_of(relation);
        let object = self.overlay.number(self.snapshot, of, object.id());
        self.learn();
        Node { relation, object }
    }

    pub(crate) fn type_id(&self, name: &str) -> Result<TypeId, CheckError> {
        self.model().type_id(name).ok_or_else(|| CheckError::UnknownType(name.to_owned()))
    }

    pub(crate) fn asked(&mut self, user: &'a UserName) -> Result<Asked, CheckError> {
        let asked = asked(self.snapshot, &mut self.overlay, user)?;
        self.learn();
        Ok(asked)
    }

    fn learn(&mut self) {
        self.names = self.overlay.names().map(|(of, number, id)| ((of, number), id)).collect();
    }

    /// Numbers of objects of a type are below this.
    pub(crate) fn bound(&self, of: TypeId) -> u32 {
        // What a question adds is numbered across all types.
        let added = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.snapshot.objects(of).saturating_add(added)
    }

    /// The id of an object.
    pub(crate) fn id(&self, of: TypeId, number: u32) -> &'a str {
        let known = self.snapshot.name(of, number);
        known.or_else(|| self.names.get(&(of, number)).copied()).unwrap_or_default()
    }

    /// The users that an object's tuples of a restriction name, in the graph: sorted.
    pub(crate) fn stored_users(
        &self,
        restriction: RestrictionId,
        object: u32,
    ) -> impl Iterator<Item = (u32, Attached<'a>)> + use<'a> {
        let condition = self.model().condition_of(restriction);
        let stored = self.snapshot.users(restriction, object, self.now);
        stored.map(move |(user, context)| (user, condition.zip(context)))
    }

    /// The same in the contextual tuples.
    pub(crate) fn added_users(&self, restriction: RestrictionId, object: u32) -> &[Added<'a>] {
        self.overlay.row(restriction, object)
    }

    /// The users that an object's tuples of a restriction name: the graph's, sorted, then those of
    /// the question.
    pub(crate) fn users(
        &self,
        restriction: RestrictionId,
        object: u32,
    ) -> impl Iterator<Item = (u32, Attached<'a>)> {
        let added = self.added_users(restriction, object).iter();
        let added = added.map(|added| (added.user, added.condition));
        self.stored_users(restriction, object).chain(added)
    }

    /// The objects whose tuples of a restriction name a user, in the graph: sorted.
    pub(crate) fn stored_naming(
        &self,
        restriction: RestrictionId,
        user: u32,
    ) -> impl Iterator<Item = (u32, Attached<'a>)> + use<'a> {
        let condition = self.model().condition_of(restriction);
        let stored = self.snapshot.objects_naming(restriction, user, self.now);
        stored.map(move |(object, context)| (object, condition.zip(context)))
    }

    /// The same in the contextual tuples.
    pub(crate) fn added_naming(&self, restriction: RestrictionId, user: u32) -> &[Added<'a>] {
        let place = |added: &Added<'_>| (added.restriction, added.user);
        let start = self.reverse.partition_point(|added| place(added) < (restriction, user));
        let end = self.reverse.partition_point(|added| place(added) <= (restriction, user));
        self.reverse.get(start..end).unwrap_or_default()
    }

    /// The tuples of an object under a restriction that name one user: the graph's, the question's.
    pub(crate) fn naming(
        &self,
        restriction: RestrictionId,
        object: u32,
        user: u32,
    ) -> impl Iterator<Item = Attached<'a>> {
        let condition = self.model().condition_of(restriction);
        let stored = self.snapshot.find_tuple(restriction, object, user, self.now);
        let added = self.overlay.row(restriction, object).iter();
        let added = added.filter(move |added| added.user == user).map(|added| added.condition);
        stored.map(|context| condition.zip(context)).into_iter().chain(added)
    }

    /// Whether a tuple counts.
    pub(crate) fn holds(&self, condition: Attached<'_>) -> Truth {
        condition.map_or(Truth::True, |(name, context)| self.conditions.holds(name, context))
    }

    /// Whether a user has a relation to an object, within the question's limits.
    pub(crate) fn decide(&self, asked: Asked, node: Node) -> Decided {
        self.decide_within(asked, node, self.limits)
    }

    pub(crate) fn decide_within(&self, asked: Asked, node: Node, limits: Limits) -> Decided {
        let question = (asked, node);
        let with = (&self.overlay, self.conditions);
        let checker = &mut *self.checker.borrow_mut();
        decide_with(self.snapshot, checker, with, question, (limits, self.now))
    }

    /// `type:id`.
    pub(crate) fn object_text(&self, of: TypeId, number: u32) -> String {
        format!("{}:{}", self.model().type_name(of), self.id(of, number))
    }

    /// `type:id#relation`.
    pub(crate) fn node_text(&self, node: Node) -> String {
        let object = self.object_text(self.model().type_of(node.relation), node.object);
        format!("{object}#{}", self.relation_name(node.relation))
    }

    /// The relation that a restriction belongs to.
    pub(crate) fn relation_of(&self, restriction: RestrictionId) -> Option<RelationId> {
        let model = self.model();
        let mut relations = model.relations().map(|(relation, _)| relation);
        relations.find(|id| model.restrictions(*id).any(|(known, _)| known == restriction))
    }

    pub(crate) fn relation_name(&self, relation: RelationId) -> &'a str {
        self.model().relation_name(relation)
    }
}
