//! Faults that a person could make in the permission engine.

use super::{Edit, Mutant};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "a check drops an exclusion",
        edits: &[Edit {
            file: "check/evaluate.rs",
            from: "answer.but_not(subtract, &mut self.reasons)",
            to: "_ = subtract;\n                    answer",
        }],
    },
    Mutant {
        name: "a check takes an intersection for a union",
        edits: &[Edit {
            file: "check/evaluate.rs",
            from: "answer = answer.and(next, &mut self.reasons);",
            to: "answer = answer.or(next, &mut self.reasons);",
        }],
    },
    Mutant {
        name: "a check ignores wildcards",
        edits: &[Edit {
            file: "check/evaluate.rs",
            from: "(Asked::Object { of, .. } | Asked::Wildcard { of }, Subject::Wildcard)",
            to: "(Asked::Wildcard { of }, Subject::Wildcard)",
        }],
    },
    Mutant {
        name: "a check skips the condition of a type restriction",
        edits: &[Edit {
            file: "check/bound.rs",
            from: "condition: restriction.condition.as_deref(),",
            to: "condition: None,",
        }],
    },
    Mutant {
        name: "a check ignores conditions",
        edits: &[Edit {
            file: "check/bound.rs",
            from: "conditional: restriction.condition.is_some(),",
            to: "conditional: false,",
        }],
    },
    Mutant {
        name: "a check takes a missing parameter for a denial",
        edits: &[Edit {
            file: "check/evaluate.rs",
            from: "Truth::Missing(parameters) => Value::Missing(self.reasons.add(name, parameters)),",
            to: "Truth::Missing(_) => Value::Deny,",
        }],
    },
    Mutant {
        name: "a check takes what a cycle cut for final",
        edits: &[Edit {
            file: "check/known.rs",
            from: "let low = if plain || answer.low >= open.place { FREE } else { answer.low };",
            to: "let low = FREE;",
        }],
    },
    Mutant {
        name: "a check keeps what assumed a node false that is not",
        edits: &[Edit {
            file: "check/known.rs",
            from: "_ => false,\n            };\n            if !sound {",
            to: "_ => true,\n            };\n            if !sound {",
        }],
    },
    Mutant {
        name: "a check forgets contextual tuples",
        edits: &[Edit {
            file: "check/overlay.rs",
            from: "if self.tuples.is_empty() {",
            to: "if true {",
        }],
    },
    Mutant {
        name: "a check forgets contextual members of groups",
        edits: &[Edit {
            file: "check/groups.rs",
            from: "if added.restriction == seed.restriction.id && added.user == user {",
            to: "if false {",
        }],
    },
    Mutant {
        name: "a check forgets contextual groups of groups",
        edits: &[Edit {
            file: "check/groups.rs",
            from: "added.restriction != plan.inner && !plan.others.contains(&added.restriction)",
            to: "true || added.restriction != plan.inner",
        }],
    },
    Mutant {
        name: "a check takes any relation for group-like",
        edits: &[Edit {
            file: "check/groups.rs",
            from: "plan.others.iter().all(|id| none(*id))",
            to: "plan.others.iter().all(|id| none(*id) || true)",
        }],
    },
    Mutant {
        name: "a check climbs no groups",
        edits: &[Edit {
            file: "check/groups.rs",
            from: "climbed.push((outer, level.saturating_add(1)));",
            to: "",
        }],
    },
    Mutant {
        name: "a check takes an undecided member for none",
        edits: &[Edit {
            file: "check/groups.rs",
            from: "Some(Truth::Missing(_) | Truth::Failed(_)) => set.unsure = true,",
            to: "Some(Truth::Missing(_) | Truth::Failed(_)) => {}",
        }],
    },
    Mutant {
        name: "a check goes one object too deep",
        edits: &[Edit {
            file: "check/evaluate.rs",
            from: "if depth >= self.limits.depth || self.steps",
            to: "if depth > self.limits.depth || self.steps",
        }],
    },
    Mutant {
        name: "a walk forgets whom an exclusion names",
        edits: &[Edit {
            file: "check/walk.rs",
            from: "Told::Given => return Told::Taken,",
            to: "Told::Given => {}",
        }],
    },
    Mutant {
        name: "a walk stays where it begins",
        edits: &[Edit {
            file: "check/walk.rs",
            from: "walked.push(Step { node, depth: from.depth + 1 });",
            to: "_ = from;",
        }],
    },
    Mutant {
        name: "a walk goes one object too deep",
        edits: &[Edit {
            file: "check/walk.rs",
            from: "if step.depth >= self.limits.depth",
            to: "if step.depth > self.limits.depth",
        }],
    },
    Mutant {
        name: "a walk forgets contextual tuples",
        edits: &[Edit {
            file: "check/walk.rs",
            from: "if !self.overlay.leaves(step.node.object) {",
            to: "if false {",
        }],
    },
    Mutant {
        name: "a walk takes an undecided condition for a false one",
        edits: &[Edit {
            file: "check/walk.rs",
            from: "                Self::Unclear\n",
            to: "                Self::Nothing\n",
        }],
    },
    Mutant {
        name: "a walk turns back from whoever lends what is taken",
        edits: &[
            Edit { file: "check/bound.rs", from: "*lends = Lends::Otherwise;", to: "_ = lends;" },
            Edit {
                file: "check/program.rs",
                from: "self.group_plan(model, *lent).is_some()",
                to: "self.group_plan(model, *lent).is_some() || true",
            },
        ],
    },
    Mutant {
        name: "a check counts expired tuples",
        edits: &[Edit {
            file: "check/read.rs",
            from: "terms.live(now).then_some(conditional.then_some(&*terms.context))",
            to: "_ = now;\n        Some(conditional.then_some(&*terms.context))",
        }],
    },
    Mutant {
        name: "a check follows the first type of a tupleset only",
        edits: &[Edit {
            file: "check/evaluate.rs",
            from: "for target in snapshot.model.targets(range) {",
            to: "for target in snapshot.model.targets(range).iter().take(1) {",
        }],
    },
    Mutant {
        name: "a deleted tuple stays for checks",
        edits: &[Edit {
            file: "graph/change.rs",
            from: "self.delta.rows.change(forward, |patch| patch.remove(part, placed.user));",
            to: "",
        }],
    },
    Mutant {
        name: "a deleted tuple stays for lists",
        edits: &[Edit {
            file: "graph/change.rs",
            from: "self.delta.rows.change(reverse, |patch| patch.remove(part, placed.object));",
            to: "",
        }],
    },
    Mutant {
        name: "a written tuple is not seen by checks",
        edits: &[Edit {
            file: "graph/change.rs",
            from: "self.delta.rows.change(forward, |patch| patch.add(part, placed.user, terms));",
            to: "",
        }],
    },
    Mutant {
        name: "a written tuple is not seen by lists",
        edits: &[Edit {
            file: "graph/change.rs",
            from: "self.delta.rows.change(reverse, |patch| patch.add(part, other, terms));",
            to: "_ = other;",
        }],
    },
    Mutant {
        name: "a tuple that is written anew stays under its old condition too",
        edits: &[Edit {
            file: "graph/change.rs",
            from: "self.remove(placed, known);",
            to: "_ = known;",
        }],
    },
    Mutant {
        name: "the groups of a user are stale after a write",
        edits: &[Edit {
            file: "graph/groups.rs",
            from: "changes.moved.insert(inner);\n            changes.highest =",
            to: "changes.highest =",
        }],
    },
    Mutant {
        name: "the groups of a user are stale after a deletion",
        edits: &[Edit {
            file: "graph/groups.rs",
            from: "changes.moved.insert(inner);\n        }",
            to: "}",
        }],
    },
    Mutant {
        name: "a list of objects skips confirmation",
        edits: &[Edit {
            file: "list_objects/walk.rs",
            from: "if self.certain.first().is_some_and(|certain| certain.has(object)) {",
            to: "if self.reached.first().is_some_and(|reached| reached.has(object)) {",
        }],
    },
    Mutant {
        name: "a list of objects takes what an exclusion finds for certain",
        edits: &[Edit {
            file: "list_objects/plan.rs",
            from: "Some(Op::Exclusion(base, _)) => self.turn(model, *base, to, Grade::Guarded),",
            to: "Some(Op::Exclusion(base, _)) => self.turn(model, *base, to, grade),",
        }],
    },
    Mutant {
        name: "a list of objects ignores wildcards",
        edits: &[Edit {
            file: "list_objects/walk.rs",
            from: "(Asked::Object { of, .. } | Asked::Wildcard { of }, Subject::Wildcard)",
            to: "(Asked::Wildcard { of }, Subject::Wildcard)",
        }],
    },
    Mutant {
        name: "a list of objects ignores conditions",
        edits: &[Edit {
            file: "list_objects/walk.rs",
            from: "Truth::False => {}",
            to: "Truth::False => self.lead(leads, object, leads.certain),",
        }],
    },
    Mutant {
        name: "a list of objects goes one object too deep",
        edits: &[Edit {
            file: "list_objects/walk.rs",
            from: "let certain = certain && level <= self.question.limits().depth;",
            to: "let certain = certain && level <= self.question.limits().depth + 1;",
        }],
    },
    Mutant {
        name: "a page leaves out its last result",
        edits: &[Edit {
            file: "list_objects/page.rs",
            from: "if self.found.len() > self.size + 1 {",
            to: "if self.found.len() >= self.size + 1 {",
        }],
    },
    Mutant {
        name: "a page begins with the last result of the one before",
        edits: &[Edit {
            file: "list_objects/page.rs",
            from: "if after.is_some_and(|after| id <= after) || page.is_beyond(&id) {",
            to: "if after.is_some_and(|after| id < after) || page.is_beyond(&id) {",
        }],
    },
    Mutant {
        name: "a list of users skips confirmation",
        edits: &[Edit {
            file: "list_users/walk.rs",
            from: "let has = self.certain.has(object) || {",
            to: "let has = self.handed.has(object) || {",
        }],
    },
    Mutant {
        name: "a list of users trusts both sides of an exclusion",
        edits: &[Edit {
            file: "list_users/walk.rs",
            from: "self.leave(*base, node, way.guarded());",
            to: "self.leave(*base, node, way);",
        }],
    },
    Mutant {
        name: "a list of users forgets whom an exclusion names",
        edits: &[Edit {
            file: "list_users/walk.rs",
            from: "self.leave(*subtract, node, way.inverse());",
            to: "",
        }],
    },
    Mutant {
        name: "a list of objects forgets contextual tuples",
        edits: &[Edit {
            file: "question/mod.rs",
            from: "self.reverse.get(start..end).unwrap_or_default()",
            to: "_ = (start, end);\n        &[]",
        }],
    },
    Mutant {
        name: "lists of users and trees forget contextual tuples",
        edits: &[Edit {
            file: "question/mod.rs",
            from: "self.overlay.row(restriction, object)\n",
            to: "_ = (restriction, object);\n        &[]\n",
        }],
    },
    Mutant {
        name: "a list of objects looks up too few of those whom an exclusion takes away",
        edits: &[Edit {
            file: "list_objects/walk.rs",
            from: "Subject::Userset(_) => return None,",
            to: "Subject::Userset(_) => continue,",
        }],
    },
    Mutant {
        name: "a list of objects asks nothing about what an exclusion takes away",
        edits: &[Edit {
            file: "list_objects/walk.rs",
            from: "(Decision::Allow, taken) => Ok(taken.is_none()),",
            to: "(Decision::Allow, _) => Ok(true),",
        }],
    },
    Mutant {
        name: "an explanation takes a false condition for a true one",
        edits: &[Edit {
            file: "explain/mod.rs",
            from: "Truth::False => Decision::Deny,",
            to: "Truth::False => Decision::Allow,",
        }],
    },
    Mutant {
        name: "an explanation turns back on its path",
        edits: &[Edit {
            file: "explain/allow.rs",
            from: "while allowed - denied > 1 {",
            to: "while false && allowed - denied > 1 {",
        }],
    },
    Mutant {
        name: "an explanation shows the operand that does not decide",
        edits: &[Edit {
            file: "explain/wall.rs",
            from: "if subtracts && place == 1 { Decision::Allow } else { Decision::Deny };",
            to: "if subtracts && place == 1 { Decision::Deny } else { Decision::Deny };",
        }],
    },
    Mutant {
        name: "an exclusion is expanded the wrong way around",
        edits: &[Edit {
            file: "expand/tree.rs",
            from: "base: Box::new(self.op(*base, node)?),\n                subtract: Box::new(self.op(*subtract, node)?),",
            to: "base: Box::new(self.op(*subtract, node)?),\n                subtract: Box::new(self.op(*base, node)?),",
        }],
    },
];
