/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * System calls at their exit: the call and its arguments, and the frame of a program for one
 * event type.
 */
#pragma once

#include "event.h"

struct call {
	struct pt_regs *regs;
	struct task_struct *task;
	s64 ret;
	u32 number; /* on its own architecture */
	bool compat; /* made by a 32-bit program, or through the 32-bit gate */
};

static __always_inline void call__read(struct call *call, u64 *ctx)
{
	call->regs = (struct pt_regs *)ctx[0];
	call->ret = ctx[1];
	call->task = bpf_get_current_task_btf();
	call->compat = call->task->thread_info.status & TS_COMPAT;
	call->number = call->regs->orig_ax;
}

/* Argument 0 to 5; `index` must be a constant. 32-bit programs have theirs elsewhere. */
static __always_inline u64 call__arg(const struct call *call, int index)
{
	struct pt_regs *regs = call->regs;

	if (unlikely(call->compat)) {
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

/* An argument that is an `int` in the kernel: descriptors and the like. */
static __always_inline s64 call__int(const struct call *call, int index)
{
	return (s32)call__arg(call, index);
}

/* A struct timespec of the calling program, in nanoseconds; 0 if there is none. */
static __always_inline u64 timespec__read(u64 from, bool compat)
{
	s64 time[2] = {};
	s32 short_time[2] = {};

	if (compat) {
		bpf_probe_read_user(short_time, sizeof(short_time), (void *)from);
		time[0] = short_time[0];
		time[1] = short_time[1];
	} else {
		bpf_probe_read_user(time, sizeof(time), (void *)from);
	}
	return time[0] * 1000000000ULL + time[1];
}

/* A directory descriptor: the capture format and Linux agree on AT_FDCWD. */
#define AT_FDCWD (-100)

static __always_inline const struct route *call__route(const struct config *config,
						       const struct call *call)
{
	u32 number = call->number & (SYSCALLS - 1);

	return call->compat ? &config->compat[number] : &config->native[number];
}

/*
 * The program for one event type that a system call causes, tail-called by syscall__exit:
 *
 *	EXIT(SYSCALL_CLOSE_X, LOSS_CLOSE)
 *	{
 *		event__s64(e, call->ret);
 *		event__s64(e, call__int(call, 0));
 *	}
 *
 * The body writes all parameters of the type, in order. The loader may let one program serve
 * several types that have the same parameters, so the type is that of the call's route.
 */
#define EXIT(EVENT, CLASS) EXIT_ON_LANE(EVENT, CLASS, LANE_OTHER)

#define EXIT_ON_LANE(EVENT, CLASS, LANE)                                                           \
	static __always_inline void fill__##EVENT(struct event *e, const struct call *call,        \
						  const struct config *config);                    \
	SEC("tp_btf/sys_exit")                                                                     \
	int exit__##EVENT(u64 *ctx)                                                                \
	{                                                                                          \
		struct config *config = config__get();                                             \
		struct cpu *cpu = cpu__get();                                                      \
		struct event event;                                                                \
		struct call call;                                                                  \
		const struct route *route;                                                         \
                                                                                                   \
		if (!config || !cpu)                                                               \
			return 0;                                                                  \
		call__read(&call, ctx);                                                            \
		route = call__route(config, &call);                                                \
		if (!event__begin_as(&event, config, cpu,                                          \
				     policy__record_flags(route->policy, call.ret), route->event,  \
				     EVENT_##EVENT##_PARAMS, call.task->pid))                      \
			return 0;                                                                  \
		fill__##EVENT(&event, &call, config);                                              \
		event__submit(&event, CLASS, LANE);                                                \
		return 0;                                                                          \
	}                                                                                          \
	static __always_inline void fill__##EVENT(struct event *e, const struct call *call,        \
						  const struct config *config)
