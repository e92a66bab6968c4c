//! What a graph is made of: what was laid out, and what was written since.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::groups::{GroupChanges, Groups};
use super::names::NameTable;
use super::patch::Patch;
use super::persistent::{Paged, Trie};
use super::rows::{PartId, Rows};
use super::terms::Terms;

/// What was laid out.
#[derive(Debug, Default)]
pub(super) struct Base {
    /// Its number among all; 0 if there is nothing in it.
    pub(super) layout: u64,
    pub(super) types: Vec<TypeBase>,
    /// By user type: the tuples that name all of its objects.
    pub(super) wild: Rows,
    pub(super) terms: Vec<Terms>,
    pub(super) groups: Vec<Groups>,
}

/// What was laid out of a type.
#[derive(Debug, Default)]
pub(super) struct TypeBase {
    pub(super) names: NameTable,
    pub(super) forward: Rows,
    pub(super) reverse: Rows,
}

impl Base {
    #[inline]
    pub(super) fn names(&self, of: u32) -> Option<&NameTable> {
        self.types.get(of as usize).map(|of| &of.names)
    }
}

/// What was written since: a copy that shares nearly all costs some microseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Delta {
    pub(super) rows: Trie<Patch>,
    /// Numbers of names, by type and hash.
    pub(super) names: Trie<Vec<u32>>,
    /// By type: the names beyond the base's.
    pub(super) new: Vec<Paged<Arc<str>>>,
    pub(super) terms: Paged<Terms>,
    pub(super) groups: Arc<HashMap<PartId, GroupChanges>>,
    /// How many tuples were written or deleted.
    pub(super) changed: usize,
    /// For names of types that the base has not got.
    keys: Arc<RandomState>,
}

impl Delta {
    pub(super) fn new_names(&self, of: u32) -> Option<&Paged<Arc<str>>> {
        self.new.get(of as usize)
    }

    pub(super) fn hash(&self, id: &str) -> u32 {
        u32::try_from(self.keys.hash_one(id) >> 32).unwrap_or(u32::MAX)
    }
}

const SIDE: u64 = 1 << 62;

#[inline]
pub(super) fn forward_key(of: u32, object: u32) -> u64 {
    u64::from(of) << 32 | u64::from(object)
}

#[inline]
pub(super) fn reverse_key(of: u32, user: u32) -> u64 {
    SIDE | forward_key(of, user)
}

#[inline]
pub(super) fn wild_key(of: u32) -> u64 {
    (2 * SIDE) | u64::from(of)
}
