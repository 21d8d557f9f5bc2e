//! What a workload does, learnt from recordings of it.
//!
//! * [`Recording`]: which calls a workload made, with which values of which arguments: a file.
//! * [`arguments`]: which arguments are recorded, and which of them a profile may tell apart.
//! * [`learn`]: the profile that permits what recordings have, and nothing else.
//! * [`Estimate`]: how far the recordings can be trusted to have seen everything.
//!
//! A profile never tells apart what a filter cannot see (whatever a pointer points to), and
//! compares no more bits of an argument than the kernel takes.
//!
//! Depends on `lanner-seccomp` only.
#![forbid(unsafe_code)]

pub mod arguments;
mod estimate;
mod learn;
mod recording;
#[cfg(test)]
mod tests;

pub use estimate::Estimate;
pub use learn::{Learnt, Options, Origin, learn};
pub use recording::{Call, MAX_TEXT, Method, ReadError, Recording, Shortfall, Subject, Values};
