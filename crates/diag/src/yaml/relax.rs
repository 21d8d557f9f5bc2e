//! What yaml-cpp reads and the YAML standard does not allow: brackets and quotes whose lines are
//! not indented, and tabs behind keys. [`relaxed`] rewrites such a text byte for byte into one that is allowed.

/// Stands for a line break inside quotes, where it must be folded afterwards: see [`unfold`].
const BREAK: u8 = 1;

/// The text with the line breaks inside of brackets and quotes taken out (comments there become
/// blanks); every other byte stays where it is. `None` if there is nothing to take out.
pub(super) fn relaxed(text: &str) -> Option<String> {
    let mut out = text.as_bytes().to_vec();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let line = bytes[at..]
            .iter()
            .position(|b| *b == b'\n')
            .map_or(bytes.len(), |n| at + n + 1);
        blank_tabs(bytes, &mut out, at, line);
        match value_start(bytes, at, line) {
            Some(value) if matches!(bytes[value], b'[' | b'{' | b'"' | b'\'') => {
                let end = flatten(bytes, &mut out, value);
                at = bytes[end..]
                    .iter()
                    .position(|b| *b == b'\n')
                    .map_or(bytes.len(), |n| end + n + 1);
            }
            Some(value) if matches!(bytes[value], b'|' | b'>') => {
                let indent = indent(&bytes[at..line]);
                at = line;
                while at < bytes.len() {
                    let next = bytes[at..]
                        .iter()
                        .position(|b| *b == b'\n')
                        .map_or(bytes.len(), |n| at + n + 1);
                    let content = &bytes[at..next];
                    if !content.trim_ascii().is_empty() && self::indent(content) <= indent {
                        break;
                    }
                    at = next;
                }
            }
            _ => at = line,
        }
    }
    match out == bytes {
        true => None,
        false => String::from_utf8(out).ok(),
    }
}

/// Tabs behind the colon of a key are blanks.
fn blank_tabs(bytes: &[u8], out: &mut [u8], from: usize, to: usize) {
    for at in from + 1..to {
        if bytes[at] == b'\t'
            && matches!(out[at - 1], b':' | b' ')
            && bytes[from..at].contains(&b':')
        {
            out[at] = b' ';
        }
    }
}

/// Folds the lines of a text without quotes.
pub(super) fn fold_plain(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut breaks = 0;
    for (i, line) in source.split('\n').enumerate() {
        breaks += usize::from(i > 0);
        let line = line.trim_matches([' ', '\t', '\r']);
        if !line.is_empty() {
            if breaks > 0 {
                fold(&mut out, breaks);
            }
            out.push_str(line);
            breaks = 0;
        }
    }
    out
}

/// Folds the line breaks that [`relaxed`] put into a quoted text.
pub(super) fn unfold(text: &str) -> String {
    let mut parts = text.split(BREAK as char);
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut breaks = 0;
    for part in parts {
        breaks += 1;
        let part_trimmed = part.trim_start_matches([' ', '\t']);
        if part_trimmed.is_empty() {
            continue;
        }
        fold(&mut out, breaks);
        out.push_str(part_trimmed);
        breaks = 0;
    }
    if breaks > 0 {
        fold(&mut out, breaks);
    }
    out
}

fn fold(out: &mut String, breaks: usize) {
    out.truncate(out.trim_end_matches([' ', '\t']).len());
    match breaks {
        1 => out.push(' '),
        _ => out.extend(std::iter::repeat_n('\n', breaks - 1)),
    }
}

fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|b| **b == b' ').count()
}

/// Where the value of a line `- key: value` begins.
fn value_start(bytes: &[u8], from: usize, to: usize) -> Option<usize> {
    let mut at = from;
    let mut keyed = false;
    loop {
        while at < to && matches!(bytes[at], b' ' | b'\t') {
            at += 1;
        }
        match bytes.get(at..to)? {
            [b'-', b' ' | b'\t', ..] => at += 1,
            [b'[' | b'{' | b'|' | b'>', ..] => return Some(at),
            [b'"' | b'\'', ..] if keyed => return Some(at),
            [b'#' | b'\n' | b'\r', ..] | [] => return None,
            _ => {
                let colon = (at..to).find(|i| {
                    bytes[*i] == b':'
                        && matches!(bytes.get(i + 1), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
                });
                match colon {
                    Some(colon) => {
                        at = colon + 1;
                        keyed = true;
                    }
                    None => return matches!(bytes[at], b'"' | b'\'').then_some(at),
                }
            }
        }
    }
}

/// Flattens the brackets or quotes that open at `from`; gives the offset after them.
fn flatten(bytes: &[u8], out: &mut [u8], from: usize) -> usize {
    let mut depth = 0;
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            b'\n' | b'\r' => out[at] = b' ',
            b'#' if at > 0 && bytes[at - 1].is_ascii_whitespace() => {
                while at < bytes.len() && bytes[at] != b'\n' {
                    out[at] = b' ';
                    at += 1;
                }
                continue;
            }
            quote @ (b'"' | b'\'')
                if at == from
                    || matches!(out[at - 1], b' ' | b'\t' | b',' | b'[' | b'{' | b':') =>
            {
                at = flatten_quotes(bytes, out, at, quote);
            }
            _ => {}
        }
        at += 1;
        if depth <= 0 {
            break;
        }
    }
    at.min(bytes.len())
}

/// Gives the offset of the closing quote.
fn flatten_quotes(bytes: &[u8], out: &mut [u8], from: usize, quote: u8) -> usize {
    let mut at = from + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' && bytes.get(at + 1) != Some(&b'\n') => at += 1,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 1,
            b if b == quote => return at,
            b'\n' => out[at] = BREAK,
            b'\r' => out[at] = b' ',
            _ => {}
        }
        at += 1;
    }
    at
}
