//! Conditions as Falco writes them in descriptions. What it writes need not parse again: an empty
//! value is written as nothing, and a parenthesis in a value needs no quotes.

use std::fmt::Write as _;

use lanner_filter::{Ast, CallArg, Expr, Literal, Node, Operand, OperandKind, Right};

/// What is still to be written.
enum Piece<'a> {
    Text(&'static str),
    Node(&'a Node),
}

/// How long a condition is written, in bytes: macros that are used often multiply.
const MAX_LENGTH: usize = 8 << 20;

/// The condition: every `and` and `or` in parentheses.
pub(super) fn written(ast: &Ast) -> String {
    let mut out = String::new();
    let mut todo = vec![Piece::Node(ast.node(ast.root()))];
    while let Some(piece) = todo.pop() {
        if out.len() > MAX_LENGTH {
            out.push_str("...");
            break;
        }
        let node = match piece {
            Piece::Text(text) => {
                out.push_str(text);
                continue;
            }
            Piece::Node(node) => node,
        };
        match &node.expr {
            Expr::And(ids) | Expr::Or(ids) => {
                let word = if matches!(node.expr, Expr::And(_)) {
                    " and "
                } else {
                    " or "
                };
                out.push('(');
                todo.push(Piece::Text(")"));
                for (i, id) in ids.iter().enumerate().rev() {
                    todo.push(Piece::Node(ast.node(*id)));
                    if i > 0 {
                        todo.push(Piece::Text(word));
                    }
                }
            }
            Expr::Not(id) => {
                out.push_str("not ");
                todo.push(Piece::Node(ast.node(*id)));
            }
            Expr::Macro(name) => out.push_str(name),
            Expr::Check(check) => {
                operand(&check.left, &mut out);
                let _ = write!(out, " {}", check.spelling);
                if let Some(modifier) = check.modifier {
                    let _ = write!(out, " {}", modifier.text());
                }
                match &check.right {
                    Right::Nothing => {}
                    Right::Value(value) => {
                        out.push(' ');
                        literal(value, &mut out);
                    }
                    Right::Operand(right) => {
                        out.push(' ');
                        operand(right, &mut out);
                    }
                    Right::List(values) => {
                        out.push_str(" (");
                        for (i, value) in values.iter().enumerate() {
                            out.push_str(if i > 0 { ", " } else { "" });
                            literal(value, &mut out);
                        }
                        out.push(')');
                    }
                }
            }
        }
    }
    out
}

fn operand(operand: &Operand, out: &mut String) {
    let arg = match &operand.kind {
        OperandKind::Field { name, arg } => {
            out.push_str(name);
            arg
        }
        OperandKind::Call {
            transformer,
            args,
            arg,
        } => {
            out.push_str(transformer.text());
            call_args(args, out);
            arg
        }
    };
    match arg {
        Some(arg) if arg.text.is_empty() => out.push_str("[\"\"]"),
        Some(arg) => {
            out.push('[');
            literal(arg, out);
            out.push(']');
        }
        None => {}
    }
}

fn call_args(args: &[CallArg], out: &mut String) {
    out.push('(');
    for (i, arg) in args.iter().enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        match arg {
            CallArg::Operand(inner) => operand(inner, out),
            CallArg::Literal(value) => literal(value, out),
            CallArg::List(items) => call_args(items, out),
        }
    }
    out.push(')');
}

/// A value, in quotes if it holds a blank, an escape, an equals sign or a quote.
fn literal(value: &Literal, out: &mut String) {
    let text = String::from_utf8_lossy(&value.text);
    let quotes = text
        .bytes()
        .any(|b| b"\x08\x0c\n\r\t =\\\"'\0".contains(&b));
    if !quotes {
        out.push_str(&text);
        return;
    }
    out.push('"');
    for c in text.chars() {
        match c {
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            c => out.push(c),
        }
    }
    out.push('"');
}
