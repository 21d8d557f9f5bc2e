/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names and attributes of files and directories: what changes the tree, and what looks at it. */
#pragma once

#include "../syscall.h"
#include "io.h"

#define MODE_BITS 07777 /* permissions, set-id and sticky bits: the same in the capture format */

/* ---- more ways to open ---- */

EXIT(SYSCALL_CREAT_X, LOSS_OPEN)
{
	struct file_facts facts = fd__facts(call->task, call->ret);

	event__s64(e, call->ret);
	event__path_user(e, call__arg(call, 0));
	event__u32(e, call__arg(call, 1) & MODE_BITS);
	event__u32(e, facts.dev);
	event__u64(e, facts.ino);
	event__u16(e, facts.layer == LAYER_UPPER ? CREAT_FLAGS__FD_UPPER_LAYER_CREAT :
		      facts.layer == LAYER_LOWER ? CREAT_FLAGS__FD_LOWER_LAYER_CREAT :
						   0);
}

struct open_how {
	u64 flags;
	u64 mode;
	u64 resolve;
};

#define RESOLVE_FLAG(linux_bit, name) \
	if (how.resolve & linux_bit)  \
		resolve |= OPENAT2_FLAGS__##name

EXIT(SYSCALL_OPENAT2_X, LOSS_OPEN)
{
	struct file_facts facts = fd__facts(call->task, call->ret);
	struct open_how how = {};
	u32 resolve = 0;

	bpf_probe_read_user(&how, sizeof(how), (void *)call__arg(call, 2));
	RESOLVE_FLAG(0x01, RESOLVE_NO_XDEV);
	RESOLVE_FLAG(0x02, RESOLVE_NO_MAGICLINKS);
	RESOLVE_FLAG(0x04, RESOLVE_NO_SYMLINKS);
	RESOLVE_FLAG(0x08, RESOLVE_BENEATH);
	RESOLVE_FLAG(0x10, RESOLVE_IN_ROOT);
	RESOLVE_FLAG(0x20, RESOLVE_CACHED);
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__path_user(e, call__arg(call, 1));
	event__u32(e, open_flags__encode(how.flags) | facts__open_flags(&facts));
	event__u32(e, open_mode__encode(how.flags, how.mode));
	event__u32(e, resolve);
	event__u32(e, facts.dev);
	event__u64(e, facts.ino);
}

/* The handle says nothing to a reader: the path is that of the file it led to. */
EXIT(SYSCALL_OPEN_BY_HANDLE_AT_X, LOSS_OPEN)
{
	struct file_facts facts = fd__facts(call->task, call->ret);

	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u32(e, open_flags__encode(call__arg(call, 2)) | facts__open_flags(&facts));
	event__path_of(e, fd__file(call->task, call->ret));
	event__u32(e, facts.dev);
	event__u64(e, facts.ino);
}

/* ---- result, then one path ---- */

#define EXIT_PATH(EVENT)                             \
	EXIT(EVENT, LOSS_DIR_FILE)                   \
	{                                            \
		event__s64(e, call->ret);            \
		event__path_user(e, call__arg(call, 0)); \
	}

EXIT_PATH(SYSCALL_UNLINK_2_X)
EXIT_PATH(SYSCALL_RMDIR_2_X)
EXIT_PATH(SYSCALL_CHDIR_X)
EXIT_PATH(SYSCALL_CHROOT_X)
EXIT_PATH(SYSCALL_UMOUNT_1_X)
EXIT_PATH(SYSCALL_STAT_X)
EXIT_PATH(SYSCALL_LSTAT_X)
EXIT_PATH(SYSCALL_STAT64_X)
EXIT_PATH(SYSCALL_LSTAT64_X)

/* ---- result, then two paths ---- */

#define EXIT_TWO_PATHS(EVENT)                        \
	EXIT(EVENT, LOSS_DIR_FILE)                   \
	{                                            \
		event__s64(e, call->ret);            \
		event__path_user(e, call__arg(call, 0)); \
		event__path_user(e, call__arg(call, 1)); \
	}

EXIT_TWO_PATHS(SYSCALL_RENAME_X)
EXIT_TWO_PATHS(SYSCALL_LINK_2_X)
EXIT_TWO_PATHS(SYSCALL_SYMLINK_X)

/* ---- result, then a descriptor ---- */

#define EXIT_FD(EVENT, CLASS)                      \
	EXIT(EVENT, CLASS)                         \
	{                                          \
		event__s64(e, call->ret);          \
		event__s64(e, call__int(call, 0)); \
	}

EXIT_FD(SYSCALL_FCHDIR_X, LOSS_DIR_FILE)
EXIT_FD(SYSCALL_FSTAT_X, LOSS_OTHER)
EXIT_FD(SYSCALL_GETDENTS_X, LOSS_OTHER)
EXIT_FD(SYSCALL_GETDENTS64_X, LOSS_OTHER)

EXIT(SYSCALL_FSTAT64_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
}

/* ---- relative to a directory ---- */

/* Two directories with a path in each. */
static __always_inline void event__two_paths_at(struct event *e, const struct call *call)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__path_user(e, call__arg(call, 1));
	event__s64(e, call__int(call, 2));
	event__path_user(e, call__arg(call, 3));
}

EXIT(SYSCALL_RENAMEAT_X, LOSS_DIR_FILE)
{
	event__two_paths_at(e, call);
}

EXIT(SYSCALL_RENAMEAT2_X, LOSS_DIR_FILE)
{
	event__two_paths_at(e, call);
	event__u32(e, call__arg(call, 4)); /* Linux's own bits */
}

EXIT(SYSCALL_LINKAT_2_X, LOSS_DIR_FILE)
{
	event__two_paths_at(e, call);
	event__u32(e, call__arg(call, 4) &
			      (LINKAT_FLAGS__AT_SYMLINK_FOLLOW | LINKAT_FLAGS__AT_EMPTY_PATH));
}

EXIT(SYSCALL_SYMLINKAT_X, LOSS_DIR_FILE)
{
	event__s64(e, call->ret);
	event__path_user(e, call__arg(call, 0));
	event__s64(e, call__int(call, 1));
	event__path_user(e, call__arg(call, 2));
}

static __always_inline void event__path_at(struct event *e, const struct call *call)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__path_user(e, call__arg(call, 1));
}

EXIT(SYSCALL_UNLINKAT_2_X, LOSS_DIR_FILE)
{
	event__path_at(e, call);
	event__u32(e, call__arg(call, 2) & UNLINKAT_FLAGS__AT_REMOVEDIR);
}

EXIT(SYSCALL_NEWFSTATAT_X, LOSS_OTHER)
{
	event__path_at(e, call);
	event__u32(e, call__arg(call, 3) & (NEWFSTATAT_FLAGS__AT_EMPTY_PATH |
					    NEWFSTATAT_FLAGS__AT_NO_AUTOMOUNT |
					    NEWFSTATAT_FLAGS__AT_SYMLINK_NOFOLLOW));
}

EXIT(SYSCALL_MKDIR_2_X, LOSS_DIR_FILE)
{
	event__s64(e, call->ret);
	event__path_user(e, call__arg(call, 0));
	event__u32(e, call__arg(call, 1));
}

EXIT(SYSCALL_MKDIRAT_X, LOSS_DIR_FILE)
{
	event__path_at(e, call);
	event__u32(e, call__arg(call, 2));
}

/* ---- devices ---- */

/* No type stands for a regular file. */
static __always_inline u32 node_mode__encode(u32 mode)
{
	u32 type = mode & MODE_TYPE;

	switch (type) {
	case 0:
		type = MKNOD_MODE__S_IFREG;
		break;
	case MKNOD_MODE__S_IFREG:
	case MKNOD_MODE__S_IFCHR:
	case MKNOD_MODE__S_IFBLK:
	case MKNOD_MODE__S_IFIFO:
	case MKNOD_MODE__S_IFSOCK:
		break;
	default:
		type = 0;
	}
	return (mode & MODE_BITS) | type;
}

/* The device number is encoded once more, though the caller did so already: Falco's readers
 * expect that. */
EXIT(SYSCALL_MKNOD_X, LOSS_DIR_FILE)
{
	event__s64(e, call->ret);
	event__path_user(e, call__arg(call, 0));
	event__u32(e, node_mode__encode(call__arg(call, 1)));
	event__u32(e, dev__encode(call__arg(call, 2)));
}

EXIT(SYSCALL_MKNODAT_X, LOSS_DIR_FILE)
{
	event__path_at(e, call);
	event__u32(e, node_mode__encode(call__arg(call, 2)));
	event__u32(e, dev__encode(call__arg(call, 3)));
}

/* ---- attributes ---- */

EXIT(SYSCALL_CHMOD_X, LOSS_DIR_FILE)
{
	event__s64(e, call->ret);
	event__path_user(e, call__arg(call, 0));
	event__u32(e, call__arg(call, 1) & MODE_BITS);
}

EXIT(SYSCALL_FCHMOD_X, LOSS_DIR_FILE)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u32(e, call__arg(call, 1) & MODE_BITS);
}

EXIT(SYSCALL_FCHMODAT_X, LOSS_DIR_FILE)
{
	event__path_at(e, call);
	event__u32(e, call__arg(call, 2) & MODE_BITS);
}

#define EXIT_CHOWN(EVENT)                            \
	EXIT(EVENT, LOSS_DIR_FILE)                   \
	{                                            \
		event__s64(e, call->ret);            \
		event__path_user(e, call__arg(call, 0)); \
		event__u32(e, call__arg(call, 1));   \
		event__u32(e, call__arg(call, 2));   \
	}

EXIT_CHOWN(SYSCALL_CHOWN_X)
EXIT_CHOWN(SYSCALL_LCHOWN_X)

EXIT(SYSCALL_FCHOWN_X, LOSS_DIR_FILE)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u32(e, call__arg(call, 1));
	event__u32(e, call__arg(call, 2));
}

/* The bit that the capture format names NOFOLLOW is Linux's FOLLOW. */
EXIT(SYSCALL_FCHOWNAT_X, LOSS_DIR_FILE)
{
	event__path_at(e, call);
	event__u32(e, call__arg(call, 2));
	event__u32(e, call__arg(call, 3));
	event__u32(e, call__arg(call, 4) & (FCHOWNAT_FLAGS__AT_SYMLINK_NOFOLLOW |
					    FCHOWNAT_FLAGS__AT_EMPTY_PATH));
}

EXIT(SYSCALL_ACCESS_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__path_user(e, call__arg(call, 0));
	event__u32(e, call__arg(call, 1) &
			      (ACCESS_FLAGS__R_OK | ACCESS_FLAGS__W_OK | ACCESS_FLAGS__X_OK));
}

/* ---- mounts and directories ---- */

#define MOUNT_MAGIC 0xc0ed0000 /* old callers put it into the upper half */

EXIT(SYSCALL_MOUNT_X, LOSS_DIR_FILE)
{
	u32 flags = call__arg(call, 3);

	if ((flags & 0xffff0000) == MOUNT_MAGIC)
		flags &= 0xffff;
	event__s64(e, call->ret);
	event__path_user(e, call__arg(call, 0));
	event__path_user(e, call__arg(call, 1));
	event__path_user(e, call__arg(call, 2));
	event__u32(e, flags);
}

EXIT(SYSCALL_UMOUNT2_X, LOSS_DIR_FILE)
{
	event__s64(e, call->ret);
	event__path_user(e, call__arg(call, 0));
	event__u32(e, call__arg(call, 1) & (UMOUNT_FLAGS__FORCE | UMOUNT_FLAGS__DETACH |
					    UMOUNT_FLAGS__EXPIRE | UMOUNT_FLAGS__NOFOLLOW));
}

EXIT(SYSCALL_GETCWD_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__path_user(e, call->ret >= 0 ? call__arg(call, 0) : 0);
}

/* ---- positions and locks ---- */

/* Newer ways to seek are told as SEEK_SET, the format's 0. */
static __always_inline u8 whence__encode(u64 whence)
{
	return whence <= LSEEK_WHENCE__SEEK_END ? whence : 0;
}

EXIT(SYSCALL_LSEEK_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u64(e, call__arg(call, 1));
	event__u8(e, whence__encode(call__arg(call, 2)));
}

EXIT(SYSCALL_LLSEEK_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u64(e, call__arg(call, 1) << 32 | (u32)call__arg(call, 2));
	event__u8(e, whence__encode(call__arg(call, 4)));
}

#define LOCK_FLAG(linux_bit, name)  \
	if (operation & linux_bit)  \
		out |= FLOCK_FLAGS__##name

EXIT(SYSCALL_FLOCK_X, LOSS_OTHER)
{
	u32 operation = call__arg(call, 1);
	u32 out = 0;

	LOCK_FLAG(1, LOCK_SH);
	LOCK_FLAG(2, LOCK_EX);
	LOCK_FLAG(4, LOCK_NB);
	LOCK_FLAG(8, LOCK_UN);
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u32(e, out);
}
