/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory: mapping, protecting, locking, and that of other processes. */
#pragma once

#include "../iovec.h"
#include "../syscall.h"
#include "../task.h"

#define FLAG(linux_bits, bit)     \
	if (flags & (linux_bits)) \
		out |= (bit)

/* Size, resident and swapped memory of the calling process. */
static __always_inline void event__memory(struct event *e, const struct call *call)
{
	struct mm_struct *mm = call->task->mm;

	event__u32(e, mm ? mm__size(mm) : 0);
	event__u32(e, mm ? mm__rss(mm) : 0);
	event__u32(e, mm ? mm__swap(mm) : 0);
}

static __always_inline u32 prot__encode(u32 flags)
{
	u32 out = 0;

	FLAG(0x1, PROT_FLAGS__PROT_READ);
	FLAG(0x2, PROT_FLAGS__PROT_WRITE);
	FLAG(0x4, PROT_FLAGS__PROT_EXEC);
	FLAG(0x8, PROT_FLAGS__PROT_SEM);
	FLAG(0x01000000, PROT_FLAGS__PROT_GROWSDOWN);
	FLAG(0x02000000, PROT_FLAGS__PROT_GROWSUP);
	return out;
}

/* MAP_FILE is 0, MAP_RENAME and MAP_INHERIT are not Linux's. */
static __always_inline u32 mmap_flags__encode(u32 flags)
{
	u32 out = 0;

	FLAG(0x1, MMAP_FLAGS__MAP_SHARED);
	FLAG(0x2, MMAP_FLAGS__MAP_PRIVATE);
	FLAG(0x10, MMAP_FLAGS__MAP_FIXED);
	FLAG(0x20, MMAP_FLAGS__MAP_ANONYMOUS);
	FLAG(0x40, MMAP_FLAGS__MAP_32BIT);
	FLAG(0x4000, MMAP_FLAGS__MAP_NORESERVE);
	FLAG(0x8000, MMAP_FLAGS__MAP_POPULATE);
	FLAG(0x10000, MMAP_FLAGS__MAP_NONBLOCK);
	FLAG(0x100, MMAP_FLAGS__MAP_GROWSDOWN);
	FLAG(0x800, MMAP_FLAGS__MAP_DENYWRITE);
	FLAG(0x1000, MMAP_FLAGS__MAP_EXECUTABLE);
	FLAG(0x2000, MMAP_FLAGS__MAP_LOCKED);
	return out;
}

static __always_inline void event__mapping(struct event *e, const struct call *call)
{
	event__s64(e, call->ret);
	event__memory(e, call);
	event__u64(e, call__arg(call, 0));
	event__u64(e, call__arg(call, 1));
	event__u32(e, prot__encode(call__arg(call, 2)));
	event__u32(e, mmap_flags__encode(call__arg(call, 3)));
	event__s64(e, call__int(call, 4));
	event__u64(e, call__arg(call, 5));
}

EXIT(SYSCALL_MMAP_X, LOSS_OTHER)
{
	event__mapping(e, call);
}

/* The same with an offset in pages. */
EXIT(SYSCALL_MMAP2_X, LOSS_OTHER)
{
	event__mapping(e, call);
}

EXIT(SYSCALL_MUNMAP_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__memory(e, call);
	event__u64(e, call__arg(call, 0));
	event__u64(e, call__arg(call, 1));
}

EXIT(SYSCALL_MPROTECT_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__u64(e, call__arg(call, 0));
	event__u64(e, call__arg(call, 1));
	event__u32(e, prot__encode(call__arg(call, 2)));
}

EXIT(SYSCALL_BRK_4_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__memory(e, call);
	event__u64(e, call__arg(call, 0));
}

EXIT(SYSCALL_MLOCK_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__u64(e, call__arg(call, 0));
	event__u64(e, call__arg(call, 1));
}

EXIT(SYSCALL_MLOCK2_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__u64(e, call__arg(call, 0));
	event__u64(e, call__arg(call, 1));
	event__u32(e, call__arg(call, 2) & MLOCK2_FLAGS__MLOCK_ONFAULT); /* the same bit */
}

EXIT(SYSCALL_MUNLOCK_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__u64(e, call__arg(call, 0));
	event__u64(e, call__arg(call, 1));
}

/* The three bits are the same in the capture format. */
EXIT(SYSCALL_MLOCKALL_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__u32(e, call__arg(call, 0) & 7);
}

EXIT(SYSCALL_MUNLOCKALL_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
}

/* What was read is in the buffers of the caller, what was written came from them. */
static __always_inline void event__process_vm(struct event *e, const struct call *call,
					      const struct config *config)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__data_iovec(e, config, call__arg(call, 1), call__arg(call, 2), call->ret,
			  call->compat);
}

EXIT(SYSCALL_PROCESS_VM_READV_X, LOSS_OTHER)
{
	event__process_vm(e, call, config);
}

EXIT(SYSCALL_PROCESS_VM_WRITEV_X, LOSS_OTHER)
{
	event__process_vm(e, call, config);
}
