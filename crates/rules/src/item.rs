//! The items of rules files as they are collected: read, merged with earlier ones of the same
//! name, and not yet compiled.

use std::collections::{BTreeSet, HashMap};

use lanner_diag::yaml::{Mark, Node};
use lanner_diag::{FileId, Span, TextRange};

use crate::Priority;

/// Where something stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) file: FileId,
    pub(crate) mark: Mark,
    pub(crate) end: u32,
}

impl Place {
    pub(crate) fn of(file: FileId, node: &Node) -> Place {
        Place {
            file,
            mark: node.mark,
            end: node.end,
        }
    }

    /// The first pair of a mapping, which names it.
    pub(crate) fn head(file: FileId, node: &Node) -> Place {
        let first = node.as_map().and_then(|pairs| pairs.first());
        let end = first.map_or(node.end, |(key, value)| value.end.max(key.end));
        Place {
            file,
            mark: node.mark,
            end,
        }
    }

    pub(crate) fn span(self) -> Span {
        let range = TextRange::new(self.mark.offset as usize, self.end as usize);
        Span {
            file: self.file,
            range,
        }
    }
}

/// A condition or an output, and where its parts come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// Where in `text` a part begins, and where that part stands. Empty if it stands nowhere.
    pub(crate) parts: Vec<(u32, Place)>,
}

impl Text {
    pub(crate) fn new(text: &str, place: Place) -> Text {
        Text {
            text: text.to_owned(),
            parts: vec![(0, place)],
        }
    }

    /// Joins with a blank.
    pub(crate) fn append(&mut self, other: &Text) {
        self.text.push(' ');
        let base = self.text.len() as u32;
        self.parts
            .extend(other.parts.iter().map(|(at, place)| (base + at, *place)));
        self.text.push_str(&other.text);
    }

    /// Where the first part stands: the place that Falco reports.
    pub(crate) fn place(&self) -> Option<Place> {
        self.parts.first().map(|(_, place)| *place)
    }
}

/// One value or a list, as in the fields, comparisons and values of exceptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Item(String),
    List(Vec<Entry>),
}

impl Entry {
    pub(crate) fn is_given(&self) -> bool {
        match self {
            Entry::Item(text) => !text.is_empty(),
            Entry::List(items) => !items.is_empty(),
        }
    }

    pub(crate) fn item(&self) -> &str {
        match self {
            Entry::Item(text) => text,
            Entry::List(_) => "",
        }
    }
}

/// An exception of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    pub(crate) name: String,
    pub(crate) fields: Entry,
    pub(crate) comps: Entry,
    pub(crate) values: Vec<Entry>,
    pub(crate) place: Place,
}

/// What every item has.
pub(crate) trait Named {
    fn name(&self) -> &str;
    fn order(&mut self) -> &mut Order;
}

/// When an item was defined, counted over the items of all files.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Order {
    /// When it was first defined.
    pub(crate) index: u32,
    /// When it was last changed: it sees what was defined before.
    pub(crate) visibility: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) name: String,
    pub(crate) items: Vec<String>,
    pub(crate) place: Place,
    pub(crate) order: Order,
}

#[derive(Clone, Debug)]
pub(crate) struct Macro {
    pub(crate) name: String,
    pub(crate) condition: Text,
    pub(crate) place: Place,
    pub(crate) order: Order,
    /// It has a fault that is reported; it only stands for its name.
    pub(crate) broken: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct RuleItem {
    pub(crate) name: String,
    pub(crate) condition: Text,
    pub(crate) output: Text,
    pub(crate) desc: String,
    pub(crate) source: String,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) priority: Priority,
    pub(crate) capture: bool,
    pub(crate) capture_duration: u32,
    pub(crate) enabled: bool,
    pub(crate) warn_evttypes: bool,
    pub(crate) skip_if_unknown: bool,
    pub(crate) unknown_source: bool,
    pub(crate) place: Place,
    pub(crate) order: Order,
    /// It has a fault that is reported; what can be checked of it is.
    pub(crate) broken: bool,
}

/// What an item appends to a rule or replaces in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Update {
    pub(crate) condition: Option<Text>,
    pub(crate) output: Option<Text>,
    pub(crate) desc: Option<String>,
    pub(crate) source: String,
    pub(crate) tags: Option<BTreeSet<String>>,
    pub(crate) exceptions: Option<Vec<Exception>>,
    pub(crate) priority: Option<Priority>,
    pub(crate) capture: Option<bool>,
    pub(crate) capture_duration: Option<u32>,
    pub(crate) enabled: Option<bool>,
    pub(crate) warn_evttypes: Option<bool>,
    pub(crate) skip_if_unknown: Option<bool>,
}

impl Update {
    pub(crate) fn is_empty(&self) -> bool {
        self.condition.is_none()
            && self.output.is_none()
            && self.desc.is_none()
            && self.tags.is_none()
            && self.exceptions.is_none()
            && self.priority.is_none()
            && self.capture.is_none()
            && self.capture_duration.is_none()
            && self.enabled.is_none()
            && self.warn_evttypes.is_none()
            && self.skip_if_unknown.is_none()
    }
}

impl Named for List {
    fn name(&self) -> &str {
        &self.name
    }

    fn order(&mut self) -> &mut Order {
        &mut self.order
    }
}

impl Named for Macro {
    fn name(&self) -> &str {
        &self.name
    }

    fn order(&mut self) -> &mut Order {
        &mut self.order
    }
}

impl Named for RuleItem {
    fn name(&self) -> &str {
        &self.name
    }

    fn order(&mut self) -> &mut Order {
        &mut self.order
    }
}

/// Items of one kind in the order in which they were first defined.
#[derive(Clone, Debug)]
pub(crate) struct Items<T> {
    items: Vec<T>,
    by_name: HashMap<String, usize>,
}

impl<T> Default for Items<T> {
    fn default() -> Items<T> {
        Items {
            items: Vec::new(),
            by_name: HashMap::new(),
        }
    }
}

impl<T: Named> Items<T> {
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.items.get(self.position(name)?)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        let position = self.position(name)?;
        self.items.get_mut(position)
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn at(&self, position: usize) -> Option<&T> {
        self.items.get(position)
    }

    pub(crate) fn at_mut(&mut self, position: usize) -> Option<&mut T> {
        self.items.get_mut(position)
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(Named::name)
    }

    /// Adds an item, or puts it in the place of the one of its name.
    pub(crate) fn define(&mut self, mut item: T, now: u32) {
        *item.order() = Order {
            index: now,
            visibility: now,
        };
        match self.by_name.get(item.name()) {
            Some(at) => {
                item.order().index = self.items[*at].order().index;
                self.items[*at] = item;
            }
            None => {
                self.by_name
                    .insert(item.name().to_owned(), self.items.len());
                self.items.push(item);
            }
        }
    }
}
