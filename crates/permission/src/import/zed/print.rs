//! From a model to a schema.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write as _};

use super::{lexer, names};
use crate::import::moment;
use crate::language::NESTING_LIMIT;
use crate::model::{
    Condition, Model, ParameterType, Relation, Restricted, Rewrite, TypeDefinition,
};
use crate::tuple::{Tuple, UserName};

/// What a relation's own tuples are called where the relation is more than those.
const DIRECT: &str = "_direct";

/// A schema that says the same as a model.
#[derive(Clone, Debug)]
pub struct Schema {
    text: String,
    /// Relations whose tuples stand in another relation.
    split: HashSet<(String, String)>,
}

/// Why a schema can't say something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsayable {
    /// A name that SpiceDB refuses.
    Name(String),
    /// An id that SpiceDB refuses.
    Id(String),
    /// Operators nested too deeply, or without operands.
    Rewrite(String),
    /// The name that a relation's own tuples would get is taken.
    Taken(String),
    /// A userset whose relation may name everybody: SpiceDB refuses it.
    WildcardInUserset(String),
    /// A parameter that the expression does not use: SpiceDB refuses it.
    UnusedParameter(String),
    /// An expression with other braces or quotes than it should have.
    Expression(String),
    /// A moment past the year 9999.
    Expiry(u64),
}

impl fmt::Display for Unsayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpiceDB's schema language can't say ")?;
        match self {
            Self::Name(name) => write!(
                f,
                "the name `{name}`: expected 3 to 64 of `a-z`, `0-9` and `_`, a letter first, \
                 and no word of the language"
            ),
            Self::Id(id) => write!(f, "the id `{id}`: expected letters, digits and `/_|-=+`"),
            Self::Rewrite(name) => {
                write!(f, "`{name}`: its operators nest too deeply or are empty")
            }
            Self::Taken(name) => write!(f, "both `{name}` and the own tuples of another relation"),
            Self::WildcardInUserset(userset) => {
                write!(f, "`{userset}` as a type, since it may name everybody")
            }
            Self::UnusedParameter(name) => {
                write!(f, "the parameter `{name}`, which its expression does not use")
            }
            Self::Expression(name) => write!(f, "the expression of condition `{name}`"),
            Self::Expiry(moment) => write!(f, "the expiry {moment}, past the year 9999"),
        }
    }
}

impl std::error::Error for Unsayable {}

impl Schema {
    /// The text of the schema.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A tuple of the model as a relationship of this schema.
    ///
    /// # Errors
    /// [`Unsayable`] if SpiceDB refuses one of its ids.
    pub fn relationship(&self, tuple: &Tuple) -> Result<String, Unsayable> {
        let id = |id: &str| match names::is_id(id) {
            true => Ok(()),
            false => Err(Unsayable::Id(id.to_owned())),
        };
        id(tuple.object().id())?;
        if let UserName::Object(user) | UserName::Userset(user, _) = tuple.user() {
            id(user.id())?;
        }
        let (object, relation) = (tuple.object(), tuple.relation().as_str());
        let key = (object.type_name().to_owned(), relation.to_owned());
        let direct = if self.split.contains(&key) { DIRECT } else { "" };
        let mut text = format!("{object}#{relation}{direct}@{}", tuple.user());
        if let Some(condition) = tuple.condition() {
            text = match condition.context().is_empty() {
                true => format!("{text}[{}]", condition.name()),
                false => {
                    let context = serde_json::Value::from(condition.context().clone());
                    format!("{text}[{}:{context}]", condition.name())
                }
            };
        }
        if let Some(at) = tuple.expires_at() {
            let moment = moment::print(at).ok_or(Unsayable::Expiry(at))?;
            text = format!("{text}[expiration:{moment}]");
        }
        Ok(text)
    }
}

/// Writes a model as a schema.
///
/// A relation with own tuples and more, `[user] or owner`, becomes a permission of its name and a
/// relation for the tuples, named with `_direct` behind: [`Schema::relationship`] knows.
///
/// ```
/// use counterfoil_permission::{import::zed, language::parse};
///
/// let model = parse(
///     "model\n  schema 1.1\ntype user\ntype document\n  relations\n    \
///      define owner: [user]\n    define viewer: [user:*] or owner\n",
/// )?;
/// let schema = zed::print(&model).unwrap();
/// assert!(schema.text().contains("permission viewer = viewer_direct + owner"));
/// # Ok::<(), counterfoil_permission::language::SyntaxErrors>(())
/// ```
///
/// # Errors
/// Everything that SpiceDB can't say, or refuses. The model should be valid: what is said of an
/// invalid one may not be a valid schema.
pub fn print(model: &Model) -> Result<Schema, Vec<Unsayable>> {
    let mut printer =
        Printer { model, text: String::new(), split: HashSet::new(), unsayable: Vec::new() };
    for condition in &model.conditions {
        printer.caveat(condition);
    }
    for definition in &model.types {
        printer.definition(definition);
    }
    match printer.unsayable.is_empty() {
        true => Ok(Schema { text: printer.text, split: printer.split }),
        false => Err(printer.unsayable),
    }
}

struct Printer<'a> {
    model: &'a Model,
    text: String,
    split: HashSet<(String, String)>,
    unsayable: Vec<Unsayable>,
}

impl Printer<'_> {
    fn caveat(&mut self, condition: &Condition) {
        self.path(&condition.name);
        let mut parameters = Vec::with_capacity(condition.parameters.len());
        for (name, of) in &condition.parameters {
            if !names::is_parameter(name) {
                self.unsayable.push(Unsayable::Name(name.clone()));
            } else if !words(&condition.expression).any(|word| word == name) {
                self.unsayable.push(Unsayable::UnusedParameter(name.clone()));
            }
            parameters.push(format!("{name} {}", parameter_type(of)));
        }
        if !lexer::is_expression(&condition.expression) {
            self.unsayable.push(Unsayable::Expression(condition.name.clone()));
        }
        let (name, parameters) = (&condition.name, parameters.join(", "));
        let expression = &condition.expression;
        self.line(&format!("caveat {name}({parameters}) {{\n  {expression}\n}}\n"));
    }

    fn definition(&mut self, definition: &TypeDefinition) {
        self.path(&definition.name);
        if definition.relations.is_empty() {
            self.line(&format!("definition {} {{}}\n", definition.name));
            return;
        }
        self.line(&format!("definition {} {{", definition.name));
        for relation in &definition.relations {
            self.relation(definition, relation);
        }
        self.line("}\n");
    }

    fn relation(&mut self, definition: &TypeDefinition, relation: &Relation) {
        let name = &relation.name;
        self.name(name);
        let types: Vec<String> = relation
            .restrictions
            .iter()
            .map(|restriction| {
                if let Restricted::Userset(of) = &restriction.what
                    && self.reaches_wildcard(&restriction.type_name, of)
                {
                    let userset = format!("{}#{of}", restriction.type_name);
                    self.unsayable.push(Unsayable::WildcardInUserset(userset));
                }
                spelled(restriction)
            })
            .collect();
        let types = types.join(" | ");
        if relation.rewrite == Rewrite::This {
            self.line(&format!("  relation {name}: {types}"));
            return;
        }
        if relation.rewrite.is_direct() {
            let direct = format!("{name}{DIRECT}");
            self.name(&direct);
            if definition.relation(&direct).is_some() {
                self.unsayable.push(Unsayable::Taken(direct.clone()));
            }
            self.line(&format!("  relation {direct}: {types}"));
            self.split.insert((definition.name.clone(), name.clone()));
        }
        match expression(&relation.rewrite, name, 0) {
            Some((text, _)) => self.line(&format!("  permission {name} = {text}")),
            None => {
                let name = format!("{}#{name}", definition.name);
                self.unsayable.push(Unsayable::Rewrite(name));
            }
        }
    }

    /// Whether a relation may name everybody, itself or by the usersets it may name. SpiceDB looks
    /// no further than relations.
    fn reaches_wildcard(&self, type_name: &str, relation: &str) -> bool {
        let types: HashMap<&str, &TypeDefinition> =
            self.model.types.iter().map(|found| (found.name.as_str(), found)).collect();
        let mut seen = HashSet::new();
        let mut open = vec![(type_name, relation)];
        while let Some(next) = open.pop() {
            if !seen.insert(next) {
                continue;
            }
            let found = types.get(next.0).and_then(|found| found.relation(next.1));
            let Some(found) = found.filter(|found| found.rewrite == Rewrite::This) else {
                continue;
            };
            for restriction in &found.restrictions {
                match &restriction.what {
                    Restricted::Wildcard => return true,
                    Restricted::Userset(of) => open.push((&restriction.type_name, of)),
                    Restricted::Object => {}
                }
            }
        }
        false
    }

    fn name(&mut self, name: &str) {
        if !names::is_name(name) {
            self.unsayable.push(Unsayable::Name(name.to_owned()));
        }
    }

    fn path(&mut self, path: &str) {
        if !names::is_path(path) {
            self.unsayable.push(Unsayable::Name(path.to_owned()));
        }
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }
}

/// A type restriction: `group#member with weekday`.
fn spelled(restriction: &crate::model::TypeRestriction) -> String {
    let mut text = restriction.type_name.clone();
    match &restriction.what {
        Restricted::Object => {}
        Restricted::Userset(relation) => text = format!("{text}#{relation}"),
        Restricted::Wildcard => text.push_str(":*"),
    }
    if let Some(condition) = &restriction.condition {
        let _written = write!(text, " with {condition}");
    }
    text
}

/// What a permission follows from, and whether it needs parentheses beside an operator.
fn expression(rewrite: &Rewrite, name: &str, depth: usize) -> Option<(String, bool)> {
    if depth > NESTING_LIMIT {
        return None;
    }
    let operand = |rewrite: &Rewrite| {
        let (text, compound) = expression(rewrite, name, depth.saturating_add(1))?;
        Some(if compound { format!("({text})") } else { text })
    };
    let joined = |operands: &[Rewrite], sign: &str| {
        let texts = operands.iter().map(operand).collect::<Option<Vec<_>>>()?;
        (!texts.is_empty()).then(|| (texts.join(sign), texts.len() > 1))
    };
    match rewrite {
        Rewrite::This => Some((format!("{name}{DIRECT}"), false)),
        Rewrite::Computed { relation } => Some((relation.clone(), false)),
        Rewrite::TupleToUserset { tupleset, computed } => {
            Some((format!("{tupleset}->{computed}"), false))
        }
        Rewrite::Union(operands) => joined(operands, " + "),
        Rewrite::Intersection(operands) => joined(operands, " & "),
        Rewrite::Exclusion { base, subtract } => {
            Some((format!("{} - {}", operand(base)?, operand(subtract)?), true))
        }
    }
}

fn parameter_type(of: &ParameterType) -> String {
    match of {
        ParameterType::Any => "any".to_owned(),
        ParameterType::Bool => "bool".to_owned(),
        ParameterType::String => "string".to_owned(),
        ParameterType::Int => "int".to_owned(),
        ParameterType::Uint => "uint".to_owned(),
        ParameterType::Double => "double".to_owned(),
        ParameterType::Duration => "duration".to_owned(),
        ParameterType::Timestamp => "timestamp".to_owned(),
        ParameterType::IpAddress => "ipaddress".to_owned(),
        ParameterType::List(of) => format!("list<{}>", parameter_type(of)),
        ParameterType::Map(of) => format!("map<{}>", parameter_type(of)),
    }
}

/// The words of an expression. Those of its strings are among them: better one finding too few than
/// a model refused for nothing.
fn words(expression: &str) -> impl Iterator<Item = &str> {
    expression.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}
