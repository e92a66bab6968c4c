//! What the node knows without asking the database: clients, APIs, users and grants, each as fresh
//! as the newest change that the node has applied.

mod slots;

use std::sync::Arc;

use counterfoil_oauth::model::{
    Api, ApiId, Client, ClientId, Grant, GrantId, IssuerId, Revision, Target, User, UserId,
};
use counterfoil_store::{Store, StoreError};

use slots::Slots;

/// Most clients and APIs kept: some hundred bytes each.
const CONFIGURATION_MAX: usize = 10_000;

/// Most users and grants kept: about a kilobyte each, so some hundred megabytes at the very most.
const PEOPLE_MAX: usize = 100_000;

/// The node's facts.
pub(crate) struct Facts {
    store: Store,
    iss: IssuerId,
    clients: Slots<ClientId, Client>,
    client_ids: Slots<String, ClientId>,
    apis: Slots<ApiId, Api>,
    resources: Slots<String, ApiId>,
    users: Slots<UserId, User>,
    grants: Slots<GrantId, Grant>,
    standing: Slots<(ClientId, ApiId), GrantId>,
}

impl Facts {
    pub(crate) fn new(store: Store, iss: IssuerId) -> Self {
        Self {
            store,
            iss,
            clients: Slots::new(CONFIGURATION_MAX),
            client_ids: Slots::new(CONFIGURATION_MAX),
            apis: Slots::new(CONFIGURATION_MAX),
            resources: Slots::new(CONFIGURATION_MAX),
            users: Slots::new(PEOPLE_MAX),
            grants: Slots::new(PEOPLE_MAX),
            standing: Slots::new(PEOPLE_MAX),
        }
    }

    pub(crate) async fn client(&self, id: ClientId) -> Result<Option<Arc<Client>>, StoreError> {
        if let Some(client) = self.clients.get(&id) {
            return Ok(Some(client));
        }
        let loaded = self.store.client(self.iss, id).await?;
        Ok(loaded.value.map(|client| self.keep_client(client, loaded.revision)))
    }

    pub(crate) async fn client_by_client_id(
        &self,
        client_id: &str,
    ) -> Result<Option<Arc<Client>>, StoreError> {
        if let Some(id) = self.client_ids.get(client_id)
            && let Some(client) = self.clients.get(&*id)
        {
            return Ok(Some(client));
        }
        let loaded = self.store.client_by_client_id(self.iss, client_id).await?;
        Ok(loaded.value.map(|client| self.keep_client(client, loaded.revision)))
    }

    fn keep_client(&self, client: Client, revision: Revision) -> Arc<Client> {
        let client = Arc::new(client);
        self.client_ids.put(client.client_id.clone(), Arc::new(client.id), revision);
        self.clients.put(client.id, Arc::clone(&client), revision);
        client
    }

    pub(crate) async fn api(&self, id: ApiId) -> Result<Option<Arc<Api>>, StoreError> {
        if let Some(api) = self.apis.get(&id) {
            return Ok(Some(api));
        }
        let loaded = self.store.api(self.iss, id).await?;
        Ok(loaded.value.map(|api| self.keep_api(api, loaded.revision)))
    }

    pub(crate) async fn api_by_resource(
        &self,
        resource: &str,
    ) -> Result<Option<Arc<Api>>, StoreError> {
        if let Some(id) = self.resources.get(resource)
            && let Some(api) = self.apis.get(&*id)
        {
            return Ok(Some(api));
        }
        let loaded = self.store.api_by_resource(self.iss, resource).await?;
        Ok(loaded.value.map(|api| self.keep_api(api, loaded.revision)))
    }

    fn keep_api(&self, api: Api, revision: Revision) -> Arc<Api> {
        let api = Arc::new(api);
        self.resources.put(api.resource.clone(), Arc::new(api.id), revision);
        self.apis.put(api.id, Arc::clone(&api), revision);
        api
    }

    pub(crate) async fn user(&self, id: UserId) -> Result<Option<Arc<User>>, StoreError> {
        if let Some(user) = self.users.get(&id) {
            return Ok(Some(user));
        }
        let loaded = self.store.user(self.iss, id).await?;
        Ok(loaded.value.map(|user| {
            let user = Arc::new(user);
            self.users.put(id, Arc::clone(&user), loaded.revision);
            user
        }))
    }

    /// A grant for reading what never changes in it (whose, to whom, scopes) and whether it was
    /// revoked. Its refresh family is not kept fresh here: [`Facts::grant_now`].
    pub(crate) async fn grant(&self, id: GrantId) -> Result<Option<Arc<Grant>>, StoreError> {
        if let Some(grant) = self.grants.get(&id) {
            return Ok(Some(grant));
        }
        let loaded = self.store.grant(self.iss, id).await?;
        Ok(loaded.value.map(|grant| {
            let grant = Arc::new(grant);
            self.grants.put(id, Arc::clone(&grant), loaded.revision);
            grant
        }))
    }

    /// A grant as it is in the database now, refresh family included.
    pub(crate) async fn grant_now(&self, id: GrantId) -> Result<Option<Arc<Grant>>, StoreError> {
        Ok(self.store.grant(self.iss, id).await?.value.map(Arc::new))
    }

    /// The standing grant of a client at an API.
    pub(crate) async fn standing(
        &self,
        client: ClientId,
        api: ApiId,
    ) -> Result<Option<Arc<Grant>>, StoreError> {
        if let Some(id) = self.standing.get(&(client, api))
            && let Some(grant) = self.grants.get(&*id)
        {
            return Ok(Some(grant));
        }
        let loaded = self.store.standing_grant(self.iss, client, api).await?;
        Ok(loaded.value.map(|grant| {
            let grant = Arc::new(grant);
            self.standing.put((client, api), Arc::new(grant.id), loaded.revision);
            self.grants.put(grant.id, Arc::clone(&grant), loaded.revision);
            grant
        }))
    }

    /// Forgets what a committed change is about.
    pub(crate) fn changed(&self, target: &Target, revision: Revision) {
        match target {
            Target::Client(id) => {
                self.clients.changed(*id, revision);
                // Standing grants copy the client's allowed scopes; they are few and cheap to load.
                self.standing.clear(revision);
            }
            Target::Api(id) => {
                self.apis.changed(*id, revision);
                self.standing.clear(revision);
            }
            Target::User(id) | Target::Claims(id) => self.users.changed(*id, revision),
            Target::Grant(id) => self.grants.changed(*id, revision),
            Target::Issuer => self.clear(revision),
            Target::Session(_) | Target::Token(_) | Target::Key(_) => {}
        }
    }

    /// Forgets everything, for example after the log had a gap.
    pub(crate) fn clear(&self, revision: Revision) {
        self.clients.clear(revision);
        self.client_ids.clear(revision);
        self.apis.clear(revision);
        self.resources.clear(revision);
        self.users.clear(revision);
        self.grants.clear(revision);
        self.standing.clear(revision);
    }

    /// Keeps the maps within their bounds.
    pub(crate) fn bound(&self, applied: Revision) {
        self.clients.bound(applied);
        self.client_ids.bound(applied);
        self.apis.bound(applied);
        self.resources.bound(applied);
        self.users.bound(applied);
        self.grants.bound(applied);
        self.standing.bound(applied);
    }
}
