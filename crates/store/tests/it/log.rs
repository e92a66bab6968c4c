//! The log, the watermarks and who follows them.

use counterfoil_oauth::model::{
    ApiId, Batch, Change, ClientId, Effect, GrantId, Mode, Reason, Revision, SessionId, Target,
    TokenId, UserId,
};
use counterfoil_store::{Engine, StoreError};

use crate::effects::later;
use crate::ground::{Ground, NOW, kill, on_both, runtime};

/// One target of each kind.
fn targets() -> Vec<Target> {
    vec![
        Target::Issuer,
        Target::Client(ClientId::new(1)),
        Target::User(UserId::new(i64::MAX)),
        Target::Session(SessionId::new(3)),
        Target::Grant(GrantId::new(4)),
        Target::Token(TokenId([5; 16])),
        Target::Claims(UserId::new(6)),
        Target::Api(ApiId::new(7)),
        Target::Key("kid-8".to_owned()),
    ]
}

fn change(target: Target, mode: Mode, expires_at: Option<i64>) -> Change {
    Change { target, mode, reason: Reason::Updated, expires_at: expires_at.map(later) }
}

async fn log(ground: &Ground, changes: Vec<Change>) -> Revision {
    ground.commit(Batch { changes, ..Batch::default() }).await.unwrap().revision
}

#[test]
fn the_log_holds_the_changes_in_order() {
    on_both(async |ground| {
        let all: Vec<Change> = targets().into_iter().map(kill).collect();
        let done = ground.commit(Batch { changes: all.clone(), ..Batch::default() }).await.unwrap();
        assert_eq!(done.revision, Revision::new(9));
        assert_eq!(done.changes, Revision::new(1)..Revision::new(10));
        let done = ground.commit(Batch::default()).await.unwrap();
        assert_eq!(done.revision, Revision::new(9), "no change, no revision");
        assert!(done.changes.is_empty());

        let entries = ground.store.log_after(ground.iss, Revision::ZERO, 99).await.unwrap();
        let changes: Vec<Change> = entries.iter().map(|entry| entry.change.clone()).collect();
        assert_eq!(changes, all);
        let places: Vec<u64> = entries.iter().map(|entry| entry.revision.get()).collect();
        assert_eq!(places, (1..=9).collect::<Vec<_>>());
        assert!(entries.iter().all(|entry| entry.at == NOW));

        let page = ground.store.log_after(ground.iss, Revision::new(4), 2).await.unwrap();
        assert_eq!(page.first().unwrap().revision, Revision::new(5));
        assert_eq!(page.len(), 2);
        let end = ground.store.log_after(ground.iss, Revision::new(9), 2).await.unwrap();
        assert!(end.is_empty());
    });
}

#[test]
fn a_log_that_was_swept_or_went_back_is_a_gap() {
    on_both(async |ground| {
        log(&ground, targets().into_iter().map(kill).collect()).await;
        let after = async |after| ground.store.log_after(ground.iss, Revision::new(after), 9).await;
        assert!(matches!(after(10).await, Err(StoreError::LogGap { oldest: None, .. })));
        ground.place.sql("DELETE FROM changes WHERE revision < 5").await;
        assert!(matches!(
            after(3).await,
            Err(StoreError::LogGap { oldest: Some(oldest), .. }) if oldest == Revision::new(5)
        ));
        assert_eq!(after(4).await.unwrap().len(), 5);
        ground.place.sql("DELETE FROM changes").await;
        assert!(matches!(after(8).await, Err(StoreError::LogGap { oldest: None, .. })));
        assert!(after(9).await.unwrap().is_empty());
    });
}

#[test]
fn watermarks_keep_the_newest_of_each_mode() {
    on_both(async |ground| {
        let user = Target::User(UserId::new(1));
        let changes = vec![
            change(user.clone(), Mode::Hard, Some(500)),
            change(user.clone(), Mode::Soft, Some(300)),
            change(user.clone(), Mode::Soft, Some(200)),
            change(user.clone(), Mode::Soft, None),
            change(Target::Issuer, Mode::Hard, None),
        ];
        log(&ground, changes).await;
        let asked = [user, Target::Issuer, Target::Grant(GrantId::new(1))];
        let found = ground.store.watermarks_for(ground.iss, &asked).await.unwrap();
        assert_eq!(found.revision, Revision::new(5));
        let mut marks: Vec<String> = found
            .value
            .iter()
            .map(|mark| {
                let left = mark.expires_at.since(NOW);
                format!("{:?} {:?} {} {left}", mark.target, mark.mode, mark.not_before.get())
            })
            .collect();
        marks.sort();
        insta::allow_duplicates! {
            insta::assert_snapshot!(marks.join("\n"), @r"
            User(UserId(1)) Hard 1 500
            User(UserId(1)) Soft 3 300
            ");
        }
    });
}

#[test]
fn live_watermarks_come_in_pages() {
    on_both(async |ground| {
        let mut changes: Vec<Change> = targets()
            .into_iter()
            .flat_map(|target| {
                [Mode::Soft, Mode::Hard].map(|mode| change(target.clone(), mode, Some(100)))
            })
            .collect();
        changes.push(change(Target::Grant(GrantId::new(77)), Mode::Hard, Some(50)));
        log(&ground, changes).await;
        for limit in [1, 4, 100] {
            let mut seen = Vec::new();
            let mut last = None;
            loop {
                let page = ground
                    .store
                    .live_watermarks(ground.iss, later(50), last.as_ref(), limit)
                    .await
                    .unwrap();
                assert_eq!(page.revision, Revision::new(19));
                last = page.value.last().cloned();
                seen.extend(page.value);
                if last.is_none() || limit == 100 {
                    break;
                }
            }
            assert_eq!(seen.len(), 18, "each once, the expired one not");
            let mut targets_seen: Vec<&Target> = seen.iter().map(|mark| &mark.target).collect();
            targets_seen.dedup();
            assert_eq!(targets_seen.len(), 9, "in the order of targets");
        }
        let all = ground.store.watermarks_for(ground.iss, &targets()).await.unwrap();
        assert_eq!(all.value.len(), 18);
    });
}

/// 16 writers; a watcher that follows the log from its wake-ups sees each change once, in order.
#[test]
fn a_watcher_misses_nothing_and_repeats_nothing() {
    const WRITERS: i64 = 16;
    const BATCHES: i64 = 12;
    on_both(async |ground| {
        let mut head = ground.store.subscribe(ground.iss);
        let watcher = tokio::spawn({
            let ground = ground.clone();
            async move {
                let mut applied = Revision::ZERO;
                let mut seen = Vec::new();
                while seen.len() < (WRITERS * BATCHES * 2) as usize {
                    head.wait_for(|head| *head > applied).await.unwrap();
                    // A small page, so that one wake-up takes several reads.
                    for entry in ground.store.log_after(ground.iss, applied, 5).await.unwrap() {
                        assert_eq!(entry.revision.get(), applied.get() + 1);
                        applied = entry.revision;
                        seen.push(entry.change.target);
                    }
                }
                seen
            }
        });
        let acknowledged =
            write_pairs(std::slice::from_ref(&ground.store), &ground, WRITERS, BATCHES).await;
        let seen = watcher.await.unwrap();
        for (revision, target) in acknowledged {
            let place = usize::try_from(revision.get()).unwrap();
            assert_eq!(seen[place - 1], target, "the log holds what the commit said");
            assert_eq!(seen[place - 2], target, "a batch's changes stand together");
        }
    });
}

/// Two nodes on one PostgreSQL database: still dense, and each wakes the other's watchers.
#[test]
fn two_nodes_share_one_log() {
    runtime().block_on(async {
        let ground = Ground::new(Engine::Postgres).await;
        let other = ground.place.open().await;
        let mut heads = [ground.store.subscribe(ground.iss), other.subscribe(ground.iss)];
        let stores = [ground.store.clone(), other.clone()];
        let acknowledged = write_pairs(&stores, &ground, 8, 10).await;
        let mut places: Vec<u64> = acknowledged.iter().map(|(place, _)| place.get()).collect();
        places.sort_unstable();
        assert_eq!(places, (1..=80).map(|batch| batch * 2).collect::<Vec<_>>());
        for head in &mut heads {
            head.wait_for(|head| head.get() == 160).await.unwrap();
        }
        // With nobody else writing, a change of the other node arrives all the same.
        other
            .commit(ground.iss, Batch { changes: vec![kill(Target::Issuer)], ..Batch::default() })
            .await
            .unwrap();
        heads[0].wait_for(|head| head.get() == 161).await.unwrap();
    });
}

/// Writers that commit batches of two changes about a grant of their own; what each was told.
async fn write_pairs(
    stores: &[counterfoil_store::Store],
    ground: &Ground,
    writers: i64,
    batches: i64,
) -> Vec<(Revision, Target)> {
    let mut tasks = Vec::new();
    for writer in 0..writers {
        let store = stores[writer as usize % stores.len()].clone();
        let iss = ground.iss;
        tasks.push(tokio::spawn(async move {
            let mut told = Vec::new();
            for batch in 0..batches {
                let target = Target::Grant(GrantId::new(1 + writer * 1_000 + batch));
                let changes = vec![kill(target.clone()), kill(target.clone())];
                let effects = vec![Effect::RevokeGrant(GrantId::new(1), NOW)];
                let batch = Batch { effects, changes, ..Batch::default() };
                let done = store.commit(iss, batch).await.unwrap();
                assert_eq!(done.changes.end.get(), done.revision.get() + 1);
                assert_eq!(done.changes.end.get() - done.changes.start.get(), 2);
                told.push((done.revision, target));
            }
            told
        }));
    }
    let mut told = Vec::new();
    for task in tasks {
        told.extend(task.await.unwrap());
    }
    told
}
