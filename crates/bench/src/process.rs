//! Processes that the bench starts, and no others.

use std::{
    fs::File,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{clock::Since, failure::Failure};

/// How long a process may take to end by itself after SIGTERM.
const END: Duration = Duration::from_secs(15);

/// A running process of ours. It ends with this value.
pub(crate) struct Running {
    name: String,
    child: Child,
}

/// Starts a program on one core, its output in `logs/NAME.log`.
pub(crate) fn start(
    name: &str,
    cpu: &str,
    logs: &Path,
    (program, args): (&Path, &[String]),
) -> Result<Running, Failure> {
    let log = File::create(logs.join(format!("{name}.log")))?;
    let child = Command::new("taskset")
        .args(["-c", cpu])
        .arg(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .map_err(|error| Failure::new(format!("{name} can't be started: {error}")))?;
    Ok(Running { name: name.to_owned(), child })
}

/// Runs a program on one core to its end; what it prints.
pub(crate) fn output(cpu: &str, program: &Path, args: &[String]) -> Result<String, Failure> {
    let output = Command::new("taskset")
        .args(["-c", cpu])
        .arg(program)
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(text)
    } else {
        Err(Failure::new(format!("{} failed: {}: {text}", program.display(), output.status)))
    }
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs; says so where it doesn't.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => {
                Err(Failure::new(format!("{} ended: {status}; see its log", self.name)))
            }
        }
    }

    /// CPU time of all its threads so far, in nanoseconds.
    pub(crate) fn cpu_ns(&self) -> u64 {
        cpu_ns(self.pid()).unwrap_or(0)
    }

    /// Resident memory in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        resident_bytes(self.pid())
    }

    /// Resident memory in bytes, that of its children included.
    pub(crate) fn family_resident_bytes(&self) -> u64 {
        let is_child = |pid: &u32| parent(*pid) == Some(self.pid());
        let running = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = running.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        self.resident_bytes() + pids.filter(is_child).map(resident_bytes).sum::<u64>()
    }

    /// Ends it and waits.
    pub(crate) fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _sent = kill_process(pid, Signal::TERM);
        }
        let since = Since::now();
        while since.elapsed() < END {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _killed = self.child.kill();
        let _waited = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

pub(crate) fn cpu_ns(pid: u32) -> Result<u64, Failure> {
    let mut sum = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end between the two.
        let text = std::fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        sum += text.split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0);
    }
    Ok(sum)
}

fn parent(pid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

pub(crate) fn resident_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
