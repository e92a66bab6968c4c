//! Lists of users hold exactly those that the naive evaluator allows.

use std::collections::BTreeSet;

use counterfoil_permission::ListStop;
use counterfoil_permission::list_users::{ListUsersRequest, ListedUser, UserFilter};
use counterfoil_permission::tuple::{ObjectName, RelationName, TypeName};

use super::Seen;
use super::case::{Case, LIST_LIMITS, NOW};
use super::objects::Answers;
use crate::build::Named;
use crate::naive::Naive;

pub(super) fn agree(case: &Case, naive: &Naive<'_>, seen: &mut Seen) {
    let user = TypeName::parse("user").unwrap();
    for line in &case.world.lines {
        for object in Case::objects(line) {
            let listed = list_users(case, &object, line.name, UserFilter::Objects(&user));
            let (mut expected, mut got) = (Answers::default(), Answers::default());
            for user in case.users.iter().filter(|user| user.starts_with("user:")) {
                expected.sort(naive.has(&object, line.name, user), user);
                got.sort(listed.has(user), user);
            }
            let told = || format!("seed {}: users of {object}#{}", case.seed, line.name);
            assert_eq!(got, expected, "{} {listed:?}\n{}", told(), case.tell());
            seen.count("listed users", listed.yes.len());
            seen.count("undecided users", listed.unknown.len());
            seen.count("listed wildcards", usize::from(listed.wildcard == Some(true)));
            seen.count("excluded users", listed.excluded.len());
        }
    }
}

/// Lists of usersets hold exactly those that a check allows.
pub(super) fn agree_on_usersets(case: &Case, seen: &mut Seen) {
    let filters = case.world.lines.iter().filter(|filter| filter.name != "parent");
    let some = filters.skip(case.seed as usize % 3).step_by(3);
    for (filter, line) in
        some.flat_map(|filter| case.world.lines.iter().map(move |line| (filter, line)))
    {
        let (of, relation) =
            (TypeName::parse(filter.of).unwrap(), RelationName::parse(filter.name).unwrap());
        for object in Case::objects(line).take(3) {
            let listed = list_users(case, &object, line.name, UserFilter::Usersets(&of, &relation));
            for user in Case::objects(filter) {
                let question = format!("{object}#{}@{user}#{}", line.name, filter.name);
                let (got, expected) = (listed.has(&user), case.check(&question));
                let told = || format!("seed {}: userset of {question}", case.seed);
                assert_eq!(got, expected, "{}: {listed:?}\n{}", told(), case.tell());
                seen.count("listed usersets", usize::from(got == Some(true)));
            }
        }
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
        .limits(LIST_LIMITS)
        .now(NOW);
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
            Err(stop) => panic!("seed {}: {stop}\n{}", case.seed, case.tell()),
        };
        assert!(fresh, "seed {}: came twice: {listed:?}\n{}", case.seed, case.tell());
    }
    if case.seed % 8 < 2 {
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
            assert!(
                pages.remove(&format!("{found:?}")),
                "seed {}: on a page alone: {found:?}\n{}",
                case.seed,
                case.tell()
            );
        }
        match page.next {
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
    }
    assert!(pages.is_empty(), "seed {}: on no page: {pages:?}\n{}", case.seed, case.tell());
}
