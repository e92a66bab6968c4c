//! What SpiceDB's tools write.

use super::{Files, MODEL};

const SCHEMA: &str = r#"definition user {}
caveat weekday(day string) { day != "sunday" }
definition document {
  relation reader: user | user with weekday | user with expiration
  relation writer: user
  permission view = reader + writer
}
"#;

const VALIDATION: &str = r#"schemaFile: schema.zed
relationships: |-
  // some
  document:1#reader@user:anne
  document:1#reader@user:bob[weekday]
assertions:
  assertTrue:
    - document:1#view@user:anne
    - 'document:1#view@user:bob with {"day": "monday"}'
  assertFalse:
    - document:1#view@user:cleo
    - 'document:1#view@user:bob with {"day": "sunday"}'
validation:
  document:1#view:
    - "[user:anne] is <document:1#reader>"
"#;

fn run(args: &[&str]) -> String {
    let relationships = "document:1#reader@user:anne[expiration:2001-01-01T00:00:00Z]\n\
                         document:2#reader@user:anne[expiration:9001-01-01T00:00:00Z]\n";
    let files = Files::new(&[
        ("model.fga", MODEL),
        ("schema.zed", SCHEMA),
        ("wrong.zed", "definition user {}\ndefinition d { permission p = a.all(b) }"),
        ("validation.yaml", VALIDATION),
        ("caveated.yaml", &VALIDATION.replace("assertFalse", "assertCaveated")),
        ("relationships.txt", relationships),
        ("wrong.txt", "document:1#reader@user:anne\n\ndocument:1@user:anne\n"),
    ]);
    let ended = files.run(args);
    format!("{}{}[{}]", ended.stdout, ended.stderr, ended.code)
}

#[test]
fn a_schema_is_a_model() {
    insta::assert_snapshot!(run(&["model", "transform", "schema.zed", "--to", "fga"]), @r#"
    model
      schema 1.1

    type user

    type document
      relations
        define reader: [user, user with weekday]
        define writer: [user]
        define view: reader or writer

    condition weekday(day: string) {
      day != "sunday"
    }
    counterfoil: schema.zed: note: line 4, column 57: tuples may expire in every relation of a model, so this is left out
    [0]
    "#);
    insta::assert_snapshot!(run(&["model", "transform", "model.fga", "--to", "zed"]), @"
    definition user {}

    definition group {
      relation member: user | group#member
    }

    definition document {
      relation banned: user
      relation viewer: user | user:* | group#member
      permission view = viewer - banned
    }
    [0]
    ");
    insta::assert_snapshot!(run(&["model", "validate", "wrong.zed"]), @"
    counterfoil: wrong.zed: line 2, column 33: a model can't say `.all(…)`: an arrow holds as soon as it holds for one object
    [7]
    ");
}

#[test]
fn relationships_are_tuples() {
    let files = ["--model-file", "schema.zed", "--tuples-file", "relationships.txt"];
    let list = ["list-objects", "user:anne", "view", "document"];
    insta::assert_snapshot!(run(&[&list[..], &files].concat()), @"
    document:2
    counterfoil: schema.zed: note: line 4, column 57: tuples may expire in every relation of a model, so this is left out
    [0]
    ");
    let files = ["--model-file", "schema.zed", "--tuples-file", "wrong.txt"];
    insta::assert_snapshot!(run(&[&list[..], &files].concat()), @"
    counterfoil: schema.zed: note: line 4, column 57: tuples may expire in every relation of a model, so this is left out
    counterfoil: wrong.txt: line 3: expected a relationship such as `document:plan#viewer@user:anne`, perhaps with `[caveat:{…}]` and `[expiration:…]` behind it
    [7]
    ");
}

#[test]
fn assertions_are_tests() {
    insta::assert_snapshot!(run(&["test", "validation.yaml", "--verbose"]), @"
    ok     validation.yaml: assertions
      ok     check user:anne view document:1
      ok     check user:bob view document:1
      ok     check user:cleo view document:1
      ok     check user:bob view document:1
    1 of 1 tests passed, 4 of 4 assertions held
    counterfoil: schema.zed: note: line 4, column 57: tuples may expire in every relation of a model, so this is left out
    [0]
    ");
    insta::assert_snapshot!(run(&["test", "caveated.yaml"]), @"
    counterfoil: schema.zed: note: line 4, column 57: tuples may expire in every relation of a model, so this is left out
    counterfoil: caveated.yaml: `assertCaveated` can't be run: give the context and assert an answer
    [7]
    ");
}
