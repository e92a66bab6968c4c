//! Telling how tests went.

use serde_json::{Map, Value, json};

use super::{
    FileOutcome,
    outcome::{Answer, Asked, Outcome, TestOutcome},
};
use crate::say;

/// For people: what failed, and how many passed.
pub(super) fn human(files: &[FileOutcome], verbose: bool) {
    for file in files {
        for test in &file.tests {
            if test.passed() && !verbose {
                continue;
            }
            let mark = if test.passed() { "ok    " } else { "FAILED" };
            say::foreign(&format!("{mark} {}: {}", file.file.display(), test.name));
            for outcome in &test.assertions {
                if !outcome.passed() || verbose {
                    tell(outcome);
                }
            }
        }
    }
    let tests = || files.iter().flat_map(|file| &file.tests);
    let assertions = || tests().flat_map(|test| &test.assertions);
    let passed = tests().filter(|test| test.passed()).count();
    let held = assertions().filter(|outcome| outcome.passed()).count();
    say::line(&format!(
        "{passed} of {} tests passed, {held} of {} assertions held",
        tests().count(),
        assertions().count()
    ));
}

/// For programs: every assertion.
pub(super) fn json(files: &[FileOutcome]) {
    let files: Vec<Value> = files
        .iter()
        .map(|file| {
            let tests: Vec<Value> = file.tests.iter().map(test_json).collect();
            json!({ "file": file.file.display().to_string(), "tests": tests })
        })
        .collect();
    say::line(&json!({ "files": files }).to_string());
}

fn tell(outcome: &Outcome) {
    let asked = match &outcome.asked {
        Asked::Check { user, relation, object } => format!("check {user} {relation} {object}"),
        Asked::ListObjects { user, relation, type_name } => {
            format!("list_objects {user} {relation} {type_name}")
        }
        Asked::ListUsers { object, relation, user_filter } => {
            format!("list_users {object} {relation} {user_filter}")
        }
    };
    let mark = if outcome.passed() { "ok    " } else { "FAILED" };
    say::foreign(&format!("  {mark} {asked}"));
    if outcome.passed() {
        return;
    }
    match (&outcome.expected, &outcome.got) {
        (expected, Err(why)) => {
            say::foreign(&format!("         expected {}", shown(expected)));
            for line in why.lines() {
                say::foreign(&format!("         {line}"));
            }
        }
        (expected, Ok(got)) => {
            say::foreign(&format!("         expected {}", shown(expected)));
            say::foreign(&format!("         got      {}", shown(got)));
        }
    }
    for line in &outcome.explanation {
        say::foreign(&format!("         {line}"));
    }
}

fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Allowed(true) => "allowed".to_owned(),
        Answer::Allowed(false) => "denied".to_owned(),
        Answer::List(names) if names.is_empty() => "none".to_owned(),
        Answer::List(names) => names.join(", "),
    }
}

fn test_json(test: &TestOutcome) -> Value {
    let assertions: Vec<Value> = test.assertions.iter().map(assertion_json).collect();
    json!({ "name": test.name, "passed": test.passed(), "assertions": assertions })
}

fn assertion_json(outcome: &Outcome) -> Value {
    let mut fields = match json!(outcome.asked) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    add("passed", outcome.passed().into());
    add("expected", outcome.expected.json());
    add("got", outcome.got.as_ref().map_or(Value::Null, Answer::json));
    if let Err(error) = &outcome.got {
        add("error", error.as_str().into());
    }
    if !outcome.explanation.is_empty() {
        add("explanation", outcome.explanation.clone().into());
    }
    Value::Object(fields)
}
