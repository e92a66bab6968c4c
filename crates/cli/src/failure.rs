//! How a command ends when it doesn't succeed.

use std::{fmt, path::Path, process::ExitCode};

/// A message for the person, and what a script reads from the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Something failed: exit code 1.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    /// The command was not understood: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }

    /// Something isn't there: exit code 3.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 3 }
    }

    /// It conflicts with what is there: exit code 4.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 4 }
    }

    /// Denied, or inactive: exit code 5.
    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 5 }
    }

    /// A server can't be reached: exit code 6.
    pub(crate) fn unreachable(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 6 }
    }

    /// A configuration is invalid: exit code 7.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 7 }
    }

    /// Something failed, in the words of its error.
    pub(crate) fn from_display(error: impl fmt::Display) -> Self {
        Self::failed(error.to_string())
    }

    /// The same, naming the file it is about in each line.
    #[must_use]
    pub(crate) fn about(self, path: &Path) -> Self {
        let lines = self.message.lines().map(|line| format!("{}: {line}", path.display()));
        Self { message: lines.collect::<Vec<_>>().join("\n"), code: self.code }
    }

    /// The same with a line more.
    #[must_use]
    pub(crate) fn with(self, line: &str) -> Self {
        Self { message: format!("{}\n{line}", self.message), code: self.code }
    }

    /// What a script reads.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
