use std::net::IpAddr;
use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;
use crate::toy::{KINDS, Owned, Toy, scheme};
use crate::{Condition, Scheme, parse};

fn conditions(texts: &[impl AsRef<str>], scheme: &Scheme) -> Vec<Condition> {
    let compile = |text: &str| {
        let ast = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        Condition::compile(&ast, scheme).unwrap_or_else(|e| panic!("{text}: {e:?}"))
    };
    texts.iter().map(|t| compile(t.as_ref())).collect()
}

fn matched(matcher: &Matcher, toy: &Toy, matching: Matching) -> Vec<u32> {
    let arena = Bump::new();
    let mut out = Vec::new();
    let mut scratch = matcher.scratch();
    matcher.matches(
        KindId(toy.kind),
        toy,
        &arena,
        &mut scratch,
        matching,
        &mut out,
    );
    out.into_iter().map(|rule| rule.0).collect()
}

#[test]
fn rules_match_in_their_order() {
    let scheme = scheme();
    let texts = [
        "evt.type = open and proc.name = cat",
        "proc.name = dog",
        "fd.name startswith /etc",
        "evt.type = execve",
        "evt.type in (open, execve) and not proc.name in (dog, cow)",
    ];
    let matcher = Matcher::new(&conditions(&texts, &scheme));
    let mut toy = Toy::default();
    toy.set(&scheme, "proc.name", Owned::Str("cat".into()));
    toy.set(&scheme, "fd.name", Owned::Str("/etc/passwd".into()));
    assert_eq!(matched(&matcher, &toy, Matching::All), [0, 2, 4]);
    assert_eq!(matched(&matcher, &toy, Matching::First), [0]);
    toy.kind = 2;
    assert_eq!(matched(&matcher, &toy, Matching::All), [3, 4]);
}

#[test]
fn kinds_without_rules_are_known() {
    let scheme = scheme();
    let texts = ["evt.type = open", "evt.type = execve and proc.name = x"];
    let matcher = Matcher::new(&conditions(&texts, &scheme));
    let kinds: Vec<_> = matcher.kinds().iter().map(|k| k.0).collect();
    assert_eq!(kinds, [0, 2]);
    assert_eq!((matcher.len(), matcher.is_empty()), (2, false));
}

#[test]
fn a_scratch_of_another_matcher_starts_afresh() {
    let scheme = scheme();
    let (a, b) = (
        Matcher::new(&conditions(&["proc.name = cat"; 1], &scheme)),
        Matcher::new(&conditions(&["proc.name = dog", "fd.num = 1"], &scheme)),
    );
    let mut toy = Toy::default();
    toy.set(&scheme, "proc.name", Owned::Str("cat".into()));
    toy.set(&scheme, "fd.num", Owned::Int(1));
    let arena = Bump::new();
    let mut scratch = a.scratch();
    for _ in 0..3 {
        let mut out = Vec::new();
        a.matches(
            KindId(0),
            &toy,
            &arena,
            &mut scratch,
            Matching::All,
            &mut out,
        );
        assert_eq!(out, [RuleIndex(0)]);
        out.clear();
        b.matches(
            KindId(0),
            &toy,
            &arena,
            &mut scratch,
            Matching::All,
            &mut out,
        );
        assert_eq!(out, [RuleIndex(1)]);
    }
}

#[test]
fn counting_records_wraps_around() {
    let scheme = scheme();
    let matcher = Matcher::new(&conditions(&["proc.name = cat"], &scheme));
    let mut scratch = matcher.scratch();
    scratch.epoch = u32::MAX / 2 - 1;
    let mut toy = Toy::default();
    for name in ["cat", "dog", "cat", "dog"] {
        toy.set(&scheme, "proc.name", Owned::Str(name.into()));
        let mut out = Vec::new();
        let arena = Bump::new();
        matcher.matches(
            KindId(0),
            &toy,
            &arena,
            &mut scratch,
            Matching::All,
            &mut out,
        );
        assert_eq!(out.len(), usize::from(name == "cat"));
    }
}

// Compiled = interpreted.

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "",
        "a",
        "b",
        "ab",
        "ba",
        "abc",
        "/a",
        "/a/b",
        "/a/b/c",
        "/ab",
        "/b/",
        "//a",
        "A",
        "aB",
        "a*",
        "*b",
        "a?c",
        "[ab]*",
        "/a/*",
        "passwd",
        "/etc/passwd",
        "etc",
    ])
    .prop_map(str::to_string)
}

fn quoted(word: &str) -> String {
    format!("'{word}'")
}

fn list(items: impl Strategy<Value = String>, most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(items, 0..most).prop_map(|items| format!("({})", items.join(", ")))
}

fn text_check() -> impl Strategy<Value = String> {
    let field = prop::sample::select(vec![
        "proc.name",
        "proc.cmdline",
        "fd.name",
        "proc.aname",
        "proc.aname[1]",
        "evt.arg.x",
        "tolower(proc.name)",
        "basename(fd.name)",
        "concat(proc.name, 'b')",
    ]);
    let one = prop::sample::select(vec![
        "=",
        "==",
        "!=",
        "contains",
        "icontains",
        "startswith",
        "endswith",
        "glob",
        "iglob",
    ]);
    let modifier = prop::sample::select(vec!["oneof", "anyof", "allof"]);
    let words = || list(word().prop_map(|w| quoted(&w)), 4);
    let regex = prop::sample::select(vec!["a.*", "abc", ".*etc.*", "a|b", "/etc/pass.*", "[ab]+"]);
    prop_oneof![
        4 => (field.clone(), one.clone(), word())
            .prop_map(|(f, op, w)| format!("{f} {op} {}", quoted(&w))),
        3 => (field.clone(), words()).prop_map(|(f, l)| format!("{f} in {l}")),
        2 => (field.clone(), words()).prop_map(|(f, l)| format!("{f} pmatch {l}")),
        2 => (field.clone(), one, modifier, words())
            .prop_map(|(f, op, m, l)| format!("{f} {op} {m} {l}")),
        1 => (field.clone(), regex).prop_map(|(f, r)| format!("{f} regex '{r}'")),
        1 => field.clone().prop_map(|f| format!("{f} exists")),
        1 => words().prop_map(|l| format!("proc.args intersects {l}")),
        1 => words().prop_map(|l| format!("proc.args in {l}")),
        1 => Just("fd.name startswith val(proc.cwd)".to_string()),
        1 => Just("proc.name = tolower(proc.name)".to_string()),
        1 => words().prop_map(|l| format!("join('/', proc.args) in {l}")),
    ]
}

fn other_check() -> impl Strategy<Value = String> {
    let numeric = prop::sample::select(vec![
        "fd.num",
        "evt.rawres",
        "proc.vmsize",
        "thread.load",
        "fd.port",
    ]);
    let op = prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
    let number = || (-2..4i64).prop_map(|n| n.to_string());
    let ip = || prop::sample::select(vec!["10.0.0.1", "10.0.0.2", "::1"]).prop_map(str::to_string);
    let net = || {
        let nets = vec![
            "10.0.0.0/8",
            "10.0.0.2/32",
            "0.0.0.0/0",
            "::/8",
            "11.0.0.0/8",
        ];
        prop::sample::select(nets).prop_map(str::to_string)
    };
    let unsigned = (0..4i64).prop_map(|n| n.to_string());
    prop_oneof![
        3 => (numeric, op, unsigned).prop_map(|(f, op, n)| format!("{f} {op} {n}")),
        1 => (prop::sample::select(vec!["fd.num", "evt.rawres"]), list(number(), 4))
            .prop_map(|(f, l)| format!("{f} in {l}")),
        1 => prop::sample::select(vec!["true", "false"]).prop_map(|b| format!("evt.failed = {b}")),
        1 => (prop::sample::select(vec!["fd.ip", "fd.sip"]), list(ip(), 3))
            .prop_map(|(f, l)| format!("{f} in {l}")),
        1 => (prop::sample::select(vec!["fd.ip", "fd.sip"]), ip())
            .prop_map(|(f, i)| format!("{f} != {i}")),
        1 => list(net(), 3).prop_map(|l| format!("fd.snet in {l}")),
        1 => net().prop_map(|n| format!("fd.snet != {n}")),
        1 => prop::sample::select(vec!["bcontains 61", "bstartswith 6162", "contains a", "= ab"])
            .prop_map(|t| format!("evt.buffer {t}")),
    ]
}

fn kind_check() -> impl Strategy<Value = String> {
    let kind = || prop::sample::select(KINDS.to_vec()).prop_map(str::to_string);
    prop_oneof![
        3 => kind().prop_map(|k| format!("evt.type = {k}")),
        1 => kind().prop_map(|k| format!("evt.type != {k}")),
        3 => list(kind(), 4).prop_map(|l| format!("evt.type in {l}")),
        1 => kind().prop_map(|k| format!("evt.type contains {k}")),
        1 => Just("evt.type exists".to_string()),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![3 => text_check(), 2 => other_check(), 2 => kind_check()];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" and "))),
            2 => prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" or "))),
            1 => inner.prop_map(|part| format!("not ({part})")),
        ]
    })
}

fn owned_text() -> impl Strategy<Value = Owned> {
    let text = prop_oneof![
        4 => word().prop_map(String::into_bytes),
        1 => prop::collection::vec(prop::sample::select(b"ab/\xff".to_vec()), 0..5),
    ];
    text.prop_map(Owned::Str)
}

fn owned_ip() -> impl Strategy<Value = Owned> {
    prop::sample::select(vec!["10.0.0.1", "10.0.0.2", "11.1.1.1", "::1"])
        .prop_map(|ip| Owned::Ip(ip.parse::<IpAddr>().unwrap()))
}

fn many(of: impl Strategy<Value = Owned>) -> impl Strategy<Value = Owned> {
    prop::collection::vec(of, 0..3).prop_map(Owned::Many)
}

fn toy() -> impl Strategy<Value = Toy> {
    let int = || (-2..4i64).prop_map(Owned::Int);
    let uint = || (0..4u64).prop_map(Owned::Uint);
    let texts = [
        "proc.name",
        "proc.cmdline",
        "proc.cwd",
        "fd.name",
        "evt.arg",
    ];
    let texts = texts.map(|name| (Just(name), prop::option::weighted(0.8, owned_text())));
    let others = (
        (
            Just("proc.aname"),
            prop::option::weighted(0.8, many(owned_text())),
        ),
        (
            Just("proc.args"),
            prop::option::weighted(0.8, many(owned_text())),
        ),
        (Just("fd.num"), prop::option::weighted(0.8, int())),
        (Just("evt.rawres"), prop::option::weighted(0.8, int())),
        (Just("proc.vmsize"), prop::option::weighted(0.8, uint())),
        (
            Just("thread.load"),
            prop::option::of((0..8i32).prop_map(|n| Owned::Double(f64::from(n) / 2.0))),
        ),
        (Just("fd.port"), prop::option::of(many(uint()))),
        (Just("fd.ip"), prop::option::of(many(owned_ip()))),
        (Just("fd.sip"), prop::option::of(owned_ip())),
        (Just("fd.snet"), prop::option::of(owned_ip())),
    );
    let failed = prop::option::of(any::<bool>().prop_map(Owned::Bool));
    let buffer = prop::option::of(prop::sample::select(vec!["ab", "xab", "b"]));
    (0..KINDS.len() as u16, texts, others, failed, buffer).prop_map(
        |(kind, texts, others, failed, buffer)| {
            let scheme = shared_scheme();
            let mut toy = Toy {
                kind,
                ..Toy::default()
            };
            let (a, b, c, d, e, f, g, h, i, j) = others;
            for (name, value) in texts.into_iter().chain([a, b, c, d, e, f, g, h, i, j]) {
                // Fields of descriptors are there only in their kinds.
                let absent = ["fd.name", "fd.num"].contains(&name) && [2, 5].contains(&kind);
                if let (Some(value), false) = (value, absent) {
                    toy.set(scheme, name, value);
                }
            }
            if let Some(failed) = failed {
                toy.set(scheme, "evt.failed", failed);
            }
            if let Some(buffer) = buffer {
                toy.set(scheme, "evt.buffer", Owned::Bytes(buffer.into()));
            }
            toy
        },
    )
}

fn shared_scheme() -> &'static Scheme {
    static SCHEME: OnceLock<Scheme> = OnceLock::new();
    SCHEME.get_or_init(scheme)
}

fn config() -> ProptestConfig {
    let cases = std::env::var("LANNER_PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(500),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_matcher_agrees_with_plain_evaluation(
        texts in prop::collection::vec(condition(), 1..24),
        repeat in 1..4usize,
        toys in prop::collection::vec(toy(), 1..6),
    ) {
        let scheme = shared_scheme();
        // Repeated rules make indexes and gates worth it.
        let texts: Vec<String> = std::iter::repeat_n(texts, repeat).flatten().collect();
        let conditions = conditions(&texts, scheme);
        let matcher = Matcher::new(&conditions);
        let mut scratch = matcher.scratch();
        let mut arena = Bump::new();
        for toy in &toys {
            let expect: Vec<RuleIndex> = (0..)
                .zip(&conditions)
                .filter(|(_, c)| c.matches(toy, &arena))
                .map(|(i, _)| RuleIndex(i))
                .collect();
            let mut got = Vec::new();
            let kind = KindId(toy.kind);
            matcher.matches(kind, toy, &arena, &mut scratch, Matching::All, &mut got);
            let names = |rules: &[RuleIndex]| -> Vec<&str> {
                rules.iter().map(|r| texts[r.0 as usize].as_str()).collect()
            };
            prop_assert_eq!(names(&got), names(&expect), "{:?}", toy);
            prop_assert_eq!(&got, &expect);
            for rule in &expect {
                prop_assert!(conditions[rule.0 as usize].kinds().contains(kind));
            }
            got.clear();
            matcher.matches(kind, toy, &arena, &mut scratch, Matching::First, &mut got);
            prop_assert_eq!(got.first(), expect.first());
            arena.reset();
        }
    }
}
