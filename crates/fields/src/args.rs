//! Arguments of fields: what is accepted, and the token an extractor is given for it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lanner_event::schema::{EVENT_COUNT, EventType, ParamInfo, ParamType};
use lanner_filter::{Argument, Type};

/// Names of parameters over all event types, in alphabetical order; a token is an index in it.
static PARAMETERS: LazyLock<Parameters> = LazyLock::new(Parameters::collect);

/// Marks an event type without the parameter.
const ABSENT: u8 = u8::MAX;

struct Parameters {
    names: BTreeMap<&'static str, u32>,
    /// By token, the parameter as the first event type with this name has it.
    first: Vec<&'static ParamInfo>,
    /// By token and event type, the position of the parameter.
    positions: Vec<[u8; EVENT_COUNT]>,
}

impl Parameters {
    fn collect() -> Parameters {
        let mut first: Vec<&'static ParamInfo> = Vec::new();
        let mut positions: Vec<[u8; EVENT_COUNT]> = Vec::new();
        let mut names = BTreeMap::new();
        for ty in EventType::all() {
            for (i, param) in ty.info().params.iter().enumerate() {
                let token = *names.entry(param.name).or_insert_with(|| {
                    first.push(param);
                    positions.push([ABSENT; EVENT_COUNT]);
                    first.len() as u32 - 1
                });
                let slot = &mut positions[token as usize][usize::from(ty.0)];
                if *slot == ABSENT {
                    *slot = i as u8;
                }
            }
        }
        Parameters {
            names,
            first,
            positions,
        }
    }
}

/// The token of an argument that is a position rather than a name.
pub(crate) const BY_INDEX: u32 = u32::MAX;

/// `evt.arg` and `evt.rawarg`: a name of some event's parameter, or a position.
pub(crate) fn parameter(text: &str) -> Result<u32, String> {
    if let Some(token) = PARAMETERS.names.get(text) {
        return Ok(*token);
    }
    if text.parse::<u32>().is_ok() {
        return Ok(BY_INDEX);
    }
    Err(format!("unknown event argument {text}"))
}

/// The position of the parameter with this token in events of type `ty`.
pub(crate) fn parameter_position(token: u32, ty: EventType) -> Option<usize> {
    let positions = PARAMETERS.positions.get(token as usize)?;
    let position = *positions.get(usize::from(ty.0))?;
    (position != ABSENT).then_some(usize::from(position))
}

/// The type that conditions compare `evt.rawarg` as: that of the first event type with the name.
pub(crate) fn parameter_type(arg: &Argument) -> (Type, &'static str) {
    match PARAMETERS.first.get(arg.token as usize) {
        Some(param) => (comparison(param), type_name(param.ty)),
        None => (Type::Bytes, "BYTEBUF"),
    }
}

/// How a raw parameter compares.
fn comparison(param: &ParamInfo) -> Type {
    use ParamType as P;
    match param.ty {
        P::I8 => Type::Int(8),
        P::I16 => Type::Int(16),
        P::I32 => Type::Int(32),
        P::I64 | P::Errno | P::Fd | P::Pid | P::Fd32 | P::Pid32 => Type::Int(64),
        P::U8 | P::Flags8 | P::Enum8 | P::SigType | P::L4Proto | P::SockFamily => Type::Uint(8),
        P::U16 | P::Flags16 | P::Enum16 | P::SyscallId => Type::Uint(16),
        P::U32 | P::Flags32 | P::Enum32 | P::Uid | P::Gid | P::Mode | P::SigSet => Type::Uint(32),
        P::U64 => Type::Uint(64),
        P::Bool => Type::Bool,
        P::Double => Type::Double,
        P::RelTime => Type::RelTime,
        P::AbsTime => Type::AbsTime,
        P::Port => Type::Port,
        P::CharBuf => Type::Str,
        P::FsPath | P::FsRelPath => Type::Path,
        P::Ipv4Addr | P::Ipv6Addr | P::IpAddr => Type::Ip,
        P::Ipv4Net | P::Ipv6Net | P::IpNet => Type::Net,
        P::ByteBuf
        | P::SockAddr
        | P::SockTuple
        | P::FdList
        | P::Dyn
        | P::CharBufArray
        | P::CharBufPairArray => Type::Bytes,
    }
}

/// The name of a parameter type in listings.
pub(crate) fn type_name(ty: ParamType) -> &'static str {
    use ParamType as P;
    match ty {
        P::I8 => "INT8",
        P::I16 => "INT16",
        P::I32 => "INT32",
        P::I64 => "INT64",
        P::U8 => "UINT8",
        P::U16 => "UINT16",
        P::U32 => "UINT32",
        P::U64 => "UINT64",
        P::CharBuf => "CHARBUF",
        P::ByteBuf => "BYTEBUF",
        P::Errno => "ERRNO",
        P::SockAddr => "SOCKADDR",
        P::SockTuple => "SOCKTUPLE",
        P::Fd | P::Fd32 => "FD",
        P::Pid | P::Pid32 => "PID",
        P::FdList => "FDLIST",
        P::FsPath => "FSPATH",
        P::SyscallId => "SYSCALLID",
        P::SigType => "SIGTYPE",
        P::RelTime => "RELTIME",
        P::AbsTime => "ABSTIME",
        P::Port => "PORT",
        P::L4Proto => "L4PROTO",
        P::SockFamily => "SOCKFAMILY",
        P::Bool => "BOOL",
        P::Ipv4Addr => "IPV4ADDR",
        P::Ipv6Addr => "IPV6ADDR",
        P::IpAddr => "IPADDR",
        P::Ipv4Net => "IPV4NET",
        P::Ipv6Net => "IPV6NET",
        P::IpNet => "IPNET",
        P::Dyn => "DYNAMIC",
        P::Flags8 => "FLAGS8",
        P::Flags16 => "FLAGS16",
        P::Flags32 => "FLAGS32",
        P::Enum8 => "ENUMFLAGS8",
        P::Enum16 => "ENUMFLAGS16",
        P::Enum32 => "ENUMFLAGS32",
        P::Mode => "MODE",
        P::Uid => "UID",
        P::Gid => "GID",
        P::SigSet => "SIGSET",
        P::Double => "DOUBLE",
        P::CharBufArray => "CHARBUFARRAY",
        P::CharBufPairArray => "CHARBUF_PAIR_ARRAY",
        P::FsRelPath => "FSRELPATH",
    }
}

/// `evt.type.is`: a name or a number. The token is the number of the first type of that name;
/// that type and the one after it (the two halves of a pair) count as the type. A number stands
/// for itself only and has its own bit.
pub(crate) fn event_type(text: &str) -> Result<u32, String> {
    if let Ok(code) = text.parse::<u32>() {
        return Ok(code.min(EXACT - 1) | EXACT);
    }
    EventType::all()
        .find(|t| t.name() == text)
        .map(|t| u32::from(t.0))
        .ok_or_else(|| format!("unknown event type {text}"))
}

/// In a token of [`event_type`]: a number was given.
pub(crate) const EXACT: u32 = 1 << 31;

/// `evt.abspath`: nothing, `src` or `dst`.
pub(crate) fn which_path(text: &str) -> Result<u32, String> {
    match text {
        "" => Ok(0),
        "src" => Ok(1),
        "dst" => Ok(2),
        _ => Err(format!("unknown path {text}: src and dst are possible")),
    }
}

/// How far up an ancestor is.
pub(crate) fn ancestor(text: &str) -> Result<u32, String> {
    index(text)
}

/// A number that stays one.
pub(crate) fn index(text: &str) -> Result<u32, String> {
    text.parse::<i32>()
        .map(|n| u32::try_from(n).unwrap_or(0))
        .map_err(|_| format!("{text} is not a valid number"))
}

/// A name, or a number; all digits are a number.
pub(crate) fn index_or_key(text: &str) -> Result<u32, String> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        index(text)
    } else {
        Ok(BY_INDEX)
    }
}

/// A name that only an extractor can look up.
pub(crate) fn key(_: &str) -> Result<u32, String> {
    Ok(0)
}

/// The name of a cgroup subsystem: letters and underscores.
pub(crate) fn cgroup(text: &str) -> Result<u32, String> {
    if text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_') {
        Ok(0)
    } else {
        Err(format!("{text} is not the name of a cgroup subsystem"))
    }
}
