//! A monitor at work: the loop of the engine's thread, from the first event to the summary.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use lanner_engine::{Pipeline, balance};
use lanner_event::snapshot::Interface;
use lanner_event::{Poll, Selection, Source};
use lanner_rules::Priority;
use lanner_state::scan::{self, Procfs};
use lanner_state::{Live, Table};
use serde_json::{Map, Value};

use crate::board::Board;
use crate::config::{Config, Engine};
use crate::digest::Digests;
use crate::internal;
use crate::log::Log;
use crate::metrics::{RuleName, Snapshot};
use crate::notify::Notify;
use crate::outputs;
use crate::run::Lines;
use crate::signals::Signals;
use crate::source::{Events, Looks, ProgressBar, TICK};
use crate::takeover::Takeover;
use crate::watch::LossWatch;

/// A run under way.
pub(crate) struct Monitor {
    pub(crate) config: Arc<Config>,
    pub(crate) log: Arc<Log>,
    pub(crate) pipeline: Pipeline,
    pub(crate) lines: Lines,
    pub(crate) watch: LossWatch,
    /// What configuration and rules were made of.
    pub(crate) digests: Digests,
    /// What the source delivers.
    pub(crate) wanted: Selection,
    /// Reloads, of a live source.
    pub(crate) takeover: Option<Takeover>,
    /// When to stop, after the start (or, of a capture, after its first event); `None`: never.
    pub(crate) limit: Option<Duration>,
    /// Say more at the end.
    pub(crate) verbose: bool,
    /// What other threads are told.
    pub(crate) board: Arc<Board>,
    /// Reloads that were taken over, and that were refused.
    pub(crate) reloads: (u64, u64),
    signals: Signals,
    notify: Arc<Notify>,
    started: Instant,
    alive_at: Instant,
    bar: ProgressBar,
    rules: Arc<Vec<RuleName>>,
    /// How many of them are matched.
    enabled: usize,
    /// When the run began, and when rules were taken over last; nanoseconds since the epoch.
    times: (u64, u64),
    silence: Silence,
}

/// How long no event has come (`syscall_event_timeouts`).
#[derive(Default)]
struct Silence {
    /// Looks in a row that found none.
    looks: u64,
    /// The time of the last event; 0 before the first.
    last: u64,
    told: bool,
}

/// Whether to go on.
#[derive(PartialEq, Eq)]
enum Next {
    Go,
    End,
}

impl Monitor {
    /// A monitor whose source is open. The time limit begins now: it is of monitoring, not of
    /// preparing to.
    pub(crate) fn new(
        config: Arc<Config>,
        log: Arc<Log>,
        pipeline: Pipeline,
        lines: Lines,
        signals: Signals,
        notify: Arc<Notify>,
        board: Arc<Board>,
    ) -> Monitor {
        let started = Instant::now();
        let now = epoch_ns();
        let rules = rule_names(&pipeline);
        let enabled = rules.iter().filter(|r| r.enabled).count();
        board.beat(started, enabled);
        Monitor {
            watch: LossWatch::new(&config),
            config,
            log,
            pipeline,
            lines,
            digests: Digests::default(),
            wanted: Selection::new(),
            takeover: None,
            limit: None,
            verbose: false,
            signals,
            notify,
            started,
            alive_at: started,
            bar: ProgressBar::new(),
            board,
            reloads: (0, 0),
            enabled,
            rules: Arc::new(rules),
            times: (now, now),
            silence: Silence::default(),
        }
    }

    /// Takes events until there are no more, or it is time to stop.
    pub(crate) fn process(&mut self, events: &mut Events) -> Result<()> {
        let live = matches!(events, Events::Live(_));
        // The time limit of a replay is by the clock of its events.
        let replay = matches!(events, Events::Capture(_));
        let mut first_ts = 0;
        let mut looks = Looks::default();
        let mut patience = self.patience();
        loop {
            let polled = events.poll(patience);
            let mut look = false;
            let mut idle = false;
            match polled {
                Ok(Poll::Event(raw)) => {
                    if self.takeover.is_some() {
                        self.swap_before(&raw);
                    }
                    let ts = self.pipeline.take(&raw, &mut self.lines);
                    self.silence.looks = 0;
                    self.silence.last = ts;
                    if first_ts == 0 {
                        first_ts = ts;
                    }
                    let limit = self.limit.filter(|_| replay);
                    if limit.is_some_and(|l| u128::from(ts - first_ts.min(ts)) >= l.as_nanos()) {
                        return Ok(());
                    }
                    // The time of a capture goes as fast as it is read.
                    look = looks.is_due(if live { ts } else { 0 });
                }
                Ok(Poll::Idle) => (look, idle) = (true, true),
                Ok(Poll::Section) => {
                    let snapshot = events.snapshot();
                    self.pipeline.seed(snapshot);
                }
                Ok(Poll::End) => return Ok(()),
                Err(error) => return Err(anyhow!(error)),
            }
            if look {
                self.take_over(events, idle);
                patience = self.patience();
                let now = Instant::now();
                self.bar.show(events, now);
                self.post(now, events);
                if idle && live {
                    self.note_silence();
                }
                if self.look_around(now, replay) == Next::End {
                    events.stop();
                    return self.drain(events);
                }
                self.lines.outputs.tick();
                if !replay {
                    self.watch.look(now, events, &self.log, &mut self.lines)?;
                }
            }
        }
    }

    /// Says that other rules are at work.
    pub(crate) fn reloaded(&mut self) {
        self.reloads.0 += 1;
        self.times.1 = epoch_ns();
        self.rules = Arc::new(rule_names(&self.pipeline));
        self.enabled = self.rules.iter().filter(|r| r.enabled).count();
        let rules = self.enabled;
        self.log.info(format!(
            "Configuration and rules were reloaded: {rules} rules"
        ));
        self.tell_status();
    }

    /// Whether SIGHUP came since the last call.
    pub(crate) fn take_hangup(&self) -> bool {
        self.signals.take_hangup()
    }

    /// Tells the service manager what is being done.
    pub(crate) fn tell_status(&self) {
        let rules = self.enabled;
        self.notify
            .status(&format!("Monitoring with {rules} rules"));
    }

    /// Tells, once, that nothing has come for long.
    fn note_silence(&mut self) {
        self.silence.looks += 1;
        if self.silence.looks < self.config.max_timeouts || self.silence.told {
            return;
        }
        self.silence.told = true;
        let rule = "Falco internal: timeouts notification";
        let looks = self.silence.looks;
        let message = format!("{rule}. {looks} consecutive timeouts without event.");
        let last = match self.silence.last {
            0 => "none yet".to_owned(),
            ts => ts.to_string(),
        };
        let mut fields = Map::new();
        fields.insert("last_event_time".to_owned(), Value::String(last));
        internal::send(&mut self.lines, rule, Priority::Debug, &message, &fields);
        self.log.debug(&message);
    }

    /// Leaves a heartbeat, and what others asked for.
    fn post(&mut self, now: Instant, events: &Events) {
        self.board.beat(now, self.enabled);
        if self.board.take_asked() {
            self.board.publish(self.snapshot(events));
        }
        self.tell_cuts();
        for notice in self.board.take_notices() {
            internal::send(
                &mut self.lines,
                notice.rule,
                Priority::Informational,
                &notice.message,
                &notice.fields,
            );
        }
    }

    /// Tells of captures that became as large as they may be.
    fn tell_cuts(&mut self) {
        let Some(captures) = &mut self.lines.captures else {
            return;
        };
        for cut in captures.take_cuts() {
            let mut fields = Map::new();
            fields.insert("max_file_size_mb".to_owned(), cut.max_megabytes.into());
            fields.insert("written_bytes".to_owned(), cut.written.into());
            internal::send(
                &mut self.lines,
                "Falco internal: capture size limit reached",
                Priority::Informational,
                &cut.message,
                &fields,
            );
        }
    }

    /// The counters of now.
    fn snapshot(&self, events: &Events) -> Snapshot {
        let state = self.pipeline.state();
        let mut tables = state.tables();
        tables.push(Table {
            name: "container_cgroups",
            entries: self.pipeline.known_cgroups(),
            bytes: 0,
        });
        let interfaces = state.interfaces().iter().map(|interface| match interface {
            Interface::V4 { name, addr, .. } => (name.to_string(), false, addr.to_string()),
            Interface::V6 { name, addr, .. } => (name.to_string(), true, addr.to_string()),
        });
        Snapshot {
            at: epoch_ns(),
            started: self.times.0,
            reloaded: self.times.1,
            reloads: self.reloads,
            engine: events.engine(),
            hostname: crate::run::hostname(),
            boot: state.machine().boot_ts,
            interfaces: interfaces.collect(),
            digests: self.digests.clone(),
            ledger: events.ledger(),
            buffers: events.buffers(),
            counters: self.pipeline.counters().clone(),
            state: *state.counters(),
            tables,
            rules: Arc::clone(&self.rules),
            costs: self
                .pipeline
                .rules()
                .costs()
                .map(|(_, cost)| cost)
                .collect(),
            outputs: self.lines.outputs.stats().snapshot(),
        }
    }

    /// How long a poll may wait: not beyond the end of the run.
    fn patience(&self) -> Duration {
        match self.limit {
            None => TICK,
            Some(limit) => TICK.min(limit.saturating_sub(self.started.elapsed())),
        }
    }

    /// Looks at what comes from outside.
    fn look_around(&mut self, now: Instant, replay: bool) -> Next {
        if self.signals.take_reopen() {
            self.log.info("SIGUSR1 received, reopening outputs...");
            self.lines.outputs.reopen();
        }
        if self.signals.take_hangup() && self.takeover.is_none() {
            self.log
                .warn("SIGHUP received: a replay is not reloaded, nothing changes");
        }
        if let Some(period) = self.notify.watchdog()
            && now.duration_since(self.alive_at) >= period / 2
        {
            self.alive_at = now;
            self.notify.alive();
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
        if over && !replay { Next::End } else { Next::Go }
    }

    /// Takes what happened before the source was stopped.
    fn drain(&mut self, events: &mut Events) -> Result<()> {
        if !matches!(events, Events::Live(_)) {
            return Ok(());
        }
        loop {
            match events.poll(TICK) {
                Ok(Poll::Event(raw)) => {
                    self.pipeline.take(&raw, &mut self.lines);
                }
                Ok(Poll::End | Poll::Idle) => return Ok(()),
                Ok(Poll::Section) => {}
                Err(error) => return Err(anyhow!(error)),
            }
        }
    }

    /// Says what the source lost.
    pub(crate) fn settle_accounts(&mut self, events: &Events) {
        self.tell_cuts();
        self.bar.clear();
        if let Some(captures) = self.lines.captures.take() {
            captures.finish();
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
    pub(crate) fn finish(self) -> Result<()> {
        let closed = self.lines.outputs.stdout_closed();
        let stats = self.lines.outputs.finish();
        outputs::settle(&stats, &self.log);
        let summary = self.pipeline.summary();
        let mut out = std::io::stdout().lock();
        let written = out.write_all(summary.as_bytes()).and_then(|()| out.flush());
        if written.is_err() {
            self.log.info(&summary);
        }
        // Nobody is left to tell if stderr is closed.
        let _ = std::io::stderr().write_all(self.watch.summary().as_bytes());
        let stdout = stats.channels.iter().find(|c| c.name == "stdout");
        let lost = stdout.map_or(0, |c| c.lost);
        if closed || lost > 0 {
            bail!("stdout was closed: {lost} alerts were not written");
        }
        Ok(())
    }
}

/// Opens the source and seeds the state.
pub(crate) fn open(
    config: &Config,
    log: &Log,
    wanted: &Selection,
    pipeline: &mut Pipeline,
) -> Result<Events> {
    match &config.engine {
        Engine::Replay(path) => {
            let mut events = Events::open(path)?;
            log.info(format!(
                "Opening 'syscall' source in capture mode: reading from file {}",
                path.display()
            ));
            pipeline.seed(events.snapshot());
            Ok(events)
        }
        Engine::Live => attach(config, log, wanted, pipeline),
        Engine::Nothing => Ok(Events::Nothing),
    }
}

/// Attaches the probe, then reads `/proc`: what happens meanwhile waits in the buffers, so nothing
/// falls between the two.
fn attach(
    config: &Config,
    log: &Log,
    wanted: &Selection,
    pipeline: &mut Pipeline,
) -> Result<Events> {
    let bytes = config.buffer_bytes;
    log.info(format!(
        "The chosen syscall buffer dimension is: {bytes} bytes ({} MBs)",
        bytes >> 20
    ));
    log.info("Loaded event sources: syscall");
    log.info("Enabled event sources: syscall");
    log.info("Opening 'syscall' source with modern BPF probe.");
    let events = Events::attach(wanted.clone(), config, log)?;
    log.info("One ring buffer for each CPU.");
    let options = scan::Options::from_env();
    let scan = scan::scan(&options);
    for problem in &scan.report.problems {
        log.warn(problem);
    }
    let live = Procfs::new(&options, scan.snapshot.machine.boot_ts);
    let live = live.ok().map(|procfs| Box::new(procfs) as Box<dyn Live>);
    pipeline.state_mut().seed_scan(scan, live);
    Ok(events)
}

/// Now, in nanoseconds since the epoch.
fn epoch_ns() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

/// The rules as metrics call them.
fn rule_names(pipeline: &Pipeline) -> Vec<RuleName> {
    let rules = pipeline.ruleset().rules().iter().map(|rule| RuleName {
        name: rule.name.clone(),
        priority: rule.priority as u8,
        source: rule.source.clone(),
        tags: rule.tags.clone(),
        enabled: rule.enabled,
    });
    rules.collect()
}
