//! Faults that a person could make in the permission engine.

use super::{Edit, Mutant};

pub(super) const MUTANTS: &[Mutant] = &[
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
            from: "Some(Op::Exclusion(base, _)) => self.turn(model, *base, to, false),",
            to: "Some(Op::Exclusion(base, _)) => self.turn(model, *base, to, alone),",
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
            from: "Truth::False => continue,",
            to: "Truth::False => certain,",
        }],
    },
    Mutant {
        name: "a list of objects goes one object too deep",
        edits: &[Edit {
            file: "list_objects/walk.rs",
            from: "u32::from(!here)) <= self.question.limits().depth;",
            to: "u32::from(!here)) <= self.question.limits().depth + 1;",
        }],
    },
    Mutant {
        name: "a list of objects follows no second way to what it has reached",
        edits: &[Edit {
            file: "list_objects/walk.rs",
            from: "fresh = self.certain.get_mut(slot).is_some_and(|marks| marks.insert(object));",
            to: "fresh &= self.certain.get_mut(slot).is_some_and(|marks| marks.insert(object));",
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
        name: "a list of users excludes nobody from a wildcard that nobody can decide",
        edits: &[Edit {
            file: "list_users/walk.rs",
            from: "self.wildcard = Wildcard::Undecided;",
            to: "self.wildcard = Wildcard::NotListed;",
        }],
    },
    Mutant {
        name: "lists forget contextual tuples",
        edits: &[Edit {
            file: "question/mod.rs",
            from: "stored.chain(added.map(|added| (added.node.object, added.condition)))",
            to: "_ = added; stored",
        }],
    },
    Mutant {
        name: "a tree forgets contextual tuples",
        edits: &[Edit {
            file: "question/mod.rs",
            from: "stored.chain(added.map(|added| (added.user, added.condition)))",
            to: "_ = added; stored",
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
