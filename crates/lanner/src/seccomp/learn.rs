//! `lanner seccomp learn`: the profile that a workload needs, from recordings and captures.
//! `lanner seccomp merge`: one recording of several.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use lanner_baseline::{Learnt, MAX_TEXT, Method, Options, Origin, Recording, Subject, learn};
use lanner_engine::Template;
use lanner_event::{EventType, Syscall};
use lanner_filter::PrintOptions;
use lanner_seccomp::profile::{Profile, errno_by_name};
use lanner_seccomp::{Action, Arch, oci, table};
use serde_json::json;

use super::report::{self, Format, FormatArgs};
use super::target::RuntimeName;
use super::{Found, input};
use crate::filter;
use crate::show::{self, Seen};
use crate::source::Events;

/// Make the profile that permits what recordings have, and nothing else.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner seccomp learn web.rec -o web.json
  lanner seccomp learn monday.rec tuesday.rec --runtime runc -o web.json
  lanner seccomp learn --default log web.rec           # to look for what is missing
  lanner seccomp learn incident.scap --filter 'container.name = web'

Besides what was recorded, the profile permits what every program starts and ends with, and with
--runtime what that runtime calls itself after it has loaded the filter. Arguments are told apart
where that is safe and worth it: domains of sockets, ioctl requests, options of prctl, flags of
clone and unshare. They are compared in 32 bits, as the kernel does.

The profile goes to standard output or -o, the account of it (how many calls it is learnt from, how
likely something is still missing, what was added and why) to stderr; --format json has both in one.
Captures have no raw arguments, so profiles from them tell none apart.")]
pub(crate) struct Learn {
    /// Recordings of `lanner seccomp trace`, and captures (.scap); `-` reads one from standard
    /// input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Where to write the profile [default: standard output].
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// What calls get that were not recorded: `errno`, `errno:EPERM`, `log`, `kill`. errno alone is
    /// ENOSYS, on which libraries try another way.
    #[arg(long, value_name = "ACTION", default_value = "errno", value_parser = action)]
    pub(crate) default: Action,

    /// Permit calls with whatever arguments.
    #[arg(long)]
    pub(crate) no_arguments: bool,

    /// Also permit what this runtime calls after it has loaded the filter.
    #[arg(long, value_enum, value_name = "RUNTIME")]
    pub(crate) runtime: Option<RuntimeName>,

    /// Whether the runtime sets no_new_privs (allowPrivilegeEscalation: false), and so loads the
    /// filter last; without, it makes many more calls under it.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set,
          num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) no_new_privs: bool,

    /// Of captures, take only events that satisfy this condition, written as in rules.
    #[arg(short = 'f', long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Make one recording of several.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner seccomp merge replica-*.rec -o all.rec
  lanner seccomp merge all.rec today.rec -o all.rec && lanner seccomp learn all.rec

For repeated runs of a workload, and for its replicas. Nothing is left out; of each call it is
kept in how many runs it was made, from which learn tells how much is likely to be missing still.")]
pub(crate) struct Merge {
    /// Recordings.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Where to write the recording [default: standard output].
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

fn action(text: &str) -> Result<Action, String> {
    Ok(match text.split_once(':') {
        None => match text {
            "errno" => Options::default().default,
            "log" => Action::Log,
            "kill" | "kill-process" => Action::KillProcess,
            _ => return Err("expected errno, errno:NAME, log or kill".to_owned()),
        },
        Some(("errno", name)) => {
            let number = errno_by_name(name).or_else(|| name.parse().ok());
            let number = number.filter(|n| (1..4096).contains(n));
            Action::Errno(number.ok_or_else(|| format!("{name} is no error number"))?)
        }
        Some(_) => return Err("expected errno, errno:NAME, log or kill".to_owned()),
    })
}

/// Merges recordings.
pub(crate) fn merge(merge: &Merge) -> Result<Found> {
    let recordings: Vec<Recording> = merge
        .files
        .iter()
        .map(|path| {
            let source = input::read(path, MAX_TEXT)?;
            parse(&source)
        })
        .collect::<Result<_>>()?;
    let merged = Recording::merge(&recordings).context("there is no recording")?;
    let natives: Vec<&String> = recordings.iter().map(|r| &r.arch).collect();
    if let Some(other) = natives.iter().find(|a| **a != natives[0]) {
        bail!(
            "these are of different architectures, {} and {other}: learn from each alone",
            natives[0]
        );
    }
    write(&merge.output, &merged.to_text()?)?;
    Ok(Found::Nothing)
}

fn parse(source: &input::Source) -> Result<Recording> {
    if source.bytes.len() > MAX_TEXT {
        bail!("{}: longer than {} MiB", source.name, MAX_TEXT >> 20);
    }
    Recording::parse(&source.bytes).with_context(|| source.name.clone())
}

fn write(output: &Option<PathBuf>, text: &str) -> Result<()> {
    match output {
        Some(path) => std::fs::write(path, text).with_context(|| path.display().to_string()),
        None => report::print(text),
    }
}

/// Learns.
pub(crate) fn run(args: &Learn) -> Result<Found> {
    let mut recordings = Vec::new();
    for path in &args.files {
        recordings.push(load(path, args.filter.as_deref())?);
    }
    if let Some(other) = recordings.iter().find(|r| r.arch != recordings[0].arch) {
        bail!(
            "these are of different architectures, {} and {}: learn from each alone",
            recordings[0].arch,
            other.arch
        );
    }
    let options = Options {
        default: args.default,
        arguments: !args.no_arguments,
        runtime: args.runtime.map(RuntimeName::needs),
        no_new_privs: args.no_new_privs,
    };
    let learnt = learn(&recordings, &options).context("the recordings are of no known machine")?;
    if learnt.estimate.calls == 0 {
        bail!("the recordings have no calls");
    }
    let profile = oci::write(&Profile::from_spec(&learnt.spec));
    if args.format.format == Format::Json {
        let profile: serde_json::Value = serde_json::from_str(&profile)?;
        let text = format!("{:#}\n", to_json(&learnt, &profile));
        write(&args.output, &text)?;
    } else {
        write(&args.output, &profile)?;
        // Nobody is left to tell if stderr is closed.
        let _ = std::io::stderr().write_all(account(&learnt, &options).as_bytes());
    }
    Ok(Found::Nothing)
}

fn load(path: &Path, filter: Option<&str>) -> Result<Recording> {
    if is_capture(path) {
        return capture(path, filter);
    }
    parse(&input::read(path, MAX_TEXT)?)
}

/// Whether a file is to be read as a capture; a recording is text.
fn is_capture(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.ends_with(".scap") || name.ends_with(".scap.gz")
}

/// The calls of a capture.
fn capture(path: &Path, condition: Option<&str>) -> Result<Recording> {
    let scheme = lanner_fields::scheme();
    let condition = condition
        .map(|text| filter::condition(text, &scheme))
        .transpose()?;
    let template = Template::parse("%proc.name", &scheme).map_err(|e| anyhow!(e))?;
    let native = Arch::native().unwrap_or(Arch::X86_64);
    let subject = Subject {
        captures: vec![path.display().to_string()],
        ..Subject::default()
    };
    let mut recording = Recording::new(Method::Capture, subject, native);
    let by_event: HashMap<EventType, &str> =
        Syscall::all().map(|call| (call.event, call.name)).collect();
    let (mut first, mut last) = (None, 0);
    let mut program = Vec::new();
    let mut events = Events::open(path)?;
    show::follow(&mut events, condition.as_ref(), |seen| {
        let Seen::Event(step, record, arena) = seen else {
            return Ok(true);
        };
        first.get_or_insert(step.event.ts);
        last = step.event.ts;
        let name = match step.event.ty {
            EventType::GENERIC_X => match step.event.uint(0).and_then(|c| u16::try_from(c).ok()) {
                Some(code) => Syscall(code).name(),
                None => return Ok(true),
            },
            ty => match by_event.get(&ty) {
                Some(name) => name,
                // It is no call: an exit, a signal.
                None => return Ok(true),
            },
        };
        if let Some(number) = table::by_name(name).and_then(|c| c.number(native)) {
            program.clear();
            template.render(record, PrintOptions::default(), arena, &mut program);
            let program = String::from_utf8_lossy(&program);
            recording.add((native, number), &program, (1, None), 1);
        }
        Ok(true)
    })?;
    let started = first.unwrap_or(0);
    recording.started = started / 1_000_000_000;
    recording.seconds = last.saturating_sub(started) as f64 / 1e9;
    recording.sort();
    Ok(recording)
}

/// What a profile was made of, for people.
fn account(learnt: &Learnt, options: &Options) -> String {
    let mut out = String::new();
    let named = |wanted: fn(&Origin) -> bool| -> Vec<&str> {
        let found = learnt.origins.iter().filter(|(_, origin)| wanted(origin));
        found.map(|(name, _)| name.as_str()).collect()
    };
    let recorded = named(|o| matches!(o, Origin::Recorded { .. }));
    // Writing to a string does not fail.
    let _ = writeln!(out, "Learnt from {}", learnt.estimate);
    let _ = writeln!(
        out,
        "{} calls are permitted because they were recorded.",
        recorded.len()
    );
    let added = [
        (
            "every program starts or ends with them",
            named(|o| *o == Origin::Program),
        ),
        (
            "the C library uses them instead of clone3",
            named(|o| *o == Origin::Fallback),
        ),
        (
            "the runtime calls them under the filter",
            named(|o| matches!(o, Origin::Runtime(_))),
        ),
    ];
    for (why, names) in added.iter().filter(|(_, names)| !names.is_empty()) {
        let _ = writeln!(out, "Added, as {why}: {}.", names.join(", "));
    }
    if options.runtime.is_none() {
        let _ = writeln!(
            out,
            "For a container, give --runtime: the runtime makes calls of its own under the filter."
        );
    }
    for note in &learnt.notes {
        let _ = writeln!(out, "Note: {note}.");
    }
    out
}

fn to_json(learnt: &Learnt, profile: &serde_json::Value) -> serde_json::Value {
    let origins: serde_json::Map<String, serde_json::Value> = learnt
        .origins
        .iter()
        .map(|(name, origin)| {
            let value = match origin {
                Origin::Recorded {
                    count,
                    runs,
                    programs,
                } => json!({
                    "origin": "recorded", "count": count, "runs": runs, "programs": programs,
                }),
                Origin::Program => json!({"origin": "program"}),
                Origin::Runtime(name) => json!({"origin": "runtime", "runtime": name}),
                Origin::Fallback => json!({"origin": "clone3"}),
            };
            (name.clone(), value)
        })
        .collect();
    let estimate = &learnt.estimate;
    json!({
        "profile": profile,
        "calls": origins,
        "notes": learnt.notes,
        "estimate": {
            "calls": estimate.calls,
            "kinds": estimate.kinds,
            "once": estimate.once,
            "runs": estimate.runs,
            "in_one_run": estimate.in_one_run,
            "next_call_new": estimate.next_call(),
            "next_run_new_kinds": estimate.next_run(),
        },
    })
}
