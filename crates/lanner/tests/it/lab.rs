//! What the tests of the binary share: a way to run it, and captures to replay.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use lanner_event::snapshot::{Machine, Snapshot, ThreadEntry};
use lanner_event::testing::{EventBuilder, strings};
use lanner_event::{EventType, RawEvent};
use lanner_scap::{Compression, Writer};

/// A folder with a configuration, and room for rules and captures.
pub(crate) struct Lab {
    dir: tempfile::TempDir,
}

/// What a run of the binary gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Lab {
    pub(crate) fn new() -> Lab {
        let lab = Lab {
            dir: tempfile::tempdir().expect("a folder for the test"),
        };
        lab.file(
            "falco.yaml",
            "{stdout_output: {enabled: true}, log_stderr: true, log_syslog: false}",
        );
        lab
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).expect("a file for the test");
        path
    }

    /// The binary with the lab's configuration, in UTC, on a machine called `lab`.
    pub(crate) fn lanner<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.command(args);
        command.arg("-c").arg(self.dir.path().join("falco.yaml"));
        command
    }

    /// The same without a configuration.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        // Another build of it, to measure.
        let binary = std::env::var_os("LANNER_TEST_BINARY");
        let mut command =
            Command::new(binary.unwrap_or_else(|| env!("CARGO_BIN_EXE_lanner").into()));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env("TZ", "UTC")
            .env("FALCO_HOSTNAME", "lab")
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        let output = self.lanner(args).output();
        output.expect("the binary starts").into()
    }

    /// A capture of a shell that executes these programs, a second apart, from 1,700,000,000 s.
    pub(crate) fn capture(&self, name: &str, programs: &[&str]) -> PathBuf {
        let events: Vec<EventBuilder> = programs.iter().map(|p| execve(p)).collect();
        self.events(name, events)
    }

    /// A capture of what a shell does, a second apart, from 1,700,000,000 s.
    pub(crate) fn events(
        &self,
        name: &str,
        events: impl IntoIterator<Item = EventBuilder>,
    ) -> PathBuf {
        let path = self.dir.path().join(name);
        let shell = ThreadEntry {
            tid: 100,
            pid: 100,
            ptid: 1,
            vtid: 100,
            vpid: 100,
            comm: "bash".into(),
            exe: "bash".into(),
            exepath: "/usr/bin/bash".into(),
            cwd: "/root/".into(),
            ..ThreadEntry::default()
        };
        let snapshot = Snapshot {
            machine: Machine {
                num_cpus: 1,
                hostname: "captured".into(),
                ..Machine::default()
            },
            threads: vec![shell],
            ..Snapshot::default()
        };
        let mut writer =
            Writer::create(&path, Compression::None, &snapshot).expect("a capture for the test");
        for (i, event) in events.into_iter().enumerate() {
            let record = event
                .ts((1_700_000_000 + i as u64) * 1_000_000_000 + 7)
                .build();
            writer
                .event(&RawEvent {
                    cpu: 0,
                    state_only: false,
                    counted: true,
                    bytes: record.bytes(),
                })
                .expect("an event is written");
        }
        writer.finish().expect("the capture is complete");
        path
    }
}

/// The exit of an `execve` of thread 100.
pub(crate) fn execve(program: &str) -> EventBuilder {
    let comm = program.rsplit('/').next().unwrap_or(program);
    EventBuilder::new(EventType::SYSCALL_EXECVE_19_X)
        .tid(100)
        .with("res", 0)
        .with("exe", program)
        .with("args", strings(&["-a", "b c"]))
        .with("tid", 100)
        .with("pid", 100)
        .with("ptid", 1)
        .with("cwd", "/root/")
        .with("fdlimit", 1024)
        .with("comm", comm)
        .with("cgroups", strings(&["cpuset=/"]))
        .with("env", strings(&["HOME=/root"]))
        .with("tty", 0)
        .with("loginuid", 0)
        .with("uid", 0)
        .with("gid", 0)
        .with("trusted_exepath", program)
        .with("filename", program)
}

/// The exit of a `write` of thread 100.
pub(crate) fn write(data: &str) -> EventBuilder {
    EventBuilder::new(EventType::SYSCALL_WRITE_X)
        .tid(100)
        .with("res", data.len() as i64)
        .with("data", data.as_bytes())
}

/// A rules file with one rule.
pub(crate) fn rule(name: &str, condition: &str, output: &str) -> String {
    format!(
        "- rule: {name}\n  desc: a rule of the tests\n  condition: {condition}\n  \
         output: {output:?}\n  priority: NOTICE\n  tags: [b_tag, a_tag]\n"
    )
}
