//! Questions that OpenFGA's coming resolver ("v2", weighted graph) answers otherwise.
//!
//! They are known by the shape of the model and of the asked user; tuples are not looked at, so a
//! question of such a shape may well get the same answer. The names are OpenFGA's own.

use std::fmt;
use std::ops::ControlFlow;

use super::checked::{CheckedModel, Op, OpId, RelationId, Subject, TypeId};

/// The most divergences of a model that are named.
pub const DIVERGENCES_MAX: usize = 1_000;

/// A way in which the coming resolver differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Divergence {
    /// `o#r` asked about `r` on `o` itself: yes becomes no.
    SelfReferentialUserset,
    /// A userset asked where tuples name another relation that is computed from it: yes becomes no.
    AliasUserset,
    /// `o#r` asked about a relation on `o` that is computed from `r`: yes becomes no.
    ComputedUsersetSelfObject,
    /// `p#x` asked about `x from parent` where `p` is a parent: yes becomes no.
    TtuUserset,
    /// A userset that reaches an exclusion whose other side it cannot reach: refused.
    UsersetWithExclusion,
    /// A wildcard that reaches an exclusion: refused.
    WildcardWithExclusion,
}

/// A shape of questions that is answered otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DivergentQuestion {
    /// In which way.
    pub divergence: Divergence,
    /// The type of the object.
    pub type_name: String,
    /// The asked relation.
    pub relation: String,
    /// The asked user, as a type restriction spells it: `group#member` or `user:*`.
    pub user: String,
}

/// Whom a question is about, where it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskedShape {
    Userset(RelationId),
    Wildcard(TypeId),
}

impl Divergence {
    /// OpenFGA's name for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SelfReferentialUserset => "self_referential_userset",
            Self::AliasUserset => "alias_userset",
            Self::ComputedUsersetSelfObject => "computed_userset_self_object",
            Self::TtuUserset => "ttu_userset",
            Self::UsersetWithExclusion => "userset_with_exclusion",
            Self::WildcardWithExclusion => "wildcard_with_exclusion",
        }
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for DivergentQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { divergence, type_name, relation, user } = self;
        let refused = matches!(
            divergence,
            Divergence::UsersetWithExclusion | Divergence::WildcardWithExclusion
        );
        let does = if refused { "refuses" } else { "denies" };
        write!(
            f,
            "{divergence}: OpenFGA's coming v2 resolver {does} `{type_name}#{relation}` for `{user}`"
        )
    }
}

impl CheckedModel {
    /// The shapes of questions that OpenFGA's coming resolver answers otherwise, at most
    /// [`DIVERGENCES_MAX`]. Each relation has at least one, about itself.
    ///
    /// ```
    /// use counterfoil_permission::{compile::compile, language::parse};
    ///
    /// let text = "model
    ///   schema 1.1
    /// type user
    /// type document
    ///   relations
    ///     define banned: [user]
    ///     define viewer: [user:*] but not banned
    /// ";
    /// let model = compile(&parse(text)?).unwrap();
    /// let names: Vec<String> = model.divergences().iter().map(ToString::to_string).collect();
    /// let refused = "wildcard_with_exclusion: OpenFGA's coming v2 resolver refuses `document#viewer` for `user:*`";
    /// assert!(names.iter().any(|name| name == refused));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn divergences(&self) -> Vec<DivergentQuestion> {
        let mut found = Vec::new();
        for (id, _) in self.relations() {
            if found.len() >= DIVERGENCES_MAX {
                break;
            }
            let mut own = vec![(Divergence::SelfReferentialUserset, AskedShape::Userset(id))];
            own.extend(self.aliases(id));
            self.leaves(id, &mut own);
            self.exclusions(id, &mut own);
            own.sort_by_key(|(divergence, _)| *divergence);
            own.dedup();
            found.extend(own.into_iter().map(|(divergence, shape)| DivergentQuestion {
                divergence,
                type_name: self.type_name(self.type_of(id)).to_owned(),
                relation: self.relation_name(id).to_owned(),
                user: self.spell(shape),
            }));
        }
        found.truncate(DIVERGENCES_MAX);
        found
    }

    /// Whether the coming resolver refuses a question, and as what.
    pub(crate) fn refuses(&self, asked: RelationId, shape: AskedShape) -> Option<Divergence> {
        let mut refused = None;
        self.walk((asked, self.root(asked)), |of, op| {
            if let Op::Exclusion(base, subtract) = op
                && self.refuses_here(of, (*base, *subtract), shape)
            {
                refused = Some(match shape {
                    AskedShape::Userset(_) => Divergence::UsersetWithExclusion,
                    AskedShape::Wildcard(_) => Divergence::WildcardWithExclusion,
                });
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        refused
    }

    fn refuses_here(
        &self,
        of: RelationId,
        (base, subtract): (OpId, OpId),
        shape: AskedShape,
    ) -> bool {
        self.reaches((of, base), shape)
            && (matches!(shape, AskedShape::Wildcard(_)) || !self.reaches((of, subtract), shape))
    }

    /// Whether tuples below an operator may name such a user.
    fn reaches(&self, start: (RelationId, OpId), shape: AskedShape) -> bool {
        let mut reached = false;
        self.walk(start, |of, op| {
            let names = |subject: Subject, known: TypeId| match shape {
                AskedShape::Userset(id) => subject == Subject::Userset(id),
                AskedShape::Wildcard(id) => subject == Subject::Wildcard && known == id,
            };
            if matches!(op, Op::This)
                && self.restrictions(of).any(|(_, known)| names(known.subject, known.of))
            {
                reached = true;
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        reached
    }

    /// Visits every operator that an answer may need, each relation's once.
    fn walk(
        &self,
        start: (RelationId, OpId),
        mut visit: impl FnMut(RelationId, &Op) -> ControlFlow<()>,
    ) {
        let mut entered = vec![false; self.relations.len()];
        let mut waiting = vec![start];
        while let Some((of, id)) = waiting.pop() {
            let Some(op) = self.op(id) else { continue };
            if visit(of, op).is_break() {
                return;
            }
            let mut others = Vec::new();
            match op {
                Op::This => {
                    let subjects = self.restrictions(of).map(|(_, known)| known.subject);
                    others.extend(subjects.filter_map(|subject| match subject {
                        Subject::Userset(id) => Some(id),
                        Subject::Object | Subject::Wildcard => None,
                    }));
                }
                Op::Computed(id) => others.push(*id),
                Op::TupleToUserset(range) => {
                    others.extend(self.targets(range).iter().map(|target| target.computed));
                }
                Op::Union(range) | Op::Intersection(range) => {
                    waiting.extend(self.operands(range).iter().map(|operand| (of, *operand)));
                }
                Op::Exclusion(base, subtract) => waiting.extend([(of, *base), (of, *subtract)]),
            }
            for other in others {
                if let Some(entered) =
                    entered.get_mut(usize::from(other.0)).filter(|known| !**known)
                {
                    *entered = true;
                    waiting.push((other, self.root(other)));
                }
            }
        }
    }

    /// The operators of a relation itself.
    fn own_ops(&self, id: RelationId) -> Vec<&Op> {
        let (mut found, mut waiting) = (Vec::new(), vec![self.root(id)]);
        while let Some(op) = waiting.pop().and_then(|id| self.op(id)) {
            match op {
                Op::Union(range) | Op::Intersection(range) => {
                    waiting.extend(self.operands(range));
                }
                Op::Exclusion(base, subtract) => waiting.extend([*base, *subtract]),
                Op::This | Op::Computed(_) | Op::TupleToUserset(_) => {}
            }
            found.push(op);
        }
        found
    }

    /// Usersets that a tuple's userset is merely another name of.
    fn aliases(&self, id: RelationId) -> Vec<(Divergence, AskedShape)> {
        let named = |wanted| {
            self.restrictions(id).any(|(_, known)| known.subject == Subject::Userset(wanted))
        };
        let alias = |subject: Subject| {
            let Subject::Userset(start) = subject else { return None };
            let mut meant = start;
            // Computed relations form no cycle in a valid model.
            while let Some(Op::Computed(other)) = self.op(self.root(meant)) {
                meant = *other;
            }
            (meant != start && !named(meant))
                .then_some((Divergence::AliasUserset, AskedShape::Userset(meant)))
        };
        self.restrictions(id).filter_map(|(_, known)| alias(known.subject)).collect()
    }

    fn leaves(&self, id: RelationId, found: &mut Vec<(Divergence, AskedShape)>) {
        for op in self.own_ops(id) {
            match op {
                Op::Computed(other) => {
                    let shape = AskedShape::Userset(*other);
                    found.push((Divergence::ComputedUsersetSelfObject, shape));
                }
                Op::TupleToUserset(range) => {
                    let targets = self.targets(range).iter();
                    found.extend(targets.map(|target| {
                        (Divergence::TtuUserset, AskedShape::Userset(target.computed))
                    }));
                }
                Op::This | Op::Union(_) | Op::Intersection(_) | Op::Exclusion(..) => {}
            }
        }
    }

    /// Users that an exclusion of the relation itself refuses.
    fn exclusions(&self, id: RelationId, found: &mut Vec<(Divergence, AskedShape)>) {
        for op in self.own_ops(id) {
            let Op::Exclusion(base, subtract) = op else { continue };
            let mut shapes = Vec::new();
            self.walk((id, *base), |of, op| {
                if matches!(op, Op::This) {
                    shapes.extend(self.restrictions(of).filter_map(
                        |(_, known)| match known.subject {
                            Subject::Userset(id) => Some(AskedShape::Userset(id)),
                            Subject::Wildcard => Some(AskedShape::Wildcard(known.of)),
                            Subject::Object => None,
                        },
                    ));
                }
                ControlFlow::Continue(())
            });
            for shape in shapes.into_iter().take(DIVERGENCES_MAX) {
                let divergence = match shape {
                    AskedShape::Wildcard(_) => Divergence::WildcardWithExclusion,
                    AskedShape::Userset(_) if self.reaches((id, *subtract), shape) => continue,
                    AskedShape::Userset(_) => Divergence::UsersetWithExclusion,
                };
                if !found.contains(&(divergence, shape)) {
                    found.push((divergence, shape));
                }
            }
        }
    }

    fn spell(&self, shape: AskedShape) -> String {
        match shape {
            AskedShape::Userset(id) => {
                format!("{}#{}", self.type_name(self.type_of(id)), self.relation_name(id))
            }
            AskedShape::Wildcard(of) => format!("{}:*", self.type_name(of)),
        }
    }
}
