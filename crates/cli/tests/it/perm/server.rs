//! Stores of a server: `counterfoil dev`.

use serde_json::Value;

use super::{Files, foreign};
use crate::{
    dev::Dev,
    run::{Running, counterfoil},
};

const WORLD: &str = r#"name: Papers
model: |
  model
    schema 1.1
  type user
  type group
    relations
      define member: [user, group#member]
  type paper
    relations
      define blocked: [user]
      define reader: [user, user:*, group#member, user with office]
      define read: reader but not blocked
  condition office(hour: int) {
    hour >= 9 && hour < 17
  }
tuples:
  - {user: "user:anne", relation: member, object: "group:eng"}
  - {user: "group:eng#member", relation: reader, object: "paper:1"}
  - {user: "user:bob", relation: reader, object: "paper:1", condition: {name: office}}
  - {user: "user:cleo", relation: reader, object: "paper:1", expires_at: "2999-12-31T00:00:00Z"}
"#;

/// A server, a directory of files, and the store that commands are about.
struct Desk {
    dev: Dev,
    /// Where commands ask.
    url: String,
    files: Files,
    store: String,
}

impl Desk {
    async fn new(files: &[(&str, &str)]) -> Self {
        let dev = Dev::start().await;
        Self { url: dev.issuer.clone(), dev, files: Files::new(files), store: String::new() }
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = counterfoil(&["perm"]);
        command.args(args).current_dir(self.files.0.join(""));
        command.env("FGA_API_URL", &self.url);
        if !self.store.is_empty() {
            command.env("FGA_STORE_ID", &self.store);
        }
        command
    }

    /// What a command says and how it ends, without what differs from run to run.
    fn said(&self, args: &[&str]) -> String {
        let ended = crate::run::ended(self.command(args));
        let said = format!("{}{}[{}]", ended.stdout, ended.stderr, ended.code);
        masked(&said).replace(&self.dev.issuer, "http://dev")
    }

    fn json(&self, args: &[&str]) -> Value {
        let ended = crate::run::ended(self.command(&[args, &["--json"]].concat()));
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    }

    /// Imports a file into a store of its own, which the commands from then on are about.
    fn import(&mut self, file: &str) {
        let imported = self.json(&["import", file]);
        self.store = imported["store_id"].as_str().unwrap().to_owned();
    }

    fn tuples(&self) -> Vec<String> {
        let read = self.json(&["tuple", "read"]);
        let mut keys: Vec<String> = read["tuples"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tuple| tuple["key"].to_string())
            .collect();
        keys.sort();
        keys
    }
}

/// Ids of 26 letters and moments differ from run to run.
fn masked(text: &str) -> String {
    let is_id = |word: &str| word.len() == 26 && word.chars().all(|c| c.is_ascii_alphanumeric());
    let mask = |line: &str| {
        let mut words: Vec<&str> = line.split(' ').collect();
        for word in &mut words {
            if is_id(word) {
                *word = "ID........................";
            } else if word.len() == 20 && word.ends_with('Z') && word.starts_with("2") {
                *word = if word.starts_with("2999") { word } else { "TIME................" };
            }
        }
        words.join(" ")
    };
    text.lines().map(mask).collect::<Vec<_>>().join("\n")
}

/// A world and 250 tuples more: several requests.
fn with_many(world: &str) -> String {
    let more = (0..250).map(|number| {
        format!("  - {{user: \"user:{number}\", relation: member, object: \"group:{number}\"}}\n")
    });
    world.to_owned() + &more.collect::<String>()
}

#[tokio::test]
async fn a_store_is_filled_and_deleted() {
    let mut desk = Desk::new(&[("world.fga.yaml", WORLD)]).await;
    insta::assert_snapshot!(desk.said(&["import", "world.fga.yaml"]), @"
    ID........................
    counterfoil: wrote model ID........................ into store ID........................
    counterfoil: imported: 4 of 4 tuples
    [0]
    ");
    insta::assert_snapshot!(desk.said(&["store", "list"]), @"
    ID                          NAME    CREATED
    ID........................  dev     TIME................
    ID........................  Papers  TIME................
    [0]
    ");
    desk.import("world.fga.yaml");
    insta::assert_snapshot!(desk.said(&["model", "list"]), @"
    ID                          SCHEMA  TYPES
    ID........................  1.1     user, group, paper
    [0]
    ");
    insta::assert_snapshot!(desk.said(&["model", "get"]), @"
    model
      schema 1.1

    type user

    type group
      relations
        define member: [user, group#member]

    type paper
      relations
        define blocked: [user]
        define read: reader but not blocked
        define reader: [user, user:*, group#member, user with office]

    condition office(hour: int) {
      hour >= 9 && hour < 17
    }
    [0]
    ");
    insta::assert_snapshot!(desk.said(&["tuple", "read"]), @"
    USER              RELATION  OBJECT     CONDITION
    user:bob          reader    paper:1    office
    user:cleo         reader    paper:1    until 2999-12-31T00:00:00Z
    group:eng#member  reader    paper:1
    user:anne         member    group:eng
    [0]
    ");
    insta::assert_snapshot!(desk.said(&["tuple", "read", "--object", "paper:1", "--user", "user:cleo"]), @"
    USER       RELATION  OBJECT   CONDITION
    user:cleo  reader    paper:1  until 2999-12-31T00:00:00Z
    [0]
    ");

    insta::assert_snapshot!(desk.said(&["store", "delete"]), @"
    counterfoil: this deletes the store, its models and its tuples for good: add --yes
    [2]
    ");
    insta::assert_snapshot!(desk.said(&["store", "delete", "--yes"]), @"
    counterfoil: deleted store ID........................
    [0]
    ");
    insta::assert_snapshot!(desk.said(&["store", "get"]), @"
    counterfoil: store_id_not_found: Store ID not found
    counterfoil: `counterfoil perm store list` names the stores
    [3]
    ");
}

#[tokio::test]
async fn checks_are_answered_and_explained() {
    let mut desk = Desk::new(&[("world.fga.yaml", WORLD)]).await;
    desk.import("world.fga.yaml");
    let bob = ["check", "user:bob", "read", "paper:1"];
    let at = |hour| desk.said(&[&bob[..], &["--context", hour]].concat());
    insta::assert_snapshot!(at(r#"{"hour": 9}"#), @"
    allowed
    [0]
    ");
    insta::assert_snapshot!(at(r#"{"hour": 17}"#), @"
    counterfoil: user:bob has no `read` to paper:1
    [5]
    ");
    insta::assert_snapshot!(desk.said(&bob), @"
    counterfoil: validation_error: failed to evaluate relationship condition: 'office' - the context is missing parameters 'hour'
    [1]
    ");
    insta::assert_snapshot!(desk.said(&["check", "user:bob", "write", "paper:1"]), @"
    counterfoil: validation_error: invalid relation: relation 'paper#write' not found
    [1]
    ");
    let dora = ["check", "user:dora", "read", "paper:1", "--consistency", "full"];
    let with = ["--contextual-tuple", "user:dora member group:eng"];
    insta::assert_snapshot!(desk.said(&[&dora[..], &with].concat()), @"
    allowed
    [0]
    ");
    let revision = desk.json(&["check", "user:anne", "read", "paper:1"])["revision"].clone();
    let fresh = |how: &str, revision: &str| {
        desk.said(&[
            "check",
            "user:anne",
            "read",
            "paper:1",
            "--consistency",
            &format!("{how}={revision}"),
        ])
    };
    for how in ["at_least_as_fresh", "exact"] {
        assert_eq!(fresh(how, revision.as_str().unwrap()), "allowed\n[0]");
    }
    insta::assert_snapshot!(fresh("exact", "9"), @"
    counterfoil: validation_error: the revision is none that this store has given
    [1]
    ");
    insta::assert_snapshot!(desk.said(&["explain", "user:anne", "read", "paper:1"]), @"
    allow: paper:1#read
      allow: the first but not the second
        allow: paper:1#reader
          allow: the tuple paper:1#reader@group:eng#member
            allow: group:eng#member
              allow: the tuple group:eng#member@user:anne
        deny: paper:1#blocked
          deny: no tuple of paper:1#blocked names the user
    [0]
    ");
    insta::assert_snapshot!(desk.said(&["expand", "read", "paper:1"]), @"
    paper:1#read
      those of
        paper:1#reader
      but not of
        paper:1#blocked
    [0]
    ");
}

#[tokio::test]
async fn lists_are_answered() {
    let mut desk = Desk::new(&[("world.fga.yaml", WORLD)]).await;
    desk.import("world.fga.yaml");
    insta::assert_snapshot!(desk.said(&["list-objects", "user:anne", "read", "paper"]), @"
    paper:1
    [0]
    ");
    insta::assert_snapshot!(desk.said(&["list-objects", "user:anne", "read", "papers"]), @"
    counterfoil: type_not_found: type 'papers' not found
    counterfoil: `counterfoil perm model get` shows what the model has
    [1]
    ");
    let users = ["list-users", "paper:1", "read", "user", "--context", r#"{"hour": 9}"#, "--json"];
    insta::assert_snapshot!(desk.said(&users), @r#"
    {"users":["user:anne","user:bob","user:cleo"]}
    [0]
    "#);
    insta::assert_snapshot!(desk.said(&["list-users", "paper:1", "read", "group#member"]), @"
    group:eng#member
    [0]
    ");
    insta::assert_snapshot!(desk.said(&["list-permissions", "user:anne", "paper:1"]), @"
    read
    reader
    [0]
    ");
}

#[tokio::test]
async fn tuples_are_written_and_deleted_with_a_word_on_what_is_odd() {
    let mut desk = Desk::new(&[("world.fga.yaml", WORLD)]).await;
    desk.import("world.fga.yaml");
    let tuple = ["user:dora", "reader", "paper:2"];
    let said = |first: [&str; 2], rest: &[&str]| desk.said(&[&first[..], &tuple, rest].concat());
    insta::assert_snapshot!(said(["tuple", "write"], &["--condition", "office"]), @"
    counterfoil: wrote 1 tuple
    [0]
    ");
    insta::assert_snapshot!(said(["tuple", "write"], &["--condition", "office"]), @"
    counterfoil: write_failed_due_to_invalid_input: cannot write a tuple which already exists: user: 'user:dora', relation: 'reader', object: 'paper:2': tuple to be written already existed or the tuple to be deleted did not exist
    counterfoil: `--on-duplicate ignore` passes over tuples that are there
    [4]
    ");
    insta::assert_snapshot!(said(["tuple", "write"], &["--condition", "office", "--on-duplicate", "ignore"]), @"
    counterfoil: 1 tuple: written, or there already
    [0]
    ");
    insta::assert_snapshot!(said(["tuple", "write"], &["--condition", "shop"]), @"
    counterfoil: validation_error: Invalid tuple 'paper:2#reader@user:dora (condition shop)'. Reason: undefined condition
    [1]
    ");
    insta::assert_snapshot!(said(["tuple", "write"], &["--expires-at", "soon"]), @"
    counterfoil: tuple 1: `soon` is no moment: expected one such as `2030-01-31T12:00:00Z`
    [2]
    ");
    insta::assert_snapshot!(said(["tuple", "delete"], &[]), @"
    counterfoil: deleted 1 tuple
    [0]
    ");
    insta::assert_snapshot!(said(["tuple", "delete"], &[]), @"
    counterfoil: write_failed_due_to_invalid_input: cannot delete a tuple which does not exist: user: 'user:dora', relation: 'reader', object: 'paper:2': tuple to be written already existed or the tuple to be deleted did not exist
    counterfoil: `--on-missing ignore` passes over tuples that aren't there
    [4]
    ");
    insta::assert_snapshot!(said(["tuple", "delete"], &["--on-missing", "ignore"]), @"
    counterfoil: 1 tuple: deleted, or not there
    [0]
    ");
    insta::assert_snapshot!(desk.said(&["tuple", "changes", "--type", "paper"]), @"
    TIME                  WHAT    USER              RELATION  OBJECT   CONDITION
    TIME................  write   user:bob          reader    paper:1  office
    TIME................  write   user:cleo         reader    paper:1  until 2999-12-31T00:00:00Z
    TIME................  write   group:eng#member  reader    paper:1
    TIME................  write   user:dora         reader    paper:2  office
    TIME................  delete  user:dora         reader    paper:2
    [0]
    ");
    let next = desk.json(&["tuple", "changes"])["continuation_token"].as_str().unwrap().to_owned();
    let new = desk.json(&["tuple", "changes", "--continuation-token", &next]);
    assert_eq!(new["changes"], Value::Array(vec![]));
}

#[tokio::test]
async fn tuples_that_fit_a_filter_are_deleted() {
    let mut desk = Desk::new(&[("world.fga.yaml", WORLD)]).await;
    desk.import("world.fga.yaml");
    let by = |rest: &[&str]| desk.said(&[&["tuple", "delete-by-filter"], rest].concat());
    insta::assert_snapshot!(by(&["--object", "paper:1", "--user", "user:bob"]), @"
    counterfoil: deleted 1 tuple
    [0]
    ");
    assert_eq!(desk.tuples().len(), 3);
    insta::assert_snapshot!(by(&["--object", "paper:1"]), @"
    counterfoil: deleted 2 tuples
    [0]
    ");
    assert_eq!(desk.tuples().len(), 1);
    insta::assert_snapshot!(by(&[]), @"
    counterfoil: say which tuples: `--object`, and `--relation` or `--user` beside it
    [2]
    ");
    insta::assert_snapshot!(by(&["--object", "paper:"]), @"
    counterfoil: validation_error: the 'tuple_key' field was provided but the object type field is required and both the object id and user cannot be empty
    [1]
    ");
}

#[tokio::test]
async fn what_is_exported_can_be_imported() {
    let many = with_many(WORLD);
    let mut desk = Desk::new(&[("many.fga.yaml", &many)]).await;
    desk.import("many.fga.yaml");
    let tuples = desk.tuples();
    assert_eq!(tuples.len(), 254);
    assert!(tuples.iter().any(|tuple| tuple.contains("2999-12-31T00:00:00Z")), "{tuples:?}");
    insta::assert_snapshot!(desk.said(&["export", "out.fga.yaml"]), @"
    counterfoil: exported the model and 254 tuples to out.fga.yaml
    [0]
    ");
    insta::assert_snapshot!(desk.said(&["export", "out.fga.yaml"]), @"
    counterfoil: out.fga.yaml is there: --force replaces it
    [4]
    ");
    insta::assert_snapshot!(desk.said(&["export", "out"]), @"
    counterfoil: exported the model and 254 tuples to out
    [0]
    ");
    let first = desk.store.clone();
    for file in ["out.fga.yaml", "out/store.fga.yaml"] {
        desk.store = String::new();
        desk.import(file);
        assert_eq!(desk.tuples(), tuples);
        // It may be run again.
        let again = desk.json(&["import", file]);
        assert_eq!(again["tuples"], 254);
    }
    let url = desk.dev.issuer.clone();
    desk.store = String::new();
    let copied = desk.json(&["import", "--from-api-url", &url, "--from-store-id", &first]);
    desk.store = copied["store_id"].as_str().unwrap().to_owned();
    assert_eq!(desk.tuples(), tuples);
    assert_eq!(desk.json(&["store", "get"])["name"], "Papers");
}

/// A server that is not ours, as far as one can tell: without revisions and streams.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_another_server_is_copied_request_by_request() {
    let many = with_many(&WORLD.replace(", expires_at: \"2999-12-31T00:00:00Z\"", ""));
    let files = [("many.fga.yaml", many.as_str()), ("ends.fga.yaml", WORLD)];
    let mut desk = Desk::new(&files).await;
    desk.url = foreign::before(desk.dev.issuer.clone()).await;
    desk.import("many.fga.yaml");
    let (first, tuples) = (desk.store.clone(), desk.tuples());
    assert_eq!(tuples.len(), 254);
    desk.store = String::new();
    for (from, into) in [(&desk.url, &desk.dev.issuer), (&desk.url, &desk.url)] {
        let from = ["import", "--from-api-url", from, "--from-store-id", &first];
        let copied = desk.json(&[&from[..], &["--api-url", into]].concat());
        assert_eq!(copied["tuples"], 254);
    }
    desk.store = first;
    insta::assert_snapshot!(desk.said(&["export", "out.fga.yaml"]), @"
    counterfoil: exported the model and 254 tuples to out.fga.yaml
    [0]
    ");
    desk.import("out.fga.yaml");
    assert_eq!(desk.tuples(), tuples);
    desk.store = String::new();
    insta::assert_snapshot!(desk.said(&["import", "ends.fga.yaml"]), @"
    counterfoil: wrote model ID........................ into store ID........................
    counterfoil: some of these tuples expire, and this server would keep them for good: none was written
    [1]
    ");
}

#[tokio::test]
async fn an_import_that_is_wrong_leaves_nothing_behind() {
    let bad = WORLD.replace("relation: member", "relation: memer");
    let schema = "definition user {}\ndefinition paper {\n  relation reader: user\n}\n";
    let relationships =
        "paper:1#reader@user:anne\npaper:2#reader@user:anne[expiration:2999-01-01T00:00:00Z]\n";
    let files = [("bad.fga.yaml", bad.as_str()), ("s.zed", schema), ("r.txt", relationships)];
    let mut desk = Desk::new(&files).await;
    insta::assert_snapshot!(desk.said(&["import", "bad.fga.yaml"]), @"
    counterfoil: `group:eng#memer@user:anne`: type `group` has no relation `memer`
    [7]
    ");
    insta::assert_snapshot!(desk.said(&["store", "list"]), @"
    ID                          NAME  CREATED
    ID........................  dev   TIME................
    [0]
    ");
    insta::assert_snapshot!(desk.said(&["import", "s.zed", "--tuples-file", "r.txt", "--name", "from SpiceDB"]), @"
    ID........................
    counterfoil: wrote model ID........................ into store ID........................
    counterfoil: imported: 2 of 2 tuples
    [0]
    ");
    insta::assert_snapshot!(desk.said(&["store", "list"]), @"
    ID                          NAME          CREATED
    ID........................  dev           TIME................
    ID........................  from SpiceDB  TIME................
    [0]
    ");
    insta::assert_snapshot!(desk.said(&["store", "list", "--client-id", "permissions", "--client-secret", "wrong"]), @"
    counterfoil: invalid_client: client authentication failed
    [1]
    ");
    // Without a store, that of `dev`.
    insta::assert_snapshot!(desk.said(&["store", "get"]), @"
    ID                          NAME  CREATED
    ID........................  dev   TIME................
    [0]
    ");
    desk.store = "01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned();
    insta::assert_snapshot!(desk.said(&["model", "get"]), @"
    counterfoil: store_id_not_found: Store ID not found
    counterfoil: `counterfoil perm store list` names the stores
    [3]
    ");
}

#[tokio::test]
async fn a_watch_tells_of_changes() {
    let mut desk = Desk::new(&[("world.fga.yaml", WORLD)]).await;
    desk.import("world.fga.yaml");
    let watch = Running::start(desk.command(&["watch", "--once"]));
    watch.told("watching store");
    desk.said(&["tuple", "write", "user:dora", "reader", "paper:2"]);
    let ended = watch.wait();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    insta::assert_snapshot!(masked(&ended.stdout), @"TIME................  write  user:dora  reader  paper:2");
    insta::assert_snapshot!(desk.said(&["watch", "--after", "yesterday"]), @"
    counterfoil: validation_error: the revision is none that this store has given
    [1]
    ");
}
