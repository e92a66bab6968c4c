//! `counterfoil call`: one request to an API, with the right token.

mod discover;
mod explain;

use std::io::Write as _;

use clap::Args;
use reqwest::{
    Client, Method,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde_json::{Value, json};
use url::Url;

use crate::{
    client::{Output, Token, Wallet, access_token, forget, http},
    failure::Failure,
    say,
};
use discover::Target;
use explain::Story;

/// `counterfoil call`.
#[derive(Args, Debug)]
pub(crate) struct CallArgs {
    /// The HTTP method, such as GET.
    method: Method,
    /// The URL to call.
    url: Url,
    /// The body: text, `@FILE`, or `@-` for standard input.
    #[arg(short, long, value_name = "DATA")]
    data: Option<String>,
    /// A header to add, as `Name: value`; may be repeated.
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// The API's `resource`; else the API itself is asked.
    #[arg(long, value_name = "URI")]
    resource: Option<String>,
    /// The issuer; else the one that the API trusts and you are signed in at.
    #[arg(long, value_name = "URL", env = "COUNTERFOIL_ISSUER")]
    issuer: Option<String>,
    /// Tell step by step what happens and why.
    #[arg(long)]
    explain: bool,
    /// How the answer is told.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// A request that can be made more than once.
struct Request {
    method: Method,
    url: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Option<Vec<u8>>,
}

pub(crate) async fn run(args: CallArgs) -> Result<(), Failure> {
    if !matches!(args.url.scheme(), "http" | "https") {
        return Err(Failure::usage(format!("`{}` must begin with http or https", args.url)));
    }
    let request = Request::new(&args)?;
    let client = http::client()?;
    let mut story = Story::new(args.explain);
    let target = match &args.resource {
        Some(resource) => {
            let issuer = issuer_for(&args, &[], resource)?;
            Target { resource: resource.clone(), issuer }
        }
        None => match discover::resource(&client, &request, &mut story).await? {
            discover::Found::Resource { resource, issuers } => {
                let issuer = issuer_for(&args, &issuers, &resource)?;
                Target { resource, issuer }
            }
            // The API wants no token.
            discover::Found::Open(response) => {
                return tell(&args, response, &mut story, None).await;
            }
        },
    };
    let token = access_token(&client, &target.issuer, &target.resource).await?;
    story.token(&target, &token);
    let bearer = format!("Bearer {}", token.text);
    let sent = request.build(&client).header(AUTHORIZATION, &bearer);
    let response = http::send(sent).await?;
    if response.status().as_u16() == 401 {
        forget(&token.text)?;
    }
    tell(&args, response, &mut story, Some((&target, &token))).await
}

/// Which issuer to ask: the one told, else one that the API trusts and the person is signed in at,
/// else any whose sign-in was for this API.
fn issuer_for(args: &CallArgs, trusted: &[String], resource: &str) -> Result<String, Failure> {
    let kept = Wallet::open()?.read()?;
    if let Some(issuer) = &args.issuer {
        return Ok(issuer.clone());
    }
    if let Some(issuer) = trusted.iter().find(|issuer| kept.issuers.contains_key(*issuer)) {
        return Ok(issuer.clone());
    }
    if let Some(first) = trusted.first() {
        return Err(Failure::failed(format!(
            "{resource} trusts {first}: run `counterfoil login --issuer {first} --resource \
             {resource}`"
        )));
    }
    let for_it = kept
        .issuers
        .iter()
        .find(|(_, entry)| entry.resources.iter().any(|known| known == resource));
    let found = for_it.map(|(issuer, _)| issuer.clone()).or(kept.current);
    found.ok_or_else(|| Failure::failed("not signed in anywhere: run `counterfoil login`"))
}

impl Request {
    fn new(args: &CallArgs) -> Result<Self, Failure> {
        let mut headers = Vec::new();
        for header in &args.headers {
            let (name, value) = header.split_once(':').ok_or_else(|| {
                Failure::usage(format!("`{header}` must be a header as `Name: value`"))
            })?;
            let name = HeaderName::from_bytes(name.trim().as_bytes())
                .map_err(|_| Failure::usage(format!("`{name}` is no header's name")))?;
            let value = HeaderValue::from_str(value.trim())
                .map_err(|_| Failure::usage(format!("header `{name}` has no such value")))?;
            if name == AUTHORIZATION {
                return Err(Failure::usage("the Authorization header is this command's to send"));
            }
            headers.push((name, value));
        }
        let body = args.data.as_deref().map(read_data).transpose()?;
        if let Some(body) = &body
            && !headers.iter().any(|(name, _)| *name == CONTENT_TYPE)
        {
            let is_json = serde_json::from_slice::<Value>(body).is_ok();
            let kind =
                if is_json { "application/json" } else { "application/x-www-form-urlencoded" };
            headers.push((CONTENT_TYPE, HeaderValue::from_static(kind)));
        }
        Ok(Self { method: args.method.clone(), url: args.url.clone(), headers, body })
    }

    fn build(&self, client: &Client) -> reqwest::RequestBuilder {
        let mut request = client.request(self.method.clone(), self.url.clone());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        match &self.body {
            Some(body) => request.body(body.clone()),
            None => request,
        }
    }
}

fn read_data(data: &str) -> Result<Vec<u8>, Failure> {
    use std::io::Read as _;
    let refuse = |error: std::io::Error| Failure::failed(format!("`{data}`: {error}"));
    let most = u64::try_from(http::BODY_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    match data.strip_prefix('@') {
        None => bytes.extend_from_slice(data.as_bytes()),
        Some("-") => {
            let _read = std::io::stdin().take(most).read_to_end(&mut bytes).map_err(refuse)?;
        }
        Some(file) => {
            let file = std::fs::File::open(file).map_err(refuse)?;
            let _read = file.take(most).read_to_end(&mut bytes).map_err(refuse)?;
        }
    }
    Ok(bytes)
}

/// Tells the answer: body on standard output, status on standard error, exit code by the status.
async fn tell(
    args: &CallArgs,
    response: reqwest::Response,
    story: &mut Story,
    sent: Option<(&Target, &Token)>,
) -> Result<(), Failure> {
    let status = response.status();
    let headers = response.headers().clone();
    let body = http::read(response).await?;
    story.answer(status, &headers, &body, sent.map(|(target, _)| target));
    match args.output {
        Output::Human => {
            let mut out = std::io::stdout().lock();
            // A closed pipe is the reader's choice.
            let _written = out.write_all(&body).and_then(|()| out.flush());
            if body.last().is_some_and(|last| *last != b'\n') {
                say::line("");
            }
        }
        Output::Json => {
            let text = String::from_utf8_lossy(&body);
            let body = serde_json::from_str(&text).unwrap_or(Value::String(text.into_owned()));
            let told = json!({
                "status": status.as_u16(),
                "resource": sent.map(|(target, _)| &target.resource),
                "issuer": sent.map(|(target, _)| &target.issuer),
                "body": body,
                "story": story.told(),
            });
            say::line(&told.to_string());
        }
    }
    let line = status.to_string();
    match status.as_u16() {
        200..=399 => {
            say::note(&line);
            Ok(())
        }
        401 | 403 => Err(Failure::denied(line)),
        404 => Err(Failure::not_found(line)),
        409 => Err(Failure::conflict(line)),
        _ => Err(Failure::failed(line)),
    }
}
