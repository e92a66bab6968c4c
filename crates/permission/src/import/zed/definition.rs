//! `definition document { relation … permission … }`

use super::lexer::Kind;
use super::parser::{Defined, Parser, Used};
use super::{Finding, FindingKind, expression};
use crate::model::{Origin, Relation, Restricted, Rewrite, TypeDefinition, TypeRestriction};

pub(super) fn read(parser: &mut Parser<'_>) -> Result<(), Finding> {
    parser.advance()?;
    let (name, position) = parser.path("the name of a definition")?;
    parser.schema.defined.push((position, Defined::Type(name.clone())));
    parser.sign('{', "`{`")?;
    let mut relations = Vec::new();
    while !parser.skip('}')? {
        match parser.next().kind {
            Kind::Word("relation") => relations.push(relation(parser, &name)?),
            Kind::Word("permission") => relations.push(permission(parser, &name)?),
            Kind::Sign('@') => parser.annotation()?,
            Kind::Ellipsis => {
                let kind = FindingKind::Composed("...".to_owned());
                return Err(Finding { position: parser.next().position, kind });
            }
            _ => return Err(parser.unexpected("`relation`, `permission` or `}`")),
        }
    }
    parser.schema.types.push(TypeDefinition { name, relations, origin: Origin::default() });
    Ok(())
}

/// `relation viewer: user | group#member`
fn relation(parser: &mut Parser<'_>, of: &str) -> Result<Relation, Finding> {
    let name = named(parser, of, "the name of a relation")?;
    parser.sign(':', "`:` and the types of the relation")?;
    let mut restrictions = Vec::new();
    for restriction in types(parser)? {
        // `user | user with expiration` says the same type twice.
        if !restrictions.contains(&restriction) {
            restrictions.push(restriction);
        }
    }
    Ok(Relation { name, rewrite: Rewrite::This, restrictions, origin: Origin::default() })
}

/// `permission view = viewer + owner`
fn permission(parser: &mut Parser<'_>, of: &str) -> Result<Relation, Finding> {
    let name = named(parser, of, "the name of a permission")?;
    let position = parser.next().position;
    if parser.skip(':')? {
        types(parser)?;
        parser.note(position, FindingKind::TypesLeftOut);
    }
    parser.sign('=', "`=` and what the permission follows from")?;
    let rewrite = expression::read(parser, of)?;
    Ok(Relation { name, rewrite, restrictions: vec![], origin: Origin::default() })
}

fn named(parser: &mut Parser<'_>, of: &str, expected: &'static str) -> Result<String, Finding> {
    parser.advance()?;
    let (name, position) = parser.word(expected)?;
    let (of, name) = (of.to_owned(), name.to_owned());
    parser.schema.defined.push((position, Defined::Relation { of, name: name.clone() }));
    Ok(name)
}

fn types(parser: &mut Parser<'_>) -> Result<Vec<TypeRestriction>, Finding> {
    let mut found = vec![one_type(parser)?];
    while parser.skip('|')? {
        found.push(one_type(parser)?);
    }
    Ok(found)
}

/// `user`, `user:*`, `group#member`, each perhaps `with caveat` and `expiration`.
fn one_type(parser: &mut Parser<'_>) -> Result<TypeRestriction, Finding> {
    let (type_name, position) = parser.path("a type")?;
    parser.schema.used.push((position, Used::Type(type_name.clone())));
    let mut what = Restricted::Object;
    if parser.skip(':')? {
        parser.sign('*', "`*`")?;
        what = Restricted::Wildcard;
    } else if parser.skip('#')? {
        if parser.next().kind == Kind::Ellipsis {
            // The objects themselves.
            parser.advance()?;
        } else {
            let (relation, position) = parser.word("a relation")?;
            let (of, name) = (type_name.clone(), relation.to_owned());
            parser.schema.used.push((position, Used::Relation { of, name }));
            what = Restricted::Userset(relation.to_owned());
        }
    }
    let condition = traits(parser)?;
    Ok(TypeRestriction { type_name, what, condition })
}

fn traits(parser: &mut Parser<'_>) -> Result<Option<String>, Finding> {
    let mut condition = None;
    if parser.next().kind != Kind::Word("with") {
        return Ok(None);
    }
    loop {
        parser.advance()?;
        let (name, position) = parser.path("a caveat or `expiration`")?;
        if name == "expiration" {
            parser.note(position, FindingKind::ExpiryEverywhere);
        } else if condition.is_none() {
            parser.schema.used.push((position, Used::Caveat(name.clone())));
            condition = Some(name);
        } else {
            let found = format!("`{name}`");
            let kind = FindingKind::Unexpected { found, expected: "one caveat" };
            return Err(Finding { position, kind });
        }
        if parser.next().kind != Kind::Word("and") {
            return Ok(condition);
        }
    }
}
