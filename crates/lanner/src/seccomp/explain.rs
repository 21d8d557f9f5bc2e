//! `lanner seccomp explain`: what a profile does with one call, or with all.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::Args;
use lanner_seccomp::bpf::{self, Data, Insn};
use lanner_seccomp::compile::{self, Options};
use lanner_seccomp::defaults::{self, RuntimeDefault};
use lanner_seccomp::expression::Expression;
use lanner_seccomp::policy::{Policy, Reason};
use lanner_seccomp::purpose::{self, DANGEROUS};
use lanner_seccomp::symbolic::{Function, Outcomes, Space, Verdict, words};
use lanner_seccomp::table::{self, Call};
use lanner_seccomp::target::{Applied, Target};
use lanner_seccomp::{Action, Arch};
use serde_json::{Value, json};

use super::Found;
use super::filter::calls_of;
use super::input::{self, Loaded};
use super::report::{self, Format, FormatArgs, Paint};
use super::target::TargetArgs;

/// Explain what happens to a call, or what a whole profile lets happen.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner seccomp explain profile.json
  lanner seccomp explain profile.json openat
  lanner seccomp explain profile.json 'clone(flags=CLONE_NEWUSER)'
  lanner seccomp explain profile.json 'socket(AF_VSOCK)' --arch x86
  lanner seccomp defaults | lanner seccomp explain - 'personality(8)'

A call is a name or a number, with arguments by position or name; `_` leaves one open. What is
not given is taken to be anything.

Exit code with a call: 0 if it happens whatever is left open, 1 if it can be refused, 2 if the
profile or the call cannot be read. Without a call: 0 or 2.")]
pub(crate) struct Explain {
    /// The profile; `-` reads it from standard input.
    pub(crate) profile: PathBuf,

    /// A call: openat, 'socket(AF_VSOCK)', 257.
    pub(crate) call: Option<String>,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// A profile, and what it comes to.
struct Subject {
    loaded: Loaded,
    target: Target,
    applied: Applied,
    policy: Policy,
    /// Its filter, if it is not too long.
    program: Option<Vec<Insn>>,
    space: Space,
    verdicts: Outcomes<Verdict>,
    function: Function,
}

/// Explains.
pub(crate) fn run(args: &Explain) -> Result<Found> {
    let loaded = input::load(&args.profile)?;
    let (target, applied, policy) = loaded.apply(&args.target)?;
    let mut space = Space::new();
    let mut verdicts = Outcomes::new();
    let function = space.policy(&policy, &mut verdicts)?;
    let mut subject = Subject {
        loaded,
        target,
        applied,
        program: compile::compile(&policy, &Options::default()).ok(),
        policy,
        space,
        verdicts,
        function,
    };
    match &args.call {
        Some(call) => {
            let call = Expression::parse(call, args.target.abi()?).map_err(|e| anyhow!(e))?;
            subject.call(&call, args.format.format)
        }
        None => subject.profile(args.format.format),
    }
}

/// What happens to some arguments of a call.
struct Outcome {
    when: String,
    action: Action,
    reason: Reason,
    /// Instructions that are executed, and whether the kernel skips the filter.
    cost: Option<(usize, bool)>,
}

impl Subject {
    /// What happens to a call, by its arguments.
    fn outcomes(&mut self, call: &Expression) -> Result<Vec<Outcome>> {
        let mut here = self.space.at_call(self.function, call.arch, call.number);
        for (arg, value) in (0u8..).zip(call.args) {
            if let Some(value) = value {
                here = self.space.given(here, arg, value);
            }
        }
        let mut found = Vec::new();
        let regions = self.space.regions(here, call.arch.word_bits());
        let regions = regions.map_err(|error| {
            let name = call.call.map_or("the call", |c| c.name);
            anyhow!("{name}: {error}; give it arguments, as in \"{name}(0, 1)\"")
        })?;
        for region in regions {
            let Some((action, reason)) = self.verdicts.get(region.value) else {
                continue;
            };
            let example = self.space.example(region.set).unwrap_or_default();
            let mut values = example.args;
            for (value, given) in values.iter_mut().zip(call.args) {
                *value = given.unwrap_or(*value);
            }
            let data = Data::new(call.arch, call.number, values);
            let ran = self.program.as_deref().and_then(|p| bpf::run(p, &data));
            found.push(Outcome {
                when: words::conditions(&region, call.arch, call.call),
                action,
                reason,
                cost: ran.map(|o| (o.steps, o.constant && action == Action::Allow)),
            });
        }
        Ok(found)
    }

    fn call(&mut self, call: &Expression, format: Format) -> Result<Found> {
        let outcomes = self.outcomes(call)?;
        let found = match outcomes.iter().all(|o| o.action.permits()) {
            true => Found::Nothing,
            false => Found::Something,
        };
        if format == Format::Json {
            let given: serde_json::Map<String, Value> = (0u8..)
                .zip(call.args)
                .filter_map(|(arg, v)| {
                    Some((words::arg_name(arg, call.arch, call.call), json!(v?)))
                })
                .collect();
            let outcomes: Vec<Value> = outcomes
                .iter()
                .map(|o| self.outcome_json(call, o))
                .collect();
            report::print_json(&json!({
                "call": call.name(),
                "arch": call.arch.to_string(),
                "number": call.number,
                "arguments": given,
                "outcomes": outcomes,
            }))?;
            return Ok(found);
        }
        let paint = Paint::stdout();
        let title = format!(
            "{} ({} on {})",
            call.name(),
            call.number,
            call.arch.short_name()
        );
        let mut out = String::new();
        if let [only] = outcomes.as_slice() {
            let action = paint.action(only.action, &report::action(only.action));
            // Writing to a string does not fail.
            let _ = writeln!(out, "{}: {action}", paint.bold(&title));
            out += &self.why(call, only, 2);
        } else {
            let _ = writeln!(out, "{} depends on its arguments:", paint.bold(&title));
            for outcome in &outcomes {
                let action = paint.action(outcome.action, &report::action(outcome.action));
                let _ = writeln!(out, "\n  {}: {action}", outcome.when);
                out += &self.why(call, outcome, 4);
            }
        }
        report::print(&out)?;
        Ok(found)
    }

    /// Why a call gets its action, and what that costs.
    fn why(&self, call: &Expression, outcome: &Outcome, indent: usize) -> String {
        let pad = " ".repeat(indent);
        let mut out = format!("{pad}{}\n", self.reason(call, outcome.reason));
        if let Reason::Rule(rule) = outcome.reason {
            out += &self.snippet(call, rule, indent + 2);
        }
        let cost = match outcome.cost {
            Some((_, true)) => {
                "the kernel knows this from the number alone and does not run the filter".to_owned()
            }
            Some((steps, false)) => {
                format!("{} executed", report::counted(steps, "instruction"))
            }
            None => "the filter is too long for the kernel".to_owned(),
        };
        out + &format!("{pad}{cost}\n")
    }

    fn reason(&self, call: &Expression, reason: Reason) -> String {
        match reason {
            Reason::Rule(rule) => {
                let span = self.place(call, rule);
                let at = self.loaded.files.line_column(span);
                let file = self.loaded.files.name(span.file);
                format!("the rule at {file}:{}:{}", at.line, at.column)
            }
            Reason::Default => "no rule fits: the default action".to_owned(),
            Reason::Abi => {
                "calls of this architecture are not listed: the thread is killed".to_owned()
            }
            Reason::Stub => {
                let abi = self.policy.abis.iter().find(|a| a.arch == call.arch);
                match abi.and_then(|a| a.highest) {
                    Some(highest) if call.number > highest => {
                        let name = table::by_number(call.arch, highest).map_or("?", |c| c.name);
                        format!(
                            "runc's stub: the number is above the highest that the profile names, \
                             {highest} ({name})"
                        )
                    }
                    _ => "runc's stub".to_owned(),
                }
            }
        }
    }

    /// Where a rule of the spec names a call, or a call that is made through it.
    fn place(&self, call: &Expression, rule: usize) -> lanner_diag::Span {
        let written = &self.loaded.profile.rules[self.applied.origins[rule]];
        let name = call.call.map_or("", |c| c.name);
        let named = written.names.iter().find(|n| {
            n.value == name
                || call
                    .arch
                    .multiplexer(&n.value)
                    .is_some_and(|(through, _)| through == name)
        });
        lanner_diag::Span {
            file: self.loaded.profile.file,
            range: named.map_or(written.span, |n| n.span),
        }
    }

    /// The line that names the call, with a caret.
    fn snippet(&self, call: &Expression, rule: usize, indent: usize) -> String {
        let span = self.place(call, rule);
        let text = self.loaded.files.text(span.file);
        let at = self.loaded.files.line_column(span);
        let line = text.lines().nth(at.line as usize - 1).unwrap_or_default();
        let line = line.replace('\t', " ");
        let number = at.line.to_string();
        let room = report::width()
            .saturating_sub(indent + number.len() + 4)
            .max(20);
        let column = at.column as usize - 1;
        // A long line is shown from a little before the name.
        let from = if column + 24 > room {
            column.saturating_sub(room / 3)
        } else {
            0
        };
        let shown: String = line.chars().skip(from).take(room).collect();
        let width = span.range.end.saturating_sub(span.range.start).max(1) as usize;
        let caret = "^".repeat(width.min(room.saturating_sub(column - from)).max(1));
        let pad = " ".repeat(indent);
        let gutter = " ".repeat(number.len());
        let before = " ".repeat(column - from);
        format!("{pad}{number} | {shown}\n{pad}{gutter} | {before}{caret}\n")
    }

    fn outcome_json(&self, call: &Expression, outcome: &Outcome) -> Value {
        let mut value = report::action_json(outcome.action);
        value["when"] = json!(outcome.when);
        value["reason"] = json!(match outcome.reason {
            Reason::Rule(_) => "rule",
            Reason::Default => "default",
            Reason::Abi => "architecture",
            Reason::Stub => "stub",
        });
        if let Reason::Rule(rule) = outcome.reason {
            let span = self.place(call, rule);
            let at = self.loaded.files.line_column(span);
            value["file"] = json!(self.loaded.files.name(span.file));
            value["line"] = json!(at.line);
            value["column"] = json!(at.column);
        }
        value["instructions"] = json!(outcome.cost.map(|c| c.0));
        value["cached"] = json!(outcome.cost.map(|c| c.1));
        value
    }
}

/// How far a call happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// Never.
    No,
    /// For some arguments.
    Partly,
    /// Always.
    Yes,
}

/// What a policy does with the calls of an ABI.
struct Surface {
    space: Space,
    verdicts: Outcomes<Verdict>,
    function: Function,
}

impl Surface {
    fn new(policy: &Policy) -> Result<Surface> {
        let mut space = Space::new();
        let mut verdicts = Outcomes::new();
        let function = space.policy(policy, &mut verdicts)?;
        Ok(Surface {
            space,
            verdicts,
            function,
        })
    }

    /// How far a call happens.
    fn extent(&mut self, arch: Arch, number: u32) -> Extent {
        let here = self.space.at_call(self.function, arch, number);
        let verdicts = &self.verdicts;
        let permits = |v: u32| u32::from(verdicts.get(v).is_some_and(|v| v.0.permits()));
        match self.space.map(here, &mut { permits }) {
            Space::ALL => Extent::Yes,
            Space::NONE => Extent::No,
            _ => Extent::Partly,
        }
    }
}

impl Subject {
    fn profile(&mut self, format: Format) -> Result<Found> {
        let arch = self.target.native;
        let mut own = Surface::new(&self.policy)?;
        let docker = defaults::runtime_default(RuntimeDefault::Docker, &self.target);
        let mut docker = Surface::new(&Policy::new(&docker))?;
        let rows: Vec<Row> = calls_of(arch)
            .map(|(call, number)| Row {
                call,
                number,
                own: own.extent(arch, number),
                docker: docker.extent(arch, number),
            })
            .collect();
        let abis: Vec<(Arch, usize, usize)> = self
            .policy
            .abis
            .iter()
            .map(|abi| {
                let all = calls_of(abi.arch).count();
                let happen = calls_of(abi.arch)
                    .filter(|(_, n)| own.extent(abi.arch, *n) != Extent::No)
                    .count();
                (abi.arch, happen, all)
            })
            .collect();
        match format {
            Format::Json => self.profile_json(&rows, &abis)?,
            Format::Text => self.profile_text(&rows, &abis)?,
        }
        Ok(Found::Nothing)
    }

    fn profile_json(&mut self, rows: &[Row], abis: &[(Arch, usize, usize)]) -> Result<()> {
        let mut calls = Vec::new();
        for row in rows {
            let call = row.expression(self.target.native);
            let outcomes = self.outcomes(&call)?;
            let outcomes: Vec<Value> = outcomes
                .iter()
                .map(|o| self.outcome_json(&call, o))
                .collect();
            calls.push(json!({
                "call": row.call.name,
                "number": row.number,
                "purpose": purpose::of(row.call.name).map(|p| p.name),
                "outcomes": outcomes,
            }));
        }
        let count = |happens: fn(&Row) -> bool| rows.iter().filter(|r| happens(r)).count();
        let abis: Vec<Value> = abis
            .iter()
            .map(|(arch, happen, all)| {
                json!({ "arch": arch.to_string(), "permitted": happen, "calls": all })
            })
            .collect();
        report::print_json(&json!({
            "file": self.loaded.files.name(self.loaded.profile.file),
            "machine": self.target.native.to_string(),
            "default": report::action_json(self.policy.default),
            "architectures": abis,
            "surface": {
                "profile": count(|r| r.own != Extent::No),
                "docker": count(|r| r.docker != Extent::No),
                "none": rows.len(),
            },
            "instructions": self.program.as_ref().map(Vec::len),
            "calls": calls,
        }))
    }

    fn profile_text(&mut self, rows: &[Row], abis: &[(Arch, usize, usize)]) -> Result<()> {
        let paint = Paint::stdout();
        let width = report::width();
        let name = self.loaded.files.name(self.loaded.profile.file).to_owned();
        let default = self.policy.default;
        let permissive = default.permits();
        let mut out = format!(
            "{} on {}: calls without a rule get {}\n\n",
            paint.bold(&name),
            self.target.native.short_name(),
            paint.action(default, &report::action(default))
        );
        let what = if permissive { "refused" } else { "permitted" };
        let heading = format!(
            "{:<13} {:>4} {:>6} {:>4}  {what} calls",
            "for", "this", "Docker", "none"
        );
        out += &format!("{}\n", paint.bold(&heading));
        let mut starred = Vec::new();
        for purpose in purpose::all() {
            let of: Vec<&Row> = rows
                .iter()
                .filter(|r| purpose.calls.contains(&r.call.name))
                .collect();
            if of.is_empty() {
                continue;
            }
            let shown: Vec<String> = of
                .iter()
                .filter(|r| (r.own == Extent::Yes) != permissive || r.own == Extent::Partly)
                .map(|r| match r.own {
                    Extent::Partly => format!("{}*", r.call.name),
                    _ => r.call.name.to_owned(),
                })
                .collect();
            starred.extend(of.iter().filter(|r| r.own == Extent::Partly).copied());
            let count = |f: fn(&Row) -> Extent| of.iter().filter(|r| f(r) != Extent::No).count();
            let line = format!(
                "{:<13} {:>4} {:>6} {:>4}  {}",
                purpose.name,
                count(|r| r.own),
                count(|r| r.docker),
                of.len(),
                report::wrap(shown.iter().map(String::as_str), 31, width)
            );
            out += &format!("{}\n", line.trim_end());
        }
        let count = |f: fn(&Row) -> Extent| rows.iter().filter(|r| f(r) != Extent::No).count();
        let total = format!(
            "{:<13} {:>4} {:>6} {:>4}",
            "all",
            count(|r| r.own),
            count(|r| r.docker),
            rows.len()
        );
        out += &format!("{}\n", paint.bold(&total));
        out += &self.dangerous(rows, paint, width);
        if !starred.is_empty() {
            out += &format!("\n{}\n", paint.bold("* depends on arguments"));
            for row in starred {
                let call = row.expression(self.target.native);
                for outcome in self.outcomes(&call)? {
                    let action = report::action(outcome.action);
                    let padded = paint.action(outcome.action, &format!("{action:<14}"));
                    let _ = writeln!(out, "  {:<16} {padded} {}", row.call.name, outcome.when);
                }
            }
        }
        out += &self.other_actions(rows, paint, width)?;
        out += &format!("\n{}\n", paint.bold("architectures"));
        for (arch, happen, all) in abis {
            let _ = writeln!(
                out,
                "  {:<12} {happen} of {all} calls permitted",
                arch.short_name()
            );
        }
        out += "  others       the thread is killed\n";
        if let Some(program) = &self.program {
            let _ = writeln!(
                out,
                "\nThe filter has {}.",
                report::counted(program.len(), "instruction")
            );
        }
        report::print(&out)
    }

    /// Those permitted that give the kernel away.
    fn dangerous(&self, rows: &[Row], paint: Paint, width: usize) -> String {
        let caps = &self.target.caps;
        let within_reach = |name: &str| {
            let known = DANGEROUS.iter().find(|(call, ..)| *call == name);
            known.filter(|(_, _, needed)| {
                needed.is_empty() || needed.iter().any(|cap| caps.iter().any(|c| c == cap))
            })
        };
        let open: Vec<&str> = rows
            .iter()
            .filter(|r| r.own != Extent::No)
            .filter_map(|r| within_reach(r.call.name))
            .map(|(name, ..)| *name)
            .collect();
        if open.is_empty() {
            return String::new();
        }
        let title = "permitted and dangerous with these capabilities:";
        format!(
            "\n{}\n  {}\n",
            paint.bold(title),
            report::wrap(open, 2, width)
        )
    }

    /// Calls that always get an action that is neither the default's nor a plain permission.
    fn other_actions(&mut self, rows: &[Row], paint: Paint, width: usize) -> Result<String> {
        let mut by_action: Vec<(Action, Vec<&str>)> = Vec::new();
        for row in rows.iter().filter(|r| r.own != Extent::Partly) {
            let call = row.expression(self.target.native);
            for outcome in self.outcomes(&call)? {
                let action = outcome.action;
                if action == self.policy.default
                    || action == Action::Allow
                    || outcome.reason == Reason::Stub
                {
                    continue;
                }
                match by_action.iter_mut().find(|(a, _)| *a == action) {
                    Some((_, names)) => names.push(row.call.name),
                    None => by_action.push((action, vec![row.call.name])),
                }
            }
        }
        let mut out = String::new();
        if !by_action.is_empty() {
            out += &format!("\n{}\n", paint.bold("other actions"));
        }
        for (action, mut names) in by_action {
            names.dedup();
            let title = format!("{:<14}", report::action(action));
            let _ = writeln!(
                out,
                "  {} {}",
                paint.action(action, &title),
                report::wrap(names, 17, width)
            );
        }
        Ok(out)
    }
}

/// A call of the native ABI.
struct Row {
    call: &'static Call,
    number: u32,
    own: Extent,
    docker: Extent,
}

impl Row {
    fn expression(&self, arch: Arch) -> Expression {
        Expression {
            arch,
            call: Some(self.call),
            number: self.number,
            args: [None; 6],
        }
    }
}
