//! Questions that OpenFGA's coming resolver will answer otherwise, by its names for them.

use super::sheet::Check;
use crate::naive::{Line, Rule};
use crate::worlds::walk;

/// The name of the shape of a question, if it has one.
pub(crate) fn shape(lines: &[Line], check: &Check) -> Option<&'static str> {
    let Check { object, relation, user } = check;
    if *user == format!("{object}#{relation}") {
        return Some("self_referential_userset");
    }
    let of = object.split(':').next()?;
    let find = |of: &str, name: &str| lines.iter().find(|line| line.of == of && line.name == name);
    let line = find(of, relation)?;
    let mut subtracts = false;
    walk(&line.rule, &mut |rule| subtracts |= matches!(rule, Rule::Without(..)));
    let is_alias = |text: &String| {
        let userset = text.split(' ').next().and_then(|text| text.split_once('#'));
        let line = userset.and_then(|(of, name)| find(of, name));
        line.is_some_and(|line| matches!(line.rule, Rule::Same(_)))
    };
    match () {
        () if subtracts && user.contains('#') => Some("userset_with_exclusion"),
        () if subtracts && user.ends_with(":*") => Some("wildcard_with_exclusion"),
        () if line.allowed.iter().any(is_alias) => Some("alias_userset"),
        () => None,
    }
}
