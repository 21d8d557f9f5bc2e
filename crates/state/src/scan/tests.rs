//! Scans of made-up trees and of this machine.

use std::fs;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::symlink;

use lanner_event::snapshot::FdKind;

use super::*;
use crate::thread::flags;
use crate::{FdType, State};

/// A tree with one process, one zombie and one kernel thread.
fn tree() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let process = |pid: i64, state: &str, threads: i64, cmdline: &str| {
        let dir = root.path().join(format!("proc/{pid}"));
        fs::create_dir_all(dir.join("fd")).unwrap();
        fs::create_dir_all(dir.join("fdinfo")).unwrap();
        fs::create_dir_all(dir.join("net")).unwrap();
        fs::create_dir_all(dir.join("ns")).unwrap();
        let stat = format!(
            "{pid} (we (ird)) {state} 0 5 6 34816 -1 0 11 0 12 0 0 0 0 0 20 0 {threads} 0 500 0 0"
        );
        fs::write(dir.join("stat"), stat).unwrap();
        fs::write(dir.join("cmdline"), cmdline).unwrap();
        fs::write(
            dir.join("status"),
            format!(
                "Name:\tx\nTgid:\t{pid}\nPPid:\t0\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n\
                 NStgid:\t{pid}\t1\nNSpid:\t{pid}\t1\nNSpgid:\t5\t9\nNSsid:\t6\t10\n\
                 VmSize:\t  100 kB\nVmRSS:\t  50 kB\nVmSwap:\t  25 kB\n\
                 CapInh:\t0\nCapPrm:\t000001ffffffffff\nCapEff:\t00000000000000ff\n"
            ),
        )
        .unwrap();
        dir
    };
    let dir = process(1, "S", 1, "/sbin/init\0-x\0two words\0");
    fs::write(dir.join("environ"), "A=1\0B=2\0").unwrap();
    fs::write(dir.join("cgroup"), "3:cpu:/one\n").unwrap();
    fs::write(dir.join("loginuid"), "1000").unwrap();
    fs::write(
        dir.join("limits"),
        "Limit  Soft  Hard  Units\nMax open files            4096  8192  files\n",
    )
    .unwrap();
    symlink("/sbin/init (deleted)", dir.join("exe")).unwrap();
    symlink("/work", dir.join("cwd")).unwrap();
    symlink("/", dir.join("root")).unwrap();
    symlink("net:[77]", dir.join("ns/net")).unwrap();
    symlink("socket:[539]", dir.join("fd/3")).unwrap();
    symlink("pipe:[12]", dir.join("fd/4")).unwrap();
    symlink("anon_inode:[eventfd]", dir.join("fd/5")).unwrap();
    symlink(root.path(), dir.join("fd/6")).unwrap();
    symlink(dir.join("stat"), dir.join("fd/7")).unwrap();
    symlink("socket:[540]", dir.join("fd/8")).unwrap();
    fs::write(
        dir.join("fdinfo/7"),
        "pos:\t0\nflags:\t02000001\nmnt_id:\t9\n",
    )
    .unwrap();
    fs::write(
        dir.join("net/tcp"),
        "header\n 0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 0 0 539 1 0\n",
    )
    .unwrap();
    process(2, "Z", 1, "");
    process(3, "S", 1, "");
    fs::create_dir_all(root.path().join("proc/4")).unwrap();
    fs::create_dir_all(root.path().join("etc")).unwrap();
    fs::write(root.path().join("etc/passwd"), "u:x:2:6::/home/u:/bin/sh\n").unwrap();
    fs::write(root.path().join("etc/group"), "g:x:6:\n").unwrap();
    root
}

fn options(root: &Path) -> Options {
    Options {
        host_root: root.to_path_buf(),
        workers: 1,
        ..Options::default()
    }
}

#[test]
fn a_process_is_read_in_full() {
    let root = tree();
    let scan = scan(&options(root.path()));
    assert_eq!(
        scan.report,
        Report {
            vanished: 1,
            skipped: 2,
            ..Report::default()
        }
    );
    assert_eq!(scan.snapshot.threads.len(), 1);
    let t = find(&scan.snapshot, 1).unwrap();
    assert_eq!((t.tid, t.pid, t.ptid, t.vtid, t.vpid), (1, 1, 0, 1, 1));
    assert_eq!((t.pgid, t.vpgid, t.sid, t.tty), (5, 9, 10, 34816));
    assert_eq!((t.uid, t.gid, t.loginuid, t.fdlimit), (2, 6, 1000, 4096));
    assert_eq!((t.vmsize_kb, t.vmrss_kb, t.vmswap_kb), (100, 50, 25));
    assert_eq!((t.pfminor, t.pfmajor), (11, 12));
    assert_eq!((t.cap_permitted, t.cap_effective), (0x1ff_ffff_ffff, 0xff));
    assert_eq!(t.comm, "we (ird)");
    assert_eq!(
        (t.exe.to_string(), t.args.to_string()),
        ("/sbin/init".into(), "-x\0two words\0".into())
    );
    assert_eq!(t.env, "A=1\0B=2\0");
    assert_eq!(
        (t.cwd.to_string(), t.root.to_string()),
        ("/work".into(), "/".into())
    );
    assert_eq!(t.exepath, "/sbin/init (deleted)");
    assert_eq!(t.cgroups, "cpu=/one\0");
    assert_eq!(t.clone_ts, scan.snapshot.machine.boot_ts + 5_000_000_000);
    assert_eq!(scan.snapshot.users.len() + scan.snapshot.groups.len(), 2);
}

#[test]
fn descriptors_are_read_with_what_they_refer_to() {
    let root = tree();
    let scan = scan(&options(root.path()));
    let fds = &scan.snapshot.fds[0];
    assert_eq!(fds.tid, 1);
    let kind = |fd: i64| &fds.fds.iter().find(|e| e.fd == fd).unwrap().kind;
    assert!(matches!(kind(3), FdKind::Ipv4Server { addr, .. } if addr.1 == 8080));
    assert!(matches!(kind(4), FdKind::Fifo { name } if name == "pipe:[12]"));
    assert!(matches!(kind(5), FdKind::Event { .. }));
    assert!(matches!(kind(6), FdKind::Directory { .. }));
    assert!(matches!(kind(7), FdKind::File { flags: 0x1002, .. }));
    assert!(matches!(kind(8), FdKind::Unsupported { .. }));
    assert_eq!(fds.fds.iter().find(|e| e.fd == 3).map(|e| e.ino), Some(539));
}

#[test]
fn no_proc_is_said_and_not_fatal() {
    let root = tempfile::tempdir().unwrap();
    let scan = scan(&options(root.path()));
    assert!(scan.snapshot.threads.is_empty());
    let problems = scan.report.problems.join("\n");
    assert!(problems.contains("proc: No such file"), "{problems}");
    assert!(problems.contains("no users"), "{problems}");
    assert!(Procfs::new(&options(root.path()), 0).is_err());
}

#[test]
fn a_process_whose_files_cannot_be_read_does_not_hold_up_the_start() {
    let root = tree();
    // Reading this waits for somebody to write.
    let stat = root.path().join("proc/4/stat");
    rustix::fs::mkfifoat(CWD, &stat, Mode::from_raw_mode(0o600)).unwrap();
    let options = Options {
        timeout: Duration::from_millis(200),
        ..options(root.path())
    };
    let report = scan(&options).report;
    assert!(
        report
            .problems
            .iter()
            .any(|p| p.contains("did not end within")),
        "{report:?}"
    );
    // Lets the worker go.
    drop(fs::File::options().write(true).open(stat).unwrap());
}

#[test]
fn hidden_processes_are_said() {
    let root = tree();
    fs::remove_dir_all(root.path().join("proc/1")).unwrap();
    let scan = scan(&options(root.path()));
    assert!(scan.report.problems.iter().any(|p| p.contains("hidden")));
}

#[test]
fn users_are_read_again_when_they_changed() {
    let root = tree();
    let mut procfs = Procfs::new(&options(root.path()), 0).unwrap();
    assert!(procfs.users().is_none());
    let path = root.path().join("etc/passwd");
    fs::write(&path, "u:x:2:6::/home/u:/bin/sh\nnew:x:3:6::/:/sh\n").unwrap();
    let later = SystemTime::now() + Duration::from_secs(5);
    fs::File::open(&path).unwrap().set_modified(later).unwrap();
    assert_eq!(procfs.users().map(|(users, _)| users.len()), Some(2));
    assert!(procfs.users().is_none());
}

#[test]
fn a_database_that_is_no_file_or_elsewhere_is_not_read() {
    let root = tree();
    let etc = root.path().join("etc");
    let users = || read_users(open_dir(root.path()).unwrap().as_fd()).0.len();
    assert_eq!(users(), 1);
    fs::remove_file(etc.join("passwd")).unwrap();
    assert_eq!(users(), 0);
    // A link out of the root stays in it.
    symlink("/etc/group", etc.join("passwd")).unwrap();
    assert_eq!(users(), 0);
    fs::remove_file(etc.join("passwd")).unwrap();
    fs::create_dir(etc.join("passwd")).unwrap();
    assert_eq!(users(), 0);
    fs::remove_dir(etc.join("passwd")).unwrap();
    // Nobody ever writes to this one: opening it must not wait.
    rustix::fs::mkfifoat(CWD, etc.join("passwd"), Mode::from_raw_mode(0o600)).unwrap();
    assert_eq!(users(), 0);
}

#[test]
fn without_openat2_a_database_is_read_unless_it_is_behind_a_link() {
    let root = tree();
    let open = || open_without_links(open_dir(root.path()).unwrap().as_fd(), "etc/passwd");
    let mut text = String::new();
    let mut file = fs::File::from(open().unwrap());
    file.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("u:x:2:6:"), "{text}");
    let etc = root.path().join("etc");
    fs::rename(etc.join("passwd"), etc.join("users")).unwrap();
    symlink("users", etc.join("passwd")).unwrap();
    assert_eq!(open().unwrap_err(), Errno::LOOP);
    fs::rename(&etc, root.path().join("elsewhere")).unwrap();
    symlink("elsewhere", &etc).unwrap();
    assert_eq!(open().unwrap_err(), Errno::NOTDIR);
}

/// This machine's own `/proc`, if it shows this process.
fn this_machine() -> Option<Scan> {
    let scan = scan(&Options::default());
    let me = i64::from(std::process::id());
    if find(&scan.snapshot, me).is_none() {
        println!("skipped: /proc does not show this process");
        return None;
    }
    Some(scan)
}

#[test]
fn this_process_is_found_with_its_threads_and_descriptors() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let (ready, wait) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
    std::thread::scope(|scope| {
        let (ready, wait) = (&ready, &wait);
        std::thread::Builder::new()
            .name("second".into())
            .spawn_scoped(scope, move || {
                ready.wait();
                wait.wait();
            })
            .unwrap();
        ready.wait();
        let scanned = this_machine();
        wait.wait();
        let Some(scan) = scanned else {
            return;
        };
        let me = i64::from(std::process::id());
        let threads = scan.snapshot.threads.iter().filter(|t| t.pid == me);
        let second = threads.clone().find(|t| t.comm == "second").unwrap();
        assert_eq!(second.flags, flags::THREAD | flags::FILES);
        assert!(threads.count() >= 2);
        let main = find(&scan.snapshot, me).unwrap();
        let exe = std::env::current_exe().unwrap();
        assert_eq!(main.exepath, exe.to_str().unwrap());
        let cwd = std::env::current_dir().unwrap();
        assert_eq!(main.cwd, cwd.to_str().unwrap());
        assert_ne!((main.exe_ino, main.fdlimit), (0, -1));
        assert!(main.clone_ts <= now() && main.clone_ts >= scan.snapshot.machine.boot_ts);
        let mut state = State::new(crate::Limits::default());
        state.seed_scan(scan, None);
        let fds = state.fds(state.by_tid(me).unwrap()).unwrap();
        let port = listener.local_addr().unwrap().port();
        let socket = fds.get(i64::from(listener.as_raw_fd())).unwrap();
        assert_eq!(socket.name, format!("127.0.0.1:{port}"));
        assert_eq!(socket.ty, FdType::Ipv4Server);
        let opened = fds.get(i64::from(file.as_raw_fd())).unwrap();
        assert_eq!(opened.name, file.path().to_str().unwrap());
        assert_eq!((opened.ty, opened.open_flags & 3), (FdType::File, 3));
        assert!(opened.cloexec);
    });
}

#[test]
fn a_running_machine_answers_questions() {
    let Some(scan) = this_machine() else {
        return;
    };
    let me = i64::from(std::process::id());
    let boot_ts = scan.snapshot.machine.boot_ts;
    let mut procfs = Procfs::new(&Options::default(), boot_ts).unwrap();
    let found = procfs.thread(me).unwrap();
    assert_eq!((found.thread.tid, found.thread.pid), (me, me));
    assert!(!found.fds.is_empty() && found.read_at > boot_ts);
    assert!(procfs.is_alive(me, me));
    assert!(!procfs.is_alive(me, i64::from(i32::MAX)));
    assert!(procfs.thread(i64::from(i32::MAX)).is_none());
    let file = tempfile::NamedTempFile::new().unwrap();
    let entry = procfs.fd(me, i64::from(file.as_raw_fd())).unwrap();
    assert!(
        matches!(entry.kind, FdKind::File { name, .. } if name == file.path().to_str().unwrap())
    );
    let machine = scan.snapshot.machine;
    assert!(machine.num_cpus > 0 && machine.memory_bytes > 0 && machine.max_pid > 0);
    assert!(!machine.hostname.is_empty());
}
