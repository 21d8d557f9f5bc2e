//! `lanner seccomp trace`: which calls a workload makes.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail};
use bstr::{BStr, ByteSlice};
use clap::{Args, ValueEnum};
use lanner_baseline::{Method, Recording, Shortfall, Subject, arguments};
use lanner_container::{Containers, Identity};
use lanner_probe::{Choice, Counted, Recorder, Scope};
use lanner_seccomp::bpf::{Data, Insn};
use lanner_seccomp::launch::Child;
use lanner_seccomp::load::{Filter, Flags};
use lanner_seccomp::supervise::{self, Answer, Task, Watcher};
use lanner_seccomp::{Action, Arch, constants, table};
use lanner_state::scan::{self, Procfs};
use lanner_state::{Limits, Live, State};

use super::report::{self, Format, FormatArgs};
use super::run::forward_signals;
use crate::signals::Signals;

/// Record which calls a workload makes.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner seccomp trace -o web.rec -- nginx -g 'daemon off;'
  lanner seccomp trace -o web.rec --container web -M 300
  lanner seccomp trace --pod shop/cart-7d9f -o cart.rec
  lanner seccomp trace --pid 4711
  lanner seccomp trace --format json -- ls | jq '.calls[].name'

A recording (-o) has each call, how often it was made and by which programs, and the values of
arguments that take constants: flags, domains, ioctl requests. `lanner seccomp learn` makes a
profile of it. A command is recorded from its first call on; of what is running already, its start
is missing, and learn adds what every program starts with.

Method: the probe counts in the kernel, loses nothing however busy the workload is, and needs root.
Without it, a command is traced (ptrace): that needs no rights, is slower, and the command cannot
trace others itself.

The recording ends with the command, after -M seconds, on Ctrl-C, or when the last of the processes
given with --pid is gone.")]
pub(crate) struct Trace {
    /// Record these processes, and all that come of them; may be repeated.
    #[arg(long, value_name = "PID")]
    pub(crate) pid: Vec<u32>,

    /// Record the containers with this name or id (its beginning will do); may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) container: Vec<String>,

    /// Record the containers of the Pod NAME or NAMESPACE/NAME; may be repeated.
    #[arg(long, value_name = "POD")]
    pub(crate) pod: Vec<String>,

    /// Write the recording to this file.
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Stop after so many seconds; a command gets SIGTERM then.
    #[arg(short = 'M', value_name = "SECONDS", default_value_t = 0)]
    pub(crate) duration: u64,

    /// How calls are recorded [default: probe, or else ptrace].
    #[arg(long, value_enum, value_name = "METHOD")]
    pub(crate) method: Option<How>,

    #[command(flatten)]
    pub(crate) format: FormatArgs,

    /// The command.
    #[arg(last = true, value_name = "COMMAND",
          conflicts_with_all = ["pid", "container", "pod"],
          required_unless_present_any = ["pid", "container", "pod"])]
    pub(crate) command: Vec<OsString>,
}

/// How calls are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum How {
    /// Counted in the kernel.
    Probe,
    /// The command is traced.
    Ptrace,
}

/// How often processes and signals are looked at.
const TICK: Duration = Duration::from_millis(100);
/// How often containers are looked for.
const SEARCH: Duration = Duration::from_secs(1);
/// The label of all that is recorded: nothing is told apart by it.
const ONE: u32 = 0;
/// Calls with different values that are kept when tracing.
const MOST_COUNTED: usize = 1 << 16;

/// Records; the exit code of the command.
pub(crate) fn run(trace: &Trace) -> ExitCode {
    execute(trace).unwrap_or_else(|error| super::run::failed(&error))
}

fn execute(trace: &Trace) -> Result<ExitCode> {
    let native = Arch::native().ok_or_else(|| anyhow!("this machine is in no profile"))?;
    let started = SystemTime::now();
    let clock = Instant::now();
    let subject = Subject {
        command: trace
            .command
            .iter()
            .map(|a| a.to_string_lossy().into_owned())
            .collect(),
        pids: trace.pid.clone(),
        containers: trace.container.clone(),
        pods: trace.pod.clone(),
        captures: Vec::new(),
    };
    // Whether it can be written is found out before, not after.
    let output = match &trace.output {
        Some(path) => {
            let file = File::create(path);
            Some((path, file.with_context(|| path.display().to_string())?))
        }
        None => None,
    };
    let mut recording = Recording::new(Method::Probe, subject, native);
    let (code, recorded) = match recorder(trace, native)? {
        Some(mut recorder) => {
            let code = match trace.command.is_empty() {
                true => follow(trace, &recorder)?,
                false => probe_command(trace, &recorder)?,
            };
            // Taking it away takes the kernel seconds.
            let recorded = clock.elapsed();
            recorder.stop();
            take(&recorder, native, !trace.command.is_empty(), &mut recording)?;
            (code, recorded)
        }
        None => {
            recording.method = Method::Ptrace;
            let code = trace_command(trace, &mut recording)?;
            (code, clock.elapsed())
        }
    };
    recording.started = started
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs());
    recording.seconds = (recorded.as_secs_f64() * 1000.0).round() / 1000.0;
    recording.kernel = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    recording.sort();
    let text = recording.to_text()?;
    if let Some((path, mut file)) = output {
        file.write_all(text.as_bytes())
            .with_context(|| path.display().to_string())?;
    }
    if trace.format.format == Format::Json {
        report::print(&text)?;
    } else if trace.command.is_empty() {
        report::print(&show(&recording))?;
    } else {
        // Nobody is left to tell if stderr is closed. Standard output is the command's.
        let _ = std::io::stderr().write_all(show(&recording).as_bytes());
    }
    let code = if code < 0 { 128 - code } else { code };
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// The probe, if it is to be used and can be.
fn recorder(trace: &Trace, native: Arch) -> Result<Option<Recorder>> {
    if trace.method == Some(How::Ptrace) {
        if trace.command.is_empty() {
            bail!(
                "only a command can be traced from its start: --method ptrace takes `-- COMMAND`"
            );
        }
        return Ok(None);
    }
    let opened = if in_initial_pid_namespace() {
        Recorder::open(&choices(native), Scope::Made).map_err(|e| anyhow!(e))
    } else {
        Err(anyhow!(
            "processes are numbered otherwise in the kernel than in this pid namespace"
        ))
    };
    match opened {
        Ok(recorder) => Ok(Some(recorder)),
        Err(why) if trace.command.is_empty() || trace.method.is_some() => Err(why),
        Err(why) => {
            tell(&format!(
                "the command is traced (ptrace), not recorded in the kernel: {why}"
            ));
            Ok(None)
        }
    }
}

pub(crate) fn in_initial_pid_namespace() -> bool {
    /// `PROC_PID_INIT_INO` of linux/proc_ns.h.
    const INITIAL: &str = "pid:[4026531836]";
    std::fs::read_link("/proc/self/ns/pid").is_ok_and(|link| link.as_os_str() == INITIAL)
}

fn tell(text: &str) {
    // Nobody is left to tell if stderr is closed.
    let _ = writeln!(std::io::stderr(), "lanner: {text}");
}

/// The arguments that are told apart.
pub(crate) fn choices(native: Arch) -> Vec<Choice> {
    let mut all = Vec::new();
    for (arch, compat) in [(native, false), (compat_of(native), true)] {
        for call in table::calls() {
            let (args, narrow) = arguments::recorded(arch, call);
            if let Some(number) = call.number(arch)
                && args != 0
            {
                all.push(Choice {
                    number,
                    compat,
                    args,
                    narrow,
                });
            }
        }
    }
    all
}

/// The ABI of 32-bit programs.
fn compat_of(native: Arch) -> Arch {
    match native {
        Arch::Aarch64 => Arch::Arm,
        _ => Arch::X86,
    }
}

/// The ABI of a call.
pub(crate) fn abi_of(counted: &Counted, native: Arch) -> Arch {
    match native {
        _ if counted.compat => compat_of(native),
        Arch::X86_64 if counted.number & lanner_seccomp::arch::X32_BIT != 0 => Arch::X32,
        _ => native,
    }
}

/// What was counted in the kernel. Of a command, all but what lanner did before it executed that.
fn take(
    recorder: &Recorder,
    native: Arch,
    is_command: bool,
    recording: &mut Recording,
) -> Result<()> {
    let own = std::env::current_exe().ok();
    let own = own
        .as_ref()
        .and_then(|p| p.file_name())
        .map(|n| n.to_string_lossy());
    let execve = table::by_name("execve").and_then(|c| c.number(native));
    for counted in recorder.counted().map_err(|e| anyhow!(e))? {
        let before = is_command
            && own
                .as_ref()
                .is_some_and(|own| own.starts_with(&counted.exe));
        if before && Some(counted.number) != execve {
            continue;
        }
        let arch = abi_of(&counted, native);
        let chosen = table::by_number(arch, counted.number);
        let chosen = chosen.map_or(0, |call| arguments::recorded(arch, call).0);
        recording.add(
            (arch, counted.number),
            &counted.exe,
            (chosen, counted.args.as_ref()),
            counted.count,
        );
    }
    let lost = recorder.shortfall().map_err(|e| anyhow!(e))?;
    recording.shortfall = Shortfall {
        values: lost.values,
        calls: lost.calls,
        processes: lost.processes,
    };
    Ok(())
}

/// A command, counted in the kernel.
fn probe_command(trace: &Trace, recorder: &Recorder) -> Result<i32> {
    let mut child = Child::spawn(&trace.command, None, false)?;
    recorder
        .add_process(child.pid().cast_unsigned(), ONE)
        .map_err(|e| anyhow!(e))?;
    forward_signals(child.pid())?;
    end_after(trace.duration, child.pid());
    Ok(supervise::wait(&mut child, None, &mut |_| ())?)
}

/// Ends a command after so many seconds; 0: never.
fn end_after(seconds: u64, pid: i32) {
    if seconds == 0 {
        return;
    }
    thread::spawn(move || {
        thread::sleep(Duration::from_secs(seconds));
        if let Some(pid) = rustix::process::Pid::from_raw(pid) {
            // It may be gone.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    });
}

/// What is running already, counted in the kernel.
fn follow(trace: &Trace, recorder: &Recorder) -> Result<i32> {
    let signals = Signals::install().context("signals cannot be handled")?;
    for pid in &trace.pid {
        if !PathBuf::from(format!("/proc/{pid}")).exists() {
            bail!("there is no process {pid}");
        }
        recorder.add_process(*pid, ONE).map_err(|e| anyhow!(e))?;
        for child in descendants(*pid) {
            recorder.add_process(child, ONE).map_err(|e| anyhow!(e))?;
        }
        tell(&format!("recording process {pid}"));
    }
    let wanted = Wanted {
        containers: &trace.container,
        pods: &trace.pod,
    };
    // Held, because the number of a namespace that is gone goes to another.
    let mut known: BTreeMap<u32, File> = BTreeMap::new();
    let mut waits = false;
    let searches = !trace.container.is_empty() || !trace.pod.is_empty();
    let end = (trace.duration > 0).then(|| Instant::now() + Duration::from_secs(trace.duration));
    let mut next = Instant::now();
    loop {
        if searches && Instant::now() >= next {
            let found = wanted.find()?;
            known.retain(|inode, _| {
                let runs = found.contains_key(inode);
                if !runs {
                    recorder.remove_mount_namespace(*inode);
                }
                runs
            });
            for (inode, (name, namespace)) in found {
                if known.insert(inode, namespace).is_none() {
                    recorder
                        .add_mount_namespace(inode, ONE)
                        .map_err(|e| anyhow!(e))?;
                    tell(&format!("recording {name}"));
                    waits = true;
                }
            }
            if known.is_empty() && !waits {
                waits = true;
                tell("no such container or Pod is running; waiting for it");
            }
            next = Instant::now() + SEARCH;
        }
        let gone = |pid: &u32| !PathBuf::from(format!("/proc/{pid}")).exists();
        let over = end.is_some_and(|end| Instant::now() >= end);
        if signals.end() || over || (!searches && trace.pid.iter().all(gone)) {
            return Ok(0);
        }
        thread::sleep(TICK);
    }
}

/// The processes that came of one, as far as they live.
fn descendants(of: u32) -> Vec<u32> {
    let mut parents: Vec<(u32, u32)> = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
            continue;
        };
        let status = std::fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let parent = status.lines().find_map(|l| l.strip_prefix("PPid:"));
        if let Some(parent) = parent.and_then(|p| p.trim().parse().ok()) {
            parents.push((pid, parent));
        }
    }
    let mut found = vec![of];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(
            parents
                .iter()
                .filter(|(_, p)| *p == parent)
                .map(|(pid, _)| pid),
        );
        at += 1;
    }
    found
}

/// Containers that are asked for.
struct Wanted<'a> {
    containers: &'a [String],
    pods: &'a [String],
}

impl Wanted<'_> {
    /// The mount namespaces of those that are running, by their numbers, with names.
    fn find(&self) -> Result<BTreeMap<u32, (String, File)>> {
        let options = scan::Options::from_env();
        let scan = scan::scan(&options);
        let live = Procfs::new(&options, scan.snapshot.machine.boot_ts);
        let live = live.ok().map(|procfs| Box::new(procfs) as Box<dyn Live>);
        let mut state = State::new(Limits::default());
        state.seed_scan(scan, live);
        let mut containers = Containers::new(options.host_root.clone());
        let (own, _) = mount_namespace("self").context("/proc/self/ns/mnt")?;
        let mut found = BTreeMap::new();
        for thread in state.threads().filter(|t| t.tid == t.pid) {
            let Identity::Container(container) = containers.identify(&state, thread.cgroups, 0)
            else {
                continue;
            };
            let name = container.name.as_ref().map(|n| n.as_bstr());
            let pod = container.pod.as_ref();
            let pod = pod.map(|p| (p.namespace.as_bstr(), p.name.as_bstr()));
            if !self.has(container.full_id.as_bstr(), name, pod) {
                continue;
            }
            let shown = name.unwrap_or(container.id.as_bstr()).to_string();
            match mount_namespace(&thread.pid.to_string()) {
                Some((inode, namespace)) if inode != own => {
                    found.insert(inode, (shown, namespace));
                }
                Some(_) => bail!("container {shown} shares the host's files: use --pid"),
                // It is gone.
                None => {}
            }
        }
        Ok(found)
    }

    fn has(&self, id: &BStr, name: Option<&BStr>, pod: Option<(&BStr, &BStr)>) -> bool {
        let by_name = |wanted: &String| {
            let wanted = wanted.as_bytes();
            name.is_some_and(|n| n == wanted) || (wanted.len() >= 4 && id.starts_with(wanted))
        };
        let by_pod = |wanted: &String| {
            pod.is_some_and(|(namespace, name)| match wanted.split_once('/') {
                Some((n, p)) => namespace == n.as_bytes() && name == p.as_bytes(),
                None => name == wanted.as_bytes(),
            })
        };
        self.containers.iter().any(by_name) || self.pods.iter().any(by_pod)
    }
}

/// The number of a process's mount namespace, and the namespace, open.
pub(crate) fn mount_namespace(pid: &str) -> Option<(u32, File)> {
    let namespace = File::open(format!("/proc/{pid}/ns/mnt")).ok()?;
    let inode = namespace.metadata().ok()?.ino();
    Some((u32::try_from(inode).ok()?, namespace))
}

/// A command, traced.
fn trace_command(trace: &Trace, recording: &mut Recording) -> Result<i32> {
    let filter = Filter::new(&[Insn::ret(Action::Trace(0).ret())], Flags::default())?;
    // A filter needs this of whoever is not privileged.
    let privileged = rustix::process::geteuid().is_root();
    let mut child = Child::spawn(&trace.command, Some(&filter), !privileged)?;
    forward_signals(child.pid())?;
    end_after(trace.duration, child.pid());
    let mut counter = Counter::default();
    let code = supervise::watch(&mut child, &filter, &mut counter)?;
    for ((arch, number, args, exe), count) in counter.counted {
        let chosen = table::by_number(arch, number);
        let chosen = chosen.map_or(0, |call| arguments::recorded(arch, call).0);
        recording.add((arch, number), &exe, (chosen, args.as_ref()), count);
    }
    recording.shortfall.values = counter.without_values;
    recording.shortfall.calls = counter.lost;
    Ok(code)
}

/// A call, the values of its recorded arguments, and the program that made it.
type Traced = (Arch, u32, Option<[u64; 6]>, String);

/// Counts the calls of a traced command.
#[derive(Default)]
struct Counter {
    counted: HashMap<Traced, u64>,
    /// The files that the threads execute.
    programs: HashMap<i32, String>,
    without_values: u64,
    lost: u64,
}

impl Counter {
    fn count(&mut self, key: Traced) -> bool {
        if let Some(count) = self.counted.get_mut(&key) {
            *count += 1;
            return true;
        }
        // Room for what has no values is kept back.
        let most = match key.2 {
            Some(_) => MOST_COUNTED,
            None => 2 * MOST_COUNTED,
        };
        let fits = self.counted.len() < most;
        if fits {
            self.counted.insert(key, 1);
        }
        fits
    }
}

impl Watcher for Counter {
    fn asked(&mut self, task: &Task, call: &Data) -> Answer {
        let Some(arch) = Arch::of_call(call.arch, call.nr) else {
            self.lost += 1;
            return Answer::Continue;
        };
        let program = self.programs.entry(task.tid).or_insert_with(|| {
            let exe = task.exe();
            exe.rsplit('/').next().unwrap_or_default().to_owned()
        });
        let program = program.clone();
        let (chosen, narrow) = match table::by_number(arch, call.nr) {
            Some(known) => arguments::recorded(arch, known),
            None => (0, 0),
        };
        let mut args = [0; 6];
        for (i, arg) in args.iter_mut().enumerate() {
            if chosen >> i & 1 != 0 {
                *arg = call.args[i];
            }
            if narrow >> i & 1 != 0 {
                *arg &= 0xffff_ffff;
            }
        }
        if !self.count((arch, call.nr, Some(args), program.clone())) {
            self.without_values += 1;
            if !self.count((arch, call.nr, None, program)) {
                self.lost += 1;
            }
        }
        Answer::Continue
    }

    fn killed(&mut self, _: &Task, _: &Data) {}

    fn trapped(&mut self, _: &Task, _: &Data) {}

    fn changed(&mut self, tid: i32) {
        self.programs.remove(&tid);
    }

    fn listens(&mut self, _: OwnedFd) {}
}

/// Values shown of an argument.
const SHOWN_VALUES: usize = 4;

/// A recording as a table.
fn show(recording: &Recording) -> String {
    let mut out = String::new();
    let how = match recording.method {
        Method::Probe => "counted in the kernel",
        Method::Ptrace => "by tracing",
        Method::Capture => "from a capture",
        Method::Merged => "merged",
    };
    let mut calls: Vec<_> = recording.calls.iter().collect();
    calls.sort_by_key(|c| (std::cmp::Reverse(c.count), &c.name));
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "{} calls, {} different ones, in {:.1} s, {how}",
        recording.total(),
        calls.len(),
        recording.seconds
    );
    let lost = &recording.shortfall;
    let losses = [
        (lost.calls, "calls were not recorded"),
        (
            lost.values,
            "calls were recorded without the values of their arguments",
        ),
        (lost.processes, "processes were not seen"),
    ];
    for (count, what) in losses.iter().filter(|(count, _)| *count > 0) {
        let _ = writeln!(out, "{count} {what}: there were too many different ones");
    }
    let _ = writeln!(
        out,
        "{:>9}  {:<20} {:<24} VALUES",
        "COUNT", "CALL", "PROGRAMS"
    );
    for call in calls {
        let arch = Arch::from_name(&call.arch);
        let programs: Vec<&str> = call.programs.keys().map(String::as_str).collect();
        let programs = match programs.len() {
            0..=3 => programs.join(" "),
            n => format!("{} and {} more", programs[..2].join(" "), n - 2),
        };
        let name = match call.name.is_empty() {
            true => format!("call {}", call.number),
            false => call.name.clone(),
        };
        let name = match call.arch == recording.arch {
            true => name,
            false => format!("{name} [{}]", arch.map_or("?", Arch::short_name)),
        };
        let values = arch.map_or(String::new(), |arch| values(arch, call));
        let row = format!("{:>9}  {name:<20} {programs:<24} {values}", call.count);
        let _ = writeln!(out, "{}", row.trim_end());
    }
    out
}

/// The values of each recorded argument of a call.
fn values(arch: Arch, call: &lanner_baseline::Call) -> String {
    let mut by_arg: BTreeMap<u8, BTreeMap<u64, u64>> = BTreeMap::new();
    for seen in &call.values {
        for (arg, value) in &seen.args {
            *by_arg.entry(*arg).or_default().entry(*value).or_default() += seen.count;
        }
    }
    let known = table::by_name(&call.name);
    let shown = by_arg.iter().map(|(arg, values)| {
        let args = known.and_then(|k| k.args.as_ref());
        let name = args
            .and_then(|a| a.get(usize::from(*arg)))
            .map_or("?", |a| a.name);
        let mut values: Vec<(&u64, &u64)> = values.iter().collect();
        values.sort_by_key(|(value, count)| (std::cmp::Reverse(**count), **value));
        let names = values.iter().take(SHOWN_VALUES).map(|(value, _)| {
            match constants::of(arch, &call.name, *arg) {
                Some(set) => set.render(**value),
                None => format!("{value:#x}"),
            }
        });
        let mut text = names.collect::<Vec<_>>().join(", ");
        if values.len() > SHOWN_VALUES {
            let _ = write!(text, ", {} more", values.len() - SHOWN_VALUES);
        }
        format!("{name}: {text}")
    });
    shown.collect::<Vec<_>>().join("; ")
}
