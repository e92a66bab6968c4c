//! The permission engine's rows of the table.

use crate::rows::{Against, Row, Unit, bound, cost, rate};

const PROBE: Against = Against { metric: "permission-probe", name: "hash maps, depth first" };
const CTE: Against = Against { metric: "permission-cte", name: "recursive query, PostgreSQL 15" };
const PLAIN: Against = Against { metric: "permission-plain", name: "the plain check" };

/// In the order of the table.
pub(crate) const ROWS: [Row; 2] = [
    Row {
        id: "permission-check",
        title: "permission check in process, 1 million tuples, nested groups and folders",
        subjects: &[],
        checks: &[
            bound("median", "permission-check-p50", Unit::Micros, 1.0),
            bound("p99", "permission-check-p99", Unit::Micros, 5.0),
            rate("checks", "permission-check", PROBE, 3.0),
            rate("checks", "permission-check", CTE, 100.0),
        ],
    },
    Row {
        id: "permission-conditions",
        title: "the same with conditions (5 % of tuples) and five contextual tuples",
        subjects: &[],
        checks: &[cost("check", "permission-conditional", PLAIN, 3.0)],
    },
];
