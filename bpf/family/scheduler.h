/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Context switches and page faults: never needed by the state, and many; only when asked for. */
#pragma once

#include "lifecycle.h"

SEC("tp_btf/sched_switch")
int task__switch(u64 *ctx)
{
	struct task_struct *previous = (void *)ctx[1];
	struct task_struct *next = (void *)ctx[2];
	struct mm_struct *mm = BPF_CORE_READ(previous, mm);
	struct event event, *e = &event;

	if (!lifecycle__begin(e, EVENT_SCHEDSWITCH_6_E, EVENT_SCHEDSWITCH_6_E_PARAMS, previous,
			      previous->pid))
		return 0;
	event__s64(e, next->pid);
	event__u64(e, previous->maj_flt);
	event__u64(e, previous->min_flt);
	event__u32(e, mm__size(mm));
	event__u32(e, mm__rss(mm));
	event__u32(e, mm__swap(mm));
	event__submit(e, LOSS_OTHER, LANE_OTHER);
	return 0;
}

/* The bits of the processor's error code come in pairs of names: the bit set, and not set. */
static __always_inline u32 fault_error__encode(u64 error)
{
	u32 out = 0;

	out |= error & 1 ? PF_FLAGS__PROTECTION_VIOLATION : PF_FLAGS__PAGE_NOT_PRESENT;
	out |= error & 2 ? PF_FLAGS__WRITE_ACCESS : PF_FLAGS__READ_ACCESS;
	out |= error & 4 ? PF_FLAGS__USER_FAULT : PF_FLAGS__SUPERVISOR_FAULT;
	if (error & 8)
		out |= PF_FLAGS__RESERVED_PAGE;
	if (error & 16)
		out |= PF_FLAGS__INSTRUCTION_FETCH;
	return out;
}

static __always_inline void fault__report(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)ctx[1];
	struct event event, *e = &event;

	if (!lifecycle__begin(e, EVENT_PAGE_FAULT_E, EVENT_PAGE_FAULT_E_PARAMS, task, task->pid))
		return;
	event__u64(e, ctx[0]);
	event__u64(e, regs->ip);
	event__u32(e, fault_error__encode(ctx[2]));
	event__submit(e, LOSS_OTHER, LANE_OTHER);
}

SEC("tp_btf/page_fault_user")
int fault__user(u64 *ctx)
{
	fault__report(ctx);
	return 0;
}

SEC("tp_btf/page_fault_kernel")
int fault__kernel(u64 *ctx)
{
	fault__report(ctx);
	return 0;
}
