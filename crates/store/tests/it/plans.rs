//! PostgreSQL's plans. (SQLite's are checked beside its driver.)

use counterfoil_store::Engine;
use counterfoil_testing::postgres;

use crate::ground::{Ground, Place, runtime};

/// With scans and sorts made expensive, a hot statement that still shows one has no index to use.
#[test]
fn no_hot_statement_scans_a_table_on_postgresql() {
    let ground = runtime().block_on(Ground::new(Engine::Postgres));
    let Place::Postgres(url) = &ground.place else { panic!("PostgreSQL") };
    let database = url.rsplit('/').next().unwrap();
    for text in counterfoil_store::statements().filter(|text| text.hot) {
        let params = (1..=30).filter(|n| text.sql.contains(&format!("${n}"))).max().unwrap_or(0);
        let nulls = vec!["NULL"; params].join(", ");
        let plan = postgres::shared().sql(
            database,
            &format!(
                "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
                 SET enable_sort = off; PREPARE q AS {}; EXPLAIN (COSTS OFF) EXECUTE q({nulls})",
                text.sql
            ),
        );
        assert!(!plan.contains("Seq Scan"), "{}:\n{plan}", text.name);
        // A page is cut off inside, in the index's order; only what is left may be sorted.
        let page = text.sql.contains(") page ON");
        let inside = plan.split("Limit").nth(1).unwrap_or_default();
        assert!(!page || !inside.contains("Sort"), "{}:\n{plan}", text.name);
    }
}
