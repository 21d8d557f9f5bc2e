//! A monitor at work: the loop of the engine's thread, from the first event to the summary.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use lanner_engine::selection::Selected;
use lanner_engine::{Pipeline, balance};
use lanner_event::{Poll, Selection, Source};
use lanner_state::Live;
use lanner_state::scan::{self, Procfs};

use crate::config::{Config, Engine};
use crate::digest::Digests;
use crate::log::Log;
use crate::notify::Notify;
use crate::outputs;
use crate::run::Lines;
use crate::signals::Signals;
use crate::source::{Events, ProgressBar};
use crate::takeover::Takeover;
use crate::watch::LossWatch;

/// How long to wait for an event before looking at signals and clocks.
const TICK: Duration = Duration::from_millis(100);

/// Events between two looks at signals and clocks when they keep coming.
const EVENTS_BETWEEN_LOOKS: u32 = 256;

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
    signals: Signals,
    notify: Arc<Notify>,
    started: Instant,
    alive_at: Instant,
    bar: ProgressBar,
}

/// Whether to go on.
#[derive(PartialEq, Eq)]
enum Next {
    Go,
    End,
}

impl Monitor {
    /// A monitor before its source is opened.
    pub(crate) fn new(
        config: Arc<Config>,
        log: Arc<Log>,
        pipeline: Pipeline,
        lines: Lines,
        signals: Signals,
        notify: Arc<Notify>,
        started: Instant,
    ) -> Monitor {
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
        }
    }

    /// Opens the source and seeds the state.
    pub(crate) fn open(&mut self, selected: Selected) -> Result<Events> {
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
        let events = Events::attach(selected.wanted.clone(), &self.config, &self.log)?;
        self.wanted = selected.wanted;
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
    pub(crate) fn process(&mut self, events: &mut Events) -> Result<()> {
        let live = matches!(events, Events::Live(_));
        let mut first_ts = 0;
        let mut until_look = EVENTS_BETWEEN_LOOKS;
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
                until_look = EVENTS_BETWEEN_LOOKS;
                patience = self.patience();
                let now = Instant::now();
                self.bar.show(events, now);
                if self.look_around(now, live) == Next::End {
                    events.stop();
                    return self.drain(events);
                }
                self.lines.outputs.tick();
                if live {
                    self.watch.look(now, events, &self.log, &mut self.lines)?;
                }
            }
        }
    }

    /// Says that other rules are at work.
    pub(crate) fn reloaded(&mut self) {
        let rules = self.pipeline.ruleset().enabled().count();
        self.log.info(format!(
            "Configuration and rules were reloaded: {rules} rules"
        ));
        self.tell_status();
    }

    /// Tells the service manager what is being done.
    pub(crate) fn tell_status(&self) {
        let rules = self.pipeline.ruleset().enabled().count();
        self.notify
            .status(&format!("Monitoring with {rules} rules"));
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
