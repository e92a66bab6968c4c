//! Where a text says what: for findings about what was read from it.

use std::collections::HashMap;
use std::fmt;

use super::error::Position;

/// A place in a file of a model, or in the model's only text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path of the file, for models of modules.
    pub file: Option<String>,
    /// The place within it.
    pub position: Position,
}

/// Where the names of a model are defined, and where expressions begin.
#[derive(Clone, Debug, Default)]
pub struct Positions {
    file: Option<String>,
    types: HashMap<String, Place>,
    relations: HashMap<(String, String), Place>,
    conditions: HashMap<String, Place>,
    expressions: HashMap<String, Place>,
}

impl Positions {
    pub(super) fn of(file: Option<&str>) -> Self {
        Self { file: file.map(str::to_owned), ..Self::default() }
    }

    /// Adds those of another file; of a name defined twice the first stays.
    pub fn add(&mut self, other: Self) {
        fn keep<K: Eq + std::hash::Hash>(into: &mut HashMap<K, Place>, from: HashMap<K, Place>) {
            for (key, place) in from {
                into.entry(key).or_insert(place);
            }
        }
        keep(&mut self.types, other.types);
        keep(&mut self.relations, other.relations);
        keep(&mut self.conditions, other.conditions);
        keep(&mut self.expressions, other.expressions);
    }

    /// Where a type is defined.
    #[must_use]
    pub fn type_name(&self, name: &str) -> Option<&Place> {
        self.types.get(name)
    }

    /// Where a relation of a type is defined.
    #[must_use]
    pub fn relation(&self, type_name: &str, relation: &str) -> Option<&Place> {
        self.relations.get(&(type_name.to_owned(), relation.to_owned()))
    }

    /// Where a condition is defined.
    #[must_use]
    pub fn condition(&self, name: &str) -> Option<&Place> {
        self.conditions.get(name)
    }

    /// A place in the expression of a condition, by its position there.
    #[must_use]
    pub fn expression(&self, condition: &str, within: Position) -> Option<Place> {
        let Place { file, position: begin } = self.expressions.get(condition)?.clone();
        let position = if within.line > 1 {
            Position { line: begin.line + within.line - 1, column: within.column }
        } else {
            Position { line: begin.line, column: begin.column + within.column - 1 }
        };
        Some(Place { file, position })
    }

    pub(super) fn keep_type(&mut self, name: &str, position: Position) {
        let place = self.place(position);
        self.types.entry(name.to_owned()).or_insert(place);
    }

    pub(super) fn keep_relation(&mut self, type_name: &str, name: &str, position: Position) {
        let place = self.place(position);
        self.relations.entry((type_name.to_owned(), name.to_owned())).or_insert(place);
    }

    pub(super) fn keep_condition(&mut self, name: &str, position: Position, expression: Position) {
        let (place, begin) = (self.place(position), self.place(expression));
        self.conditions.entry(name.to_owned()).or_insert(place);
        self.expressions.entry(name.to_owned()).or_insert(begin);
    }

    fn place(&self, position: Position) -> Place {
        Place { file: self.file.clone(), position }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", super::error::quote(file))?;
        }
        self.position.fmt(f)
    }
}
