//! Names and their numbers.

use std::collections::{BTreeSet, HashMap};

use counterfoil_jose::crypto::sha256;
use counterfoil_permission::tuple::UserName;

use super::{PermissionDb, TupleKey};
use crate::value::Value;
use crate::{StoreError, sql};

/// The most names in one look-up; more are looked up in several.
const NAMES_PER_LOOKUP: usize = 256;

/// A name as the table has it: `document:budget`, `document:` for the type, `#viewer`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name(String);

impl Name {
    pub(super) fn object(object: impl std::fmt::Display) -> Self {
        Self(object.to_string())
    }

    pub(super) fn of_type(type_name: &str) -> Self {
        Self(format!("{type_name}:"))
    }

    pub(super) fn relation(relation: &str) -> Self {
        Self(format!("#{relation}"))
    }

    pub(super) fn hash(&self) -> Hash {
        let mut hash = [0; 16];
        hash.copy_from_slice(sha256(self.0.as_bytes()).first_chunk::<16>().unwrap_or(&[0; 16]));
        Hash(hash)
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// What a name is found by. No two names share one: that would be a collision of SHA-256 cut to
/// 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Hash([u8; 16]);

impl Hash {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) fn value(self) -> Value {
        Value::blob(&self.0)
    }
}

/// The names of a tuple's key.
#[derive(Clone, Debug)]
pub(super) struct KeyNames {
    pub(super) object: Name,
    pub(super) relation: Name,
    pub(super) subject_relation: Option<Name>,
    pub(super) subject: Name,
    pub(super) object_type: Name,
}

impl KeyNames {
    pub(super) fn new(key: &TupleKey) -> Self {
        let (subject, subject_relation) = match &key.user {
            UserName::Userset(object, relation) => {
                (Name::object(object), Some(Name::relation(relation.as_str())))
            }
            user @ (UserName::Object(_) | UserName::Wildcard(_)) => (Name::object(user), None),
        };
        Self {
            object: Name::object(&key.object),
            relation: Name::relation(key.relation.as_str()),
            subject_relation,
            subject,
            object_type: Name::of_type(key.object.type_name()),
        }
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &Name> {
        [&self.object, &self.relation, &self.subject, &self.object_type]
            .into_iter()
            .chain(&self.subject_relation)
    }

    pub(super) fn to_hashes(&self) -> KeyHashes {
        KeyHashes {
            object: self.object.hash(),
            relation: self.relation.hash(),
            subject_relation: self.subject_relation.as_ref().map(Name::hash),
            subject: self.subject.hash(),
            object_type: self.object_type.hash(),
        }
    }

    /// The hashes in the order of the columns.
    pub(super) fn hashes(&self) -> [Value; 5] {
        let hash = |name: &Name| name.hash().value();
        let subject_relation = self.subject_relation.as_ref().map_or(Value::Null, hash);
        let (object, relation) = (hash(&self.object), hash(&self.relation));
        [object, relation, subject_relation, hash(&self.subject), hash(&self.object_type)]
    }
}

/// The hashes of the names of a tuple's key.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyHashes {
    pub(super) object: Hash,
    pub(super) relation: Hash,
    pub(super) subject_relation: Option<Hash>,
    pub(super) subject: Hash,
    pub(super) object_type: Hash,
}

impl KeyHashes {
    /// In the order of [`KeyNames::each`].
    pub(super) fn each(&self) -> impl Iterator<Item = Hash> {
        [self.object, self.relation, self.subject, self.object_type]
            .into_iter()
            .chain(self.subject_relation)
    }
}

/// The numbers of a tuple's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct KeyNumbers {
    pub(super) object: i64,
    pub(super) relation: i64,
    pub(super) subject_relation: i64,
    pub(super) subject: i64,
}

impl KeyNumbers {
    pub(super) fn values(self) -> [Value; 4] {
        [self.object, self.relation, self.subject_relation, self.subject].map(Value::Int)
    }
}

/// Names that were looked up, with their numbers if they have one.
#[derive(Debug, Default)]
pub(super) struct Numbers(HashMap<Hash, i64>);

impl Numbers {
    pub(super) fn get(&self, name: &Name) -> Option<i64> {
        self.0.get(&name.hash()).copied()
    }

    /// The numbers of a key, if all its names have one.
    pub(super) fn key(&self, names: &KeyNames) -> Option<KeyNumbers> {
        Some(KeyNumbers {
            object: self.get(&names.object)?,
            relation: self.get(&names.relation)?,
            subject_relation: match &names.subject_relation {
                Some(relation) => self.get(relation)?,
                None => 0,
            },
            subject: self.get(&names.subject)?,
        })
    }
}

impl PermissionDb {
    /// Looks up the numbers of names. A name that was never written has none; one that has keeps it
    /// for ever.
    pub(super) async fn numbers(
        &self,
        store: i64,
        names: &BTreeSet<&Name>,
    ) -> Result<Numbers, StoreError> {
        let mut numbers = Numbers::default();
        let hashes: Vec<Hash> = names.iter().map(|name| name.hash()).collect();
        self.numbers_of(store, &hashes, &mut numbers.0).await?;
        Ok(numbers)
    }

    /// The same by their hashes, into a map.
    pub(super) async fn numbers_of(
        &self,
        store: i64,
        hashes: &[Hash],
        numbers: &mut HashMap<Hash, i64>,
    ) -> Result<(), StoreError> {
        for chunk in hashes.chunks(NAMES_PER_LOOKUP) {
            // Rounding up keeps the shapes few, so that they stay prepared.
            let shape = chunk.len().next_power_of_two();
            let mut params = vec![Value::Int(self.iss.get()), Value::Int(store)];
            params.extend(chunk.iter().cycle().take(shape).map(|hash| hash.value()));
            for row in self.store.query(&lookup(shape), &params).await? {
                if let [Value::Blob(hash), Value::Int(number)] = row.as_slice()
                    && let Some(hash) = Hash::read(hash)
                {
                    numbers.insert(hash, *number);
                }
            }
        }
        Ok(())
    }
}

pub(crate) fn lookup(count: usize) -> String {
    let mut text = String::from(sql::permission::NUMBERS_HEAD);
    for place in 0..count {
        text.push_str(if place > 0 { ", $" } else { "$" });
        text.push_str(&(3 + place).to_string());
    }
    text.push(')');
    text
}
