use std::path::{Path, PathBuf};

/// A source file, production part and tests apart.
pub(super) struct Source {
    /// Relative to the root.
    pub(super) path: PathBuf,
    /// The crate's folder name.
    pub(super) krate: String,
    /// Everything.
    pub(super) text: String,
    /// Without inline tests.
    pub(super) production: String,
    /// Whether it is under `src/`.
    pub(super) is_production: bool,
}

/// Every Rust file of the workspace's crates.
pub(super) fn sources(root: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["crates", "xtask"] {
        walk(&root.join(folder), &mut |path| {
            if path.extension().is_some_and(|extension| extension == "rs") {
                found.extend(read(root, path));
            }
        });
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Every file below a folder, build output and packages apart.
pub(super) fn walk(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "target" && name != "node_modules" && name != ".git" {
                walk(&path, visit);
            }
        } else {
            visit(&path);
        }
    }
}

fn read(root: &Path, path: &Path) -> Option<Source> {
    let text = std::fs::read_to_string(path).ok()?;
    let relative = path.strip_prefix(root).ok()?.to_owned();
    let mut parts = relative.components().map(|part| part.as_os_str().to_string_lossy());
    let first = parts.next()?.into_owned();
    let krate = if first == "crates" { parts.next()?.into_owned() } else { first };
    let production = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or(&text).to_owned();
    let is_production = relative.components().any(|part| part.as_os_str() == "src");
    Some(Source { path: relative, krate, text, production, is_production })
}
