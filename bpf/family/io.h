/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opening, closing, reading and writing. */
#pragma once

#include "../syscall.h"
#include "../file.h"
#include "../iovec.h"

#define OPEN_FLAG(linux_bits, name) \
	if (flags & (linux_bits))   \
		out |= FILE_FLAGS__##name

/*
 * Linux's open flags in the bits of the capture format. O_SYNC holds the bit of O_DSYNC, and
 * O_TMPFILE that of O_DIRECTORY: any bit of a name counts, so each of these brings the other.
 */
static __always_inline u32 open_flags__encode(u32 flags)
{
	u32 out;

	switch (flags & 3) {
	case 1:
		out = FILE_FLAGS__O_WRONLY;
		break;
	case 2:
		out = FILE_FLAGS__O_RDWR;
		break;
	default:
		out = FILE_FLAGS__O_RDONLY;
	}
	OPEN_FLAG(00000100, O_CREAT);
	OPEN_FLAG(020200000, O_TMPFILE);
	OPEN_FLAG(00002000, O_APPEND);
	OPEN_FLAG(00010000, O_DSYNC);
	OPEN_FLAG(00000200, O_EXCL);
	OPEN_FLAG(00004000, O_NONBLOCK);
	OPEN_FLAG(04010000, O_SYNC);
	OPEN_FLAG(00001000, O_TRUNC);
	OPEN_FLAG(00040000, O_DIRECT);
	OPEN_FLAG(00200000, O_DIRECTORY);
	OPEN_FLAG(00100000, O_LARGEFILE);
	OPEN_FLAG(02000000, O_CLOEXEC);
	return out;
}

/* Mode bits are the same in the capture format; they count only where a file may be made. */
static __always_inline u32 open_mode__encode(u32 flags, u32 mode)
{
	return flags & (00000100 | 020200000) ? mode & 07777 : 0;
}

/* What open-like calls add to their flags. */
static __always_inline u32 facts__open_flags(const struct file_facts *facts)
{
	u32 out = 0;

	if (facts->created)
		out |= FILE_FLAGS__O_F_CREATED;
	if (facts->layer == LAYER_UPPER)
		out |= FILE_FLAGS__FD_UPPER_LAYER;
	else if (facts->layer == LAYER_LOWER)
		out |= FILE_FLAGS__FD_LOWER_LAYER;
	return out;
}

EXIT(SYSCALL_OPEN_X, LOSS_OPEN)
{
	struct file_facts facts = fd__facts(call->task, call->ret);
	u32 flags = call__arg(call, 1);

	event__s64(e, call->ret);
	event__path_user(e, call__arg(call, 0));
	event__u32(e, open_flags__encode(flags) | facts__open_flags(&facts));
	event__u32(e, open_mode__encode(flags, call__arg(call, 2)));
	event__u32(e, facts.dev);
	event__u64(e, facts.ino);
}

EXIT(SYSCALL_OPENAT_2_X, LOSS_OPEN)
{
	struct file_facts facts = fd__facts(call->task, call->ret);
	u32 flags = call__arg(call, 2);

	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__path_user(e, call__arg(call, 1));
	event__u32(e, open_flags__encode(flags) | facts__open_flags(&facts));
	event__u32(e, open_mode__encode(flags, call__arg(call, 3)));
	event__u32(e, facts.dev);
	event__u64(e, facts.ino);
}

EXIT(SYSCALL_CLOSE_X, LOSS_CLOSE)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
}

/* ---- one buffer ---- */

/* data, fd, size */
static __always_inline void event__read_data(struct event *e, const struct call *call,
					     const struct config *config)
{
	event__data_user(e, config, call__arg(call, 1), call->ret);
	event__s64(e, call__int(call, 0));
	event__u32(e, call__arg(call, 2));
}

/* A failed write names the bytes that it would have written. */
static __always_inline void event__write_data(struct event *e, const struct call *call,
					      const struct config *config)
{
	u64 size = call__arg(call, 2);

	event__data_user(e, config, call__arg(call, 1), call->ret > 0 ? call->ret : size);
	event__s64(e, call__int(call, 0));
	event__u32(e, size);
}

/* A position in the file: 32-bit programs pass it in two halves. */
static __always_inline u64 call__position(const struct call *call)
{
	u64 position = call__arg(call, 3);

	return call->compat ? call__arg(call, 4) << 32 | position : position;
}

EXIT(SYSCALL_READ_X, LOSS_IO)
{
	event__s64(e, call->ret);
	event__read_data(e, call, config);
}

EXIT(SYSCALL_PREAD_X, LOSS_IO)
{
	event__s64(e, call->ret);
	event__read_data(e, call, config);
	event__u64(e, call__position(call));
}

EXIT(SYSCALL_WRITE_X, LOSS_IO)
{
	event__s64(e, call->ret);
	event__write_data(e, call, config);
}

EXIT(SYSCALL_PWRITE_X, LOSS_IO)
{
	event__s64(e, call->ret);
	event__write_data(e, call, config);
	event__u64(e, call__position(call));
}

/* ---- several buffers ---- */

/* res, size, data, fd */
static __always_inline void event__readv(struct event *e, const struct call *call,
					 const struct config *config)
{
	event__s64(e, call->ret);
	event__u32(e, call->ret > 0 ? call->ret : 0);
	event__data_iovec(e, config, call__arg(call, 1), call__arg(call, 2), call->ret,
			  call->compat);
	event__s64(e, call__int(call, 0));
}

/* res, data, fd, size */
static __always_inline void event__writev(struct event *e, const struct call *call,
					  const struct config *config)
{
	u64 iov = call__arg(call, 1);
	u32 count = call__arg(call, 2);

	event__s64(e, call->ret);
	event__data_iovec(e, config, iov, count, call->ret > 0 ? call->ret : RECORD_MAX,
			  call->compat);
	event__s64(e, call__int(call, 0));
	event__u32(e, iovec__total(iov, count, call->compat));
}

EXIT(SYSCALL_READV_X, LOSS_IO)
{
	event__readv(e, call, config);
}

EXIT(SYSCALL_PREADV_X, LOSS_IO)
{
	event__readv(e, call, config);
	event__u64(e, call__position(call));
}

EXIT(SYSCALL_WRITEV_X, LOSS_IO)
{
	event__writev(e, call, config);
}

EXIT(SYSCALL_PWRITEV_X, LOSS_IO)
{
	event__writev(e, call, config);
	event__u64(e, call__position(call));
}
