//! Capture files (`.scap`), read and written.
//!
//! A capture is what happened on a machine between two moments: its state at the first
//! ([`Reader::snapshot`]), then the events. [`Reader`] is a [`lanner_event::Source`], so replay runs
//! the very code that runs live; [`Writer`] makes captures that Falco and sysdig read.
//!
//! The reader takes every version of the format since 2013, plain or compressed, from a file or a
//! pipe, and hands out events of the current schema only: what older versions said in two events,
//! at the entry and the exit of a system call, it merges into one (`conversions.txt`). A record
//! that needs no such conversion is not copied after it was read.
//!
//! Nothing in a file makes it panic, loop or take memory without bound: an event block has at most
//! [`MAX_EVENT_BLOCK`] bytes, the state before the first event at most [`MAX_METADATA`], and what
//! is remembered between events [`MAX_REMEMBERED`]. Beyond these limits, data is skipped and
//! counted in [`Progress`].
//!
//! Depends on `lanner-event` only. Captures of big-endian machines are refused.
#![forbid(unsafe_code)]

mod block;
mod convert;
mod input;
mod metadata;
mod older;
mod reader;
mod writer;

pub use block::{MAX_EVENT_BLOCK, MAX_METADATA};
pub use convert::MAX_REMEMBERED;
pub use reader::{OpenError, Progress, Reader};
pub use writer::{Compression, Writer};

#[cfg(test)]
mod tests;
