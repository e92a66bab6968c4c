//! Trees are what the rules and tuples say.

use std::collections::BTreeSet;

use counterfoil_permission::expand::{
    DeepNode, DeepValue, ExpandRequest, Leaf, TreeNode, TreeValue,
};
use counterfoil_permission::tuple::{ObjectName, RelationName, Tuple};

use super::case::Case;
use super::cases::{tuples, world};
use crate::agreement::SEEDS;
use crate::naive::{Fact, Rule, permitted};

#[test]
fn trees_are_the_rules_with_their_tuples() {
    let mut users = 0;
    for seed in 0..SEEDS / 2 {
        let case = Case::new(seed);
        let facts = case.world.facts();
        let facts: Vec<&Fact> =
            facts.iter().filter(|fact| permitted(&case.world.lines, fact)).collect();
        for line in &case.world.lines {
            for object in Case::objects(line) {
                let got = expand(&case, &object, line.name);
                let expected = expected(&line.rule, &object, line.name, &facts);
                assert_eq!(got, expected, "{object}#{} {}", line.name, case.explain());
                users += got.matches("@").count();
            }
        }
    }
    assert!(users > 5_000, "{users}");
}

fn expand(case: &Case, object: &str, relation: &str) -> String {
    let (object, relation) =
        (ObjectName::parse(object).unwrap(), RelationName::parse(relation).unwrap());
    let request = ExpandRequest::new(&object, &relation).contextual(&case.contextual);
    let tree = case.snapshot.expand(&request).unwrap();
    let name = format!("{object}#{relation}");
    // The deep form, cut at every other relation, is the same.
    let deep = case.snapshot.expand_deep(&request).unwrap();
    let text = spell(&tree.root, &name);
    assert_eq!(spell_deep(&deep), text, "{}", case.explain());
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

#[test]
fn trees_have_openfgas_shape() {
    let snapshot = world(&[
        "document:1#viewer@user:a",
        "document:1#viewer@user:*",
        "document:1#viewer@group:g#member with open",
        "document:1#parent@folder:f",
    ]);
    let (object, viewer) =
        (ObjectName::parse("document:1").unwrap(), RelationName::parse("viewer").unwrap());
    let expand = |relation: &RelationName, contextual: &[Tuple]| {
        let request = ExpandRequest::new(&object, relation).contextual(contextual);
        snapshot.expand(&request).unwrap()
    };
    let contextual = tuples(&["document:1#viewer@user:new", "document:1#viewer@user:a"]);
    insta::assert_snapshot!(expand(&viewer, &contextual), @r"
    document:1#viewer
      any of
        group:g#member
        user:*
        user:a
        user:new
        document:1#owner
        from document:1#parent
          folder:f#viewer
    ");
    insta::assert_snapshot!(expand(&RelationName::parse("reader").unwrap(), &[]), @r"
    document:1#reader
      those of
        document:1#viewer
      but not of
        document:1#banned
    ");
    let banned = RelationName::parse("approver").unwrap();
    insta::assert_snapshot!(format!("{:#?}", expand(&banned, &[]).root), @r#"
    TreeNode {
        name: "document:1#approver",
        value: Intersection(
            [
                TreeNode {
                    name: "document:1#approver",
                    value: Leaf(
                        Computed(
                            "document:1#viewer",
                        ),
                    ),
                },
                TreeNode {
                    name: "document:1#approver",
                    value: Leaf(
                        Computed(
                            "document:1#owner",
                        ),
                    ),
                },
            ],
        ),
    }
    "#);
    let few = ExpandRequest::new(&object, &viewer).max(3);
    insta::assert_snapshot!(snapshot.expand(&few).unwrap_err(), @"more than 3 users: ask for the deep form, which has pages");
    assert!(snapshot.expand(&few.max(4)).is_ok());
}

#[test]
fn deep_trees_are_bounded_and_paged() {
    let snapshot = world(&[
        "document:1#owner@user:o",
        "document:1#viewer@user:a",
        "document:1#viewer@user:b",
        "document:1#viewer@group:g#member",
        "group:g#member@group:g#member",
        "group:g#member@user:c",
    ]);
    let (object, viewer) =
        (ObjectName::parse("group:g").unwrap(), RelationName::parse("member").unwrap());
    let request = ExpandRequest::new(&object, &viewer);
    insta::assert_snapshot!(snapshot.expand_deep(&request).unwrap(), @r"
    group:g#member
      group:g#member, as shown elsewhere
      user:c
    ");
    let (object, viewer) =
        (ObjectName::parse("document:1").unwrap(), RelationName::parse("viewer").unwrap());
    let request = ExpandRequest::new(&object, &viewer).max(4);
    insta::assert_snapshot!(snapshot.expand_deep(&request).unwrap(), @r"
    document:1#viewer
      any of
        group:g#member, not shown further
        user:a
        more after user:a
        document:1#owner, not shown further
        from document:1#parent
    ");
    let next = request.after("user:a");
    insta::assert_snapshot!(snapshot.expand_deep(&next).unwrap(), @r"
    document:1#viewer
      any of
        user:b
        document:1#owner, not shown further
        from document:1#parent
    ");
}
