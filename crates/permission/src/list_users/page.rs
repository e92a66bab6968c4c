//! Lists as a whole, or page by page.

use super::{ListUsers, ListedUser};
use crate::list_objects::{ListRefused, Refusal, Sorted};
use crate::question::ListStop;

/// A whole list of users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users<'a> {
    /// Who has the relation.
    pub users: Vec<ListedUser<'a>>,
    /// The ids of those who don't, although a wildcard among `users` stands for them too.
    pub excluded: Vec<&'a str>,
}

/// Some users of a list, sorted by id; the wildcard has the id `*`, and is on the first page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserPage<'a> {
    /// Who has the relation.
    pub users: Vec<ListedUser<'a>>,
    /// The ids of those who don't, although the wildcard of the first page stands for them too.
    pub excluded: Vec<&'a str>,
    /// What could not be decided among the ids of this page.
    pub undecided: Vec<ListStop>,
    /// After which id the next page begins; none if this is the last. It is right at any later
    /// revision.
    pub next: Option<&'a str>,
}

impl<'a> ListUsers<'a> {
    /// The whole list, if it has at most `max` results (excluded ones count) and all of it is
    /// decided.
    ///
    /// # Errors
    /// [`ListRefused`] otherwise: never a part of it.
    pub fn all(self, max: usize) -> Result<Users<'a>, ListRefused> {
        let (mut list, mut refusal) = (Users::default(), Refusal::default());
        for found in self {
            if found.is_ok() && list.users.len() + list.excluded.len() == max {
                return Err(ListRefused::LimitReached { max });
            }
            match found {
                Ok(ListedUser::Excluded(id)) => list.excluded.push(id),
                Ok(user) => list.users.push(user),
                Err(stop) => refusal.add(stop),
            }
        }
        refusal.end()?;
        Ok(list)
    }

    /// The first `size` results (excluded and undecided ones count), at most
    /// [`crate::PAGE_MAX`], of those after an id, sorted by id.
    ///
    /// # Errors
    /// [`ListRefused::Steps`] if the walk needs more steps than allowed.
    pub fn page(mut self, after: Option<&str>, size: usize) -> Result<UserPage<'a>, ListRefused> {
        let mut page = UserPage::default();
        match self.wildcard() {
            Ok(true) if after.is_none() => page.users.push(ListedUser::Wildcard),
            Err(stop) if after.is_none() => page.undecided.push(stop),
            _ => {}
        }
        let mut sorted = Sorted::new(size);
        while let Some(object) = self.candidate() {
            let id = self.id(object);
            if after.is_some_and(|after| id <= after) || sorted.is_beyond(&id) {
                continue;
            }
            match self.listed(object) {
                Ok(Some(user)) => sorted.add(id, Ok(user)),
                Ok(None) => {}
                Err(stop) => sorted.add(id, Err(stop)),
            }
        }
        if self.paused() {
            return Err(ListRefused::Steps);
        }
        let (found, next) = sorted.end();
        for found in found.into_values() {
            match found {
                Ok(ListedUser::Excluded(id)) => page.excluded.push(id),
                Ok(user) => page.users.push(user),
                Err(stop) => page.undecided.push(stop),
            }
        }
        page.next = next;
        Ok(page)
    }
}
