use counterfoil_permission::language::{ERROR_LIMIT, TEXT_LIMIT, parse};
use insta::assert_snapshot;

/// Each text and what is said of it.
fn errors(texts: &[&str]) -> String {
    let mut said = String::new();
    for text in texts {
        let errors = parse(text).unwrap_err();
        said.push_str(&format!("`{}`\n", text.replace('\n', "⏎")));
        for error in errors.as_slice() {
            said.push_str(&format!("  {error}\n"));
        }
    }
    said
}

fn of_relations(lines: &[&str]) -> String {
    let texts: Vec<String> =
        lines.iter().map(|line| format!("model\nschema 1.1\ntype t\nrelations\n{line}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    errors(&texts).replace("model⏎schema 1.1⏎type t⏎relations⏎", "")
}

#[test]
fn headers() {
    let said = errors(&[
        "",
        "type user",
        "model schema 1.1",
        "model",
        "model\nschema",
        "model\nschema 1.0",
        "model\nschema 1.1 1.2",
        "module m\ntype user",
        "model\nschema 1.1\u{a0}",
    ]);
    assert_snapshot!(said, @r#"
    ``
      line 1, column 1: found the end of the text, expected `model`: begin with `model` and `schema 1.1` below it
    `type user`
      line 1, column 1: found `type`, expected `model`: begin with `model` and `schema 1.1` below it
    `model schema 1.1`
      line 1, column 7: found `schema`, expected the end of the line: put what follows on a line of its own
    `model`
      line 1, column 6: found the end of the text, expected `schema`: write `schema 1.1` below `model`
    `model⏎schema`
      line 2, column 7: found the end of the text, expected a schema version: write `schema 1.1`
    `model⏎schema 1.0`
      line 2, column 8: the schema version `1.0` is unknown, expected 1.1 or 1.2
    `model⏎schema 1.1 1.2`
      line 2, column 12: found `1.2`, expected the end of the line: put what follows on a line of its own
    `module m⏎type user`
      line 1, column 1: found `module`, expected `model`: a module is read together with its others
    `model⏎schema 1.1 `
      line 2, column 11: found `\u{a0}`, expected the end of the line: put what follows on a line of its own
    "#);
}

#[test]
fn items() {
    let head = "model\nschema 1.1\n";
    let texts = [
        "type",
        "type a b",
        "type 1b",
        "type a..b",
        "type relations",
        "type a\ntype a",
        "type a relations",
        "type a\nrelations",
        "type a\nrelations define b: a",
        "type a\ndefine b: a",
        "types a",
        "extend type a",
        "relations\ntype b",
        "condition c() {true}\ntype a",
        "type ü",
        "type a @",
    ];
    let texts: Vec<String> = texts.iter().map(|text| format!("{head}{text}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_snapshot!(errors(&texts).replace("model⏎schema 1.1⏎", ""), @"
    `type`
      line 3, column 5: found the end of the text, expected the name of a type: write it here
    `type a b`
      line 3, column 8: found `b`, expected the end of the line: put what follows on a line of its own
    `type 1b`
      line 3, column 6: `1b` is no type name: begin with a letter or `_`, go on with letters, digits, `_`, and `-`, `.` or `/` between them
    `type a..b`
      line 3, column 6: `a..b` is no type name: begin with a letter or `_`, go on with letters, digits, `_`, and `-`, `.` or `/` between them
    `type relations`
      line 3, column 6: `relations` is a word of the language: choose another type name
    `type a⏎type a`
      line 4, column 6: the type `a` is defined twice: remove or rename one
    `type a relations`
      line 3, column 8: found `relations`, expected the end of the line: put what follows on a line of its own
    `type a⏎relations`
      line 4, column 10: found the end of the text, expected `define`: define a relation, or remove `relations`
    `type a⏎relations define b: a`
      line 4, column 11: found `define`, expected the end of the line: put what follows on a line of its own
    `type a⏎define b: a`
      line 4, column 1: found `define`, expected `type` or `condition`: begin each with one of them, on a new line
    `types a`
      line 3, column 1: found `types`, expected `type` or `condition`: begin each with one of them, on a new line
    `extend type a`
      line 3, column 1: found `extend` in a model, expected `type`: only a file that begins with `module` extends types
    `relations⏎type b`
      line 3, column 1: found `relations`, expected `type` or `condition`: begin each with one of them, on a new line
    `condition c() {true}⏎type a`
      line 4, column 1: found a type after a condition, expected a condition or the end of the text: move all conditions behind the types
    `type ü`
      line 3, column 6: found `ü`, expected the name of a type: write it here
    `type a @`
      line 3, column 8: found `@`, expected the end of the line: put what follows on a line of its own
    ");
}

#[test]
fn relations() {
    let said = of_relations(&[
        "define",
        "define r",
        "define r a",
        "define r:",
        "define and: a",
        "define condition: a",
        "define r: a\ndefine r: b",
    ]);
    assert_snapshot!(said, @"
    `define`
      line 5, column 7: found the end of the text, expected the name of a relation: write it here
    `define r`
      line 5, column 9: found the end of the text, expected `:`: put it between the name and what it means
    `define r a`
      line 5, column 10: found `a`, expected `:`: put it between the name and what it means
    `define r:`
      line 5, column 10: found the end of the text, expected a relation, `(` or types in brackets: keep a relation on one line, with something on both sides of an operator
    `define and: a`
      line 5, column 8: `and` is a word of the language: choose another relation name
    `define condition: a`
      line 5, column 8: `condition` is a word of the language: choose another relation name
    `define r: a⏎define r: b`
      line 6, column 8: the relation `r` is defined twice: remove or rename one
    ");
}

#[test]
fn expressions() {
    let said = of_relations(&[
        "define r: a b",
        "define r: a or",
        "define r: or a",
        "define r: a or b and c",
        "define r: a or b but not c",
        "define r: a but not b but not c",
        "define r: a but b",
        "define r: a\n or b",
        "define r: (a",
        "define r: (a\n)",
        "define r: a)",
        "define r: a or [t]",
        "define r: ([t] or a) and ([t] or b)",
        "define r: a from",
        "define r: a from b from c",
        "define r: t:a",
        "define r: a#b",
    ]);
    assert_snapshot!(said, @"
    `define r: a b`
      line 5, column 13: found `b`, expected the end of the line: put what follows on a line of its own
    `define r: a or`
      line 5, column 15: found the end of the text, expected a relation, `(` or types in brackets: keep a relation on one line, with something on both sides of an operator
    `define r: or a`
      line 5, column 11: `or` is a word of the language: choose another relation name
    `define r: a or b and c`
      line 5, column 18: found `and` beside `or`, expected one kind of operator: put parentheses around what belongs together
    `define r: a or b but not c`
      line 5, column 18: found `but not` beside `or`, expected one kind of operator: put parentheses around what belongs together
    `define r: a but not b but not c`
      line 5, column 23: found a second `but not`, expected one: put parentheses around the first
    `define r: a but b`
      line 5, column 17: found `b`, expected `not`: write `but not`
    `define r: a⏎ or b`
      line 6, column 2: found `or`, expected `type` or `condition`: begin each with one of them, on a new line
    `define r: (a`
      line 5, column 13: found the end of the text, expected an operator or `)`: close the parenthesis
    `define r: (a⏎)`
      line 5, column 13: found the end of the line, expected an operator or `)`: close the parenthesis
    `define r: a)`
      line 5, column 12: found `)`, expected the end of the line: put what follows on a line of its own
    `define r: a or [t]`
      line 5, column 16: found `[`, expected a relation: types in brackets stand first in a relation, before any operator, and once
    `define r: ([t] or a) and ([t] or b)`
      line 5, column 27: found `[`, expected a relation: types in brackets stand first in a relation, before any operator, and once
    `define r: a from`
      line 5, column 17: found the end of the text, expected the name of a relation: write it here
    `define r: a from b from c`
      line 5, column 20: found `from`, expected the end of the line: put what follows on a line of its own
    `define r: t:a`
      line 5, column 12: found `:`, expected the end of the line: put what follows on a line of its own
    `define r: a#b`
      line 5, column 12: found `#`, expected the end of the line: put what follows on a line of its own
    ");
}

#[test]
fn type_restrictions() {
    let said = of_relations(&[
        "define r: []",
        "define r: [t",
        "define r: [t\ndefine s: a",
        "define r: [t,]",
        "define r: [t t]",
        "define r: [t:id]",
        "define r: [*]",
        "define r: [t:*#r]",
        "define r: [t #r]",
        "define r: [t#]",
        "define r: [t with type]",
    ]);
    assert_snapshot!(said, @"
    `define r: []`
      line 5, column 12: found `]`, expected the name of a type: write it here
    `define r: [t`
      line 5, column 13: found the end of the text, expected `,` or `]`: separate types by `,` and close them with `]`
    `define r: [t⏎define s: a`
      line 6, column 1: found `define`, expected `,` or `]`: separate types by `,` and close them with `]`
    `define r: [t,]`
      line 5, column 14: found `]`, expected the name of a type: write it here
    `define r: [t t]`
      line 5, column 14: found `t`, expected `,` or `]`: separate types by `,` and close them with `]`
    `define r: [t:id]`
      line 5, column 14: found `id`, expected `*`: only `:*`, everybody, may follow a type
    `define r: [*]`
      line 5, column 12: found `*`, expected the name of a type: write it here
    `define r: [t:*#r]`
      line 5, column 15: found `#`, expected `,` or `]`: separate types by `,` and close them with `]`
    `define r: [t #r]`
      line 5, column 17: found the end of the text, expected `,` or `]`: separate types by `,` and close them with `]`
    `define r: [t#]`
      line 5, column 14: found `]`, expected the name of a relation: write it here
    `define r: [t with type]`
      line 5, column 19: `type` is a word of the language: choose another condition name
    ");
}

#[test]
fn conditions() {
    let head = "model\nschema 1.1\n";
    let texts = [
        "condition",
        "condition c",
        "condition c(",
        "condition c(a)",
        "condition c(a: b) {true}",
        "condition c(a: list) {true}",
        "condition c(a: list<list>) {true}",
        "condition c(a: list<int) {true}",
        "condition c(a: int b: int) {true}",
        "condition c(a: int, a: int) {true}",
        "condition string() {true}",
        "condition c(int: int) {true}",
        "condition a.b() {true}",
        "condition c() true",
        "condition c() {",
        "condition c() {{}",
        "condition c() {'a}",
        "condition c() {'''a'}",
        "condition c() {true}}",
        "condition c() {true} condition d() {true}",
        "condition c() {true}\ncondition c() {true}",
    ];
    let texts: Vec<String> = texts.iter().map(|text| format!("{head}{text}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_snapshot!(errors(&texts).replace("model⏎schema 1.1⏎", ""), @"
    `condition`
      line 3, column 10: found the end of the text, expected the name of a condition: write it here
    `condition c`
      line 3, column 12: found the end of the text, expected `(`: name the parameters in parentheses
    `condition c(`
      line 3, column 13: found the end of the text, expected the name of a parameter: write it here
    `condition c(a)`
      line 3, column 14: found `)`, expected `:`: write the parameter as `name: type`
    `condition c(a: b) {true}`
      line 3, column 16: the parameter type `b` is unknown, expected any, bool, string, int, uint, double, duration, timestamp, ipaddress, list<T> or map<T>
    `condition c(a: list) {true}`
      line 3, column 20: found `)`, expected `<`: say what it holds, as in `list<string>`
    `condition c(a: list<list>) {true}`
      line 3, column 25: found `>`, expected `<`: say what it holds, as in `list<string>`
    `condition c(a: list<int) {true}`
      line 3, column 24: found `)`, expected `>`: close the type, as in `list<string>`
    `condition c(a: int b: int) {true}`
      line 3, column 20: found `b`, expected `,` or `)`: separate parameters by `,` and close them with `)`
    `condition c(a: int, a: int) {true}`
      line 3, column 21: the parameter `a` is defined twice: remove or rename one
    `condition string() {true}`
      line 3, column 11: `string` is a word of the language: choose another condition name
    `condition c(int: int) {true}`
      line 3, column 13: `int` is a word of the language: choose another parameter name
    `condition a.b() {true}`
      line 3, column 11: `a.b` is no condition name: begin with a letter or `_`, go on with letters, digits, `_` or `-`
    `condition c() true`
      line 3, column 15: found `true`, expected `{`: put the expression in braces
    `condition c() {`
      line 3, column 15: the expression that begins here has no end: close it with a `}` of its own
    `condition c() {{}`
      line 3, column 15: the expression that begins here has no end: close it with a `}` of its own
    `condition c() {'a}`
      line 3, column 16: the string that begins here has no end: close its quotes
    `condition c() {'''a'}`
      line 3, column 16: the string that begins here has no end: close its quotes
    `condition c() {true}}`
      line 3, column 21: found `}`, expected the end of the line: put what follows on a line of its own
    `condition c() {true} condition d() {true}`
      line 3, column 22: found `condition`, expected the end of the line: put what follows on a line of its own
    `condition c() {true}⏎condition c() {true}`
      line 4, column 11: the condition `c` is defined twice: remove or rename one
    ");
}

#[test]
fn several_errors_are_reported_at_once() {
    let text = "model
  schema 1.1
type a
  relations
    define b: [a
    define c: a or b and d
    define d: a or b
type 1
  relations
    define and: a
condition c(a: x) { type }
condition d() { true }
";
    assert_snapshot!(parse(text).unwrap_err(), @"
    line 6, column 5: found `define`, expected `,` or `]`: separate types by `,` and close them with `]`
    line 6, column 22: found `and` beside `or`, expected one kind of operator: put parentheses around what belongs together
    line 8, column 6: `1` is no type name: begin with a letter or `_`, go on with letters, digits, `_`, and `-`, `.` or `/` between them
    line 10, column 12: `and` is a word of the language: choose another relation name
    line 11, column 16: the parameter type `x` is unknown, expected any, bool, string, int, uint, double, duration, timestamp, ipaddress, list<T> or map<T>
    ");
}

#[test]
fn errors_and_texts_have_limits() {
    let many = format!("model\nschema 1.1\n{}", "type 1\n".repeat(ERROR_LIMIT + 5));
    assert_eq!(parse(&many).unwrap_err().as_slice().len(), ERROR_LIMIT);

    let comment = "#".repeat(TEXT_LIMIT - "model\nschema 1.1\n".len());
    parse(&format!("model\nschema 1.1\n{comment}")).unwrap();
    let long = parse(&format!("model\nschema 1.1\n{comment}#")).unwrap_err();
    assert_snapshot!(long, @"line 1, column 1: the text is longer than 262144 bytes: shorten the model");
}

#[test]
fn names_have_limits() {
    let text = |name: &str, relation: &str, condition: &str| {
        format!(
            "model\nschema 1.1\ntype {name}\nrelations\ndefine {relation}: a\n\
             condition {condition}() {{true}}"
        )
    };
    parse(&text(&"t".repeat(254), &"r".repeat(50), &"c".repeat(256))).unwrap();
    let errors = [
        parse(&text(&"t".repeat(255), "r", "c")).unwrap_err(),
        parse(&text("t", &"r".repeat(51), "c")).unwrap_err(),
        parse(&text("t", "r", &"c".repeat(257))).unwrap_err(),
    ];
    assert_snapshot!(errors.map(|error| error.to_string()).join("\n"), @"
    line 3, column 6: the type name is longer than 254 characters: shorten it
    line 5, column 8: the relation name is longer than 50 characters: shorten it
    line 6, column 11: the condition name is longer than 256 characters: shorten it
    ");
}
