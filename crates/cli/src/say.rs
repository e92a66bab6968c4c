//! What a command says: data on standard output, talk on standard error.

use std::io::Write;

/// A line of data.
pub(crate) fn line(text: &str) {
    // A closed pipe is the reader's choice.
    let _written = writeln!(std::io::stdout().lock(), "{text}");
}

/// Data as it is.
pub(crate) fn text(text: &str) {
    let mut out = std::io::stdout().lock();
    let _written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A line of data for people, with parts that somebody else wrote.
pub(crate) fn foreign(text: &str) {
    line(&visible(text));
}

/// A step of a story that was asked for.
pub(crate) fn talk(text: &str) {
    let _written = writeln!(std::io::stderr().lock(), "  {}", visible(text));
}

/// A remark.
pub(crate) fn note(text: &str) {
    let mut err = std::io::stderr().lock();
    for line in text.lines() {
        let _written = writeln!(err, "counterfoil: {}", visible(line));
    }
}

/// Control characters made visible: in a claim or an answer they could drive the terminal.
fn visible(text: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_default().collect() } else { c.to_string() };
    text.chars().map(shown).collect()
}
