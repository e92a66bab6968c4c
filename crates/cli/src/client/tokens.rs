use counterfoil_jose::UnixTime;
use counterfoil_server::{Clock as _, SystemClock};
use reqwest::Client;
use serde_json::Value;

use super::{
    http,
    issuer::{Issuer, oauth_error},
    wallet::{Access, Entry, Kept, Wallet},
};
use crate::failure::Failure;

/// Seconds before its end at which a token is replaced: it must outlive the call.
const LEAST_LEFT_SECS: i64 = 10;

/// An access token, and how it was come by.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) left_secs: i64,
    pub(crate) refreshed: bool,
}

/// The kept access token for a resource, or a new one by the refresh token.
pub(crate) async fn access_token(
    client: &Client,
    issuer: &str,
    resource: &str,
) -> Result<Token, Failure> {
    let wallet = Wallet::open()?;
    let locked = wallet.lock()?;
    let mut kept = locked.read()?;
    let entry = kept.issuers.get_mut(issuer).ok_or_else(|| not_signed_in(issuer))?;
    let now = SystemClock.now();
    if let Some(access) = entry.access.get(resource) {
        let left_secs = access.expires_at.since(now);
        if left_secs > LEAST_LEFT_SECS {
            return Ok(Token { text: access.token.clone(), left_secs, refreshed: false });
        }
    }
    if !resource.is_empty() && !entry.resources.iter().any(|known| known == resource) {
        return Err(Failure::failed(format!(
            "the sign-in was not for {resource}; run `counterfoil login --issuer {issuer} \
             --resource {resource}`"
        )));
    }
    let refresh_token = entry.refresh_token.clone().ok_or_else(|| not_signed_in(issuer))?;
    let metadata = Issuer::discover(client, issuer).await?;
    let mut fields = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token.as_str()),
        ("client_id", entry.client_id.as_str()),
    ];
    if !resource.is_empty() {
        fields.push(("resource", resource));
    }
    let request = http::form(client, metadata.endpoint("token_endpoint")?, &fields);
    let answer = http::exchange(request).await?;
    if answer.status != 200 {
        return Err(oauth_error(&answer));
    }
    let tokens = answer.json().unwrap_or_default();
    let access = keep(entry, &tokens, resource, now)?;
    // Before anything is done with the token: a rotated refresh token that was not kept is lost.
    locked.write(&kept)?;
    Ok(Token { left_secs: access.expires_at.since(now), text: access.token, refreshed: true })
}

/// Takes up what the token endpoint answered.
pub(crate) fn keep(
    entry: &mut Entry,
    tokens: &Value,
    resource: &str,
    now: UnixTime,
) -> Result<Access, Failure> {
    let text = |name: &str| tokens.get(name).and_then(Value::as_str).map(str::to_owned);
    let token = text("access_token")
        .ok_or_else(|| Failure::failed("the token endpoint answers without `access_token`"))?;
    let lifetime = tokens.get("expires_in").and_then(Value::as_i64).unwrap_or(0);
    let access = Access { token, expires_at: now.plus_secs(lifetime) };
    entry.access.insert(resource.to_owned(), access.clone());
    if let Some(refresh_token) = text("refresh_token") {
        entry.refresh_token = Some(refresh_token);
    }
    Ok(access)
}

/// Drops a token that was revoked or refused from what is kept.
pub(crate) fn forget(token: &str) -> Result<(), Failure> {
    let wallet = Wallet::open()?;
    let known = |kept: &Kept| {
        kept.issuers.values().any(|entry| {
            entry.refresh_token.as_deref() == Some(token)
                || entry.access.values().any(|access| access.token == token)
        })
    };
    if !known(&wallet.read()?) {
        return Ok(());
    }
    let locked = wallet.lock()?;
    let mut kept = locked.read()?;
    for entry in kept.issuers.values_mut() {
        entry.access.retain(|_, access| access.token != token);
        if entry.refresh_token.as_deref() == Some(token) {
            // Its whole family went with it.
            entry.refresh_token = None;
            entry.access.clear();
        }
    }
    locked.write(&kept)
}

fn not_signed_in(issuer: &str) -> Failure {
    Failure::failed(format!("not signed in: run `counterfoil login --issuer {issuer}`"))
}
