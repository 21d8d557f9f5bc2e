//! The tables of fields: what there is, in the order in which it is listed.

pub(crate) mod container;
pub(crate) mod evt;
pub(crate) mod fd;
pub(crate) mod proc;

use std::sync::LazyLock;

use lanner_filter::scheme::FieldClass;

use crate::field::Field;

/// The event source that all fields belong to.
pub(crate) const SYSCALL_SOURCE: &[&str] = &["syscall"];

/// All fields in the order of their ids.
pub(crate) fn rows() -> &'static [&'static Field] {
    static ROWS: LazyLock<Box<[&Field]>> =
        LazyLock::new(|| classes().into_iter().flat_map(|(_, rows)| rows).collect());
    &ROWS
}

/// Classes of fields in listing order, with their tables.
pub(crate) fn classes() -> [(FieldClass, &'static [Field]); 10] {
    [
        (
            class("evt", "All event types", "Fields that every event has."),
            evt::GENERIC,
        ),
        (
            class(
                "evt",
                "Syscall events only",
                "Fields of events from the kernel. Each parameter of an event can be reached with \
                 evt.arg, such as evt.arg.filename.",
            ),
            evt::SYSCALL,
        ),
        (
            class(
                "process",
                "",
                "The process and the thread that caused the event.",
            ),
            proc::PROCESS,
        ),
        (
            class("user", "", "The user that the process runs as."),
            proc::USER,
        ),
        (
            class("group", "", "The group that the process runs as."),
            proc::GROUP,
        ),
        (
            class(
                "fd",
                "",
                "The file descriptor that the event creates, uses or closes.",
            ),
            fd::FD,
        ),
        (
            class(
                "fs.path",
                "",
                "Paths that the event acts on, whether or not it opens them: unlike fd.*, also \
                 for calls such as unlink and rename.",
            ),
            fd::FS_PATH,
        ),
        (class("util", "", ""), fd::UTIL),
        (
            class(
                "fdlist",
                "",
                "The descriptors that poll and ppoll wait for.",
            ),
            fd::FD_LIST,
        ),
        (class("container (plugin)", "", ""), container::CONTAINER),
    ]
}

fn class(name: &'static str, qualifier: &'static str, desc: &'static str) -> FieldClass {
    FieldClass {
        name,
        qualifier,
        desc,
        sources: SYSCALL_SOURCE,
    }
}
