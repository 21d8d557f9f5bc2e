//! The running probe: its ring buffers merged into one stream.

use std::io;
use std::mem::{MaybeUninit, offset_of};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use lanner_event::source::CpuLedger;
use lanner_event::{Ledger, LossClass, Poll, RawEvent, Selection, Source, SourceError};

use crate::error::{Capabilities, ProbeError};
use crate::layout::{Config, Counters, ERRNOS, PLACES, RECORD_STATE_ONLY};
use crate::loader::{Fixed, Loader, Maps, counters_at};

/// How the probe is to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is wanted.
    pub selection: Selection,
    /// Bytes of the ring buffer of each CPU, a power of two of at least
    /// [`MIN_BUFFER`](crate::MIN_BUFFER). A quarter of it is added for exec, fork and exit.
    pub buffer_bytes: usize,
    /// How many bytes of what is read and written an event carries, 0 to 65535.
    pub snaplen: u16,
    /// Whether events of this very process are reported.
    pub report_self: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            selection: Selection::everything(),
            buffer_bytes: 8 << 20,
            snaplen: 80,
            report_self: false,
        }
    }
}

/// How late an event may become visible after its time stamp. An event is handed out when it is
/// that old, so that none of another CPU can turn up that should have come before it.
const LATENESS_NS: u64 = 1_000_000;
/// How long to sleep between looks at the buffers while events keep coming. Cheaper for the
/// machine than being woken by each of them.
const NAP: Duration = Duration::from_millis(5);
/// How long nothing must have come for the next event to have to wake us.
const QUIET: Duration = Duration::from_millis(50);
/// The longest sleep. The wake-up that a program and our falling asleep may miss comes then.
const DEEP_SLEEP: Duration = Duration::from_millis(100);

/// A failure of a kernel function that the probe used, and how often it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What was being done.
    pub place: &'static str,
    /// The error number; 0 for any above 63.
    pub errno: u32,
    /// How often.
    pub count: u64,
}

/// How full a ring buffer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// The CPU that writes it.
    pub cpu: u16,
    /// It is the one for exec, fork and exit.
    pub lifecycle: bool,
    /// Its size in bytes.
    pub size: u64,
    /// Bytes that wait in it, or were read and not given back yet.
    pub used: u64,
    /// Bytes that were moved out of it and wait in memory of this process.
    pub moved: u64,
}

/// Polls between two looks at how full the lanes of exec, fork and exit are. Reading as many
/// events takes well under a millisecond.
const POLLS_BETWEEN_RELIEFS: u32 = 64;

/// The probe, attached to the kernel. Dropping it detaches it.
pub struct Probe {
    loader: Loader,
    maps: Maps,
    fixed: Fixed,
    epoll: OwnedFd,
    received: u64,
    /// The ring whose head is next, as far as `bound`.
    current: usize,
    /// Up to this time, `current` holds the earliest event.
    bound: u64,
    /// Where the taken record lies, until the next poll.
    taken: Option<usize>,
    /// Polls until the lanes of exec, fork and exit are looked after again.
    until_relief: u32,
    last_event: Instant,
    stopped: bool,
    ended: bool,
}

impl Probe {
    /// Loads the probe into the kernel and attaches what the selection needs.
    pub fn open(options: &Options) -> Result<Probe, ProbeError> {
        let fixed = Fixed {
            buffer_bytes: options.buffer_bytes,
            snaplen: u32::from(options.snaplen),
            report_self: options.report_self,
            boot_epoch_ns: boot_epoch_ns(),
        };
        let (loader, maps) = Loader::start(&options.selection, &fixed)?;
        let epoll = epoll(&maps).map_err(|e| ProbeError::Kernel {
            step: "waited for",
            error: e.to_string(),
        })?;
        Ok(Probe {
            loader,
            maps,
            fixed,
            epoll,
            received: 0,
            current: 0,
            bound: 0,
            taken: None,
            until_relief: POLLS_BETWEEN_RELIEFS,
            last_event: Instant::now(),
            stopped: false,
            ended: false,
        })
    }

    /// What the kernel lets the probe do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.loader.capabilities
    }

    /// The time now, by the clock of the events: nanoseconds since the epoch.
    pub fn now(&self) -> u64 {
        boot_ns() + self.fixed.boot_epoch_ns
    }

    /// How full the ring buffers are.
    pub fn buffers(&self) -> impl Iterator<Item = Buffer> {
        let rings = self.maps.rings.iter().enumerate();
        rings.map(|(index, ring)| {
            let (used, moved) = ring.waiting();
            Buffer {
                cpu: ring.cpu,
                lifecycle: index % crate::layout::LANES == 0,
                size: ring.size(),
                used,
                moved,
            }
        })
    }

    /// Switches to another selection while running. What both want is reported without a gap.
    pub fn set_wanted(&mut self, selection: &Selection) -> Result<(), ProbeError> {
        if self.stopped {
            return Ok(());
        }
        self.loader.switch(selection, &self.maps)
    }

    /// Detaches from the kernel. Events that happened before can still be polled; then the source
    /// ends, with a ledger that adds up.
    pub fn stop(&mut self) {
        if self.stopped {
            return;
        }
        self.loader.detach();
        // Returns when no CPU runs a program any more that was attached before.
        // SAFETY: takes no pointers.
        unsafe { libc::syscall(libc::SYS_membarrier, 1, 0, 0) };
        self.stopped = true;
        self.bound = 0;
    }

    /// Failures of kernel functions inside the probe, over all CPUs. Most are memory of programs
    /// that was not there to read.
    pub fn faults(&self) -> Vec<Fault> {
        let mut out = Vec::new();
        for (place, name) in PLACES.into_iter().enumerate() {
            for errno in 0..ERRNOS {
                let offset = offset_of!(Counters, errors) + 8 * (place * ERRNOS + errno);
                let count = (0..self.cpus())
                    .map(|cpu| {
                        self.maps
                            .cpus
                            .counter(counters_at(&self.maps, cpu) + offset)
                    })
                    .sum();
                if count > 0 {
                    out.push(Fault {
                        place: name,
                        errno: errno as u32,
                        count,
                    });
                }
            }
        }
        out
    }

    fn cpus(&self) -> usize {
        self.maps.rings.len() / crate::layout::LANES
    }

    /// Up to which time events are certain to be complete.
    fn horizon(&self) -> u64 {
        if self.stopped {
            return u64::MAX;
        }
        self.now().saturating_sub(LATENESS_NS)
    }

    /// The ring that holds the earliest event, if one is old enough to be handed out.
    fn pick(&mut self) -> Option<usize> {
        if let Some(ts) = self.maps.rings[self.current].head_ts()
            && ts <= self.bound
        {
            return Some(self.current);
        }
        // Before the heads: what comes after the look at them is younger.
        let horizon = self.horizon();
        let (mut first, mut second) = (u64::MAX, u64::MAX);
        let mut at = None;
        for (index, ring) in self.maps.rings.iter_mut().enumerate() {
            let Some(ts) = ring.head_ts() else { continue };
            if ts < first || at.is_none() {
                second = first;
                first = ts;
                at = Some(index);
            } else if ts < second {
                second = ts;
            }
        }
        self.current = at?;
        self.bound = second.min(horizon);
        (first <= self.bound).then_some(self.current)
    }

    /// Events are handed out in the order of time, so those of exec, fork and exit wait behind what
    /// floods the other lane; they must not fill their own meanwhile.
    fn relieve_lifecycle(&mut self) {
        for ring in self.maps.rings.iter_mut().step_by(crate::layout::LANES) {
            ring.relieve();
        }
    }

    /// Waits for events, at most until `deadline`. False when that has passed.
    fn wait(&mut self, deadline: Instant) -> Result<bool, SourceError> {
        for ring in &mut self.maps.rings {
            ring.release(true);
        }
        let now = Instant::now();
        let left = deadline.saturating_duration_since(now);
        if left.is_zero() {
            return Ok(false);
        }
        if self.maps.rings.iter_mut().any(|r| r.head_ts().is_some()) {
            std::thread::sleep(left.min(Duration::from_nanos(LATENESS_NS)));
            return Ok(true);
        }
        if now.duration_since(self.last_event) < QUIET {
            std::thread::sleep(left.min(NAP));
            return Ok(true);
        }
        let asleep = self.maps.config.u32(offset_of!(Config, asleep));
        asleep.store(1, Ordering::SeqCst);
        let came = self.maps.rings.iter_mut().any(|r| r.head_ts().is_some());
        let woken = if came {
            Ok(())
        } else {
            sleep(&self.epoll, left.min(DEEP_SLEEP))
        };
        asleep.store(0, Ordering::SeqCst);
        match woken {
            Ok(()) => Ok(true),
            // A signal: the caller may want to end.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
            Err(error) => Err(SourceError {
                message: format!("waiting for the ring buffers of the probe: {error}"),
            }),
        }
    }

    /// After `stop`: whether everything that was produced has been received or counted as lost.
    fn settled(&self) -> bool {
        let ledger = self.ledger();
        ledger.produced() <= ledger.received + ledger.malformed + ledger.lost()
    }
}

impl Source for Probe {
    fn poll(&mut self, timeout: Duration) -> Result<Poll<'_>, SourceError> {
        if let Some(index) = self.taken.take() {
            self.maps.rings[index].release(false);
        }
        if self.ended {
            return Ok(Poll::End);
        }
        self.until_relief -= 1;
        if self.until_relief == 0 {
            self.until_relief = POLLS_BETWEEN_RELIEFS;
            self.relieve_lifecycle();
        }
        let mut deadline = None;
        let index = loop {
            if let Some(index) = self.pick() {
                break index;
            }
            if self.stopped {
                // A program that outlasted the barrier, on kernels without one, may still write.
                let limit =
                    *deadline.get_or_insert_with(|| Instant::now() + Duration::from_secs(1));
                if self.settled() || Instant::now() >= limit {
                    self.ended = true;
                    return Ok(Poll::End);
                }
                std::thread::yield_now();
                continue;
            }
            let limit = *deadline.get_or_insert_with(|| Instant::now() + timeout);
            if !self.wait(limit)? {
                return Ok(Poll::Idle);
            }
        };
        if deadline.is_some() {
            self.last_event = Instant::now();
        }
        self.received += 1;
        self.taken = Some(index);
        let ring = &mut self.maps.rings[index];
        let cpu = ring.cpu;
        let Some((flags, bytes)) = ring.take() else {
            return Ok(Poll::Idle);
        };
        Ok(Poll::Event(RawEvent {
            cpu,
            state_only: flags & RECORD_STATE_ONLY != 0,
            counted: true,
            bytes,
        }))
    }

    fn ledger(&self) -> Ledger {
        let memory = &self.maps.cpus;
        let cpus = (0..self.cpus())
            .map(|cpu| {
                let base = counters_at(&self.maps, cpu);
                let mut lost_full = [0; LossClass::ALL.len()];
                for (class, count) in lost_full.iter_mut().enumerate() {
                    *count = memory.counter(base + offset_of!(Counters, lost_full) + 8 * class);
                }
                CpuLedger {
                    produced: memory.counter(base + offset_of!(Counters, produced)),
                    lost_full,
                    lost_too_large: memory.counter(base + offset_of!(Counters, lost_too_large)),
                    lost_nested: memory.counter(base + offset_of!(Counters, lost_nested)),
                    lost_dispatch: memory.counter(base + offset_of!(Counters, lost_dispatch)),
                }
            })
            .collect();
        Ledger {
            cpus,
            received: self.received,
            malformed: self.maps.rings.iter().map(|r| r.malformed).sum(),
        }
    }
}

fn epoll(maps: &Maps) -> io::Result<OwnedFd> {
    // SAFETY: takes no pointers; the descriptor it returns is ours alone.
    let fd = unsafe {
        let fd = libc::epoll_create1(libc::EPOLL_CLOEXEC);
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedFd::from_raw_fd(fd)
    };
    for ring in &maps.ring_fds {
        let mut event = libc::epoll_event {
            events: libc::EPOLLIN as u32,
            u64: 0,
        };
        // SAFETY: `event` is valid for the call, which keeps no pointer to it.
        let result = unsafe {
            libc::epoll_ctl(
                fd.as_raw_fd(),
                libc::EPOLL_CTL_ADD,
                ring.as_fd().as_raw_fd(),
                &mut event,
            )
        };
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(fd)
}

fn sleep(epoll: &OwnedFd, time: Duration) -> io::Result<()> {
    let mut event = libc::epoll_event { events: 0, u64: 0 };
    let millis = i32::try_from(time.as_millis().max(1)).unwrap_or(i32::MAX);
    // SAFETY: there is room for the one event that is asked for.
    let result = unsafe { libc::epoll_wait(epoll.as_raw_fd(), &mut event, 1, millis) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn clock_ns(clock: libc::clockid_t) -> u64 {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: the kernel fills `time` in if it returns 0, and both clocks exist since Linux 2.6.39.
    let time = unsafe {
        if libc::clock_gettime(clock, time.as_mut_ptr()) != 0 {
            return 0;
        }
        time.assume_init()
    };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

fn boot_ns() -> u64 {
    clock_ns(libc::CLOCK_BOOTTIME)
}

/// What to add to the time since boot for the time since the epoch: the best of a few readings.
fn boot_epoch_ns() -> u64 {
    (0..16)
        .map(|_| {
            let before = boot_ns();
            let now = clock_ns(libc::CLOCK_REALTIME);
            let after = boot_ns();
            (after - before, now - before.midpoint(after))
        })
        .min()
        .map_or(0, |(_, offset)| offset)
}
