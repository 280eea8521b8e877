/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rust_hotplug

#if !defined(_RUST_HOTPLUG_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _RUST_HOTPLUG_TRACE_H

#include <linux/tracepoint.h>

/* A record of the log, at the moment at which it is written. */
TRACE_EVENT(rust_hotplug_callback,
	    TP_PROTO(u64 seq, const char *state, int id, const char *instance, unsigned int cpu,
		     unsigned int on, const char *op, const char *callback, int ret,
		     bool injected, u64 took, bool frozen),

	    TP_ARGS(seq, state, id, instance, cpu, on, op, callback, ret, injected, took,
		    frozen),

	    TP_STRUCT__entry(__field(u64, seq)
			     __string(state, state)
			     __field(int, id)
			     __string(instance, instance)
			     __field(unsigned int, cpu)
			     __field(unsigned int, on)
			     __string(op, op)
			     __string(callback, callback)
			     __field(int, ret)
			     __field(bool, injected)
			     __field(u64, took)
			     __field(bool, frozen)
	    ),

	    TP_fast_assign(__entry->seq = seq;
			   __assign_str(state);
			   __entry->id = id;
			   __assign_str(instance);
			   __entry->cpu = cpu;
			   __entry->on = on;
			   __assign_str(op);
			   __assign_str(callback);
			   __entry->ret = ret;
			   __entry->injected = injected;
			   __entry->took = took;
			   __entry->frozen = frozen;
	    ),

	    TP_printk("seq=%llu state=%s id=%d instance=%s cpu=%u on=%u op=%s callback=%s ret=%d injected=%d took=%llu frozen=%d",
		      __entry->seq, __get_str(state), __entry->id, __get_str(instance),
		      __entry->cpu, __entry->on, __get_str(op), __get_str(callback),
		      __entry->ret, __entry->injected, __entry->took, __entry->frozen)
);

#endif /* _RUST_HOTPLUG_TRACE_H */

/* This part must be outside protection */
#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
