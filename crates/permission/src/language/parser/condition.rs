use std::collections::BTreeSet;

use super::super::error::{SyntaxError, SyntaxErrorKind};
use super::super::expression;
use super::super::lexer::TokenKind;
use super::super::limits::NESTING_LIMIT;
use super::super::name::Named;
use super::{Parsed, Parser};
use crate::model::{Condition, Origin, ParameterType};

impl Parser<'_> {
    /// Reads `condition name(parameter: type) { expression }`.
    pub(super) fn condition(
        &mut self,
        names: &mut BTreeSet<String>,
        origin: Option<&Origin>,
    ) -> Parsed<Condition> {
        self.advance();
        let position = self.token.position;
        let name = self.name(Named::Condition)?;
        if !names.insert(name.clone()) {
            let kind = SyntaxErrorKind::Duplicate { named: Named::Condition, name: name.clone() };
            self.errors.push(SyntaxError { position, kind });
        }
        let parameters = self.parameters()?;
        self.skip_line_ends();
        if !self.at_sign('{') {
            return Err(self.unexpected("`{`", "put the expression in braces"));
        }
        let begin = self.token.position;
        let expression = expression::read(&mut self.cursor, begin);
        self.advance();
        let (expression, first) = expression?;
        self.positions.keep_condition(&name, position, first);
        self.end_of_line()?;
        Ok(Condition { name, parameters, expression, origin: origin.cloned().unwrap_or_default() })
    }

    fn parameters(&mut self) -> Parsed<Vec<(String, ParameterType)>> {
        if !self.take_sign('(') {
            return Err(self.unexpected("`(`", "name the parameters in parentheses"));
        }
        let mut parameters = Vec::new();
        let mut names = BTreeSet::new();
        self.skip_line_ends();
        if self.take_sign(')') {
            return Ok(parameters);
        }
        loop {
            self.skip_line_ends();
            let position = self.token.position;
            let name = self.name(Named::Parameter)?;
            if !names.insert(name.clone()) {
                let kind =
                    SyntaxErrorKind::Duplicate { named: Named::Parameter, name: name.clone() };
                self.errors.push(SyntaxError { position, kind });
            }
            if !self.take_sign(':') {
                return Err(self.unexpected("`:`", "write the parameter as `name: type`"));
            }
            parameters.push((name, self.parameter_type(1)?));
            self.skip_line_ends();
            if self.take_sign(')') {
                return Ok(parameters);
            }
            if !self.take_sign(',') {
                return Err(self.unexpected(
                    "`,` or `)`",
                    "separate parameters by `,` and close them with `)`",
                ));
            }
        }
    }

    fn parameter_type(&mut self, level: usize) -> Parsed<ParameterType> {
        let TokenKind::Word(word) = self.token.kind else {
            return Err(self.unexpected("the type of the parameter", "write `name: type`"));
        };
        if level > NESTING_LIMIT {
            return Err(self.fail(SyntaxErrorKind::TooDeep));
        }
        let container: fn(Box<ParameterType>) -> ParameterType = match word {
            "list" => ParameterType::List,
            "map" => ParameterType::Map,
            _ => {
                let Some(found) = ParameterType::scalar(word) else {
                    let found = self.token.kind.describe();
                    return Err(self.fail(SyntaxErrorKind::UnknownParameterType { found }));
                };
                self.advance();
                return Ok(found);
            }
        };
        self.advance();
        if !self.take_sign('<') {
            return Err(self.unexpected("`<`", "say what it holds, as in `list<string>`"));
        }
        let inner = self.parameter_type(level.saturating_add(1))?;
        if !self.take_sign('>') {
            return Err(self.unexpected("`>`", "close the type, as in `list<string>`"));
        }
        Ok(container(Box::new(inner)))
    }
}
