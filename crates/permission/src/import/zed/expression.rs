//! What a permission follows from.
//!
//! Against custom `+` binds tighter than `&`, and `&` tighter than `-`: `a + b & c` is `(a + b) & c`.

use super::lexer::Kind;
use super::parser::{Parser, Used};
use super::{Finding, FindingKind};
use crate::language::NESTING_LIMIT;
use crate::model::Rewrite;

/// An expression and how deep it nests.
struct Part {
    rewrite: Rewrite,
    depth: usize,
}

/// The operators, from the loosest to the tightest.
const OPERATORS: [char; 3] = ['-', '&', '+'];

pub(super) fn read(parser: &mut Parser<'_>, of: &str) -> Result<Rewrite, Finding> {
    Ok(chain(parser, of, 0, 0)?.rewrite)
}

/// Operands with the operator of a level between them. `open` counts the parentheses around.
fn chain(parser: &mut Parser<'_>, of: &str, level: usize, open: usize) -> Result<Part, Finding> {
    let Some(&operator) = OPERATORS.get(level) else { return operand(parser, of, open) };
    let position = parser.next().position;
    let first = chain(parser, of, level.saturating_add(1), open)?;
    let mut rest = Vec::new();
    while parser.skip(operator)? {
        rest.push(chain(parser, of, level.saturating_add(1), open)?);
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let joined = if operator == '-' {
        rest.into_iter().fold(first, |base, subtract| Part {
            depth: base.depth.max(subtract.depth).saturating_add(1),
            rewrite: Rewrite::Exclusion {
                base: Box::new(base.rewrite),
                subtract: Box::new(subtract.rewrite),
            },
        })
    } else {
        let parts: Vec<Part> = std::iter::once(first).chain(rest).collect();
        let depth = parts.iter().map(|part| part.depth).max().unwrap_or(0).saturating_add(1);
        let parts = parts.into_iter().map(|part| part.rewrite).collect();
        let rewrite = match operator {
            '&' => Rewrite::Intersection(parts),
            _ => Rewrite::Union(parts),
        };
        Part { rewrite, depth }
    };
    if joined.depth > NESTING_LIMIT {
        return Err(Finding { position, kind: FindingKind::TooDeep });
    }
    Ok(joined)
}

/// A name, an arrow, or something in parentheses.
fn operand(parser: &mut Parser<'_>, of: &str, open: usize) -> Result<Part, Finding> {
    let position = parser.next().position;
    if parser.skip('(')? {
        if open >= NESTING_LIMIT {
            return Err(Finding { position, kind: FindingKind::TooDeep });
        }
        let part = chain(parser, of, 0, open.saturating_add(1))?;
        parser.sign(')', "an operator or `)`")?;
        no_arrow(parser)?;
        return Ok(part);
    }
    let (name, position) = parser.word("a relation, a permission or `(`")?;
    match name {
        "nil" => return Err(Finding { position, kind: FindingKind::Nil }),
        "self" => return Err(Finding { position, kind: FindingKind::Itself }),
        _ => {}
    }
    let of = of.to_owned();
    let rewrite = match target(parser)? {
        Some(computed) => {
            let tupleset = name.to_owned();
            parser.schema.used.push((position, Used::Tupleset { of, name: tupleset.clone() }));
            no_arrow(parser)?;
            Rewrite::TupleToUserset { tupleset, computed }
        }
        None => {
            let relation = name.to_owned();
            parser.schema.used.push((position, Used::Relation { of, name: relation.clone() }));
            Rewrite::Computed { relation }
        }
    };
    // A single relation nests as deep as it is counted in a model: not at all.
    Ok(Part { rewrite, depth: 0 })
}

/// What an arrow leads to: `->view` or `.any(view)`.
fn target(parser: &mut Parser<'_>) -> Result<Option<String>, Finding> {
    if parser.next().kind == Kind::Arrow {
        let position = parser.advance()?.position;
        if parser.next().kind == Kind::Sign('(') {
            return Err(Finding { position, kind: FindingKind::ChainedArrow });
        }
        return arrowed(parser).map(Some);
    }
    if !parser.skip('.')? {
        return Ok(None);
    }
    let (function, position) = parser.word("`any`")?;
    match function {
        "any" => {}
        "all" => return Err(Finding { position, kind: FindingKind::AllArrow }),
        _ => {
            let found = format!("`{function}`");
            let kind = FindingKind::Unexpected { found, expected: "`any`" };
            return Err(Finding { position, kind });
        }
    }
    parser.sign('(', "`(`")?;
    let computed = arrowed(parser)?;
    parser.sign(')', "`)`")?;
    Ok(Some(computed))
}

/// The name an arrow leads to.
fn arrowed(parser: &mut Parser<'_>) -> Result<String, Finding> {
    let (name, position) = parser.word("a relation or a permission")?;
    let name = name.to_owned();
    parser.schema.used.push((position, Used::Arrowed(name.clone())));
    Ok(name)
}

fn no_arrow(parser: &Parser<'_>) -> Result<(), Finding> {
    let next = parser.next();
    match next.kind {
        Kind::Arrow | Kind::Sign('.') => {
            Err(Finding { position: next.position, kind: FindingKind::ChainedArrow })
        }
        _ => Ok(()),
    }
}
