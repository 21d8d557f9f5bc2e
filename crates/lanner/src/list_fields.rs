//! `--list`: the fields that rules can use.

use std::collections::BTreeSet;
use std::fmt::Write;

use lanner_filter::scheme::FieldClass;
use lanner_filter::{ArgSpec, FieldDef, Many, Scheme};
use serde_json::{Value, json};

use crate::cli::ListFormat;

/// Where the right column of the text list begins.
const RIGHT: usize = 30;
/// How wide the right column is.
const WIDTH: usize = 120 - RIGHT;

/// What to list, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// Only classes that apply to this source; empty for all.
    pub(crate) source: &'a str,
    /// How to print.
    pub(crate) format: ListFormat,
    /// Names only.
    pub(crate) names_only: bool,
    /// With types.
    pub(crate) verbose: bool,
}

/// The list, or `None` if no class applies to the source.
pub(crate) fn render(scheme: &Scheme, request: Request<'_>) -> Option<String> {
    let classes: Vec<(&FieldClass, Vec<&FieldDef>)> = scheme
        .classes
        .iter()
        .enumerate()
        .filter(|(_, class)| request.source.is_empty() || class.sources.contains(&request.source))
        .map(|(number, class)| (class, fields(scheme, number)))
        .filter(|(_, fields)| !fields.is_empty())
        .collect();
    if classes.is_empty() {
        return None;
    }
    let mut out = String::new();
    match (request.format, request.names_only) {
        (ListFormat::Json, true) => {
            let names: Vec<&str> = classes.iter().flat_map(|c| &c.1).map(|f| f.name).collect();
            let _ = writeln!(out, "{:#}", json!({ "fieldnames": names }));
        }
        (_, true) => {
            for field in classes.iter().flat_map(|c| &c.1) {
                let _ = writeln!(out, "{}", field.name);
            }
        }
        (ListFormat::Json, false) => {
            let classes: Vec<Value> = classes.iter().map(|(c, f)| class_json(c, f)).collect();
            let _ = writeln!(out, "{:#}", json!({ "fieldclasses": classes }));
        }
        (ListFormat::Markdown, false) => {
            for (class, fields) in &classes {
                class_markdown(&mut out, class, fields);
                out.push('\n');
            }
        }
        (ListFormat::Text, false) => {
            for (class, fields) in &classes {
                class_text(&mut out, class, fields, request.verbose);
                out.push('\n');
            }
        }
    }
    Some(out)
}

/// The fields of a class that are listed.
fn fields(scheme: &Scheme, class: usize) -> Vec<&FieldDef> {
    let of_class = scheme.fields().map(|(_, def)| def);
    of_class
        .filter(|f| usize::from(f.class) == class)
        .filter(|f| !f.flags.hidden && !f.flags.deprecated && !f.flags.print_only)
        .collect()
}

fn class_text(out: &mut String, class: &FieldClass, fields: &[&FieldDef], verbose: bool) {
    let _ = write!(
        out,
        "-------------------------------\n{:<RIGHT$}{}",
        "Field Class:", class.name
    );
    if !class.qualifier.is_empty() {
        let _ = write!(out, " ({})", class.qualifier);
    }
    if !class.desc.is_empty() {
        let _ = write!(out, "\n{:<RIGHT$}", "Description:");
        wrap(out, class.desc);
    }
    let _ = write!(out, "\n{:<RIGHT$}", "Event Sources:");
    for source in class.sources {
        let _ = write!(out, "{source} ");
    }
    out.push_str("\n\n");
    for field in fields {
        if field.name.len() > RIGHT {
            let _ = write!(out, "{}\n{:<RIGHT$}", field.name, " ");
        } else {
            let _ = write!(out, "{:<RIGHT$}", field.name);
        }
        let mut desc = String::new();
        if verbose {
            let _ = write!(desc, "(Type: {}) ", field.type_name);
        }
        let tags = tags(class, field);
        if !tags.is_empty() {
            let tags: Vec<&str> = tags.into_iter().collect();
            let _ = write!(desc, "({}) ", tags.join(","));
        }
        desc.push_str(field.desc);
        wrap(out, &desc);
        out.push('\n');
    }
}

/// Words with a blank after each, in lines of the width of the right column.
fn wrap(out: &mut String, text: &str) {
    let mut used = 0;
    for word in text.split_ascii_whitespace() {
        let len = word.len() + 1;
        if used + len > WIDTH {
            let _ = write!(out, "\n{:<RIGHT$}", " ");
            used = 0;
        }
        used += len;
        let _ = write!(out, "{word} ");
    }
}

/// How the argument of a field is listed, if it takes one. Falco says what kind it is (a number, a
/// key) for fields of its container plugin only, and that of `evt.abspath` is required, which it is
/// not.
fn argument(class: &FieldClass, field: &FieldDef) -> Option<ArgSpec> {
    let arg = field.arg?;
    let plugin = class.name.ends_with("(plugin)");
    Some(ArgSpec {
        required: arg.required || field.name == "evt.abspath",
        index: arg.index && plugin,
        key: arg.key && plugin,
        ..arg
    })
}

fn tags(class: &FieldClass, field: &FieldDef) -> BTreeSet<&'static str> {
    let arg = argument(class, field);
    let all = [
        (arg.is_some_and(|a| a.required), "ARG_REQUIRED"),
        (arg.is_some_and(|a| !a.required), "ARG_ALLOWED"),
        (arg.is_some_and(|a| a.index), "ARG_INDEX"),
        (arg.is_some_and(|a| a.key), "ARG_KEY"),
        (is_list(field), "EPF_IS_LIST"),
        (field.flags.no_rhs, "EPF_NO_RHS"),
        (field.flags.no_transformer, "EPF_NO_TRANSFORMER"),
        (field.flags.filter_only, "FILTER_ONLY"),
    ];
    all.into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, tag)| tag)
        .collect()
}

fn is_list(field: &FieldDef) -> bool {
    field.many == Many::List
}

fn class_markdown(out: &mut String, class: &FieldClass, fields: &[&FieldDef]) {
    let _ = write!(
        out,
        "## Field Class: {}\n\n{}{}Event Sources: ",
        class.name,
        class.desc,
        if class.desc.is_empty() { "" } else { "\n\n" }
    );
    for source in class.sources {
        let _ = write!(out, "{source} ");
    }
    out.push_str("\n\nName | Type | Description\n:----|:-----|:-----------\n");
    for field in fields {
        let ty = field.type_name;
        let ty = if is_list(field) {
            format!("LIST({ty})")
        } else {
            ty.to_owned()
        };
        let _ = writeln!(out, "`{}` | {ty} | {}", field.name, field.desc);
    }
}

fn class_json(class: &FieldClass, fields: &[&FieldDef]) -> Value {
    let fields: Vec<Value> = fields
        .iter()
        .map(|field| {
            let argument = argument(class, field).map(|arg| {
                let types = [(arg.index, "INDEX"), (arg.key, "KEY")];
                let types = types
                    .into_iter()
                    .filter(|(is, _)| *is)
                    .map(|(_, name)| name);
                json!({ "required": arg.required, "type": types.collect::<Vec<_>>() })
            });
            json!({
                "name": field.name,
                "type": field.type_name,
                "desc": field.desc,
                "is_list": is_list(field),
                "argument": argument,
            })
        })
        .collect();
    let mut listed = json!({
        "name": class.name,
        "event_sources": class.sources,
        "fields": fields,
    });
    if !class.desc.is_empty() {
        listed["desc"] = class.desc.into();
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(source: &str, format: ListFormat, names_only: bool) -> Option<String> {
        let request = Request {
            source,
            format,
            names_only,
            verbose: false,
        };
        render(&lanner_fields::scheme(), request)
    }

    #[test]
    fn names_are_listed_one_a_line() {
        let names = list("syscall", ListFormat::Text, true).unwrap();
        let names: Vec<&str> = names.lines().collect();
        for name in [
            "evt.num",
            "proc.name",
            "fd.name",
            "container.id",
            "k8s.ns.name",
        ] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(!names.contains(&"evt.latency"));
    }

    #[test]
    fn text_has_two_columns_and_wraps() {
        let text = list("", ListFormat::Text, false).unwrap();
        assert!(
            text.starts_with("-------------------------------\nField Class:                  evt")
        );
        assert!(text.lines().all(|l| l.trim_end().len() <= 120));
        assert!(text.contains("\nproc.aname                    (ARG_ALLOWED,EPF_NO_RHS,"));
        assert!(text.contains("\ncontainer.mount               (ARG_INDEX,ARG_KEY,ARG_REQUIRED) "));
        // A class without a description has no line for it.
        assert!(text.contains("Field Class:                  container (plugin)\nEvent Sources: "));
    }

    #[test]
    fn json_and_markdown_say_type_and_argument() {
        let json: Value =
            serde_json::from_str(&list("", ListFormat::Json, false).unwrap()).unwrap();
        let classes = json["fieldclasses"].as_array().unwrap();
        let fields = classes.iter().flat_map(|c| c["fields"].as_array().unwrap());
        let env: Vec<&Value> = fields.filter(|f| f["name"] == "proc.env").collect();
        assert_eq!(env[0]["argument"], json!({ "required": false, "type": [] }));
        let container = classes
            .iter()
            .find(|c| c["name"] == "container (plugin)")
            .unwrap();
        assert!(container.get("desc").is_none());
        assert_eq!(env[0]["type"], "CHARBUF");
        let markdown = list("", ListFormat::Markdown, false).unwrap();
        assert!(markdown.contains("\n`proc.pid` | INT64 | "));
    }

    #[test]
    fn a_source_without_fields_has_no_list() {
        assert!(list("k8s_audit", ListFormat::Text, false).is_none());
    }
}
