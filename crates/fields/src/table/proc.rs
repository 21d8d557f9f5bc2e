//! Fields of the process and thread behind an event.

use lanner_filter::Value;

use crate::args;
use crate::field::{Field, arg, field, ty};
use crate::proc::{self, Group};

pub(crate) const PROCESS: &[Field] = &[
    field(
        "proc.exe",
        ty::STR,
        "First item of the command line, argv[0].",
        |r, _, arena| proc::own(r, proc::exe, arena),
    ),
    field(
        "proc.pexe",
        ty::STR,
        "proc.exe of the parent process.",
        |r, _, arena| proc::of_parent(r, proc::exe, arena),
    ),
    field(
        "proc.aexe",
        ty::STR,
        "proc.exe of an ancestor: proc.aexe[1] is the parent's. Without a number, conditions hold \
         if any ancestor satisfies them, and outputs print all ancestors'.",
        |r, arg, arena| proc::of_ancestors(r, arg, proc::exe, arena),
    )
    .prints(|r, arg, arena| proc::of_ancestors_joined(r, arg, proc::exe, arena))
    .arg(arg::INDEX)
    .any()
    .alone()
    .resolve(args::ancestor),
    field(
        "proc.exepath",
        ty::STR,
        "Path of the executable, symbolic links resolved.",
        |r, _, arena| proc::own(r, proc::exepath, arena),
    ),
    field(
        "proc.pexepath",
        ty::STR,
        "proc.exepath of the parent process.",
        |r, _, arena| proc::of_parent(r, proc::exepath, arena),
    ),
    field(
        "proc.aexepath",
        ty::STR,
        "proc.exepath of an ancestor: proc.aexepath[1] is the parent's. Without a number, \
         conditions hold if any ancestor satisfies them, and outputs print all ancestors'.",
        |r, arg, arena| proc::of_ancestors(r, arg, proc::exepath, arena),
    )
    .prints(|r, arg, arena| proc::of_ancestors_joined(r, arg, proc::exepath, arena))
    .arg(arg::INDEX)
    .any()
    .alone()
    .resolve(args::ancestor),
    field(
        "proc.name",
        ty::STR,
        "Name of the task, at most 15 bytes; a program may change its own.",
        |r, _, arena| proc::own(r, proc::comm, arena),
    ),
    field(
        "proc.pname",
        ty::STR,
        "proc.name of the parent process.",
        |r, _, arena| proc::of_parent(r, proc::comm, arena),
    ),
    field(
        "proc.aname",
        ty::STR,
        "proc.name of an ancestor: proc.aname[1] is the parent's. Without a number, conditions \
         hold if any ancestor satisfies them, and outputs print all ancestors'.",
        |r, arg, arena| proc::of_ancestors(r, arg, proc::comm, arena),
    )
    .prints(|r, arg, arena| proc::of_ancestors_joined(r, arg, proc::comm, arena))
    .arg(arg::INDEX)
    .any()
    .alone()
    .resolve(args::ancestor),
    field(
        "proc.args",
        ty::STR,
        "Command line without its first item; proc.args[0] is the first argument.",
        proc::one_arg,
    )
    .arg(arg::INDEX)
    .resolve(args::index),
    field(
        "proc.aargs",
        ty::STR,
        "proc.args of an ancestor: proc.aargs[1] is the parent's. Without a number: those of all \
         ancestors in one text.",
        |r, arg, arena| proc::of_ancestors_joined(r, arg, proc::args, arena),
    )
    .arg(arg::INDEX)
    .resolve(args::ancestor),
    field(
        "proc.cmdline",
        ty::STR,
        "proc.name and proc.args in one text.",
        |r, _, arena| proc::own(r, proc::cmdline, arena),
    ),
    field(
        "proc.pcmdline",
        ty::STR,
        "proc.cmdline of the parent process.",
        |r, _, arena| proc::of_parent(r, proc::cmdline, arena),
    ),
    field(
        "proc.acmdline",
        ty::STR,
        "proc.cmdline of an ancestor: proc.acmdline[1] is the parent's. Without a number, \
         conditions hold if any ancestor satisfies them, and outputs print all ancestors'.",
        |r, arg, arena| proc::of_ancestors(r, arg, proc::cmdline, arena),
    )
    .prints(|r, arg, arena| proc::of_ancestors_joined(r, arg, proc::cmdline, arena))
    .arg(arg::INDEX)
    .any()
    .alone()
    .resolve(args::ancestor),
    field(
        "proc.cmdnargs",
        ty::U64,
        "How many arguments the command line has, the first item not counted.",
        proc::argument_count,
    ),
    field(
        "proc.cmdlenargs",
        ty::U64,
        "How many bytes the arguments have together, without blanks between them.",
        proc::argument_bytes,
    ),
    field(
        "proc.exeline",
        ty::STR,
        "proc.exe and proc.args in one text.",
        |r, _, arena| proc::own(r, proc::exeline, arena),
    ),
    field(
        "proc.env",
        ty::STR,
        "Environment as `A=1 B=2`; proc.env[NAME] is the value of one variable.",
        proc::own_env,
    )
    .arg(arg::INDEX_OR_KEY)
    .resolve(args::index_or_key),
    field(
        "proc.aenv",
        ty::STR,
        "Environment of an ancestor: proc.aenv[1] is the parent's, proc.aenv[NAME] the value of \
         that variable in the nearest of 20 ancestors that has it. Without an argument, conditions \
         hold if any ancestor satisfies them, and outputs print the process's own.",
        proc::ancestor_env,
    )
    .prints(proc::printed_ancestor_env)
    .arg(arg::INDEX_OR_KEY)
    .any()
    .alone()
    .resolve(args::index_or_key),
    field(
        "proc.cwd",
        ty::STR,
        "Working directory, with a `/` at its end.",
        |r, _, _| r.thread().map(|_| Value::Str(r.cwd())),
    ),
    field(
        "proc.loginshellid",
        ty::I64,
        "Process id of the oldest shell among the process and its ancestors.",
        proc::login_shell,
    ),
    field(
        "proc.tty",
        ty::U32,
        "Device number of the controlling terminal, 0 without one.",
        |r, _, _| r.thread().map(|t| Value::Uint(u64::from(t.tty))),
    ),
    field("proc.pid", ty::I64, "Process id.", proc::pid),
    field(
        "proc.ppid",
        ty::I64,
        "Process id of the parent.",
        proc::ppid,
    ),
    field(
        "proc.apid",
        ty::I64,
        "Process id of an ancestor: proc.apid[1] is the parent's. Without a number, conditions \
         hold if any ancestor satisfies them, and outputs print the process's own.",
        proc::ancestor_pids,
    )
    .prints(proc::ancestor_pid)
    .arg(arg::INDEX)
    .any()
    .alone()
    .resolve(args::ancestor),
    field(
        "proc.vpid",
        ty::I64,
        "Process id in its own pid namespace.",
        |r, _, _| proc::known_id(r.thread()?.vpid),
    ),
    field(
        "proc.pvpid",
        ty::I64,
        "Process id of the parent in the parent's pid namespace.",
        proc::pvpid,
    ),
    field(
        "proc.sid",
        ty::I64,
        "Session id in the pid namespace of the process.",
        |r, _, _| r.thread().map(|t| Value::Int(t.sid)),
    ),
    field(
        "proc.sname",
        ty::STR,
        "proc.name of the session leader, or of the oldest known ancestor in the session.",
        |r, _, arena| proc::of_leader(r, Group::Session, proc::comm, arena),
    ),
    field(
        "proc.sid.exe",
        ty::STR,
        "proc.exe of the session leader, or of the oldest known ancestor in the session.",
        |r, _, arena| proc::of_leader(r, Group::Session, proc::exe, arena),
    ),
    field(
        "proc.sid.exepath",
        ty::STR,
        "proc.exepath of the session leader, or of the oldest known ancestor in the session.",
        |r, _, arena| proc::of_leader(r, Group::Session, proc::exepath, arena),
    ),
    field(
        "proc.vpgid",
        ty::I64,
        "Process group id in the pid namespace of the process.",
        |r, _, _| r.thread().map(|t| Value::Int(t.vpgid)),
    ),
    field(
        "proc.vpgid.name",
        ty::STR,
        "proc.name of the leader of the group proc.vpgid, or of the oldest known ancestor in it.",
        |r, _, arena| proc::of_leader(r, Group::Virtual, proc::comm, arena),
    ),
    field(
        "proc.vpgid.exe",
        ty::STR,
        "proc.exe of the leader of the group proc.vpgid, or of the oldest known ancestor in it.",
        |r, _, arena| proc::of_leader(r, Group::Virtual, proc::exe, arena),
    ),
    field(
        "proc.vpgid.exepath",
        ty::STR,
        "proc.exepath of the leader of the group proc.vpgid, or of the oldest known ancestor in \
         it.",
        |r, _, arena| proc::of_leader(r, Group::Virtual, proc::exepath, arena),
    ),
    field(
        "proc.pgid",
        ty::I64,
        "Process group id in the host's pid namespace.",
        |r, _, _| r.thread().map(|t| Value::Int(t.pgid)),
    ),
    field(
        "proc.pgid.name",
        ty::STR,
        "proc.name of the leader of the group proc.pgid, or of the oldest known ancestor in it.",
        |r, _, arena| proc::of_leader(r, Group::Host, proc::comm, arena),
    ),
    field(
        "proc.pgid.exe",
        ty::STR,
        "proc.exe of the leader of the group proc.pgid, or of the oldest known ancestor in it.",
        |r, _, arena| proc::of_leader(r, Group::Host, proc::exe, arena),
    ),
    field(
        "proc.pgid.exepath",
        ty::STR,
        "proc.exepath of the leader of the group proc.pgid, or of the oldest known ancestor in it.",
        |r, _, arena| proc::of_leader(r, Group::Host, proc::exepath, arena),
    ),
    field(
        "proc.duration",
        ty::RELTIME,
        "Nanoseconds since the process was cloned.",
        proc::duration,
    ),
    field(
        "proc.ppid.duration",
        ty::RELTIME,
        "Nanoseconds since the parent was cloned. If that is not known, the number of descriptors \
         that the process has open, as in Falco.",
        proc::parent_duration,
    ),
    field(
        "proc.pid.ts",
        ty::RELTIME,
        "When the process was cloned, nanoseconds since the epoch.",
        |r, _, _| proc::nonzero(r.thread()?.clone_ts),
    ),
    field(
        "proc.ppid.ts",
        ty::RELTIME,
        "When the parent was cloned, nanoseconds since the epoch.",
        proc::parent_start,
    ),
    field(
        "proc.is_exe_writable",
        ty::BOOL,
        "Whether the user who started the process may write to its executable.",
        |r, _, _| r.thread().map(|t| Value::Bool(t.image.exe_writable)),
    ),
    field(
        "proc.is_exe_upper_layer",
        ty::BOOL,
        "Whether the executable is in the upper, writable layer of an overlay.",
        |r, _, _| r.thread().map(|t| Value::Bool(t.image.exe_upper_layer)),
    ),
    field(
        "proc.is_exe_lower_layer",
        ty::BOOL,
        "Whether the executable is in a lower layer of an overlay.",
        |r, _, _| r.thread().map(|t| Value::Bool(t.image.exe_lower_layer)),
    ),
    field(
        "proc.is_exe_from_memfd",
        ty::BOOL,
        "Whether the executable is an anonymous file in memory, made with memfd_create.",
        |r, _, _| r.thread().map(|t| Value::Bool(t.image.exe_from_memfd)),
    ),
    field(
        "proc.is_sid_leader",
        ty::BOOL,
        "Whether the process leads its session (proc.sid = proc.vpid).",
        |r, _, _| r.thread().map(|t| Value::Bool(t.sid == t.vpid)),
    ),
    field(
        "proc.is_vpgid_leader",
        ty::BOOL,
        "Whether the process leads its group in its own pid namespace (proc.vpgid = proc.vpid); \
         started by a shell, such a process was not run by a script.",
        |r, _, _| r.thread().map(|t| Value::Bool(t.vpgid == t.vpid)),
    ),
    field(
        "proc.is_pgid_leader",
        ty::BOOL,
        "Whether the process leads its group in the host's pid namespace (proc.pgid = proc.pid).",
        |r, _, _| r.thread().map(|t| Value::Bool(t.pgid == t.pid)),
    ),
    field(
        "proc.exe_ino",
        ty::I64,
        "Inode number of the executable.",
        |r, _, _| match r.thread()?.image.exe_ino {
            0 => None,
            ino => Some(Value::Int(ino as i64)),
        },
    ),
    field(
        "proc.exe_ino.ctime",
        ty::ABSTIME,
        "Change time of the executable, nanoseconds since the epoch.",
        |r, _, _| proc::nonzero(r.thread()?.image.exe_ino_ctime),
    ),
    field(
        "proc.exe_ino.mtime",
        ty::ABSTIME,
        "Modification time of the executable, nanoseconds since the epoch.",
        |r, _, _| proc::nonzero(r.thread()?.image.exe_ino_mtime),
    ),
    field(
        "proc.exe_ino.ctime_duration_proc_start",
        ty::ABSTIME,
        "Nanoseconds from the change of the executable to the start of the process.",
        proc::change_to_start,
    ),
    field(
        "proc.exe_ino.ctime_duration_pidns_start",
        ty::ABSTIME,
        "Nanoseconds from the start of the pid namespace to the change of the executable.",
        proc::namespace_to_change,
    ),
    field(
        "proc.pidns_init_start_ts",
        ty::U64,
        "When the first process of the pid namespace started, nanoseconds since the epoch.",
        |r, _, _| proc::nonzero(r.thread()?.pidns_init_start_ts),
    ),
    field(
        "thread.cap_permitted",
        ty::STR,
        "Permitted capabilities, separated by blanks.",
        |r, _, arena| proc::capabilities(r.thread()?.cap_permitted, arena),
    ),
    field(
        "thread.cap_inheritable",
        ty::STR,
        "Inheritable capabilities, separated by blanks.",
        |r, _, arena| proc::capabilities(r.thread()?.cap_inheritable, arena),
    ),
    field(
        "thread.cap_effective",
        ty::STR,
        "Effective capabilities, separated by blanks.",
        |r, _, arena| proc::capabilities(r.thread()?.cap_effective, arena),
    ),
    field(
        "proc.fdopencount",
        ty::U64,
        "How many descriptors the process has open.",
        proc::open_fds,
    ),
    field(
        "proc.fdlimit",
        ty::I64,
        "How many descriptors the process may have open; -1 if unknown.",
        proc::fdlimit,
    ),
    field(
        "proc.fdusage",
        ty::DOUBLE,
        "Percentage of proc.fdlimit that is in use.",
        proc::fd_usage,
    ),
    field("proc.vmsize", ty::U64, "Virtual memory, KiB.", |r, _, _| {
        r.thread().map(|t| Value::Uint(u64::from(t.vmsize_kb)))
    }),
    field("proc.vmrss", ty::U64, "Resident memory, KiB.", |r, _, _| {
        r.thread().map(|t| Value::Uint(u64::from(t.vmrss_kb)))
    }),
    field("proc.vmswap", ty::U64, "Swapped memory, KiB.", |r, _, _| {
        r.thread().map(|t| Value::Uint(u64::from(t.vmswap_kb)))
    }),
    field(
        "thread.pfmajor",
        ty::U64,
        "Major page faults since the thread started.",
        |r, _, _| r.thread().map(|t| Value::Uint(t.pfmajor)),
    ),
    field(
        "thread.pfminor",
        ty::U64,
        "Minor page faults since the thread started.",
        |r, _, _| r.thread().map(|t| Value::Uint(t.pfminor)),
    ),
    field("thread.tid", ty::I64, "Thread id.", proc::tid),
    field(
        "thread.ismain",
        ty::BOOL,
        "Whether the thread is the main thread of its process.",
        |r, _, _| r.thread().map(|t| Value::Bool(t.is_main())),
    ),
    field(
        "thread.vtid",
        ty::I64,
        "Thread id in its own pid namespace.",
        |r, _, _| proc::known_id(r.thread()?.vtid),
    ),
    field(
        "thread.nametid",
        ty::STR,
        "proc.name and thread.tid in one text.",
        proc::name_and_tid,
    )
    .hidden(),
    field(
        "thread.exectime",
        ty::RELTIME,
        "Nanoseconds on the CPU before this switch event; 0 for other events.",
        |r, _, _| Some(Value::Uint(r.session.on_cpu)),
    ),
    field(
        "thread.totexectime",
        ty::RELTIME,
        "Nanoseconds on the CPU so far, as switch events tell.",
        proc::total_on_cpu,
    ),
    field(
        "thread.cgroups",
        ty::STR,
        "Cgroups of the thread as `subsystem=path`, separated by blanks.",
        proc::cgroups,
    ),
    field(
        "thread.cgroup",
        ty::STR,
        "Path of one cgroup of the thread: thread.cgroup.cpu.",
        proc::cgroup,
    )
    .arg(arg::NEEDS_NAME)
    .resolve(args::cgroup),
    field(
        "proc.nthreads",
        ty::U64,
        "How many threads of the process are alive, the main thread included.",
        |r, _, _| proc::thread_count(r, true),
    ),
    field(
        "proc.nchilds",
        ty::U64,
        "How many threads of the process besides the main thread are alive.",
        |r, _, _| proc::thread_count(r, false),
    ),
    field(
        "thread.cpu",
        ty::DOUBLE,
        "CPU time between the last two procinfo events of the thread.",
        |r, _, _| proc::cpu_share(r, |share| share.total),
    ),
    field(
        "thread.cpu.user",
        ty::DOUBLE,
        "CPU time in user mode between the last two procinfo events of the thread.",
        |r, _, _| proc::cpu_share(r, |share| share.user),
    ),
    field(
        "thread.cpu.system",
        ty::DOUBLE,
        "CPU time in the kernel between the last two procinfo events of the thread.",
        |r, _, _| proc::cpu_share(r, |share| share.system),
    ),
    field(
        "thread.vmsize",
        ty::U64,
        "proc.vmsize for a main thread, else 0.",
        |r, _, _| proc::main_only(r, |t| t.vmsize_kb, 1),
    ),
    field(
        "thread.vmrss",
        ty::U64,
        "proc.vmrss for a main thread, else 0.",
        |r, _, _| proc::main_only(r, |t| t.vmrss_kb, 1),
    ),
    field(
        "thread.vmsize.b",
        ty::U64,
        "thread.vmsize in bytes.",
        |r, _, _| proc::main_only(r, |t| t.vmsize_kb, 1024),
    )
    .hidden(),
    field(
        "thread.vmrss.b",
        ty::U64,
        "thread.vmrss in bytes.",
        |r, _, _| proc::main_only(r, |t| t.vmrss_kb, 1024),
    )
    .hidden(),
    field(
        "proc.stdin.type",
        ty::STR,
        "fd.type of descriptor 0.",
        |r, _, _| proc::stream_type(r, 0),
    ),
    field(
        "proc.stdout.type",
        ty::STR,
        "fd.type of descriptor 1.",
        |r, _, _| proc::stream_type(r, 1),
    ),
    field(
        "proc.stderr.type",
        ty::STR,
        "fd.type of descriptor 2.",
        |r, _, _| proc::stream_type(r, 2),
    ),
    field(
        "proc.stdin.name",
        ty::STR,
        "fd.name of descriptor 0.",
        |r, _, _| proc::stream_name(r, 0),
    ),
    field(
        "proc.stdout.name",
        ty::STR,
        "fd.name of descriptor 1.",
        |r, _, _| proc::stream_name(r, 1),
    ),
    field(
        "proc.stderr.name",
        ty::STR,
        "fd.name of descriptor 2.",
        |r, _, _| proc::stream_name(r, 2),
    ),
];

pub(crate) const USER: &[Field] = &[
    field(
        "user.uid",
        ty::U32,
        "Effective user id; 4294967295 if unknown.",
        |r, _, _| r.thread().map(|t| Value::Uint(u64::from(t.uid))),
    ),
    field(
        "user.name",
        ty::STR,
        "Name of the user; `<NA>` if the user database has none.",
        proc::user_name,
    ),
    field(
        "user.homedir",
        ty::STR,
        "Home directory of the user.",
        proc::user_home,
    ),
    field(
        "user.shell",
        ty::STR,
        "Login shell of the user.",
        proc::user_shell,
    ),
    field(
        "user.loginuid",
        ty::I64,
        "Id of the user who logged in (audit user id); -1 if nobody did.",
        proc::login_uid,
    ),
    field(
        "user.loginname",
        ty::STR,
        "Name of the user who logged in.",
        proc::login_name,
    ),
];

pub(crate) const GROUP: &[Field] = &[
    field("group.gid", ty::U32, "Effective group id.", |r, _, _| {
        r.thread().map(|t| Value::Uint(u64::from(t.gid)))
    }),
    field(
        "group.name",
        ty::STR,
        "Name of the group; `<NA>` if the group database has none.",
        proc::group_name,
    ),
];
