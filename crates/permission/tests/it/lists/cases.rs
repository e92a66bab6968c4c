//! Each rule of lists, expand and explain, by name.

use counterfoil_permission::check::Snapshot;
use counterfoil_permission::compile::compile;
use counterfoil_permission::language;
use counterfoil_permission::list_objects::ListObjectsRequest;
use counterfoil_permission::list_users::{ListUsersRequest, ListedUser, UserFilter};
use counterfoil_permission::tuple::{ObjectName, RelationName, Tuple, TypeName, UserName};
use counterfoil_permission::{ListLimits, ListStop};
use std::sync::Arc;

use crate::build::{Named, tuple};

const MODEL: &str = "
model
  schema 1.1
type user
type group
  relations
    define member: [user, user:*, group#member, user with open, user with closed, user with later]
type folder
  relations
    define parent: [folder]
    define viewer: [user, group#member] or viewer from parent
type document
  relations
    define parent: [folder]
    define owner: [user]
    define banned: [user, group#member] but not pardoned
    define pardoned: [user]
    define public: [user:*, user]
    define viewer: [user, user:*, group#member, group#member with open] or owner or viewer from parent
    define reader: viewer but not banned
    define barred: [user, user:*, user with open, user with closed, user with later]
    define guest: viewer but not barred
    define approver: viewer and owner
    define strict: reader and public
condition open(x: int) { x < 1 }
condition closed(x: int) { x < 1 }
condition later(x: int) { x < 1 }
";

pub(super) fn world(tuples: &[&str]) -> Snapshot {
    let model = compile(&language::parse(MODEL.trim_start()).unwrap()).unwrap();
    let tuples: Vec<Tuple> = tuples.iter().map(|text| tuple(text)).collect();
    let graph = counterfoil_permission::graph::Graph::new(&tuples).unwrap();
    Snapshot::new(Arc::new(model), Arc::new(graph))
}

pub(super) fn tuples(texts: &[&str]) -> Vec<Tuple> {
    texts.iter().map(|text| tuple(text)).collect()
}

/// `document#viewer@user:a`, sorted, with what could not be decided.
fn objects(snapshot: &Snapshot, question: &str, contextual: &[&str]) -> String {
    let (of, rest) = question.split_once('#').unwrap();
    let (relation, user) = rest.split_once('@').unwrap();
    let (of, relation) = (TypeName::parse(of).unwrap(), RelationName::parse(relation).unwrap());
    let (user, contextual) = (UserName::parse(user).unwrap(), tuples(contextual));
    let request = ListObjectsRequest::new(&of, &relation, &user).contextual(&contextual);
    let found = snapshot.list_objects(&request, &Named).unwrap();
    let mut found: Vec<String> =
        found.map(|found| found.map_or_else(|stop| stop.to_string(), str::to_owned)).collect();
    found.sort();
    found.join(", ")
}

/// `document:1#viewer@user` or `document:1#viewer@group#member`, sorted.
fn users(snapshot: &Snapshot, question: &str, contextual: &[&str]) -> String {
    let (object, rest) = question.split_once('#').unwrap();
    let (relation, filter) = rest.split_once('@').unwrap();
    let (object, relation) =
        (ObjectName::parse(object).unwrap(), RelationName::parse(relation).unwrap());
    let (of, name) = filter.split_once('#').unwrap_or((filter, "none"));
    let (of, name) = (TypeName::parse(of).unwrap(), RelationName::parse(name).unwrap());
    let filter = if filter.contains('#') {
        UserFilter::Usersets(&of, &name)
    } else {
        UserFilter::Objects(&of)
    };
    let contextual = tuples(contextual);
    let request = ListUsersRequest::new(&object, &relation, filter).contextual(&contextual);
    let found = snapshot.list_users(&request, &Named).unwrap();
    let spell = |user| match user {
        ListedUser::Wildcard => "*".to_owned(),
        ListedUser::Object(id) => id.to_owned(),
        ListedUser::Userset(id) => format!("{id}#{}", name.as_str()),
        ListedUser::Excluded(id) => format!("not {id}"),
    };
    let mut found: Vec<String> =
        found.map(|found| found.map_or_else(|stop| stop.to_string(), spell)).collect();
    found.sort();
    found.join(", ")
}

#[test]
fn objects_come_by_every_rule() {
    let snapshot = world(&[
        "document:own#owner@user:a",
        "document:shared#viewer@user:a",
        "document:public#viewer@user:*",
        "document:grouped#viewer@group:in#member",
        "group:in#member@group:deep#member",
        "group:deep#member@user:a",
        "document:filed#parent@folder:low",
        "folder:low#parent@folder:high",
        "folder:high#viewer@group:deep#member",
        "document:banned#viewer@user:a",
        "document:banned#banned@group:in#member",
        "document:pardoned#viewer@user:a",
        "document:pardoned#banned@user:a",
        "document:pardoned#pardoned@user:a",
        "document:other#viewer@user:b",
    ]);
    let ask = |question| objects(&snapshot, question, &[]);
    insta::assert_snapshot!(ask("document#viewer@user:a"), @"banned, filed, grouped, own, pardoned, public, shared");
    insta::assert_snapshot!(ask("document#reader@user:a"), @"filed, grouped, own, pardoned, public, shared");
    insta::assert_snapshot!(ask("document#approver@user:a"), @"own");
    insta::assert_snapshot!(ask("document#viewer@user:unheard-of"), @"public");
    insta::assert_snapshot!(ask("document#viewer@user:*"), @"public");
    insta::assert_snapshot!(ask("document#viewer@group:deep#member"), @"filed, grouped");
    insta::assert_snapshot!(ask("folder#viewer@user:a"), @"high, low");
    insta::assert_snapshot!(ask("group#member@group:in#member"), @"in");
    insta::assert_snapshot!(ask("group#member@group:new#member"), @"new");
}

#[test]
fn contextual_tuples_add_objects_and_take_them_away() {
    let snapshot = world(&["document:1#viewer@group:g#member", "document:2#viewer@user:a"]);
    let ask = |question, tuples: &[&str]| objects(&snapshot, question, tuples);
    insta::assert_snapshot!(ask("document#reader@user:a", &["group:g#member@user:a"]), @"1, 2");
    insta::assert_snapshot!(ask("document#reader@user:a", &["document:2#banned@user:a"]), @"");
    let new = ["document:new#parent@folder:new", "folder:new#viewer@user:new"];
    insta::assert_snapshot!(ask("document#reader@user:new", &new), @"new");
}

#[test]
fn tuples_that_name_the_user_take_objects_away() {
    let snapshot = world(&[
        "document:free#viewer@user:*",
        "document:named#viewer@user:*",
        "document:named#barred@user:a",
        "document:everybody#viewer@user:*",
        "document:everybody#barred@user:*",
        "document:open#viewer@user:*",
        "document:open#barred@user:a with open",
        "document:closed#viewer@user:*",
        "document:closed#barred@user:a with closed",
        "document:later#viewer@user:*",
        "document:later#barred@user:a with later",
    ]);
    let ask = |user: &str, tuples: &[&str]| {
        objects(&snapshot, &format!("document#guest@user:{user}"), tuples)
    };
    insta::assert_snapshot!(ask("a", &[]), @"`later` cannot be decided without parameter `now` of condition `later`, closed, free");
    insta::assert_snapshot!(ask("b", &[]), @"closed, free, later, named, open");
    insta::assert_snapshot!(ask("new", &[]), @"closed, free, later, named, open");
    insta::assert_snapshot!(ask("b", &["document:free#barred@user:b"]), @"closed, later, named, open");
    insta::assert_snapshot!(ask("b", &["document:free#barred@user:*"]), @"closed, later, named, open");
    insta::assert_snapshot!(ask("b", &["document:free#barred@user:a"]), @"closed, free, later, named, open");
    // More than are looked up ahead: each is asked about.
    let mut many = vec!["document:free#viewer@user:a".to_owned()];
    many.extend((0..5_000).map(|number| format!("document:{number}#barred@user:a")));
    many.push("document:0#viewer@user:a".to_owned());
    let many = world(&many.iter().map(String::as_str).collect::<Vec<_>>());
    insta::assert_snapshot!(objects(&many, "document#guest@user:a", &[]), @"free");
}

#[test]
fn conditions_decide_or_leave_undecided() {
    let snapshot = world(&[
        "document:1#viewer@group:open#member",
        "group:open#member@user:a with open",
        "document:2#viewer@group:closed#member",
        "group:closed#member@user:a with closed",
        "document:3#viewer@group:later#member",
        "group:later#member@user:a with later",
        "document:4#viewer@group:later#member",
        "document:4#owner@user:a",
    ]);
    insta::assert_snapshot!(objects(&snapshot, "document#viewer@user:a", &[]), @"1, 4, `3` cannot be decided without parameter `now` of condition `later`");
    insta::assert_snapshot!(users(&snapshot, "document:3#viewer@user", &[]), @"`a` cannot be decided without parameter `now` of condition `later`");
    insta::assert_snapshot!(users(&snapshot, "document:2#viewer@user", &[]), @"");
}

#[test]
fn what_is_too_deep_is_said_and_not_left_out() {
    let mut tuples: Vec<String> =
        (1..26).map(|at| format!("folder:{}#parent@folder:{at}", at + 1)).collect();
    tuples.push("folder:1#viewer@user:a".to_owned());
    let tuples: Vec<&str> = tuples.iter().map(String::as_str).collect();
    let snapshot = world(&tuples);
    let found = objects(&snapshot, "folder#viewer@user:a", &[]);
    assert!(found.contains("`26` cannot be decided within the limits"), "{found}");
    assert_eq!(found.split(", ").count(), 26);
    insta::assert_snapshot!(users(&snapshot, "folder:25#viewer@user", &[]), @"a");
    insta::assert_snapshot!(users(&snapshot, "folder:26#viewer@user", &[]), @"`*` cannot be decided within the limits of depth and steps, `a` cannot be decided within the limits of depth and steps");
}

#[test]
fn users_are_listed_as_openfga_lists_them() {
    let snapshot = world(&[
        "document:1#viewer@user:a",
        "document:1#viewer@user:*",
        "document:1#banned@user:b",
        "document:1#viewer@group:g#member",
        "group:g#member@user:c",
        "group:g#member@group:h#member",
        "document:1#public@user:b",
        "document:1#owner@user:c",
        "document:2#viewer@user:b",
        "document:3#viewer@user:*",
        "document:3#banned@user:b",
        "document:3#banned@user:d",
        "document:3#pardoned@user:d",
    ]);
    let ask = |question| users(&snapshot, question, &[]);
    insta::assert_snapshot!(ask("document:1#viewer@user"), @"*, a, c");
    insta::assert_snapshot!(ask("document:1#reader@user"), @"*, a, c, not b");
    insta::assert_snapshot!(ask("document:1#approver@user"), @"c");
    // CVE-2026-61709: `b` is excluded from the wildcard, and named by the other operand.
    insta::assert_snapshot!(ask("document:1#strict@user"), @"");
    insta::assert_snapshot!(ask("document:2#viewer@user"), @"b");
    insta::assert_snapshot!(ask("document:3#reader@user"), @"*, d, not b");
    insta::assert_snapshot!(ask("document:1#viewer@group#member"), @"g#member, h#member");
    insta::assert_snapshot!(ask("group:h#member@group#member"), @"h#member");
    insta::assert_snapshot!(ask("document:2#viewer@group"), @"");
    insta::assert_snapshot!(users(&snapshot, "document:2#viewer@user", &["document:2#viewer@user:*"]), @"*, b");
}

#[test]
fn a_list_pauses_and_goes_on() {
    let snapshot = world(&["document:1#viewer@user:a", "document:2#viewer@user:a"]);
    let (of, relation) =
        (TypeName::parse("document").unwrap(), RelationName::parse("viewer").unwrap());
    let user = UserName::parse("user:a").unwrap();
    let limits = ListLimits { steps: 1, ..ListLimits::default() };
    let request = ListObjectsRequest::new(&of, &relation, &user).limits(limits);
    let mut list = snapshot.list_objects(&request, &Named).unwrap();
    let (mut found, mut pauses) = (vec![], 0);
    loop {
        match list.next() {
            Some(Ok(id)) => found.push(id),
            Some(Err(ListStop::Steps)) => {
                assert_eq!(list.next(), None);
                pauses += 1;
                list.resume(1);
            }
            Some(Err(other)) => panic!("{other}"),
            None => break,
        }
    }
    assert_eq!(found, ["1", "2"]);
    assert!(pauses > 2, "{pauses}");
    let refused = snapshot.list_objects(&request, &Named).unwrap().all(10).unwrap_err();
    insta::assert_snapshot!(refused, @"the budget of steps is used up before the end of the list");
}

#[test]
fn a_whole_list_is_refused_beyond_its_limit() {
    let snapshot = world(&[
        "document:1#viewer@user:a",
        "document:2#viewer@user:a",
        "document:1#viewer@user:b",
        "document:3#viewer@group:g#member",
        "group:g#member@user:c with later",
    ]);
    let (of, relation) =
        (TypeName::parse("document").unwrap(), RelationName::parse("viewer").unwrap());
    let all = |user: &str, max| {
        let user = UserName::parse(user).unwrap();
        let request = ListObjectsRequest::new(&of, &relation, &user);
        let all = snapshot.list_objects(&request, &Named).unwrap().all(max);
        all.map_or_else(|refused| refused.to_string(), |ids| ids.join(", "))
    };
    insta::assert_snapshot!(all("user:a", 2), @"1, 2");
    insta::assert_snapshot!(all("user:a", 1), @"more than 1 results: ask for pages or a stream");
    insta::assert_snapshot!(all("user:c", 10), @"`3` cannot be decided without parameter `now` of condition `later`");
    let (one, user) = (ObjectName::parse("document:1").unwrap(), TypeName::parse("user").unwrap());
    let request = ListUsersRequest::new(&one, &relation, UserFilter::Objects(&user));
    let all = |max| snapshot.list_users(&request, &Named).unwrap().all(max);
    assert_eq!(all(2).unwrap().users.len(), 2);
    insta::assert_snapshot!(all(1).unwrap_err(), @"more than 1 results: ask for pages or a stream");
}

#[test]
fn a_cursor_holds_when_tuples_change() {
    let (of, relation) =
        (TypeName::parse("document").unwrap(), RelationName::parse("viewer").unwrap());
    let user = UserName::parse("user:a").unwrap();
    let request = ListObjectsRequest::new(&of, &relation, &user);
    let page = |tuples: &[&str], after: Option<&str>| {
        let snapshot = world(tuples);
        let list = snapshot.list_objects(&request, &Named).unwrap();
        let page = list.page(after, 2).unwrap();
        format!("{} then {:?}", page.ids.join(", "), page.next)
    };
    let [b, c, d, e] = ["b", "c", "d", "e"].map(|id| format!("document:{id}#viewer@user:a"));
    insta::assert_snapshot!(page(&[&e, &d, &c, &b], None), @r#"b, c then Some("c")"#);
    insta::assert_snapshot!(page(&[&e, &d, &b], Some("c")), @"d, e then None");
    insta::assert_snapshot!(page(&["document:a#viewer@user:a", &b, &d], Some("c")), @"d then None");
    insta::assert_snapshot!(page(&[], Some("c")), @" then None");
}
