use counterfoil_permission::language::{NESTING_LIMIT, parse, print};
use counterfoil_permission::model::{ParameterType, Rewrite};
use insta::assert_snapshot;

/// Reads a text and prints it, which printing again does not change.
fn normal(text: &str) -> String {
    let printed = print(&parse(text).unwrap()).unwrap();
    assert_eq!(print(&parse(&printed).unwrap()).unwrap(), printed);
    printed
}

/// The rewrite of a relation as it prints.
fn relation(rewrite: &str) -> String {
    let text = format!("model\n schema 1.1\ntype t\nrelations\ndefine r: {rewrite}");
    normal(&text).lines().last().unwrap().trim().to_owned()
}

#[test]
fn a_whole_model_prints_in_the_usual_form() {
    let text = r#"# who may see what
model
  schema 1.2 # as modules have
type user
type group
 relations
  # nested groups
  define member : [ user , group#member,
     user:* with weekday ]
type folder
relations
define parent:[folder]
define viewer: ([user] but not blocked) or viewer from parent   # inherited
define blocked: (a-b.c/d)
define a-b.c/d: [user with in_region, folder#viewer with weekday]

# conditions last
condition in_region(regions: list<string>, m: map<int>,
   deep: map<list<any>>) {
  # not CEL's, so left out
  "}" in regions // keep } and "
    && {'a': m}["a"]["}"] > 1 && r'\' != """ " } """
}
condition weekday() {true}
condition model(type: int, in: bool) { in }
"#;
    assert_snapshot!(normal(text), @r#"
    model
      schema 1.2

    type user

    type group
      relations
        define member: [user, group#member, user:* with weekday]

    type folder
      relations
        define parent: [folder]
        define viewer: ([user] but not blocked) or viewer from parent
        define blocked: a-b.c/d
        define a-b.c/d: [user with in_region, folder#viewer with weekday]

    condition in_region(regions: list<string>, m: map<int>, deep: map<list<any>>) {
      "}" in regions // keep } and "
        && {'a': m}["a"]["}"] > 1 && r'\' != """ " } """
    }

    condition weekday() {
      true
    }

    condition model(type: int, in: bool) {
      in
    }
    "#);
}

#[test]
fn operators_and_parentheses_keep_their_structure() {
    let cases = [
        "a",
        "((a))",
        "a from b",
        "[t]",
        "[t, t:*, t#r, t with c, t:* with c, t#r with c]",
        "a or b or c",
        "(a or b) or c",
        "a or (b and c)",
        "a but not b",
        "(a but not b) but not c",
        "a but not (b but not c)",
        "([t] or a) and b from c",
        "(([t] and a) but not b) or c",
        "but but not not",
        "model or schema or type or extend or module or relation",
        "_a--b- or a.b/c_d",
    ];
    let printed: Vec<String> = cases.iter().map(|case| relation(case)).collect();
    assert_snapshot!(printed.join("\n"), @"
    define r: a
    define r: a
    define r: a from b
    define r: [t]
    define r: [t, t:*, t#r, t with c, t:* with c, t#r with c]
    define r: a or b or c
    define r: (a or b) or c
    define r: a or (b and c)
    define r: a but not b
    define r: (a but not b) but not c
    define r: a but not (b but not c)
    define r: ([t] or a) and b from c
    define r: (([t] and a) but not b) or c
    define r: but but not not
    define r: model or schema or type or extend or module or relation
    define r: _a--b- or a.b/c_d
    ");
}

#[test]
fn line_ends_and_blanks_do_not_matter() {
    let text = "\r\n\r\n  model\r\n\tschema 1.1\r\n\r\ntype\tt\r  relations\n\n  define r:[t]";
    assert_snapshot!(normal(text), @"
    model
      schema 1.1

    type t
      relations
        define r: [t]
    ");
}

#[test]
fn parentheses_nest_to_the_limit() {
    let nested = |levels: usize| {
        format!(
            "model\n schema 1.1\ntype t\nrelations\ndefine r: {}a{}",
            "(".repeat(levels),
            ")".repeat(levels)
        )
    };
    parse(&nested(NESTING_LIMIT - 1)).unwrap();
    assert_snapshot!(parse(&nested(NESTING_LIMIT)).unwrap_err(), @"line 5, column 42: parentheses nest deeper than 32 levels: name a part of it as a relation of its own");
}

#[test]
fn parameters_keep_their_order_and_types() {
    let text = "model\nschema 1.1\ncondition c(b: list<string>, a: ipaddress) { true }";
    let model = parse(text).unwrap();
    let expected = [
        ("b".to_owned(), ParameterType::List(Box::new(ParameterType::String))),
        ("a".to_owned(), ParameterType::IpAddress),
    ];
    assert_eq!(model.condition("c").unwrap().parameters, expected);
    assert_eq!(model.condition("c").unwrap().expression, "true");
}

#[test]
fn a_relation_s_own_types_print_first() {
    let text = "model\nschema 1.1\ntype t\nrelations\ndefine r: [t] or a";
    let mut model = parse(text).unwrap();
    let relation = &mut model.types[0].relations[0];
    let Rewrite::Union(operands) = &mut relation.rewrite else { panic!("a union") };
    operands.reverse();
    assert!(print(&model).unwrap().ends_with("define r: [t] or a\n"));
}

#[test]
fn what_the_language_cannot_say_is_refused() {
    let this = || Rewrite::This;
    let cases: Vec<(&str, Rewrite, &str)> = vec![
        ("r", Rewrite::Union(vec![this(), this()]), "true"),
        ("r", Rewrite::Exclusion { base: Box::new(this()), subtract: Box::new(this()) }, "true"),
        ("r", Rewrite::Union(vec![]), "true"),
        ("r", Rewrite::Computed { relation: "a".to_owned() }, "true"),
        ("or", this(), "true"),
        ("1b", this(), "true"),
        ("r", this(), "}"),
        ("r", this(), "{"),
        ("r", this(), "'a"),
        ("r", this(), "# a"),
        ("r", this(), "a } condition x() {"),
    ];
    let mut refusals = String::new();
    for (name, rewrite, expression) in cases {
        let text = "model\nschema 1.1\ntype t\nrelations\ndefine r: [t]\ncondition c() {true}";
        let mut model = parse(text).unwrap();
        model.types[0].relations[0].name = name.to_owned();
        if matches!(rewrite, Rewrite::Union(ref operands) if operands.is_empty()) {
            model.types[0].relations[0].restrictions.clear();
        }
        model.types[0].relations[0].rewrite = rewrite;
        model.conditions[0].expression = expression.to_owned();
        refusals.push_str(&print(&model).unwrap_err().to_string());
        refusals.push('\n');
    }
    assert_snapshot!(refusals, @"
    the relation `r` of the type `t` takes its own tuples twice or away, which the language cannot say: use the JSON form
    the relation `r` of the type `t` takes its own tuples twice or away, which the language cannot say: use the JSON form
    the relation `r` of the type `t` has an operator without operands
    the relation `r` of the type `t` has tuples that may name nobody, or types but no tuples of its own
    the relation name `or` cannot be said in the language: use the JSON form
    the relation name `1b` cannot be said in the language: use the JSON form
    the expression of the condition `c` has open braces or strings, or `#`
    the expression of the condition `c` has open braces or strings, or `#`
    the expression of the condition `c` has open braces or strings, or `#`
    the expression of the condition `c` has open braces or strings, or `#`
    the expression of the condition `c` has open braces or strings, or `#`
    ");
}
