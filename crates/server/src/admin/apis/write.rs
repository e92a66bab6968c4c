//! Registering, changing and deleting APIs.

use axum::extract::{self, Path};
use counterfoil_oauth::model::{
    Api, ApiId, ApiProfile, Batch, Effect, Fact, Guard, Reason, Target,
};
use serde_json::{Map, Value};

use super::{load, profile, view, view_with};
use crate::{
    admin::{
        Answer, Shared,
        body::JsonBody,
        change::{ATTEMPTS, Changing, Done, commit, ended, gave_up, noted, refetch},
        clients::{ClientName, NewSecret},
        guard, id,
        problem::{Code, Problem},
        schema,
    },
    state::State,
    world::new_api,
};

pub(crate) async fn create(
    changing: Changing,
    extract::State(state): Shared,
    JsonBody(mut body): JsonBody,
) -> Answer {
    schema::check("Api", &body)?;
    let resource = take(&mut body, "resource").unwrap_or_default();
    profile::check_resource(&state, &resource)?;
    let document = body.remove("profile").unwrap_or_default();
    let profile = profile::read(&state, &resource, document)?;
    free(&state, &resource).await?;
    let wanted = take(&mut body, "client_id");
    let name = ClientName::choose(&state, wanted.as_deref()).await?;
    for _ in 0..ATTEMPTS {
        let secret = NewSecret::draw(&state);
        let own = (name.as_str(), secret.hash());
        let (api, own) = new_api(&state, &resource, &profile, own);
        let changes = vec![
            noted(Target::Api(api.id), Reason::Created),
            noted(Target::Client(own.id), Reason::Created),
        ];
        let effects = vec![Effect::InsertApi(api.clone()), Effect::InsertClient(own.clone())];
        if let Some(seq) = commit(&state, Batch { guards: Vec::new(), effects, changes }).await? {
            let made = Some(format!("/admin/v1/apis/{}", api.id.get()));
            let mut body = view_with(&Api { version: seq, ..api }, Some(&own.client_id));
            secret.tell(&mut body);
            let done = Done { seq, body, version: Some(seq), made };
            return Ok(changing.answer(&state, done).await);
        }
        free(&state, &resource).await?;
        name.free(&state).await?;
    }
    Err(gave_up())
}

pub(crate) async fn update(
    changing: Changing,
    extract::State(state): Shared,
    Path(api): Path<String>,
    JsonBody(body): JsonBody,
) -> Answer {
    let id = ApiId::new(id(&api)?);
    for _ in 0..ATTEMPTS {
        let current = load(&state, id).await?;
        changing.if_match.check(current.version)?;
        let shown = view(&state, &current).await?;
        let document = schema::patch("Api", shown.clone(), body.clone())?;
        let profile = changed_profile(&state, &current, &shown, document)?;
        if profile == current.profile {
            // Nothing to change: in force as far as this node knows.
            let (seq, version) = (state.revision(), Some(current.version));
            let done = Done { seq, body: shown, version, made: None };
            return Ok(changing.answer(&state, done).await);
        }
        let mut changed = Api { profile, updated_at: state.now(), ..current.clone() };
        let batch = Batch {
            guards: vec![Guard::Unchanged(Fact::Api(id), current.version)],
            effects: vec![Effect::UpdateApi(changed.clone())],
            // What the API learned under the old profile is asked for again.
            changes: vec![refetch(Target::Api(id), changed.updated_at)],
        };
        if let Some(seq) = commit(&state, batch).await? {
            changed.version = seq;
            let body = view(&state, &changed).await?;
            let done = Done { seq, body, version: Some(seq), made: None };
            return Ok(changing.answer(&state, done).await);
        }
    }
    Err(gave_up())
}

fn changed_profile(
    state: &State,
    current: &Api,
    shown: &Map<String, Value>,
    mut document: Map<String, Value>,
) -> Result<ApiProfile, Problem> {
    // Tokens, feeds and other people's configuration name these.
    for name in ["resource", "client_id"] {
        if document.get(name) != shown.get(name) {
            let detail = format!("`{name}` can't be changed; register another API");
            return Err(Problem::at(Code::ReadOnlyMember, schema::pointer("", name), detail));
        }
    }
    let profile = document.remove("profile").unwrap_or_default();
    profile::read(state, &current.resource, profile)
}

pub(crate) async fn remove(
    changing: Changing,
    extract::State(state): Shared,
    Path(api): Path<String>,
) -> Answer {
    let id = ApiId::new(id(&api)?);
    for _ in 0..ATTEMPTS {
        let current = load(&state, id).await?;
        changing.if_match.check(current.version)?;
        if current.resource == guard::name(&state) {
            let detail = "this is the admin API itself; without it nobody could get back in";
            return Err(Problem::new(Code::WrongState, detail));
        }
        let now = state.now();
        let batch = Batch {
            guards: vec![Guard::Unchanged(Fact::Api(id), current.version)],
            effects: vec![Effect::DeleteApi(id), Effect::DeleteClient(current.client)],
            changes: vec![
                ended(Target::Api(id), Reason::Deleted, now),
                ended(Target::Client(current.client), Reason::Deleted, now),
            ],
        };
        if let Some(seq) = commit(&state, batch).await? {
            return Ok(changing.answer(&state, Done { seq, ..Done::default() }).await);
        }
    }
    Err(gave_up())
}

fn take(document: &mut Map<String, Value>, name: &str) -> Option<String> {
    document.remove(name).and_then(|value| value.as_str().map(str::to_owned))
}

/// Refuses a `resource` that is registered already.
async fn free(state: &State, resource: &str) -> Result<(), Problem> {
    if state.store.api_by_resource(state.iss, resource).await?.value.is_some() {
        let detail = format!("an API is registered as `{resource}` already");
        return Err(Problem::at(Code::Taken, "/resource", detail));
    }
    Ok(())
}
