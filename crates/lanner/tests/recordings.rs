//! What is recorded on this machine, read again: by `lanner replay`, which must raise the alerts
//! that were raised live, and by the distribution's sysdig.
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use lanner_event::{Event, Poll, Source};
use lanner_scap::Reader;
use serde_json::Value;
use tempfile::TempDir;

#[path = "../../container/tests/engines/mod.rs"]
#[expect(dead_code, reason = "containerd is for other tests")]
mod engines;
#[path = "monitor/mod.rs"]
mod monitor;

use engines::{Podman, able, shown, unique};
use monitor::Monitor;

/// Rules about what a container does, with what is known of containers, users, files and
/// processes in their outputs.
fn rules(dir: &TempDir, container: &str) -> PathBuf {
    let rule = |name: &str, condition: &str, more: &str| {
        format!(
            "- rule: {name}\n  desc: a test\n  condition: container.name = \"{container}\" and \
             {condition}\n  priority: NOTICE\n  output: \"%evt.type %evt.args %evt.rawres \
             %proc.name %proc.cmdline %proc.pname %proc.aname[2] %proc.exepath %proc.vpid \
             %proc.cwd %proc.env %proc.is_exe_upper_layer %user.uid %user.name %user.homedir \
             %user.shell %user.loginuid %group.name %container.id %container.name \
             %container.image %container.privileged %container.mounts %fd.name %fd.num %fd.type \
             %fd.ino\"\n{more}"
        )
    };
    let path = dir.path().join("rules.yaml");
    let start = "evt.type = execve and proc.name = sh";
    let text = [
        rule("Start", start, "  capture: true\n"),
        rule("Exec", "evt.type = execve and proc.name != sh", ""),
        rule(
            "Open",
            "evt.type in (open, openat) and fd.name startswith /etc/",
            "",
        ),
        rule(
            "Other",
            "evt.type in (dup2, connect, clone, fork, vfork)",
            "",
        ),
        rule("End", "evt.type = procexit", ""),
    ];
    fs::write(&path, text.concat()).expect("a file");
    path
}

/// The alerts that these rules raise on a capture.
fn replay(dir: &TempDir, capture: &Path, rules: &Path) -> Vec<Value> {
    let config = dir.path().join("replay.yaml");
    fs::write(
        &config,
        "{json_output: true, rule_matching: all, stdout_output: {enabled: true}}",
    )
    .expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_lanner"))
        .arg("replay")
        .args([capture.as_os_str(), "-r".as_ref(), rules.as_os_str()])
        .args(["-c".as_ref(), config.as_os_str()])
        .output()
        .expect("the binary starts");
    assert!(output.status.success(), "{}", shown(&output));
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.starts_with("{\""))
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// A `passwd` file for a container, with a user that this machine does not have.
fn passwd(dir: &TempDir) -> String {
    let path = dir.path().join("passwd");
    let text = "root:x:0:0::/root:/bin/sh\nalice:x:61234:61234::/home/alice:/bin/ash\n";
    fs::write(&path, text).expect("a file");
    format!("{}:/etc/passwd:ro", path.display())
}

/// What the container does once it may go on.
const SCRIPT: &str = "read go; cat /etc/passwd; id 2>&1; exec ls /etc";

#[test]
fn root_a_capture_that_a_match_starts_replays_to_the_alerts_raised_live() {
    let Some(podman) = Podman::new("a capture that a match starts") else {
        return;
    };
    let dir = TempDir::new().expect("a folder");
    let name = unique("captured");
    let rules = rules(&dir, &name);
    let prefix = format!("capture.path_prefix={}/match", dir.path().display());
    let options = [
        "capture.enabled=true",
        &prefix,
        "capture.default_duration=3600000",
    ];
    let mut args = vec!["-r", rules.to_str().expect("text")];
    for option in &options {
        args.extend(["-o", option]);
    }
    let mut monitor = Monitor::start(&args);
    let mounts = passwd(&dir);
    let mut container = podman
        .run(
            &name,
            &["-i", "--user", "61234", "-v", &mounts],
            &["/bin/sh", "-c", SCRIPT],
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("podman");
    // The shell waits while the monitor looks it up: a container that is gone at once has no user
    // database to read.
    monitor.wait_for(|alert| alert["rule"] == "Start");
    let mut stdin = container.stdin.take().expect("a pipe");
    stdin.write_all(b"go\n").expect("a line");
    let output = container.wait_with_output().expect("podman");
    assert!(output.status.success(), "{}", shown(&output));
    let live = monitor.finish();

    let capture = fs::read_dir(dir.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.extension().is_some_and(|e| e == "scap"))
        .expect("a capture");
    let begin = live.iter().position(|a| a["rule"] == "Start");
    let live = &live[begin.expect("a match")..];
    let replayed = replay(&dir, &capture, &rules);
    for (live, replayed) in live.iter().zip(&replayed) {
        assert_eq!(live["output"], replayed["output"]);
        assert_eq!(live["output_fields"], replayed["output_fields"]);
        assert_eq!(live["time"], replayed["time"]);
    }
    assert_eq!(live.len(), replayed.len());
    for (rule, field, value) in [
        ("Start", "user.name", "alice"),
        ("Exec", "user.homedir", "/home/alice"),
        ("Exec", "user.shell", "/bin/ash"),
        ("Open", "container.name", &*name),
        ("Open", "fd.name", "/etc/passwd"),
    ] {
        let seen = replayed
            .iter()
            .any(|a| a["rule"] == rule && a["output_fields"][field] == value);
        assert!(seen, "no {rule} with {field} = {value}: {replayed:#?}");
    }
}

#[test]
fn root_a_recording_replays_to_the_alerts_of_a_monitor_beside_it() {
    let Some(podman) = Podman::new("a recording beside a monitor") else {
        return;
    };
    let dir = TempDir::new().expect("a folder");
    let name = unique("recorded");
    let rules = rules(&dir, &name);
    let monitor = Monitor::start(&["-r", rules.to_str().expect("text")]);
    let run = podman.run(
        &name,
        &[],
        &["/bin/sh", "-c", "cat /etc/passwd; exec ls /etc"],
    );
    let capture = dir.path().join("all.scap.gz");
    let output = Command::new(env!("CARGO_BIN_EXE_lanner"))
        .args([
            "record".as_ref(),
            "-w".as_ref(),
            capture.as_os_str(),
            "--".as_ref(),
        ])
        .arg(run.get_program())
        .args(run.get_args())
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts");
    assert!(output.status.success(), "{}", shown(&output));
    let live = monitor.finish();
    assert!(live.iter().any(|a| a["rule"] == "Open"), "{live:?}");
    // Two probes look one after the other, and events of two CPUs may change places: clocks,
    // counters and, while the runtime sets the container up, cgroups have moved on. Whether a
    // database of users was read before a process in a hurry ended is up to chance.
    let timeless = |alerts: &[Value]| -> Vec<String> {
        let mut alerts: Vec<String> = alerts
            .iter()
            .filter(|alert| {
                let program = alert["output_fields"]["proc.exepath"].as_str();
                program.is_some_and(|p| p.starts_with("/bin/"))
            })
            .map(|alert| {
                let mut fields = alert["output_fields"].clone();
                let object = fields.as_object_mut().expect("fields");
                for field in [
                    "evt.time",
                    "evt.args",
                    "user.name",
                    "user.homedir",
                    "user.shell",
                    "group.name",
                ] {
                    object.remove(field);
                }
                format!("{} {fields}", alert["rule"])
            })
            .collect();
        alerts.sort();
        alerts
    };
    let (live, replayed) = (timeless(&live), timeless(&replay(&dir, &capture, &rules)));
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        let others = these.iter().filter(|a| !those.contains(a));
        others.cloned().collect()
    };
    assert_eq!(only(&live, &replayed), only(&replayed, &live));
    assert_eq!(live.len(), replayed.len());
}

/// The first event type that sysdig 0.29 does not know, and skips.
const FIRST_NEW_TYPE: u16 = 336;

/// A format of both, whose fields an event without them has all the same.
const FORMAT: &str = "%evt.rawtime %evt.cpu %thread.tid %evt.type %proc.name";

fn lines(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", shown(output));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn root_sysdig_reads_every_event_that_it_knows_of_a_recording() {
    if !able("a recording for sysdig", &["sysdig", "perl"]) {
        return;
    }
    let dir = TempDir::new().expect("a folder");
    let capture = dir.path().join("all.scap.gz");
    // Threads, processes, sockets, descriptors of kinds that sysdig does not know, and calls that
    // it does not know, of 64 and of 32 bits where there are any: rseq, openat2, statx, pidfds.
    let script = "ls -l /etc > /dev/null; cat /etc/hostname | cat; \
        perl -e 'use Socket; socket(S, AF_INET, SOCK_DGRAM, 0); \
        send(S, \"x\", 0, sockaddr_in(9, inet_aton(\"127.0.0.1\"))); \
        $n = \"name\"; syscall(319, $n, 0); syscall(434, $$, 0); syscall(425, 1, 0); \
        syscall(9999); fork; exit 0'";
    let recorded = Command::new(env!("CARGO_BIN_EXE_lanner"))
        .args(["record".as_ref(), "-w".as_ref(), capture.as_os_str()])
        .args(["--", "/bin/sh", "-c", script])
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts");
    assert!(recorded.status.success(), "{}", shown(&recorded));
    let sysdig = Command::new("sysdig")
        .args(["-r".as_ref(), capture.as_os_str()])
        .args(["-p", &format!("*{FORMAT}")])
        .output()
        .expect("sysdig starts");
    let shown = Command::new(env!("CARGO_BIN_EXE_lanner"))
        .args(["show".as_ref(), capture.as_os_str()])
        .args(["-p", &format!("{FORMAT} %evt.num")])
        .output()
        .expect("the binary starts");

    // Of each event: whether sysdig knows its type, and whether it shows it.
    let mut known = BTreeMap::new();
    let mut reader = Reader::open(&capture).expect("a capture");
    let mut num = 0u64;
    loop {
        match reader.poll(Duration::ZERO).expect("an event") {
            Poll::Event(raw) => {
                num += 1;
                let event = Event::parse(raw.bytes, raw.cpu, num).expect("an event");
                if !raw.state_only && event.ty.0 < FIRST_NEW_TYPE {
                    known.insert(num.to_string(), event.ty);
                }
            }
            Poll::End => break,
            Poll::Idle | Poll::Section => {}
        }
    }
    let (theirs, mut ours) = (lines(&sysdig), Vec::new());
    for line in lines(&shown) {
        let (line, num) = line.rsplit_once(' ').expect("a number");
        if known.contains_key(num) {
            ours.push(line.to_owned());
        }
    }
    assert_eq!(theirs.len(), known.len());
    let mut unknown = 0;
    for (theirs, ours) in theirs.iter().zip(&ours) {
        let (their_words, our_words) = (words(theirs), words(ours));
        let new_call = their_words[3] == "<unknown>";
        unknown += usize::from(new_call);
        for (i, (theirs, ours)) in their_words.iter().zip(our_words).enumerate() {
            assert!(*theirs == ours || (i == 3 && new_call), "{theirs}: {ours}");
        }
    }
    assert!(unknown > 0, "no call that sysdig does not know was made");
    assert!(theirs.iter().any(|line| line.ends_with(" execve perl")));
}

fn words(line: &str) -> Vec<&str> {
    line.splitn(5, ' ').collect()
}
