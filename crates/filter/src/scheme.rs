//! Schemes: the typed fields that conditions and outputs may name.

use hashbrown::HashMap;

use crate::KindSet;

/// A field of a [`Scheme`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(pub u16);

/// The type of a field: what it can be compared with, and how it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// Signed integer of so many bits.
    Int(u8),
    /// Unsigned integer of so many bits.
    Uint(u8),
    /// Floating point; printed with one decimal.
    Double,
    /// Text.
    Str,
    /// A path: text that is compared as such.
    Path,
    /// Raw bytes.
    Bytes,
    /// An IPv4 or IPv6 address.
    Ip,
    /// An address that is compared with networks (`10.0.0.0/8`).
    Net,
    /// An address that is compared with domain names.
    IpName,
    /// A port; literals may be service names.
    Port,
    /// Nanoseconds.
    RelTime,
    /// Nanoseconds since the epoch.
    AbsTime,
    /// Decided by the argument (`evt.rawarg.NAME`): see [`FieldDef::arg_type`].
    Dynamic,
}

/// How a number is printed, beyond its type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Print {
    /// Decimal.
    #[default]
    Dec,
    /// Upper-case hexadecimal, without a prefix.
    Hex,
    /// Octal.
    Oct,
    /// Decimal, padded with zeros to nine digits.
    Padded9,
}

/// How many values a field has, and what an operator does with several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Many {
    /// One value.
    #[default]
    One,
    /// A list, for the list operators only.
    List,
    /// True if any of the values satisfies the operator, also for `!=` (any ancestor).
    Any,
    /// The two ends of a connection: true if either satisfies the operator; `!=` only if both do.
    BothEnds,
}

/// Whether and how a field takes an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArgSpec {
    /// Without one, the condition does not load.
    pub required: bool,
    /// Numbers are accepted (`proc.aname[2]`).
    pub index: bool,
    /// Names are accepted (`proc.env[HOME]`).
    pub key: bool,
    /// `field.argument` is accepted besides `field[argument]`.
    pub dotted: bool,
}

/// Properties of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldFlags {
    /// Cannot be printed.
    pub filter_only: bool,
    /// Cannot be compared.
    pub print_only: bool,
    /// Accepted with a LOAD_DEPRECATED_ITEM warning.
    pub deprecated: bool,
    /// Cannot stand on the right side.
    pub no_rhs: bool,
    /// Cannot be wrapped in a transformer.
    pub no_transformer: bool,
    /// Accepted and not listed.
    pub hidden: bool,
    /// Among the fields that are appended to outputs as suggested.
    pub suggested: bool,
    /// Comes from the container plugin in Falco: a plugin field.
    pub plugin: bool,
    /// `=` is the only operator, and holds if the value is at most the literal (`evt.around`).
    pub at_most: bool,
}

/// The argument of a field, resolved when the condition is loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Argument {
    /// As written, without brackets or dot; empty if there is none.
    pub text: Box<str>,
    /// As a number, if it is one.
    pub index: Option<u64>,
    /// What [`FieldDef::resolve_arg`] made of it; 0 without one.
    pub token: u32,
}

/// Turns an argument into a token for the extractor, or says what is wrong with it.
pub type ResolveArg = fn(&str) -> Result<u32, String>;

/// The type, and the name it is listed by, that an argument selects.
pub type ArgType = fn(&Argument) -> (Type, &'static str);

/// The kinds of record in which a field with this argument can have a value.
pub type FieldKinds = fn(&Argument) -> KindSet;

/// The kinds in which a kind field has this value; `None` if no kind has it.
pub type KindsOf = fn(&str) -> Option<KindSet>;

/// One field.
pub struct FieldDef {
    /// Its full name (`proc.name`).
    pub name: &'static str,
    /// Its class for `--list` (`evt`, `process`…), an index in [`Scheme::classes`].
    pub class: u16,
    /// Its type.
    pub ty: Type,
    /// The name of its type as Falco prints it (`CHARBUF`, `UINT64`…).
    pub type_name: &'static str,
    /// How its numbers are printed.
    pub print: Print,
    /// How many values it has without an argument.
    pub many: Many,
    /// How many values it has with an argument.
    pub many_with_arg: Many,
    /// Whether it takes an argument.
    pub arg: Option<ArgSpec>,
    /// Its properties.
    pub flags: FieldFlags,
    /// What it is, for `--list`.
    pub desc: &'static str,
    /// Turns an argument into a token, or says what is wrong with it.
    pub resolve_arg: Option<ResolveArg>,
    /// For [`Type::Dynamic`]: the type that an argument selects.
    pub arg_type: Option<ArgType>,
    /// The kinds of record in which this field (with this argument) can have a value; `None` for
    /// all. Outside them it is missing. Must never leave out a kind in which it can be present.
    pub kinds: Option<FieldKinds>,
}

/// A class of fields, as `--list` groups them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldClass {
    /// Its name; not unique.
    pub name: &'static str,
    /// Tells classes of the same name apart; text lists put it in parentheses. May be empty.
    pub qualifier: &'static str,
    /// What it is about.
    pub desc: &'static str,
    /// The event sources that it applies to.
    pub sources: &'static [&'static str],
}

/// How the values of a kind field select kinds.
pub struct KindField {
    /// The field (`evt.type`).
    pub field: FieldId,
    /// The kinds in which the field has this value; `None` if no record has it ("unknown event
    /// type").
    pub kinds_of: KindsOf,
}

/// The fields that conditions and outputs may name.
#[derive(Default)]
pub struct Scheme {
    /// Classes, in listing order.
    pub classes: Vec<FieldClass>,
    fields: Vec<FieldDef>,
    by_name: HashMap<&'static str, FieldId>,
    /// Fields that select kinds.
    pub kind_fields: Vec<KindField>,
    /// All kinds that records can have.
    pub all_kinds: Option<KindSet>,
}

impl Scheme {
    /// A scheme without fields.
    pub fn new() -> Scheme {
        Scheme::default()
    }

    /// Adds a field. A second one of the same name is unreachable.
    pub fn add(&mut self, def: FieldDef) -> FieldId {
        let id = FieldId(self.fields.len() as u16);
        self.by_name.entry(def.name).or_insert(id);
        self.fields.push(def);
        id
    }

    /// The definition of a field of this scheme.
    pub fn def(&self, field: FieldId) -> &FieldDef {
        &self.fields[usize::from(field.0)]
    }

    /// The field of exactly this name.
    pub fn by_name(&self, name: &str) -> Option<FieldId> {
        self.by_name.get(name).copied()
    }

    /// All fields in the order in which they were added.
    pub fn fields(&self) -> impl Iterator<Item = (FieldId, &FieldDef)> {
        self.fields
            .iter()
            .enumerate()
            .map(|(i, d)| (FieldId(i as u16), d))
    }
}
