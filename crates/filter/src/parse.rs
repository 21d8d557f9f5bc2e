//! From text to [`Ast`].
//!
//! A recursive descent over the grammar of §3.6 of the interface. What it accepts, what it says
//! and where are those of the original, also where that is surprising: rules files must load here
//! exactly if they load there.

use lanner_diag::TextRange;

use crate::ast::{
    Ast, CallArg, Check, Expr, Literal, Modifier, Node, NodeId, Op, Operand, OperandKind, Right,
    Transformer,
};

/// Why a text is no condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What was expected, in the words that tools look for.
    pub message: String,
    /// The byte at which parsing stopped.
    pub offset: usize,
}

/// How deep the parser may go, counted in grammar rules; a parenthesis costs five of them.
const MAX_DEPTH: u32 = 1000;

/// Parses a condition.
pub fn parse(text: &str) -> Result<Ast, ParseError> {
    let mut parser = Parser::new(text);
    let parsed = parser.parse_whole();
    parsed.map_err(|message| parser.error(message))?;
    Ok(Ast::from_nodes(parser.nodes))
}

/// Parses the field or transformer that `text` begins with; also how many bytes it takes.
pub fn parse_operand(text: &str) -> Result<(Operand, usize), ParseError> {
    let mut parser = Parser::new(text);
    match parser.parse_operand() {
        Ok(operand) => Ok((operand, parser.at)),
        Err(message) => Err(parser.error(message)),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: u32,
    /// What was last recognised, for the message on what follows it.
    last: String,
    nodes: Vec<Node>,
}

type Parsed<T> = Result<T, String>;

fn quoted_names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|n| format!("'{n}'")).collect();
    quoted.join(", ")
}

fn transformer_names() -> String {
    quoted_names(Transformer::ALL.map(Transformer::text))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 8 | b'\r' | b'\n')
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c | b'\r' | b'\n')
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Parser<'t> {
        Parser {
            text,
            at: 0,
            depth: 0,
            last: String::new(),
            nodes: Vec::new(),
        }
    }

    fn error(&self, message: String) -> ParseError {
        ParseError {
            message,
            offset: self.at,
        }
    }

    /// Runs a grammar rule one level deeper.
    fn deeper<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth + 1 >= MAX_DEPTH {
            return Err(format!("exceeded max depth limit of {MAX_DEPTH}"));
        }
        self.depth += 1;
        let parsed = rule(self);
        self.depth -= 1;
        parsed
    }

    fn range_from(&self, start: usize) -> TextRange {
        TextRange::new(start, self.at)
    }

    fn push(&mut self, expr: Expr, range: TextRange) -> NodeId {
        self.nodes.push(Node {
            expr,
            range,
            source: 0,
        });
        NodeId(self.nodes.len() as u32 - 1)
    }

    // Expressions.

    fn parse_whole(&mut self) -> Parsed<NodeId> {
        if self.text.is_empty() {
            return Err("filter input string is empty".into());
        }
        let root = self.parse_or()?;
        if self.at != self.text.len() {
            return Err(format!(
                "unexpected token after '{}', expecting 'or', 'and'",
                self.last
            ));
        }
        Ok(root)
    }

    fn parse_or(&mut self) -> Parsed<NodeId> {
        self.deeper(|p| p.parse_chain("or", Self::parse_and, Expr::Or))
    }

    fn parse_and(&mut self) -> Parsed<NodeId> {
        self.deeper(|p| p.parse_chain("and", Self::parse_not, Expr::And))
    }

    fn parse_chain(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Parsed<NodeId>,
        join: fn(Vec<NodeId>) -> Expr,
    ) -> Parsed<NodeId> {
        self.skip_blanks();
        let start = self.at;
        let first = part(self)?;
        let mut parts = vec![first];
        let mut end = self.at;
        self.skip_blanks();
        while self.take(word) {
            let next = if self.skip_blanks() {
                part(self)?
            } else if self.take("(") {
                self.parse_embedded()?
            } else {
                return Err(format!("expected blank or '(' after '{word}'"));
            };
            parts.push(next);
            end = self.at;
            self.skip_blanks();
        }
        if parts.len() == 1 {
            return Ok(first);
        }
        Ok(self.push(join(parts), TextRange::new(start, end)))
    }

    fn parse_not(&mut self) -> Parsed<NodeId> {
        self.deeper(|p| {
            p.skip_blanks();
            let start = p.at;
            let mut negated = false;
            while p.take_not_and_blank() {
                negated = !negated;
            }
            let child = if p.take("not(") {
                negated = !negated;
                p.parse_embedded()?
            } else {
                p.parse_check()?
            };
            if !negated {
                return Ok(child);
            }
            let range = p.range_from(start);
            Ok(p.push(Expr::Not(child), range))
        })
    }

    /// What follows an opening parenthesis.
    fn parse_embedded(&mut self) -> Parsed<NodeId> {
        self.deeper(|p| {
            let child = p.parse_or()?;
            p.skip_blanks();
            if !p.take(")") {
                return Err("expected a ')' token".into());
            }
            Ok(child)
        })
    }

    fn parse_check(&mut self) -> Parsed<NodeId> {
        self.deeper(|p| {
            p.skip_blanks();
            if p.take("(") {
                return p.parse_embedded();
            }
            let start = p.at;
            if let Some(name) = p.take_field_name() {
                let left = p.parse_field_rest(name, start)?;
                return p.parse_comparison(left, start);
            }
            if let Some(transformer) = p.take_transformer() {
                let left = p.parse_call_rest(transformer, start)?;
                return p.parse_comparison(left, start);
            }
            if let Some(name) = p.take_identifier() {
                let range = p.range_from(start);
                return Ok(p.push(Expr::Macro(name.into()), range));
            }
            Err("expected a '(' token, a field check, or an identifier".into())
        })
    }

    // Operands.

    fn parse_operand(&mut self) -> Parsed<Operand> {
        self.deeper(|p| {
            let start = p.at;
            if let Some(name) = p.take_field_name() {
                return p.parse_field_rest(name, start);
            }
            if let Some(transformer) = p.take_transformer() {
                return p.parse_call_rest(transformer, start);
            }
            Err(format!("unexpected token after '{}", p.last))
        })
    }

    fn parse_field_rest(&mut self, name: &str, start: usize) -> Parsed<Operand> {
        self.deeper(|p| {
            let arg = p.parse_arg()?;
            let kind = OperandKind::Field {
                name: name.into(),
                arg,
            };
            let range = p.range_from(start);
            Ok(Operand { kind, range })
        })
    }

    fn parse_arg(&mut self) -> Parsed<Option<Literal>> {
        if !self.take("[") {
            return Ok(None);
        }
        let quoted = self.take_quoted()?;
        let Some(arg) = quoted.or_else(|| self.take_bare(|b| !b"[]\"'".contains(&b))) else {
            return Err("expected a valid field argument: a quoted string or a bare string".into());
        };
        if !self.take("]") {
            return Err("expected a ']' token".into());
        }
        Ok(Some(arg))
    }

    /// What follows `transformer(`.
    fn parse_call_rest(&mut self, transformer: Transformer, start: usize) -> Parsed<Operand> {
        self.deeper(|p| {
            let mut args = Vec::new();
            loop {
                p.skip_blanks();
                args.push(p.parse_call_arg()?);
                p.skip_blanks();
                if !p.take(",") {
                    break;
                }
            }
            if !p.take(")") {
                return Err("expected a ')' token closing the transformer".into());
            }
            let arg = p.parse_arg()?;
            let kind = OperandKind::Call {
                transformer,
                args,
                arg,
            };
            let range = p.range_from(start);
            Ok(Operand { kind, range })
        })
    }

    fn parse_call_arg(&mut self) -> Parsed<CallArg> {
        self.deeper(|p| {
            p.skip_blanks();
            if let Some(arg) = p.parse_plain_call_arg()? {
                return Ok(arg);
            }
            if p.take("(") {
                return p.parse_call_list();
            }
            Err("expected field transformer argument: \
                 field, transformer, quoted string, number, or transformer list"
                .into())
        })
    }

    fn parse_call_list(&mut self) -> Parsed<CallArg> {
        let mut items = Vec::new();
        self.skip_blanks();
        if self.take(")") {
            return Ok(CallArg::List(items));
        }
        loop {
            let Some(item) = self.parse_plain_call_arg()? else {
                return Err("expected transformer list argument: \
                            field, transformer, quoted string, or number"
                    .into());
            };
            items.push(item);
            self.skip_blanks();
            if !self.take(",") {
                break;
            }
            self.skip_blanks();
        }
        if !self.take(")") {
            return Err("expected ')'".into());
        }
        Ok(CallArg::List(items))
    }

    fn parse_plain_call_arg(&mut self) -> Parsed<Option<CallArg>> {
        let start = self.at;
        if let Some(number) = self.take_number() {
            return Ok(Some(CallArg::Literal(number)));
        }
        if let Some(text) = self.take_quoted()? {
            return Ok(Some(CallArg::Literal(text)));
        }
        if let Some(transformer) = self.take_transformer() {
            let call = self.parse_call_rest(transformer, start)?;
            return Ok(Some(CallArg::Operand(call)));
        }
        if let Some(name) = self.take_field_name() {
            let field = self.parse_field_rest(name, start)?;
            return Ok(Some(CallArg::Operand(field)));
        }
        Ok(None)
    }

    // Comparisons.

    fn parse_comparison(&mut self, left: Operand, start: usize) -> Parsed<NodeId> {
        self.deeper(|p| {
            p.skip_blanks();
            let Some((spelling, op)) = p.take_operator() else {
                return Err(format!(
                    "expected a valid check operator: one of {}",
                    quoted_names(Op::SPELLINGS.map(|(text, _)| text))
                ));
            };
            let mut modifier = None;
            let right = match op {
                Op::Exists => Right::Nothing,
                Op::Lt | Op::Le | Op::Gt | Op::Ge => p.parse_number_value()?,
                Op::In | Op::Intersects | Op::PMatch => p.parse_list_value(true)?,
                _ => {
                    modifier = p.take_modifier(spelling);
                    match modifier {
                        Some(_) => p.parse_list_value(false)?,
                        None => p.parse_string_value()?,
                    }
                }
            };
            let range = p.range_from(start);
            let check = Check {
                left,
                op,
                spelling,
                modifier,
                right,
            };
            Ok(p.push(Expr::Check(Box::new(check)), range))
        })
    }

    /// A modifier, if a list follows it: `proc.name = oneof` compares with the word.
    fn take_modifier(&mut self, spelling: &str) -> Option<Modifier> {
        // The blank that a word needs after it is part of the operator.
        let blank = spelling.starts_with(|c: char| c.is_ascii_alphabetic()) || self.skip_blanks();
        if !blank {
            return None;
        }
        let (at, last) = (self.at, self.last.clone());
        for modifier in Modifier::ALL {
            if self.take(modifier.text()) && self.skip_blanks() && self.list_follows() {
                return Some(modifier);
            }
            self.at = at;
            self.last.clone_from(&last);
        }
        None
    }

    fn list_follows(&self) -> bool {
        let rest = self.rest();
        if rest.first() == Some(&b'(') {
            return true;
        }
        let keyword = ["and", "or", "not"].iter().any(|word| {
            rest.starts_with(word.as_bytes())
                && !rest.get(word.len()).is_some_and(u8::is_ascii_alphanumeric)
        });
        !keyword && rest.first().is_some_and(u8::is_ascii_alphabetic)
    }

    fn parse_number_value(&mut self) -> Parsed<Right> {
        self.deeper(|p| {
            p.skip_blanks();
            if let Some(operand) = p.parse_right_operand()? {
                return Ok(Right::Operand(operand));
            }
            match p.take_number() {
                Some(number) => Ok(Right::Value(number)),
                None => Err(format!(
                    "expected a number value or a field with a valid transformer: {}",
                    transformer_names()
                )),
            }
        })
    }

    fn parse_string_value(&mut self) -> Parsed<Right> {
        self.deeper(|p| {
            p.skip_blanks();
            if let Some(operand) = p.parse_right_operand()? {
                return Ok(Right::Operand(operand));
            }
            match p.take_string()? {
                Some(text) => Ok(Right::Value(text)),
                None => Err(format!(
                    "expected a string value or a field with a valid transformer: {}",
                    transformer_names()
                )),
            }
        })
    }

    fn parse_list_value(&mut self, or_operand: bool) -> Parsed<Right> {
        self.deeper(|p| {
            p.skip_blanks();
            if let Some(items) = p.parse_list()? {
                return Ok(Right::List(items));
            }
            if or_operand && let Some(operand) = p.parse_right_operand()? {
                return Ok(Right::Operand(operand));
            }
            let start = p.at;
            if let Some(name) = p.take_identifier() {
                let text = name.as_bytes().into();
                let range = p.range_from(start);
                return Ok(Right::Value(Literal {
                    text,
                    quoted: false,
                    range,
                }));
            }
            Err(if or_operand {
                format!(
                    "expected a list, an identifier, or a field with a valid transformer: {}",
                    transformer_names()
                )
            } else {
                "expected a list or an identifier".into()
            })
        })
    }

    fn parse_list(&mut self) -> Parsed<Option<Vec<Literal>>> {
        if !self.take("(") {
            return Ok(None);
        }
        let mut items = Vec::new();
        // Whatever is wrong with the first item, the original takes the list for an empty one.
        if let Ok(first) = self.parse_list_item() {
            items.push(first);
            self.skip_blanks();
            while self.take(",") {
                items.push(self.parse_list_item()?);
                self.skip_blanks();
            }
        }
        if !self.take(")") {
            return Err("expected a ')' token".into());
        }
        Ok(Some(items))
    }

    fn parse_list_item(&mut self) -> Parsed<Literal> {
        self.deeper(|p| {
            p.skip_blanks();
            let item = p.take_string()?;
            item.ok_or_else(|| "expected a string value".into())
        })
    }

    /// `val(field)` or a transformer.
    fn parse_right_operand(&mut self) -> Parsed<Option<Operand>> {
        self.deeper(|p| {
            let start = p.at;
            if p.take("val(") {
                p.skip_blanks();
                let field_start = p.at;
                let Some(name) = p.take_field_name() else {
                    return Err("expected a field within 'val' transformer".into());
                };
                let field = p.parse_field_rest(name, field_start)?;
                p.skip_blanks();
                if !p.take(")") {
                    return Err("expected a ')' token closing the transformer".into());
                }
                let arg = p.parse_arg()?;
                let kind = OperandKind::Call {
                    transformer: Transformer::Val,
                    args: vec![CallArg::Operand(field)],
                    arg,
                };
                let range = p.range_from(start);
                return Ok(Some(Operand { kind, range }));
            }
            match p.take_transformer() {
                Some(transformer) => p.parse_call_rest(transformer, start).map(Some),
                None => Ok(None),
            }
        })
    }

    // Tokens. All but `skip_blanks` remember what they took in `last`.

    fn rest(&self) -> &'t [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn skip_blanks(&mut self) -> bool {
        let blanks = self.rest().iter().take_while(|b| is_blank(**b)).count();
        self.at += blanks;
        blanks > 0
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token.as_bytes());
        if found {
            self.take_bytes(token.len());
        }
        found
    }

    /// Takes so many bytes, which must end between characters.
    fn take_bytes(&mut self, len: usize) -> &'t str {
        let taken = &self.text[self.at..self.at + len];
        self.last.clear();
        self.last.push_str(taken);
        self.at += len;
        taken
    }

    fn take_not_and_blank(&mut self) -> bool {
        let Some(rest) = self.rest().strip_prefix(b"not") else {
            return false;
        };
        let blanks = rest.iter().take_while(|b| is_space(**b)).count();
        if blanks > 0 {
            self.take_bytes(3 + blanks);
        }
        blanks > 0
    }

    fn identifier_len(bytes: &[u8]) -> usize {
        if !bytes.first().is_some_and(u8::is_ascii_alphabetic) {
            return 0;
        }
        let word = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
        bytes.iter().take_while(word).count()
    }

    fn take_identifier(&mut self) -> Option<&'t str> {
        match Self::identifier_len(self.rest()) {
            0 => None,
            len => Some(self.take_bytes(len)),
        }
    }

    fn take_field_name(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let first = Self::identifier_len(rest);
        let mut len = first;
        while first > 0 && rest.get(len) == Some(&b'.') {
            match Self::identifier_len(&rest[len + 1..]) {
                0 => break,
                more => len += 1 + more,
            }
        }
        (len > first).then(|| self.take_bytes(len))
    }

    fn take_transformer(&mut self) -> Option<Transformer> {
        let mut all = Transformer::ALL.into_iter();
        let found = all.find(|t| {
            let rest = self.rest().strip_prefix(t.text().as_bytes());
            *t != Transformer::Val && rest.is_some_and(|r| r.starts_with(b"("))
        })?;
        self.take_bytes(found.text().len() + 1);
        self.last.pop();
        Some(found)
    }

    fn take_operator(&mut self) -> Option<(&'static str, Op)> {
        // A word needs a blank behind it, except those that a list or nothing follows.
        let found = Op::SPELLINGS.into_iter().find(|(text, op)| {
            let Some(rest) = self.rest().strip_prefix(text.as_bytes()) else {
                return false;
            };
            let open =
                op.takes_list() || *op == Op::Exists || !text.as_bytes()[0].is_ascii_alphabetic();
            open || rest.first().is_some_and(|b| is_blank(*b))
        })?;
        self.take_bytes(found.0.len());
        if found.1.takes_modifier() && found.0.as_bytes()[0].is_ascii_alphabetic() {
            self.skip_blanks();
        }
        Some(found)
    }

    fn take_number(&mut self) -> Option<Literal> {
        let rest = self.rest();
        let digits = |from: usize, hex: bool| {
            let rest = rest.get(from..).unwrap_or_default();
            let digit = |b: &&u8| {
                if hex {
                    b.is_ascii_hexdigit()
                } else {
                    b.is_ascii_digit()
                }
            };
            rest.iter().take_while(digit).count()
        };
        let start = self.at;
        let mut len = 0;
        if matches!(rest, [b'0', b'x' | b'X', ..]) && digits(2, true) > 0 {
            len = 2 + digits(2, true);
        } else {
            let sign = usize::from(matches!(rest, [b'+' | b'-', ..]));
            if digits(sign, false) > 0 {
                len = sign + digits(sign, false);
                if rest.get(len) == Some(&b'.') {
                    len += 1 + digits(len + 1, false);
                }
                if let [b'e' | b'E', b'+' | b'-', ..] = rest[len..]
                    && digits(len + 2, false) > 0
                {
                    len += 2 + digits(len + 2, false);
                }
            }
        }
        if len == 0 {
            return None;
        }
        let text = self.take_bytes(len).as_bytes().into();
        Some(Literal {
            text,
            quoted: false,
            range: self.range_from(start),
        })
    }

    fn take_bare(&mut self, part: impl Fn(u8) -> bool) -> Option<Literal> {
        let start = self.at;
        let len = self
            .rest()
            .iter()
            .take_while(|b| part(**b) && !is_space(**b))
            .count();
        if len == 0 {
            return None;
        }
        let text = self.take_bytes(len).as_bytes().into();
        Some(Literal {
            text,
            quoted: false,
            range: self.range_from(start),
        })
    }

    fn take_string(&mut self) -> Parsed<Option<Literal>> {
        let quoted = self.take_quoted()?;
        Ok(quoted.or_else(|| self.take_bare(|b| !b"()\"'=,".contains(&b))))
    }

    /// A string in quotes. One that does not end is not a string; one with a bad escape is an
    /// error behind it. A quote ends it unless a backslash stands right before, even one that is
    /// itself escaped.
    fn take_quoted(&mut self) -> Parsed<Option<Literal>> {
        let rest = self.rest();
        let Some(quote @ (b'"' | b'\'')) = rest.first().copied() else {
            return Ok(None);
        };
        let ends = |i: &usize| rest[*i] == quote && rest[*i - 1] != b'\\';
        let zero = rest.iter().position(|b| *b == 0).unwrap_or(rest.len());
        let Some(end) = (1..zero).find(ends) else {
            return Ok(None);
        };
        let start = self.at;
        self.take_bytes(end + 1);
        let text = unescape(&rest[1..end], quote)?;
        self.last = String::from_utf8_lossy(&text).into_owned();
        Ok(Some(Literal {
            text: text.into(),
            quoted: true,
            range: self.range_from(start),
        }))
    }
}

fn unescape(text: &[u8], quote: u8) -> Parsed<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let Some((escape, behind)) = rest.split_first() else {
            break;
        };
        rest = behind;
        out.push(match escape {
            b'b' => 8,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            // Rules in the wild have a backslash before a blank and mean the backslash.
            b' ' | b'\\' => b'\\',
            b'/' => b'/',
            b'"' | b'\'' if *escape == quote => quote,
            b'"' => return Err("invalid \\\" escape in '-quoted string".into()),
            b'\'' => return Err("invalid \\' escape in \"-quoted string".into()),
            b'x' => {
                let Some((digits, behind)) = rest.split_first_chunk::<2>() else {
                    return Err("truncated hex char escape sequence".into());
                };
                rest = behind;
                let digits = String::from_utf8_lossy(digits);
                match u8::from_str_radix(&digits, 16) {
                    Ok(byte) if !digits.starts_with('+') => byte,
                    _ => return Err(format!("invalid hex char escape sequence: {digits}")),
                }
            }
            other => {
                let shown = String::from_utf8_lossy(std::slice::from_ref(other)).into_owned();
                return Err(format!("unsupported string escape sequence: \\{shown}"));
            }
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
