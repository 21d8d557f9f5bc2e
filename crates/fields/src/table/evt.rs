//! Fields of the event itself.

use crate::field::{Field, arg, field, ty};
use crate::{args, kinds};

/// Fields that every event has, whatever its source.
pub(crate) const GENERIC: &[Field] = &[
    field("evt.num", ty::U64, "Running number of the event, from 1."),
    field(
        "evt.time",
        ty::STR,
        "Local time of day of the event with nanoseconds, HH:MM:SS.nnnnnnnnn. An integer \
         (nanoseconds since the epoch) in JSON, as are the other times.",
    ),
    field(
        "evt.time.s",
        ty::STR,
        "Local time of day of the event, HH:MM:SS.",
    ),
    field(
        "evt.time.iso8601",
        ty::STR,
        "Time of the event in UTC as ISO 8601 with nanoseconds and offset.",
    ),
    field(
        "evt.datetime",
        ty::STR,
        "Local date and time of the event with nanoseconds.",
    ),
    field(
        "evt.datetime.s",
        ty::STR,
        "Local date and time of the event.",
    ),
    field(
        "evt.rawtime",
        ty::ABSTIME,
        "Time of the event, nanoseconds since the epoch.",
    ),
    field(
        "evt.rawtime.s",
        ty::ABSTIME,
        "Time of the event, whole seconds since the epoch.",
    ),
    field(
        "evt.rawtime.ns",
        ty::ABSTIME9,
        "Nanoseconds of the event within its second.",
    ),
    field(
        "evt.reltime",
        ty::RELTIME9,
        "Nanoseconds since the first event.",
    ),
    field(
        "evt.reltime.s",
        ty::RELTIME,
        "Whole seconds since the first event.",
    ),
    field(
        "evt.reltime.ns",
        ty::RELTIME9,
        "Nanoseconds since the first event within their second.",
    ),
    field(
        "evt.pluginname",
        ty::STR,
        "Name of the plugin that made the event; only for events of plugins.",
    ),
    field(
        "evt.plugininfo",
        ty::STR,
        "The event as its plugin puts it in words; only for events of plugins.",
    ),
    field(
        "evt.source",
        ty::STR,
        "The event source, such as `syscall`.",
    ),
    field(
        "evt.is_async",
        ty::BOOL,
        "Whether the event is one of the monitoring itself rather than of a program.",
    ),
    field(
        "evt.asynctype",
        ty::STR,
        "For an event of the monitoring itself: its kind, such as `container`.",
    ),
    field(
        "evt.hostname",
        ty::STR,
        "Name of the machine; the environment variable FALCO_HOSTNAME overrides it.",
    ),
];

/// Fields of system call and kernel events.
pub(crate) const SYSCALL: &[Field] = &[
    field(
        "evt.latency",
        ty::RELTIME,
        "Always 0: system calls are reported once, when they return.",
    )
    .deprecated(),
    field("evt.latency.s", ty::RELTIME, "Always 0.").deprecated(),
    field("evt.latency.ns", ty::RELTIME9, "Always 0.").deprecated(),
    field("evt.latency.quantized", ty::U64, "Always 0.")
        .deprecated()
        .hidden(),
    field("evt.latency.human", ty::STR, "Always `0ns`.").deprecated(),
    field(
        "evt.deltatime",
        ty::RELTIME,
        "Nanoseconds since the previous event.",
    ),
    field(
        "evt.deltatime.s",
        ty::RELTIME,
        "Whole seconds since the previous event.",
    ),
    field(
        "evt.deltatime.ns",
        ty::RELTIME9,
        "Nanoseconds since the previous event within their second.",
    ),
    field("evt.outputtime", ty::STR, "Same as evt.time.").print_only(),
    field(
        "evt.dir",
        ty::STR,
        "`<` for system calls, which are reported when they return, `>` for other events.",
    )
    .deprecated(),
    field(
        "evt.type",
        ty::STR,
        "Name of the event; for a system call its name, such as `openat`.",
    ),
    field(
        "evt.type.is",
        ty::U32,
        "1 if the event is of the type in the argument, else 0: evt.type.is.openat.",
    )
    .arg(arg::NEEDS_INDEX_OR_NAME)
    .resolve(args::event_type),
    field(
        "syscall.type",
        ty::STR,
        "Name of the system call; missing for events that are none.",
    )
    .in_kinds(kinds::syscalls),
    field(
        "evt.category",
        ty::STR,
        "What the event is about: file, net, IPC, memory, process, sleep, system, signal, user, \
         time, processing, wait, scheduler, internal, other or unknown. Reads and writes take \
         file, net or ipc from their descriptor.",
    ),
    field(
        "evt.cpu",
        ty::I16,
        "Number of the CPU that the event happened on.",
    ),
    field(
        "evt.args",
        ty::STR,
        "All parameters of the event in one text, name=value.",
    ),
    field(
        "evt.arg",
        ty::STR,
        "One parameter of the event by name or position, as text: evt.arg.flags, evt.arg[0]. Error \
         numbers, descriptors, flags and ids are put in words where that is possible.",
    )
    .arg(arg::NEEDS_INDEX_OR_NAME)
    .resolve(args::parameter)
    .in_kinds(kinds::with_parameter),
    field(
        "evt.rawarg",
        ty::DYNAMIC,
        "One parameter of the event by name, as the number or bytes it is: evt.rawarg.res.",
    )
    .arg(arg::NEEDS_NAME)
    .alone()
    .resolve(args::parameter)
    .typed_by(args::parameter_type)
    .in_kinds(kinds::with_parameter),
    field("evt.info", ty::STR, "Same as evt.args."),
    field(
        "evt.buffer",
        ty::BYTES,
        "The data that a read, write, send or receive moved, as far as it was recorded.",
    )
    .in_kinds(kinds::with_data),
    field(
        "evt.buflen",
        ty::U64,
        "How many bytes a read, write, send or receive moved.",
    )
    .in_kinds(kinds::io),
    field(
        "evt.res",
        ty::STR,
        "`SUCCESS`, or the name of the error, such as `ENOENT`; missing for events that return \
         nothing.",
    ),
    field(
        "evt.rawres",
        ty::I64,
        "The return value; a negative one is an error number.",
    ),
    field(
        "evt.failed",
        ty::BOOL,
        "Whether the event returned an error.",
    ),
    field(
        "evt.is_io",
        ty::BOOL,
        "Whether the event reads from or writes to a descriptor.",
    ),
    field(
        "evt.is_io_read",
        ty::BOOL,
        "Whether the event reads from a descriptor.",
    ),
    field(
        "evt.is_io_write",
        ty::BOOL,
        "Whether the event writes to a descriptor.",
    ),
    field(
        "evt.io_dir",
        ty::STR,
        "`read` or `write`; missing for events that do neither.",
    ),
    field(
        "evt.is_wait",
        ty::BOOL,
        "Whether the event may make its thread wait: poll, select, epoll_wait, nanosleep.",
    ),
    field("evt.wait_latency", ty::RELTIME, "Always 0.").deprecated(),
    field(
        "evt.is_syslog",
        ty::BOOL,
        "Whether the event writes to /dev/log.",
    ),
    field("evt.count", ty::U32, "Always 1."),
    field(
        "evt.count.error",
        ty::U32,
        "1 if the event returned an error, 0 if not; missing for events that return nothing.",
    ),
    field(
        "evt.count.error.file",
        ty::U32,
        "evt.count.error for events on files and directories; missing for others.",
    ),
    field(
        "evt.count.error.net",
        ty::U32,
        "evt.count.error for events on sockets; missing for others.",
    ),
    field(
        "evt.count.error.memory",
        ty::U32,
        "evt.count.error for events about memory; missing for others.",
    ),
    field(
        "evt.count.error.other",
        ty::U32,
        "evt.count.error for events on neither files nor sockets nor memory; missing for those.",
    ),
    field(
        "evt.count.exit",
        ty::U32,
        "1 for system calls, which are reported when they return; missing for other events.",
    ),
    field(
        "evt.count.procinfo",
        ty::U32,
        "1 for a procinfo event of a main thread, else 0.",
    )
    .hidden(),
    field(
        "evt.count.threadinfo",
        ty::U32,
        "1 for a procinfo event, else 0.",
    )
    .hidden(),
    field(
        "evt.around",
        ty::U64,
        "evt.around[T]=D holds for events at most D milliseconds before or after T, nanoseconds \
         since the epoch.",
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
    )
    .arg(arg::NAME)
    .resolve(args::which_path)
    .in_kinds(kinds::with_abspath),
    field("evt.buflen.in", ty::U64, "evt.buflen of reads.").hidden(),
    field("evt.buflen.out", ty::U64, "evt.buflen of writes.").hidden(),
    field("evt.buflen.file", ty::U64, "evt.buflen of files.").hidden(),
    field(
        "evt.buflen.file.in",
        ty::U64,
        "evt.buflen of reads of files.",
    )
    .hidden(),
    field(
        "evt.buflen.file.out",
        ty::U64,
        "evt.buflen of writes to files.",
    )
    .hidden(),
    field("evt.buflen.net", ty::U64, "evt.buflen of sockets.").hidden(),
    field(
        "evt.buflen.net.in",
        ty::U64,
        "evt.buflen of reads from sockets.",
    )
    .hidden(),
    field(
        "evt.buflen.net.out",
        ty::U64,
        "evt.buflen of writes to sockets.",
    )
    .hidden(),
    field(
        "evt.is_open_read",
        ty::BOOL,
        "Whether open, openat, openat2 or open_by_handle_at asked to read.",
    ),
    field(
        "evt.is_open_write",
        ty::BOOL,
        "Whether open, openat, openat2 or open_by_handle_at asked to write.",
    ),
    field(
        "evt.infra.docker.name",
        ty::STR,
        "Name of an infrastructure event of an old capture.",
    )
    .hidden(),
    field(
        "evt.infra.docker.container.id",
        ty::STR,
        "Container id in an infrastructure event of an old capture.",
    )
    .hidden(),
    field(
        "evt.infra.docker.container.name",
        ty::STR,
        "Container name in an infrastructure event of an old capture.",
    )
    .hidden(),
    field(
        "evt.infra.docker.container.image",
        ty::STR,
        "Image in an infrastructure event of an old capture.",
    )
    .hidden(),
    field(
        "evt.is_open_exec",
        ty::BOOL,
        "Whether open, openat, openat2 or creat asked to create a file that may be executed.",
    ),
    field(
        "evt.is_open_create",
        ty::BOOL,
        "Whether open, openat, openat2 or open_by_handle_at created a file.",
    ),
];
