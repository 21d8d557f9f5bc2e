//! A scheme, records of everyday events, and any number of rules that hardly ever match.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use bumpalo::Bump;
use lanner_filter::{
    ArgSpec, Argument, Condition, FieldDef, FieldFlags, FieldId, KindField, KindId, KindSet, Many,
    Print, Record, Scheme, Type, Value, parse,
};

const KINDS: [&str; 8] = [
    "open", "openat", "execve", "connect", "close", "read", "clone", "exit",
];

fn kinds_of(name: &str) -> Option<KindSet> {
    let at = KINDS.iter().position(|kind| *kind == name)?;
    Some([KindId(at as u16)].into_iter().collect())
}

fn fd_kinds(_: &Argument) -> KindSet {
    [0, 1, 3, 4, 5].map(KindId).into_iter().collect()
}

/// The fields, in the order of the values of [`Everyday`].
pub(crate) fn scheme() -> Scheme {
    let mut scheme = Scheme::new();
    let mut add = |name, ty, many, kinds: Option<fn(&Argument) -> KindSet>| {
        scheme.add(FieldDef {
            name,
            class: 0,
            ty,
            type_name: "",
            print: Print::Dec,
            many,
            many_with_arg: Many::One,
            arg: Some(ArgSpec {
                required: false,
                index: true,
                key: false,
                dotted: false,
            }),
            flags: FieldFlags::default(),
            desc: "",
            resolve_arg: None,
            arg_type: None,
            kinds,
        })
    };
    let evt_type = add("evt.type", Type::Str, Many::One, None);
    add("evt.is_open_write", Type::Bool, Many::One, None);
    add("proc.name", Type::Str, Many::One, None);
    add("proc.pname", Type::Str, Many::One, None);
    add("proc.cmdline", Type::Str, Many::One, None);
    add("proc.aname", Type::Str, Many::Any, None);
    add("fd.name", Type::Str, Many::One, Some(fd_kinds));
    add("fd.num", Type::Int(64), Many::One, Some(fd_kinds));
    add("fd.sip", Type::Ip, Many::One, Some(fd_kinds));
    add("fd.sport", Type::Port, Many::One, Some(fd_kinds));
    add("container.id", Type::Str, Many::One, None);
    add("user.uid", Type::Uint(32), Many::One, None);
    scheme.kind_fields.push(KindField {
        field: evt_type,
        kinds_of,
    });
    scheme.all_kinds = Some((0..KINDS.len() as u16).map(KindId).collect());
    scheme
}

/// The text of rule number `i`.
fn text(i: usize) -> String {
    let open = "evt.type in (open, openat)";
    match i % 10 {
        0 => format!("{open} and evt.is_open_write = true and fd.name startswith /srv/app{i}/"),
        1 => format!("evt.type = execve and proc.name = tool{i}"),
        2 => format!(
            "evt.type = execve and proc.pname in (shell{i}, sh{i}) and not proc.cmdline contains ok{i}"
        ),
        3 => format!("{open} and fd.name contains secret{i} and not proc.name in (cat, tool{i})"),
        4 => format!(
            "evt.type = connect and fd.sip = 10.9.{}.{} and fd.sport = {}",
            i / 256 % 256,
            i % 256,
            i % 60000
        ),
        5 => format!("evt.type = execve and proc.cmdline contains --flag{i}"),
        6 => format!("{open} and evt.is_open_write = true and fd.name endswith .ext{i}"),
        7 => format!(
            "container.id != host and {open} and proc.name in (a{i}, b{i}) and fd.name pmatch (/data/{i})"
        ),
        8 => format!("{open} and fd.name glob /home/*/dir{i}*"),
        _ => format!("proc.aname = parent{i} and user.uid = 0"),
    }
}

/// As many conditions as asked for.
pub(crate) fn conditions(count: usize, scheme: &Scheme) -> Vec<Condition> {
    let compile = |i| {
        let ast = parse(&text(i)).ok()?;
        Condition::compile(&ast, scheme).ok()
    };
    (0..count).filter_map(compile).collect()
}

/// One everyday event.
pub(crate) struct Everyday {
    /// What kind it is.
    pub(crate) kind: KindId,
    values: Vec<Option<Value<'static>>>,
}

impl<'a> Record<'a> for Everyday {
    fn extract(&self, field: FieldId, _: &Argument, _: &'a Bump) -> Option<Value<'a>> {
        self.values[usize::from(field.0)]
    }
}

static ANCESTORS: [Value<'static>; 3] = [
    Value::Str(b"bash"),
    Value::Str(b"sshd"),
    Value::Str(b"systemd"),
];

/// A few events of different kinds.
pub(crate) fn events() -> Vec<Everyday> {
    let event = |kind: u16, write: bool, name: &'static str, path: &'static str| {
        let text = |t: &'static str| Some(Value::Str(t.as_bytes()));
        let mut cmdline = String::new();
        let _ = write!(
            cmdline,
            "{name} --color=auto -la /usr/share/doc/{name}/examples"
        );
        let fd = fd_kinds(&Argument::default()).contains(KindId(kind));
        let ip = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
        Everyday {
            kind: KindId(kind),
            values: vec![
                text(KINDS[usize::from(kind)]),
                Some(Value::Bool(write)),
                text(name),
                text("bash"),
                Some(Value::Str(cmdline.leak().as_bytes())),
                Some(Value::Many(&ANCESTORS)),
                if fd { text(path) } else { None },
                fd.then_some(Value::Int(3)),
                (kind == 3).then_some(Value::Ip(ip)),
                (kind == 3).then_some(Value::Uint(443)),
                text("host"),
                Some(Value::Uint(1000)),
            ],
        }
    };
    vec![
        event(1, false, "ls", "/usr/lib/x86_64-linux-gnu/libselinux.so.1"),
        event(1, false, "cat", "/etc/passwd"),
        event(
            1,
            true,
            "node",
            "/home/user/project/node_modules/.cache/file.json",
        ),
        event(2, false, "grep", ""),
        event(3, false, "curl", "10.0.0.2:51234->10.0.0.1:443"),
        event(4, false, "ls", "/usr/lib/x86_64-linux-gnu/libc.so.6"),
        event(5, false, "cat", "/etc/passwd"),
        event(6, false, "bash", ""),
    ]
}
