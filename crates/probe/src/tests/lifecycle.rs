//! exec, fork, exit, signals.

use std::ffi::CString;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use lanner_event::{Outcomes, Selection, Syscall};

use super::{
    Bytes, Empty, EventType, Observed, Param, S64, Seen, Str, That, U8, U32, U64, cstr, observe,
    observe_with, options,
};
use crate::raw_syscall;

/// What is the same for all threads of this process, as exec and fork events have it.
struct Own {
    fdlimit: u64,
    cgroups: Vec<u8>,
    loginuid: u32,
    caps: [u64; 3],
    euid: u32,
    egid: u32,
}

impl Own {
    fn read() -> Own {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: `limit` is valid for the call; the others take no pointers.
        let (euid, egid) = unsafe {
            libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
            (libc::geteuid(), libc::getegid())
        };
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let cap = |name: &str| {
            let line = status.lines().find_map(|l| l.strip_prefix(name)).unwrap();
            u64::from_str_radix(line.trim(), 16).unwrap() & ((1 << 41) - 1)
        };
        Own {
            fdlimit: limit.rlim_cur,
            cgroups: cgroups(),
            loginuid: fs::read_to_string("/proc/self/loginuid")
                .map_or(u32::MAX, |text| text.trim().parse().unwrap()),
            caps: [cap("CapInh:"), cap("CapPrm:"), cap("CapEff:")],
            euid,
            egid,
        }
    }
}

/// The groups of the five controllers that events carry, from /proc.
fn cgroups() -> Vec<u8> {
    let text = fs::read_to_string("/proc/self/cgroup").unwrap();
    let available = fs::read_to_string("/proc/cgroups").unwrap_or_default();
    let mut out = Vec::new();
    for (events, proc) in [
        ("cpuset", "cpuset"),
        ("cpu", "cpu"),
        ("cpuacct", "cpuacct"),
        ("io", "blkio"),
        ("memory", "memory"),
    ] {
        if !available
            .lines()
            .any(|l| l.split('\t').next() == Some(proc))
        {
            continue;
        }
        let path = text.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':');
            let controllers = parts.nth(1)?;
            let path = parts.next()?;
            controllers.split(',').any(|c| c == proc).then_some(path)
        });
        let unified = || {
            text.lines()
                .find_map(|l| l.strip_prefix("0::"))
                .unwrap_or("/")
        };
        let path = path.unwrap_or_else(unified);
        write!(out, "{events}={path}\0").unwrap();
    }
    out
}

fn at_least(minimum: u64) -> impl Fn(&[u8]) -> bool {
    move |bytes| {
        let mut wide = [0; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(wide) >= minimum
    }
}

/// The process that `act` waits for, as a raw pid.
fn wait(pid: i64) {
    // SAFETY: takes no pointer that is not null.
    unsafe { libc::waitpid(pid as i32, std::ptr::null_mut(), 0) };
}

#[test]
fn root_exec_reports_the_new_image() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().canonicalize().unwrap().join("program");
    fs::copy("/bin/true", &program).unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&program, &link).unwrap();
    let (program, link) = (program.to_str().unwrap(), link.to_str().unwrap());
    let own = Own::read();
    let Some(seen) = observe(&[EventType::SYSCALL_EXECVE_19_X], || {
        let mut child = Command::new(link)
            .args(["one", "", "three"])
            .env_clear()
            .env("KEY", "value")
            .env("OTHER", "")
            .spawn()
            .unwrap();
        child.wait().unwrap();
        i64::from(child.id())
    }) else {
        return;
    };
    let pid = seen.value;
    let meta = fs::metadata(program).unwrap();
    let ns = |seconds: i64, ns: i64| (seconds * 1_000_000_000 + ns) as u64;
    // SAFETY: takes no pointers.
    let group = i64::from(unsafe { libc::getpgrp() });
    seen.one_of(pid, EventType::SYSCALL_EXECVE_19_X).assert(&[
        S64(0),
        Str(link),
        Bytes(b"one\0\0three\0"),
        S64(pid),
        S64(pid),
        // The thread that forked, not its process.
        S64(seen.tid),
        Empty,
        U64(own.fdlimit),
        That(&|v| v.len() == 8),
        That(&at_least(1)),
        That(&at_least(1)),
        // What the kernel has not summed up yet over the CPUs is not in it.
        That(&|v| v.len() == 4),
        U32(0),
        Str("link"),
        Bytes(&own.cgroups),
        Bytes(b"KEY=value\0OTHER=\0"),
        U32(tty()),
        S64(group),
        U32(own.loginuid),
        That(&|flags| flags[0] & 1 == 1 && flags[1..] == [0; 3]),
        U64(own.caps[0]),
        U64(own.caps[1]),
        U64(own.caps[2]),
        U64(meta.ino()),
        U64(ns(meta.ctime(), meta.ctime_nsec())),
        U64(ns(meta.mtime(), meta.mtime_nsec())),
        U32(own.euid),
        Str(program),
        S64(group),
        U32(own.egid),
        Str(link),
    ]);
}

/// The controlling terminal, as the capture format numbers it.
fn tty() -> u32 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let after = stat.rsplit_once(')').unwrap().1;
    after
        .split_whitespace()
        .nth(4)
        .unwrap()
        .parse::<i32>()
        .unwrap() as u32
}

#[test]
fn root_exec_of_a_memfd_is_told_by_flag_and_path() {
    let body = fs::read("/bin/true").unwrap();
    let Some(seen) = observe(&[EventType::SYSCALL_EXECVE_19_X], || {
        let name = cstr("hidden");
        let fd = raw_syscall!(libc::SYS_memfd_create, name.as_ptr(), 0);
        let path = format!("/proc/self/fd/{fd}");
        fs::write(&path, &body).unwrap();
        let mut child = Command::new(&path).spawn().unwrap();
        child.wait().unwrap();
        raw_syscall!(libc::SYS_close, fd);
        i64::from(child.id())
    }) else {
        return;
    };
    let event = seen.one_of(seen.value, EventType::SYSCALL_EXECVE_19_X);
    assert_eq!(event.params[19][0] & 4, 4);
    assert_eq!(event.params[27], b"memfd:hidden\0");
}

#[test]
fn root_failed_execs_report_what_was_tried() {
    let own = Own::read();
    let meta = fs::metadata("/proc/self/exe").unwrap();
    let exe = fs::read_link("/proc/self/exe").unwrap();
    let path = cstr("/does/not/exist");
    let strings: Vec<CString> = ["zero", "one", "two"].iter().map(|s| cstr(s)).collect();
    let array = [
        strings[0].as_ptr(),
        strings[1].as_ptr(),
        strings[2].as_ptr(),
        std::ptr::null(),
    ];
    let types = [
        EventType::SYSCALL_EXECVE_19_X,
        EventType::SYSCALL_EXECVEAT_X,
    ];
    let (argv, envp, name) = (
        array.as_ptr() as usize,
        array[1..].as_ptr() as usize,
        path.as_ptr() as usize,
    );
    let Some(seen) = observe(&types, || {
        raw_syscall!(libc::SYS_execve, name, argv, envp);
        raw_syscall!(libc::SYS_execveat, libc::AT_FDCWD, name, argv, envp, 0)
    }) else {
        return;
    };
    let ns = |seconds: i64, ns: i64| (seconds * 1_000_000_000 + ns) as u64;
    // SAFETY: takes no pointers.
    let (group, parent) = unsafe { (libc::getpgrp().into(), libc::getppid().into()) };
    for ty in types {
        let mut expected = vec![
            S64(-i64::from(libc::ENOENT)),
            Str("zero"),
            Bytes(b"one\0two\0"),
            S64(seen.tid),
            S64(i64::from(std::process::id())),
            S64(parent),
            Empty,
            U64(own.fdlimit),
            That(&|v| v.len() == 8),
            That(&|v| v.len() == 8),
            That(&|v| v.len() == 4),
            That(&|v| v.len() == 4),
            That(&|v| v.len() == 4),
            // The thread's own name, which the test runner chooses.
            That(&|v| v.len() > 1 && v.ends_with(b"\0")),
            Bytes(&own.cgroups),
            Bytes(b"one\0two\0"),
            U32(tty()),
            S64(group),
            U32(own.loginuid),
            That(&|v| v.len() == 4),
            U64(own.caps[0]),
            U64(own.caps[1]),
            U64(own.caps[2]),
            U64(meta.ino()),
            U64(ns(meta.ctime(), meta.ctime_nsec())),
            U64(ns(meta.mtime(), meta.mtime_nsec())),
            U32(own.euid),
            Str(exe.to_str().unwrap()),
            S64(group),
            U32(own.egid),
        ];
        if ty == EventType::SYSCALL_EXECVE_19_X {
            expected.push(Str("/does/not/exist"));
        }
        seen.one(ty).assert(&expected);
    }
}

/// Asserts the events of a fork, in the name of the parent and of the child.
#[track_caller]
fn assert_fork(seen: &Observed<i64>, ty: EventType, flags: u32) {
    let own = Own::read();
    let mut args = fs::read("/proc/self/cmdline").unwrap();
    let exe_len = args.iter().position(|b| *b == 0).unwrap() + 1;
    let exe: Vec<u8> = args.drain(..exe_len).collect();
    let (parent, child) = (seen.tid, seen.value);
    assert!(child > 0, "{child}");
    let pid = i64::from(std::process::id());
    // SAFETY: takes no pointers.
    let grandparent = i64::from(unsafe { libc::getppid() });
    let check = |tid: i64, res: i64, tgid: i64, ptid: &dyn Fn(&[u8]) -> bool, start: Param<'_>| {
        let all = seen.all_of(tid, ty);
        // The thread that acts was itself made by clone3.
        let events: Vec<_> = all.iter().filter(|e| e.s64(0) == res).collect();
        assert_eq!(events.len(), 1, "{all:?}");
        events[0].assert(&[
            S64(res),
            Bytes(&exe),
            Bytes(&args),
            S64(tid),
            S64(tgid),
            That(ptid),
            Empty,
            U64(own.fdlimit),
            That(&|v| v.len() == 8),
            That(&|v| v.len() == 8),
            That(&at_least(1)),
            That(&|v| v.len() == 4),
            U32(0),
            That(&|v| v.len() > 1 && v.ends_with(b"\0")),
            Bytes(&own.cgroups),
            U32(flags),
            U32(own.euid),
            U32(own.egid),
            S64(tid),
            S64(tgid),
            start,
        ]);
    };
    check(
        parent,
        child,
        pid,
        &|v| v == grandparent.to_le_bytes(),
        U64(0),
    );
    // The start of the init of its namespace: of the machine's own, long ago.
    check(
        child,
        0,
        child,
        &|v| v == parent.to_le_bytes() || v == pid.to_le_bytes(),
        That(&|v| v.len() == 8),
    );
    let at = |tid, res| {
        let is = |e: &Seen| e.tid == tid && e.ty == ty && e.s64(0) == res;
        seen.events.iter().position(is).unwrap()
    };
    assert!(
        at(parent, child) < at(child, 0),
        "the parent's event comes first"
    );
}

#[test]
fn root_fork_is_reported_by_parent_and_child() {
    let Some(seen) = observe(&[EventType::SYSCALL_FORK_20_X], || {
        let pid = raw_syscall!(libc::SYS_fork);
        if pid == 0 {
            raw_syscall!(libc::SYS_exit_group, 0);
        }
        wait(pid);
        pid
    }) else {
        return;
    };
    assert_fork(&seen, EventType::SYSCALL_FORK_20_X, 0);
}

#[test]
fn root_vfork_is_reported_by_parent_and_child() {
    let Some(seen) = observe(&[EventType::SYSCALL_VFORK_20_X], || {
        let pid: i64;
        // SAFETY: the child shares our stack and touches none of it: it ends at once.
        unsafe {
            std::arch::asm!(
                "syscall",
                "test rax, rax",
                "jnz 2f",
                "mov eax, 231",
                "xor edi, edi",
                "syscall",
                "2:",
                inlateout("rax") libc::SYS_vfork => pid,
                out("rdi") _, out("rcx") _, out("r11") _,
            );
        }
        wait(pid);
        pid
    }) else {
        return;
    };
    assert_fork(&seen, EventType::SYSCALL_VFORK_20_X, 0);
}

#[test]
fn root_clone_reports_its_flags() {
    let flags = libc::CLONE_FILES | libc::CLONE_FS | libc::CLONE_SYSVSEM | libc::SIGCHLD;
    let Some(seen) = observe(&[EventType::SYSCALL_CLONE_20_X], || {
        let pid = raw_syscall!(libc::SYS_clone, flags, 0, 0, 0, 0);
        if pid == 0 {
            raw_syscall!(libc::SYS_exit_group, 0);
        }
        wait(pid);
        pid
    }) else {
        return;
    };
    assert_fork(&seen, EventType::SYSCALL_CLONE_20_X, 0x1 | 0x2 | 0x1000);
}

#[test]
fn root_clone3_reports_its_flags() {
    let mut args = [0u64; 11];
    args[0] = libc::CLONE_FILES as u64;
    args[4] = libc::SIGCHLD as u64;
    let pointer = args.as_ptr() as usize;
    let Some(seen) = observe(&[EventType::SYSCALL_CLONE3_X], || {
        let pid = raw_syscall!(libc::SYS_clone3, pointer, size_of_val(&args));
        if pid == 0 {
            raw_syscall!(libc::SYS_exit_group, 0);
        }
        wait(pid);
        pid
    }) else {
        return;
    };
    assert_fork(&seen, EventType::SYSCALL_CLONE3_X, 0x1);
}

#[test]
fn root_a_failed_clone_has_no_program_and_arguments() {
    // CLONE_SIGHAND without CLONE_VM is refused.
    let Some(seen) = observe(&[EventType::SYSCALL_CLONE_20_X], || {
        raw_syscall!(libc::SYS_clone, libc::CLONE_SIGHAND, 0, 0, 0, 0)
    }) else {
        return;
    };
    let own = Own::read();
    // SAFETY: takes no pointers.
    let parent = i64::from(unsafe { libc::getppid() });
    let pid = i64::from(std::process::id());
    seen.one(EventType::SYSCALL_CLONE_20_X).assert(&[
        S64(-i64::from(libc::EINVAL)),
        Empty,
        Empty,
        S64(seen.tid),
        S64(pid),
        S64(parent),
        Empty,
        U64(own.fdlimit),
        That(&|v| v.len() == 8),
        That(&|v| v.len() == 8),
        That(&at_least(1)),
        That(&|v| v.len() == 4),
        U32(0),
        That(&|v| v.len() > 1 && v.ends_with(b"\0")),
        Bytes(&own.cgroups),
        U32(0x800),
        U32(own.euid),
        U32(own.egid),
        S64(seen.tid),
        S64(pid),
        U64(0),
    ]);
}

#[test]
fn root_exit_reports_status_code_and_signal() {
    for (script, status, code, signal) in [("exit 3", 0x300, 3, 0), ("kill -KILL $$", 9, 0, 9)] {
        let Some(seen) = observe(&[EventType::PROCEXIT_1_E], || {
            let mut child = Command::new("/bin/sh")
                .args(["-c", script])
                .spawn()
                .unwrap();
            child.wait().unwrap();
            i64::from(child.id())
        }) else {
            return;
        };
        seen.one_of(seen.value, EventType::PROCEXIT_1_E).assert(&[
            S64(status),
            S64(code),
            U8(signal),
            U8(0),
            S64(0),
        ]);
    }
}

#[test]
fn root_exit_names_who_inherits_the_children() {
    // SAFETY: takes no pointers.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) };
    let (mut read, write) = std::io::pipe().unwrap();
    let Some(seen) = observe(&[EventType::PROCEXIT_1_E], || {
        // Leaves a child behind that outlives it.
        let mut child = Command::new("/bin/sh")
            .args(["-c", "sleep 3 >&- & echo $!"])
            .stdin(std::process::Stdio::null())
            .stdout(write)
            .spawn()
            .unwrap();
        child.wait().unwrap();
        i64::from(child.id())
    }) else {
        return;
    };
    let mut orphan = String::new();
    read.read_to_string(&mut orphan).unwrap();
    seen.one_of(seen.value, EventType::PROCEXIT_1_E).assert(&[
        S64(0),
        S64(0),
        U8(0),
        U8(0),
        S64(i64::from(std::process::id())),
    ]);
    wait(orphan.trim().parse().unwrap());
}

#[test]
fn root_a_delivered_signal_names_its_sender() {
    extern "C" fn ignore(_: libc::c_int) {}
    let Some(seen) = observe(&[EventType::SIGNALDELIVER_E], || {
        let pid = raw_syscall!(libc::SYS_fork);
        if pid == 0 {
            // SAFETY: the handler does nothing; this process has one thread and ends at once.
            unsafe {
                libc::signal(libc::SIGTERM, ignore as *const () as libc::sighandler_t);
                libc::kill(libc::getpid(), libc::SIGTERM);
            }
            raw_syscall!(libc::SYS_exit_group, 0);
        }
        wait(pid);
        pid
    }) else {
        return;
    };
    let pid = seen.value;
    seen.one_of(pid, EventType::SIGNALDELIVER_E)
        .assert(&[S64(pid), S64(pid), U8(15)]);
}

#[test]
fn root_successful_execs_alone_need_no_hook_on_system_calls() {
    let mut selection = Selection::new();
    for name in ["execve", "execveat", "clone", "clone3", "fork", "vfork"] {
        selection.show(Syscall::by_name(name).unwrap(), Outcomes::SUCCESS);
    }
    let Some(probe) = super::open(&options(selection.clone())) else {
        return;
    };
    assert_eq!(
        probe.capabilities().attached,
        [crate::Hook::Exec, crate::Hook::Fork]
    );
    drop(probe);
    let Some(seen) = observe_with(&options(selection), || {
        let mut child = Command::new("/bin/true").spawn().unwrap();
        child.wait().unwrap();
        i64::from(child.id())
    }) else {
        return;
    };
    seen.one_of(seen.value, EventType::SYSCALL_EXECVE_19_X);
}

#[test]
fn root_what_only_the_state_needs_is_marked() {
    let mut selection = Selection::new();
    selection.show(Syscall::by_name("close").unwrap(), Outcomes::FAILURE);
    selection.track(Syscall::by_name("close").unwrap(), Outcomes::ANY);
    let Some(seen) = observe_with(&options(selection), || {
        let fd = raw_syscall!(libc::SYS_dup, 1);
        raw_syscall!(libc::SYS_close, fd);
        raw_syscall!(libc::SYS_close, -1)
    }) else {
        return;
    };
    let marks: Vec<(bool, bool)> = seen
        .all_of(seen.tid, EventType::SYSCALL_CLOSE_X)
        .iter()
        .map(|e| (e.s64(0) < 0, e.state_only))
        .collect();
    assert!(marks.contains(&(true, false)), "{marks:?}");
    assert!(marks.contains(&(false, true)), "{marks:?}");
    assert!(
        marks.iter().all(|(failed, mark)| failed != mark),
        "{marks:?}"
    );
}

#[test]
fn root_a_switch_names_the_thread_that_runs_next() {
    let Some(seen) = observe(&[EventType::SCHEDSWITCH_6_E], || {
        // Who sleeps gives the CPU away.
        std::thread::sleep(std::time::Duration::from_millis(1));
        raw_syscall!(libc::SYS_sched_yield)
    }) else {
        return;
    };
    let switches = seen.all_of(seen.tid, EventType::SCHEDSWITCH_6_E);
    // The last switch of a thread finds its memory gone.
    assert!(switches.iter().any(|e| at_least(1)(&e.params[3])));
    for event in switches {
        event.assert(&[
            That(&|v| v.len() == 8 && v != seen.tid.to_le_bytes()),
            That(&|v| v.len() == 8),
            That(&|v| v.len() == 8),
            That(&|v| v.len() == 4),
            That(&|v| v.len() == 4),
            U32(0),
        ]);
    }
}

#[test]
fn root_a_page_fault_names_the_address() {
    let mut options = options(Selection::new());
    options
        .selection
        .show(Syscall::by_name("page_fault_user").unwrap(), Outcomes::ANY);
    let Some(seen) = observe_with(&options, || {
        // SAFETY: a fresh private mapping, written once within its bounds.
        unsafe {
            let memory = libc::mmap(
                std::ptr::null_mut(),
                4096,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            memory.cast::<u8>().add(0x123).write_volatile(1);
            libc::munmap(memory, 4096);
            memory as u64 + 0x123
        }
    }) else {
        return;
    };
    let faults = seen.all_of(seen.tid, EventType::PAGE_FAULT_E);
    let ours: Vec<_> = faults
        .iter()
        .filter(|e| e.params[0] == seen.value.to_le_bytes())
        .collect();
    assert_eq!(ours.len(), 1, "{faults:?}");
    ours[0].assert(&[
        U64(seen.value),
        That(&at_least(4096)),
        // Not present, write, by user code.
        U32(0x2 | 0x4 | 0x10),
    ]);
}
