//! What SpiceDB takes for a name.

/// The longest name of a definition, a relation, a permission or a caveat.
const NAME_CHARS_MAX: usize = 64;
/// The shortest.
const NAME_CHARS_MIN: usize = 3;
/// The longest id of an object.
const ID_CHARS_MAX: usize = 1024;

/// Words of the schema language that name nothing else.
const RESERVED: [&str; 15] = [
    "definition",
    "caveat",
    "relation",
    "permission",
    "nil",
    "with",
    "from",
    "import",
    "all",
    "any",
    "partial",
    "use",
    "expiration",
    "and",
    "self",
];

/// Whether it can name a relation or a permission.
pub(super) fn is_name(name: &str) -> bool {
    let lower = |letter: char| letter.is_ascii_lowercase();
    let inner = |letter: char| lower(letter) || letter.is_ascii_digit() || letter == '_';
    (NAME_CHARS_MIN..=NAME_CHARS_MAX).contains(&name.len())
        && name.starts_with(lower)
        && name.chars().all(inner)
        && !name.ends_with('_')
        && !RESERVED.contains(&name)
}

/// Whether it can name a definition or a caveat: names with `/` between them.
pub(super) fn is_path(path: &str) -> bool {
    path.split('/').all(is_name)
}

/// Whether it can name a parameter of a caveat.
pub(super) fn is_parameter(name: &str) -> bool {
    let first = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
    let inner = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    name.starts_with(first) && name.chars().all(inner) && !RESERVED.contains(&name)
}

/// Whether it can be the id of an object.
pub(super) fn is_id(id: &str) -> bool {
    let allowed = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '/' | '_' | '|' | '-' | '=' | '+')
    };
    !id.is_empty() && id.len() <= ID_CHARS_MAX && id.chars().all(allowed)
}
