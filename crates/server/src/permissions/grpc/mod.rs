//! The permission API over gRPC: `openfga.v1.OpenFGAService` on the same port, by the same service.
//!
//! The methods are written out by hand over tonic's codec: there is nothing to generate.

mod convert;
mod messages;
mod methods;
mod model;
mod watch;

use std::{future::Future, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{self, Path, Request},
    http::Response,
    routing::post,
};
use futures_util::Stream;
use tonic::{Code as GrpcCode, Status, server::Grpc};
use tonic_prost::ProstCodec;
use tower::service_fn;

use super::{
    auth::Caller,
    error::{ApiError, Band},
    limits::BODY_BYTES_MAX,
    service::Asker,
    wire::Consistency,
};
use crate::state::State;

/// Where gRPC looks for the service.
pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new().route("/openfga.v1.OpenFGAService/{method}", post(serve))
}

async fn serve(
    extract::State(state): extract::State<Arc<State>>,
    Path(method): Path<String>,
    request: Request,
) -> Response<Body> {
    let caller = match Caller::enter(&state, request.headers()).await {
        Ok(caller) => caller,
        Err(error) => return status(&error).into_http(),
    };
    let consistency = request.headers().get("counterfoil-consistency");
    let consistency = consistency.and_then(|value| value.to_str().ok()).map(str::to_owned);
    methods::dispatch(&method, Asked { state, caller, consistency }, request).await
}

/// Who asks, and how: what every method needs besides its message.
#[derive(Clone)]
struct Asked {
    state: Arc<State>,
    caller: Caller,
    consistency: Option<String>,
}

impl Asked {
    fn asker(&self) -> Result<Asker<'_>, ApiError> {
        let consistency = match self.consistency.as_deref() {
            None => Consistency::Unspecified,
            Some(text) => Consistency::parse_header(text).ok_or_else(|| {
                ApiError::validation("`counterfoil-consistency` names none that there is")
            })?,
        };
        Ok(Asker { state: &self.state, caller: &self.caller, consistency })
    }
}

/// A method with one answer.
async fn unary<Q, A, F, W>(request: Request, method: F) -> Response<Body>
where
    Q: prost::Message + Default + 'static,
    A: prost::Message + 'static,
    F: Fn(Q) -> W + Clone + Send + 'static,
    W: Future<Output = Result<Rendered<A>, ApiError>> + Send + 'static,
{
    let service = service_fn(move |request: tonic::Request<Q>| {
        let answer = method(request.into_inner());
        async move {
            let Rendered { value, headers } = answer.await.map_err(|error| status(&error))?;
            let mut response = tonic::Response::new(value);
            for (name, text) in headers {
                if let Ok(text) = text.parse() {
                    response.metadata_mut().insert(name, text);
                }
            }
            Ok::<_, Status>(response)
        }
    });
    let codec = ProstCodec::<A, Q>::default();
    let mut grpc = Grpc::new(codec).max_decoding_message_size(BODY_BYTES_MAX);
    grpc.unary(service, request).await.map(Body::new)
}

/// A method whose answer is a stream.
async fn streaming<Q, A, F, W, S>(request: Request, method: F) -> Response<Body>
where
    Q: prost::Message + Default + 'static,
    A: prost::Message + 'static,
    F: Fn(Q) -> W + Clone + Send + 'static,
    W: Future<Output = Result<S, ApiError>> + Send + 'static,
    S: Stream<Item = Result<A, Status>> + Send + 'static,
{
    let service = service_fn(move |request: tonic::Request<Q>| {
        let answer = method(request.into_inner());
        async move {
            let stream = answer.await.map_err(|error| status(&error))?;
            Ok::<_, Status>(tonic::Response::new(stream))
        }
    });
    let codec = ProstCodec::<A, Q>::default();
    let mut grpc = Grpc::new(codec).max_decoding_message_size(BODY_BYTES_MAX);
    grpc.server_streaming(service, request).await.map(Body::new)
}

/// An answer with its headers.
struct Rendered<A> {
    value: A,
    headers: Vec<(&'static str, String)>,
}

/// An error as gRPC has it. OpenFGA's own code goes beside, as its name.
fn status(error: &ApiError) -> Status {
    let code = match error.code.band() {
        Band::Unauthenticated => GrpcCode::Unauthenticated,
        Band::InvalidArgument => GrpcCode::InvalidArgument,
        Band::Aborted => GrpcCode::Aborted,
        Band::Internal => GrpcCode::Internal,
        Band::Unavailable => GrpcCode::Unavailable,
        Band::NotFound => GrpcCode::NotFound,
    };
    let mut status = Status::new(code, error.message.as_ref());
    if let Ok(name) = error.code.name().parse() {
        status.metadata_mut().insert("openfga-error-code", name);
    }
    status
}
