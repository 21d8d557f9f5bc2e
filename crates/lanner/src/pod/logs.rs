//! `lanner pod logs`: what containers wrote, or which system calls they made.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use lanner_pod::home::{PodHome, Record};
use lanner_pod::logs::text;
use lanner_pod::machine::Slot;
use lanner_pod::syscalls::Syscalls;
use serde_json::json;

use super::{Shared, print, reconcile, table};
use crate::seccomp::report::write;

/// Show what a container wrote, or which system calls its filter logged.
#[derive(Args, Debug)]
#[command(after_help = "\
--syscalls lists what the kernel logged: with SCMP_ACT_LOG every call, with other profiles the
refused ones (filters are loaded with SECCOMP_FILTER_FLAG_LOG here, so that they are).")]
pub(crate) struct Logs {
    /// The pod.
    pod: String,

    /// The container, if it is not the only one.
    #[arg(short = 'c', long, value_name = "CONTAINER")]
    container: Option<String>,

    /// The same as -c.
    #[arg(value_name = "CONTAINER", conflicts_with = "container")]
    named: Option<String>,

    /// Go on as it is written.
    #[arg(short = 'f', long, conflicts_with = "syscalls")]
    follow: bool,

    /// Of the run before the last restart.
    #[arg(short = 'p', long)]
    previous: bool,

    /// Only so many of the last lines.
    #[arg(long, value_name = "LINES")]
    tail: Option<usize>,

    /// With the time before each line.
    #[arg(long)]
    timestamps: bool,

    /// Each system call that the filters have logged, with how often, by which process, and with
    /// which arguments where these are known.
    #[arg(long)]
    syscalls: bool,

    /// With --syscalls: for scripts.
    #[arg(long, requires = "syscalls")]
    json: bool,
}

pub(crate) fn run(shared: &Shared, logs: &Logs) -> Result<ExitCode> {
    reconcile::run(&shared.home())?;
    let (home, record) = shared.pod(&logs.pod)?;
    let named = logs.container.as_ref().or(logs.named.as_ref());
    if logs.syscalls {
        return syscalls(&home, &record, named, logs.json);
    }
    let slot = choose(&record, named)?;
    let status = record.machine.container(slot);
    let attempt = match (logs.previous, status.restart_count) {
        (false, n) => n,
        (true, 0) => bail!(
            "Error from server (BadRequest): previous terminated container \"{}\" in pod \"{}\" not found",
            status.name,
            record.pod.metadata.name
        ),
        (true, n) => n - 1,
    };
    let path = home.log(&status.name, attempt);
    if !path.exists() {
        if let Some(waiting) = status.waiting() {
            // A container that never began has written nothing.
            if waiting.reason == "CrashLoopBackOff" || waiting.reason == "RunContainerError" {
                return Ok(ExitCode::SUCCESS);
            }
            bail!(
                "Error from server (BadRequest): container \"{}\" in pod \"{}\" is waiting to start: {}",
                status.name,
                record.pod.metadata.name,
                waiting.reason
            );
        }
        return Ok(ExitCode::SUCCESS);
    }
    show(&home, slot, &path, logs)?;
    Ok(ExitCode::SUCCESS)
}

/// The container that is meant.
pub(super) fn choose(record: &Record, name: Option<&String>) -> Result<Slot> {
    let machine = &record.machine;
    let slots = machine.slots();
    let pod = &record.pod.metadata.name;
    if let Some(name) = name {
        let found = slots
            .into_iter()
            .find(|s| machine.container(*s).name == *name);
        return found.with_context(|| {
            format!("Error from server (BadRequest): container {name} is not valid for pod {pod}")
        });
    }
    let main: Vec<Slot> = slots
        .into_iter()
        .filter(|s| matches!(s, Slot::Main(_)))
        .collect();
    match main.as_slice() {
        [one] => Ok(*one),
        _ => {
            let names: Vec<&str> = record
                .machine
                .status
                .all()
                .map(|c| c.name.as_str())
                .collect();
            bail!(
                "error: a container name must be specified for pod {pod}, choose one of: [{}]",
                names.join(" ")
            )
        }
    }
}

fn line_of(bytes: &[u8], timestamps: bool) -> Vec<u8> {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let mut out = Vec::new();
    if timestamps {
        out.extend(line.split(|b| *b == b' ').next().unwrap_or_default());
        out.push(b' ');
    }
    out.extend(text(line).unwrap_or_default());
    out
}

fn show(home: &PodHome, slot: Slot, path: &Path, logs: &Logs) -> Result<()> {
    // How soon a new line is seen.
    const LOOK: Duration = Duration::from_millis(100);
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut reader = BufReader::new(file);
    let mut skip = 0;
    if let Some(tail) = logs.tail {
        let mut lines = 0_usize;
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            lines += 1;
            line.clear();
        }
        skip = lines.saturating_sub(tail);
        reader.seek(SeekFrom::Start(0))?;
    }
    let mut line = Vec::new();
    loop {
        // Asked before the end of the file is: what was written in between is not missed.
        let goes_on = logs.follow
            && home
                .read()?
                .is_some_and(|r| r.machine.container(slot).is_running());
        while reader.read_until(b'\n', &mut line)? > 0 {
            // A line that is still being written is read on with its rest.
            if line.last() != Some(&b'\n') && goes_on {
                break;
            }
            match skip {
                0 => write(&line_of(&line, logs.timestamps))?,
                _ => skip -= 1,
            }
            line.clear();
        }
        if !goes_on {
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }
}

fn syscalls(
    home: &PodHome,
    record: &Record,
    container: Option<&String>,
    as_json: bool,
) -> Result<ExitCode> {
    if container.is_some() {
        choose(record, container)?;
    }
    let calls = Syscalls::read(&home.syscalls());
    let list = calls.list();
    let wanted = list
        .iter()
        .filter(|(c, _)| container.is_none_or(|name| c.container == *name));
    if as_json {
        let list: Vec<_> = wanted
            .map(|(call, count)| {
                let mut value = serde_json::to_value(call).unwrap_or_default();
                value["count"] = json!(count);
                value["refused"] = json!(call.is_refused());
                value
            })
            .collect();
        let mut value = json!({"syscalls": list, "losses": calls.losses, "beyond": calls.beyond});
        if !calls.without_arguments.is_empty() {
            value["withoutArguments"] = json!(calls.without_arguments);
        }
        print(&format!("{value:#}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut heads = vec!["COUNT", "SYSCALL", "PROCESS", "CONTAINER", "ACTION"];
    // Nobody looks at an empty column.
    let arguments = wanted.clone().any(|(call, _)| !call.arguments.is_empty());
    if arguments {
        heads.push("ARGUMENTS");
    }
    let mut rows = vec![heads.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for (call, count) in wanted {
        let name = match call.abi.as_str() {
            "" => call.name.clone(),
            abi => format!("{} ({abi})", call.name),
        };
        let action = match call.is_refused() {
            true => format!("{} (refused)", call.action),
            false => call.action.clone(),
        };
        let mut row = vec![
            count.to_string(),
            name,
            call.process.clone(),
            call.container.clone(),
            action,
        ];
        if arguments {
            row.push(call.arguments.clone());
        }
        rows.push(row);
    }
    let mut text = match rows.len() {
        1 if record.notes.iter().any(|note| !note.trouble.is_empty()) => format!(
            "No calls were logged: a container's program never began; `lanner pod describe {}` \
             tells why.\n",
            record.pod.metadata.name
        ),
        1 => "No calls were logged: the profiles of this pod have refused nothing, and log \
              nothing that they allow (SCMP_ACT_LOG would).\n"
            .to_owned(),
        _ => table(&rows),
    };
    if calls.beyond > 0 {
        text.push_str(&format!("and {} of further kinds\n", calls.beyond));
    }
    for loss in &calls.losses {
        text.push_str(&format!("warning: {loss}\n"));
    }
    if !calls.without_arguments.is_empty() {
        let why = &calls.without_arguments;
        text.push_str(&format!("The arguments of calls are not known: {why}\n"));
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
