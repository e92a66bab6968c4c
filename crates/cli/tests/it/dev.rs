//! `dev`: what it prints, what it serves, and that it leaves nothing behind.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use counterfoil_testing::{http, scratch};
use serde_json::Value;

use crate::run::{Ended, Running, counterfoil, ended};

/// A whole `counterfoil dev`, with a temporary directory of its own.
pub(crate) struct Dev {
    running: Running,
    pub(crate) issuer: String,
    pub(crate) setup: Value,
    temporary: scratch::Dir,
    /// Where `login` keeps tokens.
    home: scratch::Dir,
}

impl Dev {
    pub(crate) async fn start() -> Self {
        /// Apart from each other: each `dev` looks for two neighbouring ports from its own on.
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let own = u16::try_from(std::process::id() % 100).unwrap() * 200;
        let port = 21_000 + own + NEXT.fetch_add(20, Ordering::Relaxed);
        Self::start_at(port).await
    }

    pub(crate) async fn start_at(port: u16) -> Self {
        let temporary = scratch::Dir::new("dev").unwrap();
        let home = scratch::Dir::new("home").unwrap();
        let mut command = counterfoil(&["dev", "--no-open", "--port", &port.to_string()]);
        command.env("TMPDIR", temporary.path());
        let running = Running::start(command);
        let line = running.line_with("/dev/setup.json");
        let url = line.split_whitespace().last().unwrap();
        let setup = http::get(&http::client(), url).await.unwrap().expect(200).json();
        let issuer = setup["issuer"].as_str().unwrap().to_owned();
        let dev = Self { running, issuer, setup, temporary, home };
        dev.until_the_api_answers().await;
        dev
    }

    /// The demo API is a process of its own that starts in its own time.
    async fn until_the_api_answers(&self) {
        let client = http::client();
        let answers = async {
            while http::get(&client, &self.lane("fresh")).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), answers).await.expect("the demo API starts");
    }

    /// A lane's URL.
    pub(crate) fn lane(&self, name: &str) -> String {
        let lanes = self.setup["lanes"].as_array().unwrap();
        let lane = lanes.iter().find(|lane| lane["name"] == name).unwrap();
        lane["url"].as_str().unwrap().to_owned()
    }

    /// The credential of an API's own client, by lane.
    pub(crate) fn api(&self, name: &str) -> (String, String) {
        let resource = self.lane(name);
        let apis = self.setup["apis"].as_array().unwrap();
        let api = apis.iter().find(|api| api["resource"] == resource.as_str()).unwrap();
        let text = |member: &str| api[member].as_str().unwrap().to_owned();
        (text("client_id"), text("client_secret"))
    }

    /// A command that keeps its tokens with this `dev`.
    pub(crate) fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = counterfoil(args);
        command.env("COUNTERFOIL_HOME", self.home.path());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        ended(self.command(args))
    }

    /// What `login` keeps.
    pub(crate) fn tokens(&self) -> PathBuf {
        self.home.join("tokens.json")
    }

    fn api_process(&self) -> Option<u32> {
        let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let parent = self.running.pid();
        pids.find(|pid: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let after_name = stat.rsplit(')').next().unwrap_or_default();
            after_name.split_whitespace().nth(1) == Some(parent.to_string().as_str())
        })
    }
}

#[tokio::test]
async fn ctrl_c_leaves_nothing_behind() {
    for signal in ["INT", "TERM"] {
        let dev = Dev::start().await;
        let api = dev.api_process().expect("the demo API runs");
        assert!(std::fs::read_dir(dev.temporary.path()).unwrap().next().is_some());
        let Dev { running, temporary, .. } = dev;
        let ended = running.stop(signal);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(!PathBuf::from(format!("/proc/{api}")).exists(), "the demo API still runs");
        let left: Vec<_> = std::fs::read_dir(temporary.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[tokio::test]
async fn a_second_one_takes_the_next_ports_and_says_so() {
    let first = Dev::start().await;
    let port: u16 = first.issuer.rsplit(':').next().unwrap().parse().unwrap();
    let second = Dev::start_at(port).await;
    assert_ne!(first.issuer, second.issuer);
    let told = second.running.told("is taken; using");
    assert!(told.contains(&format!("port {port} is taken")), "{told}");
    // Each answers as itself.
    for dev in [&first, &second] {
        let metadata = format!("{}/.well-known/openid-configuration", dev.issuer);
        let metadata = http::get(&http::client(), &metadata).await.unwrap().expect(200);
        assert_eq!(metadata.text("issuer"), dev.issuer);
    }
}
