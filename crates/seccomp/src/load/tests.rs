//! Filters in the running kernel, each in a child of its own.

use std::time::{Duration, Instant};

use super::*;
use crate::audit::{Event, Listener};
use crate::policy::{Policy, Rule, Spec};

/// Runs `work` in a child and returns the number that it returns.
fn in_child(work: impl FnOnce() -> u8) -> i32 {
    // SAFETY: the child runs `work` and ends; of what it shares with other threads of the tests it
    // uses the allocator alone, which glibc keeps usable after fork(2).
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork failed");
    if child == 0 {
        let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(255);
        // SAFETY: ends the child without running what the parent registered for its end.
        unsafe { libc::_exit(code.into()) };
    }
    let mut status = 0;
    // SAFETY: writes the status of our own child.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    if libc::WIFSIGNALED(status) {
        return -libc::WTERMSIG(status);
    }
    libc::WEXITSTATUS(status)
}

fn policy(native: Arch, name: &str, action: Action) -> Policy {
    Policy::new(&Spec {
        native,
        arches: Vec::new(),
        default: Action::Allow,
        rules: vec![Rule {
            names: vec![name.into()],
            action,
            conditions: Vec::new(),
        }],
        stub: false,
    })
}

fn filter(name: &str, action: Action, flags: Flags) -> Filter {
    let policy = policy(Arch::native().unwrap(), name, action);
    Filter::compile(&policy, &compile::Options::default(), flags).unwrap()
}

/// What a failed load in a child, after `prepare`, is explained as.
fn explained(filter: &Filter, prepare: impl FnOnce()) -> LoadError {
    let (read, write) = pipe();
    let code = in_child(|| {
        prepare();
        match filter.load() {
            Ok(_) => 0,
            Err(failure) => {
                rustix::io::write(&write, &failure.value.to_ne_bytes()).unwrap();
                1
            }
        }
    });
    assert_eq!(code, 1, "the filter was loaded, or the child failed");
    let mut value = [0; 8];
    rustix::io::read(&read, &mut value).unwrap();
    let value = i64::from_ne_bytes(value);
    Failure {
        step: Step::Filter,
        value,
    }
    .explain(filter)
}

#[test]
fn a_loaded_filter_decides() {
    let check = |action, expect: i32| {
        let filter = filter("personality", action, Flags::SPEC_ALLOW);
        let code = in_child(|| {
            set_no_new_privs().unwrap();
            filter.load().unwrap();
            // SAFETY: asks for the personality.
            match unsafe { libc::personality(0xffff_ffff) } {
                -1 => errno() as u8,
                _ => 0,
            }
        });
        assert_eq!(code, expect, "{action}");
    };
    check(Action::Allow, 0);
    check(Action::Errno(77), 77);
    check(Action::KillProcess, -libc::SIGSYS);
    check(Action::Trap(0), -libc::SIGSYS);
    // Nobody traces it.
    check(Action::Trace(3), libc::ENOSYS);
}

#[test]
fn what_the_kernel_refuses_is_explained() {
    let plain = filter("personality", Action::Errno(1), Flags::default());
    let unprivileged = || {
        // SAFETY: changes the child's user for good.
        assert_eq!(unsafe { libc::setresuid(65534, 65534, 65534) }, 0);
    };
    if rustix::process::getuid().is_root() {
        assert_eq!(explained(&plain, unprivileged), LoadError::Privilege);
    } else {
        assert_eq!(explained(&plain, || ()), LoadError::Privilege);
    }

    let listening = filter("personality", Action::Notify, Flags::NEW_LISTENER);
    let twice = || {
        set_no_new_privs().unwrap();
        std::mem::forget(listening.load().unwrap());
    };
    assert_eq!(explained(&listening, twice), LoadError::SecondListener);

    let mut long = vec![Insn::load(bpf::OFF_NR); bpf::MAX_LEN - 1];
    long.push(Insn::ret(Action::Allow.ret()));
    let long = Filter::new(&long, Flags::default()).unwrap();
    let full = || {
        set_no_new_privs().unwrap();
        for _ in 0..MAX_STACK / (bpf::MAX_LEN + 4) {
            long.load().unwrap();
        }
    };
    assert_eq!(explained(&long, full), LoadError::StackFull { len: 4096 });

    let synced = filter("personality", Action::Errno(1), Flags::TSYNC);
    let (started, wait) = std::sync::mpsc::channel();
    let elsewhere = || {
        set_no_new_privs().unwrap();
        std::thread::spawn(move || {
            filter("personality", Action::Errno(2), Flags::default())
                .load()
                .unwrap();
            started.send(()).unwrap();
            std::thread::park();
        });
        wait.recv().unwrap();
    };
    let LoadError::ThreadDiffers(thread) = explained(&synced, elsewhere) else {
        panic!("not the other thread");
    };
    assert!(thread > 0);
}

#[test]
fn what_cannot_be_loaded_is_refused_before() {
    let other = match Arch::native() {
        Some(Arch::Aarch64) => Arch::X86_64,
        _ => Arch::Aarch64,
    };
    let load =
        |policy: &Policy, flags| Filter::compile(policy, &compile::Options::default(), flags);
    let error = load(&policy(other, "getpid", Action::Log), Flags::default()).unwrap_err();
    assert_eq!(
        error,
        LoadError::Machine {
            wanted: other,
            machine: Arch::native()
        }
    );
    let native = policy(Arch::native().unwrap(), "getpid", Action::Notify);
    let error = load(&native, Flags::WAIT_KILLABLE_RECV).unwrap_err();
    assert!(matches!(error, LoadError::FlagNeeds { .. }), "{error}");
    let error = Filter::new(&[Insn::load(3)], Flags::default()).unwrap_err();
    assert!(matches!(error, LoadError::Program(_)), "{error}");
}

#[test]
fn this_kernel_knows_its_own_flags_and_actions() {
    let all = Flags::NAMED.iter();
    let all = all.fold(Flags::default(), |all, (f, _, _)| all | *f);
    let kernel = kernel_version();
    for flag in all.each() {
        assert_eq!(flag.is_supported(), kernel >= flag.since(), "{flag}");
        let name = flag.to_string();
        assert_eq!(Flags::from_name(&name), Some(flag));
    }
    assert!(!Flags(1 << 30).is_supported());
    assert_eq!(action_available(Action::Notify), kernel >= (5, 0));
    assert!(action_available(Action::Errno(38)));
}

#[test]
fn root_a_logged_call_arrives_as_a_record() {
    let Ok(mut listener) = Listener::multicast(1 << 20) else {
        assert!(
            !rustix::process::getuid().is_root(),
            "root may read records"
        );
        return;
    };
    let filter = filter("personality", Action::Log, Flags::default());
    let (read, write) = pipe();
    in_child(|| {
        let pid = std::process::id().to_ne_bytes();
        rustix::io::write(&write, &pid).unwrap();
        set_no_new_privs().unwrap();
        filter.load().unwrap();
        // SAFETY: asks for the personality.
        unsafe { libc::personality(0xffff_ffff) };
        0
    });
    let mut pid = [0; 4];
    rustix::io::read(&read, &mut pid).unwrap();
    let pid = i32::from_ne_bytes(pid);
    let end = Instant::now() + Duration::from_secs(20);
    let record = loop {
        assert!(Instant::now() < end, "no record came");
        match listener.next(Duration::from_millis(100)).unwrap() {
            Some(Event::Record(record)) if record.pid == pid => break record,
            _ => {}
        }
    };
    assert_eq!(record.call().unwrap().name, "personality");
    assert_eq!(record.action, Action::Log);
    assert_eq!(record.signal, 0);
    assert_eq!(record.uid, rustix::process::getuid().as_raw());
    assert!(record.exe.contains("lanner_seccomp"), "{}", record.exe);
}

#[test]
fn root_a_listener_that_is_to_end_ends_though_others_go_on() {
    let Ok(mut listener) = Listener::multicast(1 << 20) else {
        return;
    };
    let filter = filter("personality", Action::Log, Flags::default());
    // SAFETY: as in `in_child`; the child makes system calls only, until it is killed.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let load = || -> Result<(), Failure> {
            set_no_new_privs()?;
            filter.load()?;
            Ok(())
        };
        while load().is_ok() {
            for _ in 0..1_000_000_000 {
                // SAFETY: asks for the personality.
                unsafe { libc::personality(0xffff_ffff) };
            }
        }
        // SAFETY: as in `in_child`.
        unsafe { libc::_exit(1) };
    }
    let end = Instant::now() + Duration::from_secs(60);
    let next = |listener: &mut Listener| {
        assert!(Instant::now() < end, "it does not end");
        listener.next(Duration::from_secs(1)).unwrap()
    };
    while !matches!(next(&mut listener), Some(Event::Record(r)) if r.pid == child) {}
    listener.finish();
    while next(&mut listener).is_some() {}
    // SAFETY: our own child, which is not reaped yet.
    let ended = unsafe {
        let alive = libc::kill(child, 0) == 0;
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, std::ptr::null_mut(), 0);
        alive
    };
    assert!(ended, "the child went on all the time");
}

#[test]
fn root_filters_of_a_running_process_are_read_back() {
    let allow = Insn::ret(Action::Allow.ret());
    let programs = [vec![allow], vec![Insn::load(bpf::OFF_NR), allow]];
    let flags = [Flags::default(), Flags::LOG];
    let loaded = programs.iter().zip(flags);
    let loaded: Vec<Filter> = loaded.map(|(p, f)| Filter::new(p, f).unwrap()).collect();
    let ((ready, tell), (hold, release)) = (pipe(), pipe());
    // SAFETY: as in `in_child`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(release);
        let load = || -> Result<(), Failure> {
            set_no_new_privs()?;
            loaded.iter().try_for_each(|f| f.load().map(|_| ()))
        };
        if load().is_ok() {
            let _ = rustix::io::write(&tell, b"!");
            let _ = rustix::io::read(&hold, &mut [0; 1]);
        }
        // SAFETY: ends the child.
        unsafe { libc::_exit(0) };
    }
    assert_eq!(rustix::io::read(&ready, &mut [0; 1]).unwrap(), 1);
    let found = crate::live::filters(child);
    drop(release);
    // SAFETY: reaps our own child.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
    let found = match found {
        Err(crate::live::LiveError::Privilege) if !rustix::process::getuid().is_root() => return,
        found => found.unwrap(),
    };
    let found: Vec<_> = found.into_iter().map(|f| (f.program, f.flags)).collect();
    let expect: Vec<_> = programs.into_iter().zip(flags).collect();
    assert_eq!(found, expect);
    assert!(matches!(
        crate::live::filters(child),
        Err(crate::live::LiveError::NoProcess(_))
    ));
    assert_eq!(crate::live::filters(std::process::id() as i32).unwrap(), []);
}

fn pipe() -> (OwnedFd, OwnedFd) {
    rustix::pipe::pipe().unwrap()
}
