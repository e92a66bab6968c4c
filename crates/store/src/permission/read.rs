use super::filter::{FilterNames, Order};
use super::rows::{NumberedTuple, named_tuple};
use super::{PermissionDb, PermissionStoreId, StoreRevision, StoredTuple, TupleFilter};
use crate::list::limited;
use crate::row::Fields;
use crate::value::Value;
use crate::{StoreError, sql};

/// The most tuples in one page; a larger limit is cut down to it.
pub const MAX_TUPLE_PAGE: usize = 10_000;

/// Where a page of tuples ended. It fits only a read with the same filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    order: Order,
    numbers: Vec<i64>,
}

/// A page of tuples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TuplePage {
    /// The tuples, in an order that stays the same.
    pub tuples: Vec<StoredTuple>,
    /// Where to go on, if there may be more.
    pub next: Option<Cursor>,
    /// The store's head in the snapshot that the page was read from.
    pub revision: StoreRevision,
}

impl Cursor {
    /// As bytes that mean something to this store alone; the reader of a token should not be able
    /// to read or change them.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![match self.order {
            Order::Object => 1,
            Order::Subject => 2,
        }];
        bytes.extend(self.numbers.iter().flat_map(|number| number.to_be_bytes()));
        bytes
    }

    /// Reads what [`Cursor::to_bytes`] wrote; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let order = match kind {
            1 => Order::Object,
            2 => Order::Subject,
            _ => return None,
        };
        let (numbers, odd) = rest.as_chunks::<8>();
        if !odd.is_empty() || numbers.len() != order.columns().len() {
            return None;
        }
        Some(Self {
            order,
            numbers: numbers.iter().map(|bytes| i64::from_be_bytes(*bytes)).collect(),
        })
    }

    fn of(order: Order, row: &NumberedTuple) -> Self {
        let key = row.key;
        let numbers = match order {
            Order::Object => vec![key.object, key.relation, key.subject_relation, key.subject],
            Order::Subject => {
                vec![key.subject, key.subject_relation, row.object_type, key.relation, key.object]
            }
        };
        Self { order, numbers }
    }
}

impl PermissionDb {
    /// Tuples that fit a filter, after a cursor, at most [`MAX_TUPLE_PAGE`]. Expired ones that are
    /// not swept yet are among them.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] for a cursor of another filter; see [`StoreError`].
    pub async fn read_tuples(
        &self,
        id: PermissionStoreId,
        filter: &TupleFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<TuplePage, StoreError> {
        let store = self.number(id).await?;
        let page = self.numbered_page(store, filter, after, limit).await?;
        Ok(TuplePage {
            tuples: page.rows.into_iter().map(|row| row.stored).collect(),
            next: page.next,
            revision: page.revision,
        })
    }

    pub(super) async fn numbered_page(
        &self,
        store: i64,
        filter: &TupleFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<NumberedPage, StoreError> {
        let names = filter.names();
        let (text, params, order) = page_of(&names, after, (self.iss.get(), store), limit)?;
        let rows = self.store.query(&text, &params).await?;
        decode_page(rows, order, limit)
    }
}

/// A page with the numbers of its rows.
#[derive(Debug)]
pub(super) struct NumberedPage {
    pub(super) rows: Vec<NumberedTuple>,
    pub(super) next: Option<Cursor>,
    pub(super) revision: StoreRevision,
}

pub(super) fn decode_page(
    rows: Vec<crate::value::Row>,
    order: Order,
    limit: usize,
) -> Result<NumberedPage, StoreError> {
    let mut stamp = None;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let (revision, fields) = Fields::after_head("permission_tuples", row)?;
        stamp = Some(revision);
        if let Some(fields) = fields {
            found.push(named_tuple(fields)?);
        }
    }
    let revision = stamp.ok_or(StoreError::UnknownPermissionStore)?;
    let full = found.len() >= limit.clamp(1, MAX_TUPLE_PAGE);
    let next = found.last().filter(|_| full).map(|last| Cursor::of(order, last));
    Ok(NumberedPage { rows: found, next, revision: StoreRevision::new(revision.get()) })
}

/// The statement of a page, its parameters and its order.
pub(super) fn page_of(
    names: &FilterNames,
    after: Option<&Cursor>,
    (iss, store): (i64, i64),
    limit: usize,
) -> Result<(String, Vec<Value>, Order), StoreError> {
    let order = names.order();
    if after.is_some_and(|cursor| cursor.order != order) {
        return Err(StoreError::Unstorable("a cursor of another filter".to_owned()));
    }
    let mut params = vec![Value::Int(iss), Value::Int(store), limited(limit, MAX_TUPLE_PAGE)];
    let (condition, hashes) = names.hashed(params.len());
    params.extend(hashes);
    let taken = params.len();
    params
        .extend(after.iter().flat_map(|cursor| &cursor.numbers).map(|number| Value::Int(*number)));
    Ok((page_text(order, &condition, after.map(|_| taken)), params, order))
}

/// `after` says how many placeholders come before those of the cursor.
fn page_text(order: Order, condition: &str, after: Option<usize>) -> String {
    let columns = order.columns();
    let list = |prefix: &str| {
        columns.iter().map(|column| format!("{prefix}{column}")).collect::<Vec<_>>().join(", ")
    };
    let mut text = String::from(sql::permission::NAMED_HEAD);
    text.push_str(condition);
    if let Some(taken) = after {
        let places: Vec<String> =
            (1..=columns.len()).map(|place| format!("${}", taken + place)).collect();
        text.push_str(&format!(" AND ({}) > ({})", list("t."), places.join(", ")));
    }
    text.push_str(&format!(" ORDER BY {} LIMIT $3", list("t.")));
    text.push_str(sql::permission::NAMED_TAIL);
    text.push_str(&list("page."));
    text
}

/// The statements of pages for every shape of filter, for the check of plans.
#[cfg(test)]
pub(crate) fn page_shapes() -> Vec<String> {
    let shapes = [
        ("", "", "", ""),
        ("document", "1", "", ""),
        ("document", "1", "viewer", ""),
        ("document", "1", "viewer", "user:a"),
        ("document", "1", "", "user:a"),
        ("document", "", "viewer", "group:a#member"),
        ("document", "", "", "user:a"),
        ("", "", "", "user:a"),
    ];
    let mut texts = Vec::new();
    for (of, object, relation, user) in shapes {
        let filter = TupleFilter {
            object_type: counterfoil_permission::tuple::TypeName::parse(of).ok(),
            object_id: Some(object.to_owned()).filter(|id| !id.is_empty()),
            relation: counterfoil_permission::tuple::RelationName::parse(relation).ok(),
            user: counterfoil_permission::tuple::UserName::parse(user).ok(),
        };
        let names = filter.names();
        let columns = names.order().columns().len();
        let cursor = Cursor { order: names.order(), numbers: vec![1; columns] };
        for after in [None, Some(&cursor)] {
            texts.push(page_of(&names, after, (1, 1), 10).unwrap().0);
        }
    }
    texts
}
