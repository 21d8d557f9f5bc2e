//! Fields of the process and thread behind an event.

use crate::args;
use crate::field::{Field, arg, field, ty};

pub(crate) const PROCESS: &[Field] = &[
    field(
        "proc.exe",
        ty::STR,
        "First item of the command line, argv[0].",
    ),
    field("proc.pexe", ty::STR, "proc.exe of the parent process."),
    field(
        "proc.aexe",
        ty::STR,
        "proc.exe of an ancestor: proc.aexe[1] is the parent's. Without a number, conditions hold \
         if any ancestor satisfies them, and outputs print all ancestors'.",
    )
    .arg(arg::INDEX)
    .any()
    .alone()
    .resolve(args::ancestor),
    field(
        "proc.exepath",
        ty::STR,
        "Path of the executable, symbolic links resolved.",
    ),
    field(
        "proc.pexepath",
        ty::STR,
        "proc.exepath of the parent process.",
    ),
    field(
        "proc.aexepath",
        ty::STR,
        "proc.exepath of an ancestor: proc.aexepath[1] is the parent's. Without a number, \
         conditions hold if any ancestor satisfies them, and outputs print all ancestors'.",
    )
    .arg(arg::INDEX)
    .any()
    .alone()
    .resolve(args::ancestor),
    field(
        "proc.name",
        ty::STR,
        "Name of the task, at most 15 bytes; a program may change its own.",
    ),
    field("proc.pname", ty::STR, "proc.name of the parent process."),
    field(
        "proc.aname",
        ty::STR,
        "proc.name of an ancestor: proc.aname[1] is the parent's. Without a number, conditions \
         hold if any ancestor satisfies them, and outputs print all ancestors'.",
    )
    .arg(arg::INDEX)
    .any()
    .alone()
    .resolve(args::ancestor),
    field(
        "proc.args",
        ty::STR,
        "Command line without its first item; proc.args[0] is the first argument.",
    )
    .arg(arg::INDEX)
    .resolve(args::index),
    field(
        "proc.aargs",
        ty::STR,
        "proc.args of an ancestor: proc.aargs[1] is the parent's. Without a number: those of all \
         ancestors in one text.",
    )
    .arg(arg::INDEX)
    .resolve(args::ancestor),
    field(
        "proc.cmdline",
        ty::STR,
        "proc.name and proc.args in one text.",
    ),
    field(
        "proc.pcmdline",
        ty::STR,
        "proc.cmdline of the parent process.",
    ),
    field(
        "proc.acmdline",
        ty::STR,
        "proc.cmdline of an ancestor: proc.acmdline[1] is the parent's. Without a number, \
         conditions hold if any ancestor satisfies them, and outputs print all ancestors'.",
    )
    .arg(arg::INDEX)
    .any()
    .alone()
    .resolve(args::ancestor),
    field(
        "proc.cmdnargs",
        ty::U64,
        "How many arguments the command line has, the first item not counted.",
    ),
    field(
        "proc.cmdlenargs",
        ty::U64,
        "How many bytes the arguments have together, without blanks between them.",
    ),
    field(
        "proc.exeline",
        ty::STR,
        "proc.exe and proc.args in one text.",
    ),
    field(
        "proc.env",
        ty::STR,
        "Environment as `A=1 B=2`; proc.env[NAME] is the value of one variable.",
    )
    .arg(arg::INDEX_OR_KEY)
    .resolve(args::index_or_key),
    field(
        "proc.aenv",
        ty::STR,
        "Environment of an ancestor: proc.aenv[1] is the parent's, proc.aenv[NAME] the value of \
         that variable in the nearest of 20 ancestors that has it. Without an argument, conditions \
         hold if any ancestor satisfies them, and outputs print the process's own.",
    )
    .arg(arg::INDEX_OR_KEY)
    .any()
    .alone()
    .resolve(args::index_or_key),
    field(
        "proc.cwd",
        ty::STR,
        "Working directory, with a `/` at its end.",
    ),
    field(
        "proc.loginshellid",
        ty::I64,
        "Process id of the oldest shell among the process and its ancestors.",
    ),
    field(
        "proc.tty",
        ty::U32,
        "Device number of the controlling terminal, 0 without one.",
    ),
    field("proc.pid", ty::I64, "Process id."),
    field("proc.ppid", ty::I64, "Process id of the parent."),
    field(
        "proc.apid",
        ty::I64,
        "Process id of an ancestor: proc.apid[1] is the parent's. Without a number, conditions \
         hold if any ancestor satisfies them, and outputs print the process's own.",
    )
    .arg(arg::INDEX)
    .any()
    .alone()
    .resolve(args::ancestor),
    field("proc.vpid", ty::I64, "Process id in its own pid namespace."),
    field(
        "proc.pvpid",
        ty::I64,
        "Process id of the parent in the parent's pid namespace.",
    ),
    field(
        "proc.sid",
        ty::I64,
        "Session id in the pid namespace of the process.",
    ),
    field(
        "proc.sname",
        ty::STR,
        "proc.name of the session leader, or of the oldest known ancestor in the session.",
    ),
    field(
        "proc.sid.exe",
        ty::STR,
        "proc.exe of the session leader, or of the oldest known ancestor in the session.",
    ),
    field(
        "proc.sid.exepath",
        ty::STR,
        "proc.exepath of the session leader, or of the oldest known ancestor in the session.",
    ),
    field(
        "proc.vpgid",
        ty::I64,
        "Process group id in the pid namespace of the process.",
    ),
    field(
        "proc.vpgid.name",
        ty::STR,
        "proc.name of the leader of the group proc.vpgid, or of the oldest known ancestor in it.",
    ),
    field(
        "proc.vpgid.exe",
        ty::STR,
        "proc.exe of the leader of the group proc.vpgid, or of the oldest known ancestor in it.",
    ),
    field(
        "proc.vpgid.exepath",
        ty::STR,
        "proc.exepath of the leader of the group proc.vpgid, or of the oldest known ancestor in \
         it.",
    ),
    field(
        "proc.pgid",
        ty::I64,
        "Process group id in the host's pid namespace.",
    ),
    field(
        "proc.pgid.name",
        ty::STR,
        "proc.name of the leader of the group proc.pgid, or of the oldest known ancestor in it.",
    ),
    field(
        "proc.pgid.exe",
        ty::STR,
        "proc.exe of the leader of the group proc.pgid, or of the oldest known ancestor in it.",
    ),
    field(
        "proc.pgid.exepath",
        ty::STR,
        "proc.exepath of the leader of the group proc.pgid, or of the oldest known ancestor in it.",
    ),
    field(
        "proc.duration",
        ty::RELTIME,
        "Nanoseconds since the process was cloned.",
    ),
    field(
        "proc.ppid.duration",
        ty::RELTIME,
        "Nanoseconds since the parent was cloned. If that is not known, the number of descriptors \
         that the process has open, as in Falco.",
    ),
    field(
        "proc.pid.ts",
        ty::RELTIME,
        "When the process was cloned, nanoseconds since the epoch.",
    ),
    field(
        "proc.ppid.ts",
        ty::RELTIME,
        "When the parent was cloned, nanoseconds since the epoch.",
    ),
    field(
        "proc.is_exe_writable",
        ty::BOOL,
        "Whether the user who started the process may write to its executable.",
    ),
    field(
        "proc.is_exe_upper_layer",
        ty::BOOL,
        "Whether the executable is in the upper, writable layer of an overlay.",
    ),
    field(
        "proc.is_exe_lower_layer",
        ty::BOOL,
        "Whether the executable is in a lower layer of an overlay.",
    ),
    field(
        "proc.is_exe_from_memfd",
        ty::BOOL,
        "Whether the executable is an anonymous file in memory, made with memfd_create.",
    ),
    field(
        "proc.is_sid_leader",
        ty::BOOL,
        "Whether the process leads its session (proc.sid = proc.vpid).",
    ),
    field(
        "proc.is_vpgid_leader",
        ty::BOOL,
        "Whether the process leads its group in its own pid namespace (proc.vpgid = proc.vpid); \
         started by a shell, such a process was not run by a script.",
    ),
    field(
        "proc.is_pgid_leader",
        ty::BOOL,
        "Whether the process leads its group in the host's pid namespace (proc.pgid = proc.pid).",
    ),
    field("proc.exe_ino", ty::I64, "Inode number of the executable."),
    field(
        "proc.exe_ino.ctime",
        ty::ABSTIME,
        "Change time of the executable, nanoseconds since the epoch.",
    ),
    field(
        "proc.exe_ino.mtime",
        ty::ABSTIME,
        "Modification time of the executable, nanoseconds since the epoch.",
    ),
    field(
        "proc.exe_ino.ctime_duration_proc_start",
        ty::ABSTIME,
        "Nanoseconds from the change of the executable to the start of the process.",
    ),
    field(
        "proc.exe_ino.ctime_duration_pidns_start",
        ty::ABSTIME,
        "Nanoseconds from the start of the pid namespace to the change of the executable.",
    ),
    field(
        "proc.pidns_init_start_ts",
        ty::U64,
        "When the first process of the pid namespace started, nanoseconds since the epoch.",
    ),
    field(
        "thread.cap_permitted",
        ty::STR,
        "Permitted capabilities, separated by blanks.",
    ),
    field(
        "thread.cap_inheritable",
        ty::STR,
        "Inheritable capabilities, separated by blanks.",
    ),
    field(
        "thread.cap_effective",
        ty::STR,
        "Effective capabilities, separated by blanks.",
    ),
    field(
        "proc.fdopencount",
        ty::U64,
        "How many descriptors the process has open.",
    ),
    field(
        "proc.fdlimit",
        ty::I64,
        "How many descriptors the process may have open; -1 if unknown.",
    ),
    field(
        "proc.fdusage",
        ty::DOUBLE,
        "Percentage of proc.fdlimit that is in use.",
    ),
    field("proc.vmsize", ty::U64, "Virtual memory, KiB."),
    field("proc.vmrss", ty::U64, "Resident memory, KiB."),
    field("proc.vmswap", ty::U64, "Swapped memory, KiB."),
    field(
        "thread.pfmajor",
        ty::U64,
        "Major page faults since the thread started.",
    ),
    field(
        "thread.pfminor",
        ty::U64,
        "Minor page faults since the thread started.",
    ),
    field("thread.tid", ty::I64, "Thread id."),
    field(
        "thread.ismain",
        ty::BOOL,
        "Whether the thread is the main thread of its process.",
    ),
    field(
        "thread.vtid",
        ty::I64,
        "Thread id in its own pid namespace.",
    ),
    field(
        "thread.nametid",
        ty::STR,
        "proc.name and thread.tid in one text.",
    )
    .hidden(),
    field(
        "thread.exectime",
        ty::RELTIME,
        "Nanoseconds on the CPU before this switch event; 0 for other events.",
    ),
    field(
        "thread.totexectime",
        ty::RELTIME,
        "Nanoseconds on the CPU so far, as switch events tell.",
    ),
    field(
        "thread.cgroups",
        ty::STR,
        "Cgroups of the thread as `subsystem=path`, separated by blanks.",
    ),
    field(
        "thread.cgroup",
        ty::STR,
        "Path of one cgroup of the thread: thread.cgroup.cpu.",
    )
    .arg(arg::NEEDS_NAME)
    .resolve(args::cgroup),
    field(
        "proc.nthreads",
        ty::U64,
        "How many threads of the process are alive, the main thread included.",
    ),
    field(
        "proc.nchilds",
        ty::U64,
        "How many threads of the process besides the main thread are alive.",
    ),
    field(
        "thread.cpu",
        ty::DOUBLE,
        "CPU time between the last two procinfo events of the thread.",
    ),
    field(
        "thread.cpu.user",
        ty::DOUBLE,
        "CPU time in user mode between the last two procinfo events of the thread.",
    ),
    field(
        "thread.cpu.system",
        ty::DOUBLE,
        "CPU time in the kernel between the last two procinfo events of the thread.",
    ),
    field(
        "thread.vmsize",
        ty::U64,
        "proc.vmsize for a main thread, else 0.",
    ),
    field(
        "thread.vmrss",
        ty::U64,
        "proc.vmrss for a main thread, else 0.",
    ),
    field("thread.vmsize.b", ty::U64, "thread.vmsize in bytes.").hidden(),
    field("thread.vmrss.b", ty::U64, "thread.vmrss in bytes.").hidden(),
    field("proc.stdin.type", ty::STR, "fd.type of descriptor 0."),
    field("proc.stdout.type", ty::STR, "fd.type of descriptor 1."),
    field("proc.stderr.type", ty::STR, "fd.type of descriptor 2."),
    field("proc.stdin.name", ty::STR, "fd.name of descriptor 0."),
    field("proc.stdout.name", ty::STR, "fd.name of descriptor 1."),
    field("proc.stderr.name", ty::STR, "fd.name of descriptor 2."),
];

pub(crate) const USER: &[Field] = &[
    field(
        "user.uid",
        ty::U32,
        "Effective user id; 4294967295 if unknown.",
    ),
    field(
        "user.name",
        ty::STR,
        "Name of the user; `<NA>` if the user database has none.",
    ),
    field("user.homedir", ty::STR, "Home directory of the user."),
    field("user.shell", ty::STR, "Login shell of the user."),
    field(
        "user.loginuid",
        ty::I64,
        "Id of the user who logged in (audit user id); -1 if nobody did.",
    ),
    field("user.loginname", ty::STR, "Name of the user who logged in."),
];

pub(crate) const GROUP: &[Field] = &[
    field("group.gid", ty::U32, "Effective group id."),
    field(
        "group.name",
        ty::STR,
        "Name of the group; `<NA>` if the group database has none.",
    ),
];
