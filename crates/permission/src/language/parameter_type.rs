use crate::model::ParameterType;

/// The types without a type in them, by their names in the language.
const SCALARS: [(&str, ParameterType); 9] = [
    ("any", ParameterType::Any),
    ("bool", ParameterType::Bool),
    ("string", ParameterType::String),
    ("int", ParameterType::Int),
    ("uint", ParameterType::Uint),
    ("double", ParameterType::Double),
    ("duration", ParameterType::Duration),
    ("timestamp", ParameterType::Timestamp),
    ("ipaddress", ParameterType::IpAddress),
];

impl ParameterType {
    /// The type without a type in it that has this name in the language.
    pub(super) fn scalar(name: &str) -> Option<Self> {
        let found = SCALARS.iter().find(|(known, _)| *known == name);
        found.map(|(_, scalar)| scalar.clone())
    }

    /// Its name in the language, and what it holds.
    pub(super) fn parts(&self) -> (&'static str, Option<&Self>) {
        match self {
            Self::Any => ("any", None),
            Self::Bool => ("bool", None),
            Self::String => ("string", None),
            Self::Int => ("int", None),
            Self::Uint => ("uint", None),
            Self::Double => ("double", None),
            Self::Duration => ("duration", None),
            Self::Timestamp => ("timestamp", None),
            Self::IpAddress => ("ipaddress", None),
            Self::List(inner) => ("list", Some(inner)),
            Self::Map(inner) => ("map", Some(inner)),
        }
    }
}
