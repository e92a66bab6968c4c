//! Reads a graph, from bytes of any shape: what is not sound is refused, and no more memory is taken
//! than the bytes that came ask for.

use super::BytesError;
use super::frame::FrameReader;
use crate::graph::base::TypeBase;
use crate::graph::build::assemble;
use crate::graph::names::{NameTable, Names};
use crate::graph::rows::{Rows, RowsWriter, Slots, has_terms};
use crate::graph::terms::{Terms, TermsList};
use crate::graph::vocabulary::{Kind, UserKind, Vocabulary, word};
use crate::graph::{Graph, IDS_MAX, search};
use crate::tuple::{
    CONDITION_CHARS_MAX, CONTEXT_BYTES_MAX, Context, RELATION_CHARS_MAX, TYPE_CHARS_MAX,
    USER_BYTES_MAX,
};

/// The most bytes of a character.
const CHAR_BYTES: usize = 4;
/// A row ends with this instead of an object.
const END: u32 = u32::MAX;

type Read<T, E> = Result<T, BytesError<E>>;

impl Graph {
    /// Reads what [`Graph::to_bytes`] wrote, from a source that fills what it is given from the
    /// start and says how much that was: 0 at the end.
    ///
    /// # Errors
    /// [`BytesError`] if the source fails, or if the bytes are damaged or no graph's.
    pub fn from_bytes<E>(
        source: &mut dyn FnMut(&mut [u8]) -> Result<usize, E>,
    ) -> Result<Self, BytesError<E>> {
        let mut reader = FrameReader::new(source)?;
        let mut vocabulary = Vocabulary::default();
        reader.words(&mut vocabulary.types, TYPE_CHARS_MAX)?;
        reader.words(&mut vocabulary.relations, RELATION_CHARS_MAX)?;
        reader.words(&mut vocabulary.conditions, CONDITION_CHARS_MAX)?;
        reader.kinds(&mut vocabulary)?;
        let terms = reader.terms()?;
        let mut types: Vec<TypeBase> = Vec::new();
        for _ in 0..vocabulary.types.len() {
            types.push(TypeBase { names: reader.ids()?, ..TypeBase::default() });
        }
        let sizes: Vec<u32> = types.iter().map(|of| of.names.len()).collect();
        let limits = Sizes { sizes: &sizes, terms: terms.len() };
        for (of, known) in (0..).zip(&mut types) {
            known.forward = reader.rows(of, &vocabulary, &limits)?;
        }
        reader.finish()?;
        Ok(assemble(vocabulary, types, terms)?)
    }
}

/// How many objects of each type there are, and how many terms.
struct Sizes<'a> {
    sizes: &'a [u32],
    terms: usize,
}

impl<E> FrameReader<'_, E> {
    fn words(&mut self, names: &mut Names, chars_max: usize) -> Read<(), E> {
        for expected in 0..self.number()? {
            let text = self.text(chars_max * CHAR_BYTES)?;
            if !sound(&text) || word(names, &text)? != expected {
                return Err(BytesError::Invalid("a name is none, or comes twice"));
            }
        }
        Ok(())
    }

    fn kinds(&mut self, vocabulary: &mut Vocabulary) -> Read<(), E> {
        let below = |number: u32, names: &Names| {
            let sound = (number as usize) < names.len();
            sound.then_some(number).ok_or(BytesError::Invalid("a kind of tuple names nothing"))
        };
        for expected in 0..self.number()? {
            let object_type = below(self.number()?, &vocabulary.types)?;
            let relation = below(self.number()?, &vocabulary.relations)?;
            let user_type = below(self.number()?, &vocabulary.types)?;
            let user = match self.number()? {
                0 => UserKind::Object,
                1 => UserKind::Wildcard,
                more => UserKind::Userset(below(more - 2, &vocabulary.relations)?),
            };
            let condition = match self.number()? {
                0 => None,
                more => Some(below(more - 1, &vocabulary.conditions)?),
            };
            let id = vocabulary.add(Kind { object_type, relation, user_type, user, condition })?;
            if u32::from(id.0) != expected {
                return Err(BytesError::Invalid("a kind of tuple comes twice"));
            }
        }
        Ok(())
    }

    fn terms(&mut self) -> Read<Vec<Terms>, E> {
        let mut list = TermsList::default();
        for expected in 0..self.number()? {
            let text = self.text(CONTEXT_BYTES_MAX)?;
            let context: Context = if text.is_empty() {
                Context::new()
            } else {
                let parsed = serde_json::from_str(&text);
                parsed.map_err(|_| BytesError::Invalid("a context is no JSON object"))?
            };
            let (mut flag, mut end) = ([0; 1], [0; 8]);
            self.bytes(&mut flag)?;
            self.bytes(&mut end)?;
            let expires_at = (flag != [0]).then_some(u64::from_le_bytes(end));
            let terms = Terms { context: context.into(), expires_at };
            list.push(expected, terms).ok_or(BytesError::TooLarge)?;
        }
        Ok(list.finish())
    }

    fn ids(&mut self) -> Read<NameTable, E> {
        let mut names = NameTable::default();
        for expected in 0..self.number()? {
            let text = self.text(USER_BYTES_MAX)?;
            if !sound(&text) {
                return Err(BytesError::Invalid("an id is none"));
            }
            match names.intern(&text, IDS_MAX) {
                None => return Err(BytesError::TooLarge),
                Some(number) if number == expected => {}
                Some(_) => return Err(BytesError::Invalid("an id comes twice")),
            }
        }
        names.finish();
        Ok(names)
    }

    fn rows(&mut self, of: u32, vocabulary: &Vocabulary, sizes: &Sizes<'_>) -> Read<Rows, E> {
        let mut writer = RowsWriter::default();
        let mut words: Vec<u32> = Vec::new();
        let mut least = 0;
        loop {
            let object = self.number()?;
            if object == END {
                break;
            }
            let known = sizes.sizes.get(of as usize).is_some_and(|size| object < *size);
            if object < least || !known {
                return Err(BytesError::Invalid("a row is nobody's, or in the wrong place"));
            }
            least = object + 1;
            words.clear();
            for _ in 0..self.number()? {
                words.push(self.number()?);
            }
            if !sound_row(of, &words, vocabulary, sizes) {
                return Err(BytesError::Invalid("a row says what no tuples say"));
            }
            writer.start(object).ok_or(BytesError::TooLarge)?;
            writer.copy(&words);
        }
        writer.finish().ok_or(BytesError::TooLarge)
    }

    fn text(&mut self, max: usize) -> Read<String, E> {
        let length = self.number()? as usize;
        if length > max {
            return Err(BytesError::Invalid("a text is too long"));
        }
        let mut bytes = vec![0; length];
        self.bytes(&mut bytes)?;
        String::from_utf8(bytes).map_err(|_| BytesError::Invalid("a text is no UTF-8"))
    }
}

/// What no name may be or hold.
fn sound(name: &str) -> bool {
    !name.is_empty()
        && name != "*"
        && !name.contains(|c: char| matches!(c, ':' | '#') || c.is_whitespace())
}

fn sound_row(of: u32, words: &[u32], vocabulary: &Vocabulary, sizes: &Sizes<'_>) -> bool {
    let mut slots = Slots(words);
    let mut before = None;
    let mut read = 0;
    for (part, values, terms) in &mut slots {
        let Some(kind) = vocabulary.kind_of(part).filter(|kind| kind.object_type == of) else {
            return false;
        };
        let objects = match kind.user {
            UserKind::Wildcard => 1,
            UserKind::Object | UserKind::Userset(_) => {
                sizes.sizes.get(kind.user_type as usize).copied().unwrap_or(0)
            }
        };
        let ascending = values.is_sorted_by(|one, other| one < other);
        let known = values.last().is_some_and(|last| *last < objects);
        let terms_known = terms.iter().all(|number| (*number as usize) < sizes.terms);
        // Terms are what makes a part one with terms.
        let needed = kind.condition.is_none() || has_terms(part);
        if before >= Some(part) || !ascending || !known || !terms_known || !needed {
            return false;
        }
        before = Some(part);
        read += 1;
    }
    slots.0.is_empty() && (read < 2 || each_once(words, vocabulary))
}

/// Whether no tuple is in two parts of one family.
fn each_once(words: &[u32], vocabulary: &Vocabulary) -> bool {
    Slots(words).enumerate().all(|(at, (part, values, _))| {
        Slots(words).take(at).all(|(other, others, _)| {
            vocabulary.eldest(part) != vocabulary.eldest(other)
                || values.iter().all(|value| search(others, *value).is_none())
        })
    })
}
