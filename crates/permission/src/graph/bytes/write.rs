//! Writes a graph, its delta included.

use super::frame::FrameWriter;
use crate::graph::names::Names;
use crate::graph::rows::{Entry, RowsWriter};
use crate::graph::vocabulary::UserKind;
use crate::graph::{Graph, merge};

impl Graph {
    /// Writes it as bytes in chunks of at most 64 KiB, for [`Graph::from_bytes`] of this version.
    ///
    /// # Errors
    /// That of the sink.
    ///
    /// ```
    /// use counterfoil_permission::{graph::Graph, tuple::Tuple};
    ///
    /// let graph = Graph::new(&[Tuple::parse("document:budget", "viewer", "user:alice")?])?;
    /// let mut bytes = Vec::new();
    /// graph.to_bytes(&mut |chunk| Ok::<_, std::io::Error>(bytes.extend_from_slice(chunk)))?;
    /// let mut rest = bytes.as_slice();
    /// let again = Graph::from_bytes(&mut |room| std::io::Read::read(&mut rest, room))?;
    /// assert_eq!(again.list(), graph.list());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_bytes<E>(&self, sink: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut writer = FrameWriter::new(sink)?;
        for names in
            [&self.vocabulary.types, &self.vocabulary.relations, &self.vocabulary.conditions]
        {
            writer.names(names)?;
        }
        self.write_kinds(&mut writer)?;
        self.write_terms(&mut writer)?;
        for of in 0..count(self.vocabulary.types.len()) {
            let objects = self.objects_of(of);
            writer.number(objects)?;
            for number in 0..objects {
                writer.text(self.name(of, number).unwrap_or_default())?;
            }
        }
        for of in 0..count(self.vocabulary.types.len()) {
            self.write_rows(&mut writer, of)?;
        }
        writer.finish()
    }

    fn write_kinds<E>(&self, writer: &mut FrameWriter<'_, E>) -> Result<(), E> {
        writer.number(count(self.vocabulary.kind_count()))?;
        for (_, kind) in self.vocabulary.kinds() {
            let user = match kind.user {
                UserKind::Object => 0,
                UserKind::Wildcard => 1,
                UserKind::Userset(relation) => relation + 2,
            };
            // None is 0.
            let condition = kind.condition.map_or(0, |condition| condition + 1);
            for number in [kind.object_type, kind.relation, kind.user_type, user, condition] {
                writer.number(number)?;
            }
        }
        Ok(())
    }

    fn write_terms<E>(&self, writer: &mut FrameWriter<'_, E>) -> Result<(), E> {
        let terms = count(self.base.terms.len()) + self.delta.terms.len();
        writer.number(terms)?;
        for number in 0..terms {
            let Some(known) = self.terms(number) else { continue };
            let context = if known.context.is_empty() {
                String::new()
            } else {
                serde_json::to_string(&*known.context).unwrap_or_default()
            };
            writer.text(&context)?;
            writer.bytes(&[u8::from(known.expires_at.is_some())])?;
            writer.bytes(&known.expires_at.unwrap_or(0).to_le_bytes())?;
        }
        Ok(())
    }

    /// Each row that is not empty: whose, how many words, and these; and a last one that is nobody's.
    fn write_rows<E>(&self, writer: &mut FrameWriter<'_, E>, of: u32) -> Result<(), E> {
        let mut entries: Vec<Entry> = Vec::new();
        for object in 0..self.objects_of(of) {
            let row = self.forward(of, object);
            let mut spelled = RowsWriter::default();
            let words = if row.patch.is_none() {
                row.words
            } else {
                entries.clear();
                entries.extend(merge::entries(row));
                spelled.slots(&entries);
                spelled.words()
            };
            if !words.is_empty() {
                writer.number(object)?;
                writer.number(count(words.len()))?;
                for word in words {
                    writer.number(*word)?;
                }
            }
        }
        writer.number(u32::MAX)
    }
}

impl<E> FrameWriter<'_, E> {
    fn names(&mut self, names: &Names) -> Result<(), E> {
        self.number(count(names.len()))?;
        names.iter().try_for_each(|name| self.text(name))
    }

    fn text(&mut self, text: &str) -> Result<(), E> {
        self.number(count(text.len()))?;
        self.bytes(text.as_bytes())
    }
}

/// Everything that is counted here has fewer than 2³².
fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
