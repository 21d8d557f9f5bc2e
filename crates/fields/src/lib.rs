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
