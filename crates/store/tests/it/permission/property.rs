//! SQLite ≡ PostgreSQL ≡ the model, over random writes of few names, so that they collide.

use std::collections::BTreeMap;

use counterfoil_permission::tuple::Tuple;
use counterfoil_store::Engine;
use counterfoil_store::permission::{
    DELETES_PER_WRITE, OnDuplicate, OnMissing, Precondition, TupleFilter, TupleKey, WriteTuples,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::ground::{Shop, filter, show_tuple, tuple};
use crate::ground::{Ground, NOW, runtime};

/// The choices behind one request.
#[derive(Clone, Debug)]
struct Choices {
    writes: Vec<(u8, u8)>,
    deletes: Vec<u8>,
    rules: u8,
    precondition: Option<(bool, u8)>,
    whole: u8,
}

fn requests() -> impl Strategy<Value = Vec<Choices>> {
    let some = |most| prop::collection::vec(any::<(u8, u8)>(), 0..=most);
    let deletes = prop::collection::vec(any::<u8>(), 0..=2);
    let precondition = prop::option::weighted(0.2, any::<(bool, u8)>());
    let one = (some(3), deletes, any::<u8>(), precondition, any::<u8>()).prop_map(
        |(writes, deletes, rules, precondition, whole)| Choices {
            writes,
            deletes,
            rules,
            precondition,
            whole,
        },
    );
    prop::collection::vec(one, 1..30)
}

/// What a store ought to be.
#[derive(Default)]
struct Model {
    tuples: BTreeMap<String, Tuple>,
    log: Vec<String>,
    head: u64,
}

#[test]
fn both_engines_agree_with_the_model() {
    let runtime = runtime();
    let grounds = runtime.block_on(async {
        [Ground::new(Engine::Sqlite).await, Ground::new(Engine::Postgres).await]
    });
    // The same cases each time: a red run is red again.
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcomes = std::cell::RefCell::new((0u8, 0, 0));
    let result = runner.run(&requests(), |requests| {
        let mut outcomes = outcomes.borrow_mut();
        outcomes.0 += 1;
        let number = outcomes.0;
        runtime.block_on(async {
            let mut shops = Vec::new();
            for ground in &grounds {
                shops.push(Shop::numbered(ground.clone(), number).await);
            }
            let mut model = Model::default();
            for choices in &requests {
                let expected = model.ask(choices);
                for shop in &shops {
                    let found = ask(shop, choices).await;
                    let engine = shop.ground.store.engine();
                    prop_assert_eq!(&found, &expected, "{:?} on {}", choices, engine);
                }
                match expected {
                    Ok(_) => outcomes.1 += 1,
                    Err(_) => outcomes.2 += 1,
                }
            }
            let mut rows: Vec<String> = model.tuples.values().map(show_tuple).collect();
            rows.sort();
            for shop in &shops {
                let engine = shop.ground.store.engine();
                prop_assert_eq!(shop.all().await, rows.clone(), "on {}", engine);
                prop_assert_eq!(
                    sorted(shop.log().await),
                    sorted(model.log.clone()),
                    "on {}",
                    engine
                );
                prop_assert_eq!(shop.db.head(shop.id).await.unwrap().get(), model.head);
            }
            Ok(())
        })
    });
    result.unwrap();
    let (_, written, refused) = *outcomes.borrow();
    assert!(written > 150 && refused > 150, "{written} written, {refused} refused");
}

/// A deletion by filter has no order that the test could know.
fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

async fn ask(shop: &Shop, choices: &Choices) -> Result<u64, String> {
    match choices.whole % 12 {
        0 => {
            let done = shop.db.delete_by_filter(shop.id, &by_filter(choices)).await.unwrap();
            Ok(done.revision.get())
        }
        1 => {
            shop.db.sweep_expired(shop.id, NOW).await.unwrap();
            Ok(shop.db.head(shop.id).await.unwrap().get())
        }
        _ => shop.ask(request(choices)).await,
    }
}

fn by_filter(choices: &Choices) -> TupleFilter {
    let users = ["user:a", "group:x#member", "user:*"];
    let user = users[usize::from(choices.rules % 3)];
    match choices.rules % 4 {
        0 => filter("order", "1", "", ""),
        1 => filter("", "", "", user),
        2 => filter("order", "", "", user),
        _ => filter("", "", "owner", ""),
    }
}

fn name(choice: u8) -> String {
    let object = ["order:1", "order:2", "folder:1"][usize::from(choice % 3)];
    let relation = ["reader", "owner"][usize::from(choice / 3 % 2)];
    let user = ["user:a", "group:x#member", "user:*"][usize::from(choice / 6 % 3)];
    format!("{object}#{relation}@{user}")
}

fn attributes(choice: u8) -> &'static str {
    match choice % 6 {
        0 => " if near {\"k\":1}",
        1 => " if near {\"k\":2}",
        2 => " until 1700000000",
        3 => " until 1900000000",
        _ => "",
    }
}

fn request(choices: &Choices) -> WriteTuples {
    let text = |(who, what): &(u8, u8)| tuple(&format!("{}{}", name(*who), attributes(*what)));
    let preconditions = choices.precondition.iter().map(|(exists, who)| {
        let filter = TupleFilter::key(&TupleKey::of(&tuple(&name(*who))));
        if *exists { Precondition::Exists(filter) } else { Precondition::Absent(filter) }
    });
    WriteTuples {
        writes: choices.writes.iter().map(text).collect(),
        deletes: choices.deletes.iter().map(|who| TupleKey::of(&tuple(&name(*who)))).collect(),
        on_duplicate: match choices.rules % 3 {
            0 => OnDuplicate::Error,
            1 => OnDuplicate::Ignore,
            _ => OnDuplicate::Replace,
        },
        on_missing: if choices.rules.is_multiple_of(2) {
            OnMissing::Error
        } else {
            OnMissing::Ignore
        },
        preconditions: preconditions.collect(),
    }
}

impl Model {
    fn ask(&mut self, choices: &Choices) -> Result<u64, String> {
        let over = |tuple: &Tuple| {
            tuple.expires_at().is_some_and(|at| i64::try_from(at).unwrap() <= NOW.as_secs())
        };
        match choices.whole % 12 {
            0 => {
                // The filter is of few names, so the test says here what it means.
                let filter = by_filter(choices);
                let fits = |tuple: &&Tuple| {
                    filter
                        .object_type
                        .as_ref()
                        .is_none_or(|of| of.as_str() == tuple.object().type_name())
                        && filter.object_id.as_ref().is_none_or(|id| id == tuple.object().id())
                        && filter.relation.as_ref().is_none_or(|is| is == tuple.relation())
                        && filter.user.as_ref().is_none_or(|user| user == tuple.user())
                };
                let gone: Vec<Tuple> = self.tuples.values().filter(fits).cloned().collect();
                assert!(gone.len() <= DELETES_PER_WRITE);
                Ok(self.delete(&gone))
            }
            1 => {
                let gone: Vec<Tuple> =
                    self.tuples.values().filter(|tuple| over(tuple)).cloned().collect();
                Ok(self.delete(&gone))
            }
            _ => self.write(&request(choices), over),
        }
    }

    fn delete(&mut self, gone: &[Tuple]) -> u64 {
        if !gone.is_empty() {
            self.head += 1;
        }
        for tuple in gone {
            self.tuples.remove(&tuple.to_string());
            self.log.push(format!("{} - {tuple}", self.head));
        }
        self.head
    }

    fn write(
        &mut self,
        request: &WriteTuples,
        over: impl Fn(&Tuple) -> bool,
    ) -> Result<u64, String> {
        let mut named = std::collections::BTreeSet::new();
        let keys = request.writes.iter().map(TupleKey::of).chain(request.deletes.iter().cloned());
        for key in keys {
            if !named.insert(key.clone()) {
                return Err(format!("`{key}` is named more than once"));
            }
        }
        for (place, precondition) in request.preconditions.iter().enumerate() {
            let (filter, wanted) = match precondition {
                Precondition::Exists(filter) => (filter, true),
                Precondition::Absent(filter) => (filter, false),
            };
            let text = |tuple: &Tuple| TupleFilter::key(&TupleKey::of(tuple)) == *filter;
            if self.tuples.values().any(text) != wanted {
                return Err(format!("precondition {place} does not hold"));
            }
        }
        let (mut tuples, mut log) = (self.tuples.clone(), Vec::new());
        for key in &request.deletes {
            if tuples.remove(&key.to_string()).is_some() {
                log.push(format!("- {key}"));
            } else if request.on_missing == OnMissing::Error {
                return Err(format!("`{key}` does not exist"));
            }
        }
        for tuple in &request.writes {
            let name = tuple.to_string();
            let known = tuples.get(&name);
            match (known, request.on_duplicate) {
                (Some(known), OnDuplicate::Error) if !over(known) => {
                    return Err(format!("`{name}` exists already"));
                }
                (Some(known), OnDuplicate::Ignore) if !over(known) => {
                    if known == tuple {
                        continue;
                    }
                    let why = "exists already with another condition or expiry";
                    return Err(format!("`{name}` {why}"));
                }
                (Some(known), OnDuplicate::Replace) if known == tuple => continue,
                _ => {}
            }
            log.push(format!("+ {}", show_tuple(tuple)));
            tuples.insert(name, tuple.clone());
        }
        if !log.is_empty() {
            self.head += 1;
        }
        self.tuples = tuples;
        self.log.extend(log.into_iter().map(|line| format!("{} {line}", self.head)));
        Ok(self.head)
    }
}
