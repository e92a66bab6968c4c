//! `counterfoil perm list-objects`, `list-users` and `list-permissions`.

use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    api::{list, text},
    ask::AskArgs,
    source::{Asked, Source},
};
use crate::{client::Output, failure::Failure, perm::lines::Lines, say};

/// `counterfoil perm list-objects`.
#[derive(Args, Debug)]
pub(super) struct ListObjectsArgs {
    /// The user: `user:anne`, `group:eng#member` or `user:*`.
    user: String,
    /// The relation.
    relation: String,
    /// The type of the objects: `document`.
    #[arg(value_name = "TYPE")]
    type_name: String,
    #[command(flatten)]
    ask: AskArgs,
}

/// `counterfoil perm list-users`.
#[derive(Args, Debug)]
pub(super) struct ListUsersArgs {
    /// The object: `document:budget`.
    object: String,
    /// The relation.
    relation: String,
    /// The kind of users: `user`, or `group#member`.
    kind: String,
    #[command(flatten)]
    ask: AskArgs,
}

/// `counterfoil perm list-permissions`.
#[derive(Args, Debug)]
pub(super) struct ListPermissionsArgs {
    /// The user: `user:anne`, `group:eng#member` or `user:*`.
    user: String,
    /// The object: `document:budget`.
    object: String,
    #[command(flatten)]
    ask: AskArgs,
}

pub(super) async fn objects(args: &ListObjectsArgs) -> Result<(), Failure> {
    let (user, relation, of) = (&args.user, &args.relation, &args.type_name);
    let found = match args.ask.open().await? {
        Source::Files(world) => {
            world.list_objects(user, relation, of, &args.ask.world()?)?.into_iter().map(Ok)
        }
        Source::Server(asked) => {
            let question = json!({ "user": user, "relation": relation, "type": of });
            let request = args.ask.request(&asked, question)?;
            return streamed(&asked, &request, args.ask.output()).await;
        }
    };
    let found = found.collect::<Result<Vec<_>, Failure>>()?;
    tell("objects", &found, args.ask.output());
    Ok(())
}

/// Tells objects as they come.
async fn streamed(asked: &Asked, request: &Value, output: Output) -> Result<(), Failure> {
    let path = asked.store.path("/streamed-list-objects");
    let response = asked.store.server.stream(Method::POST, &path, Some(request)).await?;
    let mut lines = Lines::new(response);
    let mut found = Vec::new();
    while let Some(line) = lines.next().await? {
        let json: Value = serde_json::from_str(&line).map_err(Failure::from_display)?;
        if let Some(error) = json.get("error") {
            return Err(Failure::failed(format!(
                "the list ends early: {}",
                text(error, "message")
            )));
        }
        let Some(result) = json.get("result") else { continue };
        let object = text(result, "object");
        match output {
            Output::Human if !object.is_empty() => say::foreign(object),
            Output::Json if !object.is_empty() => found.push(object.to_owned()),
            Output::Human | Output::Json => {}
        }
    }
    if output == Output::Json {
        found.sort_unstable();
        tell("objects", &found, output);
    }
    Ok(())
}

pub(super) async fn users(args: &ListUsersArgs) -> Result<(), Failure> {
    let (object, relation, kind) = (&args.object, &args.relation, &args.kind);
    let mut found = match args.ask.open().await? {
        Source::Files(world) => world.list_users(object, relation, kind, &args.ask.world()?)?,
        Source::Server(asked) => {
            let (of, id) = object.split_once(':').ok_or_else(|| {
                Failure::usage(format!("`{object}` is no object: expected `type:id`"))
            })?;
            let filter = match kind.split_once('#') {
                Some((of, relation)) => json!({ "type": of, "relation": relation }),
                None => json!({ "type": kind }),
            };
            let object = json!({ "type": of, "id": id });
            let question =
                json!({ "object": object, "relation": relation, "user_filters": [filter] });
            pages_of_users(&asked, &args.ask.request(&asked, question)?).await?
        }
    };
    found.sort_unstable();
    tell("users", &found, args.ask.output());
    Ok(())
}

pub(super) async fn permissions(args: &ListPermissionsArgs) -> Result<(), Failure> {
    let (user, object) = (&args.user, &args.object);
    let answer = match args.ask.open().await? {
        Source::Files(world) => {
            let found = world.list_permissions(user, object, &args.ask.world()?)?;
            let found = found.into_iter().map(|(relation, allowed)| match allowed {
                Ok(allowed) => json!({ "relation": relation, "allowed": allowed }),
                Err(why) => {
                    json!({ "relation": relation, "allowed": false, "error": why.to_string() })
                }
            });
            json!({ "permissions": found.collect::<Vec<_>>() })
        }
        Source::Server(asked) => {
            let key = json!({ "user": user, "object": object });
            let request = args.ask.request(&asked, json!({ "tuple_key": key }))?;
            asked.store.post("/list-permissions", &request).await?
        }
    };
    if args.ask.output() == Output::Json {
        say::line(&answer.to_string());
        return Ok(());
    }
    for permission in list(&answer, "permissions") {
        let (relation, error) = (text(permission, "relation"), text(permission, "error"));
        if permission.get("allowed").and_then(Value::as_bool) == Some(true) {
            say::foreign(relation);
        } else if !error.is_empty() {
            say::note(&format!("{relation}: {error}"));
        }
    }
    Ok(())
}

/// Asks for users until there are no more. OpenFGA's server has one page.
async fn pages_of_users(asked: &Asked, request: &Value) -> Result<Vec<String>, Failure> {
    let mut request = request.clone();
    let mut found = Vec::new();
    loop {
        let answer = asked.store.post("/list-users", &request).await?;
        found.extend(list(&answer, "users").iter().map(user));
        let next = text(&answer, "continuation_token");
        if next.is_empty() {
            return Ok(found);
        }
        if let Some(members) = request.as_object_mut() {
            members.insert("continuation_token".to_owned(), next.into());
        }
    }
}

/// A user of an answer, as tuples spell it.
fn user(user: &Value) -> String {
    let object = |value: &Value| format!("{}:{}", text(value, "type"), text(value, "id"));
    if let Some(found) = user.get("object") {
        return object(found);
    }
    if let Some(found) = user.get("userset") {
        return format!("{}#{}", object(found), text(found, "relation"));
    }
    format!("{}:*", user.get("wildcard").map(|found| text(found, "type")).unwrap_or_default())
}

fn tell(name: &str, found: &[String], output: Output) {
    match output {
        Output::Human => found.iter().for_each(|name| say::foreign(name)),
        Output::Json => say::line(&json!({ name: found }).to_string()),
    }
}
