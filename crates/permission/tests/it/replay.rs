//! Replays the kept corpus, each entry cut at every place and with every byte left out.

use std::path::PathBuf;

use crate::fuzzed;

#[track_caller]
fn check(kind: &str, run: fn(&[u8])) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(kind);
    let mut entries = 0;
    for entry in std::fs::read_dir(root).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        entries += 1;
        run(&bytes);
        for at in 0..bytes.len() {
            run(&bytes[..at]);
            run(&[&bytes[..at], &bytes[at + 1..]].concat());
        }
    }
    assert!(entries >= 3, "the corpus of {kind} is kept");
}

#[test]
fn model_texts_from_the_corpus() {
    check("model_text", fuzzed::model_text);
}

#[test]
fn model_json_from_the_corpus() {
    check("model_json", fuzzed::model_json);
}

#[test]
fn graphs_from_the_corpus() {
    check("graph_snapshot", fuzzed::graph_snapshot);
}

#[test]
fn names_from_the_corpus() {
    check("tuple_names", fuzzed::tuple_names);
}

#[test]
fn schemas_and_relationships_from_the_corpus() {
    check("zed", fuzzed::zed);
}

#[test]
fn conditions_from_the_corpus() {
    check("cel", fuzzed::cel);
}
