//! Trees, case by case.

use counterfoil_permission::expand::ExpandRequest;
use counterfoil_permission::tuple::{ObjectName, RelationName, Tuple};

use super::cases::{tuples, world};

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
