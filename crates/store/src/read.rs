use counterfoil_oauth::model::{
    Api, ApiId, Client, ClientId, Consent, Digest, Grant, GrantId, IssuerId, Revision, Session,
    SessionId, StoredKey, User, UserId,
};

use crate::plan::{MAX_KEY_TEXT, username_key};
use crate::row::{self, Fields};
use crate::value::Value;
use crate::{Store, StoreError, sql};

/// A value and the issuer's head in the same snapshot.
///
/// A decision that reads several facts is stamped with the oldest of their revisions, so that what
/// it makes never looks newer than what it knew; [`Stamped::and`] keeps count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamped<T> {
    /// What was read.
    pub value: T,
    /// The issuer's head in the snapshot that it was read from.
    pub revision: Revision,
}

impl<T> Stamped<T> {
    /// Changes the value and keeps the stamp.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Stamped<U> {
        Stamped { value: change(self.value), revision: self.revision }
    }

    /// Two values under the older stamp.
    pub fn and<U>(self, other: Stamped<U>) -> Stamped<(T, U)> {
        Stamped { value: (self.value, other.value), revision: self.revision.min(other.revision) }
    }
}

/// Typed reads. Each is one statement, so that value and stamp come from one snapshot, and fails
/// when the store does, has no such issuer, or holds a row that fits no state.
impl Store {
    /// A user by id.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn user(
        &self,
        iss: IssuerId,
        id: UserId,
    ) -> Result<Stamped<Option<User>>, StoreError> {
        self.one(iss, sql::USER, "users", vec![Value::Int(id.get())], row::user).await
    }

    /// A user by the name that they sign in with, in any case.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn user_by_username(
        &self,
        iss: IssuerId,
        username: &str,
    ) -> Result<Stamped<Option<User>>, StoreError> {
        let name = searched(&username_key(username));
        self.one(iss, sql::USER_BY_USERNAME, "users", vec![name], row::user).await
    }

    /// A user by the public subject identifier.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn user_by_sub(
        &self,
        iss: IssuerId,
        sub: &str,
    ) -> Result<Stamped<Option<User>>, StoreError> {
        self.one(iss, sql::USER_BY_SUB, "users", vec![searched(sub)], row::user).await
    }

    /// A client by its internal id.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn client(
        &self,
        iss: IssuerId,
        id: ClientId,
    ) -> Result<Stamped<Option<Client>>, StoreError> {
        self.one(iss, sql::CLIENT, "clients", vec![Value::Int(id.get())], row::client).await
    }

    /// A client by the wire's `client_id`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn client_by_client_id(
        &self,
        iss: IssuerId,
        client_id: &str,
    ) -> Result<Stamped<Option<Client>>, StoreError> {
        let params = vec![searched(client_id)];
        self.one(iss, sql::CLIENT_BY_CLIENT_ID, "clients", params, row::client).await
    }

    /// An API by its internal id.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn api(&self, iss: IssuerId, id: ApiId) -> Result<Stamped<Option<Api>>, StoreError> {
        self.one(iss, sql::API, "apis", vec![Value::Int(id.get())], row::api).await
    }

    /// An API by its `resource` URI.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn api_by_resource(
        &self,
        iss: IssuerId,
        resource: &str,
    ) -> Result<Stamped<Option<Api>>, StoreError> {
        self.one(iss, sql::API_BY_RESOURCE, "apis", vec![searched(resource)], row::api).await
    }

    /// The API whose own confidential client this is; the oldest one, should there be several.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn api_by_client(
        &self,
        iss: IssuerId,
        client: ClientId,
    ) -> Result<Stamped<Option<Api>>, StoreError> {
        self.one(iss, sql::API_BY_CLIENT, "apis", vec![Value::Int(client.get())], row::api).await
    }

    /// A session by id, ended and expired ones included.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn session(
        &self,
        iss: IssuerId,
        id: SessionId,
    ) -> Result<Stamped<Option<Session>>, StoreError> {
        self.one(iss, sql::SESSION, "sessions", vec![Value::Int(id.get())], row::session).await
    }

    /// A session by the hash of its cookie, ended and expired ones included.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn session_by_cookie(
        &self,
        iss: IssuerId,
        cookie: &Digest,
    ) -> Result<Stamped<Option<Session>>, StoreError> {
        let params = vec![Value::blob(&cookie.0)];
        self.one(iss, sql::SESSION_BY_COOKIE, "sessions", params, row::session).await
    }

    /// A session by the hash of its cookie, ended and expired ones included, and what its user
    /// allows a client: [`Store::session_by_cookie`] and [`Store::consents`] of one snapshot.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn session_and_consents(
        &self,
        iss: IssuerId,
        cookie: &Digest,
        client: ClientId,
    ) -> Result<Stamped<Option<(Session, Vec<Consent>)>>, StoreError> {
        let params = vec![Value::blob(&cookie.0), Value::Int(client.get())];
        let decode = row::session_and_consent;
        let rows = self.many(iss, sql::SESSION_AND_CONSENTS, "sessions", params, decode).await?;
        Ok(rows.map(|rows| {
            let session = rows.first()?.0.clone();
            Some((session, rows.into_iter().filter_map(|(_, consent)| consent).collect()))
        }))
    }

    /// What a user allows a client, at every API, ordered by API with the issuer itself first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn consents(
        &self,
        iss: IssuerId,
        user: UserId,
        client: ClientId,
    ) -> Result<Stamped<Vec<Consent>>, StoreError> {
        let params = vec![Value::Int(user.get()), Value::Int(client.get())];
        self.many(iss, sql::CONSENTS, "consents", params, row::consent).await
    }

    /// A grant by id, revoked ones included.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn grant(
        &self,
        iss: IssuerId,
        id: GrantId,
    ) -> Result<Stamped<Option<Grant>>, StoreError> {
        self.one(iss, sql::GRANT, "grants", vec![Value::Int(id.get())], row::grant).await
    }

    /// The grant that a code was redeemed for, revoked ones included.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn grant_by_code(
        &self,
        iss: IssuerId,
        code: &[u8; 16],
    ) -> Result<Stamped<Option<Grant>>, StoreError> {
        self.one(iss, sql::GRANT_BY_CODE, "grants", vec![Value::blob(code)], row::grant).await
    }

    /// The living standing grant of a client at an API.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn standing_grant(
        &self,
        iss: IssuerId,
        client: ClientId,
        api: ApiId,
    ) -> Result<Stamped<Option<Grant>>, StoreError> {
        let params = vec![Value::Int(client.get()), Value::Int(api.get())];
        self.one(iss, sql::STANDING_GRANT, "grants", params, row::grant).await
    }

    /// Every key, oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn keys(&self, iss: IssuerId) -> Result<Stamped<Vec<StoredKey>>, StoreError> {
        self.many(iss, sql::KEYS, "keys", Vec::new(), row::key).await
    }

    async fn one<T>(
        &self,
        iss: IssuerId,
        sql: &'static str,
        table: &'static str,
        params: Vec<Value>,
        decode: fn(Fields) -> Result<T, StoreError>,
    ) -> Result<Stamped<Option<T>>, StoreError> {
        let many = self.many(iss, sql, table, params, decode).await?;
        Ok(many.map(|values| values.into_iter().next()))
    }

    /// Runs a read whose first column is the head.
    pub(crate) async fn many<T>(
        &self,
        iss: IssuerId,
        sql: &str,
        table: &'static str,
        mut params: Vec<Value>,
        decode: fn(Fields) -> Result<T, StoreError>,
    ) -> Result<Stamped<Vec<T>>, StoreError> {
        params.insert(0, Value::Int(iss.get()));
        let rows = self.query(sql, &params).await?;
        let mut stamp = None;
        let mut values = Vec::with_capacity(rows.len());
        for row in rows {
            let (revision, fields) = Fields::after_head(table, row)?;
            stamp = Some(revision);
            if let Some(fields) = fields {
                values.push(decode(fields)?);
            }
        }
        let revision = stamp.ok_or(StoreError::UnknownIssuer(iss))?;
        Ok(Stamped { value: values, revision })
    }
}

/// A text to search for. One that no row can hold matches nothing, on both engines alike.
pub(crate) fn searched(text: &str) -> Value {
    if text.len() > MAX_KEY_TEXT || text.contains('\0') { Value::Null } else { Value::text(text) }
}
