//! Lists, cursors, filters and stamps.

use counterfoil_oauth::model::{
    ApiId, ClientId, Effect, GrantId, IssuerId, Revision, SessionId, Target, UserId,
};
use counterfoil_store::{
    ApiFilter, ClientFilter, GrantFilter, SessionFilter, StoreError, UserFilter,
};

use crate::ground::{api, client, grant, on_both, session, user};

#[test]
fn lists_are_paged_in_order_and_filtered() {
    on_both(async |ground| {
        let mut effects = Vec::new();
        for id in (1..=7).rev() {
            effects.push(Effect::InsertUser(user(id)));
            effects.push(Effect::InsertClient(client(id)));
            effects.push(Effect::InsertApi(api(id)));
        }
        for id in 1..=6 {
            effects.push(Effect::InsertSession(session(id, 1 + id % 2)));
            let mut grant = grant(id);
            grant.user = Some(UserId::new(1 + id % 2));
            grant.client = ClientId::new(1 + id % 3);
            effects.push(Effect::InsertGrant(grant));
        }
        ground.apply(effects).await;
        let (store, iss) = (&ground.store, ground.iss);

        let users = async |filter: &UserFilter, after: Option<i64>, limit| {
            let page = store.users(iss, filter, after.map(UserId::new), limit).await.unwrap();
            page.value.iter().map(|user| user.id.get()).collect::<Vec<_>>()
        };
        let all = UserFilter::default();
        assert_eq!(users(&all, None, 3).await, [1, 2, 3]);
        assert_eq!(users(&all, Some(3), 3).await, [4, 5, 6]);
        assert_eq!(users(&all, Some(6), 3).await, [7]);
        assert_eq!(users(&all, Some(7), 3).await, [0; 0]);
        assert_eq!(users(&all, None, 0).await, [1], "at least one");
        assert_eq!(users(&all, None, usize::MAX).await.len(), 7);
        let named = UserFilter { username: Some("USER4".to_owned()) };
        assert_eq!(users(&named, None, 9).await, [4]);
        assert_eq!(users(&named, Some(4), 9).await, [0; 0]);

        let clients = ClientFilter { client_id: Some("client-5".to_owned()) };
        let page = store.clients(iss, &clients, None, 9).await.unwrap().value;
        assert_eq!(page.iter().map(|client| client.id.get()).collect::<Vec<_>>(), [5]);
        let page = store.clients(iss, &ClientFilter::default(), Some(ClientId::new(5)), 9).await;
        assert_eq!(page.unwrap().value.len(), 2);

        let apis = ApiFilter { resource: Some("https://api2.example".to_owned()) };
        let page = store.apis(iss, &apis, None, 9).await.unwrap().value;
        assert_eq!(page.iter().map(|api| api.id.get()).collect::<Vec<_>>(), [2]);
        let page = store.apis(iss, &ApiFilter::default(), Some(ApiId::new(2)), 2).await.unwrap();
        assert_eq!(page.value.iter().map(|api| api.id.get()).collect::<Vec<_>>(), [3, 4]);

        let sessions = SessionFilter { user: Some(UserId::new(2)) };
        let page = store.sessions(iss, &sessions, Some(SessionId::new(1)), 9).await.unwrap().value;
        assert_eq!(page.iter().map(|session| session.id.get()).collect::<Vec<_>>(), [3, 5]);
        let page = store.sessions(iss, &SessionFilter::default(), None, 4).await.unwrap();
        assert_eq!(page.value.len(), 4);
    });
}

#[test]
fn grants_are_filtered_by_user_and_client() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let mut effects = vec![Effect::InsertUser(user(2)), Effect::InsertClient(client(2))];
        for (id, user, client) in [(1, 1, 1), (2, 1, 2), (3, 2, 1), (4, 2, 2), (5, 1, 2)] {
            let mut grant = grant(id);
            grant.user = Some(UserId::new(user));
            grant.client = ClientId::new(client);
            effects.push(Effect::InsertGrant(grant));
        }
        ground.apply(effects).await;
        type Case<'a> = (Option<i64>, Option<i64>, Option<i64>, &'a [i64]);
        let cases: [Case; 6] = [
            (None, None, None, &[1, 2, 3, 4, 5]),
            (Some(1), None, None, &[1, 2, 5]),
            (None, Some(1), None, &[1, 3]),
            (Some(1), Some(2), None, &[2, 5]),
            (Some(1), Some(2), Some(2), &[5]),
            (Some(3), None, None, &[]),
        ];
        for (user, client, after, expected) in cases {
            let filter =
                GrantFilter { user: user.map(UserId::new), client: client.map(ClientId::new) };
            let after = after.map(GrantId::new);
            let page = ground.store.grants(ground.iss, &filter, after, 9).await.unwrap().value;
            let ids: Vec<i64> = page.iter().map(|grant| grant.id.get()).collect();
            assert_eq!(ids, expected, "{filter:?}");
        }
    });
}

#[test]
fn every_read_bears_the_head_of_its_snapshot() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let (store, iss) = (&ground.store, ground.iss);
        for head in 0..3 {
            let head = Revision::new(head);
            assert_eq!(store.user(iss, UserId::new(1)).await.unwrap().revision, head);
            assert_eq!(store.user(iss, UserId::new(9)).await.unwrap().revision, head);
            assert_eq!(store.keys(iss).await.unwrap().revision, head);
            let all = store.users(iss, &UserFilter::default(), None, 9).await.unwrap();
            assert_eq!(all.revision, head);
            assert_eq!(store.watermarks_for(iss, &[]).await.unwrap().revision, head);
            assert_eq!(store.head(iss).await.unwrap().revision, head);
            ground.change(vec![]).await;
        }
        let old = store.user(iss, UserId::new(1)).await.unwrap();
        ground.change(vec![]).await;
        let new = store.client(iss, ClientId::new(1)).await.unwrap();
        assert_eq!(new.and(old).revision, Revision::new(3), "the older stamp counts");
    });
}

#[test]
fn issuers_do_not_see_each_other() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let other = ground.store.ensure_issuer("https://other.example").await.unwrap().id;
        assert_ne!(other, ground.iss);
        assert!(ground.store.user(other, UserId::new(1)).await.unwrap().value.is_none());
        assert!(ground.store.user_by_username(other, "user1").await.unwrap().value.is_none());
        let twin = crate::ground::Ground { iss: other, ..ground.clone() }.peopled().await;
        twin.change(vec![Effect::DeleteUser(UserId::new(1))]).await;
        assert!(ground.store.user(ground.iss, UserId::new(1)).await.unwrap().value.is_some());
        assert_eq!(ground.store.head(ground.iss).await.unwrap().revision, Revision::ZERO);
        assert_eq!(ground.store.head(other).await.unwrap().revision, Revision::new(1));
    });
}

#[test]
fn an_unknown_issuer_is_an_error() {
    on_both(async |ground| {
        let nobody = IssuerId::new(999);
        let unknown =
            |error| assert!(matches!(error, StoreError::UnknownIssuer(id) if id == nobody));
        let store = &ground.store;
        unknown(store.head(nobody).await.unwrap_err());
        unknown(store.raise_epoch(nobody).await.unwrap_err());
        unknown(store.user(nobody, UserId::new(1)).await.unwrap_err());
        unknown(store.keys(nobody).await.unwrap_err());
        unknown(store.log_after(nobody, Revision::ZERO, 9).await.unwrap_err());
        match store.commit(nobody, Default::default()).await.unwrap_err() {
            counterfoil_store::CommitError::Store(error) => unknown(error),
            other => panic!("{other}"),
        }
    });
}

#[test]
fn texts_that_no_row_can_hold_find_nothing() {
    on_both(async |ground| {
        let ground = ground.peopled().await;
        let (store, iss) = (&ground.store, ground.iss);
        for odd in ["a\0b".to_owned(), "a".repeat(100_000), String::new(), "%".to_owned()] {
            assert!(store.user_by_username(iss, &odd).await.unwrap().value.is_none());
            assert!(store.user_by_sub(iss, &odd).await.unwrap().value.is_none());
            assert!(store.client_by_client_id(iss, &odd).await.unwrap().value.is_none());
            assert!(store.api_by_resource(iss, &odd).await.unwrap().value.is_none());
            let filter = UserFilter { username: Some(odd) };
            assert!(store.users(iss, &filter, None, 9).await.unwrap().value.is_empty());
        }
        let many = vec![Target::Issuer; 33];
        assert!(matches!(store.watermarks_for(iss, &many).await, Err(StoreError::Unstorable(_))));
    });
}
