//! Tuples written and deleted.

use std::collections::HashMap;

use super::{Graph, GraphError, UserKind};
use crate::tuple::{ObjectName, RelationName, Tuple, UserName};

/// A change of a store's tuples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A tuple is there. One with the same object, relation and user is replaced.
    Write(Tuple),
    /// The tuple with this object, relation and user is not there, whatever its condition.
    Delete(Tuple),
}

/// What makes a tuple what it is.
type Key<'a> = (&'a ObjectName, &'a RelationName, &'a UserName);

fn key(tuple: &Tuple) -> Key<'_> {
    (tuple.object(), tuple.relation(), tuple.user())
}

/// The last tuple of each key.
pub(super) fn distinct(tuples: &[Tuple]) -> Vec<Tuple> {
    let last: HashMap<Key<'_>, usize> =
        tuples.iter().zip(0..).map(|(tuple, place)| (key(tuple), place)).collect();
    let stays = |place: usize, tuple: &Tuple| last.get(&key(tuple)) == Some(&place);
    let kept = tuples.iter().enumerate().filter(|(place, tuple)| stays(*place, tuple));
    kept.map(|(_, tuple)| tuple.clone()).collect()
}

impl Graph {
    /// The graph after changes, one after the other.
    ///
    /// # Errors
    /// [`GraphError`] if it would be too large.
    ///
    /// ```
    /// use counterfoil_permission::{graph::{Change, Graph}, tuple::Tuple};
    ///
    /// let tuple = Tuple::parse("document:budget", "viewer", "user:alice")?;
    /// let graph = Graph::default().with(&[Change::Write(tuple.clone())])?;
    /// assert_eq!(graph.tuples(), 1);
    /// assert_eq!(graph.with(&[Change::Delete(tuple)])?.tuples(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with(&self, changes: &[Change]) -> Result<Self, GraphError> {
        let mut tuples: Vec<Option<Tuple>> = self.list().into_iter().map(Some).collect();
        for change in changes {
            let (Change::Write(tuple) | Change::Delete(tuple)) = change;
            for slot in &mut tuples {
                if slot.as_ref().is_some_and(|known| key(known) == key(tuple)) {
                    *slot = None;
                }
            }
            if let Change::Write(tuple) = change {
                tuples.push(Some(tuple.clone()));
            }
        }
        Self::new(&tuples.into_iter().flatten().collect::<Vec<_>>())
    }

    /// Whether so much has changed since it was laid out that it should be laid out anew.
    #[must_use]
    pub fn needs_merge(&self) -> bool {
        false
    }

    /// The same graph laid out anew: it takes long, so it is for the background. What changes
    /// meanwhile is put on top of the result by [`Graph::with`].
    #[must_use]
    pub fn merged(&self) -> Self {
        Self::new(&self.list()).unwrap_or_else(|_| self.clone())
    }

    /// All tuples, in no order.
    #[must_use]
    pub fn list(&self) -> Vec<Tuple> {
        let mut tuples = Vec::with_capacity(self.tuples);
        for (key, place) in &self.parts {
            let Some(part) = self.part(*place) else { continue };
            let name = |of: u32, number| self.objects.get(of as usize)?.name(number);
            let type_name = |of| self.types.name(of).unwrap_or_default();
            for object in 0..self.objects.get(key.object_type as usize).map_or(0, super::Names::len)
            {
                let (start, row) = part.forward.row(object);
                for (place, user) in (start..).zip(row) {
                    let user_type = type_name(key.user_type);
                    let id = name(key.user_type, *user).unwrap_or_default();
                    let user = match key.kind {
                        UserKind::Object => format!("{user_type}:{id}"),
                        UserKind::Wildcard => format!("{user_type}:*"),
                        UserKind::Userset(relation) => {
                            let relation = self.relations.name(relation).unwrap_or_default();
                            format!("{user_type}:{id}#{relation}")
                        }
                    };
                    let id = name(key.object_type, object).unwrap_or_default();
                    let object = format!("{}:{id}", type_name(key.object_type));
                    let relation = self.relations.name(key.relation).unwrap_or_default();
                    let Ok(mut tuple) = Tuple::parse(&object, relation, &user) else { continue };
                    let terms = self.terms(part, place);
                    if let Some((condition, terms)) = key.condition.zip(terms)
                        && let Ok(with) = tuple.clone().with_condition(
                            self.conditions.name(condition).unwrap_or_default(),
                            terms.context.clone(),
                        )
                    {
                        tuple = with;
                    }
                    if let Some(end) = terms.and_then(|terms| terms.expires_at) {
                        tuple = tuple.with_expiry(end);
                    }
                    tuples.push(tuple);
                }
            }
        }
        tuples
    }
}
