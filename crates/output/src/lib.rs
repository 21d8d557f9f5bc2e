//! Alert formats, and the channels that alerts go to.
//!
//! * [`Format`]: how an alert becomes a line: text or JSON, as Falco prints them.
//! * [`Outputs`]: the worker thread behind a bounded queue that writes lines to its channels.
//! * [`Channel`]: one place where lines go: [`Stdout`], [`File`], anything else.
//!
//! Lines are made in the engine's thread, where what they are made of lives, and written in the
//! worker's. The engine never waits for a channel unless it is told to ([`WhenFull`]); what does
//! not fit in the queue or cannot be written is counted and reported.
//!
//! Depends on `lanner-engine` only.
#![forbid(unsafe_code)]

mod channel;
mod format;
mod json;
mod worker;

pub use channel::{Channel, File, Lost, Stdout};
pub use format::{Format, Internal, JsonFormat};
pub use worker::{Fault, Outputs, Report, Settings, WhenFull};
