//! What must hold for any text that comes as a continuation token. The libFuzzer target in `fuzz/`
//! and the test below run the same function.

use counterfoil_jose::crypto::{SealKey, Secret32};

use super::continuation::{BadToken, Continuations, Listed};

/// Nothing but what was made is read; and a cursor of any bytes is taken apart without harm.
pub(super) fn continuation_token(data: &[u8]) {
    let tokens = Continuations::new(SealKey::new(&Secret32::from([7; 32])));
    let text = String::from_utf8_lossy(data);
    let made = tokens.make(Listed::Tuples, &["store", &text], data);
    let read = |token: &str| tokens.read(Listed::Tuples, &["store", &text], token);
    assert_eq!(read(&made), Ok(Some(data.to_vec())));
    let mut changed = made.clone().into_bytes();
    changed.iter_mut().zip(data).for_each(|(byte, change)| *byte ^= change);
    let changed = String::from_utf8_lossy(&changed);
    for other in [&*text, &*changed] {
        let bare = other.trim_end_matches('=');
        if !bare.is_empty() && bare != made {
            assert_eq!(read(other), Err(BadToken::Foreign), "{other}");
        }
    }
    // A cursor that was made for another use of the same list.
    for of_type in ["", "document"] {
        let made = tokens.make(Listed::Changes, &["store"], data);
        let _read = tokens.read_changes("store", of_type, &made);
        let made = tokens.make_changes("store", &text, (u64::MAX, usize::MAX));
        let read = tokens.read_changes("store", of_type, &made);
        assert_eq!(read.is_ok(), of_type == text);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    #[test]
    fn tokens_of_the_corpus() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/continuation_token");
        let entries: Vec<_> = std::fs::read_dir(corpus).unwrap().map(Result::unwrap).collect();
        assert!(entries.len() >= 5);
        for entry in entries {
            super::continuation_token(&std::fs::read(entry.path()).unwrap());
        }
    }

    proptest! {
        #[test]
        fn tokens_of_any_shape(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            super::continuation_token(&data);
        }
    }
}
