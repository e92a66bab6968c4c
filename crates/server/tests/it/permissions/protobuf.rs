//! Enough of protobuf and gRPC to be a client by hand: nothing here is shared with the server.

use std::fmt::Debug;

use axum::{
    Router,
    body::{Body, HttpBody},
    http::{HeaderMap, Request, Response},
};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// A message under construction.
#[derive(Clone, Default)]
pub struct Message(Vec<u8>);

impl Message {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    pub fn message(self, field: u64, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }

    pub fn number(mut self, field: u64, number: u64) -> Self {
        varint(&mut self.0, field << 3);
        varint(&mut self.0, number);
        self
    }

    /// The fields of both.
    pub fn and(mut self, other: &Self) -> Self {
        self.0.extend_from_slice(&other.0);
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        varint(&mut self.0, field << 3 | 2);
        varint(&mut self.0, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    /// With gRPC's five bytes before it.
    pub fn frame(&self) -> Vec<u8> {
        let mut frame = vec![0];
        frame.extend_from_slice(&u32::try_from(self.0.len()).unwrap().to_be_bytes());
        frame.extend_from_slice(&self.0);
        frame
    }
}

fn varint(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    into.push(u8::try_from(number).unwrap());
}

/// A message that was received: its fields in order.
#[derive(Clone, Debug)]
pub struct Fields(Vec<(u64, Field)>);

#[derive(Clone, Debug)]
enum Field {
    Number(u64),
    Bytes(Vec<u8>),
}

impl Fields {
    pub fn read(mut bytes: &[u8]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = read_varint(&mut bytes);
            let value = match key & 7 {
                0 => Field::Number(read_varint(&mut bytes)),
                1 => Field::Bytes(take(&mut bytes, 8)),
                2 => {
                    let length = usize::try_from(read_varint(&mut bytes)).unwrap();
                    Field::Bytes(take(&mut bytes, length))
                }
                other => panic!("wire type {other}"),
            };
            fields.push((key >> 3, value));
        }
        Self(fields)
    }

    pub fn number(&self, field: u64) -> u64 {
        let found = self.0.iter().find(|(known, _)| *known == field);
        found.map_or(0, |(_, value)| match value {
            Field::Number(number) => *number,
            Field::Bytes(_) => panic!("field {field} is no number"),
        })
    }

    fn all(&self, field: u64) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter(move |(known, _)| *known == field).map(|(_, value)| match value {
            Field::Bytes(bytes) => bytes.as_slice(),
            Field::Number(_) => panic!("a number"),
        })
    }

    pub fn text(&self, field: u64) -> String {
        self.texts(field).pop().unwrap_or_default()
    }

    pub fn texts(&self, field: u64) -> Vec<String> {
        self.all(field).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()).collect()
    }

    pub fn message(&self, field: u64) -> Self {
        self.messages(field).into_iter().next().unwrap_or(Self(Vec::new()))
    }

    pub fn messages(&self, field: u64) -> Vec<Self> {
        self.all(field).map(Self::read).collect()
    }
}

fn read_varint(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return number;
        }
        shift += 7;
    }
}

fn take(bytes: &mut &[u8], count: usize) -> Vec<u8> {
    let (taken, rest) = bytes.split_at(count);
    *bytes = rest;
    taken.to_vec()
}

/// What a call came to.
#[derive(Debug)]
pub struct Said {
    /// gRPC's status: 0 is well.
    pub status: u16,
    pub message: String,
    pub headers: HeaderMap,
    pub trailers: HeaderMap,
    pub messages: Vec<Fields>,
}

impl Said {
    /// The one message of a call that went well.
    #[track_caller]
    pub fn one(&self) -> &Fields {
        assert_eq!(self.status, 0, "{self:#?}");
        assert_eq!(self.messages.len(), 1, "{self:#?}");
        &self.messages[0]
    }
}

/// Calls a method of the service.
pub async fn call(
    router: &Router,
    method: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Said {
    let request = request("", method, headers, body);
    said(router.clone().oneshot(request).await.unwrap()).await
}

/// Such a call's request; `origin` is where it goes.
pub fn request(
    origin: &str,
    method: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Request<Body> {
    let mut request = Request::builder()
        .method("POST")
        .uri(format!("{origin}/openfga.v1.OpenFGAService/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

/// What an answer says, after its last byte.
pub async fn said<B: HttpBody<Error: Debug>>(response: Response<B>) -> Said {
    let (parts, body) = response.into_parts();
    let collected = body.collect().await.unwrap();
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let mut bytes = &collected.to_bytes()[..];
    let mut messages = Vec::new();
    while !bytes.is_empty() {
        let head = take(&mut bytes, 5);
        let length = u32::from_be_bytes(head[1..].try_into().unwrap());
        messages.push(Fields::read(&take(&mut bytes, usize::try_from(length).unwrap())));
    }
    // An error without any message has its status among the headers.
    let from = if trailers.contains_key("grpc-status") { &trailers } else { &parts.headers };
    let text = |name: &str| {
        from.get(name).map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    };
    Said {
        status: text("grpc-status").parse().unwrap(),
        message: text("grpc-message"),
        headers: parts.headers,
        trailers,
        messages,
    }
}
