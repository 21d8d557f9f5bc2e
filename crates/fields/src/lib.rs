//! The fields that conditions and outputs name (`proc.name`, `fd.name`…): the scheme that rules
//! compile against, and the values of its fields for an event and the state behind it.
//!
//! [`scheme`] lists them; names, types and meaning are Falco's. [`kind_of`] tells the kind of an
//! event, by which conditions are sorted.
//!
//! Depends on `lanner-event`, `lanner-state`, `lanner-container` and `lanner-filter`.
#![forbid(unsafe_code)]

mod args;
mod field;
mod kinds;
mod paths;
mod scheme;
mod table;

pub use kinds::{calls_behind, kind_of};
pub use scheme::scheme;
