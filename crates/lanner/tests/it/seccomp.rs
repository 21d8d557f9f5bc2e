//! `lanner seccomp`, as its users run it: what it prints, and its exit codes.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use expect_test::{Expect, expect};
use lanner_event::EventType;
use lanner_event::snapshot::{Machine, Snapshot, ThreadEntry};
use lanner_event::testing::EventBuilder;
use lanner_scap::{Compression, Writer};

use crate::lab::Ran;

const AUDIT: &str = "// profiles/audit.json\n{\"defaultAction\":\"SCMP_ACT_LOG\"}\n";
const VIOLATION: &str = "/* profiles/violation.json */\n{\"defaultAction\":\"SCMP_ACT_ERRNO\"}\n";

/// The third profile of the course.
fn fine_grained() -> String {
    let names = "accept4 epoll_wait pselect6 futex madvise epoll_ctl getsockname setsockopt vfork \
                 mmap read write close arch_prctl sched_getaffinity munmap brk rt_sigaction \
                 rt_sigprocmask sigaltstack gettid clone bind socket openat readlinkat exit_group \
                 epoll_create1 listen rt_sigreturn sched_yield clock_gettime connect dup2 \
                 epoll_pwait execve exit fcntl getpid getuid ioctl mprotect nanosleep open poll \
                 recvfrom sendto set_tid_address setitimer writev";
    let names: Vec<String> = names
        .split_whitespace()
        .map(|n| format!("\"{n}\""))
        .collect();
    format!(
        "// profiles/fine-grained.json\n{{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"architectures\": \
         [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"],\n\"syscalls\": [{{\"names\": \
         [{}],\n\"action\": \"SCMP_ACT_ALLOW\"}}]}}\n",
        names.join(", ")
    )
}

/// A folder with the profiles of the course.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("audit.json", AUDIT),
        ("violation.json", VIOLATION),
        ("fine-grained.json", &fine_grained()),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn run_with(folder: &Path, line: &str, input: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lanner"))
        .arg("seccomp")
        .args(line.split(' ').map(|w| w.replace('~', " ")))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap().into()
}

pub(crate) fn run(folder: &Path, line: &str) -> Ran {
    run_with(folder, line, b"")
}

/// Asserts what is printed on standard output, and the exit code.
pub(crate) fn check(folder: &Path, line: &str, code: i32, expect: Expect) {
    let ran = run(folder, &format!("{line} --machine x86_64 --kernel 6.1"));
    assert_eq!(ran.code, Some(code), "{line}: {}", ran.stderr);
    expect.assert_eq(&ran.stdout);
}

#[test]
fn the_profiles_of_the_course_go_through_every_verb() {
    let folder = folder();
    for name in ["audit.json", "violation.json", "fine-grained.json"] {
        let lint = run(folder.path(), &format!("lint {name}"));
        assert!(
            lint.stdout.contains("warning[json-comment]"),
            "{}",
            lint.stdout
        );
        assert_eq!(lint.code, Some(0), "{name}: {}", lint.stdout);
        for line in [
            format!("explain {name}"),
            format!("compile {name} -o {name}.bpf"),
            format!("disasm {name}.bpf"),
            format!("decompile {name}.bpf"),
            format!("diff {name} {name}.bpf"),
            format!("prove {name} --compiled --against {name}.bpf"),
        ] {
            let ran = run(folder.path(), &line);
            assert_eq!(ran.code, Some(0), "{line}: {}{}", ran.stdout, ran.stderr);
            assert!(
                !ran.stdout.is_empty() || line.starts_with("compile"),
                "{line}"
            );
        }
    }
}

#[test]
fn a_filter_is_shown_and_read_back() {
    let folder = folder();
    let text = r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
        {"names": ["read", "write", "mseal"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
         "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_NE"}]}]}"#;
    fs::write(folder.path().join("p.json"), text).unwrap();
    let line = "compile p.json --runtime crun --emit c";
    check(
        folder.path(),
        line,
        0,
        expect![[r#"
        #include <linux/filter.h>

        static const struct sock_filter filter[16] = {
        	{ 0x0020, 0, 0, 0x00000004 },
        	{ 0x0015, 0, 13, 0xc000003e },
        	{ 0x0020, 0, 0, 0x00000000 },
        	{ 0x0035, 6, 0, 0x0000002a },
        	{ 0x0035, 1, 0, 0x00000029 },
        	{ 0x0035, 8, 6, 0x00000002 },
        	{ 0x0020, 0, 0, 0x00000014 },
        	{ 0x0035, 4, 0, 0x00000001 },
        	{ 0x0020, 0, 0, 0x00000010 },
        	{ 0x0015, 4, 2, 0x00000028 },
        	{ 0x0035, 2, 0, 0x40000000 },
        	{ 0x0015, 0, 2, 0x000001ce },
        	{ 0x0006, 0, 0, 0x7fff0000 },
        	{ 0x0035, 0, 1, 0xffffffff },
        	{ 0x0006, 0, 0, 0x00050001 },
        	{ 0x0006, 0, 0, 0x00000000 },
        };
    "#]],
    );
    let compiled = run(
        folder.path(),
        "compile p.json --runtime crun --machine x86_64 -o p.bpf",
    );
    assert_eq!(compiled.code, Some(0), "{}", compiled.stderr);
    let ran = run(folder.path(), "disasm p.bpf");
    expect![[r#"
        disasm p.bpf
            0  A = arch
            1  if A != 0xc000003e goto 15         ; X86_64, X32
            2  A = nr
            3  if A >= 0x2a goto 10               ; from connect on
            4  if A >= 0x29 goto 6                ; from socket on
            5  if A >= 0x2 goto 14 else 12        ; from open on
            6  A = args[0][4]                     ; family, high half          <- 4
            7  if A >= 0x1 goto 12
            8  A = args[0][0]                     ; family, low half
            9  if A == 0x28 goto 14 else 12       ; AF_VSOCK
           10  if A >= 0x40000000 goto 13         ; x32                        <- 3
           11  if A != 0x1ce goto 14              ; mseal
           12  return 0x7fff0000                  ; SCMP_ACT_ALLOW             <- 5 7 9
           13  if A < 0xffffffff goto 15                                       <- 10
           14  return 0x00050001                  ; SCMP_ACT_ERRNO EPERM       <- 5 9 11
           15  return 0x00000000                  ; SCMP_ACT_KILL_THREAD       <- 1 13
    "#]]
    .assert_eq(&format!("disasm p.bpf\n{}", ran.stdout));
    let line = "compile p.json --runtime crun --machine x86_64 --emit asm";
    assert_eq!(run(folder.path(), line).stdout, ran.stdout);
    let ran = run(folder.path(), "decompile p.bpf");
    expect![[r#"
        {
          "defaultAction": "SCMP_ACT_ERRNO",
          "architectures": ["SCMP_ARCH_X86_64"],
          "syscalls": [
            {
              "names": ["mseal", "read", "write"],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "names": ["socket"],
              "action": "SCMP_ACT_ALLOW",
              "args": [
                { "index": 0, "value": 40, "op": "SCMP_CMP_NE" }
              ]
            }
          ]
        }
    "#]]
    .assert_eq(&ran.stdout);
}

#[test]
fn lint_names_what_each_runtime_still_needs() {
    let folder = folder();
    let needs = |line: &str| {
        let ran = run(folder.path(), &format!("lint fine-grained.json {line}"));
        let fault = ran
            .stdout
            .lines()
            .find(|l| l.starts_with("error[runtime-needs]"));
        fault.unwrap_or_default().to_owned()
    };
    assert_eq!(
        needs("--runtime runc --no-new-privs"),
        "error[runtime-needs]: runc 1.5 cannot start a container: it also needs fstatfs, fstat, statx and getdents64"
    );
    assert_eq!(
        needs("--runtime runc"),
        "error[runtime-needs]: runc 1.5 cannot start a container: it also needs fstatfs, fstat, statx and getdents64, and unless allowPrivilegeEscalation is false also setuid, setgid, setgroups, getcwd, prctl, capget, capset, getppid, newfstatat and chdir"
    );
    assert_eq!(needs("--runtime crun --no-new-privs"), "");
}

#[test]
fn lint_reads_pods_as_pods() {
    let folder = folder();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: c\n    image: i:1\n";
    fs::write(folder.path().join("pod.yaml"), pod).unwrap();
    check(
        folder.path(),
        "lint pod.yaml",
        0,
        expect![[r#"
            warning[pod-unconfined]: container c has no seccomp profile
             --> pod.yaml:6:11
              |
            6 |   - name: c
              |           ^
              |
              = help: seccompProfile: {type: RuntimeDefault}

            1 file: 0 errors, 1 warning
        "#]],
    );
    check(
        folder.path(),
        "lint --explain pod-unconfined",
        0,
        expect![[r#"
            pod-unconfined: a container without a profile, or with Unconfined
              It may make every system call, unless the kubelet has seccompDefault.
        "#]],
    );
}

#[test]
fn explain_tells_the_rule_and_its_line() {
    let folder = folder();
    check(
        folder.path(),
        "explain fine-grained.json ptrace",
        1,
        expect![[r#"
            ptrace (101 on X86_64): ERRNO EPERM
              no rule fits: the default action
              11 instructions executed
        "#]],
    );
    let text = r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
  {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
   "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_NE"}]}]}"#;
    fs::write(folder.path().join("socket.json"), text).unwrap();
    check(
        folder.path(),
        "explain socket.json socket",
        1,
        expect![[r#"
            socket (41 on X86_64) depends on its arguments:

              family != AF_VSOCK (40): ALLOW
                the rule at socket.json:2:14
                  2 |   {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
                    |              ^^^^^^^^
                10 instructions executed

              family = AF_VSOCK (40): ERRNO EPERM
                no rule fits: the default action
                10 instructions executed
        "#]],
    );
}

#[test]
fn diff_and_prove_tell_calls_and_arguments() {
    let folder = folder();
    check(
        folder.path(),
        "diff default:docker default:containerd --runtime crun --arch x86_64",
        1,
        expect![[r#"
            From default:docker to default:containerd: 9 calls permitted, 0 refused, 0 with another action.

            X86_64
              ERRNO EPERM -> ALLOW
                lsm_get_self_attr lsm_set_self_attr lsm_list_modules

            X86
              ERRNO EPERM -> ALLOW
                lsm_get_self_attr lsm_set_self_attr lsm_list_modules

            X32
              ERRNO EPERM -> ALLOW
                lsm_get_self_attr lsm_set_self_attr lsm_list_modules
        "#]],
    );
    let ran = run(
        folder.path(),
        "prove default:containers-common --against default:docker --format json",
    );
    assert_eq!(ran.code, Some(1));
    let proof: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(proof["holds"], false);
    assert_eq!(proof["proofs"][0]["detail"]["call"], "clone");
}

#[test]
fn sim_tells_refused_calls_and_does_not_guess() {
    let folder = folder();
    let thread = |tid, comm: &str| ThreadEntry {
        tid,
        pid: tid,
        comm: comm.into(),
        ..ThreadEntry::default()
    };
    let snapshot = Snapshot {
        machine: Machine {
            num_cpus: 1,
            ..Machine::default()
        },
        threads: vec![thread(7, "web"), thread(8, "sh")],
        ..Snapshot::default()
    };
    let socket = |tid, domain: u32| {
        EventBuilder::new(EventType::SOCKET_SOCKET_X)
            .tid(tid)
            .ts(1_700_000_000_000_000_000)
            .with("fd", 3)
            .with("domain", domain)
            .with("type", 1)
            .with("proto", 0)
            .build()
    };
    let unshare = EventBuilder::new(EventType::SYSCALL_UNSHARE_X)
        .tid(8)
        .ts(1_700_000_001_000_000_000)
        .with("res", 0)
        .with("flags", 0)
        .build();
    let path = folder.path().join("run.scap");
    let mut writer = Writer::create(&path, Compression::None, &snapshot).unwrap();
    for record in [socket(7, 2), socket(7, 40), socket(7, 40), unshare] {
        writer.event(&record.raw()).unwrap();
    }
    writer.finish().unwrap();
    let text = r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_EQ"}]},
        {"names": ["unshare"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{"index": 1, "value": 5, "op": "SCMP_CMP_EQ"}]}]}"#;
    fs::write(folder.path().join("p.json"), text).unwrap();
    check(
        folder.path(),
        "sim p.json run.scap",
        1,
        expect![[r#"
            run.scap under p.json: 4 calls, 2 refused, 1 depending on what the capture does not hold.

              times call           gets           process         container     first
                  2 socket         ERRNO EPERM    web             -             22:13:20
                  1 unshare        depends on arg1 sh              -             22:13:21
        "#]],
    );
}

#[test]
fn test_tells_what_does_not_hold_and_where() {
    let folder = folder();
    let cases = "profile: fine-grained.json\ncases:\n- {call: openat, expect: allow}\n\
                 - {call: ptrace, expect: refused}\n- call: mount\n  expect: permitted\n";
    fs::write(folder.path().join("cases.yaml"), cases).unwrap();
    check(
        folder.path(),
        "test cases.yaml",
        1,
        expect![[r#"
            cases.yaml:5: mount should be permitted
              it gets ERRNO EPERM
            3 cases, 1 failed
        "#]],
    );
    check(
        folder.path(),
        "test cases.yaml --profile audit.json",
        1,
        expect![[r#"
            cases.yaml:3: openat should be allow
              it gets LOG
            cases.yaml:4: ptrace should be refused
              it gets LOG
            3 cases, 2 failed
        "#]],
    );
}

#[test]
fn what_cannot_be_read_is_one_clear_error_and_exit_code_2() {
    let folder = folder();
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let long = vec![b' '; 10 << 20];
    let jump = [
        0x05, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x06, 0, 0, 0, 0, 0, 0, 0,
    ];
    let inputs: [(&str, &[u8], &str); 9] = [
        ("explain - read", b"hello", "expected a seccomp profile"),
        ("explain - read", b"{\"a\": 1}", "it has no `defaultAction`"),
        (
            "explain - read",
            b"{\"defaultAction\": \"SCMP_ACT_ALLOW\", ",
            "not JSON",
        ),
        ("explain - read", &deep, "maximum nesting depth"),
        ("explain - read", &long, "too long for a profile"),
        (
            "explain - read",
            b"{\"defaultAction\": \"SCMP_ACT_AL\0LOW\"}",
            "NUL bytes",
        ),
        ("disasm -", &jump[..11], "whole number of instructions"),
        ("decompile -", &jump, "jumps past the end"),
        (
            "compile -",
            b"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 99999999999999999999}",
            "2^64 - 1",
        ),
    ];
    for (line, input, expect) in inputs {
        let ran = run_with(folder.path(), line, input);
        assert_eq!(ran.code, Some(2), "{line} {expect}: {}", ran.stdout);
        assert!(
            ran.stderr.contains(expect),
            "{line} {expect}: {}",
            ran.stderr
        );
        assert!(ran.stderr.len() < 4096, "{line} {expect}");
    }
    for line in [
        "explain fine-grained.json opneat",
        "diff fine-grained.json none.json",
        "prove fine-grained.json",
        "lint --no-such-flag",
        "lint",
        "defaults containerd --unexpanded",
    ] {
        let ran = run(folder.path(), line);
        assert_eq!(ran.code, Some(2), "{line}: {}", ran.stdout);
        assert!(!ran.stderr.is_empty(), "{line}");
    }
}

#[test]
fn an_operators_resource_is_read_like_a_profile() {
    let folder = folder();
    let text = "apiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\n\
                metadata: {name: web}\nspec:\n  defaultAction: SCMP_ACT_ERRNO\n  syscalls:\n  \
                - action: SCMP_ACT_ALLOW\n    names: [read, write]\n";
    fs::write(folder.path().join("web.yaml"), text).unwrap();
    let ran = run(folder.path(), "explain web.yaml read");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("web.yaml:8:13"), "{}", ran.stdout);
}
