//! Several reads of one store at one revision.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_permission::tuple::{ObjectName, RelationName, TypeName, UserName};

use super::filter::Order;
use super::names::{Hash, Name};
use super::read::{NumberedPage, decode_page, page_of};
use super::{
    Cursor, ModelId, PermissionDb, PermissionStoreId, StoreRevision, StoredTuple, TupleFilter,
    TuplePage,
};
use crate::driver::Session;
use crate::row::Fields;
use crate::value::Value;
use crate::{StoreError, sql};

/// The most rows that one look-up may want; more take several.
pub const MAX_WANTED: usize = 64;

/// A relation of an object whose tuples are wanted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted {
    /// The object.
    pub object: ObjectName,
    /// Its relation.
    pub relation: RelationName,
    /// All its tuples; otherwise only those that may lead to the asked user: that name the user
    /// itself, the wildcard of the user's type, or a userset.
    pub all: bool,
}

/// A store as it was at one revision, whatever is written meanwhile. Cheap to make; drop it soon:
/// while it lasts the database keeps what it needs.
#[derive(Debug)]
pub struct PermissionSnapshot {
    iss: i64,
    store: i64,
    session: Session,
    revision: StoreRevision,
}

impl PermissionDb {
    /// Begins to read a store at its newest committed revision.
    ///
    /// # Errors
    /// [`StoreError::UnknownPermissionStore`]; see [`StoreError`].
    pub async fn snapshot(&self, id: PermissionStoreId) -> Result<PermissionSnapshot, StoreError> {
        let store = self.number(id).await?;
        let session = self.store.read_session().await?;
        let own = [Value::Int(self.iss.get()), Value::Int(store)];
        let rows = session.query(sql::permission::HEAD_REVISION, &own).await?;
        let row = rows.into_iter().next().ok_or(StoreError::UnknownPermissionStore)?;
        let revision = Fields::plain("permission_stores", row).revision("revision")?;
        let revision = StoreRevision::new(revision.get());
        Ok(PermissionSnapshot { iss: self.iss.get(), store, session, revision })
    }
}

impl PermissionSnapshot {
    /// The revision that everything is read at.
    #[must_use]
    pub const fn revision(&self) -> StoreRevision {
        self.revision
    }

    /// Tuples that fit a filter, as [`PermissionDb::read_tuples`] does: all pages together are the
    /// store at one revision, which is what an export is.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn read_tuples(
        &self,
        filter: &TupleFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<TuplePage, StoreError> {
        let own = (self.iss, self.store);
        let (text, params, order) = page_of(&filter.names(), after, own, limit)?;
        let rows = self.session.query(&text, &params).await?;
        let page: NumberedPage = decode_page(rows, order, limit)?;
        Ok(TuplePage {
            tuples: page.rows.into_iter().map(|row| row.stored).collect(),
            next: page.next,
            revision: page.revision,
        })
    }

    /// The id of the latest model.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn latest_model_id(&self) -> Result<Option<ModelId>, StoreError> {
        let own = [Value::Int(self.iss), Value::Int(self.store)];
        let rows = self.session.query(sql::permission::LATEST_MODEL_ID, &own).await?;
        match rows.first().map(Vec::as_slice) {
            Some([_, Value::Text(id)]) => Ok(ModelId::parse(id)),
            _ => Ok(None),
        }
    }

    /// The tuples of relations of objects through which a user may be reached, at most `limit` of
    /// them; one more than that says that there are too many. At most [`MAX_WANTED`] relations.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] for more than [`MAX_WANTED`]; see [`StoreError`].
    pub async fn reachable(
        &self,
        wanted: &[Wanted],
        user: Option<&UserName>,
        limit: usize,
    ) -> Result<Vec<StoredTuple>, StoreError> {
        if wanted.len() > MAX_WANTED {
            return Err(StoreError::Unstorable(format!("a look-up of {} relations", wanted.len())));
        }
        let names = self.numbers_of(wanted, user).await?;
        let number = |name: Name| names.get(&name.hash()).copied();
        let subjects: Vec<(i64, i64)> = user_names(user)
            .into_iter()
            .filter_map(|(subject, relation)| match relation {
                None => Some((number(subject)?, 0)),
                Some(relation) => Some((number(subject)?, number(relation)?)),
            })
            .collect();
        let mut keys: [BTreeSet<Vec<i64>>; 3] = Default::default();
        let [all, usersets, naming] = &mut keys;
        for wanted in wanted {
            let object = number(Name::object(&wanted.object));
            let relation = number(Name::relation(wanted.relation.as_str()));
            let Some((object, relation)) = object.zip(relation) else { continue };
            if wanted.all {
                all.insert(vec![object, relation]);
                continue;
            }
            usersets.insert(vec![object, relation]);
            // Those that name a userset are among the usersets.
            let named = subjects.iter().filter(|(_, through)| *through == 0);
            naming.extend(named.map(|(subject, _)| vec![object, relation, 0, *subject]));
        }
        let mut found = Vec::new();
        for (condition, keys) in [ALL_OF, USERSETS_OF, NAMING].into_iter().zip(keys) {
            let keys: Vec<Vec<i64>> = keys.into_iter().collect();
            for keys in keys.chunks(MAX_WANTED) {
                let left = limit.saturating_add(1).saturating_sub(found.len());
                if left > 0 {
                    found.extend(self.rows_of(condition, keys, left).await?);
                }
            }
        }
        Ok(found)
    }

    /// The tuples that name one of these as user, itself or as a userset of any relation, at most
    /// `limit` and one more. At most [`MAX_WANTED`] users.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] for more than [`MAX_WANTED`]; see [`StoreError`].
    pub async fn naming(
        &self,
        users: &[UserName],
        limit: usize,
    ) -> Result<Vec<StoredTuple>, StoreError> {
        if users.len() > MAX_WANTED {
            return Err(StoreError::Unstorable(format!("a look-up of {} users", users.len())));
        }
        let name = |user: &UserName| match user {
            UserName::Userset(object, _) => Name::object(object),
            UserName::Object(_) | UserName::Wildcard(_) => Name::object(user),
        };
        let names: BTreeSet<Hash> = users.iter().map(|user| name(user).hash()).collect();
        let numbers = self.look_up(&names).await?;
        let keys: Vec<Vec<i64>> = numbers.into_values().map(|number| vec![number]).collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.rows_of(OF_SUBJECT, &keys, limit.saturating_add(1)).await
    }

    /// The tuples that fit a condition with one of several keys.
    async fn rows_of(
        &self,
        condition: &str,
        keys: &[Vec<i64>],
        limit: usize,
    ) -> Result<Vec<StoredTuple>, StoreError> {
        let limit = Value::Int(i64::try_from(limit).unwrap_or(i64::MAX));
        let mut params = vec![Value::Int(self.iss), Value::Int(self.store), limit];
        // Rounding up keeps the shapes few, so that they stay prepared.
        let shape = keys.len().next_power_of_two();
        params.extend(keys.iter().cycle().take(shape).flatten().map(|number| Value::Int(*number)));
        let rows = self.session.query(&rows_text(condition, shape), &params).await?;
        let page = decode_page(rows, Order::Object, usize::MAX)?;
        Ok(page.rows.into_iter().map(|row| row.stored).collect())
    }

    /// The numbers of all names that a look-up needs.
    async fn numbers_of(
        &self,
        wanted: &[Wanted],
        user: Option<&UserName>,
    ) -> Result<BTreeMap<Hash, i64>, StoreError> {
        let mut names = BTreeSet::new();
        for wanted in wanted {
            names.insert(Name::object(&wanted.object).hash());
            names.insert(Name::relation(wanted.relation.as_str()).hash());
        }
        for (subject, relation) in user_names(user) {
            names.insert(subject.hash());
            names.extend(relation.map(|relation| relation.hash()));
        }
        self.look_up(&names).await
    }

    async fn look_up(&self, names: &BTreeSet<Hash>) -> Result<BTreeMap<Hash, i64>, StoreError> {
        let mut params = vec![Value::Int(self.iss), Value::Int(self.store)];
        let shape = names.len().next_power_of_two();
        params.extend(names.iter().cycle().take(shape).map(|hash| hash.value()));
        let mut numbers = BTreeMap::new();
        for row in self.session.query(&super::names::lookup(shape), &params).await? {
            if let [Value::Blob(hash), Value::Int(number)] = row.as_slice()
                && let Some(hash) = Hash::read(hash)
            {
                numbers.insert(hash, *number);
            }
        }
        Ok(numbers)
    }
}

const ALL_OF: &str = "t.object = {a} AND t.relation = {b}";
const OF_SUBJECT: &str = "t.subject = {a}";
const USERSETS_OF: &str = "t.object = {a} AND t.relation = {b} AND t.subject_relation > 0";
const NAMING: &str = "t.object = {a} AND t.relation = {b} AND t.subject_relation = {c} AND \
     t.subject = {d}";

/// The names under which tuples may name a user: its own, and the wildcard of its type.
fn user_names(user: Option<&UserName>) -> Vec<(Name, Option<Name>)> {
    let wildcard = |of: &str| TypeName::parse(of).ok().map(UserName::Wildcard);
    match user {
        None => Vec::new(),
        Some(UserName::Userset(object, relation)) => {
            vec![(Name::object(object), Some(Name::relation(relation.as_str())))]
        }
        Some(user) => {
            let all = wildcard(user.type_name()).map(|all| (Name::object(all), None));
            std::iter::once((Name::object(user), None)).chain(all).collect()
        }
    }
}

/// The rows that fit a condition with one of so many keys, at most `$3` of them.
fn rows_text(condition: &str, count: usize) -> String {
    let letters = ["{a}", "{b}", "{c}", "{d}"];
    let width = letters.iter().filter(|letter| condition.contains(**letter)).count();
    let mut rows = Vec::with_capacity(count);
    for place in 0..count {
        let mut row = format!("(t.iss = $1 AND t.store = $2 AND {condition})");
        for (offset, letter) in letters.iter().enumerate() {
            row = row.replace(letter, &format!("${}", 4 + place * width + offset));
        }
        rows.push(row);
    }
    format!(
        "{}{} LIMIT $3{}page.object, page.relation, page.subject_relation, page.subject",
        sql::permission::NAMED_HEAD,
        rows.join(" OR "),
        sql::permission::NAMED_TAIL
    )
}

/// The statements of look-ups, for the check of plans.
#[cfg(test)]
pub(crate) fn lookup_shapes() -> Vec<String> {
    let shapes = [1, 2, MAX_WANTED].into_iter();
    shapes
        .flat_map(|shape| [ALL_OF, USERSETS_OF, NAMING, OF_SUBJECT].map(|of| rows_text(of, shape)))
        .collect()
}
