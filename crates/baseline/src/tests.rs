//! Recordings that were made up, and what is learnt from them.

use expect_test::{Expect, expect};
use lanner_seccomp::bpf::Data;
use lanner_seccomp::lint::RUNTIMES;
use lanner_seccomp::policy::Policy;
use lanner_seccomp::{Action, Arch, table};

use super::*;

const ARCH: Arch = Arch::X86_64;

/// A recording of calls: name, arguments, how often.
fn recording(calls: &[(&str, &[u64], u64)]) -> Recording {
    let mut recording = Recording::new(Method::Probe, Subject::default(), ARCH);
    for (name, given, count) in calls {
        let call = table::by_name(name).unwrap();
        let mut args = [0; 6];
        args[..given.len()].copy_from_slice(given);
        let chosen = arguments::recorded(ARCH, call).0;
        let number = call.number(ARCH).unwrap();
        recording.add((ARCH, number), "prog", (chosen, Some(&args)), *count);
    }
    recording.sort();
    recording
}

fn plain(recording: &[Recording]) -> Learnt {
    learn(recording, &Options::default()).unwrap()
}

/// What a profile does with a call.
fn decide(learnt: &Learnt, name: &str, args: &[u64]) -> Action {
    let number = table::by_name(name).unwrap().number(ARCH).unwrap();
    let mut all = [0; 6];
    all[..args.len()].copy_from_slice(args);
    Policy::new(&learnt.spec)
        .decide(&Data::new(ARCH, number, all))
        .0
}

#[test]
fn what_was_recorded_is_permitted_and_nothing_else() {
    let learnt = plain(&[recording(&[
        ("socket", &[2, 1, 0], 3),
        ("socket", &[1, 2, 0], 1),
        ("clone", &[0x0120_0011], 1),
        ("clone", &[0x003d_0f00], 1),
        ("personality", &[0xffff_ffff], 1),
        ("ioctl", &[1, 0x5401], 9),
        ("getpid", &[], 2),
        ("unshare", &[0x2_0000], 1),
    ])]);
    let check = |name, args: &[u64], permitted| {
        let expect = if permitted {
            Action::Allow
        } else {
            Action::Errno(38)
        };
        assert_eq!(decide(&learnt, name, args), expect, "{name} {args:x?}");
    };
    check("getpid", &[], true);
    check("getppid", &[], false);
    check("ptrace", &[0], false);
    check("mount", &[], false);
    check("socket", &[2, 3, 7], true);
    check("socket", &[1], true);
    check("socket", &[16], false);
    // The kernel takes 32 bits of a domain: what is above makes no other one of it.
    check("socket", &[0x1_0000_0002], true);
    check("socket", &[0x1_0000_0028], false);
    // Any signal, and the flags that were seen in any company; no namespaces.
    check("clone", &[0x003d_0f00 | 9], true);
    check("clone", &[0x0120_0011 | 0x100], true);
    check("clone", &[0x1000_0011], false);
    check("clone", &[0x2_0011], false);
    check("personality", &[0xffff_ffff_ffff_ffff], true);
    check("personality", &[8], false);
    check("ioctl", &[7, 0x5401, 5], true);
    check("ioctl", &[1, 0x5412], false);
    check("unshare", &[0x2_0000], true);
    check("unshare", &[0x1000_0000], false);
    // What every program starts and ends with.
    for name in [
        "exit_group",
        "rt_sigreturn",
        "restart_syscall",
        "brk",
        "execve",
    ] {
        check(name, &[], true);
    }
    check("arch_prctl", &[0x1002], true);
    check("arch_prctl", &[0x1001], false);
}

#[test]
fn clone3_is_no_way_round_the_flags_of_clone() {
    let calls: &[(&str, &[u64], u64)] = &[("clone3", &[], 4)];
    let learnt = plain(&[recording(calls)]);
    assert_eq!(decide(&learnt, "clone3", &[]), Action::Errno(38));
    // Threads, and a fork as the C library makes it.
    assert_eq!(decide(&learnt, "clone", &[0x003d_0f00]), Action::Allow);
    assert_eq!(decide(&learnt, "clone", &[0x0120_0011]), Action::Allow);
    assert_eq!(decide(&learnt, "clone", &[0x1000_0011]), Action::Errno(38));
    assert!(learnt.notes.iter().any(|n| n.contains("clone3")));
    // Also where other calls get something else.
    let options = Options {
        default: Action::Errno(1),
        ..Options::default()
    };
    let learnt = learn(&[recording(calls)], &options).unwrap();
    assert_eq!(decide(&learnt, "clone3", &[]), Action::Errno(38));
    // Where no arguments are told apart, there is nothing to go round.
    let options = Options {
        arguments: false,
        ..options
    };
    let learnt = learn(&[recording(calls)], &options).unwrap();
    assert_eq!(decide(&learnt, "clone3", &[]), Action::Allow);
}

#[test]
fn arguments_that_are_not_all_known_are_not_told_apart() {
    let mut partly = recording(&[("socket", &[2], 1)]);
    partly.add((ARCH, 41), "prog", (1, None), 1);
    let learnt = plain(&[partly]);
    assert_eq!(decide(&learnt, "socket", &[16]), Action::Allow);
    assert!(learnt.notes.iter().any(|n| n.contains("socket")));
}

#[test]
fn a_runtime_gets_what_it_calls() {
    let runtime = RUNTIMES.iter().find(|n| n.name == "runc");
    let learnt = |no_new_privs| {
        let options = Options {
            runtime,
            no_new_privs,
            ..Options::default()
        };
        learn(&[recording(&[("prctl", &[15], 1)])], &options).unwrap()
    };
    let last = learnt(true);
    assert_eq!(decide(&last, "fstatfs", &[]), Action::Allow);
    assert_eq!(decide(&last, "capset", &[]), Action::Errno(38));
    assert_eq!(decide(&last, "prctl", &[1]), Action::Errno(38));
    let early = learnt(false);
    assert_eq!(decide(&early, "capset", &[]), Action::Allow);
    assert_eq!(decide(&early, "prctl", &[1]), Action::Allow);
    assert_eq!(early.origins["capset"], Origin::Runtime("runc 1.5"));
}

#[test]
fn numbers_without_a_name_are_told() {
    let mut odd = recording(&[]);
    odd.add((ARCH, 9999), "prog", (0, None), 7);
    let learnt = plain(&[odd]);
    assert!(learnt.notes[0].starts_with("call 9999 of SCMP_ARCH_X86_64 was made 7 times"));
}

#[test]
fn merging_keeps_everything_and_counts_runs() {
    let one = recording(&[("socket", &[2], 3), ("getpid", &[], 1)]);
    let two = recording(&[("socket", &[2], 1), ("socket", &[10], 1)]);
    let all = Recording::merge(&[one.clone(), two.clone()]).unwrap();
    assert_eq!(all.runs, 2);
    assert_eq!(all.total(), 6);
    let socket = all.calls.iter().find(|c| c.name == "socket").unwrap();
    assert_eq!((socket.count, socket.runs), (5, 2));
    let runs: Vec<u64> = socket.values.iter().map(|v| v.runs).collect();
    assert_eq!(runs, [2, 1]);
    // However they are put together, the profile is the same.
    let again = Recording::merge(&[two.clone(), one.clone()]).unwrap();
    assert_eq!(all.calls, again.calls);
    let spec = |recordings: &[Recording]| plain(recordings).spec;
    assert_eq!(spec(&[one, two]), spec(&[all]));
    assert!(Recording::merge(&[]).is_none());
}

#[test]
fn the_text_of_a_recording_reads_back() {
    let whole = recording(&[("socket", &[2, 0x80001], 3), ("getpid", &[], 1)]);
    let text = whole.to_text().unwrap();
    assert_eq!(Recording::parse(text.as_bytes()).unwrap(), whole);
    let form = r#"  "calls": [
    {
      "arch": "SCMP_ARCH_X86_64",
      "number": 39,
      "name": "getpid",
      "count": 1,
      "programs": {
        "prog": 1
      },
      "values_complete": true
    },
"#;
    assert!(text.contains(form), "{text}");
}

#[test]
fn what_is_no_recording_says_why() {
    let check = |text: &str, expect: Expect| {
        let error = Recording::parse(text.as_bytes()).unwrap_err();
        expect.assert_eq(&error.to_string());
    };
    check(
        "",
        expect!["this is no recording: EOF while parsing a value at line 1 column 0"],
    );
    check(
        "{\"defaultAction\": \"SCMP_ACT_LOG\"}",
        expect![[r#"this is no recording: its format is "", expected "lanner-seccomp-recording""#]],
    );
    check(
        r#"{"format": "lanner-seccomp-recording", "version": 2}"#,
        expect!["this recording has version 2, and this lanner reads 1: use a newer one"],
    );
    check(
        "{\"format\": \"lanner-seccomp-recording\",\n \"version\": 1}",
        expect!["this is no recording: missing field `method` at line 2 column 14"],
    );
    let other = recording(&[]).to_text().unwrap().replace("X86_64", "VAX");
    check(
        &other,
        expect![[r#"this recording has calls of architecture "SCMP_ARCH_VAX", which is none"#]],
    );
}

#[test]
fn the_chance_of_something_new_is_put_in_words() {
    let check = |estimate: Estimate, expect: Expect| expect.assert_eq(&estimate.to_string());
    let one = Estimate {
        calls: 1000,
        kinds: 40,
        once: 10,
        runs: 1,
        in_one_run: 40,
    };
    check(
        one,
        expect![
            "1000 calls of 40 kinds in 1 run. 10 of the kinds came up once: the chance that the next call is a new one is about 1 in 100. That holds for more of the same: one run says nothing about what other runs would do. Record more, and learn from all of them."
        ],
    );
    let more = Estimate {
        once: 0,
        runs: 4,
        in_one_run: 2,
        ..one
    };
    check(
        more,
        expect![
            "1000 calls of 40 kinds in 4 runs. Every kind came up more than once: the chance that the next call is a new one is likely below 1 in 333. 2 of the kinds were in one run alone: about 0.5 new ones are to be expected of the next run, if it is like these."
        ],
    );
    let learnt = plain(&[recording(&[("socket", &[2], 1), ("socket", &[10], 5)])]);
    assert_eq!((learnt.estimate.kinds, learnt.estimate.once), (2, 1));
    assert_eq!(learnt.estimate.next_run(), None);
}
