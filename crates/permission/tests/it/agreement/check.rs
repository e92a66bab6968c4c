//! A check says what the naive evaluator says.

use super::Seen;
use super::case::Case;
use crate::naive::Naive;

pub(super) fn agree(case: &Case, naive: &Naive<'_>, seen: &mut Seen) {
    for (object, relation, user) in &case.world.questions {
        let question = format!("{object}#{relation}@{user}");
        let expected = naive.has(object, relation, user);
        let got = case.check(&question);
        let seed = case.seed;
        assert_eq!(got, expected, "seed {seed}: check {question}\n{}", case.tell());
        seen.count(
            match got {
                Some(true) => "allow",
                Some(false) => "deny",
                None => "missing",
            },
            1,
        );
        seen.count(
            match (user.contains('#'), user.ends_with(":*")) {
                (true, _) => "userset",
                (false, true) => "wildcard",
                (false, false) => "object",
            },
            1,
        );
    }
}
