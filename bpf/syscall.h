/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * System calls at their exit: the call and its arguments, and the frame of a program for one
 * event type.
 */
#pragma once

#include "file.h"

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

#define NR_COMPAT_MMAP 90        /* its arguments lie in memory */
#define NR_COMPAT_SOCKETCALL 102 /* many calls behind one number, arguments in memory */
#define NR_COMPAT_IPC 117        /* many calls behind one number, arguments shuffled */

enum ipc_call { IPC_SEMOP = 1, IPC_SEMCTL = 3, IPC_SEMTIMEDOP = 4 };

static __always_inline u64 compat__word(u64 array, u32 index)
{
	u32 word = 0;

	bpf_probe_read_user(&word, sizeof(word), (void *)(array + sizeof(word) * index));
	return word;
}

/* An argument of a 32-bit call: other registers, and three calls that do as they please. */
__global u64 compat__arg(u32 index)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	u32 number = regs->orig_ax;

	if (number == NR_COMPAT_MMAP)
		return compat__word((u32)regs->bx, index);
	if (number == NR_COMPAT_SOCKETCALL)
		return compat__word((u32)regs->cx, index);
	if (number == NR_COMPAT_IPC) {
		/* ipc(call, first, second, third, pointer, fifth) */
		u32 call = regs->bx & 0xffff;

		if (call == IPC_SEMOP || call == IPC_SEMTIMEDOP)
			index = index == 1 ? 4 : index == 2 ? 2 : index == 3 ? 5 : 1;
		else if (call == IPC_SEMCTL && index == 3)
			return compat__word((u32)regs->di, 0);
		else
			index++;
	}
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

/* Argument 0 to 5; `index` must be a constant. */
static __always_inline u64 call__arg(const struct call *call, int index)
{
	struct pt_regs *regs = call->regs;

	if (unlikely(call->compat))
		return compat__arg(index);
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

/* Where a 32-bit call goes. */
static __always_inline const struct route *compat__route(const struct config *config,
							 const struct pt_regs *regs)
{
	u32 number = regs->orig_ax & (SYSCALLS - 1);
	const struct route *route = &config->compat[number];
	u32 sub = regs->bx & 0xffff;

	if (number == NR_COMPAT_SOCKETCALL && sub < SUBCALLS && config->socket_calls[sub].code)
		return &config->socket_calls[sub];
	if (number == NR_COMPAT_IPC && sub < SUBCALLS && config->ipc_calls[sub].code)
		return &config->ipc_calls[sub];
	return route;
}

static __always_inline const struct route *call__route(const struct config *config,
						       const struct call *call)
{
	if (unlikely(call->compat))
		return compat__route(config, call->regs);
	return &config->native[call->number & (SYSCALLS - 1)];
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
		if (!event__begin_as(&event, config, cpu, cpu->flags, route->event,                \
				     EVENT_##EVENT##_PARAMS, call.task->pid))                      \
			return 0;                                                                  \
		fill__##EVENT(&event, &call, config);                                              \
		event__submit(&event, CLASS, LANE);                                                \
		return 0;                                                                          \
	}                                                                                          \
	static __always_inline void fill__##EVENT(struct event *e, const struct call *call,        \
						  const struct config *config)
