//! Evaluations: may this subject do this to that resource.

use axum::{body::Body, http::Response};
use counterfoil_permission::{
    check::{CheckRequest, Decision, Snapshot},
    condition::Evaluator,
    tuple::{Context, Tuple},
};
use counterfoil_store::permission::PermissionStoreId;
use serde_json::{Value, json};

use super::{
    answers::{Evaluation, Evaluations},
    messages::{Action, Asked, Entity, Options, Parts, Semantic, merged, present},
    render, store_of,
};
use crate::permissions::{
    auth::Need,
    error::ApiError,
    http::Call,
    live::{About, What},
    names, schema,
    service::{
        Answer, Asker,
        check::{refused, why_undecided},
        view::{self, Question, View},
    },
    wire::{self, Text},
};

/// Most evaluations of one request.
const EVALUATIONS_MAX: usize = 1_000;

/// Most reasons of a denial: enough to see what is lacking.
const REASONS_MAX: usize = 40;

/// `POST …/access/v1/evaluation`
pub(super) async fn evaluation(call: Call) -> Response<Body> {
    let (store, result) = match store_of(&call).await {
        Err(error) => (String::new(), Err(error)),
        Ok(store) => {
            let result = async {
                let asked: Asked<'_> = wire::read(&call.body)?;
                let ground = Ground::new(&call, &store, &asked).await?;
                ground.one(&asked).await
            }
            .await;
            (store, result)
        }
    };
    render(&call, &store, result)
}

/// `POST …/access/v1/evaluations`
pub(super) async fn evaluations(call: Call) -> Response<Body> {
    let (store, result) = match store_of(&call).await {
        Err(error) => (String::new(), Err(error)),
        Ok(store) => {
            let result = async {
                let asked: Asked<'_> = wire::read(&call.body)?;
                let ground = Ground::new(&call, &store, &asked).await?;
                ground.many(&asked).await
            }
            .await;
            (store, result)
        }
    };
    render(&call, &store, result)
}

/// What every evaluation of a request has in common.
struct Ground<'a> {
    asker: Asker<'a>,
    view: View,
    tuples: Vec<Tuple>,
}

impl<'a> Ground<'a> {
    async fn new(call: &'a Call, store: &str, asked: &Asked<'_>) -> Result<Self, ApiError> {
        let asker = call.asker()?;
        let store = asker.store("EvaluationRequest", Need::Read, store)?;
        let view = view_of(&asker, call, store, asked).await?;
        let tuples = schema::contextual(asked.contextual_tuples.as_ref())?;
        let tuples = names::contextual(&view.model, tuples).map_err(|bad| bad.in_check())?;
        Ok(Self { asker, view, tuples })
    }

    fn answer<T>(&self, value: T) -> Answer<T> {
        Answer::plain(value).with_model(self.view.model_id).at(self.view.revision.clone())
    }

    async fn one(&self, asked: &Asked<'_>) -> Result<Answer<Evaluations>, ApiError> {
        let decided = self.evaluate(&whole(asked, None)).await?;
        Ok(self.answer(Evaluations::One(decided)))
    }

    async fn many(&self, asked: &Asked<'_>) -> Result<Answer<Evaluations>, ApiError> {
        let semantic = Options::semantic(asked.options.as_ref())?;
        let items = asked.evaluations.as_deref().unwrap_or_default();
        if items.is_empty() {
            return self.one(asked).await;
        }
        if items.len() > EVALUATIONS_MAX {
            return Err(ApiError::exceeded("evaluations", EVALUATIONS_MAX));
        }
        let mut evaluations = Vec::new();
        for item in items {
            let started = self.asker.state.config.clock.ticks();
            let decided = match self.evaluate(&whole(asked, Some(item))).await {
                Ok(decided) => decided,
                Err(error) => Evaluation { decision: false, context: Some(failed(&error)) },
            };
            let stop = match semantic {
                Semantic::All => false,
                Semantic::FirstDeny => !decided.decision,
                Semantic::FirstPermit => decided.decision,
            };
            evaluations.push(decided);
            self.asker.let_others(started).await;
            if stop {
                break;
            }
        }
        Ok(self.answer(Evaluations::Many { evaluations }))
    }

    async fn evaluate(&self, whole: &Whole<'_>) -> Result<Evaluation, ApiError> {
        let subject = present(whole.subject, "subject")?;
        let resource = present(whole.resource, "resource")?;
        let action = present(whole.action, "action")?;
        let user = names::user(&subject.name("subject")?).map_err(ApiError::validation)?;
        let object = names::object(&resource.name("resource")?).map_err(ApiError::validation)?;
        let relation = names::relation(action.name()?).map_err(ApiError::validation)?;
        let context = merged(whole.subject, whole.action, whole.resource, whole.context);
        names::context(&context).map_err(ApiError::validation)?;
        let about = About {
            what: What::Object(&object),
            relations: &[relation.as_str()],
            user: Some(&user),
            contextual: &self.tuples,
        };
        let snapshot = self.view.snapshot(about).await?;
        let request = CheckRequest::new(&object, &relation, &user)
            .contextual(&self.tuples)
            .limits(self.view.settings.limits())
            .now(self.asker.now());
        let decision = view::check(&snapshot, &request, &context);
        let context = match decision.map_err(|error| refused(&error))? {
            Decision::Allow => None,
            Decision::Deny => Some(reason(&snapshot, &request, &context)),
            Decision::Missing(missing) => Some(json!({
                "id": "missing_context",
                "reason_admin": {"en": why_undecided(&Decision::Missing(missing.clone())).message},
                "missing": missing.iter().map(|one| {
                    json!({"condition": one.condition, "parameter": one.parameter})
                }).collect::<Vec<_>>(),
            })),
            undecided => return Err(why_undecided(&undecided)),
        };
        Ok(Evaluation { decision: context.is_none(), context })
    }
}

/// What is lacking for a yes. It is for whoever runs the API, not for whoever asked.
fn reason(snapshot: &Snapshot, request: &CheckRequest<'_>, context: &Context) -> Value {
    let evaluator = Evaluator::new(snapshot.model(), context);
    let told = snapshot.explain(request, &evaluator, REASONS_MAX);
    let text = told.map(|told| told.to_string()).unwrap_or_default();
    json!({"id": "denied", "reason_admin": {"en": text}})
}

/// A store as a request wants to see it: OpenFGA's header names the model.
pub(super) async fn view_of(
    asker: &Asker<'_>,
    call: &Call,
    store: PermissionStoreId,
    asked: &Asked<'_>,
) -> Result<View, ApiError> {
    let header = call.headers.get("openfga-authorization-model-id");
    let model = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let model = Text::from(model);
    let question =
        Question { message: "EvaluationRequest", model: &model, consistency: &asked.consistency };
    asker.view(store, question).await
}

/// One evaluation with the request's defaults filled in.
struct Whole<'a> {
    subject: Option<&'a Entity>,
    action: Option<&'a Action>,
    resource: Option<&'a Entity>,
    context: Option<&'a Context>,
}

fn whole<'a>(asked: &'a Asked<'_>, item: Option<&'a Parts>) -> Whole<'a> {
    Whole {
        subject: item.and_then(|item| item.subject.as_ref()).or(asked.subject.as_ref()),
        action: item.and_then(|item| item.action.as_ref()).or(asked.action.as_ref()),
        resource: item.and_then(|item| item.resource.as_ref()).or(asked.resource.as_ref()),
        context: item.and_then(|item| item.context.as_ref()).or(asked.context.as_ref()),
    }
}

fn failed(error: &ApiError) -> Value {
    json!({"error": {"status": error.code.status(), "message": error.message}})
}
