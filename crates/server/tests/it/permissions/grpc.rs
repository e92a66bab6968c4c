//! The service over gRPC, by a client that was written by hand.

use axum::body::Body;
use hyper::client::conn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use super::{
    ground::Ground,
    protobuf::{Message, Said, call, request, said},
};

impl Ground {
    async fn rpc(&self, method: &str, message: &Message) -> Said {
        call(&self.router, method, &[], message.frame()).await
    }
}

/// `object#relation@user` as a `TupleKey`.
fn key(tuple: &str) -> Message {
    let (object, rest) = tuple.split_once('#').unwrap();
    let (relation, user) = rest.split_once('@').unwrap();
    Message::new().text(1, user).text(2, relation).text(3, object)
}

/// `type viewer: [user]` and the like, as `TypeDefinition`s.
fn model() -> Message {
    let this = Message::new().message(1, &Message::new());
    let entry = |name: &str, value: &Message| Message::new().text(1, name).message(2, value);
    let computed = Message::new().message(2, &Message::new().text(2, "owner"));
    let union = Message::new().message(4, &Message::new().message(1, &this).message(1, &computed));
    let user = Message::new().message(1, &Message::new().text(1, "user"));
    let metadata =
        Message::new().message(1, &entry("owner", &user)).message(1, &entry("viewer", &user));
    let document = Message::new()
        .text(1, "document")
        .message(2, &entry("owner", &this))
        .message(2, &entry("viewer", &union))
        .message(3, &metadata);
    Message::new().message(2, &Message::new().text(1, "user")).message(2, &document).text(3, "1.1")
}

#[tokio::test]
async fn stores_and_models() {
    let ground = Ground::new().await;
    let made = ground.rpc("CreateStore", &Message::new().text(1, "by gRPC")).await;
    let store = made.one().text(1);
    assert_eq!((made.one().text(2).as_str(), store.len()), ("by gRPC", 26));
    assert!(made.one().message(3).number(1) > 1_000_000_000, "a moment");
    let named = Message::new().text(1, &store);
    assert_eq!(ground.rpc("GetStore", &named).await.one().text(2), "by gRPC");
    let listed = ground.rpc("ListStores", &Message::new()).await;
    assert_eq!(listed.one().messages(1).len(), 2);

    let written = ground.rpc("WriteAuthorizationModel", &named.clone().and(&model())).await;
    let id = written.one().text(1);
    let read = ground.rpc("ReadAuthorizationModel", &named.clone().text(2, &id)).await;
    let model = read.one().message(1);
    assert_eq!((model.text(1), model.text(2)), (id.clone(), "1.1".to_owned()));
    let types: Vec<String> = model.messages(3).iter().map(|found| found.text(1)).collect();
    assert_eq!(types, ["user", "document"]);
    let viewer = model.messages(3)[1].messages(2)[1].clone();
    let children = viewer.message(2).message(4).messages(1);
    assert_eq!(children[1].message(2).text(2), "owner");
    let models = ground.rpc("ReadAuthorizationModels", &named).await;
    assert_eq!(models.one().messages(1)[0].text(1), id);
    ground.rpc("DeleteStore", &named).await.one();
    let gone = ground.rpc("GetStore", &named).await;
    assert_eq!((gone.status, gone.message.as_str()), (5, "Store%20ID%20not%20found"));
}

#[tokio::test]
async fn tuples_and_questions() {
    let ground = Ground::new().await;
    let store = Message::new().text(1, &ground.store);
    let shared = key("document:1#reader@user:bob");
    let keys = Message::new().message(1, &shared);
    let written = ground.rpc("Write", &store.clone().message(2, &keys)).await;
    written.one();
    let revision = written.headers["counterfoil-revision"].to_str().unwrap().to_owned();
    assert_eq!(written.headers["openfga-store-id"], ground.store.as_str());
    assert_eq!(written.headers["openfga-authorization-model-id"], ground.model.as_str());

    let check = store.clone().message(2, &key("document:1#viewer@user:bob")).number(7, 200);
    let answer = ground.rpc("Check", &check).await;
    assert_eq!(answer.one().number(1), 1);
    let fresh = [("counterfoil-consistency", format!("at_least_as_fresh={revision}"))];
    let fresh = fresh.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(call(&ground.router, "Check", &fresh, check.frame()).await.one().number(1), 1);

    let item = |tuple: &str, id: &str| Message::new().message(1, &key(tuple)).text(4, id);
    let batch = store
        .clone()
        .message(2, &item("document:1#viewer@user:bob", "yes"))
        .message(2, &item("document:1#nothing@user:bob", "error"));
    let results = ground.rpc("BatchCheck", &batch).await.one().messages(1);
    let result = |id: &str| results.iter().find(|entry| entry.text(1) == id).unwrap().message(2);
    assert_eq!(result("yes").number(1), 1);
    assert_eq!(result("error").message(2).number(1), 2_000);

    let list = store.clone().text(3, "document").text(4, "viewer").text(5, "user:bob");
    assert_eq!(ground.rpc("ListObjects", &list).await.one().texts(1), ["document:1"]);
    let stream = ground.rpc("StreamedListObjects", &list).await;
    assert_eq!(stream.one().text(1), "document:1");
    let object = Message::new().text(1, "document").text(2, "1");
    let users = store
        .clone()
        .message(3, &object)
        .text(4, "viewer")
        .message(5, &Message::new().text(1, "user"));
    let users = ground.rpc("ListUsers", &users).await.one().messages(1);
    assert_eq!(users[0].message(1).text(2), "bob");
    let expand = Message::new().text(1, "reader").text(2, "document:1");
    let tree = ground.rpc("Expand", &store.clone().message(2, &expand)).await;
    let root = tree.one().message(1).message(1);
    assert_eq!(root.text(1), "document:1#reader");
    assert_eq!(root.message(6).messages(1)[0].message(2).message(1).texts(1), ["user:bob"]);
}

#[tokio::test]
async fn reads_changes_and_assertions() {
    let ground = Ground::new().await;
    let store = Message::new().text(1, &ground.store);
    ground.write(&["document:1#reader@user:bob", "document:2#reader@user:bob"]).await;
    let size = Message::new().number(1, 1);
    let page = ground.rpc("Read", &store.clone().message(3, &size)).await;
    assert_eq!(page.one().messages(1)[0].message(1).text(1), "user:bob");
    let token = page.one().text(2);
    let rest = ground.rpc("Read", &store.clone().text(4, &token)).await;
    assert_eq!(rest.one().messages(1).len(), 1);
    let keys = Message::new().message(1, &key("document:1#reader@user:bob"));
    ground.rpc("Write", &store.clone().message(3, &keys)).await.one();
    let changes = ground.rpc("ReadChanges", &store.clone().text(2, "document")).await;
    let operations: Vec<u64> =
        changes.one().messages(1).iter().map(|change| change.number(2)).collect();
    assert_eq!(operations, [0, 0, 1]);

    let question = Message::new().text(1, "document:2").text(2, "viewer").text(3, "user:bob");
    let assertion = Message::new().message(1, &question).number(2, 1);
    let named = store.clone().text(2, &ground.model);
    ground.rpc("WriteAssertions", &named.clone().message(3, &assertion)).await.one();
    let kept = ground.rpc("ReadAssertions", &named).await.one().messages(2);
    assert_eq!((kept[0].message(1).text(3).as_str(), kept[0].number(2)), ("user:bob", 1));
}

#[tokio::test]
async fn errors_have_a_status_and_openfgas_name() {
    let ground = Ground::new().await;
    let check = async |body: Vec<u8>, expected: (u16, &str)| {
        let said = call(&ground.router, "Check", &[], body).await;
        let name =
            said.headers.get("openfga-error-code").or(said.trailers.get("openfga-error-code"));
        let name = name.map_or("", |name| name.to_str().unwrap());
        assert_eq!((said.status, name), expected, "{said:#?}");
    };
    let store = Message::new().text(1, &ground.store);
    check(store.frame(), (3, "tuple_key_value_not_specified")).await;
    check(Message::new().text(1, "x").frame(), (3, "validation_error")).await;
    let unknown = Message::new().text(1, "01J00000000000000000000000");
    let asked = unknown.message(2, &key("document:1#viewer@user:bob"));
    check(asked.frame(), (5, "store_id_not_found")).await;
    // What is no message, or too long a one, is told by gRPC's own codes.
    for (body, status) in [(vec![0, 0, 0, 0, 2, 0xff, 0xff], 13), (vec![0, 0x7f, 0, 0, 0], 11)] {
        assert_eq!(call(&ground.router, "Check", &[], body).await.status, status);
    }
    assert_eq!(call(&ground.router, "Nothing", &[], Vec::new()).await.status, 12);
}

#[tokio::test]
async fn both_protocols_are_spoken_on_one_port() {
    let ground = Ground::new().await;
    ground.write(&["document:1#reader@user:bob"]).await;
    let store = Message::new().text(1, &ground.store);
    let check = store.clone().message(2, &key("document:1#viewer@user:bob"));
    let list = store.text(3, "document").text(4, "viewer").text(5, "user:bob");
    ground
        .serve(async |address| {
            let origin = format!("http://{address}");
            // Without TLS nothing says which version is spoken: the first bytes do.
            let stream = TokioIo::new(TcpStream::connect(&address).await.unwrap());
            let (mut client, connection) =
                conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
            let connection = tokio::spawn(connection);
            for _ in 0..2 {
                let request = request(&origin, "Check", &[], check.frame());
                let answer = said(client.send_request(request).await.unwrap()).await;
                assert_eq!(answer.one().number(1), 1);
                assert_eq!(answer.trailers["grpc-status"], "0");
            }
            let streamed = request(&origin, "StreamedListObjects", &[], list.frame());
            let answer = said(client.send_request(streamed).await.unwrap()).await;
            assert_eq!(answer.one().text(1), "document:1");
            connection.abort();

            let stream = TokioIo::new(TcpStream::connect(&address).await.unwrap());
            let (mut client, connection) = conn::http1::handshake(stream).await.unwrap();
            let connection = tokio::spawn(connection);
            let path = format!("/stores/{}", ground.store);
            let request = axum::http::Request::get(path).header("host", &address);
            let answer = client.send_request(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(answer.status(), 200);
            connection.abort();
        })
        .await;
}
