//! Writing a capture.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use lanner_event::snapshot::{
    FdEntry, FdKind, FdTableEntry, GroupEntry, Interface, L4, Machine, Snapshot, ThreadEntry,
    UserEntry,
};
use lanner_event::{HEADER_LEN, RawEvent};

use crate::block;
use crate::metadata::fd_type;
use crate::older;

/// Longest path and name that readers accept, in bytes.
const MAX_PATH: usize = 1023;
/// Longest list of arguments, environment or cgroups that readers accept, in bytes.
const MAX_LIST: usize = 4096;
/// Longest name or directory of a user that readers accept, in bytes.
const MAX_CREDENTIAL: usize = 255;
/// Bytes of one block of threads, users or interfaces at which another is begun.
const BLOCK_SIZE: usize = 1 << 20;

/// Whether a capture is compressed while it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// No.
    #[default]
    None,
    /// With gzip.
    Gzip,
}

/// Writes a capture that this crate, Falco and sysdig read.
///
/// Text that is longer than readers accept (1023 bytes for a path, 4096 for a list of arguments)
/// is cut. What sysdig 0.29, which distributions have, does not know and cannot stand is written
/// such that it reads the rest, and [`Reader`](crate::Reader) everything. [`Writer::finish`] must
/// be called for a compressed capture to be complete.
pub struct Writer<W: Write> {
    out: Out<W>,
    block: Vec<u8>,
    written: u64,
}

enum Out<W: Write> {
    Plain(BufWriter<W>),
    Gzip(Box<GzEncoder<BufWriter<W>>>),
}

impl Writer<File> {
    /// Creates (or empties) the file at `path` and begins a capture in it.
    pub fn create(
        path: impl AsRef<Path>,
        compression: Compression,
        snapshot: &Snapshot,
    ) -> io::Result<Writer<File>> {
        Writer::new(File::create(path)?, compression, snapshot)
    }
}

impl<W: Write> Writer<W> {
    /// Begins a capture: what the machine was doing before its first event.
    pub fn new(out: W, compression: Compression, snapshot: &Snapshot) -> io::Result<Writer<W>> {
        let out = BufWriter::with_capacity(64 << 10, out);
        let mut writer = Writer {
            out: match compression {
                Compression::None => Out::Plain(out),
                Compression::Gzip => {
                    Out::Gzip(Box::new(GzEncoder::new(out, flate2::Compression::fast())))
                }
            },
            block: Vec::new(),
            written: 0,
        };
        writer.section(snapshot)?;
        Ok(writer)
    }

    /// Bytes written so far, before compression.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Writes an event. Those that are not counted are parts of events of older captures, and are
    /// left out.
    pub fn event(&mut self, event: &RawEvent<'_>) -> io::Result<()> {
        if !event.counted || event.bytes.len() < HEADER_LEN {
            return Ok(());
        }
        let large = event.bytes.len() > usize::from(u16::MAX);
        let kind = match (event.state_only, large) {
            (false, false) => block::EVENT_V2,
            (false, true) => block::EVENT_V2_LARGE,
            (true, false) => block::EVENT_FLAGS_V2,
            (true, true) => block::EVENT_FLAGS_V2_LARGE,
        };
        self.begin(kind);
        self.block.extend_from_slice(&event.cpu.to_le_bytes());
        if event.state_only {
            self.block.extend_from_slice(&1u32.to_le_bytes());
        }
        match older::hide(event.bytes) {
            Some(hidden) => self.block.extend_from_slice(&hidden),
            None => self.block.extend_from_slice(event.bytes),
        }
        self.end()
    }

    /// Hands what is buffered to the file.
    pub fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Plain(out) => out.flush(),
            Out::Gzip(out) => out.flush(),
        }
    }

    /// Completes the capture and gives the file back.
    pub fn finish(self) -> io::Result<W> {
        let out = match self.out {
            Out::Plain(out) => out,
            Out::Gzip(out) => out.finish()?,
        };
        out.into_inner().map_err(io::IntoInnerError::into_error)
    }

    /// Begins another section in the same capture: what comes after it is of another machine, or
    /// of this one after a gap.
    pub fn section(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        self.begin(block::SECTION);
        self.u32(block::SECTION_MAGIC);
        self.block.extend_from_slice(&block::MAJOR.to_le_bytes());
        self.block.extend_from_slice(&block::MINOR.to_le_bytes());
        self.u64(u64::MAX);
        self.end()?;
        self.machine(&snapshot.machine)?;
        self.list(block::INTERFACES_V2, &snapshot.interfaces, Self::interface)?;
        // One block: readers of other origin let a second replace the first.
        self.begin(block::USERS_V2);
        snapshot.users.iter().for_each(|u| self.user(u));
        snapshot.groups.iter().for_each(|g| self.group(g));
        self.end()?;
        self.list(block::THREADS_V9, &snapshot.threads, Self::thread)?;
        snapshot.fds.iter().try_for_each(|t| self.fds(t))
    }

    fn list<T>(
        &mut self,
        kind: u32,
        items: &[T],
        mut write: impl FnMut(&mut Self, &T),
    ) -> io::Result<()> {
        self.begin(kind);
        for item in items {
            write(self, item);
            if self.block.len() > BLOCK_SIZE && kind == block::THREADS_V9 {
                self.end()?;
                self.begin(kind);
            }
        }
        self.end()
    }

    fn begin(&mut self, kind: u32) {
        self.block.clear();
        self.u32(kind);
        self.u32(0);
    }

    fn end(&mut self) -> io::Result<()> {
        let padded = self.block.len().next_multiple_of(4);
        self.block.resize(padded, 0);
        let len = self.block.len() + block::TAIL;
        let Ok(word) = u32::try_from(len) else {
            return Err(io::Error::other("a block of a capture exceeds 4 GiB"));
        };
        self.block[4..8].copy_from_slice(&word.to_le_bytes());
        self.u32(word);
        match &mut self.out {
            Out::Plain(out) => out.write_all(&self.block)?,
            Out::Gzip(out) => out.write_all(&self.block)?,
        }
        self.written += len as u64;
        Ok(())
    }

    fn u8(&mut self, value: u8) {
        self.block.push(value);
    }

    fn u16(&mut self, value: u16) {
        self.block.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.block.extend_from_slice(&value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.block.extend_from_slice(&value.to_le_bytes());
    }

    fn i64(&mut self, value: i64) {
        self.block.extend_from_slice(&value.to_le_bytes());
    }

    fn text(&mut self, text: &[u8], most: usize) {
        let text = &text[..text.len().min(most)];
        self.u16(text.len() as u16);
        self.block.extend_from_slice(text);
    }

    /// Begins an entry that says its own length; [`Writer::close`] fills it in.
    fn open(&mut self) -> usize {
        let at = self.block.len();
        self.u32(0);
        at
    }

    fn close(&mut self, at: usize) {
        let len = (self.block.len() - at) as u32;
        self.block[at..at + 4].copy_from_slice(&len.to_le_bytes());
    }

    fn machine(&mut self, machine: &Machine) -> io::Result<()> {
        self.begin(block::MACHINE);
        self.u32(machine.num_cpus);
        self.u64(machine.memory_bytes);
        self.u64(machine.max_pid);
        let mut name = [0; 128];
        let len = machine.hostname.len().min(name.len() - 1);
        name[..len].copy_from_slice(&machine.hostname[..len]);
        self.block.extend_from_slice(&name);
        self.u64(machine.boot_ts);
        self.u64(machine.flags);
        self.u64(0);
        self.u64(0);
        self.end()
    }

    fn interface(&mut self, interface: &Interface) {
        let at = self.block.len();
        self.u32(0);
        match interface {
            Interface::V4 {
                name,
                addr,
                netmask,
                broadcast,
                speed,
            } => {
                self.u16(1);
                self.u16(name.len().min(MAX_PATH) as u16);
                for address in [addr, netmask, broadcast] {
                    self.block.extend_from_slice(&address.octets());
                }
                self.u64(*speed);
                self.block
                    .extend_from_slice(&name[..name.len().min(MAX_PATH)]);
            }
            Interface::V6 {
                name,
                addr,
                netmask,
                broadcast,
                speed,
            } => {
                self.u16(2);
                self.u16(name.len().min(MAX_PATH) as u16);
                for address in [addr, netmask, broadcast] {
                    self.block.extend_from_slice(&address.octets());
                }
                self.u64(*speed);
                self.block
                    .extend_from_slice(&name[..name.len().min(MAX_PATH)]);
            }
        }
        // Alone among the lists, this one does not count the length itself.
        let len = (self.block.len() - at - 4) as u32;
        self.block[at..at + 4].copy_from_slice(&len.to_le_bytes());
    }

    fn user(&mut self, user: &UserEntry) {
        let at = self.open();
        self.u8(0);
        self.u32(user.uid);
        self.u32(user.gid);
        self.text(&user.name, MAX_CREDENTIAL);
        self.text(&user.home, MAX_CREDENTIAL);
        self.text(&user.shell, MAX_CREDENTIAL);
        self.close(at);
    }

    fn group(&mut self, group: &GroupEntry) {
        let at = self.open();
        self.u8(1);
        self.u32(group.gid);
        self.text(&group.name, MAX_CREDENTIAL);
        self.close(at);
    }

    fn thread(&mut self, t: &ThreadEntry) {
        let at = self.open();
        for id in [t.tid, t.pid, t.ptid, t.sid, t.vpgid] {
            self.i64(id);
        }
        self.text(&t.comm, MAX_PATH);
        self.text(&t.exe, MAX_PATH);
        self.text(&t.exepath, MAX_PATH);
        self.text(&t.args, MAX_LIST);
        self.text(&t.cwd, MAX_PATH);
        self.i64(t.fdlimit);
        for value in [t.flags, t.uid, t.gid, t.vmsize_kb, t.vmrss_kb, t.vmswap_kb] {
            self.u32(value);
        }
        self.u64(t.pfmajor);
        self.u64(t.pfminor);
        self.text(&t.env, MAX_LIST);
        self.i64(t.vtid);
        self.i64(t.vpid);
        self.text(&t.cgroups, MAX_LIST);
        self.text(&t.root, MAX_PATH);
        self.u64(t.pidns_init_start_ts);
        self.u32(t.tty);
        self.u32(t.loginuid);
        self.u8(t.exe_writable.into());
        self.u64(t.cap_inheritable);
        self.u64(t.cap_permitted);
        self.u64(t.cap_effective);
        self.u8(t.exe_upper_layer.into());
        self.u64(t.exe_ino);
        self.u64(t.exe_ino_ctime);
        self.u64(t.exe_ino_mtime);
        self.u8(t.exe_from_memfd.into());
        self.u8(t.exe_lower_layer.into());
        self.i64(t.pgid);
        self.close(at);
    }

    fn fds(&mut self, table: &FdTableEntry) -> io::Result<()> {
        self.begin(block::FDS_V2);
        self.i64(table.tid);
        table.fds.iter().for_each(|fd| self.fd(fd));
        self.end()
    }

    fn fd(&mut self, entry: &FdEntry) {
        let at = self.open();
        self.i64(entry.fd);
        self.u64(entry.ino);
        match &entry.kind {
            FdKind::Unknown => self.u8(fd_type::UNKNOWN),
            FdKind::File { flags, name, dev } => {
                self.u8(fd_type::FILE_V2);
                self.u32(*flags);
                self.text(name, MAX_PATH);
                self.u32(*dev);
            }
            FdKind::Ipv4 { source, dest, l4 } => {
                self.u8(fd_type::IPV4);
                self.block.extend_from_slice(&source.0.octets());
                self.block.extend_from_slice(&dest.0.octets());
                self.ports(source.1, dest.1, *l4);
            }
            FdKind::Ipv6 { source, dest, l4 } => {
                self.u8(fd_type::IPV6);
                self.block.extend_from_slice(&source.0.octets());
                self.block.extend_from_slice(&dest.0.octets());
                self.ports(source.1, dest.1, *l4);
            }
            FdKind::Ipv4Server { addr, l4 } => {
                self.u8(fd_type::IPV4_SERVER);
                self.block.extend_from_slice(&addr.0.octets());
                self.u16(addr.1);
                self.u8(number(*l4));
            }
            FdKind::Ipv6Server { addr, l4 } => {
                self.u8(fd_type::IPV6_SERVER);
                self.block.extend_from_slice(&addr.0.octets());
                self.u16(addr.1);
                self.u8(number(*l4));
            }
            FdKind::Unix { source, dest, path } => {
                self.u8(fd_type::UNIX);
                self.u64(*source);
                self.u64(*dest);
                self.text(path, MAX_PATH);
            }
            FdKind::Directory { name } => self.named(fd_type::DIRECTORY, name),
            FdKind::Fifo { name } => self.named(fd_type::FIFO, name),
            FdKind::Event { name } => self.named(fd_type::EVENT, name),
            FdKind::Unsupported { name } => self.named(fd_type::UNSUPPORTED, name),
            FdKind::SignalFd { name } => self.named(fd_type::SIGNALFD, name),
            FdKind::EventPoll { name } => self.named(fd_type::EVENTPOLL, name),
            FdKind::Inotify { name } => self.named(fd_type::INOTIFY, name),
            FdKind::TimerFd { name } => self.named(fd_type::TIMERFD, name),
            FdKind::Netlink { name } => self.named(fd_type::NETLINK, name),
            FdKind::Bpf { name } => self.named(fd_type::BPF, name),
            FdKind::UserFaultFd { name } => self.named(fd_type::USERFAULTFD, name),
            FdKind::IoUring { name } => self.named(fd_type::IO_URING, name),
            FdKind::MemFd { name } => self.named(fd_type::MEMFD, name),
            FdKind::PidFd { name } => self.named(fd_type::PIDFD, name),
        }
        self.close(at);
    }

    fn ports(&mut self, source: u16, dest: u16, l4: L4) {
        self.u16(source);
        self.u16(dest);
        self.u8(number(l4));
    }

    fn named(&mut self, kind: u8, name: &[u8]) {
        let shown = older::fd_type(kind);
        self.u8(shown);
        self.text(name, MAX_PATH);
        if shown != kind {
            self.u8(kind);
        }
    }
}

fn number(l4: L4) -> u8 {
    match l4 {
        L4::Unknown => 0,
        L4::NotApplicable => 1,
        L4::Tcp => 2,
        L4::Udp => 3,
        L4::Icmp => 4,
        L4::Raw => 5,
    }
}
