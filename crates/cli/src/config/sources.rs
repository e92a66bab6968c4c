//! What was written, and where: the file and the environment, flattened to paths.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

use super::{
    keys::{self, PREFIX},
    problem::{Place, Problem},
};

/// Longest configuration file read: a hundred times what anyone needs.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A value as written.
#[derive(Clone)]
pub(crate) enum Raw {
    /// From the environment or a default: its type is the key's.
    Untyped(String),
    Text(String),
    Whole(i64),
    Boolean(bool),
    List(Vec<String>),
    /// A type that no key has.
    Other(&'static str),
}

/// A value, where it was written, and what its paths are relative to.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) raw: Raw,
    pub(crate) place: Place,
    pub(crate) base: PathBuf,
}

/// Everything that was written.
#[derive(Default)]
pub(crate) struct Sources {
    pub(crate) file: BTreeMap<String, Found>,
    pub(crate) environment: BTreeMap<String, Found>,
}

impl Sources {
    /// Reads the file. `Err`: it isn't TOML, so nothing can be said about its keys.
    pub(crate) fn read_file(
        &mut self,
        path: &Path,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Problem> {
        let name = path.display().to_string();
        let refuse = |line, message| Problem { place: Place::Line(name.clone(), line), message };
        let text = read(path).map_err(|message| refuse(1, message))?;
        let table = DeTable::parse(&text).map_err(|error| {
            // The error's own form shows the line, which may hold a secret.
            let line = line(&text, error.span().map_or(0, |span| span.start));
            refuse(line, error.message().replace('\n', ", "))
        })?;
        let base = path.parent().unwrap_or(Path::new("")).to_owned();
        Flatten { text: &text, name, base, into: &mut self.file, problems }
            .table("", table.get_ref());
        Ok(())
    }

    /// Reads the environment: everything of the form `COUNTERFOIL_SECTION__KEY`.
    pub(crate) fn read_environment(
        &mut self,
        variables: impl Iterator<Item = (OsString, OsString)>,
        problems: &mut Vec<Problem>,
    ) {
        for (name, value) in variables {
            let Ok(name) = name.into_string() else { continue };
            // Without a section it is another program's or another command's.
            let Some(rest) = name.strip_prefix(PREFIX).filter(|rest| rest.contains("__")) else {
                continue;
            };
            let path = rest.replace("__", ".").to_lowercase();
            let place = Place::Variable(name.clone());
            if keys::find(&path).is_none() {
                let message = match keys::nearest(&path).filter(|near| !keys::is_section(near)) {
                    Some(near) => format!("unknown key; did you mean {}?", keys::variable(&near)),
                    None => "unknown key".to_owned(),
                };
                problems.push(Problem { place, message });
                continue;
            }
            let Ok(value) = value.into_string() else {
                problems.push(Problem { place, message: "must be UTF-8".to_owned() });
                continue;
            };
            let found = Found { raw: Raw::Untyped(value), place, base: PathBuf::new() };
            self.environment.insert(path, found);
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| format!("can't be read: {error}"))?.len();
    if size > FILE_BYTES_MAX {
        return Err(format!("is longer than {FILE_BYTES_MAX} bytes"));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("can't be read: {error}"))?;
    String::from_utf8(bytes).map_err(|_| "must be UTF-8".to_owned())
}

fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

struct Flatten<'a> {
    text: &'a str,
    name: String,
    base: PathBuf,
    into: &'a mut BTreeMap<String, Found>,
    problems: &'a mut Vec<Problem>,
}

impl Flatten<'_> {
    fn table(&mut self, above: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let dot = if above.is_empty() { "" } else { "." };
            let path = format!("{above}{dot}{}", key.get_ref());
            let place = Place::Line(self.name.clone(), line(self.text, key.span().start));
            let below = value.get_ref();
            match below {
                DeValue::Table(table) if keys::is_section(&path) => self.table(&path, table),
                _ if keys::find(&path).is_some() => {
                    let found = Found { raw: raw(below), place, base: self.base.clone() };
                    self.into.insert(path, found);
                }
                _ if keys::is_section(&path) => {
                    let message = format!("`{path}` is a section: write its keys below it");
                    self.problems.push(Problem { place, message });
                }
                _ => {
                    let message = match keys::nearest(&path) {
                        Some(near) => format!("unknown key `{path}`; did you mean `{near}`?"),
                        None => format!("unknown key `{path}`"),
                    };
                    self.problems.push(Problem { place, message });
                }
            }
        }
    }
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.clone().into_owned()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Raw::Whole(number),
            Err(_) => Raw::Other("a number out of range"),
        },
        DeValue::Boolean(value) => Raw::Boolean(*value),
        DeValue::Array(array) => list(array),
        DeValue::Float(_) => Raw::Other("a fraction"),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Table(_) => Raw::Other("a section"),
    }
}

fn list(array: &DeArray<'_>) -> Raw {
    let texts = array.iter().map(Spanned::get_ref).map(|value| value.as_str().map(str::to_owned));
    texts.collect::<Option<Vec<_>>>().map_or(Raw::Other("a list of other things"), Raw::List)
}
