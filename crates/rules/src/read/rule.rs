//! Rule items: definitions, appended and overridden keys, and the old way to enable a rule.

use lanner_diag::nearest;
use lanner_diag::yaml::Node;

use super::{APPEND_AND_OVERRIDE, DEPRECATED_APPEND, Fault, Need, Overrides, Reader};
use crate::Priority;
use crate::item::{Order, RuleItem, Text, Update};
use crate::result::{Context, Item, WarningCode};

const DEPRECATED_ENABLED: &str = "The standalone 'enabled' key usage is deprecated. The correct \
                                  approach requires also a 'replace' entry under the 'override' \
                                  key (i.e. 'enabled: replace').";

const KEYS: [&str; 15] = [
    "rule",
    "condition",
    "output",
    "desc",
    "priority",
    "source",
    "enabled",
    "capture",
    "capture_duration",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "tags",
    "exceptions",
    "override",
    "append",
];

/// The keys that can be appended to, in the order of their names.
const APPENDABLE: [&str; 5] = ["condition", "desc", "exceptions", "output", "tags"];

/// The keys that can be replaced, in the order of their names.
const REPLACEABLE: [&str; 11] = [
    "capture",
    "capture_duration",
    "condition",
    "desc",
    "enabled",
    "exceptions",
    "output",
    "priority",
    "skip-if-unknown-filter",
    "tags",
    "warn_evttypes",
];

/// Which of the two an override does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Append,
    Replace,
}

impl Operation {
    fn text(self) -> &'static str {
        match self {
            Operation::Append => "append",
            Operation::Replace => "replace",
        }
    }
}

impl Reader<'_, '_> {
    pub(super) fn rule(&mut self, item: &Node, top: &Context) -> Result<(), Fault> {
        let unnamed = top.with(Item::Rule, "", item.mark);
        let name = self.required_text(item, "rule", &unnamed)?;
        let context = top.with(Item::Rule, name, item.mark);
        let source = self.text(item, "source", &context, Need::OptionalOrEmpty)?;
        let append = self
            .flag(item, "append", &context, Need::Optional)?
            .unwrap_or(false);
        if append {
            self.warn(
                WarningCode::DeprecatedItem,
                DEPRECATED_APPEND,
                &context,
                item,
            );
        }
        let overrides = self.overrides(item, &APPENDABLE, &REPLACEABLE, &context)?;
        if append && !overrides.is_empty() {
            return Err(self.fault(APPEND_AND_OVERRIDE, &context, item));
        }
        if !overrides.is_empty() {
            self.overridden(item, name, source.unwrap_or_default(), &overrides, &context)?;
        } else if append {
            let mut update = Update {
                source: source.unwrap_or_default().to_owned(),
                ..Update::default()
            };
            if item.get("condition").is_some() {
                update.condition = Some(self.condition(item, &context, Need::Required)?);
            }
            if item.get("exceptions").is_some() {
                update.exceptions = Some(self.exceptions(item, &context, true)?);
            }
            self.collector
                .append_rule(name, update, &context, self.head(item))?;
        } else if ["condition", "output", "desc", "priority"]
            .iter()
            .all(|k| item.get(k).is_none())
        {
            let enabled = self
                .flag(item, "enabled", &context, Need::Required)
                .map_err(|fault| changes_without_override(item, fault))?
                .unwrap_or(true);
            self.warn(
                WarningCode::DeprecatedItem,
                DEPRECATED_ENABLED,
                &context,
                item,
            );
            self.collector
                .enable_rule(name, enabled, &context, self.head(item))?;
        } else {
            self.defined(item, name, &context)?;
        }
        self.warn_unknown_keys(item, &KEYS, &context);
        Ok(())
    }

    /// A rule that is defined. All its faults are reported; the last of them is returned.
    fn defined(&mut self, item: &Node, name: &str, context: &Context) -> Result<(), Fault> {
        let mut rule = RuleItem {
            name: name.to_owned(),
            condition: Text::default(),
            output: Text::default(),
            desc: String::new(),
            source: "syscall".to_owned(),
            tags: Default::default(),
            exceptions: Vec::new(),
            priority: Priority::Debug,
            capture: false,
            capture_duration: 0,
            enabled: true,
            warn_evttypes: true,
            skip_if_unknown: false,
            unknown_source: false,
            place: self.head(item),
            order: Order::default(),
            broken: false,
        };
        let mut broken = false;
        macro_rules! take {
            ($read:expr) => {
                match $read {
                    Ok(value) => value,
                    Err(fault) => {
                        broken = true;
                        self.result.errors.push(*fault);
                        None
                    }
                }
            };
        }
        if let Some(text) = take!(self.condition(item, context, Need::Required).map(Some)) {
            rule.condition = text;
        }
        if let Some(node) = take!(self.scalar(item, "output", context, Need::Required)) {
            let text = node.as_str().unwrap_or_default();
            rule.output = Text::new(trim(text), self.place(node));
        }
        if let Some(text) = take!(self.text(item, "desc", context, Need::Required)) {
            rule.desc = text.to_owned();
        }
        if let Some(priority) = take!(self.priority(item, context).map(Some)) {
            rule.priority = priority;
        }
        if let Some(source) = take!(self.text(item, "source", context, Need::Optional)) {
            rule.source = source.to_owned();
        }
        let optional = Need::Optional;
        if let Some(flag) = take!(self.flag(item, "enabled", context, optional)) {
            rule.enabled = flag;
        }
        if let Some(flag) = take!(self.flag(item, "capture", context, optional)) {
            rule.capture = flag;
        }
        if let Some(ms) = take!(self.milliseconds(item, "capture_duration", context, optional)) {
            rule.capture_duration = ms;
        }
        if let Some(flag) = take!(self.flag(item, "warn_evttypes", context, optional)) {
            rule.warn_evttypes = flag;
        }
        if let Some(flag) = take!(self.flag(item, "skip-if-unknown-filter", context, optional)) {
            rule.skip_if_unknown = flag;
        }
        if let Some(tags) = take!(self.sequence(item, "tags", context, optional).map(Some)) {
            rule.tags = tags.into_iter().collect();
        }
        if let Some(exceptions) = take!(self.exceptions(item, context, false).map(Some)) {
            rule.exceptions = exceptions;
        }
        rule.broken = broken;
        let place = rule.place;
        if let Some(source) = self.collector.define_rule(rule, context)? {
            let message = format!("Unknown source {source}, skipping");
            self.warn_with(WarningCode::UnknownSource, message, context, place, None);
        }
        Ok(())
    }

    fn priority(&self, item: &Node, context: &Context) -> Result<Priority, Fault> {
        let value = self.scalar(item, "priority", context, Need::Required)?;
        let text = value.and_then(Node::as_str).unwrap_or_default();
        if let Some(priority) = Priority::parse(text) {
            return Ok(priority);
        }
        let node = value.unwrap_or(item);
        let at = context.with(Item::RulePriority, "", node.mark);
        let mut fault = self.fault("Invalid priority", &at, node);
        let upper = text.to_ascii_uppercase();
        let names = Priority::ALL.map(|p| p.name().to_ascii_uppercase());
        let begins = |name: &&String| !upper.is_empty() && name.starts_with(&upper);
        let meant = names.iter().find(begins).map(String::as_str);
        let meant = meant.or_else(|| nearest(&upper, names.iter().map(String::as_str)));
        fault.help = Some(match meant {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("priorities are {}", names.join(", ")),
        });
        Err(fault)
    }

    fn overridden(
        &mut self,
        item: &Node,
        name: &str,
        source: &str,
        overrides: &Overrides,
        context: &Context,
    ) -> Result<(), Fault> {
        let mut unclaimed: Vec<&str> = REPLACEABLE
            .into_iter()
            .filter(|key| item.get(key).is_some())
            .collect();
        if !overrides.append.is_empty() {
            let keys = &overrides.append;
            let update = self.update(
                item,
                keys,
                Operation::Append,
                source,
                &mut unclaimed,
                context,
            )?;
            self.collector
                .append_rule(name, update, context, self.head(item))?;
        }
        if !overrides.replace.is_empty() {
            let keys = &overrides.replace;
            let update = self.update(
                item,
                keys,
                Operation::Replace,
                source,
                &mut unclaimed,
                context,
            )?;
            self.collector
                .replace_in_rule(name, update, context, self.head(item))?;
        }
        if let Some(key) = unclaimed.first()
            && let Some((key_node, value)) = item.get_pair(key)
        {
            let at = context.with(Item::Override, key, value.mark);
            let message = format!(
                "Unexpected key '{key}': no corresponding entry under 'override' is defined."
            );
            let mut fault = self.fault(message, &at, key_node);
            fault.help = Some(format!("add `{key}: replace` under `override`"));
            return Err(fault);
        }
        Ok(())
    }

    /// Reads the keys that an override names, in the order in which Falco looks at them.
    fn update(
        &mut self,
        item: &Node,
        keys: &[String],
        operation: Operation,
        source: &str,
        unclaimed: &mut Vec<&str>,
        context: &Context,
    ) -> Result<Update, Fault> {
        const ORDER: [&str; 11] = [
            "condition",
            "exceptions",
            "output",
            "desc",
            "tags",
            "priority",
            "capture",
            "capture_duration",
            "enabled",
            "warn_evttypes",
            "skip-if-unknown-filter",
        ];
        let mut update = Update::default();
        for key in ORDER
            .into_iter()
            .filter(|key| keys.iter().any(|k| k == key))
        {
            let Some(at) = unclaimed.iter().position(|k| *k == key) else {
                let operation = operation.text();
                let message = format!(
                    "An {operation} override for '{key}' was specified but '{key}' is not defined"
                );
                return Err(self.fault(message, context, item));
            };
            unclaimed.remove(at);
            let required = Need::Required;
            match key {
                "condition" => {
                    update.source = source.to_owned();
                    update.condition = Some(self.condition(item, context, required)?);
                }
                "exceptions" => {
                    let append = operation == Operation::Append;
                    update.exceptions = Some(self.exceptions(item, context, append)?);
                }
                "output" => {
                    let node = self.scalar(item, key, context, required)?;
                    update.output =
                        node.map(|n| Text::new(n.as_str().unwrap_or_default(), self.place(n)));
                }
                "desc" => update.desc = Some(self.required_text(item, key, context)?.to_owned()),
                "tags" => {
                    let tags = self.sequence(item, key, context, Need::Optional)?;
                    update.tags = Some(tags.into_iter().collect());
                }
                "priority" => update.priority = Some(self.priority(item, context)?),
                "capture" => update.capture = self.flag(item, key, context, required)?,
                "capture_duration" => {
                    update.capture_duration = self.milliseconds(item, key, context, required)?;
                }
                "enabled" => update.enabled = self.flag(item, key, context, required)?,
                "warn_evttypes" => {
                    update.warn_evttypes = self.flag(item, key, context, required)?
                }
                _ => update.skip_if_unknown = self.flag(item, key, context, required)?,
            }
        }
        Ok(update)
    }
}

/// Keys that a rule has besides its name want to be appended or to replace.
fn changes_without_override(item: &Node, mut fault: Fault) -> Fault {
    let changed = ["exceptions", "tags"]
        .into_iter()
        .find(|key| item.get(key).is_some());
    if let (Some(key), None) = (changed, item.get("enabled")) {
        fault.help = Some(format!(
            "to change a rule, add `override: {{{key}: append}}`"
        ));
    }
    fault
}

/// Without blanks around it.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}
