//! What a user may do with an object.

use counterfoil_permission::{
    check::Decision,
    condition::Evaluator,
    list_permissions::{ListPermissionsRequest, Permission},
    tuple::{Context, Tuple},
};

use super::{
    Answer, Asker,
    check::why_undecided,
    lists::{context, not_listed, work},
    view::{Question, View},
};
use crate::permissions::{
    auth::Need,
    error::{ApiError, REQUIRED},
    live::{About, What},
    names,
    schema::{self, Message},
    wire::{Check, PermissionAnswer, PermissionsAnswer, TupleKey},
};

impl Asker<'_> {
    /// Which of the relations of an object's type a user has. The request is a check's without the
    /// relation.
    pub(crate) async fn list_permissions(
        &self,
        store: &str,
        request: &Check<'_>,
    ) -> Result<Answer<PermissionsAnswer>, ApiError> {
        const MESSAGE: Message = "ListPermissionsRequest";
        let store = self.store(MESSAGE, Need::Read, store)?;
        let key = request.tuple_key.as_ref();
        let key = key.ok_or_else(|| ApiError::schema(MESSAGE, "TupleKey", REQUIRED))?;
        let tuples = schema::contextual(request.contextual_tuples.as_ref())?;
        let question = Question {
            message: MESSAGE,
            model: &request.authorization_model_id,
            consistency: &request.consistency,
        };
        let view = self.view(store, question).await?;
        let tuples = names::contextual(&view.model, tuples).map_err(|bad| bad.in_check())?;
        let permissions =
            self.permissions(&view, key, tuples, context(request.context.as_ref())?).await?;
        let revision = view.revision.clone();
        let value = PermissionsAnswer { permissions, revision: revision.clone() };
        Ok(Answer::plain(value).with_model(view.model_id).at(revision))
    }

    pub(crate) async fn permissions(
        &self,
        view: &View,
        key: &TupleKey<'_>,
        tuples: Vec<Tuple>,
        context: Context,
    ) -> Result<Vec<PermissionAnswer>, ApiError> {
        let user = names::user(&key.user).map_err(ApiError::validation)?;
        let object = names::object(&key.object).map_err(ApiError::validation)?;
        let relations = view.relations(object.type_name());
        let about = About {
            what: What::Object(&object),
            relations: &relations,
            user: Some(&user),
            contextual: &tuples,
        };
        let snapshot = view.snapshot(about).await?;
        let (limits, now) = (view.settings.limits(), self.now());
        work(move || {
            let request = ListPermissionsRequest::new(&object, &user).contextual(&tuples);
            let request = request.limits(limits).now(now);
            let evaluator = Evaluator::new(snapshot.model(), &context);
            let found = snapshot.list_permissions(&request, &evaluator);
            let found = found.map_err(|error| not_listed(&error))?;
            Ok(found.into_iter().map(shown).collect())
        })
        .await
    }
}

fn shown(permission: Permission<'_>) -> PermissionAnswer {
    PermissionAnswer {
        relation: permission.relation.to_owned(),
        allowed: permission.decision == Decision::Allow,
        error: match permission.decision {
            Decision::Allow | Decision::Deny => None,
            undecided => Some(why_undecided(&undecided).message.into_owned()),
        },
    }
}
