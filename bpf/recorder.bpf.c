/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The recorder: counts which system calls some processes make, and with which values of the
 * arguments that are chosen. An object of its own beside the probe: it writes no events, so nothing
 * is lost however busy the processes are, and its maps say what did not fit.
 *
 * Calls that are made are taken where they enter, after seccomp. What a filter refuses does not
 * enter, but it leaves: a call that leaves without having entered was refused.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_TASK_STORAGE 29
#define BPF_NOEXIST 1
#define BPF_F_NO_PREALLOC 1
#define BPF_LOCAL_STORAGE_GET_F_CREATE 1

#define NUMBERS 512 /* a power of two above every call's number */
#define EXE_LEN 32
#define X32_BIT 0x40000000
#define TS_COMPAT 2

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct mnt_namespace {
	struct ns_common ns;
};

struct nsproxy___mnt {
	struct mnt_namespace *mnt_ns;
};

struct signal_struct___live {
	atomic_t live;
};

struct seccomp {
	int mode;
};

struct task_struct___filtered {
	struct seccomp seccomp;
};

#pragma clang attribute pop

/* shared: a call, and the values of its chosen arguments; those of others are 0. */
struct call {
	u32 number; /* as the program gave it */
	u32 compat; /* by the 32-bit entry */
	u64 args[6];
	u32 label;  /* whose it is, as user space said */
	s32 result; /* what a refused call returned; 0 for one that was made */
	u32 refused;
	u32 padding;
	char exe[EXE_LEN]; /* the name of the program's file, or of the thread */
};

/* shared: which arguments of a call are told apart, and which of these are 32 bits wide. */
struct choice {
	u8 args;
	u8 narrow;
};

/* shared */
struct counters {
	u64 values_full; /* values that did not fit: the call is counted without them */
	u64 calls_full;  /* calls that did not fit: they are lost */
	u64 tasks_full;  /* processes that did not fit: they are not seen */
};

/* Set before the object is loaded. */
const volatile u8 by_thread = 0; /* names of threads, not of files */
const volatile u8 filtered = 0;	 /* only calls that a seccomp filter decides on, refused ones too */

/* Native numbers, then those of 32-bit programs. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * NUMBERS);
	__type(key, u32);
	__type(value, struct choice);
} choices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, struct call);
	__type(value, u64);
} values SEC(".maps");

/* Calls without a chosen argument, and with values that did not fit. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct call);
	__type(value, u64);
} calls SEC(".maps");

/* Processes, as the initial pid namespace numbers them, and their labels. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, u32);
	__type(value, u32);
} tasks SEC(".maps");

/* Mount namespaces, by their inodes, and their labels. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u32);
} namespaces SEC(".maps");

/* Where a thread is: in a call that it has entered, or between calls. */
enum place { PLACE_UNKNOWN, PLACE_BETWEEN, PLACE_INSIDE };

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u32);
} places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct counters);
} counters SEC(".maps");

static __always_inline struct counters *counters__get(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

/* The label of a thread whose calls are to be counted; NULL for others. */
static __always_inline u32 *task__label(struct task_struct *task)
{
	struct task_struct___filtered *of_filter = (void *)task;
	struct nsproxy___mnt *proxy;
	u32 tgid = task->tgid, inode;
	u32 *label;

	if (filtered && !of_filter->seccomp.mode)
		return NULL;
	label = bpf_map_lookup_elem(&tasks, &tgid);
	if (label)
		return label;
	proxy = (void *)task->nsproxy;
	inode = BPF_CORE_READ(proxy, mnt_ns, ns.inum);
	return inode ? bpf_map_lookup_elem(&namespaces, &inode) : NULL;
}

/* Counts one more of `call`; false if it does not fit. */
static __always_inline bool count(void *map, const struct call *call)
{
	u64 one = 1, *seen = bpf_map_lookup_elem(map, call);
	long error;

	if (!seen) {
		error = bpf_map_update_elem(map, call, &one, BPF_NOEXIST);
		if (!error)
			return true;
		/* Another CPU may have been first. */
		seen = bpf_map_lookup_elem(map, call);
		if (!seen)
			return false;
	}
	__sync_fetch_and_add(seen, 1);
	return true;
}

static __always_inline u64 regs__arg(const struct pt_regs *regs, bool compat, int index)
{
	if (compat) {
		switch (index) {
		case 0:
			return (u32)regs->bx;
		case 1:
			return (u32)regs->cx;
		case 2:
			return (u32)regs->dx;
		case 3:
			return (u32)regs->si;
		case 4:
			return (u32)regs->di;
		default:
			return (u32)regs->bp;
		}
	}
	switch (index) {
	case 0:
		return regs->di;
	case 1:
		return regs->si;
	case 2:
		return regs->dx;
	case 3:
		return regs->r10;
	case 4:
		return regs->r8;
	default:
		return regs->r9;
	}
}

/* Counts a call of a thread with this label. `result` is NULL for one that is made. */
static __always_inline void call__take(u32 number, const struct pt_regs *regs,
				       struct task_struct *task, u32 label, const s64 *result)
{
	struct counters *counters = counters__get();
	struct call call = {};
	struct choice *choice;
	const unsigned char *name;
	struct mm_struct *mm;
	u32 slot;

	call.number = number;
	call.label = label;
	call.compat = !!(task->thread_info.status & TS_COMPAT);
	if (result) {
		call.result = *result;
		call.refused = 1;
	}
	if (by_thread) {
		bpf_get_current_comm(call.exe, sizeof(task->comm));
	} else {
		mm = task->mm;
		name = BPF_CORE_READ(mm, exe_file, f_path.dentry, d_name.name);
		bpf_probe_read_kernel_str(call.exe, sizeof(call.exe), name);
	}
	slot = (call.number & (NUMBERS - 1)) + (call.compat ? NUMBERS : 0);
	choice = bpf_map_lookup_elem(&choices, &slot);
	if (!counters)
		return;
	if (choice && choice->args && (call.number & ~X32_BIT) < NUMBERS) {
#pragma unroll
		for (int i = 0; i < 6; i++) {
			u64 value;

			if (!(choice->args & 1 << i))
				continue;
			value = regs__arg(regs, call.compat, i);
			call.args[i] = choice->narrow & 1 << i ? (u32)value : value;
		}
		if (count(&values, &call))
			return;
		__sync_fetch_and_add(&counters->values_full, 1);
		__builtin_memset(call.args, 0, sizeof(call.args));
	}
	if (!count(&calls, &call))
		__sync_fetch_and_add(&counters->calls_full, 1);
}

SEC("tp_btf/sys_enter")
int call__enter(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 *label = task__label(task), *place;

	if (!label)
		return 0;
	if (filtered) {
		place = bpf_task_storage_get(&places, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (place)
			*place = PLACE_INSIDE;
	}
	call__take(ctx[1], (void *)ctx[0], task, *label, NULL);
	return 0;
}

/*
 * A call that leaves. One that was refused has not entered, and returns an error; 0 if the profile
 * wants that; or what it got, which is its number, where its thread gets a signal. What else leaves
 * without having entered: the first return of a child, which is 0 and the thread's first; and a
 * call that was under way when its thread became one of ours.
 */
SEC("tp_btf/sys_exit")
int call__exit(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 *label = task__label(task), *place, before, number;
	struct pt_regs *regs = (void *)ctx[0];
	s64 result = ctx[1];

	if (!label)
		return 0;
	place = bpf_task_storage_get(&places, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!place)
		return 0;
	before = *place;
	*place = PLACE_BETWEEN;
	number = regs->orig_ax;
	if (before == PLACE_INSIDE || (result > 0 && result != number))
		return 0;
	if (!result && before == PLACE_UNKNOWN)
		return 0;
	call__take(number, regs, task, *label, &result);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int task__fork(u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];
	u32 tgid = parent->tgid, label, *inherited;

	if (child->tgid == tgid)
		return 0;
	inherited = bpf_map_lookup_elem(&tasks, &tgid);
	if (!inherited)
		return 0;
	label = *inherited;
	tgid = child->tgid;
	if (bpf_map_update_elem(&tasks, &tgid, &label, 0)) {
		struct counters *counters = counters__get();

		if (counters)
			__sync_fetch_and_add(&counters->tasks_full, 1);
	}
	return 0;
}

SEC("tp_btf/sched_process_exit")
int task__exit(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	struct signal_struct___live *signal = (void *)task->signal;
	u32 tgid = task->tgid;

	/* The last thread of the process: its number may be another's soon. */
	if (BPF_CORE_READ(signal, live.counter) == 0)
		bpf_map_delete_elem(&tasks, &tgid);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
