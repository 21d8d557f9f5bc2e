//! Calls for people: their name, and each argument by what it means.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::FileExt;

use lanner_seccomp::bpf::Data;
use lanner_seccomp::constants;
use lanner_seccomp::policy::Reason;
use lanner_seccomp::profile::errno_name;
use lanner_seccomp::supervise::Task;
use lanner_seccomp::{Action, Arch, table};

/// Text of an argument beyond this is cut.
const MOST_TEXT: usize = 256;

/// The name of a call; its number where it has none.
pub(crate) fn name(call: &Data) -> String {
    let arch = Arch::of_call(call.arch, call.nr);
    match arch.and_then(|a| table::by_number(a, call.nr)) {
        Some(known) => known.name.to_owned(),
        None => format!("call {}", call.nr),
    }
}

/// A call with its arguments; with the texts and addresses that they point to, if its thread
/// stands still.
pub(crate) fn describe(call: &Data, task: Option<&Task>) -> String {
    let arch = Arch::of_call(call.arch, call.nr);
    let known = arch.and_then(|a| Some((a, table::by_number(a, call.nr)?)));
    let Some((arch, known)) = known else {
        let [a, b, c, d, e, f] = call.args;
        return format!(
            "call {} of architecture {:#x} ({a:#x}, {b:#x}, {c:#x}, {d:#x}, {e:#x}, {f:#x})",
            call.nr, call.arch
        );
    };
    let Some(args) = &known.args else {
        let [a, b, c, ..] = call.args;
        return format!("{}({a:#x}, {b:#x}, {c:#x}, …)", known.name);
    };
    let shown = args
        .iter()
        .zip(call.args)
        .enumerate()
        .map(|(i, (arg, value))| {
            let pointed = task.and_then(|task| match arg.ty {
                // What is there is written by the call, or is no text.
                table::ArgType::Text if arg.name == "buf" => None,
                table::ArgType::Text => task.text(value, MOST_TEXT).map(|t| format!("{t:?}")),
                table::ArgType::Pointer if arg.name.ends_with("addr") => {
                    let len = call.args.get(i + 1).copied().unwrap_or(0);
                    socket_address(task, value, len)
                }
                _ => None,
            });
            pointed.unwrap_or_else(|| constants::render_arg(arch, known, i as u8, value))
        });
    let shown: Vec<String> = shown.collect();
    let abi = match arch {
        native if Some(native) == Arch::native() => String::new(),
        other => format!(" [{other}]"),
    };
    format!("{}({}){abi}", known.name, shown.join(", "))
}

/// A `struct sockaddr` in the memory of a thread.
fn socket_address(task: &Task, address: u64, len: u64) -> Option<String> {
    let mut bytes = [0; 128];
    let len = usize::try_from(len).ok()?.min(bytes.len());
    if address == 0 || len < 2 {
        return None;
    }
    let memory = task.memory().ok()?;
    let read = memory.read_at(&mut bytes[..len], address).ok()?;
    let bytes = &bytes[..read];
    let family = u16::from_ne_bytes(*bytes.first_chunk()?);
    let port = || Some(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
    match i32::from(family) {
        // AF_UNIX; a NUL byte in front for the abstract ones.
        1 => {
            let path = String::from_utf8_lossy(&bytes[2..]);
            let path = path.trim_end_matches('\0').replace('\0', "@");
            Some(format!("{path:?}"))
        }
        2 => {
            let ip: [u8; 4] = *bytes.get(4..)?.first_chunk()?;
            Some(format!("{}:{}", Ipv4Addr::from(ip), port()?))
        }
        10 => {
            let ip: [u8; 16] = *bytes.get(8..)?.first_chunk()?;
            Some(format!("[{}]:{}", Ipv6Addr::from(ip), port()?))
        }
        _ => None,
    }
}

/// An error number by its name.
pub(crate) fn errno(number: u16) -> String {
    errno_name(number).map_or_else(|| format!("error {number}"), str::to_owned)
}

/// What an action does to a call, in a word or two.
pub(crate) fn effect(action: Action) -> String {
    match action {
        Action::KillProcess => "process killed (SIGSYS)".to_owned(),
        Action::KillThread => "thread killed (SIGSYS)".to_owned(),
        Action::Trap(_) => "SIGSYS sent".to_owned(),
        Action::Errno(number) => errno(number),
        Action::Notify => "is notified".to_owned(),
        Action::Trace(_) => "ENOSYS, nobody traces".to_owned(),
        Action::Log => "is logged".to_owned(),
        Action::Allow => "happens".to_owned(),
    }
}

/// Why a profile decides as it does; `place` tells where a rule stands.
pub(crate) fn reason(reason: Reason, place: impl Fn(usize) -> Option<String>) -> String {
    match reason {
        Reason::Rule(index) => match place(index) {
            Some(place) => format!("rule at {place}"),
            None => format!("rule {}", index + 1),
        },
        Reason::Default => "default action".to_owned(),
        Reason::Abi => "its architecture is not listed".to_owned(),
        Reason::Stub => "newer than every call that the profile names (stub of runc)".to_owned(),
    }
}
