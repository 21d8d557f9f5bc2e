//! Socket addresses and tuples as events carry them, and the names made of them.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bstr::ByteSlice as _;
use lanner_event::snapshot::L4;

pub(crate) const AF_UNIX: u8 = 1;
pub(crate) const AF_INET: u8 = 2;
pub(crate) const AF_INET6: u8 = 10;
pub(crate) const AF_NETLINK: u8 = 16;

/// An address parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Addr<'a> {
    Inet(SocketAddr),
    Unix(&'a [u8]),
    Other(u8),
}

/// A tuple parameter. IPv6 tuples whose two ends are IPv4 addresses are given as IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tuple<'a> {
    Inet {
        source: SocketAddr,
        dest: SocketAddr,
    },
    Unix {
        source: u64,
        dest: u64,
        path: &'a [u8],
    },
    Other,
}

/// Reads a `sockaddr`; `None` if it is empty or cut short.
pub(crate) fn addr(bytes: &[u8]) -> Option<Addr<'_>> {
    let (&family, rest) = bytes.split_first()?;
    match family {
        AF_INET => Some(Addr::Inet(v4(rest)?)),
        AF_INET6 => Some(Addr::Inet(v6(rest)?)),
        AF_UNIX => Some(Addr::Unix(text(rest)?)),
        other => Some(Addr::Other(other)),
    }
}

/// Reads a `socktuple`; `None` if it is empty or cut short.
pub(crate) fn tuple(bytes: &[u8]) -> Option<Tuple<'_>> {
    let (&family, rest) = bytes.split_first()?;
    match family {
        AF_INET => Some(Tuple::Inet {
            source: v4(rest)?,
            dest: v4(rest.get(6..)?)?,
        }),
        AF_INET6 => {
            let (source, dest) = (v6(rest)?, v6(rest.get(18..)?)?);
            Some(match (as_v4(source), as_v4(dest)) {
                (Some(source), Some(dest)) => Tuple::Inet { source, dest },
                _ => Tuple::Inet { source, dest },
            })
        }
        AF_UNIX => {
            let (source, rest) = rest.split_first_chunk()?;
            let (dest, rest) = rest.split_first_chunk()?;
            Some(Tuple::Unix {
                source: u64::from_le_bytes(*source),
                dest: u64::from_le_bytes(*dest),
                path: text(rest)?,
            })
        }
        _ => Some(Tuple::Other),
    }
}

/// The IPv4 form of an IPv6 address that is a mapped one, or all zero.
pub(crate) fn as_v4(addr: SocketAddr) -> Option<SocketAddr> {
    let IpAddr::V6(ip) = addr.ip() else {
        return Some(addr);
    };
    let ip = if ip.is_unspecified() {
        Ipv4Addr::UNSPECIFIED
    } else {
        ip.to_ipv4_mapped()?
    };
    Some(SocketAddr::new(ip.into(), addr.port()))
}

fn v4(bytes: &[u8]) -> Option<SocketAddr> {
    let (ip, rest) = bytes.split_first_chunk::<4>()?;
    let port = rest.first_chunk::<2>()?;
    Some(SocketAddr::new(
        Ipv4Addr::from(*ip).into(),
        u16::from_le_bytes(*port),
    ))
}

fn v6(bytes: &[u8]) -> Option<SocketAddr> {
    let (ip, rest) = bytes.split_first_chunk::<16>()?;
    let port = rest.first_chunk::<2>()?;
    Some(SocketAddr::new(
        Ipv6Addr::from(*ip).into(),
        u16::from_le_bytes(*port),
    ))
}

/// NUL-terminated text: what is before the first NUL; `None` without one.
fn text(bytes: &[u8]) -> Option<&[u8]> {
    bytes.find_byte(0).map(|nul| &bytes[..nul])
}

/// Appends `ip:port`, without brackets around IPv6 addresses.
pub(crate) fn push_addr(addr: SocketAddr, out: &mut Vec<u8>) {
    push_ip(addr.ip(), out);
    out.push(b':');
    push_number(u64::from(addr.port()), out);
}

fn push_ip(ip: IpAddr, out: &mut Vec<u8>) {
    match ip {
        IpAddr::V4(ip) => {
            for (i, octet) in ip.octets().into_iter().enumerate() {
                if i > 0 {
                    out.push(b'.');
                }
                push_number(u64::from(octet), out);
            }
        }
        // Writing to a vector cannot fail.
        IpAddr::V6(ip) => drop(write!(out, "{ip}")),
    }
}

fn push_number(mut n: u64, out: &mut Vec<u8>) {
    let start = out.len();
    loop {
        out.push(b'0' + (n % 10) as u8);
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out[start..].reverse();
}

/// Writes the name of a connected internet socket.
pub(crate) fn write_tuple(source: SocketAddr, dest: SocketAddr, l4: L4, out: &mut Vec<u8>) {
    out.clear();
    match l4 {
        L4::Tcp | L4::Udp => {
            push_addr(source, out);
            out.extend_from_slice(b"->");
            push_addr(dest, out);
        }
        L4::Icmp => push_ips(source, dest, out),
        L4::Raw if source.is_ipv4() => push_ips(source, dest, out),
        _ => out.extend_from_slice(b"<unknown>"),
    }
}

fn push_ips(source: SocketAddr, dest: SocketAddr, out: &mut Vec<u8>) {
    push_ip(source.ip(), out);
    out.extend_from_slice(b"->");
    push_ip(dest.ip(), out);
}

/// Writes the name of a unix socket.
pub(crate) fn write_unix(source: u64, dest: u64, path: &[u8], out: &mut Vec<u8>) {
    out.clear();
    // Writing to a vector cannot fail.
    drop(write!(out, "{source:x}->{dest:x} "));
    out.extend_from_slice(path);
}

/// Writes an address as `evt.arg.addr` prints it.
pub(crate) fn write_addr(addr: Addr<'_>, out: &mut Vec<u8>) {
    out.clear();
    match addr {
        Addr::Inet(addr) => push_addr(addr, out),
        Addr::Unix(path) => out.extend_from_slice(path),
        // Writing to a vector cannot fail.
        Addr::Other(family) => drop(write!(out, "family {family}")),
    }
}

#[cfg(test)]
mod tests {
    use lanner_event::testing;

    use super::*;

    fn v(s: &str) -> SocketAddr {
        s.parse().unwrap()
    }

    #[test]
    fn tuples_are_read_and_named() {
        for (source, dest, expect) in [
            ("10.0.0.1:1234", "1.2.3.4:53", "10.0.0.1:1234->1.2.3.4:53"),
            ("[::1]:1", "[fe80::1]:2", "::1:1->fe80::1:2"),
            (
                "[::ffff:1.2.3.4]:1",
                "[::ffff:5.6.7.8]:2",
                "1.2.3.4:1->5.6.7.8:2",
            ),
            ("[::]:0", "[::ffff:5.6.7.8]:2", "0.0.0.0:0->5.6.7.8:2"),
        ] {
            let bytes = testing::tuple(v(source), v(dest));
            let Some(Tuple::Inet { source, dest }) = tuple(&bytes) else {
                panic!("{source}");
            };
            let mut out = Vec::new();
            write_tuple(source, dest, L4::Tcp, &mut out);
            assert_eq!(out.as_bstr(), expect);
            for cut in 0..bytes.len() {
                assert_eq!(tuple(&bytes[..cut]), None, "cut at {cut}");
            }
        }
    }

    #[test]
    fn unix_tuples_are_hexadecimal_with_the_path() {
        let bytes = testing::tuple_unix(0xff00, 0x1, "/run/x.sock");
        let Some(Tuple::Unix { source, dest, path }) = tuple(&bytes) else {
            panic!();
        };
        let mut out = Vec::new();
        write_unix(source, dest, path, &mut out);
        assert_eq!(out.as_bstr(), "ff00->1 /run/x.sock");
        assert_eq!(tuple(&bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn the_name_depends_on_the_protocol() {
        for (l4, expect) in [
            (L4::Udp, "1.2.3.4:5->6.7.8.9:10"),
            (L4::Icmp, "1.2.3.4->6.7.8.9"),
            (L4::Raw, "1.2.3.4->6.7.8.9"),
            (L4::Unknown, "<unknown>"),
        ] {
            let mut out = Vec::new();
            write_tuple(v("1.2.3.4:5"), v("6.7.8.9:10"), l4, &mut out);
            assert_eq!(out.as_bstr(), expect, "{l4:?}");
        }
    }

    #[test]
    fn addresses_are_read_and_named() {
        for (bytes, expect) in [
            (testing::sockaddr(v("1.2.3.4:80")), "1.2.3.4:80"),
            (testing::sockaddr(v("[::]:80")), ":::80"),
            (testing::sockaddr_unix("/s"), "/s"),
            (vec![17], "family 17"),
        ] {
            let mut out = Vec::new();
            write_addr(addr(&bytes).unwrap(), &mut out);
            assert_eq!(out.as_bstr(), expect);
        }
        assert_eq!(addr(&[]), None);
        assert_eq!(addr(&[AF_INET, 1, 2]), None);
        assert_eq!(addr(&[AF_UNIX, b'x']), None);
    }
}
