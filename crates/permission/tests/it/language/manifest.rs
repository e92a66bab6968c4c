//! `fga.mod`, and models of several files.

use counterfoil_permission::compile::compile_at;
use counterfoil_permission::language::{load_project, parse_located, parse_manifest};

#[track_caller]
fn refused(text: &str, expected: &str) {
    assert_eq!(parse_manifest(text).unwrap_err().to_string(), expected);
}

#[test]
fn a_manifest_names_files() {
    for text in [
        "schema: '1.2'\ncontents:\n  - core.fga\n  - wiki/pages.fga\n",
        "---\n# a project\ncontents: ['core.fga', \"wiki/pages.fga\"] # all\nschema: 1.2\n",
        "schema: \"1.2\"\n\ncontents:\n- core.fga # first\n\n- 'wiki/pages.fga'\n",
    ] {
        assert_eq!(parse_manifest(text).unwrap().contents, ["core.fga", "wiki/pages.fga"]);
    }
}

#[test]
fn a_bad_manifest_is_refused() {
    refused("contents:\n - a.fga\n", "line 1: the key `schema` is missing");
    refused("schema: '1.2'\n", "line 1: the key `contents` is missing");
    refused(
        "\nschema: '1.1'\ncontents: [a.fga]\n",
        "line 2: the schema `1.1` has no modules, expected 1.2",
    );
    refused("schema: 1.2\ncontents: []\n", "line 1: `contents` names no file, or more than 1000");
    refused("schema: 1.2\ncontents: [a.fga, a.fga]\n", "line 2: `a.fga` is named twice");
    refused(
        "schema: 1.2\nname: x\n",
        "line 2: found the key `name`, expected `schema` and `contents`, each once",
    );
    for line in ["nothing", "  schema: 1.2", "schema: '1.2", "- a.fga", "contents: a.fga"] {
        refused(
            line,
            "line 1: expected `schema: '1.2'`, `contents:` or an item of it, such as `  - core.fga`",
        );
    }
    for path in ["/a.fga", "../a.fga", "a/../b.fga", "a.txt", "c:\\a.fga", "a//b.fga"] {
        refused(
            &format!("schema: 1.2\ncontents:\n  - {path}\n"),
            &format!(
                "line 3: `{}` is no file of a module: expected a path to a `.fga` file, relative \
                 to the manifest and inside its folder",
                path.escape_debug()
            ),
        );
    }
}

#[test]
fn findings_name_file_line_and_column() {
    let manifest = "schema: '1.2'\ncontents: [core.fga, wiki.fga]\n";
    let read = |path: &str| {
        match path {
        "core.fga" => Some("module core\ntype user\ntype shop\n".to_owned()),
        "wiki.fga" => Some(
            "module wiki\n\nextend type shop\n  relations\n    define reader: [usr, user with c1]\n\n\
             condition c1(n: int) {\n  # why\n  n == 1 &&\n    n == 'one'\n}\n"
                .to_owned(),
        ),
        _ => None,
    }
    };
    let (model, positions) = load_project(manifest, read).unwrap();
    let findings = compile_at(&model, &positions).unwrap_err();
    let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "wiki.fga: line 10, column 7: condition `c1`: `==` does not take (int, string)",
            "wiki.fga: line 5, column 12: `shop#reader`: there is no type `usr`; did you mean `user`?",
        ]
    );

    let missing = load_project("schema: 1.2\ncontents: [core.fga, gone.fga]", read).unwrap_err();
    assert_eq!(missing.to_string(), "`gone.fga` cannot be read");
    let broken = |path: &str| read(path).map(|text| text.replace("type user", "type"));
    assert_eq!(
        load_project(manifest, broken).unwrap_err().to_string(),
        "core.fga: line 2, column 5: found the end of the line, expected the name of a type: \
         write it here"
    );
}

#[test]
fn warnings_have_a_place_too() {
    let text = "model\n  schema 1.1\ntype user\ntype group\n  relations\n    define member: [user]\n\
                type doc\n  relations\n    define parent: [user, group]\n    \
                define viewer: member from parent\n";
    let (model, positions) = parse_located(text).unwrap();
    let checked = compile_at(&model, &positions).unwrap();
    let place = checked.warnings()[0].place.as_ref().map(ToString::to_string);
    assert_eq!(place.as_deref(), Some("line 10, column 12"));
}
