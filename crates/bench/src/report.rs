//! The table: target, measured, and whether it was reached.

use std::fmt::Write;

use crate::{
    machine::Machine,
    rows::{Check, Row, Target, Unit},
    samples::Samples,
    zanzibar,
};

/// How it was measured.
pub(crate) struct Settings {
    pub(crate) runs: u32,
    pub(crate) secs: u32,
    pub(crate) quick: bool,
}

/// One judged line.
pub(crate) struct Line {
    row: &'static str,
    what: &'static str,
    ours: String,
    against: String,
    measured: String,
    target: String,
    pub(crate) is_met: bool,
}

/// Judges rows by the medians of the runs, and of the runs' ratios. What could not be measured is not met.
pub(crate) fn judge(rows: &[&'static Row], samples: &Samples) -> Vec<Line> {
    let lines = rows.iter().flat_map(|row| row.checks.iter().map(move |check| (row, check)));
    lines.map(|(row, check)| line(row, check, samples)).collect()
}

fn line(row: &Row, check: &Check, samples: &Samples) -> Line {
    let ours = samples.median(check.ours);
    let shown =
        |value: Option<f64>| value.map_or("–".to_owned(), |value| show(value, check.unit));
    let (against, measured) = match check.against {
        None => (String::new(), ours),
        Some(against) => {
            let other = samples.median(against.metric);
            let ratio = samples.ratio(check.ours, against.metric);
            (format!("{} {}", against.name, shown(other)), ratio)
        }
    };
    let is_ratio = check.against.is_some();
    let number = |value: f64| match is_ratio {
        true => format!("{}×", plain(value)),
        false => show(value, check.unit),
    };
    let target = match check.target {
        Target::AtLeast(least) => format!("≥ {}", number(least)),
        Target::AtMost(most) => format!("≤ {}", number(most)),
    };
    Line {
        row: row.title,
        what: check.what,
        ours: shown(ours),
        against,
        measured: measured.map_or("not measured".to_owned(), number),
        target,
        is_met: measured.is_some_and(|measured| check.target.is_met(measured)),
    }
}

fn show(value: f64, unit: Unit) -> String {
    match unit {
        Unit::PerSecond => format!("{}/s", thousands(value)),
        Unit::Micros => format!("{value:.2} µs"),
        Unit::Millis => format!("{} ms", plain(value)),
        Unit::Mebibytes => format!("{} MiB", plain(value)),
        Unit::Bytes => format!("{} bytes", thousands(value)),
    }
}

/// Three figures are as many as can be trusted.
fn plain(value: f64) -> String {
    match value {
        value if value >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The table for a terminal, aligned.
pub(crate) fn text(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut row = "";
    for line in lines {
        if line.row != row {
            row = line.row;
            let _ = writeln!(text, "\n{row}");
        }
        let verdict = if line.is_met { "reached" } else { "MISSED" };
        let _ = writeln!(
            text,
            "  {:<30} {:>16}  {:<38} {:>12}  {:<10} {verdict}",
            line.what, line.ours, line.against, line.measured, line.target
        );
    }
    text
}

/// `docs/benchmarks.md`.
pub(crate) fn document(lines: &[Line], machine: &Machine, settings: &Settings) -> String {
    let mut text = String::from(HEAD);
    let runs = format!("{} runs of {} s", settings.runs, settings.secs);
    if settings.quick {
        text.push_str("**This is a smoke run (`--quick`) and no measurement.**\n\n");
    }
    let _ = writeln!(
        text,
        "Measured {} on {}, {} cores, {} GiB, {}, kernel {}, commit {}.\n\
         {}; the peers: node-oidc-provider 9.13.3 on Node {} with its in-memory adapter, \
         OpenFGA 1.22.1, PostgreSQL 15.\n\
         Medians of {runs}, and medians of the runs' ratios; load average before the first: {}.\n",
        machine.date,
        machine.cpu,
        machine.cores,
        machine.memory_gib,
        machine.system,
        machine.kernel,
        machine.commit,
        machine.rustc,
        machine.node,
        machine.load_before,
    );
    text.push_str(
        "| work | | ours | against | measured | target | |\n|---|---|---|---|---|---|---|\n",
    );
    let mut row = "";
    for line in lines {
        let title = if line.row == row { "" } else { line.row };
        row = line.row;
        let verdict = if line.is_met { "reached" } else { "**missed**" };
        let _ = writeln!(
            text,
            "| {title} | {} | {} | {} | {} | {} | {verdict} |",
            line.what, line.ours, line.against, line.measured, line.target
        );
    }
    text.push_str(TAIL);
    text.push_str(zanzibar::METHOD);
    text
}

const HEAD: &str = "\
<!-- Written by `cargo xtask bench --write`. Change the bench, not this file. -->

# Benchmarks

`cargo xtask bench` measures this table on the machine at hand, with peers and limits in the same \
run, and exits 1 where a target is missed.
Absolute figures do not carry to another machine; the ratios are what is promised.

";

const TAIL: &str = "
## How it is measured

- The product is the release binary, with limits, logs and metrics on, on a SQLite file with \
`synchronous=FULL`.
- Each server is pinned to one core and the load to the other; the servers take turns of a second, \
each with a ratio of its own, until each has had all its seconds.
- Single requests: `wrk -t1 -c16`.
  A run with a single error counts for nothing.
- Flows: sixteen browsers at once, each on one kept-alive connection; they read the pages and send \
the forms.
  Their core never sleeps, so that no server is charged for waking it.
  ES256 ID tokens and opaque access tokens on both sides.
  The password hash is left out by the bench's own users: their stored hash asks for 8 KiB and one \
pass, which is the least there is.
  The peer's own sign-in page checks no password.
- In process: CPU time of one thread, the product's operation and the bare one taking turns of two \
milliseconds; a run's figure is its median turn.
- Every program of the bench but the peer uses the product's allocator, axum \"hello\" included.
- The peer's configuration is `bench/peers/oidc-provider/`.
  The raw runs and all logs are under `target/bench/`.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::ROWS;

    #[test]
    fn figures() {
        let check = |value, unit, expected: &str| assert_eq!(show(value, unit), expected);
        check(1_234_567.8, Unit::PerSecond, "1,234,568/s");
        check(999.0, Unit::Bytes, "999 bytes");
        check(0.354, Unit::Micros, "0.35 µs");
        check(12.34, Unit::Millis, "12.3 ms");
        check(300.0, Unit::Millis, "300 ms");
    }

    #[test]
    fn a_ratio_is_judged_and_what_is_missing_is_missed() {
        let row = ROWS.iter().find(|row| row.id == "token-opaque").unwrap();
        let mut samples = Samples::default();
        samples.add("token-opaque", 0, 40_000.0);
        samples.add("hello", 0, 100_000.0);
        let lines = judge(&[row], &samples);
        let met: Vec<_> = lines.iter().map(|line| (line.measured.as_str(), line.is_met)).collect();
        assert_eq!(met, [("0.40×", true), ("not measured", false)]);
    }
}
