//! How results are printed: text for people, JSON for scripts.

use std::io::{IsTerminal, Write};

use anyhow::Result;
use clap::{Args, ValueEnum};
use lanner_diag::{Diagnostic, Files, Severity, Style};
use lanner_seccomp::Action;
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

/// Says something on standard error.
pub(crate) fn note(text: &str) {
    // Nobody is left to tell if stderr is closed.
    let _ = std::io::stderr().write_all(text.as_bytes());
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

/// Columns of the terminal, or 100 where there is none.
pub(crate) fn width() -> usize {
    let stdout = std::io::stdout();
    let columns = match stdout.is_terminal() {
        true => rustix::termios::tcgetwinsize(&stdout).map_or(0, |w| w.ws_col),
        false => 0,
    };
    match usize::from(columns) {
        0 => 100,
        columns => columns.clamp(40, 200),
    }
}

/// Colours for what standard output shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(bool);

impl Paint {
    /// Colours if standard output is a terminal.
    pub(crate) fn stdout() -> Paint {
        Paint(style(&std::io::stdout()) == Style::Colour)
    }

    /// None.
    pub(crate) fn plain() -> Paint {
        Paint(false)
    }

    fn in_colour(self, code: &str, text: &str) -> String {
        if self.0 {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// Headings.
    pub(crate) fn bold(self, text: &str) -> String {
        self.in_colour("1", text)
    }

    /// An action: green if the call happens, red if it does not, yellow if somebody is asked.
    pub(crate) fn action(self, action: Action, text: &str) -> String {
        let code = match action {
            Action::Allow | Action::Log => "32",
            Action::Notify | Action::Trace(_) => "33",
            _ => "31",
        };
        self.in_colour(code, text)
    }
}

/// Words in lines of `width` columns, those after the first indented.
pub(crate) fn wrap<'a>(
    words: impl IntoIterator<Item = &'a str>,
    indent: usize,
    width: usize,
) -> String {
    let mut out = String::new();
    let mut column = indent;
    for word in words {
        let length = word.chars().count();
        if column > indent && column + 1 + length > width {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if column > indent {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

/// An action as people read it: without the prefix, error numbers by name.
pub(crate) fn action(action: Action) -> String {
    let name = action.name().trim_start_matches("SCMP_ACT_");
    match action {
        Action::Errno(n) => match lanner_seccomp::profile::errno_name(n) {
            Some(errno) => format!("{name} {errno}"),
            None => format!("{name} {n}"),
        },
        Action::Trace(n) => format!("{name} {n}"),
        Action::Trap(n) if n != 0 => format!("{name} {n}"),
        _ => name.to_owned(),
    }
}

/// An action for scripts.
pub(crate) fn action_json(action: Action) -> Value {
    let data = match action {
        Action::Errno(n) | Action::Trace(n) | Action::Trap(n) => json!(n),
        _ => Value::Null,
    };
    json!({ "action": action.name(), "data": data })
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_and_the_next_lines_indented() {
        assert_eq!(wrap(["aa", "bb", "cc"], 2, 8), "aa bb\n  cc");
        assert_eq!(wrap(["aaaaaaaaaa", "b"], 1, 4), "aaaaaaaaaa\n b");
        assert_eq!(wrap([], 1, 4), "");
    }
}
