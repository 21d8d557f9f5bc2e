//! Values as conditions write them, read by the type of the field they are compared with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;

use hashbrown::HashMap;

use crate::{Op, Type, Value};

/// A value that a field is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Constant {
    /// `true` or `false`.
    Bool(bool),
    /// For signed integers and floating point.
    Int(i64),
    /// For unsigned integers, ports and times.
    Uint(u64),
    /// For text, paths and bytes.
    Text(Box<[u8]>),
    /// An address.
    Ip(IpAddr),
    /// A network.
    Net(Net),
}

/// A network: all addresses that share the first bits of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Net {
    addr: IpAddr,
    len: u8,
}

impl Net {
    /// The first `len` bits of an address; as many as it has if `len` is larger.
    pub fn new(addr: IpAddr, len: u8) -> Net {
        let addr = match addr {
            IpAddr::V4(ip) => {
                let mask = u32::MAX
                    .checked_shl(32u32.saturating_sub(len.into()))
                    .unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() & mask))
            }
            IpAddr::V6(ip) => {
                let mask = u128::MAX
                    .checked_shl(128u32.saturating_sub(len.into()))
                    .unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & mask))
            }
        };
        Net { addr, len }
    }

    /// Whether the address is of this family and in this network.
    pub fn contains(self, addr: IpAddr) -> bool {
        addr.is_ipv4() == self.addr.is_ipv4() && Net::new(addr, self.len) == self
    }

    /// How many bits count.
    pub fn prefix_len(self) -> u8 {
        self.len
    }

    /// The network of the same length that the address is in.
    #[must_use]
    pub fn same_len(self, addr: IpAddr) -> Net {
        Net::new(addr, self.len)
    }

    /// Whether it is a network of IPv4.
    pub fn is_ipv4(self) -> bool {
        self.addr.is_ipv4()
    }
}

impl Constant {
    /// As the value of a field; networks are none.
    pub(crate) fn value(&self) -> Option<Value<'_>> {
        Some(match self {
            Constant::Bool(b) => Value::Bool(*b),
            Constant::Int(n) => Value::Int(*n),
            Constant::Uint(n) => Value::Uint(*n),
            Constant::Text(text) => Value::Str(text),
            Constant::Ip(ip) => Value::Ip(*ip),
            Constant::Net(_) => return None,
        })
    }
}

/// Reads a value for a field of this type. The messages are those that tools look for.
pub(crate) fn parse(text: &[u8], ty: Type, op: Op) -> Result<Constant, String> {
    if matches!(op, Op::BContains | Op::BStartsWith) {
        return match decode_hex(text) {
            Some(bytes) => Ok(Constant::Text(bytes)),
            None => Err(
                "filter error: bcontains and bstartswith operator support hex strings only".into(),
            ),
        };
    }
    if ty == Type::Bytes {
        return Ok(Constant::Text(text.into()));
    }
    if text.contains(&0) {
        return Err("filter error: filter value cannot contain a NUL byte (\\x00)".into());
    }
    let shown = || String::from_utf8_lossy(text).into_owned();
    match ty {
        Type::Str | Type::Path | Type::Bytes | Type::IpName | Type::Dynamic => {
            Ok(Constant::Text(text.into()))
        }
        Type::Bool => match text {
            b"true" => Ok(Constant::Bool(true)),
            b"false" => Ok(Constant::Bool(false)),
            _ => Err(format!(
                "filter error: unrecognized boolean value {}",
                shown()
            )),
        },
        Type::Int(width) => {
            let number = parse_signed(text).ok_or_else(|| not_a_number(text))?;
            Ok(Constant::Int(match width {
                8 => i64::from(number as i8),
                16 => i64::from(number as i16),
                32 => i64::from(number as i32),
                _ => number,
            }))
        }
        // As in the original, integers only.
        Type::Double => {
            let number = parse_signed(text).ok_or_else(|| not_a_number(text))?;
            Ok(Constant::Int(i64::from(number as i32)))
        }
        Type::Uint(width) => {
            let number = parse_unsigned(text).ok_or_else(|| not_a_number(text))?;
            Ok(Constant::Uint(match width {
                8 => u64::from(number as u8),
                16 => u64::from(number as u16),
                32 => u64::from(number as u32),
                _ => number,
            }))
        }
        Type::RelTime | Type::AbsTime => parse_unsigned(text)
            .map(Constant::Uint)
            .ok_or_else(|| not_a_number(text)),
        Type::Port => parse_port(text)
            .map(|port| Constant::Uint(port.into()))
            .ok_or_else(|| format!("unrecognized protocol {}", shown())),
        Type::Ip => parse_ip(text).map(Constant::Ip),
        Type::Net => parse_net(text).map(Constant::Net),
    }
}

fn not_a_number(text: &[u8]) -> String {
    format!("{} is not a valid number", String::from_utf8_lossy(text))
}

/// Sign, and the digits behind it up to the end; blanks before are skipped, as `scanf` does.
fn digits(text: &[u8]) -> Option<(bool, u128)> {
    let blanks = text
        .iter()
        .take_while(|b| b.is_ascii_whitespace() || **b == 0x0b)
        .count();
    let text = &text[blanks..];
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |n: u128, b: &u8| (n * 10 + u128::from(b - b'0')).min(u128::from(u64::MAX) + 1);
    Some((negative, digits.iter().fold(0, add)))
}

/// A number that does not fit is the largest or smallest that does.
fn parse_signed(text: &[u8]) -> Option<i64> {
    let (negative, number) = digits(text)?;
    let number = number as i128;
    let signed = if negative { -number } else { number };
    Some(signed.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}

/// A negative number wraps around, as in the original.
fn parse_unsigned(text: &[u8]) -> Option<u64> {
    let (negative, number) = digits(text)?;
    let Ok(number) = u64::try_from(number) else {
        return Some(u64::MAX);
    };
    Some(if negative {
        number.wrapping_neg()
    } else {
        number
    })
}

fn parse_port(text: &[u8]) -> Option<u16> {
    if text.iter().all(u8::is_ascii_digit) {
        let number = if text.is_empty() {
            0
        } else {
            parse_unsigned(text)?
        };
        return u32::try_from(number).ok().map(|n| n as u16);
    }
    let name = std::str::from_utf8(text).ok()?;
    services().get(name).copied()
}

/// Ports by name: those of this machine, and a few that hold everywhere.
fn services() -> &'static HashMap<String, u16> {
    static SERVICES: OnceLock<HashMap<String, u16>> = OnceLock::new();
    const COMMON: &str = "ftp 21\nssh 22\ntelnet 23\nsmtp 25\ndomain 53\ntftp 69\nhttp 80\n\
        kerberos 88\npop3 110\nsunrpc 111\nntp 123\nimap2 143\nsnmp 161\nldap 389\nhttps 443\n\
        submission 587\nldaps 636\nimaps 993\npop3s 995\nmysql 3306\npostgresql 5432\n";
    SERVICES.get_or_init(|| {
        let own = std::fs::read_to_string("/etc/services").unwrap_or_default();
        let mut ports = HashMap::new();
        for line in own.lines().chain(COMMON.lines()) {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let (Some(name), Some(port)) = (words.next(), words.next()) else {
                continue;
            };
            let Ok(port) = port.split('/').next().unwrap_or_default().parse() else {
                continue;
            };
            for name in std::iter::once(name).chain(words) {
                ports.entry(name.to_string()).or_insert(port);
            }
        }
        ports
    })
}

/// A dot makes it IPv4.
fn parse_ip(text: &[u8]) -> Result<IpAddr, String> {
    let shown = String::from_utf8_lossy(text);
    if text.contains(&b'.') {
        let ip = shown.parse().map(IpAddr::V4);
        ip.map_err(|_| format!("unrecognized IPv4 address {shown}"))
    } else {
        let ip = shown.parse().map(IpAddr::V6);
        ip.map_err(|_| format!("unrecognized IPv6 address {shown}"))
    }
}

fn parse_net(text: &[u8]) -> Result<Net, String> {
    let shown = String::from_utf8_lossy(text);
    let v4 = text.contains(&b'.');
    let Some((ip, mask)) = shown.split_once('/') else {
        return Err(if v4 {
            format!("unrecognized IP network {shown}")
        } else {
            format!("invalid v6 netmask: {shown}")
        });
    };
    let len = |mask: &str| {
        let number =
            parse_unsigned(mask.as_bytes()).ok_or_else(|| not_a_number(mask.as_bytes()))?;
        Ok::<u8, String>(number as u8)
    };
    if v4 {
        let ip: Ipv4Addr = ip
            .parse()
            .map_err(|_| format!("unrecognized IP address {shown}"))?;
        match len(mask)? {
            len @ 0..=32 => Ok(Net::new(ip.into(), len)),
            _ => Err(format!("invalid netmask {mask}")),
        }
    } else {
        let ip: Ipv6Addr = ip
            .parse()
            .map_err(|_| format!("unrecognized IPv6 address {shown}"))?;
        match len(mask)? {
            len @ 1..=128 => Ok(Net::new(ip.into(), len)),
            _ => Err(format!("invalid v6 netmask {mask}")),
        }
    }
}

fn decode_hex(text: &[u8]) -> Option<Box<[u8]>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |b: u8| (b as char).to_digit(16).map(|d| d as u8);
    text.chunks_exact(2)
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_type() {
        fn check(text: &str, ty: Type, expect: Result<Constant, &str>) {
            let got = parse(text.as_bytes(), ty, Op::Eq);
            assert_eq!(got, expect.map_err(str::to_string), "{text} as {ty:?}");
        }
        use {Constant as C, Type as T};
        check("true", T::Bool, Ok(C::Bool(true)));
        check(
            "1",
            T::Bool,
            Err("filter error: unrecognized boolean value 1"),
        );
        check("+5", T::Int(64), Ok(C::Int(5)));
        check("-1", T::Int(64), Ok(C::Int(-1)));
        check(" 7", T::Int(64), Ok(C::Int(7)));
        check("0x2", T::Int(64), Err("0x2 is not a valid number"));
        check("1.5", T::Int(64), Err("1.5 is not a valid number"));
        check("", T::Int(64), Err(" is not a valid number"));
        check("99999999999999999999", T::Int(64), Ok(C::Int(i64::MAX)));
        check("-99999999999999999999", T::Int(64), Ok(C::Int(i64::MIN)));
        check("300", T::Int(8), Ok(C::Int(44)));
        check("-1", T::Uint(32), Ok(C::Uint(0xffff_ffff)));
        check("300", T::Uint(8), Ok(C::Uint(44)));
        check("5", T::Double, Ok(C::Int(5)));
        check("5.0", T::Double, Err("5.0 is not a valid number"));
        check("80", T::Port, Ok(C::Uint(80)));
        check("http", T::Port, Ok(C::Uint(80)));
        check(
            "nosuchservice",
            T::Port,
            Err("unrecognized protocol nosuchservice"),
        );
        check(
            "300.1.1.1",
            T::Ip,
            Err("unrecognized IPv4 address 300.1.1.1"),
        );
        check("x", T::Ip, Err("unrecognized IPv6 address x"));
        check("::1", T::Ip, Ok(C::Ip("::1".parse().unwrap())));
        check("10.0.0.1", T::Net, Err("unrecognized IP network 10.0.0.1"));
        check("10.0.0.1/33", T::Net, Err("invalid netmask 33"));
        check(
            "10.0.0.x/8",
            T::Net,
            Err("unrecognized IP address 10.0.0.x/8"),
        );
        check("::1", T::Net, Err("invalid v6 netmask: ::1"));
        check("::1/0", T::Net, Err("invalid v6 netmask 0"));
        check("::1/129", T::Net, Err("invalid v6 netmask 129"));
        check(
            "a\0",
            T::Str,
            Err("filter error: filter value cannot contain a NUL byte (\\x00)"),
        );
    }

    #[test]
    fn networks_contain_the_addresses_that_share_their_first_bits() {
        fn check(net: &str, ip: &str, expect: bool) {
            let net = parse_net(net.as_bytes()).unwrap();
            assert_eq!(net.contains(ip.parse().unwrap()), expect, "{ip} in {net:?}");
        }
        check("10.1.0.0/8", "10.255.0.1", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("10.0.0.0/9", "10.128.0.1", false);
        check("0.0.0.0/0", "1.2.3.4", true);
        check("1.2.3.4/32", "1.2.3.4", true);
        check("1.2.3.4/32", "1.2.3.5", false);
        check("0.0.0.0/0", "::1", false);
        check("fd00::/8", "fdff::1", true);
        check("fd00::/8", "fe00::1", false);
        check("::1/128", "::1", true);
        check("::1/127", "::2", false);
    }

    #[test]
    fn hex_strings_are_bytes() {
        fn check(text: &str, expect: Option<&[u8]>) {
            let got = parse(text.as_bytes(), Type::Bytes, Op::BContains).ok();
            assert_eq!(got, expect.map(|e| Constant::Text(e.into())), "{text}");
        }
        check("00ffAb", Some(&[0, 255, 0xab]));
        check("", Some(&[]));
        check("abc", None);
        check("zz", None);
    }
}
