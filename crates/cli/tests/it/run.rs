//! Running the binary: once to its end, or beside the test until it is told to stop.

use std::{
    io::{BufRead as _, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

/// After this long a process that said nothing is stuck. No test waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(120);

/// The binary with an environment of its own.
pub(crate) fn counterfoil(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil"));
    command.args(args).env_clear().stdin(Stdio::null());
    for kept in ["PATH", "TMPDIR"] {
        command.envs(std::env::var_os(kept).map(|value| (kept, value)));
    }
    command
}

/// What a finished command said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command to its end.
pub(crate) fn ended(mut command: Command) -> Ended {
    let output = command.output().expect("the binary runs");
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A process beside the test. Dropped, it is asked to stop, and waited for.
pub(crate) struct Running {
    child: Child,
    stdout: Output,
    stderr: Output,
}

/// What a process writes, as it writes it.
struct Output {
    lines: Receiver<String>,
    all: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Output {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let (send, lines) = channel();
        let all = Arc::new(Mutex::new(String::new()));
        let copy = Arc::clone(&all);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(pipe).lines() {
                let line = line.unwrap_or_default();
                let mut all = copy.lock().unwrap();
                all.push_str(&line);
                all.push('\n');
                // Nobody may be waiting.
                drop(send.send(line));
            }
        });
        Self { lines, all, reader: Some(reader) }
    }

    fn text(&self) -> String {
        self.all.lock().unwrap().clone()
    }
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stdout = Output::of(child.stdout.take().unwrap());
        let stderr = Output::of(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line on standard output that contains `part`.
    pub(crate) fn line_with(&self, part: &str) -> String {
        self.wait_for(&self.stdout, part)
    }

    /// Waits for a line on standard error that contains `part`.
    pub(crate) fn told(&self, part: &str) -> String {
        self.wait_for(&self.stderr, part)
    }

    fn wait_for(&self, output: &Output, part: &str) -> String {
        loop {
            match output.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(part) => return line,
                Ok(_) => {}
                Err(why) => {
                    let ended = why == RecvTimeoutError::Disconnected;
                    let how = if ended { "it ended" } else { "it is stuck" };
                    panic!("no `{part}`, {how}:\n{}\n{}", self.stdout.text(), self.stderr.text())
                }
            }
        }
    }

    /// Sends a signal by name, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status();
        assert!(sent.expect("kill runs").success(), "no process {pid} to send {name} to");
    }

    /// Waits for the end and returns the exit code and what was said.
    pub(crate) fn wait(mut self) -> Ended {
        let status = self.child.wait().expect("the process ends");
        for output in [&mut self.stdout, &mut self.stderr] {
            output.reader.take().map(JoinHandle::join);
        }
        Ended {
            code: status.code().unwrap_or(-1),
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
        }
    }

    /// Sends a signal and waits for the end.
    pub(crate) fn stop(self, signal: &str) -> Ended {
        self.signal(signal);
        self.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            if std::thread::panicking() {
                eprintln!("{}\n{}", self.stdout.text(), self.stderr.text());
            }
            self.signal("INT");
            drop(self.child.wait());
        }
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Writes a file and returns its name.
pub(crate) fn write(path: &Path, text: &str) -> String {
    std::fs::write(path, text).unwrap();
    path.display().to_string()
}
