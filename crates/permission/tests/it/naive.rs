//! A second opinion: relations as sets of strings, computed to a fix-point.
//!
//! It shares nothing with the engine: neither model nor parser nor graph. It computes who has every
//! relation to every object, relation by relation in the order of their strata, where what is
//! subtracted lies in an earlier stratum than what it is subtracted from. Every set is computed
//! twice: who surely is in it, and who may be, if conditions that nobody can decide were true.

use std::collections::{BTreeMap, BTreeSet};

/// A relation's rule.
#[derive(Clone, Debug)]
pub(crate) enum Rule {
    Own,
    Same(&'static str),
    Via { link: &'static str, relation: &'static str },
    Any(Vec<Rule>),
    All(Vec<Rule>),
    Without(Box<Rule>, Box<Rule>),
}

/// A relation of a type: its rule, and whom its tuples may name, as text.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) of: &'static str,
    pub(crate) name: &'static str,
    pub(crate) allowed: Vec<String>,
    pub(crate) rule: Rule,
}

/// A tuple, as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fact {
    pub(crate) object: String,
    pub(crate) relation: String,
    pub(crate) user: String,
    pub(crate) condition: Option<&'static str>,
}

/// Who has which relation to what: (object, relation) to users.
type Table = BTreeMap<(String, String), BTreeSet<String>>;

/// Answers about one world: [surely, maybe].
pub(crate) struct Naive<'a> {
    lines: &'a [Line],
    facts: [Vec<&'a Fact>; 2],
    objects: BTreeSet<String>,
    users: BTreeSet<String>,
    tables: [Table; 2],
}

impl<'a> Naive<'a> {
    /// Computes the world. `users` are all that will be asked about. Of conditions `open` is true,
    /// `later` may be.
    pub(crate) fn new(lines: &'a [Line], facts: &'a [Fact], users: &BTreeSet<String>) -> Self {
        let counted = |conditions: &[&str]| -> Vec<&'a Fact> {
            facts
                .iter()
                .filter(|fact| permitted(lines, fact))
                .filter(|fact| fact.condition.is_none_or(|name| conditions.contains(&name)))
                .collect()
        };
        let plain = |user: &str| user.split('#').next().unwrap().to_owned();
        let objects = facts
            .iter()
            .flat_map(|fact| [fact.object.clone(), plain(&fact.user)])
            .chain(users.iter().map(|user| plain(user)))
            .collect();
        let mut naive = Self {
            lines,
            facts: [counted(&["open"]), counted(&["open", "later"])],
            objects,
            users: users.clone(),
            tables: [Table::new(), Table::new()],
        };
        naive.solve();
        naive
    }

    /// Yes, no, or nobody knows.
    pub(crate) fn has(&self, object: &str, relation: &str, user: &str) -> Option<bool> {
        let key = (object.to_owned(), relation.to_owned());
        let inside = |side: usize| {
            user == format!("{object}#{relation}")
                || self.tables[side].get(&key).is_some_and(|users| users.contains(user))
        };
        match (inside(0), inside(1)) {
            (true, _) => Some(true),
            (false, false) => Some(false),
            (false, true) => None,
        }
    }

    /// Stratum after stratum to its fix-point; the lines come in the order of their strata.
    fn solve(&mut self) {
        let mut done = 0;
        while done < self.lines.len() {
            let end = done + self.stratum(done);
            loop {
                let before = self.size();
                for line in &self.lines[done..end] {
                    for object in self.objects.clone() {
                        if kind(&object) == line.of {
                            for side in [0, 1] {
                                let users = self.rule(&line.rule, line.name, &object, side);
                                let key = (object.clone(), line.name.to_owned());
                                self.tables[side].entry(key).or_default().extend(users);
                            }
                        }
                    }
                }
                if before == self.size() {
                    break;
                }
            }
            done = end;
        }
    }

    fn size(&self) -> usize {
        self.tables.iter().flat_map(BTreeMap::values).map(BTreeSet::len).sum()
    }

    /// How many lines from here on hold no subtraction, or the one line that does.
    fn stratum(&self, from: usize) -> usize {
        let plain = self.lines[from..].iter().take_while(|line| !subtracts(&line.rule)).count();
        plain.max(1)
    }

    fn rule(&self, rule: &Rule, name: &str, object: &str, side: usize) -> BTreeSet<String> {
        match rule {
            Rule::Own => self.own(name, object, side),
            Rule::Same(other) => self.holders(object, other, side),
            Rule::Via { link, relation } => self.facts[side]
                .iter()
                .filter(|fact| fact.object == object && fact.relation == *link)
                .flat_map(|fact| self.holders(&fact.user, relation, side))
                .collect(),
            Rule::Any(rules) => {
                rules.iter().flat_map(|rule| self.rule(rule, name, object, side)).collect()
            }
            Rule::All(rules) => {
                let mut sets = rules.iter().map(|rule| self.rule(rule, name, object, side));
                let first = sets.next().unwrap();
                sets.fold(first, |left, right| left.intersection(&right).cloned().collect())
            }
            Rule::Without(base, out) => {
                let out = self.rule(out, name, object, 1 - side);
                self.rule(base, name, object, side).difference(&out).cloned().collect()
            }
        }
    }

    fn own(&self, name: &str, object: &str, side: usize) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for fact in
            self.facts[side].iter().filter(|fact| fact.object == object && fact.relation == name)
        {
            found.insert(fact.user.clone());
            if let Some((object, relation)) = fact.user.split_once('#') {
                found.extend(self.holders(object, relation, side));
            } else if let Some(all) = fact.user.strip_suffix(":*") {
                let everybody =
                    self.users.iter().filter(|user| kind(user) == all && !user.contains('#'));
                found.extend(everybody.cloned());
            }
        }
        found
    }

    fn holders(&self, object: &str, relation: &str, side: usize) -> BTreeSet<String> {
        let known = self.lines.iter().any(|line| line.of == kind(object) && line.name == relation);
        if !known {
            return BTreeSet::new();
        }
        let mut found = self.tables[side]
            .get(&(object.to_owned(), relation.to_owned()))
            .cloned()
            .unwrap_or_default();
        found.insert(format!("{object}#{relation}"));
        found
    }
}

/// Whether the model allows a tuple.
pub(crate) fn permitted(lines: &[Line], fact: &Fact) -> bool {
    let user = match (fact.user.split_once('#'), fact.user.ends_with(":*")) {
        (Some((object, relation)), _) => format!("{}#{relation}", kind(object)),
        (None, true) => fact.user.clone(),
        (None, false) => kind(&fact.user).to_owned(),
    };
    let wanted = match fact.condition {
        Some(condition) => format!("{user} with {condition}"),
        None => user,
    };
    lines.iter().any(|line| {
        line.of == kind(&fact.object)
            && line.name == fact.relation
            && line.allowed.contains(&wanted)
    })
}

fn kind(name: &str) -> &str {
    name.split(':').next().unwrap()
}

fn subtracts(rule: &Rule) -> bool {
    match rule {
        Rule::Own | Rule::Same(_) | Rule::Via { .. } => false,
        Rule::Any(rules) | Rule::All(rules) => rules.iter().any(subtracts),
        Rule::Without(..) => true,
    }
}
