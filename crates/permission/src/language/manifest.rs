//! `fga.mod`: which files make up a model of modules.
//!
//! It is YAML, of which this reads what such files use: the keys `schema` and `contents`, the latter a
//! list in lines or in brackets, plain and quoted words, comments.

use std::fmt;

use super::error::{Position, SyntaxErrors, quote};
use super::limits::TEXT_LIMIT;
use super::module::{CombineError, combine};
use super::parser::parse_module_located;
use super::positions::Positions;
use crate::model::{Model, SchemaVersion};

/// How many files a model may have: OpenFGA's limit of types is 100, and a file has one or more.
pub const FILES_LIMIT: usize = 1_000;

/// What `fga.mod` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The version of the language.
    pub schema: SchemaVersion,
    /// The paths of the files, relative to the manifest's folder.
    pub contents: Vec<String>,
}

/// What is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    /// Where.
    pub position: Position,
    /// What.
    pub kind: ManifestErrorKind,
}

/// Why a manifest is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestErrorKind {
    /// Longer than a model may be.
    TooLong,
    /// A line that is neither a key with a value nor an item.
    NotALine,
    /// A key that is none of a manifest, or given twice.
    UnexpectedKey(String),
    /// `schema` or `contents` is not there.
    MissingKey(&'static str),
    /// A schema without modules.
    Schema(String),
    /// A file that is not in the folder of the manifest, or no `.fga` file.
    Path(String),
    /// A file named twice.
    Duplicate(String),
    /// No file, or more than [`FILES_LIMIT`].
    Count,
}

/// Why a manifest and its files make no model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectError {
    /// The manifest is refused.
    Manifest(ManifestError),
    /// A file is not there.
    MissingFile(String),
    /// Files that cannot be read, each with what is wrong.
    Syntax(Vec<(String, SyntaxErrors)>),
    /// The files do not fit together.
    Combine(Box<CombineError>),
}

/// Reads a manifest.
///
/// ```
/// use counterfoil_permission::language::parse_manifest;
///
/// let manifest = parse_manifest("schema: '1.2'\ncontents:\n  - core.fga\n  - wiki/pages.fga\n")?;
/// assert_eq!(manifest.contents, ["core.fga", "wiki/pages.fga"]);
/// # Ok::<(), counterfoil_permission::language::ManifestError>(())
/// ```
///
/// # Errors
/// [`ManifestError`] for the first thing that is wrong.
pub fn parse_manifest(text: &str) -> Result<Manifest, ManifestError> {
    let fail = |line, kind| ManifestError { position: Position { line, column: 1 }, kind };
    if text.len() > TEXT_LIMIT {
        return Err(fail(1, ManifestErrorKind::TooLong));
    }
    let mut reader = Reader::default();
    for (line, text) in (1..).zip(text.lines()) {
        reader.line(line, text).map_err(|kind| fail(line, kind))?;
    }
    let Some((line, schema)) = reader.schema else {
        return Err(fail(1, ManifestErrorKind::MissingKey("schema")));
    };
    let Some(contents) = reader.contents else {
        return Err(fail(1, ManifestErrorKind::MissingKey("contents")));
    };
    let schema = SchemaVersion::parse(&schema)
        .filter(|version| *version != SchemaVersion::V1_1)
        .ok_or_else(|| fail(line, ManifestErrorKind::Schema(quote(&schema))))?;
    if contents.is_empty() || contents.len() > FILES_LIMIT {
        return Err(fail(1, ManifestErrorKind::Count));
    }
    Ok(Manifest { schema, contents })
}

/// Makes a model of a manifest and the files that it names; `read` gives the text of each.
///
/// ```
/// use counterfoil_permission::language::load_project;
///
/// let manifest = "schema: '1.2'\ncontents:\n  - core.fga\n";
/// let read = |path: &str| (path == "core.fga").then(|| "module core\ntype user\n".to_owned());
/// let (model, positions) = load_project(manifest, read)?;
/// assert_eq!(positions.type_name("user").unwrap().to_string(), "core.fga: line 2, column 6");
/// # assert_eq!(model.types.len(), 1);
/// # Ok::<(), counterfoil_permission::language::ProjectError>(())
/// ```
///
/// # Errors
/// [`ProjectError`]; of files that cannot be read all are named.
pub fn load_project(
    manifest: &str,
    mut read: impl FnMut(&str) -> Option<String>,
) -> Result<(Model, Positions), ProjectError> {
    let manifest = parse_manifest(manifest).map_err(ProjectError::Manifest)?;
    let mut positions = Positions::default();
    let (mut modules, mut wrong) = (Vec::new(), Vec::new());
    for path in manifest.contents {
        let text = read(&path).ok_or_else(|| ProjectError::MissingFile(path.clone()))?;
        match parse_module_located(&text, &path) {
            Ok((module, places)) => {
                modules.push(module);
                positions.add(places);
            }
            Err(errors) => wrong.push((path, errors)),
        }
    }
    if !wrong.is_empty() {
        return Err(ProjectError::Syntax(wrong));
    }
    let model = combine(manifest.schema, modules)
        .map_err(|error| ProjectError::Combine(Box::new(error)))?;
    Ok((model, positions))
}

#[derive(Default)]
struct Reader {
    schema: Option<(usize, String)>,
    contents: Option<Vec<String>>,
    /// Whether items may follow.
    in_contents: bool,
}

impl Reader {
    fn line(&mut self, number: usize, text: &str) -> Result<(), ManifestErrorKind> {
        let text = without_comment(text);
        let trimmed = text.trim();
        if trimmed.is_empty() || (number == 1 && trimmed == "---") {
            return Ok(());
        }
        if let Some(item) = trimmed.strip_prefix("- ").filter(|_| self.in_contents) {
            return self.item(item);
        }
        let (key, value) = trimmed.split_once(':').ok_or(ManifestErrorKind::NotALine)?;
        if text.starts_with([' ', '\t']) {
            return Err(ManifestErrorKind::NotALine);
        }
        let value = value.trim();
        self.in_contents = false;
        match key.trim_end() {
            "schema" if self.schema.is_none() => {
                let version = unquoted(value).ok_or(ManifestErrorKind::NotALine)?;
                self.schema = Some((number, version.to_owned()));
                Ok(())
            }
            "contents" if self.contents.is_none() => {
                self.contents = Some(Vec::new());
                if value.is_empty() {
                    self.in_contents = true;
                    return Ok(());
                }
                let list = value.strip_prefix('[').and_then(|value| value.strip_suffix(']'));
                let items = list.ok_or(ManifestErrorKind::NotALine)?.split(',').map(str::trim);
                items.filter(|item| !item.is_empty()).try_for_each(|item| self.item(item))
            }
            other => Err(ManifestErrorKind::UnexpectedKey(quote(other))),
        }
    }

    fn item(&mut self, text: &str) -> Result<(), ManifestErrorKind> {
        let path = unquoted(text.trim()).ok_or(ManifestErrorKind::NotALine)?;
        let contents = self.contents.get_or_insert_default();
        if contents.iter().any(|known| known == path) {
            return Err(ManifestErrorKind::Duplicate(quote(path)));
        }
        let inside = !path.starts_with('/') && !path.contains('\\') && !path.contains(':');
        let plain = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if !inside || !plain || !path.ends_with(".fga") {
            return Err(ManifestErrorKind::Path(quote(path)));
        }
        if contents.len() >= FILES_LIMIT {
            return Err(ManifestErrorKind::Count);
        }
        contents.push(path.to_owned());
        Ok(())
    }
}

/// A line up to a `#` that begins a word.
fn without_comment(text: &str) -> &str {
    let mut before = ' ';
    for (place, letter) in text.char_indices() {
        if letter == '#' && before.is_whitespace() {
            return text.get(..place).unwrap_or_default();
        }
        before = letter;
    }
    text
}

/// A word without the quotes around it, if they match.
fn unquoted(text: &str) -> Option<&str> {
    for quote in ['\'', '"'] {
        if let Some(rest) = text.strip_prefix(quote) {
            return rest.strip_suffix(quote).filter(|inner| !inner.contains([quote, '\\']));
        }
    }
    let plain = !text.is_empty() && !text.contains(['\'', '"', '[', ']', '{', '}']);
    plain.then_some(text)
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.position.line)?;
        match &self.kind {
            ManifestErrorKind::TooLong => {
                write!(f, "the manifest is longer than {TEXT_LIMIT} bytes")
            }
            ManifestErrorKind::NotALine => f.write_str(
                "expected `schema: '1.2'`, `contents:` or an item of it, such as `  - core.fga`",
            ),
            ManifestErrorKind::UnexpectedKey(key) => {
                write!(f, "found the key `{key}`, expected `schema` and `contents`, each once")
            }
            ManifestErrorKind::MissingKey(key) => write!(f, "the key `{key}` is missing"),
            ManifestErrorKind::Schema(found) => {
                write!(f, "the schema `{found}` has no modules, expected 1.2")
            }
            ManifestErrorKind::Path(path) => write!(
                f,
                "`{path}` is no file of a module: expected a path to a `.fga` file, \
                 relative to the manifest and inside its folder"
            ),
            ManifestErrorKind::Duplicate(path) => write!(f, "`{path}` is named twice"),
            ManifestErrorKind::Count => {
                write!(f, "`contents` names no file, or more than {FILES_LIMIT}")
            }
        }
    }
}

/// One problem a line.
impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest(error) => write!(f, "fga.mod: {error}"),
            Self::MissingFile(path) => write!(f, "`{}` cannot be read", quote(path)),
            Self::Combine(error) => error.fmt(f),
            Self::Syntax(files) => {
                let lines = files.iter().flat_map(|(path, errors)| {
                    errors.as_slice().iter().map(move |error| (path, error))
                });
                for (index, (path, error)) in lines.enumerate() {
                    let gap = if index > 0 { "\n" } else { "" };
                    write!(f, "{gap}{}: {error}", quote(path))?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ManifestError {}
impl std::error::Error for ProjectError {}
