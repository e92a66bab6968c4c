//! Looks every name up, now that all are known.

use std::collections::{HashMap, HashSet};

use super::parser::{Defined, Schema, Used};
use super::{Finding, FindingKind, Imported};
use crate::language::{ERROR_LIMIT, Position};
use crate::model::{Model, Relation, Restricted, Rewrite, SchemaVersion, TypeDefinition};
use crate::tuple::{CONDITION_CHARS_MAX, RelationName, TypeName};

pub(super) fn resolve(schema: Schema) -> Result<Imported, Vec<Finding>> {
    let mut findings = defined(&schema.defined);
    let known = Known::new(&schema);
    for (position, used) in &schema.used {
        if let Some(kind) = known.wrong(used) {
            findings.push(Finding { position: *position, kind });
        }
    }
    if !findings.is_empty() {
        findings.sort_by_key(|finding| finding.position);
        findings.truncate(ERROR_LIMIT);
        return Err(findings);
    }
    let (types, conditions) = (schema.types, schema.conditions);
    let model = Model { schema: SchemaVersion::V1_1, types, conditions };
    Ok(Imported { model, notes: schema.notes })
}

/// Names that are defined twice, or that a model can't have.
fn defined(names: &[(Position, Defined)]) -> Vec<Finding> {
    let mut seen = HashSet::new();
    let mut findings = Vec::new();
    for (position, name) in names {
        let (key, valid, spelled) = match name {
            Defined::Type(name) => ((0, "", name.as_str()), TypeName::parse(name).is_ok(), name),
            Defined::Relation { of, name } => {
                ((1, of.as_str(), name.as_str()), RelationName::parse(name).is_ok(), name)
            }
            Defined::Caveat(name) => {
                let length = name.chars().count();
                ((2, "", name.as_str()), (2..=CONDITION_CHARS_MAX).contains(&length), name)
            }
        };
        let kind = match valid {
            false => FindingKind::NotAName(spelled.clone()),
            true if !seen.insert(key) => FindingKind::Duplicate(spelled.clone()),
            true => continue,
        };
        findings.push(Finding { position: *position, kind });
    }
    findings
}

struct Known<'a> {
    types: HashMap<&'a str, HashMap<&'a str, &'a Relation>>,
    caveats: HashSet<&'a str>,
}

impl<'a> Known<'a> {
    fn new(schema: &'a Schema) -> Self {
        let relations = |definition: &'a TypeDefinition| {
            definition.relations.iter().map(|relation| (relation.name.as_str(), relation)).collect()
        };
        let types = schema.types.iter();
        let types = types.map(|definition| (definition.name.as_str(), relations(definition)));
        let caveats = schema.conditions.iter().map(|condition| condition.name.as_str());
        Self { types: types.collect(), caveats: caveats.collect() }
    }

    fn wrong(&self, used: &Used) -> Option<FindingKind> {
        let relation = |of: &String, name: &String| self.types.get(of.as_str())?.get(name.as_str());
        let unknown = |of: &String, name: &String| FindingKind::UnknownRelation {
            type_name: of.clone(),
            relation: name.clone(),
        };
        match used {
            Used::Type(name) => (!self.types.contains_key(name.as_str()))
                .then(|| FindingKind::UnknownType(name.clone())),
            Used::Caveat(name) => (!self.caveats.contains(name.as_str()))
                .then(|| FindingKind::UnknownCaveat(name.clone())),
            // Where the type is unknown, that is said already.
            Used::Relation { of, name } => (self.types.contains_key(of.as_str())
                && relation(of, name).is_none())
            .then(|| unknown(of, name)),
            Used::Arrowed(name) => {
                RelationName::parse(name).is_err().then(|| FindingKind::NotAName(name.clone()))
            }
            Used::Tupleset { of, name } => match relation(of, name) {
                None => Some(unknown(of, name)),
                Some(found) if found.rewrite != Rewrite::This => {
                    Some(FindingKind::ArrowFromPermission(name.clone()))
                }
                Some(found) => {
                    let plain = |what: &Restricted| *what == Restricted::Object;
                    let all = found.restrictions.iter().all(|restricted| plain(&restricted.what));
                    (!all).then(|| FindingKind::ArrowFromUsersets(name.clone()))
                }
            },
        }
    }
}
