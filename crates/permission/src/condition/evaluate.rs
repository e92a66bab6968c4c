//! Evaluates a program: strict operators, and the few that can do without some of their operands.

use std::sync::Arc;

use super::budget::{self, Budget};
use super::error::{ConditionFailure, quote};
use super::functions::Function;
use super::program::Node;
use super::value::{List, Map, Value};

/// Why there is no value.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// It depends on these parameters, a bit for each.
    Unknown(u64),
    Failed(ConditionFailure),
    /// The budget is spent, which nothing makes up for.
    Exceeded,
}

pub(super) type Evaluated<'a> = Result<Value<'a>, Stop>;

/// One evaluation.
pub(super) struct Evaluation<'a, 'b> {
    parameters: &'b [Option<Value<'a>>],
    pub(super) variables: Vec<Value<'a>>,
    pub(super) budget: Budget,
}

impl Evaluation<'_, '_> {
    /// For what depends on nothing.
    pub(super) fn constants() -> Self {
        Self { parameters: &[], variables: Vec::new(), budget: Budget::default() }
    }
}

impl<'a, 'b> Evaluation<'a, 'b> {
    pub(super) fn new(parameters: &'b [Option<Value<'a>>]) -> Self {
        Self { parameters, variables: Vec::new(), budget: Budget::default() }
    }

    /// Depth is bounded by the parser.
    pub(super) fn node(&mut self, node: &'a Node) -> Evaluated<'a> {
        match node {
            Node::Constant(value) => Ok(value.borrowed()),
            Node::Parameter(place) => {
                self.budget.spend(budget::NAME)?;
                let bit = u32::try_from(*place).ok().and_then(|place| 1_u64.checked_shl(place));
                let value = self.parameters.get(*place).and_then(Option::as_ref).cloned();
                value.ok_or(Stop::Unknown(bit.unwrap_or(0)))
            }
            Node::Variable(place) => {
                self.budget.spend(budget::NAME)?;
                self.variables.get(*place).cloned().ok_or_else(no_overload)
            }
            Node::Select(operand, field) => {
                let map = self.map(operand)?;
                map.field(field).ok_or_else(|| no_key(field))
            }
            Node::Has(operand, field) => {
                let map = self.map(operand)?;
                Ok(Value::Bool(map.field(field).is_some()))
            }
            Node::All(operands) => self.decided_by(operands, false),
            Node::Any(operands) => self.decided_by(operands, true),
            Node::Choose(parts) => {
                let [condition, yes, no] = parts.as_ref();
                let chosen = if self.truth(condition)? { yes } else { no };
                self.free_if_name(chosen)
            }
            Node::List(items) => {
                let items = self.nodes(items)?;
                self.budget.spend(budget::LIST)?;
                Ok(Value::List(List::Made(items.into())))
            }
            Node::Map(entries) => self.entries(entries),
            Node::Call(function, operands) => self.call(*function, operands),
            Node::InNames(operand, names) => match self.node(operand)? {
                Value::String(text) => Ok(Value::Bool(names.contains(text.as_str()))),
                _ => Ok(Value::Bool(false)),
            },
            Node::InNumbers(operand, numbers) => match self.node(operand)? {
                Value::Int(number) => Ok(Value::Bool(numbers.contains(&number))),
                _ => Ok(Value::Bool(false)),
            },
            Node::Matches(operand, regex, length) => match self.node(operand)? {
                Value::String(text) => {
                    let text = text.as_str();
                    let characters = text.chars().count() as u64;
                    self.budget.spend(budget::matching(characters, *length))?;
                    self.budget.read(text)?;
                    Ok(Value::Bool(regex.is_match(text)))
                }
                _ => Err(no_overload()),
            },
            Node::Fold(fold) => self.fold(fold),
        }
    }

    fn call(&mut self, function: Function, operands: &'a [Node]) -> Evaluated<'a> {
        match operands {
            [item, list @ Node::Constant(Value::List(_))] if function == Function::In => {
                let (item, list) = self.both(function, item, list)?;
                self.is_in(&item, &list)
            }
            [one, two] => {
                let (one, two) = self.both(function, one, two)?;
                self.apply_two(function, one, two)
            }
            operands => {
                let operands = self.nodes(operands)?;
                self.apply(function, operands)
            }
        }
    }

    /// A condition within the expression.
    pub(super) fn truth(&mut self, node: &'a Node) -> Result<bool, Stop> {
        match self.node(node)? {
            Value::Bool(truth) => Ok(truth),
            _ => Err(no_overload()),
        }
    }

    /// `&&` and `||`: one operand may decide, whatever is wrong with the others.
    fn decided_by(&mut self, operands: &'a [Node], deciding: bool) -> Evaluated<'a> {
        let mut stopped = None;
        for operand in operands {
            match self.truth(operand) {
                Ok(truth) if truth == deciding => return Ok(Value::Bool(deciding)),
                Ok(_) => {}
                Err(Stop::Exceeded) => return Err(Stop::Exceeded),
                Err(stop) => stopped = Some(Stop::both(stopped, stop)),
            }
        }
        stopped.map_or(Ok(Value::Bool(!deciding)), Err)
    }

    /// Both operands of what needs both: one that fails makes it fail, whatever is missing.
    fn both(
        &mut self,
        function: Function,
        one: &'a Node,
        two: &'a Node,
    ) -> Result<(Value<'a>, Value<'a>), Stop> {
        let one = self.node(one);
        let two = match one {
            Err(stop @ (Stop::Failed(_) | Stop::Exceeded)) => return Err(stop),
            _ if function == Function::Index => self.free_if_name(two),
            _ => self.node(two),
        };
        match one {
            Ok(one) => Ok((one, two?)),
            Err(Stop::Unknown(one)) => match two {
                Ok(_) => Err(Stop::Unknown(one)),
                Err(Stop::Unknown(two)) => Err(Stop::Unknown(one | two)),
                Err(stop) => Err(stop),
            },
            Err(stop) => Err(stop),
        }
    }

    /// As cel-go does, what an index or a choice names costs nothing beside them.
    fn free_if_name(&mut self, node: &'a Node) -> Evaluated<'a> {
        if !node.is_name() {
            return self.node(node);
        }
        let before = self.budget.cost();
        let value = self.node(node);
        self.budget.back_to(before);
        value
    }

    fn nodes(&mut self, nodes: &'a [Node]) -> Result<Vec<Value<'a>>, Stop> {
        let mut values = Vec::with_capacity(nodes.len());
        let mut unknown = 0;
        for node in nodes {
            match self.node(node) {
                Ok(value) => values.push(value),
                Err(Stop::Unknown(bits)) => unknown |= bits,
                Err(stop) => return Err(stop),
            }
        }
        if unknown == 0 { Ok(values) } else { Err(Stop::Unknown(unknown)) }
    }

    fn map(&mut self, node: &'a Node) -> Result<Map<'a>, Stop> {
        let value = self.node(node)?;
        self.budget.spend(budget::FIELD)?;
        match value {
            Value::Map(map) => {
                if let Map::Made(entries) = &map {
                    self.budget.work(entries.len())?;
                }
                Ok(map)
            }
            _ => Err(no_overload()),
        }
    }

    fn entries(&mut self, nodes: &'a [(Node, Node)]) -> Evaluated<'a> {
        let mut entries: Vec<(Value<'a>, Value<'a>)> = Vec::with_capacity(nodes.len());
        for (key, value) in nodes {
            let (key, value) = self.both(Function::Equal, key, value)?;
            for (known, _) in &entries {
                if self.equal(known, &key)? {
                    return Err(Stop::Failed(ConditionFailure::DuplicateKey));
                }
            }
            entries.push((key, value));
        }
        self.budget.spend(budget::MAP)?;
        Ok(Value::Map(Map::Made(Arc::from(entries))))
    }
}

impl Stop {
    /// Both at once: what is unknown counts more than what fails, for it may yet not.
    pub(super) fn both(one: Option<Self>, two: Self) -> Self {
        match (one, two) {
            (Some(Self::Exceeded), _) | (_, Self::Exceeded) => Self::Exceeded,
            (Some(Self::Unknown(one)), Self::Unknown(two)) => Self::Unknown(one | two),
            (Some(unknown @ Self::Unknown(_)), Self::Failed(_)) => unknown,
            (Some(Self::Failed(_)), unknown @ Self::Unknown(_)) => unknown,
            (Some(first @ Self::Failed(_)), Self::Failed(_)) => first,
            (None, only) => only,
        }
    }
}

pub(super) fn no_overload() -> Stop {
    Stop::Failed(ConditionFailure::NoOverload)
}

pub(super) fn no_key(key: &str) -> Stop {
    Stop::Failed(ConditionFailure::NoSuchKey(quote(key)))
}
