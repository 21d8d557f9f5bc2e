//! Bad input and bad days: a clear error, or a counted and reported loss; never a panic or a hang.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::lab::{Lab, Ran, rule};
use crate::reload::{lines, signal, wait_for};

/// Replays one exec with these rules.
fn replay(lab: &Lab, rules: &str) -> Ran {
    lab.capture("x.scap", &["/bin/ls"]);
    lab.run(["replay", "x.scap", "-r", rules])
}

#[track_caller]
fn check_refused(lab: &Lab, rules: &str, expect: &str) {
    let ran = replay(lab, rules);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains(expect), "{}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

#[test]
fn rules_that_cannot_be_read_are_named() {
    let lab = Lab::new();
    check_refused(
        &lab,
        "nothing.yaml",
        "Could not open file nothing.yaml for reading",
    );
    lab.file("binary.yaml", [0u8, 159, 146, 150, 255, 0, 1, 2]);
    check_refused(&lab, "binary.yaml", "binary.yaml");
    lab.file("scalar.yaml", "just text");
    check_refused(&lab, "scalar.yaml", "Rules content is not yaml");
}

#[test]
fn a_replay_that_nobody_reads_ends_when_it_is_asked_to() {
    let lab = Lab::new();
    // More than a pipe and the queue hold.
    let capture = lab.capture("x.scap", &["/bin/ls"; 5000]);
    let long = "x".repeat(200);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", &long));
    let args = ["replay", "x.scap", "-r", "rules.yaml"];
    let options = [
        "-o",
        "outputs_queue.capacity=10",
        "-o",
        "output_timeout=200",
    ];
    let mut child = lab
        .lanner(args.iter().chain(&options))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let out = child.stdout.take().unwrap();
    let log = lines(child.stderr.take().unwrap());
    let mut said = Vec::new();
    wait_for(&log, "\"stdout\" output timeout", &mut said);
    signal(&child, Signal::INT);
    said.extend(log.iter());
    // It does not wait for whoever reads its summary either.
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said:#?}");
    let all = said.join("\n");
    assert!(all.contains("dropped because the queue was full of stdout"));
    drop((out, capture));
}

#[test]
fn an_empty_rules_file_is_no_error() {
    let lab = Lab::new();
    lab.file("empty.yaml", "");
    let ran = replay(&lab, "empty.yaml");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("Events detected: 0\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_rules_file_of_100_mb_is_refused_by_its_size() {
    let lab = Lab::new();
    let file = fs::File::create(lab.path().join("large.yaml")).unwrap();
    file.set_len(100 << 20).unwrap();
    check_refused(&lab, "large.yaml", "large.yaml");
}

#[test]
fn a_rules_file_that_includes_itself_is_refused() {
    let lab = Lab::new();
    lab.file("self.yaml", "- &a\n  - *a\n");
    check_refused(&lab, "self.yaml", "self.yaml");
    let mut bomb = "- &a0 [x]\n".to_owned();
    for i in 1..40 {
        let _ = writeln!(bomb, "- &a{i} [*a{0}, *a{0}, *a{0}, *a{0}]", i - 1);
    }
    lab.file("bomb.yaml", bomb);
    check_refused(&lab, "bomb.yaml", "bomb.yaml");
}

#[test]
fn very_many_rules_load_and_run() {
    let lab = Lab::new();
    let mut rules = String::new();
    // Without optimisation, a tenth: loading is the same code.
    let count = if cfg!(debug_assertions) {
        10_000
    } else {
        100_000
    };
    for i in 0..count {
        rules += &rule(
            &format!("Rule {i}"),
            &format!("evt.type = execve and proc.name = p{i}"),
            "x",
        );
    }
    rules += &rule("Last", "evt.type = execve and proc.name = ls", "found");
    lab.file("many.yaml", rules);
    let ran = replay(&lab, "many.yaml");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("Notice found\n"), "{}", ran.stdout);
}

#[test]
fn a_condition_nested_a_thousand_deep_is_an_answer_not_a_crash() {
    let lab = Lab::new();
    for (name, open) in [("parens.yaml", "("), ("nots.yaml", "not (")] {
        let condition = open.repeat(1000) + "evt.type = execve" + &")".repeat(1000);
        lab.file(name, rule("Deep", &condition, "deep"));
        let ran = replay(&lab, name);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        match ran.code {
            Some(0) => assert!(
                ran.stdout.contains("Events detected: 1\n"),
                "{}",
                ran.stdout
            ),
            code => {
                assert_eq!(code, Some(1), "{}", ran.stderr);
                assert!(ran.stderr.contains(name), "{}", ran.stderr);
            }
        }
    }
}

#[test]
fn a_closed_stdout_ends_the_run_in_order() {
    let lab = Lab::new();
    let programs: Vec<String> = (0..20_000).map(|i| format!("/bin/p{i}")).collect();
    let programs: Vec<&str> = programs.iter().map(String::as_str).collect();
    lab.capture("long.scap", &programs);
    lab.file(
        "rules.yaml",
        rule("Exec", "evt.type = execve", "ran %proc.name"),
    );
    let mut child = lab
        .lanner(["replay", "long.scap", "-r", "rules.yaml"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut first).unwrap();
    assert!(first.contains("ran p0"), "{first}");
    drop(out);
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{stderr}");
    assert!(stderr.contains("stdout"), "{stderr}");
    assert!(stderr.contains("alerts were not written"), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn a_full_disk_is_counted_and_reported() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls", "/bin/cat"]);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "ran"));
    let ran = lab.run([
        "replay",
        "x.scap",
        "-r",
        "rules.yaml",
        "-o",
        "file_output.enabled=true",
        "-o",
        "file_output.filename=/dev/full",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("file: "), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("2 alerts were not written to file"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout.contains("Events detected: 2\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn alerts_go_to_a_file_too() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls", "/bin/cat"]);
    lab.file(
        "rules.yaml",
        rule("Exec", "evt.type = execve", "ran %proc.name"),
    );
    for keep_alive in ["true", "false"] {
        let name = format!("events-{keep_alive}.txt");
        let ran = lab.run([
            "replay",
            "x.scap",
            "-r",
            "rules.yaml",
            "-o",
            "file_output.enabled=true",
            "-o",
            &format!("file_output.keep_alive={keep_alive}"),
            "-o",
            &format!("file_output.filename={name}"),
            "-o",
            "stdout_output.enabled=false",
        ]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let written = fs::read_to_string(lab.path().join(name)).unwrap();
        assert_eq!(
            written,
            "22:13:20.000000007: Notice ran ls\n22:13:21.000000007: Notice ran cat\n"
        );
        assert!(
            ran.stdout.starts_with("Events detected: 2\n"),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_reported_and_the_other_outputs_go_on() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"]);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "ran"));
    let ran = lab.run([
        "replay",
        "x.scap",
        "-r",
        "rules.yaml",
        "-o",
        "file_output.enabled=true",
        "-o",
        "file_output.filename=/nonexistent/file",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("Failed to init output: "),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("Notice ran\n"), "{}", ran.stdout);
}

#[test]
fn the_same_capture_gives_the_same_bytes() {
    let lab = Lab::new();
    lab.file(
        "rules.yaml",
        rule("Exec", "evt.type = execve", "%evt.num %proc.cmdline"),
    );
    let programs: Vec<String> = (0..3000).map(|i| format!("/bin/p{i}")).collect();
    let programs: Vec<&str> = programs.iter().map(String::as_str).collect();
    lab.capture("x.scap", &programs);
    let run = || lab.run(["replay", "x.scap", "-r", "rules.yaml"]).stdout;
    let first = run();
    assert_eq!(
        first.lines().filter(|l| l.contains(": Notice ")).count(),
        3000
    );
    assert_eq!(first, run());
}

/// Runs a script in a mount namespace of its own; `None` where that cannot be, which it says.
fn in_namespace(lab: &Lab, script: &str) -> Option<Ran> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: needs root");
        return None;
    }
    let command = lab.lanner::<&str>([]);
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-ec", script])
        .current_dir(lab.path())
        .env("LANNER", command.get_program())
        .env("TZ", "UTC")
        .output();
    let ran = Ran::from(output.expect("unshare starts"));
    if ran.stderr.contains("unshare failed") || ran.stderr.contains("mount:") {
        eprintln!("skipped: {}", ran.stderr);
        return None;
    }
    Some(ran)
}

#[test]
fn root_a_disk_that_fills_up_loses_whole_alerts_and_counts_them() {
    let lab = Lab::new();
    let programs: Vec<String> = (0..5000).map(|i| format!("/bin/program{i}")).collect();
    let programs: Vec<&str> = programs.iter().map(String::as_str).collect();
    lab.capture("x.scap", &programs);
    lab.file(
        "rules.yaml",
        rule("Exec", "evt.type = execve", "ran %proc.name."),
    );
    let ran = in_namespace(
        &lab,
        "mkdir disk; mount -t tmpfs -o size=64k tmpfs disk
         \"$LANNER\" replay x.scap -c falco.yaml -r rules.yaml -o stdout_output.enabled=false \
            -o file_output.enabled=true -o file_output.filename=disk/events
         echo written $(grep -c '^..:..:..[.0-9]*: Notice ran program[0-9]*[.]$' disk/events)",
    );
    let Some(ran) = ran else { return };
    assert!(ran.stdout.contains("Events detected: 5000\n"), "{ran:?}");
    let written = ran.stdout.lines().last().map(|l| l.replace("written ", ""));
    let written: u64 = written.and_then(|n| n.parse().ok()).unwrap_or_default();
    let lost = ran
        .stderr
        .lines()
        .find(|l| l.contains(" alerts were not written to file"));
    let lost = number_before(lost, " alerts");
    assert!(lost > 0 && written > 0, "{ran:?}");
    assert_eq!(written + lost, 5000, "{}", ran.stderr);
}

#[test]
fn root_a_full_disk_ends_one_capture_not_one_for_each_match() {
    let lab = Lab::new();
    let programs: Vec<String> = (0..5000).map(|i| format!("/bin/program{i}")).collect();
    let programs: Vec<&str> = programs.iter().map(String::as_str).collect();
    lab.capture("x.scap", &programs);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "ran"));
    let ran = in_namespace(
        &lab,
        "mkdir disk; mount -t tmpfs -o size=4k tmpfs disk
         \"$LANNER\" replay x.scap -c falco.yaml -r rules.yaml \
            -o capture.enabled=true -o capture.mode=all_rules \
            -o capture.default_duration=3600000 -o capture.path_prefix=disk/c >alerts
         grep detected alerts
         echo captures $(ls disk | wc -l)",
    );
    let Some(ran) = ran else { return };
    assert!(ran.stdout.contains("Events detected: 5000\n"), "{ran:?}");
    assert!(ran.stdout.ends_with("captures 1\n"), "{ran:?}");
    let told = ran.stderr.lines().filter(|l| l.contains("No space left"));
    assert_eq!(told.count(), 1, "{}", ran.stderr);
}

/// The number that stands right before `what`.
fn number_before(line: Option<&str>, what: &str) -> u64 {
    let before = line.and_then(|l| l.split(what).next()).unwrap_or_default();
    let digits = before.rsplit(' ').next().unwrap_or_default();
    digits.parse().unwrap_or_default()
}

#[test]
fn root_without_proc_it_runs_and_says_what_is_missing() {
    let lab = Lab::new();
    lab.file(
        "rules.yaml",
        rule("Never", "evt.type = execve and proc.name = nx", "x"),
    );
    let ran = in_namespace(
        &lab,
        "umount -l /proc; \"$LANNER\" -c falco.yaml -r rules.yaml -M 1",
    );
    let Some(ran) = ran else { return };
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("/proc: "), "{}", ran.stderr);
    assert!(ran.stderr.contains(" produced = "), "{}", ran.stderr);
}

#[test]
fn root_a_kernel_without_type_information_is_named() {
    let lab = Lab::new();
    lab.file(
        "rules.yaml",
        rule("Never", "evt.type = execve and proc.name = nx", "x"),
    );
    let ran = in_namespace(
        &lab,
        "mount -t tmpfs tmpfs /sys/kernel/btf; mount -t tmpfs tmpfs /boot
         \"$LANNER\" -c falco.yaml -r rules.yaml -M 1",
    );
    let Some(ran) = ran else { return };
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("Error: the kernel has no type information"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_ring_buffer_of_no_size_is_refused() {
    let lab = Lab::new();
    lab.file("rules.yaml", rule("Never", "evt.type = execve", "x"));
    for preset in ["0", "11", "-1"] {
        let option = format!("engine.modern_ebpf.buf_size_preset={preset}");
        let ran = lab.run(["-r", "rules.yaml", "-o", &option]);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains("buf_size_preset"), "{}", ran.stderr);
    }
}
