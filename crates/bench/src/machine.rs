//! On what and when: a figure without them says nothing.

use std::process::Command;

use serde::Serialize;

/// The machine and the moment.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: u64,
    pub(crate) system: String,
    pub(crate) kernel: String,
    pub(crate) rustc: String,
    pub(crate) node: String,
    pub(crate) commit: String,
    /// One minute's load average before the first run: anything else that ran shows here.
    pub(crate) load_before: String,
}

impl Machine {
    /// Reads what the machine says of itself; `node` is the peer's runtime.
    pub(crate) fn read(node: &std::path::Path) -> Self {
        let cpuinfo = file("/proc/cpuinfo");
        let cpu = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
        let meminfo = file("/proc/meminfo");
        let kib = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
        let kib = kib.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        let release = file("/etc/os-release");
        let system = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
        let dirty =
            if says("git", &["status", "--porcelain"]).is_empty() { "" } else { ", changed" };
        Self {
            date: says("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            cpu: cpu.unwrap_or_default().trim_start_matches([' ', '\t', ':']).to_owned(),
            cores: cpuinfo.lines().filter(|line| line.starts_with("processor")).count(),
            memory_gib: kib.unwrap_or(0).div_ceil(1 << 20),
            system: system.unwrap_or_default().trim_matches('"').to_owned(),
            kernel: says("uname", &["-r"]),
            rustc: says("rustc", &["--version"]),
            node: says(&node.display().to_string(), &["--version"]),
            commit: format!("{}{dirty}", says("git", &["rev-parse", "--short=12", "HEAD"])),
            load_before: file("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
        }
    }

    /// Whether something else was running.
    pub(crate) fn is_busy(&self) -> bool {
        self.load_before.parse().unwrap_or(0.0) > 0.5
    }
}

fn file(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn says(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}
