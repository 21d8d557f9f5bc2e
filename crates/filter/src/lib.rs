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
pub mod condition;
mod constant;
mod glob;
mod intern;
pub mod kind;
pub mod matcher;
mod operand;
pub mod parse;
mod posix;
mod predicate;
mod print;
pub mod scheme;
pub mod template;
#[cfg(test)]
mod toy;
pub mod value;

pub use ast::{
    Ast, CallArg, Check, Expr, Literal, MacroError, Modifier, Node, NodeId, Op, Operand,
    OperandKind, Right, Transformer,
};
pub use condition::{CompileError, Condition, Fact, Fault, Remark};
pub use constant::{Constant, Net};
pub use kind::{KindId, KindSet};
pub use matcher::{Matcher, Matching, RuleIndex, Scratch};
pub use parse::{ParseError, parse, parse_operand};
pub use print::{PrintOptions, Printed};
pub use scheme::{
    ArgSpec, Argument, FieldDef, FieldFlags, FieldId, KindField, Many, Print, ResolveError, Scheme,
    Type,
};
pub use template::{Template, TemplateError, TemplateField};
pub use value::{Record, Value};
