//! "Did you mean": the nearest of some known words.

/// Longest word that is compared: nobody mistypes more, and the cost is quadratic.
const CHARS_MAX: usize = 64;

/// The nearest known word, if one is near enough to have been meant.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    if word.chars().count() > CHARS_MAX {
        return None;
    }
    let most = (word.chars().count() / 3).max(2);
    let nearest = known.map(|known| (distance(word, known), known)).min()?;
    (nearest.0 <= most).then(|| nearest.1.to_owned())
}

/// Levenshtein's distance: insertions, deletions and replacements from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (step, c) in from.chars().enumerate() {
        let mut corner = step;
        let mut left = step + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, other) in row.iter_mut().skip(1).zip(&to) {
            let replaced = corner + usize::from(c != *other);
            corner = *cell;
            left = replaced.min(left + 1).min(corner + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (from, to, expected) in
            [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("level", "levle", 2)]
        {
            assert_eq!(distance(from, to), expected, "{from} {to}");
            assert_eq!(distance(to, from), expected, "{to} {from}");
        }
        let known = ["log.level", "issuer.url"];
        assert_eq!(nearest("log.levl", known.into_iter()).as_deref(), Some("log.level"));
        assert_eq!(nearest("something.else", known.into_iter()), None);
    }
}
