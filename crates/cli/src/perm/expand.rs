//! `counterfoil perm expand`: how a relation of an object comes about, one level deep.

use clap::Args;
use counterfoil_permission::expand::{Leaf, TreeNode, TreeValue, UsersetTree};
use serde_json::{Value, json};

use super::{
    api::{list, text},
    ask::AskArgs,
    source::Source,
};
use crate::{client::Output, failure::Failure, say};

/// How deep a server's tree is read: deeper than a model nests.
const DEPTH_MAX: usize = 64;

/// `counterfoil perm expand`.
#[derive(Args, Debug)]
pub(super) struct ExpandArgs {
    /// The relation.
    relation: String,
    /// The object: `document:budget`.
    object: String,
    #[command(flatten)]
    ask: AskArgs,
}

pub(super) async fn run(args: &ExpandArgs) -> Result<(), Failure> {
    let (tree, answer) = match args.ask.open().await? {
        Source::Files(world) => {
            let tree = world.expand(&args.relation, &args.object, &args.ask.world()?)?;
            let answer = json!({ "tree": { "root": written(&tree.root) } });
            (tree, answer)
        }
        Source::Server(asked) => {
            let key = json!({ "relation": args.relation, "object": args.object });
            let request = args.ask.request(&asked, json!({ "tuple_key": key }))?;
            let answer = asked.store.post("/expand", &request).await?;
            let root = answer.get("tree").and_then(|tree| tree.get("root"));
            let root = root.and_then(|root| read(root, 0)).ok_or_else(|| {
                Failure::failed("the server answers with a tree of another shape")
            })?;
            (UsersetTree { root }, answer)
        }
    };
    match args.ask.output() {
        Output::Json => say::line(&answer.to_string()),
        Output::Human => tree.to_string().lines().for_each(say::foreign),
    }
    Ok(())
}

/// A node as OpenFGA's API writes it.
fn written(node: &TreeNode) -> Value {
    let userset = |name: &String| json!({ "userset": name });
    let nodes = |nodes: &[TreeNode]| nodes.iter().map(written).collect::<Vec<_>>();
    let (kind, value) = match &node.value {
        TreeValue::Leaf(Leaf::Users(users)) => ("leaf", json!({ "users": { "users": users } })),
        TreeValue::Leaf(Leaf::Computed(of)) => ("leaf", json!({ "computed": userset(of) })),
        TreeValue::Leaf(Leaf::TupleToUserset { tupleset, computed }) => {
            let computed: Vec<Value> = computed.iter().map(userset).collect();
            let through = json!({ "tupleset": tupleset, "computed": computed });
            ("leaf", json!({ "tupleToUserset": through }))
        }
        TreeValue::Union(of) => ("union", json!({ "nodes": nodes(of) })),
        TreeValue::Intersection(of) => ("intersection", json!({ "nodes": nodes(of) })),
        TreeValue::Difference { base, subtract } => {
            ("difference", json!({ "base": written(base), "subtract": written(subtract) }))
        }
    };
    json!({ "name": node.name, kind: value })
}

/// Reads a node as OpenFGA's API writes it.
fn read(node: &Value, depth: usize) -> Option<TreeNode> {
    if depth > DEPTH_MAX {
        return None;
    }
    let below = |node: &Value| read(node, depth.saturating_add(1));
    let nodes = |of: &Value| list(of, "nodes").iter().map(below).collect::<Option<Vec<_>>>();
    let value = if let Some(leaf) = node.get("leaf") {
        TreeValue::Leaf(read_leaf(leaf)?)
    } else if let Some(union) = node.get("union") {
        TreeValue::Union(nodes(union)?)
    } else if let Some(intersection) = node.get("intersection") {
        TreeValue::Intersection(nodes(intersection)?)
    } else {
        let difference = node.get("difference")?;
        let base = Box::new(below(difference.get("base")?)?);
        TreeValue::Difference { base, subtract: Box::new(below(difference.get("subtract")?)?) }
    };
    Some(TreeNode { name: text(node, "name").to_owned(), value })
}

fn read_leaf(leaf: &Value) -> Option<Leaf> {
    if let Some(users) = leaf.get("users") {
        let names = list(users, "users").iter().filter_map(Value::as_str).map(str::to_owned);
        return Some(Leaf::Users(names.collect()));
    }
    if let Some(computed) = leaf.get("computed") {
        return Some(Leaf::Computed(text(computed, "userset").to_owned()));
    }
    let through = leaf.get("tupleToUserset").or_else(|| leaf.get("tuple_to_userset"))?;
    let computed = list(through, "computed").iter().map(|of| text(of, "userset").to_owned());
    let tupleset = text(through, "tupleset").to_owned();
    Some(Leaf::TupleToUserset { tupleset, computed: computed.collect() })
}
