//! `perm`: models and tuples in files.

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

#[test]
fn a_condition_is_not_passed_over() {
    let model = format!(
        "{}\ncondition weekday(day: string) {{\n  day != \"sunday\"\n}}\n",
        MODEL.replace("define banned: [user]", "define banned: [user with weekday]")
    );
    let tuples = r#"[{"user": "user:bob", "relation": "banned", "object": "document:news",
        "condition": {"name": "weekday", "context": {}}}]"#;
    let files = Files::new(&[("model.fga", &model), ("tuples.json", tuples)]);
    let args = ["check", "user:bob", "banned", "document:news"];
    let files_of = ["--model-file", "model.fga", "--tuples-file", "tuples.json"];
    let ended = files.run(&[&args[..], &files_of].concat());
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("conditions can't be evaluated yet"), "{ended:?}");
}
