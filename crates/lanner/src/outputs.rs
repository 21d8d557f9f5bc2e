//! The outputs of a run, as the configuration describes them, and what is told about them.

use std::sync::Arc;

use lanner_output::{ChannelPlan, Encoding, Fault, Format, JsonFormat, Opened, Outputs, Plan};
use lanner_output::{DEFAULT_CAPACITY, Stats, Target, WhenFull};

use crate::config::{Config, Engine};
use crate::log::{Level, Log};

/// Opens the channels that the configuration names.
pub(crate) fn open(config: &Config, hostname: &str, log: &Log) -> Opened {
    for name in &config.missing_outputs {
        log.warn(format!(
            "{name} is switched on, and is not in this version: no alerts go there"
        ));
    }
    plan(config, hostname).open(|fault| tell(&fault, log))
}

/// What the configuration says. A capture waits for its outputs; live events do not.
fn plan(config: &Config, hostname: &str) -> Plan {
    let json = config.json;
    let encoding = match json.enabled {
        true => Encoding::Json,
        false => Encoding::Text,
    };
    let mut targets = Vec::new();
    if config.stdout {
        targets.push(Target::Stdout);
    }
    if let Some(file) = &config.file {
        targets.push(Target::File {
            path: file.path.clone(),
            keep_open: file.keep_open,
        });
    }
    let channels = targets.into_iter().map(|target| ChannelPlan {
        target,
        encoding,
        retry: None,
    });
    Plan {
        channels: channels.collect(),
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

/// Starts the outputs. What goes wrong with them later is logged.
pub(crate) fn start(opened: Opened, log: Arc<Log>) -> Outputs {
    Outputs::start(opened, move |fault| tell(&fault, &log))
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
        ];
        for (count, what) in faults {
            if count > 0 {
                log.error(format!("{count} alerts were {what} {name}"));
            }
        }
    }
}
