//! Any bytes as a capture: the reader, what it says of the machine, the state that is made of it,
//! and the writer.
//!
//! Beside panics and hangs it finds: more memory than [`limit`], events that do not decode, and a
//! capture that changes when it is written and read again.

use std::cell::RefCell;
use std::io::{Cursor, Read};
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use lanner_event::snapshot::Snapshot;
use lanner_event::{Event, Poll, RawEvent, Source};
use lanner_scap::{Compression, Reader, Writer};
use lanner_state::{Limits, State};

/// Larger captures, decompressed, are left to other tests.
const MAX_SIZE: u64 = 4 << 20;

/// The most memory in bytes that reading a capture of so many bytes (decompressed) may take: two
/// windows, the tables of the decompressor, and entries that take more in memory than on disk.
pub fn limit(size: u64) -> u64 {
    (1 << 20) + 16 * size
}

pub fn run(data: &[u8]) {
    let Some(size) = decompressed(data) else {
        return;
    };
    let copy = data.to_vec();
    let used = allocation_counter::measure(|| {
        read(copy, &mut |_| {}, &mut |_| {});
    });
    assert!(
        used.bytes_max <= limit(size),
        "{} bytes of memory for a capture of {size}",
        used.bytes_max
    );
    let Some(original) = contents(data.to_vec()) else {
        return;
    };
    let written = write(&original);
    let copy = contents(written).expect("what was written is a capture");
    same_events(&original, &copy);
    // Long texts are cut when they are written, but only once.
    let again = contents(write(&copy)).expect("what was written is a capture");
    same_events(&copy, &again);
    assert_eq!(snapshots(&copy), snapshots(&again));
}

/// A part of a capture.
enum Part {
    Section(Snapshot),
    Event {
        cpu: u16,
        state_only: bool,
        bytes: Vec<u8>,
    },
}

fn same_events(one: &[Part], other: &[Part]) {
    let (mut others, mut count) = (other.iter(), 0);
    for part in one {
        count += 1;
        match (part, others.next()) {
            (Part::Section(_), Some(Part::Section(_))) => {}
            (
                Part::Event {
                    cpu,
                    state_only,
                    bytes,
                },
                Some(Part::Event {
                    cpu: cpu2,
                    state_only: state_only2,
                    bytes: bytes2,
                }),
            ) => {
                assert_eq!((cpu, bytes), (cpu2, bytes2), "part {count}");
                // What ended the preamble may be an event that is not kept.
                assert!(state_only <= state_only2, "part {count}");
            }
            _ => panic!("part {count} is another when it was written and read"),
        }
    }
    assert!(others.next().is_none(), "more than {count} parts");
}

fn snapshots(parts: &[Part]) -> Vec<&Snapshot> {
    let sections = parts.iter().filter_map(|part| match part {
        Part::Section(snapshot) => Some(snapshot),
        Part::Event { .. } => None,
    });
    sections.collect()
}

/// The size of a capture without compression, unless it is too large.
fn decompressed(data: &[u8]) -> Option<u64> {
    if !data.starts_with(&[0x1f, 0x8b]) {
        return Some(data.len() as u64);
    }
    let mut sink = std::io::sink();
    let mut inflated = MultiGzDecoder::new(data).take(MAX_SIZE + 1);
    let mut size = 0;
    let mut buffer = [0; 4096];
    // What comes before an error counts.
    while let Ok(n @ 1..) = inflated.read(&mut buffer) {
        size += n as u64;
        std::io::Write::write_all(&mut sink, &buffer[..n]).expect("a sink takes all");
    }
    (size <= MAX_SIZE).then_some(size)
}

/// Reads a capture to its end; false if it is none.
fn read(
    data: Vec<u8>,
    section: &mut dyn FnMut(Snapshot),
    event: &mut dyn FnMut(&RawEvent<'_>),
) -> bool {
    let most = data.len();
    let Ok(mut reader) = Reader::from_read(Box::new(Cursor::new(data))) else {
        return false;
    };
    section(reader.snapshot());
    let mut polls = 0u64;
    let mut errors = 0;
    loop {
        polls += 1;
        assert!(
            polls <= 2 + MAX_SIZE,
            "no end after {polls} polls of {most} bytes"
        );
        match reader.poll(Duration::ZERO) {
            Ok(Poll::Event(raw)) => {
                Event::parse(raw.bytes, raw.cpu, 0).expect("a reader hands out what decodes");
                event(&raw);
            }
            Ok(Poll::Section) => section(reader.snapshot()),
            Ok(Poll::Idle) => {}
            Ok(Poll::End) => break,
            Err(error) => {
                errors += 1;
                assert!(!error.message.is_empty());
            }
        }
    }
    assert!(errors <= 1, "one message says where a capture is damaged");
    let progress = reader.progress();
    assert!(progress.events <= polls);
    true
}

/// All of a capture; `None` if it is none.
fn contents(data: Vec<u8>) -> Option<Vec<Part>> {
    let all = RefCell::new(Vec::new());
    let mut state = State::new(Limits::default());
    let is_capture = read(
        data,
        &mut |snapshot| {
            state.seed(snapshot.clone());
            all.borrow_mut().push(Part::Section(snapshot));
        },
        &mut |raw| {
            all.borrow_mut().push(Part::Event {
                cpu: raw.cpu,
                state_only: raw.state_only,
                bytes: raw.bytes.to_vec(),
            });
        },
    );
    is_capture.then(|| all.into_inner())
}

fn write(parts: &[Part]) -> Vec<u8> {
    let mut writer: Option<Writer<Vec<u8>>> = None;
    for part in parts {
        match (part, &mut writer) {
            (Part::Section(snapshot), None) => {
                let new = Writer::new(Vec::new(), Compression::None, snapshot);
                writer = Some(new.expect("memory takes all"));
            }
            (Part::Section(snapshot), Some(writer)) => {
                writer.section(snapshot).expect("memory takes all");
            }
            (
                Part::Event {
                    cpu,
                    state_only,
                    bytes,
                },
                Some(writer),
            ) => {
                let raw = RawEvent {
                    cpu: *cpu,
                    state_only: *state_only,
                    counted: true,
                    bytes,
                };
                writer.event(&raw).expect("memory takes all");
            }
            (Part::Event { .. }, None) => panic!("an event before the first section"),
        }
    }
    let writer = writer.expect("every capture has a section");
    writer.finish().expect("memory takes all")
}
