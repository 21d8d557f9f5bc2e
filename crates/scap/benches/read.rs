//! How fast captures are read.

use std::io::{Cursor, Write};
use std::time::Duration;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use flate2::write::GzEncoder;
use lanner_event::snapshot::Snapshot;
use lanner_event::{Event, EventType, Poll, RawEvent, Source, encode};
use lanner_scap::{Compression, Reader, Writer};

const EVENTS: usize = 100_000;

fn main() {
    divan::main();
}

fn record(ty: EventType, tid: i64, params: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    // What is too long is left out, and missed in the figures.
    let _ = encode(&mut out, ty, 1_600_000_000_000_000_000, tid, params);
    out
}

/// A capture whose events are `records`, over and over.
fn capture(records: &[Vec<u8>]) -> Vec<u8> {
    let Ok(mut writer) = Writer::new(Vec::new(), Compression::None, &Snapshot::default()) else {
        return Vec::new();
    };
    for bytes in records.iter().cycle().take(EVENTS) {
        let event = RawEvent {
            cpu: 1,
            state_only: false,
            counted: true,
            bytes,
        };
        let _ = writer.event(&event);
    }
    writer.finish().unwrap_or_default()
}

/// Events as they are written today: opens, reads, closes.
fn current() -> Vec<u8> {
    let fd = 5i64.to_le_bytes();
    let size = 4096u32.to_le_bytes();
    capture(&[
        record(
            EventType::SYSCALL_OPENAT_2_X,
            7,
            &[&fd, &fd, b"/etc/passwd\0", &size, &size, &size, &fd],
        ),
        record(EventType::SYSCALL_READ_X, 7, &[&fd, &[7; 80], &fd, &size]),
        record(EventType::SYSCALL_CLOSE_X, 7, &[&fd, &fd]),
    ])
}

/// The same in halves, as they were written before 2025.
fn older() -> Vec<u8> {
    let fd = 5i64.to_le_bytes();
    let size = 4096u32.to_le_bytes();
    capture(&[
        record(EventType::SYSCALL_READ_E, 7, &[&fd, &size]),
        record(EventType::SYSCALL_READ_X, 7, &[&fd, &[7; 80]]),
        record(EventType::SYSCALL_CLOSE_E, 7, &[&fd]),
        record(EventType::SYSCALL_CLOSE_X, 7, &[&fd]),
    ])
}

fn read(bytes: &[u8]) -> u64 {
    let mut parameters = 0;
    if let Ok(mut reader) = Reader::from_read(Box::new(Cursor::new(bytes.to_vec()))) {
        while let Ok(Poll::Event(raw)) = reader.poll(Duration::ZERO) {
            if let Ok(event) = Event::parse(raw.bytes, raw.cpu, 1) {
                parameters += event.nparams() as u64;
            }
        }
    }
    parameters
}

fn bench(bencher: Bencher<'_, '_>, bytes: &[u8]) {
    bencher
        .counter(ItemsCount::new(EVENTS))
        .counter(BytesCount::new(bytes.len()))
        .bench(|| read(divan::black_box(bytes)));
}

#[divan::bench]
fn current_events(bencher: Bencher<'_, '_>) {
    bench(bencher, &current());
}

#[divan::bench]
fn events_in_halves(bencher: Bencher<'_, '_>) {
    bench(bencher, &older());
}

#[divan::bench]
fn compressed(bencher: Bencher<'_, '_>) {
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::default());
    let _ = gzip.write_all(&current());
    bench(bencher, &gzip.finish().unwrap_or_default());
}
