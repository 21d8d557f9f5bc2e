/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Building one event: event__begin, then one event__* call per parameter in the order of the
 * schema, then event__submit. Exactly one length is written by each.
 *
 * A parameter of length 0 means "no value".
 */
#pragma once

#include "base.h"

struct event {
	struct cpu *cpu;
	struct config *config;
	u32 pos;  /* where the next parameter goes, counted from the header */
	u32 slot; /* where its length goes */
};

/*
 * A place in the record. A function, and a void pointer: of the address of an array element the
 * compiler knows that it need not be aligned, and would store byte by byte.
 */
static __always_inline void *event__at(struct event *e, u32 at)
{
	return &e->cpu->record.data[at & RECORD_MAX];
}

/*
 * Takes the CPU's scratch space and writes the header. The thread is the current one. False if
 * the scratch space is in use (then the event is counted as lost).
 */
static __always_inline bool event__begin_as(struct event *e, struct config *config,
					    struct cpu *cpu, u32 flags, u16 type, u32 params,
					    u32 tid)
{
	u8 *data;

	if (unlikely(cpu->busy)) {
		cpu->counters.produced++;
		cpu->counters.lost_nested++;
		return false;
	}
	cpu->busy = 1;
	barrier();
	data = cpu->record.data;
	cpu->record.flags = flags;
	*(u64 *)&data[0] = config->boot_epoch_ns + bpf_ktime_get_boot_ns();
	*(u64 *)&data[8] = tid;
	*(u16 *)&data[20] = type;
	*(u32 *)&data[22] = params;
	e->cpu = cpu;
	e->config = config;
	e->slot = HEADER_LEN;
	e->pos = HEADER_LEN + 2 * params;
	return true;
}

/* Hands the event to the reader, or counts it as lost. */
static __always_inline void event__submit(struct event *e, enum loss class, enum lane lane)
{
	struct cpu *cpu = e->cpu;
	u32 len = e->pos;
	u32 key = 2 * bpf_get_smp_processor_id() + lane;
	struct config *config = e->config;
	u64 wakeup = BPF_RB_NO_WAKEUP;
	void *ring;
	long error;

	cpu->counters.produced++;
	if (unlikely(len > RECORD_MAX)) {
		cpu->counters.lost_too_large++;
		goto out;
	}
	*(u32 *)&cpu->record.data[16] = len;
	ring = bpf_map_lookup_elem(&rings, &key);
	if (unlikely(!ring)) {
		/* A CPU that came after the start has none. */
		cpu->counters.lost_full[class]++;
		goto out;
	}
	if (unlikely(config->asleep)) {
		config->asleep = 0;
		wakeup = BPF_RB_FORCE_WAKEUP;
	}
	error = bpf_ringbuf_output(ring, &cpu->record, offsetof(struct record, data) + len, wakeup);
	if (unlikely(error)) {
		cpu->counters.lost_full[class]++;
		cpu__count_error(cpu, PLACE_OUTPUT, error);
	}
out:
	barrier();
	cpu->busy = 0;
}

/* Gives the scratch space back; the event never was. */
static __always_inline void event__drop(struct event *e)
{
	barrier();
	e->cpu->busy = 0;
}

/*
 * Lets the verifier forget what it knows of the position. After a few strings it would otherwise
 * tell apart every length each of them may have had, and give up.
 */
static __always_inline void event__advance(struct event *e, u32 by)
{
	*(volatile u32 *)&e->cpu->pos = e->pos + by;
	e->pos = *(volatile u32 *)&e->cpu->pos;
}

/* A pointer as the plain number that global functions take; the verifier keeps them apart. */
static __always_inline u64 event__address(struct event *e, const void *pointer)
{
	*(volatile u64 *)&e->cpu->address = (u64)pointer;
	return *(volatile u64 *)&e->cpu->address;
}

/* The event in the CPU's scratch space as a global function sees it; writes go on at `pos`. */
static __always_inline bool event__resume(struct event *e, u32 pos)
{
	e->cpu = cpu__get();
	e->pos = pos;
	e->slot = 0;
	return e->cpu;
}

/* ---- the length of a parameter ---- */

static __always_inline void event__len(struct event *e, u16 len)
{
	*(u16 *)event__at(e, e->slot) = len;
	e->slot += 2;
}

static __always_inline void event__empty(struct event *e)
{
	event__len(e, 0);
}

/* ---- parts of a parameter: they write no length ---- */

static __always_inline void event__push_u8(struct event *e, u8 value)
{
	*(u8 *)event__at(e, e->pos) = value;
	e->pos += 1;
}

static __always_inline void event__push_u16(struct event *e, u16 value)
{
	*(u16 *)event__at(e, e->pos) = value;
	e->pos += 2;
}

static __always_inline void event__push_u32(struct event *e, u32 value)
{
	*(u32 *)event__at(e, e->pos) = value;
	e->pos += 4;
}

static __always_inline void event__push_u64(struct event *e, u64 value)
{
	*(u64 *)event__at(e, e->pos) = value;
	e->pos += 8;
}

/* Up to `max` bytes of text with its NUL, at most RECORD_MAX; the bytes written, 0 on a fault. */
static __always_inline u32 event__push_str_user(struct event *e, u64 from, u32 max)
{
	long n = bpf_probe_read_user_str(event__at(e, e->pos), max, (const void *)from);

	if (unlikely(n < 0)) {
		cpu__count_error(e->cpu, PLACE_READ_USER, n);
		return 0;
	}
	event__advance(e, n);
	return n;
}

static __always_inline u32 event__push_str_kernel(struct event *e, const void *from, u32 max)
{
	long n = bpf_probe_read_kernel_str(event__at(e, e->pos), max, from);

	if (unlikely(n < 0)) {
		cpu__count_error(e->cpu, PLACE_READ_KERNEL, n);
		return 0;
	}
	event__advance(e, n);
	return n;
}

/* Exactly `len` bytes, at most RECORD_MAX; the bytes written, 0 on a fault. */
static __always_inline u32 event__push_bytes_user(struct event *e, u64 from, u32 len)
{
	long error;

	LAUNDER(len);
	len &= RECORD_MAX;
	error = bpf_probe_read_user(event__at(e, e->pos), len, (const void *)from);
	if (unlikely(error)) {
		cpu__count_error(e->cpu, PLACE_READ_USER, error);
		return 0;
	}
	event__advance(e, len);
	return len;
}

static __always_inline u32 event__push_bytes_kernel(struct event *e, const void *from, u32 len)
{
	long error;

	LAUNDER(len);
	len &= RECORD_MAX;
	error = bpf_probe_read_kernel(event__at(e, e->pos), len, from);
	if (unlikely(error)) {
		cpu__count_error(e->cpu, PLACE_READ_KERNEL, error);
		return 0;
	}
	event__advance(e, len);
	return len;
}

/* ---- whole parameters ---- */

static __always_inline void event__u8(struct event *e, u8 value)
{
	event__push_u8(e, value);
	event__len(e, 1);
}

static __always_inline void event__u16(struct event *e, u16 value)
{
	event__push_u16(e, value);
	event__len(e, 2);
}

static __always_inline void event__u32(struct event *e, u32 value)
{
	event__push_u32(e, value);
	event__len(e, 4);
}

static __always_inline void event__u64(struct event *e, u64 value)
{
	event__push_u64(e, value);
	event__len(e, 8);
}

/* errno, fd and pid parameters are this wide. */
static __always_inline void event__s64(struct event *e, s64 value)
{
	event__u64(e, value);
}

/* Text of the calling program, cut to `max` bytes with its NUL; no value if it cannot be read. */
static __always_inline void event__str_user(struct event *e, u64 from, u32 max)
{
	event__len(e, from ? event__push_str_user(e, from, max) : 0);
}

/* A path that the calling program handed in. */
static __always_inline void event__path_user(struct event *e, u64 from)
{
	event__str_user(e, from, PATH_MAX);
}

static __always_inline void event__str_kernel(struct event *e, const void *from, u32 max)
{
	event__len(e, from ? event__push_str_kernel(e, from, max) : 0);
}

static __always_inline void event__bytes_user(struct event *e, u64 from, u32 len)
{
	event__len(e, from && len ? event__push_bytes_user(e, from, len) : 0);
}

/*
 * NUL-separated strings that lie back to back at `from`, cut to `max` bytes; the last byte is
 * always a NUL.
 */
static __always_inline void event__strings_user(struct event *e, u64 from, u64 len, u32 max)
{
	u32 n = 0;

	if (len > max)
		len = max;
	if (from && len) {
		n = event__push_bytes_user(e, from, len);
		if (n)
			*(u8 *)event__at(e, e->pos - 1) = 0;
	}
	event__len(e, n);
}

/* What was read or written: the first `len` bytes, cut to the snap length. */
static __always_inline void event__data_user(struct event *e, const struct config *config, u64 from,
					     s64 len)
{
	if (len > config->snaplen)
		len = config->snaplen;
	event__bytes_user(e, from, len > 0 ? len : 0);
}

/* A parameter that a global function wrote at e->pos: `len` bytes of it. */
static __always_inline void event__written(struct event *e, u32 len)
{
	event__advance(e, len);
	event__len(e, len);
}
