//! From what was written to typed predicates and a graph of them.

use lanner_diag::TextRange;

use super::{CompileError, Fault, Node, Remark};
use crate::ast::{Ast, Check, Expr, Literal, Op, Right, Transformer};
use crate::constant;
use crate::intern::Interned;
use crate::operand::{OperandError, Pool, Typed, type_operand};
use crate::posix::Posix;
use crate::predicate::{Patterns, Predicate, Test, Values};
use crate::{Constant, KindSet, Many, Modifier, OperandKind, Scheme, Type};

/// How deep `and`, `or` and `not` may nest in each other once macros are substituted.
const MAX_DEPTH: u32 = 1000;

/// What a condition is made of.
pub(super) struct Parts {
    pub(super) pool: Pool,
    pub(super) predicates: Vec<Predicate>,
    /// Children before their parents, the root last.
    pub(super) nodes: Vec<Node>,
    pub(super) remarks: Vec<Remark>,
}

/// Types a condition; all faults, from left to right.
pub(super) fn compile(ast: &Ast, scheme: &Scheme) -> Result<Parts, Vec<CompileError>> {
    let mut compiler = Compiler {
        scheme,
        pool: Pool::default(),
        predicates: Interned::default(),
        nodes: Interned::default(),
        depths: Vec::new(),
        warnings: Vec::new(),
        errors: Vec::new(),
    };
    let root = compiler.run(ast);
    if !compiler.errors.is_empty() {
        return Err(compiler.errors);
    }
    let mut nodes = compiler.nodes.into_items();
    nodes.truncate(root as usize + 1);
    Ok(Parts {
        pool: compiler.pool,
        predicates: compiler.predicates.into_items(),
        nodes,
        remarks: compiler.warnings,
    })
}

struct Compiler<'s> {
    scheme: &'s Scheme,
    pool: Pool,
    predicates: Interned<Predicate>,
    nodes: Interned<Node>,
    /// By node.
    depths: Vec<u32>,
    warnings: Vec<Remark>,
    errors: Vec<CompileError>,
}

/// A fault of one comparison, before it is known where that stands.
struct CheckError {
    fault: Fault,
    message: String,
    help: Option<String>,
    range: Option<TextRange>,
}

impl From<String> for CheckError {
    fn from(message: String) -> CheckError {
        CheckError {
            fault: Fault::Other,
            message,
            help: None,
            range: None,
        }
    }
}

impl Compiler<'_> {
    /// Compiles all nodes; the number of the root.
    fn run(&mut self, ast: &Ast) -> u32 {
        let mut uses = vec![0u32; ast.nodes().len()];
        for (_, node) in ast.nodes() {
            match &node.expr {
                Expr::And(ids) | Expr::Or(ids) => {
                    ids.iter().for_each(|id| uses[id.0 as usize] += 1);
                }
                Expr::Not(id) => uses[id.0 as usize] += 1,
                Expr::Macro(_) | Expr::Check(_) => {}
            }
        }
        // Where each node of the text went; chains of one word are joined into one node.
        let mut placed: Vec<Placed> = Vec::with_capacity(ast.nodes().len());
        for (_, node) in ast.nodes() {
            let made = match &node.expr {
                Expr::And(ids) => self.chain(ids, &uses, &mut placed, false),
                Expr::Or(ids) => self.chain(ids, &uses, &mut placed, true),
                Expr::Not(id) => {
                    let child = self.settle(&mut placed[id.0 as usize]);
                    Placed::Node(self.negate(child))
                }
                Expr::Macro(name) => {
                    let message = format!("filter error: unexpected identifier '{name}'");
                    self.fail(message.into(), node.range, node.source);
                    Placed::Node(self.push(Node::Const(false)))
                }
                Expr::Check(check) => match self.check(check, node.source) {
                    Ok(made) => Placed::Node(self.push(made)),
                    Err(error) => {
                        self.fail(error, node.range, node.source);
                        Placed::Node(self.push(Node::Const(false)))
                    }
                },
            };
            placed.push(made);
        }
        let root = match placed.last_mut() {
            Some(root) => self.settle(root),
            None => self.push(Node::Const(false)),
        };
        if self.depths[root as usize] > MAX_DEPTH {
            let message = format!("exceeded max depth limit of {MAX_DEPTH}");
            let whole = ast.node(ast.root());
            self.fail(message.into(), whole.range, whole.source);
        }
        root
    }

    fn fail(&mut self, error: CheckError, range: TextRange, source: u32) {
        self.errors.push(CompileError {
            fault: error.fault,
            message: error.message,
            range: error.range.unwrap_or(range),
            source_text: source,
            help: error.help,
        });
    }

    fn push(&mut self, node: Node) -> u32 {
        let below = |ids: &[u32]| ids.iter().map(|id| self.depths[*id as usize]).max();
        let depth = match &node {
            Node::Const(_) | Node::Predicate(_) => 1,
            Node::Not(id) => self.depths[*id as usize] + 1,
            Node::And(ids) | Node::Or(ids) => below(ids).unwrap_or(0) + 1,
        };
        let id = self.nodes.intern(node);
        if id as usize == self.depths.len() {
            self.depths.push(depth);
        }
        id
    }

    fn negate(&mut self, id: u32) -> u32 {
        match self.nodes.items()[id as usize] {
            Node::Const(value) => self.push(Node::Const(!value)),
            Node::Not(inner) => inner,
            _ => self.push(Node::Not(id)),
        }
    }

    fn chain(
        &mut self,
        ids: &[crate::NodeId],
        uses: &[u32],
        placed: &mut [Placed],
        or: bool,
    ) -> Placed {
        let mut parts = Vec::with_capacity(ids.len());
        for id in ids {
            let part = &mut placed[id.0 as usize];
            match part {
                Placed::Chain {
                    or: same,
                    parts: of,
                } if *same == or && uses[id.0 as usize] == 1 => {
                    parts.append(of);
                }
                part => parts.push(self.settle(part)),
            }
        }
        Placed::Chain { or, parts }
    }

    /// The number of a node; a chain becomes one.
    fn settle(&mut self, placed: &mut Placed) -> u32 {
        let (or, parts) = match placed {
            Placed::Node(id) => return *id,
            Placed::Chain { or, parts } => (*or, std::mem::take(parts)),
        };
        let mut seen = hashbrown::HashSet::new();
        let mut kept = Vec::with_capacity(parts.len());
        let mut decided = false;
        for id in parts {
            match self.nodes.items()[id as usize] {
                Node::Const(value) => decided |= value == or,
                _ if seen.insert(id) => kept.push(id),
                _ => {}
            }
        }
        let id = match (decided, kept.as_slice()) {
            (true, _) => self.push(Node::Const(or)),
            (false, []) => self.push(Node::Const(!or)),
            (false, [one]) => *one,
            (false, _) if or => self.push(Node::Or(kept)),
            (false, _) => self.push(Node::And(kept)),
        };
        *placed = Placed::Node(id);
        id
    }

    fn operand_error(&self, error: OperandError) -> CheckError {
        let nearest = error
            .unknown
            .as_deref()
            .and_then(|name| self.scheme.nearest_name(name));
        CheckError {
            fault: match error.unknown {
                Some(_) => Fault::UnknownField,
                None => Fault::Other,
            },
            message: error.message,
            help: nearest.map(|name| format!("did you mean `{name}`?")),
            range: Some(error.range),
        }
    }

    fn check(&mut self, check: &Check, source: u32) -> Result<Node, CheckError> {
        let left = type_operand(&check.left, self.scheme, &mut self.pool)
            .map_err(|error| self.operand_error(error))?;
        self.refuse_wrapped_kinds(&check.left)?;
        fits(check.op, check.modifier, &left)?;
        let kind_field = left
            .field
            .and_then(|field| self.scheme.kind_fields.iter().find(|k| k.field == field));
        let mut kinds = None;
        let test = match &check.right {
            Right::Nothing => Test::Exists,
            Right::Operand(right) => {
                let typed = type_operand(right, self.scheme, &mut self.pool)
                    .map_err(|error| self.operand_error(error))?;
                if kind_field.is_some() && matches!(check.op, Op::Eq | Op::Ne | Op::In) {
                    return Err(
                        "right-hand field comparisons on `evt.type`/`syscall.type` checks \
                                are not supported by event code search"
                            .to_string()
                            .into(),
                    );
                }
                self.refuse_wrapped_kinds(right)?;
                check_sides(check.op, &left, &typed)?;
                Test::Operand {
                    op: check.op,
                    right: typed.id,
                }
            }
            Right::Value(value) => {
                let values = std::slice::from_ref(value);
                self.values(check, &left, values, kind_field, &mut kinds, source)?
            }
            Right::List(values) => {
                self.values(check, &left, values, kind_field, &mut kinds, source)?
            }
        };
        if let Test::Values(values) = &test
            && values.constants.is_empty()
            && left.many != Many::List
        {
            return Ok(Node::Const(false));
        }
        if kind_field.is_some() && test == Test::Exists {
            kinds = Some(
                self.pool
                    .kinds(left.id, self.scheme)
                    .unwrap_or(self.scheme.all_kinds()),
            );
        }
        let predicate = Predicate {
            left: left.id,
            ty: left.ty,
            many: left.many,
            test,
            kinds: kinds.map(Box::new),
        };
        let id = self.predicates.intern(predicate);
        Ok(Node::Predicate(id))
    }

    /// A field that selects kinds inside a transformer ends the original with a runtime error.
    fn refuse_wrapped_kinds(&self, operand: &crate::Operand) -> Result<(), CheckError> {
        let OperandKind::Call {
            transformer, args, ..
        } = &operand.kind
        else {
            return Ok(());
        };
        let names = args.iter().flat_map(crate::CallArg::names);
        for name in names {
            let field = self.scheme.by_name(name);
            let selects = self
                .scheme
                .kind_fields
                .iter()
                .any(|k| Some(k.field) == field);
            if selects && *transformer != Transformer::Val {
                return Err(
                    "event code search does not support `evt.type` checks with transformers"
                        .to_string()
                        .into(),
                );
            }
        }
        Ok(())
    }

    fn values(
        &mut self,
        check: &Check,
        left: &Typed,
        literals: &[Literal],
        kind_field: Option<&crate::scheme::KindField>,
        kinds: &mut Option<KindSet>,
        source: u32,
    ) -> Result<Test, CheckError> {
        let mut constants = Vec::with_capacity(literals.len());
        let mut patterns = Patterns::default();
        let mut selected = KindSet::empty();
        for literal in literals {
            self.remark(check.op, literal, source);
            let text = &literal.text;
            match (left.ty, self.scheme.resolve_name) {
                (Type::IpName, Some(resolve)) => {
                    let addresses = resolve(&String::from_utf8_lossy(text));
                    constants.extend(addresses.into_iter().map(Constant::Ip));
                }
                (Type::IpName, None) => {}
                _ => constants.push(constant::parse(text, left.ty, check.op)?),
            }
            if check.op == Op::Regex {
                let regex =
                    Posix::new(text).map_err(|error| format!("invalid regex pattern: {error}"))?;
                patterns.0.push(regex.into());
            }
            if let Some(kind_field) = kind_field {
                let name = String::from_utf8_lossy(text);
                match (kind_field.kinds_of)(&name) {
                    Some(of) => selected = selected.union(&of),
                    None => {
                        return Err(CheckError {
                            fault: Fault::UnknownKind,
                            message: format!("unknown event type {name}"),
                            help: None,
                            range: Some(literal.range),
                        });
                    }
                }
            }
        }
        if left.flags.at_most && check.op != Op::Eq {
            let message = format!("{} supports only '=' comparison operator", left.name);
            return Err(message.into());
        }
        let single = left.many != Many::List;
        let (op, modifier) = match (check.op, check.modifier) {
            (Op::Eq, None) if left.flags.at_most => (Op::Le, None),
            (Op::Eq, None | Some(Modifier::AnyOf)) => (Op::In, None),
            (Op::Intersects, None) if single => (Op::In, None),
            (Op::Ne, Some(Modifier::AllOf)) => (Op::Ne, None),
            other => other,
        };
        let set = matches!(op, Op::In | Op::Intersects | Op::Ne | Op::PMatch);
        if modifier.is_none() && set {
            constants.sort_unstable();
            constants.dedup();
        }
        if kind_field.is_some() && check.modifier.is_none() {
            let present = self.pool.kinds(left.id, self.scheme);
            let present = present.unwrap_or_else(|| self.scheme.all_kinds());
            *kinds = match op {
                Op::In => Some(selected),
                Op::Ne => Some(present.difference(&selected)),
                _ => None,
            };
        }
        // A field of no name differs from every name.
        if left.ty == Type::IpName && op == Op::Ne && constants.is_empty() {
            return Ok(Test::Exists);
        }
        Ok(Test::Values(Values {
            op,
            modifier,
            constants,
            patterns,
        }))
    }

    /// What the original warns of.
    fn remark(&mut self, op: Op, literal: &Literal, source: u32) {
        let text = String::from_utf8_lossy(&literal.text);
        let mut messages = Vec::new();
        if op == Op::Regex && simpler_operator_fits(literal.text.as_ref()) {
            messages.push(format!(
                "regex check with '{text}' may be optimized with simpler operators such as '=', \
                 'contains', 'startswith', 'endswith'"
            ));
        }
        let bare: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let (name, arg) = match bare.split_once('[') {
            Some((name, arg)) => (name, arg.strip_suffix(']')),
            None => (bare.as_str(), None),
        };
        if bare.contains('.')
            && (arg.is_some() || !bare.contains('['))
            && self.scheme.resolve(name, arg).is_ok()
        {
            messages.push(format!(
                "'{text}' may be a valid field misused as a const string value"
            ));
        }
        for transformer in Transformer::ALL {
            let rest = bare.strip_prefix(transformer.text());
            if rest.is_some_and(|r| r.starts_with('(') && r.ends_with(')')) {
                messages.push(format!(
                    "'{text}' may be a valid field transformer misused as a const string value"
                ));
            }
        }
        self.warnings
            .extend(messages.into_iter().map(|message| Remark {
                message,
                range: literal.range,
                source_text: source,
            }));
    }
}

/// Where a node of the text went.
enum Placed {
    Node(u32),
    Chain { or: bool, parts: Vec<u32> },
}

/// A regular expression without special characters but an anchor or `.*` at its ends.
fn simpler_operator_fits(pattern: &[u8]) -> bool {
    let len = pattern.len();
    let mut i = 0;
    while i < len {
        let byte = pattern[i];
        let anchor = (i == 0 && byte == b'^') || (i == len - 1 && byte == b'$');
        let end = (i == 0 && len > 1) || i + 2 == len;
        if anchor {
            i += 1;
        } else if end && byte == b'.' && b"+*?".contains(&pattern[i + 1]) {
            i += 2;
        } else if b".+*?^$()[]{}|\\".contains(&byte) {
            return false;
        } else {
            i += 1;
        }
    }
    true
}

/// Whether the operator fits the type of its left side.
fn fits(op: Op, modifier: Option<Modifier>, left: &Typed) -> Result<(), CheckError> {
    use Op::{
        BContains, BStartsWith, Contains, EndsWith, Eq, Exists, Ge, Gt, In, Intersects, Le, Lt, Ne,
        StartsWith,
    };
    if op == Exists {
        return Ok(());
    }
    let name = op.text();
    if left.is_list() {
        return match op {
            In | Intersects => Ok(()),
            _ => Err(format!("filter error: '{name}' operator not supported list filters").into()),
        };
    }
    let (fits, what) = match left.ty {
        Type::Int(_)
        | Type::Uint(_)
        | Type::Double
        | Type::Port
        | Type::RelTime
        | Type::AbsTime => (
            matches!(op, Eq | Ne | Lt | Le | Gt | Ge | In | Intersects),
            "numeric",
        ),
        Type::Bool => (matches!(op, Eq | Ne | In | Intersects), "numeric"),
        Type::Str | Type::Path | Type::IpName | Type::Dynamic => {
            (!matches!(op, BContains | BStartsWith), "string")
        }
        Type::Bytes => (
            matches!(
                op,
                Eq | Ne
                    | Contains
                    | In
                    | StartsWith
                    | EndsWith
                    | Intersects
                    | BContains
                    | BStartsWith
            ),
            "buffer",
        ),
        Type::Ip | Type::Net => (
            matches!(op, Eq | Ne | In | Intersects),
            "ip address and network",
        ),
    };
    match (fits, left.ty, modifier) {
        (true, ..) => Ok(()),
        (false, Type::Ip | Type::Net, Some(_)) => Err(format!(
            "filter error: '{name}' with modifier not supported for {what} filters"
        )
        .into()),
        _ => {
            Err(format!("filter error: '{name}' operator not supported for {what} filters").into())
        }
    }
}

/// Whether two operands can be compared.
fn check_sides(op: Op, left: &Typed, right: &Typed) -> Result<(), CheckError> {
    let message = if matches!(op, Op::PMatch | Op::Regex) {
        let name = if op == Op::Regex { "REGEX" } else { "PMATCH" };
        format!("operator '{name}' doesn't support right-hand side fields")
    } else if left.ty == Type::Net {
        "field type 'IPNET' doesn't support right-hand side fields".into()
    } else if left.flags.no_rhs {
        format!(
            "field '{}' doesn't support right-hand side fields",
            left.name
        )
    } else if right.flags.no_rhs {
        format!(
            "field '{}' can't be used as a right-hand side field",
            right.name
        )
    } else if left.type_name != right.type_name || left.is_list() != right.is_list() {
        let list = |typed: &Typed| if typed.is_list() { " (list)" } else { "" };
        format!(
            "field '{}' has type '{}'{} while the right-hand side field '{}' has incompatible \
             type '{}'{}",
            left.name,
            left.type_name,
            list(left),
            right.name,
            right.type_name,
            list(right)
        )
    } else {
        return Ok(());
    };
    Err(message.into())
}
