//! The event schema and zero-copy access to one event.
//!
//! Live and replay differ only in the [`Source`]; from it onward an event is the same bytes in the
//! `.scap` layout: a 26-byte header, one length per parameter, the parameters back to back.
//!
//! * [`schema`]: what an event type is: name, parameters, flags ([`EventType`], [`EventInfo`]),
//!   and the system call tables ([`Syscall`]).
//! * [`Event`]: one decoded event, borrowing the bytes it came in; [`encode`] makes such bytes.
//! * [`Selection`]: which calls and tracepoints are wanted, with which outcome.
//! * [`source`]: what yields events, and the ledger of what was lost.
//! * [`snapshot`]: the state of a machine at the start of a capture (processes, file descriptors,
//!   users, interfaces), which `/proc` and capture files both provide.
//! * `testing` (feature `testing`): records from a type and named parameters, for tests.
//!
//! Depends on no other crate of the workspace and does no IO. A malformed record is an error
//! value, never a panic.
#![forbid(unsafe_code)]

mod encode;
mod event;
mod generated;
pub mod schema;
mod selection;
pub mod snapshot;
pub mod source;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use encode::{TooLong, encode};
pub use event::{Event, HEADER_LEN, MAX_PARAMS, Malformed, ParamIter};
pub use schema::{
    Category, EventFlags, EventInfo, EventType, FlagTable, Format, Kind, ParamInfo, ParamType,
    Syscall, SyscallInfo,
};
pub use selection::{OpenFilter, OpenModes, Outcomes, Selection, Want};
pub use source::{Ledger, LossClass, Poll, RawEvent, Source, SourceError};
