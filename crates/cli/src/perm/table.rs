//! Rows for people, their columns below each other.

use crate::say;

/// Tells rows below a line that names their columns. The last column may be as long as it is.
pub(super) fn tell(names: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).chain(names.get(column).map(|name| name.len())).max()
    };
    let widths: Vec<usize> = (0..names.len()).map(|column| width(column).unwrap_or(0)).collect();
    let head: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    for row in std::iter::once(&head).chain(rows) {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        say::foreign(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}
