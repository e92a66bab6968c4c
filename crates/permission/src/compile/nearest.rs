//! The name that was probably meant.

/// Names further apart than this are not suggested: beyond two slips a suggestion confuses.
const DISTANCE_MAX: usize = 2;

/// The candidate nearest to a name, if any is near.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let letters: Vec<char> = name.chars().collect();
    let max = DISTANCE_MAX.min(letters.len() / 2);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name)
        .filter_map(|candidate| {
            let other: Vec<char> = candidate.chars().collect();
            if letters.len().abs_diff(other.len()) > max {
                return None;
            }
            let distance = distance(&letters, &other);
            (distance <= max).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// How many letters must be put, taken or changed.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.iter().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(to) {
            let changed = diagonal + usize::from(letter != other);
            diagonal = *cell;
            left = changed.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(from.len())
}
