//! Explanations say what a check says, and give reasons that hold.

use std::collections::BTreeSet;

use counterfoil_permission::check::{CheckRequest, Decision, Truth};
use counterfoil_permission::explain::{EXPLAIN_NODES_MAX, Held, Reason, What};
use counterfoil_permission::tuple::{ObjectName, RelationName, UserName};

use super::case::{Case, NOW, spell};
use super::{LIMITS, Seen};
use crate::build::Named;

pub(super) fn agree(case: &Case, seen: &mut Seen) {
    let plain = |text: String| text.split(" with ").next().unwrap().to_owned();
    let tuples: BTreeSet<String> =
        case.world.facts().iter().map(|fact| plain(spell(fact))).collect();
    for (object, relation, user) in &case.world.questions {
        let question = format!("{object}#{relation}@{user}");
        let (object, relation) =
            (ObjectName::parse(object).unwrap(), RelationName::parse(relation).unwrap());
        let user = UserName::parse(user).unwrap();
        let request = CheckRequest::new(&object, &relation, &user)
            .contextual(&case.contextual)
            .limits(LIMITS)
            .now(NOW);
        let explanation = case.snapshot.explain(&request, &Named, EXPLAIN_NODES_MAX).unwrap();
        let told =
            || format!("seed {}: explain {question}\n{explanation}\n{}", case.seed, case.tell());
        let decision = match explanation.decision {
            Decision::Allow => Some(true),
            Decision::Deny => Some(false),
            _ => None,
        };
        assert_eq!(decision, case.check(&question), "{}", told());
        assert!(explanation.complete, "{}", told());
        let (holds, what) = match decision {
            Some(true) => (proves(&explanation.root, &tuples), "explained allows"),
            Some(false) => (refutes(&explanation.root, &tuples), "explained denials"),
            None => (names_what_is_missing(&explanation.root), "explained doubts"),
        };
        assert!(holds, "{}", told());
        seen.count(what, 1);
    }
}

fn holds(held: Option<&Held>) -> bool {
    held.is_none_or(|held| held.truth == Truth::True)
}

/// Whether an allow follows from what is below it, down to tuples that are there.
fn proves(reason: &Reason, tuples: &BTreeSet<String>) -> bool {
    let below = &reason.below;
    let all = || !below.is_empty() && below.iter().all(|reason| proves(reason, tuples));
    reason.decision == Decision::Allow
        && match &reason.what {
            What::Tuple { tuple, condition } => {
                tuples.contains(tuple) && holds(condition.as_ref()) && below.is_empty()
            }
            What::Through { tuple, condition } => {
                tuples.contains(tuple) && holds(condition.as_ref()) && all()
            }
            What::Relation(_) | What::AllOf | What::AnyOf => all(),
            What::ButNot => {
                below.len() == 2 && proves(&below[0], tuples) && refutes(&below[1], tuples)
            }
            What::Itself(_) | What::Told(_) => true,
            _ => false,
        }
}

/// Whether a denial follows from what is below it.
fn refutes(reason: &Reason, tuples: &BTreeSet<String>) -> bool {
    let below = &reason.below;
    let each = || below.iter().all(|reason| refutes(reason, tuples));
    reason.decision == Decision::Deny
        && match &reason.what {
            What::Tuple { tuple, condition } => {
                tuples.contains(tuple) && !holds(condition.as_ref())
            }
            What::Through { tuple, condition } => {
                tuples.contains(tuple)
                    && if below.is_empty() { !holds(condition.as_ref()) } else { each() }
            }
            What::Relation(_) | What::AnyOf => !below.is_empty() && each(),
            What::AllOf => below.iter().any(|reason| refutes(reason, tuples)),
            What::ButNot => refutes(&below[0], tuples),
            What::Excluded => below.len() == 1 && proves(&below[0], tuples),
            What::NoTuple(_)
            | What::NoLink(_)
            | What::NotAllowed(_)
            | What::Cycle(_)
            | What::Told(_) => true,
            _ => false,
        }
}

fn names_what_is_missing(reason: &Reason) -> bool {
    let lacks = |held: &Held| matches!(held.truth, Truth::Missing(_));
    let own = match &reason.what {
        What::Tuple { condition, .. } | What::Through { condition, .. } => {
            condition.as_ref().is_some_and(lacks)
        }
        What::Told(_) => true,
        _ => false,
    };
    own || reason.below.iter().any(names_what_is_missing)
}
