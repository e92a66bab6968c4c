//! SpiceDB's schemas and relationships.

use counterfoil_permission::compile::compile;
use counterfoil_permission::import::zed;
use counterfoil_permission::language;
use counterfoil_permission::model::Model;
use counterfoil_permission::tuple::Tuple;

const DRIVE: &str = r#"
use expiration

/** somebody */
definition user {}

caveat weekday(day string, hours list<int>) {
    // no work on "sunday"
    day != "sun}day" && size(hours) > 0
}

definition group {
    relation member: user | group#member
}
definition folder {
    relation parent: folder
    relation viewer: user | user:* | group#member | user#...
    permission view = viewer + parent->view
}
definition tenant/document {
    relation parent: folder; relation banned: user
    relation writer: user with weekday | user with expiration | group#member with weekday and expiration
    relation reader: user
    permission view = reader + writer + parent.any(view) - banned
    permission edit: user = writer + reader & reader - banned /* all */
}
"#;

fn imported(text: &str) -> Model {
    let imported = zed::parse(text).unwrap();
    if let Err(findings) = compile(&imported.model) {
        panic!("{findings:?}");
    }
    imported.model
}

#[test]
fn a_schema_becomes_a_model() {
    let text = language::print(&imported(DRIVE)).unwrap();
    insta::assert_snapshot!(text, @r#"
    model
      schema 1.1

    type user

    type group
      relations
        define member: [user, group#member]

    type folder
      relations
        define parent: [folder]
        define viewer: [user, user:*, group#member]
        define view: viewer or view from parent

    type tenant/document
      relations
        define parent: [folder]
        define banned: [user]
        define writer: [user with weekday, user, group#member with weekday]
        define reader: [user]
        define view: (reader or writer or view from parent) but not banned
        define edit: ((writer or reader) and reader) but not banned

    condition weekday(day: string, hours: list<int>) {
      // no work on "sunday"
        day != "sun}day" && size(hours) > 0
    }
    "#);
    let notes = zed::parse(DRIVE).unwrap().notes;
    let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(notes.join("\n"), @"
    line 22, column 52: tuples may expire in every relation of a model, so this is left out
    line 22, column 95: tuples may expire in every relation of a model, so this is left out
    line 25, column 20: the types of a permission follow from the model, so they are left out
    ");
}

#[test]
fn operators_bind_as_in_spicedb() {
    let check = |expression: &str, expected: &str| {
        let text = format!(
            "definition user {{}}
             definition document {{
                relation aaa: user
                relation bbb: user
                relation ccc: user
                permission view = {expression}
             }}"
        );
        let model = language::print(&imported(&text)).unwrap();
        let line = model.lines().last().unwrap().trim();
        assert_eq!(line, format!("define view: {expected}"), "{expression}");
    };
    check("aaa", "aaa");
    check("(((aaa)))", "aaa");
    check("aaa + bbb & ccc", "(aaa or bbb) and ccc");
    check("aaa & bbb + ccc", "aaa and (bbb or ccc)");
    check("aaa & bbb - ccc", "(aaa and bbb) but not ccc");
    check("aaa - bbb & ccc", "aaa but not (bbb and ccc)");
    check("aaa - bbb + ccc", "aaa but not (bbb or ccc)");
    check("aaa - bbb - ccc", "(aaa but not bbb) but not ccc");
    check("aaa + (bbb + ccc)", "aaa or (bbb or ccc)");
    check("aaa - (bbb - ccc)", "aaa but not (bbb but not ccc)");
}

#[test]
fn what_a_model_cannot_say_is_found_where_it_stands() {
    let check = |inner: &str| {
        let text = format!(
            "definition user {{}}\ndefinition group {{\n  relation member: user\n}}\n\
             caveat sometimes(word string) {{ word == \"\" }}\ndefinition document {{\n  \
             relation viewer: user\n  relation team: group\n  relation anyone: group | user:*\n  \
             permission view = viewer\n{inner}\n}}\n"
        );
        match zed::parse(&text) {
            Ok(_) => "fine".to_owned(),
            Err(findings) => {
                findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
            }
        }
    };
    insta::assert_snapshot!(check("permission x = team.all(member)"), @"line 11, column 21: a model can't say `.all(…)`: an arrow holds as soon as it holds for one object");
    insta::assert_snapshot!(check("permission x = team->member->deep"), @"line 11, column 28: a model's arrow begins at a relation and ends at one: make the further steps permissions of the definitions they start from");
    insta::assert_snapshot!(check("permission x = (team)->member"), @"line 11, column 22: a model's arrow begins at a relation and ends at one: make the further steps permissions of the definitions they start from");
    insta::assert_snapshot!(check("permission x = team->(member + viewer)"), @"line 11, column 20: a model's arrow begins at a relation and ends at one: make the further steps permissions of the definitions they start from");
    insta::assert_snapshot!(check("permission x = team.some(member)"), @"line 11, column 21: found `some`, expected `any`");
    insta::assert_snapshot!(check("permission x = view->member"), @"line 11, column 16: `view` is a permission, and an arrow begins at a relation: name the relation");
    insta::assert_snapshot!(check("permission x = anyone->member"), @"line 11, column 16: `anyone` may name more than plain objects (`#` or `:*`), which a model's arrow can't follow: split the relation");
    insta::assert_snapshot!(check("permission x = nil"), @"line 11, column 16: a model can't say `nil`: leave the permission out");
    insta::assert_snapshot!(check("permission x = viewer + self"), @"line 11, column 25: a model can't say `self`: write a tuple that names it");
    insta::assert_snapshot!(check("permission x = viewr + banned"), @"
    line 11, column 16: `document` has no relation or permission `viewr`
    line 11, column 24: `document` has no relation or permission `banned`
    ");
    insta::assert_snapshot!(check("permission x = viewer viewer"), @"line 11, column 23: found `viewer`, expected `relation`, `permission` or `}`");
    insta::assert_snapshot!(check("permission x = viewer +"), @"line 12, column 1: found `}`, expected a relation, a permission or `(`");
    insta::assert_snapshot!(check("permission x = (viewer"), @"line 12, column 1: found `}`, expected an operator or `)`");
    insta::assert_snapshot!(check("relation x: usr | group#memer | user with never"), @"
    line 11, column 13: there is no definition `usr`
    line 11, column 25: `group` has no relation or permission `memer`
    line 11, column 43: there is no caveat `never`
    ");
    insta::assert_snapshot!(check("relation x: user with sometimes and sometimes"), @"line 11, column 37: found `sometimes`, expected one caveat");
    insta::assert_snapshot!(check("relation viewer: user"), @"line 11, column 10: `viewer` is defined twice");
    insta::assert_snapshot!(check("relation x"), @"line 12, column 1: found `}`, expected `:` and the types of the relation");
    insta::assert_snapshot!(check("...other"), @"line 11, column 1: `...` needs other files or parts: let `zed schema compile` put them together");
    insta::assert_snapshot!(check(&format!("permission x = team->{} + team.any({0})", "x".repeat(51))), @"
    line 11, column 22: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` can't be a name in a model: shorten it
    line 11, column 85: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` can't be a name in a model: shorten it
    ");
    insta::assert_snapshot!(check(&format!("relation {}: user", "x".repeat(51))), @"line 11, column 10: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` can't be a name in a model: shorten it");
    insta::assert_snapshot!(check("/* "), @"line 11, column 1: the comment that begins here has no end");
    insta::assert_snapshot!(check("} caveat x(a bytes) {}"), @"line 11, column 14: a model has no parameters of type `bytes`: use any, bool, string, int, uint, double, duration, timestamp, ipaddress, list<T> or map<T>");
    insta::assert_snapshot!(check("} caveat x(a list<list<int>>) {}"), @"line 11, column 19: a model has no parameters of type `list<list>`: use any, bool, string, int, uint, double, duration, timestamp, ipaddress, list<T> or map<T>");
    insta::assert_snapshot!(check("} caveat xy(a int, a int) {}"), @"line 11, column 20: `a` is defined twice");
    insta::assert_snapshot!(check("} caveat xy(a int) { a == \"}"), @"line 11, column 21: the expression of the caveat that begins here has no end");
    insta::assert_snapshot!(check("} import \"a.zed\" {"), @"line 11, column 3: `import` needs other files or parts: let `zed schema compile` put them together");
    insta::assert_snapshot!(check("} use self\n @deprecated(warn, \")\") definition other {"), @"fine");
    let deep = format!("permission x = {}viewer{}", "(".repeat(33), ")".repeat(33));
    insta::assert_snapshot!(check(&deep), @"line 11, column 48: operators nest deeper than 32 levels: make a part of it a permission of its own");
    let deep = format!("permission x = viewer{}", " - view".repeat(33));
    insta::assert_snapshot!(check(&deep), @"line 11, column 16: operators nest deeper than 32 levels: make a part of it a permission of its own");
    let most = format!("permission x = viewer{}", " - view".repeat(32));
    assert_eq!(check(&most), "fine");
}

#[test]
fn what_is_read_is_written_and_read_again() {
    let model = imported(DRIVE);
    let schema = zed::print(&model).unwrap();
    insta::assert_snapshot!(schema.text(), @r#"
    caveat weekday(day string, hours list<int>) {
      // no work on "sunday"
        day != "sun}day" && size(hours) > 0
    }

    definition user {}

    definition group {
      relation member: user | group#member
    }

    definition folder {
      relation parent: folder
      relation viewer: user | user:* | group#member
      permission view = viewer + parent->view
    }

    definition tenant/document {
      relation parent: folder
      relation banned: user
      relation writer: user with weekday | user | group#member with weekday
      relation reader: user
      permission view = (reader + writer + parent->view) - banned
      permission edit = ((writer + reader) & reader) - banned
    }
    "#);
    assert_eq!(zed::parse(schema.text()).unwrap().model, model);
}

#[test]
fn own_tuples_beside_others_get_a_relation_of_their_own() {
    let model = language::parse(
        "model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member]
type document
  relations
    define parent: [document]
    define owner: [user]
    define viewer: [user:*, group#member] or owner or viewer from parent
    define view: (viewer and owner) but not (owner or parent)
",
    )
    .unwrap();
    let schema = zed::print(&model).unwrap();
    insta::assert_snapshot!(schema.text(), @"
    definition user {}

    definition group {
      relation member: user | group#member
    }

    definition document {
      relation parent: document
      relation owner: user
      relation viewer_direct: user:* | group#member
      permission viewer = viewer_direct + owner + parent->viewer
      permission view = (viewer & owner) - (owner + parent)
    }
    ");
    let relationship = |object, relation, user| {
        schema.relationship(&Tuple::parse(object, relation, user).unwrap()).unwrap()
    };
    let split = relationship("document:1", "viewer", "user:*");
    assert_eq!(split, "document:1#viewer_direct@user:*");
    let whole = relationship("group:a", "member", "group:b#member");
    assert_eq!(whole, "group:a#member@group:b#member");
}

#[test]
fn what_spicedb_cannot_say_is_refused() {
    let check = |model: &str| {
        let model = format!("model\n  schema 1.1\ntype user\ntype group\n  relations\n{model}");
        let unsayable = zed::print(&language::parse(&model).unwrap()).unwrap_err();
        unsayable.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(check("    define a: [user]\n    define Admin: [user]\n    define all: [user]\n    define has-dash: [user]\n"), @"
    SpiceDB's schema language can't say the name `a`: expected 3 to 64 of `a-z`, `0-9` and `_`, a letter first, and no word of the language
    SpiceDB's schema language can't say the name `Admin`: expected 3 to 64 of `a-z`, `0-9` and `_`, a letter first, and no word of the language
    SpiceDB's schema language can't say the name `all`: expected 3 to 64 of `a-z`, `0-9` and `_`, a letter first, and no word of the language
    SpiceDB's schema language can't say the name `has-dash`: expected 3 to 64 of `a-z`, `0-9` and `_`, a letter first, and no word of the language
    ");
    insta::assert_snapshot!(check("    define view: [user] or more\n    define more: [user]\n    define view_direct: [user]\n"), @"SpiceDB's schema language can't say both `view_direct` and the own tuples of another relation");
    insta::assert_snapshot!(check("    define everybody: [user:*]\n    define some: [group#everybody]\n    define more: [group#some]\n"), @"
    SpiceDB's schema language can't say `group#everybody` as a type, since it may name everybody
    SpiceDB's schema language can't say `group#some` as a type, since it may name everybody
    ");
    insta::assert_snapshot!(check("    define view: [user with rule]\ncondition rule(aaa: int, b-b: int) {\n  1 == 1\n}\n"), @"
    SpiceDB's schema language can't say the parameter `aaa`, which its expression does not use
    SpiceDB's schema language can't say the name `b-b`: expected 3 to 64 of `a-z`, `0-9` and `_`, a letter first, and no word of the language
    ");
}

#[test]
fn relationships_become_tuples_and_back() {
    let empty = zed::print(&language::parse("model\n  schema 1.1\n").unwrap()).unwrap();
    let check = |text: &str, expected: &str| {
        let told = match zed::parse_relationship(text) {
            Err(error) => error.to_string(),
            Ok(tuple) => empty.relationship(&tuple).unwrap(),
        };
        assert_eq!(told, expected, "{text}");
    };
    let same = |text: &str| check(text, text);
    same("document:1#viewer@user:anne");
    same("tenant/document:a/b_c|d-e=f+#viewer@user:*");
    same("document:1#viewer@group:eng#member[weekday]");
    same(r#"document:1#viewer@user:anne[weekday:{"day":"]mon\"day"}]"#);
    same("document:1#viewer@user:anne[expiration:2030-01-31T12:00:00Z]");
    same(r#"document:1#viewer@user:anne[weekday:{"day":1}][expiration:2030-01-31T12:00:00Z]"#);
    check("  document:1#viewer@user:anne#... ", "document:1#viewer@user:anne");
    check("document:1#viewer@user:anne[weekday:{}]", "document:1#viewer@user:anne[weekday]");
    let none = "expected a relationship such as `document:plan#viewer@user:anne`, perhaps with \
                `[caveat:{…}]` and `[expiration:…]` behind it";
    check("", none);
    check("document:1#viewer", none);
    check("document:1@user:anne", none);
    check("document:1#viewer@user:anne[weekday", none);
    check("document:1#viewer@user:anne[weekday]x", none);
    check("document:1#viewer@user:anne[weekday:{}", none);
    check("document:1#viewer@user:anne[one][two]", none);
    let anne = "`anne` is no user: expected `type:id`, `type:id#relation` or `type:*`";
    check("document:1#viewer@anne", anne);
    let context = "the caveat's context is no JSON object: invalid type: integer `1`, expected a \
                   map at line 1 column 1";
    check("document:1#viewer@user:anne[weekday:1]", context);
    let moment = "`2030-02-31T12:00:00Z` is no moment of expiration: expected one such as \
                  `2030-01-31T12:00:00Z`";
    check("document:1#viewer@user:anne[expiration:2030-02-31T12:00:00Z]", moment);

    let lines = "// two\ndocument:1#viewer@user:anne\n\n  document:2#viewer@user:anne\n";
    assert_eq!(zed::parse_relationships(lines).unwrap().len(), 2);
    let wrong = zed::parse_relationships("x\n\ndocument:1#viewer@user:anne\ny").unwrap_err();
    assert_eq!(wrong.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 4]);
}
