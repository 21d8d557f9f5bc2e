/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tasks: ids in every namespace, memory, credentials, control groups, program file.
 */
#pragma once

#include "file.h"

#define PAGE_TO_KB(pages) ((pages) << 2)
#define CAPABILITIES ((1ULL << 41) - 1) /* those that the capture format knows; same bits */
#define CAP_DAC_OVERRIDE 1
#define CAP_FOWNER 3
#define RLIMIT_NOFILE 7
#define NSEC_PER_SEC 1000000000ULL

/* ---- ids ---- */

static __always_inline struct pid *task__pid(struct task_struct *task, enum pid_type type)
{
	if (type == PIDTYPE_PID)
		return BPF_CORE_READ(task, thread_pid);
	return BPF_CORE_READ(task, signal, pids[type]);
}

static __always_inline struct pid_namespace *pid__namespace(struct pid *pid)
{
	struct upid upid = {};
	u32 level;

	if (!pid)
		return NULL;
	level = BPF_CORE_READ(pid, level);
	bpf_core_read(&upid, sizeof(upid), &pid->numbers[level]);
	return upid.ns;
}

/* The id in the innermost namespace of the task itself. */
static __always_inline s64 task__vnr(struct task_struct *task, enum pid_type type)
{
	struct pid *pid = task__pid(task, type);
	struct upid upid = {};
	u32 level;

	if (!pid)
		return 0;
	level = BPF_CORE_READ(pid, level);
	bpf_core_read(&upid, sizeof(upid), &pid->numbers[level]);
	return upid.nr;
}

/* The id in the initial namespace. */
static __always_inline s64 task__nr(struct task_struct *task, enum pid_type type)
{
	struct pid *pid = task__pid(task, type);

	return pid ? BPF_CORE_READ(pid, numbers[0].nr) : 0;
}

static __always_inline u64 task__pidns_start(struct task_struct *task)
{
	struct pid_namespace *ns = pid__namespace(task__pid(task, PIDTYPE_TGID));

	return BPF_CORE_READ(ns, child_reaper, start_time);
}

/* ---- memory, in KiB ---- */

/* A macro: the index must be a constant for the relocation to know the size of an element. */
#define MM_COUNTER(mm, which)                                                                      \
	({                                                                                         \
		struct mm_struct___v6_1 *old_ = (void *)(mm);                                      \
		s64 pages_ = 0;                                                                    \
		if (bpf_core_type_exists(struct mm_rss_stat))                                      \
			bpf_core_read(&pages_, sizeof(pages_), &old_->rss_stat.count[which].counter); \
		else                                                                               \
			bpf_core_read(&pages_, sizeof(pages_), &(mm)->rss_stat[which].count);      \
		pages_ > 0 ? (u64)pages_ : 0; /* per-CPU parts that are not summed up yet */       \
	})

static __always_inline u32 mm__size(struct mm_struct *mm)
{
	return mm ? PAGE_TO_KB(BPF_CORE_READ(mm, total_vm)) : 0;
}

static __always_inline u32 mm__rss(struct mm_struct *mm)
{
	if (!mm)
		return 0;
	return PAGE_TO_KB(MM_COUNTER(mm, MM_FILEPAGES) + MM_COUNTER(mm, MM_ANONPAGES) +
			  MM_COUNTER(mm, MM_SHMEMPAGES));
}

static __always_inline u32 mm__swap(struct mm_struct *mm)
{
	return mm ? PAGE_TO_KB(MM_COUNTER(mm, MM_SWAPENTS)) : 0;
}

/* ---- credentials ---- */

static __always_inline u32 task__euid(struct task_struct *task)
{
	return BPF_CORE_READ(task, cred, euid.val);
}

static __always_inline u32 task__egid(struct task_struct *task)
{
	return BPF_CORE_READ(task, cred, egid.val);
}

/* A capability set was two 32-bit words before 6.3: in memory, the same 64 bits. */
#define TASK_CAPABILITIES(task, set)                                                               \
	({                                                                                         \
		const struct cred *cred_ = BPF_CORE_READ(task, cred);                              \
		u64 bits_ = 0;                                                                     \
		bpf_core_read(&bits_, sizeof(bits_), &cred_->set);                                 \
		bits_ & CAPABILITIES;                                                              \
	})

static __always_inline u32 task__loginuid(struct task_struct *task)
{
	if (!bpf_core_field_exists(task->loginuid))
		return -1; /* a kernel without audit */
	return BPF_CORE_READ(task, loginuid.val);
}

/* ---- terminal ---- */

static __always_inline u32 task__tty(struct task_struct *task)
{
	struct tty_struct *tty = BPF_CORE_READ(task, signal, tty);
	u32 major, minor;

	if (!tty)
		return 0;
	major = BPF_CORE_READ(tty, driver, major);
	minor = BPF_CORE_READ(tty, driver, minor_start) + BPF_CORE_READ(tty, index);
	return dev__encode((major << MINORBITS) | minor);
}

static __always_inline u64 task__fdlimit(struct task_struct *task)
{
	return BPF_CORE_READ(task, signal, rlim[RLIMIT_NOFILE].rlim_cur);
}

/* ---- control groups ---- */

struct cgroup_walk {
	u64 node;
	u32 off;
};

static long cgroup__step(u32 index, void *context)
{
	struct cgroup_walk *walk = context;
	struct kernfs_node *node = (void *)walk->node;
	struct cpu *cpu = cpu__get();

	if (!node || !cpu)
		return 1;
	walk->off = path__prepend(cpu, walk->off, BPF_CORE_READ(node, name));
	if (bpf_core_field_exists(node->__parent)) {
		walk->node = (u64)BPF_CORE_READ(node, __parent);
	} else {
		struct kernfs_node___v6_14 *old = (void *)node;

		walk->node = (u64)BPF_CORE_READ(old, parent);
	}
	return 0;
}

/* The most levels of a control group hierarchy. */
#define CGROUP_STEPS 32

/* "NAME=/PATH" of one controller; keeps the path for the next one of the same group. */
static __noinline u32 event__push_cgroup(struct event *e, struct css_set *set, u32 id,
					      struct cgroup **seen, u32 *off)
{
	struct cgroup_subsys_state *state = NULL;
	struct cgroup *cgroup;
	u32 start = e->pos;

	bpf_core_read(&state, sizeof(state), &set->subsys[id]);
	if (!state)
		return 0;
	if (!event__push_str_kernel(e, BPF_CORE_READ(state, ss, name), NAME_MAX_LEN))
		return 0;
	*EVENT_AT(e, e->pos - 1) = '=';
	cgroup = BPF_CORE_READ(state, cgroup);
	if (cgroup != *seen) {
		struct cgroup_walk walk = {
			.node = (u64)BPF_CORE_READ(cgroup, kn),
			.off = path__start(e->cpu),
		};

		bpf_loop(CGROUP_STEPS, cgroup__step, &walk, 0);
		*seen = cgroup;
		*off = walk.off;
	}
	event__push_path(e, *off);
	return e->pos - start;
}

#define EVENT_PUSH_CGROUP(controller)                                                              \
	(bpf_core_enum_value_exists(enum cgroup_subsys_id, controller) ?                           \
		 event__push_cgroup(e, set,                                                        \
				    bpf_core_enum_value(enum cgroup_subsys_id, controller), &seen, \
				    &off) :                                                        \
		 0)

/* The groups of the controllers that the capture format carries. */
static __noinline void event__cgroups(struct event *e, struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup *seen = NULL;
	u32 off = 0;
	u32 len = 0;

	len += EVENT_PUSH_CGROUP(cpuset_cgrp_id);
	len += EVENT_PUSH_CGROUP(cpu_cgrp_id);
	len += EVENT_PUSH_CGROUP(cpuacct_cgrp_id);
	len += EVENT_PUSH_CGROUP(io_cgrp_id);
	len += EVENT_PUSH_CGROUP(memory_cgrp_id);
	event__len(e, len);
}

/* ---- the program file ---- */

#define SB_RDONLY 1
#define S_IMMUTABLE 8
#define MODE_TYPE 0170000
#define MODE_REGULAR 0100000
#define MODE_DIRECTORY 0040000
#define MODE_LINK 0120000
#define MAY_WRITE 2

static __always_inline bool map__has(struct uid_gid_map *map, u32 id)
{
	u32 extents = BPF_CORE_READ(map, nr_extents);

	if (extents > 5)
		return true; /* a table out of line: too long to search here */
	for (u32 i = 0; i < 5; i++) {
		struct uid_gid_extent extent;

		if (i >= extents)
			break;
		bpf_core_read(&extent, sizeof(extent), &map->extent[i]);
		if (id - extent.lower_first < extent.count)
			return true;
	}
	return false;
}

static __always_inline bool cred__in_group(const struct cred *cred, u32 gid)
{
	struct group_info *info = BPF_CORE_READ(cred, group_info);
	u32 left = 0;
	u32 right = BPF_CORE_READ(info, ngroups);

	/* Sorted, at most 65,536 of them. */
	for (int i = 0; i < 17; i++) {
		u32 middle = (left + right) / 2;
		u32 at = 0;

		if (left >= right)
			break;
		bpf_core_read(&at, sizeof(at), &info->gid[middle]);
		if (at == gid)
			return true;
		if (gid > at)
			left = middle + 1;
		else
			right = middle;
	}
	return false;
}

/* Whether the task may write the file, as far as mode bits and capabilities tell. */
static __noinline bool task__may_write(struct task_struct *task, struct inode *inode)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	u32 mode = BPF_CORE_READ(inode, i_mode);
	u32 type = mode & MODE_TYPE;
	u32 uid = BPF_CORE_READ(inode, i_uid.val);
	u32 gid = BPF_CORE_READ(inode, i_gid.val);
	struct user_namespace *ns;
	u64 caps = 0;

	if ((BPF_CORE_READ(inode, i_sb, s_flags) & SB_RDONLY) &&
	    (type == MODE_REGULAR || type == MODE_DIRECTORY || type == MODE_LINK))
		return false;
	if (BPF_CORE_READ(inode, i_flags) & S_IMMUTABLE)
		return false;
	if (uid == (u32)-1 || gid == (u32)-1)
		return false;
	/* The owner can give itself the right. */
	if (BPF_CORE_READ(cred, fsuid.val) == uid)
		return true;
	if (BPF_CORE_READ(cred, fsgid.val) == gid || cred__in_group(cred, gid))
		mode >>= 3;
	if (mode & MAY_WRITE)
		return true;
	bpf_core_read(&caps, sizeof(caps), &cred->cap_effective);
	ns = BPF_CORE_READ(cred, user_ns);
	if (!(caps & (1 << CAP_DAC_OVERRIDE | 1 << CAP_FOWNER)) || !map__has(&ns->uid_map, uid))
		return false;
	return caps & (1 << CAP_FOWNER) || map__has(&ns->gid_map, gid);
}

static __always_inline bool file__is_memfd(struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	char name[8] = {};

	if (BPF_CORE_READ(dentry, d_parent) != dentry)
		return false;
	bpf_probe_read_kernel_str(name, 7, BPF_CORE_READ(dentry, d_name.name));
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' &&
	       name[4] == 'd' && name[5] == ':';
}

static __always_inline u64 time__ns(s64 seconds, u64 ns)
{
	return seconds < 0 ? 0 : seconds * NSEC_PER_SEC + ns;
}

static __always_inline u64 inode__ctime(struct inode *inode)
{
	struct inode___v6_7 *v6_7 = (void *)inode;
	struct inode___v6_5 *v6_5 = (void *)inode;

	/* The top bit says whether anybody has looked at the time since it was set. */
	if (bpf_core_field_exists(inode->i_ctime_sec))
		return time__ns(BPF_CORE_READ(inode, i_ctime_sec),
				BPF_CORE_READ(inode, i_ctime_nsec) & 0x7fffffff);
	if (bpf_core_field_exists(v6_7->__i_ctime))
		return time__ns(BPF_CORE_READ(v6_7, __i_ctime.tv_sec),
				BPF_CORE_READ(v6_7, __i_ctime.tv_nsec));
	return time__ns(BPF_CORE_READ(v6_5, i_ctime.tv_sec), BPF_CORE_READ(v6_5, i_ctime.tv_nsec));
}

static __always_inline u64 inode__mtime(struct inode *inode)
{
	struct inode___v6_7 *v6_7 = (void *)inode;
	struct inode___v6_5 *v6_5 = (void *)inode;

	if (bpf_core_field_exists(inode->i_mtime_sec))
		return time__ns(BPF_CORE_READ(inode, i_mtime_sec), BPF_CORE_READ(inode, i_mtime_nsec));
	if (bpf_core_field_exists(v6_7->__i_mtime))
		return time__ns(BPF_CORE_READ(v6_7, __i_mtime.tv_sec),
				BPF_CORE_READ(v6_7, __i_mtime.tv_nsec));
	return time__ns(BPF_CORE_READ(v6_5, i_mtime.tv_sec), BPF_CORE_READ(v6_5, i_mtime.tv_nsec));
}
