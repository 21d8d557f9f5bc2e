//! Values as text and as what JSON tells apart.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use bstr::ByteSlice;
use bumpalo::Bump;

use crate::{Print, Type, Value};

/// Texts of byte buffers and lists are cut to fewer bytes than this.
const TEXT_LIMIT: usize = 1024;

/// How values are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrintOptions {
    /// Byte buffers as base64 instead of text with dots for what cannot be printed.
    pub base64: bool,
}

/// A value as the `output_fields` of a JSON alert hold it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Printed<'a> {
    /// The field is missing, or an empty list.
    Missing,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Int(i64),
    /// A number.
    Uint(u64),
    /// A number.
    Double(f64),
    /// Text, not necessarily UTF-8.
    Text(&'a [u8]),
    /// The elements of a list.
    List(&'a [Printed<'a>]),
}

/// What text is appended to: a vector on the heap or in an arena.
pub(crate) trait Text {
    fn append(&mut self, bytes: &[u8]);
    fn len(&self) -> usize;
    fn truncate(&mut self, len: usize);
}

impl Text for Vec<u8> {
    fn append(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn truncate(&mut self, len: usize) {
        Vec::truncate(self, len);
    }
}

impl Text for bumpalo::collections::Vec<'_, u8> {
    fn append(&mut self, bytes: &[u8]) {
        self.extend_from_slice_copy(bytes);
    }

    fn len(&self) -> usize {
        bumpalo::collections::Vec::len(self)
    }

    fn truncate(&mut self, len: usize) {
        bumpalo::collections::Vec::truncate(self, len);
    }
}

/// Formats into a [`Text`].
struct Formatter<'t, T>(&'t mut T);

impl<T: Text> std::fmt::Write for Formatter<'_, T> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.append(text.as_bytes());
        Ok(())
    }
}

/// How a field prints, as far as its values do not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Look {
    pub(crate) ty: Type,
    pub(crate) print: Print,
}

/// Appends the text of a value.
pub(crate) fn write_value<T: Text>(
    out: &mut T,
    value: &Value<'_>,
    look: Look,
    options: PrintOptions,
) {
    match value {
        Value::Many(items) => {
            let start = out.len();
            out.append(b"(");
            for item in *items {
                // As in the original, empty texts at the beginning leave no comma.
                if out.len() > start + 1 {
                    out.append(b",");
                }
                write_value(out, item, look, options);
            }
            out.append(b")");
            out.truncate(start + TEXT_LIMIT - 1);
        }
        _ if look.ty == Type::Net => out.append(b"<IPNET>"),
        Value::Bool(true) => out.append(b"true"),
        Value::Bool(false) => out.append(b"false"),
        Value::Int(n) => write_number(out, *n as u64, *n < 0, look),
        Value::Uint(n) => write_number(out, *n, false, look),
        Value::Double(n) => append(out, format_args!("{n:.1}")),
        Value::Str(text) => out.append(text),
        Value::Bytes(bytes) if options.base64 => write_base64(out, bytes),
        Value::Bytes(bytes) => {
            // The original loses a byte more when it has to cut.
            let limit = TEXT_LIMIT - 2;
            let len = if bytes.len() > limit {
                limit - 1
            } else {
                bytes.len()
            };
            let dotted = |b: &u8| if (b' '..=b'~').contains(b) { *b } else { b'.' };
            bytes[..len].iter().for_each(|b| out.append(&[dotted(b)]));
        }
        // Addresses that begin with 96 zero bits end in a dotted quad, as C prints them.
        Value::Ip(IpAddr::V6(ip)) => match ip.segments() {
            [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
                let quad = Ipv4Addr::from_bits(ip.to_bits() as u32);
                append(out, format_args!("::{quad}"));
            }
            _ => append(out, format_args!("{ip}")),
        },
        Value::Ip(ip) => append(out, format_args!("{ip}")),
    }
}

fn append<T: Text>(out: &mut T, text: std::fmt::Arguments<'_>) {
    // Appending cannot fail.
    let _ = Formatter(out).write_fmt(text);
}

fn write_number<T: Text>(out: &mut T, bits: u64, negative: bool, look: Look) {
    let width = match look.ty {
        Type::Int(width) | Type::Uint(width) if width > 0 && width < 64 => width,
        _ => 64,
    };
    let masked = bits & (u64::MAX >> (64 - width));
    match look.print {
        Print::Hex => append(out, format_args!("{masked:X}")),
        Print::Oct => append(out, format_args!("{masked:o}")),
        Print::Padded9 if negative => append(out, format_args!("{:09}", bits as i64)),
        Print::Padded9 => append(out, format_args!("{bits:09}")),
        Print::Dec if negative => append(out, format_args!("{}", bits as i64)),
        Print::Dec => append(out, format_args!("{bits}")),
    }
}

fn write_base64<T: Text>(out: &mut T, bytes: &[u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            out.append(&[if i <= chunk.len() {
                DIGITS[(group >> (18 - 6 * i) & 63) as usize]
            } else {
                b'='
            }]);
        }
    }
}

/// The value as JSON holds it; texts that have to be made are made in `arena`.
pub(crate) fn printed<'a>(
    value: Value<'a>,
    look: Look,
    options: PrintOptions,
    arena: &'a Bump,
) -> Printed<'a> {
    // Zeros in front are for texts: `evt.rawtime.ns` is a number in JSON.
    let plain = !matches!(look.print, Print::Hex | Print::Oct) && look.ty != Type::Net;
    match value {
        Value::Many([]) => Printed::Missing,
        Value::Many(items) => Printed::List(
            arena.alloc_slice_fill_iter(items.iter().map(|v| printed(*v, look, options, arena))),
        ),
        Value::Bool(b) => Printed::Bool(b),
        Value::Int(n) if plain => Printed::Int(n),
        Value::Uint(n) if plain => Printed::Uint(n),
        Value::Double(n) => Printed::Double(n),
        Value::Str(text) if look.ty != Type::Net => Printed::Text(text),
        _ => {
            let mut text = bumpalo::collections::Vec::new_in(arena);
            write_value(&mut text, &value, look, options);
            Printed::Text(text.into_bump_slice())
        }
    }
}

/// Invalid UTF-8 replaced, as regular expressions need it; in place if there is none.
pub(crate) fn to_utf8<'a>(text: &'a [u8], arena: &'a Bump) -> &'a [u8] {
    if text.is_ascii() || text.to_str().is_ok() {
        return text;
    }
    arena.alloc_str(&text.to_str_lossy()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: Value<'_>, ty: Type, print: Print, text: &str, json: Printed<'_>) {
        let arena = Bump::new();
        let look = Look { ty, print };
        let mut out = Vec::new();
        write_value(&mut out, &value, look, PrintOptions::default());
        assert_eq!(String::from_utf8_lossy(&out), text);
        assert_eq!(printed(value, look, PrintOptions::default(), &arena), json);
    }

    #[test]
    fn values_print_by_type_and_format() {
        use {Print as P, Printed as J, Type as T, Value as V};
        let ip = |t: &str| V::Ip(t.parse::<IpAddr>().unwrap());
        check(V::Bool(true), T::Bool, P::Dec, "true", J::Bool(true));
        check(V::Int(-5), T::Int(64), P::Dec, "-5", J::Int(-5));
        check(V::Int(-1), T::Int(8), P::Hex, "FF", J::Text(b"FF"));
        check(V::Uint(8), T::Uint(32), P::Oct, "10", J::Text(b"10"));
        check(V::Uint(255), T::Uint(32), P::Hex, "FF", J::Text(b"FF"));
        check(V::Uint(7), T::RelTime, P::Padded9, "000000007", J::Uint(7));
        check(
            V::Uint(u64::MAX),
            T::AbsTime,
            P::Dec,
            "18446744073709551615",
            J::Uint(u64::MAX),
        );
        check(V::Double(2.25), T::Double, P::Dec, "2.2", J::Double(2.25));
        check(
            V::Str(b"a\xff"),
            T::Str,
            P::Dec,
            "a\u{fffd}",
            J::Text(b"a\xff"),
        );
        check(
            V::Bytes(b"a\n\xff"),
            T::Bytes,
            P::Dec,
            "a..",
            J::Text(b"a.."),
        );
        check(
            ip("fe80::0:1"),
            T::Ip,
            P::Dec,
            "fe80::1",
            J::Text(b"fe80::1"),
        );
        let mapped = "::ffff:127.0.0.1";
        check(
            ip("::ffff:7f00:1"),
            T::Ip,
            P::Dec,
            mapped,
            J::Text(mapped.as_bytes()),
        );
        check(
            ip("::7f00:1"),
            T::Ip,
            P::Dec,
            "::127.0.0.1",
            J::Text(b"::127.0.0.1"),
        );
        check(ip("::1"), T::Ip, P::Dec, "::1", J::Text(b"::1"));
        check(
            ip("10.0.0.1"),
            T::Ip,
            P::Dec,
            "10.0.0.1",
            J::Text(b"10.0.0.1"),
        );
        check(
            ip("10.0.0.1"),
            T::Net,
            P::Dec,
            "<IPNET>",
            J::Text(b"<IPNET>"),
        );
        check(V::Many(&[]), T::Str, P::Dec, "()", J::Missing);
        check(
            V::Many(&[V::Str(b"a"), V::Str(b""), V::Str(b"b")]),
            T::Str,
            P::Dec,
            "(a,,b)",
            J::List(&[J::Text(b"a"), J::Text(b""), J::Text(b"b")]),
        );
        check(
            V::Many(&[V::Uint(1), V::Uint(2)]),
            T::Uint(64),
            P::Dec,
            "(1,2)",
            J::List(&[J::Uint(1), J::Uint(2)]),
        );
    }

    #[test]
    fn long_buffers_are_cut_as_in_the_original() {
        fn check(len: usize, expect: usize) {
            let mut out = Vec::new();
            let look = Look {
                ty: Type::Bytes,
                print: Print::Dec,
            };
            write_value(
                &mut out,
                &Value::Bytes(&vec![b'x'; len]),
                look,
                PrintOptions::default(),
            );
            assert_eq!(out.len(), expect, "{len}");
        }
        check(1021, 1021);
        check(1022, 1022);
        check(1023, 1021);
        check(5000, 1021);
    }

    #[test]
    fn base64_pads_to_groups_of_four() {
        fn check(bytes: &[u8], expect: &str) {
            let mut out = Vec::new();
            write_base64(&mut out, bytes);
            assert_eq!(String::from_utf8_lossy(&out), expect);
        }
        check(b"", "");
        check(b"f", "Zg==");
        check(b"fo", "Zm8=");
        check(b"foo", "Zm9v");
        check(b"\xff\xfe\xfd\xfc", "//79/A==");
    }
}
