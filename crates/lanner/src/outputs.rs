//! The outputs of a run, as the configuration describes them, and what is told about them.

use std::sync::Arc;

use lanner_output::{
    DEFAULT_CAPACITY, Fault, Format, Host, JsonFormat, Needs, Opened, Outputs, Plan, Programs,
    Stats, WhenFull,
};
use rustix::thread::CapabilitySet;

use crate::config::{Config, Engine};
use crate::log::{Level, Log};
use crate::sandbox;
use crate::signals::Signals;

/// Opens the channels that the configuration names.
pub(crate) fn open(config: &Config, hostname: &str, programs: &Programs, log: &Log) -> Opened {
    plan(config, hostname).open(programs, |fault| tell(&fault, log))
}

/// What the configuration says. A capture waits for its outputs; live events do not.
fn plan(config: &Config, hostname: &str) -> Plan {
    let json = config.json;
    Plan {
        channels: config.channels.clone(),
        collapse: config.collapse.clone(),
        format: Format {
            json: JsonFormat {
                output: json.output,
                message: json.message,
                fields: json.fields,
                tags: json.tags,
            },
            hostname: hostname.to_owned(),
        },
        capacity: match config.queue_capacity {
            0 => DEFAULT_CAPACITY,
            n => n,
        },
        when_full: match config.engine {
            Engine::Replay(_) => WhenFull::Wait,
            Engine::Live | Engine::Nothing => WhenFull::Drop,
        },
        buffered: config.buffered,
        timeout: config.output_timeout,
    }
}

/// What the outputs are told and asked.
struct Monitor {
    log: Arc<Log>,
    signals: Signals,
    sandbox: bool,
}

impl Host for Monitor {
    fn fault(&self, fault: Fault) {
        tell(&fault, &self.log);
    }

    fn confine(&self, needs: &Needs) {
        let Needs::Only {
            reads_all,
            writes,
            ports,
        } = needs
        else {
            return;
        };
        let kept = match reads_all {
            true => CapabilitySet::DAC_READ_SEARCH,
            false => CapabilitySet::empty(),
        };
        if self.sandbox
            && let Err(error) = sandbox::confine_thread(kept, writes, ports)
        {
            self.log.warn(format!("Sandbox: {error:#}"));
        }
    }

    fn is_ending(&self) -> bool {
        self.signals.end()
    }
}

/// Starts the outputs. What goes wrong with them later is logged. With `sandbox`, their threads
/// confine themselves.
pub(crate) fn start(opened: Opened, log: Arc<Log>, signals: Signals, sandbox: bool) -> Outputs {
    let monitor = Monitor {
        log,
        signals,
        sandbox,
    };
    Outputs::start(opened, Arc::new(monitor))
}

fn tell(fault: &Fault, log: &Log) {
    match fault {
        Fault::Init { channel, error } => {
            log.error(format!("Failed to init output: {channel}: {error}"));
        }
        Fault::QueueFull { channel } => log.error(format!(
            "{channel}: Outputs queue out of memory. Drop event and continue on ..."
        )),
        Fault::Failed {
            channel,
            lost,
            error,
            ..
        } => {
            let what = match lost {
                0 => String::new(),
                1 => " (1 alert lost)".to_owned(),
                n => format!(" ({n} alerts lost)"),
            };
            log.error(format!("{channel}: {error}{what}"));
        }
        Fault::Recovered {
            channel,
            alerts,
            damaged,
        } => {
            let damage = match damaged {
                0 => String::new(),
                n => format!("; {n} could not be read back"),
            };
            log.write(
                Level::Notice,
                &format!("{channel}: {alerts} alerts of an earlier run are sent first{damage}"),
            );
        }
        Fault::Left { channel, alerts } => log.write(
            Level::Notice,
            &format!(
                "{channel}: {alerts} alerts stay in its spool, and are sent when this output is on \
                 again"
            ),
        ),
        Fault::Spool { channel, error } => log.warn(format!(
            "{channel}: {error}: alerts that cannot be delivered wait in memory only"
        )),
        Fault::Rejected {
            channel,
            error,
            count,
            kept,
        } => {
            let where_to = match kept {
                true => "kept in rejected.jsonl of the spool",
                false => "lost",
            };
            log.error(format!(
                "{channel}: {error} ({count} alerts refused until now, the last one {where_to})"
            ));
        }
        Fault::Restored { channel } => {
            log.write(
                Level::Notice,
                &format!("{channel}: alerts are delivered again"),
            );
        }
        Fault::Timeout { channel } => log.write(
            Level::Critical,
            &format!("\"{channel}\" output timeout, this output channel is blocked"),
        ),
        Fault::Blocked { channel } => log.write(
            Level::Notice,
            &format!(
                "{channel}: output channels still blocked, discarding all remaining notifications"
            ),
        ),
    }
}

/// Says at the end what was not delivered.
pub(crate) fn settle(stats: &Stats, log: &Log) {
    for channel in &stats.channels {
        let name = channel.name;
        let faults = [
            (channel.lost, "not written to"),
            (channel.dropped, "dropped because the queue was full of"),
            (channel.discarded, "discarded because of the blocked output"),
            (channel.rejected, "refused by"),
            (channel.expired, "too old for delivery to"),
            (channel.damaged, "not readable any more in the spool of"),
        ];
        for (count, what) in faults {
            if count > 0 {
                let alerts = match count {
                    1 => "1 alert was".to_owned(),
                    n => format!("{n} alerts were"),
                };
                log.error(format!("{alerts} {what} {name}"));
            }
        }
        if channel.spool_depth > 0 {
            log.write(
                Level::Notice,
                &format!(
                    "{} alerts for {name} are in its spool, and are sent when this starts again",
                    channel.spool_depth
                ),
            );
        }
    }
}
