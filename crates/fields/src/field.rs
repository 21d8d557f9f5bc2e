//! The rows that the tables of fields are made of.

use bumpalo::Bump;
use lanner_filter::scheme::{ArgType, FieldKinds, ResolveArg};
use lanner_filter::{ArgSpec, Argument, FieldDef, FieldFlags, Many, Print, Type, Value};

use crate::record::EventRecord;

/// Reads the value of a field.
pub(crate) type Extract = for<'a> fn(&EventRecord<'a>, &Argument, &'a Bump) -> Option<Value<'a>>;

/// A type as a table names it: its comparison, the name Falco prints, and how numbers print.
#[derive(Clone, Copy)]
pub(crate) struct FieldType(Type, &'static str, Print);

/// The types of fields, with the names of the capture format's parameter types.
pub(crate) mod ty {
    use super::*;

    pub(crate) const BOOL: FieldType = FieldType(Type::Bool, "BOOL", Print::Dec);
    pub(crate) const STR: FieldType = FieldType(Type::Str, "CHARBUF", Print::Dec);
    pub(crate) const BYTES: FieldType = FieldType(Type::Bytes, "BYTEBUF", Print::Dec);
    pub(crate) const I16: FieldType = FieldType(Type::Int(16), "INT16", Print::Dec);
    pub(crate) const I32: FieldType = FieldType(Type::Int(32), "INT32", Print::Dec);
    pub(crate) const I32_HEX: FieldType = FieldType(Type::Int(32), "INT32", Print::Hex);
    pub(crate) const I64: FieldType = FieldType(Type::Int(64), "INT64", Print::Dec);
    pub(crate) const U32: FieldType = FieldType(Type::Uint(32), "UINT32", Print::Dec);
    pub(crate) const U64: FieldType = FieldType(Type::Uint(64), "UINT64", Print::Dec);
    pub(crate) const DOUBLE: FieldType = FieldType(Type::Double, "DOUBLE", Print::Dec);
    pub(crate) const PORT: FieldType = FieldType(Type::Port, "PORT", Print::Dec);
    pub(crate) const IP: FieldType = FieldType(Type::Ip, "IPADDR", Print::Dec);
    pub(crate) const NET: FieldType = FieldType(Type::Net, "IPNET", Print::Dec);
    pub(crate) const IP_NAME: FieldType = FieldType(Type::IpName, "CHARBUF", Print::Dec);
    pub(crate) const RELTIME: FieldType = FieldType(Type::RelTime, "RELTIME", Print::Dec);
    pub(crate) const RELTIME9: FieldType = FieldType(Type::RelTime, "RELTIME", Print::Padded9);
    pub(crate) const ABSTIME: FieldType = FieldType(Type::AbsTime, "ABSTIME", Print::Dec);
    pub(crate) const ABSTIME9: FieldType = FieldType(Type::AbsTime, "ABSTIME", Print::Padded9);
    pub(crate) const DYNAMIC: FieldType = FieldType(Type::Dynamic, "DYNAMIC", Print::Dec);
}

/// What arguments a field accepts.
pub(crate) mod arg {
    use super::ArgSpec;

    /// Optional `[n]`.
    pub(crate) const INDEX: ArgSpec = spec(false, true, false, false);
    /// Optional `[n]` or `[name]`.
    pub(crate) const INDEX_OR_KEY: ArgSpec = spec(false, true, true, false);
    /// Required `[n]`.
    pub(crate) const NEEDS_INDEX: ArgSpec = spec(true, true, false, false);
    /// Required `[n]` or `[name]`.
    pub(crate) const NEEDS_INDEX_OR_KEY: ArgSpec = spec(true, true, true, false);
    /// Required `[name]`.
    pub(crate) const NEEDS_KEY: ArgSpec = spec(true, false, true, false);
    /// Required `[n]` or `.name`.
    pub(crate) const NEEDS_INDEX_OR_NAME: ArgSpec = spec(true, true, true, true);
    /// Required `.name`.
    pub(crate) const NEEDS_NAME: ArgSpec = spec(true, false, true, true);
    /// Optional `.name`.
    pub(crate) const NAME: ArgSpec = spec(false, false, true, true);

    const fn spec(required: bool, index: bool, key: bool, dotted: bool) -> ArgSpec {
        ArgSpec {
            required,
            index,
            key,
            dotted,
        }
    }
}

/// A row of a table of fields.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    ty: FieldType,
    desc: &'static str,
    many: Many,
    many_with_arg: Many,
    arg: Option<ArgSpec>,
    flags: FieldFlags,
    resolve: Option<ResolveArg>,
    arg_type: Option<ArgType>,
    kinds: Option<FieldKinds>,
    value: Extract,
    printed: Option<Extract>,
    json: Option<Extract>,
}

/// A field without an argument; the row goes on with what is special about it.
pub(crate) const fn field(
    name: &'static str,
    ty: FieldType,
    desc: &'static str,
    value: Extract,
) -> Field {
    Field {
        name,
        ty,
        desc,
        many: Many::One,
        many_with_arg: Many::One,
        arg: None,
        flags: FieldFlags {
            filter_only: false,
            print_only: false,
            deprecated: false,
            no_rhs: false,
            no_transformer: false,
            hidden: false,
            suggested: false,
            plugin: false,
            at_most: false,
        },
        resolve: None,
        arg_type: None,
        kinds: None,
        value,
        printed: None,
        json: None,
    }
}

impl Field {
    pub(crate) const fn arg(mut self, spec: ArgSpec) -> Field {
        self.arg = Some(spec);
        self
    }

    /// Without an argument, any of several values may match.
    pub(crate) const fn any(mut self) -> Field {
        self.many = Many::Any;
        self
    }

    /// Values of the two ends of a connection; only in conditions.
    pub(crate) const fn both_ends(mut self) -> Field {
        self.many = Many::BothEnds;
        self.flags.filter_only = true;
        self.alone()
    }

    /// A list, with and without an argument.
    pub(crate) const fn list(mut self) -> Field {
        self.many = Many::List;
        self.many_with_arg = Many::List;
        self
    }

    /// Neither on the right side nor in a transformer.
    pub(crate) const fn alone(mut self) -> Field {
        self.flags.no_rhs = true;
        self.flags.no_transformer = true;
        self
    }

    pub(crate) const fn no_rhs(mut self) -> Field {
        self.flags.no_rhs = true;
        self
    }

    pub(crate) const fn filter_only(mut self) -> Field {
        self.flags.filter_only = true;
        self
    }

    pub(crate) const fn print_only(mut self) -> Field {
        self.flags.print_only = true;
        self
    }

    pub(crate) const fn deprecated(mut self) -> Field {
        self.flags.deprecated = true;
        self
    }

    pub(crate) const fn hidden(mut self) -> Field {
        self.flags.hidden = true;
        self
    }

    pub(crate) const fn suggested(mut self) -> Field {
        self.flags.suggested = true;
        self
    }

    pub(crate) const fn plugin(mut self) -> Field {
        self.flags.plugin = true;
        self
    }

    pub(crate) const fn at_most(mut self) -> Field {
        self.flags.at_most = true;
        self
    }

    pub(crate) const fn resolve(mut self, resolve: ResolveArg) -> Field {
        self.resolve = Some(resolve);
        self
    }

    pub(crate) const fn typed_by(mut self, arg_type: ArgType) -> Field {
        self.arg_type = Some(arg_type);
        self
    }

    pub(crate) const fn in_kinds(mut self, kinds: FieldKinds) -> Field {
        self.kinds = Some(kinds);
        self
    }

    /// Outputs print this instead of the value.
    pub(crate) const fn prints(mut self, printed: Extract) -> Field {
        self.printed = Some(printed);
        self
    }

    /// JSON has this instead of what is printed.
    pub(crate) const fn in_json(mut self, json: Extract) -> Field {
        self.json = Some(json);
        self
    }

    #[inline]
    pub(crate) fn value<'a>(
        &self,
        record: &EventRecord<'a>,
        arg: &Argument,
        arena: &'a Bump,
    ) -> Option<Value<'a>> {
        (self.value)(record, arg, arena)
    }

    pub(crate) fn printed<'a>(
        &self,
        record: &EventRecord<'a>,
        arg: &Argument,
        arena: &'a Bump,
    ) -> Option<Value<'a>> {
        self.printed.unwrap_or(self.value)(record, arg, arena)
    }

    pub(crate) fn json<'a>(
        &self,
        record: &EventRecord<'a>,
        arg: &Argument,
        arena: &'a Bump,
    ) -> Option<Value<'a>> {
        self.json.or(self.printed).unwrap_or(self.value)(record, arg, arena)
    }

    /// The definition of this field in a scheme whose class number `class` it belongs to.
    pub(crate) fn def(&self, class: u16) -> FieldDef {
        FieldDef {
            name: self.name,
            class,
            ty: self.ty.0,
            type_name: self.ty.1,
            print: self.ty.2,
            many: self.many,
            many_with_arg: self.many_with_arg,
            arg: self.arg,
            flags: self.flags,
            desc: self.desc,
            resolve_arg: self.resolve,
            arg_type: self.arg_type,
            kinds: self.kinds,
        }
    }
}
