//! The blocks before the first event: the machine and what it was doing (§8.2 to §8.6 of the
//! interface).

use std::net::{Ipv4Addr, Ipv6Addr};

use bstr::{BString, ByteSlice};
use lanner_event::snapshot::{
    FdEntry, FdKind, FdTableEntry, GroupEntry, Interface, L4, Machine, Snapshot, ThreadEntry,
    UserEntry,
};

use crate::block::Block;

/// A block ended in the middle of an entry, or an entry is longer than it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// The numbers that stand for the kinds of file descriptors.
pub(crate) mod fd_type {
    pub(crate) const UNKNOWN: u8 = 0;
    pub(crate) const FILE: u8 = 1;
    pub(crate) const DIRECTORY: u8 = 2;
    pub(crate) const IPV4: u8 = 3;
    pub(crate) const IPV6: u8 = 4;
    pub(crate) const IPV4_SERVER: u8 = 5;
    pub(crate) const IPV6_SERVER: u8 = 6;
    pub(crate) const FIFO: u8 = 7;
    pub(crate) const UNIX: u8 = 8;
    pub(crate) const EVENT: u8 = 9;
    pub(crate) const UNSUPPORTED: u8 = 10;
    pub(crate) const SIGNALFD: u8 = 11;
    pub(crate) const EVENTPOLL: u8 = 12;
    pub(crate) const INOTIFY: u8 = 13;
    pub(crate) const TIMERFD: u8 = 14;
    pub(crate) const NETLINK: u8 = 15;
    pub(crate) const FILE_V2: u8 = 16;
    pub(crate) const BPF: u8 = 17;
    pub(crate) const USERFAULTFD: u8 = 18;
    pub(crate) const IO_URING: u8 = 19;
    pub(crate) const MEMFD: u8 = 20;
    pub(crate) const PIDFD: u8 = 21;
}

/// Adds what a metadata block says. Entries before a broken one are kept.
pub(crate) fn read(block: Block, body: &[u8], snapshot: &mut Snapshot) -> Result<(), Broken> {
    let fields = Fields(body);
    match block {
        Block::Machine => machine(fields, &mut snapshot.machine),
        Block::Threads(version) => threads(fields, version, &mut snapshot.threads),
        Block::Fds { lengths } => fds(fields, lengths, &mut snapshot.fds),
        Block::Interfaces { lengths } => interfaces(fields, lengths, &mut snapshot.interfaces),
        Block::Users { lengths } => users(fields, lengths, snapshot),
        Block::Section | Block::Event { .. } | Block::Unknown => Ok(()),
    }
}

/// Reads values off the front of some bytes.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Broken> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(Broken)?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let (head, rest) = self.0.split_first_chunk().ok_or(Broken)?;
        self.0 = rest;
        Ok(*head)
    }

    fn u8(&mut self) -> Result<u8, Broken> {
        self.array().map(u8::from_le_bytes)
    }

    fn u16(&mut self) -> Result<u16, Broken> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, Broken> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Broken> {
        self.array().map(u64::from_le_bytes)
    }

    fn i64(&mut self) -> Result<i64, Broken> {
        self.array().map(i64::from_le_bytes)
    }

    fn text(&mut self) -> Result<BString, Broken> {
        let len = self.u16()?;
        Ok(self.take(len.into())?.into())
    }

    /// The next entry of a list: the bytes that its length in front says, or all that is left.
    fn entry(&mut self, lengths: bool, counts_itself: bool) -> Result<Fields<'a>, Broken> {
        if !lengths {
            return Ok(*self);
        }
        let len = self.u32()? as usize;
        let own = if counts_itself { 4 } else { 0 };
        self.take(len.checked_sub(own).ok_or(Broken)?).map(Fields)
    }

    /// Goes on behind an entry that was read.
    fn follow(&mut self, lengths: bool, entry: Fields<'a>) {
        if !lengths {
            *self = entry;
        }
    }

    /// True if an entry can follow; up to three bytes at the end are padding.
    fn more(&self) -> bool {
        self.0.len() >= 4
    }
}

fn machine(mut f: Fields<'_>, machine: &mut Machine) -> Result<(), Broken> {
    machine.num_cpus = f.u32()?;
    machine.memory_bytes = f.u64()?;
    machine.max_pid = f.u64()?;
    let name: [u8; 128] = f.array()?;
    let len = name.find_byte(0).unwrap_or(name.len());
    machine.hostname = name[..len].into();
    machine.boot_ts = f.u64()?;
    machine.flags = f.u64()?;
    Ok(())
}

fn threads(mut list: Fields<'_>, version: u8, out: &mut Vec<ThreadEntry>) -> Result<(), Broken> {
    let lengths = version >= 9;
    while list.more() {
        let mut f = list.entry(lengths, true)?;
        out.push(thread(&mut f, version)?);
        list.follow(lengths, f);
    }
    Ok(())
}

fn thread(f: &mut Fields<'_>, version: u8) -> Result<ThreadEntry, Broken> {
    let mut t = ThreadEntry {
        sid: -1,
        vpgid: -1,
        pgid: -1,
        vtid: -1,
        vpid: -1,
        loginuid: u32::MAX,
        ..ThreadEntry::default()
    };
    t.tid = f.i64()?;
    t.pid = f.i64()?;
    t.ptid = f.i64()?;
    if version >= 6 {
        t.sid = f.i64()?;
    }
    if version >= 8 {
        t.vpgid = f.i64()?;
    }
    t.comm = f.text()?;
    t.exe = f.text()?;
    if version >= 7 {
        t.exepath = f.text()?;
    }
    t.args = f.text()?;
    t.cwd = f.text()?;
    t.fdlimit = f.i64()?;
    t.flags = f.u32()?;
    t.uid = f.u32()?;
    t.gid = f.u32()?;
    if version >= 2 {
        t.vmsize_kb = f.u32()?;
        t.vmrss_kb = f.u32()?;
        t.vmswap_kb = f.u32()?;
        t.pfmajor = f.u64()?;
        t.pfminor = f.u64()?;
    }
    if version >= 3 {
        t.env = f.text()?;
    }
    if version >= 4 {
        t.vtid = f.i64()?;
        t.vpid = f.i64()?;
        t.cgroups = f.text()?;
    }
    if version >= 5 {
        t.root = f.text()?;
    }
    if version >= 9 {
        // An entry ends where its writer knew no more fields; that is no fault.
        let _ = appended(f, &mut t);
    }
    Ok(t)
}

fn appended(f: &mut Fields<'_>, t: &mut ThreadEntry) -> Result<(), Broken> {
    // The first two were put before the others at a time when those (29 bytes) existed already.
    if f.0.len() > 29 {
        t.pidns_init_start_ts = f.u64()?;
        t.tty = f.u32()?;
    }
    t.loginuid = f.u32()?;
    t.exe_writable = f.u8()? != 0;
    t.cap_inheritable = f.u64()?;
    t.cap_permitted = f.u64()?;
    t.cap_effective = f.u64()?;
    t.exe_upper_layer = f.u8()? != 0;
    t.exe_ino = f.u64()?;
    t.exe_ino_ctime = f.u64()?;
    t.exe_ino_mtime = f.u64()?;
    t.exe_from_memfd = f.u8()? != 0;
    t.exe_lower_layer = f.u8()? != 0;
    t.pgid = f.i64()?;
    Ok(())
}

fn fds(mut list: Fields<'_>, lengths: bool, out: &mut Vec<FdTableEntry>) -> Result<(), Broken> {
    let tid = list.i64()?;
    out.push(FdTableEntry {
        tid,
        fds: Vec::new(),
    });
    let Some(table) = out.last_mut() else {
        return Ok(());
    };
    while list.more() {
        let mut f = list.entry(lengths, true)?;
        table.fds.push(fd(&mut f, lengths)?);
        list.follow(lengths, f);
    }
    Ok(())
}

fn fd(f: &mut Fields<'_>, lengths: bool) -> Result<FdEntry, Broken> {
    let number = f.i64()?;
    let ino = f.u64()?;
    let kind = match f.u8()? {
        fd_type::UNKNOWN => FdKind::Unknown,
        fd_type::FILE => FdKind::File {
            flags: 0,
            name: f.text()?,
            dev: 0,
        },
        fd_type::FILE_V2 => FdKind::File {
            flags: f.u32()?,
            name: f.text()?,
            dev: if lengths { f.u32().unwrap_or(0) } else { 0 },
        },
        fd_type::IPV4 => {
            let (source, dest) = (v4(f)?, v4(f)?);
            let (sport, dport) = (f.u16()?, f.u16()?);
            FdKind::Ipv4 {
                source: (source, sport),
                dest: (dest, dport),
                l4: l4(f.u8()?),
            }
        }
        fd_type::IPV6 => {
            let (source, dest) = (v6(f)?, v6(f)?);
            let (sport, dport) = (f.u16()?, f.u16()?);
            FdKind::Ipv6 {
                source: (source, sport),
                dest: (dest, dport),
                l4: l4(f.u8()?),
            }
        }
        fd_type::IPV4_SERVER => FdKind::Ipv4Server {
            addr: (v4(f)?, f.u16()?),
            l4: l4(f.u8()?),
        },
        fd_type::IPV6_SERVER => FdKind::Ipv6Server {
            addr: (v6(f)?, f.u16()?),
            l4: l4(f.u8()?),
        },
        fd_type::UNIX => FdKind::Unix {
            source: f.u64()?,
            dest: f.u64()?,
            path: f.text()?,
        },
        fd_type::DIRECTORY => FdKind::Directory { name: f.text()? },
        fd_type::FIFO => FdKind::Fifo { name: f.text()? },
        fd_type::EVENT => FdKind::Event { name: f.text()? },
        fd_type::UNSUPPORTED => {
            let name = f.text()?;
            // This writer puts the type here if older readers do not know it.
            let kind = lengths.then(|| f.u8().ok()).flatten();
            newer(kind.unwrap_or(fd_type::UNSUPPORTED), name)
        }
        fd_type::SIGNALFD => FdKind::SignalFd { name: f.text()? },
        fd_type::EVENTPOLL => FdKind::EventPoll { name: f.text()? },
        fd_type::INOTIFY => FdKind::Inotify { name: f.text()? },
        fd_type::TIMERFD => FdKind::TimerFd { name: f.text()? },
        fd_type::NETLINK => FdKind::Netlink { name: f.text()? },
        kind @ fd_type::BPF..=fd_type::PIDFD => newer(kind, f.text()?),
        // Of a newer writer. Without a length in front, what follows cannot be found.
        other if lengths => FdKind::Unsupported {
            name: format!("unknown-type:[{other}]").into(),
        },
        _ => return Err(Broken),
    };
    Ok(FdEntry {
        fd: number,
        ino,
        kind,
    })
}

/// A descriptor of a type that was added after 2022.
fn newer(kind: u8, name: BString) -> FdKind {
    match kind {
        fd_type::BPF => FdKind::Bpf { name },
        fd_type::USERFAULTFD => FdKind::UserFaultFd { name },
        fd_type::IO_URING => FdKind::IoUring { name },
        fd_type::MEMFD => FdKind::MemFd { name },
        fd_type::PIDFD => FdKind::PidFd { name },
        _ => FdKind::Unsupported { name },
    }
}

fn v4(f: &mut Fields<'_>) -> Result<Ipv4Addr, Broken> {
    f.array::<4>().map(Ipv4Addr::from)
}

fn v6(f: &mut Fields<'_>) -> Result<Ipv6Addr, Broken> {
    f.array::<16>().map(Ipv6Addr::from)
}

fn l4(number: u8) -> L4 {
    match number {
        1 => L4::NotApplicable,
        2 => L4::Tcp,
        3 => L4::Udp,
        4 => L4::Icmp,
        5 => L4::Raw,
        _ => L4::Unknown,
    }
}

fn interfaces(mut list: Fields<'_>, lengths: bool, out: &mut Vec<Interface>) -> Result<(), Broken> {
    while list.more() {
        // Unlike those of all other lists, these lengths do not count themselves.
        let mut f = list.entry(lengths, false)?;
        let kind = f.u16()?;
        let name_len = usize::from(f.u16()?);
        let interface = match kind {
            1 | 3 => {
                let (addr, netmask, broadcast) = (v4(&mut f)?, v4(&mut f)?, v4(&mut f)?);
                Interface::V4 {
                    speed: if kind == 1 { f.u64()? } else { 0 },
                    addr,
                    netmask,
                    broadcast,
                    name: f.take(name_len)?.into(),
                }
            }
            2 | 4 => {
                let (addr, netmask, broadcast) = (v6(&mut f)?, v6(&mut f)?, v6(&mut f)?);
                Interface::V6 {
                    speed: if kind == 2 { f.u64()? } else { 0 },
                    addr,
                    netmask,
                    broadcast,
                    name: f.take(name_len)?.into(),
                }
            }
            _ if lengths => continue,
            _ => return Err(Broken),
        };
        out.push(interface);
        list.follow(lengths, f);
    }
    Ok(())
}

fn users(mut list: Fields<'_>, lengths: bool, out: &mut Snapshot) -> Result<(), Broken> {
    while list.more() {
        let mut f = list.entry(lengths, true)?;
        if f.u8()? == 0 {
            out.users.push(UserEntry {
                uid: f.u32()?,
                gid: f.u32()?,
                name: f.text()?,
                home: f.text()?,
                shell: f.text()?,
            });
        } else {
            out.groups.push(GroupEntry {
                gid: f.u32()?,
                name: f.text()?,
            });
        }
        list.follow(lengths, f);
    }
    Ok(())
}
