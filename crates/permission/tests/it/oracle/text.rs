//! A world as JSON that both engines read. Written here and not by the engine's own printer.

use serde_json::{Map, Value, json};

use super::sheet::Sheet;
use crate::naive::{Fact, Line, Rule, permitted};
use crate::worlds::World;

/// The context of every question about a world: what `open` and `closed` need, and often what
/// `later` needs.
pub(crate) fn context(seed: u64) -> Value {
    match seed % 4 {
        0 => json!({ "level": 5 }),
        1 => json!({ "level": 5, "now": 1 }),
        _ => json!({ "level": 5, "now": 5 }),
    }
}

/// The world without the tuples that do not count because their condition is false, or can't be
/// decided: what is so whether they count or not is so without them.
pub(crate) fn without_false(world: &World, seed: u64) -> World {
    let counts = |fact: &&Fact| match fact.condition {
        Some("closed") => false,
        Some("later") => seed % 4 > 1,
        _ => true,
    };
    let those = |facts: &[Fact]| facts.iter().filter(counts).cloned().collect();
    World {
        lines: world.lines.clone(),
        stored: those(&world.stored),
        contextual: those(&world.contextual),
        ..World::default()
    }
}

/// Whether questions about the world may lack what a condition needs.
pub(crate) fn may_lack(world: &World, seed: u64) -> bool {
    let later = |fact: &Fact| fact.condition == Some("later");
    seed.is_multiple_of(4) && (world.stored.iter().any(later) || world.contextual.iter().any(later))
}

/// The context that a tuple fixes for its condition.
fn fixed(condition: &str) -> Value {
    match condition {
        "open" => json!({ "least": 3 }),
        "closed" => json!({ "least": 9, "level": 7 }),
        _ => json!({}),
    }
}

pub(crate) fn model(world: &World) -> Value {
    let types = ["user", "group", "folder", "document"].map(|name| {
        let lines = || world.lines.iter().filter(|line| line.of == name);
        let relations: Map<String, Value> =
            lines().map(|line| (line.name.to_owned(), rule(&line.rule))).collect();
        let allowed: Map<String, Value> =
            lines().map(|line| (line.name.to_owned(), restrictions(line))).collect();
        json!({ "type": name, "relations": relations, "metadata": { "relations": allowed } })
    });
    let int = json!({ "type_name": "TYPE_NAME_INT" });
    let least = json!({ "level": int, "least": int });
    json!({
        "schema_version": "1.1",
        "type_definitions": types,
        "conditions": {
            "open": { "name": "open", "expression": "level >= least", "parameters": least },
            "closed": { "name": "closed", "expression": "level >= least", "parameters": least },
            "later": { "name": "later", "expression": "now > 3", "parameters": { "now": int } },
        },
    })
}

fn restrictions(line: &Line) -> Value {
    let each = |text: &String| {
        let (text, condition) = match text.split_once(" with ") {
            Some((text, condition)) => (text, Some(condition)),
            None => (text.as_str(), None),
        };
        let mut one = match (text.split_once('#'), text.strip_suffix(":*")) {
            (Some((of, relation)), _) => json!({ "type": of, "relation": relation }),
            (None, Some(of)) => json!({ "type": of, "wildcard": {} }),
            (None, None) => json!({ "type": text }),
        };
        if let Some(condition) = condition {
            one["condition"] = json!(condition);
        }
        one
    };
    let all: Vec<Value> = line.allowed.iter().map(each).collect();
    json!({ "directly_related_user_types": all })
}

fn rule(of: &Rule) -> Value {
    let each = |rules: &[Rule]| json!({ "child": rules.iter().map(rule).collect::<Vec<_>>() });
    match of {
        Rule::Own => json!({ "this": {} }),
        Rule::Same(relation) => json!({ "computedUserset": { "relation": relation } }),
        Rule::Via { link, relation } => json!({
            "tupleToUserset": {
                "tupleset": { "relation": link },
                "computedUserset": { "relation": relation },
            },
        }),
        Rule::Any(rules) => json!({ "union": each(rules) }),
        Rule::All(rules) => json!({ "intersection": each(rules) }),
        Rule::Without(base, out) => {
            json!({ "difference": { "base": rule(base), "subtract": rule(out) } })
        }
    }
}

/// A tuple as OpenFGA spells it.
pub(crate) fn tuple(fact: &Fact) -> Value {
    let mut tuple = json!({ "user": fact.user, "relation": fact.relation, "object": fact.object });
    if let Some(name) = fact.condition {
        tuple["condition"] = json!({ "name": name, "context": fixed(name) });
    }
    tuple
}

/// Those that other engines do not refuse to write: the model allows them, and they do not say that
/// `group:1#member` has `member` on `group:1`.
pub(crate) fn tuples(world: &World, facts: &[Fact]) -> Vec<Value> {
    let writable = |fact: &&Fact| {
        permitted(&world.lines, fact) && fact.user != format!("{}#{}", fact.object, fact.relation)
    };
    facts.iter().filter(writable).map(tuple).collect()
}

/// The whole as a test file of the `fga` program. What it expects does not matter.
pub(crate) fn test_file(world: &World, sheet: &Sheet, seed: u64, name: &str) -> Value {
    let context = context(seed);
    let checks = sheet.checks.iter().map(|check| {
        let dummy = json!({ check.relation.as_str(): false });
        json!({ "user": check.user, "object": check.object, "context": context, "assertions": dummy })
    });
    let objects = sheet.objects.iter().map(|list| {
        let dummy = json!({ list.relation.as_str(): [] });
        json!({ "user": list.user, "type": list.of, "context": context, "assertions": dummy })
    });
    let users = sheet.users.iter().map(|list| {
        let filter = match list.filter.split_once('#') {
            Some((of, relation)) => json!({ "type": of, "relation": relation }),
            None => json!({ "type": list.filter }),
        };
        let dummy = json!({ list.relation.as_str(): { "users": [] } });
        json!({
            "object": list.object,
            "user_filter": [filter],
            "context": context,
            "assertions": dummy,
        })
    });
    let test = json!({
        "name": name,
        "tuples": tuples(world, &world.contextual),
        "check": checks.collect::<Vec<_>>(),
        "list_objects": objects.collect::<Vec<_>>(),
        "list_users": users.collect::<Vec<_>>(),
    });
    json!({
        "model_file": format!("{name}.json"),
        "tuples": tuples(world, &world.stored),
        "tests": [test],
    })
}
