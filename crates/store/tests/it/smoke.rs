use crate::ground::{kill, on_both, user};
use counterfoil_oauth::model::{Batch, Effect, Target, UserId};

#[test]
fn a_user_is_found_again() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let batch = Batch {
            effects: vec![Effect::InsertUser(user(2))],
            changes: vec![kill(Target::User(UserId::new(2)))],
            ..Batch::default()
        };
        let done = ground.commit(batch).await.unwrap();
        assert_eq!(done.revision.get(), 1);
        let found = ground.store.user_by_username(ground.iss, "uSER2").await.unwrap();
        assert_eq!(found.value.unwrap().id, UserId::new(2));
        assert_eq!(found.revision.get(), 1);
    });
}
