//! Signing a demo user in without a browser: development mode's own pages, filled in.

use std::collections::BTreeMap;

use reqwest::{Client, RequestBuilder, header};
use url::{Url, form_urlencoded};

use crate::{
    client::http::{self, Answer},
    failure::Failure,
};

/// Pages until the callback: sign-in, consent, and a redirect or two.
const STEPS_MAX: usize = 8;

/// Walks from the authorization endpoint to the redirect and returns its parameters.
pub(super) async fn sign_in(
    client: &Client,
    url: &str,
    redirect_uri: &str,
    username: &str,
    password: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let mut cookies = BTreeMap::new();
    let mut answer = send(client.get(url), &mut cookies).await?;
    let mut at = Url::parse(url).map_err(Failure::from_display)?;
    let mut asked = false;
    for _ in 0..STEPS_MAX {
        let request = if let Some(next) = redirect(&answer, &at) {
            if next.as_str().starts_with(redirect_uri) {
                let query = next.query().unwrap_or_default();
                return Ok(form_urlencoded::parse(query.as_bytes()).into_owned().collect());
            }
            at = next;
            client.get(at.clone())
        } else if answer.body.contains("action=\"/sign-in\"") && !asked {
            asked = true;
            let fields = [("username", username), ("password", password)];
            post(client, &mut at, "/sign-in", &answer, &fields)?
        } else if answer.body.contains("action=\"/consent\"") {
            post(client, &mut at, "/consent", &answer, &[("decision", "allow")])?
        } else {
            break;
        };
        answer = send(request, &mut cookies).await?;
    }
    if answer.body.contains("action=\"/sign-in\"") {
        return Err(Failure::denied(format!(
            "`{username}` can't sign in: suspended, or the password was changed"
        )));
    }
    Err(Failure::failed(format!("signing in ended at {at} with {}", answer.status)))
}

fn post(
    client: &Client,
    at: &mut Url,
    path: &str,
    page: &Answer,
    more: &[(&str, &str)],
) -> Result<RequestBuilder, Failure> {
    *at = at.join(path).map_err(Failure::from_display)?;
    let hidden = |name: &str| {
        let marked = format!("name=\"{name}\" value=\"");
        let (_, rest) = page.body.split_once(&marked)?;
        Some(rest.split_once('"')?.0)
    };
    let mut fields = more.to_vec();
    for name in ["interaction", "csrf"] {
        let value = hidden(name);
        fields.push((name, value.ok_or_else(|| Failure::failed("the page has no such form"))?));
    }
    Ok(http::form(client, at.as_str(), &fields))
}

fn redirect(answer: &Answer, at: &Url) -> Option<Url> {
    if !matches!(answer.status, 302 | 303) {
        return None;
    }
    at.join(answer.header("location")).ok()
}

async fn send(
    request: RequestBuilder,
    cookies: &mut BTreeMap<String, String>,
) -> Result<Answer, Failure> {
    let pairs: Vec<String> =
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut request = request.header(header::ACCEPT, "text/html");
    if !pairs.is_empty() {
        request = request.header(header::COOKIE, pairs.join("; "));
    }
    let answer = http::exchange(request).await?;
    for set in answer.headers.get_all(header::SET_COOKIE) {
        let pair = set.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }
    Ok(answer)
}
