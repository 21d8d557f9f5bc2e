//! The counters of a run, as the engine's thread leaves them, and their two faces: the fields of
//! Falco's metrics snapshot ([`falco`]) and the text that Prometheus reads ([`prometheus`]).

pub(crate) mod falco;
pub(crate) mod host;
pub(crate) mod prometheus;
pub(crate) mod writer;

use std::sync::Arc;

use lanner_engine::{Counters, RuleCost};
use lanner_event::{Ledger, LossClass};
use lanner_output::Stats;
use lanner_probe::Buffer;
use lanner_state::Table;

use crate::digest::Digests;

/// What a rule is called in metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RuleName {
    /// Its name.
    pub(crate) name: String,
    /// Its priority, 0 (emergency) to 7 (debug).
    pub(crate) priority: u8,
    /// The source of its events.
    pub(crate) source: String,
    /// Its tags.
    pub(crate) tags: Vec<String>,
    /// It is matched.
    pub(crate) enabled: bool,
}

/// The counters of one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// When, nanoseconds since the epoch.
    pub(crate) at: u64,
    /// When the run began, nanoseconds since the epoch.
    pub(crate) started: u64,
    /// When configuration and rules were taken over last, nanoseconds since the epoch.
    pub(crate) reloaded: u64,
    /// Reloads that were taken over, and that were refused.
    pub(crate) reloads: (u64, u64),
    /// How events are read, as Falco calls it.
    pub(crate) engine: &'static str,
    /// The name of the host.
    pub(crate) hostname: String,
    /// When the host started, nanoseconds since the epoch.
    pub(crate) boot: u64,
    /// The addresses of its interfaces: name, IPv6, address.
    pub(crate) interfaces: Vec<(String, bool, String)>,
    /// What configuration and rules were made of.
    pub(crate) digests: Digests,
    /// What the source produced and lost.
    pub(crate) ledger: Ledger,
    /// How full its buffers are.
    pub(crate) buffers: Vec<Buffer>,
    /// Events and alerts.
    pub(crate) counters: Counters,
    /// What was done to the state.
    pub(crate) state: lanner_state::Counters,
    /// What is held in its tables.
    pub(crate) tables: Vec<Table>,
    /// The rules, in the order of `counters.by_rule`.
    pub(crate) rules: Arc<Vec<RuleName>>,
    /// What matching the enabled ones has cost, in their order.
    pub(crate) costs: Vec<RuleCost>,
    /// What became of the alerts.
    pub(crate) outputs: Stats,
}

/// Losses as Falco counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    /// For a full buffer, by Falco's names for what was lost.
    pub(crate) full: [(&'static str, u64); 8],
    /// Of these together.
    pub(crate) full_total: u64,
    /// Of any other cause.
    pub(crate) bug: u64,
    /// All.
    pub(crate) total: u64,
}

impl Losses {
    /// Of a ledger.
    pub(crate) fn of(ledger: &Ledger) -> Losses {
        let by_class = ledger.lost_full_by_class();
        let count = |class: LossClass| by_class[class as usize];
        let other = LossClass::ALL.into_iter().filter(|class| {
            matches!(
                class,
                LossClass::Io | LossClass::Other | LossClass::OtherInterest
            )
        });
        let full_total = by_class.iter().sum();
        let total = ledger.lost();
        Losses {
            full: [
                ("clone_fork", count(LossClass::CloneFork)),
                ("close", count(LossClass::Close)),
                ("connect", count(LossClass::Connect)),
                ("dir_file", count(LossClass::DirFile)),
                ("execve", count(LossClass::Execve)),
                ("open", count(LossClass::Open)),
                ("other_interest", other.map(count).sum()),
                ("proc", count(LossClass::ProcExit)),
            ],
            full_total,
            bug: total - full_total,
            total,
        }
    }
}
