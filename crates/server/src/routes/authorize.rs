//! The authorization endpoint.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract,
    http::{HeaderMap, Method, Response, StatusCode, Uri},
};
use counterfoil_jose::UnixTime;
use counterfoil_oauth::{
    authorization::{
        AuthorizationError, AuthorizationRequest, AuthorizationResponse, Facts, Interaction,
        Outcome, ResolvedApi, ResponseMode, SignedIn, decide,
    },
    error::{ErrorCode, OAuthError},
    metadata::paths,
    model::{Batch, Client, Effect},
    params::Params,
    token::authorization_code::AuthorizationCode,
};

use crate::{
    browser::{self, Browser, Carried, Kind, View},
    door::{self, Refused},
    pages::{ErrorKind, FormPost, SignIn, SignInError},
    routes::consent,
    state::State,
};

pub(crate) async fn authorize(
    extract::State(state): extract::State<Arc<State>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    if method != Method::GET && method != Method::POST {
        return method_not_allowed();
    }
    let params = match door::query_or_form(&method, uri.query(), &headers, &body) {
        Ok(params) => params,
        Err(error) => return browser::show_error(&state, &headers, ErrorKind::Request, &error),
    };
    if method == Method::POST {
        // A cross-site POST arrives without the session's SameSite=Lax cookie. The browser sends it
        // with the GET that follows.
        return door::see_other(&format!(
            "{}{}?{}",
            state.issuer(),
            paths::AUTHORIZE,
            params.encode()
        ));
    }
    let turn = Turn { state: &state, headers: &headers, params: &params, started_at: state.now() };
    turn.run(Interaction::default(), None).await
}

fn method_not_allowed() -> Response<Body> {
    let mut response = door::text(405, "use GET or POST");
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

/// One look at an authorization request, be it the first or after a page was answered.
pub(crate) struct Turn<'a> {
    pub(crate) state: &'a Arc<State>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) params: &'a Params,
    /// When the request first came.
    pub(crate) started_at: UnixTime,
}

impl Turn<'_> {
    /// Decides what happens next and renders it. `signed_in` is given where it is fresher than the
    /// request's own cookies: right after a sign-in.
    pub(crate) async fn run(
        &self,
        mut interaction: Interaction,
        signed_in: Option<SignedIn>,
    ) -> Response<Body> {
        interaction.started_at = Some(self.started_at);
        match self.next(interaction, signed_in).await {
            Ok(response) => response,
            Err(refused) => {
                let error = refused.into_oauth();
                browser::show_error(self.state, self.headers, ErrorKind::Unavailable, &error)
            }
        }
    }

    async fn next(
        &self,
        interaction: Interaction,
        signed_in: Option<SignedIn>,
    ) -> Result<Response<Body>, Refused> {
        let request = match self.parse().await? {
            Ok(request) => request,
            Err(AuthorizationError::Page(error)) => {
                let kind = ErrorKind::Application;
                return Ok(browser::show_error(self.state, self.headers, kind, &error));
            }
            Err(AuthorizationError::Redirect(response)) => return Ok(self.respond(&response)),
        };
        let cookies = self.state.cookies.read(self.headers);
        let signed_in = match signed_in {
            Some(signed_in) => Some(signed_in),
            None => browser::signed_in(self.state, &cookies, request.client.id).await?,
        };
        // A first look has no page behind it: only what came after it counts as fresh.
        let now = self.state.now();
        let code_id = self.code_id();
        match decide(&request, signed_in.as_ref(), interaction, now, code_id) {
            Outcome::SignIn => Ok(self.sign_in_page(&request, &cookies, None)),
            Outcome::AskConsent { apis } => match &signed_in {
                Some(signed_in) => Ok(consent::page(self, &request, &cookies, signed_in, &apis)),
                None => Ok(self.sign_in_page(&request, &cookies, None)),
            },
            Outcome::Issue { code, consents } => {
                if !consents.is_empty() {
                    let effects = consents.into_iter().map(Effect::PutConsent).collect();
                    self.state.commit(Batch { effects, ..Batch::default() }).await?;
                }
                Ok(self.respond(&self.success(&request, &code)))
            }
            Outcome::Refuse(error) => {
                Ok(self.respond(&request.failure(error, self.state.issuer())))
            }
        }
    }

    /// Names a code: the milliseconds, then 80 random bits. Names in the order of time share the
    /// pages of their index, so that codes redeemed together are written together.
    fn code_id(&self) -> [u8; 16] {
        let mut id: [u8; 16] = self.state.random();
        let [_, _, millis @ ..] = self.state.now_ms().to_be_bytes();
        id.iter_mut().zip(millis).for_each(|(to, from)| *to = from);
        id
    }

    async fn parse(&self) -> Result<Result<AuthorizationRequest, AuthorizationError>, Refused> {
        let facts = &self.state.facts;
        let client = match self.params.get("client_id") {
            Some(client_id) => facts.client_by_client_id(client_id).await?,
            None => None,
        };
        let mut apis = Vec::new();
        for resource in self.resources(client.as_deref()) {
            let api = facts.api_by_resource(&resource).await?;
            apis.push(ResolvedApi { resource, api });
        }
        let issuer = self.state.issuer();
        Ok(AuthorizationRequest::parse(self.params, &Facts { issuer, client, apis: &apis }))
    }

    /// The resources asked for; a client with a single API means that one when it names none.
    fn resources(&self, client: Option<&Client>) -> Vec<String> {
        /// One more than may be asked for, so that the check still sees there were too many.
        const LOOKED_UP_MAX: usize = counterfoil_oauth::model::Grant::APIS_MAX + 1;
        let mut resources = AuthorizationRequest::resources(self.params);
        resources.truncate(LOOKED_UP_MAX);
        if resources.is_empty()
            && let Some([only]) = client.map(|client| client.settings.apis.as_slice())
        {
            resources.push(only.resource.clone());
        }
        resources
    }

    fn success(
        &self,
        request: &AuthorizationRequest,
        code: &AuthorizationCode,
    ) -> AuthorizationResponse {
        let state = self.state;
        match state.keyring().seal_code(code, state.random()) {
            Some(code) => request.success(code, state.issuer()),
            None => {
                let error = OAuthError::new(ErrorCode::ServerError, "the code can't be sealed");
                request.failure(error, state.issuer())
            }
        }
    }

    /// Sends an answer to its client.
    fn respond(&self, response: &AuthorizationResponse) -> Response<Body> {
        if response.mode != ResponseMode::FormPost {
            return door::see_other(&response.location());
        }
        let action = response.redirect_uri.as_str();
        let fields = response.parameters.iter().map(|(name, value)| (*name, value.as_str()));
        let page = FormPost { action, fields: fields.collect() };
        browser::show(self.state, &page, &View::new(self.headers).leading_to(action))
    }

    /// Shows the sign-in page.
    pub(crate) fn sign_in_page(
        &self,
        request: &AuthorizationRequest,
        cookies: &Browser,
        again: Option<(SignInError, &str)>,
    ) -> Response<Body> {
        let state = self.state;
        let (name, is_new) = cookies.named(state);
        let carried = Carried::new(Kind::SignIn, self.params, self.started_at, None, state.now());
        let Some((interaction, csrf)) = carried.seal(state, &name) else {
            let error = OAuthError::new(ErrorCode::ServerError, "the page can't be sealed");
            return browser::show_error(state, self.headers, ErrorKind::Internal, &error);
        };
        let page = SignIn {
            client_name: &request.client.settings.client_name,
            issuer_name: "Counterfoil",
            username: again
                .map(|(_, username)| username)
                .or(request.login_hint.as_deref())
                .unwrap_or_default(),
            error: again.map(|(error, _)| error),
            interaction: &interaction,
            csrf: &csrf,
        };
        let view = View { params: Some(self.params), ..View::new(self.headers) };
        let mut response =
            browser::show(state, &page, &view.leading_to(request.redirect_uri.as_str()));
        if is_new {
            state.cookies.set_name(response.headers_mut(), &name);
        }
        response
    }

    /// The request behind a page that is shown again; `None` when it became invalid meanwhile.
    pub(crate) async fn request(&self) -> Option<AuthorizationRequest> {
        self.parse().await.ok()?.ok()
    }
}
