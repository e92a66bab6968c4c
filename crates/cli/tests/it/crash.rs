//! `kill -9` of `serve` in the middle of issuing codes and refresh tokens: whatever a client was
//! told still holds, and no code brings tokens twice.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use counterfoil_testing::{app::App, browser::Browser, http::Answer};

use crate::{
    run::Running,
    shop::{Engine, RESOURCE, Shop},
};

/// Flows at once.
const CLIENTS: usize = 8;

/// Refreshes of each family.
const REFRESHES: usize = 3;

/// Acknowledged answers after which the server is killed, in each round.
const ANSWERS: usize = 120;

const ROUNDS: usize = 2;

/// What one client was told before the server died.
#[derive(Default)]
struct Told {
    /// The newest refresh token of each family, and the code that began it.
    families: Vec<(String, String)>,
    /// Codes whose redemption was never answered.
    open: Vec<String>,
}

async fn check(engine: Engine) {
    let shop = Arc::new(Shop::open(engine).await);
    let mut running = Running::start(shop.command());
    let line = running.line_with("\"starting\"");
    let durable = match engine {
        Engine::Sqlite => ["journal_mode=wal", "synchronous=2"],
        Engine::Postgres => ["fsync=on", "synchronous_commit=on"],
    };
    for setting in durable {
        assert!(line.contains(setting), "no `{setting}` in {line}");
    }
    // One sign-in and one consent; from then on codes come without a page.
    let mut browser = Browser::new();
    let _first = shop.code(&mut browser).await;
    for _ in 0..ROUNDS {
        let told = until_killed(&shop, running, &browser).await;
        running = shop.serve();
        let families: usize = told.iter().map(|told| told.families.len()).sum();
        assert!(families > 0, "nothing was acknowledged");
        for told in told {
            everything_holds(&shop.app(), told).await;
        }
    }
    assert_eq!(running.stop("TERM").code, 0);
}

/// Runs flows until enough were acknowledged, then kills the server under them.
async fn until_killed(shop: &Arc<Shop>, running: Running, browser: &Browser) -> Vec<Told> {
    let answers = Arc::new(AtomicUsize::new(0));
    let enough = Arc::new(tokio::sync::Notify::new());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (answers, enough) = (Arc::clone(&answers), Arc::clone(&enough));
            let client =
                Client { shop: Arc::clone(shop), browser: browser.clone(), told: Told::default() };
            tokio::spawn(client.run(move || {
                if answers.fetch_add(1, Ordering::Relaxed) + 1 == ANSWERS {
                    enough.notify_one();
                }
            }))
        })
        .collect();
    enough.notified().await;
    let ended = running.stop("KILL");
    assert_eq!(ended.code, -1, "it was killed");
    let mut told = Vec::new();
    for client in clients {
        told.push(client.await.unwrap());
    }
    told
}

struct Client {
    shop: Arc<Shop>,
    browser: Browser,
    told: Told,
}

impl Client {
    /// Goes through flow after flow until the server is gone.
    async fn run(mut self, acknowledged: impl Fn() + Send) -> Told {
        while self.flow(&acknowledged).await.is_some() {}
        self.told
    }

    async fn flow(&mut self, acknowledged: &(impl Fn() + Send)) -> Option<()> {
        let app = self.shop.app();
        let code = self.code(&app).await?;
        acknowledged();
        self.told.open.push(code.clone());
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &app.redirect_uri),
            ("code_verifier", counterfoil_testing::app::CODE_VERIFIER),
        ];
        let tokens = app.try_post("/token", &fields).await.ok()?.expect(200);
        let _known = self.told.open.pop();
        self.told.families.push((tokens.text("refresh_token"), code));
        acknowledged();
        for _ in 0..REFRESHES {
            let newest = self.told.families.last()?.0.clone();
            let fields = [("grant_type", "refresh_token"), ("refresh_token", newest.as_str())];
            let tokens = app.try_post("/token", &fields).await.ok()?.expect(200);
            self.told.families.last_mut()?.0 = tokens.text("refresh_token");
            acknowledged();
        }
        Some(())
    }

    /// A code by the session alone.
    async fn code(&mut self, app: &App) -> Option<String> {
        let url = app.authorization_url(&[
            ("scope", "openid email offline_access orders:read"),
            ("resource", RESOURCE),
        ]);
        self.browser.try_authorize(&url, &app.redirect_uri).await.ok().map(|back| back.code())
    }
}

async fn everything_holds(app: &App, told: Told) {
    for (refresh_token, code) in told.families {
        // A refresh that was under way may have gone through unheard; asking again brings the same
        // successor.
        let newer = app.refresh(&refresh_token).await.expect(200).text("refresh_token");
        refused(&app.redeem(&code).await);
        // The second redemption took back what the first one brought.
        refused(&app.refresh(&newer).await);
    }
    for code in told.open {
        let answers = [app.redeem(&code).await, app.redeem(&code).await];
        let brought = answers.iter().filter(|answer| answer.status == 200).count();
        assert!(brought <= 1, "a code brought tokens twice");
        refused(&answers[1]);
    }
}

fn refused(answer: &Answer) {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert_eq!(answer.text("error"), "invalid_grant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_on_sqlite() {
    check(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_on_postgres() {
    check(Engine::Postgres).await;
}
