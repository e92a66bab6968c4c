//! What is asked of a world, and what an engine says to it.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::naive::Line;
use crate::worlds::World;

/// How much is asked of each world.
const CHECKS: usize = 48;
const LISTS: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) object: String,
    pub(crate) relation: String,
    pub(crate) user: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Objects {
    pub(crate) of: String,
    pub(crate) relation: String,
    pub(crate) user: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Users {
    pub(crate) object: String,
    pub(crate) relation: String,
    /// `user` or `group#member`.
    pub(crate) filter: String,
}

/// All that is asked of one world.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) checks: Vec<Check>,
    pub(crate) objects: Vec<Objects>,
    pub(crate) users: Vec<Users>,
}

/// An answer to a check. Engines that give an error are unsure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Said {
    Yes,
    No,
    Unsure,
}

/// What one engine says to a sheet, in its order. A list is nothing where there was an error.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) checks: Vec<Said>,
    pub(crate) objects: Vec<Option<BTreeSet<String>>>,
    pub(crate) users: Vec<Option<BTreeSet<String>>>,
}

impl Sheet {
    /// Some of the world's questions, with allowed, undecided and denied ones among them as far as
    /// there are, and lists for the same users.
    pub(crate) fn of(world: &World, seed: u64, say: impl Fn(&Check) -> Said) -> Self {
        let mut pick = Pick(ChaCha8Rng::seed_from_u64(!seed));
        let all = world.questions.iter().map(|(object, relation, user)| Check {
            object: object.clone(),
            relation: (*relation).to_owned(),
            user: user.clone(),
        });
        let (mut unsure, all): (Vec<Check>, Vec<_>) =
            all.partition(|check| say(check) == Said::Unsure);
        let (mut yes, mut no): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|check| say(check) == Said::Yes);
        let mut checks = pick.some(&mut unsure, CHECKS / 8);
        checks.extend(pick.some(&mut yes, CHECKS / 2));
        checks.extend(pick.some(&mut no, CHECKS - checks.len()));
        let mut sheet = Self { checks, ..Self::default() };
        let users: Vec<String> = world.users().into_iter().collect();
        let filters = ["user", "user", "group#member", "folder#viewer"];
        for _ in 0..LISTS {
            let Line { of, name, .. } = pick.one(&world.lines).clone();
            let user = pick.one(&users).clone();
            sheet.objects.push(Objects { of: of.to_owned(), relation: name.to_owned(), user });
            let Line { of, name, .. } = pick.one(&world.lines).clone();
            let object = format!("{of}:{}", pick.one(&[0, 1, 2, 3]));
            let filter = (*pick.one(&filters)).to_owned();
            sheet.users.push(Users { object, relation: name.to_owned(), filter });
        }
        sheet
    }
}

struct Pick(ChaCha8Rng);

impl Pick {
    fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.0.next_u32() as usize % all.len()]
    }

    /// At most so many of them.
    fn some<T>(&mut self, of: &mut Vec<T>, most: usize) -> Vec<T> {
        let many = of.len().min(most);
        (0..many).map(|_| of.swap_remove(self.0.next_u32() as usize % of.len())).collect()
    }
}
