//! What happens next with a valid request: sign-in, consent, or the answer.

use std::sync::Arc;

use counterfoil_jose::UnixTime;

use super::{AuthorizationRequest, AuthorizationResponse};
use crate::{
    error::{ErrorCode, OAuthError},
    model::{Api, ApiId, Consent, ConsentPolicy, Revision, Session, User, UserStatus},
    scope,
    token::authorization_code::AuthorizationCode,
};

/// The user behind the browser, as one snapshot knows them.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The living session.
    pub session: Session,
    /// Its user.
    pub user: Arc<User>,
    /// Everything this user allows this client.
    pub consents: Vec<Consent>,
    /// The revision of the snapshot.
    pub revision: Revision,
}

/// What the browser carried through the pages.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interaction {
    /// When the request first came; a sign-in after it obeys `prompt=login`.
    pub started_at: Option<UnixTime>,
    /// The user has just answered the consent page.
    pub consented: Option<Consented>,
}

/// The answer to the consent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consented {
    /// Everything asked for.
    Allow,
    /// Nothing.
    Deny,
}

/// What happens next.
#[derive(Debug)]
pub enum Outcome {
    /// Show the sign-in page.
    SignIn,
    /// Show the consent page.
    AskConsent {
        /// APIs that aren't covered yet; the issuer's own scopes besides.
        apis: Vec<Arc<Api>>,
    },
    /// Issue this code; the consents, if any, are committed first.
    Issue {
        /// The code to seal.
        code: Box<AuthorizationCode>,
        /// Newly given consents.
        consents: Vec<Consent>,
    },
    /// Answer with an error.
    Refuse(OAuthError),
}

/// Decides. `code_id` names one code and never another.
#[must_use]
pub fn decide(
    request: &AuthorizationRequest,
    signed_in: Option<&SignedIn>,
    interaction: Interaction,
    now: UnixTime,
    code_id: [u8; 16],
) -> Outcome {
    let fresh = signed_in.filter(|signed_in| is_fresh(request, signed_in, interaction, now));
    let Some(signed_in) = fresh else {
        return if request.prompt.none {
            Outcome::Refuse(OAuthError::new(ErrorCode::LoginRequired, "the user must sign in"))
        } else {
            Outcome::SignIn
        };
    };
    match interaction.consented {
        Some(Consented::Deny) => {
            return Outcome::Refuse(OAuthError::new(ErrorCode::AccessDenied, "the user refused"));
        }
        Some(Consented::Allow) => {
            let consents = new_consents(request, signed_in, now);
            return issue(request, signed_in, consents, now, code_id);
        }
        None => {}
    }
    let missing = missing_consent(request, signed_in);
    if missing.is_none() && !request.prompt.consent {
        return issue(request, signed_in, Vec::new(), now, code_id);
    }
    if request.prompt.none {
        let text = "the user must be asked what this application may do";
        return Outcome::Refuse(OAuthError::new(ErrorCode::ConsentRequired, text));
    }
    Outcome::AskConsent { apis: missing.unwrap_or_else(|| request.apis.clone()) }
}

/// Whether the sign-in is one that this request accepts.
fn is_fresh(
    request: &AuthorizationRequest,
    signed_in: &SignedIn,
    interaction: Interaction,
    now: UnixTime,
) -> bool {
    let session = &signed_in.session;
    if signed_in.user.status != UserStatus::Active || !session.is_live(now) {
        return false;
    }
    let since_request = interaction.started_at.is_some_and(|at| session.auth_time >= at);
    let again = request.prompt.login || request.prompt.select_account || request.max_age == Some(0);
    if again {
        return since_request;
    }
    request.max_age.is_none_or(|max_age| now.since(session.auth_time) <= max_age) || since_request
}

/// The APIs not covered by what is remembered; `None` when everything is.
fn missing_consent(request: &AuthorizationRequest, signed_in: &SignedIn) -> Option<Vec<Arc<Api>>> {
    if request.client.settings.consent == ConsentPolicy::FirstParty {
        return None;
    }
    let covered = |api: Option<ApiId>, scopes: Vec<&String>| {
        let consent = signed_in.consents.iter().find(|consent| consent.api == api);
        consent.is_some_and(|consent| scopes.iter().all(|scope| consent.scopes.contains(scope)))
    };
    let own = covered(None, own_scopes(request).collect());
    let apis: Vec<Arc<Api>> = request
        .apis
        .iter()
        .filter(|api| !covered(Some(api.id), api_scopes(request, api).collect()))
        .cloned()
        .collect();
    (!own || !apis.is_empty()).then_some(apis)
}

fn own_scopes(request: &AuthorizationRequest) -> impl Iterator<Item = &String> {
    request.scopes.iter().filter(|scope| scope::OPENID_SCOPES.contains(&scope.as_str()))
}

/// The scopes that matter at an API: its own, and the standard ones that release claims to it.
fn api_scopes<'a>(
    request: &'a AuthorizationRequest,
    api: &'a Api,
) -> impl Iterator<Item = &'a String> {
    request.scopes.iter().filter(|scope| {
        api.profile.scopes.iter().any(|own| own.name == **scope)
            || scope::OPENID_SCOPES.contains(&scope.as_str())
    })
}

fn new_consents(
    request: &AuthorizationRequest,
    signed_in: &SignedIn,
    now: UnixTime,
) -> Vec<Consent> {
    let merged = |api: Option<ApiId>, scopes: Vec<&String>| {
        let known = signed_in.consents.iter().find(|consent| consent.api == api);
        let mut all = known.map(|consent| consent.scopes.clone()).unwrap_or_default();
        for scope in scopes {
            if !all.contains(scope) {
                all.push(scope.clone());
            }
        }
        let (user, client) = (signed_in.user.id, request.client.id);
        Consent { user, client, api, scopes: all, granted_at: now }
    };
    let mut consents = vec![merged(None, own_scopes(request).collect())];
    for api in &request.apis {
        consents.push(merged(Some(api.id), api_scopes(request, api).collect()));
    }
    consents
}

fn issue(
    request: &AuthorizationRequest,
    signed_in: &SignedIn,
    consents: Vec<Consent>,
    now: UnixTime,
    code_id: [u8; 16],
) -> Outcome {
    let named = request.redirect_uri_named.then(|| request.redirect_uri.as_str());
    let code = AuthorizationCode {
        id: code_id,
        client: request.client.id,
        user: signed_in.user.id,
        session: signed_in.session.id,
        redirect_uri: named.map(AuthorizationCode::hash_redirect_uri),
        code_challenge: request.code_challenge.clone(),
        scopes: request.scopes.clone(),
        apis: request.apis.iter().map(|api| api.id).collect(),
        nonce: request.nonce.clone(),
        auth_time: signed_in.session.auth_time,
        amr: signed_in.session.amr.clone(),
        issued_at: now,
        revision: signed_in.revision,
    };
    Outcome::Issue { code: Box::new(code), consents }
}

impl AuthorizationRequest {
    /// The answer with a code.
    #[must_use]
    pub fn success(&self, code: String, issuer: &str) -> AuthorizationResponse {
        self.respond(vec![("code", code)], issuer)
    }

    /// The answer with an error.
    #[must_use]
    pub fn failure(&self, error: OAuthError, issuer: &str) -> AuthorizationResponse {
        let code = error.code.as_str().to_owned();
        self.respond(vec![("error", code), ("error_description", error.description)], issuer)
    }

    fn respond(
        &self,
        mut parameters: Vec<(&'static str, String)>,
        issuer: &str,
    ) -> AuthorizationResponse {
        if let Some(state) = &self.state {
            parameters.push(("state", state.clone()));
        }
        // RFC 9207 §2: in success and error responses alike.
        parameters.push(("iss", issuer.to_owned()));
        AuthorizationResponse {
            redirect_uri: self.redirect_uri.clone(),
            mode: self.response_mode,
            parameters,
        }
    }
}
