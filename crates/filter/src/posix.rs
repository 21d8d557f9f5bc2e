//! Regular expressions in POSIX (`egrep`) syntax: no classes like `\d`, no groups like `(?i)`, no
//! lazy repetition. Translated to the syntax of the engine; what is refused, and why, reads as in
//! the original.

use std::sync::OnceLock;

use regex_automata::{Anchored, Input, meta};

use crate::glob;

/// A compiled expression; the automaton is built when it is first used.
#[derive(Debug)]
pub(crate) struct Posix {
    /// In the syntax of the engine, without anchors.
    translated: String,
    /// The longest run of bytes that every match contains.
    pub(crate) required: Vec<u8>,
    automaton: OnceLock<Option<meta::Regex>>,
}

impl Posix {
    /// Translates an expression, or says what is wrong with it.
    pub(crate) fn new(pattern: &[u8]) -> Result<Posix, String> {
        let pattern = std::str::from_utf8(pattern).map_err(|_| "invalid UTF-8".to_string())?;
        let mut translation = Translation::default();
        translation.run(pattern)?;
        let (translated, required) = translation.finish(pattern)?;
        regex_automata::util::syntax::parse(&translated).map_err(|e| e.to_string())?;
        let posix = Posix {
            translated,
            required,
            automaton: OnceLock::new(),
        };
        // Only counted repetition can make an automaton too large.
        if posix.translated.contains('{') && posix.automaton().is_none() {
            return Err("pattern too large - compile failed".into());
        }
        Ok(posix)
    }

    fn automaton(&self) -> Option<&meta::Regex> {
        let build = || {
            let config = meta::Config::new().nfa_size_limit(Some(10 << 20));
            let anchored = format!("\\A(?:{})\\z", self.translated);
            meta::Builder::new().configure(config).build(&anchored).ok()
        };
        self.automaton.get_or_init(build).as_ref()
    }

    /// Whether the whole text matches. The text should be valid UTF-8.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let input = Input::new(text).anchored(Anchored::Yes).earliest(true);
        self.automaton().is_some_and(|a| a.is_match(input))
    }
}

/// Repetition counts beyond it are refused.
const MAX_REPEAT: u32 = 1000;

#[derive(Default)]
struct Translation {
    out: String,
    /// Where the last atom starts in `out`; none at the start of a branch.
    atom: Option<usize>,
    /// Where the open groups start in `out`.
    groups: Vec<usize>,
    /// Runs of literals outside groups, as far as every match contains them.
    run: Vec<u8>,
    longest: Vec<u8>,
    /// An alternative outside groups: nothing is required.
    branched: bool,
}

impl Translation {
    fn run(&mut self, pattern: &str) -> Result<(), String> {
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            let behind = &rest[c.len_utf8()..];
            rest = match c {
                '(' => {
                    self.end_run();
                    self.groups.push(self.out.len());
                    self.out.push_str("(?:");
                    self.atom = None;
                    behind
                }
                ')' => {
                    let Some(start) = self.groups.pop() else {
                        return Err(format!("unexpected ): {pattern}"));
                    };
                    self.out.push(')');
                    self.atom = Some(start);
                    behind
                }
                '|' => {
                    self.end_run();
                    self.branched |= self.groups.is_empty();
                    self.out.push('|');
                    self.atom = None;
                    behind
                }
                '*' | '+' | '?' => {
                    self.repeat(&rest[..1], c != '+')?;
                    behind
                }
                '{' => match parse_counts(behind) {
                    Some((counts, len)) => {
                        let text = &rest[..1 + len];
                        counts_allowed(counts)
                            .map_err(|()| format!("bad repetition operator: {text}"))?;
                        self.repeat(text, true)?;
                        &rest[1 + len..]
                    }
                    None => {
                        self.literal('{');
                        behind
                    }
                },
                '^' => {
                    self.other("(?m:^)");
                    behind
                }
                '$' => {
                    self.other("(?m:$)");
                    behind
                }
                '.' => {
                    self.other("[^\\n]");
                    behind
                }
                '[' => {
                    let (set, len) = translate_set(rest)?;
                    self.other(&set);
                    &rest[len..]
                }
                '\\' => {
                    let (c, len) = parse_escape(rest)?;
                    self.literal(c);
                    &rest[len..]
                }
                c => {
                    self.literal(c);
                    behind
                }
            };
        }
        Ok(())
    }

    fn finish(mut self, pattern: &str) -> Result<(String, Vec<u8>), String> {
        if !self.groups.is_empty() {
            return Err(format!("missing ): {pattern}"));
        }
        self.end_run();
        let required = if self.branched {
            Vec::new()
        } else {
            self.longest
        };
        Ok((self.out, required))
    }

    fn literal(&mut self, c: char) {
        self.atom = Some(self.out.len());
        push_escaped(&mut self.out, c);
        if self.groups.is_empty() {
            self.run.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    fn other(&mut self, text: &str) {
        self.end_run();
        self.atom = Some(self.out.len());
        self.out.push_str(text);
    }

    fn repeat(&mut self, operator: &str, maybe_none: bool) -> Result<(), String> {
        let Some(start) = self.atom else {
            return Err(format!("no argument for repetition operator: {operator}"));
        };
        if self.groups.is_empty() && !self.run.is_empty() {
            // The operator binds to the last character only.
            if maybe_none {
                let text = String::from_utf8_lossy(&self.run).into_owned();
                let last = text.chars().next_back().map_or(0, char::len_utf8);
                self.run.truncate(self.run.len() - last);
            }
            self.end_run();
        }
        // Wrapped, because a second operator would mean something else to the engine.
        self.out.insert_str(start, "(?:");
        self.out.push(')');
        self.out.push_str(operator);
        Ok(())
    }

    fn end_run(&mut self) {
        if self.run.len() > self.longest.len() {
            self.longest.clone_from(&self.run);
        }
        self.run.clear();
    }
}

fn push_escaped(out: &mut String, c: char) {
    if c.is_ascii_punctuation() {
        out.push('\\');
    }
    out.push(c);
}

/// `n}`, `n,}` or `n,m}`, and how long it is.
fn parse_counts(text: &str) -> Option<((u32, Option<u32>), usize)> {
    let end = text.find('}')?;
    let number = |t: &str| {
        let digits = !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| t.parse().unwrap_or(u32::MAX))
    };
    let counts = match text[..end].split_once(',') {
        None => {
            let n = number(&text[..end])?;
            (n, Some(n))
        }
        Some((low, "")) => (number(low)?, None),
        Some((low, high)) => (number(low)?, Some(number(high)?)),
    };
    Some((counts, end + 1))
}

fn counts_allowed((low, high): (u32, Option<u32>)) -> Result<(), ()> {
    let ordered = high.is_none_or(|high| low <= high && high <= MAX_REPEAT);
    if low <= MAX_REPEAT && ordered {
        Ok(())
    } else {
        Err(())
    }
}

/// The character that an escape stands for, and how long the escape is.
fn parse_escape(text: &str) -> Result<(char, usize), String> {
    let Some(c) = text[1..].chars().next() else {
        return Err("trailing \\".into());
    };
    let bad = |len: usize| {
        format!(
            "invalid escape sequence: {}",
            text.get(..len).unwrap_or(text)
        )
    };
    let short = 1 + c.len_utf8();
    Ok(match c {
        'a' => ('\u{7}', short),
        'f' => ('\u{c}', short),
        'n' => ('\n', short),
        'r' => ('\r', short),
        't' => ('\t', short),
        'v' => ('\u{b}', short),
        'x' => {
            let rest = &text[short..];
            let (digits, len) = match rest.strip_prefix('{') {
                Some(inner) => {
                    let end = inner.find('}').ok_or_else(|| bad(short))?;
                    (&inner[..end], short + end + 2)
                }
                None => (rest.get(..2).ok_or_else(|| bad(text.len()))?, short + 2),
            };
            let hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
            let code = u32::from_str_radix(digits, 16).ok().filter(|_| hex);
            let c = code.and_then(char::from_u32).ok_or_else(|| bad(len))?;
            (c, len)
        }
        '0'..='7' => {
            let digits = text[1..]
                .bytes()
                .take(3)
                .take_while(|b| (b'0'..=b'7').contains(b));
            let len = digits.count();
            if c != '0' && len == 1 {
                return Err(bad(short));
            }
            let code = u32::from_str_radix(&text[1..=len], 8).unwrap_or(0);
            (char::from_u32(code).unwrap_or('\0'), 1 + len)
        }
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => (c, short),
        _ => return Err(bad(short)),
    })
}

/// A bracket expression in the syntax of the engine, and how long it was.
fn translate_set(text: &str) -> Result<(String, usize), String> {
    let missing = || format!("missing ]: {text}");
    let mut out = String::from("[");
    let mut at = 1;
    if text[at..].starts_with('^') {
        out.push('^');
        at += 1;
    }
    let first = at;
    loop {
        let rest = &text[at..];
        let c = rest.chars().next().ok_or_else(missing)?;
        if c == ']' && at > first {
            break;
        }
        if rest.starts_with("[:")
            && let Some(len) = rest.find(":]")
        {
            let name = &rest[2..len];
            let plain = name.strip_prefix('^').unwrap_or(name);
            if plain != "word" && glob::class(plain.as_bytes()).is_none() {
                return Err(format!(
                    "invalid character class range: {}",
                    &rest[..len + 2]
                ));
            }
            out.push_str(&rest[..len + 2]);
            at += len + 2;
            continue;
        }
        let (low, len) = set_char(rest)?;
        at += len;
        let mut high = low;
        if text[at..].starts_with('-') && !text[at + 1..].starts_with(']') {
            let behind = &text[at + 1..];
            if behind.is_empty() {
                return Err(missing());
            }
            let (c, len) = set_char(behind)?;
            high = c;
            at += 1 + len;
        }
        if high < low {
            return Err(format!("invalid character class range: {low}-{high}"));
        }
        push_escaped(&mut out, low);
        if high != low {
            out.push('-');
            push_escaped(&mut out, high);
        }
    }
    out.push(']');
    Ok((out, at + 1))
}

fn set_char(text: &str) -> Result<(char, usize), String> {
    match text.chars().next() {
        Some('\\') => parse_escape(text),
        Some(c) => Ok((c, c.len_utf8())),
        None => Err("missing ]".into()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn expressions_match_whole_texts() {
        fn check(pattern: &str, text: &str, expect: bool) {
            let regex = Posix::new(pattern.as_bytes()).unwrap();
            assert_eq!(
                regex.matches(text.as_bytes()),
                expect,
                "{pattern} on {text}"
            );
        }
        check("abc", "abc", true);
        check("abc", "abcd", false);
        check("abc", "xabc", false);
        check("a|bc", "bc", true);
        check("a|bc", "ac", false);
        check("a.*c", "abbbc", true);
        check("^abc$", "abc", true);
        check("a+b?", "aaa", true);
        check("a*?", "aaa", true);
        check("a**", "", true);
        check("(ab){2}", "abab", true);
        check("(ab){2}", "ab", false);
        check("a{,2}", "a{,2}", true);
        check("a{x}", "a{x}", true);
        check("[a-c]+", "cab", true);
        check("[^a-c]+", "cab", false);
        check("[]a]+", "]a", true);
        check("[[:digit:]]+", "123", true);
        check("[^[:digit:]]+", "abc", true);
        check("[a&&b]+", "&ab", true);
        check("[a-]+", "-a", true);
        check(r"\.\*", ".*", true);
        check(r"\x41\x{42}", "AB", true);
        check(r"a\/b", "a/b", true);
        check("a.b", "a\nb", false);
        check("\u{e4}.", "\u{e4}\u{f6}", true);
        check("a b#c", "a b#c", true);
        check("", "", true);
        check("()", "", true);
        check("a|", "", true);
    }

    #[test]
    fn what_is_refused_reads_as_in_the_original() {
        fn check(pattern: &str, expect: &str) {
            assert_eq!(
                Posix::new(pattern.as_bytes()).unwrap_err(),
                expect,
                "{pattern}"
            );
        }
        check("(?i)a", "no argument for repetition operator: ?");
        check("*a", "no argument for repetition operator: *");
        check("a|+", "no argument for repetition operator: +");
        check("(a", "missing ): (a");
        check("a)", "unexpected ): a)");
        check("[a", "missing ]: [a");
        check("[z-a]", "invalid character class range: z-a");
        check("[[:foo:]]", "invalid character class range: [:foo:]");
        check(r"\d", r"invalid escape sequence: \d");
        check(r"\1", r"invalid escape sequence: \1");
        check("\\", "trailing \\");
        check("a{1001}", "bad repetition operator: {1001}");
        check("a{2,1}", "bad repetition operator: {2,1}");
    }

    #[test]
    fn the_longest_literal_that_every_match_contains_is_known() {
        fn check(pattern: &str, expect: &str) {
            let regex = Posix::new(pattern.as_bytes()).unwrap();
            assert_eq!(
                String::from_utf8_lossy(&regex.required),
                expect,
                "{pattern}"
            );
        }
        check("abc", "abc");
        check("abc*", "ab");
        check("abc+d", "abc");
        check("a.*bcd", "bcd");
        check("abc|d", "");
        check("a(bcd|e)f", "a");
        check("x{0}", "");
        check(r"\.ssh/.*", ".ssh/");
    }

    proptest! {
        #[test]
        fn every_match_contains_the_required_literal(
            pattern in "[ab.*+?|()^]{0,8}",
            text in "[ab\n]{0,8}",
        ) {
            if let Ok(regex) = Posix::new(pattern.as_bytes()) && regex.matches(text.as_bytes()) {
                let required = String::from_utf8(regex.required.clone()).unwrap();
                prop_assert!(text.contains(&required), "{} in {}", required, pattern);
            }
        }

        #[test]
        fn no_text_makes_the_translation_panic(pattern in any::<String>()) {
            let _ = Posix::new(pattern.as_bytes());
        }

        #[test]
        fn what_is_accepted_is_an_expression_of_the_engine(
            pattern in r"[a\\\[\]\-^:{},1?*+|().$x]{0,12}",
        ) {
            if let Err(message) = Posix::new(pattern.as_bytes()) {
                prop_assert!(!message.contains("regex parse error"), "{}", message);
            }
        }
    }
}
