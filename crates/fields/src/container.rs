//! Values of `container.*` and `k8s.*`.
//!
//! On the host, and for a container whose description was found, what is not known is empty; as
//! long as nothing but the id of a container is known, everything else is missing.

use bstr::BString;
use bumpalo::Bump;
use lanner_container::{Container, Identity, Mount, Pod};
use lanner_filter::{Argument, Value};

use crate::evt::{Out, word};
use crate::record::EventRecord;
use crate::text::Text;

/// How much of an id is its short form.
const SHORT_ID: usize = 12;

/// Labels that are kept for the runtime's own use are not listed.
const HIDDEN_LABELS: [&[u8]; 2] = [b"annotation.", b"io.kubernetes."];

/// What the event happened in, if it is described.
enum Place<'a> {
    Host,
    Container(&'a Container),
}

fn place<'a>(record: &EventRecord<'a>) -> Option<Place<'a>> {
    match record.identity()? {
        Identity::Host => Some(Place::Host),
        Identity::Container(container) if container.name.is_some() => {
            Some(Place::Container(container))
        }
        Identity::Container(_) => None,
    }
}

pub(crate) fn id<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    match record.identity()? {
        Identity::Host => word("host"),
        Identity::Container(c) => Some(Value::Str(&c.id)),
    }
}

pub(crate) fn full_id<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    match place(record)? {
        Place::Host => word("host"),
        Place::Container(c) => Some(Value::Str(&c.full_id)),
    }
}

pub(crate) fn name<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    match place(record)? {
        Place::Host => word("host"),
        Place::Container(c) => c.name.as_ref().map(|n| Value::Str(n)),
    }
}

pub(crate) fn kind<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    match place(record)? {
        Place::Host => word("host"),
        Place::Container(c) => word(c.ty.name().unwrap_or("")),
    }
}

/// A text of the description, empty on the host.
pub(crate) fn text<'a>(
    record: &EventRecord<'a>,
    of: fn(&'a Container) -> &'a Option<BString>,
) -> Out<'a> {
    match place(record)? {
        Place::Host => word(""),
        Place::Container(c) => of(c).as_ref().map(|text| Value::Str(text)),
    }
}

/// A property of the description, false on the host.
pub(crate) fn flag<'a>(record: &EventRecord<'a>, of: fn(&Container) -> Option<bool>) -> Out<'a> {
    match place(record)? {
        Place::Host => Some(Value::Bool(false)),
        Place::Container(c) => of(c).map(Value::Bool),
    }
}

fn put_mount<'t, 'a>(out: &'t mut Text<'a>, mount: &Mount) -> &'t mut Text<'a> {
    out.push(&mount.source)
        .byte(b':')
        .push(&mount.dest)
        .byte(b':')
        .push(&mount.mode)
        .byte(b':')
        .push(rdwr(mount))
        .byte(b':')
        .push(&mount.propagation)
}

fn rdwr(mount: &Mount) -> &'static [u8] {
    if mount.rdwr { b"true" } else { b"false" }
}

pub(crate) fn mounts<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    let mut out = Text::new(arena);
    if let Place::Container(c) = place(record)? {
        for mount in &c.mounts {
            put_mount(out.separate(b','), mount);
        }
    }
    Some(Value::Str(out.finish()))
}

/// The mount with the number in the argument, or the first one whose path the argument is part of.
fn mount<'a>(
    record: &EventRecord<'a>,
    arg: &Argument,
    path: fn(&Mount) -> &BString,
) -> Option<&'a Mount> {
    let Place::Container(c) = place(record)? else {
        return None;
    };
    match arg.index {
        Some(index) => c.mounts.get(usize::try_from(index).ok()?),
        None => c
            .mounts
            .iter()
            .find(|m| contains(path(m), arg.text.as_bytes())),
    }
}

/// Whether `pattern`, in which `*` stands for any bytes and `?` for any one, is anywhere in `text`.
fn contains(text: &[u8], pattern: &[u8]) -> bool {
    let starts_with = |mut at: usize, mut pattern: &[u8]| -> bool {
        // What to go back to: the pattern after the last `*`, and where it was tried.
        let mut retry: Option<(&[u8], usize)> = None;
        loop {
            match (pattern.first(), text.get(at)) {
                (None, _) => return true,
                (Some(b'*'), _) => {
                    pattern = &pattern[1..];
                    retry = Some((pattern, at));
                }
                (Some(p), Some(c)) if *p == b'?' || p == c => {
                    pattern = &pattern[1..];
                    at += 1;
                }
                (_, None) => return false,
                _ => match &mut retry {
                    Some((after, tried)) => {
                        *tried += 1;
                        (pattern, at) = (after, *tried);
                    }
                    None => return false,
                },
            }
        }
    };
    (0..=text.len()).any(|at| starts_with(at, pattern))
}

pub(crate) fn whole_mount<'a>(
    record: &EventRecord<'a>,
    arg: &Argument,
    arena: &'a Bump,
) -> Out<'a> {
    let mount = mount(record, arg, |m| &m.source)?;
    let mut out = Text::new(arena);
    put_mount(&mut out, mount);
    Some(Value::Str(out.finish()))
}

pub(crate) fn mount_source<'a>(record: &EventRecord<'a>, arg: &Argument, _: &'a Bump) -> Out<'a> {
    Some(Value::Str(&mount(record, arg, |m| &m.dest)?.source))
}

pub(crate) fn mount_dest<'a>(record: &EventRecord<'a>, arg: &Argument, _: &'a Bump) -> Out<'a> {
    Some(Value::Str(&mount(record, arg, |m| &m.source)?.dest))
}

pub(crate) fn mount_mode<'a>(record: &EventRecord<'a>, arg: &Argument, _: &'a Bump) -> Out<'a> {
    Some(Value::Str(&mount(record, arg, |m| &m.source)?.mode))
}

pub(crate) fn mount_rdwr<'a>(record: &EventRecord<'a>, arg: &Argument, _: &'a Bump) -> Out<'a> {
    Some(Value::Str(rdwr(mount(record, arg, |m| &m.source)?)))
}

pub(crate) fn mount_propagation<'a>(
    record: &EventRecord<'a>,
    arg: &Argument,
    _: &'a Bump,
) -> Out<'a> {
    Some(Value::Str(&mount(record, arg, |m| &m.source)?.propagation))
}

/// When the pid namespace of the thread started.
fn start(record: &EventRecord<'_>) -> Option<u64> {
    let start = record.thread()?.pidns_init_start_ts;
    (start != 0).then_some(start)
}

pub(crate) fn start_ts<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    start(record).map(Value::Uint)
}

pub(crate) fn duration<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    start(record).map(|start| Value::Uint(record.event.ts.wrapping_sub(start)))
}

type Labels = [(BString, BString)];

fn find<'a>(labels: &'a Labels, name: &str) -> Option<&'a BString> {
    labels.iter().find(|(k, _)| k == name).map(|(_, v)| v)
}

fn list<'a>(labels: &Labels, arena: &'a Bump) -> &'a [u8] {
    let mut out = Text::new(arena);
    for (name, value) in labels {
        if HIDDEN_LABELS.iter().any(|hidden| name.starts_with(hidden)) {
            continue;
        }
        if !out.is_empty() {
            out.push(b", ");
        }
        out.push(name);
        if !value.is_empty() {
            out.byte(b':').push(value);
        }
    }
    out.finish()
}

pub(crate) fn label<'a>(record: &EventRecord<'a>, arg: &Argument, _: &'a Bump) -> Out<'a> {
    let Place::Container(c) = place(record)? else {
        return None;
    };
    Some(Value::Str(find(&c.labels, &arg.text)?))
}

pub(crate) fn labels<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    Some(Value::Str(match place(record)? {
        Place::Host => b"",
        Place::Container(c) => list(&c.labels, arena),
    }))
}

/// A name that Kubernetes gave, from the pod or from the label that a runtime keeps it in.
pub(crate) fn pod_name<'a>(
    record: &EventRecord<'a>,
    of: fn(&Pod) -> &BString,
    label: &str,
) -> Out<'a> {
    let Place::Container(c) = place(record)? else {
        return None;
    };
    let name = c.pod.as_ref().map(of).filter(|name| !name.is_empty());
    Some(Value::Str(name.or_else(|| find(&c.labels, label))?))
}

/// A text of the pod; empty without one.
pub(crate) fn pod_text<'a>(record: &EventRecord<'a>, of: fn(&Pod) -> &BString) -> Out<'a> {
    Some(Value::Str(match place(record)? {
        Place::Container(Container { pod: Some(pod), .. }) => of(pod),
        _ => b"",
    }))
}

pub(crate) fn short_sandbox_id<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    match pod_text(record, |pod| &pod.sandbox_id)? {
        Value::Str(id) => Some(Value::Str(&id[..id.len().min(SHORT_ID)])),
        other => Some(other),
    }
}

pub(crate) fn pod_label<'a>(record: &EventRecord<'a>, arg: &Argument, _: &'a Bump) -> Out<'a> {
    match place(record)? {
        Place::Container(Container { pod: Some(pod), .. }) => {
            Some(Value::Str(find(&pod.labels, &arg.text)?))
        }
        _ => None,
    }
}

pub(crate) fn pod_labels<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    Some(Value::Str(match place(record)? {
        Place::Container(Container { pod: Some(pod), .. }) => list(&pod.labels, arena),
        _ => b"",
    }))
}

/// Fields that Falco still names and never has a value for.
pub(crate) fn gone<'a>(_: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_found_by_part_of_their_path() {
        let check = |text: &str, pattern: &str, expect: bool| {
            let found = contains(text.as_bytes(), pattern.as_bytes());
            assert_eq!(found, expect, "{pattern} in {text}");
        };
        check("/usr/local/bin", "/usr/local", true);
        check("/usr/local/bin", "/usr/local/*", true);
        check("/usr/local/bin", "local", true);
        check("/usr/local/bin", "/usr/*/bin", true);
        check("/usr/local/bin", "/usr/*/sbin", false);
        check("/usr/local/bin", "/us?/", true);
        check("/usr", "/usr/local", false);
        check("", "", true);
        check("", "*", true);
        check("aab", "*ab", true);
    }
}
