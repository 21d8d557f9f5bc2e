//! Event types, their parameters, and the system calls that they report.
//!
//! The tables are generated from `schema/*.txt` by `cargo xtask codegen`. Numbers, names and order
//! are the capture format's (schema 4.5.1); they never change and are never reused.

use crate::generated;

pub use crate::generated::{EVENT_COUNT, SYSCALL_CODE_COUNT};

/// The code of an event type (`PPME_…` in the capture format), 0 to [`EVENT_COUNT`] − 1.
///
/// Even codes were once "enter" halves of a system call and are now tracepoint and meta events;
/// odd codes are system calls at their exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventType(pub u16);

impl EventType {
    /// The description of this type, or `None` for a code this schema does not know.
    #[inline]
    pub fn get(self) -> Option<&'static EventInfo> {
        generated::EVENTS.get(usize::from(self.0))
    }

    /// The description of this type; an unknown code gives that of the unused type `NA`.
    #[inline]
    pub fn info(self) -> &'static EventInfo {
        self.get().unwrap_or(&generated::UNKNOWN_EVENT)
    }

    /// What `evt.type` prints for events other than generic and asynchronous ones.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// True for even codes: tracepoint and meta events, and the enter halves in old captures.
    #[inline]
    pub fn is_enter(self) -> bool {
        self.0.is_multiple_of(2)
    }

    /// All types, in code order.
    pub fn all() -> impl Iterator<Item = EventType> {
        (0..EVENT_COUNT as u16).map(EventType)
    }

    /// The type with this symbol (`syscall_openat_2_x`).
    pub fn by_symbol(symbol: &str) -> Option<EventType> {
        generated::EVENTS
            .iter()
            .find(|e| e.symbol == symbol)
            .map(|e| e.code)
    }
}

/// What the schema says of one event type.
#[derive(Debug)]
pub struct EventInfo {
    /// Its code.
    pub code: EventType,
    /// Its symbol: lower-case, without the `PPME_` prefix; unique.
    pub symbol: &'static str,
    /// What `evt.type` prints; shared by all versions of the event.
    pub name: &'static str,
    /// What it is about.
    pub category: Category,
    /// What produces it.
    pub kind: Kind,
    /// What it does to file descriptors and state.
    pub flags: EventFlags,
    /// Its parameters in wire order. A record may carry fewer (older writer) or more (newer).
    pub params: &'static [ParamInfo],
}

impl EventInfo {
    /// The position of the parameter called `name`.
    pub fn param(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|p| p.name == name)
    }

    /// True if `flag` is set.
    #[inline]
    pub const fn has(&self, flag: EventFlags) -> bool {
        self.flags.0 & flag.0 != 0
    }
}

/// What an event is about; I/O events take theirs from the file descriptor they use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Category {
    Unknown,
    Other,
    File,
    Net,
    Ipc,
    Memory,
    Process,
    Sleep,
    System,
    Signal,
    User,
    Time,
    Processing,
    IoRead,
    IoWrite,
    IoOther,
    Wait,
    Scheduler,
    Internal,
}

/// What produces an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: an unused half of a pair.
    None,
    /// A system call.
    Syscall,
    /// A kernel tracepoint.
    Tracepoint,
    /// A plugin.
    Plugin,
    /// The monitoring itself.
    Meta,
    /// A BPF iterator that describes what existed before the start.
    Iter,
}

/// A set of event properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventFlags(pub u16);

impl EventFlags {
    /// Creates a file descriptor.
    pub const CREATES_FD: EventFlags = EventFlags(1 << 0);
    /// Destroys a file descriptor.
    pub const DESTROYS_FD: EventFlags = EventFlags(1 << 1);
    /// Operates on a file descriptor.
    pub const USES_FD: EventFlags = EventFlags(1 << 2);
    /// Reads from it.
    pub const READS_FD: EventFlags = EventFlags(1 << 3);
    /// Writes to it.
    pub const WRITES_FD: EventFlags = EventFlags(1 << 4);
    /// Changes the state of a process.
    pub const MODIFIES_STATE: EventFlags = EventFlags(1 << 5);
    /// Never produced.
    pub const UNUSED: EventFlags = EventFlags(1 << 6);
    /// May wait.
    pub const WAITS: EventFlags = EventFlags(1 << 7);
    /// Does not disturb what is remembered of the thread's last event.
    pub const SKIP_PARSE_RESET: EventFlags = EventFlags(1 << 8);
    /// Occurs in captures only.
    pub const OLD: EventFlags = EventFlags(1 << 9);
    /// Its parameters may be longer than 64 KiB: lengths are 32 bits wide.
    pub const LARGE_PAYLOAD: EventFlags = EventFlags(1 << 11);
    /// Old forms of it are converted when a capture is read.
    pub const CONVERTED: EventFlags = EventFlags(1 << 12);
}

/// One parameter of an event type.
#[derive(Debug)]
pub struct ParamInfo {
    /// What `evt.arg.<name>` accepts.
    pub name: &'static str,
    /// Its wire type.
    pub ty: ParamType,
    /// How a number is printed.
    pub format: Format,
    /// The names of its bits or values.
    pub table: Option<&'static FlagTable>,
    /// For [`ParamType::FsRelPath`]: the parameter that holds the directory it is relative to.
    pub dirfd: Option<u8>,
    /// For [`ParamType::Dyn`]: the type of each variant, by the index in the first byte.
    pub variants: &'static [ParamInfo],
}

/// The wire types of parameters (§5.1 of the interface). Numbers are little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "plain numbers need no more than their names")]
pub enum ParamType {
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    /// NUL-terminated text.
    CharBuf,
    /// Raw bytes.
    ByteBuf,
    /// `i64`; negative values are error numbers.
    Errno,
    /// `u8` family and an address.
    SockAddr,
    /// `u8` family, source and destination.
    SockTuple,
    /// `i64`; negative values are error numbers, −100 is the working directory.
    Fd,
    /// `i64` thread or process id.
    Pid,
    /// `u16` count, then count × (`i64` fd, `i16` events).
    FdList,
    /// NUL-terminated path.
    FsPath,
    /// `u16` number of a [`Syscall`].
    SyscallId,
    /// `u8` signal number.
    SigType,
    /// `u64` nanoseconds.
    RelTime,
    /// `u64` nanoseconds since the epoch.
    AbsTime,
    /// `u16` port.
    Port,
    L4Proto,
    SockFamily,
    /// `u32`.
    Bool,
    Ipv4Addr,
    /// `u8` variant index, then a value of that variant.
    Dyn,
    Flags8,
    Flags16,
    Flags32,
    /// `u32`; 0xFFFFFFFF is none.
    Uid,
    /// `u32`; 0xFFFFFFFF is none.
    Gid,
    Double,
    /// `u32` bit mask of signals.
    SigSet,
    /// NUL-separated strings.
    CharBufArray,
    CharBufPairArray,
    Ipv4Net,
    Ipv6Addr,
    Ipv6Net,
    IpAddr,
    IpNet,
    /// `u32` file mode bits.
    Mode,
    /// NUL-terminated path relative to a directory fd.
    FsRelPath,
    Enum8,
    Enum16,
    Enum32,
    /// `i32` form of [`ParamType::Fd`].
    Fd32,
    /// `i32` form of [`ParamType::Pid`].
    Pid32,
}

/// How a number is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Not a number.
    None,
    /// Decimal.
    Dec,
    /// Upper-case hexadecimal without a prefix.
    Hex,
    /// Decimal padded with zeros to ten digits.
    Padded,
    /// An identifier.
    Id,
    /// Octal.
    Oct,
}

/// Names for the bits or values of a parameter, in match order.
#[derive(Debug)]
pub struct FlagTable {
    /// Its name in `schema/flags.txt`.
    pub name: &'static str,
    /// Name and value.
    pub entries: &'static [(&'static str, u32)],
}

/// The table called `name`.
pub fn flag_table(name: &str) -> Option<&'static FlagTable> {
    generated::FLAG_TABLES
        .iter()
        .copied()
        .find(|t| t.name == name)
}

/// A system call (or tracepoint) by its number in the capture format (`PPM_SC_…`), which is
/// independent of the architecture; 0 is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Syscall(pub u16);

/// What is known of one system call.
#[derive(Debug)]
pub struct SyscallInfo {
    /// Its number in the capture format.
    pub code: Syscall,
    /// Its lower-case name.
    pub name: &'static str,
    /// The event type that reports it; [`EventType::GENERIC_X`] where it has none of its own.
    pub event: EventType,
    /// Its number on x86-64.
    pub x86_64: Option<u16>,
    /// Its number for 32-bit programs on x86.
    pub i386: Option<u16>,
}

impl Syscall {
    /// What is known of it.
    #[inline]
    pub fn get(self) -> Option<&'static SyscallInfo> {
        generated::SYSCALLS
            .get(usize::from(self.0))
            .and_then(Option::as_ref)
    }

    /// Its name, or `unknown`.
    pub fn name(self) -> &'static str {
        self.get().map_or("unknown", |s| s.name)
    }

    /// The call of this name.
    pub fn by_name(name: &str) -> Option<Syscall> {
        Self::all().find(|s| s.name == name).map(|s| s.code)
    }

    /// The call with this number on x86-64.
    pub fn from_x86_64(number: u32) -> Option<Syscall> {
        let code = *generated::X86_64.get(usize::try_from(number).ok()?)?;
        (code != 0).then_some(Syscall(code))
    }

    /// The call with this number for 32-bit programs on x86.
    pub fn from_i386(number: u32) -> Option<Syscall> {
        let code = *generated::I386.get(usize::try_from(number).ok()?)?;
        (code != 0).then_some(Syscall(code))
    }

    /// All known calls, in number order.
    pub fn all() -> impl Iterator<Item = &'static SyscallInfo> {
        generated::SYSCALLS.iter().filter_map(Option::as_ref)
    }
}
