//! Every operator and function, and what each takes and gives.

use std::sync::Arc;

use super::types::Type;

/// What can be done to values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Not,
    Negate,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    In,
    Index,
    Size,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    ToBool,
    ToBytes,
    ToDouble,
    ToDuration,
    ToDyn,
    ToInt,
    ToString,
    ToTimestamp,
    ToType,
    ToUint,
    ToIp,
    InCidr,
    Date(DatePart),
}

/// What a timestamp or a duration consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DatePart {
    FullYear,
    Month,
    Date,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

/// What one operand may be: a type, or one that others of the same overload share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Dyn,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Duration,
    Timestamp,
    Ip,
    Type,
    /// Any type, but the same throughout.
    A,
    B,
    ListOfA,
    MapFromAToB,
}

/// How a function is written, where it is no operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// `f(x)`, or an operator
    Plain,
    /// `x.f()`
    Member,
}

type Overload = (&'static str, Style, Function, &'static [Shape], Shape);

use Shape as S;
use Style::{Member, Plain};

const OVERLOADS: &[Overload] = &[
    ("!", Plain, Function::Not, &[S::Bool], S::Bool),
    ("-", Plain, Function::Negate, &[S::Int], S::Int),
    ("-", Plain, Function::Negate, &[S::Double], S::Double),
    ("==", Plain, Function::Equal, &[S::A, S::A], S::Bool),
    ("!=", Plain, Function::NotEqual, &[S::A, S::A], S::Bool),
    ("+", Plain, Function::Add, &[S::Int, S::Int], S::Int),
    ("+", Plain, Function::Add, &[S::Uint, S::Uint], S::Uint),
    ("+", Plain, Function::Add, &[S::Double, S::Double], S::Double),
    ("+", Plain, Function::Add, &[S::String, S::String], S::String),
    ("+", Plain, Function::Add, &[S::Bytes, S::Bytes], S::Bytes),
    ("+", Plain, Function::Add, &[S::ListOfA, S::ListOfA], S::ListOfA),
    ("+", Plain, Function::Add, &[S::Duration, S::Duration], S::Duration),
    ("+", Plain, Function::Add, &[S::Timestamp, S::Duration], S::Timestamp),
    ("+", Plain, Function::Add, &[S::Duration, S::Timestamp], S::Timestamp),
    ("-", Plain, Function::Subtract, &[S::Int, S::Int], S::Int),
    ("-", Plain, Function::Subtract, &[S::Uint, S::Uint], S::Uint),
    ("-", Plain, Function::Subtract, &[S::Double, S::Double], S::Double),
    ("-", Plain, Function::Subtract, &[S::Duration, S::Duration], S::Duration),
    ("-", Plain, Function::Subtract, &[S::Timestamp, S::Duration], S::Timestamp),
    ("-", Plain, Function::Subtract, &[S::Timestamp, S::Timestamp], S::Duration),
    ("*", Plain, Function::Multiply, &[S::Int, S::Int], S::Int),
    ("*", Plain, Function::Multiply, &[S::Uint, S::Uint], S::Uint),
    ("*", Plain, Function::Multiply, &[S::Double, S::Double], S::Double),
    ("/", Plain, Function::Divide, &[S::Int, S::Int], S::Int),
    ("/", Plain, Function::Divide, &[S::Uint, S::Uint], S::Uint),
    ("/", Plain, Function::Divide, &[S::Double, S::Double], S::Double),
    ("%", Plain, Function::Remainder, &[S::Int, S::Int], S::Int),
    ("%", Plain, Function::Remainder, &[S::Uint, S::Uint], S::Uint),
    ("in", Plain, Function::In, &[S::A, S::ListOfA], S::Bool),
    ("in", Plain, Function::In, &[S::A, S::MapFromAToB], S::Bool),
    ("[]", Plain, Function::Index, &[S::ListOfA, S::Int], S::A),
    ("[]", Plain, Function::Index, &[S::MapFromAToB, S::A], S::B),
    ("contains", Member, Function::Contains, &[S::String, S::String], S::Bool),
    ("startsWith", Member, Function::StartsWith, &[S::String, S::String], S::Bool),
    ("endsWith", Member, Function::EndsWith, &[S::String, S::String], S::Bool),
    ("matches", Plain, Function::Matches, &[S::String, S::String], S::Bool),
    ("matches", Member, Function::Matches, &[S::String, S::String], S::Bool),
    ("in_cidr", Member, Function::InCidr, &[S::Ip, S::String], S::Bool),
    ("ipaddress", Plain, Function::ToIp, &[S::String], S::Ip),
    ("dyn", Plain, Function::ToDyn, &[S::A], S::Dyn),
    ("type", Plain, Function::ToType, &[S::A], S::Type),
];

/// Ordered types: the four comparisons take two of the same.
const ORDERED: &[Shape] =
    &[S::Bool, S::Int, S::Uint, S::Double, S::String, S::Bytes, S::Timestamp, S::Duration];

const COMPARISONS: [(&str, Function); 4] = [
    ("<", Function::Less),
    ("<=", Function::LessOrEqual),
    (">", Function::Greater),
    (">=", Function::GreaterOrEqual),
];

/// Conversions, and what each takes.
const CONVERSIONS: [(&str, Function, Shape, &[Shape]); 8] = [
    ("bool", Function::ToBool, S::Bool, &[S::Bool, S::String]),
    ("bytes", Function::ToBytes, S::Bytes, &[S::Bytes, S::String]),
    ("double", Function::ToDouble, S::Double, &[S::Double, S::Int, S::String, S::Uint]),
    ("duration", Function::ToDuration, S::Duration, &[S::Duration, S::String]),
    (
        "int",
        Function::ToInt,
        S::Int,
        &[S::Int, S::Double, S::Duration, S::String, S::Timestamp, S::Uint],
    ),
    (
        "string",
        Function::ToString,
        S::String,
        &[S::String, S::Bool, S::Bytes, S::Double, S::Duration, S::Int, S::Timestamp, S::Uint],
    ),
    ("timestamp", Function::ToTimestamp, S::Timestamp, &[S::Timestamp, S::Int, S::String]),
    ("uint", Function::ToUint, S::Uint, &[S::Uint, S::Double, S::Int, S::String]),
];

/// The parts of timestamps, and whether durations have them too.
const PARTS: [(&str, DatePart, bool); 10] = [
    ("getFullYear", DatePart::FullYear, false),
    ("getMonth", DatePart::Month, false),
    ("getDate", DatePart::Date, false),
    ("getDayOfMonth", DatePart::DayOfMonth, false),
    ("getDayOfWeek", DatePart::DayOfWeek, false),
    ("getDayOfYear", DatePart::DayOfYear, false),
    ("getHours", DatePart::Hours, true),
    ("getMinutes", DatePart::Minutes, true),
    ("getSeconds", DatePart::Seconds, true),
    ("getMilliseconds", DatePart::Milliseconds, true),
];

/// What has a size.
const SIZED: [Shape; 4] = [S::String, S::Bytes, S::ListOfA, S::MapFromAToB];

/// Why a call means nothing.
pub(super) enum NoFunction {
    Unknown,
    NoOverload,
}

/// The function that a name and operands of these types mean, and the type of what it gives.
pub(super) fn resolve(
    name: &str,
    member: bool,
    operands: &[Type],
) -> Result<(Function, Type), NoFunction> {
    let style = if member { Member } else { Plain };
    let mut known = false;
    let mut found: Option<(Function, Type)> = None;
    let mut consider = |function: Function, shapes: &[Shape], result: Shape| {
        known = true;
        let Some(given) = applied(shapes, result, operands) else { return };
        found = Some(match found.take() {
            // Operands that may be anything leave open which overload it will be.
            Some((function, earlier)) if earlier != given => (function, Type::Dyn),
            _ => (function, given),
        });
    };
    for (_, _, function, shapes, result) in
        OVERLOADS.iter().filter(|(word, how, ..)| *word == name && *how == style)
    {
        consider(*function, shapes, *result);
    }
    if style == Plain {
        for (_, function) in COMPARISONS.iter().filter(|(word, _)| *word == name) {
            ORDERED.iter().for_each(|shape| consider(*function, &[*shape, *shape], S::Bool));
        }
        for (_, function, result, taken) in CONVERSIONS.iter().filter(|(word, ..)| *word == name) {
            taken.iter().for_each(|shape| consider(*function, &[*shape], *result));
        }
    } else {
        for (_, part, duration) in PARTS.iter().filter(|(word, ..)| *word == name) {
            consider(Function::Date(*part), &[S::Timestamp], S::Int);
            consider(Function::Date(*part), &[S::Timestamp, S::String], S::Int);
            if *duration {
                consider(Function::Date(*part), &[S::Duration], S::Int);
            }
        }
    }
    if name == "size" {
        SIZED.iter().for_each(|shape| consider(Function::Size, &[*shape], S::Int));
    }
    match found {
        Some(found) => Ok(found),
        None if known => Err(NoFunction::NoOverload),
        None => Err(NoFunction::Unknown),
    }
}

/// The type of the result, if the operands fit.
fn applied(shapes: &[Shape], result: Shape, operands: &[Type]) -> Option<Type> {
    if shapes.len() != operands.len() {
        return None;
    }
    let mut shared = Shared { a: Type::Free, b: Type::Free };
    shapes.iter().zip(operands).all(|(shape, operand)| shared.fits(*shape, operand)).then(|| {
        match result {
            S::A => shared.a.clone(),
            S::B => shared.b.clone(),
            S::ListOfA => Type::List(Arc::new(shared.a.clone())),
            S::MapFromAToB => Type::Map(Arc::new(shared.a.clone()), Arc::new(shared.b.clone())),
            plain => plain.plain(),
        }
    })
}

/// What the shared types of an overload have turned out to be.
struct Shared {
    a: Type,
    b: Type,
}

impl Shared {
    fn fits(&mut self, shape: Shape, operand: &Type) -> bool {
        let join = |into: &mut Type, other: &Type| {
            let joined = into.join(other);
            joined.map(|joined| *into = joined).is_some()
        };
        match (shape, operand) {
            (S::A, _) => join(&mut self.a, operand),
            (S::B, _) => join(&mut self.b, operand),
            (S::ListOfA, Type::List(item)) => join(&mut self.a, item),
            (S::MapFromAToB, Type::Map(key, value)) => {
                join(&mut self.a, key) && join(&mut self.b, value)
            }
            (S::ListOfA | S::MapFromAToB, open) if open.is_open() => {
                self.a = Type::Dyn;
                self.b = Type::Dyn;
                true
            }
            (S::ListOfA | S::MapFromAToB, _) => false,
            (plain, _) => plain.plain().join(operand).is_some(),
        }
    }
}

impl Shape {
    fn plain(self) -> Type {
        match self {
            S::Bool => Type::Bool,
            S::Int => Type::Int,
            S::Uint => Type::Uint,
            S::Double => Type::Double,
            S::String => Type::String,
            S::Bytes => Type::Bytes,
            S::Duration => Type::Duration,
            S::Timestamp => Type::Timestamp,
            S::Ip => Type::Ip,
            S::Type => Type::Kind,
            S::Dyn | S::A | S::B | S::ListOfA | S::MapFromAToB => Type::Dyn,
        }
    }
}

impl Function {
    /// Whether a constant that cannot be converted is refused when the model is written.
    pub(super) fn converts(self) -> bool {
        CONVERSIONS.iter().any(|(_, function, ..)| *function == self)
    }
}
