//! Collected items into rules: lists are put into conditions, macros resolved, exceptions written
//! out, conditions and outputs checked against the scheme.

mod exceptions;
pub(crate) mod kinds;
mod macros;
mod output;
mod place;

use std::cell::OnceCell;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use lanner_diag::yaml::Mark;
use lanner_diag::{Files, Span, TextRange, nearest};
use lanner_filter::{
    Ast, CallArg, Condition, Expr, Node, Operand, OperandKind, Right, Scheme, parse,
};

use crate::collect::Collector;
use crate::item::{Items, Place, RuleItem, Text};
use crate::lists::{Lists, Substituted, TooLong};
use crate::read::error_at;
use crate::result::{Code, Context, ErrorCode, Item, LoadResult, Problem, WarningCode};
use crate::ruleset::{Options, Rule, RuleId};
pub(crate) use exceptions::except;
pub(crate) use macros::Macros;
use macros::Refusal;
use place::{mark_in, span_of};

/// Fields that no event has a value for any more, and what to do instead, in the order in which
/// they are reported.
const DEPRECATED: [(&str, &str); 6] = [
    (
        "evt.dir",
        "due to the drop of enter events, 'evt.dir = <' always evaluates to true, and 'evt.dir = \
         >' always evaluates to false. The rule expression can be simplified by removing the \
         condition on 'evt.dir'",
    ),
    ("evt.latency", NO_LATENCY),
    ("evt.latency.s", NO_LATENCY),
    ("evt.latency.ns", NO_LATENCY),
    ("evt.latency.human", NO_LATENCY),
    ("evt.wait_latency", NO_LATENCY),
];
const NO_LATENCY: &str = "field is not available due to the drop of enter events.";

/// How many errors of a file are reported; the rest would not be read.
pub(crate) const MAX_ERRORS: usize = 1000;

/// How many warnings of a file are reported.
pub(crate) const MAX_WARNINGS: usize = 10_000;

/// More event types than this are too many for one rule.
const MANY_TYPES: usize = 100;

/// What the items of all files so far come to.
#[derive(Default)]
pub(crate) struct Compiled {
    /// For each rule that is collected, unless it is at fault or for an unknown source.
    outcomes: Vec<Option<Outcome>>,
    pub(crate) lists: Lists,
    pub(crate) macros: Macros,
}

/// What a rule came to, and what that depends on.
struct Outcome {
    /// None if it is skipped.
    rule: Option<Rule>,
    warnings: Vec<Problem>,
    /// The macros that its condition names, by their numbers.
    macros: Vec<usize>,
    visibility: u32,
    /// Of its condition with lists.
    text_hash: u64,
}

impl Compiled {
    /// The rules, numbered, and enabled as their items say.
    pub(crate) fn take_rules(&mut self, items: &Items<RuleItem>, options: &Options) -> Vec<Rule> {
        let outcomes = std::mem::take(&mut self.outcomes)
            .into_iter()
            .zip(items.iter());
        let rules = outcomes.filter_map(|(outcome, item)| Some((outcome?.rule?, item)));
        let numbered = rules.zip(0..).map(|((mut rule, item), number)| {
            rule.id = RuleId(number);
            rule.enabled = item.enabled && item.priority <= options.min_priority;
            rule
        });
        numbered.collect()
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

pub(crate) struct Compiler<'a> {
    pub(crate) scheme: &'a Scheme,
    pub(crate) options: &'a Options,
    pub(crate) files: &'a Files,
    pub(crate) collector: &'a Collector<'a>,
    pub(crate) result: &'a mut LoadResult,
    /// The contexts of the files so far, by their numbers.
    pub(crate) contexts: &'a [Context],
    /// Whether the items of a file before are not known, since it is not YAML.
    pub(crate) incomplete: bool,
    /// Where and what was reported.
    pub(crate) reported: HashSet<(Span, String)>,
}

/// A condition that is parsed, with its lists in it.
struct Parsed {
    ast: Ast,
    lists: Substituted,
}

/// What the places in a condition are relative to.
struct Found<'a> {
    ast: &'a Ast,
    condition: &'a Text,
    context: &'a Context,
    lists: &'a Substituted,
    macros: &'a Macros,
    /// The condition, for all contexts in it.
    shared: OnceCell<Arc<str>>,
}

impl Found<'_> {
    /// As Falco reports it: the comparison in the condition with its lists, also if it stands in
    /// a macro.
    fn context(&self, range: TextRange, source: u32) -> Context {
        let holds = |node: &&Node| {
            node.source == source
                && matches!(node.expr, Expr::Check(_))
                && node.range.start <= range.start
                && range.start < node.range.end
        };
        let check = self.ast.nodes().map(|(_, node)| node).find(holds);
        let start = check.map_or(range.start, |node| node.range.start);
        let of_macro = source
            .checked_sub(1)
            .and_then(|at| self.macros.lists(at as usize));
        let text = &of_macro.unwrap_or(self.lists).text;
        let condition = self
            .shared
            .get_or_init(|| self.condition.text.as_str().into());
        self.context
            .condition(Arc::clone(condition), mark_in(text, start as usize))
    }
}

impl Compiler<'_> {
    /// Compiles all items. What is as it was in `previous`, the items of the files before, is
    /// taken from there together with its warnings, which Falco repeats for each file.
    pub(crate) fn compile(mut self, previous: Compiled) -> Compiled {
        let collector = self.collector;
        let mut lists = Lists::new(&collector.lists);
        let mut macros = self.macros(&mut lists);
        let changed = macros.changed_from(&previous.macros);
        let mut previous = previous.outcomes.into_iter();
        let mut outcomes = Vec::with_capacity(collector.rules.len());
        for item in collector.rules.iter() {
            let before = previous.next().flatten();
            let outcome = match item.unknown_source || self.is_full() {
                true => None,
                false => self.rule(item, before, &changed, &mut lists, &mut macros),
            };
            outcomes.push(outcome);
        }
        self.unused(&lists, &macros);
        Compiled {
            outcomes,
            lists,
            macros,
        }
    }

    fn is_full(&self) -> bool {
        self.result.errors.len() >= MAX_ERRORS
    }

    fn context(&self, item: Item, name: &str, place: Place) -> Context {
        let file = match self.contexts.get(place.file.0 as usize) {
            Some(context) => context.clone(),
            None => Context::file(self.files.name(place.file), place.file),
        };
        file.with(item, name, place.mark)
    }

    /// Reports an error; one that several rules have from the same macro, once.
    fn error(&mut self, problem: Problem) {
        let Some(span) = problem.span else {
            return self.result.errors.push(problem);
        };
        let new = self.reported.insert((span, problem.message.clone()));
        if new || self.result.errors.is_empty() {
            self.result.errors.push(problem);
        }
    }

    fn warn(&mut self, problem: Problem) {
        self.result.warn(problem);
    }

    fn macros(&mut self, lists: &mut Lists) -> Macros {
        let mut macros = Macros::default();
        for item in self.collector.macros.iter() {
            let context = self.context(Item::Macro, &item.name, item.place);
            let parsed = match item.broken {
                true => None,
                false => {
                    let at = item.condition.place().unwrap_or(item.place);
                    let context = context.with(Item::MacroCondition, "", at.mark);
                    let substituted = lists.substitute(&item.condition.text);
                    self.parse(&item.condition, substituted, &context)
                }
            };
            let (ast, lists) = parsed.map(|p| (p.ast, p.lists)).unzip();
            macros.add(&item.name, ast, lists, item.order.index);
        }
        for (at, item) in self.collector.macros.iter().enumerate() {
            if let Err(refusal) = macros.resolve_in(at, item.order.visibility) {
                let context = self.context(Item::Macro, &item.name, item.place);
                let lists = macros.lists(at);
                self.refused(refusal, &item.condition, lists, &context, &macros);
            }
        }
        macros
    }

    /// Parses a condition that lists were put into.
    fn parse(
        &mut self,
        condition: &Text,
        substituted: Result<Substituted, TooLong>,
        context: &Context,
    ) -> Option<Parsed> {
        let (message, offset, text) = match substituted {
            Err(TooLong) => (
                "the condition is too long with its lists".to_owned(),
                0,
                None,
            ),
            Ok(substituted) => match parse(&substituted.text) {
                Ok(ast) => {
                    return Some(Parsed {
                        ast,
                        lists: substituted,
                    });
                }
                Err(e) => (e.message, e.offset, Some(substituted)),
            },
        };
        let shown = text
            .as_ref()
            .map_or(condition.text.as_str(), |s| s.text.as_str());
        let at = context.condition(shown.into(), mark_in(shown, offset));
        let origin = text.as_ref().map_or(0, |s| s.origin(offset));
        let span = span_of(condition, origin, origin + 1, self.files);
        self.error(Problem {
            code: Code::Error(ErrorCode::CompileCondition),
            message,
            context: at,
            deprecated_field: None,
            span,
            help: None,
        });
        None
    }

    /// Reports that macros cannot be put into a condition.
    fn refused(
        &mut self,
        refusal: Refusal,
        condition: &Text,
        lists: Option<&Substituted>,
        context: &Context,
        macros: &Macros,
    ) {
        let Refusal::Fault {
            message,
            range,
            source,
            unknown,
        } = refusal
        else {
            return;
        };
        if unknown.is_some() && self.incomplete && !self.result.successful() {
            // One is enough: the others are as likely to be in the file that is missing.
            return;
        }
        let (text, lists) = match source.checked_sub(1).map(|at| at as usize) {
            Some(at) => match self.collector.macros.at(at) {
                Some(item) => (&item.condition, macros.lists(at)),
                None => (condition, lists),
            },
            None => (condition, lists),
        };
        let help = unknown.and_then(|name| match macros.position(&name) {
            Some(_) => Some(format!(
                "a macro sees only those before it: define `{name}` earlier"
            )),
            None => nearest(&name, macros.names()).map(|n| format!("did you mean `{n}`?")),
        });
        let start = range.start as usize;
        self.error(Problem {
            code: Code::Error(ErrorCode::Validate),
            message,
            context: context.condition(
                condition.text.as_str().into(),
                mark_in(&condition.text, start),
            ),
            deprecated_field: None,
            span: located(text, lists, range, self.files),
            help,
        });
    }

    fn rule(
        &mut self,
        item: &RuleItem,
        before: Option<Outcome>,
        changed: &[bool],
        lists: &mut Lists,
        macros: &mut Macros,
    ) -> Option<Outcome> {
        let (condition, exception_fields) = match except(item) {
            Ok(excepted) => (excepted.condition, excepted.fields),
            Err(misfit) => {
                let exception = misfit.exception;
                let at = self.context(Item::Rule, &item.name, item.place).with(
                    Item::Exception,
                    &exception.name,
                    exception.place.mark,
                );
                let fault = error_at(ErrorCode::Validate, misfit.message, &at, exception.place);
                self.result.errors.push(*fault);
                (item.condition.clone(), Default::default())
            }
        };
        let substituted = lists.substitute(&condition.text);
        let text_hash = substituted.as_ref().map_or(0, |s| hash(&s.text));
        if let Some(before) = before
            && before.visibility == item.order.visibility
            && before.text_hash == text_hash
            && !before
                .macros
                .iter()
                .any(|at| changed.get(*at).copied().unwrap_or(true))
        {
            before.macros.iter().for_each(|at| macros.mark_used(*at));
            before
                .warnings
                .iter()
                .for_each(|warning| self.warn(warning.clone()));
            return Some(before);
        }
        let first_warning = self.result.warnings.len();
        let context = self.context(Item::Rule, &item.name, item.place);
        let mut outcome = Outcome {
            rule: None,
            warnings: Vec::new(),
            macros: Vec::new(),
            visibility: item.order.visibility,
            text_hash,
        };
        let output = match self.output(item, &context) {
            Checked::Fine(output) => Some(output),
            Checked::Faulty => None,
            Checked::Skipped => return Some(self.kept(outcome, first_warning)),
        };
        let checked = self.condition(item, &condition, substituted, &context, macros);
        let (condition, used) = match checked {
            Checked::Fine(condition) => condition,
            Checked::Faulty => return None,
            Checked::Skipped => return Some(self.kept(outcome, first_warning)),
        };
        let output = output.filter(|_| !item.broken)?;
        outcome.macros = used;
        outcome.rule = Some(Rule {
            id: RuleId(0),
            name: item.name.clone(),
            desc: item.desc.clone(),
            condition,
            output: output.template,
            output_text: output.text,
            extra_fields: output.fields,
            priority: item.priority,
            source: item.source.clone(),
            tags: item.tags.iter().cloned().collect(),
            exception_fields: exception_fields.into_iter().collect(),
            capture: item.capture,
            capture_duration: item.capture_duration,
            enabled: true,
        });
        Some(self.kept(outcome, first_warning))
    }

    /// The outcome with the warnings that were given since `first`.
    fn kept(&self, mut outcome: Outcome, first: usize) -> Outcome {
        outcome.warnings = self
            .result
            .warnings
            .get(first..)
            .unwrap_or_default()
            .to_vec();
        outcome
    }

    /// Reports an error; or, if it is that something is unknown and the rule says that this is
    /// fine, warns that the rule is skipped. Says whether it is skipped.
    fn fault_or_skip(&mut self, mut problem: Problem, may_skip: bool) -> bool {
        const UNKNOWN: [&str; 4] = [
            "nonexistent field",
            "invalid formatting token",
            "unknown event type",
            "unknown filter:",
        ];
        let skip = may_skip && UNKNOWN.iter().any(|text| problem.message.contains(text));
        if skip {
            problem.code = Code::Warning(WarningCode::UnknownFilter);
            self.warn(problem);
        } else {
            self.error(problem);
        }
        skip
    }

    /// A condition with its exceptions, parsed and checked.
    fn condition(
        &mut self,
        item: &RuleItem,
        condition: &Text,
        substituted: Result<Substituted, TooLong>,
        rule: &Context,
        macros: &mut Macros,
    ) -> Checked<(Condition, Vec<usize>)> {
        let Some(place) = item.condition.place() else {
            return Checked::Faulty;
        };
        let context = rule.with(Item::RuleCondition, "", place.mark);
        let Some(parsed) = self.parse(condition, substituted, &context) else {
            return Checked::Faulty;
        };
        let ast = match macros.resolve(&parsed.ast, u32::MAX) {
            Ok(ast) => ast,
            Err(refusal) => {
                self.refused(refusal, condition, Some(&parsed.lists), rule, macros);
                return Checked::Faulty;
            }
        };
        self.condition_warnings(&ast, condition, &context);
        let found = Found {
            ast: &ast,
            condition,
            context: &context,
            lists: &parsed.lists,
            macros,
            shared: OnceCell::new(),
        };
        match Condition::compile(&ast, self.scheme) {
            Ok(compiled) => {
                let room = MAX_WARNINGS.saturating_sub(self.result.warnings.len());
                for remark in compiled.remarks().iter().take(room) {
                    let problem = Problem {
                        code: Code::Warning(WarningCode::CompileCondition),
                        message: remark.message.clone(),
                        context: found.context(remark.range, remark.source_text),
                        deprecated_field: None,
                        span: self.located(&found, remark.range, remark.source_text),
                        help: None,
                    };
                    self.warn(problem);
                }
                self.count_types(item, &ast, rule);
                let used = parsed
                    .ast
                    .macros()
                    .filter_map(|(name, _)| macros.position(name));
                Checked::Fine((compiled, used.collect()))
            }
            Err(errors) => {
                let mut outcome = Checked::Skipped;
                let room = MAX_ERRORS.saturating_sub(self.result.errors.len());
                for error in errors.into_iter().take(room) {
                    let problem = Problem {
                        code: Code::Error(ErrorCode::CompileCondition),
                        span: self.located(&found, error.range, error.source_text),
                        context: found.context(error.range, error.source_text),
                        message: error.message,
                        deprecated_field: None,
                        help: error.help,
                    };
                    let skips = self.fault_or_skip(problem, item.skip_if_unknown);
                    if !skips {
                        outcome = Checked::Faulty;
                    } else if matches!(outcome, Checked::Skipped) {
                        break;
                    }
                }
                outcome
            }
        }
    }

    /// Where in the files a part of a condition stands: in the rule (source 0) or in a macro.
    fn located(&self, found: &Found<'_>, range: TextRange, source: u32) -> Option<Span> {
        let (text, lists) = match source.checked_sub(1) {
            None => (found.condition, Some(found.lists)),
            Some(at) => {
                let item = self.collector.macros.at(at as usize)?;
                (&item.condition, found.macros.lists(at as usize))
            }
        };
        located(text, lists, range, self.files)
    }

    /// Warns of rules that look at events of too many types, or of none.
    fn count_types(&mut self, item: &RuleItem, ast: &Ast, rule: &Context) {
        if item.source != "syscall" || !item.warn_evttypes {
            return;
        }
        let kinds = kinds::selected(ast, self.scheme).unwrap_or_else(|| self.scheme.all_kinds());
        let mut types: Vec<u16> = kinds.iter().map(self.options.event_type).collect();
        types.sort_unstable();
        types.dedup();
        if types.is_empty() || types.len() > MANY_TYPES {
            let message = "Rule matches too many evt.type values. This has a significant \
                           performance penalty.";
            let help = match types.is_empty() {
                true => "no event can match: the event types that it asks for exclude each other",
                false => "name the event types that the rule is about: `evt.type in (...) and ...`",
            };
            self.warn(Problem {
                code: Code::Warning(WarningCode::NoEvttype),
                message: message.to_owned(),
                context: rule.clone(),
                deprecated_field: None,
                span: item.condition.place().map(Place::span),
                help: Some(help.to_owned()),
            });
        }
    }

    /// Fields that are deprecated, and comparisons with `<NA>` that mean something else.
    fn condition_warnings(&mut self, ast: &Ast, condition: &Text, context: &Context) {
        let mut deprecated = [false; DEPRECATED.len()];
        let mut unsafe_na = false;
        let mut names = Vec::new();
        for check in ast.checks() {
            names.clear();
            field_names(&check.left, &mut names);
            for name in &names {
                if let Some(at) = DEPRECATED.iter().position(|(field, _)| field == name) {
                    deprecated[at] = true;
                }
            }
            let audit = |n: &&str| n.starts_with("ka.") || n.starts_with("jevt.");
            let equality = matches!(
                check.spelling,
                "=" | "==" | "!=" | "in" | "intersects" | "pmatch"
            );
            let is_na = |l: &lanner_filter::Literal| &*l.text == b"<NA>";
            unsafe_na |= equality
                && names.last().is_some_and(audit)
                && match &check.right {
                    Right::Value(value) => is_na(value),
                    Right::List(items) => items.iter().any(is_na),
                    Right::Nothing | Right::Operand(_) => false,
                };
        }
        let mut problem = |code, message: &str, field: Option<&'static str>| {
            let found = field.and_then(|f| Some((condition.text.find(f)?, f.len())));
            let span = found.and_then(|(at, n)| span_of(condition, at, at + n, self.files));
            self.warn(Problem {
                code: Code::Warning(code),
                message: message.to_owned(),
                context: context.condition(condition.text.as_str().into(), Mark::default()),
                deprecated_field: field,
                span: span.or_else(|| condition.place().map(Place::span)),
                help: None,
            });
        };
        if unsafe_na {
            problem(WarningCode::UnsafeNaCheck, "", None);
        }
        for ((field, message), _) in DEPRECATED.iter().zip(deprecated).filter(|(_, used)| *used) {
            problem(WarningCode::DeprecatedItem, message, Some(field));
        }
    }

    /// Warns of macros and lists that nothing refers to. Falco does so only if all is well.
    fn unused(&mut self, lists: &Lists, macros: &Macros) {
        let unused = macros
            .iter()
            .map(|(_, _, used)| used)
            .zip(self.collector.macros.iter());
        let macros: Vec<_> = unused
            .filter(|(used, _)| !used)
            .map(|(_, item)| (Item::Macro, item.name.as_str(), item.place))
            .collect();
        let unused = lists
            .iter()
            .map(|(_, _, used)| used)
            .zip(self.collector.lists.iter());
        let lists = unused
            .filter(|(used, _)| !used)
            .map(|(_, item)| (Item::List, item.name.as_str(), item.place));
        for (what, name, place) in macros.into_iter().chain(lists) {
            let (code, message) = match what {
                Item::Macro => (
                    WarningCode::UnusedMacro,
                    "Macro not referred to by any other rule/macro",
                ),
                _ => (
                    WarningCode::UnusedList,
                    "List not referred to by any other rule/macro",
                ),
            };
            let context = self.context(what, name, place);
            self.warn(Problem {
                code: Code::Warning(code),
                message: message.to_owned(),
                context,
                deprecated_field: None,
                span: Some(place.span()),
                help: None,
            });
        }
    }
}

/// Where a part of a condition with lists stands in its file.
fn located(
    text: &Text,
    lists: Option<&Substituted>,
    range: TextRange,
    files: &Files,
) -> Option<Span> {
    let origin = |offset: u32| lists.map_or(offset as usize, |l| l.origin(offset as usize));
    span_of(text, origin(range.start), origin(range.end), files)
}

/// A part of a rule that was looked at.
enum Checked<T> {
    Fine(T),
    /// It names something unknown, and the rule says that this is fine.
    Skipped,
    /// What is wrong with it is reported.
    Faulty,
}

/// The fields of an operand, from left to right.
fn field_names<'a>(operand: &'a Operand, names: &mut Vec<&'a str>) {
    fn of_argument<'a>(arg: &'a CallArg, names: &mut Vec<&'a str>) {
        match arg {
            CallArg::Operand(operand) => field_names(operand, names),
            CallArg::Literal(_) => {}
            CallArg::List(items) => items.iter().for_each(|item| of_argument(item, names)),
        }
    }
    match &operand.kind {
        OperandKind::Field { name, .. } => names.push(name),
        OperandKind::Call { args, .. } => args.iter().for_each(|arg| of_argument(arg, names)),
    }
}
