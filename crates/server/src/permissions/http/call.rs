//! A request at the door of the permission API: who asks, of which store, with which body.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, Uri, header},
    response::Response,
};
use counterfoil_oauth::params::Params;

use super::reply;
use crate::{
    door,
    permissions::{
        auth::Caller,
        error::{ApiError, Code},
        limits::BODY_BYTES_MAX,
        service::Asker,
        wire::Consistency,
    },
    state::State,
};

/// The header that says how fresh an answer must be.
pub(crate) const CONSISTENCY: &str = "counterfoil-consistency";

/// A request whose caller was let in.
pub(crate) struct Call {
    pub(crate) state: Arc<State>,
    pub(crate) caller: Caller,
    pub(crate) body: Bytes,
    pub(crate) headers: HeaderMap,
    uri: Uri,
    /// When it came, on the clock of durations.
    pub(crate) started: u64,
}

/// The same before its body was read: for streams.
pub(crate) struct OpenCall {
    pub(crate) call: Call,
    pub(crate) incoming: Body,
}

impl FromRequest<Arc<State>> for Call {
    type Rejection = Response<Body>;

    async fn from_request(request: Request, state: &Arc<State>) -> Result<Self, Self::Rejection> {
        let OpenCall { mut call, incoming } = OpenCall::from_request(request, state).await?;
        match read(&call.headers, incoming).await {
            Ok(body) => call.body = body,
            Err(error) => return Err(reply::refuse(&call.state, &error)),
        }
        Ok(call)
    }
}

impl FromRequest<Arc<State>> for OpenCall {
    type Rejection = Response<Body>;

    async fn from_request(request: Request, state: &Arc<State>) -> Result<Self, Self::Rejection> {
        let started = state.config.clock.ticks();
        let (parts, incoming) = request.into_parts();
        let caller = Caller::enter(state, &parts.headers).await;
        let caller = caller.map_err(|error| reply::refuse(state, &error))?;
        let call = Call {
            state: Arc::clone(state),
            caller,
            body: Bytes::new(),
            headers: parts.headers,
            uri: parts.uri,
            started,
        };
        Ok(Self { call, incoming })
    }
}

impl Call {
    /// A part of the path, counted from 0: in `/stores/{id}/check` the store is part 1.
    pub(crate) fn part(&self, place: usize) -> &str {
        self.uri.path().split('/').nth(place + 1).unwrap_or_default()
    }

    /// The store that the path names, whatever it is.
    pub(crate) fn store(&self) -> &str {
        self.part(1)
    }

    /// The query's parameters.
    pub(crate) fn query(&self) -> Result<Params, ApiError> {
        Params::parse(self.uri.query().unwrap_or_default().as_bytes())
            .map_err(|error| ApiError::validation(error.to_string()))
    }

    /// Whoever asks, as the service knows them.
    pub(crate) fn asker(&self) -> Result<Asker<'_>, ApiError> {
        let consistency = match self.headers.get(CONSISTENCY) {
            None => Consistency::Unspecified,
            Some(value) => {
                let text = value.to_str().ok();
                text.and_then(Consistency::parse_header).ok_or_else(|| {
                    ApiError::validation(
                        "`Counterfoil-Consistency` is none of `full`, `minimize_latency`, \
                         `at_least_as_fresh=REVISION` and `exact=REVISION`",
                    )
                })?
            }
        };
        Ok(Asker { state: &self.state, caller: &self.caller, consistency })
    }
}

/// Reads a body of bounded size. One that is too long is the caller's mistake: OpenFGA's 500 would
/// make SDKs send it again.
async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, ApiError> {
    let too_long = || {
        let message = format!("the body is longer than {BODY_BYTES_MAX} bytes");
        ApiError::new(Code::ExceededEntityLimit, message)
    };
    let announced = door::header(headers, header::CONTENT_LENGTH);
    if announced
        .and_then(|text| text.parse().ok())
        .is_some_and(|bytes: usize| bytes > BODY_BYTES_MAX)
    {
        return Err(too_long());
    }
    to_bytes(body, BODY_BYTES_MAX).await.map_err(|error| {
        let limited = std::error::Error::source(&error)
            .is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
        if limited {
            too_long()
        } else {
            ApiError::validation("the body could not be read to its end")
        }
    })
}
