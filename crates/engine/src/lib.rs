//! The pipeline: a source's events through state and rules to alerts.
//!
//! * [`Follower`]: the machine as the events leave it, and each event as a source of field values.
//! * [`Pipeline`]: takes records, hands an [`Alert`] for each match to a [`Sink`], counts.
//! * [`CompiledRuleset`]: rules ready to be matched, to be handed to a pipeline at work.
//! * [`selection`]: which system calls the kernel must report for a set of rules.
//! * [`DropMonitor`]: watches what a source loses.
//! * [`Announcements`]: what a capture must be told in events of its own.
//!
//! May depend on every crate that the pipeline goes through, and on none that gives it events or
//! takes its alerts.
#![forbid(unsafe_code)]

mod alert;
mod announce;
mod compiled;
mod counters;
mod drops;
mod follower;
mod needs;
mod pipeline;
pub mod selection;

pub use alert::{Alert, Sink};
pub use announce::Announcements;
pub use compiled::{CompiledRuleset, RuleCost, Settings};
pub use counters::Counters;
pub use drops::{Drop, DropMonitor, DropSettings, balance};
pub use follower::{Follower, Step};
pub use lanner_filter::{Matching, Printed, Template};
pub use lanner_rules::{Priority, matches_pattern};
pub use needs::needs;
pub use pipeline::Pipeline;
