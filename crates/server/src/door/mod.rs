//! The door: HTTP becomes bounded parameters, an address and a moment; answers become HTTP.

mod address;
mod reply;

use axum::{
    body::Bytes,
    http::{HeaderMap, Method, header},
};
use counterfoil_oauth::{error::OAuthError, params::Params};

pub(crate) use address::{Peer, client_address};
pub(crate) use reply::{
    Refused, bearer_challenge, json_bytes, json_no_store, no_content, oauth_error, problem,
    see_other, text,
};

/// Longest body read by any route but imports, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;

/// Reads a form body; other media types are refused (OAuth 2.1 §3.2.1).
pub(crate) fn form(headers: &HeaderMap, body: &Bytes) -> Result<Params, OAuthError> {
    let media_type = header(headers, header::CONTENT_TYPE).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(OAuthError::invalid_request(
            "the body must be application/x-www-form-urlencoded",
        ));
    }
    Ok(Params::parse(body)?)
}

/// Parameters of an endpoint that takes GET and POST.
pub(crate) fn query_or_form(
    method: &Method,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Params, OAuthError> {
    if method == Method::POST {
        form(headers, body)
    } else {
        Ok(Params::parse(query.unwrap_or_default().as_bytes())?)
    }
}

/// A header's text, if it is there once and readable.
pub(crate) fn header(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The `Authorization` header. Two of them are a mistake or an attack.
pub(crate) fn authorization(headers: &HeaderMap) -> Result<Option<&str>, OAuthError> {
    if headers.get(header::AUTHORIZATION).is_none() {
        return Ok(None);
    }
    header(headers, header::AUTHORIZATION).map(Some).ok_or_else(|| {
        OAuthError::invalid_request("the `Authorization` header must be sent once, in ASCII")
    })
}

/// The bearer token of a request, from the header alone: tokens in a query are ignored (OAuth 2.1
/// §5.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, OAuthError> {
    Ok(authorization(headers)?.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }))
}
