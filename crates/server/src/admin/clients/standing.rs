//! Standing grants copy a client's scopes at an API. When those change, the copy is ended, and the
//! client's next request makes a new one.

use counterfoil_oauth::model::{
    Batch, ClientId, ClientSettings, Effect, Grant, GrantType, Reason, Target,
};

use crate::{
    admin::{change::ended, problem::Problem},
    state::State,
};

/// Adds to a batch what ends the client's standing grants that the new settings don't warrant.
pub(super) async fn end_stale(
    state: &State,
    client: ClientId,
    (old, new): (&ClientSettings, &ClientSettings),
    batch: &mut Batch,
) -> Result<(), Problem> {
    let now = state.now();
    for resource in resources(old, new) {
        let Some(api) = state.store.api_by_resource(state.iss, resource).await?.value else {
            continue;
        };
        let standing = state.store.standing_grant(state.iss, client, api.id).await?.value;
        if let Some(standing) = standing.filter(|standing| !is_warranted(standing, new, resource)) {
            batch.effects.push(Effect::RevokeGrant(standing.id, now));
            batch.changes.push(ended(Target::Grant(standing.id), Reason::Updated, now));
        }
    }
    Ok(())
}

/// Every API that the client had or has; at most twice as many as a client may have.
fn resources<'a>(old: &'a ClientSettings, new: &'a ClientSettings) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for access in old.apis.iter().chain(&new.apis) {
        if !all.contains(&access.resource.as_str()) {
            all.push(&access.resource);
        }
    }
    all
}

fn is_warranted(standing: &Grant, settings: &ClientSettings, resource: &str) -> bool {
    let access = settings.apis.iter().find(|access| access.resource == resource);
    settings.grant_types.contains(&GrantType::ClientCredentials)
        && access.is_some_and(|access| access.scopes == standing.scopes)
}
