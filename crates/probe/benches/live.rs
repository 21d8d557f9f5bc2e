//! What the probe costs the machine: nanoseconds that system calls take longer, and how long it
//! takes to start. Needs root. `cargo bench -p lanner-probe --bench live`.
//!
//! The same beside recorders of what seccomp filters decide. Then a flood: two threads open and close a file for half a minute, and others start programs.
//!
//! Each figure is the best of many short rounds, so that other load on the machine matters less.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::undocumented_unsafe_blocks,
    reason = "a bench prints, and may fail loudly; plain system calls"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lanner_event::{OpenFilter, OpenModes, Outcomes, Poll, Selection, Source, Syscall};
use lanner_probe::{Options, Probe, Recorder, Scope};

const ROUNDS: usize = 3_000;
const CALLS: u32 = 100;

fn best(mut round: impl FnMut()) -> f64 {
    (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            round();
            start.elapsed().as_nanos() as f64 / f64::from(CALLS)
        })
        .fold(f64::MAX, f64::min)
}

fn open_close() {
    for _ in 0..CALLS {
        unsafe {
            let fd = libc::open(c"/etc/hostname".as_ptr(), libc::O_RDONLY);
            libc::close(fd);
        }
    }
}

fn getppid() {
    for _ in 0..CALLS {
        unsafe { libc::syscall(libc::SYS_getppid) };
    }
}

fn write_null(fd: i32) {
    for _ in 0..CALLS {
        unsafe { libc::write(fd, c"twelve bytes".as_ptr().cast(), 12) };
    }
}

fn pin(cpu: usize) {
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &set);
    }
}

fn measure() -> [f64; 3] {
    pin(1);
    let null = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_WRONLY) };
    let out = [best(open_close), best(getppid), best(|| write_null(null))];
    unsafe { libc::close(null) };
    out
}

fn select(names: &[&str]) -> Selection {
    let mut selection = Selection::new();
    for name in names {
        let call = Syscall::by_name(name).expect("a system call of this name");
        selection.show(call, Outcomes::ANY);
    }
    selection
}

fn main() {
    // Cargo runs benches with --bench, tests with nothing: then only see that it builds.
    if !std::env::args().any(|a| a == "--bench") {
        return;
    }
    let mut successes = select(&["execve", "execveat", "clone", "clone3", "fork", "vfork"]);
    successes.drop_failed();
    let mut writes = select(&["open", "openat"]);
    writes.filter_opens(OpenFilter {
        shown: OpenModes::WRITE,
        track_directories_only: true,
    });
    let modes: [(&str, Option<Selection>); 7] = [
        ("no probe", None),
        ("successful execs and forks only", Some(successes)),
        ("calls hooked, these unwanted", Some(select(&["reboot"]))),
        ("opens for writing wanted", Some(writes)),
        (
            "open, close wanted",
            Some(select(&["open", "openat", "close"])),
        ),
        ("getppid, write wanted", Some(select(&["getppid", "write"]))),
        ("everything", Some(Selection::everything())),
    ];
    println!(
        "{:<34} {:>10} {:>8} {:>8} {:>9} {:>11} {:>9}",
        "ns per call", "open+close", "getppid", "write", "start ms", "received", "lost"
    );
    for (name, selection) in modes {
        let Some(selection) = selection else {
            let [open, ppid, write] = std::thread::spawn(measure).join().expect("measures");
            println!("{name:<34} {open:>10.0} {ppid:>8.0} {write:>8.0}");
            continue;
        };
        let start = Instant::now();
        let options = Options {
            selection,
            report_self: true,
            ..Options::default()
        };
        let mut probe = Probe::open(&options).expect("the probe starts; it needs root");
        let started = start.elapsed().as_secs_f64() * 1e3;
        let done = AtomicBool::new(false);
        let [open, ppid, write] = std::thread::scope(|scope| {
            let measured = scope.spawn(|| {
                let out = measure();
                done.store(true, Ordering::Release);
                out
            });
            pin(0);
            while !done.load(Ordering::Acquire) {
                probe.poll(Duration::from_millis(20)).expect("events");
            }
            measured.join().expect("measures")
        });
        probe.stop();
        while !matches!(probe.poll(Duration::ZERO), Ok(Poll::End)) {}
        let ledger = probe.ledger();
        assert_eq!(ledger.produced(), ledger.received + ledger.lost());
        println!(
            "{name:<34} {open:>10.0} {ppid:>8.0} {write:>8.0} {started:>9.0} {:>11} {:>9}",
            ledger.received,
            ledger.lost()
        );
    }
    recorders();
    flood(Duration::from_secs(30));
}

/// What calls of processes that nobody records cost beside recorders, which `lanner pod` begins for
/// up to four pods.
fn recorders() {
    for count in [1, 4] {
        let open = || Recorder::open(&[], Scope::Filtered).expect("the recorder starts");
        let recorders: Vec<Recorder> = (0..count).map(|_| open()).collect();
        let [open, ppid, write] = std::thread::spawn(measure).join().expect("measures");
        let name = format!("recorders of refused calls: {count}");
        println!("{name:<34} {open:>10.0} {ppid:>8.0} {write:>8.0}");
        drop(recorders);
    }
}

fn flood(time: Duration) {
    let mut selection = select(&["open", "openat", "close"]);
    for name in ["execve", "clone", "clone3", "vfork", "sched_process_exit"] {
        let call = Syscall::by_name(name).expect("a system call of this name");
        selection.show(call, Outcomes::SUCCESS);
    }
    let mut probe = Probe::open(&Options {
        selection,
        report_self: true,
        ..Options::default()
    })
    .expect("the probe starts; it needs root");
    let end = Instant::now() + time;
    let mut started = 0;
    std::thread::scope(|scope| {
        for cpu in 0..2 {
            scope.spawn(move || {
                pin(cpu);
                while Instant::now() < end {
                    open_close();
                }
            });
        }
        let programs = scope.spawn(|| {
            let mut started = 0u32;
            while Instant::now() < end {
                std::process::Command::new("/bin/true")
                    .status()
                    .expect("/bin/true starts");
                started += 1;
            }
            started
        });
        while Instant::now() < end {
            probe.poll(Duration::from_millis(20)).expect("events");
        }
        started = programs.join().expect("programs are started");
    });
    probe.stop();
    while !matches!(probe.poll(Duration::ZERO), Ok(Poll::End)) {}
    let ledger = probe.ledger();
    let class = ledger.lost_full_by_class();
    println!(
        "flood of {} s: produced {} = received {} + lost {}; {started} programs started, lost of \
         fork {}, exec {}, exit {}",
        time.as_secs(),
        ledger.produced(),
        ledger.received,
        ledger.lost(),
        class[0],
        class[1],
        class[7],
    );
    assert_eq!(ledger.produced(), ledger.received + ledger.lost());
}
