//! A condition on the command line.

use anyhow::{Result, bail};
use lanner_diag::{Diagnostic, Files, Span, Style, TextRange, render};
use lanner_filter::{Condition, Scheme, parse};

/// The condition in `text`. Faults are shown with their place.
pub(crate) fn condition(text: &str, scheme: &Scheme) -> Result<Condition> {
    let mut files = Files::new();
    let file = files.add("filter", text);
    let at = |range: TextRange| Span { file, range };
    let fault = match parse(text) {
        Err(error) => {
            let place = TextRange::new(error.offset, error.offset + 1);
            Diagnostic::error("filter", error.to_string()).label(at(place), "")
        }
        Ok(ast) => match Condition::compile(&ast, scheme) {
            Ok(condition) => return Ok(condition),
            Err(errors) => match errors.into_iter().next() {
                Some(error) => Diagnostic::error("filter", error.to_string())
                    .label(at(error.range), "")
                    .help(error.help),
                None => Diagnostic::error("filter", "it cannot be used"),
            },
        },
    };
    bail!("{}", render(&fault, &files, Style::Plain))
}
