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

/*
 * Writes "NAME=/PATH" of one controller; the bytes written. The path stays in cpu->path for the
 * next controller: with cgroup v2 it is the same for all.
 *
 * In the hierarchy of cgroup v2, whose number is 0, a controller that is not enabled for a group
 * has the state of the nearest group above where it is: "/" often. What /proc/PID/cgroup shows, and
 * what tells of a container, is the group itself.
 */
__global u32 cgroup__write(u64 set_address, u32 pos, u32 controller)
{
	struct css_set *set = (void *)set_address;
	struct cgroup_subsys_state *state = NULL;
	struct event event, *e = &event;
	struct cgroup *group;
	u64 cgroup;

	bpf_core_read(&state, sizeof(state), &set->subsys[controller]);
	if (!state || !event__resume(e, pos))
		return 0;
	if (!event__push_str_kernel(e, BPF_CORE_READ(state, ss, name), NAME_MAX_LEN))
		return 0;
	*(u8 *)event__at(e, e->pos - 1) = '=';
	group = BPF_CORE_READ(state, cgroup);
	if (BPF_CORE_READ(group, root, hierarchy_id) == 0)
		group = BPF_CORE_READ(set, dfl_cgrp);
	cgroup = (u64)group;
	if (cgroup != e->cpu->cgroup) {
		struct cgroup_walk walk = {
			.node = (u64)BPF_CORE_READ(group, kn),
			.off = path__start(e->cpu),
		};

		bpf_loop(CGROUP_STEPS, cgroup__step, &walk, 0);
		e->cpu->cgroup = cgroup;
		e->cpu->cgroup_off = walk.off;
	}
	event__push_path(e, e->cpu->cgroup_off);
	return e->pos - pos;
}

#define EVENT_PUSH_CGROUP(controller)                                                              \
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, controller))                         \
	event__advance(e, cgroup__write(set, e->pos,                                               \
					bpf_core_enum_value(enum cgroup_subsys_id, controller)))

/* The groups of the controllers that the capture format carries. */
static __always_inline void event__cgroups(struct event *e, struct task_struct *task)
{
	u64 set = (u64)BPF_CORE_READ(task, cgroups);
	u32 start = e->pos;

	e->cpu->cgroup = 0;
	EVENT_PUSH_CGROUP(cpuset_cgrp_id);
	EVENT_PUSH_CGROUP(cpu_cgrp_id);
	EVENT_PUSH_CGROUP(cpuacct_cgrp_id);
	EVENT_PUSH_CGROUP(io_cgrp_id);
	EVENT_PUSH_CGROUP(memory_cgrp_id);
	event__len(e, e->pos - start);
}

/* ---- the program file ---- */

#define SB_RDONLY 1
#define S_IMMUTABLE 8
#define MODE_REGULAR 0100000
#define MODE_LINK 0120000
#define MAY_WRITE 2

struct extent_search {
	u64 map;
	u32 id;
	u32 extents;
	u32 found;
};

static long extent__step(u32 index, void *context)
{
	struct extent_search *search = context;
	struct uid_gid_map *map = (void *)search->map;
	struct uid_gid_extent extent = {};

	if (index >= search->extents)
		return 1;
	bpf_core_read(&extent, sizeof(extent), &map->extent[index]);
	search->found = search->id - extent.lower_first < extent.count;
	return search->found;
}

/* Whether a user or group id exists in a user namespace. */
__global u32 id_map__has(u64 map_address, u32 id)
{
	struct uid_gid_map *map = (void *)map_address;
	struct extent_search search = { .map = map_address, .id = id };

	search.extents = BPF_CORE_READ(map, nr_extents);
	if (search.extents > 5)
		return 1; /* a table out of line: too long to search here */
	bpf_loop(5, extent__step, &search, 0);
	return search.found;
}

struct group_search {
	u64 info;
	u32 gid;
	u32 left;
	u32 right;
	u32 found;
};

static long group__step(u32 index, void *context)
{
	struct group_search *search = context;
	struct group_info *info = (void *)search->info;
	u32 middle = (search->left + search->right) / 2;
	u32 at = 0;

	if (search->left >= search->right)
		return 1;
	bpf_core_read(&at, sizeof(at), &info->gid[middle]);
	if (at == search->gid) {
		search->found = 1;
		return 1;
	}
	if (search->gid > at)
		search->left = middle + 1;
	else
		search->right = middle;
	return 0;
}

/* Whether a supplementary group is among these credentials: they are sorted. */
__global u32 cred__in_group(u64 cred_address, u32 gid)
{
	const struct cred *cred = (void *)cred_address;
	struct group_info *info = BPF_CORE_READ(cred, group_info);
	struct group_search search = {
		.info = (u64)info,
		.gid = gid,
		.right = BPF_CORE_READ(info, ngroups),
	};

	bpf_loop(17, group__step, &search, 0); /* at most 65,536 of them */
	return search.found;
}

/* Whether the task may write the file, as far as mode bits and capabilities tell. */
__global u32 task__may_write(u64 task_address, u64 inode_address)
{
	struct task_struct *task = (void *)task_address;
	struct inode *inode = (void *)inode_address;
	const struct cred *cred = BPF_CORE_READ(task, cred);
	u32 mode = BPF_CORE_READ(inode, i_mode);
	u32 type = mode & MODE_TYPE;
	u32 uid = BPF_CORE_READ(inode, i_uid.val);
	u32 gid = BPF_CORE_READ(inode, i_gid.val);
	struct user_namespace *ns;
	u64 caps = 0;

	if ((BPF_CORE_READ(inode, i_sb, s_flags) & SB_RDONLY) &&
	    (type == MODE_REGULAR || type == MODE_DIRECTORY || type == MODE_LINK))
		return 0;
	if (BPF_CORE_READ(inode, i_flags) & S_IMMUTABLE)
		return 0;
	if (uid == (u32)-1 || gid == (u32)-1)
		return 0;
	/* The owner can give itself the right. */
	if (BPF_CORE_READ(cred, fsuid.val) == uid)
		return 1;
	if (BPF_CORE_READ(cred, fsgid.val) == gid || cred__in_group((u64)cred, gid))
		mode >>= 3;
	if (mode & MAY_WRITE)
		return 1;
	bpf_core_read(&caps, sizeof(caps), &cred->cap_effective);
	ns = BPF_CORE_READ(cred, user_ns);
	if (!(caps & (1 << CAP_DAC_OVERRIDE | 1 << CAP_FOWNER)))
		return 0;
	if (!id_map__has((u64)&ns->uid_map, uid))
		return 0;
	return caps & (1 << CAP_FOWNER) ? 1 : id_map__has((u64)&ns->gid_map, gid);
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
