//! What operators watch: Prometheus text on the management listener.

use std::time::Duration;

use counterfoil_oauth::grants::{IssuePlan, TokenRequest};
use counterfoil_oauth::model::TokenFormat;
use papaya::HashMap;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use crate::permissions::live::LiveMetrics;

/// The node's counters.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
    tokens: Family<Token, Counter>,
    sign_ins: Family<Outcome, Counter>,
    introspections: Family<Outcome, Counter>,
    frames: Counter,
    watermarks: Counter,
    streams: Gauge,
    pub(crate) permissions: LiveMetrics,
    /// Looking a family up costs a lock and a hash of strings; routes are few and known.
    routes: HashMap<(&'static str, u16), RouteMetrics>,
}

/// The counters of one route and status.
pub(crate) struct RouteMetrics {
    requests: Counter,
    duration: Histogram,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    route: &'static str,
    code: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Token {
    grant: &'static str,
    format: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("counterfoil");
        let requests = Family::default();
        let durations: Family<Route, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.000_1, 2.0, 16)));
        let tokens = Family::default();
        let sign_ins = Family::default();
        let introspections = Family::default();
        let (frames, watermarks, streams) =
            (Counter::default(), Counter::default(), Gauge::default());
        registry.register("http_requests", "Requests by route and status", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time from request to response head",
            durations.clone(),
        );
        registry.register("tokens_issued", "Token responses by grant and format", tokens.clone());
        registry.register("logins", "Sign-ins by outcome", sign_ins.clone());
        registry.register("introspections", "Introspections by answer", introspections.clone());
        registry.register("feed_frames", "Frames signed", frames.clone());
        registry.register("feed_watermarks", "Watermarks sent, per API", watermarks.clone());
        registry.register("feed_streams", "Open streams", streams.clone());
        let permissions = LiveMetrics::default();
        permissions.register(&mut registry);
        Self {
            registry,
            requests,
            durations,
            tokens,
            sign_ins,
            introspections,
            frames,
            watermarks,
            streams,
            permissions,
            routes: HashMap::new(),
        }
    }

    pub(crate) fn request(&self, route: &'static str, code: u16, took: Duration) {
        let map = self.routes.pin();
        let metrics = map.get_or_insert_with((route, code), || RouteMetrics {
            requests: self.requests.get_or_create(&Request { route, code }).clone(),
            duration: self.durations.get_or_create(&Route { route }).clone(),
        });
        metrics.requests.inc();
        metrics.duration.observe(took.as_secs_f64());
    }

    pub(crate) fn token_issued(&self, request: &TokenRequest, plan: &IssuePlan) {
        let grant = match request {
            TokenRequest::AuthorizationCode { .. } => "authorization_code",
            TokenRequest::RefreshToken { .. } => "refresh_token",
            TokenRequest::ClientCredentials { .. } => "client_credentials",
        };
        let format = match plan.api.as_ref().map(|api| api.profile.format) {
            None | Some(TokenFormat::Opaque) => "opaque",
            Some(TokenFormat::Jwt) => "jwt",
            Some(TokenFormat::Jwe) => "jwe",
        };
        self.tokens.get_or_create(&Token { grant, format }).inc();
    }

    pub(crate) fn signed_in(&self, outcome: &'static str) {
        self.sign_ins.get_or_create(&Outcome { outcome }).inc();
    }

    pub(crate) fn introspected(&self, active: bool) {
        let outcome = if active { "active" } else { "inactive" };
        self.introspections.get_or_create(&Outcome { outcome }).inc();
    }

    pub(crate) fn frame_sent(&self, watermarks: usize) {
        self.frames.inc();
        self.watermarks.inc_by(u64::try_from(watermarks).unwrap_or(0));
    }

    pub(crate) fn stream_opened(&self) {
        self.streams.inc();
    }

    pub(crate) fn stream_closed(&self) {
        self.streams.dec();
    }

    /// The Prometheus text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(error) => {
                tracing::error!(%error, "metrics can't be written");
                String::new()
            }
        }
    }

    /// How many requests each route has answered, for the lab and for tests.
    pub(crate) fn by_route(&self) -> std::collections::BTreeMap<String, u64> {
        let mut routes = std::collections::BTreeMap::new();
        for ((route, _), metrics) in &self.routes.pin() {
            *routes.entry((*route).to_owned()).or_default() += metrics.requests.get();
        }
        routes
    }
}
