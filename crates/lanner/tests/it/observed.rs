//! What `lanner seccomp` takes from recordings, captures and running processes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use expect_test::{Expect, expect};
use lanner_event::EventType;
use lanner_event::testing::EventBuilder;

use crate::lab::{Lab, Ran, execve};

/// Runs a verb, with words parted by spaces.
fn run(lab: &Lab, line: &str) -> Ran {
    lab.command(["seccomp"].into_iter().chain(line.split(' ')))
        .output()
        .unwrap()
        .into()
}

/// Asserts all that is printed, standard error after standard output, and the exit code.
fn check(lab: &Lab, line: &str, code: i32, expect: Expect) {
    let ran = run(lab, line);
    assert_eq!(ran.code, Some(code), "{line}: {ran:?}");
    let told = match ran.stderr.is_empty() {
        true => String::new(),
        false => format!("-- stderr --\n{}", ran.stderr),
    };
    expect.assert_eq(&format!("{}{told}", ran.stdout));
}

/// A run in which `web` made calls; `calls` are the entries of `calls` in a recording.
fn recording(lab: &Lab, name: &str, started: u64, calls: &str) {
    let text = format!(
        r#"{{"format": "lanner-seccomp-recording", "version": 1, "method": "probe",
        "subject": {{"command": ["web"]}}, "kernel": "6.1.0", "arch": "SCMP_ARCH_X86_64",
        "started": {started}, "seconds": 2.5, "runs": 1, "calls": [{calls}]}}"#
    );
    lab.file(name, text);
}

/// Two runs: the second has a call and a domain that the first has not.
fn two_runs() -> Lab {
    let lab = Lab::new();
    let first = r#"
        {"arch": "SCMP_ARCH_X86_64", "number": 0, "name": "read", "count": 40, "runs": 1,
         "programs": {"web": 40}},
        {"arch": "SCMP_ARCH_X86_64", "number": 41, "name": "socket", "count": 2, "runs": 1,
         "programs": {"web": 2}, "values_complete": true,
         "values": [{"args": {"0": 2}, "count": 2}]},
        {"arch": "SCMP_ARCH_X86_64", "number": 435, "name": "clone3", "count": 1, "runs": 1,
         "programs": {"web": 1}}"#;
    let second = r#"
        {"arch": "SCMP_ARCH_X86_64", "number": 0, "name": "read", "count": 30, "runs": 1,
         "programs": {"web": 29, "sh": 1}},
        {"arch": "SCMP_ARCH_X86_64", "number": 41, "name": "socket", "count": 1, "runs": 1,
         "programs": {"web": 1}, "values_complete": true,
         "values": [{"args": {"0": 10}, "count": 1}]},
        {"arch": "SCMP_ARCH_X86_64", "number": 1, "name": "write", "count": 1, "runs": 1,
         "programs": {"sh": 1}}"#;
    recording(&lab, "a.rec", 1_700_000_000, first);
    recording(&lab, "b.rec", 1_700_000_100, second);
    lab
}

#[test]
fn merge_keeps_counts_runs_and_values() {
    check(
        &two_runs(),
        "merge a.rec b.rec",
        0,
        expect![[r#"
        {
          "format": "lanner-seccomp-recording",
          "version": 1,
          "method": "merged",
          "subject": {
            "command": [
              "web"
            ]
          },
          "kernel": "6.1.0",
          "arch": "SCMP_ARCH_X86_64",
          "started": 1700000000,
          "seconds": 5.0,
          "runs": 2,
          "shortfall": {
            "values": 0,
            "calls": 0,
            "processes": 0
          },
          "calls": [
            {
              "arch": "SCMP_ARCH_X86_64",
              "number": 0,
              "name": "read",
              "count": 70,
              "runs": 2,
              "programs": {
                "sh": 1,
                "web": 69
              },
              "values_complete": false
            },
            {
              "arch": "SCMP_ARCH_X86_64",
              "number": 1,
              "name": "write",
              "count": 1,
              "programs": {
                "sh": 1
              },
              "values_complete": false
            },
            {
              "arch": "SCMP_ARCH_X86_64",
              "number": 41,
              "name": "socket",
              "count": 3,
              "runs": 2,
              "programs": {
                "web": 3
              },
              "values": [
                {
                  "args": {
                    "0": 2
                  },
                  "count": 2
                },
                {
                  "args": {
                    "0": 10
                  },
                  "count": 1
                }
              ],
              "values_complete": true
            },
            {
              "arch": "SCMP_ARCH_X86_64",
              "number": 435,
              "name": "clone3",
              "count": 1,
              "programs": {
                "web": 1
              },
              "values_complete": false
            }
          ]
        }
    "#]],
    );
}

#[test]
fn learn_prints_the_profile_and_accounts_for_it() {
    check(
        &two_runs(),
        "learn a.rec b.rec",
        0,
        expect![[r#"
        {
          "defaultAction": "SCMP_ACT_ERRNO",
          "defaultErrnoRet": 38,
          "architectures": ["SCMP_ARCH_X86_64"],
          "syscalls": [
            {
              "names": [
                "access", "brk", "close", "execve", "exit", "exit_group", "fstat", "futex", "getrandom",
                "mmap", "mprotect", "munmap", "newfstatat", "openat", "pread64", "read", "readlink",
                "restart_syscall", "rseq", "rt_sigreturn", "set_robust_list", "set_tid_address", "write",
                "writev"
              ],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "names": ["arch_prctl"],
              "action": "SCMP_ACT_ALLOW",
              "args": [
                { "index": 0, "value": 4294967295, "valueTwo": 4098, "op": "SCMP_CMP_MASKED_EQ" }
              ]
            },
            {
              "names": ["arch_prctl"],
              "action": "SCMP_ACT_ALLOW",
              "args": [
                { "index": 0, "value": 4294967295, "valueTwo": 12289, "op": "SCMP_CMP_MASKED_EQ" }
              ]
            },
            {
              "names": ["clone"],
              "action": "SCMP_ACT_ALLOW",
              "args": [
                { "index": 0, "value": 4274171904, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }
              ]
            },
            {
              "names": ["socket"],
              "action": "SCMP_ACT_ALLOW",
              "args": [
                { "index": 0, "value": 4294967295, "valueTwo": 2, "op": "SCMP_CMP_MASKED_EQ" }
              ]
            },
            {
              "names": ["socket"],
              "action": "SCMP_ACT_ALLOW",
              "args": [
                { "index": 0, "value": 4294967295, "valueTwo": 10, "op": "SCMP_CMP_MASKED_EQ" }
              ]
            }
          ]
        }
        -- stderr --
        Learnt from 75 calls of 5 kinds in 2 runs. 3 of the kinds came up once: the chance that the next call is a new one is about 1 in 25. 4 of the kinds were in one run alone: about 2.0 new ones are to be expected of the next run, if it is like these.
        3 calls are permitted because they were recorded.
        Added, as every program starts or ends with them: access, arch_prctl, brk, close, execve, exit, exit_group, fstat, futex, getrandom, mmap, mprotect, munmap, newfstatat, openat, pread64, readlink, restart_syscall, rseq, rt_sigreturn, set_robust_list, set_tid_address, writev.
        Added, as the C library uses them instead of clone3: clone.
        For a container, give --runtime: the runtime makes calls of its own under the filter.
        Note: clone3 was called; its flags are in memory, where no filter sees them, so it gets ENOSYS, and the C library uses clone for threads and processes.
    "#]],
    );
}

#[test]
fn what_is_no_recording_is_said_once() {
    let lab = Lab::new();
    lab.file("cut.rec", "{");
    check(
        &lab,
        "merge cut.rec",
        2,
        expect![[r#"
        -- stderr --
        Error: cut.rec: this is no recording: EOF while parsing an object at line 1 column 1
    "#]],
    );
}

#[test]
fn learn_accounts_for_scripts_and_takes_merged_recordings() {
    let lab = two_runs();
    check(
        &lab,
        "learn a.rec b.rec --runtime crun --default log --no-arguments --format json",
        0,
        expect![[r#"
            {
              "calls": {
                "access": {
                  "origin": "program"
                },
                "arch_prctl": {
                  "origin": "program"
                },
                "brk": {
                  "origin": "program"
                },
                "clone3": {
                  "count": 1,
                  "origin": "recorded",
                  "programs": [
                    "web"
                  ],
                  "runs": 1
                },
                "close": {
                  "origin": "program"
                },
                "execve": {
                  "origin": "program"
                },
                "exit": {
                  "origin": "program"
                },
                "exit_group": {
                  "origin": "program"
                },
                "fstat": {
                  "origin": "program"
                },
                "futex": {
                  "origin": "program"
                },
                "getrandom": {
                  "origin": "program"
                },
                "mmap": {
                  "origin": "program"
                },
                "mprotect": {
                  "origin": "program"
                },
                "munmap": {
                  "origin": "program"
                },
                "newfstatat": {
                  "origin": "program"
                },
                "openat": {
                  "origin": "program"
                },
                "pread64": {
                  "origin": "program"
                },
                "read": {
                  "count": 70,
                  "origin": "recorded",
                  "programs": [
                    "sh",
                    "web"
                  ],
                  "runs": 2
                },
                "readlink": {
                  "origin": "program"
                },
                "restart_syscall": {
                  "origin": "program"
                },
                "rseq": {
                  "origin": "program"
                },
                "rt_sigreturn": {
                  "origin": "program"
                },
                "set_robust_list": {
                  "origin": "program"
                },
                "set_tid_address": {
                  "origin": "program"
                },
                "socket": {
                  "count": 3,
                  "origin": "recorded",
                  "programs": [
                    "web"
                  ],
                  "runs": 2
                },
                "write": {
                  "count": 1,
                  "origin": "recorded",
                  "programs": [
                    "sh"
                  ],
                  "runs": 1
                },
                "writev": {
                  "origin": "program"
                }
              },
              "estimate": {
                "calls": 75,
                "in_one_run": 2,
                "kinds": 4,
                "next_call_new": 0.02666666666666667,
                "next_run_new_kinds": 1.0,
                "once": 2,
                "runs": 2
              },
              "notes": [],
              "profile": {
                "architectures": [
                  "SCMP_ARCH_X86_64"
                ],
                "defaultAction": "SCMP_ACT_LOG",
                "syscalls": [
                  {
                    "action": "SCMP_ACT_ALLOW",
                    "names": [
                      "access",
                      "arch_prctl",
                      "brk",
                      "clone3",
                      "close",
                      "execve",
                      "exit",
                      "exit_group",
                      "fstat",
                      "futex",
                      "getrandom",
                      "mmap",
                      "mprotect",
                      "munmap",
                      "newfstatat",
                      "openat",
                      "pread64",
                      "read",
                      "readlink",
                      "restart_syscall",
                      "rseq",
                      "rt_sigreturn",
                      "set_robust_list",
                      "set_tid_address",
                      "socket",
                      "write",
                      "writev"
                    ]
                  }
                ]
              }
            }
        "#]],
    );
    // What is merged first is learnt as if it were not.
    assert_eq!(run(&lab, "merge a.rec b.rec -o all.rec").code, Some(0));
    let (merged, apart) = (run(&lab, "learn all.rec"), run(&lab, "learn a.rec b.rec"));
    assert_eq!(merged.stdout, apart.stdout);
    assert_eq!(merged.stderr, apart.stderr);
}

#[test]
fn learn_takes_names_from_a_capture() {
    let lab = Lab::new();
    let socket = EventBuilder::new(EventType::SOCKET_SOCKET_X)
        .tid(100)
        .with("fd", 3)
        .with("domain", 2)
        .with("type", 1)
        .with("proto", 0);
    lab.events("web.scap", [execve("/usr/bin/web"), socket]);
    check(
        &lab,
        "learn web.scap",
        0,
        expect![[r#"
        {
          "defaultAction": "SCMP_ACT_ERRNO",
          "defaultErrnoRet": 38,
          "architectures": ["SCMP_ARCH_X86_64"],
          "syscalls": [
            {
              "names": [
                "access", "brk", "close", "execve", "exit", "exit_group", "fstat", "futex", "getrandom",
                "mmap", "mprotect", "munmap", "newfstatat", "openat", "pread64", "read", "readlink",
                "restart_syscall", "rseq", "rt_sigreturn", "set_robust_list", "set_tid_address", "socket",
                "writev"
              ],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "names": ["arch_prctl"],
              "action": "SCMP_ACT_ALLOW",
              "args": [
                { "index": 0, "value": 4294967295, "valueTwo": 4098, "op": "SCMP_CMP_MASKED_EQ" }
              ]
            },
            {
              "names": ["arch_prctl"],
              "action": "SCMP_ACT_ALLOW",
              "args": [
                { "index": 0, "value": 4294967295, "valueTwo": 12289, "op": "SCMP_CMP_MASKED_EQ" }
              ]
            }
          ]
        }
        -- stderr --
        Learnt from 2 calls of 2 kinds in 1 run. 2 of the kinds came up once: the chance that the next call is a new one is about 1 in 1. That holds for more of the same: one run says nothing about what other runs would do. Record more, and learn from all of them.
        2 calls are permitted because they were recorded.
        Added, as every program starts or ends with them: access, arch_prctl, brk, close, exit, exit_group, fstat, futex, getrandom, mmap, mprotect, munmap, newfstatat, openat, pread64, read, readlink, restart_syscall, rseq, rt_sigreturn, set_robust_list, set_tid_address, writev.
        For a container, give --runtime: the runtime makes calls of its own under the filter.
        Note: of socket the values of its arguments are not all known: it is permitted with any.
    "#]],
    );
    // The condition leaves the socket out.
    let ran = run(&lab, "learn web.scap --filter evt.type=execve");
    assert!(ran.stdout.contains("\"execve\""), "{ran:?}");
    assert!(!ran.stdout.contains("\"socket\""), "{ran:?}");
}

/// An ELF program that asks thrice for its parent, makes an unconnected socket and ends with 7.
fn program() -> Vec<u8> {
    let mut code = Vec::new();
    let mut call = |number: u8, args: [u8; 2]| {
        let [a, b] = args;
        // mov eax, number; mov edi, a; mov esi, b; xor edx, edx; syscall
        code.extend([0xb8, number, 0, 0, 0, 0xbf, a, 0, 0, 0, 0xbe, b, 0, 0, 0]);
        code.extend([0x31, 0xd2, 0x0f, 0x05]);
    };
    for _ in 0..3 {
        call(110, [0, 0]);
    }
    call(41, [1, 1]);
    call(231, [7, 0]);
    let size = (64 + 56 + code.len()) as u64;
    let base = 0x40_0000_u64;
    let half = |words: &[u16]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    let long = |words: &[u64]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    [
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(),
        // An executable for x86-64; version 1.
        half(&[2, 62, 1, 0]),
        // Entry, program headers, no sections; no flags.
        long(&[base + 120, 64, 0]),
        half(&[0, 0, 64, 56, 1, 0, 0, 0]),
        // Loaded, read and executed.
        half(&[1, 0, 5, 0]),
        long(&[0, base, base, size, size, 0x1000]),
        code,
    ]
    .concat()
}

#[test]
fn trace_shows_a_table_of_calls() {
    use std::os::unix::fs::PermissionsExt;

    let lab = Lab::new();
    let path = lab.file("prog", program());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let ran = run(&lab, "trace --method ptrace -o prog.rec -- ./prog");
    // The code is the command's.
    assert_eq!(ran.code, Some(7), "{ran:?}");
    let (head, rest) = ran.stderr.split_once(" in ").unwrap();
    let (_, rest) = rest.split_once(" s, ").unwrap();
    expect![[r#"
        6 calls, 4 different ones, in N s, by tracing
            COUNT  CALL                 PROGRAMS                 VALUES
                3  getppid              prog
                1  execve               lanner
                1  exit_group           prog
                1  socket               prog                     family: AF_UNIX; type: SOCK_STREAM
    "#]]
    .assert_eq(&format!("{head} in N s, {rest}"));
    let learnt = run(&lab, "learn prog.rec");
    assert!(learnt.stdout.contains("getppid"), "{learnt:?}");
}

/// A command under `lanner seccomp run`, until it is dropped.
struct Under {
    lanner: Child,
    pid: String,
}

impl Under {
    /// Under `p.json`; its filter is loaded when this returns.
    fn start(folder: &Path, args: &[&str]) -> Under {
        let mut lanner = Command::new(env!("CARGO_BIN_EXE_lanner"))
            .args(["seccomp", "run", "--profile", "p.json"])
            .args(args)
            .args(["--", "sh", "-c", "echo $$; read line"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut pid = String::new();
        let mut stdout = BufReader::new(lanner.stdout.take().unwrap());
        stdout.read_line(&mut pid).unwrap();
        let pid = pid.trim().to_owned();
        Under { lanner, pid }
    }
}

impl Drop for Under {
    fn drop(&mut self) {
        // The shell reads the end of its input, and ends.
        drop(self.lanner.stdin.take());
        let _ = self.lanner.wait();
    }
}

#[test]
fn root_the_filter_of_a_running_process_is_read_back() {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    if !status.contains("\nUid:\t0\t") || !status.contains("\nSeccomp:\t0\n") {
        eprintln!("skipped: needs root, and no filter of its own");
        return;
    }
    let lab = Lab::new();
    let text = r#"{"defaultAction": "SCMP_ACT_ALLOW", "flags": [],
        "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
        {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
         "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_EQ"}]}]}"#;
    lab.file("p.json", text);
    // Whom `run` traces cannot be read by another.
    let traced = Under::start(lab.path(), &[]);
    let ran = run(&lab, &format!("decompile --pid {}", traced.pid));
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let told = ran.stderr.replace(&traced.pid, "N");
    expect![[r#"
        Error: process N may not be traced: it needs CAP_SYS_PTRACE, and nobody else tracing it
    "#]]
    .assert_eq(&told);
    drop(traced);

    let running = Under::start(lab.path(), &["--observe", "audit"]);
    let ran = run(&lab, &format!("decompile --pid {}", running.pid));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    expect![[r#"
        {
          "defaultAction": "SCMP_ACT_ALLOW",
          "architectures": ["SCMP_ARCH_X86_64"],
          "syscalls": [
            {
              "names": ["mount"],
              "action": "SCMP_ACT_ERRNO"
            },
            {
              "names": ["socket"],
              "action": "SCMP_ACT_ERRNO",
              "errnoRet": 13,
              "args": [
                { "index": 0, "value": 40, "op": "SCMP_CMP_EQ" }
              ]
            }
          ]
        }
    "#]]
    .assert_eq(&ran.stdout);
    lab.file("live.json", &ran.stdout);
    let compiled = run(&lab, "compile p.json --runtime crun -o p.bpf");
    assert_eq!(compiled.code, Some(0), "{compiled:?}");
    for line in ["live.json --against p.bpf", "p.bpf --against live.json"] {
        let proof = run(&lab, &format!("prove {line} --runtime crun"));
        assert_eq!(proof.code, Some(0), "{line}: {proof:?}");
    }
    let listed = run(&lab, &format!("disasm --pid {}", running.pid));
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(listed.stdout.contains("socket"), "{listed:?}");
    let second = run(&lab, &format!("disasm --pid {} --filter 2", running.pid));
    assert_eq!(second.code, Some(2), "{second:?}");
    let told = second.stderr.replace(&running.pid, "N");
    expect![[r#"
        Error: process N has filters 1 to 1, there is no 2
    "#]]
    .assert_eq(&told);
}
