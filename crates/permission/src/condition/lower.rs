//! Checks the types of an expression, looks up its names, and works out what is constant.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::PARAMETERS_MAX;
use super::error::{ExpressionError, ExpressionErrorKind, quote};
use super::evaluate::{Evaluation, Stop};
use super::functions::{Function, NoFunction, resolve};
use super::parse::{error_at, parse};
use super::pattern;
use super::program::{Fold, Node, Program};
use super::syntax::{self, Call, Expr, FoldKind, Kind, Literal};
use super::types::{NAMED, Type};
use super::value::{List, Map, Value};
use crate::model::{Condition, ParameterType};

type Lowered = Result<(Node, Type), (usize, ExpressionErrorKind)>;

impl Program {
    /// Reads and checks the expression of a condition, which has this place in its model.
    ///
    /// # Errors
    /// [`ExpressionError`] for the first thing that is wrong with it.
    pub(crate) fn compile(condition: &Condition, place: usize) -> Result<Self, ExpressionError> {
        let text = condition.expression.as_str();
        if condition.parameters.len() > PARAMETERS_MAX {
            return Err(error_at(text, 0, ExpressionErrorKind::TooManyParameters));
        }
        let read = parse(text)?;
        let mut scope = Scope { parameters: &condition.parameters, variables: Vec::new() };
        let (root, found) = scope.node(&read).map_err(|(at, kind)| error_at(text, at, kind))?;
        if found != Type::Bool {
            let kind = ExpressionErrorKind::NotBoolean(found.to_string());
            return Err(error_at(text, read.at, kind));
        }
        Ok(Self { place, parameters: condition.parameters.clone(), root })
    }
}

/// What names mean at a place of the expression.
struct Scope<'a> {
    parameters: &'a [(String, ParameterType)],
    variables: Vec<(&'a str, Type)>,
}

impl<'a> Scope<'a> {
    /// Depth is bounded by the parser.
    fn node(&mut self, read: &'a Expr) -> Lowered {
        match &read.kind {
            Kind::Literal(literal) => Ok(constant(literal)),
            Kind::Name(name) => self
                .name(name)
                .ok_or_else(|| (read.at, ExpressionErrorKind::UnknownName(quote(name)))),
            Kind::Select { operand, field } => {
                let (node, value) = self.fields(operand, read.at)?;
                Ok((Node::Select(Box::new(node), field.as_str().into()), value))
            }
            Kind::Has { operand, field } => {
                let (node, _) = self.fields(operand, read.at)?;
                Ok((Node::Has(Box::new(node), field.as_str().into()), Type::Bool))
            }
            Kind::Call(call) => self.call(call, read.at),
            Kind::All(operands) => {
                Ok((Node::All(self.booleans(operands, read.at, "&&")?), Type::Bool))
            }
            Kind::Any(operands) => {
                Ok((Node::Any(self.booleans(operands, read.at, "||")?), Type::Bool))
            }
            Kind::Choose(parts) => self.choose(parts, read.at),
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::Fold(fold) => self.fold(fold, read.at),
        }
    }

    fn name(&self, name: &str) -> Option<(Node, Type)> {
        let (name, rooted) = match name.strip_prefix('.') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let variable = self.variables.iter().rposition(|(known, _)| *known == name && !rooted);
        if let Some(place) = variable {
            let (_, of) = self.variables.get(place)?;
            return Some((Node::Variable(place), of.clone()));
        }
        if let Some(place) = self.parameters.iter().position(|(known, _)| known == name) {
            let (_, of) = self.parameters.get(place)?;
            return Some((Node::Parameter(place), Type::of(of)));
        }
        let known = NAMED.iter().find(|known| **known == name)?;
        Some((Node::Constant(Value::Type(known)), Type::Kind))
    }

    /// Something with fields, and the type of those.
    fn fields(&mut self, operand: &'a Expr, at: usize) -> Lowered {
        let (node, of) = self.node(operand)?;
        match of {
            Type::Map(_, value) => Ok((node, value.as_ref().clone())),
            open if open.is_open() => Ok((node, Type::Dyn)),
            other => Err((at, ExpressionErrorKind::NoFields { found: other.to_string() })),
        }
    }

    fn booleans(
        &mut self,
        operands: &'a [Expr],
        at: usize,
        sign: &str,
    ) -> Result<Box<[Node]>, (usize, ExpressionErrorKind)> {
        let mut nodes = Vec::new();
        for operand in operands {
            let (node, of) = self.node(operand)?;
            if of.join(&Type::Bool).is_none() {
                return Err((at, no_overload(sign, &[of])));
            }
            nodes.push(node);
        }
        Ok(nodes.into())
    }

    fn choose(&mut self, parts: &'a [Expr; 3], at: usize) -> Lowered {
        let [condition, yes, no] = parts;
        let (condition, decides) = self.node(condition)?;
        let (yes, one) = self.node(yes)?;
        let (no, two) = self.node(no)?;
        match (decides.join(&Type::Bool), one.join(&two)) {
            (Some(_), Some(of)) => Ok((Node::Choose(Box::new([condition, yes, no])), of)),
            _ => Err((at, no_overload("? :", &[decides, one, two]))),
        }
    }

    fn list(&mut self, items: &'a [Expr]) -> Lowered {
        let mut nodes = Vec::new();
        let mut of = Type::Free;
        for item in items {
            let (node, found) = self.node(item)?;
            of = of.join(&found).unwrap_or(Type::Dyn);
            nodes.push(node);
        }
        let constants: Option<Vec<Value<'static>>> = nodes.iter().map(as_constant).collect();
        let node = match constants {
            Some(items) => Node::Constant(Value::List(List::Made(items.into()))),
            None => Node::List(nodes.into()),
        };
        Ok((node, Type::List(Arc::new(of))))
    }

    fn map(&mut self, entries: &'a [(Expr, Expr)]) -> Lowered {
        let mut nodes = Vec::new();
        let (mut keys, mut values) = (Type::Free, Type::Free);
        for (key, value) in entries {
            let at = key.at;
            let (key, key_type) = self.node(key)?;
            if !key_type.is_open()
                && !matches!(key_type, Type::Bool | Type::Int | Type::Uint | Type::String)
            {
                return Err((at, no_overload("{ : }", &[key_type])));
            }
            let (value, value_type) = self.node(value)?;
            keys = keys.join(&key_type).unwrap_or(Type::Dyn);
            values = values.join(&value_type).unwrap_or(Type::Dyn);
            nodes.push((key, value));
        }
        let node = if nodes.is_empty() {
            Node::Constant(Value::Map(Map::Made(Arc::new([]))))
        } else {
            Node::Map(nodes.into())
        };
        Ok((node, Type::Map(Arc::new(keys), Arc::new(values))))
    }

    fn fold(&mut self, fold: &'a syntax::Fold, at: usize) -> Lowered {
        let (range, of) = self.node(&fold.range)?;
        let item = match of {
            Type::List(item) => item.as_ref().clone(),
            Type::Map(key, _) => key.as_ref().clone(),
            open if open.is_open() => Type::Dyn,
            other => return Err((at, ExpressionErrorKind::NoItems(other.to_string()))),
        };
        self.variables.push((&fold.variable, item.clone()));
        let filter = fold.filter.as_ref().map(|filter| self.boolean(filter)).transpose()?;
        let (body, found) = match fold.kind {
            FoldKind::Map => self.node(&fold.body)?,
            _ => (self.boolean(&fold.body)?, Type::Bool),
        };
        self.variables.pop();
        let of = match fold.kind {
            FoldKind::Map => Type::List(Arc::new(found)),
            FoldKind::Filter => Type::List(Arc::new(item)),
            FoldKind::All | FoldKind::Exists | FoldKind::ExistsOne => Type::Bool,
        };
        Ok((Node::Fold(Box::new(Fold { kind: fold.kind, range, filter, body })), of))
    }

    fn boolean(&mut self, read: &'a Expr) -> Result<Node, (usize, ExpressionErrorKind)> {
        let (node, of) = self.node(read)?;
        match of.join(&Type::Bool) {
            Some(_) => Ok(node),
            None => Err((read.at, ExpressionErrorKind::NotBoolean(of.to_string()))),
        }
    }

    fn call(&mut self, call: &'a Call, at: usize) -> Lowered {
        let mut nodes = Vec::new();
        let mut types = Vec::new();
        for argument in &call.arguments {
            let (node, of) = self.node(argument)?;
            nodes.push(node);
            types.push(of);
        }
        let (function, of) = resolve(&call.function, call.member, &types).map_err(|why| {
            let name = quote(&call.function);
            (
                at,
                match why {
                    NoFunction::Unknown => ExpressionErrorKind::UnknownFunction(name),
                    NoFunction::NoOverload => no_overload(&name, &types),
                },
            )
        })?;
        if let Some(values) = nodes.iter().map(as_constant).collect::<Option<Vec<_>>>()
            && function != Function::Matches
        {
            match Evaluation::constants().apply(function, values) {
                Ok(value) => return Ok((Node::Constant(value), of)),
                Err(Stop::Failed(why)) if function.converts() && converts_literal(call) => {
                    return Err((at, ExpressionErrorKind::BadConstant(why)));
                }
                // What goes wrong otherwise does so only where it is reached.
                Err(_) => {}
            }
        }
        let node = simplified(function, nodes, &types).map_err(|kind| (at, kind))?;
        Ok((node, of))
    }
}

fn no_overload(function: &str, types: &[Type]) -> ExpressionErrorKind {
    let types: Vec<String> = types.iter().map(ToString::to_string).collect();
    ExpressionErrorKind::NoOverload { function: function.to_owned(), types: types.join(", ") }
}

fn constant(literal: &Literal) -> (Node, Type) {
    let (value, of) = match literal {
        Literal::Null => (Value::Null, Type::Null),
        Literal::Bool(value) => (Value::Bool(*value), Type::Bool),
        Literal::Int(value) => (Value::Int(*value), Type::Int),
        Literal::Uint(value) => (Value::Uint(*value), Type::Uint),
        Literal::Double(value) => (Value::Double(*value), Type::Double),
        Literal::String(value) => (Value::string(value.as_str()), Type::String),
        Literal::Bytes(value) => (Value::Bytes(value.as_slice().into()), Type::Bytes),
    };
    (Node::Constant(value), of)
}

fn as_constant(node: &Node) -> Option<Value<'static>> {
    match node {
        Node::Constant(value) => Some(value.clone()),
        _ => None,
    }
}

/// Whether a conversion is of a literal, perhaps converted before.
fn converts_literal(call: &Call) -> bool {
    call.arguments.iter().all(|argument| match &argument.kind {
        Kind::Literal(_) => true,
        Kind::Call(inner) if !inner.member && inner.arguments.len() == 1 => {
            inner.function != "-" && inner.function != "!" && converts_literal(inner)
        }
        _ => false,
    })
}

/// A call, with what its constants make simpler.
fn simplified(
    function: Function,
    nodes: Vec<Node>,
    types: &[Type],
) -> Result<Node, ExpressionErrorKind> {
    if let (Function::Matches, Some(Node::Constant(Value::String(text)))) = (function, nodes.get(1))
    {
        let regex = pattern::compile(text.as_str()).map_err(ExpressionErrorKind::BadRegex)?;
        let length = text.as_str().chars().count();
        let text = nodes.into_iter().next().unwrap_or(Node::Constant(Value::Null));
        return Ok(Node::Matches(Box::new(text), Arc::new(regex), length));
    }
    if let (Function::In, [_, Node::Constant(Value::List(list))]) = (function, nodes.as_slice()) {
        if list.len() == 0 {
            return Ok(Node::Constant(Value::Bool(false)));
        }
        let (names, numbers) = (names_of(list), numbers_of(list));
        let first = nodes.first().cloned().map(Box::new);
        match (types.first(), names, numbers, first) {
            (Some(Type::String), Some(names), _, Some(first)) => {
                return Ok(Node::InNames(first, Arc::new(names)));
            }
            (Some(Type::Int), _, Some(numbers), Some(first)) => {
                return Ok(Node::InNumbers(first, Arc::new(numbers)));
            }
            _ => {}
        }
    }
    Ok(Node::Call(function, nodes.into()))
}

fn names_of(list: &List<'static>) -> Option<BTreeSet<Box<str>>> {
    list.iter()
        .map(|item| match item {
            Value::String(text) => Some(text.as_str().into()),
            _ => None,
        })
        .collect()
}

fn numbers_of(list: &List<'static>) -> Option<BTreeSet<i64>> {
    list.iter()
        .map(|item| match item {
            Value::Int(number) => Some(number),
            _ => None,
        })
        .collect()
}
