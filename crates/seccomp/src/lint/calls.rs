//! What a profile leaves open or closes among the calls.

use lanner_diag::Diagnostic;

use super::{Permission, Subject, enumerate};
use crate::compile::{self, Options};
use crate::defaults::CLONE_NEW;
use crate::purpose::DANGEROUS;
use crate::{Action, Arch, table};

pub(super) fn check(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    arches(subject, faults);
    clone3(subject, faults);
    ways_round(subject, faults);
    conditions_round(subject, faults);
    foreign_arches(subject, faults);
    eperm_default(subject, faults);
    io_uring(subject, faults);
    dangerous(subject, faults);
    exits(subject, faults);
    enosys_step(subject, faults);
    length(subject, faults);
}

/// The rule of the spec that names a call, and the place of the name.
fn named(subject: &Subject<'_>, name: &str) -> Option<lanner_diag::Span> {
    let rules = &subject.applied.spec.rules;
    let rule = rules
        .iter()
        .position(|r| r.names.iter().any(|n| n == name))?;
    Some(subject.name_span(rule, name))
}

fn arches(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let native = subject.target.native;
    let listed: Vec<Arch> = subject.policy.abis.iter().map(|a| a.arch).collect();
    let place = match &subject.profile.architectures {
        Some(list) => list.first().map(|a| a.span),
        None => None,
    };
    let place = place.map_or(subject.default_span(), |span| subject.span(span));
    let missing: Vec<&str> = native
        .sub_arches()
        .iter()
        .filter(|a| !listed.contains(a) && **a != Arch::X32)
        .map(|a| a.short_name())
        .collect();
    if !missing.is_empty() {
        faults.push(
            Diagnostic::warning(
                "missing-arch",
                format!(
                    "{} is not listed: the first call of such a program kills its thread",
                    enumerate(&missing, 6)
                ),
            )
            .label(place, "")
            .note("that is what you want unless programs of that architecture are to run"),
        );
    }
    if native == Arch::X86_64 && listed.contains(&Arch::X32) {
        let list = subject.profile.architectures.iter().flatten();
        let place = list
            .filter(|a| a.value == Arch::X32)
            .map(|a| subject.span(a.span))
            .next()
            .unwrap_or(place);
        faults.push(
            Diagnostic::warning(
                "x32-open",
                "x32 is listed: a second set of numbers for the same calls, which hardly any \
                 program uses and most kernels do not have",
            )
            .label(place, "")
            .help(Some("leave out SCMP_ARCH_X32".into())),
        );
    }
}

fn clone3(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let arch = subject.target.native;
    let plain = subject.decide(arch, "clone", [0x11, 0, 0, 0, 0, 0]);
    let spaces = subject.decide(arch, "clone", [CLONE_NEW, 0, 0, 0, 0, 0]);
    let filtered = plain.is_some_and(Action::permits) && spaces.is_some_and(|a| !a.permits());
    let Some(third) = subject.decide(arch, "clone3", [0; 6]) else {
        return;
    };
    let place = named(subject, "clone3").or(named(subject, "clone"));
    let place = place.unwrap_or(subject.default_span());
    if filtered && third.permits() {
        faults.push(
            Diagnostic::error(
                "clone3",
                "the flags of `clone` are filtered and `clone3` is permitted: its flags are in \
                 memory, so it makes the same namespaces",
            )
            .label(place, "")
            .help(Some(
                "give clone3 SCMP_ACT_ERRNO with errnoRet 38: the C library then uses clone".into(),
            )),
        );
    }
    let wrong_error = matches!(third, Action::Errno(errno) if errno != 38);
    if plain.is_some_and(Action::permits) && wrong_error {
        faults.push(
            Diagnostic::warning(
                "clone3",
                format!(
                    "`clone3` gives {third}: the C library falls back to `clone` for ENOSYS (38) only, so threads cannot start"
                ),
            )
            .label(place, "")
            .help(Some("add a rule for clone3: SCMP_ACT_ERRNO with errnoRet 38".into())),
        );
    }
}

/// Calls that do the same: where one is refused by name, another is a way round.
const SAME: [&[&str]; 22] = [
    &["open", "openat", "openat2", "creat"],
    &["chmod", "fchmodat", "fchmodat2"],
    &["chown", "lchown", "fchownat"],
    &["unlink", "unlinkat"],
    &["rename", "renameat", "renameat2"],
    &["link", "linkat"],
    &["symlink", "symlinkat"],
    &["mkdir", "mkdirat"],
    &["mknod", "mknodat"],
    &["rmdir", "unlinkat"],
    &["readlink", "readlinkat"],
    &["access", "faccessat", "faccessat2"],
    &["execve", "execveat"],
    &["clone", "clone3", "fork", "vfork"],
    &["accept", "accept4"],
    &["sendto", "sendmsg", "sendmmsg"],
    &["init_module", "finit_module"],
    &["kexec_load", "kexec_file_load"],
    &[
        "mount",
        "fsmount",
        "move_mount",
        "open_tree",
        "mount_setattr",
    ],
    &["umount", "umount2"],
    &["ptrace", "process_vm_readv", "process_vm_writev"],
    &["setxattr", "lsetxattr", "fsetxattr", "setxattrat"],
];

/// Calls with conditions, and others that do the same without.
fn conditions_round(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    for group in SAME {
        // What clone3 can do is a check of its own, and fork makes no namespaces.
        for filtered in group.iter().filter(|_| !group.contains(&"clone")) {
            let Some(place) = named(subject, filtered) else {
                continue;
            };
            if subject.permission(filtered) != Permission::Sometimes {
                continue;
            }
            let open: Vec<&str> = group
                .iter()
                .filter(|n| *n != filtered && subject.permits_all(n))
                .copied()
                .collect();
            if !open.is_empty() {
                faults.push(
                    Diagnostic::warning(
                        "way-round",
                        format!(
                            "`{filtered}` has conditions, {} does the same without",
                            enumerate(&open, 6)
                        ),
                    )
                    .label(place, "")
                    .help(Some(format!(
                        "give {} the same conditions",
                        enumerate(&open, 6)
                    ))),
                );
            }
        }
    }
}

/// Architectures that a machine of the target cannot run.
fn foreign_arches(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let native = subject.target.native;
    for arch in subject.profile.architectures.iter().flatten() {
        if arch.value == native || native.sub_arches().contains(&arch.value) {
            continue;
        }
        faults.push(
            Diagnostic::warning(
                "foreign-arch",
                format!(
                    "a machine of {} runs no program of {}: listing it only makes the filter longer",
                    native.short_name(),
                    arch.value.short_name()
                ),
            )
            .label(subject.span(arch.span), "")
            .note("leave it if the profile is for machines of several architectures"),
        );
    }
}

/// A default of EPERM where no stub answers ENOSYS for new calls.
fn eperm_default(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    if subject.applied.spec.stub
        || subject.policy.default != Action::Errno(1)
        || subject.applied.spec.rules.is_empty()
    {
        return;
    }
    faults.push(
        Diagnostic::warning(
            "eperm-default",
            "calls newer than the profile get EPERM: programs fall back on an older call for ENOSYS only",
        )
        .label(subject.default_span(), "")
        .help(Some("\"defaultErrnoRet\": 38".into())),
    );
}

fn ways_round(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    // In an allow-list the others of a group are refused by default, and what is permitted was
    // chosen; only a list of refusals can forget one.
    if !subject.policy.default.permits() {
        return;
    }
    for group in SAME {
        for refused in group {
            let Some(place) = named(subject, refused) else {
                continue;
            };
            if subject.permits_some(refused) {
                continue;
            }
            let exists = |n: &&&str| {
                **n != *refused
                    && table::by_name(n).is_some_and(|c| c.number(subject.target.native).is_some())
            };
            let open: Vec<&str> = group
                .iter()
                .filter(exists)
                .filter(|n| subject.permits_all(n))
                .copied()
                .collect();
            if !open.is_empty() {
                faults.push(
                    Diagnostic::error(
                        "way-round",
                        format!(
                            "`{refused}` is refused, {} does the same and is not",
                            enumerate(&open, 6)
                        ),
                    )
                    .label(place, "")
                    .help(Some(format!("add {} to the rule", enumerate(&open, 6)))),
                );
                break;
            }
        }
    }
}

fn io_uring(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    if !subject.permits_all("io_uring_setup") || !subject.permits_all("io_uring_enter") {
        return;
    }
    let refused: Vec<&str> = [
        "openat", "openat2", "socket", "connect", "sendmsg", "unlinkat", "renameat",
    ]
    .into_iter()
    .filter(|n| !subject.permits_all(n))
    .collect();
    if refused.is_empty() {
        return;
    }
    let place = named(subject, "io_uring_setup").unwrap_or(subject.default_span());
    faults.push(
        Diagnostic::error(
            "io-uring",
            format!(
                "io_uring is permitted: what is submitted to it does not pass the filter, {} among it",
                enumerate(&refused, 4)
            ),
        )
        .label(place, "")
        .help(Some("refuse io_uring_setup".into())),
    );
}

fn dangerous(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    if subject.policy.default.permits() {
        return;
    }
    for (name, what, caps) in DANGEROUS {
        // Without the capability the kernel refuses what is dangerous about it.
        let held = |cap: &&str| subject.target.caps.iter().any(|c| c == cap);
        let harmless = !caps.is_empty() && !caps.iter().any(held);
        if harmless || !subject.permits_all(name) {
            continue;
        }
        if let Some(place) = named(subject, name) {
            faults.push(
                Diagnostic::warning("dangerous", format!("`{name}` is permitted: it {what}"))
                    .label(place, ""),
            );
        }
    }
}

fn exits(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let missing: Vec<&str> = ["exit", "exit_group", "rt_sigreturn", "restart_syscall"]
        .into_iter()
        .filter(|n| !subject.permits_some(n))
        .collect();
    if missing.is_empty() || missing.len() == 4 && subject.applied.spec.rules.is_empty() {
        return;
    }
    faults.push(
        Diagnostic::warning(
            "missing-exit",
            format!(
                "{} refused: programs crash where they should end, return from a signal or go on after a stop",
                match missing.as_slice() {
                    [one] => format!("`{one}` is"),
                    several => format!("{} are", enumerate(several, 6)),
                }
            ),
        )
        .label(subject.default_span(), "")
        .help(Some(format!("permit {}", enumerate(&missing, 6)))),
    );
}

/// With runc's stub the highest call that is named draws the line between ENOSYS and the default.
fn enosys_step(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let arch = subject.target.native;
    let abi = subject.policy.abis.iter().find(|a| a.arch == arch);
    let Some(highest) = abi.and_then(|a| a.highest) else {
        return;
    };
    if matches!(subject.policy.default, Action::Errno(38)) {
        return;
    }
    let latest = table::calls().iter().filter_map(|c| c.number(arch)).max();
    let newer = latest.map_or(0, |l| l.saturating_sub(highest));
    let Some(call) = table::by_number(arch, highest).filter(|_| newer > 0) else {
        return;
    };
    let place = named(subject, call.name).unwrap_or(subject.default_span());
    faults.push(
        Diagnostic::warning(
            "enosys-step",
            format!(
                "`{}` ({highest}) is the highest call named: runc answers ENOSYS for those above it, and unlisted ones below get {}",
                call.name, subject.policy.default
            ),
        )
        .label(place, "")
        .note("naming a newer call changes the error of every unlisted call in between; programs fall back on ENOSYS only")
        .help(Some("\"defaultErrnoRet\": 38 makes it the same for all".into())),
    );
}

fn length(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    if let Err(error) = compile::compile(subject.policy, &Options::default()) {
        faults.push(
            Diagnostic::error("too-long", error.to_string()).label(subject.default_span(), ""),
        );
    }
}
