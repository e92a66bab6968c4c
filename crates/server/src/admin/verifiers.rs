//! The guards that are connected to this node.

use axum::extract;
use counterfoil_feed::{InstanceState, InstanceView};
use serde_json::{Value, json};

use super::{Answer, Shared, guard::AdminCaller, query::Query, reply};

pub(super) async fn list(_: AdminCaller, extract::State(state): Shared, query: Query) -> Answer {
    query.only(&[])?;
    let mut items = Vec::new();
    for (api, instances) in state.hub.instances(state.config.clock.boot_ms()) {
        // A feed of an API that was deleted meanwhile has nobody left to list.
        let Some(api) = state.facts.api(api).await? else { continue };
        items.extend(instances.iter().map(|instance| view(&api.resource, instance)));
    }
    Ok(reply(200, &json!({ "items": items })))
}

fn view(resource: &str, instance: &InstanceView) -> Value {
    let state = match instance.state {
        InstanceState::Syncing => "syncing",
        InstanceState::Leased => "leased",
        InstanceState::Lapsed => "lapsed",
    };
    json!({
        "api": resource,
        "instance": instance.instance.as_str(),
        "state": state,
        "applied_seq": instance.applied_seq.get(),
        "lag": instance.lag,
        "lease_left_ms": instance.lease_left_ms,
    })
}
