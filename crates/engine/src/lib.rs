//! The pipeline: a source's events through state and rules to alerts.
//!
//! * [`selection`]: which system calls the kernel must report for a set of rules.
//!
//! May depend on every crate that the pipeline goes through, and on none that gives it events or
//! takes its alerts.
#![forbid(unsafe_code)]

mod drops;
pub mod selection;

pub use drops::{Drop, DropMonitor, DropSettings, balance};
