//! What a condition says, before it is known whether its fields exist.
//!
//! The nodes of an [`Ast`] lie in one vector, children before their parents. Passes over it are
//! loops, not recursion, so neither a deeply nested condition nor a long chain of macros can
//! exhaust the stack, and a macro that is used twice is stored once.

use std::fmt::{self, Display};

use hashbrown::HashMap;
use lanner_diag::TextRange;

/// A node of an [`Ast`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// A condition as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Ast {
    nodes: Vec<Node>,
}

/// One node and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub expr: Expr,
    /// Where it stands in its text.
    pub range: TextRange,
    /// Which text that is: 0, or what [`Ast::set_source`] was given.
    pub source: u32,
}

/// A boolean expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// All of them; two or more, from left to right.
    And(Vec<NodeId>),
    /// Any of them; two or more, from left to right.
    Or(Vec<NodeId>),
    /// The opposite.
    Not(NodeId),
    /// A reference to a macro.
    Macro(Box<str>),
    /// A comparison.
    Check(Box<Check>),
}

/// A comparison of a field with something.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What is compared.
    pub left: Operand,
    /// How.
    pub op: Op,
    /// The operator as it was written (`=` and `==` are one operator).
    pub spelling: &'static str,
    /// How the operator is applied to a list.
    pub modifier: Option<Modifier>,
    /// What it is compared with.
    pub right: Right,
}

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Right {
    /// None (`exists`).
    Nothing,
    /// One value.
    Value(Literal),
    /// A list of values in parentheses.
    List(Vec<Literal>),
    /// Another field, or a transformer.
    Operand(Operand),
}

/// A value as it was written, with its quotes and escapes resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The value; an escape can make it something else than UTF-8.
    pub text: Box<[u8]>,
    /// Whether it stood in quotes.
    pub quoted: bool,
    /// Where it stands.
    pub range: TextRange,
}

/// A field, or a transformer applied to fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Operand {
    /// Which of the two.
    pub kind: OperandKind,
    /// Where it stands.
    pub range: TextRange,
}

/// What an [`Operand`] is.
#[derive(Clone, Debug, PartialEq)]
pub enum OperandKind {
    /// `name` or `name[argument]`.
    Field {
        /// The dotted name as it was written.
        name: Box<str>,
        /// What stands in brackets.
        arg: Option<Literal>,
    },
    /// `transformer(…)` or `transformer(…)[argument]`.
    Call {
        /// Which transformer.
        transformer: Transformer,
        /// What it is applied to; at least one.
        args: Vec<CallArg>,
        /// What stands in brackets behind it.
        arg: Option<Literal>,
    },
}

/// What a transformer is applied to.
#[derive(Clone, Debug, PartialEq)]
pub enum CallArg {
    /// A field or another transformer.
    Operand(Operand),
    /// A quoted string or a number.
    Literal(Literal),
    /// A list in parentheses; its items are no lists.
    List(Vec<CallArg>),
}

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "`Op::text` says how each is written")]
pub enum Op {
    Exists,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Contains,
    IContains,
    BContains,
    StartsWith,
    BStartsWith,
    EndsWith,
    Glob,
    IGlob,
    Regex,
    In,
    Intersects,
    PMatch,
}

impl Op {
    /// All operators as they can be written, in the order in which messages list them.
    pub const SPELLINGS: [(&'static str, Op); 20] = [
        ("exists", Op::Exists),
        ("<=", Op::Le),
        ("<", Op::Lt),
        (">=", Op::Ge),
        (">", Op::Gt),
        ("==", Op::Eq),
        ("=", Op::Eq),
        ("!=", Op::Ne),
        ("glob", Op::Glob),
        ("iglob", Op::IGlob),
        ("contains", Op::Contains),
        ("icontains", Op::IContains),
        ("bcontains", Op::BContains),
        ("startswith", Op::StartsWith),
        ("bstartswith", Op::BStartsWith),
        ("endswith", Op::EndsWith),
        ("regex", Op::Regex),
        ("intersects", Op::Intersects),
        ("in", Op::In),
        ("pmatch", Op::PMatch),
    ];

    /// How it is written; `=` for equality.
    pub fn text(self) -> &'static str {
        let spelled = Op::SPELLINGS.iter().rev().find(|(_, op)| *op == self);
        spelled.map_or("", |(text, _)| text)
    }

    /// The operator that is written like this (without a modifier).
    pub fn by_text(text: &str) -> Option<Op> {
        let spelled = Op::SPELLINGS.iter().find(|(t, _)| *t == text);
        spelled.map(|(_, op)| *op)
    }

    /// Whether its right side is a list (`in`, `intersects`, `pmatch`).
    pub fn takes_list(self) -> bool {
        matches!(self, Op::In | Op::Intersects | Op::PMatch)
    }

    /// Whether a [`Modifier`] may follow it.
    pub fn takes_modifier(self) -> bool {
        !self.takes_list() && !matches!(self, Op::Exists | Op::Lt | Op::Le | Op::Gt | Op::Ge)
    }
}

/// How an operator for one value is applied to a list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Modifier {
    /// Exactly one item satisfies the operator.
    OneOf,
    /// At least one does.
    AnyOf,
    /// All do.
    AllOf,
}

impl Modifier {
    /// All of them.
    pub const ALL: [Modifier; 3] = [Modifier::OneOf, Modifier::AnyOf, Modifier::AllOf];

    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            Modifier::OneOf => "oneof",
            Modifier::AnyOf => "anyof",
            Modifier::AllOf => "allof",
        }
    }
}

/// A function on the values of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "§3.8 of the interface has a table of them")]
pub enum Transformer {
    Val,
    ToLower,
    ToUpper,
    B64,
    Basename,
    Len,
    Join,
    Concat,
    GetOpt,
}

impl Transformer {
    /// All of them, in the order in which messages list them.
    pub const ALL: [Transformer; 9] = [
        Transformer::Val,
        Transformer::ToLower,
        Transformer::ToUpper,
        Transformer::B64,
        Transformer::Basename,
        Transformer::Len,
        Transformer::Join,
        Transformer::Concat,
        Transformer::GetOpt,
    ];

    /// Its name.
    pub fn text(self) -> &'static str {
        match self {
            Transformer::Val => "val",
            Transformer::ToLower => "tolower",
            Transformer::ToUpper => "toupper",
            Transformer::B64 => "b64",
            Transformer::Basename => "basename",
            Transformer::Len => "len",
            Transformer::Join => "join",
            Transformer::Concat => "concat",
            Transformer::GetOpt => "getopt",
        }
    }
}

/// Why macros cannot be substituted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MacroError {
    /// There is no such macro. The message is the one that tools look for.
    #[error("Undefined macro '{name}' used in filter.")]
    Undefined {
        /// The name that was used.
        name: Box<str>,
        /// Where.
        range: TextRange,
    },
    /// With its macros the condition has more than [`Ast::MAX_NODES`] nodes.
    #[error(
        "the condition has more than {} parts once its macros are substituted",
        Ast::MAX_NODES
    )]
    TooLarge,
}

impl Ast {
    /// The most nodes that a condition may have once its macros are substituted.
    pub const MAX_NODES: usize = 1 << 20;

    /// The nodes must lie behind their children, the root last.
    pub(crate) fn from_nodes(nodes: Vec<Node>) -> Ast {
        Ast { nodes }
    }

    /// The node of the whole condition.
    pub fn root(&self) -> NodeId {
        NodeId(self.nodes.len() as u32 - 1)
    }

    /// A node of this condition.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// All nodes, children before their parents.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (NodeId, &Node)> {
        self.nodes
            .iter()
            .enumerate()
            .map(|(i, node)| (NodeId(i as u32), node))
    }

    /// Marks all nodes as standing in the text that the caller calls `source`.
    pub fn set_source(&mut self, source: u32) {
        self.nodes.iter_mut().for_each(|node| node.source = source);
    }

    /// The names of macros that are referred to, and where.
    pub fn macros(&self) -> impl Iterator<Item = (&str, TextRange)> {
        self.nodes.iter().filter_map(|node| match &node.expr {
            Expr::Macro(name) => Some((&**name, node.range)),
            _ => None,
        })
    }

    /// The comparisons, from left to right.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.nodes.iter().filter_map(|node| match &node.expr {
            Expr::Check(check) => Some(&**check),
            _ => None,
        })
    }

    /// The values on the right sides, from left to right.
    pub fn literals(&self) -> impl Iterator<Item = &Literal> {
        self.checks().flat_map(|check| match &check.right {
            Right::Value(value) => std::slice::from_ref(value),
            Right::List(items) => items,
            Right::Nothing | Right::Operand(_) => &[],
        })
    }

    /// The field names that are used, also inside transformers, from left to right.
    pub fn field_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for check in self.checks() {
            check.left.field_names(&mut names);
            if let Right::Operand(right) = &check.right {
                right.field_names(&mut names);
            }
        }
        names
    }

    /// The same condition with each macro replaced by what `lookup` knows it as. What `lookup`
    /// gives should have its own macros substituted already; names that are left over in it stay.
    pub fn resolve_macros<'m>(
        &self,
        mut lookup: impl FnMut(&str) -> Option<&'m Ast>,
    ) -> Result<Ast, MacroError> {
        let mut nodes: Vec<Node> = Vec::with_capacity(self.nodes.len());
        let mut placed: HashMap<&str, NodeId> = HashMap::new();
        let mut moved: Vec<NodeId> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            if let Expr::Macro(name) = &node.expr {
                let root = match placed.get(&**name) {
                    Some(root) => *root,
                    None => {
                        let found = lookup(name).ok_or_else(|| MacroError::Undefined {
                            name: name.clone(),
                            range: node.range,
                        })?;
                        let base = nodes.len() as u32;
                        if nodes.len() + found.nodes.len() > Ast::MAX_NODES {
                            return Err(MacroError::TooLarge);
                        }
                        nodes.extend(found.nodes.iter().map(|n| n.map(|id| NodeId(base + id.0))));
                        let root = NodeId(base + found.root().0);
                        placed.insert(name, root);
                        root
                    }
                };
                moved.push(root);
            } else {
                moved.push(NodeId(nodes.len() as u32));
                nodes.push(node.map(|id| moved[id.0 as usize]));
            }
        }
        // The root must come last, also where the whole condition is one macro seen before.
        let root = moved.last().copied().unwrap_or(NodeId(0));
        nodes.truncate(root.0 as usize + 1);
        Ok(Ast { nodes })
    }
}

impl Node {
    fn map(&self, at: impl Fn(NodeId) -> NodeId) -> Node {
        let all = |ids: &[NodeId]| ids.iter().map(|id| at(*id)).collect();
        let expr = match &self.expr {
            Expr::And(ids) => Expr::And(all(ids)),
            Expr::Or(ids) => Expr::Or(all(ids)),
            Expr::Not(id) => Expr::Not(at(*id)),
            other => other.clone(),
        };
        Node {
            expr,
            range: self.range,
            source: self.source,
        }
    }
}

impl Operand {
    fn field_names<'a>(&'a self, out: &mut Vec<&'a str>) {
        match &self.kind {
            OperandKind::Field { name, .. } => out.push(name),
            OperandKind::Call { args, .. } => args.iter().for_each(|arg| arg.field_names(out)),
        }
    }
}

impl CallArg {
    /// The field names in it.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.field_names(&mut names);
        names
    }

    fn field_names<'a>(&'a self, out: &mut Vec<&'a str>) {
        match self {
            CallArg::Operand(operand) => operand.field_names(out),
            CallArg::Literal(_) => {}
            CallArg::List(items) => items.iter().for_each(|item| item.field_names(out)),
        }
    }
}

/// What is still to be written.
enum Piece<'a> {
    Text(&'static str),
    Node(&'a Node),
}

/// The condition as text that parses to the same: every `and` and `or` in parentheses, values
/// quoted where they need it.
impl Display for Ast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Shared macros can make the text exponentially longer than the nodes are many.
        let mut lengths: Vec<usize> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let of = |id: &NodeId| lengths[id.0 as usize];
            let length = match &node.expr {
                Expr::And(ids) | Expr::Or(ids) => {
                    ids.iter().map(of).fold(1usize, usize::saturating_add)
                }
                Expr::Not(id) => of(id).saturating_add(1),
                Expr::Macro(_) | Expr::Check(_) => 1,
            };
            lengths.push(length);
        }
        if lengths.last().is_some_and(|l| *l > Ast::MAX_NODES) {
            return f.write_str("(...)");
        }
        let mut todo = vec![Piece::Node(self.node(self.root()))];
        while let Some(piece) = todo.pop() {
            let node = match piece {
                Piece::Text(text) => {
                    f.write_str(text)?;
                    continue;
                }
                Piece::Node(node) => node,
            };
            match &node.expr {
                Expr::And(ids) | Expr::Or(ids) => {
                    let word = match node.expr {
                        Expr::And(_) => " and ",
                        _ => " or ",
                    };
                    f.write_str("(")?;
                    todo.push(Piece::Text(")"));
                    for (i, id) in ids.iter().enumerate().rev() {
                        todo.push(Piece::Node(self.node(*id)));
                        if i > 0 {
                            todo.push(Piece::Text(word));
                        }
                    }
                }
                Expr::Not(id) => {
                    f.write_str("not ")?;
                    todo.push(Piece::Node(self.node(*id)));
                }
                Expr::Macro(name) => f.write_str(name)?,
                Expr::Check(check) => check.fmt(f)?,
            }
        }
        Ok(())
    }
}

impl Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.left, self.spelling)?;
        if let Some(modifier) = self.modifier {
            write!(f, " {}", modifier.text())?;
        }
        match &self.right {
            Right::Nothing => Ok(()),
            Right::Value(value) => write!(f, " {value}"),
            Right::Operand(operand) => write!(f, " {operand}"),
            Right::List(items) => {
                f.write_str(" (")?;
                for (i, item) in items.iter().enumerate() {
                    f.write_str(if i > 0 { ", " } else { "" })?;
                    item.fmt(f)?;
                }
                f.write_str(")")
            }
        }
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arg = match &self.kind {
            OperandKind::Field { name, arg } => {
                f.write_str(name)?;
                arg
            }
            OperandKind::Call {
                transformer,
                args,
                arg,
            } => {
                f.write_str(transformer.text())?;
                write_call_args(args, f)?;
                arg
            }
        };
        match arg {
            Some(arg) => arg.fmt_arg(f),
            None => Ok(()),
        }
    }
}

fn write_call_args(args: &[CallArg], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("(")?;
    for (i, arg) in args.iter().enumerate() {
        f.write_str(if i > 0 { "," } else { "" })?;
        match arg {
            CallArg::Operand(operand) => operand.fmt(f)?,
            CallArg::Literal(literal) if literal.quoted => literal.fmt_quoted(f)?,
            CallArg::Literal(literal) => literal.fmt(f)?,
            CallArg::List(items) => write_call_args(items, f)?,
        }
    }
    f.write_str(")")
}

impl Literal {
    /// As the argument of a field: more can stay bare there. Alerts have it as a key.
    fn fmt_arg(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = |b: u8| !b.is_ascii_control() && !b" \"'=\\[]".contains(&b);
        f.write_str("[")?;
        match std::str::from_utf8(&self.text) {
            Ok(text) if !text.is_empty() && text.bytes().all(bare) => f.write_str(text)?,
            _ => self.fmt_quoted(f)?,
        }
        f.write_str("]")
    }

    fn fmt_quoted(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for chunk in self.text.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\u{8}' => f.write_str("\\b")?,
                    '\u{c}' => f.write_str("\\f")?,
                    '\n' => f.write_str("\\n")?,
                    '\r' => f.write_str("\\r")?,
                    '\t' => f.write_str("\\t")?,
                    '\\' => f.write_str("\\\\")?,
                    '"' => f.write_str("\\\"")?,
                    '\0'..' ' => write!(f, "\\x{:02x}", c as u32)?,
                    c => write!(f, "{c}")?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_str("\"")
    }
}

/// The value as it can be written: bare where that is possible.
impl Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = |b: &u8| !b.is_ascii_control() && !b" \"'=\\(),[]".contains(b);
        match std::str::from_utf8(&self.text) {
            Ok(text) if !text.is_empty() && text.bytes().all(|b| bare(&b)) => f.write_str(text),
            _ => self.fmt_quoted(f),
        }
    }
}
