//! The binary at work: live monitoring under a test's rules, and its alerts.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take on a busy machine before the test gives up.
const PATIENCE: Duration = Duration::from_secs(180);

/// A rule by which the test sees that monitoring has begun, and how far it has come.
const BEACON: &str = "- rule: beacon\n  desc: a word from the test\n  \
    condition: evt.type = execve and proc.args startswith lanner-beacon\n  \
    output: \"beacon %proc.args\"\n  priority: CRITICAL\n";

/// A run of the binary.
pub(crate) struct Monitor {
    child: Child,
    lines: Receiver<String>,
    alerts: Vec<Value>,
    beacons: u32,
    dir: TempDir,
}

impl Monitor {
    /// Starts monitoring with `args` and waits until it sees what happens.
    pub(crate) fn start(args: &[&str]) -> Monitor {
        let dir = TempDir::new().expect("a folder");
        let beacon = dir.path().join("beacon.yaml");
        fs::write(&beacon, BEACON).expect("a file");
        let mut child = Command::new(env!("CARGO_BIN_EXE_lanner"))
            .args(args)
            .arg("-r")
            .arg(&beacon)
            .args(["-o", "json_output=true", "-o", "rule_matching=all"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(dir.path().join("log")).expect("a file"))
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("a pipe");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let mut monitor = Monitor {
            child,
            lines,
            alerts: Vec::new(),
            beacons: 0,
            dir,
        };
        monitor.catch_up();
        monitor
    }

    /// Waits until the alerts of all that happened before are there.
    pub(crate) fn catch_up(&mut self) {
        let start = Instant::now();
        loop {
            self.beacons += 1;
            let word = format!("lanner-beacon-{}-{}", std::process::id(), self.beacons);
            let status = Command::new("/bin/true").arg(&word).status();
            assert!(status.is_ok_and(|s| s.success()), "a beacon");
            let next = Instant::now() + Duration::from_millis(200);
            while let Some(left) = next.checked_duration_since(Instant::now()) {
                match self.lines.recv_timeout(left) {
                    Ok(line) if line.starts_with("{\"") => {
                        let alert: Value = serde_json::from_str(&line).expect("JSON");
                        let seen = alert["output"].as_str().is_some_and(|o| o.contains(&word));
                        self.alerts.push(alert);
                        if seen {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => {
                        panic!("monitoring ended: {:?}\n{}", self.child.wait(), self.log());
                    }
                }
            }
            assert!(
                start.elapsed() < PATIENCE,
                "no beacon was seen\n{}",
                self.log()
            );
        }
    }

    /// Waits for an alert.
    pub(crate) fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) {
        let start = Instant::now();
        while !self.alerts.iter().any(&wanted) {
            self.catch_up();
            assert!(start.elapsed() < PATIENCE, "no such alert\n{}", self.log());
        }
    }

    /// What the binary wrote to its log so far.
    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Ends the run in order and returns its alerts, without those of the beacon.
    pub(crate) fn finish(mut self) -> Vec<Value> {
        self.catch_up();
        let pid = self.child.id().to_string();
        let kill = Command::new("kill").args(["-INT", &pid]).status();
        assert!(kill.is_ok_and(|s| s.success()), "a signal");
        let status = self.child.wait().expect("it ends");
        assert!(
            status.success(),
            "monitoring ended with {status}\n{}",
            self.log()
        );
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            if line.starts_with("{\"") {
                self.alerts.extend(serde_json::from_str::<Value>(&line));
            }
        }
        let mut alerts = std::mem::take(&mut self.alerts);
        alerts.retain(|alert| alert["rule"] != "beacon");
        alerts
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
