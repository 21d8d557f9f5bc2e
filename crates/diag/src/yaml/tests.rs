use std::fmt::Write as _;
use std::io::Write as _;

use super::*;

/// A tree in one line: text in quotes, `@line:column` after every node.
fn show(node: &Node) -> String {
    let mut out = String::new();
    match &node.value {
        Value::Null => out.push('~'),
        Value::Scalar(text) => write!(out, "{text:?}").expect("to a string"),
        Value::Seq(items) => {
            let items: Vec<String> = items.iter().map(show).collect();
            write!(out, "[{}]", items.join(", ")).expect("to a string");
        }
        Value::Map(pairs) => {
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(k, v)| format!("{}: {}", show(k), show(v)))
                .collect();
            write!(out, "{{{}}}", pairs.join(", ")).expect("to a string");
        }
    }
    write!(out, "@{}:{}", node.mark.line, node.mark.column).expect("to a string");
    out
}

fn check(text: &str, expect: &str) {
    let shown = match parse(text) {
        Ok(documents) => documents.iter().map(show).collect::<Vec<_>>().join("\n"),
        Err(e) => e.to_string(),
    };
    assert_eq!(shown, expect, "{text}");
}

#[test]
fn nodes_know_where_they_begin() {
    check(
        "- rule: a\n  tags: [x, 'y']\n",
        r#"[{"rule"@0:2: "a"@0:8, "tags"@1:2: ["x"@1:9, "y"@1:12]@1:8}@0:2]@0:0"#,
    );
    check("a:\n- b\n- c", r#"{"a"@0:0: ["b"@1:2, "c"@2:2]@1:0}@0:0"#);
    check(
        "- {a: 1, b: }\n",
        r#"[{"a"@0:3: "1"@0:6, "b"@0:9: ~@0:10}@0:2]@0:0"#,
    );
}

#[test]
fn block_scalars_begin_at_their_indicator() {
    check("a: >\n  b\n  c\n", r#"{"a"@0:0: "b c\n"@0:3}@0:0"#);
    check("- |-\n   b\n\n   c\n- x", r#"["b\n\nc"@0:2, "x"@4:2]@0:0"#);
    check(
        "- a: b # > not this\n- >- # x\n  c",
        r#"[{"a"@0:2: "b"@0:5}@0:2, "c"@1:2]@0:0"#,
    );
}

#[test]
fn columns_and_offsets_count_bytes() {
    check(
        "- é: ü # ö\n- 'é': [ü, x]",
        r#"[{"é"@0:2: "ü"@0:6}@0:2, {"é"@1:2: ["ü"@1:9, "x"@1:13]@1:8}@1:2]@0:0"#,
    );
    let long = format!("a: {}\nb: x", "é".repeat(1000));
    let nodes = parse(&long).unwrap();
    assert_eq!(
        nodes[0].get("b").unwrap().mark.offset as usize,
        long.len() - 1
    );
}

#[test]
fn documents_may_be_many_or_empty() {
    check("", "");
    check("# only a comment\n", "");
    check(
        "- a\n---\n- b\n---\n",
        "[\"a\"@0:2]@0:0\n[\"b\"@2:2]@2:0\n~@4:0",
    );
    check("\u{feff}- a", r#"["a"@0:2]@0:0"#);
}

#[test]
fn aliases_stand_for_their_anchor() {
    check(
        "a: &x [1, 2]\nb: *x",
        r#"{"a"@0:0: ["1"@0:7, "2"@0:10]@0:3, "b"@1:0: ["1"@0:7, "2"@0:10]@0:3}@0:0"#,
    );
    check(
        "a: *x",
        "yaml-cpp: error at line 1, column 4: the referenced anchor is not defined",
    );
    check(
        "a: &x [*x]",
        "yaml-cpp: error at line 1, column 8: the alias stands inside its anchor",
    );
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let refs = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{refs}]").unwrap();
    }
    let error = parse(&bomb).unwrap_err();
    assert!(error.message.contains("1000000 nodes"), "{error}");
}

#[test]
fn depth_is_bounded() {
    let fine = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert!(parse(&fine).is_ok());
    for deep in [
        "[".repeat(100_000),
        "- ".repeat(100_000),
        "{a: ".repeat(100_000),
    ] {
        let error = parse(&deep).unwrap_err();
        assert_eq!(error.message, "nested more than 128 deep");
    }
}

#[test]
fn faults_are_placed_and_worded_as_yaml_cpp_does() {
    for (text, place, message) in [
        (
            "- rule: a\n\tdesc: x\n",
            (2, 1),
            "illegal tab when looking for indentation",
        ),
        (
            "- list: a\n  items: [x, y\n",
            (3, 1),
            "end of sequence flow not found",
        ),
        ("- {a: b\n", (2, 1), "end of map flow not found"),
        ("- a: b: c\n", (1, 7), "illegal map value"),
        (
            "- a: x (b\n  or c)\n  output: x\n",
            (3, 9),
            "illegal map value",
        ),
        ("- a: >\n  b\n  c: x\n", (3, 4), "illegal map value"),
        ("- a: b\n  - c\n", (2, 3), "end of map not found"),
        ("- a: b\n c: d\n", (2, 2), "end of sequence not found"),
        ("- a: \"a\\qb\"\n", (1, 10), "unknown escape character: q"),
        ("- a: %b\n", (1, 6), "unknown token"),
        ("- a: \"b\" c\n", (1, 10), "unexpected scalar"),
        ("- a: [b]]\n", (1, 9), "illegal flow end"),
        (
            "- a: b\n  c\n  d e\n\n- f",
            (2, 3),
            "a key without `: ` behind it",
        ),
        ("- a: *x\n", (1, 6), "the referenced anchor is not defined"),
    ] {
        let (line, column) = place;
        check(
            text,
            &format!("yaml-cpp: error at line {line}, column {column}: {message}"),
        );
    }
}

#[test]
fn what_yaml_cpp_forgives_is_forgiven() {
    // A quote that is still open at the end of the file.
    check("- a: \"b\n", r#"[{"a"@0:2: "b"@0:5}@0:2]@0:0"#);
    check("- a: 'b", r#"[{"a"@0:2: "b"@0:5}@0:2]@0:0"#);
    // What begins further left than a document should is another one.
    check(
        "- a: b\nc: d\n",
        "[{\"a\"@0:2: \"b\"@0:5}@0:2]@0:0\n{\"c\"@1:0: \"d\"@1:3}@1:0",
    );
    check("- a: |\n    b", r#"[{"a"@0:2: "b"@0:5}@0:2]@0:0"#);
    // Keys that repeat.
    check(
        "{a: 1, a: 2}",
        r#"{"a"@0:1: "1"@0:4, "a"@0:7: "2"@0:10}@0:0"#,
    );
    // Tabs behind keys, and texts without quotes over several lines of brackets.
    check(
        "- a:\tb\n- c: [d\ne, f]\n",
        r#"[{"a"@0:2: "b"@0:5}@0:2, {"c"@1:2: ["d e"@1:6, "f"@2:3]@1:5}@1:2]@0:0"#,
    );
    // Brackets that close at the indentation of the key.
    check(
        "- a: [\n  b\n]\n- c",
        r#"[{"a"@0:2: ["b"@1:2]@0:5}@0:2, "c"@3:2]@0:0"#,
    );
    // Quotes and brackets whose lines are not indented at all.
    check(
        "- a: \"b\n   c\n\nd\"\n  e: f",
        r#"[{"a"@0:2: "b c\nd"@0:5, "e"@4:2: "f"@4:5}@0:2]@0:0"#,
    );
    check(
        "- a: [ # x, [\nb, 'c\nd',\ne]\n- f",
        r#"[{"a"@0:2: ["b"@1:0, "c d"@1:3, "e"@3:0]@0:5}@0:2, "f"@4:2]@0:0"#,
    );
    check("a: [=, !=]", r#"{"a"@0:0: ["="@0:4, ""@0:7]@0:3}@0:0"#);
}

#[test]
fn scalars_are_read_as_yaml_cpp_reads_them() {
    fn scalar(text: &str) -> Node {
        Node::new(Value::Scalar(text.into()))
    }
    for (text, expect) in [
        ("true", Some(true)),
        ("Yes", Some(true)),
        ("ON", Some(true)),
        ("y", Some(true)),
        ("off", Some(false)),
        ("N", Some(false)),
        ("yES", None),
        ("1", None),
        ("maybe", None),
        ("", None),
    ] {
        assert_eq!(scalar(text).to_bool(), expect, "{text}");
    }
    for (text, expect) in [
        ("42", Some(42)),
        ("42 ", Some(42)),
        ("0x1F", Some(31)),
        ("010", Some(8)),
        ("0", Some(0)),
        ("-1", Some(-1)),
        ("+7", Some(7)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("1.5", None),
        ("0.31.0", None),
        ("ten", None),
        ("--1", None),
        ("", None),
    ] {
        assert_eq!(scalar(text).to_int(), expect, "{text}");
    }
    assert_eq!(scalar("255").to_uint(8), Some(255));
    assert_eq!(scalar("256").to_uint(8), None);
    assert_eq!(scalar("-1").to_uint(64), None);
    assert_eq!(scalar("1.5").to_float(), Some(1.5));
    assert_eq!(scalar(".inf").to_float(), Some(f64::INFINITY));
    assert_eq!(scalar("inf").to_float(), None);
    check(
        "[~, null, 'null', \"\", Null]",
        r#"[~@0:1, ~@0:4, "null"@0:10, ""@0:18, ~@0:22]@0:0"#,
    );
}

#[test]
fn files_are_decoded_or_refused() {
    fn file(bytes: &[u8]) -> Result<String, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        load(file.path()).map_err(|e| e.to_string())
    }
    assert_eq!(file(b"a: b\r\n"), Ok("a: b\r\n".to_owned()));
    assert_eq!(file(b"\xef\xbb\xbfa"), Ok("a".to_owned()));
    assert_eq!(file(b"\xff\xfea\0b\0"), Ok("ab".to_owned()));
    assert_eq!(file(b"\xfe\xff\0a\0b"), Ok("ab".to_owned()));
    assert_eq!(
        file(b"# caf\xe9\na: b"),
        Ok("# caf\u{fffd}\na: b".to_owned())
    );
    assert_eq!(
        file(b"\x7fELF\x02\x01"),
        Err("is not text: byte 0 is 0x7f".to_owned())
    );
    assert_eq!(file(b"ab\0"), Err("is not text: byte 2 is 0x00".to_owned()));
    assert_eq!(
        load(std::path::Path::new("/")).map_err(|e| e.to_string()),
        Err("is a directory".to_owned())
    );
    assert!(matches!(
        load(std::path::Path::new("/dev/zero")),
        Err(LoadError::TooLarge { .. })
    ));
    let large = tempfile::NamedTempFile::new().unwrap();
    large.as_file().set_len(100 << 20).unwrap();
    assert_eq!(
        load(large.path()).map_err(|e| e.to_string()),
        Err("has 100 MiB, more than the 64 MiB that are read".to_owned())
    );
    let gone = load(std::path::Path::new("/nonexistent/rules.yaml"));
    assert_eq!(
        gone.map_err(|e| e.to_string()),
        Err("No such file or directory (os error 2)".to_owned())
    );
}

#[test]
fn no_text_panics_or_hangs() {
    for text in [
        "&",
        "*",
        "!",
        "%",
        "@",
        "- - -",
        "? ",
        ": ",
        "a: |9\n x",
        "[,]",
        "{,}",
        "\"\\x\"",
        "'",
        "\u{0}",
        "---\n...\n",
        "%YAML 1.1\n---\n",
        "&a &b c",
        "- \t- a",
        "a\n b\n  c: d",
    ] {
        let _ = parse(text);
        for cut in 0..text.len() {
            if let Some(part) = text.get(cut..) {
                let _ = parse(&format!("- x: {part}"));
            }
        }
    }
}
