//! `lanner show`: the events of a capture, for people who want to look.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use anyhow::{Context, Result, anyhow};
use bstr::{BString, ByteSlice};
use bumpalo::Bump;
use lanner_container::{Containers, Identity};
use lanner_engine::{Follower, Step, Template};
use lanner_fields::{EventRecord, Session};
use lanner_filter::{Condition, PrintOptions, Scheme};
use lanner_state::{Limits, State};

use crate::cli::Show;
use crate::filter;
use crate::source::{Events, Read};

/// What is printed of an event unless something else is asked for.
pub(crate) const FORMAT: &str =
    "%evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.type %evt.info";

/// Prints the events of a capture, or what is inside.
pub(crate) fn run(show: &Show) -> Result<()> {
    let scheme = lanner_fields::scheme();
    let filter = match show.filter.join(" ") {
        text if text.trim().is_empty() => None,
        text => Some(filter::condition(&text, &scheme)?),
    };
    let mut events = Events::open(&show.file)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = match show.summary {
        true => summarise(&mut events, filter.as_ref(), &mut out),
        false => print(show, &scheme, &mut events, filter.as_ref(), &mut out),
    };
    match outcome.and_then(|()| Ok(out.flush()?)) {
        // Whoever read the output has seen enough.
        Err(error) if is_closed(&error) => Ok(()),
        outcome => outcome,
    }
}

fn is_closed(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// A machine that is known from a capture alone.
pub(crate) fn offline() -> Follower {
    Follower::new(
        State::new(Limits::default()),
        Containers::offline(),
        Session::new(lanner_fields::Settings::default()),
    )
}

/// Hands each event that rules would see, and that satisfies the filter, to `look`, until it says
/// that it has seen enough.
fn follow(
    events: &mut Events,
    filter: Option<&Condition>,
    mut look: impl for<'a> FnMut(&Step<'_>, &EventRecord<'a>, &'a Bump) -> Result<bool>,
) -> Result<()> {
    let mut follower = offline();
    let mut arena = Bump::new();
    events.read(|read| {
        let raw = match read {
            Read::Machine(snapshot) => {
                follower.seed(snapshot);
                return Ok(true);
            }
            Read::Event(raw) => raw,
        };
        let Ok(step) = follower.take(&raw) else {
            return Ok(true);
        };
        let mut more = true;
        if !raw.state_only {
            let record = follower.record(&step);
            if filter.is_none_or(|f| f.matches(&record, &arena)) {
                more = look(&step, &record, &arena)?;
            }
        }
        follower.settle();
        arena.reset();
        Ok(more)
    })
}

fn print(
    show: &Show,
    scheme: &Scheme,
    events: &mut Events,
    filter: Option<&Condition>,
    out: &mut impl Write,
) -> Result<()> {
    let template = Template::parse(&show.format, scheme)
        .map_err(|e| anyhow!(e))
        .context("the format given with -p cannot be used")?;
    let mut left = show.count.unwrap_or(u64::MAX);
    let mut line = Vec::new();
    if left == 0 {
        return Ok(());
    }
    follow(events, filter, |_, record, arena| {
        line.clear();
        template.render(record, PrintOptions::default(), arena, &mut line);
        line.push(b'\n');
        out.write_all(&line)?;
        left -= 1;
        Ok(left > 0)
    })
}

/// A process, as far as the capture tells.
struct Process {
    parent: i64,
    name: BString,
    cmdline: String,
    events: u64,
}

/// A container, as far as the capture tells.
struct Inside {
    name: String,
    image: String,
    processes: HashSet<i64>,
    events: u64,
}

#[derive(Default)]
struct Summary {
    first: Option<u64>,
    last: u64,
    events: u64,
    types: HashMap<&'static str, u64>,
    processes: BTreeMap<i64, Process>,
    containers: BTreeMap<BString, Inside>,
}

fn summarise(events: &mut Events, filter: Option<&Condition>, out: &mut impl Write) -> Result<()> {
    let mut summary = Summary::default();
    follow(events, filter, |step, record, _| {
        summary.add(step, record);
        Ok(true)
    })?;
    out.write_all(summary.text().as_bytes())?;
    for line in events.left_out() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

impl Summary {
    fn add(&mut self, step: &Step<'_>, record: &EventRecord<'_>) {
        let event = &step.event;
        self.first.get_or_insert(event.ts);
        self.last = self.last.max(event.ts);
        self.events += 1;
        let kind = lanner_fields::kind_of(event);
        *self.types.entry(lanner_fields::name_of(kind)).or_default() += 1;
        let Some(thread) = record.thread() else {
            return;
        };
        let leader = record.leader(thread).unwrap_or(thread);
        let process = self.processes.entry(thread.pid).or_insert_with(|| Process {
            parent: leader.ptid,
            name: BString::default(),
            cmdline: String::new(),
            events: 0,
        });
        process.events += 1;
        if process.name != leader.comm {
            process.name = leader.comm.clone();
            process.cmdline = cmdline(&leader.image.exe, &leader.image.args);
        }
        if let Some(Identity::Container(container)) = record.identity() {
            let known = |field: &Option<BString>| {
                let text = field.as_ref().map(|text| text.to_str_lossy());
                text.unwrap_or_default().into_owned()
            };
            let inside = self
                .containers
                .entry(container.id.clone())
                .or_insert_with(|| Inside {
                    name: String::new(),
                    image: String::new(),
                    processes: HashSet::new(),
                    events: 0,
                });
            inside.name = known(&container.name);
            inside.image = known(&container.image);
            inside.events += 1;
            inside.processes.insert(thread.pid);
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let span = self.last - self.first.unwrap_or(self.last);
        let _ = writeln!(
            text,
            "{} events in {:.3} s, from {} to {}",
            self.events,
            span as f64 / 1e9,
            utc(self.first.unwrap_or_default()),
            utc(self.last)
        );
        let mut types: Vec<_> = self.types.iter().collect();
        types.sort_by_key(|(name, n)| (std::cmp::Reverse(**n), **name));
        text += "\nEvents by type\n";
        for (name, count) in types {
            let _ = writeln!(text, "{count:>10} {name}");
        }
        text += "\nProcesses (id, events, command)\n";
        let mut children: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        let mut roots = Vec::new();
        for (pid, process) in &self.processes {
            match self.processes.contains_key(&process.parent) && process.parent != *pid {
                true => children.entry(process.parent).or_default().push(*pid),
                false => roots.push(*pid),
            }
        }
        // A process id that was used twice may stand above itself: each is shown once.
        let mut shown = HashSet::new();
        let mut work: Vec<(i64, usize)> = roots.into_iter().rev().map(|pid| (pid, 0)).collect();
        let mut rest: Vec<i64> = self.processes.keys().rev().copied().collect();
        while let Some((pid, depth)) = work.pop().or_else(|| rest.pop().map(|pid| (pid, 0))) {
            let Some(process) = self.processes.get(&pid).filter(|_| shown.insert(pid)) else {
                continue;
            };
            let indent = "  ".repeat(depth.min(40));
            let _ = writeln!(
                text,
                "{indent}{pid} {} {}",
                process.events,
                match process.cmdline.is_empty() {
                    true => process.name.to_str_lossy(),
                    false => process.cmdline.as_str().into(),
                }
            );
            let below = children.get(&pid).into_iter().flatten().rev();
            work.extend(below.map(|child| (*child, depth + 1)));
        }
        if !self.containers.is_empty() {
            text += "\nContainers (id, name, image, processes, events)\n";
        }
        for (id, inside) in &self.containers {
            let or_none = |text: &str| match text.is_empty() {
                true => "-".to_owned(),
                false => text.to_owned(),
            };
            let _ = writeln!(
                text,
                "{id} {} {} {} {}",
                or_none(&inside.name),
                or_none(&inside.image),
                inside.processes.len(),
                inside.events
            );
        }
        text
    }
}

/// A time since the epoch, in nanoseconds, as UTC.
fn utc(ns: u64) -> String {
    let time = jiff::Timestamp::from_nanosecond(i128::from(ns));
    time.map_or_else(|_| ns.to_string(), |time| time.to_string())
}

/// The command line of a process in one printable line.
fn cmdline(exe: &[u8], args: &[u8]) -> String {
    let mut line = exe.to_vec();
    for arg in args.split(|b| *b == 0).filter(|a| !a.is_empty()) {
        line.push(b' ');
        line.extend_from_slice(arg);
    }
    let text = line.to_str_lossy();
    text.chars()
        .map(|c| if c.is_control() { '.' } else { c })
        .take(200)
        .collect()
}
