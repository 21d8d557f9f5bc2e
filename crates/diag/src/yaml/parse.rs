//! Text into trees, on the events of saphyr-parser.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::{Mark, Node, Value, relax};

/// How deep sequences and mappings may be nested.
pub const MAX_DEPTH: usize = 128;

/// How many nodes a file may have: twice what 100,000 rules take.
pub const MAX_NODES: usize = 4_000_000;

const TOO_DEEP: &str = "nested more than 128 deep";

/// How many nodes the aliases of a file may stand for, all together.
pub const MAX_ALIASED: usize = 1_000_000;

/// Why a text is not YAML. Shown as yaml-cpp words it, so that what looks for it finds it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("yaml-cpp: error at line {}, column {}: {message}", mark.line + 1, mark.column + 1)]
pub struct ParseError {
    /// Where it stops being YAML.
    pub mark: Mark,
    /// What is wrong there.
    pub message: String,
}

/// Parses a text into its documents. An empty text has none; an empty document is a null node.
///
/// Like yaml-cpp, and unlike the standard, it takes brackets and quotes whose lines are not
/// indented, and ends a quoted text at the end of the file without complaint.
pub fn parse(text: &str) -> Result<Vec<Node>, Box<ParseError>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let failure = match build(text, text) {
        Ok(documents) => return Ok(documents),
        Err(failure) => failure,
    };
    let failure = match relax::relaxed(text).map(|relaxed| build(text, &relaxed)) {
        Some(Ok(documents)) => return Ok(documents),
        Some(Err(later)) if later.mark > failure.mark => later,
        _ => failure,
    };
    Err(Box::new(failure))
}

/// Builds the documents of `scan`, a variant of `text` of the same length.
fn build(text: &str, scan: &str) -> Result<Vec<Node>, ParseError> {
    let relaxed = text != scan;
    let mut scan = Cow::Borrowed(scan);
    let mut documents = Vec::new();
    let mut closed = false;
    for _ in 0..MAX_RETRIES {
        match Builder::new(text, &scan, relaxed).run() {
            Ok(more) => {
                documents.extend(more);
                return Ok(documents);
            }
            Err(Failure::At(error)) => return Err(error),
            Err(Failure::OpenQuote(quote)) if !closed => {
                closed = true;
                scan = format!("{}{quote}", scan.trim_end_matches(['\n', '\r', ' '])).into();
            }
            Err(Failure::OpenQuote(_)) => break,
            Err(Failure::Split(at)) => {
                // What begins further left than what it follows is a document of its own.
                let head = &scan[..at];
                match Builder::new(text, head, relaxed).run() {
                    Ok(more) => documents.extend(more),
                    Err(Failure::At(error)) => return Err(error),
                    Err(Failure::OpenQuote(_) | Failure::Split(_)) => break,
                }
                let blank = |c: char| match c {
                    '\n' => "\n".to_owned(),
                    c => " ".repeat(c.len_utf8()),
                };
                scan = (head.chars().map(blank).collect::<String>() + &scan[at..]).into();
            }
        }
    }
    let mark = Places::new(text, text, relaxed).mark_at(text.len());
    Err(ParseError {
        mark,
        message: "illegal EOF in scalar".to_owned(),
    })
}

/// How often a text is read again, since yaml-cpp forgives what the scanner does not.
const MAX_RETRIES: usize = 16;

/// Why building stopped.
enum Failure {
    /// A quoted text has no end.
    OpenQuote(char),
    /// At this offset, something begins that does not belong to the document.
    Split(usize),
    /// Anything else.
    At(ParseError),
}

impl Failure {
    fn at(mark: Mark, message: impl Into<String>) -> Failure {
        Failure::At(ParseError {
            mark,
            message: message.into(),
        })
    }
}

/// A sequence or mapping that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<Node>,
    flow: bool,
}

struct Builder<'t> {
    /// What the scanner reads.
    scan: &'t str,
    places: Places<'t>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    aliased: usize,
    nodes: usize,
    documents: Vec<Node>,
    /// The offset after the last scalar or opening bracket: block scalars are announced by their
    /// content, and their indicator is looked for from here.
    last_end: usize,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, scan: &'t str, relaxed: bool) -> Builder<'t> {
        Builder {
            scan,
            places: Places::new(text, scan, relaxed),
            open: Vec::new(),
            anchors: HashMap::new(),
            aliased: 0,
            nodes: 0,
            documents: Vec::new(),
            last_end: 0,
        }
    }

    fn run(mut self) -> Result<Vec<Node>, Failure> {
        let mut parser = Parser::new(StrInput::new(self.scan));
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|e| self.failure(&e))?;
            self.event(event, span)?;
        }
        Ok(self.documents)
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Failure> {
        match event {
            Event::Alias(id) => {
                let mark = self.places.mark(span.start);
                let Some(node) = self.anchors.get(&id) else {
                    return Err(Failure::at(mark, "the alias stands inside its anchor"));
                };
                self.aliased += node.count();
                if self.aliased > MAX_ALIASED {
                    let message = format!("aliases stand for more than {MAX_ALIASED} nodes");
                    return Err(Failure::at(mark, message));
                }
                let node = node.clone();
                self.last_end = self.places.offset(span.end);
                self.close(node, 0)
            }
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag, span),
            Event::SequenceStart(anchor, tag) => {
                self.start(Value::Seq(Vec::new()), anchor, tag, span)
            }
            Event::MappingStart(anchor, tag) => {
                self.start(Value::Map(Vec::new()), anchor, tag, span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(mut open) = self.open.pop() else {
                    return Ok(());
                };
                let end = if open.flow {
                    self.places.offset(span.end)
                } else {
                    self.last_end
                };
                open.node.end = end as u32;
                self.last_end = self.last_end.max(end);
                self.close(open.node, open.anchor)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn start(
        &mut self,
        value: Value,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        span: Span,
    ) -> Result<(), Failure> {
        let mut mark = self.places.mark(span.start);
        if self.open.len() >= MAX_DEPTH {
            return Err(Failure::at(mark, TOO_DEEP));
        }
        let end = self.places.offset(span.end);
        let before = self.scan.get(..end).unwrap_or_default();
        let flow = !span.is_empty() && before.trim_end().ends_with(['[', '{']);
        if flow {
            self.last_end = end;
        } else if anchor == 0
            && tag.is_none()
            && matches!(value, Value::Seq(_))
            && let Some(dash) = self
                .scan
                .get(..mark.offset as usize + 1)
                .and_then(|t| t.rfind('-'))
        {
            // A sequence that is not indented is announced after its first dash.
            mark = self.places.mark_at(dash);
        }
        let node = Node {
            value,
            mark,
            end: mark.offset,
            quoted: false,
            tag: tag_text(tag),
        };
        self.open.push(Open {
            node,
            anchor,
            key: None,
            flow,
        });
        Ok(())
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        span: Span,
    ) -> Result<(), Failure> {
        let mut mark = self.places.mark(span.start);
        let end = self.places.offset(span.end);
        let tag = tag_text(tag);
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
            && let Some(indicator) = self.block_indicator(mark.offset as usize)
        {
            mark = self.places.mark_at(indicator);
        }
        self.last_end = end.max(self.last_end);
        let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let null = style == ScalarStyle::Plain
            && tag.is_none()
            && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
        let value = match null {
            true => Value::Null,
            false if quoted && self.places.relaxed => Value::Scalar(relax::unfold(&text).into()),
            false if style == ScalarStyle::Plain && self.places.relaxed => {
                let source = self.places.text.get(mark.offset as usize..end);
                let folded = source.filter(|s| s.contains('\n')).map(relax::fold_plain);
                Value::Scalar(folded.map_or_else(|| text.into(), Into::into))
            }
            false if self.unended(style, end, &text) => {
                Value::Scalar(text[..text.len() - 1].into())
            }
            false => Value::Scalar(text.into()),
        };
        let node = Node {
            value,
            mark,
            end: end as u32,
            quoted,
            tag,
        };
        self.close(node, anchor)
    }

    /// Whether a block scalar is the end of a text without a line break, which then is none of
    /// the scalar either.
    fn unended(&self, style: ScalarStyle, end: usize, text: &str) -> bool {
        matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
            && end >= self.scan.len()
            && !self.scan.ends_with('\n')
            && text.ends_with('\n')
    }

    /// The `>` or `|` before the content of a block scalar at `content`.
    fn block_indicator(&self, content: usize) -> Option<usize> {
        let bytes = self.scan.as_bytes();
        let mut at = self.last_end;
        while at <= content {
            match bytes.get(at)? {
                b'>' | b'|' => return Some(at),
                b'#' if at == 0 || bytes[at - 1].is_ascii_whitespace() => {
                    while at < content && bytes[at] != b'\n' {
                        at += 1;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Puts a finished node where it belongs.
    fn close(&mut self, node: Node, anchor: usize) -> Result<(), Failure> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = format!("more than {MAX_NODES} values");
            return Err(Failure::at(node.mark, message));
        }
        if anchor > 0 {
            self.aliased += node.count();
            if self.aliased > MAX_ALIASED {
                let message = format!("anchors hold more than {MAX_ALIASED} nodes");
                return Err(Failure::at(node.mark, message));
            }
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some(open) => match (&mut open.node.value, open.key.take()) {
                (Value::Map(pairs), Some(key)) => pairs.push((key, node)),
                (Value::Map(_), None) => open.key = Some(node),
                (Value::Seq(items), _) => items.push(node),
                (Value::Null | Value::Scalar(_), _) => {}
            },
        }
        Ok(())
    }

    /// What the scanner found wrong, in the words and at the place of yaml-cpp where both are
    /// known.
    fn failure(&self, error: &ScanError) -> Failure {
        let info = error.info();
        let mark = self.places.mark(*error.marker());
        if info.contains("quoted scalar, found unexpected end of stream") {
            let quote = self.scan.as_bytes().get(mark.offset as usize);
            return Failure::OpenQuote(if quote == Some(&b'\'') { '\'' } else { '"' });
        }
        if let Some(tab) = self.tab_indent(mark.line) {
            return Failure::at(tab, "illegal tab when looking for indentation");
        }
        let outside = info.contains("did not find expected <document start>")
            || info.contains("did not find expected '-' indicator") && self.open.len() == 1;
        if outside && mark.column == 0 && mark.offset > 0 {
            return Failure::Split(mark.offset as usize);
        }
        let at_end = mark.offset as usize >= self.scan.trim_end().len();
        if at_end && let Some(open) = self.open.iter().rev().find(|o| o.flow) {
            let what = if open.node.is_seq() {
                "sequence"
            } else {
                "map"
            };
            let end = self.places.mark_at(self.scan.len());
            return Failure::at(end, format!("end of {what} flow not found"));
        }
        let bytes = self.scan.as_bytes();
        let offset = mark.offset as usize;
        if info.contains("did not find expected key") && bytes[..offset].ends_with(b"- ") {
            return Failure::at(self.places.mark_at(offset - 2), "end of map not found");
        }
        if info.contains("unknown escape character") {
            return self.unknown_escape(mark);
        }
        if info.contains("simple key expect") {
            let line = self.scan[offset..].lines().next().unwrap_or_default();
            let last = line.ends_with(':').then(|| line.len().saturating_sub(1));
            return match line.find(": ").or(last) {
                Some(colon) => {
                    Failure::at(self.places.mark_at(offset + colon), "illegal map value")
                }
                None => self.missing_colon(offset),
            };
        }
        let message = match info {
            "misplaced bracket" => "illegal flow end",
            "recursion limit exceeded" => TOO_DEEP,
            i if i.contains("unknown anchor") => "the referenced anchor is not defined",
            i if i.contains("did not find expected '-' indicator") => "end of sequence not found",
            i if i.contains("did not find expected key") => "end of map not found",
            i if i.contains("mapping values are not allowed")
                || i.contains("illegal placement of ':'") =>
            {
                "illegal map value"
            }
            i if i.contains("block sequence entries are not allowed") => "illegal block entry",
            i if i.contains("unexpected character") => "unknown token",
            i if i.contains("invalid trailing content") => "unexpected scalar",
            i if i.contains("invalid indentation") => "the indentation fits nothing above it",
            i => i,
        };
        Failure::at(mark, message)
    }

    /// The fault of the last line before `offset` that is not empty.
    fn missing_colon(&self, offset: usize) -> Failure {
        let before = self.scan[..offset].trim_end();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let indent = before[line..].len() - before[line..].trim_start().len();
        Failure::at(
            self.places.mark_at(line + indent),
            "a key without `: ` behind it",
        )
    }

    /// The fault behind the first escape in the quoted text at `mark` that means nothing.
    fn unknown_escape(&self, mark: Mark) -> Failure {
        let text = self.scan.get(mark.offset as usize..).unwrap_or_default();
        let mut chars = text.char_indices().skip(1);
        while let Some((_, c)) = chars.next() {
            if c != '\\' {
                continue;
            }
            let Some((at, escaped)) = chars.next() else {
                break;
            };
            if !"0abtnvfre \"'\\/N_LPxuU\t\n\r".contains(escaped) {
                let behind = mark.offset as usize + at + escaped.len_utf8();
                let message = format!("unknown escape character: {escaped}");
                return Failure::at(self.places.mark_at(behind), message);
            }
        }
        Failure::at(mark, "unknown escape character")
    }

    /// The first tab in the indentation of the line, or of one of its neighbours.
    fn tab_indent(&self, line: u32) -> Option<Mark> {
        let from = line.saturating_sub(1) as usize;
        let mut offset = 0;
        for (number, content) in self.scan.split_inclusive('\n').enumerate() {
            let indent = content.len() - content.trim_start_matches([' ', '\t']).len();
            if number >= from
                && let Some(column) = content[..indent].find('\t')
            {
                return Some(self.places.mark_at(offset + column));
            }
            if number > line as usize {
                break;
            }
            offset += content.len();
        }
        None
    }
}

fn tag_text(tag: Option<Cow<'_, Tag>>) -> Option<Box<str>> {
    tag.map(|t| format!("{}{}", t.handle, t.suffix).into_boxed_str())
}

/// Turns the scanner's places, which count characters of what it reads, into ours, which count
/// bytes of the text.
struct Places<'t> {
    text: &'t str,
    scan: &'t str,
    /// Whether the scanner reads something else than the text.
    relaxed: bool,
    /// The byte of every `STEP`th character; empty if all characters are bytes.
    steps: Vec<u32>,
    ascii: bool,
    /// Where the lines of the text begin.
    lines: Vec<u32>,
}

impl<'t> Places<'t> {
    const STEP: usize = 256;

    fn new(text: &'t str, scan: &'t str, relaxed: bool) -> Places<'t> {
        let ascii = scan.is_ascii();
        let steps = match ascii {
            true => Vec::new(),
            false => scan
                .char_indices()
                .step_by(Self::STEP)
                .map(|(at, _)| at as u32)
                .collect(),
        };
        let breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        let lines = std::iter::once(0)
            .chain(breaks.map(|(at, _)| at as u32 + 1))
            .collect();
        Places {
            text,
            scan,
            relaxed,
            steps,
            ascii,
            lines,
        }
    }

    fn offset(&self, marker: Marker) -> usize {
        let index = marker.index();
        if self.ascii {
            return index.min(self.scan.len());
        }
        let Some(start) = self.steps.get(index / Self::STEP) else {
            return self.scan.len();
        };
        let rest = self.scan.get(*start as usize..).unwrap_or_default();
        match rest.char_indices().nth(index % Self::STEP) {
            Some((at, _)) => *start as usize + at,
            None => self.scan.len(),
        }
    }

    fn mark(&self, marker: Marker) -> Mark {
        self.mark_at(self.offset(marker))
    }

    fn mark_at(&self, offset: usize) -> Mark {
        let offset = offset as u32;
        let line = self
            .lines
            .partition_point(|start| *start <= offset)
            .saturating_sub(1);
        let column = offset - self.lines.get(line).copied().unwrap_or(0);
        Mark {
            offset,
            line: line as u32,
            column,
        }
    }
}
