/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a call reads or writes through several buffers (struct iovec), of 64-bit programs and of
 * 32-bit ones.
 */
#pragma once

#include "event.h"

#define IOVECS_MAX 32 /* of which data is kept; and 1024 of which sizes are summed, as many as there can be */
#define IOV_MAX 1024

struct iovec_walk {
	u64 iov;   /* the array in the program's memory */
	u64 total; /* sizes so far */
	u32 pos;   /* where the next bytes go */
	u32 left;  /* bytes that may still be kept */
	bool compat;
};

static __always_inline bool iovec__read(const struct iovec_walk *walk, u32 index, u64 *base, u64 *len)
{
	if (walk->compat) {
		u32 entry[2];

		if (bpf_probe_read_user(entry, sizeof(entry), (void *)(walk->iov + 8ULL * index)))
			return false;
		*base = entry[0];
		*len = entry[1];
	} else {
		u64 entry[2];

		if (bpf_probe_read_user(entry, sizeof(entry), (void *)(walk->iov + 16ULL * index)))
			return false;
		*base = entry[0];
		*len = entry[1];
	}
	return true;
}

static long iovec__sum(u32 index, void *context)
{
	struct iovec_walk *walk = context;
	u64 base, len;

	if (!iovec__read(walk, index, &base, &len))
		return 1;
	walk->total += len;
	return 0;
}

static long iovec__copy(u32 index, void *context)
{
	struct iovec_walk *walk = context;
	struct event e;
	u64 base, len;

	if (!walk->left || !iovec__read(walk, index, &base, &len))
		return 1;
	if (len > walk->left)
		len = walk->left;
	if (!len)
		return 0;
	if (!event__resume(&e, walk->pos) || !event__push_bytes_user(&e, base, len))
		return 1;
	walk->pos += len;
	walk->left -= len;
	return 0;
}

/* The bytes in all buffers together. */
__global u32 iovec__total(u64 iov, u32 count, u32 compat)
{
	struct iovec_walk walk = { .iov = iov, .compat = compat };

	bpf_loop(count < IOV_MAX ? count : IOV_MAX, iovec__sum, &walk, 0);
	return walk.total;
}

/* Writes the first `max` bytes at `pos` of the CPU's record; how many there were. */
__global u32 iovec__write(u32 pos, u64 iov, u32 count, u32 max, u32 compat)
{
	struct iovec_walk walk = { .iov = iov, .pos = pos, .left = max, .compat = compat };

	bpf_loop(count < IOVECS_MAX ? count : IOVECS_MAX, iovec__copy, &walk, 0);
	return walk.pos - pos;
}

/* The first `len` bytes of what is in the buffers, cut to the snap length. */
static __always_inline void event__data_iovec(struct event *e, const struct config *config, u64 iov,
					      u32 count, s64 len, bool compat)
{
	if (len > config->snaplen)
		len = config->snaplen;
	event__written(e, len > 0 ? iovec__write(e->pos, iov, count, len, compat) : 0);
}
