//! What a relation of an object is made of.

use counterfoil_permission::expand::{self, ExpandError, ExpandRequest};

use super::{Answer, Asker, lists::work, view::Question};
use crate::permissions::{
    auth::Need,
    error::{ApiError, Code, REQUIRED},
    live::{About, What},
    names, schema,
    wire::{Expand, ExpandAnswer, Leaf, Tree, TreeNode, TreeValue, Userset},
};

impl Asker<'_> {
    /// One level of what a relation is made of.
    pub(crate) async fn expand(
        &self,
        store: &str,
        request: &Expand<'_>,
    ) -> Result<Answer<ExpandAnswer>, ApiError> {
        const MESSAGE: schema::Message = "ExpandRequest";
        let store = self.store(MESSAGE, Need::Read, store)?;
        let key = request.tuple_key.as_ref();
        let key = key.ok_or_else(|| ApiError::schema(MESSAGE, "TupleKey", REQUIRED))?;
        schema::tuple_key_of("ExpandRequestTupleKey", key)?;
        let tuples = schema::contextual(request.contextual_tuples.as_ref())?;
        let question = Question {
            message: MESSAGE,
            model: &request.authorization_model_id,
            consistency: &request.consistency,
        };
        let view = self.view(store, question).await?;
        if key.object.is_empty() || key.relation.is_empty() {
            return Err(ApiError::new(
                Code::InvalidExpandInput,
                "Invalid input. Make sure you provide an object and a relation",
            ));
        }
        let tuples = names::contextual(&view.model, tuples).map_err(|bad| bad.in_list())?;
        let object = names::object(&key.object).map_err(ApiError::validation)?;
        let relation = names::relation(&key.relation).map_err(ApiError::validation)?;
        let of = object.type_name();
        if !view.model.has_type(of) {
            return Err(ApiError::validation(format!("type '{of}' not found")));
        }
        if !view.model.has_relation(of, relation.as_str()) {
            return Err(ApiError::validation(format!("relation '{of}#{relation}' not found")));
        }
        let about = About {
            what: What::Object(&object),
            relations: &[relation.as_str()],
            user: None,
            contextual: &tuples,
        };
        let snapshot = view.snapshot(about).await?;
        let (now, model, revision) = (self.now(), view.model_id, view.revision.clone());
        let root = work(move || {
            let request = ExpandRequest::new(&object, &relation).contextual(&tuples).now(now);
            let tree = snapshot.expand(&request).map_err(|error| not_expanded(&error))?;
            Ok(node(tree.root))
        });
        let value = ExpandAnswer { tree: Tree { root: root.await? }, revision: revision.clone() };
        Ok(Answer::plain(value).with_model(model).at(revision))
    }
}

fn not_expanded(error: &ExpandError) -> ApiError {
    match error {
        ExpandError::Check(error) => super::lists::not_listed(error),
        ExpandError::LimitReached { .. } => {
            ApiError::new(Code::ExceededEntityLimit, error.to_string())
        }
    }
}

fn node(node: expand::TreeNode) -> TreeNode {
    let nodes =
        |nodes: Vec<expand::TreeNode>| nodes.into_iter().map(self::node).collect::<Vec<_>>();
    let value = match node.value {
        expand::TreeValue::Leaf(leaf) => TreeValue::Leaf(self::leaf(leaf)),
        expand::TreeValue::Union(children) => TreeValue::Union { nodes: nodes(children) },
        expand::TreeValue::Intersection(children) => {
            TreeValue::Intersection { nodes: nodes(children) }
        }
        expand::TreeValue::Difference { base, subtract } => TreeValue::Difference {
            base: Box::new(self::node(*base)),
            subtract: Box::new(self::node(*subtract)),
        },
    };
    TreeNode { name: node.name, value }
}

fn leaf(leaf: expand::Leaf) -> Leaf {
    match leaf {
        expand::Leaf::Users(users) => Leaf::Users { users },
        expand::Leaf::Computed(userset) => Leaf::Computed { userset },
        expand::Leaf::TupleToUserset { tupleset, computed } => Leaf::TupleToUserset {
            tupleset,
            computed: computed.into_iter().map(|userset| Userset { userset }).collect(),
        },
    }
}
