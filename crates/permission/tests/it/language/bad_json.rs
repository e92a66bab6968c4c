use counterfoil_permission::language::{NESTING_LIMIT, TEXT_LIMIT, from_json};
use insta::assert_snapshot;

fn errors(texts: &[String]) -> String {
    let said: Vec<String> =
        texts.iter().map(|text| from_json(text).unwrap_err().to_string()).collect();
    said.join("\n")
}

fn with_type(definition: &str) -> String {
    format!(r#"{{"schema_version":"1.1","type_definitions":[{definition}]}}"#)
}

fn with_rewrite(rewrite: &str) -> String {
    with_type(&format!(r#"{{"type":"t","relations":{{"a/b":{rewrite}}}}}"#))
}

fn with_restriction(restriction: &str) -> String {
    let metadata =
        format!(r#"{{"relations":{{"r":{{"directly_related_user_types":[{restriction}]}}}}}}"#);
    with_type(&format!(
        r#"{{"type":"t","relations":{{"r":{{"this":{{}}}}}},"metadata":{metadata}}}"#
    ))
}

fn with_condition(condition: &str) -> String {
    format!(r#"{{"schema_version":"1.1","conditions":{{"c":{condition}}}}}"#)
}

#[test]
fn outlines() {
    let said = errors(&[
        String::new(),
        "[]".to_owned(),
        "{}".to_owned(),
        r#"{"schema_version":"1.0"}"#.to_owned(),
        r#"{"schema_version":"1.1","schema_version":"1.2"}"#.to_owned(),
        r#"{"schema_version":"1.1","type_definitions":{}}"#.to_owned(),
        " ".repeat(TEXT_LIMIT + 1),
        "[".repeat(1000),
    ]);
    assert_snapshot!(said, @"
    this is no JSON: EOF while parsing a value at line 1 column 0
    found an array, expected an object
    the field `schema_version` is missing: add it
    /schema_version: the schema version `1.0` is unknown, expected 1.1 or 1.2
    `schema_version` is given twice: remove or rename one
    /type_definitions: found an object, expected an array
    the text is longer than 262144 bytes: shorten the model
    this is no JSON: recursion limit exceeded at line 1 column 128
    ");
}

#[test]
fn types() {
    let said = errors(
        &[
            "{}",
            r#"{"type":""}"#,
            r#"{"type":"a b"}"#,
            r#"{"type":"a"},{"type":"a"}"#,
            r#"{"type":"a","relations":[]}"#,
            r#"{"type":"a","relations":{"b":{"this":{}},"b":{"this":{}}}}"#,
            r#"{"type":"a","relations":{"b#":{"this":{}}}}"#,
            r#"{"type":"a","metadata":{"relations":{"b":{}}}}"#,
            r#"{"type":"a","metadata":{"module":1}}"#,
        ]
        .map(with_type),
    );
    assert_snapshot!(said, @"
    /type_definitions/0: the field `type` is missing: add it
    /type_definitions/0/type: this is no type name: use 1 to 254 letters, no blanks, `:`, `#` or `@`
    /type_definitions/0/type: this is no type name: use 1 to 254 letters, no blanks, `:`, `#` or `@`
    /type_definitions/1: `a` is given twice: remove or rename one
    /type_definitions/0/relations: found an array, expected an object
    /type_definitions/0/relations: `b` is given twice: remove or rename one
    /type_definitions/0/relations/b#: this is no relation name: use 1 to 50 letters, no blanks, `:`, `#` or `@`
    /type_definitions/0/metadata/relations/b: types are given for tuples that the relation has not: add `this` to it, or remove them
    /type_definitions/0/metadata/module: found a number or boolean, expected a string
    ");
}

#[test]
fn rewrites() {
    let said = errors(
        &[
            "{}",
            "1",
            r#"{"self":{}}"#,
            r#"{"this":{},"union":{"child":[]}}"#,
            r#"{"this":1}"#,
            r#"{"computedUserset":{}}"#,
            r#"{"computedUserset":{"object":"o:1","relation":"r"}}"#,
            r#"{"computedUserset":{"relation":"a:b"}}"#,
            r#"{"tupleToUserset":{"tupleset":{"relation":"r"}}}"#,
            r#"{"union":{"child":[]}}"#,
            r#"{"union":{"child":[{"this":{}},{"that":{}}]}}"#,
            r#"{"difference":{"base":{"this":{}}}}"#,
        ]
        .map(with_rewrite),
    );
    assert_snapshot!(said, @"
    /type_definitions/0/relations/a~1b: this is no rewrite, expected exactly one of this, computedUserset, tupleToUserset, union, intersection and difference
    /type_definitions/0/relations/a~1b: found a number or boolean, expected an object
    /type_definitions/0/relations/a~1b: this is no rewrite, expected exactly one of this, computedUserset, tupleToUserset, union, intersection and difference
    /type_definitions/0/relations/a~1b: this is no rewrite, expected exactly one of this, computedUserset, tupleToUserset, union, intersection and difference
    /type_definitions/0/relations/a~1b/this: found a number or boolean, expected an object
    /type_definitions/0/relations/a~1b/computedUserset: the field `relation` is missing: add it
    /type_definitions/0/relations/a~1b/computedUserset/object: a rewrite names no object: leave `object` empty or out
    /type_definitions/0/relations/a~1b/computedUserset/relation: this is no relation name: use 1 to 50 letters, no blanks, `:`, `#` or `@`
    /type_definitions/0/relations/a~1b/tupleToUserset: the field `computedUserset` is missing: add it
    /type_definitions/0/relations/a~1b/union/child: the list of children is empty: name at least one
    /type_definitions/0/relations/a~1b/union/child/1: this is no rewrite, expected exactly one of this, computedUserset, tupleToUserset, union, intersection and difference
    /type_definitions/0/relations/a~1b/difference: the field `subtract` is missing: add it
    ");
}

#[test]
fn restrictions() {
    let mut texts = [
        "{}",
        r#"{"type":"t","relation":"r","wildcard":{}}"#,
        r#"{"type":"t","wildcard":true}"#,
        r#"{"type":"t","condition":"a b"}"#,
    ]
    .map(with_restriction)
    .to_vec();
    texts.push(
        with_restriction(r#"{"type":"t"}"#)
            .replace(r#""this":{}"#, r#""computedUserset":{"relation":"r"}"#),
    );
    assert_snapshot!(errors(&texts), @"
    /type_definitions/0/metadata/relations/r/directly_related_user_types/0: the field `type` is missing: add it
    /type_definitions/0/metadata/relations/r/directly_related_user_types/0: found both `relation` and `wildcard`, expected one of them
    /type_definitions/0/metadata/relations/r/directly_related_user_types/0/wildcard: found a number or boolean, expected an object
    /type_definitions/0/metadata/relations/r/directly_related_user_types/0/condition: this is no condition name: use 1 to 256 letters, no blanks
    /type_definitions/0/metadata/relations/r: types are given for tuples that the relation has not: add `this` to it, or remove them
    ");
}

#[test]
fn conditions() {
    let said = errors(
        &[
            "{}",
            r#"{"name":"d","expression":"true"}"#,
            r#"{"name":"c"}"#,
            r#"{"name":"c","expression":"","parameters":{"p":{}}}"#,
            r#"{"name":"c","expression":"","parameters":{"p":{"type_name":"TYPE_NAME_FOO"}}}"#,
            r#"{"name":"c","expression":"","parameters":{"p":{"type_name":"TYPE_NAME_int"}}}"#,
            r#"{"name":"c","expression":"","parameters":{"p":{"type_name":"TYPE_NAME_LIST"}}}"#,
            r#"{"name":"c","expression":"","parameters":{"p":
                {"type_name":"TYPE_NAME_INT","generic_types":[{"type_name":"TYPE_NAME_INT"}]}}}"#,
        ]
        .map(with_condition),
    );
    assert_snapshot!(said, @"
    /conditions/c: the field `name` is missing: add it
    /conditions/c/name: the name differs from the name of the entry: make them equal
    /conditions/c: the field `expression` is missing: add it
    /conditions/c/parameters/p: the field `type_name` is missing: add it
    /conditions/c/parameters/p/type_name: the parameter type `TYPE_NAME_FOO` is unknown, expected TYPE_NAME_ and one of ANY, BOOL, STRING, INT, UINT, DOUBLE, DURATION, TIMESTAMP, IPADDRESS, LIST and MAP
    /conditions/c/parameters/p/type_name: the parameter type `TYPE_NAME_int` is unknown, expected TYPE_NAME_ and one of ANY, BOOL, STRING, INT, UINT, DOUBLE, DURATION, TIMESTAMP, IPADDRESS, LIST and MAP
    /conditions/c/parameters/p: a list or map has exactly one entry in `generic_types`, another type has none
    /conditions/c/parameters/p: a list or map has exactly one entry in `generic_types`, another type has none
    ");
}

#[test]
fn operators_nest_to_the_limit() {
    let nested = |levels: usize| {
        let open = r#"{"union":{"child":["#.repeat(levels);
        let leaf = r#"{"tupleToUserset":{"tupleset":{"relation":"a"},"computedUserset":{"relation":"b"}}}"#;
        with_rewrite(&format!("{open}{leaf}{}", "]}}".repeat(levels)))
    };
    from_json(&nested(NESTING_LIMIT)).unwrap();
    let error = from_json(&nested(NESTING_LIMIT + 1)).unwrap_err();
    assert_eq!(error.path.matches("union").count(), NESTING_LIMIT);
    assert_snapshot!(error.kind, @"this nests deeper than 32 levels: name a part of it as a relation of its own");
}
