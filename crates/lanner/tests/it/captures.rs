//! Looking into captures, comparing alerts on them, and recording them.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::lab::{Lab, Ran, rule};

/// Runs the binary with these arguments alone: these commands read no configuration.
fn run(lab: &Lab, args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_lanner"))
        .args(args)
        .current_dir(lab.path())
        .env("TZ", "UTC")
        .output();
    output.expect("the binary starts").into()
}

#[test]
fn show_prints_the_events_that_satisfy_a_filter() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls", "/bin/cat", "/bin/ls"]);
    let check = |args: &[&str], expect: &str| {
        let ran = run(&lab, &[&["show", "x.scap"], args].concat());
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(0), expect),
            "{args:?}: {}",
            ran.stderr
        );
    };
    let format = ["-p", "%proc.name %evt.type"];
    let execs = "evt.type = execve";
    check(
        &[&[execs][..], &format].concat(),
        "ls execve\ncat execve\nls execve\n",
    );
    check(
        &[&["proc.name", "=", "cat", "and", execs][..], &format].concat(),
        "cat execve\n",
    );
    check(&[&[execs, "-n", "1"][..], &format].concat(), "ls execve\n");
    check(&["proc.name = none"], "");
}

#[test]
fn show_summarises_what_is_inside() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls", "/bin/cat"]);
    let ran = run(&lab, &["show", "x.scap", "--summary", "evt.type = execve"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = "Events   2 in 1.000 s\nFrom     2023-11-14 22:13:20.000000007 UTC\n\
                To       2023-11-14 22:13:21.000000007 UTC\n\
                Machine  captured, 1 CPU, 0 MiB of memory\n\nEvents by type\n  2 execve\n\n\
                Processes\n  events  pid  command\n       2  100  /bin/cat -a b c\n";
    assert_eq!(ran.stdout, text);
}

#[test]
fn a_filter_or_format_that_cannot_be_used_is_shown_with_its_place() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"]);
    let check = |args: &[&str], expect: &[&str]| {
        let ran = run(&lab, args);
        assert_eq!(ran.code, Some(1), "{args:?}");
        for part in expect {
            assert!(ran.stderr.contains(part), "{part} is not in {}", ran.stderr);
        }
    };
    check(
        &["show", "x.scap", "proc.nam = a"],
        &["filter:1:1", "did you mean `proc.name`?"],
    );
    check(&["show", "x.scap", "proc.name ="], &["filter:1:12"]);
    check(
        &["show", "x.scap", "-p", "%no.field"],
        &["the format given with -p cannot be used"],
    );
    check(&["show", "none.scap"], &["none.scap"]);
    check(
        &["record", "-w", "y.scap", "-f", "proc.nam = a"],
        &["filter:1:1"],
    );
}

#[test]
fn diff_alerts_tells_what_vanished_and_what_appeared() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls", "/bin/cat", "/bin/ls"]);
    let output = "ran %proc.name";
    lab.file("old.yaml", rule("Exec", "evt.type = execve", output));
    let both = [
        rule("Exec", "evt.type = execve and proc.name != ls", output),
        rule("Cat", "evt.type = execve and proc.name = cat", output),
    ];
    lab.file("new.yaml", both.concat());
    let ran = run(
        &lab,
        &[
            "diff-alerts",
            "old.yaml",
            "new.yaml",
            "-e",
            "x.scap",
            "-n",
            "1",
        ],
    );
    assert_eq!(
        ran.stdout,
        "Cat: 0 before, 1 after; 0 vanished, 1 appeared\n  \
         + 22:13:21.000000007: Notice ran cat\n\
         Exec: 3 before, 1 after; 2 vanished, 0 appeared\n  \
         - 22:13:20.000000007: Notice ran ls\n  - and 1 more\n\
         3 alerts before, 2 after: 2 vanished, 1 appeared\n",
        "{}",
        ran.stderr
    );
    assert_eq!(ran.code, Some(1));
    let same = run(
        &lab,
        &["diff-alerts", "old.yaml", "old.yaml", "-e", "x.scap"],
    );
    assert_eq!(same.code, Some(0), "{}", same.stdout);
    lab.file("broken.yaml", "- rule: x\n");
    let broken = run(
        &lab,
        &["diff-alerts", "old.yaml", "broken.yaml", "-e", "x.scap"],
    );
    assert_eq!(broken.code, Some(2), "{}", broken.stdout);
    assert!(broken.stderr.contains("broken.yaml:1"), "{}", broken.stderr);
}

#[test]
fn a_match_starts_a_capture_that_lasts_as_long_as_the_rule_says() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls", "/bin/cat", "/bin/id", "/bin/ps"]);
    let cat = rule("Cat", "evt.type = execve and proc.name = cat", "%proc.name");
    let check = |rules: String, mode: &str, expect: &[(&str, &str)]| {
        lab.file("rules.yaml", rules);
        let folder = tempfile::tempdir().unwrap();
        let prefix = format!("capture.path_prefix={}/got", folder.path().display());
        let mode = format!("capture.mode={mode}");
        let options = ["-o", "capture.enabled=true", "-o", &prefix, "-o", &mode];
        let ran = lab.run([&["replay", "x.scap", "-r", "rules.yaml"][..], &options].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let mut found: Vec<(String, String)> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let file = path.to_str().unwrap();
                let shown = run(
                    &lab,
                    &["show", file, "evt.type = execve", "-p", "%proc.name"],
                );
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, shown.stdout.replace('\n', " "))
            })
            .collect();
        found.sort();
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(found, expect, "{}", ran.stderr);
    };
    // Events are a second apart; the one that comes after the time is over is the last.
    let second = "got_01700000001000000007_00000000000000000002.scap";
    let asks = format!("{cat}  capture: true\n  capture_duration: 500\n");
    check(asks, "rules", &[(second, "cat id ")]);
    check(cat.clone(), "rules", &[]);
    check(cat, "all_rules", &[(second, "cat id ps ")]);
}

/// Damaged copies of the small ones among the shared captures: whatever is wrong with them, it is
/// said, and nothing panics.
#[test]
fn damaged_captures_are_shown_summarised_and_replayed_as_far_as_they_go() {
    let shared = std::env::var_os("LANNER_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let Ok(entries) = std::fs::read_dir(shared.join("captures/scap")) else {
        eprintln!("skipped: no captures in {}", shared.display());
        return;
    };
    let lab = Lab::new();
    let output = "%evt.num %evt.args %proc.cmdline %proc.aname %fd.name %user.name \
                  %container.name %fs.path.name %evt.abspath %proc.env %fd.types %proc.sname";
    lab.file("rules.yaml", rule("All", "evt.num > 0", output));
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    // The same damage in every run.
    let mut seed = 1u32;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for path in paths {
        let mut bytes = Vec::new();
        let file = std::fs::read(&path).unwrap();
        if flate2::read::GzDecoder::new(&file[..])
            .read_to_end(&mut bytes)
            .is_err()
        {
            bytes = file;
        }
        bytes.truncate(200_000);
        for _ in 0..40 {
            let at = random(bytes.len() - 4);
            let number = [0u32, 1, u32::MAX, u32::MAX >> 1][random(4)];
            match random(2) {
                0 => bytes[at] ^= number as u8,
                _ => bytes[at..at + 4].copy_from_slice(&number.to_le_bytes()),
            }
        }
        lab.file("damaged.scap", &bytes);
        let shown = run(&lab, &["show", "damaged.scap"]);
        let summary = run(&lab, &["show", "damaged.scap", "--summary"]);
        let replayed = lab.run(["replay", "damaged.scap", "-r", "rules.yaml"]);
        for ran in [shown, summary, replayed] {
            let said = ran.stderr.contains("Error: ") == (ran.code == Some(1));
            let ended = matches!(ran.code, Some(0 | 1));
            assert!(ended && said, "{}: {ran:?}", path.display());
            assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        }
    }
}

/// Whether this process may load the probe.
fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("skipped: needs root");
    }
    root
}

#[test]
fn root_a_recording_replays_to_what_happened_and_ends_with_its_command() {
    if !is_root() {
        return;
    }
    let lab = Lab::new();
    for (name, compressed) in [("a.scap", false), ("b.scap.gz", true)] {
        let script = "/bin/cat /etc/hostname > /dev/null; exit 7";
        let ran = run(&lab, &["record", "-w", name, "--", "/bin/sh", "-c", script]);
        assert_eq!(ran.code, Some(7), "{}", ran.stderr);
        assert!(ran.stderr.contains(" produced = "), "{}", ran.stderr);
        let bytes = std::fs::read(lab.path().join(name)).unwrap();
        assert_eq!(bytes.starts_with(&[0x1f, 0x8b]), compressed);
        lab.file(
            "rules.yaml",
            rule(
                "Read",
                "evt.type = openat and proc.name = cat and fd.name = /etc/hostname",
                "%proc.cmdline by %proc.pname",
            ),
        );
        let replayed = lab.run(["replay", name, "-r", "rules.yaml"]);
        let alert = "Notice cat /etc/hostname by sh\n";
        assert!(
            replayed.stdout.contains(alert),
            "{name}: {}",
            replayed.stdout
        );
    }
}

#[test]
fn root_a_recording_that_cannot_be_written_says_how_far_it_came() {
    if !is_root() {
        return;
    }
    let lab = Lab::new();
    let check = |file: &str, expect: &str| {
        let ran = run(&lab, &["record", "-w", file, "-M", "1"]);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains(expect), "{}", ran.stderr);
    };
    check(
        "/no/such/folder/x.scap",
        "/no/such/folder/x.scap cannot be written",
    );
    check("/dev/full", "No space left on device");
    let ran = run(&lab, &["record", "-w", "x.scap", "--", "/no/such/command"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("/no/such/command cannot be started"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_capture_that_became_too_large_is_an_alert() {
    let lab = Lab::new();
    lab.file(
        "rules.yaml",
        rule("Exec", "evt.type = execve", "%proc.name"),
    );
    let programs = vec!["/bin/some-program-with-a-name"; 4000];
    lab.capture("in.scap", &programs);
    let options = [
        "capture.enabled=true",
        "capture.mode=all_rules",
        "capture.default_duration=100000000",
        "capture.max_file_size_mb=1",
        "capture.path_prefix=out",
        "json_output=true",
    ];
    let mut args = vec!["replay", "in.scap", "-r", "rules.yaml"];
    args.extend(options.iter().flat_map(|option| ["-o", option]));
    let ran = lab.run(args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told = ran
        .stdout
        .lines()
        .filter(|l| l.contains("capture size limit reached"));
    let told: Vec<serde_json::Value> = told.map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(!told.is_empty(), "{}", ran.stderr);
    for alert in told {
        assert_eq!(alert["rule"], "Falco internal: capture size limit reached");
        assert_eq!(alert["priority"], "Informational");
        assert_eq!(alert["output_fields"]["max_file_size_mb"], 1);
        assert!(alert["output_fields"]["written_bytes"].as_u64().unwrap() >= 1 << 20);
    }
}
