//! Results on standard output, progress on standard error.

use std::io::Write;

/// A line of a result.
pub(crate) fn line(text: &str) {
    // A closed pipe is the reader's choice.
    let _written = writeln!(std::io::stdout().lock(), "{text}");
}

/// Progress, for the person who waits.
pub(crate) fn note(text: &str) {
    let _written = writeln!(std::io::stderr().lock(), "bench: {text}");
}
