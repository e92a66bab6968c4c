//! `/feed/v1`: snapshot, stream, diff, lease, keys.

use std::{convert::Infallible, sync::Arc, sync::atomic::Ordering, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract,
    http::{HeaderMap, HeaderValue, Response, Uri, header},
    routing::{get, post},
};
use counterfoil_feed::{
    ApiFacts, Head, HeadCheck, Instance, LeaseRefusal, LeaseRequest, MacKey, Nonce, Resume,
    ResyncReason, Revision, SnapshotRequest, SnapshotTerms, lease_time::DEFAULT_RHO_PPM, sse,
};
use counterfoil_jose::JwkSet;
use counterfoil_oauth::{
    client_auth::PresentedClient,
    error::{ErrorCode, OAuthError},
    model::{Api, TokenFormat},
    params::Params,
};
use futures_util::stream;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use super::{
    hub::{Feed, lock},
    open::{feed_of, terms},
};
use crate::{
    door::{self, Refused},
    routes::token::prove,
    state::State,
};

/// Longest wait of a long poll: proxies cut silent connections after a minute or so.
const LONG_POLL_MS_MAX: u64 = 30_000;

/// How long a request waits until this node has read its log.
const CATCH_UP: Duration = Duration::from_secs(2);

/// Seconds that the feed's keys may be cached.
const KEYS_MAX_AGE_SECS: i64 = 300;

pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/feed/v1/snapshot", get(snapshot))
        .route("/feed/v1/stream", get(stream))
        .route("/feed/v1/diff", get(diff))
        .route("/feed/v1/lease", post(lease))
        .route("/feed/v1/keys", get(keys))
}

type Shared = extract::State<Arc<State>>;

async fn keys(extract::State(state): Shared) -> Response<Body> {
    let set = JwkSet::from_keys(vec![state.keyring().feed().public_jwk()]);
    door::json_bytes(Bytes::from(set.to_json().to_string()), KEYS_MAX_AGE_SECS)
}

async fn snapshot(extract::State(state): Shared, headers: HeaderMap, uri: Uri) -> Response<Body> {
    reply(take_snapshot(&state, &headers, &uri).await)
}

async fn take_snapshot(
    state: &Arc<State>,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Response<Body>, Refused> {
    let (api, feed) = enter(state, headers).await?;
    let params = query(uri)?;
    let nonce = params.get("nonce").and_then(Nonce::parse).ok_or_else(|| {
        OAuthError::invalid_request("`nonce` must be 16 fresh bytes in base64url")
    })?;
    let request = SnapshotRequest {
        nonce,
        instance: params.get("instance").and_then(Instance::parse),
        have: params.get("have").and_then(Head::parse),
    };
    let secrets = state.api_secrets(Some(api.id));
    let mac_keys = vec![MacKey { id: 1, key: secrets.keys.mac_secret.clone() }];
    let facts = facts(&api);
    feed.flush(state);
    let snapshot_terms = SnapshotTerms {
        lease_ms: terms(&api).lease_ms(),
        rho_ppm: DEFAULT_RHO_PPM,
        facts,
        mac_keys,
    };
    let lost = {
        let inner = lock(&feed.inner);
        request.have.is_some_and(|have| is_lost(inner.publisher.check_head(&have)))
    };
    if lost {
        return Err(history_lost(state).await);
    }
    let mut inner = lock(&feed.inner);
    inner.leases.set_terms(terms(&api));
    // A name is kept only where this node gave it: anybody could claim another's.
    let known = request.instance.clone().filter(|instance| inner.leases.knows(instance));
    let instance = match known {
        Some(instance) => instance,
        None => inner
            .leases
            .register(state.config.clock.boot_ms(), &mut counterfoil_jose::crypto::SystemRng)
            .map_err(|error| {
                OAuthError::new(ErrorCode::TemporarilyUnavailable, error.to_string())
            })?,
    };
    let snapshot = inner.publisher.snapshot(&request, instance, snapshot_terms, state.now());
    drop(inner);
    Ok(jwt(state.feed_signer().snapshot(&snapshot)))
}

fn is_lost(check: HeadCheck) -> bool {
    matches!(check, HeadCheck::Forked | HeadCheck::Beyond)
}

/// A guard has applied what this log doesn't hold: a restore or a fail-over lost commits. A new
/// epoch makes everybody start over.
async fn history_lost(state: &State) -> Refused {
    tracing::error!("a guard has applied what this log does not hold; raising the epoch");
    match state.store.raise_epoch(state.iss).await {
        Ok(_) => OAuthError::new(
            ErrorCode::TemporarilyUnavailable,
            "the log has lost what this guard had applied; start over",
        )
        .into(),
        Err(error) => error.into(),
    }
}

fn facts(api: &Api) -> ApiFacts {
    let signed = api.profile.format != TokenFormat::Opaque;
    let format = match api.profile.format {
        TokenFormat::Opaque => "opaque",
        TokenFormat::Jwt => "jwt",
        TokenFormat::Jwe => "jwe",
    };
    ApiFacts {
        format: format.to_owned(),
        alg: signed.then(|| api.profile.alg.clone()),
        typ: signed.then(|| api.profile.typ.clone()),
        max_lifetime_secs: u64::from(api.profile.lifetime_secs),
    }
}

async fn lease(extract::State(state): Shared, headers: HeaderMap, body: Bytes) -> Response<Body> {
    reply(renew(&state, &headers, &body).await)
}

async fn renew(
    state: &Arc<State>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response<Body>, Refused> {
    let (_, feed) = enter(state, headers).await?;
    let request = LeaseRequest::parse(body)
        .map_err(|error| OAuthError::invalid_request(format!("not a lease request: {error}")))?;
    let granted = {
        let mut inner = lock(&feed.inner);
        let now_ms = state.config.clock.boot_ms();
        let iat = state.now();
        let super::hub::Inner { publisher, leases, .. } = &mut *inner;
        leases.renew(&request, publisher, now_ms, iat)
    };
    match granted {
        Ok(grant) => {
            state.hub.acknowledged();
            Ok(jwt(state.feed_signer().grant(&grant)))
        }
        Err(refusal) => {
            if refusal == LeaseRefusal::HistoryLost {
                let _told = history_lost(state).await;
            }
            Ok(door::json_no_store(409, &json!({ "error": refusal.as_str() })))
        }
    }
}

async fn diff(extract::State(state): Shared, headers: HeaderMap, uri: Uri) -> Response<Body> {
    reply(take_diff(&state, &headers, &uri).await)
}

/// Long poll: answers at once when there is news after the cursor, else as soon as there is.
async fn take_diff(
    state: &Arc<State>,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Response<Body>, Refused> {
    let (_, feed) = enter(state, headers).await?;
    let params = query(uri)?;
    let cursor = params.get("cursor").and_then(Head::parse).ok_or_else(|| {
        OAuthError::invalid_request("`cursor` must be a position, EPOCH.SEQ.HASH")
    })?;
    let wait_ms: u64 = params.get("wait_ms").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut live = feed.frames.subscribe();
    let mut diff = lock(&feed.inner).publisher.diff(&cursor);
    if diff.diff_set.is_empty() && !diff.more && wait_ms > 0 {
        let wait = Duration::from_millis(wait_ms.min(LONG_POLL_MS_MAX));
        // A heartbeat is no news.
        let news = async {
            while let Ok(frame) = live.recv().await {
                if !frame.frame.is_empty_range() {
                    break;
                }
            }
        };
        let _news = tokio::time::timeout(wait, news).await;
        diff = lock(&feed.inner).publisher.diff(&cursor);
    }
    let mut response = door::json_bytes(Bytes::from(diff.to_json()), 0);
    no_store(&mut response);
    Ok(response)
}

async fn stream(extract::State(state): Shared, headers: HeaderMap, uri: Uri) -> Response<Body> {
    reply(open_stream(&state, &headers, &uri).await)
}

async fn open_stream(
    state: &Arc<State>,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Response<Body>, Refused> {
    let (_, feed) = enter(state, headers).await?;
    let params = query(uri)?;
    let after = params
        .get("after")
        .and_then(Head::parse)
        .ok_or_else(|| OAuthError::invalid_request("`after` must be a position, EPOCH.SEQ.HASH"))?;
    // Subscribed before the backlog is taken, so that nothing falls between; what comes twice is
    // recognised by its place.
    let live = feed.frames.subscribe();
    let resumed = lock(&feed.inner).publisher.resume(&after);
    let events = match resumed {
        Resume::Resync(ResyncReason::HistoryLost) => return Err(history_lost(state).await),
        Resume::Resync(reason) => vec![Ok::<_, Infallible>(Bytes::from(sse::resync_event(reason)))],
        Resume::Frames(backlog) => {
            let events: Vec<_> = std::iter::once(Bytes::from_static(sse::KEEP_ALIVE.as_bytes()))
                .chain(backlog.iter().map(|frame| Bytes::from(sse::frame_event(frame))))
                .map(Ok)
                .collect();
            let sent = backlog.last().map_or(after.at.seq, |frame| frame.frame.to_seq);
            return Ok(event_stream(Body::from_stream(stream::StreamExt::chain(
                stream::iter(events),
                follow(Arc::clone(state), feed, live, sent),
            ))));
        }
    };
    Ok(event_stream(Body::from_stream(stream::iter(events))))
}

type Live = tokio::sync::broadcast::Receiver<Arc<counterfoil_feed::SealedFrame>>;

/// The live frames after `sent`, until the stream falls behind or the feed is stopped.
fn follow(
    state: Arc<State>,
    feed: Arc<Feed>,
    live: Live,
    sent: Revision,
) -> impl stream::Stream<Item = Result<Bytes, Infallible>> {
    let stopping = state.stopping.subscribe();
    let start = (Counted::new(state), feed, live, sent, stopping);
    stream::unfold(start, |(counted, feed, mut live, mut sent, mut stopping)| async move {
        loop {
            let received = tokio::select! {
                received = live.recv() => received,
                _ = stopping.wait_for(|stopping| *stopping) => return None,
            };
            match received {
                _ if !counted.0.feed_running.load(Ordering::Acquire) => return None,
                Ok(frame) if !frame.frame.is_empty_range() && frame.frame.to_seq <= sent => {}
                Ok(frame) => {
                    sent = sent.max(frame.frame.to_seq);
                    let event = Bytes::from(sse::frame_event(&frame));
                    return Some((Ok(event), (counted, feed, live, sent, stopping)));
                }
                // It comes again and resumes from the ring.
                Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
            }
        }
    })
}

/// An open stream, counted while it lasts.
struct Counted(Arc<State>);

impl Counted {
    fn new(state: Arc<State>) -> Self {
        state.metrics.stream_opened();
        Self(state)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.metrics.stream_closed();
    }
}

/// Lets an API's own client in.
async fn enter(state: &Arc<State>, headers: &HeaderMap) -> Result<(Arc<Api>, Arc<Feed>), Refused> {
    if !state.feed_running.load(Ordering::Acquire) {
        return Err(
            OAuthError::new(ErrorCode::TemporarilyUnavailable, "the feed is stopped").into()
        );
    }
    let presented = PresentedClient::parse(door::authorization(headers)?, &Params::default())?;
    let client = prove(state, &presented).await?;
    let api = match client.client().owner_api {
        Some(api) if client.is_confidential() => state.facts.api(api).await?,
        _ => None,
    };
    let api = api.ok_or_else(|| {
        OAuthError::new(ErrorCode::UnauthorizedClient, "the feed is for an API's own client")
    })?;
    catch_up(state).await?;
    let feed = feed_of(state, &api).await?;
    Ok((api, feed))
}

/// The head is looked up after the request came, and the log is read up to it before the answer: a
/// node that has lost its database, or its place, must not keep guards going.
async fn catch_up(state: &State) -> Result<(), Refused> {
    let head = state.store.head(state.iss).await?;
    let mut applied = state.applied.subscribe();
    let caught_up = applied.wait_for(|at| *at >= head.revision);
    if tokio::time::timeout(CATCH_UP, caught_up).await.is_err() {
        let text = "this server has not caught up with its log";
        return Err(OAuthError::new(ErrorCode::TemporarilyUnavailable, text).into());
    }
    Ok(())
}

fn query(uri: &Uri) -> Result<Params, OAuthError> {
    Ok(Params::parse(uri.query().unwrap_or_default().as_bytes())?)
}

fn reply(result: Result<Response<Body>, Refused>) -> Response<Body> {
    result.unwrap_or_else(|refused| door::oauth_error(&refused.into_oauth(), true))
}

fn jwt(compact: String) -> Response<Body> {
    let mut response = door::text(200, &compact);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jwt"));
    no_store(&mut response);
    response
}

fn event_stream(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // Proxies that buffer would turn a stream into a lump.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    no_store(&mut response);
    response
}

fn no_store(response: &mut Response<Body>) {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
