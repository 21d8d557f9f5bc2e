//! Values of `proc.*`, `thread.*`, `user.*` and `group.*`.

use bstr::ByteSlice;
use bumpalo::Bump;
use bumpalo::collections::Vec;
use lanner_event::schema::EventType;
use lanner_filter::{Argument, Value};
use lanner_state::{Fd, Thread, User};

use crate::args::BY_INDEX;
use crate::evt::{Out, word};
use crate::fd::type_name;
use crate::names;
use crate::record::{EventRecord, items};
use crate::session::CpuShare;
use crate::text::{Text, formatted};

/// How many ancestors `proc.aenv[NAME]` looks at.
const MAX_ENV_ANCESTORS: usize = 20;

/// The clone flag of a thread that was started in a pid namespace of its own.
const CHILD_IN_PIDNS: u32 = 0x2000_0000;

/// A text that a thread has, or that is made from it in the arena.
pub(crate) type OfThread = for<'a> fn(&EventRecord<'a>, &'a Thread, &'a Bump) -> &'a [u8];

pub(crate) fn comm<'a>(_: &EventRecord<'a>, thread: &'a Thread, _: &'a Bump) -> &'a [u8] {
    &thread.comm
}

pub(crate) fn exe<'a>(_: &EventRecord<'a>, thread: &'a Thread, _: &'a Bump) -> &'a [u8] {
    &thread.image.exe
}

pub(crate) fn exepath<'a>(_: &EventRecord<'a>, thread: &'a Thread, _: &'a Bump) -> &'a [u8] {
    &thread.image.exepath
}

pub(crate) fn args<'a>(_: &EventRecord<'a>, thread: &'a Thread, arena: &'a Bump) -> &'a [u8] {
    joined(items(&thread.image.args), arena)
}

pub(crate) fn cmdline<'a>(_: &EventRecord<'a>, thread: &'a Thread, arena: &'a Bump) -> &'a [u8] {
    let mut out = Text::new(arena);
    out.push(&thread.comm);
    for arg in items(&thread.image.args) {
        out.byte(b' ').push(arg);
    }
    out.finish()
}

pub(crate) fn exeline<'a>(
    record: &EventRecord<'a>,
    thread: &'a Thread,
    arena: &'a Bump,
) -> &'a [u8] {
    let mut out = Text::new(arena);
    out.push(&thread.image.exe)
        .byte(b' ')
        .push(args(record, thread, arena));
    out.finish()
}

/// The environment, which is that of the main thread.
pub(crate) fn env<'a>(record: &EventRecord<'a>, thread: &'a Thread, arena: &'a Bump) -> &'a [u8] {
    let process = record.leader(thread).unwrap_or(thread);
    joined(items(&process.image.env), arena)
}

fn joined<'a>(items: impl Iterator<Item = &'a [u8]> + Clone, arena: &'a Bump) -> &'a [u8] {
    let mut rest = items.clone();
    match (rest.next(), rest.next()) {
        (None, _) => b"",
        (Some(only), None) => only,
        _ => {
            let mut out = Text::new(arena);
            for (i, item) in items.enumerate() {
                if i > 0 {
                    out.byte(b' ');
                }
                out.push(item);
            }
            out.finish()
        }
    }
}

/// The value of one variable without blanks around it, empty if it is not set or empty.
fn variable<'a>(record: &EventRecord<'a>, thread: &'a Thread, name: &str) -> &'a [u8] {
    let process = record.leader(thread).unwrap_or(thread);
    items(&process.image.env)
        .filter_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
        .find(|value| !value.is_empty())
        .map_or(b"", |value| value.trim_with(|c| c == ' '))
}

pub(crate) fn own<'a>(record: &EventRecord<'a>, text: OfThread, arena: &'a Bump) -> Out<'a> {
    Some(Value::Str(text(record, record.thread()?, arena)))
}

pub(crate) fn of_parent<'a>(record: &EventRecord<'a>, text: OfThread, arena: &'a Bump) -> Out<'a> {
    Some(Value::Str(text(record, record.parent()?, arena)))
}

/// A text of the ancestor in the argument, or those of all ancestors.
pub(crate) fn of_ancestors<'a>(
    record: &EventRecord<'a>,
    arg: &Argument,
    text: OfThread,
    arena: &'a Bump,
) -> Out<'a> {
    if arg.index.is_some() {
        let ancestor = record.ancestor(arg.token)?;
        return Some(Value::Str(text(record, ancestor, arena)));
    }
    record.thread()?;
    let mut values = Vec::new_in(arena);
    values.extend(
        record
            .ancestors()
            .map(|t| Value::Str(text(record, t, arena))),
    );
    Some(Value::Many(values.into_bump_slice()))
}

/// A text of the ancestor in the argument, or those of all ancestors in one.
pub(crate) fn of_ancestors_joined<'a>(
    record: &EventRecord<'a>,
    arg: &Argument,
    text: OfThread,
    arena: &'a Bump,
) -> Out<'a> {
    if arg.index.is_some() {
        return of_ancestors(record, arg, text, arena);
    }
    let mut out = Text::new(arena);
    for ancestor in record.ancestors() {
        out.separate(b' ').push(text(record, ancestor, arena));
    }
    (!out.is_empty()).then(|| Value::Str(out.finish()))
}

pub(crate) fn ancestor_pids<'a>(
    record: &EventRecord<'a>,
    arg: &Argument,
    arena: &'a Bump,
) -> Out<'a> {
    if arg.index.is_some() {
        return ancestor_pid(record, arg, arena);
    }
    record.thread()?;
    let mut values = Vec::new_in(arena);
    values.extend(record.ancestors().map(|t| Value::Int(t.pid)));
    Some(Value::Many(values.into_bump_slice()))
}

/// The process id of the ancestor in the argument, the own one without an argument.
pub(crate) fn ancestor_pid<'a>(record: &EventRecord<'a>, arg: &Argument, _: &'a Bump) -> Out<'a> {
    let generation = if arg.index.is_some() { arg.token } else { 0 };
    process_id(record.ancestor(generation)?.pid)
}

/// A process id that can be one: -1 is unknown.
fn process_id<'a>(id: i64) -> Out<'a> {
    (-1..=i64::from(u32::MAX))
        .contains(&id)
        .then_some(Value::Int(id))
}

pub(crate) fn pid<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    process_id(record.thread()?.pid)
}

pub(crate) fn ppid<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    process_id(record.parent()?.pid)
}

pub(crate) fn tid<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    process_id(record.event.tid)
}

/// An id that is missing while it is not known.
pub(crate) fn known_id<'a>(id: i64) -> Out<'a> {
    (id != -1).then_some(Value::Int(id))
}

/// A number that is missing while it is 0.
pub(crate) fn nonzero<'a>(number: u64) -> Out<'a> {
    (number != 0).then_some(Value::Uint(number))
}

pub(crate) fn pvpid<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let parent = record.state.parent(record.thread()?)?;
    Some(Value::Int(parent.vpid))
}

pub(crate) fn one_arg<'a>(record: &EventRecord<'a>, arg: &Argument, arena: &'a Bump) -> Out<'a> {
    if arg.index.is_none() {
        return own(record, args, arena);
    }
    let arg = items(&record.thread()?.image.args).nth(arg.token as usize);
    Some(Value::Str(arg.unwrap_or_default()))
}

pub(crate) fn own_env<'a>(record: &EventRecord<'a>, arg: &Argument, arena: &'a Bump) -> Out<'a> {
    let thread = record.thread()?;
    let value = match arg.token {
        BY_INDEX if !arg.text.is_empty() => variable(record, thread, &arg.text),
        _ => env(record, thread, arena),
    };
    Some(Value::Str(value))
}

pub(crate) fn ancestor_env<'a>(
    record: &EventRecord<'a>,
    arg: &Argument,
    arena: &'a Bump,
) -> Out<'a> {
    if arg.text.is_empty() || (arg.token != BY_INDEX && arg.index.is_some()) {
        return of_ancestors(record, arg, env, arena);
    }
    record.thread()?;
    let value = record
        .ancestors()
        .take(MAX_ENV_ANCESTORS)
        .map(|t| variable(record, t, &arg.text))
        .find(|value| !value.is_empty());
    Some(Value::Str(value.unwrap_or_default()))
}

pub(crate) fn printed_ancestor_env<'a>(
    record: &EventRecord<'a>,
    arg: &Argument,
    arena: &'a Bump,
) -> Out<'a> {
    if arg.text.is_empty() {
        own(record, env, arena)
    } else {
        ancestor_env(record, arg, arena)
    }
}

pub(crate) fn argument_bytes<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let args = items(&record.thread()?.image.args);
    Some(Value::Uint(args.map(|a| a.len() as u64).sum()))
}

pub(crate) fn argument_count<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let args = items(&record.thread()?.image.args);
    Some(Value::Uint(args.count() as u64))
}

pub(crate) fn login_shell<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let process = record.leader(record.thread()?)?;
    std::iter::once(process)
        .chain(record.ancestors())
        .filter(|t| t.comm.ends_with(b"sh"))
        .last()
        .map(|t| Value::Int(t.pid))
}

/// The ids that group processes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Group {
    Session,
    /// Process group in the own pid namespace.
    Virtual,
    /// Process group in the host's pid namespace.
    Host,
}

impl Group {
    fn id(self, thread: &Thread) -> i64 {
        match self {
            Group::Session => thread.sid,
            Group::Virtual => thread.vpgid,
            Group::Host => thread.pgid,
        }
    }
}

/// A text of the leader of the group, or of the oldest known ancestor in it; empty if there is
/// none.
pub(crate) fn of_leader<'a>(
    record: &EventRecord<'a>,
    group: Group,
    text: OfThread,
    arena: &'a Bump,
) -> Out<'a> {
    let thread = record.thread()?;
    let leader = leader_of(record, thread, group);
    Some(Value::Str(leader.map_or(b"", |t| text(record, t, arena))))
}

fn leader_of<'a>(record: &EventRecord<'a>, thread: &'a Thread, group: Group) -> Option<&'a Thread> {
    let id = group.id(thread);
    if id == -1 {
        return None;
    }
    // Ids of another pid namespace are not those of the table of threads.
    let in_namespace =
        thread.flags & CHILD_IN_PIDNS != 0 || (thread.tid != thread.vtid && thread.vtid >= 0);
    if (group == Group::Host || !in_namespace)
        && let Some(leader) = record.state.by_tid(id)
    {
        return Some(leader);
    }
    record
        .thread_ancestors()
        .take_while(|t| group.id(t) == id)
        .last()
}

pub(crate) fn duration<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let start = record.thread()?.clone_ts;
    (start != 0).then(|| Value::Uint(record.event.ts.wrapping_sub(start)))
}

pub(crate) fn parent_duration<'a>(
    record: &EventRecord<'a>,
    arg: &Argument,
    arena: &'a Bump,
) -> Out<'a> {
    match record.parent()?.clone_ts {
        0 => open_fds(record, arg, arena),
        start => Some(Value::Uint(record.event.ts.wrapping_sub(start))),
    }
}

pub(crate) fn parent_start<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let parent = record.state.parent(record.thread()?)?;
    Some(Value::Uint(parent.clone_ts))
}

pub(crate) fn change_to_start<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let thread = record.thread()?;
    let change = thread.image.exe_ino_ctime;
    if thread.clone_ts == 0 || change == 0 {
        return None;
    }
    nonzero(thread.clone_ts.wrapping_sub(change))
}

pub(crate) fn namespace_to_change<'a>(
    record: &EventRecord<'a>,
    _: &Argument,
    _: &'a Bump,
) -> Out<'a> {
    let thread = record.thread()?;
    let start = thread.pidns_init_start_ts;
    if start == 0 {
        return None;
    }
    nonzero(thread.image.exe_ino_ctime.saturating_sub(start))
}

pub(crate) fn capabilities<'a>(set: u64, arena: &'a Bump) -> Out<'a> {
    let mut out = Text::new(arena);
    for name in names::capabilities(set) {
        out.separate(b' ').push(name.as_bytes());
    }
    Some(Value::Str(out.finish()))
}

fn fd_count(record: &EventRecord<'_>) -> Option<u64> {
    let process = record.leader(record.thread()?);
    let fds = process.and_then(|p| record.state.fds(p));
    Some(fds.map_or(0, |fds| fds.len() as u64))
}

fn fd_limit(record: &EventRecord<'_>) -> Option<i64> {
    let process = record.leader(record.thread()?);
    Some(process.map_or(0, |p| p.fdlimit))
}

pub(crate) fn open_fds<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    fd_count(record).map(Value::Uint)
}

pub(crate) fn fdlimit<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    fd_limit(record).map(Value::Int)
}

pub(crate) fn fd_usage<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let (count, limit) = (fd_count(record)?, fd_limit(record)?);
    Some(Value::Double(match limit {
        ..=0 => 0.0,
        limit => (count as f64 * 100.0 / limit as f64).min(100.0),
    }))
}

/// Memory of a thread in KiB, 0 for others than main threads, which share it.
pub(crate) fn main_only<'a>(
    record: &EventRecord<'a>,
    kib: fn(&Thread) -> u32,
    unit: u64,
) -> Out<'a> {
    let thread = record.thread()?;
    let kib = if thread.is_main() { kib(thread) } else { 0 };
    Some(Value::Uint(u64::from(kib) * unit))
}

pub(crate) fn name_and_tid<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    let mut out = Text::new(arena);
    out.push(&record.thread()?.comm)
        .format(format_args!("{}", record.event.tid));
    Some(Value::Str(out.finish()))
}

pub(crate) fn total_on_cpu<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    record.thread()?;
    Some(Value::Uint(record.session.total_on_cpu(record.event.tid)))
}

pub(crate) fn cgroups<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    let list = record.state.cgroups(record.thread()?.cgroups);
    let list = list.strip_suffix(b"\0").unwrap_or(list);
    if list.is_empty() {
        return None;
    }
    Some(Value::Str(arena.alloc_slice_fill_iter(
        list.iter().map(|b| if *b == 0 { b' ' } else { *b }),
    )))
}

pub(crate) fn cgroup<'a>(record: &EventRecord<'a>, arg: &Argument, _: &'a Bump) -> Out<'a> {
    let list: &[u8] = record.state.cgroups(record.thread()?.cgroups);
    list.split(|b| *b == 0)
        .filter_map(|entry| entry.split_once_str("="))
        .find(|(subsystem, _)| *subsystem == arg.text.as_bytes())
        .map(|(_, path)| Value::Str(path))
}

/// A share of CPU time, for procinfo events.
pub(crate) fn cpu_share<'a>(record: &EventRecord<'a>, of: fn(CpuShare) -> f64) -> Out<'a> {
    record.thread()?;
    record
        .session
        .cpu_share
        .map(|share| Value::Double(of(share)))
}

/// How many threads of the process are alive.
pub(crate) fn thread_count<'a>(record: &EventRecord<'a>, leader_counts: bool) -> Out<'a> {
    let leader = record.leader(record.thread()?);
    let alive = leader.map_or(0, |l| u64::from(l.nthreads));
    Some(Value::Uint(match leader_counts {
        true => alive,
        false => alive.saturating_sub(1),
    }))
}

/// A standard stream of the process.
pub(crate) fn stream<'a>(record: &EventRecord<'a>, number: i64) -> Option<&'a Fd> {
    record.fds()?.get(number)
}

pub(crate) fn stream_type<'a>(record: &EventRecord<'a>, number: i64) -> Out<'a> {
    word(type_name(stream(record, number)?.ty))
}

pub(crate) fn stream_name<'a>(record: &EventRecord<'a>, number: i64) -> Out<'a> {
    Some(Value::Str(&stream(record, number)?.name))
}

const UNKNOWN: &[u8] = b"<NA>";

/// Whether the event announces a container.
fn announces_container(record: &EventRecord<'_>) -> bool {
    match record.event.ty {
        EventType::CONTAINER_JSON_2_E => true,
        EventType::ASYNCEVENT_E => record.event.text(1).is_some_and(|name| name == "container"),
        _ => false,
    }
}

pub(crate) fn user_name<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let thread = record.thread()?;
    if announces_container(record)
        && let Some(user) = record.container().and_then(|c| c.user.as_ref())
        && !user.is_empty()
    {
        return Some(Value::Str(user));
    }
    Some(Value::Str(named_user(record, thread.uid)))
}

pub(crate) fn login_name<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    Some(Value::Str(named_user(record, record.thread()?.loginuid)))
}

/// A user of the container, or of the host outside of one. Old captures tell of users that their
/// writer could not name; these are as good as unknown.
fn user<'a>(record: &EventRecord<'a>, uid: u32) -> Option<&'a User> {
    let user = record.state.user(record.container_id(), uid)?;
    (user.name != UNKNOWN).then_some(user)
}

fn named_user<'a>(record: &EventRecord<'a>, uid: u32) -> &'a [u8] {
    match user(record, uid) {
        Some(user) => &user.name,
        None if uid == 0 => b"root",
        None => UNKNOWN,
    }
}

pub(crate) fn user_home<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let uid = record.thread()?.uid;
    let home: &[u8] = match user(record, uid) {
        Some(user) => &user.home,
        None if uid == 0 => b"/root",
        None => UNKNOWN,
    };
    Some(Value::Str(home))
}

pub(crate) fn user_shell<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let user = user(record, record.thread()?.uid);
    Some(Value::Str(user.map_or(UNKNOWN, |u| &u.shell)))
}

pub(crate) fn login_uid<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    Some(Value::Int(match record.thread()?.loginuid {
        u32::MAX => -1,
        uid => i64::from(uid),
    }))
}

pub(crate) fn group_name<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let gid = record.thread()?.gid;
    let name: &[u8] = match record.state.group(record.container_id(), gid) {
        Some(group) if group.name != UNKNOWN => &group.name,
        _ if gid == 0 => b"root",
        _ => UNKNOWN,
    };
    Some(Value::Str(name))
}

/// Digits of the thread id followed by those of the descriptor.
pub(crate) fn fd_uid<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    if !record.is_about_fd() {
        return None;
    }
    Some(Value::Str(formatted(
        arena,
        format_args!("{}{}", record.thread()?.tid, record.fd_number()),
    )))
}
