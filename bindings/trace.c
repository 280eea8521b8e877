// SPDX-License-Identifier: GPL-2.0

#define CREATE_TRACE_POINTS
#include "trace.h"
#include "bindings.h"

bool rust_helper_trace_callback_enabled(void)
{
	return trace_rust_hotplug_callback_enabled();
}

void rust_helper_trace_callback(u64 seq, const char *state, int id, const char *instance,
				unsigned int cpu, unsigned int on, const char *op,
				const char *callback, int ret, bool injected, u64 took,
				bool frozen)
{
	trace_rust_hotplug_callback(seq, state, id, instance, cpu, on, op, callback, ret,
				    injected, took, frozen);
}
