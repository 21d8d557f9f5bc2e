//! Places in texts.

use std::ops::Range;

/// Bytes `start` to `end` (exclusive) of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextRange {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl TextRange {
    /// The range of these offsets; offsets beyond 4 GiB are cut to it.
    pub fn new(start: usize, end: usize) -> TextRange {
        let cut = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        TextRange {
            start: cut(start),
            end: cut(end.max(start)),
        }
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn to(self, other: TextRange) -> TextRange {
        TextRange {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The offsets, to index a text with.
    pub fn offsets(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A file of [`Files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub range: TextRange,
}

/// A line and a column, both from 1; a column is a character, not a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineColumn {
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

impl LineColumn {
    /// Where byte `offset` of `text` is; an offset behind the text is its end.
    pub fn of(text: &str, offset: usize) -> LineColumn {
        let before = &text[..text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        LineColumn {
            line: 1 + before.matches('\n').count() as u32,
            column: 1 + before[line_start..].chars().count() as u32,
        }
    }
}

/// The texts that spans point into.
#[derive(Clone, Debug, Default)]
pub struct Files(Vec<(String, String)>);

impl Files {
    /// No file.
    pub fn new() -> Files {
        Files::default()
    }

    /// Adds a file by the name that people know it by.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(self.0.len() as u32);
        self.0.push((name.into(), text.into()));
        id
    }

    /// The name of a file; empty if it was not added here.
    pub fn name(&self, file: FileId) -> &str {
        self.0.get(file.0 as usize).map_or("", |(name, _)| name)
    }

    /// The text of a file; empty if it was not added here.
    pub fn text(&self, file: FileId) -> &str {
        self.0.get(file.0 as usize).map_or("", |(_, text)| text)
    }

    /// Where a span starts.
    pub fn line_column(&self, span: Span) -> LineColumn {
        LineColumn::of(self.text(span.file), span.range.start as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        fn check(text: &str, offset: usize, line: u32, column: u32) {
            assert_eq!(
                LineColumn::of(text, offset),
                LineColumn { line, column },
                "{text:?} at {offset}"
            );
        }
        check("", 0, 1, 1);
        check("abc", 2, 1, 3);
        check("a\nbc\n", 2, 2, 1);
        check("a\nbc\n", 3, 2, 2);
        check("a\nbc\n", 5, 3, 1);
        check("äb", 2, 1, 2);
        check("äb", 1, 1, 1);
        check("ab", 99, 1, 3);
    }
}
