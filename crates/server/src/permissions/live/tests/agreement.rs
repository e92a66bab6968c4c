//! A store that is not in memory answers as one that is.

use counterfoil_permission::{
    check::{CheckRequest, Snapshot},
    condition::Evaluator,
    list_objects::ListObjectsRequest,
    list_users::{ListUsersRequest, UserFilter},
    tuple::{Context, ObjectName, RelationName, Tuple, TypeName, UserName},
};
use counterfoil_store::{Engine, permission::WriteTuples};

use super::ground::on;
use crate::permissions::live::{About, PermissionOptions, What, World};

const MODEL: &str = "
model
  schema 1.1
type user
type group
  relations
    define lead: [user]
    define member: [user, user:*, group#member] or lead
type folder
  relations
    define parent: [folder]
    define owner: [user, group#member]
    define banned: [user, group#member]
    define viewer: [user, user with odd, group#member, user:*] or owner or viewer from parent
    define reader: viewer but not banned
type document
  relations
    define parent: [folder]
    define team: [group]
    define owner: [user]
    define banned: [user, group#member with odd]
    define viewer: [user, group#member, folder#viewer] or owner or viewer from parent
    define staff: member from team or lead from team
    define editor: [user] and viewer
    define reader: (viewer or staff) but not banned
condition odd(n: int) {
  n % 2 == 1
}
";

const TYPES: [(&str, &[&str]); 4] = [
    ("user", &[]),
    ("group", &["lead", "member"]),
    ("folder", &["parent", "owner", "banned", "viewer"]),
    ("document", &["parent", "team", "owner", "banned", "viewer", "editor"]),
];

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    fn object(&mut self, of: &str) -> String {
        format!("{of}:{}", self.below(5))
    }

    fn user(&mut self) -> String {
        match self.below(10) {
            0 => "user:*".to_owned(),
            1..=4 => format!("{}#member", self.object("group")),
            5 => format!("{}#viewer", self.object("folder")),
            _ => self.object("user"),
        }
    }

    /// A tuple, now and then one that the model doesn't allow.
    fn tuple(&mut self) -> Tuple {
        let (of, relations) = self.pick(&TYPES[1..]);
        let (object, relation) = (self.object(of), self.pick(relations));
        let user = match relation {
            "parent" => self.object("folder"),
            "team" => self.object("group"),
            "lead" => self.object("user"),
            _ => self.user(),
        };
        let tuple = Tuple::parse(&object, relation, &user).unwrap();
        let conditional = relation == "viewer" && self.below(3) == 0
            || relation == "banned" && of == "document" && self.below(2) == 0;
        if !conditional {
            return tuple;
        }
        let mut context = Context::new();
        if self.below(3) > 0 {
            context.insert("n".to_owned(), self.below(4).into());
        }
        tuple.with_condition("odd", context).unwrap()
    }
}

#[test]
fn what_is_answered_from_the_database_equals_what_is_answered_from_memory() {
    let mut counts = (0, 0);
    let cell = std::cell::RefCell::new(&mut counts);
    for (engine, seeds) in [(Engine::Sqlite, 0..40), (Engine::Postgres, 40..46)] {
        on(engine, &async |ground| {
            for seed in seeds.clone() {
                let mut dice = Dice(seed);
                let store = ground.shop(u8::try_from(seed).unwrap(), MODEL).await;
                let (memory, database) = (
                    ground.node(PermissionOptions::default()),
                    ground.node(PermissionOptions { memory_bytes: 0, snapshots: None }),
                );
                let count = 10 + dice.below(60);
                for _ in 0..count {
                    let writes = vec![dice.tuple()];
                    // Some come twice and are refused.
                    let request = WriteTuples { writes, ..WriteTuples::default() };
                    drop(memory.live.write(store, request).await);
                }
                let contextual: Vec<Tuple> =
                    (0..dice.below(4)).map(|_| dice.tuple()).filter(may_be_contextual).collect();
                let worlds = (memory.loaded(store).await, database.world(store).await);
                assert!(!worlds.1.is_loaded() && worlds.0.revision() == worlds.1.revision());
                let model = memory.model(store).await;
                let questions = Questions { model: &model, contextual: &contextual };
                for _ in 0..60 {
                    let asked = dice.question();
                    let answers = (
                        questions.check(&worlds.0, &asked).await,
                        questions.check(&worlds.1, &asked).await,
                    );
                    assert_eq!(answers.0, answers.1, "seed {seed}: {asked:?} with {contextual:?}");
                    let mut counts = cell.borrow_mut();
                    let allowed = answers.0.contains("Ok(Allow)");
                    (counts.0, counts.1) =
                        (counts.0 + u32::from(allowed), counts.1 + u32::from(!allowed));
                }
                for _ in 0..8 {
                    let asked = dice.question();
                    let lists = (
                        questions.lists(&worlds.0, &asked).await,
                        questions.lists(&worlds.1, &asked).await,
                    );
                    assert_eq!(lists.0, lists.1, "seed {seed}: {asked:?} with {contextual:?}");
                }
            }
        });
    }
    assert!(counts.0 > 300 && counts.1 > 300, "{counts:?}");
}

fn may_be_contextual(tuple: &Tuple) -> bool {
    tuple.condition().is_none() && !matches!(tuple.user(), UserName::Wildcard(_))
}

type Asked = (ObjectName, RelationName, UserName);

impl Dice {
    fn question(&mut self) -> Asked {
        let (of, relations) = self.pick(&[
            ("document", &["reader", "viewer", "editor", "staff", "banned"][..]),
            ("folder", &["reader", "viewer", "owner"]),
            ("group", &["member"]),
        ]);
        let user = match self.below(6) {
            0 => format!("{}#member", self.object("group")),
            1 => "user:*".to_owned(),
            _ => self.object("user"),
        };
        (
            ObjectName::parse(&self.object(of)).unwrap(),
            RelationName::parse(self.pick(relations)).unwrap(),
            UserName::parse(&user).unwrap(),
        )
    }
}

struct Questions<'a> {
    model: &'a crate::permissions::live::LiveModel,
    contextual: &'a [Tuple],
}

impl Questions<'_> {
    async fn snapshot(
        &self,
        world: &World,
        what: What<'_>,
        relation: &str,
        user: Option<&UserName>,
    ) -> std::sync::Arc<Snapshot> {
        let relations = [relation];
        let about = About { what, relations: &relations, user, contextual: self.contextual };
        world.snapshot(self.model, about).await.unwrap()
    }

    async fn check(&self, world: &World, (object, relation, user): &Asked) -> String {
        let what = What::Object(object);
        let snapshot = self.snapshot(world, what, relation.as_str(), Some(user)).await;
        let context = Context::new();
        let conditions = Evaluator::new(snapshot.model(), &context);
        let request = CheckRequest::new(object, relation, user).contextual(self.contextual);
        format!("{:?}", snapshot.check(&request, &conditions))
    }

    /// Both lists, with a context that decides everything.
    async fn lists(&self, world: &World, (object, relation, user): &Asked) -> String {
        let mut context = Context::new();
        context.insert("n".to_owned(), 3.into());
        let of = TypeName::parse(object.type_name()).unwrap();
        let what = What::Type(of.as_str());
        let snapshot = self.snapshot(world, what, relation.as_str(), Some(user)).await;
        let conditions = Evaluator::new(snapshot.model(), &context);
        let request = ListObjectsRequest::new(&of, relation, user).contextual(self.contextual);
        let mut objects = match snapshot.list_objects(&request, &conditions) {
            Ok(list) => format!(
                "{:?}",
                list.all(1_000).map(|mut ids| {
                    ids.sort_unstable();
                    ids.into_iter().map(str::to_owned).collect::<Vec<_>>()
                })
            ),
            Err(error) => format!("{error:?}"),
        };
        let what = What::Object(object);
        let snapshot = self.snapshot(world, what, relation.as_str(), None).await;
        let conditions = Evaluator::new(snapshot.model(), &context);
        let users = TypeName::parse("user").unwrap();
        let filter = UserFilter::Objects(&users);
        let request = ListUsersRequest::new(object, relation, filter).contextual(self.contextual);
        objects += &match snapshot.list_users(&request, &conditions) {
            Ok(list) => format!(
                "{:?}",
                list.all(1_000).map(|found| {
                    let mut users: Vec<String> =
                        found.users.iter().map(|user| format!("{user:?}")).collect();
                    users.extend(found.excluded.iter().map(|id| format!("not {id}")));
                    users.sort_unstable();
                    users
                })
            ),
            Err(error) => format!("{error:?}"),
        };
        objects
    }
}
