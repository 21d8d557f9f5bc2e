//! `lanner seccomp prove`: what holds for every call, or one for which it does not.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use lanner_seccomp::bpf::Data;
use lanner_seccomp::compile::{self, Options};
use lanner_seccomp::constants;
use lanner_seccomp::lint::needs;
use lanner_seccomp::symbolic::{Outcomes, Space};
use lanner_seccomp::table::{self, Call};
use lanner_seccomp::{Action, Arch};
use serde_json::{Value, json};

use super::Found;
use super::diff::call_name;
use super::filter::{Filter, calls_of, permission};
use super::input;
use super::report::{self, Format, FormatArgs, Paint};
use super::target::{RuntimeName, TargetArgs};

/// Prove that a profile allows no more than another, that its filter does what it says, or that a
/// runtime can start under it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner seccomp prove profile.json --against default:docker
  lanner seccomp prove container.bpf --against profile.json
  lanner seccomp prove profile.json --compiled
  lanner seccomp prove profile.json --starts runc --no-new-privs

All architectures, numbers and arguments are looked at, not samples. What is permitted (ALLOW and
LOG) is more than what somebody is asked about (NOTIFY and TRACE), and that is more than what is
refused.

Exit code: 0 if all holds, 1 if something does not, 2 if a profile cannot be read or has too many
cases.")]
pub(crate) struct Prove {
    /// The profile, or with --against also a BPF program or default:docker.
    pub(crate) profile: PathBuf,

    /// It allows no more than this one.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) against: Option<PathBuf>,

    /// The filter that it is compiled to returns what the profile says.
    #[arg(long)]
    pub(crate) compiled: bool,

    /// This runtime can start a container under it.
    #[arg(long, value_enum, value_name = "RUNTIME")]
    pub(crate) starts: Option<RuntimeName>,

    /// With --starts: the container has allowPrivilegeEscalation: false, so the filter is loaded
    /// last.
    #[arg(long)]
    pub(crate) no_new_privs: bool,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// One claim, and whether it holds.
struct Proof {
    claim: &'static str,
    holds: bool,
    text: String,
    detail: Value,
}

/// Proves what is asked for.
pub(crate) fn run(args: &Prove) -> Result<Found> {
    if args.against.is_none() && !args.compiled && args.starts.is_none() {
        bail!("say what to prove: --against PROFILE, --compiled or --starts RUNTIME");
    }
    let mut proofs = Vec::new();
    if let Some(other) = &args.against {
        proofs.push(against(args, other)?);
    }
    if args.compiled {
        proofs.push(compiled(args)?);
    }
    if let Some(runtime) = args.starts {
        proofs.push(starts(args, runtime)?);
    }
    let holds = proofs.iter().all(|p| p.holds);
    match args.format.format {
        Format::Json => {
            let proofs: Vec<Value> = proofs
                .iter()
                .map(|p| json!({ "claim": p.claim, "holds": p.holds, "detail": p.detail }))
                .collect();
            report::print_json(&json!({
                "profile": args.profile.display().to_string(),
                "holds": holds,
                "proofs": proofs,
            }))?;
        }
        Format::Text => {
            let paint = Paint::stdout();
            let mut out = String::new();
            for proof in &proofs {
                let verdict = match proof.holds {
                    true => paint.action(Action::Allow, "proven"),
                    false => paint.action(Action::KillProcess, "does not hold"),
                };
                out += &format!("{verdict}: {}\n", proof.text);
            }
            report::print(&out)?;
        }
    }
    Ok(match holds {
        true => Found::Nothing,
        false => Found::Something,
    })
}

fn against(args: &Prove, other: &Path) -> Result<Proof> {
    let mut space = Space::new();
    let own = Filter::load(&args.profile, &args.target, &mut space)?;
    let other = Filter::load(other, &args.target, &mut space)?;
    let more = space.combine(own.function, other.function, &mut |a, b| {
        let rank = |ret| permission(Action::from_ret(ret));
        u32::from(rank(a) > rank(b))
    });
    space.check()?;
    let Some(call) = space.example(more) else {
        return Ok(Proof {
            claim: "against",
            holds: true,
            text: format!("{} allows no more than {}", own.name, other.name),
            detail: Value::Null,
        });
    };
    // A counter-example that exists: a call that has a name, on an ABI that is known.
    let mut names = Vec::new();
    let mut example = None;
    for arch in Arch::all() {
        for (call, number) in calls_of(arch) {
            let function = space.at_call(more, arch, number);
            if function == Space::NONE {
                continue;
            }
            names.push((arch, call));
            if example.is_none()
                && let Some(found) = space.example(function)
            {
                example = Some((arch, Data::new(arch, number, found.args)));
            }
        }
    }
    let (arch, data) = example.unwrap_or((unknown_arch(&call), call));
    let gets = |space: &Space, f| Action::from_ret(space.evaluate(f, &data));
    let (here, there) = (gets(&space, own.function), gets(&space, other.function));
    let said = call_text(arch, &data);
    names.sort_by_key(|(arch, call)| (*arch, call.name));
    let listed: Vec<String> = names
        .iter()
        .map(
            |(arch, call)| match *arch == args.target.native().unwrap_or(*arch) {
                true => call.name.to_owned(),
                false => format!("{}:{}", arch.short_name().to_ascii_lowercase(), call.name),
            },
        )
        .collect();
    let rest = match listed.len() {
        0 | 1 => String::new(),
        _ => format!(
            "\nIt allows more of {}:\n  {}",
            report::counted(listed.len(), "call"),
            report::wrap(listed.iter().map(String::as_str), 2, report::width())
        ),
    };
    Ok(Proof {
        claim: "against",
        holds: false,
        text: format!(
            "{} allows no more than {}\n  {said} on {} gets {} from the first and {} from the \
             second{rest}",
            own.name,
            other.name,
            arch.short_name(),
            report::action(here),
            report::action(there),
        ),
        detail: json!({
            "arch": arch.to_string(),
            "call": table::by_number(arch, data.nr).map(|c| c.name),
            "number": data.nr,
            "arguments": data.args,
            "expression": said,
            "first": report::action_json(here),
            "second": report::action_json(there),
            "calls": listed,
        }),
    })
}

/// An ABI with the audit number of a call; the machine's own if there is none.
fn unknown_arch(data: &Data) -> Arch {
    let found = Arch::all().find(|a| a.audit() == data.arch);
    found.or(Arch::native()).unwrap_or(Arch::X86_64)
}

/// A call with the arguments that matter.
fn call_text(arch: Arch, data: &Data) -> String {
    let name = call_name(arch, data.nr);
    let call: Option<&Call> = table::by_number(arch, data.nr);
    let args = call.and_then(|c| c.args.as_ref()).map_or(6, Vec::len);
    let given = data.args.iter().rposition(|a| *a != 0).map_or(0, |i| i + 1);
    let shown: Vec<String> = (0u8..)
        .zip(data.args)
        .take(args.min(6).max(given))
        .map(|(arg, value)| {
            let named = call.and_then(|c| constants::of(arch, c.name, arg));
            match named.map(|n| n.render(value)) {
                Some(name) if name.starts_with(|c: char| c.is_ascii_alphabetic()) => name,
                _ if value < 10_000 => value.to_string(),
                _ => format!("{value:#x}"),
            }
        })
        .collect();
    format!("{name}({})", shown.join(", "))
}

fn compiled(args: &Prove) -> Result<Proof> {
    let loaded = input::load(&args.profile)?;
    let (_, _, policy) = loaded.apply(&args.target)?;
    let program = compile::compile(&policy, &Options::default())?;
    let mut space = Space::new();
    let mut verdicts = Outcomes::new();
    let function = space.policy(&policy, &mut verdicts)?;
    let said = space.returns(function, &verdicts);
    let done = space
        .program(&program)
        .context("the compiled filter cannot be followed")?;
    let differs = space.combine(said, done, &mut |a, b| u32::from(a != b));
    space.check()?;
    let example = space.example(differs);
    let text = match &example {
        None => format!(
            "the filter of {} instructions returns what the profile says, for every architecture, \
             number and argument",
            program.len()
        ),
        Some(data) => format!(
            "the filter of {} instructions returns what the profile says\n  {}",
            program.len(),
            call_text(unknown_arch(data), data)
        ),
    };
    Ok(Proof {
        claim: "compiled",
        holds: example.is_none(),
        text,
        detail: json!({ "instructions": program.len() }),
    })
}

fn starts(args: &Prove, runtime: RuntimeName) -> Result<Proof> {
    let loaded = input::load(&args.profile)?;
    let target = TargetArgs {
        runtime: args.target.runtime.or(Some(runtime)),
        ..args.target.clone()
    };
    let (target, _, policy) = loaded.apply(&target)?;
    let known = runtime.needs();
    let missing = needs::missing(&policy, target.native, known, args.no_new_privs);
    let nnp = match args.no_new_privs {
        true => "with no_new_privs",
        false => "without no_new_privs",
    };
    let listed = |names: &[&str]| report::wrap(names.iter().copied(), 4, report::width());
    let mut text = format!("{} can start a container, {nnp}", known.runtime);
    if !missing.hard.is_empty() {
        text += &format!(
            "\n  it needs, and is refused:\n    {}",
            listed(&missing.hard)
        );
    }
    if !missing.soft.is_empty() {
        text += &format!(
            "\n  it can do without, and is refused:\n    {}",
            listed(&missing.soft)
        );
    }
    Ok(Proof {
        claim: "starts",
        holds: missing.hard.is_empty(),
        text,
        detail: json!({
            "runtime": known.runtime,
            "no_new_privs": args.no_new_privs,
            "needs": missing.hard,
            "can_do_without": missing.soft,
        }),
    })
}
