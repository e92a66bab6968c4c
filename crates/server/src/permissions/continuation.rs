//! Continuation tokens: where a list goes on, made out for one question and nobody's to invent.

use counterfoil_jose::{
    b64,
    crypto::{SEAL_NONCE_LEN, SealKey},
};

/// Why a token says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadToken {
    /// It was not made here, or for another question.
    Foreign,
    /// It was made for changes of another type.
    OtherType,
}

/// What a list is of. A token of one list is none for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Listed {
    Stores = 1,
    Models = 2,
    Tuples = 3,
    Changes = 4,
    Objects = 5,
    Users = 6,
    Search = 7,
}

/// Makes continuation tokens and reads them back.
pub(crate) struct Continuations {
    key: SealKey,
}

/// The same for every token, so that the same place has the same token: AES-GCM-SIV gives away no
/// more than that by it (RFC 8452 §9).
const NONCE: [u8; SEAL_NONCE_LEN] = [0; SEAL_NONCE_LEN];

impl Continuations {
    pub(crate) const fn new(key: SealKey) -> Self {
        Self { key }
    }

    /// A token for what comes after `cursor` in the list that `question` asks for.
    pub(crate) fn make(&self, listed: Listed, question: &[&str], cursor: &[u8]) -> String {
        b64::encode(&self.key.seal(NONCE, &bound(listed, question), cursor))
    }

    /// The cursor of a token; `None` for the empty token, which begins a list.
    pub(crate) fn read(
        &self,
        listed: Listed,
        question: &[&str],
        token: &str,
    ) -> Result<Option<Vec<u8>>, BadToken> {
        if token.is_empty() {
            return Ok(None);
        }
        let sealed = b64::decode(token.trim_end_matches('=')).ok();
        let opened =
            sealed.and_then(|sealed| self.key.open(NONCE, &bound(listed, question), &sealed));
        opened.map(Some).ok_or(BadToken::Foreign)
    }

    /// A token of the list of changes, which names the type that it was made for. `after` is a
    /// revision, and how many of the changes that follow were read.
    pub(crate) fn make_changes(
        &self,
        store: &str,
        of_type: &str,
        (after, count): (u64, usize),
    ) -> String {
        let (after, count) = (after.to_be_bytes(), (count as u64).to_be_bytes());
        let cursor = [&after, &count, of_type.as_bytes()].concat();
        self.make(Listed::Changes, &[store], &cursor)
    }

    /// What it comes after, if it was made for this type.
    pub(crate) fn read_changes(
        &self,
        store: &str,
        of_type: &str,
        token: &str,
    ) -> Result<Option<(u64, usize)>, BadToken> {
        let Some(found) = self.read(Listed::Changes, &[store], token)? else { return Ok(None) };
        let parts = found.split_first_chunk::<8>();
        let parts = parts.and_then(|(after, rest)| Some((after, rest.split_first_chunk::<8>()?)));
        match parts {
            Some((after, (count, made_for))) if made_for == of_type.as_bytes() => {
                let count = usize::try_from(u64::from_be_bytes(*count)).unwrap_or(usize::MAX);
                Ok(Some((u64::from_be_bytes(*after), count)))
            }
            _ => Err(BadToken::OtherType),
        }
    }
}

/// The list, then the question's parts, each after its length, so that no two questions look alike.
fn bound(listed: Listed, question: &[&str]) -> Vec<u8> {
    let mut bytes = vec![listed as u8];
    for part in question {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use counterfoil_jose::crypto::Secret32;

    use super::*;

    fn tokens(key: u8) -> Continuations {
        Continuations::new(SealKey::new(&Secret32::from([key; 32])))
    }

    #[test]
    fn a_token_is_for_one_list_and_one_question() {
        let tokens = tokens(1);
        let token = tokens.make(Listed::Tuples, &["store", "filter"], b"cursor");
        let read = |listed, question: &[&str], token: &str| tokens.read(listed, question, token);
        let none = Err(BadToken::Foreign);
        let good = &["store", "filter"];
        assert_eq!(read(Listed::Tuples, good, &token), Ok(Some(b"cursor".to_vec())));
        assert_eq!(read(Listed::Tuples, good, ""), Ok(None));
        assert_eq!(read(Listed::Stores, good, &token), none);
        assert_eq!(read(Listed::Tuples, &["storef", "ilter"], &token), none);
        assert_eq!(read(Listed::Tuples, &["store"], &token), none);
        for bad in ["x", "AAAA", "a+b", &format!("{token}A")] {
            assert_eq!(read(Listed::Tuples, good, bad), none, "{bad}");
        }
        assert!(super::tests::tokens(2).read(Listed::Tuples, good, &token).is_err());
    }

    #[test]
    fn a_token_of_changes_names_its_type() {
        let tokens = tokens(1);
        let token = tokens.make_changes("store", "document", (42, 7));
        let read = |store: &str, of_type: &str| tokens.read_changes(store, of_type, &token);
        assert_eq!(read("store", "document"), Ok(Some((42, 7))));
        assert_eq!(read("store", ""), Err(BadToken::OtherType));
        assert_eq!(read("store", "folder"), Err(BadToken::OtherType));
        assert_eq!(read("other", "document"), Err(BadToken::Foreign));
    }
}
