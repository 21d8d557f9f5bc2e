//! A small scheme and its records, for tests.

use std::net::IpAddr;

use bumpalo::Bump;
use hashbrown::HashMap;

use crate::{
    ArgSpec, Argument, FieldDef, FieldFlags, FieldId, KindField, KindId, KindSet, Many, Print,
    Record, Scheme, Type, Value,
};

/// The kinds of toy records; the name of one is the value of `evt.type`.
pub(crate) const KINDS: [&str; 6] = ["open", "openat", "execve", "connect", "close", "exit"];

fn kinds_of(name: &str) -> Option<KindSet> {
    if name == "known-but-never" {
        return Some(KindSet::empty());
    }
    let at = KINDS.iter().position(|kind| *kind == name)?;
    Some([KindId(at as u16)].into_iter().collect())
}

fn fd_kinds(_: &Argument) -> KindSet {
    [0, 1, 3, 4].map(KindId).into_iter().collect()
}

/// The fields.
pub(crate) fn scheme() -> Scheme {
    let field = |name: &'static str, ty: Type, type_name: &'static str| FieldDef {
        name,
        class: 0,
        ty,
        type_name,
        print: Print::Dec,
        many: Many::One,
        many_with_arg: Many::One,
        arg: None,
        flags: FieldFlags::default(),
        desc: "",
        resolve_arg: None,
        arg_type: None,
        kinds: None,
    };
    let arg = |required, index, key, dotted| {
        Some(ArgSpec {
            required,
            index,
            key,
            dotted,
        })
    };
    let mut scheme = Scheme::new();
    let evt_type = scheme.add(field("evt.type", Type::Str, "CHARBUF"));
    scheme.add(field("evt.failed", Type::Bool, "BOOL"));
    scheme.add(field("evt.rawres", Type::Int(64), "INT64"));
    scheme.add(field("evt.num", Type::Uint(64), "UINT64"));
    scheme.add(field("evt.time", Type::AbsTime, "ABSTIME"));
    scheme.add(FieldDef {
        arg: arg(true, true, true, true),
        ..field("evt.arg", Type::Str, "CHARBUF")
    });
    scheme.add(field("evt.buffer", Type::Bytes, "BYTEBUF"));
    scheme.add(field("proc.name", Type::Str, "CHARBUF"));
    scheme.add(field("proc.cmdline", Type::Str, "CHARBUF"));
    scheme.add(field("proc.cwd", Type::Str, "CHARBUF"));
    scheme.add(field("proc.vmsize", Type::Uint(64), "UINT64"));
    scheme.add(FieldDef {
        many: Many::Any,
        arg: arg(false, true, false, false),
        flags: FieldFlags {
            no_rhs: true,
            no_transformer: true,
            ..FieldFlags::default()
        },
        ..field("proc.aname", Type::Str, "CHARBUF")
    });
    scheme.add(FieldDef {
        many: Many::List,
        arg: arg(false, true, false, false),
        ..field("proc.args", Type::Str, "CHARBUF")
    });
    scheme.add(FieldDef {
        kinds: Some(fd_kinds),
        ..field("fd.name", Type::Str, "CHARBUF")
    });
    scheme.add(FieldDef {
        kinds: Some(fd_kinds),
        ..field("fd.num", Type::Int(64), "INT64")
    });
    scheme.add(field("fd.sip", Type::Ip, "IPADDR"));
    scheme.add(FieldDef {
        many: Many::BothEnds,
        flags: FieldFlags {
            filter_only: true,
            no_rhs: true,
            no_transformer: true,
            ..FieldFlags::default()
        },
        ..field("fd.ip", Type::Ip, "IPADDR")
    });
    scheme.add(FieldDef {
        many: Many::BothEnds,
        ..field("fd.port", Type::Port, "PORT")
    });
    scheme.add(field("fd.snet", Type::Net, "IPNET"));
    scheme.add(field("thread.load", Type::Double, "DOUBLE"));
    scheme.add(FieldDef {
        arg: arg(true, false, true, false),
        flags: FieldFlags {
            plugin: true,
            ..FieldFlags::default()
        },
        ..field("container.label", Type::Str, "CHARBUF")
    });
    scheme.add(FieldDef {
        flags: FieldFlags {
            plugin: true,
            ..FieldFlags::default()
        },
        ..field("container.id", Type::Str, "CHARBUF")
    });
    scheme.kind_fields.push(KindField {
        field: evt_type,
        kinds_of,
    });
    scheme.all_kinds = Some((0..KINDS.len() as u16).map(KindId).collect());
    scheme
}

/// A value that a toy record owns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Owned {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Str(Vec<u8>),
    Bytes(Vec<u8>),
    Ip(IpAddr),
    Many(Vec<Owned>),
}

impl Owned {
    fn value<'a>(&self, arena: &'a Bump) -> Value<'a> {
        match self {
            Owned::Bool(b) => Value::Bool(*b),
            Owned::Int(n) => Value::Int(*n),
            Owned::Uint(n) => Value::Uint(*n),
            Owned::Double(n) => Value::Double(*n),
            Owned::Str(text) => Value::Str(arena.alloc_slice_copy(text)),
            Owned::Bytes(bytes) => Value::Bytes(arena.alloc_slice_copy(bytes)),
            Owned::Ip(ip) => Value::Ip(*ip),
            Owned::Many(items) => {
                Value::Many(arena.alloc_slice_fill_iter(items.iter().map(|i| i.value(arena))))
            }
        }
    }
}

/// A record: a kind, and the values of fields without regard to their arguments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Toy {
    pub(crate) kind: u16,
    pub(crate) values: HashMap<FieldId, Owned>,
}

impl Toy {
    /// Sets the value of a field.
    pub(crate) fn set(&mut self, scheme: &Scheme, name: &str, value: Owned) {
        let field = scheme.by_name(name).expect("a toy field");
        self.values.insert(field, value);
    }
}

impl<'a> Record<'a> for Toy {
    fn extract(&self, field: FieldId, arg: &Argument, arena: &'a Bump) -> Option<Value<'a>> {
        if field.0 == 0 {
            return Some(Value::Str(KINDS[usize::from(self.kind)].as_bytes()));
        }
        match (self.values.get(&field)?, arg.index) {
            (Owned::Many(items), Some(index)) => {
                Some(items.get(usize::try_from(index).ok()?)?.value(arena))
            }
            (value, _) => Some(value.value(arena)),
        }
    }
}
