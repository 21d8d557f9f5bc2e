//! Trees of comparisons that find which of many ranges a word is in.
//!
//! Two things are wanted at once. Few comparisons on the way: that is a tree of `>=` of least depth.
//! And few in all: a single value amid a range takes one `==`, but a tree that tells every one of
//! them from its neighbours by `>=` first takes two. So up to four comparisons may stand in a row,
//! and a tree of `>=` is over such groups. [`Tree::best`] tries groups of every size, even ones and
//! ones that have what much follows on nearer to the start, and takes the quickest of the trees that
//! are short enough. Some trees trade one for the other, so it is told how quick and how long
//! libseccomp's tree is: of those that lose to it in nothing there is always one.

use super::{NodeId, Segment};
use crate::bpf::Test;

/// A tree that ends at nodes of the graph.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    Found(NodeId),
    Branch(Test, u32, Box<Tree>, Box<Tree>),
}

/// A range of the word, what is found there, and how often.
#[derive(Clone, Copy, Debug)]
struct Range {
    first: u32,
    last: u32,
    node: NodeId,
    weight: u64,
    /// Instructions that follow at most once it is found.
    depth: usize,
}

impl Range {
    fn is_value(&self) -> bool {
        self.first == self.last
    }
}

/// Comparisons that a tree for so many values takes if four stand in each row.
pub(super) fn in_rows(values: usize) -> usize {
    values + values.div_ceil(MOST_IN_A_ROW).saturating_sub(1)
}

/// Comparisons that may stand in a row.
const MOST_IN_A_ROW: usize = 4;

/// Comparisons in each row of libseccomp's trees.
const PEER_ROW: usize = 4;

/// The same, where a tree over shorter rows would take too many in all.
const LONGEST_ROW: usize = 8;

/// What a tree costs, in the order of importance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    /// Instructions on the longest way, what follows the comparisons included.
    worst: usize,
    /// Comparisons on the longest way.
    deepest: usize,
    /// Comparisons on all ways, each as often as it is gone.
    sum: u128,
    /// Comparisons in all.
    len: usize,
}

/// How quick libseccomp's tree is, which no tree here shall be slower than.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    /// Instructions on the longest way.
    worst: usize,
    /// Comparisons on all ways, each as often as it is gone.
    sum: u128,
    /// Some numbers are said to be more frequent than others.
    weighted: bool,
}

impl Peer {
    /// Of single values (sorted) among others whose depth is `other`: four in a row, from the end,
    /// and above the rows a tree that is full at its end. `before` comparisons come first.
    pub(super) fn new(
        values: &[Segment<u32>],
        other: usize,
        weight: &dyn Fn(u32, u32) -> u64,
        depth: &dyn Fn(NodeId) -> usize,
        before: usize,
        weighted: bool,
    ) -> Peer {
        let mut peer = Peer {
            worst: before + other,
            sum: 0,
            weighted,
        };
        let mut end = values.len();
        let rows = values.len().div_ceil(PEER_ROW);
        let mut last = u32::MAX;
        let mut row = rows;
        while end > 0 {
            let start = end.saturating_sub(PEER_ROW);
            row -= 1;
            let level = before + levels_above(rows, row);
            let first = start
                .checked_sub(1)
                .map_or(0, |i| values[i].0.saturating_add(1));
            let mut others = weight(first, last);
            for (at, (value, node)) in values[start..end].iter().rev().enumerate() {
                let here = weight(*value, *value);
                others = others.saturating_sub(here);
                peer.worst = peer.worst.max(level + at + 1 + depth(*node));
                peer.sum += u128::from(here) * (level + at + 1) as u128;
            }
            peer.sum += u128::from(others) * (level + end - start) as u128;
            peer.worst = peer.worst.max(level + end - start + other);
            last = first.saturating_sub(1);
            end = start;
        }
        peer
    }
}

impl Tree {
    /// The quickest tree for these segments (sorted, neighbours being different) among those that
    /// take no more than `allowed` comparisons and are not slower than `peer`, as far as there is
    /// one; if none is short enough, the shortest.
    pub(super) fn best(
        segments: &[Segment<u32>],
        weight: &dyn Fn(u32, u32) -> u64,
        depth: &dyn Fn(NodeId) -> usize,
        allowed: usize,
        peer: Option<Peer>,
    ) -> Tree {
        let last = |i: usize| segments.get(i + 1).map_or(u32::MAX, |next| next.0 - 1);
        let range = |(i, &(first, node)): (usize, &Segment<u32>)| Range {
            first,
            last: last(i),
            node,
            weight: weight(first, last(i)),
            depth: depth(node),
        };
        let ranges: Vec<Range> = segments.iter().enumerate().map(range).collect();
        let groups: Vec<Groups> = (2..=MOST_IN_A_ROW)
            .flat_map(|size| [false, true].map(|end| Groups::new(&ranges, size, end)))
            .collect();
        // A few values that may take no more comparisons than there are take one row.
        let row =
            (allowed <= LONGEST_ROW && comparisons(&ranges) == allowed).then(|| row(&ranges).tree);
        let trees: Vec<(Cost, Tree)> = row
            .into_iter()
            .chain([shallow(&ranges)])
            .chain(groups.iter().flat_map(Groups::trees))
            .map(|tree| (tree.cost(&ranges), tree))
            .collect();
        // None is taken that is slower than another compiler's would be, if one is short enough.
        let (mut worst, mut sum) = (usize::MAX, u128::MAX);
        if let Some(peer) = peer {
            (worst, sum) = (peer.worst, peer.sum);
        } else if let Some((cost, _)) = trees.last()
            && cost.len <= allowed
        {
            // The last one has the shape of a tree over ranges: over single values it would be so
            // many levels deeper.
            let levels = (allowed / cost.len.max(1)).checked_ilog2().unwrap_or(0);
            let weight: u128 = ranges.iter().map(|r| u128::from(r.weight)).sum();
            worst = cost.worst;
            sum = cost.sum + weight * u128::from(levels);
        }
        let best = trees.into_iter().min_by_key(|(cost, _)| {
            let slower = (
                cost.worst.saturating_sub(worst),
                cost.sum.saturating_sub(sum),
            );
            (cost.len.saturating_sub(allowed), slower, *cost)
        });
        let Some((least, best)) = best else {
            return Tree::Found(segments[0].1);
        };
        if !peer.is_some_and(|p| p.weighted) {
            return best;
        }
        // What is frequent comes first, as far as the longest way gets no longer for it.
        let trees = groups
            .iter()
            .filter_map(|g| g.tree(usize::MAX, least.worst));
        let costs = trees
            .map(|tree| (tree.cost(&ranges), tree))
            .chain([(least, best)]);
        let best = costs.min_by_key(|(cost, _)| {
            (
                cost.len.saturating_sub(allowed.max(least.len)),
                cost.sum,
                *cost,
            )
        });
        best.map_or(Tree::Found(segments[0].1), |(_, tree)| tree)
    }

    fn cost(&self, ranges: &[Range]) -> Cost {
        let mut cost = Cost::default();
        for range in ranges {
            let (mut at, mut depth) = (self, 0);
            while let Tree::Branch(test, value, yes, no) = at {
                depth += 1;
                let holds = match test {
                    Test::Eq => range.first == *value && range.is_value(),
                    _ => range.first >= *value,
                };
                at = if holds { yes } else { no };
            }
            cost.worst = cost.worst.max(depth + range.depth);
            cost.deepest = cost.deepest.max(depth);
            cost.sum += depth as u128 * u128::from(range.weight);
        }
        cost.len = self.len();
        cost
    }

    /// Comparisons in all.
    pub(super) fn len(&self) -> usize {
        match self {
            Tree::Found(_) => 0,
            Tree::Branch(_, _, yes, no) => 1 + yes.len() + no.len(),
        }
    }
}

/// Comparisons above one of so many rows in a tree whose upper halves are full.
fn levels_above(rows: usize, row: usize) -> usize {
    if rows <= 1 {
        return 0;
    }
    let upper = rows.next_power_of_two() / 2;
    let lower = rows - upper;
    match row.checked_sub(lower) {
        Some(row) => 1 + levels_above(upper, row),
        None => 1 + levels_above(lower, row),
    }
}

fn branch(test: Test, value: u32, yes: Tree, no: Tree) -> Tree {
    Tree::Branch(test, value, Box::new(yes), Box::new(no))
}

/// The tree of least depth.
fn shallow(ranges: &[Range]) -> Tree {
    // reach[d][i]: the end of the longest run from range i that depth d tells apart.
    let count = ranges.len();
    let mut reach: Vec<Vec<usize>> = vec![(0..=count).map(|i| (i + 1).min(count)).collect()];
    while reach[reach.len() - 1][0] < count {
        let below = &reach[reach.len() - 1];
        let here = (0..=count)
            .map(|i| {
                let split = below[below[i]];
                split.max(if is_value_amid(ranges, i) { i + 3 } else { 0 })
            })
            .collect();
        reach.push(here);
    }
    let sums = sums(ranges.iter().map(|r| r.weight));
    split_by_reach(ranges, &sums, &reach, 0, count, reach.len() - 1)
}

fn split_by_reach(
    ranges: &[Range],
    sums: &[u64],
    reach: &[Vec<usize>],
    first: usize,
    end: usize,
    depth: usize,
) -> Tree {
    if end - first == 1 {
        return Tree::Found(ranges[first].node);
    }
    if end - first == 3 && is_value_amid(ranges, first) {
        let value = ranges[first + 1];
        let (yes, no) = (Tree::Found(value.node), Tree::Found(ranges[first].node));
        return branch(Test::Eq, value.first, yes, no);
    }
    let below = &reach[depth - 1];
    let fits = |split: &usize| below[first] >= *split && below[*split] >= end;
    let split = (first + 1..end)
        .filter(fits)
        .min_by_key(|split| imbalance(sums, first, *split, end));
    // A run that a depth reaches has a split by how the reach was made.
    let split = split.unwrap_or(first + 1);
    let low = split_by_reach(ranges, sums, reach, first, split, depth - 1);
    let high = split_by_reach(ranges, sums, reach, split, end, depth - 1);
    branch(Test::Ge, ranges[split].first, high, low)
}

/// Whether three ranges from `first` on are one value among what surrounds it on both sides.
fn is_value_amid(ranges: &[Range], first: usize) -> bool {
    match ranges.get(first..first + 3) {
        Some([before, value, after]) => before.node == after.node && value.is_value(),
        _ => false,
    }
}

/// How uneven a split is, by weight and then by number.
fn imbalance(sums: &[u64], first: usize, split: usize, end: usize) -> (u64, usize) {
    let (left, right) = (sums[split] - sums[first], sums[end] - sums[split]);
    (
        left.abs_diff(right),
        split.abs_diff(first + (end - first) / 2),
    )
}

fn sums(weights: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut sums = vec![0u64];
    for weight in weights {
        sums.push(sums[sums.len() - 1].saturating_add(weight));
    }
    sums
}

/// Ranges that one row of comparisons tells apart.
struct Group {
    row: Row,
    first: u32,
}

/// Groups of ranges, ascending.
struct Groups {
    groups: Vec<Group>,
    /// The weights of the groups before each one, and of all.
    sums: Vec<u64>,
}

impl Groups {
    /// Groups that take up to `size` comparisons each. The one that is not full is the last one, or
    /// the first.
    fn new(ranges: &[Range], size: usize, from_the_end: bool) -> Groups {
        let mut parts: Vec<&[Range]> = Vec::new();
        let mut rest = ranges;
        while !rest.is_empty() {
            let mut len = 1;
            let part = |len: usize| match from_the_end {
                false => &rest[..len],
                true => &rest[rest.len() - len..],
            };
            while len < rest.len() && comparisons(part(len + 1)) <= size {
                len += 1;
            }
            parts.push(part(len));
            rest = match from_the_end {
                false => &rest[len..],
                true => &rest[..rest.len() - len],
            };
        }
        if from_the_end {
            parts.reverse();
        }
        let group = |part: &&[Range]| Group {
            row: row(part),
            first: part[0].first,
        };
        Groups {
            groups: parts.iter().map(group).collect(),
            sums: sums(parts.iter().map(|g| g.iter().map(|r| r.weight).sum())),
        }
    }

    /// A tree with at most so many comparisons on the longest way, and at most so many
    /// instructions, if there is one.
    fn tree(&self, deepest: usize, worst: usize) -> Option<Tree> {
        let room = |group: &Group| {
            let deepest = deepest.checked_sub(group.row.deepest)?;
            let worst = worst.checked_sub(group.row.worst)?;
            Some(deepest.min(worst))
        };
        // No way needs more comparisons than there are groups.
        let most = self.groups.len();
        let room: Vec<_> = self
            .groups
            .iter()
            .map(|g| Some(room(g)?.min(most)))
            .collect();
        let reach = reach_of_groups(&room)?;
        Some(split_groups(&self.groups, &self.sums, &reach, 0, most))
    }

    /// Trees of least depth: one that has what much follows on nearer to the start, also at the
    /// price of one comparison more, and one that is even.
    fn trees(&self) -> Vec<Tree> {
        // Any tree has a way of fewer than so many comparisons.
        let longest = |of: fn(&Row) -> usize| {
            let most = self.groups.iter().map(|g| of(&g.row)).max().unwrap_or(0);
            most..most + self.groups.len()
        };
        let mut even = longest(|r| r.deepest)
            .filter_map(|deepest| Some((deepest, self.tree(deepest, usize::MAX)?)));
        let Some((deepest, even)) = even.next() else {
            return Vec::new();
        };
        let quick = [deepest, deepest + 1]
            .map(|deepest| longest(|r| r.worst).find_map(|worst| self.tree(deepest, worst)));
        quick.into_iter().flatten().chain([even]).collect()
    }
}

/// `reach[d][i]`: the end of the longest run of groups from `i` on that fits below a comparison `d`
/// deep, if so many comparisons may stand before each group; none if they do not all fit.
fn reach_of_groups(room: &[Option<usize>]) -> Option<Vec<Vec<usize>>> {
    let most = room.iter().flatten().max()?;
    let mut backwards: Vec<Vec<usize>> = vec![(0..=room.len()).collect()];
    for depth in (0..=*most).rev() {
        let below = &backwards[backwards.len() - 1];
        let fits = |i: usize| room.get(i).is_some_and(|r| r.is_some_and(|r| r >= depth));
        let here = (0..=room.len()).map(|i| below[below[i]].max(i + usize::from(fits(i))));
        let here = here.collect();
        backwards.push(here);
    }
    backwards.reverse();
    (backwards[0][0] == room.len()).then_some(backwards)
}

fn split_groups(
    groups: &[Group],
    sums: &[u64],
    reach: &[Vec<usize>],
    first: usize,
    end: usize,
) -> Tree {
    if end - first == 1 {
        return groups[first].row.tree.clone();
    }
    let below = &reach[1];
    let split = (first + 1..end)
        .filter(|split| below[first] >= *split && below[*split] >= end)
        .min_by_key(|split| imbalance(sums, first, *split, end));
    // A run that fits has a split by how the reach was made.
    let split = split.unwrap_or(first + 1);
    let low = split_groups(groups, sums, &reach[1..], first, split);
    let high = split_groups(groups, sums, &reach[1..], split, end);
    branch(Test::Ge, groups[split].first, high, low)
}

/// What most of the numbers in these ranges lead to.
fn ground(ranges: &[Range]) -> Option<NodeId> {
    let widest = ranges.iter().max_by_key(|r| r.last - r.first);
    widest.map(|r| r.node)
}

/// The fewest comparisons that tell these ranges apart: one for each single value, which is then
/// as good as gone, and one for each change between the others.
fn comparisons(ranges: &[Range]) -> usize {
    let ground = ground(ranges);
    let stays = |r: &&Range| !r.is_value() || Some(r.node) == ground;
    let mut last = ground;
    let mut count = ranges.iter().filter(|r| !stays(r)).count();
    for range in ranges.iter().filter(stays) {
        count += usize::from(last.is_some_and(|node| node != range.node));
        last = Some(range.node);
    }
    // The ground comes somewhere, but it need not come first.
    let first = ranges.iter().find(stays);
    count - usize::from(first.is_some_and(|r| Some(r.node) != ground))
}

/// A tree with the instructions on its longest way, and the comparisons on all ways.
struct Row {
    tree: Tree,
    worst: usize,
    /// Comparisons on the longest way.
    deepest: usize,
    sum: u128,
}

impl Row {
    fn branch(test: Test, value: u32, yes: Row, no: Row, weight: u64) -> Row {
        Row {
            worst: 1 + yes.worst.max(no.worst),
            deepest: 1 + yes.deepest.max(no.deepest),
            sum: yes.sum + no.sum + u128::from(weight),
            tree: branch(test, value, yes.tree, no.tree),
        }
    }
}

/// The fewest comparisons for a few ranges, and of the ways to arrange them the quickest.
fn row(ranges: &[Range]) -> Row {
    let first = ranges[0];
    let weight = ranges.iter().map(|r| r.weight).sum();
    if ranges.iter().all(|r| r.node == first.node) {
        return Row {
            tree: Tree::Found(first.node),
            worst: first.depth,
            deepest: 0,
            sum: 0,
        };
    }
    let needed = comparisons(ranges);
    // Where a change is to be found anyway, it divides what is left.
    let splits = (1..ranges.len())
        .filter(|i| comparisons(&ranges[..*i]) + comparisons(&ranges[*i..]) < needed);
    let divided = splits.map(|i| {
        let (low, high) = ranges.split_at(i);
        Row::branch(Test::Ge, high[0].first, row(high), row(low), weight)
    });
    // Values that much follows on come first, then frequent ones.
    let ground = ground(ranges);
    let values = ranges.iter().enumerate();
    let values = values.filter(|(_, r)| r.is_value() && Some(r.node) != ground);
    let next = values.max_by_key(|(i, r)| (r.depth, r.weight, *i));
    let picked = next.map(|(at, value)| {
        let found = Row {
            tree: Tree::Found(value.node),
            worst: value.depth,
            deepest: 0,
            sum: 0,
        };
        Row::branch(
            Test::Eq,
            value.first,
            found,
            row(&without(ranges, at)),
            weight,
        )
    });
    let best = divided.chain(picked).min_by_key(|r| (r.worst, r.sum));
    best.unwrap_or(Row {
        tree: Tree::Found(first.node),
        worst: first.depth,
        deepest: 0,
        sum: 0,
    })
}

/// The ranges once one of them cannot come any more: what is around it is one if it is the same.
fn without(ranges: &[Range], at: usize) -> Vec<Range> {
    let mut rest = ranges.to_vec();
    rest.remove(at);
    if at > 0 && at < rest.len() && rest[at - 1].node == rest[at].node {
        rest[at - 1].last = rest[at].last;
        rest[at - 1].weight += rest[at].weight;
        rest.remove(at);
    }
    rest
}
