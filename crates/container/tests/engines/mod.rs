//! Real container engines for tests: an image made of programs of this machine, and engines that
//! run it without a network. Everything is `None`, with a word on why, where there is no root or
//! no engine; what was started and made is taken away when it is dropped.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

/// The image's name in every engine. Its tag changes with what is in it.
pub(crate) const IMAGE: &str = "docker.io/lanner/box:1";

/// The programs in the image, besides what they need to run.
const PROGRAMS: [&str; 16] = [
    "sh", "bash", "cat", "sleep", "true", "ls", "cp", "mv", "chmod", "ln", "mkdir", "rm", "touch",
    "perl", "id", "mount",
];

/// A command line as a list of words.
pub(crate) fn command(words: &[&str]) -> Command {
    let (program, args) = words.split_first().expect("a program");
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs a command that must succeed and returns what it wrote.
#[track_caller]
pub(crate) fn run(words: &[&str]) -> String {
    let output = command(words).output().expect("the program starts");
    assert!(output.status.success(), "{words:?}: {}", shown(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Both outputs of a command, for messages.
pub(crate) fn shown(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    format!(
        "{}: {} {}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    )
}

/// Whether this test may run as root and these programs are there; says so if not.
pub(crate) fn able(test: &str, programs: &[&str]) -> bool {
    let root = fs::metadata("/proc/self").is_ok_and(|meta| {
        use std::os::unix::fs::MetadataExt;
        meta.uid() == 0
    });
    let missing = programs.iter().find(|name| find(name).is_none());
    match (root, missing) {
        (true, None) => true,
        (false, _) => {
            eprintln!("{test}: skipped, needs root");
            false
        }
        (true, Some(name)) => {
            eprintln!("{test}: skipped, {name} is not installed");
            false
        }
    }
}

/// Where a program is.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        .into_iter()
        .map(|dir| Path::new(dir).join(name))
        .find(|path| path.is_file())
}

/// A name for a container that no other test uses.
pub(crate) fn unique(stem: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{stem}-{}-{number}", std::process::id())
}

/// Makes the file system of the image below `root`.
fn file_system(root: &Path) {
    for dir in ["bin", "etc", "tmp", "proc", "sys", "dev", "root", "var/log"] {
        fs::create_dir_all(root.join(dir)).expect("a folder");
    }
    fs::write(root.join("etc/passwd"), "root:x:0:0::/root:/bin/sh\n").expect("a file");
    symlink("bin", root.join("sbin")).expect("a link");
    for name in PROGRAMS {
        let Some(path) = find(name) else { continue };
        let ldd = command(&["ldd", &path.to_string_lossy()]).output();
        let libraries = String::from_utf8(ldd.expect("ldd").stdout).expect("text");
        fs::copy(&path, root.join("bin").join(name)).expect("a copy");
        let words = libraries.split_whitespace().filter(|w| w.starts_with('/'));
        for library in words {
            let to = root.join(library.trim_start_matches('/'));
            fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
            fs::copy(library, to).expect("a copy");
        }
    }
}

/// Podman with runc, and the image in its store.
pub(crate) struct Podman {
    names: Mutex<Vec<String>>,
}

impl Podman {
    /// Imports the image, unless an earlier test has left it.
    pub(crate) fn new(test: &str) -> Option<Podman> {
        if !able(test, &["podman", "runc", "tar", "ldd"]) {
            return None;
        }
        // Tests of one program that run at once import it once.
        static IMPORT: Mutex<()> = Mutex::new(());
        let guard = IMPORT.lock().unwrap_or_else(PoisonError::into_inner);
        let podman = Podman {
            names: Mutex::default(),
        };
        let exists = command(&["podman", "image", "exists", IMAGE]).status();
        if exists.is_ok_and(|status| status.success()) {
            return Some(podman);
        }
        let dir = TempDir::new().expect("a folder");
        let root = dir.path().join("root");
        file_system(&root);
        let tar = dir.path().join("image.tar").to_string_lossy().into_owned();
        run(&["tar", "-C", &root.to_string_lossy(), "-cf", &tar, "."]);
        run(&["podman", "--runtime", "runc", "import", "-q", &tar, IMAGE]);
        drop(guard);
        Some(podman)
    }

    /// `podman run` of a container that is removed when this is dropped.
    pub(crate) fn run(&self, name: &str, options: &[&str], args: &[&str]) -> Command {
        let mut words = vec!["podman", "--runtime", "runc", "run", "--name", name];
        // Small limits: a machine may not be allowed to raise its own.
        words.extend([
            "--ulimit",
            "nofile=1024:1024",
            "--ulimit",
            "nproc=1024:1024",
        ]);
        if !options.contains(&"--network") {
            words.extend(["--network", "none"]);
        }
        words.extend(options);
        words.push(IMAGE);
        words.extend(args);
        self.names().push(name.to_owned());
        command(&words)
    }

    fn names(&self) -> MutexGuard<'_, Vec<String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        let names = std::mem::take(&mut *self.names());
        for chunk in names.chunks(100) {
            let mut words = vec!["podman", "rm", "-f", "-t", "0", "-i"];
            words.extend(chunk.iter().map(String::as_str));
            // Nothing to be done about a failure at this point.
            let _ = command(&words).output();
        }
    }
}

/// A containerd of our own, with the image in two of its namespaces.
pub(crate) struct Containerd {
    daemon: Child,
    dir: TempDir,
}

impl Containerd {
    /// Where its bundles are: a place where k3s-like distributions keep theirs, so that a
    /// containerd of this machine is left alone.
    const STATE: &str = "/run/host-containerd";
    /// And its database.
    const ROOT: &str = "/var/lib/host-containerd";

    /// Starts it and imports the image that Podman has.
    pub(crate) fn new(test: &str, _podman: &Podman) -> Option<Containerd> {
        if !able(test, &["containerd", "ctr", "runc"]) {
            return None;
        }
        for folder in [Containerd::STATE, Containerd::ROOT] {
            if Path::new(folder).exists() {
                eprintln!("{test}: skipped, {folder} is in use");
                return None;
            }
        }
        let dir = TempDir::new().expect("a folder");
        let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
        let config = format!(
            "version = 2\nroot = {:?}\nstate = {:?}\n[grpc]\naddress = {:?}\n\
             [plugins.\"io.containerd.grpc.v1.cri\"]\nrestrict_oom_score_adj = true\n",
            Containerd::ROOT,
            Containerd::STATE,
            at("socket"),
        );
        fs::write(at("config.toml"), config).expect("a file");
        let log = fs::File::create(at("log")).expect("a file");
        let daemon = command(&["containerd", "-c", &at("config.toml")])
            .stderr(log)
            .spawn()
            .expect("containerd starts");
        let containerd = Containerd { daemon, dir };
        // It answers once it is up: each attempt waits for the socket itself.
        while !containerd
            .ctr(&["--connect-timeout", "10s", "version"])
            .output()
            .is_ok_and(|o| o.status.success())
        {
            std::thread::yield_now();
        }
        let tar = containerd.dir.path().join("image.tar");
        let tar = tar.to_string_lossy();
        run(&[
            "podman",
            "save",
            "-q",
            "--format",
            "oci-archive",
            "-o",
            &tar,
            IMAGE,
        ]);
        for namespace in ["default", "k8s.io"] {
            let import = containerd
                .ctr(&["-n", namespace, "images", "import", &tar])
                .output()
                .expect("ctr starts");
            assert!(import.status.success(), "{}", shown(&import));
        }
        Some(containerd)
    }

    /// `ctr` on this daemon.
    pub(crate) fn ctr(&self, args: &[&str]) -> Command {
        let socket = self.dir.path().join("socket");
        let mut command = command(&["ctr", "--address", &socket.to_string_lossy()]);
        command.args(args);
        command
    }

    /// Runs a container as the CRI does in a pod: the namespace, cgroup and annotations of one.
    pub(crate) fn pod(&self, id: &str, name: &str, args: &[&str]) -> Command {
        let note = |key: &str, value: &str| format!("io.kubernetes.cri.{key}={value}");
        let notes = [
            note("container-type", "container"),
            note("container-name", name),
            note("image-name", IMAGE),
            note("sandbox-id", &"5".repeat(64)),
            note("sandbox-name", "box-pod"),
            note("sandbox-namespace", "box-space"),
            note("sandbox-uid", "box-uid"),
        ];
        let cgroup = format!("/kubepods/besteffort/podbox-uid/{id}");
        let mut words = vec!["-n", "k8s.io", "run", "--rm", "--cgroup", &cgroup];
        for note in &notes {
            words.extend(["--annotation", note]);
        }
        words.extend([IMAGE, id]);
        words.extend(args);
        self.ctr(&words)
    }
}

impl Drop for Containerd {
    fn drop(&mut self) {
        // Nothing to be done about failures at this point.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
        let _ = fs::remove_dir_all(Containerd::STATE);
        let _ = fs::remove_dir_all(Containerd::ROOT);
    }
}
