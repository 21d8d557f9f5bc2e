//! What filters have logged of a pod's calls: how often each was made or refused, by whom, and
//! with which arguments, where the kernel can be had to count these ([`Recorder`]).
//!
//! Records of the kernel have no container. Each container begins an audit session of its own
//! (see the shim), so the session in a record tells whose it is, also of processes that are long
//! gone; where sessions may not be set, the process's cgroup tells, as long as it lives.

mod recorder;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lanner_seccomp::audit::{Event, Listener, Record};
use lanner_seccomp::policy::Policy;
use lanner_seccomp::{Arch, table};
pub use recorder::{Open, Recorded, Recorder};
use recorder::{Watched, merge};
use serde::{Deserialize, Serialize};

/// Most kinds of calls that are told apart in a pod; more are counted as one.
const MAX_KINDS: usize = 4096;
/// Most sessions of which it is not known yet whose they are.
const MAX_UNKNOWN: usize = 64;
/// Refusals that are kept in the order in which they happened, of each container.
const MAX_FIRST: usize = 32;

/// One kind of call of one container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Call {
    /// The container.
    pub container: String,
    /// The call.
    pub name: String,
    /// The ABI if it is not the machine's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub abi: String,
    /// The name of the process.
    pub process: String,
    /// What was done with it, as profiles name it.
    pub action: String,
    /// Its arguments as far as they are told apart, for people; empty if none are, or if nobody
    /// counted them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arguments: String,
}

impl Call {
    /// The call with a number, as the kernel gave it, of a process; whose it is and what was done
    /// with it is not said yet.
    pub fn new(audit_arch: u32, number: u32, process: &str) -> Call {
        let arch = Arch::of_call(audit_arch, number);
        let known = arch.and_then(|arch| table::by_number(arch, number));
        Call {
            container: String::new(),
            name: known.map_or_else(|| format!("call {number}"), |c| c.name.to_owned()),
            abi: match arch {
                _ if arch == Arch::native() => String::new(),
                Some(arch) => arch.short_name().to_owned(),
                None => format!("{audit_arch:#x}"),
            },
            process: process.to_owned(),
            action: String::new(),
            arguments: String::new(),
        }
    }

    /// Whether it did not happen.
    pub fn is_refused(&self) -> bool {
        !matches!(
            self.action.as_str(),
            "SCMP_ACT_LOG" | "SCMP_ACT_ALLOW" | "SCMP_ACT_TRACE"
        )
    }
}

/// Calls of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Syscalls {
    counts: Vec<(Call, u64)>,
    /// The first refusals of each container, in order.
    pub first: Vec<Call>,
    /// What was lost, in words.
    pub losses: Vec<String>,
    /// Why calls have no arguments, in words; empty if they have.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub without_arguments: String,
    /// Records of more kinds than are kept.
    pub beyond: u64,
}

impl Syscalls {
    /// Reads what a supervisor has written; empty if there is nothing.
    pub fn read(path: &Path) -> Syscalls {
        let bytes = fs::read(path).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Each kind with how often, the most frequent first.
    pub fn list(&self) -> Vec<(&Call, u64)> {
        let mut list: Vec<_> = self.counts.iter().map(|(c, n)| (c, *n)).collect();
        list.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        list
    }
}

#[derive(Default)]
struct State {
    /// What an earlier supervisor knew.
    before: BTreeMap<Call, u64>,
    /// From audit records.
    counts: BTreeMap<Call, u64>,
    /// As counted in the kernel.
    recorded: Vec<Recorded>,
    /// The containers that are recorded, by their labels.
    watched: Vec<Watched>,
    first: Vec<Call>,
    losses: BTreeMap<String, u64>,
    recorder_losses: Vec<String>,
    without_arguments: String,
    beyond: u64,
    /// Session, and cgroup id, to the name of the container.
    sessions: BTreeMap<u32, String>,
    ids: BTreeMap<String, String>,
    /// What came of sessions that nobody has claimed yet.
    unknown: BTreeMap<u32, Vec<(Call, u64)>>,
    dirty: bool,
}

impl State {
    fn add(&mut self, call: Call, count: u64) {
        self.dirty = true;
        if call.is_refused() {
            let of = self.first.iter().filter(|c| c.container == call.container);
            if of.count() < MAX_FIRST && !self.first.contains(&call) {
                self.first.push(call.clone());
            }
        }
        if self.counts.len() >= MAX_KINDS && !self.counts.contains_key(&call) {
            self.beyond += count;
            return;
        }
        *self.counts.entry(call).or_insert(0) += count;
    }

    fn record(&mut self, record: &Record) {
        let mut call = Call {
            action: record.action.name().to_owned(),
            ..Call::new(record.audit_arch, record.number, &record.comm)
        };
        if let Some(session) = record.session {
            if let Some(container) = self.sessions.get(&session) {
                call.container.clone_from(container);
                return self.add(call, 1);
            }
            if let Some(container) = self.by_cgroup(record.pid) {
                call.container = container;
                return self.add(call, 1);
            }
            // It may be that of a container which is just beginning.
            if self.unknown.len() < MAX_UNKNOWN || self.unknown.contains_key(&session) {
                let list = self.unknown.entry(session).or_default();
                match list.iter().position(|(c, _)| *c == call) {
                    Some(at) => list[at].1 += 1,
                    None if list.len() < MAX_KINDS => list.push((call, 1)),
                    None => {}
                }
            }
            return;
        }
        if let Some(container) = self.by_cgroup(record.pid) {
            call.container = container;
            self.add(call, 1);
        }
    }

    /// All calls that are known, and how often more of further kinds were made.
    fn all(&self) -> (Vec<(Call, u64)>, u64) {
        let mut all = self.before.clone();
        for (call, count) in merge(&self.counts, &self.recorded, &self.watched) {
            *all.entry(call).or_default() += count;
        }
        let mut all: Vec<_> = all.into_iter().collect();
        let mut beyond = self.beyond;
        if all.len() > MAX_KINDS {
            all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            beyond += all.drain(MAX_KINDS..).map(|(_, count)| count).sum::<u64>();
        }
        (all, beyond)
    }

    fn by_cgroup(&self, pid: i32) -> Option<String> {
        let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
        let at = text.find("/lanner/pod")?;
        let path = text[at..].lines().next()?;
        let id = path.split('/').nth(3)?;
        self.ids.get(id).cloned()
    }
}

/// Listens to the kernel for the containers of one pod.
#[derive(Debug)]
pub(crate) struct Collector {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    recorder: Mutex<Option<Box<dyn Recorder>>>,
    state: Mutex<State>,
    done: AtomicBool,
    path: PathBuf,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the kernel what was counted.
    fn count(&self) {
        let recorder = self.recorder.lock();
        let recorder = recorder.unwrap_or_else(PoisonError::into_inner);
        let Some(recorder) = recorder.as_ref() else {
            return;
        };
        let counted = recorder.counted();
        let mut state = self.lock();
        let (recorded, losses) = match counted {
            Ok(counted) => counted,
            Err(why) => (state.recorded.clone(), vec![why]),
        };
        if recorded != state.recorded || losses != state.recorder_losses {
            state.recorded = recorded;
            state.recorder_losses = losses;
            state.dirty = true;
        }
    }

    /// Writes what is new to disk.
    fn write(&self) {
        self.count();
        let mut state = self.lock();
        if !state.dirty {
            return;
        }
        state.dirty = false;
        let (counts, beyond) = state.all();
        let syscalls = Syscalls {
            counts,
            first: state.first.clone(),
            losses: state
                .losses
                .iter()
                .map(|(what, times)| match times {
                    1 => what.clone(),
                    _ => format!("{what} ({times} times)"),
                })
                .chain(state.recorder_losses.iter().cloned())
                .collect(),
            without_arguments: state.without_arguments.clone(),
            beyond,
        };
        drop(state);
        if let Ok(bytes) = serde_json::to_vec(&syscalls) {
            // A full disk loses the counts of this second, the next writes them again.
            let _ = crate::home::write_whole(&self.path, &bytes);
        }
    }
}

impl Collector {
    /// Begins to listen, and to record; counts go on from those on disk.
    pub(crate) fn start(path: PathBuf, open: &Open) -> Collector {
        let old = Syscalls::read(&path);
        let (recorder, without_arguments) = match open() {
            Ok(recorder) => (Some(recorder), String::new()),
            Err(why) => (None, why),
        };
        let state = State {
            before: old.counts.into_iter().collect(),
            without_arguments,
            first: old.first,
            losses: old.losses.into_iter().map(|l| (l, 1)).collect(),
            beyond: old.beyond,
            ..State::default()
        };
        let shared = Arc::new(Shared {
            recorder: Mutex::new(recorder),
            state: Mutex::new(state),
            done: AtomicBool::new(false),
            path,
        });
        let listener = match Listener::open() {
            Ok((listener, None)) => Some(listener),
            Ok((listener, Some(why))) => {
                shared.lose(format!("only part of the calls is known: {why}"));
                Some(listener)
            }
            Err(why) => {
                shared.lose(format!("no calls are known: {why}"));
                None
            }
        };
        let of_thread = shared.clone();
        let named = std::thread::Builder::new().name("audit".to_owned());
        let thread = named.spawn(move || listen(listener, &of_thread)).ok();
        Collector { shared, thread }
    }

    /// Runs `begin`, and records whoever it starts as of this container. Its profile decides this.
    pub(crate) fn record<T>(
        &self,
        container: &str,
        policy: &Policy,
        begin: impl FnOnce() -> T,
    ) -> T {
        let label = self.watch(container, Some(policy));
        self.ask(|recorder| recorder.follow_children(label));
        let begun = begin();
        self.ask(|recorder| {
            recorder.leave_children();
            Ok(())
        });
        begun
    }

    /// Records the processes of a container that runs. Those that it is given later, by `exec`,
    /// are found by the mount namespace of these.
    pub(crate) fn follow(&self, container: &str, pids: &[i32]) {
        let label = self.watch(container, None);
        self.ask(|recorder| pids.iter().try_for_each(|pid| recorder.follow(*pid, label)));
    }

    /// A container has ended: what is in a namespace of that number from now on is another's.
    pub(crate) fn leave(&self, container: &str) {
        let label = self.watch(container, None);
        self.ask(|recorder| {
            recorder.leave(label);
            Ok(())
        });
    }

    /// The label of a container.
    fn watch(&self, container: &str, policy: Option<&Policy>) -> u32 {
        let mut state = self.shared.lock();
        let at = state.watched.iter().position(|w| w.name == container);
        let at = at.unwrap_or_else(|| {
            state.watched.push(Watched {
                name: container.to_owned(),
                policy: None,
            });
            state.watched.len() - 1
        });
        if let Some(policy) = policy {
            state.watched[at].policy = Some(policy.clone());
        }
        at as u32
    }

    fn ask(&self, question: impl FnOnce(&mut dyn Recorder) -> Result<(), String>) {
        let recorder = self.shared.recorder.lock();
        let mut recorder = recorder.unwrap_or_else(PoisonError::into_inner);
        let answer = match recorder.as_mut() {
            Some(recorder) => question(recorder.as_mut()),
            None => Ok(()),
        };
        drop(recorder);
        if let Err(why) = answer {
            self.shared.lose(why);
        }
    }

    /// Whose a session and a cgroup are.
    pub(crate) fn claim(&self, container: &str, id: &str, session: Option<u32>) {
        let mut state = self.shared.lock();
        state.ids.insert(id.to_owned(), container.to_owned());
        let Some(session) = session else { return };
        state.sessions.insert(session, container.to_owned());
        for (mut call, count) in state.unknown.remove(&session).unwrap_or_default() {
            call.container = container.to_owned();
            state.add(call, count);
        }
    }

    /// Writes what is known so far.
    pub(crate) fn write(&self) {
        self.shared.write();
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.shared.done.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // It does not panic.
            let _ = thread.join();
        }
        self.shared.write();
    }
}

impl Shared {
    fn lose(&self, what: String) {
        let mut state = self.lock();
        *state.losses.entry(what).or_insert(0) += 1;
        state.dirty = true;
    }
}

fn listen(mut listener: Option<Listener>, shared: &Shared) {
    // How long an idle collector takes to end.
    const PATIENCE: Duration = Duration::from_millis(100);
    const WRITE: Duration = Duration::from_millis(500);
    let mut written = Instant::now();
    let mut last = false;
    loop {
        if !last && shared.done.load(Ordering::Acquire) {
            last = true;
            if let Some(listener) = &mut listener {
                listener.finish();
            }
        }
        let next = match &mut listener {
            Some(listener) => listener.next(PATIENCE),
            None => {
                std::thread::sleep(PATIENCE);
                Ok(None)
            }
        };
        match next {
            Ok(Some(Event::Record(record))) => shared.lock().record(&record),
            Ok(Some(Event::Lost(lost))) => shared.lose(lost.to_string()),
            Ok(None) if last => break,
            Ok(None) => {}
            Err(error) => {
                shared.lose(format!("audit records cannot be read any more: {error}"));
                listener = None;
            }
        }
        if written.elapsed() >= WRITE {
            shared.write();
            written = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(session: u32, call: u32, action: &str) -> Record {
        let text = format!(
            "audit(1700000000.123:7): auid=0 uid=0 gid=0 ses={session} pid=999999999 comm=\"web\" \
             exe=\"/web\" sig=0 arch=c000003e syscall={call} compat=0 ip=0x1 code={action}"
        );
        Record::parse(&text).unwrap()
    }

    #[test]
    fn calls_are_counted_for_the_container_of_their_session() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("syscalls.json");
        let shared = Arc::new(Shared {
            recorder: Mutex::default(),
            state: Mutex::default(),
            done: AtomicBool::new(false),
            path: path.clone(),
        });
        let collector = Collector {
            shared: shared.clone(),
            thread: None,
        };
        // Before and after the session is claimed, and one of somebody else.
        shared.lock().record(&record(7, 257, "0x7ffc0000"));
        collector.claim("c", "id", Some(7));
        shared.lock().record(&record(7, 257, "0x7ffc0000"));
        shared.lock().record(&record(7, 41, "0x50000"));
        shared.lock().record(&record(8, 41, "0x50000"));
        drop(collector);
        let read = Syscalls::read(&path);
        let shown: Vec<_> = read
            .list()
            .iter()
            .map(|(c, n)| format!("{n} {} {} {} {}", c.container, c.name, c.process, c.action))
            .collect();
        assert_eq!(
            shown,
            [
                "2 c openat web SCMP_ACT_LOG",
                "1 c socket web SCMP_ACT_ERRNO"
            ]
        );
        assert_eq!(read.first.len(), 1);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut state = State::default();
        state.sessions.insert(1, "c".to_owned());
        for i in 0..6000 {
            state.record(&record(1, i, "0x50000"));
        }
        for i in 0..1000 {
            state.record(&record(100 + i, 1, "0x50000"));
        }
        assert_eq!(state.counts.len(), MAX_KINDS);
        assert_eq!(state.beyond, 6000 - MAX_KINDS as u64);
        assert_eq!(state.first.len(), MAX_FIRST);
        assert_eq!(state.unknown.len(), MAX_UNKNOWN);
    }
}
