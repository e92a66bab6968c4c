//! Client secrets: drawn by the server, told once, kept as a hash.

use std::fmt;

use axum::extract::{self, Path};
use counterfoil_jose::b64;
use counterfoil_oauth::{
    client_auth::hash_secret,
    model::{
        Batch, Client, ClientAuthMethod, ClientId, Digest, Effect, Fact, Guard, Reason, Target,
    },
};
use serde_json::{Map, Value, json};

use super::{load, view};
use crate::{
    admin::{
        Answer, Shared,
        body::OptionalBody,
        change::{ATTEMPTS, Changing, Done, commit, gave_up, noted},
        id,
        problem::{Code, Problem},
        schema,
    },
    state::State,
};

/// Lets scanners of repositories and logs recognise a leaked secret.
const PREFIX: &str = "cf_cs_";

/// A secret on its way to its owner: 256 random bits.
pub(crate) struct NewSecret(String);

impl NewSecret {
    pub(crate) fn draw(state: &State) -> Self {
        Self(format!("{PREFIX}{}", b64::encode(&state.random::<32>())))
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> Digest {
        hash_secret(&self.0)
    }

    /// Tells it, once: RFC 7591 §3.2.1.
    pub(crate) fn tell(self, body: &mut Map<String, Value>) {
        body.insert("client_secret".to_owned(), Value::String(self.0));
        body.insert("client_secret_expires_at".to_owned(), json!(0));
    }
}

impl fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewSecret(…)")
    }
}

/// Whether a client proves itself by a secret.
pub(super) const fn needs_secret(method: ClientAuthMethod) -> bool {
    matches!(method, ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost)
}

/// Draws a new secret. The old one is dead at once; tokens got with it live on.
pub(crate) async fn rotate(
    changing: Changing,
    extract::State(state): Shared,
    Path(client): Path<String>,
    OptionalBody(body): OptionalBody,
) -> Answer {
    schema::check("Nothing", &body)?;
    let client = ClientId::new(id(&client)?);
    for _ in 0..ATTEMPTS {
        let current = load(&state, client).await?;
        changing.if_match.check(current.version)?;
        if !needs_secret(current.settings.token_endpoint_auth_method) {
            let detail = "this client proves itself without a secret";
            return Err(Problem::new(Code::WrongState, detail));
        }
        let secret = NewSecret::draw(&state);
        let mut changed =
            Client { secret: Some(secret.hash()), updated_at: state.now(), ..current.clone() };
        let batch = Batch {
            guards: vec![Guard::Unchanged(Fact::Client(client), current.version)],
            effects: vec![Effect::UpdateClient(changed.clone())],
            changes: vec![noted(Target::Client(client), Reason::Updated)],
        };
        if let Some(seq) = commit(&state, batch).await? {
            changed.version = seq;
            let mut body = view(&changed);
            secret.tell(&mut body);
            let done = Done { seq, body, version: Some(seq), made: None };
            return Ok(changing.answer(&state, done).await);
        }
    }
    Err(gave_up())
}
