//! Outputs: what the configuration appends to them, and whether their fields exist.

use lanner_filter::{Template, TemplateError};

use super::place::span_of;
use super::{Checked, Compiler, DEPRECATED};
use crate::item::{Place, RuleItem, Text};
use crate::result::{Code, Context, ErrorCode, Item, Problem, WarningCode};
use crate::ruleset::ExtraField;

/// An output that is checked.
pub(super) struct Output {
    pub(super) template: Template,
    pub(super) text: String,
    pub(super) fields: Vec<ExtraField>,
}

impl Compiler<'_> {
    /// The output with what the configuration appends to it, checked.
    pub(super) fn output(&mut self, item: &RuleItem, rule: &Context) -> Checked<Output> {
        let place = item.output.place().unwrap_or(item.place);
        let context = rule.with(Item::RuleOutput, "", place.mark);
        let mut text = item.output.text.clone();
        let mut fields: Vec<(String, String, bool)> = Vec::new();
        for append in self
            .options
            .append
            .iter()
            .filter(|append| append.matches(item))
        {
            let suggested = append
                .suggested
                .then(|| self.suggested())
                .into_iter()
                .flatten();
            for more in append.output.iter().cloned().chain(suggested) {
                text.push(' ');
                text.push_str(&more);
            }
            let texts = append
                .texts
                .iter()
                .map(|(key, text)| (key.clone(), text.clone(), false));
            let raw = append
                .fields
                .iter()
                .map(|field| (field.clone(), format!("%{field}"), true));
            for field in texts.chain(raw) {
                fields.retain(|(key, ..)| *key != field.0);
                fields.push(field);
            }
        }
        const CONTAINER_INFO: &str = "%container.info";
        if text.contains(CONTAINER_INFO) {
            let message = "%container.info is deprecated and no more useful, and will be dropped by \
                           Falco 1.0.0. The container plugin will automatically add required fields \
                           to the output message.";
            let span =
                item.output.text.find(CONTAINER_INFO).and_then(|at| {
                    span_of(&item.output, at, at + CONTAINER_INFO.len(), self.files)
                });
            self.warn(Problem {
                code: Code::Warning(WarningCode::DeprecatedItem),
                message: message.to_owned(),
                context: rule.clone(),
                deprecated_field: None,
                span: span.or(Some(place.span())),
                help: Some("take it out".to_owned()),
            });
            text = text.replace(CONTAINER_INFO, "");
        }
        if item.broken && item.output.text.is_empty() {
            return Checked::Faulty;
        }
        let template = match Template::parse(&text, self.scheme) {
            Ok(template) => template,
            Err(error) => {
                return self.output_fault(item, error, &text, &context, item.skip_if_unknown);
            }
        };
        self.deprecated_in_output(&text, &item.output, &context);
        let mut extra = Vec::with_capacity(fields.len());
        for (key, text, raw) in fields {
            match Template::parse(&text, self.scheme) {
                Ok(template) => extra.push(ExtraField {
                    key,
                    template,
                    text: text.clone(),
                    raw,
                }),
                Err(error) => return self.output_fault(item, error, &text, &context, false),
            }
            self.deprecated_in_output(&text, &item.output, &context);
        }
        Checked::Fine(Output {
            template,
            text,
            fields: extra,
        })
    }

    fn output_fault(
        &mut self,
        item: &RuleItem,
        error: TemplateError,
        text: &str,
        context: &Context,
        may_skip: bool,
    ) -> Checked<Output> {
        let start = error.offset;
        let own = text.starts_with(&item.output.text) && start < item.output.text.len();
        let token = |c: char| c.is_ascii_alphanumeric() || "%._[]".contains(c);
        let end = text[start..]
            .find(|c| !token(c))
            .map_or(text.len(), |n| start + n.max(1));
        let span = own
            .then(|| span_of(&item.output, start, end, self.files))
            .flatten();
        let problem = Problem {
            code: Code::Error(ErrorCode::CompileOutput),
            message: error.message,
            context: context.clone(),
            deprecated_field: None,
            span: span.or_else(|| item.output.place().map(Place::span)),
            help: error.help,
        };
        match self.fault_or_skip(problem, may_skip) {
            true => Checked::Skipped,
            false => Checked::Faulty,
        }
    }

    /// The fields that the scheme suggests for outputs, each as a piece of text.
    fn suggested(&self) -> Vec<String> {
        let suggested = self.scheme.fields().filter(|(_, def)| def.flags.suggested);
        suggested
            .map(|(_, def)| format!("{}=%{}", def.name.replace('.', "_"), def.name))
            .collect()
    }

    fn deprecated_in_output(&mut self, text: &str, output: &Text, context: &Context) {
        for (field, _) in DEPRECATED.iter().filter(|(field, _)| text.contains(field)) {
            let message =
                format!("usage of deprecated field '{field}' has been detected in the rule output");
            let found = output.text.find(field);
            let span = found.and_then(|at| span_of(output, at, at + field.len(), self.files));
            self.warn(Problem {
                code: Code::Warning(WarningCode::DeprecatedItem),
                message,
                context: context.clone(),
                deprecated_field: Some(field),
                span: span.or_else(|| output.place().map(Place::span)),
                help: None,
            });
        }
    }
}
