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

/* Where a module keeps what it has to know of an instance: a pointer, or a little more. */
struct bench_place {
	void *words[2];
};

/* What is NULL is not offered. The harness makes one call at a time, in process context. */
struct bench_ops {
	const char *name;
	/* Without instances: callbacks that do nothing. */
	struct bench_state nothing;
	/* Callbacks that count. */
	struct bench_state counting;
	/* The startup fails on the last CPU, with -ENOMEM. */
	struct bench_state failing;
	/* With instances, whose callbacks count. */
	struct bench_state multi;
	int (*add)(struct bench_place *place);
	void (*del)(struct bench_place *place);
	/* Writes a record of the log, and a trace event with the same fields. */
	void (*record)(void);
	void (*event)(void);
	struct list_head list;
};

void bench_register(struct bench_ops *ops);
void bench_unregister(struct bench_ops *ops);

#endif /* _BENCH_BENCH_H */
