//! Schemes: the typed fields that conditions and outputs may name.

use std::net::IpAddr;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
    /// The addresses of a domain name, for [`Type::IpName`] fields; asked once per name when a
    /// condition is compiled. Without it such a field equals no name.
    pub resolve_name: Option<fn(&str) -> Vec<IpAddr>>,
}

/// Why a name is no field. The messages are those that tools look for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// No field has this name, or it takes no argument.
    #[error("filter_check called with nonexistent field {0}")]
    Nonexistent(String),
    /// The field exists, and its argument is missing or wrong.
    #[error("{0}")]
    Argument(String),
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

    /// The field that `name` and what stood in brackets behind it mean: an exact name, or a name
    /// and a dotted argument.
    pub fn resolve(
        &self,
        name: &str,
        arg: Option<&str>,
    ) -> Result<(FieldId, Argument), ResolveError> {
        let shown = || match arg {
            Some(arg) => format!("{name}[{arg}]"),
            None => name.to_string(),
        };
        let nonexistent = || ResolveError::Nonexistent(shown());
        let dotted = || {
            let dots = name.rmatch_indices('.').map(|(dot, _)| dot);
            let takes_dots = |dot: &usize| {
                let def = self.by_name(&name[..*dot]).map(|id| self.def(id));
                def.and_then(|d| d.arg).is_some_and(|a| a.dotted)
            };
            dots.into_iter().find(takes_dots)
        };
        let (field, text) = match (self.by_name(name), arg) {
            (Some(field), text) => (field, text),
            (None, None) => {
                let dot = dotted().ok_or_else(nonexistent)?;
                let field = self.by_name(&name[..dot]).ok_or_else(nonexistent)?;
                (field, Some(&name[dot + 1..]))
            }
            (None, Some(_)) => return Err(nonexistent()),
        };
        let def = self.def(field);
        let Some(text) = text else {
            return match def.arg {
                Some(spec) if spec.required && def.flags.plugin => {
                    let why = "requires an argument but none provided";
                    Err(ResolveError::Argument(format!(
                        "filter '{name}': {name} {why}"
                    )))
                }
                Some(spec) if spec.required => Err(ResolveError::Argument(format!(
                    "filter syntax error: {name}"
                ))),
                _ => Ok((field, Argument::default())),
            };
        };
        let Some(spec) = def.arg else {
            if def.flags.plugin {
                let why = "does not allow nor require an argument but one is provided";
                let shown = shown();
                return Err(ResolveError::Argument(format!(
                    "filter '{shown}': {name} {why}: {text}"
                )));
            }
            return Err(nonexistent());
        };
        let index = text.parse().ok();
        if spec.index && !spec.key && index.is_none() {
            return Err(ResolveError::Argument(format!(
                "{text} is not a valid number"
            )));
        }
        let token = match def.resolve_arg {
            Some(resolve) => resolve(text).map_err(ResolveError::Argument)?,
            None => 0,
        };
        let arg = Argument {
            text: text.into(),
            index,
            token,
        };
        Ok((field, arg))
    }

    /// The name of a listed field that `name` was probably meant to be.
    pub fn nearest_name(&self, name: &str) -> Option<&'static str> {
        let listed = self.fields.iter().filter(|d| !d.flags.hidden);
        lanner_diag::nearest(name, listed.map(|d| d.name))
    }

    /// All fields in the order in which they were added.
    pub fn fields(&self) -> impl Iterator<Item = (FieldId, &FieldDef)> {
        self.fields
            .iter()
            .enumerate()
            .map(|(i, d)| (FieldId(i as u16), d))
    }
}
