//! Reads the documents of a file into a [`Collector`].
//!
//! Which keys an item may have, what they must hold, and what is said when they do not, in the
//! order in which Falco notices it. Falco stops at the first fault; this goes on with the next
//! item, and within a rule with its next key.

mod exceptions;
mod rule;

use lanner_diag::yaml::Node;
use lanner_diag::{FileId, nearest, yaml};

use crate::collect::Collector;
use crate::compile::MAX_ERRORS;
use crate::item::{Entry, List, Macro, Order, Place, Text};
use crate::result::{Context, ErrorCode, Item, LoadResult, Problem, WarningCode};
use crate::version::Version;
use crate::{result::Code, schema};

const DEPRECATED_APPEND: &str = "'append' key is deprecated. Add an 'append' entry (e.g. \
                                 'condition: append') under 'override' instead.";
const APPEND_AND_OVERRIDE: &str = "Keys 'override' and 'append: true' cannot be used together. \
                                   Add an 'append' entry (e.g. 'condition: append') under \
                                   'override' instead.";

/// The keys that say what an item is, in the order in which they are looked for.
const KINDS: [&str; 5] = [
    "required_engine_version",
    "required_plugin_versions",
    "list",
    "macro",
    "rule",
];

pub(crate) type Fault = Box<Problem>;

/// Whether a key must be there, and with a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Required,
    Optional,
    OptionalOrEmpty,
}

/// The keys that an override may append to or replace, and those it names.
#[derive(Default)]
struct Overrides {
    append: Vec<String>,
    replace: Vec<String>,
}

impl Overrides {
    fn is_empty(&self) -> bool {
        self.append.is_empty() && self.replace.is_empty()
    }
}

pub(crate) struct Reader<'a, 's> {
    pub(crate) file: FileId,
    pub(crate) result: &'a mut LoadResult,
    pub(crate) collector: &'a mut Collector<'s>,
}

/// Reads a text into the collector; what is wrong with it goes into the result. Says whether it
/// is YAML, so that there is something to compile.
pub(crate) fn read(text: &str, reader: &mut Reader<'_, '_>) -> bool {
    let top = Context::file(&reader.result.name, reader.file);
    let documents = match yaml::parse(text) {
        Ok(documents) => documents,
        Err(error) => {
            let context = top.with(Item::ValueFor, "", error.mark);
            let place = Place {
                file: reader.file,
                mark: error.mark,
                end: error.mark.offset + 1,
            };
            let mut problem = error_at(ErrorCode::YamlParse, error.to_string(), &context, place);
            problem.help = yaml_help(&error.message);
            reader.result.errors.push(*problem);
            return false;
        }
    };
    for document in &documents {
        schema::validate(document, &mut reader.result.schema);
    }
    for document in documents.iter().filter(|d| !d.is_null()) {
        if let Err(fault) = reader.document(document, &top) {
            reader.result.errors.push(*fault);
        }
    }
    true
}

fn yaml_help(message: &str) -> Option<String> {
    let help = match message {
        m if m.starts_with("illegal tab") => "indent with blanks",
        "illegal map value" => "put the value in quotes if it holds `: `",
        "end of map not found" | "end of sequence not found" => {
            "indent the line like those of the same item"
        }
        m if m.starts_with("unexpected character") => "put the value in quotes",
        _ => return None,
    };
    Some(help.to_owned())
}

pub(crate) fn error_at(
    code: ErrorCode,
    message: impl Into<String>,
    context: &Context,
    place: Place,
) -> Fault {
    Box::new(Problem {
        code: Code::Error(code),
        message: message.into(),
        context: context.clone(),
        deprecated_field: None,
        span: Some(place.span()),
        help: None,
    })
}

impl Reader<'_, '_> {
    fn place(&self, node: &Node) -> Place {
        Place::of(self.file, node)
    }

    fn head(&self, node: &Node) -> Place {
        Place::head(self.file, node)
    }

    /// A fault in the shape of the file.
    fn fault(&self, message: impl Into<String>, context: &Context, node: &Node) -> Fault {
        let place = match node.is_map() {
            true => self.head(node),
            false => self.place(node),
        };
        error_at(ErrorCode::YamlValidate, message, context, place)
    }

    fn warn(
        &mut self,
        code: WarningCode,
        message: impl Into<String>,
        context: &Context,
        node: &Node,
    ) {
        self.warn_with(code, message, context, self.head(node), None);
    }

    pub(crate) fn warn_with(
        &mut self,
        code: WarningCode,
        message: impl Into<String>,
        context: &Context,
        place: Place,
        help: Option<String>,
    ) {
        self.result.warn(Problem {
            code: Code::Warning(code),
            message: message.into(),
            context: context.clone(),
            deprecated_field: None,
            span: Some(place.span()),
            help,
        });
    }

    fn document(&mut self, document: &Node, top: &Context) -> Result<(), Fault> {
        if document.is_scalar() {
            return Err(self.fault("Rules content is not yaml", top, document));
        }
        let Some(items) = document.as_seq() else {
            let mut fault = self.fault("Rules content is not yaml array of objects", top, document);
            let known = KINDS.iter().any(|k| document.get(k).is_some());
            fault.help = known.then(|| "begin each item with `- `".to_owned());
            return Err(fault);
        };
        for item in items.iter().filter(|i| !i.is_null()) {
            if self.result.errors.len() >= MAX_ERRORS {
                break;
            }
            if let Err(fault) = self.item(item, top) {
                self.result.errors.push(*fault);
            }
        }
        Ok(())
    }

    fn item(&mut self, item: &Node, top: &Context) -> Result<(), Fault> {
        let Some(pairs) = item.as_map() else {
            let context = top.with(Item::RulesContentItem, "", item.mark);
            let message =
                "Unexpected element type. Each element should be a yaml associative array.";
            return Err(self.fault(message, &context, item));
        };
        match KINDS.into_iter().find(|kind| item.get(kind).is_some()) {
            Some("required_engine_version") => self.engine_version(item, top),
            Some("required_plugin_versions") => self.plugin_versions(item, top),
            Some("list") => self.list(item, top),
            Some("macro") => self.macro_item(item, top),
            Some(_) => self.rule(item, top),
            None => {
                let context = top.with(Item::RulesContentItem, "", item.mark);
                let keys = pairs.iter().filter_map(|(key, _)| key.as_str());
                let help = keys.filter_map(|key| nearest(key, KINDS)).next();
                let help = help.map(|kind| format!("did you mean `{kind}`?"));
                let message = "Unknown top level item";
                self.warn_with(
                    WarningCode::UnknownItem,
                    message,
                    &context,
                    self.head(item),
                    help,
                );
                Ok(())
            }
        }
    }

    fn warn_unknown_keys(&mut self, item: &Node, known: &[&str], context: &Context) {
        for (key, _) in item.as_map().unwrap_or_default() {
            let text = key.to_text().unwrap_or_default();
            if !known.contains(&text) {
                let message = format!("Unknown key '{text}'. The key will be ignored.");
                let help = nearest(text, known.iter().copied());
                let help = help.map(|k| format!("did you mean `{k}`?"));
                self.warn_with(
                    WarningCode::UnknownKey,
                    message,
                    context,
                    self.place(key),
                    help,
                );
            }
        }
    }

    /// The scalar under a key, if it has to be there or is.
    fn scalar<'n>(
        &self,
        item: &'n Node,
        key: &str,
        context: &Context,
        need: Need,
    ) -> Result<Option<&'n Node>, Fault> {
        let Some((key_node, value)) = item.get_pair(key) else {
            return match need {
                Need::Required => Err(self.missing(item, key, context)),
                Need::Optional | Need::OptionalOrEmpty => Ok(None),
            };
        };
        let may_be_empty = need == Need::OptionalOrEmpty;
        if value.is_null() {
            return match may_be_empty {
                true => Ok(None),
                false => Err(self.fault(
                    format!("Mapping for key '{key}' is empty"),
                    context,
                    key_node,
                )),
            };
        }
        let at = || context.with(Item::ValueFor, key, value.mark);
        match value.as_str() {
            None => Err(self.fault("Value is not a scalar value", &at(), value)),
            Some("") if may_be_empty => Ok(None),
            Some("") => Err(self.fault("Value must be non-empty", &at(), value)),
            Some(_) => Ok(Some(value)),
        }
    }

    fn missing(&self, item: &Node, key: &str, context: &Context) -> Fault {
        let mut fault = self.fault(
            format!("Item has no mapping for key '{key}'"),
            context,
            item,
        );
        let mut keys = item
            .as_map()
            .unwrap_or_default()
            .iter()
            .filter_map(|(k, _)| k.as_str());
        let misspelt = keys.find(|k| nearest(k, [key]).is_some());
        fault.help = misspelt.map(|k| format!("did you mean `{key}` where it says `{k}`?"));
        fault
    }

    fn text<'n>(
        &self,
        item: &'n Node,
        key: &str,
        context: &Context,
        need: Need,
    ) -> Result<Option<&'n str>, Fault> {
        Ok(self
            .scalar(item, key, context, need)?
            .and_then(Node::as_str))
    }

    fn required_text<'n>(
        &self,
        item: &'n Node,
        key: &str,
        context: &Context,
    ) -> Result<&'n str, Fault> {
        Ok(self
            .text(item, key, context, Need::Required)?
            .unwrap_or_default())
    }

    /// A scalar that `decode` understands.
    fn decoded<T>(
        &self,
        item: &Node,
        key: &str,
        context: &Context,
        need: Need,
        decode: impl Fn(&Node) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some(value) = self.scalar(item, key, context, need)? else {
            return Ok(None);
        };
        match decode(value) {
            Some(decoded) => Ok(Some(decoded)),
            None => {
                let at = context.with(Item::ValueFor, key, value.mark);
                Err(self.fault("Can't decode YAML scalar value", &at, value))
            }
        }
    }

    fn flag(
        &self,
        item: &Node,
        key: &str,
        context: &Context,
        need: Need,
    ) -> Result<Option<bool>, Fault> {
        let mut flag = self.decoded(item, key, context, need, Node::to_bool);
        if let Err(fault) = &mut flag
            && fault.message.starts_with("Can't decode")
        {
            fault.help = Some(format!("`{key}` is `true` or `false`"));
        }
        flag
    }

    fn milliseconds(
        &self,
        item: &Node,
        key: &str,
        context: &Context,
        need: Need,
    ) -> Result<Option<u32>, Fault> {
        let decode = |node: &Node| node.to_uint(32).and_then(|n| u32::try_from(n).ok());
        self.decoded(item, key, context, need, decode)
    }

    /// The scalars of a sequence.
    fn sequence(
        &self,
        item: &Node,
        key: &str,
        context: &Context,
        need: Need,
    ) -> Result<Vec<String>, Fault> {
        let Some(value) = item.get(key) else {
            return match need {
                Need::Required => Err(self.missing(item, key, context)),
                Need::Optional | Need::OptionalOrEmpty => Ok(Vec::new()),
            };
        };
        let at = context.with(Item::ValueFor, key, value.mark);
        let Some(elements) = value.as_seq() else {
            let mut fault = self.fault("Value is not a sequence", &at, value);
            fault.help = value
                .as_str()
                .map(|text| format!("write `{key}: [{text}]`"));
            return Err(fault);
        };
        let mut texts = Vec::with_capacity(elements.len());
        for element in elements {
            let Some(text) = element.as_str() else {
                let at = at.with(Item::ListItem, "", element.mark);
                return Err(self.fault("sequence value is not scalar", &at, element));
            };
            texts.push(text.to_owned());
        }
        Ok(texts)
    }

    fn engine_version(&mut self, item: &Node, top: &Context) -> Result<(), Fault> {
        let key = "required_engine_version";
        let context = top.with(Item::RequiredEngineVersion, "", item.mark);
        let value = self.scalar(item, key, &context, Need::Required)?;
        let text = value.and_then(Node::as_str).unwrap_or_default();
        let minor = value
            .and_then(|v| v.to_uint(32))
            .and_then(|n| u32::try_from(n).ok());
        let version = match minor {
            Some(minor) => Some(Version {
                minor,
                ..Version::ENGINE
            }),
            None => Version::parse(text),
        };
        let Some(version) = version else {
            let message = format!(
                "Unable to parse engine version '{text}' as a semver string. Expected \"x.y.z\" \
                 semver format."
            );
            return Err(self.fault(message, &context, item));
        };
        if !Version::ENGINE.satisfies(version) {
            let message = format!(
                "Rules require engine version {version}, but engine version is {}",
                Version::ENGINE
            );
            return Err(error_at(
                ErrorCode::Validate,
                message,
                &context,
                self.head(item),
            ));
        }
        self.collector.require_engine(version);
        self.warn_unknown_keys(item, &[key], &context);
        Ok(())
    }

    fn plugin_versions(&mut self, item: &Node, top: &Context) -> Result<(), Fault> {
        let key = "required_plugin_versions";
        let Some(versions) = item.get(key) else {
            return Ok(());
        };
        let context = top.with(Item::RequiredPluginVersions, "", versions.mark);
        let Some(entries) = versions.as_seq() else {
            let message = "Value of required_plugin_versions must be a sequence";
            return Err(self.fault(message, &context, versions));
        };
        for entry in entries {
            let what = Item::RequiredPluginVersionsEntry;
            let (first, context) =
                self.plugin(entry, what, "Plugin version must be a mapping", &context)?;
            let mut alternatives = vec![first];
            if let Some(others) = entry.get("alternatives") {
                let Some(others) = others.as_seq() else {
                    let message = "Value of plugin version alternatives must be a sequence";
                    return Err(self.fault(message, &context, others));
                };
                let what = Item::RequiredPluginVersionsAlternative;
                let message = "Plugin version alternative must be a mapping";
                for other in others {
                    alternatives.push(self.plugin(other, what, message, &context)?.0);
                }
            }
            self.collector
                .require_plugin(alternatives, &context, self.head(entry))?;
        }
        let context = top.with(Item::RequiredPluginVersions, "", item.mark);
        self.warn_unknown_keys(item, &[key], &context);
        Ok(())
    }

    /// The name and version of a plugin, and the context they stand in.
    fn plugin(
        &self,
        entry: &Node,
        what: Item,
        message: &str,
        parent: &Context,
    ) -> Result<((String, String), Context), Fault> {
        let unnamed = parent.with(what, "", entry.mark);
        if !entry.is_map() {
            return Err(self.fault(message, &unnamed, entry));
        }
        let name = self.required_text(entry, "name", &unnamed)?;
        let context = parent.with(what, name, entry.mark);
        let version = self.required_text(entry, "version", &context)?;
        Ok(((name.to_owned(), version.to_owned()), context))
    }

    fn list(&mut self, item: &Node, top: &Context) -> Result<(), Fault> {
        let name = self.required_text(item, "list", &top.with(Item::List, "", item.mark))?;
        let context = top.with(Item::List, name, item.mark);
        let bare = |b: u8| !b.is_ascii_whitespace() && b != 0x0b && !b"()\"'=,".contains(&b);
        if !name.bytes().all(bare) {
            let message = "List has an invalid name. List names should match a regular \
                           expression: ([^()\"'[:space:]=,]+)";
            self.warn(WarningCode::InvalidListName, message, &context, item);
        }
        let mut list = List {
            name: name.to_owned(),
            items: Vec::new(),
            place: self.head(item),
            order: Order::default(),
        };
        let merged = self
            .sequence(item, "items", &context, Need::Required)
            .and_then(|items| {
                list.items = items;
                self.merge_kind(item, "items", &context)
            });
        match merged {
            Ok(true) => self.collector.append_list(list, &context)?,
            Ok(false) => self.collector.define_list(list),
            Err(fault) => {
                // Known by name, so that what refers to it is not at fault too.
                self.collector.define_list(list);
                return Err(fault);
            }
        }
        self.warn_unknown_keys(item, &["list", "items", "append", "override"], &context);
        Ok(())
    }

    fn macro_item(&mut self, item: &Node, top: &Context) -> Result<(), Fault> {
        let name = self.required_text(item, "macro", &top.with(Item::Macro, "", item.mark))?;
        let context = top.with(Item::Macro, name, item.mark);
        let mut bytes = name.bytes();
        if !(bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
            && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        {
            let message = "Macro has an invalid name. Macro names should match a regular \
                           expression: ([a-zA-Z]+[a-zA-Z0-9_]*)";
            self.warn(WarningCode::InvalidMacroName, message, &context, item);
        }
        let mut definition = Macro {
            name: name.to_owned(),
            condition: Text::default(),
            place: self.head(item),
            order: Order::default(),
            broken: false,
        };
        let merged = self
            .condition(item, &context, Need::Required)
            .and_then(|condition| {
                definition.condition = condition;
                self.merge_kind(item, "condition", &context)
            });
        match merged {
            Ok(true) => self.collector.append_macro(definition, &context)?,
            Ok(false) => self.collector.define_macro(definition),
            Err(fault) => {
                definition.broken = true;
                self.collector.define_macro(definition);
                return Err(fault);
            }
        }
        self.warn_unknown_keys(
            item,
            &["macro", "condition", "append", "override"],
            &context,
        );
        Ok(())
    }

    fn condition(&self, item: &Node, context: &Context, need: Need) -> Result<Text, Fault> {
        let node = self.scalar(item, "condition", context, need)?;
        Ok(node.map_or_else(Text::default, |node| {
            Text::new(node.as_str().unwrap_or_default(), self.place(node))
        }))
    }

    /// Whether a list or macro, which has one key that counts, is to be appended.
    fn merge_kind(
        &mut self,
        item: &Node,
        key: &'static str,
        context: &Context,
    ) -> Result<bool, Fault> {
        let append = self
            .flag(item, "append", context, Need::Optional)?
            .unwrap_or(false);
        if append {
            self.warn(
                WarningCode::DeprecatedItem,
                DEPRECATED_APPEND,
                context,
                item,
            );
        }
        let overrides = self.overrides(item, &[key], &[key], context)?;
        if append && !overrides.is_empty() {
            return Err(self.fault(APPEND_AND_OVERRIDE, context, item));
        }
        Ok(append || overrides.append.iter().any(|k| k == key))
    }

    fn overrides(
        &self,
        item: &Node,
        appendable: &[&str],
        replaceable: &[&str],
        context: &Context,
    ) -> Result<Overrides, Fault> {
        let mut overrides = Overrides::default();
        let Some(value) = item.get("override") else {
            return Ok(overrides);
        };
        let context = context.with(Item::Override, "", item.mark);
        for (key_node, operation_node) in value.as_map().unwrap_or_default() {
            let (Some(key), Some(operation)) = (key_node.to_text(), operation_node.to_text())
            else {
                let context = context.with(Item::Override, "", key_node.mark);
                return Err(self.fault("Value is not a scalar value", &context, operation_node));
            };
            let at = context.with(Item::Override, key, key_node.mark);
            let may_append = appendable.contains(&key);
            let may_replace = replaceable.contains(&key);
            let refused = match operation {
                "append" if !may_append => Some(format!(
                    "Key '{key}' cannot be appended to, use 'replace' instead"
                )),
                "replace" if !may_replace => Some(format!("Key '{key}' cannot be replaced")),
                _ => None,
            };
            if let Some(message) = refused {
                let mut fault = self.fault(message, &at, key_node);
                let help = nearest(key, replaceable.iter().copied()).filter(|k| *k != key);
                fault.help = help.map(|k| format!("did you mean `{k}`?"));
                return Err(fault);
            }
            match operation {
                "append" => overrides.append.push(key.to_owned()),
                "replace" => overrides.replace.push(key.to_owned()),
                _ => {
                    let at = context.with(Item::ValueFor, key, operation_node.mark);
                    let message = format!(
                        "Invalid override operation for key '{key}': '{operation}'. Allowed values \
                         are: {}{}",
                        if may_append { "append " } else { "" },
                        if may_replace { "replace " } else { "" },
                    );
                    let mut fault = self.fault(message, &at, operation_node);
                    let help = nearest(operation, ["append", "replace"]);
                    fault.help = help.map(|o| format!("did you mean `{o}`?"));
                    return Err(fault);
                }
            }
        }
        Ok(overrides)
    }

    /// A value, or a list of such, to any depth.
    fn entry(&self, node: &Node, key: &str, context: &Context) -> Result<Entry, Fault> {
        let at = context.with(Item::ValueFor, key, node.mark);
        if let Some(text) = node.as_str() {
            return match text {
                "" => Err(self.fault("Value must be non-empty", &at, node)),
                text => Ok(Entry::Item(text.to_owned())),
            };
        }
        let Some(elements) = node.as_seq() else {
            return Ok(Entry::Item(String::new()));
        };
        let mut entries = Vec::with_capacity(elements.len());
        for element in elements {
            let at = at.with(Item::Exception, "", element.mark);
            entries.push(self.entry(element, "", &at)?);
        }
        Ok(Entry::List(entries))
    }
}
