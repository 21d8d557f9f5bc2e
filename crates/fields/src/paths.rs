//! Which parameters of an event are paths, and what those paths are relative to.

use lanner_event::schema::EventType;

/// Parameters that name a path: that of the directory descriptor, and that of the path.
pub(crate) type AtParams = (&'static str, &'static str);

/// The parameters behind `evt.abspath` (`which` 0), `.src` (1) and `.dst` (2).
pub(crate) fn abspath_params(ty: EventType, which: u32) -> Option<AtParams> {
    Some(match ty {
        EventType::SYSCALL_RENAMEAT_X | EventType::SYSCALL_RENAMEAT2_X => match which {
            2 => ("newdirfd", "newpath"),
            _ => ("olddirfd", "oldpath"),
        },
        EventType::SYSCALL_LINKAT_2_X => match which {
            2 => ("newdir", "newpath"),
            _ => ("olddir", "oldpath"),
        },
        EventType::SYSCALL_SYMLINKAT_X => ("linkdirfd", "linkpath"),
        EventType::SYSCALL_OPENAT_2_X
        | EventType::SYSCALL_OPENAT2_X
        | EventType::SYSCALL_UNLINKAT_2_X => ("dirfd", "name"),
        EventType::SYSCALL_MKDIRAT_X => ("dirfd", "path"),
        EventType::SYSCALL_FCHMODAT_X => ("dirfd", "filename"),
        EventType::SYSCALL_FCHOWNAT_X => ("dirfd", "pathname"),
        _ => return None,
    })
}

/// What `fs.path.name` is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathSource {
    /// A parameter.
    Param(&'static str),
    /// The name of the descriptor.
    FdName,
}

/// The source of `fs.path.name` for events that have it.
pub(crate) fn path_param(ty: EventType) -> Option<PathSource> {
    use PathSource::{FdName, Param};
    Some(match ty {
        EventType::SYSCALL_MKDIR_2_X
        | EventType::SYSCALL_MKDIRAT_X
        | EventType::SYSCALL_RMDIR_2_X
        | EventType::SYSCALL_UNLINK_2_X
        | EventType::SYSCALL_CHOWN_X
        | EventType::SYSCALL_LCHOWN_X => Param("path"),
        EventType::SYSCALL_UNLINKAT_2_X
        | EventType::SYSCALL_OPEN_X
        | EventType::SYSCALL_OPENAT_2_X
        | EventType::SYSCALL_OPENAT2_X
        | EventType::SYSCALL_UMOUNT_1_X
        | EventType::SYSCALL_UMOUNT2_X => Param("name"),
        EventType::SYSCALL_FCHMODAT_X | EventType::SYSCALL_CHMOD_X => Param("filename"),
        EventType::SYSCALL_FCHOWNAT_X => Param("pathname"),
        EventType::SYSCALL_QUOTACTL_X => Param("special"),
        EventType::SYSCALL_FCHMOD_X | EventType::SYSCALL_FCHOWN_X => FdName,
        _ => return None,
    })
}

/// The parameters of `fs.path.source` and `fs.path.target` for events that have them.
///
/// For link and linkat Falco has the new path as source and the old one as target.
pub(crate) fn two_path_params(ty: EventType) -> Option<(&'static str, &'static str)> {
    Some(match ty {
        EventType::SYSCALL_RENAME_X
        | EventType::SYSCALL_RENAMEAT_X
        | EventType::SYSCALL_RENAMEAT2_X => ("oldpath", "newpath"),
        EventType::SYSCALL_LINK_2_X | EventType::SYSCALL_LINKAT_2_X => ("newpath", "oldpath"),
        EventType::SYSCALL_SYMLINK_X | EventType::SYSCALL_SYMLINKAT_X => ("linkpath", "target"),
        EventType::SYSCALL_MOUNT_X => ("dev", "dir"),
        _ => return None,
    })
}
