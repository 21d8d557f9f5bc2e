//! Nodes of the tree, and scalars read as values.

/// A place in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark {
    /// Bytes before it.
    pub offset: u32,
    /// Lines before it.
    pub line: u32,
    /// Bytes before it in its line.
    pub column: u32,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, `~` or `null`, not in quotes.
    Null,
    /// Text: every other scalar, whatever it looks like.
    Scalar(Box<str>),
    /// A sequence.
    Seq(Vec<Node>),
    /// A mapping, in the order of the file. Keys may repeat: [`Node::get`] gives the first.
    Map(Vec<(Node, Node)>),
}

/// A node of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it holds.
    pub value: Value,
    /// Where it begins: a block scalar at its `>` or `|`, a block mapping at its first key. A node
    /// that an alias stands for begins where the anchored node does.
    pub mark: Mark,
    /// The offset after its last byte.
    pub end: u32,
    /// Whether it is a scalar in quotes.
    pub quoted: bool,
    /// Its tag (`!name`), if it has one.
    pub tag: Option<Box<str>>,
}

impl Node {
    /// A node that stands nowhere, for trees that are built rather than read.
    pub fn new(value: Value) -> Node {
        Node {
            value,
            mark: Mark::default(),
            end: 0,
            quoted: false,
            tag: None,
        }
    }

    /// Whether it holds nothing.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Whether it holds text.
    pub fn is_scalar(&self) -> bool {
        matches!(self.value, Value::Scalar(_))
    }

    /// Whether it is a sequence.
    pub fn is_seq(&self) -> bool {
        matches!(self.value, Value::Seq(_))
    }

    /// Whether it is a mapping.
    pub fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// Its text, if it is a scalar.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// Its elements, if it is a sequence.
    pub fn as_seq(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// Its pairs, if it is a mapping.
    pub fn as_map(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The value under `key`, if it is a mapping that has it; the first if several do.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.get_pair(key).map(|(_, value)| value)
    }

    /// The pair of `key`, if it is a mapping that has it; the first if several do.
    pub fn get_pair(&self, key: &str) -> Option<&(Node, Node)> {
        self.as_map()?.iter().find(|(k, _)| k.as_str() == Some(key))
    }

    /// Its text as yaml-cpp converts it: scalars as they are, nothing as `null`.
    pub fn to_text(&self) -> Option<&str> {
        match &self.value {
            Value::Null => Some("null"),
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// `true`/`yes`/`on`/`y` and `false`/`no`/`off`/`n`: all lower case, all upper case, or
    /// capitalised; in quotes or not.
    pub fn to_bool(&self) -> Option<bool> {
        let text = self.as_str()?;
        let mut chars = text.chars();
        let first = chars.next()?;
        let rest = chars.as_str();
        let lower = |s: &str| s.bytes().all(|b| b.is_ascii_lowercase());
        let upper = |s: &str| s.bytes().all(|b| b.is_ascii_uppercase());
        if !(lower(text) || first.is_ascii_uppercase() && (lower(rest) || upper(rest))) {
            return None;
        }
        match text.to_ascii_lowercase().as_str() {
            "y" | "yes" | "true" | "on" => Some(true),
            "n" | "no" | "false" | "off" => Some(false),
            _ => None,
        }
    }

    /// An unsigned integer of up to `bits` bits: decimal, `0x` hexadecimal, or octal with a
    /// leading 0. Blanks may follow.
    pub fn to_uint(&self, bits: u32) -> Option<u64> {
        let (negative, value) = integer(self.as_str()?)?;
        (!negative && (bits >= 64 || value >> bits == 0)).then_some(value)
    }

    /// A signed integer of up to 64 bits, written like an unsigned one with an optional sign.
    pub fn to_int(&self) -> Option<i64> {
        let (negative, value) = integer(self.as_str()?)?;
        match negative {
            false => i64::try_from(value).ok(),
            true => 0_i64.checked_sub_unsigned(value),
        }
    }

    /// A number with or without a fraction or exponent; `.inf`, `.nan`.
    pub fn to_float(&self) -> Option<f64> {
        let text = self.as_str()?;
        match text {
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
            ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
            _ if text
                .bytes()
                .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) =>
            {
                text.parse().ok()
            }
            _ => None,
        }
    }

    /// The number of nodes in it, itself included.
    pub fn count(&self) -> usize {
        1 + match &self.value {
            Value::Null | Value::Scalar(_) => 0,
            Value::Seq(items) => items.iter().map(Node::count).sum(),
            Value::Map(pairs) => pairs.iter().map(|(k, v)| k.count() + v.count()).sum(),
        }
    }
}

/// Whether it is negative, and its digits.
fn integer(text: &str) -> Option<(bool, u64)> {
    let text = text.trim_end_matches([' ', '\t', '\n', '\r']);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let hex = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    let (digits, radix) = match hex {
        Some(hex) => (hex, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        None => (digits, 10),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    Some((negative, u64::from_str_radix(digits, radix).ok()?))
}
