//! `lanner show`: the events of a capture, for people who want to look.

use std::io::{self, BufWriter, Write};

use anyhow::{Context, Result, anyhow};
use bumpalo::Bump;
use lanner_container::Containers;
use lanner_engine::{Follower, Step, Template};
use lanner_event::Category;
use lanner_event::snapshot::Machine;
use lanner_fields::{EventRecord, Session};
use lanner_filter::{Condition, PrintOptions, Scheme};
use lanner_state::{Limits, State};
use rustix::termios::tcgetwinsize;

use crate::cli::Show;
use crate::filter;
use crate::source::{Events, Read};
use crate::summary::Summary;

/// What is printed of an event unless something else is asked for.
pub(crate) const FORMAT: &str =
    "%evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info";

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

/// What [`follow`] comes across.
pub(crate) enum Seen<'s, 'a> {
    /// A section begins.
    Section(&'s Machine),
    /// An event that rules would see, and that satisfies the filter.
    Event(&'s Step<'s>, &'s EventRecord<'a>, &'a Bump),
}

/// Hands what it comes across in a capture to `look`, until it says that it has seen enough.
/// Without a filter, what the monitoring itself wrote (`procinfo` and the like) is left out, as
/// sysdig does.
pub(crate) fn follow(
    events: &mut Events,
    filter: Option<&Condition>,
    mut look: impl for<'s, 'a> FnMut(Seen<'s, 'a>) -> Result<bool>,
) -> Result<()> {
    let mut follower = offline();
    let mut arena = Bump::new();
    events.read(|read| {
        let raw = match read {
            Read::Machine(snapshot) => {
                let more = look(Seen::Section(&snapshot.machine))?;
                follower.seed(snapshot);
                return Ok(more);
            }
            Read::Event(raw) => raw,
        };
        let Ok(step) = follower.take(&raw) else {
            return Ok(true);
        };
        let mut more = true;
        if !raw.state_only {
            let record = follower.record(&step);
            let wanted = match filter {
                Some(filter) => filter.matches(&record, &arena),
                None => step.event.info().category != Category::Internal,
            };
            if wanted {
                more = look(Seen::Event(&step, &record, &arena))?;
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
    follow(events, filter, |seen| {
        let Seen::Event(_, record, arena) = seen else {
            return Ok(true);
        };
        line.clear();
        template.render(record, PrintOptions::default(), arena, &mut line);
        line.push(b'\n');
        out.write_all(&line)?;
        left -= 1;
        Ok(left > 0)
    })
}

fn summarise(events: &mut Events, filter: Option<&Condition>, out: &mut impl Write) -> Result<()> {
    let mut summary = Summary::default();
    follow(events, filter, |seen| {
        match seen {
            Seen::Section(machine) => summary.section(machine),
            Seen::Event(step, record, _) => summary.add(step, record),
        }
        Ok(true)
    })?;
    let columns = tcgetwinsize(io::stdout())
        .ok()
        .map(|size| size.ws_col.into());
    out.write_all(summary.text(columns).as_bytes())?;
    for line in events.left_out() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
