//! Explanations, case by case.

use counterfoil_permission::check::{CheckRequest, Limits, Snapshot};
use counterfoil_permission::tuple::{ObjectName, RelationName, UserName};

use super::cases::world;
use crate::build::Named;

fn explain(snapshot: &Snapshot, question: &str, limits: Limits, nodes: usize) -> String {
    let (object, rest) = question.split_once('#').unwrap();
    let (relation, user) = rest.split_once('@').unwrap();
    let (object, relation) =
        (ObjectName::parse(object).unwrap(), RelationName::parse(relation).unwrap());
    let user = UserName::parse(user).unwrap();
    let request = CheckRequest::new(&object, &relation, &user).limits(limits);
    let explanation = snapshot.explain(&request, &Named, nodes).unwrap();
    assert_eq!(explanation.decision, snapshot.check(&request, &Named).unwrap());
    explanation.to_string()
}

#[test]
fn an_allow_is_explained_by_its_shortest_path() {
    let snapshot = world(&[
        "document:1#parent@folder:a",
        "folder:a#parent@folder:b",
        "folder:b#viewer@group:g#member",
        "document:1#viewer@group:z#member with open",
        "group:z#member@group:g#member",
        "group:g#member@user:a with open",
        "group:g#member@group:z#member",
        "document:1#owner@user:o",
        "document:1#viewer@user:*",
        "document:2#viewer@group:g#member",
    ]);
    let ask = |question| explain(&snapshot, question, Limits::default(), 100);
    insta::assert_snapshot!(ask("document:2#viewer@user:a"), @r"
    allow: document:2#viewer
      allow: the tuple document:2#viewer@group:g#member
        allow: group:g#member
          allow: the tuple group:g#member@user:a, condition `open` holds
    ");
    insta::assert_snapshot!(ask("document:1#reader@user:a"), @r"
    allow: document:1#reader
      allow: the first but not the second
        allow: document:1#viewer
          allow: the tuple document:1#viewer@user:*
        deny: document:1#banned
          deny: the first but not the second
            deny: no tuple of document:1#banned names the user
    ");
    insta::assert_snapshot!(ask("document:1#approver@user:o"), @r"
    allow: document:1#approver
      allow: all of
        allow: document:1#viewer
          allow: the tuple document:1#viewer@user:*
        allow: document:1#owner
          allow: the tuple document:1#owner@user:o
    ");
    insta::assert_snapshot!(ask("document:1#viewer@group:z#member"), @r"
    allow: document:1#viewer
      allow: the tuple document:1#viewer@group:z#member, condition `open` holds
    ");
    insta::assert_snapshot!(ask("folder:a#viewer@user:a"), @r"
    allow: folder:a#viewer
      allow: the tuple folder:a#parent@folder:b
        allow: folder:b#viewer
          allow: the tuple folder:b#viewer@group:g#member
            allow: group:g#member
              allow: the tuple group:g#member@user:a, condition `open` holds
    ");
}

#[test]
fn a_denial_is_explained_by_what_each_way_lacks() {
    let snapshot = world(&[
        "document:1#viewer@user:b",
        "document:1#banned@group:g#member",
        "group:g#member@user:b",
        "group:g#member@group:g#member",
        "document:1#viewer@group:x#member with open",
        "group:x#member@user:c with closed",
        "document:1#owner@user:*",
        "document:1#owner@group:g#member",
        "document:1#parent@folder:f",
    ]);
    let ask = |question| explain(&snapshot, question, Limits::default(), 100);
    insta::assert_snapshot!(ask("document:1#reader@user:b"), @r"
    deny: document:1#reader
      deny: excluded by
        allow: document:1#banned
          allow: the first but not the second
            allow: the tuple document:1#banned@group:g#member
              allow: group:g#member
                allow: the tuple group:g#member@user:b
            deny: document:1#pardoned
              deny: no tuple of document:1#pardoned names the user
    ");
    insta::assert_snapshot!(ask("document:1#viewer@user:c"), @r"
    deny: document:1#viewer
      deny: no tuple of document:1#viewer names the user
      deny: the tuple document:1#viewer@group:x#member, condition `open` holds
        deny: group:x#member
          deny: the tuple group:x#member@user:c, condition `closed` does not hold
      deny: document:1#owner
        deny: no tuple of document:1#owner names the user
      deny: the tuple document:1#parent@folder:f
        deny: folder:f#viewer
          deny: no tuple of folder:f#viewer names the user
          deny: folder:f#parent has no tuples
    ");
    insta::assert_snapshot!(ask("document:1#approver@user:b"), @r"
    deny: document:1#approver
      deny: all of
        deny: document:1#owner
          deny: no tuple of document:1#owner names the user
    ");
    insta::assert_snapshot!(ask("group:g#member@user:nobody"), @r"
    deny: group:g#member
      deny: no tuple of group:g#member names the user
      deny: the tuple group:g#member@group:g#member
        deny: group:g#member is being looked at already: a cycle
    ");
    insta::assert_snapshot!(ask("document:1#owner@user:*"), @r"
    deny: document:1#owner
      deny: the tuple document:1#owner@user:* is stored, but does not count: the model does not allow it, or it expired
    ");
    insta::assert_snapshot!(explain(&snapshot, "document:1#viewer@user:c", Limits::default(), 4), @r"
    deny: document:1#viewer
      deny: no tuple of document:1#viewer names the user
      deny: the tuple document:1#viewer@group:x#member, condition `open` holds
        deny: group:x#member
          deny: the tuple group:x#member@user:c, condition `closed` does not hold
      deny: document:1#owner
        deny: no tuple of document:1#owner names the user
      deny: more that is not shown
    ");
}

#[test]
fn what_is_undecided_is_explained_by_what_is_missing() {
    let snapshot = world(&[
        "document:1#viewer@group:g#member",
        "group:g#member@user:a with later",
        "document:1#viewer@user:b",
        "group:h#member@group:i#member",
        "group:i#member@group:j#member",
    ]);
    let ask = |question| explain(&snapshot, question, Limits::default(), 100);
    insta::assert_snapshot!(ask("document:1#viewer@user:a"), @r"
    missing: document:1#viewer needs parameter `now` of condition `later`
      missing: the tuple document:1#viewer@group:g#member
        missing: group:g#member needs parameter `now` of condition `later`
          missing: the tuple group:g#member@user:a, condition `later` lacks `now`
    ");
    let shallow = Limits { depth: 2, ..Limits::default() };
    insta::assert_snapshot!(explain(&snapshot, "group:h#member@user:a", shallow, 100), @r"
    too complex: group:h#member
      too complex: the tuple group:h#member@group:i#member
        too complex: group:i#member
          too complex: the tuple group:i#member@group:j#member
            too complex: group:j#member is further away than the depth limit
    ");
}
