use super::super::error::SyntaxErrorKind;
use super::super::lexer::TokenKind;
use super::super::limits::NESTING_LIMIT;
use super::super::name::{Named, is_hidden_condition};
use super::{Parsed, Parser};
use crate::model::{Restricted, Rewrite, TypeRestriction};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    ButNot,
}

impl Operator {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::ButNot => "but not",
        }
    }
}

impl Parser<'_> {
    /// Reads what stands behind `define name:`.
    pub(super) fn rewrite(&mut self) -> Parsed<(Rewrite, Vec<TypeRestriction>)> {
        let mut restrictions = Vec::new();
        let rewrite = self.expression(Some(&mut restrictions), 1)?;
        Ok((rewrite, restrictions))
    }

    /// Reads operands of one kind of operator. `direct` takes the types in brackets, where they
    /// may stand.
    fn expression(
        &mut self,
        direct: Option<&mut Vec<TypeRestriction>>,
        level: usize,
    ) -> Parsed<Rewrite> {
        let first = self.operand(direct, level)?;
        let Some(operator) = self.operator() else { return Ok(first) };
        let mut operands = Vec::new();
        while let Some(next) = self.operator() {
            if next != operator {
                let (first, second) = (operator.as_str(), next.as_str());
                return Err(self.fail(SyntaxErrorKind::MixedOperators { first, second }));
            }
            if operator == Operator::ButNot && !operands.is_empty() {
                return Err(self.fail(SyntaxErrorKind::ChainedExclusion));
            }
            self.advance();
            if operator == Operator::ButNot && !self.take_word("not") {
                return Err(self.unexpected("`not`", "write `but not`"));
            }
            operands.push(self.operand(None, level)?);
        }
        Ok(match operator {
            Operator::Or => Rewrite::Union(joined(first, operands)),
            Operator::And => Rewrite::Intersection(joined(first, operands)),
            Operator::ButNot => match operands.pop() {
                Some(subtract) => {
                    Rewrite::Exclusion { base: Box::new(first), subtract: Box::new(subtract) }
                }
                None => first,
            },
        })
    }

    fn operator(&self) -> Option<Operator> {
        match self.token.kind {
            TokenKind::Word("or") => Some(Operator::Or),
            TokenKind::Word("and") => Some(Operator::And),
            TokenKind::Word("but") => Some(Operator::ButNot),
            _ => None,
        }
    }

    fn operand(
        &mut self,
        direct: Option<&mut Vec<TypeRestriction>>,
        level: usize,
    ) -> Parsed<Rewrite> {
        if self.at_sign('[') {
            let Some(restrictions) = direct else {
                return Err(self.fail(SyntaxErrorKind::DirectNotFirst));
            };
            *restrictions = self.restrictions()?;
            return Ok(Rewrite::This);
        }
        if self.at_sign('(') {
            if level >= NESTING_LIMIT {
                return Err(self.fail(SyntaxErrorKind::TooDeep));
            }
            self.advance();
            let inner = self.expression(direct, level.saturating_add(1))?;
            if !self.take_sign(')') {
                return Err(self.unexpected("an operator or `)`", "close the parenthesis"));
            }
            return Ok(inner);
        }
        if !matches!(self.token.kind, TokenKind::Word(_)) {
            return Err(self.unexpected(
                "a relation, `(` or types in brackets",
                "keep a relation on one line, with something on both sides of an operator",
            ));
        }
        let relation = self.name(Named::Relation)?;
        if !self.take_word("from") {
            return Ok(Rewrite::Computed { relation });
        }
        let tupleset = self.name(Named::Relation)?;
        Ok(Rewrite::TupleToUserset { tupleset, computed: relation })
    }

    /// Reads `[user, user:*, group#member, user with condition]`, over several lines at will.
    fn restrictions(&mut self) -> Parsed<Vec<TypeRestriction>> {
        self.advance();
        let mut restrictions = Vec::new();
        loop {
            self.skip_line_ends();
            restrictions.push(self.restriction()?);
            self.skip_line_ends();
            if self.take_sign(']') {
                return Ok(restrictions);
            }
            if !self.take_sign(',') {
                return Err(
                    self.unexpected("`,` or `]`", "separate types by `,` and close them with `]`")
                );
            }
        }
    }

    fn restriction(&mut self) -> Parsed<TypeRestriction> {
        let type_name = self.name(Named::Type)?;
        let what = if self.take_sign('#') {
            Restricted::Userset(self.name(Named::Relation)?)
        } else if self.take_sign(':') {
            if !self.take_sign('*') {
                return Err(self.unexpected("`*`", "only `:*`, everybody, may follow a type"));
            }
            Restricted::Wildcard
        } else {
            Restricted::Object
        };
        let condition =
            if self.take_word("with") { Some(self.condition_reference()?) } else { None };
        Ok(TypeRestriction { type_name, what, condition })
    }

    fn condition_reference(&mut self) -> Parsed<String> {
        match self.token.kind {
            TokenKind::Word(word) if is_hidden_condition(word) => {
                let (word, named) = (word.to_owned(), Named::Condition);
                Err(self.fail(SyntaxErrorKind::Reserved { word, named }))
            }
            _ => self.name(Named::Condition),
        }
    }
}

fn joined(first: Rewrite, mut others: Vec<Rewrite>) -> Vec<Rewrite> {
    others.insert(0, first);
    others
}
