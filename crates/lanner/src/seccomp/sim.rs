//! `lanner seccomp sim`: a call, or all calls of a capture, against a profile.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use bstr::{BString, ByteSlice};
use clap::Args;
use lanner_container::Identity;
use lanner_event::{Event, EventInfo, EventType, Syscall};
use lanner_fields::thread_of;
use lanner_seccomp::compile::Options;
use lanner_seccomp::policy::{Condition, Decision, Lookup, Op, Policy};
use lanner_seccomp::{Action, Arch, constants, table};
use serde_json::{Value, json};

use super::Found;
use super::explain::{self, Explain};
use super::input;
use super::report::{self, Format, FormatArgs, Paint};
use super::target::TargetArgs;
use crate::show;
use crate::source::{Events, Read};

/// Find which calls of a capture a profile would have refused, in which process and container.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner record -w run.scap -- ./start.sh
  lanner seccomp sim profile.json run.scap
  lanner seccomp sim profile.json 'socket(AF_VSOCK)'

A capture holds some arguments of some calls. Where the profile asks for another one, the call is
listed under \"depends\", not guessed at. Numbers that a call takes as an int are taken to have an
empty upper half, as compilers leave it. Calls that the capture does not have cannot be told of.

Exit code: 0 if nothing would be refused, 1 if something would be or may be, 2 if profile or
capture cannot be read.")]
pub(crate) struct Sim {
    /// The profile; `-` reads it from standard input.
    pub(crate) profile: PathBuf,

    /// A capture (.scap, plain or gzipped), or a call.
    #[arg(value_name = "CAPTURE|CALL")]
    pub(crate) subject: PathBuf,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Simulates.
pub(crate) fn run(args: &Sim) -> Result<Found> {
    let text = args.subject.to_string_lossy();
    let named = [".scap", ".gz"].iter().any(|end| text.ends_with(end));
    if !named && !args.subject.exists() && text != "-" {
        return explain::run(&Explain {
            profile: args.profile.clone(),
            call: Some(text.into_owned()),
            target: args.target.clone(),
            format: args.format,
        });
    }
    let loaded = input::load(&args.profile)?;
    let (_, _, policy) = loaded.apply(&args.target)?;
    let mut tally = Tally::new(&policy, args.target.abi()?);
    let mut events = Events::open(&args.subject)?;
    follow(&mut events, &mut tally)?;
    let found = match tally.groups.is_empty() {
        true => Found::Nothing,
        false => Found::Something,
    };
    let name = loaded.files.name(loaded.profile.file);
    match args.format.format {
        Format::Json => report::print_json(&tally.json(name, &args.subject))?,
        Format::Text => report::print(&tally.text(name, &args.subject))?,
    }
    for line in events.left_out() {
        report::note(&format!("note: {line}\n"));
    }
    Ok(found)
}

/// How often a capture has each call, as the compiler's weights.
pub(crate) fn weights(path: &Path, policy: &Policy, arch: Arch) -> Result<Options> {
    let mut tally = Tally::new(policy, arch);
    let mut options = Options::default();
    Events::open(path)?.read(|read| {
        if let Read::Event(raw) = read
            && !raw.state_only
            && let Ok(event) = Event::parse(raw.bytes, raw.cpu, 0)
            && let Some(plan) = tally.plan(&event)
        {
            let key = (arch.audit(), tally.plans[plan].number);
            *options.weights.entry(key).or_default() += 1;
        }
        Ok(true)
    })?;
    Ok(options)
}

fn follow(events: &mut Events, tally: &mut Tally<'_>) -> Result<()> {
    let mut follower = show::offline();
    events.read(|read| {
        let raw = match read {
            Read::Machine(snapshot) => {
                follower.seed(snapshot);
                return Ok(true);
            }
            Read::Event(raw) => raw,
        };
        let Ok(step) = follower.take(&raw) else {
            tally.broken += 1;
            return Ok(true);
        };
        if !raw.state_only
            && let Some((plan, verdict)) = tally.verdict(&step.event)
        {
            let container = match follower.identity(&step) {
                Some(Identity::Container(c)) => c.name.clone().unwrap_or_else(|| c.id.clone()),
                _ => BString::default(),
            };
            let thread = thread_of(&step.event, follower.state(), step.subject);
            let process = thread.map_or(BString::default(), |t| t.comm.clone());
            tally.count(plan, verdict, process, container, &step.event);
        }
        follower.settle();
        Ok(true)
    })
}

/// What a capture tells of an argument.
#[derive(Clone, Copy)]
enum Held {
    /// The value itself.
    Value,
    /// A value of a table, told by its name there.
    Named,
    /// Bits of a table, told by their names there.
    Bits,
}

/// Parameters of events that hold arguments: event, parameter, argument.
#[rustfmt::skip]
const HELD: [(&str, &str, u8, Held); 22] = [
    ("socket", "domain", 0, Held::Value), ("socket", "type", 1, Held::Value),
    ("socket", "proto", 2, Held::Value), ("socketpair", "domain", 0, Held::Value),
    ("socketpair", "type", 1, Held::Value), ("socketpair", "proto", 2, Held::Value),
    ("clone", "flags", 0, Held::Bits), ("unshare", "flags", 0, Held::Bits),
    ("setns", "nstype", 1, Held::Bits), ("ioctl", "request", 1, Held::Value),
    ("ioctl", "argument", 2, Held::Value), ("kill", "sig", 1, Held::Value),
    ("tgkill", "sig", 2, Held::Value), ("tkill", "sig", 1, Held::Value),
    ("prctl", "option", 0, Held::Named), ("fcntl", "cmd", 1, Held::Named),
    ("ptrace", "request", 0, Held::Named), ("bpf", "cmd", 0, Held::Named),
    ("mprotect", "prot", 2, Held::Bits), ("mmap", "prot", 2, Held::Bits),
    ("mmap", "flags", 3, Held::Bits), ("mount", "flags", 3, Held::Bits),
];

/// How the events of a type, or generic events of a call, are judged.
struct Plan<'p> {
    name: &'static str,
    number: u32,
    how: How<'p>,
    /// Parameters with arguments: parameter, argument, form.
    args: Vec<(usize, u8, Held)>,
}

enum How<'p> {
    /// All the same.
    Fixed(Action),
    Decided(&'p Decision),
}

/// What would have become of a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Verdict {
    Gets(Action),
    /// On an argument that the capture does not hold.
    Depends(u8),
}

#[derive(PartialEq, Eq, Hash)]
struct Group {
    plan: usize,
    verdict: Verdict,
    process: BString,
    container: BString,
}

/// Times, and the first.
struct Seen {
    count: u64,
    first: u64,
    event: u64,
}

struct Tally<'p> {
    policy: &'p Policy,
    arch: Arch,
    plans: Vec<Plan<'p>>,
    /// By event type.
    by_type: HashMap<u16, Option<usize>>,
    /// By call, for generic events.
    by_call: HashMap<u16, Option<usize>>,
    groups: HashMap<Group, Seen>,
    calls: u64,
    refused: u64,
    depends: u64,
    broken: u64,
}

impl<'p> Tally<'p> {
    fn new(policy: &'p Policy, arch: Arch) -> Tally<'p> {
        Tally {
            policy,
            arch,
            plans: Vec::new(),
            by_type: HashMap::new(),
            by_call: HashMap::new(),
            groups: HashMap::new(),
            calls: 0,
            refused: 0,
            depends: 0,
            broken: 0,
        }
    }

    /// What would have become of an event's call, if it would not simply have happened.
    fn verdict(&mut self, event: &Event<'_>) -> Option<(usize, Verdict)> {
        let plan = self.plan(event)?;
        self.calls += 1;
        let verdict = match &self.plans[plan].how {
            How::Fixed(action) => Verdict::Gets(*action),
            How::Decided(decision) => {
                let known = self.known(&self.plans[plan], event);
                decide(decision, self.policy.default, &known, self.arch)
            }
        };
        match verdict {
            Verdict::Gets(action) if action.permits() => None,
            other => Some((plan, other)),
        }
    }

    fn plan(&mut self, event: &Event<'_>) -> Option<usize> {
        if event.ty == EventType::GENERIC_X {
            let code = u16::try_from(event.uint(0)?).ok()?;
            if let Some(known) = self.by_call.get(&code) {
                return *known;
            }
            let plan = Syscall(code).get().and_then(|s| self.make(s.name, None));
            self.by_call.insert(code, plan);
            return plan;
        }
        // The child's return from the same call.
        let starts = matches!(event.info().name, "clone" | "clone3" | "fork" | "vfork");
        if starts && event.int(0) == Some(0) {
            return None;
        }
        if let Some(known) = self.by_type.get(&event.ty.0) {
            return *known;
        }
        let info = event.info();
        let plan = match event.ty.is_enter() {
            true => None,
            false => self.make(call_of(event.ty, info)?, Some(info)),
        };
        self.by_type.insert(event.ty.0, plan);
        plan
    }

    fn make(&mut self, name: &'static str, info: Option<&EventInfo>) -> Option<usize> {
        let number = table::by_name(name)?.number(self.arch)?;
        let how = match self.policy.lookup(self.arch.audit(), number) {
            Lookup::Fixed(action, _) => How::Fixed(action),
            Lookup::Decided(_, decision) => match decision.choices.as_slice() {
                [only] if only.conditions.is_empty() => How::Fixed(only.action),
                _ => How::Decided(decision),
            },
        };
        let held = HELD.iter().filter(|h| h.0 == name);
        let args = held.filter_map(|(_, param, arg, form)| {
            // On s390 clone takes the flags second.
            let swapped = name == "clone" && matches!(self.arch, Arch::S390 | Arch::S390x);
            let arg = if swapped { 1 - arg.min(&1) } else { *arg };
            Some((info?.param(param)?, arg, *form))
        });
        self.plans.push(Plan {
            name,
            number,
            how,
            args: args.collect(),
        });
        Some(self.plans.len() - 1)
    }

    /// The bits of the arguments that an event tells, and their values.
    fn known(&self, plan: &Plan<'_>, event: &Event<'_>) -> [(u64, u64); 6] {
        let mut known = [(0, 0); 6];
        for (param, arg, form) in &plan.args {
            let Some(raw) = event.uint(*param) else {
                continue;
            };
            let info = event.info().params.get(*param);
            let entries = info.and_then(|p| p.table).map_or(&[][..], |t| t.entries);
            let set = constants::of(self.arch, plan.name, *arg);
            let value_of = |name: &str| {
                let named = set.map_or(&[][..], |s| s.constants());
                named.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
            };
            known[usize::from(*arg) % 6] = match form {
                Held::Value => (u64::MAX, raw),
                Held::Named => {
                    let names = entries.iter().filter(|(_, v)| u64::from(*v) == raw);
                    let mut values = names.filter_map(|(n, _)| value_of(n));
                    values.next().map_or((0, 0), |v| (u64::MAX, v))
                }
                Held::Bits => entries.iter().fold((0, 0), |(mask, value), (name, bit)| {
                    match value_of(name).filter(|v| *v != 0 && *bit != 0) {
                        Some(v) if raw & u64::from(*bit) == u64::from(*bit) => {
                            (mask | v, value | v)
                        }
                        Some(v) => (mask | v, value),
                        None => (mask, value),
                    }
                }),
            };
        }
        known
    }

    fn count(
        &mut self,
        plan: usize,
        verdict: Verdict,
        process: BString,
        container: BString,
        event: &Event<'_>,
    ) {
        match verdict {
            Verdict::Gets(_) => self.refused += 1,
            Verdict::Depends(_) => self.depends += 1,
        }
        let group = Group {
            plan,
            verdict,
            process,
            container,
        };
        let seen = self.groups.entry(group).or_insert(Seen {
            count: 0,
            first: event.ts,
            event: event.num,
        });
        seen.count += 1;
    }

    /// The groups, those seen most often first.
    fn sorted(&self) -> Vec<(&Group, &Seen)> {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|(g, s)| {
            let refused = matches!(g.verdict, Verdict::Gets(_));
            (!refused, std::cmp::Reverse(s.count), s.event)
        });
        groups
    }

    fn json(&self, profile: &str, capture: &Path) -> Value {
        let groups: Vec<Value> = self
            .sorted()
            .into_iter()
            .map(|(group, seen)| {
                let (action, depends) = match group.verdict {
                    Verdict::Gets(action) => (report::action_json(action), Value::Null),
                    Verdict::Depends(arg) => (Value::Null, json!(self.arg_name(group, arg))),
                };
                json!({
                    "call": self.plans[group.plan].name,
                    "outcome": action,
                    "depends_on": depends,
                    "process": group.process.to_str_lossy(),
                    "container": group.container.to_str_lossy(),
                    "count": seen.count,
                    "first_event": seen.event,
                    "first_time": time(seen.first),
                })
            })
            .collect();
        json!({
            "profile": profile,
            "capture": capture.display().to_string(),
            "calls": self.calls,
            "refused": self.refused,
            "depends": self.depends,
            "broken": self.broken,
            "groups": groups,
        })
    }

    fn arg_name(&self, group: &Group, arg: u8) -> String {
        let call = table::by_name(self.plans[group.plan].name);
        lanner_seccomp::symbolic::words::arg_name(arg, self.arch, call)
    }

    fn text(&self, profile: &str, capture: &Path) -> String {
        let paint = Paint::stdout();
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "{} under {profile}: {}, {} refused, {} depending on what the capture does not hold.",
            capture.display(),
            report::counted(usize::try_from(self.calls).unwrap_or(usize::MAX), "call"),
            self.refused,
            self.depends
        );
        if !self.groups.is_empty() {
            let heading = format!(
                "{:>7} {:<14} {:<14} {:<15} {:<13} first",
                "times", "call", "gets", "process", "container"
            );
            let _ = writeln!(out, "\n{}", paint.bold(&heading));
        }
        for (group, seen) in self.sorted() {
            let gets = match group.verdict {
                Verdict::Gets(action) => {
                    paint.action(action, &format!("{:<14}", report::action(action)))
                }
                Verdict::Depends(arg) => {
                    let said = format!("depends on {}", self.arg_name(group, arg));
                    paint.action(Action::Notify, &format!("{said:<14}"))
                }
            };
            let line = format!(
                "{:>7} {:<14} {gets} {:<15} {:<13} {}",
                seen.count,
                self.plans[group.plan].name,
                printable(&group.process),
                printable(&group.container),
                clock(seen.first)
            );
            let _ = writeln!(out, "{}", line.trim_end());
        }
        if self.broken > 0 {
            let _ = writeln!(out, "\n{} events could not be decoded.", self.broken);
        }
        out
    }
}

/// The call that an event type reports: that of its name, or the one that has it to itself.
fn call_of(ty: EventType, info: &EventInfo) -> Option<&'static str> {
    if let Some(call) = table::by_name(info.name) {
        return Some(call.name);
    }
    let mut calls = Syscall::all().filter(|s| s.event == ty);
    match (calls.next(), calls.next()) {
        (Some(only), None) => Some(only.name),
        _ => None,
    }
}

/// What the first choice that fits gives, with arguments of which some bits are known.
fn decide(decision: &Decision, default: Action, known: &[(u64, u64); 6], arch: Arch) -> Verdict {
    let mut open = None;
    let mut actions = Vec::new();
    for choice in &decision.choices {
        let mut undecided = None;
        let mut fails = false;
        for condition in &choice.conditions {
            match holds(condition, known[usize::from(condition.arg) % 6], arch) {
                Some(true) => {}
                Some(false) => fails = true,
                None => undecided = undecided.or(Some(condition.arg)),
            }
        }
        if fails {
            continue;
        }
        actions.push(choice.action);
        match undecided {
            Some(arg) => open = open.or(Some(arg)),
            None => return settle(&actions, open),
        }
    }
    actions.push(default);
    settle(&actions, open)
}

/// One action if all that are possible are the same, or all let the call happen.
fn settle(actions: &[Action], open: Option<u8>) -> Verdict {
    let first = actions.first().copied().unwrap_or(Action::Allow);
    let same = actions
        .iter()
        .all(|a| *a == first || a.permits() && first.permits());
    match open {
        Some(arg) if !same => Verdict::Depends(arg),
        _ => Verdict::Gets(first),
    }
}

/// Whether a condition holds for a number of which the bits under a mask are known.
fn holds(condition: &Condition, (mask, value): (u64, u64), arch: Arch) -> Option<bool> {
    let word = match arch.word_bits() {
        64.. => u64::MAX,
        bits => (1 << bits) - 1,
    };
    let (mask, value) = (mask | !word, value & mask & word);
    let (least, most) = (value, value | !mask);
    let v = condition.value;
    let equal = |over: u64| match (value ^ v) & mask & over {
        0 if over & !mask == 0 => Some(true),
        0 => None,
        _ => Some(false),
    };
    let below =
        |limit_holds: fn(u64, u64) -> bool| match (limit_holds(least, v), limit_holds(most, v)) {
            (a, b) if a == b => Some(a),
            _ => None,
        };
    match condition.op {
        Op::Eq => equal(u64::MAX),
        Op::Ne => equal(u64::MAX).map(|e| !e),
        Op::MaskedEq(over) => equal(over),
        Op::Lt => below(|a, v| a < v),
        Op::Le => below(|a, v| a <= v),
        Op::Ge => below(|a, v| a >= v),
        Op::Gt => below(|a, v| a > v),
    }
}

/// A time since the epoch, in nanoseconds, as UTC.
fn time(ns: u64) -> String {
    let time = jiff::Timestamp::from_nanosecond(i128::from(ns));
    time.map_or_else(|_| ns.to_string(), |t| t.to_string())
}

/// The same to the millisecond, without the day.
fn clock(ns: u64) -> String {
    let time = time(ns / 1_000_000 * 1_000_000);
    let clock = time
        .split_once('T')
        .map_or(time.as_str(), |(_, clock)| clock);
    clock.trim_end_matches('Z').to_owned()
}

/// Text from a capture, without what a terminal would obey.
fn printable(text: &[u8]) -> String {
    let text = text.to_str_lossy();
    let shown = text.chars().map(|c| if c.is_control() { '.' } else { c });
    match text.is_empty() {
        true => "-".to_owned(),
        false => shown.take(64).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_guessed() {
        let check = |op, v, known, expect| {
            let condition = Condition {
                arg: 0,
                op,
                value: v,
            };
            assert_eq!(
                holds(&condition, known, Arch::X86_64),
                expect,
                "{op:?} {v:#x}"
            );
        };
        let all = |v| (u64::MAX, v);
        check(Op::Eq, 40, all(40), Some(true));
        check(Op::Eq, 40, all(41), Some(false));
        check(Op::Eq, 40, (0, 0), None);
        check(Op::Ne, 1, (1, 0), Some(false).map(|f| !f));
        check(Op::MaskedEq(0x30), 0x10, (0x30, 0x10), Some(true));
        check(Op::MaskedEq(0x70), 0x10, (0x30, 0x10), None);
        check(Op::MaskedEq(0x70), 0x10, (0x30, 0x20), Some(false));
        check(Op::Lt, 8, (!7, 0), Some(true));
        check(Op::Lt, 7, (!7, 0), None);
        check(Op::Gt, 6, (!7, 8), Some(true));
    }
}
