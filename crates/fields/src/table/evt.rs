//! Fields of the event itself.

use lanner_event::schema::Kind;
use lanner_filter::Value;

use crate::evt::{self, ErrorClass, Way};
use crate::field::{Field, arg, field, ty};
use crate::record::EventRecord;
use crate::{args, kinds, time};

const SECOND: u64 = 1_000_000_000;

/// Nanoseconds since the first event; before it, since the epoch.
fn since_first(record: &EventRecord<'_>) -> u64 {
    record.event.ts.wrapping_sub(record.session.first_ts)
}

/// Fields that every event has, whatever its source.
pub(crate) const GENERIC: &[Field] = &[
    field(
        "evt.num",
        ty::U64,
        "Running number of the event, from 1.",
        |r, _, _| Some(Value::Uint(r.event.num)),
    ),
    field(
        "evt.time",
        ty::STR,
        "Local time of day of the event with nanoseconds, HH:MM:SS.nnnnnnnnn. An integer \
         (nanoseconds since the epoch) in JSON, as are the other times.",
        |r, _, arena| {
            Some(Value::Str(time::local(
                r.event.ts,
                &r.settings().zone,
                false,
                true,
                arena,
            )))
        },
    )
    .in_json(|r, _, _| Some(Value::Uint(r.event.ts))),
    field(
        "evt.time.s",
        ty::STR,
        "Local time of day of the event, HH:MM:SS.",
        |r, _, arena| {
            Some(Value::Str(time::local(
                r.event.ts,
                &r.settings().zone,
                false,
                false,
                arena,
            )))
        },
    )
    .in_json(|r, _, _| Some(Value::Uint(r.event.ts))),
    field(
        "evt.time.iso8601",
        ty::STR,
        "Time of the event in UTC as ISO 8601 with nanoseconds and offset.",
        |r, _, arena| Some(Value::Str(time::iso8601(r.event.ts, arena))),
    )
    .in_json(|r, _, _| Some(Value::Uint(r.event.ts))),
    field(
        "evt.datetime",
        ty::STR,
        "Local date and time of the event with nanoseconds.",
        |r, _, arena| {
            Some(Value::Str(time::local(
                r.event.ts,
                &r.settings().zone,
                true,
                true,
                arena,
            )))
        },
    )
    .in_json(|r, _, _| Some(Value::Uint(r.event.ts))),
    field(
        "evt.datetime.s",
        ty::STR,
        "Local date and time of the event.",
        |r, _, arena| {
            Some(Value::Str(time::local(
                r.event.ts,
                &r.settings().zone,
                true,
                false,
                arena,
            )))
        },
    )
    .in_json(|r, _, _| Some(Value::Uint(r.event.ts))),
    field(
        "evt.rawtime",
        ty::ABSTIME,
        "Time of the event, nanoseconds since the epoch.",
        |r, _, _| Some(Value::Uint(r.event.ts)),
    ),
    field(
        "evt.rawtime.s",
        ty::ABSTIME,
        "Time of the event, whole seconds since the epoch.",
        |r, _, _| Some(Value::Uint(r.event.ts / SECOND)),
    ),
    field(
        "evt.rawtime.ns",
        ty::ABSTIME9,
        "Nanoseconds of the event within its second.",
        |r, _, _| Some(Value::Uint(r.event.ts % SECOND)),
    ),
    field(
        "evt.reltime",
        ty::RELTIME9,
        "Nanoseconds since the first event.",
        |r, _, _| Some(Value::Uint(since_first(r))),
    ),
    field(
        "evt.reltime.s",
        ty::RELTIME,
        "Whole seconds since the first event.",
        |r, _, _| Some(Value::Uint(since_first(r) / SECOND)),
    ),
    field(
        "evt.reltime.ns",
        ty::RELTIME9,
        "Nanoseconds since the first event within their second.",
        |r, _, _| Some(Value::Uint(since_first(r) % SECOND)),
    ),
    field(
        "evt.pluginname",
        ty::STR,
        "Name of the plugin that made the event; only for events of plugins.",
        |_, _, _| None,
    ),
    field(
        "evt.plugininfo",
        ty::STR,
        "The event as its plugin puts it in words; only for events of plugins.",
        |_, _, _| None,
    ),
    field(
        "evt.source",
        ty::STR,
        "The event source, such as `syscall`.",
        |_, _, _| evt::word("syscall"),
    ),
    field(
        "evt.is_async",
        ty::BOOL,
        "Whether the event is one of the monitoring itself rather than of a program.",
        |r, _, _| Some(Value::Bool(r.event.info().kind == Kind::Meta)),
    ),
    field(
        "evt.asynctype",
        ty::STR,
        "For an event of the monitoring itself: its kind, such as `container`.",
        evt::async_type,
    ),
    field(
        "evt.hostname",
        ty::STR,
        "Name of the machine; the environment variable FALCO_HOSTNAME overrides it.",
        evt::hostname,
    ),
];

/// Fields of system call and kernel events.
pub(crate) const SYSCALL: &[Field] = &[
    field(
        "evt.latency",
        ty::RELTIME,
        "Always 0: system calls are reported once, when they return.",
        |_, _, _| Some(Value::Uint(0)),
    )
    .deprecated(),
    field("evt.latency.s", ty::RELTIME, "Always 0.", |_, _, _| {
        Some(Value::Uint(0))
    })
    .deprecated(),
    field("evt.latency.ns", ty::RELTIME9, "Always 0.", |_, _, _| {
        Some(Value::Uint(0))
    })
    .deprecated(),
    field("evt.latency.quantized", ty::U64, "Always 0.", |_, _, _| {
        Some(Value::Uint(0))
    })
    .deprecated()
    .hidden(),
    field("evt.latency.human", ty::STR, "Always `0ns`.", |_, _, _| {
        evt::word("0ns")
    })
    .deprecated(),
    field(
        "evt.deltatime",
        ty::RELTIME,
        "Nanoseconds since the previous event.",
        |r, _, _| Some(Value::Uint(r.session.delta)),
    ),
    field(
        "evt.deltatime.s",
        ty::RELTIME,
        "Whole seconds since the previous event.",
        |r, _, _| Some(Value::Uint(r.session.delta / SECOND)),
    ),
    field(
        "evt.deltatime.ns",
        ty::RELTIME9,
        "Nanoseconds since the previous event within their second.",
        |r, _, _| Some(Value::Uint(r.session.delta % SECOND)),
    ),
    field(
        "evt.outputtime",
        ty::STR,
        "Same as evt.time.",
        |r, _, arena| {
            Some(Value::Str(time::local(
                r.event.ts,
                &r.settings().zone,
                false,
                true,
                arena,
            )))
        },
    )
    .in_json(|r, _, _| Some(Value::Uint(r.event.ts)))
    .print_only(),
    field(
        "evt.dir",
        ty::STR,
        "`<` for system calls, which are reported when they return, `>` for other events.",
        |r, _, _| evt::word(if r.event.ty.is_enter() { ">" } else { "<" }),
    )
    .deprecated(),
    field(
        "evt.type",
        ty::STR,
        "Name of the event; for a system call its name, such as `openat`.",
        |r, _, _| Some(Value::Str(evt::name(r.event))),
    ),
    field(
        "evt.type.is",
        ty::U32,
        "1 if the event is of the type in the argument, else 0: evt.type.is.openat.",
        evt::type_is,
    )
    .arg(arg::NEEDS_INDEX_OR_NAME)
    .resolve(args::event_type),
    field(
        "syscall.type",
        ty::STR,
        "Name of the system call; missing for events that are none.",
        evt::syscall_type,
    )
    .in_kinds(kinds::syscalls),
    field(
        "evt.category",
        ty::STR,
        "What the event is about: file, net, IPC, memory, process, sleep, system, signal, user, \
         time, processing, wait, scheduler, internal, other or unknown. Reads and writes take \
         file, net or ipc from their descriptor.",
        evt::category,
    ),
    field(
        "evt.cpu",
        ty::I16,
        "Number of the CPU that the event happened on.",
        |r, _, _| Some(Value::Int(i64::from(r.event.cpu as i16))),
    ),
    field(
        "evt.args",
        ty::STR,
        "All parameters of the event in one text, name=value.",
        evt::all_args,
    ),
    field(
        "evt.arg",
        ty::STR,
        "One parameter of the event by name or position, as text: evt.arg.flags, evt.arg[0]. Error \
         numbers, descriptors, flags and ids are put in words where that is possible.",
        evt::arg,
    )
    .arg(arg::NEEDS_INDEX_OR_NAME)
    .prints(evt::printed_arg)
    .resolve(args::parameter)
    .in_kinds(kinds::with_parameter),
    field(
        "evt.rawarg",
        ty::DYNAMIC,
        "One parameter of the event by name, as the number or bytes it is: evt.rawarg.res.",
        evt::raw_arg,
    )
    .arg(arg::NEEDS_NAME)
    .alone()
    .resolve(args::parameter)
    .typed_by(args::parameter_type)
    .in_kinds(kinds::with_parameter),
    field("evt.info", ty::STR, "Same as evt.args.", evt::all_args),
    field(
        "evt.buffer",
        ty::BYTES,
        "The data that a read, write, send or receive moved, as far as it was recorded.",
        evt::buffer,
    )
    .prints(evt::buffer_text)
    .in_kinds(kinds::with_data),
    field(
        "evt.buflen",
        ty::U64,
        "How many bytes a read, write, send or receive moved.",
        |r, _, _| evt::buffer_len(r, Way::Any, |_| true),
    )
    .in_kinds(kinds::io),
    field(
        "evt.res",
        ty::STR,
        "`SUCCESS`, or the name of the error, such as `ENOENT`; missing for events that return \
         nothing.",
        evt::res,
    ),
    field(
        "evt.rawres",
        ty::I64,
        "The return value; a negative one is an error number.",
        |r, _, _| r.return_value().map(Value::Int),
    ),
    field(
        "evt.failed",
        ty::BOOL,
        "Whether the event returned an error.",
        evt::failed,
    ),
    field(
        "evt.is_io",
        ty::BOOL,
        "Whether the event reads from or writes to a descriptor.",
        evt::is_io,
    ),
    field(
        "evt.is_io_read",
        ty::BOOL,
        "Whether the event reads from a descriptor.",
        evt::is_io_read,
    ),
    field(
        "evt.is_io_write",
        ty::BOOL,
        "Whether the event writes to a descriptor.",
        evt::is_io_write,
    ),
    field(
        "evt.io_dir",
        ty::STR,
        "`read` or `write`; missing for events that do neither.",
        evt::io_dir,
    ),
    field(
        "evt.is_wait",
        ty::BOOL,
        "Whether the event may make its thread wait: poll, select, epoll_wait, nanosleep.",
        evt::is_wait,
    ),
    field("evt.wait_latency", ty::RELTIME, "Always 0.", |_, _, _| {
        Some(Value::Uint(0))
    })
    .deprecated(),
    field(
        "evt.is_syslog",
        ty::BOOL,
        "Whether the event writes to /dev/log.",
        evt::is_syslog,
    ),
    field("evt.count", ty::U32, "Always 1.", |_, _, _| {
        Some(Value::Uint(1))
    }),
    field(
        "evt.count.error",
        ty::U32,
        "1 if the event returned an error, 0 if not; missing for events that return nothing.",
        |r, _, _| evt::error_in(r, ErrorClass::Any),
    ),
    field(
        "evt.count.error.file",
        ty::U32,
        "evt.count.error for events on files and directories; missing for others.",
        |r, _, _| evt::error_in(r, ErrorClass::File),
    ),
    field(
        "evt.count.error.net",
        ty::U32,
        "evt.count.error for events on sockets; missing for others.",
        |r, _, _| evt::error_in(r, ErrorClass::Net),
    ),
    field(
        "evt.count.error.memory",
        ty::U32,
        "evt.count.error for events about memory; missing for others.",
        |r, _, _| evt::error_in(r, ErrorClass::Memory),
    ),
    field(
        "evt.count.error.other",
        ty::U32,
        "evt.count.error for events on neither files nor sockets nor memory; missing for those.",
        |r, _, _| evt::error_in(r, ErrorClass::Other),
    ),
    field(
        "evt.count.exit",
        ty::U32,
        "1 for system calls, which are reported when they return; missing for other events.",
        evt::count_exit,
    ),
    field(
        "evt.count.procinfo",
        ty::U32,
        "1 for a procinfo event of a main thread, else 0.",
        evt::count_procinfo,
    )
    .hidden(),
    field(
        "evt.count.threadinfo",
        ty::U32,
        "1 for a procinfo event, else 0.",
        evt::count_threadinfo,
    )
    .hidden(),
    field(
        "evt.around",
        ty::U64,
        "evt.around[T]=D holds for events at most D milliseconds before or after T, nanoseconds \
         since the epoch.",
        evt::around,
    )
    .arg(arg::NEEDS_INDEX)
    .alone()
    .filter_only()
    .at_most(),
    field(
        "evt.abspath",
        ty::STR,
        "The absolute path that a call such as openat, unlinkat or renameat names by directory \
         descriptor and relative path. evt.abspath.src and evt.abspath.dst tell the two paths of \
         a call apart.",
        evt::abspath,
    )
    .arg(arg::NAME)
    .resolve(args::which_path)
    .in_kinds(kinds::with_abspath),
    field(
        "evt.buflen.in",
        ty::U64,
        "evt.buflen of reads.",
        |r, _, _| evt::buffer_len(r, Way::In, |_| true),
    )
    .hidden(),
    field(
        "evt.buflen.out",
        ty::U64,
        "evt.buflen of writes.",
        |r, _, _| evt::buffer_len(r, Way::Out, |_| true),
    )
    .hidden(),
    field(
        "evt.buflen.file",
        ty::U64,
        "evt.buflen of files.",
        |r, _, _| evt::buffer_len(r, Way::Any, evt::is_file),
    )
    .hidden(),
    field(
        "evt.buflen.file.in",
        ty::U64,
        "evt.buflen of reads of files.",
        |r, _, _| evt::buffer_len(r, Way::In, evt::is_file),
    )
    .hidden(),
    field(
        "evt.buflen.file.out",
        ty::U64,
        "evt.buflen of writes to files.",
        |r, _, _| evt::buffer_len(r, Way::Out, evt::is_file),
    )
    .hidden(),
    field(
        "evt.buflen.net",
        ty::U64,
        "evt.buflen of sockets.",
        |r, _, _| evt::buffer_len(r, Way::Any, evt::is_net),
    )
    .hidden(),
    field(
        "evt.buflen.net.in",
        ty::U64,
        "evt.buflen of reads from sockets.",
        |r, _, _| evt::buffer_len(r, Way::In, evt::is_net),
    )
    .hidden(),
    field(
        "evt.buflen.net.out",
        ty::U64,
        "evt.buflen of writes to sockets.",
        |r, _, _| evt::buffer_len(r, Way::Out, evt::is_net),
    )
    .hidden(),
    field(
        "evt.is_open_read",
        ty::BOOL,
        "Whether open, openat, openat2 or open_by_handle_at asked to read.",
        evt::is_open_read,
    ),
    field(
        "evt.is_open_write",
        ty::BOOL,
        "Whether open, openat, openat2 or open_by_handle_at asked to write.",
        evt::is_open_write,
    ),
    field(
        "evt.infra.docker.name",
        ty::STR,
        "Name of an infrastructure event of an old capture.",
        |r, _, _| evt::infrastructure(r, "Event").map(Value::Str),
    )
    .hidden(),
    field(
        "evt.infra.docker.container.id",
        ty::STR,
        "Container id in an infrastructure event of an old capture.",
        |r, _, _| evt::infrastructure(r, "ID").map(|id| Value::Str(&id[..id.len().min(12)])),
    )
    .hidden(),
    field(
        "evt.infra.docker.container.name",
        ty::STR,
        "Container name in an infrastructure event of an old capture.",
        |r, _, _| evt::infrastructure(r, "name").map(Value::Str),
    )
    .hidden(),
    field(
        "evt.infra.docker.container.image",
        ty::STR,
        "Image in an infrastructure event of an old capture.",
        evt::infrastructure_image,
    )
    .hidden(),
    field(
        "evt.is_open_exec",
        ty::BOOL,
        "Whether open, openat, openat2 or creat asked to create a file that may be executed.",
        evt::is_open_exec,
    ),
    field(
        "evt.is_open_create",
        ty::BOOL,
        "Whether open, openat, openat2 or open_by_handle_at created a file.",
        evt::is_open_create,
    ),
];
