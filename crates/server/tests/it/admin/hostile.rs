//! Bodies from nowhere: whatever comes, the answer is a problem or a success, as documented.

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Value};

use super::ground::Ground;

/// Bodies sent to each resource; some seconds in all.
const CASES: usize = 150;

/// Any JSON, a few levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(Value::from("https://a.example/\u{202e}#x")),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec(("\\PC{0,8}", inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A good document with one place, at any depth, replaced by something else.
fn spoilt(good: &Value) -> impl Strategy<Value = Value> + use<> {
    let good = good.clone();
    (any_json(), any::<prop::sample::Index>()).prop_map(move |(bad, place)| {
        let mut spoilt = good.clone();
        let mut places = Vec::new();
        collect(&spoilt, String::new(), &mut places);
        if let Some(slot) = spoilt.pointer_mut(&places[place.index(places.len())]) {
            *slot = bad;
        }
        spoilt
    })
}

fn collect(value: &Value, at: String, places: &mut Vec<String>) {
    let escape = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| collect(value, format!("{at}/{}", escape(name)), places)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, item)| collect(item, format!("{at}/{index}"), places)),
        _ => {}
    }
    if !at.is_empty() {
        places.push(at);
    }
}

async fn check(list: &str, filter: &str) {
    let ground = Ground::new().await;
    let path = ground.find(list, filter).await;
    let good = ground.get(&path).await.expect(200).body;
    let settable: Map<String, Value> = good
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| {
            ![
                "id",
                "sub",
                "status",
                "version",
                "created_at",
                "updated_at",
                "has_password",
                "has_secret",
                "owner_api",
                "client",
            ]
            .contains(&name.as_str())
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[11; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = spoilt(&Value::Object(settable));
    for _ in 0..CASES {
        let body = strategy.new_tree(&mut runner).unwrap().current();
        // Every answer is compared with the document, which promises no 500.
        ground.post(&format!("/admin/v1/{list}"), &body).await;
        ground.patch(&path, &body).await;
        ground.get(&path).await.expect(200);
    }
}

#[tokio::test]
async fn users() {
    check("users", "username=alice").await;
}

#[tokio::test]
async fn clients() {
    check("clients", "client_id=shop").await;
}

#[tokio::test]
async fn apis() {
    check("apis", "resource=https://orders.example").await;
}
