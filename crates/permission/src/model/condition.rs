use super::Origin;

/// A condition: a tuple that names it counts only where its expression is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its name.
    pub name: String,
    /// What the expression may use, in the order of the text.
    pub parameters: Vec<(String, ParameterType)>,
    /// The expression in CEL, without the braces around it.
    pub expression: String,
    /// Where it comes from, in a model of modules.
    pub origin: Origin,
}

/// The type of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// Anything.
    Any,
    /// `bool`
    Bool,
    /// `string`
    String,
    /// `int`
    Int,
    /// `uint`
    Uint,
    /// `double`
    Double,
    /// `duration`
    Duration,
    /// `timestamp`
    Timestamp,
    /// `ipaddress`
    IpAddress,
    /// `list<T>`
    List(Box<ParameterType>),
    /// `map<T>`, keyed by strings
    Map(Box<ParameterType>),
}
