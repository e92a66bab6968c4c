//! The reference of every key, made from the table that the reader uses.

use super::{
    keys::{KEYS, Key, Kind},
    problem::Place,
    reader::Reader,
};

const HEAD: &str = "\
# Configuration

`counterfoil serve --config FILE` reads one TOML file.
`counterfoil init` prints one to begin with, and `counterfoil check-config --config FILE` names every problem in one, each with its line.

- A variable of the environment overrides the file, the file overrides the default.
  `--config` may be left out where the environment says everything, and `COUNTERFOIL_CONFIG` may name the file.
- A secret may also be read from a file: add `_file` to its key, or `_FILE` to its variable.
- A path in the file is relative to the file's directory.
- An unknown key is an error.
- `counterfoil check-config --show` tells each value and where it comes from.

This page is printed by `counterfoil check-config --reference`.
";

/// `docs/configuration.md`.
pub(crate) fn reference() -> String {
    let mut text = HEAD.to_owned();
    let mut section = "";
    for key in KEYS {
        let own = key.path.split('.').next().unwrap_or_default();
        if own != section {
            section = own;
            text.push_str(&format!("\n## `[{section}]`\n"));
        }
        text.push_str(&entry(key));
    }
    text
}

fn entry(key: &Key) -> String {
    let Key { path, about, .. } = key;
    let default = match key.default {
        Some(default) => format!("default `{default}`"),
        None => "no default".to_owned(),
    };
    let kind = match key.kind {
        Kind::Text => "text".to_owned(),
        Kind::Path => "path".to_owned(),
        Kind::Secret => "secret".to_owned(),
        Kind::Whole { least, most } => format!("whole number, {least} to {most}"),
        Kind::Boolean => "`true` or `false`".to_owned(),
        Kind::List => "list, in the environment separated by commas".to_owned(),
        Kind::OneOf(choices) => format!("`{}`", choices.join("`, `")),
    };
    format!("\n### `{path}`\n{kind} · {default} · `{}`\n\n{about}\n", key.variable())
}

/// Each key with its value and where it comes from.
pub(super) fn show(reader: &mut Reader) -> Vec<String> {
    let mut lines = Vec::new();
    for key in KEYS {
        let value = match key.kind {
            Kind::Secret => reader.has(key.path).then(|| "(secret)".to_owned()),
            Kind::Path => reader.path(key.path).map(|path| path.display().to_string()),
            Kind::Whole { .. } => reader.whole(key.path).map(|number| number.to_string()),
            Kind::Boolean => reader.boolean(key.path).map(|value| value.to_string()),
            Kind::List => Some(reader.list(key.path).join(",")),
            Kind::Text | Kind::OneOf(_) => reader.text(key.path),
        };
        let place = match reader.place(key.path) {
            Place::Nowhere => "default".to_owned(),
            place => place.to_string(),
        };
        let value = value.filter(|value| !value.is_empty());
        lines.push(format!("{} = {} ({place})", key.path, value.as_deref().unwrap_or("-")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Regenerate with `cargo run -- check-config --reference > docs/configuration.md`.
    #[test]
    fn the_documentation_is_the_reference() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let written = std::fs::read_to_string(file).unwrap();
        assert_eq!(written, reference());
    }
}
