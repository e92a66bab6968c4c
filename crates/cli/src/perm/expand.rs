//! `counterfoil perm expand`: how a relation of an object comes about, one level deep.

use clap::Args;
use serde_json::{Value, json};

use super::{
    api::{list, text},
    output::OutputArgs,
    source::{AlongArgs, Source, SourceArgs},
};
use crate::{client::Output, failure::Failure, say};

/// `counterfoil perm expand`.
#[derive(Args, Debug)]
pub(super) struct ExpandArgs {
    /// The relation.
    relation: String,
    /// The object: `document:budget`.
    object: String,
    #[command(flatten)]
    along: AlongArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    source: SourceArgs,
}

pub(super) async fn run(args: &ExpandArgs) -> Result<(), Failure> {
    let Source::Server(asked) = args.source.open().await? else {
        return Err(Failure::usage("files can't be expanded yet: ask a server"));
    };
    let key = json!({ "relation": args.relation, "object": args.object });
    let request = args.along.request(&asked, json!({ "tuple_key": key }))?;
    let answer = asked.store.post("/expand", &request).await?;
    match args.output.chosen() {
        Output::Json => say::line(&answer.to_string()),
        Output::Human => {
            let root = answer.get("tree").and_then(|tree| tree.get("root"));
            node(root.unwrap_or(&Value::Null), "", 0);
        }
    }
    Ok(())
}

/// How deep a tree is told: what a model can nest, and a little more.
const DEPTH_MAX: usize = 64;

fn node(node: &Value, before: &str, depth: usize) {
    if depth > DEPTH_MAX {
        return;
    }
    let at = "  ".repeat(depth);
    let told = |what: &str| say::foreign(&format!("{at}{before}{what}"));
    let inner = |children: &[Value]| {
        children.iter().for_each(|child| self::node(child, "", depth.saturating_add(1)));
    };
    if let Some(leaf) = node.get("leaf") {
        told(&in_leaf(leaf));
    } else if let Some(union) = node.get("union") {
        told(&format!("{}: any of", text(node, "name")));
        inner(list(union, "nodes"));
    } else if let Some(intersection) = node.get("intersection") {
        told(&format!("{}: all of", text(node, "name")));
        inner(list(intersection, "nodes"));
    } else if let Some(difference) = node.get("difference") {
        told(text(node, "name"));
        let part = |name: &str| difference.get(name).unwrap_or(&Value::Null);
        self::node(part("base"), "", depth.saturating_add(1));
        self::node(part("subtract"), "but not ", depth.saturating_add(1));
    }
}

fn in_leaf(leaf: &Value) -> String {
    if let Some(users) = leaf.get("users") {
        let names: Vec<&str> = list(users, "users").iter().filter_map(Value::as_str).collect();
        return match names.is_empty() {
            true => "nobody directly".to_owned(),
            false => names.join(", "),
        };
    }
    if let Some(computed) = leaf.get("computed") {
        return format!("all of {}", text(computed, "userset"));
    }
    let through = leaf.get("tupleToUserset").or_else(|| leaf.get("tuple_to_userset"));
    let through = through.unwrap_or(&Value::Null);
    let names = list(through, "computed").iter().map(|computed| text(computed, "userset"));
    let names: Vec<&str> = names.collect();
    let names = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    format!("all of {names} (by {})", text(through, "tupleset"))
}
