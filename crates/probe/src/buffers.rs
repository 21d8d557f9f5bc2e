//! Making the ring buffers, beside the loading of the programs.
//!
//! A slot of a map of maps is set with an RCU grace period behind it (`maybe_wait_bpf_programs`,
//! kernel/bpf/syscall.c): 10 ms or so for each buffer, of which a machine has two for each CPU. Those
//! who wait at the same time wait for the same one, so several threads set the slots.

use std::os::fd::{AsFd, AsRawFd};
use std::thread;

use libbpf_rs::{MapCore, MapFlags, MapHandle, MapType, libbpf_sys};

use crate::error::MIN_BUFFER;
use crate::layout::LANES;
use crate::ring::{Ring, page_size};

/// Threads that make buffers, at most.
const WORKERS: usize = 16;

/// The bytes of the ring buffers of one CPU, in the order of the lanes.
pub(crate) fn sizes(bytes: usize) -> [usize; LANES] {
    // Exec, fork and exit are rare, but large when they come: a quarter is plenty.
    [(bytes / 4).max(MIN_BUFFER).max(page_size()), bytes]
}

/// The map that holds the buffers, all slots empty.
pub(crate) fn outer(slots: usize) -> libbpf_rs::Result<MapHandle> {
    // It tells the kind of its maps only; their sizes may differ.
    let pattern = ring(page_size())?;
    let mut options = options();
    options.inner_map_fd = pattern.as_fd().as_raw_fd().cast_unsigned();
    let slots = u32::try_from(slots).unwrap_or(u32::MAX);
    MapHandle::create(MapType::ArrayOfMaps, Some("rings"), 4, 4, slots, &options)
}

/// Makes the buffers, those of the first CPU first, lane by lane, while something else is done.
pub(crate) fn make_while<T>(
    outer: &MapHandle,
    slots: usize,
    sizes: [usize; LANES],
    meanwhile: impl FnOnce() -> T,
) -> (T, libbpf_rs::Result<Vec<(MapHandle, Ring)>>) {
    let workers = WORKERS.min(slots);
    let share = |worker: usize| {
        let mut made = Vec::new();
        for slot in (worker..slots).step_by(workers) {
            made.push((slot, make(outer, slot, sizes[slot % LANES])?));
        }
        Ok(made)
    };
    thread::scope(|scope| {
        let begun: Vec<_> = (0..workers)
            .map(|worker| {
                let thread = thread::Builder::new().name("buffers".to_owned());
                (worker, thread.spawn_scoped(scope, move || share(worker)))
            })
            .collect();
        let done = meanwhile();
        let mut made = Vec::with_capacity(slots);
        let mut failed = None;
        for (worker, thread) in begun {
            let shared: libbpf_rs::Result<Vec<_>> = match thread {
                Ok(thread) => match thread.join() {
                    Ok(shared) => shared,
                    Err(panic) => std::panic::resume_unwind(panic),
                },
                // There may be no more threads.
                Err(_) => share(worker),
            };
            match shared {
                Ok(shared) => made.extend(shared),
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            return (done, Err(error));
        }
        made.sort_by_key(|(slot, _)| *slot);
        // Only now: what libbpf needs meanwhile is as much memory again.
        let mapped = made.into_iter().map(|(slot, map)| {
            let cpu = u16::try_from(slot / LANES).unwrap_or(u16::MAX);
            let ring = Ring::new(map.as_fd(), sizes[slot % LANES], cpu)?;
            Ok((map, ring))
        });
        (done, mapped.collect())
    })
}

fn make(outer: &MapHandle, slot: usize, size: usize) -> libbpf_rs::Result<MapHandle> {
    let map = ring(size)?;
    let key = u32::try_from(slot).unwrap_or(u32::MAX).to_ne_bytes();
    let value = map.as_fd().as_raw_fd().to_ne_bytes();
    outer.update(&key, &value, MapFlags::ANY)?;
    Ok(map)
}

/// A ring buffer of `size` bytes.
fn ring(size: usize) -> libbpf_rs::Result<MapHandle> {
    let bytes = u32::try_from(size).unwrap_or(u32::MAX);
    MapHandle::create(MapType::RingBuf, Some("ring"), 0, 0, bytes, &options())
}

fn options() -> libbpf_sys::bpf_map_create_opts {
    let mut options = libbpf_sys::bpf_map_create_opts::default();
    options.sz = size_of_val(&options) as libbpf_sys::size_t;
    options
}
