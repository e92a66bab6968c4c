//! The stream's events, however they are cut.

use counterfoil_feed::MAX_FRAME_BYTES;
use counterfoil_feed::sse::{Event, KEEP_ALIVE, MAX_LINE_BYTES, SseDecoder, SseError, StreamEvent};
use proptest::prelude::*;

fn decode(chunks: &[&[u8]]) -> (Vec<(String, String)>, Option<SseError>) {
    let mut decoder = SseDecoder::new();
    let mut events = Vec::new();
    let mut fault = None;
    for chunk in chunks {
        fault = decoder.push(chunk, &mut events).err();
        if fault.is_some() {
            break;
        }
    }
    (events.into_iter().map(|Event { name, data }| (name, data)).collect(), fault)
}

#[track_caller]
fn check(stream: &str, expected: &[(&str, &str)]) {
    let owned: Vec<_> = expected.iter().map(|(n, d)| ((*n).to_owned(), (*d).to_owned())).collect();
    assert_eq!(decode(&[stream.as_bytes()]), (owned.clone(), None), "in one piece");
    let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
    assert_eq!(decode(&bytes), (owned, None), "byte by byte");
}

#[test]
fn events_are_read() {
    check("event: frame\nid: 1.3\ndata: abc\n\n", &[("frame", "abc")]);
    check("event:frame\r\ndata:abc\r\n\r\n", &[("frame", "abc")]);
    check("event: frame\rdata: abc\r\r", &[("frame", "abc")]);
    check("\u{feff}data: a\n\n", &[("", "a")]);
    check("data: a\ndata: b\n\n", &[("", "a\nb")]);
    check("data\n\n", &[("", "")]);
    check("event: frame\n\ndata: x\n\n", &[("", "x")]);
    check("retry: 5\n: comment\nunknown: y\ndata:  two\n\n", &[("", " two")]);
    check(KEEP_ALIVE, &[]);
    check("event: frame\ndata: unfinished\n", &[]);
}

#[test]
fn faults_end_the_stream() {
    let fault = |stream: &[u8]| decode(&[stream]).1;
    let long = vec![b'x'; MAX_LINE_BYTES + 1];
    assert_eq!(fault(&long), Some(SseError::LineTooLong));
    assert_eq!(fault(&long[..MAX_LINE_BYTES]), None);
    let line = format!("data: {}\n", "x".repeat(MAX_FRAME_BYTES));
    assert_eq!(fault(format!("{line}{line}").as_bytes()), Some(SseError::DataTooLong));
    assert_eq!(
        fault(format!("event: {}\n", "n".repeat(65)).as_bytes()),
        Some(SseError::NameTooLong)
    );
    assert_eq!(fault(b"data: \xff\n"), Some(SseError::NotUtf8));
    // Empty data lines cannot pile up without bound either.
    assert_eq!(fault("data\n".repeat(MAX_LINE_BYTES + 2).as_bytes()), Some(SseError::DataTooLong));
}

#[test]
fn what_came_before_a_fault_counts() {
    let (events, fault) = decode(&[b"data: a\n\ndata: \xff\n\n"]);
    assert_eq!((events.len(), fault), (1, Some(SseError::NotUtf8)));
}

#[test]
fn events_have_meanings() {
    let event = |name: &str| Event { name: name.to_owned(), data: "x".to_owned() };
    assert_eq!(StreamEvent::from(event("frame")), StreamEvent::Frame("x".to_owned()));
    assert_eq!(StreamEvent::from(event("resync")), StreamEvent::Resync);
    assert_eq!(StreamEvent::from(event("")), StreamEvent::Other);
}

proptest! {
    #[test]
    fn cutting_changes_nothing(
        stream in "(event: [a-z]{0,8}|data: ?[a-z]{0,8}|:|)(\n|\r|\r\n){1,3}.{0,5}(\n\n|\r\r)",
        cut in 0..64_usize,
    ) {
        let bytes = stream.as_bytes();
        let (left, right) = bytes.split_at(cut.min(bytes.len()));
        prop_assert_eq!(decode(&[bytes]), decode(&[left, right]));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        _ = decode(&[&bytes]);
    }
}
