//! Explanations as text: an indented tree.

use std::fmt;

use super::{Explanation, Held, Reason, What};
use crate::check::{Decision, Truth};

impl fmt::Display for Explanation {
    /// One reason on a line, each two spaces further in than the one it explains.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A stack of its own: trees may be deep.
        let mut stack = vec![(0, &self.root)];
        while let Some((depth, reason)) = stack.pop() {
            writeln!(f, "{:indent$}{reason}", "", indent = depth * 2)?;
            stack.extend(reason.below.iter().rev().map(|below| (depth + 1, below)));
        }
        Ok(())
    }
}

impl fmt::Display for Reason {
    /// The reason without those below.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", word(&self.decision), self.what)?;
        match (&self.what, &self.decision) {
            (What::Relation(_), Decision::Missing(missing)) => {
                for (place, parameter) in missing.iter().enumerate() {
                    write!(f, "{}{parameter}", if place == 0 { " needs " } else { ", " })?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relation(name) => f.write_str(name),
            Self::Tuple { tuple, condition } | Self::Through { tuple, condition } => {
                write!(f, "the tuple {tuple}")?;
                condition.as_ref().map_or(Ok(()), |held| write!(f, ", {held}"))
            }
            Self::NoTuple(name) => write!(f, "no tuple of {name} names the user"),
            Self::NotAllowed(tuple) => {
                write!(
                    f,
                    "the tuple {tuple} is stored, but does not count: the model does not allow it, or it expired"
                )
            }
            Self::NoLink(name) => write!(f, "{name} has no tuples"),
            Self::AnyOf => f.write_str("any of"),
            Self::AllOf => f.write_str("all of"),
            Self::ButNot => f.write_str("the first but not the second"),
            Self::Excluded => f.write_str("excluded by"),
            Self::Itself(user) => write!(f, "{user} itself is asked about"),
            Self::Cycle(name) => write!(f, "{name} is being looked at already: a cycle"),
            Self::Told(name) => write!(f, "{name}, as explained elsewhere"),
            Self::TooDeep(name) => write!(f, "{name} is further away than the depth limit"),
            Self::More(Some(name)) => write!(f, "{name}, not explained further"),
            Self::More(None) => f.write_str("more that is not shown"),
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "condition `{}` ", self.name)?;
        match &self.truth {
            Truth::True => f.write_str("holds"),
            Truth::False => f.write_str("does not hold"),
            Truth::Missing(parameters) => write!(f, "lacks `{}`", parameters.join("`, `")),
            Truth::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}

fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Deny => "deny",
        Decision::Missing(_) => "missing",
        Decision::Failed { .. } => "failed",
        Decision::TooComplex => "too complex",
    }
}
