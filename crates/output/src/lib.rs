//! Alert formats, and the channels that alerts go to.
//!
//! * [`Outputs`]: takes alerts in the engine's thread, renders each once for every [`Encoding`] in
//!   use, and queues it for every channel. [`Outputs::replace`] changes the configuration between
//!   two alerts.
//! * [`Plan`]: what the configuration says: for each channel a [`Target`], how it is written, what
//!   happens when it cannot be delivered.
//! * [`Collapse`]: which alerts are held back because they repeat others.
//! * [`Stats`]: what became of the alerts, by channel.
//! * [`Host`]: what outputs ask of the process that they are part of; [`Fault`]: what the operator
//!   should be told.
//! * [`Programs`]: who starts the programs that alerts are given to.
//!
//! Each channel has a bounded queue and a thread of its own, so that one whose receiver is slow,
//! hangs or is dead delays no other, and never the engine (unless it is told to wait:
//! [`WhenFull`]). Every alert is accounted for: see [`ChannelStats`].
//!
//! Depends on `lanner-engine` only.
#![forbid(unsafe_code)]

mod backlog;
mod backoff;
mod channel;
mod collapse;
mod delivery;
mod format;
mod host;
mod json;
pub mod launcher;
mod outputs;
mod queue;
mod record;
mod spool;
mod stats;
#[cfg(test)]
mod tests;

use std::io;

pub use channel::Target;
pub use channel::http::{Batch, HttpSettings, Roots, Secret, Tls};
pub use channel::syslog::Syslog;
pub use collapse::{Collapse, CollapseRule};
pub use delivery::Retry;
pub use format::{Encoding, Format, JsonFormat};
pub use host::{Host, Needs};
pub use launcher::Programs;
pub use outputs::{ChannelPlan, DEFAULT_CAPACITY, Opened, Outputs, Plan};
pub use queue::WhenFull;
pub use record::Internal;
pub use spool::{SpoolSettings, Sync};
pub use stats::{ChannelStats, Stats, StatsHandle};

/// What the operator should know, when it begins.
#[derive(Debug)]
pub enum Fault {
    /// A channel cannot be opened; there are no alerts on it, or, on a reload, as before.
    Init {
        /// Its name.
        channel: &'static str,
        /// Why.
        error: io::Error,
    },
    /// The queue of a channel is full for the first time.
    QueueFull {
        /// Its name.
        channel: &'static str,
    },
    /// Alerts could not be delivered; told at the first failure, and at the first after a success.
    Failed {
        /// The name of the channel.
        channel: &'static str,
        /// Alerts lost by this; the others are tried again.
        lost: u64,
        /// It is standard output, and nobody reads that any longer.
        closed: bool,
        /// Why.
        error: String,
    },
    /// Alerts are delivered again.
    Restored {
        /// The name of the channel.
        channel: &'static str,
    },
    /// An attempt to deliver takes longer than `output_timeout`.
    Timeout {
        /// The name of the channel.
        channel: &'static str,
    },
    /// Alerts of an earlier run are in the spool; they are sent first.
    Recovered {
        /// The name of the channel.
        channel: &'static str,
        /// How many.
        alerts: u64,
        /// Alerts that could not be read back.
        damaged: u64,
    },
    /// A reload took the channel away: what it could not deliver stays in its spool until it is
    /// there again.
    Left {
        /// The name of the channel.
        channel: &'static str,
        /// How many alerts.
        alerts: u64,
    },
    /// The spool cannot be used, or takes nothing: alerts wait in memory only. Told when it
    /// begins.
    Spool {
        /// The name of the channel.
        channel: &'static str,
        /// Why.
        error: String,
    },
    /// The receiver refused alerts for good; told at the first, the tenth, the hundredth and so
    /// on.
    Rejected {
        /// The name of the channel.
        channel: &'static str,
        /// What it said of the last one.
        error: String,
        /// How many it refused until now.
        count: u64,
        /// The last one is in the file `rejected.jsonl` of the spool.
        kept: bool,
    },
    /// At the end: the channel did not take what was left in time.
    Blocked {
        /// Its name.
        channel: &'static str,
    },
}
