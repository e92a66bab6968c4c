//! Resolves the names in relations, and lays their operators out flat.

use std::ops::Range;

use super::checked::{
    CheckedModel, CheckedRestriction, Op, OpId, RelationId, Subject, Target, TypeId,
};
use super::nearest::nearest;
use super::{Cause, Findings, REWRITE_DEPTH_MAX};
use crate::model::{Model, Relation, Restricted, Rewrite, TypeDefinition, TypeRestriction};

/// Fills in restrictions first, because `x from y` looks at those of `y`; then the operators.
pub(super) fn lower(model: &Model, checked: &mut CheckedModel, findings: &mut Findings) {
    let relations = || {
        let all = model.types.iter().zip(0..).flat_map(|(definition, of)| {
            definition.relations.iter().map(move |relation| (definition, TypeId(of), relation))
        });
        (0_u16..).zip(all)
    };
    for (place, (definition, _, relation)) in relations() {
        let range = restrictions(checked, definition, relation, findings);
        if let Some(known) = checked.relations.get_mut(usize::from(place)) {
            known.restrictions = range;
        }
    }
    for (place, (definition, of, relation)) in relations() {
        let mut lowering = Lowering { model, checked, findings, definition, of, relation };
        let root = lowering.op(&relation.rewrite, 0).unwrap_or(OpId(0));
        if let Some(known) = checked.relations.get_mut(usize::from(place)) {
            known.root = root;
        }
    }
}

fn restrictions(
    checked: &mut CheckedModel,
    definition: &TypeDefinition,
    relation: &Relation,
    findings: &mut Findings,
) -> Range<u32> {
    let start = place(checked.restrictions.len());
    let (owner, name) = (Some(definition.name.as_str()), Some(relation.name.as_str()));
    for (index, restriction) in relation.restrictions.iter().enumerate() {
        if relation.restrictions.iter().take(index).any(|earlier| earlier == restriction) {
            findings.push(owner, name, Cause::Duplicate(spell(restriction)));
            continue;
        }
        if let Some(resolved) = resolve(checked, restriction, owner, name, findings) {
            checked.restrictions.push(resolved);
        }
    }
    start..place(checked.restrictions.len())
}

fn resolve(
    checked: &CheckedModel,
    restriction: &TypeRestriction,
    owner: Option<&str>,
    name: Option<&str>,
    findings: &mut Findings,
) -> Option<CheckedRestriction> {
    if let Some(condition) = &restriction.condition
        && !checked.conditions.contains_key(condition)
    {
        findings.suggest(owner, name, Cause::UnknownCondition(condition.clone()), || {
            nearest(condition, checked.conditions.keys().map(String::as_str))
        });
    }
    let Some(of) = checked.type_id(&restriction.type_name) else {
        findings.suggest(owner, name, Cause::UnknownType(restriction.type_name.clone()), || {
            nearest(&restriction.type_name, checked.type_ids.keys().map(String::as_str))
        });
        return None;
    };
    let subject = match &restriction.what {
        Restricted::Object => Subject::Object,
        Restricted::Wildcard => Subject::Wildcard,
        Restricted::Userset(relation) => Subject::Userset(
            find_relation(checked, of, relation)
                .map_err(|(cause, suggestion)| findings.suggest(owner, name, cause, || suggestion))
                .ok()?,
        ),
    };
    Some(CheckedRestriction { of, subject, condition: restriction.condition.clone() })
}

fn find_relation(
    checked: &CheckedModel,
    of: TypeId,
    relation: &str,
) -> Result<RelationId, (Cause, Option<String>)> {
    let type_name = checked.type_name(of);
    checked.relation(type_name, relation).ok_or_else(|| {
        let known = checked.types.get(of.index()).map(|known| &known.relations);
        let suggestion =
            nearest(relation, known.into_iter().flat_map(|names| names.keys().map(String::as_str)));
        let cause = Cause::UnknownRelation {
            type_name: type_name.to_owned(),
            relation: relation.to_owned(),
        };
        (cause, suggestion)
    })
}

struct Lowering<'a> {
    model: &'a Model,
    checked: &'a mut CheckedModel,
    findings: &'a mut Findings,
    definition: &'a TypeDefinition,
    of: TypeId,
    relation: &'a Relation,
}

impl Lowering<'_> {
    fn op(&mut self, rewrite: &Rewrite, depth: usize) -> Option<OpId> {
        if depth == 0 {
            self.direct(rewrite);
        }
        if depth > REWRITE_DEPTH_MAX {
            self.report(Cause::TooDeep, None);
            return None;
        }
        let op = match rewrite {
            Rewrite::This => Op::This,
            Rewrite::Computed { relation } => Op::Computed(self.own(relation)?),
            Rewrite::TupleToUserset { tupleset, computed } => {
                Op::TupleToUserset(self.tuple_to_userset(tupleset, computed)?)
            }
            Rewrite::Union(children) => Op::Union(self.operands(children, depth)?),
            Rewrite::Intersection(children) => Op::Intersection(self.operands(children, depth)?),
            Rewrite::Exclusion { base, subtract } => {
                let (base, subtract) = (self.op(base, depth + 1), self.op(subtract, depth + 1));
                Op::Exclusion(base?, subtract?)
            }
        };
        let id = OpId(place(self.checked.ops.len()));
        self.checked.ops.push(op);
        Some(id)
    }

    /// Type restrictions and `This` need each other.
    fn direct(&mut self, rewrite: &Rewrite) {
        match (takes_tuples(rewrite, 0), self.relation.restrictions.is_empty()) {
            (true, true) => self.report(Cause::ThisWithoutRestrictions, None),
            (false, false) => self.report(Cause::RestrictionsWithoutThis, None),
            _ => {}
        }
    }

    fn operands(&mut self, children: &[Rewrite], depth: usize) -> Option<Range<u32>> {
        if children.is_empty() {
            self.report(Cause::EmptyOperator, None);
        }
        let found: Vec<_> = children.iter().map(|child| self.op(child, depth + 1)).collect();
        let found: Vec<OpId> = found.into_iter().collect::<Option<_>>()?;
        let start = place(self.checked.operands.len());
        self.checked.operands.extend(found);
        Some(start..place(self.checked.operands.len()))
    }

    fn own(&mut self, relation: &str) -> Option<RelationId> {
        find_relation(self.checked, self.of, relation)
            .map_err(|(cause, suggestion)| self.report(cause, suggestion))
            .ok()
    }

    fn tuple_to_userset(&mut self, tupleset: &str, computed: &str) -> Option<Range<u32>> {
        let via = self.own(tupleset)?;
        let direct = self
            .definition
            .relation(tupleset)
            .is_some_and(|relation| relation.rewrite == Rewrite::This)
            && self.checked.restrictions(via).all(|(_, known)| known.subject == Subject::Object);
        if !direct {
            self.report(Cause::TuplesetNotDirect(tupleset.to_owned()), None);
            return None;
        }
        let (mut targets, mut lacking) = (Vec::new(), Vec::new());
        for (id, restriction) in self.checked.restrictions(via) {
            let type_name = self.checked.type_name(restriction.of);
            match self.checked.relation(type_name, computed) {
                Some(relation) => targets.push(Target { tupleset: id, computed: relation }),
                None if lacking.iter().any(|name| name == type_name) => {}
                None => lacking.push(type_name.to_owned()),
            }
        }
        let (computed, tupleset) = (computed.to_owned(), tupleset.to_owned());
        if targets.is_empty() {
            // With no sound restriction on the tupleset that finding says enough.
            if !lacking.is_empty() {
                let names: Vec<String> = lacking
                    .iter()
                    .filter_map(|name| self.model.find(name))
                    .flat_map(|known| known.relations.iter().map(|other| other.name.clone()))
                    .collect();
                let suggestion = nearest(&computed, names.iter().map(String::as_str));
                self.report(Cause::ComputedNowhere { computed, tupleset }, suggestion);
            }
            return None;
        }
        if !lacking.is_empty() {
            self.report(Cause::ComputedOnSomeTypes { computed, tupleset, lacking }, None);
        }
        let start = place(self.checked.targets.len());
        self.checked.targets.extend(targets);
        Some(start..place(self.checked.targets.len()))
    }

    fn report(&mut self, cause: Cause, suggestion: Option<String>) {
        let (owner, name) = (self.definition.name.as_str(), self.relation.name.as_str());
        self.findings.suggest(Some(owner), Some(name), cause, || suggestion);
    }
}

/// [`Rewrite::is_direct`], to a bounded depth.
fn takes_tuples(rewrite: &Rewrite, depth: usize) -> bool {
    match rewrite {
        _ if depth > REWRITE_DEPTH_MAX => false,
        Rewrite::This => true,
        Rewrite::Computed { .. } | Rewrite::TupleToUserset { .. } => false,
        Rewrite::Union(children) | Rewrite::Intersection(children) => {
            children.iter().any(|child| takes_tuples(child, depth + 1))
        }
        Rewrite::Exclusion { base, subtract } => {
            takes_tuples(base, depth + 1) || takes_tuples(subtract, depth + 1)
        }
    }
}

fn spell(restriction: &TypeRestriction) -> String {
    let name = &restriction.type_name;
    match &restriction.what {
        Restricted::Object => name.clone(),
        Restricted::Userset(relation) => format!("{name}#{relation}"),
        Restricted::Wildcard => format!("{name}:*"),
    }
}

/// An index as an id. A model is in memory, as larger items than a byte: it cannot reach the end.
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
