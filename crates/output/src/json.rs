//! JSON as Falco writes it: compact, text as it is but for what must be escaped.

use std::io::Write;

/// Appends `text` in quotes; what is not UTF-8 becomes U+FFFD.
pub(crate) fn string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        let valid = chunk.valid().as_bytes();
        let mut from = 0;
        for (at, byte) in valid.iter().enumerate() {
            let escape: &[u8] = match byte {
                b'"' => b"\\\"",
                b'\\' => b"\\\\",
                0x08 => b"\\b",
                0x0c => b"\\f",
                b'\n' => b"\\n",
                b'\r' => b"\\r",
                b'\t' => b"\\t",
                0..0x20 => b"",
                _ => continue,
            };
            out.extend_from_slice(&valid[from..at]);
            from = at + 1;
            if escape.is_empty() {
                append(out, format_args!("\\u{byte:04x}"));
            } else {
                out.extend_from_slice(escape);
            }
        }
        out.extend_from_slice(&valid[from..]);
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out.push(b'"');
}

/// Appends formatted text.
pub(crate) fn append(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(text);
}

/// Appends a time, nanoseconds since the epoch, as `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ`.
pub(crate) fn utc(out: &mut Vec<u8>, ts: u64) {
    let seconds = ts / 1_000_000_000;
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let nanos = ts % 1_000_000_000;
    append(
        out,
        format_args!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z"),
    );
}

/// Year, month and day of a day counted from 1970-01-01 (the algorithm for proleptic Gregorian
/// dates with years that begin in March).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_where_it_must_be() {
        let check = |text: &[u8], expect: &str| {
            let mut out = Vec::new();
            string(&mut out, text);
            assert_eq!(String::from_utf8(out).unwrap(), expect);
        };
        check(b"plain", r#""plain""#);
        check(b"", r#""""#);
        check(b"a\"b\\c/d", r#""a\"b\\c/d""#);
        check(
            b"\x08\x0c\n\r\t\x01\x1f\x7f",
            "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"",
        );
        check("é🦅".as_bytes(), "\"é🦅\"");
        check(b"a\xffb\xe2\x82", "\"a\u{fffd}b\u{fffd}\"");
    }

    #[test]
    fn times_are_utc_to_the_nanosecond() {
        let check = |ts: u64, expect: &str| {
            let mut out = Vec::new();
            utc(&mut out, ts);
            assert_eq!(String::from_utf8(out).unwrap(), expect);
        };
        check(0, "1970-01-01T00:00:00.000000000Z");
        check(951_782_400_000_000_001, "2000-02-29T00:00:00.000000001Z");
        check(1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z");
        check(4_102_444_799_999_999_999, "2099-12-31T23:59:59.999999999Z");
    }
}
