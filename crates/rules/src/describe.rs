//! What `-L` and `-l` print: rules, macros and lists with what they are made of.

mod text;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use lanner_filter::{Ast, CallArg, KindSet, Operand, OperandKind, Right, Scheme, parse};
use serde_json::{Value as Json, json};

use crate::collect::Collected;
use crate::compile::{Macros, except, kinds};
use crate::item::{Entry, Macro, RuleItem};
use crate::lists::Lists;
use crate::ruleset::Rule;
use text::written;

/// The names of events of some kinds, for descriptions.
pub type EventNames<'a> = &'a dyn Fn(&KindSet) -> Vec<String>;

/// The items of all files, and what they came to.
pub(crate) struct Definitions {
    items: Collected,
    lists: Lists,
    macros: Macros,
}

impl std::fmt::Debug for Definitions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Definitions")
    }
}

/// What a condition is made of.
#[derive(Default)]
struct Details {
    macros: BTreeSet<String>,
    lists: BTreeSet<String>,
    operators: BTreeSet<String>,
    fields: BTreeSet<String>,
    event_names: BTreeSet<String>,
}

impl Definitions {
    pub(crate) fn new(items: Collected, lists: Lists, macros: Macros) -> Definitions {
        Definitions {
            items,
            lists,
            macros,
        }
    }

    pub(crate) fn describe(
        &mut self,
        rules: &[Rule],
        only: Option<&str>,
        scheme: &Scheme,
        events: EventNames<'_>,
    ) -> Option<Json> {
        if let Some(name) = only {
            let rule = rules.iter().find(|rule| rule.name == name)?;
            return Some(json!({ "rules": [self.rule(rule, scheme, events)?] }));
        }
        let described: Vec<Json> = rules
            .iter()
            .filter_map(|rule| self.rule(rule, scheme, events))
            .collect();
        let plugins = self.items.plugins.iter().map(|alternatives| {
            let of =
                |(name, version): &(String, String)| json!({ "name": name, "version": version });
            let mut first = alternatives.first().map(of).unwrap_or_default();
            if let Some(first) = first.as_object_mut() {
                let others: Vec<Json> = alternatives.iter().skip(1).map(of).collect();
                first.insert("alternatives".to_owned(), Json::from(others));
            }
            first
        });
        let macros = self.items.macros.iter().zip(self.macros.iter());
        let macros =
            macros.map(|(item, (_, ast, used))| self.macro_item(item, ast, used, scheme, events));
        let lists = self.items.lists.iter().zip(self.lists.iter());
        let lists = lists.map(|(item, (_, items, used))| {
            let (plain, other): (Vec<&String>, Vec<&String>) =
                item.items.iter().partition(|i| items.contains(i));
            let other: BTreeSet<&String> = other.into_iter().collect();
            json!({
                "info": { "name": item.name, "items": plain },
                "details": { "used": used, "lists": other, "items_compiled": items, "plugins": [] },
            })
        });
        Some(json!({
            "required_engine_version": self.items.engine.to_string(),
            "required_plugin_versions": plugins.collect::<Vec<_>>(),
            "rules": described,
            "macros": macros.collect::<Vec<_>>(),
            "lists": lists.collect::<Vec<_>>(),
        }))
    }

    fn rule(&mut self, rule: &Rule, scheme: &Scheme, events: EventNames<'_>) -> Option<Json> {
        let item = self.items.rules.get(&rule.name)?;
        let own = self.details(&item.condition.text);
        let condition = except(item).ok()?.condition;
        let substituted = self.lists.substitute(&condition.text).ok()?;
        let ast = self
            .macros
            .resolve(&parse(&substituted.text).ok()?, u32::MAX)
            .ok()?;
        let compiled = self.details_of(&ast);
        let extra = rule.extra_fields.iter().map(|field| field.text.clone());
        let printed = rule
            .output
            .fields()
            .iter()
            .map(|field| field.token.to_string());
        let output: Vec<String> = extra.chain(printed).collect();
        let mut fields = compiled.fields.clone();
        fields.extend(output.iter().cloned());
        let mut details = json!({
            "macros": own.macros,
            "lists": own.lists,
            "condition_operators": compiled.operators,
            "condition_fields": compiled.fields,
            "output_fields": output,
            "exception_fields": rule.exception_fields,
            "exception_names": item.exceptions.iter().map(|e| &e.name).collect::<BTreeSet<_>>(),
            "exception_operators": exception_operators(item),
            "events": event_names(&ast, scheme, events),
            "condition_compiled": written(&ast),
            "output_compiled": rule.output_text,
            "plugins": plugins(&fields, &compiled.event_names, scheme),
        });
        let formatted: serde_json::Map<String, Json> = rule
            .extra_fields
            .iter()
            .filter(|field| !field.raw)
            .map(|field| (field.key.clone(), Json::from(field.text.clone())))
            .collect();
        if let (false, Some(details)) = (formatted.is_empty(), details.as_object_mut()) {
            details.insert(
                "extra_output_formatted_fields".to_owned(),
                Json::Object(formatted),
            );
        }
        Some(json!({
            "info": {
                "name": rule.name,
                "condition": item.condition.text,
                "priority": rule.priority.name(),
                "output": item.output.text,
                "description": rule.desc,
                "enabled": item.enabled,
                "source": rule.source,
                "capture": rule.capture,
                "capture_duration": rule.capture_duration,
                "tags": rule.tags,
            },
            "details": details,
        }))
    }

    fn macro_item(
        &self,
        item: &Macro,
        ast: Option<&Ast>,
        used: bool,
        scheme: &Scheme,
        events: EventNames<'_>,
    ) -> Json {
        let own = self.details(&item.condition.text);
        let compiled = ast.map(|ast| self.details_of(ast)).unwrap_or_default();
        json!({
            "info": { "name": item.name, "condition": item.condition.text },
            "details": {
                "used": used,
                "macros": own.macros,
                "lists": own.lists,
                "condition_operators": compiled.operators,
                "condition_fields": compiled.fields,
                "events": ast.map(|ast| event_names(ast, scheme, events)).unwrap_or_default(),
                "condition_compiled": ast.map(written).unwrap_or_default(),
                "plugins": [],
            },
        })
    }

    fn details(&self, condition: &str) -> Details {
        parse(condition)
            .map(|ast| self.details_of(&ast))
            .unwrap_or_default()
    }

    fn details_of(&self, ast: &Ast) -> Details {
        let mut details = Details::default();
        for (name, _) in ast
            .macros()
            .filter(|(name, _)| self.items.macros.get(name).is_some())
        {
            details.macros.insert(name.to_owned());
        }
        for check in ast.checks() {
            let modifier = check
                .modifier
                .map(|m| format!(" {}", m.text()))
                .unwrap_or_default();
            details
                .operators
                .insert(format!("{}{modifier}", check.spelling));
            fields_of(&check.left, &mut details.fields);
            let mut left = BTreeSet::new();
            fields_of(&check.left, &mut left);
            let names_events = left.contains("evt.type") || left.contains("evt.asynctype");
            let values = match &check.right {
                Right::Value(value) => std::slice::from_ref(value),
                Right::List(values) => values,
                Right::Operand(operand) => {
                    fields_of(operand, &mut details.fields);
                    continue;
                }
                Right::Nothing => continue,
            };
            for value in values {
                let text = String::from_utf8_lossy(&value.text);
                let is_list = self.items.lists.get(&text).is_some();
                if is_list && matches!(check.right, Right::List(_)) {
                    details.lists.insert(text.into_owned());
                } else if names_events {
                    details.event_names.insert(text.into_owned());
                }
            }
        }
        details
    }
}

fn exception_operators(item: &RuleItem) -> BTreeSet<&str> {
    let mut operators = BTreeSet::new();
    for exception in &item.exceptions {
        match &exception.comps {
            Entry::Item(comp) => operators.extend([comp.as_str()]),
            Entry::List(comps) => operators.extend(comps.iter().map(Entry::item)),
        }
    }
    operators
}

fn event_names(ast: &Ast, scheme: &Scheme, events: EventNames<'_>) -> Vec<String> {
    let kinds = kinds::selected(ast, scheme).unwrap_or_else(|| scheme.all_kinds());
    let mut names = events(&kinds);
    names.sort_unstable();
    names.dedup();
    names
}

/// The container plugin is the only one there is: fields are marked if they are its own, and it
/// has events of two names.
fn plugins(
    fields: &BTreeSet<String>,
    events: &BTreeSet<String>,
    scheme: &Scheme,
) -> Vec<&'static str> {
    let of_plugin = |field: &String| {
        let name = field.split('[').next().unwrap_or_default();
        let name = name.trim_start_matches('%');
        scheme
            .by_name(name)
            .is_some_and(|id| scheme.def(id).flags.plugin)
    };
    let used = fields.iter().any(of_plugin)
        || events.contains("container")
        || events.contains("container_removed");
    if used { vec!["container"] } else { Vec::new() }
}

fn fields_of(operand: &Operand, fields: &mut BTreeSet<String>) {
    fn of_argument(arg: &CallArg, fields: &mut BTreeSet<String>) {
        match arg {
            CallArg::Operand(operand) => fields_of(operand, fields),
            CallArg::Literal(_) => {}
            CallArg::List(items) => items.iter().for_each(|item| of_argument(item, fields)),
        }
    }
    match &operand.kind {
        OperandKind::Field { name, arg } => {
            let arg = arg
                .as_ref()
                .map(|a| format!("[{}]", String::from_utf8_lossy(&a.text)));
            fields.insert(format!("{name}{}", arg.unwrap_or_default()));
        }
        OperandKind::Call { args, .. } => args.iter().for_each(|arg| of_argument(arg, fields)),
    }
}

/// A description in two columns, rules and what they are about, for terminals.
pub fn description_text(description: &Json) -> String {
    let mut out = String::new();
    row(&mut out, "Rule", "Description");
    row(&mut out, "----", "-----------");
    for rule in description["rules"].as_array().into_iter().flatten() {
        let text = rule["info"]["description"].as_str().unwrap_or_default();
        let name = rule["info"]["name"].as_str().unwrap_or_default();
        row(&mut out, name, &format!("{}\n", wrapped(text)));
    }
    out
}

/// Where the second column begins, and where it ends.
const COLUMNS: (usize, usize) = (51, 110);

fn row(out: &mut String, left: &str, right: &str) {
    let padding = (COLUMNS.0 - 1).saturating_sub(left.len());
    let _ = writeln!(out, "{left}{} {right}", " ".repeat(padding));
}

/// Words in lines as wide as the second column, with a blank after each word.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut length = 0;
    for word in text.split_ascii_whitespace() {
        if length + word.len() < COLUMNS.1 - COLUMNS.0 {
            length += word.len() + 1;
        } else {
            out.push('\n');
            out.push_str(&" ".repeat(COLUMNS.0));
            length = word.len() + 1;
        }
        out.push_str(word);
        out.push(' ');
    }
    out
}
