//! `caveat weekday(day string) { day != "sunday" }`

use super::parser::{Defined, Parser};
use super::{Finding, FindingKind};
use crate::model::{Condition, Origin, ParameterType};

pub(super) fn read(parser: &mut Parser<'_>) -> Result<(), Finding> {
    parser.advance()?;
    let (name, position) = parser.path("the name of a caveat")?;
    parser.schema.defined.push((position, Defined::Caveat(name.clone())));
    parser.sign('(', "`(` and parameters")?;
    let mut parameters: Vec<(String, ParameterType)> = Vec::new();
    while !parser.skip(')')? {
        let (parameter, position) = parser.word("a parameter or `)`")?;
        if parameters.iter().any(|(known, _)| known == parameter) {
            let kind = FindingKind::Duplicate(parameter.to_owned());
            return Err(Finding { position, kind });
        }
        parameters.push((parameter.to_owned(), parameter_type(parser)?));
        if !parser.skip(',')? {
            parser.sign(')', "`,` or `)`")?;
            break;
        }
    }
    let expression = parser.expression()?;
    let origin = Origin::default();
    parser.schema.conditions.push(Condition { name, parameters, expression, origin });
    Ok(())
}

fn parameter_type(parser: &mut Parser<'_>) -> Result<ParameterType, Finding> {
    let (name, position) = parser.word("the type of the parameter")?;
    if let Some(known) = simple(name) {
        return Ok(known);
    }
    let (make, of): (fn(Box<ParameterType>) -> ParameterType, _) = match name {
        "list" => (ParameterType::List, name),
        "map" => (ParameterType::Map, name),
        _ => {
            let kind = FindingKind::ParameterType(name.to_owned());
            return Err(Finding { position, kind });
        }
    };
    parser.sign('<', "`<` and the type of the elements")?;
    let (element, position) = parser.word("the type of the elements")?;
    // A model's lists hold nothing that holds something itself.
    let element = simple(element).ok_or_else(|| {
        let kind = FindingKind::ParameterType(format!("{of}<{element}>"));
        Finding { position, kind }
    })?;
    parser.sign('>', "`>`")?;
    Ok(make(Box::new(element)))
}

fn simple(name: &str) -> Option<ParameterType> {
    Some(match name {
        "any" => ParameterType::Any,
        "bool" => ParameterType::Bool,
        "string" => ParameterType::String,
        "int" => ParameterType::Int,
        "uint" => ParameterType::Uint,
        "double" => ParameterType::Double,
        "duration" => ParameterType::Duration,
        "timestamp" => ParameterType::Timestamp,
        "ipaddress" => ParameterType::IpAddress,
        _ => return None,
    })
}
