/// How a relation follows from tuples and from other relations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rewrite {
    /// The relation's own tuples: `[user, group#member]`.
    This,
    /// Another relation of the same object: `owner`.
    Computed {
        /// The other relation.
        relation: String,
    },
    /// A relation of the objects that a relation names: `viewer from parent`.
    TupleToUserset {
        /// The relation whose tuples name the objects: `parent`.
        tupleset: String,
        /// The relation of those: `viewer`.
        computed: String,
    },
    /// Any of them: `a or b`.
    Union(Vec<Rewrite>),
    /// All of them: `a and b`.
    Intersection(Vec<Rewrite>),
    /// The first without the second: `a but not b`.
    Exclusion {
        /// Who is in.
        base: Box<Rewrite>,
        /// Who is out again.
        subtract: Box<Rewrite>,
    },
}

/// Whom a tuple of the relation may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeRestriction {
    /// The type.
    pub type_name: String,
    /// What of the type.
    pub what: Restricted,
    /// The condition that the tuple must name, if any.
    pub condition: Option<String>,
}

/// What of a type a tuple may name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Restricted {
    /// An object: `user`.
    Object,
    /// Everybody who has a relation to an object: `group#member`.
    Userset(String),
    /// All objects of the type: `user:*`.
    Wildcard,
}

impl Rewrite {
    /// Whether the relation's own tuples take part.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        match self {
            Self::This => true,
            Self::Computed { .. } | Self::TupleToUserset { .. } => false,
            Self::Union(children) | Self::Intersection(children) => {
                children.iter().any(Self::is_direct)
            }
            Self::Exclusion { base, subtract } => base.is_direct() || subtract.is_direct(),
        }
    }
}
