//! The tree of a configuration before it has a meaning: environment variables, overrides from the
//! command line, and the merging of files.

use lanner_diag::yaml::{Node, Value, parse};

/// How an included file is merged (`config_files[].strategy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// Sequences are joined, other values replaced.
    #[default]
    Append,
    /// Values are replaced.
    Override,
    /// Only keys that are not there yet are taken.
    AddOnly,
}

impl Strategy {
    /// The strategy of this name.
    pub(crate) fn by_name(name: &str) -> Option<Strategy> {
        match name {
            "append" => Some(Strategy::Append),
            "override" => Some(Strategy::Override),
            "add-only" => Some(Strategy::AddOnly),
            _ => None,
        }
    }
}

/// Merges the keys at the top of `from` into `into`; below the top nothing is merged.
pub(crate) fn merge(into: &mut Node, from: Node, strategy: Strategy) {
    let Value::Map(new) = from.value else {
        return;
    };
    let Some(entries) = entries_mut(into) else {
        return;
    };
    for (key, value) in new {
        let name = key.as_str().unwrap_or_default();
        let old = entries.iter_mut().find(|(k, _)| k.as_str() == Some(name));
        let Some((_, old)) = old else {
            entries.push((key, value));
            continue;
        };
        match (strategy, &mut old.value, value.value) {
            (Strategy::AddOnly, ..) => {}
            (Strategy::Append, Value::Seq(items), Value::Seq(more)) => items.extend(more),
            (_, slot, replacement) => *slot = replacement,
        }
    }
}

/// Replaces `${NAME}` in every scalar by the value of an environment variable, as `lookup` gives
/// it; `$${NAME}` stands for `${NAME}` itself.
pub(crate) fn expand(node: &mut Node, lookup: &dyn Fn(&str) -> Option<String>) {
    match &mut node.value {
        Value::Scalar(text) => {
            if text.contains('$') {
                *text = expand_text(text, lookup).into();
            }
        }
        Value::Seq(items) => items.iter_mut().for_each(|i| expand(i, lookup)),
        Value::Map(entries) => entries.iter_mut().for_each(|(_, v)| expand(v, lookup)),
        Value::Null => {}
    }
}

/// [`expand`] for one text.
pub(crate) fn expand_text(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (escaped, body) = if let Some(body) = rest.strip_prefix("$${") {
            (true, body)
        } else if let Some(body) = rest.strip_prefix("${") {
            (false, body)
        } else {
            // As Falco: a lone dollar sign ends the search.
            break;
        };
        let Some(end) = body.find('}') else {
            break;
        };
        let name = &body[..end];
        if escaped {
            out.push_str("${");
            out.push_str(name);
            out.push('}');
        } else {
            out.push_str(&lookup(name).unwrap_or_default());
        }
        rest = &body[end + 1..];
    }
    out + rest
}

/// Why an override cannot be carried out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OverrideError {
    /// There is no `=`.
    #[error("Error parsing config option \"{0}\". Must be of the form key=val or key.subkey=val")]
    NoValue(String),
    /// The key is not one.
    #[error("Config error at key \"{key}\": {what}")]
    Key {
        /// The key.
        key: String,
        /// What is wrong with it.
        what: String,
    },
    /// The value begins as a mapping or sequence and is none.
    #[error("Config error at key \"{key}\": the value is not valid YAML: {what}")]
    Value {
        /// The key.
        key: String,
        /// What is wrong with the value.
        what: String,
    },
}

/// A step from a node to one below it.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    Append,
}

/// Splits `key=value`.
pub(crate) fn split(option: &str) -> Result<(&str, &str), OverrideError> {
    let (key, value) = option
        .split_once('=')
        .ok_or_else(|| OverrideError::NoValue(option.to_owned()))?;
    if key.is_empty() {
        return Err(OverrideError::NoValue(option.to_owned()));
    }
    Ok((key.trim(), value))
}

/// Carries out one `key=value`.
pub(crate) fn set(root: &mut Node, key: &str, value: &str) -> Result<(), OverrideError> {
    let steps = steps(key).map_err(|what| OverrideError::Key {
        key: key.to_owned(),
        what,
    })?;
    let value = match value.trim_start().chars().next() {
        Some('{' | '[') => {
            let wrong = |what: String| OverrideError::Value {
                key: key.to_owned(),
                what,
            };
            let documents = parse(value).map_err(|e| wrong(e.message.clone()))?;
            let first = documents.into_iter().next();
            first.ok_or_else(|| wrong("it is empty".to_owned()))?
        }
        _ => Node::new(Value::Scalar(value.into())),
    };
    place(root, &steps, value);
    Ok(())
}

/// The dotted name of a key without indexes, for looking it up among the known keys.
pub(crate) fn plain_name(key: &str) -> String {
    let mut name = String::new();
    for step in steps(key).unwrap_or_default() {
        if let Step::Key(part) = step {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(&part);
        }
    }
    name
}

fn steps(key: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut name = String::new();
    let mut chars = key.char_indices().peekable();
    let end = |name: &mut String, steps: &mut Vec<Step>, at: usize| {
        if name.is_empty() {
            return Err(format!("Parsing error: unexpected character at pos {at}"));
        }
        steps.push(Step::Key(std::mem::take(name)));
        Ok(())
    };
    let mut after_index = false;
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, escaped @ ('.' | '[' | ']' | '\\'))) => name.push(escaped),
                Some((_, other)) => {
                    return Err(format!(
                        "Parsing error: invalid escape sequence '\\{other}' at pos {at}"
                    ));
                }
                None => return Err(format!("Parsing error: trailing backslash at pos {at}")),
            },
            '.' if after_index => after_index = false,
            '.' => end(&mut name, &mut steps, at)?,
            '[' => {
                if !after_index {
                    end(&mut name, &mut steps, at)?;
                }
                let mut index = String::new();
                let closed = chars.by_ref().any(|(_, c)| {
                    if c != ']' {
                        index.push(c);
                    }
                    c == ']'
                });
                if !closed {
                    return Err(format!("Parsing error: '[' at pos {at} is not closed"));
                }
                steps.push(match index.as_str() {
                    "" => Step::Append,
                    digits => Step::Index(digits.parse().ok().filter(|n| *n < 10_000).ok_or_else(
                        || format!("Parsing error: expected a numeric index, found '{digits}'"),
                    )?),
                });
                after_index = true;
            }
            _ if after_index => {
                return Err(format!("Parsing error: expected '.' character at pos {at}"));
            }
            c => name.push(c),
        }
    }
    if !after_index {
        end(&mut name, &mut steps, key.len())?;
    }
    Ok(steps)
}

/// Puts `value` where `steps` lead, making what is not there. A node that is no mapping becomes
/// one when a key of it is set: so `append_output.suggested_output=false` clears the sequence
/// `append_output`.
fn place(node: &mut Node, steps: &[Step], value: Node) {
    let Some((step, rest)) = steps.split_first() else {
        *node = value;
        return;
    };
    match step {
        Step::Key(name) => {
            if !node.is_map() {
                *node = Node::new(Value::Map(Vec::new()));
            }
            if let Value::Map(entries) = &mut node.value {
                let at = entries.iter().position(|(k, _)| k.as_str() == Some(name));
                let at = at.unwrap_or_else(|| {
                    let key = Node::new(Value::Scalar(name.as_str().into()));
                    entries.push((key, Node::new(Value::Null)));
                    entries.len() - 1
                });
                place(&mut entries[at].1, rest, value);
            }
        }
        Step::Index(_) | Step::Append => {
            if !node.is_seq() {
                *node = Node::new(Value::Seq(Vec::new()));
            }
            if let Value::Seq(items) = &mut node.value {
                let at = match step {
                    Step::Index(index) => *index,
                    _ => items.len(),
                };
                while items.len() <= at {
                    items.push(Node::new(Value::Null));
                }
                place(&mut items[at], rest, value);
            }
        }
    }
}

fn entries_mut(node: &mut Node) -> Option<&mut Vec<(Node, Node)>> {
    if node.is_null() {
        node.value = Value::Map(Vec::new());
    }
    match &mut node.value {
        Value::Map(entries) => Some(entries),
        _ => None,
    }
}

/// The node below `root` that a dotted name leads to.
pub(crate) fn find<'t>(root: &'t Node, name: &str) -> Option<&'t Node> {
    name.split('.').try_fold(root, |node, part| node.get(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Node {
        parse(text).unwrap().into_iter().next().unwrap()
    }

    /// The tree on one line.
    fn show(node: &Node) -> String {
        match &node.value {
            Value::Null => "~".to_owned(),
            Value::Scalar(text) => text.to_string(),
            Value::Seq(items) => {
                let items: Vec<_> = items.iter().map(show).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(k, v)| format!("{}: {}", show(k), show(v)))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    #[track_caller]
    fn check_set(before: &str, option: &str, after: &str) {
        let mut root = tree(before);
        let (key, value) = split(option).unwrap();
        set(&mut root, key, value).unwrap();
        assert_eq!(show(&root), after);
    }

    #[test]
    fn overrides_reach_any_depth_and_lists() {
        check_set("a: 1", "a=2", "{a: 2}");
        check_set("a: 1", "b.c.d=x=y", "{a: 1, b: {c: {d: x=y}}}");
        check_set("l: [p, q]", "l[1]=z", "{l: [p, z]}");
        check_set("l: [p]", "l[]=z", "{l: [p, z]}");
        check_set("l: [{a: 1}]", "l[0].a=2", "{l: [{a: 2}]}");
        check_set(
            "a: ~",
            "r[].disable.rule=*",
            "{a: ~, r: [{disable: {rule: *}}]}",
        );
        check_set("a: ~", "m={x: [1, 2]}", "{a: ~, m: {x: [1, 2]}}");
        check_set("a: ~", "m[]={x: 1}", "{a: ~, m: [{x: 1}]}");
        check_set("a: ~", r"b\.c\[0\]=1", "{a: ~, b.c[0]: 1}");
        check_set("a: ~", "v=a,b,c", "{a: ~, v: a,b,c}");
        check_set("s: [{x: 1}]", "s.x=false", "{s: {x: false}}");
        check_set("m: [[1, 2], [3]]", "m[1][0]=9", "{m: [[1, 2], [9]]}");
    }

    #[test]
    fn an_override_that_is_not_one_is_an_error() {
        for option in ["a", "=x"] {
            assert!(split(option).is_err(), "{option}");
        }
        for key in [
            "a..b",
            "a.",
            "a[x]",
            "a[1",
            "a[0]b",
            "a\\x",
            "a\\",
            "a[99999999]",
        ] {
            assert!(set(&mut tree("a: ~"), key, "1").is_err(), "{key}");
        }
        assert!(set(&mut tree("a: ~"), "a", "{x: ").is_err());
    }

    #[test]
    fn names_without_indexes_are_looked_up() {
        assert_eq!(plain_name("rules[].disable.tag"), "rules.disable.tag");
    }

    #[track_caller]
    fn check_expand(text: &str, expect: &str) {
        let lookup = |name: &str| (name == "A").then(|| "${B}".to_owned());
        assert_eq!(expand_text(text, &lookup), expect);
    }

    #[test]
    fn environment_variables_are_expanded_as_falco_does() {
        check_expand("${A}", "${B}");
        check_expand("x${A}y${A}", "x${B}y${B}");
        check_expand("${NO}", "");
        check_expand("$${A}", "${A}");
        check_expand("${A", "${A");
        check_expand("$A", "$A");
        check_expand("$A ${A}", "$A ${A}");
    }

    #[track_caller]
    fn check_merge(strategy: Strategy, expect: &str) {
        let mut into = tree("{s: [1], m: {a: 1}, v: x}");
        merge(&mut into, tree("{s: [2], m: {b: 2}, v: y, n: 1}"), strategy);
        assert_eq!(show(&into), expect);
    }

    #[test]
    fn files_are_merged_at_the_top_only() {
        check_merge(Strategy::Append, "{s: [1, 2], m: {b: 2}, v: y, n: 1}");
        check_merge(Strategy::Override, "{s: [2], m: {b: 2}, v: y, n: 1}");
        check_merge(Strategy::AddOnly, "{s: [1], m: {a: 1}, v: x, n: 1}");
    }
}
