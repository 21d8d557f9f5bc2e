//! Kinds of events, and the kinds in which fields can have values.
//!
//! | kind | records |
//! |---|---|
//! | 0 to 453 | events of the type with this code |
//! | 460, 461 | asynchronous events called `container` and `container_removed` |
//! | 510, 511 | events of a type that the schema does not know, of even and of odd code |
//! | 512 + n | generic events of system call n of the capture format |

use std::collections::HashMap;
use std::sync::LazyLock;

use lanner_event::Event;
use lanner_event::schema::{
    Category, EVENT_COUNT, EventFlags, EventType, Kind, SYSCALL_CODE_COUNT, Syscall,
};
use lanner_filter::{Argument, KindId, KindSet};

use crate::args;

/// Asynchronous events with names of their own; other names share the kind of their type.
const ASYNC: [(&str, KindId); 2] = [
    ("container", KindId(460)),
    ("container_removed", KindId(461)),
];

/// Types that the schema does not know: even codes, odd codes.
const UNKNOWN: [KindId; 2] = [KindId(510), KindId(511)];

/// Where the kinds of generic events begin.
const GENERIC: u16 = 512;

const _: () = assert!(EVENT_COUNT <= 460);
const _: () = assert!(GENERIC as usize + SYSCALL_CODE_COUNT <= KindSet::CAPACITY);

/// The kind of an event: what conditions on `evt.type` select it by.
#[inline]
pub fn kind_of(event: &Event<'_>) -> KindId {
    match event.ty {
        EventType::GENERIC_X => generic(generic_syscall(event)),
        EventType::ASYNCEVENT_E => {
            let name = event.text(1).unwrap_or_default();
            ASYNC
                .iter()
                .find(|(n, _)| name == *n)
                .map_or(KindId(event.ty.0), |(_, kind)| *kind)
        }
        ty if usize::from(ty.0) < EVENT_COUNT => KindId(ty.0),
        ty => UNKNOWN[usize::from(ty.0 % 2)],
    }
}

/// The call behind a generic event. A call that the writer did not know has number 0; its number
/// on the writer's machine is then looked up as that of x86-64.
pub(crate) fn generic_syscall(event: &Event<'_>) -> Syscall {
    let code = event.uint(0).unwrap_or(0) as u16;
    if code == 0
        && let Some(native) = event.uint(1)
        && let Some(known) = Syscall::from_x86_64(native as u32)
    {
        return known;
    }
    Syscall(code)
}

fn generic(syscall: Syscall) -> KindId {
    if usize::from(syscall.0) < SYSCALL_CODE_COUNT {
        KindId(GENERIC + syscall.0)
    } else {
        KindId(GENERIC)
    }
}

/// The system calls and tracepoints that are reported as events of this kind; none for kinds of
/// which captures hold events and kernels make no more.
pub fn calls_behind(kind: KindId) -> impl Iterator<Item = Syscall> {
    let by_type =
        Syscall::all().filter(move |s| s.event.0 == kind.0 && s.event != EventType::GENERIC_X);
    let generic = kind.0.checked_sub(GENERIC).map(Syscall);
    let generic = generic.filter(|s| s.get().is_some());
    by_type.map(|s| s.code).chain(generic)
}

/// The type of the events of this kind.
pub fn type_behind(kind: KindId) -> EventType {
    match kind.0 {
        generic if generic >= GENERIC => EventType::GENERIC_X,
        _ if ASYNC.iter().any(|(_, k)| *k == kind) => EventType::ASYNCEVENT_E,
        code => EventType(code),
    }
}

/// What `evt.type` prints for events of this kind.
pub fn name_of(kind: KindId) -> &'static str {
    let asynchronous = ASYNC.iter().find(|(_, k)| *k == kind);
    match (asynchronous, kind.0.checked_sub(GENERIC)) {
        (Some((name, _)), _) => name,
        (None, Some(call)) => Syscall(call).name(),
        (None, None) => EventType(kind.0).name(),
    }
}

/// All kinds that events can have.
pub(crate) fn all() -> KindSet {
    (0..EVENT_COUNT as u16)
        .chain(ASYNC.iter().map(|(_, kind)| kind.0))
        .chain(UNKNOWN.map(|kind| kind.0))
        .chain(GENERIC..GENERIC + SYSCALL_CODE_COUNT as u16)
        .map(KindId)
        .collect()
}

/// Events with this `evt.type`; `None` if no event has it.
pub(crate) fn with_type(name: &str) -> Option<KindSet> {
    let mut set = named(name);
    for (async_name, kind) in ASYNC {
        if name == async_name {
            set.insert(kind);
        }
    }
    (!set.is_empty()).then_some(set)
}

/// Events with this `syscall.type`.
pub(crate) fn with_syscall_type(name: &str) -> Option<KindSet> {
    Some(named(name).intersection(&syscalls(&Argument::default())))
}

/// Event types and generic calls of this name. Large sets of rules ask often.
fn named(name: &str) -> KindSet {
    static NAMED: LazyLock<HashMap<&'static str, KindSet>> = LazyLock::new(|| {
        let mut named: HashMap<&'static str, KindSet> = HashMap::new();
        let mut add = |name, kind| named.entry(name).or_insert(KindSet::empty()).insert(kind);
        EventType::all().for_each(|t| add(t.name(), KindId(t.0)));
        Syscall::all().for_each(|s| add(s.name, generic(s.code)));
        (0..SYSCALL_CODE_COUNT as u16)
            .map(Syscall)
            .filter(|s| s.get().is_none())
            .for_each(|s| add("unknown", generic(s)));
        named
    });
    NAMED.get(name).cloned().unwrap_or(KindSet::empty())
}

/// Events with this `evt.dir`.
pub(crate) fn with_dir(dir: &str) -> Option<KindSet> {
    let enters: KindSet = (0..EVENT_COUNT as u16)
        .filter(|code| EventType(*code).is_enter())
        .chain(ASYNC.iter().map(|(_, kind)| kind.0))
        .chain([UNKNOWN[0].0])
        .map(KindId)
        .collect();
    Some(match dir {
        ">" => enters,
        "<" => all().difference(&enters),
        _ => KindSet::empty(),
    })
}

/// System calls.
pub(crate) fn syscalls(_: &Argument) -> KindSet {
    types(|t| t.info().kind == Kind::Syscall).union(&generics())
}

fn generics() -> KindSet {
    (0..SYSCALL_CODE_COUNT as u16)
        .map(|n| KindId(GENERIC + n))
        .collect()
}

fn types(keep: impl Fn(EventType) -> bool) -> KindSet {
    let mut set: KindSet = EventType::all()
        .filter(|t| keep(*t))
        .map(|t| KindId(t.0))
        .collect();
    if keep(EventType::ASYNCEVENT_E) {
        ASYNC.iter().for_each(|(_, kind)| set.insert(*kind));
    }
    if keep(EventType::GENERIC_X) {
        set = set.union(&generics());
    }
    set
}

/// Events with the parameter that the argument names; all events for a position.
pub(crate) fn with_parameter(arg: &Argument) -> KindSet {
    if arg.token == args::BY_INDEX {
        return all();
    }
    types(|t| args::parameter_position(arg.token, t).is_some())
}

/// Events with a `data` parameter.
pub(crate) fn with_data(_: &Argument) -> KindSet {
    types(|t| t.info().param("data").is_some())
}

/// Events that read from, write to or otherwise work on a descriptor.
pub(crate) fn io(_: &Argument) -> KindSet {
    types(|t| {
        matches!(
            t.info().category,
            Category::IoRead | Category::IoWrite | Category::IoOther
        )
    })
}

/// Events that create, use or destroy a descriptor.
pub(crate) fn with_fd(_: &Argument) -> KindSet {
    types(|t| {
        let info = t.info();
        info.has(EventFlags::CREATES_FD)
            || info.has(EventFlags::USES_FD)
            || info.has(EventFlags::DESTROYS_FD)
    })
}

/// Events with `evt.abspath`.
pub(crate) fn with_abspath(_: &Argument) -> KindSet {
    types(|t| {
        crate::paths::abspath_params(t, 0).is_some() || t == EventType::SYSCALL_OPEN_BY_HANDLE_AT_X
    })
}

/// Events with `fs.path.name`.
pub(crate) fn with_path(_: &Argument) -> KindSet {
    types(|t| crate::paths::path_param(t).is_some())
}

/// Events with `fs.path.source` and `fs.path.target`.
pub(crate) fn with_two_paths(_: &Argument) -> KindSet {
    types(|t| crate::paths::two_path_params(t).is_some())
}

/// poll and ppoll.
pub(crate) fn polls(_: &Argument) -> KindSet {
    types(|t| t == EventType::SYSCALL_POLL_X || t == EventType::SYSCALL_PPOLL_X)
}
