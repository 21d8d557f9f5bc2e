//! A condition that is known to make sense: its fields exist, its operators fit their types.

use bumpalo::Bump;
use lanner_diag::TextRange;

use crate::ast::{Ast, Check, Expr, Literal, Op, Right, Transformer};
use crate::constant;
use crate::intern::Interned;
use crate::operand::{OperandError, Pool, Read, Source, Typed, type_operand};
use crate::posix::Posix;
use crate::predicate::{Patterns, Predicate, Test, Values};
use crate::{
    Argument, Constant, FieldId, KindSet, Many, Modifier, OperandKind, Record, Scheme, Type,
};

/// A condition, typed against a [`Scheme`].
#[derive(Clone, Debug)]
pub struct Condition {
    pub(crate) pool: Pool,
    pub(crate) predicates: Vec<Predicate>,
    /// Children before their parents, the root last.
    pub(crate) nodes: Vec<Node>,
    /// For each node, the kinds in which it can be true, and in which it can be false: positions
    /// in `kind_sets`, of which there are few.
    outcomes: Vec<(u32, u32)>,
    kind_sets: Vec<KindSet>,
    kinds: KindSet,
    selected: KindSet,
    warnings: Vec<Remark>,
}

/// A node of a compiled condition; numbers are positions of nodes before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    Const(bool),
    Predicate(u32),
    Not(u32),
    And(Vec<u32>),
    Or(Vec<u32>),
}

#[derive(Clone, Debug)]
struct Outcomes {
    can_hold: KindSet,
    can_fail: KindSet,
}

/// What a condition does not compile for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no such field.
    UnknownField,
    /// No record has this value of a field that selects kinds.
    UnknownKind,
    /// Anything else.
    Other,
}

/// Why a condition does not compile, in one place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CompileError {
    /// What kind of fault it is.
    pub fault: Fault,
    /// In the words that tools look for.
    pub message: String,
    /// Where, in the text that `source` tells.
    pub range: TextRange,
    /// See [`crate::Node::source`].
    pub source_text: u32,
    /// What to do about it.
    pub help: Option<String>,
}

/// Something about a condition that is probably not what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// In the words that tools look for.
    pub message: String,
    /// Where, in the text that `source_text` tells.
    pub range: TextRange,
    /// See [`crate::Node::source`].
    pub source_text: u32,
}

/// A comparison of a field with constants, as [`Condition::implies`] shows it.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'c> {
    /// The field.
    pub field: FieldId,
    /// Its argument.
    pub arg: &'c Argument,
    /// The operator; `=` is shown as `In`.
    pub op: Op,
    /// How the operator applies to several constants. Without one, `Ne` means that none of them
    /// is equal, and other operators that one of them fits.
    pub modifier: Option<Modifier>,
    /// What the field is compared with; empty for `Exists`.
    pub constants: &'c [Constant],
    /// Whether it is the opposite that is known: the comparison fails, or the field is missing.
    pub negated: bool,
}

/// How deep `and`, `or` and `not` may nest in each other once macros are substituted.
const MAX_DEPTH: u32 = 1000;

impl Condition {
    /// Types a condition. All faults are told, from left to right; the first is the one that the
    /// original reports.
    pub fn compile(ast: &Ast, scheme: &Scheme) -> Result<Condition, Vec<CompileError>> {
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
        // The root must come last.
        let mut nodes = compiler.nodes.into_items();
        nodes.truncate(root as usize + 1);
        let mut condition = Condition {
            pool: compiler.pool,
            predicates: compiler.predicates.into_items(),
            nodes,
            outcomes: Vec::new(),
            kind_sets: Vec::new(),
            kinds: KindSet::empty(),
            selected: KindSet::empty(),
            warnings: compiler.warnings,
        };
        if let Some(root) = condition.find_outcomes(scheme, false).pop() {
            condition.selected = root.can_hold;
        }
        let mut outcomes = condition.find_outcomes(scheme, true);
        if let Some(root) = outcomes.last() {
            condition.kinds = root.can_hold.clone();
        }
        let mut sets = Interned::default();
        let interned = outcomes
            .drain(..)
            .map(|o| (sets.intern(o.can_hold), sets.intern(o.can_fail)));
        condition.outcomes = interned.collect();
        condition.kind_sets = sets.into_items();
        Ok(condition)
    }

    /// The kinds of record that can satisfy the condition: in all others it is false.
    pub fn kinds(&self) -> &KindSet {
        &self.kinds
    }

    /// The kinds that the fields that select kinds leave possible, whatever other fields say: what
    /// the original calls the event types of a rule.
    pub fn selected_kinds(&self) -> &KindSet {
        &self.selected
    }

    /// What is probably not meant, from left to right.
    pub fn remarks(&self) -> &[Remark] {
        &self.warnings
    }

    /// The fields that the condition reads, each with its argument once.
    pub fn fields(&self) -> impl Iterator<Item = (FieldId, &Argument)> {
        self.pool.iter().filter_map(|source| match source {
            Source::Field(field, arg) => Some((*field, arg)),
            _ => None,
        })
    }

    /// Whether a record satisfies the condition. Slow, and plain: what the matcher must agree with.
    pub fn matches<'a, R: Record<'a> + ?Sized>(&self, record: &R, arena: &'a Bump) -> bool {
        let mut results: Vec<bool> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let of = |id: &u32| results[*id as usize];
            let result = match node {
                Node::Const(value) => *value,
                Node::Not(id) => !of(id),
                Node::And(ids) => ids.iter().all(of),
                Node::Or(ids) => ids.iter().any(of),
                Node::Predicate(id) => {
                    let predicate = &self.predicates[*id as usize];
                    let value = |id| self.pool.eval(id, Read::Compare, record, arena);
                    predicate.holds(value(predicate.left), value, arena)
                }
            };
            results.push(result);
        }
        results.last().copied().unwrap_or(false)
    }

    /// Whether every record of these kinds that satisfies the condition also satisfies a
    /// comparison (or, negated, fails one) that `known` accepts. For example: with a `known` that
    /// accepts `evt.res = SUCCESS`, whether the rule needs only successful calls.
    pub fn implies(&self, kinds: &KindSet, known: &dyn Fn(&Fact<'_>) -> bool) -> bool {
        // Whether it follows if the node holds, and if it fails.
        let mut follows: Vec<(bool, bool)> = Vec::with_capacity(self.nodes.len());
        let impossible: Vec<bool> = self
            .kind_sets
            .iter()
            .map(|set| set.intersection(kinds).is_empty())
            .collect();
        for (node, (can_hold, can_fail)) in self.nodes.iter().zip(&self.outcomes) {
            let held = |id: &u32| follows[*id as usize].0;
            let failed = |id: &u32| follows[*id as usize].1;
            let (holds, fails) = match node {
                Node::Const(value) => (!value, *value),
                Node::Not(id) => (failed(id), held(id)),
                Node::And(ids) => (ids.iter().any(held), ids.iter().all(failed)),
                Node::Or(ids) => (ids.iter().all(held), ids.iter().any(failed)),
                Node::Predicate(id) => {
                    let fact = self.fact(&self.predicates[*id as usize]);
                    let accepts =
                        |negated| fact.is_some_and(|fact| known(&Fact { negated, ..fact }));
                    (accepts(false), accepts(true))
                }
            };
            follows.push((
                holds || impossible[*can_hold as usize],
                fails || impossible[*can_fail as usize],
            ));
        }
        follows.last().is_some_and(|root| root.0)
    }

    fn fact<'c>(&'c self, predicate: &'c Predicate) -> Option<Fact<'c>> {
        let Source::Field(field, arg) = self.pool.source(predicate.left) else {
            return None;
        };
        let (op, modifier, constants) = match &predicate.test {
            Test::Exists => (Op::Exists, None, &[][..]),
            Test::Values(values) => (values.op, values.modifier, &values.constants[..]),
            Test::Operand { .. } => return None,
        };
        Some(Fact {
            field: *field,
            arg,
            op,
            modifier,
            constants,
            negated: false,
        })
    }

    fn find_outcomes(&self, scheme: &Scheme, by_presence: bool) -> Vec<Outcomes> {
        let all = scheme.all_kinds();
        let mut found: Vec<Outcomes> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let unite = |ids: &[u32], of: fn(&Outcomes) -> &KindSet| {
                let sets = ids.iter().map(|id| of(&found[*id as usize]));
                sets.fold(KindSet::empty(), |a, b| a.union(b))
            };
            let intersect = |ids: &[u32], of: fn(&Outcomes) -> &KindSet| {
                let sets = ids.iter().map(|id| of(&found[*id as usize]));
                sets.fold(all.clone(), |a, b| a.intersection(b))
            };
            let can_hold: fn(&Outcomes) -> &KindSet = |o| &o.can_hold;
            let can_fail: fn(&Outcomes) -> &KindSet = |o| &o.can_fail;
            let (can_hold, can_fail) = match node {
                Node::Const(true) => (all.clone(), KindSet::empty()),
                Node::Const(false) => (KindSet::empty(), all.clone()),
                Node::Not(id) => {
                    let of = &found[*id as usize];
                    (of.can_fail.clone(), of.can_hold.clone())
                }
                Node::And(ids) => (intersect(ids, can_hold), unite(ids, can_fail)),
                Node::Or(ids) => (unite(ids, can_hold), intersect(ids, can_fail)),
                Node::Predicate(id) => {
                    let predicate = &self.predicates[*id as usize];
                    match &predicate.kinds {
                        Some(kinds) => (kinds.intersection(&all), all.difference(kinds)),
                        None if by_presence => {
                            (self.presence(predicate, scheme, &all), all.clone())
                        }
                        None => (all.clone(), all.clone()),
                    }
                }
            };
            found.push(Outcomes { can_hold, can_fail });
        }
        found
    }

    /// The kinds in which all operands of a predicate can have values.
    fn presence(&self, predicate: &Predicate, scheme: &Scheme, all: &KindSet) -> KindSet {
        let right = match &predicate.test {
            Test::Operand { right, .. } => self.pool.kinds(*right, scheme),
            _ => None,
        };
        let left = self.pool.kinds(predicate.left, scheme);
        let sets = [left, right].into_iter().flatten();
        sets.fold(all.clone(), |a, b| a.intersection(&b))
    }
}

impl Scheme {
    /// All kinds that records can have; every kind if the scheme does not say.
    pub fn all_kinds(&self) -> KindSet {
        let every = || (0..KindSet::CAPACITY as u16).map(crate::KindId).collect();
        self.all_kinds.clone().unwrap_or_else(every)
    }
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

#[cfg(test)]
mod tests;
