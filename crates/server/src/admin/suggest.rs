//! "Did you mean …": the nearest known name.

/// Longest name compared; the cost grows with its square.
const NAME_CHARS_MAX: usize = 64;

/// Says that a name is unknown, and which one may have been meant.
pub(super) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let shown: String = name.chars().take(NAME_CHARS_MAX).collect();
    match nearest(&shown, known) {
        Some(near) => format!("unknown {what} `{shown}`; did you mean `{near}`?"),
        None if known.is_empty() => format!("unknown {what} `{shown}`; none is taken here"),
        None => format!("unknown {what} `{shown}`; known are `{}`", known.join("`, `")),
    }
}

/// The known name that differs by the fewest edits, if by no more than a third of its letters.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = name.to_lowercase();
    known
        .iter()
        .map(|known| (edits(&lower, known), *known))
        .filter(|(edits, known)| *edits <= 1 + known.len() / 4)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, known)| known)
}

/// Levenshtein distance, one row at a time.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(NAME_CHARS_MAX).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(NAME_CHARS_MAX).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (to, above) in b.iter().zip(row.iter_mut().skip(1)) {
            let cost = (diagonal + usize::from(from != *to)).min(left + 1).min(*above + 1);
            diagonal = *above;
            *above = cost;
            left = cost;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered() {
        let known = ["username", "password", "claims"];
        let check = |name: &str| unknown("member", name, &known);
        assert_eq!(check("usernme"), "unknown member `usernme`; did you mean `username`?");
        assert_eq!(check("Password"), "unknown member `Password`; did you mean `password`?");
        assert_eq!(check("x"), "unknown member `x`; known are `username`, `password`, `claims`");
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("abc", ""), 3);
    }
}
