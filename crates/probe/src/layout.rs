//! The structs that the probe in the kernel and this crate share (`bpf/base.h`). A test compares
//! both sides by the type information in the object.

use std::mem::offset_of;

use lanner_event::LossClass;

/// Routes per architecture.
pub(crate) const SYSCALLS: usize = 512;
/// Calls behind `socketcall` or `ipc` of 32-bit programs.
pub(crate) const SUBCALLS: usize = 32;
/// Slots for event types.
pub(crate) const EVENTS: usize = 512;
/// Bytes of a ring record before the event's own.
pub(crate) const RECORD_PREFIX: usize = 8;

/// The longest event.
pub(crate) const RECORD_MAX: usize = 0xffff;

/// Bit of a record's flags: the event is for the state only.
pub(crate) const RECORD_STATE_ONLY: u32 = 1;

pub(crate) const OPEN_READ: u8 = 1;
pub(crate) const OPEN_WRITE: u8 = 2;

pub(crate) const SHOW_SUCCESS: u8 = 1;
pub(crate) const SHOW_FAILURE: u8 = 2;
pub(crate) const TRACK_SUCCESS: u8 = 4;
pub(crate) const TRACK_FAILURE: u8 = 8;

/// Ring buffers per CPU: one for exec, fork and exit, one for everything else.
pub(crate) const LANES: usize = 2;

/// Helpers whose failures the probe counts, in the order of its `enum place`.
pub(crate) const PLACES: [&str; 3] = [
    "reading memory of a program",
    "reading memory of the kernel",
    "writing to a ring buffer",
];
/// Errors told apart for each.
pub(crate) const ERRNOS: usize = 64;

/// Where a system call of a given number goes.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Route {
    pub(crate) event: u16,
    pub(crate) code: u16,
    pub(crate) policy: u8,
    /// Where an opening call has its flags: 0 it opens none, 1 and 2 in that argument, 3 where
    /// argument 2 points, 4 it always writes.
    pub(crate) open_flags: u8,
    pub(crate) reserved: [u8; 2],
}

/// What the loader tells the programs.
#[repr(C)]
pub(crate) struct Config {
    pub(crate) boot_epoch_ns: u64,
    pub(crate) own_tgid: u32,
    pub(crate) snaplen: u32,
    pub(crate) asleep: u32,
    pub(crate) opens_shown: u8,
    pub(crate) opens_tracked: u8,
    pub(crate) reserved: [u8; 2],
    pub(crate) policy: [u8; EVENTS],
    pub(crate) native: [Route; SYSCALLS],
    pub(crate) compat: [Route; SYSCALLS],
    pub(crate) socket_calls: [Route; SUBCALLS],
    pub(crate) ipc_calls: [Route; SUBCALLS],
}

/// What each CPU counts.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Counters {
    pub(crate) produced: u64,
    pub(crate) lost_full: [u64; LossClass::ALL.len()],
    pub(crate) lost_too_large: u64,
    pub(crate) lost_nested: u64,
    pub(crate) lost_dispatch: u64,
    pub(crate) errors: [[u64; ERRNOS]; PLACES.len()],
}

/// Names and offsets.
type Members = &'static [(&'static str, usize)];

/// Name, size and members of every shared struct, for the layout test.
#[cfg_attr(not(test), expect(dead_code, reason = "what the layout test compares"))]
pub(crate) const SHARED: &[(&str, usize, Members)] = &[
    (
        "route",
        size_of::<Route>(),
        &[
            ("event", offset_of!(Route, event)),
            ("code", offset_of!(Route, code)),
            ("policy", offset_of!(Route, policy)),
            ("open_flags", offset_of!(Route, open_flags)),
            ("reserved", offset_of!(Route, reserved)),
        ],
    ),
    (
        "config",
        size_of::<Config>(),
        &[
            ("boot_epoch_ns", offset_of!(Config, boot_epoch_ns)),
            ("own_tgid", offset_of!(Config, own_tgid)),
            ("snaplen", offset_of!(Config, snaplen)),
            ("asleep", offset_of!(Config, asleep)),
            ("opens_shown", offset_of!(Config, opens_shown)),
            ("opens_tracked", offset_of!(Config, opens_tracked)),
            ("reserved", offset_of!(Config, reserved)),
            ("policy", offset_of!(Config, policy)),
            ("native", offset_of!(Config, native)),
            ("compat", offset_of!(Config, compat)),
            ("socket_calls", offset_of!(Config, socket_calls)),
            ("ipc_calls", offset_of!(Config, ipc_calls)),
        ],
    ),
    (
        "counters",
        size_of::<Counters>(),
        &[
            ("produced", offset_of!(Counters, produced)),
            ("lost_full", offset_of!(Counters, lost_full)),
            ("lost_too_large", offset_of!(Counters, lost_too_large)),
            ("lost_nested", offset_of!(Counters, lost_nested)),
            ("lost_dispatch", offset_of!(Counters, lost_dispatch)),
            ("errors", offset_of!(Counters, errors)),
        ],
    ),
];
