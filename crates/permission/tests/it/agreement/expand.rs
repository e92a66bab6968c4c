//! Trees are what the rules and tuples say.

use std::collections::BTreeSet;

use counterfoil_permission::expand::{
    DeepNode, DeepValue, ExpandRequest, Leaf, TreeNode, TreeValue,
};
use counterfoil_permission::tuple::{ObjectName, RelationName};

use super::Seen;
use super::case::{Case, NOW};
use crate::naive::{Fact, Rule, permitted};

pub(super) fn agree(case: &Case, seen: &mut Seen) {
    let facts = case.world.facts();
    let facts: Vec<&Fact> =
        facts.iter().filter(|fact| permitted(&case.world.lines, fact)).collect();
    for line in &case.world.lines {
        for object in Case::objects(line) {
            let got = expand(case, &object, line.name);
            let expected = expected(&line.rule, &object, line.name, &facts);
            let told = || format!("seed {}: expand {object}#{}", case.seed, line.name);
            assert_eq!(got, expected, "{}\n{}", told(), case.tell());
            seen.count("expanded users", got.matches('"').count() / 2);
        }
    }
}

fn expand(case: &Case, object: &str, relation: &str) -> String {
    let (object, relation) =
        (ObjectName::parse(object).unwrap(), RelationName::parse(relation).unwrap());
    let request = ExpandRequest::new(&object, &relation).contextual(&case.contextual).now(NOW);
    let tree = case.snapshot.expand(&request).unwrap();
    let name = format!("{object}#{relation}");
    // The deep form, cut at every other relation, is the same.
    let deep = case.snapshot.expand_deep(&request).unwrap();
    let text = spell(&tree.root, &name);
    assert_eq!(spell_deep(&deep), text, "seed {}: deep {name}\n{}", case.seed, case.tell());
    text
}

fn spell(node: &TreeNode, name: &str) -> String {
    assert_eq!(node.name, name);
    let all = |nodes: &[TreeNode]| {
        nodes.iter().map(|node| spell(node, name)).collect::<Vec<_>>().join(", ")
    };
    match &node.value {
        TreeValue::Leaf(Leaf::Users(users)) => format!("@{users:?}"),
        TreeValue::Leaf(Leaf::Computed(other)) => other.clone(),
        TreeValue::Leaf(Leaf::TupleToUserset { tupleset, computed }) => {
            format!("{computed:?} from {tupleset}")
        }
        TreeValue::Union(nodes) => format!("any({})", all(nodes)),
        TreeValue::Intersection(nodes) => format!("all({})", all(nodes)),
        TreeValue::Difference { base, subtract } => {
            format!("{} but not {}", spell(base, name), spell(subtract, name))
        }
    }
}

fn spell_deep(node: &DeepNode) -> String {
    let all = |nodes: &[DeepNode]| nodes.iter().map(spell_deep).collect::<Vec<_>>().join(", ");
    match &node.value {
        DeepValue::Users { users, more: None } => {
            for user in users {
                let name = user.below.as_ref().map(|below| below.name.as_str());
                assert!(name.is_none_or(|name| name == user.user));
                assert_eq!(name.is_some(), user.user.contains('#'));
            }
            format!("@{:?}", users.iter().map(|user| &user.user).collect::<Vec<_>>())
        }
        DeepValue::Computed(below) => below.name.clone(),
        DeepValue::TupleToUserset { tupleset, nodes, more: None } => {
            let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
            format!("{names:?} from {tupleset}")
        }
        DeepValue::Union(nodes) => format!("any({})", all(nodes)),
        DeepValue::Intersection(nodes) => format!("all({})", all(nodes)),
        DeepValue::Difference { base, subtract } => {
            format!("{} but not {}", spell_deep(base), spell_deep(subtract))
        }
        cut => panic!("{cut:?}"),
    }
}

fn expected(rule: &Rule, object: &str, name: &str, facts: &[&Fact]) -> String {
    let all = |rules: &[Rule]| {
        let rules = rules.iter().map(|rule| expected(rule, object, name, facts));
        rules.collect::<Vec<_>>().join(", ")
    };
    let of = |relation: &str| {
        let facts = facts.iter().filter(|fact| fact.object == object && fact.relation == relation);
        facts.map(|fact| fact.user.clone()).collect::<BTreeSet<_>>()
    };
    match rule {
        Rule::Own => format!("@{:?}", of(name).into_iter().collect::<Vec<_>>()),
        Rule::Same(other) => format!("{object}#{other}"),
        Rule::Via { link, relation } => {
            let linked = of(link).into_iter().map(|user| format!("{user}#{relation}"));
            format!("{:?} from {object}#{link}", linked.collect::<Vec<_>>())
        }
        Rule::Any(rules) => format!("any({})", all(rules)),
        Rule::All(rules) => format!("all({})", all(rules)),
        Rule::Without(base, out) => {
            format!(
                "{} but not {}",
                expected(base, object, name, facts),
                expected(out, object, name, facts)
            )
        }
    }
}
