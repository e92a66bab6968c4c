use counterfoil_permission::language::{Module, combine, from_json, parse_module, to_json};
use counterfoil_permission::model::SchemaVersion;
use insta::assert_snapshot;

fn modules(texts: &[&str]) -> Vec<Module> {
    let file = |index: usize| format!("{index}.fga");
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| parse_module(text, &file(index)).unwrap())
        .collect()
}

const CORE: &str = "module core
type user
type shop
  relations
    define member: [user with c]
condition c() { true }";

#[test]
fn modules_make_one_model() {
    let wiki = "module wiki\nextend type shop\nrelations\ndefine editor: member\ntype page";
    let model = combine(SchemaVersion::V1_2, modules(&[CORE, wiki])).unwrap();
    assert_eq!(from_json(&to_json(&model)).unwrap(), model);
    assert_snapshot!(to_json(&model), @r#"{"schema_version":"1.2","type_definitions":[{"type":"user","metadata":{"module":"core","source_info":{"file":"0.fga"}}},{"type":"shop","relations":{"member":{"this":{}},"editor":{"computedUserset":{"relation":"member"}}},"metadata":{"relations":{"member":{"directly_related_user_types":[{"type":"user","condition":"c"}]},"editor":{"module":"wiki","source_info":{"file":"1.fga"}}},"module":"core","source_info":{"file":"0.fga"}}},{"type":"page","metadata":{"module":"wiki","source_info":{"file":"1.fga"}}}],"conditions":{"c":{"name":"c","expression":"true","metadata":{"module":"core","source_info":{"file":"0.fga"}}}}}"#);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let cases = [
        "module a\ntype user",
        "module a\nextend type shop\nrelations\ndefine member: [user]",
        "module a\nextend type ship\nrelations\ndefine member: [user]",
        "module a\ncondition c() { false }",
    ];
    let mut said: Vec<String> = cases
        .iter()
        .map(|case| combine(SchemaVersion::V1_2, modules(&[CORE, case])).unwrap_err().to_string())
        .collect();
    said.push(combine(SchemaVersion::V1_1, modules(&[CORE])).unwrap_err().to_string());
    assert_snapshot!(said.join("\n"), @"
    the type `user` of `1.fga` is also defined in `0.fga`: remove or rename one
    the relation `member` of `1.fga` is also defined in `0.fga`: remove or rename one
    `1.fga` extends the type `ship`, which no module defines: define it, or correct the name
    the condition `c` of `1.fga` is also defined in `0.fga`: remove or rename one
    schema 1.1 has no modules, expected schema 1.2
    ");
}

#[test]
fn a_bad_module_is_refused() {
    let cases = [
        "",
        "module",
        "model\nschema 1.1",
        "module m\nextend a",
        "module m\nextend type a\nextend type a",
    ];
    let said = cases.map(|case| parse_module(case, "a.fga").unwrap_err().to_string());
    assert_snapshot!(said.join("\n"), @"
    line 1, column 1: found the end of the text, expected `module`: begin with `module` and its name
    line 1, column 7: found the end of the text, expected the name of a module: write it here
    line 1, column 1: found `model`, expected `module`: begin with `module` and its name
    line 2, column 8: found `a`, expected `type`: write `extend type` and the name
    line 3, column 13: the type `a` is defined twice: remove or rename one
    ");
}
