//! The names in tuples.

use counterfoil_permission::tuple::{
    CONTEXT_BYTES_MAX, Context, ObjectName, RelationName, Tuple, TypeName, UserName,
};

#[test]
fn objects() {
    let id = |bytes: usize| format!("d:{}", "x".repeat(bytes - 2));
    for good in ["d:1", "d:a@b", "d:é", &id(256)] {
        assert_eq!(ObjectName::parse(good).unwrap().to_string(), good);
    }
    for bad in ["", "d", "d:", ":1", "d:1:2", "d:1#r", "d:1 2", "d :1", "d@e:1", "d:*", &id(257)] {
        assert!(ObjectName::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn users() {
    let id = |bytes: usize| format!("d:{}", "x".repeat(bytes - 2));
    for good in ["u:1", "u:*", "g:1#m", "u:a@b.c", "u:**", &id(512)] {
        assert_eq!(UserName::parse(good).unwrap().to_string(), good);
    }
    for bad in
        ["", "u", "*", "u:", "g:1#", "g:#m", "g:*#m", "g:1#m#n", "g:1#m:n", ":*", "u:\t", &id(513)]
    {
        assert!(UserName::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn relations_and_types() {
    for (length, fits) in [(0, false), (1, true), (50, true), (51, false)] {
        assert_eq!(RelationName::parse(&"é".repeat(length)).is_ok(), fits, "{length}");
    }
    for (length, fits) in [(0, false), (254, true), (255, false)] {
        assert_eq!(TypeName::parse(&"t".repeat(length)).is_ok(), fits, "{length}");
    }
    for bad in ["a b", "a#b", "a:b", "a@b", "\u{a0}"] {
        assert!(RelationName::parse(bad).is_err() && TypeName::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn refusals_say_what_was_expected() {
    let message = |text: &str| UserName::parse(text).unwrap_err().to_string();
    let long = message(&"x".repeat(513));
    insta::assert_snapshot!(message("alice"), @"`alice` is no user: expected `type:id`, `type:id#relation` or `type:*`");
    insta::assert_snapshot!(message("group:*#member"), @"`group:*` names every object: name a single one here");
    insta::assert_snapshot!(long, @"the user is too long: at most 512 bytes are allowed");
    insta::assert_snapshot!(message("group:a#b c"), @"`b c` is no relation: expected some characters without `:`, `#`, `@` and white space");
}

#[test]
fn conditions_are_bounded() {
    let tuple = || Tuple::parse("d:1", "r", "u:1").unwrap();
    for (name, fits) in [("", false), ("a", false), ("ab", true), ("a b", false)] {
        assert_eq!(tuple().with_condition(name, Context::new()).is_ok(), fits, "{name}");
    }
    // `{"k":""}` has eight bytes.
    for (length, fits) in [(CONTEXT_BYTES_MAX - 8, true), (CONTEXT_BYTES_MAX - 7, false)] {
        let mut context = Context::new();
        context.insert("k".to_owned(), "x".repeat(length).into());
        assert_eq!(tuple().with_condition("open", context).is_ok(), fits, "{length}");
    }
}
