//! Group-like relations, answered without a walk: is the user in any of these groups?

use super::answer::{Answer, Value};
use super::evaluate::{Asked, Evaluation};
use super::program::{GroupPlan, Seed, Shape};
use super::{Node, Truth};
use crate::compile::{RelationId, RestrictionId, Subject};
use crate::graph::{GroupsView, HEIGHT_UNKNOWN, NO_TERMS, PartId, Row, Slot, search};

/// More groups than these are not climbed to: then the walk from the other end decides.
const CLIMBED_MAX: usize = 1 << 10;
/// Of so many group-like relations the groups are kept within a check.
const KEPT: usize = 4;

/// The groups of the asked user, by relation.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GroupSets<'a> {
    sets: [Option<(RelationId, GroupSet<'a>)>; KEPT],
    next: usize,
}

/// The groups, of one relation, that the asked user is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupSet<'a> {
    /// Kept beforehand: for the user, and for the wildcard. Without levels all are 0.
    kept: [(&'a [u32], &'a [u8]); 2],
    /// Climbed to now.
    climbed: (usize, usize),
    /// Whether there may be more.
    unsure: bool,
    view: Option<GroupsView<'a>>,
}

impl<'a> GroupSet<'a> {
    /// How many groups lie between the user and a group, if it is in it.
    fn level(&self, climbed: &[(u32, u8)], group: u32) -> Option<u8> {
        let kept = self.kept.iter().filter_map(|(groups, levels)| {
            let at = search(groups, group)?;
            Some(levels.get(at).copied().unwrap_or(0))
        });
        let climbed = self.climbed(climbed);
        let climbed = climbed.iter().filter(|known| known.0 == group).map(|known| known.1);
        kept.chain(climbed).min()
    }

    fn climbed<'c>(&self, climbed: &'c [(u32, u8)]) -> &'c [(u32, u8)] {
        climbed.get(self.climbed.0..self.climbed.1).unwrap_or_default()
    }

    /// Whether the user is in one of the groups of a slot, by a path of at most `level_max` groups.
    fn meets(&self, all_climbed: &[(u32, u8)], slot: Slot<'_>, level_max: u32) -> bool {
        let fits = |level: u8| u32::from(level) <= level_max;
        let climbed = self.climbed(all_climbed);
        let own = self.kept[0].0.len() + self.kept[1].0.len() + climbed.len();
        if slot.len_at_most() <= own {
            return slot.iter().any(|(group, _)| self.level(all_climbed, group).is_some_and(fits));
        }
        let kept = self.kept.iter().flat_map(|(groups, levels)| {
            let level = |at: usize| levels.get(at).copied().unwrap_or(0);
            groups.iter().enumerate().map(move |(at, group)| (*group, level(at)))
        });
        let mut all = kept.chain(climbed.iter().copied());
        all.any(|(group, level)| fits(level) && slot.find(group).is_some())
    }

    /// The groups, if all are kept beforehand in one list.
    #[inline]
    fn only_kept(&self) -> Option<&'a [u32]> {
        let none_else = self.kept[1].0.is_empty() && self.climbed.0 == self.climbed.1;
        (none_else && !self.unsure).then_some(self.kept[0].0)
    }

    /// How long the longest path below a group may be.
    fn height(&self, group: u32) -> u8 {
        self.view.map_or(0, |view| view.height(group))
    }
}

/// Whether two sorted lists have a value in common.
#[inline]
fn meet(one: &[u32], other: &[u32]) -> bool {
    /// Up to so many comparisons without a branch are quicker than halving with some.
    const COMPARED_MAX: usize = 128;
    let (few, many) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if few.len() * many.len() <= COMPARED_MAX {
        return few
            .iter()
            .any(|value| many.iter().fold(false, |hit, known| hit | (known == value)));
    }
    few.iter().any(|value| search(many, *value).is_some())
}

impl<'a> Evaluation<'a> {
    /// The place of the groups of the asked user, if a relation is group-like with these tuples.
    fn group_set(&mut self, relation: RelationId) -> Option<usize> {
        let same = |known: &Option<(RelationId, GroupSet<'a>)>| {
            known.as_ref().is_some_and(|(known, _)| *known == relation)
        };
        let known = self.group_sets.sets.iter().position(same);
        if known.is_some() {
            return known;
        }
        let snapshot = self.snapshot;
        let Shape::Groups(plan) = &snapshot.program.plan(relation)?.shape else { return None };
        let Asked::Object { .. } = self.asked else { return None };
        if !self.holds_now(plan) {
            return None;
        }
        let set = self.gather(plan);
        let next = self.group_sets.next;
        if let Some(slot) = self.group_sets.sets.get_mut(next) {
            *slot = Some((relation, set));
        }
        self.group_sets.next = (next + 1) % KEPT;
        Some(next)
    }

    /// Whether the asked user is in a group, if that can be said without a walk.
    pub(super) fn in_group(&mut self, node: Node, depth: u32) -> Option<Answer> {
        let at = self.group_set(node.relation)?;
        let (_, set) = self.group_sets.sets.get(at)?.as_ref()?;
        let depth_max = self.limits.depth;
        if let Some(level) = set.level(&self.checker.climbed, node.object) {
            let deepest = depth.saturating_add(level.into());
            if deepest < depth_max {
                return Some(Answer::new(Value::Allow, deepest));
            }
        }
        let height = set.height(node.object);
        let deepest = depth.saturating_add(height.into());
        let sure = !set.unsure && height != HEIGHT_UNKNOWN && deepest < depth_max;
        sure.then(|| Answer::new(Value::Deny, deepest))
    }

    /// Whether the asked user is in any group that unconditional tuples of a restriction name, if
    /// that can be said without a walk.
    pub(super) fn in_any_group(
        &mut self,
        slot: Slot<'a>,
        relation: RelationId,
        depth: u32,
    ) -> Option<Answer> {
        if slot.is_empty() {
            return Some(Answer::new(Value::Deny, depth));
        }
        let at = self.group_set(relation)?;
        let more = u32::try_from(slot.len_at_most()).unwrap_or(u32::MAX);
        self.steps = self.steps.saturating_add(more);
        let below = depth + 1;
        if below >= self.limits.depth || self.steps > self.limits.steps {
            return Some(Answer::new(Value::TooComplex, below));
        }
        let level_max = self.limits.depth - below - 1;
        let (_, set) = self.group_sets.sets.get(at)?.as_ref()?;
        let highest = set.view.map_or(0, GroupsView::highest);
        if let Some(groups) = set.only_kept()
            && let Some(named) = slot.unchanged()
            && highest != HEIGHT_UNKNOWN
            && u32::from(highest) <= level_max
        {
            // No path is too long: which groups it is says it all.
            let value = if meet(named, groups) { Value::Allow } else { Value::Deny };
            return Some(Answer::new(value, below.saturating_add(highest.into())));
        }
        if set.meets(&self.checker.climbed, slot, level_max) {
            let deepest = below.saturating_add(level_max.min(u8::MAX.into()));
            return Some(Answer::new(Value::Allow, deepest));
        }
        let sure = |height: u8| {
            height != HEIGHT_UNKNOWN && below.saturating_add(height.into()) < self.limits.depth
        };
        if set.unsure {
            return None;
        }
        if sure(highest) {
            return Some(Answer::new(Value::Deny, below.saturating_add(highest.into())));
        }
        let mut tallest = 0;
        for (group, _) in slot.iter() {
            let height = set.height(group);
            if !sure(height) {
                return None;
            }
            tallest = height.max(tallest);
        }
        Some(Answer::new(Value::Deny, below.saturating_add(tallest.into())))
    }

    /// Whether a relation that could be group-like is, with the tuples that there are.
    fn holds_now(&self, plan: &GroupPlan) -> bool {
        let snapshot = self.snapshot;
        let none = |id: RestrictionId| {
            let bound = snapshot.bound.restriction(id);
            let count = |part| snapshot.graph.count(part);
            bound.kind.is_none_or(|kind| {
                count(kind.termed()) == 0 && (bound.conditional || count(kind.plain()) == 0)
            })
        };
        let inner = snapshot.bound.restriction(plan.inner);
        let contextual = self.overlay.tuples().iter();
        plan.others.iter().all(|id| none(*id))
            && !inner.termed
            && contextual.into_iter().all(|added| {
                added.restriction != plan.inner && !plan.others.contains(&added.restriction)
            })
    }

    /// Finds the groups of the asked user.
    fn gather(&mut self, plan: &GroupPlan) -> GroupSet<'a> {
        let snapshot = self.snapshot;
        let inner = snapshot.bound.restriction(plan.inner);
        let part = inner.kind.map(crate::graph::KindId::plain);
        let part = part.filter(|part| snapshot.graph.count(*part) > 0);
        let start = self.checker.climbed.len();
        let mut set = GroupSet {
            kept: [(&[], &[]); 2],
            climbed: (start, start),
            unsure: false,
            view: part.map(|part| snapshot.graph.groups(part)),
        };
        for seed in &plan.seeds {
            self.plant(&mut set, seed);
        }
        if let Some(part) = part {
            set.unsure |= self.climb(start, inner.object_type, part);
        }
        set.climbed.1 = self.checker.climbed.len();
        set
    }

    /// Adds the groups of which tuples of a restriction name the asked user.
    fn plant(&mut self, set: &mut GroupSet<'a>, seed: &Seed) {
        let snapshot = self.snapshot;
        let Some(user) = self.names_asked(&seed.restriction) else { return };
        let bound = snapshot.bound.restriction(seed.restriction.id);
        for added in self.overlay.tuples() {
            if added.restriction == seed.restriction.id && added.user == user {
                self.try_seed(set, added.node.object, added.condition);
            }
        }
        let Some(kind) = bound.kind else { return };
        let wildcard = seed.restriction.subject == Subject::Wildcard;
        if !wildcard
            && !bound.termed
            && seed.own
            && let Some(view) = set.view
            && set.kept[0].0.is_empty()
            && !snapshot.graph.reverse_changed(bound.user_type, user)
            && let Some(kept) = view.of(kind.plain(), user)
        {
            // The user's own tuples need not be looked at.
            set.kept[0] = kept;
            return;
        }
        let row = if wildcard {
            snapshot.graph.wild(bound.user_type)
        } else {
            self.user_row(bound.user_type, user)
        };
        if !bound.conditional {
            self.plant_plain(set, seed, (kind.plain(), user), row);
        }
        if bound.termed {
            let name = snapshot.model.condition_of(seed.restriction.id);
            for (group, terms) in row.slot(kind.termed()).iter() {
                if let Some(context) = snapshot.context_of(terms, bound.conditional, self.now) {
                    self.try_seed(set, group, name.zip(context));
                }
            }
        }
    }

    fn plant_plain(
        &mut self,
        set: &mut GroupSet<'a>,
        seed: &Seed,
        (part, user): (PartId, u32),
        row: Row<'a>,
    ) {
        let slot = row.slot(part);
        let Some(values) = slot.unchanged() else {
            self.checker.climbed.extend(slot.iter().map(|(group, _)| (group, 0)));
            return;
        };
        if values.is_empty() {
            return;
        }
        let kept = match set.view {
            None => Some((values, &[][..])),
            Some(view) if seed.own => view.of(part, user),
            Some(_) => None,
        };
        let free = set.kept.iter_mut().find(|kept| kept.0.is_empty());
        match (kept, free) {
            (Some(kept), Some(free)) => *free = kept,
            _ => self.checker.climbed.extend(values.iter().map(|group| (*group, 0))),
        }
    }

    /// A group of which a tuple under a condition names the user.
    fn try_seed(
        &mut self,
        set: &mut GroupSet<'a>,
        group: u32,
        condition: Option<(&str, &crate::tuple::Context)>,
    ) {
        match condition.map(|(name, context)| self.conditions.holds(name, context)) {
            None | Some(Truth::True) => self.checker.climbed.push((group, 0)),
            Some(Truth::False) => {}
            Some(Truth::Missing(_) | Truth::Failed(_)) => set.unsure = true,
        }
    }

    /// Climbs from the groups beyond `start` to those that hold them. Returns whether it gave up.
    fn climb(&mut self, start: usize, of: u32, part: PartId) -> bool {
        let climbed = &mut self.checker.climbed;
        let mut next = start;
        while let Some((group, level)) = climbed.get(next).copied() {
            next += 1;
            for (outer, terms) in self.snapshot.graph.reverse(of, group).slot(part).iter() {
                debug_assert_eq!(terms, NO_TERMS, "a plain part");
                let known = climbed.get(start..).unwrap_or_default();
                if !known.iter().any(|known| known.0 == outer) {
                    climbed.push((outer, level.saturating_add(1)));
                }
            }
            if climbed.len() - start > CLIMBED_MAX {
                return true;
            }
        }
        false
    }
}
