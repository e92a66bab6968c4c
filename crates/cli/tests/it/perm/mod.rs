//! `perm`: models and tuples, in files and in stores.

mod foreign;
mod questions;
mod server;
mod spicedb;

use counterfoil_testing::scratch::Dir;

use crate::run::{Ended, counterfoil, ended};

const MODEL: &str = "model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member]
type document
  relations
    define banned: [user]
    define viewer: [user, user:*, group#member]
    define view: viewer but not banned
";

const TUPLES: &str = r#"[
  {"user": "user:anne", "relation": "member", "object": "group:eng"},
  {"user": "group:eng#member", "relation": "viewer", "object": "document:plan"},
  {"user": "user:*", "relation": "viewer", "object": "document:news"},
  {"user": "user:bob", "relation": "banned", "object": "document:news"}
]"#;

struct Files(Dir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = Dir::new("perm").unwrap();
        for (name, text) in files {
            std::fs::write(dir.join(name), text).unwrap();
        }
        Self(dir)
    }

    fn run(&self, args: &[&str]) -> Ended {
        let mut command = counterfoil(&["perm"]);
        command.args(args).current_dir(self.0.join(""));
        ended(command)
    }
}

#[test]
fn questions_are_answered_from_files() {
    let files = Files::new(&[("model.fga", MODEL), ("tuples.json", TUPLES)]);
    let check = |user: &str, relation: &str, object: &str, code: i32, said: &str| {
        let ended = files.run(&[
            "check",
            user,
            relation,
            object,
            "--model-file",
            "model.fga",
            "--tuples-file",
            "tuples.json",
        ]);
        assert_eq!((ended.code, format!("{}{}", ended.stdout, ended.stderr).trim()), (code, said));
    };
    check("user:anne", "view", "document:plan", 0, "allowed");
    check("group:eng#member", "view", "document:plan", 0, "allowed");
    check("user:cleo", "view", "document:news", 0, "allowed");
    let denied = "counterfoil: user:bob has no `view` to document:news";
    check("user:bob", "view", "document:news", 5, denied);
    let unknown = "counterfoil: type `document` has no relation `read`";
    check("user:bob", "read", "document:news", 2, unknown);
}

#[test]
fn a_model_is_told_what_is_wrong_with_it() {
    let typo = MODEL.replace("[user, group#member]", "[usr, group#member]");
    let broken = MODEL.replace("viewer but not banned", "viewer but banned");
    let files = Files::new(&[("good.fga", MODEL), ("typo.fga", &typo), ("broken.fga", &broken)]);
    let good = files.run(&["model", "validate", "good.fga"]);
    assert_eq!((good.code, good.stdout.as_str()), (0, "valid: 3 types, 4 relations\n"));
    let typo = files.run(&["model", "validate", "typo.fga"]);
    assert_eq!(typo.code, 7, "{typo:?}");
    assert!(typo.stderr.contains("there is no type `usr`; did you mean `user`?"), "{typo:?}");
    let broken = files.run(&["model", "validate", "broken.fga"]);
    assert_eq!(broken.code, 7, "{broken:?}");
    assert!(broken.stderr.starts_with("counterfoil: broken.fga: "), "{broken:?}");
    assert_eq!(files.run(&["model", "validate", "nothing.fga"]).code, 3);
}

#[test]
fn both_forms_say_the_same() {
    let files = Files::new(&[("model.fga", MODEL)]);
    let json = files.run(&["model", "transform", "model.fga", "--to", "json"]);
    assert_eq!(json.code, 0, "{json:?}");
    std::fs::write(files.0.join("model.json"), &json.stdout).unwrap();
    let back = files.run(&["model", "transform", "model.json", "--to", "fga"]);
    assert_eq!(back.code, 0, "{back:?}");
    std::fs::write(files.0.join("back.fga"), &back.stdout).unwrap();
    let again = files.run(&["model", "transform", "back.fga", "--to", "json"]);
    assert_eq!(again.stdout, json.stdout);
}

const STORE: &str = r#"name: Documents
model_file: ./model.fga
tuple_files: [more.csv, more.jsonl]
tuples:
  - user: group:eng#member
    relation: viewer
    object: document:plan
tests:
  - name: engineers
    tuples:
      - user: user:anne
        relation: member
        object: group:eng
    check:
      - users: [user:anne, user:cleo]
        objects: [document:plan, document:news]
        assertions:
          view: true
  - check:
      - user: user:bob
        object: document:news
        assertions:
          view: false
          read: false
"#;

const MORE_CSV: &str =
    "user_type,user_id,user_relation,relation,object_type,object_id,condition_name,condition_context
user,*,,viewer,document,news,,
user,bob,,banned,document,news,,
";

const MORE_JSONL: &str = r#"{"user": "group:ops#member", "relation": "member", "object": "group:eng"}
"#;

#[test]
fn tests_in_files_are_run() {
    let files = Files::new(&[
        ("model.fga", MODEL),
        ("store.fga.yaml", STORE),
        ("more.csv", MORE_CSV),
        ("more.jsonl", MORE_JSONL),
    ]);
    let ended = files.run(&["test", "store.fga.yaml"]);
    insta::assert_snapshot!(ended.stdout, @"
    FAILED store.fga.yaml: engineers
      FAILED check user:cleo view document:plan
             expected allowed
             got      denied
             deny: document:plan#view
               deny: the first but not the second
                 deny: document:plan#viewer
                   deny: no tuple of document:plan#viewer names the user
                   deny: the tuple document:plan#viewer@group:eng#member
                     deny: group:eng#member
                       deny: no tuple of group:eng#member names the user
                       deny: the tuple group:eng#member@group:ops#member
                         deny: group:ops#member
                           deny: no tuple of group:ops#member names the user
    FAILED store.fga.yaml: test 2
      FAILED check user:bob read document:news
             expected denied
             type `document` has no relation `read`
    0 of 2 tests passed, 4 of 6 assertions held
    ");
    assert_eq!((ended.code, ended.stderr.as_str()), (1, "counterfoil: 2 tests failed\n"));

    let ended = files.run(&["model", "test", "store.fga.yaml", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let last = &told["files"][0]["tests"][1]["assertions"][0];
    insta::assert_snapshot!(last, @r#"{"error":"type `document` has no relation `read`","expected":false,"got":null,"kind":"check","object":"document:news","passed":false,"relation":"read","user":"user:bob"}"#);
}

#[test]
fn a_file_of_tests_is_told_what_is_wrong_with_it() {
    let said = |text: &str| {
        let files = Files::new(&[("model.fga", MODEL), ("a.fga.yaml", text)]);
        let ended = files.run(&["test", "a.fga.yaml"]);
        format!("{} {}{}", ended.code, ended.stdout, ended.stderr)
    };
    let check = "model_file: model.fga\ntests:\n  - name: a\n    check:\n      - object: group:a\n";
    insta::assert_snapshot!(said("tests: []"), @"7 counterfoil: a.fga.yaml: it has neither `model` nor `model_file`");
    insta::assert_snapshot!(said("model_file: model.fga\nfoo: 1"), @"7 counterfoil: a.fga.yaml: unknown field `foo`, expected one of name, model, model_file, tuples, tuple_file, tuple_files, tests at line 2, column 1");
    insta::assert_snapshot!(said("model_file: [model.fga"), @"7 counterfoil: a.fga.yaml: expected string scalar at line 1, column 13");
    insta::assert_snapshot!(said("model: |\n  model\n    schema 1.1\n  typ user"), @"7 counterfoil: a.fga.yaml: model: line 3, column 1: found `typ`, expected `type` or `condition`: begin each with one of them, on a new line");
    insta::assert_snapshot!(said("model_file: ../model.fga"), @"7 counterfoil: a.fga.yaml: `../model.fga` is not below this file: --allow-external-files reads it all the same");
    let outside = Files::new(&[("model.fga", MODEL)]);
    let inside = Files::new(&[("a.fga.yaml", "model_file: link.fga")]);
    std::os::unix::fs::symlink(outside.0.join("model.fga"), inside.0.join("link.fga")).unwrap();
    assert_eq!(inside.run(&["test", "a.fga.yaml"]).code, 7);
    assert_eq!(inside.run(&["test", "a.fga.yaml", "--allow-external-files"]).code, 0);
    insta::assert_snapshot!(said(check), @"7 counterfoil: a.fga.yaml: a: check 1: it has neither `user` nor `users`");
    insta::assert_snapshot!(said(&format!("{check}        user: x\n        users: [y]")), @"7 counterfoil: a.fga.yaml: a: check 1: it has both `user` and `users`: keep one");
    let tuple = "{user: user:a, relation: viewer, object: document:a}";
    let tuples = |list: &str| format!("model_file: model.fga\ntuples: [{list}]");
    insta::assert_snapshot!(said(&tuples(&format!("{tuple}, {tuple}"))), @"7 counterfoil: a.fga.yaml: `document:a#viewer@user:a` is there twice");
    insta::assert_snapshot!(said(&tuples(&tuple.replace("user:a", "group:a"))), @"7 counterfoil: a.fga.yaml: `document:a#viewer@group:a`: `document#viewer` does not take `group`");
    insta::assert_snapshot!(said(&tuples(&tuple.replace("user:a", "anne"))), @"7 counterfoil: a.fga.yaml: tuple 1: `anne` is no user: expected `type:id`, `type:id#relation` or `type:*`");
    insta::assert_snapshot!(said("model_file: model.fga\ntuple_file: a.txt"), @"3 counterfoil: a.txt: No such file or directory (os error 2)");
}
