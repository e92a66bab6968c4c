//! Gives types and relations their ids, once their names are found sound.

use std::collections::HashMap;

use super::checked::{CheckedModel, CheckedRelation, CheckedType, OpId, RelationId, TypeId};
use super::{Cause, Findings, RELATIONS_MAX, TYPES_MAX};
use crate::condition::Program;
use crate::model::{Condition, Model, TypeDefinition};
use crate::tuple::{RelationName, TypeName};

/// Words that the language keeps for itself.
const RESERVED: [&str; 2] = ["self", "this"];

/// A model with names and no rules yet, or nothing if it is beyond a limit.
pub(super) fn names(model: &Model, findings: &mut Findings) -> Option<CheckedModel> {
    if model.types.is_empty() {
        findings.push(None, None, Cause::NoTypes);
        return None;
    }
    if model.types.len() > TYPES_MAX {
        findings.push(None, None, Cause::TooManyTypes);
        return None;
    }
    if model.types.iter().map(|definition| definition.relations.len()).sum::<usize>()
        > RELATIONS_MAX
    {
        findings.push(None, None, Cause::TooManyRelations);
        return None;
    }
    let mut checked = CheckedModel {
        types: Vec::new(),
        type_ids: HashMap::new(),
        relations: Vec::new(),
        restrictions: Vec::new(),
        conditions: HashMap::new(),
        ops: Vec::new(),
        operands: Vec::new(),
        targets: Vec::new(),
        warnings: Vec::new(),
        strict: false,
    };
    for condition in &model.conditions {
        compile_condition(&mut checked, condition, findings);
    }
    for (place, definition) in (0..).zip(&model.types) {
        name_type(&mut checked, TypeId(place), definition, findings);
    }
    Some(checked)
}

fn compile_condition(checked: &mut CheckedModel, condition: &Condition, findings: &mut Findings) {
    let name = condition.name.as_str();
    if checked.conditions.contains_key(name) {
        findings.push(None, None, Cause::Duplicate(name.to_owned()));
        return;
    }
    let program = Program::compile(condition, checked.conditions.len()).unwrap_or_else(|error| {
        findings.push(None, None, Cause::Expression { condition: name.to_owned(), error });
        Program::default()
    });
    checked.conditions.insert(name.to_owned(), program);
}

fn name_type(
    checked: &mut CheckedModel,
    id: TypeId,
    definition: &TypeDefinition,
    findings: &mut Findings,
) {
    let name = definition.name.as_str();
    if RESERVED.contains(&name) {
        findings.push(Some(name), None, Cause::Reserved(name.to_owned()));
    }
    if TypeName::parse(name).is_err() {
        findings.push(Some(name), None, Cause::InvalidName(name.to_owned()));
    }
    if checked.type_ids.contains_key(name) {
        findings.push(Some(name), None, Cause::Duplicate(name.to_owned()));
    } else {
        checked.type_ids.insert(name.to_owned(), id);
    }
    let mut relations = HashMap::new();
    for relation in &definition.relations {
        let word = relation.name.as_str();
        if RESERVED.contains(&word) {
            findings.push(Some(name), Some(word), Cause::Reserved(word.to_owned()));
        }
        if RelationName::parse(word).is_err() {
            findings.push(Some(name), Some(word), Cause::InvalidName(word.to_owned()));
        }
        let Ok(place) = u16::try_from(checked.relations.len()) else { continue };
        if relations.contains_key(word) {
            findings.push(Some(name), Some(word), Cause::Duplicate(word.to_owned()));
        } else {
            relations.insert(word.to_owned(), RelationId(place));
        }
        checked.relations.push(CheckedRelation {
            name: word.to_owned(),
            of: id,
            root: OpId(0),
            restrictions: 0..0,
        });
    }
    checked.types.push(CheckedType { name: name.to_owned(), relations });
}
