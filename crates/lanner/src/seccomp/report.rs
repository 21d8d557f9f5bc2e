//! How results are printed: text for people, JSON for scripts.

use std::io::{IsTerminal, Write};

use anyhow::Result;
use clap::{Args, ValueEnum};
use lanner_diag::{Diagnostic, Files, Severity, Style};
use serde_json::{Value, json};

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For scripts; the keys stay as they are.
    Json,
}

/// The option `--format`.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct FormatArgs {
    /// How to print.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: Format,
}

/// Prints to standard output. That nobody reads to the end is no error.
pub(crate) fn print(text: &str) -> Result<()> {
    write(text.as_bytes())
}

/// The same for bytes.
pub(crate) fn write(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Prints a JSON value and a newline.
pub(crate) fn print_json(value: &Value) -> Result<()> {
    print(&format!("{value:#}\n"))
}

/// Colours for terminals, unless `NO_COLOR` is set (no-color.org).
pub(crate) fn style(stream: &impl IsTerminal) -> Style {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    if wanted && stream.is_terminal() {
        Style::Colour
    } else {
        Style::Plain
    }
}

/// A diagnostic for scripts.
pub(crate) fn diagnostic_json(fault: &Diagnostic, files: &Files) -> Value {
    let place = |span| {
        let at = files.line_column(span);
        json!({ "file": files.name(span.file), "line": at.line, "column": at.column })
    };
    let labels: Vec<Value> = fault
        .labels
        .iter()
        .skip(1)
        .map(|label| {
            let mut value = place(label.span);
            value["text"] = json!(label.text);
            value
        })
        .collect();
    let mut value = match fault.span() {
        Some(span) => place(span),
        None => json!({ "file": null, "line": null, "column": null }),
    };
    value["severity"] = json!(match fault.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    });
    value["code"] = json!(fault.code);
    value["message"] = json!(fault.message);
    value["related"] = json!(labels);
    value["notes"] = json!(fault.notes);
    value["help"] = json!(fault.help);
    value
}
