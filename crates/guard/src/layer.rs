use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderMap, Request, header},
    response::Response,
};
use counterfoil_feed::Route;
use counterfoil_verifier::Step;
use futures_util::future::Either;
use tower_layer::Layer;
use tower_service::Service;

use crate::{Caller, Guard, respond};

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
    /// than none. The bound of these routes becomes lease + grace.
    #[must_use]
    pub fn stale_ok(mut self, grace: Duration) -> Self {
        let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        self.policy.route = Route::StaleOk { grace_ms };
        self
    }

    /// Lets requests without a token through as anonymous. One with a bad token is still 401.
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
        let resource = &self.guard.inner.feed_name().aud;
        let token = match bearer(request.headers()) {
            Ok(Some(token)) => token,
            Ok(None) if self.policy.optional => {
                // What a client claims to be must not look like what was verified.
                request.extensions_mut().remove::<Caller>();
                return Either::Left(self.inner.call(request));
            }
            Ok(None) => return answer(respond::unauthenticated(resource)),
            Err(Ambiguous) => return answer(respond::ambiguous(resource)),
        };
        let inner = &self.guard.inner;
        match inner.look(token, self.policy.route) {
            Step::Accepted(caller) => {
                inner.counters.accepted(caller.freshness().source);
                let caller = Caller::new(caller, inner.resource());
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
                Err(denied) => Ok(respond::denied(&guard.feed_name().aud, &denied)),
            }
        })
    }
}

fn answer<F, E: Send + 'static>(response: Response) -> Either<F, Slow<E>> {
    Either::Right(Box::pin(async move { Ok(response) }))
}

struct Ambiguous;

/// The token out of the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Ambiguous> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Ambiguous);
    }
    let value = value.to_str().map_err(|_| Ambiguous)?;
    // Two headers that a proxy has merged.
    if value.contains(',') {
        return Err(Ambiguous);
    }
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(token.trim_matches(' ')))
        }
        // An empty token is a bad one, not an absent one.
        None if value.eq_ignore_ascii_case("bearer") => Ok(Some("")),
        // Another scheme is no token of ours; without one there are no credentials.
        _ => Ok(None),
    }
}
