//! From a place in a condition to the place in the file.

use lanner_diag::yaml::Mark;
use lanner_diag::{Files, Span, TextRange};

use crate::item::{Place, Text};

/// A byte of a condition as Falco reports it: line and column from 1.
pub(super) fn mark_in(text: &str, offset: usize) -> Mark {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    let is_break = |b: &u8| matches!(b, b'\n' | b'\r');
    let lines = before.iter().filter(|b| is_break(b)).count();
    let column = before.iter().rev().take_while(|b| !is_break(b)).count();
    Mark {
        offset: offset as u32,
        line: lines as u32 + 1,
        column: column as u32 + 1,
    }
}

/// Where the bytes `start..end` of a text stand in the file that it was read from.
pub(super) fn span_of(text: &Text, start: usize, end: usize, files: &Files) -> Option<Span> {
    let after = text.parts.partition_point(|(at, _)| *at as usize <= start);
    let (at, place) = text.parts.get(after.checked_sub(1)?)?;
    let until = text
        .parts
        .get(after)
        .map_or(text.text.len(), |(next, _)| *next as usize);
    let part = text.text.get(*at as usize..until)?;
    let source = files.text(place.file).get(place.span().range.offsets())?;
    let whole = Some(place.span());
    let from = start - *at as usize;
    let to = end.max(start + 1) - *at as usize;
    let Some(first) = aligned(source, part, from) else {
        return whole;
    };
    if from >= part.trim_end().len() {
        // Behind the last character: nothing to underline.
        return Some(within(place, first, first));
    }
    let last = aligned(source, part, to.saturating_sub(1)).unwrap_or(first);
    Some(within(place, first, last.max(first) + 1))
}

fn within(place: &Place, start: usize, end: usize) -> Span {
    let base = place.mark.offset as usize;
    Span {
        file: place.file,
        range: TextRange::new(base + start, base + end),
    }
}

/// Where byte `offset` of a scalar stands in its source, which folds lines, indents them and
/// writes escapes: both are walked side by side, without the blanks.
fn aligned(source: &str, scalar: &str, offset: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    let (mut at, quote) = match bytes.first()? {
        b'>' | b'|' => (source.find('\n')?, 0),
        quote @ (b'"' | b'\'') => (1, *quote),
        _ => (0, 0),
    };
    let scalar = scalar.as_bytes();
    for (i, byte) in scalar.iter().enumerate() {
        if byte.is_ascii_whitespace() {
            if i >= offset {
                return Some(at);
            }
            continue;
        }
        while bytes.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        if quote == b'"' && bytes[at] == b'\\' {
            at += 1;
        }
        if bytes.get(at) != Some(byte) {
            return None;
        }
        if i >= offset {
            return Some(at);
        }
        at += if quote == b'\'' && *byte == b'\'' {
            2
        } else {
            1
        };
    }
    Some(at)
}
