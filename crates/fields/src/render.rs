//! Parameters of events as text (`evt.arg`, `evt.args`) and as values (`evt.rawarg`).
//!
//! A parameter has a raw text and for some types a resolved one: `3` and `<f>/etc/passwd`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bstr::ByteSlice;
use bumpalo::Bump;
use lanner_event::schema::{FlagTable, Format, ParamInfo, ParamType, SYSCALL_CODE_COUNT, Syscall};
use lanner_event::snapshot::L4;
use lanner_filter::Value;
use lanner_state::{Fd, FdType};

use crate::fd::l4;
use crate::path::join;
use crate::record::EventRecord;
use crate::text::{Text, formatted, printable};
use crate::{names, time};

/// Stands for a parameter without a value.
pub(crate) const NOT_AVAILABLE: &[u8] = b"<NA>";

/// What a writer of old captures put for text that it could not read.
const NULL_TEXT: &[u8] = b"(NULL)\0";

/// The working directory, where a directory descriptor is expected.
pub(crate) const AT_FDCWD: i64 = -100;

/// A parameter as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rendered<'a> {
    /// The value itself.
    pub(crate) raw: &'a [u8],
    /// What it means; empty where it means nothing beyond itself.
    pub(crate) resolved: &'a [u8],
}

impl<'a> Rendered<'a> {
    fn raw(raw: &'a [u8]) -> Rendered<'a> {
        Rendered { raw, resolved: b"" }
    }

    /// The meaning if there is one, else the value.
    pub(crate) fn best(self) -> &'a [u8] {
        if self.resolved.is_empty() {
            self.raw
        } else {
            self.resolved
        }
    }
}

/// Parameter `index` of the event as text; `None` if the record has no such parameter, or its
/// type is not known.
pub(crate) fn parameter<'a>(
    record: &EventRecord<'a>,
    index: usize,
    arena: &'a Bump,
) -> Option<Rendered<'a>> {
    let bytes = record.event.param(index)?;
    let info = record.event.info().params.get(index)?;
    Some(render(record, info, bytes, Wanted::Both, arena))
}

/// What parameter `index` means or else is, for comparisons: only one text is made.
pub(crate) fn best<'a>(
    record: &EventRecord<'a>,
    index: usize,
    arena: &'a Bump,
) -> Option<&'a [u8]> {
    let bytes = record.event.param(index)?;
    let info = record.event.info().params.get(index)?;
    Some(render(record, info, bytes, Wanted::Best, arena).best())
}

/// Which texts of a parameter are made.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    Both,
    /// The resolved one, and the raw one only where nothing is resolved.
    Best,
}

impl Wanted {
    /// A number and what it means.
    fn named<'a>(
        self,
        number: std::fmt::Arguments<'_>,
        resolved: &'a [u8],
        arena: &'a Bump,
    ) -> Rendered<'a> {
        let raw: &[u8] = match self {
            Wanted::Best if !resolved.is_empty() => b"",
            _ => formatted(arena, number),
        };
        Rendered { raw, resolved }
    }
}

fn render<'a>(
    record: &EventRecord<'a>,
    info: &ParamInfo,
    bytes: &'a [u8],
    wanted: Wanted,
    arena: &'a Bump,
) -> Rendered<'a> {
    if bytes.is_empty() && !is_text(info.ty) {
        return Rendered::raw(match info.ty {
            ParamType::ByteBuf
            | ParamType::SockTuple
            | ParamType::FdList
            | ParamType::CharBufArray
            | ParamType::CharBufPairArray
            | ParamType::Dyn => b"NULL",
            _ => NOT_AVAILABLE,
        });
    }
    match (info.ty, bytes) {
        (ParamType::Dyn, [variant, rest @ ..]) => match info.variants.get(usize::from(*variant)) {
            Some(inner) => one(record, inner, info.format, rest, wanted, arena),
            None => Some(Rendered::raw(b"INVALID DYNAMIC PARAMETER")),
        },
        _ => one(record, info, info.format, bytes, wanted, arena),
    }
    // A number of a width that it cannot have.
    .unwrap_or(Rendered::raw(NOT_AVAILABLE))
}

fn is_text(ty: ParamType) -> bool {
    matches!(
        ty,
        ParamType::CharBuf | ParamType::FsPath | ParamType::FsRelPath
    )
}

fn one<'a>(
    record: &EventRecord<'a>,
    info: &ParamInfo,
    format: Format,
    bytes: &'a [u8],
    wanted: Wanted,
    arena: &'a Bump,
) -> Option<Rendered<'a>> {
    use ParamType as P;
    Some(match info.ty {
        P::I8 | P::I16 | P::I32 | P::I64 => {
            let value = signed(bytes)?;
            Rendered::raw(number(
                value,
                value as u64 & mask(bytes.len()),
                format,
                arena,
            ))
        }
        P::U8 | P::U16 => {
            let value = unsigned(bytes)?;
            Rendered::raw(number(value as i64, value, format, arena))
        }
        // Printed as if they were signed.
        P::U32 | P::U64 => {
            let value = unsigned(bytes)?;
            Rendered::raw(number(signed(bytes)?, value, format, arena))
        }
        P::CharBuf => Rendered::raw(text(bytes)),
        P::FsPath | P::FsRelPath => path(record, info, text(bytes), arena),
        // Conditions see what they were written for, however buffers print.
        P::ByteBuf if wanted == Wanted::Both && record.settings().base64 => {
            Rendered::raw(base64(bytes, arena))
        }
        P::ByteBuf => Rendered::raw(dotted(bytes, arena)),
        P::Errno => {
            let value = signed(bytes)?;
            let name = names::errno(value).unwrap_or("");
            wanted.named(format_args!("{value}"), name.as_bytes(), arena)
        }
        P::Fd | P::Fd32 => fd(record, signed(bytes)?, wanted, arena),
        P::Pid | P::Pid32 => {
            let pid = signed(bytes)?;
            let comm = record.state.by_tid(pid).map_or(&b""[..], |t| &t.comm);
            wanted.named(format_args!("{pid}"), comm, arena)
        }
        P::SockAddr => Rendered::raw(sockaddr(bytes, arena)),
        P::SockTuple => Rendered::raw(socktuple(bytes, arena)),
        P::FdList => Rendered::raw(fd_list(record, bytes, arena)),
        P::SyscallId => {
            let code = unsigned(bytes)?;
            if code as usize >= SYSCALL_CODE_COUNT {
                return Some(Rendered::raw(b"<unknown syscall>"));
            }
            let name = Syscall(code as u16).name();
            wanted.named(format_args!("{code}"), name.as_bytes(), arena)
        }
        P::SigType => {
            let signal = unsigned(bytes)?;
            let name = names::signal(signal as u8).unwrap_or("");
            wanted.named(format_args!("{signal}"), name.as_bytes(), arena)
        }
        P::RelTime => match unsigned(bytes)? {
            u64::MAX => Rendered::raw(b"none"),
            ns => wanted.named(format_args!("{ns}"), seconds(ns, arena), arena),
        },
        P::AbsTime => Rendered::raw(time::with_offset(
            unsigned(bytes)?,
            &record.settings().zone,
            arena,
        )),
        P::Flags8 | P::Flags16 | P::Flags32 => {
            let value = unsigned(bytes)? as u32;
            let names = flags(value, info.table, arena);
            wanted.named(format_args!("{value}"), names, arena)
        }
        P::Enum8 | P::Enum16 | P::Enum32 => {
            let value = unsigned(bytes)? as u32;
            let names = enumerators(value, info.table, arena);
            wanted.named(format_args!("{value}"), names, arena)
        }
        P::Mode => {
            let value = unsigned(bytes)?;
            Rendered {
                raw: number(i64::from(value as i32), value, format, arena),
                resolved: mode(value as u32, info.table, arena),
            }
        }
        P::Uid => id(unsigned(bytes)? as u32, arena, |id| {
            let user = record.state.user(record.container_id(), id);
            user.map(|u| u.name.as_slice())
                .filter(|_| record.thread().is_some())
        }),
        P::Gid => id(unsigned(bytes)? as u32, arena, |id| {
            let group = record.state.group(record.container_id(), id);
            group
                .map(|g| g.name.as_slice())
                .filter(|_| record.thread().is_some())
        }),
        P::SigSet => Rendered::raw(signals(unsigned(bytes)? as u32, arena)),
        P::CharBufArray => {
            let mut out = Text::new(arena);
            let list = bytes.strip_suffix(b"\0").unwrap_or(bytes);
            for item in list.split(|b| *b == 0) {
                out.separate(b'.').push(item);
            }
            Rendered::raw(out.finish())
        }
        P::Port
        | P::L4Proto
        | P::SockFamily
        | P::Bool
        | P::Ipv4Addr
        | P::Dyn
        | P::Double
        | P::CharBufPairArray
        | P::Ipv4Net
        | P::Ipv6Addr
        | P::Ipv6Net
        | P::IpAddr
        | P::IpNet => Rendered::raw(b"(n.a.)"),
    })
}

fn signed(bytes: &[u8]) -> Option<i64> {
    Some(match *bytes {
        [a] => i64::from(a as i8),
        [a, b] => i64::from(i16::from_le_bytes([a, b])),
        [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
        _ => return None,
    })
}

fn unsigned(bytes: &[u8]) -> Option<u64> {
    signed(bytes).map(|n| n as u64 & mask(bytes.len()))
}

/// The bits of a number of this width.
fn mask(width: usize) -> u64 {
    match width {
        8.. => u64::MAX,
        _ => (1 << (8 * width)) - 1,
    }
}

fn number(signed: i64, bits: u64, format: Format, arena: &Bump) -> &[u8] {
    match format {
        Format::Hex => formatted(arena, format_args!("{bits:X}")),
        Format::Oct if bits == 0 => b"0",
        Format::Oct => formatted(arena, format_args!("0{bits:o}")),
        Format::Padded => formatted(arena, format_args!("{signed:09}")),
        Format::None | Format::Dec | Format::Id => formatted(arena, format_args!("{signed}")),
    }
}

/// The text in a text parameter.
pub(crate) fn text(bytes: &[u8]) -> &[u8] {
    if bytes.is_empty() || bytes == NULL_TEXT {
        return NOT_AVAILABLE;
    }
    until_nul(bytes)
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.find_byte(0).map_or(bytes, |nul| &bytes[..nul])
}

fn path<'a>(
    record: &EventRecord<'a>,
    info: &ParamInfo,
    path: &'a [u8],
    arena: &'a Bump,
) -> Rendered<'a> {
    let relative = !path.is_empty() && path != NOT_AVAILABLE && path[0] != b'/';
    let resolved: &[u8] = if relative && record.thread().is_some() {
        join(base(record, info, arena), path, arena)
    } else {
        b""
    };
    Rendered {
        raw: printable(path, arena),
        resolved: printable(resolved, arena),
    }
}

/// The directory that a path parameter is relative to, with a slash at its end.
fn base<'a>(record: &EventRecord<'a>, info: &ParamInfo, arena: &'a Bump) -> &'a [u8] {
    let descriptor = info.dirfd.and_then(|at| {
        let at = usize::from(at);
        let param = record.event.info().params.get(at)?;
        (param.ty == ParamType::Fd)
            .then(|| record.event.int(at))
            .flatten()
    });
    match descriptor {
        None | Some(AT_FDCWD) => record.cwd(),
        Some(fd) => match record.fds().and_then(|fds| fds.get(fd)) {
            Some(dir) if !dir.name.is_empty() => with_slash(&dir.name, arena),
            _ => b"",
        },
    }
}

/// A path with a slash at its end.
pub(crate) fn with_slash<'a>(path: &'a [u8], arena: &'a Bump) -> &'a [u8] {
    if path.ends_with(b"/") {
        return path;
    }
    let mut out = Text::new(arena);
    out.push(path).byte(b'/');
    out.finish()
}

fn fd<'a>(record: &EventRecord<'a>, number: i64, wanted: Wanted, arena: &'a Bump) -> Rendered<'a> {
    let resolved = match number {
        _ if record.thread().is_none() => b"",
        0.. => match record.fds().and_then(|fds| fds.get(number)) {
            Some(fd) => {
                let mut out = Text::new(arena);
                out.byte(b'<').byte(type_char(fd.ty));
                if let Some(protocol) = protocol_char(fd) {
                    out.byte(protocol);
                }
                out.byte(b'>').push(printable(&fd.name, arena));
                out.finish()
            }
            None => b"",
        },
        AT_FDCWD => b"AT_FDCWD",
        _ => names::errno(number).unwrap_or("").as_bytes(),
    };
    wanted.named(format_args!("{number}"), resolved, arena)
}

/// `fd.typechar`.
pub(crate) fn type_char(ty: FdType) -> u8 {
    match ty {
        FdType::Unknown => b'o',
        FdType::File => b'f',
        FdType::Directory => b'd',
        FdType::Ipv4 | FdType::Ipv4Server => b'4',
        FdType::Ipv6 | FdType::Ipv6Server => b'6',
        FdType::Unix | FdType::UserFault => b'u',
        FdType::Pipe => b'p',
        FdType::Event => b'e',
        FdType::Signal => b's',
        FdType::EventPoll => b'l',
        FdType::Inotify => b'i',
        FdType::Timer => b't',
        FdType::Netlink => b'n',
        FdType::Bpf => b'b',
        FdType::IoUring => b'r',
        FdType::MemFd => b'm',
        FdType::PidFd => b'P',
        FdType::Unsupported => b'X',
    }
}

/// The protocol of an internet socket, as one character.
fn protocol_char(fd: &Fd) -> Option<u8> {
    match l4(fd) {
        L4::Tcp => Some(b't'),
        L4::Udp => Some(b'u'),
        L4::Icmp => Some(b'i'),
        L4::Raw => Some(b'r'),
        L4::Unknown | L4::NotApplicable => None,
    }
}

/// A byte buffer as text, with dots for what is not printable ASCII.
fn dotted<'a>(bytes: &'a [u8], arena: &'a Bump) -> &'a [u8] {
    let shown = |b: &u8| matches!(b, b' '..=b'~');
    if bytes.iter().all(shown) {
        return bytes;
    }
    arena.alloc_slice_fill_iter(bytes.iter().map(|b| if shown(b) { *b } else { b'.' }))
}

fn base64<'a>(bytes: &[u8], arena: &'a Bump) -> &'a [u8] {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Text::new(arena);
    for chunk in bytes.chunks(3) {
        let triple = chunk
            .iter()
            .fold(0u32, |sum, byte| sum << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            out.byte(if digit <= chunk.len() {
                DIGITS[(triple >> (18 - 6 * digit) & 63) as usize]
            } else {
                b'='
            });
        }
    }
    out.finish()
}

/// Family numbers of addresses in the capture format.
const AF_UNIX: u8 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

fn port(bytes: [u8; 2]) -> u16 {
    u16::from_le_bytes(bytes)
}

/// An address and port, 6 or 18 bytes.
fn endpoint(bytes: &[u8]) -> Option<SocketAddr> {
    let (ip, tail) = match bytes.len() {
        6 => {
            let (ip, tail) = bytes.split_first_chunk::<4>()?;
            (IpAddr::V4(Ipv4Addr::from(*ip)), tail)
        }
        18 => {
            let (ip, tail) = bytes.split_first_chunk::<16>()?;
            (IpAddr::V6(Ipv6Addr::from(*ip)), tail)
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port(*tail.first_chunk::<2>()?)))
}

fn sockaddr<'a>(bytes: &'a [u8], arena: &'a Bump) -> &'a [u8] {
    let Some((family, rest)) = bytes.split_first() else {
        return NOT_AVAILABLE;
    };
    match (*family, rest.len()) {
        (AF_UNIX, _) => printable(until_nul(rest), arena),
        (AF_INET, 6) | (AF_INET6, 18) => {
            let mut out = Text::new(arena);
            if let Some(addr) = endpoint(rest) {
                out.socket_addr(addr);
            }
            out.finish()
        }
        (AF_INET, _) => b"INVALID IPv4",
        (AF_INET6, _) => b"INVALID IPv6",
        (family, _) => formatted(arena, format_args!("family {family}")),
    }
}

fn socktuple<'a>(bytes: &'a [u8], arena: &'a Bump) -> &'a [u8] {
    let Some((family, rest)) = bytes.split_first() else {
        return b"NULL";
    };
    let mut out = Text::new(arena);
    match (*family, rest.len()) {
        (AF_UNIX, 16..) => {
            let (source, rest) = rest.split_at(8);
            let (dest, path) = rest.split_at(8);
            out.format(format_args!(
                "{:x}->{:x} ",
                unsigned(source).unwrap_or(0),
                unsigned(dest).unwrap_or(0)
            ))
            .push(printable(until_nul(path), arena));
        }
        (AF_UNIX, _) => return b"INVALID PATH",
        (AF_INET, 12) | (AF_INET6, 36) => {
            let (source, dest) = rest.split_at(rest.len() / 2);
            if let (Some(source), Some(dest)) = (endpoint(source), endpoint(dest)) {
                let (source, dest) = unmapped(source, dest);
                out.socket_addr(source).push(b"->").socket_addr(dest);
            }
        }
        (AF_INET, _) => return b"INVALID IPv4",
        (AF_INET6, _) => return b"INVALID IPv6",
        (family, _) => {
            out.format(format_args!("family {family}"));
        }
    }
    out.finish()
}

/// Two ends as IPv4 if both hold IPv4 addresses (an unspecified address passes for one).
fn unmapped(source: SocketAddr, dest: SocketAddr) -> (SocketAddr, SocketAddr) {
    let v4 = |addr: SocketAddr| match addr.ip() {
        IpAddr::V6(ip) => {
            let ip = match ip.is_unspecified() {
                true => Ipv4Addr::UNSPECIFIED,
                false => ip.to_ipv4_mapped()?,
            };
            Some(SocketAddr::new(IpAddr::V4(ip), addr.port()))
        }
        IpAddr::V4(_) => None,
    };
    match (v4(source), v4(dest)) {
        (Some(source), Some(dest)) => (source, dest),
        _ => (source, dest),
    }
}

/// The descriptors in a list parameter: numbers, and the events waited for or seen.
pub(crate) fn fd_list_items(bytes: &[u8]) -> impl Iterator<Item = (i64, i16)> {
    let (count, rest) = match bytes {
        [a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        _ => (0, &[][..]),
    };
    rest.chunks_exact(10).take(count).map(|item| {
        let (fd, events) = item.split_at(8);
        (signed(fd).unwrap_or(-1), signed(events).unwrap_or(0) as i16)
    })
}

fn fd_list<'a>(record: &EventRecord<'a>, bytes: &[u8], arena: &'a Bump) -> &'a [u8] {
    let mut out = Text::new(arena);
    if record.thread().is_none() {
        return out.finish();
    }
    for (number, events) in fd_list_items(bytes) {
        let known = record.fds().and_then(|fds| fds.get(number));
        let ty = char::from(known.map_or(b'?', |fd| type_char(fd.ty)));
        out.separate(b' ').format(format_args!(
            "{}:{ty}{:x}",
            number as u64,
            i32::from(events)
        ));
    }
    out.finish()
}

/// Nanoseconds as seconds with at most six significant digits.
fn seconds(ns: u64, arena: &Bump) -> &[u8] {
    let value = ns as f64 / 1e9;
    let mut out = Text::new(arena);
    // The exponent after rounding to six digits decides between the two notations.
    let scientific = formatted(arena, format_args!("{value:.5e}"));
    let (digits, exponent) = match scientific.split_once_str("e") {
        Some((digits, exponent)) => (
            digits,
            exponent
                .to_str()
                .ok()
                .and_then(|e| e.parse::<i32>().ok())
                .unwrap_or(0),
        ),
        None => (scientific, 0),
    };
    if (-4..6).contains(&exponent) {
        let decimals = (5 - exponent) as usize;
        out.push(trim_zeros(formatted(
            arena,
            format_args!("{value:.decimals$}"),
        )));
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        out.push(trim_zeros(digits))
            .format(format_args!("e{sign}{:02}", exponent.abs()));
    }
    out.byte(b's');
    out.finish()
}

/// Without zeros at the end of a fraction.
fn trim_zeros(number: &[u8]) -> &[u8] {
    if !number.contains(&b'.') {
        return number;
    }
    number
        .trim_end_with(|c| c == '0')
        .trim_end_with(|c| c == '.')
}

/// Names of the bits that are set, in the order of the table. The bits of a name that matched are
/// taken out, so that O_RDWR does not match as O_WRONLY again.
fn flags<'a>(value: u32, table: Option<&FlagTable>, arena: &'a Bump) -> &'a [u8] {
    let mut left = value;
    let mut out = Text::new(arena);
    for (name, bits) in table.map_or(&[][..], |t| t.entries) {
        let matches = match *bits {
            0 => value == 0,
            bits => left & bits == bits,
        };
        if matches {
            left &= !bits;
            out.separate(b'|').push(name.as_bytes());
            if *bits == value {
                break;
            }
        }
    }
    out.finish()
}

/// All names of a value.
fn enumerators<'a>(value: u32, table: Option<&FlagTable>, arena: &'a Bump) -> &'a [u8] {
    let mut out = Text::new(arena);
    for (name, _) in table
        .map_or(&[][..], |t| t.entries)
        .iter()
        .filter(|(_, v)| *v == value)
    {
        out.separate(b'|').push(name.as_bytes());
    }
    out.finish()
}

/// Names of the bits of a file mode; a name for the whole of it ends the search.
fn mode<'a>(value: u32, table: Option<&FlagTable>, arena: &'a Bump) -> &'a [u8] {
    let mut left = value;
    let mut out = Text::new(arena);
    for (name, bits) in table.map_or(&[][..], |t| t.entries) {
        if *bits == value {
            out.separate(b'|').push(name.as_bytes());
            break;
        }
        if *bits != 0 && left & bits == *bits {
            out.separate(b'|').push(name.as_bytes());
            left &= !bits;
        }
    }
    out.finish()
}

fn id<'a>(id: u32, arena: &'a Bump, name: impl FnOnce(u32) -> Option<&'a [u8]>) -> Rendered<'a> {
    if id == u32::MAX {
        return Rendered {
            raw: b"-1",
            resolved: b"<NONE>",
        };
    }
    let resolved = match name(id) {
        Some(name) if !name.is_empty() => printable(name, arena),
        _ => NOT_AVAILABLE,
    };
    Rendered {
        raw: formatted(arena, format_args!("{}", id as i32)),
        resolved,
    }
}

fn signals(set: u32, arena: &Bump) -> &[u8] {
    let mut out = Text::new(arena);
    for name in (0..32)
        .filter(|bit| set >> bit & 1 == 1)
        .filter_map(|bit| names::signal(bit as u8 + 1))
    {
        out.separate(b' ').push(name.as_bytes());
    }
    out.finish()
}

/// A parameter as the number or bytes it is; `None` if it is empty or of a wrong width.
pub(crate) fn raw<'a>(info: &ParamInfo, bytes: &'a [u8]) -> Option<Value<'a>> {
    use ParamType as P;
    if is_text(info.ty) {
        return Some(Value::Str(text(bytes)));
    }
    if bytes.is_empty() {
        return None;
    }
    Some(match info.ty {
        P::I8 | P::I16 | P::I32 | P::I64 | P::Errno | P::Fd | P::Pid | P::Fd32 | P::Pid32 => {
            Value::Int(signed(bytes)?)
        }
        P::U8
        | P::U16
        | P::U32
        | P::U64
        | P::SyscallId
        | P::SigType
        | P::RelTime
        | P::AbsTime
        | P::Port
        | P::L4Proto
        | P::SockFamily
        | P::Flags8
        | P::Flags16
        | P::Flags32
        | P::Enum8
        | P::Enum16
        | P::Enum32
        | P::Uid
        | P::Gid
        | P::Mode
        | P::SigSet => Value::Uint(unsigned(bytes)?),
        P::Bool => Value::Bool(unsigned(bytes)? != 0),
        P::Double => Value::Double(f64::from_bits(unsigned(bytes)?)),
        P::Ipv4Addr | P::Ipv6Addr | P::IpAddr | P::Ipv4Net | P::Ipv6Net | P::IpNet => {
            Value::Ip(match bytes.len() {
                4 => IpAddr::from(*bytes.first_chunk::<4>()?),
                16 => IpAddr::from(*bytes.first_chunk::<16>()?),
                _ => return None,
            })
        }
        P::CharBuf
        | P::FsPath
        | P::FsRelPath
        | P::ByteBuf
        | P::SockAddr
        | P::SockTuple
        | P::FdList
        | P::Dyn
        | P::CharBufArray
        | P::CharBufPairArray => Value::Bytes(bytes),
    })
}
