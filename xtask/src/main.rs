//! Development tasks: `cargo xtask test|ci|bench|tidy`.

fn main() {}
