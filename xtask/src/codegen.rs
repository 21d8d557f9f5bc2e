//! Turns the schema in `crates/event/schema` into `crates/event/src/generated.rs` and
//! `bpf/generated.h`, so that the kernel side and the user side cannot drift apart.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, bail, ensure};

#[derive(Default)]
struct Param {
    name: String,
    ty: String,
    format: String,
    table: Option<String>,
    dirfd: Option<u8>,
}

struct Event {
    code: u16,
    symbol: String,
    name: String,
    category: String,
    kind: String,
    flags: Vec<String>,
    params: Vec<Param>,
}

struct Syscall {
    code: u16,
    name: String,
    event: String,
    x86_64: Option<u16>,
    i386: Option<u16>,
}

#[derive(Default)]
struct Schema {
    events: Vec<Event>,
    dyns: BTreeMap<String, Vec<Param>>,
    flags: Vec<(String, Vec<(String, u32)>)>,
    syscalls: Vec<Syscall>,
    aliases: Vec<(String, String, u16)>,
}

pub fn run(check: bool) -> Result<()> {
    let root = crate::root();
    let schema = read(&root.join("crates/event/schema"))?;
    let mut stale = Vec::new();
    for (path, text) in [
        ("crates/event/src/generated.rs", rust(&schema)?),
        ("bpf/generated.h", c_header(&schema)),
    ] {
        let file = root.join(path);
        if fs::read_to_string(&file).ok().as_deref() == Some(&text) {
            continue;
        }
        if check {
            stale.push(path);
        } else {
            fs::write(&file, text).with_context(|| format!("writing {path}"))?;
            println!("wrote {path}");
        }
    }
    ensure!(
        stale.is_empty(),
        "{} out of date; run `cargo xtask codegen`",
        stale.join(", ")
    );
    Ok(())
}

/// Non-comment lines with their number and whether they are indented.
fn lines(text: &str) -> impl Iterator<Item = (usize, bool, Vec<&str>)> {
    text.lines()
        .enumerate()
        .filter(|(_, l)| !l.is_empty() && !l.starts_with('#'))
        .map(|(n, l)| (n + 1, l.starts_with(' '), l.split_whitespace().collect()))
}

fn read(dir: &std::path::Path) -> Result<Schema> {
    let mut schema = Schema::default();
    let text = |name: &str| {
        fs::read_to_string(dir.join(name)).with_context(|| format!("reading schema/{name}"))
    };
    let mut dyn_name: Option<String> = None;
    for (n, indented, words) in lines(&text("events.txt")?) {
        let at = || format!("events.txt:{n}");
        match (indented, words.as_slice()) {
            (true, [name, ty, rest @ ..]) => {
                let mut param = Param {
                    name: (*name).into(),
                    ty: (*ty).into(),
                    ..Param::default()
                };
                for word in rest {
                    if let Some(table) = word.strip_prefix('=') {
                        param.table = Some(table.into());
                    } else if let Some(index) = word.strip_prefix("dirfd=") {
                        param.dirfd = Some(index.parse().with_context(at)?);
                    } else {
                        param.format = (*word).into();
                    }
                }
                let params = match &dyn_name {
                    Some(name) => schema.dyns.entry(name.clone()).or_default(),
                    None => &mut schema.events.last_mut().with_context(at)?.params,
                };
                params.push(param);
            }
            (false, ["dyn", name]) => dyn_name = Some((*name).into()),
            (false, [code, symbol, name, category, kind, flags]) => {
                let code: u16 = code.parse().with_context(at)?;
                ensure!(
                    usize::from(code) == schema.events.len(),
                    "{}: codes have a gap",
                    at()
                );
                schema.events.push(Event {
                    code,
                    symbol: (*symbol).into(),
                    name: (*name).into(),
                    category: (*category).into(),
                    kind: (*kind).into(),
                    flags: flags
                        .split(',')
                        .filter(|f| *f != "-")
                        .map(Into::into)
                        .collect(),
                    params: Vec::new(),
                });
            }
            _ => bail!("{}: neither an event nor a parameter", at()),
        }
    }
    for (n, indented, words) in lines(&text("flags.txt")?) {
        let at = || format!("flags.txt:{n}");
        match (indented, words.as_slice()) {
            (false, [table]) => schema.flags.push(((*table).into(), Vec::new())),
            (true, [name, value]) => {
                let hex = value.strip_prefix("0x").with_context(at)?;
                let value = u32::from_str_radix(hex, 16).with_context(at)?;
                schema
                    .flags
                    .last_mut()
                    .with_context(at)?
                    .1
                    .push(((*name).into(), value));
            }
            _ => bail!("{}: neither a table nor an entry", at()),
        }
    }
    for (n, _, words) in lines(&text("syscalls.txt")?) {
        let at = || format!("syscalls.txt:{n}");
        let number = |word: &str| -> Result<Option<u16>> {
            if word == "-" {
                Ok(None)
            } else {
                Ok(Some(word.parse().with_context(at)?))
            }
        };
        match words.as_slice() {
            ["alias", name, of, i386] => {
                schema
                    .aliases
                    .push(((*name).into(), (*of).into(), i386.parse().with_context(at)?));
            }
            [code, name, event, x86_64, i386] => schema.syscalls.push(Syscall {
                code: code.parse().with_context(at)?,
                name: (*name).into(),
                event: (*event).into(),
                x86_64: number(x86_64)?,
                i386: number(i386)?,
            }),
            _ => bail!("{}: neither a system call nor an alias", at()),
        }
    }
    Ok(schema)
}

fn camel(word: &str) -> String {
    word.split('_')
        .map(|part| {
            let mut chars = part.chars();
            chars
                .next()
                .map(|c| c.to_ascii_uppercase().to_string())
                .unwrap_or_default()
                + chars.as_str()
        })
        .collect()
}

fn param_type(word: &str) -> Result<&'static str> {
    Ok(match word {
        "i8" => "I8",
        "i16" => "I16",
        "i32" => "I32",
        "i64" => "I64",
        "u8" => "U8",
        "u16" => "U16",
        "u32" => "U32",
        "u64" => "U64",
        "charbuf" => "CharBuf",
        "bytebuf" => "ByteBuf",
        "errno" => "Errno",
        "sockaddr" => "SockAddr",
        "socktuple" => "SockTuple",
        "fd" => "Fd",
        "pid" => "Pid",
        "fdlist" => "FdList",
        "fspath" => "FsPath",
        "syscallid" => "SyscallId",
        "sigtype" => "SigType",
        "reltime" => "RelTime",
        "abstime" => "AbsTime",
        "port" => "Port",
        "l4proto" => "L4Proto",
        "sockfamily" => "SockFamily",
        "bool" => "Bool",
        "ipv4addr" => "Ipv4Addr",
        "dyn" => "Dyn",
        "flags8" => "Flags8",
        "flags16" => "Flags16",
        "flags32" => "Flags32",
        "uid" => "Uid",
        "gid" => "Gid",
        "double" => "Double",
        "sigset" => "SigSet",
        "charbufarray" => "CharBufArray",
        "charbufpairarray" => "CharBufPairArray",
        "ipv4net" => "Ipv4Net",
        "ipv6addr" => "Ipv6Addr",
        "ipv6net" => "Ipv6Net",
        "ipaddr" => "IpAddr",
        "ipnet" => "IpNet",
        "mode" => "Mode",
        "fsrelpath" => "FsRelPath",
        "enum8" => "Enum8",
        "enum16" => "Enum16",
        "enum32" => "Enum32",
        "fd32" => "Fd32",
        "pid32" => "Pid32",
        _ => bail!("unknown parameter type {word}"),
    })
}

fn rust_param(param: &Param, schema: &Schema) -> Result<String> {
    let format = match param.format.as_str() {
        "" => "None",
        "dec" => "Dec",
        "hex" => "Hex",
        "pad10" => "Padded",
        "id" => "Id",
        "oct" => "Oct",
        other => bail!("unknown format {other}"),
    };
    let (mut table, mut variants) = ("None".to_owned(), "&[]".to_owned());
    if let Some(name) = &param.table {
        if schema.dyns.contains_key(name) {
            variants = name.to_uppercase();
        } else {
            ensure!(
                schema.flags.iter().any(|(t, _)| t == name),
                "no flag table {name}"
            );
            table = format!("Some(&{})", name.to_uppercase());
        }
    }
    let dirfd = param.dirfd.map_or("None".into(), |d| format!("Some({d})"));
    Ok(format!(
        "p({:?}, T::{}, F::{format}, {table}, {dirfd}, {variants})",
        if param.name == "-" { "" } else { &param.name },
        param_type(&param.ty)?
    ))
}

fn rust(schema: &Schema) -> Result<String> {
    let mut out = String::from(
        "//! Made by `cargo xtask codegen` from `schema/*.txt`; change those.\n\
         #![cfg_attr(rustfmt, rustfmt_skip)]\n\n\
         use crate::schema::{Category, EventFlags, EventInfo, EventType, FlagTable, Format as F, \
         Kind, ParamInfo, ParamType as T, Syscall, SyscallInfo};\n\n",
    );
    let codes = schema.syscalls.iter().map(|s| s.code).max().unwrap_or(0) + 1;
    writeln!(out, "/// How many event types there are.")?;
    writeln!(
        out,
        "pub const EVENT_COUNT: usize = {};\n",
        schema.events.len()
    )?;
    writeln!(
        out,
        "/// One more than the highest number of a system call."
    )?;
    writeln!(out, "pub const SYSCALL_CODE_COUNT: usize = {codes};\n")?;
    out.push_str(
        "const fn p(name: &'static str, ty: T, format: F, table: Option<&'static FlagTable>, \
         dirfd: Option<u8>, variants: &'static [ParamInfo]) -> ParamInfo {\n    \
         ParamInfo { name, ty, format, table, dirfd, variants }\n}\n\n",
    );
    for (name, entries) in &schema.flags {
        let list: Vec<String> = entries
            .iter()
            .map(|(n, v)| format!("({n:?}, {v:#x})"))
            .collect();
        writeln!(
            out,
            "static {}: FlagTable = FlagTable {{ name: {name:?}, entries: &[{}] }};",
            name.to_uppercase(),
            list.join(", ")
        )?;
    }
    let tables: Vec<String> = schema
        .flags
        .iter()
        .map(|(n, _)| format!("&{}", n.to_uppercase()))
        .collect();
    writeln!(
        out,
        "\npub(crate) static FLAG_TABLES: &[&FlagTable] = &[{}];\n",
        tables.join(", ")
    )?;
    for (name, params) in &schema.dyns {
        let list: Vec<String> = params
            .iter()
            .map(|p| rust_param(p, schema))
            .collect::<Result<_>>()?;
        writeln!(
            out,
            "static {}: &[ParamInfo] = &[{}];",
            name.to_uppercase(),
            list.join(", ")
        )?;
    }
    writeln!(
        out,
        "\n#[expect(missing_docs, reason = \"one constant per symbol of the schema\")]"
    )?;
    writeln!(out, "impl EventType {{")?;
    for event in &schema.events {
        writeln!(
            out,
            "    pub const {}: EventType = EventType({});",
            event.symbol.to_uppercase(),
            event.code
        )?;
    }
    writeln!(out, "}}\n")?;
    writeln!(
        out,
        "pub(crate) static UNKNOWN_EVENT: EventInfo = EventInfo {{ code: EventType(u16::MAX), \
         symbol: \"unknown\", name: \"NA\", category: Category::Unknown, kind: Kind::None, \
         flags: EventFlags(0x40), params: &[] }};\n"
    )?;
    writeln!(
        out,
        "pub(crate) static EVENTS: [EventInfo; EVENT_COUNT] = ["
    )?;
    for event in &schema.events {
        let params: Vec<String> = event
            .params
            .iter()
            .map(|p| rust_param(p, schema))
            .collect::<Result<_>>()?;
        let mut flags = 0u16;
        for flag in &event.flags {
            flags |= 1
                << match flag.as_str() {
                    "creates_fd" => 0,
                    "destroys_fd" => 1,
                    "uses_fd" => 2,
                    "reads_fd" => 3,
                    "writes_fd" => 4,
                    "modifies_state" => 5,
                    "unused" => 6,
                    "waits" => 7,
                    "skip_parse_reset" => 8,
                    "old" => 9,
                    "large_payload" => 11,
                    "converted" => 12,
                    other => bail!("unknown flag {other}"),
                };
        }
        writeln!(
            out,
            "    EventInfo {{ code: EventType({}), symbol: {:?}, name: {:?}, category: \
             Category::{}, kind: Kind::{}, flags: EventFlags({flags:#x}), params: &[{}] }},",
            event.code,
            event.symbol,
            event.name,
            camel(&event.category),
            camel(&event.kind),
            params.join(", ")
        )?;
    }
    writeln!(out, "];\n")?;
    writeln!(
        out,
        "pub(crate) static SYSCALLS: [Option<SyscallInfo>; SYSCALL_CODE_COUNT] = ["
    )?;
    let by_code: BTreeMap<u16, &Syscall> = schema.syscalls.iter().map(|s| (s.code, s)).collect();
    let event_code = |symbol: &str| {
        schema
            .events
            .iter()
            .find(|e| e.symbol == symbol)
            .map(|e| e.code)
    };
    for code in 0..codes {
        match by_code.get(&code) {
            None => writeln!(out, "    None,")?,
            Some(s) => writeln!(
                out,
                "    Some(SyscallInfo {{ code: Syscall({code}), name: {:?}, event: \
                 EventType({}), x86_64: {:?}, i386: {:?} }}),",
                s.name,
                event_code(&s.event).with_context(|| format!("no event {}", s.event))?,
                s.x86_64,
                s.i386
            )?,
        }
    }
    writeln!(out, "];\n")?;
    for (name, table) in [("X86_64", x86_64(schema)), ("I386", i386(schema)?)] {
        let list: Vec<String> = table.iter().map(u16::to_string).collect();
        writeln!(
            out,
            "pub(crate) static {name}: [u16; 512] = [{}];",
            list.join(", ")
        )?;
    }
    Ok(out)
}

fn x86_64(schema: &Schema) -> Vec<u16> {
    let mut table = vec![0; 512];
    for call in &schema.syscalls {
        if let Some(number) = call.x86_64 {
            table[usize::from(number)] = call.code;
        }
    }
    table
}

fn i386(schema: &Schema) -> Result<Vec<u16>> {
    let mut table = vec![0; 512];
    for call in &schema.syscalls {
        if let Some(number) = call.i386 {
            table[usize::from(number)] = call.code;
        }
    }
    for (alias, of, number) in &schema.aliases {
        let call = schema.syscalls.iter().find(|s| s.name == *of);
        let call = call.with_context(|| format!("alias {alias} of unknown {of}"))?;
        ensure!(
            table[usize::from(*number)] == 0,
            "alias {alias}: {number} is taken"
        );
        table[usize::from(*number)] = call.code;
    }
    Ok(table)
}

fn c_header(schema: &Schema) -> String {
    let mut out = String::from(
        "/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */\n\
         /* Made by `cargo xtask codegen` from crates/event/schema; change that. */\n\
         #pragma once\n\n",
    );
    for event in schema
        .events
        .iter()
        .filter(|e| !e.flags.iter().any(|f| f == "old" || f == "unused"))
    {
        let name = event.symbol.to_uppercase();
        out += &format!("#define EVENT_{name} {}\n", event.code);
        out += &format!("#define EVENT_{name}_PARAMS {}\n", event.params.len());
    }
    out.push('\n');
    for call in &schema.syscalls {
        out += &format!("#define SC_{} {}\n", call.name.to_uppercase(), call.code);
    }
    out.push('\n');
    for (table, entries) in &schema.flags {
        out += &format!("/* {table} */\n");
        for (name, value) in entries {
            out += &format!("#define {}__{name} {value:#x}\n", table.to_uppercase());
        }
    }
    out
}
