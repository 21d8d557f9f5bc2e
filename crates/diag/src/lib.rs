//! What is wrong with what people write, and where: spans in files, diagnostics with a code and
//! labels, and their rendering with carets.
//!
//! A parser of rules or configuration adds its inputs to [`Files`] and yields a value together
//! with a list of [`Diagnostic`]s: every fault, not the first. Depends on no other crate of this
//! workspace.
#![forbid(unsafe_code)]

mod render;
mod span;
mod suggest;
pub mod yaml;

pub use render::{Style, render};
pub use span::{FileId, Files, LineColumn, Span, TextRange};
pub use suggest::nearest;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// What was written cannot be used.
    Error,
    /// It can be used, and is probably not what was meant.
    Warning,
}

/// A place that a diagnostic points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// One fault, for a person to read and a tool to grep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable code (`LOAD_ERR_COMPILE_CONDITION`).
    pub code: &'static str,
    /// What is wrong, in the words that tools look for.
    pub message: String,
    /// Where; the first label is the place itself, the others are context.
    pub labels: Vec<Label>,
    /// Facts that help to understand it.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message.into())
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message.into())
    }

    fn new(severity: Severity, code: &'static str, message: String) -> Diagnostic {
        Diagnostic {
            severity,
            code,
            message,
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// The same, pointing to one more place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        let text = text.into();
        self.labels.push(Label { span, text });
        self
    }

    /// The same with one more note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    /// The same with advice; `None` leaves it as it was.
    #[must_use]
    pub fn help(mut self, help: Option<String>) -> Diagnostic {
        self.help = help.or(self.help);
        self
    }

    /// The place itself, if it has one.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}
