//! What travels over HTTP, as protobuf's JSON mapping has it: `snake_case` or `lowerCamelCase`
//! members, `null` for what is absent, unknown members ignored.
//!
//! Texts are borrowed from the body where they can be: a check allocates nothing for its names.

mod answer;
mod consistency;
mod page_size;
mod request;
mod settings;
mod text;

pub(crate) use answer::*;
pub(crate) use consistency::Consistency;
pub(crate) use page_size::PageSize;
pub(crate) use request::*;
pub(crate) use settings::StoreSettings;
pub(crate) use text::Text;

use serde::Deserialize;

use super::error::ApiError;

/// Reads a body. An empty one is an empty message, as OpenFGA has it.
pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ApiError> {
    let body = match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => b"{}",
        Some(b'{') => body,
        // A reader of fields in order would take a list.
        Some(_) => return Err(ApiError::validation("malformed JSON: the body is no object")),
    };
    serde_json::from_slice(body).map_err(|error| {
        if error.is_eof() {
            return ApiError::validation("malformed JSON");
        }
        ApiError::validation(format!("malformed JSON: {error}"))
    })
}
