//! Output templates: text with `%field`, `%field[argument]` and `%transformer(field)` in it.

use bumpalo::Bump;

use crate::ast::{CallArg, Operand, OperandKind};
use crate::operand::{Pool, Read, Source, Typed, type_operand};
use crate::parse::parse_operand;
use crate::print::{PrintOptions, Printed, printed, write_value};
use crate::{Argument, FieldId, Record, Scheme};

/// What is printed for a field that is missing.
pub const MISSING: &str = "<NA>";

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template {
    pool: Pool,
    pieces: Vec<Piece>,
    fields: Vec<TemplateField>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(Box<str>),
    Value(Typed),
}

/// A field that a template prints.
#[derive(Clone, Debug)]
pub struct TemplateField {
    /// As it is written, with its argument, without the `%`.
    pub token: Box<str>,
    /// The field.
    pub field: FieldId,
    /// Its argument.
    pub arg: Argument,
    typed: Typed,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// In the words that tools look for.
    pub message: String,
    /// The byte at which the token stands.
    pub offset: usize,
    /// What is wrong in truth, and what to do about it.
    pub help: Option<String>,
}

impl Template {
    /// Parses a template. A token is the longest text behind a `%` that is a field or a
    /// transformer of the scheme; what follows it is text again.
    pub fn parse(text: &str, scheme: &Scheme) -> Result<Template, TemplateError> {
        let mut template = Template {
            pool: Pool::default(),
            pieces: Vec::new(),
            fields: Vec::new(),
        };
        if text.is_empty() {
            return Err(TemplateError {
                message: "empty formatting token".into(),
                offset: 0,
                help: None,
            });
        }
        // A leading asterisk once asked for what is always done: to render missing fields too.
        let mut rest = text.strip_prefix('*').unwrap_or(text);
        while let Some(percent) = rest.find('%') {
            template.push_text(&rest[..percent]);
            let behind = &rest[percent + 1..];
            let fail = |help| TemplateError {
                // What the original says of every mistake in a token.
                message: "unknown filter: unexpected token after '".into(),
                offset: text.len() - behind.len() - 1,
                help,
            };
            if behind.is_empty() {
                return Err(TemplateError {
                    message: "invalid formatting syntax: formatting cannot end with a %".into(),
                    ..fail(None)
                });
            }
            let len = template.push_token(behind, scheme).map_err(fail)?;
            rest = &behind[len..];
        }
        template.push_text(rest);
        Ok(template)
    }

    fn push_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.pieces.push(Piece::Text(text.into()));
        }
    }

    /// Adds the token that `text` begins with; how long it is, or what is wrong with it.
    fn push_token(&mut self, text: &str, scheme: &Scheme) -> Result<usize, Option<String>> {
        let (mut help, mut len) = match parse_operand(text) {
            Ok((operand, len)) => match type_operand(&operand, scheme, &mut self.pool) {
                Ok(typed) => {
                    self.push_fields(&operand, scheme);
                    self.pieces.push(Piece::Value(typed));
                    return Ok(len);
                }
                Err(error) => {
                    let name = error.unknown.as_deref();
                    let nearest = name.and_then(|name| scheme.nearest_name(name));
                    let help = match nearest {
                        Some(name) => format!("{}; did you mean `%{name}`?", error.message),
                        None => error.message,
                    };
                    (Some(help), len)
                }
            },
            // A keyword may reach beyond the place at which parsing stopped.
            Err(error) => (None, error.offset + LONGEST_KEYWORD),
        };
        len = text.floor_char_boundary(len);
        while len > 1 {
            len = text.floor_char_boundary(len - 1);
            let Ok((operand, used)) = parse_operand(&text[..len]) else {
                continue;
            };
            if let Ok(typed) = type_operand(&operand, scheme, &mut self.pool) {
                self.push_fields(&operand, scheme);
                self.pieces.push(Piece::Value(typed));
                return Ok(used);
            }
        }
        if text.starts_with(|c: char| c == '%' || c.is_ascii_digit()) {
            help = Some("widths and an escape for % are not supported".into());
        }
        Err(help)
    }

    /// The fields of a token, also inside transformers, are printed as JSON under their names.
    fn push_fields(&mut self, operand: &Operand, scheme: &Scheme) {
        match &operand.kind {
            OperandKind::Field { .. } => {
                let Ok(typed) = type_operand(operand, scheme, &mut self.pool) else {
                    return;
                };
                let Source::Field(field, arg) = self.pool.source(typed.id) else {
                    return;
                };
                let token = operand.to_string();
                if self.fields.iter().all(|f| *f.token != *token) {
                    self.fields.push(TemplateField {
                        token: token.into(),
                        field: *field,
                        arg: arg.clone(),
                        typed,
                    });
                }
            }
            OperandKind::Call { args, .. } => {
                args.iter()
                    .for_each(|arg| self.push_arg_fields(arg, scheme));
            }
        }
    }

    fn push_arg_fields(&mut self, arg: &CallArg, scheme: &Scheme) {
        match arg {
            CallArg::Operand(operand) => self.push_fields(operand, scheme),
            CallArg::Literal(_) => {}
            CallArg::List(items) => {
                items
                    .iter()
                    .for_each(|item| self.push_arg_fields(item, scheme));
            }
        }
    }

    /// The fields it prints, each token once, in order.
    pub fn fields(&self) -> &[TemplateField] {
        &self.fields
    }

    /// Appends the text for a record. A missing field prints [`MISSING`].
    pub fn render<'a, R: Record<'a> + ?Sized>(
        &self,
        record: &R,
        options: PrintOptions,
        arena: &'a Bump,
        out: &mut Vec<u8>,
    ) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Value(typed) if typed.unprintable => {
                    out.extend_from_slice(MISSING.as_bytes());
                }
                Piece::Value(typed) => match self.pool.eval(typed.id, Read::Print, record, arena) {
                    Some(value) => write_value(out, &value, typed.look, options),
                    None => out.extend_from_slice(MISSING.as_bytes()),
                },
            }
        }
    }

    /// The values of its fields for a record, as JSON holds them, in the order of
    /// [`Template::fields`].
    pub fn values<'t, 'a, R: Record<'a> + ?Sized>(
        &'t self,
        record: &'t R,
        options: PrintOptions,
        arena: &'a Bump,
    ) -> impl Iterator<Item = (&'t str, Printed<'a>)> + use<'t, 'a, R> {
        self.fields.iter().map(move |field| {
            let value = record.json(field.field, &field.arg, arena);
            let shown = value.map(|value| printed(value, field.typed.look, options, arena));
            (&*field.token, shown.unwrap_or(Printed::Missing))
        })
    }
}

/// No keyword that the parser looks for is longer.
const LONGEST_KEYWORD: usize = 16;

#[cfg(test)]
mod tests;
