//! What must hold for any bytes at all. The libFuzzer targets in `fuzz/` and the replay below run
//! the same functions.

use counterfoil_permission::compile::compile;
use counterfoil_permission::import::zed;
use counterfoil_permission::language::{from_json, parse, parse_module, print, to_json};
use counterfoil_permission::model::{Model, SchemaVersion};
use counterfoil_permission::tuple::{ObjectName, RelationName, UserName};

/// What is read as a model can be written and read again, and printing twice changes nothing.
pub fn model_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _module = parse_module(text, "a.fga");
    let Ok(model) = parse(text) else { return };
    let printed = print(&model).expect("what was read can be said");
    let again = parse(&printed).expect("what was printed can be read");
    assert_eq!(print(&again).as_deref(), Ok(printed.as_str()));
    round_trip(&model);
}

/// The same for the JSON form.
pub fn model_json(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(model) = from_json(text) else { return };
    round_trip(&model);
    let Ok(printed) = print(&model) else { return };
    // A compact text can grow beyond the limit when it is laid out.
    let Ok(again) = parse(&printed) else { return };
    assert_eq!(print(&again).as_deref(), Ok(printed.as_str()));
}

/// A name is written as it was read.
pub fn tuple_names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(name) = ObjectName::parse(text) {
        assert_eq!(name.to_string(), text);
    }
    if let Ok(name) = UserName::parse(text) {
        assert_eq!(name.to_string(), text);
    }
    if let Ok(name) = RelationName::parse(text) {
        assert_eq!(name.as_str(), text);
    }
}

/// What is read as a schema can be written and read again; the same for relationships.
pub fn zed(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(imported) = zed::parse(text) {
        round_trip(&imported.model);
        if let Ok(schema) = zed::print(&imported.model) {
            let again = zed::parse(schema.text()).expect("what was written can be read");
            assert_eq!(again.model, imported.model);
        }
    }
    let Ok(tuples) = zed::parse_relationships(text) else { return };
    let none = Model { schema: SchemaVersion::V1_1, types: vec![], conditions: vec![] };
    let schema = zed::print(&none).expect("nothing can be said");
    for tuple in tuples {
        let Ok(line) = schema.relationship(&tuple) else { continue };
        assert_eq!(zed::parse_relationship(&line), Ok(tuple), "{line}");
    }
}

fn round_trip(model: &Model) {
    let json = to_json(model);
    assert_eq!(from_json(&json).as_ref(), Ok(model), "{json}");
    if let Err(findings) = compile(model) {
        assert!(findings.iter().any(counterfoil_permission::compile::Finding::is_error));
    }
}
