use std::collections::BTreeSet;

use super::super::error::SyntaxErrorKind;
use super::super::lexer::TokenKind;
use super::super::module::Extension;
use super::super::name::Named;
use super::{Parsed, Parser};
use crate::model::{Condition, Origin, Relation, SchemaVersion, TypeDefinition};

/// What stands below the header of a file.
#[derive(Default)]
pub(super) struct Items {
    pub(super) types: Vec<TypeDefinition>,
    pub(super) extensions: Vec<Extension>,
    pub(super) conditions: Vec<Condition>,
}

/// The names already given in a file.
#[derive(Default)]
struct Names {
    types: BTreeSet<String>,
    extensions: BTreeSet<String>,
    conditions: BTreeSet<String>,
}

impl Parser<'_> {
    pub(super) fn model_header(&mut self) -> Parsed<SchemaVersion> {
        self.skip_line_ends();
        if self.at_word("module") {
            return Err(self.unexpected("`model`", "a module is read together with its others"));
        }
        if !self.take_word("model") {
            return Err(self.unexpected("`model`", "begin with `model` and `schema 1.1` below it"));
        }
        self.end_of_line()?;
        if !self.take_word("schema") {
            return Err(self.unexpected("`schema`", "write `schema 1.1` below `model`"));
        }
        let TokenKind::Word(version) = self.token.kind else {
            return Err(self.unexpected("a schema version", "write `schema 1.1`"));
        };
        let Some(schema) = SchemaVersion::parse(version) else {
            let found = self.token.kind.describe();
            return Err(self.fail(SyntaxErrorKind::UnknownSchema { found }));
        };
        self.advance();
        self.end_of_line()?;
        Ok(schema)
    }

    pub(super) fn module_header(&mut self) -> Parsed<String> {
        self.skip_line_ends();
        if !self.take_word("module") {
            return Err(self.unexpected("`module`", "begin with `module` and its name"));
        }
        let name = self.name(Named::Module)?;
        self.end_of_line()?;
        Ok(name)
    }

    /// Reads to the end of the text; `origin` is where a module comes from.
    pub(super) fn items(&mut self, origin: Option<&Origin>) -> Items {
        let mut items = Items::default();
        let mut names = Names::default();
        loop {
            self.skip_line_ends();
            if self.token.kind == TokenKind::End || self.gives_up() {
                return items;
            }
            if let Err(error) = self.item(origin, &mut items, &mut names) {
                self.recover(error);
                // What stands below a broken header is looked at all the same, for its errors.
                self.definitions("");
            }
        }
    }

    fn item(
        &mut self,
        origin: Option<&Origin>,
        items: &mut Items,
        names: &mut Names,
    ) -> Parsed<()> {
        if self.at_word("condition") {
            let condition = self.condition(&mut names.conditions, origin)?;
            items.conditions.push(condition);
            return Ok(());
        }
        if self.at_word("type") || self.at_word("extend") {
            if !names.conditions.is_empty() {
                let error = self.fail(SyntaxErrorKind::TypeAfterCondition);
                self.errors.push(error);
            }
            return self.type_or_extension(origin, items, names);
        }
        let error =
            self.unexpected("`type` or `condition`", "begin each with one of them, on a new line");
        self.advance();
        Err(error)
    }

    fn type_or_extension(
        &mut self,
        origin: Option<&Origin>,
        items: &mut Items,
        names: &mut Names,
    ) -> Parsed<()> {
        let extend = self.token;
        let extends = self.take_word("extend");
        if extends && origin.is_none() {
            let kind = SyntaxErrorKind::ExtendOutsideModule;
            self.errors.push(super::SyntaxError { position: extend.position, kind });
        }
        if !self.take_word("type") {
            return Err(self.unexpected("`type`", "write `extend type` and the name"));
        }
        let position = self.token.position;
        let name = self.name(Named::Type)?;
        let given = if extends { &mut names.extensions } else { &mut names.types };
        if !given.insert(name.clone()) {
            let kind = SyntaxErrorKind::Duplicate { named: Named::Type, name: name.clone() };
            self.errors.push(super::SyntaxError { position, kind });
        }
        if !extends {
            self.positions.keep_type(&name, position);
        }
        self.end_of_line()?;
        let relations = self.relations(&name);
        if extends {
            items.extensions.push(Extension {
                type_name: name,
                relations,
                origin: origin.cloned().unwrap_or_default(),
            });
        } else {
            let origin = origin.cloned().unwrap_or_default();
            items.types.push(TypeDefinition { name, relations, origin });
        }
        Ok(())
    }

    fn relations(&mut self, of: &str) -> Vec<Relation> {
        self.skip_line_ends();
        if !self.take_word("relations") {
            return Vec::new();
        }
        if let Err(error) = self.end_of_line() {
            self.recover(error);
        } else if !self.at_word("define") {
            let error = self.unexpected("`define`", "define a relation, or remove `relations`");
            self.recover(error);
        }
        self.definitions(of)
    }

    fn definitions(&mut self, of: &str) -> Vec<Relation> {
        let mut relations = Vec::new();
        let mut names = BTreeSet::new();
        while self.at_word("define") && !self.gives_up() {
            match self.relation(of, &mut names) {
                Ok(relation) => relations.push(relation),
                Err(error) => self.recover(error),
            }
            self.skip_line_ends();
        }
        relations
    }

    fn relation(&mut self, of: &str, names: &mut BTreeSet<String>) -> Parsed<Relation> {
        self.advance();
        let position = self.token.position;
        let name = self.name(Named::Relation)?;
        self.positions.keep_relation(of, &name, position);
        if !names.insert(name.clone()) {
            let kind = SyntaxErrorKind::Duplicate { named: Named::Relation, name: name.clone() };
            self.errors.push(super::SyntaxError { position, kind });
        }
        if !self.take_sign(':') {
            return Err(self.unexpected("`:`", "put it between the name and what it means"));
        }
        let (rewrite, restrictions) = self.rewrite()?;
        self.end_of_line()?;
        Ok(Relation { name, rewrite, restrictions, origin: Origin::default() })
    }
}
