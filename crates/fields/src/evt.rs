//! Values of `evt.*`.

use bstr::ByteSlice;
use bumpalo::Bump;
use lanner_event::Event;
use lanner_event::schema::{Category, EventFlags, EventType, Kind};
use lanner_filter::{Argument, Type, Value};
use lanner_state::FdType;

use crate::paths::abspath_params;
use crate::record::EventRecord;
use crate::render::{self, AT_FDCWD, NOT_AVAILABLE, best, parameter};
use crate::text::Text;
use crate::{args, kinds, path};

/// What an extractor returns.
pub(crate) type Out<'a> = Option<Value<'a>>;

/// A text that the schema or this crate has.
pub(crate) fn word<'a>(text: &'static str) -> Out<'a> {
    Some(Value::Str(text.as_bytes()))
}

fn flag<'a>(set: bool) -> Out<'a> {
    Some(Value::Bool(set))
}

fn has(record: &EventRecord<'_>, flag: EventFlags) -> bool {
    record.event.info().has(flag)
}

/// Names of generic events are those of their calls, names of asynchronous ones are in them.
pub(crate) fn name<'a>(event: &Event<'a>) -> &'a [u8] {
    match event.ty {
        EventType::GENERIC_X => kinds::generic_syscall(event).name().as_bytes(),
        EventType::ASYNCEVENT_E => async_name(event),
        ty => ty.name().as_bytes(),
    }
}

fn async_name<'a>(event: &Event<'a>) -> &'a [u8] {
    event.text(1).map_or(NOT_AVAILABLE, |name| name.as_bytes())
}

pub(crate) fn async_type<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    (record.event.info().kind == Kind::Meta).then(|| Value::Str(name(record.event)))
}

pub(crate) fn syscall_type<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    (record.event.info().kind == Kind::Syscall).then(|| Value::Str(name(record.event)))
}

pub(crate) fn hostname<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let name = match &record.settings().hostname {
        Some(name) => name,
        None => &record.state.machine().hostname,
    };
    Some(Value::Str(name))
}

pub(crate) fn type_is<'a>(record: &EventRecord<'a>, arg: &Argument, _: &'a Bump) -> Out<'a> {
    let ty = u32::from(record.event.ty.0);
    let code = arg.token & !args::EXACT;
    let is = ty == code || (arg.token & args::EXACT == 0 && ty == code + 1);
    Some(Value::Uint(u64::from(is)))
}

pub(crate) fn category<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    word(match record.event.info().category {
        Category::Unknown => "unknown",
        Category::Other => "other",
        Category::File => "file",
        Category::Net => "net",
        Category::Ipc => "IPC",
        Category::Memory => "memory",
        Category::Process => "process",
        Category::Sleep => "sleep",
        Category::System => "system",
        Category::Signal => "signal",
        Category::User => "user",
        Category::Time => "time",
        Category::Processing => "processing",
        Category::IoRead | Category::IoWrite | Category::IoOther => {
            match record.fd().map(|fd| fd.ty) {
                Some(FdType::File | FdType::Directory) => "file",
                Some(FdType::Ipv4 | FdType::Ipv6 | FdType::Ipv4Server | FdType::Ipv6Server) => {
                    "net"
                }
                Some(
                    FdType::Pipe
                    | FdType::Unix
                    | FdType::Event
                    | FdType::Signal
                    | FdType::Inotify
                    | FdType::UserFault,
                ) => "ipc",
                _ => "unknown",
            }
        }
        Category::Wait => "wait",
        Category::Scheduler => "scheduler",
        Category::Internal => "internal",
    })
}

pub(crate) fn all_args<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    let mut out = Text::new(arena);
    // The parameters of generic events are for the monitoring's own use.
    if record.event.ty != EventType::GENERIC_X {
        for (index, info) in record.event.info().params.iter().enumerate() {
            let Some(value) = parameter(record, index, arena) else {
                break;
            };
            out.separate(b' ')
                .push(info.name.as_bytes())
                .byte(b'=')
                .push(value.raw);
            if !value.resolved.is_empty() {
                out.byte(b'(').push(value.resolved).byte(b')');
            }
        }
    }
    Some(Value::Str(out.finish()))
}

/// The position of the parameter that an argument names in this event.
fn position(record: &EventRecord<'_>, arg: &Argument) -> Option<usize> {
    match arg.token {
        args::BY_INDEX => usize::try_from(arg.index?).ok(),
        token => args::parameter_position(token, record.event.ty),
    }
}

pub(crate) fn arg<'a>(record: &EventRecord<'a>, arg: &Argument, arena: &'a Bump) -> Out<'a> {
    Some(Value::Str(best(record, position(record, arg)?, arena)?))
}

pub(crate) fn printed_arg<'a>(
    record: &EventRecord<'a>,
    arg: &Argument,
    arena: &'a Bump,
) -> Out<'a> {
    let value = parameter(record, position(record, arg)?, arena)?;
    Some(Value::Str(value.best()))
}

pub(crate) fn raw_arg<'a>(record: &EventRecord<'a>, arg: &Argument, _: &'a Bump) -> Out<'a> {
    let index = position(record, arg)?;
    let info = record.event.info().params.get(index)?;
    let value = render::raw(info, record.event.param(index)?)?;
    // Parameters of one name differ in type between events; conditions were compiled for the
    // first of them.
    Some(match (args::parameter_type(arg).0, value) {
        (Type::Int(_), Value::Uint(n)) => Value::Int(n as i64),
        (Type::Uint(_) | Type::Port | Type::RelTime | Type::AbsTime, Value::Int(n)) => {
            Value::Uint(n as u64)
        }
        (Type::Bool, Value::Uint(n)) => Value::Bool(n != 0),
        (Type::Str | Type::Path, Value::Bytes(bytes)) => Value::Str(bytes),
        (Type::Bytes, Value::Str(text)) => Value::Bytes(text),
        (_, value) => value,
    })
}

fn data<'a>(record: &EventRecord<'a>) -> Option<(usize, &'a [u8])> {
    let index = record.event.info().param("data")?;
    Some((index, record.event.param(index)?))
}

pub(crate) fn buffer<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    Some(Value::Bytes(data(record)?.1))
}

pub(crate) fn buffer_text<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    let (index, _) = data(record)?;
    Some(Value::Str(parameter(record, index, arena)?.raw))
}

/// Which transfers `evt.buflen` and its variants count.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Way {
    Any,
    In,
    Out,
}

/// How many bytes moved, if the event moves data in that direction, over a descriptor of one of
/// these types.
pub(crate) fn buffer_len<'a>(
    record: &EventRecord<'a>,
    way: Way,
    over: fn(FdType) -> bool,
) -> Out<'a> {
    let wanted = match record.event.info().category {
        Category::IoRead => way != Way::Out,
        Category::IoWrite => way != Way::In,
        Category::IoOther => way == Way::Any,
        _ => false,
    };
    if !wanted || !over(record.fd()?.ty) {
        return None;
    }
    u64::try_from(record.return_value()?).ok().map(Value::Uint)
}

pub(crate) fn is_file(ty: FdType) -> bool {
    ty == FdType::File
}

pub(crate) fn is_net(ty: FdType) -> bool {
    matches!(
        ty,
        FdType::Ipv4 | FdType::Ipv6 | FdType::Ipv4Server | FdType::Ipv6Server
    )
}

pub(crate) fn res<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    match record.return_value()? {
        0.. => word("SUCCESS"),
        _ => Some(Value::Str(best(record, 0, arena)?)),
    }
}

pub(crate) fn failed<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    record.return_value().map(|value| Value::Bool(value < 0))
}

fn error_count<'a>(record: &EventRecord<'a>) -> Out<'a> {
    let value = record.return_value()?;
    Some(Value::Uint(u64::from(value < 0)))
}

/// The class that an error counts in.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum ErrorClass {
    Any,
    File,
    Net,
    Memory,
    Other,
}

pub(crate) fn error_in<'a>(record: &EventRecord<'a>, class: ErrorClass) -> Out<'a> {
    let memory = record.event.info().category == Category::Memory;
    let (file, net) = match record.fd() {
        Some(fd) => (
            matches!(fd.ty, FdType::File | FdType::Directory),
            is_net(fd.ty) || fd.ty == FdType::Unix,
        ),
        None => (
            is_open(record.event.ty) || record.event.ty == EventType::SYSCALL_CREAT_X,
            matches!(
                record.event.ty,
                EventType::SOCKET_ACCEPT_5_X
                    | EventType::SOCKET_ACCEPT4_6_X
                    | EventType::SOCKET_CONNECT_X
            ),
        ),
    };
    let counts = match class {
        ErrorClass::Any => true,
        ErrorClass::File => file,
        ErrorClass::Net => net,
        ErrorClass::Memory => memory,
        // With a descriptor, errors about memory are others too.
        ErrorClass::Other => !(file || net || (memory && record.fd().is_none())),
    };
    if counts { error_count(record) } else { None }
}

pub(crate) fn io_dir<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    if has(record, EventFlags::WRITES_FD) {
        word("write")
    } else if has(record, EventFlags::READS_FD) {
        word("read")
    } else {
        None
    }
}

pub(crate) fn is_io<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    flag(has(record, EventFlags::READS_FD) || has(record, EventFlags::WRITES_FD))
}

pub(crate) fn is_io_read<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    flag(has(record, EventFlags::READS_FD))
}

pub(crate) fn is_io_write<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    flag(has(record, EventFlags::WRITES_FD))
}

pub(crate) fn is_wait<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    flag(has(record, EventFlags::WAITS))
}

pub(crate) fn is_syslog<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    flag(
        has(record, EventFlags::WRITES_FD)
            && record
                .fd()
                .is_some_and(|fd| fd.name.contains_str("/dev/log")),
    )
}

pub(crate) fn count_exit<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    (!record.event.ty.is_enter()).then_some(Value::Uint(1))
}

pub(crate) fn count_procinfo<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let main = record.thread().is_some_and(|t| t.is_main());
    let counts = record.event.ty == EventType::PROCINFO_E && main;
    Some(Value::Uint(u64::from(counts)))
}

pub(crate) fn count_threadinfo<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    Some(Value::Uint(u64::from(
        record.event.ty == EventType::PROCINFO_E,
    )))
}

/// How far the event is from the time in the argument, whole milliseconds, rounded up.
pub(crate) fn around<'a>(record: &EventRecord<'a>, arg: &Argument, _: &'a Bump) -> Out<'a> {
    let distance = record.event.ts.abs_diff(arg.index?);
    Some(Value::Uint(distance.div_ceil(1_000_000)))
}

pub(crate) fn abspath<'a>(record: &EventRecord<'a>, arg: &Argument, arena: &'a Bump) -> Out<'a> {
    record.thread()?;
    let event = record.event;
    if event.ty == EventType::SYSCALL_OPEN_BY_HANDLE_AT_X {
        return match record.return_value()? {
            1.. => Some(Value::Str(path::join(
                b"",
                render::text(event.value_named("path")?),
                arena,
            ))),
            _ => None,
        };
    }
    let (dirfd, name) = abspath_params(event.ty, arg.token)?;
    let dirfd = event.int(event.info().param(dirfd)?)?;
    let name = render::text(event.value_named(name)?);
    let base = match dirfd {
        _ if name.starts_with(b"/") => b"",
        AT_FDCWD => record.cwd(),
        fd => match record.fds().and_then(|fds| fds.get(fd)) {
            Some(dir) => render::with_slash(&dir.name, arena),
            None => b"<UNKNOWN>/",
        },
    };
    Some(Value::Str(path::join(base, name, arena)))
}

/// open, openat, openat2 and open_by_handle_at.
fn is_open(ty: EventType) -> bool {
    flags_position(ty).is_some()
}

/// Where those calls have their flags. The mode comes next, but for the last, which has none.
fn flags_position(ty: EventType) -> Option<usize> {
    match ty {
        EventType::SYSCALL_OPEN_X | EventType::SYSCALL_OPEN_BY_HANDLE_AT_X => Some(2),
        EventType::SYSCALL_OPENAT_2_X | EventType::SYSCALL_OPENAT2_X => Some(3),
        _ => None,
    }
}

/// Open flags in the capture format's bits.
mod open_flag {
    pub(super) const RDONLY: u64 = 1;
    pub(super) const WRONLY: u64 = 2;
    pub(super) const CREAT: u64 = 4;
    pub(super) const TMPFILE: u64 = 0x2000;
    pub(super) const F_CREATED: u64 = 0x4000;
}

/// The bits of a mode that let someone execute the file.
const EXECUTABLE: u64 = 0o111;

fn open_flags(record: &EventRecord<'_>) -> u64 {
    flags_position(record.event.ty)
        .and_then(|at| record.event.uint(at))
        .unwrap_or(0)
}

pub(crate) fn is_open_read<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    flag(open_flags(record) & open_flag::RDONLY != 0)
}

pub(crate) fn is_open_write<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    flag(open_flags(record) & open_flag::WRONLY != 0)
}

pub(crate) fn is_open_create<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let flags = open_flags(record);
    let temporary =
        flags & open_flag::TMPFILE != 0 && record.return_value().is_some_and(|r| r >= 0);
    flag(flags & open_flag::F_CREATED != 0 || temporary)
}

pub(crate) fn is_open_exec<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let at = match record.event.ty {
        EventType::SYSCALL_CREAT_X => Some(2),
        EventType::SYSCALL_OPEN_BY_HANDLE_AT_X => None,
        ty if open_flags(record) & (open_flag::CREAT | open_flag::TMPFILE) != 0 => {
            flags_position(ty).map(|at| at + 1)
        }
        _ => None,
    };
    let mode = at.and_then(|at| record.event.uint(at)).unwrap_or(0);
    flag(mode & EXECUTABLE != 0)
}

/// The value after `key:` in the description of an infrastructure event of an old capture,
/// `key:value;key:value`.
pub(crate) fn infrastructure<'a>(record: &EventRecord<'a>, key: &str) -> Option<&'a [u8]> {
    if record.event.ty != EventType::INFRASTRUCTURE_EVENT_E {
        return None;
    }
    let description = record.event.text(2)?;
    let entry = description
        .as_bytes()
        .split(|b| *b == b';')
        .map(<[u8]>::trim_ascii)
        .find(|entry| entry.starts_with(key.as_bytes()))?;
    let (_, value) = entry.split_once_str(":")?;
    Some(value.trim_ascii())
}

/// The image of an infrastructure event, without its digest.
pub(crate) fn infrastructure_image<'a>(
    record: &EventRecord<'a>,
    _: &Argument,
    _: &'a Bump,
) -> Out<'a> {
    let image = infrastructure(record, "Image")?;
    let name = image.split_once_str("@").map_or(image, |(name, _)| name);
    Some(Value::Str(name))
}
