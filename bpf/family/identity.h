/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who a process is and what it may: users, groups, sessions, capabilities, limits, namespaces. */
#pragma once

#include "../syscall.h"
#include "../task.h"
#include "lifecycle.h"

/* ---- users and groups ---- */

EXIT(SYSCALL_SETUID_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__u32(e, call__arg(call, 0));
}

EXIT(SYSCALL_SETGID_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__u32(e, call__arg(call, 0));
}

static __always_inline void event__two_ids(struct event *e, const struct call *call)
{
	event__s64(e, call->ret);
	event__u32(e, call__arg(call, 0));
	event__u32(e, call__arg(call, 1));
}

EXIT(SYSCALL_SETREUID_X, LOSS_OTHER_INTEREST)
{
	event__two_ids(e, call);
}

EXIT(SYSCALL_SETREGID_X, LOSS_OTHER_INTEREST)
{
	event__two_ids(e, call);
}

EXIT(SYSCALL_SETRESUID_X, LOSS_OTHER_INTEREST)
{
	event__two_ids(e, call);
	event__u32(e, call__arg(call, 2));
}

EXIT(SYSCALL_SETRESGID_X, LOSS_OTHER_INTEREST)
{
	event__two_ids(e, call);
	event__u32(e, call__arg(call, 2));
}

/* These return the id itself. */
EXIT(SYSCALL_GETUID_X, LOSS_OTHER)
{
	event__u32(e, call->ret);
}

EXIT(SYSCALL_GETEUID_X, LOSS_OTHER)
{
	event__u32(e, call->ret);
}

EXIT(SYSCALL_GETGID_X, LOSS_OTHER)
{
	event__u32(e, call->ret);
}

EXIT(SYSCALL_GETEGID_X, LOSS_OTHER)
{
	event__u32(e, call->ret);
}

/* An id that the kernel wrote to memory; 0 if it did not. */
static __always_inline void event__id_at(struct event *e, u64 from)
{
	u32 id = 0;

	bpf_probe_read_user(&id, sizeof(id), (void *)from);
	event__u32(e, id);
}

static __always_inline void event__three_ids_at(struct event *e, const struct call *call)
{
	event__s64(e, call->ret);
	event__id_at(e, call__arg(call, 0));
	event__id_at(e, call__arg(call, 1));
	event__id_at(e, call__arg(call, 2));
}

EXIT(SYSCALL_GETRESUID_X, LOSS_OTHER)
{
	event__three_ids_at(e, call);
}

EXIT(SYSCALL_GETRESGID_X, LOSS_OTHER)
{
	event__three_ids_at(e, call);
}

/* ---- sessions and groups of processes ---- */

EXIT(SYSCALL_SETSID_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
}

EXIT(SYSCALL_SETPGID_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__s64(e, call__int(call, 1));
}

/* ---- what it may ---- */

/* The sets as they are after the call. */
EXIT(SYSCALL_CAPSET_X, LOSS_OTHER_INTEREST)
{
	struct task_struct *task = call->task;

	event__s64(e, call->ret);
	event__u64(e, TASK_CAPABILITIES(task, cap_inheritable));
	event__u64(e, TASK_CAPABILITIES(task, cap_permitted));
	event__u64(e, TASK_CAPABILITIES(task, cap_effective));
}

EXIT(SYSCALL_SECCOMP_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__u64(e, call__arg(call, 0));
	event__u64(e, (u32)call__arg(call, 1));
}

#define PR_SET_NAME 15
#define PR_GET_NAME 16
#define PR_GET_CHILD_SUBREAPER 37

/* The second argument as text or as a number; options have Linux's numbers. */
EXIT(SYSCALL_PRCTL_X, LOSS_OTHER_INTEREST)
{
	u32 option = call__arg(call, 0);
	u64 argument = call__arg(call, 1);
	s32 reaper = 0;

	event__s64(e, call->ret);
	event__u32(e, option);
	if (option == PR_SET_NAME || option == PR_GET_NAME) {
		event__path_user(e, argument);
		event__s64(e, 0);
		return;
	}
	event__empty(e);
	if (option == PR_GET_CHILD_SUBREAPER) {
		bpf_probe_read_user(&reaper, sizeof(reaper), (void *)argument);
		event__s64(e, reaper);
	} else {
		event__s64(e, argument);
	}
}

/* ---- limits ---- */

struct limits {
	s64 current, maximum; /* -1 is none */
};

static __always_inline struct limits limits__read(u64 from, bool wide)
{
	struct limits limits = {};
	u32 narrow[2] = {};

	if (wide) {
		bpf_probe_read_user(&limits, sizeof(limits), (void *)from);
	} else {
		bpf_probe_read_user(narrow, sizeof(narrow), (void *)from);
		limits.current = narrow[0] == ~0U ? -1 : narrow[0];
		limits.maximum = narrow[1] == ~0U ? -1 : narrow[1];
	}
	return limits;
}

static __always_inline void event__limits(struct event *e, struct limits limits)
{
	event__s64(e, limits.current);
	event__s64(e, limits.maximum);
}

/* Resources have Linux's numbers. */
static __always_inline u8 resource__encode(u32 resource)
{
	return resource <= RLIMIT_RESOURCES__RLIMIT_RTTIME ? resource :
							     RLIMIT_RESOURCES__RLIMIT_UNKNOWN;
}

static const struct limits limits_unknown = { -1, -1 };

EXIT(SYSCALL_GETRLIMIT_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__limits(e, call->ret == 0 ? limits__read(call__arg(call, 1), !call->compat) :
					  limits_unknown);
	event__u8(e, resource__encode(call__arg(call, 0)));
}

EXIT(SYSCALL_SETRLIMIT_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__limits(e, limits__read(call__arg(call, 1), !call->compat));
	event__u8(e, resource__encode(call__arg(call, 0)));
}

/* prlimit64 has wide limits for 32-bit programs too. */
EXIT(SYSCALL_PRLIMIT_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__limits(e, limits__read(call__arg(call, 2), true));
	event__limits(e, call->ret == 0 ? limits__read(call__arg(call, 3), true) : limits_unknown);
	event__s64(e, call__int(call, 0));
	event__u8(e, resource__encode(call__arg(call, 1)));
}

/* ---- namespaces ---- */

EXIT(SYSCALL_UNSHARE_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__u32(e, clone_flags__encode((u32)call__arg(call, 0)));
}

EXIT(SYSCALL_SETNS_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u32(e, clone_flags__encode((u32)call__arg(call, 1)));
}
