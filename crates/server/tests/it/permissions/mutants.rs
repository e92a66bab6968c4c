//! Good bodies, broken in many seeded ways: each answer is an answer or an error of the caller's.

use serde_json::{Value, json};

use super::ground::{Ground, key};
use crate::admin::ground::send;

/// Mutants of each body.
const MUTANTS: u64 = 120;

/// What takes the place of a part.
fn spice() -> Vec<Value> {
    let long = "x".repeat(600);
    let texts = [
        "",
        " ",
        ":",
        "#",
        "@",
        "*",
        "user:*",
        "user:",
        ":bob",
        "user:bob#",
        "document:1#viewer",
        "a:b:c",
        "\u{0}",
        "\u{feff}",
        "é:ß",
        "document",
        "viewer",
        "nothing",
        "2027-01-01T00:00:00Z",
        "replace",
        "ignore",
        "HIGHER_CONSISTENCY",
        "FULL",
        "1.ZZ",
        "deny_on_first_deny",
        &long,
    ];
    let others = json!([null, true, false, 0, -1, 1, 2.5, 10_001, 18_446_744_073_709_551_615_u64, 1e300, [],
        {}, [[]], [null], {"": null}, {"at_least_as_fresh": "1.A"}, {"exact": 3}]);
    texts.iter().map(|text| json!(text)).chain(others.as_array().unwrap().clone()).collect()
}

/// SplitMix64.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }
}

/// Walks down to some part, and puts another in its place or takes it away.
fn break_one(part: &mut Value, spice: &[Value], seeded: &mut Seeded) {
    let deeper = seeded.below(5) > 0;
    match part {
        Value::Object(members) if deeper && !members.is_empty() => {
            let at = seeded.below(members.len());
            let name = members.keys().nth(at).unwrap().clone();
            if seeded.below(8) == 0 {
                members.remove(&name);
            } else {
                break_one(&mut members[&name], spice, seeded);
            }
        }
        Value::Array(list) if deeper && !list.is_empty() => {
            let at = seeded.below(list.len());
            match seeded.below(8) {
                0 => drop(list.remove(at)),
                1 => list.push(list[at].clone()),
                _ => break_one(&mut list[at], spice, seeded),
            }
        }
        other => *other = spice[seeded.below(spice.len())].clone(),
    }
}

pub fn bodies(model: &str) -> Vec<(&'static str, Value)> {
    let viewer = key("document:1#viewer@user:bob");
    let contextual = json!({"tuple_keys": [key("document:1#reader@user:ann")]});
    let conditional = json!({"object": "document:1", "relation": "auditor", "user": "user:bob",
        "condition": {"name": "in_hours", "context": {"hour": 10}},
        "expires_at": "2027-01-01T00:00:00Z"});
    let check = json!({"tuple_key": viewer, "contextual_tuples": contextual, "context": {"hour": 9},
        "authorization_model_id": model, "consistency": "MINIMIZE_LATENCY", "trace": false});
    let objects = json!({"type": "document", "relation": "viewer", "user": "user:bob",
        "contextual_tuples": contextual, "context": {}, "page_size": 5, "consistency": "FULL"});
    let batch = json!({"checks": [{"tuple_key": viewer, "correlation_id": "1", "context": {},
        "contextual_tuples": contextual}, {"tuple_key": viewer, "correlation_id": "2"}]});
    let users = json!({"object": {"type": "document", "id": "1"}, "relation": "viewer",
        "user_filters": [{"type": "group", "relation": "member"}], "page_size": 3,
        "contextual_tuples": [key("document:1#reader@user:ann")], "context": {"hour": 9}});
    let write = json!({"writes": {"tuple_keys": [conditional], "on_duplicate": "replace"},
        "deletes": {"tuple_keys": [key("document:1#owner@user:bob")], "on_missing": "ignore"},
        "preconditions": [{"tuple_key": {"object": "document:9"}, "exists": false}],
        "authorization_model_id": model});
    let assertions = json!({"assertions": [{"tuple_key": viewer, "expectation": true,
        "contextual_tuples": [key("document:1#reader@user:ann")], "context": {"hour": 9}}]});
    let (subject, resource) =
        (json!({"type": "user", "id": "bob"}), json!({"type": "document", "id": "1"}));
    let evaluation = json!({"subject": subject, "resource": resource, "action": {"name": "viewer"},
        "context": {"hour": 9}, "properties": {"x": 1}});
    let mut evaluations = evaluation.clone();
    evaluations["evaluations"] = json!([{"action": {"name": "owner"}}, {"resource": resource}]);
    evaluations["options"] = json!({"evaluations_semantic": "permit_on_first_permit"});
    let search = |left_out: &str| {
        let mut asked = evaluation.clone();
        asked.as_object_mut().unwrap().remove(left_out);
        match left_out {
            "action" => {}
            part => asked[part] = json!({"type": evaluation[part]["type"]}),
        }
        asked["page"] = json!({"limit": 2, "token": ""});
        asked
    };
    vec![
        ("check", check.clone()),
        ("explain", check.clone()),
        ("list-permissions", check),
        ("batch-check", batch),
        (
            "expand",
            json!({"tuple_key": {"object": "document:1", "relation": "viewer"},
            "contextual_tuples": contextual, "consistency": "FULL"}),
        ),
        ("list-objects", objects.clone()),
        ("streamed-list-objects", objects),
        ("list-users", users),
        (
            "read",
            json!({"tuple_key": {"object": "document:1"}, "page_size": 2, "continuation_token": ""}),
        ),
        ("delete-by-filter", json!({"tuple_key": {"object": "document:7", "relation": "owner"}})),
        ("write", write),
        ("assertions", assertions),
        ("access/v1/evaluation", evaluation.clone()),
        ("access/v1/evaluations", evaluations),
        ("access/v1/search/subject", search("subject")),
        ("access/v1/search/resource", search("resource")),
        ("access/v1/search/action", search("action")),
        // The last, as questions would be put to a model that came of it.
        ("authorization-models", super::ground::model_json()),
    ]
}

#[tokio::test]
async fn a_broken_body_is_the_callers_fault() {
    let ground = Ground::new().await;
    ground.write(&["document:1#reader@user:bob", "document:1#owner@user:bob"]).await;
    let spice = spice();
    for (index, (route, good)) in bodies(&ground.model).into_iter().enumerate() {
        let (method, path) = match route {
            "assertions" => ("PUT", ground.path(&format!("{route}/{}", ground.model))),
            _ => ("POST", ground.path(route)),
        };
        let headers = [("content-type", "application/json")];
        let reply = send(&ground.router, method, &path, &headers, good.to_string()).await;
        assert!(reply.status.is_success(), "{route} {reply:#?}");
        let mut refused = 0;
        for seed in 0..MUTANTS {
            let mut seeded = Seeded((index as u64) << 32 | seed);
            let mut body = good.clone();
            for _ in 0..=seeded.below(3) {
                break_one(&mut body, &spice, &mut seeded);
            }
            let mut text = body.to_string();
            if seeded.below(10) == 0 {
                let cut = text.floor_char_boundary(seeded.below(text.len() + 1));
                text.truncate(cut);
            }
            let reply = send(&ground.router, method, &path, &headers, text.clone()).await;
            let status = reply.status.as_u16();
            assert!(status < 500, "{route} {text} {reply:#?}");
            if status >= 400 {
                refused += 1;
                let code = reply.body["code"].as_str().unwrap_or_default();
                let said = if route.starts_with("access") {
                    reply.body.is_string()
                } else {
                    !code.is_empty()
                };
                assert!(said && code != "internal_error", "{route} {text} {reply:#?}");
            }
        }
        assert!(refused > MUTANTS / 5, "{route}: {refused}");
    }
}
