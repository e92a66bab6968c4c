use counterfoil_jose::UnixTime;

use super::ground::{Shop, filter};
use crate::ground::on_both;

#[test]
fn what_fits_a_filter_is_deleted_in_bounded_writes() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        let tuples: Vec<String> = (0..900)
            .map(|turn| format!("{}:{turn}#reader@user:a", ["order", "folder"][turn % 2]))
            .chain((0..90).map(|turn| format!("order:1#owner@user:{turn}")))
            .collect();
        let tuples: Vec<&str> = tuples.iter().map(String::as_str).collect();
        shop.write(&tuples, &[]).await.unwrap();
        let nothing = shop.db.delete_by_filter(shop.id, &filter("order", "", "", "user:z")).await;
        assert_eq!((nothing.unwrap().deleted, shop.db.head(shop.id).await.unwrap().get()), (0, 1));
        let done = shop.db.delete_by_filter(shop.id, &filter("order", "", "reader", "")).await;
        let done = done.unwrap();
        assert_eq!((done.deleted, done.revision.get()), (450, 2));
        assert_eq!(shop.all().await.len(), 540);
        let done = shop.db.delete_by_filter(shop.id, &filter("", "", "", "")).await.unwrap();
        assert_eq!(
            (done.deleted, done.revision.get()),
            (540, 4),
            "500 by one write, 40 by the next"
        );
        assert_eq!(shop.all().await, [""; 0]);
        assert_eq!(shop.log().await.len(), 2 * tuples.len());
    });
}

#[test]
fn a_sweep_deletes_what_has_expired_and_says_so_in_the_log() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        let tuples = [
            "order:1#reader@user:a until 1700000000",
            "order:1#reader@user:b until 1700000001",
            "order:1#reader@user:c",
        ];
        shop.write(&tuples, &[]).await.unwrap();
        let sweep = async |now| shop.db.sweep_expired(shop.id, UnixTime::from_secs(now)).await;
        assert_eq!(sweep(1_699_999_999).await.unwrap(), 0);
        assert_eq!(sweep(1_700_000_000).await.unwrap(), 1);
        assert_eq!(shop.log().await.last().unwrap(), "2 - order:1#reader@user:a");
        assert_eq!(sweep(1_900_000_000).await.unwrap(), 1);
        assert_eq!(shop.all().await, ["order:1#reader@user:c"]);
        assert_eq!(sweep(1_900_000_000).await.unwrap(), 0);
        assert_eq!(shop.db.head(shop.id).await.unwrap().get(), 3);
    });
}
