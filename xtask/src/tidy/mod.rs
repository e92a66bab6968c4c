//! The rules of the house, checked. Each is an absence, or an equality of two texts that drift.

mod absences;
mod citations;
mod directions;
mod documents;
mod files;
pub mod lengths;

use std::path::Path;

/// Every broken rule, in words.
#[must_use]
pub fn check(root: &Path) -> Vec<String> {
    let sources = files::sources(root);
    let mut broken = directions::check(root);
    broken.extend(absences::check(&sources));
    broken.extend(citations::check(root, &sources));
    broken.extend(documents::check(root));
    broken.extend(lengths::check(&sources));
    broken
}
