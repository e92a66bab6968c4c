//! An answer, line by line as it comes.

use reqwest::Response;

use crate::{client::http, failure::Failure};

/// The longest line: an object's name or a change, many times over.
const LINE_BYTES_MAX: usize = 1024 * 1024;

/// The lines of an answer.
pub(super) struct Lines {
    response: Response,
    buffer: Vec<u8>,
    /// Where the lines that weren't taken begin.
    begin: usize,
    ended: bool,
}

impl Lines {
    pub(super) fn new(response: Response) -> Self {
        Self { response, buffer: Vec::new(), begin: 0, ended: false }
    }

    /// The next line that is not empty, without its end; `None` behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<String>, Failure> {
        loop {
            if let Some(line) = self.take() {
                return Ok(Some(line));
            }
            if self.ended {
                return Ok(None);
            }
            if self.buffer.len().saturating_sub(self.begin) > LINE_BYTES_MAX {
                return Err(Failure::failed(format!(
                    "the server answers with a line of more than {LINE_BYTES_MAX} bytes"
                )));
            }
            self.buffer.drain(..std::mem::take(&mut self.begin));
            let chunk = self.response.chunk().await.map_err(|error| http::unreachable(&error))?;
            match chunk {
                Some(chunk) => self.buffer.extend_from_slice(&chunk),
                None => {
                    self.ended = true;
                    self.buffer.push(b'\n');
                }
            }
        }
    }

    fn take(&mut self) -> Option<String> {
        loop {
            let rest = self.buffer.get(self.begin..)?;
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let line = String::from_utf8_lossy(rest.get(..end)?).trim().to_owned();
            self.begin = self.begin.saturating_add(end).saturating_add(1);
            if !line.is_empty() {
                return Some(line);
            }
        }
    }
}
