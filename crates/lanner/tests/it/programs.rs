//! Programs that alerts are given to (`program_output`).

use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::lab::{Lab, Ran, rule};
use crate::live::{Monitor, can_monitor, rights, run, start};
use crate::reload::{lines, wait_for};

/// Replays `x.scap` of the lab with this program, which is kept.
fn replay(lab: &Lab, program: &str, more: &[&str]) -> Ran {
    let program = format!("program_output.program={program}");
    let options = [
        "program_output.enabled=true",
        "program_output.keep_alive=true",
        "stdout_output.enabled=false",
        &program,
    ];
    let mut args = vec!["replay", "x.scap", "-r", "rules.yaml"];
    for option in options.iter().chain(more) {
        args.extend(["-o", option]);
    }
    lab.run(args)
}

#[test]
fn a_program_that_hangs_costs_nothing_that_has_a_spool() {
    const ALERTS: usize = 2000;
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"; ALERTS]);
    let text = format!("{} %evt.num", "x".repeat(100));
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", &text));
    let spooled = [
        "program_output.spool=true",
        "output_timeout=300",
        "outputs_spool.path=spool",
    ];
    // It takes nothing, until the gate is opened.
    let gate = lab.path().join("gate");
    let made = Command::new("mkfifo").arg(&gate).status();
    assert!(made.unwrap().success());
    let ran = replay(&lab, "exec > /dev/null 2>&1; read x < gate", &spooled);
    drop(std::fs::OpenOptions::new().write(true).open(&gate).unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let left = ran.stderr.lines().find_map(|l| {
        let words = l.split_once(" alerts for program are in its spool")?.0;
        words.rsplit(' ').next()?.parse::<usize>().ok()
    });
    // A pipe holds 64 KiB, which a program that never reads was given all the same.
    let left = left.unwrap_or_else(|| panic!("{}", ran.stderr));
    assert!(left > 1000, "{}", ran.stderr);
    lab.capture("x.scap", &["/bin/ls"]);
    let ran = replay(&lab, "cat >> taken", &spooled);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let taken = std::fs::read_to_string(lab.path().join("taken")).unwrap();
    assert_eq!(taken.lines().count(), left + 1, "{}", ran.stderr);
}

#[test]
fn a_program_that_dies_is_started_again_and_costs_no_alert() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"; 40]);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "%evt.num"));
    // Each takes one alert, whatever else was written to it.
    let ran = replay(&lab, "read x; echo \"$x\" >> taken; kill -9 $$", &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let taken = std::fs::read_to_string(lab.path().join("taken")).unwrap();
    let numbers = taken.lines().map(|l| l.rsplit_once(' ').unwrap().1);
    let numbers: Vec<usize> = numbers.map(|n| n.parse().unwrap()).collect();
    assert_eq!(numbers.len(), 40, "{}", ran.stderr);
    assert!(numbers.is_sorted(), "{numbers:?}");
    assert!(!ran.stderr.contains("alerts were"), "{}", ran.stderr);
    // One that reads nothing is said to, and so is what it costs.
    let ran = replay(&lab, "exit 5", &["output_timeout=200"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let why = "program: `exit 5` ended: exit status: 5";
    assert!(ran.stderr.contains(why), "{}", ran.stderr);
    let told = ran.stderr.lines().filter(|l| l.contains("alerts were"));
    let lost: usize = told.map(|l| count_before(l, " alerts were")).sum();
    assert_eq!(lost, 40, "{}", ran.stderr);
}

/// The number before a text.
fn count_before(line: &str, text: &str) -> usize {
    let before = line.split_once(text).unwrap().0;
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn how_a_program_ends_is_told_and_costs_nothing() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"; 3]);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "%evt.num"));
    let one_each = ["program_output.keep_alive=false"];
    let ran = replay(&lab, "cat >> taken; exit 3", &one_each);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let said = "program: `cat >> taken; exit 3`: exit status: 3\n";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let taken = std::fs::read_to_string(lab.path().join("taken")).unwrap();
    assert_eq!(taken.lines().count(), 3);
}

/// Waits until a file has this in it.
fn wait_for_content(lab: &Lab, name: &str, text: &str) -> String {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let content = std::fs::read_to_string(lab.path().join(name)).unwrap_or_default();
        if content.contains(text) {
            return content;
        }
        assert!(Instant::now() < end, "{name} without {text:?}: {content}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A configuration with this program, or none.
fn configure(lab: &Lab, program: Option<&str>) {
    let program = program.map_or_else(String::new, |program| {
        format!(", program_output: {{enabled: true, program: {program:?}}}")
    });
    let config = "stdout_output: {enabled: true}, log_stderr: true, log_syslog: false";
    lab.file("falco.yaml", format!("{{{config}{program}}}"));
}

/// The children of a monitor that start programs.
fn launchers(monitor: &Monitor) -> Vec<i32> {
    let pid = monitor.child.id();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let pids = children.split_whitespace().map(|pid| pid.parse().unwrap());
    pids.filter(|pid: &i32| {
        std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default()
            == "lanner-launcher\n"
    })
    .collect()
}

#[test]
fn root_programs_have_the_rights_that_a_confined_monitor_gave_up() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    let marker = "lnr_prog";
    let status = "grep -E \"^(CapEff|Seccomp|NoNewPrivs):\" /proc/self/status";
    configure(&lab, Some(&format!("{status} > rights; cat >> taken")));
    let mut monitor = start(&lab, marker, &[]);
    wait_for_content(&lab, "taken", marker);
    // The program may do what this process may, the monitor not.
    let ours = Command::new("sh").args(["-c", status]).output().unwrap();
    let found = std::fs::read_to_string(lab.path().join("rights")).unwrap();
    assert_eq!(found, String::from_utf8(ours.stdout).unwrap());
    for (name, mode) in rights(&monitor, "Seccomp:") {
        assert_eq!(mode, "2", "{name}");
    }
    // Another program, by a reload.
    let log = lines(monitor.child.stderr.take().unwrap());
    let mut said = Vec::new();
    configure(&lab, Some("cat >> taken_too"));
    wait_for(&log, "were reloaded: 1 rules", &mut said);
    run(&lab, marker);
    assert!(monitor.line().contains(marker));
    wait_for_content(&lab, "taken_too", marker);
    // None, and one again.
    configure(&lab, None);
    wait_for(&log, "were reloaded: 1 rules", &mut said);
    run(&lab, marker);
    configure(&lab, Some("cat >> taken_last"));
    wait_for(&log, "were reloaded: 1 rules", &mut said);
    run(&lab, marker);
    let last = wait_for_content(&lab, "taken_last", marker);
    assert_eq!(last.lines().count(), 1);
    // Without what starts them they cannot be, which is told.
    let launcher = launchers(&monitor)[0];
    kill_process(Pid::from_raw(launcher).unwrap(), Signal::KILL).unwrap();
    run(&lab, marker);
    let gone = "program: the process that starts programs is gone";
    wait_for(&log, gone, &mut said);
    monitor.signal(Signal::TERM);
    let status = monitor.child.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{said:#?}");
}

#[test]
fn root_no_launcher_outlives_its_monitor() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    configure(&lab, Some("cat >> taken"));
    let mut monitor = start(&lab, "lnr_prog_kill", &[]);
    let launcher = launchers(&monitor)[0];
    // What ends a service ends it with the monitor, not before.
    kill_process(Pid::from_raw(launcher).unwrap(), Signal::TERM).unwrap();
    run(&lab, "lnr_prog_kill");
    assert!(monitor.line().contains("lnr_prog_kill"));
    wait_for_content(&lab, "taken", "lnr_prog_kill");
    monitor.signal(Signal::KILL);
    monitor.child.wait().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while std::fs::read_to_string(format!("/proc/{launcher}/comm"))
        .is_ok_and(|comm| comm == "lanner-launcher\n")
    {
        assert!(Instant::now() < end, "{launcher} is still there");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn root_a_program_that_comes_with_a_reload_needs_a_restart() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    let mut monitor = start(&lab, "lnr_prog_late", &[]);
    assert!(launchers(&monitor).is_empty());
    let log = lines(monitor.child.stderr.take().unwrap());
    configure(&lab, Some("cat >> taken"));
    let told = "Failed to init output: program: program_output was off when the monitor confined \
                itself; to switch it on, restart";
    let mut said = Vec::new();
    wait_for(&log, told, &mut said);
    wait_for(&log, "were reloaded: 1 rules", &mut said);
    // The others go on.
    run(&lab, "lnr_prog_late");
    assert!(monitor.line().contains("lnr_prog_late"));
    monitor.signal(Signal::TERM);
    monitor.child.wait().unwrap();
}
