/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every call that has no event type of its own: its number, and nothing else. */
#pragma once

#include "../syscall.h"

EXIT(GENERIC_X, LOSS_OTHER)
{
	event__u16(e, call__route(config, call)->code);
	event__u16(e, call->number);
}
