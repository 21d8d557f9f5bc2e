//! Every field, where it has a value and where it has none.

mod parameters;
mod values;
mod world;

use std::collections::BTreeSet;

use bstr::BStr;
use bumpalo::Bump;
use jiff::tz::TimeZone;
use lanner_event::EventType;
use lanner_event::testing::EventBuilder;
use lanner_filter::{Argument, FieldDef, FieldId, Record, Scheme, Type, Value};
use lanner_state::State;

use crate::{EventRecord, Session, Settings, kind_of, scheme, scheme_for};

/// How a value is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Use {
    Compare,
    Print,
    Json,
}

/// Events that never have a thread or a descriptor leave these fields all the same.
const ALWAYS: &[&str] = &[
    "evt.num",
    "evt.time",
    "evt.time.s",
    "evt.time.iso8601",
    "evt.datetime",
    "evt.datetime.s",
    "evt.rawtime",
    "evt.rawtime.s",
    "evt.rawtime.ns",
    "evt.reltime",
    "evt.reltime.s",
    "evt.reltime.ns",
    "evt.source",
    "evt.is_async",
    "evt.hostname",
    "evt.latency",
    "evt.latency.s",
    "evt.latency.ns",
    "evt.latency.quantized",
    "evt.latency.human",
    "evt.deltatime",
    "evt.deltatime.s",
    "evt.deltatime.ns",
    "evt.outputtime",
    "evt.dir",
    "evt.type",
    "evt.type.is",
    "evt.category",
    "evt.cpu",
    "evt.args",
    "evt.info",
    "evt.is_io",
    "evt.is_io_read",
    "evt.is_io_write",
    "evt.is_wait",
    "evt.wait_latency",
    "evt.is_syslog",
    "evt.count",
    "evt.count.procinfo",
    "evt.count.threadinfo",
    "evt.around",
    "evt.is_open_read",
    "evt.is_open_write",
    "evt.is_open_exec",
    "evt.is_open_create",
    "thread.tid",
    "thread.exectime",
    "util.cnt",
];

/// Fields that exist for old rules only.
fn is_gone(def: &FieldDef) -> bool {
    def.desc.starts_with("Accepted for old rules")
        || matches!(def.name, "evt.pluginname" | "evt.plugininfo")
}

/// A field and its argument as conditions write them.
fn parse(scheme: &Scheme, text: &str) -> (FieldId, Argument) {
    let (name, arg) = match text.split_once('[') {
        Some((name, rest)) => (name, rest.strip_suffix(']').unwrap()),
        None => (text, ""),
    };
    if let Some(field) = scheme.by_name(name) {
        return (field, argument(scheme, field, arg));
    }
    // The longest name that is a field; the rest is a dotted argument.
    let dots = name.rmatch_indices('.');
    for (dot, _) in dots {
        if let Some(field) = scheme.by_name(&name[..dot]) {
            return (field, argument(scheme, field, &name[dot + 1..]));
        }
    }
    panic!("no field {text}");
}

fn argument(scheme: &Scheme, field: FieldId, text: &str) -> Argument {
    let resolve = scheme.def(field).resolve_arg;
    let resolve = resolve.filter(|_| !text.is_empty());
    Argument {
        text: text.into(),
        index: text.parse().ok(),
        token: resolve.map_or(0, |resolve| resolve(text).unwrap()),
    }
}

fn show(value: Option<Value<'_>>) -> String {
    match value {
        None => "-".into(),
        Some(Value::Bool(b)) => b.to_string(),
        Some(Value::Int(n)) => n.to_string(),
        Some(Value::Uint(n)) => n.to_string(),
        Some(Value::Double(d)) => format!("{d:.2}"),
        Some(Value::Str(text)) => format!("'{}'", BStr::new(text)),
        Some(Value::Bytes(bytes)) => format!("b{:?}", BStr::new(bytes)),
        Some(Value::Ip(ip)) => ip.to_string(),
        Some(Value::Many(values)) => {
            let values: Vec<_> = values.iter().map(|v| show(Some(*v))).collect();
            format!("({})", values.join(" "))
        }
    }
}

/// The value of a field in the event and place `label`, as text.
fn read(scheme: &Scheme, label: &str, text: &str, mode: Use) -> String {
    let (field, arg) = parse(scheme, text);
    with_record(label, |record, arena| {
        show(match mode {
            Use::Compare => record.extract(field, &arg, arena),
            Use::Print => record.print(field, &arg, arena),
            Use::Json => record.json(field, &arg, arena),
        })
    })
}

/// Reads an event as the engine would: three seconds earlier another one happened.
fn with_record<T>(label: &str, read: impl for<'a> FnOnce(&EventRecord<'a>, &'a Bump) -> T) -> T {
    let (label, place) = label.split_once('/').unwrap_or((label, "host"));
    let mut state = State::default();
    state.seed(world::snapshot());
    let mut session = Session::new(settings());
    for earlier in [
        EventBuilder::new(EventType::SCHEDSWITCH_6_E),
        EventBuilder::new(EventType::PROCINFO_E)
            .with("cpu_usr", 10)
            .with("cpu_sys", 2),
    ] {
        let before = earlier.ts(world::NOW - 3_000_000_042).tid(200).cpu(2);
        session.observe(&before.build().event());
    }
    let record = world::event(label);
    let event = record.event();
    let subject = state.apply(&event);
    session.observe(&event);
    let identity = world::identity(place);
    let arena = Bump::new();
    let record = EventRecord::new(&event, &state, subject, identity.as_ref(), &session);
    read(&record, &arena)
}

fn settings() -> Settings {
    Settings {
        zone: TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap(),
        hostname: None,
        base64: false,
        statics: vec![("zone".into(), "north".into())],
    }
}

/// The rows of a table: event, field, value.
fn rows(table: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    table
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .map(|line| {
            let (label, rest) = line.split_once(' ').unwrap();
            let (field, value) = rest.trim_start().split_once(' ').unwrap();
            (label, field, value.trim_start())
        })
}

#[track_caller]
fn check(table: &str, mode: Use) {
    let scheme = scheme_for(&settings());
    let wrong: Vec<_> = rows(table)
        .map(|(label, field, expect)| (label, field, expect, read(&scheme, label, field, mode)))
        .filter(|(_, _, expect, found)| expect != found)
        .map(|(label, field, expect, found)| format!("{label} {field}: {found}, expected {expect}"))
        .collect();
    assert!(wrong.is_empty(), "{mode:?}\n{}", wrong.join("\n"));
}

#[test]
fn fields_have_their_values() {
    check(values::COMPARED, Use::Compare);
}

#[test]
fn outputs_print_values() {
    check(values::PRINTED, Use::Print);
}

#[test]
fn json_has_values() {
    check(values::JSON, Use::Json);
}

#[test]
fn every_field_is_tested_present_and_absent() {
    let scheme = scheme();
    let (mut present, mut absent) = (BTreeSet::new(), BTreeSet::new());
    for (_, field, value) in rows(values::COMPARED) {
        if field.starts_with("static.") {
            continue;
        }
        let name = scheme.def(parse(&scheme, field).0).name;
        match value {
            "-" => absent.insert(name),
            _ => present.insert(name),
        };
    }
    let mut missing = Vec::new();
    for (_, def) in scheme.fields() {
        if !present.contains(def.name) && !is_gone(def) {
            missing.push(format!("{} has no row with a value", def.name));
        }
        if !absent.contains(def.name) && !is_gone(def) && !ALWAYS.contains(&def.name) {
            missing.push(format!("{} has no row without a value", def.name));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn conditions_never_see_base64() {
    let scheme = scheme();
    let mut state = State::default();
    state.seed(world::snapshot());
    let session = Session::new(Settings {
        base64: true,
        ..settings()
    });
    let record = world::event("read");
    let event = record.event();
    let subject = state.apply(&event);
    let record = EventRecord::new(&event, &state, subject, None, &session);
    let arena = Bump::new();
    let check = |field: &str, compared: &str, printed: &str| {
        let (field, arg) = parse(&scheme, field);
        assert_eq!(show(record.extract(field, &arg, &arena)), compared);
        assert_eq!(show(record.print(field, &arg, &arena)), printed);
    };
    check("evt.arg.data", "'he.lo'", "'aGUAbG8='");
    check("evt.buffer", r#"b"he\0lo""#, "'aGUAbG8='");
}

/// An argument that a field accepts.
fn some_argument(scheme: &Scheme, field: FieldId) -> Argument {
    let text = match scheme.def(field).name {
        "evt.arg" | "evt.rawarg" => "res",
        "evt.type.is" => "read",
        "evt.around" => "5",
        "thread.cgroup" => "cpu",
        "container.mount" | "container.mount.source" | "container.mount.dest" => "0",
        _ if scheme.def(field).arg.is_some_and(|spec| spec.required) => "app",
        _ => "",
    };
    argument(scheme, field, text)
}

#[test]
fn fields_that_are_always_there_are_there_without_a_thread() {
    let scheme = scheme();
    with_record("drop/none", |record, arena| {
        for (id, def) in scheme.fields() {
            let value = record.extract(id, &some_argument(&scheme, id), arena);
            let always = ALWAYS.contains(&def.name);
            assert!(value.is_some() || !always, "{}", def.name);
            assert!(!(value.is_some() && is_gone(def)), "{}", def.name);
        }
    });
}

#[test]
fn values_have_the_type_of_their_field_and_stay_in_its_kinds() {
    let scheme = scheme();
    for label in world::EVENTS {
        for place in ["host", "pod", "bare", "none"] {
            with_record(&format!("{label}/{place}"), |record, arena| {
                let kind = kind_of(record.event);
                for (id, def) in scheme.fields() {
                    let arg = some_argument(&scheme, id);
                    let value = record.extract(id, &arg, arena);
                    let ty = def.arg_type.map_or(def.ty, |of| of(&arg).0);
                    if let Some(value) = value {
                        assert!(!is_gone(def), "{label} {} {value:?}", def.name);
                        assert!(fits(value, ty), "{label} {} {value:?}", def.name);
                        let kinds = def.kinds.map(|kinds| kinds(&arg));
                        let inside = kinds.is_none_or(|set| set.contains(kind));
                        assert!(inside, "{label} {}", def.name);
                    }
                }
            });
        }
    }
}

fn fits(value: Value<'_>, ty: Type) -> bool {
    match value {
        Value::Bool(_) => ty == Type::Bool,
        Value::Int(_) => matches!(ty, Type::Int(_)),
        Value::Uint(_) => {
            matches!(
                ty,
                Type::Uint(_) | Type::Port | Type::RelTime | Type::AbsTime
            )
        }
        Value::Double(_) => ty == Type::Double,
        Value::Str(_) => matches!(ty, Type::Str | Type::Path),
        Value::Bytes(_) => ty == Type::Bytes,
        Value::Ip(_) => matches!(ty, Type::Ip | Type::Net | Type::IpName),
        Value::Many(values) => values.iter().all(|v| fits(*v, ty)),
    }
}

#[test]
fn arguments_are_refused_in_words() {
    let scheme = scheme();
    let check = |field: &str, arg: &str, expect: Result<(), &str>| {
        let def = scheme.def(scheme.by_name(field).unwrap());
        let found = def.resolve_arg.unwrap()(arg);
        assert_eq!(
            found.as_ref().map(|_| ()).map_err(String::as_str),
            expect,
            "{field} {arg}"
        );
    };
    check("evt.arg", "flags", Ok(()));
    check("evt.arg", "0", Ok(()));
    check("evt.arg", "nope", Err("unknown event argument nope"));
    check("evt.rawarg", "nope", Err("unknown event argument nope"));
    check("evt.type.is", "openat", Ok(()));
    check("evt.type.is", "open_", Err("unknown event type open_"));
    check("proc.aname", "2", Ok(()));
    check("proc.aname", "two", Err("two is not a valid number"));
    check("proc.env", "HOME", Ok(()));
    check("evt.abspath", "src", Ok(()));
    check(
        "evt.abspath",
        "up",
        Err("unknown path up: src and dst are possible"),
    );
    check("thread.cgroup", "cpu_acct", Ok(()));
    check(
        "thread.cgroup",
        "cpu1",
        Err("cpu1 is not the name of a cgroup subsystem"),
    );
    check("container.label", "any thing", Ok(()));
}

#[test]
fn a_circle_of_parents_ends() {
    let mut snapshot = world::snapshot();
    for thread in &mut snapshot.threads {
        if thread.tid == 1 {
            thread.ptid = 100;
        }
    }
    let mut state = State::default();
    state.seed(snapshot);
    let session = Session::new(settings());
    let record = world::event("read");
    let event = record.event();
    let subject = state.apply(&event);
    let record = EventRecord::new(&event, &state, subject, None, &session);
    assert!(record.ancestors().count() < 8);
    let arena = Bump::new();
    let (field, arg) = parse(&scheme(), "proc.aname[2147483647]");
    assert_eq!(record.extract(field, &arg, &arena), None);
}
