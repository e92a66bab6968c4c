//! The architecture names every crate, and no crate that is gone.

use std::path::Path;

/// What the project's own texts never speak of.
const BANNED: [&str; 4] = ["/work/", "crates.io/", "registry.npmjs", "index.crates"];

pub(super) fn check(root: &Path) -> Vec<String> {
    let mut broken = Vec::new();
    let path = root.join("docs/architecture.md");
    let Ok(architecture) = std::fs::read_to_string(&path) else {
        return vec!["docs/architecture.md is missing".to_owned()];
    };
    let mut crates: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(root.join("crates")).into_iter().flatten().flatten() {
        crates.push(entry.file_name().to_string_lossy().into_owned());
    }
    for name in &crates {
        if !architecture.contains(&format!("crates/{name}")) {
            broken.push(format!("docs/architecture.md does not name `crates/{name}`"));
        }
    }
    for named in architecture.split("crates/").skip(1) {
        let name: String =
            named.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        if !name.is_empty() && !crates.contains(&name) {
            broken.push(format!("docs/architecture.md names `crates/{name}`, which is gone"));
        }
    }
    for document in ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/why.md"] {
        match std::fs::read_to_string(root.join(document)) {
            Ok(text) => {
                for word in BANNED.iter().filter(|word| text.contains(**word)) {
                    broken.push(format!("{document} holds `{word}`"));
                }
            }
            Err(_) => broken.push(format!("{document} is missing")),
        }
    }
    broken
}
