//! What is compared and printed: fields, and functions of them.
//!
//! Operands are interned: equal ones have one number, so that a matcher knows two rules to look at
//! the same thing.

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use lanner_diag::TextRange;

use crate::ast::{CallArg, Literal, Operand, OperandKind, Transformer};
use crate::intern::Interned;
use crate::print::{Look, PrintOptions, write_value};
use crate::scheme::ResolveError;
use crate::{Argument, FieldFlags, FieldId, KindSet, Many, Record, Scheme, Type, Value};

/// An operand of a [`Pool`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct OperandId(pub(crate) u32);

/// How the value of an operand comes about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    Field(FieldId, Argument),
    /// A constant in the arguments of a transformer.
    Text(Box<[u8]>),
    /// A transformer of one text, applied to each element of a list.
    Map(Map, OperandId),
    Len(OperandId),
    /// The values of all, as one list.
    List(Vec<OperandId>),
    Join {
        separator: OperandId,
        list: OperandId,
    },
    Concat(Vec<OperandId>),
    GetOpt {
        argv: OperandId,
        options: OperandId,
        select: Option<u8>,
    },
    /// A number as text.
    Shown(OperandId, Look),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Map {
    Lower,
    Upper,
    Base64,
    Basename,
}

/// Interned operands; those that an operand is made from come before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    sources: Interned<Source>,
}

/// What is known of an operand when a condition is compiled.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) id: OperandId,
    pub(crate) ty: Type,
    pub(crate) type_name: &'static str,
    pub(crate) look: Look,
    pub(crate) many: Many,
    /// The name of the field below all transformers, for messages.
    pub(crate) name: String,
    pub(crate) flags: FieldFlags,
    /// Type and multiplicity before transformers: what the original checks arguments by.
    base: (&'static str, bool),
    /// The field itself, without transformers.
    pub(crate) field: Option<FieldId>,
    /// Compared, and printed as if it were missing: the length of a text, which the original
    /// prints by the format of the text.
    pub(crate) unprintable: bool,
}

/// Why an operand cannot be used.
#[derive(Clone, Debug)]
pub(crate) struct OperandError {
    pub(crate) message: String,
    pub(crate) range: TextRange,
    /// The field name that does not exist.
    pub(crate) unknown: Option<String>,
}

impl Pool {
    pub(crate) fn intern(&mut self, source: Source) -> OperandId {
        OperandId(self.sources.intern(source))
    }

    pub(crate) fn source(&self, id: OperandId) -> &Source {
        &self.sources.items()[id.0 as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.sources.items().len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Source> {
        self.sources.items().iter()
    }

    /// Interns all operands of `other` here; where they are is told by position.
    pub(crate) fn absorb(&mut self, other: &Pool) -> Vec<OperandId> {
        let mut moved: Vec<OperandId> = Vec::with_capacity(other.len());
        for source in other.iter() {
            let at = |id: &OperandId| moved[id.0 as usize];
            let all = |ids: &Vec<OperandId>| ids.iter().map(at).collect();
            let source = match source {
                Source::Field(..) | Source::Text(_) => source.clone(),
                Source::Map(map, of) => Source::Map(*map, at(of)),
                Source::Len(of) => Source::Len(at(of)),
                Source::List(items) => Source::List(all(items)),
                Source::Join { separator, list } => Source::Join {
                    separator: at(separator),
                    list: at(list),
                },
                Source::Concat(items) => Source::Concat(all(items)),
                Source::GetOpt {
                    argv,
                    options,
                    select,
                } => Source::GetOpt {
                    argv: at(argv),
                    options: at(options),
                    select: *select,
                },
                Source::Shown(of, look) => Source::Shown(at(of), *look),
            };
            moved.push(self.intern(source));
        }
        moved
    }

    /// The kinds in which the operand can have a value; `None` for all.
    pub(crate) fn kinds(&self, id: OperandId, scheme: &Scheme) -> Option<KindSet> {
        let all = |ids: &[OperandId]| {
            let sets = ids.iter().filter_map(|id| self.kinds(*id, scheme));
            sets.reduce(|a, b| a.intersection(&b))
        };
        match self.source(id) {
            Source::Field(field, arg) => scheme.def(*field).kinds.map(|kinds| kinds(arg)),
            Source::Text(_) => None,
            Source::Map(_, of) | Source::Len(of) | Source::Shown(of, _) => self.kinds(*of, scheme),
            Source::List(items) | Source::Concat(items) => all(items),
            Source::Join { separator, list } => all(&[*separator, *list]),
            Source::GetOpt { argv, options, .. } => all(&[*argv, *options]),
        }
    }

    /// The value of an operand; nothing is remembered in between.
    pub(crate) fn eval<'a, R: Record<'a> + ?Sized>(
        &self,
        id: OperandId,
        read: Read,
        record: &R,
        arena: &'a Bump,
    ) -> Option<Value<'a>> {
        let source = self.source(id);
        eval_source(source, read, record, arena, &mut |id| {
            self.eval(id, read, record, arena)
        })
    }
}

/// What the values of fields are wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Compare,
    Print,
}

/// The value of an operand, given how to get those it is made from.
pub(crate) fn eval_source<'a, R: Record<'a> + ?Sized>(
    source: &Source,
    read: Read,
    record: &R,
    arena: &'a Bump,
    get: &mut dyn FnMut(OperandId) -> Option<Value<'a>>,
) -> Option<Value<'a>> {
    match source {
        Source::Field(field, arg) => match read {
            Read::Compare => record.extract(*field, arg, arena),
            Read::Print => record.print(*field, arg, arena),
        },
        Source::Text(text) => Some(Value::Str(arena.alloc_slice_copy(text))),
        Source::Map(map, of) => match get(*of)? {
            Value::Many(items) => {
                let mut mapped = BumpVec::with_capacity_in(items.len(), arena);
                for item in items {
                    mapped.push(apply(*map, *item, arena)?);
                }
                Some(Value::Many(mapped.into_bump_slice()))
            }
            value => apply(*map, value, arena),
        },
        Source::Len(of) => {
            let len = match get(*of)? {
                Value::Many(items) => items.len(),
                Value::Str(text) => until_nul(text).len(),
                Value::Bytes(bytes) => bytes.len(),
                _ => return None,
            };
            Some(Value::Uint(len as u64))
        }
        Source::List(items) => {
            let mut values = BumpVec::new_in(arena);
            for item in items {
                match get(*item)? {
                    Value::Many(many) => values.extend_from_slice_copy(many),
                    value => values.push(value),
                }
            }
            Some(Value::Many(values.into_bump_slice()))
        }
        Source::Join { separator, list } => {
            let separator = text_of(get(*separator)?);
            let list = get(*list)?;
            let mut out = BumpVec::new_in(arena);
            for (i, item) in elements(&list).iter().enumerate() {
                if i > 0 {
                    out.extend_from_slice_copy(separator);
                }
                out.extend_from_slice_copy(until_nul(text_of(*item)));
            }
            Some(Value::Str(out.into_bump_slice()))
        }
        Source::Concat(items) => {
            let mut out = BumpVec::new_in(arena);
            for item in items {
                out.extend_from_slice_copy(until_nul(text_of(get(*item)?)));
            }
            Some(Value::Str(out.into_bump_slice()))
        }
        Source::GetOpt {
            argv,
            options,
            select,
        } => {
            let options = text_of(get(*options)?);
            let argv = get(*argv)?;
            getopt(elements(&argv), options, *select, arena)
        }
        Source::Shown(of, look) => {
            let value = get(*of)?;
            let mut out = BumpVec::new_in(arena);
            write_value(&mut out, &value, *look, PrintOptions::default());
            Some(Value::Str(out.into_bump_slice()))
        }
    }
}

/// The elements of a list, or the one value.
pub(crate) fn elements<'v, 'a>(value: &'v Value<'a>) -> &'v [Value<'a>] {
    match value {
        Value::Many(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn text_of(value: Value<'_>) -> &[u8] {
    match value {
        Value::Str(text) | Value::Bytes(text) => text,
        _ => b"",
    }
}

fn until_nul(text: &[u8]) -> &[u8] {
    memchr::memchr(0, text).map_or(text, |nul| &text[..nul])
}

fn apply<'a>(map: Map, value: Value<'a>, arena: &'a Bump) -> Option<Value<'a>> {
    let (text, is_text) = match value {
        Value::Str(text) => (text, true),
        Value::Bytes(bytes) => (bytes, false),
        _ => return None,
    };
    // The original takes zero bytes at the end for terminators.
    let text = &text[..text
        .iter()
        .rposition(|b| *b != 0)
        .map_or(0, |last| last + 1)];
    let mapped: &[u8] = match map {
        Map::Basename => {
            let start = memchr::memrchr(b'/', text).map_or(0, |slash| slash + 1);
            &text[start..]
        }
        Map::Lower => arena.alloc_slice_fill_with(text.len(), |i| text[i].to_ascii_lowercase()),
        Map::Upper => arena.alloc_slice_fill_with(text.len(), |i| text[i].to_ascii_uppercase()),
        Map::Base64 => decode_base64(text, arena)?,
    };
    Some(if is_text {
        Value::Str(until_nul(mapped))
    } else {
        Value::Bytes(mapped)
    })
}

/// Base64 with or without its padding; `None` if it is none.
fn decode_base64<'a>(text: &[u8], arena: &'a Bump) -> Option<&'a [u8]> {
    let padding = text
        .iter()
        .rev()
        .take(2)
        .take_while(|b| **b == b'=')
        .count();
    let text = &text[..text.len() - padding];
    if text.is_empty() {
        return (padding == 0).then_some(&[]);
    }
    let mut out = BumpVec::with_capacity_in(text.len() / 4 * 3 + 3, arena);
    for group in text.chunks(4) {
        let mut bits = 0u32;
        for i in 0..4 {
            let digit = match group.get(i) {
                None => 0,
                Some(b @ b'A'..=b'Z') => b - b'A',
                Some(b @ b'a'..=b'z') => b - b'a' + 26,
                Some(b @ b'0'..=b'9') => b - b'0' + 52,
                Some(b'+') => 62,
                Some(b'/') => 63,
                Some(_) => return None,
            };
            bits = bits << 6 | u32::from(digit);
        }
        let bytes = bits.to_be_bytes();
        // Bits that no byte takes must be zero.
        let (len, rest) = match group.len() {
            4 => (3, 0),
            3 => (2, bytes[3]),
            2 => (1, bytes[2]),
            _ => return None,
        };
        if rest != 0 {
            return None;
        }
        out.extend_from_slice_copy(&bytes[1..=len]);
    }
    Some(out.into_bump_slice())
}

/// Short options as `getopt(3)` takes them apart: each option and its argument, or with `select`
/// the last argument of that option (its name if it takes none).
fn getopt<'a>(
    argv: &[Value<'a>],
    options: &[u8],
    select: Option<u8>,
    arena: &'a Bump,
) -> Option<Value<'a>> {
    let options = options.strip_prefix(b":").unwrap_or(options);
    // Whether it is an option, and whether it takes an argument.
    let option = |name: u8| {
        let mut known = None;
        for (i, byte) in options.iter().enumerate() {
            if *byte == name && name != b':' {
                let takes = options.get(i + 1) == Some(&b':');
                known = Some(takes || known == Some(true));
            }
        }
        known
    };
    let mut found = BumpVec::new_in(arena);
    let mut selected = None;
    let mut emit = |name: &'a [u8], value: Option<&'a [u8]>| {
        if select.is_some() {
            selected = Some(value.unwrap_or(name));
            return;
        }
        found.push(Value::Str(name));
        found.extend(value.map(Value::Str));
    };
    let mut at = 0;
    while let Some(arg) = argv.get(at).map(|arg| text_of(*arg)) {
        at += 1;
        match arg {
            b"--" | b"" | b"-" => break,
            [b'-', b'-', ..] => continue,
            [b'-', ..] => {}
            _ => break,
        }
        for (i, name) in arg.iter().enumerate().skip(1) {
            let wanted = select.is_none_or(|s| s == *name);
            match option(*name) {
                None if select.is_none() => emit(b"?", None),
                None => {}
                Some(false) if wanted => emit(&arg[i..=i], None),
                Some(false) => {}
                Some(true) => {
                    let value = if i + 1 < arg.len() {
                        Some(&arg[i + 1..])
                    } else {
                        at += 1;
                        argv.get(at - 1).map(|next| text_of(*next))
                    };
                    match value {
                        Some(value) if wanted => emit(&arg[i..=i], Some(value)),
                        None if wanted => emit(b"", None),
                        _ => {}
                    }
                    break;
                }
            }
        }
    }
    match select {
        Some(_) => selected.map(Value::Str),
        None => Some(Value::Many(found.into_bump_slice())),
    }
}

// From what was written to operands.

impl Typed {
    pub(crate) fn is_list(&self) -> bool {
        self.many == Many::List
    }

    fn text(id: OperandId) -> Typed {
        Typed {
            id,
            ty: Type::Str,
            type_name: "CHARBUF",
            look: Look {
                ty: Type::Str,
                print: crate::Print::Dec,
            },
            many: Many::One,
            name: "NA".into(),
            flags: FieldFlags::default(),
            base: ("CHARBUF", false),
            field: None,
            unprintable: false,
        }
    }
}

/// Types an operand as it was written.
pub(crate) fn type_operand(
    operand: &Operand,
    scheme: &Scheme,
    pool: &mut Pool,
) -> Result<Typed, OperandError> {
    let fail = |message: String| OperandError {
        message,
        range: operand.range,
        unknown: None,
    };
    match &operand.kind {
        OperandKind::Field { name, arg } => {
            let text = arg.as_ref().map(|a| String::from_utf8_lossy(&a.text));
            let (field, arg) = scheme.resolve(name, text.as_deref()).map_err(|error| {
                let unknown = matches!(error, ResolveError::Nonexistent(_));
                OperandError {
                    unknown: unknown.then(|| name.to_string()),
                    ..fail(error.to_string())
                }
            })?;
            Ok(type_field(field, arg, scheme, pool))
        }
        OperandKind::Call {
            transformer,
            args,
            arg,
        } => {
            let mut typed = Vec::with_capacity(args.len());
            for arg in args {
                typed.push(type_call_arg(arg, scheme, pool)?);
            }
            type_call(*transformer, typed, arg.as_ref(), pool).map_err(fail)
        }
    }
}

fn type_field(field: FieldId, arg: Argument, scheme: &Scheme, pool: &mut Pool) -> Typed {
    let def = scheme.def(field);
    let (ty, type_name) = match (def.ty, def.arg_type) {
        (Type::Dynamic, Some(arg_type)) => arg_type(&arg),
        (ty, _) => (ty, def.type_name),
    };
    let many = if arg == Argument::default() {
        def.many
    } else {
        def.many_with_arg
    };
    Typed {
        id: pool.intern(Source::Field(field, arg)),
        ty,
        type_name,
        look: Look {
            ty,
            print: def.print,
        },
        many,
        name: def.name.into(),
        flags: def.flags,
        base: (type_name, many == Many::List),
        field: Some(field),
        unprintable: false,
    }
}

fn type_literal(literal: &Literal, pool: &mut Pool) -> Typed {
    Typed::text(pool.intern(Source::Text(literal.text.clone())))
}

fn type_call_arg(arg: &CallArg, scheme: &Scheme, pool: &mut Pool) -> Result<Typed, OperandError> {
    match arg {
        CallArg::Operand(operand) => type_operand(operand, scheme, pool),
        CallArg::Literal(literal) => Ok(type_literal(literal, pool)),
        CallArg::List(items) => {
            let mut ids = Vec::with_capacity(items.len());
            for item in items {
                let typed = type_call_arg(item, scheme, pool)?;
                let numeric = !matches!(typed.ty, Type::Str | Type::Path | Type::Bytes);
                ids.push(if numeric {
                    pool.intern(Source::Shown(typed.id, typed.look))
                } else {
                    typed.id
                });
            }
            let list = Typed::text(pool.intern(Source::List(ids)));
            Ok(Typed {
                many: Many::List,
                base: ("CHARBUF", true),
                ..list
            })
        }
    }
}

fn type_call(
    transformer: Transformer,
    args: Vec<Typed>,
    arg: Option<&Literal>,
    pool: &mut Pool,
) -> Result<Typed, String> {
    let name = transformer.text();
    let no_arg = || match arg {
        Some(_) => Err(format!(
            "transformer '{name}' does not support field arguments"
        )),
        None => Ok(()),
    };
    match <[Typed; 1]>::try_from(args) {
        Ok([of]) => {
            no_arg().map_err(|message| format!("filter error: {message}"))?;
            type_map(transformer, of, pool)
        }
        Err(args) => {
            let source = match transformer {
                Transformer::Join => join_source(&args)?,
                Transformer::Concat => concat_source(&args)?,
                Transformer::GetOpt => {
                    let select = match arg.map(|a| &*a.text) {
                        None => None,
                        Some([byte]) => Some(*byte),
                        Some(_) => {
                            return Err("getopt() field argument must be a single option \
                                        character"
                                .into());
                        }
                    };
                    let source = getopt_source(&args, select)?;
                    let mut typed = Typed::text(pool.intern(source));
                    if select.is_none() {
                        typed.many = Many::List;
                        // The original names lists that it made so.
                        typed.name = "INTERNAL".into();
                    }
                    return Ok(typed);
                }
                _ => return Err("unknown multivalue transformer".into()),
            };
            no_arg()?;
            Ok(Typed::text(pool.intern(source)))
        }
    }
}

/// A transformer of one operand.
fn type_map(transformer: Transformer, of: Typed, pool: &mut Pool) -> Result<Typed, String> {
    let name = transformer.text();
    let map = match transformer {
        Transformer::Val => return Ok(of),
        Transformer::ToLower => Some(Map::Lower),
        Transformer::ToUpper => Some(Map::Upper),
        Transformer::B64 => Some(Map::Base64),
        Transformer::Basename => Some(Map::Basename),
        Transformer::Len => None,
        Transformer::Join | Transformer::Concat | Transformer::GetOpt => {
            return Err(format!("unknown field transfomer '{name}'"));
        }
    };
    if of.flags.no_transformer {
        return Err(format!("field '{}' does not support transformers", of.name));
    }
    let takes = match transformer {
        Transformer::Len => of.is_list() || matches!(of.ty, Type::Str | Type::Path | Type::Bytes),
        // The original decodes no paths.
        Transformer::B64 => matches!(of.ty, Type::Str | Type::Bytes),
        _ => matches!(of.ty, Type::Str | Type::Path),
    };
    if !takes {
        let list = if of.is_list() { "list " } else { "" };
        return Err(format!(
            "can't add field transformer: type '{}' is not supported by '{name}' transformer \
             applied on {list}field '{}'",
            of.type_name, of.name
        ));
    }
    Ok(match map {
        Some(map) => Typed {
            id: pool.intern(Source::Map(map, of.id)),
            field: None,
            ..of
        },
        None => Typed {
            id: pool.intern(Source::Len(of.id)),
            ty: Type::Uint(64),
            type_name: "UINT64",
            look: Look {
                ty: Type::Uint(64),
                print: crate::Print::Dec,
            },
            many: Many::One,
            field: None,
            unprintable: of.many == Many::One
                && matches!(of.ty, Type::Str | Type::Path | Type::Bytes),
            ..of
        },
    })
}

// The original checks arguments by the type they have before transformers.

fn join_source(args: &[Typed]) -> Result<Source, String> {
    let [separator, list] = args else {
        return Err("join() requires exactly 2 arguments: separator and list".into());
    };
    if separator.base.1 {
        return Err("join() first argument (separator) must be a single value, not a list".into());
    }
    if !list.base.1 {
        return Err("join() second argument must be a list".into());
    }
    Ok(Source::Join {
        separator: separator.id,
        list: list.id,
    })
}

fn concat_source(args: &[Typed]) -> Result<Source, String> {
    if args.iter().any(|arg| arg.base != ("CHARBUF", false)) {
        return Err("concat() arguments must be strings".into());
    }
    Ok(Source::Concat(args.iter().map(|arg| arg.id).collect()))
}

fn getopt_source(args: &[Typed], select: Option<u8>) -> Result<Source, String> {
    let [argv, options] = args else {
        return Err("getopt() requires exactly 2 arguments: args list and optstring".into());
    };
    if !argv.base.1 {
        return Err("getopt() first argument must be a list".into());
    }
    if options.base.1 {
        return Err("getopt() second argument (optstring) must be a single value".into());
    }
    if argv.base.0 != "CHARBUF" || options.base.0 != "CHARBUF" {
        return Err("getopt() arguments must be strings".into());
    }
    Ok(Source::GetOpt {
        argv: argv.id,
        options: options.id,
        select,
    })
}
