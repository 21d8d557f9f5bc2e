/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The probe: one object, made of one header per family of events.
 *
 * System calls are taken at their exit only. syscall__exit looks up where the call goes, and
 * jumps there; calls that nobody wants leave after three loads.
 */
#include "syscall.h"
#include "family/descriptor.h"
#include "family/generic.h"
#include "family/identity.h"
#include "family/io.h"
#include "family/kernel.h"
#include "family/lifecycle.h"
#include "family/memory.h"
#include "family/path.h"
#include "family/scheduler.h"
#include "family/socket.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* OPEN_READ and OPEN_WRITE of an opening call. */
static __always_inline u8 open__modes(const struct call *call, u8 where)
{
	u64 flags = 0;

	switch (where) {
	case OPEN_FLAGS_ARG_1:
		flags = call__arg(call, 1);
		break;
	case OPEN_FLAGS_ARG_2:
		flags = call__arg(call, 2);
		break;
	case OPEN_FLAGS_IN_MEMORY:
		bpf_probe_read_user(&flags, sizeof(flags), (void *)call__arg(call, 2));
		break;
	default:
		return OPEN_WRITE;
	}
	switch (flags & 3) {
	case 1:
		return OPEN_WRITE;
	case 2:
		return OPEN_READ | OPEN_WRITE;
	}
	return OPEN_READ;
}

/*
 * What is left of the policy of an opening call: rules that match writes only need not see reads,
 * and a state that follows directories only (for paths relative to them) no other files.
 */
static __always_inline u8 open__policy(const struct config *config, const struct call *call,
				       const struct route *route)
{
	u8 policy = route->policy;

	if (!(open__modes(call, route->open_flags) & config->opens_shown))
		policy &= ~(SHOW_SUCCESS | SHOW_FAILURE);
	if (config->opens_tracked && policy == (policy & (TRACK_SUCCESS | TRACK_FAILURE))) {
		struct file *file = fd__file(call->task, call->ret);

		if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) != MODE_DIRECTORY)
			policy = 0;
	}
	return policy;
}

SEC("tp_btf/sys_exit")
int syscall__exit(u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	s64 ret = ctx[1];
	u64 number = regs->orig_ax;
	struct config *config = config__get();
	const struct route *route;
	struct task_struct *task;
	struct cpu *cpu;
	u8 policy;

	/* Above: no call at all (-1), or not one of this kernel. */
	if (number >= SYSCALLS || !config)
		return 0;
	/* Most calls are wanted on neither architecture. */
	if (!(config->native[number].policy | config->compat[number].policy))
		return 0;
	task = bpf_get_current_task_btf();
	route = unlikely(task->thread_info.status & TS_COMPAT) ? compat__route(config, regs) :
								 &config->native[number];
	policy = route->policy;
	if (!policy__wants(policy, ret) || !route->event || task__is_own(config, task))
		return 0;
	if (route->open_flags) {
		struct call call;

		call__read(&call, ctx);
		policy = open__policy(config, &call, route);
		if (!policy__wants(policy, ret))
			return 0;
	}
	cpu = cpu__get();
	if (!cpu)
		return 0;
	cpu->flags = policy__record_flags(policy, ret);
	bpf_tail_call(ctx, &programs, route->event);
	/* There is no program for it. */
	cpu->counters.produced++;
	cpu->counters.lost_dispatch++;
	return 0;
}

/* Run once by the loader: which process it is in the initial pid namespace. */
SEC("syscall")
int self__identify(void *ctx)
{
	struct config *config = config__get();

	if (config)
		config->own_tgid = bpf_get_current_pid_tgid() >> 32;
	return 0;
}
