//! A run: from the rules to the summary.

use std::fs;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use lanner_container::Containers;
use lanner_engine::selection::{self, Selected};
use lanner_engine::{Alert, Pipeline, Settings, Sink, Template, balance};
use lanner_event::{Poll, RawEvent, Source};
use lanner_fields::Session;
use lanner_filter::{PrintOptions, Scheme};
use lanner_output::{Channel, Fault, File, Format, JsonFormat, Outputs, Stdout, WhenFull};
use lanner_rules::Ruleset;
use lanner_state::scan::{self, Procfs};
use lanner_state::{Limits, Live, State};

use crate::captures::Captures;
use crate::config::{Config, Engine};
use crate::log::{Level, Log};
use crate::signals::Signals;
use crate::source::{Events, ProgressBar};
use crate::watch::LossWatch;

/// How long to wait for an event before looking at signals and clocks.
const TICK: Duration = Duration::from_millis(100);

/// Events between two looks at signals and clocks when they keep coming.
const EVENTS_BETWEEN_LOOKS: u32 = 256;

/// Alerts that wait for the outputs if the configuration sets no limit.
const QUEUE: usize = 16_384;

/// What a run is made of.
pub(crate) struct Run<'a> {
    /// The configuration.
    pub(crate) config: &'a Config,
    /// The log.
    pub(crate) log: Arc<Log>,
    /// How values of fields print.
    pub(crate) fields: lanner_fields::Settings,
    /// The fields.
    pub(crate) scheme: Scheme,
    /// The rules.
    pub(crate) ruleset: Ruleset,
    /// When to stop, after the start (or, of a capture, after its first event); `None`: never.
    pub(crate) limit: Option<Duration>,
    /// Say more at the end.
    pub(crate) verbose: bool,
    /// Check everything and stop before the first event.
    pub(crate) dry_run: bool,
    /// Where to write the process id.
    pub(crate) pidfile: Option<PathBuf>,
}

/// Makes lines of alerts and hands them to the outputs.
struct Lines {
    format: Format,
    outputs: Outputs,
    captures: Option<Captures>,
}

impl Sink for Lines {
    fn alert(&mut self, alert: &Alert<'_, '_>) {
        let mut line = self.outputs.buffer();
        self.format.write(alert, &mut line);
        self.outputs.send(line);
        if let Some(captures) = &mut self.captures {
            captures.note(alert);
        }
    }
}

/// The name of this host in alerts.
pub(crate) fn hostname(log: &Log) -> String {
    if let Ok(name) = std::env::var("FALCO_HOSTNAME") {
        log.info(format!(
            "Hostname value has been overridden via environment variable to: {name}"
        ));
        return name;
    }
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

impl Run<'_> {
    /// Runs to the end.
    pub(crate) fn start(self) -> Result<()> {
        let hostname = hostname(&self.log);
        let replay = matches!(self.config.engine, Engine::Replay(_));
        let channels = self.channels()?;
        let selected = self.select();
        let started = Instant::now();
        if self.dry_run {
            self.log.debug("Skipping event processing in dry-run");
            return Ok(());
        }
        let signals = Signals::install().context("signals cannot be handled")?;
        self.write_pid()?;
        let time = match self.config.iso_time {
            true => "%evt.time.iso8601",
            false => "%evt.time",
        };
        let settings = Settings {
            matching: self.config.matching,
            time: Template::parse(time, &self.scheme).map_err(|e| anyhow!(e))?,
            print: PrintOptions {
                base64: self.config.base64,
            },
        };
        let session = Session::new(lanner_fields::Settings {
            hostname: Some(hostname.as_str().into()),
            ..self.fields
        });
        let state = State::new(Limits {
            threads: self.config.threads,
            ..Limits::default()
        });
        let containers = match replay {
            true => Containers::offline(),
            false => Containers::new(scan::Options::from_env().host_root),
        };
        let pipeline = Pipeline::new(state, containers, session, self.ruleset, settings);
        let outputs = start_outputs(self.config, channels, replay, Arc::clone(&self.log))?;
        let json = self.config.json;
        let lines = Lines {
            format: Format {
                json: json.enabled.then_some(JsonFormat {
                    output: json.output,
                    message: json.message,
                    fields: json.fields,
                    tags: json.tags,
                }),
                hostname,
            },
            outputs,
            captures: self.config.captures.clone().map(Captures::new),
        };
        let mut running = Running {
            config: self.config,
            log: self.log,
            pipeline,
            lines,
            signals,
            limit: self.limit,
            started,
            verbose: self.verbose,
            bar: ProgressBar::new(),
            watch: LossWatch::new(self.config),
        };
        let outcome = running.open(selected).and_then(|mut events| {
            let outcome = running.process(&mut events);
            running.settle_accounts(&events);
            outcome
        });
        running.finish().and(outcome)
    }

    /// The outputs that are switched on and can be opened.
    fn channels(&self) -> Result<Vec<Box<dyn Channel>>> {
        let mut channels: Vec<Box<dyn Channel>> = Vec::new();
        if self.config.stdout {
            let out = std::io::stdout().as_fd().try_clone_to_owned();
            match out {
                Ok(out) => channels.push(Box::new(Stdout::new(fs::File::from(out)))),
                Err(e) => self
                    .log
                    .error(format!("Failed to init output: stdout: {e}")),
            }
        }
        if let Some(file) = &self.config.file {
            match File::open(file.path.clone(), file.keep_open) {
                Ok(file) => channels.push(Box::new(file)),
                Err(e) => self.log.error(format!(
                    "Failed to init output: failed to open output file {}: {e}",
                    file.path.display()
                )),
            }
        }
        for name in &self.config.missing_outputs {
            self.log.warn(format!(
                "{name} is switched on, and is not in this version: no alerts go there"
            ));
        }
        if channels.is_empty() {
            bail!(
                "No output configured, please make sure at least one output is configured and \
                 enabled."
            );
        }
        Ok(channels)
    }

    /// What the source is to deliver.
    fn select(&self) -> Selected {
        let needs = lanner_engine::needs(&self.ruleset, &self.scheme);
        let mut selected = selection::select(&needs, &self.config.base_syscalls);
        if self.config.drop_failed {
            selected.wanted.drop_failed();
        }
        if !selected.unknown.is_empty() {
            self.log.warn(format!(
                "Invalid syscall names: warning (base_syscalls override): {}",
                selected.unknown.join(", ")
            ));
        }
        if !selected.unmet.is_empty() && self.config.engine == Engine::Live {
            self.log.warn(format!(
                "Loaded rules match syscalls that are not activated: warning \
                 (unsupported-evttype): {}. Syscalls of high volume are activated by -o \
                 base_syscalls.all=true; others may be left out by base_syscalls.custom_set",
                selected.unmet.names().join(", ")
            ));
        }
        let names: selection::SyscallSet = selected.wanted.iter().map(|(call, _)| call).collect();
        self.log.debug(format!(
            "({}) syscalls selected in total (final set): {}",
            names.len(),
            names.names().join(", ")
        ));
        selected
    }

    fn write_pid(&self) -> Result<()> {
        let Some(path) = &self.pidfile else {
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

fn start_outputs(
    config: &Config,
    channels: Vec<Box<dyn Channel>>,
    replay: bool,
    log: Arc<Log>,
) -> Result<Outputs> {
    let settings = lanner_output::Settings {
        capacity: match config.queue_capacity {
            0 => QUEUE,
            n => n,
        },
        when_full: if replay {
            WhenFull::Wait
        } else {
            WhenFull::Drop
        },
        buffered: config.buffered,
        timeout: config.output_timeout,
    };
    Outputs::start(channels, settings, move |fault| match fault {
        Fault::QueueFull => {
            log.error("Outputs queue out of memory. Drop event and continue on ...");
        }
        Fault::Channel { channel, error, .. } => log.error(format!("{channel}: {error}")),
        Fault::Blocked { channel } => log.write(
            Level::Notice,
            &format!(
                "{channel}: output channels still blocked, discarding all remaining notifications"
            ),
        ),
    })
    .context("the outputs cannot be started")
}

/// A run under way.
struct Running<'a> {
    config: &'a Config,
    log: Arc<Log>,
    pipeline: Pipeline,
    lines: Lines,
    signals: Signals,
    limit: Option<Duration>,
    started: Instant,
    verbose: bool,
    bar: ProgressBar,
    watch: LossWatch,
}

/// Whether to go on.
#[derive(PartialEq, Eq)]
enum Next {
    Go,
    End,
}

impl Running<'_> {
    /// Opens the source and seeds the state.
    fn open(&mut self, selected: Selected) -> Result<Events> {
        match &self.config.engine {
            Engine::Replay(path) => {
                let mut events = Events::open(path)?;
                self.log.info(format!(
                    "Opening 'syscall' source in capture mode: reading from file {}",
                    path.display()
                ));
                self.pipeline.seed(events.snapshot());
                Ok(events)
            }
            Engine::Live => self.attach(selected),
            Engine::Nothing => Ok(Events::Nothing),
        }
    }

    /// Attaches the probe, then reads `/proc`: what happens meanwhile waits in the buffers, so
    /// nothing falls between the two.
    fn attach(&mut self, selected: Selected) -> Result<Events> {
        let bytes = self.config.buffer_bytes;
        self.log.info(format!(
            "The chosen syscall buffer dimension is: {bytes} bytes ({} MBs)",
            bytes >> 20
        ));
        self.log.info("Loaded event sources: syscall");
        self.log.info("Enabled event sources: syscall");
        self.log
            .info("Opening 'syscall' source with modern BPF probe.");
        let events = Events::attach(selected.wanted, self.config, &self.log)?;
        self.log.info("One ring buffer for each CPU.");
        let options = scan::Options::from_env();
        let scan = scan::scan(&options);
        for problem in &scan.report.problems {
            self.log.warn(problem);
        }
        let live = Procfs::new(&options, scan.snapshot.machine.boot_ts);
        let live = live.ok().map(|procfs| Box::new(procfs) as Box<dyn Live>);
        self.pipeline.state_mut().seed_scan(scan, live);
        // The time limit is of monitoring, not of preparing to.
        self.started = Instant::now();
        Ok(events)
    }

    /// Takes events until there are no more, or it is time to stop.
    fn process(&mut self, events: &mut Events) -> Result<()> {
        let live = matches!(events, Events::Live(_));
        let mut first_ts = 0;
        let mut until_look = EVENTS_BETWEEN_LOOKS;
        let mut patience = self.patience();
        loop {
            let polled = events.poll(patience);
            let mut look = false;
            match polled {
                Ok(Poll::Event(raw)) => {
                    let ts = self.take(&raw);
                    if first_ts == 0 {
                        first_ts = ts;
                    }
                    let limit = self.limit.filter(|_| !live);
                    if limit.is_some_and(|l| u128::from(ts - first_ts.min(ts)) >= l.as_nanos()) {
                        return Ok(());
                    }
                    until_look -= 1;
                    look = until_look == 0;
                }
                Ok(Poll::Idle) => look = true,
                Ok(Poll::Section) => {
                    let snapshot = events.snapshot();
                    self.pipeline.seed(snapshot);
                }
                Ok(Poll::End) => return Ok(()),
                Err(error) => return Err(anyhow!(error)),
            }
            if look {
                until_look = EVENTS_BETWEEN_LOOKS;
                patience = self.patience();
                let now = Instant::now();
                self.bar.show(events, now);
                if self.look_around(now, live) == Next::End {
                    events.stop();
                    return self.drain(events);
                }
                if live {
                    let lines = &mut self.lines;
                    self.watch
                        .look(now, events, &self.log, &lines.format, &mut lines.outputs)?;
                }
            }
        }
    }

    /// Takes an event through the rules, and writes it if a capture is open; its time.
    fn take(&mut self, raw: &RawEvent<'_>) -> u64 {
        let ts = self.pipeline.take(raw, &mut self.lines);
        if let Some(captures) = &mut self.lines.captures {
            let (num, state) = (self.pipeline.num(), self.pipeline.state());
            captures.write(raw, ts, num, state, &self.log);
        }
        ts
    }

    /// How long a poll may wait: not beyond the end of the run.
    fn patience(&self) -> Duration {
        match self.limit {
            None => TICK,
            Some(limit) => TICK.min(limit.saturating_sub(self.started.elapsed())),
        }
    }

    /// Looks at what comes from outside.
    fn look_around(&mut self, now: Instant, live: bool) -> Next {
        if self.signals.take_reopen() {
            self.log.info("SIGUSR1 received, reopening outputs...");
            self.lines.outputs.reopen();
        }
        if self.signals.take_hangup() {
            self.log.warn(
                "SIGHUP received: rules and configuration are read at the start only, nothing \
                 changes",
            );
        }
        if self.signals.end() {
            self.log.info("SIGINT received, exiting...");
            return Next::End;
        }
        if self.lines.outputs.stdout_closed() {
            return Next::End;
        }
        let over = self
            .limit
            .is_some_and(|l| now.duration_since(self.started) >= l);
        if live && over { Next::End } else { Next::Go }
    }

    /// Takes what happened before the source was stopped.
    fn drain(&mut self, events: &mut Events) -> Result<()> {
        if !matches!(events, Events::Live(_)) {
            return Ok(());
        }
        loop {
            match events.poll(TICK) {
                Ok(Poll::Event(raw)) => {
                    self.take(&raw);
                }
                Ok(Poll::End | Poll::Idle) => return Ok(()),
                Ok(Poll::Section) => {}
                Err(error) => return Err(anyhow!(error)),
            }
        }
    }

    /// Says what the source lost.
    fn settle_accounts(&mut self, events: &Events) {
        self.bar.clear();
        if let Some(captures) = &mut self.lines.captures {
            captures.end(&self.log);
        }
        let ledger = events.ledger();
        for line in balance(&ledger).into_iter().chain(events.left_out()) {
            self.log.info(line);
        }
        let malformed = self.pipeline.counters().malformed + ledger.malformed;
        if malformed > 0 {
            self.log
                .warn(format!("{malformed} records could not be decoded"));
        }
        if self.verbose {
            self.say_more(events);
        }
    }

    fn say_more(&self, events: &Events) {
        let elapsed = self.started.elapsed().as_secs_f64();
        let count = self.pipeline.counters().events;
        let ledger = events.ledger();
        let mut text = String::new();
        if !ledger.cpus.is_empty() {
            text = format!(
                "Driver Events:{}\nDriver Drops:{}\n(syscall) ",
                ledger.produced(),
                ledger.lost()
            );
        }
        text += &format!(
            "Elapsed time: {elapsed:.3}, Captured Events: {count}, {:.2} eps\n",
            count as f64 / elapsed.max(1e-9)
        );
        // Nobody is left to tell if stderr is closed.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    /// Writes what is left, and the summary.
    fn finish(self) -> Result<()> {
        let closed = self.lines.outputs.stdout_closed();
        let report = self.lines.outputs.finish();
        for (channel, lost) in &report.lost {
            self.log
                .error(format!("{lost} alerts were not written to {channel}"));
        }
        if report.dropped > 0 {
            self.log.error(format!(
                "{} alerts were dropped because the outputs queue was full",
                report.dropped
            ));
        }
        if report.discarded > 0 {
            self.log.error(format!(
                "{} alerts were discarded because an output was blocked",
                report.discarded
            ));
        }
        let summary = self.pipeline.summary();
        let mut out = std::io::stdout().lock();
        let written = out.write_all(summary.as_bytes()).and_then(|()| out.flush());
        if written.is_err() {
            self.log.info(&summary);
        }
        // Nobody is left to tell if stderr is closed.
        let _ = std::io::stderr().write_all(self.watch.summary().as_bytes());
        if closed || report.lost.iter().any(|(channel, _)| *channel == "stdout") {
            let lost: u64 = report.lost.iter().map(|(_, n)| n).sum();
            bail!("stdout was closed: {lost} alerts were not written");
        }
        Ok(())
    }
}

/// The exit code of an error.
pub(crate) fn exit_code(error: &anyhow::Error) -> ExitCode {
    match error.downcast_ref::<PidfileError>() {
        Some(_) => ExitCode::from(255),
        None => ExitCode::FAILURE,
    }
}
