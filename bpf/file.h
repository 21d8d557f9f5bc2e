/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Open files: from a descriptor to its file, device, inode, overlay layer and path.
 */
#pragma once

#include "event.h"

#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define FMODE_CREATED 0x100000

#define MINORBITS 20
#define MODE_TYPE 0170000
#define MODE_DIRECTORY 0040000

enum layer { LAYER_NONE, LAYER_UPPER, LAYER_LOWER };

/* A device number as stat(2) gives it. */
static __always_inline u32 dev__encode(u32 dev)
{
	u32 major = dev >> MINORBITS;
	u32 minor = dev & ((1 << MINORBITS) - 1);

	return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
}

/* The file of a descriptor of the current task; NULL if there is none. */
static __always_inline struct file *fd__file(struct task_struct *task, s32 fd)
{
	struct fdtable *table;
	struct file *file = NULL;
	struct file **files;

	if (fd < 0)
		return NULL;
	/* Not by typed loads: for each the verifier searches all types of the kernel by name. */
	table = BPF_CORE_READ(task, files, fdt);
	if (!table || fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	files = BPF_CORE_READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

static __always_inline u64 file__ino(struct file *file)
{
	return file ? BPF_CORE_READ(file, f_inode, i_ino) : 0;
}

/* Which layer of an overlay file system holds the file. */
static __always_inline enum layer file__layer(struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct dentry *upper = NULL;
	struct inode *inode;

	if (BPF_CORE_READ(dentry, d_sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		return LAYER_NONE;
	/* An overlay inode is the common inode followed by the dentry of the upper layer. */
	inode = BPF_CORE_READ(dentry, d_inode);
	bpf_probe_read_kernel(&upper, sizeof(upper),
			      (void *)inode + bpf_core_type_size(struct inode));
	return upper && BPF_CORE_READ(upper, d_inode, i_ino) ? LAYER_UPPER : LAYER_LOWER;
}

struct file_facts {
	u32 dev;
	u64 ino;
	enum layer layer;
	bool created; /* by the call that opened it */
};

/* What open-like calls report of the descriptor they returned; all 0 if there is none. */
static __always_inline struct file_facts fd__facts(struct task_struct *task, s64 fd)
{
	struct file_facts facts = {};
	struct file *file = fd__file(task, fd);
	struct super_block *sb;
	struct inode *inode;

	if (!file)
		return facts;
	inode = BPF_CORE_READ(file, f_inode);
	sb = BPF_CORE_READ(inode, i_sb);
	facts.dev = dev__encode(BPF_CORE_READ(sb, s_dev));
	facts.ino = BPF_CORE_READ(inode, i_ino);
	if (BPF_CORE_READ(sb, s_magic) == OVERLAYFS_SUPER_MAGIC)
		facts.layer = file__layer(file);
	facts.created = BPF_CORE_READ(file, f_mode) & FMODE_CREATED;
	return facts;
}

/* ---- paths ---- */

/* Puts "/NAME" before what is in cpu->path from `off` on; the new `off`, or the old if full. */
static __always_inline u32 path__prepend(struct cpu *cpu, u32 off, const void *name)
{
	long n = bpf_probe_read_kernel_str(cpu->name, sizeof(cpu->name), name);

	if (n <= 1 || n > sizeof(cpu->name) || off < n)
		return off;
	off -= n;
	cpu->path[off & (PATH_MAX - 1)] = '/';
	bpf_probe_read_kernel(&cpu->path[(off + 1) & (PATH_MAX - 1)], (n - 1) & (NAME_MAX_LEN - 1),
			      cpu->name);
	return off;
}

/* Starts a path in cpu->path: its NUL. */
static __always_inline u32 path__start(struct cpu *cpu)
{
	cpu->path[PATH_MAX - 1] = 0;
	return PATH_MAX - 1;
}

/* Pushes the path that begins at `off`, NUL included; "/" if nothing was put there. */
static __always_inline u32 event__push_path(struct event *e, u32 off)
{
	if (off >= PATH_MAX - 1) {
		event__push_u16(e, '/');
		return 2;
	}
	return event__push_bytes_kernel(e, &e->cpu->path[off & (PATH_MAX - 1)],
					(PATH_MAX - off) & (PATH_MAX * 2 - 1));
}

struct path_walk {
	u64 dentry;
	u64 mount;
	u32 off;
	u32 done;
};

static long path__step(u32 index, void *context)
{
	struct path_walk *walk = context;
	struct dentry *dentry = (void *)walk->dentry;
	struct mount *mount = (void *)walk->mount;
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
	struct dentry *root = BPF_CORE_READ(mount, mnt.mnt_root);
	struct cpu *cpu;
	u32 off;

	if (dentry == root) {
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		if (above == mount) {
			walk->done = 1;
			return 1;
		}
		walk->dentry = (u64)BPF_CORE_READ(mount, mnt_mountpoint);
		walk->mount = (u64)above;
		return 0;
	}
	if (dentry == parent)
		return 1; /* not below the root of its mount: anonymous, or detached */
	cpu = cpu__get();
	if (!cpu)
		return 1;
	off = path__prepend(cpu, walk->off, BPF_CORE_READ(dentry, d_name.name));
	if (off == walk->off)
		return 1;
	walk->off = off;
	walk->dentry = (u64)parent;
	return 0;
}

/* The most components of a path, mount points included. */
#define PATH_STEPS 256

/*
 * Writes the path of a file as its own mounts give it; the bytes written. Files without a path
 * (memfd) give their name. Cut at the front if it does not fit.
 */
__global u32 path__write(u64 file_address, u32 pos)
{
	struct file *file = (void *)file_address;
	struct path_walk walk = {};
	struct event event, *e = &event;
	struct dentry *dentry;

	if (!file || !event__resume(e, pos))
		return 0;
	walk.dentry = (u64)BPF_CORE_READ(file, f_path.dentry);
	walk.mount = (u64)BPF_CORE_READ(file, f_path.mnt) - bpf_core_field_offset(struct mount, mnt);
	walk.off = path__start(e->cpu);
	bpf_loop(PATH_STEPS, path__step, &walk, 0);
	if (walk.off != PATH_MAX - 1 || walk.done)
		return event__push_path(e, walk.off);
	dentry = (void *)walk.dentry;
	return event__push_str_kernel(e, BPF_CORE_READ(dentry, d_name.name), NAME_MAX_LEN);
}

static __always_inline void event__path_of(struct event *e, struct file *file)
{
	event__written(e, path__write(event__address(e, file), e->pos));
}
