//! Records made from a type and named parameters, for the tests of every crate.
//!
//! ```
//! use lanner_event::EventType;
//! use lanner_event::testing::EventBuilder;
//!
//! let record = EventBuilder::new(EventType::SYSCALL_OPENAT_2_X)
//!     .tid(42)
//!     .with("fd", 3)
//!     .with("dirfd", -100)
//!     .with("name", "/etc/passwd")
//!     .build();
//! assert_eq!(record.event().int(0), Some(3));
//! ```
//!
//! For tests only: a parameter that the type does not have is a panic, so that a misspelt test
//! does not pass by chance.

use std::net::{IpAddr, SocketAddr};

use crate::encode::encode;
use crate::event::Event;
use crate::schema::{EventType, ParamType};
use crate::source::RawEvent;

/// Family numbers in addresses and tuples.
const AF_UNIX: u8 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// A parameter's value before it takes the width that the schema gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number; only its low bytes are kept.
    Number(i128),
    /// Text; NUL-terminated on the wire where the parameter is text.
    Text(Vec<u8>),
    /// Exactly these bytes.
    Bytes(Vec<u8>),
}

macro_rules! from_numbers {
    ($($ty:ty)*) => {$(
        impl From<$ty> for Value {
            fn from(n: $ty) -> Value {
                Value::Number(n as i128)
            }
        }
    )*};
}

from_numbers!(i8 i16 i32 i64 u8 u16 u32 u64 usize);

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.into())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Value {
        Value::Bytes(bytes.into())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Value {
        Value::Bytes(bytes.into())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Value {
        Value::Bytes(bytes)
    }
}

/// Builds the record of one event. Parameters that are not set are empty.
#[derive(Clone, Debug)]
pub struct EventBuilder {
    ty: EventType,
    ts: u64,
    tid: i64,
    cpu: u16,
    num: u64,
    params: Vec<Vec<u8>>,
}

impl EventBuilder {
    /// An event of this type with all of its parameters empty, of thread 1 at time 1.
    pub fn new(ty: EventType) -> EventBuilder {
        EventBuilder {
            ty,
            ts: 1,
            tid: 1,
            cpu: 0,
            num: 0,
            params: vec![Vec::new(); ty.info().params.len()],
        }
    }

    /// Sets the time, nanoseconds since the epoch.
    pub fn ts(mut self, ts: u64) -> EventBuilder {
        self.ts = ts;
        self
    }

    /// Sets the thread that causes it.
    pub fn tid(mut self, tid: i64) -> EventBuilder {
        self.tid = tid;
        self
    }

    /// Sets the CPU.
    pub fn cpu(mut self, cpu: u16) -> EventBuilder {
        self.cpu = cpu;
        self
    }

    /// Sets the running number.
    pub fn num(mut self, num: u64) -> EventBuilder {
        self.num = num;
        self
    }

    /// Sets the parameter called `name`.
    ///
    /// # Panics
    /// If the type has no such parameter.
    #[track_caller]
    pub fn with(self, name: &str, value: impl Into<Value>) -> EventBuilder {
        let info = self.ty.info();
        let Some(index) = info.param(name) else {
            panic!("{} has no parameter `{name}`", info.symbol);
        };
        self.at(index, value)
    }

    /// Sets the parameter at this position.
    ///
    /// # Panics
    /// If the type has no such parameter.
    #[track_caller]
    pub fn at(mut self, index: usize, value: impl Into<Value>) -> EventBuilder {
        let info = self.ty.info();
        let Some(param) = info.params.get(index) else {
            panic!("{} has no parameter {index}", info.symbol);
        };
        self.params[index] = wire(param.ty, value.into());
        self
    }

    /// Leaves out the last parameters, as a writer did that did not know them yet: `count` stay.
    pub fn truncate(mut self, count: usize) -> EventBuilder {
        self.params.truncate(count);
        self
    }

    /// The finished record.
    ///
    /// # Panics
    /// If a parameter is longer than its length can say.
    pub fn build(&self) -> Record {
        let mut bytes = Vec::new();
        if let Err(error) = encode(&mut bytes, self.ty, self.ts, self.tid, &self.params) {
            panic!("{error}");
        }
        Record {
            bytes,
            cpu: self.cpu,
            num: self.num,
        }
    }
}

/// A record that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    bytes: Vec<u8>,
    cpu: u16,
    num: u64,
}

impl Record {
    /// The bytes as a source yields them.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The record as a source hands it over: counted, and shown to rules.
    pub fn raw(&self) -> RawEvent<'_> {
        RawEvent {
            cpu: self.cpu,
            state_only: false,
            counted: true,
            bytes: &self.bytes,
        }
    }

    /// The decoded event.
    ///
    /// # Panics
    /// Never for a record of [`EventBuilder::build`].
    pub fn event(&self) -> Event<'_> {
        match Event::parse(&self.bytes, self.cpu, self.num) {
            Ok(event) => event,
            Err(error) => panic!("built a malformed record: {error}"),
        }
    }
}

/// Strings one after the other, each NUL-terminated: `args`, `env`, `cgroups`.
pub fn strings<S: AsRef<[u8]>>(items: &[S]) -> Vec<u8> {
    let mut out = Vec::new();
    for item in items {
        out.extend_from_slice(item.as_ref());
        out.push(0);
    }
    out
}

/// A `sockaddr` parameter of an internet address.
pub fn sockaddr(addr: SocketAddr) -> Vec<u8> {
    let mut out = vec![family(addr.ip())];
    push_addr(&mut out, addr);
    out
}

/// A `sockaddr` parameter of a unix socket.
pub fn sockaddr_unix(path: &str) -> Vec<u8> {
    let mut out = vec![AF_UNIX];
    out.extend_from_slice(path.as_bytes());
    out.push(0);
    out
}

/// A `socktuple` parameter of two internet addresses of the same family.
pub fn tuple(source: SocketAddr, dest: SocketAddr) -> Vec<u8> {
    let mut out = vec![family(source.ip())];
    push_addr(&mut out, source);
    push_addr(&mut out, dest);
    out
}

/// A `socktuple` parameter of a unix socket: kernel addresses of the two ends, and a path.
pub fn tuple_unix(source: u64, dest: u64, path: &str) -> Vec<u8> {
    let mut out = vec![AF_UNIX];
    out.extend_from_slice(&source.to_le_bytes());
    out.extend_from_slice(&dest.to_le_bytes());
    out.extend_from_slice(path.as_bytes());
    out.push(0);
    out
}

fn family(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(_) => AF_INET,
        IpAddr::V6(_) => AF_INET6,
    }
}

fn push_addr(out: &mut Vec<u8>, addr: SocketAddr) {
    match addr.ip() {
        IpAddr::V4(ip) => out.extend_from_slice(&ip.octets()),
        IpAddr::V6(ip) => out.extend_from_slice(&ip.octets()),
    }
    out.extend_from_slice(&addr.port().to_le_bytes());
}

fn wire(ty: ParamType, value: Value) -> Vec<u8> {
    match value {
        Value::Bytes(bytes) => bytes,
        Value::Text(mut text) => {
            let terminated = matches!(
                ty,
                ParamType::CharBuf | ParamType::FsPath | ParamType::FsRelPath
            );
            if terminated {
                text.push(0);
            }
            text
        }
        Value::Number(n) => n.to_le_bytes()[..width(ty)].to_vec(),
    }
}

/// Bytes of a number of this type.
fn width(ty: ParamType) -> usize {
    use ParamType as T;
    match ty {
        T::I8 | T::U8 | T::SigType | T::Flags8 | T::Enum8 | T::L4Proto | T::SockFamily => 1,
        T::I16 | T::U16 | T::SyscallId | T::Port | T::Flags16 | T::Enum16 => 2,
        T::I32
        | T::U32
        | T::Bool
        | T::Ipv4Addr
        | T::Flags32
        | T::Uid
        | T::Gid
        | T::SigSet
        | T::Mode
        | T::Enum32
        | T::Fd32
        | T::Pid32 => 4,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_width_of_the_schema_and_text_is_terminated() {
        let record = EventBuilder::new(EventType::SYSCALL_OPENAT_2_X)
            .ts(9)
            .tid(42)
            .num(3)
            .with("fd", -2)
            .with("name", "x")
            .with("flags", u32::MAX)
            .build();
        let event = record.event();
        assert_eq!((event.ts, event.tid, event.num), (9, 42, 3));
        assert_eq!(event.param(0), Some(&(-2i64).to_le_bytes()[..]));
        assert_eq!(event.param(1), Some(&b""[..]));
        assert_eq!(event.param(2), Some(&b"x\0"[..]));
        assert_eq!(event.param(3), Some(&[0xff; 4][..]));
        assert_eq!(event.nparams(), event.info().params.len());
    }

    #[test]
    fn every_type_builds_and_parses() {
        for ty in EventType::all() {
            let record = EventBuilder::new(ty).build();
            assert_eq!(record.event().ty, ty);
        }
    }

    #[test]
    fn tuples_have_the_lengths_of_the_format() {
        let v4: SocketAddr = ([1, 2, 3, 4], 5).into();
        let v6: SocketAddr = ([0u16; 8], 5).into();
        assert_eq!(tuple(v4, v4).len(), 13);
        assert_eq!(tuple(v6, v6).len(), 37);
        assert_eq!(sockaddr(v4), [2, 1, 2, 3, 4, 5, 0]);
        assert_eq!(tuple_unix(1, 2, "/s").len(), 20);
    }
}
