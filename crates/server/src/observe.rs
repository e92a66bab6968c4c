//! Every request is counted, timed and logged; none of its parameters are.

use std::{
    pin::Pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{MatchedPath, Request},
    http::Response,
};
use papaya::HashMap;
use tower::{Layer, Service};

use crate::{give_way, state::State};

/// The routes that were matched so far, each kept for good: metrics want names that outlive the
/// request. Their number is bounded by the router's: a hostile path matches none.
static ROUTES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(HashMap::new);

/// Observes every request. A layer of its own type, since a middleware function costs a request
/// four allocations.
#[derive(Clone)]
pub(crate) struct Observe {
    state: Arc<State>,
}

impl Observe {
    pub(crate) const fn new(state: Arc<State>) -> Self {
        Self { state }
    }
}

impl<S> Layer<S> for Observe {
    type Service = Observed<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Observed { state: Arc::clone(&self.state), inner }
    }
}

/// A service whose requests are observed.
#[derive(Clone)]
pub(crate) struct Observed<S> {
    state: Arc<State>,
    inner: S,
}

impl<S: Service<Request, Response = Response<Body>>> Service<Request> for Observed<S>
where
    S::Future: Unpin,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let clock = &*self.state.config.clock;
        let started = clock.ticks();
        give_way::to_writer(&self.state.store, clock, started);
        let route =
            request.extensions().get::<MatchedPath>().map_or("other", |path| known(path.as_str()));
        let inner = self.inner.call(request);
        Answering { state: Arc::clone(&self.state), started, route, inner }
    }
}

/// The answer to an observed request, while it is made.
pub(crate) struct Answering<F> {
    state: Arc<State>,
    started: u64,
    route: &'static str,
    inner: F,
}

impl<F, E> Future for Answering<F>
where
    F: Future<Output = Result<Response<Body>, E>> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.inner).poll(cx));
        if let Ok(response) = &answer {
            let (state, route) = (&self.state, self.route);
            let took = state.config.clock.ticks().saturating_sub(self.started);
            let took = Duration::from_nanos(took);
            let status = response.status().as_u16();
            state.metrics.request(route, status, took);
            tracing::debug!(route, status, took_us = took.as_micros(), "answered");
        }
        Poll::Ready(answer)
    }
}

fn known(path: &str) -> &'static str {
    let routes = ROUTES.pin();
    match routes.get(path) {
        Some(route) => route,
        None => routes.get_or_insert_with(path.to_owned(), || Box::leak(Box::from(path))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_kept_once() {
        let first = known("/a/{id}");
        assert_eq!(first, "/a/{id}");
        assert!(std::ptr::eq(first, known("/a/{id}")));
    }
}
