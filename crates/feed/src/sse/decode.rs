use crate::MAX_FRAME_BYTES;
use std::fmt;

/// The longest line: a frame behind its field name.
pub const MAX_LINE_BYTES: usize = MAX_FRAME_BYTES + 64;

/// The most data of one event. Frames are one line each; the bound leaves no room for two.
const MAX_DATA_BYTES: usize = MAX_LINE_BYTES;

/// The longest event name: a word.
const MAX_NAME_BYTES: usize = 64;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The `event` field; empty where there was none.
    pub name: String,
    /// The `data` fields, joined by line feeds.
    pub data: String,
}

/// Says why a stream cannot be read on. Close it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SseError {
    /// A line longer than [`MAX_LINE_BYTES`].
    LineTooLong,
    /// An event with more data than a frame has.
    DataTooLong,
    /// An event name longer than a word.
    NameTooLong,
    /// A line that is not UTF-8.
    NotUtf8,
}

impl fmt::Display for SseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LineTooLong => write!(f, "a line of the stream exceeds {MAX_LINE_BYTES} bytes"),
            Self::DataTooLong => write!(f, "an event of the stream exceeds {MAX_DATA_BYTES} bytes"),
            Self::NameTooLong => write!(f, "an event name exceeds {MAX_NAME_BYTES} bytes"),
            Self::NotUtf8 => f.write_str("a line of the stream is not UTF-8"),
        }
    }
}

impl std::error::Error for SseError {}

/// Takes a stream apart, however it was cut into chunks, in bounded memory.
///
/// Lines end with CR LF, LF or CR. Fields other than `event` and `data` are skipped: positions
/// come out of verified frames, never out of an `id`.
#[derive(Debug, Default)]
pub struct SseDecoder {
    line: Vec<u8>,
    name: String,
    data: Option<String>,
    after_cr: bool,
    begun: bool,
}

impl SseDecoder {
    /// Starts at the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next chunk and appends the events that it completes.
    ///
    /// # Errors
    /// [`SseError`]: the stream must be closed; events before the fault were appended.
    pub fn push(&mut self, chunk: &[u8], events: &mut Vec<Event>) -> Result<(), SseError> {
        for &byte in chunk {
            let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => events.extend(self.end_line()?),
                _ if self.line.len() >= MAX_LINE_BYTES => return Err(SseError::LineTooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<Option<Event>, SseError> {
        let line = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&line).map_err(|_| SseError::NotUtf8)?;
        let begun = std::mem::replace(&mut self.begun, true);
        let line = if begun { line } else { line.strip_prefix('\u{feff}').unwrap_or(line) };
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            return Ok(self.data.take().map(|data| Event { name, data }));
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" if value.len() > MAX_NAME_BYTES => Err(SseError::NameTooLong),
            "event" => {
                value.clone_into(&mut self.name);
                Ok(None)
            }
            "data" => self.add_data(value).map(|()| None),
            _ => Ok(None),
        }
    }

    fn add_data(&mut self, value: &str) -> Result<(), SseError> {
        let before = self.data.as_ref().map_or(0, |data| data.len() + 1);
        if before + value.len() > MAX_DATA_BYTES {
            return Err(SseError::DataTooLong);
        }
        match &mut self.data {
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
            None => self.data = Some(value.to_owned()),
        }
        Ok(())
    }
}
