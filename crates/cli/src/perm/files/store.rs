//! `.fga.yaml`: a model, tuples and tests in one file, as OpenFGA's command line tool reads it.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use counterfoil_permission::{
    model::Model,
    tuple::{Context, Tuple},
};
use serde::Deserialize;

use super::{FILE_BYTES_MAX, Written, model_text, parsed, read, tuples, validation, wrong, yaml};
use crate::failure::Failure;

/// What such a file says, with the files it names read.
pub(crate) struct StoreFile {
    pub(crate) name: Option<String>,
    pub(crate) model: Model,
    pub(crate) tuples: Vec<Tuple>,
    pub(crate) tests: Vec<Test>,
}

/// A test: questions to the tuples of the file and those of its own.
pub(crate) struct Test {
    pub(crate) name: String,
    pub(crate) tuples: Vec<Tuple>,
    pub(crate) check: Vec<Check>,
    pub(crate) list_objects: Vec<ListObjects>,
    pub(crate) list_users: Vec<ListUsers>,
}

/// Each of `users` is asked about each of `objects`.
pub(crate) struct Check {
    pub(crate) users: Vec<String>,
    pub(crate) objects: Vec<String>,
    pub(crate) context: Context,
    pub(crate) assertions: BTreeMap<String, bool>,
}

/// Which objects a user has a relation to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListObjects {
    pub(crate) user: String,
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    #[serde(default)]
    pub(crate) context: Option<Context>,
    pub(crate) assertions: BTreeMap<String, Vec<String>>,
}

/// Which users have a relation to an object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListUsers {
    pub(crate) object: String,
    pub(crate) user_filter: Vec<UserFilter>,
    #[serde(default)]
    pub(crate) context: Option<Context>,
    pub(crate) assertions: BTreeMap<String, Users>,
}

/// Which kind of users.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserFilter {
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    #[serde(default)]
    pub(crate) relation: Option<String>,
}

/// The users that are expected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Users {
    #[serde(default)]
    pub(crate) users: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    name: Option<String>,
    model: Option<String>,
    model_file: Option<PathBuf>,
    tuples: Option<Vec<Written>>,
    tuple_file: Option<PathBuf>,
    tuple_files: Option<Vec<PathBuf>>,
    tests: Option<Vec<WrittenTest>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTest {
    #[serde(default)]
    name: String,
    /// For readers of the file.
    #[serde(default, rename = "description")]
    _description: Option<String>,
    tuples: Option<Vec<Written>>,
    tuple_file: Option<PathBuf>,
    tuple_files: Option<Vec<PathBuf>>,
    check: Option<Vec<WrittenCheck>>,
    list_objects: Option<Vec<ListObjects>>,
    list_users: Option<Vec<ListUsers>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCheck {
    user: Option<String>,
    users: Option<Vec<String>>,
    object: Option<String>,
    objects: Option<Vec<String>>,
    context: Option<Context>,
    #[serde(default)]
    assertions: BTreeMap<String, bool>,
}

impl StoreFile {
    /// Reads such a file, or one for `zed validate`. Files that it names are found from where it lies, and lie there or below
    /// unless `anywhere`: it may come from a stranger.
    pub(crate) fn read(path: &Path, anywhere: bool) -> Result<Self, Failure> {
        let text = read(path, FILE_BYTES_MAX)?;
        if validation::is_validation(&text) {
            return validation::read(path, &text, anywhere);
        }
        let file: WrittenFile = yaml::parse(&text).map_err(|error| wrong(path, &error))?;
        let place = Place { path, anywhere };
        let model = match (&file.model, &file.model_file) {
            (Some(text), _) => model_text(text, text.trim_start().starts_with('{'))
                .map_err(|error| wrong(path, &in_model(&error)))?,
            (None, Some(named)) => super::model(&[place.find(named)?])?,
            (None, None) => return Err(wrong(path, "it has neither `model` nor `model_file`")),
        };
        let named = place.named(file.tuple_file, file.tuple_files);
        let tuples = place.tuples("", file.tuples, named)?;
        let tests = file.tests.unwrap_or_default().into_iter();
        let tests = tests.enumerate().map(|(at, test)| place.test(at, test));
        Ok(Self { name: file.name, model, tuples, tests: tests.collect::<Result<_, _>>()? })
    }
}

/// Where the file lies.
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    pub(super) anywhere: bool,
}

impl Place<'_> {
    pub(super) fn find(&self, named: &Path) -> Result<PathBuf, Failure> {
        let root = self.path.parent().unwrap_or(Path::new(""));
        let found = root.join(named);
        if self.anywhere || is_below(&found, root, named) {
            return Ok(found);
        }
        let named = named.display();
        let why = format!(
            "`{named}` is not below this file: --allow-external-files reads it all the same"
        );
        Err(wrong(self.path, &why))
    }

    fn named(&self, one: Option<PathBuf>, more: Option<Vec<PathBuf>>) -> Vec<PathBuf> {
        one.into_iter().chain(more.into_iter().flatten()).collect()
    }

    fn tuples(
        &self,
        of: &str,
        own: Option<Vec<Written>>,
        named: Vec<PathBuf>,
    ) -> Result<Vec<Tuple>, Failure> {
        let own = parsed(&own.unwrap_or_default());
        let mut all = own.map_err(|error| wrong(self.path, &format!("{of}{error}")))?;
        for named in named {
            all.extend(tuples(&self.find(&named)?)?);
        }
        Ok(all)
    }

    fn test(&self, at: usize, test: WrittenTest) -> Result<Test, Failure> {
        let name = match test.name.is_empty() {
            true => format!("test {}", at.saturating_add(1)),
            false => test.name,
        };
        let named = self.named(test.tuple_file, test.tuple_files);
        let tuples = self.tuples(&format!("{name}: "), test.tuples, named)?;
        let check = test.check.unwrap_or_default().into_iter().enumerate();
        let check = check.map(|(at, check)| {
            let number = at.saturating_add(1);
            check
                .parse()
                .map_err(|error| wrong(self.path, &format!("{name}: check {number}: {error}")))
        });
        Ok(Test {
            tuples,
            check: check.collect::<Result<_, _>>()?,
            list_objects: test.list_objects.unwrap_or_default(),
            list_users: test.list_users.unwrap_or_default(),
            name,
        })
    }
}

impl UserFilter {
    /// As a type restriction spells it: `user` or `group#member`.
    pub(crate) fn spelled(&self) -> String {
        match self.relation.as_deref().filter(|relation| !relation.is_empty()) {
            Some(relation) => format!("{}#{relation}", self.type_name),
            None => self.type_name.clone(),
        }
    }
}

/// Whether a file lies below a directory, symbolic links followed.
fn is_below(found: &Path, root: &Path, named: &Path) -> bool {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if !named.components().all(plain) {
        return false;
    }
    match (found.canonicalize(), Path::new(".").join(root).canonicalize()) {
        (Ok(found), Ok(root)) => found.starts_with(root),
        // It isn't there, which whoever reads it is told.
        _ => true,
    }
}

impl WrittenCheck {
    fn parse(self) -> Result<Check, String> {
        Ok(Check {
            users: one_or_more("user", self.user, self.users)?,
            objects: one_or_more("object", self.object, self.objects)?,
            context: self.context.unwrap_or_default(),
            assertions: self.assertions,
        })
    }
}

fn one_or_more(
    name: &str,
    one: Option<String>,
    more: Option<Vec<String>>,
) -> Result<Vec<String>, String> {
    match (one, more) {
        (Some(one), None) => Ok(vec![one]),
        (None, Some(more)) if !more.is_empty() => Ok(more),
        (Some(_), Some(_)) => Err(format!("it has both `{name}` and `{name}s`: keep one")),
        (None, _) => Err(format!("it has neither `{name}` nor `{name}s`")),
    }
}

/// Positions in a model that stands in a file count from its own first line.
fn in_model(errors: &str) -> String {
    errors.lines().map(|line| format!("model: {line}")).collect::<Vec<_>>().join("\n")
}
