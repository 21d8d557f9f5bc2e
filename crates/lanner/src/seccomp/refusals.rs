//! What a filter refused a command, told as it happens and summed up at the end.

use std::collections::HashMap;
use std::io::{self, Write};

use lanner_seccomp::Action;
use lanner_seccomp::bpf::Data;
use lanner_seccomp::supervise::{Answer, Task};
use serde_json::{Value, json};

use super::calls;
use super::report::Format;
use super::stack::{Frame, Stacks};

/// Kinds of refusals that are told apart; more are counted together.
const MOST_KINDS: usize = 4096;

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fate {
    /// The action took effect.
    Took(Action),
    /// The call went through; this would have happened.
    Would(Action),
    /// It was notified, and answered with this.
    Answered(Answered),
}

/// [`Answer`], as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Answered {
    Continue,
    Errno(u16),
    Return(i64),
}

impl From<Answer> for Answered {
    fn from(answer: Answer) -> Answered {
        match answer {
            Answer::Continue => Answered::Continue,
            Answer::Errno(errno) => Answered::Errno(errno),
            Answer::Return(value) => Answered::Return(value),
        }
    }
}

impl Fate {
    /// Whether the profile does not let the call happen.
    pub(crate) fn is_refusal(self) -> bool {
        match self {
            Fate::Took(action) | Fate::Would(action) => !action.permits(),
            Fate::Answered(answer) => answer != Answered::Continue,
        }
    }

    /// The word in front of a report.
    fn word(self) -> &'static str {
        match self {
            Fate::Took(Action::Log) => "logged",
            Fate::Took(Action::Allow) => "allowed",
            Fate::Took(_) => "refused",
            Fate::Would(Action::Log) => "would be logged",
            Fate::Would(Action::Notify) => "would be notified",
            Fate::Would(_) => "would be refused",
            Fate::Answered(_) => "notified",
        }
    }

    /// What the call gets, for people; empty where the word says it all.
    fn effect(self) -> String {
        match self {
            Fate::Took(Action::Log) | Fate::Would(Action::Log | Action::Notify) => String::new(),
            Fate::Took(action) | Fate::Would(action) => calls::effect(action),
            Fate::Answered(Answered::Continue) => "let through".to_owned(),
            Fate::Answered(Answered::Errno(errno)) => calls::errno(errno),
            Fate::Answered(Answered::Return(value)) => format!("returned {value}"),
        }
    }

    fn to_json(self) -> Value {
        let (verb, action) = match self {
            Fate::Took(action) => ("took", action),
            Fate::Would(action) => ("would", action),
            Fate::Answered(answer) => {
                return match answer {
                    Answered::Continue => json!({"notified": "continue"}),
                    Answered::Errno(errno) => json!({"notified": "errno", "errno": errno}),
                    Answered::Return(value) => json!({"notified": "return", "value": value}),
                };
            }
        };
        let mut value = json!({ verb: action.name() });
        if let Action::Errno(errno) = action {
            value["errno"] = json!(errno);
        }
        value
    }
}

/// Who made a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    pub(crate) tid: i32,
    pub(crate) pid: i32,
    pub(crate) comm: String,
    pub(crate) exe: String,
}

impl Caller {
    fn of(task: &Task) -> Caller {
        Caller {
            tid: task.tid,
            pid: task.process(),
            comm: task.comm(),
            exe: task.exe(),
        }
    }
}

/// How refusals are told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) format: Format,
    /// Each of them, not the first of each kind.
    pub(crate) every: bool,
    pub(crate) stacks: bool,
}

/// Equal refusals: counted, and told once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    name: String,
    fate: Fate,
    exe: String,
}

/// Tells refusals.
pub(crate) struct Refusals<'a> {
    style: Style,
    out: Box<dyn Write + Send + 'a>,
    stacks: Stacks,
    /// Of the traced threads.
    callers: HashMap<i32, Caller>,
    own_exe: Option<String>,
    counts: HashMap<Kind, u64>,
    /// Of kinds that are not told apart any more.
    others: u64,
    /// Why what was told could not be written.
    unwritten: Option<io::Error>,
}

impl<'a> Refusals<'a> {
    pub(crate) fn new(style: Style, out: Box<dyn Write + Send + 'a>) -> Refusals<'a> {
        Refusals {
            style,
            out,
            stacks: Stacks::default(),
            callers: HashMap::new(),
            own_exe: std::env::current_exe()
                .ok()
                .map(|p| p.to_string_lossy().into_owned()),
            counts: HashMap::new(),
            others: 0,
            unwritten: None,
        }
    }

    /// Why not all of what was told could be written.
    pub(crate) fn unwritten(&self) -> Option<&io::Error> {
        self.unwritten.as_ref()
    }

    /// A call of a thread that stands still, and is traced.
    pub(crate) fn stopped(
        &mut self,
        task: &Task,
        call: &Data,
        fate: Fate,
        why: impl Fn() -> String,
    ) {
        let caller = self.callers.entry(task.tid);
        let caller = caller.or_insert_with(|| Caller::of(task)).clone();
        self.standing(task, &caller, call, fate, why);
    }

    /// A call of a thread that waits for an answer.
    pub(crate) fn waiting(
        &mut self,
        task: &Task,
        call: &Data,
        fate: Fate,
        why: impl Fn() -> String,
    ) {
        self.standing(task, &Caller::of(task), call, fate, why);
    }

    /// A traced thread runs another program, or is gone.
    pub(crate) fn changed(&mut self, tid: i32) {
        self.callers.remove(&tid);
    }

    fn standing(
        &mut self,
        task: &Task,
        caller: &Caller,
        call: &Data,
        fate: Fate,
        why: impl Fn() -> String,
    ) {
        if !self.count(call, fate, caller) {
            return;
        }
        let text = calls::describe(call, Some(task));
        // Before it executes the command, the process is lanner itself. What only gets logged
        // happens often, and is seldom a riddle.
        let theirs = self.own_exe.as_ref() != Some(&caller.exe);
        let frames = if self.style.stacks && fate.is_refusal() && theirs {
            self.stacks.of(task)
        } else {
            Vec::new()
        };
        self.tell(&text, call, fate, caller, &why(), &frames);
    }

    /// A call of which nothing but its number is known.
    pub(crate) fn logged(&mut self, call: &Data, fate: Fate, caller: &Caller, why: &str) {
        if self.count(call, fate, caller) {
            self.tell(&calls::name(call), call, fate, caller, why, &[]);
        }
    }

    /// Something that is no call.
    pub(crate) fn note(&mut self, text: &str) {
        match self.style.format {
            Format::Text => self.line(&format!("lanner: {text}")),
            Format::Json => self.line(&json!({ "note": text }).to_string()),
        }
    }

    /// Whether it is to be told.
    fn count(&mut self, call: &Data, fate: Fate, caller: &Caller) -> bool {
        let kind = Kind {
            name: calls::name(call),
            fate,
            exe: caller.exe.clone(),
        };
        if let Some(count) = self.counts.get_mut(&kind) {
            *count += 1;
            return self.style.every;
        }
        if self.counts.len() >= MOST_KINDS {
            self.others += 1;
            return self.style.every;
        }
        self.counts.insert(kind, 1);
        true
    }

    fn tell(
        &mut self,
        text: &str,
        call: &Data,
        fate: Fate,
        caller: &Caller,
        why: &str,
        frames: &[Frame],
    ) {
        if self.style.format == Format::Json {
            let mut value = json!({
                "call": calls::name(call),
                "text": text,
                "number": call.nr,
                "arch": call.arch,
                "args": call.args.map(|a| format!("{a:#x}")),
                "fate": fate.to_json(),
                "refused": fate.is_refusal(),
                "reason": why,
                "pid": caller.pid,
                "tid": caller.tid,
                "comm": caller.comm,
                "exe": caller.exe,
            });
            let frames: Vec<Value> = frames.iter().map(Frame::to_json).collect();
            value["stack"] = json!(frames);
            return self.line(&value.to_string());
        }
        let effect = match fate.effect() {
            effect if effect.is_empty() => effect,
            effect => format!(": {effect}"),
        };
        let thread = match caller.tid == caller.pid {
            true => String::new(),
            false => format!(" thread {}", caller.tid),
        };
        self.line(&format!("lanner: {} {text}{effect}", fate.word()));
        self.line(&format!(
            "    by {}[{}]{thread} {}; {why}",
            caller.comm, caller.pid, caller.exe
        ));
        for (depth, frame) in frames.iter().enumerate() {
            self.line(&format!("    #{depth} {frame}"));
        }
    }

    /// Whether there was anything to tell.
    pub(crate) fn any(&self) -> bool {
        !self.counts.is_empty()
    }

    /// The sum, at the end; `code` is how the command ended, a signal negated.
    pub(crate) fn finish(&mut self, code: i32) {
        let mut kinds: Vec<(Kind, u64)> = self.counts.drain().collect();
        kinds.sort_by(|(a, n), (b, m)| {
            let key = |kind: &Kind, count: &u64| {
                let count = std::cmp::Reverse(*count);
                (count, kind.name.clone(), kind.exe.clone())
            };
            key(a, n).cmp(&key(b, m))
        });
        let refused: u64 = kinds
            .iter()
            .filter(|(k, _)| k.fate.is_refusal())
            .map(|k| k.1)
            .sum();
        let all: u64 = kinds.iter().map(|k| k.1).sum::<u64>() + self.others;
        if self.style.format == Format::Json {
            let rows: Vec<Value> = kinds
                .iter()
                .map(|(kind, count)| {
                    json!({
                        "call": kind.name,
                        "fate": kind.fate.to_json(),
                        "exe": kind.exe,
                        "count": count,
                    })
                })
                .collect();
            let (exit, signal) = match code {
                0.. => (Some(code), None),
                signal => (None, Some(-signal)),
            };
            let summary = json!({
                "refused": refused,
                "seen": all,
                "others": self.others,
                "kinds": rows,
                "exit_code": exit,
                "signal": signal,
            });
            return self.line(&json!({ "summary": summary }).to_string());
        }
        if all == 0 {
            self.line("lanner: no call was refused or logged");
        } else {
            let mut would = kinds.iter().map(|(k, _)| matches!(k.fate, Fate::Would(_)));
            let were = match (would.next(), refused) {
                (Some(true), _) => "would be",
                (_, 1) => "was",
                _ => "were",
            };
            let calls = if refused == 1 { "call" } else { "calls" };
            self.line(&format!(
                "lanner: {refused} {calls} {were} refused, {} logged or let through:",
                all - refused
            ));
            for (kind, count) in &kinds {
                let effect = kind.fate.effect();
                let fate = format!("{} {effect}", kind.fate.word());
                let row = format!("  {count:>7}  {:<20} {fate:<32} {}", kind.name, kind.exe);
                self.line(row.trim_end());
            }
            if self.others > 0 {
                self.line(&format!("  {:>7}  of more kinds", self.others));
            }
        }
    }

    fn line(&mut self, text: &str) {
        if let Err(error) = writeln!(self.out, "{text}") {
            self.unwritten.get_or_insert(error);
        }
    }
}
