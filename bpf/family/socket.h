/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets: making and connecting them, their options, what is sent and received. */
#pragma once

#include "../iovec.h"
#include "../socket.h"
#include "../syscall.h"

#define SOCK_NONBLOCK 04000
#define SOCK_CLOEXEC 02000000

static __always_inline u32 socket_flags__encode(u32 flags)
{
	u32 out = 0;

	if (flags & SOCK_NONBLOCK)
		out |= FILE_FLAGS__O_NONBLOCK;
	if (flags & SOCK_CLOEXEC)
		out |= FILE_FLAGS__O_CLOEXEC;
	return out;
}

/* ---- making and connecting ---- */

EXIT(SOCKET_SOCKET_X, LOSS_OTHER_INTEREST)
{
	u32 type = call__arg(call, 1);

	event__s64(e, call->ret);
	event__u32(e, family__encode(call__arg(call, 0)));
	event__u32(e, type);
	event__u32(e, call__arg(call, 2));
	event__u32(e, socket_flags__encode(type));
}

EXIT(SOCKET_BIND_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__sockaddr_user(e, call__arg(call, 1), call__arg(call, 2));
	event__s64(e, call__int(call, 0));
}

#define EINPROGRESS 115

/* The two ends are known once the connection is made or under way. */
EXIT(SOCKET_CONNECT_X, LOSS_CONNECT)
{
	u64 address = call__arg(call, 1);

	event__s64(e, call->ret);
	if (call->ret == 0 || call->ret == -EINPROGRESS)
		event__tuple(e, call__int(call, 0), address, OUTBOUND);
	else
		event__empty(e);
	event__s64(e, call__int(call, 0));
	event__sockaddr_user(e, address, call__arg(call, 2));
}

EXIT(SOCKET_LISTEN_X, LOSS_OTHER_INTEREST)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u32(e, call__arg(call, 1));
}

/* The new connection's two ends, and how full the queue of the listening socket is. */
static __always_inline void event__accepted(struct event *e, const struct call *call)
{
	struct socket *socket = NULL;
	u32 length = 0, limit = 0;

	event__s64(e, call->ret);
	if (call->ret >= 0) {
		event__tuple(e, call->ret, 0, INBOUND);
		socket = fd__socket(call->task, call__arg(call, 0));
	} else {
		event__empty(e);
	}
	if (socket) {
		struct sock *sk = BPF_CORE_READ(socket, sk);

		length = BPF_CORE_READ(sk, sk_ack_backlog);
		limit = BPF_CORE_READ(sk, sk_max_ack_backlog);
	}
	event__u8(e, limit ? (u64)length * 100 / limit : 0);
	event__u32(e, length);
	event__u32(e, limit);
}

EXIT(SOCKET_ACCEPT_5_X, LOSS_OTHER_INTEREST)
{
	event__accepted(e, call);
}

EXIT(SOCKET_ACCEPT4_6_X, LOSS_OTHER_INTEREST)
{
	event__accepted(e, call);
	event__u32(e, socket_flags__encode(call__arg(call, 3)));
}

EXIT(SOCKET_SOCKETPAIR_X, LOSS_OTHER_INTEREST)
{
	s32 fds[2] = { -1, -1 };
	u64 source = 0, peer = 0;

	if (call->ret == 0) {
		struct socket *socket;

		bpf_probe_read_user(fds, sizeof(fds), (void *)call__arg(call, 3));
		socket = fd__socket(call->task, fds[0]);
		if (socket) {
			struct unix_sock *self = (void *)BPF_CORE_READ(socket, sk);

			source = (u64)self;
			peer = (u64)BPF_CORE_READ(self, peer);
		}
	}
	event__s64(e, call->ret);
	event__s64(e, fds[0]);
	event__s64(e, fds[1]);
	event__u64(e, source);
	event__u64(e, peer);
	event__u32(e, family__encode(call__arg(call, 0)));
	event__u32(e, call__arg(call, 1));
	event__u32(e, call__arg(call, 2));
}

EXIT(SOCKET_SHUTDOWN_X, LOSS_OTHER_INTEREST)
{
	u32 how = call__arg(call, 1);

	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	/* 0 to 2 are the same in the capture format. */
	event__u8(e, how <= 2 ? how : (u8)SHUTDOWN_HOW__SHUT_UNKNOWN);
}

/* These have no parameters. */
EXIT(SOCKET_GETSOCKNAME_X, LOSS_OTHER)
{
}

EXIT(SOCKET_GETPEERNAME_X, LOSS_OTHER)
{
}

/* ---- options ---- */

#define SOL_SOCKET 1
#define SOL_TCP 6

#define SO_ERROR 4
#define SO_RCVTIMEO_OLD 20
#define SO_SNDTIMEO_OLD 21
#define SO_COOKIE 57
#define SO_RCVTIMEO_NEW 66
#define SO_SNDTIMEO_NEW 67

/* Option numbers of asm-generic/socket.h in those of the capture format, 0 for others. */
static const u8 socket_options[] = {
	[1] = SOCKOPT_OPTIONS__SO_DEBUG,
	[2] = SOCKOPT_OPTIONS__SO_REUSEADDR,
	[3] = SOCKOPT_OPTIONS__SO_TYPE,
	[SO_ERROR] = SOCKOPT_OPTIONS__SO_ERROR,
	[5] = SOCKOPT_OPTIONS__SO_DONTROUTE,
	[6] = SOCKOPT_OPTIONS__SO_BROADCAST,
	[7] = SOCKOPT_OPTIONS__SO_SNDBUF,
	[8] = SOCKOPT_OPTIONS__SO_RCVBUF,
	[9] = SOCKOPT_OPTIONS__SO_KEEPALIVE,
	[10] = SOCKOPT_OPTIONS__SO_OOBINLINE,
	[11] = SOCKOPT_OPTIONS__SO_NO_CHECK,
	[12] = SOCKOPT_OPTIONS__SO_PRIORITY,
	[13] = SOCKOPT_OPTIONS__SO_LINGER,
	[14] = SOCKOPT_OPTIONS__SO_BSDCOMPAT,
	[15] = SOCKOPT_OPTIONS__SO_REUSEPORT,
	[16] = SOCKOPT_OPTIONS__SO_PASSCRED,
	[17] = SOCKOPT_OPTIONS__SO_PEERCRED,
	[18] = SOCKOPT_OPTIONS__SO_RCVLOWAT,
	[19] = SOCKOPT_OPTIONS__SO_SNDLOWAT,
	[SO_RCVTIMEO_OLD] = SOCKOPT_OPTIONS__SO_RCVTIMEO,
	[SO_SNDTIMEO_OLD] = SOCKOPT_OPTIONS__SO_SNDTIMEO,
	[22] = SOCKOPT_OPTIONS__SO_SECURITY_AUTHENTICATION,
	[23] = SOCKOPT_OPTIONS__SO_SECURITY_ENCRYPTION_TRANSPORT,
	[24] = SOCKOPT_OPTIONS__SO_SECURITY_ENCRYPTION_NETWORK,
	[25] = SOCKOPT_OPTIONS__SO_BINDTODEVICE,
	[26] = SOCKOPT_OPTIONS__SO_ATTACH_FILTER,
	[27] = SOCKOPT_OPTIONS__SO_DETACH_FILTER,
	[28] = SOCKOPT_OPTIONS__SO_PEERNAME,
	[29] = SOCKOPT_OPTIONS__SO_TIMESTAMP,
	[30] = SOCKOPT_OPTIONS__SO_ACCEPTCONN,
	[31] = SOCKOPT_OPTIONS__SO_PEERSEC,
	[32] = SOCKOPT_OPTIONS__SO_SNDBUFFORCE,
	[33] = SOCKOPT_OPTIONS__SO_RCVBUFFORCE,
	[34] = SOCKOPT_OPTIONS__SO_PASSSEC,
	[35] = SOCKOPT_OPTIONS__SO_TIMESTAMPNS,
	[36] = SOCKOPT_OPTIONS__SO_MARK,
	[37] = SOCKOPT_OPTIONS__SO_TIMESTAMPING,
	[38] = SOCKOPT_OPTIONS__SO_PROTOCOL,
	[39] = SOCKOPT_OPTIONS__SO_DOMAIN,
	[40] = SOCKOPT_OPTIONS__SO_RXQ_OVFL,
	[41] = SOCKOPT_OPTIONS__SO_WIFI_STATUS,
	[42] = SOCKOPT_OPTIONS__SO_PEEK_OFF,
	[43] = SOCKOPT_OPTIONS__SO_NOFCS,
	[44] = SOCKOPT_OPTIONS__SO_LOCK_FILTER,
	[45] = SOCKOPT_OPTIONS__SO_SELECT_ERR_QUEUE,
	[46] = SOCKOPT_OPTIONS__SO_BUSY_POLL,
	[47] = SOCKOPT_OPTIONS__SO_MAX_PACING_RATE,
	[48] = SOCKOPT_OPTIONS__SO_BPF_EXTENSIONS,
	[49] = SOCKOPT_OPTIONS__SO_INCOMING_CPU,
	[50] = SOCKOPT_OPTIONS__SO_ATTACH_BPF,
	[55] = SOCKOPT_OPTIONS__SO_MEMINFO,
	[SO_COOKIE] = SOCKOPT_OPTIONS__SO_COOKIE,
	[59] = SOCKOPT_OPTIONS__SO_PEERGROUPS,
	[SO_RCVTIMEO_NEW] = SOCKOPT_OPTIONS__SO_RCVTIMEO,
	[SO_SNDTIMEO_NEW] = SOCKOPT_OPTIONS__SO_SNDTIMEO,
};

/* Options whose value is a number of 32 bits: what has a name, but for these. */
static __always_inline bool socket_option__is_u32(u32 option)
{
	switch (option) {
	case 13: /* SO_LINGER, a struct */
	case 17: /* SO_PEERCRED, a struct */
	case 26: /* SO_ATTACH_FILTER */
	case 28: /* SO_PEERNAME */
	case 50: /* SO_ATTACH_BPF */
	case 55: /* SO_MEMINFO */
	case 59: /* SO_PEERGROUPS */
		return false;
	}
	return TABLE_AT(socket_options, option);
}

/* Variants of the value, in the order of the schema's sockopt_dynamic_param. */
enum { OPTION_UNKNOWN, OPTION_ERRNO, OPTION_UINT32, OPTION_UINT64, OPTION_TIMEVAL };

static __always_inline void event__socket_option(struct event *e, s32 level, u32 option, u64 from,
						 u32 len)
{
	u64 wide[2] = {};
	s32 number = 0;
	u32 n;

	if (level != SOL_SOCKET)
		goto bytes;
	switch (option) {
	case SO_ERROR:
		bpf_probe_read_user(&number, sizeof(number), (void *)from);
		event__push_u8(e, OPTION_ERRNO);
		event__push_u64(e, -(s64)number);
		event__len(e, 1 + 8);
		return;
	case SO_RCVTIMEO_OLD:
	case SO_SNDTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
	case SO_SNDTIMEO_NEW:
		bpf_probe_read_user(wide, sizeof(wide), (void *)from);
		event__push_u8(e, OPTION_TIMEVAL);
		event__push_u64(e, wide[0] * 1000000000 + wide[1] * 1000);
		event__len(e, 1 + 8);
		return;
	case SO_COOKIE:
		bpf_probe_read_user(wide, sizeof(wide[0]), (void *)from);
		event__push_u8(e, OPTION_UINT64);
		event__push_u64(e, wide[0]);
		event__len(e, 1 + 8);
		return;
	}
	if (socket_option__is_u32(option)) {
		bpf_probe_read_user(&number, sizeof(number), (void *)from);
		event__push_u8(e, OPTION_UINT32);
		event__push_u32(e, number);
		event__len(e, 1 + 4);
		return;
	}
bytes:
	event__push_u8(e, OPTION_UNKNOWN);
	n = from && len ? event__push_bytes_user(e, from, len) : 0;
	event__len(e, 1 + n);
}

static __always_inline void event__option(struct event *e, const struct call *call, u32 len)
{
	s32 level = call__int(call, 1);
	u32 option = call__arg(call, 2);
	u8 name = 0;

	if (level == SOL_SOCKET)
		name = TABLE_AT(socket_options, option);
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u8(e, level == SOL_SOCKET ? SOCKOPT_LEVELS__SOL_SOCKET :
		     level == SOL_TCP	 ? SOCKOPT_LEVELS__SOL_TCP :
					   SOCKOPT_LEVELS__UNKNOWN);
	event__u8(e, name);
	/* A record has 64 KiB in all. */
	event__socket_option(e, level, option, call__arg(call, 3), len < 0x8000 ? len : 0x8000);
	event__u32(e, len);
}

EXIT(SOCKET_SETSOCKOPT_X, LOSS_OTHER)
{
	event__option(e, call, call__arg(call, 4));
}

/* The length is where the kernel says how much there was. */
EXIT(SOCKET_GETSOCKOPT_X, LOSS_OTHER)
{
	u32 len = 0;

	bpf_probe_read_user(&len, sizeof(len), (void *)call__arg(call, 4));
	event__option(e, call, len);
}

/* ---- sending and receiving one buffer ---- */

/* A failed call names the bytes that it would have sent. */
static __always_inline void event__sent(struct event *e, const struct call *call,
					const struct config *config, u64 peer)
{
	u64 size = call__arg(call, 2);

	event__s64(e, call->ret);
	event__data_user(e, config, call__arg(call, 1), call->ret > 0 ? call->ret : (u32)size);
	event__s64(e, call__int(call, 0));
	event__u32(e, size);
	if (call->ret >= 0)
		event__tuple(e, call__int(call, 0), peer, OUTBOUND);
	else
		event__empty(e);
}

EXIT(SOCKET_SENDTO_X, LOSS_IO)
{
	event__sent(e, call, config, call__arg(call, 4));
}

EXIT(SOCKET_SEND_X, LOSS_IO)
{
	event__sent(e, call, config, 0);
}

EXIT(SOCKET_RECVFROM_X, LOSS_IO)
{
	event__s64(e, call->ret);
	event__data_user(e, config, call__arg(call, 1), call->ret);
	if (call->ret >= 0)
		event__tuple(e, call__int(call, 0), call__arg(call, 4), INBOUND);
	else
		event__empty(e);
	event__s64(e, call__int(call, 0));
	event__u32(e, call__arg(call, 2));
}

EXIT(SOCKET_RECV_X, LOSS_IO)
{
	event__s64(e, call->ret);
	event__data_user(e, config, call__arg(call, 1), call->ret);
	event__s64(e, call__int(call, 0));
	event__u32(e, call__arg(call, 2));
	if (call->ret >= 0)
		event__tuple(e, call__int(call, 0), 0, INBOUND);
	else
		event__empty(e);
}

/* ---- messages ---- */

/* A struct msghdr, of 64- and 32-bit programs alike. */
struct message {
	u64 name;
	u64 iov;
	u64 control;
	u32 iov_count;
	u32 control_len;
};

struct user_msghdr {
	u64 name;
	u64 name_len; /* an int and padding */
	u64 iov, iov_count;
	u64 control, control_len;
	u64 flags; /* an int and padding */
};

struct compat_msghdr {
	u32 name, name_len;
	u32 iov, iov_count;
	u32 control, control_len;
	u32 flags;
};

static __always_inline bool message__read(struct message *message, u64 from, bool compat)
{
	if (compat) {
		struct compat_msghdr header;

		if (bpf_probe_read_user(&header, sizeof(header), (void *)from))
			return false;
		message->name = header.name;
		message->iov = header.iov;
		message->iov_count = header.iov_count;
		message->control = header.control;
		message->control_len = header.control_len;
	} else {
		struct user_msghdr header;

		if (bpf_probe_read_user(&header, sizeof(header), (void *)from))
			return false;
		message->name = header.name;
		message->iov = header.iov;
		message->iov_count = header.iov_count;
		message->control = header.control;
		message->control_len = header.control_len;
	}
	return true;
}

static __always_inline void event__control(struct event *e, const struct message *message)
{
	/* A record has 64 KiB in all. */
	u32 len = message->control_len < 0x8000 ? message->control_len : 0;

	event__bytes_user(e, message->control, len);
}

EXIT(SOCKET_SENDMSG_X, LOSS_IO)
{
	struct message message;

	event__s64(e, call->ret);
	if (!message__read(&message, call__arg(call, 1), call->compat)) {
		event__empty(e);
		event__s64(e, call__int(call, 0));
		event__empty(e);
		event__empty(e);
		return;
	}
	event__data_iovec(e, config, message.iov, message.iov_count,
			  call->ret > 0 ? call->ret : RECORD_MAX, call->compat);
	event__s64(e, call__int(call, 0));
	event__u32(e, iovec__total(message.iov, message.iov_count, call->compat));
	if (call->ret >= 0)
		event__tuple(e, call__int(call, 0), message.name, OUTBOUND);
	else
		event__empty(e);
}

EXIT(SOCKET_RECVMSG_X, LOSS_IO)
{
	struct message message = {};
	bool received = call->ret >= 0 &&
			message__read(&message, call__arg(call, 1), call->compat);

	event__s64(e, call->ret);
	event__u32(e, call->ret > 0 ? call->ret : 0);
	if (received) {
		event__data_iovec(e, config, message.iov, message.iov_count, call->ret,
				  call->compat);
		event__tuple(e, call__int(call, 0), message.name, INBOUND);
		event__control(e, &message);
	} else {
		event__empty(e);
		event__empty(e);
		event__empty(e);
	}
	event__s64(e, call__int(call, 0));
}

/* ---- several messages: an event for each ---- */

/* Events for one call, at most; the kernel takes 1024 messages. */
#define MESSAGES_MAX 1024

struct message_walk {
	u64 messages;
	s64 fd;
	u32 flags;
	u32 tid;
	u16 event;
	bool compat;
};

static __always_inline u64 message_walk__address(const struct message_walk *walk, u32 index)
{
	u32 size = walk->compat ? sizeof(struct compat_msghdr) + 4 : sizeof(struct user_msghdr) + 8;

	return walk->messages + (u64)index * size;
}

/* The bytes that were sent or received of a message: the field behind its header. */
static __always_inline u32 message_walk__len(const struct message_walk *walk, u64 address)
{
	u32 len = 0;

	address += walk->compat ? sizeof(struct compat_msghdr) : sizeof(struct user_msghdr);
	bpf_probe_read_user(&len, sizeof(len), (void *)address);
	return len;
}

static __always_inline bool message_walk__begin(const struct message_walk *walk, struct event *e,
						struct config **config, u32 params)
{
	struct cpu *cpu = cpu__get();

	*config = config__get();
	return cpu && *config &&
	       event__begin_as(e, *config, cpu, walk->flags, walk->event, params, walk->tid);
}

static long sendmmsg__report(u32 index, void *context)
{
	const struct message_walk *walk = context;
	u64 address = message_walk__address(walk, index);
	u32 len = message_walk__len(walk, address);
	struct message message = {};
	struct config *config;
	struct event e;

	if (!message_walk__begin(walk, &e, &config, EVENT_SOCKET_SENDMMSG_X_PARAMS))
		return 0;
	message__read(&message, address, walk->compat);
	event__s64(&e, len);
	event__s64(&e, walk->fd);
	event__u32(&e, iovec__total(message.iov, message.iov_count, walk->compat));
	event__data_iovec(&e, config, message.iov, message.iov_count, len, walk->compat);
	event__tuple(&e, walk->fd, message.name, OUTBOUND);
	event__submit(&e, LOSS_IO, LANE_OTHER);
	return 0;
}

static long recvmmsg__report(u32 index, void *context)
{
	const struct message_walk *walk = context;
	u64 address = message_walk__address(walk, index);
	u32 len = message_walk__len(walk, address);
	struct message message = {};
	struct config *config;
	struct event e;

	if (!message_walk__begin(walk, &e, &config, EVENT_SOCKET_RECVMMSG_X_PARAMS))
		return 0;
	message__read(&message, address, walk->compat);
	event__s64(&e, len);
	event__s64(&e, walk->fd);
	event__u32(&e, len);
	event__data_iovec(&e, config, message.iov, message.iov_count, len, walk->compat);
	event__tuple(&e, walk->fd, message.name, INBOUND);
	event__control(&e, &message);
	event__submit(&e, LOSS_IO, LANE_OTHER);
	return 0;
}

/* False if there is no message to report, but the call itself. */
static __always_inline bool message_walk__start(struct message_walk *walk, const struct call *call,
						const struct route *route)
{
	walk->messages = call__arg(call, 1);
	walk->fd = call__int(call, 0);
	walk->flags = policy__record_flags(route->policy, call->ret);
	walk->tid = call->task->pid;
	walk->event = route->event;
	walk->compat = call->compat;
	return call->ret > 0;
}

SEC("tp_btf/sys_exit")
int exit__SOCKET_SENDMMSG_X(u64 *ctx)
{
	struct config *config = config__get();
	struct message_walk walk = {};
	struct call call;
	struct event e;

	if (!config)
		return 0;
	call__read(&call, ctx);
	if (message_walk__start(&walk, &call, call__route(config, &call))) {
		bpf_loop(call.ret < MESSAGES_MAX ? call.ret : MESSAGES_MAX, sendmmsg__report, &walk,
			 0);
		return 0;
	}
	if (!message_walk__begin(&walk, &e, &config, EVENT_SOCKET_SENDMMSG_X_PARAMS))
		return 0;
	event__s64(&e, call.ret);
	event__s64(&e, walk.fd);
	event__u32(&e, 0);
	event__empty(&e);
	event__empty(&e);
	event__submit(&e, LOSS_IO, LANE_OTHER);
	return 0;
}

SEC("tp_btf/sys_exit")
int exit__SOCKET_RECVMMSG_X(u64 *ctx)
{
	struct config *config = config__get();
	struct message_walk walk = {};
	struct call call;
	struct event e;

	if (!config)
		return 0;
	call__read(&call, ctx);
	if (message_walk__start(&walk, &call, call__route(config, &call))) {
		bpf_loop(call.ret < MESSAGES_MAX ? call.ret : MESSAGES_MAX, recvmmsg__report, &walk,
			 0);
		return 0;
	}
	if (!message_walk__begin(&walk, &e, &config, EVENT_SOCKET_RECVMMSG_X_PARAMS))
		return 0;
	event__s64(&e, call.ret);
	event__s64(&e, walk.fd);
	event__u32(&e, 0);
	event__empty(&e);
	event__empty(&e);
	event__empty(&e);
	event__submit(&e, LOSS_IO, LANE_OTHER);
	return 0;
}
