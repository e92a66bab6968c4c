//! The `client_id` on the wire.

use counterfoil_jose::b64;

use crate::{
    admin::{
        problem::{Code, Problem},
        users::SUB_PREFIX,
    },
    state::State,
};

/// A `client_id` that may be registered. Only its constructors make one.
#[derive(Clone, Debug)]
pub(crate) struct ClientName(String);

impl ClientName {
    /// Takes the wanted name, or draws one.
    pub(crate) async fn choose(state: &State, wanted: Option<&str>) -> Result<Self, Problem> {
        let Some(name) = wanted else {
            return Ok(Self(format!("client_{}", b64::encode(&state.random::<12>()))));
        };
        // Safe in HTTP Basic, URLs and logs without any encoding.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '~' | '-');
        if !name.chars().all(plain) {
            let detail = "may hold letters, digits, `.`, `_`, `~` and `-`";
            return Err(Problem::member("/client_id", detail));
        }
        // RFC 9068 §5: a client's own tokens bear its `client_id` as `sub`, so it must not be
        // somebody's.
        let is_sub = name.starts_with(SUB_PREFIX)
            || state.store.user_by_sub(state.iss, name).await?.value.is_some();
        if is_sub {
            let detail = format!("must not begin with `{SUB_PREFIX}` or be a user's `sub`");
            return Err(Problem::member("/client_id", detail));
        }
        let name = Self(name.to_owned());
        name.free(state).await?;
        Ok(name)
    }

    /// Refuses a name that another client has. The insertion is what can't be raced; this tells
    /// which name it was.
    pub(crate) async fn free(&self, state: &State) -> Result<(), Problem> {
        if state.store.client_by_client_id(state.iss, &self.0).await?.value.is_some() {
            let detail = format!("another client is called `{}`", self.0);
            return Err(Problem::at(Code::Taken, "/client_id", detail));
        }
        Ok(())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
