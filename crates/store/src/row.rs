//! From rows to the model. A row that fits no state is an inconsistency that names itself.

mod decode;

use counterfoil_jose::UnixTime;
use counterfoil_oauth::model::{ApiId, KeyPurpose, KeyState, Mode, Revision, UserStatus};

pub(crate) use decode::{
    api, client, consent, grant, key, log_entry, node, session, session_and_consent, user,
    watermark,
};

use crate::value::{Row, Value};
use crate::{Inconsistency, StoreError};

/// The code of the issuer itself where an API's id stands.
const ISSUER_ITSELF: i64 = 0;

pub(crate) const fn api_code(api: Option<ApiId>) -> i64 {
    match api {
        Some(id) => id.get(),
        None => ISSUER_ITSELF,
    }
}

pub(crate) const fn user_status_code(status: UserStatus) -> i64 {
    match status {
        UserStatus::Active => 1,
        UserStatus::Suspended => 2,
    }
}

pub(crate) const fn mode_code(mode: Mode) -> i64 {
    match mode {
        Mode::Soft => 1,
        Mode::Hard => 2,
    }
}

pub(crate) const fn key_state_code(state: KeyState) -> i64 {
    match state {
        KeyState::Published => 1,
        KeyState::Active => 2,
        KeyState::Retiring => 3,
        KeyState::Retired => 4,
    }
}

/// The code of a purpose, and the algorithm where it has one.
pub(crate) const fn purpose_codes(purpose: &KeyPurpose) -> (i64, Option<&str>) {
    match purpose {
        KeyPurpose::Sign(alg) => (1, Some(alg.as_str())),
        KeyPurpose::Feed => (2, None),
        KeyPurpose::Seal => (3, None),
        KeyPurpose::Derive => (4, None),
    }
}

/// Reads the columns of one row from left to right and says where one doesn't fit.
pub(crate) struct Fields {
    table: &'static str,
    values: std::vec::IntoIter<Value>,
    /// The row's first column. Ids and kids are names, not secrets: an operator needs them.
    key: Value,
}

impl Fields {
    /// Splits a joined row into the head and the columns, which are absent when the first is null.
    pub(crate) fn after_head(
        table: &'static str,
        row: Row,
    ) -> Result<(Revision, Option<Self>), StoreError> {
        let mut fields = Self { table: "issuers", values: row.into_iter(), key: Value::Null };
        let head = fields.revision("revision")?;
        Ok((head, fields.then(table)))
    }

    /// The columns of another table that stand after those read so far; absent when the first of
    /// them is null.
    pub(crate) fn then(mut self, table: &'static str) -> Option<Self> {
        self.key = self.values.as_slice().first().filter(|key| **key != Value::Null)?.clone();
        self.table = table;
        Some(self)
    }

    /// A row without a head before it.
    pub(crate) fn plain(table: &'static str, row: Row) -> Self {
        let key = row.first().cloned().unwrap_or(Value::Null);
        Self { table, values: row.into_iter(), key }
    }

    pub(crate) fn bad(&self, column: &'static str, why: &'static str) -> StoreError {
        let row = match &self.key {
            Value::Int(id) => format!("`{id}`"),
            Value::Text(name) => format!("`{name}`"),
            _ => String::from("with an odd key"),
        };
        StoreError::Inconsistent(Inconsistency { table: self.table, column, row, why })
    }

    fn next(&mut self) -> Value {
        self.values.next().unwrap_or(Value::Null)
    }

    pub(crate) fn int(&mut self, column: &'static str) -> Result<i64, StoreError> {
        match self.next() {
            Value::Int(value) => Ok(value),
            _ => Err(self.bad(column, "is not an integer")),
        }
    }

    pub(crate) fn maybe_int(&mut self, column: &'static str) -> Result<Option<i64>, StoreError> {
        match self.next() {
            Value::Int(value) => Ok(Some(value)),
            Value::Null => Ok(None),
            _ => Err(self.bad(column, "is not an integer")),
        }
    }

    /// An id, which is positive.
    pub(crate) fn id(&mut self, column: &'static str) -> Result<i64, StoreError> {
        let id = self.int(column)?;
        if id > 0 { Ok(id) } else { Err(self.bad(column, "is not positive")) }
    }

    pub(crate) fn maybe_id(&mut self, column: &'static str) -> Result<Option<i64>, StoreError> {
        match self.maybe_int(column)? {
            Some(id) if id <= 0 => Err(self.bad(column, "is not positive")),
            id => Ok(id),
        }
    }

    /// An API's id, or the issuer itself.
    pub(crate) fn api(&mut self, column: &'static str) -> Result<Option<ApiId>, StoreError> {
        match self.int(column)? {
            ISSUER_ITSELF => Ok(None),
            id if id > 0 => Ok(Some(ApiId::new(id))),
            _ => Err(self.bad(column, "is negative")),
        }
    }

    pub(crate) fn time(&mut self, column: &'static str) -> Result<UnixTime, StoreError> {
        self.int(column).map(UnixTime::from_secs)
    }

    pub(crate) fn maybe_time(
        &mut self,
        column: &'static str,
    ) -> Result<Option<UnixTime>, StoreError> {
        Ok(self.maybe_int(column)?.map(UnixTime::from_secs))
    }

    pub(crate) fn revision(&mut self, column: &'static str) -> Result<Revision, StoreError> {
        let number = self.int(column)?;
        u64::try_from(number).map(Revision::new).map_err(|_| self.bad(column, "is negative"))
    }

    pub(crate) fn text(&mut self, column: &'static str) -> Result<String, StoreError> {
        match self.next() {
            Value::Text(text) => Ok(text),
            _ => Err(self.bad(column, "is not text")),
        }
    }

    pub(crate) fn maybe_text(
        &mut self,
        column: &'static str,
    ) -> Result<Option<String>, StoreError> {
        match self.next() {
            Value::Text(text) => Ok(Some(text)),
            Value::Null => Ok(None),
            _ => Err(self.bad(column, "is not text")),
        }
    }

    pub(crate) fn blob(&mut self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        match self.next() {
            Value::Blob(bytes) => Ok(bytes),
            _ => Err(self.bad(column, "is not bytes")),
        }
    }

    /// Bytes of a fixed length, or null.
    pub(crate) fn maybe_bytes<const N: usize>(
        &mut self,
        column: &'static str,
    ) -> Result<Option<[u8; N]>, StoreError> {
        match self.next() {
            Value::Null => Ok(None),
            Value::Blob(bytes) => match bytes.try_into() {
                Ok(bytes) => Ok(Some(bytes)),
                Err(_) => Err(self.bad(column, "has another length")),
            },
            _ => Err(self.bad(column, "is not bytes")),
        }
    }

    pub(crate) fn bytes<const N: usize>(
        &mut self,
        column: &'static str,
    ) -> Result<[u8; N], StoreError> {
        self.maybe_bytes(column)?.ok_or_else(|| self.bad(column, "is null"))
    }

    /// A JSON document. The message leaves out what it holds.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(
        &mut self,
        column: &'static str,
    ) -> Result<T, StoreError> {
        let text = self.text(column)?;
        serde_json::from_str(&text).map_err(|_| self.bad(column, "is not the expected JSON"))
    }

    pub(crate) fn maybe_json<T: serde::de::DeserializeOwned>(
        &mut self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        match self.maybe_text(column)? {
            None => Ok(None),
            Some(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|_| self.bad(column, "is not the expected JSON")),
        }
    }
}
