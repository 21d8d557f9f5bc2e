/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Descriptors: copying and configuring them, those of no file, waiting on them, joining them. */
#pragma once

#include "../file.h"
#include "../syscall.h"

#define O_NONBLOCK 04000
#define O_DIRECT 040000
#define O_CLOEXEC 02000000

/* Of the flags of calls that make a descriptor, those that `mask` names; a negative word has none. */
static __always_inline u32 descriptor_flags__encode(s32 flags, u32 mask)
{
	u32 out = 0;

	if (flags < 0)
		return 0;
	flags &= mask;
	if (flags & O_NONBLOCK)
		out |= FILE_FLAGS__O_NONBLOCK;
	if (flags & O_DIRECT)
		out |= FILE_FLAGS__O_DIRECT;
	if (flags & O_CLOEXEC)
		out |= FILE_FLAGS__O_CLOEXEC;
	return out;
}

/* ---- copying and configuring ---- */

EXIT(SYSCALL_DUP_1_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
}

EXIT(SYSCALL_DUP2_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__s64(e, call__int(call, 1));
}

EXIT(SYSCALL_DUP3_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__s64(e, call__int(call, 1));
	event__u32(e, descriptor_flags__encode(call__arg(call, 2), O_CLOEXEC));
}

/* Commands of asm-generic/fcntl.h and linux/fcntl.h in the numbers of the capture format. */
static const u8 fcntl_commands[] = {
	[0] = FCNTL_COMMANDS__F_DUPFD,	       [1] = FCNTL_COMMANDS__F_GETFD,
	[2] = FCNTL_COMMANDS__F_SETFD,	       [3] = FCNTL_COMMANDS__F_GETFL,
	[4] = FCNTL_COMMANDS__F_SETFL,	       [5] = FCNTL_COMMANDS__F_GETLK,
	[6] = FCNTL_COMMANDS__F_SETLK,	       [7] = FCNTL_COMMANDS__F_SETLKW,
	[8] = FCNTL_COMMANDS__F_SETOWN,	       [9] = FCNTL_COMMANDS__F_GETOWN,
	[10] = FCNTL_COMMANDS__F_SETSIG,       [11] = FCNTL_COMMANDS__F_GETSIG,
	[15] = FCNTL_COMMANDS__F_SETOWN_EX,    [16] = FCNTL_COMMANDS__F_GETOWN_EX,
	[36] = FCNTL_COMMANDS__F_OFD_GETLK,    [37] = FCNTL_COMMANDS__F_OFD_SETLK,
	[38] = FCNTL_COMMANDS__F_OFD_SETLKW,
};

/* Those from F_LINUX_SPECIFIC_BASE (1024) on. */
static const u8 fcntl_linux_commands[] = {
	[0] = FCNTL_COMMANDS__F_SETLEASE,     [1] = FCNTL_COMMANDS__F_GETLEASE,
	[2] = FCNTL_COMMANDS__F_NOTIFY,	      [5] = FCNTL_COMMANDS__F_CANCELLK,
	[6] = FCNTL_COMMANDS__F_DUPFD_CLOEXEC, [7] = FCNTL_COMMANDS__F_SETPIPE_SZ,
	[8] = FCNTL_COMMANDS__F_GETPIPE_SZ,
};

static __always_inline u8 fcntl_command__encode(u32 command)
{
	u32 linux_command = command - 1024;

	if (command < sizeof(fcntl_commands))
		return TABLE_AT(fcntl_commands, command);
	if (linux_command < sizeof(fcntl_linux_commands))
		return TABLE_AT(fcntl_linux_commands, linux_command);
	return FCNTL_COMMANDS__UNKNOWN;
}

EXIT(SYSCALL_FCNTL_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u8(e, fcntl_command__encode(call__arg(call, 1)));
	event__u64(e, call__arg(call, 2));
}

/* CLOSE_RANGE_UNSHARE and _CLOEXEC: the same bits. */
EXIT(SYSCALL_CLOSE_RANGE_X, LOSS_CLOSE)
{
	event__s64(e, call->ret);
	event__u32(e, call__arg(call, 0));
	event__u32(e, call__arg(call, 1));
	event__u32(e, call__arg(call, 2) &
			      (CLOSE_RANGE_FLAGS__CLOSE_RANGE_UNSHARE |
			       CLOSE_RANGE_FLAGS__CLOSE_RANGE_CLOEXEC));
}

/* ---- descriptors of no file ---- */

static __always_inline void event__pipe(struct event *e, const struct call *call)
{
	s32 fds[2] = { -1, -1 };

	if (bpf_probe_read_user(fds, sizeof(fds), (void *)call__arg(call, 0)))
		fds[0] = fds[1] = -1;
	event__s64(e, call->ret);
	event__s64(e, fds[0]);
	event__s64(e, fds[1]);
	event__u64(e, call->ret == 0 ? file__ino(fd__file(call->task, fds[0])) : 0);
}

EXIT(SYSCALL_PIPE_X, LOSS_OTHER_INTEREST)
{
	event__pipe(e, call);
}

EXIT(SYSCALL_PIPE2_X, LOSS_OTHER_INTEREST)
{
	event__pipe(e, call);
	event__u32(e, descriptor_flags__encode(call__arg(call, 1),
					       O_CLOEXEC | O_DIRECT | O_NONBLOCK));
}

/* The old forms of these calls have no flags; their events do. */
EXIT(SYSCALL_EVENTFD_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__u64(e, (u32)call__arg(call, 0));
	event__u32(e, 0);
}

EXIT(SYSCALL_EVENTFD2_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__u16(e, descriptor_flags__encode(call__arg(call, 1), O_CLOEXEC | O_NONBLOCK));
	event__u64(e, (u32)call__arg(call, 0));
}

/* The mask is always 0 in the capture format. */
EXIT(SYSCALL_SIGNALFD_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u32(e, 0);
	event__u8(e, 0);
}

EXIT(SYSCALL_SIGNALFD4_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__u16(e, descriptor_flags__encode(call__arg(call, 3), O_CLOEXEC | O_NONBLOCK));
	event__s64(e, call__int(call, 0));
	event__u32(e, 0);
}

EXIT(SYSCALL_TIMERFD_CREATE_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__u8(e, call__arg(call, 0));
	event__u8(e, descriptor_flags__encode(call__arg(call, 1), O_CLOEXEC | O_NONBLOCK));
}

EXIT(SYSCALL_EPOLL_CREATE_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__u32(e, call__arg(call, 0));
}

EXIT(SYSCALL_EPOLL_CREATE1_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__u32(e, call__arg(call, 0) & O_CLOEXEC ? EPOLL_CREATE1_FLAGS__EPOLL_CLOEXEC : 0);
}

EXIT(SYSCALL_INOTIFY_INIT_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__u8(e, 0);
}

EXIT(SYSCALL_INOTIFY_INIT1_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__u16(e, descriptor_flags__encode(call__arg(call, 0), O_CLOEXEC | O_NONBLOCK));
}

/* The three bits are the same in the capture format. */
EXIT(SYSCALL_MEMFD_CREATE_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__path_user(e, call__arg(call, 0));
	event__u32(e, call__arg(call, 1) & 7);
}

EXIT(SYSCALL_PIDFD_OPEN_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u32(e, call__arg(call, 1) & O_NONBLOCK ? PIDFD_OPEN_FLAGS__PIDFD_NONBLOCK : 0);
}

EXIT(SYSCALL_PIDFD_GETFD_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__s64(e, call__int(call, 1));
	event__u32(e, call__arg(call, 2));
}

EXIT(SYSCALL_USERFAULTFD_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__u32(e, descriptor_flags__encode(call__arg(call, 0), O_CLOEXEC | O_NONBLOCK));
}

EXIT(SYSCALL_BPF_2_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__u32(e, call__arg(call, 0));
}

/* ---- io_uring ---- */

/* The beginning of struct io_uring_params. */
struct uring_params {
	u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features;
};

static __always_inline u32 uring_setup_flags__encode(u32 flags)
{
	u32 out = 0;

	if (flags & 1 << 0)
		out |= IO_URING_SETUP_FLAGS__IORING_SETUP_IOPOLL;
	if (flags & 1 << 1)
		out |= IO_URING_SETUP_FLAGS__IORING_SETUP_SQPOLL;
	if (flags & 1 << 2)
		out |= IO_URING_SETUP_FLAGS__IORING_SETUP_SQ_AFF;
	if (flags & 1 << 3)
		out |= IO_URING_SETUP_FLAGS__IORING_SETUP_CQSIZE;
	if (flags & 1 << 4)
		out |= IO_URING_SETUP_FLAGS__IORING_SETUP_CLAMP;
	if (flags & 1 << 5)
		out |= IO_URING_SETUP_FLAGS__IORING_SETUP_ATTACH_RW;
	if (flags & 1 << 6)
		out |= IO_URING_SETUP_FLAGS__IORING_SETUP_R_DISABLED;
	return out;
}

/* Features of Linux that the capture format has the same bits for. */
#define URING_FEATURES ((IO_URING_SETUP_FEATS__IORING_FEAT_RSRC_TAGS << 1) - 1)

EXIT(SYSCALL_IO_URING_SETUP_X, LOSS_OTHER_INTEREST)
{
	struct uring_params params = {};

	bpf_probe_read_user(&params, sizeof(params), (void *)call__arg(call, 1));
	event__s64(e, call->ret);
	event__u32(e, call__arg(call, 0));
	event__u32(e, params.sq_entries);
	event__u32(e, params.cq_entries);
	event__u32(e, uring_setup_flags__encode(params.flags));
	event__u32(e, params.sq_thread_cpu);
	event__u32(e, params.sq_thread_idle);
	event__u32(e, params.features & URING_FEATURES);
}

/* The four bits are the same; the signal mask is the low half of its address. */
EXIT(SYSCALL_IO_URING_ENTER_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u32(e, call__arg(call, 1));
	event__u32(e, call__arg(call, 2));
	event__u32(e, call__arg(call, 3) & 15);
	event__u32(e, call__arg(call, 4));
}

EXIT(SYSCALL_IO_URING_REGISTER_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u16(e, call__arg(call, 1));
	event__u64(e, call__arg(call, 2));
	event__u32(e, call__arg(call, 3));
}

/* ---- waiting ---- */

#define POLLFDS_MAX 16 /* kept of those that are waited for */

struct pollfd {
	s32 fd;
	s16 events, revents;
};

/* Linux's bits from POLLRDNORM on are in another order here. */
static __always_inline u16 poll_events__encode(u16 events)
{
	u16 out = events & (POLL_FLAGS__POLLIN | POLL_FLAGS__POLLPRI | POLL_FLAGS__POLLOUT);

	if (events & 0x2000)
		out |= POLL_FLAGS__POLLRDHUP;
	if (events & 0x8)
		out |= POLL_FLAGS__POLLERR;
	if (events & 0x10)
		out |= POLL_FLAGS__POLLHUP;
	if (events & 0x20)
		out |= POLL_FLAGS__POLLNVAL;
	if (events & 0x40)
		out |= POLL_FLAGS__POLLRDNORM;
	if (events & 0x80)
		out |= POLL_FLAGS__POLLRDBAND;
	if (events & 0x100)
		out |= POLL_FLAGS__POLLWRNORM;
	if (events & 0x200)
		out |= POLL_FLAGS__POLLWRBAND;
	return out;
}

/* Descriptors and what happened to them: a number of pairs, and the pairs. */
static __always_inline void event__pollfds(struct event *e, u64 from, u32 count)
{
	u32 start = e->pos;
	u32 kept = 0;

	event__push_u16(e, 0);
	if (count > POLLFDS_MAX)
		count = POLLFDS_MAX;
	for (u32 i = 0; i < POLLFDS_MAX; i++) {
		struct pollfd pollfd;

		if (i >= count ||
		    bpf_probe_read_user(&pollfd, sizeof(pollfd), (void *)(from + i * sizeof(pollfd))))
			break;
		event__push_u64(e, (s64)pollfd.fd);
		event__push_u16(e, poll_events__encode(pollfd.revents));
		kept++;
	}
	*(u16 *)event__at(e, start) = kept;
	event__len(e, 2 + kept * (8 + 2));
}

/* The timeout is in milliseconds, -1 for none. */
EXIT(SYSCALL_POLL_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__pollfds(e, call__arg(call, 0), call__arg(call, 1));
	event__s64(e, call__int(call, 2));
}

EXIT(SYSCALL_PPOLL_X, LOSS_OTHER)
{
	u64 mask = 0;

	event__s64(e, call->ret);
	event__pollfds(e, call__arg(call, 0), call__arg(call, 1));
	event__u64(e, timespec__read(call__arg(call, 2), call->compat));
	bpf_probe_read_user(&mask, sizeof(mask), (void *)call__arg(call, 3));
	event__u32(e, mask);
}

EXIT(SYSCALL_SELECT_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
}

EXIT(SYSCALL_EPOLLWAIT_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 2));
}

/* ---- from one to another ---- */

/* The four bits are the same in the capture format. */
EXIT(SYSCALL_SPLICE_X, LOSS_IO)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__s64(e, call__int(call, 2));
	event__u64(e, call__arg(call, 4));
	event__u32(e, call__arg(call, 5) & 15);
}

EXIT(SYSCALL_SENDFILE_X, LOSS_IO)
{
	u64 offset = 0;

	bpf_probe_read_user(&offset, call->compat ? sizeof(u32) : sizeof(u64),
			    (void *)call__arg(call, 2));
	event__s64(e, call->ret);
	event__u64(e, offset);
	event__s64(e, call__int(call, 0));
	event__s64(e, call__int(call, 1));
	event__u64(e, call__arg(call, 3));
}

/* The offsets are the addresses at which they stand. */
EXIT(SYSCALL_COPY_FILE_RANGE_X, LOSS_IO)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 2));
	event__u64(e, call__arg(call, 3));
	event__s64(e, call__int(call, 0));
	event__u64(e, call__arg(call, 1));
	event__u64(e, call__arg(call, 4));
}
