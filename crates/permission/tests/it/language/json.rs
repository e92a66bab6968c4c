use counterfoil_permission::language::{from_json, parse, print, to_json};
use insta::assert_snapshot;

#[test]
fn everything_goes_to_json_and_back() {
    let text = "model
  schema 1.1

type user

type t
  relations
    define z: [user, user:*, t#z with c] or a from p
    define p: [t]
    define a: (z and p) but not z

condition c(z: map<list<int>>, a: ipaddress) {
  a.in_cidr('10.0.0.0/8')
}
";
    let model = parse(text).unwrap();
    let json = to_json(&model);
    assert_eq!(from_json(&json).unwrap(), model);
    assert_eq!(print(&model).unwrap(), text);
    assert_snapshot!(json, @r#"{"schema_version":"1.1","type_definitions":[{"type":"user"},{"type":"t","relations":{"z":{"union":{"child":[{"this":{}},{"tupleToUserset":{"tupleset":{"relation":"p"},"computedUserset":{"relation":"a"}}}]}},"p":{"this":{}},"a":{"difference":{"base":{"intersection":{"child":[{"computedUserset":{"relation":"z"}},{"computedUserset":{"relation":"p"}}]}},"subtract":{"computedUserset":{"relation":"z"}}}}},"metadata":{"relations":{"z":{"directly_related_user_types":[{"type":"user"},{"type":"user","wildcard":{}},{"type":"t","relation":"z","condition":"c"}]},"p":{"directly_related_user_types":[{"type":"t"}]},"a":{}}}}],"conditions":{"c":{"name":"c","expression":"a.in_cidr('10.0.0.0/8')","parameters":{"z":{"type_name":"TYPE_NAME_MAP","generic_types":[{"type_name":"TYPE_NAME_LIST","generic_types":[{"type_name":"TYPE_NAME_INT"}]}]},"a":{"type_name":"TYPE_NAME_IPADDRESS"}}}}}"#);
}

#[test]
fn the_forms_that_servers_send_are_read() {
    let json = r#"{
        "id": "ignored",
        "schema_version": "1.1",
        "type_definitions": [
            {"type": "user", "relations": {}, "metadata": null},
            {"type": "t",
             "relations": {
                "b": {"union": {"child": [
                    {"tuple_to_userset": {
                        "tupleset": {"object": "", "relation": "a"},
                        "computed_userset": {"object": "", "relation": "b"}}},
                    {"computedUserset": {"object": "", "relation": "a"}}]}},
                "a": {"this": {}}},
             "metadata": {
                "module": "",
                "source_info": null,
                "relations": {
                    "a": {"directly_related_user_types": [
                            {"type": "user", "relation": "", "condition": ""},
                            {"type": "user", "wildcard": {}, "condition": "c"}],
                          "module": "m", "source_info": {"file": "m.fga"}},
                    "b": {"directly_related_user_types": [], "module": "", "source_info": null}}}}],
        "conditions": {"c": {"name": "c", "expression": " x ", "metadata": null,
            "parameters": {"x": {"type_name": "TYPE_NAME_BOOL", "generic_types": []}}}}
    }"#;
    let model = from_json(json).unwrap();
    assert_eq!(model.types[1].relations[1].origin.module.as_deref(), Some("m"));
    assert_snapshot!(print(&model).unwrap(), @"
    model
      schema 1.1

    type user

    type t
      relations
        define b: b from a or a
        define a: [user, user:* with c]

    condition c(x: bool) {
      x
    }
    ");
}
