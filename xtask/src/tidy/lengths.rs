//! File and function lengths: a report worth reading, and a wall far behind it.

use std::path::Path;

use super::files::{self, Source};

/// Production lines above which a file must say why, in a comment that begins `// LONG:`.
const FILE_LINES_MAX: usize = 800;

/// Production lines from which a file is reported.
const FILE_LINES_SHOWN: usize = 400;

pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let long = sources.iter().filter(|source| {
        source.is_production
            && source.production.lines().count() > FILE_LINES_MAX
            && !source.text.contains("// LONG:")
    });
    long.map(|source| {
        format!(
            "{}: {} production lines; split it or say why in a comment `// LONG: …`",
            source.path.display(),
            source.production.lines().count()
        )
    })
    .collect()
}

/// The longest files and the share of long functions.
#[must_use]
pub fn report(root: &Path) -> Vec<String> {
    let sources = files::sources(root);
    let mut sizes: Vec<(usize, &Source)> = sources
        .iter()
        .filter(|source| source.is_production)
        .map(|source| (source.production.lines().count(), source))
        .collect();
    sizes.sort_by_key(|(lines, _)| std::cmp::Reverse(*lines));
    let functions: Vec<usize> =
        sizes.iter().flat_map(|(_, source)| function_lengths(&source.production)).collect();
    let long = functions.iter().filter(|lines| **lines > 70).count();
    let mut report = vec![format!(
        "{} production files, {} lines; {} functions, {long} over 70 lines",
        sizes.len(),
        sizes.iter().map(|(lines, _)| lines).sum::<usize>(),
        functions.len(),
    )];
    report.extend(
        sizes
            .iter()
            .take_while(|(lines, _)| *lines > FILE_LINES_SHOWN)
            .map(|(lines, source)| format!("{lines:>6}  {}", source.path.display())),
    );
    report
}

/// Lengths by indentation, which the formatter guarantees: a function ends at the first closing
/// brace as far in as its head.
fn function_lengths(text: &str) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let mut lengths = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let head = line.trim_start();
        let is_function = ["fn ", "pub fn ", "async fn ", "pub async fn ", "pub(crate) fn "]
            .iter()
            .any(|start| head.starts_with(start));
        if !is_function {
            continue;
        }
        let indent = line.len() - head.len();
        let end = format!("{}}}", " ".repeat(indent));
        let length = lines.iter().skip(at).position(|line| *line == end);
        lengths.extend(length.map(|length| length + 1));
    }
    lengths
}
