/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every program shares: configuration, per-CPU state, ring buffers, counters.
 *
 * Structs marked "shared" are read or written by the loader too (crates/probe/src/layout.rs); a
 * test compares both sides by the object's type information.
 */
#pragma once

#include "vmlinux.h"
#include "generated.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define SYSCALLS 512 /* routes per architecture; a power of two above every number in use */
#define SUBCALLS 32  /* calls behind socketcall or ipc; a power of two */
#define EVENTS 512   /* a power of two above every event code */

/* A record may have 64 KiB less one byte: its lengths are 16 bits wide. */
#define RECORD_MAX 0xffff
/* Twice that, so that a masked position plus any one parameter stays inside. */
#define SCRATCH_SIZE (2 * (RECORD_MAX + 1))

#define HEADER_LEN 26
#define PATH_MAX 4096
#define NAME_MAX_LEN 256
#define ARGS_MAX 4096 /* program name and arguments; and the environment */

/* The classes that losses are counted by, in the order of the event crate's LossClass. */
enum loss {
	LOSS_CLONE_FORK,
	LOSS_EXECVE,
	LOSS_CONNECT,
	LOSS_OPEN,
	LOSS_DIR_FILE,
	LOSS_OTHER_INTEREST,
	LOSS_CLOSE,
	LOSS_PROC_EXIT,
	LOSS_IO,
	LOSS_OTHER,
	LOSS_CLASSES,
};

/* What is wanted of a call: bits of `policy`. */
enum {
	SHOW_SUCCESS = 1,
	SHOW_FAILURE = 2,
	TRACK_SUCCESS = 4,
	TRACK_FAILURE = 8,
};

/* Bits of record.flags. */
enum {
	RECORD_STATE_ONLY = 1,
};

/* Helpers whose failures are counted, by errno. */
enum place {
	PLACE_READ_USER,
	PLACE_READ_KERNEL,
	PLACE_OUTPUT,
	PLACE_COUNT,
};
#define ERRNOS 64

/* shared: where a system call of a given number goes. */
struct route {
	u16 event; /* event code, 0: not wanted */
	u16 code;  /* the call's number in the capture format */
	u8 policy;
	u8 open_flags; /* where an opening call has its flags: enum open_flags */
	u8 reserved[2];
};

enum open_flags {
	OPEN_FLAGS_NONE, /* it opens no file */
	OPEN_FLAGS_ARG_1,
	OPEN_FLAGS_ARG_2,
	OPEN_FLAGS_IN_MEMORY, /* openat2: where argument 2 points */
	OPEN_FLAGS_CREAT,
};

/* How a file is opened, as the capture format numbers it: read and write is both. */
enum { OPEN_READ = 1, OPEN_WRITE = 2 };

/* shared: written by the loader at any time. */
struct config {
	u64 boot_epoch_ns; /* what turns time since boot into time since the epoch */
	u32 own_tgid;      /* events of this process are not reported; 0: none is left out */
	u32 snaplen;       /* bytes kept of what is read and written */
	u32 asleep;        /* the reader waits: wake it with the next record */
	u8 opens_shown;    /* rules see opens with one of these modes only */
	u8 opens_tracked;  /* the state needs: 0 every open, 1 those of directories only */
	u8 reserved[2];
	u8 policy[EVENTS]; /* for events that tracepoints report */
	struct route native[SYSCALLS];
	struct route compat[SYSCALLS]; /* for 32-bit programs */
	/* What hides behind one number there, by the call's first argument. */
	struct route socket_calls[SUBCALLS];
	struct route ipc_calls[SUBCALLS];
};

/* shared: only ever counted up, by their own CPU. */
struct counters {
	u64 produced;
	u64 lost_full[LOSS_CLASSES];
	u64 lost_too_large;
	u64 lost_nested;
	u64 lost_dispatch;
	u64 errors[PLACE_COUNT][ERRNOS];
};

/* shared: what a ring buffer holds. The header and parameters in `data` are a .scap record. */
struct record {
	u32 flags;
	u32 reserved;
	u8 data[SCRATCH_SIZE];
};

/* shared (counters only): the state of one CPU. Too large for a per-CPU map's 32 KiB. */
struct cpu {
	struct counters counters;
	u32 busy; /* a program is filling `record` */
	u32 flags; /* of the record that the next program will fill */
	u32 reserved_flags;
	u32 pos;  /* see event__advance */
	u64 address; /* see event__address */
	u64 cgroup;  /* the control group whose path `path` holds, from `cgroup_off` on; or 0 */
	u32 cgroup_off;
	u32 reserved;
	struct record record;
	char name[NAME_MAX_LEN];           /* one component of a path */
	char path[PATH_MAX + NAME_MAX_LEN]; /* a path, put together from its end */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct config);
} config_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* the loader makes it the number of CPUs */
	__type(key, u32);
	__type(value, struct cpu);
} cpus SEC(".maps");

/* Two per CPU: 2 * cpu is the lane of exec, fork and exit, 2 * cpu + 1 that of everything else. */
enum lane { LANE_LIFECYCLE, LANE_OTHER, LANES };

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* the loader makes the real ones */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct ring);
} rings SEC(".maps");

/* By event code; the loader fills in the programs that the selection needs. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, EVENTS);
	__type(key, u32);
	__type(value, u32);
} programs SEC(".maps");

#define barrier() asm volatile("" ::: "memory")
/* Makes the compiler forget what it knows of a value, and so keep the check that the verifier,
 * which does not know it, needs to see. */
#define LAUNDER(value) asm volatile("" : "+r"(value))
/* An entry of a constant table; 0 beyond its end. */
#define TABLE_AT(table, index)                                         \
	({                                                             \
		u64 at_ = (index);                                     \
		LAUNDER(at_);                                          \
		at_ < sizeof(table) / sizeof(*(table)) ? (table)[at_] : 0; \
	})
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/*
 * A function that is not inlined and has global linkage is verified once, whatever its callers
 * know of its arguments; that is what makes large programs load fast. Its arguments are plain
 * numbers (pointers as u64), so it reads kernel objects by BPF_CORE_READ only.
 */
#define __global __attribute__((noinline))

#define PF_EXITING 0x4
#define PF_KTHREAD 0x200000
#define TS_COMPAT 2

static __always_inline struct config *config__get(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&config_map, &zero);
}

static __always_inline struct cpu *cpu__get(void)
{
	u32 id = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &id);
}

static __always_inline void cpu__count_error(struct cpu *cpu, enum place place, long error)
{
	u64 number = -error;

	cpu->counters.errors[place][number < ERRNOS ? number : 0]++;
}

static __always_inline bool task__is_own(const struct config *config, const struct task_struct *task)
{
	return task->tgid == config->own_tgid;
}

/* True if a call with this result is wanted at all. */
static __always_inline bool policy__wants(u8 policy, s64 result)
{
	return policy & (result < 0 ? SHOW_FAILURE | TRACK_FAILURE : SHOW_SUCCESS | TRACK_SUCCESS);
}

static __always_inline u32 policy__record_flags(u8 policy, s64 result)
{
	return policy & (result < 0 ? SHOW_FAILURE : SHOW_SUCCESS) ? 0 : RECORD_STATE_ONLY;
}
