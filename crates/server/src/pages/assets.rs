//! The files that pages refer to, under names that carry their content's hash.
//!
//! A page and its assets are compiled into one binary, so a name that is found never changes its
//! bytes: answer with [`CACHE_CONTROL`], the asset's `content_type` and `etag`, and
//! `X-Content-Type-Options: nosniff`.

use counterfoil_jose::{b64, crypto};
use std::sync::LazyLock;

/// What every asset is served with: a year, because another content has another name.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// Where all assets are.
pub const PREFIX: &str = "/assets/";

/// How much of the hash stands in a name; 66 bits tell a few dozen files apart.
const HASH_CHARS: usize = 11;

const SOURCES: &[(&str, &str, &[u8])] = &[
    ("counterfoil", "css", include_bytes!("../../assets/counterfoil.css")),
    ("copy", "js", include_bytes!("../../assets/copy.js")),
    ("form-post", "js", include_bytes!("../../assets/form-post.js")),
    ("icon", "svg", include_bytes!("../../assets/icon.svg")),
    ("lab", "css", include_bytes!("../../assets/lab.css")),
    ("lab", "js", include_bytes!("../../assets/lab.js")),
    ("lab-client", "js", include_bytes!("../../assets/lab-client.js")),
    ("lab-lane", "js", include_bytes!("../../assets/lab-lane.js")),
    ("lab-sharing", "js", include_bytes!("../../assets/lab-sharing.js")),
    ("lab-token", "js", include_bytes!("../../assets/lab-token.js")),
    ("page", "js", include_bytes!("../../assets/page.js")),
    ("perm", "css", include_bytes!("../../assets/perm.css")),
    ("perm", "js", include_bytes!("../../assets/perm.js")),
    ("perm-api", "js", include_bytes!("../../assets/perm-api.js")),
    ("perm-draw", "js", include_bytes!("../../assets/perm-draw.js")),
    ("perm-file", "js", include_bytes!("../../assets/perm-file.js")),
    ("perm-model", "js", include_bytes!("../../assets/perm-model.js")),
    ("perm-questions", "js", include_bytes!("../../assets/perm-questions.js")),
    ("perm-shape", "js", include_bytes!("../../assets/perm-shape.js")),
    ("perm-tuples", "js", include_bytes!("../../assets/perm-tuples.js")),
    ("perm-why", "js", include_bytes!("../../assets/perm-why.js")),
    ("program", "css", include_bytes!("../../assets/program.css")),
    ("request", "js", include_bytes!("../../assets/request.js")),
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| SOURCES.iter().map(Asset::new).collect());

/// A file as it is served.
#[derive(Debug)]
pub struct Asset {
    /// Its content.
    pub bytes: &'static [u8],
    /// Its media type.
    pub content_type: &'static str,
    /// Its entity tag, quoted.
    pub etag: String,
    name: String,
    path: String,
}

impl Asset {
    fn new(&(stem, extension, bytes): &(&'static str, &'static str, &'static [u8])) -> Self {
        let hash: String = b64::encode(&crypto::sha256(bytes)).chars().take(HASH_CHARS).collect();
        Self {
            bytes,
            content_type: content_type(extension),
            etag: format!("\"{hash}\""),
            name: format!("{stem}.{extension}"),
            path: format!("{PREFIX}{stem}-{hash}.{extension}"),
        }
    }
}

/// Finds the asset at a request path such as `/assets/counterfoil-<hash>.css`.
#[must_use]
pub fn lookup(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

/// Every script whose name begins with `prefix`, by its file name, with its path.
pub(super) fn scripts(prefix: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let scripts = ASSETS.iter().filter(move |asset| {
        asset.name.starts_with(prefix) && asset.content_type.starts_with("text/javascript")
    });
    scripts.map(|asset| (asset.name.as_str(), asset.path.as_str()))
}

/// Every file as text, by its name.
#[cfg(test)]
pub(super) fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    ASSETS
        .iter()
        .map(|asset| (asset.name.as_str(), std::str::from_utf8(asset.bytes).unwrap_or_default()))
}

/// The path of the asset with this file name; a name that is none stays as it is.
pub(super) fn path(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or(PREFIX, |asset| &asset.path)
}

fn content_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{ASSETS, PREFIX, lookup, path};

    #[test]
    fn an_asset_is_found_by_its_hashed_name_alone() {
        for asset in ASSETS.iter() {
            let found = lookup(path(&asset.name)).unwrap();
            assert_eq!(found.bytes, asset.bytes);
            assert!(found.etag.len() > 10 && found.path.contains(found.etag.trim_matches('"')));
        }
        for missing in ["", "/", PREFIX, "/assets/counterfoil.css", "/assets/../icon.svg"] {
            assert!(lookup(missing).is_none(), "{missing}");
        }
    }

    #[test]
    fn no_asset_reaches_outside_or_writes_markup() {
        for asset in ASSETS.iter() {
            let text = std::str::from_utf8(asset.bytes).unwrap();
            let text = text.replace("http://www.w3.org/2000/svg", "");
            for banned in ["http://", "https://", "@import", "innerHTML", "eval(", "outerHTML"] {
                assert!(!text.contains(banned), "{} holds `{banned}`", asset.name);
            }
        }
    }
}
