//! Each limit by one, each code of the table, and bodies of every shape.

use serde_json::{Value, json};

use super::ground::{Ground, error, key, model_json};
use crate::admin::ground::send;

const UNKNOWN: &str = "01J00000000000000000000000";

/// Sends bodies to one route and compares status, code and message.
struct Table<'a> {
    ground: &'a Ground,
    route: &'a str,
}

impl Table<'_> {
    async fn refuses(&self, body: Value, expected: (u16, &str, &str)) {
        let reply = self.ground.post(self.route, &body).await;
        let (status, code, message) = error(&reply);
        assert_eq!((status, code), (expected.0, expected.1), "{body} {reply:#?}");
        assert!(message.contains(expected.2), "{body}\n{message}\n{}", expected.2);
    }

    async fn takes(&self, body: Value) {
        let reply = self.ground.post(self.route, &body).await;
        assert!(reply.status.is_success(), "{body} {reply:#?}");
    }
}

fn of(length: usize) -> String {
    "x".repeat(length)
}

#[tokio::test]
async fn checks() {
    let ground = Ground::new().await;
    let table = Table { ground: &ground, route: "check" };
    let good = key("document:1#viewer@user:bob");
    let with = |member: &str, value: &str| {
        let mut key = good.clone();
        key[member] = json!(value);
        json!({"tuple_key": key})
    };
    let invalid = |message| (400, "validation_error", message);
    table
        .refuses(
            json!({}),
            (400, "tuple_key_value_not_specified", "CheckRequest.TupleKey: value is required"),
        )
        .await;
    table.refuses(json!({"tuple_key": null}), (400, "tuple_key_value_not_specified", "")).await;
    table.refuses(with("user", ""), invalid(r#"CheckRequestTupleKey.User: value does not match regex pattern "^[^\\s]{2,512}$""#)).await;
    table.takes(with("user", &format!("user:{}", of(507)))).await;
    table
        .refuses(with("user", &format!("user:{}", of(508))), invalid("CheckRequestTupleKey.User"))
        .await;
    table.takes(with("object", &format!("document:{}", of(247)))).await;
    table
        .refuses(
            with("object", &format!("document:{}", of(248))),
            invalid("CheckRequestTupleKey.Object"),
        )
        .await;
    table.refuses(with("relation", &of(50)), invalid("relation 'document#xxx")).await;
    table
        .refuses(
            with("relation", &of(51)),
            invalid(r#"Relation: value does not match regex pattern "^[^:#@\\s]{1,50}$""#),
        )
        .await;
    table.refuses(with("user", "bob"), invalid("the 'user' field must be an object")).await;
    table.refuses(with("user", "user:a:b"), invalid("the 'user' field is malformed")).await;
    table.refuses(with("user", "employee:bob"), invalid("type 'employee' not found")).await;
    table.refuses(with("user", "group:1#chief"), invalid("relation 'group#chief' not found")).await;
    table.refuses(with("object", "document"), invalid("invalid 'object' field format")).await;
    table.refuses(with("object", "document:*"), invalid("cannot reference a typed wildcard")).await;
    table.refuses(with("object", "report:1"), invalid("type 'report' not found")).await;
    table.refuses(with("relation", "chief"), invalid("relation 'document#chief' not found")).await;
    table.refuses(with("user", "user:\u{7}"), invalid("malformed")).await;
}

#[tokio::test]
async fn checks_with_models_and_tuples() {
    let ground = Ground::new().await;
    let table = Table { ground: &ground, route: "check" };
    let good = key("document:1#viewer@user:bob");
    let invalid = |message| (400, "validation_error", message);
    let mut other = json!({"tuple_key": good, "authorization_model_id": "x"});
    table.refuses(other.clone(), invalid("CheckRequest.AuthorizationModelId")).await;
    other["authorization_model_id"] = json!(UNKNOWN);
    let message = format!("Authorization Model '{UNKNOWN}' not found");
    table.refuses(other.clone(), (400, "authorization_model_not_found", &message)).await;
    table
        .takes(json!({"tupleKey": good, "authorizationModelId": ground.model, "trace": true}))
        .await;
    table
        .refuses(json!({"tuple_key": good, "consistency": 7}), invalid("defined enum values"))
        .await;
    table
        .refuses(json!({"tuple_key": good, "consistency": "SOON"}), invalid("malformed JSON"))
        .await;

    let tuples = |count: usize| {
        let keys: Vec<Value> =
            (0..count).map(|n| key(&format!("document:{n}#reader@user:bob"))).collect();
        json!({"tuple_key": good, "contextual_tuples": {"tuple_keys": keys}})
    };
    table.takes(tuples(100)).await;
    table
        .refuses(
            tuples(101),
            invalid("ContextualTupleKeys.TupleKeys: value must contain no more than 100 item(s)"),
        )
        .await;
    let contextual =
        |tuple: &str| json!({"tuple_key": good, "contextual_tuples": {"tuple_keys": [key(tuple)]}});
    table.refuses(contextual("document:1#reader@folder:1"), (400, "invalid_tuple", "Invalid tuple 'document:1#reader@folder:1'. Reason: type 'folder' is not an allowed type restriction for 'document#reader'")).await;
    table
        .refuses(
            contextual("document:1#reader@user:*"),
            (400, "invalid_tuple", "the typed wildcard 'user:*'"),
        )
        .await;
}

#[tokio::test]
async fn conditions_that_lack_a_parameter() {
    let ground = Ground::new().await;
    let condition = json!({"name": "in_hours", "context": {}});
    let mut tuple = key("document:1#auditor@user:bob");
    tuple["condition"] = condition;
    ground.post("write", &json!({"writes": {"tuple_keys": [tuple]}})).await.expect(200);
    let table = Table { ground: &ground, route: "check" };
    let asked = |context: Value| json!({"tuple_key": key("document:1#auditor@user:bob"), "context": context});
    table
        .refuses(
            asked(json!({})),
            (400, "validation_error", "'in_hours' - the context is missing parameters 'hour'"),
        )
        .await;
    for (hour, allowed) in [(8, false), (9, true), (16, true), (17, false)] {
        let reply = ground.post("check", &asked(json!({"hour": hour}))).await.expect(200);
        assert_eq!(reply.body["allowed"], allowed, "{hour}");
    }
    table.refuses(asked(json!({"hour": "noon"})), (400, "validation_error", "in_hours")).await;
    table
        .refuses(asked(json!({"x": "\u{0}"})), (400, "validation_error", "forbidden characters"))
        .await;
}

#[tokio::test]
async fn depth_is_a_limit_and_no_denial() {
    let ground = Ground::new().await;
    let chain = |from: usize, to: usize| -> Vec<String> {
        (from..to).map(|n| format!("group:{n}#member@group:{}#member", n + 1)).collect()
    };
    let tuples = chain(0, 24);
    ground.write(&tuples.iter().map(String::as_str).collect::<Vec<_>>()).await;
    ground.write(&["group:24#member@user:bob"]).await;
    assert!(ground.allowed("group:0#member@user:bob").await);
    ground.write(&["group:24#member@group:25#member", "group:25#member@user:carol"]).await;
    let table = Table { ground: &ground, route: "check" };
    let asked = json!({"tuple_key": key("group:0#member@user:carol")});
    table
        .refuses(
            asked,
            (400, "authorization_model_resolution_too_complex", "too many rewrite rules"),
        )
        .await;
}

#[tokio::test]
async fn batches() {
    let ground = Ground::new().await;
    let table = Table { ground: &ground, route: "batch-check" };
    let invalid = |message| (400, "validation_error", message);
    let items = |count: usize| {
        let items: Vec<Value> = (0..count)
            .map(|n| json!({"tuple_key": key("document:1#viewer@user:bob"), "correlation_id": n.to_string()}))
            .collect();
        json!({"checks": items})
    };
    table
        .refuses(
            json!({}),
            invalid("BatchCheckRequest.Checks: value must contain at least 1 item(s)"),
        )
        .await;
    table.takes(items(50)).await;
    table
        .refuses(items(51), invalid("batchCheck received 51 checks, the maximum allowed is 50"))
        .await;
    let id = |id: &str| json!({"checks": [{"tuple_key": key("document:1#viewer@user:bob"), "correlation_id": id}]});
    table.takes(id(&of(36))).await;
    table.refuses(id(&of(37)), invalid(r#"BatchCheckItem.CorrelationId: value does not match regex pattern "^[\\w\\d-]{1,36}$""#)).await;
    table.refuses(id(""), invalid("CorrelationId")).await;
    table.refuses(id("a b"), invalid("CorrelationId")).await;
    let item = json!({"tuple_key": key("document:1#viewer@user:bob"), "correlation_id": "a"});
    table
        .refuses(json!({"checks": [item, item]}), invalid("received duplicate correlation id: a"))
        .await;
    table
        .refuses(
            json!({"checks": [{"correlation_id": "a"}]}),
            (400, "tuple_key_value_not_specified", ""),
        )
        .await;
}

#[tokio::test]
async fn lists_of_objects() {
    let ground = Ground::new().await;
    let objects = Table { ground: &ground, route: "list-objects" };
    let invalid = |message| (400, "validation_error", message);
    let asked = |of: &str, relation: &str, user: &str| json!({"type": of, "relation": relation, "user": user});
    for route in ["list-objects", "streamed-list-objects"] {
        let table = Table { ground: &ground, route };
        table
            .refuses(asked("", "viewer", "user:bob"), (400, "type_invalid_pattern", "Request.Type"))
            .await;
        table.refuses(asked("document", "", "user:bob"), invalid("Request.Relation")).await;
        table
            .refuses(
                asked("document", "viewer", ""),
                invalid("value length must be between 1 and 512 bytes"),
            )
            .await;
        table
            .refuses(
                asked("report", "viewer", "user:bob"),
                (400, "type_not_found", "type 'report' not found"),
            )
            .await;
        table
            .refuses(
                asked("document", "chief", "user:bob"),
                (400, "relation_not_found", "relation 'document#chief' not found"),
            )
            .await;
        table.refuses(asked("document", "viewer", "bob"), invalid("invalid 'user' value")).await;
    }
    let mut page = asked("document", "viewer", "user:bob");
    page["page_size"] = json!(0);
    objects.refuses(page.clone(), (400, "page_size_invalid", "[1, 10000]")).await;
    page["page_size"] = json!(10_001);
    objects.refuses(page.clone(), (400, "page_size_invalid", "")).await;
    page["continuation_token"] = json!("AAAA");
    page["page_size"] = json!(10);
    objects.refuses(page, (400, "invalid_continuation_token", "Invalid continuation token")).await;
}

#[tokio::test]
async fn lists_of_users_and_expansions() {
    let ground = Ground::new().await;
    let invalid = |message| (400, "validation_error", message);
    let users = Table { ground: &ground, route: "list-users" };
    let asked = |of: &str, id: &str, relation: &str, filters: Value| json!({"object": {"type": of, "id": id}, "relation": relation, "user_filters": filters});
    let user = || json!([{"type": "user"}]);
    users
        .refuses(
            json!({"relation": "viewer", "user_filters": user()}),
            invalid("ListUsersRequest.Object: value is required"),
        )
        .await;
    users.refuses(asked("document", "", "viewer", user()), invalid("Object.Id")).await;
    users
        .refuses(
            asked("document", "1", "viewer", json!([])),
            invalid("value must contain exactly 1 item(s)"),
        )
        .await;
    users
        .refuses(
            asked("document", "1", "viewer", json!([{"type": "user"}, {"type": "group"}])),
            invalid("exactly 1"),
        )
        .await;
    users.refuses(asked("report", "1", "viewer", user()), (400, "type_not_found", "")).await;
    users.refuses(asked("document", "1", "chief", user()), (400, "relation_not_found", "")).await;
    users
        .refuses(
            asked("document", "1", "viewer", json!([{"type": "staff"}])),
            (400, "type_not_found", ""),
        )
        .await;
    users
        .refuses(
            asked("document", "1", "viewer", json!([{"type": "group", "relation": "chief"}])),
            (400, "relation_not_found", ""),
        )
        .await;

    let expand = Table { ground: &ground, route: "expand" };
    expand.refuses(json!({}), (400, "tuple_key_value_not_specified", "")).await;
    expand
        .refuses(json!({"tuple_key": {"object": "document:1"}}), (400, "invalid_expand_input", ""))
        .await;
    expand
        .refuses(
            json!({"tuple_key": {"object": "report:1", "relation": "viewer"}}),
            invalid("type 'report' not found"),
        )
        .await;
}

#[tokio::test]
async fn writes() {
    let ground = Ground::new().await;
    let table = Table { ground: &ground, route: "write" };
    let invalid = |message| (400, "validation_error", message);
    let one = |tuple: &str| json!({"writes": {"tuple_keys": [key(tuple)]}});
    table
        .refuses(
            json!({}),
            (400, "invalid_write_input", "at least one write, or at least one delete"),
        )
        .await;
    table
        .refuses(
            json!({"writes": {"tuple_keys": []}}),
            invalid("WriteRequestWrites.TupleKeys: value must contain at least 1 item(s)"),
        )
        .await;
    table.refuses(json!({"deletes": {}}), invalid("WriteRequestDeletes.TupleKeys")).await;
    table.takes(one("document:1#reader@user:bob")).await;
    table.refuses(one("document:1#reader@user:bob"), (400, "write_failed_due_to_invalid_input", "cannot write a tuple which already exists: user: 'user:bob', relation: 'reader', object: 'document:1': tuple to be written already existed or the tuple to be deleted did not exist")).await;
    let delete = |tuple: &str| json!({"deletes": {"tuple_keys": [key(tuple)]}});
    table
        .refuses(
            delete("document:2#reader@user:bob"),
            (
                400,
                "write_failed_due_to_invalid_input",
                "cannot delete a tuple which does not exist",
            ),
        )
        .await;
    let twice = json!({"writes": {"tuple_keys": [key("document:3#reader@user:bob")]},
        "deletes": {"tuple_keys": [key("document:3#reader@user:bob")]}});
    table.refuses(twice, (400, "cannot_allow_duplicate_tuples_in_one_request", "duplicate tuple in write: user: 'user:bob', relation: 'reader', object: 'document:3'")).await;
    table.refuses(one("document:1#viewer@user:bob"), invalid("Invalid tuple 'document:1#viewer@user:bob'. Reason: type 'user' is not an allowed type restriction")).await;
    table
        .refuses(
            one("group:1#member@group:1#member"),
            invalid("cannot write a tuple that is implicit"),
        )
        .await;
    table.refuses(one("report:1#viewer@user:bob"), invalid("type 'report' not found")).await;
    let many = |count: usize, prefix: &str| {
        let keys: Vec<Value> =
            (0..count).map(|n| key(&format!("document:{prefix}{n}#reader@user:bob"))).collect();
        json!({"writes": {"tuple_keys": keys}})
    };
    table.takes(many(100, "a")).await;
    table
        .refuses(
            many(101, "b"),
            (
                400,
                "exceeded_entity_limit",
                "The number of write operations exceeds the allowed limit of 100",
            ),
        )
        .await;
    let mut other = one("document:1#reader@user:bob");
    other["writes"]["on_duplicate"] = json!("sometimes");
    table.refuses(other.clone(), invalid("invalid on_duplicate option: sometimes")).await;
    other["writes"]["on_duplicate"] = json!("ignore");
    table.takes(other).await;
    let mut other = delete("document:2#reader@user:bob");
    other["deletes"]["on_missing"] = json!("ignore");
    table.takes(other).await;
}

#[tokio::test]
async fn conditional_writes_and_preconditions() {
    let ground = Ground::new().await;
    let table = Table { ground: &ground, route: "write" };
    let invalid = |message| (400, "validation_error", message);
    let write = |condition: Value, on_duplicate: &str| {
        let mut tuple = key("document:1#auditor@user:bob");
        if !condition.is_null() {
            tuple["condition"] = condition;
        }
        json!({"writes": {"tuple_keys": [tuple], "on_duplicate": on_duplicate}})
    };
    let named = |name: &str, context: Value| json!({"name": name, "context": context});
    table
        .refuses(
            write(Value::Null, "error"),
            invalid("Invalid tuple 'document:1#auditor@user:bob'"),
        )
        .await;
    table
        .refuses(write(named("unknown", json!({})), "error"), invalid("undefined condition"))
        .await;
    table
        .refuses(write(named("x", json!({})), "error"), invalid("RelationshipCondition.Name"))
        .await;
    table
        .refuses(write(named("in_hours", json!({"hour": "noon"})), "error"), invalid("in_hours"))
        .await;
    table.takes(write(named("in_hours", json!({"hour": 10})), "error")).await;
    assert!(ground.allowed("document:1#auditor@user:bob").await);
    let other = named("in_hours", json!({"hour": 20}));
    table
        .refuses(write(other.clone(), "ignore"), (409, "Aborted", "with a different condition"))
        .await;
    table.takes(write(other, "replace")).await;
    assert!(!ground.allowed("document:1#auditor@user:bob").await);

    let guarded = |exists: bool| {
        json!({"writes": {"tuple_keys": [key("document:1#reader@user:bob")]},
            "preconditions": [{"tuple_key": key("document:1#banned@user:bob"), "exists": exists}]})
    };
    table.refuses(guarded(true), (409, "Aborted", "precondition 0 does not hold")).await;
    table.takes(guarded(false)).await;

    let until = |text: &str| {
        let mut tuple = key("document:9#reader@user:bob");
        tuple["expires_at"] = json!(text);
        json!({"writes": {"tuple_keys": [tuple]}})
    };
    table.refuses(until("soon"), invalid("'soon' is no moment")).await;
    table.refuses(until("2020-01-01T00:00:00Z"), invalid("'expires_at' is in the past")).await;
    table.takes(until("2099-01-01T00:00:00Z")).await;
    let read =
        ground.post("read", &json!({"tuple_key": {"object": "document:9"}})).await.expect(200);
    assert_eq!(read.body["tuples"][0]["key"]["expires_at"], "2099-01-01T00:00:00Z");
    assert!(ground.allowed("document:9#viewer@user:bob").await);
}

#[tokio::test]
async fn reads_and_changes() {
    let ground = Ground::new().await;
    ground.write(&["document:1#reader@user:bob", "folder:1#viewer@user:bob"]).await;
    let table = Table { ground: &ground, route: "read" };
    let invalid = |message| (400, "validation_error", message);
    let filter = |object: &str, user: &str| json!({"tuple_key": {"object": object, "user": user}});
    let required = invalid("the object type field is required");
    table.refuses(json!({"tuple_key": {}}), required).await;
    table.refuses(filter("document:", ""), required).await;
    table.refuses(filter("document:1", "bob"), invalid("ReadRequestTupleKey.User")).await;
    table.takes(filter("document:", "user:bob")).await;
    for (size, good) in [(0, false), (1, true), (100, true), (101, false)] {
        let body = json!({"page_size": size});
        if good {
            table.takes(body).await;
        } else {
            table
                .refuses(body, (400, "page_size_invalid", "value must be inside range [1, 100]"))
                .await;
        }
    }
    table.takes(json!({"page_size": "10"})).await;
    let token = |token: &str| json!({"continuation_token": token});
    table
        .refuses(token("a b"), invalid("ContinuationToken: value does not match regex pattern"))
        .await;
    table.refuses(token(&of(5_121)), invalid("value length must be at most 5120 bytes")).await;
    table.refuses(token(&of(5_120)), (400, "invalid_continuation_token", "")).await;
    let page = ground.post("read", &json!({"page_size": 1})).await.expect(200).body;
    let mut other = filter("document:", "user:bob");
    other["continuation_token"] = page["continuation_token"].clone();
    table.refuses(other, (400, "invalid_continuation_token", "")).await;

    let changes = async |query: &str| ground.get(&format!("changes?{query}")).await;
    let page = changes("type=document&page_size=1").await.expect(200).body;
    let token = page["continuation_token"].as_str().unwrap();
    let again =
        changes(&format!("type=document&continuation_token={token}")).await.expect(200).body;
    assert_eq!(again["changes"], json!([]));
    let token = again["continuation_token"].as_str().unwrap();
    let echoed =
        changes(&format!("type=document&continuation_token={token}")).await.expect(200).body;
    assert_eq!(echoed["continuation_token"], token);
    let refused = async |query: &str, code: &str| {
        let reply = changes(query).await;
        assert_eq!(error(&reply).1, code, "{query}");
    };
    let mismatch = "query_string_type_continuation_token_mismatch";
    refused(&format!("type=folder&continuation_token={token}"), mismatch).await;
    refused(&format!("continuation_token={token}"), mismatch).await;
    refused("continuation_token=AAAA", "invalid_continuation_token").await;
    refused("page_size=0", "page_size_invalid").await;
    refused("page_size=x", "validation_error").await;
    refused("start_time=soon", "invalid_start_time").await;
    refused("start_time=2999-01-01T00:00:00Z", "validation_error").await;
    let early = changes("start_time=2020-01-01T00:00:00Z").await.expect(200).body;
    assert_eq!(early["changes"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn models() {
    let ground = Ground::new().await;
    let table = Table { ground: &ground, route: "authorization-models" };
    let invalid = |message| (400, "validation_error", message);
    let model = |types: Value| json!({"schema_version": "1.1", "type_definitions": types});
    table
        .refuses(model(json!([])), (400, "type_definitions_too_few_items", "at least 1 item(s)"))
        .await;
    let mut other = model_json();
    other["schema_version"] = json!("0.9");
    table.refuses(other.clone(), invalid("value must be in list [1.0 1.1 1.2]")).await;
    other["schema_version"] = json!("1.0");
    table.refuses(other, (400, "invalid_authorization_model", "invalid schema version")).await;
    let types =
        |count: usize| model((0..count).map(|n| json!({"type": format!("t{n}")})).collect());
    table.takes(types(100)).await;
    table
        .refuses(
            types(101),
            (
                400,
                "exceeded_entity_limit",
                "type definitions in an authorization model exceeds the allowed limit of 100",
            ),
        )
        .await;
    let unknown = json!([{"type": "user"}, {"type": "a", "relations": {"r": {"this": {}}},
        "metadata": {"relations": {"r": {"directly_related_user_types": [{"type": "usr"}]}}}}]);
    table
        .refuses(
            model(unknown),
            (400, "invalid_authorization_model", "`usr`; did you mean `user`?"),
        )
        .await;
    table
        .refuses(
            model(json!([{"type": "user"}, {"type": "user"}])),
            (400, "invalid_authorization_model", "user"),
        )
        .await;
    let pattern =
        (400, "type_invalid_pattern", "invalid TypeDefinition.Type: value does not match");
    table.refuses(model(json!([{"type": "a b"}])), pattern).await;
    let padding =
        json!({"schema_version": "1.1", "type_definitions": [{"type": "user"}], "x": of(262_144)});
    table.refuses(padding, (400, "exceeded_entity_limit", "model exceeds size limit")).await;
    for (path, code) in [
        (format!("authorization-models/{UNKNOWN}"), "authorization_model_not_found"),
        ("authorization-models/x".to_owned(), "validation_error"),
        ("authorization-models?page_size=0".to_owned(), "page_size_invalid"),
        ("authorization-models?continuation_token=AAAA".to_owned(), "invalid_continuation_token"),
    ] {
        assert_eq!(error(&ground.get(&path).await).1, code, "{path}");
    }
}

#[tokio::test]
async fn stores() {
    let mut ground = Ground::new().await;
    let create =
        async |name: &str| ground.send("POST", "/stores", &[], &json!({"name": name})).await;
    for (name, good) in
        [("", false), ("ab", false), ("abc", true), ("a b.c-d/e^f_g&h@i", true), ("a:b", false)]
    {
        assert_eq!(create(name).await.status.is_success(), good, "{name}");
    }
    create(&of(64)).await.expect(201);
    assert_eq!(error(&create(&of(65)).await).1, "validation_error");
    let listed =
        ground.send("GET", "/stores?page_size=2", &[], &Value::Null).await.expect(200).body;
    assert_eq!(listed["stores"].as_array().unwrap().len(), 2);
    assert_eq!(listed["stores"][0]["deleted_at"], Value::Null);
    let token = listed["continuation_token"].as_str().unwrap();
    let path = format!("/stores?page_size=2&continuation_token={token}");
    let rest = ground.send("GET", &path, &[], &Value::Null).await.expect(200).body;
    assert_eq!(rest["stores"].as_array().unwrap().len(), 2);
    assert_eq!(rest["continuation_token"], "");
    let named = ground.send("GET", "/stores?name=drive", &[], &Value::Null).await.expect(200).body;
    assert_eq!(named["stores"].as_array().unwrap().len(), 1);
    let path = format!("/stores/{}", ground.store);
    let reply = ground.send("DELETE", &path, &[], &Value::Null).await.expect(204);
    assert_eq!(reply.body, "");
    for (method, path) in [("GET", path.clone()), ("DELETE", path.clone())] {
        let reply = ground.send(method, &path, &[], &Value::Null).await;
        assert_eq!(error(&reply), (404, "store_id_not_found", "Store ID not found"));
    }
    let empty = create("without a model").await.id();
    ground.store = UNKNOWN.to_owned();
    let reply =
        ground.post("check", &json!({"tuple_key": key("document:1#viewer@user:bob")})).await;
    assert_eq!(error(&reply).1, "store_id_not_found");
    ground.store = "x".to_owned();
    let reply = ground.post("check", &json!({})).await;
    assert!(error(&reply).2.contains("CheckRequest.StoreId"), "{reply:#?}");
    ground.store = empty.clone();
    let reply =
        ground.post("check", &json!({"tuple_key": key("document:1#viewer@user:bob")})).await;
    let message = format!("No authorization models found for store '{empty}'");
    assert_eq!(error(&reply), (400, "latest_authorization_model_not_found", message.as_str()));
}

#[tokio::test]
async fn assertions() {
    let ground = Ground::new().await;
    let path = ground.path(&format!("assertions/{}", ground.model));
    let put = async |assertions: Value| {
        ground.send("PUT", &path, &[], &json!({"assertions": assertions})).await
    };
    let one = |tuple: &str| json!({"tuple_key": key(tuple), "expectation": true});
    let good = one("document:1#viewer@user:bob");
    put(Value::Array(vec![good.clone(); 100])).await.expect(204);
    let refused = async |assertions: Value, code: &str| {
        let reply = put(assertions).await;
        assert_eq!(error(&reply).1, code, "{reply:#?}");
    };
    refused(Value::Array(vec![good.clone(); 101]), "assertions_too_many_items").await;
    refused(json!([{"expectation": true}]), "tuple_key_value_not_specified").await;
    refused(json!([one("report:1#viewer@user:bob")]), "validation_error").await;
    refused(json!([one("document:1#chief@user:bob")]), "validation_error").await;
    let with = |count: usize| {
        let mut assertion = good.clone();
        assertion["contextual_tuples"] =
            (0..count).map(|n| key(&format!("document:{n}#reader@user:bob"))).collect();
        json!([assertion])
    };
    put(with(20)).await.expect(204);
    refused(with(21), "validation_error").await;
    let mut long = good.clone();
    long["context"] = json!({"x": of(64_000)});
    refused(json!([long]), "exceeded_entity_limit").await;
    let unknown = ground.get(&format!("assertions/{UNKNOWN}")).await;
    assert_eq!(error(&unknown).1, "authorization_model_not_found");
}

#[tokio::test]
async fn bodies_of_every_shape() {
    let ground = Ground::new().await;
    let routes = [
        "check",
        "batch-check",
        "expand",
        "list-objects",
        "streamed-list-objects",
        "list-users",
        "list-permissions",
        "explain",
        "read",
        "write",
        "delete-by-filter",
        "authorization-models",
        "access/v1/evaluation",
        "access/v1/evaluations",
        "access/v1/search/subject",
        "access/v1/search/resource",
        "access/v1/search/action",
    ];
    let deep = format!("{}{}", "{\"context\":".repeat(500), "}".repeat(500));
    for route in routes {
        let path = ground.path(route);
        let post = async |body: Vec<u8>| send(&ground.router, "POST", &path, &[], body).await;
        for bad in [
            "{",
            "[]",
            "\"x\"",
            "{\"tuple_key\": \"x\"}",
            "{\"tuple_key\": {\"user\": 1}}",
            "{} {}",
            "{\"a\": NaN}",
            "\u{feff}{}",
            "{\"subject\": 1, \"type_definitions\": {}, \"tuple_key\": 1, \"checks\": 1, \"type\": 1, \
             \"object\": 1, \"writes\": 1}",
            &deep,
            "{\"tuple_key\": {}, \"tuple_key\": {}, \"type\": 1, \"object\": 1, \"checks\": 1}",
        ] {
            let reply = post(bad.as_bytes().to_vec()).await;
            assert_eq!(reply.status, 400, "{route} {bad} {reply:#?}");
        }
        assert_eq!(post(vec![b'{', 0xff, b'}']).await.status, 400, "{route}");
        let long = post(vec![b' '; 512 * 1204 + 1]).await;
        assert_eq!(error(&long).1, "exceeded_entity_limit", "{route}");
        let fits = post(vec![b' '; 512 * 1204]).await;
        assert!(fits.status != 413 && fits.status.as_u16() < 500, "{route} {fits:#?}");
        let reply = send(&ground.router, "PATCH", &path, &[], "").await;
        assert!([404, 405].contains(&reply.status.as_u16()), "{route} takes no PATCH");
    }
    let reply = send(&ground.router, "POST", &ground.path("unheard-of"), &[], "{}").await;
    assert_eq!(error(&reply), (404, "undefined_endpoint", "Not Found"));
    let healthy = send(&ground.router, "GET", "/healthz", &[], "").await.expect(200);
    assert_eq!(healthy.body, json!({"status": "SERVING"}));
}
