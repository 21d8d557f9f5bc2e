//! Profiles as JSON text, in the form that runtimes and engines read.

use std::fmt::Write as _;

use lanner_diag::{FileId, TextRange};

use crate::Action;
use crate::policy::{Condition, Op, Spec};
use crate::profile::{Filter, Format, Profile, ProfileArg, ProfileRule, Spanned};

/// Lists of names are broken at this column.
const WIDTH: usize = 100;

/// A profile as JSON, a newline at its end. Reading it back gives the same profile; comments are
/// not kept.
pub fn write(profile: &Profile) -> String {
    let mut fields = Vec::new();
    if let Some(action) = &profile.default_action {
        fields.push(("defaultAction", quoted(action.value.name())));
    }
    if let Some(errno) = &profile.default_errno {
        fields.push(("defaultErrnoRet", errno.value.to_string()));
    }
    if let Some(arches) = &profile.architectures {
        let names = arches.iter().map(|a| quoted(&a.value.to_string()));
        fields.push(("architectures", list(names.collect(), 1)));
    }
    if let Some(map) = &profile.arch_map {
        let entries = map.value.iter().map(|entry| {
            let sub = entry.sub.iter().map(|a| quoted(&a.value.to_string()));
            let pairs = [
                ("architecture", quoted(&entry.arch.value.to_string())),
                ("subArchitectures", list(sub.collect(), 3)),
            ];
            object(&pairs, 2)
        });
        fields.push(("archMap", lines(entries.collect(), 1)));
    }
    let texts = |list: &[Spanned<String>]| list.iter().map(|t| quoted(&t.value)).collect();
    if let Some(flags) = &profile.flags {
        fields.push(("flags", list(texts(&flags.value), 1)));
    }
    if let Some(path) = &profile.listener_path {
        fields.push(("listenerPath", quoted(&path.value)));
    }
    if let Some(metadata) = &profile.listener_metadata {
        fields.push(("listenerMetadata", quoted(&metadata.value)));
    }
    if !profile.rules.is_empty() {
        let rules = profile.rules.iter().map(rule);
        fields.push(("syscalls", lines(rules.collect(), 1)));
    }
    object(&fields, 0) + "\n"
}

fn rule(rule: &ProfileRule) -> String {
    let texts = |list: &[Spanned<String>]| -> Vec<String> {
        list.iter().map(|t| quoted(&t.value)).collect()
    };
    let mut fields = vec![("names", list(texts(&rule.names), 3))];
    if let Some(action) = &rule.action {
        fields.push(("action", quoted(action.value.name())));
    }
    if let Some(errno) = &rule.errno {
        fields.push(("errnoRet", errno.value.to_string()));
    }
    if !rule.args.is_empty() {
        let args = rule.args.iter().map(|a| condition(&a.condition));
        fields.push(("args", lines(args.collect(), 3)));
    }
    let filter = |filter: &Filter| {
        let mut fields = Vec::new();
        if !filter.caps.is_empty() {
            fields.push(("caps", list(texts(&filter.caps), 4)));
        }
        if !filter.arches.is_empty() {
            fields.push(("arches", list(texts(&filter.arches), 4)));
        }
        if let Some(Spanned { value: (a, b), .. }) = filter.min_kernel {
            fields.push(("minKernel", quoted(&format!("{a}.{b}"))));
        }
        object(&fields, 3)
    };
    for (key, held) in [("includes", &rule.includes), ("excludes", &rule.excludes)] {
        if let Some(held) = held {
            fields.push((key, filter(&held.value)));
        }
    }
    object(&fields, 2)
}

fn condition(condition: &Condition) -> String {
    let Condition { arg, op, value } = condition;
    let name = match op {
        Op::Ne => "NE",
        Op::Lt => "LT",
        Op::Le => "LE",
        Op::Eq => "EQ",
        Op::Ge => "GE",
        Op::Gt => "GT",
        Op::MaskedEq(_) => "MASKED_EQ",
    };
    let values = match op {
        Op::MaskedEq(mask) => format!("\"value\": {mask}, \"valueTwo\": {value}"),
        _ => format!("\"value\": {value}"),
    };
    format!("{{ \"index\": {arg}, {values}, \"op\": \"SCMP_CMP_{name}\" }}")
}

fn object(fields: &[(&str, String)], depth: usize) -> String {
    let pad = "  ".repeat(depth + 1);
    let fields: Vec<String> = fields
        .iter()
        .map(|(key, value)| format!("{pad}\"{key}\": {value}"))
        .collect();
    format!("{{\n{}\n{}}}", fields.join(",\n"), "  ".repeat(depth))
}

/// Items on lines of their own.
fn lines(items: Vec<String>, depth: usize) -> String {
    let pad = "  ".repeat(depth + 1);
    let items: Vec<String> = items.iter().map(|i| format!("{pad}{i}")).collect();
    format!("[\n{}\n{}]", items.join(",\n"), "  ".repeat(depth))
}

/// Short items, as many on a line as fit.
fn list(items: Vec<String>, depth: usize) -> String {
    let one = format!("[{}]", items.join(", "));
    if one.len() + 2 * depth + 20 <= WIDTH {
        return one;
    }
    let pad = "  ".repeat(depth + 1);
    let mut out = "[".to_owned();
    let mut column = WIDTH;
    for (i, item) in items.iter().enumerate() {
        let comma = if i + 1 < items.len() { "," } else { "" };
        if column + 1 + item.len() + comma.len() > WIDTH {
            out += &format!("\n{pad}{item}{comma}");
            column = pad.len();
        } else {
            out += &format!(" {item}{comma}");
            column += 1;
        }
        column += item.len() + comma.len();
    }
    format!("{out}\n{}]", "  ".repeat(depth))
}

/// A text as a JSON string (RFC 8259, section 7).
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

impl Profile {
    /// A profile that says what a spec does, and stands nowhere.
    pub fn from_spec(spec: &Spec) -> Profile {
        fn spanned<T>(value: T) -> Spanned<T> {
            Spanned {
                value,
                span: TextRange::default(),
            }
        }
        // 1 (EPERM) is what an action without a number gets.
        let errno = |action| match action {
            Action::Errno(n) | Action::Trace(n) if n != 1 => Some(spanned(u64::from(n))),
            _ => None,
        };
        let arg = |condition: &Condition| ProfileArg {
            span: TextRange::default(),
            condition: *condition,
            index: TextRange::default(),
            value: TextRange::default(),
            value_two: None,
        };
        let rules = spec.rules.iter().map(|rule| ProfileRule {
            span: TextRange::default(),
            names: rule.names.iter().cloned().map(spanned).collect(),
            legacy_name: None,
            action: Some(spanned(rule.action)),
            errno: errno(rule.action),
            args: rule.conditions.iter().map(arg).collect(),
            includes: None,
            excludes: None,
        });
        let arches: Vec<_> = spec.arches.iter().copied().map(spanned).collect();
        Profile {
            file: FileId(0),
            span: TextRange::default(),
            format: Format::Oci,
            default_action: Some(spanned(spec.default)),
            default_errno: errno(spec.default),
            architectures: Some(arches).filter(|a| !a.is_empty()),
            arch_map: None,
            flags: None,
            listener_path: None,
            listener_metadata: None,
            rules: rules.collect(),
            errno_names: None,
            comments: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use lanner_diag::Files;

    use super::*;
    use crate::defaults::{self, RuntimeDefault};
    use crate::{document, profile};

    fn read(text: &str) -> Profile {
        let mut files = Files::new();
        let document = document::read(&mut files, "p.json", text.as_bytes()).expect("reads");
        let (profile, faults) = profile::read(&document);
        assert_eq!(faults, [], "{text}");
        profile
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let all = r#"{"defaultAction": "SCMP_ACT_TRACE", "defaultErrnoRet": 7,
            "architectures": ["SCMP_ARCH_X86"], "flags": ["SECCOMP_FILTER_FLAG_LOG"],
            "listenerPath": "/run/a \"b\"\\\n\u0001é", "listenerMetadata": "m", "syscalls": [
            {"names": ["read", "write"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5, "args": [
            {"index": 1, "value": 18446744073709551615, "op": "SCMP_CMP_GT"},
            {"index": 2, "value": 240, "valueTwo": 16, "op": "SCMP_CMP_MASKED_EQ"}]}]}"#;
        let texts = [
            write(&read(all)),
            write(&defaults::profile(RuntimeDefault::Docker)),
            write(&defaults::profile(RuntimeDefault::ContainersCommon)),
        ];
        for text in texts {
            assert_eq!(write(&read(&text)), text);
        }
        let path = read(&write(&read(all))).listener_path.map(|p| p.value);
        assert_eq!(path.as_deref(), Some("/run/a \"b\"\\\n\u{1}é"));
    }
}
