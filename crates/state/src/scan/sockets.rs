//! Sockets by their inode, from the tables of a network namespace.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};

use bstr::ByteSlice as _;
use hashbrown::HashMap;
use lanner_event::snapshot::{FdKind, L4};
use rustix::fd::BorrowedFd;

use super::process::{Reader, number};

/// The sockets of one network namespace by inode.
pub(super) type Sockets = HashMap<u64, FdKind>;

/// The tables of the namespaces that were needed so far.
#[derive(Default)]
pub(super) struct NetTables {
    by_namespace: Mutex<HashMap<u64, Arc<Sockets>>>,
}

/// The longest table that is read, in bytes.
const MAX_TABLE: usize = 64 << 20;

/// Where sockets are listed, and what they are there.
const TABLES: [(&str, Table); 8] = [
    ("net/tcp", Table::Inet(L4::Tcp)),
    ("net/udp", Table::Inet(L4::Udp)),
    ("net/raw", Table::Inet(L4::Raw)),
    ("net/unix", Table::Unix),
    ("net/netlink", Table::Netlink),
    ("net/tcp6", Table::Inet(L4::Tcp)),
    ("net/udp6", Table::Inet(L4::Udp)),
    ("net/raw6", Table::Inet(L4::Raw)),
];

#[derive(Clone, Copy)]
enum Table {
    Inet(L4),
    Unix,
    Netlink,
}

impl Reader<'_> {
    /// The sockets of the namespace that the process in `dir` is in.
    pub(super) fn sockets(&mut self, dir: BorrowedFd<'_>) -> Arc<Sockets> {
        let namespace = super::process::namespace(dir, "ns/net");
        let shared = self.shared;
        let Ok(mut known) = shared.nets.by_namespace.lock() else {
            return Arc::default();
        };
        if let Some(sockets) = known.get(&namespace) {
            return Arc::clone(sockets);
        }
        // Held while reading: another reader that needs this namespace waits instead of reading.
        let mut sockets = Sockets::new();
        for (name, table) in TABLES {
            if self.read_long(dir, name) {
                parse(&self.text, table, &mut sockets);
            }
        }
        let sockets = Arc::new(sockets);
        known.insert(namespace, Arc::clone(&sockets));
        sockets
    }

    /// Reads a file that may be long, growing the room as needed.
    fn read_long(&mut self, dir: BorrowedFd<'_>, name: &str) -> bool {
        let mut room = 64 * 1024;
        loop {
            if !self.read(dir, name, room) {
                return false;
            }
            if self.text.len() < room || room >= MAX_TABLE {
                return true;
            }
            room *= 8;
        }
    }
}

fn parse(text: &[u8], table: Table, sockets: &mut Sockets) {
    for line in text.lines() {
        let found = match table {
            Table::Inet(l4) => inet(line, l4),
            Table::Unix => unix(line),
            Table::Netlink => netlink(line),
        };
        if let Some((ino, kind)) = found {
            sockets.insert(ino, kind);
        }
    }
}

/// `sl: local remote st queues timer retransmits uid timeout inode …`, addresses in hexadecimal.
fn inet(line: &[u8], l4: L4) -> Option<(u64, FdKind)> {
    let mut fields = line.fields();
    fields.next()?;
    let (local, remote) = (fields.next()?, fields.next()?);
    let ino = number(fields.nth(6)?)?;
    let kind = match (address(local)?, address(remote)?) {
        (Address::V4(addr), Address::V4(remote)) if remote.0.is_unspecified() => {
            FdKind::Ipv4Server { addr, l4 }
        }
        (Address::V4(source), Address::V4(dest)) => FdKind::Ipv4 { source, dest, l4 },
        (Address::V6(addr), Address::V6(remote)) if remote.0.is_unspecified() => {
            FdKind::Ipv6Server { addr, l4 }
        }
        (Address::V6(source), Address::V6(dest)) => FdKind::Ipv6 { source, dest, l4 },
        _ => return None,
    };
    Some((ino, kind))
}

enum Address {
    V4((Ipv4Addr, u16)),
    V6((Ipv6Addr, u16)),
}

/// `ADDRESS:PORT`; the address is in words of 32 bits in the byte order of the machine.
fn address(text: &[u8]) -> Option<Address> {
    let (ip, port) = text.split_once_str(b":")?;
    let hex = |t: &[u8]| u32::from_str_radix(t.to_str().ok()?, 16).ok();
    let port = u16::try_from(hex(port)?).ok()?;
    let mut bytes = [0u8; 16];
    if ip.len() != 8 && ip.len() != 32 {
        return None;
    }
    for (word, out) in ip.chunks(8).zip(bytes.chunks_mut(4)) {
        out.copy_from_slice(&hex(word)?.to_ne_bytes());
    }
    Some(if ip.len() == 8 {
        let [a, b, c, d, ..] = bytes;
        Address::V4((Ipv4Addr::new(a, b, c, d), port))
    } else {
        Address::V6((Ipv6Addr::from(bytes), port))
    })
}

/// `address: references protocol flags type state inode path`.
fn unix(line: &[u8]) -> Option<(u64, FdKind)> {
    let (address, rest) = line.split_once_str(b": ")?;
    let source = u64::from_str_radix(address.to_str().ok()?, 16).ok()?;
    let mut fields = rest.fields_with(|c| c == ' ');
    let ino = number(fields.nth(5)?)?;
    // The path is the rest of the line: it may contain blanks.
    let path = rest.splitn_str(8, b" ").filter(|f| !f.is_empty()).count();
    let path = match path {
        7.. => after_fields(rest, 6),
        _ => b"",
    };
    Some((
        ino,
        FdKind::Unix {
            source,
            dest: 0,
            path: path.into(),
        },
    ))
}

/// What follows the first `count` fields and the blank after them.
fn after_fields(mut text: &[u8], count: usize) -> &[u8] {
    for _ in 0..count {
        text = text.trim_start_with(|c| c == ' ');
        text = text.find_byte(b' ').map_or(b"", |at| &text[at..]);
    }
    text.strip_prefix(b" ").unwrap_or(text)
}

/// `address protocol pid groups rmem wmem dump locks drops inode`.
fn netlink(line: &[u8]) -> Option<(u64, FdKind)> {
    let ino = number(line.fields().nth(9)?)?;
    Some((
        ino,
        FdKind::Netlink {
            name: Default::default(),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(table: Table, line: &str, expect: Option<(u64, FdKind)>) {
        let mut sockets = Sockets::new();
        parse(line.as_bytes(), table, &mut sockets);
        assert_eq!(sockets.into_iter().next(), expect, "{line}");
    }

    #[test]
    fn lines_of_the_tables_are_read() {
        let l4 = L4::Tcp;
        let ip = |a, b, c, d| Ipv4Addr::new(a, b, c, d);
        check(
            Table::Inet(l4),
            "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 539 1 0",
            Some((
                539,
                FdKind::Ipv4Server {
                    addr: (ip(127, 0, 0, 1), 8080),
                    l4,
                },
            )),
        );
        check(
            Table::Inet(l4),
            "  12: 0100000A:9C40 04030201:01BB 01 00000000:00000000 00:00000000 00000000 1000 0 77 1 0",
            Some((
                77,
                FdKind::Ipv4 {
                    source: (ip(10, 0, 0, 1), 40000),
                    dest: (ip(1, 2, 3, 4), 443),
                    l4,
                },
            )),
        );
        check(
            Table::Inet(l4),
            "   1: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 0A \
             00000000:00000000 00:00000000 00000000 0 0 5 1 0",
            Some((
                5,
                FdKind::Ipv6Server {
                    addr: (Ipv6Addr::LOCALHOST, 53),
                    l4,
                },
            )),
        );
        check(
            Table::Unix,
            "000000004ff6cd27: 00000003 00000000 00000000 0001 03 90312 /run/a b.sock",
            Some((
                90312,
                FdKind::Unix {
                    source: 0x4ff6_cd27,
                    dest: 0,
                    path: "/run/a b.sock".into(),
                },
            )),
        );
        check(
            Table::Unix,
            "000000004ff6cd27: 00000003 00000000 00000000 0001 03 90312",
            Some((
                90312,
                FdKind::Unix {
                    source: 0x4ff6_cd27,
                    dest: 0,
                    path: "".into(),
                },
            )),
        );
        check(
            Table::Netlink,
            "00000000ea61be03 4   0          00000000 0        0        0     2        0        480     ",
            Some((480, FdKind::Netlink { name: "".into() })),
        );
    }

    #[test]
    fn headers_and_nonsense_are_no_sockets() {
        for line in [
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
            "Num       RefCount Protocol Flags    Type St Inode Path",
            "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode",
            "",
            ": : :",
            "0: 0:0 0:0",
        ] {
            for table in [Table::Inet(L4::Udp), Table::Unix, Table::Netlink] {
                check(table, line, None);
            }
        }
    }
}
