//! The table of live watermarks and the one answer it gives: is what I hold still true?

mod entry;
mod hash;

use crate::{KeyedId, Mode, Reason, Revision, Watermark, WatermarkKey, WatermarkKind};
use counterfoil_jose::UnixTime;
use entry::Entry;
use hash::PrefixHasher;
use std::collections::HashMap;

/// The most keys a table holds: about 6 MB. At ten minutes of token life this is more than a
/// hundred revocations a second without end; beyond it the oldest give way to the floor.
pub const MAX_TABLE_KEYS: usize = 1 << 16;

/// By what a token can be named. Comes with the introspection answer, or inside a JWT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenKeys {
    /// The client it was issued to.
    pub client: Option<KeyedId>,
    /// The user it speaks for; also names the user's claims.
    pub user: Option<KeyedId>,
    /// The session that the grant was made in.
    pub session: Option<KeyedId>,
    /// The grant it hangs on.
    pub grant: Option<KeyedId>,
    /// The token itself.
    pub token: Option<KeyedId>,
    /// The key that signed it ([`KeyedId::of_kid`]), for formats that are signed.
    pub key: Option<KeyedId>,
}

/// The two versions of what a guard holds about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The revision at which the token was issued. Hard watermarks are compared with it.
    pub issued: Revision,
    /// The revision of the answer from which the identity was learned; `issued` for claims out of
    /// a JWT. Soft watermarks are compared with it.
    pub learned: Revision,
}

/// Says whether what was learned about a token still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Nothing newer is known.
    Alive,
    /// Something changed: ask the issuer before answering.
    Refetch,
    /// The token is dead.
    Dead(Reason),
}

/// Live watermarks, joined by maximum.
///
/// Plain and single-threaded; [`crate::Gate`] shares one between request threads.
/// Applying is idempotent and order-free. Forgetting raises [`Watermarks::floor`]: what was
/// learned below the floor is asked for again, so forgetting never revives.
#[derive(Clone, Debug)]
pub struct Watermarks {
    entries: HashMap<WatermarkKey, Entry, PrefixHasher>,
    /// `issuer` and `api` watermarks: in the feed of one API they concern every token.
    all: Entry,
    floor: Revision,
    newest_hard: Revision,
    newest_soft: Revision,
    capacity: usize,
}

impl Default for Watermarks {
    fn default() -> Self {
        Self::with_capacity(MAX_TABLE_KEYS)
    }
}

impl Watermarks {
    /// Makes an empty table that holds at most `capacity` keys (at least 8).
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            entries: HashMap::default(),
            all: Entry::default(),
            floor: Revision::ZERO,
            newest_hard: Revision::ZERO,
            newest_soft: Revision::ZERO,
            capacity: capacity.clamp(8, MAX_TABLE_KEYS),
        }
    }

    /// Joins one watermark in. Returns whether anything changed.
    pub fn apply(&mut self, watermark: &Watermark) -> bool {
        let changed = match watermark.key.kind {
            WatermarkKind::Issuer | WatermarkKind::Api => self.all.join(watermark),
            _ => self.entries.entry(watermark.key).or_default().join(watermark),
        };
        let newest = match watermark.mode {
            Mode::Hard => &mut self.newest_hard,
            Mode::Soft => &mut self.newest_soft,
        };
        *newest = (*newest).max(watermark.not_before);
        if self.entries.len() > self.capacity {
            self.evict_oldest();
        }
        changed
    }

    /// Compares what is held about a token with everything known.
    pub fn verdict(&self, keys: &TokenKeys, stamp: Stamp) -> Verdict {
        let newest_soft = self.newest_soft.max(self.floor);
        if stamp.issued >= self.newest_hard && stamp.learned >= newest_soft {
            return Verdict::Alive;
        }
        let mut hard: Option<(Revision, Reason)> = None;
        let mut refetch = stamp.learned < self.floor;
        for entry in self.entries_of(keys) {
            if stamp.issued < entry.hard_before() {
                hard = hard.max(Some((entry.hard_before(), entry.hard_reason())));
            }
            refetch |= stamp.learned < entry.soft_before();
        }
        match hard {
            Some((_, reason)) => Verdict::Dead(reason),
            None if refetch => Verdict::Refetch,
            None => Verdict::Alive,
        }
    }

    /// The greatest `not_before`, hard or soft, that names one of these keys; at least the floor.
    #[must_use]
    pub fn newest_for(&self, keys: &TokenKeys) -> Revision {
        self.entries_of(keys)
            .map(|entry| entry.hard_before().max(entry.soft_before()))
            .fold(self.floor, Revision::max)
    }

    fn entries_of(&self, keys: &TokenKeys) -> impl Iterator<Item = &Entry> {
        let named = [
            (WatermarkKind::Client, keys.client),
            (WatermarkKind::User, keys.user),
            (WatermarkKind::Claims, keys.user),
            (WatermarkKind::Session, keys.session),
            (WatermarkKind::Grant, keys.grant),
            (WatermarkKind::Token, keys.token),
            (WatermarkKind::Key, keys.key),
        ];
        let found = named
            .into_iter()
            .filter_map(|(kind, id)| self.entries.get(&WatermarkKey { kind, id: id? }));
        std::iter::once(&self.all).chain(found)
    }

    /// Forgets watermarks whose time is over and raises the floor to the newest of them.
    /// Returns whether anything was forgotten.
    ///
    /// The floor costs nothing where `expires_at` is honest, and keeps the dead dead where a clock
    /// jumped.
    pub fn prune(&mut self, now: UnixTime) -> bool {
        let mut floor = self.floor;
        let mut forgotten = self.all.forget_expired(now, &mut floor);
        self.entries.retain(|_, entry| {
            forgotten |= entry.forget_expired(now, &mut floor);
            !entry.is_empty()
        });
        self.floor = floor;
        forgotten
    }

    /// Makes room for an eighth of the table by forgetting what is oldest.
    fn evict_oldest(&mut self) {
        let mut ages: Vec<Revision> = self.entries.values().map(Entry::newest).collect();
        let surplus = (self.capacity / 8).min(ages.len().saturating_sub(1));
        let (_, cut, _) = ages.select_nth_unstable(surplus);
        let cut = *cut;
        self.entries.retain(|_, entry| entry.newest() > cut);
        self.floor = self.floor.max(cut);
    }

    /// What was learned before this revision must be asked for again.
    #[must_use]
    pub fn floor(&self) -> Revision {
        self.floor
    }

    /// Raises the floor; it never sinks.
    pub fn raise_floor(&mut self, to: Revision) {
        self.floor = self.floor.max(to);
    }

    /// How many keys are named.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len() + usize::from(!self.all.is_empty())
    }

    /// Whether no key is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything known, for a snapshot: in the order of revisions.
    ///
    /// `issuer` and `api` become one kind; `whole` is the id to name them by.
    #[must_use]
    pub fn live(&self, whole: KeyedId) -> Vec<Watermark> {
        let all = WatermarkKey { kind: WatermarkKind::Api, id: whole };
        let mut live: Vec<Watermark> = self
            .entries
            .iter()
            .flat_map(|(key, entry)| entry.watermarks(*key))
            .chain(self.all.watermarks(all))
            .collect();
        live.sort_unstable_by_key(|watermark| (watermark.not_before, watermark.key));
        live
    }
}
