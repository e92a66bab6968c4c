//! A real PostgreSQL 15 for tests: started on a socket in a temporary directory, with a fresh
//! database for each test, and gone when the test process is, however that ends.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::scratch;

/// Where Debian's package puts the programs.
const BIN: &str = "/usr/lib/postgresql/15/bin";

/// What to do when they are missing.
const INSTALL: &str = "PostgreSQL 15 is needed for this test; install it with\n\n    \
     apt-get update && apt-get install -y --no-install-recommends postgresql-15\n";

/// `nobody`, on Debian and elsewhere: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

/// Starts the server, says so, and stops it when standard input ends: which it also does when the
/// test process is killed.
const SUPERVISOR: &str = r#"
"$1/pg_ctl" start -w -t 60 -s -D "$2" -l "$2/log" >/dev/null 2>&1 || { cat "$2/log"; exit 1; }
echo ready
cat >/dev/null
"$1/pg_ctl" stop -m immediate -s -D "$2" >/dev/null 2>&1
rm -rf "$3"
"#;

/// The one server that the tests of a process share; started by the first who asks.
///
/// # Panics
/// When PostgreSQL 15 is not installed, with the command that installs it, or doesn't start.
#[must_use]
pub fn shared() -> &'static Server {
    static SHARED: OnceLock<Server> = OnceLock::new();
    SHARED.get_or_init(Server::start)
}

/// A running server with a socket of its own.
#[derive(Debug)]
pub struct Server {
    /// Closing it stops the server.
    lifeline: Option<ChildStdin>,
    supervisor: Child,
    root: PathBuf,
    port: u16,
}

/// A certificate for `localhost` and its key, as PEM, for a server that also speaks TLS.
#[derive(Clone, Copy)]
pub struct Tls<'a> {
    /// The certificate.
    pub certificate: &'a str,
    /// Its key.
    pub key: &'a str,
}

impl Server {
    /// Makes a cluster and starts it, durable as a real one is (`fsync` is on).
    ///
    /// # Panics
    /// When PostgreSQL 15 is not installed, with the command that installs it, or doesn't start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// The same, and listening on a loopback port with TLS; see [`Server::tcp_url`].
    ///
    /// # Panics
    /// As [`Server::start`].
    #[must_use]
    pub fn start_tls(tls: Tls<'_>) -> Self {
        Self::start_with(Some(tls))
    }

    fn start_with(tls: Option<Tls<'_>>) -> Self {
        match Self::try_start(tls) {
            Ok(server) => server,
            #[expect(clippy::panic, reason = "a test without its database must fail, not skip")]
            Err(why) => panic!("{why}"),
        }
    }

    fn try_start(tls: Option<Tls<'_>>) -> Result<Self, String> {
        if !Path::new(BIN).join("initdb").exists() {
            return Err(INSTALL.to_owned());
        }
        let root = short_lived_root().map_err(|error| error.to_string())?;
        let data = root.join("data");
        let initdb = as_server_user(Path::new(BIN).join("initdb"))
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .map_err(|error| format!("initdb: {error}"))?;
        if !initdb.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&initdb.stderr)));
        }
        let port = configure(&root, &data, tls).map_err(|error| error.to_string())?;
        let mut supervisor = as_server_user("/bin/sh")
            .args(["-c", SUPERVISOR, "sh", BIN])
            .args([&data, &root])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| format!("sh: {error}"))?;
        let lifeline = supervisor.stdin.take().ok_or("no lifeline")?;
        let mut output = BufReader::new(supervisor.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        output.read_line(&mut line).map_err(|error| error.to_string())?;
        if line != "ready\n" {
            let mut rest = String::new();
            drop(output.read_to_string(&mut rest));
            return Err(format!("PostgreSQL didn't start: {line}{rest}"));
        }
        Ok(Self { lifeline: Some(lifeline), supervisor, root, port })
    }

    /// Makes an empty database and returns its URL.
    ///
    /// # Panics
    /// When the server refuses.
    #[must_use]
    pub fn fresh_database(&self) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"));
        self.url(&name)
    }

    /// The URL of one of its databases.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let socket = self.root.display().to_string().replace('/', "%2F");
        format!("postgresql://postgres@{socket}:{}/{database}", self.port)
    }

    /// The URL of one of its databases over the loopback port of [`Server::start_tls`].
    #[must_use]
    pub fn tcp_url(&self, database: &str) -> String {
        format!("postgresql://postgres@localhost:{}/{database}", self.port)
    }

    /// Runs SQL with `psql`, past everything that the store does, and returns what it prints.
    ///
    /// # Panics
    /// When `psql` fails.
    #[expect(clippy::expect_used, reason = "test ground")]
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let output = Command::new(Path::new(BIN).join("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"])
            .arg(&self.root)
            .args(["-p", &self.port.to_string(), "-d", database, "-c", sql])
            .output()
            .expect("psql runs");
        assert!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Kills the postmaster with SIGKILL, as a power cut does, and waits until it is gone.
    ///
    /// # Panics
    /// When there is none.
    #[expect(clippy::expect_used, reason = "test ground")]
    pub fn kill(&self) {
        let file =
            fs::read_to_string(self.data().join("postmaster.pid")).expect("a running server");
        let pid = file.lines().next().expect("a pid").to_owned();
        let killed = Command::new("kill").args(["-9", &pid]).status().expect("kill runs");
        assert!(killed.success(), "the postmaster could not be killed");
        // Its parent reaps it; until then its name is still there.
        while fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !is_zombie(&stat)) {
            std::thread::yield_now();
        }
    }

    /// Starts the server again after [`Server::kill`]; it recovers from its log.
    ///
    /// # Panics
    /// When it doesn't come back within a minute.
    #[expect(clippy::expect_used, reason = "test ground")]
    pub fn restart(&self) {
        // Orphaned backends notice the postmaster's death and leave; until they have, the new one
        // refuses the old data directory. `pg_ctl` waits for the start, this loop for the leave.
        for _ in 0..100 {
            let started = as_server_user(Path::new(BIN).join("pg_ctl"))
                .args(["start", "-w", "-t", "60", "-s", "-D"])
                .arg(self.data())
                .arg("-l")
                .arg(self.data().join("log"))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .expect("pg_ctl runs");
            if started.success() {
                return;
            }
        }
        let log = fs::read_to_string(self.data().join("log")).unwrap_or_default();
        assert!(log.is_empty(), "the server didn't come back: {log}");
    }

    fn data(&self) -> PathBuf {
        self.root.join("data")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        drop(self.supervisor.wait());
    }
}

/// Writes the server's settings; which port it has, if only in the name of its socket.
fn configure(root: &Path, data: &Path, tls: Option<Tls<'_>>) -> std::io::Result<u16> {
    let mut settings = format!(
        "unix_socket_directories = '{}'\nshared_buffers = '32MB'\nmax_connections = 200\n\
         log_min_messages = warning\n",
        root.display()
    );
    let port = match tls {
        None => {
            settings.push_str("listen_addresses = ''\n");
            5_432
        }
        Some(tls) => {
            for (name, pem) in [("server.crt", tls.certificate), ("server.key", tls.key)] {
                let path = data.join(name);
                fs::write(&path, pem)?;
                fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
                if is_root() {
                    chown(&path, Some(NOBODY), Some(NOBODY))?;
                }
            }
            let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            settings
                .push_str(&format!("listen_addresses = '127.0.0.1'\nport = {port}\nssl = on\n"));
            port
        }
    };
    fs::write(data.join("postgresql.auto.conf"), settings)?;
    Ok(port)
}

fn is_zombie(stat: &str) -> bool {
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

/// A directory with a path short enough for a socket, owned by the server's user. The supervisor
/// removes it.
fn short_lived_root() -> std::io::Result<PathBuf> {
    let dir = scratch::Dir::new("pg")?;
    let root = dir.path().to_owned();
    if is_root() {
        chown(&root, Some(NOBODY), Some(NOBODY))?;
    }
    std::mem::forget(dir);
    Ok(root)
}

fn as_server_user(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.current_dir("/").env("LC_ALL", "C");
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}
