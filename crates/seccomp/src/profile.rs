//! Profiles as people write them: a model that knows where everything stands.
//!
//! Read are OCI's `linux.seccomp` object, what Docker and containers-common put around it
//! (`archMap`, `includes`, `excludes`, `comment`, `name`, `errno` by name), an OCI `config.json`
//! that has such an object, and the SeccompProfile resource of the security-profiles-operator.
//! Each key's meaning is that of runtime-spec 1.3 and of the engines' own documents.

use hashbrown::HashMap;
use lanner_diag::yaml::{Node, Value};
use lanner_diag::{Diagnostic, Span, TextRange, nearest};

use crate::document::Document;
use crate::policy::{Condition, Op};
use crate::{Action, Arch};

/// A value, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: TextRange,
}

/// Who the profile is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OCI: runtimes take it as it is.
    Oci,
    /// It uses keys that an engine (Docker, Podman, CRI-O) resolves before the runtime sees it.
    Engine,
    /// A SeccompProfile resource of the security-profiles-operator.
    Operator,
}

/// A profile.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its file.
    pub file: lanner_diag::FileId,
    /// All of it.
    pub span: TextRange,
    /// Who it is written for.
    pub format: Format,
    /// `defaultAction` with its error number.
    pub default_action: Option<Spanned<Action>>,
    /// `defaultErrnoRet` or `defaultErrno`.
    pub default_errno: Option<Spanned<u64>>,
    /// `architectures`.
    pub architectures: Option<Vec<Spanned<Arch>>>,
    /// `archMap`.
    pub arch_map: Option<Spanned<Vec<ArchEntry>>>,
    /// `flags`.
    pub flags: Option<Spanned<Vec<Spanned<String>>>>,
    /// `listenerPath`.
    pub listener_path: Option<Spanned<String>>,
    /// `listenerMetadata`.
    pub listener_metadata: Option<Spanned<String>>,
    /// `syscalls`.
    pub rules: Vec<ProfileRule>,
    /// The first key that gives an error number by name (`errno`, `defaultErrno`), as only
    /// containers-common reads it.
    pub errno_names: Option<TextRange>,
    /// Comments in JSON.
    pub comments: Vec<TextRange>,
}

/// An entry of `archMap`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchEntry {
    /// The native ABI for which it counts.
    pub arch: Spanned<Arch>,
    /// The ABIs that are listed then.
    pub sub: Vec<Spanned<Arch>>,
}

/// An entry of `syscalls`.
#[derive(Clone, Debug)]
pub struct ProfileRule {
    /// All of it.
    pub span: TextRange,
    /// `names`, or the one of `name`.
    pub names: Vec<Spanned<String>>,
    /// The key `name`, which runtimes pass over.
    pub legacy_name: Option<TextRange>,
    /// `action` with its error number.
    pub action: Option<Spanned<Action>>,
    /// `errnoRet` or `errno`.
    pub errno: Option<Spanned<u64>>,
    /// `args`.
    pub args: Vec<ProfileArg>,
    /// `includes`.
    pub includes: Option<Spanned<Filter>>,
    /// `excludes`.
    pub excludes: Option<Spanned<Filter>>,
}

/// An entry of `args`.
#[derive(Clone, Debug)]
pub struct ProfileArg {
    /// All of it.
    pub span: TextRange,
    /// What it says.
    pub condition: Condition,
    /// Where `index` is written.
    pub index: TextRange,
    /// Where `value` is written; of the entry if it is not.
    pub value: TextRange,
    /// `valueTwo`.
    pub value_two: Option<Spanned<u64>>,
}

/// When an engine keeps or drops a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Capabilities.
    pub caps: Vec<Spanned<String>>,
    /// ABIs, as Go names them.
    pub arches: Vec<Spanned<String>>,
    /// A kernel version.
    pub min_kernel: Option<Spanned<(u16, u16)>>,
}

/// Flags of seccomp(2) that a profile may name, and their bits.
pub const FLAGS: [(&str, u32); 4] = [
    ("SECCOMP_FILTER_FLAG_TSYNC", 1),
    ("SECCOMP_FILTER_FLAG_LOG", 2),
    ("SECCOMP_FILTER_FLAG_SPEC_ALLOW", 4),
    ("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 32),
];

/// Unknown keys of a mapping for which the nearest known one is looked for.
const MAX_SUGGESTED: usize = 100;

const ACTIONS: [&str; 9] = [
    "SCMP_ACT_KILL",
    "SCMP_ACT_KILL_PROCESS",
    "SCMP_ACT_KILL_THREAD",
    "SCMP_ACT_TRAP",
    "SCMP_ACT_ERRNO",
    "SCMP_ACT_TRACE",
    "SCMP_ACT_ALLOW",
    "SCMP_ACT_LOG",
    "SCMP_ACT_NOTIFY",
];

const OPS: [&str; 7] = [
    "SCMP_CMP_NE",
    "SCMP_CMP_LT",
    "SCMP_CMP_LE",
    "SCMP_CMP_EQ",
    "SCMP_CMP_GE",
    "SCMP_CMP_GT",
    "SCMP_CMP_MASKED_EQ",
];

const PROFILE_KEYS: [&str; 11] = [
    "defaultAction",
    "defaultErrnoRet",
    "defaultErrno",
    "architectures",
    "archMap",
    "flags",
    "listenerPath",
    "listenerMetadata",
    "syscalls",
    "baseProfileName",
    "state",
];

const RULE_KEYS: [&str; 9] = [
    "names", "name", "action", "errnoRet", "errno", "args", "comment", "includes", "excludes",
];

/// Reads a profile: what can be used of it, and everything that is wrong with its form. It can be
/// used if none of the faults is an error.
pub fn read(document: &Document) -> (Profile, Vec<Diagnostic>) {
    let mut reader = Reader {
        document,
        faults: Vec::new(),
        engine: false,
        errno_names: None,
    };
    let (root, operator) = reader.find_profile();
    let mut profile = reader.profile(root);
    profile.errno_names = reader.errno_names;
    profile.format = match (operator, reader.engine) {
        (true, _) => Format::Operator,
        (false, true) => Format::Engine,
        (false, false) => Format::Oci,
    };
    (profile, reader.faults)
}

struct Reader<'a> {
    document: &'a Document,
    faults: Vec<Diagnostic>,
    /// A key was seen that only engines resolve.
    engine: bool,
    /// The first key that gives an error number by name.
    errno_names: Option<TextRange>,
}

fn range(node: &Node) -> TextRange {
    TextRange::new(node.mark.offset as usize, node.end as usize)
}

impl<'a> Reader<'a> {
    fn error(&mut self, node: &Node, code: &'static str, message: String) {
        let span = self.span(node);
        self.faults
            .push(Diagnostic::error(code, message).label(span, ""));
    }

    fn span(&self, node: &Node) -> Span {
        Span {
            file: self.document.file,
            range: range(node),
        }
    }

    /// The profile in the document, and whether it is a resource of the operator.
    fn find_profile(&mut self) -> (&'a Node, bool) {
        let root = &self.document.root;
        let is_resource = root.get("kind").and_then(Node::as_str) == Some("SeccompProfile");
        if let (true, Some(spec)) = (is_resource, root.get("spec")) {
            return (spec, true);
        }
        let in_config = root.get("linux").and_then(|l| l.get("seccomp"));
        match in_config {
            Some(profile) => (profile, false),
            None => (root, false),
        }
    }

    /// The pairs of a mapping; unknown and repeated keys are faults.
    fn pairs(&mut self, node: &'a Node, keys: &[&str], what: &str) -> &'a [(Node, Node)] {
        let Some(pairs) = node.as_map() else {
            let message = format!("expected {what}: an object, found {}", kind(node));
            self.error(node, "wrong-type", message);
            return &[];
        };
        let mut known: HashMap<&str, &Node> = HashMap::new();
        let mut unknown = 0;
        for (key, _) in pairs {
            let Some(name) = key.as_str() else {
                continue;
            };
            if let Some(first) = known.get(name) {
                let fault = Diagnostic::warning(
                    "repeated-key",
                    format!("`{name}` is given twice; runtimes take the last one"),
                )
                .label(self.span(key), "")
                .label(self.span(first), "first given here");
                self.faults.push(fault);
            } else {
                known.insert(name, key);
            }
            if !keys.contains(&name) {
                unknown += 1;
                // Hundreds of unknown keys are no slips of the pen.
                let near = (unknown <= MAX_SUGGESTED)
                    .then(|| nearest(name, keys.iter().copied()))
                    .flatten();
                let help = near.map(|near| format!("did you mean `{near}`?"));
                let message = format!("`{name}` is no key of {what}; runtimes pass over it");
                let fault = Diagnostic::warning("unknown-key", message)
                    .label(self.span(key), "")
                    .help(help);
                self.faults.push(fault);
            }
        }
        pairs
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<Spanned<String>> {
        match node.as_str() {
            Some(text) if node.quoted || self.document.yaml => Some(Spanned {
                value: text.to_owned(),
                span: range(node),
            }),
            _ => {
                let message = format!("expected {what}: a string, found {}", kind(node));
                self.error(node, "wrong-type", message);
                None
            }
        }
    }

    fn number(&mut self, node: &Node, what: &str) -> Option<Spanned<u64>> {
        let text = node.as_str().filter(|_| !node.quoted);
        match text.and_then(|t| t.parse::<u64>().ok()) {
            Some(value) => Some(Spanned {
                value,
                span: range(node),
            }),
            None => {
                let found = match text {
                    Some(text) => format!("`{text}`"),
                    None => kind(node).to_owned(),
                };
                let message =
                    format!("expected {what}: a whole number from 0 to 2^64 - 1, found {found}");
                self.error(node, "wrong-number", message);
                None
            }
        }
    }

    fn list(&mut self, node: &'a Node, what: &str) -> &'a [Node] {
        match &node.value {
            Value::Seq(items) => items,
            // Go's decoder takes null for an empty list.
            Value::Null => &[],
            _ => {
                let message = format!("expected {what}: a list, found {}", kind(node));
                self.error(node, "wrong-type", message);
                &[]
            }
        }
    }

    fn texts(&mut self, node: &'a Node, what: &str) -> Vec<Spanned<String>> {
        let items = self.list(node, what);
        items.iter().filter_map(|n| self.text(n, what)).collect()
    }

    /// One of a set of names; another is an error that suggests the nearest.
    fn name<T>(
        &mut self,
        node: &Node,
        what: &'static str,
        code: &'static str,
        known: &[&str],
        resolve: impl Fn(&str) -> Option<T>,
    ) -> Option<Spanned<T>> {
        let text = self.text(node, what)?;
        if let Some(value) = resolve(&text.value) {
            return Some(Spanned {
                value,
                span: text.span,
            });
        }
        let help = nearest(&text.value, known.iter().copied())
            .map(|near| format!("did you mean `{near}`?"));
        let fault = Diagnostic::error(code, format!("`{}` is no {what}", text.value))
            .label(self.span(node), "")
            .help(help)
            .note(format!("known are {}", known.join(", ")));
        self.faults.push(fault);
        None
    }

    fn arch(&mut self, node: &Node) -> Option<Spanned<Arch>> {
        let names: Vec<String> = Arch::all().map(|a| a.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.name(
            node,
            "architecture",
            "unknown-arch",
            &names,
            Arch::from_name,
        )
    }

    fn names_errno(&mut self, key: &Node) {
        self.engine = true;
        self.errno_names.get_or_insert(range(key));
    }

    /// An error number by name or value.
    fn errno(&mut self, node: &Node) -> Option<Spanned<u64>> {
        match node.as_str() {
            Some(text) if node.quoted && text.parse::<u64>().is_err() => {
                match errno_by_name(text) {
                    Some(value) => Some(Spanned {
                        value: u64::from(value),
                        span: range(node),
                    }),
                    None => {
                        let message = format!("`{text}` is no error number");
                        self.error(node, "unknown-errno", message);
                        None
                    }
                }
            }
            Some(text) if node.quoted => Some(Spanned {
                value: text.parse().unwrap_or(0),
                span: range(node),
            }),
            _ => self.number(node, "an error number"),
        }
    }

    fn profile(&mut self, node: &'a Node) -> Profile {
        let mut profile = Profile {
            file: self.document.file,
            span: range(node),
            format: Format::Oci,
            default_action: None,
            default_errno: None,
            architectures: None,
            arch_map: None,
            flags: None,
            listener_path: None,
            listener_metadata: None,
            rules: Vec::new(),
            errno_names: None,
            comments: self.document.comments.clone(),
        };
        let mut default = None;
        for (key, value) in self.pairs(node, &PROFILE_KEYS, "a seccomp profile") {
            match key.as_str().unwrap_or_default() {
                "defaultAction" => default = Some(value),
                "defaultErrnoRet" => {
                    profile.default_errno = self.number(value, "defaultErrnoRet");
                }
                "defaultErrno" => {
                    self.names_errno(key);
                    profile.default_errno = self.errno(value);
                }
                "architectures" => {
                    let items = self.list(value, "architectures");
                    profile.architectures =
                        Some(items.iter().filter_map(|n| self.arch(n)).collect());
                }
                "archMap" => {
                    self.engine = true;
                    let items = self.list(value, "archMap");
                    profile.arch_map = Some(Spanned {
                        value: items.iter().filter_map(|n| self.arch_entry(n)).collect(),
                        span: range(value),
                    });
                }
                "flags" => {
                    profile.flags = Some(Spanned {
                        value: self.texts(value, "flags"),
                        span: range(value),
                    });
                }
                "listenerPath" => profile.listener_path = self.text(value, "listenerPath"),
                "listenerMetadata" => {
                    profile.listener_metadata = self.text(value, "listenerMetadata");
                }
                "syscalls" => {
                    let items = self.list(value, "syscalls");
                    profile.rules = items.iter().filter_map(|n| self.rule(n)).collect();
                }
                _ => {}
            }
        }
        match default {
            Some(node) => {
                let errno = profile.default_errno.as_ref().map(|e| e.value);
                profile.default_action = self.action(node, errno);
            }
            None if node.is_map() => {
                let keys: Vec<&str> = node
                    .as_map()
                    .into_iter()
                    .flatten()
                    .filter_map(|(k, _)| k.as_str())
                    .collect();
                let message = if keys.iter().any(|k| PROFILE_KEYS.contains(k)) {
                    "the profile has no `defaultAction`"
                } else {
                    "this is no seccomp profile: it has no `defaultAction`"
                };
                let help = "add what happens to calls without a rule: \"defaultAction\": \
                            \"SCMP_ACT_ERRNO\"";
                let fault = Diagnostic::error("no-default-action", message)
                    .label(self.span(node), "")
                    .help(Some(help.to_owned()));
                self.faults.push(fault);
            }
            None => {}
        }
        profile
    }

    fn action(&mut self, node: &Node, errno: Option<u64>) -> Option<Spanned<Action>> {
        // runc keeps 16 bits; a larger number is a fault of its own (`lint`).
        let errno = errno.map(|e| e as u16);
        self.name(node, "action", "unknown-action", &ACTIONS, |name| {
            Action::from_name(name, errno)
        })
    }

    fn arch_entry(&mut self, node: &'a Node) -> Option<ArchEntry> {
        let mut arch = None;
        let mut sub = Vec::new();
        let keys = ["architecture", "subArchitectures"];
        for (key, value) in self.pairs(node, &keys, "an entry of archMap") {
            match key.as_str().unwrap_or_default() {
                "architecture" => arch = self.arch(value),
                "subArchitectures" => {
                    let items = self.list(value, "subArchitectures");
                    sub = items.iter().filter_map(|n| self.arch(n)).collect();
                }
                _ => {}
            }
        }
        Some(ArchEntry { arch: arch?, sub })
    }

    fn rule(&mut self, node: &'a Node) -> Option<ProfileRule> {
        let mut rule = ProfileRule {
            span: range(node),
            names: Vec::new(),
            legacy_name: None,
            action: None,
            errno: None,
            args: Vec::new(),
            includes: None,
            excludes: None,
        };
        let mut action = None;
        for (key, value) in self.pairs(node, &RULE_KEYS, "a rule") {
            match key.as_str().unwrap_or_default() {
                "names" => rule.names.extend(self.texts(value, "names")),
                "name" => {
                    self.engine = true;
                    rule.legacy_name = Some(range(key));
                    rule.names.extend(self.text(value, "name"));
                }
                "action" => action = Some(value),
                "errnoRet" => rule.errno = self.number(value, "errnoRet"),
                "errno" => {
                    self.names_errno(key);
                    rule.errno = self.errno(value);
                }
                "args" => {
                    let items = self.list(value, "args");
                    rule.args = items.iter().filter_map(|n| self.arg(n)).collect();
                }
                "includes" => rule.includes = self.filter(value),
                "excludes" => rule.excludes = self.filter(value),
                _ => {}
            }
        }
        match action {
            Some(node) => {
                rule.action = self.action(node, rule.errno.as_ref().map(|e| e.value));
            }
            None if node.is_map() => {
                let fault = Diagnostic::error("no-action", "the rule has no `action`")
                    .label(self.span(node), "")
                    .help(Some("add \"action\": \"SCMP_ACT_ALLOW\"".to_owned()));
                self.faults.push(fault);
            }
            None => return None,
        }
        Some(rule)
    }

    fn filter(&mut self, node: &'a Node) -> Option<Spanned<Filter>> {
        if node.is_null() {
            return None;
        }
        let mut filter = Filter::default();
        for (key, value) in self.pairs(node, &["caps", "arches", "minKernel"], "a filter") {
            match key.as_str().unwrap_or_default() {
                "caps" => filter.caps = self.texts(value, "caps"),
                "arches" => filter.arches = self.texts(value, "arches"),
                "minKernel" => filter.min_kernel = self.kernel(value),
                _ => {}
            }
        }
        if filter == Filter::default() {
            return None;
        }
        self.engine = true;
        Some(Spanned {
            value: filter,
            span: range(node),
        })
    }

    fn kernel(&mut self, node: &Node) -> Option<Spanned<(u16, u16)>> {
        let text = self.text(node, "minKernel")?;
        let version = text.value.split_once('.').and_then(|(major, minor)| {
            Some((major.parse::<u16>().ok()?, minor.parse::<u16>().ok()?))
        });
        match version {
            Some(value) if value != (0, 0) => Some(Spanned {
                value,
                span: text.span,
            }),
            _ => {
                let message = format!(
                    "expected minKernel: a version like \"4.8\", found \"{}\"",
                    text.value
                );
                self.error(node, "wrong-kernel", message);
                None
            }
        }
    }

    fn arg(&mut self, node: &'a Node) -> Option<ProfileArg> {
        let (mut index, mut value, mut value_two, mut op) = (None, None, None, None);
        let mut given_op = false;
        let keys = ["index", "value", "valueTwo", "op"];
        for (key, node) in self.pairs(node, &keys, "an entry of args") {
            match key.as_str().unwrap_or_default() {
                "index" => index = self.number(node, "the index of an argument"),
                "value" => value = self.number(node, "value"),
                "valueTwo" => value_two = self.number(node, "valueTwo"),
                "op" => {
                    given_op = true;
                    op = self.name(node, "comparison", "unknown-op", &OPS, |name| {
                        OPS.iter().position(|n| *n == name)
                    });
                }
                _ => {}
            }
        }
        if !given_op && node.is_map() {
            let message = "the condition has no `op`".to_owned();
            self.error(node, "no-op", message);
        }
        // Go's decoder gives what is left out the value 0.
        let zero = |given: Option<Spanned<u64>>| {
            given.unwrap_or(Spanned {
                value: 0,
                span: range(node),
            })
        };
        let (index, value) = (zero(index), zero(value));
        if index.value > 5 {
            let fault = Diagnostic::error(
                "wrong-index",
                format!("a call has arguments 0 to 5, there is no {}", index.value),
            )
            .label(
                Span {
                    file: self.document.file,
                    range: index.span,
                },
                "",
            );
            self.faults.push(fault);
            return None;
        }
        let second = value_two.as_ref().map_or(0, |v| v.value);
        let (op, compared) = match op?.value {
            0 => (Op::Ne, value.value),
            1 => (Op::Lt, value.value),
            2 => (Op::Le, value.value),
            3 => (Op::Eq, value.value),
            4 => (Op::Ge, value.value),
            5 => (Op::Gt, value.value),
            // `value` is the mask, `valueTwo` what is left under it.
            _ => (Op::MaskedEq(value.value), second),
        };
        Some(ProfileArg {
            span: range(node),
            condition: Condition {
                arg: index.value as u8,
                op,
                value: compared,
            },
            index: index.span,
            value: value.span,
            value_two,
        })
    }
}

fn kind(node: &Node) -> &'static str {
    match &node.value {
        Value::Null => "null",
        Value::Scalar(_) if node.quoted => "a string",
        Value::Scalar(text) if matches!(&**text, "true" | "false") => "a boolean",
        Value::Scalar(text) if text.parse::<f64>().is_ok() => "a number",
        Value::Scalar(_) => "a string",
        Value::Seq(_) => "a list",
        Value::Map(_) => "an object",
    }
}

/// Names of error numbers that profiles use, with the values of asm-generic/errno.h.
#[rustfmt::skip]
const ERRNOS: [(&str, u16); 42] = [
    ("EPERM", 1), ("ENOENT", 2), ("ESRCH", 3), ("EINTR", 4), ("EIO", 5), ("ENXIO", 6),
    ("E2BIG", 7), ("ENOEXEC", 8), ("EBADF", 9), ("ECHILD", 10), ("EAGAIN", 11), ("ENOMEM", 12),
    ("EACCES", 13), ("EFAULT", 14), ("ENOTBLK", 15), ("EBUSY", 16), ("EEXIST", 17), ("EXDEV", 18),
    ("ENODEV", 19), ("ENOTDIR", 20), ("EISDIR", 21), ("EINVAL", 22), ("ENFILE", 23),
    ("EMFILE", 24), ("ENOTTY", 25), ("ETXTBSY", 26), ("EFBIG", 27), ("ENOSPC", 28),
    ("ESPIPE", 29), ("EROFS", 30), ("EMLINK", 31), ("EPIPE", 32), ("EDOM", 33), ("ERANGE", 34),
    ("ENAMETOOLONG", 36), ("ENOSYS", 38), ("EPROTONOSUPPORT", 93), ("ESOCKTNOSUPPORT", 94),
    ("EOPNOTSUPP", 95), ("EPFNOSUPPORT", 96), ("EAFNOSUPPORT", 97), ("ECONNREFUSED", 111),
];

/// The error number of this name.
pub fn errno_by_name(name: &str) -> Option<u16> {
    ERRNOS.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
}

/// The name of this error number.
pub fn errno_name(errno: u16) -> Option<&'static str> {
    ERRNOS.iter().find(|(_, v)| *v == errno).map(|(n, _)| *n)
}

#[cfg(test)]
mod tests;
