//! What is asked: half of the answers are yes, half are no, and a no has to look everywhere.

use std::collections::HashMap;

use counterfoil_jose::crypto::sha256;

use super::{
    probe::Probe,
    random::Random,
    world::{Object, Relation, Subject, World},
};

/// One question in this many users is a banned one's, among those to be denied.
const BANNED_EACH: u32 = 25;

/// A fifth of the users are online: they ask.
const ONLINE_EACH: u32 = 5;

/// Tries for one question, in worlds too small for it.
const TRIES_MAX: usize = 10_000;

/// May this user view this document?
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub(super) document: u32,
    pub(super) user: u32,
    pub(super) is_allowed: bool,
}

/// So many questions about a world.
pub(super) fn ask(world: &World, probe: &Probe, count: usize) -> Vec<Question> {
    let mut asking = Asking::new(world, probe);
    let mut questions: Vec<Question> =
        (0..count).filter_map(|number| asking.find(number % 2 == 0)).collect();
    asking.random.shuffle(&mut questions);
    questions
}

/// The decisions of an engine, in the order of the questions: equal texts are equal decisions.
pub(super) fn digest(decisions: &[bool]) -> String {
    let bytes: Vec<u8> = decisions.iter().map(|allowed| u8::from(*allowed)).collect();
    sha256(&bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The decisions that are right.
pub(super) fn right(questions: &[Question]) -> Vec<bool> {
    questions.iter().map(|question| question.is_allowed).collect()
}

struct Asking<'a> {
    world: &'a World,
    probe: &'a Probe,
    /// Whom each relation of each object names.
    named: HashMap<(Object, Relation), Vec<Subject>>,
    banned: Vec<(u32, u32)>,
    random: Random,
}

impl<'a> Asking<'a> {
    fn new(world: &'a World, probe: &'a Probe) -> Self {
        let mut named: HashMap<_, Vec<Subject>> = HashMap::new();
        let mut banned = Vec::new();
        for edge in &world.edges {
            named.entry((edge.object, edge.relation)).or_default().push(edge.subject);
            if let (Relation::Banned, Subject::User(user)) = (edge.relation, edge.subject) {
                banned.push((edge.object.number, user));
            }
        }
        Self { world, probe, named, banned, random: Random::new(17) }
    }

    fn find(&mut self, is_allowed: bool) -> Option<Question> {
        for _ in 0..TRIES_MAX {
            let number = self.random.below(self.world.documents);
            let found = if is_allowed {
                self.grantee(Object::document(number)).map(|user| (number, user))
            } else if self.random.once_in(BANNED_EACH) {
                self.random.pick(&self.banned).copied()
            } else {
                Some((number, self.online()))
            };
            let Some((document, user)) = found else { continue };
            if self.probe.may_view(document, user) == is_allowed {
                return Some(Question { document, user, is_allowed });
            }
        }
        None
    }

    fn online(&mut self) -> u32 {
        self.random.below(self.world.users / ONLINE_EACH) * ONLINE_EACH
    }

    /// Somebody who was given something on the way from a document upwards.
    fn grantee(&mut self, mut object: Object) -> Option<u32> {
        // Each level is as likely to be stopped at as the next, as far as folders go.
        while self.random.percent(70) {
            match self.named.get(&(object, Relation::Parent)).and_then(|above| above.first()) {
                Some(Subject::Folder(number)) => {
                    object = Object::folder(*number);
                }
                _ => break,
            }
        }
        let relation = if self.random.percent(75) { Relation::Viewer } else { Relation::Owner };
        let mut given = *self.random.pick(self.named.get(&(object, relation))?)?;
        loop {
            match given {
                Subject::User(user) => return Some(user),
                Subject::Everyone => return Some(self.online()),
                Subject::Folder(_) => return None,
                Subject::Members(number) => {
                    let group = Object::group(number);
                    given = *self.random.pick(self.named.get(&(group, Relation::Member))?)?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_world_has_both_answers_and_its_list() {
        let world = World::new(10_000);
        assert_eq!(world.edges.len(), 10_000);
        assert_eq!(world.edges.iter().filter(|edge| edge.is_conditional).count(), 500);
        let probe = Probe::new(&world);
        let questions = ask(&world, &probe, 1_000);
        assert_eq!(questions.iter().filter(|question| question.is_allowed).count(), 500);
        let lister = super::super::world::LISTER;
        let seen: Vec<u32> =
            (0..world.documents).filter(|document| probe.may_view(*document, lister)).collect();
        assert_eq!(seen, world.listed);
        assert_eq!(seen.len(), world.documents as usize / 4);
    }
}
