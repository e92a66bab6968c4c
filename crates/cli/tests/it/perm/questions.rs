//! Questions that are answered from files.

use super::Files;

const WORLD: &str = r#"name: Orders
model: |
  model
    schema 1.1
  type user
  type group
    relations
      define member: [user, group#member]
  type order
    relations
      define blocked: [user]
      define viewer: [user, user:*, user with hours, group#member]
      define read: viewer but not blocked
  condition hours(now: int) {
    now >= 9 && now < 17
  }
tuples:
  - {user: "user:anne", relation: member, object: "group:eng"}
  - {user: "group:eng#member", relation: viewer, object: "order:1"}
  - {user: "user:*", relation: viewer, object: "order:2"}
  - {user: "user:anne", relation: blocked, object: "order:2"}
  - {user: "user:bob", relation: viewer, object: "order:1", condition: {name: hours}}
"#;

fn ask(args: &[&str]) -> String {
    let files = Files::new(&[("orders.fga.yaml", WORLD)]);
    let ended = files.run(&[args, &["--model-file", "orders.fga.yaml"]].concat());
    format!("{}{}[{}]", ended.stdout, ended.stderr, ended.code)
}

#[test]
fn conditions_are_decided_by_the_context() {
    let bob = ["check", "user:bob", "read", "order:1"];
    let with = |context: &str| ask(&[&bob[..], &["--context", context]].concat());
    insta::assert_snapshot!(ask(&bob), @"
    counterfoil: undecided without parameter `now` of condition `hours`: give it in the context
    [1]
    ");
    insta::assert_snapshot!(with(r#"{"now": 10}"#), @"
    allowed
    [0]
    ");
    insta::assert_snapshot!(with(r#"{"now": 17}"#), @"
    counterfoil: user:bob has no `read` to order:1
    [5]
    ");
    insta::assert_snapshot!(with(r#"{"now": "late"}"#), @"
    counterfoil: condition `hours` failed: the value of parameter `now` is not an int
    [1]
    ");
    insta::assert_snapshot!(with("now"), @"
    counterfoil: --context is no JSON object: expected ident at line 1 column 2
    [2]
    ");
    insta::assert_snapshot!(with("@nowhere.json"), @"
    counterfoil: nowhere.json: No such file or directory (os error 2)
    [3]
    ");
}

#[test]
fn contextual_tuples_count_for_one_question() {
    let cleo = ["check", "user:cleo", "read", "order:1", "--json"];
    insta::assert_snapshot!(ask(&cleo), @r#"
    {"allowed":false}
    counterfoil: user:cleo has no `read` to order:1
    [5]
    "#);
    let with = |tuple| ask(&[&cleo[..], &["--contextual-tuple", tuple]].concat());
    insta::assert_snapshot!(with("user:cleo member group:eng"), @r#"
    {"allowed":true}
    [0]
    "#);
    insta::assert_snapshot!(with("user:cleo member"), @"
    counterfoil: `user:cleo member` is no tuple: expected `USER RELATION OBJECT`
    [2]
    ");
    insta::assert_snapshot!(with("user:cleo read order:1"), @"
    counterfoil: the contextual tuple `order:1#read@user:cleo` is not allowed by the relation's type restrictions
    [2]
    ");
}

#[test]
fn lists_are_complete_and_sorted() {
    insta::assert_snapshot!(ask(&["list-objects", "user:anne", "viewer", "order"]), @"
    order:1
    order:2
    [0]
    ");
    insta::assert_snapshot!(ask(&["list-objects", "user:anne", "read", "order", "--json"]), @r#"
    {"objects":["order:1"]}
    [0]
    "#);
    insta::assert_snapshot!(ask(&["list-users", "order:2", "read", "user"]), @"
    user:*
    [0]
    ");
    insta::assert_snapshot!(ask(&["list-users", "order:1", "viewer", "group#member"]), @"
    group:eng#member
    [0]
    ");
    insta::assert_snapshot!(ask(&["list-users", "order:1", "viewer", "user"]), @"
    counterfoil: `bob` cannot be decided without parameter `now` of condition `hours`
    [1]
    ");
    insta::assert_snapshot!(ask(&["list-objects", "user:anne", "read", "orders"]), @"
    counterfoil: the model has no type `orders`
    [2]
    ");
}

#[test]
fn answers_are_explained() {
    insta::assert_snapshot!(ask(&["explain", "user:anne", "read", "order:1"]), @"
    allow: order:1#read
      allow: the first but not the second
        allow: order:1#viewer
          allow: the tuple order:1#viewer@group:eng#member
            allow: group:eng#member
              allow: the tuple group:eng#member@user:anne
        deny: order:1#blocked
          deny: no tuple of order:1#blocked names the user
    [0]
    ");
    insta::assert_snapshot!(ask(&["explain", "user:anne", "read", "order:2"]), @"
    deny: order:2#read
      deny: excluded by
        allow: order:2#blocked
          allow: the tuple order:2#blocked@user:anne
    [0]
    ");
    insta::assert_snapshot!(ask(&["explain", "user:bob", "read", "order:1", "--json"]), @r#"
    {"allowed":false,"complete":true,"text":"missing: order:1#read needs parameter `now` of condition `hours`\n  missing: the first but not the second\n    missing: order:1#viewer needs parameter `now` of condition `hours`\n      missing: the tuple order:1#viewer@user:bob, condition `hours` lacks `now`\n    deny: order:1#blocked\n      deny: no tuple of order:1#blocked names the user\n"}
    [0]
    "#);
}

#[test]
fn relations_are_expanded() {
    insta::assert_snapshot!(ask(&["expand", "read", "order:2"]), @"
    order:2#read
      those of
        order:2#viewer
      but not of
        order:2#blocked
    [0]
    ");
    insta::assert_snapshot!(ask(&["expand", "viewer", "order:1"]), @"
    order:1#viewer
      group:eng#member
      user:bob
    [0]
    ");
    insta::assert_snapshot!(ask(&["expand", "read", "order:2", "--json"]), @r#"
    {"tree":{"root":{"difference":{"base":{"leaf":{"computed":{"userset":"order:2#viewer"}},"name":"order:2#read"},"subtract":{"leaf":{"computed":{"userset":"order:2#blocked"}},"name":"order:2#read"}},"name":"order:2#read"}}}
    [0]
    "#);
}

#[test]
fn without_files_a_server_is_asked() {
    let files = Files::new(&[]);
    let asked = |args: &[&str]| {
        let ended = files.run(&[args, &["--api-url", "http://localhost:1"]].concat());
        format!("{}{}[{}]", ended.stdout, ended.stderr, ended.code)
    };
    insta::assert_snapshot!(asked(&["check", "user:a", "b", "c:d"]), @"
    counterfoil: which store? Give `--store-id`, or set FGA_STORE_ID: `counterfoil perm store list` names the stores
    [2]
    ");
    insta::assert_snapshot!(asked(&["check", "user:a", "b", "c:d", "--store-id", "S"]), @"
    counterfoil: http://localhost:1/stores/S/check can't be reached: Connection refused (os error 111)
    [6]
    ");
    insta::assert_snapshot!(asked(&["store", "get", "--store-id", "../x"]), @"
    counterfoil: `../x` is no store's id
    [2]
    ");
    insta::assert_snapshot!(asked(&["store", "delete", "--store-id", "S"]), @"
    counterfoil: this deletes the store, its models and its tuples for good: add --yes
    [2]
    ");
    let ended = files.run(&["store", "list", "--api-url", "file:///x"]);
    insta::assert_snapshot!(ended.stderr, @"counterfoil: `file:///x` is no URL of a server");
}
