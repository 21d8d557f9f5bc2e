//! Captures made here and read back, damaged ones, and those in `../shared` where it is.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::GzDecoder;
use lanner_event::snapshot::{
    FdEntry, FdKind, FdTableEntry, GroupEntry, Interface, L4, Machine, Snapshot, ThreadEntry,
    UserEntry,
};
use lanner_event::{Event, EventType, Poll, RawEvent, Source, encode};
use proptest::prelude::*;

use crate::{Compression, MAX_METADATA, MAX_REMEMBERED, OpenError, Progress, Reader, Writer};

/// A record as a capture gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owned {
    cpu: u16,
    state_only: bool,
    bytes: Vec<u8>,
}

impl Owned {
    fn raw(&self) -> RawEvent<'_> {
        RawEvent {
            cpu: self.cpu,
            state_only: self.state_only,
            counted: true,
            bytes: &self.bytes,
        }
    }
}

/// All that a capture gives.
#[derive(Debug)]
struct Whole {
    snapshots: Vec<Snapshot>,
    events: Vec<Owned>,
    errors: Vec<String>,
    progress: Progress,
}

fn read(bytes: &[u8]) -> Result<Whole, OpenError> {
    read_all(Reader::from_read(Box::new(Cursor::new(bytes.to_vec())))?)
}

fn read_all(mut reader: Reader) -> Result<Whole, OpenError> {
    let mut whole = Whole {
        snapshots: vec![reader.snapshot()],
        events: Vec::new(),
        errors: Vec::new(),
        progress: Progress::default(),
    };
    loop {
        let section = match reader.poll(Duration::ZERO) {
            Ok(Poll::Event(event)) => {
                Event::parse(event.bytes, event.cpu, 0).expect("what is delivered can be parsed");
                whole.events.push(Owned {
                    cpu: event.cpu,
                    state_only: event.state_only,
                    bytes: event.bytes.to_vec(),
                });
                false
            }
            Ok(Poll::Idle) => false,
            Ok(Poll::Section) => true,
            Ok(Poll::End) => break,
            Err(error) => {
                whole.errors.push(error.message);
                false
            }
        };
        if section {
            whole.snapshots.push(reader.snapshot());
        }
    }
    whole.progress = reader.progress();
    Ok(whole)
}

fn record(ty: EventType, tid: i64, params: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&mut out, ty, 7, tid, params).unwrap();
    out
}

fn event(ty: EventType, tid: i64, params: &[&[u8]]) -> Owned {
    Owned {
        cpu: 3,
        state_only: false,
        bytes: record(ty, tid, params),
    }
}

/// A capture of an empty machine with these events.
fn capture(events: &[Owned]) -> Vec<u8> {
    write(&Snapshot::default(), events, Compression::None)
}

fn write(snapshot: &Snapshot, events: &[Owned], compression: Compression) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), compression, snapshot).unwrap();
    events.iter().for_each(|e| writer.event(&e.raw()).unwrap());
    writer.finish().unwrap()
}

fn parsed(owned: &Owned) -> Event<'_> {
    Event::parse(&owned.bytes, owned.cpu, 0).unwrap()
}

/// A capture of `events` delivers this: symbol, parameters in hexadecimal.
fn check(events: &[Owned], expect: &[(&str, &[&[u8]])]) {
    let whole = read(&capture(events)).unwrap();
    let got: Vec<(&str, Vec<&[u8]>)> = whole
        .events
        .iter()
        .map(|e| {
            let count = parsed(e).nparams();
            let event = Event::parse(&e.bytes, 0, 0).unwrap();
            let params = (0..count).filter_map(|i| event.param(i)).collect();
            (event.info().symbol, params)
        })
        .collect();
    let expect: Vec<(&str, Vec<&[u8]>)> = expect.iter().map(|(s, p)| (*s, p.to_vec())).collect();
    assert_eq!(got, expect);
}

const READ_E: EventType = EventType::SYSCALL_READ_E;
const READ_X: EventType = EventType::SYSCALL_READ_X;

fn n64(n: i64) -> [u8; 8] {
    n.to_le_bytes()
}

fn n32(n: u32) -> [u8; 4] {
    n.to_le_bytes()
}

#[test]
fn an_exit_takes_over_what_its_entry_said() {
    check(
        &[
            event(READ_E, 1, &[&n64(5), &n32(100)]),
            event(READ_E, 2, &[&n64(6), &n32(200)]),
            event(READ_X, 1, &[&n64(3), b"abc"]),
            event(READ_X, 2, &[&n64(0), b""]),
        ],
        &[
            ("syscall_read_x", &[&n64(3), b"abc", &n64(5), &n32(100)]),
            ("syscall_read_x", &[&n64(0), b"", &n64(6), &n32(200)]),
        ],
    );
}

#[test]
fn without_its_entry_an_exit_has_defaults() {
    check(
        &[
            event(READ_X, 1, &[&n64(3), b"abc"]),
            event(EventType::SYSCALL_SETUID_X, 1, &[&n64(0)]),
        ],
        &[
            ("syscall_read_x", &[&n64(3), b"abc", &n64(0), &n32(0)]),
            ("syscall_setuid_x", &[&n64(0), b""]),
        ],
    );
}

#[test]
fn an_entry_serves_one_exit() {
    check(
        &[
            event(READ_E, 1, &[&n64(5), &n32(100)]),
            event(READ_X, 1, &[&n64(3), b"a"]),
            event(READ_X, 1, &[&n64(4), b"b"]),
        ],
        &[
            ("syscall_read_x", &[&n64(3), b"a", &n64(5), &n32(100)]),
            ("syscall_read_x", &[&n64(4), b"b", &n64(0), &n32(0)]),
        ],
    );
}

#[test]
fn an_exit_of_another_call_than_was_entered_is_left_out() {
    let events = [
        event(EventType::SYSCALL_CLOSE_E, 1, &[&n64(5)]),
        event(READ_X, 1, &[&n64(3), b"abc"]),
    ];
    check(&events, &[]);
    assert_eq!(read(&capture(&events)).unwrap().progress.unfit_events, 1);
}

#[test]
fn a_number_that_was_wider_is_cut_to_its_width_of_today() {
    check(
        &[
            event(EventType::SYSCALL_BPF_E, 1, &[&n64(5)]),
            event(EventType::SYSCALL_BPF_X, 1, &[&[1, 0, 0, 0, 0, 0, 0, 0, 0]]),
        ],
        &[("syscall_bpf_2_x", &[&[1, 0, 0, 0, 0, 0, 0, 0], &n32(5)])],
    );
}

#[test]
fn the_oldest_execve_becomes_the_current_one() {
    let old: Vec<Vec<u8>> = (0..8).map(|i| vec![i; 8]).collect();
    let old: Vec<&[u8]> = old.iter().map(Vec::as_slice).collect();
    let whole = read(&capture(&[
        event(EventType::SYSCALL_EXECVE_8_E, 1, &[]),
        event(EventType::SYSCALL_EXECVE_8_X, 1, &old),
    ]))
    .unwrap();
    let [entry, exit] = &whole.events[..] else {
        panic!("{whole:?}");
    };
    assert_eq!(parsed(entry).ty, EventType::SYSCALL_EXECVE_19_E);
    assert!(entry.state_only);
    let exit = parsed(exit);
    assert_eq!(exit.ty, EventType::SYSCALL_EXECVE_19_X);
    assert_eq!(exit.nparams(), exit.info().params.len());
    for (i, value) in old.iter().enumerate() {
        assert_eq!(exit.param(i), Some(*value), "{i}");
    }
    assert!((8..exit.nparams()).all(|i| exit.value(i).is_none()));
}

#[test]
fn a_container_of_four_parameters_becomes_json() {
    check(
        &[event(
            EventType::CONTAINER_E,
            -1,
            &[b"ab\0", &n32(7), b"a \"b\" \\\n\0", b"busybox\0"],
        )],
        &[(
            "container_json_2_e",
            &[
                &br#"{"id":"ab","type":7,"name":"a \"b\" \\\u000a","image":"busybox"}"#
                    .iter()
                    .chain(&[0])
                    .copied()
                    .collect::<Vec<u8>>(),
            ],
        )],
    );
}

#[test]
fn what_describes_the_state_at_the_start_is_not_shown_to_rules() {
    let group = || event(EventType::GROUP_ADDED_E, -1, &[&n32(5), b"g\0", b"\0"]);
    let whole = read(&capture(&[
        group(),
        event(EventType::SYSCALL_GETCWD_X, 1, &[&n64(0), b"/\0"]),
        group(),
    ]))
    .unwrap();
    let shown: Vec<bool> = whole.events.iter().map(|e| !e.state_only).collect();
    assert_eq!(shown, [false, true, true]);
}

#[test]
fn parameters_that_a_newer_writer_added_are_left_out_where_there_are_too_many() {
    let ty = EventType::SYSCALL_GETCWD_X;
    let many = vec![&b"\x01\0\0\0\0\0\0\0"[..]; 40];
    check(&[event(ty, 1, &many)], &[("syscall_getcwd_x", &many[..2])]);
    check(
        &[event(ty, 1, &many[..3])],
        &[("syscall_getcwd_x", &many[..3])],
    );
}

/// An event block of the oldest form, whose header lacks the number of parameters.
fn oldest(record: &[u8]) -> Vec<u8> {
    let mut body = vec![3, 0];
    body.extend_from_slice(&record[..22]);
    let len = record.len() as u32 - 4;
    body[18..22].copy_from_slice(&len.to_le_bytes());
    body.extend_from_slice(&record[26..]);
    block(0x204, &body)
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let len = (padded + 12) as u32;
    let mut out = kind.to_le_bytes().to_vec();
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(body);
    out.resize(8 + padded, 0);
    out.extend_from_slice(&len.to_le_bytes());
    out
}

#[test]
fn the_number_of_parameters_is_found_where_a_record_lacks_it() {
    let now = event(EventType::SYSCALL_GETCWD_X, 1, &[&n64(0), b"/home\0"]);
    let fewer = event(EventType::SYSCALL_GETCWD_X, 1, &[&n64(0)]);
    let mut bytes = capture(&[]);
    bytes.extend(oldest(&now.bytes));
    bytes.extend(oldest(&fewer.bytes));
    let whole = read(&bytes).unwrap();
    assert_eq!(whole.events, [now, fewer]);
}

#[test]
fn what_is_unknown_is_skipped_and_counted() {
    let known = event(EventType::SYSCALL_GETCWD_X, 1, &[&n64(0), b"/\0"]);
    let mut bytes = capture(std::slice::from_ref(&known));
    bytes.extend(block(0x777, b"news"));
    bytes.extend(&capture(&[event(EventType(60_000), 1, &[])])[capture(&[]).len()..]);
    bytes.extend(&capture(std::slice::from_ref(&known))[capture(&[]).len()..]);
    let whole = read(&bytes).unwrap();
    assert_eq!(whole.events, [known.clone(), known]);
    assert_eq!(whole.progress.unknown_blocks, 1);
    assert_eq!(whole.progress.unknown_events, 1);
    assert!(whole.errors.is_empty());
}

#[test]
fn what_is_no_capture_is_refused_in_words() {
    let mut big_endian = capture(&[]);
    big_endian[8..12].reverse();
    let mut newer = capture(&[]);
    newer[12] = 2;
    for (bytes, expect) in [
        (&b""[..], "not a capture"),
        (b"hello, this is text and no capture", "not a capture"),
        (&[0x1f, 0x8b, 8, 0], "cannot read"),
        (&big_endian, "big-endian"),
        (&newer, "version 2"),
    ] {
        let error = read(bytes).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    }
    let error = Reader::open("/nonexistent.scap").map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("/nonexistent.scap"), "{error}");
}

#[test]
fn every_cut_of_a_capture_gives_what_is_before_it_and_one_message() {
    let events: Vec<Owned> = (0..4)
        .map(|i| event(EventType::SYSCALL_GETCWD_X, i, &[&n64(i), b"/home\0"]))
        .collect();
    let bytes = write(&machine(), &events, Compression::None);
    let full = read(&bytes).unwrap();
    assert_eq!(full.errors, Vec::<String>::new());
    let one = (bytes.len() - write(&machine(), &[], Compression::None).len()) / events.len();
    for cut in 28..bytes.len() {
        let whole = read(&bytes[..cut]).unwrap();
        let left = bytes.len() - cut;
        assert!(full.events.starts_with(&whole.events), "{cut}");
        assert_eq!(
            whole.events.len(),
            events.len().saturating_sub(left.div_ceil(one))
        );
        assert!(whole.errors.len() <= 1, "{:?}", whole.errors);
        // A cut between two blocks cannot be told from the end.
        if !left.is_multiple_of(one) && left < 4 * one {
            assert!(whole.errors[0].contains("what follows is missing"));
        }
    }
}

#[test]
fn a_cut_in_compressed_data_gives_what_is_before_it() {
    let events: Vec<Owned> = (0..5_000)
        .map(|i| event(EventType::SYSCALL_GETCWD_X, i, &[&n64(i * i), b"/home\0"]))
        .collect();
    let bytes = write(&machine(), &events, Compression::Gzip);
    let whole = read(&bytes[..bytes.len() / 2]).unwrap();
    assert!(whole.events.len() > 1_000 && whole.events.len() < 4_000);
    assert!(events.starts_with(&whole.events));
    assert_eq!(whole.errors.len(), 1);
}

#[test]
fn captures_joined_are_sections() {
    let events = [event(EventType::SYSCALL_GETCWD_X, 1, &[&n64(0), b"/\0"])];
    for compression in [Compression::None, Compression::Gzip] {
        let mut bytes = write(&machine(), &events, compression);
        bytes.extend(write(&Snapshot::default(), &events, compression));
        let whole = read(&bytes).unwrap();
        assert_eq!(whole.snapshots, [machine(), Snapshot::default()]);
        assert_eq!(whole.events.len(), 2);
        assert_eq!(whole.errors, Vec::<String>::new());
        assert_eq!(whole.progress.sections, 2);
    }
}

#[test]
fn a_last_section_without_events_is_told_also_if_it_is_damaged() {
    let events = [event(EventType::SYSCALL_GETCWD_X, 1, &[&n64(0), b"/\0"])];
    let mut bytes = write(&machine(), &events, Compression::None);
    bytes.extend(write(&machine(), &[], Compression::None));
    let whole = read(&bytes).unwrap();
    assert_eq!(whole.snapshots, [machine(), machine()]);
    assert_eq!(whole.errors, Vec::<String>::new());

    let whole = read(&bytes[..bytes.len() - 4]).unwrap();
    assert_eq!(whole.snapshots.len(), 2);
    assert_eq!(whole.snapshots[1].machine, machine().machine);
    assert_eq!(whole.errors.len(), 1);

    let whole = read(&write(&machine(), &[], Compression::None)).unwrap();
    assert_eq!(whole.snapshots, [machine()]);
}

#[test]
fn a_length_that_is_not_there_takes_no_memory() {
    for kind in [0x215, 0x216, 0x221, 0x777] {
        let mut bytes = capture(&[]);
        bytes.extend_from_slice(&n32(kind));
        bytes.extend_from_slice(&n32(u32::MAX - 3));
        let whole = read(&bytes).unwrap();
        assert_eq!(whole.errors.len(), 1, "{kind:x}");
    }
}

#[test]
fn a_state_beyond_the_limit_is_skipped() {
    let len = (MAX_METADATA as u32 + 100).next_multiple_of(4);
    let mut head = capture(&[]);
    head.extend_from_slice(&n32(0x215));
    head.extend_from_slice(&n32(len));
    let body = std::io::repeat(0).take(u64::from(len) - 12);
    let mut tail = n32(len).to_vec();
    let events = [event(EventType::SYSCALL_GETCWD_X, 1, &[&n64(0), b"/\0"])];
    tail.extend_from_slice(&capture(&events)[capture(&[]).len()..]);
    let source = Cursor::new(head).chain(body).chain(Cursor::new(tail));
    let whole = read_all(Reader::from_read(Box::new(source)).unwrap()).unwrap();
    assert_eq!(whole.events, events);
    assert_eq!(whole.progress.broken_metadata, 1);
}

#[test]
fn entries_beyond_the_limit_are_forgotten() {
    let long = vec![0; 60_000];
    let count = (MAX_REMEMBERED / long.len()) as i64 + 10;
    let mut events: Vec<Owned> = (0..count)
        .map(|tid| event(READ_E, tid, &[&n64(5), &long]))
        .collect();
    events.push(event(READ_X, 0, &[&n64(3), b"abc"]));
    let whole = read(&capture(&events)).unwrap();
    assert_eq!(whole.progress.forgotten_entries, 1);
    assert_eq!(parsed(&whole.events[0]).int(2), Some(0));
}

/// A machine with something of everything.
fn machine() -> Snapshot {
    let fd = |fd, kind| FdEntry { fd, ino: 77, kind };
    Snapshot {
        machine: Machine {
            num_cpus: 8,
            memory_bytes: 1 << 34,
            max_pid: 1 << 22,
            hostname: "host".into(),
            boot_ts: 99,
            flags: 1,
        },
        threads: vec![ThreadEntry {
            tid: 10,
            pid: 9,
            comm: "a".into(),
            args: "x\0y\0".into(),
            loginuid: 1000,
            exe_lower_layer: true,
            pgid: 4,
            ..ThreadEntry::default()
        }],
        fds: vec![FdTableEntry {
            tid: 9,
            fds: vec![
                fd(0, FdKind::Unknown),
                fd(
                    1,
                    FdKind::File {
                        flags: 3,
                        name: "/f".into(),
                        dev: 8,
                    },
                ),
                fd(
                    2,
                    FdKind::Ipv4 {
                        source: ([10, 0, 0, 1].into(), 80),
                        dest: ([10, 0, 0, 2].into(), 8080),
                        l4: L4::Tcp,
                    },
                ),
                fd(
                    3,
                    FdKind::Ipv6Server {
                        addr: (1u128.into(), 53),
                        l4: L4::Udp,
                    },
                ),
                fd(
                    4,
                    FdKind::Unix {
                        source: 1,
                        dest: 2,
                        path: "/s".into(),
                    },
                ),
                fd(5, FdKind::PidFd { name: "p".into() }),
                fd(6, FdKind::Bpf { name: "b".into() }),
                fd(7, FdKind::MemFd { name: "m".into() }),
                fd(8, FdKind::IoUring { name: "i".into() }),
                fd(9, FdKind::UserFaultFd { name: "".into() }),
                fd(10, FdKind::Unsupported { name: "".into() }),
            ],
        }],
        users: vec![UserEntry {
            uid: 1,
            gid: 2,
            name: "u".into(),
            home: "/u".into(),
            shell: "/bin/sh".into(),
        }],
        groups: vec![GroupEntry {
            gid: 2,
            name: "g".into(),
        }],
        interfaces: vec![
            Interface::V4 {
                name: "lo".into(),
                addr: [127, 0, 0, 1].into(),
                netmask: [255, 0, 0, 0].into(),
                broadcast: [0; 4].into(),
                speed: 10,
            },
            Interface::V6 {
                name: "eth0".into(),
                addr: 5u128.into(),
                netmask: 6u128.into(),
                broadcast: 7u128.into(),
                speed: 20,
            },
        ],
    }
}

/// An event of any type that needs no conversion, with any parameters; long ones where they may be.
fn any_event() -> impl Strategy<Value = Owned> {
    use lanner_event::EventFlags as F;
    let complete: Vec<EventType> = EventType::all()
        .filter(|ty| {
            let flags = [F::OLD, F::UNUSED, F::CONVERTED];
            let current = !flags.iter().any(|f| ty.info().has(*f));
            current || (!ty.is_enter() && !ty.info().has(F::OLD) && !ty.info().has(F::UNUSED))
        })
        .collect();
    let params = proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 32);
    (
        proptest::sample::select(complete),
        params,
        any::<u16>(),
        any::<bool>(),
        any::<i64>(),
        prop_oneof![9 => Just(0usize), 1 => 60_000usize..200_000],
    )
        .prop_map(|(ty, mut params, cpu, state_only, tid, long)| {
            params.truncate(ty.info().params.len());
            if ty.info().has(F::LARGE_PAYLOAD)
                && let Some(last) = params.last_mut()
            {
                last.resize(long, 7);
            }
            let params: Vec<&[u8]> = params.iter().map(Vec::as_slice).collect();
            Owned {
                cpu,
                // Those that describe what was there before are never shown if they come first.
                state_only: state_only || ty.is_enter(),
                bytes: record(ty, tid, &params),
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(
        mut sections in proptest::collection::vec(
            proptest::collection::vec(any_event(), 0..20),
            0..3,
        ),
        last in proptest::collection::vec(any_event(), 1..20),
        gzip in any::<bool>(),
        pid in any::<i64>(),
        text in proptest::collection::vec(any::<u8>(), 0..500),
    ) {
        let compression = if gzip { Compression::Gzip } else { Compression::None };
        // The state of a section that ends before its first event is of no use.
        sections.push(last);
        let snapshots: Vec<Snapshot> = (0..sections.len())
            .map(|i| {
                let mut snapshot = machine();
                snapshot.threads[0].pid = pid;
                snapshot.threads[0].cwd = text.get(i..).unwrap_or_default().into();
                snapshot
            })
            .collect();
        let mut writer = Writer::new(Vec::new(), compression, &snapshots[0]).unwrap();
        for (i, events) in sections.iter().enumerate() {
            if i > 0 {
                writer.section(&snapshots[i]).unwrap();
            }
            events.iter().for_each(|e| writer.event(&e.raw()).unwrap());
        }
        let whole = read(&writer.finish().unwrap()).unwrap();
        prop_assert_eq!(&whole.snapshots, &snapshots);
        prop_assert_eq!(whole.events, sections.concat());
        prop_assert_eq!(whole.errors, Vec::<String>::new());
    }

    #[test]
    fn no_bytes_make_it_panic_or_hang(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..30),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = every_form();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len() * 2));
        if let Ok(whole) = read(&bytes) {
            prop_assert!(whole.errors.len() <= 1);
        }
    }
}

/// A capture with blocks of every form, to be changed at random.
fn every_form() -> Vec<u8> {
    let mut events: Vec<Owned> = EventType::all()
        .map(|ty| {
            let params = vec![&b"\x01\0\0\0\0\0\0\0"[..]; ty.info().params.len()];
            event(ty, 1, &params)
        })
        .collect();
    events[7].state_only = true;
    let mut bytes = write(&machine(), &events[..60], Compression::None);
    for e in &events[60..] {
        bytes.extend(oldest(&e.bytes));
    }
    for kind in [
        0x202, 0x207, 0x209, 0x210, 0x211, 0x212, 0x213, 0x214, 0x203, 0x205, 0x206, 0x208,
    ] {
        bytes.extend(block(kind, &[1; 300]));
    }
    bytes
}

/// Where the shared captures are.
fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("LANNER_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let there = root.join("captures/scap").is_dir();
    if !there {
        println!("skipped: no captures in {}", root.display());
    }
    there.then_some(root.join("captures"))
}

/// The lines of a compressed file of JSON.
fn json_lines(path: &Path) -> Vec<serde_json::Value> {
    let mut text = String::new();
    GzDecoder::new(File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    text.lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

#[test]
fn events_of_shared_captures_have_the_numbers_and_times_that_falco_gave_them() {
    let Some(root) = shared() else {
        return;
    };
    let index: serde_json::Value =
        serde_json::from_reader(File::open(root.join("fields/index.json")).unwrap()).unwrap();
    for (name, facts) in index.as_object().unwrap() {
        let reader = Reader::open(root.join(format!("scap/{name}.scap"))).unwrap();
        let whole = read_all(reader).unwrap();
        assert_eq!(whole.errors, Vec::<String>::new(), "{name}");
        let shown = whole.events.iter().filter(|e| !e.state_only).count();
        assert_eq!(Some(shown as u64), facts["events_falco"].as_u64(), "{name}");
        let times: HashMap<u64, u64> = (1..)
            .zip(&whole.events)
            .filter(|(_, e)| !e.state_only)
            .map(|(num, e)| (num, parsed(e).ts))
            .collect();
        for line in json_lines(&root.join(format!("fields/{name}.jsonl.gz"))) {
            let num = line["n"].as_u64().unwrap();
            let time = line["f"]["evt.rawtime"].as_u64();
            assert_eq!(times.get(&num).copied(), time, "{name} {num}");
        }
    }
}

/// A capture that is read and written again, section by section.
fn written_again(bytes: &[u8]) -> Vec<u8> {
    let mut reader = Reader::from_read(Box::new(Cursor::new(bytes.to_vec()))).unwrap();
    let mut writer = Writer::new(Vec::new(), Compression::Gzip, &reader.snapshot()).unwrap();
    loop {
        let section = match reader.poll(Duration::ZERO).unwrap() {
            Poll::Event(event) => {
                writer.event(&event).unwrap();
                false
            }
            Poll::Idle => false,
            Poll::Section => true,
            Poll::End => return writer.finish().unwrap(),
        };
        if section {
            writer.section(&reader.snapshot()).unwrap();
        }
    }
}

#[test]
fn shared_captures_written_again_read_the_same() {
    let Some(root) = shared() else {
        return;
    };
    let check = |name: &str, bytes: &[u8], sections: u64| {
        let (first, again) = (read(bytes).unwrap(), read(&written_again(bytes)).unwrap());
        assert_eq!(first.progress.sections, sections, "{name}");
        assert!(first.snapshots == again.snapshots, "{name}");
        assert!(first.events == again.events, "{name}");
        assert_eq!(again.errors, first.errors, "{name}");
    };
    let mut joined = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(root.join("scap")).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut plain = Vec::new();
            GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
            bytes = plain;
        }
        check(&path.display().to_string(), &bytes, 1);
        joined.extend(bytes);
        count += 1;
    }
    check("all of them in one file", &joined, count);
}

/// What the distribution's sysdig prints of a capture; `None`, saying so, where it is not installed.
fn sysdig(capture: &[u8]) -> Option<String> {
    let file = tempfile::NamedTempFile::with_suffix(".scap").unwrap();
    std::fs::write(file.path(), capture).unwrap();
    let output = std::process::Command::new("sysdig")
        .arg("-r")
        .arg(file.path())
        .args(["-p", "*%evt.num %evt.type %proc.name %fd.name"])
        .output();
    match output {
        Ok(output) => {
            assert!(output.status.success(), "{output:?}");
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Err(_) => {
            println!("skipped: sysdig is not installed");
            None
        }
    }
}

#[test]
fn sysdig_reads_what_is_written() {
    let mut snapshot = machine();
    snapshot.threads[0].tid = 9;
    snapshot.fds[0].tid = 9;
    let generic = |call: u16, native: u16| {
        let params = [&call.to_le_bytes()[..], &native.to_le_bytes()];
        event(EventType::GENERIC_X, 9, &params)
    };
    let events = [
        // getpid, and calls that it does not know: rseq, and sigreturn of 32-bit programs.
        generic(16, 39),
        generic(380, 334),
        generic(410, 119),
        // Of a type that it does not know, which it does not count.
        event(EventType::SYSCALL_MLOCK_X, 9, &[&n64(0), &n64(1), &n64(2)]),
        event(READ_X, 9, &[&n64(3), b"abc", &n64(1), &n32(100)]),
        event(
            EventType::SYSCALL_OPENAT_2_X,
            9,
            &[
                &n64(7),
                &n64(-100),
                b"/etc/passwd\0",
                &n32(1),
                &n32(0),
                &n32(8),
                &n64(12),
            ],
        ),
    ];
    for compression in [Compression::None, Compression::Gzip] {
        let Some(text) = sysdig(&write(&snapshot, &events, compression)) else {
            return;
        };
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "1 getpid a <NA>",
                "2 <unknown> a <NA>",
                "3 <unknown> a <NA>",
                "4 read a ",
                "5 openat a /etc/passwd"
            ]
        );
    }
}
