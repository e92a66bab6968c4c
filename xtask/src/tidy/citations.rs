//! A citation's label and its link name the same RFC.

use std::path::Path;

use super::files::{Source, walk};

pub(super) fn check(root: &Path, sources: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    for source in sources {
        broken.extend(check_text(&source.path.to_string_lossy(), &source.text));
    }
    walk(&root.join("docs"), &mut |path| {
        if let Ok(text) = std::fs::read_to_string(path) {
            broken.extend(check_text(&path.to_string_lossy(), &text));
        }
    });
    broken
}

fn check_text(path: &str, text: &str) -> Vec<String> {
    let mut broken = Vec::new();
    // Links may be broken over two comment lines.
    let joined = text.replace("\n//! ", " ").replace("\n/// ", " ").replace("\n    /// ", " ");
    for link in joined.split("[RFC ").skip(1) {
        let Some((label, rest)) = link.split_once("](") else { continue };
        let target = rest.split(')').next().unwrap_or_default();
        let Some(linked) = number_after(target, "/rfc/rfc") else { continue };
        let labelled = leading_number(label);
        if labelled.is_some_and(|labelled| labelled != linked) {
            broken.push(format!("{path}: `[RFC {label}]` links to RFC {linked}"));
        }
    }
    broken
}

fn number_after(text: &str, marker: &str) -> Option<u32> {
    leading_number(text.split_once(marker)?.1)
}

fn leading_number(text: &str) -> Option<u32> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_differs_from_its_link_is_found() {
        let link = |label: &str, number: u32| {
            format!("[RFC {label}](https://www.rfc-editor.org/rfc/rfc{number}#section-1)")
        };
        assert!(check_text("x", &link("7636 §4.6", 7636)).is_empty());
        assert_eq!(check_text("x", &link("7636 §4.6", 7663)).len(), 1);
        assert!(check_text("x", "[RFC 1] without a link").is_empty());
    }
}
