//! Alerts from the engine's thread to receivers that fail, hang and come back.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lanner_engine::Priority;
use serde_json::Map;

use crate::channel::scripted::{Receiver, Reply};
use crate::channel::{Others, Target};
use crate::outputs::{ChannelPlan, Outputs, Plan};
use crate::stats::{ChannelStats, Stats};
use crate::{
    Collapse, Encoding, Fault, Format, Host, Internal, JsonFormat, Programs, Retry, SpoolSettings,
    Sync, WhenFull,
};

type Faults = Arc<Mutex<Vec<String>>>;

fn plan(receiver: &Receiver, capacity: usize, when_full: WhenFull) -> Plan {
    Plan {
        channels: vec![ChannelPlan {
            target: Target::Scripted(receiver.clone()),
            encoding: Encoding::Text,
            retry: Some(Retry {
                first: Duration::from_millis(1),
                most: Duration::from_millis(5),
                timeouts: 1,
            }),
            spool: None,
        }],
        format: Format {
            json: JsonFormat::default(),
            hostname: "h".to_owned(),
        },
        capacity,
        when_full,
        buffered: false,
        collapse: Collapse::default(),
        timeout: Duration::from_millis(300),
    }
}

/// A process that keeps what it is told.
struct Listener(Faults);

impl Host for Listener {
    fn fault(&self, fault: Fault) {
        self.0.lock().unwrap().push(format!("{fault:?}"));
    }
}

fn start(plan: &Plan) -> (Outputs, Faults) {
    let faults = Faults::default();
    let seen = Arc::clone(&faults);
    let opened = plan.clone().open(&Programs::Here, |f| panic!("{f:?}"));
    (Outputs::start(opened, Arc::new(Listener(seen))), faults)
}

/// Raises an alert that says `: Debug N ()`.
fn raise(outputs: &mut Outputs, n: u64) {
    outputs.internal(&Internal {
        rule: "r",
        priority: Priority::Debug,
        ts: 0,
        time: "",
        message: &n.to_string(),
        fields: &Map::new(),
    });
}

/// The lines of the alerts of these numbers.
fn lines(numbers: impl Iterator<Item = u64>) -> Vec<String> {
    numbers.map(|n| format!(": Debug {n} ()")).collect()
}

/// The channel, whose books must balance.
#[track_caller]
fn channel(stats: &Stats) -> ChannelStats {
    let c = stats.channels[0].clone();
    let known = c.sent
        + c.lost
        + c.dropped
        + c.rejected
        + c.expired
        + c.damaged
        + c.discarded
        + c.depth
        + c.in_flight
        + c.spool_depth;
    assert_eq!(c.queued + c.recovered, known, "{c:?}");
    c
}

#[test]
fn what_does_not_fit_in_the_queue_is_counted_and_reported_once() {
    let receiver = Receiver::new(1, &[Reply::Hang]);
    let (mut outputs, faults) = start(&plan(&receiver, 2, WhenFull::Drop));
    raise(&mut outputs, 0);
    receiver.wait(|_, _, hanging| hanging);
    for n in 1..10 {
        raise(&mut outputs, n);
    }
    receiver.release();
    let stats = channel(&outputs.finish());
    assert_eq!((stats.queued, stats.sent, stats.dropped), (10, 3, 7));
    assert_eq!(receiver.lines(), lines(0..3));
    assert_eq!(
        *faults.lock().unwrap(),
        ["QueueFull { channel: \"scripted\" }"]
    );
}

#[test]
fn a_capture_waits_for_its_outputs() {
    let receiver = Receiver::new(1, &[]);
    let (mut outputs, _) = start(&plan(&receiver, 1, WhenFull::Wait));
    for n in 0..100 {
        raise(&mut outputs, n);
    }
    let stats = channel(&outputs.finish());
    assert_eq!((stats.sent, stats.dropped), (100, 0));
    assert_eq!(receiver.lines(), lines(0..100));
}

#[test]
fn a_failure_is_told_once_until_it_is_over() {
    let untaken = Reply::Fail(0, Others::Untaken { after: None });
    let receiver = Receiver::new(9, &[untaken.clone(), untaken.clone(), untaken]);
    let (mut outputs, faults) = start(&plan(&receiver, 100, WhenFull::Drop));
    for n in 0..5 {
        raise(&mut outputs, n);
    }
    receiver.wait(|lines, _, _| lines.len() == 5);
    let stats = channel(&outputs.finish());
    assert_eq!(
        (stats.sent, stats.failed, stats.retried, stats.redelivered),
        (5, 3, 3, 0)
    );
    assert_eq!(receiver.lines(), lines(0..5));
    let faults = faults.lock().unwrap().clone();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].starts_with("Failed"), "{faults:?}");
    assert!(faults[1].starts_with("Restored"), "{faults:?}");
}

#[test]
fn what_may_have_arrived_is_marked_when_it_is_sent_again() {
    let receiver = Receiver::new(1, &[Reply::Fail(0, Others::Unknown { timeout: true })]);
    let (mut outputs, _) = start(&plan(&receiver, 100, WhenFull::Drop));
    raise(&mut outputs, 7);
    receiver.wait(|lines, _, _| lines.len() == 1);
    let stats = channel(&outputs.finish());
    assert_eq!((stats.sent, stats.redelivered), (1, 1));
    let line = receiver.lines().remove(0);
    assert!(line.starts_with(": Debug 7 () (redelivery "), "{line}");
}

#[test]
fn timeouts_are_repeated_at_once_as_often_as_configured() {
    let timeout = Reply::Fail(0, Others::Unknown { timeout: true });
    let receiver = Receiver::new(1, &[timeout.clone(), timeout.clone(), timeout]);
    let mut plan = plan(&receiver, 100, WhenFull::Drop);
    plan.channels[0].retry = Some(Retry {
        // Nobody would see the end of a pause.
        first: Duration::from_secs(36_000),
        most: Duration::from_secs(36_000),
        timeouts: 3,
    });
    let (mut outputs, _) = start(&plan);
    raise(&mut outputs, 7);
    receiver.wait(|lines, _, _| lines.len() == 1);
    let stats = channel(&outputs.finish());
    assert_eq!((stats.sent, stats.failed), (1, 3));
}

#[test]
fn a_capture_does_not_wait_for_a_receiver_that_fails() {
    let receiver = Receiver::new(1, &[]);
    receiver.be(Some(Others::Untaken { after: None }));
    let mut plan = plan(&receiver, 2, WhenFull::Wait);
    plan.timeout = Duration::from_millis(20);
    let (mut outputs, faults) = start(&plan);
    for n in 0..500 {
        raise(&mut outputs, n);
    }
    let stats = channel(&outputs.finish());
    assert_eq!((stats.queued, stats.sent), (500, 0));
    assert!(stats.dropped > 400, "{stats:?}");
    let faults = faults.lock().unwrap();
    assert!(
        faults.iter().any(|f| f.starts_with("QueueFull")),
        "{faults:?}"
    );
}

#[test]
fn one_alert_that_is_refused_does_not_hold_up_the_others() {
    let receiver = Receiver::new(100, &[Reply::Hang, Reply::Reject(": Debug 5 ()")]);
    let (mut outputs, faults) = start(&plan(&receiver, 100, WhenFull::Drop));
    raise(&mut outputs, 0);
    receiver.wait(|_, _, hanging| hanging);
    for n in 1..20 {
        raise(&mut outputs, n);
    }
    receiver.release();
    let stats = channel(&outputs.finish());
    assert_eq!((stats.sent, stats.rejected), (19, 1));
    assert_eq!(receiver.lines(), lines((0..20).filter(|n| *n != 5)));
    assert!(faults.lock().unwrap()[0].starts_with("Rejected"));
}

#[test]
fn a_channel_that_hangs_delays_neither_the_others_nor_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("alerts");
    let receiver = Receiver::new(1, &[Reply::Hang]);
    let mut plan = plan(&receiver, 100, WhenFull::Drop);
    plan.channels.push(ChannelPlan {
        target: Target::File {
            path: path.clone(),
            keep_open: true,
        },
        encoding: Encoding::Text,
        retry: None,
        spool: None,
    });
    let (mut outputs, faults) = start(&plan);
    for n in 0..3 {
        raise(&mut outputs, n);
    }
    let stats = outputs.finish();
    assert_eq!(channel(&stats).discarded, 3);
    assert_eq!(stats.channels[1].sent, 3);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().collect::<Vec<_>>(), lines(0..3));
    let faults = faults.lock().unwrap();
    assert!(faults.iter().all(|f| f.contains("scripted")), "{faults:?}");
}

#[test]
fn a_reload_loses_nothing_that_waits_and_keeps_the_order() {
    let receiver = Receiver::new(1, &[Reply::Hang]);
    let first = plan(&receiver, 100, WhenFull::Drop);
    let (mut outputs, _) = start(&first);
    for n in 0..10 {
        raise(&mut outputs, n);
    }
    receiver.wait(|_, _, hanging| hanging);
    // The same again changes nothing; another configuration of it takes over.
    outputs.replace(first.open(&Programs::Here, |f| panic!("{f:?}")));
    outputs.replace(
        plan(&receiver.changed(), 100, WhenFull::Drop).open(&Programs::Here, |f| panic!("{f:?}")),
    );
    for n in 10..20 {
        raise(&mut outputs, n);
    }
    receiver.release();
    let stats = channel(&outputs.finish());
    assert_eq!((stats.queued, stats.sent), (20, 20));
    assert_eq!(receiver.lines(), lines(0..20));
}

#[test]
fn a_channel_that_a_reload_takes_away_still_delivers_what_waits() {
    let receiver = Receiver::new(1, &[Reply::Hang]);
    let with = plan(&receiver, 100, WhenFull::Drop);
    let (mut outputs, _) = start(&with);
    for n in 0..5 {
        raise(&mut outputs, n);
    }
    receiver.wait(|_, _, hanging| hanging);
    let without = Plan {
        channels: Vec::new(),
        ..with
    };
    outputs.replace(without.open(&Programs::Here, |f| panic!("{f:?}")));
    raise(&mut outputs, 5);
    receiver.release();
    let stats = channel(&outputs.finish());
    assert!(stats.removed);
    assert_eq!((stats.queued, stats.sent), (5, 5));
}

#[test]
fn what_a_channel_leaves_in_its_spool_is_told_and_sent_when_it_is_there_again() {
    let dir = tempfile::tempdir().unwrap();
    let receiver = Receiver::new(10, &[]);
    receiver.be(Some(Others::Untaken { after: None }));
    let with = with_spool(plan(&receiver, 100, WhenFull::Drop), dir.path());
    let without = Plan {
        channels: Vec::new(),
        ..with.clone()
    };
    let open = |plan: &Plan| {
        let plan = plan.clone();
        plan.open(&Programs::Here, |f| panic!("{f:?}"))
    };
    let (mut outputs, faults) = start(&with);
    for n in 0..5 {
        raise(&mut outputs, n);
    }
    outputs.replace(open(&without));
    let told = "Left { channel: \"scripted\", alerts: 5 }";
    while !faults.lock().unwrap().iter().any(|f| f == told) {
        std::thread::yield_now();
    }
    // Not for this channel.
    raise(&mut outputs, 99);
    outputs.replace(open(&with));
    for n in 5..10 {
        raise(&mut outputs, n);
    }
    // Away and back, before it has come to its end.
    outputs.replace(open(&without));
    outputs.replace(open(&with));
    for n in 10..15 {
        raise(&mut outputs, n);
    }
    receiver.be(None);
    receiver.wait(|lines, _, _| lines.len() == 15);
    let stats = outputs.finish();
    assert_eq!(stats.channels.len(), 1);
    let stats = channel(&stats);
    assert_eq!(receiver.lines(), lines(0..15));
    assert_eq!((stats.queued, stats.sent, stats.removed), (15, 15, false));
    let faults = faults.lock().unwrap();
    assert!(!faults.iter().any(|f| f.starts_with("Spool")), "{faults:?}");
}

#[test]
fn at_the_end_there_is_one_more_attempt_for_what_no_spool_keeps() {
    // It comes back during a pause that would outlast the run.
    let script = [Reply::Fail(0, Others::Untaken { after: None })];
    for (then, sent) in [(None, 3), (Some(Others::Untaken { after: None }), 0)] {
        let receiver = Receiver::new(10, &script);
        receiver.be(then);
        let mut plan = plan(&receiver, 100, WhenFull::Drop);
        plan.channels[0].retry = Some(Retry {
            first: Duration::from_secs(3600),
            most: Duration::from_secs(3600),
            timeouts: 0,
        });
        let (mut outputs, _) = start(&plan);
        for n in 0..3 {
            raise(&mut outputs, n);
        }
        receiver.wait(|_, attempts, _| attempts == 1);
        let stats = channel(&outputs.finish());
        assert_eq!((stats.sent, stats.discarded), (sent, 3 - sent));
    }
}

#[test]
fn a_producer_that_waits_is_let_go_when_the_run_is_to_end() {
    struct Ends(AtomicBool);
    impl Host for Ends {
        fn fault(&self, _: Fault) {}
        fn is_ending(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }
    let receiver = Receiver::new(1, &[Reply::Hang]);
    let plan = plan(&receiver, 2, WhenFull::Wait);
    let host = Arc::new(Ends(AtomicBool::new(false)));
    let opened = plan.open(&Programs::Here, |f| panic!("{f:?}"));
    let mut outputs = Outputs::start(opened, Arc::clone(&host) as Arc<dyn Host>);
    raise(&mut outputs, 0);
    receiver.wait(|_, _, hanging| hanging);
    std::thread::scope(|scope| {
        let raised = scope.spawn(|| (1..10).for_each(|n| raise(&mut outputs, n)));
        host.0.store(true, Ordering::Relaxed);
        raised.join().unwrap();
    });
    let stats = channel(&outputs.finish());
    receiver.release();
    assert_eq!((stats.queued, stats.dropped, stats.discarded), (10, 7, 3));
}

#[test]
fn reopening_reaches_the_receiver() {
    let receiver = Receiver::new(1, &[]);
    let (outputs, _) = start(&plan(&receiver, 100, WhenFull::Drop));
    outputs.reopen();
    outputs.finish();
    assert_eq!(receiver.reopened(), 1);
}

#[test]
fn an_attempt_that_takes_too_long_is_told_once() {
    let receiver = Receiver::new(1, &[Reply::Hang]);
    let mut plan = plan(&receiver, 100, WhenFull::Drop);
    plan.timeout = Duration::ZERO;
    let (mut outputs, faults) = start(&plan);
    raise(&mut outputs, 0);
    receiver.wait(|_, _, hanging| hanging);
    while faults.lock().unwrap().is_empty() {
        outputs.tick();
    }
    outputs.tick();
    assert!(outputs.stats().snapshot().channels[0].blocked.is_some());
    receiver.release();
    outputs.finish();
    let faults = faults.lock().unwrap();
    let told = faults.iter().filter(|f| f.starts_with("Timeout"));
    assert_eq!(told.count(), 1, "{faults:?}");
}

fn with_spool(mut plan: Plan, dir: &Path) -> Plan {
    plan.channels[0].spool = Some(SpoolSettings {
        dir: dir.to_owned(),
        max_bytes: 1 << 20,
        max_age: Duration::from_secs(3600),
        sync: Sync::Never,
    });
    plan
}

#[test]
fn a_receiver_that_is_dead_for_a_while_gets_every_alert_once_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let receiver = Receiver::new(10, &[]);
    let mut plan = with_spool(plan(&receiver, 50, WhenFull::Drop), dir.path());
    plan.timeout = Duration::from_secs(10);
    let (mut outputs, faults) = start(&plan);
    raise(&mut outputs, 0);
    receiver.wait(|lines, _, _| lines.len() == 1);
    receiver.be(Some(Others::Untaken { after: None }));
    let stats = outputs.stats();
    for n in 1..2000 {
        raise(&mut outputs, n);
        // As fast as the disk, so that nothing is dropped because of this machine.
        while stats.snapshot().channels[0].depth > 30 {
            std::thread::yield_now();
        }
    }
    receiver.wait(|_, attempts, _| attempts > 3);
    receiver.be(None);
    receiver.wait(|lines, _, _| lines.len() == 2000);
    for n in 2000..2010 {
        raise(&mut outputs, n);
    }
    let stats = channel(&outputs.finish());
    assert_eq!(receiver.lines(), lines(0..2010));
    assert_eq!((stats.sent, stats.redelivered), (2010, 0));
    assert!(
        stats.spooled > 0 && stats.spooled == stats.replayed,
        "{stats:?}"
    );
    assert_eq!((stats.spool_depth, stats.spool_bytes), (0, 0));
    let faults = faults.lock().unwrap();
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn what_is_not_delivered_at_the_end_is_by_the_next_run() {
    let dir = tempfile::tempdir().unwrap();
    let receiver = Receiver::new(10, &[]);
    receiver.be(Some(Others::Untaken { after: None }));
    let plan = with_spool(plan(&receiver, 1000, WhenFull::Drop), dir.path());
    let (mut outputs, _) = start(&plan);
    for n in 0..100 {
        raise(&mut outputs, n);
    }
    let stats = channel(&outputs.finish());
    assert_eq!((stats.sent, stats.spool_depth), (0, 100));
    receiver.be(None);
    let (mut outputs, faults) = start(&plan);
    for n in 100..110 {
        raise(&mut outputs, n);
    }
    receiver.wait(|lines, _, _| lines.len() == 110);
    let stats = channel(&outputs.finish());
    assert_eq!(receiver.lines(), lines(0..110));
    assert_eq!((stats.recovered, stats.sent), (100, 110));
    assert!(faults.lock().unwrap()[0].contains("alerts: 100"));
}

#[test]
fn a_receiver_that_hangs_does_not_keep_alerts_from_the_spool() {
    let dir = tempfile::tempdir().unwrap();
    let receiver = Receiver::new(4, &[Reply::Hang]);
    let plan = with_spool(plan(&receiver, 20, WhenFull::Drop), dir.path());
    let (mut outputs, _) = start(&plan);
    raise(&mut outputs, 0);
    receiver.wait(|_, _, hanging| hanging);
    let stats = outputs.stats();
    for n in 1..200 {
        raise(&mut outputs, n);
        while stats.snapshot().channels[0].depth > 15 {
            std::thread::yield_now();
        }
    }
    // The attempt is given up at the end; whether the alert arrived is not known.
    let stats = channel(&outputs.finish());
    assert_eq!((stats.sent, stats.spool_depth, stats.dropped), (0, 200, 0));
    let (outputs, _) = start(&plan);
    receiver.wait(|lines, _, _| lines.len() == 200);
    let stats = channel(&outputs.finish());
    assert_eq!((stats.sent, stats.redelivered), (200, 1));
    let got = receiver.lines();
    assert!(got[0].starts_with(": Debug 0 () (redelivery "), "{got:?}");
    assert_eq!(got[1..], lines(1..200));
}

#[test]
fn a_full_spool_is_told_and_what_it_holds_is_delivered() {
    let dir = tempfile::tempdir().unwrap();
    let receiver = Receiver::new(100, &[]);
    receiver.be(Some(Others::Untaken { after: None }));
    let mut plan = with_spool(plan(&receiver, 10, WhenFull::Drop), dir.path());
    if let Some(spool) = &mut plan.channels[0].spool {
        spool.max_bytes = 10_000;
    }
    let (mut outputs, faults) = start(&plan);
    let mut raised = 0;
    let handle = outputs.stats();
    let told = || faults.lock().unwrap().iter().any(|f| f.contains("is full"));
    while !told() {
        raise(&mut outputs, raised);
        raised += 1;
        std::thread::yield_now();
    }
    receiver.be(None);
    let known = |lines: &[String]| lines.len() as u64 + handle.snapshot().queue_drops() >= raised;
    receiver.wait(|lines, _, _| known(lines));
    let stats = channel(&outputs.finish());
    assert_eq!(stats.sent + stats.dropped, raised);
    let got = receiver.lines();
    let mut sorted = got.clone();
    sorted.sort_by_key(|l| {
        l[": Debug ".len()..]
            .trim_end_matches(" ()")
            .parse::<u64>()
            .unwrap()
    });
    assert_eq!(got, sorted);
}

#[test]
fn what_is_refused_for_good_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let receiver = Receiver::new(1, &[Reply::Reject(": Debug 1 ()")]);
    let plan = with_spool(plan(&receiver, 100, WhenFull::Drop), dir.path());
    let (mut outputs, faults) = start(&plan);
    for n in 0..3 {
        raise(&mut outputs, n);
    }
    receiver.wait(|lines, _, _| lines.len() == 2);
    let stats = channel(&outputs.finish());
    assert_eq!((stats.sent, stats.rejected), (2, 1));
    let kept = std::fs::read_to_string(dir.path().join("rejected.jsonl")).unwrap();
    assert!(kept.contains(r#""alert":": Debug 1 ()""#), "{kept}");
    assert!(faults.lock().unwrap()[0].contains("kept: true"));
}

#[test]
fn a_reload_that_changes_the_spool_keeps_what_is_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let receiver = Receiver::new(10, &[]);
    receiver.be(Some(Others::Untaken { after: None }));
    let first = with_spool(plan(&receiver, 100, WhenFull::Drop), dir.path());
    let (mut outputs, _) = start(&first);
    for n in 0..50 {
        raise(&mut outputs, n);
    }
    receiver.wait(|_, attempts, _| attempts > 0);
    let second = with_spool(plan(&receiver.changed(), 100, WhenFull::Drop), dir.path());
    outputs.replace(second.open(&Programs::Here, |f| panic!("{f:?}")));
    for n in 50..60 {
        raise(&mut outputs, n);
    }
    receiver.be(None);
    receiver.wait(|lines, _, _| lines.len() == 60);
    let stats = channel(&outputs.finish());
    assert_eq!(receiver.lines(), lines(0..60));
    assert_eq!((stats.sent, stats.recovered), (60, 0));
}
