//! `counterfoil login`: code with PKCE through a listener on this machine (RFC 8252 §7.3).

mod forms;
mod loopback;

use clap::Args;
use counterfoil_jose::{
    b64,
    crypto::{ct_eq, random, sha256},
};
use counterfoil_server::{Clock as _, SystemClock};
use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    client::{CLIENT_ID, Entry, Issuer, Output, Wallet, default_issuer, http, keep, oauth_error},
    failure::Failure,
    opener, say,
};
use loopback::Loopback;

/// What is asked for unless `--scope` says otherwise.
const SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// The demo API's scope.
const DEV_SCOPE: &str = "orders:read";

/// `counterfoil login`.
#[derive(Args, Debug)]
pub(crate) struct LoginArgs {
    /// The issuer; else the last one signed in at, else that of `counterfoil dev`.
    #[arg(long, value_name = "URL", env = "COUNTERFOIL_ISSUER")]
    issuer: Option<String>,
    /// The `client_id` to sign in with: a native, public client.
    #[arg(long, value_name = "ID", default_value = CLIENT_ID)]
    client: String,
    /// An API to get tokens for; may be repeated. In development all lanes of the demo API.
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// A scope to ask for instead of the usual ones; may be repeated.
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Don't open a browser; follow the printed link yourself.
    #[arg(long)]
    no_open: bool,
    /// Sign in as a demo user without a browser; only at `counterfoil dev`.
    #[arg(long = "as", value_name = "USER")]
    as_user: Option<String>,
    /// How the result is told.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// One sign-in: what was sent, against which the answer is held.
struct Attempt<'a> {
    issuer: &'a Issuer,
    client_id: &'a str,
    redirect_uri: String,
    resources: &'a [String],
    scopes: String,
    state: String,
    nonce: String,
    verifier: String,
}

pub(crate) async fn run(args: LoginArgs) -> Result<(), Failure> {
    let client = http::client()?;
    let issuer = Issuer::discover(&client, &default_issuer(args.issuer.as_deref())?).await?;
    let setup = issuer.setup(&client).await;
    let (resources, scopes) = wanted(&args, setup.as_ref());
    let listener = match &args.as_user {
        Some(_) => None,
        None => Some(Loopback::bind().await?),
    };
    let attempt = Attempt {
        issuer: &issuer,
        client_id: &args.client,
        // RFC 8252 §7.3: any port of the loopback address. Without a listener the answer is read
        // from the redirect itself.
        redirect_uri: match &listener {
            Some(listener) => listener.redirect_uri(),
            None => "http://127.0.0.1/callback".to_owned(),
        },
        resources: &resources,
        scopes,
        state: b64::encode(&random::<16>()),
        nonce: b64::encode(&random::<16>()),
        verifier: b64::encode(&random::<32>()),
    };
    let url = attempt.url()?;
    let params = match (listener, &args.as_user) {
        (Some(listener), _) => {
            say::note(&format!("sign in at\n\n  {url}\n"));
            if !args.no_open && !opener::open(&url) {
                say::note("no browser could be opened; follow the link yourself");
            }
            listener.wait(&attempt.state).await?
        }
        (None, user) => {
            let (username, password) = demo_user(setup.as_ref(), user.as_deref())?;
            forms::sign_in(&client, &url, &attempt.redirect_uri, &username, &password).await?
        }
    };
    let code = attempt.check(&params)?;
    let tokens = attempt.redeem(&client, &code).await?;
    let entry = attempt.entry(&tokens)?;
    tell(&args, &issuer.url, &entry);
    let wallet = Wallet::open()?;
    let locked = wallet.lock()?;
    let mut kept = locked.read()?;
    kept.current = Some(issuer.url.clone());
    kept.issuers.insert(issuer.url.clone(), entry);
    locked.write(&kept)
}

/// What to ask for: as told, else what development mode offers, else the usual.
fn wanted(args: &LoginArgs, setup: Option<&Value>) -> (Vec<String>, String) {
    let lanes = setup.and_then(|setup| setup.get("lanes")?.as_array().cloned()).unwrap_or_default();
    let lanes = lanes.iter().filter_map(|lane| lane.get("resource")?.as_str());
    let resources = match args.resources.is_empty() {
        true => lanes.map(str::to_owned).collect(),
        false => args.resources.clone(),
    };
    let scopes = match args.scopes.is_empty() {
        true => {
            let dev = setup.map(|_| DEV_SCOPE);
            SCOPES.into_iter().chain(dev).collect::<Vec<_>>().join(" ")
        }
        false => args.scopes.join(" "),
    };
    (resources, scopes)
}

fn demo_user(setup: Option<&Value>, user: Option<&str>) -> Result<(String, String), Failure> {
    let user = user.unwrap_or_default();
    let setup = setup.ok_or_else(|| {
        Failure::usage("`--as` is for `counterfoil dev` alone: elsewhere sign in with a browser")
    })?;
    let users = setup.get("users").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |user: &Value, name: &str| user.get(name)?.as_str().map(str::to_owned);
    let known = users.iter().find(|known| text(known, "username").as_deref() == Some(user));
    let password = known.and_then(|known| text(known, "password")).ok_or_else(|| {
        let names: Vec<String> = users.iter().filter_map(|user| text(user, "username")).collect();
        Failure::not_found(format!("there is no demo user `{user}`, but {}", names.join(", ")))
    })?;
    Ok((user.to_owned(), password))
}

impl Attempt<'_> {
    fn url(&self) -> Result<String, Failure> {
        let challenge = b64::encode(&sha256(self.verifier.as_bytes()));
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", &self.scopes),
            ("state", &self.state),
            ("nonce", &self.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        fields.extend(self.resources.iter().map(|resource| ("resource", resource.as_str())));
        let endpoint = self.issuer.endpoint("authorization_endpoint")?;
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{joint}{}", http::encode(&fields)))
    }

    /// Holds the answer against what was sent: RFC 6749 §10.12, RFC 9207 §2.4.
    fn check(&self, params: &[(String, String)]) -> Result<String, Failure> {
        let get = |name: &str| {
            let found = params.iter().find(|(param, _)| param == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        if !ct_eq(get("state").as_bytes(), self.state.as_bytes()) {
            return Err(Failure::failed("the answer is not to this sign-in: `state` differs"));
        }
        if get("iss") != self.issuer.url {
            return Err(Failure::failed(format!(
                "the answer is from another issuer: `iss` is `{}`",
                get("iss")
            )));
        }
        if !get("error").is_empty() {
            return Err(Failure::denied(format!("{}: {}", get("error"), get("error_description"))));
        }
        match get("code") {
            "" => Err(Failure::failed("the answer has neither code nor error")),
            code => Ok(code.to_owned()),
        }
    }

    async fn redeem(&self, client: &Client, code: &str) -> Result<Value, Failure> {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("client_id", self.client_id),
            ("code_verifier", &self.verifier),
        ];
        // RFC 8707 §2.2: a token is for one API; refreshing brings the others'.
        fields.extend(self.resources.first().map(|first| ("resource", first.as_str())));
        let endpoint = self.issuer.endpoint("token_endpoint")?;
        let answer = http::exchange(http::form(client, endpoint, &fields)).await?;
        if answer.status != 200 {
            return Err(oauth_error(&answer));
        }
        Ok(answer.json().unwrap_or_default())
    }

    fn entry(&self, tokens: &Value) -> Result<Entry, Failure> {
        let mut entry = Entry {
            client_id: self.client_id.to_owned(),
            subject: self.subject(tokens)?,
            resources: self.resources.to_vec(),
            ..Entry::default()
        };
        let resource = self.resources.first().map_or("", String::as_str);
        let _kept = keep(&mut entry, tokens, resource, SystemClock.now())?;
        Ok(entry)
    }

    /// Who signed in, from the ID token. It came from the issuer itself, so its signature need not
    /// be checked (OpenID Connect Core §3.1.3.7 item 6); that it answers this request must.
    fn subject(&self, tokens: &Value) -> Result<Option<String>, Failure> {
        let Some(id_token) = tokens.get("id_token").and_then(Value::as_str) else {
            return Ok(None);
        };
        let claims = id_token.split('.').nth(1).and_then(|part| b64::decode(part).ok());
        let claims = claims.and_then(|claims| serde_json::from_slice::<Value>(&claims).ok());
        let claims = claims.ok_or_else(|| Failure::failed("the ID token can't be read"))?;
        let get = |name: &str| claims.get(name).and_then(Value::as_str);
        if get("iss") != Some(&self.issuer.url) || get("aud") != Some(self.client_id) {
            return Err(Failure::failed("the ID token is for somebody else"));
        }
        if get("nonce") != Some(&self.nonce) {
            return Err(Failure::failed("the ID token is not from this sign-in: `nonce` differs"));
        }
        Ok(["email", "preferred_username", "sub"].into_iter().find_map(get).map(str::to_owned))
    }
}

fn tell(args: &LoginArgs, issuer: &str, entry: &Entry) {
    let subject = entry.subject.as_deref().unwrap_or("somebody");
    match args.output {
        Output::Human => say::note(&format!("signed in at {issuer} as {subject}")),
        Output::Json => {
            let told = json!({
                "issuer": issuer, "subject": entry.subject, "resources": entry.resources,
            });
            say::line(&told.to_string());
        }
    }
}
