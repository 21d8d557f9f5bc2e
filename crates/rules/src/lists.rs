//! Lists in conditions, where they are plain text: the name of a list is replaced by its items
//! wherever it stands between blanks, parentheses, commas and equals signs.

use std::collections::{BTreeSet, HashMap};

use crate::item::{Items, List};

/// How long a condition may become by its lists, in bytes.
const MAX_CONDITION: usize = 8 << 20;

/// A list whose items are ready to be put into conditions.
struct Ready {
    name: String,
    items: Vec<String>,
    /// The items as they are put into a condition.
    text: String,
    used: bool,
}

/// The lists of all files, in the order in which they are substituted.
#[derive(Default)]
pub(crate) struct Lists {
    lists: Vec<Ready>,
    by_name: HashMap<String, usize>,
    /// Those whose names cannot be found word by word: they are looked for everywhere.
    odd: Vec<usize>,
}

/// A condition has more than [`MAX_CONDITION`] bytes with its lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// A condition with its lists in it.
pub(crate) struct Substituted {
    pub(crate) text: String,
    /// Where in `text` something begins, and where that was in the condition. Ascending.
    origins: Vec<(usize, usize)>,
}

impl Substituted {
    /// Where in the condition the byte at `offset` comes from.
    pub(crate) fn origin(&self, offset: usize) -> usize {
        let after = self.origins.partition_point(|(start, _)| *start <= offset);
        match after.checked_sub(1).and_then(|i| self.origins.get(i)) {
            Some((start, from)) => {
                let limit = self
                    .origins
                    .get(after)
                    .map_or(usize::MAX, |(_, next)| *next);
                (from + (offset - start)).min(limit.max(*from))
            }
            None => offset,
        }
    }
}

fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r')
}

fn is_delimiter(b: u8) -> bool {
    is_blank(b) || matches!(b, b'(' | b')' | b',' | b'=')
}

/// An item as it stands in a condition: in quotes if it holds a blank and has none.
pub(crate) fn quoted(item: &str) -> String {
    match item.contains(' ') && !item.starts_with(['"', '\'']) {
        true => format!("\"{item}\""),
        false => item.to_owned(),
    }
}

impl Lists {
    /// Lists whose items are lists are expanded by one level, if the other was defined before.
    pub(crate) fn new(lists: &Items<List>) -> Lists {
        let mut ready = Lists::default();
        let mut referenced = BTreeSet::new();
        for (position, list) in lists.iter().enumerate() {
            let mut items = Vec::with_capacity(list.items.len());
            for item in &list.items {
                match lists.position(item) {
                    Some(at)
                        if lists
                            .at(at)
                            .is_some_and(|l| l.order.index < list.order.visibility) =>
                    {
                        referenced.insert(at);
                        items.extend(
                            lists
                                .at(at)
                                .into_iter()
                                .flat_map(|l| l.items.iter().cloned()),
                        );
                    }
                    _ => items.push(item.clone()),
                }
            }
            let text = items
                .iter()
                .map(|i| quoted(i))
                .collect::<Vec<_>>()
                .join(", ");
            if list.name.is_empty() || list.name.bytes().any(is_delimiter) {
                ready.odd.push(position);
            } else {
                ready.by_name.insert(list.name.clone(), position);
            }
            ready.lists.push(Ready {
                name: list.name.clone(),
                items,
                text,
                used: false,
            });
        }
        for at in referenced {
            ready.lists[at].used = true;
        }
        ready
    }

    /// Puts the lists into a condition.
    pub(crate) fn substitute(&mut self, condition: &str) -> Result<Substituted, TooLong> {
        let mut out = Substituted {
            text: condition.to_owned(),
            origins: vec![(0, 0)],
        };
        let mut pending: BTreeSet<usize> = self.odd.iter().copied().collect();
        self.find(condition, 0, &mut pending);
        while let Some(at) = pending.pop_first() {
            if self.substitute_one(at, &mut out)? {
                self.lists[at].used = true;
                // Items of this list can be the names of later lists.
                let items = std::mem::take(&mut self.lists[at].text);
                self.find(&items, at + 1, &mut pending);
                self.lists[at].text = items;
            }
        }
        Ok(out)
    }

    /// Adds the lists from `first` on that the text names.
    fn find(&self, text: &str, first: usize, found: &mut BTreeSet<usize>) {
        for word in text.split(|c: char| c.is_ascii() && is_delimiter(c as u8)) {
            if let Some(at) = self.by_name.get(word).filter(|at| **at >= first) {
                found.insert(*at);
            }
        }
    }

    /// Replaces every occurrence of one list; says whether there was one.
    fn substitute_one(&self, at: usize, out: &mut Substituted) -> Result<bool, TooLong> {
        let list = &self.lists[at];
        if list.name.is_empty() {
            return Ok(false);
        }
        let text = std::mem::take(&mut out.text);
        let bytes = text.as_bytes();
        let mut new = Substituted {
            text: String::with_capacity(text.len()),
            origins: Vec::new(),
        };
        let old = Substituted {
            text: String::new(),
            origins: std::mem::take(&mut out.origins),
        };
        let mut done = 0;
        let mut from = 0;
        let mut used = false;
        while let Some(found) = text.get(from..).and_then(|rest| rest.find(&list.name)) {
            let mut start = from + found;
            let mut end = start + list.name.len();
            let free = |b: Option<&u8>| b.is_none_or(|b| is_delimiter(*b));
            if !(free(start.checked_sub(1).and_then(|i| bytes.get(i))) && free(bytes.get(end))) {
                from = start + text[start..].chars().next().map_or(1, char::len_utf8);
                continue;
            }
            while start > done && is_blank(bytes[start - 1]) {
                start -= 1;
            }
            while end < bytes.len() && is_blank(bytes[end]) {
                end += 1;
            }
            if list.text.is_empty() {
                if start > done && bytes[start - 1] == b',' {
                    start -= 1;
                } else if bytes.get(end) == Some(&b',') {
                    end += 1;
                }
            }
            old.copy(&text, done..start, &mut new);
            let follows = used && start == done;
            if !new.text.is_empty() && !follows {
                new.text.push(' ');
            }
            new.origins.push((new.text.len(), old.origin(start)));
            new.text.push_str(&list.text);
            new.text.push(' ');
            if new.text.len() > MAX_CONDITION {
                return Err(TooLong);
            }
            used = true;
            done = end;
            from = end;
        }
        old.copy(&text, done..text.len(), &mut new);
        *out = new;
        Ok(used)
    }

    /// The lists with their names, items, and whether something uses them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[String], bool)> {
        self.lists
            .iter()
            .map(|l| (l.name.as_str(), l.items.as_slice(), l.used))
    }
}

impl Substituted {
    /// Copies a part of `text`, which has these origins, to `new`.
    fn copy(&self, text: &str, range: std::ops::Range<usize>, new: &mut Substituted) {
        let base = new.text.len();
        new.origins.push((base, self.origin(range.start)));
        let first = self
            .origins
            .partition_point(|(start, _)| *start <= range.start);
        let inside = self.origins[first..]
            .iter()
            .take_while(|(start, _)| *start < range.end);
        new.origins
            .extend(inside.map(|(start, from)| (base + start - range.start, *from)));
        new.text.push_str(&text[range]);
    }
}
