//! What is remembered stays bounded.

use lanner_event::snapshot::FdEntry;

use super::*;
use crate::thread::flags;
use crate::{Found, Group, Live, User};

/// One short-lived process: forked, executed, opened something, gone.
fn short_life(state: &mut State, tid: i64, ts: u64, exits: bool) {
    apply(state, &clone(100, tid, 0).ts(ts));
    let program = format!("p{}", tid % 7);
    let cgroup = format!("cpu=/job/{tid}");
    let exec = exec(tid, &program)
        .ts(ts + 1)
        .with("cgroups", strings(&[cgroup.as_str()]));
    apply(state, &exec);
    apply(state, &open(tid, 3, "/x").ts(ts + 2));
    apply(
        state,
        &clone(tid, tid + 1_000_000, flags::THREAD).ts(ts + 3),
    );
    if exits {
        apply(state, &exit(tid + 1_000_000, 0).ts(ts + 4));
        apply(state, &exit(tid, 0).ts(ts + 5));
    }
}

#[test]
fn short_lived_processes_leave_nothing_behind() {
    let mut state = machine();
    for n in 0..20_000 {
        short_life(&mut state, 1000 + n, 10 * S + n as u64 * 1000, true);
    }
    assert_eq!(state.thread_count(), 2);
    assert_eq!(state.process_count(), 2);
    assert_eq!(state.cgroup_count(), 1);
    assert_eq!(state.fd_count(), 0);
    assert!(state.threads.slot_count() <= 4, "slots are used again");
    assert!(state.files.capacity() <= 4, "tables are used again");
    let counters = state.counters();
    assert_eq!(counters.threads_added, counters.threads_removed + 2);
    assert_eq!(counters.threads_refused, 0);
}

#[test]
fn a_full_table_refuses_and_counts() {
    let mut state = machine();
    for n in 0..3000 {
        short_life(&mut state, 1000 + n, 10 * S + n as u64, false);
    }
    assert_eq!(state.thread_count(), 1000);
    assert!(state.counters().threads_refused > 0);
    let refused = apply(&mut state, &open(999_999, 3, "/x"));
    assert_eq!(refused, Subject::default());
    // Room that becomes free is used.
    apply(&mut state, &exit(1000, 0));
    apply(&mut state, &exit(1_001_000, 0));
    assert!(apply(&mut state, &open(999_999, 3, "/x")).thread.is_some());
}

#[test]
fn descriptors_of_a_process_are_bounded() {
    let mut state = machine();
    for fd in 0..200 {
        apply(&mut state, &open(100, fd, "/x"));
    }
    assert_eq!(fds(&state, 100).len(), 64);
    assert_eq!(state.counters().fds_refused, 136);
    apply(&mut state, &open(100, 5, "/again"));
    assert_eq!(open_fd(&state, 100, 5).name, "/again");
}

/// A machine on which the only threads alive are those of the shell.
struct OnlyShell;

impl Live for OnlyShell {
    fn thread(&mut self, _: i64) -> Option<Found> {
        None
    }

    fn fd(&mut self, _: i64, _: i64) -> Option<FdEntry> {
        None
    }

    fn is_alive(&mut self, _: i64, tid: i64) -> bool {
        tid <= 100
    }

    fn users(&mut self) -> Option<(Vec<User>, Vec<Group>)> {
        None
    }

    fn users_of(&mut self, _: i64) -> Option<(Vec<User>, Vec<Group>)> {
        None
    }
}

#[test]
fn threads_whose_exit_was_lost_are_found_dead() {
    let mut state = machine();
    let scan = crate::scan::Scan {
        snapshot: Snapshot {
            threads: vec![entry(1, 1, 0, "init"), entry(100, 100, 1, "bash")],
            ..Snapshot::default()
        },
        ..Default::default()
    };
    state.seed_scan(scan, Some(Box::new(OnlyShell)));
    state.set_purging(60 * S, 60 * S);
    let mut most = 0;
    for n in 0..2_000 {
        short_life(&mut state, 1000 + n, 10 * S + n as u64 * S, false);
        most = most.max(state.thread_count());
    }
    // Two entries a second, for at most the two minutes between a life and the second purge.
    assert!(most <= 2 + 2 * 130, "{most} entries");
    assert_eq!(state.counters().threads_refused, 0);
    let late = 3000 * S;
    for i in 0..2_000 {
        apply(&mut state, &open(100, 3, "/x").ts(late + i * S));
    }
    assert_eq!(state.thread_count(), 2);
    assert_eq!(state.cgroup_count(), 0);
}

#[test]
fn a_replay_purges_nothing() {
    let mut state = machine();
    state.set_purging(S, S);
    short_life(&mut state, 1000, 10 * S, false);
    for i in 0..100 {
        apply(&mut state, &open(100, 3, "/x").ts(1000 * S + i * S));
    }
    assert_eq!(state.thread_count(), 4);
}

mod any_events {
    use lanner_event::Event;
    use lanner_event::schema::EVENT_COUNT;
    use proptest::prelude::*;

    use super::*;

    fn param() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            3 => prop_oneof![-3i64..8, 99i64..104, Just(i64::MAX)].prop_map(|n| n.to_le_bytes().to_vec()),
            1 => Just(Vec::new()),
            1 => any::<u32>().prop_map(|n| n.to_le_bytes().to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..40),
            1 => Just(b"/a/../b\0".to_vec()),
            1 => Just(tuple_v4()),
        ]
    }

    fn tuple_v4() -> Vec<u8> {
        vec![2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn none_make_it_panic_or_lose_count(
            events in proptest::collection::vec(
                (0..EVENT_COUNT as u16, 98i64..106, 0u64..100, proptest::collection::vec(param(), 0..31)),
                1..60,
            )
        ) {
            let mut state = machine();
            for (ty, tid, ts, params) in events {
                let ty = T(ty);
                let mut event = EventBuilder::new(ty).tid(tid).ts(ts * S / 10);
                for (i, param) in params.into_iter().enumerate().take(ty.info().params.len()) {
                    event = event.at(i, param);
                }
                let record = event.build();
                let parsed: Event<'_> = record.event();
                let subject = state.apply(&parsed);
                prop_assert!(subject.thread.is_none_or(|k| state.thread(k).is_some()));
                state.settle();
                prop_assert_eq!(state.threads().count(), state.thread_count());
                let sum: u32 = state.threads().filter(|t| t.is_main()).map(|t| t.nthreads).sum();
                prop_assert!(sum as usize <= state.thread_count());
                for thread in state.threads() {
                    let mut depth = 0;
                    let mut at = thread;
                    while let Some(parent) = state.parent(at) {
                        at = parent;
                        depth += 1;
                        prop_assert!(depth <= state.thread_count(), "a circle of parents");
                    }
                }
            }
        }
    }
}
