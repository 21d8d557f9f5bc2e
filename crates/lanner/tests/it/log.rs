//! Where Lanner's own log goes.

use std::fs::File;
use std::os::linux::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;

use crate::lab::{Lab, rule};

/// What a system's log receives of a replay, and the log on stderr.
fn replay(lab: &Lab, more: &[&str], journal: bool) -> (Vec<String>, String) {
    lab.capture("x.scap", &["/bin/ls"]);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "ran"));
    let socket = lab.path().join("log");
    let _ = std::fs::remove_file(&socket);
    let daemon = UnixDatagram::bind(&socket).unwrap();
    let stderr = File::create(lab.path().join("stderr")).unwrap();
    let meta = stderr.metadata().unwrap();
    let stream = match journal {
        true => format!("{}:{}", meta.st_dev(), meta.st_ino()),
        false => "1:2".to_owned(),
    };
    let mut child = lab
        .lanner(["replay", "x.scap", "-r", "rules.yaml"])
        .arg(format!("-osyslog_output.socket={}", socket.display()))
        .args(more.iter().flat_map(|option| ["-o", option]))
        .env("JOURNAL_STREAM", stream)
        .stdout(Stdio::null())
        .stderr(stderr)
        .spawn()
        .unwrap();
    // The queue of a socket holds some ten messages: they are taken while the replay goes on.
    let end = std::thread::spawn(move || {
        let code = child.wait().unwrap().code();
        UnixDatagram::unbound()
            .unwrap()
            .send_to(b"end", &socket)
            .unwrap();
        code
    });
    let mut messages = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let n = daemon.recv(&mut buffer).unwrap();
        match &buffer[..n] {
            b"end" => break,
            message => messages.push(String::from_utf8(message.to_vec()).unwrap()),
        }
    }
    let log = std::fs::read_to_string(lab.path().join("stderr")).unwrap();
    assert_eq!(end.join().unwrap(), Some(0), "{log}");
    (messages, log)
}

#[test]
fn log_syslog_sends_the_log_with_its_levels_to_the_systems_log() {
    let lab = Lab::new();
    let on = ["log_syslog=true", "nosuch.key=1"];
    let (messages, log) = replay(&lab, &on, false);
    // Facility 1 (user), severities 6 (info) and 4 (warning); the daemon adds the time.
    let find = |pri: &str, text: &str| {
        let found = messages.iter().find(|m| m.contains(text));
        let found = found.unwrap_or_else(|| panic!("{text}: {messages:?}"));
        assert!(found.starts_with(pri), "{found}");
        assert!(found.contains(&format!(" lanner: {text}")), "{found}");
    };
    find("<14>", "Falco version: ");
    find("<12>", "-o nosuch.key=1: there is no key");
    assert!(log.contains(": Falco version: "), "{log}");
    // Neither depends on the other.
    let only = ["log_syslog=true", "log_stderr=false"];
    let (messages, log) = replay(&lab, &only, false);
    assert!(messages.iter().any(|m| m.contains("Falco version: ")));
    assert!(!log.contains("Falco version: "), "{log}");
    let (messages, _) = replay(&lab, &["log_syslog=true", "log_level=error"], false);
    assert_eq!(messages, Vec::<String>::new());
    let (messages, _) = replay(&lab, &["log_syslog=false"], false);
    assert_eq!(messages, Vec::<String>::new());
}

#[test]
fn a_journal_that_has_stderr_does_not_get_the_log_twice() {
    let lab = Lab::new();
    let (messages, log) = replay(&lab, &["log_syslog=true"], true);
    assert_eq!(messages, Vec::<String>::new());
    assert!(log.contains("Falco version: "), "{log}");
    // Switched off there, it has only this way.
    let (messages, _) = replay(&lab, &["log_syslog=true", "log_stderr=false"], true);
    assert!(messages.iter().any(|m| m.contains("Falco version: ")));
}

#[test]
fn a_systems_log_that_takes_nothing_keeps_nobody_waiting() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"]);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "ran"));
    let socket = lab.path().join("log");
    let option = format!("syslog_output.socket={}", socket.display());
    let args = ["replay", "x.scap", "-r", "rules.yaml", "-o", &option];
    let args = args.into_iter().chain(["-o", "log_syslog=true"]);
    // Nobody there; one who never reads.
    let ran = lab.run(args.clone());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let _daemon = UnixDatagram::bind(&socket).unwrap();
    let ran = lab.run(args.chain(["-o", "log_level=debug"]));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("Events detected: 1\n"),
        "{}",
        ran.stdout
    );
}
