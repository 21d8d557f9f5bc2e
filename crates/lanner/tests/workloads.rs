//! Workloads that are recorded, and run again under the profiles learnt from them: nothing is
//! refused, neither by `run` nor under runc, and what was planted is.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

const LANNER: &str = env!("CARGO_BIN_EXE_lanner");
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether these can run here.
fn possible(needed: &[&str]) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let root = status.lines().any(|l| l.starts_with("Uid:\t0\t"));
    let lacking: Vec<_> = needed.iter().filter(|p| !Path::new(p).exists()).collect();
    assert!(
        !root || lacking.is_empty(),
        "`cargo xtask setup` installs {lacking:?}"
    );
    if !root {
        eprintln!("skipped: needs root");
    }
    root
}

fn lanner(args: &[&str], command: &[&str]) -> Command {
    let mut lanner = Command::new(LANNER);
    lanner.arg("seccomp").args(args).arg("--").args(command);
    lanner
}

fn shown(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "{:?}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    )
}

/// The profile learnt from recordings; for runc as well.
fn learn(dir: &Path, recordings: &[&str]) -> PathBuf {
    let profile = dir.join("profile.json");
    let output = Command::new(LANNER)
        .current_dir(dir)
        .args([
            "seccomp",
            "learn",
            "--runtime",
            "runc-1.1",
            "-o",
            "profile.json",
        ])
        .args(recordings)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    profile
}

/// The sum at the end of a report in JSON.
fn summary(report: &Path) -> Value {
    let text = fs::read_to_string(report).unwrap();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    last["summary"].clone()
}

/// Calls that are refused: `ptrace`, `mount` and `unshare` by their numbers on x86-64, made by a
/// program that then tells what it got.
const PLANTED: &str = "
    @got = map { my ($n, @a) = @$_; syscall($n, @a) == 0 ? 'done' : 0 + $! }
        [101, 0, 0, 0, 0], [165, 0, 0, 0, 0, 0], [272, 0x04000000];
    print join(' ', @got), qq(\\n);";

/// Runs what was planted under a profile; what was refused by name.
fn plant(dir: &Path, profile: &Path) {
    let report = dir.join("planted.jsonl");
    let (report_text, profile) = (report.to_string_lossy(), profile.to_string_lossy());
    let args = [
        "run",
        "--format",
        "json",
        "--report",
        &report_text,
        "-p",
        &profile,
    ];
    let output = lanner(&args, &["perl", "-e", PLANTED]).output().unwrap();
    // ENOSYS: the default of profiles that are learnt.
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "38 38 38\n",
        "{}",
        shown(&output)
    );
    let kinds = summary(&report)["kinds"].clone();
    let refused: Vec<&str> = kinds
        .as_array()
        .unwrap()
        .iter()
        .map(|k| k["call"].as_str().unwrap())
        .collect();
    for call in ["ptrace", "mount", "unshare"] {
        assert!(refused.contains(&call), "{refused:?}");
    }
    // Without a profile nothing keeps it from a namespace of its own.
    let free = Command::new("perl").args(["-e", PLANTED]).output().unwrap();
    assert!(shown(&free).contains(" done"), "{}", shown(&free));
}

/// A container of runc that shares the machine's programs and network.
struct Bundle {
    dir: TempDir,
    name: String,
}

impl Bundle {
    fn new(work: &Path, profile: &Path, command: &[&str]) -> Bundle {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("rootfs");
        for name in ["usr", "etc", "var", "proc", "dev", "tmp"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        for name in ["bin", "sbin", "lib", "lib64"] {
            std::os::unix::fs::symlink(format!("usr/{name}"), root.join(name)).unwrap();
        }
        let work = work.to_string_lossy();
        let bind = |path: &str| json!({"destination": path, "source": path, "type": "bind", "options": ["rbind"]});
        let caps = json!([
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_KILL",
            "CAP_SETGID",
            "CAP_SETUID",
            "CAP_SYS_ADMIN"
        ]);
        let seccomp: Value = serde_json::from_slice(&fs::read(profile).unwrap()).unwrap();
        let config = json!({
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": 0, "gid": 0}, "cwd": "/", "args": command,
                "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], "noNewPrivileges": true,
                "capabilities": {"bounding": caps, "effective": caps, "permitted": caps},
            },
            "root": {"path": "rootfs"},
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
                bind("/usr"), bind("/etc"), bind("/var"), bind(&work),
            ],
            "linux": {
                "namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}],
                "seccomp": seccomp,
            },
        });
        fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
        let name = dir.path().file_name().unwrap().to_string_lossy();
        let name = format!("lanner{}", name.trim_start_matches('.'));
        Bundle { dir, name }
    }

    fn run(&self) -> Command {
        let mut runc = Command::new("runc");
        runc.args(["run", "-b"])
            .arg(self.dir.path())
            .arg(&self.name);
        runc
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        let _ = Command::new("runc")
            .args(["delete", "-f", &self.name])
            .output();
    }
}

/// Ends a child that a failed test leaves behind.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A web server on a port of its own.
struct Nginx {
    dir: TempDir,
    port: u16,
}

impl Nginx {
    fn new() -> Nginx {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().display();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|part| format!("{part}_temp_path {at}/{part};"))
            .concat();
        let config = format!(
            "daemon off; worker_processes 2; user root; pid {at}/pid; error_log {at}/error.log;
             events {{ worker_connections 64; }}
             http {{ access_log {at}/access.log; {temporary}
                     server {{ listen 127.0.0.1:{port}; root {at}; }} }}"
        );
        fs::write(dir.path().join("nginx.conf"), config).unwrap();
        fs::write(dir.path().join("page"), "hello".repeat(1000)).unwrap();
        Nginx { dir, port }
    }

    fn command(&self) -> [String; 5] {
        let at = self.dir.path().display();
        let words = [
            "nginx",
            "-p",
            &at.to_string(),
            "-c",
            &format!("{at}/nginx.conf"),
        ];
        words.map(str::to_owned)
    }

    /// Asks it for things, has it read its configuration again, and ends it.
    fn load(&self) {
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < until, "nginx does not listen");
            std::thread::yield_now();
        }
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..100).for_each(|i| self.ask(i)));
            }
        });
        self.signal("reload");
        (0..20).for_each(|i| self.ask(i));
        self.signal("quit");
    }

    fn ask(&self, i: u32) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (path, status) = match i % 5 {
            0 => ("/nothing", "404"),
            _ => ("/page", "200"),
        };
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
    }

    fn signal(&self, what: &str) {
        let [nginx, rest @ ..] = self.command();
        let output = Command::new(nginx)
            .args(rest)
            .args(["-s", what])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", shown(&output));
    }

    /// The server as the child that `start` makes of it; loaded, and ended well.
    fn serve(&self, mut start: Command) {
        let mut server = Running(start.stderr(Stdio::null()).spawn().unwrap());
        self.load();
        assert!(server.0.wait().unwrap().success());
    }
}

#[test]
fn root_a_web_server_runs_under_what_was_learnt_of_it() {
    if !possible(&["/usr/sbin/nginx", "/usr/sbin/runc"]) {
        return;
    }
    let nginx = Nginx::new();
    let dir = nginx.dir.path();
    let command = nginx.command();
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let recording = dir.join("web.rec");
    nginx.serve(lanner(
        &["trace", "-o", &recording.to_string_lossy()],
        &command,
    ));
    let profile = learn(dir, &["web.rec"]);

    let report = dir.join("report.jsonl");
    let (report_text, profile_text) = (report.to_string_lossy(), profile.to_string_lossy());
    let args = [
        "run",
        "--format",
        "json",
        "--report",
        &report_text,
        "-p",
        &profile_text,
    ];
    nginx.serve(lanner(&args, &command));
    let summary = summary(&report);
    assert_eq!(
        (&summary["refused"], &summary["exit_code"]),
        (&json!(0), &json!(0)),
        "{summary}"
    );

    let bundle = Bundle::new(dir, &profile, &command);
    // The one who tells it to reload and quit is outside; its pid there is another one.
    let mut server = Running(bundle.run().stderr(Stdio::null()).spawn().unwrap());
    let until = Instant::now() + PATIENCE;
    while TcpStream::connect(("127.0.0.1", nginx.port)).is_err() {
        assert!(Instant::now() < until, "nginx does not listen");
        std::thread::yield_now();
    }
    (0..50).for_each(|i| nginx.ask(i));
    let quit = Command::new("runc")
        .args(["kill", &bundle.name, "QUIT"])
        .output()
        .unwrap();
    assert!(quit.status.success(), "{}", shown(&quit));
    assert!(server.0.wait().unwrap().success());

    plant(dir, &profile);
}

#[test]
fn root_a_script_with_a_pipeline_runs_under_what_was_learnt_of_it() {
    if !possible(&["/usr/sbin/runc", "/usr/bin/perl"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("script");
    let text = format!(
        "cd {}
         printf 'b\\na\\nc\\n' | sort | head -n 2 | tr a-z A-Z
         for i in 1 2 3; do (echo $i; cat script | grep -c sort) > part.$i; done
         cat part.* | sort -n | uniq -c
         rm part.*
         test -e part.1 || echo \"done by $(basename $0)\"",
        dir.path().display()
    );
    fs::write(&script, text).unwrap();
    let command = ["sh", &*script.to_string_lossy()];
    let expected = Command::new("sh").arg(&script).output().unwrap();
    assert!(expected.status.success(), "{}", shown(&expected));
    let check = |mut command: Command| {
        let output = command.output().unwrap();
        assert_eq!(output.stdout, expected.stdout, "{}", shown(&output));
        assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    };
    // With rights and without, the same profile comes out.
    let profiles = ["probe", "ptrace"].map(|method| {
        let recording = dir.path().join(format!("{method}.rec"));
        check(lanner(
            &[
                "trace",
                "--method",
                method,
                "-o",
                &recording.to_string_lossy(),
            ],
            &command,
        ));
        fs::read_to_string(learn(dir.path(), &[&format!("{method}.rec")])).unwrap()
    });
    assert_eq!(profiles[0], profiles[1]);
    let profile = learn(dir.path(), &["probe.rec", "ptrace.rec"]);

    let report = dir.path().join("report.jsonl");
    let (report_text, profile_text) = (report.to_string_lossy(), profile.to_string_lossy());
    let args = [
        "run",
        "--format",
        "json",
        "--report",
        &report_text,
        "-p",
        &profile_text,
    ];
    check(lanner(&args, &command));
    assert_eq!(summary(&report)["refused"], json!(0));
    check(Bundle::new(dir.path(), &profile, &command).run());
    let planted = Bundle::new(dir.path(), &profile, &["perl", "-e", PLANTED]);
    let output = planted.run().output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "38 38 38\n",
        "{}",
        shown(&output)
    );
}

#[test]
fn root_a_process_that_runs_already_is_recorded_until_it_ends() {
    if !possible(&[]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let recording = dir.path().join("process.rec");
    let mut shell = Running(
        Command::new("sh")
            .args(["-c", "read line; setarch -R true"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let pid = shell.0.id().to_string();
    let mut trace = Running(
        Command::new(LANNER)
            .args(["seccomp", "trace", "--pid", &pid, "-o"])
            .arg(&recording)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut told = String::new();
    BufReader::new(trace.0.stderr.take().unwrap())
        .read_line(&mut told)
        .unwrap();
    assert_eq!(told, format!("lanner: recording process {pid}\n"));
    drop(shell.0.stdin.take());
    shell.0.wait().unwrap();
    assert!(trace.0.wait().unwrap().success());
    let recording: Value = serde_json::from_slice(&fs::read(recording).unwrap()).unwrap();
    let calls = recording["calls"].as_array().unwrap();
    let call = |name: &str| calls.iter().find(|c| c["name"] == name);
    let personality = call("personality").unwrap();
    let asked = json!({"args": {"0": 0x0004_0000}, "count": 1});
    assert!(
        personality["values"].as_array().unwrap().contains(&asked),
        "{personality}"
    );
    assert_eq!(
        personality["programs"],
        json!({"setarch": personality["count"]})
    );
    assert!(call("ptrace").is_none());
}

/// Runs `sh` under a profile; what it printed on stderr, process ids as N.
fn told(profile: &Path, args: &[&str], script: &str) -> (Option<i32>, String) {
    let profile = profile.to_string_lossy();
    let args = [&["run", "--no-stack", "-p", &profile], args].concat();
    let output = lanner(&args, &["sh", "-c", script]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).replace(&*profile, "p.json");
    let mut text = String::new();
    for line in stderr.split_inclusive('\n') {
        match (line.split_once('['), line.split_once(']')) {
            (Some((before, _)), Some((_, after))) if line.starts_with("    by") => {
                text += &format!("{before}[N]{after}");
            }
            _ => text += line,
        }
    }
    (output.status.code(), text)
}

#[test]
fn refusals_are_told_once_for_each_program_and_summed_up() {
    let dir = tempfile::tempdir().unwrap();
    let profile = dir.path().join("p.json");
    fs::write(
        &profile,
        r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
            {"names": ["rmdir"], "action": "SCMP_ACT_NOTIFY"},
            {"names": ["umask"], "action": "SCMP_ACT_KILL_PROCESS"}]}"#,
    )
    .unwrap();
    let script = "exec 2>/dev/null; mkdir /no/a; mkdir /no/b; rmdir /no/c; exec sh -c 'umask 7'";
    let (code, text) = told(&profile, &["--notify", "rmdir=errno:EBUSY"], script);
    assert_eq!(code, Some(128 + 31), "{text}");
    let expected = "\
lanner: notified calls are served here: rmdir: EBUSY
lanner: refused mkdir(\"/no/a\", 0o777): EACCES
    by mkdir[N] /usr/bin/mkdir; rule at p.json:2:13
lanner: notified rmdir(\"/no/c\"): EBUSY
    by rmdir[N] /usr/bin/rmdir; rule at p.json:3:13
lanner: refused umask(0o0): process killed (SIGSYS)
    by sh[N] /usr/bin/dash; rule at p.json:4:13
lanner: the command was ended by SIGSYS (bad system call)
lanner: 4 calls were refused, 0 logged or let through:
        2  mkdir                refused EACCES                   /usr/bin/mkdir
        1  rmdir                notified EBUSY                   /usr/bin/rmdir
        1  umask                refused process killed (SIGSYS)  /usr/bin/dash
";
    assert_eq!(text, expected);

    let script = "umask 7; mkdir /no/a 2>/dev/null; exit 3";
    let (code, text) = told(&profile, &["--audit"], script);
    assert_eq!(code, Some(3), "{text}");
    let expected = "\
lanner: would be refused umask(0o0): process killed (SIGSYS)
    by sh[N] /usr/bin/dash; rule at p.json:4:13
lanner: would be refused mkdir(\"/no/a\", 0o777): EACCES
    by mkdir[N] /usr/bin/mkdir; rule at p.json:2:13
lanner: 4 calls would be refused, 0 logged or let through:
        3  umask                would be refused process killed (SIGSYS) /usr/bin/dash
        1  mkdir                would be refused EACCES          /usr/bin/mkdir
";
    assert_eq!(text, expected);
}

#[test]
fn what_cannot_be_run_or_read_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let check = |args: &[&str], code: i32, expected: &str| {
        let output = Command::new(LANNER)
            .current_dir(dir.path())
            .arg("seccomp")
            .args(args)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        assert!(stderr.contains(expected), "{args:?}: {stderr}");
    };
    fs::write(
        dir.path().join("log.json"),
        r#"{"defaultAction": "SCMP_ACT_LOG"}"#,
    )
    .unwrap();
    fs::write(
        dir.path().join("cut.rec"),
        r#"{"format": "lanner-seccomp-recording", "ver"#,
    )
    .unwrap();
    check(
        &["run", "--", "no-such-program"],
        127,
        "Error: no-such-program: no such program",
    );
    check(
        &["run", "--", "/etc/passwd"],
        126,
        "/etc/passwd cannot be executed: Permission denied",
    );
    check(
        &["run", "-p", "none.json", "--", "true"],
        125,
        "none.json: No such file",
    );
    check(
        &["run", "--notify", "mkdri=continue", "--", "true"],
        2,
        "did you mean mkdir?",
    );
    check(
        &["run", "--arch", "arm64", "--", "true"],
        125,
        "this machine's architecture only",
    );
    check(
        &["run", "--report", "/dev/full", "--", "true"],
        0,
        "/dev/full is not whole: No space",
    );
    check(&["run"], 2, "COMMAND");
    check(&["trace"], 2, "COMMAND");
    check(
        &["trace", "-o", "/no/where", "--", "true"],
        125,
        "/no/where: No such file",
    );
    check(
        &["learn", "log.json"],
        2,
        "log.json: this is no recording: its format is",
    );
    check(
        &["learn", "cut.rec"],
        2,
        "cut.rec: this is no recording: EOF while parsing",
    );
    check(&["learn", "none.rec"], 2, "none.rec: No such file");
    check(
        &["learn", "--default", "errno:EWHAT", "cut.rec"],
        2,
        "EWHAT is no error number",
    );
    check(&["merge", "cut.rec"], 2, "cut.rec: this is no recording");
    check(
        &["disasm", "--pid", "2147483647"],
        2,
        "there is no process 2147483647",
    );
    check(
        &["decompile", "--pid", "1", "x.bpf"],
        2,
        "cannot be used with",
    );
}
