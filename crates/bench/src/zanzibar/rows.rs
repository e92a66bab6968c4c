//! The permission engine's rows of the table.

use crate::rows::{Against, Check, Row, Target, Unit, bound, cost, rate};

const PROBE: Against = Against { metric: "permission-probe", name: "hash maps, depth first" };
const CTE: Against = Against { metric: "permission-cte", name: "recursive query, PostgreSQL 15" };
const PLAIN: Against = Against { metric: "permission-plain", name: "the plain check" };

const HELLO: Against = Against { metric: "permission-hello", name: "axum hello" };
const MEMORY: &str = "OpenFGA, memory store";
const POSTGRES: &str = "OpenFGA, PostgreSQL 15";

const fn peer(metric: &'static str, name: &'static str) -> Against {
    Against { metric, name }
}

const fn least(what: &'static str, ours: &'static str, at_least: f64) -> Check {
    let target = Target::AtLeast(at_least);
    Check { what, ours, against: None, unit: Unit::PerSecond, target }
}

/// In the order of the table.
pub(crate) const ROWS: [Row; 8] = [
    Row {
        id: "permission-check",
        title: "permission check in process, 1 million tuples, nested groups and folders",
        subjects: &[],
        checks: &[
            bound("median, by handles", "permission-handles-p50", Unit::Micros, 1.0),
            bound("p99, by handles", "permission-handles-p99", Unit::Micros, 5.0),
            bound("median, by names", "permission-names-p50", Unit::Micros, 1.0),
            bound("p99, by names", "permission-names-p99", Unit::Micros, 5.0),
            rate("checks, by handles", "permission-check", PROBE, 3.0),
            rate("checks, by names", "permission-check-names", CTE, 100.0),
        ],
    },
    Row {
        id: "permission-conditions",
        title: "the same with conditions (5 % of tuples) and five contextual tuples",
        subjects: &[],
        checks: &[cost("check", "permission-conditional", PLAIN, 3.0)],
    },
    Row {
        id: "permission-http",
        title: "permission check over HTTP, one core",
        subjects: &[],
        checks: &[
            rate("1 million tuples", "permission-http", HELLO, 0.5),
            rate(
                "10,000 tuples",
                "permission-http-small",
                peer("permission-openfga-memory", MEMORY),
                20.0,
            ),
            rate(
                "1 million tuples",
                "permission-http",
                peer("permission-openfga-postgres", POSTGRES),
                50.0,
            ),
        ],
    },
    Row {
        id: "permission-list",
        title: "list of objects over HTTP, streamed, one core",
        subjects: &[],
        checks: &[
            rate(
                "50,000 of 1 million tuples",
                "permission-http-list",
                peer("permission-openfga-postgres-list", POSTGRES),
                25.0,
            ),
            rate(
                "675 of 10,000 tuples",
                "permission-http-small-list",
                peer("permission-openfga-memory-list", MEMORY),
                25.0,
            ),
            bound("first result", "permission-http-first", Unit::Millis, 1.0),
        ],
    },
    Row {
        id: "permission-memory",
        title: "memory of 10 million tuples with ids of 36 bytes, beyond the ids",
        subjects: &[],
        checks: &[bound("bytes a tuple", "permission-memory", Unit::Bytes, 60.0)],
    },
    Row {
        id: "permission-load",
        title: "10 million tuples: from a snapshot file, into SQLite, and after a restart",
        subjects: &[],
        checks: &[
            least("snapshot into the graph", "permission-load", 500_000.0),
            least("durable import", "permission-import", 50_000.0),
            bound("restart until all in memory", "permission-reopen", Unit::Millis, 10_000.0),
        ],
    },
    Row {
        id: "permission-writes",
        title: "durable writes of a tuple, 64 clients at once, SQLite",
        subjects: &[],
        checks: &[least("writes", "permission-writes", 5_000.0)],
    },
    Row {
        id: "permission-visible",
        title: "write → a check that knows of it, 1,000 writes/s beside all checks that one core takes",
        subjects: &[],
        checks: &[bound("p99", "permission-visible", Unit::Millis, 10.0)],
    },
];
