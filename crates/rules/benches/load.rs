//! How long rules take to load: 10,000 are to take well under a second, and ten times as many ten
//! times as long.

use std::fmt::Write as _;

use lanner_filter::{FieldDef, FieldFlags, KindField, KindId, Many, Print, Scheme, Type};
use lanner_rules::{Options, Ruleset};

fn main() {
    divan::main();
}

fn scheme() -> Scheme {
    let mut scheme = Scheme::new();
    let mut add = |name: &'static str, ty: Type| {
        scheme.add(FieldDef {
            name,
            class: 0,
            ty,
            type_name: "CHARBUF",
            print: Print::Dec,
            many: Many::One,
            many_with_arg: Many::One,
            arg: None,
            flags: FieldFlags::default(),
            desc: "",
            resolve_arg: None,
            arg_type: None,
            kinds: None,
        })
    };
    let field = add("evt.type", Type::Str);
    for name in [
        "proc.name",
        "proc.pname",
        "proc.cmdline",
        "user.name",
        "fd.name",
    ] {
        add(name, Type::Str);
    }
    let kinds_of = |name: &str| Some([KindId(name.len() as u16)].into_iter().collect());
    scheme.kind_fields.push(KindField { field, kinds_of });
    scheme
}

fn text(rules: usize) -> String {
    let mut text = "- list: shells\n  items: [bash, sh, zsh]\n- macro: spawned\n  condition: \
                    evt.type in (execve, execveat)\n"
        .to_owned();
    for number in 0..rules {
        let _ = write!(
            text,
            "- rule: Rule {number}\n  desc: Rule number {number}\n  condition: spawned and \
             proc.name = tool{number} and not proc.pname in (shells)\n  output: Something \
             (user=%user.name command=%proc.cmdline file=%fd.name)\n  priority: WARNING\n  tags: \
             [a, b]\n"
        );
    }
    text
}

#[divan::bench(args = [100, 1_000, 10_000], max_time = 5)]
fn load(bencher: divan::Bencher, rules: usize) {
    let (scheme, options, text) = (scheme(), Options::default(), text(rules));
    bencher.bench(|| {
        let texts = [("rules.yaml".to_owned(), text.clone())];
        let (ruleset, results) = Ruleset::load_texts(texts, &scheme, &options);
        assert!(results.successful());
        ruleset
    });
}
