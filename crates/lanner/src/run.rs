//! Starting a run: from rules that are ready to a monitor at work.

use std::fs;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow};
use lanner_container::Containers;
use lanner_engine::{Alert, Follower, Pipeline, Sink, Step};
use lanner_event::RawEvent;
use lanner_fields::Session;
use lanner_output::{Outputs, Programs};
use lanner_state::scan;
use lanner_state::{Limits, State};

use crate::board::Board;
use crate::captures::Captures;
use crate::cli::Invocation;
use crate::config::Engine;
use crate::digest::Digests;
use crate::endpoints::Endpoints;
use crate::log::Log;
use crate::monitor::{self, Monitor};
use crate::notify::Notify;
use crate::outputs;
use crate::prepare::Prepared;
use crate::reload;
use crate::sandbox;
use crate::signals::Signals;
use crate::takeover::Takeover;

/// What a run is made of.
pub(crate) struct Run {
    /// The command line.
    pub(crate) invocation: Arc<Invocation>,
    /// Whether the monitor confines itself.
    pub(crate) sandbox: bool,
    /// Who starts the programs of `program_output`.
    pub(crate) programs: Programs,
    /// The configuration and the rules.
    pub(crate) prepared: Prepared,
    /// The log.
    pub(crate) log: Arc<Log>,
    /// When their files began to be read.
    pub(crate) read_at: SystemTime,
}

/// Hands alerts to the outputs, and to what records events for them.
pub(crate) struct Lines {
    pub(crate) outputs: Outputs,
    pub(crate) captures: Option<Captures>,
}

impl Sink for Lines {
    fn alert(&mut self, alert: &Alert<'_, '_>) {
        self.outputs.alert(alert);
        if let Some(captures) = &mut self.captures {
            captures.note(alert);
        }
    }

    fn event(&mut self, raw: &RawEvent<'_>, step: &Step<'_>, follower: &mut Follower) {
        if let Some(captures) = &mut self.captures {
            captures.write(raw, step, follower);
        }
    }
}

/// The name of this host in alerts.
pub(crate) fn hostname() -> String {
    std::env::var("FALCO_HOSTNAME").unwrap_or_else(|_| {
        let name = rustix::system::uname();
        name.nodename().to_string_lossy().into_owned()
    })
}

impl Run {
    /// Runs to the end.
    pub(crate) fn start(self) -> Result<()> {
        let config = Arc::clone(&self.prepared.config);
        let flags = &self.invocation.flags;
        if std::env::var_os("FALCO_HOSTNAME").is_some() {
            self.log.info(format!(
                "Hostname value has been overridden via environment variable to: {}",
                hostname()
            ));
        }
        let replay = matches!(config.engine, Engine::Replay(_));
        if flags.dry_run {
            self.log.debug("Skipping event processing in dry-run");
            return Ok(());
        }
        let signals = Signals::install().context("signals cannot be handled")?;
        self.write_pid()?;
        let Prepared {
            rules,
            fields,
            selected,
            outputs,
            files,
            ..
        } = self.prepared;
        let state = State::new(Limits {
            threads: config.threads,
            ..Limits::default()
        });
        let containers = match replay {
            true => Containers::offline(),
            false => Containers::new(scan::Options::from_env().host_root),
        };
        let mut pipeline = Pipeline::new(state, containers, Session::new(fields), rules);
        let wanted = selected.wanted;
        let mut events = monitor::open(&config, &self.log, &wanted, &mut pipeline)?;
        // Everything is open, and no other thread is there that would keep its rights.
        let sandbox = self.sandbox;
        if sandbox {
            sandbox::confine(!replay, &self.log);
        } else {
            self.log.warn(
                "The sandbox is off: the monitor keeps all capabilities and system calls that it has",
            );
        }
        let lines = Lines {
            outputs: outputs::start(outputs, Arc::clone(&self.log), signals.clone(), sandbox),
            captures: (config.captures.clone())
                .map(|settings| Captures::new(settings, replay, Arc::clone(&self.log))),
        };
        let notify = Arc::new(Notify::from_env());
        let board = Arc::new(Board::new());
        let mut monitor = Monitor::new(
            config,
            Arc::clone(&self.log),
            pipeline,
            lines,
            signals,
            Arc::clone(&notify),
            Arc::clone(&board),
        );
        monitor.wanted = wanted;
        monitor.limit = (flags.duration > 0).then(|| Duration::from_secs(flags.duration));
        monitor.verbose = flags.verbose;
        if !replay {
            let mut endpoints = Endpoints::new(board, Arc::clone(&self.log), sandbox);
            let config = &monitor.config;
            if let Err(error) = endpoints.configure(&config.webserver, &config.metrics) {
                self.log
                    .error(format!("{error:#}; monitoring goes on without it"));
            }
            monitor.digests = Digests::of(&monitor.config, &files);
            monitor.takeover = Some(Takeover::new(reload::start(
                (Arc::clone(&self.invocation), self.programs),
                Arc::clone(&self.log),
                Arc::clone(&notify),
                endpoints,
                &monitor.config,
                (monitor.digests.clone(), self.read_at),
                || monitor.take_hangup(),
            )?));
        }
        monitor.tell_status();
        notify.ready();
        let outcome = monitor.process(&mut events);
        notify.stopping();
        monitor.settle_accounts(&events);
        monitor.finish().and(outcome)
    }

    fn write_pid(&self) -> Result<()> {
        let Some(path) = &self.invocation.flags.pidfile else {
            return Ok(());
        };
        fs::write(path, std::process::id().to_string()).map_err(|e| {
            self.log.error(format!(
                "Could not write pid to pidfile {}: {e}. Exiting.",
                path.display()
            ));
            anyhow!(PidfileError)
        })
    }
}

/// The process id cannot be written: already logged, and ends with a code of its own.
#[derive(Debug, thiserror::Error)]
#[error("the pidfile cannot be written")]
pub(crate) struct PidfileError;

/// The exit code of an error.
pub(crate) fn exit_code(error: &anyhow::Error) -> ExitCode {
    match error.downcast_ref::<PidfileError>() {
        Some(_) => ExitCode::from(255),
        None => ExitCode::FAILURE,
    }
}
