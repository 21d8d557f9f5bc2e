//! `--list-events`: the events that rules can match, and their parameters.

use std::fmt::Write;

use lanner_engine::selection;
use lanner_event::schema::FlagTable;
use lanner_event::{
    Category, EventFlags, EventInfo, EventType, Kind, ParamInfo, ParamType, Syscall,
};
use serde_json::{Value, json};

use crate::cli::ListFormat;
use crate::version;

/// One event of the list.
struct Entry {
    info: &'static EventInfo,
    name: &'static str,
    available: bool,
}

/// The whole list.
pub(crate) fn render(format: ListFormat) -> String {
    let sections = sections();
    if format == ListFormat::Json {
        return json(&sections);
    }
    let mut out = format!(
        "The events below are valid for Falco *Schema Version*: {}\n",
        version::SCHEMA
    );
    for (title, entries) in &sections {
        let _ = write!(out, "## {title}\n\n");
        if format == ListFormat::Markdown {
            out.push_str("Default | Dir | Name | Params \n:-------|:----|:-----|:-----\n");
        }
        for entry in entries {
            line(&mut out, entry, format);
        }
        out.push('\n');
    }
    out
}

fn sections() -> [(&'static str, Vec<Entry>); 4] {
    let ignored = selection::ignored();
    // An event type that several calls share is there by default if any of them is.
    let left_out = |ty: EventType| {
        let mut calls = Syscall::all().filter(|s| s.event == ty).peekable();
        calls.peek().is_some() && calls.all(|s| ignored.contains(s.code))
    };
    let listed = EventType::all().filter_map(EventType::get).filter(|e| {
        e.code != EventType::GENERIC_E
            && e.code != EventType::GENERIC_X
            && !e.has(EventFlags::OLD)
            && !e.has(EventFlags::UNUSED)
            && e.category != Category::Unknown
    });
    let mut syscalls = Vec::new();
    let mut tracepoints = Vec::new();
    let mut plugins = Vec::new();
    let mut meta = Vec::new();
    for info in listed {
        let section = match info.kind {
            Kind::Syscall => &mut syscalls,
            Kind::Tracepoint => &mut tracepoints,
            Kind::Plugin => &mut plugins,
            Kind::Meta => &mut meta,
            Kind::None | Kind::Iter => continue,
        };
        section.push(Entry {
            info,
            name: info.name,
            available: !left_out(info.code),
        });
    }
    let mut generic: Vec<&'static str> = Syscall::all()
        .filter(|s| s.event == EventType::GENERIC_X)
        .map(|s| s.name)
        .collect();
    generic.sort_unstable();
    for name in generic {
        for ty in [EventType::GENERIC_E, EventType::GENERIC_X] {
            syscalls.push(Entry {
                info: ty.info(),
                name,
                available: true,
            });
        }
    }
    [
        ("Syscall events", syscalls),
        ("Tracepoint events", tracepoints),
        ("Plugin events", plugins),
        ("Metaevents", meta),
    ]
}

fn dir(info: &EventInfo) -> &'static str {
    if info.code.is_enter() { ">" } else { "<" }
}

fn line(out: &mut String, entry: &Entry, format: ListFormat) {
    let markdown = format == ListFormat::Markdown;
    let dir = dir(entry.info);
    let _ = if markdown {
        let default = if entry.available { "Yes" } else { "No" };
        write!(out, "{default} | `{dir}` | `{}` | ", entry.name)
    } else {
        write!(out, "{dir} {}(", entry.name)
    };
    for (i, param) in entry.info.params.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        let _ = write!(out, "{} **{}**", type_name(param.ty), param.name);
        if let Some(table) = flags(param) {
            for (i, (flag, _)) in table.entries.iter().enumerate() {
                let separator = if i == 0 { ": " } else { ", " };
                let star = if markdown { "*" } else { "" };
                let _ = write!(out, "{separator}{star}{flag}{star}");
            }
        }
    }
    out.push_str(if markdown { "\n" } else { ")\n" });
}

fn json(sections: &[(&'static str, Vec<Entry>)]) -> String {
    let mut root = serde_json::Map::new();
    root.insert("schema_version".to_owned(), json!(version::SCHEMA));
    for (title, entries) in sections {
        let entries = entries.iter().map(|e| {
            json!({
                "name": e.name,
                "dir": dir(e.info),
                "available": e.available,
                "params": e.info.params.iter().map(param_json).collect::<Vec<Value>>(),
            })
        });
        root.insert((*title).to_owned(), entries.collect());
    }
    format!("{:#}\n", Value::Object(root))
}

fn param_json(param: &ParamInfo) -> Value {
    let mut value = json!({ "type": type_name(param.ty), "name": param.name });
    if let (Some(table), Some(object)) = (flags(param), value.as_object_mut()) {
        let names = table.entries.iter().map(|(name, _)| json!(name)).collect();
        object.insert("flags".to_owned(), names);
    }
    value
}

/// The names of a parameter's bits or values, where they are listed.
fn flags(param: &ParamInfo) -> Option<&'static FlagTable> {
    use ParamType::{Enum8, Enum16, Enum32, Flags8, Flags16, Flags32};
    let named = matches!(
        param.ty,
        Enum8 | Enum16 | Enum32 | Flags8 | Flags16 | Flags32
    );
    param.table.filter(|_| named)
}

/// The name of a parameter type as Falco prints it.
fn type_name(ty: ParamType) -> &'static str {
    match ty {
        ParamType::I8 => "INT8",
        ParamType::I16 => "INT16",
        ParamType::I32 => "INT32",
        ParamType::I64 => "INT64",
        ParamType::U8 => "UINT8",
        ParamType::U16 => "UINT16",
        ParamType::U32 => "UINT32",
        ParamType::U64 => "UINT64",
        ParamType::CharBuf => "CHARBUF",
        ParamType::ByteBuf => "BYTEBUF",
        ParamType::Errno => "ERRNO",
        ParamType::SockAddr => "SOCKADDR",
        ParamType::SockTuple => "SOCKTUPLE",
        ParamType::Fd => "FD",
        ParamType::Pid => "PID",
        ParamType::FdList => "FDLIST",
        ParamType::FsPath => "FSPATH",
        ParamType::SyscallId => "SYSCALLID",
        ParamType::SigType => "SIGTYPE",
        ParamType::RelTime => "RELTIME",
        ParamType::AbsTime => "ABSTIME",
        ParamType::Port => "PORT",
        ParamType::L4Proto => "L4PROTO",
        ParamType::SockFamily => "SOCKFAMILY",
        ParamType::Bool => "BOOL",
        ParamType::Ipv4Addr => "IPV4ADDR",
        ParamType::Dyn => "DYNAMIC",
        ParamType::Flags8 => "FLAGS8",
        ParamType::Flags16 => "FLAGS16",
        ParamType::Flags32 => "FLAGS32",
        ParamType::Uid => "UID",
        ParamType::Gid => "GID",
        ParamType::Double => "DOUBLE",
        ParamType::SigSet => "SIGSET",
        ParamType::CharBufArray => "CHARBUFARRAY",
        ParamType::CharBufPairArray => "CHARBUF_PAIR_ARRAY",
        ParamType::Ipv4Net => "IPV4NET",
        ParamType::Ipv6Addr => "IPV6ADDR",
        ParamType::Ipv6Net => "IPV6NET",
        ParamType::IpAddr => "IPADDR",
        ParamType::IpNet => "IPNET",
        ParamType::Mode => "MODE",
        ParamType::FsRelPath => "FSRELPATH",
        ParamType::Enum8 => "ENUMFLAGS8",
        ParamType::Enum16 => "ENUMFLAGS16",
        ParamType::Enum32 => "ENUMFLAGS32",
        ParamType::Fd32 => "FD32",
        ParamType::Pid32 => "PID32",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_listed_once_with_their_parameters() {
        let text = render(ListFormat::Text);
        assert!(text.starts_with("The events below are valid for Falco *Schema Version*: 4.5.1\n"));
        let dup3 = text.lines().filter(|l| l.starts_with("< dup3("));
        assert_eq!(
            dup3.collect::<Vec<_>>(),
            [
                "< dup3(FD **res**, FD **oldfd**, FD **newfd**, FLAGS32 **flags**: O_LARGEFILE, \
                 O_DIRECTORY, O_DIRECT, O_TRUNC, O_SYNC, O_NONBLOCK, O_EXCL, O_DSYNC, O_APPEND, \
                 O_CREAT, O_RDWR, O_WRONLY, O_RDONLY, O_CLOEXEC, O_NONE, O_TMPFILE, O_F_CREATED, \
                 FD_UPPER_LAYER, FD_LOWER_LAYER)"
            ]
        );
        assert!(text.contains("\n> restart_syscall("));
    }

    #[test]
    fn the_table_tells_what_is_left_out_by_default() {
        let table = render(ListFormat::Markdown);
        assert!(table.contains("\nNo | `<` | `read` | "));
        assert!(table.contains("\nYes | `<` | `connect` | "));
    }

    #[test]
    fn the_json_list_has_falcos_keys() {
        let list: Value = serde_json::from_str(&render(ListFormat::Json)).unwrap();
        let keys: Vec<&String> = list.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "Metaevents",
                "Plugin events",
                "Syscall events",
                "Tracepoint events",
                "schema_version"
            ]
        );
        let first = &list["Syscall events"][0];
        for key in ["name", "dir", "available", "params"] {
            assert!(!first[key].is_null(), "{key}");
        }
    }
}
