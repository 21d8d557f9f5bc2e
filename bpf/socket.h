/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sockets: addresses that programs hand in, and the two ends of a connection as the kernel knows
 * them.
 */
#pragma once

#include "file.h"

#define SOCKFS_MAGIC 0x534F434B
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

#define UNIX_NAME_MAX 109 /* a path that fills the address, and its NUL */
#define SOCKADDR_MAX 110

/* Which end comes first in a tuple: for what goes out this one, for what comes in the other. */
enum direction { OUTBOUND, INBOUND };

/* The socket of a descriptor; NULL if it is none. */
static __always_inline struct socket *fd__socket(struct task_struct *task, s32 fd)
{
	struct file *file = fd__file(task, fd);

	if (!file || BPF_CORE_READ(file, f_inode, i_sb, s_magic) != SOCKFS_MAGIC)
		return NULL;
	return BPF_CORE_READ(file, private_data);
}

/* The families that the capture format has names for have the numbers of Linux. */
#define FAMILY_LAST 39

static __always_inline u8 family__encode(u8 family)
{
	return family <= FAMILY_LAST ? family : 0;
}

/* A unix socket's name in kernel memory; an abstract one begins behind its NUL. */
static __always_inline u32 event__push_unix_name(struct event *e, const char *name)
{
	char first = 0;

	if (bpf_probe_read_kernel(&first, 1, name))
		return 0;
	return event__push_str_kernel(e, first ? name : name + 1, UNIX_NAME_MAX);
}

/* An address that the program handed in; no value if it is of a family without a form here. */
static __always_inline void event__sockaddr_user(struct event *e, u64 from, u32 len)
{
	char *address = e->cpu->name;
	u32 n = 0;

	if (len > SOCKADDR_MAX)
		len = SOCKADDR_MAX;
	if (!from || len < sizeof(u16) || bpf_probe_read_user(address, len, (void *)from)) {
		event__empty(e);
		return;
	}
	address[len] = 0;
	address[len + 1] = 0;
	switch (*(u16 *)address) {
	case AF_INET:
		if (len < 8)
			break;
		event__push_u8(e, AF_INET);
		event__push_u32(e, *(u32 *)&address[4]);
		event__push_u16(e, __builtin_bswap16(*(u16 *)&address[2]));
		n = 1 + 4 + 2;
		break;
	case AF_INET6:
		if (len < 24)
			break;
		event__push_u8(e, AF_INET6);
		event__push_u64(e, *(u64 *)&address[8]);
		event__push_u64(e, *(u64 *)&address[16]);
		event__push_u16(e, __builtin_bswap16(*(u16 *)&address[2]));
		n = 1 + 16 + 2;
		break;
	case AF_UNIX:
		event__push_u8(e, AF_UNIX);
		n = 1 + event__push_unix_name(e, &address[2]);
		break;
	}
	event__len(e, n);
}

static __always_inline u32 event__push_inet(struct event *e, struct sock *sk, u64 peer,
					    enum direction direction)
{
	struct inet_sock *inet = (void *)sk;
	u32 local = BPF_CORE_READ(inet, inet_saddr);
	u32 remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	u16 local_port = BPF_CORE_READ(inet, inet_sport);
	u16 remote_port = BPF_CORE_READ(sk, __sk_common.skc_dport);

	/* A datagram socket that is not connected: the peer is in the call's arguments. */
	if (!remote_port && peer) {
		u32 address[2] = {};

		bpf_probe_read_user(address, sizeof(address), (void *)peer);
		if ((u16)address[0] == AF_INET) {
			remote_port = address[0] >> 16;
			remote = address[1];
		}
	}
	event__push_u8(e, AF_INET);
	event__push_u32(e, direction == OUTBOUND ? local : remote);
	event__push_u16(e, __builtin_bswap16(direction == OUTBOUND ? local_port : remote_port));
	event__push_u32(e, direction == OUTBOUND ? remote : local);
	event__push_u16(e, __builtin_bswap16(direction == OUTBOUND ? remote_port : local_port));
	return 1 + 2 * (4 + 2);
}

static __always_inline u32 event__push_inet6(struct event *e, struct sock *sk, u64 peer,
					     enum direction direction)
{
	struct inet_sock *inet = (void *)sk;
	struct ipv6_pinfo *inet6 = BPF_CORE_READ(inet, pinet6);
	u64 local[2] = {}, remote[2] = {};
	u16 local_port = BPF_CORE_READ(inet, inet_sport);
	u16 remote_port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	bool out = direction == OUTBOUND;

	bpf_core_read(local, sizeof(local), &inet6->saddr);
	bpf_core_read(remote, sizeof(remote), &sk->__sk_common.skc_v6_daddr);
	if (!remote_port && peer) {
		u64 address[3] = {};

		bpf_probe_read_user(address, sizeof(address), (void *)peer);
		if ((u16)address[0] == AF_INET6) {
			remote_port = address[0] >> 16;
			remote[0] = address[1];
			remote[1] = address[2];
		}
	}
	event__push_u8(e, AF_INET6);
	event__push_u64(e, out ? local[0] : remote[0]);
	event__push_u64(e, out ? local[1] : remote[1]);
	event__push_u16(e, __builtin_bswap16(out ? local_port : remote_port));
	event__push_u64(e, out ? remote[0] : local[0]);
	event__push_u64(e, out ? remote[1] : local[1]);
	event__push_u16(e, __builtin_bswap16(out ? remote_port : local_port));
	return 1 + 2 * (16 + 2);
}

/* The other end's address, this one's, and the name: that of the end that was connected to. */
static __always_inline u32 event__push_unix(struct event *e, struct sock *sk, u64 peer,
					    enum direction direction)
{
	struct unix_sock *self = (void *)sk;
	struct unix_sock *other = (void *)BPF_CORE_READ(self, peer);
	struct unix_address *named;
	u32 n = 0;

	event__push_u8(e, AF_UNIX);
	event__push_u64(e, (u64)(direction == OUTBOUND ? (void *)other : (void *)self));
	event__push_u64(e, (u64)(direction == OUTBOUND ? (void *)self : (void *)other));
	if (direction == OUTBOUND && !other && peer) {
		char *address = e->cpu->name;

		address[0] = address[SOCKADDR_MAX] = 0;
		if (bpf_probe_read_user_str(address, UNIX_NAME_MAX, (void *)(peer + 2)) >= 0) {
			if (!address[0])
				bpf_probe_read_user_str(address, UNIX_NAME_MAX, (void *)(peer + 3));
			n = event__push_str_kernel(e, address, UNIX_NAME_MAX);
		}
	} else {
		named = BPF_CORE_READ(direction == OUTBOUND ? other : self, addr);
		if (named)
			n = event__push_unix_name(e, (void *)&named->name + 2);
	}
	return 1 + 2 * 8 + n;
}

/*
 * Writes the two ends of the connection behind a descriptor at `pos` of the CPU's record; its
 * length, 0 for what is no socket of a family with a form here. `peer` is the address that the
 * call named, or 0.
 */
__global u32 tuple__write(u32 pos, u32 fd, u64 peer, u32 direction)
{
	struct socket *socket = fd__socket(bpf_get_current_task_btf(), fd);
	struct sock *sk = socket ? BPF_CORE_READ(socket, sk) : NULL;
	struct event e;

	if (!sk || !event__resume(&e, pos))
		return 0;
	switch (BPF_CORE_READ(sk, __sk_common.skc_family)) {
	case AF_INET:
		return event__push_inet(&e, sk, peer, direction);
	case AF_INET6:
		return event__push_inet6(&e, sk, peer, direction);
	case AF_UNIX:
		return event__push_unix(&e, sk, peer, direction);
	}
	return 0;
}

static __always_inline void event__tuple(struct event *e, s64 fd, u64 peer,
					 enum direction direction)
{
	event__written(e, tuple__write(e->pos, fd, peer, direction));
}
