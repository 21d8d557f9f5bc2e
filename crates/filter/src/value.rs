//! The values of fields, and what they are extracted from.

use std::net::IpAddr;

use bumpalo::Bump;

use crate::{Argument, FieldId};

/// The value of a field in one record. It borrows from the record, from the state behind it, or
/// from the arena that is reset after each record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// `Type::Bool`.
    Bool(bool),
    /// Signed integer types.
    Int(i64),
    /// Unsigned integer types, ports, times.
    Uint(u64),
    /// `Type::Double`.
    Double(f64),
    /// Text and paths: bytes, not necessarily UTF-8.
    Str(&'a [u8]),
    /// `Type::Bytes`.
    Bytes(&'a [u8]),
    /// Addresses; also the left side of a comparison with networks.
    Ip(IpAddr),
    /// The elements of a field whose [`crate::Many`] is not `One`.
    Many(&'a [Value<'a>]),
}

/// Something that fields can be read from.
pub trait Record<'a> {
    /// The value of `field` with `arg`, or `None` if it is missing. A computed text is built in
    /// `arena`. Values of [`crate::Many`] fields are `Value::Many`.
    fn extract(&self, field: FieldId, arg: &Argument, arena: &'a Bump) -> Option<Value<'a>>;

    /// What output templates print for `field`. It differs from what conditions compare where a
    /// field compares several values and prints one text (`proc.aname` without an index): never
    /// `Value::Many` but for [`crate::Many::List`] fields, and possibly of another type.
    fn print(&self, field: FieldId, arg: &Argument, arena: &'a Bump) -> Option<Value<'a>> {
        self.extract(field, arg, arena)
    }

    /// The value of `field` in the `output_fields` of a JSON alert, where it may differ from the
    /// printed one in type (`evt.time` is an integer).
    fn json(&self, field: FieldId, arg: &Argument, arena: &'a Bump) -> Option<Value<'a>> {
        self.print(field, arg, arena)
    }
}
