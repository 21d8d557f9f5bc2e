//! `lanner seccomp run`: a command under a profile, and what the profile refuses it.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use lanner_seccomp::audit::{self, Event};
use lanner_seccomp::bpf::{Data, Insn};
use lanner_seccomp::compile;
use lanner_seccomp::defaults::{self, RuntimeDefault};
use lanner_seccomp::launch::{Child, LaunchError};
use lanner_seccomp::load::{Filter, Flags};
use lanner_seccomp::notify;
use lanner_seccomp::policy::Policy;
use lanner_seccomp::profile::errno_by_name;
use lanner_seccomp::supervise::{
    self, Answer, Scope, Task, WatchError, Watcher, observed, verdict,
};
use lanner_seccomp::{Action, bpf, constants, table};

use super::calls;
use super::input::{self, Loaded};
use super::refusals::{Caller, Fate, Refusals, Style};
use super::report::FormatArgs;
use super::target::TargetArgs;

/// Run a command under a profile, and tell what it refuses.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner seccomp run --profile fine-grained.json -- nginx -g 'daemon off;'
  lanner seccomp run --profile fine-grained.json --audit -- make test
  lanner seccomp run -- unshare -r id                  # under Docker's default profile
  lanner seccomp run --profile p.json --notify mkdir=errno:EPERM --notify continue -- sh
  lanner seccomp run --profile p.json --format json --report refusals.jsonl -- ./server

The command runs as it is, on this machine's files and network, under the very filter that the
runtime would load; it is not in a container. Each refused call is told on stderr once for each
program, with its arguments and the stack that led to it, and again in the sum at the end.

By default the command is traced, so that a refused call can be looked at while it stands still;
a traced command cannot trace others itself, and --observe audit is for those. Everything that
the command starts is under the filter too, and lanner ends with the last of them.

Exit code: the command's; 128 and the signal's number if a signal ended it (159: SIGSYS, from the
filter). 125 if the command could not be run, 126 if it is no program, 127 if there is none.")]
pub(crate) struct Run {
    /// The profile; `-` reads it from standard input. Without it, Docker's default.
    #[arg(short = 'p', long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,

    /// Let everything happen, and tell what would be refused.
    #[arg(long)]
    pub(crate) audit: bool,

    /// How refusals are seen.
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub(crate) observe: Observe,

    /// Whether the command may gain privileges by executing set-user-ID programs: true means that
    /// it may not, as with allowPrivilegeEscalation: false. With false the filter needs
    /// CAP_SYS_ADMIN.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set,
          num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) no_new_privs: bool,

    /// What notified calls get, with CALL= in front one of them: `continue`, `errno:EPERM`,
    /// `return:0`. May be repeated [default: errno:ENOSYS, as without a listener].
    #[arg(long, value_name = "[CALL=]ANSWER", value_parser = notify_answer)]
    pub(crate) notify: Vec<(Option<String>, Answer)>,

    /// Tell each refusal, not the first of each kind.
    #[arg(long)]
    pub(crate) every: bool,

    /// Leave out the stacks.
    #[arg(long)]
    pub(crate) no_stack: bool,

    /// Where to tell refusals [default: stderr].
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,

    /// The command.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// How refusals are seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Observe {
    /// The command is traced: arguments and stacks, no privileges needed.
    #[default]
    Ptrace,
    /// The kernel's audit records: nothing about the command is different, but there are neither
    /// arguments nor stacks; needs CAP_AUDIT_READ.
    Audit,
}

fn notify_answer(text: &str) -> Result<(Option<String>, Answer), String> {
    let (call, answer) = match text.split_once('=') {
        Some((call, answer)) => (Some(call), answer),
        None => (None, text),
    };
    if let Some(call) = call
        && table::by_name(call).is_none()
    {
        let near = lanner_diag::nearest(call, table::calls().iter().map(|c| c.name));
        let hint = near.map_or(String::new(), |n| format!(", did you mean {n}?"));
        return Err(format!("{call} is no system call{hint}"));
    }
    let known = || "expected continue, errno:NAME or return:NUMBER".to_owned();
    let answer = match answer.split_once(':') {
        None if answer == "continue" => Answer::Continue,
        Some(("errno", name)) => {
            let number = errno_by_name(name).or_else(|| name.parse().ok());
            // More the kernel does not take for an error.
            let number = number.filter(|n| (1..4096).contains(n));
            Answer::Errno(number.ok_or_else(|| format!("{name} is no error number"))?)
        }
        Some(("return", number)) => {
            Answer::Return(constants::parse_number(number).ok_or_else(known)? as i64)
        }
        _ => return Err(known()),
    };
    Ok((call.map(str::to_owned), answer))
}

/// The exit code if the command could not be run; as of env(1) and docker.
const CANNOT_RUN: u8 = 125;

/// Runs the command; its exit code.
pub(crate) fn run(run: &Run) -> ExitCode {
    execute(run).unwrap_or_else(|error| failed(&error))
}

/// Tells why a command could not be run; the exit code for that.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    super::complain(error);
    ExitCode::from(match launch_error(error) {
        Some(LaunchError::NotFound(_)) => 127,
        Some(LaunchError::Exec { .. }) => 126,
        _ => CANNOT_RUN,
    })
}

fn launch_error(error: &anyhow::Error) -> Option<&LaunchError> {
    match error.downcast_ref::<WatchError>() {
        Some(WatchError::Launch(error)) => Some(error),
        _ => error.downcast_ref(),
    }
}

/// What decides, and where its rules stand.
struct Confinement {
    policy: Policy,
    /// Where each rule stands, `FILE:LINE:COLUMN`.
    places: Vec<String>,
    flags: Flags,
    program: Vec<Insn>,
}

impl Confinement {
    fn new(run: &Run) -> Result<Confinement> {
        let Some(path) = &run.profile else {
            let target = run.target.target(None)?;
            let spec = defaults::runtime_default(RuntimeDefault::Docker, &target);
            return Confinement::of(Policy::new(&spec), Vec::new(), Flags::SPEC_ALLOW);
        };
        let loaded = input::load(path)?;
        let (_, applied, policy) = loaded.apply(&run.target)?;
        let place = |index: &usize| {
            let span = lanner_diag::Span {
                file: loaded.profile.file,
                range: loaded.profile.rules[*index].span,
            };
            let at = loaded.files.line_column(span);
            let name = loaded.files.name(loaded.profile.file);
            format!("{name}:{}:{}", at.line, at.column)
        };
        let places = applied.origins.iter().map(place).collect();
        Confinement::of(policy, places, flags(&loaded)?)
    }

    fn of(policy: Policy, places: Vec<String>, flags: Flags) -> Result<Confinement> {
        let program = compile::compile(&policy, &compile::Options::default())?;
        Ok(Confinement {
            policy,
            places,
            flags,
            program,
        })
    }

    fn why(&self, call: &Data) -> String {
        let place = |index: usize| self.places.get(index).cloned();
        calls::reason(self.policy.decide(call).1, place)
    }

    fn notifies(&self) -> bool {
        let decisions = self.policy.abis.iter().flat_map(|a| &a.decisions);
        let mut actions = decisions.flat_map(|d| d.1.choices.iter().map(|c| c.action));
        self.policy.default == Action::Notify || actions.any(|a| a == Action::Notify)
    }
}

/// The flags that a runtime would load the profile with.
fn flags(loaded: &Loaded) -> Result<Flags> {
    let Some(names) = &loaded.profile.flags else {
        // As runc and crun do where the profile says nothing.
        return Ok(Flags::SPEC_ALLOW.supported());
    };
    let mut flags = Flags::default();
    for name in &names.value {
        let known = Flags::from_name(&name.value);
        flags = flags | known.ok_or_else(|| anyhow!("flag {} is not known", name.value))?;
    }
    Ok(flags)
}

fn execute(run: &Run) -> Result<ExitCode> {
    let confinement = Confinement::new(run)?;
    if run
        .target
        .arch
        .is_some_and(|a| Some(a) != lanner_seccomp::Arch::native())
    {
        bail!("a command can run on this machine's architecture only: leave out --arch");
    }
    // Fails for a profile that this machine cannot load, with words for it.
    Filter::compile(
        &confinement.policy,
        &compile::Options::default(),
        Flags::default(),
    )?;
    let notified = confinement.notifies() && !run.audit;
    let mut flags = confinement.flags;
    if notified {
        flags = flags | Flags::NEW_LISTENER;
        if flags.has(Flags::TSYNC) {
            flags = flags | Flags::TSYNC_ESRCH;
        }
    } else {
        flags = flags.without(Flags::WAIT_KILLABLE_RECV);
    }
    let out: Box<dyn Write + Send> = match &run.report {
        Some(path) => Box::new(File::create(path).with_context(|| path.display().to_string())?),
        None => Box::new(std::io::stderr()),
    };
    let style = Style {
        format: run.format.format,
        every: run.every,
        stacks: !run.no_stack,
    };
    let refusals = Arc::new(Mutex::new(Refusals::new(style, out)));
    if notified {
        let answers: Vec<String> = run.notify.iter().map(answer_text).collect();
        let answers = match answers.is_empty() {
            true => "ENOSYS; --notify tells what they should get".to_owned(),
            false => answers.join(", "),
        };
        lock(&refusals).note(&format!("notified calls are served here: {answers}"));
    }
    let mut session = Session {
        confinement: Arc::new(confinement),
        refusals,
        audit: run.audit,
        answers: Arc::new(run.notify.clone()),
        server: None,
    };
    let outcome = match run.observe {
        Observe::Ptrace => session.traced(run, flags),
        Observe::Audit => session.audited(run, flags),
    };
    if let Some(server) = session.server.take() {
        // It panicked: told already.
        let _ = server.join();
    }
    let mut refusals = lock(&session.refusals);
    let code = match outcome {
        Ok(code) => code,
        Err(error) => {
            if refusals.any() {
                refusals.finish(CANNOT_RUN.into());
            }
            return Err(error);
        }
    };
    if code == -supervise::SIGSYS {
        refusals.note("the command was ended by SIGSYS (bad system call)");
    }
    refusals.finish(code);
    if let (Some(path), Some(error)) = (&run.report, refusals.unwritten()) {
        // Nobody is left to tell if stderr is closed.
        let _ = writeln!(
            std::io::stderr(),
            "lanner: {} is not whole: {error}",
            path.display()
        );
    }
    let code = if code < 0 { 128 - code } else { code };
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(CANNOT_RUN)))
}

fn answer_text((call, answer): &(Option<String>, Answer)) -> String {
    let answer = match answer {
        Answer::Continue => "let through".to_owned(),
        Answer::Errno(errno) => calls::errno(*errno),
        Answer::Return(value) => format!("returned {value}"),
    };
    match call {
        Some(call) => format!("{call}: {answer}"),
        None => format!("all others: {answer}"),
    }
}

type Shared = Arc<Mutex<Refusals<'static>>>;

/// What one thread has begun to tell is whole also if another one panics.
fn lock(refusals: &Shared) -> MutexGuard<'_, Refusals<'static>> {
    refusals.lock().unwrap_or_else(|e| e.into_inner())
}

struct Session {
    confinement: Arc<Confinement>,
    refusals: Shared,
    audit: bool,
    answers: Arc<Vec<(Option<String>, Answer)>>,
    server: Option<JoinHandle<()>>,
}

impl Session {
    /// With each refused call held still.
    fn traced(&mut self, run: &Run, flags: Flags) -> Result<i32> {
        let scope = match run.audit {
            true => Scope::Audit,
            false => Scope::Refused,
        };
        let program = observed(&self.confinement.program, scope);
        let filter = Filter::new(&program, flags)?;
        let mut child = Child::spawn(&run.command, Some(&filter), run.no_new_privs)?;
        forward_signals(child.pid())?;
        Ok(supervise::watch(&mut child, &filter, self)?)
    }

    /// With what the kernel logs.
    fn audited(&mut self, run: &Run, flags: Flags) -> Result<i32> {
        let mut program = self.confinement.program.clone();
        if run.audit {
            // Logging is the nearest that the kernel has to letting through and telling.
            for insn in observed(&program, Scope::Audit).iter().zip(&mut program) {
                if insn.0 != insn.1 {
                    insn.1.k = Action::Log.ret();
                }
            }
        }
        let filter = Filter::new(&program, flags | Flags::LOG)?;
        let (listener, instead) = audit::Listener::open()?;
        if let Some(why) = instead {
            let text = format!("{why}; the kernel log is read instead, which has 10 in 5 seconds");
            lock(&self.refusals).note(&text);
        }
        let mut child = Child::spawn(&run.command, Some(&filter), run.no_new_privs)?;
        let ended = Arc::new(AtomicBool::new(false));
        let reader = {
            let (confinement, refusals) = (self.confinement.clone(), self.refusals.clone());
            let (ended, audit) = (ended.clone(), self.audit);
            let mut family = Family::new(child.pid());
            thread::spawn(move || {
                let told = read_records(listener, &ended, |record| {
                    if let Some(caller) = family.caller(record) {
                        let call = Data {
                            nr: record.number,
                            arch: record.audit_arch,
                            ip: record.ip,
                            args: [0; 6],
                        };
                        let (fate, why) = recorded(&confinement, &call, record.action, audit);
                        lock(&refusals).logged(&call, fate, &caller, &why);
                    }
                });
                for text in told {
                    lock(&refusals).note(&text);
                }
            })
        };
        forward_signals(child.pid())?;
        let outcome = supervise::wait(&mut child, Some(&filter), &mut |fd| self.serve(fd));
        ended.store(true, Ordering::Release);
        // It panicked: told already.
        let _ = reader.join();
        Ok(outcome?)
    }

    fn serve(&mut self, fd: OwnedFd) {
        let listener = notify::Listener::new(fd);
        let (confinement, refusals) = (self.confinement.clone(), self.refusals.clone());
        let answers = self.answers.clone();
        self.server = Some(thread::spawn(move || {
            if let Err(error) = serve(&listener, &answers, &confinement, &refusals) {
                let text = format!("notified calls are not served any more: {error}");
                lock(&refusals).note(&text);
            }
        }));
    }
}

fn serve(
    listener: &notify::Listener,
    answers: &[(Option<String>, Answer)],
    confinement: &Confinement,
    refusals: &Shared,
) -> std::io::Result<()> {
    while let Some(waits) = listener.receive()? {
        let name = calls::name(&waits.call);
        let named = answers
            .iter()
            .find(|(call, _)| call.as_ref() == Some(&name));
        let general = || answers.iter().find(|(call, _)| call.is_none());
        let answer = named.or_else(general).map_or(Answer::Errno(38), |a| a.1);
        let task = Task::waiting(waits.pid);
        // Only if it still waits was it that thread that was looked at.
        if listener.is_waiting(waits.id) {
            let fate = Fate::Answered(answer.into());
            let why = || confinement.why(&waits.call);
            lock(refusals).waiting(&task, &waits.call, fate, why);
        }
        listener.answer(waits.id, answer)?;
    }
    Ok(())
}

impl Watcher for Session {
    fn asked(&mut self, task: &Task, call: &Data) -> Answer {
        let action = verdict(&self.confinement.program, call);
        let why = || self.confinement.why(call);
        let tell = |fate| lock(&self.refusals).stopped(task, call, fate, why);
        if self.audit {
            tell(Fate::Would(action));
            return Answer::Continue;
        }
        tell(Fate::Took(action));
        match action {
            // The kernel takes no more for an error.
            Action::Errno(errno) => Answer::Errno(errno.min(4095)),
            Action::Trace(_) => Answer::Errno(38),
            _ => Answer::Continue,
        }
    }

    fn killed(&mut self, task: &Task, call: &Data) {
        let action = verdict(&self.confinement.program, call);
        // The other threads of a process that is killed had made other calls.
        if matches!(action, Action::KillProcess | Action::KillThread) {
            let why = || self.confinement.why(call);
            lock(&self.refusals).stopped(task, call, Fate::Took(action), why);
        }
    }

    fn trapped(&mut self, task: &Task, call: &Data) {
        let why = || self.confinement.why(call);
        let fate = Fate::Took(Action::Trap(0));
        lock(&self.refusals).stopped(task, call, fate, why);
    }

    fn changed(&mut self, tid: i32) {
        lock(&self.refusals).changed(tid);
    }

    fn listens(&mut self, listener: OwnedFd) {
        self.serve(listener);
    }
}

/// What a record says became of a call. It has no arguments and no error number, so what the
/// profile has for it without arguments is taken if it is of the same kind.
fn recorded(confinement: &Confinement, call: &Data, action: Action, audit: bool) -> (Fate, String) {
    let without =
        bpf::run(&confinement.program, call).map(|o| (Action::from_ret(o.ret), o.constant));
    match without {
        Some((decided, true)) => {
            let why = confinement.why(call);
            match audit && decided != Action::Log {
                true => (Fate::Would(decided), why),
                false => (Fate::Took(decided), why),
            }
        }
        _ if audit => (Fate::Would(action), "by its arguments".to_owned()),
        _ => (Fate::Took(action), "by its arguments".to_owned()),
    }
}

/// Reads records until the command has ended and nothing more comes. Returns what was lost.
fn read_records(
    mut listener: audit::Listener,
    ended: &AtomicBool,
    mut take: impl FnMut(&audit::Record),
) -> Vec<String> {
    let mut told = Vec::new();
    let mut over = false;
    loop {
        if !over && ended.load(Ordering::Acquire) {
            over = true;
            listener.finish();
        }
        match listener.next(Duration::from_millis(100)) {
            Ok(Some(Event::Record(record))) => take(&record),
            Ok(Some(Event::Lost(lost))) if told.len() < 100 => told.push(lost.to_string()),
            Ok(None) if over => return told,
            Ok(_) => {}
            Err(error) => {
                told.push(format!("audit records cannot be read any more: {error}"));
                return told;
            }
        }
    }
}

/// The processes that came of a command.
struct Family {
    known: HashSet<i32>,
}

/// Processes remembered; of those beyond it records are told if they still live.
const MOST_PROCESSES: usize = 1 << 16;

impl Family {
    fn new(pid: i32) -> Family {
        Family {
            known: HashSet::from([pid]),
        }
    }

    /// Who made a recorded call, if it was one of these. One that has ended meanwhile, so that
    /// nobody can tell where it came from, is taken for one, and marked.
    fn caller(&mut self, record: &audit::Record) -> Option<Caller> {
        let mut caller = Caller {
            tid: record.pid,
            pid: record.pid,
            comm: record.comm.clone(),
            exe: record.exe.clone(),
        };
        let mut seen = Vec::new();
        let mut pid = record.pid;
        while !self.known.contains(&pid) {
            seen.push(pid);
            let Some((process, parent)) = parent_of(pid) else {
                if seen.len() > 1 {
                    return None;
                }
                caller.comm.push_str(" (ended, taken for the command's)");
                return Some(caller);
            };
            if pid == record.pid {
                caller.pid = process;
            }
            if parent <= 1 {
                return None;
            }
            pid = parent;
        }
        if self.known.len() < MOST_PROCESSES {
            self.known.extend(seen);
        }
        Some(caller)
    }
}

/// The process of a thread, and its parent.
fn parent_of(tid: i32) -> Option<(i32, i32)> {
    let status = std::fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|l| l.strip_prefix(name))?;
        line.trim().parse().ok()
    };
    Some((field("Tgid:")?, field("PPid:")?))
}

/// SIGTERM and SIGHUP go on to the command. SIGINT and SIGQUIT come from the terminal and reach it
/// by themselves; lanner stays to tell how it ended.
pub(crate) fn forward_signals(pid: i32) -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])
        .context("signals cannot be handled")?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let named = match signal {
                SIGHUP => rustix::process::Signal::HUP,
                SIGTERM => rustix::process::Signal::TERM,
                _ => continue,
            };
            if let Some(pid) = rustix::process::Pid::from_raw(pid) {
                // It may be gone.
                let _ = rustix::process::kill_process(pid, named);
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let check = |text: &str, expect: Option<(Option<&str>, Answer)>| {
            let expect = expect.map(|(call, answer)| (call.map(str::to_owned), answer));
            assert_eq!(notify_answer(text).ok(), expect, "{text}");
        };
        check("continue", Some((None, Answer::Continue)));
        check("mkdir=errno:EPERM", Some((Some("mkdir"), Answer::Errno(1))));
        check("errno:38", Some((None, Answer::Errno(38))));
        check(
            "getpid=return:-1",
            Some((Some("getpid"), Answer::Return(-1))),
        );
        check("errno:4096", None);
        check("errno:EWHAT", None);
        check("mkdri=continue", None);
        check("maybe", None);
    }
}
