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

	/* Above: no call at all (-1), or not one of this kernel. */
	if (number >= SYSCALLS || !config)
		return 0;
	/* Most calls are wanted on neither architecture. */
	if (!(config->native[number].policy | config->compat[number].policy))
		return 0;
	task = bpf_get_current_task_btf();
	route = unlikely(task->thread_info.status & TS_COMPAT) ? compat__route(config, regs) :
								 &config->native[number];
	if (!policy__wants(route->policy, ret) || !route->event || task__is_own(config, task))
		return 0;
	bpf_tail_call(ctx, &programs, route->event);
	/* There is no program for it. */
	cpu = cpu__get();
	if (cpu) {
		cpu->counters.produced++;
		cpu->counters.lost_dispatch++;
	}
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
