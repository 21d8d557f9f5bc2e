//! `lanner seccomp test`: expectations on calls, for CI.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use lanner_diag::yaml::{self, Node};
use lanner_diag::{Diagnostic, FileId, Files, Span, TextRange, nearest};
use lanner_seccomp::expression::Expression;
use lanner_seccomp::symbolic::{Function, Outcomes, Space, Verdict, words};
use lanner_seccomp::{Action, Arch};
use serde_json::{Value, json};

use super::Found;
use super::input::{self, Refused};
use super::report::{self, Format, FormatArgs, Paint};
use super::target::TargetArgs;

/// Check expectations on calls, for CI.
#[derive(Args, Debug)]
#[command(after_help = "\
A file of cases:

  profile: profile.json          # beside this file
  cases:
    - call: openat
      expect: allow
    - call: socket(AF_VSOCK)
      expect: errno EPERM
    - call: clone(flags=CLONE_NEWUSER)
      arch: x86
      expect: refused            # any action that does not let it happen

An expectation is an action (allow, log, errno, errno ENOSYS, errno 38, kill, kill_thread,
kill_process, trap, trace, notify), or permitted or refused. It must hold for all arguments that
the call leaves open.

Exit code: 0 if all hold, 1 if one does not, 2 if cases or profile cannot be read.")]
pub(crate) struct Test {
    /// The cases, in YAML; `-` reads them from standard input.
    pub(crate) cases: PathBuf,

    /// The profile, instead of the one that the cases name.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// What is expected of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Permitted,
    Refused,
    /// This action, with any number if it is an ERRNO without one.
    Action(Action, bool),
}

struct Case {
    call: Expression,
    written: String,
    expected: Expected,
    expects: String,
    line: u32,
}

/// Most bytes of a file of cases.
const MAX_CASES: usize = 4 << 20;

/// Runs the cases.
pub(crate) fn run(args: &Test) -> Result<Found> {
    let source = input::read(&args.cases, MAX_CASES)?;
    let text = std::str::from_utf8(&source.bytes)
        .with_context(|| format!("{}: expected YAML text", source.name))?;
    if source.bytes.len() > MAX_CASES {
        return Err(anyhow!("{}: longer than {MAX_CASES} bytes", source.name));
    }
    let mut files = Files::new();
    let file = files.add(&source.name, text);
    let mut reader = Reader {
        file,
        arch: args.target.abi()?,
        faults: Vec::new(),
    };
    let (profile, cases) = reader.read(text);
    if !reader.faults.is_empty() {
        return Err(Refused::new(&reader.faults, &files).into());
    }
    let beside = |name: String| match args.cases.parent() {
        Some(folder) if args.cases.as_os_str() != "-" => folder.join(name),
        _ => PathBuf::from(name),
    };
    let path = args
        .profile
        .clone()
        .or(profile.map(beside))
        .ok_or_else(|| {
            anyhow!(
                "{}: name a profile with `profile:` or --profile",
                source.name
            )
        })?;
    let (_, _, policy) = input::load(&path)?.apply(&args.target)?;
    let mut space = Space::new();
    let mut verdicts = Outcomes::new();
    let function = space.policy(&policy, &mut verdicts)?;
    let mut results = Vec::new();
    for case in &cases {
        results.push(wrong(&mut space, &verdicts, function, case)?);
    }
    print(args, &source.name, &cases, &results)?;
    Ok(match results.iter().all(Vec::is_empty) {
        true => Found::Nothing,
        false => Found::Something,
    })
}

/// Where a case does not hold: for which arguments, and what happens there.
fn wrong(
    space: &mut Space,
    verdicts: &Outcomes<Verdict>,
    function: Function,
    case: &Case,
) -> Result<Vec<(String, Action)>> {
    let call = &case.call;
    let mut here = space.at_call(function, call.arch, call.number);
    for (arg, value) in (0u8..).zip(call.args) {
        if let Some(value) = value {
            here = space.given(here, arg, value);
        }
    }
    let mut found = Vec::new();
    for region in space.regions(here, call.arch.word_bits())? {
        let action = verdicts
            .get(region.value)
            .map_or(Action::KillThread, |v| v.0);
        if !case.expected.is(action) {
            found.push((words::conditions(&region, call.arch, call.call), action));
        }
    }
    Ok(found)
}

fn print(args: &Test, name: &str, cases: &[Case], results: &[Vec<(String, Action)>]) -> Result<()> {
    let failed = results.iter().filter(|r| !r.is_empty()).count();
    if args.format.format == Format::Json {
        let cases: Vec<Value> = cases
            .iter()
            .zip(results)
            .map(|(case, wrong)| {
                let wrong: Vec<Value> = wrong
                    .iter()
                    .map(|(when, action)| {
                        let mut value = report::action_json(*action);
                        value["when"] = json!(when);
                        value
                    })
                    .collect();
                json!({
                    "call": case.written,
                    "arch": case.call.arch.to_string(),
                    "line": case.line,
                    "expect": case.expects,
                    "holds": wrong.is_empty(),
                    "instead": wrong,
                })
            })
            .collect();
        return report::print_json(&json!({
            "file": name, "cases": cases, "failed": failed,
        }));
    }
    let paint = Paint::stdout();
    let mut out = String::new();
    for (case, wrong) in cases.iter().zip(results).filter(|(_, w)| !w.is_empty()) {
        out += &format!(
            "{name}:{}: {} should be {}\n",
            case.line,
            paint.bold(&case.written),
            case.expects
        );
        for (when, action) in wrong {
            let action = paint.action(*action, &report::action(*action));
            match when.is_empty() {
                true => out += &format!("  it gets {action}\n"),
                false => out += &format!("  it gets {action} where {when}\n"),
            }
        }
    }
    out += &format!(
        "{}, {failed} failed\n",
        report::counted(cases.len(), "case")
    );
    report::print(&out)
}

impl Expected {
    fn parse(text: &str) -> Option<Expected> {
        let lower = text.to_ascii_lowercase();
        let mut words = lower.split([' ', '(', ')', '=']).filter(|w| !w.is_empty());
        let name = words.next()?.trim_start_matches("scmp_act_").to_owned();
        let number = match words.next() {
            None => None,
            Some(word) => Some(match word.parse::<u16>() {
                Ok(number) => number,
                Err(_) => lanner_seccomp::profile::errno_by_name(&word.to_ascii_uppercase())?,
            }),
        };
        match name.as_str() {
            "permitted" => return Some(Expected::Permitted),
            "refused" => return Some(Expected::Refused),
            _ => {}
        }
        let full = format!("SCMP_ACT_{}", name.to_ascii_uppercase());
        let action = Action::from_name(&full, number)?;
        let any = number.is_none() && matches!(action, Action::Errno(_) | Action::Trace(_));
        Some(Expected::Action(action, any))
    }

    fn is(self, action: Action) -> bool {
        match self {
            Expected::Permitted => action.permits(),
            Expected::Refused => !action.permits(),
            Expected::Action(wanted, true) => wanted.name() == action.name(),
            Expected::Action(wanted, false) => wanted == action,
        }
    }
}

struct Reader {
    file: FileId,
    arch: Arch,
    faults: Vec<Diagnostic>,
}

impl Reader {
    fn fault(&mut self, node: &Node, code: &'static str, message: String, help: Option<String>) {
        let start = node.mark.offset as usize;
        let span = Span {
            file: self.file,
            range: TextRange::new(start, (node.end as usize).max(start)),
        };
        self.faults
            .push(Diagnostic::error(code, message).label(span, "").help(help));
    }

    /// The profile's name and the cases of a file.
    fn read(&mut self, text: &str) -> (Option<String>, Vec<Case>) {
        let documents = match yaml::parse(text) {
            Ok(documents) => documents,
            Err(error) => {
                let at = error.mark.offset as usize;
                let span = Span {
                    file: self.file,
                    range: TextRange::new(at, at + 1),
                };
                let message = format!("not YAML: {}", error.message);
                self.faults
                    .push(Diagnostic::error("not-yaml", message).label(span, ""));
                return (None, Vec::new());
            }
        };
        let empty = Node::new(yaml::Value::Null);
        let root = documents.first().unwrap_or(&empty);
        let Some(pairs) = root.as_map() else {
            let help = "write `cases:` and under it `- call: …` with `expect: …`";
            let message = "expected a mapping with the key `cases`".to_owned();
            self.fault(root, "wrong-type", message, Some(help.to_owned()));
            return (None, Vec::new());
        };
        let (mut profile, mut cases) = (None, None);
        for (key, value) in pairs {
            match key.as_str() {
                Some("profile") => profile = value.as_str().map(str::to_owned),
                Some("cases") => cases = Some(value),
                other => self.unknown(key, other, &["profile", "cases"]),
            }
        }
        let Some(list) = cases.and_then(Node::as_seq) else {
            let message = "expected `cases`: a list".to_owned();
            self.fault(cases.unwrap_or(root), "wrong-type", message, None);
            return (profile, Vec::new());
        };
        (profile, list.iter().filter_map(|n| self.case(n)).collect())
    }

    fn unknown(&mut self, key: &Node, name: Option<&str>, known: &[&str]) {
        let name = name.unwrap_or("?");
        let help = nearest(name, known.iter().copied()).map(|n| format!("did you mean `{n}`?"));
        let message = format!("`{name}` is no key here; known are {}", known.join(", "));
        self.fault(key, "unknown-key", message, help);
    }

    fn case(&mut self, node: &Node) -> Option<Case> {
        let Some(pairs) = node.as_map() else {
            let message = "expected a case: a mapping with `call` and `expect`".to_owned();
            self.fault(node, "wrong-type", message, None);
            return None;
        };
        let (mut call, mut expect, mut arch) = (None, None, self.arch);
        for (key, value) in pairs {
            match key.as_str() {
                Some("call") => call = Some(value),
                Some("expect") => expect = Some(value),
                Some("arch") => match value.as_str().and_then(Arch::from_any_name) {
                    Some(named) => arch = named,
                    None => {
                        let message = "expected `arch`: a name like x86 or arm64".to_owned();
                        self.fault(value, "unknown-arch", message, None);
                    }
                },
                other => self.unknown(key, other, &["call", "expect", "arch"]),
            }
        }
        let (Some(call), Some(expect)) = (call, expect) else {
            let message = "the case lacks `call` or `expect`".to_owned();
            self.fault(node, "missing-key", message, None);
            return None;
        };
        let written = call.as_str().unwrap_or_default();
        let expression = match Expression::parse(written, arch) {
            Ok(expression) => Some(expression),
            Err(error) => {
                self.fault(call, "unknown-call", error.to_string(), None);
                None
            }
        };
        let text = expect.as_str().unwrap_or_default();
        let expected = Expected::parse(text);
        if expected.is_none() {
            let help = "allow, log, errno, errno ENOSYS, kill_process, kill_thread, trap, trace, \
                        notify, permitted or refused";
            let message = format!("`{text}` is nothing that can be expected");
            self.fault(
                expect,
                "unknown-expectation",
                message,
                Some(help.to_owned()),
            );
        }
        Some(Case {
            call: expression?,
            written: written.to_owned(),
            expected: expected?,
            expects: text.to_owned(),
            line: node.mark.line + 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_are_actions_or_their_effect() {
        let check = |text: &str, action, expect| {
            let parsed = Expected::parse(text).map(|e| e.is(action));
            assert_eq!(parsed, expect, "{text} {action}");
        };
        check("allow", Action::Allow, Some(true));
        check("SCMP_ACT_ALLOW", Action::Log, Some(false));
        check("permitted", Action::Log, Some(true));
        check("errno", Action::Errno(38), Some(true));
        check("errno ENOSYS", Action::Errno(1), Some(false));
        check("ERRNO(38)", Action::Errno(38), Some(true));
        check("refused", Action::KillProcess, Some(true));
        check("maybe", Action::Allow, None);
    }
}
