//! The process that runs one pod: starts its containers, sees them end, starts them again.
//!
//! One for each pod, detached from who asked for it. Everything that it does is on disk first, so
//! that when it is killed the next one finds the pod's processes and goes on: [`supervise`] begins
//! by picking up what is there. It ends when the pod is deleted, or when nothing of the pod will
//! ever run again.

pub mod exec;
mod start;
mod volumes;

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, wait, waitpid};

use crate::engine::{At, Engine, EngineError, Process, bundle_path, cgroup};
use crate::home::{Live, PodHome, Record};
use crate::image::Store;
use crate::logs::{self, Copier};
use crate::machine::Slot;
use crate::status::Terminated;
use crate::syscalls::{self, Collector};

pub(crate) use start::{caps_of, explain};

/// A container that runs.
struct Running {
    slot: Slot,
    id: String,
    process: Process,
    /// Readable when the process has ended.
    watch: OwnedFd,
    started: Timestamp,
    copier: Option<Copier>,
}

/// Runs the pod in this folder until it is over. `Ok(false)` if somebody else runs it.
///
/// `open` begins to count calls in the kernel, for a container that has a filter.
///
/// # Errors
/// The pod's files cannot be read or written, or there is no runc.
pub fn supervise(home: &PodHome, open: syscalls::Open) -> Result<bool, EngineError> {
    let Some(lock) = home.try_lock()? else {
        return Ok(false);
    };
    let Some(record) = home.read()? else {
        // Deleted, or never made.
        return Ok(false);
    };
    let this = Path::new("this process");
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).at(this)?;
    // It may lead its own session already.
    let _ = rustix::process::setsid();
    let mut supervisor = Supervisor {
        home: home.clone(),
        engine: Engine::new()?,
        store: home.home.images()?,
        lock,
        record,
        running: Vec::new(),
        sandbox_watch: None,
        open_recorder: open,
        collector: None,
        pulls: Vec::new(),
        killed: None,
        node: node_name(),
    };
    let (wake, signals) = UnixStream::pair().at(this)?;
    wake.set_nonblocking(true).at(this)?;
    for signal in [signal_hook::consts::SIGCHLD, signal_hook::consts::SIGUSR1] {
        let end = signals.try_clone().at(this)?;
        signal_hook::low_level::pipe::register(signal, end).at(this)?;
    }
    supervisor.pick_up()?;
    supervisor.run(wake)?;
    Ok(true)
}

/// The name of this machine, as a node's.
pub fn node_name() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().to_lowercase()
}

struct Supervisor {
    home: PodHome,
    engine: Engine,
    store: Store,
    lock: File,
    record: Record,
    running: Vec<Running>,
    sandbox_watch: Option<OwnedFd>,
    /// How calls are counted in the kernel.
    open_recorder: syscalls::Open,
    collector: Option<Collector>,
    /// Images that could not be pulled: how long to wait, and until when.
    pulls: Vec<(String, i64, Timestamp)>,
    /// When everything is killed, once the pod is to go.
    killed: Option<Timestamp>,
    node: String,
}

/// Lets a test kill this process at a step of a start.
pub(crate) fn fault(step: &str) {
    #[cfg(debug_assertions)]
    if std::env::var("LANNER_POD_DIE_AT").is_ok_and(|s| s == step) {
        // Nothing runs after it.
        let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::KILL);
    }
    #[cfg(not(debug_assertions))]
    let _ = step;
}

impl Supervisor {
    fn save(&self) -> Result<(), EngineError> {
        self.home.write(&self.record)
    }

    fn uid(&self) -> String {
        self.record.pod.metadata.uid.clone()
    }

    fn name_of(&self, slot: Slot) -> String {
        self.record.machine.container(slot).name.clone()
    }

    fn event(&mut self, kind: &str, reason: &str, message: &str) {
        self.record
            .machine
            .record(Timestamp::now(), kind, reason, message);
    }

    /// Goes on with what an earlier supervisor left.
    fn pick_up(&mut self) -> Result<(), EngineError> {
        let supervisor = Process::of(rustix::process::getpid().as_raw_nonzero().get());
        self.record.supervisor = Some(supervisor);
        self.record.machine.resume();
        let sandbox = self.record.sandbox.as_ref().and_then(|s| s.process);
        match sandbox.filter(|p| p.is_alive()).map(Process::open) {
            Some(Ok(watch)) => self.sandbox_watch = Some(watch),
            _ => self.drop_sandbox()?,
        }
        for live in self.record.live.clone() {
            let alive = live
                .process
                .filter(|p| p.is_alive() && self.sandbox_watch.is_some());
            match alive.map(|p| (p, p.open())) {
                Some((process, Ok(watch))) => self.adopt(&live, process, watch)?,
                _ => self.lost(&live)?,
            }
        }
        self.save()
    }

    /// Goes on with a container that still runs.
    fn adopt(&mut self, live: &Live, process: Process, watch: OwnedFd) -> Result<(), EngineError> {
        let name = self.name_of(live.slot);
        let bundle = bundle_path(&live.id);
        let (out, err) = (bundle.join("out"), bundle.join("err"));
        let log = self.home.log(&name, live.attempt);
        let copier = Copier::start(logs::pipe(&out).at(&out)?, logs::pipe(&err).at(&err)?, &log);
        let processes = cgroup::processes(&cgroup::path(&self.uid(), &live.id));
        let collector = self.collector(&name, &live.id, live.session);
        collector.follow(&name, &processes);
        let started = match &self.record.machine.container(live.slot).state {
            crate::status::State::Running(r) => r.started_at,
            // It was killed between the start and the note of it.
            _ => {
                let now = Timestamp::now();
                self.record.machine.started(live.slot, &live.id, now);
                now
            }
        };
        self.running.push(Running {
            slot: live.slot,
            id: live.id.clone(),
            process,
            watch,
            started,
            copier: Some(copier.at(&log)?),
        });
        Ok(())
    }

    /// A container that is gone, and nobody saw how; or that was only half made.
    fn lost(&mut self, live: &Live) -> Result<(), EngineError> {
        self.discard(&live.id)?;
        if live.process.is_some() {
            let status = self.record.machine.container(live.slot);
            let now = Timestamp::now();
            let started_at = match &status.state {
                crate::status::State::Running(r) => r.started_at,
                _ => now,
            };
            self.record.machine.exited(
                live.slot,
                Terminated {
                    container_id: format!("lanner://{}", live.id),
                    exit_code: 137,
                    reason: "ContainerStatusUnknown".to_owned(),
                    message: "The container could not be located when the pod was terminated"
                        .to_owned(),
                    started_at,
                    finished_at: now,
                },
            );
        }
        Ok(())
    }

    /// Takes away whatever there is of a container, and forgets it.
    fn discard(&mut self, id: &str) -> Result<(), EngineError> {
        self.engine.remove(&self.uid(), id, &self.home.above(id))?;
        self.record.live.retain(|l| l.id != id);
        self.save()
    }

    fn drop_sandbox(&mut self) -> Result<(), EngineError> {
        self.sandbox_watch = None;
        if let Some(sandbox) = self.record.sandbox.take() {
            self.engine
                .remove(&self.uid(), &sandbox.id, &self.home.above(&sandbox.id))?;
            self.save()?;
        }
        Ok(())
    }

    /// Tells the collector of a container; begins to collect with the first one.
    fn collector(&mut self, container: &str, id: &str, session: Option<u32>) -> &Collector {
        let path = self.home.syscalls();
        let start = || Collector::start(path, &self.open_recorder);
        let collector = self.collector.get_or_insert_with(start);
        collector.claim(container, id, session);
        collector
    }

    fn run(&mut self, mut wake: UnixStream) -> Result<(), EngineError> {
        loop {
            if self.killed.is_none() && self.home.delete_request().exists() {
                self.begin_deletion()?;
            }
            let now = Timestamp::now();
            match self.killed {
                Some(at) if self.running.is_empty() || now >= at => return self.delete(),
                Some(_) => {}
                None => {
                    for slot in self.record.machine.due(now) {
                        self.save()?;
                        self.start(slot)?;
                    }
                    self.save()?;
                    if self.record.machine.is_over() {
                        return self.rest();
                    }
                }
            }
            self.wait(&mut wake)?;
            self.see_ends()?;
        }
    }

    /// Until a process ends, a signal comes, or something is due.
    fn wait(&self, wake: &mut UnixStream) -> Result<(), EngineError> {
        let now = Timestamp::now();
        let next = match self.killed {
            Some(at) => Some(at),
            None => self.record.machine.next(),
        };
        let timeout = next.map(|at| {
            let left = at.duration_since(now).max(SignedDuration::ZERO);
            Timespec {
                tv_sec: left.as_secs(),
                // A timer that fires a moment too early would be asked for again.
                tv_nsec: (i64::from(left.subsec_nanos()) + 1_000_000).min(999_999_999),
            }
        });
        let mut fds = vec![PollFd::new(&*wake, PollFlags::IN)];
        let watches = self
            .running
            .iter()
            .map(|r| &r.watch)
            .chain(&self.sandbox_watch);
        fds.extend(watches.map(|w| PollFd::new(w, PollFlags::IN)));
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error).at(Path::new("poll")),
        }
        // How many signals came does not matter.
        let mut bytes = [0; 64];
        while wake.read(&mut bytes).is_ok_and(|n| n > 0) {}
        Ok(())
    }

    /// Deals with every process that has ended.
    fn see_ends(&mut self) -> Result<(), EngineError> {
        let mut statuses: Vec<(i32, WaitStatus)> = Vec::new();
        // Also those that a container's first process, or runc, has left to us.
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            statuses.push((pid.as_raw_nonzero().get(), status));
        }
        let mut i = 0;
        while i < self.running.len() {
            if !has_ended(&self.running[i].watch) {
                i += 1;
                continue;
            }
            let ended = self.running.remove(i);
            let status = statuses.iter().find(|s| s.0 == ended.process.pid);
            // It may have ended after the others were reaped.
            let status = status.map(|s| s.1).or_else(|| reap(ended.process.pid));
            self.ended(ended, status)?;
        }
        let sandbox_gone = self.sandbox_watch.as_ref().is_some_and(has_ended);
        if sandbox_gone && self.killed.is_none() {
            self.event(
                "Normal",
                "SandboxChanged",
                "Pod sandbox changed, it will be killed and re-created.",
            );
            for running in std::mem::take(&mut self.running) {
                // It is to die; it may have done so already.
                let _ = running.process.signal(Signal::KILL);
                let status = reap(running.process.pid);
                self.ended(running, status)?;
            }
            self.drop_sandbox()?;
        }
        Ok(())
    }

    fn ended(&mut self, mut ended: Running, status: Option<WaitStatus>) -> Result<(), EngineError> {
        let now = Timestamp::now();
        let (exit_code, mut reason) = match status {
            Some(status) => match (status.exit_status(), status.terminating_signal()) {
                (Some(0), _) => (0, "Completed"),
                (Some(code), _) => (code, "Error"),
                (None, signal) => (128 + signal.unwrap_or(0), "Error"),
            },
            // Not our child: an earlier supervisor's.
            None => (137, "ContainerStatusUnknown"),
        };
        if ran_out_of_memory(&self.uid(), &ended.id) {
            reason = "OOMKilled";
        }
        if let Some(copier) = ended.copier.take() {
            copier.finish();
        }
        let message = match reason {
            "ContainerStatusUnknown" => {
                "The container ended while nobody watched it: the supervisor had been killed"
            }
            _ => "",
        };
        self.record.machine.exited(
            ended.slot,
            Terminated {
                container_id: format!("lanner://{}", ended.id),
                exit_code,
                reason: reason.to_owned(),
                message: message.to_owned(),
                started_at: ended.started,
                finished_at: now,
            },
        );
        if let Some(collector) = &self.collector {
            collector.write();
            collector.leave(&self.name_of(ended.slot));
        }
        self.save()?;
        fault("ended");
        self.discard(&ended.id)
    }

    /// Asks everything to end.
    fn begin_deletion(&mut self) -> Result<(), EngineError> {
        let path = self.home.delete_request();
        let text = fs::read_to_string(&path).unwrap_or_default();
        let set = self.record.pod.spec.termination_grace_period_seconds;
        let grace = text.trim().parse().unwrap_or(set.unwrap_or(30)).max(0);
        let now = Timestamp::now();
        self.record.machine.status.deletion_timestamp = Some(now);
        self.killed = Some(now + SignedDuration::from_secs(grace));
        let targets: Vec<_> = self.running.iter().map(|r| (r.slot, r.process)).collect();
        for (slot, process) in targets {
            let message = format!("Stopping container {}", self.name_of(slot));
            self.event("Normal", "Killing", &message);
            // It may have ended by itself.
            let _ = process.signal(if grace > 0 {
                Signal::TERM
            } else {
                Signal::KILL
            });
        }
        self.save()
    }

    /// Takes away all of the pod.
    fn delete(&mut self) -> Result<(), EngineError> {
        self.take_down()?;
        let path = &self.home.path;
        match fs::remove_dir_all(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e).at(path),
            _ => Ok(()),
        }
    }

    /// Nothing will run any more: what is left is what people may want to read.
    fn rest(&mut self) -> Result<(), EngineError> {
        self.take_down()?;
        self.record.supervisor = None;
        self.save()?;
        // A request that came in between would wait for ever.
        match self.home.delete_request().exists() {
            true => self.delete(),
            false => Ok(()),
        }
    }

    fn take_down(&mut self) -> Result<(), EngineError> {
        for mut running in std::mem::take(&mut self.running) {
            // It may have ended by itself.
            let _ = running.process.signal(Signal::KILL);
            if let Some(copier) = running.copier.take() {
                copier.finish();
            }
        }
        for live in self.record.live.clone() {
            self.discard(&live.id)?;
        }
        self.drop_sandbox()?;
        self.engine.remove_pod(&self.uid())?;
        // Its last words go to disk.
        self.collector = None;
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
        Ok(())
    }
}

/// Ends a pod that nobody supervises, because nothing of it runs any more or its supervisor was
/// killed.
///
/// # Errors
/// Something of it cannot be taken away.
pub fn delete_unsupervised(home: &PodHome) -> Result<bool, EngineError> {
    let Some(_lock) = home.try_lock()? else {
        return Ok(false);
    };
    if let Some(record) = home.read()? {
        let engine = Engine::new()?;
        let uid = &record.pod.metadata.uid;
        let ids = record.live.iter().map(|l| &l.id);
        for id in ids.chain(record.sandbox.iter().map(|s| &s.id)) {
            engine.remove(uid, id, &home.above(id))?;
        }
        engine.remove_pod(uid)?;
    }
    match fs::remove_dir_all(&home.path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e).at(&home.path),
        _ => Ok(true),
    }
}

fn has_ended(watch: &OwnedFd) -> bool {
    let mut fds = [PollFd::new(watch, PollFlags::IN)];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut fds, Some(&now)).is_ok_and(|n| n > 0)
}

/// Waits for a child that has ended or is about to; `None` if it is none of ours, or reaped.
fn reap(pid: i32) -> Option<WaitStatus> {
    let pid = Pid::from_raw(pid)?;
    waitpid(Some(pid), WaitOptions::empty()).ok()?.map(|w| w.1)
}

/// Whether the kernel killed something of a container because its memory was used up.
fn ran_out_of_memory(uid: &str, id: &str) -> bool {
    let path = cgroup::path(uid, id);
    let path = path.trim_start_matches('/');
    let files = [
        format!("/sys/fs/cgroup/memory/{path}/memory.oom_control"),
        format!("/sys/fs/cgroup/{path}/memory.events"),
    ];
    files.iter().any(|file| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let count = text.lines().find_map(|l| l.strip_prefix("oom_kill "));
        count.is_some_and(|n| n.trim() != "0")
    })
}

/// A connection to a port on the loopback of a pod's network.
///
/// # Errors
/// The pod is gone, or nobody listens there.
pub fn connect_in(sandbox: Process, port: u16) -> io::Result<std::net::TcpStream> {
    use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
    // A network namespace is the thread's own, and this thread is to stay in its own.
    let thread = std::thread::spawn(move || {
        let path = format!("/proc/{}/ns/net", sandbox.pid);
        let space = File::open(path)?;
        if !sandbox.is_alive() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let kind = Some(LinkNameSpaceType::Network);
        move_into_link_name_space(std::os::fd::AsFd::as_fd(&space), kind)?;
        std::net::TcpStream::connect(("127.0.0.1", port))
    });
    thread
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the thread is gone")))
}
