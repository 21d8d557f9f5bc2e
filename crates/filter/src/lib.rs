//! The condition language of rules.
//!
//! A [`Scheme`] names the typed fields that conditions may use; this crate knows nothing of events
//! or processes beyond it. Text becomes an AST, the AST is checked against the scheme and becomes
//! a condition, and many conditions become one matcher that evaluates a [`Record`] against all of
//! them at once. Output templates (`%proc.name`) are parsed and rendered over the same scheme.
//!
//! Depends on `lanner-diag` only.
#![forbid(unsafe_code)]

pub mod ast;
pub mod kind;
pub mod parse;
pub mod scheme;
pub mod value;

pub use ast::{
    Ast, CallArg, Check, Expr, Literal, MacroError, Modifier, Node, NodeId, Op, Operand,
    OperandKind, Right, Transformer,
};
pub use kind::{KindId, KindSet};
pub use parse::{ParseError, parse, parse_operand};
pub use scheme::{ArgSpec, Argument, FieldDef, FieldFlags, FieldId, Many, Print, Scheme, Type};
pub use value::{Record, Value};
