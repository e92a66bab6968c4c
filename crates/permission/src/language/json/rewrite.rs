use super::super::limits::NESTING_LIMIT;
use super::super::name::Named;
use super::error::JsonErrorKind;
use super::node::{Node, Read};
use crate::model::Rewrite;

/// Reads how a relation follows. `level` counts operators, this one included.
pub(super) fn rewrite(node: &Node<'_>, level: usize) -> Read<Rewrite> {
    let entries = node.entries()?;
    let [(shape, inner)] = entries.as_slice() else {
        return Err(node.fail(JsonErrorKind::UnknownRewrite));
    };
    let is_operator = matches!(*shape, "union" | "intersection" | "difference");
    if is_operator && level > NESTING_LIMIT {
        return Err(node.fail(JsonErrorKind::TooDeep));
    }
    match *shape {
        "this" => {
            inner.entries()?;
            Ok(Rewrite::This)
        }
        "computedUserset" | "computed_userset" => {
            Ok(Rewrite::Computed { relation: object_relation(inner)? })
        }
        "tupleToUserset" | "tuple_to_userset" => Ok(Rewrite::TupleToUserset {
            tupleset: object_relation(&inner.required("tupleset")?)?,
            computed: object_relation(&computed_of(inner)?)?,
        }),
        "union" => Ok(Rewrite::Union(children(inner, level)?)),
        "intersection" => Ok(Rewrite::Intersection(children(inner, level)?)),
        "difference" => {
            let operand = |field| -> Read<_> {
                Ok(Box::new(rewrite(&inner.required(field)?, level.saturating_add(1))?))
            };
            Ok(Rewrite::Exclusion { base: operand("base")?, subtract: operand("subtract")? })
        }
        _ => Err(node.fail(JsonErrorKind::UnknownRewrite)),
    }
}

fn computed_of<'a>(node: &Node<'a>) -> Read<Node<'a>> {
    match node.field("computed_userset")? {
        Some(found) => Ok(found),
        None => node.required("computedUserset"),
    }
}

fn children(node: &Node<'_>, level: usize) -> Read<Vec<Rewrite>> {
    let children = node.required("child")?;
    let items = children.items()?;
    if items.is_empty() {
        return Err(children.fail(JsonErrorKind::NoOperands));
    }
    items.iter().map(|item| rewrite(item, level.saturating_add(1))).collect()
}

/// Reads `{"object": "", "relation": "…"}`.
fn object_relation(node: &Node<'_>) -> Read<String> {
    if let Some(object) = node.optional_text("object")? {
        return Err(object.fail(JsonErrorKind::ForeignObject));
    }
    node.required("relation")?.name(Named::Relation)
}
