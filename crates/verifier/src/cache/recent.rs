//! Spares a hash: the tokens that a thread has seen last, by their text.
//!
//! Hashing 600 bytes costs four times what all other checks of a known token cost together, and
//! tokens come in bursts. What is remembered is a pure function's result, so it cannot go stale.

use super::{CacheKey, KeyPrefix};
use std::cell::RefCell;
use zeroize::Zeroizing;

/// Tokens remembered per thread; with [`MAX_TEXT`] at most 256 KiB.
const SLOTS: usize = 256;

/// The longest text remembered: an opaque token, a thin JWT.
const MAX_TEXT: usize = 1024;

/// One use in so many of a token that is not remembered makes room for it. Where there are more
/// tokens than slots, copying each of them would cost more than it saves.
const ONE_IN: u32 = 8;

/// The end of a token, of which a client that does not have it knows nothing.
const TAIL: usize = 16;

thread_local! {
    static RECENT: RefCell<Recent> = RefCell::new(Recent::default());
}

#[derive(Default)]
struct Recent {
    /// The slots' tails, kept apart: a token that is not remembered costs one look at these.
    ///
    /// Comparing them first and at once also means that the time which comparing the text takes
    /// tells nothing to somebody who is guessing.
    tails: Vec<u128>,
    slots: Vec<Option<Slot>>,
    uses: u32,
}

struct Slot {
    prefix: KeyPrefix,
    text: Zeroizing<String>,
    key: CacheKey,
}

/// The key of a token that this thread has seen lately.
pub(crate) fn recall(prefix: &KeyPrefix, token: &str) -> Option<CacheKey> {
    let tail = tail(token)?;
    RECENT.with_borrow(|recent| {
        let place = place(tail);
        if recent.tails.get(place) != Some(&tail) {
            return None;
        }
        let slot = recent.slots.get(place)?.as_ref()?;
        (slot.text.as_str() == token && slot.prefix == *prefix).then_some(slot.key)
    })
}

/// Remembers the key of a token that was accepted.
pub(crate) fn remember(prefix: &KeyPrefix, token: &str, key: CacheKey) {
    let Some(tail) = tail(token) else { return };
    RECENT.with_borrow_mut(|recent| {
        recent.uses = recent.uses.wrapping_add(1);
        if recent.slots.is_empty() {
            recent.tails.resize(SLOTS, 0);
            recent.slots.resize_with(SLOTS, || None);
        }
        let place = place(tail);
        if let (Some(slot), Some(its_tail)) =
            (recent.slots.get_mut(place), recent.tails.get_mut(place))
            && (slot.is_none() || recent.uses.is_multiple_of(ONE_IN))
        {
            let text = Zeroizing::new(token.to_owned());
            *slot = Some(Slot { prefix: prefix.clone(), text, key });
            *its_tail = tail;
        }
    });
}

fn tail(token: &str) -> Option<u128> {
    if token.len() > MAX_TEXT {
        return None;
    }
    token.as_bytes().last_chunk::<TAIL>().map(|tail| u128::from_le_bytes(*tail))
}

fn place(tail: u128) -> usize {
    // The last characters of a token are a signature's or a MAC's: any of their bits will do.
    let mixed = (tail ^ (tail >> 64)).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    usize::try_from(mixed >> 120).unwrap_or(0) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_recalls_the_very_text_under_the_very_prefix() {
        let (one, two) = (KeyPrefix::new(["one"]), KeyPrefix::new(["two"]));
        let token = "header.payload.0123456789abcdef";
        assert_eq!(recall(&one, token), None);
        remember(&one, token, one.key(token));
        assert_eq!(recall(&one, token), Some(one.key(token)));
        assert_eq!(recall(&two, token), None);
        assert_eq!(recall(&one, "xeader.payload.0123456789abcdef"), None);
        assert_eq!(recall(&one, "short"), None);
        assert_eq!(recall(&one, &format!("{}{token}", "x".repeat(2_000))), None);
    }

    #[test]
    fn whatever_is_remembered_is_what_hashing_gives() {
        let prefix = KeyPrefix::new(["p"]);
        let tokens: Vec<String> = (0..2_000).map(|n| format!("aaaa.bbbb.{n:032}")).collect();
        for token in tokens.iter().cycle().take(20_000) {
            remember(&prefix, token, prefix.key(token));
        }
        let known = tokens.iter().filter_map(|token| Some((token, recall(&prefix, token)?)));
        let known: Vec<_> = known.collect();
        assert!((1..=SLOTS).contains(&known.len()), "{}", known.len());
        assert!(known.into_iter().all(|(token, key)| key == prefix.key(token)));
    }
}
