//! Texts built in the arena of an event, and what is taken out of texts before they are printed.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use bumpalo::Bump;
use bumpalo::collections::Vec;

/// A text under construction.
pub(crate) struct Text<'a>(Vec<'a, u8>);

impl<'a> Text<'a> {
    pub(crate) fn new(arena: &'a Bump) -> Text<'a> {
        // Most texts fit, and what is left over goes with the arena.
        Text(Vec::with_capacity_in(64, arena))
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> &mut Text<'a> {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn byte(&mut self, byte: u8) -> &mut Text<'a> {
        self.0.push(byte);
        self
    }

    /// Appends formatted text; formatting into memory cannot fail.
    pub(crate) fn format(&mut self, args: fmt::Arguments<'_>) -> &mut Text<'a> {
        let _ = fmt::write(self, args);
        self
    }

    /// Appends `separator` unless the text is still empty.
    pub(crate) fn separate(&mut self, separator: u8) -> &mut Text<'a> {
        if !self.0.is_empty() {
            self.0.push(separator);
        }
        self
    }

    pub(crate) fn ip(&mut self, ip: IpAddr) -> &mut Text<'a> {
        match ip {
            IpAddr::V4(ip) => self.format(format_args!("{ip}")),
            IpAddr::V6(ip) => self.ipv6(ip),
        }
    }

    /// Addresses with 96 zero bits in front end in dotted decimals, as inet_ntop(3) prints them.
    fn ipv6(&mut self, ip: Ipv6Addr) -> &mut Text<'a> {
        let segments = ip.segments();
        if segments[..6] == [0; 6] && segments[6] != 0 {
            let [.., a, b, c, d] = ip.octets();
            return self.format(format_args!("::{a}.{b}.{c}.{d}"));
        }
        self.format(format_args!("{ip}"))
    }

    /// `address:port`, without brackets around IPv6 addresses.
    pub(crate) fn socket_addr(&mut self, addr: SocketAddr) -> &mut Text<'a> {
        self.ip(addr.ip()).format(format_args!(":{}", addr.port()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn finish(self) -> &'a [u8] {
        self.0.into_bump_slice()
    }
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

/// A formatted text in the arena.
pub(crate) fn formatted<'a>(arena: &'a Bump, args: fmt::Arguments<'_>) -> &'a [u8] {
    let mut text = Text::new(arena);
    text.format(args);
    text.finish()
}

/// What replaces bytes that cannot be printed.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// `bytes` with control characters, non-characters and invalid UTF-8 replaced by U+FFFD, so that
/// no value can break the line of an alert. Printed texts are; compared ones are not.
pub(crate) fn printable<'a>(bytes: &'a [u8], arena: &'a Bump) -> &'a [u8] {
    let Some(first) = bytes.iter().position(|b| !matches!(b, b' '..=b'~')) else {
        return bytes;
    };
    let mut text = Text::new(arena);
    text.push(&bytes[..first]);
    let mut changed = false;
    for chunk in bytes[first..].utf8_chunks() {
        let valid = chunk.valid();
        let mut kept = 0;
        for (at, c) in valid.char_indices().filter(|(_, c)| !prints(*c)) {
            text.push(&valid.as_bytes()[kept..at]).push(REPLACEMENT);
            kept = at + c.len_utf8();
            changed = true;
        }
        text.push(&valid.as_bytes()[kept..]);
        if !chunk.invalid().is_empty() {
            text.push(REPLACEMENT);
            changed = true;
        }
    }
    if changed { text.finish() } else { bytes }
}

/// Neither a control character nor a code point that is reserved as none.
fn prints(c: char) -> bool {
    let code = c as u32;
    !(c.is_control() || (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe)
}

#[cfg(test)]
mod tests {
    use bstr::BStr;

    use super::*;

    #[test]
    fn texts_that_cannot_be_printed_are_replaced() {
        let check = |input: &[u8], expect: &str| {
            let arena = Bump::new();
            let input = arena.alloc_slice_copy(input);
            assert_eq!(
                BStr::new(printable(input, &arena)),
                BStr::new(expect),
                "{input:?}"
            );
        };
        check(b"", "");
        check(b"plain ~", "plain ~");
        check("gr\u{fc}n \u{1f600}".as_bytes(), "gr\u{fc}n \u{1f600}");
        check(b"a\nb\tc\x7f", "a\u{fffd}b\u{fffd}c\u{fffd}");
        check("C1 \u{85}".as_bytes(), "C1 \u{fffd}");
        check("none \u{fdd0}\u{ffff}".as_bytes(), "none \u{fffd}\u{fffd}");
        check(b"cut \xe2\x82", "cut \u{fffd}");
        check(b"\xff\xfe!", "\u{fffd}\u{fffd}!");
    }

    #[test]
    fn addresses_print_as_inet_ntop_does() {
        let check = |ip: &str, expect: &str| {
            let arena = Bump::new();
            let mut text = Text::new(&arena);
            text.ip(ip.parse().unwrap());
            assert_eq!(BStr::new(text.finish()), expect);
        };
        check("10.0.0.1", "10.0.0.1");
        check("::1", "::1");
        check("::", "::");
        check("::102:304", "::1.2.3.4");
        check("::ffff:1.2.3.4", "::ffff:1.2.3.4");
        check("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
    }
}
