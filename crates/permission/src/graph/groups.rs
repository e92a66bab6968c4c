//! Groups within groups: who is in which, however deep, worked out beforehand.
//!
//! A relation is group-like where its tuples name the same relation of other objects of its type:
//! `group:eng#member@group:backend#member`. For each such relation a base keeps of every user the
//! groups it is in, by whatever path, each with the length of the shortest; and of every group how
//! long the longest path below it is. With these a check need not walk: a user is in a group if the
//! group is in the user's list and the path is no longer than allowed; it is not, and no path was too
//! long to tell, if none below the group is.
//!
//! Changes since leave this true where they can't have touched it, and say where they may have.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::rows::{NO_TERMS, PartId};
use super::vocabulary::{Kind, UserKind};
use super::{Graph, KindId};

/// The height of a group that is on or above a cycle, or higher than is counted.
pub(crate) const HEIGHT_UNKNOWN: u8 = u8::MAX;
/// Users in more groups than this are walked for.
const ROW_MAX: usize = 1024;
/// The most entries of a relation's lists, for each tuple that names a member, and beyond those.
const ENTRIES_PER_TUPLE: usize = 8;
const ENTRIES_MORE: usize = 1 << 16;
/// The most heights that one change raises, and the most groups that may have changed until all of
/// the relation is given up: the next base brings it back.
const RAISED_MAX: usize = 1 << 12;
/// How many objects are looked at to work out all relations, for each tuple, and beyond those: a few
/// times more than a sensible model needs, whose relations share most objects.
const LOOKS_PER_TUPLE: usize = 16;
const LOOKS_MORE: usize = 1 << 22;

/// What is known of a group-like relation.
#[derive(Debug)]
pub(super) struct Groups {
    part: PartId,
    heights: Vec<u8>,
    highest: u8,
    members: Vec<Members>,
    /// Nothing is known: it would have taken too long.
    lost: bool,
}

/// The groups of each user that is named as a member itself.
#[derive(Debug)]
struct Members {
    part: PartId,
    /// The users' type; none of wildcards.
    user_type: Option<u32>,
    /// By user; of wildcards there is one.
    starts: Vec<u32>,
    /// Sorted within each row. A row of [`NOT_KEPT`] alone stands for one that was too long.
    groups: Vec<u32>,
    /// How many groups lie between: 0 for those that name the user.
    levels: Vec<u8>,
}

const NOT_KEPT: u32 = u32::MAX;

/// What changed of a group-like relation since.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupChanges {
    /// Groups that were put into others or taken out.
    moved: HashSet<u32>,
    /// Heights that grew. A height that shrank stays: it is an upper bound.
    raised: HashMap<u32, u8>,
    highest: u8,
    /// Too much changed.
    lost: bool,
}

/// A group-like relation as it is now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupsView<'a> {
    base: Option<&'a Groups>,
    changes: Option<&'a GroupChanges>,
}

impl Graph {
    /// The group-like relation of the tuples of a part.
    #[inline]
    pub(crate) fn groups(&self, part: PartId) -> GroupsView<'_> {
        GroupsView {
            base: self.base.groups.iter().find(|known| known.part == part),
            changes: if self.delta.groups.is_empty() { None } else { self.delta.groups.get(&part) },
        }
    }

    /// Notes that a group was put into another.
    pub(super) fn group_added(&mut self, part: PartId, outer: u32, inner: u32) {
        let Some(kind) = self.vocabulary.kind_of(part) else { return };
        let above = self.groups(part).height(inner);
        let mut raised = Vec::new();
        let mut queue = VecDeque::from([(outer, above.saturating_add(1))]);
        let mut seen: HashMap<u32, u8> = HashMap::new();
        while let Some((group, height)) = queue.pop_front() {
            let known = seen.get(&group).copied().unwrap_or(self.groups(part).height(group));
            if height <= known || raised.len() > RAISED_MAX {
                continue;
            }
            seen.insert(group, height);
            raised.push((group, height));
            let outer = self.reverse(kind.object_type, group).slot(part).iter();
            queue.extend(outer.map(|(outer, _)| (outer, height.saturating_add(1))));
        }
        let changes = Arc::make_mut(&mut self.delta.groups).entry(part).or_default();
        changes.lost |= raised.len() > RAISED_MAX || changes.moved.len() > RAISED_MAX;
        if !changes.lost {
            changes.moved.insert(inner);
            changes.highest =
                raised.iter().map(|(_, height)| *height).fold(changes.highest, u8::max);
            changes.raised.extend(raised);
        }
    }

    /// Notes that a group was taken out of another.
    pub(super) fn group_removed(&mut self, part: PartId, inner: u32) {
        let changes = Arc::make_mut(&mut self.delta.groups).entry(part).or_default();
        changes.lost |= changes.moved.len() > RAISED_MAX;
        if !changes.lost {
            changes.moved.insert(inner);
        }
    }
}

impl<'a> GroupsView<'a> {
    /// How many groups long a path below a group may be: an upper bound.
    #[inline]
    pub(crate) fn height(self, group: u32) -> u8 {
        if let Some(changes) = self.changes {
            if changes.lost {
                return HEIGHT_UNKNOWN;
            }
            if let Some(raised) = changes.raised.get(&group) {
                return *raised;
            }
        }
        match self.base {
            Some(base) if base.lost => HEIGHT_UNKNOWN,
            Some(base) => base.heights.get(group as usize).copied().unwrap_or(0),
            None => 0,
        }
    }

    /// The same for all groups at once.
    #[inline]
    pub(crate) fn highest(self) -> u8 {
        let below = self.base.map_or(0, |base| base.highest);
        match self.changes {
            Some(changes) if changes.lost => HEIGHT_UNKNOWN,
            Some(changes) => below.max(changes.highest),
            None => below,
        }
    }

    /// The groups that a user is in who is named by tuples of a part, with their levels; none if
    /// that is not known. The caller knows whether the user's own tuples changed.
    #[inline]
    pub(crate) fn of(self, part: PartId, user: u32) -> Option<(&'a [u32], &'a [u8])> {
        let members = self.base?.members.iter().find(|members| members.part == part)?;
        let Some(range) = members.range(user) else { return Some((&[], &[])) };
        let groups = members.groups.get(range.clone())?;
        if let Some(changes) = self.changes
            && (changes.lost || groups.iter().any(|group| changes.moved.contains(group)))
        {
            return None;
        }
        (groups.first() != Some(&NOT_KEPT)).then_some((groups, members.levels.get(range)?))
    }
}

impl Groups {
    /// Has the machine fetch the groups of a user.
    #[inline]
    pub(super) fn touch(&self, of: u32, user: u32) {
        for members in self.members.iter().filter(|members| members.user_type == Some(of)) {
            let range = members.range(user).unwrap_or_default();
            std::hint::black_box(members.groups.get(range).and_then(<[u32]>::first));
        }
    }
}

impl Members {
    #[inline]
    fn range(&self, user: u32) -> Option<std::ops::Range<usize>> {
        let mut ends = self.starts.get(user as usize..)?.iter();
        Some(*ends.next()? as usize..*ends.next()? as usize)
    }
}

/// Works out all group-like relations of a graph without delta.
pub(super) fn all(graph: &Graph) -> Vec<Groups> {
    let mut looks = graph.tuples.saturating_mul(LOOKS_PER_TUPLE).saturating_add(LOOKS_MORE);
    let recursive = graph.vocabulary.kinds().filter(|(id, kind)| {
        kind.recurs() && kind.condition.is_none() && graph.count(id.plain()) > 0
    });
    recursive
        .map(|(id, kind)| {
            let needed = graph.objects_of(kind.object_type) as usize
                + direct(graph, kind).map(|(_, known)| users(graph, known) as usize).sum::<usize>();
            match looks.checked_sub(needed) {
                Some(left) => {
                    looks = left;
                    groups(graph, id, kind)
                }
                None => Groups {
                    part: id.plain(),
                    heights: vec![],
                    highest: HEIGHT_UNKNOWN,
                    members: vec![],
                    lost: true,
                },
            }
        })
        .collect()
}

fn groups(graph: &Graph, id: KindId, kind: Kind) -> Groups {
    let heights = heights(graph, id, kind);
    let highest = heights.iter().copied().max().unwrap_or(0);
    let members = direct(graph, kind)
        .filter_map(|(member, known)| members(graph, id, member, known))
        .collect();
    Groups { part: id.plain(), heights, highest, members, lost: false }
}

/// The kinds whose tuples name members of a group themselves.
fn direct(graph: &Graph, kind: Kind) -> impl Iterator<Item = (KindId, Kind)> {
    graph.vocabulary.kinds().filter(move |(member, known)| {
        known.object_type == kind.object_type
            && known.relation == kind.relation
            && known.condition.is_none()
            && !matches!(known.user, UserKind::Userset(_))
            && graph.count(member.plain()) > 0
    })
}

/// How many users tuples of a kind can name.
fn users(graph: &Graph, known: Kind) -> u32 {
    match known.user {
        UserKind::Wildcard => 1,
        UserKind::Object | UserKind::Userset(_) => graph.objects_of(known.user_type),
    }
}

/// Peels groups off that hold none, then those that hold none but these, and so on. What is left is
/// on a cycle or above one.
fn heights(graph: &Graph, id: KindId, kind: Kind) -> Vec<u8> {
    let (of, part) = (kind.object_type, id.plain());
    let count = graph.objects_of(of);
    let inner = |group: u32| graph.forward(of, group).slot(part).len_at_most();
    let mut left: Vec<u32> =
        (0..count).map(|group| u32::try_from(inner(group)).unwrap_or(u32::MAX)).collect();
    let mut heights: Vec<u8> =
        left.iter().map(|left| if *left == 0 { 0 } else { HEIGHT_UNKNOWN }).collect();
    let mut ready: VecDeque<u32> =
        (0..count).filter(|group| left.get(*group as usize) == Some(&0)).collect();
    let mut grown: HashMap<u32, u8> = HashMap::new();
    while let Some(group) = ready.pop_front() {
        let height = heights.get(group as usize).copied().unwrap_or(HEIGHT_UNKNOWN);
        for (outer, _) in graph.reverse(of, group).slot(part).iter() {
            let tallest = grown.entry(outer).or_insert(0);
            *tallest = (*tallest).max(height.saturating_add(1));
            if let Some(left) = left.get_mut(outer as usize) {
                *left -= 1;
                if *left == 0 {
                    if let Some(slot) = heights.get_mut(outer as usize) {
                        *slot = *tallest;
                    }
                    grown.remove(&outer);
                    ready.push_back(outer);
                }
            }
        }
    }
    heights
}

/// None if there would be too many entries.
fn members(graph: &Graph, id: KindId, member: KindId, known: Kind) -> Option<Members> {
    let users = users(graph, known);
    let entries_max = graph.count(member.plain()) as usize * ENTRIES_PER_TUPLE + ENTRIES_MORE;
    let mut climb = Climb::new(graph.objects_of(known.object_type));
    let user_type = (known.user == UserKind::Object).then_some(known.user_type);
    let part = member.plain();
    let mut members = Members { part, user_type, starts: vec![], groups: vec![], levels: vec![] };
    for user in 0..users {
        members.starts.push(u32::try_from(members.groups.len()).ok()?);
        let row = match known.user {
            UserKind::Wildcard => graph.wild(known.user_type),
            UserKind::Object | UserKind::Userset(_) => graph.reverse(known.user_type, user),
        };
        let seeds = row.slot(member.plain());
        if seeds.len_at_most() == 0 {
            continue;
        }
        let found = climb.from(graph, known.object_type, id.plain(), seeds.iter());
        if found.len() > ROW_MAX {
            members.groups.push(NOT_KEPT);
            members.levels.push(0);
        }
        for (group, level) in found.iter().filter(|_| found.len() <= ROW_MAX) {
            members.groups.push(*group);
            members.levels.push(*level);
        }
        if members.groups.len() > entries_max {
            return None;
        }
    }
    members.starts.push(u32::try_from(members.groups.len()).ok()?);
    members.groups.shrink_to_fit();
    members.levels.shrink_to_fit();
    Some(members)
}

/// Climbs from groups to those that hold them.
struct Climb {
    /// By group: the climb that saw it last.
    seen: Vec<u32>,
    climb: u32,
    found: Vec<(u32, u8)>,
}

impl Climb {
    fn new(groups: u32) -> Self {
        Self { seen: vec![0; groups as usize], climb: 0, found: Vec::new() }
    }

    /// All groups above some, those included, sorted, with the length of the shortest way.
    fn from(
        &mut self,
        graph: &Graph,
        of: u32,
        part: PartId,
        seeds: impl Iterator<Item = (u32, u32)>,
    ) -> &[(u32, u8)] {
        self.climb += 1;
        self.found.clear();
        for (group, terms) in seeds {
            debug_assert_eq!(terms, NO_TERMS, "a plain part");
            self.reach(group, 0);
        }
        let mut next = 0;
        while let Some((group, level)) = self.found.get(next).copied() {
            next += 1;
            // Whoever has more is not kept.
            if self.found.len() > ROW_MAX {
                break;
            }
            for (outer, _) in graph.reverse(of, group).slot(part).iter() {
                self.reach(outer, level.saturating_add(1));
            }
        }
        self.found.sort_unstable();
        &self.found
    }

    fn reach(&mut self, group: u32, level: u8) {
        if let Some(seen) = self.seen.get_mut(group as usize).filter(|seen| **seen != self.climb) {
            *seen = self.climb;
            self.found.push((group, level));
        }
    }
}
