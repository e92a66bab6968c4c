use std::collections::BTreeSet;

use super::super::error::quote;
use super::super::name::Named;
use super::error::{JsonError, JsonErrorKind};
use super::tree::Tree;

pub(super) type Read<T> = Result<T, JsonError>;

/// A value and where it stands.
pub(super) struct Node<'a> {
    tree: &'a Tree,
    path: String,
}

impl<'a> Node<'a> {
    pub(super) fn root(tree: &'a Tree) -> Self {
        Self { tree, path: String::new() }
    }

    pub(super) fn fail(&self, kind: JsonErrorKind) -> JsonError {
        JsonError { path: self.path.clone(), kind }
    }

    fn unexpected(&self, expected: &'static str) -> JsonError {
        self.fail(JsonErrorKind::Unexpected { found: self.tree.describe(), expected })
    }

    fn child(&self, step: &str, tree: &'a Tree) -> Self {
        let step = quote(step).replace('~', "~0").replace('/', "~1");
        Self { tree, path: format!("{}/{step}", self.path) }
    }

    /// The entries of an object, each name once.
    pub(super) fn entries(&self) -> Read<Vec<(&'a str, Self)>> {
        let Tree::Object(entries) = self.tree else { return Err(self.unexpected("an object")) };
        let mut names = BTreeSet::new();
        entries
            .iter()
            .map(|(name, value)| {
                if !names.insert(name) {
                    return Err(self.fail(JsonErrorKind::Duplicate { name: quote(name) }));
                }
                Ok((name.as_str(), self.child(name, value)))
            })
            .collect()
    }

    /// The field of an object, unless it is missing or null.
    pub(super) fn field(&self, field: &str) -> Read<Option<Self>> {
        let entries = self.entries()?;
        let found = entries.into_iter().find(|(name, _)| *name == field);
        Ok(found.map(|(_, node)| node).filter(|node| !matches!(node.tree, Tree::Null)))
    }

    pub(super) fn required(&self, field: &'static str) -> Read<Self> {
        self.field(field)?.ok_or_else(|| self.fail(JsonErrorKind::Missing { field }))
    }

    /// The entries of a field, none where it is missing.
    pub(super) fn field_entries(&self, field: &str) -> Read<Vec<(&'a str, Self)>> {
        self.field(field)?.map_or_else(|| Ok(Vec::new()), |node| node.entries())
    }

    /// The items of a field, none where it is missing.
    pub(super) fn field_items(&self, field: &str) -> Read<Vec<Self>> {
        self.field(field)?.map_or_else(|| Ok(Vec::new()), |node| node.items())
    }

    pub(super) fn items(&self) -> Read<Vec<Self>> {
        let Tree::Array(items) = self.tree else { return Err(self.unexpected("an array")) };
        Ok(items
            .iter()
            .enumerate()
            .map(|(index, item)| self.child(&index.to_string(), item))
            .collect())
    }

    pub(super) fn text(&self) -> Read<&'a str> {
        let Tree::String(text) = self.tree else { return Err(self.unexpected("a string")) };
        Ok(text)
    }

    /// A field that is a string and not empty.
    pub(super) fn optional_text(&self, field: &str) -> Read<Option<Self>> {
        let Some(node) = self.field(field)? else { return Ok(None) };
        let present = !node.text()?.is_empty();
        Ok(present.then_some(node))
    }

    pub(super) fn name(&self, named: Named) -> Read<String> {
        self.checked(self.text()?, named)
    }

    /// A name that stands before the value.
    pub(super) fn checked(&self, name: &str, named: Named) -> Read<String> {
        if named.is_valid(name) {
            Ok(name.to_owned())
        } else {
            Err(self.fail(JsonErrorKind::Name { named }))
        }
    }
}
