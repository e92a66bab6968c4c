//! The store's contract once more, in memory and without SQL.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_oauth::model::{
    Api, Batch, Change, Client, Consent, Effect, Fact, Grant, GrantKind, Guard, KeyState, Mode,
    Revision, Session, StoredKey, Target, User, UserStatus,
};
use counterfoil_store::{ConflictAt, StoredWatermark};

use crate::ground::{show_client, show_session, show_user};

#[derive(Clone, Default)]
pub struct Model {
    head: u64,
    users: BTreeMap<i64, User>,
    clients: BTreeMap<i64, Client>,
    apis: BTreeMap<i64, Api>,
    sessions: BTreeMap<i64, Session>,
    consents: BTreeMap<(i64, i64, i64), Consent>,
    grants: BTreeMap<i64, Grant>,
    assertions: BTreeSet<(i64, [u8; 32])>,
    keys: BTreeMap<String, StoredKey>,
    log: Vec<Change>,
    watermarks: BTreeMap<(i64, Vec<u8>, Mode), StoredWatermark>,
}

impl Model {
    /// All or nothing; the head after it.
    pub fn commit(&mut self, batch: &Batch) -> Result<u64, ConflictAt> {
        let mut next = self.clone();
        for (index, guard) in batch.guards.iter().enumerate() {
            next.holds(guard).then_some(()).ok_or(ConflictAt::Guard(index))?;
        }
        let version = Revision::new(next.head + batch.changes.len() as u64);
        for (index, effect) in batch.effects.iter().enumerate() {
            next.apply(effect, version).ok_or(ConflictAt::Effect(index))?;
        }
        for change in &batch.changes {
            next.note(change);
        }
        *self = next;
        Ok(self.head)
    }

    fn holds(&self, guard: &Guard) -> bool {
        match guard {
            Guard::Unchanged(fact, seen) => {
                let version = match fact {
                    Fact::User(id) => self.users.get(&id.get()).map(|row| row.version),
                    Fact::Client(id) => self.clients.get(&id.get()).map(|row| row.version),
                    Fact::Api(id) => self.apis.get(&id.get()).map(|row| row.version),
                };
                version.is_some_and(|version| version <= *seen)
            }
            Guard::UserActive(id) => {
                self.users.get(&id.get()).is_some_and(|user| user.status == UserStatus::Active)
            }
            Guard::ClientExists(id) => self.clients.contains_key(&id.get()),
            Guard::ApiExists(id) => self.apis.contains_key(&id.get()),
            Guard::SessionLive { session, user, now } => {
                self.sessions.get(&session.get()).is_some_and(|row| {
                    row.user == *user && row.ended_at.is_none() && row.expires_at > *now
                })
            }
            Guard::GrantLive(id) => {
                self.grants.get(&id.get()).is_some_and(|grant| grant.revoked_at.is_none())
            }
        }
    }

    fn note(&mut self, change: &Change) {
        self.head += 1;
        self.log.push(change.clone());
        let Some(expires_at) = change.expires_at else { return };
        let key = (change.target.kind().code(), change.target.bytes(), change.mode);
        let fresh = StoredWatermark {
            target: change.target.clone(),
            mode: change.mode,
            not_before: Revision::new(self.head),
            reason: change.reason,
            expires_at,
        };
        let mark = self.watermarks.entry(key).or_insert_with(|| fresh.clone());
        let expires_at = mark.expires_at.max(fresh.expires_at);
        *mark = StoredWatermark { expires_at, ..fresh };
    }

    /// `None` is a conflict; then the state is thrown away.
    fn apply(&mut self, effect: &Effect, version: Revision) -> Option<()> {
        match effect {
            Effect::InsertUser(_)
            | Effect::UpdateUser(_)
            | Effect::SetUserStatus(..)
            | Effect::SetPassword(..)
            | Effect::DeleteUser(_) => self.apply_user(effect, version),
            Effect::InsertClient(_)
            | Effect::UpdateClient(_)
            | Effect::DeleteClient(_)
            | Effect::InsertApi(_)
            | Effect::UpdateApi(_)
            | Effect::DeleteApi(_) => self.apply_party(effect, version),
            Effect::InsertSession(_)
            | Effect::RenewSession { .. }
            | Effect::EndSession(..)
            | Effect::EndSessionsOf(..)
            | Effect::PutConsent(_)
            | Effect::DeleteConsents(..) => self.apply_session(effect),
            _ => self.apply_grant(effect),
        }
    }

    fn apply_user(&mut self, effect: &Effect, version: Revision) -> Option<()> {
        let name = |user: &User| user.username.to_lowercase();
        match effect {
            Effect::InsertUser(new) => {
                let taken = self.users.values().any(|user| {
                    user.id == new.id || user.sub == new.sub || name(user) == name(new)
                });
                require(!taken)?;
                self.users.insert(new.id.get(), User { version, ..new.clone() });
            }
            Effect::UpdateUser(new) => {
                let taken = |user: &User| user.id != new.id && name(user) == name(new);
                require(!self.users.values().any(taken))?;
                let user = self.users.get_mut(&new.id.get())?;
                *user = User {
                    sub: user.sub.clone(),
                    created_at: user.created_at,
                    version,
                    ..new.clone()
                };
            }
            Effect::SetUserStatus(id, status, at) => {
                let user = self.users.get_mut(&id.get())?;
                (user.status, user.updated_at, user.version) = (*status, *at, version);
            }
            Effect::SetPassword(id, hash) => {
                let user = self.users.get_mut(&id.get())?;
                (user.password, user.version) = (Some(hash.clone()), version);
            }
            Effect::DeleteUser(id) => {
                self.users.remove(&id.get())?;
                self.grants.retain(|_, grant| grant.user != Some(*id));
                self.consents.retain(|_, consent| consent.user != *id);
                self.sessions.retain(|_, session| session.user != *id);
            }
            _ => unreachable!(),
        }
        Some(())
    }

    fn apply_party(&mut self, effect: &Effect, version: Revision) -> Option<()> {
        match effect {
            Effect::InsertClient(new) => {
                let taken = |row: &Client| row.id == new.id || row.client_id == new.client_id;
                require(!self.clients.values().any(taken))?;
                self.clients.insert(new.id.get(), Client { version, ..new.clone() });
            }
            Effect::UpdateClient(new) => {
                let client = self.clients.get_mut(&new.id.get())?;
                client.secret = new.secret.clone();
                client.settings = new.settings.clone();
                (client.updated_at, client.version) = (new.updated_at, version);
            }
            Effect::DeleteClient(id) => {
                self.clients.remove(&id.get())?;
                self.grants.retain(|_, grant| grant.client != *id);
                self.consents.retain(|_, consent| consent.client != *id);
            }
            Effect::InsertApi(new) => {
                let taken = |row: &Api| row.id == new.id || row.resource == new.resource;
                require(!self.apis.values().any(taken))?;
                self.apis.insert(new.id.get(), Api { version, ..new.clone() });
            }
            Effect::UpdateApi(new) => {
                let api = self.apis.get_mut(&new.id.get())?;
                api.profile = new.profile.clone();
                (api.updated_at, api.version) = (new.updated_at, version);
            }
            Effect::DeleteApi(id) => {
                self.apis.remove(&id.get())?;
                self.grants.retain(|_, grant| grant.apis != [*id]);
                self.consents.retain(|_, consent| consent.api != Some(*id));
            }
            _ => unreachable!(),
        }
        Some(())
    }

    fn apply_session(&mut self, effect: &Effect) -> Option<()> {
        match effect {
            Effect::InsertSession(new) => {
                let taken = |row: &Session| row.id == new.id || row.cookie.matches(&new.cookie);
                require(!self.sessions.values().any(taken))?;
                require(self.users.contains_key(&new.user.get()))?;
                self.sessions.insert(new.id.get(), new.clone());
            }
            Effect::RenewSession { session, cookie, auth_time, amr, expires_at } => {
                let taken = |row: &Session| row.id != *session && row.cookie.matches(cookie);
                require(!self.sessions.values().any(taken))?;
                let row = self.sessions.get_mut(&session.get())?;
                require(row.ended_at.is_none())?;
                (row.cookie, row.amr) = (cookie.clone(), amr.clone());
                (row.auth_time, row.expires_at) = (*auth_time, *expires_at);
            }
            Effect::EndSession(id, at) => {
                if let Some(session) = self.sessions.get_mut(&id.get()) {
                    session.ended_at.get_or_insert(*at);
                }
            }
            Effect::EndSessionsOf(id, at) => {
                for session in self.sessions.values_mut().filter(|row| row.user == *id) {
                    session.ended_at.get_or_insert(*at);
                }
            }
            Effect::PutConsent(new) => {
                require(self.users.contains_key(&new.user.get()))?;
                require(self.clients.contains_key(&new.client.get()))?;
                let api = new.api.map_or(0, |api| api.get());
                let key = (new.user.get(), new.client.get(), api);
                self.consents.insert(key, new.clone());
            }
            Effect::DeleteConsents(user, client, api) => self.consents.retain(|_, row| {
                row.user != *user || row.client != *client || (api.is_some() && row.api != *api)
            }),
            _ => unreachable!(),
        }
        Some(())
    }

    fn apply_grant(&mut self, effect: &Effect) -> Option<()> {
        match effect {
            Effect::InsertGrant(new) => {
                require(!self.grants.values().any(|row| same_right(row, new)))?;
                require(new.user.is_none_or(|id| self.users.contains_key(&id.get())))?;
                require(self.clients.contains_key(&new.client.get()))?;
                self.grants.insert(new.id.get(), new.clone());
            }
            Effect::RotateRefresh { grant, from, to } => {
                let grant = self.grants.get_mut(&grant.get())?;
                require(grant.revoked_at.is_none())?;
                require(grant.refresh.as_ref()?.generation == *from)?;
                grant.refresh = Some(to.clone());
            }
            Effect::RevokeGrant(id, at) => {
                if let Some(grant) = self.grants.get_mut(&id.get()) {
                    grant.revoked_at.get_or_insert(*at);
                }
            }
            Effect::RevokeGrantsOf(id, at) => {
                for grant in self.grants.values_mut().filter(|row| row.user == Some(*id)) {
                    grant.revoked_at.get_or_insert(*at);
                }
            }
            Effect::RevokeGrantsOfSession(id, at) => {
                let user = self.sessions.get(&id.get()).map(|session| session.user);
                let hangs = |row: &&mut Grant| {
                    row.session == Some(*id)
                        && row.user.is_some()
                        && row.user == user
                        && !row.scopes.iter().any(|scope| scope == "offline_access")
                };
                for grant in self.grants.values_mut().filter(hangs) {
                    grant.revoked_at.get_or_insert(*at);
                }
            }
            Effect::UseAssertion { client, jti, .. } => {
                require(self.assertions.insert((client.get(), jti.0)))?;
            }
            Effect::InsertKey(key) => {
                require(!self.keys.contains_key(&key.kid))?;
                self.keys.insert(key.kid.clone(), key.clone());
            }
            Effect::MoveKey { kid, from, to, at } => {
                let key: &mut StoredKey = self.keys.get_mut(kid)?;
                require(key.state == *from)?;
                let (state, since): (KeyState, _) = (*to, *at);
                (key.state, key.state_since) = (state, since);
            }
            _ => unreachable!(),
        }
        Some(())
    }

    /// The same lines as [`crate::ground::Ground::dump`].
    pub fn dump(&self) -> Vec<String> {
        let mut lines = vec![format!("head {}", self.head)];
        lines.extend(self.consents.values().map(|consent| format!("{consent:?}")));
        lines.extend(self.users.values().map(show_user));
        lines.extend(self.clients.values().map(show_client));
        lines.extend(self.apis.values().map(|api| format!("{api:?}")));
        lines.extend(self.sessions.values().map(show_session));
        lines.extend(self.grants.values().map(|grant| format!("{grant:?}")));
        lines.extend(self.keys.values().map(|key| format!("{key:?} {:?}", key.secret.0)));
        let places = self.log.iter().enumerate();
        lines.extend(places.map(|(place, change)| format!("{} {change:?}", place + 1)));
        lines.extend(self.watermarks.values().map(|mark| format!("{mark:?}")));
        lines.sort();
        lines
    }
}

/// Whether two grants can't both be: the id, the code, or the living standing right is the same.
fn same_right(row: &Grant, new: &Grant) -> bool {
    let standing = match (row.kind, new.kind) {
        (GrantKind::AuthorizationCode { code: a }, GrantKind::AuthorizationCode { code: b }) => {
            a == b
        }
        (GrantKind::ClientCredentials, GrantKind::ClientCredentials) => {
            let living = row.revoked_at.is_none() && new.revoked_at.is_none();
            living && row.client == new.client && row.apis == new.apis
        }
        _ => false,
    };
    row.id == new.id || standing
}

fn require(condition: bool) -> Option<()> {
    condition.then_some(())
}

/// The target kinds that the property test logs.
pub fn target(choice: u8, id: i64) -> Target {
    use counterfoil_oauth::model as m;
    match choice % 6 {
        0 => Target::User(m::UserId::new(id)),
        1 => Target::Client(m::ClientId::new(id)),
        2 => Target::Claims(m::UserId::new(id)),
        3 => Target::Grant(m::GrantId::new(id)),
        4 => Target::Token(m::TokenId([id as u8; 16])),
        _ => Target::Issuer,
    }
}
