//! The items of all files so far, merged.

use lanner_diag::nearest;
use lanner_filter::{Op, Scheme};

use crate::field::{has_modifier, is_field};
use crate::item::{Entry, Exception, Items, List, Macro, Place, RuleItem, Update};
use crate::read::{Fault, error_at};
use crate::result::{Context, ErrorCode, Item};
use crate::version::Version;

/// A plugin and the version of it that is asked for.
pub(crate) type Requirement = (String, String);

pub(crate) struct Collector<'s> {
    scheme: &'s Scheme,
    /// The names of the event sources that rules may be for.
    sources: &'s [String],
    now: u32,
    pub(crate) lists: Items<List>,
    pub(crate) macros: Items<Macro>,
    pub(crate) rules: Items<RuleItem>,
    /// The newest engine that a file asks for.
    pub(crate) engine: Version,
    /// For each requirement the plugins that fulfil it.
    pub(crate) plugins: Vec<Vec<Requirement>>,
}

fn fault(message: impl Into<String>, context: &Context, place: Place) -> Fault {
    error_at(ErrorCode::Validate, message, context, place)
}

/// Among how many names one that was meant is looked for.
const MAX_NAMES: usize = 10_000;

/// The fault of changing what does not exist.
fn ghost<'a>(
    message: &str,
    context: &Context,
    place: Place,
    name: &str,
    names: impl Iterator<Item = &'a str>,
) -> Fault {
    let mut fault = fault(message, context, place);
    fault.help = nearest(name, names.take(MAX_NAMES)).map(|n| format!("did you mean `{n}`?"));
    fault
}

/// The items of all files, without what was needed to collect them.
pub(crate) struct Collected {
    pub(crate) lists: Items<List>,
    pub(crate) macros: Items<Macro>,
    pub(crate) rules: Items<RuleItem>,
    pub(crate) engine: Version,
    pub(crate) plugins: Vec<Vec<Requirement>>,
}

impl<'s> Collector<'s> {
    pub(crate) fn collected(self) -> Collected {
        let Collector {
            lists,
            macros,
            rules,
            engine,
            plugins,
            ..
        } = self;
        Collected {
            lists,
            macros,
            rules,
            engine,
            plugins,
        }
    }

    pub(crate) fn new(scheme: &'s Scheme, sources: &'s [String]) -> Collector<'s> {
        Collector {
            scheme,
            sources,
            now: 0,
            lists: Items::default(),
            macros: Items::default(),
            rules: Items::default(),
            engine: Version::default(),
            plugins: Vec::new(),
        }
    }

    fn tick(&mut self) -> u32 {
        self.now += 1;
        self.now - 1
    }

    pub(crate) fn require_engine(&mut self, version: Version) {
        self.engine = self.engine.max(version);
    }

    pub(crate) fn require_plugin(
        &mut self,
        alternatives: Vec<Requirement>,
        context: &Context,
        place: Place,
    ) -> Result<(), Fault> {
        for (i, (name, version)) in alternatives.iter().enumerate() {
            if Version::parse(version).is_none() {
                let message = format!("Invalid required version '{version}' for plugin '{name}'");
                return Err(fault(message, context, place));
            }
            if alternatives[..i].iter().any(|(n, _)| n == name) {
                let message = format!(
                    "Defined multiple alternative version requirements for plugin '{name}'"
                );
                return Err(fault(message, context, place));
            }
        }
        self.plugins.push(alternatives);
        Ok(())
    }

    pub(crate) fn define_list(&mut self, list: List) {
        let now = self.tick();
        self.lists.define(list, now);
    }

    pub(crate) fn append_list(&mut self, list: List, context: &Context) -> Result<(), Fault> {
        let Some(previous) = self.lists.get_mut(&list.name) else {
            let message = "List uses 'append' or 'override.items: append' but no list by that \
                           name already exists";
            let fault = ghost(message, context, list.place, &list.name, self.lists.names());
            self.define_list(list);
            return Err(fault);
        };
        previous.items.extend(list.items);
        previous.order.visibility = self.now;
        self.tick();
        Ok(())
    }

    pub(crate) fn define_macro(&mut self, definition: Macro) {
        let now = self.tick();
        self.macros.define(definition, now);
    }

    pub(crate) fn append_macro(
        &mut self,
        mut definition: Macro,
        context: &Context,
    ) -> Result<(), Fault> {
        let Some(previous) = self.macros.get_mut(&definition.name) else {
            let message = "Macro uses 'append' or 'override.condition: append' but no macro by \
                           that name already exists";
            let names = self.macros.names();
            let fault = ghost(message, context, definition.place, &definition.name, names);
            definition.broken = true;
            self.define_macro(definition);
            return Err(fault);
        };
        previous.condition.append(&definition.condition);
        previous.order.visibility = self.now;
        self.tick();
        Ok(())
    }

    /// Defines a rule. If its event source is unknown, gives the name of that.
    pub(crate) fn define_rule(
        &mut self,
        mut rule: RuleItem,
        context: &Context,
    ) -> Result<Option<String>, Fault> {
        self.check_source(&rule.name, &rule.source, context, rule.place)?;
        rule.unknown_source = !self.sources.contains(&rule.source);
        let mut failed = None;
        for exception in &mut rule.exceptions {
            let at = exception_context(context, exception);
            let checked = match exception.fields.is_given() {
                true => self.check_exception(exception, !rule.unknown_source, &at),
                false => {
                    let message =
                        "Rule exception item must have fields property with a list of fields";
                    Err(fault(message, &at, exception.place))
                }
            };
            if let Err(fault) = checked {
                failed = Some(fault);
                break;
            }
        }
        if failed.is_some() {
            // The rest of it is still worth checking.
            rule.broken = true;
            rule.exceptions.clear();
        }
        let source = rule.unknown_source.then(|| rule.source.clone());
        let now = self.tick();
        self.rules.define(rule, now);
        failed.map_or(Ok(source), Err)
    }

    fn check_source(
        &self,
        name: &str,
        source: &str,
        context: &Context,
        place: Place,
    ) -> Result<(), Fault> {
        let differs = |rule: &RuleItem| {
            !rule.source.is_empty() && !source.is_empty() && rule.source != source
        };
        match self.rules.get(name).is_some_and(differs) {
            true => Err(fault(
                "Rule has been re-defined with a different source",
                context,
                place,
            )),
            false => Ok(()),
        }
    }

    pub(crate) fn append_rule(
        &mut self,
        name: &str,
        update: Update,
        context: &Context,
        place: Place,
    ) -> Result<(), Fault> {
        const MISSING: &str = "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists";
        self.check_source(name, &update.source, context, place)?;
        let Some(position) = self.rules.position(name) else {
            return Err(ghost(MISSING, context, place, name, self.rules.names()));
        };
        if update.is_empty() {
            let message = "Appended rule must have exceptions or condition property";
            return Err(fault(message, context, place));
        }
        let mut exceptions = update.exceptions.unwrap_or_default();
        let known = self
            .rules
            .get(name)
            .is_some_and(|rule| !rule.unknown_source);
        for exception in &mut exceptions {
            let at = exception_context(context, exception);
            let same = |e: &Exception| e.name == exception.name;
            let exists = self
                .rules
                .get(name)
                .is_some_and(|r| r.exceptions.iter().any(same));
            let message = match exists {
                true if exception.fields.is_given() => {
                    Some("Can not append exception fields to existing exception, only values")
                }
                true if exception.comps.is_given() => {
                    Some("Can not append exception comps to existing exception, only values")
                }
                true => None,
                false if !exception.fields.is_given() => {
                    Some("Rule exception must have fields property with a list of fields")
                }
                false if exception.values.is_empty() => {
                    Some("Rule exception must have values property with a list of values")
                }
                false => None,
            };
            if let Some(message) = message {
                return Err(fault(message, &at, exception.place));
            }
            if !exists {
                self.check_exception(exception, known, &at)?;
            }
        }
        let now = self.tick();
        let Some(rule) = self.rules.at_mut(position) else {
            return Ok(());
        };
        if let Some(condition) = &update.condition {
            rule.condition.append(condition);
        }
        if let Some(output) = &update.output {
            rule.output.append(output);
        }
        if let Some(desc) = &update.desc {
            rule.desc.push(' ');
            rule.desc.push_str(desc);
        }
        rule.tags.extend(update.tags.unwrap_or_default());
        for exception in exceptions {
            match rule
                .exceptions
                .iter_mut()
                .find(|e| e.name == exception.name)
            {
                Some(previous) => previous.values.extend(exception.values),
                None => rule.exceptions.push(exception),
            }
        }
        rule.order.visibility = now;
        Ok(())
    }

    pub(crate) fn replace_in_rule(
        &mut self,
        name: &str,
        update: Update,
        context: &Context,
        place: Place,
    ) -> Result<(), Fault> {
        self.check_source(name, &update.source, context, place)?;
        let now = self.now;
        let Some(rule) = self.rules.get_mut(name) else {
            let message = "An 'override.<key>: replace' to a rule was requested but no rule by \
                           that name already exists";
            return Err(ghost(message, context, place, name, self.rules.names()));
        };
        macro_rules! replace {
            ($($key:ident),+) => {
                $(if let Some(value) = update.$key {
                    rule.$key = value;
                })+
            };
        }
        let exceptions = update.exceptions.is_some();
        replace!(
            condition,
            output,
            desc,
            tags,
            exceptions,
            priority,
            capture,
            capture_duration
        );
        replace!(enabled, warn_evttypes, skip_if_unknown);
        rule.order.visibility = now;
        self.tick();
        if exceptions {
            self.check_replaced(name, context)?;
        }
        Ok(())
    }

    /// Falco takes replaced exceptions unchecked and then compares with an empty operator.
    fn check_replaced(&mut self, name: &str, context: &Context) -> Result<(), Fault> {
        let Some(position) = self.rules.position(name) else {
            return Ok(());
        };
        let Some(rule) = self.rules.at_mut(position) else {
            return Ok(());
        };
        let known = !rule.unknown_source;
        let mut exceptions = std::mem::take(&mut rule.exceptions);
        let mut checked = Ok(());
        for exception in exceptions.iter_mut().filter(|e| e.fields.is_given()) {
            let at = exception_context(context, exception);
            checked = checked.and(self.check_exception(exception, known, &at));
        }
        if let Some(rule) = self.rules.at_mut(position) {
            rule.exceptions = exceptions;
        }
        checked
    }

    pub(crate) fn enable_rule(
        &mut self,
        name: &str,
        enabled: bool,
        context: &Context,
        place: Place,
    ) -> Result<(), Fault> {
        match self.rules.get_mut(name) {
            Some(rule) => {
                rule.enabled = enabled;
                Ok(())
            }
            None => {
                let message = "Rule has 'enabled' key but no rule by that name already exists";
                Err(ghost(message, context, place, name, self.rules.names()))
            }
        }
    }

    /// Checks fields and comparisons, and fills in the comparisons that are left out.
    fn check_exception(
        &self,
        exception: &mut Exception,
        source_known: bool,
        context: &Context,
    ) -> Result<(), Fault> {
        let place = exception.place;
        let fault = |message: String| Err(fault(message, context, place));
        let check_field = |field: &str| match source_known && !is_field(field, self.scheme) {
            false => Ok(()),
            true => {
                let message = format!("'{field}' is not a supported filter field");
                let names = self.scheme.fields().map(|(_, def)| def.name);
                Err(ghost(&message, context, place, field, names))
            }
        };
        match &exception.fields {
            Entry::List(fields) => {
                if !exception.comps.is_given() {
                    let equal = Entry::Item("=".to_owned());
                    exception.comps = Entry::List(vec![equal; fields.len()]);
                }
                let comps = match &mut exception.comps {
                    Entry::List(comps) => comps.as_mut_slice(),
                    Entry::Item(_) => &mut [],
                };
                if fields.len() != comps.len() {
                    return fault("Fields and comps lists must have equal length".to_owned());
                }
                for comp in comps {
                    let comp = normalized(comp);
                    if Op::by_text(comp).is_none() && !has_modifier(comp) {
                        let message = format!("'{comp}' is not a supported comparison operator");
                        return fault(message);
                    }
                }
                fields
                    .iter()
                    .try_for_each(|field| check_field(field.item()))
            }
            Entry::Item(field) => {
                if !exception.comps.is_given() {
                    exception.comps = Entry::Item("in".to_owned());
                }
                if matches!(exception.comps, Entry::List(_)) {
                    return fault("Fields and comps must both be strings".to_owned());
                }
                let comp = normalized(&mut exception.comps);
                if !matches!(comp, "in" | "pmatch" | "intersects") && !has_modifier(comp) {
                    let message = "When fields is a single value, comps must be one of (in, \
                                   pmatch, intersects) or a modifier operator (e.g. startswith \
                                   oneof)";
                    return fault(message.to_owned());
                }
                check_field(field)
            }
        }
    }
}

fn exception_context(rule: &Context, exception: &Exception) -> Context {
    rule.with(Item::Exception, &exception.name, exception.place.mark)
}

/// The operator without blanks around it.
fn normalized(comp: &mut Entry) -> &str {
    if let Entry::Item(text) = comp {
        *text = text.trim_matches([' ', '\t', '\r', '\n']).to_owned();
    }
    comp.item()
}
