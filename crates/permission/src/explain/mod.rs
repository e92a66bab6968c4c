//! Why a user has a relation to an object, or has it not.

mod allow;
mod reason;
mod render;
mod wall;

pub use reason::{Explanation, Held, Reason, What};

use std::collections::HashSet;

use crate::check::{
    Asked, CheckError, CheckRequest, Conditions, Decided, Decision, Limits, Node, Snapshot, Truth,
};
use crate::compile::{CheckedRestriction, RestrictionId, Subject};
use crate::question::{Attached, Question};
use crate::tuple::UserName;

/// The most nodes of an explanation, if nothing else is asked for: more than a reader takes in.
pub const EXPLAIN_NODES_MAX: usize = 500;
/// The most relations of objects looked at for one explanation: some seconds of work.
const STEPS_MAX: u64 = 20_000_000;
/// The most tuples naming the user that are searched for one that a restriction rules out.
const GIVEN_MAX: usize = 10_000;

impl Snapshot {
    /// Says why the answer of [`Snapshot::check`] is what it is: the shortest path that allows, or
    /// what each way lacks. It shows at most `nodes` reasons and marks what it leaves out.
    ///
    /// # Errors
    /// [`CheckError`] if the question does not fit the model.
    ///
    /// ```
    /// use counterfoil_permission::check::{CheckRequest, NoConditions, Snapshot};
    /// use counterfoil_permission::explain::EXPLAIN_NODES_MAX;
    /// use counterfoil_permission::tuple::{ObjectName, RelationName, Tuple, UserName};
    /// use counterfoil_permission::{compile::compile, graph::Graph, language};
    /// use std::sync::Arc;
    ///
    /// let text = "model\n  schema 1.1\ntype user\ntype document\n  relations\n    define viewer: [user]\n";
    /// let model = compile(&language::parse(text).unwrap()).unwrap();
    /// let graph = Graph::new(&[Tuple::parse("document:budget", "viewer", "user:alice")?])?;
    /// let snapshot = Snapshot::new(Arc::new(model), Arc::new(graph));
    ///
    /// let (object, relation) = (ObjectName::parse("document:budget")?, RelationName::parse("viewer")?);
    /// let alice = UserName::parse("user:alice")?;
    /// let request = CheckRequest::new(&object, &relation, &alice);
    /// let explanation = snapshot.explain(&request, &NoConditions, EXPLAIN_NODES_MAX)?;
    /// assert_eq!(
    ///     explanation.to_string(),
    ///     "allow: document:budget#viewer\n  allow: the tuple document:budget#viewer@user:alice\n"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(
        &self,
        request: &CheckRequest<'_>,
        conditions: &dyn Conditions,
        nodes: usize,
    ) -> Result<Explanation, CheckError> {
        let (object, relation, user) = request.parts();
        let (contextual, limits, now) = request.within();
        let mut question = Question::new(self, contextual, conditions, (limits, now))?;
        let node = question.node(object, relation)?;
        let asked = question.asked(user)?;
        let mut teller = Teller {
            given: given(self, user),
            question: &question,
            asked,
            user,
            nodes,
            steps: STEPS_MAX,
            frames: 0,
            path: vec![],
            told: HashSet::new(),
            complete: true,
        };
        let root = teller.node(node, limits.depth);
        Ok(Explanation { decision: root.decision.clone(), root, complete: teller.complete })
    }
}

/// What tuples give the user themselves, some of it perhaps by tuples that don't count: object and
/// relation.
fn given(snapshot: &Snapshot, user: &UserName) -> HashSet<String> {
    let given = snapshot.graph().naming(user).take(GIVEN_MAX);
    given.map(|given| format!("{}:{}#{}", given.object_type, given.id, given.relation)).collect()
}

/// Tells one explanation.
struct Teller<'q, 'a> {
    question: &'q Question<'a>,
    asked: Asked,
    user: &'q UserName,
    given: HashSet<String>,
    nodes: usize,
    steps: u64,
    frames: u32,
    path: Vec<Node>,
    told: HashSet<Node>,
    complete: bool,
}

/// A truth about one thing, and whether it is a denial for a cycle.
struct Known {
    decision: Decision,
    cyclic: bool,
}

impl Teller<'_, '_> {
    /// Why the user has a relation to an object, or has it not, with so many objects left to go.
    fn node(&mut self, node: Node, left: u32) -> Reason {
        let name = What::Relation(self.question.node_text(node));
        let itself = matches!(self.asked, Asked::Userset(asked) if asked == node);
        if itself && left > 0 && !self.question.model().is_strict() {
            return Reason::leaf(What::Itself(self.user.to_string()), Decision::Allow);
        }
        if left == 0 {
            return Reason::leaf(
                What::TooDeep(self.question.node_text(node)),
                Decision::TooComplex,
            );
        }
        if self.steps == 0 {
            return self.more(Decision::TooComplex);
        }
        if self.path.contains(&node) {
            return Reason::leaf(What::Cycle(self.question.node_text(node)), Decision::Deny);
        }
        let known = self.decide(node, left);
        if self.told.contains(&node) {
            return Reason::leaf(What::Told(self.question.node_text(node)), known.decision);
        }
        if !self.room() {
            return Reason::leaf(What::More(Some(self.question.node_text(node))), known.decision);
        }
        self.path.push(node);
        let below = match known.decision {
            Decision::Allow => self.allowed(node, left),
            _ => self.walled(node, left, &known.decision),
        };
        self.path.pop();
        self.told.insert(node);
        Reason { what: name, decision: known.decision, below }
    }

    fn decide(&mut self, node: Node, left: u32) -> Known {
        let steps = u32::try_from(self.steps).unwrap_or(u32::MAX);
        let steps = self.question.limits().steps.min(steps);
        let within = Limits { depth: left, steps };
        let Decided { decision, cyclic, steps } =
            self.question.decide_within(self.asked, node, within);
        self.steps = self.steps.saturating_sub(steps.into());
        Known { decision, cyclic }
    }

    /// Takes the room of one more reason, if there is some.
    fn room(&mut self) -> bool {
        if self.nodes == 0 || self.frames >= crate::question::FRAMES_MAX {
            self.complete = false;
            return false;
        }
        self.nodes -= 1;
        true
    }

    fn more(&mut self, decision: Decision) -> Reason {
        self.complete = false;
        Reason::leaf(What::More(None), decision)
    }

    /// What a tuple's condition says.
    fn held(&self, condition: Attached<'_>) -> Option<Held> {
        let (name, _) = condition?;
        Some(Held { name: name.to_owned(), truth: self.question.holds(condition) })
    }

    /// The user in those tuples of a restriction that name the asked one, if they can.
    fn names_asked(&self, restriction: &CheckedRestriction) -> Option<u32> {
        match (self.asked, restriction.subject) {
            (Asked::Object { of, object }, Subject::Object) if of == restriction.of => Some(object),
            (Asked::Userset(asked), Subject::Userset(relation)) if asked.relation == relation => {
                Some(asked.object)
            }
            (Asked::Object { of, .. } | Asked::Wildcard { of }, Subject::Wildcard)
                if of == restriction.of =>
            {
                Some(0)
            }
            _ => None,
        }
    }

    /// The tuples of a relation that name the asked user, or the wildcard of its type.
    fn own_tuples(&self, node: Node) -> Vec<(RestrictionId, Option<Held>)> {
        let mut found = vec![];
        for (id, restriction) in self.question.model().restrictions(node.relation) {
            if let Some(user) = self.names_asked(restriction) {
                for condition in self.question.naming(id, node.object, user) {
                    found.push((id, self.held(condition)));
                }
            }
        }
        found
    }

    /// The text of a tuple.
    fn tuple_text(&self, node: Node, id: RestrictionId, user: u32) -> String {
        let (question, model) = (self.question, self.question.model());
        let mut restrictions = model.restrictions(node.relation);
        let restriction = restrictions.find(|(known, _)| *known == id).map(|(_, known)| known);
        let user = match restriction {
            None => String::new(),
            Some(known) => match known.subject {
                Subject::Object => question.object_text(known.of, user),
                Subject::Userset(relation) => question.node_text(Node { relation, object: user }),
                Subject::Wildcard => format!("{}:*", model.type_name(known.of)),
            },
        };
        format!("{}@{user}", question.node_text(node))
    }

    /// The tuple that names the asked user, as a reason.
    fn own_reason(&self, node: Node, id: RestrictionId, held: Option<Held>) -> Reason {
        let restrictions = self.question.model().restrictions(node.relation);
        let mut user = restrictions.filter(|(known, _)| *known == id);
        let user = user.find_map(|(_, restriction)| self.names_asked(restriction)).unwrap_or(0);
        let decision = decision(held.as_ref());
        let tuple = self.tuple_text(node, id, user);
        Reason::leaf(What::Tuple { tuple, condition: held }, decision)
    }
}

/// What a condition makes of an allow.
fn decision(held: Option<&Held>) -> Decision {
    let Some(held) = held else { return Decision::Allow };
    match &held.truth {
        Truth::True => Decision::Allow,
        Truth::False => Decision::Deny,
        Truth::Missing(_) => Decision::Missing(held.missing()),
        Truth::Failed(why) => Decision::Failed { condition: held.name.clone(), why: why.clone() },
    }
}
