//! The watch over losses while a run lasts.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use lanner_engine::{Drop, DropMonitor};
use lanner_event::{LossClass, Source};
use lanner_rules::Priority;
use serde_json::{Map, Value};

use crate::config::{Config, DropActions};
use crate::internal;
use crate::log::{Level, Log};
use crate::run::Lines;
use crate::source::Events;

/// How often the ledger is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// Looks at the ledger of the source, and does what the configuration says when it lost too much.
pub(crate) struct LossWatch {
    monitor: DropMonitor,
    actions: DropActions,
    started: Instant,
    next: Instant,
}

impl LossWatch {
    /// Begins to watch.
    pub(crate) fn new(config: &Config) -> LossWatch {
        let now = Instant::now();
        LossWatch {
            monitor: DropMonitor::new(config.drops.clone(), 0),
            actions: config.drop_actions,
            started: now,
            next: now + INTERVAL,
        }
    }

    /// Goes on with other settings.
    pub(crate) fn configure(&mut self, config: &Config) {
        self.monitor.set_settings(config.drops.clone());
        self.actions = config.drop_actions;
    }

    /// Looks, if it is time to. The error ends the run (action `exit`).
    pub(crate) fn look(
        &mut self,
        now: Instant,
        events: &Events,
        log: &Log,
        lines: &mut Lines,
    ) -> Result<()> {
        if now < self.next {
            return Ok(());
        }
        self.next = now + INTERVAL;
        let elapsed = now.duration_since(self.started).as_nanos();
        let elapsed = u64::try_from(elapsed).unwrap_or(u64::MAX);
        let Some(drop) = self.monitor.check(events.ledger(), elapsed) else {
            return Ok(());
        };
        if !drop.act {
            log.debug("Syscall event drop but token bucket depleted, skipping actions");
            return Ok(());
        }
        let rule = "Falco internal: syscall event drop";
        let message = format!("{rule}. {} system calls dropped in last second.", drop.lost);
        if self.actions.log {
            log.debug(&message);
        }
        if self.actions.alert {
            internal::send(lines, rule, Priority::Debug, &message, &fields(&drop));
        }
        if self.actions.exit {
            log.write(Level::Critical, &message);
            bail!("Drop manager internal error");
        }
        Ok(())
    }

    /// What is said at the end.
    pub(crate) fn summary(&self) -> String {
        self.monitor.summary()
    }
}

/// The values of the alert: numbers as text, as Falco has them.
fn fields(drop: &Drop) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |key: &str, value: String| fields.insert(key.to_owned(), Value::String(value));
    put("ebpf_enabled", "1".to_owned());
    put("n_evts", drop.events.to_string());
    put("n_drops", drop.lost.to_string());
    put("n_drops_buffer_total", drop.lost_full.to_string());
    put("n_drops_scratch_map", "0".to_owned());
    put("n_drops_page_faults", "0".to_owned());
    put(
        "n_drops_bug",
        (drop.lost - drop.lost_full.min(drop.lost)).to_string(),
    );
    let mut other = 0;
    for (class, count) in LossClass::ALL.iter().zip(drop.by_class) {
        match class {
            LossClass::Io | LossClass::Other | LossClass::OtherInterest => other += count,
            named => {
                put(
                    &format!("n_drops_buffer_{}_exit", named.name()),
                    count.to_string(),
                );
            }
        }
    }
    put("n_drops_buffer_other_interest_exit", other.to_string());
    fields
}
