//! Pods over time, on a clock that only the test moves.

use std::fmt::Write;

use expect_test::{Expect, expect};

use super::*;

/// What a container does when it is started.
#[derive(Clone, Copy)]
enum Deed {
    /// Runs so many seconds and ends with a code.
    Runs(i64, i32),
    /// Cannot be started.
    NoStart,
    /// Cannot be made.
    NoCreate,
}
use Deed::{NoCreate, NoStart, Runs};

const RUNS_ON: Deed = Runs(i64::MAX, 0);

fn pod(policy: &str, init: usize, main: usize) -> Pod {
    let list = |n, stem: &str| {
        let named = |i| crate::manifest::Container {
            name: format!("{stem}{i}"),
            ..Default::default()
        };
        (0..n).map(named).collect()
    };
    let mut pod = Pod::default();
    pod.metadata.name = "web".to_owned();
    pod.metadata.namespace = "default".to_owned();
    pod.metadata.uid = "u1".to_owned();
    pod.spec.restart_policy = policy.to_owned();
    pod.spec.containers = list(main, "c");
    pod.spec.init_containers = list(init, "i");
    pod
}

/// Lets `seconds` pass second by second; prints the columns whenever their words change. The last
/// deed of a list is repeated.
fn run(pod: &Pod, deeds: &[(Slot, &[Deed])], seconds: i64) -> (String, Machine) {
    let mut machine = Machine::new(pod);
    let mut out = String::new();
    let mut last = String::new();
    let mut ends: Vec<(i64, Slot, i32, i64)> = Vec::new();
    let mut tries = vec![0; deeds.len()];
    let start = 1_700_000_000;
    for second in 0..=seconds {
        let now = Timestamp::from_second(start + second).unwrap();
        let due: Vec<_> = ends.iter().copied().filter(|e| e.0 == second).collect();
        ends.retain(|e| e.0 != second);
        for (_, slot, code, began) in due {
            machine.exited(
                slot,
                Terminated {
                    container_id: "lanner://x".to_owned(),
                    exit_code: code,
                    reason: if code == 0 { "Completed" } else { "Error" }.to_owned(),
                    message: String::new(),
                    started_at: Timestamp::from_second(start + began).unwrap(),
                    finished_at: now,
                },
            );
        }
        let mut show = |machine: &Machine| {
            let [ready, status, restarts] = machine.status.columns(machine.policy(), now);
            let count = restarts.split(' ').next().unwrap_or_default();
            let line = format!("{ready} {status} {count}");
            if line != last {
                writeln!(out, "{second}s {line}").unwrap();
                last = line;
            }
        };
        show(&machine);
        for slot in machine.due(now) {
            let (at, list) = deeds
                .iter()
                .enumerate()
                .find(|(_, d)| d.0 == slot)
                .map(|(i, d)| (i, d.1))
                .expect("a deed");
            let deed = list[tries[at].min(list.len() - 1)];
            tries[at] += 1;
            match deed {
                Runs(length, code) => {
                    machine.started(slot, "x", now);
                    ends.push((second.saturating_add(length), slot, code, second));
                }
                NoStart => machine.not_started(slot, "x", "cannot start a stopped process", now),
                NoCreate => machine.not_created(slot, "CreateContainerError", "no profile", now),
            }
        }
        show(&machine);
    }
    (out, machine)
}

#[track_caller]
fn check(policy: &str, deeds: &[(Slot, &[Deed])], seconds: i64, expect: Expect) -> Machine {
    let count = |init: bool| {
        let is = |d: &&(Slot, &[Deed])| matches!(d.0, Slot::Init(_)) == init;
        deeds.iter().filter(is).count()
    };
    let (shown, machine) = run(&pod(policy, count(true), count(false)), deeds, seconds);
    expect.assert_eq(&shown);
    machine
}

#[test]
fn a_container_that_cannot_start_is_held_back_10_to_300_seconds() {
    let machine = check(
        "Always",
        &[(Slot::Main(0), &[NoStart])],
        1300,
        expect![[r#"
            0s 0/1 ContainerCreating 0
            0s 0/1 RunContainerError 0
            1s 0/1 RunContainerError 1
            2s 0/1 CrashLoopBackOff 1
            11s 0/1 RunContainerError 2
            12s 0/1 CrashLoopBackOff 2
            31s 0/1 RunContainerError 3
            32s 0/1 CrashLoopBackOff 3
            71s 0/1 RunContainerError 4
            72s 0/1 CrashLoopBackOff 4
            151s 0/1 RunContainerError 5
            152s 0/1 CrashLoopBackOff 5
            311s 0/1 RunContainerError 6
            312s 0/1 CrashLoopBackOff 6
            611s 0/1 RunContainerError 7
            612s 0/1 CrashLoopBackOff 7
            911s 0/1 RunContainerError 8
            912s 0/1 CrashLoopBackOff 8
            1211s 0/1 RunContainerError 9
            1212s 0/1 CrashLoopBackOff 9
        "#]],
    );
    let status = machine.container(Slot::Main(0));
    let waiting = status.waiting().unwrap();
    assert_eq!(
        waiting.message,
        "back-off 5m0s restarting failed container=c0 pod=web_default(u1)"
    );
    let last = status.last_state.as_ref().unwrap();
    assert_eq!((last.exit_code, last.reason.as_str()), (128, "StartError"));
    let event = machine.events.last().unwrap();
    assert_eq!(
        (event.reason.as_str(), event.message.as_str(), event.count),
        (
            "BackOff",
            "Back-off restarting failed container c0 in pod web_default(u1)",
            9
        )
    );
}

#[test]
fn a_container_that_ends_is_an_error_and_then_held_back() {
    check(
        "Always",
        &[(Slot::Main(0), &[Runs(3, 1)])],
        50,
        expect![[r#"
            0s 0/1 ContainerCreating 0
            0s 1/1 Running 0
            3s 0/1 Error 0
            4s 1/1 Running 1
            7s 0/1 Error 1
            8s 0/1 CrashLoopBackOff 1
            17s 1/1 Running 2
            20s 0/1 Error 2
            21s 0/1 CrashLoopBackOff 2
            40s 1/1 Running 3
            43s 0/1 Error 3
            44s 0/1 CrashLoopBackOff 3
        "#]],
    );
}

#[test]
fn ten_minutes_of_running_are_forgiveness() {
    check(
        "Always",
        &[(
            Slot::Main(0),
            &[
                Runs(1, 1),
                Runs(1, 1),
                Runs(602, 1),
                Runs(1, 1),
                Runs(1, 1),
                RUNS_ON,
            ],
        )],
        700,
        expect![[r#"
            0s 0/1 ContainerCreating 0
            0s 1/1 Running 0
            1s 0/1 Error 0
            2s 1/1 Running 1
            3s 0/1 Error 1
            4s 0/1 CrashLoopBackOff 1
            13s 1/1 Running 2
            615s 0/1 Error 2
            616s 1/1 Running 3
            617s 0/1 Error 3
            618s 0/1 CrashLoopBackOff 3
            627s 1/1 Running 4
            628s 0/1 Error 4
            629s 0/1 CrashLoopBackOff 4
            648s 1/1 Running 5
        "#]],
    );
}

#[test]
fn what_cannot_be_made_is_tried_again_and_not_counted() {
    check(
        "Always",
        &[(Slot::Main(0), &[NoCreate, NoCreate, RUNS_ON])],
        60,
        expect![[r#"
            0s 0/1 ContainerCreating 0
            0s 0/1 CreateContainerError 0
            20s 1/1 Running 0
        "#]],
    );
}

#[test]
fn never_and_on_failure_end() {
    let first = Slot::Main(0);
    let cases: [(&str, &[Deed], Phase, Expect); 6] = [
        (
            "Never",
            &[Runs(1, 0)],
            Phase::Succeeded,
            expect!["0/1 Completed 0"],
        ),
        (
            "Never",
            &[Runs(1, 7)],
            Phase::Failed,
            expect!["0/1 Error 0"],
        ),
        (
            "Never",
            &[NoStart],
            Phase::Failed,
            expect!["0/1 StartError 0"],
        ),
        (
            "OnFailure",
            &[Runs(1, 0)],
            Phase::Succeeded,
            expect!["0/1 Completed 0"],
        ),
        (
            "OnFailure",
            &[Runs(1, 7), Runs(1, 0)],
            Phase::Succeeded,
            expect!["0/1 Completed 1"],
        ),
        (
            "OnFailure",
            &[Runs(1, 7)],
            Phase::Running,
            expect!["0/1 CrashLoopBackOff 2"],
        ),
    ];
    use crate::status::Phase;
    for (policy, deeds, phase, expect) in cases {
        let (shown, machine) = run(&pod(policy, 0, 1), &[(first, deeds)], 20);
        let last = shown.lines().last().unwrap().trim_start();
        expect.assert_eq(last.split_once(' ').unwrap().1);
        assert_eq!(machine.status.phase(machine.policy()), phase, "{shown}");
        assert_eq!(machine.is_over(), phase != Phase::Running, "{shown}");
        assert_eq!(machine.next().is_none(), phase != Phase::Running, "{shown}");
    }
}

#[test]
fn init_containers_come_one_after_the_other_and_first() {
    check(
        "Always",
        &[
            (Slot::Init(0), &[Runs(2, 0)]),
            (Slot::Init(1), &[Runs(1, 3), Runs(1, 3), Runs(1, 0)]),
            (Slot::Main(0), &[RUNS_ON]),
            (Slot::Main(1), &[Runs(1, 0), RUNS_ON]),
        ],
        30,
        expect![[r#"
            0s 0/2 Init:0/2 0
            2s 0/2 Init:1/2 0
            3s 0/2 Init:Error 0
            4s 0/2 Init:1/2 1
            5s 0/2 Init:Error 1
            6s 0/2 Init:CrashLoopBackOff 1
            15s 0/2 Init:1/2 2
            16s 0/2 PodInitializing 0
            16s 2/2 Running 0
            17s 1/2 NotReady 0
            18s 2/2 Running 1
        "#]],
    );
    let (shown, machine) = run(
        &pod("Never", 1, 1),
        &[(Slot::Init(0), &[Runs(1, 1)]), (Slot::Main(0), &[RUNS_ON])],
        20,
    );
    assert!(shown.ends_with("1s 0/1 Init:Error 0\n"), "{shown}");
    assert!(machine.is_over());
}

#[test]
fn the_next_look_is_when_something_changes() {
    let mut machine = Machine::new(&pod("Always", 0, 1));
    let at = |s| Timestamp::from_second(s).unwrap();
    let slot = Slot::Main(0);
    assert_eq!(machine.due(at(0)), [slot]);
    assert_eq!(machine.next(), None);
    machine.not_started(slot, "x", "no", at(0));
    assert_eq!(machine.next(), Some(at(1)));
    assert_eq!(machine.due(at(1)), [slot]);
    machine.not_started(slot, "x", "no", at(1));
    assert_eq!(machine.due(at(2)), []);
    assert_eq!(machine.next(), Some(at(11)));
    machine.status.deletion_timestamp = Some(at(3));
    assert_eq!(machine.next(), None);
    assert_eq!(machine.due(at(100)), []);
}

#[test]
fn a_machine_that_was_stored_goes_on() {
    let mut machine = Machine::new(&pod("Always", 1, 1));
    let at = |s| Timestamp::from_second(s).unwrap();
    machine.due(at(0));
    let text = serde_json::to_string(&machine).unwrap();
    let mut stored: Machine = serde_json::from_str(&text).unwrap();
    assert_eq!(stored, machine);
    assert_eq!(stored.due(at(1)), []);
    stored.resume();
    assert_eq!(stored.due(at(1)), [Slot::Init(0)]);
}

#[test]
fn durations_are_gos() {
    for (seconds, expect) in [(10, "10s"), (80, "1m20s"), (300, "5m0s"), (3661, "1h1m1s")] {
        assert_eq!(go_duration(seconds), expect);
    }
}
