//! Confining the monitor once it is at work.
//!
//! The process keeps the capabilities that a reload needs ([`KEPT`]) and gives up all others, for
//! good. A seccomp filter, made by our own compiler from `profile.json`, leaves it no way to start a
//! program, trace or signal another process, mount or load modules; what it refuses is logged by
//! the kernel's audit. What `program_output` starts is started by a process of its own
//! ([`crate::launcher`]). Threads that face the network hold no capability (that of `http_output`
//! one, to read its keys), and where the kernel has Landlock they may write no file but those of
//! their spool and open no connection but to their receiver.
//!
//! Not by Landlock: the threads that read `/proc` of other processes. Landlock counts that as
//! tracing them and forbids it, whatever its rules say (Documentation/userspace-api/landlock.rst,
//! "Ptrace restrictions"). Nor those that write to files, which may be moved away with their
//! folders.
//!
//! Threads share their memory, so who executes code in one can reach the others: this stops what
//! goes astray in ours, and leaves an intruder little to call.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, NetPort, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};
use lanner_diag::{Diagnostic, Files, Style};
use lanner_seccomp::load::{Filter, Flags};
use lanner_seccomp::policy::Policy;
use lanner_seccomp::target::{Engine, Runtime, Target};
use lanner_seccomp::{Arch, compile, document, profile};
use rustix::thread::{CapabilitySet, CapabilitySets};

use crate::log::Log;

/// The capabilities that are kept where they are held, and what for.
pub(crate) const KEPT: [(CapabilitySet, &str, &str); 4] = [
    (
        CapabilitySet::BPF,
        "CAP_BPF",
        "loading the probe, and more of it when a reload needs more",
    ),
    (
        CapabilitySet::PERFMON,
        "CAP_PERFMON",
        "attaching it to the kernel's tracepoints, and reading kernel memory in it",
    ),
    (
        CapabilitySet::SYS_PTRACE,
        "CAP_SYS_PTRACE",
        "reading descriptors, working directory and environment of other users' processes in /proc",
    ),
    (
        CapabilitySet::DAC_READ_SEARCH,
        "CAP_DAC_READ_SEARCH",
        "reading the states of container runtimes and the user databases of containers",
    ),
];

/// What is allowed. Its filter logs what it refuses.
const PROFILE: &str = include_str!("profile.json");

/// What is refused without a word.
const THREADS: &str = include_str!("threads.json");

/// Gives up what the process does not need, and has a filter refuse what it never does. To be
/// called once everything was opened, before other threads are started: they inherit it. A part
/// that the kernel refuses is logged: a monitor that is less confined is better than none.
///
/// `live` keeps the capabilities of the probe.
pub(crate) fn confine(live: bool, log: &Log) {
    let kept = match live {
        true => KEPT.iter().fold(CapabilitySet::empty(), |all, k| all | k.0),
        false => CapabilitySet::empty(),
    };
    if let Err(error) = keep_capabilities(kept) {
        log.warn(format!("Sandbox: {error:#}"));
    }
    if let Err(failure) = lanner_seccomp::load::set_no_new_privs() {
        log.warn(format!("Sandbox: no_new_privs: error {}", -failure.value));
    }
    match load_filters() {
        Ok(length) => log.debug(format!(
            "Sandbox: capabilities {:?}, seccomp filters of {length} instructions",
            held().unwrap_or(CapabilitySet::empty()),
        )),
        Err(error) => log.warn(format!("Sandbox: no seccomp filter: {error:#}")),
    }
}

/// Loads the filters for all threads; how long they are.
fn load_filters() -> Result<usize> {
    let filters = [
        filter(THREADS, Flags::TSYNC)?,
        filter(PROFILE, Flags::TSYNC | Flags::LOG)?,
    ];
    for filter in &filters {
        filter
            .load()
            .map_err(|failure| anyhow!(failure.explain(filter)))?;
    }
    Ok(filters.iter().map(Filter::len).sum())
}

/// The filter of a profile.
fn filter(profile: &str, flags: Flags) -> Result<Filter> {
    let policy = policy(profile, lanner_seccomp::load::kernel_version())?;
    Filter::compile(&policy, &compile::Options::default(), flags.supported())
        .context("the profile cannot be loaded here")
}

/// What a profile decides.
fn policy(text: &str, kernel: (u16, u16)) -> Result<Policy> {
    let mut files = Files::default();
    let render = |fault: &Diagnostic, files: &Files| {
        anyhow!(lanner_diag::render(fault, files, Style::Plain))
    };
    let document = document::read(&mut files, "the sandbox's profile", text.as_bytes());
    let document = document.map_err(|fault| render(&fault, &files))?;
    let (profile, faults) = profile::read(&document);
    if let Some(fault) = faults.first() {
        return Err(render(fault, &files));
    }
    let target = Target {
        engine: Engine::None,
        runtime: Runtime::Crun,
        native: Arch::native().context("the machine has an unknown ABI")?,
        caps: Vec::new(),
        kernel,
    };
    let applied = target.apply(&profile);
    let applied = applied.map_err(|fault| render(&fault, &files))?;
    Ok(Policy::new(&applied.context("no default action")?.spec))
}

/// The capabilities that this thread can use.
pub(crate) fn held() -> Result<CapabilitySet> {
    let sets = rustix::thread::capabilities(None).context("capget")?;
    Ok(sets.effective)
}

/// Gives up all capabilities but these, in every set, for this thread and those that it starts.
fn keep_capabilities(kept: CapabilitySet) -> Result<()> {
    let sets = rustix::thread::capabilities(None).context("capget")?;
    // Neither set decides anything once no_new_privs is set, so that they cannot be emptied
    // without CAP_SETPCAP is no harm.
    for capability in CapabilitySet::all().difference(kept).iter() {
        let _ = rustix::thread::remove_capability_from_bounding_set(capability);
    }
    let _ = rustix::thread::clear_ambient_capability_set();
    let kept = sets.permitted.intersection(kept);
    let sets = CapabilitySets {
        effective: kept,
        permitted: kept,
        inheritable: CapabilitySet::empty(),
    };
    rustix::thread::set_capabilities(None, sets).context("capabilities cannot be given up")
}

/// Confines the calling thread: it keeps these capabilities at most, may write below these folders
/// only, may start nothing, may bind no TCP socket, and may connect one to these ports only.
/// Whether the kernel has Landlock; without it, which is as old as Linux 5.13, it is the
/// capabilities alone.
pub(crate) fn confine_thread(
    kept: CapabilitySet,
    writable: &[PathBuf],
    ports: &[u16],
) -> Result<bool> {
    keep_capabilities(kept)?;
    landlock(writable, ports).context("Landlock")
}

/// Has Landlock restrict the calling thread; whether the kernel has it.
fn landlock(writable: &[PathBuf], ports: &[u16]) -> Result<bool> {
    let abi = ABI::V6;
    let read: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
    let write = AccessFs::from_all(abi) & !BitFlags::from(AccessFs::Execute);
    let writable: Vec<&Path> = writable
        .iter()
        .map(PathBuf::as_path)
        .filter(|path| path.exists())
        .collect();
    let connects = |port: &u16| Ok::<_, RulesetError>(NetPort::new(*port, AccessNet::ConnectTcp));
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules([Path::new("/")], read))?
        .add_rules(path_beneath_rules(writable, write))?
        .add_rules(ports.iter().map(connects))?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

#[cfg(test)]
mod tests {
    use lanner_seccomp::bpf;
    use lanner_seccomp::load::kernel_version;

    use super::*;

    #[test]
    fn the_profiles_are_without_fault_and_refuse_what_an_intruder_wants() {
        let programs = [PROFILE, THREADS].map(|profile| {
            let policy = policy(profile, (6, 1)).unwrap();
            compile::compile(&policy, &compile::Options::default()).unwrap()
        });
        let ret = |name: &str, arg: u64| {
            let call = lanner_event::Syscall::by_name(name).unwrap();
            let number = call.get().unwrap().x86_64.unwrap();
            let data = bpf::Data {
                nr: u32::from(number),
                arch: Arch::X86_64.audit(),
                ip: 0,
                args: [arg, 0, 0, 0, 0, 0],
            };
            // The kernel takes the strictest, which is the least of these as a signed number.
            let all = programs.iter().map(|p| bpf::run(p, &data).unwrap().ret);
            all.min_by_key(|ret| ret.cast_signed()).unwrap()
        };
        const ALLOW: u32 = 0x7fff_0000;
        for name in ["read", "openat", "bpf", "accept4", "futex", "exit_group"] {
            assert_eq!(ret(name, 0), ALLOW, "{name}");
        }
        for name in [
            "execve",
            "execveat",
            "ptrace",
            "process_vm_writev",
            "kill",
            "mount",
            "init_module",
            "finit_module",
            "kexec_load",
            "setns",
            "unshare",
            "fork",
            "vfork",
            "keyctl",
            "pidfd_open",
            "io_uring_setup",
            "userfaultfd",
            "perf_event_open",
            "chroot",
            "setuid",
            "chmod",
        ] {
            assert_ne!(ret(name, 0), ALLOW, "{name}");
        }
        const CLONE_THREAD: u64 = 0x10000;
        assert_eq!(ret("clone", 0x3d0f00 | CLONE_THREAD), ALLOW);
        assert_ne!(ret("clone", 17), ALLOW);
        assert_eq!(ret("clone3", 0), 0x0005_0000 | 38);
    }

    #[test]
    fn a_confined_thread_has_no_capability_and_writes_where_it_may() {
        let dir = tempfile::tempdir().unwrap();
        let allowed = dir.path().join("allowed");
        std::fs::create_dir(&allowed).unwrap();
        let refused = dir.path().join("refused");
        let there = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
        let [port, other] = there.each_ref().map(|l| l.local_addr().unwrap().port());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let none = CapabilitySet::empty();
                let writable = std::slice::from_ref(&allowed);
                let landlock = confine_thread(none, writable, &[port]).unwrap();
                assert_eq!(held().unwrap(), CapabilitySet::empty());
                std::fs::write(allowed.join("a"), "x").unwrap();
                std::fs::read("/proc/version").unwrap();
                std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
                if landlock {
                    std::fs::write(&refused, "x").unwrap_err();
                    std::fs::write("/etc/lanner-was-here", "x").unwrap_err();
                    std::net::TcpListener::bind("127.0.0.1:0").unwrap_err();
                    // Ports are of Linux 6.7.
                    let connects = std::net::TcpStream::connect(("127.0.0.1", other));
                    assert_eq!(connects.is_err(), kernel_version() >= (6, 7));
                }
            });
        });
        // Only the thread is confined.
        std::fs::write(&refused, "x").unwrap();
    }
}
