//! The fields that conditions and outputs name (`proc.name`, `fd.name`…): the scheme that rules
//! compile against, and the values of its fields for an event and the state behind it.
//!
//! [`scheme`] lists them; names, types and meaning are Falco's. [`kind_of`] tells the kind of an
//! event, by which conditions are sorted. [`EventRecord`] reads the values of one event; what lasts
//! over events is in a [`Session`].
//!
//! Each field is a row of a table (`table`) that names its extractor; values borrow from the event
//! and the state, or are built in the arena of the event. Nothing is allocated otherwise.
//!
//! # Where values differ from Falco's
//!
//! Falco 0.44 prints some values that no program can mean; these are what they should be:
//!
//! * `evt.deltatime*`, `thread.exectime`, `thread.totexectime`, `thread.cpu*` are read twice for a
//!   JSON alert there and become 0; here they are read once.
//! * `evt.buffer` of a transfer without data is `NULL`; there it goes on with the data of an event
//!   before.
//! * `evt.abspath` changes no other field; there it replaces the descriptor of the event.
//! * `proc.exe_ino.ctime_duration_*` are computed or missing; there they may be whatever was in
//!   memory.
//! * `proc.aenv[n]` in a condition is the environment of that one ancestor, as documented; there it
//!   is that of any.
//! * `fd.types` has the types of the highest descriptors first; there the order is that of a hash
//!   table.
//! * `evt.time` and its like use the offset of the time zone at the time of the event; there that of
//!   the moment of printing.
//! * Control characters are replaced in `container.*` and `k8s.*` too: the name of an image must not
//!   break the line of an alert.
//!
//! Depends on `lanner-event`, `lanner-state`, `lanner-container` and `lanner-filter`.
#![forbid(unsafe_code)]

mod args;
mod container;
mod evt;
mod fd;
mod field;
mod kinds;
mod names;
mod path;
mod paths;
mod proc;
mod record;
mod render;
mod scheme;
mod session;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod time;

pub use kinds::{calls_behind, kind_of, name_of, type_behind};
pub use record::{EventRecord, thread_of};
pub use scheme::{scheme, scheme_for};
pub use session::{Session, Settings};
