//! What OpenFGA's coming resolver refuses or answers otherwise: named, and in strict models obeyed.

use std::sync::Arc;

use counterfoil_permission::check::{CheckRequest, Decision, NoConditions, Snapshot};
use counterfoil_permission::compile::{CheckedModel, compile, compile_strict};
use counterfoil_permission::graph::Graph;
use counterfoil_permission::language::{Positions, parse};
use counterfoil_permission::list_objects::ListObjectsRequest;
use counterfoil_permission::list_users::{ListUsersRequest, ListedUser, UserFilter};
use counterfoil_permission::tuple::{ObjectName, RelationName, Tuple, TypeName, UserName};

const MODEL: &str = "model
  schema 1.1
type user
type group
  relations
    define manager: [user]
    define member: [user, group#member] or manager
    define insider: member
type folder
  relations
    define viewer: [user, group#member]
type document
  relations
    define parent: [folder]
    define owner: [user]
    define editor: [group#insider] or owner
    define banned: [user]
    define open: [user, user:*, group#member] but not banned
    define seen: open
    define viewer: editor or viewer from parent
";

fn models() -> [CheckedModel; 2] {
    let model = parse(MODEL).unwrap();
    [compile(&model).unwrap(), compile_strict(&model, &Positions::default()).unwrap()]
}

#[test]
fn divergent_questions_have_names() {
    let [model, _] = models();
    let found = model.divergences();
    let of = |name: &str| -> Vec<String> {
        let named = found.iter().filter(|question| question.divergence.as_str() == name);
        named
            .map(|found| format!("{}#{}@{}", found.type_name, found.relation, found.user))
            .collect()
    };
    assert_eq!(of("self_referential_userset").len(), 11);
    assert_eq!(of("alias_userset"), ["document#editor@group#member"]);
    assert_eq!(
        of("computed_userset_self_object"),
        [
            "group#member@group#manager",
            "group#insider@group#member",
            "document#editor@document#owner",
            "document#open@document#banned",
            "document#seen@document#open",
            "document#viewer@document#editor",
        ]
    );
    assert_eq!(of("ttu_userset"), ["document#viewer@folder#viewer"]);
    assert_eq!(of("userset_with_exclusion"), ["document#open@group#member"]);
    assert_eq!(of("wildcard_with_exclusion"), ["document#open@user:*"]);
}

#[test]
fn a_strict_model_answers_as_the_coming_resolver() {
    let tuples = [
        ("document:1", "editor", "group:eng#insider"),
        ("document:1", "parent", "folder:a"),
        ("document:1", "open", "user:*"),
        ("folder:a", "viewer", "group:eng#member"),
        ("group:eng", "member", "group:dev#member"),
        ("group:dev", "member", "user:anne"),
    ];
    let tuples =
        tuples.map(|(object, relation, user)| Tuple::parse(object, relation, user).unwrap());
    let graph = Arc::new(Graph::new(&tuples).unwrap());
    let snapshots = models().map(|model| Snapshot::new(Arc::new(model), Arc::clone(&graph)));
    for (object, relation, user, expected) in [
        // The four shapes that turn from yes to no.
        ("group:eng", "member", "group:eng#member", ["yes", "no"]),
        ("document:1", "editor", "group:eng#member", ["yes", "no"]),
        ("document:1", "viewer", "document:1#editor", ["yes", "no"]),
        ("document:1", "viewer", "folder:a#viewer", ["yes", "no"]),
        // Tuples that name the userset count all the same, and so do people.
        ("group:eng", "member", "group:dev#member", ["yes", "yes"]),
        ("folder:a", "viewer", "group:dev#member", ["yes", "yes"]),
        ("document:1", "viewer", "group:eng#member", ["yes", "yes"]),
        ("document:1", "viewer", "user:anne", ["yes", "yes"]),
        ("document:1", "open", "user:bob", ["yes", "yes"]),
        // What reaches an exclusion is refused.
        ("document:1", "seen", "group:eng#member", ["no", "userset_with_exclusion"]),
        ("document:1", "seen", "user:*", ["yes", "wildcard_with_exclusion"]),
        ("document:1", "seen", "group:eng#manager", ["no", "no"]),
    ] {
        let object = ObjectName::parse(object).unwrap();
        let (relation, user) =
            (RelationName::parse(relation).unwrap(), UserName::parse(user).unwrap());
        for (snapshot, expected) in snapshots.iter().zip(expected) {
            let request = CheckRequest::new(&object, &relation, &user);
            let answer = match snapshot.check(&request, &NoConditions) {
                Ok(Decision::Allow) => "yes".to_owned(),
                Ok(Decision::Deny) => "no".to_owned(),
                Ok(other) => format!("{other:?}"),
                Err(error) => error.to_string(),
            };
            let strict = snapshot.model().is_strict();
            let about = format!("{object}#{relation}@{user}, strict: {strict}");
            assert!(
                answer == expected || answer.ends_with(&format!("({expected})")),
                "{about}: {answer}"
            );
        }
    }
}

#[test]
fn lists_of_a_strict_model_are_what_its_checks_say() {
    let tuples = [
        ("document:1", "editor", "group:eng#insider"),
        ("document:1", "parent", "folder:a"),
        ("folder:a", "viewer", "group:eng#member"),
        ("folder:b", "viewer", "group:dev#member"),
        ("group:eng", "member", "group:dev#member"),
        ("group:dev", "member", "group:dev#member"),
    ];
    let tuples =
        tuples.map(|(object, relation, user)| Tuple::parse(object, relation, user).unwrap());
    let graph = Arc::new(Graph::new(&tuples).unwrap());
    let member = RelationName::parse("member").unwrap();
    let group = TypeName::parse("group").unwrap();
    for model in models() {
        let strict = model.is_strict();
        let snapshot = Snapshot::new(Arc::new(model), Arc::clone(&graph));
        let has = |object: &str, relation: &RelationName, user: &str| {
            let (object, user) =
                (ObjectName::parse(object).unwrap(), UserName::parse(user).unwrap());
            let request = CheckRequest::new(&object, relation, &user);
            snapshot.check(&request, &NoConditions).unwrap() == Decision::Allow
        };
        for (of, relation, ids) in [
            ("group", "member", ["eng", "dev"]),
            ("folder", "viewer", ["a", "b"]),
            ("document", "viewer", ["1", "2"]),
        ] {
            let (of, relation) =
                (TypeName::parse(of).unwrap(), RelationName::parse(relation).unwrap());
            for user in ["group:eng#member", "group:dev#member"] {
                let asked = UserName::parse(user).unwrap();
                let request = ListObjectsRequest::new(&of, &relation, &asked);
                let mut listed =
                    snapshot.list_objects(&request, &NoConditions).unwrap().all(9).unwrap();
                listed.sort_unstable();
                let mut expected: Vec<&str> = ids.into();
                expected.retain(|id| has(&format!("{}:{id}", of.as_str()), &relation, user));
                expected.sort_unstable();
                assert_eq!(listed, expected, "{relation} of {user}, strict: {strict}");
            }
            for id in ids {
                let object = ObjectName::parse(&format!("{}:{id}", of.as_str())).unwrap();
                let filter = UserFilter::Usersets(&group, &member);
                let request = ListUsersRequest::new(&object, &relation, filter);
                let listed = snapshot.list_users(&request, &NoConditions).unwrap().all(9).unwrap();
                let mut listed: Vec<String> =
                    listed.users.iter().map(|user| format!("{user:?}")).collect();
                listed.sort_unstable();
                let mut expected = vec!["dev", "eng"];
                expected.retain(|id| {
                    has(&object.to_string(), &relation, &format!("group:{id}#member"))
                });
                let expected: Vec<String> = expected
                    .into_iter()
                    .map(|id| format!("{:?}", ListedUser::Userset(id)))
                    .collect();
                assert_eq!(listed, expected, "{object}#{relation}, strict: {strict}");
            }
        }
    }
}
