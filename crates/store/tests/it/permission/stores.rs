use counterfoil_store::StoreError;
use counterfoil_store::permission::{ModelId, NewStore, PermissionStoreId, StoreRevision};

use super::ground::Shop;
use crate::ground::{NOW, on_both};

fn model_id(number: u8) -> ModelId {
    ModelId::new(1_800_000_000_000 + u64::from(number), [number; 10])
}

#[test]
fn a_store_is_made_found_changed_and_deleted() {
    on_both(async |ground| {
        let shop = Shop::new(ground.clone()).await;
        let found = shop.db.store(shop.id).await.unwrap();
        assert_eq!((found.name.as_str(), found.revision), ("shop", StoreRevision::ZERO));
        let later = NOW.plus_secs(5);
        let changed = shop.db.update_store(shop.id, "till", "{\"strict\":true}", later).await;
        let changed = changed.unwrap();
        assert_eq!((changed.name.as_str(), changed.updated_at), ("till", later));
        assert_eq!(changed.settings, "{\"strict\":true}");
        let again = shop.db.create_store(NewStore::named(shop.id, "other")).await;
        assert!(matches!(again, Err(StoreError::Unstorable(_))), "the id is taken");
        for bad in ["", "a\0b", &"x".repeat(1_025)] {
            let id = PermissionStoreId::new(7, [9; 10]);
            let refused = shop.db.create_store(NewStore::named(id, bad)).await;
            assert!(matches!(refused, Err(StoreError::Unstorable(_))), "{bad}");
        }
        shop.write(&["order:1#reader@user:alice"], &[]).await.unwrap();
        shop.db.delete_store(shop.id, later).await.unwrap();
        assert!(matches!(shop.db.store(shop.id).await, Err(StoreError::UnknownPermissionStore)));
        let read = shop.db.read_tuples(shop.id, &Default::default(), None, 1).await;
        assert!(matches!(read, Err(StoreError::UnknownPermissionStore)));
        assert!(matches!(shop.db.head(shop.id).await, Err(StoreError::UnknownPermissionStore)));
        let twice = shop.db.delete_store(shop.id, later).await;
        assert!(matches!(twice, Err(StoreError::UnknownPermissionStore)));
        assert_eq!(ground.store.head(ground.iss).await.unwrap().revision.get(), 0);
    });
}

#[test]
fn stores_are_listed_in_pages_and_by_name() {
    on_both(async |ground| {
        for number in 1..=5 {
            Shop::numbered(ground.clone(), number).await;
        }
        let db = ground.store.permissions(ground.iss);
        let first = db.list_stores(None, 0, 3).await.unwrap();
        let rest = db.list_stores(None, first[2].place, 3).await.unwrap();
        assert_eq!((first.len(), rest.len()), (3, 2));
        db.update_store(rest[0].id, "till", "{}", NOW).await.unwrap();
        let till = db.list_stores(Some("till"), 0, 9).await.unwrap();
        assert_eq!(till.iter().map(|store| store.id).collect::<Vec<_>>(), [rest[0].id]);
        let other = ground.store.ensure_issuer("https://other.example").await.unwrap().id;
        assert_eq!(ground.store.permissions(other).list_stores(None, 0, 9).await.unwrap(), []);
    });
}

#[test]
fn models_are_kept_in_the_order_of_coming() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        let (db, id) = (&shop.db, shop.id);
        assert_eq!(db.latest_model(id).await.unwrap(), None);
        // An older id that comes later is still the latest.
        for (turn, number) in [2, 3, 1].into_iter().enumerate() {
            let revision = db.write_model(id, model_id(number), "{}", NOW).await.unwrap();
            assert_eq!(revision.get(), turn as u64 + 1);
        }
        assert_eq!(db.latest_model(id).await.unwrap().unwrap().id, model_id(1));
        let all = db.models(id, None, 2).await.unwrap();
        assert_eq!(all.iter().map(|model| model.id).collect::<Vec<_>>(), [1, 3].map(model_id));
        let rest = db.models(id, Some(all[1].revision), 2).await.unwrap();
        assert_eq!(rest.iter().map(|model| model.id).collect::<Vec<_>>(), [model_id(2)]);
        assert_eq!(db.model(id, model_id(3)).await.unwrap().unwrap().body, "{}");
        assert_eq!(db.model(id, model_id(4)).await.unwrap(), None);
        let twice = db.write_model(id, model_id(3), "{}", NOW).await;
        assert!(matches!(twice, Err(StoreError::Unstorable(_))));
        assert_eq!(db.head(id).await.unwrap().get(), 3);
        assert_eq!(db.assertions(id, model_id(3)).await.unwrap(), None);
        for body in ["[1]", "[2]"] {
            db.put_assertions(id, model_id(3), body).await.unwrap();
        }
        assert_eq!(db.assertions(id, model_id(3)).await.unwrap().unwrap(), "[2]");
    });
}
