//! Runs over the events of this machine. They need root and BPF, and are skipped elsewhere.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::lab::{Lab, Ran, rule};

/// Whether the probe can be tried here; says so if not.
pub(crate) fn can_monitor() -> bool {
    let root = geteuid().is_root();
    if !root {
        eprintln!("skipped: needs root");
    }
    root
}

/// A monitor that is known to see events.
pub(crate) struct Monitor {
    pub(crate) child: Child,
    pub(crate) out: BufReader<std::process::ChildStdout>,
}

/// Starts monitoring with a rule on a program that only this test starts, and waits until its
/// first start was seen.
pub(crate) fn start(lab: &Lab, marker: &str, more: &[&str]) -> Monitor {
    let program = lab.path().join(marker);
    std::fs::copy("/bin/true", &program).unwrap();
    lab.file(
        "rules.yaml",
        rule(
            "Marked",
            &format!("evt.type = execve and proc.name = {marker}"),
            "%proc.name %proc.pid %proc.exepath",
        ),
    );
    let mut args = vec!["-r", "rules.yaml", "-U"];
    args.extend(more);
    let mut child = lab
        .lanner(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut monitor = Monitor { child, out };
    // The probe is attached when the log says that it is.
    let mut log = BufReader::new(monitor.child.stderr.take().unwrap());
    let mut text = String::new();
    while !text.contains("One ring buffer") {
        let read = log.read_line(&mut text).unwrap();
        assert!(read > 0, "the monitor ended: {text}");
    }
    monitor.child.stderr = Some(log.into_inner());
    run(lab, marker);
    let line = monitor.line();
    assert!(line.contains(&format!("Notice {marker} ")), "{line}");
    monitor
}

pub(crate) fn run(lab: &Lab, marker: &str) {
    let status = Command::new(lab.path().join(marker)).status().unwrap();
    assert!(status.success());
}

impl Monitor {
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    /// What is left on its stdout and stderr, and its exit code.
    pub(crate) fn end(mut self) -> (String, String, Option<i32>) {
        let mut out = String::new();
        self.out.read_to_string(&mut out).unwrap();
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        (out, log, self.child.wait().unwrap().code())
    }
}

pub(crate) fn check_accounts(log: &str) {
    let line = log.lines().find(|l| l.contains(" produced ")).unwrap();
    assert!(line.contains(" produced = "), "{line}");
}

#[test]
fn root_a_started_program_is_an_alert_and_sigterm_ends_in_order() {
    if !can_monitor() {
        return;
    }
    for (signal, marker) in [(Signal::TERM, "lnr_term"), (Signal::INT, "lnr_int")] {
        let lab = Lab::new();
        let mut monitor = start(&lab, marker, &[]);
        for _ in 0..3 {
            run(&lab, marker);
            let line = monitor.line();
            let path = lab.path().join(marker);
            assert!(line.ends_with(&format!("{}\n", path.display())), "{line}");
        }
        monitor.signal(signal);
        let (out, log, code) = monitor.end();
        assert_eq!(code, Some(0), "{log}");
        assert!(out.contains("Events detected: 4\n"), "{out}");
        assert!(log.contains("SIGINT received, exiting..."), "{log}");
        check_accounts(&log);
    }
}

#[test]
fn root_a_trickle_of_events_does_not_hide_the_time() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    lab.file("rules.yaml", rule("Link", "evt.type = linkat", "linked"));
    let monitor = ["run", "-r", "rules.yaml", "-M", "1"];
    let record = ["record", "-w", "x.scap", "-M", "1"];
    let mut children = [lab.lanner(monitor), lab.command(record)].map(|mut command| {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    });
    // Never idle for as long as it would wait for an event.
    let is_running = |child: &mut Child| child.try_wait().unwrap().is_none();
    while children.iter_mut().any(is_running) {
        let cwd = rustix::fs::CWD;
        let nothing = lab.path().join("nothing");
        let _ = rustix::fs::linkat(cwd, &nothing, cwd, &nothing, rustix::fs::AtFlags::empty());
        std::thread::sleep(Duration::from_millis(20));
    }
    let [monitored, recorded] = children.map(|child| Ran::from(child.wait_with_output().unwrap()));
    assert_eq!(monitored.code, Some(0), "{}", monitored.stderr);
    assert_eq!(recorded.code, Some(0), "{}", recorded.stderr);
    let mut show = lab.command(["show", "x.scap", "evt.type = linkat"]);
    let events = Ran::from(show.output().unwrap()).stdout;
    // 50 in a second.
    for linked in [
        monitored.stdout.matches("Notice linked").count(),
        events.lines().count(),
    ] {
        assert!(
            (1..200).contains(&linked),
            "{linked}: {monitored:?} {recorded:?}"
        );
    }
}

#[test]
fn without_a_driver_it_waits_for_the_end_of_minus_m() {
    let lab = Lab::new();
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "x"));
    let started = Instant::now();
    let ran = lab.run(["-r", "rules.yaml", "-o", "engine.kind=nodriver", "-M", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(started.elapsed().as_secs() >= 1);
    assert!(!ran.stderr.contains("SIGINT"), "{}", ran.stderr);
}

#[test]
fn root_an_idle_host_reaches_the_end_of_minus_m() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    // Nothing starts this program: no event comes.
    lab.file(
        "rules.yaml",
        rule(
            "Never",
            "evt.type = execve and evt.res = SUCCESS and proc.name = nx",
            "x",
        ),
    );
    let started = Instant::now();
    let ran = lab.run(["-r", "rules.yaml", "-M", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(started.elapsed().as_secs() >= 1);
    assert!(
        ran.stdout.contains("Events detected: 0\n"),
        "{}",
        ran.stdout
    );
    check_accounts(&ran.stderr);
}

#[test]
fn root_sigusr1_reopens_the_file_output() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    let events = lab.path().join("events.txt");
    let marker = "lnr_usr1";
    let mut monitor = start(
        &lab,
        marker,
        &[
            "-o",
            "file_output.enabled=true",
            "-o",
            "file_output.keep_alive=true",
            "-o",
            "file_output.filename=events.txt",
        ],
    );
    std::fs::rename(&events, lab.path().join("old.txt")).unwrap();
    monitor.signal(Signal::USR1);
    // Alerts follow the reopening in the queue of the outputs: once the log tells of it, the next
    // alert goes to the new file.
    let mut log = BufReader::new(monitor.child.stderr.take().unwrap());
    let mut text = String::new();
    while !text.contains("SIGUSR1 received, reopening outputs...") {
        assert!(log.read_line(&mut text).unwrap() > 0, "{text}");
    }
    monitor.child.stderr = Some(log.into_inner());
    run(&lab, marker);
    monitor.line();
    monitor.signal(Signal::TERM);
    let (_, log, code) = monitor.end();
    assert_eq!(code, Some(0), "{log}");
    let old = std::fs::read_to_string(lab.path().join("old.txt")).unwrap();
    let new = std::fs::read_to_string(&events).unwrap();
    assert_eq!((old.lines().count(), new.lines().count()), (1, 1));
}

#[test]
fn root_rules_that_are_gone_leave_the_old_ones_at_work() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    let marker = "lnr_gone";
    let mut monitor = start(&lab, marker, &[]);
    std::fs::remove_file(lab.path().join("rules.yaml")).unwrap();
    let internal = monitor.line();
    assert!(
        internal.contains(": Critical Falco internal: hot restart failure: ")
            && internal.contains("rules.yaml"),
        "{internal}"
    );
    run(&lab, marker);
    let line = monitor.line();
    assert!(line.contains(marker), "{line}");
    monitor.signal(Signal::TERM);
    let (out, log, code) = monitor.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(out.contains("   Marked: 2\n"), "{out}");
    assert!(
        log.contains("the previous configuration and rules stay"),
        "{log}"
    );
}

/// The names of a monitor's threads, and what `/proc` says of their rights.
pub(crate) fn rights(monitor: &Monitor, key: &str) -> Vec<(String, String)> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", monitor.child.id())).unwrap();
    let tasks = tasks.map(|task| task.unwrap().path());
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).ok();
    // A thread that has ended since has no rights to look at.
    let of = |task: std::path::PathBuf| {
        let name = read(task.join("comm"))?;
        let status = read(task.join("status"))?;
        let value = status.lines().find_map(|l| l.strip_prefix(key))?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    tasks.filter_map(of).collect()
}

#[test]
fn root_a_monitor_at_work_is_confined() {
    if !can_monitor() {
        return;
    }
    const DAC_READ_SEARCH: u64 = 1 << 2;
    const KEPT: u64 = 1 << 39 | 1 << 38 | 1 << 19 | DAC_READ_SEARCH;
    let lab = Lab::new();
    // It takes connections and says nothing, so that alerts go to the spool.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http_output.url=http://{}/", silent.local_addr().unwrap());
    let options = [
        "-o",
        "webserver.enabled=true",
        "-o",
        "webserver.listen_port=0",
        "-o",
        "http_output.enabled=true",
        "-o",
        &url,
        "-o",
        "outputs_spool.path=spool",
        "-o",
        "http_output.timeout=100ms",
    ];
    let monitor = start(&lab, "lnr_box", &options);
    // The webserver is started after the probe, so before the first alert; and a thread that
    // delivers is confined before it does.
    silent.accept().unwrap();
    let spool = lab.path().join("spool/http");
    let spooled = |entry: std::fs::DirEntry| {
        let is_of_alerts = entry.path().extension().is_some_and(|e| e == "spool");
        is_of_alerts && entry.metadata().unwrap().len() > 100
    };
    let end = Instant::now() + Duration::from_secs(60);
    while !std::fs::read_dir(&spool).unwrap().flatten().any(spooled) {
        assert!(Instant::now() < end, "nothing in the spool");
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut found = BTreeSet::new();
    for (name, set) in rights(&monitor, "CapPrm:") {
        let set = u64::from_str_radix(&set, 16).unwrap();
        let most = match name.as_str() {
            "webserver" | "out-stdout" => 0,
            "out-http" | "spool-http" => DAC_READ_SEARCH,
            _ => KEPT,
        };
        assert_eq!(set & !most, 0, "{name}: {set:x}");
        found.insert(name);
    }
    for name in ["webserver", "out-stdout", "out-http", "spool-http"] {
        assert!(found.contains(name), "{found:?}");
    }
    for (key, value) in [
        ("NoNewPrivs:", "1"),
        ("Seccomp:", "2"),
        ("CapInh:", "0000000000000000"),
    ] {
        for (name, found) in rights(&monitor, key) {
            assert_eq!(found, value, "{name} {key}");
        }
    }
    monitor.signal(Signal::TERM);
    let (_, log, code) = monitor.end();
    assert_eq!(code, Some(0), "{log}");
    let monitor = start(&lab, "lnr_nobox", &["--no-sandbox"]);
    assert!(
        rights(&monitor, "Seccomp:")
            .iter()
            .all(|(_, mode)| mode == "0")
    );
    monitor.signal(Signal::TERM);
    let (_, log, _) = monitor.end();
    assert!(!log.contains("Sandbox:"), "{log}");
}

#[test]
fn root_another_user_with_a_few_capabilities_suffices() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    lab.file(
        "rules.yaml",
        rule(
            "Exec",
            "evt.type = execve and evt.res = SUCCESS",
            "%proc.name",
        ),
    );
    let command = lab.lanner(["-r", "rules.yaml", "-M", "1"]);
    let some = "+bpf,+perfmon,+sys_ptrace,+dac_read_search";
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .args([
            format!("--inh-caps={some}"),
            format!("--ambient-caps={some}"),
        ])
        .arg("--")
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(lab.path())
        .output();
    let Ok(output) = output else {
        eprintln!("skipped: needs setpriv");
        return;
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("setpriv: ") && stderr.contains("ermission denied") {
        eprintln!("skipped: the binary is in a folder that others may not enter");
        return;
    }
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    check_accounts(&stderr);
}

/// The BPF programs of ours that are in the kernel, by the descriptors that hold links to them.
fn attached_by(pid: u32) -> usize {
    let Ok(fds) = std::fs::read_dir(format!("/proc/{pid}/fdinfo")) else {
        return 0;
    };
    let infos = fds.filter_map(|fd| std::fs::read_to_string(fd.ok()?.path()).ok());
    infos.filter(|info| info.contains("link_type:")).count()
}

/// Whether any process of this machine holds a program of the probe.
fn held_by_anybody(programs: &[String]) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap();
    let pids = processes.filter_map(|p| p.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.into_iter()
        .any(|pid| program_ids(pid).iter().any(|id| programs.contains(id)))
}

/// The ids of the BPF programs that a process holds.
fn program_ids(pid: u32) -> Vec<String> {
    let fds = std::fs::read_dir(format!("/proc/{pid}/fdinfo"))
        .into_iter()
        .flatten();
    let infos = fds.filter_map(|fd| std::fs::read_to_string(fd.ok()?.path()).ok());
    let lines = infos.flat_map(|info| {
        let id = info
            .lines()
            .find_map(|l| l.strip_prefix("prog_id:").map(str::to_owned));
        id.filter(|_| info.contains("prog_type:"))
    });
    lines.map(|id| id.trim().to_owned()).collect()
}

#[test]
fn root_killed_at_any_moment_it_leaves_nothing_attached() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    let marker = "lnr_kill";
    for round in 0..3 {
        let mut monitor = start(&lab, marker, &["-P", "pid"]);
        let pid = monitor.child.id();
        assert!(attached_by(pid) > 0);
        let programs = program_ids(pid);
        assert!(!programs.is_empty());
        // At work, in the middle of a reload, and on the way to the end.
        match round {
            0 => run(&lab, marker),
            1 => monitor.signal(Signal::HUP),
            _ => monitor.signal(Signal::TERM),
        }
        monitor.signal(Signal::KILL);
        monitor.child.wait().unwrap();
        assert!(!held_by_anybody(&programs), "round {round}");
    }
    // The next start finds the pidfile of one that is dead, and works.
    let monitor = start(&lab, marker, &["-P", "pid"]);
    let written = std::fs::read_to_string(lab.path().join("pid")).unwrap();
    assert_eq!(written, monitor.child.id().to_string());
    monitor.signal(Signal::TERM);
    let (_, log, code) = monitor.end();
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn root_without_rights_one_message_names_them() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "x"));
    let command = lab.lanner(["-r", "rules.yaml"]);
    let output = Command::new("setpriv")
        .args(["--bounding-set=-all", "--inh-caps=-all", "--"])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(lab.path())
        .output();
    let Ok(output) = output else {
        eprintln!("skipped: needs setpriv");
        return;
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let errors: Vec<&str> = stderr
        .lines()
        .filter(|l| l.starts_with("Error: "))
        .collect();
    assert_eq!(errors.len(), 1, "{stderr}");
    assert!(
        errors[0].contains("BPF") && errors[0].contains("run as root"),
        "{stderr}"
    );
}
