/* SPDX-License-Identifier: GPL-2.0 */
/* What the harness calls of a module that it measures. */
#ifndef _BENCH_BENCH_H
#define _BENCH_BENCH_H

#include <linux/list.h>
#include <linux/types.h>

/* Sets a state up, and removes it. */
struct bench_state {
	int (*setup)(void);
	void (*remove)(void);
};

/*
 * A function that is NULL is not offered. The harness makes one call at a time, in process
 * context. Before the module goes, it removes what it has set up or added: instances first, then
 * their state, and each only once.
 */
struct bench_ops {
	const char *name;
	/* Without instances: callbacks that do nothing. */
	struct bench_state nothing;
	/* Callbacks that count. */
	struct bench_state counting;
	/* The startup fails on the last CPU, with -ENOMEM. */
	struct bench_state failing;
	/* With instances, but none is added. */
	struct bench_state multi;
	/* With instances, whose callbacks count: those of add(). */
	struct bench_state shared;
	int (*add)(void **instance);
	void (*del)(void *instance);
	/* Counts and returns 0, as a callback that counts, but is none. */
	int (*count)(void);
	/* Writes a record of the log, and a trace event with the same fields. */
	void (*record)(void);
	void (*event)(void);
	struct list_head list;
};

void bench_register(struct bench_ops *ops);
void bench_unregister(struct bench_ops *ops);

#endif /* _BENCH_BENCH_H */
