//! Reloading: the thread that reads configuration and rules again when it is told to (SIGHUP) or
//! when their files change, beside a monitor at work.
//!
//! The engine's thread takes over what was prepared between two events ([`Step`]). While it does,
//! this thread waits, so that there is one reload at a time; whatever else happens meanwhile leads
//! to the next.

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use lanner_engine::CompiledRuleset;
use lanner_output::Programs;
use lanner_state::scan::{self, Scan};
use rustix::event::{PollFd, PollFlags, poll};

use crate::cli::Invocation;
use crate::config::Config;
use crate::digest::Digests;
use crate::endpoints::Endpoints;
use crate::log::Log;
use crate::notify::Notify;
use crate::prepare::{Prepared, prepare};
use crate::watched::Watched;

/// After a change, how long it must have been quiet before files are read: tools write several.
const QUIET: Duration = Duration::from_millis(100);

/// How long it may stay unquiet.
const UNQUIET: Duration = Duration::from_secs(2);

/// What the engine's thread is handed.
pub(crate) enum Step {
    /// What it is to take over.
    Prepared(Box<(Prepared, Digests)>),
    /// The scan that it asked for.
    Scan(Box<Scan>),
    /// Nothing: configuration or rules cannot be used. Why, in the words that the log has.
    Failed(String),
}

/// What it answers.
pub(crate) enum Answer {
    /// Events that were not followed before are being buffered: read `/proc` now.
    Scan,
    /// It has taken over; here are the rules that were replaced, to be freed.
    Done(Box<CompiledRuleset>),
    /// It goes on as before, which it says itself.
    Refused,
}

/// The end of the engine's thread.
pub(crate) struct Reloads {
    steps: Receiver<Step>,
    answers: Sender<Answer>,
}

impl Reloads {
    /// What is to be done next, if anything is. Does not wait.
    pub(crate) fn next(&self) -> Option<Step> {
        self.steps.try_recv().ok()
    }

    /// Answers a step.
    pub(crate) fn answer(&self, answer: Answer) {
        // The other thread ends only with the process.
        let _ = self.answers.send(answer);
    }
}

/// What the reloading thread works with.
struct Reloader {
    invocation: Arc<Invocation>,
    programs: Programs,
    log: Arc<Log>,
    notify: Arc<Notify>,
    endpoints: Endpoints,
    watched: Option<Watched>,
    hangup: UnixStream,
    digests: Digests,
    steps: SyncSender<Step>,
    answers: Receiver<Answer>,
}

/// Starts the thread. `config` and `digests` are those that run now, read since `read_at`;
/// `hung_up` tells whether SIGHUP came before this thread could take it.
pub(crate) fn start(
    (invocation, programs): (Arc<Invocation>, Programs),
    log: Arc<Log>,
    notify: Arc<Notify>,
    endpoints: Endpoints,
    config: &Config,
    (digests, read_at): (Digests, SystemTime),
    hung_up: impl FnOnce() -> bool,
) -> Result<Reloads> {
    let (hangup, signal) = UnixStream::pair().context("a pair of sockets")?;
    hangup.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(signal_hook::consts::SIGHUP, signal)
        .context("SIGHUP cannot be handled")?;
    let (steps, to_engine) = sync_channel(1);
    let (from_engine, answers) = channel();
    let mut reloader = Reloader {
        invocation,
        programs,
        log,
        notify,
        endpoints,
        watched: None,
        hangup,
        digests,
        steps,
        answers,
    };
    reloader.watch(config);
    let again = hung_up() || (config.watch && reloader.digests.changed_since(read_at));
    std::thread::Builder::new()
        .name("reload".to_owned())
        .spawn(move || reloader.run(again))
        .context("the thread that reloads cannot be started")?;
    Ok(Reloads {
        steps: to_engine,
        answers: from_engine,
    })
}

/// Why files are read again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    Signal,
    Change,
}

impl Reloader {
    /// `again`: files changed while they were read.
    fn run(&mut self, mut again: bool) {
        // Whether the digests may be of a later content than that which was read.
        let mut uncertain = false;
        loop {
            let cause = match again {
                true => Cause::Change,
                false => self.wait(),
            };
            let signalled = self.settle(cause);
            let due = again || signalled || uncertain || self.digests.differ_from_files();
            let again_before = std::mem::take(&mut again);
            if !due {
                self.log
                    .debug("Configuration and rules were written, and are as before");
                continue;
            }
            match self.reload(signalled) {
                // Not twice in a row: the clock of a file may be ahead of ours.
                Some(changed_meanwhile) => {
                    again = changed_meanwhile && !again_before;
                    uncertain = changed_meanwhile;
                }
                // The engine is gone, and with it the process.
                None => return,
            }
        }
    }

    /// Waits until something happens.
    fn wait(&mut self) -> Cause {
        loop {
            if self.signalled() {
                return Cause::Signal;
            }
            if self.watched.as_mut().is_some_and(Watched::take) {
                return Cause::Change;
            }
            self.poll(None);
        }
    }

    /// Waits until nothing more happens; whether there was a signal.
    fn settle(&mut self, cause: Cause) -> bool {
        let mut signalled = cause == Cause::Signal;
        let end = Instant::now() + UNQUIET;
        while !signalled && Instant::now() < end {
            let quiet = !self.poll(Some(QUIET));
            signalled = self.signalled();
            if quiet {
                break;
            }
            if let Some(watched) = &mut self.watched {
                watched.take();
            }
        }
        signalled
    }

    /// Waits for either source; false when the time is over.
    fn poll(&self, time: Option<Duration>) -> bool {
        let mut fds = vec![PollFd::new(&self.hangup, PollFlags::IN)];
        if let Some(watched) = &self.watched {
            fds.push(PollFd::from_borrowed_fd(watched.as_fd(), PollFlags::IN));
        }
        let time = time.and_then(|t| rustix::time::Timespec::try_from(t).ok());
        // Interrupted counts as something: the sources are looked at in any case.
        poll(&mut fds, time.as_ref()).map_or(true, |n| n > 0)
    }

    /// Whether SIGHUP came since the last call.
    fn signalled(&mut self) -> bool {
        let mut bytes = [0; 64];
        let mut came = false;
        while let Ok(1..) = std::io::Read::read(&mut &self.hangup, &mut bytes) {
            came = true;
        }
        came
    }

    /// Reads everything again and has the engine take it over. Whether files changed meanwhile;
    /// `None` once there is no engine any more.
    fn reload(&mut self, signalled: bool) -> Option<bool> {
        self.log.info(match signalled {
            true => "SIGHUP received, reloading configuration and rules...",
            false => "Configuration or rules changed, reloading...",
        });
        self.notify.reloading();
        let read_at = SystemTime::now();
        let mut config = None;
        let step = match prepare(&self.invocation, &self.programs, &self.log) {
            Ok(prepared) => {
                config = Some(Arc::clone(&prepared.config));
                self.watch(&prepared.config);
                self.digests = Digests::of(&prepared.config, &prepared.files);
                Step::Prepared(Box::new((prepared, self.digests.clone())))
            }
            Err(error) => {
                // Files that are as broken as before are not read again.
                self.digests.refresh();
                Step::Failed(format!("{error:#}"))
            }
        };
        let changed = self.watched.is_some() && self.digests.changed_since(read_at);
        self.steps.send(step).ok()?;
        loop {
            match self.answers.recv().ok()? {
                Answer::Scan => {
                    let scan = scan::scan(&scan::Options::from_env());
                    self.steps.send(Step::Scan(Box::new(scan))).ok()?;
                }
                Answer::Done(replaced) => {
                    drop(replaced);
                    self.configure_endpoints(&config);
                    break;
                }
                Answer::Refused => break,
            }
        }
        self.notify.ready();
        Some(changed)
    }

    /// Has the threads beside the engine's follow the configuration that was taken over.
    fn configure_endpoints(&mut self, config: &Option<Arc<Config>>) {
        let Some(config) = config else {
            return;
        };
        let outcome = self.endpoints.configure(&config.webserver, &config.metrics);
        if let Err(error) = outcome {
            self.log.error(format!("{error:#}"));
        }
    }

    /// Watches what the configuration is read from, if it wants that.
    fn watch(&mut self, config: &Config) {
        if !config.watch {
            self.watched = None;
            return;
        }
        if self.watched.is_none() {
            match Watched::new() {
                Ok(watched) => self.watched = Some(watched),
                Err(error) => {
                    self.log.error(format!(
                        "Files cannot be watched for changes (inotify: {error}); SIGHUP reloads"
                    ));
                    return;
                }
            }
        }
        let mut paths = config.sources.clone();
        match self.invocation.flags.rules.as_slice() {
            [] => paths.extend_from_slice(&config.rules_paths),
            named => paths.extend_from_slice(named),
        }
        if let Some(watched) = &mut self.watched {
            for (folder, error) in watched.set(&paths) {
                self.log.warn(format!(
                    "{} cannot be watched for changes: {error}",
                    folder.display()
                ));
            }
        }
    }
}

/// Whether a file's content or name changed at or after a time, as far as its clock tells.
pub(crate) fn touched_since(path: &PathBuf, time: SystemTime) -> bool {
    use std::os::unix::fs::MetadataExt;
    /// The kernel's clock for files ticks this rarely.
    const TICK: Duration = Duration::from_millis(20);
    let Ok(metadata) = fs::metadata(path) else {
        return false;
    };
    let seconds = u64::try_from(metadata.ctime()).unwrap_or_default();
    let nanos = u32::try_from(metadata.ctime_nsec()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos) + TICK >= time
}
