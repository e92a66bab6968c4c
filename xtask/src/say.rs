//! What a task says.

use std::io::Write;

/// A line for the person.
pub fn note(text: &str) {
    // A closed pipe is the reader's choice.
    let _written = writeln!(std::io::stderr().lock(), "{text}");
}
