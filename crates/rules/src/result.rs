//! What loading a file came to, as people read it and as tools parse it.
//!
//! The three forms of a [`LoadResult`] (summary, verbose, JSON) are those of Falco, byte for byte;
//! §3.10 of the interface describes them. Falco stops at the first error of a file. Here the further
//! errors follow in [`LoadResult::errors`] and are left out of those forms.

use std::fmt::Write as _;
use std::sync::Arc;

use lanner_diag::yaml::Mark;
use lanner_diag::{Diagnostic, FileId, Files, Severity, Span};
use serde_json::{Value as Json, json};

use crate::compile::MAX_WARNINGS;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $short:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// The code that tools look for.
            pub fn code(self) -> &'static str {
                match self {
                    $($name::$variant => $code,)+
                }
            }

            /// What it means, in a few words.
            pub fn short(self) -> &'static str {
                match self {
                    $($name::$variant => $short,)+
                }
            }
        }
    };
}

codes! {
    /// Why a file cannot be used.
    ErrorCode {
        /// It cannot be read.
        FileRead = "LOAD_ERR_FILE_READ", "File read error";
        /// It is not YAML.
        YamlParse = "LOAD_ERR_YAML_PARSE", "YAML parse error";
        /// It is YAML of another shape.
        YamlValidate = "LOAD_ERR_YAML_VALIDATE", "Error validating internal structure of YAML file";
        /// A condition has a fault.
        CompileCondition = "LOAD_ERR_COMPILE_CONDITION", "Error compiling condition";
        /// An output has a fault.
        CompileOutput = "LOAD_ERR_COMPILE_OUTPUT", "Error compiling output";
        /// An item does not fit the others.
        Validate = "LOAD_ERR_VALIDATE", "Error validating rule/macro/list/exception objects";
    }
}

codes! {
    /// What in a file is probably not meant.
    WarningCode {
        /// The rule is for events that do not exist here; it is skipped.
        UnknownSource = "LOAD_UNKNOWN_SOURCE", "Unknown event source";
        /// A field of Kubernetes audit events is compared with `<NA>`.
        UnsafeNaCheck = "LOAD_UNSAFE_NA_CHECK", "Unsafe <NA> comparison in condition";
        /// The condition admits no event type, or more than a hundred.
        NoEvttype = "LOAD_NO_EVTTYPE", "Condition has no event-type restriction";
        /// The rule names something unknown and says that this is fine; it is skipped.
        UnknownFilter = "LOAD_UNKNOWN_FILTER", "Unknown field or event-type in condition or output";
        /// Nothing refers to the macro.
        UnusedMacro = "LOAD_UNUSED_MACRO", "Unused macro";
        /// Nothing refers to the list.
        UnusedList = "LOAD_UNUSED_LIST", "Unused list";
        /// The item is neither rule, macro, list nor requirement.
        UnknownItem = "LOAD_UNKNOWN_ITEM", "Unknown rules file item";
        /// There is a newer way to say it.
        DeprecatedItem = "LOAD_DEPRECATED_ITEM", "Used deprecated item";
        /// An exception is appended to with nothing.
        AppendNoValues = "LOAD_APPEND_NO_VALUES", "Overriding/appending with no values";
        /// Two exceptions of a rule have one name.
        ExceptionNameNotUnique = "LOAD_EXCEPTION_NAME_NOT_UNIQUE", "Multiple exceptions defined with the same name";
        /// No condition can refer to a macro of this name.
        InvalidMacroName = "LOAD_INVALID_MACRO_NAME", "Invalid macro name";
        /// No condition can refer to a list of this name.
        InvalidListName = "LOAD_INVALID_LIST_NAME", "Invalid list name";
        /// The condition can be said in a better way, or says something else than it seems to.
        CompileCondition = "LOAD_COMPILE_CONDITION", "Warning in rule condition";
        /// The item has a key that means nothing.
        UnknownKey = "LOAD_UNKNOWN_KEY", "Unknown key in item definition";
    }
}

impl WarningCode {
    /// What it means, in a sentence, as the JSON form has it.
    pub fn description(self) -> &'static str {
        match self {
            WarningCode::UnknownSource => concat!(
                "A rule has a unknown event source. This can occur when reading rules content ",
                "without having a corresponding plugin loaded, etc. The rule will be silently ",
                "ignored."
            ),
            WarningCode::UnsafeNaCheck => concat!(
                "Comparing a field value with <NA> is unsafe and can lead to unpredictable ",
                "behavior of the rule condition. If you need to check for the existence of a ",
                "field, consider using the 'exists' operator instead."
            ),
            WarningCode::NoEvttype => concat!(
                "A rule condition matches too many evt.type values. This has a significant ",
                "performance penalty. Make the condition more specific by adding an evt.type ",
                "field or further restricting the number of evt.type values in the condition."
            ),
            WarningCode::UnknownFilter => concat!(
                "A rule condition or output refers to a field or evt.type that does not exist. ",
                "This is normally an error, but if a rule has a skip-if-unknown-filter property, ",
                "the error is downgraded to a warning."
            ),
            WarningCode::UnusedMacro => {
                "A macro is defined in the rules content but is not used by any other macro or rule."
            }
            WarningCode::UnusedList => concat!(
                "A list is defined in the rules content but is not used by any other list, ",
                "macro, or rule."
            ),
            WarningCode::UnknownItem => {
                "An unknown top-level object is in the rules content. It will be ignored."
            }
            WarningCode::DeprecatedItem => {
                "A deprecated item is employed by lists, macros, or rules."
            }
            WarningCode::AppendNoValues => {
                "A rule exception is overriding/appending with no values"
            }
            WarningCode::ExceptionNameNotUnique => {
                "A rule is defining multiple exceptions with the same name"
            }
            WarningCode::InvalidMacroName => "A macro is defined with an invalid name",
            WarningCode::InvalidListName => "A list is defined with an invalid name",
            WarningCode::CompileCondition => {
                "A rule condition or output have been parsed with a warning"
            }
            WarningCode::UnknownKey => concat!(
                "An item in the rules content contains an unrecognized key. The key will be ",
                "ignored. This may indicate a typo or a property placed on the wrong item type."
            ),
        }
    }
}

/// What a place in a file is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "`Item::text` says how each is called")]
pub enum Item {
    ValueFor,
    Exceptions,
    Exception,
    ExceptionValues,
    ExceptionValue,
    RulesContent,
    RulesContentItem,
    RequiredEngineVersion,
    RequiredPluginVersions,
    RequiredPluginVersionsEntry,
    RequiredPluginVersionsAlternative,
    List,
    ListItem,
    Macro,
    MacroCondition,
    Rule,
    RuleCondition,
    ConditionExpression,
    RuleOutput,
    RulePriority,
    Override,
}

impl Item {
    /// How messages call it.
    pub fn text(self) -> &'static str {
        match self {
            Item::ValueFor => "value for",
            Item::Exceptions => "exceptions",
            Item::Exception => "exception",
            Item::ExceptionValues => "exception values",
            Item::ExceptionValue => "exception value",
            Item::RulesContent => "rules content",
            Item::RulesContentItem => "rules content item",
            Item::RequiredEngineVersion => "required_engine_version",
            Item::RequiredPluginVersions => "required plugin versions",
            Item::RequiredPluginVersionsEntry => "required plugin versions entry",
            Item::RequiredPluginVersionsAlternative => "required plugin versions alternative",
            Item::List => "list",
            Item::ListItem => "list item",
            Item::Macro => "macro",
            Item::MacroCondition => "macro condition",
            Item::Rule => "rule",
            Item::RuleCondition => "rule condition",
            Item::ConditionExpression => "condition expression",
            Item::RuleOutput => "rule output",
            Item::RulePriority => "rule priority",
            Item::Override => "overrides",
        }
    }
}

/// One step of the way from a file to a place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file, or the beginning of a condition in quotes.
    pub name: Arc<str>,
    /// Where it begins.
    pub mark: Mark,
    /// What it is.
    pub item: Item,
    /// Its name, or the key it stands under; often empty.
    pub item_name: String,
}

/// The way from a file to a place in it. Cheap to extend and to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    file: FileId,
    last: Arc<Step>,
    /// The condition that the last step points into, if it is one.
    condition: Option<Arc<str>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Step {
    location: Location,
    parent: Option<Arc<Step>>,
}

impl Context {
    /// A whole file.
    pub(crate) fn file(name: &str, file: FileId) -> Context {
        let location = Location {
            name: name.into(),
            mark: Mark::default(),
            item: Item::RulesContent,
            item_name: String::new(),
        };
        let last = Arc::new(Step {
            location,
            parent: None,
        });
        Context {
            file,
            last,
            condition: None,
        }
    }

    /// A part of this.
    #[must_use]
    pub(crate) fn with(&self, item: Item, item_name: &str, mark: Mark) -> Context {
        let name = self.last.location.name.clone();
        let item_name = item_name.to_owned();
        self.extended(
            Location {
                name,
                mark,
                item,
                item_name,
            },
            None,
        )
    }

    fn extended(&self, location: Location, condition: Option<Arc<str>>) -> Context {
        let parent = Some(Arc::clone(&self.last));
        Context {
            file: self.file,
            last: Arc::new(Step { location, parent }),
            condition,
        }
    }

    /// A place in a condition that begins here. `at` is where in it, with line and column from 1;
    /// the zero mark stands for the condition as a whole.
    #[must_use]
    pub(crate) fn condition(&self, condition: Arc<str>, at: Mark) -> Context {
        let bytes = condition.as_bytes();
        let shown = match bytes.len() > 20 {
            true => format!("\"{}...\"", String::from_utf8_lossy(&bytes[..17])),
            false => format!("\"{condition}\""),
        };
        let parent = self.mark();
        let location = Location {
            name: shown.replace(['\n', '\r'], " ").into(),
            mark: Mark {
                offset: at.offset + parent.offset,
                line: at.line + parent.line,
                column: at.column + parent.column,
            },
            item: Item::ConditionExpression,
            item_name: String::new(),
        };
        self.extended(location, Some(condition))
    }

    /// The file that it is in.
    pub fn file_id(&self) -> FileId {
        self.file
    }

    /// The steps, from the outside in.
    pub fn locations(&self) -> Vec<&Location> {
        let mut locations = Vec::new();
        let mut step = Some(&self.last);
        while let Some(at) = step {
            locations.push(&at.location);
            step = at.parent.as_ref();
        }
        locations.reverse();
        locations
    }

    /// The place itself.
    pub fn mark(&self) -> Mark {
        self.last.location.mark
    }

    fn write(&self, out: &mut String) {
        for (i, location) in self.locations().into_iter().enumerate() {
            out.push_str(if i == 0 { "In " } else { "    " });
            out.push_str(location.item.text());
            if !location.item_name.is_empty() {
                let _ = write!(out, " '{}'", location.item_name);
            }
            let Mark { line, column, .. } = location.mark;
            let _ = writeln!(out, ": ({}:{line}:{column})", location.name);
        }
    }

    fn json(&self, files: &Files) -> Json {
        let locations = self.locations().into_iter().map(|l| {
            let Mark {
                offset,
                line,
                column,
            } = l.mark;
            json!({
                "item_type": l.item.text(),
                "item_name": l.item_name,
                "position": { "name": &*l.name, "line": line, "column": column, "offset": offset },
            })
        });
        json!({ "locations": locations.collect::<Vec<_>>(), "snippet": self.snippet(files) })
    }

    /// The line that the place is in, at most [`SNIPPET`] bytes of it, and a marker below.
    fn snippet(&self, files: &Files) -> String {
        let last = &self.last.location;
        let content = match &self.condition {
            Some(condition) if !condition.is_empty() => condition.as_bytes(),
            _ => files.text(self.file).as_bytes(),
        };
        if content.is_empty() {
            return "<No context available>\n".to_owned();
        }
        let mut at = last.mark.offset as usize;
        while at > 0 && content.get(at).is_none_or(|b| *b == b'\n') {
            at -= 1;
        }
        let half = SNIPPET / 2;
        let mut from = at;
        while from > 0 && content[from] != b'\n' && at - from < half {
            from -= 1;
        }
        let mut to = at;
        while to < content.len() - 1 && content[to] != b'\n' && to - at < half {
            to += 1;
        }
        if content[from] == b'\n' {
            from += 1;
        }
        if to > 0 && content[to] == b'\n' {
            to -= 1;
        }
        let mut line = content.get(from..to + 1).unwrap_or_default().to_vec();
        if line.is_empty() {
            return "<No context available>\n".to_owned();
        }
        if at.saturating_sub(from) >= half {
            line.splice(..3, *b"...");
        }
        if to.saturating_sub(at) >= half {
            let cut = line.len() - 3;
            line.splice(cut.., *b"...");
        }
        let mut out = String::from_utf8_lossy(&line).into_owned();
        out.push('\n');
        if at >= from && at - from <= line.len() {
            out.push_str(&" ".repeat(at - from));
            out.push_str("^\n");
        }
        out
    }
}

/// How much of a line is shown, in bytes.
const SNIPPET: usize = 160;

/// What a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The file cannot be used.
    Error(ErrorCode),
    /// It can.
    Warning(WarningCode),
}

/// One thing that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub code: Code,
    /// In words, those of Falco where it has any.
    pub message: String,
    /// Where, in Falco's terms.
    pub context: Context,
    /// The field whose use is deprecated, if that is the problem.
    pub deprecated_field: Option<&'static str>,
    /// Where, in the file itself.
    pub span: Option<Span>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    /// The problem for a person to read: [`lanner_diag::render`] shows it with carets.
    pub fn diagnostic(&self) -> Diagnostic {
        let (severity, code) = match self.code {
            Code::Error(e) => (Severity::Error, e.code()),
            Code::Warning(w) => (Severity::Warning, w.code()),
        };
        let message = match (self.message.as_str(), self.code) {
            ("", Code::Warning(w)) => w.short().to_owned(),
            (message, _) => message.to_owned(),
        };
        let diagnostic = match severity {
            Severity::Error => Diagnostic::error(code, message),
            Severity::Warning => Diagnostic::warning(code, message),
        };
        let diagnostic = diagnostic.help(self.help.clone());
        match self.span {
            Some(span) => diagnostic.label(span, String::new()),
            None => diagnostic,
        }
    }

    /// Its code, as tools look for it.
    pub fn code_text(&self) -> &'static str {
        match self.code {
            Code::Error(e) => e.code(),
            Code::Warning(w) => w.code(),
        }
    }

    fn short(&self) -> String {
        match (self.code, self.deprecated_field) {
            (Code::Error(e), _) => e.short().to_owned(),
            (Code::Warning(w), Some(field)) => format!("{}: field '{field}'", w.short()),
            (Code::Warning(w), None) => w.short().to_owned(),
        }
    }

    fn json(&self, files: &Files) -> Json {
        let description = match self.code {
            Code::Error(e) => e.short(),
            Code::Warning(w) => w.description(),
        };
        let mut object = json!({
            "context": self.context.json(files),
            "code": self.code_text(),
            "codedesc": description,
            "message": self.message,
        });
        if let (Some(field), Some(object)) = (self.deprecated_field, object.as_object_mut()) {
            object.insert("deprecated_field".to_owned(), Json::from(field));
        }
        object
    }

    fn write(&self, out: &mut String, files: &Files) {
        self.context.write(out);
        let snippet = self.context.snippet(files);
        let _ = writeln!(out, "------\n{snippet}------");
        let _ = writeln!(
            out,
            "{} ({}): {}",
            self.code_text(),
            self.short(),
            self.message
        );
    }
}

/// What loading one file came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadResult {
    /// The file, by the name it was loaded by.
    pub name: String,
    /// Why it cannot be used: every error, the one that Falco would stop at first.
    pub errors: Vec<Problem>,
    /// What is probably not meant, up to where Falco would have stopped.
    pub warnings: Vec<Problem>,
    /// What its schema says to each document; empty if there are none.
    pub schema: Vec<String>,
}

impl LoadResult {
    /// Adds a warning, unless there is an error: Falco does not get further than the first.
    pub(crate) fn warn(&mut self, warning: Problem) {
        if self.successful() && self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(warning);
        }
    }

    /// Whether the file can be used.
    pub fn successful(&self) -> bool {
        self.errors.is_empty()
    }

    /// The outcome of the schema validation: `ok`, `none`, or the first fault.
    pub fn schema_validation(&self) -> &str {
        self.schema.first().map_or("none", String::as_str)
    }

    fn schema_faults(&self) -> Option<&[String]> {
        let faulty = !self.schema.is_empty() && self.schema_validation() != "ok";
        faulty.then_some(&self.schema)
    }

    /// The error that Falco would stop at.
    fn falco_errors(&self) -> &[Problem] {
        &self.errors[..self.errors.len().min(1)]
    }

    fn head(&self) -> String {
        let verdict = match (self.successful(), self.warnings.is_empty()) {
            (false, _) => "Invalid",
            (true, true) => "Ok",
            (true, false) => "Ok, with warnings",
        };
        match self.name.as_str() {
            "" => verdict.to_owned(),
            name => format!("{name}: {verdict}"),
        }
    }

    /// The result in a few lines.
    pub fn summary(&self) -> String {
        let mut out = self.head();
        if let Some(faults) = self.schema_faults() {
            let _ = write!(
                out,
                "\n {} schema warnings: [{}]",
                faults.len(),
                faults.join(" ")
            );
        }
        for (problems, word) in [
            (self.falco_errors(), "errors"),
            (&self.warnings, "warnings"),
        ] {
            if !problems.is_empty() {
                let of = |p: &Problem| format!("{} ({})", p.code_text(), p.short());
                let codes: Vec<String> = problems.iter().map(of).collect();
                let _ = write!(out, "\n {} {word}: [{}]", problems.len(), codes.join(" "));
            }
        }
        out
    }

    /// The result with the places of all problems. `files` must have the file.
    pub fn verbose(&self, files: &Files) -> String {
        let mut out = self.head();
        if let Some(faults) = self.schema_faults() {
            let _ = writeln!(out, "\n{} Schema warnings:", faults.len());
            for fault in faults {
                let _ = writeln!(out, "------\n{fault}");
            }
            out.push_str("------\n");
        }
        for (problems, word) in [
            (self.falco_errors(), "Errors"),
            (&self.warnings, "Warnings"),
        ] {
            if !problems.is_empty() {
                let _ = writeln!(out, "\n{} {word}:", problems.len());
                problems.iter().for_each(|p| p.write(&mut out, files));
            }
        }
        out
    }

    /// The result for tools: an element of `falco_load_results`.
    pub fn json(&self, files: &Files) -> Json {
        let all = |p: &[Problem]| p.iter().map(|p| p.json(files)).collect::<Vec<_>>();
        let mut object = json!({
            "name": self.name,
            "successful": self.successful(),
            "errors": all(self.falco_errors()),
            "warnings": all(&self.warnings),
        });
        if let (false, Some(object)) = (self.schema.is_empty(), object.as_object_mut()) {
            let faults = self.schema_faults();
            object.insert("schema_valid".to_owned(), Json::from(faults.is_none()));
            object.insert(
                "schema_warnings".to_owned(),
                json!(faults.unwrap_or_default()),
            );
        }
        object
    }

    /// Every problem as a diagnostic: errors, then warnings.
    pub fn diagnostics(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        self.errors
            .iter()
            .chain(&self.warnings)
            .map(Problem::diagnostic)
    }
}
