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

/// A step of a story that was asked for.
pub(crate) fn talk(text: &str) {
    let _written = writeln!(std::io::stderr().lock(), "  {text}");
}

/// A remark.
pub(crate) fn note(text: &str) {
    let mut err = std::io::stderr().lock();
    for line in text.lines() {
        let _written = writeln!(err, "counterfoil: {line}");
    }
}
