//! Typed values out of what was written: the environment before the file before the default.

use std::path::{Path, PathBuf};

use counterfoil_jose::crypto::SecretString;

use super::{
    keys::{self, Key, Kind},
    problem::{Place, Problem},
    sources::{Found, Raw, Sources},
};

/// Longest secret read from a file.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// Reads typed values and gathers every problem, so that all are told at once.
pub(crate) struct Reader {
    sources: Sources,
    problems: Vec<Problem>,
}

impl Reader {
    pub(crate) fn new(sources: Sources, problems: Vec<Problem>) -> Self {
        Self { sources, problems }
    }

    /// Every problem, in order of place.
    pub(crate) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort();
        self.problems.dedup();
        self.problems
    }

    /// Says that something is wrong with a key.
    pub(crate) fn refuse(&mut self, path: &str, message: impl Into<String>) {
        let place = self.place(path);
        self.problems.push(Problem { place, message: message.into() });
    }

    /// Whether a key was written anywhere, in either of its forms.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.place(path) != Place::Nowhere
    }

    /// Where a key's value comes from.
    pub(crate) fn place(&self, path: &str) -> Place {
        let file = format!("{path}_file");
        let Sources { file: written, environment } = &self.sources;
        let found = [environment, written]
            .into_iter()
            .find_map(|source| source.get(path).or_else(|| source.get(&file)));
        found.map_or(Place::Nowhere, |found| found.place.clone())
    }

    fn found(&self, path: &str) -> Option<Found> {
        let Sources { file, environment } = &self.sources;
        environment.get(path).or_else(|| file.get(path)).cloned()
    }

    fn or_default(&self, path: &str) -> Option<Found> {
        self.found(path).or_else(|| {
            let (Key { default, .. }, _) = keys::find(path)?;
            let raw = Raw::Untyped((*default)?.to_owned());
            Some(Found { raw, place: Place::Nowhere, base: PathBuf::new() })
        })
    }

    pub(crate) fn text(&mut self, path: &str) -> Option<String> {
        match self.or_default(path)?.raw {
            Raw::Untyped(text) | Raw::Text(text) => Some(text),
            other => self.mistyped(path, "text", &other),
        }
    }

    /// A path; in the file it is relative to the file's directory.
    pub(crate) fn path(&mut self, path: &str) -> Option<PathBuf> {
        let found = self.or_default(path)?;
        match found.raw {
            Raw::Untyped(text) | Raw::Text(text) if text.is_empty() => {
                self.refuse(path, format!("`{path}` is empty: write a path"));
                None
            }
            Raw::Untyped(text) | Raw::Text(text) => Some(found.base.join(text)),
            other => self.mistyped(path, "a path as text", &other),
        }
    }

    pub(crate) fn whole(&mut self, path: &str) -> Option<i64> {
        let number = match self.or_default(path)?.raw {
            Raw::Whole(number) => number,
            Raw::Untyped(text) => match text.parse() {
                Ok(number) => number,
                Err(_) => return self.mistyped(path, "a whole number", &Raw::Text(text)),
            },
            other => return self.mistyped(path, "a whole number", &other),
        };
        if let Some((Key { kind: Kind::Whole { least, most }, .. }, _)) = keys::find(path)
            && !(*least..=*most).contains(&number)
        {
            self.refuse(path, format!("`{path}` is {number}, but must be {least} to {most}"));
            return None;
        }
        Some(number)
    }

    pub(crate) fn boolean(&mut self, path: &str) -> Option<bool> {
        match self.or_default(path)?.raw {
            Raw::Boolean(value) => Some(value),
            Raw::Untyped(text) if text == "true" => Some(true),
            Raw::Untyped(text) if text == "false" => Some(false),
            other => self.mistyped(path, "true or false", &other),
        }
    }

    pub(crate) fn list(&mut self, path: &str) -> Vec<String> {
        match self.or_default(path).map(|found| found.raw) {
            None => Vec::new(),
            Some(Raw::List(list)) => list,
            Some(Raw::Untyped(text)) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                parts.map(str::to_owned).collect()
            }
            Some(other) => {
                let _none: Option<()> = self.mistyped(path, "a list of texts", &other);
                Vec::new()
            }
        }
    }

    pub(crate) fn one_of(&mut self, path: &str) -> Option<String> {
        let text = self.text(path)?;
        let (Key { kind: Kind::OneOf(choices), .. }, _) = keys::find(path)? else { return None };
        if !choices.contains(&text.as_str()) {
            self.refuse(path, format!("`{path}` is `{text}`, but must be {}", choices.join(", ")));
            return None;
        }
        Some(text)
    }

    /// A secret, or what the file holds that is named for it. A newline at a file's end is none of
    /// the secret's.
    pub(crate) fn secret(&mut self, path: &str) -> Option<SecretString> {
        let file = format!("{path}_file");
        let Sources { file: written, environment } = &self.sources;
        // The environment as a whole goes before the file as a whole.
        let source = [environment, written]
            .into_iter()
            .find(|s| s.contains_key(path) || s.contains_key(&file))?;
        let (value, named) = (source.get(path).cloned(), source.get(&file).cloned());
        let text = match (value, named) {
            (Some(_), Some(_)) => {
                self.refuse(path, format!("`{path}` and `{file}` are both set: keep one"));
                return None;
            }
            (Some(Found { raw: Raw::Untyped(text) | Raw::Text(text), .. }), None) => text,
            (Some(found), None) => return self.mistyped(path, "text", &found.raw),
            (None, _) => {
                let at = self.path(&file)?;
                match read_secret(&at) {
                    Ok(text) => text,
                    Err(why) => {
                        self.refuse(path, format!("{} {why}", at.display()));
                        return None;
                    }
                }
            }
        };
        if text.is_empty() {
            self.refuse(path, format!("`{path}` is empty"));
            return None;
        }
        Some(SecretString::from(text))
    }

    fn mistyped<T>(&mut self, path: &str, wanted: &str, found: &Raw) -> Option<T> {
        let found = match found {
            Raw::Untyped(_) | Raw::Text(_) => "other text",
            Raw::Whole(_) => "a number",
            Raw::Boolean(_) => "true or false",
            Raw::List(_) => "a list",
            Raw::Other(what) => what,
        };
        self.refuse(path, format!("`{path}` must be {wanted}, not {found}"));
        None
    }
}

fn read_secret(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| format!("can't be read: {error}"))?.len();
    if size > SECRET_BYTES_MAX {
        return Err(format!("is longer than {SECRET_BYTES_MAX} bytes"));
    }
    let mut text =
        std::fs::read_to_string(path).map_err(|error| format!("can't be read: {error}"))?;
    while text.ends_with(['\n', '\r']) {
        let _newline = text.pop();
    }
    Ok(text)
}
