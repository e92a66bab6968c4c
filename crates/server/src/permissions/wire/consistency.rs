use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess},
};

use super::Text;

/// How fresh an answer must be, as a request says it.
///
/// OpenFGA has two names for it. Ours go further: `"FULL"`, `{"at_least_as_fresh": REVISION}` and
/// `{"exact": REVISION}`, where a revision is what every answer carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Consistency<'a> {
    /// Nothing is said.
    #[default]
    Unspecified,
    /// Whatever this node knows.
    MinimizeLatency,
    /// Everything that was acknowledged anywhere before.
    Full,
    /// This revision or a later one.
    AtLeastAsFresh(Text<'a>),
    /// This revision.
    Exact(Text<'a>),
    /// A number that names none.
    Undefined,
}

impl Consistency<'_> {
    /// The enum's number in OpenFGA's protobuf.
    pub(crate) const fn of_number(number: i64) -> Self {
        match number {
            0 => Self::Unspecified,
            100 => Self::MinimizeLatency,
            200 => Self::Full,
            _ => Self::Undefined,
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        match name {
            "UNSPECIFIED" | "" => Some(Self::Unspecified),
            "MINIMIZE_LATENCY" => Some(Self::MinimizeLatency),
            "HIGHER_CONSISTENCY" | "FULL" => Some(Self::Full),
            _ => None,
        }
    }
}

impl<'a> Consistency<'a> {
    /// Reads the header: `full`, `minimize_latency`, `at_least_as_fresh=REVISION` or
    /// `exact=REVISION`.
    pub(crate) fn parse_header(text: &'a str) -> Option<Self> {
        match text.split_once('=') {
            Some(("at_least_as_fresh", revision)) => Some(Self::AtLeastAsFresh(revision.into())),
            Some(("exact", revision)) => Some(Self::Exact(revision.into())),
            Some(_) => None,
            None if text == "full" => Some(Self::Full),
            None if text == "minimize_latency" => Some(Self::MinimizeLatency),
            None => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Consistency<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Consistency<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "UNSPECIFIED, MINIMIZE_LATENCY, HIGHER_CONSISTENCY, FULL or an object with \
             `at_least_as_fresh` or `exact`",
        )
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Consistency::Unspecified)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Consistency::of_number(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Consistency::of_number(number))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Consistency::of_name(name).ok_or_else(|| E::invalid_value(de::Unexpected::Str(name), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Consistency::Unspecified;
        while let Some(name) = map.next_key::<Text<'de>>()? {
            let next = match name.as_str() {
                "at_least_as_fresh" => Consistency::AtLeastAsFresh(map.next_value()?),
                "exact" => Consistency::Exact(map.next_value()?),
                "full" if map.next_value::<bool>()? => Consistency::Full,
                "full" => continue,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if found != Consistency::Unspecified {
                return Err(de::Error::custom("a consistency is one of several"));
            }
            found = next;
        }
        Ok(found)
    }
}
