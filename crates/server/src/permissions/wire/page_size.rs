use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// The size of a page: a number, or one in a string, as protobuf's JSON mapping allows. Whether it
/// is within bounds is said by whoever pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageSize(pub(crate) Option<i32>);

impl<'de> Deserialize<'de> for PageSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = PageSize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of 32 bits")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(PageSize(None))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        let number = i32::try_from(number).map_err(|_| E::custom("not of 32 bits"))?;
        Ok(PageSize(Some(number)))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        let number = i32::try_from(number).map_err(|_| E::custom("not of 32 bits"))?;
        Ok(PageSize(Some(number)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let number = text.parse().map_err(|_| E::custom("not a whole number of 32 bits"))?;
        Ok(PageSize(Some(number)))
    }
}
