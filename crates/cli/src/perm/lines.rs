//! An answer, line by line as it comes.

use reqwest::Response;

use crate::{client::http, failure::Failure};

/// The longest line: an object's name or a change, many times over.
const LINE_BYTES_MAX: usize = 1024 * 1024;

/// The lines of an answer.
pub(super) struct Lines {
    response: Response,
    buffer: Vec<u8>,
    ended: bool,
}

impl Lines {
    pub(super) fn new(response: Response) -> Self {
        Self { response, buffer: Vec::new(), ended: false }
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
            if self.buffer.len() > LINE_BYTES_MAX {
                return Err(Failure::failed(format!(
                    "the server answers with a line of more than {LINE_BYTES_MAX} bytes"
                )));
            }
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
            let end = self.buffer.iter().position(|byte| *byte == b'\n')?;
            let line: Vec<u8> = self.buffer.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line).trim().to_owned();
            if !line.is_empty() {
                return Some(line);
            }
        }
    }
}
