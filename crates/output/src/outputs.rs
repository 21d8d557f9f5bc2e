//! The outputs of a run: from the engine's thread to the channels.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lanner_engine::{Alert, Sink};

use crate::Fault;
use crate::backoff::random;
use crate::channel::{Target, Transport};
use crate::collapse::{Collapse, Groups, Verdict};
use crate::delivery::{Link, OnFault, Retry, Settings};
use crate::format::{Encoding, Format};
use crate::host::Host;
use crate::launcher::Programs;
use crate::queue::{Id, Item, WhenFull};
use crate::record::{self, Internal, Record, Scratch};
use crate::spool::SpoolSettings;
use crate::stats::{Account, Stats, StatsHandle};

/// Alerts that may wait for a channel if the configuration sets no limit.
pub const DEFAULT_CAPACITY: usize = 16_384;

/// How long to wait for room in a queue before looking at what else there is.
const LOOK: Duration = Duration::from_millis(100);

/// How long an event may wait in the buffers of the kernel before it is looked at.
const LATENESS: Duration = Duration::from_secs(2);

/// Everything that the configuration says about outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The channels; at most one of each kind.
    pub channels: Vec<ChannelPlan>,
    /// What formats need to know.
    pub format: Format,
    /// Alerts that may wait for each channel (`outputs_queue.capacity`).
    pub capacity: usize,
    /// What to do with more.
    pub when_full: WhenFull,
    /// Lines to standard output and to files are passed on when the buffer is full and at the end
    /// only (`buffered_outputs`), instead of whenever no other line is waiting.
    pub buffered: bool,
    /// Which alerts are held back because they repeat others.
    pub collapse: Collapse,
    /// How long an attempt to deliver may take before that is told, and how long a channel may
    /// take at the end without delivering anything (`output_timeout`).
    pub timeout: Duration,
}

/// One channel of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelPlan {
    /// Where alerts go.
    pub target: Target,
    /// As what.
    pub encoding: Encoding,
    /// How failed deliveries are repeated; `None`: not at all, alerts are then lost and counted.
    pub retry: Option<Retry>,
    /// Where alerts are kept that cannot be delivered yet; `None`: in memory only.
    pub spool: Option<SpoolSettings>,
}

/// A [`Plan`] whose channels are open, or cannot be opened.
pub struct Opened {
    plan: Plan,
    transports: Vec<Option<Box<dyn Transport>>>,
}

impl Plan {
    /// Opens the channels; `on_fault` is told of those that cannot be ([`Fault::Init`]). This may
    /// take its time (a file on another machine, say), so a reload does it beside the engine's
    /// thread. `programs` starts those of [`Target::Program`].
    pub fn open(mut self, programs: &Programs, on_fault: impl Fn(Fault)) -> Opened {
        if let Some(path) = self.collapse.keep.clone() {
            self.channels.push(ChannelPlan {
                target: Target::Collapsed { path },
                encoding: Encoding::Json,
                retry: None,
                spool: None,
            });
        }
        let open = |channel: &ChannelPlan| {
            let retry = channel.retry.is_some();
            let opened = channel.target.open(self.buffered, retry, programs);
            opened
                .map_err(|error| {
                    let channel = channel.target.name();
                    on_fault(Fault::Init { channel, error });
                })
                .ok()
        };
        Opened {
            transports: self.channels.iter().map(open).collect(),
            plan: self,
        }
    }
}

impl Opened {
    /// Whether there is no channel that alerts go to.
    pub fn is_empty(&self) -> bool {
        let mut channels = self.plan.channels.iter().zip(&self.transports);
        !channels.any(|(c, t)| t.is_some() && !c.target.is_for_collapsed())
    }
}

/// The outputs: a queue and a thread for each channel.
pub struct Outputs {
    links: Vec<Link>,
    /// Channels that a reload took away and that still have something to do.
    retired: Vec<Link>,
    plan: Plan,
    /// The encodings in use.
    encodings: Vec<Encoding>,
    stats: StatsHandle,
    host: Arc<dyn Host>,
    on_fault: OnFault,
    stdout_closed: Arc<AtomicBool>,
    run: u64,
    seq: u64,
    scratch: Scratch,
    rendered: Vec<u8>,
    groups: Groups,
}

impl Outputs {
    /// Starts the channels that could be opened.
    pub fn start(opened: Opened, host: Arc<dyn Host>) -> Outputs {
        let stdout_closed = Arc::new(AtomicBool::new(false));
        let (closed, told) = (Arc::clone(&stdout_closed), Arc::clone(&host));
        let on_fault: OnFault = Arc::new(move |fault| {
            if let Fault::Failed { closed: true, .. } = fault {
                closed.store(true, Ordering::Relaxed);
            }
            told.fault(fault);
        });
        let mut outputs = Outputs {
            links: Vec::new(),
            retired: Vec::new(),
            plan: Plan {
                channels: Vec::new(),
                ..opened.plan.clone()
            },
            encodings: Vec::new(),
            stats: StatsHandle::default(),
            host,
            on_fault,
            stdout_closed,
            run: random(),
            seq: 0,
            scratch: Scratch::default(),
            rendered: Vec::new(),
            groups: Groups::default(),
        };
        outputs.replace(opened);
        outputs
    }

    /// Changes to another configuration, between two alerts.
    ///
    /// A channel that stays as it is keeps its queue and its connection. One that changes keeps
    /// its queue: what waits is delivered the new way, in order. One that is taken away still
    /// delivers what waits. One that cannot be opened is told and stays as it was. Does not wait
    /// for any channel.
    pub fn replace(&mut self, opened: Opened) {
        let Opened { plan, transports } = opened;
        if plan.collapse != self.plan.collapse || self.groups.is_idle() {
            self.close_windows(u64::MAX);
            self.groups = Groups::new(plan.collapse.clone());
        }
        let mut old: Vec<Link> = std::mem::take(&mut self.links);
        for (channel, transport) in plan.channels.iter().zip(transports) {
            let name = channel.target.name();
            let before = old.iter().position(|l| l.account.name == name);
            let before = before.map(|at| old.remove(at));
            let before = before.or_else(|| self.take_back(name));
            let settings = Settings {
                target: channel.target.clone(),
                retry: channel.retry,
                buffered: plan.buffered,
                spool: channel.spool.clone(),
            };
            let same = before
                .as_ref()
                .is_some_and(|l| l.settings == settings && !l.is_retired());
            let changed = match transport.filter(|_| !same) {
                None => None,
                Some(transport) => {
                    let started = self.connect(settings, transport, before.as_ref(), &plan);
                    let failed = |error| {
                        let channel = name;
                        (self.on_fault)(Fault::Init { channel, error });
                    };
                    started.map_err(failed).ok()
                }
            };
            let link = match (changed, before) {
                (Some(link), before) => {
                    self.retired.extend(before);
                    link
                }
                (None, Some(before)) if before.is_retired() => {
                    self.retired.push(before);
                    continue;
                }
                (None, Some(before)) => before,
                (None, None) => continue,
            };
            link.account.queue.set_capacity(plan.capacity);
            link.account.set_timeout(plan.timeout);
            self.links.push(link);
        }
        for link in old {
            link.account.removed.store(true, Ordering::Relaxed);
            link.close();
            self.retired.push(link);
        }
        self.plan = plan;
        self.encodings.clear();
        for link in &self.links {
            let encoding = self.encoding(link);
            if !self.encodings.contains(&encoding) {
                self.encodings.push(encoding);
            }
        }
    }

    fn connect(
        &self,
        settings: Settings,
        transport: Box<dyn Transport>,
        before: Option<&Link>,
        plan: &Plan,
    ) -> io::Result<Link> {
        let name = settings.target.name();
        let channels = self.stats.0.channels.lock();
        let mut channels = channels.unwrap_or_else(PoisonError::into_inner);
        // That of a channel which was there before, perhaps in a link that has ended.
        let known = channels.iter().find(|a| a.name == name).map(Arc::clone);
        let account = known.unwrap_or_else(|| {
            let account = Arc::new(Account::new(name, plan.capacity));
            channels.push(Arc::clone(&account));
            account
        });
        drop(channels);
        let was_removed = account.removed.swap(false, Ordering::Relaxed);
        if was_removed {
            if let Some(before) = before {
                before.hand_over();
            }
            account.queue.open();
        }
        let started = Link::start(
            settings,
            transport,
            Arc::clone(&account),
            before,
            self.run,
            (&self.host, &self.on_fault),
        );
        if was_removed && started.is_err() {
            account.removed.store(true, Ordering::Relaxed);
            account.queue.close();
        }
        started
    }

    /// The channel of this name that was taken away and has not come to its end.
    fn take_back(&mut self, name: &str) -> Option<Link> {
        let mut retired = self.retired.iter();
        // The last one: it waits for those before it.
        let at = retired.rposition(|l| l.account.name == name && l.is_retired())?;
        Some(self.retired.remove(at))
    }

    fn encoding(&self, link: &Link) -> Encoding {
        let name = link.account.name;
        let channels = self.plan.channels.iter();
        let mut of_name = channels.filter(|c| c.target.name() == name);
        of_name.next().map_or(Encoding::Text, |c| c.encoding)
    }

    /// Takes an alert of the monitoring about itself.
    pub fn internal(&mut self, internal: &Internal<'_>) {
        record::of_internal(internal, |record| self.hand_out(record, Verdict::Pass));
    }

    /// Lets out what stands for the alerts of windows that closed.
    fn close_windows(&mut self, now: u64) {
        while let Some((last, repeats)) = self.groups.closed(now) {
            last.lend(Some(repeats), |record| {
                self.hand_out(record, Verdict::Pass);
            });
        }
    }

    /// Renders an alert once for each encoding in use, and queues it for the channels that alerts
    /// go to, or for the one of those that are held back.
    fn hand_out(&mut self, record: &Record<'_>, verdict: Verdict) {
        self.seq += 1;
        let id = Id {
            run: self.run,
            seq: self.seq,
        };
        for i in 0..self.encodings.len() {
            let encoding = self.encodings[i];
            let wants = |link: &Link, outputs: &Outputs| {
                let held = link.settings.target.is_for_collapsed();
                held == (verdict == Verdict::Hold) && outputs.encoding(link) == encoding
            };
            if !self.links.iter().any(|l| wants(l, self)) {
                continue;
            }
            self.rendered.clear();
            self.plan.format.write(encoding, record, &mut self.rendered);
            let bytes: Arc<[u8]> = Arc::from(self.rendered.as_slice());
            for at in 0..self.links.len() {
                if wants(&self.links[at], self) {
                    let item = Item {
                        bytes: Arc::clone(&bytes),
                        encoding,
                        priority: record.priority,
                        id,
                        redelivery: false,
                    };
                    self.queue(at, item);
                }
            }
        }
    }

    fn queue(&mut self, at: usize, mut item: Item) {
        let account = Arc::clone(&self.links[at].account);
        account.queued.add(1);
        loop {
            // One that fails may do so for good: it is waited for once, until it takes alerts again.
            let failing = account.is_failing() || self.host.is_ending();
            self.links[at].given_up &= failing;
            let waits = self.plan.when_full == WhenFull::Wait && !self.links[at].given_up;
            let pushed = match waits {
                true => account.queue.push_wait(item, LOOK),
                false => account.queue.push(item),
            };
            match pushed {
                Ok(()) => return,
                Err(back) if waits => {
                    self.watch();
                    self.links[at].given_up = account.is_failing() || self.host.is_ending();
                    item = back;
                }
                Err(_) => break,
            }
        }
        if account.dropped.get() == 0 {
            (self.on_fault)(Fault::QueueFull {
                channel: account.name,
            });
        }
        account.dropped.add(1);
    }

    /// Does what time alone brings about: tells channels that are blocked, closes windows of
    /// repeats. To be called a few times a second, alerts or not.
    pub fn tick(&mut self) {
        self.watch();
        // The time of a capture is that of its events only.
        if self.plan.when_full == WhenFull::Drop && !self.groups.is_idle() {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = now.unwrap_or_default().saturating_sub(LATENESS);
            self.close_windows(u64::try_from(now.as_nanos()).unwrap_or_default());
        }
    }

    fn watch(&mut self) {
        for link in &mut self.links {
            if link.is_newly_blocked() {
                (self.on_fault)(Fault::Timeout {
                    channel: link.account.name,
                });
            }
        }
        self.retired.retain(|link| {
            // Whoever comes after it waits for its end.
            link.stop_if_blocked();
            !link.is_done()
        });
    }

    /// Alerts dropped so far because a queue was full.
    pub fn dropped(&self) -> u64 {
        self.links.iter().map(|l| l.account.dropped.get()).sum()
    }

    /// Whether the reader of standard output went away.
    pub fn stdout_closed(&self) -> bool {
        self.stdout_closed.load(Ordering::Relaxed)
    }

    /// Has the channels closed and opened again, as after the rotation of a log file.
    pub fn reopen(&self) {
        self.links.iter().for_each(Link::reopen);
    }

    /// What became of the alerts, for whoever shows it: also from other threads, also later.
    pub fn stats(&self) -> StatsHandle {
        self.stats.clone()
    }

    /// Delivers what is queued, ends the threads, and tells what became of the alerts. A channel
    /// that delivers nothing for [`Plan::timeout`] is not waited for any longer.
    pub fn finish(mut self) -> Stats {
        self.close_windows(u64::MAX);
        self.links.append(&mut self.retired);
        self.links.iter().for_each(Link::close);
        for link in &self.links {
            if !link.finish(self.plan.timeout) {
                (self.on_fault)(Fault::Blocked {
                    channel: link.account.name,
                });
            }
        }
        self.stats.snapshot()
    }
}

impl Sink for Outputs {
    fn alert(&mut self, alert: &Alert<'_, '_>) {
        self.stats.0.raised.fetch_add(1, Ordering::Relaxed);
        let json = self.plan.format.json;
        let collapses = !self.groups.is_idle();
        if collapses {
            self.close_windows(alert.ts);
        }
        let with_fields = collapses || self.encodings.iter().any(|e| e.has_fields(json));
        let mut scratch = std::mem::take(&mut self.scratch);
        record::of_alert(alert, with_fields, &mut scratch, |record| {
            let verdict = self.groups.judge(record);
            if verdict == Verdict::Hold {
                self.stats.0.collapsed.fetch_add(1, Ordering::Relaxed);
            }
            self.hand_out(record, verdict);
        });
        self.scratch = scratch;
    }
}
