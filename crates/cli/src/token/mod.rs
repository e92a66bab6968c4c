//! `counterfoil token`: look at a token, ask its issuer about it, end it.

mod inspect;

use std::io::Read as _;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::{
    client::{CLIENT_ID, Issuer, Output, default_issuer, forget, http, oauth_error},
    failure::Failure,
    say,
};

pub(crate) use inspect::Inspection;

/// Longest input read: no token is that long, but a pasted header with one may come with others.
const INPUT_BYTES_MAX: u64 = 1024 * 1024;

/// `counterfoil token`.
#[derive(Args, Debug)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Subcommand, Debug)]
enum TokenCommand {
    /// Tell what a token is and what a thief of it would learn. Nothing leaves this machine.
    Inspect(InspectArgs),
    /// Ask the issuer whether a token lives, as an API's own client. Exit code 5: it doesn't.
    Introspect(IntrospectArgs),
    /// End a token, as the client that it was issued to.
    Revoke(RevokeArgs),
}

#[derive(Args, Debug)]
struct InspectArgs {
    /// The token, a whole `Authorization` header, or `-` to read it from standard input.
    token: String,
    /// How the result is told.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// Who asks, and whom.
#[derive(Args, Debug)]
struct Asking {
    /// The issuer; else the last one signed in at, else that of `counterfoil dev`.
    #[arg(long, value_name = "URL", env = "COUNTERFOIL_ISSUER")]
    issuer: Option<String>,
    /// The client's secret. Other users of this machine can read arguments; they can't read the
    /// environment.
    #[arg(long, value_name = "SECRET", env = "COUNTERFOIL_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
}

#[derive(Args, Debug)]
struct IntrospectArgs {
    /// The token, or `-` to read it from standard input.
    token: String,
    #[command(flatten)]
    asking: Asking,
    /// The `client_id` of the API's own client.
    #[arg(long, value_name = "ID", env = "COUNTERFOIL_CLIENT_ID")]
    client_id: String,
    /// Say why the token is inactive. The issuer tells only the API's own client.
    #[arg(long)]
    explain: bool,
    /// How the result is told.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Args, Debug)]
struct RevokeArgs {
    /// The token, or `-` to read it from standard input.
    token: String,
    #[command(flatten)]
    asking: Asking,
    /// The `client_id` of the client that the token was issued to.
    #[arg(long, value_name = "ID", env = "COUNTERFOIL_CLIENT_ID", default_value = CLIENT_ID)]
    client_id: String,
}

pub(crate) async fn run(args: TokenArgs) -> Result<(), Failure> {
    match args.command {
        TokenCommand::Inspect(args) => inspect(&args),
        TokenCommand::Introspect(args) => introspect(&args).await,
        TokenCommand::Revoke(args) => revoke(&args).await,
    }
}

fn inspect(args: &InspectArgs) -> Result<(), Failure> {
    let token = read(&args.token)?;
    let inspection = Inspection::of(&token);
    match args.output {
        Output::Human => inspection.lines().iter().for_each(|line| say::foreign(line)),
        Output::Json => say::line(&inspection.json().to_string()),
    }
    if inspection.is_known() { Ok(()) } else { Err(Failure::failed("not a token known here")) }
}

async fn introspect(args: &IntrospectArgs) -> Result<(), Failure> {
    let token = read(&args.token)?;
    let answer = ask(&args.asking, &args.client_id, "introspection_endpoint", &token).await?;
    let told = answer.json().unwrap_or_default();
    match args.output {
        Output::Json => say::line(&told.to_string()),
        Output::Human => {
            for (name, value) in told.as_object().into_iter().flatten() {
                say::foreign(&format!("{name}: {}", inspect::readable(name, value)));
            }
        }
    }
    if told.get("active") == Some(&Value::Bool(true)) {
        return Ok(());
    }
    let reason = answer.header("counterfoil-inactive-reason");
    Err(Failure::denied(match (args.explain, reason) {
        (true, "") => "inactive; the issuer doesn't say why".to_owned(),
        (true, reason) => format!("inactive: {reason}"),
        (false, _) => "inactive; add --explain to ask why".to_owned(),
    }))
}

async fn revoke(args: &RevokeArgs) -> Result<(), Failure> {
    let token = read(&args.token)?;
    let _done = ask(&args.asking, &args.client_id, "revocation_endpoint", &token).await?;
    forget(&token)?;
    say::note("revoked, or it was no token of this client (the issuer doesn't say which)");
    Ok(())
}

async fn ask(
    asking: &Asking,
    client_id: &str,
    endpoint: &str,
    token: &str,
) -> Result<http::Answer, Failure> {
    let client = http::client()?;
    let issuer = Issuer::discover(&client, &default_issuer(asking.issuer.as_deref())?).await?;
    let mut fields = vec![("token", token)];
    if asking.client_secret.is_none() {
        fields.push(("client_id", client_id));
    }
    let mut request = http::form(&client, issuer.endpoint(endpoint)?, &fields);
    if let Some(secret) = &asking.client_secret {
        // RFC 6749 §2.3.1: both form-encoded before they become HTTP Basic's.
        request = request.basic_auth(encoded(client_id), Some(encoded(secret)));
    }
    let answer = http::exchange(request).await?;
    if answer.status == 200 { Ok(answer) } else { Err(oauth_error(&answer)) }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Takes a token as people paste it: quoted, with the header's name, or from standard input.
fn read(given: &str) -> Result<String, Failure> {
    let mut text = given.to_owned();
    if given == "-" {
        text.clear();
        std::io::stdin()
            .take(INPUT_BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(|error| Failure::failed(format!("standard input can't be read: {error}")))?;
    }
    let quotes = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`');
    let mut token = text.trim_matches(quotes);
    for prefix in ["authorization:", "bearer "] {
        let (head, rest) = token.split_at_checked(prefix.len()).unwrap_or(("", token));
        if head.eq_ignore_ascii_case(prefix) {
            token = rest.trim_matches(quotes);
        }
    }
    if token.is_empty() {
        return Err(Failure::usage("there is no token to look at"));
    }
    Ok(token.to_owned())
}
