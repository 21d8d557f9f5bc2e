//! Events of older captures become events of the current schema (§8.8 of the interface).
//!
//! Until 2025 a system call made two events, one at its entry and one at its exit, and each said a
//! part. An entry is remembered for its thread until the exit comes and takes its parameters over.

use std::sync::LazyLock;

use hashbrown::HashMap;
use lanner_event::schema::EVENT_COUNT;
use lanner_event::{EventFlags, EventType, HEADER_LEN, MAX_PARAMS, ParamType};

/// The most that is remembered of system calls that were entered and not left yet, in bytes. Past
/// it, all is forgotten, as if those entries were missing in the capture.
pub const MAX_REMEMBERED: usize = 32 << 20;

/// The longest chain of conversions that is followed; the longest there is has 15.
const MAX_STEPS: usize = 32;

/// What is to be done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Deliver it as it is.
    AsIs,
    /// Deliver [`Converter::converted`] in its place.
    Converted,
    /// It was an entry that its exit will take up, or of a type that nothing uses any more.
    Dropped,
    /// There is no event to make of it: the remembered entry is of another system call, or has
    /// fewer parameters than it must.
    Unfit,
}

/// How a type is treated before its number of parameters is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Deliver,
    Drop,
    /// Complete with this many parameters.
    Exit(u8),
    /// Always to be looked up.
    Old,
}

/// Where a parameter of a new event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Param {
    Own(u8),
    Entry { index: u8, or_empty: bool },
    Default,
    Empty,
    Json,
}

#[derive(Debug, PartialEq, Eq)]
enum Action {
    Store,
    Keep,
    Pass,
    Append(Vec<Param>),
    Become(EventType, Vec<Param>),
}

struct Table {
    classes: Vec<Class>,
    /// By event type: number of parameters, what to do.
    actions: Vec<Vec<(u8, Action)>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table {
    classes: EventType::all().map(classify).collect(),
    actions: {
        let mut actions: Vec<Vec<(u8, Action)>> = Vec::new();
        actions.resize_with(EVENT_COUNT, Vec::new);
        for (ty, nparams, action) in CONVERSIONS.lines().filter_map(parse) {
            if let Some(of_type) = actions.get_mut(usize::from(ty.0)) {
                of_type.push((nparams, action));
            }
        }
        actions
    },
});

const CONVERSIONS: &str = include_str!("conversions.txt");

fn classify(ty: EventType) -> Class {
    let info = ty.info();
    let old = info.has(EventFlags::OLD);
    if info.has(EventFlags::UNUSED) {
        Class::Drop
    } else if !info.has(EventFlags::CONVERTED) {
        if old { Class::Drop } else { Class::Deliver }
    } else if ty.is_enter() || old {
        Class::Old
    } else {
        Class::Exit(info.params.len() as u8)
    }
}

/// One line of `conversions.txt`; `None` for comments and for what is not understood (a test sees
/// to it that there is nothing of that kind).
fn parse(line: &str) -> Option<(EventType, u8, Action)> {
    let mut words = line.split_ascii_whitespace();
    let ty = EventType::by_symbol(words.next()?)?;
    let nparams = words.next()?.parse().ok()?;
    let action = match words.next()? {
        "store" => Action::Store,
        "keep" => Action::Keep,
        "pass" => Action::Pass,
        "+" => Action::Append(params(words)?),
        "=" => Action::Become(EventType::by_symbol(words.next()?)?, params(words)?),
        _ => return None,
    };
    Some((ty, nparams, action))
}

fn params<'a>(words: impl Iterator<Item = &'a str>) -> Option<Vec<Param>> {
    let mut out = Vec::new();
    for word in words {
        match word {
            "d" => out.push(Param::Default),
            "-" => out.push(Param::Empty),
            "json" => out.push(Param::Json),
            _ if word.starts_with('o') => {
                let (first, last) = word[1..]
                    .split_once("..")
                    .unwrap_or((&word[1..], &word[1..]));
                let (first, last): (u8, u8) = (first.parse().ok()?, last.parse().ok()?);
                out.extend((first..=last).map(Param::Own));
            }
            _ => {
                let index = word.strip_prefix('e')?;
                let or_empty = index.ends_with('?');
                let index = index.trim_end_matches('?').parse().ok()?;
                out.push(Param::Entry { index, or_empty });
            }
        }
    }
    Some(out)
}

/// A remembered entry.
struct Entry {
    bytes: Vec<u8>,
    /// False once its exit took it up; the memory is used again.
    live: bool,
}

/// Makes current events of older ones.
#[derive(Default)]
pub(crate) struct Converter {
    entries: HashMap<i64, Entry>,
    remembered: usize,
    forgotten: u64,
    new: Vec<u8>,
    old: Vec<u8>,
}

impl Converter {
    /// What is to be done with a record that holds `nparams` parameters in whole.
    #[inline]
    pub(crate) fn convert(&mut self, bytes: &[u8], ty: EventType, nparams: usize) -> Outcome {
        match TABLE.classes.get(usize::from(ty.0)) {
            Some(Class::Deliver) => Outcome::AsIs,
            // More than this schema knows come from a newer writer, and are no one's business.
            Some(Class::Exit(known)) if nparams >= usize::from(*known) => Outcome::AsIs,
            Some(Class::Drop) | None => Outcome::Dropped,
            Some(Class::Exit(_) | Class::Old) => self.run(bytes),
        }
    }

    /// The event that was made in place of the last record.
    #[inline]
    pub(crate) fn converted(&self) -> &[u8] {
        &self.new
    }

    /// Makes an event of the parameters that this schema knows of a record that has more than any
    /// event may have; false if they do not fit.
    pub(crate) fn shorten(&mut self, bytes: &[u8], ty: EventType) -> bool {
        let (Some(header), known) = (bytes.get(..HEADER_LEN), ty.info().params.len()) else {
            return false;
        };
        let width = if ty.info().has(EventFlags::LARGE_PAYLOAD) {
            4
        } else {
            2
        };
        let count = u32::from_le_bytes([header[22], header[23], header[24], header[25]]) as usize;
        let (lens, data) = (HEADER_LEN + known * width, HEADER_LEN + count * width);
        let (Some(kept), Some(values)) = (bytes.get(HEADER_LEN..lens), bytes.get(data..)) else {
            return false;
        };
        let len = |len: &[u8]| match *len {
            [a, b, c, d] => u32::from_le_bytes([a, b, c, d]) as usize,
            [a, b] => u16::from_le_bytes([a, b]).into(),
            _ => 0,
        };
        let size = kept.chunks_exact(width).map(len).sum();
        let Some(values) = values.get(..size) else {
            return false;
        };
        self.new.clear();
        self.new.extend_from_slice(header);
        self.new.extend_from_slice(kept);
        self.new.extend_from_slice(values);
        let len = self.new.len() as u32;
        self.new[16..20].copy_from_slice(&len.to_le_bytes());
        self.new[22..26].copy_from_slice(&(known as u32).to_le_bytes());
        true
    }

    /// Forgets all entries.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.remembered = 0;
    }

    /// How often [`MAX_REMEMBERED`] was reached.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn run(&mut self, bytes: &[u8]) -> Outcome {
        let mut made = false;
        for _ in 0..MAX_STEPS {
            let Some(record) = Record::of(if made { &self.new } else { bytes }) else {
                return Outcome::Unfit;
            };
            let (ty, nparams) = (record.ty, record.nparams);
            let done = match TABLE.classes.get(usize::from(ty.0)) {
                Some(Class::Deliver) => true,
                Some(Class::Exit(known)) => nparams >= usize::from(*known),
                Some(Class::Old) => false,
                Some(Class::Drop) | None => return Outcome::Dropped,
            };
            let whole = if made {
                Outcome::Converted
            } else {
                Outcome::AsIs
            };
            if done {
                return whole;
            }
            let action = TABLE
                .actions
                .get(usize::from(ty.0))
                .and_then(|of_type| of_type.iter().find(|a| usize::from(a.0) == nparams));
            match action.map(|a| &a.1) {
                None => return Outcome::Unfit,
                Some(Action::Pass) => return whole,
                Some(keep @ (Action::Store | Action::Keep)) => {
                    let tid = record.tid;
                    if made {
                        let new = std::mem::take(&mut self.new);
                        self.remember(tid, &new);
                        self.new = new;
                    } else {
                        self.remember(tid, bytes);
                    }
                    return if *keep == Action::Keep {
                        whole
                    } else {
                        Outcome::Dropped
                    };
                }
                Some(Action::Append(params)) => {
                    if !self.step(bytes, made, ty, nparams, params) {
                        return Outcome::Unfit;
                    }
                }
                Some(Action::Become(new, params)) => {
                    if !self.step(bytes, made, *new, 0, params) {
                        return Outcome::Unfit;
                    }
                }
            }
            made = true;
        }
        Outcome::Unfit
    }

    fn remember(&mut self, tid: i64, bytes: &[u8]) {
        if self.remembered + bytes.len() > MAX_REMEMBERED {
            self.clear();
            self.forgotten += 1;
        }
        let entry = self.entries.entry(tid).or_insert_with(|| {
            // The cost of a thread that is seen once, beside the bytes of its entry.
            self.remembered += 128;
            Entry {
                bytes: Vec::new(),
                live: false,
            }
        });
        let before = entry.bytes.capacity();
        entry.bytes.clear();
        entry.bytes.extend_from_slice(bytes);
        entry.live = true;
        self.remembered += entry.bytes.capacity() - before;
    }

    /// Makes an event of type `ty`: the first `own` parameters of the old one, then `params`.
    fn step(
        &mut self,
        bytes: &[u8],
        made: bool,
        ty: EventType,
        own: usize,
        params: &[Param],
    ) -> bool {
        if made {
            std::mem::swap(&mut self.old, &mut self.new);
        }
        let bytes = if made { &self.old[..] } else { bytes };
        let Some(old) = Record::of(bytes) else {
            return false;
        };
        let mut entry = None;
        if params.iter().any(|p| matches!(p, Param::Entry { .. })) {
            entry = self.entries.get_mut(&old.tid).filter(|e| e.live);
        }
        let remembered = match &entry {
            None => None,
            Some(entry) => match Record::of(&entry.bytes) {
                Some(record) if record.ty.0 + 1 == old.ty.0 => Some(record),
                _ => return false,
            },
        };
        let out = &mut self.new;
        out.clear();
        out.extend_from_slice(&bytes[..HEADER_LEN]);
        let count = own + params.len();
        if count > MAX_PARAMS {
            return false;
        }
        let large = ty.info().has(EventFlags::LARGE_PAYLOAD);
        let width = if large { 4 } else { 2 };
        out.resize(HEADER_LEN + count * width, 0);
        for at in 0..count {
            let wire = ty.info().params.get(at).map(|p| p.ty);
            let start = out.len();
            let from = match at.checked_sub(own) {
                None => Param::Own(at as u8),
                Some(index) => params[index],
            };
            match from {
                Param::Own(index) => match old.param(index.into()) {
                    Some(value) => out.extend_from_slice(cut(value, wire)),
                    None => return false,
                },
                Param::Entry { index, or_empty } => match &remembered {
                    Some(entry) => match entry.param(index.into()) {
                        Some(value) => out.extend_from_slice(cut(value, wire)),
                        None => return false,
                    },
                    None if or_empty => {}
                    None => default(wire, out),
                },
                Param::Default => default(wire, out),
                Param::Empty => {}
                Param::Json => container(&old, out),
            }
            let len = out.len() - start;
            let slot = HEADER_LEN + at * width;
            if large {
                out[slot..slot + 4].copy_from_slice(&(len as u32).to_le_bytes());
            } else if let Ok(len) = u16::try_from(len) {
                out[slot..slot + 2].copy_from_slice(&len.to_le_bytes());
            } else {
                return false;
            }
        }
        let len = out.len() as u32;
        out[16..20].copy_from_slice(&len.to_le_bytes());
        out[20..22].copy_from_slice(&ty.0.to_le_bytes());
        out[22..26].copy_from_slice(&(count as u32).to_le_bytes());
        if let Some(entry) = entry {
            entry.live = false;
        }
        true
    }
}

/// The parts of a record that conversion looks at.
struct Record<'a> {
    tid: i64,
    ty: EventType,
    nparams: usize,
    large: bool,
    bytes: &'a [u8],
}

impl<'a> Record<'a> {
    fn of(bytes: &'a [u8]) -> Option<Record<'a>> {
        let header: &[u8; HEADER_LEN] = bytes.first_chunk()?;
        let ty = EventType(u16::from_le_bytes([header[20], header[21]]));
        let large = ty.info().has(EventFlags::LARGE_PAYLOAD);
        let nparams = u32::from_le_bytes([header[22], header[23], header[24], header[25]]) as usize;
        let width = if large { 4 } else { 2 };
        (nparams <= MAX_PARAMS && HEADER_LEN + nparams * width <= bytes.len()).then_some(Record {
            tid: i64::from_le_bytes(*header[8..].first_chunk()?),
            ty,
            nparams,
            large,
            bytes,
        })
    }

    fn param(&self, index: usize) -> Option<&'a [u8]> {
        if index >= self.nparams {
            return None;
        }
        let width = if self.large { 4 } else { 2 };
        let lens = &self.bytes[HEADER_LEN..HEADER_LEN + self.nparams * width];
        let mut start = HEADER_LEN + lens.len();
        for (i, len) in lens.chunks_exact(width).enumerate() {
            let len = match *len {
                [a, b, c, d] => u32::from_le_bytes([a, b, c, d]) as usize,
                [a, b] => u16::from_le_bytes([a, b]).into(),
                _ => return None,
            };
            let end = start.checked_add(len)?;
            if i == index {
                return self.bytes.get(start..end);
            }
            start = end;
        }
        None
    }
}

/// The width of a number on the wire, 0 for what has none of its own.
fn width(ty: ParamType) -> usize {
    use ParamType as T;
    match ty {
        T::I8 | T::U8 | T::Flags8 | T::Enum8 | T::SigType | T::L4Proto | T::SockFamily => 1,
        T::I16 | T::U16 | T::Flags16 | T::Enum16 | T::SyscallId | T::Port => 2,
        T::I32 | T::U32 | T::Flags32 | T::Enum32 | T::Uid | T::Gid | T::Mode | T::SigSet => 4,
        T::Fd32 | T::Pid32 | T::Ipv4Addr | T::Bool => 4,
        T::I64 | T::U64 | T::RelTime | T::AbsTime | T::Errno | T::Fd | T::Pid | T::Double => 8,
        T::Ipv6Addr => 16,
        _ => 0,
    }
}

/// A value as its new type holds it: what was a 64-bit number may be 32 bits wide today.
fn cut(value: &[u8], ty: Option<ParamType>) -> &[u8] {
    match ty.map_or(0, width) {
        0 => value,
        width => &value[..value.len().min(width)],
    }
}

fn default(ty: Option<ParamType>, out: &mut Vec<u8>) {
    let Some(ty) = ty else {
        return;
    };
    let byte = if matches!(ty, ParamType::Uid | ParamType::Gid) {
        0xff
    } else {
        0
    };
    out.resize(out.len() + width(ty), byte);
}

/// Writes what a container event of four parameters says (id, type, name, image) as JSON.
fn container(old: &Record<'_>, out: &mut Vec<u8>) {
    let number = match old.param(1) {
        Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]),
        _ => return,
    };
    out.extend_from_slice(b"{\"id\":\"");
    string(old.param(0), out);
    out.extend_from_slice(format!("\",\"type\":{number},\"name\":\"").as_bytes());
    string(old.param(2), out);
    out.extend_from_slice(b"\",\"image\":\"");
    string(old.param(3), out);
    out.extend_from_slice(b"\"}\0");
}

fn string(value: Option<&[u8]>, out: &mut Vec<u8>) {
    for &byte in value.unwrap_or_default() {
        match byte {
            0 => break,
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            1..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_understood() {
        for line in CONVERSIONS.lines().filter(|l| !l.starts_with('#')) {
            assert!(parse(line).is_some(), "{line}");
        }
    }

    #[test]
    fn every_conversion_ends_at_a_complete_current_event() {
        for (ty, _, action) in CONVERSIONS.lines().filter_map(parse) {
            let (mut ty, mut nparams) = match action {
                Action::Become(new, params) => (new, params.len()),
                Action::Append(_) | Action::Store | Action::Keep | Action::Pass => {
                    assert!(ty.info().has(EventFlags::CONVERTED), "{ty:?}");
                    continue;
                }
            };
            for step in 0.. {
                assert!(step < MAX_STEPS, "{ty:?} is never complete");
                match classify(ty) {
                    Class::Deliver => break,
                    Class::Exit(known) if nparams >= usize::from(known) => break,
                    Class::Drop => panic!("{ty:?} is what something becomes, and unused"),
                    Class::Exit(_) | Class::Old => {}
                }
                let actions = &TABLE.actions[usize::from(ty.0)];
                match &actions
                    .iter()
                    .find(|a| usize::from(a.0) == nparams)
                    .unwrap_or_else(|| panic!("{} with {nparams} leads nowhere", ty.info().symbol))
                    .1
                {
                    Action::Append(params) => nparams += params.len(),
                    Action::Become(new, params) => (ty, nparams) = (*new, params.len()),
                    Action::Store | Action::Keep | Action::Pass => break,
                }
            }
        }
    }
}
