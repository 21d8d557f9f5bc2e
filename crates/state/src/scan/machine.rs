//! The machine itself: size, time of boot, users, network interfaces.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use bstr::{BString, ByteSlice as _};
use lanner_event::snapshot::{Interface, Machine};
use rustix::fd::AsFd as _;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use rustix::time::ClockId;

use super::process::number;
use super::{Scan, open_dir, read_users};

/// Takes over everything that is not about processes.
pub(super) fn read(root: &Path, scan: &mut Scan) {
    let snapshot = &mut scan.snapshot;
    snapshot.machine = machine(root);
    if let Ok(root) = open_dir(root) {
        (snapshot.users, snapshot.groups) = read_users(root.as_fd());
    }
    if snapshot.users.is_empty() {
        scan.report.problems.push(format!(
            "{}: no users could be read; their names are not known",
            root.join("etc/passwd").display()
        ));
    }
    match interfaces() {
        Ok(interfaces) => snapshot.interfaces = interfaces,
        Err(error) => scan.report.problems.push(format!(
            "network interfaces: {}; which addresses are local is not known",
            std::io::Error::from(error)
        )),
    }
}

fn machine(root: &Path) -> Machine {
    let read = |path: &str| std::fs::read(root.join(path)).unwrap_or_default();
    let memory = read("proc/meminfo")
        .lines()
        .find_map(|l| number(l.strip_prefix(b"MemTotal:")?))
        .unwrap_or(0);
    let cpus = read("proc/stat")
        .lines()
        .filter(|l| l.starts_with(b"cpu") && l.get(3).is_some_and(u8::is_ascii_digit))
        .count();
    Machine {
        num_cpus: cpus as u32,
        memory_bytes: memory.saturating_mul(1024),
        max_pid: number(&read("proc/sys/kernel/pid_max")).unwrap_or(0),
        hostname: BString::from(rustix::system::uname().nodename().to_bytes()),
        boot_ts: boot_ts(),
        flags: 0,
    }
}

/// When the machine was started, by its clock as it is now.
fn boot_ts() -> u64 {
    let nanoseconds = |clock| {
        let t = rustix::time::clock_gettime(clock);
        (t.tv_sec as u64).saturating_mul(1_000_000_000) + t.tv_nsec as u64
    };
    nanoseconds(ClockId::Realtime).saturating_sub(nanoseconds(ClockId::Boottime))
}

/// Message types, flags and attributes of rtnetlink.
const RTM_NEWADDR: u16 = 20;
const RTM_GETADDR: u16 = 22;
const NLMSG_DONE: u16 = 3;
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST_DUMP: u16 = 0x301;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_LABEL: u16 = 3;
const IFA_BROADCAST: u16 = 4;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// Length of the header of a message, and of the header of an address in it.
const HEADER: usize = 16;
const ADDRESS: usize = 8;

/// Asks the kernel for all addresses.
fn interfaces() -> rustix::io::Result<Vec<Interface>> {
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let mut request = [0u8; HEADER + ADDRESS];
    request[0..4].copy_from_slice(&((HEADER + ADDRESS) as u32).to_ne_bytes());
    request[4..6].copy_from_slice(&RTM_GETADDR.to_ne_bytes());
    request[6..8].copy_from_slice(&NLM_F_REQUEST_DUMP.to_ne_bytes());
    rustix::net::send(&socket, &request, SendFlags::empty())?;
    let mut out = Vec::new();
    let mut buffer = vec![0u8; 64 * 1024];
    // A dump ends with a message that says so; the bound is against a kernel that never does.
    for _ in 0..1024 {
        let (len, _) = rustix::net::recv(&socket, &mut buffer[..], RecvFlags::empty())?;
        let mut names = |index| rustix::net::netdevice::index_to_name(&socket, index).ok();
        if len == 0 || parse(&buffer[..len], &mut names, &mut out) {
            break;
        }
    }
    Ok(out)
}

/// Reads the messages in a datagram; true after the last of a dump.
fn parse(
    mut bytes: &[u8],
    name_of: &mut dyn FnMut(u32) -> Option<String>,
    out: &mut Vec<Interface>,
) -> bool {
    while let Some(len) = u32_at(bytes, 0) {
        let len = len as usize;
        let (Some(ty), Some(body)) = (u16_at(bytes, 4), bytes.get(HEADER..len)) else {
            return true;
        };
        match ty {
            NLMSG_DONE | NLMSG_ERROR => return true,
            RTM_NEWADDR => out.extend(interface(body, name_of)),
            _ => {}
        }
        bytes = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    false
}

fn interface(body: &[u8], name_of: &mut dyn FnMut(u32) -> Option<String>) -> Option<Interface> {
    let (family, prefix) = (*body.first()?, u32::from(*body.get(1)?));
    let index = u32_at(body, 4)?;
    let (mut address, mut local, mut broadcast, mut label) = (None, None, None, None);
    let mut rest = body.get(ADDRESS..)?;
    while let (Some(len), Some(ty)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let len = usize::from(len);
        let value = rest.get(4..len)?;
        match ty {
            IFA_ADDRESS => address = Some(value),
            IFA_LOCAL => local = Some(value),
            IFA_BROADCAST => broadcast = Some(value),
            IFA_LABEL => label = value.split(|b| *b == 0).next(),
            _ => {}
        }
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    let name: BString = match label {
        Some(label) => label.into(),
        None => name_of(index).unwrap_or_default().into(),
    };
    match family {
        AF_INET => {
            let v4 = |v: &[u8]| Some(Ipv4Addr::from(*v.first_chunk::<4>()?));
            Some(Interface::V4 {
                name,
                addr: v4(local.or(address)?)?,
                netmask: Ipv4Addr::from_bits(ones(prefix, 32) as u32),
                broadcast: broadcast.and_then(v4).unwrap_or(Ipv4Addr::UNSPECIFIED),
                speed: 0,
            })
        }
        AF_INET6 => Some(Interface::V6 {
            name,
            addr: Ipv6Addr::from(*local.or(address)?.first_chunk::<16>()?),
            netmask: Ipv6Addr::from_bits(ones(prefix, 128)),
            broadcast: Ipv6Addr::UNSPECIFIED,
            speed: 0,
        }),
        _ => None,
    }
}

/// The mask of a prefix of `len` bits in an address of `width`.
fn ones(len: u32, width: u32) -> u128 {
    let len = len.min(width);
    let all = u128::MAX >> (128 - width);
    match len {
        0 => 0,
        _ => all & (all << (width - len)),
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_of_prefixes() {
        for (len, width, expect) in [
            (0, 32, 0),
            (8, 32, 0xff00_0000),
            (32, 32, 0xffff_ffff),
            (64, 128, u128::from(u64::MAX) << 64),
            (128, 128, u128::MAX),
            (200, 128, u128::MAX),
        ] {
            assert_eq!(ones(len, width), expect, "{len} of {width}");
        }
    }

    #[test]
    fn the_answer_of_the_kernel_is_read_and_no_cut_of_it_panics() {
        let mut message = vec![0u8; HEADER];
        message.extend_from_slice(&[AF_INET, 24, 0, 0, 2, 0, 0, 0]);
        for (ty, value) in [
            (IFA_ADDRESS, &[10, 1, 2, 3][..]),
            (IFA_BROADCAST, &[10, 1, 2, 255]),
            (IFA_LABEL, b"eth0\0"),
        ] {
            message.extend_from_slice(&(4 + value.len() as u16).to_ne_bytes());
            message.extend_from_slice(&ty.to_ne_bytes());
            message.extend_from_slice(value);
            message.resize(message.len().next_multiple_of(4), 0);
        }
        let len = message.len() as u32;
        message[0..4].copy_from_slice(&len.to_ne_bytes());
        message[4..6].copy_from_slice(&RTM_NEWADDR.to_ne_bytes());
        let mut none = |_| None;
        let mut out = Vec::new();
        assert!(!parse(&message, &mut none, &mut out));
        assert_eq!(
            out,
            [Interface::V4 {
                name: "eth0".into(),
                addr: Ipv4Addr::new(10, 1, 2, 3),
                netmask: Ipv4Addr::new(255, 255, 255, 0),
                broadcast: Ipv4Addr::new(10, 1, 2, 255),
                speed: 0,
            }]
        );
        for cut in 0..message.len() {
            parse(&message[..cut], &mut none, &mut out);
        }
        message[0..4].copy_from_slice(&0u32.to_ne_bytes());
        assert!(parse(&message, &mut none, &mut out));
    }
}
