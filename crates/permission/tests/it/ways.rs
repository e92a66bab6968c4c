//! The same tuples put into a graph in several ways.

use counterfoil_permission::graph::{Change, Graph};
use counterfoil_permission::tuple::Tuple;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Graphs of the same tuples, each with the way it came about.
pub(crate) fn graphs(wanted: &[Tuple], seed: u64) -> Vec<(&'static str, Graph)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let laid_out = Graph::new(wanted).unwrap();
    let written = written(Graph::default(), wanted, &mut rng, 0);
    let half = wanted.len() / 2;
    let noise = noise(wanted, &mut rng);
    let first = [&wanted[..half], &noise].concat();
    let on_top = self::written(Graph::new(&first).unwrap(), wanted, &mut rng, 0);
    let merged = self::written(Graph::new(&first).unwrap(), wanted, &mut rng, 5);
    let anew = on_top.merged();
    let mut bytes = vec![];
    let sink = &mut |chunk: &[u8]| {
        bytes.extend_from_slice(chunk);
        Ok::<_, std::convert::Infallible>(())
    };
    on_top.to_bytes(sink).unwrap();
    let mut rest = bytes.as_slice();
    let read = Graph::from_bytes(&mut |room| std::io::Read::read(&mut rest, room)).unwrap();
    assert_eq!(sorted(&anew), sorted(&laid_out));
    let ways = [
        ("laid out", laid_out),
        ("written", written),
        ("written on top", on_top),
        ("merged on the way", merged),
        ("merged", anew),
        ("read", read),
    ];
    for (way, graph) in &ways {
        assert_eq!(graph.tuples(), wanted.len(), "{way} on seed {seed}");
    }
    ways.into()
}

/// Writes and deletes in random order, at last the wanted tuples and no others. One of `merge`
/// publications lays the graph out anew.
fn written(mut graph: Graph, wanted: &[Tuple], rng: &mut ChaCha8Rng, merge: u32) -> Graph {
    let mut changes: Vec<Change> = noise(wanted, rng).into_iter().map(Change::Write).collect();
    changes.extend(wanted.iter().cloned().map(Change::Write));
    changes.extend(wanted.iter().cloned().map(Change::Delete));
    for at in (1..changes.len()).rev() {
        changes.swap(at, rng.next_u32() as usize % (at + 1));
    }
    changes.extend(
        wanted.iter().filter(|_| rng.next_u32().is_multiple_of(2)).cloned().map(Change::Write),
    );
    while !changes.is_empty() {
        let count = 1 + rng.next_u32() as usize % 4;
        let some: Vec<Change> = changes.drain(..count.min(changes.len())).collect();
        graph = graph.with(&some).unwrap();
        if merge > 0 && rng.next_u32().is_multiple_of(merge) {
            graph = graph.merged();
        }
    }
    let key = |tuple: &Tuple| tuple.to_string();
    let keys: Vec<String> = wanted.iter().map(key).collect();
    let surplus = graph.list().into_iter().filter(|tuple| !keys.contains(&key(tuple)));
    let mut last: Vec<Change> = surplus.map(Change::Delete).collect();
    last.extend(wanted.iter().cloned().map(Change::Write));
    graph.with(&last).unwrap()
}

/// Tuples like the wanted ones, but of others, for others, or with other terms.
fn noise(tuples: &[Tuple], rng: &mut ChaCha8Rng) -> Vec<Tuple> {
    let mut noise = vec![];
    for tuple in tuples {
        let plain = tuple.to_string();
        let (object, rest) = plain.split_once('#').unwrap();
        let number = |text: &str, rng: &mut ChaCha8Rng| {
            let (of, _) = text.split_once(':').unwrap();
            format!("{of}:{}", rng.next_u32() % 6)
        };
        let (relation, user) = rest.split_once('@').unwrap();
        let other = match user.split_once('#') {
            Some((user, relation)) => format!("{}#{relation}", number(user, rng)),
            None => number(user, rng),
        };
        let text = match rng.next_u32() % 5 {
            0 => format!("{}#{rest}", number(object, rng)),
            1 => format!("{object}#{relation}@{other}"),
            2 => format!("{plain} with open"),
            3 => format!("{object}#{relation}@{other} with closed"),
            _ => plain.clone(),
        };
        let made = crate::build::tuple(&text);
        noise.push(if rng.next_u32().is_multiple_of(7) { made.with_expiry(3) } else { made });
    }
    noise
}

fn sorted(graph: &Graph) -> Vec<String> {
    let spell = |tuple: Tuple| {
        let condition = tuple.condition().map(|known| known.name().to_owned());
        format!("{tuple} {condition:?} {:?}", tuple.expires_at())
    };
    let mut list: Vec<String> = graph.list().into_iter().map(spell).collect();
    list.sort();
    list
}
