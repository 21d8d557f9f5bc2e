//! Reading the running machine from `/proc`.

use lanner_event::snapshot::Snapshot;

/// What was read, and when.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// The machine, its threads, descriptors, users and interfaces.
    pub snapshot: Snapshot,
    /// For each thread, when it was read: nanoseconds since the epoch.
    pub read_at: Vec<(i64, u64)>,
}
