//! Effects of keys that a short replay does not show: of the probe, of losses, of silence.

use std::process::Stdio;

use rustix::process::Signal;

use crate::lab::{Lab, rule};
use crate::live::{can_monitor, start};
use crate::reload::{lines, signal, wait_for};

#[test]
fn losses_lead_to_what_is_configured() {
    // What is configured; what is written, and what is not; the exit code.
    type Case = (
        &'static [&'static str],
        &'static [&'static str],
        &'static [&'static str],
        i32,
    );
    const DROP: &str = "Falco internal: syscall event drop. 1 system calls dropped in last second.";
    const ALERT: &str = "Debug Falco internal: syscall event drop. 1 system calls dropped";
    #[rustfmt::skip]
    const CASES: &[Case] = &[
        (&["simulate_drops=false", "actions=[log, alert]"], &["detected: 0 occ"], &[DROP], 0),
        (&["actions=[ignore]"], &["detected: "], &[DROP, "detected: 0 occ"], 0),
        (&["actions=[alert]"], &[ALERT], &[], 0),
        (&["actions=[log]"], &[DROP], &[ALERT], 0),
        (&["actions=[exit]"], &[DROP, "Drop manager internal error"], &[ALERT], 1),
        (&["actions=[log, alert]", "threshold=1"], &["detected: 0 occ"], &[DROP], 0),
        (&["actions=[log, alert]", "max_burst=0"], &["token bucket depleted", "taken: 0"], &[DROP], 0),
    ];
    let lab = Lab::new();
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "x"));
    // All at once: the losses are looked at each second.
    let children: Vec<_> = CASES
        .iter()
        .map(|(options, ..)| {
            let fixed = ["simulate_drops=true"];
            let options = fixed.iter().chain(*options);
            let options = options.map(|o| format!("-osyscall_event_drops.{o}"));
            let child = lab
                .lanner(["-r", "rules.yaml", "-M", "4", "-oengine.kind=nodriver"])
                .args(["-olog_level=debug"])
                .args(options)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn();
            child.unwrap()
        })
        .collect();
    for (child, (options, written, not, code)) in children.into_iter().zip(CASES) {
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(output.status.code(), Some(*code), "{options:?}: {text}");
        for expect in *written {
            assert!(text.contains(expect), "{options:?}: {expect}: {text}");
        }
        for absent in *not {
            assert!(!text.contains(absent), "{options:?}: {absent}: {text}");
        }
    }
}

#[test]
fn the_old_name_of_rules_files_works() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"]);
    lab.file(
        "old.yaml",
        rule("Old", "evt.type = execve", "by the old name"),
    );
    let ran = lab.run(["replay", "x.scap", "-o", "rules_file=old.yaml"]);
    assert!(ran.stdout.contains("by the old name"), "{}", ran.stderr);
    assert!(ran.stderr.contains("deprecated config key 'rules_file'"));
}

#[test]
fn a_full_table_of_threads_is_full() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"]);
    lab.file(
        "rules.yaml",
        rule("Exec", "evt.type = execve", "ran %proc.name"),
    );
    let run = |size: u32| {
        let size = format!("falco_libs.thread_table_size={size}");
        lab.run(["replay", "x.scap", "-r", "rules.yaml", "-o", &size])
    };
    let with = run(100).stdout;
    let without = run(0).stdout;
    assert!(with.contains("ran ls"), "{with}");
    assert!(without.contains("ran <NA>"), "{without}");
}

#[test]
fn root_buffers_are_as_large_as_configured() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    lab.file(
        "rules.yaml",
        rule("Never", "evt.type = execve and proc.name = nx", "x"),
    );
    let cpus = std::thread::available_parallelism().unwrap().get() as u64;
    let shared = (8 << 20) / cpus;
    for (options, bytes) in [
        (
            [
                "modern_ebpf.buf_size_preset=1",
                "modern_ebpf.cpus_for_each_buffer=1",
            ],
            1 << 20,
        ),
        (
            [
                "modern_ebpf.buf_size_preset=4",
                "modern_ebpf.cpus_for_each_buffer=0",
            ],
            1 << shared.ilog2(),
        ),
        (
            [
                "kmod.buf_size_preset=2",
                "modern_ebpf.cpus_for_each_buffer=1",
            ],
            2 << 20,
        ),
    ] {
        let kind = options[0].split('.').next().unwrap();
        let [first, second] = options.map(|o| format!("-oengine.{o}"));
        let kind = format!("-oengine.kind={kind}");
        let ran = lab.run(["-r", "rules.yaml", "-M", "1", &kind, &first, &second]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let said = format!("syscall buffer dimension is: {bytes} bytes");
        assert!(ran.stderr.contains(&said), "{said}: {}", ran.stderr);
    }
}

#[test]
fn root_failed_calls_and_long_data_are_left_out_as_configured() {
    if !can_monitor() {
        return;
    }
    // The alerts of a call that failed, and of one with 100 bytes of data.
    let seen = |options: &[&str]| {
        let lab = Lab::new();
        let (path, nothing) = (lab.path().join("data"), lab.path().join("nothing"));
        let gone = format!(
            "evt.type = unlinkat and evt.arg.name = {}",
            nothing.display()
        );
        let data = format!("evt.type = write and fd.name = {}", path.display());
        let rules = rule("Gone", &gone, "failed call") + &rule("Data", &data, "data %evt.buffer");
        lab.file("more.yaml", rules);
        let marker = "lnr_probe";
        let fixed = [
            "-rmore.yaml",
            "-obase_syscalls.all=true",
            "-ofile_output.enabled=true",
            "-ofile_output.filename=alerts",
        ];
        let monitor = start(&lab, marker, &[&fixed, options].concat());
        std::fs::write(&path, format!("{}tail", "x".repeat(96))).unwrap();
        let cwd = rustix::fs::CWD;
        rustix::fs::unlinkat(cwd, nothing, rustix::fs::AtFlags::empty()).unwrap_err();
        monitor.signal(Signal::TERM);
        let (_, log, code) = monitor.end();
        assert_eq!(code, Some(0), "{log}");
        let alerts = std::fs::read_to_string(lab.path().join("alerts")).unwrap();
        assert!(alerts.contains("data xxx"), "{alerts}");
        (alerts.contains("failed call"), alerts.contains("xtail"))
    };
    assert_eq!(seen(&[]), (true, false));
    let kmod = "-oengine.kind=kmod";
    assert_eq!(
        seen(&[
            "-oengine.modern_ebpf.drop_failed_exit=true",
            "-ofalco_libs.snaplen=200"
        ]),
        (false, true)
    );
    assert_eq!(
        seen(&[kmod, "-oengine.kmod.drop_failed_exit=true"]),
        (false, false)
    );
}

#[test]
fn root_silence_is_told_after_as_many_looks_as_configured() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    lab.file(
        "rules.yaml",
        rule(
            "Never",
            "evt.type = execve and evt.res = SUCCESS and proc.name = nx",
            "x",
        ),
    );
    // However busy the machine is, there is a tenth of a second without an event at some time.
    let mut child = lab
        .lanner(["-r", "rules.yaml"])
        .arg("-osyscall_event_timeouts.max_consecutives=1")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = lines(child.stdout.take().unwrap());
    wait_for(
        &out,
        "1 consecutive timeouts without event.",
        &mut Vec::new(),
    );
    signal(&child, Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let ran = lab.run(["-r", "rules.yaml", "-M", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        !ran.stdout.contains("consecutive timeouts"),
        "{}",
        ran.stdout
    );
}
