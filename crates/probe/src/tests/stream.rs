//! The stream of events as a whole: order, accounts, reload, refusals.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lanner_event::{Event, OpenFilter, OpenModes, Outcomes, Poll, Selection, Source, Syscall};

use super::{EventType, cstr, drain, observe_with, open, options, select, thread_id};
use crate::{MIN_BUFFER, Options, Probe, ProbeError, raw_syscall};

fn flood(done: &AtomicBool) {
    while !done.load(Ordering::Relaxed) {
        let fd = raw_syscall!(libc::SYS_open, c"/dev/null".as_ptr(), 0, 0);
        raw_syscall!(libc::SYS_close, fd);
    }
}

#[test]
fn root_a_flood_is_accounted_exactly_and_costs_no_program_start() {
    let mut selection = select(&[EventType::SYSCALL_OPEN_X, EventType::SYSCALL_CLOSE_X]);
    for name in ["execve", "clone", "clone3", "vfork", "sched_process_exit"] {
        selection.show(Syscall::by_name(name).unwrap(), Outcomes::SUCCESS);
    }
    // Others start programs on this machine too: a quarter of this must hold them.
    let options = Options {
        buffer_bytes: 8 << 20,
        ..options(selection)
    };
    let Some(mut probe) = open(&options) else {
        return;
    };
    let done = AtomicBool::new(false);
    let mut started = 0;
    let (mut execs, mut exits) = (0, 0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| flood(&done));
        }
        // Nobody reads meanwhile.
        for _ in 0..20 {
            Command::new("/bin/true").status().unwrap();
            started += 1;
        }
        let end = Instant::now() + Duration::from_secs(60);
        while probe.ledger().lost() == 0 && Instant::now() < end {
            std::thread::yield_now();
        }
        Command::new("/bin/true").status().unwrap();
        started += 1;
        done.store(true, Ordering::Relaxed);
    });
    probe.stop();
    let own = i64::from(std::process::id());
    for event in drain(&mut probe) {
        match event.ty {
            EventType::SYSCALL_EXECVE_19_X if event.params[13] == b"true\0" => execs += 1,
            EventType::PROCEXIT_1_E if event.tid != own => exits += 1,
            _ => {}
        }
    }
    let ledger = probe.ledger();
    assert!(execs >= started, "{execs} of {started}");
    assert!(exits >= started, "{exits} of {started}");
    assert!(
        ledger.lost() > 0,
        "the flood was too small to show anything"
    );
    assert_eq!(ledger.produced(), ledger.received + ledger.lost());
    let by_class = ledger.lost_full_by_class();
    let lifecycle = by_class[0] + by_class[1] + by_class[7];
    assert_eq!(lifecycle, 0, "{by_class:?}");
    assert_eq!(by_class.iter().sum::<u64>(), ledger.lost());
}

#[test]
fn root_programs_started_behind_a_backlog_of_other_events_are_not_lost() {
    let mut selection = select(&[EventType::SYSCALL_OPEN_X, EventType::SYSCALL_CLOSE_X]);
    for name in ["execve", "clone", "clone3", "vfork", "sched_process_exit"] {
        selection.show(Syscall::by_name(name).unwrap(), Outcomes::SUCCESS);
    }
    let options = Options {
        buffer_bytes: 4 << 20,
        ..options(selection)
    };
    let Some(mut probe) = open(&options) else {
        return;
    };
    // Of each CPU; see the loader.
    let lane = options.buffer_bytes / 4;
    // A backlog that a slow reader has before it.
    while probe.ledger().lost() == 0 {
        for _ in 0..1000 {
            let fd = raw_syscall!(libc::SYS_open, c"/dev/null".as_ptr(), 0, 0);
            raw_syscall!(libc::SYS_close, fd);
        }
    }
    // It reads on, and meanwhile programs start: more than their lane could hold.
    let argument = "x".repeat(3000);
    let mut started = 0;
    while started * 3000 < 2 * lane * usize::from(std::thread::available_parallelism().unwrap()) {
        Command::new("/bin/true").arg(&argument).status().unwrap();
        started += 1;
        for _ in 0..8 {
            assert!(matches!(
                probe.poll(Duration::ZERO).unwrap(),
                Poll::Event(_)
            ));
        }
    }
    probe.stop();
    let mut execs = 0;
    let mut last = 0;
    loop {
        match probe.poll(Duration::from_millis(10)).unwrap() {
            Poll::Event(raw) => {
                let event = Event::parse(raw.bytes, raw.cpu, 0).unwrap();
                assert!(event.ts >= last, "out of order");
                last = event.ts;
                let ours = event.ty == EventType::SYSCALL_EXECVE_19_X
                    && event
                        .param(2)
                        .is_some_and(|args| args.starts_with(argument.as_bytes()));
                execs += usize::from(ours);
            }
            Poll::End => break,
            _ => {}
        }
    }
    assert_eq!(execs, started);
    let ledger = probe.ledger();
    let by_class = ledger.lost_full_by_class();
    assert_eq!(by_class[0] + by_class[1] + by_class[7], 0, "{by_class:?}");
    assert_eq!(ledger.produced(), ledger.received + ledger.lost());
}

#[test]
fn root_events_of_all_cpus_come_in_the_order_of_time() {
    let types = [EventType::SYSCALL_OPEN_X, EventType::SYSCALL_CLOSE_X];
    let Some(mut probe) = open(&options(select(&types))) else {
        return;
    };
    let done = AtomicBool::new(false);
    let (mut last, mut seen, mut late) = (0, 0, 0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| flood(&done));
        }
        while seen < 20_000 {
            if let Poll::Event(raw) = probe.poll(Duration::from_millis(100)).unwrap() {
                let event = Event::parse(raw.bytes, raw.cpu, 0).unwrap();
                late += u32::from(event.ts < last);
                last = event.ts;
                seen += 1;
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    // A virtual CPU may be stopped between taking the time and writing the record.
    assert!(late * 1000 < seen, "{late} of {seen} out of order");
}

#[test]
fn root_a_reload_keeps_what_both_selections_want_and_takes_up_what_is_new() {
    let both = [EventType::SYSCALL_CLOSE_X];
    // Nobody reads while programs are loaded: all closes of the machine must fit.
    let options = Options {
        buffer_bytes: 16 << 20,
        ..options(select(&both))
    };
    let Some(mut probe) = open(&options) else {
        return;
    };
    let act = |result: i64| raw_syscall!(libc::SYS_close, -10 - result);
    let open_file = || raw_syscall!(libc::SYS_open, c"/no/such".as_ptr(), 0, 0);
    let tid = thread_id();
    act(0);
    open_file();
    probe
        .set_wanted(&select(&[both[0], EventType::SYSCALL_OPEN_X]))
        .unwrap();
    act(1);
    open_file();
    probe.set_wanted(&select(&both)).unwrap();
    act(2);
    open_file();
    probe.set_wanted(&Selection::new()).unwrap();
    act(3);
    assert!(probe.capabilities().attached.is_empty());
    probe.stop();
    let events = drain(&mut probe);
    let closed: Vec<i64> = events
        .iter()
        .filter(|e| e.tid == tid && e.ty == EventType::SYSCALL_CLOSE_X && e.s64(1) <= -10)
        .map(|e| -10 - e.s64(1))
        .collect();
    assert_eq!(closed, [0, 1, 2]);
    let opened = events
        .iter()
        .filter(|e| e.tid == tid && e.ty == EventType::SYSCALL_OPEN_X && e.s64(0) == -2)
        .count();
    assert_eq!(opened, 1);
    let ledger = probe.ledger();
    assert_eq!(ledger.produced(), ledger.received + ledger.lost());
}

#[test]
fn root_own_events_are_left_out_unless_asked_for() {
    let Some(mut probe) = open(&Options {
        report_self: false,
        ..options(select(&[EventType::SYSCALL_CLOSE_X]))
    }) else {
        return;
    };
    raw_syscall!(libc::SYS_close, -1);
    // A program without libraries need not close anything.
    let mut child = Command::new("/bin/sh");
    let mut child = child.args(["-c", "exec 9</dev/null 9<&-"]).spawn().unwrap();
    child.wait().unwrap();
    probe.stop();
    let events = drain(&mut probe);
    assert!(!events.iter().any(|e| e.tid == thread_id()));
    assert!(events.iter().any(|e| e.tid == i64::from(child.id())));
}

#[test]
fn root_a_quiet_source_waits_and_wakes_for_the_next_event() {
    let Some(mut probe) = open(&options(select(&[EventType::SYSCALL_CLOSE_X]))) else {
        return;
    };
    let tid = thread_id();
    raw_syscall!(libc::SYS_close, -1234);
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        assert!(Instant::now() < end, "the event does not come");
        if let Poll::Event(raw) = probe.poll(Duration::from_secs(1)).unwrap() {
            let event = Event::parse(raw.bytes, raw.cpu, 0).unwrap();
            if event.tid == tid && event.int(1) == Some(-1234) {
                break;
            }
        }
    }
}

#[test]
fn root_faults_of_kernel_functions_are_counted() {
    let Some(mut probe) = open(&options(select(&[EventType::SYSCALL_OPEN_X]))) else {
        return;
    };
    raw_syscall!(libc::SYS_open, 8, 0, 0);
    probe.stop();
    let seen = drain(&mut probe);
    let event = seen.iter().find(|e| e.tid == thread_id()).unwrap();
    assert_eq!(event.s64(0), -i64::from(libc::EFAULT));
    let faults = probe.faults();
    assert!(
        faults
            .iter()
            .any(|f| f.errno == libc::EFAULT as u32 && f.place.contains("program")),
        "{faults:?}"
    );
}

#[test]
fn a_buffer_that_cannot_hold_every_event_is_refused() {
    for bytes in [0, 1, MIN_BUFFER - 1, MIN_BUFFER / 2, 3 << 20, usize::MAX] {
        let options = Options {
            buffer_bytes: bytes,
            ..options(Selection::new())
        };
        let Err(error) = Probe::open(&options) else {
            panic!("{bytes}");
        };
        assert!(matches!(error, ProbeError::BufferSize { .. }), "{error}");
    }
}

#[test]
fn root_all_programs_load_together() {
    let mut selection = Selection::everything();
    for name in ["sched_switch", "page_fault_user", "page_fault_kernel"] {
        selection.show(Syscall::by_name(name).unwrap(), Outcomes::ANY);
    }
    let Some(probe) = open(&options(selection)) else {
        return;
    };
    assert_eq!(probe.capabilities().refused, []);
    assert_eq!(probe.capabilities().attached, crate::Hook::ALL);
}

#[test]
fn root_opens_that_no_rule_can_match_stay_in_the_kernel() {
    let types = [
        EventType::SYSCALL_OPEN_X,
        EventType::SYSCALL_OPENAT_2_X,
        EventType::SYSCALL_OPENAT2_X,
        EventType::SYSCALL_CREAT_X,
    ];
    let dir = tempfile::tempdir().unwrap();
    let file = cstr(dir.path().join("file").to_str().unwrap());
    let folder = cstr(dir.path().to_str().unwrap());
    let act = || {
        let (file, folder) = (file.as_ptr(), folder.as_ptr());
        let how = |flags: i32| [flags as u64, 0, 0];
        let (read, both) = (how(libc::O_RDONLY), how(libc::O_RDWR));
        [
            raw_syscall!(libc::SYS_creat, file, 0o600),
            raw_syscall!(libc::SYS_open, file, libc::O_RDONLY, 0),
            raw_syscall!(libc::SYS_open, file, libc::O_WRONLY, 0),
            raw_syscall!(libc::SYS_openat, -100, file, libc::O_RDONLY, 0),
            raw_syscall!(libc::SYS_openat, -100, file, libc::O_RDWR, 0),
            raw_syscall!(libc::SYS_openat2, -100, file, read.as_ptr(), 24),
            raw_syscall!(libc::SYS_openat2, -100, file, both.as_ptr(), 24),
            raw_syscall!(libc::SYS_open, folder, libc::O_RDONLY, 0),
        ]
    };
    // Which of these are seen, and which of them by the state only.
    type Expected = (&'static [usize], &'static [usize]);
    let check = |shown, directories_only, (seen_by, tracked): Expected| {
        let mut selection = select(&types);
        for ty in types {
            selection.track_event(ty, Outcomes::SUCCESS);
        }
        selection.filter_opens(OpenFilter {
            shown,
            track_directories_only: directories_only,
        });
        let Some(seen) = observe_with(&options(selection), act) else {
            return;
        };
        for (index, fd) in seen.value.iter().enumerate() {
            assert!(*fd >= 0);
            let event = seen
                .events
                .iter()
                .find(|e| e.tid == seen.tid && types.contains(&e.ty) && e.s64(0) == *fd);
            assert_eq!(event.is_some(), seen_by.contains(&index), "{index}");
            if let Some(event) = event {
                assert_eq!(event.state_only, tracked.contains(&index), "{index}");
            }
        }
        for fd in seen.value {
            raw_syscall!(libc::SYS_close, fd);
        }
    };
    let all = &[0, 1, 2, 3, 4, 5, 6, 7];
    check(OpenModes::ANY, false, (all, &[]));
    check(OpenModes::WRITE, false, (all, &[1, 3, 5, 7]));
    check(OpenModes::WRITE, true, (&[0, 2, 4, 6, 7], &[7]));
    check(OpenModes::READ, true, (&[1, 3, 4, 5, 6, 7], &[]));
    check(OpenModes::NONE, true, (&[7], &[7]));
}
