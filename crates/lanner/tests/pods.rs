//! Pods that really run: the four manifests of the README, and what becomes of pods when their
//! supervisor is killed. They need root and runc. The image is a stand-in under the real name.

#[path = "echo/mod.rs"]
mod echo;
#[path = "monitor/mod.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod monitor;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// Whether pods can run here; says so if not.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn able(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    let runc = ["/usr/sbin/runc", "/usr/bin/runc"]
        .iter()
        .any(|p| Path::new(p).exists());
    if !(root && runc) {
        eprintln!("{test}: skipped, needs root and runc");
    }
    root && runc
}

/// The archive of the image, built once.
fn archive() -> &'static Path {
    static ARCHIVE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    &ARCHIVE
        .get_or_init(|| {
            let dir = TempDir::new().expect("a folder");
            let path = echo::build(dir.path()).expect("the stand-in is built");
            (dir, path)
        })
        .1
}

/// A folder of pods with the image in it. What is left in it is deleted at the end.
struct Lab {
    dir: TempDir,
}

impl Lab {
    fn new(test: &str) -> Option<Lab> {
        if !able(test) {
            return None;
        }
        let lab = Lab {
            dir: TempDir::new().expect("a folder"),
        };
        lab.ok(&["image", "load", &archive().to_string_lossy()]);
        Some(lab)
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lanner"));
        command
            .arg("pod")
            .arg("--root")
            .arg(self.root())
            .args(words);
        command.stdin(Stdio::null());
        command
    }

    fn output(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("lanner starts")
    }

    /// Runs a verb that must succeed; what it printed.
    #[track_caller]
    fn ok(&self, words: &[&str]) -> String {
        let output = self.output(words);
        assert!(output.status.success(), "{words:?}: {}", shown(&output));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs a verb that must fail; what it said.
    #[track_caller]
    fn fails(&self, words: &[&str]) -> String {
        let output = self.output(words);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{words:?}: {}",
            shown(&output)
        );
        String::from_utf8(output.stderr).expect("text")
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        path.to_string_lossy().into_owned()
    }

    /// Runs a pod with this spec (YAML, indented by two), and profiles in the lab's folder.
    fn run(&self, name: &str, spec: &str) {
        let path = self.write(&format!("{name}.yaml"), &manifest(name, spec));
        let root = self.dir.path().to_string_lossy().into_owned();
        self.ok(&["run", "-f", &path, "--seccomp-root", &root]);
    }

    fn pod(&self, name: &str) -> Value {
        let text = self.ok(&["get", name, "-o", "json"]);
        serde_json::from_str(&text).expect("JSON")
    }

    /// Watches the table until a pod's STATUS is one of these; the statuses seen on the way. `get
    /// -w` prints what changes, so nothing is polled here.
    #[track_caller]
    fn until(&self, name: &str, wanted: &[&str]) -> Vec<String> {
        let mut watch = self
            .command(&["get", name, "-w", "--no-headers"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("lanner starts");
        let mut seen = Vec::new();
        let lines = BufReader::new(watch.stdout.take().expect("a pipe")).lines();
        for line in lines {
            let line = line.expect("a line");
            let words: Vec<&str> = line.split_whitespace().collect();
            let status = format!("{} {}", words[2], words[3]);
            let done = wanted.iter().any(|w| status == *w || words[2] == *w);
            seen.push(status);
            if done {
                break;
            }
        }
        end(&mut watch);
        let last = seen.last().cloned().unwrap_or_default();
        assert!(
            wanted
                .iter()
                .any(|w| last == *w || last.split(' ').next() == Some(*w)),
            "{name}: {seen:?}\n{}",
            self.ok(&["describe", name])
        );
        seen
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // A test that failed may have left anything.
        let _ = self.output(&["delete", "--all", "--now"]);
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

fn shown(output: &Output) -> String {
    format!(
        "{}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn manifest(name: &str, spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\nspec:\n{spec}")
}

/// The spec of a pod of one http-echo with this pod-level profile.
fn echo_spec(profile: &str) -> String {
    format!(
        "  terminationGracePeriodSeconds: 1\n  securityContext:\n    seccompProfile: {profile}\n  \
         containers:\n  - name: c\n    image: hashicorp/http-echo:1.0\n    args: [\"-text=hello\"]\n    \
         securityContext: {{allowPrivilegeEscalation: false}}\n"
    )
}

/// The folder with the README's examples.
fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/pods")
}

/// What a port of a pod answers to a request.
fn ask(lab: &Lab, pod: &str) -> String {
    let mut forward = lab
        .command(&["port-forward", pod, ":5678"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("lanner starts");
    let mut line = String::new();
    BufReader::new(forward.stdout.take().expect("a pipe"))
        .read_line(&mut line)
        .expect("a line");
    let at = line.split_whitespace().nth(2).expect("an address");
    let mut answer = String::new();
    // The program may not listen yet: then the connection is closed at once.
    while answer.is_empty() {
        let mut stream = TcpStream::connect(at).expect("it listens");
        stream
            .write_all(b"GET / HTTP/1.0\r\n\r\n")
            .expect("a request");
        // A reset is a connection that was closed.
        let _ = stream.read_to_string(&mut answer);
    }
    end(&mut forward);
    answer.rsplit("\r\n").next().unwrap_or_default().to_owned()
}

/// Everything of a lab's pods that stays on the machine. A supervisor that found another one at
/// work may be on its way out still: what goes by itself is not left behind.
fn left_behind(lab: &Lab) -> Vec<String> {
    const LOOKS: u32 = 500;
    for _ in 0..LOOKS {
        if leavings(lab).is_empty() {
            return Vec::new();
        }
        std::thread::yield_now();
    }
    leavings(lab)
}

fn leavings(lab: &Lab) -> Vec<String> {
    let root = lab.root().to_string_lossy().into_owned();
    let mut left = Vec::new();
    for entry in fs::read_dir(lab.root().join("pods"))
        .into_iter()
        .flatten()
        .flatten()
    {
        left.push(entry.path().display().to_string());
    }
    for entry in fs::read_dir("/run/lanner/containers")
        .into_iter()
        .flatten()
        .flatten()
    {
        let config = fs::read_to_string(entry.path().join("config.json")).unwrap_or_default();
        if config.contains(&root) {
            left.push(entry.path().display().to_string());
        }
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("it is there");
    left.extend(
        mounts
            .lines()
            .filter(|l| l.contains(&root))
            .map(str::to_owned),
    );
    for entry in fs::read_dir("/proc").expect("it is there").flatten() {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(&root) {
            left.push(line);
        }
    }
    left
}

/// The cgroups of a pod, by its uid.
fn cgroups(uid: &str) -> Vec<PathBuf> {
    let hierarchies = fs::read_dir("/sys/fs/cgroup")
        .into_iter()
        .flatten()
        .flatten();
    let all = hierarchies.map(|h| h.path().join("lanner").join(format!("pod{uid}")));
    all.filter(|p| p.exists()).collect()
}

#[test]
fn root_the_four_pods_of_the_readme_do_what_it_says() {
    let Some(lab) = Lab::new("the four pods") else {
        return;
    };
    let folder = examples().to_string_lossy().into_owned();
    let created = lab.ok(&["run", "-f", &folder, "--seccomp-root", &folder]);
    assert_eq!(
        created,
        "pod/audit-pod created\npod/default-pod created\npod/fine-pod created\npod/violation-pod created\n"
    );
    for pod in ["default-pod", "audit-pod", "fine-pod"] {
        lab.until(pod, &["Running"]);
        assert_eq!(ask(&lab, pod), "just made some more syscalls!\n", "{pod}");
        assert!(
            lab.ok(&["logs", pod])
                .contains("server is listening on :5678")
        );
    }
    let seen = lab.until("violation-pod", &["CrashLoopBackOff 1"]);
    // The first state may be over before the table is looked at.
    let known = [
        "ContainerCreating 0",
        "RunContainerError 0",
        "RunContainerError 1",
        "CrashLoopBackOff 1",
    ];
    assert!(seen.iter().all(|s| known.contains(&s.as_str())), "{seen:?}");
    let pod = lab.pod("violation-pod");
    let status = &pod["status"]["containerStatuses"][0];
    let waiting = &status["state"]["waiting"]["message"];
    let uid = pod["metadata"]["uid"].as_str().expect("text");
    assert_eq!(
        *waiting,
        format!(
            "back-off 10s restarting failed container=test-container pod=violation-pod_default({uid})"
        )
    );
    let last = &status["lastState"]["terminated"];
    assert_eq!(
        (&last["exitCode"], &last["reason"]),
        (&128.into(), &"StartError".into())
    );
    let text = lab.ok(&["describe", "violation-pod"]);
    for part in [
        "A seccomp profile is a list of the system calls",
        "So the program of the container never began",
        "What to do: Permit them in the profile: {\"names\": [\"close\"",
        "Back-off restarting failed container test-container in pod violation-pod_default(",
        "cannot start a stopped process",
    ] {
        assert!(
            text.replace("\n    ", " ").contains(part),
            "{part} is not in\n{text}"
        );
    }
    assert_eq!(lab.ok(&["logs", "violation-pod"]), "");
    // Everything that the program called is listed, the first call included.
    let calls: Value =
        serde_json::from_str(&lab.ok(&["logs", "--syscalls", "--json", "audit-pod"]))
            .expect("JSON");
    let count = |name: &str| {
        let list = calls["syscalls"].as_array().expect("a list").iter();
        let of: Vec<_> = list.filter(|c| c["name"] == name).collect();
        of.iter()
            .map(|c| c["count"].as_u64().expect("a number"))
            .sum::<u64>()
    };
    assert_eq!(
        (count("execve"), count("listen"), count("bind")),
        (1, 1, 1),
        "{calls}"
    );
    assert!(count("accept4") >= 1, "{calls}");
    assert_eq!(calls["losses"], serde_json::json!([]));
    // Records have no arguments; where the kernel can be had to count calls, they are there.
    match calls["withoutArguments"].as_str() {
        Some(why) => eprintln!("skipped: arguments of calls ({why})"),
        None => {
            let list = calls["syscalls"].as_array().expect("a list").iter();
            let mut sockets = list.filter(|c| c["name"] == "socket");
            let socket = sockets.next().expect("a socket");
            assert_eq!(
                socket["arguments"], "family=AF_INET, type=SOCK_STREAM|SOCK_CLOEXEC",
                "{calls}"
            );
        }
    }
    let deleted = lab.ok(&["delete", "--all", "--now"]);
    assert!(deleted.contains("pod \"violation-pod\" deleted from default namespace\n"));
    assert_eq!(left_behind(&lab), [""; 0]);
    assert_eq!(cgroups(uid), Vec::<PathBuf>::new());
}

#[test]
fn root_what_keeps_a_container_from_running_is_named_as_by_the_kubelet() {
    let Some(lab) = Lab::new("failures") else {
        return;
    };
    lab.write(
        "profiles/broken.json",
        "{\"defaultAction\": \"SCMP_ACT_ERRNO\"",
    );
    lab.write(
        "profiles/bogus.json",
        "{\"defaultAction\": \"SCMP_ACT_BOGUS\"}",
    );
    lab.write(
        "profiles/mute.json",
        "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"bind\"], \"action\": \"SCMP_ACT_ERRNO\"}]}",
    );
    lab.write(
        "profiles/kill.json",
        "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"bind\"], \"action\": \"SCMP_ACT_KILL_PROCESS\"}]}",
    );
    let local = |file: &str| format!("{{type: Localhost, localhostProfile: profiles/{file}}}");
    let never = |spec: String| format!("  restartPolicy: Never\n{spec}");
    lab.run("missing", &echo_spec(&local("nothing.json")));
    lab.run("broken", &echo_spec(&local("broken.json")));
    lab.run("bogus", &echo_spec(&local("bogus.json")));
    lab.run("mute", &never(echo_spec(&local("mute.json"))));
    lab.run("killed", &never(echo_spec(&local("kill.json"))));
    lab.run(
        "no-image",
        &echo_spec("{type: RuntimeDefault}").replace(
            "hashicorp/http-echo:1.0",
            "not-here:1\n    imagePullPolicy: Never",
        ),
    );
    lab.run(
        "no-program",
        &echo_spec("{type: RuntimeDefault}")
            .replace("    args:", "    command: [nothing]\n    args:"),
    );
    lab.run(
        "non-root",
        &echo_spec("{type: RuntimeDefault}")
            .replace(
                "    args:",
                "    securityContext: {runAsNonRoot: true, runAsUser: 0}\n    args:",
            )
            .replace(
                "    securityContext: {allowPrivilegeEscalation: false}\n",
                "",
            ),
    );
    let root = lab.dir.path().display().to_string();
    let check = |pod: &str, status: &str, message: &str| {
        lab.until(pod, &[status]);
        let text = lab.ok(&["describe", pod]);
        let message = message.replace("ROOT", &root);
        assert!(text.contains(&message), "{message} is not in\n{text}");
    };
    check(
        "missing",
        "CreateContainerError",
        "failed to create containerd container: cannot load seccomp profile \"ROOT/profiles/nothing.json\": open ROOT/profiles/nothing.json: no such file or directory",
    );
    check(
        "broken",
        "CreateContainerError",
        "decoding seccomp profile failed \"ROOT/profiles/broken.json\": unexpected end of JSON input",
    );
    check(
        "bogus",
        "CrashLoopBackOff",
        "OCI runtime create failed: runc create failed: string SCMP_ACT_BOGUS is not a valid action for seccomp: unknown",
    );
    check(
        "mute",
        "Error",
        "The profile did not let these calls happen, in the order in which they came: bind by http-echo",
    );
    check(
        "killed",
        "Error",
        "159 (SIGSYS: killed by its seccomp filter)",
    );
    check(
        "no-image",
        "ErrImageNeverPull",
        "Container image \"not-here:1\" is not present with pull policy of Never",
    );
    check(
        "no-program",
        "CrashLoopBackOff",
        "unable to start container process: exec: \"nothing\": executable file not found in $PATH: unknown",
    );
    check(
        "non-root",
        "CreateContainerConfigError",
        "container's runAsUser breaks non-root policy",
    );
    let calls = lab.ok(&["logs", "--syscalls", "mute"]);
    // Its record and what the kernel counted are one call.
    let refused = calls
        .lines()
        .find(|l| l.contains("SCMP_ACT_ERRNO (refused)"));
    let refused = refused.expect("a refused call");
    assert!(refused.starts_with("1       bind "), "{calls}");
    lab.ok(&["delete", "--all", "--now"]);
    assert_eq!(left_behind(&lab), [""; 0]);
}

#[test]
fn root_a_pod_gets_what_its_manifest_asks_for() {
    let Some(lab) = Lab::new("a manifest") else {
        return;
    };
    if !able("a manifest") {
        return;
    }
    // A shell and its libraries from this machine.
    let shell = lab.dir.path().join("shell");
    fs::create_dir_all(shell.join("bin")).expect("a folder");
    fs::create_dir_all(shell.join("etc")).expect("a folder");
    fs::write(shell.join("etc/passwd"), "web:x:33:34::/srv:/bin/sh\n").expect("a file");
    fs::write(shell.join("etc/group"), "log:x:4:web\n").expect("a file");
    for program in ["sh", "cat", "id", "ls", "sleep", "touch", "hostname"] {
        let path = format!("/usr/bin/{program}");
        let path = if Path::new(&path).exists() {
            path
        } else {
            format!("/bin/{program}")
        };
        fs::copy(&path, shell.join("bin").join(program)).expect("a program");
        let ldd = Command::new("ldd").arg(&path).output().expect("ldd");
        let text = String::from_utf8(ldd.stdout).expect("text");
        for library in text.split_whitespace().filter(|w| w.starts_with('/')) {
            let to = shell.join(library.trim_start_matches('/'));
            fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
            fs::copy(library, to).expect("a copy");
        }
    }
    image_of(&lab, &shell, "local/shell:1");
    let host = lab.write("host/file", "of the host");
    let host = Path::new(&host).parent().expect("a folder").display();
    let script = "id; echo $A $B $C; cat /map/greeting /host/file; echo shared > /vol/x; pwd; hostname; \
                  touch /etc/no 2>&1; ls /proc/self/fd | cat; cat /sys/fs/cgroup/memory/memory.limit_in_bytes; \
                  exec sleep 1000";
    let text = format!(
        r#"
apiVersion: v1
kind: ConfigMap
metadata: {{name: words}}
data: {{greeting: "from the map\n"}}
---
apiVersion: v1
kind: Pod
metadata: {{name: full}}
spec:
  terminationGracePeriodSeconds: 0
  securityContext: {{fsGroup: 2000, seccompProfile: {{type: RuntimeDefault}}}}
  initContainers:
  - name: first
    image: local/shell:1
    command: [sh, -c, "echo prepared > /vol/first"]
    volumeMounts: [{{name: vol, mountPath: /vol}}]
  containers:
  - name: main
    image: local/shell:1
    command: [sh, -c]
    args: ["{script}"]
    workingDir: /vol
    env:
    - {{name: A, value: one}}
    - {{name: B, value: "$(A)-$(A)"}}
    - {{name: C, valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}}}
    securityContext: {{runAsUser: 33, readOnlyRootFilesystem: true, capabilities: {{drop: [ALL]}}}}
    resources: {{limits: {{memory: 64Mi, cpu: 500m}}}}
    volumeMounts:
    - {{name: vol, mountPath: /vol}}
    - {{name: map, mountPath: /map}}
    - {{name: host, mountPath: /host, readOnly: true}}
  volumes:
  - {{name: vol, emptyDir: {{}}}}
  - {{name: map, configMap: {{name: words}}}}
  - {{name: host, hostPath: {{path: {host}, type: Directory}}}}
"#
    );
    let path = lab.write("full.yaml", &text);
    assert_eq!(
        lab.ok(&["apply", "-f", &path]),
        "configmap/words created\npod/full created\n"
    );
    lab.until("full", &["Running"]);
    // The last line before the program becomes another one.
    let mut log = String::new();
    while !log.contains("67108864") {
        log = lab.ok(&["logs", "full"]);
    }
    assert_eq!(
        log,
        "uid=33(web) gid=34 groups=34,4(log),2000\none one-one full\nfrom the map\nof the host/vol\nfull\n\
         touch: cannot touch '/etc/no': Read-only file system\n0\n1\n2\n3\n67108864\n"
    );
    let exec = lab.ok(&[
        "exec",
        "full",
        "--",
        "sh",
        "-c",
        "cat /vol/first /vol/x; id -u",
    ]);
    assert_eq!(exec, "prepared\nshared\n33\n");
    let failed = lab.output(&["exec", "full", "--", "sh", "-c", "exit 7"]);
    assert_eq!(failed.status.code(), Some(7), "{}", shown(&failed));
    let second = lab.ok(&["apply", "-f", &path]);
    assert_eq!(second, "configmap/words unchanged\npod/full unchanged\n");
    assert!(
        lab.fails(&["run", "-f", &path])
            .contains("pods \"full\" already exists")
    );
    lab.ok(&["delete", "full"]);
    assert_eq!(left_behind(&lab), [""; 0]);
}

/// Makes an image of a folder.
fn image_of(lab: &Lab, root: &Path, name: &str) {
    let dir = TempDir::new().expect("a folder");
    let tar = |folder: &Path, to: &Path, what: &[&str]| {
        let mut command = Command::new("tar");
        command
            .args(["--owner=0", "--group=0", "-C"])
            .arg(folder)
            .arg("-cf")
            .arg(to)
            .args(what);
        assert!(command.status().expect("tar").success());
    };
    let layer = dir.path().join("layer.tar");
    tar(root, &layer, &["."]);
    let sum = Command::new("sha256sum")
        .arg(&layer)
        .output()
        .expect("sha256sum");
    let sum = String::from_utf8(sum.stdout).expect("text");
    let digest = sum.split(' ').next().expect("a digest");
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"diff_ids":["sha256:{digest}"]}}}}"#
    );
    fs::write(dir.path().join("c.json"), config).expect("a file");
    let list = format!(r#"[{{"Config":"c.json","RepoTags":["{name}"],"Layers":["layer.tar"]}}]"#);
    fs::write(dir.path().join("manifest.json"), list).expect("a file");
    let archive = dir.path().join("image.tar");
    tar(
        dir.path(),
        &archive,
        &["layer.tar", "c.json", "manifest.json"],
    );
    lab.ok(&["image", "load", &archive.to_string_lossy()]);
}

/// Kills the supervisor of a pod.
fn kill_supervisor(lab: &Lab, pod: &str) {
    let state = lab.root().join(format!("pods/default_{pod}/state.json"));
    let state: Value = serde_json::from_slice(&fs::read(state).expect("a state")).expect("JSON");
    let pid = state["supervisor"]["pid"].as_i64().expect("a supervisor") as i32;
    let pid = rustix::process::Pid::from_raw(pid).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it is there");
}

#[test]
fn root_a_pod_whose_supervisor_is_killed_goes_on() {
    let Some(lab) = Lab::new("a killed supervisor") else {
        return;
    };
    lab.run("web", &echo_spec("{type: RuntimeDefault}"));
    lab.until("web", &["Running"]);
    assert_eq!(ask(&lab, "web"), "hello\n");
    let before = lab.pod("web")["status"]["containerStatuses"][0].clone();
    kill_supervisor(&lab, "web");
    // Any verb picks it up: the same container, not another one.
    assert_eq!(ask(&lab, "web"), "hello\n");
    let after = lab.pod("web")["status"]["containerStatuses"][0].clone();
    assert_eq!(before, after);
    // Also its output.
    let mut log = String::new();
    while log.matches("GET /").count() < 2 {
        log = lab.ok(&["logs", "web"]);
    }
    kill_supervisor(&lab, "web");
    lab.ok(&["delete", "web", "--now"]);
    assert_eq!(left_behind(&lab), [""; 0]);
}

#[test]
fn root_a_start_that_is_killed_at_any_step_leaves_nothing_to_the_next() {
    let Some(lab) = Lab::new("killed starts") else {
        return;
    };
    let path = lab.write(
        "web.yaml",
        &manifest("web", &echo_spec("{type: RuntimeDefault}")),
    );
    for step in [
        "sandbox-noted",
        "sandbox-begun",
        "noted",
        "mounted",
        "bundled",
        "begun",
        "started",
    ] {
        let mut run = lab.command(&["run", "-f", &path]);
        run.env("LANNER_POD_DIE_AT", step);
        assert!(run.status().expect("lanner starts").success());
        // It dies: then nobody holds the lock of the pod any more.
        let lock = lab.root().join("pods/default_web/lock");
        let lock = fs::File::create(lock).expect("a lock");
        while supervised(&lab) != Some(false) {
            std::thread::yield_now();
        }
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).expect("a lock");
        drop(lock);
        let seen = lab.until("web", &["Running"]);
        assert!(
            seen.iter().all(|s| !s.contains("Error")),
            "{step}: {seen:?}"
        );
        let uid = lab.pod("web")["metadata"]["uid"]
            .as_str()
            .expect("text")
            .to_owned();
        // One sandbox, one container: whatever was half made is gone.
        for cgroup in cgroups(&uid) {
            let children = fs::read_dir(&cgroup).expect("a folder").flatten();
            let count = children.filter(|c| c.path().is_dir()).count();
            assert_eq!(count, 2, "{step}: {}", cgroup.display());
        }
        lab.ok(&["delete", "web", "--now"]);
        assert_eq!(left_behind(&lab), [""; 0], "{step}");
        assert_eq!(cgroups(&uid), Vec::<PathBuf>::new(), "{step}");
    }
}

/// Whether the supervisor of `web` lives; `None` if it has not begun.
fn supervised(lab: &Lab) -> Option<bool> {
    let state = fs::read(lab.root().join("pods/default_web/state.json")).ok()?;
    let state: Value = serde_json::from_slice(&state).ok()?;
    let pid = state["supervisor"]["pid"].as_i64()?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    Some(
        stat.rsplit(')')
            .next()
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z")),
    )
}

#[test]
fn root_pods_by_the_dozen_leave_nothing_behind() {
    let Some(lab) = Lab::new("many pods") else {
        return;
    };
    let set = std::env::var("LANNER_PODS")
        .ok()
        .and_then(|n| n.parse::<usize>().ok());
    let count = set.unwrap_or(8);
    for round in 0..count.div_ceil(4) {
        let names: Vec<String> = (0..4).map(|i| format!("p{round}-{i}")).collect();
        let all: Vec<String> = names
            .iter()
            .map(|n| manifest(n, &echo_spec("{type: RuntimeDefault}")))
            .collect();
        let path = lab.write("many.yaml", &all.join("---\n"));
        lab.ok(&["run", "-f", &path]);
        // Half of them are deleted while they start.
        lab.until(&names[0], &["Running"]);
        lab.ok(&["delete", "--all", "--now"]);
    }
    assert_eq!(left_behind(&lab), [""; 0]);
}

#[test]
fn root_runtimes_that_are_not_here_are_answered_for() {
    let Some(lab) = Lab::new("other runtimes") else {
        return;
    };
    // What the program calls, and what crun needs; nothing for runc.
    let profile =
        fs::read_to_string(examples().join("profiles/fine-grained.json")).expect("a file");
    let tight = ["fstat\", ", "statx\", ", "fstatfs\", ", "getdents64\", "];
    let tight = tight
        .iter()
        .fold(profile, |text, name| text.replace(&format!("\"{name}"), ""));
    lab.write("profiles/tight.json", &tight);
    let root = lab.dir.path().to_string_lossy().into_owned();
    let spec = echo_spec("{type: Localhost, localhostProfile: profiles/tight.json}");
    for (runtime, status) in [
        ("containerd", "CrashLoopBackOff"),
        // It tells that it started, and fails in its last steps.
        ("runc-1.1", "Error"),
        ("crun", "Running"),
        ("lanner", "Running"),
    ] {
        let name = format!("as-{}", runtime.replace('.', "-"));
        let path = lab.write(&format!("{name}.yaml"), &manifest(&name, &spec));
        lab.ok(&["run", "-f", &path, "--as", runtime, "--seccomp-root", &root]);
        lab.until(&name, &[status]);
        let text = lab.ok(&["describe", &name]).replace("\n    ", " ");
        let expect = match status {
            "Running" => {
                "Here it runs. runc 1.5 would not start it: it also needs fstatfs, fstat, statx, getdents64"
            }
            _ => "that it cannot do without",
        };
        assert!(
            text.contains(expect),
            "{runtime}: {expect} is not in\n{text}"
        );
    }
    let path = lab.write("check.yaml", &manifest("check", &spec));
    let check = lab.output(&["check", "-f", &path, "--seccomp-root", &root]);
    assert_eq!(check.status.code(), Some(1), "{}", shown(&check));
    lab.ok(&["delete", "--all", "--now"]);
}

#[test]
fn what_is_wrong_on_the_command_line_is_said() {
    let dir = TempDir::new().expect("a folder");
    let lab = Lab { dir };
    if !able("the command line") {
        return;
    }
    let check = |words: &[&str], expect: &str| {
        let text = lab.fails(words);
        assert!(text.contains(expect), "{words:?}: {text}");
    };
    check(
        &["describe", "nothing"],
        "Error from server (NotFound): pods \"nothing\" not found",
    );
    check(&["logs", "../x"], "pods \"../x\" not found");
    check(&["delete", "nothing"], "pods \"nothing\" not found");
    check(
        &["run", "-f", "/nothing.yaml"],
        "error: the path \"/nothing.yaml\" cannot be read: No such file",
    );
    check(
        &["image", "rm", "nothing"],
        "Error: No such image: docker.io/library/nothing:latest",
    );
    check(
        &["image", "load", "/etc/passwd"],
        "is no tar archive, or breaks off",
    );
    let path = lab.write("bad.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: c, imag: i}]}\n");
    check(
        &["run", "-f", &path],
        "unknown field \"spec.containers[0].imag\"",
    );
    assert_eq!(lab.ok(&["get", "-o", "name"]), "");
}

#[test]
fn root_monitoring_knows_the_pods_at_their_first_event() {
    let Some(lab) = Lab::new("monitored pods") else {
        return;
    };
    let condition = "k8s.pod.name = monitored and evt.type = execve and evt.res = SUCCESS";
    let rule = format!(
        "- rule: spawned\n  desc: a program was started\n  condition: {condition}\n  \
         output: \"%container.id,%container.name,%container.image,%k8s.pod.name,%k8s.ns.name,\
         %k8s.pod.uid,%container.type,%proc.name\"\n  priority: NOTICE\n"
    );
    let rules = lab.write("rules.yaml", &rule);
    let monitor = monitor::Monitor::start(&["-r", &rules]);
    lab.run("monitored", &echo_spec("{type: RuntimeDefault}"));
    lab.run("other", &echo_spec("{type: RuntimeDefault}"));
    lab.until("monitored", &["Running"]);
    lab.until("other", &["Running"]);
    let uid = lab.pod("monitored")["metadata"]["uid"].clone();
    let alerts = monitor.finish();
    let own: Vec<&Value> = alerts
        .iter()
        .filter(|a| a["output_fields"]["proc.name"] == "http-echo")
        .collect();
    let [alert] = own.as_slice() else {
        panic!("one program was started in it: {alerts:#?}");
    };
    let field = |name: &str| &alert["output_fields"][name];
    assert_eq!(*field("container.name"), "c");
    assert_eq!(*field("container.image"), echo::IMAGE);
    assert_eq!(*field("k8s.ns.name"), "default");
    assert_eq!(*field("k8s.pod.uid"), uid);
    assert_eq!(*field("container.type"), "custom");
    lab.ok(&["delete", "--all", "--now"]);
}
