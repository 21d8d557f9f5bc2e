use proptest::prelude::*;

use super::*;

/// The condition as it prints, or the error and where.
fn check(text: &str, expect: &str) {
    let got = match parse(text) {
        Ok(ast) => ast.to_string(),
        Err(error) => format!("{} at {}", error.message, error.offset),
    };
    assert_eq!(got, expect, "{text}");
}

#[test]
fn what_a_condition_means_shows_in_its_parentheses() {
    check("proc.name=cat", "proc.name = cat");
    check("proc.name == cat", "proc.name == cat");
    check(
        "a.b=1 or a.c=2 and a.d=3 or not a.e exists",
        "(a.b = 1 or (a.c = 2 and a.d = 3) or not a.e exists)",
    );
    check("(a.b=1 or a.c=2) and m", "((a.b = 1 or a.c = 2) and m)");
    check("not not m", "m");
    check("not not not m", "not m");
    check("not(m)", "not m");
    check("m and(n)or(o)", "((m and n) or o)");
    check("\n m\tand\r\nn \n", "(m and n)");
    check("((((m))))", "m");
    check("a.b in (x, 'y z' ,\"\")", r#"a.b in (x, "y z", "")"#);
    check("a.b in ()", "a.b in ()");
    check("a.b in(x)", "a.b in (x)");
    check("a.b in listname", "a.b in listname");
    check("a.b intersects (x)", "a.b intersects (x)");
    check("a.b pmatch (/etc, /var)", "a.b pmatch (/etc, /var)");
    check("a.b>= 0x1F", "a.b >= 0x1F");
    check("a.b < -1.5e+3", "a.b < -1.5e+3");
    check("a.b startswith anyof (x, y)", "a.b startswith anyof (x, y)");
    check("a.b startswith anyof list_a", "a.b startswith anyof list_a");
    check("a.b != allof (x)", "a.b != allof (x)");
    check(
        "a.b !=oneof (x)",
        "unexpected token after 'oneof', expecting 'or', 'and' at 12",
    );
    check("a.b = oneof", "a.b = oneof");
    check("a.b = oneof or m", "(a.b = oneof or m)");
    check("a.b contains  x", "a.b contains x");
    check("a.b[1]=x", "a.b[1] = x");
    check("a.b['c d']=x", r#"a.b["c d"] = x"#);
    check("a.b.c.d = x", "a.b.c.d = x");
    check("a.b = val(c.d)", "a.b = val(c.d)");
    check("a.b = val( c.d[1] )", "a.b = val(c.d[1])");
    check(
        "tolower(a.b) = toupper(basename( c.d ))",
        "tolower(a.b) = toupper(basename(c.d))",
    );
    check(
        r#"join(",", (a.b, "x", 1, tolower(c.d))) = x"#,
        r#"join(",",(a.b,"x",1,tolower(c.d))) = x"#,
    );
    check(
        r#"getopt(a.b, "nt:")[t] = x"#,
        r#"getopt(a.b,"nt:")[t] = x"#,
    );
    check("len(a.b) > 3", "len(a.b) > 3");
}

#[test]
fn values_keep_what_was_written() {
    fn check(text: &str, expect: &[u8]) {
        let ast = parse(&format!("a.b = {text}")).unwrap();
        let values: Vec<&[u8]> = ast.literals().map(|l| &*l.text).collect();
        assert_eq!(values, [expect], "{text}");
    }
    check("cat", b"cat");
    check("a/b-c.d:e[f]*?", b"a/b-c.d:e[f]*?");
    check("\"\"", b"");
    check("'a b'", b"a b");
    check(r#""a\"b""#, b"a\"b");
    check(r"'a\'b'", b"a'b");
    check(r#""\b\f\n\r\t\\\/""#, b"\x08\x0c\n\r\t\\/");
    check(r#""\x41\xff""#, b"A\xff");
    check(r#""a\ b""#, b"a\\b");
    check("<NA>", b"<NA>");
    check("\u{e4}\u{20ac}", "\u{e4}\u{20ac}".as_bytes());
}

#[test]
fn an_error_says_what_was_expected_and_where_parsing_stopped() {
    let operators = "expected a valid check operator: one of 'exists', '<=', '<', '>=', '>', \
         '==', '=', '!=', 'glob', 'iglob', 'contains', 'icontains', 'bcontains', 'startswith', \
         'bstartswith', 'endswith', 'regex', 'intersects', 'in', 'pmatch'";
    let names = "'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'";
    check("", "filter input string is empty at 0");
    check(
        " ",
        "expected a '(' token, a field check, or an identifier at 1",
    );
    check("m and", "expected blank or '(' after 'and' at 5");
    check("m orx", "expected blank or '(' after 'or' at 4");
    check(
        "m and ",
        "expected a '(' token, a field check, or an identifier at 6",
    );
    check("(m", "expected a ')' token at 2");
    check(
        "m)",
        "unexpected token after 'm', expecting 'or', 'and' at 1",
    );
    check(
        "m n",
        "unexpected token after 'm', expecting 'or', 'and' at 2",
    );
    check(
        "a.b = x y",
        "unexpected token after 'x', expecting 'or', 'and' at 8",
    );
    check("a.b", &format!("{operators} at 3"));
    check("a.b containsx", &format!("{operators} at 4"));
    check(
        "a.b = ",
        &format!("expected a string value or a field with a valid transformer: {names} at 6"),
    );
    check(
        "a.b = 'x",
        &format!("expected a string value or a field with a valid transformer: {names} at 6"),
    );
    check(
        r#"a.b = "x\\""#,
        &format!("expected a string value or a field with a valid transformer: {names} at 6"),
    );
    check(
        "a.b > x",
        &format!("expected a number value or a field with a valid transformer: {names} at 6"),
    );
    check(
        "a.b in =",
        &format!(
            "expected a list, an identifier, or a field with a valid transformer: {names} at 7"
        ),
    );
    check("a.b in (x,)", "expected a string value at 10");
    check("a.b in (x y)", "expected a ')' token at 10");
    check(
        r#"a.b = "/a\.b""#,
        "unsupported string escape sequence: \\. at 13",
    );
    check(
        r#"a.b = "\'""#,
        "invalid \\' escape in \"-quoted string at 10",
    );
    check(
        r#"a.b = '\"'"#,
        "invalid \\\" escape in '-quoted string at 10",
    );
    check(r#"a.b = "\x4""#, "truncated hex char escape sequence at 11");
    check(
        r#"a.b = "\xzz""#,
        "invalid hex char escape sequence: zz at 12",
    );
    check(
        "a.b[] = x",
        "expected a valid field argument: a quoted string or a bare string at 4",
    );
    check("a.b[1 = x", "expected a ']' token at 5");
    check(
        "tolower(a.b = x",
        "expected a ')' token closing the transformer at 12",
    );
    check(
        "tolower() = x",
        "expected field transformer argument: \
         field, transformer, quoted string, number, or transformer list at 8",
    );
    check(
        "len((=)) = x",
        "expected transformer list argument: field, transformer, quoted string, or number at 5",
    );
    check(
        "a.b = val(x)",
        "expected a field within 'val' transformer at 10",
    );
}

#[test]
fn a_bad_first_list_item_makes_an_empty_list_as_in_the_original() {
    check(r#"a.b in ("\q")"#, "a.b in ()");
    check(r#"a.b in ("\q", x)"#, "expected a ')' token at 12");
}

#[test]
fn nesting_is_limited_and_long_chains_are_not() {
    let nested = |n: usize| format!("{}m{}", "(".repeat(n), ")".repeat(n));
    check(&nested(199), "m");
    let limit = "exceeded max depth limit of 1000";
    assert_eq!(parse(&nested(200)).unwrap_err().message, limit);
    assert_eq!(parse(&nested(100_000)).unwrap_err().message, limit);
    let calls = format!("{}a.b{} = x", "tolower(".repeat(9_000), ")".repeat(9_000));
    assert_eq!(parse(&calls).unwrap_err().message, limit);
    check(&format!("{}m", "not ".repeat(100_001)), "not m");
    let chain = vec!["m"; 50_000].join(" and ");
    assert_eq!(parse(&chain).unwrap().nodes().len(), 50_001);
}

#[test]
fn an_operand_is_parsed_as_far_as_it_goes() {
    fn check(text: &str, expect: Result<(&str, usize), &str>) {
        let got = parse_operand(text);
        let got = got.map(|(operand, len)| (operand.to_string(), len));
        let expect = expect.map(|(t, len)| (t.to_string(), len));
        assert_eq!(
            got.map_err(|e| e.message),
            expect.map_err(str::to_string),
            "{text}"
        );
    }
    check("proc.name rest", Ok(("proc.name", 9)));
    check("proc.name.", Ok(("proc.name", 9)));
    check("evt.arg[0]=x", Ok(("evt.arg[0]", 10)));
    check("toupper(proc.name))", Ok(("toupper(proc.name)", 18)));
    check("12proc.name", Err("unexpected token after '"));
    check("", Err("unexpected token after '"));
}

#[test]
fn macros_are_substituted_once_each() {
    fn check(text: &str, expect: &str) {
        let m = parse("a.b=1 or a.c=2").unwrap();
        let resolved = parse(text)
            .unwrap()
            .resolve_macros(|name| (name == "m").then_some(&m));
        let got = resolved.map_or_else(|e| e.to_string(), |ast| ast.to_string());
        assert_eq!(got, expect, "{text}");
    }
    check("m", "(a.b = 1 or a.c = 2)");
    check("not m", "not (a.b = 1 or a.c = 2)");
    check("a.d=3 and m", "(a.d = 3 and (a.b = 1 or a.c = 2))");
    check("m and m", "((a.b = 1 or a.c = 2) and (a.b = 1 or a.c = 2))");
    check("m and n", "Undefined macro 'n' used in filter.");
}

#[test]
fn macros_that_double_do_not_grow() {
    let mut ast = parse("a.b=1").unwrap();
    for _ in 0..500 {
        let next = parse("m or m").unwrap();
        ast = next.resolve_macros(|_| Some(&ast)).unwrap();
    }
    assert_eq!(ast.nodes().len(), 501);
    assert_eq!(ast.to_string(), "(...)");
}

#[test]
fn fields_and_macros_that_are_used_can_be_listed() {
    let ast = parse("m and join(',', (a.b, a.c)) = val(a.d) and n").unwrap();
    assert_eq!(ast.field_names(), ["a.b", "a.c", "a.d"]);
    let macros: Vec<_> = ast
        .macros()
        .map(|(name, range)| (name, range.start))
        .collect();
    assert_eq!(macros, [("m", 0), ("n", 43)]);
}

fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a.b",
        "m",
        "and",
        "or",
        "not",
        "not(",
        "(",
        ")",
        "=",
        "==",
        "!=",
        "<",
        ">=",
        "in",
        "in (",
        "contains",
        "startswith",
        "anyof",
        "oneof",
        "exists",
        "pmatch",
        "regex",
        "'x y'",
        "\"q\"",
        "'",
        "\"",
        "\\",
        "x",
        "1",
        "-1.5",
        "0x1",
        ",",
        "[",
        "]",
        "[1]",
        "tolower(",
        "val(",
        "join(",
        "getopt(",
        "len(",
        " ",
        "\n",
        "\u{20ac}",
        "\0",
        "\u{b}",
    ])
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(text in any::<String>()) {
        let _ = parse(&text);
        let _ = parse_operand(&text);
    }

    #[test]
    fn what_parses_prints_as_text_that_parses_to_the_same(
        tokens in prop::collection::vec((token(), prop::bool::weighted(0.8)), 0..24),
    ) {
        let text: String = tokens
            .iter()
            .map(|(t, blank)| if *blank { format!("{t} ") } else { (*t).to_string() })
            .collect();
        match parse(&text) {
            Ok(ast) => {
                let printed = ast.to_string();
                let again = parse(&printed);
                prop_assert_eq!(again.map(|a| a.to_string()), Ok(printed));
            }
            Err(error) => prop_assert!(error.offset <= text.len()),
        }
    }
}
