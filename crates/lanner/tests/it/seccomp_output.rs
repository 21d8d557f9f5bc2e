//! What the verbs of `lanner seccomp` print, for people and for scripts.

use std::fs;

use expect_test::expect;
use serde_json::json;

use crate::seccomp::{check, run};

/// The small profile without sockets.
const LESS: &str = r#"{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [{"names": ["read", "write", "close", "exit_group"], "action": "SCMP_ACT_ALLOW"}]}"#;

/// A folder with a small profile.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let profile = r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    {"names": ["read", "write", "close", "exit_group"], "action": "SCMP_ACT_ALLOW"},
    {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
     "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}
  ]
}
"#;
    fs::write(folder.path().join("small.json"), profile).unwrap();
    folder
}

#[test]
fn disasm_for_scripts() {
    let folder = folder();
    check(
        folder.path(),
        "disasm small.json --format json",
        0,
        expect![[r#"
            {
              "instructions": 20,
              "lines": [
                {
                  "at": 0,
                  "code": 32,
                  "from": [],
                  "jf": 0,
                  "jt": 0,
                  "k": 4,
                  "note": "",
                  "text": "A = arch"
                },
                {
                  "at": 1,
                  "code": 21,
                  "from": [],
                  "jf": 17,
                  "jt": 0,
                  "k": 3221225534,
                  "note": "X86_64, X32",
                  "text": "if A != 0xc000003e goto 19"
                },
                {
                  "at": 2,
                  "code": 32,
                  "from": [],
                  "jf": 0,
                  "jt": 0,
                  "k": 0,
                  "note": "",
                  "text": "A = nr"
                },
                {
                  "at": 3,
                  "code": 53,
                  "from": [],
                  "jf": 0,
                  "jt": 9,
                  "k": 232,
                  "note": "from epoll_wait on",
                  "text": "if A >= 0xe8 goto 13"
                },
                {
                  "at": 4,
                  "code": 21,
                  "from": [],
                  "jf": 4,
                  "jt": 0,
                  "k": 41,
                  "note": "socket",
                  "text": "if A != 0x29 goto 9"
                },
                {
                  "at": 5,
                  "code": 32,
                  "from": [],
                  "jf": 0,
                  "jt": 0,
                  "k": 20,
                  "note": "family, high half",
                  "text": "A = args[0][4]"
                },
                {
                  "at": 6,
                  "code": 53,
                  "from": [],
                  "jf": 0,
                  "jt": 11,
                  "k": 1,
                  "note": "",
                  "text": "if A >= 0x1 goto 18"
                },
                {
                  "at": 7,
                  "code": 32,
                  "from": [],
                  "jf": 0,
                  "jt": 0,
                  "k": 16,
                  "note": "family, low half",
                  "text": "A = args[0][0]"
                },
                {
                  "at": 8,
                  "code": 21,
                  "from": [],
                  "jf": 9,
                  "jt": 3,
                  "k": 1,
                  "note": "AF_UNIX",
                  "text": "if A == 0x1 goto 12 else 18"
                },
                {
                  "at": 9,
                  "code": 53,
                  "from": [
                    4
                  ],
                  "jf": 0,
                  "jt": 1,
                  "k": 4,
                  "note": "from stat on",
                  "text": "if A >= 0x4 goto 11"
                },
                {
                  "at": 10,
                  "code": 21,
                  "from": [],
                  "jf": 1,
                  "jt": 7,
                  "k": 2,
                  "note": "open",
                  "text": "if A == 0x2 goto 18 else 12"
                },
                {
                  "at": 11,
                  "code": 53,
                  "from": [
                    9
                  ],
                  "jf": 6,
                  "jt": 0,
                  "k": 231,
                  "note": "from exit_group on",
                  "text": "if A < 0xe7 goto 18"
                },
                {
                  "at": 12,
                  "code": 6,
                  "from": [
                    8,
                    10
                  ],
                  "jf": 0,
                  "jt": 0,
                  "k": 2147418112,
                  "note": "SCMP_ACT_ALLOW",
                  "text": "return 0x7fff0000"
                },
                {
                  "at": 13,
                  "code": 53,
                  "from": [
                    3
                  ],
                  "jf": 2,
                  "jt": 0,
                  "k": 1073741824,
                  "note": "x32",
                  "text": "if A < 0x40000000 goto 16"
                },
                {
                  "at": 14,
                  "code": 53,
                  "from": [],
                  "jf": 0,
                  "jt": 2,
                  "k": 3221225472,
                  "note": "",
                  "text": "if A >= 0xc0000000 goto 17"
                },
                {
                  "at": 15,
                  "code": 53,
                  "from": [],
                  "jf": 3,
                  "jt": 0,
                  "k": 2147483648,
                  "note": "",
                  "text": "if A < 0x80000000 goto 19"
                },
                {
                  "at": 16,
                  "code": 6,
                  "from": [
                    13
                  ],
                  "jf": 0,
                  "jt": 0,
                  "k": 327718,
                  "note": "SCMP_ACT_ERRNO ENOSYS",
                  "text": "return 0x00050026"
                },
                {
                  "at": 17,
                  "code": 53,
                  "from": [
                    14
                  ],
                  "jf": 1,
                  "jt": 0,
                  "k": 4294967295,
                  "note": "",
                  "text": "if A < 0xffffffff goto 19"
                },
                {
                  "at": 18,
                  "code": 6,
                  "from": [
                    6,
                    8,
                    10,
                    11
                  ],
                  "jf": 0,
                  "jt": 0,
                  "k": 327681,
                  "note": "SCMP_ACT_ERRNO EPERM",
                  "text": "return 0x00050001"
                },
                {
                  "at": 19,
                  "code": 6,
                  "from": [
                    1,
                    15,
                    17
                  ],
                  "jf": 0,
                  "jt": 0,
                  "k": 0,
                  "note": "SCMP_ACT_KILL_THREAD",
                  "text": "return 0x00000000"
                }
              ]
            }
        "#]],
    );
}

#[test]
fn explain_shows_the_whole_profile_by_purpose() {
    let folder = folder();
    check(
        folder.path(),
        "explain small.json",
        0,
        expect![[r#"
        small.json on X86_64: calls without a rule get ERRNO EPERM

        for           this Docker none  permitted calls
        files            3     41   41  close read write
        paths            0     66   68
        memory           0     20   20
        processes        1     17   19  exit_group
        signals          0     16   16
        waiting          0     19   19
        time             0     18   18
        network          1     18   18  socket*
        ipc              0     20   20
        identity         0     26   26
        scheduling       0     21   21
        system           0      5   11
        confinement      0      4    4
        async            0      6    9
        mounts           0      1   15
        namespaces       0      0    4
        tracing          0      3    8
        observing        0      1    9
        numa             0      0    4
        keys             0      0    3
        clock            0      2    4
        kernel           0      0   15
        devices          0      0    2
        machine          0      5    5
        obsolete         0      0    6
        all              5    309  385

        * depends on arguments
          socket           ERRNO EPERM    family != AF_UNIX (1)
          socket           ALLOW          family = AF_UNIX (1)

        architectures
          X86_64       5 of 385 calls permitted
          others       the thread is killed

        The filter has 20 instructions.
    "#]],
    );
    check(
        folder.path(),
        "explain small.json socket(AF_INET) --format json",
        1,
        expect![[r#"
            {
              "arch": "SCMP_ARCH_X86_64",
              "arguments": {
                "family": 2
              },
              "call": "socket",
              "number": 41,
              "outcomes": [
                {
                  "action": "SCMP_ACT_ERRNO",
                  "cached": false,
                  "data": 1,
                  "instructions": 10,
                  "reason": "default",
                  "when": ""
                }
              ]
            }
        "#]],
    );
}

#[test]
fn diff_for_scripts() {
    let folder = folder();
    fs::write(folder.path().join("less.json"), LESS).unwrap();
    check(
        folder.path(),
        "diff small.json less.json --format json",
        1,
        expect![[r#"
            {
              "changes": [
                {
                  "arch": "SCMP_ARCH_X86_64",
                  "call": "socket",
                  "effect": "refuses",
                  "last": 41,
                  "new": {
                    "action": "SCMP_ACT_ERRNO",
                    "data": 1
                  },
                  "number": 41,
                  "old": {
                    "action": "SCMP_ACT_ALLOW",
                    "data": null
                  },
                  "when": "family = AF_UNIX (1)"
                }
              ],
              "new": "less.json",
              "old": "small.json",
              "same": false
            }
        "#]],
    );
}

#[test]
fn a_default_profile_for_another_machine() {
    let folder = folder();
    let ran = run(
        folder.path(),
        "defaults containerd --machine arm64 --kernel 6.1 --caps none",
    );
    let profile: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(profile["defaultAction"], "SCMP_ACT_ERRNO");
    assert_eq!(
        profile["architectures"],
        json!(["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"])
    );
}

#[test]
fn prove_has_three_meanings() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("less.json"), LESS).unwrap();
    check(
        path,
        "prove small.json --against default:docker",
        0,
        expect![[r#"
            proven: small.json allows no more than default:docker
        "#]],
    );
    check(
        path,
        "prove small.json --against less.json",
        1,
        expect![[r#"
            does not hold: small.json allows no more than less.json
              socket(AF_UNIX, 0, 0) on X86_64 gets ALLOW from the first and ERRNO EPERM from the second
        "#]],
    );
    check(
        path,
        "prove small.json --compiled",
        0,
        expect![[r#"
        proven: the filter of 20 instructions returns what the profile says, for every architecture, number and argument
    "#]],
    );
    check(
        path,
        "prove small.json --starts runc --no-new-privs",
        1,
        expect![[r#"
            does not hold: runc 1.5 can start a container, with no_new_privs
              it needs, and is refused:
                fstatfs fstat openat fcntl statx getdents64 execve futex mmap
              it can do without, and is refused:
                openat2
        "#]],
    );
    check(
        path,
        "prove small.json --compiled --format json",
        0,
        expect![[r#"
            {
              "holds": true,
              "profile": "small.json",
              "proofs": [
                {
                  "claim": "compiled",
                  "detail": {
                    "instructions": 20
                  },
                  "holds": true
                }
              ]
            }
        "#]],
    );
}
