//! Putting the questions of tests.

use std::sync::Arc;

use counterfoil_permission::{compile::CheckedModel, tuple::Context};

use super::outcome::{Answer, Asked, Outcome, TestOutcome};
use crate::failure::Failure;
use crate::perm::{
    files::{Check, ListObjects, ListUsers, StoreFile, Test, UserFilter},
    world::{Along, World},
};

/// Runs the tests of a file.
pub(super) fn tests(model: CheckedModel, file: &StoreFile) -> Result<Vec<TestOutcome>, String> {
    let model = Arc::new(model);
    let base = World::new(Arc::clone(&model), &file.tuples)?;
    let mut outcomes = Vec::with_capacity(file.tests.len());
    for test in &file.tests {
        let outcome = if test.tuples.is_empty() {
            run(&base, test)
        } else {
            let tuples = [&file.tuples[..], &test.tuples[..]].concat();
            let world = World::new(Arc::clone(&model), &tuples);
            run(&world.map_err(|error| format!("{}: {error}", test.name))?, test)
        };
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

fn run(world: &World, test: &Test) -> TestOutcome {
    let mut assertions = Vec::new();
    test.check.iter().for_each(|asked| check(world, asked, &mut assertions));
    test.list_objects.iter().for_each(|asked| list_objects(world, asked, &mut assertions));
    test.list_users.iter().for_each(|asked| list_users(world, asked, &mut assertions));
    TestOutcome { name: test.name.clone(), assertions }
}

fn check(world: &World, asked: &Check, outcomes: &mut Vec<Outcome>) {
    let along = along(Some(&asked.context));
    for user in &asked.users {
        for object in &asked.objects {
            for (relation, expected) in &asked.assertions {
                let got = world.check(user, relation, object, &along);
                let got = got.map_err(|why| why.to_string());
                let failed = got.as_ref().is_ok_and(|got| got != expected);
                let explanation = world.explain(user, relation, object, &along).ok();
                let explanation = explanation.filter(|_| failed).map(|why| why.to_string());
                outcomes.push(Outcome {
                    asked: Asked::Check {
                        user: user.clone(),
                        relation: relation.clone(),
                        object: object.clone(),
                    },
                    expected: Answer::Allowed(*expected),
                    got: got.map(Answer::Allowed),
                    explanation: explanation
                        .map(|text| text.lines().map(str::to_owned).collect())
                        .unwrap_or_default(),
                });
            }
        }
    }
}

fn list_objects(world: &World, asked: &ListObjects, outcomes: &mut Vec<Outcome>) {
    let along = along(asked.context.as_ref());
    for (relation, expected) in &asked.assertions {
        let got = world.list_objects(&asked.user, relation, &asked.type_name, &along);
        outcomes.push(Outcome {
            asked: Asked::ListObjects {
                user: asked.user.clone(),
                relation: relation.clone(),
                type_name: asked.type_name.clone(),
            },
            expected: Answer::list(expected.iter().cloned()),
            got: got.map(Answer::list).map_err(|why| why.to_string()),
            explanation: vec![],
        });
    }
}

fn list_users(world: &World, asked: &ListUsers, outcomes: &mut Vec<Outcome>) {
    let along = along(asked.context.as_ref());
    let filters: Vec<String> = asked.user_filter.iter().map(UserFilter::spelled).collect();
    for (relation, expected) in &asked.assertions {
        let got = match &filters[..] {
            [filter] => world.list_users(&asked.object, relation, filter, &along),
            _ => Err(Failure::usage("`user_filter` takes exactly one kind of user")),
        };
        outcomes.push(Outcome {
            asked: Asked::ListUsers {
                object: asked.object.clone(),
                relation: relation.clone(),
                user_filter: filters.join(", "),
            },
            expected: Answer::list(expected.users.iter().cloned()),
            got: got.map(Answer::list).map_err(|why| why.to_string()),
            explanation: vec![],
        });
    }
}

/// A file's tests are of no particular time: nothing expires.
fn along(context: Option<&Context>) -> Along {
    Along { context: context.cloned().unwrap_or_default(), contextual: vec![], now: 0 }
}
