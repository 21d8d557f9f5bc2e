//! Rules files against a small scheme. What Falco says of them is in §3 of the interface; where a
//! message is compared, it is one that tools look for.

mod abuse;
mod describing;
mod merging;
mod selecting;
mod verdicts;

use lanner_filter::{
    ArgSpec, FieldDef, FieldFlags, KindField, KindId, KindSet, Many, Print, Scheme, Type,
};

use crate::{LoadResults, Options, Rule, Ruleset};

/// `evt.type` has the values `type0` to `type199`, and `open` for `type0`.
fn kinds_of(name: &str) -> Option<KindSet> {
    let number = match name {
        "open" => 0,
        name => name
            .strip_prefix("type")?
            .parse()
            .ok()
            .filter(|n| *n < 200)?,
    };
    Some([KindId(number)].into_iter().collect())
}

/// A scheme of a few fields of each sort.
fn scheme() -> Scheme {
    let field = |name: &'static str, ty: Type| FieldDef {
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
    };
    let index = ArgSpec {
        required: false,
        index: true,
        key: false,
        dotted: false,
    };
    let mut scheme = Scheme::new();
    let evt_type = scheme.add(field("evt.type", Type::Str));
    scheme.add(field("evt.num", Type::Uint(64)));
    scheme.add(field("evt.dir", Type::Str));
    scheme.add(field("proc.name", Type::Str));
    scheme.add(field("proc.pname", Type::Str));
    scheme.add(FieldDef {
        arg: Some(index),
        ..field("proc.aname", Type::Str)
    });
    scheme.add(field("fd.name", Type::Path));
    scheme.add(field("fd.num", Type::Int(64)));
    scheme.add(FieldDef {
        many: Many::List,
        ..field("fd.types", Type::Str)
    });
    let plugin = FieldFlags {
        suggested: true,
        plugin: true,
        ..FieldFlags::default()
    };
    scheme.add(FieldDef {
        flags: plugin,
        ..field("container.id", Type::Str)
    });
    scheme.kind_fields.push(KindField {
        field: evt_type,
        kinds_of,
    });
    scheme.all_kinds = Some((0..200).map(KindId).collect());
    scheme
}

/// A rule named `r` with this condition.
fn rule(condition: &str) -> String {
    format!(
        "- rule: r\n  desc: d\n  condition: {condition}\n  output: o %evt.num\n  priority: INFO\n"
    )
}

fn load(texts: &[&str]) -> (Option<Ruleset>, LoadResults) {
    load_with(texts, &Options::default())
}

fn load_with(texts: &[&str], options: &Options) -> (Option<Ruleset>, LoadResults) {
    let texts = texts
        .iter()
        .enumerate()
        .map(|(i, text)| (format!("{i}.yaml"), (*text).to_owned()));
    Ruleset::load_texts(texts, &scheme(), options)
}

/// The rules of texts that load.
fn rules(texts: &[&str]) -> Vec<Rule> {
    let (ruleset, results) = load(texts);
    let Some(ruleset) = ruleset else {
        panic!("{}", results.failure().unwrap_or_default())
    };
    ruleset.rules().to_vec()
}

/// The condition of rule `r` with everything put into it.
fn compiled(texts: &[&str]) -> String {
    let options = Options {
        describe: true,
        ..Options::default()
    };
    let (ruleset, results) = load_with(texts, &options);
    let Some(mut ruleset) = ruleset else {
        panic!("{}", results.failure().unwrap_or_default())
    };
    let described = ruleset
        .describe(Some("r"), &scheme(), &|_| Vec::new())
        .unwrap();
    described["rules"][0]["details"]["condition_compiled"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Codes and messages of the last text's result, with `line:column` from 1 in the file.
fn problems(texts: &[&str]) -> Vec<String> {
    let (_, results) = load(texts);
    let result = results.results.last().unwrap();
    let of = |d: lanner_diag::Diagnostic| {
        let place = d.span().map(|span| {
            let at = results.files.line_column(span);
            format!("{}:{}: ", at.line, at.column)
        });
        let help = d.help.map(|h| format!(" [{h}]")).unwrap_or_default();
        format!(
            "{}{} {}{help}",
            place.unwrap_or_default(),
            d.code,
            d.message
        )
    };
    result.diagnostics().map(of).collect()
}
