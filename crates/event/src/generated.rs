//! Made by `cargo xtask codegen` from `schema/*.txt`; change those.
#![cfg_attr(rustfmt, rustfmt_skip)]

use crate::schema::{Category, EventFlags, EventInfo, EventType, FlagTable, Format as F, Kind, ParamInfo, ParamType as T, Syscall, SyscallInfo};

/// How many event types there are.
pub const EVENT_COUNT: usize = 454;

/// One more than the highest number of a system call.
pub const SYSCALL_CODE_COUNT: usize = 454;

const fn p(name: &'static str, ty: T, format: F, table: Option<&'static FlagTable>, dirfd: Option<u8>, variants: &'static [ParamInfo]) -> ParamInfo {
    ParamInfo { name, ty, format, table, dirfd, variants }
}

static SOCKET_FAMILIES: FlagTable = FlagTable { name: "socket_families", entries: &[("AF_NFC", 0x27), ("AF_ALG", 0x26), ("AF_CAIF", 0x25), ("AF_IEEE802154", 0x24), ("AF_PHONET", 0x23), ("AF_ISDN", 0x22), ("AF_RXRPC", 0x21), ("AF_IUCV", 0x20), ("AF_BLUETOOTH", 0x1f), ("AF_TIPC", 0x1e), ("AF_CAN", 0x1d), ("AF_LLC", 0x1a), ("AF_WANPIPE", 0x19), ("AF_PPPOX", 0x18), ("AF_IRDA", 0x17), ("AF_SNA", 0x16), ("AF_RDS", 0x15), ("AF_ATMSVC", 0x14), ("AF_ECONET", 0x13), ("AF_ASH", 0x12), ("AF_PACKET", 0x11), ("AF_ROUTE", 0x10), ("AF_NETLINK", 0x10), ("AF_KEY", 0xf), ("AF_SECURITY", 0xe), ("AF_NETBEUI", 0xd), ("AF_DECnet", 0xc), ("AF_ROSE", 0xb), ("AF_INET6", 0xa), ("AF_X25", 0x9), ("AF_ATMPVC", 0x8), ("AF_BRIDGE", 0x7), ("AF_NETROM", 0x6), ("AF_APPLETALK", 0x5), ("AF_IPX", 0x4), ("AF_AX25", 0x3), ("AF_INET", 0x2), ("AF_LOCAL", 0x1), ("AF_UNIX", 0x1), ("AF_UNSPEC", 0x0)] };
static FILE_FLAGS: FlagTable = FlagTable { name: "file_flags", entries: &[("O_LARGEFILE", 0x800), ("O_DIRECTORY", 0x400), ("O_DIRECT", 0x200), ("O_TRUNC", 0x100), ("O_SYNC", 0x80), ("O_NONBLOCK", 0x40), ("O_EXCL", 0x20), ("O_DSYNC", 0x10), ("O_APPEND", 0x8), ("O_CREAT", 0x4), ("O_RDWR", 0x3), ("O_WRONLY", 0x2), ("O_RDONLY", 0x1), ("O_CLOEXEC", 0x1000), ("O_NONE", 0x0), ("O_TMPFILE", 0x2000), ("O_F_CREATED", 0x4000), ("FD_UPPER_LAYER", 0x8000), ("FD_LOWER_LAYER", 0x10000)] };
static CREAT_FLAGS: FlagTable = FlagTable { name: "creat_flags", entries: &[("FD_UPPER_LAYER_CREAT", 0x1), ("FD_LOWER_LAYER_CREAT", 0x2)] };
static FLOCK_FLAGS: FlagTable = FlagTable { name: "flock_flags", entries: &[("LOCK_SH", 0x1), ("LOCK_EX", 0x2), ("LOCK_NB", 0x4), ("LOCK_UN", 0x8), ("LOCK_NONE", 0x0)] };
static CLONE_FLAGS: FlagTable = FlagTable { name: "clone_flags", entries: &[("CLONE_FILES", 0x1), ("CLONE_FS", 0x2), ("CLONE_IO", 0x4), ("CLONE_NEWIPC", 0x8), ("CLONE_NEWNET", 0x10), ("CLONE_NEWNS", 0x20), ("CLONE_NEWPID", 0x40), ("CLONE_NEWUTS", 0x80), ("CLONE_PARENT", 0x100), ("CLONE_PARENT_SETTID", 0x200), ("CLONE_PTRACE", 0x400), ("CLONE_SIGHAND", 0x800), ("CLONE_SYSVSEM", 0x1000), ("CLONE_THREAD", 0x2000), ("CLONE_UNTRACED", 0x4000), ("CLONE_VM", 0x8000), ("CLONE_INVERTED", 0x10000), ("NAME_CHANGED", 0x20000), ("CLOSED", 0x40000), ("CLONE_NEWUSER", 0x100000), ("CLONE_CHILD_CLEARTID", 0x800000), ("CLONE_CHILD_SETTID", 0x1000000), ("CLONE_SETTLS", 0x2000000), ("CLONE_STOPPED", 0x4000000), ("CLONE_VFORK", 0x8000000), ("CLONE_NEWCGROUP", 0x10000000), ("CLONE_CHILD_IN_PIDNS", 0x20000000)] };
static FUTEX_OPERATIONS: FlagTable = FlagTable { name: "futex_operations", entries: &[("FUTEX_CLOCK_REALTIME", 0x100), ("FUTEX_PRIVATE_FLAG", 0x80), ("FUTEX_CMP_REQUEUE_PI", 0xc), ("FUTEX_WAIT_REQUEUE_PI", 0xb), ("FUTEX_WAKE_BITSET", 0xa), ("FUTEX_WAIT_BITSET", 0x9), ("FUTEX_TRYLOCK_PI", 0x8), ("FUTEX_UNLOCK_PI", 0x7), ("FUTEX_LOCK_PI", 0x6), ("FUTEX_WAKE_OP", 0x5), ("FUTEX_CMP_REQUEUE", 0x4), ("FUTEX_REQUEUE", 0x3), ("FUTEX_FD", 0x2), ("FUTEX_WAKE", 0x1), ("FUTEX_WAIT", 0x0)] };
static POLL_FLAGS: FlagTable = FlagTable { name: "poll_flags", entries: &[("POLLIN", 0x1), ("POLLPRI", 0x2), ("POLLOUT", 0x4), ("POLLRDHUP", 0x8), ("POLLERR", 0x10), ("POLLHUP", 0x20), ("POLLNVAL", 0x40), ("POLLRDNORM", 0x80), ("POLLRDBAND", 0x100), ("POLLWRNORM", 0x200), ("POLLWRBAND", 0x400)] };
static MOUNT_FLAGS: FlagTable = FlagTable { name: "mount_flags", entries: &[("RDONLY", 0x1), ("NOSUID", 0x2), ("NODEV", 0x4), ("NOEXEC", 0x8), ("SYNCHRONOUS", 0x10), ("REMOUNT", 0x20), ("MANDLOCK", 0x40), ("DIRSYNC", 0x80), ("NOATIME", 0x400), ("NODIRATIME", 0x800), ("BIND", 0x1000), ("MOVE", 0x2000), ("REC", 0x4000), ("SILENT", 0x8000), ("POSIXACL", 0x10000), ("UNBINDABLE", 0x20000), ("PRIVATE", 0x40000), ("SLAVE", 0x80000), ("SHARED", 0x100000), ("RELATIME", 0x200000), ("KERNMOUNT", 0x400000), ("I_VERSION", 0x800000), ("STRICTATIME", 0x1000000), ("LAZYTIME", 0x2000000), ("NOSEC", 0x10000000), ("BORN", 0x20000000), ("ACTIVE", 0x40000000), ("NOUSER", 0x80000000)] };
static UMOUNT_FLAGS: FlagTable = FlagTable { name: "umount_flags", entries: &[("FORCE", 0x1), ("DETACH", 0x2), ("EXPIRE", 0x4), ("NOFOLLOW", 0x8)] };
static LSEEK_WHENCE: FlagTable = FlagTable { name: "lseek_whence", entries: &[("SEEK_END", 0x2), ("SEEK_CUR", 0x1), ("SEEK_SET", 0x0)] };
static SHUTDOWN_HOW: FlagTable = FlagTable { name: "shutdown_how", entries: &[("SHUT_UNKNOWN", 0xffff), ("SHUT_RDWR", 0x2), ("SHUT_WR", 0x1), ("SHUT_RD", 0x0)] };
static RLIMIT_RESOURCES: FlagTable = FlagTable { name: "rlimit_resources", entries: &[("RLIMIT_UNKNOWN", 0xff), ("RLIMIT_RTTIME", 0xf), ("RLIMIT_RTPRIO", 0xe), ("RLIMIT_NICE", 0xd), ("RLIMIT_MSGQUEUE", 0xc), ("RLIMIT_SIGPENDING", 0xb), ("RLIMIT_LOCKS", 0xa), ("RLIMIT_AS", 0x9), ("RLIMIT_MEMLOCK", 0x8), ("RLIMIT_NOFILE", 0x7), ("RLIMIT_NPROC", 0x6), ("RLIMIT_RSS", 0x5), ("RLIMIT_CORE", 0x4), ("RLIMIT_STACK", 0x3), ("RLIMIT_DATA", 0x2), ("RLIMIT_FSIZE", 0x1), ("RLIMIT_CPU", 0x0)] };
static FCNTL_COMMANDS: FlagTable = FlagTable { name: "fcntl_commands", entries: &[("F_GETPIPE_SZ", 0x1d), ("F_SETPIPE_SZ", 0x1c), ("F_NOTIFY", 0x1b), ("F_DUPFD_CLOEXEC", 0x1a), ("F_CANCELLK", 0x19), ("F_GETLEASE", 0x18), ("F_SETLEASE", 0x17), ("F_GETOWN_EX", 0x16), ("F_SETOWN_EX", 0x15), ("F_SETLKW64", 0x13), ("F_SETLK64", 0x12), ("F_GETLK64", 0x11), ("F_GETSIG", 0xf), ("F_SETSIG", 0xd), ("F_GETOWN", 0xc), ("F_SETOWN", 0xa), ("F_SETLKW", 0x9), ("F_SETLK", 0x8), ("F_GETLK", 0x6), ("F_SETFL", 0x5), ("F_GETFL", 0x4), ("F_SETFD", 0x3), ("F_GETFD", 0x2), ("F_DUPFD", 0x1), ("F_OFD_GETLK", 0x1e), ("F_OFD_SETLK", 0x1f), ("F_OFD_SETLKW", 0x20), ("UNKNOWN", 0x0)] };
static SOCKOPT_LEVELS: FlagTable = FlagTable { name: "sockopt_levels", entries: &[("SOL_SOCKET", 0x1), ("SOL_TCP", 0x2), ("UNKNOWN", 0x0)] };
static SOCKOPT_OPTIONS: FlagTable = FlagTable { name: "sockopt_options", entries: &[("SO_COOKIE", 0x35), ("SO_MEMINFO", 0x34), ("SO_PEERGROUPS", 0x33), ("SO_ATTACH_BPF", 0x32), ("SO_INCOMING_CPU", 0x31), ("SO_BPF_EXTENSIONS", 0x30), ("SO_MAX_PACING_RATE", 0x2f), ("SO_BUSY_POLL", 0x2e), ("SO_SELECT_ERR_QUEUE", 0x2d), ("SO_LOCK_FILTER", 0x2c), ("SO_NOFCS", 0x2b), ("SO_PEEK_OFF", 0x2a), ("SO_WIFI_STATUS", 0x29), ("SO_RXQ_OVFL", 0x28), ("SO_DOMAIN", 0x27), ("SO_PROTOCOL", 0x26), ("SO_TIMESTAMPING", 0x25), ("SO_MARK", 0x24), ("SO_TIMESTAMPNS", 0x23), ("SO_PASSSEC", 0x22), ("SO_PEERSEC", 0x1f), ("SO_ACCEPTCONN", 0x1e), ("SO_TIMESTAMP", 0x1d), ("SO_PEERNAME", 0x1c), ("SO_DETACH_FILTER", 0x1b), ("SO_ATTACH_FILTER", 0x1a), ("SO_BINDTODEVICE", 0x19), ("SO_SECURITY_ENCRYPTION_NETWORK", 0x18), ("SO_SECURITY_ENCRYPTION_TRANSPORT", 0x17), ("SO_SECURITY_AUTHENTICATION", 0x16), ("SO_SNDTIMEO", 0x15), ("SO_RCVTIMEO", 0x14), ("SO_SNDLOWAT", 0x13), ("SO_RCVLOWAT", 0x12), ("SO_PEERCRED", 0x11), ("SO_PASSCRED", 0x10), ("SO_REUSEPORT", 0xf), ("SO_BSDCOMPAT", 0xe), ("SO_LINGER", 0xd), ("SO_PRIORITY", 0xc), ("SO_NO_CHECK", 0xb), ("SO_OOBINLINE", 0xa), ("SO_KEEPALIVE", 0x9), ("SO_RCVBUFFORCE", 0x21), ("SO_SNDBUFFORCE", 0x20), ("SO_RCVBUF", 0x8), ("SO_SNDBUF", 0x7), ("SO_BROADCAST", 0x6), ("SO_DONTROUTE", 0x5), ("SO_ERROR", 0x4), ("SO_TYPE", 0x3), ("SO_REUSEADDR", 0x2), ("SO_DEBUG", 0x1), ("UNKNOWN", 0x0)] };
static PTRACE_REQUESTS: FlagTable = FlagTable { name: "ptrace_requests", entries: &[("PTRACE_SINGLEBLOCK", 0x26), ("PTRACE_SYSEMU_SINGLESTEP", 0x25), ("PTRACE_SYSEMU", 0x24), ("PTRACE_ARCH_PRCTL", 0x23), ("PTRACE_SET_THREAD_AREA", 0x22), ("PTRACE_GET_THREAD_AREA", 0x21), ("PTRACE_OLDSETOPTIONS", 0x20), ("PTRACE_SETFPXREGS", 0x1f), ("PTRACE_GETFPXREGS", 0x1e), ("PTRACE_SETFPREGS", 0x1d), ("PTRACE_GETFPREGS", 0x1c), ("PTRACE_SETREGS", 0x1b), ("PTRACE_GETREGS", 0x1a), ("PTRACE_SETSIGMASK", 0x19), ("PTRACE_GETSIGMASK", 0x18), ("PTRACE_PEEKSIGINFO", 0x17), ("PTRACE_LISTEN", 0x16), ("PTRACE_INTERRUPT", 0x15), ("PTRACE_SEIZE", 0x14), ("PTRACE_SETREGSET", 0x13), ("PTRACE_GETREGSET", 0x12), ("PTRACE_SETSIGINFO", 0x11), ("PTRACE_GETSIGINFO", 0x10), ("PTRACE_GETEVENTMSG", 0xf), ("PTRACE_SETOPTIONS", 0xe), ("PTRACE_SYSCALL", 0xd), ("PTRACE_DETACH", 0xc), ("PTRACE_ATTACH", 0xb), ("PTRACE_SINGLESTEP", 0xa), ("PTRACE_KILL", 0x9), ("PTRACE_CONT", 0x8), ("PTRACE_POKEUSR", 0x7), ("PTRACE_POKEDATA", 0x6), ("PTRACE_POKETEXT", 0x5), ("PTRACE_PEEKUSR", 0x4), ("PTRACE_PEEKDATA", 0x3), ("PTRACE_PEEKTEXT", 0x2), ("PTRACE_TRACEME", 0x1), ("PTRACE_UNKNOWN", 0x0)] };
static PROT_FLAGS: FlagTable = FlagTable { name: "prot_flags", entries: &[("PROT_READ", 0x1), ("PROT_WRITE", 0x2), ("PROT_EXEC", 0x4), ("PROT_SEM", 0x8), ("PROT_GROWSDOWN", 0x10), ("PROT_GROWSUP", 0x20), ("PROT_SAO", 0x40), ("PROT_NONE", 0x0)] };
static MMAP_FLAGS: FlagTable = FlagTable { name: "mmap_flags", entries: &[("MAP_SHARED", 0x1), ("MAP_PRIVATE", 0x2), ("MAP_FIXED", 0x4), ("MAP_ANONYMOUS", 0x8), ("MAP_32BIT", 0x10), ("MAP_RENAME", 0x20), ("MAP_NORESERVE", 0x40), ("MAP_POPULATE", 0x80), ("MAP_NONBLOCK", 0x100), ("MAP_GROWSDOWN", 0x200), ("MAP_DENYWRITE", 0x400), ("MAP_EXECUTABLE", 0x800), ("MAP_INHERIT", 0x1000), ("MAP_FILE", 0x2000), ("MAP_LOCKED", 0x4000)] };
static SPLICE_FLAGS: FlagTable = FlagTable { name: "splice_flags", entries: &[("SPLICE_F_MOVE", 0x1), ("SPLICE_F_NONBLOCK", 0x2), ("SPLICE_F_MORE", 0x4), ("SPLICE_F_GIFT", 0x8)] };
static QUOTACTL_DQI_FLAGS: FlagTable = FlagTable { name: "quotactl_dqi_flags", entries: &[("DQF_NONE", 0x1), ("V1_DQF_RSQUASH", 0x2)] };
static QUOTACTL_CMDS: FlagTable = FlagTable { name: "quotactl_cmds", entries: &[("Q_QUOTAON", 0x1), ("Q_QUOTAOFF", 0x2), ("Q_GETFMT", 0x4), ("Q_GETINFO", 0x8), ("Q_SETINFO", 0x10), ("Q_GETQUOTA", 0x20), ("Q_SETQUOTA", 0x40), ("Q_SYNC", 0x80), ("Q_XQUOTAON", 0x100), ("Q_XQUOTAOFF", 0x200), ("Q_XGETQUOTA", 0x400), ("Q_XSETQLIM", 0x800), ("Q_XGETQSTAT", 0x1000), ("Q_XQUOTARM", 0x2000), ("Q_XQUOTASYNC", 0x4000)] };
static QUOTACTL_TYPES: FlagTable = FlagTable { name: "quotactl_types", entries: &[("USRQUOTA", 0x1), ("GRPQUOTA", 0x2)] };
static QUOTACTL_QUOTA_FMTS: FlagTable = FlagTable { name: "quotactl_quota_fmts", entries: &[("QFMT_NOT_USED", 0x1), ("QFMT_VFS_OLD", 0x2), ("QFMT_VFS_V0", 0x4), ("QFMT_VFS_V1", 0x8)] };
static SEMOP_FLAGS: FlagTable = FlagTable { name: "semop_flags", entries: &[("IPC_NOWAIT", 0x1), ("SEM_UNDO", 0x2)] };
static SEMGET_FLAGS: FlagTable = FlagTable { name: "semget_flags", entries: &[("IPC_EXCL", 0x4000), ("IPC_CREAT", 0x2000)] };
static SEMCTL_COMMANDS: FlagTable = FlagTable { name: "semctl_commands", entries: &[("IPC_STAT", 0x1), ("IPC_SET", 0x2), ("IPC_RMID", 0x4), ("IPC_INFO", 0x8), ("SEM_INFO", 0x10), ("SEM_STAT", 0x20), ("GETALL", 0x40), ("GETNCNT", 0x80), ("GETPID", 0x100), ("GETVAL", 0x200), ("GETZCNT", 0x400), ("SETALL", 0x800), ("SETVAL", 0x1000)] };
static ACCESS_FLAGS: FlagTable = FlagTable { name: "access_flags", entries: &[("F_OK", 0x0), ("R_OK", 0x4), ("W_OK", 0x2), ("X_OK", 0x1)] };
static PF_FLAGS: FlagTable = FlagTable { name: "pf_flags", entries: &[("PROTECTION_VIOLATION", 0x1), ("PAGE_NOT_PRESENT", 0x2), ("WRITE_ACCESS", 0x4), ("READ_ACCESS", 0x8), ("USER_FAULT", 0x10), ("SUPERVISOR_FAULT", 0x20), ("RESERVED_PAGE", 0x40), ("INSTRUCTION_FETCH", 0x80)] };
static UNLINKAT_FLAGS: FlagTable = FlagTable { name: "unlinkat_flags", entries: &[("AT_REMOVEDIR", 0x200)] };
static LINKAT_FLAGS: FlagTable = FlagTable { name: "linkat_flags", entries: &[("AT_SYMLINK_FOLLOW", 0x400), ("AT_EMPTY_PATH", 0x1000)] };
static NEWFSTATAT_FLAGS: FlagTable = FlagTable { name: "newfstatat_flags", entries: &[("AT_EMPTY_PATH", 0x1000), ("AT_NO_AUTOMOUNT", 0x800), ("AT_SYMLINK_NOFOLLOW", 0x100)] };
static CHMOD_MODE: FlagTable = FlagTable { name: "chmod_mode", entries: &[("S_IXOTH", 0x1), ("S_IWOTH", 0x2), ("S_IROTH", 0x4), ("S_IXGRP", 0x8), ("S_IWGRP", 0x10), ("S_IRGRP", 0x20), ("S_IXUSR", 0x40), ("S_IWUSR", 0x80), ("S_IRUSR", 0x100), ("S_ISVTX", 0x200), ("S_ISGID", 0x400), ("S_ISUID", 0x800)] };
static FCHOWNAT_FLAGS: FlagTable = FlagTable { name: "fchownat_flags", entries: &[("AT_SYMLINK_NOFOLLOW", 0x400), ("AT_EMPTY_PATH", 0x1000)] };
static RENAMEAT2_FLAGS: FlagTable = FlagTable { name: "renameat2_flags", entries: &[("RENAME_NOREPLACE", 0x1), ("RENAME_EXCHANGE", 0x2), ("RENAME_WHITEOUT", 0x4)] };
static OPENAT2_FLAGS: FlagTable = FlagTable { name: "openat2_flags", entries: &[("RESOLVE_BENEATH", 0x1), ("RESOLVE_IN_ROOT", 0x2), ("RESOLVE_NO_MAGICLINKS", 0x4), ("RESOLVE_NO_SYMLINKS", 0x8), ("RESOLVE_NO_XDEV", 0x10), ("RESOLVE_CACHED", 0x20)] };
static EXECVE_FLAGS: FlagTable = FlagTable { name: "execve_flags", entries: &[("EXE_WRITABLE", 0x1), ("EXE_UPPER_LAYER", 0x2), ("EXE_FROM_MEMFD", 0x4), ("EXE_LOWER_LAYER", 0x8)] };
static EXECVEAT_FLAGS: FlagTable = FlagTable { name: "execveat_flags", entries: &[("AT_EMPTY_PATH", 0x1), ("AT_SYMLINK_NOFOLLOW", 0x2)] };
static IO_URING_SETUP_FLAGS: FlagTable = FlagTable { name: "io_uring_setup_flags", entries: &[("IORING_SETUP_IOPOLL", 0x1), ("IORING_SETUP_SQPOLL", 0x2), ("IORING_SQ_NEED_WAKEUP", 0x4), ("IORING_SETUP_SQ_AFF", 0x8), ("IORING_SETUP_CQSIZE", 0x10), ("IORING_SETUP_CLAMP", 0x20), ("IORING_SETUP_ATTACH_RW", 0x40), ("IORING_SETUP_R_DISABLED", 0x80)] };
static IO_URING_SETUP_FEATS: FlagTable = FlagTable { name: "io_uring_setup_feats", entries: &[("IORING_FEAT_SINGLE_MMAP", 0x1), ("IORING_FEAT_NODROP", 0x2), ("IORING_FEAT_SUBMIT_STABLE", 0x4), ("IORING_FEAT_RW_CUR_POS", 0x8), ("IORING_FEAT_CUR_PERSONALITY", 0x10), ("IORING_FEAT_FAST_POLL", 0x20), ("IORING_FEAT_POLL_32BITS", 0x40), ("IORING_FEAT_SQPOLL_NONFIXED", 0x80), ("IORING_FEAT_ENTER_EXT_ARG", 0x100), ("IORING_FEAT_NATIVE_WORKERS", 0x200), ("IORING_FEAT_RSRC_TAGS", 0x400)] };
static IO_URING_ENTER_FLAGS: FlagTable = FlagTable { name: "io_uring_enter_flags", entries: &[("IORING_ENTER_GETEVENTS", 0x1), ("IORING_ENTER_SQ_WAKEUP", 0x2), ("IORING_ENTER_SQ_WAIT", 0x4), ("IORING_ENTER_EXT_ARG", 0x8)] };
static IO_URING_REGISTER_OPCODES: FlagTable = FlagTable { name: "io_uring_register_opcodes", entries: &[("IORING_REGISTER_BUFFERS", 0x0), ("IORING_UNREGISTER_BUFFERS", 0x1), ("IORING_REGISTER_FILES", 0x2), ("IORING_UNREGISTER_FILES", 0x3), ("IORING_REGISTER_EVENTFD", 0x4), ("IORING_UNREGISTER_EVENTFD", 0x5), ("IORING_REGISTER_FILES_UPDATE", 0x6), ("IORING_REGISTER_EVENTFD_ASYNC", 0x7), ("IORING_REGISTER_PROBE", 0x8), ("IORING_REGISTER_PERSONALITY", 0x9), ("IORING_UNREGISTER_PERSONALITY", 0xa), ("IORING_REGISTER_RESTRICTIONS", 0xb), ("IORING_REGISTER_ENABLE_RINGS", 0xc), ("IORING_REGISTER_FILES2", 0xd), ("IORING_REGISTER_FILES_UPDATE2", 0xe), ("IORING_REGISTER_BUFFERS2", 0xf), ("IORING_REGISTER_BUFFERS_UPDATE", 0x10), ("IORING_REGISTER_IOWQ_AFF", 0x11), ("IORING_UNREGISTER_IOWQ_AFF", 0x12), ("IORING_REGISTER_IOWQ_MAX_WORKERS", 0x13), ("IORING_REGISTER_RING_FDS", 0x14), ("IORING_UNREGISTER_RING_FDS", 0x15)] };
static MLOCKALL_FLAGS: FlagTable = FlagTable { name: "mlockall_flags", entries: &[("MCL_CURRENT", 0x1), ("MCL_FUTURE", 0x2), ("MCL_ONFAULT", 0x4)] };
static MLOCK2_FLAGS: FlagTable = FlagTable { name: "mlock2_flags", entries: &[("MLOCK_ONFAULT", 0x1)] };
static FSCONFIG_CMDS: FlagTable = FlagTable { name: "fsconfig_cmds", entries: &[("FSCONFIG_SET_FLAG", 0x0), ("FSCONFIG_SET_STRING", 0x1), ("FSCONFIG_SET_BINARY", 0x2), ("FSCONFIG_SET_PATH", 0x3), ("FSCONFIG_SET_PATH_EMPTY", 0x4), ("FSCONFIG_SET_FD", 0x5), ("FSCONFIG_CMD_CREATE", 0x6), ("FSCONFIG_CMD_RECONFIGURE", 0x7)] };
static EPOLL_CREATE1_FLAGS: FlagTable = FlagTable { name: "epoll_create1_flags", entries: &[("EPOLL_CLOEXEC", 0x1)] };
static PRCTL_OPTIONS: FlagTable = FlagTable { name: "prctl_options", entries: &[("PR_GET_DUMPABLE", 0x3), ("PR_SET_DUMPABLE", 0x4), ("PR_GET_KEEPCAPS", 0x7), ("PR_SET_KEEPCAPS", 0x8), ("PR_SET_NAME", 0xf), ("PR_GET_NAME", 0x10), ("PR_GET_SECCOMP", 0x15), ("PR_SET_SECCOMP", 0x16), ("PR_CAPBSET_READ", 0x17), ("PR_CAPBSET_DROP", 0x18), ("PR_GET_SECUREBITS", 0x1b), ("PR_SET_SECUREBITS", 0x1c), ("PR_MCE_KILL", 0x21), ("PR_MCE_KILL", 0x21), ("PR_SET_MM", 0x23), ("PR_SET_CHILD_SUBREAPER", 0x24), ("PR_GET_CHILD_SUBREAPER", 0x25), ("PR_SET_NO_NEW_PRIVS", 0x26), ("PR_GET_NO_NEW_PRIVS", 0x27), ("PR_GET_TID_ADDRESS", 0x28), ("PR_SET_THP_DISABLE", 0x29), ("PR_GET_THP_DISABLE", 0x2a), ("PR_CAP_AMBIENT", 0x2f)] };
static KEYCTL_OPERATIONS: FlagTable = FlagTable { name: "keyctl_operations", entries: &[("KEYCTL_GET_KEYRING_ID", 0x0), ("KEYCTL_JOIN_SESSION_KEYRING", 0x1), ("KEYCTL_UPDATE", 0x2), ("KEYCTL_REVOKE", 0x3), ("KEYCTL_CHOWN", 0x4), ("KEYCTL_SETPERM", 0x5), ("KEYCTL_DESCRIBE", 0x6), ("KEYCTL_CLEAR", 0x7), ("KEYCTL_LINK", 0x8), ("KEYCTL_UNLINK", 0x9), ("KEYCTL_SEARCH", 0xa), ("KEYCTL_READ", 0xb), ("KEYCTL_INSTANTIATE", 0xc), ("KEYCTL_NEGATE", 0xd), ("KEYCTL_SET_REQKEY_KEYRING", 0xe), ("KEYCTL_SET_TIMEOUT", 0xf), ("KEYCTL_ASSUME_AUTHORITY", 0x10), ("KEYCTL_GET_SECURITY", 0x11), ("KEYCTL_SESSION_TO_PARENT", 0x12), ("KEYCTL_REJECT", 0x13), ("KEYCTL_INSTANTIATE_IOV", 0x14), ("KEYCTL_INVALIDATE", 0x15), ("KEYCTL_GET_PERSISTENT", 0x16), ("KEYCTL_DH_COMPUTE", 0x17), ("KEYCTL_PKEY_QUERY", 0x18), ("KEYCTL_PKEY_ENCRYPT", 0x19), ("KEYCTL_PKEY_DECRYPT", 0x1a), ("KEYCTL_PKEY_SIGN", 0x1b), ("KEYCTL_PKEY_VERIFY", 0x1c), ("KEYCTL_RESTRICT_KEYRING", 0x1d), ("KEYCTL_MOVE", 0x1e), ("KEYCTL_CAPABILITIES", 0x1f), ("KEYCTL_WATCH_KEY", 0x20)] };
static MEMFD_CREATE_FLAGS: FlagTable = FlagTable { name: "memfd_create_flags", entries: &[("MFD_CLOEXEC", 0x1), ("MFD_ALLOW_SEALING", 0x2), ("MFD_HUGETLB", 0x4)] };
static PIDFD_OPEN_FLAGS: FlagTable = FlagTable { name: "pidfd_open_flags", entries: &[("PIDFD_NONBLOCK", 0x1)] };
static MKNOD_MODE: FlagTable = FlagTable { name: "mknod_mode", entries: &[("S_IXOTH", 0x1), ("S_IWOTH", 0x2), ("S_IROTH", 0x4), ("S_IXGRP", 0x8), ("S_IWGRP", 0x10), ("S_IRGRP", 0x20), ("S_IXUSR", 0x40), ("S_IWUSR", 0x80), ("S_IRUSR", 0x100), ("S_ISVTX", 0x200), ("S_ISGID", 0x400), ("S_ISUID", 0x800), ("S_IFREG", 0x8000), ("S_IFCHR", 0x2000), ("S_IFBLK", 0x6000), ("S_IFIFO", 0x1000), ("S_IFSOCK", 0xc000)] };
static BPF_COMMANDS: FlagTable = FlagTable { name: "bpf_commands", entries: &[("BPF_MAP_CREATE", 0x0), ("BPF_MAP_LOOKUP_ELEM", 0x1), ("BPF_MAP_UPDATE_ELEM", 0x2), ("BPF_MAP_DELETE_ELEM", 0x3), ("BPF_MAP_GET_NEXT_KEY", 0x4), ("BPF_PROG_LOAD", 0x5), ("BPF_OBJ_PIN", 0x6), ("BPF_OBJ_GET", 0x7), ("BPF_PROG_ATTACH", 0x8), ("BPF_PROG_DETACH", 0x9), ("BPF_PROG_TEST_RUN", 0xa), ("BPF_PROG_RUN", 0xa), ("BPF_PROG_GET_NEXT_ID", 0xb), ("BPF_MAP_GET_NEXT_ID", 0xc), ("BPF_PROG_GET_FD_BY_ID", 0xd), ("BPF_MAP_GET_FD_BY_ID", 0xe), ("BPF_OBJ_GET_INFO_BY_FD", 0xf), ("BPF_PROG_QUERY", 0x10), ("BPF_RAW_TRACEPOINT_OPEN", 0x11), ("BPF_BTF_LOAD", 0x12), ("BPF_BTF_GET_FD_BY_ID", 0x13), ("BPF_TASK_FD_QUERY", 0x14), ("BPF_MAP_LOOKUP_AND_DELETE_ELEM", 0x15), ("BPF_MAP_FREEZE", 0x16), ("BPF_BTF_GET_NEXT_ID", 0x17), ("BPF_MAP_LOOKUP_BATCH", 0x18), ("BPF_MAP_LOOKUP_AND_DELETE_BATCH", 0x19), ("BPF_MAP_UPDATE_BATCH", 0x1a), ("BPF_MAP_DELETE_BATCH", 0x1b), ("BPF_LINK_CREATE", 0x1c), ("BPF_LINK_UPDATE", 0x1d), ("BPF_LINK_GET_FD_BY_ID", 0x1e), ("BPF_LINK_GET_NEXT_ID", 0x1f), ("BPF_ENABLE_STATS", 0x20), ("BPF_ITER_CREATE", 0x21), ("BPF_LINK_DETACH", 0x22), ("BPF_PROG_BIND_MAP", 0x23)] };
static DELETE_MODULE_FLAGS: FlagTable = FlagTable { name: "delete_module_flags", entries: &[("O_NONBLOCK", 0x2), ("O_TRUNC", 0x1)] };
static CLOSE_RANGE_FLAGS: FlagTable = FlagTable { name: "close_range_flags", entries: &[("CLOSE_RANGE_UNSHARE", 0x2), ("CLOSE_RANGE_CLOEXEC", 0x4)] };
static FINIT_MODULE_FLAGS: FlagTable = FlagTable { name: "finit_module_flags", entries: &[("MODULE_INIT_IGNORE_MODVERSIONS", 0x1), ("MODULE_INIT_IGNORE_VERMAGIC", 0x2), ("MODULE_INIT_COMPRESSED_FILE", 0x4)] };
static ANON_INODE_FD_TYPES: FlagTable = FlagTable { name: "anon_inode_fd_types", entries: &[("ANON_INODE_FD_TYPE_UNKNOWN", 0x0), ("ANON_INODE_FD_TYPE_EVENTFD", 0x1), ("ANON_INODE_FD_TYPE_EVENTPOLL", 0x2), ("ANON_INODE_FD_TYPE_INOTIFY", 0x3), ("ANON_INODE_FD_TYPE_SIGNALFD", 0x4), ("ANON_INODE_FD_TYPE_TIMERFD", 0x5), ("ANON_INODE_FD_TYPE_IO_URING", 0x6), ("ANON_INODE_FD_TYPE_USERFAULTFD", 0x7), ("ANON_INODE_FD_TYPE_PIDFD", 0x8), ("ANON_INODE_FD_TYPE_BPF_MAP", 0x9), ("ANON_INODE_FD_TYPE_BPF_PROG", 0xa), ("ANON_INODE_FD_TYPE_BPF_LINK", 0xb), ("ANON_INODE_FD_TYPE_BPF_ITER", 0xc), ("ANON_INODE_FD_TYPE_PERF_EVENT", 0xd)] };

pub(crate) static FLAG_TABLES: &[&FlagTable] = &[&SOCKET_FAMILIES, &FILE_FLAGS, &CREAT_FLAGS, &FLOCK_FLAGS, &CLONE_FLAGS, &FUTEX_OPERATIONS, &POLL_FLAGS, &MOUNT_FLAGS, &UMOUNT_FLAGS, &LSEEK_WHENCE, &SHUTDOWN_HOW, &RLIMIT_RESOURCES, &FCNTL_COMMANDS, &SOCKOPT_LEVELS, &SOCKOPT_OPTIONS, &PTRACE_REQUESTS, &PROT_FLAGS, &MMAP_FLAGS, &SPLICE_FLAGS, &QUOTACTL_DQI_FLAGS, &QUOTACTL_CMDS, &QUOTACTL_TYPES, &QUOTACTL_QUOTA_FMTS, &SEMOP_FLAGS, &SEMGET_FLAGS, &SEMCTL_COMMANDS, &ACCESS_FLAGS, &PF_FLAGS, &UNLINKAT_FLAGS, &LINKAT_FLAGS, &NEWFSTATAT_FLAGS, &CHMOD_MODE, &FCHOWNAT_FLAGS, &RENAMEAT2_FLAGS, &OPENAT2_FLAGS, &EXECVE_FLAGS, &EXECVEAT_FLAGS, &IO_URING_SETUP_FLAGS, &IO_URING_SETUP_FEATS, &IO_URING_ENTER_FLAGS, &IO_URING_REGISTER_OPCODES, &MLOCKALL_FLAGS, &MLOCK2_FLAGS, &FSCONFIG_CMDS, &EPOLL_CREATE1_FLAGS, &PRCTL_OPTIONS, &KEYCTL_OPERATIONS, &MEMFD_CREATE_FLAGS, &PIDFD_OPEN_FLAGS, &MKNOD_MODE, &BPF_COMMANDS, &DELETE_MODULE_FLAGS, &CLOSE_RANGE_FLAGS, &FINIT_MODULE_FLAGS, &ANON_INODE_FD_TYPES];

static BPF_DYNAMIC_PARAM: &[ParamInfo] = &[p("", T::Fd, F::Dec, None, None, &[]), p("", T::Errno, F::Dec, None, None, &[])];
static KEYCTL_DYNAMIC_PARAM: &[ParamInfo] = &[p("", T::I64, F::Dec, None, None, &[]), p("", T::CharBuf, F::None, None, None, &[])];
static PTRACE_DYNAMIC_PARAM: &[ParamInfo] = &[p("", T::U64, F::Hex, None, None, &[]), p("", T::SigType, F::Dec, None, None, &[])];
static SOCKOPT_DYNAMIC_PARAM: &[ParamInfo] = &[p("", T::ByteBuf, F::Hex, None, None, &[]), p("", T::Errno, F::Dec, None, None, &[]), p("", T::U32, F::Dec, None, None, &[]), p("", T::U64, F::Dec, None, None, &[]), p("", T::RelTime, F::Dec, None, None, &[])];

#[expect(missing_docs, reason = "one constant per symbol of the schema")]
impl EventType {
    pub const GENERIC_E: EventType = EventType(0);
    pub const GENERIC_X: EventType = EventType(1);
    pub const SYSCALL_OPEN_E: EventType = EventType(2);
    pub const SYSCALL_OPEN_X: EventType = EventType(3);
    pub const SYSCALL_CLOSE_E: EventType = EventType(4);
    pub const SYSCALL_CLOSE_X: EventType = EventType(5);
    pub const SYSCALL_READ_E: EventType = EventType(6);
    pub const SYSCALL_READ_X: EventType = EventType(7);
    pub const SYSCALL_WRITE_E: EventType = EventType(8);
    pub const SYSCALL_WRITE_X: EventType = EventType(9);
    pub const SYSCALL_BRK_1_E: EventType = EventType(10);
    pub const SYSCALL_BRK_1_X: EventType = EventType(11);
    pub const SYSCALL_EXECVE_8_E: EventType = EventType(12);
    pub const SYSCALL_EXECVE_8_X: EventType = EventType(13);
    pub const SYSCALL_CLONE_11_E: EventType = EventType(14);
    pub const SYSCALL_CLONE_11_X: EventType = EventType(15);
    pub const PROCEXIT_E: EventType = EventType(16);
    pub const PROCEXIT_X: EventType = EventType(17);
    pub const SOCKET_SOCKET_E: EventType = EventType(18);
    pub const SOCKET_SOCKET_X: EventType = EventType(19);
    pub const SOCKET_BIND_E: EventType = EventType(20);
    pub const SOCKET_BIND_X: EventType = EventType(21);
    pub const SOCKET_CONNECT_E: EventType = EventType(22);
    pub const SOCKET_CONNECT_X: EventType = EventType(23);
    pub const SOCKET_LISTEN_E: EventType = EventType(24);
    pub const SOCKET_LISTEN_X: EventType = EventType(25);
    pub const SOCKET_ACCEPT_E: EventType = EventType(26);
    pub const SOCKET_ACCEPT_X: EventType = EventType(27);
    pub const SOCKET_SEND_E: EventType = EventType(28);
    pub const SOCKET_SEND_X: EventType = EventType(29);
    pub const SOCKET_SENDTO_E: EventType = EventType(30);
    pub const SOCKET_SENDTO_X: EventType = EventType(31);
    pub const SOCKET_RECV_E: EventType = EventType(32);
    pub const SOCKET_RECV_X: EventType = EventType(33);
    pub const SOCKET_RECVFROM_E: EventType = EventType(34);
    pub const SOCKET_RECVFROM_X: EventType = EventType(35);
    pub const SOCKET_SHUTDOWN_E: EventType = EventType(36);
    pub const SOCKET_SHUTDOWN_X: EventType = EventType(37);
    pub const SOCKET_GETSOCKNAME_E: EventType = EventType(38);
    pub const SOCKET_GETSOCKNAME_X: EventType = EventType(39);
    pub const SOCKET_GETPEERNAME_E: EventType = EventType(40);
    pub const SOCKET_GETPEERNAME_X: EventType = EventType(41);
    pub const SOCKET_SOCKETPAIR_E: EventType = EventType(42);
    pub const SOCKET_SOCKETPAIR_X: EventType = EventType(43);
    pub const SOCKET_SETSOCKOPT_E: EventType = EventType(44);
    pub const SOCKET_SETSOCKOPT_X: EventType = EventType(45);
    pub const SOCKET_GETSOCKOPT_E: EventType = EventType(46);
    pub const SOCKET_GETSOCKOPT_X: EventType = EventType(47);
    pub const SOCKET_SENDMSG_E: EventType = EventType(48);
    pub const SOCKET_SENDMSG_X: EventType = EventType(49);
    pub const SOCKET_SENDMMSG_E: EventType = EventType(50);
    pub const SOCKET_SENDMMSG_X: EventType = EventType(51);
    pub const SOCKET_RECVMSG_E: EventType = EventType(52);
    pub const SOCKET_RECVMSG_X: EventType = EventType(53);
    pub const SOCKET_RECVMMSG_E: EventType = EventType(54);
    pub const SOCKET_RECVMMSG_X: EventType = EventType(55);
    pub const SOCKET_ACCEPT4_E: EventType = EventType(56);
    pub const SOCKET_ACCEPT4_X: EventType = EventType(57);
    pub const SYSCALL_CREAT_E: EventType = EventType(58);
    pub const SYSCALL_CREAT_X: EventType = EventType(59);
    pub const SYSCALL_PIPE_E: EventType = EventType(60);
    pub const SYSCALL_PIPE_X: EventType = EventType(61);
    pub const SYSCALL_EVENTFD_E: EventType = EventType(62);
    pub const SYSCALL_EVENTFD_X: EventType = EventType(63);
    pub const SYSCALL_FUTEX_E: EventType = EventType(64);
    pub const SYSCALL_FUTEX_X: EventType = EventType(65);
    pub const SYSCALL_STAT_E: EventType = EventType(66);
    pub const SYSCALL_STAT_X: EventType = EventType(67);
    pub const SYSCALL_LSTAT_E: EventType = EventType(68);
    pub const SYSCALL_LSTAT_X: EventType = EventType(69);
    pub const SYSCALL_FSTAT_E: EventType = EventType(70);
    pub const SYSCALL_FSTAT_X: EventType = EventType(71);
    pub const SYSCALL_STAT64_E: EventType = EventType(72);
    pub const SYSCALL_STAT64_X: EventType = EventType(73);
    pub const SYSCALL_LSTAT64_E: EventType = EventType(74);
    pub const SYSCALL_LSTAT64_X: EventType = EventType(75);
    pub const SYSCALL_FSTAT64_E: EventType = EventType(76);
    pub const SYSCALL_FSTAT64_X: EventType = EventType(77);
    pub const SYSCALL_EPOLLWAIT_E: EventType = EventType(78);
    pub const SYSCALL_EPOLLWAIT_X: EventType = EventType(79);
    pub const SYSCALL_POLL_E: EventType = EventType(80);
    pub const SYSCALL_POLL_X: EventType = EventType(81);
    pub const SYSCALL_SELECT_E: EventType = EventType(82);
    pub const SYSCALL_SELECT_X: EventType = EventType(83);
    pub const SYSCALL_NEWSELECT_E: EventType = EventType(84);
    pub const SYSCALL_NEWSELECT_X: EventType = EventType(85);
    pub const SYSCALL_LSEEK_E: EventType = EventType(86);
    pub const SYSCALL_LSEEK_X: EventType = EventType(87);
    pub const SYSCALL_LLSEEK_E: EventType = EventType(88);
    pub const SYSCALL_LLSEEK_X: EventType = EventType(89);
    pub const SYSCALL_IOCTL_2_E: EventType = EventType(90);
    pub const SYSCALL_IOCTL_2_X: EventType = EventType(91);
    pub const SYSCALL_GETCWD_E: EventType = EventType(92);
    pub const SYSCALL_GETCWD_X: EventType = EventType(93);
    pub const SYSCALL_CHDIR_E: EventType = EventType(94);
    pub const SYSCALL_CHDIR_X: EventType = EventType(95);
    pub const SYSCALL_FCHDIR_E: EventType = EventType(96);
    pub const SYSCALL_FCHDIR_X: EventType = EventType(97);
    pub const SYSCALL_MKDIR_E: EventType = EventType(98);
    pub const SYSCALL_MKDIR_X: EventType = EventType(99);
    pub const SYSCALL_RMDIR_E: EventType = EventType(100);
    pub const SYSCALL_RMDIR_X: EventType = EventType(101);
    pub const SYSCALL_OPENAT_E: EventType = EventType(102);
    pub const SYSCALL_OPENAT_X: EventType = EventType(103);
    pub const SYSCALL_LINK_E: EventType = EventType(104);
    pub const SYSCALL_LINK_X: EventType = EventType(105);
    pub const SYSCALL_LINKAT_E: EventType = EventType(106);
    pub const SYSCALL_LINKAT_X: EventType = EventType(107);
    pub const SYSCALL_UNLINK_E: EventType = EventType(108);
    pub const SYSCALL_UNLINK_X: EventType = EventType(109);
    pub const SYSCALL_UNLINKAT_E: EventType = EventType(110);
    pub const SYSCALL_UNLINKAT_X: EventType = EventType(111);
    pub const SYSCALL_PREAD_E: EventType = EventType(112);
    pub const SYSCALL_PREAD_X: EventType = EventType(113);
    pub const SYSCALL_PWRITE_E: EventType = EventType(114);
    pub const SYSCALL_PWRITE_X: EventType = EventType(115);
    pub const SYSCALL_READV_E: EventType = EventType(116);
    pub const SYSCALL_READV_X: EventType = EventType(117);
    pub const SYSCALL_WRITEV_E: EventType = EventType(118);
    pub const SYSCALL_WRITEV_X: EventType = EventType(119);
    pub const SYSCALL_PREADV_E: EventType = EventType(120);
    pub const SYSCALL_PREADV_X: EventType = EventType(121);
    pub const SYSCALL_PWRITEV_E: EventType = EventType(122);
    pub const SYSCALL_PWRITEV_X: EventType = EventType(123);
    pub const SYSCALL_DUP_E: EventType = EventType(124);
    pub const SYSCALL_DUP_X: EventType = EventType(125);
    pub const SYSCALL_SIGNALFD_E: EventType = EventType(126);
    pub const SYSCALL_SIGNALFD_X: EventType = EventType(127);
    pub const SYSCALL_KILL_E: EventType = EventType(128);
    pub const SYSCALL_KILL_X: EventType = EventType(129);
    pub const SYSCALL_TKILL_E: EventType = EventType(130);
    pub const SYSCALL_TKILL_X: EventType = EventType(131);
    pub const SYSCALL_TGKILL_E: EventType = EventType(132);
    pub const SYSCALL_TGKILL_X: EventType = EventType(133);
    pub const SYSCALL_NANOSLEEP_E: EventType = EventType(134);
    pub const SYSCALL_NANOSLEEP_X: EventType = EventType(135);
    pub const SYSCALL_TIMERFD_CREATE_E: EventType = EventType(136);
    pub const SYSCALL_TIMERFD_CREATE_X: EventType = EventType(137);
    pub const SYSCALL_INOTIFY_INIT_E: EventType = EventType(138);
    pub const SYSCALL_INOTIFY_INIT_X: EventType = EventType(139);
    pub const SYSCALL_GETRLIMIT_E: EventType = EventType(140);
    pub const SYSCALL_GETRLIMIT_X: EventType = EventType(141);
    pub const SYSCALL_SETRLIMIT_E: EventType = EventType(142);
    pub const SYSCALL_SETRLIMIT_X: EventType = EventType(143);
    pub const SYSCALL_PRLIMIT_E: EventType = EventType(144);
    pub const SYSCALL_PRLIMIT_X: EventType = EventType(145);
    pub const SCHEDSWITCH_1_E: EventType = EventType(146);
    pub const SCHEDSWITCH_1_X: EventType = EventType(147);
    pub const DROP_E: EventType = EventType(148);
    pub const DROP_X: EventType = EventType(149);
    pub const SYSCALL_FCNTL_E: EventType = EventType(150);
    pub const SYSCALL_FCNTL_X: EventType = EventType(151);
    pub const SCHEDSWITCH_6_E: EventType = EventType(152);
    pub const SCHEDSWITCH_6_X: EventType = EventType(153);
    pub const SYSCALL_EXECVE_13_E: EventType = EventType(154);
    pub const SYSCALL_EXECVE_13_X: EventType = EventType(155);
    pub const SYSCALL_CLONE_16_E: EventType = EventType(156);
    pub const SYSCALL_CLONE_16_X: EventType = EventType(157);
    pub const SYSCALL_BRK_4_E: EventType = EventType(158);
    pub const SYSCALL_BRK_4_X: EventType = EventType(159);
    pub const SYSCALL_MMAP_E: EventType = EventType(160);
    pub const SYSCALL_MMAP_X: EventType = EventType(161);
    pub const SYSCALL_MMAP2_E: EventType = EventType(162);
    pub const SYSCALL_MMAP2_X: EventType = EventType(163);
    pub const SYSCALL_MUNMAP_E: EventType = EventType(164);
    pub const SYSCALL_MUNMAP_X: EventType = EventType(165);
    pub const SYSCALL_SPLICE_E: EventType = EventType(166);
    pub const SYSCALL_SPLICE_X: EventType = EventType(167);
    pub const SYSCALL_PTRACE_E: EventType = EventType(168);
    pub const SYSCALL_PTRACE_X: EventType = EventType(169);
    pub const SYSCALL_IOCTL_3_E: EventType = EventType(170);
    pub const SYSCALL_IOCTL_3_X: EventType = EventType(171);
    pub const SYSCALL_EXECVE_14_E: EventType = EventType(172);
    pub const SYSCALL_EXECVE_14_X: EventType = EventType(173);
    pub const SYSCALL_RENAME_E: EventType = EventType(174);
    pub const SYSCALL_RENAME_X: EventType = EventType(175);
    pub const SYSCALL_RENAMEAT_E: EventType = EventType(176);
    pub const SYSCALL_RENAMEAT_X: EventType = EventType(177);
    pub const SYSCALL_SYMLINK_E: EventType = EventType(178);
    pub const SYSCALL_SYMLINK_X: EventType = EventType(179);
    pub const SYSCALL_SYMLINKAT_E: EventType = EventType(180);
    pub const SYSCALL_SYMLINKAT_X: EventType = EventType(181);
    pub const SYSCALL_FORK_E: EventType = EventType(182);
    pub const SYSCALL_FORK_X: EventType = EventType(183);
    pub const SYSCALL_VFORK_E: EventType = EventType(184);
    pub const SYSCALL_VFORK_X: EventType = EventType(185);
    pub const PROCEXIT_1_E: EventType = EventType(186);
    pub const PROCEXIT_1_X: EventType = EventType(187);
    pub const SYSCALL_SENDFILE_E: EventType = EventType(188);
    pub const SYSCALL_SENDFILE_X: EventType = EventType(189);
    pub const SYSCALL_QUOTACTL_E: EventType = EventType(190);
    pub const SYSCALL_QUOTACTL_X: EventType = EventType(191);
    pub const SYSCALL_SETRESUID_E: EventType = EventType(192);
    pub const SYSCALL_SETRESUID_X: EventType = EventType(193);
    pub const SYSCALL_SETRESGID_E: EventType = EventType(194);
    pub const SYSCALL_SETRESGID_X: EventType = EventType(195);
    pub const SCAPEVENT_E: EventType = EventType(196);
    pub const SCAPEVENT_X: EventType = EventType(197);
    pub const SYSCALL_SETUID_E: EventType = EventType(198);
    pub const SYSCALL_SETUID_X: EventType = EventType(199);
    pub const SYSCALL_SETGID_E: EventType = EventType(200);
    pub const SYSCALL_SETGID_X: EventType = EventType(201);
    pub const SYSCALL_GETUID_E: EventType = EventType(202);
    pub const SYSCALL_GETUID_X: EventType = EventType(203);
    pub const SYSCALL_GETEUID_E: EventType = EventType(204);
    pub const SYSCALL_GETEUID_X: EventType = EventType(205);
    pub const SYSCALL_GETGID_E: EventType = EventType(206);
    pub const SYSCALL_GETGID_X: EventType = EventType(207);
    pub const SYSCALL_GETEGID_E: EventType = EventType(208);
    pub const SYSCALL_GETEGID_X: EventType = EventType(209);
    pub const SYSCALL_GETRESUID_E: EventType = EventType(210);
    pub const SYSCALL_GETRESUID_X: EventType = EventType(211);
    pub const SYSCALL_GETRESGID_E: EventType = EventType(212);
    pub const SYSCALL_GETRESGID_X: EventType = EventType(213);
    pub const SYSCALL_EXECVE_15_E: EventType = EventType(214);
    pub const SYSCALL_EXECVE_15_X: EventType = EventType(215);
    pub const SYSCALL_CLONE_17_E: EventType = EventType(216);
    pub const SYSCALL_CLONE_17_X: EventType = EventType(217);
    pub const SYSCALL_FORK_17_E: EventType = EventType(218);
    pub const SYSCALL_FORK_17_X: EventType = EventType(219);
    pub const SYSCALL_VFORK_17_E: EventType = EventType(220);
    pub const SYSCALL_VFORK_17_X: EventType = EventType(221);
    pub const SYSCALL_CLONE_20_E: EventType = EventType(222);
    pub const SYSCALL_CLONE_20_X: EventType = EventType(223);
    pub const SYSCALL_FORK_20_E: EventType = EventType(224);
    pub const SYSCALL_FORK_20_X: EventType = EventType(225);
    pub const SYSCALL_VFORK_20_E: EventType = EventType(226);
    pub const SYSCALL_VFORK_20_X: EventType = EventType(227);
    pub const CONTAINER_E: EventType = EventType(228);
    pub const CONTAINER_X: EventType = EventType(229);
    pub const SYSCALL_EXECVE_16_E: EventType = EventType(230);
    pub const SYSCALL_EXECVE_16_X: EventType = EventType(231);
    pub const SIGNALDELIVER_E: EventType = EventType(232);
    pub const SIGNALDELIVER_X: EventType = EventType(233);
    pub const PROCINFO_E: EventType = EventType(234);
    pub const PROCINFO_X: EventType = EventType(235);
    pub const SYSCALL_GETDENTS_E: EventType = EventType(236);
    pub const SYSCALL_GETDENTS_X: EventType = EventType(237);
    pub const SYSCALL_GETDENTS64_E: EventType = EventType(238);
    pub const SYSCALL_GETDENTS64_X: EventType = EventType(239);
    pub const SYSCALL_SETNS_E: EventType = EventType(240);
    pub const SYSCALL_SETNS_X: EventType = EventType(241);
    pub const SYSCALL_FLOCK_E: EventType = EventType(242);
    pub const SYSCALL_FLOCK_X: EventType = EventType(243);
    pub const CPU_HOTPLUG_E: EventType = EventType(244);
    pub const CPU_HOTPLUG_X: EventType = EventType(245);
    pub const SOCKET_ACCEPT_5_E: EventType = EventType(246);
    pub const SOCKET_ACCEPT_5_X: EventType = EventType(247);
    pub const SOCKET_ACCEPT4_5_E: EventType = EventType(248);
    pub const SOCKET_ACCEPT4_5_X: EventType = EventType(249);
    pub const SYSCALL_SEMOP_E: EventType = EventType(250);
    pub const SYSCALL_SEMOP_X: EventType = EventType(251);
    pub const SYSCALL_SEMCTL_E: EventType = EventType(252);
    pub const SYSCALL_SEMCTL_X: EventType = EventType(253);
    pub const SYSCALL_PPOLL_E: EventType = EventType(254);
    pub const SYSCALL_PPOLL_X: EventType = EventType(255);
    pub const SYSCALL_MOUNT_E: EventType = EventType(256);
    pub const SYSCALL_MOUNT_X: EventType = EventType(257);
    pub const SYSCALL_UMOUNT_E: EventType = EventType(258);
    pub const SYSCALL_UMOUNT_X: EventType = EventType(259);
    pub const K8S_E: EventType = EventType(260);
    pub const K8S_X: EventType = EventType(261);
    pub const SYSCALL_SEMGET_E: EventType = EventType(262);
    pub const SYSCALL_SEMGET_X: EventType = EventType(263);
    pub const SYSCALL_ACCESS_E: EventType = EventType(264);
    pub const SYSCALL_ACCESS_X: EventType = EventType(265);
    pub const SYSCALL_CHROOT_E: EventType = EventType(266);
    pub const SYSCALL_CHROOT_X: EventType = EventType(267);
    pub const TRACER_E: EventType = EventType(268);
    pub const TRACER_X: EventType = EventType(269);
    pub const MESOS_E: EventType = EventType(270);
    pub const MESOS_X: EventType = EventType(271);
    pub const CONTAINER_JSON_E: EventType = EventType(272);
    pub const CONTAINER_JSON_X: EventType = EventType(273);
    pub const SYSCALL_SETSID_E: EventType = EventType(274);
    pub const SYSCALL_SETSID_X: EventType = EventType(275);
    pub const SYSCALL_MKDIR_2_E: EventType = EventType(276);
    pub const SYSCALL_MKDIR_2_X: EventType = EventType(277);
    pub const SYSCALL_RMDIR_2_E: EventType = EventType(278);
    pub const SYSCALL_RMDIR_2_X: EventType = EventType(279);
    pub const NOTIFICATION_E: EventType = EventType(280);
    pub const NOTIFICATION_X: EventType = EventType(281);
    pub const SYSCALL_EXECVE_17_E: EventType = EventType(282);
    pub const SYSCALL_EXECVE_17_X: EventType = EventType(283);
    pub const SYSCALL_UNSHARE_E: EventType = EventType(284);
    pub const SYSCALL_UNSHARE_X: EventType = EventType(285);
    pub const INFRASTRUCTURE_EVENT_E: EventType = EventType(286);
    pub const INFRASTRUCTURE_EVENT_X: EventType = EventType(287);
    pub const SYSCALL_EXECVE_18_E: EventType = EventType(288);
    pub const SYSCALL_EXECVE_18_X: EventType = EventType(289);
    pub const PAGE_FAULT_E: EventType = EventType(290);
    pub const PAGE_FAULT_X: EventType = EventType(291);
    pub const SYSCALL_EXECVE_19_E: EventType = EventType(292);
    pub const SYSCALL_EXECVE_19_X: EventType = EventType(293);
    pub const SYSCALL_SETPGID_E: EventType = EventType(294);
    pub const SYSCALL_SETPGID_X: EventType = EventType(295);
    pub const SYSCALL_BPF_E: EventType = EventType(296);
    pub const SYSCALL_BPF_X: EventType = EventType(297);
    pub const SYSCALL_SECCOMP_E: EventType = EventType(298);
    pub const SYSCALL_SECCOMP_X: EventType = EventType(299);
    pub const SYSCALL_UNLINK_2_E: EventType = EventType(300);
    pub const SYSCALL_UNLINK_2_X: EventType = EventType(301);
    pub const SYSCALL_UNLINKAT_2_E: EventType = EventType(302);
    pub const SYSCALL_UNLINKAT_2_X: EventType = EventType(303);
    pub const SYSCALL_MKDIRAT_E: EventType = EventType(304);
    pub const SYSCALL_MKDIRAT_X: EventType = EventType(305);
    pub const SYSCALL_OPENAT_2_E: EventType = EventType(306);
    pub const SYSCALL_OPENAT_2_X: EventType = EventType(307);
    pub const SYSCALL_LINK_2_E: EventType = EventType(308);
    pub const SYSCALL_LINK_2_X: EventType = EventType(309);
    pub const SYSCALL_LINKAT_2_E: EventType = EventType(310);
    pub const SYSCALL_LINKAT_2_X: EventType = EventType(311);
    pub const SYSCALL_FCHMODAT_E: EventType = EventType(312);
    pub const SYSCALL_FCHMODAT_X: EventType = EventType(313);
    pub const SYSCALL_CHMOD_E: EventType = EventType(314);
    pub const SYSCALL_CHMOD_X: EventType = EventType(315);
    pub const SYSCALL_FCHMOD_E: EventType = EventType(316);
    pub const SYSCALL_FCHMOD_X: EventType = EventType(317);
    pub const SYSCALL_RENAMEAT2_E: EventType = EventType(318);
    pub const SYSCALL_RENAMEAT2_X: EventType = EventType(319);
    pub const SYSCALL_USERFAULTFD_E: EventType = EventType(320);
    pub const SYSCALL_USERFAULTFD_X: EventType = EventType(321);
    pub const PLUGINEVENT_E: EventType = EventType(322);
    pub const PLUGINEVENT_X: EventType = EventType(323);
    pub const CONTAINER_JSON_2_E: EventType = EventType(324);
    pub const CONTAINER_JSON_2_X: EventType = EventType(325);
    pub const SYSCALL_OPENAT2_E: EventType = EventType(326);
    pub const SYSCALL_OPENAT2_X: EventType = EventType(327);
    pub const SYSCALL_MPROTECT_E: EventType = EventType(328);
    pub const SYSCALL_MPROTECT_X: EventType = EventType(329);
    pub const SYSCALL_EXECVEAT_E: EventType = EventType(330);
    pub const SYSCALL_EXECVEAT_X: EventType = EventType(331);
    pub const SYSCALL_COPY_FILE_RANGE_E: EventType = EventType(332);
    pub const SYSCALL_COPY_FILE_RANGE_X: EventType = EventType(333);
    pub const SYSCALL_CLONE3_E: EventType = EventType(334);
    pub const SYSCALL_CLONE3_X: EventType = EventType(335);
    pub const SYSCALL_OPEN_BY_HANDLE_AT_E: EventType = EventType(336);
    pub const SYSCALL_OPEN_BY_HANDLE_AT_X: EventType = EventType(337);
    pub const SYSCALL_IO_URING_SETUP_E: EventType = EventType(338);
    pub const SYSCALL_IO_URING_SETUP_X: EventType = EventType(339);
    pub const SYSCALL_IO_URING_ENTER_E: EventType = EventType(340);
    pub const SYSCALL_IO_URING_ENTER_X: EventType = EventType(341);
    pub const SYSCALL_IO_URING_REGISTER_E: EventType = EventType(342);
    pub const SYSCALL_IO_URING_REGISTER_X: EventType = EventType(343);
    pub const SYSCALL_MLOCK_E: EventType = EventType(344);
    pub const SYSCALL_MLOCK_X: EventType = EventType(345);
    pub const SYSCALL_MUNLOCK_E: EventType = EventType(346);
    pub const SYSCALL_MUNLOCK_X: EventType = EventType(347);
    pub const SYSCALL_MLOCKALL_E: EventType = EventType(348);
    pub const SYSCALL_MLOCKALL_X: EventType = EventType(349);
    pub const SYSCALL_MUNLOCKALL_E: EventType = EventType(350);
    pub const SYSCALL_MUNLOCKALL_X: EventType = EventType(351);
    pub const SYSCALL_CAPSET_E: EventType = EventType(352);
    pub const SYSCALL_CAPSET_X: EventType = EventType(353);
    pub const USER_ADDED_E: EventType = EventType(354);
    pub const USER_ADDED_X: EventType = EventType(355);
    pub const USER_DELETED_E: EventType = EventType(356);
    pub const USER_DELETED_X: EventType = EventType(357);
    pub const GROUP_ADDED_E: EventType = EventType(358);
    pub const GROUP_ADDED_X: EventType = EventType(359);
    pub const GROUP_DELETED_E: EventType = EventType(360);
    pub const GROUP_DELETED_X: EventType = EventType(361);
    pub const SYSCALL_DUP2_E: EventType = EventType(362);
    pub const SYSCALL_DUP2_X: EventType = EventType(363);
    pub const SYSCALL_DUP3_E: EventType = EventType(364);
    pub const SYSCALL_DUP3_X: EventType = EventType(365);
    pub const SYSCALL_DUP_1_E: EventType = EventType(366);
    pub const SYSCALL_DUP_1_X: EventType = EventType(367);
    pub const SYSCALL_BPF_2_E: EventType = EventType(368);
    pub const SYSCALL_BPF_2_X: EventType = EventType(369);
    pub const SYSCALL_MLOCK2_E: EventType = EventType(370);
    pub const SYSCALL_MLOCK2_X: EventType = EventType(371);
    pub const SYSCALL_FSCONFIG_E: EventType = EventType(372);
    pub const SYSCALL_FSCONFIG_X: EventType = EventType(373);
    pub const SYSCALL_EPOLL_CREATE_E: EventType = EventType(374);
    pub const SYSCALL_EPOLL_CREATE_X: EventType = EventType(375);
    pub const SYSCALL_EPOLL_CREATE1_E: EventType = EventType(376);
    pub const SYSCALL_EPOLL_CREATE1_X: EventType = EventType(377);
    pub const SYSCALL_CHOWN_E: EventType = EventType(378);
    pub const SYSCALL_CHOWN_X: EventType = EventType(379);
    pub const SYSCALL_LCHOWN_E: EventType = EventType(380);
    pub const SYSCALL_LCHOWN_X: EventType = EventType(381);
    pub const SYSCALL_FCHOWN_E: EventType = EventType(382);
    pub const SYSCALL_FCHOWN_X: EventType = EventType(383);
    pub const SYSCALL_FCHOWNAT_E: EventType = EventType(384);
    pub const SYSCALL_FCHOWNAT_X: EventType = EventType(385);
    pub const SYSCALL_UMOUNT_1_E: EventType = EventType(386);
    pub const SYSCALL_UMOUNT_1_X: EventType = EventType(387);
    pub const SOCKET_ACCEPT4_6_E: EventType = EventType(388);
    pub const SOCKET_ACCEPT4_6_X: EventType = EventType(389);
    pub const SYSCALL_UMOUNT2_E: EventType = EventType(390);
    pub const SYSCALL_UMOUNT2_X: EventType = EventType(391);
    pub const SYSCALL_PIPE2_E: EventType = EventType(392);
    pub const SYSCALL_PIPE2_X: EventType = EventType(393);
    pub const SYSCALL_INOTIFY_INIT1_E: EventType = EventType(394);
    pub const SYSCALL_INOTIFY_INIT1_X: EventType = EventType(395);
    pub const SYSCALL_EVENTFD2_E: EventType = EventType(396);
    pub const SYSCALL_EVENTFD2_X: EventType = EventType(397);
    pub const SYSCALL_SIGNALFD4_E: EventType = EventType(398);
    pub const SYSCALL_SIGNALFD4_X: EventType = EventType(399);
    pub const SYSCALL_PRCTL_E: EventType = EventType(400);
    pub const SYSCALL_PRCTL_X: EventType = EventType(401);
    pub const ASYNCEVENT_E: EventType = EventType(402);
    pub const ASYNCEVENT_X: EventType = EventType(403);
    pub const SYSCALL_MEMFD_CREATE_E: EventType = EventType(404);
    pub const SYSCALL_MEMFD_CREATE_X: EventType = EventType(405);
    pub const SYSCALL_PIDFD_GETFD_E: EventType = EventType(406);
    pub const SYSCALL_PIDFD_GETFD_X: EventType = EventType(407);
    pub const SYSCALL_PIDFD_OPEN_E: EventType = EventType(408);
    pub const SYSCALL_PIDFD_OPEN_X: EventType = EventType(409);
    pub const SYSCALL_INIT_MODULE_E: EventType = EventType(410);
    pub const SYSCALL_INIT_MODULE_X: EventType = EventType(411);
    pub const SYSCALL_FINIT_MODULE_E: EventType = EventType(412);
    pub const SYSCALL_FINIT_MODULE_X: EventType = EventType(413);
    pub const SYSCALL_MKNOD_E: EventType = EventType(414);
    pub const SYSCALL_MKNOD_X: EventType = EventType(415);
    pub const SYSCALL_MKNODAT_E: EventType = EventType(416);
    pub const SYSCALL_MKNODAT_X: EventType = EventType(417);
    pub const SYSCALL_NEWFSTATAT_E: EventType = EventType(418);
    pub const SYSCALL_NEWFSTATAT_X: EventType = EventType(419);
    pub const SYSCALL_PROCESS_VM_READV_E: EventType = EventType(420);
    pub const SYSCALL_PROCESS_VM_READV_X: EventType = EventType(421);
    pub const SYSCALL_PROCESS_VM_WRITEV_E: EventType = EventType(422);
    pub const SYSCALL_PROCESS_VM_WRITEV_X: EventType = EventType(423);
    pub const SYSCALL_DELETE_MODULE_E: EventType = EventType(424);
    pub const SYSCALL_DELETE_MODULE_X: EventType = EventType(425);
    pub const SYSCALL_SETREUID_E: EventType = EventType(426);
    pub const SYSCALL_SETREUID_X: EventType = EventType(427);
    pub const SYSCALL_SETREGID_E: EventType = EventType(428);
    pub const SYSCALL_SETREGID_X: EventType = EventType(429);
    pub const ITER_TASK_E: EventType = EventType(430);
    pub const ITER_TASK_X: EventType = EventType(431);
    pub const ITER_TASK_FILE_PIPE_E: EventType = EventType(432);
    pub const ITER_TASK_FILE_PIPE_X: EventType = EventType(433);
    pub const ITER_TASK_FILE_MEMFD_E: EventType = EventType(434);
    pub const ITER_TASK_FILE_MEMFD_X: EventType = EventType(435);
    pub const ITER_TASK_FILE_REGULAR_E: EventType = EventType(436);
    pub const ITER_TASK_FILE_REGULAR_X: EventType = EventType(437);
    pub const ITER_TASK_FILE_DIRECTORY_E: EventType = EventType(438);
    pub const ITER_TASK_FILE_DIRECTORY_X: EventType = EventType(439);
    pub const ITER_TASK_FILE_SOCKET_INET_E: EventType = EventType(440);
    pub const ITER_TASK_FILE_SOCKET_INET_X: EventType = EventType(441);
    pub const ITER_TASK_FILE_SOCKET_INET6_E: EventType = EventType(442);
    pub const ITER_TASK_FILE_SOCKET_INET6_X: EventType = EventType(443);
    pub const ITER_TASK_FILE_SOCKET_UNIX_E: EventType = EventType(444);
    pub const ITER_TASK_FILE_SOCKET_UNIX_X: EventType = EventType(445);
    pub const ITER_TASK_FILE_SOCKET_NETLINK_E: EventType = EventType(446);
    pub const ITER_TASK_FILE_SOCKET_NETLINK_X: EventType = EventType(447);
    pub const ITER_TASK_FILE_ANON_INODE_E: EventType = EventType(448);
    pub const ITER_TASK_FILE_ANON_INODE_X: EventType = EventType(449);
    pub const SYSCALL_CLOSE_RANGE_E: EventType = EventType(450);
    pub const SYSCALL_CLOSE_RANGE_X: EventType = EventType(451);
    pub const SYSCALL_KEYCTL_E: EventType = EventType(452);
    pub const SYSCALL_KEYCTL_X: EventType = EventType(453);
}

pub(crate) static UNKNOWN_EVENT: EventInfo = EventInfo { code: EventType(u16::MAX), symbol: "unknown", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] };

pub(crate) static EVENTS: [EventInfo; EVENT_COUNT] = [
    EventInfo { code: EventType(0), symbol: "generic_e", name: "syscall", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("ID", T::SyscallId, F::Dec, None, None, &[]), p("nativeID", T::U16, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(1), symbol: "generic_x", name: "syscall", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("ID", T::SyscallId, F::Dec, None, None, &[]), p("nativeID", T::U16, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(2), symbol: "syscall_open_e", name: "open", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("name", T::FsPath, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&FILE_FLAGS), None, &[]), p("mode", T::U32, F::Oct, None, None, &[])] },
    EventInfo { code: EventType(3), symbol: "syscall_open_x", name: "open", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("name", T::FsPath, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&FILE_FLAGS), None, &[]), p("mode", T::U32, F::Oct, None, None, &[]), p("dev", T::U32, F::Hex, None, None, &[]), p("ino", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(4), symbol: "syscall_close_e", name: "close", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x1226), params: &[p("fd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(5), symbol: "syscall_close_x", name: "close", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x1026), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(6), symbol: "syscall_read_e", name: "read", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x120c), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(7), symbol: "syscall_read_x", name: "read", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x100c), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(8), symbol: "syscall_write_e", name: "write", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1214), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(9), symbol: "syscall_write_x", name: "write", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1014), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(10), symbol: "syscall_brk_1_e", name: "brk", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("size", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(11), symbol: "syscall_brk_1_x", name: "brk", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("res", T::U64, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(12), symbol: "syscall_execve_8_e", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[] },
    EventInfo { code: EventType(13), symbol: "syscall_execve_8_x", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(14), symbol: "syscall_clone_11_e", name: "clone", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(15), symbol: "syscall_clone_11_x", name: "clone", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Pid, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::I64, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(16), symbol: "procexit_e", name: "procexit", category: Category::Process, kind: Kind::Tracepoint, flags: EventFlags(0x1220), params: &[] },
    EventInfo { code: EventType(17), symbol: "procexit_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(18), symbol: "socket_socket_e", name: "socket", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("domain", T::Enum32, F::Dec, Some(&SOCKET_FAMILIES), None, &[]), p("type", T::U32, F::Dec, None, None, &[]), p("proto", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(19), symbol: "socket_socket_x", name: "socket", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("domain", T::Enum32, F::Dec, Some(&SOCKET_FAMILIES), None, &[]), p("type", T::U32, F::Dec, None, None, &[]), p("proto", T::U32, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&FILE_FLAGS), None, &[])] },
    EventInfo { code: EventType(20), symbol: "socket_bind_e", name: "bind", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1224), params: &[p("fd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(21), symbol: "socket_bind_x", name: "bind", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1024), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("addr", T::SockAddr, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(22), symbol: "socket_connect_e", name: "connect", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1024), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("addr", T::SockAddr, F::None, None, None, &[])] },
    EventInfo { code: EventType(23), symbol: "socket_connect_x", name: "connect", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1024), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("addr", T::SockAddr, F::None, None, None, &[])] },
    EventInfo { code: EventType(24), symbol: "socket_listen_e", name: "listen", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("backlog", T::I32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(25), symbol: "socket_listen_x", name: "listen", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1004), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("backlog", T::I32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(26), symbol: "socket_accept_e", name: "accept", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x221), params: &[] },
    EventInfo { code: EventType(27), symbol: "socket_accept_x", name: "accept", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[]), p("queuepct", T::U8, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(28), symbol: "socket_send_e", name: "send", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1214), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(29), symbol: "socket_send_x", name: "send", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1014), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[])] },
    EventInfo { code: EventType(30), symbol: "socket_sendto_e", name: "sendto", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1234), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[])] },
    EventInfo { code: EventType(31), symbol: "socket_sendto_x", name: "sendto", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1034), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[])] },
    EventInfo { code: EventType(32), symbol: "socket_recv_e", name: "recv", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x120c), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(33), symbol: "socket_recv_x", name: "recv", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x100c), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[])] },
    EventInfo { code: EventType(34), symbol: "socket_recvfrom_e", name: "recvfrom", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x122c), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(35), symbol: "socket_recvfrom_x", name: "recvfrom", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x102c), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(36), symbol: "socket_shutdown_e", name: "shutdown", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1224), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("how", T::Enum8, F::Hex, Some(&SHUTDOWN_HOW), None, &[])] },
    EventInfo { code: EventType(37), symbol: "socket_shutdown_x", name: "shutdown", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1024), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("how", T::Enum8, F::Hex, Some(&SHUTDOWN_HOW), None, &[])] },
    EventInfo { code: EventType(38), symbol: "socket_getsockname_e", name: "getsockname", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(39), symbol: "socket_getsockname_x", name: "getsockname", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[] },
    EventInfo { code: EventType(40), symbol: "socket_getpeername_e", name: "getpeername", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(41), symbol: "socket_getpeername_x", name: "getpeername", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[] },
    EventInfo { code: EventType(42), symbol: "socket_socketpair_e", name: "socketpair", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("domain", T::Enum32, F::Dec, Some(&SOCKET_FAMILIES), None, &[]), p("type", T::U32, F::Dec, None, None, &[]), p("proto", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(43), symbol: "socket_socketpair_x", name: "socketpair", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd1", T::Fd, F::Dec, None, None, &[]), p("fd2", T::Fd, F::Dec, None, None, &[]), p("source", T::U64, F::Hex, None, None, &[]), p("peer", T::U64, F::Hex, None, None, &[]), p("domain", T::Enum32, F::Dec, Some(&SOCKET_FAMILIES), None, &[]), p("type", T::U32, F::Dec, None, None, &[]), p("proto", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(44), symbol: "socket_setsockopt_e", name: "setsockopt", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(45), symbol: "socket_setsockopt_x", name: "setsockopt", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x4), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("level", T::Enum8, F::Dec, Some(&SOCKOPT_LEVELS), None, &[]), p("optname", T::Enum8, F::Dec, Some(&SOCKOPT_OPTIONS), None, &[]), p("val", T::Dyn, F::Dec, None, None, SOCKOPT_DYNAMIC_PARAM), p("optlen", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(46), symbol: "socket_getsockopt_e", name: "getsockopt", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(47), symbol: "socket_getsockopt_x", name: "getsockopt", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x24), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("level", T::Enum8, F::Dec, Some(&SOCKOPT_LEVELS), None, &[]), p("optname", T::Enum8, F::Dec, Some(&SOCKOPT_OPTIONS), None, &[]), p("val", T::Dyn, F::Dec, None, None, SOCKOPT_DYNAMIC_PARAM), p("optlen", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(48), symbol: "socket_sendmsg_e", name: "sendmsg", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1234), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[])] },
    EventInfo { code: EventType(49), symbol: "socket_sendmsg_x", name: "sendmsg", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1034), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[])] },
    EventInfo { code: EventType(50), symbol: "socket_sendmmsg_e", name: "sendmmsg", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(51), symbol: "socket_sendmmsg_x", name: "sendmmsg", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1034), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[])] },
    EventInfo { code: EventType(52), symbol: "socket_recvmsg_e", name: "recvmsg", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x122c), params: &[p("fd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(53), symbol: "socket_recvmsg_x", name: "recvmsg", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x102c), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[]), p("msgcontrol", T::ByteBuf, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(54), symbol: "socket_recvmmsg_e", name: "recvmmsg", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(55), symbol: "socket_recvmmsg_x", name: "recvmmsg", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x102c), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[]), p("msgcontrol", T::ByteBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(56), symbol: "socket_accept4_e", name: "accept", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("flags", T::I32, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(57), symbol: "socket_accept4_x", name: "accept", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[]), p("queuepct", T::U8, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(58), symbol: "syscall_creat_e", name: "creat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("name", T::FsPath, F::None, None, None, &[]), p("mode", T::U32, F::Oct, None, None, &[])] },
    EventInfo { code: EventType(59), symbol: "syscall_creat_x", name: "creat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("name", T::FsPath, F::None, None, None, &[]), p("mode", T::U32, F::Oct, None, None, &[]), p("dev", T::U32, F::Hex, None, None, &[]), p("ino", T::U64, F::Dec, None, None, &[]), p("creat_flags", T::Flags16, F::Hex, Some(&CREAT_FLAGS), None, &[])] },
    EventInfo { code: EventType(60), symbol: "syscall_pipe_e", name: "pipe", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x221), params: &[] },
    EventInfo { code: EventType(61), symbol: "syscall_pipe_x", name: "pipe", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x21), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd1", T::Fd, F::Dec, None, None, &[]), p("fd2", T::Fd, F::Dec, None, None, &[]), p("ino", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(62), symbol: "syscall_eventfd_e", name: "eventfd", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("initval", T::U64, F::Dec, None, None, &[]), p("flags", T::U32, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(63), symbol: "syscall_eventfd_x", name: "eventfd", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("res", T::Fd, F::Dec, None, None, &[]), p("initval", T::U64, F::Dec, None, None, &[]), p("flags", T::U32, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(64), symbol: "syscall_futex_e", name: "futex", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("addr", T::U64, F::Hex, None, None, &[]), p("op", T::Flags16, F::Hex, Some(&FUTEX_OPERATIONS), None, &[]), p("val", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(65), symbol: "syscall_futex_x", name: "futex", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("addr", T::U64, F::Hex, None, None, &[]), p("op", T::Flags16, F::Hex, Some(&FUTEX_OPERATIONS), None, &[]), p("val", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(66), symbol: "syscall_stat_e", name: "stat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(67), symbol: "syscall_stat_x", name: "stat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(68), symbol: "syscall_lstat_e", name: "lstat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(69), symbol: "syscall_lstat_x", name: "lstat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(70), symbol: "syscall_fstat_e", name: "fstat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("fd", T::Fd, F::None, None, None, &[])] },
    EventInfo { code: EventType(71), symbol: "syscall_fstat_x", name: "fstat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1004), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::None, None, None, &[])] },
    EventInfo { code: EventType(72), symbol: "syscall_stat64_e", name: "stat64", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(73), symbol: "syscall_stat64_x", name: "stat64", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(74), symbol: "syscall_lstat64_e", name: "lstat64", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(75), symbol: "syscall_lstat64_x", name: "lstat64", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(76), symbol: "syscall_fstat64_e", name: "fstat64", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x204), params: &[p("fd", T::Fd, F::None, None, None, &[])] },
    EventInfo { code: EventType(77), symbol: "syscall_fstat64_x", name: "fstat64", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(78), symbol: "syscall_epollwait_e", name: "epoll_wait", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x1280), params: &[p("maxevents", T::Errno, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(79), symbol: "syscall_epollwait_x", name: "epoll_wait", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x1080), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("maxevents", T::Errno, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(80), symbol: "syscall_poll_e", name: "poll", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x1280), params: &[p("fds", T::FdList, F::Dec, None, None, &[]), p("timeout", T::I64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(81), symbol: "syscall_poll_x", name: "poll", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x1080), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fds", T::FdList, F::Dec, None, None, &[]), p("timeout", T::I64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(82), symbol: "syscall_select_e", name: "select", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x280), params: &[] },
    EventInfo { code: EventType(83), symbol: "syscall_select_x", name: "select", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x80), params: &[p("res", T::Errno, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(84), symbol: "syscall_newselect_e", name: "select", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x280), params: &[] },
    EventInfo { code: EventType(85), symbol: "syscall_newselect_x", name: "select", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x1280), params: &[p("res", T::Errno, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(86), symbol: "syscall_lseek_e", name: "lseek", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("offset", T::U64, F::Dec, None, None, &[]), p("whence", T::Enum8, F::Dec, Some(&LSEEK_WHENCE), None, &[])] },
    EventInfo { code: EventType(87), symbol: "syscall_lseek_x", name: "lseek", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1004), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("offset", T::U64, F::Dec, None, None, &[]), p("whence", T::Enum8, F::Dec, Some(&LSEEK_WHENCE), None, &[])] },
    EventInfo { code: EventType(88), symbol: "syscall_llseek_e", name: "llseek", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("offset", T::U64, F::Dec, None, None, &[]), p("whence", T::Enum8, F::Dec, Some(&LSEEK_WHENCE), None, &[])] },
    EventInfo { code: EventType(89), symbol: "syscall_llseek_x", name: "llseek", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1004), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("offset", T::U64, F::Dec, None, None, &[]), p("whence", T::Enum8, F::Dec, Some(&LSEEK_WHENCE), None, &[])] },
    EventInfo { code: EventType(90), symbol: "syscall_ioctl_2_e", name: "ioctl", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("request", T::U64, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(91), symbol: "syscall_ioctl_2_x", name: "ioctl", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("res", T::Errno, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(92), symbol: "syscall_getcwd_e", name: "getcwd", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(93), symbol: "syscall_getcwd_x", name: "getcwd", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("path", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(94), symbol: "syscall_chdir_e", name: "chdir", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(95), symbol: "syscall_chdir_x", name: "chdir", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x20), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("path", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(96), symbol: "syscall_fchdir_e", name: "fchdir", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1224), params: &[p("fd", T::Fd, F::None, None, None, &[])] },
    EventInfo { code: EventType(97), symbol: "syscall_fchdir_x", name: "fchdir", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1024), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::None, None, None, &[])] },
    EventInfo { code: EventType(98), symbol: "syscall_mkdir_e", name: "mkdir", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("path", T::FsPath, F::None, None, None, &[]), p("mode", T::U32, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(99), symbol: "syscall_mkdir_x", name: "mkdir", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("res", T::Errno, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(100), symbol: "syscall_rmdir_e", name: "rmdir", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("path", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(101), symbol: "syscall_rmdir_x", name: "rmdir", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("res", T::Errno, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(102), symbol: "syscall_openat_e", name: "openat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("dirfd", T::Fd, F::Dec, None, None, &[]), p("name", T::CharBuf, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&FILE_FLAGS), None, &[]), p("mode", T::U32, F::Oct, None, None, &[])] },
    EventInfo { code: EventType(103), symbol: "syscall_openat_x", name: "openat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("fd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(104), symbol: "syscall_link_e", name: "link", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("oldpath", T::FsPath, F::None, None, None, &[]), p("newpath", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(105), symbol: "syscall_link_x", name: "link", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("res", T::Errno, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(106), symbol: "syscall_linkat_e", name: "linkat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("olddir", T::Fd, F::Dec, None, None, &[]), p("oldpath", T::CharBuf, F::None, None, None, &[]), p("newdir", T::Fd, F::Dec, None, None, &[]), p("newpath", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(107), symbol: "syscall_linkat_x", name: "linkat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("res", T::Errno, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(108), symbol: "syscall_unlink_e", name: "unlink", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("path", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(109), symbol: "syscall_unlink_x", name: "unlink", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("res", T::Errno, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(110), symbol: "syscall_unlinkat_e", name: "unlinkat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("dirfd", T::Fd, F::Dec, None, None, &[]), p("name", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(111), symbol: "syscall_unlinkat_x", name: "unlinkat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("res", T::Errno, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(112), symbol: "syscall_pread_e", name: "pread", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x120c), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("pos", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(113), symbol: "syscall_pread_x", name: "pread", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x100c), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("pos", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(114), symbol: "syscall_pwrite_e", name: "pwrite", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1214), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("pos", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(115), symbol: "syscall_pwrite_x", name: "pwrite", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1014), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("pos", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(116), symbol: "syscall_readv_e", name: "readv", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x120c), params: &[p("fd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(117), symbol: "syscall_readv_x", name: "readv", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x100c), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(118), symbol: "syscall_writev_e", name: "writev", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1214), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(119), symbol: "syscall_writev_x", name: "writev", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1014), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(120), symbol: "syscall_preadv_e", name: "preadv", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x120c), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("pos", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(121), symbol: "syscall_preadv_x", name: "preadv", category: Category::IoRead, kind: Kind::Syscall, flags: EventFlags(0x100c), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("pos", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(122), symbol: "syscall_pwritev_e", name: "pwritev", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1214), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("pos", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(123), symbol: "syscall_pwritev_x", name: "pwritev", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1014), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U32, F::Dec, None, None, &[]), p("pos", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(124), symbol: "syscall_dup_e", name: "dup", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x1225), params: &[p("fd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(125), symbol: "syscall_dup_x", name: "dup", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x1225), params: &[p("res", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(126), symbol: "syscall_signalfd_e", name: "signalfd", category: Category::Signal, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("mask", T::U32, F::Hex, None, None, &[]), p("flags", T::U8, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(127), symbol: "syscall_signalfd_x", name: "signalfd", category: Category::Signal, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("res", T::Fd, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("mask", T::U32, F::Hex, None, None, &[]), p("flags", T::U8, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(128), symbol: "syscall_kill_e", name: "kill", category: Category::Signal, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("pid", T::Pid, F::Dec, None, None, &[]), p("sig", T::SigType, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(129), symbol: "syscall_kill_x", name: "kill", category: Category::Signal, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("sig", T::SigType, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(130), symbol: "syscall_tkill_e", name: "tkill", category: Category::Signal, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("tid", T::Pid, F::Dec, None, None, &[]), p("sig", T::SigType, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(131), symbol: "syscall_tkill_x", name: "tkill", category: Category::Signal, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("sig", T::SigType, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(132), symbol: "syscall_tgkill_e", name: "tgkill", category: Category::Signal, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("pid", T::Pid, F::Dec, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("sig", T::SigType, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(133), symbol: "syscall_tgkill_x", name: "tgkill", category: Category::Signal, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("sig", T::SigType, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(134), symbol: "syscall_nanosleep_e", name: "nanosleep", category: Category::Sleep, kind: Kind::Syscall, flags: EventFlags(0x1280), params: &[p("interval", T::RelTime, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(135), symbol: "syscall_nanosleep_x", name: "nanosleep", category: Category::Sleep, kind: Kind::Syscall, flags: EventFlags(0x1080), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("interval", T::RelTime, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(136), symbol: "syscall_timerfd_create_e", name: "timerfd_create", category: Category::Time, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("clockid", T::U8, F::Dec, None, None, &[]), p("flags", T::U8, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(137), symbol: "syscall_timerfd_create_x", name: "timerfd_create", category: Category::Time, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("res", T::Fd, F::Dec, None, None, &[]), p("clockid", T::U8, F::Dec, None, None, &[]), p("flags", T::U8, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(138), symbol: "syscall_inotify_init_e", name: "inotify_init", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("flags", T::U8, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(139), symbol: "syscall_inotify_init_x", name: "inotify_init", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("res", T::Fd, F::Dec, None, None, &[]), p("flags", T::U8, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(140), symbol: "syscall_getrlimit_e", name: "getrlimit", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("resource", T::Enum8, F::Dec, Some(&RLIMIT_RESOURCES), None, &[])] },
    EventInfo { code: EventType(141), symbol: "syscall_getrlimit_x", name: "getrlimit", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("cur", T::I64, F::Dec, None, None, &[]), p("max", T::I64, F::Dec, None, None, &[]), p("resource", T::Enum8, F::Dec, Some(&RLIMIT_RESOURCES), None, &[])] },
    EventInfo { code: EventType(142), symbol: "syscall_setrlimit_e", name: "setrlimit", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("resource", T::Enum8, F::Dec, Some(&RLIMIT_RESOURCES), None, &[])] },
    EventInfo { code: EventType(143), symbol: "syscall_setrlimit_x", name: "setrlimit", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("cur", T::I64, F::Dec, None, None, &[]), p("max", T::I64, F::Dec, None, None, &[]), p("resource", T::Enum8, F::Dec, Some(&RLIMIT_RESOURCES), None, &[])] },
    EventInfo { code: EventType(144), symbol: "syscall_prlimit_e", name: "prlimit", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("pid", T::Pid, F::Dec, None, None, &[]), p("resource", T::Enum8, F::Dec, Some(&RLIMIT_RESOURCES), None, &[])] },
    EventInfo { code: EventType(145), symbol: "syscall_prlimit_x", name: "prlimit", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("newcur", T::I64, F::Dec, None, None, &[]), p("newmax", T::I64, F::Dec, None, None, &[]), p("oldcur", T::I64, F::Dec, None, None, &[]), p("oldmax", T::I64, F::Dec, None, None, &[]), p("pid", T::I64, F::Dec, None, None, &[]), p("resource", T::Enum8, F::Dec, Some(&RLIMIT_RESOURCES), None, &[])] },
    EventInfo { code: EventType(146), symbol: "schedswitch_1_e", name: "switch", category: Category::Scheduler, kind: Kind::Tracepoint, flags: EventFlags(0x1300), params: &[p("next", T::Pid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(147), symbol: "schedswitch_1_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(148), symbol: "drop_e", name: "drop", category: Category::Internal, kind: Kind::Meta, flags: EventFlags(0x100), params: &[p("ratio", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(149), symbol: "drop_x", name: "drop", category: Category::Internal, kind: Kind::Meta, flags: EventFlags(0x100), params: &[p("ratio", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(150), symbol: "syscall_fcntl_e", name: "fcntl", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x1224), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("cmd", T::Enum8, F::Dec, Some(&FCNTL_COMMANDS), None, &[])] },
    EventInfo { code: EventType(151), symbol: "syscall_fcntl_x", name: "fcntl", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x1024), params: &[p("res", T::Fd, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("cmd", T::Enum8, F::Dec, Some(&FCNTL_COMMANDS), None, &[]), p("arg", T::U64, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(152), symbol: "schedswitch_6_e", name: "switch", category: Category::Scheduler, kind: Kind::Tracepoint, flags: EventFlags(0x0), params: &[p("next", T::Pid, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(153), symbol: "schedswitch_6_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(154), symbol: "syscall_execve_13_e", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[] },
    EventInfo { code: EventType(155), symbol: "syscall_execve_13_x", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::U64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(156), symbol: "syscall_clone_16_e", name: "clone", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(157), symbol: "syscall_clone_16_x", name: "clone", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Pid, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::I64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(158), symbol: "syscall_brk_4_e", name: "brk", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("addr", T::U64, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(159), symbol: "syscall_brk_4_x", name: "brk", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::U64, F::Hex, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("addr", T::U64, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(160), symbol: "syscall_mmap_e", name: "mmap", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("addr", T::U64, F::Hex, None, None, &[]), p("length", T::U64, F::Dec, None, None, &[]), p("prot", T::Flags32, F::Hex, Some(&PROT_FLAGS), None, &[]), p("flags", T::Flags32, F::Hex, Some(&MMAP_FLAGS), None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("offset", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(161), symbol: "syscall_mmap_x", name: "mmap", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x1004), params: &[p("res", T::Errno, F::Hex, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("addr", T::U64, F::Hex, None, None, &[]), p("length", T::U64, F::Dec, None, None, &[]), p("prot", T::Flags32, F::Hex, Some(&PROT_FLAGS), None, &[]), p("flags", T::Flags32, F::Hex, Some(&MMAP_FLAGS), None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("offset", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(162), symbol: "syscall_mmap2_e", name: "mmap2", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("addr", T::U64, F::Hex, None, None, &[]), p("length", T::U64, F::Dec, None, None, &[]), p("prot", T::Flags32, F::Hex, Some(&PROT_FLAGS), None, &[]), p("flags", T::Flags32, F::Hex, Some(&MMAP_FLAGS), None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("pgoffset", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(163), symbol: "syscall_mmap2_x", name: "mmap2", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x1004), params: &[p("res", T::Errno, F::Hex, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("addr", T::U64, F::Hex, None, None, &[]), p("length", T::U64, F::Dec, None, None, &[]), p("prot", T::Flags32, F::Hex, Some(&PROT_FLAGS), None, &[]), p("flags", T::Flags32, F::Hex, Some(&MMAP_FLAGS), None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("pgoffset", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(164), symbol: "syscall_munmap_e", name: "munmap", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("addr", T::U64, F::Hex, None, None, &[]), p("length", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(165), symbol: "syscall_munmap_x", name: "munmap", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("addr", T::U64, F::Hex, None, None, &[]), p("length", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(166), symbol: "syscall_splice_e", name: "splice", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("fd_in", T::Fd, F::Dec, None, None, &[]), p("fd_out", T::Fd, F::Dec, None, None, &[]), p("size", T::U64, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&SPLICE_FLAGS), None, &[])] },
    EventInfo { code: EventType(167), symbol: "syscall_splice_x", name: "splice", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x1004), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd_in", T::Fd, F::Dec, None, None, &[]), p("fd_out", T::Fd, F::Dec, None, None, &[]), p("size", T::U64, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&SPLICE_FLAGS), None, &[])] },
    EventInfo { code: EventType(168), symbol: "syscall_ptrace_e", name: "ptrace", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("request", T::Enum16, F::Dec, Some(&PTRACE_REQUESTS), None, &[]), p("pid", T::Pid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(169), symbol: "syscall_ptrace_x", name: "ptrace", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("addr", T::Dyn, F::Hex, None, None, PTRACE_DYNAMIC_PARAM), p("data", T::Dyn, F::Hex, None, None, PTRACE_DYNAMIC_PARAM), p("request", T::Enum16, F::Dec, Some(&PTRACE_REQUESTS), None, &[]), p("pid", T::Pid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(170), symbol: "syscall_ioctl_3_e", name: "ioctl", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("request", T::U64, F::Hex, None, None, &[]), p("argument", T::U64, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(171), symbol: "syscall_ioctl_3_x", name: "ioctl", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x1004), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("request", T::U64, F::Hex, None, None, &[]), p("argument", T::U64, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(172), symbol: "syscall_execve_14_e", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[] },
    EventInfo { code: EventType(173), symbol: "syscall_execve_14_x", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::U64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("env", T::ByteBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(174), symbol: "syscall_rename_e", name: "rename", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(175), symbol: "syscall_rename_x", name: "rename", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("oldpath", T::FsPath, F::None, None, None, &[]), p("newpath", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(176), symbol: "syscall_renameat_e", name: "renameat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(177), symbol: "syscall_renameat_x", name: "renameat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("olddirfd", T::Fd, F::Dec, None, None, &[]), p("oldpath", T::FsRelPath, F::None, None, Some(1), &[]), p("newdirfd", T::Fd, F::Dec, None, None, &[]), p("newpath", T::FsRelPath, F::None, None, Some(3), &[])] },
    EventInfo { code: EventType(178), symbol: "syscall_symlink_e", name: "symlink", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(179), symbol: "syscall_symlink_x", name: "symlink", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("target", T::CharBuf, F::None, None, None, &[]), p("linkpath", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(180), symbol: "syscall_symlinkat_e", name: "symlinkat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(181), symbol: "syscall_symlinkat_x", name: "symlinkat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x4), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("target", T::CharBuf, F::None, None, None, &[]), p("linkdirfd", T::Fd, F::Dec, None, None, &[]), p("linkpath", T::FsRelPath, F::None, None, Some(2), &[])] },
    EventInfo { code: EventType(182), symbol: "syscall_fork_e", name: "fork", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(183), symbol: "syscall_fork_x", name: "fork", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Pid, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::I64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(184), symbol: "syscall_vfork_e", name: "vfork", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(185), symbol: "syscall_vfork_x", name: "vfork", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Pid, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::I64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(186), symbol: "procexit_1_e", name: "procexit", category: Category::Process, kind: Kind::Tracepoint, flags: EventFlags(0x20), params: &[p("status", T::Errno, F::Dec, None, None, &[]), p("ret", T::Errno, F::Dec, None, None, &[]), p("sig", T::SigType, F::Dec, None, None, &[]), p("core", T::U8, F::Dec, None, None, &[]), p("reaper_tid", T::Pid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(187), symbol: "procexit_1_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(188), symbol: "syscall_sendfile_e", name: "sendfile", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("out_fd", T::Fd, F::Dec, None, None, &[]), p("in_fd", T::Fd, F::Dec, None, None, &[]), p("offset", T::U64, F::Dec, None, None, &[]), p("size", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(189), symbol: "syscall_sendfile_x", name: "sendfile", category: Category::IoWrite, kind: Kind::Syscall, flags: EventFlags(0x1004), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("offset", T::U64, F::Dec, None, None, &[]), p("out_fd", T::Fd, F::Dec, None, None, &[]), p("in_fd", T::Fd, F::Dec, None, None, &[]), p("size", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(190), symbol: "syscall_quotactl_e", name: "quotactl", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("cmd", T::Flags16, F::Dec, Some(&QUOTACTL_CMDS), None, &[]), p("type", T::Flags8, F::Dec, Some(&QUOTACTL_TYPES), None, &[]), p("id", T::U32, F::Dec, None, None, &[]), p("quota_fmt", T::Flags8, F::Dec, Some(&QUOTACTL_QUOTA_FMTS), None, &[])] },
    EventInfo { code: EventType(191), symbol: "syscall_quotactl_x", name: "quotactl", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("special", T::CharBuf, F::None, None, None, &[]), p("quotafilepath", T::CharBuf, F::None, None, None, &[]), p("dqb_bhardlimit", T::U64, F::Dec, None, None, &[]), p("dqb_bsoftlimit", T::U64, F::Dec, None, None, &[]), p("dqb_curspace", T::U64, F::Dec, None, None, &[]), p("dqb_ihardlimit", T::U64, F::Dec, None, None, &[]), p("dqb_isoftlimit", T::U64, F::Dec, None, None, &[]), p("dqb_btime", T::RelTime, F::Dec, None, None, &[]), p("dqb_itime", T::RelTime, F::Dec, None, None, &[]), p("dqi_bgrace", T::RelTime, F::Dec, None, None, &[]), p("dqi_igrace", T::RelTime, F::Dec, None, None, &[]), p("dqi_flags", T::Flags8, F::Dec, Some(&QUOTACTL_DQI_FLAGS), None, &[]), p("quota_fmt_out", T::Flags8, F::Dec, Some(&QUOTACTL_QUOTA_FMTS), None, &[]), p("cmd", T::Flags16, F::Dec, Some(&QUOTACTL_CMDS), None, &[]), p("type", T::Flags8, F::Dec, Some(&QUOTACTL_TYPES), None, &[]), p("id", T::U32, F::Dec, None, None, &[]), p("quota_fmt", T::Flags8, F::Dec, Some(&QUOTACTL_QUOTA_FMTS), None, &[])] },
    EventInfo { code: EventType(192), symbol: "syscall_setresuid_e", name: "setresuid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("ruid", T::Uid, F::Dec, None, None, &[]), p("euid", T::Uid, F::Dec, None, None, &[]), p("suid", T::Uid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(193), symbol: "syscall_setresuid_x", name: "setresuid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x1020), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("ruid", T::Uid, F::Dec, None, None, &[]), p("euid", T::Uid, F::Dec, None, None, &[]), p("suid", T::Uid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(194), symbol: "syscall_setresgid_e", name: "setresgid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("rgid", T::Gid, F::Dec, None, None, &[]), p("egid", T::Gid, F::Dec, None, None, &[]), p("sgid", T::Gid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(195), symbol: "syscall_setresgid_x", name: "setresgid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x1020), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("rgid", T::Gid, F::Dec, None, None, &[]), p("egid", T::Gid, F::Dec, None, None, &[]), p("sgid", T::Gid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(196), symbol: "scapevent_e", name: "scapevent", category: Category::Internal, kind: Kind::Meta, flags: EventFlags(0x100), params: &[p("event_type", T::U32, F::Dec, None, None, &[]), p("event_data", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(197), symbol: "scapevent_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(198), symbol: "syscall_setuid_e", name: "setuid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("uid", T::Uid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(199), symbol: "syscall_setuid_x", name: "setuid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x1020), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("uid", T::Uid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(200), symbol: "syscall_setgid_e", name: "setgid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("gid", T::Gid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(201), symbol: "syscall_setgid_x", name: "setgid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x1020), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("gid", T::Gid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(202), symbol: "syscall_getuid_e", name: "getuid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(203), symbol: "syscall_getuid_x", name: "getuid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("uid", T::Uid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(204), symbol: "syscall_geteuid_e", name: "geteuid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(205), symbol: "syscall_geteuid_x", name: "geteuid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("euid", T::Uid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(206), symbol: "syscall_getgid_e", name: "getgid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(207), symbol: "syscall_getgid_x", name: "getgid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("gid", T::Gid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(208), symbol: "syscall_getegid_e", name: "getegid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(209), symbol: "syscall_getegid_x", name: "getegid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("egid", T::Gid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(210), symbol: "syscall_getresuid_e", name: "getresuid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(211), symbol: "syscall_getresuid_x", name: "getresuid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("ruid", T::Uid, F::Dec, None, None, &[]), p("euid", T::Uid, F::Dec, None, None, &[]), p("suid", T::Uid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(212), symbol: "syscall_getresgid_e", name: "getresgid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(213), symbol: "syscall_getresgid_x", name: "getresgid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("rgid", T::Gid, F::Dec, None, None, &[]), p("egid", T::Gid, F::Dec, None, None, &[]), p("sgid", T::Gid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(214), symbol: "syscall_execve_15_e", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[] },
    EventInfo { code: EventType(215), symbol: "syscall_execve_15_x", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::U64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("env", T::ByteBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(216), symbol: "syscall_clone_17_e", name: "clone", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(217), symbol: "syscall_clone_17_x", name: "clone", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Pid, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::I64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(218), symbol: "syscall_fork_17_e", name: "fork", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(219), symbol: "syscall_fork_17_x", name: "fork", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Pid, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::I64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(220), symbol: "syscall_vfork_17_e", name: "vfork", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(221), symbol: "syscall_vfork_17_x", name: "vfork", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Pid, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::I64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(222), symbol: "syscall_clone_20_e", name: "clone", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(223), symbol: "syscall_clone_20_x", name: "clone", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1020), params: &[p("res", T::Pid, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::I64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("cgroups", T::ByteBuf, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[]), p("vtid", T::Pid, F::Dec, None, None, &[]), p("vpid", T::Pid, F::Dec, None, None, &[]), p("pidns_init_start_ts", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(224), symbol: "syscall_fork_20_e", name: "fork", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(225), symbol: "syscall_fork_20_x", name: "fork", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1020), params: &[p("res", T::Pid, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::I64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("cgroups", T::ByteBuf, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[]), p("vtid", T::Pid, F::Dec, None, None, &[]), p("vpid", T::Pid, F::Dec, None, None, &[]), p("pidns_init_start_ts", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(226), symbol: "syscall_vfork_20_e", name: "vfork", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(227), symbol: "syscall_vfork_20_x", name: "vfork", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1020), params: &[p("res", T::Pid, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::I64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("cgroups", T::ByteBuf, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[]), p("vtid", T::Pid, F::Dec, None, None, &[]), p("vpid", T::Pid, F::Dec, None, None, &[]), p("pidns_init_start_ts", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(228), symbol: "container_e", name: "container", category: Category::Internal, kind: Kind::Meta, flags: EventFlags(0x1320), params: &[p("id", T::CharBuf, F::None, None, None, &[]), p("type", T::U32, F::Dec, None, None, &[]), p("name", T::CharBuf, F::None, None, None, &[]), p("image", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(229), symbol: "container_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(230), symbol: "syscall_execve_16_e", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[] },
    EventInfo { code: EventType(231), symbol: "syscall_execve_16_x", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::U64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("cgroups", T::ByteBuf, F::None, None, None, &[]), p("env", T::ByteBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(232), symbol: "signaldeliver_e", name: "signaldeliver", category: Category::Signal, kind: Kind::Tracepoint, flags: EventFlags(0x0), params: &[p("spid", T::Pid, F::Dec, None, None, &[]), p("dpid", T::Pid, F::Dec, None, None, &[]), p("sig", T::SigType, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(233), symbol: "signaldeliver_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(234), symbol: "procinfo_e", name: "procinfo", category: Category::Internal, kind: Kind::Meta, flags: EventFlags(0x100), params: &[p("cpu_usr", T::U64, F::Dec, None, None, &[]), p("cpu_sys", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(235), symbol: "procinfo_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(236), symbol: "syscall_getdents_e", name: "getdents", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("fd", T::Fd, F::None, None, None, &[])] },
    EventInfo { code: EventType(237), symbol: "syscall_getdents_x", name: "getdents", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1004), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::None, None, None, &[])] },
    EventInfo { code: EventType(238), symbol: "syscall_getdents64_e", name: "getdents64", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("fd", T::Fd, F::None, None, None, &[])] },
    EventInfo { code: EventType(239), symbol: "syscall_getdents64_x", name: "getdents64", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1004), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::None, None, None, &[])] },
    EventInfo { code: EventType(240), symbol: "syscall_setns_e", name: "setns", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("fd", T::Fd, F::None, None, None, &[]), p("nstype", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[])] },
    EventInfo { code: EventType(241), symbol: "syscall_setns_x", name: "setns", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1004), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::None, None, None, &[]), p("nstype", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[])] },
    EventInfo { code: EventType(242), symbol: "syscall_flock_e", name: "flock", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1204), params: &[p("fd", T::Fd, F::None, None, None, &[]), p("operation", T::Flags32, F::Hex, Some(&FLOCK_FLAGS), None, &[])] },
    EventInfo { code: EventType(243), symbol: "syscall_flock_x", name: "flock", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1004), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::None, None, None, &[]), p("operation", T::Flags32, F::Hex, Some(&FLOCK_FLAGS), None, &[])] },
    EventInfo { code: EventType(244), symbol: "cpu_hotplug_e", name: "cpu_hotplug", category: Category::System, kind: Kind::Meta, flags: EventFlags(0x120), params: &[p("cpu", T::U32, F::Dec, None, None, &[]), p("action", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(245), symbol: "cpu_hotplug_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(246), symbol: "socket_accept_5_e", name: "accept", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x221), params: &[] },
    EventInfo { code: EventType(247), symbol: "socket_accept_5_x", name: "accept", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x21), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[]), p("queuepct", T::U8, F::Dec, None, None, &[]), p("queuelen", T::U32, F::Dec, None, None, &[]), p("queuemax", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(248), symbol: "socket_accept4_5_e", name: "accept", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("flags", T::I32, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(249), symbol: "socket_accept4_5_x", name: "accept", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[]), p("queuepct", T::U8, F::Dec, None, None, &[]), p("queuelen", T::U32, F::Dec, None, None, &[]), p("queuemax", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(250), symbol: "syscall_semop_e", name: "semop", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("semid", T::I32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(251), symbol: "syscall_semop_x", name: "semop", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("nsops", T::U32, F::Dec, None, None, &[]), p("sem_num_0", T::U16, F::Dec, None, None, &[]), p("sem_op_0", T::I16, F::Dec, None, None, &[]), p("sem_flg_0", T::Flags16, F::Hex, Some(&SEMOP_FLAGS), None, &[]), p("sem_num_1", T::U16, F::Dec, None, None, &[]), p("sem_op_1", T::I16, F::Dec, None, None, &[]), p("sem_flg_1", T::Flags16, F::Hex, Some(&SEMOP_FLAGS), None, &[]), p("semid", T::I32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(252), symbol: "syscall_semctl_e", name: "semctl", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("semid", T::I32, F::Dec, None, None, &[]), p("semnum", T::I32, F::Dec, None, None, &[]), p("cmd", T::Flags16, F::Hex, Some(&SEMCTL_COMMANDS), None, &[]), p("val", T::I32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(253), symbol: "syscall_semctl_x", name: "semctl", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("semid", T::I32, F::Dec, None, None, &[]), p("semnum", T::I32, F::Dec, None, None, &[]), p("cmd", T::Flags16, F::Hex, Some(&SEMCTL_COMMANDS), None, &[]), p("val", T::I32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(254), symbol: "syscall_ppoll_e", name: "ppoll", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x1280), params: &[p("fds", T::FdList, F::Dec, None, None, &[]), p("timeout", T::RelTime, F::Dec, None, None, &[]), p("sigmask", T::SigSet, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(255), symbol: "syscall_ppoll_x", name: "ppoll", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x1080), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fds", T::FdList, F::Dec, None, None, &[]), p("timeout", T::RelTime, F::Dec, None, None, &[]), p("sigmask", T::SigSet, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(256), symbol: "syscall_mount_e", name: "mount", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("flags", T::Flags32, F::Hex, Some(&MOUNT_FLAGS), None, &[])] },
    EventInfo { code: EventType(257), symbol: "syscall_mount_x", name: "mount", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1020), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("dev", T::CharBuf, F::None, None, None, &[]), p("dir", T::FsPath, F::None, None, None, &[]), p("type", T::CharBuf, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&MOUNT_FLAGS), None, &[])] },
    EventInfo { code: EventType(258), symbol: "syscall_umount_e", name: "umount", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[p("flags", T::Flags32, F::Hex, Some(&UMOUNT_FLAGS), None, &[])] },
    EventInfo { code: EventType(259), symbol: "syscall_umount_x", name: "umount", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("name", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(260), symbol: "k8s_e", name: "k8s", category: Category::Internal, kind: Kind::Meta, flags: EventFlags(0x320), params: &[p("json", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(261), symbol: "k8s_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(262), symbol: "syscall_semget_e", name: "semget", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("key", T::I32, F::Hex, None, None, &[]), p("nsems", T::I32, F::Dec, None, None, &[]), p("semflg", T::Flags32, F::Hex, Some(&SEMGET_FLAGS), None, &[])] },
    EventInfo { code: EventType(263), symbol: "syscall_semget_x", name: "semget", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("key", T::I32, F::Hex, None, None, &[]), p("nsems", T::I32, F::Dec, None, None, &[]), p("semflg", T::Flags32, F::Hex, Some(&SEMGET_FLAGS), None, &[])] },
    EventInfo { code: EventType(264), symbol: "syscall_access_e", name: "access", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("mode", T::Flags32, F::Hex, Some(&ACCESS_FLAGS), None, &[])] },
    EventInfo { code: EventType(265), symbol: "syscall_access_x", name: "access", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("name", T::FsPath, F::None, None, None, &[]), p("mode", T::Flags32, F::Hex, Some(&ACCESS_FLAGS), None, &[])] },
    EventInfo { code: EventType(266), symbol: "syscall_chroot_e", name: "chroot", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(267), symbol: "syscall_chroot_x", name: "chroot", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x20), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(268), symbol: "tracer_e", name: "tracer", category: Category::Other, kind: Kind::Meta, flags: EventFlags(0x200), params: &[p("id", T::I64, F::Dec, None, None, &[]), p("tags", T::CharBufArray, F::None, None, None, &[]), p("args", T::CharBufPairArray, F::None, None, None, &[])] },
    EventInfo { code: EventType(269), symbol: "tracer_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[p("id", T::I64, F::Dec, None, None, &[]), p("tags", T::CharBufArray, F::None, None, None, &[]), p("args", T::CharBufPairArray, F::None, None, None, &[])] },
    EventInfo { code: EventType(270), symbol: "mesos_e", name: "mesos", category: Category::Internal, kind: Kind::Meta, flags: EventFlags(0x320), params: &[p("json", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(271), symbol: "mesos_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(272), symbol: "container_json_e", name: "container", category: Category::Process, kind: Kind::Meta, flags: EventFlags(0x1220), params: &[p("json", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(273), symbol: "container_json_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(274), symbol: "syscall_setsid_e", name: "setsid", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(275), symbol: "syscall_setsid_x", name: "setsid", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x20), params: &[p("res", T::Pid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(276), symbol: "syscall_mkdir_2_e", name: "mkdir", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("mode", T::U32, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(277), symbol: "syscall_mkdir_2_x", name: "mkdir", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[]), p("mode", T::U32, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(278), symbol: "syscall_rmdir_2_e", name: "rmdir", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(279), symbol: "syscall_rmdir_2_x", name: "rmdir", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(280), symbol: "notification_e", name: "notification", category: Category::Other, kind: Kind::Meta, flags: EventFlags(0x100), params: &[p("id", T::CharBuf, F::Dec, None, None, &[]), p("desc", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(281), symbol: "notification_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(282), symbol: "syscall_execve_17_e", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[] },
    EventInfo { code: EventType(283), symbol: "syscall_execve_17_x", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::U64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("cgroups", T::ByteBuf, F::None, None, None, &[]), p("env", T::ByteBuf, F::None, None, None, &[]), p("tty", T::I32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(284), symbol: "syscall_unshare_e", name: "unshare", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("flags", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[])] },
    EventInfo { code: EventType(285), symbol: "syscall_unshare_x", name: "unshare", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[])] },
    EventInfo { code: EventType(286), symbol: "infrastructure_event_e", name: "infra", category: Category::Internal, kind: Kind::Meta, flags: EventFlags(0x100), params: &[p("source", T::CharBuf, F::Dec, None, None, &[]), p("name", T::CharBuf, F::None, None, None, &[]), p("description", T::CharBuf, F::None, None, None, &[]), p("scope", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(287), symbol: "infrastructure_event_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(288), symbol: "syscall_execve_18_e", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("filename", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(289), symbol: "syscall_execve_18_x", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::U64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("cgroups", T::ByteBuf, F::None, None, None, &[]), p("env", T::ByteBuf, F::None, None, None, &[]), p("tty", T::I32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(290), symbol: "page_fault_e", name: "page_fault", category: Category::Other, kind: Kind::Tracepoint, flags: EventFlags(0x100), params: &[p("addr", T::U64, F::Hex, None, None, &[]), p("ip", T::U64, F::Hex, None, None, &[]), p("error", T::Flags32, F::Hex, Some(&PF_FLAGS), None, &[])] },
    EventInfo { code: EventType(291), symbol: "page_fault_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(292), symbol: "syscall_execve_19_e", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("filename", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(293), symbol: "syscall_execve_19_x", name: "execve", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1020), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::U64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("cgroups", T::ByteBuf, F::None, None, None, &[]), p("env", T::ByteBuf, F::None, None, None, &[]), p("tty", T::U32, F::Dec, None, None, &[]), p("vpgid", T::Pid, F::Dec, None, None, &[]), p("loginuid", T::Uid, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&EXECVE_FLAGS), None, &[]), p("cap_inheritable", T::U64, F::Hex, None, None, &[]), p("cap_permitted", T::U64, F::Hex, None, None, &[]), p("cap_effective", T::U64, F::Hex, None, None, &[]), p("exe_ino", T::U64, F::Dec, None, None, &[]), p("exe_ino_ctime", T::AbsTime, F::Dec, None, None, &[]), p("exe_ino_mtime", T::AbsTime, F::Dec, None, None, &[]), p("uid", T::Uid, F::Dec, None, None, &[]), p("trusted_exepath", T::FsPath, F::None, None, None, &[]), p("pgid", T::Pid, F::None, None, None, &[]), p("gid", T::Gid, F::Dec, None, None, &[]), p("filename", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(294), symbol: "syscall_setpgid_e", name: "setpgid", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("pid", T::Pid, F::Dec, None, None, &[]), p("pgid", T::Pid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(295), symbol: "syscall_setpgid_x", name: "setpgid", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("pgid", T::Pid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(296), symbol: "syscall_bpf_e", name: "bpf", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x1201), params: &[p("cmd", T::I64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(297), symbol: "syscall_bpf_x", name: "bpf", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x1201), params: &[p("res_or_fd", T::Dyn, F::Dec, None, None, BPF_DYNAMIC_PARAM)] },
    EventInfo { code: EventType(298), symbol: "syscall_seccomp_e", name: "seccomp", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("op", T::U64, F::Dec, None, None, &[]), p("flags", T::U64, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(299), symbol: "syscall_seccomp_x", name: "seccomp", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("op", T::U64, F::Dec, None, None, &[]), p("flags", T::U64, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(300), symbol: "syscall_unlink_2_e", name: "unlink", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(301), symbol: "syscall_unlink_2_x", name: "unlink", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(302), symbol: "syscall_unlinkat_2_e", name: "unlinkat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(303), symbol: "syscall_unlinkat_2_x", name: "unlinkat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x4), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("dirfd", T::Fd, F::Dec, None, None, &[]), p("name", T::FsRelPath, F::None, None, Some(1), &[]), p("flags", T::Flags32, F::Hex, Some(&UNLINKAT_FLAGS), None, &[])] },
    EventInfo { code: EventType(304), symbol: "syscall_mkdirat_e", name: "mkdirat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(305), symbol: "syscall_mkdirat_x", name: "mkdirat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x4), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("dirfd", T::Fd, F::Dec, None, None, &[]), p("path", T::FsRelPath, F::None, None, Some(1), &[]), p("mode", T::U32, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(306), symbol: "syscall_openat_2_e", name: "openat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("dirfd", T::Fd, F::Dec, None, None, &[]), p("name", T::FsRelPath, F::None, None, Some(0), &[]), p("flags", T::Flags32, F::Hex, Some(&FILE_FLAGS), None, &[]), p("mode", T::U32, F::Oct, None, None, &[])] },
    EventInfo { code: EventType(307), symbol: "syscall_openat_2_x", name: "openat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("dirfd", T::Fd, F::Dec, None, None, &[]), p("name", T::FsRelPath, F::None, None, Some(1), &[]), p("flags", T::Flags32, F::Hex, Some(&FILE_FLAGS), None, &[]), p("mode", T::U32, F::Oct, None, None, &[]), p("dev", T::U32, F::Hex, None, None, &[]), p("ino", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(308), symbol: "syscall_link_2_e", name: "link", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(309), symbol: "syscall_link_2_x", name: "link", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("oldpath", T::FsPath, F::None, None, None, &[]), p("newpath", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(310), symbol: "syscall_linkat_2_e", name: "linkat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(311), symbol: "syscall_linkat_2_x", name: "linkat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("olddir", T::Fd, F::Dec, None, None, &[]), p("oldpath", T::FsRelPath, F::None, None, Some(1), &[]), p("newdir", T::Fd, F::Dec, None, None, &[]), p("newpath", T::FsRelPath, F::None, None, Some(3), &[]), p("flags", T::Flags32, F::Hex, Some(&LINKAT_FLAGS), None, &[])] },
    EventInfo { code: EventType(312), symbol: "syscall_fchmodat_e", name: "fchmodat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(313), symbol: "syscall_fchmodat_x", name: "fchmodat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x4), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("dirfd", T::Fd, F::Dec, None, None, &[]), p("filename", T::FsRelPath, F::None, None, Some(1), &[]), p("mode", T::Mode, F::Oct, Some(&CHMOD_MODE), None, &[])] },
    EventInfo { code: EventType(314), symbol: "syscall_chmod_e", name: "chmod", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(315), symbol: "syscall_chmod_x", name: "chmod", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("filename", T::FsPath, F::None, None, None, &[]), p("mode", T::Mode, F::Oct, Some(&CHMOD_MODE), None, &[])] },
    EventInfo { code: EventType(316), symbol: "syscall_fchmod_e", name: "fchmod", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(317), symbol: "syscall_fchmod_x", name: "fchmod", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x4), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("mode", T::Mode, F::Oct, Some(&CHMOD_MODE), None, &[])] },
    EventInfo { code: EventType(318), symbol: "syscall_renameat2_e", name: "renameat2", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(319), symbol: "syscall_renameat2_x", name: "renameat2", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("olddirfd", T::Fd, F::Dec, None, None, &[]), p("oldpath", T::FsRelPath, F::None, None, Some(1), &[]), p("newdirfd", T::Fd, F::Dec, None, None, &[]), p("newpath", T::FsRelPath, F::None, None, Some(3), &[]), p("flags", T::Flags32, F::Hex, Some(&RENAMEAT2_FLAGS), None, &[])] },
    EventInfo { code: EventType(320), symbol: "syscall_userfaultfd_e", name: "userfaultfd", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x221), params: &[] },
    EventInfo { code: EventType(321), symbol: "syscall_userfaultfd_x", name: "userfaultfd", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x21), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&FILE_FLAGS), None, &[])] },
    EventInfo { code: EventType(322), symbol: "pluginevent_e", name: "pluginevent", category: Category::Other, kind: Kind::Plugin, flags: EventFlags(0x800), params: &[p("plugin_id", T::U32, F::Dec, None, None, &[]), p("event_data", T::ByteBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(323), symbol: "pluginevent_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(324), symbol: "container_json_2_e", name: "container", category: Category::Process, kind: Kind::Meta, flags: EventFlags(0x820), params: &[p("json", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(325), symbol: "container_json_2_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(326), symbol: "syscall_openat2_e", name: "openat2", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("dirfd", T::Fd, F::Dec, None, None, &[]), p("name", T::FsRelPath, F::None, None, Some(0), &[]), p("flags", T::Flags32, F::Hex, Some(&FILE_FLAGS), None, &[]), p("mode", T::U32, F::Oct, None, None, &[]), p("resolve", T::Flags32, F::Hex, Some(&OPENAT2_FLAGS), None, &[])] },
    EventInfo { code: EventType(327), symbol: "syscall_openat2_x", name: "openat2", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("dirfd", T::Fd, F::Dec, None, None, &[]), p("name", T::FsRelPath, F::None, None, Some(1), &[]), p("flags", T::Flags32, F::Hex, Some(&FILE_FLAGS), None, &[]), p("mode", T::U32, F::Oct, None, None, &[]), p("resolve", T::Flags32, F::Hex, Some(&OPENAT2_FLAGS), None, &[]), p("dev", T::U32, F::Hex, None, None, &[]), p("ino", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(328), symbol: "syscall_mprotect_e", name: "mprotect", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x1200), params: &[p("addr", T::U64, F::Hex, None, None, &[]), p("length", T::U64, F::Dec, None, None, &[]), p("prot", T::Flags32, F::Hex, Some(&PROT_FLAGS), None, &[])] },
    EventInfo { code: EventType(329), symbol: "syscall_mprotect_x", name: "mprotect", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x1000), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("addr", T::U64, F::Hex, None, None, &[]), p("length", T::U64, F::Dec, None, None, &[]), p("prot", T::Flags32, F::Hex, Some(&PROT_FLAGS), None, &[])] },
    EventInfo { code: EventType(330), symbol: "syscall_execveat_e", name: "execveat", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("dirfd", T::Fd, F::Dec, None, None, &[]), p("pathname", T::FsRelPath, F::None, None, Some(0), &[]), p("flags", T::Flags32, F::Hex, Some(&EXECVEAT_FLAGS), None, &[])] },
    EventInfo { code: EventType(331), symbol: "syscall_execveat_x", name: "execveat", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1020), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::U64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("cgroups", T::ByteBuf, F::None, None, None, &[]), p("env", T::ByteBuf, F::None, None, None, &[]), p("tty", T::U32, F::Dec, None, None, &[]), p("vpgid", T::Pid, F::Dec, None, None, &[]), p("loginuid", T::Uid, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&EXECVE_FLAGS), None, &[]), p("cap_inheritable", T::U64, F::Hex, None, None, &[]), p("cap_permitted", T::U64, F::Hex, None, None, &[]), p("cap_effective", T::U64, F::Hex, None, None, &[]), p("exe_ino", T::U64, F::Dec, None, None, &[]), p("exe_ino_ctime", T::AbsTime, F::Dec, None, None, &[]), p("exe_ino_mtime", T::AbsTime, F::Dec, None, None, &[]), p("uid", T::Uid, F::Dec, None, None, &[]), p("trusted_exepath", T::FsPath, F::None, None, None, &[]), p("pgid", T::Pid, F::None, None, None, &[]), p("gid", T::Gid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(332), symbol: "syscall_copy_file_range_e", name: "copy_file_range", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x121c), params: &[p("fdin", T::Fd, F::Dec, None, None, &[]), p("offin", T::U64, F::Dec, None, None, &[]), p("len", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(333), symbol: "syscall_copy_file_range_x", name: "copy_file_range", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x101c), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fdout", T::Fd, F::Dec, None, None, &[]), p("offout", T::U64, F::Dec, None, None, &[]), p("fdin", T::Fd, F::Dec, None, None, &[]), p("offin", T::U64, F::Dec, None, None, &[]), p("len", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(334), symbol: "syscall_clone3_e", name: "clone3", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(335), symbol: "syscall_clone3_x", name: "clone3", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x1020), params: &[p("res", T::Pid, F::Dec, None, None, &[]), p("exe", T::CharBuf, F::None, None, None, &[]), p("args", T::ByteBuf, F::None, None, None, &[]), p("tid", T::Pid, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("ptid", T::Pid, F::Dec, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::I64, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("cgroups", T::ByteBuf, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&CLONE_FLAGS), None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[]), p("vtid", T::Pid, F::Dec, None, None, &[]), p("vpid", T::Pid, F::Dec, None, None, &[]), p("pidns_init_start_ts", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(336), symbol: "syscall_open_by_handle_at_e", name: "open_by_handle_at", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x221), params: &[] },
    EventInfo { code: EventType(337), symbol: "syscall_open_by_handle_at_x", name: "open_by_handle_at", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x21), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("mountfd", T::Fd, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&FILE_FLAGS), None, &[]), p("path", T::FsPath, F::None, None, None, &[]), p("dev", T::U32, F::Hex, None, None, &[]), p("ino", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(338), symbol: "syscall_io_uring_setup_e", name: "io_uring_setup", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x221), params: &[] },
    EventInfo { code: EventType(339), symbol: "syscall_io_uring_setup_x", name: "io_uring_setup", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x21), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("entries", T::U32, F::Dec, None, None, &[]), p("sq_entries", T::U32, F::Dec, None, None, &[]), p("cq_entries", T::U32, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&IO_URING_SETUP_FLAGS), None, &[]), p("sq_thread_cpu", T::U32, F::Dec, None, None, &[]), p("sq_thread_idle", T::U32, F::Dec, None, None, &[]), p("features", T::Flags32, F::Hex, Some(&IO_URING_SETUP_FEATS), None, &[])] },
    EventInfo { code: EventType(340), symbol: "syscall_io_uring_enter_e", name: "io_uring_enter", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(341), symbol: "syscall_io_uring_enter_x", name: "io_uring_enter", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x4), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("to_submit", T::U32, F::Dec, None, None, &[]), p("min_complete", T::U32, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&IO_URING_ENTER_FLAGS), None, &[]), p("sig", T::SigSet, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(342), symbol: "syscall_io_uring_register_e", name: "io_uring_register", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(343), symbol: "syscall_io_uring_register_x", name: "io_uring_register", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x4), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("opcode", T::Enum16, F::Dec, Some(&IO_URING_REGISTER_OPCODES), None, &[]), p("arg", T::U64, F::Hex, None, None, &[]), p("nr_args", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(344), symbol: "syscall_mlock_e", name: "mlock", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(345), symbol: "syscall_mlock_x", name: "mlock", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("addr", T::U64, F::Hex, None, None, &[]), p("len", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(346), symbol: "syscall_munlock_e", name: "munlock", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(347), symbol: "syscall_munlock_x", name: "munlock", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("addr", T::U64, F::Hex, None, None, &[]), p("len", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(348), symbol: "syscall_mlockall_e", name: "mlockall", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(349), symbol: "syscall_mlockall_x", name: "mlockall", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&MLOCKALL_FLAGS), None, &[])] },
    EventInfo { code: EventType(350), symbol: "syscall_munlockall_e", name: "munlockall", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(351), symbol: "syscall_munlockall_x", name: "munlockall", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(352), symbol: "syscall_capset_e", name: "capset", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(353), symbol: "syscall_capset_x", name: "capset", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x20), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("cap_inheritable", T::U64, F::Hex, None, None, &[]), p("cap_permitted", T::U64, F::Hex, None, None, &[]), p("cap_effective", T::U64, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(354), symbol: "user_added_e", name: "useradded", category: Category::Process, kind: Kind::Meta, flags: EventFlags(0x20), params: &[p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[]), p("name", T::CharBuf, F::None, None, None, &[]), p("home", T::CharBuf, F::None, None, None, &[]), p("shell", T::CharBuf, F::None, None, None, &[]), p("container_id", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(355), symbol: "user_added_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(356), symbol: "user_deleted_e", name: "userdeleted", category: Category::Process, kind: Kind::Meta, flags: EventFlags(0x20), params: &[p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[]), p("name", T::CharBuf, F::None, None, None, &[]), p("home", T::CharBuf, F::None, None, None, &[]), p("shell", T::CharBuf, F::None, None, None, &[]), p("container_id", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(357), symbol: "user_deleted_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(358), symbol: "group_added_e", name: "groupadded", category: Category::Process, kind: Kind::Meta, flags: EventFlags(0x20), params: &[p("gid", T::U32, F::Dec, None, None, &[]), p("name", T::CharBuf, F::None, None, None, &[]), p("container_id", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(359), symbol: "group_added_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(360), symbol: "group_deleted_e", name: "groupdeleted", category: Category::Process, kind: Kind::Meta, flags: EventFlags(0x20), params: &[p("gid", T::U32, F::Dec, None, None, &[]), p("name", T::CharBuf, F::None, None, None, &[]), p("container_id", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(361), symbol: "group_deleted_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(362), symbol: "syscall_dup2_e", name: "dup2", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x225), params: &[p("fd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(363), symbol: "syscall_dup2_x", name: "dup2", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x25), params: &[p("res", T::Fd, F::Dec, None, None, &[]), p("oldfd", T::Fd, F::Dec, None, None, &[]), p("newfd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(364), symbol: "syscall_dup3_e", name: "dup3", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x225), params: &[p("fd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(365), symbol: "syscall_dup3_x", name: "dup3", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x25), params: &[p("res", T::Fd, F::Dec, None, None, &[]), p("oldfd", T::Fd, F::Dec, None, None, &[]), p("newfd", T::Fd, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&FILE_FLAGS), None, &[])] },
    EventInfo { code: EventType(366), symbol: "syscall_dup_1_e", name: "dup", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x225), params: &[p("fd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(367), symbol: "syscall_dup_1_x", name: "dup", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x25), params: &[p("res", T::Fd, F::Dec, None, None, &[]), p("oldfd", T::Fd, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(368), symbol: "syscall_bpf_2_e", name: "bpf", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x201), params: &[p("cmd", T::I64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(369), symbol: "syscall_bpf_2_x", name: "bpf", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x1), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("cmd", T::Enum32, F::Dec, Some(&BPF_COMMANDS), None, &[])] },
    EventInfo { code: EventType(370), symbol: "syscall_mlock2_e", name: "mlock2", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(371), symbol: "syscall_mlock2_x", name: "mlock2", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("addr", T::U64, F::Hex, None, None, &[]), p("len", T::U64, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&MLOCK2_FLAGS), None, &[])] },
    EventInfo { code: EventType(372), symbol: "syscall_fsconfig_e", name: "fsconfig", category: Category::System, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(373), symbol: "syscall_fsconfig_x", name: "fsconfig", category: Category::System, kind: Kind::Syscall, flags: EventFlags(0x4), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("cmd", T::Enum32, F::Dec, Some(&FSCONFIG_CMDS), None, &[]), p("key", T::CharBuf, F::None, None, None, &[]), p("value_bytebuf", T::ByteBuf, F::None, None, None, &[]), p("value_charbuf", T::CharBuf, F::None, None, None, &[]), p("aux", T::I32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(374), symbol: "syscall_epoll_create_e", name: "epoll_create", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("size", T::I32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(375), symbol: "syscall_epoll_create_x", name: "epoll_create", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("size", T::I32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(376), symbol: "syscall_epoll_create1_e", name: "epoll_create1", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("flags", T::Flags32, F::Hex, Some(&EPOLL_CREATE1_FLAGS), None, &[])] },
    EventInfo { code: EventType(377), symbol: "syscall_epoll_create1_x", name: "epoll_create1", category: Category::Wait, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&EPOLL_CREATE1_FLAGS), None, &[])] },
    EventInfo { code: EventType(378), symbol: "syscall_chown_e", name: "chown", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(379), symbol: "syscall_chown_x", name: "chown", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(380), symbol: "syscall_lchown_e", name: "lchown", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(381), symbol: "syscall_lchown_x", name: "lchown", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(382), symbol: "syscall_fchown_e", name: "fchown", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(383), symbol: "syscall_fchown_x", name: "fchown", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x4), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(384), symbol: "syscall_fchownat_e", name: "fchownat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(385), symbol: "syscall_fchownat_x", name: "fchownat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x4), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("dirfd", T::Fd, F::Dec, None, None, &[]), p("pathname", T::FsRelPath, F::None, None, Some(1), &[]), p("uid", T::U32, F::Dec, None, None, &[]), p("gid", T::U32, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&FCHOWNAT_FLAGS), None, &[])] },
    EventInfo { code: EventType(386), symbol: "syscall_umount_1_e", name: "umount", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(387), symbol: "syscall_umount_1_x", name: "umount", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x20), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("name", T::FsPath, F::None, None, None, &[])] },
    EventInfo { code: EventType(388), symbol: "socket_accept4_6_e", name: "accept4", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("flags", T::I32, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(389), symbol: "socket_accept4_6_x", name: "accept4", category: Category::Net, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("tuple", T::SockTuple, F::None, None, None, &[]), p("queuepct", T::U8, F::Dec, None, None, &[]), p("queuelen", T::U32, F::Dec, None, None, &[]), p("queuemax", T::U32, F::Dec, None, None, &[]), p("flags", T::I32, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(390), symbol: "syscall_umount2_e", name: "umount2", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1220), params: &[p("flags", T::Flags32, F::Hex, Some(&UMOUNT_FLAGS), None, &[])] },
    EventInfo { code: EventType(391), symbol: "syscall_umount2_x", name: "umount2", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x1020), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("name", T::FsPath, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&UMOUNT_FLAGS), None, &[])] },
    EventInfo { code: EventType(392), symbol: "syscall_pipe2_e", name: "pipe2", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x221), params: &[] },
    EventInfo { code: EventType(393), symbol: "syscall_pipe2_x", name: "pipe2", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x21), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd1", T::Fd, F::Dec, None, None, &[]), p("fd2", T::Fd, F::Dec, None, None, &[]), p("ino", T::U64, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&FILE_FLAGS), None, &[])] },
    EventInfo { code: EventType(394), symbol: "syscall_inotify_init1_e", name: "inotify_init1", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x221), params: &[] },
    EventInfo { code: EventType(395), symbol: "syscall_inotify_init1_x", name: "inotify_init1", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x21), params: &[p("res", T::Fd, F::Dec, None, None, &[]), p("flags", T::Flags16, F::Hex, Some(&FILE_FLAGS), None, &[])] },
    EventInfo { code: EventType(396), symbol: "syscall_eventfd2_e", name: "eventfd2", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("initval", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(397), symbol: "syscall_eventfd2_x", name: "eventfd2", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("res", T::Fd, F::Dec, None, None, &[]), p("flags", T::Flags16, F::Hex, Some(&FILE_FLAGS), None, &[]), p("initval", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(398), symbol: "syscall_signalfd4_e", name: "signalfd4", category: Category::Signal, kind: Kind::Syscall, flags: EventFlags(0x1221), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("mask", T::U32, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(399), symbol: "syscall_signalfd4_x", name: "signalfd4", category: Category::Signal, kind: Kind::Syscall, flags: EventFlags(0x1021), params: &[p("res", T::Fd, F::Dec, None, None, &[]), p("flags", T::Flags16, F::Hex, Some(&FILE_FLAGS), None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("mask", T::U32, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(400), symbol: "syscall_prctl_e", name: "prctl", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(401), symbol: "syscall_prctl_x", name: "prctl", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x20), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("option", T::Enum32, F::Dec, Some(&PRCTL_OPTIONS), None, &[]), p("arg2_str", T::CharBuf, F::None, None, None, &[]), p("arg2_int", T::I64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(402), symbol: "asyncevent_e", name: "asyncevent", category: Category::Other, kind: Kind::Meta, flags: EventFlags(0x800), params: &[p("plugin_id", T::U32, F::Dec, None, None, &[]), p("name", T::CharBuf, F::None, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(403), symbol: "asyncevent_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(404), symbol: "syscall_memfd_create_e", name: "memfd_create", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x221), params: &[] },
    EventInfo { code: EventType(405), symbol: "syscall_memfd_create_x", name: "memfd_create", category: Category::Memory, kind: Kind::Syscall, flags: EventFlags(0x21), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("name", T::CharBuf, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&MEMFD_CREATE_FLAGS), None, &[])] },
    EventInfo { code: EventType(406), symbol: "syscall_pidfd_getfd_e", name: "pidfd_getfd", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x221), params: &[] },
    EventInfo { code: EventType(407), symbol: "syscall_pidfd_getfd_x", name: "pidfd_getfd", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x21), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("pid_fd", T::Fd, F::Dec, None, None, &[]), p("target_fd", T::Fd, F::Dec, None, None, &[]), p("flags", T::U32, F::Hex, None, None, &[])] },
    EventInfo { code: EventType(408), symbol: "syscall_pidfd_open_e", name: "pidfd_open", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x221), params: &[] },
    EventInfo { code: EventType(409), symbol: "syscall_pidfd_open_x", name: "pidfd_open", category: Category::Process, kind: Kind::Syscall, flags: EventFlags(0x21), params: &[p("fd", T::Fd, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&PIDFD_OPEN_FLAGS), None, &[])] },
    EventInfo { code: EventType(410), symbol: "syscall_init_module_e", name: "init_module", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(411), symbol: "syscall_init_module_x", name: "init_module", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("img", T::ByteBuf, F::None, None, None, &[]), p("length", T::U64, F::Dec, None, None, &[]), p("uargs", T::CharBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(412), symbol: "syscall_finit_module_e", name: "finit_module", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(413), symbol: "syscall_finit_module_x", name: "finit_module", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0xc), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("fd", T::Fd, F::Dec, None, None, &[]), p("uargs", T::CharBuf, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&FINIT_MODULE_FLAGS), None, &[])] },
    EventInfo { code: EventType(414), symbol: "syscall_mknod_e", name: "mknod", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(415), symbol: "syscall_mknod_x", name: "mknod", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[]), p("mode", T::Mode, F::Oct, Some(&MKNOD_MODE), None, &[]), p("dev", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(416), symbol: "syscall_mknodat_e", name: "mknodat", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(417), symbol: "syscall_mknodat_x", name: "mknodat", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x4), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("dirfd", T::Fd, F::Dec, None, None, &[]), p("path", T::FsRelPath, F::None, None, Some(1), &[]), p("mode", T::Mode, F::Oct, Some(&MKNOD_MODE), None, &[]), p("dev", T::U32, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(418), symbol: "syscall_newfstatat_e", name: "newfstatat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(419), symbol: "syscall_newfstatat_x", name: "newfstatat", category: Category::File, kind: Kind::Syscall, flags: EventFlags(0x4), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("dirfd", T::Fd, F::Dec, None, None, &[]), p("path", T::FsRelPath, F::None, None, Some(1), &[]), p("flags", T::Flags32, F::Hex, Some(&NEWFSTATAT_FLAGS), None, &[])] },
    EventInfo { code: EventType(420), symbol: "syscall_process_vm_readv_e", name: "process_vm_readv", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(421), symbol: "syscall_process_vm_readv_x", name: "process_vm_readv", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::I64, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(422), symbol: "syscall_process_vm_writev_e", name: "process_vm_writev", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(423), symbol: "syscall_process_vm_writev_x", name: "process_vm_writev", category: Category::Ipc, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::I64, F::Dec, None, None, &[]), p("pid", T::Pid, F::Dec, None, None, &[]), p("data", T::ByteBuf, F::None, None, None, &[])] },
    EventInfo { code: EventType(424), symbol: "syscall_delete_module_e", name: "delete_module", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(425), symbol: "syscall_delete_module_x", name: "delete_module", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("name", T::CharBuf, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&DELETE_MODULE_FLAGS), None, &[])] },
    EventInfo { code: EventType(426), symbol: "syscall_setreuid_e", name: "setreuid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x220), params: &[] },
    EventInfo { code: EventType(427), symbol: "syscall_setreuid_x", name: "setreuid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x20), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("ruid", T::Uid, F::Dec, None, None, &[]), p("euid", T::Uid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(428), symbol: "syscall_setregid_e", name: "setregid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x200), params: &[] },
    EventInfo { code: EventType(429), symbol: "syscall_setregid_x", name: "setregid", category: Category::User, kind: Kind::Syscall, flags: EventFlags(0x20), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("rgid", T::Uid, F::Dec, None, None, &[]), p("egid", T::Uid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(430), symbol: "iter_task_e", name: "task", category: Category::Process, kind: Kind::Iter, flags: EventFlags(0x20), params: &[p("ppid", T::Pid32, F::Dec, None, None, &[]), p("pgid", T::Pid32, F::Dec, None, None, &[]), p("vpgid", T::Pid32, F::Dec, None, None, &[]), p("sid", T::Pid32, F::Dec, None, None, &[]), p("comm", T::CharBuf, F::None, None, None, &[]), p("argv", T::CharBufArray, F::None, None, None, &[]), p("exepath", T::FsPath, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&EXECVE_FLAGS), None, &[]), p("env", T::CharBufArray, F::None, None, None, &[]), p("cwd", T::CharBuf, F::None, None, None, &[]), p("fdlimit", T::U64, F::Dec, None, None, &[]), p("euid", T::Uid, F::Dec, None, None, &[]), p("egid", T::Gid, F::Dec, None, None, &[]), p("cap_permitted", T::U64, F::Hex, None, None, &[]), p("cap_effective", T::U64, F::Hex, None, None, &[]), p("cap_inheritable", T::U64, F::Hex, None, None, &[]), p("exe_ino_num", T::U64, F::Dec, None, None, &[]), p("exe_ino_ctime", T::AbsTime, F::Dec, None, None, &[]), p("exe_ino_mtime", T::AbsTime, F::Dec, None, None, &[]), p("vm_size", T::U32, F::Dec, None, None, &[]), p("vm_rss", T::U32, F::Dec, None, None, &[]), p("vm_swap", T::U32, F::Dec, None, None, &[]), p("pgft_maj", T::U64, F::Dec, None, None, &[]), p("pgft_min", T::U64, F::Dec, None, None, &[]), p("vtgid", T::Pid32, F::Dec, None, None, &[]), p("vpid", T::Pid32, F::Dec, None, None, &[]), p("pidns_init_start_ts", T::U64, F::Dec, None, None, &[]), p("cgroups", T::CharBufArray, F::None, None, None, &[]), p("root", T::FsPath, F::None, None, None, &[]), p("start_time", T::AbsTime, F::Dec, None, None, &[]), p("tty", T::U32, F::Dec, None, None, &[]), p("loginuid", T::Uid, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(431), symbol: "iter_task_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(432), symbol: "iter_task_file_pipe_e", name: "task_file_pipe", category: Category::File, kind: Kind::Iter, flags: EventFlags(0x20), params: &[p("fd", T::Fd32, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[]), p("ino_num", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(433), symbol: "iter_task_file_pipe_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(434), symbol: "iter_task_file_memfd_e", name: "task_file_memfd", category: Category::File, kind: Kind::Iter, flags: EventFlags(0x20), params: &[p("fd", T::Fd32, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[]), p("ino_num", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(435), symbol: "iter_task_file_memfd_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(436), symbol: "iter_task_file_regular_e", name: "task_file_regular", category: Category::File, kind: Kind::Iter, flags: EventFlags(0x20), params: &[p("fd", T::Fd32, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&FILE_FLAGS), None, &[]), p("mnt_id", T::U32, F::Dec, None, None, &[]), p("ino_num", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(437), symbol: "iter_task_file_regular_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(438), symbol: "iter_task_file_directory_e", name: "task_file_directory", category: Category::File, kind: Kind::Iter, flags: EventFlags(0x20), params: &[p("fd", T::Fd32, F::Dec, None, None, &[]), p("path", T::FsPath, F::None, None, None, &[]), p("ino_num", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(439), symbol: "iter_task_file_directory_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(440), symbol: "iter_task_file_socket_inet_e", name: "task_file_socket_inet", category: Category::File, kind: Kind::Iter, flags: EventFlags(0x20), params: &[p("fd", T::Fd32, F::Dec, None, None, &[]), p("sk_type", T::U16, F::Dec, None, None, &[]), p("sk_proto", T::U16, F::Dec, None, None, &[]), p("local_ip", T::Ipv4Addr, F::Hex, None, None, &[]), p("local_port", T::Port, F::Hex, None, None, &[]), p("remote_ip", T::Ipv4Addr, F::Hex, None, None, &[]), p("remote_port", T::Port, F::Hex, None, None, &[]), p("ino_num", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(441), symbol: "iter_task_file_socket_inet_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(442), symbol: "iter_task_file_socket_inet6_e", name: "task_file_socket_inet6", category: Category::File, kind: Kind::Iter, flags: EventFlags(0x20), params: &[p("fd", T::Fd32, F::Dec, None, None, &[]), p("sk_type", T::U16, F::Dec, None, None, &[]), p("sk_proto", T::U16, F::Dec, None, None, &[]), p("local_ip", T::Ipv6Addr, F::Hex, None, None, &[]), p("local_port", T::Port, F::Hex, None, None, &[]), p("remote_ip", T::Ipv6Addr, F::Hex, None, None, &[]), p("remote_port", T::Port, F::Hex, None, None, &[]), p("ino_num", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(443), symbol: "iter_task_file_socket_inet6_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(444), symbol: "iter_task_file_socket_unix_e", name: "task_file_socket_unix", category: Category::File, kind: Kind::Iter, flags: EventFlags(0x20), params: &[p("fd", T::Fd32, F::Dec, None, None, &[]), p("sk_type", T::U16, F::Dec, None, None, &[]), p("sk_proto", T::U16, F::Dec, None, None, &[]), p("sk_pointer", T::U64, F::None, None, None, &[]), p("sun_path", T::FsPath, F::None, None, None, &[]), p("ino_num", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(445), symbol: "iter_task_file_socket_unix_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(446), symbol: "iter_task_file_socket_netlink_e", name: "task_file_socket_netlink", category: Category::File, kind: Kind::Iter, flags: EventFlags(0x20), params: &[p("fd", T::Fd32, F::Dec, None, None, &[]), p("sk_type", T::U16, F::Dec, None, None, &[]), p("sk_proto", T::U16, F::Dec, None, None, &[]), p("ino_num", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(447), symbol: "iter_task_file_socket_netlink_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(448), symbol: "iter_task_file_anon_inode_e", name: "task_file_anon_inode", category: Category::File, kind: Kind::Iter, flags: EventFlags(0x20), params: &[p("fd", T::Fd32, F::Dec, None, None, &[]), p("fd_type", T::Flags8, F::Dec, Some(&ANON_INODE_FD_TYPES), None, &[]), p("path", T::FsPath, F::None, None, None, &[]), p("ino_num", T::U64, F::Dec, None, None, &[])] },
    EventInfo { code: EventType(449), symbol: "iter_task_file_anon_inode_x", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(450), symbol: "syscall_close_range_e", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(451), symbol: "syscall_close_range_x", name: "close_range", category: Category::IoOther, kind: Kind::Syscall, flags: EventFlags(0x20), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("first", T::U32, F::Dec, None, None, &[]), p("last", T::U32, F::Dec, None, None, &[]), p("flags", T::Flags32, F::Hex, Some(&CLOSE_RANGE_FLAGS), None, &[])] },
    EventInfo { code: EventType(452), symbol: "syscall_keyctl_e", name: "NA", category: Category::Unknown, kind: Kind::None, flags: EventFlags(0x40), params: &[] },
    EventInfo { code: EventType(453), symbol: "syscall_keyctl_x", name: "keyctl", category: Category::Other, kind: Kind::Syscall, flags: EventFlags(0x0), params: &[p("res", T::Errno, F::Dec, None, None, &[]), p("operation", T::Enum32, F::Dec, Some(&KEYCTL_OPERATIONS), None, &[]), p("arg2", T::Dyn, F::Dec, None, None, KEYCTL_DYNAMIC_PARAM), p("arg3", T::Dyn, F::Dec, None, None, KEYCTL_DYNAMIC_PARAM), p("arg4", T::Dyn, F::Dec, None, None, KEYCTL_DYNAMIC_PARAM), p("arg5", T::Dyn, F::Dec, None, None, KEYCTL_DYNAMIC_PARAM)] },
];

pub(crate) static SYSCALLS: [Option<SyscallInfo>; SYSCALL_CODE_COUNT] = [
    None,
    Some(SyscallInfo { code: Syscall(1), name: "restart_syscall", event: EventType(1), x86_64: Some(219), i386: Some(0) }),
    Some(SyscallInfo { code: Syscall(2), name: "exit", event: EventType(1), x86_64: Some(60), i386: Some(1) }),
    Some(SyscallInfo { code: Syscall(3), name: "read", event: EventType(7), x86_64: Some(0), i386: Some(3) }),
    Some(SyscallInfo { code: Syscall(4), name: "write", event: EventType(9), x86_64: Some(1), i386: Some(4) }),
    Some(SyscallInfo { code: Syscall(5), name: "open", event: EventType(3), x86_64: Some(2), i386: Some(5) }),
    Some(SyscallInfo { code: Syscall(6), name: "close", event: EventType(5), x86_64: Some(3), i386: Some(6) }),
    Some(SyscallInfo { code: Syscall(7), name: "creat", event: EventType(59), x86_64: Some(85), i386: Some(8) }),
    Some(SyscallInfo { code: Syscall(8), name: "link", event: EventType(309), x86_64: Some(86), i386: Some(9) }),
    Some(SyscallInfo { code: Syscall(9), name: "unlink", event: EventType(301), x86_64: Some(87), i386: Some(10) }),
    Some(SyscallInfo { code: Syscall(10), name: "chdir", event: EventType(95), x86_64: Some(80), i386: Some(12) }),
    Some(SyscallInfo { code: Syscall(11), name: "time", event: EventType(1), x86_64: Some(201), i386: Some(13) }),
    Some(SyscallInfo { code: Syscall(12), name: "mknod", event: EventType(415), x86_64: Some(133), i386: Some(14) }),
    Some(SyscallInfo { code: Syscall(13), name: "chmod", event: EventType(315), x86_64: Some(90), i386: Some(15) }),
    Some(SyscallInfo { code: Syscall(14), name: "stat", event: EventType(67), x86_64: Some(4), i386: Some(106) }),
    Some(SyscallInfo { code: Syscall(15), name: "lseek", event: EventType(87), x86_64: Some(8), i386: Some(19) }),
    Some(SyscallInfo { code: Syscall(16), name: "getpid", event: EventType(1), x86_64: Some(39), i386: Some(20) }),
    Some(SyscallInfo { code: Syscall(17), name: "mount", event: EventType(257), x86_64: Some(165), i386: Some(21) }),
    Some(SyscallInfo { code: Syscall(18), name: "ptrace", event: EventType(169), x86_64: Some(101), i386: Some(26) }),
    Some(SyscallInfo { code: Syscall(19), name: "alarm", event: EventType(1), x86_64: Some(37), i386: Some(27) }),
    Some(SyscallInfo { code: Syscall(20), name: "fstat", event: EventType(71), x86_64: Some(5), i386: Some(108) }),
    Some(SyscallInfo { code: Syscall(21), name: "pause", event: EventType(1), x86_64: Some(34), i386: Some(29) }),
    Some(SyscallInfo { code: Syscall(22), name: "utime", event: EventType(1), x86_64: Some(132), i386: Some(30) }),
    Some(SyscallInfo { code: Syscall(23), name: "access", event: EventType(265), x86_64: Some(21), i386: Some(33) }),
    Some(SyscallInfo { code: Syscall(24), name: "sync", event: EventType(1), x86_64: Some(162), i386: Some(36) }),
    Some(SyscallInfo { code: Syscall(25), name: "kill", event: EventType(129), x86_64: Some(62), i386: Some(37) }),
    Some(SyscallInfo { code: Syscall(26), name: "rename", event: EventType(175), x86_64: Some(82), i386: Some(38) }),
    Some(SyscallInfo { code: Syscall(27), name: "mkdir", event: EventType(277), x86_64: Some(83), i386: Some(39) }),
    Some(SyscallInfo { code: Syscall(28), name: "rmdir", event: EventType(279), x86_64: Some(84), i386: Some(40) }),
    Some(SyscallInfo { code: Syscall(29), name: "dup", event: EventType(367), x86_64: Some(32), i386: Some(41) }),
    Some(SyscallInfo { code: Syscall(30), name: "pipe", event: EventType(61), x86_64: Some(22), i386: Some(42) }),
    Some(SyscallInfo { code: Syscall(31), name: "times", event: EventType(1), x86_64: Some(100), i386: Some(43) }),
    Some(SyscallInfo { code: Syscall(32), name: "brk", event: EventType(159), x86_64: Some(12), i386: Some(45) }),
    Some(SyscallInfo { code: Syscall(33), name: "acct", event: EventType(1), x86_64: Some(163), i386: Some(51) }),
    Some(SyscallInfo { code: Syscall(34), name: "ioctl", event: EventType(171), x86_64: Some(16), i386: Some(54) }),
    Some(SyscallInfo { code: Syscall(35), name: "fcntl", event: EventType(151), x86_64: Some(72), i386: Some(55) }),
    Some(SyscallInfo { code: Syscall(36), name: "setpgid", event: EventType(295), x86_64: Some(109), i386: Some(57) }),
    Some(SyscallInfo { code: Syscall(37), name: "umask", event: EventType(1), x86_64: Some(95), i386: Some(60) }),
    Some(SyscallInfo { code: Syscall(38), name: "chroot", event: EventType(267), x86_64: Some(161), i386: Some(61) }),
    Some(SyscallInfo { code: Syscall(39), name: "ustat", event: EventType(1), x86_64: Some(136), i386: Some(62) }),
    Some(SyscallInfo { code: Syscall(40), name: "dup2", event: EventType(363), x86_64: Some(33), i386: Some(63) }),
    Some(SyscallInfo { code: Syscall(41), name: "getppid", event: EventType(1), x86_64: Some(110), i386: Some(64) }),
    Some(SyscallInfo { code: Syscall(42), name: "getpgrp", event: EventType(1), x86_64: Some(111), i386: Some(65) }),
    Some(SyscallInfo { code: Syscall(43), name: "setsid", event: EventType(275), x86_64: Some(112), i386: Some(66) }),
    Some(SyscallInfo { code: Syscall(44), name: "sethostname", event: EventType(1), x86_64: Some(170), i386: Some(74) }),
    Some(SyscallInfo { code: Syscall(45), name: "setrlimit", event: EventType(143), x86_64: Some(160), i386: Some(75) }),
    Some(SyscallInfo { code: Syscall(46), name: "getrusage", event: EventType(1), x86_64: Some(98), i386: Some(77) }),
    Some(SyscallInfo { code: Syscall(47), name: "gettimeofday", event: EventType(1), x86_64: Some(96), i386: Some(78) }),
    Some(SyscallInfo { code: Syscall(48), name: "settimeofday", event: EventType(1), x86_64: Some(164), i386: Some(79) }),
    Some(SyscallInfo { code: Syscall(49), name: "symlink", event: EventType(179), x86_64: Some(88), i386: Some(83) }),
    Some(SyscallInfo { code: Syscall(50), name: "lstat", event: EventType(69), x86_64: Some(6), i386: Some(107) }),
    Some(SyscallInfo { code: Syscall(51), name: "readlink", event: EventType(1), x86_64: Some(89), i386: Some(85) }),
    Some(SyscallInfo { code: Syscall(52), name: "uselib", event: EventType(1), x86_64: Some(134), i386: Some(86) }),
    Some(SyscallInfo { code: Syscall(53), name: "swapon", event: EventType(1), x86_64: Some(167), i386: Some(87) }),
    Some(SyscallInfo { code: Syscall(54), name: "reboot", event: EventType(1), x86_64: Some(169), i386: Some(88) }),
    Some(SyscallInfo { code: Syscall(55), name: "mmap", event: EventType(161), x86_64: Some(9), i386: Some(90) }),
    Some(SyscallInfo { code: Syscall(56), name: "munmap", event: EventType(165), x86_64: Some(11), i386: Some(91) }),
    Some(SyscallInfo { code: Syscall(57), name: "truncate", event: EventType(1), x86_64: Some(76), i386: Some(92) }),
    Some(SyscallInfo { code: Syscall(58), name: "ftruncate", event: EventType(1), x86_64: Some(77), i386: Some(93) }),
    Some(SyscallInfo { code: Syscall(59), name: "fchmod", event: EventType(317), x86_64: Some(91), i386: Some(94) }),
    Some(SyscallInfo { code: Syscall(60), name: "getpriority", event: EventType(1), x86_64: Some(140), i386: Some(96) }),
    Some(SyscallInfo { code: Syscall(61), name: "setpriority", event: EventType(1), x86_64: Some(141), i386: Some(97) }),
    Some(SyscallInfo { code: Syscall(62), name: "statfs", event: EventType(1), x86_64: Some(137), i386: Some(99) }),
    Some(SyscallInfo { code: Syscall(63), name: "fstatfs", event: EventType(1), x86_64: Some(138), i386: Some(100) }),
    Some(SyscallInfo { code: Syscall(64), name: "syslog", event: EventType(1), x86_64: Some(103), i386: Some(103) }),
    Some(SyscallInfo { code: Syscall(65), name: "setitimer", event: EventType(1), x86_64: Some(38), i386: Some(104) }),
    Some(SyscallInfo { code: Syscall(66), name: "getitimer", event: EventType(1), x86_64: Some(36), i386: Some(105) }),
    Some(SyscallInfo { code: Syscall(67), name: "uname", event: EventType(1), x86_64: Some(63), i386: Some(122) }),
    Some(SyscallInfo { code: Syscall(68), name: "vhangup", event: EventType(1), x86_64: Some(153), i386: Some(111) }),
    Some(SyscallInfo { code: Syscall(69), name: "wait4", event: EventType(1), x86_64: Some(61), i386: Some(114) }),
    Some(SyscallInfo { code: Syscall(70), name: "swapoff", event: EventType(1), x86_64: Some(168), i386: Some(115) }),
    Some(SyscallInfo { code: Syscall(71), name: "sysinfo", event: EventType(1), x86_64: Some(99), i386: Some(116) }),
    Some(SyscallInfo { code: Syscall(72), name: "fsync", event: EventType(1), x86_64: Some(74), i386: Some(118) }),
    Some(SyscallInfo { code: Syscall(73), name: "setdomainname", event: EventType(1), x86_64: Some(171), i386: Some(121) }),
    Some(SyscallInfo { code: Syscall(74), name: "adjtimex", event: EventType(1), x86_64: Some(159), i386: Some(124) }),
    Some(SyscallInfo { code: Syscall(75), name: "mprotect", event: EventType(329), x86_64: Some(10), i386: Some(125) }),
    Some(SyscallInfo { code: Syscall(76), name: "init_module", event: EventType(411), x86_64: Some(175), i386: Some(128) }),
    Some(SyscallInfo { code: Syscall(77), name: "delete_module", event: EventType(425), x86_64: Some(176), i386: Some(129) }),
    Some(SyscallInfo { code: Syscall(78), name: "quotactl", event: EventType(191), x86_64: Some(179), i386: Some(131) }),
    Some(SyscallInfo { code: Syscall(79), name: "getpgid", event: EventType(1), x86_64: Some(121), i386: Some(132) }),
    Some(SyscallInfo { code: Syscall(80), name: "fchdir", event: EventType(97), x86_64: Some(81), i386: Some(133) }),
    Some(SyscallInfo { code: Syscall(81), name: "sysfs", event: EventType(1), x86_64: Some(139), i386: Some(135) }),
    Some(SyscallInfo { code: Syscall(82), name: "personality", event: EventType(1), x86_64: Some(135), i386: Some(136) }),
    Some(SyscallInfo { code: Syscall(83), name: "getdents", event: EventType(237), x86_64: Some(78), i386: Some(141) }),
    Some(SyscallInfo { code: Syscall(84), name: "select", event: EventType(83), x86_64: Some(23), i386: Some(82) }),
    Some(SyscallInfo { code: Syscall(85), name: "flock", event: EventType(243), x86_64: Some(73), i386: Some(143) }),
    Some(SyscallInfo { code: Syscall(86), name: "msync", event: EventType(1), x86_64: Some(26), i386: Some(144) }),
    Some(SyscallInfo { code: Syscall(87), name: "readv", event: EventType(117), x86_64: Some(19), i386: Some(145) }),
    Some(SyscallInfo { code: Syscall(88), name: "writev", event: EventType(119), x86_64: Some(20), i386: Some(146) }),
    Some(SyscallInfo { code: Syscall(89), name: "getsid", event: EventType(1), x86_64: Some(124), i386: Some(147) }),
    Some(SyscallInfo { code: Syscall(90), name: "fdatasync", event: EventType(1), x86_64: Some(75), i386: Some(148) }),
    Some(SyscallInfo { code: Syscall(91), name: "mlock", event: EventType(345), x86_64: Some(149), i386: Some(150) }),
    Some(SyscallInfo { code: Syscall(92), name: "munlock", event: EventType(347), x86_64: Some(150), i386: Some(151) }),
    Some(SyscallInfo { code: Syscall(93), name: "mlockall", event: EventType(349), x86_64: Some(151), i386: Some(152) }),
    Some(SyscallInfo { code: Syscall(94), name: "munlockall", event: EventType(351), x86_64: Some(152), i386: Some(153) }),
    Some(SyscallInfo { code: Syscall(95), name: "sched_setparam", event: EventType(1), x86_64: Some(142), i386: Some(154) }),
    Some(SyscallInfo { code: Syscall(96), name: "sched_getparam", event: EventType(1), x86_64: Some(143), i386: Some(155) }),
    Some(SyscallInfo { code: Syscall(97), name: "sched_setscheduler", event: EventType(1), x86_64: Some(144), i386: Some(156) }),
    Some(SyscallInfo { code: Syscall(98), name: "sched_getscheduler", event: EventType(1), x86_64: Some(145), i386: Some(157) }),
    Some(SyscallInfo { code: Syscall(99), name: "sched_yield", event: EventType(1), x86_64: Some(24), i386: Some(158) }),
    Some(SyscallInfo { code: Syscall(100), name: "sched_get_priority_max", event: EventType(1), x86_64: Some(146), i386: Some(159) }),
    Some(SyscallInfo { code: Syscall(101), name: "sched_get_priority_min", event: EventType(1), x86_64: Some(147), i386: Some(160) }),
    Some(SyscallInfo { code: Syscall(102), name: "sched_rr_get_interval", event: EventType(1), x86_64: Some(148), i386: Some(161) }),
    Some(SyscallInfo { code: Syscall(103), name: "nanosleep", event: EventType(135), x86_64: Some(35), i386: Some(162) }),
    Some(SyscallInfo { code: Syscall(104), name: "mremap", event: EventType(1), x86_64: Some(25), i386: Some(163) }),
    Some(SyscallInfo { code: Syscall(105), name: "poll", event: EventType(81), x86_64: Some(7), i386: Some(168) }),
    Some(SyscallInfo { code: Syscall(106), name: "prctl", event: EventType(401), x86_64: Some(157), i386: Some(172) }),
    Some(SyscallInfo { code: Syscall(107), name: "rt_sigaction", event: EventType(1), x86_64: Some(13), i386: Some(174) }),
    Some(SyscallInfo { code: Syscall(108), name: "rt_sigprocmask", event: EventType(1), x86_64: Some(14), i386: Some(175) }),
    Some(SyscallInfo { code: Syscall(109), name: "rt_sigpending", event: EventType(1), x86_64: Some(127), i386: Some(176) }),
    Some(SyscallInfo { code: Syscall(110), name: "rt_sigtimedwait", event: EventType(1), x86_64: Some(128), i386: Some(177) }),
    Some(SyscallInfo { code: Syscall(111), name: "rt_sigqueueinfo", event: EventType(1), x86_64: Some(129), i386: Some(178) }),
    Some(SyscallInfo { code: Syscall(112), name: "rt_sigsuspend", event: EventType(1), x86_64: Some(130), i386: Some(179) }),
    Some(SyscallInfo { code: Syscall(113), name: "getcwd", event: EventType(93), x86_64: Some(79), i386: Some(183) }),
    Some(SyscallInfo { code: Syscall(114), name: "capget", event: EventType(1), x86_64: Some(125), i386: Some(184) }),
    Some(SyscallInfo { code: Syscall(115), name: "capset", event: EventType(353), x86_64: Some(126), i386: Some(185) }),
    Some(SyscallInfo { code: Syscall(116), name: "sendfile", event: EventType(189), x86_64: Some(40), i386: Some(187) }),
    Some(SyscallInfo { code: Syscall(117), name: "getrlimit", event: EventType(141), x86_64: Some(97), i386: Some(76) }),
    Some(SyscallInfo { code: Syscall(118), name: "lchown", event: EventType(381), x86_64: Some(94), i386: Some(16) }),
    Some(SyscallInfo { code: Syscall(119), name: "getuid", event: EventType(203), x86_64: Some(102), i386: Some(24) }),
    Some(SyscallInfo { code: Syscall(120), name: "getgid", event: EventType(207), x86_64: Some(104), i386: Some(47) }),
    Some(SyscallInfo { code: Syscall(121), name: "geteuid", event: EventType(205), x86_64: Some(107), i386: Some(49) }),
    Some(SyscallInfo { code: Syscall(122), name: "getegid", event: EventType(209), x86_64: Some(108), i386: Some(50) }),
    Some(SyscallInfo { code: Syscall(123), name: "setreuid", event: EventType(427), x86_64: Some(113), i386: Some(70) }),
    Some(SyscallInfo { code: Syscall(124), name: "setregid", event: EventType(429), x86_64: Some(114), i386: Some(71) }),
    Some(SyscallInfo { code: Syscall(125), name: "getgroups", event: EventType(1), x86_64: Some(115), i386: Some(80) }),
    Some(SyscallInfo { code: Syscall(126), name: "setgroups", event: EventType(1), x86_64: Some(116), i386: Some(81) }),
    Some(SyscallInfo { code: Syscall(127), name: "fchown", event: EventType(383), x86_64: Some(93), i386: Some(95) }),
    Some(SyscallInfo { code: Syscall(128), name: "setresuid", event: EventType(193), x86_64: Some(117), i386: Some(164) }),
    Some(SyscallInfo { code: Syscall(129), name: "getresuid", event: EventType(211), x86_64: Some(118), i386: Some(165) }),
    Some(SyscallInfo { code: Syscall(130), name: "setresgid", event: EventType(195), x86_64: Some(119), i386: Some(170) }),
    Some(SyscallInfo { code: Syscall(131), name: "getresgid", event: EventType(213), x86_64: Some(120), i386: Some(171) }),
    Some(SyscallInfo { code: Syscall(132), name: "chown", event: EventType(379), x86_64: Some(92), i386: Some(182) }),
    Some(SyscallInfo { code: Syscall(133), name: "setuid", event: EventType(199), x86_64: Some(105), i386: Some(23) }),
    Some(SyscallInfo { code: Syscall(134), name: "setgid", event: EventType(201), x86_64: Some(106), i386: Some(46) }),
    Some(SyscallInfo { code: Syscall(135), name: "setfsuid", event: EventType(1), x86_64: Some(122), i386: Some(138) }),
    Some(SyscallInfo { code: Syscall(136), name: "setfsgid", event: EventType(1), x86_64: Some(123), i386: Some(139) }),
    Some(SyscallInfo { code: Syscall(137), name: "pivot_root", event: EventType(1), x86_64: Some(155), i386: Some(217) }),
    Some(SyscallInfo { code: Syscall(138), name: "mincore", event: EventType(1), x86_64: Some(27), i386: Some(218) }),
    Some(SyscallInfo { code: Syscall(139), name: "madvise", event: EventType(1), x86_64: Some(28), i386: Some(219) }),
    Some(SyscallInfo { code: Syscall(140), name: "gettid", event: EventType(1), x86_64: Some(186), i386: Some(224) }),
    Some(SyscallInfo { code: Syscall(141), name: "setxattr", event: EventType(1), x86_64: Some(188), i386: Some(226) }),
    Some(SyscallInfo { code: Syscall(142), name: "lsetxattr", event: EventType(1), x86_64: Some(189), i386: Some(227) }),
    Some(SyscallInfo { code: Syscall(143), name: "fsetxattr", event: EventType(1), x86_64: Some(190), i386: Some(228) }),
    Some(SyscallInfo { code: Syscall(144), name: "getxattr", event: EventType(1), x86_64: Some(191), i386: Some(229) }),
    Some(SyscallInfo { code: Syscall(145), name: "lgetxattr", event: EventType(1), x86_64: Some(192), i386: Some(230) }),
    Some(SyscallInfo { code: Syscall(146), name: "fgetxattr", event: EventType(1), x86_64: Some(193), i386: Some(231) }),
    Some(SyscallInfo { code: Syscall(147), name: "listxattr", event: EventType(1), x86_64: Some(194), i386: Some(232) }),
    Some(SyscallInfo { code: Syscall(148), name: "llistxattr", event: EventType(1), x86_64: Some(195), i386: Some(233) }),
    Some(SyscallInfo { code: Syscall(149), name: "flistxattr", event: EventType(1), x86_64: Some(196), i386: Some(234) }),
    Some(SyscallInfo { code: Syscall(150), name: "removexattr", event: EventType(1), x86_64: Some(197), i386: Some(235) }),
    Some(SyscallInfo { code: Syscall(151), name: "lremovexattr", event: EventType(1), x86_64: Some(198), i386: Some(236) }),
    Some(SyscallInfo { code: Syscall(152), name: "fremovexattr", event: EventType(1), x86_64: Some(199), i386: Some(237) }),
    Some(SyscallInfo { code: Syscall(153), name: "tkill", event: EventType(131), x86_64: Some(200), i386: Some(238) }),
    Some(SyscallInfo { code: Syscall(154), name: "futex", event: EventType(65), x86_64: Some(202), i386: Some(240) }),
    Some(SyscallInfo { code: Syscall(155), name: "sched_setaffinity", event: EventType(1), x86_64: Some(203), i386: Some(241) }),
    Some(SyscallInfo { code: Syscall(156), name: "sched_getaffinity", event: EventType(1), x86_64: Some(204), i386: Some(242) }),
    Some(SyscallInfo { code: Syscall(157), name: "set_thread_area", event: EventType(1), x86_64: Some(205), i386: Some(243) }),
    Some(SyscallInfo { code: Syscall(158), name: "get_thread_area", event: EventType(1), x86_64: Some(211), i386: Some(244) }),
    Some(SyscallInfo { code: Syscall(159), name: "io_setup", event: EventType(1), x86_64: Some(206), i386: Some(245) }),
    Some(SyscallInfo { code: Syscall(160), name: "io_destroy", event: EventType(1), x86_64: Some(207), i386: Some(246) }),
    Some(SyscallInfo { code: Syscall(161), name: "io_getevents", event: EventType(1), x86_64: Some(208), i386: Some(247) }),
    Some(SyscallInfo { code: Syscall(162), name: "io_submit", event: EventType(1), x86_64: Some(209), i386: Some(248) }),
    Some(SyscallInfo { code: Syscall(163), name: "io_cancel", event: EventType(1), x86_64: Some(210), i386: Some(249) }),
    Some(SyscallInfo { code: Syscall(164), name: "exit_group", event: EventType(1), x86_64: Some(231), i386: Some(252) }),
    Some(SyscallInfo { code: Syscall(165), name: "epoll_create", event: EventType(375), x86_64: Some(213), i386: Some(254) }),
    Some(SyscallInfo { code: Syscall(166), name: "epoll_ctl", event: EventType(1), x86_64: Some(233), i386: Some(255) }),
    Some(SyscallInfo { code: Syscall(167), name: "epoll_wait", event: EventType(79), x86_64: Some(232), i386: Some(256) }),
    Some(SyscallInfo { code: Syscall(168), name: "remap_file_pages", event: EventType(1), x86_64: Some(216), i386: Some(257) }),
    Some(SyscallInfo { code: Syscall(169), name: "set_tid_address", event: EventType(1), x86_64: Some(218), i386: Some(258) }),
    Some(SyscallInfo { code: Syscall(170), name: "timer_create", event: EventType(1), x86_64: Some(222), i386: Some(259) }),
    Some(SyscallInfo { code: Syscall(171), name: "timer_settime", event: EventType(1), x86_64: Some(223), i386: Some(260) }),
    Some(SyscallInfo { code: Syscall(172), name: "timer_gettime", event: EventType(1), x86_64: Some(224), i386: Some(261) }),
    Some(SyscallInfo { code: Syscall(173), name: "timer_getoverrun", event: EventType(1), x86_64: Some(225), i386: Some(262) }),
    Some(SyscallInfo { code: Syscall(174), name: "timer_delete", event: EventType(1), x86_64: Some(226), i386: Some(263) }),
    Some(SyscallInfo { code: Syscall(175), name: "clock_settime", event: EventType(1), x86_64: Some(227), i386: Some(264) }),
    Some(SyscallInfo { code: Syscall(176), name: "clock_gettime", event: EventType(1), x86_64: Some(228), i386: Some(265) }),
    Some(SyscallInfo { code: Syscall(177), name: "clock_getres", event: EventType(1), x86_64: Some(229), i386: Some(266) }),
    Some(SyscallInfo { code: Syscall(178), name: "clock_nanosleep", event: EventType(1), x86_64: Some(230), i386: Some(267) }),
    Some(SyscallInfo { code: Syscall(179), name: "tgkill", event: EventType(133), x86_64: Some(234), i386: Some(270) }),
    Some(SyscallInfo { code: Syscall(180), name: "utimes", event: EventType(1), x86_64: Some(235), i386: Some(271) }),
    Some(SyscallInfo { code: Syscall(181), name: "mq_open", event: EventType(1), x86_64: Some(240), i386: Some(277) }),
    Some(SyscallInfo { code: Syscall(182), name: "mq_unlink", event: EventType(1), x86_64: Some(241), i386: Some(278) }),
    Some(SyscallInfo { code: Syscall(183), name: "mq_timedsend", event: EventType(1), x86_64: Some(242), i386: Some(279) }),
    Some(SyscallInfo { code: Syscall(184), name: "mq_timedreceive", event: EventType(1), x86_64: Some(243), i386: Some(280) }),
    Some(SyscallInfo { code: Syscall(185), name: "mq_notify", event: EventType(1), x86_64: Some(244), i386: Some(281) }),
    Some(SyscallInfo { code: Syscall(186), name: "mq_getsetattr", event: EventType(1), x86_64: Some(245), i386: Some(282) }),
    Some(SyscallInfo { code: Syscall(187), name: "kexec_load", event: EventType(1), x86_64: Some(246), i386: Some(283) }),
    Some(SyscallInfo { code: Syscall(188), name: "waitid", event: EventType(1), x86_64: Some(247), i386: Some(284) }),
    Some(SyscallInfo { code: Syscall(189), name: "add_key", event: EventType(1), x86_64: Some(248), i386: Some(286) }),
    Some(SyscallInfo { code: Syscall(190), name: "request_key", event: EventType(1), x86_64: Some(249), i386: Some(287) }),
    Some(SyscallInfo { code: Syscall(191), name: "keyctl", event: EventType(453), x86_64: Some(250), i386: Some(288) }),
    Some(SyscallInfo { code: Syscall(192), name: "ioprio_set", event: EventType(1), x86_64: Some(251), i386: Some(289) }),
    Some(SyscallInfo { code: Syscall(193), name: "ioprio_get", event: EventType(1), x86_64: Some(252), i386: Some(290) }),
    Some(SyscallInfo { code: Syscall(194), name: "inotify_init", event: EventType(139), x86_64: Some(253), i386: Some(291) }),
    Some(SyscallInfo { code: Syscall(195), name: "inotify_add_watch", event: EventType(1), x86_64: Some(254), i386: Some(292) }),
    Some(SyscallInfo { code: Syscall(196), name: "inotify_rm_watch", event: EventType(1), x86_64: Some(255), i386: Some(293) }),
    Some(SyscallInfo { code: Syscall(197), name: "openat", event: EventType(307), x86_64: Some(257), i386: Some(295) }),
    Some(SyscallInfo { code: Syscall(198), name: "mkdirat", event: EventType(305), x86_64: Some(258), i386: Some(296) }),
    Some(SyscallInfo { code: Syscall(199), name: "mknodat", event: EventType(417), x86_64: Some(259), i386: Some(297) }),
    Some(SyscallInfo { code: Syscall(200), name: "fchownat", event: EventType(385), x86_64: Some(260), i386: Some(298) }),
    Some(SyscallInfo { code: Syscall(201), name: "futimesat", event: EventType(1), x86_64: Some(261), i386: Some(299) }),
    Some(SyscallInfo { code: Syscall(202), name: "unlinkat", event: EventType(303), x86_64: Some(263), i386: Some(301) }),
    Some(SyscallInfo { code: Syscall(203), name: "renameat", event: EventType(177), x86_64: Some(264), i386: Some(302) }),
    Some(SyscallInfo { code: Syscall(204), name: "linkat", event: EventType(311), x86_64: Some(265), i386: Some(303) }),
    Some(SyscallInfo { code: Syscall(205), name: "symlinkat", event: EventType(181), x86_64: Some(266), i386: Some(304) }),
    Some(SyscallInfo { code: Syscall(206), name: "readlinkat", event: EventType(1), x86_64: Some(267), i386: Some(305) }),
    Some(SyscallInfo { code: Syscall(207), name: "fchmodat", event: EventType(313), x86_64: Some(268), i386: Some(306) }),
    Some(SyscallInfo { code: Syscall(208), name: "faccessat", event: EventType(1), x86_64: Some(269), i386: Some(307) }),
    Some(SyscallInfo { code: Syscall(209), name: "pselect6", event: EventType(1), x86_64: Some(270), i386: Some(308) }),
    Some(SyscallInfo { code: Syscall(210), name: "ppoll", event: EventType(255), x86_64: Some(271), i386: Some(309) }),
    Some(SyscallInfo { code: Syscall(211), name: "unshare", event: EventType(285), x86_64: Some(272), i386: Some(310) }),
    Some(SyscallInfo { code: Syscall(212), name: "set_robust_list", event: EventType(1), x86_64: Some(273), i386: Some(311) }),
    Some(SyscallInfo { code: Syscall(213), name: "get_robust_list", event: EventType(1), x86_64: Some(274), i386: Some(312) }),
    Some(SyscallInfo { code: Syscall(214), name: "splice", event: EventType(167), x86_64: Some(275), i386: Some(313) }),
    Some(SyscallInfo { code: Syscall(215), name: "tee", event: EventType(1), x86_64: Some(276), i386: Some(315) }),
    Some(SyscallInfo { code: Syscall(216), name: "vmsplice", event: EventType(1), x86_64: Some(278), i386: Some(316) }),
    Some(SyscallInfo { code: Syscall(217), name: "getcpu", event: EventType(1), x86_64: Some(309), i386: Some(318) }),
    Some(SyscallInfo { code: Syscall(218), name: "epoll_pwait", event: EventType(1), x86_64: Some(281), i386: Some(319) }),
    Some(SyscallInfo { code: Syscall(219), name: "utimensat", event: EventType(1), x86_64: Some(280), i386: Some(320) }),
    Some(SyscallInfo { code: Syscall(220), name: "signalfd", event: EventType(127), x86_64: Some(282), i386: Some(321) }),
    Some(SyscallInfo { code: Syscall(221), name: "timerfd_create", event: EventType(137), x86_64: Some(283), i386: Some(322) }),
    Some(SyscallInfo { code: Syscall(222), name: "eventfd", event: EventType(63), x86_64: Some(284), i386: Some(323) }),
    Some(SyscallInfo { code: Syscall(223), name: "timerfd_settime", event: EventType(1), x86_64: Some(286), i386: Some(325) }),
    Some(SyscallInfo { code: Syscall(224), name: "timerfd_gettime", event: EventType(1), x86_64: Some(287), i386: Some(326) }),
    Some(SyscallInfo { code: Syscall(225), name: "signalfd4", event: EventType(399), x86_64: Some(289), i386: Some(327) }),
    Some(SyscallInfo { code: Syscall(226), name: "eventfd2", event: EventType(397), x86_64: Some(290), i386: Some(328) }),
    Some(SyscallInfo { code: Syscall(227), name: "epoll_create1", event: EventType(377), x86_64: Some(291), i386: Some(329) }),
    Some(SyscallInfo { code: Syscall(228), name: "dup3", event: EventType(365), x86_64: Some(292), i386: Some(330) }),
    Some(SyscallInfo { code: Syscall(229), name: "pipe2", event: EventType(393), x86_64: Some(293), i386: Some(331) }),
    Some(SyscallInfo { code: Syscall(230), name: "inotify_init1", event: EventType(395), x86_64: Some(294), i386: Some(332) }),
    Some(SyscallInfo { code: Syscall(231), name: "preadv", event: EventType(121), x86_64: Some(295), i386: Some(333) }),
    Some(SyscallInfo { code: Syscall(232), name: "pwritev", event: EventType(123), x86_64: Some(296), i386: Some(334) }),
    Some(SyscallInfo { code: Syscall(233), name: "rt_tgsigqueueinfo", event: EventType(1), x86_64: Some(297), i386: Some(335) }),
    Some(SyscallInfo { code: Syscall(234), name: "perf_event_open", event: EventType(1), x86_64: Some(298), i386: Some(336) }),
    Some(SyscallInfo { code: Syscall(235), name: "fanotify_init", event: EventType(1), x86_64: Some(300), i386: Some(338) }),
    Some(SyscallInfo { code: Syscall(236), name: "prlimit64", event: EventType(145), x86_64: Some(302), i386: Some(340) }),
    Some(SyscallInfo { code: Syscall(237), name: "clock_adjtime", event: EventType(1), x86_64: Some(305), i386: Some(343) }),
    Some(SyscallInfo { code: Syscall(238), name: "syncfs", event: EventType(1), x86_64: Some(306), i386: Some(344) }),
    Some(SyscallInfo { code: Syscall(239), name: "setns", event: EventType(241), x86_64: Some(308), i386: Some(346) }),
    Some(SyscallInfo { code: Syscall(240), name: "getdents64", event: EventType(239), x86_64: Some(217), i386: Some(220) }),
    Some(SyscallInfo { code: Syscall(241), name: "socket", event: EventType(19), x86_64: Some(41), i386: Some(359) }),
    Some(SyscallInfo { code: Syscall(242), name: "bind", event: EventType(21), x86_64: Some(49), i386: Some(361) }),
    Some(SyscallInfo { code: Syscall(243), name: "connect", event: EventType(23), x86_64: Some(42), i386: Some(362) }),
    Some(SyscallInfo { code: Syscall(244), name: "listen", event: EventType(25), x86_64: Some(50), i386: Some(363) }),
    Some(SyscallInfo { code: Syscall(245), name: "accept", event: EventType(247), x86_64: Some(43), i386: None }),
    Some(SyscallInfo { code: Syscall(246), name: "getsockname", event: EventType(39), x86_64: Some(51), i386: Some(367) }),
    Some(SyscallInfo { code: Syscall(247), name: "getpeername", event: EventType(41), x86_64: Some(52), i386: Some(368) }),
    Some(SyscallInfo { code: Syscall(248), name: "socketpair", event: EventType(43), x86_64: Some(53), i386: Some(360) }),
    Some(SyscallInfo { code: Syscall(249), name: "sendto", event: EventType(31), x86_64: Some(44), i386: Some(369) }),
    Some(SyscallInfo { code: Syscall(250), name: "recvfrom", event: EventType(35), x86_64: Some(45), i386: Some(371) }),
    Some(SyscallInfo { code: Syscall(251), name: "shutdown", event: EventType(37), x86_64: Some(48), i386: Some(373) }),
    Some(SyscallInfo { code: Syscall(252), name: "setsockopt", event: EventType(45), x86_64: Some(54), i386: Some(366) }),
    Some(SyscallInfo { code: Syscall(253), name: "getsockopt", event: EventType(47), x86_64: Some(55), i386: Some(365) }),
    Some(SyscallInfo { code: Syscall(254), name: "sendmsg", event: EventType(49), x86_64: Some(46), i386: Some(370) }),
    Some(SyscallInfo { code: Syscall(255), name: "sendmmsg", event: EventType(51), x86_64: Some(307), i386: Some(345) }),
    Some(SyscallInfo { code: Syscall(256), name: "recvmsg", event: EventType(53), x86_64: Some(47), i386: Some(372) }),
    Some(SyscallInfo { code: Syscall(257), name: "recvmmsg", event: EventType(55), x86_64: Some(299), i386: Some(337) }),
    Some(SyscallInfo { code: Syscall(258), name: "accept4", event: EventType(389), x86_64: Some(288), i386: Some(364) }),
    Some(SyscallInfo { code: Syscall(259), name: "semop", event: EventType(251), x86_64: Some(65), i386: None }),
    Some(SyscallInfo { code: Syscall(260), name: "semget", event: EventType(263), x86_64: Some(64), i386: Some(393) }),
    Some(SyscallInfo { code: Syscall(261), name: "semctl", event: EventType(253), x86_64: Some(66), i386: Some(394) }),
    Some(SyscallInfo { code: Syscall(262), name: "msgsnd", event: EventType(1), x86_64: Some(69), i386: Some(400) }),
    Some(SyscallInfo { code: Syscall(263), name: "msgrcv", event: EventType(1), x86_64: Some(70), i386: Some(401) }),
    Some(SyscallInfo { code: Syscall(264), name: "msgget", event: EventType(1), x86_64: Some(68), i386: Some(399) }),
    Some(SyscallInfo { code: Syscall(265), name: "msgctl", event: EventType(1), x86_64: Some(71), i386: Some(402) }),
    Some(SyscallInfo { code: Syscall(266), name: "shmdt", event: EventType(1), x86_64: Some(67), i386: Some(398) }),
    Some(SyscallInfo { code: Syscall(267), name: "shmget", event: EventType(1), x86_64: Some(29), i386: Some(395) }),
    Some(SyscallInfo { code: Syscall(268), name: "shmctl", event: EventType(1), x86_64: Some(31), i386: Some(396) }),
    Some(SyscallInfo { code: Syscall(269), name: "statfs64", event: EventType(1), x86_64: None, i386: Some(268) }),
    Some(SyscallInfo { code: Syscall(270), name: "fstatfs64", event: EventType(1), x86_64: None, i386: Some(269) }),
    Some(SyscallInfo { code: Syscall(271), name: "fstatat64", event: EventType(1), x86_64: None, i386: Some(300) }),
    Some(SyscallInfo { code: Syscall(272), name: "sendfile64", event: EventType(189), x86_64: None, i386: Some(239) }),
    Some(SyscallInfo { code: Syscall(273), name: "ugetrlimit", event: EventType(141), x86_64: None, i386: Some(191) }),
    Some(SyscallInfo { code: Syscall(274), name: "bdflush", event: EventType(1), x86_64: None, i386: Some(134) }),
    Some(SyscallInfo { code: Syscall(275), name: "sigprocmask", event: EventType(1), x86_64: None, i386: Some(126) }),
    Some(SyscallInfo { code: Syscall(276), name: "ipc", event: EventType(1), x86_64: None, i386: Some(117) }),
    Some(SyscallInfo { code: Syscall(277), name: "socketcall", event: EventType(1), x86_64: None, i386: Some(102) }),
    Some(SyscallInfo { code: Syscall(278), name: "stat64", event: EventType(73), x86_64: None, i386: Some(195) }),
    Some(SyscallInfo { code: Syscall(279), name: "lstat64", event: EventType(75), x86_64: None, i386: Some(196) }),
    Some(SyscallInfo { code: Syscall(280), name: "fstat64", event: EventType(77), x86_64: None, i386: Some(197) }),
    Some(SyscallInfo { code: Syscall(281), name: "fcntl64", event: EventType(151), x86_64: None, i386: Some(221) }),
    Some(SyscallInfo { code: Syscall(282), name: "mmap2", event: EventType(163), x86_64: None, i386: Some(192) }),
    Some(SyscallInfo { code: Syscall(283), name: "_newselect", event: EventType(1), x86_64: None, i386: Some(142) }),
    Some(SyscallInfo { code: Syscall(284), name: "sgetmask", event: EventType(1), x86_64: None, i386: Some(68) }),
    Some(SyscallInfo { code: Syscall(285), name: "ssetmask", event: EventType(1), x86_64: None, i386: Some(69) }),
    Some(SyscallInfo { code: Syscall(286), name: "sigpending", event: EventType(1), x86_64: None, i386: Some(73) }),
    Some(SyscallInfo { code: Syscall(287), name: "olduname", event: EventType(1), x86_64: None, i386: Some(109) }),
    Some(SyscallInfo { code: Syscall(288), name: "umount", event: EventType(387), x86_64: None, i386: Some(22) }),
    Some(SyscallInfo { code: Syscall(289), name: "signal", event: EventType(1), x86_64: None, i386: Some(48) }),
    Some(SyscallInfo { code: Syscall(290), name: "nice", event: EventType(1), x86_64: None, i386: Some(34) }),
    Some(SyscallInfo { code: Syscall(291), name: "stime", event: EventType(1), x86_64: None, i386: Some(25) }),
    Some(SyscallInfo { code: Syscall(292), name: "_llseek", event: EventType(89), x86_64: None, i386: Some(140) }),
    Some(SyscallInfo { code: Syscall(293), name: "waitpid", event: EventType(1), x86_64: None, i386: Some(7) }),
    Some(SyscallInfo { code: Syscall(294), name: "pread64", event: EventType(113), x86_64: Some(17), i386: Some(180) }),
    Some(SyscallInfo { code: Syscall(295), name: "pwrite64", event: EventType(115), x86_64: Some(18), i386: Some(181) }),
    Some(SyscallInfo { code: Syscall(296), name: "arch_prctl", event: EventType(1), x86_64: Some(158), i386: Some(384) }),
    Some(SyscallInfo { code: Syscall(297), name: "shmat", event: EventType(1), x86_64: Some(30), i386: Some(397) }),
    Some(SyscallInfo { code: Syscall(298), name: "rt_sigreturn", event: EventType(1), x86_64: Some(15), i386: Some(173) }),
    Some(SyscallInfo { code: Syscall(299), name: "fallocate", event: EventType(1), x86_64: Some(285), i386: Some(324) }),
    Some(SyscallInfo { code: Syscall(300), name: "newfstatat", event: EventType(419), x86_64: Some(262), i386: None }),
    Some(SyscallInfo { code: Syscall(301), name: "process_vm_readv", event: EventType(421), x86_64: Some(310), i386: Some(347) }),
    Some(SyscallInfo { code: Syscall(302), name: "process_vm_writev", event: EventType(423), x86_64: Some(311), i386: Some(348) }),
    Some(SyscallInfo { code: Syscall(303), name: "fork", event: EventType(225), x86_64: Some(57), i386: Some(2) }),
    Some(SyscallInfo { code: Syscall(304), name: "vfork", event: EventType(227), x86_64: Some(58), i386: Some(190) }),
    Some(SyscallInfo { code: Syscall(305), name: "setuid32", event: EventType(199), x86_64: None, i386: Some(213) }),
    Some(SyscallInfo { code: Syscall(306), name: "getuid32", event: EventType(203), x86_64: None, i386: Some(199) }),
    Some(SyscallInfo { code: Syscall(307), name: "setgid32", event: EventType(201), x86_64: None, i386: Some(214) }),
    Some(SyscallInfo { code: Syscall(308), name: "geteuid32", event: EventType(205), x86_64: None, i386: Some(201) }),
    Some(SyscallInfo { code: Syscall(309), name: "getgid32", event: EventType(207), x86_64: None, i386: Some(200) }),
    Some(SyscallInfo { code: Syscall(310), name: "setresuid32", event: EventType(193), x86_64: None, i386: Some(208) }),
    Some(SyscallInfo { code: Syscall(311), name: "setresgid32", event: EventType(195), x86_64: None, i386: Some(210) }),
    Some(SyscallInfo { code: Syscall(312), name: "getresuid32", event: EventType(211), x86_64: None, i386: Some(209) }),
    Some(SyscallInfo { code: Syscall(313), name: "getresgid32", event: EventType(213), x86_64: None, i386: Some(211) }),
    Some(SyscallInfo { code: Syscall(314), name: "finit_module", event: EventType(413), x86_64: Some(313), i386: Some(350) }),
    Some(SyscallInfo { code: Syscall(315), name: "bpf", event: EventType(369), x86_64: Some(321), i386: Some(357) }),
    Some(SyscallInfo { code: Syscall(316), name: "seccomp", event: EventType(299), x86_64: Some(317), i386: Some(354) }),
    Some(SyscallInfo { code: Syscall(317), name: "sigaltstack", event: EventType(1), x86_64: Some(131), i386: Some(186) }),
    Some(SyscallInfo { code: Syscall(318), name: "getrandom", event: EventType(1), x86_64: Some(318), i386: Some(355) }),
    Some(SyscallInfo { code: Syscall(319), name: "fadvise64", event: EventType(1), x86_64: Some(221), i386: Some(250) }),
    Some(SyscallInfo { code: Syscall(320), name: "renameat2", event: EventType(319), x86_64: Some(316), i386: Some(353) }),
    Some(SyscallInfo { code: Syscall(321), name: "userfaultfd", event: EventType(321), x86_64: Some(323), i386: Some(374) }),
    Some(SyscallInfo { code: Syscall(322), name: "openat2", event: EventType(327), x86_64: Some(437), i386: Some(437) }),
    Some(SyscallInfo { code: Syscall(323), name: "umount2", event: EventType(391), x86_64: Some(166), i386: Some(52) }),
    Some(SyscallInfo { code: Syscall(324), name: "execve", event: EventType(293), x86_64: Some(59), i386: Some(11) }),
    Some(SyscallInfo { code: Syscall(325), name: "execveat", event: EventType(331), x86_64: Some(322), i386: Some(358) }),
    Some(SyscallInfo { code: Syscall(326), name: "copy_file_range", event: EventType(333), x86_64: Some(326), i386: Some(377) }),
    Some(SyscallInfo { code: Syscall(327), name: "clone", event: EventType(223), x86_64: Some(56), i386: Some(120) }),
    Some(SyscallInfo { code: Syscall(328), name: "clone3", event: EventType(335), x86_64: Some(435), i386: Some(435) }),
    Some(SyscallInfo { code: Syscall(329), name: "open_by_handle_at", event: EventType(337), x86_64: Some(304), i386: Some(342) }),
    Some(SyscallInfo { code: Syscall(330), name: "io_uring_setup", event: EventType(339), x86_64: Some(425), i386: Some(425) }),
    Some(SyscallInfo { code: Syscall(331), name: "io_uring_enter", event: EventType(341), x86_64: Some(426), i386: Some(426) }),
    Some(SyscallInfo { code: Syscall(332), name: "io_uring_register", event: EventType(343), x86_64: Some(427), i386: Some(427) }),
    Some(SyscallInfo { code: Syscall(333), name: "mlock2", event: EventType(371), x86_64: Some(325), i386: Some(376) }),
    Some(SyscallInfo { code: Syscall(334), name: "getegid32", event: EventType(209), x86_64: None, i386: Some(202) }),
    Some(SyscallInfo { code: Syscall(335), name: "fsconfig", event: EventType(373), x86_64: Some(431), i386: Some(431) }),
    Some(SyscallInfo { code: Syscall(336), name: "fspick", event: EventType(1), x86_64: Some(433), i386: Some(433) }),
    Some(SyscallInfo { code: Syscall(337), name: "fsmount", event: EventType(1), x86_64: Some(432), i386: Some(432) }),
    Some(SyscallInfo { code: Syscall(338), name: "fsopen", event: EventType(1), x86_64: Some(430), i386: Some(430) }),
    Some(SyscallInfo { code: Syscall(339), name: "open_tree", event: EventType(1), x86_64: Some(428), i386: Some(428) }),
    Some(SyscallInfo { code: Syscall(340), name: "move_mount", event: EventType(1), x86_64: Some(429), i386: Some(429) }),
    Some(SyscallInfo { code: Syscall(341), name: "mount_setattr", event: EventType(1), x86_64: Some(442), i386: Some(442) }),
    Some(SyscallInfo { code: Syscall(342), name: "memfd_create", event: EventType(405), x86_64: Some(319), i386: Some(356) }),
    Some(SyscallInfo { code: Syscall(343), name: "memfd_secret", event: EventType(1), x86_64: Some(447), i386: Some(447) }),
    Some(SyscallInfo { code: Syscall(344), name: "ioperm", event: EventType(1), x86_64: Some(173), i386: Some(101) }),
    Some(SyscallInfo { code: Syscall(345), name: "kexec_file_load", event: EventType(1), x86_64: Some(320), i386: None }),
    Some(SyscallInfo { code: Syscall(346), name: "pidfd_getfd", event: EventType(407), x86_64: Some(438), i386: Some(438) }),
    Some(SyscallInfo { code: Syscall(347), name: "pidfd_open", event: EventType(409), x86_64: Some(434), i386: Some(434) }),
    Some(SyscallInfo { code: Syscall(348), name: "pidfd_send_signal", event: EventType(1), x86_64: Some(424), i386: Some(424) }),
    Some(SyscallInfo { code: Syscall(349), name: "pkey_alloc", event: EventType(1), x86_64: Some(330), i386: Some(381) }),
    Some(SyscallInfo { code: Syscall(350), name: "pkey_mprotect", event: EventType(1), x86_64: Some(329), i386: Some(380) }),
    Some(SyscallInfo { code: Syscall(351), name: "pkey_free", event: EventType(1), x86_64: Some(331), i386: Some(382) }),
    Some(SyscallInfo { code: Syscall(352), name: "landlock_create_ruleset", event: EventType(1), x86_64: Some(444), i386: Some(444) }),
    Some(SyscallInfo { code: Syscall(353), name: "quotactl_fd", event: EventType(1), x86_64: Some(443), i386: Some(443) }),
    Some(SyscallInfo { code: Syscall(354), name: "landlock_restrict_self", event: EventType(1), x86_64: Some(446), i386: Some(446) }),
    Some(SyscallInfo { code: Syscall(355), name: "landlock_add_rule", event: EventType(1), x86_64: Some(445), i386: Some(445) }),
    Some(SyscallInfo { code: Syscall(356), name: "epoll_pwait2", event: EventType(1), x86_64: Some(441), i386: Some(441) }),
    Some(SyscallInfo { code: Syscall(357), name: "migrate_pages", event: EventType(1), x86_64: Some(256), i386: Some(294) }),
    Some(SyscallInfo { code: Syscall(358), name: "move_pages", event: EventType(1), x86_64: Some(279), i386: Some(317) }),
    Some(SyscallInfo { code: Syscall(359), name: "preadv2", event: EventType(1), x86_64: Some(327), i386: Some(378) }),
    Some(SyscallInfo { code: Syscall(360), name: "pwritev2", event: EventType(1), x86_64: Some(328), i386: Some(379) }),
    Some(SyscallInfo { code: Syscall(361), name: "kcmp", event: EventType(1), x86_64: Some(312), i386: Some(349) }),
    Some(SyscallInfo { code: Syscall(362), name: "sched_setattr", event: EventType(1), x86_64: Some(314), i386: Some(351) }),
    Some(SyscallInfo { code: Syscall(363), name: "mbind", event: EventType(1), x86_64: Some(237), i386: Some(274) }),
    Some(SyscallInfo { code: Syscall(364), name: "epoll_ctl_old", event: EventType(1), x86_64: Some(214), i386: None }),
    Some(SyscallInfo { code: Syscall(365), name: "lookup_dcookie", event: EventType(1), x86_64: Some(212), i386: Some(253) }),
    Some(SyscallInfo { code: Syscall(366), name: "modify_ldt", event: EventType(1), x86_64: Some(154), i386: Some(123) }),
    Some(SyscallInfo { code: Syscall(367), name: "statx", event: EventType(1), x86_64: Some(332), i386: Some(383) }),
    Some(SyscallInfo { code: Syscall(368), name: "set_mempolicy", event: EventType(1), x86_64: Some(238), i386: Some(276) }),
    Some(SyscallInfo { code: Syscall(369), name: "io_pgetevents", event: EventType(1), x86_64: Some(333), i386: Some(385) }),
    Some(SyscallInfo { code: Syscall(370), name: "set_mempolicy_home_node", event: EventType(1), x86_64: Some(450), i386: Some(450) }),
    Some(SyscallInfo { code: Syscall(371), name: "semtimedop", event: EventType(1), x86_64: Some(220), i386: None }),
    Some(SyscallInfo { code: Syscall(372), name: "get_kernel_syms", event: EventType(1), x86_64: Some(177), i386: Some(130) }),
    Some(SyscallInfo { code: Syscall(373), name: "readahead", event: EventType(1), x86_64: Some(187), i386: Some(225) }),
    Some(SyscallInfo { code: Syscall(374), name: "futex_waitv", event: EventType(1), x86_64: Some(449), i386: Some(449) }),
    Some(SyscallInfo { code: Syscall(375), name: "getpmsg", event: EventType(1), x86_64: Some(181), i386: Some(188) }),
    Some(SyscallInfo { code: Syscall(376), name: "name_to_handle_at", event: EventType(1), x86_64: Some(303), i386: Some(341) }),
    Some(SyscallInfo { code: Syscall(377), name: "process_mrelease", event: EventType(1), x86_64: Some(448), i386: Some(448) }),
    Some(SyscallInfo { code: Syscall(378), name: "nfsservctl", event: EventType(1), x86_64: Some(180), i386: Some(169) }),
    Some(SyscallInfo { code: Syscall(379), name: "epoll_wait_old", event: EventType(1), x86_64: Some(215), i386: None }),
    Some(SyscallInfo { code: Syscall(380), name: "rseq", event: EventType(1), x86_64: Some(334), i386: Some(386) }),
    Some(SyscallInfo { code: Syscall(381), name: "create_module", event: EventType(1), x86_64: Some(174), i386: Some(127) }),
    None,
    Some(SyscallInfo { code: Syscall(383), name: "sched_getattr", event: EventType(1), x86_64: Some(315), i386: Some(352) }),
    Some(SyscallInfo { code: Syscall(384), name: "faccessat2", event: EventType(1), x86_64: Some(439), i386: Some(439) }),
    Some(SyscallInfo { code: Syscall(385), name: "_sysctl", event: EventType(1), x86_64: Some(156), i386: Some(149) }),
    Some(SyscallInfo { code: Syscall(386), name: "query_module", event: EventType(1), x86_64: Some(178), i386: Some(167) }),
    Some(SyscallInfo { code: Syscall(387), name: "get_mempolicy", event: EventType(1), x86_64: Some(239), i386: Some(275) }),
    Some(SyscallInfo { code: Syscall(388), name: "sync_file_range", event: EventType(1), x86_64: Some(277), i386: Some(314) }),
    Some(SyscallInfo { code: Syscall(389), name: "process_madvise", event: EventType(1), x86_64: Some(440), i386: Some(440) }),
    Some(SyscallInfo { code: Syscall(390), name: "membarrier", event: EventType(1), x86_64: Some(324), i386: Some(375) }),
    Some(SyscallInfo { code: Syscall(391), name: "iopl", event: EventType(1), x86_64: Some(172), i386: Some(110) }),
    Some(SyscallInfo { code: Syscall(392), name: "close_range", event: EventType(451), x86_64: Some(436), i386: Some(436) }),
    Some(SyscallInfo { code: Syscall(393), name: "fanotify_mark", event: EventType(1), x86_64: Some(301), i386: Some(339) }),
    Some(SyscallInfo { code: Syscall(394), name: "recv", event: EventType(33), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(395), name: "send", event: EventType(29), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(396), name: "sched_process_exit", event: EventType(186), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(397), name: "sched_switch", event: EventType(152), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(398), name: "page_fault_user", event: EventType(290), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(399), name: "page_fault_kernel", event: EventType(290), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(400), name: "signal_deliver", event: EventType(232), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(401), name: "timerfd", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(402), name: "s390_pci_mmio_read", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(403), name: "sigaction", event: EventType(1), x86_64: None, i386: Some(67) }),
    Some(SyscallInfo { code: Syscall(404), name: "s390_pci_mmio_write", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(405), name: "readdir", event: EventType(1), x86_64: None, i386: Some(89) }),
    Some(SyscallInfo { code: Syscall(406), name: "s390_sthyi", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(407), name: "sigsuspend", event: EventType(1), x86_64: None, i386: Some(72) }),
    Some(SyscallInfo { code: Syscall(408), name: "idle", event: EventType(1), x86_64: None, i386: Some(112) }),
    Some(SyscallInfo { code: Syscall(409), name: "s390_runtime_instr", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(410), name: "sigreturn", event: EventType(1), x86_64: None, i386: Some(119) }),
    Some(SyscallInfo { code: Syscall(411), name: "s390_guarded_storage", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(412), name: "cachestat", event: EventType(1), x86_64: Some(451), i386: Some(451) }),
    Some(SyscallInfo { code: Syscall(413), name: "fchmodat2", event: EventType(1), x86_64: Some(452), i386: Some(452) }),
    Some(SyscallInfo { code: Syscall(414), name: "map_shadow_stack", event: EventType(1), x86_64: Some(453), i386: Some(453) }),
    Some(SyscallInfo { code: Syscall(415), name: "riscv_flush_icache", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(416), name: "riscv_hwprobe", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(417), name: "futex_wake", event: EventType(1), x86_64: Some(454), i386: Some(454) }),
    Some(SyscallInfo { code: Syscall(418), name: "futex_requeue", event: EventType(1), x86_64: Some(456), i386: Some(456) }),
    Some(SyscallInfo { code: Syscall(419), name: "futex_wait", event: EventType(1), x86_64: Some(455), i386: Some(455) }),
    Some(SyscallInfo { code: Syscall(420), name: "oldstat", event: EventType(1), x86_64: None, i386: Some(18) }),
    Some(SyscallInfo { code: Syscall(421), name: "switch_endian", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(422), name: "multiplexer", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(423), name: "oldlstat", event: EventType(1), x86_64: None, i386: Some(84) }),
    Some(SyscallInfo { code: Syscall(424), name: "spu_create", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(425), name: "sync_file_range2", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(426), name: "oldfstat", event: EventType(1), x86_64: None, i386: Some(28) }),
    Some(SyscallInfo { code: Syscall(427), name: "spu_run", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(428), name: "swapcontext", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(429), name: "pciconfig_write", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(430), name: "rtas", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(431), name: "pciconfig_read", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(432), name: "sys_debug_setcontext", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(433), name: "vm86", event: EventType(1), x86_64: None, i386: Some(166) }),
    Some(SyscallInfo { code: Syscall(434), name: "oldolduname", event: EventType(1), x86_64: None, i386: Some(59) }),
    Some(SyscallInfo { code: Syscall(435), name: "subpage_prot", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(436), name: "pciconfig_iobase", event: EventType(1), x86_64: None, i386: None }),
    Some(SyscallInfo { code: Syscall(437), name: "listmount", event: EventType(1), x86_64: Some(458), i386: Some(458) }),
    Some(SyscallInfo { code: Syscall(438), name: "statmount", event: EventType(1), x86_64: Some(457), i386: Some(457) }),
    Some(SyscallInfo { code: Syscall(439), name: "lsm_get_self_attr", event: EventType(1), x86_64: Some(459), i386: Some(459) }),
    Some(SyscallInfo { code: Syscall(440), name: "lsm_set_self_attr", event: EventType(1), x86_64: Some(460), i386: Some(460) }),
    Some(SyscallInfo { code: Syscall(441), name: "lsm_list_modules", event: EventType(1), x86_64: Some(461), i386: Some(461) }),
    Some(SyscallInfo { code: Syscall(442), name: "mseal", event: EventType(1), x86_64: Some(462), i386: Some(462) }),
    Some(SyscallInfo { code: Syscall(443), name: "uretprobe", event: EventType(1), x86_64: Some(335), i386: None }),
    Some(SyscallInfo { code: Syscall(444), name: "removexattrat", event: EventType(1), x86_64: Some(466), i386: Some(466) }),
    Some(SyscallInfo { code: Syscall(445), name: "listxattrat", event: EventType(1), x86_64: Some(465), i386: Some(465) }),
    Some(SyscallInfo { code: Syscall(446), name: "getxattrat", event: EventType(1), x86_64: Some(464), i386: Some(464) }),
    Some(SyscallInfo { code: Syscall(447), name: "setxattrat", event: EventType(1), x86_64: Some(463), i386: Some(463) }),
    Some(SyscallInfo { code: Syscall(448), name: "open_tree_attr", event: EventType(1), x86_64: Some(467), i386: Some(467) }),
    Some(SyscallInfo { code: Syscall(449), name: "file_getattr", event: EventType(1), x86_64: Some(468), i386: Some(468) }),
    Some(SyscallInfo { code: Syscall(450), name: "file_setattr", event: EventType(1), x86_64: Some(469), i386: Some(469) }),
    Some(SyscallInfo { code: Syscall(451), name: "listns", event: EventType(1), x86_64: Some(470), i386: Some(470) }),
    Some(SyscallInfo { code: Syscall(452), name: "uprobe", event: EventType(1), x86_64: Some(336), i386: None }),
    Some(SyscallInfo { code: Syscall(453), name: "rseq_slice_yield", event: EventType(1), x86_64: Some(471), i386: Some(471) }),
];

pub(crate) static X86_64: [u16; 512] = [3, 4, 5, 6, 14, 20, 50, 105, 15, 55, 75, 56, 32, 107, 108, 298, 34, 294, 295, 87, 88, 23, 30, 84, 99, 104, 86, 138, 139, 267, 297, 268, 29, 40, 21, 103, 66, 19, 65, 16, 116, 241, 243, 245, 249, 250, 254, 256, 251, 242, 244, 246, 247, 248, 252, 253, 327, 303, 304, 324, 2, 69, 25, 67, 260, 259, 261, 266, 264, 262, 263, 265, 35, 85, 72, 90, 57, 58, 83, 113, 10, 80, 26, 27, 28, 7, 8, 9, 49, 51, 13, 59, 132, 127, 118, 37, 47, 117, 46, 71, 31, 18, 119, 64, 120, 133, 134, 121, 122, 36, 41, 42, 43, 123, 124, 125, 126, 128, 129, 130, 131, 79, 135, 136, 89, 114, 115, 109, 110, 111, 112, 317, 22, 12, 52, 82, 39, 62, 63, 81, 60, 61, 95, 96, 97, 98, 100, 101, 102, 91, 92, 93, 94, 68, 366, 137, 385, 106, 296, 74, 45, 38, 24, 33, 48, 17, 323, 53, 70, 54, 44, 73, 391, 344, 381, 76, 77, 372, 386, 78, 378, 375, 0, 0, 0, 0, 140, 373, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 11, 154, 155, 156, 157, 159, 160, 161, 162, 163, 158, 365, 165, 364, 379, 168, 240, 169, 1, 371, 319, 170, 171, 172, 173, 174, 175, 176, 177, 178, 164, 167, 166, 179, 180, 0, 363, 368, 387, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191, 192, 193, 194, 195, 196, 357, 197, 198, 199, 200, 201, 300, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214, 215, 388, 216, 358, 219, 218, 220, 221, 222, 299, 223, 224, 258, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 257, 235, 393, 236, 376, 329, 237, 238, 255, 239, 217, 301, 302, 361, 314, 362, 383, 320, 316, 318, 342, 345, 315, 325, 321, 390, 333, 326, 359, 360, 350, 349, 351, 367, 369, 380, 443, 452, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 348, 330, 331, 332, 339, 340, 338, 335, 337, 336, 347, 328, 392, 322, 346, 384, 389, 356, 341, 353, 352, 355, 354, 343, 377, 374, 370, 412, 413, 414, 417, 419, 418, 438, 437, 439, 440, 441, 442, 447, 446, 445, 444, 448, 449, 450, 451, 453, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
pub(crate) static I386: [u16; 512] = [1, 2, 303, 3, 4, 5, 6, 293, 7, 8, 9, 324, 10, 11, 12, 13, 118, 0, 420, 15, 16, 17, 288, 133, 119, 291, 18, 19, 426, 21, 22, 0, 0, 23, 290, 0, 24, 25, 26, 27, 28, 29, 30, 31, 0, 32, 134, 120, 289, 121, 122, 33, 323, 0, 34, 35, 0, 36, 0, 434, 37, 38, 39, 40, 41, 42, 43, 403, 284, 285, 123, 124, 407, 286, 44, 45, 117, 46, 47, 48, 125, 126, 84, 49, 423, 51, 52, 53, 54, 405, 55, 56, 57, 58, 59, 127, 60, 61, 0, 62, 63, 344, 277, 64, 65, 66, 14, 50, 20, 287, 391, 68, 408, 0, 69, 70, 71, 276, 72, 410, 327, 73, 67, 366, 74, 75, 275, 381, 76, 77, 372, 78, 79, 80, 274, 81, 82, 0, 135, 136, 292, 83, 283, 85, 86, 87, 88, 89, 90, 385, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 128, 129, 433, 386, 105, 378, 130, 131, 106, 298, 107, 108, 109, 110, 111, 112, 294, 295, 132, 113, 114, 115, 317, 116, 375, 0, 304, 273, 282, 57, 58, 278, 279, 280, 118, 306, 309, 308, 334, 123, 124, 125, 126, 127, 310, 312, 311, 313, 132, 305, 307, 135, 136, 137, 138, 139, 240, 281, 0, 0, 140, 373, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 272, 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 319, 0, 164, 365, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175, 176, 177, 178, 269, 270, 179, 180, 319, 0, 363, 387, 368, 181, 182, 183, 184, 185, 186, 187, 188, 0, 189, 190, 191, 192, 193, 194, 195, 196, 357, 197, 198, 199, 200, 201, 271, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214, 388, 215, 216, 358, 217, 218, 219, 220, 221, 222, 299, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 257, 235, 393, 236, 376, 329, 237, 238, 255, 239, 301, 302, 361, 314, 362, 383, 320, 316, 318, 342, 315, 325, 241, 248, 242, 243, 244, 258, 253, 252, 246, 247, 249, 254, 250, 256, 251, 321, 390, 333, 326, 359, 360, 350, 349, 351, 367, 296, 369, 380, 0, 0, 0, 0, 0, 0, 260, 261, 267, 268, 297, 266, 264, 262, 263, 265, 176, 175, 237, 177, 178, 172, 171, 224, 223, 219, 209, 210, 0, 369, 257, 183, 184, 371, 110, 154, 102, 348, 330, 331, 332, 339, 340, 338, 335, 337, 336, 347, 328, 392, 322, 346, 384, 389, 356, 341, 353, 352, 355, 354, 343, 377, 374, 370, 412, 413, 414, 417, 419, 418, 438, 437, 439, 440, 441, 442, 447, 446, 445, 444, 448, 449, 450, 451, 453, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
