//! What a command says: data on standard output, talk on standard error.

use std::io::Write;

/// A line of data.
pub(crate) fn line(text: &str) {
    // A closed pipe is the reader's choice.
    let _written = writeln!(std::io::stdout().lock(), "{text}");
}

/// A remark.
pub(crate) fn note(text: &str) {
    let _written = writeln!(std::io::stderr().lock(), "counterfoil: {text}");
}
