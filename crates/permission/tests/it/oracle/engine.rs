//! What our engine says to a sheet, read from the same text as the others read.

use std::collections::BTreeSet;
use std::sync::Arc;

use counterfoil_permission::check::{CheckRequest, Decision, Snapshot};
use counterfoil_permission::compile::{CheckedModel, compile};
use counterfoil_permission::condition::Evaluator;
use counterfoil_permission::graph::Graph;
use counterfoil_permission::language::from_json;
use counterfoil_permission::list_objects::ListObjectsRequest;
use counterfoil_permission::list_users::{ListUsersRequest, ListedUser, UserFilter};
use counterfoil_permission::tuple::{Context, ObjectName, RelationName, Tuple, TypeName, UserName};
use serde_json::Value;

use super::sheet::{Answers, Check, Objects, Said, Sheet, Users};
use super::text;
use crate::worlds::World;

/// The most results of a list here.
const ALL: usize = 1_000;

pub(crate) fn read_tuple(json: &Value) -> Tuple {
    let text = |name: &str| json[name].as_str().unwrap();
    let tuple = Tuple::parse(text("object"), text("relation"), text("user")).unwrap();
    match json.get("condition") {
        Some(condition) => {
            let context = condition["context"].as_object().unwrap().clone();
            tuple.with_condition(condition["name"].as_str().unwrap(), context).unwrap()
        }
        None => tuple,
    }
}

/// The model of a world, or what is wrong with it.
pub(crate) fn compiled(world: &World) -> Result<CheckedModel, String> {
    let model = from_json(&text::model(world).to_string()).unwrap();
    compile(&model).map_err(|findings| findings.iter().map(|one| format!("{one}\n")).collect())
}

/// Our engine with a world in it.
pub(crate) struct Engine {
    snapshot: Snapshot,
    contextual: Vec<Tuple>,
    context: Context,
}

impl Engine {
    pub(crate) fn new(world: &World, seed: u64, checked: CheckedModel) -> Self {
        let read =
            |facts| text::tuples(world, facts).iter().map(read_tuple).collect::<Vec<Tuple>>();
        let graph = Graph::new(&read(&world.stored)).unwrap();
        Self {
            snapshot: Snapshot::new(Arc::new(checked), Arc::new(graph)),
            contextual: read(&world.contextual),
            context: text::context(seed).as_object().unwrap().clone(),
        }
    }

    pub(crate) fn answers(&self, sheet: &Sheet) -> Answers {
        Answers {
            checks: sheet.checks.iter().map(|check| self.check(check)).collect(),
            objects: sheet.objects.iter().map(|list| self.objects(list)).collect(),
            users: sheet.users.iter().map(|list| self.users(list)).collect(),
        }
    }

    fn conditions(&self) -> Evaluator<'_> {
        Evaluator::new(self.snapshot.model(), &self.context)
    }

    pub(crate) fn check(&self, check: &Check) -> Said {
        let object = ObjectName::parse(&check.object).unwrap();
        let relation = RelationName::parse(&check.relation).unwrap();
        let user = UserName::parse(&check.user).unwrap();
        let request = CheckRequest::new(&object, &relation, &user).contextual(&self.contextual);
        match self.snapshot.check(&request, &self.conditions()) {
            Ok(Decision::Allow) => Said::Yes,
            Ok(Decision::Deny) => Said::No,
            _ => Said::Unsure,
        }
    }

    fn objects(&self, list: &Objects) -> Option<BTreeSet<String>> {
        let of = TypeName::parse(&list.of).unwrap();
        let relation = RelationName::parse(&list.relation).unwrap();
        let user = UserName::parse(&list.user).unwrap();
        let request = ListObjectsRequest::new(&of, &relation, &user).contextual(&self.contextual);
        let conditions = self.conditions();
        let found = self.snapshot.list_objects(&request, &conditions).ok()?.all(ALL).ok()?;
        Some(found.into_iter().map(|id| format!("{}:{id}", list.of)).collect())
    }

    fn users(&self, list: &Users) -> Option<BTreeSet<String>> {
        let object = ObjectName::parse(&list.object).unwrap();
        let relation = RelationName::parse(&list.relation).unwrap();
        let (of, userset) = match list.filter.split_once('#') {
            Some((of, userset)) => (of, Some(RelationName::parse(userset).unwrap())),
            None => (list.filter.as_str(), None),
        };
        let of = TypeName::parse(of).unwrap();
        let filter = match &userset {
            Some(userset) => UserFilter::Usersets(&of, userset),
            None => UserFilter::Objects(&of),
        };
        let request =
            ListUsersRequest::new(&object, &relation, filter).contextual(&self.contextual);
        let conditions = self.conditions();
        let found = self.snapshot.list_users(&request, &conditions).ok()?.all(ALL).ok()?;
        let of = of.as_str();
        let name = |user: &ListedUser<'_>| match (user, &userset) {
            (ListedUser::Wildcard, _) => format!("{of}:*"),
            (ListedUser::Userset(id), Some(userset)) => format!("{of}:{id}#{}", userset.as_str()),
            (ListedUser::Object(id) | ListedUser::Userset(id) | ListedUser::Excluded(id), _) => {
                format!("{of}:{id}")
            }
        };
        Some(found.users.iter().map(name).collect())
    }
}
