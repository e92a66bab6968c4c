use crate::ground::{Ground, runtime, user};
use counterfoil_oauth::model::{Batch, Effect, Target, UserId};
use counterfoil_store::Engine;

#[test]
fn a_user_is_found_again() {
    runtime().block_on(async {
        let ground = Ground::new(Engine::Sqlite).await.peopled().await;
        let batch = Batch {
            effects: vec![Effect::InsertUser(user(2))],
            changes: vec![crate::ground::kill(Target::User(UserId::new(2)))],
            ..Batch::default()
        };
        let done = ground.commit(batch).await.unwrap();
        assert_eq!(done.revision.get(), 1);
        let found = ground.store.user_by_username(ground.iss, "uSER2").await.unwrap();
        assert_eq!(found.value.unwrap().id, UserId::new(2));
        assert_eq!(found.revision.get(), 1);
    });
}
