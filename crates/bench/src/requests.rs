//! What each subject is asked, again and again.

use serde_json::Value;

use crate::{
    failure::Failure,
    growth::client_credentials,
    http::{Ask, Connection},
    load::Request,
    rows::Subject,
    world,
};

/// The request of a subject, tried once: an answer that isn't the expected one is no measurement.
pub(crate) async fn of(port: u16, issuer_port: u16, subject: Subject) -> Result<Request, Failure> {
    let mut connection = Connection::open(port).await?;
    let get = |path: &str| Request { port, path: path.to_owned(), authorization: None, form: None };
    let service = world::basic("service");
    let post = |path: &str, authorization: String, form: String| Request {
        port,
        path: path.to_owned(),
        authorization: Some(authorization),
        form: Some(form),
    };
    let request = match subject {
        Subject::Discovery => get("/.well-known/openid-configuration"),
        Subject::Jwks => get("/jwks"),
        Subject::TokenOpaque | Subject::TokenOpaquePeer => {
            post("/token", service, client_credentials("opaque"))
        }
        Subject::TokenEs256 | Subject::TokenEs256Peer => {
            post("/token", service, client_credentials("es256"))
        }
        Subject::Introspection | Subject::IntrospectionPeer => {
            let is_peer = subject == Subject::IntrospectionPeer;
            let path = if is_peer { "/token/introspection" } else { "/introspect" };
            let token = opaque_token(&mut connection).await?;
            post(path, world::basic("api-opaque"), format!("token={token}"))
        }
        Subject::Guarded => {
            let token = opaque_token(&mut Connection::open(issuer_port).await?).await?;
            Request { authorization: Some(format!("Bearer {token}")), ..get("/") }
        }
        _ => get("/"),
    };
    let ask = Ask {
        path: &request.path,
        authorization: request.authorization.as_deref(),
        cookie: None,
        form: request.form.clone(),
    };
    expect(subject, &connection.send(ask).await?.json()?)?;
    Ok(request)
}

async fn opaque_token(connection: &mut Connection) -> Result<String, Failure> {
    let service = world::basic("service");
    let ask = Ask::post("/token", &service, client_credentials("opaque"));
    let tokens = connection.send(ask).await?.json()?;
    Ok(tokens.get("access_token").and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn expect(subject: Subject, answer: &Value) -> Result<(), Failure> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    let dots = text("access_token").matches('.').count();
    let is_right = match subject {
        Subject::TokenOpaque | Subject::TokenOpaquePeer => {
            !text("access_token").is_empty() && dots == 0
        }
        // {"alg":"ES256" begins every such token on both sides.
        Subject::TokenEs256 | Subject::TokenEs256Peer => {
            dots == 2 && text("access_token").starts_with("eyJhbGciOiJFUzI1NiI")
        }
        Subject::Introspection | Subject::IntrospectionPeer => {
            answer.get("active").and_then(Value::as_bool) == Some(true)
        }
        Subject::Discovery => !text("issuer").is_empty(),
        Subject::Jwks => answer.get("keys").is_some(),
        _ => true,
    };
    if is_right {
        return Ok(());
    }
    Err(Failure::new(format!("{} answers something else: {answer}", subject.metric())))
}
