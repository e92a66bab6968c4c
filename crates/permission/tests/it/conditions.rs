//! Conditions, against the answers that OpenFGA 1.22 gave to the same questions.
//!
//! A case of `tests/data/conditions.jsonl` has a condition's parameters and expression, the context of the
//! question and of the tuple, and what it `is`: `true`, `false`, `missing` a parameter, a failure at
//! run time (`fails`), or `refused` with its model. Where OpenFGA says otherwise, `openfga` has that.

use counterfoil_permission::check::{Conditions, Truth};
use counterfoil_permission::compile::{Cause, compile};
use counterfoil_permission::condition::{COST_MAX, ConditionFailure, Evaluator};
use counterfoil_permission::language::parse;
use counterfoil_permission::tuple::{Context, Tuple};
use serde_json::{Value, json};

fn model(parameters: &str, expression: &str) -> String {
    format!(
        "model\n  schema 1.1\ntype user\ntype document\n  relations\n    \
         define viewer: [user with applies]\n\
         condition applies({parameters}) {{\n  {expression}\n}}\n"
    )
}

fn context(value: &Value) -> Context {
    value.as_object().cloned().unwrap_or_default()
}

fn ask(
    parameters: &str,
    expression: &str,
    question: &Value,
    tuple: &Value,
) -> Result<Truth, String> {
    let model = parse(&model(parameters, expression)).map_err(|errors| errors.to_string())?;
    let checked = compile(&model).map_err(|findings| findings[0].to_string())?;
    let (question, tuple) = (context(question), context(tuple));
    Ok(Evaluator::new(&checked, &question).holds("applies", &tuple))
}

fn word(answer: &Result<Truth, String>) -> &'static str {
    match answer {
        Ok(Truth::True) => "true",
        Ok(Truth::False) => "false",
        Ok(Truth::Missing(_)) => "missing",
        Ok(Truth::Failed(_)) => "fails",
        Err(_) => "refused",
    }
}

#[test]
fn openfga_says_the_same() {
    let mut wrong = Vec::new();
    let mut agreeing = 0;
    for line in include_str!("../data/conditions.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| case[name].as_str().unwrap();
        let answer = ask(text("parameters"), text("expression"), &case["question"], &case["tuple"]);
        if word(&answer) != text("is") {
            wrong.push(format!("{line}\n    is {answer:?}"));
        }
        agreeing += usize::from(case["openfga"].is_null());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(agreeing >= 60, "only {agreeing} cases are the same as OpenFGA's");
}

#[track_caller]
fn is(parameters: &str, expression: &str, question: &Value, expected: &Truth) {
    assert_eq!(ask(parameters, expression, question, &Value::Null).as_ref(), Ok(expected));
}

#[test]
fn what_is_missing_matters_only_where_it_decides() {
    let missing = |names: &[&str]| Truth::Missing(names.iter().map(ToString::to_string).collect());
    let both = "a: bool, b: bool, n: int";
    for (expression, question, expected) in [
        ("a && b", json!({"a": false}), Truth::False),
        ("b && a", json!({"a": false}), Truth::False),
        ("a || b", json!({"a": true}), Truth::True),
        ("b || a", json!({"a": true}), Truth::True),
        ("a && b", json!({"a": true}), missing(&["b"])),
        ("a || b", json!({}), missing(&["a", "b"])),
        ("a ? b : n > 1", json!({"a": true, "b": true}), Truth::True),
        ("a ? b : n > 1", json!({"a": false, "b": true}), missing(&["n"])),
        ("a ? b : n > 1", json!({"b": true}), missing(&["a"])),
        ("[1, 2].all(i, i < n || b)", json!({"b": true}), Truth::True),
        ("[1, 2].exists(i, i == n)", json!({}), missing(&["n"])),
        // What fails may yet be decided by what is missing.
        ("1 / n == 1 || a", json!({"n": 0}), missing(&["a"])),
        ("n + n == 2 && a", json!({}), missing(&["a", "n"])),
    ] {
        is(both, expression, &question, &expected);
    }
}

#[test]
fn a_tuple_wins_over_the_question() {
    let answer = ask("n: int", "n == 1", &json!({"n": "no number"}), &json!({"n": 1}));
    assert_eq!(answer, Ok(Truth::True));
    let failure =
        ConditionFailure::WrongType { parameter: "n".to_owned(), expected: "an int".to_owned() };
    let answer = ask("n: int", "n == 1", &json!({"n": 1}), &json!({"n": "no number"}));
    assert_eq!(answer, Ok(Truth::Failed(failure)));
}

#[test]
fn a_refused_expression_says_where_and_why() {
    for (expression, expected) in [
        ("n >", "line 1, column 4: found the end of the expression, expected a value"),
        ("n == 1 +\n  m", "line 2, column 3: `m` is no parameter of the condition"),
        ("n + 1", "line 1, column 3: the expression is int, expected bool"),
        ("n == 'one'", "line 1, column 3: `==` does not take (int, string)"),
        ("n.size() == 1", "line 1, column 2: `size` does not take (int)"),
        ("largest(n) == 1", "line 1, column 1: there is no function `largest`"),
        ("n.name == 1", "line 1, column 2: int has no fields: expected a map"),
        ("has(n)", "line 1, column 1: the arguments of `has` do not fit it"),
        (
            "'a'.matches('[')",
            "line 1, column 4: the regular expression is refused: unclosed character class",
        ),
        ("duration('1 week') == duration('1h')", "line 1, column 1: `1 week` is no duration"),
        ("n == 1 ; true", "line 1, column 8: found `;`, which means nothing here"),
        (
            "n == 99999999999999999999",
            "line 1, column 6: `99999999999999999999` is no number, or beyond what its type holds",
        ),
        ("for == 1", "line 1, column 1: `for` is a word that CEL keeps for itself"),
    ] {
        let model = parse(&model("n: int", expression)).unwrap();
        let findings = compile(&model).unwrap_err();
        let Cause::Expression { condition, error } = &findings[0].cause else {
            panic!("{findings:?}")
        };
        assert_eq!((condition.as_str(), error.to_string().as_str()), ("applies", expected));
    }
}

#[test]
fn an_evaluation_is_bounded() {
    let exceeded = Truth::Failed(ConditionFailure::CostExceeded);
    let items: Vec<u32> = (0..1_000).collect();
    let question = json!({"l": items, "s": "a".repeat(10_000)});
    for expression in [
        "l.all(i, i >= 0)",
        "l.filter(i, l.exists(j, j == i)).size() == 0",
        "s.contains('aaaaaaaaaaaaaaaaaaaaaab')",
        "s + s == s",
        "s.matches('(a+)+b')",
        "5000 in l",
        "false || l.exists(i, i > 5000)",
    ] {
        is("l: list<int>, s: string", expression, &question, &exceeded);
    }
    // What costs nothing by the rules is bounded by the work that it is.
    is("l: list<int>", "[l, l, l, l, l] == [l, l, l, l, l]", &question, &Truth::True);
    assert_eq!(COST_MAX, 100);
}

#[test]
fn a_tuple_gives_parameters_what_they_take() {
    let model = compile(&parse(&model("n: int, until: timestamp", "n == 1")).unwrap()).unwrap();
    for (context, expected) in [
        (json!({}), Ok(())),
        (json!({"n": "5"}), Ok(())),
        (json!({"n": 5.5}), Err("condition `applies`: the value of parameter `n` is not an int")),
        (json!({"m": 5}), Err("condition `applies`: it has no parameter `m`")),
        (
            json!({"until": "tomorrow"}),
            Err(
                "condition `applies`: the value of parameter `until` is not a timestamp as in RFC 3339",
            ),
        ),
    ] {
        let tuple = Tuple::parse("document:1", "viewer", "user:anne").unwrap();
        let tuple = tuple.with_condition("applies", self::context(&context)).unwrap();
        let answer = model.allows(&tuple).map_err(|error| error.to_string());
        assert_eq!(
            answer.as_ref().map_err(String::as_str),
            expected.as_ref().map(|_| &()).map_err(|e| *e)
        );
    }
}
