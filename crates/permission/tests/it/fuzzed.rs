//! What must hold for any bytes at all. The libFuzzer targets in `fuzz/` and the replay below run
//! the same functions.

use counterfoil_permission::check::{Conditions, Truth};
use counterfoil_permission::compile::compile;
use counterfoil_permission::condition::Evaluator;
use counterfoil_permission::graph::{BytesError, Graph};
use counterfoil_permission::import::zed;
use counterfoil_permission::language::{from_json, parse, parse_module, print, to_json};
use counterfoil_permission::model::{Model, SchemaVersion};
use counterfoil_permission::tuple::{Context, ObjectName, RelationName, UserName};

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

/// A condition of any text is refused or evaluated: one line of parameters, one of the question's
/// context, the rest is the expression. An answer that all parameters decide names none as missing.
pub fn cel(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.splitn(3, '\n');
    let (parameters, context, expression) = (lines.next(), lines.next(), lines.next());
    let context: Context =
        context.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let head = "model\nschema 1.1\ntype user\ntype a\nrelations\ndefine b: [user with c1]\n";
    let parameters = parameters.unwrap_or_default();
    let Ok(mut model) = parse(&format!("{head}condition c1({parameters}) {{ true }}\n")) else {
        return;
    };
    // As from JSON, whose expressions need no balanced braces.
    let Some(condition) = model.conditions.first_mut() else { return };
    condition.expression = expression.unwrap_or_default().to_owned();
    let names: Vec<String> = condition.parameters.iter().map(|(name, _)| name.clone()).collect();
    let Ok(checked) = compile(&model) else { return };
    let empty = Context::new();
    let answer = Evaluator::new(&checked, &context).holds("c1", &empty);
    // Of the tuple or of the question: the same values give the same answer.
    assert_eq!(answer, Evaluator::new(&checked, &empty).holds("c1", &context));
    if let Truth::Missing(missing) = answer {
        assert!(!missing.is_empty());
        assert!(missing.iter().all(|name| names.contains(name) && !context.contains_key(name)));
    }
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

/// What is read as a graph is written and read again as the same; and damage that a checksum would
/// tell is refused without it too.
pub fn graph_snapshot(data: &[u8]) {
    graph_bytes(data);
    let mut framed = b"cfgraph\n\x01\0\0\0".to_vec();
    for block in data.chunks(1 << 16).chain([&[][..]]) {
        framed.extend(u32::try_from(block.len()).expect("a small block").to_le_bytes());
        framed.extend(block);
        framed.extend(checksum(block).to_le_bytes());
    }
    graph_bytes(&framed);
}

fn graph_bytes(data: &[u8]) {
    let Ok(graph) = read_graph(data) else { return };
    let mut written = vec![];
    let sink = &mut |chunk: &[u8]| {
        written.extend_from_slice(chunk);
        Ok::<_, std::convert::Infallible>(())
    };
    graph.to_bytes(sink).expect("a list takes all");
    let again = read_graph(&written).expect("what was written can be read");
    assert_eq!(again.list(), graph.list());
    assert_eq!(again.tuples(), graph.tuples());
    assert_eq!(graph.merged().tuples(), graph.tuples());
}

fn read_graph(mut data: &[u8]) -> Result<Graph, BytesError<std::convert::Infallible>> {
    // In small pieces, as a file may give them.
    Graph::from_bytes(&mut |room| {
        let count = room.len().min(data.len()).min(1 + data.len() / 3);
        let (now, later) = data.split_at(count);
        room[..count].copy_from_slice(now);
        data = later;
        Ok(count)
    })
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = 0xCBF2_9CE4_8422_2325 ^ bytes.len() as u64;
    let mut mix = |word: u64| {
        sum = (sum ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        sum ^= sum >> 29;
    };
    let words = bytes.chunks_exact(8);
    words.clone().for_each(|word| mix(u64::from_le_bytes(word.try_into().expect("8 bytes"))));
    words.remainder().iter().for_each(|byte| mix(u64::from(*byte)));
    sum
}

fn round_trip(model: &Model) {
    let json = to_json(model);
    assert_eq!(from_json(&json).as_ref(), Ok(model), "{json}");
    if let Err(findings) = compile(model) {
        assert!(findings.iter().any(counterfoil_permission::compile::Finding::is_error));
    }
}
