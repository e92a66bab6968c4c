//! Questions in handles: the same answers, and none about anything else.

use std::sync::Arc;

use counterfoil_permission::check::{Checker, Decision, HandleRequest, Snapshot, StaleHandle};
use counterfoil_permission::graph::{Change, Graph};
use counterfoil_permission::model::Model;
use counterfoil_permission::tuple::{ObjectName, RelationName};

use crate::build::{Named, direct, model, snapshot, tuple, ty};

fn sharing() -> Model {
    let viewer = direct("viewer", &["user", "group#member"]);
    model(vec![
        ty("user", vec![]),
        ty("group", vec![direct("member", &["user", "group#member"])]),
        ty("document", vec![viewer]),
    ])
}

fn ask(
    snapshot: &Snapshot,
    of: &Snapshot,
    object: &str,
    user: &str,
) -> Result<Decision, StaleHandle> {
    let handle = |name: &str| of.resolve(&ObjectName::parse(name).unwrap()).unwrap();
    let viewer = of.resolve_relation("document", &RelationName::parse("viewer").unwrap()).unwrap();
    let request = HandleRequest::new(handle(object), viewer, handle(user));
    snapshot.check_handles(&mut Checker::default(), &request, &Named)
}

#[test]
fn handles_ask_what_names_ask() {
    let tuples = [
        "document:1#viewer@group:g#member",
        "group:g#member@group:h#member",
        "group:h#member@user:a",
        "document:2#viewer@user:b",
    ];
    let snapshot = snapshot(&sharing(), &tuples);
    assert_eq!(ask(&snapshot, &snapshot, "document:1", "user:a"), Ok(Decision::Allow));
    assert_eq!(ask(&snapshot, &snapshot, "document:2", "user:a"), Ok(Decision::Deny));
    assert_eq!(ask(&snapshot, &snapshot, "document:2", "user:b"), Ok(Decision::Allow));
    // The relation is of documents.
    assert_eq!(ask(&snapshot, &snapshot, "group:g", "user:b"), Err(StaleHandle));
    assert_eq!(snapshot.resolve(&ObjectName::parse("document:3").unwrap()), None);
    assert_eq!(snapshot.resolve(&ObjectName::parse("ghost:3").unwrap()), None);
}

#[test]
fn handles_outlive_changes_and_no_other_layout() {
    let first = snapshot(&sharing(), &["document:1#viewer@user:a", "document:2#viewer@user:b"]);
    let changes = [
        Change::Delete(tuple("document:1#viewer@user:a")),
        Change::Write(tuple("document:2#viewer@user:a")),
    ];
    let changed: Graph = first.graph().with(&changes).unwrap();
    let later = first.with_graph(Arc::new(changed.clone()));
    assert_eq!(ask(&later, &first, "document:1", "user:a"), Ok(Decision::Deny));
    assert_eq!(ask(&later, &first, "document:2", "user:a"), Ok(Decision::Allow));
    let merged = first.with_graph(Arc::new(changed.merged()));
    assert_eq!(ask(&merged, &first, "document:2", "user:a"), Err(StaleHandle));
    let other = snapshot(&sharing(), &["document:2#viewer@user:a"]);
    assert_eq!(ask(&other, &first, "document:2", "user:a"), Err(StaleHandle));
    // What came later has no handle until the graph is laid out anew.
    let new = changed.with(&[Change::Write(tuple("document:9#viewer@user:a"))]).unwrap();
    let nine = ObjectName::parse("document:9").unwrap();
    assert_eq!(first.with_graph(Arc::new(new.clone())).resolve(&nine), None);
    assert!(first.with_graph(Arc::new(new.merged())).resolve(&nine).is_some());
}
