//! What an issuer begins with: users, clients and APIs, made where they are missing.

use std::fmt;

use counterfoil_oauth::{
    client_auth::hash_secret,
    model::{
        Api, ApiId, ApiProfile, Batch, Change, ClaimMap, Client, ClientAuthMethod, ClientId,
        ClientSettings, Digest, Effect, GrantType, Mode, PasswordHash, Reason, RefreshPolicy,
        Revision, Target, User, UserId, UserStatus,
    },
};
use counterfoil_store::{CommitError, StoreError};

use serde::Deserialize;

use crate::{password, permissions, state::State};

/// What an issuer begins with.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct World {
    /// APIs, each with its own confidential client.
    pub apis: Vec<WorldApi>,
    /// Clients.
    pub clients: Vec<WorldClient>,
    /// Users.
    pub users: Vec<WorldUser>,
    /// Permission stores.
    pub permission_stores: Vec<WorldStore>,
}

/// A permission store to begin with. One that exists is left as it is.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldStore {
    /// Its id, a ULID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The id of its first model, a ULID.
    pub model_id: String,
    /// That model, in OpenFGA's language.
    pub model: String,
    /// Its first tuples, each `object#relation@user`.
    pub tuples: Vec<String>,
}

/// An API to begin with.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldApi {
    /// Its `resource` URI.
    pub resource: String,
    /// Its profile.
    pub profile: ApiProfile,
    /// The `client_id` of its own client.
    pub client_id: String,
    /// That client's secret.
    pub client_secret: String,
}

/// A client to begin with.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldClient {
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret, where it has one.
    #[serde(default)]
    pub client_secret: Option<String>,
    /// Its settings.
    pub settings: ClientSettings,
}

/// A user to begin with.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldUser {
    /// The subject identifier.
    pub sub: String,
    /// What the user types.
    pub username: String,
    /// The password.
    pub password: String,
    /// Its hash, where that is known already: hashing takes time and memory at every start.
    #[serde(default)]
    pub password_hash: Option<String>,
    /// Everything known about the user.
    pub claims: ClaimMap,
    /// Whether the user may not act.
    #[serde(default)]
    pub suspended: bool,
}

/// A world holds secrets; only its size is shown.
impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (apis, clients, users) = (self.apis.len(), self.clients.len(), self.users.len());
        write!(f, "World({apis} APIs, {clients} clients, {users} users)")
    }
}

/// Why a world can't be made.
#[derive(Debug)]
pub enum WorldError {
    /// The database.
    Store(StoreError),
    /// The database.
    Commit(CommitError),
    /// A password can't be hashed.
    Password,
    /// A permission store can't be made.
    Permissions(String),
}

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Commit(error) => error.fmt(f),
            Self::Password => f.write_str("a password can't be hashed"),
            Self::Permissions(why) => write!(f, "a permission store: {why}"),
        }
    }
}

impl std::error::Error for WorldError {}

impl From<StoreError> for WorldError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<CommitError> for WorldError {
    fn from(error: CommitError) -> Self {
        Self::Commit(error)
    }
}

/// Settings of an API's own client: it introspects and follows the feed, and gets no tokens.
fn api_client_settings(name: &str) -> ClientSettings {
    ClientSettings {
        client_name: name.to_owned(),
        token_endpoint_auth_method: ClientAuthMethod::ClientSecretBasic,
        jwks: None,
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        grant_types: Vec::<GrantType>::new(),
        scopes: Vec::new(),
        application_type: counterfoil_oauth::model::ApplicationType::Web,
        consent: counterfoil_oauth::model::ConsentPolicy::Ask,
        strict: false,
        id_token_signed_response_alg: "RS256".to_owned(),
        default_max_age: None,
        require_auth_time: false,
        refresh: RefreshPolicy::default(),
        apis: Vec::new(),
        lax_assertion_audience: false,
    }
}

/// Makes everything of a world that isn't there yet.
pub(crate) async fn apply(state: &State, world: &World) -> Result<(), WorldError> {
    for api in &world.apis {
        if state.store.api_by_resource(state.iss, &api.resource).await?.value.is_none() {
            commit(state, api_batch(state, api)).await?;
        }
    }
    for client in &world.clients {
        let known = state.store.client_by_client_id(state.iss, &client.client_id).await?.value;
        if known.is_none() {
            commit(state, client_batch(state, client)).await?;
        }
    }
    for user in &world.users {
        if state.store.user_by_username(state.iss, &user.username).await?.value.is_none() {
            let batch = user_batch(state, user).await?;
            commit(state, batch).await?;
        }
    }
    for store in &world.permission_stores {
        permissions::begin(state, store).await.map_err(WorldError::Permissions)?;
    }
    Ok(())
}

async fn commit(state: &State, batch: Batch) -> Result<(), WorldError> {
    match state.commit(batch).await {
        // Another node was first.
        Ok(_) | Err(CommitError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn made(target: Target) -> Change {
    Change { target, mode: Mode::Soft, reason: Reason::Created, expires_at: None }
}

/// A new API and its own confidential client, with its name and its hashed secret.
pub(crate) fn new_api(
    state: &State,
    resource: &str,
    profile: &ApiProfile,
    (client_id, secret): (&str, Digest),
) -> (Api, Client) {
    let now = state.now();
    let rng = &mut counterfoil_jose::crypto::SystemRng;
    let api = ApiId::mint(state.now_ms(), rng);
    let client = ClientId::mint(state.now_ms(), rng);
    let own = Client {
        id: client,
        client_id: client_id.to_owned(),
        secret: Some(secret),
        owner_api: Some(api),
        settings: api_client_settings(&profile.name),
        created_at: now,
        updated_at: now,
        version: Revision::ZERO,
    };
    let api = Api {
        id: api,
        resource: resource.to_owned(),
        client,
        profile: profile.clone(),
        created_at: now,
        updated_at: now,
        version: Revision::ZERO,
    };
    (api, own)
}

fn api_batch(state: &State, world: &WorldApi) -> Batch {
    let own = (world.client_id.as_str(), hash_secret(&world.client_secret));
    let (api, own) = new_api(state, &world.resource, &world.profile, own);
    let changes = vec![made(Target::Api(api.id)), made(Target::Client(own.id))];
    Batch {
        guards: Vec::new(),
        effects: vec![Effect::InsertApi(api), Effect::InsertClient(own)],
        changes,
    }
}

fn client_batch(state: &State, world: &WorldClient) -> Batch {
    let now = state.now();
    let id = ClientId::mint(state.now_ms(), &mut counterfoil_jose::crypto::SystemRng);
    let client = Client {
        id,
        client_id: world.client_id.clone(),
        secret: world.client_secret.as_deref().map(hash_secret),
        owner_api: None,
        settings: world.settings.clone(),
        created_at: now,
        updated_at: now,
        version: Revision::ZERO,
    };
    Batch {
        guards: Vec::new(),
        effects: vec![Effect::InsertClient(client)],
        changes: vec![made(Target::Client(id))],
    }
}

async fn user_batch(state: &State, world: &WorldUser) -> Result<Batch, WorldError> {
    let now = state.now();
    let id = UserId::mint(state.now_ms(), &mut counterfoil_jose::crypto::SystemRng);
    let password = match &world.password_hash {
        Some(known) => Some(PasswordHash::new(known.clone())),
        None => {
            let salt: password::Salt = state.random();
            state.passwords.hash(world.password.clone(), salt).await
        }
    };
    let user = User {
        id,
        sub: world.sub.clone(),
        username: world.username.clone(),
        password: Some(password.ok_or(WorldError::Password)?),
        status: if world.suspended { UserStatus::Suspended } else { UserStatus::Active },
        claims: world.claims.clone(),
        created_at: now,
        updated_at: now,
        version: Revision::ZERO,
    };
    Ok(Batch {
        guards: Vec::new(),
        effects: vec![Effect::InsertUser(user)],
        changes: vec![made(Target::User(id))],
    })
}
