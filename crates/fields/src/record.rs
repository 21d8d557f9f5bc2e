//! One event as the source of field values.

use std::cell::OnceCell;

use bstr::{BStr, BString};
use bumpalo::Bump;
use bumpalo::collections::Vec;
use lanner_container::{Container, Identity};
use lanner_event::Event;
use lanner_event::schema::{EventFlags, EventType, Kind};
use lanner_filter::{Argument, FieldId, Record, Value};
use lanner_state::{Fd, FdTable, State, Subject, Thread};

use crate::field::Field;
use crate::session::{Session, Settings};
use crate::table;
use crate::text::printable;

/// The thread that the fields of an event are about: the one that caused it or, for an event of
/// the monitoring itself, the one whose id it carries. Its cgroups tell the identity that
/// [`EventRecord::new`] wants.
#[inline]
pub fn thread_of<'a>(event: &Event<'_>, state: &'a State, subject: Subject) -> Option<&'a Thread> {
    match subject.thread {
        Some(key) => state.thread(key),
        None => state.by_tid(event.tid),
    }
}

/// An event, what it is about, and everything that its fields are read from.
pub struct EventRecord<'a> {
    /// The event.
    pub(crate) event: &'a Event<'a>,
    /// The machine as the event left it.
    pub(crate) state: &'a State,
    subject: Subject,
    thread: Option<&'a Thread>,
    identity: Option<&'a Identity>,
    /// What lasts over events.
    pub(crate) session: &'a Session,
    fds: OnceCell<Option<&'a FdTable>>,
    fd: OnceCell<Option<&'a Fd>>,
}

impl<'a> EventRecord<'a> {
    /// The record of `event`, about which `State::apply` said `subject`. `identity` is what the
    /// cgroups of its thread ([`thread_of`]) belong to, `None` if there is no thread, or for an event that
    /// announces a container, that container. `session` has observed the event.
    pub fn new(
        event: &'a Event<'a>,
        state: &'a State,
        subject: Subject,
        identity: Option<&'a Identity>,
        session: &'a Session,
    ) -> EventRecord<'a> {
        let thread = thread_of(event, state, subject);
        EventRecord {
            event,
            state,
            subject,
            thread,
            identity,
            session,
            fds: OnceCell::new(),
            fd: OnceCell::new(),
        }
    }

    /// The thread that caused the event.
    #[inline]
    pub fn thread(&self) -> Option<&'a Thread> {
        self.thread
    }

    /// The main thread of a thread's process.
    pub fn leader(&self, thread: &'a Thread) -> Option<&'a Thread> {
        if thread.is_main() {
            Some(thread)
        } else {
            self.state.leader(thread)
        }
    }

    /// The parent process of the thread: the main thread of the one that started it.
    pub(crate) fn parent(&self) -> Option<&'a Thread> {
        self.ancestor(1)
    }

    /// The process `n` generations up, 0 for its own.
    pub(crate) fn ancestor(&self, n: u32) -> Option<&'a Thread> {
        let mut process = self.leader(self.thread?)?;
        // More generations than threads: their parents go round in a circle.
        if n as usize > self.state.thread_count() {
            return None;
        }
        for _ in 0..n {
            process = self.leader(self.state.parent(process)?)?;
        }
        Some(process)
    }

    /// The main threads of the ancestors of the process, the parent's first.
    pub fn ancestors(&self) -> impl Iterator<Item = &'a Thread> + use<'a> {
        match self.thread.and_then(|t| self.leader(t)) {
            Some(process) => Ancestors::of(self.state, process),
            None => Ancestors::none(self.state),
        }
    }

    /// The ancestors of the thread itself.
    pub(crate) fn thread_ancestors(&self) -> Ancestors<'a> {
        match self.thread {
            Some(thread) => Ancestors::of(self.state, thread),
            None => Ancestors::none(self.state),
        }
    }

    /// The working directory of the process.
    pub(crate) fn cwd(&self) -> &'a [u8] {
        match self.thread.and_then(|t| self.leader(t)) {
            Some(process) => &process.cwd,
            None => b"./",
        }
    }

    /// The descriptors of the thread.
    pub(crate) fn fds(&self) -> Option<&'a FdTable> {
        *self.fds.get_or_init(|| match self.subject.thread {
            Some(key) => self.state.fds_of(key),
            None => self.state.fds(self.thread?),
        })
    }

    /// The number of the descriptor that the event is about, −1 without one.
    pub(crate) fn fd_number(&self) -> i64 {
        self.subject.fd.unwrap_or(-1)
    }

    /// The descriptor that the event is about, if it is known.
    pub(crate) fn fd(&self) -> Option<&'a Fd> {
        *self
            .fd
            .get_or_init(|| self.fds()?.get(self.subject.fd.filter(|fd| *fd >= 0)?))
    }

    /// Whether the event creates, uses or destroys a descriptor, and its thread is known:
    /// otherwise it has no descriptor fields.
    pub(crate) fn is_about_fd(&self) -> bool {
        let info = self.event.info();
        self.thread.is_some()
            && (info.has(EventFlags::CREATES_FD)
                || info.has(EventFlags::USES_FD)
                || info.has(EventFlags::DESTROYS_FD))
    }

    /// Whether the event changed the name of its descriptor.
    pub(crate) fn fd_name_changed(&self) -> bool {
        self.subject.fd_name_changed
    }

    /// What the event happened in, if its thread is known.
    pub fn identity(&self) -> Option<&'a Identity> {
        self.identity
    }

    /// The container that the event happened in.
    pub(crate) fn container(&self) -> Option<&'a Container> {
        match self.identity? {
            Identity::Host => None,
            Identity::Container(container) => Some(container),
        }
    }

    /// The short id of the container, empty on the host.
    pub(crate) fn container_id(&self) -> &'a BStr {
        self.container()
            .map_or(BStr::new(""), |c| BStr::new(c.id.as_slice()))
    }

    /// The return value, if the event has one.
    pub(crate) fn return_value(&self) -> Option<i64> {
        let event = self.event;
        let returns = event.ty != EventType::GENERIC_X
            && event.info().kind == Kind::Syscall
            && !event.ty.is_enter()
            && event.nparams() > 0;
        if !returns {
            return None;
        }
        match event.param(0).map(<[u8]>::len) {
            Some(4 | 8) => event.int(0),
            _ => Some(0),
        }
    }

    pub(crate) fn settings(&self) -> &'a Settings {
        &self.session.settings
    }

    fn static_field(&self, field: FieldId) -> Option<Value<'a>> {
        let index = usize::from(field.0).checked_sub(table::rows().len())?;
        let (_, value) = self.session.settings.statics.get(index)?;
        Some(Value::Str(value))
    }

    fn printed(&self, value: Value<'a>, arena: &'a Bump) -> Value<'a> {
        match value {
            Value::Str(text) => Value::Str(printable(text, arena)),
            Value::Many(values) => {
                let mut out = Vec::with_capacity_in(values.len(), arena);
                out.extend(values.iter().map(|v| self.printed(*v, arena)));
                Value::Many(out.into_bump_slice())
            }
            other => other,
        }
    }
}

impl<'a> Record<'a> for EventRecord<'a> {
    #[inline]
    fn extract(&self, field: FieldId, arg: &Argument, arena: &'a Bump) -> Option<Value<'a>> {
        match row(field) {
            Some(row) => row.value(self, arg, arena),
            None => self.static_field(field),
        }
    }

    fn print(&self, field: FieldId, arg: &Argument, arena: &'a Bump) -> Option<Value<'a>> {
        let value = match row(field) {
            Some(row) => row.printed(self, arg, arena),
            None => self.static_field(field),
        };
        Some(self.printed(value?, arena))
    }

    fn json(&self, field: FieldId, arg: &Argument, arena: &'a Bump) -> Option<Value<'a>> {
        let value = match row(field) {
            Some(row) => row.json(self, arg, arena),
            None => self.static_field(field),
        };
        Some(self.printed(value?, arena))
    }
}

fn row(field: FieldId) -> Option<&'static Field> {
    table::rows().get(usize::from(field.0)).copied()
}

/// A walk from parent to parent. It ends at a thread that is not known, at one that is its own
/// parent, and before it goes round a circle again.
pub(crate) struct Ancestors<'a> {
    state: &'a State,
    next: Option<&'a Thread>,
    /// Runs ahead at twice the pace: the two meet if there is a circle.
    ahead: Option<&'a Thread>,
}

impl<'a> Ancestors<'a> {
    fn of(state: &'a State, thread: &Thread) -> Ancestors<'a> {
        let next = state.parent(thread);
        Ancestors {
            state,
            next,
            ahead: next.and_then(|t| state.parent(t)),
        }
    }

    fn none(state: &'a State) -> Ancestors<'a> {
        Ancestors {
            state,
            next: None,
            ahead: None,
        }
    }
}

impl<'a> Iterator for Ancestors<'a> {
    type Item = &'a Thread;

    fn next(&mut self) -> Option<&'a Thread> {
        let current = self.next.filter(|t| t.tid != -1)?;
        self.next = self.state.parent(current);
        for _ in 0..2 {
            self.ahead = self.ahead.and_then(|t| self.state.parent(t));
            if let Some(next) = self.next {
                let meets = self.ahead.is_some_and(|t| t.tid == next.tid);
                if meets || next.tid == next.ptid {
                    self.next = None;
                }
            }
        }
        Some(current)
    }
}

/// The items of a NUL-terminated list, as `args` and `env` of a process are kept.
pub(crate) fn items(list: &BString) -> impl Iterator<Item = &[u8]> + Clone {
    let list = list.strip_suffix(b"\0").unwrap_or(list.as_slice());
    let mut parts = list.split(|b| *b == 0);
    if list.is_empty() {
        parts.next();
    }
    parts
}
