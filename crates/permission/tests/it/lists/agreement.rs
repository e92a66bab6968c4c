//! Lists hold exactly those for whom the naive evaluator says so, on generated worlds.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_permission::check::Decision;
use counterfoil_permission::list_objects::ListObjectsRequest;
use counterfoil_permission::list_permissions::ListPermissionsRequest;
use counterfoil_permission::list_users::{ListUsersRequest, ListedUser, UserFilter};
use counterfoil_permission::tuple::{ObjectName, RelationName, TypeName, UserName};
use counterfoil_permission::{ListLimits, ListStop};

use super::case::Case;
use crate::agreement::{LIMITS, SEEDS, spell};
use crate::build::{Named, ask_with};
use crate::naive::{Line, Naive};

/// Allow, deny, or nobody knows: as sets of names.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answers {
    yes: BTreeSet<String>,
    unknown: BTreeSet<String>,
}

const LIST_LIMITS: ListLimits = ListLimits { check: LIMITS, steps: 1_000_000 };

fn sort(has: Option<bool>, name: &str, into: &mut Answers) {
    match has {
        Some(true) => into.yes.insert(name.to_owned()),
        None => into.unknown.insert(name.to_owned()),
        Some(false) => false,
    };
}

#[test]
fn objects_are_those_that_the_naive_evaluator_allows() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..SEEDS {
        let case = Case::new(seed);
        let facts = case.world.facts();
        let naive = Naive::new(&case.world.lines, &facts, &case.users);
        for line in &case.world.lines {
            for user in &case.users {
                if !case.world.users().contains(user) {
                    continue;
                }
                let mut expected = Answers::default();
                for object in Case::objects(line) {
                    sort(naive.has(&object, line.name, user), &object, &mut expected);
                }
                let got = list_objects(&case, line, user);
                assert_eq!(got, expected, "{} {} {user} {}", line.of, line.name, case.explain());
                *seen.entry("yes").or_default() += got.yes.len();
                *seen.entry("unknown").or_default() += got.unknown.len();
                *seen.entry("none").or_default() += usize::from(got.yes.is_empty());
            }
        }
    }
    for (what, least) in [("yes", 10_000), ("unknown", 1_000), ("none", 5_000)] {
        assert!(seen[what] >= least, "{what}: {seen:?}");
    }
}

fn list_objects(case: &Case, line: &Line, user: &str) -> Answers {
    let (of, relation) =
        (TypeName::parse(line.of).unwrap(), RelationName::parse(line.name).unwrap());
    let user = UserName::parse(user).unwrap();
    let request = ListObjectsRequest::new(&of, &relation, &user)
        .contextual(&case.contextual)
        .limits(LIST_LIMITS);
    let mut answers = Answers::default();
    for found in case.snapshot.list_objects(&request, &Named).unwrap() {
        let (set, id) = match found {
            Ok(id) => (&mut answers.yes, id.to_owned()),
            Err(ListStop::Undecided { id, why: Decision::Missing(missing) }) => {
                assert!(!missing.is_empty());
                (&mut answers.unknown, id)
            }
            Err(stop) => panic!("{stop}: {}", case.explain()),
        };
        assert!(set.insert(format!("{}:{id}", line.of)), "{id} came twice: {}", case.explain());
    }
    if case.seed.is_multiple_of(8) {
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
            assert!(last.as_str() < id, "{}", case.explain());
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
    assert_eq!(&answers, expected, "paged: {}", case.explain());
}

#[test]
fn users_are_those_that_the_naive_evaluator_allows() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let user = TypeName::parse("user").unwrap();
    for seed in 0..SEEDS {
        let case = Case::new(seed);
        let facts = case.world.facts();
        let naive = Naive::new(&case.world.lines, &facts, &case.users);
        for line in &case.world.lines {
            for object in Case::objects(line) {
                let listed = list_users(&case, &object, line.name, UserFilter::Objects(&user));
                let mut expected = Answers::default();
                let mut got = Answers::default();
                for user in case.users.iter().filter(|user| user.starts_with("user:")) {
                    sort(naive.has(&object, line.name, user), user, &mut expected);
                    sort(listed.has(user), user, &mut got);
                }
                assert_eq!(got, expected, "{object} {} {listed:?} {}", line.name, case.explain());
                *seen.entry("yes").or_default() += got.yes.len();
                *seen.entry("unknown").or_default() += got.unknown.len();
                *seen.entry("wildcard").or_default() += usize::from(listed.wildcard == Some(true));
                *seen.entry("excluded").or_default() += listed.excluded.len();
            }
        }
    }
    let least = [("yes", 10_000), ("unknown", 500), ("wildcard", 1_000), ("excluded", 50)];
    for (what, least) in least {
        assert!(seen[what] >= least, "{what}: {seen:?}");
    }
}

/// A list of users, so that anybody can be asked about.
#[derive(Debug, Default)]
struct Listed {
    wildcard: Option<bool>,
    yes: BTreeSet<String>,
    excluded: BTreeSet<String>,
    unknown: BTreeSet<String>,
}

impl Listed {
    fn has(&self, user: &str) -> Option<bool> {
        match user.split_once(':').unwrap().1 {
            "*" => self.wildcard,
            id if self.yes.contains(id) => Some(true),
            id if self.unknown.contains(id) => None,
            id if self.excluded.contains(id) => Some(false),
            _ => self.wildcard,
        }
    }
}

fn list_users(case: &Case, object: &str, relation: &str, filter: UserFilter<'_>) -> Listed {
    let (object, relation) =
        (ObjectName::parse(object).unwrap(), RelationName::parse(relation).unwrap());
    let request = ListUsersRequest::new(&object, &relation, filter)
        .contextual(&case.contextual)
        .limits(LIST_LIMITS);
    let mut listed = Listed { wildcard: Some(false), ..Listed::default() };
    let mut pages = BTreeSet::new();
    for found in case.snapshot.list_users(&request, &Named).unwrap() {
        pages.insert(format!("{found:?}"));
        let fresh = match found {
            Ok(ListedUser::Wildcard) => listed.wildcard.replace(true) == Some(false),
            Ok(ListedUser::Object(id) | ListedUser::Userset(id)) => {
                listed.yes.insert(id.to_owned())
            }
            Ok(ListedUser::Excluded(id)) => listed.excluded.insert(id.to_owned()),
            Err(ListStop::Undecided { id, .. }) if id == "*" => {
                listed.wildcard.take() == Some(false)
            }
            Err(ListStop::Undecided { id, .. }) => listed.unknown.insert(id),
            Err(stop) => panic!("{stop}: {}", case.explain()),
        };
        assert!(fresh, "came twice: {listed:?} {}", case.explain());
    }
    if case.seed.is_multiple_of(8) {
        check_user_pages(case, &request, pages);
    }
    listed
}

fn check_user_pages(case: &Case, request: &ListUsersRequest<'_>, mut pages: BTreeSet<String>) {
    let mut after: Option<String> = None;
    loop {
        let list = case.snapshot.list_users(request, &Named).unwrap();
        let page = list.page(after.as_deref(), 2).unwrap();
        let excluded = page.excluded.into_iter().map(ListedUser::Excluded);
        let all = page.users.into_iter().chain(excluded).map(Ok);
        for found in all.chain(page.undecided.into_iter().map(Err)) {
            assert!(pages.remove(&format!("{found:?}")), "{found:?} {}", case.explain());
        }
        match page.next {
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
    }
    assert!(pages.is_empty(), "not on any page: {pages:?} {}", case.explain());
}

#[test]
fn usersets_are_those_that_a_check_allows() {
    let mut found = 0;
    for seed in 0..SEEDS / 4 {
        let case = Case::new(seed);
        for line in &case.world.lines {
            for filter in case.world.lines.iter().filter(|filter| filter.name != "parent") {
                let (of, relation) = (
                    TypeName::parse(filter.of).unwrap(),
                    RelationName::parse(filter.name).unwrap(),
                );
                for object in Case::objects(line).take(3) {
                    let filtered = UserFilter::Usersets(&of, &relation);
                    let listed = list_users(&case, &object, line.name, filtered);
                    for user in Case::objects(filter) {
                        let name = format!("{user}#{}", filter.name);
                        let question = format!("{object}#{}@{name}", line.name);
                        let expected = check(&case, &question);
                        let got = listed.has(&user);
                        assert_eq!(got, expected, "{question}: {listed:?} {}", case.explain());
                        found += usize::from(got == Some(true));
                    }
                }
            }
        }
    }
    assert!(found > 5_000, "{found}");
}

fn check(case: &Case, question: &str) -> Option<bool> {
    let contextual: Vec<String> = case.world.contextual.iter().map(spell).collect();
    let contextual: Vec<&str> = contextual.iter().map(String::as_str).collect();
    match ask_with(&case.snapshot, question, &contextual, LIMITS).unwrap() {
        Decision::Allow => Some(true),
        Decision::Deny => Some(false),
        Decision::Missing(_) => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn permissions_are_checks() {
    for seed in 0..SEEDS / 4 {
        let case = Case::new(seed);
        for object in ["group:1", "folder:0", "document:2"] {
            for user in &case.users {
                let (name, asked) =
                    (ObjectName::parse(object).unwrap(), UserName::parse(user).unwrap());
                let request = ListPermissionsRequest::new(&name, &asked)
                    .contextual(&case.contextual)
                    .limits(LIMITS);
                let got = case.snapshot.list_permissions(&request, &Named).unwrap();
                let of = object.split(':').next().unwrap();
                let lines = case.world.lines.iter().filter(|line| line.of == of);
                let mut names: Vec<&str> = lines.map(|line| line.name).collect();
                names.sort_unstable();
                assert_eq!(got.iter().map(|got| got.relation).collect::<Vec<_>>(), names);
                for permission in got {
                    let question = format!("{object}#{}@{user}", permission.relation);
                    let decision = match permission.decision {
                        Decision::Allow => Some(true),
                        Decision::Deny => Some(false),
                        _ => None,
                    };
                    assert_eq!(decision, check(&case, &question), "{question} {}", case.explain());
                }
            }
        }
    }
}
