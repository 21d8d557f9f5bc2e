/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Signals, tracing, keys, modules, semaphores, futexes, devices, quotas. */
#pragma once

#include "../syscall.h"

/* ---- signals and sleep ---- */

EXIT(SYSCALL_KILL_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u8(e, call__arg(call, 1));
}

EXIT(SYSCALL_TKILL_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u8(e, call__arg(call, 1));
}

EXIT(SYSCALL_TGKILL_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__s64(e, call__int(call, 1));
	event__u8(e, call__arg(call, 2));
}

EXIT(SYSCALL_NANOSLEEP_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__u64(e, timespec__read(call__arg(call, 0), call->compat));
}

/* The flag bits and the operations are those of Linux, but for what Linux has since added. */
EXIT(SYSCALL_FUTEX_X, LOSS_OTHER)
{
	u32 op = call__arg(call, 1);
	u32 operation = op & 127;

	if (operation > FUTEX_OPERATIONS__FUTEX_CMP_REQUEUE_PI)
		operation = 0;
	event__s64(e, call->ret);
	event__u64(e, call__arg(call, 0));
	event__u16(e, operation | (op & (FUTEX_OPERATIONS__FUTEX_PRIVATE_FLAG |
					 FUTEX_OPERATIONS__FUTEX_CLOCK_REALTIME)));
	event__u64(e, call__arg(call, 2));
}

/* ---- tracing ---- */

/* Requests 0 to 33 of linux/ptrace.h and asm/ptrace-abi.h in the numbers of the capture format. */
static const u8 ptrace_requests[] = {
	[0] = PTRACE_REQUESTS__PTRACE_TRACEME,
	[1] = PTRACE_REQUESTS__PTRACE_PEEKTEXT,
	[2] = PTRACE_REQUESTS__PTRACE_PEEKDATA,
	[3] = PTRACE_REQUESTS__PTRACE_PEEKUSR,
	[4] = PTRACE_REQUESTS__PTRACE_POKETEXT,
	[5] = PTRACE_REQUESTS__PTRACE_POKEDATA,
	[6] = PTRACE_REQUESTS__PTRACE_POKEUSR,
	[7] = PTRACE_REQUESTS__PTRACE_CONT,
	[8] = PTRACE_REQUESTS__PTRACE_KILL,
	[9] = PTRACE_REQUESTS__PTRACE_SINGLESTEP,
	[12] = PTRACE_REQUESTS__PTRACE_GETREGS,
	[13] = PTRACE_REQUESTS__PTRACE_SETREGS,
	[14] = PTRACE_REQUESTS__PTRACE_GETFPREGS,
	[15] = PTRACE_REQUESTS__PTRACE_SETFPREGS,
	[16] = PTRACE_REQUESTS__PTRACE_ATTACH,
	[17] = PTRACE_REQUESTS__PTRACE_DETACH,
	[18] = PTRACE_REQUESTS__PTRACE_GETFPXREGS,
	[19] = PTRACE_REQUESTS__PTRACE_SETFPXREGS,
	[21] = PTRACE_REQUESTS__PTRACE_OLDSETOPTIONS,
	[24] = PTRACE_REQUESTS__PTRACE_SYSCALL,
	[25] = PTRACE_REQUESTS__PTRACE_GET_THREAD_AREA,
	[26] = PTRACE_REQUESTS__PTRACE_SET_THREAD_AREA,
	[30] = PTRACE_REQUESTS__PTRACE_ARCH_PRCTL,
	[31] = PTRACE_REQUESTS__PTRACE_SYSEMU,
	[32] = PTRACE_REQUESTS__PTRACE_SYSEMU_SINGLESTEP,
	[33] = PTRACE_REQUESTS__PTRACE_SINGLEBLOCK,
};

/* Those from 0x4200 on. */
static const u8 ptrace_late_requests[] = {
	[0] = PTRACE_REQUESTS__PTRACE_SETOPTIONS,
	[1] = PTRACE_REQUESTS__PTRACE_GETEVENTMSG,
	[2] = PTRACE_REQUESTS__PTRACE_GETSIGINFO,
	[3] = PTRACE_REQUESTS__PTRACE_SETSIGINFO,
	[4] = PTRACE_REQUESTS__PTRACE_GETREGSET,
	[5] = PTRACE_REQUESTS__PTRACE_SETREGSET,
	[6] = PTRACE_REQUESTS__PTRACE_SEIZE,
	[7] = PTRACE_REQUESTS__PTRACE_INTERRUPT,
	[8] = PTRACE_REQUESTS__PTRACE_LISTEN,
	[9] = PTRACE_REQUESTS__PTRACE_PEEKSIGINFO,
	[10] = PTRACE_REQUESTS__PTRACE_GETSIGMASK,
	[11] = PTRACE_REQUESTS__PTRACE_SETSIGMASK,
};

static __always_inline u16 ptrace_request__encode(u64 request)
{
	u64 late = request - 0x4200;

	if (request < sizeof(ptrace_requests))
		return TABLE_AT(ptrace_requests, request);
	if (late < sizeof(ptrace_late_requests))
		return TABLE_AT(ptrace_late_requests, late);
	return PTRACE_REQUESTS__PTRACE_UNKNOWN;
}

/* Variants of address and data, in the order of the schema's ptrace_dynamic_param. */
enum { PTRACE_U64, PTRACE_SIGNAL };

static __always_inline void event__ptrace_u64(struct event *e, u64 value)
{
	event__push_u8(e, PTRACE_U64);
	event__push_u64(e, value);
	event__len(e, 1 + 8);
}

/* What the data argument means depends on the request; of a failed call both are 0. */
EXIT(SYSCALL_PTRACE_X, LOSS_OTHER)
{
	u16 request = ptrace_request__encode(call__arg(call, 0));
	u64 data = call__arg(call, 3);
	u64 word = 0;
	bool ok = call->ret >= 0;

	event__s64(e, call->ret);
	event__ptrace_u64(e, ok ? call__arg(call, 2) : 0);
	switch (ok ? request : 0) {
	case PTRACE_REQUESTS__PTRACE_PEEKTEXT:
	case PTRACE_REQUESTS__PTRACE_PEEKDATA:
	case PTRACE_REQUESTS__PTRACE_PEEKUSR:
		bpf_probe_read_user(&word, call->compat ? 4 : 8, (void *)data);
		event__ptrace_u64(e, word);
		break;
	case PTRACE_REQUESTS__PTRACE_CONT:
	case PTRACE_REQUESTS__PTRACE_SINGLESTEP:
	case PTRACE_REQUESTS__PTRACE_DETACH:
	case PTRACE_REQUESTS__PTRACE_SYSCALL:
		event__push_u8(e, PTRACE_SIGNAL);
		event__push_u8(e, data);
		event__len(e, 1 + 1);
		break;
	default:
		event__ptrace_u64(e, ok ? data : 0);
	}
	event__u16(e, request);
	event__s64(e, call__int(call, 1));
}

/* ---- keys ---- */

/* Variants of an argument, in the order of the schema's keyctl_dynamic_param. */
enum { KEYCTL_NUMBER, KEYCTL_TEXT };

/*
 * By operation: how many of arguments 2 to 5 it has (bits 0 to 2), and which of them are text
 * (bits 4 to 7). keyctl(2).
 */
#define KEYCTL_ARGS(count) (count)
#define KEYCTL_TEXT_2 (1 << 4)
#define KEYCTL_TEXT_3 (1 << 5)
#define KEYCTL_TEXT_4 (1 << 6)

static const u8 keyctl_shapes[] = {
	[KEYCTL_OPERATIONS__KEYCTL_GET_KEYRING_ID] = KEYCTL_ARGS(2),
	[KEYCTL_OPERATIONS__KEYCTL_JOIN_SESSION_KEYRING] = KEYCTL_ARGS(1) | KEYCTL_TEXT_2,
	[KEYCTL_OPERATIONS__KEYCTL_UPDATE] = KEYCTL_ARGS(3),
	[KEYCTL_OPERATIONS__KEYCTL_REVOKE] = KEYCTL_ARGS(1),
	[KEYCTL_OPERATIONS__KEYCTL_CHOWN] = KEYCTL_ARGS(3),
	[KEYCTL_OPERATIONS__KEYCTL_SETPERM] = KEYCTL_ARGS(2),
	[KEYCTL_OPERATIONS__KEYCTL_DESCRIBE] = KEYCTL_ARGS(3),
	[KEYCTL_OPERATIONS__KEYCTL_CLEAR] = KEYCTL_ARGS(1),
	[KEYCTL_OPERATIONS__KEYCTL_LINK] = KEYCTL_ARGS(2),
	[KEYCTL_OPERATIONS__KEYCTL_UNLINK] = KEYCTL_ARGS(2),
	[KEYCTL_OPERATIONS__KEYCTL_SEARCH] = KEYCTL_ARGS(4) | KEYCTL_TEXT_3 | KEYCTL_TEXT_4,
	[KEYCTL_OPERATIONS__KEYCTL_READ] = KEYCTL_ARGS(3),
	[KEYCTL_OPERATIONS__KEYCTL_INSTANTIATE] = KEYCTL_ARGS(4),
	[KEYCTL_OPERATIONS__KEYCTL_NEGATE] = KEYCTL_ARGS(3),
	[KEYCTL_OPERATIONS__KEYCTL_SET_REQKEY_KEYRING] = KEYCTL_ARGS(1),
	[KEYCTL_OPERATIONS__KEYCTL_SET_TIMEOUT] = KEYCTL_ARGS(2),
	[KEYCTL_OPERATIONS__KEYCTL_ASSUME_AUTHORITY] = KEYCTL_ARGS(1),
	[KEYCTL_OPERATIONS__KEYCTL_GET_SECURITY] = KEYCTL_ARGS(3),
	[KEYCTL_OPERATIONS__KEYCTL_SESSION_TO_PARENT] = KEYCTL_ARGS(0),
	[KEYCTL_OPERATIONS__KEYCTL_REJECT] = KEYCTL_ARGS(4),
	[KEYCTL_OPERATIONS__KEYCTL_INSTANTIATE_IOV] = KEYCTL_ARGS(4),
	[KEYCTL_OPERATIONS__KEYCTL_INVALIDATE] = KEYCTL_ARGS(1),
	[KEYCTL_OPERATIONS__KEYCTL_GET_PERSISTENT] = KEYCTL_ARGS(2),
	[KEYCTL_OPERATIONS__KEYCTL_DH_COMPUTE] = KEYCTL_ARGS(4),
	[KEYCTL_OPERATIONS__KEYCTL_PKEY_QUERY] = KEYCTL_ARGS(3) | KEYCTL_TEXT_4,
	[KEYCTL_OPERATIONS__KEYCTL_PKEY_ENCRYPT] = KEYCTL_ARGS(4) | KEYCTL_TEXT_3,
	[KEYCTL_OPERATIONS__KEYCTL_PKEY_DECRYPT] = KEYCTL_ARGS(4) | KEYCTL_TEXT_3,
	[KEYCTL_OPERATIONS__KEYCTL_PKEY_SIGN] = KEYCTL_ARGS(4) | KEYCTL_TEXT_3,
	[KEYCTL_OPERATIONS__KEYCTL_PKEY_VERIFY] = KEYCTL_ARGS(4) | KEYCTL_TEXT_3,
	[KEYCTL_OPERATIONS__KEYCTL_RESTRICT_KEYRING] = KEYCTL_ARGS(3) | KEYCTL_TEXT_3 | KEYCTL_TEXT_4,
	[KEYCTL_OPERATIONS__KEYCTL_MOVE] = KEYCTL_ARGS(4),
	[KEYCTL_OPERATIONS__KEYCTL_CAPABILITIES] = KEYCTL_ARGS(2),
	[KEYCTL_OPERATIONS__KEYCTL_WATCH_KEY] = KEYCTL_ARGS(3),
};

static __always_inline void event__keyctl_argument(struct event *e, u8 shape, int position,
						   u64 value)
{
	if (shape & 1 << (4 + position)) {
		event__push_u8(e, KEYCTL_TEXT);
		event__len(e, 1 + (value ? event__push_str_user(e, value, PATH_MAX) : 0));
		return;
	}
	event__push_u8(e, KEYCTL_NUMBER);
	event__push_u64(e, position < (shape & 7) ? value : 0);
	event__len(e, 1 + 8);
}

EXIT(SYSCALL_KEYCTL_X, LOSS_OTHER)
{
	u32 operation = call__arg(call, 0);
	u8 shape = TABLE_AT(keyctl_shapes, operation);

	event__s64(e, call->ret);
	event__u32(e, operation);
	event__keyctl_argument(e, shape, 0, call__arg(call, 1));
	event__keyctl_argument(e, shape, 1, call__arg(call, 2));
	event__keyctl_argument(e, shape, 2, call__arg(call, 3));
	event__keyctl_argument(e, shape, 3, call__arg(call, 4));
}

/* ---- modules ---- */

/* Kept of an image: a record has 64 KiB in all. */
#define MODULE_IMAGE_MAX 0x8000

EXIT(SYSCALL_INIT_MODULE_X, LOSS_OTHER)
{
	u64 length = call__arg(call, 1);

	event__s64(e, call->ret);
	event__bytes_user(e, call__arg(call, 0), length < MODULE_IMAGE_MAX ? length : MODULE_IMAGE_MAX);
	event__u64(e, length);
	event__path_user(e, call__arg(call, 2));
}

/* The three bits are the same in the capture format. */
EXIT(SYSCALL_FINIT_MODULE_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__path_user(e, call__arg(call, 1));
	event__u32(e, call__arg(call, 2) & 7);
}

EXIT(SYSCALL_DELETE_MODULE_X, LOSS_OTHER)
{
	u32 flags = call__arg(call, 1);
	u32 out = 0;

	if (flags & 04000)
		out |= DELETE_MODULE_FLAGS__O_NONBLOCK;
	if (flags & 01000)
		out |= DELETE_MODULE_FLAGS__O_TRUNC;
	event__s64(e, call->ret);
	event__path_user(e, call__arg(call, 0));
	event__u32(e, out);
}

/* ---- semaphores ---- */

#define IPC_CREAT 01000
#define IPC_EXCL 02000
#define IPC_NOWAIT 04000
#define SEM_UNDO 0x1000
#define SETVAL 16

EXIT(SYSCALL_SEMGET_X, LOSS_OTHER)
{
	u32 flags = call__arg(call, 2);
	u32 out = 0;

	if (flags & IPC_CREAT)
		out |= SEMGET_FLAGS__IPC_CREAT;
	if (flags & IPC_EXCL)
		out |= SEMGET_FLAGS__IPC_EXCL;
	event__s64(e, call->ret);
	event__u32(e, call__arg(call, 0));
	event__u32(e, call__arg(call, 1));
	event__u32(e, out);
}

/* Commands of linux/ipc.h and linux/sem.h in the numbers of the capture format. */
static const u16 semctl_commands[] = {
	[0] = SEMCTL_COMMANDS__IPC_RMID,    [1] = SEMCTL_COMMANDS__IPC_SET,
	[2] = SEMCTL_COMMANDS__IPC_STAT,    [3] = SEMCTL_COMMANDS__IPC_INFO,
	[11] = SEMCTL_COMMANDS__GETPID,	    [12] = SEMCTL_COMMANDS__GETVAL,
	[13] = SEMCTL_COMMANDS__GETALL,	    [14] = SEMCTL_COMMANDS__GETNCNT,
	[15] = SEMCTL_COMMANDS__GETZCNT,    [SETVAL] = SEMCTL_COMMANDS__SETVAL,
	[17] = SEMCTL_COMMANDS__SETALL,	    [18] = SEMCTL_COMMANDS__SEM_STAT,
	[19] = SEMCTL_COMMANDS__SEM_INFO,
};

EXIT(SYSCALL_SEMCTL_X, LOSS_OTHER)
{
	u16 command = call__arg(call, 2);

	event__s64(e, call->ret);
	event__u32(e, call__arg(call, 0));
	event__u32(e, call__arg(call, 1));
	event__u16(e, TABLE_AT(semctl_commands, command));
	event__u32(e, command == SETVAL ? call__arg(call, 3) : 0);
}

struct sembuf {
	u16 number;
	s16 operation;
	s16 flags;
};

static __always_inline void event__sembuf(struct event *e, const struct sembuf *sembuf)
{
	u16 out = 0;

	if (sembuf->flags & IPC_NOWAIT)
		out |= SEMOP_FLAGS__IPC_NOWAIT;
	if (sembuf->flags & SEM_UNDO)
		out |= SEMOP_FLAGS__SEM_UNDO;
	event__u16(e, sembuf->number);
	event__u16(e, sembuf->operation);
	event__u16(e, out);
}

/* The first two operations; 0 where there are fewer or the call failed. */
EXIT(SYSCALL_SEMOP_X, LOSS_OTHER)
{
	struct sembuf operations[2] = {};
	u32 count = call__arg(call, 2);
	u64 from = call__arg(call, 1);

	if (call->ret == 0 && count == 1)
		bpf_probe_read_user(operations, sizeof(operations[0]), (void *)from);
	else if (call->ret == 0 && count > 1)
		bpf_probe_read_user(operations, sizeof(operations), (void *)from);
	event__s64(e, call->ret);
	event__u32(e, count);
	event__sembuf(e, &operations[0]);
	event__sembuf(e, &operations[1]);
	event__u32(e, call__arg(call, 0));
}

/* ---- devices, file systems, quotas ---- */

EXIT(SYSCALL_IOCTL_3_X, LOSS_OTHER)
{
	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u64(e, call__arg(call, 1));
	event__u64(e, call__arg(call, 2));
}

/* Commands have Linux's numbers; which of the values one takes, fsconfig(2). */
#define FSCONFIG_VALUE_MAX 0x8000

EXIT(SYSCALL_FSCONFIG_X, LOSS_OTHER)
{
	u32 command = call__arg(call, 1);
	u64 value = call__arg(call, 3);
	u32 aux = call__arg(call, 4);

	event__s64(e, call->ret);
	event__s64(e, call__int(call, 0));
	event__u32(e, command);
	event__path_user(e, call__arg(call, 2));
	if (call->ret >= 0 && command == FSCONFIG_CMDS__FSCONFIG_SET_BINARY)
		event__bytes_user(e, value, aux < FSCONFIG_VALUE_MAX ? aux : FSCONFIG_VALUE_MAX);
	else
		event__empty(e);
	if (call->ret >= 0 && (command == FSCONFIG_CMDS__FSCONFIG_SET_STRING ||
			       command == FSCONFIG_CMDS__FSCONFIG_SET_PATH ||
			       command == FSCONFIG_CMDS__FSCONFIG_SET_PATH_EMPTY))
		event__path_user(e, value);
	else
		event__empty(e);
	event__u32(e, aux);
}

/* The command without the type of quota, which is in the low byte. linux/quota.h, linux/dqblk_xfs.h */
static __always_inline u16 quota_command__encode(u32 command)
{
	switch (command >> 8) {
	case 0x800001:
		return QUOTACTL_CMDS__Q_SYNC;
	case 0x800002:
		return QUOTACTL_CMDS__Q_QUOTAON;
	case 0x800003:
		return QUOTACTL_CMDS__Q_QUOTAOFF;
	case 0x800004:
		return QUOTACTL_CMDS__Q_GETFMT;
	case 0x800005:
		return QUOTACTL_CMDS__Q_GETINFO;
	case 0x800006:
		return QUOTACTL_CMDS__Q_SETINFO;
	case 0x800007:
		return QUOTACTL_CMDS__Q_GETQUOTA;
	case 0x800008:
		return QUOTACTL_CMDS__Q_SETQUOTA;
	case 0x5801:
		return QUOTACTL_CMDS__Q_XQUOTAON;
	case 0x5802:
		return QUOTACTL_CMDS__Q_XQUOTAOFF;
	case 0x5803:
		return QUOTACTL_CMDS__Q_XGETQUOTA;
	case 0x5804:
		return QUOTACTL_CMDS__Q_XSETQLIM;
	case 0x5805:
		return QUOTACTL_CMDS__Q_XGETQSTAT;
	case 0x5806:
		return QUOTACTL_CMDS__Q_XQUOTARM;
	case 0x5807:
		return QUOTACTL_CMDS__Q_XQUOTASYNC;
	}
	return 0;
}

static __always_inline u8 quota_format__encode(u32 format)
{
	switch (format) {
	case 1:
		return QUOTACTL_QUOTA_FMTS__QFMT_VFS_OLD;
	case 2:
		return QUOTACTL_QUOTA_FMTS__QFMT_VFS_V0;
	case 4:
		return QUOTACTL_QUOTA_FMTS__QFMT_VFS_V1;
	}
	return QUOTACTL_QUOTA_FMTS__QFMT_NOT_USED;
}

/* struct if_dqblk; `valid` tells which of the others hold something. */
struct quota_block {
	u64 block_hard, block_soft, space;
	u64 inode_hard, inode_soft, inodes;
	u64 block_time, inode_time;
	u32 valid;
};

enum {
	QUOTA_BLOCK_LIMITS = 1,
	QUOTA_SPACE = 2,
	QUOTA_INODE_LIMITS = 4,
	QUOTA_BLOCK_TIME = 16,
	QUOTA_INODE_TIME = 32,
};

/* struct if_dqinfo */
struct quota_info {
	u64 block_grace, inode_grace;
	u32 flags;
	u32 valid;
};

enum {
	QUOTA_BLOCK_GRACE = 1,
	QUOTA_INODE_GRACE = 2,
	QUOTA_FLAGS = 4,
};

EXIT(SYSCALL_QUOTACTL_X, LOSS_OTHER)
{
	u32 raw = call__arg(call, 0);
	u16 command = quota_command__encode(raw);
	u32 id = call__arg(call, 2);
	u64 from = call__arg(call, 3);
	struct quota_block block = {};
	struct quota_info info = {};
	u32 format = 0;
	bool names_id = command & (QUOTACTL_CMDS__Q_GETQUOTA | QUOTACTL_CMDS__Q_SETQUOTA |
				   QUOTACTL_CMDS__Q_XGETQUOTA | QUOTACTL_CMDS__Q_XSETQLIM);
	u32 type = raw & 0xff;

	if (command & (QUOTACTL_CMDS__Q_GETQUOTA | QUOTACTL_CMDS__Q_SETQUOTA))
		bpf_probe_read_user(&block, sizeof(block), (void *)from);
	if (command & (QUOTACTL_CMDS__Q_GETINFO | QUOTACTL_CMDS__Q_SETINFO))
		bpf_probe_read_user(&info, sizeof(info), (void *)from);
	if (command == QUOTACTL_CMDS__Q_GETFMT)
		bpf_probe_read_user(&format, sizeof(format), (void *)from);
	event__s64(e, call->ret);
	event__path_user(e, call__arg(call, 1));
	if (command == QUOTACTL_CMDS__Q_QUOTAON)
		event__path_user(e, from);
	else
		event__empty(e);
	event__u64(e, block.valid & QUOTA_BLOCK_LIMITS ? block.block_hard : 0);
	event__u64(e, block.valid & QUOTA_BLOCK_LIMITS ? block.block_soft : 0);
	event__u64(e, block.valid & QUOTA_SPACE ? block.space : 0);
	event__u64(e, block.valid & QUOTA_INODE_LIMITS ? block.inode_hard : 0);
	event__u64(e, block.valid & QUOTA_INODE_LIMITS ? block.inode_soft : 0);
	event__u64(e, block.valid & QUOTA_BLOCK_TIME ? block.block_time : 0);
	event__u64(e, block.valid & QUOTA_INODE_TIME ? block.inode_time : 0);
	event__u64(e, info.valid & QUOTA_BLOCK_GRACE ? info.block_grace : 0);
	event__u64(e, info.valid & QUOTA_INODE_GRACE ? info.inode_grace : 0);
	event__u8(e, info.valid & QUOTA_FLAGS ? info.flags : 0);
	event__u8(e, quota_format__encode(format));
	event__u16(e, command);
	event__u8(e, type == 0 ? QUOTACTL_TYPES__USRQUOTA :
		     type == 1 ? QUOTACTL_TYPES__GRPQUOTA :
				 0);
	event__u32(e, names_id ? id : 0);
	event__u8(e, command == QUOTACTL_CMDS__Q_QUOTAON ? quota_format__encode(id) :
							   QUOTACTL_QUOTA_FMTS__QFMT_NOT_USED);
}
