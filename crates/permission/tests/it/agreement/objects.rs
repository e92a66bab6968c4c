//! Lists of objects hold exactly those that the naive evaluator allows.

use std::collections::BTreeSet;

use counterfoil_permission::ListStop;
use counterfoil_permission::check::Decision;
use counterfoil_permission::list_objects::ListObjectsRequest;
use counterfoil_permission::tuple::{RelationName, TypeName, UserName};

use super::Seen;
use super::case::{Case, LIST_LIMITS, NOW};
use crate::build::Named;
use crate::naive::{Line, Naive};

/// Allow, deny, or nobody knows: as sets of names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) yes: BTreeSet<String>,
    pub(super) unknown: BTreeSet<String>,
}

impl Answers {
    pub(super) fn sort(&mut self, has: Option<bool>, name: &str) {
        match has {
            Some(true) => self.yes.insert(name.to_owned()),
            None => self.unknown.insert(name.to_owned()),
            Some(false) => false,
        };
    }
}

pub(super) fn agree(case: &Case, naive: &Naive<'_>, seen: &mut Seen) {
    let users = case.world.users();
    for line in &case.world.lines {
        for user in &users {
            let mut expected = Answers::default();
            for object in Case::objects(line) {
                expected.sort(naive.has(&object, line.name, user), &object);
            }
            let got = list_objects(case, line, user);
            let told = || format!("seed {}: list {}#{}@{user}", case.seed, line.of, line.name);
            assert_eq!(got, expected, "{}\n{}", told(), case.tell());
            seen.count("listed objects", got.yes.len());
            seen.count("undecided objects", got.unknown.len());
        }
    }
}

fn list_objects(case: &Case, line: &Line, user: &str) -> Answers {
    let (of, relation) =
        (TypeName::parse(line.of).unwrap(), RelationName::parse(line.name).unwrap());
    let user = UserName::parse(user).unwrap();
    let request = ListObjectsRequest::new(&of, &relation, &user)
        .contextual(&case.contextual)
        .limits(LIST_LIMITS)
        .now(NOW);
    let mut answers = Answers::default();
    for found in case.snapshot.list_objects(&request, &Named).unwrap() {
        let (set, id) = match found {
            Ok(id) => (&mut answers.yes, id.to_owned()),
            Err(ListStop::Undecided { id, why: Decision::Missing(missing) }) => {
                assert!(!missing.is_empty());
                (&mut answers.unknown, id)
            }
            Err(stop) => panic!("seed {}: {stop}\n{}", case.seed, case.tell()),
        };
        assert!(
            set.insert(format!("{}:{id}", line.of)),
            "seed {}: {id} came twice\n{}",
            case.seed,
            case.tell()
        );
    }
    if case.seed % 8 < 2 {
        check_pages(case, &request, &answers, line);
    }
    answers
}

/// Page by page it is the same list, in order.
fn check_pages(case: &Case, request: &ListObjectsRequest<'_>, expected: &Answers, line: &Line) {
    let mut after: Option<String> = None;
    let mut answers = Answers::default();
    let mut last = String::new();
    loop {
        let list = case.snapshot.list_objects(request, &Named).unwrap();
        let page = list.page(after.as_deref(), 2).unwrap();
        assert!(page.ids.len() + page.undecided.len() <= 2);
        for id in page.ids {
            assert!(last.as_str() < id, "seed {}: a page out of order\n{}", case.seed, case.tell());
            id.clone_into(&mut last);
            answers.yes.insert(format!("{}:{id}", line.of));
        }
        for stop in page.undecided {
            let ListStop::Undecided { id, .. } = stop else { panic!("{stop}") };
            answers.unknown.insert(format!("{}:{id}", line.of));
        }
        match page.next {
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(&answers, expected, "seed {}: pages\n{}", case.seed, case.tell());
}
