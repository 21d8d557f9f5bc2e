/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Threads and processes: fork, exec, exit, signals. Successes are taken from the scheduler's own
 * tracepoints, so that no system call of the machine need be slowed down for them; only failed
 * attempts come through the exit of their system calls.
 */
#pragma once

#include "../syscall.h"
#include "../task.h"

/* For programs that attach to a tracepoint of their own; false if the event is not wanted. */
static __always_inline bool lifecycle__begin(struct event *e, u16 type, u32 params,
					     struct task_struct *task, u32 tid)
{
	struct config *config = config__get();
	struct cpu *cpu = cpu__get();
	u8 policy;

	if (!config || !cpu)
		return false;
	policy = config->policy[type & (EVENTS - 1)];
	if (!policy__wants(policy, 0) || task__is_own(config, task))
		return false;
	return event__begin_as(e, config, cpu, policy__record_flags(policy, 0), type, params, tid);
}

/* exe, args: the image's own copy in memory, which only the program itself can have changed. */
static __always_inline void event__image_args(struct event *e, struct task_struct *task)
{
	u64 start = BPF_CORE_READ(task, mm, arg_start);
	u64 end = BPF_CORE_READ(task, mm, arg_end);
	u32 exe = 0;

	if (start)
		exe = event__push_str_user(e, start, ARGS_MAX);
	event__len(e, exe);
	event__strings_user(e, start + exe, end - start - exe, ARGS_MAX - exe);
}

#define POINTED_MAX 256 /* arguments, or variables, looked at */

struct pointed {
	u64 array;
	u32 width;
	u32 pos;
	u32 end;
};

static long pointed__step(u32 index, void *context)
{
	struct pointed *pointed = context;
	struct event event, *e = &event;
	u64 pointer = 0;

	if (pointed->width == 4)
		bpf_probe_read_user(&pointer, 4, (void *)pointed->array);
	else
		bpf_probe_read_user(&pointer, 8, (void *)pointed->array);
	pointed->array += pointed->width;
	if (!pointer || !event__resume(e, pointed->pos))
		return 1;
	if (!event__push_str_user(e, pointer, ARGS_MAX))
		return 1;
	pointed->pos = e->pos;
	return e->pos >= pointed->end;
}

/*
 * Writes the strings that an array of pointers names, at most `budget` bytes; the bytes written.
 * (For failed execs: they left the caller's memory as it was.)
 */
__global u32 pointed__write(u64 array, u32 pos, u32 budget, u32 width)
{
	struct pointed pointed = {
		.array = array,
		.width = width,
		.pos = pos,
		.end = pos + budget,
	};
	struct event event, *e = &event;

	if (!array || !budget)
		return 0;
	bpf_loop(POINTED_MAX, pointed__step, &pointed, 0);
	if (pointed.pos > pointed.end)
		pointed.pos = pointed.end;
	if (pointed.pos > pos && event__resume(e, pos))
		*(u8 *)event__at(e, pointed.pos - 1) = 0;
	return pointed.pos - pos;
}

/* tid to comm: the same in exec and fork events. */
static __always_inline void event__task(struct event *e, struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);

	event__s64(e, BPF_CORE_READ(task, pid));
	event__s64(e, BPF_CORE_READ(task, tgid));
	event__s64(e, BPF_CORE_READ(task, real_parent, pid));
	event__empty(e); /* cwd: user space keeps track of it */
	event__u64(e, task__fdlimit(task));
	event__u64(e, BPF_CORE_READ(task, maj_flt));
	event__u64(e, BPF_CORE_READ(task, min_flt));
	event__u32(e, mm__size(mm));
	event__u32(e, mm__rss(mm));
	event__u32(e, mm__swap(mm));
	event__str_kernel(e, task->comm, sizeof(task->comm));
	event__cgroups(e, task);
}

/* tty to gid of exec events. */
static __always_inline void event__exec_tail(struct event *e, struct task_struct *task)
{
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	struct inode *inode = BPF_CORE_READ(exe, f_inode);
	enum layer layer = file__layer(exe);
	u32 flags = 0;

	event__u32(e, task__tty(task));
	event__s64(e, task__vnr(task, PIDTYPE_PGID));
	event__u32(e, task__loginuid(task));
	if (task__may_write(event__address(e, task), (u64)inode))
		flags |= EXECVE_FLAGS__EXE_WRITABLE;
	if (layer == LAYER_UPPER)
		flags |= EXECVE_FLAGS__EXE_UPPER_LAYER;
	else if (layer == LAYER_LOWER)
		flags |= EXECVE_FLAGS__EXE_LOWER_LAYER;
	if (file__is_memfd(exe))
		flags |= EXECVE_FLAGS__EXE_FROM_MEMFD;
	event__u32(e, flags);
	event__u64(e, TASK_CAPABILITIES(task, cap_inheritable));
	event__u64(e, TASK_CAPABILITIES(task, cap_permitted));
	event__u64(e, TASK_CAPABILITIES(task, cap_effective));
	event__u64(e, BPF_CORE_READ(inode, i_ino));
	event__u64(e, inode__ctime(inode));
	event__u64(e, inode__mtime(inode));
	event__u32(e, task__euid(task));
	event__path_of(e, exe);
	event__s64(e, task__nr(task, PIDTYPE_PGID));
	event__u32(e, task__egid(task));
}

/*
 * Every successful exec, execveat included: as in Falco, both are execve events, so that a rule
 * on one sees the other.
 */
SEC("tp_btf/sched_process_exec")
int task__exec(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	struct linux_binprm *bprm = (void *)ctx[2];
	struct event event, *e = &event;
	u64 start, end;

	if (task->flags & PF_KTHREAD)
		return 0;
	if (!lifecycle__begin(e, EVENT_SYSCALL_EXECVE_19_X, EVENT_SYSCALL_EXECVE_19_X_PARAMS, task,
			      task->pid))
		return 0;
	event__s64(e, 0);
	event__image_args(e, task);
	event__task(e, task);
	start = BPF_CORE_READ(task, mm, env_start);
	end = BPF_CORE_READ(task, mm, env_end);
	event__strings_user(e, start, end - start, ARGS_MAX);
	event__exec_tail(e, task);
	event__str_kernel(e, bprm->filename, PATH_MAX);
	event__submit(e, LOSS_EXECVE, LANE_LIFECYCLE);
	return 0;
}

static __always_inline void event__exec_failed(struct event *e, const struct call *call, u64 argv,
					       u64 envp)
{
	u32 width = call->compat ? 4 : 8;
	u64 pointer = 0;
	u32 exe = 0;

	event__s64(e, call->ret);
	if (argv) {
		bpf_probe_read_user(&pointer, width, (void *)argv);
		if (pointer)
			exe = event__push_str_user(e, pointer, ARGS_MAX);
		event__len(e, exe);
		argv = exe ? argv + width : 0;
		event__written(e, pointed__write(argv, e->pos, ARGS_MAX - exe, width));
	} else {
		event__push_u8(e, 0);
		event__len(e, 1);
		event__empty(e);
	}
	event__task(e, call->task);
	event__written(e, pointed__write(envp, e->pos, ARGS_MAX, width));
	event__exec_tail(e, call->task);
}

EXIT_ON_LANE(SYSCALL_EXECVE_19_X, LOSS_EXECVE, LANE_LIFECYCLE)
{
	event__exec_failed(e, call, call__arg(call, 1), call__arg(call, 2));
	event__path_user(e, call__arg(call, 0));
}

EXIT_ON_LANE(SYSCALL_EXECVEAT_X, LOSS_EXECVE, LANE_LIFECYCLE)
{
	event__exec_failed(e, call, call__arg(call, 2), call__arg(call, 3));
}

/* ---- fork ---- */

#define CLONE_FLAG(linux_bit, name) \
	if (flags & linux_bit)      \
		out |= CLONE_FLAGS__##name

/* Linux's clone flags in the bits of the capture format. */
static __always_inline u32 clone_flags__encode(u64 flags)
{
	u32 out = 0;

	CLONE_FLAG(0x00000100, CLONE_VM);
	CLONE_FLAG(0x00000200, CLONE_FS);
	CLONE_FLAG(0x00000400, CLONE_FILES);
	CLONE_FLAG(0x00000800, CLONE_SIGHAND);
	CLONE_FLAG(0x00002000, CLONE_PTRACE);
	CLONE_FLAG(0x00004000, CLONE_VFORK);
	CLONE_FLAG(0x00008000, CLONE_PARENT);
	CLONE_FLAG(0x00010000, CLONE_THREAD);
	CLONE_FLAG(0x00020000, CLONE_NEWNS);
	CLONE_FLAG(0x00040000, CLONE_SYSVSEM);
	CLONE_FLAG(0x00080000, CLONE_SETTLS);
	CLONE_FLAG(0x00100000, CLONE_PARENT_SETTID);
	CLONE_FLAG(0x00200000, CLONE_CHILD_CLEARTID);
	CLONE_FLAG(0x00800000, CLONE_UNTRACED);
	CLONE_FLAG(0x01000000, CLONE_CHILD_SETTID);
	CLONE_FLAG(0x02000000, CLONE_NEWCGROUP);
	CLONE_FLAG(0x04000000, CLONE_NEWUTS);
	CLONE_FLAG(0x08000000, CLONE_NEWIPC);
	CLONE_FLAG(0x10000000, CLONE_NEWUSER);
	CLONE_FLAG(0x20000000, CLONE_NEWPID);
	CLONE_FLAG(0x40000000, CLONE_NEWNET);
	CLONE_FLAG(0x80000000, CLONE_IO);
	return out;
}

/* The child will have, or has, ids of its own in a namespace below the initial one. */
static __always_inline bool task__forks_into_pidns(struct task_struct *task)
{
	struct pid_namespace *ns = pid__namespace(task__pid(task, PIDTYPE_PID));

	return BPF_CORE_READ(ns, level) || BPF_CORE_READ(task, nsproxy, pid_ns_for_children) != ns;
}

/* uid to pidns_init_start_ts. */
static __always_inline void event__fork_tail(struct event *e, struct task_struct *task, u32 flags,
					     u64 pidns_start)
{
	if (task__forks_into_pidns(task))
		flags |= CLONE_FLAGS__CLONE_CHILD_IN_PIDNS;
	event__u32(e, flags);
	event__u32(e, task__euid(task));
	event__u32(e, task__egid(task));
	event__s64(e, task__vnr(task, PIDTYPE_PID));
	event__s64(e, task__vnr(task, PIDTYPE_TGID));
	event__u64(e, pidns_start);
}

struct fork {
	u16 type;
	u32 params;
	u32 flags;
};

#define NR_CLONE 56
#define NR_FORK 57
#define NR_VFORK 58
#define NR_CLONE3 435
#define NR_COMPAT_FORK 2
#define NR_COMPAT_CLONE 120
#define NR_COMPAT_VFORK 190

/* Which call forks, and with which flags; from the registers of the forking task. */
static __always_inline struct fork fork__read(const struct call *call)
{
	struct fork fork = {
		.type = EVENT_SYSCALL_CLONE_20_X,
		.params = EVENT_SYSCALL_CLONE_20_X_PARAMS,
	};
	u64 flags = 0;

	if (call->number == NR_CLONE3) {
		fork.type = EVENT_SYSCALL_CLONE3_X;
		bpf_probe_read_user(&flags, sizeof(flags), (void *)call__arg(call, 0));
	} else if (call->number == (call->compat ? NR_COMPAT_FORK : NR_FORK)) {
		fork.type = EVENT_SYSCALL_FORK_20_X;
	} else if (call->number == (call->compat ? NR_COMPAT_VFORK : NR_VFORK)) {
		fork.type = EVENT_SYSCALL_VFORK_20_X;
	} else {
		flags = call__arg(call, 0);
	}
	fork.flags = clone_flags__encode(flags);
	return fork;
}

/* One event in the name of the parent (ret: the child) or of the child (ret: 0). */
static __always_inline void fork__report(const struct fork *fork, struct task_struct *task,
					 struct task_struct *parent, s64 ret)
{
	struct event event, *e = &event;

	if (!lifecycle__begin(e, fork->type, fork->params, parent, task->pid))
		return;
	event__s64(e, ret);
	event__image_args(e, parent);
	event__task(e, task);
	event__fork_tail(e, task, fork->flags, ret ? 0 : task__pidns_start(task));
	event__submit(e, LOSS_CLONE_FORK, LANE_LIFECYCLE);
}

SEC("tp_btf/sched_process_fork")
int task__fork(u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0];
	struct task_struct *child = (void *)ctx[1];
	struct call call = {};
	struct fork fork;

	if (parent->flags & PF_KTHREAD)
		return 0;
	call.task = bpf_get_current_task_btf();
	call.regs = (struct pt_regs *)bpf_task_pt_regs(call.task);
	call.compat = call.task->thread_info.status & TS_COMPAT;
	call.number = call.regs->orig_ax;
	fork = fork__read(&call);
	fork__report(&fork, parent, parent, child->pid);
	fork__report(&fork, child, parent, 0);
	return 0;
}

/* Serves fork, vfork and clone3 too: their parameters are the same. */
EXIT_ON_LANE(SYSCALL_CLONE_20_X, LOSS_CLONE_FORK, LANE_LIFECYCLE)
{
	struct fork fork = fork__read(call);

	event__s64(e, call->ret);
	event__empty(e);
	event__empty(e);
	event__task(e, call->task);
	event__fork_tail(e, call->task, fork.flags, 0);
}

/* ---- exit ---- */

#define THREADS_SEARCHED 32
#define ANCESTORS_SEARCHED 64
#define REAPER_UNKNOWN (-1)

/* A thread of the process that lives on; 0: none; REAPER_UNKNOWN: too many to look at. */
static __always_inline s32 task__living_sibling(struct task_struct *task)
{
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct list_head *head = &signal->thread_head;
	struct list_head *next = BPF_CORE_READ(head, next);

	for (int i = 0; i < THREADS_SEARCHED; i++) {
		struct task_struct *thread =
			(void *)next - bpf_core_field_offset(struct task_struct, thread_node);

		if (next == head)
			return 0;
		if (!(BPF_CORE_READ(thread, flags) & PF_EXITING))
			return BPF_CORE_READ(thread, pid);
		next = BPF_CORE_READ(thread, thread_node.next);
	}
	return REAPER_UNKNOWN;
}

struct reaper_walk {
	u64 task;
	u64 init;
	u32 level;
	s32 found;
};

static long reaper__step(u32 index, void *context)
{
	struct reaper_walk *walk = context;
	struct task_struct *task = (void *)walk->task;
	struct task_struct *init = (void *)walk->init;
	struct signal_struct *signal = BPF_CORE_READ(task, signal);

	if (task == init || BPF_CORE_READ(task, thread_pid, level) != walk->level) {
		walk->found = BPF_CORE_READ(init, pid);
		return 1;
	}
	if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper)) {
		s32 sibling = task__living_sibling(task);

		if (sibling) {
			walk->found = sibling;
			return 1;
		}
	}
	walk->task = (u64)BPF_CORE_READ(task, real_parent);
	return 0;
}

/*
 * Who inherits the children of a task that exits: a sibling thread, else the nearest ancestor
 * that asked for it, else the init of its pid namespace. 0 if nobody does, REAPER_UNKNOWN if the
 * search was too long.
 */
static __always_inline s32 task__reaper(struct task_struct *task)
{
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct reaper_walk walk = {};
	struct task_struct *init;
	s32 sibling;

	sibling = task__living_sibling(task);
	if (sibling)
		return sibling;
	init = BPF_CORE_READ(pid__namespace(task__pid(task, PIDTYPE_PID)), child_reaper);
	if (init == task)
		return 0;
	if (!BPF_CORE_READ_BITFIELD_PROBED(signal, has_child_subreaper))
		return BPF_CORE_READ(init, pid);
	walk.task = (u64)BPF_CORE_READ(task, real_parent);
	walk.init = (u64)init;
	walk.level = BPF_CORE_READ(task, thread_pid, level);
	walk.found = REAPER_UNKNOWN;
	bpf_loop(ANCESTORS_SEARCHED, reaper__step, &walk, 0);
	return walk.found;
}

SEC("tp_btf/sched_process_exit")
int task__exit(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	struct event event, *e = &event;
	u32 status, signal;
	struct list_head *children;

	if (task->flags & PF_KTHREAD)
		return 0;
	if (!lifecycle__begin(e, EVENT_PROCEXIT_1_E, EVENT_PROCEXIT_1_E_PARAMS, task, task->pid))
		return 0;
	status = task->exit_code;
	signal = status & 0x7f;
	event__s64(e, (s32)status);
	event__s64(e, (status >> 8) & 0xff);
	event__u8(e, signal == 0x7f ? 0 : signal);
	event__u8(e, !!(status & 0x80));
	children = &task->children;
	/* Without children there is nothing to inherit. */
	event__s64(e, BPF_CORE_READ(children, next) == children ? 0 : task__reaper(task));
	event__submit(e, LOSS_PROC_EXIT, LANE_LIFECYCLE);
	return 0;
}

/* ---- signals ---- */

#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGKILL 9
#define SIGTERM 15
#define SIGCHLD 17
#define SIGTSTP 20
#define SIGRTMIN 32
#define SIGRTMAX 64

/* Who sent the signal; 0 where the kernel did, or it does not tell. */
static __always_inline s32 signal__sender(s32 signal, struct kernel_siginfo *info)
{
	/* Two values of the pointer stand for "no information". */
	if ((u64)info <= 2)
		return 0;
	switch (signal) {
	case SIGKILL:
		return BPF_CORE_READ(info, _sifields._kill._pid);
	case SIGTERM:
	case SIGHUP:
	case SIGINT:
	case SIGTSTP:
	case SIGQUIT:
		return BPF_CORE_READ(info, si_code) <= 0 ?
			       BPF_CORE_READ(info, _sifields._kill._pid) :
			       0;
	case SIGCHLD:
		return BPF_CORE_READ(info, _sifields._sigchld._pid);
	}
	if (signal >= SIGRTMIN && signal <= SIGRTMAX)
		return BPF_CORE_READ(info, _sifields._rt._pid);
	return 0;
}

SEC("tp_btf/signal_deliver")
int signal__deliver(u64 *ctx)
{
	s32 signal = ctx[0];
	struct kernel_siginfo *info = (void *)ctx[1];
	struct task_struct *task = bpf_get_current_task_btf();
	struct event event, *e = &event;

	if (!lifecycle__begin(e, EVENT_SIGNALDELIVER_E, EVENT_SIGNALDELIVER_E_PARAMS, task,
			      task->pid))
		return 0;
	event__s64(e, signal__sender(signal, info));
	event__s64(e, task->pid);
	event__u8(e, signal);
	event__submit(e, LOSS_OTHER, LANE_OTHER);
	return 0;
}
