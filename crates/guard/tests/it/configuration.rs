//! What a guard refuses to start with.

use crate::clock::VirtualClock;
use crate::issuer::{AUD, Issuer};
use crate::world::credential;
use counterfoil_guard::{ConnectError, Guard};
use std::time::Duration;

fn refused(issuer: &str, resource: &str) -> String {
    Guard::connect_lazy(issuer, resource, credential()).unwrap_err().to_string()
}

#[tokio::test]
async fn a_half_configuration_does_not_start() {
    insta::assert_snapshot!(
        refused("", AUD),
        @"no issuer: set the issuer's URL"
    );
    insta::assert_snapshot!(
        refused("https://id.example", ""),
        @"no resource: set the API's `resource`, its audience"
    );
    insta::assert_snapshot!(
        refused("http://id.example", AUD),
        @"the issuer `http://id.example` is http on another host: use https, or a loopback host"
    );
    insta::assert_snapshot!(
        refused("id.example", AUD),
        @"the issuer `id.example` is not an https URL without query, fragment and user"
    );
}

/// Acceptance question 24: both names, and where they part.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_that_calls_itself_otherwise_is_refused() {
    let issuer = Issuer::new(VirtualClock::new()).await;
    issuer.start().await;
    issuer.call_itself(&format!("{}/", issuer.url));
    let error = Guard::connect(&issuer.url, AUD, credential()).await.unwrap_err();
    let at = issuer.url.len() + 1;
    assert_eq!(
        error.to_string(),
        format!(
            "the issuer calls itself `{url}/`, but `{url}` is configured: they differ from \
             character {at} on",
            url = issuer.url
        )
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_credential_is_named_as_the_reason() {
    let issuer = Issuer::new(VirtualClock::new()).await;
    issuer.start().await;
    let wrong = counterfoil_guard::ApiCredential::new("orders-api", "wrong");
    let guard = Guard::connect_lazy(&issuer.url, AUD, wrong).unwrap();
    let waiting = async {
        while guard.status().trouble.is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap();
    let error = guard.ready(Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotFresh { .. }));
    assert_eq!(
        error.to_string(),
        "the issuer did not let this guard become fresh: snapshot: status 401"
    );
}
