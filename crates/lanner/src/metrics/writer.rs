//! The thread that writes Falco's metrics snapshot at intervals: as an alert, to a file, or both
//! (`metrics.output_rule`, `metrics.output_file`).

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use serde_json::json;

use super::falco::{Before, fields};
use super::host::Usage;
use crate::board::{Board, Notice};
use crate::config::Metrics;
use crate::log::Log;

/// How long the engine's thread may take for a snapshot before the one before is written again.
const PATIENCE: Duration = Duration::from_secs(5);

/// The thread; it ends with this.
pub(crate) struct Writer {
    settings: Metrics,
    /// Its end ends the thread.
    _stop: Sender<()>,
}

impl Writer {
    /// Starts the thread, if there is anything to write; it does `begin` first.
    pub(crate) fn start(
        settings: &Metrics,
        board: &Arc<Board>,
        log: &Arc<Log>,
        begin: impl FnOnce() + Send + 'static,
    ) -> Option<Writer> {
        if !settings.enabled || (!settings.rule && settings.file.is_none()) {
            return None;
        }
        log.info(format!(
            "Setting metrics interval to {} ms",
            settings.interval.as_millis()
        ));
        let (stop, stopped) = channel::<()>();
        let run = Run {
            settings: settings.clone(),
            board: Arc::clone(board),
            log: Arc::clone(log),
            before: Before::default(),
            samples: 0,
        };
        let thread = std::thread::Builder::new().name("metrics".to_owned());
        let started = thread.spawn(move || {
            begin();
            let mut run = run;
            while stopped.recv_timeout(run.settings.interval) == Err(RecvTimeoutError::Timeout) {
                run.write();
            }
        });
        if let Err(error) = started {
            log.error(format!("metrics are not written: {error}"));
            return None;
        }
        Some(Writer {
            settings: settings.clone(),
            _stop: stop,
        })
    }

    /// What it writes, and how often.
    pub(crate) fn settings(&self) -> &Metrics {
        &self.settings
    }
}

struct Run {
    settings: Metrics,
    board: Arc<Board>,
    log: Arc<Log>,
    before: Before,
    samples: u64,
}

impl Run {
    fn write(&mut self) {
        let Some(snapshot) = self.board.snapshot(PATIENCE) else {
            return;
        };
        let fields = fields(&snapshot, &Usage::read(), &self.settings, &mut self.before);
        self.samples += 1;
        if let Some(path) = &self.settings.file {
            let line = json!({"sample": self.samples, "output_fields": fields});
            let file = OpenOptions::new().append(true).create(true).open(path);
            // In one piece, so that a line is whole or not there.
            let written = file.and_then(|mut f| f.write_all(format!("{line}\n").as_bytes()));
            if let Err(error) = written {
                self.log
                    .error(format!("metrics.output_file {}: {error}", path.display()));
            }
        }
        if self.settings.rule {
            self.board.notify(Notice {
                rule: "Falco internal: metrics snapshot",
                message: "Falco metrics snapshot".to_owned(),
                fields,
            });
        }
    }
}
