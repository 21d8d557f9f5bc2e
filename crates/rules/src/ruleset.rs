//! Rules that are ready to be matched, and which of them are enabled.

use std::collections::HashSet;
use std::path::Path;

use lanner_diag::{Diagnostic, Files};
use lanner_filter::{Condition, KindId, Scheme, Template};
use serde_json::{Value as Json, json};

use crate::collect::Collector;
use crate::compile::{Compiled, Compiler};
use crate::describe::{Definitions, EventNames};
use crate::item::RuleItem;
use crate::read::{Reader, read};
use crate::result::{Code, Context, ErrorCode, LoadResult, Problem};
use crate::{Priority, files, version::Version};

/// A rule of a [`Ruleset`]: its place in the order of definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u32);

/// A field that the configuration adds to the alerts of a rule.
#[derive(Clone, Debug)]
pub struct ExtraField {
    /// Its name in the alert.
    pub key: String,
    /// What it holds.
    pub template: Template,
    /// The template as it was written.
    pub text: String,
    /// Whether it is one field, given as the value it has rather than as text.
    pub raw: bool,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its place in the ruleset.
    pub id: RuleId,
    /// Its name, unique in the ruleset.
    pub name: String,
    /// What it is about.
    pub desc: String,
    /// When it matches.
    pub condition: Condition,
    /// What its alerts say.
    pub output: Template,
    /// The output as text, with what the configuration appends.
    pub output_text: String,
    /// Fields that the configuration adds to its alerts.
    pub extra_fields: Vec<ExtraField>,
    /// How severe a match is.
    pub priority: Priority,
    /// The source of the events it is for; `syscall`.
    pub source: String,
    /// Its tags, in the order of their names.
    pub tags: Vec<String>,
    /// The fields that its exceptions compare, in the order of their names.
    pub exception_fields: Vec<String>,
    /// Whether a match starts a capture.
    pub capture: bool,
    /// How long that capture lasts, in milliseconds; 0 for as long as is configured.
    pub capture_duration: u32,
    /// Whether it is matched.
    pub enabled: bool,
}

/// What the configuration appends to the output of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Append {
    /// Only rules for events of this source.
    pub source: Option<String>,
    /// Only rules that have all of these tags.
    pub tags: Vec<String>,
    /// Only the rule of this name.
    pub rule: Option<String>,
    /// Text that is appended behind a blank.
    pub output: Option<String>,
    /// Fields that are added to alerts as they are.
    pub fields: Vec<String>,
    /// Texts that are added to alerts: key and template.
    pub texts: Vec<(String, String)>,
    /// Whether the fields that the scheme suggests are appended too.
    pub suggested: bool,
}

impl Append {
    pub(crate) fn matches(&self, rule: &RuleItem) -> bool {
        self.source
            .as_ref()
            .is_none_or(|source| source.is_empty() || *source == rule.source)
            && self.tags.iter().all(|tag| rule.tags.contains(tag))
            && self
                .rule
                .as_ref()
                .is_none_or(|name| name.is_empty() || *name == rule.name)
    }
}

/// What loading depends on besides the files.
#[derive(Clone, Debug)]
pub struct Options {
    /// Rules less severe than this are loaded, and never enabled.
    pub min_priority: Priority,
    /// What is appended to outputs, in order.
    pub append: Vec<Append>,
    /// The sources of events that there are.
    pub sources: Vec<String>,
    /// The plugins that rules may require, with their versions.
    pub plugins: Vec<(String, Version)>,
    /// The event type of a kind: several kinds can be of one type. Rules that match more than 100
    /// types are warned about.
    pub event_type: fn(KindId) -> u16,
    /// Whether to keep what [`Ruleset::describe`] needs: the text of all items.
    pub describe: bool,
}

impl Default for Options {
    /// System calls only, with the container plugin of Falco 0.44.
    fn default() -> Options {
        Options {
            min_priority: Priority::Debug,
            append: Vec::new(),
            sources: vec!["syscall".to_owned()],
            plugins: vec![(
                "container".to_owned(),
                Version {
                    major: 0,
                    minor: 7,
                    patch: 1,
                },
            )],
            event_type: |kind| kind.0,
            describe: false,
        }
    }
}

/// Which rules a [`Switch`] is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Select {
    /// Those whose name matches a pattern, in which `*` stands for anything.
    Name(String),
    /// Those that have a tag.
    Tag(String),
}

/// Rules to enable or disable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Enable, or disable.
    pub enable: bool,
    /// Which.
    pub select: Select,
}

/// Rules in the order of their definition.
#[derive(Debug, Default)]
pub struct Ruleset {
    rules: Vec<Rule>,
    definitions: Option<Definitions>,
    min_priority: Option<Priority>,
}

impl Ruleset {
    /// Loads files in order; [`crate::RulesFiles::find`] finds them. There is a ruleset only if
    /// all files can be used.
    pub fn load<P: AsRef<Path>>(
        paths: &[P],
        scheme: &Scheme,
        options: &Options,
    ) -> (Option<Ruleset>, LoadResults) {
        let texts = paths.iter().map(AsRef::as_ref);
        let texts = texts.map(|path| (path.display().to_string(), files::read(path)));
        Ruleset::load_each(texts, scheme, options)
    }

    /// Loads texts, each with a name that messages call it by.
    pub fn load_texts(
        texts: impl IntoIterator<Item = (String, String)>,
        scheme: &Scheme,
        options: &Options,
    ) -> (Option<Ruleset>, LoadResults) {
        let texts = texts.into_iter().map(|(name, text)| (name, Ok(text)));
        Ruleset::load_each(texts, scheme, options)
    }

    fn load_each(
        texts: impl Iterator<Item = (String, Result<String, String>)>,
        scheme: &Scheme,
        options: &Options,
    ) -> (Option<Ruleset>, LoadResults) {
        let mut collector = Collector::new(scheme, &options.sources);
        let mut loaded = LoadResults::default();
        let mut compiled = Compiled::default();
        let mut contexts = Vec::new();
        let mut incomplete = false;
        for (name, text) in texts {
            let mut result = LoadResult {
                name: name.clone(),
                ..LoadResult::default()
            };
            match text {
                Err(message) => {
                    incomplete = true;
                    let file = loaded.files.add(name.clone(), "");
                    contexts.push(Context::file(&name, file));
                    result.errors.push(Problem {
                        code: Code::Error(ErrorCode::FileRead),
                        message,
                        context: Context::file(&name, file),
                        deprecated_field: None,
                        span: None,
                        help: None,
                    });
                }
                Ok(text) => {
                    let file = loaded.files.add(name.clone(), text);
                    contexts.push(Context::file(&name, file));
                    let text = loaded.files.text(file);
                    let mut reader = Reader {
                        file,
                        result: &mut result,
                        collector: &mut collector,
                    };
                    if read(text, &mut reader) {
                        let files = &loaded.files;
                        let collector = &collector;
                        let result = &mut result;
                        let compiler = Compiler {
                            scheme,
                            options,
                            files,
                            collector,
                            result,
                            contexts: &contexts,
                            incomplete,
                            reported: HashSet::new(),
                        };
                        compiled = compiler.compile(compiled);
                    } else {
                        incomplete = true;
                    }
                }
            }
            loaded.results.push(result);
        }
        loaded.requirement = unmet(&collector, &options.plugins);
        if !loaded.successful() {
            return (None, loaded);
        }
        let rules = compiled.take_rules(&collector.rules, options);
        let Compiled { lists, macros, .. } = compiled;
        let definitions = options
            .describe
            .then(|| Definitions::new(collector.collected(), lists, macros));
        let min_priority = Some(options.min_priority);
        (
            Some(Ruleset {
                rules,
                definitions,
                min_priority,
            }),
            loaded,
        )
    }

    /// All rules, enabled or not.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// A rule of this ruleset.
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id.0 as usize)
    }

    /// The rules that are matched.
    pub fn enabled(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.enabled)
    }

    /// Enables and disables rules, one switch after the other. Rules below the least priority stay
    /// disabled.
    pub fn select(&mut self, switches: &[Switch]) {
        let least = self.min_priority.unwrap_or(Priority::Debug);
        for switch in switches {
            for rule in self.rules.iter_mut().filter(|rule| rule.priority <= least) {
                let selected = match &switch.select {
                    Select::Name(pattern) => matches_pattern(pattern, &rule.name),
                    Select::Tag(tag) => rule.tags.contains(tag),
                };
                if selected {
                    rule.enabled = switch.enable;
                }
            }
        }
    }

    /// All rules, macros and lists as `-L` gives them, or one rule as `-l` does. `None` if there
    /// is no such rule, or the ruleset was loaded without [`Options::describe`].
    pub fn describe(
        &mut self,
        rule: Option<&str>,
        scheme: &Scheme,
        events: EventNames<'_>,
    ) -> Option<Json> {
        self.definitions
            .as_mut()?
            .describe(&self.rules, rule, scheme, events)
    }
}

/// What loading some files came to.
#[derive(Clone, Debug, Default)]
pub struct LoadResults {
    /// The texts that problems point into.
    pub files: Files,
    /// For each file.
    pub results: Vec<LoadResult>,
    /// A plugin that a file asks for and that there is not.
    pub requirement: Option<String>,
}

impl LoadResults {
    /// Whether all files can be used.
    pub fn successful(&self) -> bool {
        self.requirement.is_none() && self.results.iter().all(LoadResult::successful)
    }

    /// Why the rules cannot be used, as Falco says it when it starts: the file that cannot be
    /// read, the plugin that is missing, or all about the first file with an error.
    pub fn failure(&self) -> Option<String> {
        let unread = |p: &&Problem| p.code == Code::Error(ErrorCode::FileRead);
        let unread = self.results.iter().flat_map(|r| &r.errors).find(unread);
        let failed = || self.results.iter().find(|r| !r.successful());
        unread
            .map(|p| p.message.clone())
            .or_else(|| self.requirement.clone())
            .or_else(|| failed().map(|r| r.verbose(&self.files)))
    }

    /// What `-V` says: all about files with errors, one line about the others.
    pub fn validation(&self) -> String {
        let of = |result: &LoadResult| match result.successful() && !result.warnings.is_empty() {
            true => format!("{}: Ok, with warnings", result.name),
            false => result.verbose(&self.files),
        };
        self.results.iter().map(of).collect::<Vec<_>>().join("\n")
    }

    /// What `-V` says when the output is JSON, with a description if one was asked for.
    pub fn validation_json(&self, description: Option<Json>) -> Json {
        let results: Vec<Json> = self.results.iter().map(|r| r.json(&self.files)).collect();
        let mut object = json!({ "falco_load_results": results });
        if let (Some(description), Some(object)) = (description, object.as_object_mut()) {
            object.insert("falco_describe_results".to_owned(), description);
        }
        object
    }

    /// Every problem of every file, once, to be rendered with [`LoadResults::files`].
    pub fn diagnostics(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        // What Falco says again for each later file is the same problem.
        let mut seen = HashSet::new();
        let all = self.results.iter().flat_map(LoadResult::diagnostics);
        all.filter(move |d| match d.span() {
            Some(span) => seen.insert((span, d.code, d.message.clone())),
            None => true,
        })
    }
}

/// The first requirement of plugins that is not met.
fn unmet(collector: &Collector<'_>, plugins: &[(String, Version)]) -> Option<String> {
    for alternatives in &collector.plugins {
        let loaded = alternatives.iter().find_map(|(name, required)| {
            let (_, version) = plugins.iter().find(|(n, _)| n == name)?;
            Some((name, *version, required))
        });
        match loaded {
            Some((name, version, required)) => {
                if !Version::parse(required).is_some_and(|r| version.satisfies(r)) {
                    return Some(format!(
                        "Plugin '{name}' version '{version}' is not compatible with required \
                         plugin version '{required}'"
                    ));
                }
            }
            None => {
                let all: Vec<String> = alternatives
                    .iter()
                    .map(|(name, v)| format!("{name} (>= {v})"))
                    .collect();
                return Some(format!(
                    "Plugin requirement not satisfied, must load one of: {}",
                    all.join(", ")
                ));
            }
        }
    }
    None
}

/// Whether a name matches a pattern in which `*` stands for any text.
pub fn matches_pattern(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
