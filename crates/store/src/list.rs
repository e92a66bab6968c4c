use counterfoil_oauth::model::{
    Api, ApiId, Client, ClientId, Grant, GrantId, IssuerId, Session, SessionId, User, UserId,
};

use crate::plan::username_key;
use crate::read::searched;
use crate::row::{self, Fields};
use crate::value::Value;
use crate::{Stamped, Store, StoreError, sql};

/// The most rows in one page of a list; a larger limit is cut down to it.
pub const MAX_PAGE: usize = 200;

/// Which users to list.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Only the one with this name, in any case.
    pub username: Option<String>,
}

/// Which clients to list.
#[derive(Clone, Debug, Default)]
pub struct ClientFilter {
    /// Only the one with this `client_id`.
    pub client_id: Option<String>,
}

/// Which APIs to list.
#[derive(Clone, Debug, Default)]
pub struct ApiFilter {
    /// Only the one with this `resource`.
    pub resource: Option<String>,
}

/// Which grants to list.
#[derive(Clone, Debug, Default)]
pub struct GrantFilter {
    /// Only those of this user.
    pub user: Option<UserId>,
    /// Only those of this client.
    pub client: Option<ClientId>,
}

/// Which sessions to list.
#[derive(Clone, Debug, Default)]
pub struct SessionFilter {
    /// Only those of this user.
    pub user: Option<UserId>,
}

/// Lists in the order of ids, which is the order of making. The cursor is the last id seen; a
/// page shorter than its limit (at most [`MAX_PAGE`]) is the last one.
impl Store {
    /// Users after a cursor.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn users(
        &self,
        iss: IssuerId,
        filter: &UserFilter,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Stamped<Vec<User>>, StoreError> {
        let mut page = page(after.map(UserId::get), limit);
        let sql = match &filter.username {
            None => sql::USERS,
            Some(name) => {
                page.push(searched(&username_key(name)));
                sql::USERS_NAMED
            }
        };
        self.many(iss, sql, "users", page, row::user).await
    }

    /// Clients after a cursor.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn clients(
        &self,
        iss: IssuerId,
        filter: &ClientFilter,
        after: Option<ClientId>,
        limit: usize,
    ) -> Result<Stamped<Vec<Client>>, StoreError> {
        let mut page = page(after.map(ClientId::get), limit);
        let sql = match &filter.client_id {
            None => sql::CLIENTS,
            Some(client_id) => {
                page.push(searched(client_id));
                sql::CLIENTS_NAMED
            }
        };
        self.many(iss, sql, "clients", page, row::client).await
    }

    /// APIs after a cursor.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn apis(
        &self,
        iss: IssuerId,
        filter: &ApiFilter,
        after: Option<ApiId>,
        limit: usize,
    ) -> Result<Stamped<Vec<Api>>, StoreError> {
        let mut page = page(after.map(ApiId::get), limit);
        let sql = match &filter.resource {
            None => sql::APIS,
            Some(resource) => {
                page.push(searched(resource));
                sql::APIS_NAMED
            }
        };
        self.many(iss, sql, "apis", page, row::api).await
    }

    /// Grants after a cursor, revoked ones included.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn grants(
        &self,
        iss: IssuerId,
        filter: &GrantFilter,
        after: Option<GrantId>,
        limit: usize,
    ) -> Result<Stamped<Vec<Grant>>, StoreError> {
        let mut page = page(after.map(GrantId::get), limit);
        page.extend(filter.user.map(|id| Value::Int(id.get())));
        page.extend(filter.client.map(|id| Value::Int(id.get())));
        let sql = match (filter.user, filter.client) {
            (None, None) => sql::GRANTS,
            (Some(_), None) => sql::GRANTS_OF_USER,
            (None, Some(_)) => sql::GRANTS_OF_CLIENT,
            (Some(_), Some(_)) => sql::GRANTS_OF_BOTH,
        };
        self.many(iss, sql, "grants", page, row::grant).await
    }

    /// Sessions after a cursor, ended and expired ones included.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sessions(
        &self,
        iss: IssuerId,
        filter: &SessionFilter,
        after: Option<SessionId>,
        limit: usize,
    ) -> Result<Stamped<Vec<Session>>, StoreError> {
        let mut page = page(after.map(SessionId::get), limit);
        page.extend(filter.user.map(|id| Value::Int(id.get())));
        let sql = if filter.user.is_some() { sql::SESSIONS_OF_USER } else { sql::SESSIONS };
        self.many(iss, sql, "sessions", page, row::session as fn(Fields) -> _).await
    }
}

/// Cursor and limit as parameters 2 and 3.
fn page(after: Option<i64>, limit: usize) -> Vec<Value> {
    vec![Value::Int(after.unwrap_or(0)), limited(limit, MAX_PAGE)]
}

/// A limit of at least one and at most so many rows.
pub(crate) fn limited(limit: usize, most: usize) -> Value {
    Value::Int(i64::try_from(limit.clamp(1, most)).unwrap_or(1))
}
