//! The descriptors of a process.

use std::sync::Arc;

use bstr::{BString, ByteSlice as _};
use lanner_event::snapshot::{FdEntry, FdKind};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{AtFlags, FileType, OFlags, RawDir, StatxFlags};

use super::process::{Reader, number, open_dir_at, open_number, read_link};
use super::sockets::Sockets;

/// The most descriptors that are read of one process.
const MAX_FDS: usize = 65_536;

impl Reader<'_> {
    /// All descriptors of the process in `dir`, and whether they may not be read.
    pub(super) fn fds(&mut self, dir: BorrowedFd<'_>) -> (Vec<FdEntry>, bool) {
        let mut numbers = Vec::new();
        let Some(list) = open_dir_at(dir, "fd") else {
            return (Vec::new(), true);
        };
        let mut names = std::mem::take(&mut self.names);
        let mut entries = RawDir::new(&list, &mut names);
        while let Some(Ok(entry)) = entries.next() {
            if let Some(n) = number(entry.file_name().to_bytes()) {
                numbers.push(n as i64);
                if numbers.len() >= MAX_FDS {
                    break;
                }
            }
        }
        self.names = names;
        let mut sockets = None;
        let fds = numbers
            .into_iter()
            .filter_map(|fd| self.entry(dir, list.as_fd(), fd, &mut sockets))
            .collect();
        (fds, false)
    }

    /// One descriptor of a process.
    pub(super) fn one_fd(&mut self, pid: i64, fd: i64) -> Option<FdEntry> {
        let dir = open_number(&self.shared.proc_dir, pid)?;
        let list = open_dir_at(dir.as_fd(), "fd")?;
        self.entry(dir.as_fd(), list.as_fd(), fd, &mut None)
    }

    fn entry(
        &mut self,
        dir: BorrowedFd<'_>,
        list: BorrowedFd<'_>,
        fd: i64,
        sockets: &mut Option<Arc<Sockets>>,
    ) -> Option<FdEntry> {
        let name = fd.to_string();
        let link = read_link(list, &name)?;
        if let Some(ino) = in_brackets(&link, b"socket:[") {
            let sockets = sockets.get_or_insert_with(|| self.sockets(dir));
            let kind = sockets.get(&ino).cloned();
            let kind = kind.unwrap_or(FdKind::Unsupported { name: link });
            return Some(FdEntry { fd, ino, kind });
        }
        if let Some(ino) = in_brackets(&link, b"pipe:[") {
            let kind = FdKind::Fifo { name: link };
            return Some(FdEntry { fd, ino, kind });
        }
        if let Some(kind) = anonymous(&link) {
            return Some(FdEntry { fd, ino: 0, kind });
        }
        let mask = StatxFlags::TYPE | StatxFlags::INO;
        let stat = rustix::fs::statx(list, &name, AtFlags::STATX_DONT_SYNC, mask).ok()?;
        let kind = match FileType::from_raw_mode(u32::from(stat.stx_mode)) {
            FileType::Directory => FdKind::Directory { name: link },
            FileType::Fifo => FdKind::Fifo { name: link },
            _ if link.starts_with(b"/memfd:") => FdKind::MemFd { name: link },
            _ => FdKind::File {
                flags: self.open_flags(dir, &name),
                name: link,
                dev: device(stat.stx_dev_major, stat.stx_dev_minor),
            },
        };
        Some(FdEntry {
            fd,
            ino: stat.stx_ino,
            kind,
        })
    }

    /// The flags in `/proc/PID/fdinfo/FD`, in the capture format.
    fn open_flags(&mut self, dir: BorrowedFd<'_>, fd: &str) -> u32 {
        if !self.read(dir, &format!("fdinfo/{fd}"), 512) {
            return 0;
        }
        let flags = self
            .text
            .lines()
            .find_map(|l| l.strip_prefix(b"flags:"))
            .and_then(|f| u32::from_str_radix(f.trim().to_str().ok()?, 8).ok());
        flags.map_or(0, capture_flags)
    }
}

/// The number in `prefixNUMBER]`.
fn in_brackets(link: &[u8], prefix: &[u8]) -> Option<u64> {
    number(link.strip_prefix(prefix)?.strip_suffix(b"]")?)
}

/// Descriptors without a file, by what the kernel calls them.
fn anonymous(link: &[u8]) -> Option<FdKind> {
    let kind = link.strip_prefix(b"anon_inode:")?;
    // Upstream gives those that it knows no name.
    let name = BString::default();
    Some(match kind {
        b"[eventfd]" => FdKind::Event { name },
        b"[eventpoll]" => FdKind::EventPoll { name },
        b"inotify" => FdKind::Inotify { name },
        b"[signalfd]" => FdKind::SignalFd { name },
        b"[timerfd]" => FdKind::TimerFd { name },
        b"[io_uring]" => FdKind::IoUring { name },
        b"[userfaultfd]" => FdKind::UserFaultFd { name },
        b"[pidfd]" => FdKind::PidFd { name },
        b"bpf-map" | b"bpf-prog" | b"bpf-link" | b"bpf_link" | b"bpf_iter" => FdKind::Bpf { name },
        _ => FdKind::Unsupported { name },
    })
}

/// A device number as `st_dev` was before it grew: 12 bits of major, 20 of minor.
fn device(major: u32, minor: u32) -> u32 {
    minor & 0xff | (major & 0xfff) << 8 | (minor & !0xff) << 12
}

/// From the kernel's flags to those of the capture format.
fn capture_flags(flags: u32) -> u32 {
    const TABLE: [(OFlags, u32); 11] = [
        (OFlags::CREATE, 1 << 2),
        (OFlags::TMPFILE, 1 << 13),
        (OFlags::APPEND, 1 << 3),
        (OFlags::DSYNC, 1 << 4),
        (OFlags::EXCL, 1 << 5),
        (OFlags::NONBLOCK, 1 << 6),
        (OFlags::SYNC, 1 << 7),
        (OFlags::TRUNC, 1 << 8),
        (OFlags::DIRECT, 1 << 9),
        (OFlags::DIRECTORY, 1 << 10),
        (OFlags::CLOEXEC, 1 << 12),
    ];
    /// `O_LARGEFILE` as the kernel has it; 0 in programs on 64 bits.
    const LARGEFILE: u32 = 0o100_000;
    let given = OFlags::from_bits_retain(flags);
    let access = match given & OFlags::RWMODE {
        OFlags::WRONLY => 2,
        OFlags::RDWR => 3,
        _ => 1,
    };
    let large = if flags & LARGEFILE != 0 { 1 << 11 } else { 0 };
    TABLE
        .iter()
        .filter(|(flag, _)| given.contains(*flag))
        .fold(access | large, |bits, (_, bit)| bits | bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_those_of_the_capture_format() {
        for (flags, expect) in [
            (0, 1),
            (0o1, 2),
            (0o2, 3),
            (0o2_100_000, 1 | 1 << 11 | 1 << 12),
            (0o2_101, 2 | 1 << 2 | 1 << 3),
            (0o200_000, 1 | 1 << 10),
        ] {
            assert_eq!(capture_flags(flags), expect, "{flags:o}");
        }
    }

    #[test]
    fn links_of_descriptors_without_a_file_are_told_apart() {
        assert_eq!(in_brackets(b"socket:[42]", b"socket:["), Some(42));
        assert_eq!(in_brackets(b"/socket:[42]", b"socket:["), None);
        let kind = |link: &str| anonymous(link.as_bytes());
        assert!(matches!(
            kind("anon_inode:[eventpoll]"),
            Some(FdKind::EventPoll { .. })
        ));
        assert!(matches!(
            kind("anon_inode:[perf_event]"),
            Some(FdKind::Unsupported { .. })
        ));
        assert_eq!(kind("/etc/passwd"), None);
    }

    #[test]
    fn device_numbers_are_packed() {
        assert_eq!(device(8, 1), 0x801);
        assert_eq!(device(0, 0x1ff), 0x10_00ff);
    }
}
