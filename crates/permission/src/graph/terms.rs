//! What is said about tuples beyond their names: contexts of conditions, and expiry.

use std::collections::HashMap;
use std::sync::Arc;

use crate::tuple::{Context, Tuple};

/// The terms of a tuple.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Terms {
    pub(crate) context: Arc<Context>,
    pub(crate) expires_at: Option<u64>,
}

impl Terms {
    /// Whether the tuple still counts, at a moment in seconds since 1970.
    pub(crate) fn live(&self, now: u64) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Those of a tuple, if it has any.
    pub(super) fn of(tuple: &Tuple) -> Option<Self> {
        if tuple.condition().is_none() && tuple.expires_at().is_none() {
            return None;
        }
        let context = tuple.condition().map(|known| Arc::new(known.context().clone()));
        Some(Self { context: context.unwrap_or_default(), expires_at: tuple.expires_at() })
    }
}

/// Terms, each once.
#[derive(Debug, Default)]
pub(super) struct TermsList {
    /// By the text of the context.
    contexts: HashMap<Box<str>, (u32, Arc<Context>)>,
    numbers: HashMap<(u32, Option<u64>), u32>,
    list: Vec<Terms>,
}

impl TermsList {
    /// The number of terms; none past 2³².
    pub(super) fn intern(&mut self, terms: Terms) -> Option<u32> {
        let text = serde_json::to_string(&*terms.context).unwrap_or_default();
        let next = u32::try_from(self.contexts.len()).ok()?;
        let (context, shared) =
            self.contexts.entry(text.into()).or_insert_with(|| (next, terms.context));
        let next = u32::try_from(self.list.len()).ok().filter(|next| *next < super::IDS_MAX)?;
        let number = *self.numbers.entry((*context, terms.expires_at)).or_insert(next);
        if number == next {
            self.list.push(Terms { context: Arc::clone(shared), expires_at: terms.expires_at });
        }
        Some(number)
    }

    /// Adds terms under a number that is the next one, even if they came before; their context is
    /// still kept once.
    pub(super) fn push(&mut self, number: u32, terms: Terms) -> Option<()> {
        let known = self.intern(terms.clone())?;
        if known != number {
            let shared = self.list.get(known as usize).map(|known| Arc::clone(&known.context));
            self.list.push(Terms { context: shared.unwrap_or(terms.context), ..terms });
        }
        (self.list.len() == number as usize + 1).then_some(())
    }

    pub(super) fn finish(mut self) -> Vec<Terms> {
        self.list.shrink_to_fit();
        self.list
    }
}
