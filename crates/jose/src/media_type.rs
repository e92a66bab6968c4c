/// Compares two `typ` or `cty` values as media types.
///
/// A value without a slash is read as if `application/` stood before it, and media types are
/// compared without regard to case ([RFC 7515 §4.1.9](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.9)).
///
/// ```
/// use counterfoil_jose::same_media_type;
/// assert!(same_media_type("application/AT+JWT", "at+jwt"));
/// assert!(!same_media_type("text/at+jwt", "at+jwt"));
/// ```
#[must_use]
pub fn same_media_type(left: &str, right: &str) -> bool {
    let (left_tree, left_name) = parts(left);
    let (right_tree, right_name) = parts(right);
    left_tree.eq_ignore_ascii_case(right_tree) && left_name.eq_ignore_ascii_case(right_name)
}

fn parts(value: &str) -> (&str, &str) {
    value.split_once('/').unwrap_or(("application", value))
}
