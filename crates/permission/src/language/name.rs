use std::fmt;

/// What a name is given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A type of objects.
    Type,
    /// A relation of a type.
    Relation,
    /// A condition.
    Condition,
    /// A parameter of a condition.
    Parameter,
    /// A module.
    Module,
}

/// Words that are never the name of a type or a relation in the language.
const RESERVED: [&str; 11] = [
    "and",
    "or",
    "from",
    "condition",
    "relations",
    "define",
    "with",
    "in",
    "true",
    "false",
    "null",
];

/// Words of the language that may name types and relations all the same.
const KEYWORDS: [&str; 6] = ["module", "model", "schema", "extend", "type", "relation"];

/// Words that are types where a condition or its parameter is named.
const PARAMETER_TYPES: [&str; 11] = [
    "any",
    "bool",
    "string",
    "int",
    "uint",
    "double",
    "duration",
    "timestamp",
    "ipaddress",
    "list",
    "map",
];

impl Named {
    /// How many characters such a name may have.
    pub(super) const fn limit(self) -> usize {
        match self {
            Self::Type => 254,
            Self::Relation => 50,
            Self::Condition | Self::Parameter | Self::Module => 256,
        }
    }

    /// Whether the language cannot say this word as such a name.
    pub(super) fn reserves(self, word: &str) -> bool {
        match self {
            Self::Type | Self::Relation | Self::Module => RESERVED.contains(&word),
            Self::Condition | Self::Parameter => PARAMETER_TYPES.contains(&word),
        }
    }

    /// Whether the language can write the word as such a name, reserved or not.
    pub(super) fn has_shape(self, word: &str) -> bool {
        match self {
            Self::Type | Self::Relation | Self::Module => is_identifier(word) || is_path(word),
            Self::Condition | Self::Parameter => is_identifier(word),
        }
    }

    /// Whether the name can be said in the language.
    pub(super) fn is_sayable(self, name: &str) -> bool {
        self.has_shape(name) && !self.reserves(name) && name.chars().count() <= self.limit()
    }

    /// Whether the JSON form takes the name, which may be more than the language can say.
    pub(super) fn is_valid(self, name: &str) -> bool {
        let count = name.chars().count();
        let banned = |letter: char| match self {
            Self::Type | Self::Relation => {
                letter.is_whitespace() || matches!(letter, ':' | '#' | '@')
            }
            Self::Condition | Self::Parameter | Self::Module => letter.is_whitespace(),
        };
        count >= 1 && count <= self.limit() && !name.chars().any(banned)
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Type => "type",
            Self::Relation => "relation",
            Self::Condition => "condition",
            Self::Parameter => "parameter",
            Self::Module => "module",
        })
    }
}

/// Whether a condition of this name can be defined, but not be named behind `with`.
pub(super) fn is_hidden_condition(name: &str) -> bool {
    RESERVED.contains(&name) || KEYWORDS.contains(&name)
}

fn starts_a_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

fn is_identifier(word: &str) -> bool {
    starts_a_name(word)
        && word.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'))
}

/// Words with single `/`, `.` or `-` between them.
fn is_path(word: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    starts_a_name(word) && word.split(['/', '.', '-']).all(is_part)
}
