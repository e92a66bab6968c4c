//! Who may depend on whom: the arrows of `docs/architecture.md`.

use std::path::Path;

use crate::run;

/// Crate, and what of ours it may name. Development dependencies are free.
const ALLOWED: [(&str, &[&str]); 11] = [
    ("jose", &[]),
    ("oauth", &["jose"]),
    ("feed", &["jose"]),
    ("permission", &[]),
    ("verifier", &["jose", "oauth", "feed"]),
    ("guard", &["verifier", "jose", "oauth", "feed"]),
    ("store", &["oauth", "permission", "feed", "jose"]),
    ("server", &["store", "oauth", "permission", "feed", "verifier", "jose"]),
    ("cli", &["server", "store", "guard", "verifier", "oauth", "permission", "feed", "jose"]),
    ("testing", &["jose", "oauth", "feed"]),
    (
        "bench",
        &[
            "cli",
            "server",
            "store",
            "guard",
            "verifier",
            "oauth",
            "permission",
            "feed",
            "jose",
            "testing",
        ],
    ),
];

pub(super) fn check(root: &Path) -> Vec<String> {
    let Some(metadata) = metadata() else {
        return vec![format!("cargo metadata failed in {}", root.display())];
    };
    let packages = metadata.get("packages").and_then(|packages| packages.as_array());
    let mut broken = Vec::new();
    for package in packages.into_iter().flatten() {
        let text =
            |key: &str| package.get(key).and_then(|value| value.as_str()).unwrap_or_default();
        let Some(krate) = ours(text("name")) else { continue };
        if krate == "xtask" {
            continue;
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == krate) else {
            broken.push(format!("crate `{krate}` has no place in the table of directions"));
            continue;
        };
        let dependencies = package.get("dependencies").and_then(|list| list.as_array());
        for dependency in dependencies.into_iter().flatten() {
            let is_normal = dependency.get("kind").is_none_or(serde_json::Value::is_null);
            let name = dependency.get("name").and_then(|name| name.as_str()).unwrap_or_default();
            if let (true, Some(other)) = (is_normal, ours(name))
                && !allowed.contains(&other)
            {
                broken.push(format!("crate `{krate}` must not depend on `{other}`"));
            }
        }
    }
    broken
}

fn metadata() -> Option<serde_json::Value> {
    let args = ["metadata", "--format-version", "1", "--no-deps", "--locked", "--offline"];
    serde_json::from_str(&run::output(&run::cargo(), &args)?).ok()
}

fn ours(name: &str) -> Option<&str> {
    match name {
        "counterfoil" => Some("cli"),
        "xtask" => Some("xtask"),
        _ => name.strip_prefix("counterfoil-"),
    }
}
