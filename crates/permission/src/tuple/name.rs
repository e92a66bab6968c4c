//! The names in a tuple, parsed.

use std::fmt;

/// The longest name of an object, in bytes.
pub const OBJECT_BYTES_MAX: usize = 256;
/// The longest name of a user, in bytes.
pub const USER_BYTES_MAX: usize = 512;
/// The longest name of a type, in characters.
pub const TYPE_CHARS_MAX: usize = 254;
/// The longest name of a relation, in characters.
pub const RELATION_CHARS_MAX: usize = 50;

/// The id that stands for every object of a type.
const WILDCARD: &str = "*";

/// An object: `document:budget`.
///
/// As the object of a tuple it has at most [`OBJECT_BYTES_MAX`] bytes, as a user [`USER_BYTES_MAX`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    type_name: Box<str>,
    id: Box<str>,
}

/// A relation: `viewer`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelationName(Box<str>);

/// Whom a tuple names, or whom a question asks about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserName {
    /// One object: `user:alice`.
    Object(ObjectName),
    /// Everybody who has a relation to an object: `group:eng#member`.
    Userset(ObjectName, RelationName),
    /// Every object of a type: `user:*`.
    Wildcard(TypeName),
}

/// The name of a type: `document`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeName(Box<str>);

/// Why a name is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Longer than allowed.
    TooLong {
        /// What it should have been.
        what: &'static str,
        /// The limit.
        max: usize,
        /// What `max` counts.
        unit: &'static str,
    },
    /// An object that is not `type:id`.
    NotAnObject(String),
    /// A user that is none of `type:id`, `type:id#relation` and `type:*`.
    NotAUser(String),
    /// A wildcard where one object is needed.
    WildcardObject(String),
    /// A type that is empty or holds one of `:#@` or white space.
    NotAType(String),
    /// A relation that is empty or holds one of `:#@` or white space.
    NotARelation(String),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { what, max, unit } => {
                write!(f, "the {what} is too long: at most {max} {unit} are allowed")
            }
            Self::NotAnObject(text) => write!(
                f,
                "`{text}` is no object: expected `type:id` with exactly one `:`, no `#` and no white space"
            ),
            Self::NotAUser(text) => {
                write!(f, "`{text}` is no user: expected `type:id`, `type:id#relation` or `type:*`")
            }
            Self::WildcardObject(text) => {
                write!(f, "`{text}` names every object: name a single one here")
            }
            Self::NotAType(text) => write!(
                f,
                "`{text}` is no type: expected some characters without `:`, `#`, `@` and white space"
            ),
            Self::NotARelation(text) => write!(
                f,
                "`{text}` is no relation: expected some characters without `:`, `#`, `@` and white space"
            ),
        }
    }
}

impl std::error::Error for NameError {}

impl ObjectName {
    /// Parses `type:id` as the object of a tuple or a question.
    ///
    /// # Errors
    /// [`NameError`] if it is too long, no object or a wildcard.
    ///
    /// ```
    /// use counterfoil_permission::tuple::ObjectName;
    ///
    /// let object = ObjectName::parse("document:budget")?;
    /// assert_eq!((object.type_name(), object.id()), ("document", "budget"));
    /// assert!(ObjectName::parse("document:*").is_err());
    /// # Ok::<(), counterfoil_permission::tuple::NameError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, NameError> {
        bytes(text, "object", OBJECT_BYTES_MAX)?;
        Self::parse_unbounded(text)?.ok_or_else(|| NameError::NotAnObject(text.to_owned()))
    }

    /// Its type.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// What tells it from others of its type.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    fn parse_unbounded(text: &str) -> Result<Option<Self>, NameError> {
        let Some((type_name, id)) = text.split_once(':') else { return Ok(None) };
        if id.is_empty() || id.contains([':', '#']) || id.contains(char::is_whitespace) {
            return Ok(None);
        }
        let type_name = TypeName::parse(type_name)?;
        if id == WILDCARD {
            return Err(NameError::WildcardObject(text.to_owned()));
        }
        Ok(Some(Self { type_name: type_name.0, id: id.into() }))
    }
}

impl RelationName {
    /// Parses the name of a relation.
    ///
    /// # Errors
    /// [`NameError`] if it is too long, empty or holds a character that separates names.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        plain(text, "relation", RELATION_CHARS_MAX)?
            .map(|name| Self(name.into()))
            .ok_or_else(|| NameError::NotARelation(text.to_owned()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TypeName {
    /// Parses the name of a type.
    ///
    /// # Errors
    /// [`NameError`] if it is too long, empty or holds a character that separates names.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        plain(text, "type", TYPE_CHARS_MAX)?
            .map(|name| Self(name.into()))
            .ok_or_else(|| NameError::NotAType(text.to_owned()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl UserName {
    /// Parses `type:id`, `type:id#relation` or `type:*`.
    ///
    /// # Errors
    /// [`NameError`] if it is too long or none of these.
    ///
    /// ```
    /// use counterfoil_permission::tuple::UserName;
    ///
    /// assert!(matches!(UserName::parse("user:alice@example.com")?, UserName::Object(_)));
    /// assert!(matches!(UserName::parse("group:eng#member")?, UserName::Userset(..)));
    /// assert!(matches!(UserName::parse("user:*")?, UserName::Wildcard(_)));
    /// assert!(UserName::parse("alice").is_err());
    /// # Ok::<(), counterfoil_permission::tuple::NameError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, NameError> {
        bytes(text, "user", USER_BYTES_MAX)?;
        let none = || NameError::NotAUser(text.to_owned());
        if let Some((object, relation)) = text.split_once('#') {
            let object = ObjectName::parse_unbounded(object)?.ok_or_else(none)?;
            return Ok(Self::Userset(object, RelationName::parse(relation)?));
        }
        match text.split_once(':') {
            Some((type_name, WILDCARD)) => Ok(Self::Wildcard(TypeName::parse(type_name)?)),
            _ => Ok(Self::Object(ObjectName::parse_unbounded(text)?.ok_or_else(none)?)),
        }
    }

    /// The type of those it stands for or goes through: `group` of `group:eng#member`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match self {
            Self::Object(object) | Self::Userset(object, _) => object.type_name(),
            Self::Wildcard(type_name) => type_name.as_str(),
        }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.type_name, self.id)
    }
}

impl fmt::Display for RelationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(object) => object.fmt(f),
            Self::Userset(object, relation) => write!(f, "{object}#{relation}"),
            Self::Wildcard(type_name) => write!(f, "{type_name}:{WILDCARD}"),
        }
    }
}

fn bytes(text: &str, what: &'static str, max: usize) -> Result<(), NameError> {
    if text.len() > max { Err(NameError::TooLong { what, max, unit: "bytes" }) } else { Ok(()) }
}

fn plain<'a>(text: &'a str, what: &'static str, max: usize) -> Result<Option<&'a str>, NameError> {
    if text.chars().nth(max).is_some() {
        return Err(NameError::TooLong { what, max, unit: "characters" });
    }
    let separated = text.contains([':', '#', '@']) || text.contains(char::is_whitespace);
    Ok((!separated && !text.is_empty()).then_some(text))
}
