use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderMap, Request, Uri, header},
    response::Response,
};
use counterfoil_feed::Route;
use counterfoil_verifier::Step;
use futures_util::future::Either;
use tower_layer::Layer;
use tower_service::Service;

use crate::{Caller, Guard, extract::Anonymous};

/// Puts a guard before a service: requests go on with their [`Caller`], or are answered here.
#[derive(Clone, Debug)]
pub struct GuardLayer {
    guard: Guard,
    policy: Policy,
}

#[derive(Clone, Copy, Debug)]
struct Policy {
    route: Route,
    optional: bool,
}

impl GuardLayer {
    pub(crate) fn new(guard: Guard) -> Self {
        Self { guard, policy: Policy { route: Route::Strict, optional: false } }
    }

    /// Answers out of memory for so long after the lease has ended, where an old answer is better
    /// than none. The bound of these routes becomes lease + grace. Say the longest such grace to
    /// [`crate::GuardBuilder::longest_grace`] too, or identities leave memory before it is over.
    #[must_use]
    pub fn stale_ok(mut self, grace: Duration) -> Self {
        let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        self.policy.route = Route::StaleOk { grace_ms };
        self
    }

    /// Lets requests without credentials through as anonymous. One with a bad token, or with
    /// credentials of another kind, is still 401.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.policy.optional = true;
        self
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService { guard: self.guard.clone(), policy: self.policy, inner }
    }
}

/// The service that [`GuardLayer`] makes.
#[derive(Clone, Debug)]
pub struct GuardService<S> {
    guard: Guard,
    policy: Policy,
    inner: S,
}

type Slow<E> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

impl<S> Service<Request<Body>> for GuardService<S>
where
    S: Service<Request<Body>, Response = Response> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, Slow<S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let inner = &self.guard.inner;
        // What was verified elsewhere was not verified here.
        request.extensions_mut().remove::<Caller>();
        let token = match bearer(request.headers(), request.uri()) {
            Ok(Credentials::Token(token)) => token,
            Ok(Credentials::Absent) if self.policy.optional => {
                request.extensions_mut().insert(Anonymous);
                return Either::Left(self.inner.call(request));
            }
            Ok(_) => return answer(inner.responder.unauthenticated()),
            Err(ambiguity) => return answer(inner.responder.ambiguous(ambiguity)),
        };
        match inner.look(token, self.policy.route) {
            Step::Accepted(caller) => {
                inner.counters.accepted(caller.freshness().source);
                let caller = Caller::new(caller, Arc::clone(&inner.responder));
                request.extensions_mut().insert(caller);
                Either::Left(self.inner.call(request))
            }
            step => {
                let token = token.to_owned();
                Either::Right(self.slow(request, token, step))
            }
        }
    }
}

impl<S> GuardService<S>
where
    S: Service<Request<Body>, Response = Response> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    /// Asks the issuer first.
    fn slow(&mut self, mut request: Request<Body>, token: String, step: Step) -> Slow<S::Error> {
        // The clone that was polled ready is the one that is called.
        let ready = self.inner.clone();
        let mut service = std::mem::replace(&mut self.inner, ready);
        let guard = Arc::clone(&self.guard.inner);
        let route = self.policy.route;
        Box::pin(async move {
            match guard.settle(&token, route, step).await {
                Ok(caller) => {
                    request.extensions_mut().insert(caller);
                    service.call(request).await
                }
                Err(denied) => Ok(guard.responder.denied(&denied)),
            }
        })
    }
}

fn answer<F, E: Send + 'static>(response: Response) -> Either<F, Slow<E>> {
    Either::Right(Box::pin(async move { Ok(response) }))
}

/// What a request brings along.
#[derive(Debug, PartialEq, Eq)]
enum Credentials<'r> {
    Absent,
    /// Credentials of another scheme: not a token, and not nothing.
    Other,
    Token(&'r str),
}

/// Why it can't be said which credentials count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ambiguity {
    Several,
    Unreadable,
    InQuery,
}

/// The token out of the one `Authorization` header
/// ([RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)).
fn bearer<'r>(headers: &'r HeaderMap, uri: &Uri) -> Result<Credentials<'r>, Ambiguity> {
    // RFC 9700 §2.6, OAuth 2.1: never in the query.
    if uri.query().is_some_and(names_a_token) {
        return Err(Ambiguity::InQuery);
    }
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(Credentials::Absent) };
    if values.next().is_some() {
        return Err(Ambiguity::Several);
    }
    let value = value.to_str().map_err(|_| Ambiguity::Unreadable)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    // Two headers that a proxy has merged; other schemes have commas of their own.
    if value.contains(',') && (is_bearer || value.to_ascii_lowercase().contains("bearer ")) {
        return Err(Ambiguity::Several);
    }
    // An empty token is a bad one, not an absent one.
    Ok(if is_bearer { Credentials::Token(token.trim_matches(' ')) } else { Credentials::Other })
}

fn names_a_token(query: &str) -> bool {
    query.split('&').any(|pair| pair.split('=').next() == Some("access_token"))
}
