//! An expression as it was written, macros recognised and nothing looked up.

/// A part of an expression.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    /// Where its sign, name or first letter stands: a byte of the text.
    pub(super) at: usize,
    /// How many levels of parts it has, itself included.
    pub(super) height: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Literal(Literal),
    /// `x`, or `.x` that no variable of a macro hides
    Name(String),
    Select {
        operand: Box<Expr>,
        field: String,
    },
    /// `has(operand.field)`
    Has {
        operand: Box<Expr>,
        field: String,
    },
    Call(Call),
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Choose(Box<[Expr; 3]>),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    Fold(Box<Fold>),
}

/// A function or an operator: `size(x)`, `x.size()`, `x + y`.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) function: String,
    /// Whether the first argument stands before a dot.
    pub(super) member: bool,
    pub(super) arguments: Vec<Expr>,
}

/// A macro over the items of a list or the keys of a map.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    pub(super) kind: FoldKind,
    pub(super) range: Expr,
    pub(super) variable: String,
    /// The first of two arguments of `map`: which items take part.
    pub(super) filter: Option<Expr>,
    pub(super) body: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoldKind {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(String),
    Bytes(Vec<u8>),
}

impl Expr {
    pub(super) fn leaf(at: usize, kind: Kind) -> Self {
        Self { at, height: 1, kind }
    }

    pub(super) fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            Kind::Literal(_) | Kind::Name(_) => vec![],
            Kind::Select { operand, .. } | Kind::Has { operand, .. } => vec![operand.as_ref()],
            Kind::Call(call) => call.arguments.iter().collect(),
            Kind::All(items) | Kind::Any(items) | Kind::List(items) => items.iter().collect(),
            Kind::Choose(parts) => parts.iter().collect(),
            Kind::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
            Kind::Fold(fold) => [&fold.range, &fold.body].into_iter().chain(&fold.filter).collect(),
        }
    }
}

impl FoldKind {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "all" => Self::All,
            "exists" => Self::Exists,
            "exists_one" => Self::ExistsOne,
            "map" => Self::Map,
            "filter" => Self::Filter,
            _ => return None,
        })
    }
}
