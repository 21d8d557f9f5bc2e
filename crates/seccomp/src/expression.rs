//! Calls as people write them: `openat`, `socket(AF_VSOCK)`, `clone(flags=CLONE_NEWUSER)`,
//! `x86:socketcall(1)`, `257`.

use lanner_diag::nearest;

use crate::table::{self, ArgType, Call};
use crate::{Arch, constants};

/// Calls of one number, with some or all of their arguments.
#[derive(Clone, Debug)]
pub struct Expression {
    /// On this ABI.
    pub arch: Arch,
    /// The call; `None` if no call has the number.
    pub call: Option<&'static Call>,
    /// Its number on the ABI.
    pub number: u32,
    /// The arguments that are given.
    pub args: [Option<u64>; 6],
}

/// What is wrong with a call as it was written; says how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(pub String);

impl Expression {
    /// Reads a call. Without an ABI in front it is made on `arch`.
    ///
    /// # Errors
    /// It is not of that form, or there is no such call, argument or name.
    pub fn parse(text: &str, arch: Arch) -> Result<Expression, Wrong> {
        let text = text.trim();
        let (arch, text) = match text.split_once(':') {
            Some((abi, rest)) => match Arch::from_any_name(abi.trim()) {
                Some(arch) => (arch, rest.trim()),
                None => return Err(Wrong(format!("`{abi}` is no architecture"))),
            },
            None => (arch, text),
        };
        let (name, args) = match text.split_once('(') {
            Some((name, rest)) => match rest.strip_suffix(')') {
                Some(args) => (name.trim(), args),
                None => return Err(Wrong(format!("`{text}` lacks the closing bracket"))),
            },
            None => (text, ""),
        };
        let (call, number) = find(name, arch)?;
        let mut expression = Expression {
            arch,
            call,
            number,
            args: [None; 6],
        };
        let items = args.split(',').map(str::trim);
        for (position, item) in items.enumerate().filter(|(_, i)| !i.is_empty()) {
            let (index, value) = match item.split_once('=') {
                Some((arg, value)) => (expression.position(arg.trim())?, value.trim()),
                None if position < 6 => (position, item),
                None => return Err(Wrong("a call has at most six arguments".to_owned())),
            };
            if !matches!(value, "_" | "*" | "?") {
                expression.args[index] = Some(expression.value(index, value)?);
            }
        }
        Ok(expression)
    }

    /// The call's name, or its number.
    pub fn name(&self) -> String {
        match self.call {
            Some(call) => call.name.to_owned(),
            None => format!("call {}", self.number),
        }
    }

    /// Which argument has this name: the kernel's, the end of it, or `arg2` or `a2`.
    fn position(&self, name: &str) -> Result<usize, Wrong> {
        let digit = name.strip_prefix("arg").or(name.strip_prefix('a'));
        if let Some(index) = digit.and_then(|d| d.parse::<usize>().ok()) {
            return match index {
                0..6 => Ok(index),
                _ => Err(Wrong(format!(
                    "arguments are arg0 to arg5, there is no {name}"
                ))),
            };
        }
        let args = self
            .call
            .and_then(|c| c.args.as_deref())
            .unwrap_or_default();
        let wanted = match (name, self.call.map(|c| c.name)) {
            ("domain", Some("socket" | "socketpair")) => "family",
            _ => name,
        };
        let ends = |arg: &str| {
            arg.strip_suffix(wanted)
                .is_some_and(|rest| rest.ends_with('_'))
        };
        let found = args
            .iter()
            .position(|a| a.name == wanted)
            .or_else(|| args.iter().position(|a| ends(a.name)));
        match found {
            // On s390 the first two arguments of clone are the other way round.
            Some(at @ (0 | 1))
                if self.call.is_some_and(|c| c.name == "clone")
                    && matches!(self.arch, Arch::S390 | Arch::S390x) =>
            {
                Ok(1 - at)
            }
            Some(at) => Ok(at),
            None => {
                let names: Vec<&str> = args.iter().map(|a| a.name).collect();
                let known = match names.as_slice() {
                    [] => "write arg0 to arg5".to_owned(),
                    names => format!("they are {}", names.join(", ")),
                };
                Err(Wrong(format!(
                    "`{}` has no argument `{name}`: {known}",
                    self.name()
                )))
            }
        }
    }

    /// A value: a number, a name, or several joined by `|`.
    fn value(&self, index: usize, text: &str) -> Result<u64, Wrong> {
        let mut sum = 0;
        for part in text.split('|').map(str::trim) {
            sum |= self.one_value(index, part)?;
        }
        Ok(sum)
    }

    fn one_value(&self, index: usize, text: &str) -> Result<u64, Wrong> {
        if text == "AT_FDCWD" {
            return Ok(self.negative(index, 100u64.wrapping_neg()));
        }
        if let Some(value) = constants::parse_number(text) {
            return Ok(match text.starts_with('-') {
                true => self.negative(index, value),
                false => value,
            });
        }
        let name = self.call.map_or("", |c| c.name);
        let set = u8::try_from(index)
            .ok()
            .and_then(|i| constants::of(self.arch, name, i));
        let own = set.and_then(|s| s.parse(text));
        if let Some(value) = own.or_else(|| constants::value(text)) {
            return Ok(value);
        }
        let near = nearest(text, constants::names());
        let hint = near.map_or(String::new(), |n| format!(", did you mean {n}?"));
        Err(Wrong(format!(
            "`{text}` is neither a number nor a name that is known{hint}"
        )))
    }

    /// A negative number as a compiler puts it into the register: an int leaves the upper half 0.
    fn negative(&self, index: usize, value: u64) -> u64 {
        let args = self
            .call
            .and_then(|c| c.args.as_deref())
            .unwrap_or_default();
        let ty = args.get(index).map_or(ArgType::IntWord, |a| a.ty);
        let bits = ty.bits(self.arch.word_bits());
        value & crate::policy::word_mask(bits)
    }
}

/// The call with this name or number on an ABI.
fn find(name: &str, arch: Arch) -> Result<(Option<&'static Call>, u32), Wrong> {
    if let Some(number) = constants::parse_number(name) {
        let number = u32::try_from(number)
            .map_err(|_| Wrong(format!("numbers of calls have 32 bits, {name} has more")))?;
        return Ok((table::by_number(arch, number), number));
    }
    if name.is_empty() {
        return Err(Wrong(
            "expected a call, like openat or socket(AF_VSOCK)".to_owned(),
        ));
    }
    let Some(call) = table::by_name(name) else {
        let near = nearest(name, table::calls().iter().map(|c| c.name));
        let hint = near.map_or(String::new(), |n| format!(", did you mean `{n}`?"));
        return Err(Wrong(format!("`{name}` is no system call{hint}")));
    };
    match call.number(arch) {
        Some(number) => Ok((Some(call), number)),
        None => {
            let has: Vec<&str> = Arch::all()
                .filter(|a| call.number(*a).is_some())
                .map(Arch::short_name)
                .collect();
            let through = arch.multiplexer(name);
            let hint = match through {
                Some((mux, selector)) => {
                    format!("; there it is made through {mux}({selector}, …)")
                }
                None => String::new(),
            };
            Err(Wrong(format!(
                "`{name}` does not exist on {}{hint}; it does on {}",
                arch.short_name(),
                has.join(", ")
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_as_people_write_them() {
        let check = |text: &str, number: u32, args: [Option<u64>; 6]| {
            let read = Expression::parse(text, Arch::X86_64).expect(text);
            assert_eq!((read.number, read.args), (number, args), "{text}");
        };
        let none = [None; 6];
        let first = |v| [Some(v), None, None, None, None, None];
        let second = |v| [None, Some(v), None, None, None, None];
        check("openat", 257, none);
        check(" openat ( ) ", 257, none);
        check("257", 257, none);
        check("9999", 9999, none);
        check("socket(AF_VSOCK)", 41, first(40));
        check("socket(domain=AF_VSOCK)", 41, first(40));
        check("socket(_, SOCK_STREAM|SOCK_CLOEXEC)", 41, second(0x80001));
        check("clone(flags=CLONE_NEWUSER|0x11)", 56, first(0x1000_0011));
        check("clone(a1=7)", 56, second(7));
        check("openat(AT_FDCWD)", 257, first(0xffff_ff9c));
        check("lseek(_, -1)", 8, second(u64::MAX));
        check("x86:socketcall(1)", 102, first(1));
        let s390 = Expression::parse("clone(flags=1)", Arch::S390x).expect("reads");
        assert_eq!(s390.args, second(1));
    }

    #[test]
    fn what_is_no_call_is_said_with_a_mend() {
        let check = |text: &str, expect: &str| {
            let wrong = Expression::parse(text, Arch::X86_64).expect_err(text);
            assert_eq!(wrong.0, expect, "{text}");
        };
        check(
            "opneat",
            "`opneat` is no system call, did you mean `openat`?",
        );
        check("", "expected a call, like openat or socket(AF_VSOCK)");
        check("socket(1", "`socket(1` lacks the closing bracket");
        check("pdp11:read", "`pdp11` is no architecture");
        check(
            "socket(AF_VSOKC)",
            "`AF_VSOKC` is neither a number nor a name that is known, did you mean AF_VSOCK?",
        );
        check(
            "clone(flag=1)",
            "`clone` has no argument `flag`: they are clone_flags, newsp, parent_tidptr, child_tidptr, tls",
        );
        check("read(a9=1)", "arguments are arg0 to arg5, there is no a9");
        check("read(1,2,3,4,5,6,7)", "a call has at most six arguments");
        check(
            "99999999999",
            "numbers of calls have 32 bits, 99999999999 has more",
        );
        let on_arm = Expression::parse("open", Arch::Aarch64).expect_err("has none");
        assert!(
            on_arm
                .0
                .starts_with("`open` does not exist on AARCH64; it does on X86_64")
        );
    }
}
