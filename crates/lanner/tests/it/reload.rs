//! Reloads of a running monitor. They need root and BPF, and are skipped elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::lab::{Lab, rule};
use crate::live::{can_monitor, check_accounts, run, start};

/// A number from the environment, for longer runs.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|t| t.parse().ok()).unwrap_or(default)
}

/// The lines of a pipe, read by a thread so that the other side never waits.
pub(crate) fn lines(pipe: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

/// Waits for a line that has this in it.
pub(crate) fn wait_for(lines: &Receiver<String>, text: &str, seen: &mut Vec<String>) {
    loop {
        let line = lines.recv_timeout(Duration::from_secs(60));
        let line = line.unwrap_or_else(|_| panic!("no line with {text:?}: {seen:#?}"));
        let found = line.contains(text);
        seen.push(line);
        if found {
            return;
        }
    }
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// The rule of the test, and with odd numbers rules that want much more of the kernel.
fn versions(lab: &Path, folder: &str, number: u64) -> String {
    let mut text = rule(
        "Numbered",
        &format!("evt.type = unlinkat and evt.arg.name startswith {folder}/n"),
        "%evt.arg.name",
    );
    if number % 2 == 1 {
        let more = [
            ("Other", "evt.type = dup and fd.name = /nothing".to_owned()),
            (
                "Third",
                format!("evt.type in (mkdirat, openat) and fd.name = /nothing{number}"),
            ),
        ];
        for (name, condition) in more {
            text += &rule(name, &condition, "x");
        }
    }
    fs::write(lab.join("next"), &text).unwrap();
    text
}

/// Numbered events without end: calls that fail, and are events all the same.
pub(crate) fn flood(folder: &Path, per_second: u64, ended: &AtomicBool) -> u64 {
    const BATCH: u64 = 100;
    let begun = Instant::now();
    let mut number = 0;
    while !ended.load(Ordering::Relaxed) {
        for _ in 0..BATCH {
            let name = folder.join(format!("n{number}"));
            let _ = rustix::fs::unlinkat(rustix::fs::CWD, name, rustix::fs::AtFlags::empty());
            number += 1;
        }
        let due = begun + Duration::from_nanos(number * 1_000_000_000 / per_second);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    number
}

#[test]
fn root_reloads_lose_and_double_no_alert() {
    if !can_monitor() {
        return;
    }
    let reloads = setting("LANNER_TEST_RELOADS", 8);
    let rate = setting("LANNER_TEST_RATE", 10_000);
    let lab = Lab::new();
    let folder = lab.path().join("numbered");
    let name = folder.to_str().unwrap();
    versions(lab.path(), name, 0);
    fs::rename(lab.path().join("next"), lab.path().join("rules.yaml")).unwrap();
    let args = ["-r", "rules.yaml", "-o", "outputs_queue.capacity=10000000"];
    let mut child = lab
        .lanner(args)
        .args(["-o", "watch_config_files=false"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let out = lines(child.stdout.take().unwrap());
    let log = lines(child.stderr.take().unwrap());
    let mut said = Vec::new();
    wait_for(&log, "One ring buffer", &mut said);
    let ended = AtomicBool::new(false);
    let produced = std::thread::scope(|scope| {
        let flooding = scope.spawn(|| flood(&folder, rate, &ended));
        for number in 1..=reloads {
            versions(lab.path(), name, number);
            fs::rename(lab.path().join("next"), lab.path().join("rules.yaml")).unwrap();
            signal(&child, Signal::HUP);
            wait_for(&log, "were reloaded: ", &mut said);
        }
        ended.store(true, Ordering::Relaxed);
        flooding.join().unwrap()
    });
    signal(&child, Signal::TERM);
    let mut times: BTreeMap<u64, u64> = BTreeMap::new();
    while let Ok(line) = out.recv() {
        if let Some((_, number)) = line.rsplit_once("/numbered/n") {
            *times.entry(number.parse().unwrap()).or_default() += 1;
        }
    }
    said.extend(log.iter());
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said:#?}");
    let log = said.join("\n");
    check_accounts(&log);
    let balance = said.iter().find(|l| l.contains(" produced = ")).unwrap();
    let lost = balance
        .split(" + ")
        .nth(1)
        .and_then(|l| l.split(' ').next());
    let lost: u64 = lost.and_then(|n| n.parse().ok()).unwrap();
    eprintln!("{reloads} reloads during {produced} events; {balance}");
    let doubled: Vec<_> = times.iter().filter(|(_, n)| **n > 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
    let missed = produced - times.len() as u64;
    assert!(missed <= lost, "{missed} alerts missed, {lost} events lost");
}

#[test]
fn root_the_last_of_many_changes_is_at_work() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    let mut monitor = start(&lab, "lnr_last", &[]);
    let log = lines(monitor.child.stderr.take().unwrap());
    let mut said = Vec::new();
    // So many that reading them takes a moment, in which they change again.
    let change = |count: usize| {
        let rules = (0..count).map(|i| rule(&format!("R{i}"), "evt.type = acct", "x"));
        lab.file("rules.yaml", rules.collect::<String>());
    };
    const FIRST: usize = 400;
    const LAST: usize = FIRST + 6;
    change(FIRST);
    for count in FIRST + 1..=LAST {
        wait_for(&log, "rules changed, reloading", &mut said);
        change(count);
    }
    wait_for(&log, &format!("were reloaded: {LAST} rules"), &mut said);
    monitor.signal(Signal::TERM);
    let status = monitor.child.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{said:#?}");
}

#[test]
fn root_changed_rules_are_at_work_without_a_signal() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    let marker = "lnr_watch";
    let mut monitor = start(&lab, marker, &[]);
    let log = lines(monitor.child.stderr.take().unwrap());
    let mut said = Vec::new();
    // Another rule in the place of the first, as an editor writes it.
    let renamed = rule(
        "Renamed",
        &format!("evt.type = execve and proc.name = {marker}"),
        "again %proc.name",
    );
    lab.file("rules.yaml.tmp", &renamed);
    fs::rename(
        lab.path().join("rules.yaml.tmp"),
        lab.path().join("rules.yaml"),
    )
    .unwrap();
    wait_for(&log, "were reloaded: 1 rules", &mut said);
    run(&lab, marker);
    assert!(monitor.line().contains("Notice again lnr_watch"));
    // The configuration too, and what cannot be changed is named.
    lab.file(
        "falco.yaml",
        "{stdout_output: {enabled: true}, log_stderr: true, json_output: true, \
         falco_libs: {snaplen: 90}}",
    );
    wait_for(&log, "were reloaded: 1 rules", &mut said);
    assert!(
        said.iter()
            .any(|l| l.contains("falco_libs.snaplen was changed"))
    );
    run(&lab, marker);
    let line = monitor.line();
    assert!(
        line.starts_with('{') && line.contains(r#""rule":"Renamed""#),
        "{line}"
    );
    // Broken rules, then good ones again.
    lab.file("rules.yaml", "- rule: x");
    wait_for(&log, "the previous configuration and rules stay", &mut said);
    assert!(
        monitor
            .line()
            .contains(r#""rule":"Falco internal: hot restart failure""#)
    );
    lab.file("rules.yaml", &renamed);
    wait_for(&log, "were reloaded: 1 rules", &mut said);
    run(&lab, marker);
    assert!(monitor.line().contains(r#""rule":"Renamed""#));
    monitor.signal(Signal::TERM);
    let mut summary = String::new();
    while monitor.out.read_line(&mut summary).unwrap() > 0 {}
    assert!(
        summary.contains("   Renamed: 3\n   Marked: 1\n"),
        "{summary}"
    );
    assert_eq!(monitor.child.wait().unwrap().code(), Some(0));
}

#[test]
fn root_the_swap_of_a_config_map_reloads() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    let marker = "lnr_map";
    let version = |folder: &str, output: &str| {
        fs::create_dir(lab.path().join(folder)).unwrap();
        let condition = format!("evt.type = execve and proc.name = {marker}");
        lab.file(
            &format!("{folder}/map.yaml"),
            rule("Mapped", &condition, output),
        );
    };
    version("..1", "one %proc.name");
    version("..2", "two %proc.name");
    symlink("..1", lab.path().join("..data")).unwrap();
    symlink("..data/map.yaml", lab.path().join("map.yaml")).unwrap();
    let mut monitor = start(&lab, marker, &["-r", "map.yaml", "-o", "rule_matching=all"]);
    assert!(monitor.line().contains("Notice one "));
    let log = lines(monitor.child.stderr.take().unwrap());
    symlink("..2", lab.path().join("..data_tmp")).unwrap();
    fs::rename(lab.path().join("..data_tmp"), lab.path().join("..data")).unwrap();
    wait_for(&log, "were reloaded: 2 rules", &mut Vec::new());
    run(&lab, marker);
    assert!(monitor.line().contains("Notice lnr_map "));
    assert!(monitor.line().contains("Notice two lnr_map"));
    monitor.signal(Signal::TERM);
    while monitor.out.read_line(&mut String::new()).unwrap() > 0 {}
    assert_eq!(monitor.child.wait().unwrap().code(), Some(0));
}
