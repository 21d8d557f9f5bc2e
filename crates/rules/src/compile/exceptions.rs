//! Exceptions as a part of the condition.

use std::collections::BTreeSet;

use crate::field::takes_list;
use crate::item::{Entry, Exception, RuleItem, Text};
use crate::lists::quoted;

/// A condition with its exceptions, and the fields that they compare.
pub(crate) struct Excepted {
    pub(crate) condition: Text,
    pub(crate) fields: BTreeSet<String>,
}

/// What is wrong with the values of an exception.
pub(crate) struct Misfit<'a> {
    pub(crate) message: &'static str,
    pub(crate) exception: &'a Exception,
}

/// `(condition) and not (exception) and not (exception)…`. Exceptions without values add nothing;
/// a rule without exceptions keeps its condition as it is.
pub(crate) fn except(rule: &RuleItem) -> Result<Excepted, Misfit<'_>> {
    let mut fields = BTreeSet::new();
    if rule.exceptions.is_empty() {
        return Ok(Excepted {
            condition: rule.condition.clone(),
            fields,
        });
    }
    let parts = rule
        .condition
        .parts
        .iter()
        .map(|(at, place)| (at + 1, *place))
        .collect();
    let mut condition = Text {
        text: format!("({})", rule.condition.text),
        parts,
    };
    for exception in &rule.exceptions {
        let misfit = |message| Misfit { message, exception };
        let text = match (&exception.fields, &exception.comps) {
            (Entry::Item(field), comp) => scalar(field, comp.item(), &exception.values),
            (Entry::List(fields), Entry::List(comps)) => tuples(fields, comps, &exception.values),
            (Entry::List(_), Entry::Item(_)) => Ok(String::new()),
        };
        let text = text.map_err(misfit)?;
        if text.is_empty() {
            continue;
        }
        match &exception.fields {
            Entry::Item(field) => fields.extend([field.clone()]),
            Entry::List(list) => fields.extend(list.iter().map(|f| f.item().to_owned())),
        }
        condition.text.push_str(" and not ");
        condition
            .parts
            .push((condition.text.len() as u32, exception.place));
        condition.text.push_str(&text);
    }
    Ok(Excepted { condition, fields })
}

/// One field compared with a list of values.
fn scalar(field: &str, comp: &str, values: &[Entry]) -> Result<String, &'static str> {
    let mut items = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Entry::Item(text) => items.push(quoted(text)),
            Entry::List(_) => return Err("Expected values array to contain a list of strings"),
        }
    }
    match items.is_empty() {
        true => Ok(String::new()),
        false => Ok(format!("({field} {comp} ({}))", items.join(", "))),
    }
}

/// Several fields compared with tuples of values.
fn tuples(fields: &[Entry], comps: &[Entry], values: &[Entry]) -> Result<String, &'static str> {
    let mut tuples = Vec::with_capacity(values.len());
    for value in values {
        let tuple = match value {
            Entry::List(tuple) => tuple.as_slice(),
            Entry::Item(_) => &[],
        };
        if tuple.len() != fields.len() {
            return Err("Fields and values lists must have equal length");
        }
        let checks = fields
            .iter()
            .zip(comps)
            .zip(tuple)
            .map(|((field, comp), value)| {
                let (field, comp) = (field.item(), comp.item());
                let value = match value {
                    Entry::List(items) => {
                        let items: Vec<String> = items.iter().map(|i| quoted(i.item())).collect();
                        format!("({})", items.join(", "))
                    }
                    Entry::Item(text) if takes_list(comp) && !text.starts_with('(') => {
                        format!("({text})")
                    }
                    Entry::Item(text) if takes_list(comp) => text.clone(),
                    Entry::Item(text) => quoted(text),
                };
                format!(" {field} {comp} {value}")
            });
        tuples.push(format!("({})", checks.collect::<Vec<_>>().join(" and ")));
    }
    match tuples.is_empty() {
        true => Ok(String::new()),
        false => Ok(format!("({})", tuples.join(" or "))),
    }
}
