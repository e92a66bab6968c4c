//! Generated worlds, ready to be asked.

use std::collections::BTreeSet;

use counterfoil_permission::check::Snapshot;
use counterfoil_permission::tuple::Tuple;

use crate::agreement::{built, spell};
use crate::build::tuple;
use crate::naive::Line;
use crate::worlds::{World, world};

/// One world, and all that is asked of it.
pub(super) struct Case {
    pub(super) seed: u64,
    pub(super) world: World,
    pub(super) snapshot: Snapshot,
    pub(super) contextual: Vec<Tuple>,
    pub(super) users: BTreeSet<String>,
}

impl Case {
    pub(super) fn new(seed: u64) -> Self {
        let world = world(seed);
        let snapshot = built(&world);
        let contextual = world.contextual.iter().map(|fact| tuple(&spell(fact))).collect();
        let mut users = world.users();
        users.insert("user:*".to_owned());
        Self { seed, snapshot, contextual, users, world }
    }

    pub(super) fn explain(&self) -> String {
        let tuples = |facts: &[_]| facts.iter().map(spell).collect::<Vec<_>>();
        format!(
            "seed {}\n{:#?}\nstored {:#?}\ncontextual {:#?}",
            self.seed,
            self.world.lines,
            tuples(&self.world.stored),
            tuples(&self.world.contextual),
        )
    }

    pub(super) fn objects(line: &Line) -> impl Iterator<Item = String> {
        (0..=5).map(|object| format!("{}:{object}", line.of))
    }
}
