//! Fields and operators as exceptions name them.

use lanner_filter::{Condition, Modifier, Op, Operand, OperandKind, Scheme, parse, parse_operand};

/// Whether a condition may have this on its left side.
pub(crate) fn is_field(text: &str, scheme: &Scheme) -> bool {
    if text.contains('(') {
        let check = parse(&format!("{text} exists"));
        return check.is_ok_and(|ast| Condition::compile(&ast, scheme).is_ok());
    }
    match parse_operand(text) {
        Ok((
            Operand {
                kind: OperandKind::Field { name, arg },
                ..
            },
            length,
        )) if length == text.len() => {
            let arg = arg.as_ref().map(|arg| String::from_utf8_lossy(&arg.text));
            scheme.resolve(&name, arg.as_deref()).is_ok()
        }
        _ => false,
    }
}

/// Whether this is an operator for one value with a word that applies it to a list
/// (`startswith oneof`).
pub(crate) fn has_modifier(text: &str) -> bool {
    let mut words = text.split_ascii_whitespace();
    let (Some(op), Some(modifier), None) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    Op::by_text(op).is_some_and(Op::takes_modifier)
        && Modifier::ALL.iter().any(|m| m.text() == modifier)
}

/// Whether the right side of this operator is a list.
pub(crate) fn takes_list(text: &str) -> bool {
    Op::by_text(text).is_some_and(Op::takes_list) || has_modifier(text)
}
