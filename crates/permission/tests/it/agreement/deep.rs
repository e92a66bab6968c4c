//! The limit of depth is where it is said to be, and lists say what is beyond it.

use std::collections::BTreeSet;
use std::sync::Arc;

use counterfoil_permission::check::{CheckRequest, Decision, Limits, Snapshot};
use counterfoil_permission::compile::compile;
use counterfoil_permission::graph::Graph;
use counterfoil_permission::list_objects::ListObjectsRequest;
use counterfoil_permission::list_users::{ListUsersRequest, ListedUser, UserFilter};
use counterfoil_permission::model::Rewrite;
use counterfoil_permission::tuple::{ObjectName, RelationName, Tuple, TypeName, UserName};
use counterfoil_permission::{ListLimits, ListStop};

use super::case::Case;
use crate::build::{Named, any, but_not, direct, from, model, of, rel, ty};

/// The longest chain of folders.
const LENGTH: u64 = 12;

/// A chain of folders: alice may see the first, and whatever lies below.
pub(super) fn agree(case: &Case) {
    let depth = u32::try_from(case.seed / 2 % LENGTH + 1).unwrap();
    let snapshot = chain(case.seed);
    let limits = Limits { depth, ..Limits::default() };
    for relation in ["viewer", "reader"] {
        let expected = |folder: u64| match folder.cmp(&u64::from(depth)) {
            std::cmp::Ordering::Greater => Decision::TooComplex,
            _ => Decision::Allow,
        };
        for folder in 1..=LENGTH {
            let told = format!("seed {}: {relation} of folder {folder}, depth {depth}", case.seed);
            assert_eq!(check(&snapshot, relation, folder, limits), expected(folder), "{told}");
            assert_eq!(users(&snapshot, relation, folder, limits), expected(folder), "{told}");
        }
        let (found, beyond) = objects(&snapshot, relation, limits);
        for folder in 1..=LENGTH {
            let told = format!("seed {}: list {relation}, depth {depth}, {folder}", case.seed);
            let id = folder.to_string();
            assert_eq!(found.contains(&id), expected(folder) == Decision::Allow, "{told}");
            assert_eq!(beyond.contains(&id), expected(folder) != Decision::Allow, "{told}");
        }
    }
}

fn chain(seed: u64) -> Snapshot {
    let up = [Rewrite::This, from("viewer", "parent")];
    let model = model(vec![
        ty("user", vec![]),
        ty(
            "folder",
            vec![
                direct("parent", &["folder"]),
                direct("banned", &["user"]),
                rel("viewer", &["user", "folder#viewer"], any(up)),
                rel("reader", &[], but_not(of("viewer"), of("banned"))),
            ],
        ),
    ]);
    let mut tuples = vec![Tuple::parse("folder:1", "viewer", "user:alice").unwrap()];
    for folder in 2..=LENGTH {
        let (below, above) = (format!("folder:{folder}"), format!("folder:{}", folder - 1));
        tuples.push(if (seed + folder).is_multiple_of(3) {
            Tuple::parse(&below, "viewer", &format!("{above}#viewer")).unwrap()
        } else {
            Tuple::parse(&below, "parent", &above).unwrap()
        });
    }
    Snapshot::new(Arc::new(compile(&model).unwrap()), Arc::new(Graph::new(&tuples).unwrap()))
}

fn check(snapshot: &Snapshot, relation: &str, folder: u64, limits: Limits) -> Decision {
    let object = ObjectName::parse(&format!("folder:{folder}")).unwrap();
    let relation = RelationName::parse(relation).unwrap();
    let alice = UserName::parse("user:alice").unwrap();
    let request = CheckRequest::new(&object, &relation, &alice).limits(limits);
    let explained = snapshot.explain(&request, &Named, 100).unwrap();
    let decision = snapshot.check(&request, &Named).unwrap();
    assert_eq!(explained.decision, decision);
    decision
}

/// What a list of users says about alice.
fn users(snapshot: &Snapshot, relation: &str, folder: u64, limits: Limits) -> Decision {
    let object = ObjectName::parse(&format!("folder:{folder}")).unwrap();
    let relation = RelationName::parse(relation).unwrap();
    let user = TypeName::parse("user").unwrap();
    let request = ListUsersRequest::new(&object, &relation, UserFilter::Objects(&user))
        .limits(ListLimits { check: limits, ..ListLimits::default() });
    for found in snapshot.list_users(&request, &Named).unwrap() {
        match found {
            Ok(ListedUser::Object("alice")) => return Decision::Allow,
            Err(ListStop::Undecided { id, why }) if id == "alice" => return why,
            _ => {}
        }
    }
    Decision::Deny
}

/// The folders that are listed, and those that are too deep to tell.
fn objects(
    snapshot: &Snapshot,
    relation: &str,
    limits: Limits,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let folder = TypeName::parse("folder").unwrap();
    let relation = RelationName::parse(relation).unwrap();
    let alice = UserName::parse("user:alice").unwrap();
    let request = ListObjectsRequest::new(&folder, &relation, &alice)
        .limits(ListLimits { check: limits, ..ListLimits::default() });
    let (mut found, mut beyond) = (BTreeSet::new(), BTreeSet::new());
    for next in snapshot.list_objects(&request, &Named).unwrap() {
        match next {
            Ok(id) => found.insert(id.to_owned()),
            Err(ListStop::Undecided { id, why: Decision::TooComplex }) => beyond.insert(id),
            Err(other) => panic!("{other}"),
        };
    }
    (found, beyond)
}
