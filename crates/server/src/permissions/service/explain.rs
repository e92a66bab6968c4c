//! Why an answer is what it is.

use counterfoil_permission::{
    check::{CheckRequest, Decision, Truth},
    condition::Evaluator,
    explain::{EXPLAIN_NODES_MAX, Explanation, Held, Reason, What},
};
use serde_json::{Value, json};

use super::{
    Answer, Asker,
    check::refused,
    lists::{context, work},
    view::Question,
};
use crate::permissions::{
    auth::Need,
    error::ApiError,
    live::{self, About},
    names, schema,
    wire::{Check, ExplainAnswer},
};

impl Asker<'_> {
    /// Answers a check, and says why: a proof of a yes, what is lacking for a no.
    pub(crate) async fn explain(
        &self,
        store: &str,
        request: &Check<'_>,
    ) -> Result<Answer<ExplainAnswer>, ApiError> {
        const MESSAGE: schema::Message = "ExplainRequest";
        let store = self.store(MESSAGE, Need::Read, store)?;
        let key = schema::question(MESSAGE, "CheckRequestTupleKey", request.tuple_key.as_ref())?;
        let tuples = schema::contextual(request.contextual_tuples.as_ref())?;
        let question = Question {
            message: MESSAGE,
            model: &request.authorization_model_id,
            consistency: &request.consistency,
        };
        let view = self.view(store, question).await?;
        let bad = |reason: &str| ApiError::validation(format!("invalid relation: {reason}"));
        let user = names::user(&key.user).map_err(bad)?;
        let object = names::object(&key.object).map_err(bad)?;
        let relation = names::relation(&key.relation).map_err(bad)?;
        let context = context(request.context.as_ref())?;
        let tuples = names::contextual(&view.model, tuples).map_err(|bad| bad.in_check())?;
        let about = About {
            what: live::What::Object(&object),
            relations: &[relation.as_str()],
            user: Some(&user),
            contextual: &tuples,
        };
        let snapshot = view.snapshot(about).await?;
        let limits = view.settings.limits();
        let (now, model, revision) = (self.now(), view.model_id, view.revision.clone());
        let told = work(move || {
            let request = CheckRequest::new(&object, &relation, &user);
            let request = request.contextual(&tuples).limits(limits).now(now);
            let evaluator = Evaluator::new(snapshot.model(), &context);
            let told = snapshot.explain(&request, &evaluator, EXPLAIN_NODES_MAX);
            told.map_err(|error| refused(&error))
        });
        let value = shown(&told.await?, revision.clone());
        Ok(Answer::plain(value).with_model(model).at(revision))
    }
}

pub(crate) fn shown(told: &Explanation, revision: String) -> ExplainAnswer {
    ExplainAnswer {
        allowed: told.decision == Decision::Allow,
        decision: word(&told.decision),
        text: told.to_string(),
        reason: reason(&told.root),
        complete: told.complete,
        revision,
    }
}

/// A reason and those below it. Trees are bounded in depth by the explanation itself.
fn reason(told: &Reason) -> Value {
    let mut object = json!({
        "decision": word(&told.decision),
        "text": told.to_string(),
        "kind": kind(&told.what),
    });
    let Some(members) = object.as_object_mut() else { return object };
    if let Some(name) = name(&told.what) {
        members.insert("name".to_owned(), json!(name));
    }
    if let What::Tuple { condition: Some(held), .. } | What::Through { condition: Some(held), .. } =
        &told.what
    {
        members.insert("condition".to_owned(), condition(held));
    }
    if let Decision::Missing(missing) = &told.decision {
        let missing = missing
            .iter()
            .map(|missing| json!({"condition": missing.condition, "parameter": missing.parameter}));
        members.insert("missing".to_owned(), missing.collect());
    }
    if !told.below.is_empty() {
        members.insert("because".to_owned(), told.below.iter().map(reason).collect());
    }
    object
}

fn condition(held: &Held) -> Value {
    match &held.truth {
        Truth::True => json!({"name": held.name, "holds": true}),
        Truth::False => json!({"name": held.name, "holds": false}),
        Truth::Missing(parameters) => json!({"name": held.name, "missing": parameters}),
        Truth::Failed(why) => json!({"name": held.name, "failed": why.to_string()}),
    }
}

/// What a decision is called on the wire.
pub(crate) const fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Deny => "deny",
        Decision::Missing(_) => "missing",
        Decision::Failed { .. } => "failed",
        Decision::TooComplex => "too_complex",
    }
}

const fn kind(what: &What) -> &'static str {
    match what {
        What::Relation(_) => "relation",
        What::Tuple { .. } => "tuple",
        What::Through { .. } => "through",
        What::NoTuple(_) => "no_tuple",
        What::NotAllowed(_) => "not_allowed",
        What::NoLink(_) => "no_link",
        What::AnyOf => "any_of",
        What::AllOf => "all_of",
        What::ButNot => "but_not",
        What::Excluded => "excluded",
        What::Itself(_) => "itself",
        What::Cycle(_) => "cycle",
        What::Told(_) => "told",
        What::TooDeep(_) => "too_deep",
        What::More(_) => "more",
    }
}

fn name(what: &What) -> Option<&str> {
    match what {
        What::Relation(name)
        | What::Tuple { tuple: name, .. }
        | What::Through { tuple: name, .. }
        | What::NoTuple(name)
        | What::NotAllowed(name)
        | What::NoLink(name)
        | What::Itself(name)
        | What::Cycle(name)
        | What::Told(name)
        | What::TooDeep(name) => Some(name),
        What::More(name) => name.as_deref(),
        What::AnyOf | What::AllOf | What::ButNot | What::Excluded => None,
    }
}
