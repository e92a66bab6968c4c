//! Development tasks, as a library so that tests can run the tidy checks.

pub mod bench;
pub mod mutants;
pub mod needs;
pub mod peers;
pub mod run;
pub mod say;
pub mod tasks;
pub mod tidy;
