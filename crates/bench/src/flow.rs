//! Code + PKCE by sixteen browsers at once, each on one kept-alive connection: the same requests
//! and the same reading of pages on both sides.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use aws_lc_rs::{digest, rand};
use clap::{Args, ValueEnum};
use counterfoil_jose::b64;
use serde::{Deserialize, Serialize};

use crate::{
    clock::Since,
    failure::Failure,
    http::{Answer, Ask, Connection},
    say,
    world::{self, PASSWORD, REDIRECT_URI, RESOURCE, SCOPE},
};

/// Flows at once.
const FLOWS: usize = 16;

/// Most pages and redirects in one flow; the longest honest one has eight.
const STEPS_MAX: usize = 16;

/// Most flows in one run, whatever its time.
const FLOWS_MAX: u64 = 500_000;

/// `counterfoil-bench flow`.
#[derive(Args, Debug)]
pub(crate) struct FlowArgs {
    /// The server's port.
    #[arg(long)]
    port: u16,
    /// The path of its authorization endpoint.
    #[arg(long)]
    authorize: String,
    /// What a flow is.
    #[arg(long)]
    mode: Mode,
    /// Seconds to run.
    #[arg(long)]
    secs: u32,
}

/// What a flow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// A browser that is signed in and has consented: authorize, token.
    Session,
    /// A browser that was never seen: sign-in page, consent page, token.
    Full,
}

/// What a run of flows did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Flows {
    pub(crate) flows: u64,
    pub(crate) duration_us: u64,
    pub(crate) requests: u64,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
}

pub(crate) async fn run(args: &FlowArgs) -> Result<(), Failure> {
    let mut browsers = Vec::new();
    for number in 0..FLOWS {
        let mut browser = Browser::open(args, number).await?;
        // Signs in and consents before the clock starts; in the full mode it warms the connection.
        let tokens = browser.flow(true).await?;
        if number == 0 {
            check(&tokens)?;
        }
        browsers.push(browser);
    }
    let awake = tokio::spawn(stay_awake());
    let started = Since::now();
    let begun = AtomicU64::new(0);
    let work = browsers.iter_mut().map(|browser| repeat(browser, args, started, &begun));
    let mut took: Vec<u64> = Vec::new();
    let mut requests = 0;
    for ended in join(work).await {
        let (times, sent) = ended?;
        took.extend(times);
        requests += sent;
    }
    let duration_us = micros(started.elapsed());
    awake.abort();
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or(0);
    let flows = u64::try_from(took.len()).unwrap_or(0);
    let flows = Flows { flows, duration_us, requests, p50_us: at(50), p99_us: at(99) };
    say::line(&serde_json::to_string(&flows)?);
    Ok(())
}

/// Keeps this core from sleeping. On one machine it is the server's core that wakes the browsers', with
/// an interrupt for each answer; over a network no server pays for that.
async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

/// All of them at once, on this thread.
async fn join<F: Future>(work: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = work.map(|one| Some(Box::pin(one))).collect();
    let mut ended = Vec::new();
    std::future::poll_fn(move |context| {
        for slot in &mut running {
            if let Some(one) = slot
                && let std::task::Poll::Ready(output) = one.as_mut().poll(context)
            {
                ended.push(output);
                *slot = None;
            }
        }
        match running.iter().all(Option::is_none) {
            true => std::task::Poll::Ready(std::mem::take(&mut ended)),
            false => std::task::Poll::Pending,
        }
    })
    .await
}

async fn repeat(
    browser: &mut Browser,
    args: &FlowArgs,
    started: Since,
    begun: &AtomicU64,
) -> Result<(Vec<u64>, u64), Failure> {
    let before = browser.requests;
    let mut times = Vec::new();
    while started.elapsed() < Duration::from_secs(args.secs.into()) {
        if begun.fetch_add(1, Ordering::Relaxed) >= FLOWS_MAX {
            break;
        }
        let one = Since::now();
        browser.flow(args.mode == Mode::Full).await?;
        times.push(micros(one.elapsed()));
    }
    Ok((times, browser.requests - before))
}

/// Both sides must do the same work: an opaque access token and an ES256 ID token.
fn check(tokens: &serde_json::Value) -> Result<(), Failure> {
    let text = |name: &str| tokens.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    let header = text("id_token").split('.').next().unwrap_or_default();
    let header = b64::decode(header).unwrap_or_default();
    let header: serde_json::Value = serde_json::from_slice(&header)?;
    let alg = header.get("alg").and_then(|alg| alg.as_str());
    if alg != Some("ES256") || text("access_token").is_empty() || text("access_token").contains('.')
    {
        return Err(Failure::new(format!("these are not the tokens to compare: {tokens}")));
    }
    Ok(())
}

struct Browser {
    connection: Connection,
    cookies: BTreeMap<String, String>,
    authorize: String,
    username: String,
    authorization: String,
    requests: u64,
}

impl Browser {
    async fn open(args: &FlowArgs, number: usize) -> Result<Self, Failure> {
        Ok(Self {
            connection: Connection::open(args.port).await?,
            cookies: BTreeMap::new(),
            authorize: args.authorize.clone(),
            username: world::username(number),
            authorization: world::basic("web"),
            requests: 0,
        })
    }

    /// One flow to its tokens, by a browser that nobody knows or by one that is signed in.
    async fn flow(&mut self, unknown: bool) -> Result<serde_json::Value, Failure> {
        if unknown {
            self.cookies.clear();
        }
        let verifier = random()?;
        let challenge = b64::encode(digest::digest(&digest::SHA256, verifier.as_bytes()).as_ref());
        let mut query = form_urlencoded::Serializer::new(format!("{}?", self.authorize));
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", "web")
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("scope", &format!("openid {SCOPE}"))
            .append_pair("resource", &format!("{RESOURCE}/opaque"))
            .append_pair("state", &random()?)
            .append_pair("nonce", &random()?)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if unknown {
            query.append_pair("prompt", "consent");
        }
        let code = self.code(query.finish()).await?;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", &code)
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("code_verifier", &verifier);
        let authorization = self.authorization.clone();
        let ask = Ask::post("/token", &authorization, form.finish());
        self.requests += 1;
        self.connection.send(ask).await?.json()
    }

    /// Follows redirects and answers pages until the code arrives.
    async fn code(&mut self, path: String) -> Result<String, Failure> {
        let mut path = path;
        let mut form = None;
        for _ in 0..STEPS_MAX {
            let answer = self.send(&path, form.take()).await?;
            if let 302 | 303 = answer.status {
                let location = answer.header(axum::http::header::LOCATION).unwrap_or_default();
                if let Some(query) = location.strip_prefix(REDIRECT_URI) {
                    return code_of(query);
                }
                path = path_of(location).to_owned();
                continue;
            }
            let page = String::from_utf8_lossy(&answer.body);
            let (action, body) = page_form(&page, &self.username)
                .ok_or_else(|| Failure::new(format!("{path}: {}: {page}", answer.status)))?;
            path = path_of(&action).to_owned();
            form = Some(body);
        }
        Err(Failure::new("the flow has no end"))
    }

    async fn send(&mut self, path: &str, form: Option<String>) -> Result<Answer, Failure> {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookie = pairs.collect::<Vec<_>>().join("; ");
        let ask = Ask { path, authorization: None, cookie: Some(&cookie), form };
        let answer = self.connection.send(ask).await?;
        self.requests += 1;
        for value in answer.headers.get_all(axum::http::header::SET_COOKIE) {
            let pair = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }
}

fn code_of(query: &str) -> Result<String, Failure> {
    let pairs = form_urlencoded::parse(query.trim_start_matches('?').as_bytes());
    let code = pairs.into_iter().find(|(name, _)| name == "code");
    let code = code.ok_or_else(|| Failure::new(format!("no code in `{query}`")))?;
    Ok(code.1.into_owned())
}

/// The path and query of an absolute or relative address.
fn path_of(address: &str) -> &str {
    match address.strip_prefix("http://") {
        Some(rest) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => address,
    }
}

/// Fills in the first form that posts: where it goes, and its body.
fn page_form(page: &str, username: &str) -> Option<(String, String)> {
    let form = page.split("<form ").skip(1).find(|form| form.contains("method=\"post\""))?;
    let form = form.split("</form>").next()?;
    let action = attribute(form.split('>').next()?, "action")?;
    let mut body = form_urlencoded::Serializer::new(String::new());
    for input in form.split("<input ").skip(1).filter_map(|input| input.split('>').next()) {
        let Some(name) = attribute(input, "name") else { continue };
        match name.as_str() {
            "username" | "login" => body.append_pair(&name, username),
            "password" => body.append_pair(&name, PASSWORD),
            _ => body.append_pair(&name, &attribute(input, "value").unwrap_or_default()),
        };
    }
    if form.contains("name=\"decision\"") {
        body.append_pair("decision", "allow");
    }
    Some((action, body.finish()))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split(&format!(" {name}=\"")).nth(1).or_else(|| {
        let first = tag.strip_prefix(name)?;
        first.strip_prefix("=\"")
    })?;
    Some(value.split('"').next()?.replace("&amp;", "&"))
}

fn random() -> Result<String, Failure> {
    let mut bytes = [0u8; 32];
    rand::fill(&mut bytes).map_err(|_| Failure::new("no randomness"))?;
    Ok(b64::encode(&bytes))
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_answered() {
        let check = |page: &str, action: &str, body: &str| {
            let expected = Some((action.to_owned(), body.to_owned()));
            assert_eq!(page_form(page, "ann"), expected, "{page}");
        };
        check(
            r#"<form class="stack" method="post" action="/sign-in"><input type="hidden" name="csrf"
             value="a&amp;b"><input id="username" name="username" value=""></form>"#,
            "/sign-in",
            "csrf=a%26b&username=ann",
        );
        check(
            r#"<form autocomplete="off" action="http://localhost:1/i/x" method="post">
            <input type="hidden" name="prompt" value="login"/><input required name="login"></form>"#,
            "http://localhost:1/i/x",
            "prompt=login&login=ann",
        );
        check(
            r#"<form action="/c" method="post"><button name="decision" value="allow">Yes</button>"#,
            "/c",
            "decision=allow",
        );
        assert_eq!(page_form("<p>no form</p>", "ann"), None);
    }

    #[test]
    fn addresses_lose_their_origin() {
        assert_eq!(path_of("http://localhost:1/a?b=c"), "/a?b=c");
        assert_eq!(path_of("/a?b=http://x/"), "/a?b=http://x/");
    }

    #[test]
    fn codes_are_found() {
        assert_eq!(code_of("?code=a%2Fb&state=x").unwrap(), "a/b");
        assert!(code_of("?error=access_denied").is_err());
    }
}
