//! The text of a profile as a tree: JSON, JSON with comments as courses print it, or YAML.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};
use lanner_diag::yaml::{self, Mark, Node, Value};
use lanner_diag::{Diagnostic, FileId, Files, Span, TextRange};

/// Longer texts are refused, in bytes: a profile of every call on every ABI takes less than one
/// hundredth of it.
pub const MAX_TEXT: usize = 4 << 20;

/// A profile's text as a tree.
#[derive(Debug)]
pub struct Document {
    /// The file that spans point into.
    pub file: FileId,
    /// Its root.
    pub root: Node,
    /// Comments in JSON: runtimes refuse them.
    pub comments: Vec<TextRange>,
    /// Whether it is YAML.
    pub yaml: bool,
}

/// Reads a text, which is JSON if it starts with `{`, `[` or a `/` comment, and YAML otherwise.
///
/// # Errors
/// One diagnostic: the text is empty, too long, binary, or breaks off.
pub fn read(files: &mut Files, name: &str, bytes: &[u8]) -> Result<Document, Diagnostic> {
    if bytes.len() > MAX_TEXT {
        let message = format!(
            "{name}: {} bytes is too long for a profile; at most {MAX_TEXT} are read",
            bytes.len()
        );
        return Err(Diagnostic::error("too-long", message));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text.strip_prefix('\u{feff}').unwrap_or(text),
        Ok(_) => {
            let message = format!("{name}: expected a profile as text, found NUL bytes");
            return Err(Diagnostic::error("not-text", message));
        }
        Err(error) => {
            let message = format!(
                "{name}: expected UTF-8 text, found other bytes at offset {}",
                error.valid_up_to()
            );
            return Err(Diagnostic::error("not-text", message));
        }
    };
    let file = files.add(name, text);
    let first = text.trim_start().chars().next();
    match first {
        None => {
            let message = format!("{name}: expected a profile, found an empty file");
            Err(Diagnostic::error("empty", message))
        }
        Some('{' | '[' | '/') => read_json(file, text),
        Some(_) => read_yaml(file, text),
    }
}

fn read_json(file: FileId, text: &str) -> Result<Document, Diagnostic> {
    let collect = CollectOptions {
        comments: CommentCollectionStrategy::Separate,
        tokens: false,
    };
    let strict = ParseOptions {
        allow_comments: true,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let span = |start: usize, end: usize| Span {
        file,
        range: TextRange::new(start, end),
    };
    let parsed = parse_to_ast(text, &collect, &strict).map_err(|error| {
        let range = error.range();
        let message = format!("not JSON: {}", lower_first(&error.kind().to_string()));
        Diagnostic::error("not-json", message).label(span(range.start, range.end), "")
    })?;
    let mut comments: Vec<TextRange> = parsed
        .comments
        .iter()
        .flat_map(|map| map.values())
        .flat_map(|list| list.iter())
        .map(|comment| TextRange::new(comment.start(), comment.end()))
        .collect();
    // A comment between two tokens is listed under both.
    comments.sort_unstable();
    comments.dedup();
    let Some(value) = parsed.value else {
        let message = "expected a profile, found only comments";
        return Err(Diagnostic::error("empty", message).label(span(0, text.len()), ""));
    };
    Ok(Document {
        file,
        root: convert(&value),
        comments,
        yaml: false,
    })
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

fn convert(value: &ast::Value<'_>) -> Node {
    let held = match value {
        ast::Value::StringLit(s) => Value::Scalar(s.value.as_ref().into()),
        ast::Value::NumberLit(n) => Value::Scalar(n.value.into()),
        ast::Value::BooleanLit(b) => Value::Scalar(if b.value { "true" } else { "false" }.into()),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(a) => Value::Seq(a.elements.iter().map(convert).collect()),
        ast::Value::Object(o) => {
            let pair = |p: &ast::ObjectProp<'_>| {
                let key = Value::Scalar(p.name.as_str().into());
                (
                    place(key, p.name.start(), p.name.end(), true),
                    convert(&p.value),
                )
            };
            Value::Map(o.properties.iter().map(pair).collect())
        }
    };
    let quoted = matches!(value, ast::Value::StringLit(_));
    place(held, value.start(), value.end(), quoted)
}

fn place(value: Value, start: usize, end: usize, quoted: bool) -> Node {
    let range = TextRange::new(start, end);
    Node {
        mark: Mark {
            offset: range.start,
            ..Mark::default()
        },
        end: range.end,
        quoted,
        ..Node::new(value)
    }
}

fn read_yaml(file: FileId, text: &str) -> Result<Document, Diagnostic> {
    let span = |mark: Mark| {
        let at = mark.offset as usize;
        Span {
            file,
            range: TextRange::new(at, at + 1),
        }
    };
    let documents = yaml::parse(text).map_err(|error| {
        let message = format!("neither JSON nor YAML: {}", error.message);
        Diagnostic::error("not-yaml", message)
            .label(span(error.mark), "")
            .help(Some("a profile in JSON starts with {".to_owned()))
    })?;
    let mut documents = documents.into_iter().filter(|d| !d.is_null());
    match (documents.next(), documents.next()) {
        (Some(root), None) => Ok(Document {
            file,
            root,
            comments: Vec::new(),
            yaml: true,
        }),
        (Some(_), Some(second)) => Err(Diagnostic::error(
            "several-documents",
            "expected one profile, found several YAML documents",
        )
        .label(span(second.mark), "the second starts here")),
        (None, _) => Err(Diagnostic::error(
            "empty",
            "expected a profile, found an empty document",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], expect: Result<&str, (&str, &str)>) {
        let mut files = Files::new();
        let read = read(&mut files, "p.json", text);
        let got = match &read {
            Ok(document) => Ok(document.root.get("defaultAction").and_then(Node::as_str)),
            Err(d) => Err((d.code, d.message.as_str())),
        };
        assert_eq!(
            got,
            expect.map(Some),
            "{:?}",
            text.escape_ascii().to_string()
        );
    }

    #[test]
    fn json_comments_and_yaml_are_read() {
        check(br#"{"defaultAction":"A"}"#, Ok("A"));
        check(b"/* path */\n{ // all\n\"defaultAction\":\"A\"}", Ok("A"));
        check(b"\xef\xbb\xbf{\"defaultAction\":\"A\"}", Ok("A"));
        check(b"defaultAction: A\n", Ok("A"));
        check(b"---\ndefaultAction: A\n", Ok("A"));
    }

    #[test]
    fn what_is_no_text_of_a_profile_is_one_fault() {
        check(
            b"",
            Err(("empty", "p.json: expected a profile, found an empty file")),
        );
        check(
            b"// nothing",
            Err(("empty", "expected a profile, found only comments")),
        );
        check(
            b"{\"a\":1,}",
            Err(("not-json", "not JSON: trailing commas are not allowed")),
        );
        check(
            b"{\"a\":1",
            Err(("not-json", "not JSON: unterminated object")),
        );
        check(
            b"{\0}",
            Err((
                "not-text",
                "p.json: expected a profile as text, found NUL bytes",
            )),
        );
        check(
            b"{\xff}",
            Err((
                "not-text",
                "p.json: expected UTF-8 text, found other bytes at offset 1",
            )),
        );
        let long = vec![b' '; MAX_TEXT + 1];
        check(
            &long,
            Err((
                "too-long",
                "p.json: 4194305 bytes is too long for a profile; at most 4194304 are read",
            )),
        );
        check(
            b"a: 1\n---\nb: 2\n",
            Err((
                "several-documents",
                "expected one profile, found several YAML documents",
            )),
        );
    }

    #[test]
    fn nesting_is_bounded() {
        let mut deep = vec![b'['; 100_000];
        check(
            &deep,
            Err(("not-json", "not JSON: maximum nesting depth exceeded")),
        );
        deep.extend(vec![b']'; 100_000]);
        check(
            &deep,
            Err(("not-json", "not JSON: maximum nesting depth exceeded")),
        );
    }

    #[test]
    fn a_comment_is_listed_once() {
        let mut files = Files::new();
        let text = b"// a\n{\"b\": /* c */ 1}\n// d";
        let document = read(&mut files, "p.json", text).expect("reads");
        let comments: Vec<&[u8]> = document
            .comments
            .iter()
            .map(|c| &text[c.offsets()])
            .collect();
        assert_eq!(comments, [&b"// a"[..], b"/* c */", b"// d"]);
    }
}
