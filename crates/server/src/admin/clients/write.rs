//! Making, changing and deleting clients.

use axum::extract::{self, Path};
use counterfoil_oauth::model::{
    Batch, Client, ClientId, ClientSettings, Effect, Fact, Guard, Reason, Revision, Target,
};
use serde_json::{Map, Value};

use super::{
    ClientName, NewSecret, load,
    secret::needs_secret,
    settings::{Checked, check_own},
    standing, view,
};
use crate::{
    admin::{
        Answer, Shared,
        body::JsonBody,
        change::{ATTEMPTS, Changing, Done, commit, ended, gave_up, noted},
        id,
        problem::{Code, Problem},
        schema,
    },
    state::State,
};

pub(crate) async fn create(
    changing: Changing,
    extract::State(state): Shared,
    JsonBody(mut body): JsonBody,
) -> Answer {
    schema::check("Client", &body)?;
    let wanted = take_name(&mut body);
    let name = ClientName::choose(&state, wanted.as_deref()).await?;
    for _ in 0..ATTEMPTS {
        let Checked { settings, guards } = Checked::read(&state, body.clone(), None).await?;
        if settings.grant_types.is_empty() {
            let detail = "a client without a grant can do nothing";
            return Err(Problem::member("/grant_types", detail));
        }
        let secret =
            needs_secret(settings.token_endpoint_auth_method).then(|| NewSecret::draw(&state));
        let now = state.now();
        let client = Client {
            id: ClientId::mint(state.now_ms(), &mut counterfoil_jose::crypto::SystemRng),
            client_id: name.as_str().to_owned(),
            secret: secret.as_ref().map(NewSecret::hash),
            owner_api: None,
            settings,
            created_at: now,
            updated_at: now,
            version: Revision::ZERO,
        };
        let batch = Batch {
            guards,
            effects: vec![Effect::InsertClient(client.clone())],
            changes: vec![noted(Target::Client(client.id), Reason::Created)],
        };
        if let Some(seq) = commit(&state, batch).await? {
            let made = Some(format!("/admin/v1/clients/{}", client.id.get()));
            let done = Done { made, ..stored(client, seq, secret) };
            return Ok(changing.answer(&state, done).await);
        }
        name.free(&state).await?;
    }
    Err(gave_up())
}

pub(crate) async fn update(
    changing: Changing,
    extract::State(state): Shared,
    Path(client): Path<String>,
    JsonBody(body): JsonBody,
) -> Answer {
    let id = ClientId::new(id(&client)?);
    for _ in 0..ATTEMPTS {
        let current = load(&state, id).await?;
        changing.if_match.check(current.version)?;
        let Planned { changed, secret, batch } = plan(&state, &current, body.clone()).await?;
        let Some(batch) = batch else {
            // Nothing to change: in force as far as this node knows.
            let version = current.version;
            let done = Done { seq: state.revision(), ..stored(current, version, None) };
            return Ok(changing.answer(&state, done).await);
        };
        if let Some(version) = commit(&state, batch).await? {
            let raced = end_raced(&state, &current, &changed).await?;
            let done = Done { seq: raced.unwrap_or(version), ..stored(changed, version, secret) };
            return Ok(changing.answer(&state, done).await);
        }
    }
    Err(gave_up())
}

/// A change, decided.
struct Planned {
    changed: Client,
    secret: Option<NewSecret>,
    /// `None`: nothing changes.
    batch: Option<Batch>,
}

async fn plan(
    state: &State,
    current: &Client,
    patch: Map<String, Value>,
) -> Result<Planned, Problem> {
    let mut document = schema::patch("Client", view(current), patch)?;
    if take_name(&mut document).is_none_or(|name| name != current.client_id) {
        let detail = "`client_id` can't be changed; make another client";
        return Err(Problem::at(Code::ReadOnlyMember, "/client_id", detail));
    }
    let Checked { settings, mut guards } =
        Checked::read(state, document, Some(&current.settings)).await?;
    if current.owner_api.is_some() {
        check_own(&settings)?;
    }
    let keeps = needs_secret(settings.token_endpoint_auth_method);
    let secret = (keeps && current.secret.is_none()).then(|| NewSecret::draw(state));
    let changed = Client {
        secret: match &secret {
            Some(secret) => Some(secret.hash()),
            None => current.secret.clone().filter(|_| keeps),
        },
        settings,
        updated_at: state.now(),
        ..current.clone()
    };
    if same(&current.settings, &changed.settings) {
        return Ok(Planned { changed, secret: None, batch: None });
    }
    guards.push(Guard::Unchanged(Fact::Client(current.id), current.version));
    let mut batch = Batch {
        guards,
        effects: vec![Effect::UpdateClient(changed.clone())],
        changes: vec![noted(Target::Client(current.id), Reason::Updated)],
    };
    let settings = (&current.settings, &changed.settings);
    standing::end_stale(state, current.id, settings, &mut batch).await?;
    Ok(Planned { changed, secret, batch: Some(batch) })
}

/// Ends standing grants that were made from the old settings while the new ones were being stored.
async fn end_raced(state: &State, old: &Client, new: &Client) -> Result<Option<Revision>, Problem> {
    let mut batch = Batch::default();
    standing::end_stale(state, new.id, (&old.settings, &new.settings), &mut batch).await?;
    if batch.effects.is_empty() { Ok(None) } else { commit(state, batch).await }
}

pub(crate) async fn remove(
    changing: Changing,
    extract::State(state): Shared,
    Path(client): Path<String>,
) -> Answer {
    let id = ClientId::new(id(&client)?);
    for _ in 0..ATTEMPTS {
        let current = load(&state, id).await?;
        changing.if_match.check(current.version)?;
        if current.owner_api.is_some() {
            let detail = "this is an API's own client; delete the API instead";
            return Err(Problem::new(Code::WrongState, detail));
        }
        let batch = Batch {
            guards: vec![Guard::Unchanged(Fact::Client(id), current.version)],
            effects: vec![Effect::DeleteClient(id)],
            changes: vec![ended(Target::Client(id), Reason::Deleted, state.now())],
        };
        if let Some(seq) = commit(&state, batch).await? {
            return Ok(changing.answer(&state, Done { seq, ..Done::default() }).await);
        }
    }
    Err(gave_up())
}

fn take_name(document: &mut Map<String, Value>) -> Option<String> {
    document.remove("client_id").and_then(|name| name.as_str().map(str::to_owned))
}

fn same(a: &ClientSettings, b: &ClientSettings) -> bool {
    serde_json::to_value(a).ok() == serde_json::to_value(b).ok()
}

/// The answer that shows a client as it is stored at a version.
fn stored(mut client: Client, version: Revision, secret: Option<NewSecret>) -> Done {
    client.version = version;
    let mut body = view(&client);
    if let Some(secret) = secret {
        secret.tell(&mut body);
    }
    Done { seq: version, body, version: Some(version), made: None }
}
