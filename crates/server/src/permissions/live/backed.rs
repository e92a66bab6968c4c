//! A store that isn't in memory: what can matter to a question is read from the database, made a
//! small graph and put to the same engine.
//!
//! All of it is read at one snapshot, so that no answer is made of two revisions.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use counterfoil_permission::{
    check::Snapshot,
    graph::{Graph, GraphBuilder},
    model::{Model, Rewrite},
    tuple::{ObjectName, RelationName, Tuple, TypeName, UserName},
};
use counterfoil_store::permission::{
    MAX_WANTED, PermissionSnapshot, StoreRevision, StoredTuple, TupleKey, Wanted,
};

use super::{About, LiveModel, PermissionError, What};

/// The most tuples that are read for one question: some ten megabytes, read in about a second.
const TUPLES_MAX: usize = 200_000;

/// A store at one revision, in the database.
#[derive(Debug)]
pub(super) struct Backed {
    snapshot: PermissionSnapshot,
}

impl Backed {
    pub(super) const fn new(snapshot: PermissionSnapshot) -> Self {
        Self { snapshot }
    }

    pub(super) const fn revision(&self) -> StoreRevision {
        self.snapshot.revision()
    }

    pub(super) async fn snapshot(
        &self,
        model: &LiveModel,
        about: About<'_>,
    ) -> Result<Arc<Snapshot>, PermissionError> {
        let mut closure = Closure::new(&self.snapshot, &model.source, about);
        match about.what {
            What::Object(object) => closure.ask(object, about.relations),
            What::Type(of) => {
                for object in closure.candidates(of).await? {
                    closure.ask(&object, about.relations);
                }
            }
        }
        closure.follow().await?;
        let graph = closure.graph().ok_or(PermissionError::TooLarge)?;
        Ok(Arc::new(model.snapshot(Arc::new(graph))))
    }
}

/// A relation of an object that is asked for, on the way to the answer.
type Node = (ObjectName, RelationName);

/// What a question leads to.
struct Closure<'a> {
    snapshot: &'a PermissionSnapshot,
    model: &'a Model,
    user: Option<&'a UserName>,
    contextual: &'a [Tuple],
    /// Nodes that were met, and those of them that are still to be looked at.
    met: BTreeSet<Node>,
    open: Vec<Node>,
    /// Rows that were wanted, and whether all of their tuples were; those still to be read.
    wanted: BTreeMap<Node, bool>,
    unread: BTreeSet<Node>,
    /// Which relations are asked of the objects that a row's tuples name.
    computed: HashMap<Node, BTreeSet<RelationName>>,
    /// Rows whose usersets are to be followed.
    direct: BTreeSet<Node>,
    tuples: BTreeMap<TupleKey, Tuple>,
}

impl<'a> Closure<'a> {
    fn new(snapshot: &'a PermissionSnapshot, model: &'a Model, about: About<'a>) -> Self {
        Self {
            snapshot,
            model,
            user: about.user,
            contextual: about.contextual,
            met: BTreeSet::new(),
            open: Vec::new(),
            wanted: BTreeMap::new(),
            unread: BTreeSet::new(),
            computed: HashMap::new(),
            direct: BTreeSet::new(),
            tuples: BTreeMap::new(),
        }
    }

    fn ask(&mut self, object: &ObjectName, relations: &[&str]) {
        for relation in relations {
            if let Ok(relation) = RelationName::parse(relation) {
                self.meet((object.clone(), relation));
            }
        }
    }

    fn meet(&mut self, node: Node) {
        if self.met.insert(node.clone()) {
            self.open.push(node);
        }
    }

    /// Follows nodes and rows until there is nothing new.
    async fn follow(&mut self) -> Result<(), PermissionError> {
        loop {
            while let Some((object, relation)) = self.open.pop() {
                let known = self.model.find(object.type_name());
                let model = self.model;
                if known.is_some()
                    && let Some(found) =
                        model.find(object.type_name()).and_then(|of| of.relation(relation.as_str()))
                {
                    self.rewrite(&object, &relation, &found.rewrite);
                }
            }
            if self.unread.is_empty() {
                return Ok(());
            }
            self.read().await?;
        }
    }

    fn rewrite(&mut self, object: &ObjectName, relation: &RelationName, rewrite: &Rewrite) {
        match rewrite {
            Rewrite::This => {
                let row = (object.clone(), relation.clone());
                self.direct.insert(row.clone());
                self.want(row, self.user.is_none());
            }
            Rewrite::Computed { relation } => {
                if let Ok(relation) = RelationName::parse(relation) {
                    self.meet((object.clone(), relation));
                }
            }
            Rewrite::TupleToUserset { tupleset, computed } => {
                let names =
                    RelationName::parse(tupleset).ok().zip(RelationName::parse(computed).ok());
                let Some((tupleset, computed)) = names else { return };
                let row = (object.clone(), tupleset);
                self.computed.entry(row.clone()).or_default().insert(computed);
                self.want(row, true);
            }
            Rewrite::Union(children) | Rewrite::Intersection(children) => {
                for child in children {
                    self.rewrite(object, relation, child);
                }
            }
            Rewrite::Exclusion { base, subtract } => {
                self.rewrite(object, relation, base);
                self.rewrite(object, relation, subtract);
            }
        }
    }

    /// Wants a row; one that was read is read again for what is new about it, which is cheap: it is
    /// in memory.
    fn want(&mut self, row: Node, all: bool) {
        let before = self.wanted.get(&row).copied();
        self.wanted.insert(row.clone(), all || before.unwrap_or(false));
        if before.is_none() || (all && before == Some(false)) {
            self.unread.insert(row);
        } else {
            // Its tuples are here, but nothing followed them for this reason.
            let known = self.known(&row);
            for tuple in known {
                self.step(&tuple);
            }
        }
    }

    fn known(&self, (object, relation): &Node) -> Vec<Tuple> {
        let of_row = |tuple: &&Tuple| tuple.object() == object && tuple.relation() == relation;
        let first = TupleKey {
            object: object.clone(),
            relation: relation.clone(),
            user: UserName::Object(object.clone()),
        };
        // Keys are in the order of objects and relations, so a row is one stretch of them; the
        // first key's user may lie in the middle of it.
        let after = self.tuples.range(first.clone()..).map(|(_, tuple)| tuple);
        let before = self.tuples.range(..first).rev().map(|(_, tuple)| tuple);
        let stored = after.take_while(of_row).chain(before.take_while(of_row));
        stored.chain(self.contextual.iter().filter(of_row)).cloned().collect()
    }

    /// Reads the rows that are still unread.
    async fn read(&mut self) -> Result<(), PermissionError> {
        let unread: Vec<Node> = std::mem::take(&mut self.unread).into_iter().collect();
        for rows in unread.chunks(MAX_WANTED) {
            let wanted: Vec<Wanted> = rows
                .iter()
                .map(|row| Wanted {
                    object: row.0.clone(),
                    relation: row.1.clone(),
                    all: self.wanted.get(row).copied().unwrap_or(true),
                })
                .collect();
            let left = TUPLES_MAX.saturating_sub(self.tuples.len());
            let found = self.snapshot.reachable(&wanted, self.user, left).await?;
            // Reading may never wait, and a question of many reads must not hold up others.
            tokio::task::yield_now().await;
            self.keep(found)?;
        }
        for row in unread {
            for tuple in self.known(&row) {
                self.step(&tuple);
            }
        }
        Ok(())
    }

    fn keep(&mut self, found: Vec<StoredTuple>) -> Result<(), PermissionError> {
        for stored in found {
            self.tuples.insert(TupleKey::of(&stored.tuple), stored.tuple);
        }
        if self.tuples.len() > TUPLES_MAX { Err(PermissionError::TooLarge) } else { Ok(()) }
    }

    /// Where a tuple leads.
    fn step(&mut self, tuple: &Tuple) {
        let row = (tuple.object().clone(), tuple.relation().clone());
        match tuple.user() {
            UserName::Userset(object, relation) if self.direct.contains(&row) => {
                self.meet((object.clone(), relation.clone()));
            }
            UserName::Object(object) => {
                for computed in self.computed.get(&row).cloned().unwrap_or_default() {
                    self.meet((object.clone(), computed));
                }
            }
            UserName::Userset(..) | UserName::Wildcard(_) => {}
        }
    }

    /// The objects of a type that the user might have a relation to: all to which tuples lead up
    /// from the user, whatever their relations.
    async fn candidates(&mut self, of: &str) -> Result<BTreeSet<ObjectName>, PermissionError> {
        let mut candidates = BTreeSet::new();
        let mut met: BTreeSet<UserName> = BTreeSet::new();
        let mut open: Vec<UserName> = self.user.into_iter().cloned().collect();
        if let Some(UserName::Object(user)) = self.user {
            open.extend(TypeName::parse(user.type_name()).ok().map(UserName::Wildcard));
        }
        if let Some(UserName::Userset(object, _)) = self.user {
            // Asked about itself, a userset has the relation that it is made of.
            candidates.extend((object.type_name() == of).then(|| object.clone()));
            open.push(UserName::Object(object.clone()));
        }
        while !open.is_empty() {
            let next: Vec<UserName> = open.drain(..open.len().min(MAX_WANTED)).collect();
            let left = TUPLES_MAX.saturating_sub(self.tuples.len());
            let found = self.snapshot.naming(&next, left).await?;
            tokio::task::yield_now().await;
            self.keep(found.clone())?;
            let contextual = self
                .contextual
                .iter()
                .filter(|tuple| next.iter().any(|user| same_object(user, tuple.user())));
            let objects: BTreeSet<ObjectName> = found
                .iter()
                .map(|stored| stored.tuple.object())
                .chain(contextual.map(Tuple::object))
                .cloned()
                .collect();
            for object in objects {
                candidates.extend((object.type_name() == of).then(|| object.clone()));
                let user = UserName::Object(object);
                if met.insert(user.clone()) {
                    open.push(user);
                }
            }
        }
        Ok(candidates)
    }

    fn graph(self) -> Option<Graph> {
        let mut builder = GraphBuilder::default();
        for tuple in self.tuples.values() {
            builder.push(tuple).ok()?;
        }
        builder.finish().ok()
    }
}

/// Whether a tuple's user is this one, or any relation of it.
fn same_object(user: &UserName, named: &UserName) -> bool {
    match (user, named) {
        (UserName::Object(user), UserName::Object(named) | UserName::Userset(named, _)) => {
            user == named
        }
        (UserName::Userset(user, _), UserName::Userset(named, _)) => user == named,
        (UserName::Wildcard(user), UserName::Wildcard(named)) => user == named,
        _ => false,
    }
}
