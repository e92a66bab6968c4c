//! Which tuples a model allows.

use counterfoil_permission::compile::compile;
use counterfoil_permission::language::parse;
use counterfoil_permission::tuple::{Context, Tuple};

const MODEL: &str = "model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member]
    define all: member
type document
  relations
    define viewer: [user, user:*, group#member, user with weekday]
    define view: viewer
condition weekday(day: string) {
  day != \"sunday\"
}
condition unused(day: string) {
  day != \"sunday\"
}
";

#[track_caller]
fn check(object: &str, relation: &str, user: &str, condition: &str, expected: Result<(), &str>) {
    let model = compile(&parse(MODEL).unwrap()).unwrap();
    let mut tuple = Tuple::parse(object, relation, user).unwrap();
    if !condition.is_empty() {
        tuple = tuple.with_condition(condition, Context::new()).unwrap();
    }
    let found = model.allows(&tuple).map_err(|refused| refused.to_string());
    assert_eq!(found, expected.map_err(str::to_owned));
}

#[test]
fn a_tuple_fits_a_restriction_with_its_condition() {
    check("document:1", "viewer", "user:anne", "", Ok(()));
    check("document:1", "viewer", "user:*", "", Ok(()));
    check("document:1", "viewer", "group:eng#member", "", Ok(()));
    check("document:1", "viewer", "user:anne", "weekday", Ok(()));
    check("group:1", "member", "group:2#member", "", Ok(()));
}

#[test]
fn what_does_not_fit_is_named() {
    let refuse = |object, relation, user, condition, why| {
        check(object, relation, user, condition, Err(why));
    };
    let not = "`document#viewer` does not take `group`";
    refuse("document:1", "viewer", "group:eng", "", not);
    let not = "`document#viewer` does not take `group#all`";
    refuse("document:1", "viewer", "group:eng#all", "", not);
    let not = "`document#viewer` does not take `user:* with weekday`";
    refuse("document:1", "viewer", "user:*", "weekday", not);
    let not = "`group#member` does not take `user with weekday`";
    refuse("group:1", "member", "user:anne", "weekday", not);
    let not = "`document#view` takes no tuples: it follows from others";
    refuse("document:1", "view", "user:anne", "", not);
    refuse("document:1", "read", "user:a", "", "type `document` has no relation `read`");
    refuse("doc:1", "viewer", "user:anne", "", "the model has no type `doc`");
    refuse("document:1", "viewer", "usr:anne", "", "the model has no type `usr`");
    refuse("document:1", "viewer", "group:1#x", "", "type `group` has no relation `x`");
    refuse("document:1", "viewer", "user:a", "no", "the model has no condition `no`");
}
