//! Shell patterns as `fnmatch` without flags knows them: `*` crosses slashes, a leading dot is
//! nothing special, a backslash takes the next byte literally. Bytes, not characters.

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Glob {
    parts: Vec<Part>,
    fold: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Byte(u8),
    AnyByte,
    AnyRun,
    Set(Box<[u64; 4]>),
    /// Cannot match: a pattern that ends in a backslash.
    Never,
}

impl Glob {
    /// Compiles a pattern; every text is one. `fold` makes ASCII letters match in both cases.
    pub(crate) fn new(pattern: &[u8], fold: bool) -> Glob {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(byte) = pattern.get(at) {
            at += 1;
            parts.push(match byte {
                b'?' => Part::AnyByte,
                b'*' if parts.last() == Some(&Part::AnyRun) => continue,
                b'*' => Part::AnyRun,
                b'\\' => match pattern.get(at) {
                    Some(byte) => {
                        at += 1;
                        Part::Byte(lower_if(fold, *byte))
                    }
                    None => Part::Never,
                },
                b'[' => match parse_set(&pattern[at..], fold) {
                    Some((set, len)) => {
                        at += len;
                        Part::Set(Box::new(set))
                    }
                    None => Part::Byte(b'['),
                },
                byte => Part::Byte(lower_if(fold, *byte)),
            });
        }
        Glob { parts, fold }
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        // On a mismatch only the last `*` needs to be tried again, one byte longer.
        let (mut part, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let matched = match (self.parts.get(part), text.get(at)) {
                (None, None) => return true,
                (Some(Part::AnyRun), _) => {
                    retry = Some((part + 1, at));
                    part += 1;
                    continue;
                }
                (Some(Part::AnyByte), Some(_)) => true,
                (Some(Part::Byte(want)), Some(byte)) => lower_if(self.fold, *byte) == *want,
                (Some(Part::Set(set)), Some(byte)) => {
                    let byte = lower_if(self.fold, *byte);
                    set[usize::from(byte) / 64] >> (byte % 64) & 1 == 1
                }
                _ => false,
            };
            if matched {
                part += 1;
                at += 1;
                continue;
            }
            match retry {
                Some((from, start)) if start < text.len() => {
                    retry = Some((from, start + 1));
                    part = from;
                    at = start + 1;
                }
                _ => return false,
            }
        }
    }

    /// The longest run of bytes that every match contains (lower case if folded).
    pub(crate) fn required_literal(&self) -> Vec<u8> {
        let mut longest: Vec<u8> = Vec::new();
        let mut run: Vec<u8> = Vec::new();
        for part in self.parts.iter().chain([&Part::AnyRun]) {
            match part {
                Part::Byte(byte) => run.push(*byte),
                _ if run.len() > longest.len() => longest = std::mem::take(&mut run),
                _ => run.clear(),
            }
        }
        longest
    }
}

fn lower_if(fold: bool, byte: u8) -> u8 {
    if fold {
        byte.to_ascii_lowercase()
    } else {
        byte
    }
}

/// A set from behind its `[`, and how long it is with its `]`; `None` if it does not end.
fn parse_set(pattern: &[u8], fold: bool) -> Option<([u64; 4], usize)> {
    let mut set = [0u64; 4];
    let mut add = |byte: u8| {
        let byte = lower_if(fold, byte);
        set[usize::from(byte) / 64] |= 1 << (byte % 64);
    };
    let negated = matches!(pattern.first(), Some(b'!' | b'^'));
    let first = usize::from(negated);
    let mut at = first;
    loop {
        let byte = *pattern.get(at)?;
        if byte == b']' && at > first {
            break;
        }
        if byte == b'[' && pattern.get(at + 1) == Some(&b':') {
            let rest = &pattern[at + 2..];
            if let Some(len) = rest.windows(2).position(|w| w == b":]") {
                let member = class(&rest[..len])?;
                (0..=255u8).filter(member).for_each(&mut add);
                at += len + 4;
                continue;
            }
        }
        let (low, len) = set_byte(&pattern[at..])?;
        at += len;
        if pattern.get(at) == Some(&b'-') && pattern.get(at + 1).is_some_and(|b| *b != b']') {
            let (high, len) = set_byte(&pattern[at + 1..])?;
            at += 1 + len;
            (low..=high).for_each(&mut add);
        } else {
            add(low);
        }
    }
    if negated {
        set.iter_mut().for_each(|word| *word = !*word);
    }
    Some((set, at + 1))
}

fn set_byte(pattern: &[u8]) -> Option<(u8, usize)> {
    match pattern {
        [b'\\', byte, ..] => Some((*byte, 2)),
        [byte, ..] => Some((*byte, 1)),
        [] => None,
    }
}

/// Whether a byte is in a named class (`alpha`); `None` if there is no such class.
pub(crate) fn class(name: &[u8]) -> Option<fn(&u8) -> bool> {
    Some(match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |b| matches!(b, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |b| (b' '..=b'~').contains(b),
        b"punct" => u8::is_ascii_punctuation,
        b"space" => |b| matches!(b, b' ' | 9..=13),
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        fn check(pattern: &str, text: &str, expect: bool) {
            let got = Glob::new(pattern.as_bytes(), false).matches(text.as_bytes());
            assert_eq!(got, expect, "{pattern} on {text}");
        }
        check("", "", true);
        check("", "a", false);
        check("*", "", true);
        check("*", "/a/.b", true);
        check("a*", "a", true);
        check("*a", "ba", true);
        check("*a", "ab", false);
        check("a*b*c", "aXbYbZc", true);
        check("a*b*c", "aXcYb", false);
        check("*aab", "aaaaab", true);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
        check("[abc]x", "bx", true);
        check("[!abc]x", "bx", false);
        check("[^abc]x", "dx", true);
        check("[a-c0-9]", "5", true);
        check("[a-c0-9]", "d", false);
        check("[]a]", "]", true);
        check("[!]a]", "]", false);
        check("[a-]", "-", true);
        check("[[:digit:]x]", "7", true);
        check("[[:digit:]x]", "y", false);
        check("[a", "[a", true);
        check(r"\*", "*", true);
        check(r"\*", "a", false);
        check(r"[\]]", "]", true);
        check("a\\", "a\\", false);
        check("\u{e4}?", "\u{e4}x", true);
    }

    #[test]
    fn folding_ignores_the_case_of_ascii() {
        fn check(pattern: &str, text: &str, expect: bool) {
            let got = Glob::new(pattern.as_bytes(), true).matches(text.as_bytes());
            assert_eq!(got, expect, "{pattern} on {text}");
        }
        check("*.Txt", "A.tXT", true);
        check("[A-C]", "b", true);
        check("[!A-C]", "b", false);
    }

    #[test]
    fn many_stars_do_not_take_exponential_time() {
        let pattern = "a*".repeat(40) + "b";
        assert!(!Glob::new(pattern.as_bytes(), false).matches(&[b'a'; 4096]));
    }
}
