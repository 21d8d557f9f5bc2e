//! Commands under filters, watched.

use std::ffi::OsString;

use super::*;
use crate::policy::{Policy, Rule, Spec};
use crate::{Arch, compile, table};

/// What was seen, as lines.
#[derive(Default)]
struct Seen {
    lines: Vec<String>,
    program: Vec<Insn>,
    audit: bool,
    notified: Option<std::thread::JoinHandle<Vec<String>>>,
}

fn name_of(call: &Data) -> &'static str {
    table::by_number(Arch::native().unwrap(), call.nr).map_or("?", |c| c.name)
}

impl Watcher for Seen {
    fn asked(&mut self, task: &Task, call: &Data) -> Answer {
        let verdict = verdict(&self.program, call);
        let text = match name_of(call) {
            "mkdir" => task.text(call.args[0], 100),
            _ => None,
        };
        let line = format!("{} {verdict} {}", name_of(call), text.unwrap_or_default());
        self.lines.push(line.trim_end().to_owned());
        assert!(!task.exe().is_empty() && task.registers().sp != 0);
        match verdict {
            Action::Errno(errno) if !self.audit => Answer::Errno(errno),
            Action::Trace(_) if !self.audit => Answer::Errno(38),
            _ => Answer::Continue,
        }
    }

    fn killed(&mut self, _: &Task, call: &Data) {
        let verdict = verdict(&self.program, call);
        self.lines
            .push(format!("{} killed {verdict}", name_of(call)));
    }

    fn trapped(&mut self, _: &Task, call: &Data) {
        self.lines.push(format!("{} trapped", name_of(call)));
    }

    fn listens(&mut self, listener: OwnedFd) {
        let listener = crate::notify::Listener::new(listener);
        let serve = move || {
            let mut lines = Vec::new();
            while let Some(waits) = listener.receive().unwrap() {
                assert!(listener.is_waiting(waits.id));
                let task = Task::waiting(waits.pid);
                let text = task.text(waits.call.args[0], 100).unwrap_or_default();
                assert!(task.registers().ip != 0 && task.registers().sp != 0);
                lines.push(format!("{} {text}", name_of(&waits.call)));
                listener.answer(waits.id, Answer::Errno(17)).unwrap();
            }
            lines
        };
        self.notified = Some(std::thread::spawn(serve));
    }
}

/// Runs a shell script under a filter in which `name` gets `action`.
fn run(name: &str, action: Action, scope: Scope, script: &str) -> (i32, Vec<String>) {
    let policy = Policy::new(&Spec {
        native: Arch::native().unwrap(),
        arches: Vec::new(),
        default: Action::Allow,
        rules: vec![Rule {
            names: vec![name.into()],
            action,
            conditions: Vec::new(),
        }],
        stub: false,
    });
    let program = compile::compile(&policy, &compile::Options::default()).unwrap();
    let flags = match action {
        Action::Notify => Flags::NEW_LISTENER,
        _ => Flags::default(),
    };
    let filter = Filter::new(&observed(&program, scope), flags).unwrap();
    let command: Vec<OsString> = ["sh", "-c", script].map(OsString::from).to_vec();
    let mut child = Child::spawn(&command, Some(&filter), true).unwrap();
    let mut seen = Seen {
        program,
        audit: scope == Scope::Audit,
        ..Seen::default()
    };
    let code = watch(&mut child, &filter, &mut seen).unwrap();
    if let Some(thread) = seen.notified.take() {
        seen.lines.extend(thread.join().unwrap());
    }
    (code, seen.lines)
}

#[test]
fn refused_calls_are_seen_and_answered_as_the_profile_has_it() {
    let script = "mkdir /nowhere/a; mkdir /nowhere/b";
    let check = |action, scope, expect: &[&str]| {
        let (_, lines) = run("mkdir", action, scope, script);
        assert_eq!(lines, expect, "{action} {scope:?}");
    };
    let refused = Scope::Refused;
    check(
        Action::Errno(77),
        refused,
        &[
            "mkdir SCMP_ACT_ERRNO(77) /nowhere/a",
            "mkdir SCMP_ACT_ERRNO(77) /nowhere/b",
        ],
    );
    check(
        Action::Log,
        refused,
        &[
            "mkdir SCMP_ACT_LOG /nowhere/a",
            "mkdir SCMP_ACT_LOG /nowhere/b",
        ],
    );
    check(
        Action::KillProcess,
        refused,
        &["mkdir killed SCMP_ACT_KILL_PROCESS"; 2],
    );
    check(
        Action::KillThread,
        refused,
        &["mkdir killed SCMP_ACT_KILL_THREAD"; 2],
    );
    check(
        Action::Notify,
        refused,
        &["mkdir /nowhere/a", "mkdir /nowhere/b"],
    );
    check(Action::Allow, refused, &[]);
    for action in [Action::KillProcess, Action::Trap(0), Action::Errno(1)] {
        let line = |path| format!("mkdir {action} {path}");
        let lines = [line("/nowhere/a"), line("/nowhere/b")];
        check(action, Scope::Audit, &lines.each_ref().map(String::as_str));
    }
    // The signal first; as nobody handles it, it kills.
    let trapped = ["mkdir trapped", "mkdir killed SCMP_ACT_TRAP"];
    check(Action::Trap(0), refused, &[trapped, trapped].concat());
}

#[test]
fn the_command_gets_what_the_profile_gives_it() {
    let check = |action, scope, script, expect| {
        assert_eq!(
            run("personality", action, scope, script).0,
            expect,
            "{script}"
        );
    };
    let ask = "setarch -R true 2>/dev/null; echo $? | { read code; exit $code; }";
    let refused = Scope::Refused;
    check(Action::Allow, refused, ask, 0);
    check(Action::Errno(1), refused, ask, 1);
    check(Action::Errno(1), Scope::Audit, ask, 0);
    check(Action::KillProcess, refused, ask, 128 + SIGSYS);
    check(
        Action::KillProcess,
        refused,
        "exec setarch -R true",
        -SIGSYS,
    );
    check(Action::KillProcess, Scope::Audit, ask, 0);
    check(Action::Allow, refused, "kill -TERM $$", -libc::SIGTERM);
    check(Action::Allow, refused, "exit 7", 7);
    // Stopped and continued, as with job control.
    check(
        Action::Allow,
        refused,
        "(kill -STOP $$; kill -CONT $$)& wait; exit 3",
        3,
    );
}

#[test]
fn what_cannot_be_started_says_why() {
    let allow = Filter::new(&[Insn::ret(Action::Allow.ret())], Flags::default()).unwrap();
    let start = |program: &str| {
        let mut child = Child::spawn(&[program.into()], Some(&allow), true)?;
        wait(&mut child, Some(&allow), &mut |_| ())
    };
    let check = |program: &str, expect: &str| {
        let error = start(program).unwrap_err().to_string();
        assert!(error.starts_with(expect), "{error}");
    };
    check(
        "lanner-no-such-program",
        "lanner-no-such-program: no such program",
    );
    check("/no/such/program", "/no/such/program: no such program");
    check("", ": no such program");
    check(
        "/etc/passwd",
        "/etc/passwd cannot be executed: Permission denied",
    );
    check(
        "/proc/self/cmdline\0",
        "\"/proc/self/cmdline\\0\" has a NUL byte",
    );
}
