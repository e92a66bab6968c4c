//! An authorization model, as it was written. Nothing of it has been validated.
//!
//! One representation serves the language (`.fga`), its JSON form and the validator, and keeps what
//! any of them can say: order, modules and source files included.

mod condition;
mod rewrite;

pub use condition::{Condition, ParameterType};
pub use rewrite::{Restricted, Rewrite, TypeRestriction};

/// A model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The version of the language.
    pub schema: SchemaVersion,
    /// The types, in the order of the text.
    pub types: Vec<TypeDefinition>,
    /// The conditions, in the order of the text.
    pub conditions: Vec<Condition>,
}

/// A version of the modelling language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaVersion {
    /// The language with type restrictions.
    V1_1,
    /// The same with modules.
    V1_2,
}

/// A type of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeDefinition {
    /// Its name.
    pub name: String,
    /// Its relations, in the order of the text.
    pub relations: Vec<Relation>,
    /// Where it comes from, in a model of modules.
    pub origin: Origin,
}

/// A relation of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Its name.
    pub name: String,
    /// How it follows from tuples and other relations.
    pub rewrite: Rewrite,
    /// Who may be written into its tuples: empty unless the rewrite holds [`Rewrite::This`].
    pub restrictions: Vec<TypeRestriction>,
    /// Where it comes from, if not from where its type does: `extend type`.
    pub origin: Origin,
}

/// The module and the file that something was written in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The name of the module.
    pub module: Option<String>,
    /// The path of the file within the project of modules.
    pub file: Option<String>,
}

impl SchemaVersion {
    /// The version with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "1.1" => Some(Self::V1_1),
            "1.2" => Some(Self::V1_2),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_1 => "1.1",
            Self::V1_2 => "1.2",
        }
    }
}

impl Model {
    /// The type with this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&TypeDefinition> {
        self.types.iter().find(|definition| definition.name == name)
    }

    /// The condition with this name.
    #[must_use]
    pub fn condition(&self, name: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.name == name)
    }
}

impl TypeDefinition {
    /// The relation with this name.
    #[must_use]
    pub fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.name == name)
    }
}
