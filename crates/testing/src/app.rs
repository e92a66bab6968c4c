//! An OAuth client for tests: it asks for codes, redeems and refreshes.

use reqwest::Client;

use crate::http::{self, Answer};

/// The code verifier of RFC 7636 Appendix B; a test needs no secret one.
pub const CODE_VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Its S256 challenge, from the same place.
pub const CODE_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A client of one issuer.
#[derive(Clone, Debug)]
pub struct App {
    /// The issuer.
    pub issuer: String,
    /// The `client_id`.
    pub client_id: String,
    /// The secret, sent by HTTP Basic; a public client has none.
    pub client_secret: Option<String>,
    /// Where codes come back to.
    pub redirect_uri: String,
    /// What it speaks through.
    pub http: Client,
}

impl App {
    /// A public client.
    #[must_use]
    pub fn public(issuer: &str, client_id: &str, redirect_uri: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: None,
            redirect_uri: redirect_uri.to_owned(),
            http: http::client(),
        }
    }

    /// The same with a secret.
    #[must_use]
    pub fn with_secret(self, secret: &str) -> Self {
        Self { client_secret: Some(secret.to_owned()), ..self }
    }

    /// A URL that asks for a code, with PKCE, state and nonce; `more` is added.
    #[must_use]
    pub fn authorization_url(&self, more: &[(&str, &str)]) -> String {
        let base = [
            ("response_type", "code"),
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("code_challenge", CODE_CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
        ];
        let query = http::encode(base.iter().chain(more).copied());
        format!("{}/authorize?{query}", self.issuer)
    }

    /// Redeems a code made by [`App::authorization_url`].
    ///
    /// # Panics
    /// When the server can't be reached.
    pub async fn redeem(&self, code: &str) -> Answer {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", CODE_VERIFIER),
        ])
        .await
    }

    /// Refreshes.
    ///
    /// # Panics
    /// When the server can't be reached.
    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// Asks for a token in its own name.
    ///
    /// # Panics
    /// When the server can't be reached.
    pub async fn client_credentials(&self, resource: &str) -> Answer {
        self.token(&[("grant_type", "client_credentials"), ("resource", resource)]).await
    }

    /// Asks the token endpoint.
    ///
    /// # Panics
    /// When the server can't be reached.
    pub async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.post("/token", fields).await
    }

    /// Revokes a token of any kind.
    ///
    /// # Panics
    /// When the server can't be reached.
    pub async fn revoke(&self, token: &str) -> Answer {
        self.post("/revoke", &[("token", token)]).await
    }

    /// Introspects, as an API's own client.
    ///
    /// # Panics
    /// When the server can't be reached.
    pub async fn introspect(&self, token: &str) -> Answer {
        self.post("/introspect", &[("token", token)]).await
    }

    /// Posts a form to a path of the issuer, proving the client.
    ///
    /// # Panics
    /// When the server can't be reached.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        match self.try_post(path, fields).await {
            Ok(answer) => answer,
            #[expect(clippy::panic, reason = "test ground")]
            Err(error) => panic!("{}{path} can't be reached: {error:?}", self.issuer),
        }
    }

    /// The same for servers that may be gone.
    ///
    /// # Errors
    /// What the transport says.
    pub async fn try_post(
        &self,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<Answer, reqwest::Error> {
        let url = format!("{}{path}", self.issuer);
        let mut fields = fields.to_vec();
        if self.client_secret.is_none() {
            fields.push(("client_id", &self.client_id));
        }
        let mut request = http::form(&self.http, &url, &fields);
        if let Some(secret) = &self.client_secret {
            request = request.basic_auth(&self.client_id, Some(secret));
        }
        http::send(request).await
    }
}
